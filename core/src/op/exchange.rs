//! One request's way to the server and back, without IO.
//!
//! The executors ask what to send, send it, and hand back what came. What has
//! to be known about scripts, atomic steps and clusters is decided here, once
//! for all executors:
//!
//! - Scripts are called by digest. In a pipeline the first call of each brings
//!   its text, as it does in an atomic step, where nothing can be sent again;
//!   elsewhere what failed with NOSCRIPT did nothing and is sent again with it.
//! - Large requests are sent in bounded parts.
//! - On a cluster what is sent at once has one slot. Redis-rs sends a pipeline
//!   *as a whole* again after a redirection of any of its commands, which
//!   would count increments twice and, while a slot is being moved, write keys
//!   to the wrong node. In MULTI/EXEC a redirection aborts everything, so the
//!   commands of one slot go out in one, and, if that was aborted, one by one:
//!   lone commands are redirected as they should be.

use std::collections::VecDeque;
use std::{mem, ptr};

use redis::{Cmd, Pipeline, RedisResult, Value};

use super::reply::Answer;
use super::request::{AT_ONCE, BYTES_AT_ONCE, Entry};
use super::slot::{Slots, first_key};
use super::{Command, Replies, Reply, Request, Script};
use crate::error::{Error, ErrorKind, Rest, Result};
use crate::redis_rs;

/// What a connection is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Server,
    Cluster,
    /// One or the other.
    #[cfg_attr(not(any(feature = "tokio", feature = "smol")), allow(dead_code))]
    Unknown,
}

/// The way of one command alone, which is most of them: nothing is listed.
pub(crate) struct Lone {
    command: Command,
    answer: Option<Answer>,
}

impl Lone {
    /// The request back, if it has not just one command.
    // It is the request itself, given back: not an error.
    #[allow(clippy::result_large_err)]
    pub(crate) fn new(request: Request, cluster: impl FnOnce() -> bool) -> Result<Self, Request> {
        Ok(match request.into_single()? {
            Entry::Send(command) if command.keys.len() > 1 && cluster() => {
                let refused = Slots::default().add(&command).err();
                Self { answer: refused.map(|error| Answer::Received(Err(error))), command }
            }
            Entry::Send(command) => Self { command, answer: None },
            Entry::Unsent(error) => {
                Self { command: Command::nothing(), answer: Some(Answer::Unsent(error)) }
            }
        })
    }

    pub(crate) fn next(&self) -> Option<&Cmd> {
        if self.answer.is_some() {
            return None;
        }
        Some(self.command.cheaper.as_ref().map_or(&self.command.cmd, |cheaper| &cheaper.cmd))
    }

    pub(crate) fn received(&mut self, returned: RedisResult<Value>) {
        let cheaper = self.command.cheaper.take();
        match redis_rs::reply(returned) {
            Err(error) if cheaper.is_some_and(|it| it.capability.is_refused_by(&error)) => {}
            Err(error) if error.is_no_script() && self.command.has_digest() => {
                self.command.bring_text();
            }
            reply => self.answer = Some(Answer::Received(reply)),
        }
    }

    pub(crate) fn into_replies(self) -> Replies {
        self.answer.map_or_else(|| Replies::many(Vec::new()), Replies::one)
    }
}

/// The way of several commands.
pub(crate) struct Exchange {
    items: Vec<Item>,
    answers: Vec<Option<Answer>>,
    /// What has no answer and is not on its way, in the order of sending.
    open: VecDeque<usize>,
    cluster: bool,
    /// Whether the server has answered anything, and why it does not any more.
    answered: bool,
    broken: Option<Error>,
    breaks: u8,
}

/// One command, and what has become of it.
struct Item {
    command: Command,
    entry: usize,
    slot: Option<u16>,
    /// Where it stands in the pipeline in which it is on its way.
    sent_at: usize,
    /// The script is not known: send its text.
    text: bool,
    /// It was part of a MULTI/EXEC that was aborted.
    apart: bool,
    /// Its atomic step met a redirection: so often, and since the last probe.
    tries: u8,
    moved: bool,
}

