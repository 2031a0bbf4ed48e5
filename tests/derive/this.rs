//! `Self` in what the user writes means the user's struct, also where the derive writes it
//! into another item.

use std::fmt::Debug;
use std::io::Write;
use std::marker::PhantomData;

use redis_model::codec::{Codec, Location};
use redis_model::{Json, RedisFields, RedisModel, ValueError};

use super::saved;

/// A type that belongs to the struct.
trait HasTag {
    type Tag;

    const WIDTH: usize;
}

#[derive(Debug, RedisModel)]
#[redis(key = "this:{id}")]
struct This
where
    Self: Sized + HasTag,
{
    id: <Self as HasTag>::Tag,
    tag: <Self as HasTag>::Tag,
    bytes: [u8; <Self as HasTag>::WIDTH],
    #[redis(default = "Self::five")]
    count: u8,
    #[redis(skip, default = "Self::five")]
    #[allow(dead_code)]
    skipped: u8,
    #[redis(codec = Json)]
    tags: Vec<<Self as HasTag>::Tag>,
    #[redis(codec = CodecOf<Self>)]
    own: u8,
    #[redis(flatten)]
    inner: Inner,
}

impl HasTag for This {
    type Tag = u16;

    const WIDTH: usize = 2;
}

impl This {
    const fn five() -> u8 {
        5
    }
}

/// A codec that is about a model.
struct CodecOf<M>(PhantomData<M>);

impl<M> Codec<u8> for CodecOf<M> {
    const NAME: &'static str = "own";

    fn encode<W: Write>(value: &u8, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        Json::encode(value, at, out)
    }

    fn decode(bytes: &[u8], at: &Location<'_>) -> Result<u8, ValueError> {
        Json::decode(bytes, at)
    }
}

#[derive(Debug, RedisFields)]
struct Inner
where
    Self: HasTag,
{
    tag: <Self as HasTag>::Tag,
    #[redis(default = "Self::six")]
    count: u8,
    #[redis(skip, default = "Self::six")]
    #[allow(dead_code)]
    skipped: u8,
    #[redis(codec = CodecOf<Self>)]
    own: u8,
}

impl HasTag for Inner {
    type Tag = u32;

    const WIDTH: usize = 4;
}

impl Inner {
    const fn six() -> u8 {
        6
    }
}

/// In a generic struct, with a path that has parameters.
#[derive(Debug, RedisModel)]
#[redis(key = "this:generic:{id}")]
struct Generic<T, const N: usize>
where
    Self: Sized,
    T: Debug + Default + Number,
{
    id: u64,
    #[redis(default = "T::default")]
    value: T,
    #[redis(default = "size::<T>")]
    size: usize,
    #[redis(default = "Self::five")]
    five: u8,
    #[redis(default = "<T as Number>::number")]
    number: u64,
    #[redis(skip, default = "T::default")]
    #[allow(dead_code)]
    skipped: T,
    #[redis(default = "width::<N>")]
    width: usize,
}

trait Number: redis_model::RedisValue {
    fn number() -> u64;
}

impl Number for u8 {
    fn number() -> u64 {
        9
    }
}

const fn size<T>() -> usize {
    size_of::<T>()
}

const fn width<const N: usize>() -> usize {
    N
}

impl<T: Debug + Default + Number, const N: usize> Generic<T, N> {
    const fn five() -> u8 {
        5
    }
}

#[test]
fn self_is_the_users_struct() {
    let inner = Inner { tag: 7, count: Inner::six(), skipped: 0, own: 8 };
    let this = This {
        id: 1,
        tag: 2,
        bytes: *b"ab",
        count: This::five(),
        skipped: 0,
        tags: vec![3],
        own: 4,
        inner,
    };
    assert!(
        saved(&this).contains(
            "tag 2 bytes ab count 5 tags [3] own 4 inner.tag 7 inner.count 6 inner.own 8"
        )
    );
}

#[test]
fn a_default_may_have_parameters() {
    let record: Generic<u8, 3> = Generic {
        id: 1,
        value: 2,
        size: size::<u8>(),
        five: Generic::<u8, 3>::five(),
        number: u8::number(),
        skipped: 0,
        width: width::<3>(),
    };
    assert!(saved(&record).contains("value 2 size 1 five 5 number 9 width 3"));
}
