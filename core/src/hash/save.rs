//! Writing a record in one command.

use super::mapping::Record;
use super::{MARKER, at_field, revision};
use crate::codec::Location;
use crate::erased::Write;
use crate::error::{Error, ErrorKind, Result};
use crate::field::Slot;
use crate::op::{CommandWriter, Request, Script};
use crate::schema::Schema;
use crate::ttl::Expiry;

pub(crate) static SAVE: Script = Script::new(
    "hash_save",
    concat!(include_str!("can_expire_fields.lua"), include_str!("save.lua")),
);

pub(crate) fn save(record: Record<'_>, write: Write, request: &mut Request) -> Result<()> {
    let Record { mapping, key, .. } = record;
    let (schema, version) = (mapping.schema, mapping.version());
    let size = Measure::of(record)?;
    let pairs = 2 * (size.present + usize::from(version.is_some()));
    let former = mapping.former_names();

    // A `create` writes over nothing. What `get` takes for absent, a save writes over.
    let overwrites = write.overwrite_newer || mapping.versions.mismatch_is_none;
    // The revision of a record that is written over does not matter.
    let has_revision = schema.revision_field().is_some();
    let checked = version.filter(|_| !write.only_new && (!overwrites || has_revision));
    let is_plain = !request.is_of_scripts()
        && !write.only_new
        && size.absent + former.len() == 0
        && checked.is_none()
        && write.expiry == Expiry::Keep
        && !schema.has_options();
    let mut command = if is_plain {
        let mut command = request.command("HSET", pairs + 1, size.bytes + key.len());
        command.arg(key);
        command
    } else {
        let mode = match (write.only_new, overwrites && checked.is_some()) {
            (true, _) => "create",
            (false, true) => "overwrite",
            (false, false) => "save",
        };
        let removed = size.absent + former.len();
        SaveScript { record, mode, expiry: write.expiry, checked, size: &size, pairs, removed }
            .begin(request)?
    };

    if let Some((field, version)) = version {
        command.arg(field).int(version);
    }
    write_present(record, &mut command)?;
    if size.marker {
        command.arg(MARKER).arg("");
    }
    for (_, alias) in schema.aliases_by_name() {
        command.arg(alias);
    }
    for name in former {
        command.arg(name);
    }
    if size.absent > 0 {
        write_absent(record, &mut command);
    }
    Ok(())
}

/// A call of `save.lua`.
struct SaveScript<'a> {
    record: Record<'a>,
    mode: &'static str,
    expiry: Expiry,
    /// The version field and the version to compare with the stored one.
    checked: Option<(&'static str, u8)>,
    size: &'a Measure,
    /// The number of names and values.
    pairs: usize,
    /// The number of names to remove, besides the aliases.
    removed: usize,
}

impl SaveScript<'_> {
    /// Writes the call up to the pairs of field and value.
    fn begin<'r>(&self, request: &'r mut Request) -> Result<CommandWriter<'r>> {
        let Record { mapping, key, .. } = self.record;
        let schema = mapping.schema;
        let (ttls, aliases) = (schema.ttls_by_name().count(), schema.aliases_by_name().count());
        let arguments = self.pairs + self.removed + 2 * ttls + aliases + 9;
        let mut command = request.script(&SAVE, key, arguments, self.size.bytes + 48);
        command.arg(self.mode);
        match self.expiry.check()? {
            Expiry::After(millis) => command.int(millis),
            Expiry::Persist => command.arg("persist"),
            Expiry::Keep | Expiry::Invalid => command.arg(""),
        };
        command.arg(schema.revision_name().unwrap_or("")).arg(&self.size.revision);
        match self.checked {
            Some((field, version)) => command.arg(field).int(version),
            None => command.arg("").arg(""),
        };
        command.int(2 * ttls);
        for (name, millis) in schema.ttls_by_name() {
            command.arg(name).int(millis);
        }
        let presence = if self.mode == "create" { mapping.presence_names() } else { Vec::new() };
        command.int(presence.len());
        for name in presence {
            command.arg(name);
        }
        command.int(self.pairs);
        Ok(command)
    }
}

