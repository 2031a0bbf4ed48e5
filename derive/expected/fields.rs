// struct Address { street: String, #[redis(alias = "postcode")] zip: Option<u32>, #[redis(flatten)] geo: Option<Geo> }

const _: () = {
    use ::redis_model::__private as __rt;
    struct AddressFields<__M, __W: __rt::Wrap> {
        street: __rt::Field<__M, __W::Value<String>, __W::How<__rt::Plain>>,
        zip: __rt::Field<__M, __W::Value<Option<u32>>, __W::How<__rt::Plain>>,
        geo: <Option<Geo> as __rt::RedisFields>::Handles<__M, __W>,
    }
    #[automatically_derived]
    impl __rt::Declared for Address {
        const COLUMNS: &'static [__rt::Column] = &[
            __rt::Column::new("street"),
            __rt::Column::new("zip").aliases(&["postcode"]),
            __rt::Column::flat::<Option<Geo>>("geo"),
        ];
    }
    #[automatically_derived]
    impl __rt::RedisFields for Address {
        type Handles<__M, __W: __rt::Wrap> = AddressFields<__M, __W>;
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit.put(|it| &it.street).put(|it| &it.zip).flat(|it| &it.geo);
            visit.build(|row| {
                __rt::Ok(Self { street: row.take()?, zip: row.take()?, geo: row.flat()? })
            });
        }
    }
    #[automatically_derived]
    impl<__M, __W: __rt::Wrap, __P: __rt::Position> __rt::HandlesAt<__M, __W, __P> for Address {
        const HANDLES: AddressFields<__M, __W> = AddressFields {
            street: __rt::handle::<__rt::Plus<__P, 0>, _, _, _>(),
            zip: __rt::handle::<__rt::Plus<__P, 1>, _, _, _>(),
            geo: <Option<Geo> as __rt::HandlesAt<__M, __W, __rt::Plus<__P, 2>>>::HANDLES,
        };
    }
};
