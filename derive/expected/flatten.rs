// #[redis(key = "user:{id}")]
// struct User { id: u64, name: String, #[redis(flatten)] home: Address }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use __rt::HandlesAt as _;
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::FlatColumns for User {
        const NAMES: &'static __rt::FlatNames = &__rt::FlatNames::of(&[
            __rt::Column::new("name"),
            __rt::Column::flatten("home", <Address as __rt::RedisFields>::COLUMNS),
        ]);
    }
    struct UserFields {
        name: __rt::Field<User, String>,
        home: <Address as __rt::RedisFields>::Handles<User, __rt::Required>,
        __end: (),
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields = UserFields {
            name: __rt::at(0),
            home: <<Address as __rt::RedisFields>::Handles<Self, __rt::Required>>::at(1),
            __end: (),
        };
        const SCHEMA: __rt::Schema = __rt::Schema::flattened::<Self>("User", "user:{id}");
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.key_part(|m| &m.id).field(|m| &m.name);
            <Address as __rt::RedisFields>::visit_in(visit, |m| &m.home);
            visit.construct(|id, row| {
                __rt::Ok(Self {
                    id,
                    name: row.take()?,
                    home: <Address as __rt::RedisFields>::read(row)?,
                })
            });
        }
    }
    impl __rt::HashModel for User {}
};
