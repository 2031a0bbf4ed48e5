//! The permissions that each operation needs, found out with users of a real server, and
//! written as tables into the documentation.
//!
//! `BLESS=1 cargo test --test wire -- permissions` writes the tables, with the server `REDIS_8`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs};

use redis::{Connection, Value};
use redis_model::embedded::Server;
use redis_model::op::BoxedOperation;
use redis_model::{Error, Operation, RedisModel, Result};

use crate::mock::draft;
use crate::models::*;
use crate::{operations, structures};

type Catalogue = Vec<(&'static str, BoxedOperation<'static, ()>)>;

/// Both calls of scripts, in the tables.
const SCRIPT: &str = "script";

/// The permissions of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Needs {
    /// Names of commands, and `script`.
    commands: BTreeSet<String>,
    /// The access to keys: nothing, `%R~`, `%W~` or `~`.
    keys: &'static str,
    channels: bool,
}

const KEYS: [&str; 4] = ["", "%R~", "%W~", "~"];

impl Needs {
    /// Returns the rules of a user's ACL.
    fn rules(&self) -> Vec<String> {
        let mut rules: Vec<String> =
            ["reset", "on", "nopass", "-@all", "+auth"].map(Into::into).into();
        rules.extend((!self.keys.is_empty()).then(|| format!("{}*", self.keys)));
        rules.extend(self.channels.then(|| "&*".to_owned()));
        for command in &self.commands {
            match command.as_str() {
                SCRIPT => rules.extend(["+evalsha", "+eval"].map(Into::into)),
                command => rules.push(format!("+{command}")),
            }
        }
        rules
    }

    fn without(&self, command: &str) -> Self {
        let mut less = self.clone();
        less.commands.remove(command);
        less
    }

    /// Writes a row of a table.
    fn row(&self, operation: &str) -> String {
        let mut commands: Vec<_> = self.commands.iter().filter(|it| *it != SCRIPT).collect();
        commands.sort();
        let commands = commands.iter().map(|it| format!("`+{it}`")).collect::<Vec<_>>().join(" ");
        let script = if self.commands.contains(SCRIPT) { "yes" } else { "" };
        let keys = match (self.keys, self.channels) {
            ("", true) => "channel `&`".to_owned(),
            ("", false) => String::new(),
            (keys, _) => format!("`{keys}`"),
        };
        let escaped = |text: &str| text.replace('|', "\\|");
        format!("| `{}` | {script} | {} | {keys} |", escaped(operation), escaped(&commands))
    }

    /// Reads a row.
    fn parse(row: &str) -> (String, Self) {
        let row = row.strip_prefix('|').and_then(|row| row.strip_suffix('|')).unwrap_or_default();
        let cells: Vec<_> = row.split(" | ").map(|cell| cell.trim().replace("\\|", "|")).collect();
        let [operation, script, commands, keys] = &cells[..] else { panic!("{row}") };
        let commands = commands.split_whitespace().map(|it| it.trim_matches(['`', '+']).to_owned());
        let mut commands: BTreeSet<_> = commands.collect();
        commands.extend((script == "yes").then(|| SCRIPT.to_owned()));
        let channels = keys.starts_with("channel");
        let keys = if channels { "" } else { keys.trim_matches('`') };
        let keys = KEYS.into_iter().find(|it| *it == keys).unwrap();
        (operation.trim_matches('`').to_owned(), Self { commands, keys, channels })
    }
}

/// The operations that are one. The others need what their members do.
fn single(all: Catalogue) -> Catalogue {
    const SEVERAL: [&str; 8] = [
        "(",
        "[",
        "vec!",
        "batch(",
        "atomic(",
        "transaction(",
        "redis_model::",
        "UserKeys::of(7).follows",
    ];
    let is_single = |words: &str| {
        !SEVERAL.iter().any(|prefix| words.starts_with(prefix))
            && !words.contains("_many([")
            && !words.contains("boxed()")
    };
    all.into_iter().filter(|(words, _)| is_single(words)).collect()
}

