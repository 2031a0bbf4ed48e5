//! One opaque error for the whole crate.
//!
//! An error has a reason ([`Error::kind`]) and a location (model, field, key, codec).
//! It never contains stored bytes, because they may be a password, and errors end up in
//! logs. Therefore the messages of serde, of codecs and of values are replaced by
//! messages with positions, types and names of the program's own fields but no contents, and only I/O errors are kept as a
//! `source`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::structures::StreamId;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of an operation: a reason, which is one of [`ErrorKind`], and a location. Copies
/// share its source.
///
/// ```
/// # use redis_model::{Operation, RedisModel, embedded};
/// #[derive(Debug, RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User { id: u64, visits: u8 }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// redis::cmd("HSET").arg("user:7").arg("visits").arg("hunter2").exec(&mut con)?;
/// let error = User::get(7).run(&mut con).unwrap_err();
/// assert!(error.is_invalid_value());
/// assert_eq!((error.model(), error.key()), (Some("User"), Some("user:7")));
/// assert_eq!(error.field(), Some("visits"));
/// assert_eq!(error.to_string(), "User `user:7`, field `visits`: not an integer of type u8");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    location: Location,
    code: Option<Box<str>>,
    transaction: TransactionState,
    applied: bool,
    /// Shared with the copies of the error.
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The state of the atomic step in which an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TransactionState {
    /// The operation was not part of an atomic step, or the server did not answer.
    #[default]
    Unknown,
    /// Other commands of the step were applied.
    Partial,
    NotApplied,
    /// The server refused MULTI and executed the commands one by one.
    NotTogether,
}

#[derive(Clone, Default)]
struct Location {
    model: Option<&'static str>,
    key: Option<Box<str>>,
    field: Option<Cow<'static, str>>,
    codec: Option<&'static str>,
    item: Option<usize>,
    member: Option<usize>,
    entry: Option<StreamId>,
}

