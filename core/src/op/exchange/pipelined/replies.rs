//! The replies to several commands, and which of the commands are sent again.

use std::mem;

use redis::Cmd;

use super::{Part, Pending, Pipelined};
use crate::error::{Error, ErrorKind, Result, TransactionState};
use crate::op::exchange::{Payload, RawReply, Transmit};
use crate::op::reply::EntryResult;
use crate::op::slot::share_a_key;
use crate::op::{Replies, Reply};
use crate::redis_rs;

/// An atomic step is sent so many times while its slot moves.
const RETRIES: u8 = 3;

/// After so many nodes of a cluster that do not answer, the rest is not tried.
const MAX_FAILED_NODES: u32 = 3;

/// A MULTI, and the commands that were queued behind it or refused.
struct Transaction {
    refused: Option<Error>,
    members: Vec<(usize, Result<Reply>)>,
    /// A later command of the same transmit has one of the keys.
    overtaken: bool,
}

impl Pipelined {
    pub(crate) fn received(&mut self, sent: Transmit, raw: RawReply) -> Result<()> {
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
                if replies.iter().any(|reply| reply.as_ref().is_err_and(needs_command)) {
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

    pub(crate) fn into_replies(self) -> Result<Replies> {
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
                    let (members, overtaken) = (Vec::new(), false);
                    transaction = Some(Transaction { refused, members, overtaken });
                }
                (Part::Exec, _) => {
                    if let Some(mut transaction) = transaction.take() {
                        transaction.overtaken = self.is_overtaken(&transaction, parts, position);
                        self.executed(transaction, reply);
                    }
                }
                (Part::Command(at), Some(transaction)) => transaction.members.push((at, reply)),
                (Part::Command(at), None) => match resent.next_if(|it| it.0 == position) {
                    Some((_, true)) => {
                        if reply.is_err_and(|error| error.is_no_script()) {
                            self.commands[at].with_text = true;
                        } else {
                            self.take_other_form(at);
                        }
                        self.reopen(at);
                    }
                    Some((_, false)) => {
                        if reply.is_err_and(|error| !error.is_no_script()) {
                            self.take_other_form(at);
                        }
                        self.record(at, Err(out_of_order()));
                    }
                    None => self.record(at, reply),
                },
            }
        }
    }

    /// Sends a script's call in another form from now on.
    fn take_other_form(&mut self, at: usize) {
        let Pending { command, with_text, .. } = &mut self.commands[at];
        *with_text |= command.has_digest();
        command.take_other_form();
    }

    /// Returns `true` if a command behind an EXEC has a key of its transaction.
    fn is_overtaken(&self, transaction: &Transaction, parts: &[Part], exec: usize) -> bool {
        let later = || parts[exec..].iter().filter_map(Part::command);
        let refused = transaction.members.iter().any(|(at, reply)| self.is_refused(*at, reply));
        refused
            && transaction.members.iter().any(|(at, _)| {
                let command = &self.commands[*at].command;
                later().any(|later| share_a_key(command, &self.commands[later].command))
            })
    }

    /// Returns `true` if the server refused a script's call that has another form.
    fn is_refused(&self, at: usize, reply: &Result<Reply>) -> bool {
        reply.as_ref().is_err_and(|error| self.commands[at].command.has_other_form(error))
    }

    /// Returns the positions of the commands outside atomic steps whose script the server
    /// did not know or refused, each with `true` if the command can be sent again.
    ///
    /// The command did nothing. It is sent again unless a later command on the same key was
    /// executed, because the two would change places. Two reads may.
    fn resent(&self, parts: &[Part], replies: &[Result<Reply>]) -> Vec<(usize, bool)> {
        let unknown = |position: usize| {
            let pending = parts[position].command().map(|at| &self.commands[at]);
            let is_script = pending.is_some_and(|it| it.command.script.is_some() && !it.with_text);
            is_script && replies[position].as_ref().is_err_and(Error::is_no_script)
                || parts[position]
                    .command()
                    .is_some_and(|at| self.is_refused(at, &replies[position]))
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
                        !unknown(later)
                            && other.is_some_and(|other| {
                                !(command.is_read() && other.is_read())
                                    && share_a_key(command, other)
                            })
                    });
                    resent.push((position, !overtaken));
                }
                _ => {}
            }
        }
        resent
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
        let Transaction { refused, members, overtaken } = transaction;
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
            Ok(_) => self.aborted(members, overtaken, &Error::unexpected_reply()),
            Err(error) => self.aborted(members, overtaken, &error),
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
            let explained = error.clone().with_transaction(state);
            *error = explained;
        }
    }

    /// Handles an EXEC that failed: nothing was applied.
    fn aborted(&mut self, members: Vec<(usize, Result<Reply>)>, overtaken: bool, aborted: &Error) {
        let refused: Vec<usize> = members
            .iter()
            .filter(|(at, own)| self.is_refused(*at, own))
            .map(|(at, _)| *at)
            .collect();
        let lasting = members.iter().filter_map(|(at, own)| Some((*at, own.as_ref().err()?)));
        let lasting = lasting.filter(|(at, _)| !refused.contains(at)).count() > 0;
        if !refused.is_empty() && !lasting {
            // Nothing was applied, so the step can be sent again as it is.
            refused.into_iter().for_each(|at| self.take_other_form(at));
            for (at, _) in members {
                if overtaken {
                    let error = out_of_order().with_transaction(TransactionState::NotApplied);
                    self.record(at, Err(error));
                } else {
                    self.reopen(at);
                }
            }
            return;
        }
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
                let error = own.err().or_else(|| cause.clone());
                let error = error.unwrap_or_else(|| aborted.clone());
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
                    let error = reply.err().unwrap_or_else(|| refused.clone());
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
            self.record(at, Err(error.clone()));
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
}

/// Returns `true` if some commands may have to be sent again after this error, or if its text
/// depends on the command.
fn needs_command(error: &Error) -> bool {
    error.is_no_script()
        || matches!(error.code(), Some("EXECABORT" | "NOPERM"))
        || is_redirection(error)
        || error.refuses_scripts()
}

/// Returns `true` if the keys are on another node now, or between two.
fn is_redirection(error: &Error) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "READONLY"))
}

/// The error of a command whose script was flushed on the way or refused by its digest, after
/// which a later command on the same key was executed.
fn out_of_order() -> Error {
    let message = "not applied: the server's scripts were flushed while the pipeline was running, \
                   or it refused EVALSHA, and a later command on the same key was applied; run it again";
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
