// #[redis(key = "{{{tenant}}}:{id}", id = (String, u64), ttl = "1d", rename_all = "camelCase", crate = "renamed")]
// pub(crate) struct Keys<T: Clone, S> {
// #[redis(rename = "i")]
// r#in: List<T>,
// #[redis(key = "{id}:of:{tenant}", ttl = "5s")]
// out_going: Set<T>,
// other: S,
// }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use renamed::__private as __rt;
    #[automatically_derived]
    impl<T: Clone, S> __rt::RedisKeys for Keys<T, S>
    where
        S: __rt::Structure,
    {
        type Id = (String, u64);
        const GROUP: __rt::Group<Self::Id> =
            __rt::Group::<(String, u64)>::new::<2>("Keys", "{{{tenant}}}:{id}");
        fn visit(keys: &mut __rt::GroupVisitor<'_, Self>) -> Self {
            Self {
                r#in: keys.expiring::<List<T>>("{{{tenant}}}:{id}:i", 86400000, |g| &g.r#in),
                out_going: keys.expiring::<Set<T>>("{id}:of:{tenant}", 5000, |g| &g.out_going),
                other: keys.expiring::<S>("{{{tenant}}}:{id}:other", 86400000, |g| &g.other),
            }
        }
    }
};
