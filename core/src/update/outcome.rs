//! The result of a conditional write.

use std::fmt;
use std::vec;

use crate::error::{Error, ErrorKind, Escaped, Result};
use crate::field::Field;
use crate::key::Key;
use crate::model::RedisModel;
use crate::op::Reply;
use crate::redis_rs::ReplyValue;

/// The result of a write that needs a record or has conditions.
///
/// [`ok`](Self::ok) makes an error of a write that was not applied, for `?`:
///
/// ```
/// # use redis_model::{Operation, RedisModel, embedded};
/// #[derive(RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User { id: u64, visits: u64 }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// fn visit(id: u64, con: &mut redis::Connection) -> redis_model::Result<u64> {
///     let visits = User::FIELDS.visits;
///     User::update(id).incr(visits, 1).returning(visits).run(con)?.ok()
/// }
///
/// let error = visit(7, &mut con).unwrap_err();
/// assert!(error.is_not_found());
/// assert_eq!(error.to_string(), "User `user:7`: there is no such record");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a write may find no record, or a condition that does not hold"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R> {
    /// The write was applied, with its output, such as that of
    /// [`returning`](crate::Update::returning).
    Applied(R),
    /// There is no such record, and the write did not create one.
    Missing(Missing),
    /// A condition does not hold, or another client has changed the record since it was
    /// read. Nothing was changed.
    Conflict(Conflict),
}

/// The record that a write did not find.
#[derive(Clone, PartialEq, Eq)]
pub struct Missing {
    record: RecordName,
}

/// The record that a write did not change, and the fields that were in its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    record: RecordName,
    fields: Vec<Box<str>>,
}

/// The name of a record in an outcome.
#[derive(Clone, PartialEq, Eq)]
struct RecordName {
    model: &'static str,
    key: Box<str>,
    member: Option<usize>,
    /// A create found the record.
    exists: bool,
}

impl<R> Outcome<R> {
    /// Returns the output, or an error if the write was not applied.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound): there is no such record.
    /// - [`Conflict`](ErrorKind::Conflict): a condition does not hold, or another client has
    ///   changed the record.
    ///
    /// Both name the record, and the conflict names its fields.
    pub fn ok(self) -> Result<R> {
        match self {
            Self::Applied(output) => Ok(output),
            Self::Missing(missing) => Err(missing.error()),
            Self::Conflict(conflict) => Err(conflict.error()),
        }
    }

    /// Returns the output, or `error` if the write was not applied.
    ///
    /// # Errors
    ///
    /// `error`.
    pub fn ok_or<E>(self, error: E) -> Result<R, E> {
        match self {
            Self::Applied(output) => Ok(output),
            Self::Missing(_) | Self::Conflict(_) => Err(error),
        }
    }

    /// Returns `true` if the write was applied.
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied(_))
    }

    /// Returns `true` if there is no such record.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }

    /// Returns `true` if a condition does not hold or another client has changed the record.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// Returns the output, if the write was applied.
    pub fn applied(self) -> Option<R> {
        match self {
            Self::Applied(output) => Some(output),
            Self::Missing(_) | Self::Conflict(_) => None,
        }
    }

    /// Returns the record that there is not, if that was the reason.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Missing(missing) => Some(missing),
            Self::Applied(_) | Self::Conflict(_) => None,
        }
    }

    /// Returns the fields in conflict, if there were any.
    pub fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Conflict(conflict) => Some(conflict),
            Self::Applied(_) | Self::Missing(_) => None,
        }
    }

    /// Changes the output.
    pub fn map<T>(self, change: impl FnOnce(R) -> T) -> Outcome<T> {
        match self {
            Self::Applied(output) => Outcome::Applied(change(output)),
            Self::Missing(missing) => Outcome::Missing(missing),
            Self::Conflict(conflict) => Outcome::Conflict(conflict),
        }
    }

    /// Returns the output.
    ///
    /// # Panics
    ///
    /// Panics with `message` if the write was not applied.
    #[track_caller]
    pub fn expect(self, message: &str) -> R {
        match self {
            Self::Applied(output) => output,
            Self::Missing(missing) => panic!("{message}: {missing}"),
            Self::Conflict(conflict) => panic!("{message}: {conflict}"),
        }
    }
}

