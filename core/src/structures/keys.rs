//! Groups of keys: the structures that belong to one id.

use std::fmt;
use std::time::Duration;

use super::Structure;
use super::group::{Entry, GroupCommand};
use crate::key::{IntoId, Key, KeyParts, Template, write_named};

/// A struct of [structures](crate::structures) whose keys belong together; use
/// [`#[derive(RedisKeys)]`](macro@crate::RedisKeys).
///
/// [`of`](Self::of) creates the handles of one id, and the other methods return operations on
/// all keys of it, in one step each. A field may have the name of a method:
/// `keys.delete_all` is the field, `keys.delete_all()` the method.
///
/// On a cluster all keys of a group must be in one slot for these operations, so its key
/// needs a hash tag: `"user:{{{id}}}"`. Otherwise they are errors
/// ([`CrossSlot`](crate::ErrorKind::CrossSlot)), and nothing is sent.
///
/// ```
/// use redis_model::{Operation, RedisKeys};
/// use redis_model::structures::{Counter, Set};
///
/// #[derive(RedisKeys)]
/// #[redis(key = "user:{id}")]
/// struct UserKeys { followers: Set<u64>, score: Counter<u32> }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let keys = UserKeys::of(7);
/// (keys.followers.add(8), keys.score.incr(1)).run(&mut con)?;
/// assert_eq!(keys.count_existing().run(&mut con)?, 2);
/// assert_eq!(keys.delete_all().run(&mut con)?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a group of keys",
    label = "not a group of keys",
    note = "add `#[derive(RedisKeys)]` and `#[redis(key = \"…\")]` to `{Self}`"
)]
pub trait RedisKeys: Sized {
    /// The id: the type that `#[redis(id = …)]` declares, or [`UntypedId`](super::UntypedId).
    type Id;

    #[doc(hidden)]
    const GROUP: Group<Self::Id>;

    /// Names each key once.
    #[doc(hidden)]
    fn visit(keys: &mut GroupVisitor<'_, Self>) -> Self;

    /// Returns the handles of the keys of an id. Nothing is sent.
    ///
    /// ```
    /// # use redis_model::RedisKeys;
    /// # use redis_model::structures::List;
    /// #[derive(RedisKeys)]
    /// #[redis(key = "tenant:{tenant}:member:{number}")]
    /// struct MemberKeys { inbox: List<String> }
    ///
    /// assert_eq!(MemberKeys::of(("acme", 7)).inbox.key(), "tenant:acme:member:7:inbox");
    /// ```
    fn of(id: impl IntoId<Self::Id>) -> Self {
        let Group { key, texts, .. } = Self::GROUP;
        let parts = texts(&id.into_id());
        Self::visit(&mut GroupVisitor(Mode::Create { group: key, parts: &parts }))
    }

    /// Returns the keys, in the order of the fields.
    fn redis_keys(&self) -> Vec<Key> {
        entries(self).into_iter().map(|entry| entry.key).collect()
    }

    /// Deletes all keys of the group in one step. Returns the number of keys that existed.
    ///
    /// # Errors
    ///
    /// If a key holds another Redis type than its structure
    /// ([`is_wrong_type`](crate::Error::is_wrong_type)); nothing is deleted then.
    ///
    /// **Sends** [`DEL`](https://redis.io/commands/del) for each key, after a check of all
    /// types, by the script `group.lua`.
    fn delete_all(&self) -> GroupCommand {
        GroupCommand::delete(Self::GROUP.name, entries(self))
    }

    /// Sets the time to live of all keys of the group in one step, rounded up to
    /// milliseconds. Returns the number of keys that exist; the others are not affected.
    ///
    /// # Errors
    ///
    /// If a key holds another Redis type than its structure
    /// ([`is_wrong_type`](crate::Error::is_wrong_type)), or the time is zero; no time to live
    /// is changed then.
    ///
    /// **Sends** [`PEXPIRE`](https://redis.io/commands/pexpire) for each key, after a check
    /// of all types, by the script `group.lua`.
    fn expire_all(&self, after: Duration) -> GroupCommand {
        GroupCommand::expire(Self::GROUP.name, after, entries(self))
    }

    /// Removes the time to live of all keys of the group in one step. Returns the number of
    /// keys that had one.
    ///
    /// # Errors
    ///
    /// If a key holds another Redis type than its structure
    /// ([`is_wrong_type`](crate::Error::is_wrong_type)); no time to live is removed then.
    ///
    /// **Sends** [`PERSIST`](https://redis.io/commands/persist) for each key, after a check
    /// of all types, by the script `group.lua`.
    fn persist_all(&self) -> GroupCommand {
        GroupCommand::persist(Self::GROUP.name, entries(self))
    }

    /// Returns the number of keys of the group that exist, all counted in one step.
    ///
    /// # Errors
    ///
    /// If a key holds another Redis type than its structure
    /// ([`is_wrong_type`](crate::Error::is_wrong_type)).
    ///
    /// **Sends** [`EXISTS`](https://redis.io/commands/exists) for each key, after a check of
    /// all types, by the script `group.lua`.
    fn count_existing(&self) -> GroupCommand {
        GroupCommand::count_existing(Self::GROUP.name, entries(self))
    }
}

fn entries<G: RedisKeys>(group: &G) -> Vec<Entry> {
    let mut visitor = GroupVisitor(Mode::List { group, entries: Vec::new() });
    // The copies of the handles are not needed. A second list of the fields, by reference,
    // would report a field that is not a structure twice.
    let _ = G::visit(&mut visitor);
    match visitor.0 {
        Mode::List { entries, .. } => entries,
        Mode::Create { .. } => Vec::new(),
    }
}

/// The name and the key of a group.
pub struct Group<Id> {
    name: &'static str,
    key: Template,
    /// Returns the texts of the key's placeholders.
    texts: fn(&Id) -> Vec<String>,
}

impl<Id> Group<Id> {
    /// Describes a group whose key has `N` placeholders.
    pub const fn new<const N: usize>(name: &'static str, key: &'static str) -> Self
    where
        Id: KeyParts<N>,
    {
        Self { name, key: Template(key), texts: |id| id.texts().into() }
    }

