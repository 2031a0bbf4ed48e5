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

use crate::codec::Location;
use crate::error::{Error, Result};
use crate::field::{
    FieldType, MayExpire, Plain, RedisFields, Revision, RevisionNumber, Slot, SlotOf,
};
use crate::hash::Row;
use crate::key::{ErasedPart, ModelId, VisitPart, WritePart};
use crate::model::RedisModel;

/// Visits the key parts and the stored fields of a `T`, or those that any `T` has.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "only generated code sees it")]
pub struct Visitor<'v, T, Id = ()> {
    this: Option<&'v T>,
    purpose: Purpose<'v>,
    write_part: WritePart,
    construct: Option<Construct<T, Id>>,
    set_id: Option<fn(&mut T, Id)>,
}

/// Makes a `T` of its id and the values of its fields.
type Construct<T, Id> = fn(Id, &mut Row<'_>) -> Result<T>;

pub(crate) enum Purpose<'v> {
    Nothing,
    KeyParts(&'v mut VisitPart<'v>),
    Fields(&'v mut dyn FnMut(&dyn Slot)),
    /// Visits fields until one returns `true`.
    FindField(&'v mut dyn FnMut(&dyn Slot) -> bool),
    /// Encodes a blob, which a visitor does not do: see `Storage::visit`.
    Bytes(Location<'v>, &'v mut Option<Result<Vec<u8>>>),
}

impl Purpose<'_> {
    /// Returns the purpose for the fields of a struct in the record.
    fn of_fields(&mut self) -> Purpose<'_> {
        match self {
            Self::Fields(visit) => Purpose::Fields(&mut **visit),
            Self::FindField(find) => Purpose::FindField(&mut **find),
            Self::Nothing | Self::KeyParts(_) | Self::Bytes(..) => Purpose::Nothing,
        }
    }

    fn part(&mut self, part: ErasedPart<'_>) {
        if let Self::KeyParts(visit) = self {
            visit(part);
        }
    }

    fn field(&mut self, slot: &dyn Slot) {
        match self {
            Self::Fields(visit) => visit(slot),
            Self::FindField(find) => {
                if find(slot) {
                    *self = Self::Nothing;
                }
            }
            Self::Nothing | Self::KeyParts(_) | Self::Bytes(..) => {}
        }
    }
}

impl<T, Id> Visitor<'_, T, Id> {
    /// The next key part.
    ///
    /// No `KeyPart` bound here: `Id: ModelId` already requires it, and a second bound
    /// would report the same mistake twice.
    #[inline(always)]
    pub fn key_part<P: 'static>(&mut self, get: impl FnOnce(&T) -> &P) -> &mut Self {
        #[allow(clippy::manual_map)]
        let value = match self.this {
            Some(it) => Some(get(it) as &dyn Any),
            None => None,
        };
        let write = self.write_part;
        self.purpose.part(ErasedPart { value, type_name: type_name::<P>(), write });
        self
    }

    /// The next stored field, without an encoding of its own.
    #[inline(always)]
    pub fn field<V: FieldType>(&mut self, get: impl FnOnce(&T) -> &V) -> &mut Self {
        self.field_as::<Plain, V>(get)
    }

    /// The next stored field, with an encoding.
    #[inline(always)]
    pub fn field_as<Enc, V: FieldType<Enc>>(&mut self, get: impl FnOnce(&T) -> &V) -> &mut Self {
        // `Option::map` would be a function for each field.
        #[allow(clippy::manual_map)]
        let value = match self.this {
            Some(it) => Some(get(it)),
            None => None,
        };
        self.purpose.field(&SlotOf::<V, Enc>::new(value));
        self
    }

    /// The next stored field, which counts the writes of the record.
    #[inline(always)]
    pub fn revision<V: RevisionNumber>(&mut self, get: impl FnOnce(&T) -> &V) -> &mut Self {
        self.field_as::<Revision, V>(get)
    }

    /// The next stored field, which has a time to live of its own.
    #[inline(always)]
    pub fn expiring_field<Enc, V: FieldType<Enc> + MayExpire<Enc>>(
        &mut self,
        get: impl FnOnce(&T) -> &V,
    ) -> &mut Self {
        self.field_as::<Enc, V>(get)
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
        Visitor::new(self.this.and_then(get), self.purpose.of_fields())
    }
}

impl<'v, T, Id: ModelId> Visitor<'v, T, Id> {
    /// A visitor that is only interested in the constructor.
    #[inline(always)]
    pub(crate) fn nothing() -> Self {
        Self::new(None, Purpose::Nothing)
    }

    #[inline(always)]
    pub(crate) fn new(this: Option<&'v T>, purpose: Purpose<'v>) -> Self {
        Self { this, purpose, write_part: Id::write_part, construct: None, set_id: None }
    }

    pub(crate) fn constructor(&self) -> Option<Construct<T, Id>> {
        self.construct
    }
}

/// Visits the fields of a struct that no model is around.
pub(crate) fn each_field_of<F: RedisFields>(fields: &F, visit: &mut dyn FnMut(&dyn Slot)) {
    F::visit(&mut Visitor::new(Some(fields), Purpose::Fields(visit)));
}

/// Visits the fields of a model without a record.
pub(crate) fn visit_types<M: RedisModel>(mut purpose: Purpose<'_>) {
    M::visit(&mut Visitor::new(None, purpose.of_fields()));
}

/// Makes a record of its id and the values of its fields.
#[inline(always)]
pub(crate) fn construct<M: RedisModel>(id: &M::Id, row: &mut Row<'_>) -> Result<M> {
    let mut visitor = Visitor::nothing();
    M::visit(&mut visitor);
    match visitor.construct {
        Some(construct) => construct(id.clone(), row),
        None => Err(Error::unexpected_reply()),
    }
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
    let mut visit = |part: ErasedPart<'_>| types.push(part.type_name);
    M::visit(&mut Visitor::new(None, Purpose::KeyParts(&mut visit)));
    types
}
