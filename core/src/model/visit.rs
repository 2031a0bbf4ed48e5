//! One list of a model's parts, visited for many purposes.
//!
//! The derive writes the list once, with accessors instead of values, so that
//! a visitor with a record (which writes it) and one without (which asks what
//! the model is like, or makes a record) use the same. That it is one function
//! also makes one error of a field whose type cannot be stored.

use super::RedisModel;
use crate::error::Result;
use crate::field::{Plain, Stored};
use crate::hash::Reader;
use crate::key::{Key, KeyPart, KeyWriter};

/// What is done with each part of the key and each stored field of a model.
#[doc(hidden)]
pub trait Visit<M: RedisModel> {
    /// The next part of the key.
    fn part<P: KeyPart>(&mut self, get: impl Fn(&M) -> &P) -> &mut Self {
        let _ = get;
        self
    }

    /// The next stored field.
    fn put<V: Stored<Plain>>(&mut self, get: impl Fn(&M) -> &V) -> &mut Self {
        self.put_as::<Plain, V>(get)
    }

    /// The next stored field, not stored as it is.
    fn put_as<As, V: Stored<As>>(&mut self, get: impl Fn(&M) -> &V) -> &mut Self {
        let _ = get;
        self
    }

    /// How a record is made of its id and its fields.
    fn make(&mut self, make: impl FnOnce(M::Id, &mut Reader<'_>) -> Result<M>) {
        let _ = make;
    }
}

struct WriteKey<'a, M> {
    model: &'a M,
    key: KeyWriter<'a>,
}

impl<M: RedisModel> Visit<M> for WriteKey<'_, M> {
    fn part<P: KeyPart>(&mut self, get: impl Fn(&M) -> &P) -> &mut Self {
        self.key.part(get(self.model));
        self
    }
}

/// The key of a record.
pub(crate) fn key_of<M: RedisModel>(model: &M) -> Key {
    Key::build(M::SPEC.template(), |key| {
        let mut visit = WriteKey { model, key };
        M::visit(&mut visit);
        visit.key.finish();
    })
}
