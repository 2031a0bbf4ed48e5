// #[redis(key = "user:{id}")]
// struct UserKeys {
// followers: Set<u64>,
// timeline: List<u64>,
// #[redis(ttl = "1h")]
// drafts: List<Draft, Json>,
// #[redis(key = "score:{id}")]
// score: Counter<u32>,
// }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    #[automatically_derived]
    impl __rt::RedisKeys for UserKeys {
        type Id = __rt::UntypedId<1>;
        const GROUP: __rt::Group<Self::Id> =
            __rt::Group::<__rt::UntypedId<1>>::new::<1>("UserKeys", "user:{id}");
        fn visit(keys: &mut __rt::GroupVisitor<'_, Self>) -> Self {
            Self {
                followers: keys.structure::<Set<u64>>("user:{id}:followers", |g| &g.followers),
                timeline: keys.structure::<List<u64>>("user:{id}:timeline", |g| &g.timeline),
                drafts: keys
                    .expiring::<List<Draft, Json>>("user:{id}:drafts", 3600000, |g| &g.drafts),
                score: keys.structure::<Counter<u32>>("score:{id}", |g| &g.score),
            }
        }
    }
};
