// #[redis(key = "pair:{0}")] struct Pair(u64, String, Option<u8>);

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    struct PairFields {
        _1: __rt::Field<Pair, String>,
        _2: __rt::Field<Pair, Option<u8>>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for Pair {
        type Id = u64;
        type Fields = PairFields;
        type Storage = __rt::Hash;
        const FIELDS: PairFields = PairFields { _1: __rt::at(0), _2: __rt::at(1) };
        const SPEC: __rt::Spec = __rt::Spec::new("Pair", "pair:{0}", &["1", "2"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.part(|it| &it.0).put(|it| &it.1).put(|it| &it.2);
            visit.construct(|id, row| __rt::Ok(Self(id, row.take()?, row.take()?)));
        }
    }
    impl __rt::HashModel for Pair {}
};
