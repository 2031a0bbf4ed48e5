// #[redis(key = "box:{id}")]
// struct Keep<T, const N: usize> { id: T, value: Option<T>, bytes: [u8; N], #[redis(codec = Json)] list: Vec<T> }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    struct KeepFields<T, const N: usize> {
        value: __rt::Field<Keep<T, N>, Option<T>>,
        bytes: __rt::Field<Keep<T, N>, [u8; N]>,
        list: __rt::Field<Keep<T, N>, Vec<T>, __rt::Encoded<Json>>,
    }
    #[automatically_derived]
    impl<T, const N: usize> __rt::RedisModel for Keep<T, N>
    where
        Option<T>: __rt::FieldType<__rt::Plain>,
        Vec<T>: __rt::FieldType<__rt::Encoded<Json>>,
        T: __rt::KeyPart + __rt::Clone,
    {
        type Id = T;
        type Fields = KeepFields<T, N>;
        type Storage = __rt::Hash;
        const FIELDS: KeepFields<T, N> =
            KeepFields { value: __rt::at(0), bytes: __rt::at(1), list: __rt::at(2) };
        const SCHEMA: __rt::Schema = __rt::model("Keep", "box:{id}", &["value", "bytes", "list"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit
                .key_part(|m| &m.id)
                .field(|m| &m.value)
                .field(|m| &m.bytes)
                .field_as::<__rt::Encoded<Json>, _>(|m| &m.list);
            visit.construct(|id, row| {
                __rt::Ok(Self {
                    id,
                    value: row.take()?,
                    bytes: row.take()?,
                    list: row.take_as::<__rt::Encoded<Json>, _>()?,
                })
            });
        }
    }
    impl<T, const N: usize> __rt::HashModel for Keep<T, N>
    where
        Option<T>: __rt::FieldType<__rt::Plain>,
        Vec<T>: __rt::FieldType<__rt::Encoded<Json>>,
        T: __rt::KeyPart + __rt::Clone,
    {
    }
};