fn label(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The contents of the keys.
type Stored = Vec<(Vec<u8>, Vec<u8>, i64)>;

/// A server on which users run operations.
struct Lab {
    server: Server,
    admin: Connection,
    /// Contents of the keys, the first of which is nothing.
    states: Vec<Stored>,
}

impl Lab {
    fn start(server: Server) -> Self {
        let mut admin = server.connection().unwrap();
        let con = &mut admin;
        (USER.save(), FULL.save(), HOLLOW.save(), PLACE.save(), EVENT.save()).run(con).unwrap();
        (BLOB.save(), LARGE.save(), SESSION.save()).run(con).unwrap();
        // An older server cannot store the fields that expire.
        let _ = LOGIN.save().run(con);
        let mut lab = Self { server, admin, states: vec![Vec::new()] };
        lab.add_state(&[
            "SET v x EX 1000",
            "SET c 1",
            "RPUSH l x y",
            "RPUSH m x",
            "SADD s 1 2",
            "SADD t 1",
            "SADD u 1",
            "ZADD z 1 x 2 y",
            "HSET h a 1 b 2",
            "HSET page:1 views 1",
        ]);
        // Other contents, for what an operation does only with those.
        lab.add_state(&[
            "HDEL user:1 name",
            "HSET user:1 visits 0",
            "HDEL {acme}:full:7 version",
            "HDEL login:1 code",
            "HSET login:1 pin 7",
            "HPEXPIRE login:1 1000000 FIELDS 1 pin",
            "SET v [1]",
            "SET c -1",
            "HPEXPIRE h 1000000 FIELDS 1 a",
        ]);
        lab.add_state(&[
            "HSET user:1 visits 5 name Bob",
            "HDEL h a",
            "PERSIST v",
            "PERSIST session:tok",
        ]);
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut lab.admin).unwrap();
        let expiring: Vec<_> = keys.iter().map(|key| format!("EXPIRE {key} 1000")).collect();
        lab.add_state(&expiring.iter().map(String::as_str).collect::<Vec<_>>());
        lab
    }

    /// Changes the contents of the keys, and adds them as one more state to run operations on.
    fn add_state(&mut self, commands: &[&str]) {
        for words in commands {
            let changed = run_words(&mut self.admin, words);
            assert!(changed.is_ok() || words.starts_with("HPEXPIRE"), "{words}: {changed:?}");
        }
        let stored = self.stored();
        self.states.push(stored);
    }

    fn stored(&mut self) -> Stored {
        let con = &mut self.admin;
        let mut keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(con).unwrap();
        keys.sort();
        keys.into_iter()
            .map(|key| {
                let mut both = redis::pipe();
                both.cmd("DUMP").arg(&key).cmd("PEXPIRETIME").arg(&key);
                let (dump, expires): (Vec<u8>, i64) = both.query(con).unwrap();
                (key, dump, expires)
            })
            .collect()
    }

    /// Sets the contents of all keys. The operations of sorted sets and of streams use some
    /// names for both.
    fn restore(&mut self, state: usize, words: &str) {
        let filled = state > 0;
        let mut commands = redis::pipe();
        commands.cmd("FLUSHALL");
        for (key, dump, expires) in &self.states[state] {
            commands.cmd("RESTORE").arg(key).arg((*expires).max(0)).arg(dump).arg("ABSTTL");
        }
        commands.exec(&mut self.admin).unwrap();
        let extra: &[&str] = match words {
            _ if !filled => &[],
            words if words.starts_with("log") || words.starts_with("workers") => &[
                "XADD x 1-1 i 7",
                "XADD y 1-1 i 7",
                "XGROUP CREATE x workers 0",
                "XREADGROUP GROUP workers ada COUNT 1 STREAMS x >",
            ],
            _ => &[
                "ZADD x 1 x 2 y",
                "ZADD y 1 x 2 z",
                "SADD user:7:follows 1",
                "SET user:7:visits 1",
            ],
        };
        extra.iter().for_each(|words| drop(run_words(&mut self.admin, words).unwrap()));
    }

    /// Runs an operation as a user with these permissions.
    fn run(&self, needs: &Needs, operation: &BoxedOperation<'_, ()>) -> Result<()> {
        self.run_as(&needs.rules(), operation)
    }

    fn run_as(&self, rules: &[String], operation: &BoxedOperation<'_, ()>) -> Result<()> {
        let mut con = self.server.connection().unwrap();
        redis::cmd("ACL").arg("SETUSER").arg("u").arg(rules).exec(&mut con).unwrap();
        redis::cmd("AUTH").arg("u").arg("any").exec(&mut con).unwrap();
        operation.run(&mut con)
    }

    /// Returns the first refusal of an operation, with and without records.
    fn refusal(
        &mut self,
        needs: &Needs,
        words: &str,
        operation: &BoxedOperation<'_, ()>,
    ) -> Option<Error> {
        (0..self.states.len()).find_map(|state| {
            self.restore(state, words);
            let before = self.stored();
            let error = self.run(needs, operation).err().filter(is_refusal)?;
            // Without MULTI a server executes the commands one by one, and the error says so.
            if !error.to_string().contains("command by command") {
                assert_eq!(self.stored(), before, "{words}: {error}");
            }
            Some(error)
        })
    }

    /// Finds the permissions that an operation needs, from its errors.
    fn find(&mut self, words: &str, operation: &BoxedOperation<'_, ()>) -> Needs {
        let mut needs = Needs { keys: "~", channels: true, ..Needs::default() };
        while let Some(error) = self.refusal(&needs, words, operation) {
            let missing = missing(&error);
            let known = needs.commands.len();
            needs.commands.extend(missing);
            assert!(needs.commands.len() > known, "{words}: {error}");
        }
        // An error may name two commands where one is missing.
        for command in needs.commands.clone() {
            let less = needs.without(&command);
            if self.refusal(&less, words, operation).is_none() {
                needs = less;
            }
        }
        for keys in KEYS.into_iter().rev() {
            let less = Needs { keys, ..needs.clone() };
            if self.refusal(&less, words, operation).is_none() {
                needs = less;
            }
        }
        let less = Needs { channels: false, ..needs.clone() };
        if self.refusal(&less, words, operation).is_none() { less } else { needs }
    }

    /// Checks that these permissions suffice, and that each is necessary and named.
    fn check(&mut self, needs: &Needs, words: &str, operation: &BoxedOperation<'_, ()>) {
        if let Some(error) = self.refusal(needs, words, operation) {
            panic!("{words} needs more: {error}");
        }
        for command in &needs.commands {
            let Some(error) = self.refusal(&needs.without(command), words, operation) else {
                panic!("{words} does not need {command}");
            };
            let name = if command == SCRIPT { "+eval" } else { command };
            let text = error.to_string().to_lowercase();
            assert!(text.contains(name), "{words} without {command}: {error}");
        }
        if needs.commands.contains(SCRIPT) {
            for state in 0..self.states.len() {
                self.restore(state, words);
                let mut rules = needs.rules();
                rules.push("-evalsha".to_owned());
                if let Err(error) = self.run_as(&rules, operation) {
                    assert!(!is_refusal(&error), "{words} by EVAL: {error}");
                }
            }
        }
        if !needs.keys.is_empty() {
            self.restore(1, words);
            let before = self.stored();
            let mut rules = Needs { keys: "", ..needs.clone() }.rules();
            rules.push(format!("{}other:*", needs.keys));
            let error = self.run_as(&rules, operation).unwrap_err();
            assert!(
                is_refusal(&error) && (error.key().is_some() || words.starts_with("UserKeys")),
                "{words}: {error}"
            );
            assert_eq!(self.stored(), before, "{words}");
        }
        if needs.channels {
            let less = Needs { channels: false, ..needs.clone() };
            let error = self.refusal(&less, words, operation).unwrap();
            assert!(error.to_string().contains("channel"), "{words}: {error}");
        }
    }

    /// Returns `true` if the server does not know one of the commands.
    fn is_unsupported(&mut self, needs: &Needs) -> bool {
        needs.commands.iter().filter(|command| *command != SCRIPT).any(|command| {
            let mut info = redis::cmd("COMMAND");
            let info: Vec<Value> = info.arg("INFO").arg(command).query(&mut self.admin).unwrap();
            info == [Value::Nil]
        })
    }
}

