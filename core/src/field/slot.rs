//! Fields without their types, for the code that all models share.

use std::any::type_name;
use std::marker::PhantomData;

use super::FieldType;
use crate::codec::Location;
use crate::error::ValueError;
use crate::op::CommandWriter;

/// A stored field of a model: its value, or only its type where there is no record.
///
/// A vtable belongs to a type and an encoding, and all models share it.
pub(crate) trait Slot {
    /// Returns `true` if there is a value: there is a record, and the field is not in a
    /// flattened `Option` that is `None`.
    fn is_some(&self) -> bool;

    /// Returns `true` if the hash has no such field: there is no value, or it is `None`.
    fn is_absent(&self) -> bool;

    fn size_hint(&self) -> usize;

    /// Writes the value as the next argument.
    fn write(&self, at: &Location<'_>, command: &mut CommandWriter<'_>) -> Result<(), ValueError>;

    /// Returns the stored form, `None` if the field is absent.
    fn encode(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError>;

    /// Describes the field, also without a value.
    fn info(&self) -> SlotInfo;
}

impl dyn Slot + '_ {
    pub(crate) fn is_required(&self) -> bool {
        self.info().is_required
    }
}

/// A field without its value.
pub(crate) struct SlotInfo {
    /// `true` if a record without the field cannot be read.
    is_required: bool,
    pub(crate) type_name: &'static str,
    pub(crate) codec: Option<&'static str>,
    pub(crate) form: Option<&'static str>,
    pub(crate) none_as: Option<&'static str>,
    /// The largest number of a revision's type.
    pub(crate) max_revision: &'static str,
}

/// A value of type `V`, encoded as `Enc`.
pub(crate) struct SlotOf<'a, V, Enc> {
    value: Option<&'a V>,
    encoding: PhantomData<Enc>,
}

impl<'a, V, Enc> SlotOf<'a, V, Enc> {
    #[inline(always)]
    pub(crate) fn new(value: Option<&'a V>) -> Self {
        Self { value, encoding: PhantomData }
    }
}

// Explicit matches, because each method of `Option` would be a function for each type.
#[allow(clippy::redundant_pattern_matching)]
impl<Enc, V: FieldType<Enc>> Slot for SlotOf<'_, V, Enc> {
    // Inlined code is copied to all models, and a vtable never uses it inline.
    #[inline(never)]
    fn is_some(&self) -> bool {
        matches!(self.value, Some(_))
    }

    fn is_absent(&self) -> bool {
        match self.value {
            Some(value) => value.is_absent(),
            None => true,
        }
    }

    fn size_hint(&self) -> usize {
        match self.value {
            Some(value) => value.size_hint(),
            None => 0,
        }
    }

    fn write(&self, at: &Location<'_>, command: &mut CommandWriter<'_>) -> Result<(), ValueError> {
        match self.value {
            Some(value) => command.value::<Enc, V>(value, at),
            None => Ok(()),
        }
    }

    fn encode(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        match self.value {
            Some(value) => super::encode::<Enc, V>(value, at),
            None => Ok(None),
        }
    }

    fn info(&self) -> SlotInfo {
        SlotInfo {
            is_required: matches!(V::absent(), None),
            type_name: type_name::<V>(),
            codec: V::CODEC,
            form: V::FORM,
            none_as: V::NONE_AS,
            max_revision: V::MAX_REVISION,
        }
    }
}