/// What to send next, and what it is.
pub(crate) struct ToSend {
    pub(crate) what: What,
    parts: Vec<Part>,
}

pub(crate) enum What {
    One(Cmd),
    Many(Pipeline),
}

/// What came back.
pub(crate) enum Returned {
    One(RedisResult<Value>),
    Many(RedisResult<Vec<Value>>),
}

/// What one command of a [`ToSend`] is for.
#[derive(Clone, Copy)]
enum Part {
    Item(usize),
    Multi,
    Exec,
    /// A read that makes the connection learn where a slot is.
    Probe,
}

/// How often an atomic step is sent while its slot moves.
const TRIES: u8 = 3;

/// After so many nodes of a cluster that do not answer, the rest is not tried.
const BREAKS: u8 = 3;

impl Exchange {
    /// An error says that nothing is to be sent: one step has keys of several slots.
    pub(crate) fn new(request: Request, reach: Reach) -> Result<Self> {
        let mut items = Vec::with_capacity(request.len());
        let mut answers = Vec::with_capacity(request.len());
        for (entry, sent) in request.into_entries().enumerate() {
            match sent {
                Entry::Send(command) => {
                    items.push(Item::new(entry, command));
                    answers.push(None);
                }
                Entry::Unsent(error) => answers.push(Some(Answer::Unsent(error))),
            }
        }
        let open = (0..items.len()).collect();
        let (answered, broken, breaks) = (false, None, 0);
        let mut exchange = Self { items, answers, open, cluster: false, answered, broken, breaks };
        match reach {
            Reach::Cluster => exchange.group_by_slot()?,
            // What has several slots, a cluster's connection refuses untouched.
            Reach::Unknown if exchange.has_one_slot() => exchange.group_by_slot()?,
            Reach::Unknown | Reach::Server => {}
        }
        Ok(exchange)
    }

    fn has_one_slot(&self) -> bool {
        let mut slots = Slots::default();
        let shared = self.items.iter().all(|item| slots.add(&item.command).is_ok());
        shared && slots.slot().is_some()
    }

    /// What to send next.
    pub(crate) fn next(&mut self) -> Option<ToSend> {
        let count = self.pick();
        let picked: Vec<usize> = self.open.drain(..count).collect();
        match *picked {
            [] => None,
            [only] => Some(self.one(only)),
            [first, ..] if self.items[first].moved => Some(self.probe(&picked)),
            _ => Some(self.many(&picked)),
        }
    }

    /// What to send side by side: one thing for each slot.
    #[cfg(any(feature = "tokio", feature = "smol"))]
    pub(crate) fn next_of_each_slot(&mut self) -> Vec<ToSend> {
        if !self.cluster {
            return self.next().into_iter().collect();
        }
        let (mut next, mut later, mut last) = (Vec::new(), VecDeque::new(), None);
        while let Some(&first) = self.open.front() {
            let slot = self.items[first].slot;
            // They stand in the order of their slots.
            if slot.is_some() && last == slot {
                later.extend(self.open.pop_front());
            } else {
                last = slot;
                next.extend(self.next());
                // A probe leaves what it is for.
                while let Some(&left) = self.open.front()
                    && slot.is_some()
                    && self.items[left].slot == slot
                {
                    later.extend(self.open.pop_front());
                }
            }
        }
        self.open = later;
        next
    }

