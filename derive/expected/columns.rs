// #[redis(key = "user:{id}", ttl = "1h", on_update = "refresh")]
// struct User {
// id: u64,
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
// #[redis(version)]
// version: u64,
// }

const _: () = {
    use ::redis_model::__private as __rt;
    #[allow(non_camel_case_types)]
    pub struct __Default_quota;
    impl __rt::Fallback<u32> for __Default_quota {
        fn value() -> u32 {
            crate::hundred()
        }
    }
    #[automatically_derived]
    impl __rt::Declared for User {
        const COLUMNS: &'static [__rt::Column] = &[
            __rt::Column::new("email").aliases(&["mail", "e_mail"]),
            __rt::Column::new("code").ttl(300000),
            __rt::Column::new("quota"),
            __rt::Column::new("note"),
            __rt::Column::new("shown"),
            __rt::Column::new("version").version(),
        ];
    }
    struct UserFields {
        email: __rt::Field<User, Option<String>>,
        code: __rt::Field<User, Option<u32>>,
        quota: __rt::Field<User, u32, __rt::OrElse<__rt::Plain, __Default_quota>>,
        note: __rt::Field<User, Option<String>, __rt::EmptyAsNone>,
        shown: __rt::Field<User, Colour, __rt::Shown>,
        version: __rt::Field<User, u64, __rt::Version>,
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
            version: __rt::at(5),
        };
        const SPEC: __rt::Spec =
            __rt::Spec::new("User", "user:{id}", <Self as __rt::Flattened>::FIELDS)
                .extras(<Self as __rt::Flattened>::EXTRAS)
                .ttl(3600000)
                .refresh();
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit
                .part(|it| &it.id)
                .put(|it| &it.email)
                .put_lapsing::<__rt::Plain, _>(|it| &it.code)
                .put_as::<__rt::OrElse<__rt::Plain, __Default_quota>, _>(|it| &it.quota)
                .put_as::<__rt::EmptyAsNone, _>(|it| &it.note)
                .put_as::<__rt::Shown, _>(|it| &it.shown)
                .put_counter(|it| &it.version);
            visit.make(|id, row| {
                __rt::Ok(Self {
                    id,
                    email: row.take()?,
                    code: row.take()?,
                    quota: row.take_as::<__rt::OrElse<__rt::Plain, __Default_quota>, _>()?,
                    note: row.take_as::<__rt::EmptyAsNone, _>()?,
                    shown: row.take_as::<__rt::Shown, _>()?,
                    version: row.take_as::<__rt::Version, _>()?,
                })
            });
        }
    }
    #[automatically_derived]
    impl __rt::HashModel for User {}
};
