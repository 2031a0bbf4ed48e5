//! Fields: handles by which users name them, and how they are stored.

mod bool_as;
mod encoding;
mod flatten;
mod into;
mod none_as;
mod slot;
mod unix;
mod value;

use std::fmt;
use std::marker::PhantomData;

pub use bool_as::{BoolAs, BoolTexts, IsBool};
pub use encoding::{
    AllButNone, AsDisplay, AsDisplayOption, DefaultPath, DefaultValue, EmptyAsNone, EveryValue,
    FromPath, InOption, Incrementable, MayDefault, MayExpire, Revision, RevisionNumber,
    TypeDefault, WithDefault,
};
pub use flatten::{Optional, Presence, RedisFields, Required};
pub use into::IntoField;
pub use none_as::{IsOption, NoneAs, NoneText, NotANumber};
pub(crate) use slot::{Slot, SlotOf};
pub use unix::{FractionalSeconds, Millis, Seconds, Unix, UnixUnit};
pub use value::{Encoded, FieldType, Plain};
pub(crate) use value::{default_text, encode};

use crate::model::RedisModel;
pub use crate::value::UnixTime;

/// A handle of one field: `User::FIELDS.visits`.
///
/// A handle is a position in the model's list of fields, together with the types that
/// make a call check out: `M` the model, `V` the field's type, `Enc` its encoding
/// ([`Plain`] or [`Encoded`] by a codec).
pub struct Field<M, V, Enc = Plain> {
    pub(crate) index: u16,
    types: Types<M, V, Enc>,
}

/// Types that a handle is about, without having values of them.
type Types<M, V, Enc> = PhantomData<fn() -> (M, V, Enc)>;

impl<M, V, Enc> Field<M, V, Enc> {
    #[doc(hidden)]
    pub const fn at(index: u16) -> Self {
        Self { index, types: PhantomData }
    }
}

impl<M: RedisModel, V, Enc> Field<M, V, Enc> {
    /// Returns the field's name in the hash.
    #[inline(always)]
    pub fn name(self) -> &'static str {
        M::SCHEMA.fields[usize::from(self.index)]
    }

    /// Returns the names under which the field is read, too: `#[redis(alias = "…")]`.
    pub fn aliases(self) -> &'static [&'static str] {
        M::SCHEMA.aliases_of(self.index.into())
    }
}

// Deriving would require the same of `M`, `V` and `Enc`.
impl<M, V, Enc> Clone for Field<M, V, Enc> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, V, Enc> Copy for Field<M, V, Enc> {}

impl<M: RedisModel, V, Enc> fmt::Debug for Field<M, V, Enc> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.name())
    }
}
