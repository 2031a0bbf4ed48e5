//! Exchanges against a scripted server, which redirects, forgets scripts,
//! refuses and breaks off at any step.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;

use proptest::prelude::*;
use redis::{Cmd, RedisError, RedisResult, Value};

use super::{Exchange, Part, Payload, RawReply, Topology, Transmit};
use crate::error::{Error, Result};
use crate::op::{Reply, Request, Script};
use crate::redis_rs;

// The texts of all scripts here. A test uses fresh ones, because a script notes a refusal.
static SCRIPT: Script = Script::new("test", "return 1");
static OTHER_SCRIPT: Script = Script::new("other_test", "return 2");
static READING: Script = reading();

const fn reading() -> Script {
    Script::reading("reading_test", "return 3")
        .or_plain(|call| redis_rs::without_script(call, b"SET", &[], 0))
}

/// Scripts that no server has refused yet.
fn fresh_scripts() -> [&'static Script; 3] {
    let other = Script::new("other_test", "return 2");
    [Script::new("test", "return 1"), other, reading()].map(|it| &*Box::leak(Box::new(it)))
}

/// A fault at one command.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// In a transaction it is refused with this code when it is queued. Alone,
    /// redis-rs follows the redirection.
    Redirected(&'static str),
    /// Another client flushed all scripts before it.
    Flushed,
    /// The server refuses it.
    Refused,
    /// The connection breaks before the server executes it.
    BrokenBefore,
    /// The connection breaks after the server executed it.
    BrokenAfter,
}

#[derive(Default)]
struct Server {
    known: HashSet<Vec<u8>>,
    faults: HashMap<usize, VecDeque<Fault>>,
    refuses_multi: bool,
    /// The calls of scripts that the user may not run: EVALSHA, EVAL.
    denied: &'static [&'static str],
    /// The names of all commands that came, in order.
    names: Vec<String>,
    applied: Vec<usize>,
}

fn value(resp: &str) -> Value {
    redis::parse_redis_value(resp.as_bytes()).unwrap()
}

fn broken<T>() -> RedisResult<T> {
    Err(RedisError::from(io::Error::from(io::ErrorKind::BrokenPipe)))
}

impl Server {
    fn answer(&mut self, transmit: &Transmit) -> RawReply {
        match &transmit.payload {
            Payload::Single(cmd) => RawReply::Single(self.single(cmd)),
            Payload::Pipeline(pipeline) => {
                let cmds: Vec<_> = redis_rs::commands(pipeline).collect();
                RawReply::Pipeline(self.pipeline(&cmds))
            }
        }
    }

    /// Returns the server's refusal of a command that the user may not run. An old proxy
    /// does not know EVAL.
    fn denial(&mut self, cmd: &Cmd) -> Option<Value> {
        let name = String::from_utf8(words(cmd).remove(0)).unwrap();
        self.names.push(name.clone());
        let denied = self.denied.contains(&name.as_str());
        denied.then(|| match &*name {
            "EVAL" => value("-ERR unknown command 'EVAL', with args beginning with: 'return' \r\n"),
            name => {
                let name = name.to_lowercase();
                value(&format!("-NOPERM User u has no permissions to run the '{name}' command\r\n"))
            }
        })
    }

    fn fault(&mut self, cmd: &Cmd) -> Option<Fault> {
        self.faults.get_mut(&number(cmd)?)?.pop_front()
    }

    fn single(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        if let Some(denial) = self.denial(cmd) {
            return Ok(denial);
        }
        self.permitted(cmd)
    }

    fn permitted(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        match self.fault(cmd) {
            Some(Fault::BrokenBefore) => return broken(),
            Some(Fault::BrokenAfter) => {
                self.execute(cmd);
                return broken();
            }
            Some(Fault::Refused) => return Ok(value("-WRONGTYPE no\r\n")),
            Some(Fault::Flushed) => self.known.clear(),
            Some(Fault::Redirected(_)) | None => {}
        }
        Ok(self.execute(cmd))
    }

