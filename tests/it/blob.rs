//! Blob models: one value, written by a codec.

use proptest::prelude::*;
use redis_model::codec::{Bincode, BincodeLegacy};
use redis_model::{ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh, on_sync_connections};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blob:json:{id}", blob = Json)]
struct Session {
    id: u64,
    token: String,
    roles: Vec<String>,
    score: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blob:bincode:{id}", blob = Bincode)]
struct Compact {
    id: u64,
    data: Vec<u8>,
    nested: Option<(i32, String)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blob:legacy:{id}", blob = BincodeLegacy, envelope = "none")]
struct Legacy {
    id: u64,
    text: String,
}

fn session(id: u64) -> Session {
    Session { id, token: "t".into(), roles: vec!["a".into()], score: Some(0.1) }
}

/// A record too large for `SET … GET`.
fn large(id: u64) -> Session {
    Session { roles: vec!["x".repeat(5000)], ..session(id) }
}

#[test]
fn a_blob_is_saved_created_read_and_taken() {
    everywhere(|con| {
        for record in [session(fresh()), large(fresh())] {
            let id = record.id;
            assert_eq!(con.run(Session::get(id)).unwrap(), None);
            con.run(record.save()).unwrap();
            con.run(record.save()).unwrap();
            assert!(!con.run(record.create()).unwrap());
            assert_eq!(con.run(Session::get(id)).unwrap().as_ref(), Some(&record));
            assert_eq!(con.run_flow(&mut Session::take(id)).unwrap().as_ref(), Some(&record));
            assert!(!con.run(Session::exists(id)).unwrap());
            assert!(con.run(record.create()).unwrap());
            assert!(con.run(Session::delete(id)).unwrap());
        }
    });
}

#[test]
fn json_is_plain_and_json_of_other_programs_is_read() {
    everywhere(|con| {
        let record = session(fresh());
        let key = record.redis_key();
        con.run(record.save()).unwrap();
        let text = format!(r#"{{"id":{},"token":"t","roles":["a"],"score":0.1}}"#, record.id);
        assert_eq!(con.raw::<String>(&["GET", &key]), text);
        con.raw::<()>(&["SET", &key, &text.replace(',', " , ")]);
        assert_eq!(con.run(Session::get(record.id)).unwrap(), Some(record));
    });
}

#[test]
fn a_key_that_holds_another_type_is_left_alone() {
    everywhere(|con| {
        for record in [session(fresh()), large(fresh())] {
            let (id, key) = (record.id, record.redis_key());
            let hour = std::time::Duration::from_secs(3600);
            con.raw::<()>(&["HSET", &key, "somebody's", "data"]);
            con.raw::<()>(&["PEXPIRE", &key, "3600000"]);
            let errors = [
                con.run(record.save()).unwrap_err(),
                con.run(record.save().ttl(hour / 2)).unwrap_err(),
                con.run(Session::get(id)).unwrap_err(),
                con.run(Session::get(id).refresh_for(hour / 2)).unwrap_err(),
                con.run_flow(&mut Session::take(id)).unwrap_err(),
                con.run(Session::delete(id)).unwrap_err(),
                con.run(Session::expire(id, hour / 2)).unwrap_err(),
                con.run(Session::persist(id)).unwrap_err(),
            ];
            for error in errors {
                assert!(error.is_wrong_type() && !error.is_connection(), "{error}");
                assert_eq!((error.model(), error.key()), (Some("Session"), Some(&*key)));
            }
            assert!(!con.run(record.create()).unwrap());
            assert_eq!(con.raw::<String>(&["HGET", &key, "somebody's"]), "data");
            assert!(con.raw::<u64>(&["PTTL", &key]) > 3_000_000);
        }
    });
}

#[test]
fn bytes_that_are_not_a_record_are_one_clear_error() {
    everywhere(|con| {
        let id = fresh();
        for text in ["", "{", "nonsense", "[1]", r#"{"id":"x"}"#, "{}{}"] {
            con.raw::<()>(&["SET", &Session::key(id), text]);
            let error = con.run(Session::get(id)).unwrap_err();
            // An empty value is foreign; the others are invalid JSON.
            let expected = if text.is_empty() { ErrorKind::Foreign } else { ErrorKind::Codec };
            assert_eq!((error.kind(), error.codec()), (expected, Some("json")), "{text}");
            assert!(!error.is_connection());
        }
    });
}

#[test]
fn bincode_refuses_false_lengths_and_trailing_bytes() {
    let record = Compact { id: 1, data: vec![1, 2, 3], nested: Some((-5, "x".into())) };
    let bytes = record.to_bytes().unwrap();
    assert_eq!(Compact::from_bytes(&bytes).unwrap(), record);
    for length in 0..bytes.len() {
        assert!(Compact::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    assert!(Compact::from_bytes(&[&*bytes, &[0]].concat()).is_err());
    // A string that claims 2^60 bytes: an error, not an allocation.
    let forged = [&[1, 253][..], &(1_u64 << 60).to_le_bytes()].concat();
    assert!(Compact::from_bytes(&forged).is_err());
}

#[test]
fn legacy_bincode_is_the_format_of_bincode_1() {
    let record = Legacy { id: 7, text: "hi".into() };
    let bytes = record.to_bytes().unwrap();
    assert_eq!(bytes, [7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, b'h', b'i']);
    assert_eq!(Legacy::from_bytes(&bytes).unwrap(), record);
}

#[test]
fn bytes_are_the_same_with_and_without_redis() {
    on_sync_connections(|con| {
        let record = Compact { id: fresh(), data: vec![0, 255, 10], nested: None };
        con.run(record.save()).unwrap();
        let stored: Vec<u8> = con.raw(&["GET", &record.redis_key()]);
        assert_eq!(stored, record.to_bytes().unwrap());
    });
}

proptest! {
    #[test]
    fn every_record_is_read_back_equal(token in any::<String>(), roles in any::<Vec<String>>(), score in proptest::option::of(-1e300..1e300), data in any::<Vec<u8>>()) {
        let json = Session { id: 1, token, roles, score };
        prop_assert_eq!(Session::from_bytes(&json.to_bytes().unwrap()).unwrap(), json);
        let bincode = Compact { id: 1, data, nested: None };
        prop_assert_eq!(Compact::from_bytes(&bincode.to_bytes().unwrap()).unwrap(), bincode);
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in any::<Vec<u8>>()) {
        let _ = Session::from_bytes(&bytes);
        let _ = Compact::from_bytes(&bytes);
        let _ = Legacy::from_bytes(&bytes);
    }
}

/// A value that was copied to another key gets the id of that key.
#[test]
fn a_blob_has_the_id_of_its_key() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "blob:copied:{tenant}:{id}", blob = Json)]
    struct Copied {
        id: u64,
        tenant: String,
        name: String,
    }

    everywhere(|con| {
        let id = fresh();
        let record = Copied { id, tenant: "a".into(), name: "n".into() };
        con.run(record.save()).unwrap();
        con.copy(&record.redis_key(), &Copied::key(("b", id)));
        let copy = con.run(Copied::get(("b", id))).unwrap().unwrap();
        assert_eq!(copy, Copied { tenant: "b".into(), ..record.clone() });
        let mut draft = con.run(Copied::edit(("b", id))).unwrap().unwrap();
        assert!(draft.commit().is_empty());
        draft.name = "other".into();
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(con.run(Copied::get(("a", id))).unwrap(), Some(record));
        assert_eq!(con.run(Copied::get(("b", id))).unwrap().unwrap().name, "other");
    });
}
