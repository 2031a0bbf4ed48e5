//! The count of a record's writes, in the field with `#[redis(version)]`.

use crate::codec::Location;
use crate::error::{ErrorKind, ValueError};
use crate::field::{Counter, Stored, Version};
use crate::model::{RedisModel, Visit};
use crate::value::Bounds;

/// Returns the count as it is stored.
pub(super) fn text<As, V: Stored<As>>(value: &V) -> Result<String, ValueError> {
    let mut bytes = Vec::with_capacity(20);
    value.write(&Location::NOWHERE, &mut bytes)?;
    String::from_utf8(bytes).map_err(|_| ValueError::new("not a number"))
}

/// Returns the count that a write of a record with this count makes.
pub(super) fn after<As, V: Stored<As>>(value: &V) -> Result<String, ValueError> {
    let next = text(value)?.parse().ok().and_then(|count: u64| count.checked_add(1));
    let next = next.map(|count| count.to_string());
    // It must fit the field's type, or the record could not be read any more.
    next.filter(|next| V::read(next.clone().into_bytes(), &Location::NOWHERE).is_ok()).ok_or(
        ValueError::of_kind(
            ErrorKind::OutOfRange,
            "the revision is the largest of the field's type",
        ),
    )
}

/// Returns the count that a save of this record makes; `None` if there is none.
pub(crate) fn next<M: RedisModel, V: Counter>(model: &M) -> Option<V> {
    struct Next<'a, M>(&'a M, Option<String>);

    impl<M: RedisModel> Visit<M> for Next<'_, M> {
        fn put_counter<C: Counter>(&mut self, get: impl Fn(&M) -> &C) -> &mut Self {
            self.1 = after::<Version, C>(get(self.0)).ok();
            self
        }
    }

    let mut next = Next(model, None);
    M::visit(&mut next);
    next.1.and_then(|next| V::read(next.into_bytes()).ok())
}

/// Returns the largest count that the field's type holds.
pub(crate) fn max<M: RedisModel>() -> &'static str {
    struct Max(&'static str);

    impl<M: RedisModel> Visit<M> for Max {
        fn put_counter<C: Counter>(&mut self, _: impl Fn(&M) -> &C) -> &mut Self {
            let (Bounds::Integer { max, .. } | Bounds::Float { max }) = C::BOUNDS;
            self.0 = max;
            self
        }
    }

    let mut max = Max("");
    M::visit(&mut max);
    max.0
}
