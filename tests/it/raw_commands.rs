//! Commands of redis-rs as operations.

use redis::{Cmd, Value};
use redis_model::connection::Prefixed;
use redis_model::embedded::Server;
use redis_model::op::RawCommand;
use redis_model::{ErrorKind, Operation, RedisModel, atomic, batch, command};

use crate::support::{Con, everywhere, fresh, server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "raw:{id}")]
struct Note {
    id: u64,
    text: String,
}

fn cmd(words: &[&str]) -> Cmd {
    let mut cmd = redis::cmd(words[0]);
    for word in &words[1..] {
        cmd.arg(word);
    }
    cmd
}

fn note() -> Note {
    Note { id: fresh(), text: "hunter2".into() }
}

fn encoding(key: &str) -> RawCommand<String> {
    command(redis::cmd("OBJECT").arg("ENCODING").arg(key))
}

#[test]
fn a_raw_command_joins_tuples_batches_and_atomic_steps() {
    everywhere(|con| {
        let note = note();
        let key = note.redis_key();
        let (text, known) = (command::<Option<String>>(cmd(&["HGET", &key, "text"])), note.id);
        let ((), stored, size, found) = con
            .run((note.save(), &text, command::<u64>(cmd(&["HLEN", &key])), Note::get(known)))
            .unwrap();
        assert_eq!((stored.as_deref(), size), (Some("hunter2"), 1));
        assert_eq!(found.as_ref(), Some(&note));
        assert!(!con.run(encoding(&key)).unwrap().is_empty());

        let keys = ["other", &key, "another"].map(|key| command::<bool>(cmd(&["EXISTS", key])));
        let results = con.run(batch(keys)).unwrap();
        let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
        assert_eq!(results, [false, true, false]);

        let both =
            atomic((command::<i64>(cmd(&["HINCRBY", &key, "visits", "2"])), Note::get(known)));
        let (visits, found) = con.run(&both).unwrap();
        assert_eq!((visits, found), (2, Some(note)));
        let pong = con.run((command::<()>(cmd(&["PING"])), Note::delete(known))).unwrap();
        assert_eq!(pong, ((), true));
    });
}

#[test]
fn keys_of_several_slots_are_refused_in_one_step() {
    let mut con = Con::sync_to(crate::support::Target::Cluster);
    let (one, other) = (encoding("raw:a"), command::<()>(cmd(&["MEMORY", "USAGE", "raw:b"])));
    let error = con.run(atomic((one, other))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CrossSlot);
    let text = error.to_string();
    assert!(text.contains("`raw:a`") && text.contains("`raw:b`"), "{text}");
}

#[test]
fn a_script_of_the_caller_is_a_raw_command() {
    everywhere(|con| {
        let key = format!("raw:total:{}", fresh());
        let add = command::<i64>(
            redis::cmd("EVAL")
                .arg("return redis.call('INCRBY', KEYS[1], ARGV[1])")
                .arg(1)
                .arg(&key)
                .arg(5),
        );
        assert_eq!(con.run((&add, &add)).unwrap(), (5, 10));
        assert_eq!(con.run(atomic((&add, &add))).unwrap(), (15, 20));
    });
}

#[test]
fn a_reply_of_another_type_is_an_error_that_does_not_show_it() {
    everywhere(|con| {
        let note = note();
        let key = note.redis_key();
        con.run(note.save()).unwrap();
        let wrong = command::<u64>(cmd(&["HGET", &key, "text"]));
        let results = con.run(batch([wrong.clone(), command(cmd(&["HLEN", &key]))])).unwrap();
        assert_eq!(*results[1].as_ref().unwrap(), 1);
        for error in
            [con.run(&wrong).unwrap_err(), results.into_iter().next().unwrap().unwrap_err()]
        {
            assert_eq!((error.kind(), error.key()), (ErrorKind::InvalidValue, Some(&*key)));
            let text = format!("{error} {error:?}");
            assert!(
                text.contains("u64") && text.contains("HGET") && !text.contains("hunter2"),
                "{text}"
            );
            assert!(error.is_applied() && !error.is_connection());
        }
        let error = con.run(command::<()>(cmd(&["LLEN", &key]))).unwrap_err();
        assert!(error.is_wrong_type() && error.key() == Some(&key), "{error}");
    });
}