impl Missing {
    pub(crate) fn new(model: &'static str, key: &Key) -> Self {
        Self { record: RecordName::new(model, key) }
    }

    /// Returns the model's name.
    pub fn model(&self) -> &str {
        self.record.model
    }

    /// Returns the Redis key.
    pub fn key(&self) -> &str {
        &self.record.key
    }

    /// Returns the position of the write in its transaction, counted from zero; `None`
    /// outside of a transaction.
    pub fn member(&self) -> Option<usize> {
        self.record.member
    }

    pub(crate) fn with_member(mut self, position: usize) -> Self {
        self.record.member = Some(position);
        self
    }

    fn error(&self) -> Error {
        self.record.error(ErrorKind::NotFound, "there is no such record".into())
    }
}

impl Conflict {
    /// Creates the conflict in the fields that a script names.
    pub(crate) fn read(
        model: &'static str,
        key: &Key,
        names: vec::IntoIter<ReplyValue>,
    ) -> Result<Self> {
        let fields = names.map(|name| Reply(name).into_text().map(String::into_boxed_str));
        Ok(Self { record: RecordName::new(model, key), fields: fields.collect::<Result<_>>()? })
    }

    /// Creates the conflict of a blob, which has no fields to name.
    pub(crate) fn of_all(model: &'static str, key: &Key) -> Self {
        Self { record: RecordName::new(model, key), fields: Vec::new() }
    }

    /// Creates the conflict in the field that an error names.
    pub(crate) fn about(model: &'static str, key: &Key, error: &Error) -> Self {
        let fields = error.field().map(Box::from).into_iter().collect();
        Self { record: RecordName::new(model, key), fields }
    }

    /// Returns the model's name.
    pub fn model(&self) -> &str {
        self.record.model
    }

    /// Returns the Redis key.
    pub fn key(&self) -> &str {
        &self.record.key
    }

    /// Returns the position of the write in its transaction, counted from zero; `None`
    /// outside of a transaction.
    pub fn member(&self) -> Option<usize> {
        self.record.member
    }

    /// Returns the stored names of the fields. A blob has none.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|name| &**name)
    }

    /// Returns `true` if this field is one of them.
    pub fn contains<M: RedisModel, V, Enc>(&self, field: Field<M, V, Enc>) -> bool {
        self.fields().any(|name| name == field.name())
    }

    pub(crate) fn with_member(mut self, position: usize) -> Self {
        self.record.member = Some(position);
        self
    }

    /// Creates the conflict of a create that found a record.
    pub(crate) fn of_existing(model: &'static str, key: &Key) -> Self {
        let mut conflict = Self::of_all(model, key);
        conflict.record.exists = true;
        conflict
    }

    fn error(&self) -> Error {
        if self.record.exists {
            let message = "conflict: there is such a record already";
            return self.record.error(ErrorKind::Conflict, message.into());
        }
        let message = match self.fields.as_slice() {
            [] => {
                "conflict: the record has changed since it was read, or a condition does not hold"
                    .into()
            }
            [name] => {
                let error = self.record.error(ErrorKind::Conflict, CONFLICT_IN_FIELD.into());
                return error.with_field(String::from(&**name));
            }
            names => {
                let names: Vec<_> =
                    names.iter().map(|name| format!("`{}`", Escaped(name))).collect();
                format!("conflict in the fields {}", names.join(", "))
            }
        };
        self.record.error(ErrorKind::Conflict, message)
    }
}

const CONFLICT_IN_FIELD: &str = "conflict: the stored value is not the one that is required";

impl RecordName {
    fn new(model: &'static str, key: &Key) -> Self {
        Self { model, key: Box::from(&**key), member: None, exists: false }
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        let error = Error::new(kind, message).with_model(self.model).with_key(&self.key);
        match self.member {
            Some(position) => error.with_member(position),
            None => error,
        }
    }
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        missing.error()
    }
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        conflict.error()
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordName { model, key, member, .. } = &self.record;
        let mut debug = f.debug_struct("Missing");
        debug.field("model", model).field("key", key).field("member", member).finish()
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordName { model, key, member, .. } = &self.record;
        let mut debug = f.debug_struct("Conflict");
        debug.field("model", model).field("key", key).field("member", member);
        debug.field("fields", &self.fields).finish()
    }
}
