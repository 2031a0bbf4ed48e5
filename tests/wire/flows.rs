//! The commands that flows send to a real server, one after the other.

use redis::{ConnectionLike, RedisResult, Value};
use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel, Result};

use crate::mock::commands;
use crate::models::{USER, User};

/// A connection that records the commands.
struct Noted {
    con: redis::Connection,
    /// Returns the name and the key of each command; a script's name is its first line.
    sent: Vec<String>,
}

impl Noted {
    fn on(server: &Server) -> Self {
        Self { con: server.connection().unwrap(), sent: Vec::new() }
    }

    fn note(&mut self, packed: &[u8]) {
        for words in commands(packed) {
            let text = |at: usize| {
                String::from_utf8_lossy(words.get(at).map_or(&[][..], |word| word)).into_owned()
            };
            self.sent.push(match text(0).as_str() {
                "EVAL" | "EVALSHA" => format!("script {}", text(3)),
                "SCAN" => words
                    .iter()
                    .map(|word| String::from_utf8_lossy(word))
                    .collect::<Vec<_>>()
                    .join(" "),
                name => format!("{name} {}", text(1)),
            });
        }
    }

    fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
    }
}

impl ConnectionLike for Noted {
    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        self.note(packed);
        self.con.req_packed_command(packed)
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.note(packed);
        self.con.req_packed_commands(packed, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.con.get_db()
    }

    fn check_connection(&mut self) -> bool {
        self.con.check_connection()
    }

    fn is_open(&self) -> bool {
        self.con.is_open()
    }
}

#[test]
fn a_scan_detects_the_server_and_then_sends_one_script_per_page() -> Result<()> {
    let server = Server::start().unwrap();
    let mut con = Noted::on(&server);
    let page = "SCAN 0 MATCH user:* COUNT 1000 TYPE hash";
    let ask = "CLUSTER SLOTS";
    let begin = || vec![ask.to_owned(), "INFO server".to_owned(), page.to_owned()];
    // The scan checks if a found hash is a record.
    let check = "script user:1".to_owned();

    assert_eq!(User::count().run(&mut con)?, 0);
    assert_eq!(con.sent(), begin());
    USER.save().run(&mut con)?;
    // The server then knows the script.
    User::delete(2).run(&mut con)?;
    con.sent();

    let mut scan = User::scan();
    assert_eq!(scan.run(&mut con)?.map(|page| page.len()), Some(1));
    assert_eq!(con.sent(), [begin(), vec!["HMGET user:1".into()]].concat());
    assert!(scan.run(&mut con)?.is_none());
    assert_eq!(con.sent(), [""; 0]);

    assert_eq!(User::scan_ids().page_size(7).iter(&mut con).count(), 1);
    assert_eq!(con.sent()[2], page.replace("1000", "7"));
    assert_eq!(User::delete_all().run(&mut con)?, 1);
    assert_eq!(con.sent(), [begin(), vec![check, "script user:1".into()]].concat());
    Ok(())
}

#[test]
fn modify_reads_and_writes_only_with_a_change() -> Result<()> {
    let server = Server::start().unwrap();
    let mut con = Noted::on(&server);
    USER.save().run(&mut con)?;
    con.sent();
    assert!(User::modify(1, |_| ()).run(&mut con)?.is_applied());
    assert_eq!(con.sent(), ["HMGET user:1"]);
    assert!(User::modify(1, |user| user.visits += 1).run(&mut con)?.is_applied());
    // The server does not know the script yet: the client sends its digest, then its text.
    assert_eq!(con.sent(), ["HMGET user:1", "script user:1", "script user:1"]);
    assert!(User::modify(2, |_| ()).run(&mut con)?.is_missing());
    assert_eq!(con.sent(), ["HMGET user:2"]);
    Ok(())
}

#[test]
fn take_reads_first_and_deletes_only_a_decoded_record() -> Result<()> {
    let server = Server::start().unwrap();
    let mut con = Noted::on(&server);
    USER.save().run(&mut con)?;
    con.sent();
    assert_eq!(User::take(1).run(&mut con)?.as_ref(), Some(&*USER));
    // The server does not know the script yet: the client sends its digest, then its text.
    assert_eq!(con.sent(), ["HMGET user:1", "script user:1", "script user:1"]);
    assert!(User::take(1).run(&mut con)?.is_none());
    assert_eq!(con.sent(), ["HMGET user:1"]);
    redis::cmd("HSET").arg("user:1").arg("visits").arg("x").exec(&mut con.con).unwrap();
    assert!(User::take(1).run(&mut con).is_err());
    assert_eq!(con.sent(), ["HMGET user:1"]);
    Ok(())
}

#[test]
fn take_with_a_condition_checks_it_in_the_step_that_reads() -> Result<()> {
    let server = Server::start().unwrap();
    let mut con = Noted::on(&server);
    USER.save().run(&mut con)?;
    con.sent();
    let mut take = User::take(1).only_if(User::FIELDS.visits.lt(USER.visits));
    assert!(take.run(&mut con)?.is_conflict());
    // The server does not know the scripts yet: the client sends the digest, then the text.
    assert_eq!(con.sent(), ["script user:1", "script user:1"]);
    let mut take = User::take(1).only_if(User::FIELDS.visits.eq(USER.visits));
    assert!(take.run(&mut con)?.is_applied());
    assert_eq!(con.sent(), ["script user:1", "script user:1", "script user:1"]);
    assert!(take.run(&mut con)?.is_missing());
    assert_eq!(con.sent(), ["script user:1"]);
    Ok(())
}

#[test]
fn a_record_is_created_after_a_read_that_found_none() -> Result<()> {
    let server = Server::start().unwrap();
    let mut con = Noted::on(&server);
    let mut flow = User::get_or_insert_with(1, || USER.clone());
    assert_eq!(flow.run(&mut con)?, *USER);
    assert_eq!(con.sent(), ["HMGET user:1", "script user:1", "script user:1"]);
    assert_eq!(flow.run(&mut con)?, *USER);
    assert_eq!(con.sent(), ["HMGET user:1"]);
    User::delete(1).run(&mut con)?;
    con.sent();
    let mut modify = User::modify(1, |user| user.visits += 1).or_insert_with(|| USER.clone());
    assert!(modify.run(&mut con)?.is_applied());
    assert_eq!(con.sent(), ["HMGET user:1", "script user:1"]);
    Ok(())
}
