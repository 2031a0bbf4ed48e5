//! Models as data.

use std::time::Duration;

use redis_model::{Json, RedisFields, RedisModel};
use serde::{Deserialize, Serialize};

#[derive(RedisFields)]
struct Address {
    street: String,
    #[redis(alias = "postcode")]
    zip: Option<u32>,
}

#[derive(RedisModel)]
#[redis(key = "tenant:{tenant}:user:{id:raw}", ttl = "90m", name = "account")]
#[allow(dead_code)]
struct User {
    tenant: String,
    id: u64,
    #[redis(rename = "n")]
    name: String,
    #[redis(codec = Json, default)]
    tags: Vec<String>,
    #[redis(ttl = "5m")]
    code: Option<u32>,
    #[redis(flatten)]
    home: Option<Address>,
    #[redis(revision)]
    version: u64,
    #[redis(skip)]
    cached: Option<String>,
}

#[test]
fn a_hash_is_described_with_all_its_fields() {
    let described = User::describe();
    assert_eq!((described.name, described.key), ("account", User::SCHEMA.key));
    assert_eq!(described.id, [("tenant", "String".to_owned()), ("id", "u64".to_owned())]);
    assert_eq!((described.redis_type, described.codec), ("hash", None));
    assert_eq!(described.ttl, Some(Duration::from_secs(90 * 60)));

    let fields: Vec<_> =
        described.fields.iter().map(|field| (field.name, &*field.ty, field.optional)).collect();
    assert_eq!(
        fields,
        [
            ("n", "String", false),
            ("tags", "Vec<String>", true),
            ("code", "Option<u32>", true),
            ("home.street", "String", true),
            ("home.zip", "Option<u32>", true),
            ("version", "u64", true),
        ]
    );
    let [_, tags, code, _, zip, version] = &described.fields[..] else { panic!() };
    assert_eq!((tags.codec, code.codec), (Some("json"), None));
    assert_eq!(code.ttl, Some(Duration::from_secs(300)));
    assert_eq!(zip.aliases, ["home.postcode"]);
    assert!(version.revision && !zip.revision);
}

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "settings", blob = Json)]
struct Settings {
    dark: bool,
}

#[test]
fn a_blob_is_described_by_its_codec() {
    let described = Settings::describe();
    assert_eq!((described.redis_type, described.codec), ("string", Some("json")));
    assert!(described.id.is_empty() && described.fields.is_empty());
    assert_eq!(
        described.to_string(),
        "### Settings\n\n`settings`, a Redis string written by json\n"
    );
}
