//! One opaque error for the whole crate.
//!
//! An error says what went wrong ([`Error::kind`]) and where (model, field,
//! key, codec). It never holds what is stored: the bytes of a record may be a
//! password, and errors end up in logs. That is why the messages of serde, of
//! codecs and of values are replaced by our own, which tell positions and types
//! but not contents, and why only I/O errors are kept as a `source`.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// What an operation returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed, and where. See [`ErrorKind`] for the reasons.
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
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    place: Place,
    code: Option<Box<str>>,
    transaction: TransactionState,
    applied: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What became of the atomic step in which something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TransactionState {
    /// The error is of no atomic step, or the server did not answer.
    #[default]
    Unknown,
    /// Other commands of the step were applied.
    Partial,
    NotApplied,
    /// The server refused MULTI and ran the commands one by one.
    NotTogether,
}

#[derive(Clone, Default)]
struct Place {
    model: Option<&'static str>,
    key: Option<Box<str>>,
    field: Option<Cow<'static, str>>,
    codec: Option<&'static str>,
}

/// The reasons for an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server could not be reached, or the connection broke. It is unknown
    /// if the operation took effect; see [`Error::is_connection`].
    Connection,
    /// The server answered with an error; [`Error::code`] tells which.
    Server,
    /// A record has no value for a field that needs one.
    MissingField,
    /// A stored value is not one of the field's type, or a value cannot be stored.
    InvalidValue,
    /// A codec could not encode or decode.
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
    /// Something stands behind the value.
    TrailingBytes,
    /// The value was changed or moved since it was sealed or signed.
    Tampered,
    /// The value was sealed or signed with a key that is not in the key ring.
    UnknownKey,
    /// A number would leave the range of the field's type.
    OutOfRange,
    /// The record was written or deleted since it was read: read it again.
    Conflict,
    /// The server is too old for the operation.
    Unsupported,
    /// Keys of several cluster slots in one atomic step.
    CrossSlot,
    /// Larger, longer or deeper than a limit.
    Limit,
    /// The operation itself makes no sense, such as a TTL of zero.
    InvalidOperation,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let (message, place) = (message.into(), Place::default());
        Self(Box::new(Inner {
            kind,
            message,
            place,
            code: None,
            transaction: TransactionState::Unknown,
            applied: false,
            source: None,
        }))
    }

    /// The reason.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The model's name, where one is concerned.
    pub fn model(&self) -> Option<&str> {
        self.0.place.model
    }

    /// The Redis key, where one is concerned, whole: messages show only its first
    /// 200 characters.
    pub fn key(&self) -> Option<&str> {
        self.0.place.key.as_deref()
    }

    /// The stored name of the field, where one is concerned.
    pub fn field(&self) -> Option<&str> {
        self.0.place.field.as_deref()
    }

    /// The codec's name, where one is concerned.
    pub fn codec(&self) -> Option<&str> {
        self.0.place.codec
    }

    /// The server's error code, such as `WRONGTYPE` or `NOAUTH`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns `true` if the server could not be reached or the connection
    /// broke. A bad record is never one of these, so a retry layer may drop the
    /// connection.
    ///
    /// # What is safe to repeat
    ///
    /// A connection that breaks does not tell whether the server had executed
    /// the operation. Reads may be repeated, and so may operations that come to
    /// the same when done twice: `save`, `delete`, `expire`, `persist`, an
    /// `update` that only sets and removes. Done twice, `delete` says that there
    /// was no record, `create` that there was one, and a `commit` or a save of a
    /// model with a `version` that it was in conflict: with itself. An `incr`
    /// counts twice, and a `take` may have deleted what it did not return (see
    /// [`Take::unconfirmed`](crate::flow::Take::unconfirmed)); where that matters, make
    /// them conditional (`only_if`), or note what is done in the same update. Scans
    /// go on where they were when they are run again.
    ///
    /// # Timeouts on sync connections
    ///
    /// Redis-rs 1.8 keeps a sync connection open if a *write* timeout cuts a
    /// request off, although the server may answer the part that it got: the
    /// next operation could read another operation's reply. An operation of this
    /// crate sends nothing more after a connection error, but it cannot close
    /// redis-rs' connection. So drop a sync connection after such an error, or
    /// wrap it in [`PoisonOnError`](crate::connection::PoisonOnError), which refuses to be
    /// used again. Read timeouts and async connections are not affected.
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// Returns `true` if the server refused the operation for a reason that
    /// passes: it is loading its data, busy with a script, short of replicas or
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
    /// leads to a server that has become a replica (`READONLY`), as after a
    /// fail-over.
    ///
    /// See [`is_connection`](Self::is_connection) for what is safe to repeat on
    /// the new connection; after `READONLY` nothing was applied.
    pub fn needs_reconnect(&self) -> bool {
        self.is_connection() || self.code() == Some("READONLY")
    }

    /// A record has no value for a field that needs one.
    pub fn is_missing_field(&self) -> bool {
        self.kind() == ErrorKind::MissingField
    }

    /// A stored value is not one of the field's type.
    pub fn is_invalid_value(&self) -> bool {
        self.kind() == ErrorKind::InvalidValue
    }

    /// A stored value is not one that this version of the model reads: it is
    /// another model's or program's, of another codec or version, or garbage.
    /// `on_mismatch = "miss"` counts it as absent. Nobody's attack is one of these.
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

    /// A stored value was changed, moved or made by somebody without the key.
    pub fn is_tampered(&self) -> bool {
        self.kind() == ErrorKind::Tampered
    }

    /// A number would leave the range of its field.
    pub fn is_out_of_range(&self) -> bool {
        self.kind() == ErrorKind::OutOfRange
    }

    /// The record was written by another since it was read.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// The server is too old for the operation.
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// The key holds another Redis type than the operation is for.
    pub fn is_wrong_type(&self) -> bool {
        self.code() == Some("WRONGTYPE")
    }

    /// Returns `true` if the error is of an [`atomic`](crate::atomic) step of
    /// which other commands were applied: Redis takes nothing back.
    pub fn is_partial(&self) -> bool {
        self.0.transaction == TransactionState::Partial
    }

    /// Returns `true` if the operation itself was applied and only its result could not
    /// be read: the values that an update returns, or a record whose TTL was refreshed.
    /// Done again, an `incr` would count twice.
    pub fn is_applied(&self) -> bool {
        self.0.applied
    }

    pub(crate) fn applied(mut self) -> Self {
        self.0.applied = true;
        self
    }

    /// The same error once more, for an operation that is run twice.
    pub(crate) fn duplicate(&self) -> Self {
        let Inner { kind, message, place, code, transaction, applied, .. } = &*self.0;
        let (message, place, code) = (message.clone(), place.clone(), code.clone());
        let (kind, transaction, applied) = (*kind, *transaction, *applied);
        Self(Box::new(Inner { kind, message, place, code, transaction, applied, source: None }))
    }

    /// Says what became of the rest of the atomic step. Of a broken connection
    /// nothing is known.
    pub(crate) fn with_transaction(mut self, state: TransactionState) -> Self {
        if self.0.transaction == TransactionState::Unknown && !self.is_connection() {
            self.0.transaction = state;
        }
        self
    }

    pub(crate) fn with_model(mut self, model: &'static str) -> Self {
        self.0.place.model.get_or_insert(model);
        self
    }

    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.0.place.key.get_or_insert_with(|| key.into());
        self
    }

    pub(crate) fn with_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.place.field.get_or_insert_with(|| field.into());
        self
    }

    pub(crate) fn with_code(mut self, code: &str) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Appends text of our own to the message.
    pub(crate) fn with_note(mut self, note: String) -> Self {
        self.0.message.to_mut().push_str(&note);
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, place, transaction, applied, .. } = &*self.0;
        let mut parts = 0;
        let mut part = |f: &mut fmt::Formatter<'_>, words: fmt::Arguments<'_>| {
            parts += 1;
            if parts > 1 {
                f.write_str(", ")?;
            }
            f.write_fmt(words)
        };
        match (place.model, &place.key) {
            (Some(model), Some(key)) => part(f, format_args!("{model} `{}`", Shown(key)))?,
            (Some(model), None) => part(f, format_args!("{model}"))?,
            (None, Some(key)) => part(f, format_args!("key `{}`", Shown(key)))?,
            (None, None) => {}
        }
        if let Some(field) = &place.field {
            part(f, format_args!("field `{}`", Shown(field)))?;
        }
        if let Some(codec) = place.codec {
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

/// Shows a key or name in a message. A hostile one cannot forge lines in a log,
/// reverse or hide text, or fill the log: invisible characters are escaped, and
/// a long text is cut.
struct Shown<'a>(&'a str);