/// The reasons for an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server could not be reached, or the connection broke. It is unknown
    /// if the operation took effect; see [`Error::is_connection`].
    Connection,
    /// The server returned an error; [`Error::code`] is its code.
    Server,
    /// There is no such record; see [`Outcome::ok`](crate::Outcome::ok).
    NotFound,
    /// A record has no value for a field that needs one.
    MissingField,
    /// A stored value is not one of the field's type, or a value cannot be stored.
    InvalidValue,
    /// A codec could not encode or decode. If a value is not of the type, the message names
    /// its path by the type's own names: `at items[3].price: expected a number, found text`.
    Codec,
    /// The value was not written by this crate; the message says what it looks like.
    Foreign,
    /// The value was written by a codec that the model does not list.
    WrongCodec,
    /// The value is one of another model.
    WrongModel,
    /// The value was written by a later version of the model.
    NewerVersion,
    /// The value was written by a version of the model that is too old to be
    /// migrated, or its migration refused it.
    NoMigration,
    /// The struct has changed since the value was written, but the model's
    /// `version` has not.
    LayoutChanged,
    /// Bytes remain after the end of the value.
    TrailingBytes,
    /// The value was changed or moved since it was sealed or signed.
    Tampered,
    /// The value was sealed or signed with a key that is not in the key ring.
    UnknownKey,
    /// A number would leave the range of the field's type.
    OutOfRange,
    /// The record was written or deleted since it was read, or a condition does not hold.
    Conflict,
    /// A holder holds its [lock](crate::patterns::Lock) no more.
    LockLost,
    /// The server does not support the operation.
    Unsupported,
    /// One atomic step has keys of several cluster slots.
    CrossSlot,
    /// A value is larger, longer or deeper than a limit.
    Limit,
    /// The operation itself is invalid, such as a TTL of zero.
    InvalidOperation,
    /// The loader of a [cache](crate::patterns::Cache) failed. Its error is the
    /// [`source`](std::error::Error::source), unless the loader failed in another call.
    Load,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let (message, location) = (message.into(), Location::default());
        Self(Box::new(Inner {
            kind,
            message,
            location,
            code: None,
            transaction: TransactionState::Unknown,
            applied: false,
            source: None,
        }))
    }

    /// Returns the reason.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the model's name, if the error is about one.
    pub fn model(&self) -> Option<&str> {
        self.0.location.model
    }

    /// Returns the whole Redis key, if the error is about one. Messages show its first 200
    /// characters.
    pub fn key(&self) -> Option<&str> {
        self.0.location.key.as_deref()
    }

    /// Returns the stored name of the field, if the error is about one.
    pub fn field(&self) -> Option<&str> {
        self.0.location.field.as_deref()
    }

    /// Returns the position of the item, counted from zero, if the error is about one of
    /// several items that an operation on a [structure](crate::structures) read.
    pub fn item(&self) -> Option<usize> {
        self.0.location.item
    }

    /// Returns the position of the write in its transaction, counted from zero, if the error
    /// is about one of several.
    pub fn member(&self) -> Option<usize> {
        self.0.location.member
    }

    /// Returns the id of the entry, if the error is about one of a
    /// [stream](crate::structures::Stream).
    pub fn entry(&self) -> Option<StreamId> {
        self.0.location.entry
    }

    /// Returns the codec's name, if the error is about one.
    pub fn codec(&self) -> Option<&str> {
        self.0.location.codec
    }

    /// Returns the server's error code, such as `WRONGTYPE` or `NOAUTH`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns `true` if the server could not be reached or the connection
    /// broke. A damaged record is never a connection error, so a retry layer may drop the
    /// connection.
    ///
    /// # Repeating an operation
    ///
    /// After the connection broke, the client does not know if the server has executed the
    /// operation. Reads may be repeated, and so may operations that have the same effect
    /// twice: `save`, `delete`, `expire`, `persist`, an `update` that only sets and removes.
    /// The second `delete` reports that there was no record, the second `create` that there
    /// was one, and a second `commit` or save of a model with a `revision` field reports a
    /// conflict with the first. An `incr` counts twice, and a `take` may have deleted a
    /// record that it did not return (see
    /// [`Take::unconfirmed`](crate::flow::Take::unconfirmed)). If that matters, make these
    /// operations conditional (`only_if`), or record in the same update that they were done.
    /// A scan that is run again repeats the page that failed.
    ///
    /// # Timeouts on sync connections
    ///
    /// Redis-rs 1.8 keeps a sync connection open if a *write* timeout cuts a
    /// request off, although the server may answer the part that it received: the
    /// next operation could read the reply to that part. An operation of this
    /// crate sends nothing more after a connection error, but it cannot close
    /// redis-rs' connection. So drop a sync connection after such an error, or
    /// wrap it in [`PoisonOnError`](crate::connection::PoisonOnError), which refuses to be
    /// used again. Read timeouts and async connections are not affected.
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// Returns `true` if the server refused the operation for a temporary reason: it is
    /// loading its data, busy with a script, short of replicas or
    /// without its primary, or the cluster is moving slots or electing a primary.
    ///
    /// Nothing was applied, so any operation may be repeated after a pause, on
    /// the same connection. The codes are `LOADING`, `BUSY`, `MASTERDOWN`,
    /// `NOREPLICAS`, `TRYAGAIN` and `CLUSTERDOWN`. Errors of an
    /// [`atomic`](crate::atomic) step that [`is_partial`](Self::is_partial) are
    /// not transient.
    pub fn is_transient(&self) -> bool {
        const CODES: [&str; 6] =
            ["LOADING", "BUSY", "MASTERDOWN", "NOREPLICAS", "TRYAGAIN", "CLUSTERDOWN"];
        !self.is_partial() && self.code().is_some_and(|code| CODES.contains(&code))
    }

    /// Returns `true` if the connection should be replaced: it broke, or it
    /// reaches a server that has become a replica (`READONLY`), as after a
    /// fail-over.
    ///
    /// [`is_connection`](Self::is_connection) lists the operations that may be repeated on
    /// the new connection. After `READONLY` nothing was applied.
    pub fn needs_reconnect(&self) -> bool {
        self.is_connection() || self.code() == Some("READONLY")
    }

    /// Returns `true` if the connection's timeout ended the wait for a reply.
    pub(crate) fn is_timeout(&self) -> bool {
        let source = self.0.source.as_deref();
        let source = source.and_then(|source| source.downcast_ref::<redis::RedisError>());
        source.is_some_and(redis::RedisError::is_timeout)
    }

    /// Returns `true` if there is no such record.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns `true` if a record has no value for a field that needs one.
    pub fn is_missing_field(&self) -> bool {
        self.kind() == ErrorKind::MissingField
    }

    /// Returns `true` if a stored value is not one of the field's type, or a value cannot be
    /// stored.
    pub fn is_invalid_value(&self) -> bool {
        self.kind() == ErrorKind::InvalidValue
    }

    /// Returns `true` if a stored value is not one that this version of the model reads: it
    /// was written by another model or program, with another codec or version, or it is
    /// garbage. `on_mismatch = "miss"` treats it as absent. Tampering and unknown keys are
    /// never reported as a mismatch.
    pub fn is_mismatch(&self) -> bool {
        use ErrorKind::*;
        matches!(
            self.kind(),
            Codec
                | Foreign
                | WrongCodec
                | WrongModel
                | NewerVersion
                | NoMigration
                | LayoutChanged
                | TrailingBytes
        )
    }

    /// Returns `true` if a stored value was changed, moved or written without the key.
    pub fn is_tampered(&self) -> bool {
        self.kind() == ErrorKind::Tampered
    }

    /// Returns `true` if a number would leave the range of its field.
    pub fn is_out_of_range(&self) -> bool {
        self.kind() == ErrorKind::OutOfRange
    }

    /// Returns `true` if the record was written since it was read, or a condition does not
    /// hold.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Returns `true` if a holder holds its [lock](crate::patterns::Lock) no more.
    pub fn is_lock_lost(&self) -> bool {
        self.kind() == ErrorKind::LockLost
    }

    /// Returns `true` if the server does not support the operation.
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// Returns `true` if the key holds another Redis type than the model's.
    pub fn is_wrong_type(&self) -> bool {
        self.code() == Some("WRONGTYPE")
    }

    /// Returns `true` if the error is of an [`atomic`](crate::atomic) step of
    /// which other commands were applied: Redis does not roll back.
    pub fn is_partial(&self) -> bool {
        self.0.transaction == TransactionState::Partial
    }

    /// Returns `true` if the operation was applied and only its result could not be decoded:
    /// the values that an update returns, or a record whose TTL was refreshed. A repeated
    /// `incr` would count twice.
    pub fn is_applied(&self) -> bool {
        self.0.applied
    }

    pub(crate) fn applied(mut self) -> Self {
        self.0.applied = true;
        self
    }

    /// Sets the state of the atomic step, unless the connection broke: then it is unknown.
    pub(crate) fn with_transaction(mut self, state: TransactionState) -> Self {
        if self.0.transaction == TransactionState::Unknown && !self.is_connection() {
            self.0.transaction = state;
        }
        self
    }

    pub(crate) fn with_model(mut self, model: &'static str) -> Self {
        self.0.location.model.get_or_insert(model);
        self
    }

    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.0.location.key.get_or_insert_with(|| key.into());
        self
    }

    pub(crate) fn with_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.location.field.get_or_insert_with(|| field.into());
        self
    }

    pub(crate) fn with_item(mut self, position: usize) -> Self {
        self.0.location.item.get_or_insert(position);
        self
    }

    pub(crate) fn with_member(mut self, position: usize) -> Self {
        self.0.location.member.get_or_insert(position);
        self
    }

    pub(crate) fn with_entry(mut self, id: StreamId) -> Self {
        self.0.location.entry.get_or_insert(id);
        self
    }

    pub(crate) fn with_code(mut self, code: &str) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Appends text of this crate to the message.
    pub(crate) fn with_note(mut self, note: String) -> Self {
        self.0.message.to_mut().push_str(&note);
        self
    }

    /// Creates the error of a loader that failed.
    pub(crate) fn of_loader(source: Box<dyn StdError + Send + Sync>) -> Self {
        let mut error = Self::new(ErrorKind::Load, "the loader failed");
        error.0.source = Some(source.into());
        error
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, location, transaction, applied, .. } = &*self.0;
        let mut parts = 0;
        let mut part = |f: &mut fmt::Formatter<'_>, words: fmt::Arguments<'_>| {
            parts += 1;
            if parts > 1 {
                f.write_str(", ")?;
            }
            f.write_fmt(words)
        };
        match (location.model, &location.key) {
            (Some(model), Some(key)) => part(f, format_args!("{model} `{}`", Escaped(key)))?,
            (Some(model), None) => part(f, format_args!("{model}"))?,
            (None, Some(key)) => part(f, format_args!("key `{}`", Escaped(key)))?,
            (None, None) => {}
        }
        if let Some(entry) = location.entry {
            part(f, format_args!("entry {entry}"))?;
        }
        if let Some(member) = location.member {
            part(f, format_args!("member {member}"))?;
        }
        if let Some(field) = &location.field {
            part(f, format_args!("field `{}`", Escaped(field)))?;
        }
        if let Some(item) = location.item {
            part(f, format_args!("item {item}"))?;
        }
        if let Some(codec) = location.codec {
            part(f, format_args!("codec {codec}"))?;
        }
        if parts > 0 {
            f.write_str(": ")?;
        }
        f.write_str(message)?;
        if *applied {
            f.write_str("; the operation was applied, only its result could not be read")?;
        }
        match transaction {
            TransactionState::Unknown => Ok(()),
            TransactionState::Partial => {
                f.write_str("; other commands of its atomic step were applied")
            }
            TransactionState::NotApplied => f.write_str("; nothing of its atomic step was applied"),
            TransactionState::NotTogether => {
                f.write_str("; its atomic step was applied command by command")
            }
        }
    }
}

