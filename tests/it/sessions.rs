//! Sessions: the races of the usual code, and that there are none.

use std::time::{Duration, SystemTime};

use redis_model::embedded::Server;
use redis_model::patterns::{SessionToken, Sessions};
use redis_model::{ErrorKind, Json, Operation};

use crate::support::{
    AsyncCon, Con, Target, everywhere, fresh, on_sync_connections, runtime, server,
};

const IDLE: Duration = Duration::from_secs(60);
const MOST: Duration = Duration::from_secs(600);

fn sessions() -> Sessions<u64, Json> {
    Sessions::at(format!("session:{}", fresh()), IDLE).max_age(MOST)
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

/// Returns the keys of all sessions.
fn keys(con: &mut Con, sessions: &Sessions<u64, Json>) -> Vec<String> {
    con.raw(&["KEYS", &format!("{}:*", sessions.key())])
}

/// Returns the key of a user's sessions.
fn key_of(sessions: &Sessions<u64, Json>, user: &str) -> String {
    sessions.list(user).explain().unwrap().to_string().split(' ').nth(3).unwrap().to_owned()
}

#[test]
fn a_session_is_created_read_changed_moved_to_a_user_and_ended() {
    everywhere(|con| {
        let sessions = sessions();
        let visitor = con.run(sessions.create(1)).unwrap();
        let other = con.run(sessions.create_for("ada", 9)).unwrap();
        let read = con.run(sessions.get(&visitor)).unwrap().unwrap();
        assert_eq!((read.data, read.user.as_deref()), (1, None));
        let doubled = con.run_flow(&mut sessions.update(&visitor, |data| {
            *data += 6;
            *data * 2
        }));
        assert_eq!(doubled.unwrap(), Some(14));

        let token = con.run_flow(&mut sessions.log_in(&visitor, "ada")).unwrap().unwrap();
        assert!(con.run(sessions.get(&visitor)).unwrap().is_none());
        assert!(con.run_flow(&mut sessions.log_in(&visitor, "eve")).unwrap().is_none());
        let read = con.run(sessions.get(&token)).unwrap().unwrap();
        assert_eq!((read.data, read.user.as_deref()), (7, Some("ada")));

        let next = con.run_flow(&mut sessions.rotate(&token)).unwrap().unwrap();
        assert!(con.run(sessions.get(&token)).unwrap().is_none());
        assert!(!con.run(sessions.delete(&token)).unwrap());
        let listed = con.run(sessions.list("ada").strict()).unwrap();
        let mut data: Vec<_> = listed.iter().map(|session| session.data).collect();
        data.sort_unstable();
        assert_eq!(data, [7, 9]);
        // Rotation keeps the age.
        let rotated = con.run(sessions.get(&next)).unwrap().unwrap();
        assert_eq!(rotated.created, read.created);

        assert_eq!(con.run(sessions.revoke_others(&next)).unwrap(), 1);
        assert!(con.run(sessions.get(&other)).unwrap().is_none());
        assert_eq!(con.run(sessions.revoke_others(&other)).unwrap(), 0);
        assert!(con.run(sessions.revoke("ada", &rotated.id)).unwrap());
        assert!(con.run(sessions.get(&next)).unwrap().is_none());
        assert_eq!(con.run(sessions.revoke_all("ada")).unwrap(), 0);
        con.run(sessions.create_for("ada", 1)).unwrap();
        con.run(sessions.create_for("ada", 2)).unwrap();
        assert_eq!(con.run(sessions.revoke_all("ada")).unwrap(), 2);
        if con.target == Target::Server {
            assert_eq!(keys(con, &sessions), [""; 0]);
        }
    });
}

#[test]
fn a_hash_tag_makes_a_login_on_a_cluster_one_step() {
    let con = &mut Con::sync_to(Target::Cluster);
    let sessions = Sessions::<u64, Json>::at(format!("{{session:{}}}", fresh()), IDLE);
    let visitor = con.run(sessions.create(1)).unwrap();
    let token = con.run_flow(&mut sessions.log_in(&visitor, 7)).unwrap().unwrap();
    assert!(con.run(sessions.get(&visitor)).unwrap().is_none());
    assert_eq!(con.run(sessions.get(&token)).unwrap().unwrap().user.as_deref(), Some("7"));
}

#[test]
fn a_rotated_session_of_a_visitor_keeps_its_age() {
    everywhere(|con| {
        let sessions = sessions();
        let mut token = con.run(sessions.at_time(at(0)).create(1)).unwrap();
        for second in [50, 100] {
            let now = sessions.at_time(at(second));
            token = con.run_flow(&mut now.rotate(&token)).unwrap().unwrap();
            assert_eq!(con.run(now.get(&token)).unwrap().unwrap().created, at(0));
        }
    });
}

#[test]
fn a_request_extends_a_session_up_to_its_greatest_age() {
    on_sync_connections(|con| {
        let sessions = sessions();
        let token = con.run(sessions.at_time(at(0)).create_for("ada", 1)).unwrap();
        for second in (50..600).step_by(50) {
            let read = con.run(sessions.at_time(at(second)).get(&token)).unwrap().unwrap();
            assert_eq!((read.created, read.expires), (at(0), at((second + 60).min(600))));
        }
        assert!(con.run(sessions.at_time(at(599)).get(&token)).unwrap().is_some());
        let late = sessions.at_time(at(600));
        assert!(con.run(late.get(&token)).unwrap().is_none());
        assert!(con.run(late.list("ada")).unwrap().is_empty());
        assert!(!con.run(late.delete(&token)).unwrap());

        // Not used for the idle time.
        let token = con.run(sessions.at_time(at(0)).create(1)).unwrap();
        assert!(con.run(sessions.at_time(at(59)).get(&token)).unwrap().is_some());
        assert!(con.run(sessions.at_time(at(119)).get(&token)).unwrap().is_none());
        // The key expires on its own.
        let token = con.run(sessions.create_for("eve", 1)).unwrap();
        let key = key_of(&sessions, "eve");
        con.raw::<()>(&["PEXPIRE", &key, "1000"]);
        con.run(sessions.get(&token)).unwrap().unwrap();
        let left: u64 = con.raw(&["PTTL", &key]);
        assert!((59_000..=60_000).contains(&left), "{left}");
    });
}

#[test]
fn sessions_that_have_ended_are_removed_by_new_ones() {
    let con = &mut Con::sync();
    let sessions = sessions();
    for second in 0..300 {
        con.run(sessions.at_time(at(second * 10)).create_for("ada", second)).unwrap();
    }
    let live = con.run(sessions.at_time(at(2990)).list("ada").strict()).unwrap();
    assert_eq!(
        live.iter().map(|session| session.data).collect::<Vec<_>>(),
        [294, 295, 296, 297, 298, 299]
    );
    let fields: u64 = con.raw(&["HLEN", &key_of(&sessions, "ada")]);
    assert!(fields < 60, "{fields}");
}

/// The usual code: `GET`, then `SETEX` with the data that were read.
#[test]
fn the_usual_request_brings_a_revoked_session_back() {
    let con = &mut Con::sync();
    let key = format!("session:{}", fresh());
    con.raw::<()>(&["SETEX", &key, "60", "cart"]);
    let read: String = con.raw(&["GET", &key]);
    con.raw::<()>(&["DEL", &key]); // the user logs out
    con.raw::<()>(&["SETEX", &key, "60", &read]);
    assert!(con.raw::<bool>(&["EXISTS", &key]), "logged in again");

    // Ours: neither a save nor a change of the data does.
    let sessions = sessions();
    let token = con.run(sessions.create_for("ada", 1)).unwrap();
    let read = con.run(sessions.get(&token)).unwrap().unwrap();
    con.run(sessions.delete(&token)).unwrap();
    assert!(!con.run(sessions.save(&token, &read)).unwrap());
    assert!(con.run_flow(&mut sessions.update(&token, |_| ())).unwrap().is_none());
    assert!(con.run_flow(&mut sessions.rotate(&token)).unwrap().is_none());
    assert!(con.run(sessions.get(&token)).unwrap().is_none());
}

#[test]
fn a_save_of_data_that_another_wrote_is_a_conflict() {
    on_sync_connections(|con| {
        let sessions = sessions();
        let token = con.run(sessions.create(1)).unwrap();
        let mut first = con.run(sessions.get(&token)).unwrap().unwrap();
        let second = con.run(sessions.get(&token)).unwrap().unwrap();
        first.data = 2;
        assert!(con.run(sessions.save(&token, &first)).unwrap());
        let error = con.run(sessions.save(&token, &second)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(con.run(sessions.get(&token)).unwrap().unwrap().data, 2);
    });
}

/// Runs tasks side by side, each on a connection of its own.
fn side_by_side<T, W, F>(target: Target, tasks: usize, work: W) -> Vec<T>
where
    T: Send + 'static,
    W: Fn(usize, AsyncCon) -> F,
    F: Future<Output = T> + Send + 'static,
{
    let cons: Vec<_> = (0..tasks).map(|_| target.async_connection()).collect();
    runtime().block_on(async {
        let tasks: Vec<_> =
            cons.into_iter().enumerate().map(|(at, con)| tokio::spawn(work(at, con))).collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.unwrap());
        }
        results
    })
}

