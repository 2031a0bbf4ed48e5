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
        const SCHEMA: __rt::Schema = __rt::model("Pair", "pair:{0}", &["1", "2"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.key_part(|m| &m.0).field(|m| &m.1).field(|m| &m.2);
            visit.construct(|id, row| __rt::Ok(Self(id, row.take()?, row.take()?)));
        }
    }
    impl __rt::HashModel for Pair {}
};
