//! `atomic`: typed outputs, and errors that report which commands were applied.

use redis_model::embedded::Server;
use redis_model::op::{CommandWriter, Replies, Request};
use redis_model::{ErrorKind, Operation, RedisModel, Result, atomic, batch};

use crate::support::{fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "atomic:account:{id}")]
struct Account {
    id: u64,
    balance: u32,
    note: Option<String>,
}

fn account(balance: u32) -> Account {
    Account { id: fresh(), balance, note: None }
}

/// An arbitrary command, which the server refuses.
struct Raw(&'static str, Vec<String>);

impl Operation for Raw {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        let mut command: CommandWriter<'_> = request.command(self.0, self.1.len(), 64);
        self.1.iter().for_each(|argument| {
            command.arg(argument);
        });
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        replies.next().map(drop)
    }
}

#[test]
fn outputs_keep_their_types_in_any_combination() {
    on_one_server(|con| {
        let (a, b) = (account(1), account(2));
        let f = Account::FIELDS;
        let (read, ((), deleted, [x, y]), maybe) = con
            .run((
                Account::get(a.id),
                atomic((a.save(), Account::delete(b.id), [a.save(), b.save()])),
                Some(atomic((Account::get(a.id), None::<redis_model::op::Get<Account>>))),
            ))
            .unwrap();
        assert_eq!((read, deleted, x, y), (None, false, (), ()));
        assert_eq!(maybe, Some((Some(a.clone()), None)));
        // A step within a step, a single member, no members, and a batch as a member.
        let nested = atomic((atomic((Account::exists(a.id), Account::exists(b.id))), a.save()));
        assert_eq!(con.run(&nested).unwrap(), ((true, true), ()));
        assert_eq!(con.run(atomic(Account::select(b.id, f.balance))).unwrap(), Some(2));
        assert!(con.run(atomic(Vec::<redis_model::op::Get<Account>>::new())).unwrap().is_empty());
        let ids = [a.id, fresh(), b.id];
        let found = con.run(atomic(batch(ids.map(Account::exists)))).unwrap();
        assert!(matches!(found[..], [Ok(true), Ok(false), Ok(true)]));
        let boxed = atomic(vec![Account::exists(a.id).boxed(), Account::delete(a.id).boxed()]);
        assert!(matches!(con.run(boxed).unwrap()[..], [Ok(true), Ok(true)]));
    });
}

#[test]
fn a_failed_member_is_reported_with_the_effect_of_the_others() {
    on_one_server(|con| {
        let (good, bad, after) = (account(1), account(2), account(3));
        con.raw::<()>(&["SET", &bad.redis_key(), "somebody's"]);
        let error = con.run(atomic((good.save(), bad.save(), after.save()))).unwrap_err();
        assert!(error.is_wrong_type() && error.is_partial());
        assert_eq!(error.key(), Some(&*bad.redis_key()));
        assert!(
            error.to_string().ends_with("; other commands of its atomic step were applied"),
            "{error}"
        );
        let both = con.run((Account::get(good.id), Account::get(after.id))).unwrap();
        assert_eq!(both, (Some(good.clone()), Some(after.clone())));

        // In a batch each member has its own result.
        let saved = con.run(atomic(batch([&good, &bad, &after].map(Account::save)))).unwrap();
        assert!(saved[0].is_ok() && saved[1].as_ref().unwrap_err().is_wrong_type());
        assert!(saved[2].is_ok());

        // A single member has no other commands; outside of a step the error does not mention one.
        let alone = con.run(atomic(bad.save())).unwrap_err();
        assert!(!alone.is_partial() && !alone.to_string().contains("step"), "{alone}");
        let outside = con.run((bad.save(), good.save())).unwrap_err();
        assert!(!outside.is_partial(), "{outside}");
    });
}

