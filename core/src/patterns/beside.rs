//! Keys beside a pattern's main key.

use crate::key::Key;
use crate::op::hash_tag;

/// Returns a key in the same cluster slot: `{key}:suffix`, or `key:suffix` if the key has a
/// hash tag of its own. No such key exists for a key with a `}` outside of a hash tag, so that
/// one is in another slot.
pub(super) fn key_beside(key: &Key, suffix: &str) -> Key {
    let tagged = hash_tag(key.as_bytes()).is_some() || key.is_empty() || key.contains('}');
    Key::new(if tagged { format!("{key}:{suffix}") } else { format!("{{{key}}}:{suffix}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::slot_of;

    #[test]
    fn a_key_beside_another_is_in_its_slot() {
        for (key, expected) in [
            ("lock", "{lock}:fence"),
            ("user:7", "{user:7}:fence"),
            ("{user}:7", "{user}:7:fence"),
            ("a{b", "{a{b}:fence"),
        ] {
            let beside = key_beside(&Key::new(key), "fence");
            assert_eq!(beside, expected);
            assert_eq!(slot_of(beside.as_bytes()), slot_of(key.as_bytes()), "{key}");
        }
    }
}
