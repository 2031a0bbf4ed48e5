//! Keys of the server, which anyone may have named.

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

/// A key that is the model's names one id, whose key names it again.
fn read<M: RedisModel>(key: &str) -> bool
where
    M::Id: Debug + PartialEq + IntoId<M::Id>,
{
    match M::id_of(key) {
        Ok(id) => {
            let written = M::key(id.clone());
            assert_eq!(M::id_of(&written).expect("a key that was written"), id);
            true
        }
        Err(error) => {
            assert!(!error.is_connection(), "{error}");
            false
        }
    }
}

/// Whatever stands in an id, it comes back out of the key.
fn write(text: &str) {
    let (text, length) = (text.to_owned(), text.len());
    let id = text.clone();
    assert_eq!(User::id_of(&User::key(id.clone())).expect("a user"), id);
    let id = (text.clone(), -(length as i32));
    assert_eq!(Member::id_of(&Member::key(id.clone())).expect("a member"), id);
    let id = (text.clone(), length as u128);
    assert_eq!(File::id_of(&File::key(id.clone())).expect("a file"), id);
    // No id makes a key of another cluster slot than its tag's.
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
