//! The exchange of several commands.

use std::collections::{BTreeMap, VecDeque};
use std::{mem, ptr};

use redis::Cmd;

use super::{Payload, RawReply, Topology, Transmit};
use crate::error::{Error, ErrorKind, Result, TransactionState};
use crate::op::reply::EntryResult;
use crate::op::request::{AT_ONCE, BYTES_AT_ONCE, Member};
use crate::op::slot::{Slots, first_key, share_a_key};
use crate::op::{Command, Replies, Reply, Request, Script};
use crate::redis_rs;

/// An atomic step is sent so many times while its slot moves.
const RETRIES: u8 = 3;

/// After so many nodes of a cluster that do not answer, the rest is not tried.
const MAX_FAILED_NODES: u32 = 3;

pub(crate) struct Pipelined {
    commands: Vec<Pending>,
    members: Vec<Member>,
    /// The commands that are not answered and not on their way, in the order of
    /// sending. Only on a cluster is there more than one slot.
    open: BTreeMap<Option<u16>, VecDeque<usize>>,
    cluster: bool,
    /// The server has answered something.
    answered: bool,
    /// Why a connection broke.
    broken: Option<Error>,
    failed_nodes: u32,
}

/// What one command of a [`Transmit`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The command at this position of the request.
    Command(usize),
    Multi,
    Exec,
    /// A read that makes the connection learn which node owns a slot.
    Probe,
}

/// One command and its progress.
struct Pending {
    command: Command,
    result: Option<EntryResult>,
    slot: Option<u16>,
    /// The command may change something; known once it is sent in a step.
    writes: bool,
    /// The server does not know the script: send its text.
    with_text: bool,
    /// The command was part of a MULTI/EXEC that was aborted.
    standalone: bool,
    /// The number of redirections of its atomic step.
    retries: u8,
    /// Its atomic step was redirected since the last probe.
    redirected: bool,
}

/// A MULTI, and the commands that were queued behind it or refused.
struct Transaction {
    refused: Option<Error>,
    members: Vec<(usize, Result<Reply>)>,
}

impl Pipelined {
    pub(super) fn new(request: Request, topology: Topology) -> Result<Self> {
        let (commands, members) = request.into_parts();
        let commands: Vec<_> = commands.map(Pending::new).collect();
        let all: VecDeque<_> = (0..commands.len()).collect();
        let open = Some((None, all)).filter(|(_, all)| !all.is_empty()).into_iter().collect();
        let (cluster, answered, broken, failed_nodes) = (false, false, None, 0);
        let mut this = Self { commands, members, open, cluster, answered, broken, failed_nodes };
        match topology {
            Topology::Cluster => this.group_by_slot()?,
            // A cluster connection refuses several slots before it sends anything.
            Topology::Unknown if this.has_one_slot() => this.group_by_slot()?,
            Topology::Unknown | Topology::SingleServer => {}
        }
        Ok(this)
    }

    fn has_one_slot(&self) -> bool {
        let mut slots = Slots::default();
        let shared = self.commands.iter().all(|pending| slots.add(&pending.command).is_ok());
        shared && slots.slot().is_some()
    }

    pub(super) fn next(&mut self) -> Option<Transmit> {
        let slot = *self.open.first_key_value()?.0;
        self.next_of(slot)
    }

    #[cfg(feature = "aio")]
    pub(super) fn next_of_each_slot(&mut self) -> Vec<Transmit> {
        if !self.cluster {
            return self.next().into_iter().collect();
        }
        let slots: Vec<_> = self.open.keys().copied().collect();
        let mut next = Vec::with_capacity(slots.len());
        for slot in slots {
            next.extend(self.next_of(slot));
            // Commands without a key do not wait for each other.
            while slot.is_none() && self.open.contains_key(&None) {
                next.extend(self.next_of(None));
            }
        }
        next
    }

    fn next_of(&mut self, slot: Option<u16>) -> Option<Transmit> {
        let parts = self.pick(slot)?;
        Some(if self.is_redirected(&parts) { self.probe(parts) } else { self.transmit(parts) })
    }

    /// Takes the commands that are sent next, with MULTI and EXEC around atomic steps.
    pub(crate) fn next_parts(&mut self) -> Option<Vec<Part>> {
        let slot = *self.open.first_key_value()?.0;
        self.pick(slot)
    }

