//! Structs whose fields are stored among those of the model around them.

use crate::error::{Error, Result};
use crate::field::InOption;
use crate::hash::Row;
use crate::schema::Columns;
use crate::schema::Visitor;

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
/// An `Option` of one may be flattened, too: it is `None` if the hash has none of its
/// fields.
///
/// A model with flattened structs has at most 256 fields and aliases, and 8 KiB
/// of their names; more is a compile error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields to flatten",
    label = "cannot be flattened",
    note = "add `#[derive(redis_model::RedisFields)]` to the struct, or store it as one field with `#[redis(codec = Json)]`"
)]
pub trait RedisFields: Sized + 'static {
    /// The handles of the struct's fields, in a model `M`.
    #[doc(hidden)]
    type Handles<M, P: Presence>;

    #[doc(hidden)]
    const COLUMNS: Columns;

    #[doc(hidden)]
    fn visit(visit: &mut Visitor<'_, Self>);

    /// Visits the fields as a part of those of another struct.
    #[doc(hidden)]
    fn visit_in<T, Id>(outer: &mut Visitor<'_, T, Id>, get: impl FnOnce(&T) -> &Self) {
        Self::visit(&mut outer.inner(|it| Some(get(it))));
    }

    /// Reads the struct from the next values of a record.
    #[doc(hidden)]
    fn read(row: &mut Row<'_>) -> Result<Self> {
        let mut visitor = Visitor::nothing();
        Self::visit(&mut visitor);
        let construct = visitor.constructor().ok_or_else(Error::unexpected_reply)?;
        construct((), row)
    }
}

impl<F: RedisFields> RedisFields for Option<F> {
    type Handles<M, P: Presence> = F::Handles<M, Optional>;

    const COLUMNS: Columns = F::COLUMNS.optional();

    fn visit(visit: &mut Visitor<'_, Self>) {
        F::visit(&mut visit.inner(Option::as_ref));
        visit.construct(|(), row| {
            if row.skip_absent(F::COLUMNS.width().into()) {
                Ok(None)
            } else {
                F::read(row).map(Some)
            }
        });
    }
}

/// A field's type and encoding as seen from the model: in a flattened `Option` the
/// field may be absent.
#[doc(hidden)]
pub trait Presence {
    type Value<V>;
    type Encoding<Enc>;
}

/// Not in an `Option`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Required;

/// In an `Option`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Optional;

impl Presence for Required {
    type Value<V> = V;
    type Encoding<Enc> = Enc;
}

impl Presence for Optional {
    type Value<V> = Option<V>;
    type Encoding<Enc> = InOption<Enc>;
}