#[test]
fn a_step_that_the_server_refuses_changes_nothing() {
    on_one_server(|con| {
        let (first, other) = (account(1), account(2));
        let unknown = Raw("REDISMODELNOSUCH", vec!["x".into()]);
        let error = con.run(atomic((first.save(), unknown, other.save()))).unwrap_err();
        assert!(!error.is_partial());
        assert!(error.to_string().ends_with("; nothing of its atomic step was applied"), "{error}");
        assert_eq!(
            con.run((Account::get(first.id), Account::get(other.id))).unwrap(),
            (None, None)
        );

        // The operations around the refused step are applied.
        let broken = Raw("GET", vec![]);
        let (saved, refused) = (first.save(), atomic((other.save(), broken)));
        let results = con.run((saved, batch([refused]), Account::exists(first.id))).unwrap();
        assert!(results.1[0].is_err() && results.2);
        assert!(!con.run(Account::exists(other.id)).unwrap());
    });
}

#[test]
fn a_member_that_cannot_be_encoded_prevents_the_whole_step() {
    #[derive(RedisModel)]
    #[redis(key = "atomic:float:{id}")]
    struct Float {
        id: u64,
        x: f64,
    }
    on_one_server(|con| {
        let (good, nan) = (account(1), Float { id: fresh(), x: f64::NAN });
        let error = con.run(atomic((good.save(), nan.save()))).map(drop).unwrap_err();
        assert!(error.is_invalid_value() && !error.is_partial(), "{error}");
        assert!(!con.run(Account::exists(good.id)).unwrap());
        // In a batch the other steps are applied.
        let steps = batch([good.id, fresh()].map(|id| {
            let x = if id == good.id { f64::NAN } else { 1.0 };
            atomic((
                Account::update(id)
                    .or_create()
                    .set(Account::FIELDS.balance, 1)
                    .expire(std::time::Duration::from_secs(9)),
                Float::update(id).or_create().set(Float::FIELDS.x, x),
            ))
        }));
        let results = con.run(&steps).unwrap();
        assert!(results[0].is_err() && results[1].is_ok());
        assert!(!con.run(Account::exists(good.id)).unwrap());
    });
}

#[test]
fn no_reader_sees_half_of_a_step() {
    let (a, b) = (account(500), account(500));
    let f = Account::FIELDS;
    let client = crate::support::server().client().unwrap();
    let mut con = client.get_connection().unwrap();
    let ((), ()) = (a.save(), b.save()).run(&mut con).unwrap();
    let reader = std::thread::spawn({
        let (client, a, b) = (client.clone(), a.id, b.id);
        move || {
            let mut con = client.get_connection().unwrap();
            let mut seen = std::collections::HashSet::new();
            loop {
                let read = atomic((Account::select(a, f.balance), Account::select(b, f.balance)));
                let (a, b) = read.run(&mut con).unwrap();
                let (a, b) = (a.unwrap(), b.unwrap());
                assert_eq!(a + b, 1000);
                seen.insert(a);
                if a == 0 {
                    return seen.len();
                }
            }
        }
    });
    for _ in 0..500 {
        let both = atomic((
            Account::update(a.id).incr(f.balance, -1),
            Account::update(b.id).incr(f.balance, 1),
        ));
        let (from, to) = both.run(&mut con).unwrap();
        assert!(from.is_applied() && to.is_applied());
    }
    assert!(reader.join().unwrap() > 1);
}

#[test]
fn without_permission_for_multi_the_error_reports_separate_commands() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("ACL")
        .arg(&["SETUSER", "plain", "on", ">pw", "~*", "+@all", "-multi"])
        .exec(&mut con)
        .unwrap();
    let mut plain = server.connection().unwrap();
    redis::cmd("AUTH").arg("plain").arg("pw").exec(&mut plain).unwrap();
    let (a, b) = (account(1), account(2));
    let error = atomic((a.save(), b.save())).run(&mut plain).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Server, Some("NOPERM")));
    assert!(
        error.to_string().ends_with("its atomic step was applied command by command"),
        "{error}"
    );
    assert_eq!(Account::get(a.id).run(&mut plain).unwrap(), Some(a));
}

