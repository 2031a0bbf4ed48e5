//! Users, servers and proxies that refuse scripts, and operations that need none.

use std::time::Duration;

use redis::{Connection, ConnectionLike};
use redis_model::codec::MsgPack;
use redis_model::embedded::{Cluster, Server};
use redis_model::structures::{Map, Set, Value};
use redis_model::{Error, ErrorKind, Operation, RedisModel, Ttl, atomic, batch};
use serde::{Deserialize, Serialize};

use crate::support::{Target, everywhere, fresh, runtime};

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{permit}}:user:{id}")]
struct User {
    id: u64,
    #[redis(alias = "nom")]
    name: String,
    visits: u64,
    email: Option<String>,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "permit:page:{id}", ttl = "1h")]
struct Page {
    id: u64,
    text: String,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "permit:blob:{id}", blob = MsgPack, envelope = "none")]
struct Blob {
    id: u64,
    text: String,
}

fn user(id: u64) -> User {
    User { id, name: "Ada".into(), visits: 1, email: None }
}

fn default_user(con: &mut Connection, rules: &[&str]) {
    redis::cmd("ACL").arg("SETUSER").arg("default").arg(rules).exec(con).unwrap();
}

/// A server on which user `u` has these permissions, and connections of an administrator and
/// of that user.
fn limited(server: Server, rules: &[&str]) -> (Server, Connection, Connection) {
    let mut admin = server.connection().unwrap();
    let mut acl = redis::cmd("ACL");
    acl.arg("SETUSER").arg("u").arg(&["reset", "on", "nopass"]).arg(rules);
    acl.exec(&mut admin).unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("AUTH").arg("u").arg("any").exec(&mut con).unwrap();
    (server, admin, con)
}

/// Runs scripts alone, in pipelines, batches and atomic steps.
fn scripts_run(con: &mut dyn ConnectionLike) {
    let f = User::FIELDS;
    let (one, two) = (user(fresh()), user(fresh()));
    one.save().run(con).unwrap();
    let visit = || User::update(one.id).incr(f.visits, 1).returning(f.visits);
    assert_eq!(visit().run(con).unwrap().applied(), Some(2));
    let (a, b) = (visit(), visit()).run(con).unwrap();
    assert_eq!((a.applied(), b.applied()), (Some(3), Some(4)));
    let (a, (), b) = atomic((visit(), two.save(), visit())).run(con).unwrap();
    assert_eq!((a.applied(), b.applied()), (Some(5), Some(6)));
    let all = batch((0..20).map(|_| visit()).collect::<Vec<_>>()).run(con).unwrap();
    let counts: Vec<_> = all.into_iter().map(|it| it.unwrap().applied().unwrap()).collect();
    assert_eq!(counts, (7..27).collect::<Vec<_>>());
    let renamed = User::update(one.id).set(f.name, "Bob").set(f.email, "b@c.d");
    assert!(renamed.run(con).unwrap().is_applied());
    let stored = User::get(one.id).run(con).unwrap().unwrap();
    assert_eq!((stored.name.as_str(), stored.visits), ("Bob", 26));
    assert!(User::exists(one.id).run(con).unwrap());
    assert!(User::delete(one.id).run(con).unwrap());
    assert!(!User::exists(one.id).run(con).unwrap());
}

/// The same on async connections.
async fn scripts_run_async<C>(con: &mut C)
where
    C: redis::aio::ConnectionLike + Clone + Send + Sync,
{
    let f = User::FIELDS;
    let one = user(fresh());
    one.save().run_async(con).await.unwrap();
    let visit = || User::update(one.id).incr(f.visits, 1).returning(f.visits);
    let (a, b) = (visit(), visit()).run_async(con).await.unwrap();
    assert_eq!((a.applied(), b.applied()), (Some(2), Some(3)));
    let (a, b) = atomic((visit(), visit())).run_on(con).await.unwrap();
    assert_eq!((a.applied(), b.applied()), (Some(4), Some(5)));
    assert!(User::delete(one.id).run_on(con).await.unwrap());
}

