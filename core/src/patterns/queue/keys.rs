//! The keys of a queue, which share a slot.

use crate::codec::Location;
use crate::key::Key;
use crate::op::Script;
use crate::structures::{CommandBuilder, Root};

/// The names behind the queue's own; the scripts know them in this order.
const OTHERS: [&str; 7] = ["info", "ready", "scheduled", "leased", "dead", "unique", "wake"];

#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// The hash of the jobs' values. Its key is the location of a sealed value.
    root: Root,
    others: [Key; OTHERS.len()],
}

impl Keys {
    pub(super) fn new(name: &str) -> Self {
        let base = if has_hash_tag(name) { name.to_owned() } else { format!("{{{name}}}") };
        let key = |suffix| Key::new(format!("{base}:{suffix}"));
        Self { root: Root::new("Queue", "hash", key("jobs")), others: OTHERS.map(key) }
    }

    /// Begins a call of a script on all keys.
    pub(super) fn script(&self, script: &'static Script) -> CommandBuilder<'_> {
        self.root.script(script, &self.others.each_ref())
    }

    pub(super) fn wake(&self) -> &Key {
        &self.others[OTHERS.len() - 1]
    }

    pub(super) fn key(&self) -> &Key {
        self.root.key()
    }

    pub(super) fn location(&self) -> Location<'_> {
        Location::at_key(self.root.key())
    }
}

fn has_hash_tag(name: &str) -> bool {
    let tail = name.split_once('{').map(|(_, tail)| tail);
    tail.and_then(|tail| tail.find('}')).is_some_and(|end| end > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::slot_of;

    #[test]
    fn all_keys_share_a_slot_and_keep_the_queue_s_own_tag() {
        for (name, first) in [
            ("mail", "{mail}:jobs"),
            ("{app}:mail", "{app}:mail:jobs"),
            ("{}mail", "{{}mail}:jobs"),
        ] {
            let keys = Keys::new(name);
            assert_eq!(keys.key().as_str(), first);
            let slot = slot_of(keys.key().as_bytes());
            assert!(keys.others.iter().all(|key| slot_of(key.as_bytes()) == slot), "{name}");
        }
    }
}