    /// Returns the command at this position of the request.
    pub(crate) fn command(&self, at: usize) -> &Command {
        &self.commands[at].command
    }

    fn pick(&mut self, slot: Option<u16>) -> Option<Vec<Part>> {
        let count = self.count_together(slot);
        let queue = self.open.get_mut(&slot)?;
        let (mut parts, mut open_step) = (Vec::with_capacity(count + 2), 0);
        for at in queue.drain(..count) {
            let step = match self.cluster {
                _ if count == 1 => 0,
                // On a cluster all of it is one step.
                true => 1,
                false => self.commands[at].command.atomic,
            };
            if open_step != step {
                parts.extend((open_step != 0).then_some(Part::Exec));
                parts.extend((step != 0).then_some(Part::Multi));
                open_step = step;
            }
            parts.push(Part::Command(at));
        }
        parts.extend((open_step != 0).then_some(Part::Exec));
        if queue.is_empty() {
            self.open.remove(&slot);
        }
        Some(parts)
    }

    /// Returns how many of a slot's open commands are sent together.
    fn count_together(&self, slot: Option<u16>) -> usize {
        let Some(queue) = self.open.get(&slot) else { return 0 };
        let Some(&first) = queue.front() else { return 0 };
        let first = &self.commands[first];
        let alone = first.standalone && first.command.atomic == 0;
        if self.cluster && (slot.is_none() || alone) {
            return 1;
        }
        let (mut count, mut size, mut step) = (0, 0, first.command.atomic);
        for &at in queue {
            let pending = &self.commands[at];
            let command = &pending.command;
            let new_step = command.atomic == 0 || command.atomic != step;
            let full = count >= AT_ONCE || size >= BYTES_AT_ONCE;
            let apart = pending.standalone != first.standalone || pending.standalone && count > 0;
            if new_step && (full || apart) {
                break;
            }
            step = command.atomic;
            size += command.size;
            count += 1;
        }
        count
    }

    fn transmit(&mut self, parts: Vec<Part>) -> Transmit {
        let mut known = Vec::new();
        let payload = match *parts {
            [Part::Command(at)] => {
                let Pending { command, with_text, .. } = &mut self.commands[at];
                if *with_text {
                    command.bring_text();
                }
                Payload::Single(mem::take(&mut command.cmd))
            }
            _ => {
                let cmds = parts.iter().map(|part| self.pipelined_cmd(*part, &mut known));
                Payload::Pipeline(redis_rs::pipeline(cmds))
            }
        };
        Transmit { payload, parts }
    }

    /// Returns the command for one part of a pipeline. The server knows the `known` scripts
    /// by the time it executes the command.
    fn pipelined_cmd(&mut self, part: Part, known: &mut Vec<&'static Script>) -> Cmd {
        let at = match part {
            Part::Command(at) => at,
            Part::Multi => {
                // Another client may flush scripts before a step, but not within it.
                known.clear();
                return redis_rs::command("MULTI");
            }
            Part::Exec | Part::Probe => return redis_rs::command("EXEC"),
        };
        let Pending { command, writes, with_text, .. } = &mut self.commands[at];
        if command.atomic != 0 {
            *writes = !command.is_read();
        }
        if let Some(script) = command.script {
            let is_new = !known.iter().any(|known| ptr::eq(*known, script));
            known.extend(is_new.then_some(script));
            if is_new || *with_text {
                command.bring_text();
            }
        }
        mem::take(&mut command.cmd)
    }

    fn is_redirected(&self, parts: &[Part]) -> bool {
        let first = parts.iter().find_map(Part::command);
        parts.len() > 1 && first.is_some_and(|at| self.commands[at].redirected)
    }

    /// Asks where a slot is, before an atomic step that was redirected is sent again.
    fn probe(&mut self, parts: Vec<Part>) -> Transmit {
        let picked = || parts.iter().filter_map(Part::command);
        for at in picked() {
            self.commands[at].redirected = false;
            self.reopen(at);
        }
        let key = picked().find_map(|at| first_key(&self.commands[at].command));
        let mut cmd = redis_rs::command("EXISTS");
        redis_rs::add_argument(&mut cmd, key.unwrap_or_default());
        Transmit { payload: Payload::Single(cmd), parts: vec![Part::Probe] }
    }

