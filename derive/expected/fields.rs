// struct Address { street: String, #[redis(alias = "postcode")] zip: Option<u32>, #[redis(flatten)] geo: Option<Geo> }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use __rt::HandlesAt as _;
    use ::redis_model::__private as __rt;
    struct AddressFields<__M, __P: __rt::Presence> {
        street: __rt::Field<__M, __P::Value<String>, __P::Encoding<__rt::Plain>>,
        zip: __rt::Field<__M, __P::Value<Option<u32>>, __P::Encoding<__rt::Plain>>,
        geo: <Option<Geo> as __rt::RedisFields>::Handles<__M, __P>,
        __types: __rt::PhantomData<fn() -> (Address, __M, __P)>,
    }
    impl<__M, __P: __rt::Presence> AddressFields<__M, __P> {
        pub const fn at(at: __rt::u16) -> Self {
            Self {
                street: __rt::at(at),
                zip: __rt::at(at + 1),
                geo: <<Option<Geo> as __rt::RedisFields>::Handles<__M, __P>>::at(at + 2),
                __types: __rt::PhantomData,
            }
        }
    }
    #[automatically_derived]
    impl __rt::RedisFields for Address {
        type Handles<__M, __P: __rt::Presence> = AddressFields<__M, __P>;
        const COLUMNS: __rt::Columns = __rt::Columns::new(&[
            __rt::Column::new("street"),
            __rt::Column::new("zip").aliases(&["postcode"]),
            __rt::Column::flatten("geo", <Option<Geo> as __rt::RedisFields>::COLUMNS),
        ]);
        fn visit(visit: &mut __rt::Visitor<'_, Self>) {
            visit.field(|m| &m.street).field(|m| &m.zip);
            <Option<Geo> as __rt::RedisFields>::visit_in(visit, |m| &m.geo);
            visit.construct(|(), row| {
                __rt::Ok(Self {
                    street: row.take()?,
                    zip: row.take()?,
                    geo: <Option<Geo> as __rt::RedisFields>::read(row)?,
                })
            });
        }
    }
};
