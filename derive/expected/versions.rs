// #[redis(key = "user:{id}", version_field = "_v", version = 3, migrate(UserV1, UserV2), on_mismatch = "miss")]
// struct User { id: u64, name: String }

const _: () = {
    use ::redis_model::__private as __rt;
    struct UserFields {
        name: __rt::Field<User, String>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields = UserFields { name: __rt::at(0) };
        const SPEC: __rt::Spec = __rt::Spec::new("User", "user:{id}", &["name"]);
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit.part(|it| &it.id).put(|it| &it.name);
            visit.make(|id, row| __rt::Ok(Self { id, name: row.take()? }));
        }
    }
    #[automatically_derived]
    impl __rt::HashModel for User {
        const HISTORY: __rt::History<Self> =
            __rt::History::new("_v", 3).past::<(UserV2, (UserV1, ()))>().miss();
    }
};
