//! Conditions of a write: `f.balance.at_least(60)`.

use std::fmt;
use std::marker::PhantomData;

use crate::codec::Location;
use crate::error::ValueError;
use crate::field::{Field, FieldType, Incrementable, IntoField, default_text};
use crate::model::RedisModel;
use crate::value::Bounds;

/// A condition of a write; made by the methods of a field handle, and of several conditions
/// by [`any`](Self::any) and [`all`](Self::all).
///
/// The server checks conditions in the same step as the write. They are about the fields as
/// a reader finds them: an absent field counts as its default, or as `None` without one, and
/// a value stored under an `alias` is the field's.
///
/// | condition | field without a value and default |
/// |---|---|
/// | `eq`, `one_of`, `lt`, `at_most`, `gt`, `at_least` with a value | does not hold |
/// | `ne` with a value | holds |
/// | `eq(None)`, `one_of` with a `None`, `is_absent` | holds |
/// | `ne(None)`, `is_present` | does not hold |
///
/// Numbers are compared as numbers, `bool`s by their meaning, and all other values, encoded
/// ones too, as stored bytes. A stored text that is not a value of the field's type, such as
/// `abc` or `nan` in a field of numbers, meets no comparison, not even `ne`.
///
/// ```
/// # use redis_model::{Condition, Operation, RedisModel, embedded};
/// #[derive(RedisModel)]
/// #[redis(key = "order:{id}")]
/// struct Order { id: u64, state: String, total: u64, held_by: Option<String> }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let order = Order { id: 7, state: "paid".into(), total: 30, held_by: Some("Ada".into()) };
/// order.save().run(&mut con)?;
///
/// let f = Order::FIELDS;
/// let is_closed = f.state.one_of(["cancelled", "refunded"]);
/// let is_small = Condition::all([f.state.eq("paid"), f.total.lt(50), f.held_by.ne("Bob")]);
/// let deleted = Order::delete(7).only_if(Condition::any([is_closed, is_small])).run(&mut con)?;
/// assert!(deleted.is_applied());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Condition<M> {
    pub(super) check: Check,
    model: PhantomData<fn() -> M>,
}

/// A condition without the model's type.
pub(super) enum Check {
    Field {
        name: &'static str,
        test: Test,
        field: FieldSemantics,
    },
    /// `any` or `all` of these.
    Group {
        test: &'static str,
        checks: Vec<Check>,
    },
}

type Encode = Box<dyn Fn(&Location<'_>) -> Result<Option<Vec<u8>>, ValueError>>;

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

pub(super) enum Test {
    Absent,
    Present,
    Compare { test: &'static str, kind: &'static str, encode: Encode },
    OneOf { kind: &'static str, encode: Vec<Encode> },
}

impl<M> Condition<M> {
    /// Requires one of these conditions at least. Without any it never holds.
    ///
    /// A conflict names the fields of all of them.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::group("any", conditions.into_iter().map(|condition| condition.check).collect())
    }

    /// Requires all of these conditions. Without any it always holds.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::group("all", conditions.into_iter().map(|condition| condition.check).collect())
    }

    fn group(test: &'static str, checks: Vec<Check>) -> Self {
        Self { check: Check::Group { test, checks }, model: PhantomData }
    }
}

impl<M: RedisModel, V: FieldType<Enc>, Enc> Field<M, V, Enc> {
    /// Requires that the field has this value. An absent field counts as its default, or as
    /// `None` without one.
    ///
    /// The server compares numbers as numbers, `bool`s by their meaning, and all other
    /// values, encoded ones too, as stored bytes. A codec that encodes a value differently
    /// each time, such as `Sealed`, cannot be compared: the write is an error. Use
    /// [`edit`](RedisModel::edit) for such a field.
    pub fn eq<T: IntoField<V, Enc> + 'static>(self, value: T) -> Condition<M> {
        self.compare("eq", V::COMPARED, value)
    }

    /// Requires that the field has another value, or none: `None` is not this value. A stored
    /// text that is not a value of the field's type does not meet it.
    pub fn ne<T: IntoField<V, Enc> + 'static>(self, value: T) -> Condition<M> {
        self.compare("ne", V::COMPARED, value)
    }

    /// Requires that the field has one of these values, compared as [`eq`](Self::eq) does.
    /// Without values it never holds.
    pub fn one_of<T: IntoField<V, Enc> + 'static>(
        self,
        values: impl IntoIterator<Item = T>,
    ) -> Condition<M> {
        let encode = values.into_iter().map(encode::<V, Enc, T>).collect();
        self.condition(Test::OneOf { kind: V::COMPARED, encode })
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
        self.condition(Test::Compare { test, kind, encode: encode(value) })
    }

    fn condition(self, test: Test) -> Condition<M> {
        let (name, field) = (self.name(), FieldSemantics::of::<Enc, V>());
        Condition { check: Check::Field { name, test, field }, model: PhantomData }
    }
}

fn encode<V, Enc, T: IntoField<V, Enc> + 'static>(value: T) -> Encode {
    Box::new(move |location| value.stored_form(location))
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

    /// Requires a larger number than this one. An absent field without a default does not
    /// meet it.
    pub fn gt<T: IntoField<V, Enc> + 'static>(self, least: T) -> Condition<M> {
        self.compare("gt", kind_of::<V, Enc>(), least)
    }

    /// Requires a smaller number than this one. An absent field without a default does not
    /// meet it.
    pub fn lt<T: IntoField<V, Enc> + 'static>(self, most: T) -> Condition<M> {
        self.compare("lt", kind_of::<V, Enc>(), most)
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
        self.check.fmt(f)
    }
}

/// Writes fields and tests, never values.
impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, test) = match self {
            Self::Group { test, checks } => {
                f.write_str(test)?;
                return f.debug_list().entries(checks).finish();
            }
            Self::Field { name, test, .. } => (name, test),
        };
        let test = match test {
            Test::Absent => "absent",
            Test::Present => "present",
            Test::Compare { test, .. } => test,
            Test::OneOf { .. } => "one_of",
        };
        let mut debug = f.debug_struct("Condition");
        debug.field("field", name).field("test", &test).finish_non_exhaustive()
    }
}
