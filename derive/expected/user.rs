// #[redis(key = "user:{id}")]
// struct User { id: u64, name: String, email: Option<String>, visits: u64 }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    struct UserFields {
        name: __rt::Field<User, String>,
        email: __rt::Field<User, Option<String>>,
        visits: __rt::Field<User, u64>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields =
            UserFields { name: __rt::at(0), email: __rt::at(1), visits: __rt::at(2) };
        const SCHEMA: __rt::Schema = __rt::model("User", "user:{id}", &["name", "email", "visits"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.key_part(|m| &m.id).field(|m| &m.name).field(|m| &m.email).field(|m| &m.visits);
            visit.construct(|id, row| {
                __rt::Ok(Self { id, name: row.take()?, email: row.take()?, visits: row.take()? })
            });
        }
    }
    impl __rt::HashModel for User {}
};
