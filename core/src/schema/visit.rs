//! One list of a model's parts, visited for many purposes.
//!
//! The derive writes the list once, with accessors instead of values, so that a visit
//! with a record (which writes it) and one without (which asks what the model is like)
//! use the same. As the accessors and the constructor stand in one function, a field
//! whose type cannot be stored makes one error, not one for each use.
//!
//! A generic visitor would be compiled anew for every model, field and purpose. So there
//! is one, and the fields that it passes on are erased.

use std::any::{Any, type_name};

use crate::error::{Error, Result};
use crate::field::{FieldType, MayExpire, Plain, Revision, RevisionNumber, Slot, SlotOf};
use crate::hash::Row;
use crate::key::{Key, ModelId};
use crate::model::RedisModel;

/// Visits the key parts and the stored fields of a `T`, or those that any `T` has.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "only generated code sees it")]
pub struct Visitor<'v, T, Id = ()> {
    this: Option<&'v T>,
    purpose: Purpose<'v>,
    construct: Option<Construct<T, Id>>,
    set_id: Option<fn(&mut T, Id)>,
}

/// Makes a `T` of its id and the values of its fields.
type Construct<T, Id> = fn(Id, &mut Row<'_>) -> Result<T>;

enum Purpose<'v> {
    Nothing,
    /// Each part, if there is a record, and the name of its type.
    KeyParts(&'v mut dyn FnMut(Option<&dyn Any>, &'static str)),
    Fields(&'v mut dyn FnMut(&dyn Slot)),
}

impl<T, Id> Visitor<'_, T, Id> {
    /// The next key part.
    ///
    /// No `KeyPart` bound here: `Id: ModelId` already requires it, and a second bound
    /// would report the same mistake twice.
    #[inline(always)]
    pub fn part<P: 'static>(&mut self, get: impl FnOnce(&T) -> &P) -> &mut Self {
        if let Purpose::KeyParts(visit) = &mut self.purpose {
            visit(self.this.map(|it| get(it) as &dyn Any), type_name::<P>());
        }
        self
    }

    /// The next stored field, without an encoding of its own.
    #[inline(always)]
    pub fn put<V: FieldType>(&mut self, get: impl FnOnce(&T) -> &V) -> &mut Self {
        self.put_as::<Plain, V>(get)
    }

    /// The next stored field, with an encoding.
    #[inline(always)]
    pub fn put_as<Enc, V: FieldType<Enc>>(&mut self, get: impl FnOnce(&T) -> &V) -> &mut Self {
        if let Purpose::Fields(visit) = &mut self.purpose {
            // `Option::map` would be a function for each field.
            #[allow(clippy::manual_map)]
            let value = match self.this {
                Some(it) => Some(get(it)),
                None => None,
            };
            visit(&SlotOf::<V, Enc>::new(value));
        }
        self
    }

    /// The next stored field, which counts the writes of the record.
    #[inline(always)]
    pub fn put_revision<V: RevisionNumber>(&mut self, get: impl FnOnce(&T) -> &V) -> &mut Self {
        self.put_as::<Revision, V>(get)
    }

    /// The next stored field, which has a time to live of its own.
    #[inline(always)]
    pub fn put_expiring<Enc, V: FieldType<Enc> + MayExpire<Enc>>(
        &mut self,
        get: impl FnOnce(&T) -> &V,
    ) -> &mut Self {
        self.put_as::<Enc, V>(get)
    }

    /// Says how a `T` is made of its id and its fields.
    #[inline(always)]
    pub fn construct(&mut self, construct: fn(Id, &mut Row<'_>) -> Result<T>) {
        self.construct = Some(construct);
    }

    /// Says how the id is put into a record that was decoded with another one.
    #[inline(always)]
    pub fn set_id(&mut self, set_id: fn(&mut T, Id)) {
        self.set_id = Some(set_id);
    }

    /// Returns a visitor of an `F` in the `T`.
    pub(crate) fn inner<F>(&mut self, get: impl FnOnce(&T) -> Option<&F>) -> Visitor<'_, F> {
        let purpose = match &mut self.purpose {
            Purpose::Fields(visit) => Purpose::Fields(&mut **visit),
            _ => Purpose::Nothing,
        };
        Visitor { this: self.this.and_then(get), purpose, construct: None, set_id: None }
    }
}

impl<'v, T, Id> Visitor<'v, T, Id> {
    /// A visitor that is only interested in the constructor.
    #[inline(always)]
    pub(crate) fn nothing() -> Self {
        Self::new(None, Purpose::Nothing)
    }

    #[inline(always)]
    fn new(this: Option<&'v T>, purpose: Purpose<'v>) -> Self {
        Self { this, purpose, construct: None, set_id: None }
    }

    pub(crate) fn constructor(&self) -> Option<Construct<T, Id>> {
        self.construct
    }
}

/// Visits the fields of a record, or of the model.
pub(crate) fn each_field<M: RedisModel>(this: Option<&M>, visit: &mut dyn FnMut(&dyn Slot)) {
    M::visit(&mut Visitor::new(this, Purpose::Fields(visit)));
}

/// Makes a record of its id and the values of its fields.
pub(crate) fn construct<M: RedisModel>(id: &M::Id, row: &mut Row<'_>) -> Result<M> {
    let mut visitor = Visitor::nothing();
    M::visit(&mut visitor);
    let construct = visitor.construct.ok_or_else(Error::unexpected_reply)?;
    construct(id.clone(), row)
}

/// Puts an id into a record.
pub(crate) fn set_id<M: RedisModel>(model: &mut M, id: &M::Id) {
    let mut visitor = Visitor::nothing();
    M::visit(&mut visitor);
    if let Some(set_id) = visitor.set_id {
        set_id(model, id.clone());
    }
}

/// Returns the names of the types of the key's parts.
pub(crate) fn part_types<M: RedisModel>() -> Vec<&'static str> {
    let mut types = Vec::new();
    let mut visit = |_: Option<&dyn Any>, name| types.push(name);
    M::visit(&mut Visitor::new(None, Purpose::KeyParts(&mut visit)));
    types
}

/// Returns the key of a record.
pub(crate) fn key_of<M: RedisModel>(model: &M) -> Key {
    Key::build(M::SPEC.template(), |mut key| {
        let mut at = 0;
        let mut visit = |part: Option<&dyn Any>, _| {
            if let Some(part) = part {
                M::Id::write_part(at, part, &mut key);
            }
            at += 1;
        };
        M::visit(&mut Visitor::new(Some(model), Purpose::KeyParts(&mut visit)));
        key.finish();
    })
}
