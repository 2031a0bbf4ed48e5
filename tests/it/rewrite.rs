//! Records that are rewritten while other clients write them.

use std::collections::BTreeMap;

use redis_model::codec::{KeyRing, MsgPack, Postcard, Sealed, Signed};
use redis_model::flow::{Flow, RewriteAll, ScanPosition};
use redis_model::{ErrorKind, Json, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

use crate::support::{Con, fresh, keys, on_one_server};

keys! {
    Old: KeyRing::new(1, [1; 32]);
    New: KeyRing::new(2, [2; 32]).with_old(1, [1; 32]);
    Last: KeyRing::new(2, [2; 32]);
}

/// Runs all pages. Returns the numbers of rewritten and current records, and the failed ids.
fn all<M: RedisModel + Send>(con: &mut Con, mut flow: RewriteAll<M>) -> (u64, u64, Vec<M::Id>)
where
    M::Id: Send + Ord,
{
    let (mut rewritten, mut current, mut failed) = (0, 0, Vec::new());
    while let Some(page) = con.run_flow(&mut flow).unwrap() {
        rewritten += page.rewritten;
        current += page.current;
        failed.extend(page.failed.into_iter().map(|(id, _)| id));
    }
    assert_eq!(
        (flow.rewritten(), flow.current(), flow.failed()),
        (rewritten, current, failed.len() as u64)
    );
    failed.sort();
    (rewritten, current, failed)
}

mod blobs {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "rewrite:blob:{run}:{id}", blob = Json)]
    pub(super) struct First {
        pub(super) run: u64,
        pub(super) id: u32,
        pub(super) name: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "rewrite:blob:{run}:{id}", codecs = [Postcard, Json], version = 2, migrate(First), name = "First")]
    pub(super) struct Second {
        pub(super) run: u64,
        pub(super) id: u32,
        pub(super) first: String,
        pub(super) last: String,
    }

    impl TryFrom<First> for Second {
        type Error = ValueError;

        fn try_from(old: First) -> Result<Self, ValueError> {
            let (first, last) = old.name.split_once(' ').ok_or(ValueError::new("no last name"))?;
            Ok(Self { run: old.run, id: old.id, first: first.into(), last: last.into() })
        }
    }

    /// The model without the old codec and version.
    #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "rewrite:blob:{run}:{id}", blob = Postcard, version = 2, name = "First")]
    pub(super) struct Last {
        pub(super) run: u64,
        pub(super) id: u32,
        pub(super) first: String,
        pub(super) last: String,
    }
}

#[test]
fn blobs_of_an_older_codec_and_version_are_rewritten() {
    use blobs::{First, Last, Second};
    on_one_server(|con| {
        con.run_flow(&mut Second::delete_all()).unwrap();
        let run = fresh();
        for id in 0..250 {
            con.run(First { run, id, name: "Ada Lovelace".into() }.save()).unwrap();
        }
        for id in 250..260 {
            let (first, last) = ("Ada".into(), "King".into());
            con.run(Second { run, id, first, last }.save()).unwrap();
        }
        con.run(First { run, id: 300, name: "Prince".into() }.save()).unwrap();
        con.raw::<()>(&["SET", &format!("rewrite:blob:{run}:301"), "gibberish"]);
        con.raw::<()>(&["PEXPIRE", &format!("rewrite:blob:{run}:7"), "1000000"]);
        let untouched: Vec<u8> = con.raw(&["GET", &format!("rewrite:blob:{run}:255")]);

        let (rewritten, current, failed) = all(con, Second::rewrite_all().page_size(50));
        assert_eq!((rewritten, failed), (250, vec![(run, 300), (run, 301)]));
        // SCAN may return a record twice, the second time in its current form.
        assert!((10..60).contains(&current), "{current}");
        for id in 0..250 {
            let last = con.run(Last::get((run, id))).unwrap().unwrap();
            assert_eq!((last.first.as_str(), last.last.as_str()), ("Ada", "Lovelace"));
        }
        let left: i64 = con.raw(&["PTTL", &format!("rewrite:blob:{run}:7")]);
        assert!((1..=1_000_000).contains(&left), "{left}");
        let ttl: i64 = con.raw(&["PTTL", &format!("rewrite:blob:{run}:8")]);
        assert_eq!(ttl, -1);
        let after: Vec<u8> = con.raw(&["GET", &format!("rewrite:blob:{run}:255")]);
        assert_eq!(after, untouched);
        let kept: String = con.raw(&["GET", &format!("rewrite:blob:{run}:301")]);
        assert_eq!(kept, "gibberish");
        let (rewritten, current, failed) = all(con, Second::rewrite_all());
        assert_eq!((rewritten, failed.len()), (0, 2));
        assert!(current >= 260, "{current}");
        con.run_flow(&mut Second::delete_all()).unwrap();
    });
}

