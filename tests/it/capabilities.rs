//! Commands that only newer servers support are tried, and older servers lose nothing.

use redis_model::{Json, Outcome, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "capabilities:{id}", blob = Json)]
struct Page {
    id: u64,
    text: String,
}

#[test]
fn an_older_server_is_asked_once_and_nothing_is_lost() {
    everywhere(|con| {
        let id = fresh();
        con.run(Page { id, text: "one".into() }.save()).unwrap();
        for text in ["two", "three"] {
            let mut draft = con.run(Page::edit(id)).unwrap().unwrap();
            draft.text = text.into();
            let late = draft.commit();
            assert_eq!(con.run(draft.commit()).unwrap(), Outcome::Applied(()));
            assert!(con.run(late).unwrap().conflict().is_some());
            assert_eq!(con.run(Page::get(id)).unwrap().unwrap().text, text);
        }
    });
}