#[test]
fn changes_at_the_same_time_lose_nothing() {
    let sessions = sessions();
    let con = &mut Con::sync();
    let token = con.run(sessions.create(0)).unwrap();
    side_by_side(Target::Server, 4, |_, mut con| {
        let (sessions, token) = (sessions.clone(), token.clone());
        async move {
            for _ in 0..50 {
                let mut update = sessions.update(&token, |data| *data += 1);
                con.run_flow(&mut update).await.unwrap().unwrap();
            }
        }
    });
    assert_eq!(con.run(sessions.get(&token)).unwrap().unwrap().data, 200);
}

#[test]
fn of_many_logins_with_one_token_one_succeeds_and_the_old_token_is_dead() {
    for target in Target::ALL {
        for _ in 0..10 {
            let sessions = sessions();
            let con = &mut Con::sync_to(target);
            let visitor = con.run(sessions.create(0)).unwrap();
            let tokens = side_by_side(target, 8, |at, mut con| {
                let (sessions, visitor) = (sessions.clone(), visitor.clone());
                async move {
                    // Half of them are requests with the old token, which change its data.
                    if at % 2 == 0 {
                        let mut update = sessions.update(&visitor, |data| *data += 1);
                        for _ in 0..4 {
                            con.run_flow(&mut update).await.unwrap();
                        }
                        return None;
                    }
                    let token = con.run_flow(&mut sessions.log_in(&visitor, "ada")).await.unwrap();
                    if token.is_some() {
                        assert!(con.run(sessions.get(&visitor)).await.unwrap().is_none());
                    }
                    token
                }
            });
            let tokens: Vec<SessionToken> = tokens.into_iter().flatten().collect();
            assert_eq!(tokens.len(), 1);
            assert!(con.run(sessions.get(&visitor)).unwrap().is_none());
            assert_eq!(con.run(sessions.list("ada")).unwrap().len(), 1);
            assert!(con.run(sessions.get(&tokens[0])).unwrap().is_some());
        }
    }
}

