//! Cluster slots: all keys of one step must be in the same slot.

use super::Command;
use crate::error::{Error, ErrorKind, Result};
use crate::redis_rs;

/// The slot that the keys of some commands share.
#[derive(Default)]
pub(super) struct Slots<'a> {
    /// The slot, and the key as the operation has it.
    first: Option<(u16, &'a [u8])>,
}

impl<'a> Slots<'a> {
    /// Adds a command's keys.
    ///
    /// # Errors
    ///
    /// `CrossSlot`, with the first two keys of different slots.
    pub(super) fn add(&mut self, command: &'a Command) -> Result<()> {
        for key in keys(command) {
            let slot = slot_of(key);
            match self.first {
                Some((first, other)) if first != slot => {
                    return Err(cross_slot(other, &key[command.prefix..]));
                }
                Some(_) => {}
                None => self.first = Some((slot, &key[command.prefix..])),
            }
        }
        Ok(())
    }

    /// Returns the slot, if there is any key.
    pub(super) fn slot(&self) -> Option<u16> {
        self.first.map(|(slot, _)| slot)
    }
}

fn keys(command: &Command) -> impl Iterator<Item = &[u8]> {
    let range = &command.keys;
    redis_rs::arguments(&command.cmd).skip(range.start).take(range.len())
}

/// Returns the command's first key.
pub(super) fn first_key(command: &Command) -> Option<&[u8]> {
    keys(command).next()
}

/// Returns `true` if two commands have a key in common.
pub(super) fn share_a_key(one: &Command, other: &Command) -> bool {
    keys(one).any(|key| keys(other).any(|other| other == key))
}

fn cross_slot(one: &[u8], other: &[u8]) -> Error {
    let [one, other] =
        [one, other].map(|key| String::from_utf8_lossy(key).escape_debug().to_string());
    Error::new(
        ErrorKind::CrossSlot,
        format!(
            "one atomic step has the keys `{one}` and `{other}`, which are in different slots of the \
             cluster; give both a common hash tag (the part of a key that stands in braces), or take two steps"
        ),
    )
    .with_code("CROSSSLOT")
}

/// Returns the slot of a key: the CRC16 (XMODEM) of its hash tag, or of the whole key.
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    crc16(hash_tag(key).unwrap_or(key)) % 16384
}

/// Returns the text between the first `{` and the first `}` behind it, if it is not empty.
pub(crate) fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let tail = &key[key.iter().position(|b| *b == b'{')? + 1..];
    let end = tail.iter().position(|b| *b == b'}').filter(|end| *end > 0)?;
    Some(&tail[..end])
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut crc = (at as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { (crc << 1) ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // The replies of `redis-cli CLUSTER KEYSLOT`.
        for (key, slot) in [
            ("123456789", 12739),
            ("foo", 12182),
            ("{foo}bar", 12182),
            ("bar{foo}baz{x}", 12182),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("", 0),
        ] {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
    }
}