/// Writes the fields that the record has, as name and value.
fn write_present(record: Record<'_>, command: &mut CommandWriter<'_>) -> Result<()> {
    let Record { mapping, key, .. } = record;
    let (location, mut error) = (Location::at_key(key), None);
    record.each_field(&mut |at, slot| {
        if error.is_some() || slot.is_absent() {
            return;
        }
        let name = mapping.schema.fields[at];
        command.arg(name);
        let written = if mapping.schema.revision_field() == Some(at) {
            revision::after(slot).map(|next| {
                command.arg(next);
            })
        } else {
            slot.write(&location.with_field(name), command)
        };
        error = written.map_err(at_field(name)).err();
    });
    error.map_or(Ok(()), |error: Error| Err(error.with_model(mapping.schema.name).with_key(key)))
}

/// Writes the names of the fields that the record does not have.
fn write_absent(record: Record<'_>, command: &mut CommandWriter<'_>) {
    record.each_field(&mut |at, slot| {
        if slot.is_absent() {
            command.arg(record.mapping.schema.fields[at]);
        }
    });
}

/// Checks that the record can be written and read again.
///
/// # Errors
///
/// `InvalidOperation` and `InvalidValue`, as a save of the record.
pub(super) fn check(record: Record<'_>) -> Result<()> {
    Measure::of(record).map(drop)
}

/// Returns `true` if the record has no other field than the marker.
///
/// # Errors
///
/// Those of [`check`].
pub(super) fn needs_marker(record: Record<'_>) -> Result<bool> {
    Measure::of(record).map(|size| size.marker)
}

/// The size of a record, so that its command is allocated once.
struct Measure {
    present: usize,
    absent: usize,
    bytes: usize,
    /// `true` if the record needs the marker.
    marker: bool,
    /// The revision of the record in hand, as text.
    revision: String,
}

impl Measure {
    fn of(record: Record<'_>) -> Result<Self> {
        let schema = record.mapping.schema;
        let (present, absent, bytes) = (0, 0, 0);
        let mut size = Self { present, absent, bytes, marker: true, revision: String::new() };
        let mut expiring_required = None;
        record.each_field(&mut |at, slot| {
            let name = schema.fields[at];
            let is_required = slot.info().is_required;
            if is_required && schema.ttl_of(at).is_some() {
                expiring_required = Some(name);
            }
            // The marker is not needed beside a field that every record has.
            size.marker &= !is_required || schema.is_in_option(at);
            size.bytes += name.len();
            if slot.is_absent() {
                size.absent += 1;
                return;
            }
            size.present += 1;
            size.bytes += slot.size_hint();
            if schema.revision_field() == Some(at) {
                size.revision = revision::text(slot).unwrap_or_default();
            }
        });
        if let Some(name) = expiring_required {
            let message = "it expires, and a record without it could not be read; make it an `Option` or give it a default";
            return Err(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        check_options(schema, &|visit| record.each_field(visit))?;
        if size.marker {
            size.present += 1;
            size.bytes += MARKER.len();
        }
        Ok(size)
    }
}

/// Refuses a flattened `Option` whose struct has no value.
#[allow(clippy::type_complexity)]
pub(crate) fn check_options(
    schema: &Schema,
    each_field: &dyn Fn(&mut dyn FnMut(usize, &dyn Slot)),
) -> Result<()> {
    for group in schema.groups() {
        let (mut is_some, mut is_empty) = (false, true);
        each_field(&mut |at, slot| {
            if group.contains(&at) {
                is_some |= slot.is_some();
                is_empty &= slot.is_absent();
            }
        });
        if is_some && is_empty {
            let message = "a flattened `Option` holds a struct without any value, which would be read as `None`";
            return Err(Error::new(ErrorKind::InvalidValue, message));
        }
    }
    Ok(())
}
