//! Keys: from ids, and back.

use redis_model::RedisModel;

use crate::support::everywhere;

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "keys:{{{tenant}}}:member:{name}")]
struct Member {
    tenant: u32,
    name: String,
    note: String,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "keys:file:{path:raw}")]
struct File {
    path: String,
    size: u64,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "keys:settings")]
struct Settings {
    dark: bool,
}

const HOSTILE: [&str; 9] =
    ["a:b", "{x}", "}{", "100%", "%3A", "naïve 日本", "nul\0byte", "line\nbreak", ""];

#[test]
fn hostile_ids_are_kept_apart_and_parse_back() {
    everywhere(|con| {
        let records =
            HOSTILE.map(|name| Member { tenant: 7, name: name.to_owned(), note: name.to_owned() });
        for record in &records {
            con.run(record.save()).unwrap();
        }
        for (record, name) in records.iter().zip(HOSTILE) {
            assert_eq!(con.run(Member::get((7, name))).unwrap().as_ref(), Some(record));
            let key = record.own_key();
            assert_eq!(key, Member::key((&7, name)));
            assert_eq!(Member::id_of(&key).unwrap(), (7, name.to_owned()));
            assert!(key.starts_with("keys:{7}:member:") && !key.contains('\0'), "{key}");
        }
    });
}

#[test]
fn the_hash_tag_decides_the_slot_whatever_the_id() {
    let tag = |name: &str| {
        let key = Member::key((7, name)).to_string();
        key[key.find('{').unwrap()..=key.find('}').unwrap()].to_owned()
    };
    assert!(HOSTILE.iter().all(|name| tag(name) == "{7}"));
}

#[test]
fn raw_parts_are_not_escaped() {
    assert_eq!(File::key("a/b:c{d}"), "keys:file:a/b:c{d}");
    assert_eq!(File::id_of("keys:file:a/b:c{d}").unwrap(), "a/b:c{d}");
}

#[test]
fn a_model_without_an_id_has_one_record() {
    everywhere(|con| {
        con.run(Settings { dark: true }.save()).unwrap();
        assert_eq!(con.run(Settings::get(())).unwrap(), Some(Settings { dark: true }));
        assert_eq!(Settings::key(()), "keys:settings");
    });
}

#[test]
fn another_models_key_is_refused_by_name() {
    let error = Member::id_of("keys:file:x").unwrap_err();
    assert_eq!(error.to_string(), "Member `keys:file:x`: not a key of this model");
}
