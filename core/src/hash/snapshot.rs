//! The stored values that a record was decoded from.

use std::fmt;

use super::mapping::Mapping;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::{Request, Script};
use crate::redis_rs::{ReplyValue, bytes_of};

pub(crate) static DELETE_UNCHANGED: Script =
    Script::new("hash_delete_unchanged", include_str!("delete_unchanged.lua"));

/// The values of all names that were read, for a deletion of the record that they are of.
#[derive(Clone)]
pub struct RawSnapshot {
    present: Vec<(&'static str, Vec<u8>)>,
    absent: Vec<&'static str>,
}

impl RawSnapshot {
    /// Takes the values with their names.
    pub(super) fn of_pairs<'a>(
        pairs: impl Iterator<Item = (&'static str, Option<&'a [u8]>)>,
    ) -> Self {
        let (mut present, mut absent) = (Vec::new(), Vec::new());
        for (name, value) in pairs {
            match value {
                Some(value) => present.push((name, value.to_vec())),
                None => absent.push(name),
            }
        }
        Self { present, absent }
    }

    /// Takes the values in the order in which the names were read.
    pub(super) fn new(mapping: Mapping, values: &[ReplyValue]) -> Result<Self> {
        let mut names = Vec::with_capacity(values.len());
        mapping.each_name(&mut |name| names.push(name));
        if names.len() != values.len() {
            return Err(Error::unexpected_reply());
        }
        let (mut present, mut absent) = (Vec::with_capacity(names.len()), Vec::new());
        for (name, value) in names.into_iter().zip(values) {
            match bytes_of(value) {
                Some(bytes) => present.push((name, bytes.to_vec())),
                None => absent.push(name),
            }
        }
        Ok(Self { present, absent })
    }

    /// Adds a command that deletes the record if it still has these values.
    pub(crate) fn encode_delete(&self, key: &Key, request: &mut Request) {
        let arguments = 2 * self.present.len() + self.absent.len() + 1;
        let present: usize =
            self.present.iter().map(|(name, value)| name.len() + value.len()).sum();
        let absent: usize = self.absent.iter().map(|name| name.len()).sum();
        let mut command = request.script(&DELETE_UNCHANGED, key, arguments, present + absent + 8);
        command.int(2 * self.present.len());
        for (name, value) in &self.present {
            command.arg(name).arg(value);
        }
        for name in &self.absent {
            command.arg(name);
        }
    }
}

/// Stored values stay out of logs.
impl fmt::Debug for RawSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSnapshot").field("fields", &self.present.len()).finish_non_exhaustive()
    }
}