mod hashes {
    use super::*;

    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "rewrite:hash:{run}:{id}")]
    pub(super) struct First {
        pub(super) run: u64,
        pub(super) id: u32,
        pub(super) name: String,
        #[redis(codec = Sealed<Json, Old>)]
        pub(super) email: String,
        #[redis(codec = Signed<Json, Old>)]
        pub(super) token: Option<u64>,
    }

    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "rewrite:hash:{run}:{id}", version_field = "_v", version = 2, migrate(First))]
    pub(super) struct Second {
        pub(super) run: u64,
        pub(super) id: u32,
        pub(super) names: u32,
        #[redis(codec = Sealed<Json, New>, alias = "email")]
        pub(super) mail: String,
        #[redis(codec = Signed<Json, New>)]
        pub(super) token: Option<u64>,
    }

    impl From<First> for Second {
        fn from(old: First) -> Self {
            let names = old.name.split(' ').count() as u32;
            Self { run: old.run, id: old.id, names, mail: old.email, token: old.token }
        }
    }

    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "rewrite:hash:{run}:{id}")]
    pub(super) struct Last {
        pub(super) run: u64,
        pub(super) id: u32,
        pub(super) names: u32,
        #[redis(codec = Sealed<Json, super::Last>)]
        pub(super) mail: String,
        #[redis(codec = Signed<Json, super::Last>)]
        pub(super) token: Option<u64>,
    }
}

