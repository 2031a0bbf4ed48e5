// #[redis(repr = "int")] enum Level { Low, Middle = 5, High, #[redis(other)] Other(i64) }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::RedisValue for Level {
        fn write<__W: __rt::Write>(&self, out: &mut __W) -> __rt::Result<(), __rt::ValueError> {
            match self {
                Self::Low => __rt::value::number(0, out),
                Self::Middle => __rt::value::number((5) as __rt::i128 + 0, out),
                Self::High => __rt::value::number((5) as __rt::i128 + 1, out),
                Self::Other(kept) => <i64 as __rt::RedisValue>::write(kept, out),
            }
        }
        fn read(bytes: __rt::Vec<__rt::u8>) -> __rt::Result<Self, __rt::ValueError> {
            match __rt::value::read_number(&bytes) {
                __rt::Ok(number) if number == 0 => __rt::Ok(Self::Low),
                __rt::Ok(number) if number == (5) as __rt::i128 + 0 => __rt::Ok(Self::Middle),
                __rt::Ok(number) if number == (5) as __rt::i128 + 1 => __rt::Ok(Self::High),
                _ => __rt::Ok(Self::Other(<i64 as __rt::RedisValue>::read(bytes)?)),
            }
        }
    }
};
