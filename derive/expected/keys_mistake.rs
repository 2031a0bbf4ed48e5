// #[redis(key = "user-{id}")] struct UserKeys { followers: Set<u64> }

::core::compile_error! { "two records could share a key, because values may contain every character but `:`, `{` and `}`: put one of these on both sides of each part, as in `key = \"user:{id}\"`; if such keys are stored already, write `{id:raw}` and give no other model keys like these" }
#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::RedisKeys for UserKeys {
        type Id = __rt::Stub;
        const GROUP: __rt::Group<Self::Id> = __rt::Group::<__rt::Stub>::stub();
        fn visit(keys: &mut __rt::GroupVisitor<'_, Self>) -> Self {
            keys.stub()
        }
    }
};