    fn pipeline(&mut self, cmds: &[Cmd]) -> RedisResult<Vec<Value>> {
        let mut replies = Vec::new();
        let mut queue: Option<(Vec<Cmd>, bool)> = None;
        for cmd in cmds {
            let name = words(cmd).remove(0);
            let denial = self.denial(cmd);
            let reply = match (&*name, &mut queue) {
                (b"MULTI", _) if self.refuses_multi => value("-NOPERM no multi\r\n"),
                (b"MULTI", _) => {
                    queue = Some((Vec::new(), false));
                    value("+OK\r\n")
                }
                (b"EXEC", _) => match queue.take() {
                    None => value("-ERR EXEC without MULTI\r\n"),
                    Some((_, true)) => value("-EXECABORT discarded\r\n"),
                    Some((queued, false)) => {
                        Value::Array(queued.iter().map(|cmd| self.execute(cmd)).collect())
                    }
                },
                (_, Some((_, refused))) if denial.is_some() => {
                    *refused = true;
                    denial.unwrap()
                }
                (_, Some((queued, refused))) => {
                    let fault = number(cmd).and_then(|at| self.faults.get_mut(&at)?.pop_front());
                    match fault {
                        Some(Fault::Redirected(code)) => {
                            *refused = true;
                            value(&format!("-{code} 1 node\r\n"))
                        }
                        Some(Fault::Refused) => {
                            *refused = true;
                            value("-NOPERM no\r\n")
                        }
                        Some(Fault::BrokenBefore | Fault::BrokenAfter) => return broken(),
                        // A flush comes before the whole transaction or after it.
                        Some(Fault::Flushed) | None => {
                            queued.push(cmd.clone());
                            value("+QUEUED\r\n")
                        }
                    }
                }
                (_, None) if denial.is_some() => denial.unwrap(),
                (_, None) => self.permitted(cmd)?,
            };
            replies.push(reply);
        }
        Ok(replies)
    }

    fn execute(&mut self, cmd: &Cmd) -> Value {
        let words = words(cmd);
        match &*words[0] {
            b"EXISTS" => return value(":0\r\n"),
            b"EVAL" => {
                let script = [&SCRIPT, &OTHER_SCRIPT, &READING];
                let known = script.iter().find(|it| it.text().as_bytes() == words[1]).unwrap();
                self.known.insert(known.sha().as_bytes().to_vec());
            }
            b"EVALSHA" if !self.known.contains(&words[1]) => {
                return value("-NOSCRIPT no matching script\r\n");
            }
            _ => {}
        }
        let number = number(cmd).unwrap();
        self.applied.push(number);
        Value::BulkString(number.to_string().into_bytes())
    }
}

fn words(cmd: &Cmd) -> Vec<Vec<u8>> {
    redis_rs::arguments(cmd).map(<[u8]>::to_vec).collect()
}

/// The number that a command of the request carries as its last argument.
fn number(cmd: &Cmd) -> Option<usize> {
    let words = words(cmd);
    let is_ours = words.len() > 2 && matches!(&*words[0], b"SET" | b"EVAL" | b"EVALSHA");
    is_ours.then(|| String::from_utf8(words.last().unwrap().clone()).unwrap().parse().unwrap())
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Script,
    OtherScript,
    /// A script that only reads, and has a plain command that says the same.
    Reading,
}

#[derive(Debug, Clone)]
struct Sent {
    key: usize,
    kind: Kind,
    fault: Vec<Fault>,
    /// It continues the atomic step of the command before it.
    same_step: bool,
    atomic: bool,
}