#[test]
fn scripts_run_by_their_text_where_a_user_may_not_call_them_by_digest() {
    let server = Server::start().unwrap();
    default_user(&mut server.connection().unwrap(), &["-evalsha"]);
    scripts_run(&mut server.connection().unwrap());
    let client = server.client().unwrap();
    runtime().block_on(async {
        let mut con = client.get_multiplexed_async_connection().await.unwrap();
        scripts_run_async(&mut con).await;
    });

    let cluster = Cluster::start().unwrap();
    for node in cluster.nodes() {
        default_user(&mut node.connection().unwrap(), &["-evalsha"]);
    }
    let client = redis::cluster::ClusterClient::new(cluster.urls()).unwrap();
    scripts_run(&mut client.get_connection().unwrap());
    runtime().block_on(async {
        let mut con = client.get_async_connection().await.unwrap();
        scripts_run_async(&mut con).await;
    });
}

#[test]
fn scripts_run_by_their_text_where_a_server_does_not_know_evalsha() {
    let options = Server::options().argument("--rename-command").argument("EVALSHA");
    let server = options.argument("hidden-evalsha").start().unwrap();
    scripts_run(&mut server.connection().unwrap());
}

#[test]
fn without_eval_an_error_names_it_and_nothing_is_changed() {
    let (_server, mut admin, mut con) =
        limited(Server::start().unwrap(), &["~*", "+@all", "-@scripting"]);
    let record = user(1);
    record.save().run(&mut admin).unwrap();
    let f = User::FIELDS;
    let visit = || User::update(1).incr(f.visits, 1);
    let errors: [Error; 5] = [
        record.save().run(&mut con).unwrap_err(),
        visit().run(&mut con).unwrap_err(),
        (visit(), visit()).run(&mut con).unwrap_err(),
        atomic((visit(), visit())).run(&mut con).unwrap_err(),
        User::delete(1).run(&mut con).unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(error.kind() == ErrorKind::Server, "{text}");
        assert!(text.contains("'eval' command"), "{text}");
        assert!(text.contains("needs `+evalsha` or `+eval`"), "{text}");
        assert!(text.contains("connection::permissions"), "{text}");
    }
    assert_eq!(User::get(1).run(&mut con).unwrap(), Some(record));
}

#[test]
fn a_command_that_a_script_may_not_run_is_named() {
    let rules = ["~*", "+evalsha", "+eval", "+hexists", "+hget", "+hset"];
    let (_server, mut admin, mut con) = limited(Server::start().unwrap(), &rules);
    user(1).save().run(&mut admin).unwrap();
    let error = User::update(1).incr(User::FIELDS.visits, 1).run(&mut con).unwrap_err();
    assert_eq!((error.code(), error.key()), (Some("NOPERM"), Some("{permit}:user:1")));
    assert!(error.to_string().contains("HINCRBY"), "{error}");
    let error = User::delete(1).run(&mut con).unwrap_err();
    assert_eq!(error.code(), Some("NOPERM"));
    assert!(error.to_string().contains("TYPE"), "{error}");
}

