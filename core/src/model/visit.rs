//! One list of a model's parts, visited for many purposes.
//!
//! The derive writes the list once, with accessors instead of values, so that
//! a visitor with a record (which writes it) and one without (which asks what
//! the model is like, or makes a record) use the same. That it is one function
//! also makes one error of a field whose type cannot be stored.

use std::marker::PhantomData;

use super::RedisModel;
use crate::error::Result;
use crate::field::{Counter, MayLapse, Plain, RedisFields, Stored, Version};
use crate::hash::Reader;
use crate::key::{Key, KeyWriter, ModelId};

/// What is done with each part of the key and each stored field of a struct.
#[doc(hidden)]
pub trait Visit<T>: Sized {
    /// The next part of the key. That it can be one is known of the id: asked
    /// for here, too, one mistake would make two errors.
    fn part<P: 'static>(&mut self, get: impl Fn(&T) -> &P) -> &mut Self {
        let _ = get;
        self
    }

    /// The next stored field.
    fn put<V: Stored<Plain>>(&mut self, get: impl Fn(&T) -> &V) -> &mut Self {
        self.put_as::<Plain, V>(get)
    }

    /// The next stored field, not stored as it is.
    fn put_as<As, V: Stored<As>>(&mut self, get: impl Fn(&T) -> &V) -> &mut Self {
        self.field::<As, V>(true, |it| Some(get(it)));
        self
    }

    /// The next stored field, which counts the writes of the record.
    fn put_counter<V: Counter>(&mut self, get: impl Fn(&T) -> &V) -> &mut Self {
        self.put_as::<Version, V>(get)
    }

    /// The next stored field, which expires by itself.
    fn put_lapsing<As, V: Stored<As> + MayLapse<As>>(
        &mut self,
        get: impl Fn(&T) -> &V,
    ) -> &mut Self {
        self.put_as::<As, V>(get)
    }

    /// The fields of a struct that is flattened.
    fn flat<F: RedisFields>(&mut self, get: impl Fn(&T) -> &F) -> &mut Self {
        F::visit(&mut Inside::new(self, true, |it| Some(get(it))));
        self
    }

    /// A field, whichever way it came: `always` unless it stands in a
    /// flattened `Option`, which may have none of its fields.
    fn field<As, V: Stored<As>>(&mut self, always: bool, get: impl Fn(&T) -> Option<&V>) {
        let _ = (always, get);
    }

    /// The fields of a flattened `Option` follow; whether it is `Some`.
    fn begin_option(&mut self, some: impl Fn(&T) -> bool) {
        let _ = some;
    }

    /// That were they.
    fn end_option(&mut self) {}

    /// How a record is made of its id and its fields.
    fn make(&mut self, make: impl FnOnce(T::Id, &mut Reader<'_>) -> Result<T>)
    where
        T: RedisModel,
    {
        let _ = make;
    }

    /// How the id of a record is put into it, where the record came with its own.
    fn keyed(&mut self, set: impl FnOnce(&mut T, T::Id))
    where
        T: RedisModel,
    {
        let _ = set;
    }

    /// How a struct that is flattened is made of its fields.
    fn build(&mut self, build: impl FnOnce(&mut Reader<'_>) -> Result<T>) {
        let _ = build;
    }
}

/// Visits the fields of an `F` that stands somewhere in a `T`.
pub(crate) struct Inside<'v, T, V, G> {
    outer: &'v mut V,
    always: bool,
    get: G,
    types: PhantomData<fn(&T)>,
}

impl<'v, T, V, G> Inside<'v, T, V, G> {
    pub(crate) fn new<F>(outer: &'v mut V, always: bool, get: G) -> Self
    where
        G: Fn(&T) -> Option<&F>,
    {
        Self { outer, always, get, types: PhantomData }
    }
}

impl<T, F: 'static, V: Visit<T>, G: Fn(&T) -> Option<&F>> Visit<F> for Inside<'_, T, V, G> {
    fn field<As, X: Stored<As>>(&mut self, always: bool, get: impl Fn(&F) -> Option<&X>) {
        let outer = &self.get;
        self.outer.field::<As, X>(always && self.always, |it| outer(it).and_then(&get));
    }

    fn begin_option(&mut self, some: impl Fn(&F) -> bool) {
        let outer = &self.get;
        self.outer.begin_option(|it| outer(it).is_some_and(&some));
    }

    fn end_option(&mut self) {
        self.outer.end_option();
    }
}

struct WriteKey<'a, M> {
    model: &'a M,
    at: usize,
    key: KeyWriter<'a>,
}

impl<M: RedisModel> Visit<M> for WriteKey<'_, M> {
    fn part<P: 'static>(&mut self, get: impl Fn(&M) -> &P) -> &mut Self {
        M::Id::write_part(self.at, get(self.model), &mut self.key);
        self.at += 1;
        self
    }
}

/// The key of a record.
pub(crate) fn key_of<M: RedisModel>(model: &M) -> Key {
    Key::build(M::SPEC.template(), |key| {
        let mut visit = WriteKey { model, at: 0, key };
        M::visit(&mut visit);
        visit.key.finish();
    })
}
