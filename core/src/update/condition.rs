//! Conditions of an update: `f.balance.at_least(60)`.

use std::fmt;
use std::marker::PhantomData;

use crate::codec::Place;
use crate::error::ValueError;
use crate::field::{Countable, Field, StoreAs, Stored};
use crate::model::RedisModel;
use crate::value::Bounds;

/// Something that must be so for an update to be applied; made by the
/// methods of a field handle.
pub struct Condition<M> {
    pub(super) name: &'static str,
    pub(super) test: Test,
    model: PhantomData<fn() -> M>,
}

type Encode = Box<dyn FnOnce(&Place<'_>) -> Result<Option<Vec<u8>>, ValueError>>;

pub(super) enum Test {
    Absent,
    Present,
    Compare { test: &'static str, kind: &'static str, encode: Encode },
}

impl<M: RedisModel, V, As> Field<M, V, As> {
    /// The field is stored as this value; `None` for one that is absent.
    ///
    /// Numbers are compared as numbers; everything else, what codecs write
    /// included, as the bytes that it is stored as.
    pub fn eq<T: StoreAs<V, As> + 'static>(self, value: T) -> Condition<M>
    where
        V: Stored<As>,
    {
        self.compare("eq", V::COMPARED, value)
    }

    /// The record has the field.
    pub fn is_present(self) -> Condition<M> {
        Condition { name: self.name(), test: Test::Present, model: PhantomData }
    }

    /// The record does not have the field, which is to say that it is `None`.
    pub fn is_absent(self) -> Condition<M> {
        Condition { name: self.name(), test: Test::Absent, model: PhantomData }
    }

    fn compare<T: StoreAs<V, As> + 'static>(
        self,
        test: &'static str,
        kind: &'static str,
        value: T,
    ) -> Condition<M> {
        let encode: Encode = Box::new(move |place| value.encode(place));
        Condition {
            name: self.name(),
            test: Test::Compare { test, kind, encode },
            model: PhantomData,
        }
    }
}

impl<M: RedisModel, V, As: Countable<V>> Field<M, V, As> {
    /// The number is this one or a larger one. A field that the record does
    /// not have is no number.
    pub fn at_least<T: StoreAs<V, As> + 'static>(self, least: T) -> Condition<M> {
        self.compare("least", kind_of::<V, As>(), least)
    }

    /// The number is this one or a smaller one. A field that the record does
    /// not have is no number.
    pub fn at_most<T: StoreAs<V, As> + 'static>(self, most: T) -> Condition<M> {
        self.compare("most", kind_of::<V, As>(), most)
    }
}

fn kind_of<V, As: Countable<V>>() -> &'static str {
    match As::BOUNDS {
        Bounds::Integer { .. } => "int",
        Bounds::Float { .. } => "float",
    }
}

impl<M> fmt::Debug for Condition<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = match self.test {
            Test::Absent => "absent",
            Test::Present => "present",
            Test::Compare { test, .. } => test,
        };
        f.debug_struct("Condition")
            .field("field", &self.name)
            .field("test", &test)
            .finish_non_exhaustive()
    }
}
