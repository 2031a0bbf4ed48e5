// #[redis(key = "session:{token}", blob = Json, ttl = "1h")]
// struct Session { token: String, user: u64 }

const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::RedisModel for Session {
        type Id = String;
        type Fields = __rt::NoFields;
        type Storage = __rt::Blob;
        const FIELDS: __rt::NoFields = __rt::NoFields::NONE;
        const SPEC: __rt::Spec = __rt::Spec::new("Session", "session:{token}", &[]).ttl(3600000);
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit.part(|it| &it.token).keyed(|it, token| {
                it.token = token;
            });
        }
    }
    #[automatically_derived]
    impl __rt::BlobModel for Session {
        type Codec = Json;
        type Older = ();
        type Predecessors = ();
    }
};
