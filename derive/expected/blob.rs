// #[redis(key = "session:{token}", blob = Json, ttl = "1h")]
// struct Session { token: String, user: u64 }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::RedisModel for Session {
        type Id = String;
        type Fields = __rt::NoFields;
        type Storage = __rt::Blob;
        const FIELDS: __rt::NoFields = __rt::NoFields::NONE;
        const SCHEMA: __rt::Schema = __rt::model("Session", "session:{token}", &[]).ttl(3600000);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.key_part(|m| &m.token);
            visit.set_id(|m, id| {
                m.token = id;
            });
        }
    }
    impl __rt::BlobModel for Session {
        type Codec = Json;
    }
    impl __rt::HasTtl for Session {}
};
