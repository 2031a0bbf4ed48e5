//! Keys that any program may have written.

use std::fmt::Debug;
use std::net::IpAddr;

use redis_model::{IntoId, KeyPart, RedisModel};

use super::{Target, in_proportion};

#[derive(Debug, Clone, Copy, PartialEq, KeyPart, redis_model::RedisValue)]
enum Shop {
    Town,
    #[redis(rename = "far: away")]
    Far,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: String,
}

#[derive(RedisModel)]
#[redis(key = "tenant:{{{tenant}}}:member:{number}")]
struct Member {
    tenant: String,
    number: i32,
}

#[derive(RedisModel)]
#[redis(key = "file:{path:raw}:{version}")]
struct File {
    path: String,
    version: u128,
}

#[derive(RedisModel)]
#[redis(key = "{shop}:{flag}:{letter}:{from}")]
struct Mixed {
    shop: Shop,
    flag: bool,
    letter: char,
    from: IpAddr,
}

/// Asserts that a key of the model parses to an id with the same key.
fn read<M: RedisModel>(key: &str) -> bool
where
    M::Id: Debug + PartialEq + IntoId<M::Id>,
{
    match M::parse_key(key) {
        Ok(id) => {
            let written = M::key(id.clone());
            assert_eq!(M::parse_key(&written).expect("a key that was written"), id);
            true
        }
        Err(error) => {
            assert!(!error.is_connection(), "{error}");
            false
        }
    }
}

/// Asserts that any id is read back from its key.
fn write(text: &str) {
    let (text, length) = (text.to_owned(), text.len());
    let id = text.clone();
    assert_eq!(User::parse_key(&User::key(id.clone())).expect("a user"), id);
    let id = (text.clone(), -(length as i32));
    assert_eq!(Member::parse_key(&Member::key(id.clone())).expect("a member"), id);
    let id = (text.clone(), length as u128);
    assert_eq!(File::parse_key(&File::key(id.clone())).expect("a file"), id);
    // No id changes the cluster slot of the hash tag.
    let key = Member::key((text, 1));
    assert_eq!(key.matches('{').count(), 1);
}

pub(super) const KEYS: Target = Target {
    name: "keys",
    check: |bytes| {
        let text = String::from_utf8_lossy(bytes);
        write(&text);
        [read::<User>(&text), read::<Member>(&text), read::<File>(&text), read::<Mixed>(&text)]
            .contains(&true)
    },
    seeds: || {
        let key = |key: redis_model::Key| String::from(key).into_bytes();
        vec![
            key(User::key("a:b{c}%")),
            key(Member::key(("acme", -7))),
            key(File::key(("a/b:{c}", u128::MAX))),
            key(Mixed::key((Shop::Far, true, ':', IpAddr::from([127, 0, 0, 1])))),
        ]
    },
    memory: in_proportion,
};
