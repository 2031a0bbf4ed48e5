//! Keys of patterns, put together at run time.

use std::fmt::{Display, Write};

use crate::key::{Key, PartWriter};

/// Returns `prefix:part`. The part is escaped as in the key of a model, so that no part can
/// choose the slot or be mistaken for another key with the prefix.
pub(super) fn with_part(prefix: &str, part: &dyn Display) -> Key {
    let mut text = String::with_capacity(prefix.len() + 24);
    text.push_str(prefix);
    text.push(':');
    let _ = write!(PartWriter::new(&mut text, false), "{part}");
    Key::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_escaped() {
        assert_eq!(with_part("cache:user", &7), "cache:user:7");
        assert_eq!(with_part("cache", &"tag:{a}"), "cache:tag%3A%7Ba%7D");
    }
}