#[test]
fn hashes_of_an_older_version_key_and_name_are_rewritten() {
    use hashes::{First, Last, Second};
    on_one_server(|con| {
        con.run_flow(&mut Second::delete_all()).unwrap();
        let run = fresh();
        let email = || "ada@example.com".to_owned();
        for id in 0..30 {
            let token = (id % 2 == 0).then_some(7);
            con.run(First { run, id, name: "Ada King".into(), email: email(), token }.save())
                .unwrap();
        }
        let key = |id: u32| format!("rewrite:hash:{run}:{id}");
        con.raw::<()>(&["HSET", &key(3), "others", "kept"]);
        con.raw::<()>(&["PEXPIRE", &key(3), "1000000"]);
        // A record of the current version with an old field name and an old encryption key.
        con.raw::<()>(&["HSET", &key(4), "_v", "2", "names", "2"]);
        con.run(Second { run, id: 100, names: 2, mail: email(), token: None }.save()).unwrap();
        let untouched = con.raw::<BTreeMap<String, Vec<u8>>>(&["HGETALL", &key(100)]);

        let (rewritten, current, failed) = all(con, Second::rewrite_all());
        assert_eq!((rewritten, failed), (30, vec![]));
        assert!(current >= 1);
        for id in 0..30 {
            let last = con.run(Last::get((run, id))).unwrap().unwrap();
            let token = (id % 2 == 0).then_some(7);
            assert_eq!(last, Last { run, id, names: 2, mail: email(), token });
            let mut expected = vec!["_v", "mail", "names"];
            expected.extend(token.map(|_| "token"));
            expected.extend((id == 4).then_some("name"));
            expected.extend((id == 3).then_some("others"));
            expected.sort();
            let mut names = con.raw::<Vec<String>>(&["HKEYS", &key(id)]);
            names.sort();
            assert_eq!(names, expected, "{id}");
        }
        assert!(con.raw::<i64>(&["PTTL", &key(3)]) > 0);
        assert_eq!(con.raw::<BTreeMap<String, Vec<u8>>>(&["HGETALL", &key(100)]), untouched);
        let (rewritten, _, failed) = all(con, Second::rewrite_all());
        assert_eq!((rewritten, failed), (0, vec![]));
        con.run_flow(&mut Second::delete_all()).unwrap();
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "rewrite:resumed:{id}", codecs = [MsgPack, Json])]
struct Resumed {
    id: u64,
}

#[test]
fn a_rewrite_resumes_at_a_stored_position() {
    let mut con = Con::sync();
    let keys: Vec<u64> = (0..300).map(|_| fresh()).collect();
    for id in &keys {
        con.raw::<()>(&["SET", &format!("rewrite:resumed:{id}"), &format!("{{\"id\":{id}}}")]);
    }
    let (mut kept, mut rewritten, mut processes) = (ScanPosition::START.to_string(), 0, 0);
    loop {
        // A new flow for each page, as in another process.
        let mut flow = Resumed::rewrite_all().page_size(20).resume_from(kept.parse().unwrap());
        let Some(page) = con.run_flow(&mut flow).unwrap() else { break };
        (rewritten, processes) = (rewritten + page.rewritten, processes + 1);
        kept = flow.position().to_string();
    }
    assert_eq!(rewritten, 300);
    assert!(processes > 3, "{processes}");
    for id in &keys {
        let stored: Vec<u8> = con.raw(&["GET", &format!("rewrite:resumed:{id}")]);
        assert_eq!(stored[0], 0x81, "MessagePack");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "rewrite:busy:{id}", codecs = [MsgPack, Json], name = "Busy")]
struct Busy {
    id: u64,
    count: u64,
}

/// The older program, which increments all the time.
#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "rewrite:busy:{id}", codecs = [Json, MsgPack], name = "Busy")]
struct Before {
    id: u64,
    count: u64,
}

#[test]
fn writes_of_other_clients_are_not_lost() {
    let ids: Vec<u64> = (0..20).map(|_| fresh()).collect();
    let mut con = Con::sync();
    for id in &ids {
        con.run(Before { id: *id, count: 0 }.save()).unwrap();
    }
    std::thread::scope(|scope| {
        let counting: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut con = Con::sync();
                    for id in ids.iter().cycle().take(400) {
                        let mut count = Before::modify(*id, |it| it.count += 1).attempts(1000);
                        let outcome = con.run_flow(&mut count).unwrap();
                        assert!(outcome.is_applied(), "{outcome:?}");
                    }
                })
            })
            .collect();
        while counting.iter().any(|thread| !thread.is_finished()) {
            let mut flow = Busy::rewrite_all();
            while let Some(page) = con.run_flow(&mut flow).unwrap() {
                for (_, error) in page.failed {
                    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                }
            }
        }
    });
    for id in &ids {
        assert_eq!(con.run(Busy::get(*id)).unwrap().unwrap().count, 40);
    }
}

/// A model whose mismatches are absent for `get`, but not for `rewrite_all`.
#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "rewrite:miss:{id}", blob = Postcard, on_mismatch = "miss")]
struct Miss {
    id: u64,
}

#[test]
fn a_mismatch_is_reported_and_kept() {
    let (mut con, id) = (Con::sync(), fresh());
    con.raw::<()>(&["SET", &format!("rewrite:miss:{id}"), "{}"]);
    let mut flow = Miss::rewrite_all();
    let page = Flow::run(&mut flow, &mut crate::support::server().connection().unwrap());
    let page = page.unwrap().unwrap();
    assert_eq!(page.failed.len(), 1);
    assert_eq!(page.failed[0].1.kind(), ErrorKind::Foreign);
    assert_eq!(con.raw::<String>(&["GET", &format!("rewrite:miss:{id}")]), "{}");
}