    pub(super) fn received(&mut self, sent: Transmit, raw: RawReply) -> Result<()> {
        let Transmit { payload, parts } = sent;
        let replies = match raw {
            RawReply::Single(raw) => match redis_rs::reply(raw) {
                Err(error) if error.is_connection() => Err(error),
                reply => Ok(vec![reply]),
            },
            RawReply::Pipeline(raw) => redis_rs::replies(raw, parts.len()),
        };
        match replies {
            Ok(replies) => {
                if replies.iter().any(|reply| reply.as_ref().is_err_and(is_resent)) {
                    self.restore(payload, &parts);
                }
                self.answered_by(&parts, replies);
            }
            // An async cluster connection says so before it sends anything.
            Err(error) if error.kind() == ErrorKind::CrossSlot && !self.cluster => {
                self.restore(payload, &parts);
                parts.iter().filter_map(Part::command).for_each(|at| self.reopen(at));
                return self.group_by_slot();
            }
            Err(error) => self.connection_broke(&parts, error),
        }
        Ok(())
    }

    pub(super) fn into_replies(self) -> Result<Replies> {
        if let (false, Some(error)) = (self.answered, self.broken) {
            return Err(error);
        }
        let missing = || EntryResult::single(Err(Error::unexpected_reply()));
        let results = self.commands.into_iter().map(|it| it.result.unwrap_or_else(missing));
        Ok(Replies::many(results.collect(), self.members))
    }

    fn answered_by(&mut self, parts: &[Part], replies: Vec<Result<Reply>>) {
        self.answered = true;
        let mut resent = self.resent(parts, &replies).into_iter().peekable();
        let mut transaction: Option<Transaction> = None;
        for (position, (part, reply)) in parts.iter().zip(replies).enumerate() {
            match (*part, &mut transaction) {
                (Part::Probe, _) => {}
                (Part::Multi, _) => {
                    let refused = reply.err();
                    transaction = Some(Transaction { refused, members: Vec::new() });
                }
                (Part::Exec, _) => {
                    if let Some(transaction) = transaction.take() {
                        self.executed(transaction, reply);
                    }
                }
                (Part::Command(at), Some(transaction)) => transaction.members.push((at, reply)),
                (Part::Command(at), None) => match resent.next_if(|it| it.0 == position) {
                    Some((_, true)) => {
                        self.commands[at].with_text = true;
                        self.reopen(at);
                    }
                    Some((_, false)) => self.record(at, Err(out_of_order())),
                    None => self.record(at, reply),
                },
            }
        }
    }

    /// Returns the positions of the commands outside atomic steps whose script the server
    /// did not know, each with `true` if the command can be sent again.
    ///
    /// The command did nothing. It is sent again unless a later command on the same key was
    /// executed, because the two would change places.
    fn resent(&self, parts: &[Part], replies: &[Result<Reply>]) -> Vec<(usize, bool)> {
        let unknown = |position: usize| {
            let pending = parts[position].command().map(|at| &self.commands[at]);
            let is_script = pending.is_some_and(|it| it.command.script.is_some() && !it.with_text);
            is_script && replies[position].as_ref().is_err_and(Error::is_no_script)
        };
        let (mut resent, mut in_step) = (Vec::new(), false);
        for position in 0..parts.len().min(replies.len()) {
            match parts[position] {
                Part::Multi => in_step = true,
                Part::Exec => in_step = false,
                Part::Command(at) if !in_step && unknown(position) => {
                    let command = &self.commands[at].command;
                    let mut later = position + 1..parts.len();
                    let overtaken = later.any(|later| {
                        let other = parts[later].command().map(|at| &self.commands[at].command);
                        !unknown(later) && other.is_some_and(|other| share_a_key(command, other))
                    });
                    resent.push((position, !overtaken));
                }
                _ => {}
            }
        }
        resent
    }

    fn record(&mut self, at: usize, reply: Result<Reply>) {
        let Pending { command, writes, result, .. } = &mut self.commands[at];
        let scripted = command.script.is_some();
        let wrote = *writes && reply.as_ref().is_ok_and(|it| !(scripted && it.changed_nothing()));
        *result = Some(EntryResult { reply, step: command.atomic, wrote });
    }