    /// How many of the open commands are sent together.
    fn pick(&self) -> usize {
        let Some(&first) = self.open.front() else { return 0 };
        let first = &self.items[first];
        if self.cluster && (first.slot.is_none() || first.apart && first.command.atomic == 0) {
            return 1;
        }
        let (mut count, mut size, mut atomic) = (0, 0, first.command.atomic);
        for &at in &self.open {
            let item = &self.items[at];
            let new_step = item.command.atomic == 0 || item.command.atomic != atomic;
            let full = count >= AT_ONCE || size >= BYTES_AT_ONCE;
            let elsewhere = item.slot != first.slot || item.apart != first.apart;
            let again = item.apart && count > 0;
            if new_step && (full || elsewhere || again) {
                break;
            }
            atomic = item.command.atomic;
            size += item.command.size;
            count += 1;
        }
        count
    }

    fn one(&mut self, at: usize) -> ToSend {
        let item = &mut self.items[at];
        if item.text {
            item.command.bring_text();
        }
        item.sent_at = 0;
        let cmd = mem::take(&mut item.command.cmd);
        ToSend { what: What::One(cmd), parts: vec![Part::Item(at)] }
    }

    fn many(&mut self, picked: &[usize]) -> ToSend {
        let mut sending = Sending::default();
        for &at in picked {
            let item = &mut self.items[at];
            // On a cluster all of it is one step.
            let step = if self.cluster { 1 } else { item.command.atomic };
            sending.enter(step);
            if let Some(script) = item.command.script
                && (sending.is_new(script) || item.text)
            {
                item.command.bring_text();
            }
            item.sent_at = sending.cmds.len();
            sending.push(mem::take(&mut item.command.cmd), Part::Item(at));
        }
        sending.enter(0);
        ToSend { what: What::Many(redis_rs::pipeline(sending.cmds)), parts: sending.parts }
    }

    /// Before an atomic step that met a redirection is sent again.
    fn probe(&mut self, picked: &[usize]) -> ToSend {
        for &at in picked {
            self.items[at].moved = false;
        }
        picked.iter().rev().for_each(|&at| self.open.push_front(at));
        let key = picked.iter().find_map(|&at| first_key(&self.items[at].command));
        let mut cmd = redis_rs::command("EXISTS");
        redis_rs::add_argument(&mut cmd, key.unwrap_or_default());
        ToSend { what: What::One(cmd), parts: vec![Part::Probe] }
    }

    /// What came for what was sent.
    pub(crate) fn received(&mut self, sent: ToSend, returned: Returned) -> Result<()> {
        let parts = &sent.parts;
        let replies = match returned {
            Returned::One(returned) => match redis_rs::reply(returned) {
                Err(error) if error.is_connection() => Err(error),
                reply => Ok(vec![reply]),
            },
            Returned::Many(returned) => redis_rs::replies(returned, parts.len()),
        };
        match replies {
            Ok(replies) => self.answered_by(parts, replies),
            // An async cluster connection says so before it sends anything.
            Err(error) if error.kind() == ErrorKind::CrossSlot && !self.cluster => {
                parts.iter().for_each(|part| self.reopen(*part));
                self.restore(&sent);
                return self.group_by_slot();
            }
            Err(error) => self.broken(parts, error),
        }
        self.restore(&sent);
        Ok(())
    }

    /// An error where the server has answered nothing at all.
    pub(crate) fn into_replies(self) -> Result<Replies> {
        if let (false, Some(error)) = (self.answered, self.broken) {
            return Err(error);
        }
        let missing = || Answer::Received(Err(Error::unexpected_reply()));
        let answers = self.answers.into_iter().map(|answer| answer.unwrap_or_else(missing));
        Ok(Replies::many(answers.collect()))
    }

    fn answered_by(&mut self, parts: &[Part], replies: Vec<Result<Reply>>) {
        self.answered = true;
        let alone = parts.len() == 1;
        let mut step: Option<Step> = None;
        for (part, reply) in parts.iter().zip(replies) {
            match (*part, &mut step) {
                (Part::Probe, _) => {}
                (Part::Multi, _) => {
                    step = Some(Step { refused: reply.err(), members: Vec::new() });
                }
                (Part::Exec, _) => {
                    if let Some(step) = step.take() {
                        self.executed(step, reply);
                    }
                }
                (Part::Item(at), Some(step)) => step.members.push((at, reply)),
                (Part::Item(at), None) => self.answer(at, reply, alone),
            }
        }
    }

