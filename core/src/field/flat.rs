//! Structs whose fields are stored among those of the model around them.

use std::marker::PhantomData;

use super::{Field, Maybe};
use crate::error::{Error, Result};
use crate::hash::Reader;
use crate::model::{Declared, Inside, Visit, width};

/// A struct that a model stores field by field: `#[derive(RedisFields)]` on
/// the struct, `#[redis(flatten)]` on the field that holds it.
///
/// ```
/// # use redis_model::{Operation, RedisFields, RedisModel};
/// #[derive(RedisFields)]
/// struct Address { street: String, city: String }
///
/// #[derive(RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User { id: u64, #[redis(flatten)] address: Address }
///
/// let f = User::FIELDS;
/// assert_eq!(f.address.street.name(), "address.street");
/// let moved = User::update(7).set(f.address.street, "Strand").set(f.address.city, "London");
/// let moved = moved.or_create().explain()?.to_string();
/// assert_eq!(moved, "HSET user:7 address.street Strand address.city London");
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// An `Option` of one may be flattened, too: it is `None` where the hash has
/// none of its fields.
///
/// A model with flattened structs has at most 256 fields and aliases, and 8 KiB
/// of their names; more is a compile error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields to flatten",
    label = "cannot be flattened",
    note = "add `#[derive(redis_model::RedisFields)]` to the struct, or store it as one field with `#[redis(codec = Json)]`"
)]
pub trait RedisFields: Declared + Sized + 'static {
    /// The handles of its fields, in a model `M`.
    #[doc(hidden)]
    type Handles<M, W: Wrap>;

    #[doc(hidden)]
    fn visit<V: Visit<Self>>(visit: &mut V);
}

/// The handles where the struct's first field is the model's field at `P`.
#[doc(hidden)]
pub trait HandlesAt<M, W: Wrap, P: Position>: RedisFields {
    const HANDLES: Self::Handles<M, W>;
}

/// A position in the list of a model's fields, as a type: so it can depend on
/// how many fields a type parameter has.
#[doc(hidden)]
pub trait Position {
    const AT: u16;
}

/// The first field.
#[derive(Debug)]
pub struct Start;

/// `N` fields behind `P`.
#[derive(Debug)]
pub struct Plus<P, const N: u16>(PhantomData<P>);

/// Behind the fields of an `F` at `P`.
#[derive(Debug)]
pub struct Past<P, F>(PhantomData<(P, F)>);

impl Position for Start {
    const AT: u16 = 0;
}

impl<P: Position, const N: u16> Position for Plus<P, N> {
    const AT: u16 = P::AT + N;
}

impl<P: Position, F: Declared> Position for Past<P, F> {
    const AT: u16 = P::AT + width(F::COLUMNS);
}

/// What a field's type is as seen from the model: in a flattened `Option` the
/// field may be absent.
#[doc(hidden)]
pub trait Wrap {
    type Value<V>;
    type How<As>;
}

/// Not in an `Option`.
#[derive(Debug)]
pub struct Always;

/// In an `Option`.
#[derive(Debug)]
pub struct Sometimes;

impl Wrap for Always {
    type Value<V> = V;
    type How<As> = As;
}

impl Wrap for Sometimes {
    type Value<V> = Option<V>;
    type How<As> = Maybe<As>;
}

impl<F: RedisFields> RedisFields for Option<F> {
    type Handles<M, W: Wrap> = F::Handles<M, Sometimes>;

    fn visit<V: Visit<Self>>(visit: &mut V) {
        visit.begin_option(|it| it.is_some());
        F::visit(&mut Inside::new(visit, false, |it: &Self| it.as_ref()));
        visit.end_option();
        visit.build(|row| {
            if row.skip_absent(width(F::COLUMNS).into()) { Ok(None) } else { read(row).map(Some) }
        });
    }
}

impl<M, W: Wrap, P: Position, F: HandlesAt<M, Sometimes, P>> HandlesAt<M, W, P> for Option<F> {
    const HANDLES: Self::Handles<M, W> = F::HANDLES;
}

/// Makes a struct of the next fields of a record.
pub(crate) fn read<F: RedisFields>(row: &mut Reader<'_>) -> Result<F> {
    struct Build<'a, 'r, F> {
        row: &'a mut Reader<'r>,
        built: Result<F>,
    }

    impl<F> Visit<F> for Build<'_, '_, F> {
        fn build(&mut self, build: impl FnOnce(&mut Reader<'_>) -> Result<F>) {
            self.built = build(self.row);
        }
    }

    let mut build = Build { row, built: Err(Error::unexpected_reply()) };
    F::visit(&mut build);
    build.built
}

/// The handle of the field at this position.
#[doc(hidden)]
pub const fn handle<P: Position, M, V, As>() -> Field<M, V, As> {
    Field::at(P::AT)
}
