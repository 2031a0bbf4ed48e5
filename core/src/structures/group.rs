//! Operations on all keys of a group, each in one step.

use std::fmt;
use std::time::Duration;

use redis::{Cmd, RedisWrite};

use super::command::Prepared;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::{Operation, Replies, Request, Script};
use crate::ttl::Expiry;

/// Changes all keys, after a check of their types.
static CHANGE: Script = Script::new("group", include_str!("group.lua")).runs(1);
static READ: Script = Script::reading("group", include_str!("group.lua")).runs(1);

/// An operation on all keys of a group, which returns a number of keys; the methods of
/// [`RedisKeys`](trait@crate::RedisKeys) return it.
///
/// If one of the keys holds another Redis type than its structure, the operation is an error
/// ([`is_wrong_type`](Error::is_wrong_type)) that names this key, and nothing is changed.
///
/// ```
/// use redis_model::{Operation, RedisKeys};
/// use redis_model::structures::{GroupCommand, List, Set};
///
/// #[derive(RedisKeys)]
/// #[redis(key = "user:{id}")]
/// struct UserKeys { followers: Set<u64>, timeline: List<u64> }
///
/// let delete: GroupCommand = UserKeys::of(7).delete_all();
/// let sent = delete.explain()?.to_string();
/// assert!(sent.contains("user:7:followers user:7:timeline DEL"), "{sent}");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[must_use = "an operation does nothing until it is run"]
#[derive(Clone)]
pub struct GroupCommand {
    group: &'static str,
    keys: Vec<Key>,
    prepared: Result<Prepared>,
}

/// A key of a group and the Redis type that it may hold.
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) redis_type: &'static str,
}

impl GroupCommand {
    pub(super) fn delete(group: &'static str, entries: Vec<Entry>) -> Self {
        Self::new(group, &CHANGE, "DEL", Expiry::Keep, entries)
    }

    pub(super) fn expire(group: &'static str, after: Duration, entries: Vec<Entry>) -> Self {
        Self::new(group, &CHANGE, "PEXPIRE", Expiry::after(after), entries)
    }

    pub(super) fn persist(group: &'static str, entries: Vec<Entry>) -> Self {
        Self::new(group, &CHANGE, "PERSIST", Expiry::Keep, entries)
    }

    pub(super) fn count_existing(group: &'static str, entries: Vec<Entry>) -> Self {
        Self::new(group, &READ, "EXISTS", Expiry::Keep, entries)
    }

    fn new(
        group: &'static str,
        script: &'static Script,
        command: &str,
        expiry: Expiry,
        entries: Vec<Entry>,
    ) -> Self {
        let prepared = match expiry.check() {
            Ok(Expiry::After(millis)) => {
                Ok(prepare(script, command, itoa::Buffer::new().format(millis), &entries))
            }
            Ok(_) => Ok(prepare(script, command, "", &entries)),
            Err(error) => Err(error.with_model(group)),
        };
        Self { group, keys: entries.into_iter().map(|entry| entry.key).collect(), prepared }
    }

    /// Adds to an error the name of the group, and the key that it is about.
    fn locate(&self, error: Error) -> Error {
        let error = match self.wrong_key(&error) {
            Some(key) => error.with_key(key),
            None => error,
        };
        error.with_model(self.group)
    }

    /// Returns the key that holds another type, whose position is in the script's error.
    fn wrong_key(&self, error: &Error) -> Option<&Key> {
        let text = error.is_wrong_type().then(|| error.to_string())?;
        let (_, position) = text.rsplit_once(", key ")?;
        // In an atomic step, the state of the step follows.
        let (position, _) = position.split_once(';').unwrap_or((position, ""));
        self.keys.get(position.parse::<usize>().ok()?.checked_sub(1)?)
    }
}

fn prepare(script: &'static Script, command: &str, millis: &str, entries: &[Entry]) -> Prepared {
    let bytes: usize = entries.iter().map(|entry| entry.key.len() + entry.redis_type.len()).sum();
    let mut cmd = Cmd::with_capacity(5 + 2 * entries.len(), 80 + bytes);
    let mut number = itoa::Buffer::new();
    let before = ["EVALSHA", script.sha(), number.format(entries.len())].into_iter();
    let keys = entries.iter().map(|entry| entry.key.as_str());
    let types = entries.iter().map(|entry| entry.redis_type);
    for argument in before.chain(keys).chain([command, millis]).chain(types) {
        cmd.write_arg(argument.as_bytes());
    }
    Prepared::new(cmd, Some(script), 3..3 + entries.len())
}

impl Operation for GroupCommand {
    type Output = usize;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let prepared = self.prepared.as_ref().map_err(Error::clone)?;
        prepared.add_to(request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<usize> {
        let count = replies.next().and_then(|reply| reply.into_int());
        let count = count.map_err(|error| self.locate(error))?;
        usize::try_from(count).map_err(|_| self.locate(Error::unexpected_reply()))
    }
}

impl fmt::Debug for GroupCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, keys, .. } = self;
        f.debug_struct("GroupCommand").field("group", group).field("keys", keys).finish()
    }
}
