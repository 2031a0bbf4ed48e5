// #[redis(rename_all = "snake_case")]
// enum Status { New, InTransit, #[redis(rename = "gone", alias = "lost")] Gone, #[redis(other)] Other(String) }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::KeyPart for Status {
        fn write_part(&self, out: &mut __rt::PartWriter<'_>) {
            out.value::<Self>(self)
        }
        fn read_part(text: &__rt::str) -> __rt::Result<Self, __rt::ValueError> {
            __rt::value::read_part(text)
        }
    }
};