    /// `again`: it stood for itself, so that it can be sent once more.
    fn answer(&mut self, at: usize, reply: Result<Reply>, again: bool) {
        let item = &mut self.items[at];
        match reply {
            // It did nothing, so it is sent again, with its text.
            Err(error)
                if error.is_no_script()
                    && item.command.script.is_some()
                    && !item.text
                    && (again || item.command.atomic == 0) =>
            {
                item.text = true;
                self.reopen(Part::Item(at));
            }
            reply => self.answers[item.entry] = Some(Answer::Received(reply)),
        }
    }

    fn reopen(&mut self, part: Part) {
        let Part::Item(at) = part else { return };
        let order = |at: usize| (self.items[at].slot, at);
        let behind = self.open.partition_point(|&open| order(open) < order(at));
        self.open.insert(behind, at);
    }

    /// Gives the commands that are sent again their words back.
    fn restore(&mut self, sent: &ToSend) {
        let mut again: Vec<_> = self.open.iter().map(|&at| (self.items[at].sent_at, at)).collect();
        again.retain(|(sent_at, _)| *sent_at != NOT_SENT);
        again.sort_unstable();
        let mut again = again.into_iter().peekable();
        let mut take_back = |position: usize, cmd: &Cmd| {
            while let Some((_, at)) = again.next_if(|(sent_at, _)| *sent_at == position) {
                self.items[at].command.cmd = cmd.clone();
                self.items[at].sent_at = NOT_SENT;
            }
        };
        match &sent.what {
            What::One(cmd) => take_back(0, cmd),
            What::Many(pipeline) => redis_rs::commands(pipeline)
                .enumerate()
                .for_each(|(position, cmd)| take_back(position, &cmd)),
        }
    }

    /// What EXEC answered for a step.
    fn executed(&mut self, step: Step, reply: Result<Reply>) {
        let Step { refused, members } = step;
        if let Some(refused) = refused {
            return self.not_together(members, &refused);
        }
        let aborted = match reply.and_then(Reply::into_items) {
            Err(error) => error,
            Ok(values) if values.len() == members.len() => {
                for ((at, _), value) in members.into_iter().zip(values) {
                    self.answer(at, value.into_result(), false);
                }
                return;
            }
            Ok(_) => Error::unexpected_reply(),
        };
        let moved = is_redirection(&aborted)
            || members.iter().any(|(_, own)| own.as_ref().is_err_and(is_redirection));
        for (at, own) in members {
            let item = &mut self.items[at];
            let tries_left = moved && item.tries < TRIES;
            if self.cluster && (!item.apart || tries_left) {
                // From now on only what has to stay together goes together.
                item.apart = true;
                item.tries += u8::from(moved);
                item.moved = moved && item.command.atomic != 0;
                self.reopen(Part::Item(at));
            } else {
                let error = own.err().unwrap_or_else(|| aborted.again());
                let error = error.with_rest(Rest::NotApplied);
                self.answer(at, Err(error), false);
            }
        }
    }

    /// MULTI was refused, for lack of a permission, say: what followed was done
    /// all the same, one by one.
    fn not_together(&mut self, members: Vec<(usize, Result<Reply>)>, refused: &Error) {
        for (at, reply) in members {
            let reply = match self.items[at].command.atomic {
                0 => reply,
                _ => Err(refused.again().with_rest(Rest::NotTogether)),
            };
            self.answer(at, reply, false);
        }
    }

