//! Users without permissions, servers without memory, and replicas.

use redis::{Client, Connection};
use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel, transaction};

use super::{Account, Blob, account, blob, contents};

/// Returns a connection of a user with these rules.
fn as_user(server: &Server, rules: &str) -> Connection {
    let mut admin = server.connection().unwrap();
    let mut acl = redis::cmd("ACL");
    acl.arg("SETUSER").arg("limited").arg("reset").arg("on").arg(">secret");
    acl.arg(rules.split(' ').collect::<Vec<_>>()).exec(&mut admin).unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("AUTH").arg("limited").arg("secret").exec(&mut con).unwrap();
    con
}

#[test]
fn a_command_that_the_user_may_not_run_is_found_before_any_write() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let f = Account::FIELDS;
    for id in 1..=3 {
        account(id, 1).save().run(&mut con).unwrap();
        blob(id, "old").save().run(&mut con).unwrap();
    }
    let before = contents(&mut con);
    let (saved, new) = (account(2, 9), blob(4, "new"));
    let mut draft = Blob::edit(1).run(&mut con).unwrap().unwrap();
    draft.text = "new".into();
    let set = Account::update(1).incr(f.balance, 1);
    for (denied, position, error) in [
        ("del", 1, &transaction((&set, Account::delete(2))) as &dyn Run),
        ("del", 0, &transaction((draft.delete(), &set))),
        ("del", 1, &transaction((&set, Account::delete(2).only_if(f.balance.eq(1))))),
        ("hincrby", 1, &transaction((draft.commit(), &set))),
        ("hset", 1, &transaction((Blob::delete(2), Account::update(1).set(f.note, "x")))),
        ("hdel", 2, &transaction((&set, Blob::delete(2), saved.save()))),
        ("set", 1, &transaction((&set, new.create()))),
        ("set", 1, &transaction((&set, draft.commit()))),
        (
            "pexpire",
            1,
            &transaction((
                Blob::delete(2),
                saved.save().ttl(std::time::Duration::MAX / 1_000_000_000),
            )),
        ),
    ] {
        let mut limited = as_user(&server, &format!("~* +@all -{denied}"));
        let error = error.error(&mut limited);
        assert_eq!(error.code(), Some("NOPERM"), "{denied}: {error}");
        assert_eq!(error.member(), Some(position), "{denied}: {error}");
        assert!(error.key().is_some() && !error.is_partial());
        assert_eq!(contents(&mut con), before, "{denied}");
    }
    // A key that the user may not write is refused with the whole script.
    let mut limited = as_user(&server, "~{tx}:account:1 +@all");
    let error = transaction((&set, Account::delete(2))).error(&mut limited);
    assert_eq!(error.code(), Some("NOPERM"));
    assert_eq!(contents(&mut con), before);
    let mut permitted = as_user(&server, "~{tx}:* +@all");
    assert!(transaction((&set, Account::delete(2))).run(&mut permitted).unwrap().is_applied());
}

/// A transaction of any type that fails.
trait Run {
    fn error(&self, con: &mut Connection) -> redis_model::Error;
}

impl<O: Operation> Run for O {
    fn error(&self, con: &mut Connection) -> redis_model::Error {
        match self.run(con) {
            Ok(_) => panic!("the transaction was not refused"),
            Err(error) => error,
        }
    }
}

#[test]
fn a_server_without_memory_applies_all_or_nothing() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let f = Account::FIELDS;
    for id in 1..=2 {
        account(id, 1).save().run(&mut con).unwrap();
    }
    redis::cmd("SET").arg("filler").arg("x".repeat(4 << 20)).exec(&mut con).unwrap();
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1mb").exec(&mut con).unwrap();
    let before = contents(&mut con);
    let set = Account::update(1).incr(f.balance, 1);
    let new = account(3, 3);
    for refused in [
        transaction((&set, Account::delete(2))).error(&mut con),
        (transaction((new.create(), &set))).error(&mut con),
        (transaction((Some(&set), new.save(), Account::delete(2)))).error(&mut con),
    ] {
        assert_eq!(refused.code(), Some("OOM"), "{refused}");
        assert_eq!(contents(&mut con), before);
    }
    // A deletion needs no memory, and after the first write of a script Redis refuses none.
    let both = transaction((Account::delete(2), new.create(), &set));
    assert!(both.run(&mut con).unwrap().is_applied());
    let stored = (Account::exists(2), Account::exists(3), Account::select(1, f.balance));
    assert_eq!(stored.run(&mut con).unwrap(), (false, true, Some(2)));
}

#[test]
fn a_replica_refuses_a_transaction() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    account(1, 1).save().run(&mut con).unwrap();
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec(&mut con).unwrap();
    let both = transaction((
        Account::delete(1),
        Account::update(2).or_create().set(Account::FIELDS.balance, 1),
    ));
    let error = both.run(&mut con).unwrap_err();
    assert!(error.needs_reconnect() && error.code() == Some("READONLY"), "{error}");
    let client = Client::open(server.url()).unwrap();
    assert!(Account::exists(1).run(&mut client.get_connection().unwrap()).unwrap());
}
