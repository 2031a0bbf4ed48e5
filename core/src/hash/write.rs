//! Writing a record: which fields it has, in one command.

use super::{MARKER, at_field};
use crate::codec::Place;
use crate::error::{Error, Result};
use crate::field::Stored;
use crate::model::{RedisModel, Visit, Write, key_of};
use crate::op::{CommandWriter, Request, Script};
use crate::ttl::Expiry;

static SAVE: Script = Script::new("hash_save", include_str!("save.lua"));

pub(super) fn write<M: RedisModel>(model: &M, write: Write, request: &mut Request) -> Result<()> {
    let key = key_of(model);
    let size = Survey::of(model);
    let pairs = 2 * size.present;
    let Write { only_new, expiry } = write;

    let plain = !only_new && size.absent == 0 && expiry == Expiry::Keep;
    let command = if plain {
        let mut command = request.command("HSET", pairs + 1, size.bytes + key.len());
        command.arg(&key);
        command
    } else {
        let mut command = request.script(&SAVE, &key, pairs + size.absent + 3, size.bytes + 48);
        command.arg(if only_new { "create" } else { "save" });
        match expiry.check()? {
            Expiry::After(millis) => command.int(millis),
            Expiry::Persist => command.arg("persist"),
            Expiry::Keep | Expiry::Invalid => command.arg(""),
        };
        command.int(pairs);
        command
    };

    let place = Place::key_of(&key);
    let mut present = Present { model, command, place, at: 0, error: None };
    M::visit(&mut present);
    let Present { mut command, error, .. } = present;
    if let Some(error) = error {
        return Err(error.with_model(M::SPEC.name).with_key(&key));
    }
    if size.marker {
        command.arg(MARKER).arg("");
    }
    if size.absent > 0 {
        M::visit(&mut Absent { model, command, at: 0 });
    }
    Ok(())
}

/// How much there is to write, so that the command is allocated once.
struct Survey<'a, M> {
    model: &'a M,
    at: usize,
    present: usize,
    absent: usize,
    bytes: usize,
    marker: bool,
}

impl<'a, M: RedisModel> Survey<'a, M> {
    fn of(model: &'a M) -> Self {
        let mut survey = Self { model, at: 0, present: 0, absent: 0, bytes: 0, marker: true };
        M::visit(&mut survey);
        if survey.marker {
            survey.present += 1;
            survey.bytes += MARKER.len();
        }
        survey
    }
}

impl<M: RedisModel> Visit<M> for Survey<'_, M> {
    fn put_as<As, V: Stored<As>>(&mut self, get: impl Fn(&M) -> &V) -> &mut Self {
        let value = get(self.model);
        self.bytes += M::SPEC.fields[self.at].len();
        if value.is_absent() {
            self.absent += 1;
        } else {
            self.present += 1;
            self.bytes += value.size_hint();
        }
        // A field that every record has makes the marker needless.
        self.marker &= V::absent().is_some();
        self.at += 1;
        self
    }
}

/// Writes the fields that the record has, as name and value.
struct Present<'a, M> {
    model: &'a M,
    command: CommandWriter<'a>,
    place: Place<'a>,
    at: usize,
    error: Option<Error>,
}

impl<M: RedisModel> Visit<M> for Present<'_, M> {
    fn put_as<As, V: Stored<As>>(&mut self, get: impl Fn(&M) -> &V) -> &mut Self {
        let (name, value) = (M::SPEC.fields[self.at], get(self.model));
        self.at += 1;
        if self.error.is_none() && !value.is_absent() {
            self.command.arg(name);
            let written = self.command.value(value, &self.place.with_field(name));
            self.error = written.map_err(at_field(name)).err();
        }
        self
    }
}

/// Writes the names of the fields that the record does not have.
struct Absent<'a, M> {
    model: &'a M,
    command: CommandWriter<'a>,
    at: usize,
}

impl<M: RedisModel> Visit<M> for Absent<'_, M> {
    fn put_as<As, V: Stored<As>>(&mut self, get: impl Fn(&M) -> &V) -> &mut Self {
        if get(self.model).is_absent() {
            self.command.arg(M::SPEC.fields[self.at]);
        }
        self.at += 1;
        self
    }
}
