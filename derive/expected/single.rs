// #[redis(key = "settings")] struct Settings { dark: bool }

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
        const SPEC: __rt::Spec = __rt::Spec::new("Settings", "settings", &["dark"]);
        fn visit<__V: __rt::Visit<Self>>(visit: &mut __V) {
            visit.put(|it| &it.dark);
            visit.make(|(), row| __rt::Ok(Self { dark: row.take()? }));
        }
    }
    #[automatically_derived]
    impl __rt::HashModel for Settings {}
};
