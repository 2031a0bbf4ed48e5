//! The store for `tower-sessions`, behind its layer and by its contract.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::routing::get;
use redis_model::patterns::TowerSessionStore;
use tower::ServiceExt;
use tower_sessions::cookie::time::{Duration as Span, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::support::{AsyncCon, Con, Target, fresh, runtime};

/// Runs a test on the server and on the cluster.
fn on_each(test: impl AsyncFn(&str, &dyn SessionStore, &mut Con)) {
    for target in Target::ALL {
        let key = format!("tower:{}", fresh());
        let con = target.async_connection();
        let mut raw = Con::sync_to(target);
        runtime().block_on(async {
            match con {
                AsyncCon::Server(con) => {
                    test(&key, &TowerSessionStore::at(&*key, con), &mut raw).await
                }
                AsyncCon::Cluster(con) => {
                    test(&key, &TowerSessionStore::at(&*key, con), &mut raw).await
                }
            }
        });
    }
}

fn record(value: u64) -> Record {
    let data = [("n".to_owned(), value.into())].into();
    // Stores keep milliseconds.
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap();
    Record { id: Id::default(), data, expiry_date: now + Span::minutes(1) }
}

#[test]
fn the_store_keeps_the_contract_of_the_trait() {
    on_each(async |key, store, con| {
        let mut one = record(1);
        store.create(&mut one).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), Some(one.clone()));
        // A new session never replaces another.
        let mut other = Record { id: one.id, ..record(2) };
        store.create(&mut other).await.unwrap();
        assert_ne!(other.id, one.id);
        assert_eq!(store.load(&one.id).await.unwrap(), Some(one.clone()));

        let changed = Record { data: record(3).data, ..one.clone() };
        store.save(&changed).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), Some(changed.clone()));
        if con.target == Target::Server {
            let keys: Vec<String> = con.raw(&["KEYS", &format!("{key}:*")]);
            assert_eq!(keys.len(), 2);
            for stored in keys {
                let left: u64 = con.raw(&["PTTL", &stored]);
                assert!((58_000..=60_000).contains(&left), "{left}");
                let text = format!("{stored} {}", con.raw::<String>(&["GET", &stored]));
                assert!(
                    !text.contains(&one.id.to_string()) && !text.contains(&one.id.0.to_string())
                );
            }
        }
        store.delete(&one.id).await.unwrap();
        store.delete(&one.id).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), None);
        // A request that was still at work.
        store.save(&changed).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), None);
        // One that has ended already.
        let past = OffsetDateTime::now_utc() - Span::minutes(1);
        store.create(&mut Record { id: one.id, expiry_date: past, ..record(4) }).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), None);
        assert!(!format!("{store:?}").contains(&other.id.to_string()));
    });
}

#[test]
fn other_contents_are_errors_without_stored_bytes() {
    on_each(async |key, store, con| {
        let mut one = record(1);
        store.create(&mut one).await.unwrap();
        if con.target == Target::Cluster {
            return;
        }
        let stored = con.raw::<Vec<String>>(&["KEYS", &format!("{key}:*")]).remove(0);
        con.raw::<()>(&["SET", &stored, "hidden"]);
        let error = store.load(&one.id).await.unwrap_err();
        assert!(!error.to_string().contains("hidden"), "{error}");
        con.raw::<()>(&["DEL", &stored]);
        con.raw::<()>(&["RPUSH", &stored, "hidden"]);
        assert!(store.save(&one).await.is_err() && store.delete(&one.id).await.is_err());
        assert_eq!(con.raw::<u64>(&["LLEN", &stored]), 1);
    });
}

async fn count(session: Session) -> String {
    let visits: u64 = session.get::<u64>("visits").await.unwrap().unwrap_or_default() + 1;
    session.insert("visits", visits).await.unwrap();
    visits.to_string()
}

async fn log_in(session: Session) -> &'static str {
    session.cycle_id().await.unwrap();
    "in"
}

async fn log_out(session: Session) -> &'static str {
    session.flush().await.unwrap();
    "out"
}

#[test]
fn an_axum_program_keeps_its_sessions() {
    let target = Target::Server.async_connection();
    let AsyncCon::Server(con) = target else { unreachable!() };
    runtime().block_on(async {
        let store = TowerSessionStore::at(format!("tower:{}", fresh()), con);
        let expiry = Expiry::OnInactivity(Span::try_from(Duration::from_secs(60)).unwrap());
        let layer = SessionManagerLayer::new(store).with_secure(false).with_expiry(expiry);
        let app = Router::new()
            .route("/", get(count))
            .route("/in", get(log_in))
            .route("/out", get(log_out))
            .layer(layer);
        let visit = async |path: &str, cookie: &str| {
            let request = Request::builder().uri(path).header(COOKIE, cookie);
            let request = request.body(Body::empty()).unwrap();
            let reply = app.clone().oneshot(request).await.unwrap();
            assert_eq!(reply.status(), 200);
            let cookie = reply
                .headers()
                .get(SET_COOKIE)
                .map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
            let body = axum::body::to_bytes(reply.into_body(), 1000).await.unwrap();
            (String::from_utf8(body.to_vec()).unwrap(), cookie)
        };
        let (body, cookie) = visit("/", "").await;
        let cookie = cookie.unwrap();
        assert_eq!(body, "1");
        assert_eq!(visit("/", &cookie).await.0, "2");
        assert_eq!(visit("/", "id=AAAAAAAAAAAAAAAAAAAAAA").await.0, "1");
        let (_, next) = visit("/in", &cookie).await;
        let next = next.unwrap();
        assert_ne!(next, cookie);
        assert_eq!(visit("/", &cookie).await.0, "1");
        assert_eq!(visit("/", &next).await.0, "3");
        visit("/out", &next).await;
        assert_eq!(visit("/", &next).await.0, "1");
    });
}
