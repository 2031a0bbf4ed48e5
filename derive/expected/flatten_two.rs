// #[redis(key = "user:{id}")]
// struct User { id: u64, #[redis(flatten)] home: Option<Address>, #[redis(flatten)] work: Address, name: String }

const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::Declared for User {
        const COLUMNS: &'static [__rt::Column] = &[
            __rt::Column::flat::<Option<Address>>("home"),
            __rt::Column::flat::<Address>("work"),
            __rt::Column::new("name"),
        ];
    }
    struct UserFields {
        home: <Option<Address> as __rt::RedisFields>::Handles<User, __rt::Always>,
        work: <Address as __rt::RedisFields>::Handles<User, __rt::Always>,
        name: __rt::Field<User, String>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields = UserFields {
            home: <Option<Address> as __rt::HandlesAt<
                Self,
                __rt::Always,
                __rt::Plus<__rt::Start, 0>,
            >>::HANDLES,
            work: <Address as __rt::HandlesAt<
                Self,
                __rt::Always,
                __rt::Plus<__rt::Past<__rt::Plus<__rt::Start, 0>, Option<Address>>, 0>,
            >>::HANDLES,
            name: __rt::handle::<
                __rt::Plus<
                    __rt::Past<
                        __rt::Plus<__rt::Past<__rt::Plus<__rt::Start, 0>, Option<Address>>, 0>,
                        Address,
                    >,
                    0,
                >,
                _,
                _,
                _,
            >(),
        };
        const SPEC: __rt::Spec =
            __rt::Spec::new("User", "user:{id}", <Self as __rt::Flattened>::FIELDS)
                .extras(<Self as __rt::Flattened>::EXTRAS);
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit.part(|it| &it.id).flat(|it| &it.home).flat(|it| &it.work).put(|it| &it.name);
            visit.make(|id, row| {
                __rt::Ok(Self { id, home: row.flat()?, work: row.flat()?, name: row.take()? })
            });
        }
    }
    #[automatically_derived]
    impl __rt::HashModel for User {}
};
