// #[redis(key = "user:{id}")]
// struct User {
// id: u64,
// #[redis(unix)]
// created: SystemTime,
// #[redis(unix_ms, none_as = "", ttl = "1h")]
// seen: Option<SystemTime>,
// #[redis(unix_float, default)]
// spent: Option<SystemTime>,
// #[redis(bool = "True/False")]
// active: bool,
// #[redis(none_as = "-1")]
// age: Option<u8>,
// #[redis(none_as = "None", display)]
// shown: Option<Colour>,
// }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    pub struct __Bool_active;
    impl __rt::BoolTexts for __Bool_active {
        const TRUE: &'static __rt::str = "True";
        const FALSE: &'static __rt::str = "False";
        const BOTH: &'static __rt::str = "True/False";
    }
    pub struct __None_seen;
    impl __rt::NoneText for __None_seen {
        const TEXT: &'static __rt::str = "";
    }
    impl __rt::NotANumber for __None_seen {}
    pub struct __None_age;
    impl __rt::NoneText for __None_age {
        const TEXT: &'static __rt::str = "-1";
    }
    pub struct __None_shown;
    impl __rt::NoneText for __None_shown {
        const TEXT: &'static __rt::str = "None";
    }
    impl __rt::NotANumber for __None_shown {}
    struct UserFields {
        created: __rt::Field<User, SystemTime, __rt::Unix<__rt::Seconds>>,
        seen: __rt::Field<
            User,
            Option<SystemTime>,
            __rt::NoneAs<__rt::Unix<__rt::Millis>, __None_seen>,
        >,
        spent: __rt::Field<
            User,
            Option<SystemTime>,
            __rt::WithDefault<__rt::Unix<__rt::FractionalSeconds>>,
        >,
        active: __rt::Field<User, bool, __rt::BoolAs<__Bool_active>>,
        age: __rt::Field<User, Option<u8>, __rt::NoneAs<__rt::Plain, __None_age>>,
        shown: __rt::Field<User, Option<Colour>, __rt::NoneAs<__rt::AsDisplay, __None_shown>>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields = UserFields {
            created: __rt::at(0),
            seen: __rt::at(1),
            spent: __rt::at(2),
            active: __rt::at(3),
            age: __rt::at(4),
            shown: __rt::at(5),
        };
        const SCHEMA: __rt::Schema = __rt::model(
            "User",
            "user:{id}",
            &["created", "seen", "spent", "active", "age", "shown"],
        )
        .field_ttls(&[(1, 3600000)]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit
                .key_part(|m| &m.id)
                .field_as::<__rt::Unix<__rt::Seconds>, _>(|m| &m.created)
                .expiring_field::<__rt::NoneAs<__rt::Unix<__rt::Millis>, __None_seen>, _>(|m| {
                    &m.seen
                })
                .field_as::<__rt::WithDefault<__rt::Unix<__rt::FractionalSeconds>>, _>(|m| &m.spent)
                .field_as::<__rt::BoolAs<__Bool_active>, _>(|m| &m.active)
                .field_as::<__rt::NoneAs<__rt::Plain, __None_age>, _>(|m| &m.age)
                .field_as::<__rt::NoneAs<__rt::AsDisplay, __None_shown>, _>(|m| &m.shown);
            visit.construct(|id, row| {
                __rt::Ok(Self {
                    id,
                    created: row.take_as::<__rt::Unix<__rt::Seconds>, _>()?,
                    seen: row
                        .take_as::<__rt::NoneAs<__rt::Unix<__rt::Millis>, __None_seen>, _>()?,
                    spent: row
                        .take_as::<__rt::WithDefault<__rt::Unix<__rt::FractionalSeconds>>, _>()?,
                    active: row.take_as::<__rt::BoolAs<__Bool_active>, _>()?,
                    age: row.take_as::<__rt::NoneAs<__rt::Plain, __None_age>, _>()?,
                    shown: row.take_as::<__rt::NoneAs<__rt::AsDisplay, __None_shown>, _>()?,
                })
            });
        }
    }
    impl __rt::HashModel for User {}
};
