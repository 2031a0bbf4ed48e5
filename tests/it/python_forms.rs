//! redis-py and this library write the same fields: each reads what the other wrote, and
//! neither changes what it did not mean to.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis_model::{Operation, RedisModel, embedded::Server};

use crate::python::python;

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "forms:{id}")]
struct Shared {
    id: String,
    created: SystemTime,
    #[redis(unix)]
    seen: SystemTime,
    #[redis(unix_ms)]
    seen_ms: SystemTime,
    #[redis(unix_float)]
    logged: SystemTime,
    #[redis(bool = "True/False")]
    active: bool,
    #[redis(bool = "True/False")]
    admin: bool,
    #[redis(none_as = "")]
    note: Option<String>,
    #[redis(none_as = "None")]
    parent: Option<u64>,
    visits: u32,
}

fn expected(id: &str) -> Shared {
    let at = |micros| UNIX_EPOCH + Duration::from_micros(micros);
    Shared {
        id: id.into(),
        created: at(1_763_680_751_123_456),
        seen: at(1_763_680_751_000_000),
        seen_ms: at(1_763_680_751_123_000),
        logged: at(1_763_680_751_123_456),
        active: true,
        admin: false,
        note: None,
        parent: None,
        visits: 41,
    }
}

#[test]
#[ignore = "needs python3 with redis: `.ci/run` has it and runs this"]
fn redis_py_and_models_share_fields() {
    let server = Server::start().unwrap();
    let con = &mut server.connection().unwrap();
    let url = server.url().replace("redis+unix://", "unix://");
    let f = Shared::FIELDS;

    // Redis-py writes, and the model changes one field.
    python(&["redis_py_writes_forms", &url]);
    assert_eq!(Shared::get("theirs").run(con).unwrap(), Some(expected("theirs")));
    let mut draft = Shared::edit("theirs").run(con).unwrap().unwrap();
    draft.visits += 1;
    assert!(draft.commit().run(con).unwrap().is_applied());
    let update = Shared::update("theirs").incr(f.visits, 1).only_if(f.parent.is_absent());
    assert!(update.run(con).unwrap().is_applied());
    let theirs = "2025-11-20T23:19:11.123456+00:00";
    python(&["redis_py_checks_forms", &url, "forms:theirs", theirs, "43"]);

    // The model writes the whole record.
    expected("ours").save().run(con).unwrap();
    let ours = "2025-11-20T23:19:11.123456Z";
    python(&["redis_py_checks_forms", &url, "forms:ours", ours, "41"]);

    // Redis-py has changed some fields.
    for (id, visits) in [("theirs", 43), ("ours", 41)] {
        let changed = Shared {
            seen: expected(id).seen + Duration::from_secs(60),
            logged: expected(id).logged + Duration::from_millis(500),
            admin: true,
            note: Some("from python".into()),
            visits,
            ..expected(id)
        };
        assert_eq!(Shared::get(id).run(con).unwrap(), Some(changed));
    }
    let update = Shared::update("theirs")
        .remove(f.note)
        .set(f.admin, false)
        .incr(f.seen, -60)
        .incr(f.logged, -0.5)
        .set(f.parent, 7);
    assert!(update.run(con).unwrap().is_applied());
    python(&["redis_py_checks_forms", &url, "forms:theirs", theirs, "43", "parent", "7"]);
}
