//! Keys and the ids in them.

use std::collections::HashSet;

use redis_model::RedisModel;

use crate::support::{everywhere, fresh};

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
fn hostile_ids_have_different_keys_that_parse_back() {
    everywhere(|con| {
        let records =
            HOSTILE.map(|name| Member { tenant: 7, name: name.to_owned(), note: name.to_owned() });
        for record in &records {
            con.run(record.save()).unwrap();
        }
        for (record, name) in records.iter().zip(HOSTILE) {
            assert_eq!(con.run(Member::get((7, name))).unwrap().as_ref(), Some(record));
            let key = record.redis_key();
            assert_eq!(key, Member::key((&7, name)));
            assert_eq!(Member::parse_key(&key).unwrap(), (7, name.to_owned()));
            assert!(key.starts_with("keys:{7}:member:") && !key.contains('\0'), "{key}");
        }
    });
}

#[test]
fn the_hash_tag_decides_the_slot_for_every_id() {
    let tag = |name: &str| {
        let key = Member::key((7, name)).to_string();
        key[key.find('{').unwrap()..=key.find('}').unwrap()].to_owned()
    };
    assert!(HOSTILE.iter().all(|name| tag(name) == "{7}"));
}

#[test]
fn raw_parts_are_not_escaped() {
    assert_eq!(File::key("a/b:c{d}"), "keys:file:a/b:c{d}");
    assert_eq!(File::parse_key("keys:file:a/b:c{d}").unwrap(), "a/b:c{d}");
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
fn the_key_of_another_model_is_refused_with_the_models_name() {
    let error = Member::parse_key("keys:file:x").unwrap_err();
    assert_eq!(error.to_string(), "Member `keys:file:x`: not a key of this model");
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "keys:raw:{run}:{{{path:raw}}}:{shop}:{number}")]
struct Stored {
    run: u64,
    path: String,
    shop: String,
    number: u32,
    note: String,
}

/// Returns records with every combination of hostile texts.
fn stored(run: u64) -> Vec<Stored> {
    let texts = HOSTILE.into_iter().chain(["}}:x:1", "a}:b:2", ":", "}:"]);
    let texts: Vec<_> = texts.map(str::to_owned).collect();
    let pairs = texts.iter().flat_map(|path| texts.iter().map(move |shop| (path, shop)));
    pairs
        .map(|(path, shop)| {
            let (path, shop) = (path.clone(), shop.clone());
            Stored { run, path, shop, number: 7, note: "x".to_owned() }
        })
        .collect()
}

#[test]
fn scans_find_every_record_with_any_raw_part() {
    everywhere(|con| {
        let records = stored(fresh());
        let of_run = |id: &(u64, String, String, u32)| id.0 == records[0].run;
        con.run(Stored::save_many(&records)).unwrap();
        let keys: HashSet<_> = records.iter().map(|it| it.redis_key().to_string()).collect();
        assert_eq!(keys.len(), records.len());
        for record in &records {
            let id = (record.run, record.path.clone(), record.shop.clone(), record.number);
            assert_eq!(Stored::parse_key(&record.redis_key()).unwrap(), id);
        }
        let mut scan = Stored::scan_ids();
        let mut found = HashSet::new();
        while let Some(ids) = con.run_flow(&mut scan).unwrap() {
            found.extend(ids.into_iter().filter(of_run));
        }
        assert_eq!(found.len(), records.len());
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "keys:twelve:{a}:{b}:{c}:{d}:{e}:{f}:{g}:{h}:{i}:{j}:{k}:{l}")]
#[rustfmt::skip]
struct Twelve {
    a: u64, b: String, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: char,
    note: String,
}

#[test]
fn a_key_has_up_to_twelve_parts() {
    everywhere(|con| {
        let (a, b, note) = (fresh(), "x:y".to_owned(), "n".to_owned());
        let record =
            Twelve { a, b, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11, l: 'é', note };
        con.run(record.save()).unwrap();
        let id = (a, "x:y", 3, 4, 5, 6, 7, 8, 9, 10, 11, 'é');
        assert_eq!(Twelve::key(id), *format!("keys:twelve:{a}:x%3Ay:3:4:5:6:7:8:9:10:11:é"));
        assert_eq!(con.run(Twelve::get(id)).unwrap(), Some(record));
    });
}

#[derive(Debug, RedisModel)]
#[redis(key = "keys:apart:{id}")]
struct User {
    id: String,
    note: String,
}

#[derive(Debug, RedisModel)]
#[redis(key = "keys:apart:admin:{id}")]
struct Admin {
    id: String,
    note: String,
}

#[test]
fn delete_all_keeps_the_records_of_a_model_with_a_longer_prefix() {
    everywhere(|con| {
        for id in ["admin", "admin:7", "admin-7", "admin%3A7", "7"] {
            con.run(User { id: id.to_owned(), note: String::new() }.save()).unwrap();
            con.run(Admin { id: id.to_owned(), note: String::new() }.save()).unwrap();
        }
        assert_eq!(con.run_flow(&mut User::count()).unwrap(), 5);
        con.run_flow(&mut User::delete_all()).unwrap();
        assert_eq!(con.run_flow(&mut User::count()).unwrap(), 0);
        assert_eq!(con.run_flow(&mut Admin::count()).unwrap(), 5);
    });
}
