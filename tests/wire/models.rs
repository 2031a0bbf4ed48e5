//! The models of the operations.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis_model::{Json, RedisFields, RedisModel};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "user:{id}")]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: Option<String>,
    pub(crate) visits: i64,
    pub(crate) score: f64,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
pub(crate) struct Address {
    pub(crate) street: String,
    #[redis(alias = "postcode")]
    pub(crate) zip: Option<u32>,
}

/// A model with every attribute that adds commands or arguments to a write.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{{tenant}}}:full:{id}", ttl = "1h", on_update = "refresh")]
pub(crate) struct Full {
    pub(crate) tenant: String,
    pub(crate) id: u32,
    #[redis(alias = "mail", alias = "e_mail")]
    pub(crate) email: Option<String>,
    #[redis(codec = Json, default)]
    pub(crate) tags: Vec<String>,
    #[redis(flatten)]
    pub(crate) home: Option<Address>,
    #[redis(revision)]
    pub(crate) version: u64,
}

/// A counter: the one required field is the one that is incremented.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "page:{id}")]
pub(crate) struct Page {
    pub(crate) id: u64,
    pub(crate) views: i64,
}

/// A model with a field that expires.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "login:{user}")]
pub(crate) struct Login {
    pub(crate) user: u64,
    pub(crate) name: String,
    #[redis(ttl = "5m", alias = "pin")]
    pub(crate) code: Option<u32>,
}

/// A model whose record may have no field.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hollow")]
pub(crate) struct Hollow {
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blob:{id}", blob = Json)]
pub(crate) struct Blob {
    pub(crate) id: u64,
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "session:{token}", blob = Json, ttl = "1h")]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) user: u64,
}

/// A blob with a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "event:{id}", blob = Json, version = 2)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// A hash as it was before it had versions.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "place:{id}")]
pub(crate) struct PlaceV1 {
    pub(crate) id: u64,
    pub(crate) position: String,
}

/// The same hash with a version.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "place:{id}", version_field = "_v", version = 2, migrate(PlaceV1))]
pub(crate) struct Place {
    pub(crate) id: u64,
    pub(crate) x: u64,
    pub(crate) y: Option<u64>,
}

impl From<PlaceV1> for Place {
    fn from(old: PlaceV1) -> Self {
        Self { id: old.id, x: old.position.len() as u64, y: None }
    }
}

/// A model with the forms of other programs.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "account:{id}")]
pub(crate) struct Account {
    pub(crate) id: u64,
    #[redis(unix)]
    pub(crate) created: SystemTime,
    #[redis(unix_float, none_as = "None")]
    pub(crate) seen: Option<SystemTime>,
    #[redis(unix_ms)]
    pub(crate) closed: Option<SystemTime>,
    #[redis(bool = "True/False")]
    pub(crate) active: bool,
    #[redis(none_as = "")]
    pub(crate) note: Option<String>,
}

pub(crate) static ACCOUNT: LazyLock<Account> = LazyLock::new(|| Account {
    id: 1,
    created: UNIX_EPOCH + Duration::from_secs(1_763_680_751),
    seen: Some(UNIX_EPOCH + Duration::from_millis(1_763_680_751_250)),
    closed: None,
    active: true,
    note: None,
});
pub(crate) static CLOSED: LazyLock<Account> =
    LazyLock::new(|| Account { closed: Some(ACCOUNT.created), seen: None, ..ACCOUNT.clone() });
pub(crate) static PLACE: LazyLock<Place> = LazyLock::new(|| Place { id: 1, x: 2, y: Some(3) });
pub(crate) static EVENT: LazyLock<Event> = LazyLock::new(|| Event { id: 1, name: "start".into() });
pub(crate) static USER: LazyLock<User> =
    LazyLock::new(|| User { id: 1, name: Some("Ada".into()), visits: 1, score: 0.5 });
pub(crate) static NAMELESS: LazyLock<User> = LazyLock::new(|| User { name: None, ..USER.clone() });
pub(crate) static FULL: LazyLock<Full> = LazyLock::new(|| Full {
    tenant: "acme".into(),
    id: 7,
    email: Some("a@b.c".into()),
    tags: vec!["x".into()],
    home: Some(Address { street: "Main St".into(), zip: None }),
    version: 0,
});
pub(crate) static HOLLOW: LazyLock<Hollow> = LazyLock::new(|| Hollow { note: None });
pub(crate) static BLOB: LazyLock<Blob> = LazyLock::new(|| Blob { id: 1, text: "t".into() });
pub(crate) static LARGE: LazyLock<Blob> =
    LazyLock::new(|| Blob { id: 2, text: "large".repeat(300) });
pub(crate) static SESSION: LazyLock<Session> =
    LazyLock::new(|| Session { token: "tok".into(), user: 1 });
pub(crate) static LOGIN: LazyLock<Login> =
    LazyLock::new(|| Login { user: 1, name: "Ada".into(), code: Some(123) });
