// #[redis(key = "user:{id}", ttl = "1h", on_update = "refresh")]
// struct User {
// id: u64,
// /// The address, once confirmed.
// #[redis(alias = "mail", alias = "e_mail")]
// email: Option<String>,
// #[redis(ttl = "5m")]
// code: Option<u32>,
// #[redis(default = "crate::hundred")]
// quota: u32,
// #[redis(empty_as_none)]
// note: Option<String>,
// #[redis(display)]
// shown: Colour,
// #[redis(revision)]
// revision: u64,
// }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    pub struct __Default_quota;
    impl __rt::DefaultPath<u32> for __Default_quota {
        fn value() -> u32 {
            crate::hundred()
        }
    }
    struct UserFields {
        #[doc = " The address, once confirmed."]
        email: __rt::Field<User, Option<String>>,
        code: __rt::Field<User, Option<u32>>,
        quota: __rt::Field<User, u32, __rt::DefaultFrom<__rt::Plain, __Default_quota>>,
        note: __rt::Field<User, Option<String>, __rt::EmptyAsNone>,
        shown: __rt::Field<User, Colour, __rt::AsDisplay>,
        revision: __rt::Field<User, u64, __rt::Revision>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields = UserFields {
            email: __rt::at(0),
            code: __rt::at(1),
            quota: __rt::at(2),
            note: __rt::at(3),
            shown: __rt::at(4),
            revision: __rt::at(5),
        };
        const SCHEMA: __rt::Schema = __rt::model(
            "User",
            "user:{id}",
            &["email", "code", "quota", "note", "shown", "revision"],
        )
        .aliases(&[0, 0], &["mail", "e_mail"])
        .field_ttls(&[(1, 300000)])
        .revision(5)
        .ttl(3600000)
        .refresh();
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit
                .key_part(|m| &m.id)
                .field(|m| &m.email)
                .expiring_field::<__rt::Plain, _>(|m| &m.code)
                .field_as::<__rt::DefaultFrom<__rt::Plain, __Default_quota>, _>(|m| &m.quota)
                .field_as::<__rt::EmptyAsNone, _>(|m| &m.note)
                .field_as::<__rt::AsDisplay, _>(|m| &m.shown)
                .revision(|m| &m.revision);
            visit.construct(|id, row| {
                __rt::Ok(Self {
                    id,
                    email: row.take()?,
                    code: row.take()?,
                    quota: row.take_as::<__rt::DefaultFrom<__rt::Plain, __Default_quota>, _>()?,
                    note: row.take_as::<__rt::EmptyAsNone, _>()?,
                    shown: row.take_as::<__rt::AsDisplay, _>()?,
                    revision: row.take_as::<__rt::Revision, _>()?,
                })
            });
        }
    }
    impl __rt::HashModel for User {}
    impl __rt::HasTtl for User {}
};
