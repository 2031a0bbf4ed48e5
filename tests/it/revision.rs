//! A field that counts the writes of its record: optimistic locking.

use redis_model::{ErrorKind, Outcome, RedisModel};

use crate::support::{fresh, on_one_server, pairs};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "revision:{id}")]
struct Page {
    id: u64,
    text: String,
    #[redis(revision)]
    revision: u64,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "revision:small:{id}")]
struct Small {
    id: u64,
    text: Option<String>,
    #[redis(revision)]
    revision: u32,
}

fn page(id: u64, revision: u64) -> Page {
    Page { id, text: "a".into(), revision }
}

#[test]
fn counts_of_a_u64_are_exact_up_to_its_largest() {
    on_one_server(|con| {
        for count in [1 << 32, (1 << 53) + 1, i64::MAX as u64, u64::MAX - 3] {
            let id = fresh();
            assert!(con.run(page(id, count).create()).unwrap());
            con.run(page(id, count + 1).save()).unwrap();
            let f = Page::FIELDS;
            let update = Page::update(id).set(f.text, "b").returning(f.revision);
            assert_eq!(con.run(update).unwrap(), Outcome::Applied(count + 3));
            let expected = Page { id, text: "b".into(), revision: count + 3 };
            assert_eq!(con.run(Page::get(id)).unwrap(), Some(expected));
        }
    });
}

#[test]
fn a_write_beyond_the_largest_count_is_refused() {
    on_one_server(|con| {
        let id = fresh();
        assert!(con.run(page(id, u64::MAX - 1).create()).unwrap());
        let before = con.hash(&Page::key(id));
        let last = page(id, u64::MAX);
        let mut draft = con.run(Page::edit(id)).unwrap().unwrap();
        draft.text = "b".into();
        for error in [
            con.run(last.save()).unwrap_err(),
            con.run(last.create()).unwrap_err(),
            con.run(last.save().returning(Page::FIELDS.revision)).unwrap_err(),
            con.run(Page::update(id).set(Page::FIELDS.text, "b")).unwrap_err(),
            con.run(draft.commit()).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.field()), (ErrorKind::OutOfRange, Some("revision")));
        }
        assert_eq!(con.hash(&Page::key(id)), before);

        let id = fresh();
        let small = Small { id, text: None, revision: u32::MAX - 1 };
        assert!(con.run(small.create()).unwrap());
        let update = Small::update(id).set(Small::FIELDS.text, "b");
        assert!(con.run(update).unwrap_err().is_out_of_range());
    });
}

#[test]
fn a_create_writes_the_count_of_the_value_plus_one() {
    on_one_server(|con| {
        let id = fresh();
        assert!(con.run(page(id, 7).create()).unwrap());
        assert_eq!(con.run(Page::get(id)).unwrap(), Some(page(id, 8)));
        assert!(!con.run(page(id, 7).create()).unwrap());
        assert!(!con.run(page(id, 8).create()).unwrap());

        // A value that was read before the deletion stays stale.
        let stale = page(id, 8);
        con.run(Page::delete(id)).unwrap();
        assert!(con.run(stale.create()).unwrap());
        assert!(con.run(stale.save()).unwrap_err().is_conflict());
    });
}

#[test]
fn counts_are_compared_as_numbers() {
    on_one_server(|con| {
        for stored in ["7", "007", "+7", "+0007"] {
            let id = fresh();
            con.raw::<()>(&["HSET", &Page::key(id), "text", "b", "revision", stored]);
            let read = con.run(Page::get(id)).unwrap().unwrap();
            assert_eq!(read.revision, 7);
            con.run(read.save()).unwrap();
            assert_eq!(con.hash(&Page::key(id)), pairs([("text", "b"), ("revision", "8")]));
        }
        for stored in ["70", "-7", "7 ", "7.0", "", "x", "٧"] {
            let id = fresh();
            con.raw::<()>(&["HSET", &Page::key(id), "text", "b", "revision", stored]);
            // A text that is not a count is not a later write.
            let error = con.run(page(id, 7).save()).unwrap_err();
            assert_eq!(error.is_conflict(), stored == "70", "{stored}: {error}");
            assert_eq!(error.is_invalid_value(), stored != "70", "{stored}: {error}");
            assert_eq!(con.hash(&Page::key(id)).len(), 2);
        }
    });
}

