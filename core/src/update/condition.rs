//! Conditions of an update: `f.balance.at_least(60)`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::clone::clone_fields;
use crate::codec::Location;
use crate::error::ValueError;
use crate::field::{Field, FieldType, Incrementable, IntoField, default_text};
use crate::model::RedisModel;
use crate::value::Bounds;

/// A condition of an update; made by the methods of a field handle.
pub struct Condition<M> {
    pub(super) check: Check,
    model: PhantomData<fn() -> M>,
}

/// A condition without the model's type.
#[derive(Clone)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) test: Test,
    pub(super) field: FieldSemantics,
}

type Encode = Arc<dyn Fn(&Location<'_>) -> Result<Option<Vec<u8>>, ValueError>>;

/// Returns a text that the field at this location may hold.
pub(super) type Text = fn(&Location<'_>) -> Option<Vec<u8>>;

/// The meaning of a field's text for the script.
#[derive(Clone, Copy)]
pub(super) struct FieldSemantics {
    /// The value of an absent field.
    pub(super) default: Text,
    /// The stored text that is read as no value.
    pub(super) none_text: Text,
}

impl FieldSemantics {
    pub(super) fn of<Enc, V: FieldType<Enc>>() -> Self {
        Self { default: default_text::<Enc, V>, none_text: V::none_text }
    }
}

#[derive(Clone)]
pub(super) enum Test {
    Absent,
    Present,
    Compare { test: &'static str, kind: &'static str, encode: Encode },
}

impl<M: RedisModel, V: FieldType<Enc>, Enc> Field<M, V, Enc> {
    /// Requires that the field has this value. An absent field counts as its default, or as
    /// `None` without one.
    ///
    /// The server compares numbers as numbers, `bool`s by their meaning, and all other
    /// values, encoded ones too, as stored bytes. A codec that encodes a value differently
    /// each time, such as `Sealed`, cannot be compared: the update is an error. Use
    /// [`edit`](RedisModel::edit) for such a field.
    pub fn eq<T: IntoField<V, Enc> + 'static>(self, value: T) -> Condition<M> {
        self.compare("eq", V::COMPARED, value)
    }

    /// Requires that the record has the field.
    pub fn is_present(self) -> Condition<M> {
        self.condition(Test::Present)
    }

    /// Requires that the record does not have the field, so that it is read as its default,
    /// or as `None` without one.
    pub fn is_absent(self) -> Condition<M> {
        self.condition(Test::Absent)
    }

    fn compare<T: IntoField<V, Enc> + 'static>(
        self,
        test: &'static str,
        kind: &'static str,
        value: T,
    ) -> Condition<M> {
        let encode: Encode = Arc::new(move |location| value.stored_form(location));
        self.condition(Test::Compare { test, kind, encode })
    }

    fn condition(self, test: Test) -> Condition<M> {
        let field = FieldSemantics::of::<Enc, V>();
        Condition { check: Check { name: self.name(), test, field }, model: PhantomData }
    }
}

impl<M: RedisModel, V: FieldType<Enc>, Enc: Incrementable<V>> Field<M, V, Enc> {
    /// Requires this number or a larger one. An absent field without a default does not
    /// meet it.
    pub fn at_least<T: IntoField<V, Enc> + 'static>(self, least: T) -> Condition<M> {
        self.compare("ge", kind_of::<V, Enc>(), least)
    }

    /// Requires this number or a smaller one. An absent field without a default does not
    /// meet it.
    pub fn at_most<T: IntoField<V, Enc> + 'static>(self, most: T) -> Condition<M> {
        self.compare("le", kind_of::<V, Enc>(), most)
    }
}

fn kind_of<V, Enc: Incrementable<V>>() -> &'static str {
    match Enc::BOUNDS {
        Bounds::Integer { .. } => "int",
        Bounds::Float { .. } => "float",
    }
}

impl<M> fmt::Debug for Condition<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = match self.check.test {
            Test::Absent => "absent",
            Test::Present => "present",
            Test::Compare { test, .. } => test,
        };
        f.debug_struct("Condition")
            .field("field", &self.check.name)
            .field("test", &test)
            .finish_non_exhaustive()
    }
}

clone_fields! {
    impl[M] Condition<M> { check, model }
}
