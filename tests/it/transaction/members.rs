//! The shapes that members have, and those that are refused before anything is sent.

use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::{ErrorKind, Operation, Outcome, RedisModel, atomic, batch, transaction};

use super::{Account, Page, account, page};
use crate::support::{Con, Target, everywhere, fresh, on_one_server, on_sync_connections};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "tx:spread:{id}")]
struct Spread {
    id: u64,
    count: u8,
}

fn saved(con: &mut Con, balance: u8) -> u64 {
    let id = fresh();
    con.run(account(id, balance).save()).unwrap();
    id
}

fn balance(con: &mut Con, id: u64) -> Option<u8> {
    con.run(Account::select(id, Account::FIELDS.balance)).unwrap()
}

#[test]
fn outputs_keep_their_types_and_shapes_on_every_connection() {
    everywhere(|con| {
        let f = Account::FIELDS;
        let (a, b, c, d) = (saved(con, 1), saved(con, 2), saved(con, 3), saved(con, 4));
        let (new, counted) = (account(fresh(), 9), page(fresh(), 4));
        let mut draft = con.run(Account::edit(d)).unwrap().unwrap();
        draft.note = Some("new".into());
        let inner = transaction(Account::delete(c));
        let members = transaction((
            Account::update(a).incr(f.balance, 1).returning((f.balance, f.note)),
            [new.create()],
            (
                vec![Account::update(b).incr(f.balance, 1).returning(f.balance)],
                Some(draft.commit()),
            ),
            None::<redis_model::op::Delete<Account>>,
            counted.create().returning(Page::FIELDS.revision),
            &inner,
        ));
        let outcome = con.run(&members).unwrap();
        assert_eq!(outcome, Outcome::Applied(((2, None), [()], (vec![3], Some(())), None, 5, ())));
        assert_eq!((balance(con, a), balance(con, b), balance(con, c)), (Some(2), Some(3), None));
        assert_eq!(con.run(Account::get(d)).unwrap().unwrap().note.as_deref(), Some("new"));
        assert_eq!(con.run(Account::get(new.id)).unwrap(), Some(new.clone()));
        // The second member, at position 1, finds the record now.
        let again = con.run(&members).unwrap();
        assert_eq!(again.conflict().unwrap().member(), Some(1));
        assert_eq!(again.conflict().unwrap().key(), &*new.redis_key());
        assert_eq!(balance(con, a), Some(2));
    });
}

#[test]
fn positions_are_counted_through_nested_members_and_those_that_send_nothing() {
    on_one_server(|con| {
        let f = Account::FIELDS;
        let (a, b, missing) = (saved(con, 1), saved(con, 2), fresh());
        let unchanged = con.run(Account::edit(b)).unwrap().unwrap();
        let set = |id| Account::update(id).set(f.balance, 7);
        let nested = transaction((
            (set(a), unchanged.commit()),
            None::<redis_model::op::Delete<Account>>,
            [vec![], vec![Account::delete(missing)]],
        ));
        let outcome = con.run(nested).unwrap();
        let found = outcome.missing().unwrap();
        assert_eq!((found.member(), found.key()), (Some(2), &*Account::key(missing)));
        assert_eq!(found.model(), "Account");
        assert_eq!(
            outcome.clone().ok().unwrap_err().to_string(),
            format!("Account `{}`, member 2: there is no such record", Account::key(missing))
        );
        assert_eq!(balance(con, a), Some(1));
    });
}

#[test]
fn a_transaction_without_a_write_sends_nothing() {
    on_sync_connections(|con| {
        let a = saved(con, 1);
        let unchanged = con.run(Account::edit(a)).unwrap().unwrap();
        let none =
            transaction((unchanged.commit(), Vec::<redis_model::op::Delete<Account>>::new()));
        assert!(none.explain().unwrap().commands().is_empty());
        assert_eq!(con.run(&none).unwrap(), Outcome::Applied(((), vec![])));
        // Also between operations that send something.
        let outputs = con.run((Account::exists(a), none, Account::exists(a))).unwrap();
        assert!(outputs.0 && outputs.1.is_applied() && outputs.2);
    });
}