#[test]
fn a_command_that_would_disturb_the_connection_is_refused_before_it_is_sent() {
    let mut con = Con::sync();
    let note = note();
    let mut silent = cmd(&["SET", "raw:silent", "1"]);
    silent.set_no_response(true);
    let each = [
        "MULTI",
        "exec",
        "DISCARD",
        "WATCH a",
        "UNWATCH",
        "SUBSCRIBE a",
        "PSUBSCRIBE a",
        "SSUBSCRIBE a",
        "SELECT 1",
        "AUTH x",
        "HELLO 3",
        "RESET",
        "QUIT",
        "MONITOR",
        "CLIENT REPLY OFF",
        "CLIENT SETNAME x",
        "client tracking on",
        "CLIENT",
        "SCRIPT DEBUG YES",
        "READONLY",
        "ASKING",
        "SHUTDOWN",
        "BLPOP a 0",
        "BRPOP a 0",
        "BLMOVE a b LEFT LEFT 0",
        "BZPOPMIN a 0",
        "BLMPOP 0 1 a LEFT",
        "WAIT 1 0",
        "XREAD BLOCK 0 STREAMS a 0",
        "xreadgroup GROUP g c block 5 STREAMS a >",
    ];
    let mut refused: Vec<_> =
        each.iter().map(|words| cmd(&words.split(' ').collect::<Vec<_>>())).collect();
    refused.extend([silent, redis::cmd("OBJECT ENCODING"), redis::cmd(""), Cmd::new()]);
    for cmd in refused {
        let shown = format!("{cmd:?}");
        // The neighbour of a refused command is not sent either.
        let error = con.run((note.save(), command::<Value>(cmd))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{shown}: {error}");
        assert!(!con.run(Note::exists(note.id)).unwrap(), "{shown}");
    }
    // A stream whose key is BLOCK, and other commands that only look alike.
    for words in ["XREAD STREAMS BLOCK 0", "CLIENT ID", "SCRIPT EXISTS a", "LMPOP 1 raw:none LEFT"]
    {
        con.run(command::<Value>(cmd(&words.split(' ').collect::<Vec<_>>()))).unwrap();
    }
}

#[test]
fn keys_are_named_or_known() {
    let keys = |command: RawCommand<()>| -> Vec<String> {
        let plan = command.explain().unwrap();
        plan.keys().map(|key| String::from_utf8(key.to_vec()).unwrap()).collect()
    };
    let of = |words: &str| command::<()>(cmd(&words.split(' ').collect::<Vec<_>>()));
    assert_eq!(keys(of("OBJECT ENCODING a")), ["a"]);
    assert_eq!(keys(of("MYMODULE.GET a b")), ["a"]);
    assert_eq!(keys(of("MYMODULE.GET a b").key(2)), ["b"]);
    assert_eq!(keys(of("MYMODULE.GET a b").keys(1..3)), ["a", "b"]);
    assert_eq!(keys(of("MYMODULE.GET a b").no_key()), [""; 0]);
    assert_eq!(keys(of("MYMODULE.PING")), [""; 0]);
    let error = of("MYMODULE.GET a b").keys(2..4).explain().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    assert!(error.to_string().contains("MYMODULE.GET"), "{error}");
    let backwards = std::ops::Range { start: 2, end: 1 };
    assert!(of("MYMODULE.GET a b").keys(backwards).explain().is_err());
}

#[test]
fn a_raw_command_on_a_connection_with_a_prefix_has_all_its_keys_prefixed_or_is_refused() {
    let mut con = Prefixed::new(server().connection().unwrap(), format!("raw{}:", fresh()));
    let of = |words: &str| command::<Value>(cmd(&words.split(' ').collect::<Vec<_>>()));
    let prefix = con.prefix().to_owned();
    command::<()>(cmd(&["RPUSH", "l", "x"])).run(&mut con).unwrap();
    assert_eq!(con.key("l"), format!("{prefix}l"));
    let key = con.key("l");
    assert!(redis::cmd("EXISTS").arg(key).query::<bool>(con.get_mut()).unwrap());
    // The reply has a key, which has no prefix.
    let popped =
        command::<(String, Vec<String>)>(cmd(&["LMPOP", "2", "k", "l", "LEFT"])).run(&mut con);
    assert_eq!(popped.unwrap(), ("l".to_owned(), vec!["x".to_owned()]));
    command::<()>(cmd(&["XADD", "x", "1-1", "a", "b"])).run(&mut con).unwrap();
    let read = command::<Vec<(String, Value)>>(cmd(&["XREAD", "STREAMS", "x", "0"])).run(&mut con);
    assert!(read.unwrap()[0].0 == "x");

    for refused in [
        "MSET a 1 b 2",
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "DBSIZE",
        "SORT l BY w_*",
        "ZUNIONSTORE to 1 a",
        "MYMODULE.GET a",
    ] {
        let error = of(refused).run(&mut con).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{refused}: {error}");
        let name = refused.split(' ').next().unwrap();
        assert!(
            error.to_string().contains(name) && error.to_string().contains("prefix"),
            "{error}"
        );
    }
    // Named keys that are not all of them.
    assert!(of("DEL a b").key(1).run(&mut con).is_err());
    let error = of("MYMODULE.GET a").key(1).run(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
}

#[test]
fn the_keys_of_commands_are_those_that_the_server_documents() {
    check_documented_keys(server());
}

fn newer(variable: &str) -> Server {
    let binary = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"));
    Server::options().binary(binary).start().unwrap()
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn the_keys_of_commands_are_those_that_redis_8_documents() {
    check_documented_keys(&newer("REDIS_8"));
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn the_keys_of_commands_are_those_that_valkey_9_documents() {
    check_documented_keys(&newer("VALKEY_9"));
}

/// Compares with the positions of keys that a server documents: first, last and step.
fn check_documented_keys(server: &Server) {
    let mut con = server.connection().unwrap();
    let commands: Vec<Vec<Value>> = redis::cmd("COMMAND").query(&mut con).unwrap();
    let text = |value: &Value| redis::from_redis_value::<String>(value.clone()).unwrap();
    let int = |value: &Value| redis::from_redis_value::<i64>(value.clone()).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for info in commands {
        let container =
            info.get(9).is_some_and(|it| matches!(it, Value::Array(subs) if !subs.is_empty()));
        let mut infos = vec![(vec![text(&info[0])], info.clone())];
        if container {
            infos.clear();
            let Value::Array(subs) = &info[9] else { unreachable!() };
            for sub in subs {
                let Value::Array(sub) = sub else { panic!("{sub:?}") };
                let names = text(&sub[0]).split('|').map(str::to_owned).collect();
                infos.push((names, sub.clone()));
            }
        }
        for (mut words, info) in infos {
            let flags: Vec<String> = redis::from_redis_value(info[2].clone()).unwrap();
            let (first, last, step) = (int(&info[3]), int(&info[4]), int(&info[5]));
            // Pub/sub channels are no keys to the server, and a cursor is none to this library. The
            // keys of commands with movable keys depend on their arguments.
            let named = words.join(" ");
            let internal =
                ["restore-asking", "pfdebug", "pfselftest", "clusterscan"].contains(&&*named);
            if flags.iter().any(|flag| flag == "movablekeys")
                || named.ends_with("publish")
                || internal
            {
                continue;
            }
            words.extend((words.len()..8).map(|at| format!("w{at}")));
            let refs: Vec<_> = words.iter().map(|word| &**word).collect();
            let Ok(plan) = command::<()>(cmd(&refs)).explain() else { continue };
            let last = if last < 0 { 8 + last } else { last };
            let expected: Vec<_> = match (first, step) {
                (0, _) => vec![],
                (_, 1) => (first..=last).map(|at| format!("w{at}")).collect(),
                // Of keys that do not stand together the first stands for all.
                _ => vec![format!("w{first}")],
            };
            let keys: Vec<_> =
                plan.keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect();
            if keys != expected {
                wrong.push(format!("{named}: {keys:?}, and not {expected:?}"));
            }
            compared += 1;
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(compared > 150, "{compared}");
}
