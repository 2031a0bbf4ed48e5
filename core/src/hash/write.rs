//! Writing a record: which fields it has, in one command.

use super::{HashModel, MARKER, at_field, revision};
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::field::Stored;
use crate::model::{RedisModel, Visit, Write, key_of};
use crate::op::{CommandWriter, Request, Script};
use crate::ttl::Expiry;

static SAVE: Script = Script::new("hash_save", include_str!("save.lua"));

pub(super) fn write<M: HashModel>(model: &M, write: Write, request: &mut Request) -> Result<()> {
    let key = key_of(model);
    let size = Survey::of(model)?;
    let version = M::HISTORY.kept();
    let pairs = 2 * (size.present + usize::from(version.is_some()));
    let former = M::HISTORY.former();
    let Write { only_new, overwrite_newer, expiry } = write;
    // A `create` writes over nothing. What `get` takes for absent, a save writes over.
    let overwrites = overwrite_newer || M::HISTORY.is_miss;
    // The count of a record that is written over does not matter.
    let checked = version.filter(|_| !only_new && (!overwrites || M::SPEC.version().is_some()));

    let removes = size.absent + former.len() > 0;
    let plain = !only_new
        && !removes
        && checked.is_none()
        && expiry == Expiry::Keep
        && !M::SPEC.has_extras();
    let command = if plain {
        let mut command = request.command("HSET", pairs + 1, size.bytes + key.len());
        command.arg(&key);
        command
    } else {
        let ttls = M::SPEC.field_ttls().count();
        let aliases = M::SPEC.aliases().count();
        let arguments = pairs + size.absent + 2 * ttls + aliases + former.len() + 9;
        let mut command = request.script(&SAVE, &key, arguments, size.bytes + 48);
        command.arg(match (only_new, overwrites && checked.is_some()) {
            (true, _) => "create",
            (false, true) => "overwrite",
            (false, false) => "save",
        });
        match expiry.check()? {
            Expiry::After(millis) => command.int(millis),
            Expiry::Persist => command.arg("persist"),
            Expiry::Keep | Expiry::Invalid => command.arg(""),
        };
        command.arg(M::SPEC.version().unwrap_or("")).arg(&size.version);
        match checked {
            Some((field, version)) => command.arg(field).int(version),
            None => command.arg("").arg(""),
        };
        command.int(2 * ttls);
        for (name, millis) in M::SPEC.field_ttls() {
            command.arg(name).int(millis);
        }
        let presence = if only_new { M::HISTORY.presence_names() } else { Vec::new() };
        command.int(presence.len());
        for name in presence {
            command.arg(name);
        }
        command.int(pairs);
        command
    };

    let mut command = command;
    if let Some((field, version)) = version {
        command.arg(field).int(version);
    }
    let place = Location::at_key(&key);
    let mut present = Present { model, command, place, at: 0, error: None };
    M::visit(&mut present);
    let Present { mut command, error, .. } = present;
    if let Some(error) = error {
        return Err(error.with_model(M::SPEC.name).with_key(&key));
    }
    if size.marker {
        command.arg(MARKER).arg("");
    }
    for (_, alias) in M::SPEC.aliases() {
        command.arg(alias);
    }
    for name in former {
        command.arg(name);
    }
    if size.absent > 0 {
        M::visit(&mut Absent { model, command, at: 0 });
    }
    Ok(())
}

/// Whether the record is one that can be written and read again.
pub(super) fn check<M: RedisModel>(model: &M) -> Result<()> {
    Survey::of(model).map(drop)
}

/// How much there is to write, so that the command is allocated once.
struct Survey<'a, M> {
    model: &'a M,
    at: usize,
    present: usize,
    absent: usize,
    bytes: usize,
    marker: bool,
    /// How many times the record was written, as the struct has it.
    version: String,
    /// What was present before each `Some` of a flattened option; of a `None`
    /// nothing has to be.
    options: Vec<Option<usize>>,
    hollow: bool,
    /// A field that expires, and without which there is no record.
    lapses: Option<&'static str>,
}

impl<'a, M: RedisModel> Survey<'a, M> {
    fn of(model: &'a M) -> Result<Self> {
        let mut survey = Self {
            model,
            at: 0,
            present: 0,
            absent: 0,
            bytes: 0,
            marker: true,
            version: String::new(),
            options: Vec::new(),
            hollow: false,
            lapses: None,
        };
        M::visit(&mut survey);
        if let Some(name) = survey.lapses {
            let message = "it expires, and a record without it could not be read; make it an `Option` or give it a default";
            return Err(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        if survey.hollow {
            return Err(Error::new(
                ErrorKind::InvalidValue,
                "a flattened `Option` holds a struct without any value, which would be read as `None`",
            ));
        }
        if survey.marker {
            survey.present += 1;
            survey.bytes += MARKER.len();
        }
        Ok(survey)
    }
}

impl<M: RedisModel> Visit<M> for Survey<'_, M> {
    fn field<As, V: Stored<As>>(&mut self, always: bool, get: impl Fn(&M) -> Option<&V>) {
        self.bytes += M::SPEC.fields[self.at].len();
        if M::SPEC.extra(self.at).ttl.is_some() && V::absent().is_none() {
            self.lapses = Some(M::SPEC.fields[self.at]);
        }
        match get(self.model).filter(|value| !V::is_absent(value)) {
            Some(value) => {
                self.present += 1;
                self.bytes += V::size_hint(value);
                if M::SPEC.extra(self.at).version {
                    self.version = revision::text(value).unwrap_or_default();
                }
            }
            None => self.absent += 1,
        }
        // A field that every record has makes the marker needless.
        self.marker &= !(always && V::absent().is_none());
        self.at += 1;
    }

    fn begin_option(&mut self, some: impl Fn(&M) -> bool) {
        self.options.push(some(self.model).then_some(self.present));
    }

    fn end_option(&mut self) {
        self.hollow |= self.options.pop().flatten() == Some(self.present);
    }
}

/// Writes the fields that the record has, as name and value.
struct Present<'a, M> {
    model: &'a M,
    command: CommandWriter<'a>,
    place: Location<'a>,
    at: usize,
    error: Option<Error>,
}

impl<M: RedisModel> Visit<M> for Present<'_, M> {
    fn field<As, V: Stored<As>>(&mut self, _: bool, get: impl Fn(&M) -> Option<&V>) {
        let name = M::SPEC.fields[self.at];
        if let Some(value) = get(self.model)
            && self.error.is_none()
            && !V::is_absent(value)
        {
            self.command.arg(name);
            let written = if M::SPEC.extra(self.at).version {
                revision::after(value).map(|next| {
                    self.command.arg(next);
                })
            } else {
                self.command.value(value, &self.place.with_field(name))
            };
            self.error = written.map_err(at_field(name)).err();
        }
        self.at += 1;
    }
}

/// Writes the names of the fields that the record does not have.
struct Absent<'a, M> {
    model: &'a M,
    command: CommandWriter<'a>,
    at: usize,
}

impl<M: RedisModel> Visit<M> for Absent<'_, M> {
    fn field<As, V: Stored<As>>(&mut self, _: bool, get: impl Fn(&M) -> Option<&V>) {
        if get(self.model).is_none_or(V::is_absent) {
            self.command.arg(M::SPEC.fields[self.at]);
        }
        self.at += 1;
    }
}