#[test]
fn a_key_is_a_member_once() {
    on_one_server(|con| {
        let f = Account::FIELDS;
        let a = saved(con, 1);
        let unchanged = con.run(Account::edit(a)).unwrap().unwrap();
        let twice = transaction((
            unchanged.commit(),
            Account::update(a).incr(f.balance, 1),
            Account::update(a + 1).or_create().set(f.balance, 1),
            Account::update(a).incr(f.balance, 1),
        ));
        for error in [con.run(&twice).unwrap_err(), twice.explain().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::InvalidOperation);
            assert_eq!((error.key(), error.member()), (Some(&*Account::key(a)), Some(3)));
            assert!(error.to_string().contains("members 1 and 3"), "{error}");
        }
        assert_eq!(balance(con, a), Some(1));
    });
}

#[test]
fn a_member_that_cannot_be_encoded_is_named_and_nothing_is_sent() {
    on_one_server(|con| {
        let f = Account::FIELDS;
        let (a, last) = (saved(con, 1), page(fresh(), u32::MAX));
        let set = Account::update(a).set(f.balance, 7);
        let zero = Account::update(a + 1).set(f.balance, 1).expire(Duration::ZERO);
        let error = con.run(transaction((&set, &zero))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
        assert_eq!((error.key(), error.member()), (Some(&*Account::key(a + 1)), Some(1)));
        let error = con.run(transaction((&set, last.save()))).unwrap_err();
        assert!(error.is_out_of_range(), "{error}");
        assert_eq!((error.field(), error.member()), (Some("revision"), Some(1)));
        // In a list only this item fails.
        let good = Account::update(a).incr(f.balance, 1);
        let results = con.run(batch([transaction(&zero), transaction(&good)])).unwrap();
        assert!(results[0].is_err() && results[1].as_ref().unwrap().is_applied());
        assert_eq!(balance(con, a), Some(2));
    });
}

#[test]
fn a_hundred_members_are_applied_and_more_are_refused() {
    on_one_server(|con| {
        // Ids that no other test has.
        let first = fresh() * 1000;
        let members = |count: u64| {
            let set = |id| Account::update(first + id).or_create().set(Account::FIELDS.balance, 1);
            transaction((0..count).map(set).collect::<Vec<_>>())
        };
        let error = con.run(members(101)).unwrap_err();
        assert_eq!((error.kind(), error.member()), (ErrorKind::Limit, Some(100)));
        assert!(error.to_string().contains("at most 100 members"), "{error}");
        assert_eq!(balance(con, first), None);
        assert_eq!(con.run(members(100)).unwrap(), Outcome::Applied(vec![(); 100]));
        assert_eq!(balance(con, first + 99), Some(1));
        con.run(Account::delete_many((0..100).map(|id| first + id))).unwrap();
    });
}

#[test]
fn thousands_of_arguments_are_passed_on() {
    on_one_server(|con| {
        let (a, large) = (saved(con, 1), "x".repeat(1 << 20));
        let big = account(fresh(), 1);
        let set = Account::update(a).set(Account::FIELDS.note, &*large);
        for at in 0..10_000 {
            con.raw::<()>(&["HSET", &Account::key(big.id), &format!("f{at}"), "1"]);
        }
        assert!(con.run(transaction((set, big.create()))).unwrap().is_applied());
        assert_eq!(con.run(Account::get(a)).unwrap().unwrap().note, Some(large));
        assert_eq!(con.raw::<u64>(&["HLEN", &Account::key(big.id)]), 10_001);
    });
}

#[test]
fn keys_of_several_slots_are_refused_on_a_cluster_alone() {
    everywhere(|con| {
        let (a, b) = (Spread { id: fresh(), count: 1 }, Spread { id: fresh(), count: 1 });
        let both = transaction((a.save(), b.save()));
        let result = con.run(&both);
        if con.target == Target::Server {
            assert!(result.unwrap().is_applied());
            return;
        }
        for error in [result.unwrap_err(), con.run((&both, Spread::exists(a.id))).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::CrossSlot, "{error}");
            let text = error.to_string();
            assert!(text.contains(&*a.redis_key()) && text.contains(&*b.redis_key()), "{text}");
        }
        let stored = con.run((Spread::exists(a.id), Spread::exists(b.id))).unwrap();
        assert_eq!(stored, (false, false));
        // Alone each is fine.
        assert!(con.run(transaction(a.save())).unwrap().is_applied());
    });
}