fn add(
    request: &mut Request,
    number: usize,
    sent: &Sent,
    scripts: [&'static Script; 3],
) -> Result<()> {
    let (key, [script, other, reading]) = (format!("key{}", sent.key), scripts);
    match sent.kind {
        Kind::Plain => drop(request.command("SET", 2, 32).arg(key).int(number)),
        Kind::Script => drop(request.script(script, &key, 1, 32).int(number)),
        Kind::OtherScript => drop(request.script(other, &key, 1, 32).int(number)),
        Kind::Reading => drop(request.script(reading, &key, 1, 32).int(number)),
    }
    Ok(())
}

/// The commands as items of a batch; an atomic step has one key.
fn request(all: &[Sent]) -> (Request, Vec<Vec<usize>>) {
    request_of(all, fresh_scripts())
}

fn request_of(all: &[Sent], scripts: [&'static Script; 3]) -> (Request, Vec<Vec<usize>>) {
    let (mut request, mut steps, mut at) = (Request::new(), Vec::new(), 0);
    while at < all.len() {
        let mut end = at + 1;
        while all[at].atomic && end < all.len() && all[end].same_step {
            end += 1;
        }
        let key = all[at].key;
        request.item(|request| {
            let step = |request: &mut Request| {
                (at..end)
                    .try_for_each(|n| add(request, n, &Sent { key, ..all[n].clone() }, scripts))
            };
            if all[at].atomic { request.atomic(step) } else { step(request) }
        });
        steps.push((at..end).collect());
        at = end;
    }
    (request, steps)
}

fn exchange(
    server: &mut Server,
    request: Request,
    topology: Topology,
    side_by_side: bool,
) -> Result<Vec<Result<Reply>>> {
    let count = request.len();
    let mut exchange = Exchange::new(request, || topology)?;
    loop {
        let transmits = if side_by_side {
            exchange.next_of_each_slot()
        } else {
            exchange.next().into_iter().collect()
        };
        if transmits.is_empty() {
            break;
        }
        for transmit in transmits {
            let raw = server.answer(&transmit);
            exchange.received(transmit, raw)?;
        }
    }
    let mut replies = exchange.into_replies()?;
    // Read as one operation would: all commands, whatever the members.
    Ok((0..count).map(|_| replies.next()).collect())
}

fn sent() -> impl Strategy<Value = Sent> {
    let fault = prop_oneof![
        Just(Fault::Redirected("MOVED")),
        Just(Fault::Redirected("ASK")),
        Just(Fault::Redirected("TRYAGAIN")),
        Just(Fault::Redirected("CLUSTERDOWN")),
        Just(Fault::Flushed),
        Just(Fault::Flushed),
        Just(Fault::Refused),
        Just(Fault::BrokenBefore),
        Just(Fault::BrokenAfter),
    ];
    let faults = prop_oneof![4 => Just(Vec::new()), 1 => proptest::collection::vec(fault, 1..4)];
    let scripts = prop_oneof![Just(Kind::Script), Just(Kind::OtherScript), Just(Kind::Reading)];
    let kind = prop_oneof![1 => Just(Kind::Plain), 3 => scripts];
    (0..4_usize, kind, faults, any::<bool>(), any::<bool>()).prop_map(
        |(key, kind, fault, same_step, atomic)| Sent { key, kind, fault, same_step, atomic },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]
    #[test]
    fn each_command_is_answered_once_and_applied_at_most_once_and_in_order(
        all in proptest::collection::vec(sent(), 1..24),
        cluster in any::<bool>(),
        side_by_side in any::<bool>(),
        refuses_multi in proptest::bool::weighted(0.1),
        denied in prop_oneof![
            3 => Just(&[][..]),
            2 => Just(&["EVALSHA"][..]),
            1 => Just(&["EVALSHA", "EVAL"][..]),
        ],
    ) {
        let faults = all.iter().map(|sent| sent.fault.iter().copied().collect()).enumerate();
        // A cluster connection that may not use MULTI is refused by its server.
        let refuses_multi = refuses_multi && !cluster;
        let mut server =
            Server { faults: faults.collect(), refuses_multi, denied, ..Server::default() };
        let topology = if cluster { Topology::Cluster } else { Topology::SingleServer };
        let (request, steps) = request(&all);
        let times = |server: &Server, n: usize| server.applied.iter().filter(|at| **at == n).count();
        let replies = exchange(&mut server, request, topology, side_by_side);
        for n in 0..all.len() {
            prop_assert!(times(&server, n) <= 1, "command {n} was applied twice");
        }
        // Of each key the order is that of the request.
        for step in 0..4 {
            let of_key = |n: &usize| steps.iter().any(|all_of| all_of.contains(n) && all[all_of[0]].key == step);
            let applied: Vec<_> = server.applied.iter().copied().filter(of_key).collect();
            let reads = |n: usize| all[n].kind == Kind::Reading;
            for (at, n) in applied.iter().enumerate() {
                let late = applied[at..].iter().find(|late| *late < n && !(reads(**late) && reads(*n)));
                prop_assert!(late.is_none(), "{applied:?}");
            }
        }
        let Ok(replies) = replies else { return Ok(()) };
        for (n, reply) in replies.into_iter().enumerate() {
            let applied = times(&server, n) == 1;
            match reply {
                Ok(reply) => {
                    prop_assert!(applied);
                    prop_assert_eq!(reply.into_bytes().unwrap().unwrap(), n.to_string().into_bytes());
                }
                Err(error) if error.is_connection() => {}
                Err(error) if error.to_string().contains("command by command") => {}
                Err(error) => prop_assert!(!applied, "command {} was applied: {}", n, error),
            }
        }
        if !refuses_multi {
            for step in steps.iter().filter(|step| all[step[0]].atomic) {
                let applied = step.iter().filter(|n| times(&server, **n) == 1).count();
                prop_assert!(applied == 0 || applied == step.len(), "a part of a step was applied");
            }
        }
    }
}

fn plain(keys: &[usize]) -> Vec<Sent> {
    let sent = |key: &usize| Sent {
        key: *key,
        kind: Kind::Plain,
        fault: Vec::new(),
        same_step: false,
        atomic: false,
    };
    keys.iter().map(sent).collect()
}

#[test]
fn a_script_that_was_flushed_is_not_run_after_a_later_command_on_its_key() {
    let mut all = plain(&[0, 0, 0, 1]);
    (all[0].kind, all[1].kind, all[3].kind) = (Kind::Script, Kind::Script, Kind::Script);
    (all[1].fault, all[3].fault) = (vec![Fault::Flushed], vec![Fault::Flushed]);
    let mut server = Server {
        faults: all.iter().map(|sent| sent.fault.iter().copied().collect()).enumerate().collect(),
        ..Server::default()
    };
    let (request, _) = request(&all);
    let replies = exchange(&mut server, request, Topology::SingleServer, false).unwrap();
    let error = replies[1].as_ref().unwrap_err();
    assert!(error.to_string().starts_with("not applied"), "{error}");
    assert!(replies[0].is_ok() && replies[2].is_ok());
    // Nothing came after it on its key, so the other one was sent again.
    assert!(replies[3].is_ok());
    assert_eq!(server.applied, [0, 2, 3]);
}

/// Runs a request for a user who may not run some calls of scripts. Returns the outcomes, and
/// the names of the commands that the server received.
fn denied(
    denied: &'static [&'static str],
    kinds: &[(usize, Kind)],
    atomic: bool,
    topology: Topology,
    scripts: [&'static Script; 3],
) -> (Vec<Result<Reply>>, Server) {
    let mut all = plain(&kinds.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    for (sent, (_, kind)) in all.iter_mut().zip(kinds) {
        (sent.kind, sent.atomic, sent.same_step) = (*kind, atomic, true);
    }
    let mut server = Server { denied, ..Server::default() };
    let (request, _) = request_of(&all, scripts);
    let replies = exchange(&mut server, request, topology, false).unwrap();
    (replies, server)
}

const TOPOLOGIES: [Topology; 4] =
    [Topology::SingleServer, Topology::Cluster, Topology::SyncCluster, Topology::Unknown];

#[test]
fn a_script_that_is_refused_by_its_digest_is_sent_as_text_in_its_place() {
    for topology in TOPOLOGIES {
        for atomic in [false, true] {
            for kinds in [
                &[(0, Kind::Script)][..],
                &[(0, Kind::OtherScript), (0, Kind::Script), (0, Kind::Script)],
                &[(0, Kind::Plain), (0, Kind::Script), (0, Kind::Script)],
            ] {
                let scripts = fresh_scripts();
                let (replies, server) = denied(&["EVALSHA"], kinds, atomic, topology, scripts);
                assert!(replies.iter().all(Result::is_ok), "{topology:?} {atomic} {replies:?}");
                let order: Vec<_> = (0..kinds.len()).collect();
                assert_eq!(server.applied, order, "{topology:?} {atomic}");
            }
        }
    }
}

#[test]
fn a_refused_script_does_not_run_after_a_later_command_on_its_key_and_runs_the_next_time() {
    let kinds = [(0, Kind::Script), (0, Kind::Script), (0, Kind::Plain), (1, Kind::Script)];
    let scripts = fresh_scripts();
    let topology = Topology::SingleServer;
    let (replies, server) = denied(&["EVALSHA"], &kinds, false, topology, scripts);
    let error = replies[1].as_ref().unwrap_err();
    assert!(error.to_string().starts_with("not applied"), "{error}");
    assert_eq!(server.applied, [0, 2, 3]);
    let (replies, server) = denied(&["EVALSHA"], &kinds, false, topology, scripts);
    assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    assert_eq!(server.applied, [0, 1, 2, 3]);
    assert!(!server.names.contains(&"EVALSHA".to_owned()), "{:?}", server.names);
    // A server that takes the digest again is sent the digest again.
    let (_, server) = denied(&[], &kinds[..1], false, topology, scripts);
    assert_eq!(server.names, ["EVALSHA", "EVAL"]);
    let mut server = Server { known: server.known, ..Server::default() };
    for sent in [&["EVALSHA"][..], &["EVALSHA", "EVAL", "EVALSHA"]] {
        let kinds = vec![(0, Kind::Script); if sent.len() == 1 { 1 } else { 2 }];
        let all: Vec<_> = plain(&vec![0; kinds.len()])
            .into_iter()
            .map(|it| Sent { kind: Kind::Script, ..it })
            .collect();
        exchange(&mut server, request_of(&all, scripts).0, topology, false).unwrap();
        assert_eq!(server.names, sent);
    }
}

#[test]
fn a_step_whose_scripts_are_refused_is_not_sent_after_a_later_command_on_its_key() {
    let mut all = plain(&[0, 0, 0]);
    for sent in &mut all[..2] {
        (sent.kind, sent.atomic, sent.same_step) = (Kind::Script, true, true);
    }
    let mut server = Server { denied: &["EVALSHA"], ..Server::default() };
    let replies = exchange(&mut server, request(&all).0, Topology::SingleServer, false).unwrap();
    for reply in &replies[..2] {
        let error = reply.as_ref().unwrap_err().to_string();
        assert!(error.ends_with("nothing of its atomic step was applied"), "{error}");
    }
    assert_eq!(server.applied, [2]);
}

#[test]
fn a_reading_script_is_sent_as_a_plain_command_where_no_script_may_run() {
    for topology in TOPOLOGIES {
        for atomic in [false, true] {
            for count in 1..4 {
                let kinds = vec![(0, Kind::Reading); count];
                let scripts = fresh_scripts();
                let (replies, server) =
                    denied(&["EVALSHA", "EVAL"], &kinds, atomic, topology, scripts);
                assert!(replies.iter().all(Result::is_ok), "{topology:?} {atomic} {replies:?}");
                assert_eq!(server.applied, (0..count).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn without_permission_for_scripts_nothing_runs_and_the_error_says_what_is_missing() {
    for topology in TOPOLOGIES {
        for atomic in [false, true] {
            let kinds = [(0, Kind::Script), (0, Kind::Reading), (0, Kind::OtherScript)];
            let scripts = fresh_scripts();
            let (replies, server) = denied(&["EVALSHA", "EVAL"], &kinds, atomic, topology, scripts);
            assert!(server.applied.is_empty() || (!atomic && server.applied == [1]));
            for at in [0, 2] {
                let error = replies[at].as_ref().unwrap_err().to_string();
                assert!(error.contains("'EVAL'"), "{error}");
                assert!(error.contains("needs `+evalsha` or `+eval`"), "{error}");
            }
        }
    }
}

#[test]
fn a_dead_cluster_of_a_thousand_slots_is_given_up_without_an_overflow() {
    let all = plain(&(0..1000).collect::<Vec<_>>());
    let faults = (0..all.len()).map(|n| (n, VecDeque::from([Fault::BrokenBefore]))).collect();
    let mut server = Server { faults, ..Server::default() };
    let error: Error = exchange(&mut server, request(&all).0, Topology::Cluster, true).unwrap_err();
    assert!(error.is_connection());
}

#[test]
fn what_is_sent_grows_with_the_number_of_commands_and_not_with_its_square() {
    // Every command is looked at a bounded number of times, however many parts
    // the request is sent in: with one slot, several slots, and on one server.
    for (topology, keys) in
        [(Topology::SingleServer, 50), (Topology::Cluster, 1), (Topology::Cluster, 50)]
    {
        let time = |count: usize| {
            let all = plain(&(0..count).map(|n| n % keys).collect::<Vec<_>>());
            let request = request(&all).0;
            let start = std::time::Instant::now();
            let mut exchange = Exchange::new(request, || topology).unwrap();
            loop {
                let transmits = exchange.next_of_each_slot();
                if transmits.is_empty() {
                    break;
                }
                for transmit in transmits {
                    let commands = transmit.parts.iter().filter_map(Part::command).count();
                    let replies = transmit.parts.iter().map(|part| match part {
                        Part::Exec => Value::Array(vec![Value::Okay; commands]),
                        _ => Value::Okay,
                    });
                    let raw = match transmit.payload {
                        Payload::Single(_) => RawReply::Single(Ok(Value::Okay)),
                        Payload::Pipeline(_) => RawReply::Pipeline(Ok(replies.collect())),
                    };
                    exchange.received(transmit, raw).unwrap();
                }
            }
            start.elapsed()
        };
        let best = |count| (0..3).map(|_| time(count)).min().unwrap();
        let (few, many) = (best(4_000), best(64_000));
        // Sixteen times as many: about 16 where it is linear, 256 where it is not.
        assert!(many < few * 80, "{topology:?}: {few:?}, {many:?}");
    }
}
