//! XREAD and XREADGROUP, whose keys are behind their options.

use super::super::root::{CommandBuilder, Root};
use crate::error::{Error, ErrorKind, Result};

/// The options of a read.
#[derive(Default)]
pub(super) struct Read<'a> {
    /// The group and the consumer, for XREADGROUP.
    pub(super) group: Option<(&'a str, &'a str)>,
    pub(super) count: Option<usize>,
    /// The milliseconds for which the server waits for entries; 0 for any time.
    pub(super) block: Option<u64>,
    pub(super) no_ack: bool,
}

impl Read<'_> {
    /// Returns the command that reads streams, each after an id.
    pub(super) fn command<'r>(
        &self,
        root: &'r Root,
        streams: &[(&str, String)],
    ) -> CommandBuilder<'r> {
        let mut options = Vec::new();
        if let Some((group, consumer)) = self.group {
            options.extend(["GROUP".to_owned(), group.to_owned(), consumer.to_owned()]);
        }
        if let Some(count) = self.count {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            options.extend(["COUNT".to_owned(), count.to_string()]);
        }
        if let Some(millis) = self.block {
            options.extend(["BLOCK".to_owned(), millis.to_string()]);
        }
        if self.no_ack {
            options.push("NOACK".to_owned());
        }
        options.push("STREAMS".to_owned());

        let name = if self.group.is_some() { "XREADGROUP" } else { "XREAD" };
        let command = root.command_without_key(name).check(check_count(self.count));
        let first_key = 1 + options.len();
        let command = options.iter().fold(command, CommandBuilder::arg);
        let command = streams.iter().fold(command, |command, (key, _)| command.arg(key));
        let command = streams.iter().fold(command, |command, (_, after)| command.arg(after));
        command.keys(first_key..first_key + streams.len())
    }
}

/// Refuses a count of zero, which would be no limit to some commands and an error to others.
pub(super) fn check_count(count: Option<usize>) -> Result<()> {
    if count != Some(0) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidOperation, "the number of entries to read is zero"))
}