#[test]
fn after_a_revocation_no_session_lives_that_was_created_before_it() {
    for target in Target::ALL {
        let sessions = sessions();
        let con = &mut Con::sync_to(target);
        // Tasks create and rotate sessions of one user; one revokes all of them meanwhile.
        let tokens = side_by_side(target, 8, |at, mut con| {
            let sessions = sessions.clone();
            async move {
                let mut revoked = 0;
                let mut created = 0;
                for each in 0..30 {
                    if at == 0 {
                        // What was created before this step is dead after it.
                        let before = con.run(sessions.create_for("ada", each)).await.unwrap();
                        created += 1;
                        revoked += con.run(sessions.revoke_all("ada")).await.unwrap();
                        assert!(con.run(sessions.get(&before)).await.unwrap().is_none());
                        let mut rotate = sessions.rotate(&before);
                        assert!(con.run_flow(&mut rotate).await.unwrap().is_none());
                        continue;
                    }
                    let token = con.run(sessions.create_for("ada", each)).await.unwrap();
                    created += 1;
                    // A rotation moves the session or finds it revoked; it makes no second one.
                    con.run_flow(&mut sessions.rotate(&token)).await.unwrap();
                }
                (created, revoked)
            }
        });
        let created: usize = tokens.iter().map(|(created, _)| created).sum();
        let revoked: usize = tokens.iter().map(|(_, revoked)| revoked).sum();
        // Each session was revoked once or still lives.
        let live = con.run(sessions.list("ada")).unwrap().len();
        assert_eq!(revoked + live, created);
        assert_eq!(con.run(sessions.revoke_all("ada")).unwrap(), live);
        assert!(con.run(sessions.list("ada")).unwrap().is_empty());
    }
}

#[test]
fn the_token_is_neither_stored_nor_sent_nor_shown() {
    let con = &mut Con::sync();
    let sessions = sessions();
    let create = sessions.create_for("ada", 1);
    let sent = create.explain().unwrap().to_string();
    let token = con.run(&create).unwrap();
    let text = token.as_str();
    let session = con.run(sessions.get(text)).unwrap().unwrap();
    let (_, secret) = text.split_at(32);
    let mut shown = format!("{create:?} {token:?} {session:?} {sessions:?} {sent} {}", session.id);
    let rotate = sessions.rotate(&token);
    shown +=
        &format!("{:?} {rotate:?} {:?}", sessions.get(&token), sessions.update(&token, |_| ()));
    for operation in [sessions.get(&token).explain(), sessions.save(&token, &session).explain()] {
        shown += &operation.unwrap().to_string();
    }
    for key in keys(con, &sessions) {
        shown += &format!("{key} {:?}", con.hash(&key));
    }
    // Data that cannot be read.
    let key = key_of(&sessions, "ada");
    con.raw::<()>(&["HSET", &key, &format!("d{}", session.id), "hidden"]);
    let error = con.run(sessions.get(&token)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Codec);
    shown += &format!("{error} {error:?}");
    assert!(!shown.contains(secret) && !shown.contains("hidden"), "{shown}");
}