#[test]
fn transactions_are_members_of_tuples_batches_and_atomic_steps() {
    everywhere(|con| {
        let f = Account::FIELDS;
        let (a, b) = (saved(con, 3), saved(con, 0));
        let pay = || {
            transaction((
                Account::update(a).only_if(f.balance.at_least(1)).incr(f.balance, -1),
                Account::update(b).incr(f.balance, 1).returning(f.balance),
            ))
        };
        let (first, left) = con.run((pay(), Account::select(a, f.balance))).unwrap();
        assert_eq!((first, left), (Outcome::Applied(((), 1)), Some(2)));
        let (second, known) = con.run(atomic((pay(), Account::exists(b)))).unwrap();
        assert_eq!((second, known), (Outcome::Applied(((), 2)), true));
        let results = con.run(batch([pay(), pay(), pay()])).unwrap();
        let applied: Vec<_> = results.into_iter().map(|result| result.unwrap().applied()).collect();
        assert_eq!(applied, [Some(((), 3)), None, None]);
        assert_eq!((balance(con, a), balance(con, b)), (Some(0), Some(3)));
    });
}

#[test]
fn a_refused_transaction_in_an_atomic_step_reports_that_the_rest_was_applied() {
    on_one_server(|con| {
        let f = Account::FIELDS;
        let (a, b) = (saved(con, 255), saved(con, 0));
        let overflow = transaction((
            Account::update(b).set(f.balance, 7),
            Account::update(a).incr(f.balance, 1),
        ));
        let other = account(fresh(), 1);
        let error = con.run(atomic((other.save(), overflow))).unwrap_err();
        assert!(error.is_out_of_range(), "{error}");
        assert_eq!((error.member(), balance(con, b)), (Some(1), Some(0)));
        assert_eq!(balance(con, other.id), Some(1));
    });
}

#[test]
fn a_server_that_does_not_know_the_script_gets_its_text() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let (a, b) = (account(1, 1), account(2, 2));
    let both = transaction((a.save(), b.save()));
    for _ in 0..2 {
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut con).unwrap();
        assert!(both.run(&mut con).unwrap().is_applied());
        assert!(both.run(&mut con).unwrap().is_applied());
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut con).unwrap();
        let (known, outcome) = (Account::exists(1), &both).run(&mut con).unwrap();
        assert!(known && outcome.is_applied());
    }
}

#[test]
fn explain_shows_the_members() {
    let f = Account::FIELDS;
    let both = transaction((Account::update(1).set(f.balance, 7), Account::delete(2)));
    let plan = both.explain().unwrap();
    let text = plan.to_string();
    assert!(text.starts_with("EVALSHA "), "{text}");
    let keys = " 2 {tx}:account:1 {tx}:account:2 update 10 missing ";
    assert!(text.contains(keys), "{text}");
    let end =
        " typed_command 2 hash DEL # transaction.lua: update {tx}:account:1, DEL {tx}:account:2";
    assert!(text.ends_with(end), "{text}");
    assert_eq!((plan.round_trips(), plan.keys().count()), (1, 2));
}

#[test]
fn an_output_that_cannot_be_read_is_reported_as_applied() {
    on_one_server(|con| {
        let f = Account::FIELDS;
        let (a, b) = (saved(con, 1), saved(con, 1));
        con.raw::<()>(&["HSET", &Account::key(b), "balance", "many"]);
        let both = transaction((
            Account::update(a).incr(f.balance, 1),
            Account::update(b).set(f.note, "new").returning(f.balance),
        ));
        let error = con.run(both).unwrap_err();
        assert!(error.is_applied() && error.is_invalid_value(), "{error}");
        assert_eq!((error.member(), error.field()), (Some(1), Some("balance")));
        assert_eq!(balance(con, a), Some(2));
    });
}

#[test]
fn a_unique_name_is_claimed_together_with_the_user() {
    #[derive(Debug, RedisModel)]
    #[redis(key = "{{tx}}:name:{name}")]
    struct Name {
        name: String,
        account: u64,
    }

    everywhere(|con| {
        let (first, second) = (account(fresh(), 1), account(fresh(), 1));
        let name = format!("ada{}", first.id);
        let mut claim = |account: &super::Account| {
            let claim = Name { name: name.clone(), account: account.id };
            con.run(transaction((account.create(), claim.create()))).unwrap()
        };
        assert!(claim(&first).is_applied());
        let taken = claim(&second);
        assert_eq!(taken.conflict().unwrap().model(), "Name");
        assert_eq!(taken.conflict().unwrap().member(), Some(1));
        assert_eq!(
            taken.ok().unwrap_err().to_string(),
            format!(
                "Name `{{tx}}:name:{name}`, member 1: conflict: there is such a record already"
            )
        );
        assert!(!con.run(Account::exists(second.id)).unwrap());
    });
}