    /// The connection broke: what was on its way may have been done or not,
    /// and what was not is not sent. On a cluster other nodes may still answer.
    fn broken(&mut self, parts: &[Part], error: Error) {
        let mut slot = None;
        for part in parts {
            if let Part::Item(at) = *part {
                slot = self.items[at].slot;
                self.answer(at, Err(error.again()), false);
            }
        }
        self.breaks += 1;
        let all_items = self.items.iter().all(|item| item.command.in_item);
        let others = self.cluster && all_items && slot.is_some() && self.breaks < BREAKS;
        for at in mem::take(&mut self.open) {
            if others && self.items[at].slot != slot {
                self.open.push_back(at);
            } else {
                self.answer(at, Err(Error::not_sent(&error)), false);
            }
        }
        self.broken.get_or_insert(error);
    }

    /// From now on what is sent at once has one slot. What cannot is refused:
    /// an item of a batch by itself, anything else as a whole.
    fn group_by_slot(&mut self) -> Result<()> {
        self.cluster = true;
        let open = mem::take(&mut self.open);
        let mut kept = Vec::with_capacity(open.len());
        let mut rest = open.into_iter().peekable();
        while let Some(first) = rest.next() {
            let Command { atomic, in_item, .. } = self.items[first].command;
            let mut step = vec![first];
            while atomic != 0
                && let Some(next) = rest.next_if(|next| self.items[*next].command.atomic == atomic)
            {
                step.push(next);
            }
            let mut slots = Slots::default();
            let shared = step.iter().try_for_each(|&at| slots.add(&self.items[at].command));
            let slot = slots.slot();
            match shared {
                Ok(()) => {
                    step.iter().for_each(|&at| self.items[at].slot = slot);
                    kept.extend(step);
                }
                Err(error) if in_item => {
                    for at in step {
                        self.answer(at, Err(error.again()), false);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        kept.sort_by_key(|&at| (self.items[at].slot, at));
        self.open = kept.into();
        Ok(())
    }
}

const NOT_SENT: usize = usize::MAX;

impl Item {
    fn new(entry: usize, command: Command) -> Self {
        let (slot, sent_at, text, apart, tries, moved) = (None, NOT_SENT, false, false, 0, false);
        Self { command, entry, slot, sent_at, text, apart, tries, moved }
    }
}

/// Commands that are put together to be sent.
#[derive(Default)]
struct Sending {
    cmds: Vec<Cmd>,
    parts: Vec<Part>,
    step: u32,
    known: Vec<&'static Script>,
}

impl Sending {
    fn push(&mut self, cmd: Cmd, part: Part) {
        self.cmds.push(cmd);
        self.parts.push(part);
    }

    /// What follows is of this atomic step; 0 for none.
    fn enter(&mut self, step: u32) {
        if self.step == step {
            return;
        }
        if self.step != 0 {
            self.push(redis_rs::command("EXEC"), Part::Exec);
        }
        if step != 0 {
            self.push(redis_rs::command("MULTI"), Part::Multi);
            // Others may make the server forget scripts before a step, not within it.
            self.known.clear();
        }
        self.step = step;
    }

    fn is_new(&mut self, script: &'static Script) -> bool {
        let new = !self.known.iter().any(|known| ptr::eq(*known, script));
        if new {
            self.known.push(script);
        }
        new
    }
}

/// A MULTI, and the commands that were queued behind it or refused.
struct Step {
    refused: Option<Error>,
    members: Vec<(usize, Result<Reply>)>,
}

/// The keys are on another node now, or between two.
fn is_redirection(error: &Error) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "READONLY"))
}

impl Command {
    fn nothing() -> Self {
        let (cmd, keys) = (Cmd::new(), 0..0);
        Self { cmd, script: None, keys, size: 0, in_item: false, atomic: 0, cheaper: None }
    }

    /// Whether it calls a script by its digest.
    fn has_digest(&self) -> bool {
        self.script.is_some() && redis_rs::arguments(&self.cmd).next() == Some(b"EVALSHA")
    }

    fn bring_text(&mut self) {
        if let Some(script) = self.script
            && self.has_digest()
        {
            self.cmd = redis_rs::with_script_text(&self.cmd, script.text);
        }
    }
}
