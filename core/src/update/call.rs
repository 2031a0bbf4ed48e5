//! The script that changes fields of a record, and its replies.

use std::vec;

use super::change::{Changes, refused};
use super::{Conflict, Missing, Outcome};
use crate::error::{Error, Result};
use crate::hash::{Group, Insertion, MARKER, Mapping};
use crate::key::Key;
use crate::op::{CommandWriter, Reply, Request, Script};
use crate::redis_rs::ReplyValue;
use crate::ttl::Expiry;

pub(crate) static UPDATE: Script = Script::new(
    "update",
    concat!(
        include_str!("../hash/can_expire_fields.lua"),
        include_str!("../value/decimal.lua"),
        include_str!("condition.lua"),
        include_str!("update.lua")
    ),
);

/// The effect of an update if there is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRecord {
    /// Nothing is changed; the outcome is `Missing`.
    Missing,
    Create,
    /// Nothing is changed, because the new record would lack required fields.
    Incomplete,
    /// The record of [`Call::insertion`] is created, without the changes.
    Insert,
}

impl NoRecord {
    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Create => "create",
            Self::Incomplete => "incomplete",
            Self::Insert => "insert",
        }
    }
}

/// The effect of the script on a record that meets all conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Its fields are changed. The word is for the script if there is no record.
    Change(NoRecord),
    Delete,
    /// Its fields stay as they are; only its time to live is changed.
    Keep,
    /// Its fields stay as they are, and the values of all names that a `get` reads are
    /// returned.
    Read,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Change(no_record) => no_record.word(),
            Self::Delete => "delete",
            Self::Keep | Self::Read => "keep",
        }
    }
}

/// A call of the script.
pub(crate) struct Call<'a> {
    pub(crate) key: &'a Key,
    pub(crate) action: Action,
    pub(crate) expiry: Expiry,
    /// The stored names of the fields to return.
    pub(crate) returned: Vec<&'static str>,
    pub(crate) changes: &'a Changes,
    pub(crate) insertion: Option<&'a Insertion>,
}

impl Call<'_> {
    /// Adds the call, with arguments as `update.lua` reads them.
    pub(crate) fn write<'r>(
        &self,
        mapping: Mapping,
        request: &'r mut Request,
    ) -> CommandWriter<'r> {
        let schema = mapping.schema;
        let groups = mapping.groups(|name| self.changes.concerns(name));
        let grouped: usize =
            groups.iter().map(|group| 3 + group.needed.len() + group.members.len()).sum();
        let presence = mapping.presence_names();
        let mut arguments = self.changes.arguments() + grouped + presence.len() + 16;
        let mut bytes = self.changes.bytes() + 256;
        if let Some(insertion) = self.insertion {
            arguments += insertion.arguments();
            bytes += insertion.bytes();
        }
        let mut command = request.script(&UPDATE, self.key, arguments, bytes);
        command.arg(self.action.word());
        let changes = matches!(self.action, Action::Change(_));
        match self.expiry {
            Expiry::After(millis) => command.int(millis),
            Expiry::Persist => command.arg("persist"),
            Expiry::Keep | Expiry::Invalid => command.arg(""),
        };
        match schema.ttl {
            Some(millis) => command.int(millis),
            None => command.arg(""),
        };
        command.int(self.returned.len());
        for name in &self.returned {
            command.arg(name);
        }
        command.int(presence.len());
        for name in presence {
            command.arg(name);
        }
        if changes && mapping.needs_marker() {
            command.arg("marker").arg(MARKER);
        }
        if let Some((field, version)) = mapping.version()
            && !self.changes.migrates()
        {
            command.arg("schema").arg(field).int(version);
        }
        for (name, alias) in schema.aliases_by_name() {
            command.arg("alias").arg(name).arg(alias);
        }
        if changes {
            for (name, millis) in schema.ttls_by_name() {
                command.arg("ttl").arg(name).int(millis);
            }
        }
        for Group { needed, members } in &groups {
            command.arg("together").int(needed.len()).int(members.len());
            for name in needed.iter().chain(*members) {
                command.arg(name);
            }
        }
        self.changes.write(&mut command);
        if changes && let Some(revision) = schema.revision_name() {
            command.arg("incr").arg(revision).arg("1").arg("0").arg(mapping.max_revision());
        }
        if let Some(insertion) = self.insertion {
            insertion.write(&mut command);
        }
        command
    }
}

/// Returns the outcome for a record with the values that were returned; `incomplete` is the
/// error for [`NoRecord::Incomplete`].
pub(crate) fn outcome(
    reply: Reply,
    model: &'static str,
    key: &Key,
    incomplete: impl FnOnce() -> Error,
) -> Result<Outcome<vec::IntoIter<ReplyValue>>> {
    let (status, rest) = reply.into_status()?;
    match status.as_str() {
        "applied" => Ok(Outcome::Applied(rest)),
        "missing" => Ok(Outcome::Missing(Missing::new(model, key))),
        "conflict" => Conflict::read(model, key, rest).map(Outcome::Conflict),
        "incomplete" => Err(incomplete()),
        status => Err(refused(status, rest)),
    }
}
