//! Fields: handles by which users name them, and how they are stored.

mod flat;
mod how;
mod stored;

use std::fmt;
use std::marker::PhantomData;

pub(crate) use flat::read as read_flat;
pub use flat::{Always, HandlesAt, Past, Plus, Position, RedisFields, Start, Wrap, handle};
pub use how::{
    Counter, EmptyAsNone, Fallback, MayLapse, Maybe, OrElse, Shown, ShownOption, Version,
};
pub(crate) use stored::default_text;
pub use stored::{Countable, OrDefault, Plain, StoreAs, Stored, Via};

use crate::model::RedisModel;

/// A handle of one field: `User::FIELDS.visits`.
///
/// It is a position in the model's list of fields, together with the types
/// that make a call check out: `M` the model, `V` the field's type, `As` how
/// it is stored ([`Plain`] or [`Via`] a codec).
pub struct Field<M, V, As = Plain> {
    pub(crate) index: u16,
    types: Types<M, V, As>,
}

/// Types that a handle is about, without having values of them.
type Types<M, V, As> = PhantomData<fn() -> (M, V, As)>;

impl<M, V, As> Field<M, V, As> {
    #[doc(hidden)]
    pub const fn at(index: u16) -> Self {
        Self { index, types: PhantomData }
    }
}

impl<M: RedisModel, V, As> Field<M, V, As> {
    /// The field's name in the hash.
    pub fn name(self) -> &'static str {
        M::SPEC.fields[usize::from(self.index)]
    }

    /// Names under which the field is read, too: `#[redis(alias = "…")]`.
    pub fn aliases(self) -> &'static [&'static str] {
        M::SPEC.extra(self.index.into()).aliases
    }
}

// By hand: deriving would ask the same of `M`, `V` and `As`.
impl<M, V, As> Clone for Field<M, V, As> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, V, As> Copy for Field<M, V, As> {}

impl<M: RedisModel, V, As> fmt::Debug for Field<M, V, As> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.name())
    }
}
