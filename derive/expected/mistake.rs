// #[redis(key = "user:{di}", tll = "1h")]
// struct User { id: u64, #[redis(renam = "n")] name: String }

::core::compile_error! { "unknown attribute `tll` of a model (did you mean `ttl`?)" }
::core::compile_error! { "the key names `di`, which is not a field of the struct (did you mean `id`?)" }
::core::compile_error! { "unknown attribute `renam` of a field (did you mean `rename`?)" }
#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    struct UserFields {
        id: __rt::Field<User, u64>,
        name: __rt::Field<User, String>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Stub;
        const FIELDS: UserFields = UserFields { id: __rt::at(0), name: __rt::at(1) };
        const SCHEMA: __rt::Schema = __rt::model("User", "user:{di}", &["id", "name"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            let _ = visit;
        }
    }
    impl __rt::HashModel for User {}
    impl __rt::HasTtl for User {}
};
