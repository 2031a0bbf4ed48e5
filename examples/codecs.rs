//! The codecs side by side: one record stored by each, and its size.
//!
//! `cargo run --example codecs`
//!
//! `benches/` measures their times.

use std::error::Error;
use std::sync::{Arc, LazyLock};

use redis_model::codec::{
    Bincode, Cbor, KeyProvider, KeyRing, Lz4, MsgPack, Postcard, Sealed, Signed, Zstd,
};
use redis_model::embedded::Server;
use redis_model::{Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

/// The keys of `Sealed` and `Signed`. A program reads them from its configuration.
struct Ring;

impl KeyProvider for Ring {
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [7; 32])));
        RING.clone()
    }
}

/// Declares a model with each of the codecs, and a function that stores and reads them all.
macro_rules! articles {
    ($($name:ident: $codec:ty, $key:literal;)+) => {
        $(
            #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = $key, blob = $codec)]
            struct $name {
                id: u64,
                title: String,
                tags: Vec<String>,
                text: String,
                score: f64,
            }
        )+

        fn store_all(con: &mut redis::Connection) -> Result<(), Box<dyn Error>> {
            $(
                let article = $name {
                    id: 7,
                    title: "A cache of a server".into(),
                    tags: vec!["cache".into(), "server".into()],
                    text: "What was read before is asked for again. ".repeat(40),
                    score: 98.6,
                };
                article.save().run(con)?;
                assert_eq!($name::get(7).run(con)?, Some(article));
                let size: usize = redis::cmd("STRLEN").arg($name::key(7)).query(con)?;
                println!("{:<20}{size:>6} bytes", stringify!($codec));
            )+
            Ok(())
        }
    };
}

articles! {
    AsJson: Json, "json:{id}";
    AsMsgPack: MsgPack, "msgpack:{id}";
    AsCbor: Cbor, "cbor:{id}";
    AsPostcard: Postcard, "postcard:{id}";
    AsBincode: Bincode, "bincode:{id}";
    AsLz4: Lz4<Json>, "lz4:{id}";
    AsZstd: Zstd<Json>, "zstd:{id}";
    AsZstdMsgPack: Zstd<MsgPack>, "zstd-msgpack:{id}";
    AsSigned: Signed<Json, Ring>, "signed:{id}";
    AsSealed: Sealed<Json, Ring>, "sealed:{id}";
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::named_or_private()?;
    store_all(&mut server.connection()?)
}
