//! Enums that are stored as their discriminants, of every integer type.

use redis_model::{KeyPart, RedisValue};

const X: u16 = 300;

#[derive(Debug, PartialEq, Eq, RedisValue)]
#[redis(repr = "int")]
#[repr(u8)]
enum Byte {
    A = b'a',
    B,
    Z = b'z',
    Max = u8::MAX,
}

#[derive(Debug, PartialEq, Eq, Clone, RedisValue, KeyPart)]
#[redis(repr = "int")]
#[repr(u16)]
enum Constant {
    X = X,
    Y,
    Sum = X + 1 + Self::FAR,
}

impl Constant {
    const FAR: u16 = 1000;
}

#[derive(Debug, PartialEq, Eq, RedisValue)]
#[redis(repr = "int")]
#[repr(u64)]
enum Large {
    Zero,
    Max = u64::MAX,
}

#[derive(Debug, PartialEq, Eq, RedisValue)]
#[redis(repr = "int")]
#[repr(i64)]
enum Signed {
    Min = i64::MIN,
    BelowZero = -1,
    Zero,
    Max = i64::MAX,
    #[redis(other)]
    Other = 1,
}

#[derive(Debug, PartialEq, Eq, RedisValue)]
#[redis(repr = "int")]
#[repr(i64)]
enum Plain {
    Low = -3,
    Next,
    #[redis(other)]
    Other(i64),
}

#[derive(Debug, PartialEq, Eq, RedisValue)]
#[redis(repr = "int")]
#[repr(C)]
#[allow(clippy::cast_lossless)]
enum Cast {
    A = 'a' as isize,
    B = true as isize,
}

fn stored<V: RedisValue + std::fmt::Debug + PartialEq>(value: &V, number: &str) {
    let mut text = Vec::new();
    value.write(&mut text).unwrap();
    assert_eq!(String::from_utf8_lossy(&text), number);
    assert_eq!(&V::read(text).unwrap(), value);
}

#[test]
fn a_discriminant_of_any_type_is_stored() {
    stored(&Byte::A, "97");
    stored(&Byte::B, "98");
    stored(&Byte::Z, "122");
    stored(&Byte::Max, "255");
    stored(&Constant::X, "300");
    stored(&Constant::Y, "301");
    stored(&Constant::Sum, "1301");
    stored(&Large::Zero, "0");
    stored(&Large::Max, "18446744073709551615");
    stored(&Signed::Min, "-9223372036854775808");
    stored(&Signed::BelowZero, "-1");
    stored(&Signed::Zero, "0");
    stored(&Signed::Max, "9223372036854775807");
    stored(&Plain::Low, "-3");
    stored(&Plain::Next, "-2");
    stored(&Plain::Other(9), "9");
    stored(&Cast::A, "97");
    stored(&Cast::B, "1");
    assert_eq!(Signed::read(b"5".to_vec()).unwrap(), Signed::Other);
}