/// A pattern that backtracks would take 10^11 steps, and every client of the server would
/// wait.
#[test]
fn a_megabyte_of_zeros_as_a_count_does_not_block_the_server() {
    on_one_server(|con| {
        let id = fresh();
        let stored = format!("{}x", "0".repeat(1 << 20));
        con.raw::<()>(&["HSET", &Page::key(id), "text", "b", "revision", &stored]);
        assert!(con.run(page(id, 7).save()).unwrap_err().is_invalid_value());
    });
}

#[test]
fn a_stale_save_writes_nothing_and_explains_the_conflict() {
    on_one_server(|con| {
        let id = fresh();
        let mine = page(id, 0);
        con.run(mine.save()).unwrap();
        let error = con.run(mine.save()).unwrap_err();
        assert!(error.is_conflict());
        assert!(
            error.to_string().ends_with(
                "stale revision: the record was written since this value was read \
                 (a save makes the value in hand stale, too)"
            ),
            "{error}"
        );
        assert_eq!(con.run(Page::get(id)).unwrap(), Some(page(id, 1)));
        con.run(Page::delete(id)).unwrap();
        let error = con.run(page(id, 1).save()).unwrap_err();
        assert!(error.is_conflict());
        assert!(
            error.to_string().ends_with("the record was deleted since this value was read"),
            "{error}"
        );
        assert!(!con.run(Page::exists(id)).unwrap());
    });
}

#[test]
fn a_program_saves_again_with_the_returned_count() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Page::FIELDS);
        let mut mine = page(id, 0);
        mine.revision = con.run(mine.create().returning(f.revision)).unwrap().unwrap();
        assert_eq!(mine.revision, 1);
        assert_eq!(con.run(mine.create().returning(f.revision)).unwrap(), None);
        for expected in 2..5 {
            mine.revision = con.run(mine.save().returning(f.revision)).unwrap();
            assert_eq!(mine.revision, expected);
            assert_eq!(con.run(Page::get(id)).unwrap().as_ref(), Some(&mine));
        }
        // The save notices a write of another client.
        assert!(con.run(Page::update(id).set(f.text, "b")).unwrap().is_applied());
        assert!(con.run(mine.save().returning(f.revision)).unwrap_err().is_conflict());
        let mut small = Small { id, text: None, revision: 0 };
        small.revision = con.run(small.save().returning(Small::FIELDS.revision)).unwrap();
        assert_eq!(small.revision, 1);
    });
}

/// A cache treats a record of a newer version as absent, and therefore ignores its count.
#[test]
fn a_cache_overwrites_a_newer_record_with_any_count() {
    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "revision:cache:{id}", version = 1, version_field = "_v", on_mismatch = "miss")]
    struct Cached {
        id: u64,
        name: String,
        #[redis(revision)]
        revision: u64,
    }
    on_one_server(|con| {
        let id = fresh();
        let key = Cached::key(id);
        con.raw::<()>(&["HSET", &key, "_v", "9", "name", "new", "revision", "5"]);
        assert_eq!(con.run(Cached::get(id)).unwrap(), None);
        con.run(Cached { id, name: "a".into(), revision: 0 }.save()).unwrap();
        assert_eq!(con.run(Cached::get(id)).unwrap().map(|it| it.revision), Some(1));
        // The count of a record of the program's own version is checked.
        let stale = Cached { id, name: "b".into(), revision: 0 };
        assert!(con.run(stale.save()).unwrap_err().is_conflict());
        con.raw::<()>(&["HSET", &key, "revision", "many"]);
        assert!(con.run(stale.save()).unwrap_err().is_invalid_value());
    });
}
