//! Visibility: what the user keeps private stays so, older versions included.

use redis_model::{Json, RedisFields, RedisModel};
use serde::{Deserialize, Serialize};

use super::saved;

/// The versions of structs that others see.
pub mod versions {
    use super::{Deserialize, Json, RedisModel, Serialize};

    /// A blob with a private older version.
    #[derive(Debug, Serialize, Deserialize, RedisModel)]
    #[redis(key = "private:{id}", blob = Json, version = 3, migrate(BlobV1, BlobV2))]
    pub struct Blob {
        /// The id.
        pub id: u64,
        name: String,
    }

    #[derive(Serialize, Deserialize)]
    struct BlobV1 {
        id: u64,
    }

    #[derive(Serialize, Deserialize)]
    struct BlobV2 {
        id: u64,
        n: String,
    }

    impl From<BlobV1> for BlobV2 {
        fn from(old: BlobV1) -> Self {
            Self { id: old.id, n: String::new() }
        }
    }

    impl From<BlobV2> for Blob {
        fn from(old: BlobV2) -> Self {
            Self { id: old.id, name: old.n }
        }
    }

    /// A hash with a private older version.
    #[derive(Debug, RedisModel)]
    #[redis(key = "private:{id}", version_field = "_v", version = 2, migrate(HashV1))]
    pub struct Hash {
        /// The id.
        pub id: u64,
        name: String,
    }

    #[derive(RedisModel)]
    #[redis(key = "private:{id}")]
    struct HashV1 {
        id: u64,
        n: String,
    }

    impl From<HashV1> for Hash {
        fn from(old: HashV1) -> Self {
            Self { id: old.id, name: old.n }
        }
    }

    impl Blob {
        /// Makes one.
        pub const fn new(id: u64, name: String) -> Self {
            Self { id, name }
        }
    }

    impl Hash {
        /// Makes one.
        pub const fn new(id: u64, name: String) -> Self {
            Self { id, name }
        }
    }
}

/// Private types in the fields of a public model.
pub mod fields {
    use super::{Json, RedisFields, RedisModel};

    /// A model that shows its id only.
    #[derive(Debug, RedisModel)]
    #[redis(key = "private:{id}")]
    pub struct Open {
        /// The id.
        pub id: u64,
        #[redis(flatten)]
        closed: Closed,
        #[redis(codec = Own, default = "none")]
        list: Vec<Secret>,
    }

    #[derive(Debug, RedisFields)]
    struct Closed {
        value: u8,
    }

    type Own = Json;

    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Secret;

    const fn none() -> Vec<Secret> {
        Vec::new()
    }

    impl Open {
        /// Makes one.
        #[must_use]
        pub const fn new(id: u64) -> Self {
            Self { id, closed: Closed { value: 1 }, list: none() }
        }
    }
}

#[test]
fn private_types_stay_private() {
    assert!(saved(&fields::Open::new(1)).contains("closed.value 1 list []"));
    assert!(saved(&versions::Blob::new(1, "n".into())).contains("private:1"));
    assert!(saved(&versions::Hash::new(1, "n".into())).contains("name n"));
}
