// #[redis(key = "tenant:{tenant}:{{member}}:{number}", ttl = "90m", rename_all = "camelCase", crate = "renamed")]
// pub(crate) struct Member {
// number: u32,
// tenant: String,
// pub full_name: String,
// #[redis(rename = "e")]
// r#enum: Option<i8>,
// #[redis(codec = Json)]
// tags: Vec<String>,
// #[redis(default)]
// visits: u64,
// #[redis(default, codec = Json)]
// friends: Vec<u64>,
// #[redis(skip)]
// seen: bool,
// }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use renamed::__private as __rt;
    pub(crate) struct MemberFields {
        pub full_name: __rt::Field<Member, String>,
        r#enum: __rt::Field<Member, Option<i8>>,
        tags: __rt::Field<Member, Vec<String>, __rt::Encoded<Json>>,
        visits: __rt::Field<Member, u64, __rt::WithDefault<__rt::Plain>>,
        friends: __rt::Field<Member, Vec<u64>, __rt::WithDefault<__rt::Encoded<Json>>>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for Member {
        type Id = (<String as __rt::KeyPartType>::Part, <u32 as __rt::KeyPartType>::Part);
        type Fields = MemberFields;
        type Storage = __rt::Hash;
        const FIELDS: MemberFields = MemberFields {
            full_name: __rt::at(0),
            r#enum: __rt::at(1),
            tags: __rt::at(2),
            visits: __rt::at(3),
            friends: __rt::at(4),
        };
        const SCHEMA: __rt::Schema = __rt::model(
            "Member",
            "tenant:{tenant}:{{member}}:{number}",
            &["fullName", "e", "tags", "visits", "friends"],
        )
        .ttl(5400000);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit
                .key_part(|m| &m.tenant)
                .key_part(|m| &m.number)
                .field(|m| &m.full_name)
                .field(|m| &m.r#enum)
                .field_as::<__rt::Encoded<Json>, _>(|m| &m.tags)
                .field_as::<__rt::WithDefault<__rt::Plain>, _>(|m| &m.visits)
                .field_as::<__rt::WithDefault<__rt::Encoded<Json>>, _>(|m| &m.friends);
            visit.construct(|id, row| {
                __rt::Ok(Self {
                    number: id.1,
                    tenant: id.0,
                    full_name: row.take()?,
                    r#enum: row.take()?,
                    tags: row.take_as::<__rt::Encoded<Json>, _>()?,
                    visits: row.take_as::<__rt::WithDefault<__rt::Plain>, _>()?,
                    friends: row.take_as::<__rt::WithDefault<__rt::Encoded<Json>>, _>()?,
                    seen: __rt::Default::default(),
                })
            });
        }
    }
    impl __rt::HashModel for Member {}
    impl __rt::HasTtl for Member {}
};
