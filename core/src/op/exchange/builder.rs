//! Commands put together to be sent, with MULTI and EXEC around atomic steps.

use std::ptr;

use redis::Cmd;

use super::{Payload, Transmit};
use crate::op::Script;
use crate::redis_rs;

/// What one command of a [`Transmit`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The command at this position of the request.
    Command(usize),
    Multi,
    Exec,
    /// A read that makes the connection learn where a slot is.
    Probe,
}

#[derive(Default)]
pub(super) struct PipelineBuilder {
    cmds: Vec<Cmd>,
    parts: Vec<Part>,
    step: u32,
    /// Scripts that the server knows by the time the next command is executed.
    known: Vec<&'static Script>,
}

impl PipelineBuilder {
    pub(super) fn push(&mut self, cmd: Cmd, part: Part) {
        self.cmds.push(cmd);
        self.parts.push(part);
    }

    /// Begins the atomic step of this number, or none for 0, and ends the one
    /// before.
    pub(super) fn enter(&mut self, step: u32) {
        if self.step == step {
            return;
        }
        if self.step != 0 {
            self.push(redis_rs::command("EXEC"), Part::Exec);
        }
        if step != 0 {
            self.push(redis_rs::command("MULTI"), Part::Multi);
            // Another client may flush scripts before a step, but not within it.
            self.known.clear();
        }
        self.step = step;
    }

    /// Returns `true` if the script's text has to be sent.
    pub(super) fn is_new(&mut self, script: &'static Script) -> bool {
        let new = !self.known.iter().any(|known| ptr::eq(*known, script));
        if new {
            self.known.push(script);
        }
        new
    }

    pub(super) fn finish(mut self) -> Transmit {
        self.enter(0);
        let payload = Payload::Pipeline(redis_rs::pipeline(self.cmds));
        Transmit { payload, parts: self.parts }
    }
}
