//! One request's way to the server and back, without IO.
//!
//! The executors ask what to send, send it, and hand back what came. That a
//! script may have to be sent again with its text, and that a cluster takes
//! no pipelines over several slots, is decided here, once for both.

use std::{mem, ptr};

use redis::{Cmd, Pipeline, RedisResult, Value};

use super::reply::Answer;
use super::request::Entry;
use super::{Command, Replies, Reply, Request, Script};
use crate::error::{Error, ErrorKind, Result};
use crate::redis_rs;

pub(crate) struct Exchange {
    state: State,
    /// Whether the connection takes pipelines.
    pipelining: bool,
}

enum State {
    Single(Command),
    Many(Box<Many>),
    Done(Replies),
}

/// What to send next.
#[derive(Clone, Copy)]
pub(crate) enum ToSend<'a> {
    One(&'a Cmd),
    Many(&'a Pipeline),
}

impl Exchange {
    pub(crate) fn new(request: Request, pipelining: bool) -> Self {
        let state = match request.into_single() {
            Ok(Entry::Send(command)) => State::Single(command),
            Ok(Entry::Unsent(error)) => State::Done(Replies::one(Answer::Unsent(error))),
            Err(request) => State::Many(Box::new(Many::new(request))),
        };
        Self { state, pipelining }
    }

    pub(crate) fn next(&mut self) -> Option<ToSend<'_>> {
        match &mut self.state {
            State::Single(command) => Some(ToSend::One(&command.cmd)),
            State::Many(many) => many.next(self.pipelining),
            State::Done(_) => None,
        }
    }

    /// What came for a [`ToSend::One`].
    pub(crate) fn received(&mut self, returned: RedisResult<Value>) -> Result<()> {
        let reply = redis_rs::reply(returned);
        match (&mut self.state, reply) {
            (State::Single(command), Err(error))
                if error.is_no_script() && command.has_digest() =>
            {
                command.bring_text();
            }
            (state @ State::Single(_), reply) => {
                *state = State::Done(Replies::one(Answer::Received(reply)))
            }
            // A broken connection ends it all: the rest is not sent.
            (State::Many(_), Err(error)) if error.is_connection() => return Err(error),
            (State::Many(many), reply) => many.received([reply]),
            (State::Done(_), _) => {}
        }
        Ok(())
    }

    /// What came for a [`ToSend::Many`].
    pub(crate) fn received_many(&mut self, returned: RedisResult<Vec<Value>>) -> Result<()> {
        let State::Many(many) = &mut self.state else { return Ok(()) };
        match redis_rs::replies(returned, many.sent.len()) {
            Ok(replies) => many.received(replies),
            // An async cluster connection says so before it sends anything.
            Err(error) if error.kind() == ErrorKind::CrossSlot => self.pipelining = false,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(crate) fn into_replies(self) -> Replies {
        match self.state {
            State::Done(replies) => replies,
            State::Single(_) => Replies::many(Vec::new()),
            State::Many(many) => many.into_replies(),
        }
    }
}

/// Several commands, and an answer for each entry of the request.
struct Many {
    commands: Commands,
    /// Per command: its script, and the entry that it is.
    scripts: Vec<Option<&'static Script>>,
    entries: Vec<usize>,
    answers: Vec<Option<Answer>>,
    /// The commands without an answer, and of them those that were sent last.
    open: Vec<usize>,
    sent: Vec<usize>,
    /// What is open failed because a script was not known.
    text: bool,
}

/// The commands: all together, as they are sent at first, or apart, with what
/// is sent of them.
enum Commands {
    Together(Pipeline),
    Apart { all: Vec<Cmd>, some: Pipeline, one: Cmd },
}

impl Many {
    fn new(request: Request) -> Self {
        let (mut cmds, mut entries, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let mut scripts: Vec<Option<&'static Script>> = Vec::new();
        for (at, entry) in request.into_entries().enumerate() {
            match entry {
                Entry::Send(mut command) => {
                    // The first call of a script brings its text, which makes
                    // the server know it for the calls behind it.
                    let script = command.script;
                    if script.is_some_and(|script| {
                        !scripts.iter().flatten().any(|known| ptr::eq(*known, script))
                    }) {
                        command.bring_text();
                    }
                    cmds.push(command.cmd);
                    scripts.push(script);
                    entries.push(at);
                    answers.push(None);
                }
                Entry::Unsent(error) => answers.push(Some(Answer::Unsent(error))),
            }
        }
        let open = (0..cmds.len()).collect();
        let commands = Commands::Together(redis_rs::pipeline(cmds));
        Self { commands, scripts, entries, answers, open, sent: Vec::new(), text: false }
    }

    fn next(&mut self, pipelining: bool) -> Option<ToSend<'_>> {
        let &first = self.open.first()?;
        let all = self.open.len() == self.entries.len() && !self.text;
        if !(all && pipelining) {
            self.take_apart();
        }
        self.sent = if pipelining { self.open.clone() } else { vec![first] };
        let (text, sent, scripts) = (self.text, &self.sent, &self.scripts);
        match &mut self.commands {
            Commands::Together(pipeline) => Some(ToSend::Many(pipeline)),
            Commands::Apart { all, some, one } => {
                let cmd = |at: usize| match scripts[at] {
                    Some(script) if text => redis_rs::with_script_text(&all[at], script.text),
                    _ => all[at].clone(),
                };
                if pipelining {
                    *some = redis_rs::pipeline(sent.iter().map(|&at| cmd(at)).collect());
                    Some(ToSend::Many(some))
                } else {
                    *one = cmd(first);
                    Some(ToSend::One(one))
                }
            }
        }
    }

    fn take_apart(&mut self) {
        if let Commands::Together(pipeline) = &self.commands {
            let all = redis_rs::commands(pipeline);
            self.commands = Commands::Apart { all, some: Pipeline::new(), one: Cmd::new() };
        }
    }

    fn received(&mut self, replies: impl IntoIterator<Item = Result<Reply>>) {
        let repeatable = !mem::replace(&mut self.text, false);
        let sent = mem::take(&mut self.sent);
        for (&at, reply) in sent.iter().zip(replies) {
            match reply {
                // It did nothing, so it is sent again, with its text.
                Err(error) if error.is_no_script() && self.scripts[at].is_some() && repeatable => {
                    self.text = true
                }
                reply => self.answers[self.entries[at]] = Some(Answer::Received(reply)),
            }
        }
        self.open.retain(|&at| self.answers[self.entries[at]].is_none());
    }

    fn into_replies(self) -> Replies {
        let missing = || Answer::Received(Err(Error::unexpected_reply()));
        Replies::many(
            self.answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect(),
        )
    }
}

impl Command {
    /// Whether it calls a script by its digest.
    fn has_digest(&self) -> bool {
        self.script.is_some() && redis_rs::arguments(&self.cmd).next() == Some(b"EVALSHA")
    }

    fn bring_text(&mut self) {
        if let Some(script) = self.script {
            self.cmd = redis_rs::with_script_text(&self.cmd, script.text);
        }
    }
}
