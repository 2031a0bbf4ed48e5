// #[redis(key = "settings")] struct Settings { dark: bool }

#[allow(warnings, deprecated, unused_parens, unused_qualifications)]
const _: () = {
    use ::redis_model::__private as __rt;
    struct SettingsFields {
        dark: __rt::Field<Settings, bool>,
    }
    #[automatically_derived]
    impl __rt::RedisModel for Settings {
        type Id = ();
        type Fields = SettingsFields;
        type Storage = __rt::Hash;
        const FIELDS: SettingsFields = SettingsFields { dark: __rt::at(0) };
        const SCHEMA: __rt::Schema = __rt::model("Settings", "settings", &["dark"]);
        fn visit(visit: &mut __rt::Visitor<'_, Self, Self::Id>) {
            visit.field(|m| &m.dark);
            visit.construct(|id, row| __rt::Ok(Self { dark: row.take()? }));
        }
    }
    impl __rt::HashModel for Settings {}
};
