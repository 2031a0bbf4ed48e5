// #[redis(key = "user:{id}")]
// struct User { id: u64, #[redis(flatten)] home: Option<Address>, #[redis(flatten)] work: Address, name: String }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use __rt::HandlesAt as _;
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::FlatColumns for User {
        const NAMES: &'static __rt::FlatNames = &__rt::FlatNames::of(&[
            __rt::Column::flatten("home", <Option<Address> as __rt::RedisFields>::COLUMNS),
            __rt::Column::flatten("work", <Address as __rt::RedisFields>::COLUMNS),
            __rt::Column::new("name"),
        ]);
    }
    struct UserFields {
        home: <Option<Address> as __rt::RedisFields>::Handles<User, __rt::Required>,
        work: <Address as __rt::RedisFields>::Handles<User, __rt::Required>,
        name: __rt::Field<User, String>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields = UserFields {
            home: <<Option<Address> as __rt::RedisFields>::Handles<Self, __rt::Required>>::at(0),
            work: <<Address as __rt::RedisFields>::Handles<Self, __rt::Required>>::at(
                <Option<Address> as __rt::RedisFields>::COLUMNS.width(),
            ),
            name: __rt::at(
                <Option<Address> as __rt::RedisFields>::COLUMNS.width()
                    + <Address as __rt::RedisFields>::COLUMNS.width(),
            ),
        };
        const SCHEMA: __rt::Schema = __rt::Schema::flattened::<Self>("User", "user:{id}");
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.key_part(|m| &m.id);
            <Option<Address> as __rt::RedisFields>::visit_in(visit, |m| &m.home);
            <Address as __rt::RedisFields>::visit_in(visit, |m| &m.work);
            visit.field(|m| &m.name);
            visit.construct(|id, row| {
                __rt::Ok(Self {
                    id,
                    home: <Option<Address> as __rt::RedisFields>::read(row)?,
                    work: <Address as __rt::RedisFields>::read(row)?,
                    name: row.take()?,
                })
            });
        }
    }
    impl __rt::HashModel for User {}
};