fn run_words(con: &mut Connection, words: &str) -> redis::RedisResult<Value> {
    let mut words = words.split(' ');
    redis::cmd(words.next().unwrap()).arg(words.collect::<Vec<_>>()).query(con)
}

fn is_refusal(error: &Error) -> bool {
    error.to_string().contains("NOPERM")
}

/// Returns the names of the commands that an error says are missing.
fn missing(error: &Error) -> Vec<String> {
    let text = error.to_string();
    if text.contains("+eval") {
        return vec![SCRIPT.to_owned()];
    }
    let Some((_, rest)) = text.split_once("to run ") else { panic!("{error}") };
    let names = rest.strip_prefix("the '").map_or_else(
        || rest.split(" on ").next().unwrap(),
        |rest| rest.split('\'').next().unwrap(),
    );
    names.split(" or ").map(str::to_lowercase).collect()
}

fn tables() -> [(&'static str, Catalogue); 2] {
    [("models", single(operations::all())), ("structures", single(structures::all()))]
}

fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join(format!("core/src/connection/permissions_of_{name}.md"))
}

const HEAD: &str = "| operation | script | commands | keys |\n|---|---|---|---|\n";

/// Writes the tables, if it should.
static BLESSED: LazyLock<()> = LazyLock::new(|| {
    if env::var_os("BLESS").is_none() || env::var_os("REDIS_8").is_none() {
        return;
    }
    let mut lab = Lab::start(newer("REDIS_8"));
    for (name, all) in tables() {
        let mut table = HEAD.to_owned();
        for (words, operation) in &all {
            let needs = lab.find(words, operation);
            writeln!(table, "{}", needs.row(&label(words))).unwrap();
        }
        fs::write(path(name), table).unwrap();
    }
});