/// A user who may only read.
fn reads_are_permitted(server: Server, field_ttls: bool) {
    let (_server, mut admin, mut con) =
        limited(server, &["%R~permit:*", "%R~{permit}:*", "+@read"]);
    let page = Page { id: 1, text: "t".into(), note: Some("n".into()) };
    let blob = Blob { id: 1, text: "t".into() };
    (user(1).save(), page.save(), blob.save()).run(&mut admin).unwrap();
    let con = &mut con;
    assert_eq!(User::get(1).run(con).unwrap(), Some(user(1)));
    assert_eq!(Blob::get(1).run(con).unwrap(), Some(blob));
    // A script where scripts are permitted, because the model has several such fields.
    assert!(User::exists(1).run(con).unwrap() && !User::exists(2).run(con).unwrap());
    redis::cmd("HSET").arg("{permit}:user:3").arg(&["nom", "x"]).exec(&mut admin).unwrap();
    redis::cmd("HSET").arg("{permit}:user:4").arg(&["email", "x"]).exec(&mut admin).unwrap();
    let many = batch(Vec::from([1, 2, 3, 4].map(User::exists))).run(con).unwrap();
    let many: Vec<_> = many.into_iter().map(Result::unwrap).collect();
    assert_eq!(many, [true, false, true, false]);
    let (known, name, other) =
        (User::exists(1), User::select(1, User::FIELDS.name), User::exists(2)).run(con).unwrap();
    assert_eq!((known, name.as_deref(), other), (true, Some("Ada"), false));
    assert!(Blob::exists(1).run(con).unwrap() && !Blob::exists(2).run(con).unwrap());
    assert!(Page::ttl(1).run(con).unwrap().remaining().is_some());
    let map = Map::<String, String>::at("permit:page:1");
    assert!(map.exists().run(con).unwrap());
    assert_eq!(map.ttl().run(con).unwrap_err().code(), Some("NOPERM"));
    assert!(map.ttl().without_script().run(con).unwrap().remaining().is_some());

    redis::cmd("SET").arg("{permit}:user:5").arg("x").exec(&mut admin).unwrap();
    redis::cmd("RPUSH").arg("permit:blob:5").arg("x").exec(&mut admin).unwrap();
    assert!(User::exists(5).run(con).unwrap_err().is_wrong_type());
    assert!(Blob::exists(5).run(con).unwrap_err().is_wrong_type());
    assert!(Set::<u8>::at("permit:blob:5").exists().run(con).unwrap_err().is_wrong_type());

    if field_ttls {
        let note = Page::FIELDS.note;
        assert_eq!(Page::field_ttl(1, note).run(con).unwrap(), Ttl::Persistent);
        assert_eq!(Page::field_ttl(9, note).run(con).unwrap(), Ttl::Missing);
        let expire = Page::update(1).expire_field(note, HOUR);
        assert!(expire.run(&mut admin).unwrap().is_applied());
        assert!(Page::field_ttl(1, note).run(con).unwrap().remaining().is_some());
        assert!(map.field_ttl("note").run(con).unwrap().remaining().is_some());
        // A name that an older server would quote in parts goes to a script first.
        redis::cmd("HSET").arg("permit:page:1").arg(&["é", "x"]).exec(&mut admin).unwrap();
        assert_eq!(map.field_ttl("é").run(con).unwrap(), Ttl::Persistent);
        assert_eq!(map.field_ttl("è").run(con).unwrap(), Ttl::Missing);
        // The alias expires, and the name is not there.
        redis::cmd("HPEXPIRE")
            .arg("{permit}:user:3")
            .arg(&["100000", "FIELDS", "1", "nom"])
            .exec(&mut admin)
            .unwrap();
        assert!(User::field_ttl(3, User::FIELDS.name).run(con).unwrap().remaining().is_some());
        let wrong = User::field_ttl(5, User::FIELDS.name).run(con).unwrap_err();
        assert!(wrong.is_wrong_type(), "{wrong}");
    }
}

#[test]
fn a_user_who_may_only_read_reads() {
    reads_are_permitted(Server::start().unwrap(), false);
}

