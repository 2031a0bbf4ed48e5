//! Python pickles, read only.

mod access;
mod de;
mod error;
mod globals;
mod library;
mod machine;
mod node;
mod text;
mod view;

use std::io::Write;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::serde::limited::Limited;
use crate::codec::serde::limits::{Limits, no_trailing};
use crate::codec::serde::{SerdeFormat, serde_codec};
use crate::codec::{Codec, Format, Location};
use crate::error::ValueError;

/// Pickles of Python's `pickle.dumps`, protocols 0 to 5: plain data, instances of any
/// class, and the values of Python's standard library.
///
/// Reads only, for moving data off pickle with `codecs = [Json, Pickle]`. A pickle is a
/// program, which is interpreted here without effect: nothing is ever imported, called or
/// looked up. An instance is the map of its attributes, whatever its class.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, RedisModel, codec::Pickle};
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "person:{id}", codecs = [Json, Pickle])]
/// struct Person { #[serde(default)] id: u64, name: String, age: u8 }
///
/// // pickle.dumps(Person("John", 20)) of an ordinary Python class.
/// let stored = b"\x80\x04\x954\0\0\0\0\0\0\0\x8c\x08__main__\x94\x8c\x06Person\x94\x93\x94)\x81\x94}\
///     \x94(\x8c\x04name\x94\x8c\x04John\x94\x8c\x03age\x94K\x14ub.";
/// let person = Person::from_bytes(stored)?;
/// assert_eq!((&*person.name, person.age), ("John", 20));
/// assert_eq!(person.to_bytes()?, br#"{"id":0,"name":"John","age":20}"#);
///
/// // A pickle that would run `ls`.
/// let hostile = Person::from_bytes(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.");
/// assert!(hostile.unwrap_err().to_string().contains("a call of `posix.system`, which is never made"));
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// # What is read
///
/// | Python | is read as |
/// |---|---|
/// | `None`, `bool`, `int` of up to 128 bits, `float`, `str`, `bytes`, `bytearray` | the same; bytes also as a sequence of numbers |
/// | `list`, `tuple`, `set`, `frozenset`, `deque`, `array.array`, numpy's arrays of numbers in one dimension | a sequence |
/// | `dict`, `OrderedDict`, `defaultdict`, `Counter`, `SimpleNamespace` | a map |
/// | an instance of a class, a dataclass, a model of Django or pydantic | a map of its attributes |
/// | an instance of a class with a `__getstate__` of another value than a `dict`, such as a frozen dataclass with slots | that value, often a sequence of the fields in their order |
/// | a named tuple, a subclass of `list`, `dict`, `str`, `int`, … | a sequence, or what the class extends |
/// | `datetime`, `date`, `time` | the text of `isoformat()`, such as `2025-11-20T23:19:11+00:00`; with a zone by name `2025-11-20T23:19:11[Europe/Berlin]` |
/// | `timezone`, `ZoneInfo` | `+01:00`, `Europe/Berlin` |
/// | `timedelta` | `PT86403.5S`; a number of seconds as a float; `Duration`, chrono's `TimeDelta` |
/// | `Decimal`, `Fraction`, `UUID`, paths, IP addresses and networks | the text of `str()` |
/// | `complex` | a sequence of two floats |
/// | numpy's scalars | a number or `bool` |
///
/// An instance of a `list` or tuple class without items cannot be told from an instance
/// without attributes. It is a sequence if the type asks for one, else an empty map.
///
/// # What is refused
///
/// Calls of anything else, and classes and functions as values. The error names the class
/// or function if it is one of Python's that this library knows. An enum, or a class with
/// a `__reduce__` of its own, is such a call; [`PickleOf`] lists those to read.
///
/// A part that the type does not ask for is not judged: an instance with a lock, a cycle,
/// or a call of `os.system` in an attribute that the struct does not have is read. That is
/// safe because a skipped part has no effect: it is bytes that nothing interprets. A type
/// with `#[serde(flatten)]` asks for every part, and so does an untagged enum.
#[doc = include_str!("pickle/table.md")]
#[derive(Debug, Clone, Copy)]
pub struct Pickle;