/// Commits a blob on a server that refuses `SET … IFEQ`, after which the process sends the
/// script to every server: the tables are those of the script.
static SCRIPTS_COMMIT: LazyLock<()> = LazyLock::new(|| {
    let server = Server::start().unwrap();
    let commit = draft(&*BLOB, |it| it.text = "new".into()).commit();
    let _ = commit.run(&mut server.connection().unwrap()).unwrap();
});

fn check(server: Server) {
    LazyLock::force(&SCRIPTS_COMMIT);
    LazyLock::force(&BLESSED);
    let mut lab = Lab::start(server);
    for (name, all) in tables() {
        let table = fs::read_to_string(path(name)).unwrap();
        let mut rows = table.strip_prefix(HEAD).unwrap().lines();
        for (words, operation) in &all {
            let (labelled, needs) = Needs::parse(rows.next().unwrap_or_default());
            assert_eq!(labelled, label(words), "BLESS=1 writes the table");
            if !lab.is_unsupported(&needs) {
                lab.check(&needs, words, operation);
            }
        }
        assert_eq!(rows.next(), None);
    }
}

fn newer(variable: &str) -> Server {
    let binary =
        env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"));
    Server::options().binary(binary).start().unwrap()
}

#[test]
fn permissions_of_every_operation_are_those_of_the_table() {
    check(Server::start().unwrap());
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn permissions_on_redis_8_are_those_of_the_table() {
    check(newer("REDIS_8"));
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn permissions_on_valkey_9_are_those_of_the_table() {
    check(newer("VALKEY_9"));
}