    fn reopen(&mut self, at: usize) {
        let queue = self.open.entry(self.commands[at].slot).or_default();
        let behind = queue.partition_point(|open| *open < at);
        queue.insert(behind, at);
    }

    /// Restores the commands of a transmit, so that they can be sent again.
    fn restore(&mut self, payload: Payload, parts: &[Part]) {
        let mut give_back = |part: Option<&Part>, cmd: Cmd| {
            if let Some(at) = part.and_then(Part::command) {
                self.commands[at].command.cmd = cmd;
            }
        };
        match payload {
            Payload::Single(cmd) => give_back(parts.first(), cmd),
            Payload::Pipeline(pipeline) => redis_rs::commands(&pipeline)
                .zip(parts)
                .for_each(|(cmd, part)| give_back(Some(part), cmd)),
        }
    }

    /// Accepts the reply to EXEC.
    fn executed(&mut self, transaction: Transaction, reply: Result<Reply>) {
        let Transaction { refused, members } = transaction;
        match refused {
            // The server refused MULTI within a MULTI: EXEC has executed both.
            Some(_) if reply.is_ok() => return self.executed_with_others(members),
            Some(refused) => return self.not_together(members, &refused),
            None => {}
        }
        match reply.and_then(Reply::into_items) {
            Ok(values) if values.len() == members.len() => {
                let values = values.map(Reply::into_result);
                let members = members.into_iter().zip(values).map(|((at, _), it)| (at, it));
                self.record_step(members.collect());
            }
            Ok(_) => self.aborted(members, &Error::unexpected_reply()),
            Err(error) => self.aborted(members, &error),
        }
    }

    /// Records the results of a step that was executed. An error reports whether other
    /// commands of its atomic step changed something.
    fn record_step(&mut self, results: Vec<(usize, Result<Reply>)>) {
        let steps: Vec<(usize, u32)> =
            results.iter().map(|(at, _)| (*at, self.commands[*at].command.atomic)).collect();
        for (at, result) in results {
            self.record(at, result);
        }
        for (at, step) in steps.iter().filter(|(_, step)| *step != 0) {
            let failed = matches!(&self.commands[*at].result, Some(it) if it.reply.is_err());
            if !failed {
                continue;
            }
            let wrote = |(at, of): &(usize, u32)| {
                of == step && matches!(&self.commands[*at].result, Some(it) if it.wrote)
            };
            let state = if steps.iter().any(wrote) {
                TransactionState::Partial
            } else {
                TransactionState::NotApplied
            };
            self.explain(*at, if steps.len() > 1 { state } else { TransactionState::Unknown });
        }
    }

    fn explain(&mut self, at: usize, state: TransactionState) {
        if let Some(entry) = &mut self.commands[at].result
            && let Err(error) = &mut entry.reply
        {
            let explained = error.duplicate().with_transaction(state);
            *error = explained;
        }
    }

    /// Handles an EXEC that failed: nothing was applied.
    fn aborted(&mut self, members: Vec<(usize, Result<Reply>)>, aborted: &Error) {
        let own_errors = || members.iter().filter_map(|(_, own)| own.as_ref().err());
        let redirected = is_redirection(aborted) || own_errors().any(is_redirection);
        // EXECABORT does not report which command was refused, or why.
        let cause = own_errors().next().map(|own| aborted_because(aborted, own));
        for (at, own) in members {
            let pending = &mut self.commands[at];
            let retries_left = redirected && pending.retries < RETRIES;
            if self.cluster && (!pending.standalone || retries_left) {
                // Resend separately, unless the caller asked for atomicity.
                pending.standalone = true;
                pending.retries += u8::from(redirected);
                pending.redirected = redirected && pending.command.atomic != 0;
                self.reopen(at);
            } else {
                let error = own.err().or_else(|| cause.as_ref().map(Error::duplicate));
                let error = error.unwrap_or_else(|| aborted.duplicate());
                self.record(at, Err(error.with_transaction(TransactionState::NotApplied)));
            }
        }
    }

    /// Handles an EXEC that has also ended a MULTI of the caller's own.
    fn executed_with_others(&mut self, members: Vec<(usize, Result<Reply>)>) {
        for (at, _) in members {
            let message = "the connection had an open MULTI: EXEC has executed its commands \
                           together with this step; do not mix `atomic` with a MULTI of your own";
            self.record(at, Err(Error::new(ErrorKind::Server, message).applied()));
        }
    }