fn newer(variable: &str) -> Server {
    let binary = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"));
    Server::options().binary(binary).start().unwrap()
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn permissions_to_read_suffice_for_reads_on_redis_8() {
    reads_are_permitted(newer("REDIS_8"), true);
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn permissions_to_read_suffice_for_reads_on_valkey_9() {
    reads_are_permitted(newer("VALKEY_9"), true);
}

#[test]
fn plain_forms_do_what_the_scripts_do() {
    let rules = ["~*", "+@all", "-@scripting"];
    let (_server, mut admin, mut con) = limited(Server::start().unwrap(), &rules);
    let con = &mut con;
    let key = "permit:page:1";
    redis::cmd("HSET").arg(key).arg(&["note", "old", "other", "kept"]).exec(&mut admin).unwrap();
    let page = Page { id: 1, text: "t".into(), note: None };
    page.save().without_script().run(con).unwrap();
    assert_eq!(Page::get(1).run(con).unwrap(), Some(page));
    let other: Option<String> = redis::cmd("HGET").arg(key).arg("other").query(con).unwrap();
    assert_eq!(other.as_deref(), Some("kept"));
    assert!(Page::ttl(1).run(con).unwrap().remaining().unwrap() > HOUR / 2);

    assert!(Page::persist(1).without_script().run(con).unwrap());
    assert_eq!(Page::ttl(1).run(con).unwrap(), Ttl::Persistent);
    assert!(!Page::persist(1).without_script().run(con).unwrap());
    assert!(Page::expire(1, HOUR).without_script().run(con).unwrap());
    let page = Page { id: 1, text: "u".into(), note: None };
    page.save().keep_ttl().without_script().run(con).unwrap();
    assert!(Page::ttl(1).run(con).unwrap().remaining().is_some());
    page.save().persist().without_script().run(con).unwrap();
    assert_eq!(Page::ttl(1).run(con).unwrap(), Ttl::Persistent);
    assert!(Page::delete(1).without_script().run(con).unwrap());
    assert!(!Page::delete(1).without_script().run(con).unwrap());
    assert!(!Page::expire(1, HOUR).without_script().run(con).unwrap());

    // The value under the alias is written under the name, and the alias is removed.
    redis::cmd("HSET").arg("{permit}:user:1").arg(&["nom", "old"]).exec(&mut admin).unwrap();
    let saved = User::save_many([user(1), user(2)]).without_script().run(con).unwrap();
    assert!(saved.iter().all(Result::is_ok), "{saved:?}");
    let names: Vec<String> = redis::cmd("HKEYS").arg("{permit}:user:1").query(con).unwrap();
    assert_eq!(names, ["name", "visits"]);
    let deleted = User::delete_many([1, 2, 3]).without_script().run(con).unwrap();
    let deleted: Vec<_> = deleted.into_iter().map(Result::unwrap).collect();
    assert_eq!(deleted, [true, true, false]);

    let large = Blob { id: 1, text: "x".repeat(5000) };
    assert_eq!(large.save().run(con).unwrap_err().code(), Some("NOPERM"));
    large.save().ttl(HOUR).without_script().run(con).unwrap();
    assert_eq!(Blob::get(1).run(con).unwrap(), Some(large));
    assert!(Blob::ttl(1).run(con).unwrap().remaining().is_some());

    let value = Value::<String>::at("permit:value");
    value.set("x").without_script().run(con).unwrap();
    assert_eq!(value.get().run(con).unwrap().as_deref(), Some("x"));
    assert!(value.expire(HOUR).without_script().run(con).unwrap());
    assert!(value.delete().without_script().run(con).unwrap());
    let error = value.compare_and_set("x", "y").without_script().run(con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
    assert!(error.to_string().contains("compare_and_set"), "{error}");
}

#[test]
fn plain_forms_give_up_the_check_of_the_type_and_no_more() {
    everywhere(|con| {
        let id = fresh();
        let (page, blob) = (Page::key(id), Blob::key(id));
        for key in [&page, &blob] {
            con.raw::<()>(&["RPUSH", key, "somebody's"]);
        }
        let record = Page { id, text: "t".into(), note: None };
        // Without a time to live the other value stays as it is.
        let error = con.run(record.save().keep_ttl().without_script()).unwrap_err();
        assert!(error.is_wrong_type() && !error.is_partial(), "{error}");
        assert_eq!(con.raw::<i64>(&["PTTL", &page]), -1);
        let error = con.run(record.save().without_script()).unwrap_err();
        assert!(error.is_wrong_type() && con.raw::<i64>(&["PTTL", &page]) > 0, "{error}");
        // A sync cluster connection returns the error in place of all replies.
        let located = error.is_partial() && error.key() == Some(&*page);
        assert!(located || con.target == Target::Cluster, "{error}");
        assert_eq!(con.raw::<Vec<String>>(&["LRANGE", &page, "0", "-1"]), ["somebody's"]);

        let large = Blob { id, text: "x".repeat(5000) };
        let error = con.run(large.save().without_script()).unwrap_err();
        assert!(error.is_wrong_type(), "{error}");
        assert_eq!(con.raw::<Vec<String>>(&["LRANGE", &blob, "0", "-1"]), ["somebody's"]);

        assert!(con.run(Page::delete(id)).unwrap_err().is_wrong_type());
        assert!(con.run(Blob::expire(id, HOUR).without_script()).unwrap());
        assert!(con.run(Blob::persist(id).without_script()).unwrap());
        assert!(con.run(Page::delete(id).without_script()).unwrap());
        assert_eq!(con.raw::<i64>(&["EXISTS", &page]), 0);
        con.run(Blob::delete(id).without_script()).unwrap();
    });
}

#[test]
fn plain_saves_are_one_step_in_any_company() {
    everywhere(|con| {
        let ids = [fresh(), fresh()];
        let [one, two] = ids.map(|id| User { email: Some("x".into()), ..user(id) });
        let less = ids.map(user);
        let [a, b] = [&less[0], &less[1]];
        con.run((one.save(), two.save())).unwrap();
        let ((), known, ()) = con
            .run((a.save().without_script(), User::exists(a.id), b.save().without_script()))
            .unwrap();
        assert!(known);
        let stored = con.run((User::get(a.id), User::get(b.id))).unwrap();
        assert_eq!(stored, (Some(a.clone()), Some(b.clone())));
        let plan = atomic((a.save().without_script(), b.save().without_script()));
        assert_eq!(plan.explain().unwrap().to_string().matches("MULTI").count(), 1);
        con.run(plan).unwrap();
        con.run(User::delete_many(ids).without_script()).unwrap();
    });
}

#[test]
fn saves_that_compare_have_no_plain_form() {
    #[derive(RedisModel)]
    #[redis(key = "permit:counted:{id}")]
    struct Counted {
        id: u64,
        #[redis(revision)]
        revision: u64,
    }
    #[derive(RedisModel)]
    #[redis(key = "permit:versioned:{id}", version_field = "_v", version = 1)]
    struct Versioned {
        id: u64,
        text: String,
    }
    #[derive(RedisModel)]
    #[redis(key = "permit:expiring:{id}")]
    struct Expiring {
        id: u64,
        #[redis(ttl = "1m")]
        code: Option<String>,
    }
    #[derive(Serialize, Deserialize, RedisModel)]
    #[redis(key = "permit:event:{id}", blob = MsgPack, version = 1)]
    struct Event {
        id: u64,
    }
    let versioned = Versioned { id: 1, text: "t".into() };
    for (error, field) in [
        (Counted { id: 1, revision: 0 }.save().without_script().explain().unwrap_err(), "revision"),
        (versioned.save().without_script().explain().unwrap_err(), "overwrite_newer"),
        (
            Expiring { id: 1, code: None }.save().without_script().explain().unwrap_err(),
            "time to live",
        ),
        (Event { id: 1 }.save().without_script().explain().unwrap_err(), "overwrite_newer"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
        assert!(error.to_string().contains(field) && error.key().is_some(), "{error}");
    }
    let sent = versioned.save().overwrite_newer().without_script().explain().unwrap();
    assert_eq!(sent.to_string(), "HSET permit:versioned:1 _v 1 text t");
    let zero = versioned.save().overwrite_newer().ttl(Duration::ZERO).without_script();
    assert_eq!(zero.explain().unwrap_err().kind(), ErrorKind::InvalidOperation);
}

#[test]
fn a_plain_save_without_permission_for_one_of_its_commands_writes_nothing() {
    let record = user(1);
    for denied in ["hset", "hdel", "exec"] {
        let rules = ["~*", "+@all", "-@scripting", &format!("-{denied}")];
        let (_server, mut admin, mut con) = limited(Server::start().unwrap(), &rules);
        let error = record.save().without_script().run(&mut con).unwrap_err();
        assert!(error.to_string().contains(&format!("'{denied}' command")), "{error}");
        assert_eq!(User::get(1).run(&mut admin).unwrap(), None);
    }
}