#[test]
fn an_error_in_a_list_or_a_tuple_reports_if_other_commands_were_applied() {
    on_one_server(|con| {
        let (good, bad) = (account(1), account(2));
        con.raw::<()>(&["SET", &bad.redis_key(), "somebody's"]);
        let partial = |error: &redis_model::Error| {
            assert!(error.is_wrong_type() && error.is_partial(), "{error}");
        };
        let listed = con.run(atomic(vec![good.save(), bad.save()])).unwrap();
        partial(listed[1].as_ref().unwrap_err());
        partial(
            &con.run((Account::exists(good.id), atomic((good.save(), bad.save())))).unwrap_err(),
        );
        let beside = (batch([atomic((bad.save(), good.save()))]), good.save());
        partial(con.run(beside).unwrap().0[0].as_ref().unwrap_err());

        // Errors that the client finds count as well: an increment out of range.
        let over = Account::update(good.id).incr(Account::FIELDS.balance, u32::MAX);
        let error = con.run(atomic((over.map(drop), Account::delete(good.id)))).unwrap_err();
        assert!(error.is_out_of_range() && error.is_partial(), "{error}");
    });
}

#[test]
fn an_error_of_a_step_reports_that_nothing_was_applied() {
    on_one_server(|con| {
        let (good, bad, other) = (account(1), account(2), account(3));
        con.raw::<()>(&["SET", &bad.redis_key(), "somebody's"]);
        con.raw::<()>(&["SET", &other.redis_key(), "somebody's"]);
        let nothing = |error: redis_model::Error| {
            assert!(!error.is_partial(), "{error}");
            assert!(
                error.to_string().ends_with("nothing of its atomic step was applied"),
                "{error}"
            );
        };
        // All members failed; the rest is a read; the rest changed nothing.
        nothing(con.run(atomic((bad.save(), other.save()))).unwrap_err());
        nothing(con.run(atomic((bad.save(), Account::get(good.id)))).unwrap_err());
        let missing = Account::update(good.id).set(Account::FIELDS.balance, 1);
        nothing(con.run(atomic((bad.save(), missing.map(drop)))).unwrap_err());
    });
}

#[test]
fn a_refused_step_names_the_command_that_caused_it() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("ACL")
        .arg(&["SETUSER", "reader", "on", ">pw", "~*", "+@all", "-hset"])
        .exec(&mut con)
        .unwrap();
    let mut reader = server.connection().unwrap();
    redis::cmd("AUTH").arg("reader").arg("pw").exec(&mut reader).unwrap();
    // Without a `None` the save is a plain HSET.
    let a = Account { note: Some("x".into()), ..account(1) };
    let step = atomic((Account::exists(a.id), Account::ttl(a.id), a.save()));
    let error = step.run(&mut reader).unwrap_err();
    assert_eq!(error.code(), Some("EXECABORT"));
    assert!(
        error.to_string().contains("NOPERM") && error.to_string().contains("'hset'"),
        "{error}"
    );
    assert!(error.to_string().ends_with("nothing of its atomic step was applied"), "{error}");

    // Without any rights the server executes neither MULTI nor the members.
    redis::cmd("ACL")
        .arg(&["SETUSER", "nobody", "on", ">pw", "~*", "-@all", "+auth"])
        .exec(&mut con)
        .unwrap();
    redis::cmd("AUTH").arg("nobody").arg("pw").exec(&mut reader).unwrap();
    let error = atomic((a.save(), Account::get(a.id))).run(&mut reader).unwrap_err();
    assert_eq!(error.code(), Some("NOPERM"));
    assert!(error.to_string().ends_with("nothing of its atomic step was applied"), "{error}");
    assert_eq!(Account::get(a.id).run(&mut con).unwrap(), None);
}

#[test]
fn a_step_with_a_member_that_cannot_be_encoded_is_refused_as_a_whole() {
    #[derive(RedisModel)]
    #[redis(key = "atomic:number:{id}")]
    struct Number {
        id: u64,
        x: f64,
    }
    on_one_server(|con| {
        let good = Number { id: fresh(), x: 1.0 };
        let nan = Number { id: fresh(), x: f64::NAN };
        let error = con.run(atomic(vec![good.save(), nan.save()])).unwrap_err();
        assert!(error.is_invalid_value(), "{error}");
        assert_eq!(error.key(), Some(&*nan.redis_key()));
        assert!(!con.run(Number::exists(good.id)).unwrap());
        // In a batch of steps only this step fails.
        let steps = batch([vec![good.save(), nan.save()], vec![good.save()]].map(atomic));
        let results = con.run(steps).unwrap();
        assert!(results[0].is_err() && results[1].as_ref().unwrap()[0].is_ok());
    });
}