    /// Handles a MULTI that the server refused, for lack of a permission for example: it
    /// has executed the commands that followed one by one.
    fn not_together(&mut self, members: Vec<(usize, Result<Reply>)>, refused: &Error) {
        let any_applied = members.iter().any(|(_, reply)| reply.is_ok());
        let state =
            if any_applied { TransactionState::NotTogether } else { TransactionState::NotApplied };
        for (at, reply) in members {
            let reply = match self.commands[at].command.atomic {
                0 => reply,
                _ => {
                    let error = reply.err().unwrap_or_else(|| refused.duplicate());
                    Err(error.with_transaction(state))
                }
            };
            self.record(at, reply);
        }
    }

    /// Handles a connection that broke: the commands of the transmit may have been executed,
    /// and the rest is not sent. On a cluster other nodes may still answer.
    fn connection_broke(&mut self, parts: &[Part], error: Error) {
        let mut slot = None;
        for at in parts.iter().filter_map(Part::command) {
            slot = self.commands[at].slot;
            self.record(at, Err(error.duplicate()));
        }
        self.failed_nodes = self.failed_nodes.saturating_add(1);
        let independent = self.commands.iter().all(|pending| pending.command.in_item);
        let others =
            self.cluster && independent && slot.is_some() && self.failed_nodes < MAX_FAILED_NODES;
        for (of, queue) in mem::take(&mut self.open) {
            if others && of != slot {
                self.open.insert(of, queue);
            } else {
                queue.into_iter().for_each(|at| self.record(at, Err(Error::not_sent(&error))));
            }
        }
        self.broken.get_or_insert(error);
    }

    /// Sorts the open commands by slot.
    ///
    /// # Errors
    ///
    /// `CrossSlot` if a step has keys of several slots. If the step is an item of a batch,
    /// only the item gets that error.
    fn group_by_slot(&mut self) -> Result<()> {
        self.cluster = true;
        let mut rest = mem::take(&mut self.open).into_values().flatten().peekable();
        while let Some(first) = rest.next() {
            let Command { atomic, in_item, .. } = self.commands[first].command;
            let mut step = vec![first];
            while atomic != 0
                && let Some(next) = rest.next_if(|at| self.commands[*at].command.atomic == atomic)
            {
                step.push(next);
            }
            let mut slots = Slots::default();
            let shared = step.iter().try_for_each(|&at| slots.add(&self.commands[at].command));
            let slot = slots.slot();
            match shared {
                Ok(()) => {
                    step.iter().for_each(|&at| self.commands[at].slot = slot);
                    self.open.entry(slot).or_default().extend(step);
                }
                Err(error) if in_item => {
                    step.into_iter().for_each(|at| self.record(at, Err(error.duplicate())));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Pending {
    fn new(command: Command) -> Self {
        let (slot, result) = (None, None);
        let (writes, with_text, standalone, redirected) = (false, false, false, false);
        Self { command, result, slot, writes, with_text, standalone, retries: 0, redirected }
    }
}

impl Part {
    pub(super) fn command(&self) -> Option<usize> {
        match self {
            Self::Command(at) => Some(*at),
            Self::Multi | Self::Exec | Self::Probe => None,
        }
    }
}

/// Returns `true` if some commands may have to be sent again after this error.
fn is_resent(error: &Error) -> bool {
    error.is_no_script() || error.code() == Some("EXECABORT") || is_redirection(error)
}

/// Returns `true` if the keys are on another node now, or between two.
fn is_redirection(error: &Error) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "READONLY"))
}

/// The error of a command whose script was flushed on the way, after which a
/// later command on the same key was executed.
fn out_of_order() -> Error {
    let message = "not applied: the server's scripts were flushed while the pipeline was running, \
                   and a later command on the same key was applied; run it again";
    Error::new(ErrorKind::Server, message).with_code("NOSCRIPT")
}

fn aborted_because(aborted: &Error, cause: &Error) -> Error {
    let message =
        format!("the server refused the whole atomic step because of one command: {cause}");
    let error = Error::new(ErrorKind::Server, message);
    match aborted.code() {
        Some(code) => error.with_code(code),
        None => error,
    }
}