#[test]
fn text_that_is_no_token_finds_nothing() {
    on_sync_connections(|con| {
        let sessions = sessions();
        let token = con.run(sessions.create_for("ada", 1)).unwrap();
        let (owner, secret) = token.as_str().split_at(32);
        let texts = [
            "",
            "x",
            owner,
            secret,
            &format!("{owner}{owner}"),
            &format!("{token}\n", token = token.as_str()),
        ];
        for text in texts {
            assert!(con.run(sessions.get(text)).unwrap().is_none(), "{text}");
            assert!(!con.run(sessions.delete(text)).unwrap());
            assert_eq!(con.run(sessions.revoke_others(text)).unwrap(), 0);
        }
        assert!(con.run(sessions.get(&token)).unwrap().is_some());
    });
}

#[test]
fn a_second_run_of_a_creation_is_the_same_session() {
    let con = &mut Con::sync();
    let sessions = sessions();
    let create = sessions.create_for("ada", 1);
    assert_eq!(con.run(&create).unwrap(), con.run(&create).unwrap());
    assert_eq!(con.run(sessions.list("ada")).unwrap().len(), 1);
}

#[test]
fn a_key_of_another_type_is_an_error_and_nothing_is_changed() {
    on_sync_connections(|con| {
        let sessions = sessions();
        let key = key_of(&sessions, "ada");
        con.raw::<()>(&["SET", &key, "secret"]);
        let visitor = con.run(sessions.create(1)).unwrap();
        let errors = [
            con.run(sessions.create_for("ada", 1)).unwrap_err(),
            con.run(sessions.list("ada")).map(|_| ()).unwrap_err(),
            con.run(sessions.revoke_all("ada")).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_wrong_type() && !error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(con.raw::<String>(&["GET", &key]), "secret");
        if con.target == Target::Server {
            assert!(
                con.run_flow(&mut sessions.log_in(&visitor, "ada")).unwrap_err().is_wrong_type()
            );
            assert!(con.run(sessions.get(&visitor)).unwrap().is_some());
        }
        let zero = Sessions::<u64>::at("session", Duration::ZERO).create(1).explain().unwrap_err();
        assert_eq!(zero.kind(), ErrorKind::InvalidOperation);
    });
}

#[test]
fn a_user_without_a_command_changes_nothing() {
    let server = Server::start().unwrap();
    let mut admin = server.connection().unwrap();
    let sessions = Sessions::<u64>::at("session", IDLE);
    let token = sessions.create(1).run(&mut admin).unwrap();
    let dump = |admin: &mut redis::Connection| -> Vec<Vec<u8>> {
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(admin).unwrap();
        keys.iter().map(|key| redis::cmd("DUMP").arg(key).query(admin).unwrap()).collect()
    };
    let before = dump(&mut admin);
    for refused in ["hset", "hdel", "pexpire", "pttl", "hlen", "hrandfield"] {
        let mut acl = redis::cmd("ACL");
        acl.arg("SETUSER").arg("user").arg("reset").arg("on").arg(">pw").arg("~*").arg("+@all");
        acl.arg(format!("-{refused}")).exec(&mut admin).unwrap();
        let mut con = server.connection().unwrap();
        redis::cmd("AUTH").arg("user").arg("pw").exec(&mut con).unwrap();
        let errors = [
            sessions.create_for("ada", 1).run(&mut con).unwrap_err(),
            sessions.get(&token).run(&mut con).unwrap_err(),
            sessions.log_in(&token, "ada").run(&mut con).unwrap_err(),
            sessions.delete(&token).run(&mut con).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.code() == Some("NOPERM")), "{errors:?}");
        assert_eq!(dump(&mut admin), before, "{refused}");
    }
}

#[test]
fn a_dropped_login_leaves_at_most_one_valid_token() {
    let sessions = sessions();
    runtime().block_on(async {
        let con = server().client().unwrap().get_multiplexed_async_connection().await.unwrap();
        for micros in (0..400).step_by(20) {
            let visitor = sessions.create(1).run_on(&con).await.unwrap();
            let mut log_in = sessions.log_in(&visitor, "ada");
            let limit = Duration::from_micros(micros);
            let finished = tokio::time::timeout(limit, log_in.run_on(&con)).await.is_ok();
            let old = sessions.get(&visitor).run_on(&con).await.unwrap().is_some();
            let new = sessions.revoke_all("ada").run_on(&con).await.unwrap();
            assert_eq!(usize::from(old) + new, 1);
            assert!(!finished || new == 1);
        }
    });
}
