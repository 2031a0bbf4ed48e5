//! The channels and patterns of a subscription, and the commands that change them.

use std::collections::BTreeSet;

use crate::key::Key;
use crate::op::Prefix;

/// The channels and patterns that a connection has, or that its owner wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Channels {
    names: BTreeSet<String>,
    patterns: BTreeSet<String>,
}

/// A command that changes the subscriptions of a connection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ChangeKind {
    Subscribe,
    Unsubscribe,
    SubscribePatterns,
    UnsubscribePatterns,
}

/// The server confirms each name. With too many names in one command the confirmations would
/// fill the socket's buffers before the client reads them.
const NAMES_AT_ONCE: usize = 1000;

impl Channels {
    /// Applies a change.
    pub(crate) fn apply(&mut self, change: &Change) {
        let names = change.names.iter();
        match change.kind {
            ChangeKind::Subscribe => self.names.extend(names.cloned()),
            ChangeKind::SubscribePatterns => self.patterns.extend(names.cloned()),
            ChangeKind::Unsubscribe => names.for_each(|name| drop(self.names.take(name))),
            ChangeKind::UnsubscribePatterns => {
                names.for_each(|name| drop(self.patterns.take(name)))
            }
        }
    }

    /// Returns the channels as the server has them.
    pub(crate) fn with_prefix(&self, prefix: Option<&Prefix>) -> Self {
        let Some(prefix) = prefix else { return self.clone() };
        let names = self.names.iter().map(|name| prefix.key(name)).collect();
        let patterns = self.patterns.iter().map(|pattern| prefix.pattern(pattern)).collect();
        Self { names, patterns }
    }

    /// Returns the commands that turn `current` into these channels.
    pub(crate) fn changes_from(&self, current: &Self) -> Vec<Change> {
        let sets = [
            (ChangeKind::Unsubscribe, &current.names, &self.names),
            (ChangeKind::UnsubscribePatterns, &current.patterns, &self.patterns),
            (ChangeKind::Subscribe, &self.names, &current.names),
            (ChangeKind::SubscribePatterns, &self.patterns, &current.patterns),
        ];
        let mut changes = Vec::new();
        for (kind, of, without) in sets {
            let names: Vec<_> = of.difference(without).cloned().collect();
            let parts = names.chunks(NAMES_AT_ONCE);
            changes.extend(parts.map(|names| Change { kind, names: names.to_vec() }));
        }
        changes
    }
}

impl Change {
    pub(crate) fn new<I>(kind: ChangeKind, names: I) -> Self
    where
        I: IntoIterator<Item: Into<Key>>,
    {
        Self { kind, names: names.into_iter().map(|name| name.into().into()).collect() }
    }

    /// Returns the change of the channels as the server has them.
    pub(crate) fn with_prefix(mut self, prefix: Option<&Prefix>) -> Self {
        if let Some(prefix) = prefix {
            for name in &mut self.names {
                *name = match self.kind {
                    ChangeKind::Subscribe | ChangeKind::Unsubscribe => prefix.key(name),
                    _ => prefix.pattern(name),
                };
            }
        }
        self
    }

    /// Returns the command's name.
    pub(crate) fn command(&self) -> &'static str {
        match self.kind {
            ChangeKind::Subscribe => "SUBSCRIBE",
            ChangeKind::Unsubscribe => "UNSUBSCRIBE",
            ChangeKind::SubscribePatterns => "PSUBSCRIBE",
            ChangeKind::UnsubscribePatterns => "PUNSUBSCRIBE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(names: &[&str], patterns: &[&str]) -> Channels {
        let mut channels = Channels::default();
        channels.apply(&Change::new(ChangeKind::Subscribe, names.iter().copied()));
        channels.apply(&Change::new(ChangeKind::SubscribePatterns, patterns.iter().copied()));
        channels
    }

    #[test]
    fn changes_are_the_difference_of_what_is_wanted_and_what_there_is() {
        let wanted = channels(&["a", "b"], &["p*"]);
        let subscribe = Change::new(ChangeKind::Subscribe, ["a", "b"]);
        let patterns = Change::new(ChangeKind::SubscribePatterns, ["p*"]);
        assert_eq!(wanted.changes_from(&Channels::default()), [subscribe, patterns]);

        let changes = wanted.changes_from(&channels(&["b", "c"], &["q*"]));
        let sent: Vec<_> =
            changes.iter().map(|change| (change.command(), change.names.join(" "))).collect();
        let expected = [
            ("UNSUBSCRIBE", "c"),
            ("PUNSUBSCRIBE", "q*"),
            ("SUBSCRIBE", "a"),
            ("PSUBSCRIBE", "p*"),
        ];
        assert_eq!(sent, expected.map(|(command, names)| (command, names.to_owned())));
    }

    #[test]
    fn nothing_is_sent_without_names() {
        assert_eq!(Channels::default().changes_from(&Channels::default()), []);
        assert_eq!(channels(&["a"], &["p*"]).changes_from(&channels(&["a"], &["p*"])), []);
    }

    #[test]
    fn applied_changes_leave_nothing_to_change() {
        let wanted = channels(&["a", "b"], &["p*"]);
        let mut current = channels(&["b", "c"], &["q*"]);
        for change in wanted.changes_from(&current) {
            current.apply(&change);
        }
        assert_eq!(current, wanted);
    }

    #[test]
    fn many_channels_are_several_commands() {
        let names: Vec<String> = (0..2500).map(|number| format!("c{number}")).collect();
        let mut wanted = Channels::default();
        wanted.apply(&Change::new(ChangeKind::Subscribe, names));
        let changes = wanted.changes_from(&Channels::default());
        let sizes: Vec<_> = changes.iter().map(|change| change.names.len()).collect();
        assert_eq!(sizes, [1000, 1000, 500]);
    }
}
