//! A record in full, for an update that finds none.

use super::mapping::Record;
use super::{MARKER, at_field, revision, save};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::op::CommandWriter;

/// The fields of a new record, as a `create` writes them.
pub(crate) struct Insertion {
    pairs: Vec<(&'static str, Vec<u8>)>,
    /// The names that the record does not have.
    removed: Vec<&'static str>,
}

impl Insertion {
    pub(crate) fn new(record: Record<'_>) -> Result<Self> {
        let needs_marker = save::needs_marker(record)?;
        let (mapping, schema) = (record.mapping, record.mapping.schema);
        let (mut pairs, mut removed) = (Vec::new(), mapping.former_names());
        removed.extend(schema.aliases_by_name().map(|(_, alias)| alias));
        pairs.extend(mapping.version().map(|(name, now)| (name, now.to_string().into_bytes())));
        let (location, mut failed) = (Location::at_key(record.key), None);
        record.each_field(&mut |at, slot| {
            let name = schema.fields[at];
            let value = if schema.revision_field() == Some(at) {
                revision::after(slot).map(|next| Some(next.into_bytes()))
            } else {
                slot.encode(&location.with_field(name))
            };
            match value.map_err(at_field(name)) {
                Ok(Some(value)) => pairs.push((name, value)),
                Ok(None) => removed.push(name),
                Err(error) => failed = failed.take().or(Some(error)),
            }
        });
        if needs_marker {
            pairs.push((MARKER, Vec::new()));
        }
        failed.map_or(Ok(Self { pairs, removed }), |error: Error| Err(error))
    }

    pub(crate) fn arguments(&self) -> usize {
        2 + 2 * self.pairs.len() + self.removed.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        let pairs: usize = self.pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
        pairs + self.removed.iter().map(|name| name.len()).sum::<usize>() + 16
    }

    /// Adds the record as `update.lua` reads it, as the last arguments.
    pub(crate) fn write(&self, command: &mut CommandWriter<'_>) {
        command.arg("insert").int(2 * self.pairs.len());
        for (name, value) in &self.pairs {
            command.arg(name).arg(value);
        }
        for name in &self.removed {
            command.arg(name);
        }
    }
}