    /// Describes a group with mistakes.
    pub const fn stub() -> Self {
        Self { name: "", key: Template(""), texts: |_| Vec::new() }
    }
}

/// Creates the handles of an id, or lists the keys of a group.
pub struct GroupVisitor<'a, G>(Mode<'a, G>);

enum Mode<'a, G> {
    Create { group: Template, parts: &'a [String] },
    List { group: &'a G, entries: Vec<Entry> },
}

impl<G> GroupVisitor<'_, G> {
    /// Visits a field.
    pub fn structure<S: Structure>(&mut self, key: &'static str, field: fn(&G) -> &S) -> S {
        self.handle(key, field).unwrap_or_else(|key| S::at(key))
    }

    /// Visits a field whose key gets a time to live, in milliseconds.
    pub fn expiring<S: Structure>(
        &mut self,
        key: &'static str,
        ttl: u64,
        field: fn(&G) -> &S,
    ) -> S {
        let create = |key| S::at(key).with_ttl(Duration::from_millis(ttl));
        self.handle(key, field).unwrap_or_else(create)
    }

    /// Returns the field's handle, or the key of the handle to create.
    fn handle<S: Structure>(&mut self, key: &'static str, field: fn(&G) -> &S) -> Result<S, Key> {
        match &mut self.0 {
            Mode::Create { group, parts } => Err(write_named(Template(key), *group, parts)),
            Mode::List { group, entries } => {
                let handle = field(group);
                entries.push(Entry { key: handle.key().clone(), redis_type: S::REDIS_TYPE });
                Ok(handle.clone())
            }
        }
    }

    /// Takes the place of the fields of a group with mistakes, which does not compile.
    pub fn stub(&self) -> G {
        unreachable!("a group with mistakes does not compile")
    }
}

impl<Id> fmt::Debug for Group<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Group").field(&self.name).finish()
    }
}

impl<G> fmt::Debug for GroupVisitor<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupVisitor").finish_non_exhaustive()
    }
}
