// #[redis(rename_all = "snake_case")]
// enum Status { New, InTransit, #[redis(rename = "gone", alias = "lost")] Gone, #[redis(other)] Other(String) }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::RedisValue for Status {
        fn write<__W: __rt::Write>(&self, out: &mut __W) -> __rt::Result<(), __rt::ValueError> {
            match self {
                Self::New => __rt::value::name("new", out),
                Self::InTransit => __rt::value::name("in_transit", out),
                Self::Gone => __rt::value::name("gone", out),
                Self::Other(kept) => <String as __rt::RedisValue>::write(kept, out),
            }
        }
        fn read(bytes: __rt::Vec<__rt::u8>) -> __rt::Result<Self, __rt::ValueError> {
            match &bytes[..] {
                b"new" => __rt::Ok(Self::New),
                b"in_transit" => __rt::Ok(Self::InTransit),
                b"gone" | b"lost" => __rt::Ok(Self::Gone),
                _ => __rt::Ok(Self::Other(<String as __rt::RedisValue>::read(bytes)?)),
            }
        }
    }
};
