// struct Sku<T>(T);

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl<T> __rt::RedisValue for Sku<T>
    where
        T: __rt::RedisValue,
    {
        const COMPARED: &'static __rt::str = <T as __rt::RedisValue>::COMPARED;
        fn size_hint(&self) -> __rt::usize {
            <T as __rt::RedisValue>::size_hint(&self.0)
        }
        fn write<__W: __rt::Write>(&self, out: &mut __W) -> __rt::Result<(), __rt::ValueError> {
            <T as __rt::RedisValue>::write(&self.0, out)
        }
        fn read(bytes: __rt::Vec<__rt::u8>) -> __rt::Result<Self, __rt::ValueError> {
            __rt::Ok(Self(<T as __rt::RedisValue>::read(bytes)?))
        }
    }
};
