//! The exchange of several commands: which are sent together, and how.

mod replies;

use std::collections::{BTreeMap, VecDeque};
use std::{mem, ptr};

use redis::Cmd;

use super::{Payload, Topology, Transmit};
use crate::error::{Error, Result};
use crate::op::reply::EntryResult;
use crate::op::request::{AT_ONCE, BYTES_AT_ONCE, Member};
use crate::op::slot::{Slots, first_key};
use crate::op::{Command, Reply, Request, Script};
use crate::redis_rs;

pub(crate) struct Pipelined {
    commands: Vec<Pending>,
    members: Vec<Member>,
    /// The commands that are not answered and not on their way, in the order of
    /// sending. Only on a cluster is there more than one slot.
    open: BTreeMap<Option<u16>, VecDeque<usize>>,
    cluster: bool,
    /// Only the commands of an atomic step are sent together.
    one_by_one: bool,
    /// The server has answered something.
    answered: bool,
    /// Why a connection broke.
    broken: Option<Error>,
    failed_nodes: u32,
}

/// The purpose of one command of a [`Transmit`].
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

impl Pipelined {
    pub(super) fn new(request: Request, topology: Topology) -> Result<Self> {
        let (commands, members) = request.into_parts();
        let commands: Vec<_> = commands.map(Pending::new).collect();
        let all: VecDeque<_> = (0..commands.len()).collect();
        let open = Some((None, all)).filter(|(_, all)| !all.is_empty()).into_iter().collect();
        let (cluster, one_by_one) = (false, topology == Topology::SyncCluster);
        let (answered, broken, failed_nodes) = (false, None, 0);
        let mut this =
            Self { commands, members, open, cluster, one_by_one, answered, broken, failed_nodes };
        match topology {
            Topology::Cluster | Topology::SyncCluster => this.group_by_slot()?,
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
            // On a cluster all that is sent together is one step.
            let step = if self.cluster { 1 } else { self.commands[at].command.atomic };
            let step = if count == 1 { 0 } else { step };
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
        let alone = (first.standalone || self.one_by_one) && first.command.atomic == 0;
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
        if command.script.is_some_and(Script::is_refused) {
            command.take_permitted_form();
        } else if let Some(script) = command.script {
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

    /// Records the result of a command.
    fn record(&mut self, at: usize, reply: Result<Reply>) {
        let Pending { command, writes, result, .. } = &mut self.commands[at];
        let reply = reply.map(|reply| command.without_prefix(reply));
        let scripted = command.script.is_some();
        let reply = reply.map_err(|error| command.explain_permission(error));
        let wrote = *writes && reply.as_ref().is_ok_and(|it| !(scripted && it.changed_nothing()));
        *result = Some(EntryResult { reply, step: command.atomic, wrote });
    }

    /// Opens a command again, to be sent once more.
    fn reopen(&mut self, at: usize) {
        let queue = self.open.entry(self.commands[at].slot).or_default();
        let behind = queue.partition_point(|open| *open < at);
        queue.insert(behind, at);
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
                    step.into_iter().for_each(|at| self.record(at, Err(error.clone())));
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