/// How many characters of a key or name a message shows.
const SHOWN: usize = 200;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for c in chars.by_ref().take(SHOWN) {
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
/// backslashes. Control and format characters and line separators are none of these.
fn is_visible(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// As `fn main() -> Result<…>` shows it: the kind, and what `Display` says.
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

/// What a value or a codec says when it cannot write or read: a reason without
/// coordinates, which the caller adds.
///
/// The reason is `&'static str` for a purpose: it cannot carry stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    pub(crate) kind: ErrorKind,
    pub(crate) codec: Option<&'static str>,
    reason: Cow<'static, str>,
}

impl ValueError {
    /// The value is not one of its type, in a few words: `"not a colour"`.
    pub const fn new(reason: &'static str) -> Self {
        Self { kind: ErrorKind::InvalidValue, codec: None, reason: Cow::Borrowed(reason) }
    }

    /// The value is larger, longer or deeper than a limit.
    pub const fn limit(reason: &'static str) -> Self {
        Self { kind: ErrorKind::Limit, codec: None, reason: Cow::Borrowed(reason) }
    }

    pub(crate) const fn of_kind(kind: ErrorKind, reason: &'static str) -> Self {
        Self { kind, codec: None, reason: Cow::Borrowed(reason) }
    }

    /// For reasons that are put together from numbers, never from contents.
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
        error.0.place.codec = codec;
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_field_name_cannot_forge_hide_or_turn_round_text_of_a_log() {
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
