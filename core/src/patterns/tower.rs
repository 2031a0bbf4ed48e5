//! A store for the crate `tower-sessions`.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};

use crate::codec::Json;
use crate::connection::AsyncConnection;
use crate::error::ErrorKind;
use crate::key::Key;
use crate::op::Operation;
use crate::structures::Value;

/// The end of a session in milliseconds since 1970, and its data.
type Stored = (i64, HashMap<String, serde_json::Value>);

/// A store for the crate `tower-sessions`, which gives axum programs their sessions.
///
/// **Use it** in programs that use that crate. A program that needs to end all sessions of
/// a user, or two requests that change one session at the same time, takes
/// [`Sessions`](super::Sessions): this store can compare nothing, because a record of
/// `tower-sessions` has no version. The last of two writes wins, as with all of its stores.
///
/// **It does not promise** more than its server does: a fail-over to a replica that is behind
/// brings back sessions that have just ended.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use redis_model::patterns::TowerSessionStore;
/// use tower_sessions::{Session, SessionManagerLayer};
///
/// async fn count(session: Session) -> String {
///     let visits: u64 = session.get("visits").await.unwrap_or_default().unwrap_or_default();
///     session.insert("visits", visits + 1).await.unwrap();
///     format!("visit {visits}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// let con = client.get_multiplexed_async_connection().await?;
/// let sessions = SessionManagerLayer::new(TowerSessionStore::at("session", con));
/// let app: Router = Router::new().route("/", get(count)).layer(sessions);
/// # Ok(())
/// # }
/// ```
///
/// # Storage
///
/// Each session is a string of JSON under a key such as `session:<hash>`, which expires with
/// the session. The hash is the SHA-256 of the id that the cookie has, so who reads keys
/// cannot take over a session. Ids come from `tower-sessions`: 128 random bits.
///
/// # Races
///
/// A request that is still at work when its user logs out does not bring the session back:
/// [`save`](SessionStore::save) writes only a session that exists (`SET … XX`). So this
/// store cannot be the *cache* of a `CachingSessionStore`, which saves what it has never created.
/// A new session never replaces another one (`SET … NX`). `Session::cycle_id` deletes the
/// old session at once and creates the new one at the end of the request; if the program
/// dies between the two, the user has to log in again.
///
/// # Other stores
///
/// | store | what it does |
/// |---|---|
/// | `tower-sessions-redis-store` | the same steps on the client `fred`; the key is the id itself |
/// | `tower-sessions` `MemoryStore` | one process; a save brings back a deleted session |
#[derive(Clone)]
pub struct TowerSessionStore<C> {
    key: Key,
    con: C,
}

impl<C> TowerSessionStore<C> {
    /// Creates a store whose keys begin with this one, on a connection that is cheap to clone: a
    /// multiplexed connection, a connection manager or a cluster connection.
    pub fn at(key: impl Into<Key>, con: C) -> Self {
        Self { key: key.into(), con }
    }

    fn value(&self, id: &Id) -> Value<Stored, Json> {
        let mut key = format!("{}:", self.key);
        for byte in Sha256::digest(id.0.to_le_bytes()) {
            // Writing to a string cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        Value::at(key)
    }
}

/// Returns the stored form of a record and the time that it has left.
fn stored(record: &Record) -> (Stored, Duration) {
    let left = record.expiry_date - OffsetDateTime::now_utc();
    // A session that has ended already ends at once.
    let left = Duration::try_from(left).unwrap_or_default().max(Duration::from_millis(1));
    let end = record.expiry_date.unix_timestamp_nanos() / 1_000_000;
    ((i64::try_from(end).unwrap_or(i64::MAX), record.data.clone()), left)
}

#[async_trait]
impl<C> SessionStore for TowerSessionStore<C>
where
    C: AsyncConnection + Clone + Send + Sync + 'static,
{
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let (stored, left) = stored(record);
            let create = self.value(&record.id).with_ttl(left).set_if_absent(stored);
            if create.run_on(&self.con).await.map_err(store_error)? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (stored, left) = stored(record);
        let save = self.value(&record.id).with_ttl(left).set_if_present(stored);
        save.run_on(&self.con).await.map(drop).map_err(store_error)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.value(id).get().run_on(&self.con).await.map_err(store_error)?;
        let Some((end, data)) = found else { return Ok(None) };
        let end = OffsetDateTime::from_unix_timestamp_nanos(i128::from(end) * 1_000_000);
        let expiry_date = end.map_err(|_| Error::Decode("the session ends at no date".into()))?;
        let active = expiry_date > OffsetDateTime::now_utc();
        Ok(active.then_some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.value(id).delete().run_on(&self.con).await.map(drop).map_err(store_error)
    }
}

/// Converts an error, whose text contains no stored bytes.
fn store_error(error: crate::Error) -> Error {
    match error.kind() {
        ErrorKind::Codec | ErrorKind::Foreign | ErrorKind::TrailingBytes => {
            Error::Decode(error.to_string())
        }
        ErrorKind::Limit => Error::Encode(error.to_string()),
        _ => Error::Backend(error.to_string()),
    }
}

impl<C> fmt::Debug for TowerSessionStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerSessionStore").field("key", &self.key).finish_non_exhaustive()
    }
}
