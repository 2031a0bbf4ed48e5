//! The one script that changes fields of a record, and what it answers.

use std::vec;

use super::change::{Changes, refused};
use super::groups::Groups;
use super::{Conflict, Outcome};
use crate::error::Result;
use crate::hash::{HashModel, revision};
use crate::key::Key;
use crate::op::{Reply, Request, Script};
use crate::redis_rs::ReplyValue;
use crate::ttl::Expiry;

static UPDATE: Script = Script::new("update", include_str!("update.lua"));

/// A call of the script on a record.
pub(crate) struct Call<'a> {
    pub(crate) key: &'a Key,
    pub(crate) or_create: bool,
    pub(crate) expiry: Expiry,
    /// The stored names of the fields to return.
    pub(crate) returned: Vec<&'static str>,
    pub(crate) changes: &'a Changes,
}

impl Call<'_> {
    /// Writes it as `update.lua` reads it.
    pub(crate) fn write<M: HashModel>(&self, request: &mut Request) {
        let groups = Groups::concerned::<M>(|name| self.changes.concerns(name));
        let arguments = self.changes.arguments() + groups.arguments() + 16;
        let bytes = self.changes.bytes() + 256;
        let mut command = request.script(&UPDATE, self.key, arguments, bytes);
        command.arg(if self.or_create { "upsert" } else { "update" });
        match self.expiry {
            Expiry::After(millis) => command.int(millis),
            Expiry::Persist => command.arg("persist"),
            Expiry::Keep | Expiry::Invalid => command.arg(""),
        };
        match M::SPEC.ttl {
            Some(millis) => command.int(millis),
            None => command.arg(""),
        };
        command.int(self.returned.len());
        for name in &self.returned {
            command.arg(name);
        }
        if let Some((field, version)) = M::HISTORY.kept()
            && !self.changes.migrates()
        {
            command.arg("made").arg(field).int(version);
        }
        for (name, alias) in M::SPEC.aliases() {
            command.arg("alias").arg(name).arg(alias);
        }
        for (name, millis) in M::SPEC.field_ttls() {
            command.arg("lives").arg(name).int(millis);
        }
        groups.write::<M>(&mut command);
        self.changes.write(&mut command);
        if let Some(version) = M::SPEC.version() {
            command.arg("incr").arg(version).arg("1").arg("0").arg(revision::max::<M>());
        }
    }
}

/// What became of it, with the values that were returned.
pub(crate) fn outcome(reply: Reply) -> Result<Outcome<vec::IntoIter<ReplyValue>>> {
    let (status, rest) = reply.into_status()?;
    match status {
        0 => Ok(Outcome::Missing),
        1 => Ok(Outcome::Applied(rest)),
        2 => Conflict::read(rest).map(Outcome::Conflict),
        status => Err(refused(status, rest)),
    }
}
