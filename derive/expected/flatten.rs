// #[redis(key = "user:{id}")]
// struct User { id: u64, name: String, #[redis(flatten)] home: Address }

const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::Declared for User {
        const COLUMNS: &'static [__rt::Column] =
            &[__rt::Column::new("name"), __rt::Column::flat::<Address>("home")];
    }
    struct UserFields {
        name: __rt::Field<User, String>,
        home: <Address as __rt::RedisFields>::Handles<User, __rt::Always>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for User {
        type Id = u64;
        type Fields = UserFields;
        type Storage = __rt::Hash;
        const FIELDS: UserFields =
            UserFields {
                name: __rt::at(0),
                home: <Address as __rt::HandlesAt<
                    Self,
                    __rt::Always,
                    __rt::Plus<__rt::Start, 1>,
                >>::HANDLES,
            };
        const SPEC: __rt::Spec =
            __rt::Spec::new("User", "user:{id}", <Self as __rt::Flattened>::FIELDS)
                .extras(<Self as __rt::Flattened>::EXTRAS);
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit.part(|it| &it.id).put(|it| &it.name).flat(|it| &it.home);
            visit.make(|id, row| __rt::Ok(Self { id, name: row.take()?, home: row.flat()? }));
        }
    }
    #[automatically_derived]
    impl __rt::HashModel for User {}
};