/// A key or name in a message. A hostile one cannot forge lines in a log, reverse or hide
/// text, or fill the log: invisible characters are escaped, and a long text is cut.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

/// The number of characters of a key or name in a message.
const MAX_CHARS: usize = 200;

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for c in chars.by_ref().take(MAX_CHARS) {
            if is_visible(c) {
                fmt::Write::write_char(f, c)?
            } else {
                write!(f, "{}", c.escape_default())?
            }
        }
        if chars.as_str().is_empty() { Ok(()) } else { write!(f, "… ({} bytes)", self.0.len()) }
    }
}

/// Returns `true` if `Debug` shows the character as it is, apart from quotes and
/// backslashes: it is no control or format character and no line separator.
fn is_visible(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// Writes the kind and the text of `Display`, for `fn main() -> Result<…>`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.kind()).field(&format_args!("{self}")).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The error of a value or a codec: a reason without a location, which the caller adds.
///
/// The reason is a `&'static str`, so that it cannot contain stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    pub(crate) kind: ErrorKind,
    pub(crate) codec: Option<&'static str>,
    reason: Cow<'static, str>,
}

impl ValueError {
    /// Creates the error of a value that is not one of its type, with a reason in a few
    /// words: `"not a colour"`.
    pub const fn new(reason: &'static str) -> Self {
        Self { kind: ErrorKind::InvalidValue, codec: None, reason: Cow::Borrowed(reason) }
    }

