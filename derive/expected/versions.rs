// #[redis(key = "user:{id}", version_field = "_v", version = 3, migrate(UserV1, UserV2), on_mismatch = "miss")]
// struct User { id: u64, name: String }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
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
        const SCHEMA: __rt::Schema = __rt::model("User", "user:{id}", &["name"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.key_part(|m| &m.id).field(|m| &m.name);
            visit.construct(|id, row| __rt::Ok(Self { id, name: row.take()? }));
        }
    }
    impl __rt::HashModel for User {
        const VERSIONS: __rt::SchemaVersions<Self> = __rt::SchemaVersions::new("_v", 3)
            .migrate::<(UserV2, (UserV1, ()))>()
            .mismatch_is_none();
    }
};
