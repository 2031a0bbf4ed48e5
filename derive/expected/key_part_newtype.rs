// struct Sku(String);

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::KeyPart for Sku {
        fn write_part(&self, out: &mut __rt::PartWriter<'_>) {
            <String as __rt::KeyPart>::write_part(&self.0, out)
        }
        fn read_part(text: &__rt::str) -> __rt::Result<Self, __rt::ValueError> {
            __rt::Ok(Self(<String as __rt::KeyPart>::read_part(text)?))
        }
    }
};