    /// Creates the error of a value that is larger, longer or deeper than a limit.
    pub const fn limit(reason: &'static str) -> Self {
        Self { kind: ErrorKind::Limit, codec: None, reason: Cow::Borrowed(reason) }
    }

    pub(crate) const fn of_kind(kind: ErrorKind, reason: &'static str) -> Self {
        Self { kind, codec: None, reason: Cow::Borrowed(reason) }
    }

    /// Creates an error whose reason is put together from numbers and from names of the
    /// program's types, never from contents.
    pub(crate) fn computed(kind: ErrorKind, reason: String) -> Self {
        Self { kind, codec: None, reason: Cow::Owned(reason) }
    }

    pub(crate) fn of_codec(mut self, codec: &'static str) -> Self {
        if self.kind == ErrorKind::InvalidValue {
            self.kind = ErrorKind::Codec;
        }
        self.codec.get_or_insert(codec);
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl StdError for ValueError {}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        let ValueError { kind, codec, reason } = error;
        let mut error = Error::new(kind, reason);
        error.0.location.codec = codec;
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_field_name_cannot_forge_hide_or_reverse_text_of_a_log() {
        let hostile = "\n\r\0\u{7f}\u{85}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\
                       \u{61c}\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{fff9}\u{e0041}";
        for c in hostile.chars() {
            let name = format!("a{c}b");
            let error = Error::new(ErrorKind::InvalidValue, "no").with_key(&name).with_field(name);
            let shown = format!("a{}b", c.escape_default());
            let expected = format!("key `{shown}`, field `{shown}`: no");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_key_of_visible_characters_is_shown_as_it_is() {
        let key = "user:%3A{7} naïve 日本 \"'\\ 🦀";
        let error = Error::new(ErrorKind::InvalidValue, "no").with_key(key);
        assert_eq!(error.to_string(), format!("key `{key}`: no"));
    }

    #[test]
    fn a_long_key_makes_a_short_message_and_stays_whole_in_the_error() {
        let key = "é".repeat(1 << 19);
        let error = Error::new(ErrorKind::InvalidValue, "no").with_key(&key);
        let shown = "é".repeat(200);
        assert_eq!(error.to_string(), format!("key `{shown}… (1048576 bytes)`: no"));
        assert_eq!(error.key(), Some(&*key));
        let short = "é".repeat(200);
        let error = Error::new(ErrorKind::InvalidValue, "no").with_key(&short);
        assert_eq!(error.to_string(), format!("key `{short}`: no"));
    }
}
