//! Writing a record without a script, for users who may not run any.

use super::{Measure, write_absent, write_present};
use crate::erased::Write;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::MARKER;
use crate::hash::mapping::MappedRecord;
use crate::op::Request;
use crate::ttl::Expiry;

/// The commands of one save.
struct Plan {
    removes: usize,
    expiry: Expiry,
}

impl Plan {
    /// # Errors
    ///
    /// `InvalidOperation` if the save has to compare before it writes.
    fn of(record: MappedRecord<'_>, size: &Measure, write: Write) -> Result<Self> {
        let mapping = record.mapping;
        let schema = mapping.schema;
        let overwrites = write.overwrite_newer || mapping.versions.mismatch_is_none;
        let compared = if schema.revision_field().is_some() {
            Some("its `revision` is compared with the stored one")
        } else if schema.ttls_by_name().next().is_some() {
            Some("fields with a time to live need a server that supports them")
        } else if mapping.version().is_some() && !overwrites {
            Some("its `version` is compared with the stored one (`overwrite_newer` compares none)")
        } else {
            None
        };
        if let Some(why) = compared {
            let message = format!("this model cannot be saved without a script: {why}");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        let names = schema.aliases_by_name().count() + mapping.former_names().len();
        Ok(Self { removes: size.absent + names, expiry: write.expiry.check()? })
    }

    fn commands(&self) -> usize {
        1 + usize::from(self.removes > 0) + usize::from(self.expiry != Expiry::Keep)
    }
}

/// Adds the commands that write a record, in one step.
pub(crate) fn save(record: MappedRecord<'_>, write: Write, request: &mut Request) -> Result<()> {
    let size = Measure::of(record)?;
    let plan = Plan::of(record, &size, write)?;
    if plan.commands() == 1 {
        return encode(record, &size, &plan, request);
    }
    request.atomic(|request| encode(record, &size, &plan, request))
}

/// Returns the number of commands that [`save`] adds.
pub(crate) fn count_commands(record: MappedRecord<'_>, write: Write) -> Result<usize> {
    Ok(Plan::of(record, &Measure::of(record)?, write)?.commands())
}

fn encode(
    record: MappedRecord<'_>,
    size: &Measure,
    plan: &Plan,
    request: &mut Request,
) -> Result<()> {
    let (mapping, key) = (record.mapping, record.key);
    let version = mapping.version();
    let pairs = 2 * (size.present + usize::from(version.is_some()));
    // Fields are added before others are removed, because an emptied hash loses its TTL.
    let mut command = request.command("HSET", pairs + 1, size.bytes + key.len());
    command.arg(key);
    if let Some((field, version)) = version {
        command.arg(field).int(version);
    }
    write_present(record, &mut command)?;
    if size.marker {
        command.arg(MARKER).arg("");
    }
    if plan.removes > 0 {
        let mut command = request.command("HDEL", plan.removes + 1, key.len() + 16 * plan.removes);
        command.arg(key);
        for (_, alias) in mapping.schema.aliases_by_name() {
            command.arg(alias);
        }
        for name in mapping.former_names() {
            command.arg(name);
        }
        write_absent(record, &mut command);
    }
    match plan.expiry {
        Expiry::After(millis) => {
            request.command("PEXPIRE", 2, key.len() + 20).arg(key).int(millis);
        }
        Expiry::Persist => {
            request.command("PERSIST", 1, key.len()).arg(key);
        }
        Expiry::Keep | Expiry::Invalid => {}
    }
    Ok(())
}