serde_codec!(Pickle);

/// The classes and functions whose calls [`PickleOf`] reads as their arguments.
pub trait PickleCalls {
    /// The names with their modules, as in `["app.models.Color"]`.
    const CALLS: &'static [&'static str];
}

/// Pickles as [`Pickle`] reads them, and calls of the classes and functions that `L` lists.
///
/// Nothing is called, and the name stands for no code: a listed call is read as its
/// arguments. One argument is that value, several are a sequence. So an enum is its value.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, RedisModel};
/// use redis_model::codec::{PickleCalls, PickleOf};
///
/// struct MyClasses;
///
/// impl PickleCalls for MyClasses {
///     const CALLS: &'static [&'static str] = &["app.models.Color"];
/// }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// enum Color {
///     #[serde(rename = "red")]
///     Red,
/// }
///
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "car:{id}", codecs = [Json, PickleOf<MyClasses>])]
/// struct Car { id: u64, color: Color }
///
/// // pickle.dumps({"id": 7, "color": Color.RED}, 2), where RED = "red".
/// let stored = b"\x80\x02}q\0(X\x02\0\0\0idq\x01K\x07X\x05\0\0\0colorq\x02\
///     capp.models\nColor\nq\x03X\x03\0\0\0redq\x04\x85q\x05Rq\x06u.";
/// assert_eq!(Car::from_bytes(stored)?.color, Color::Red);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PickleOf<L>(PhantomData<L>);

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned, L: PickleCalls> Codec<T> for PickleOf<L> {
    const NAME: &'static str = <Pickle as SerdeFormat>::NAME;
    const FORMAT: Format = <Pickle as SerdeFormat>::FORMAT;

    fn encode<W: Write>(value: &T, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        crate::codec::serde::write::<Self, T, W>(value, out)
    }

    fn decode(bytes: &[u8], _: &Location<'_>) -> Result<T, ValueError> {
        crate::codec::serde::read::<Self, T>(bytes)
    }

    fn is_absent(value: &T) -> bool {
        crate::codec::serde::option::is_none(value)
    }

    fn absent() -> Option<T> {
        crate::codec::serde::option::missing()
    }
}

/// The list of [`Pickle`].
struct NoCalls;

impl PickleCalls for NoCalls {
    const CALLS: &'static [&'static str] = &[];
}

impl SerdeFormat for Pickle {
    const NAME: &'static str = "pickle";
    const FORMAT: Format = Format::built_in(7, true);
    const SHAPE: &'static str = error::SHAPE;

    fn write<T: Serialize, W: Write>(_: &T, _: &mut W) -> Result<(), ValueError> {
        Err(READ_ONLY)
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        read::<NoCalls, T>(bytes, limits)
    }
}

impl<L: PickleCalls> SerdeFormat for PickleOf<L> {
    const NAME: &'static str = <Pickle as SerdeFormat>::NAME;
    const FORMAT: Format = <Pickle as SerdeFormat>::FORMAT;
    const SHAPE: &'static str = error::SHAPE;

    fn write<T: Serialize, W: Write>(_: &T, _: &mut W) -> Result<(), ValueError> {
        Err(READ_ONLY)
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        read::<L, T>(bytes, limits)
    }
}

const READ_ONLY: ValueError =
    ValueError::new("pickles are only read; list another codec first: `codecs = [Json, Pickle]`");

fn read<L: PickleCalls, T: DeserializeOwned>(
    bytes: &[u8],
    limits: &Limits,
) -> Result<T, ValueError> {
    let tree = machine::run(bytes)?;
    no_trailing(bytes.len() - tree.end)?;
    let reading = de::Reading::new(&tree, L::CALLS);
    T::deserialize(Limited::new(reading.root(), limits)).map_err(error::Error::into_value_error)
}
