//! Every kind of member, each with a record that lets it be applied or refuses it.

use std::time::Duration;

use redis::{Connection, RedisWrite, ToRedisArgs};
use redis_model::op::Transactional;
use redis_model::{Draft, Operation, RedisModel};

use super::{Account, Blob, Event, Hollow, Page, Place, account, blob, event, hollow, page};

pub(super) type Member = Box<dyn Transactional<Applied = ()> + Send + Sync>;

/// A kind of member, and what its record is before.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Makes the record with this id ready and returns the member.
    pub(super) member: fn(&mut Connection, u64) -> Member,
    /// Does the same, and runs the operation alone.
    pub(super) alone: fn(&mut Connection, u64),
}

pub(super) struct RefusedKind {
    pub(super) kind: Kind,
    pub(super) refusal: Refusal,
    pub(super) field: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Refusal {
    Missing,
    Conflict,
    Error(&'static str),
}

fn leak<T>(record: T) -> &'static T {
    Box::leak(Box::new(record))
}

struct Words(String);

impl ToRedisArgs for Words {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        self.0.split(' ').for_each(|word| out.write_arg(word.as_bytes()));
    }
}

fn raw(con: &mut Connection, words: String) {
    let (command, arguments) = words.split_once(' ').unwrap();
    redis::cmd(command).arg(Words(arguments.into())).exec(con).unwrap();
}

fn save(con: &mut Connection, operation: impl Operation) {
    operation.run(con).unwrap();
}

macro_rules! kinds {
    ($($name:literal, |$con:ident, $id:ident| $before:expr, $operation:expr;)*) => {
        vec![$(kinds!(@kind $name, |$con, $id| $before, $operation)),*]
    };
    (@kind $name:literal, |$con:ident, $id:ident| $before:expr, $operation:expr) => {
        Kind {
            name: $name,
            member: |$con, $id| {
                let () = $before;
                Box::new($operation)
            },
            alone: |$con, $id| {
                let () = $before;
                let operation = $operation;
                // The record may be refused by the server, too.
                drop(operation.run($con));
            },
        }
    };
}

macro_rules! refused {
    ($($name:literal, $refusal:expr, $field:expr, |$con:ident, $id:ident| $before:expr, $operation:expr;)*) => {
        vec![$(RefusedKind {
            kind: kinds!(@kind $name, |$con, $id| $before, $operation),
            refusal: $refusal,
            field: $field,
        }),*]
    };
}

const HOUR: Duration = Duration::from_secs(3600);

/// Returns the draft of a record that is saved first, after a change.
fn draft<M: RedisModel<Id = u64>>(
    con: &mut Connection,
    id: u64,
    record: M,
    change: impl FnOnce(&mut M),
) -> Draft<M> {
    record.save().run(con).unwrap();
    let mut draft = M::edit(id).run(con).unwrap().unwrap();
    change(&mut draft);
    draft
}

#[rustfmt::skip]
pub(super) fn applied() -> Vec<Kind> {
    kinds! {
        "update sets", |con, id| save(con, account(id, 1).save()),
            Account::update(id).set(Account::FIELDS.note, "new");
        "update increments", |con, id| save(con, account(id, 1).save()),
            Account::update(id).incr(Account::FIELDS.balance, 2).only_if(Account::FIELDS.balance.eq(1));
        "update removes", |con, id| save(con, Account { note: Some("old".into()), ..account(id, 1) }.save()),
            Account::update(id).remove(Account::FIELDS.note).expire(HOUR);
        "update changes nothing", |con, id| save(con, account(id, 1).save()),
            Account::update(id).set_if_absent(Account::FIELDS.balance, 2);
        "update creates", |_con, id| (),
            Account::update(id).set(Account::FIELDS.balance, 3).or_create();
        "update increments what it creates", |_con, id| (),
            Account::update(id).incr(Account::FIELDS.balance, 3).or_create();
        "update moves an alias", |con, id| {
            save(con, page(id, 0).save());
            raw(con, format!("HDEL {} text", Page::key(id)));
            raw(con, format!("HSET {} body old", Page::key(id)));
        }, Page::update(id).set_if_absent(Page::FIELDS.text, "new");
        "save", |_con, id| (), leak(account(id, 1)).save();
        "save removes", |con, id| save(con, Account { note: Some("old".into()), ..account(id, 1) }.save()),
            leak(account(id, 2)).save().ttl(HOUR);
        "save all fields", |_con, id| (),
            leak(Account { note: Some("new".into()), ..account(id, 2) }).save();
        "save counts", |con, id| save(con, page(id, 0).save()), leak(page(id, 1)).save();
        "save the marker", |_con, id| (), leak(hollow(id)).save();
        "save a blob", |con, id| save(con, blob(id, "old").save()), leak(blob(id, "new")).save();
        "save a large blob", |con, id| save(con, blob(id, "old").save()),
            leak(blob(id, &"new".repeat(1000))).save().ttl(HOUR);
        "save a blob with a version", |con, id| save(con, event(id).save()), leak(event(id)).save();
        "create", |_con, id| (), leak(account(id, 1)).create();
        "create with a TTL", |_con, id| (), leak(page(id, 7)).create();
        "create a blob", |_con, id| (), leak(blob(id, "new")).create().ttl(HOUR);
        "delete", |con, id| save(con, account(id, 1).save()), Account::delete(id);
        "delete a blob", |con, id| save(con, blob(id, "old").save()), Blob::delete(id);
        "delete with a condition", |con, id| save(con, account(id, 1).save()),
            Account::delete(id).only_if(Account::FIELDS.balance.eq(1));
        "save with a condition", |con, id| save(con, account(id, 1).save()),
            leak(account(id, 2)).save().only_if(Account::FIELDS.balance.eq(1));
        "expire with a condition", |con, id| save(con, account(id, 1).save()),
            Account::expire(id, HOUR).only_if(Account::FIELDS.balance.eq(1));
        "update inserts", |_con, id| (),
            Account::update(id).incr(Account::FIELDS.balance, 1).or_insert(&account(id, 7));
        "commit", |_con, id| (),
            draft(_con, id, account(id, 1), |it| it.balance = 2).commit();
        "commit nothing", |_con, id| (), draft(_con, id, account(id, 1), |_| ()).commit();
        "commit a counted record", |_con, id| (),
            draft(_con, id, page(id, 0), |it| it.text = "new".into()).commit().persist();
        "commit a blob", |_con, id| (),
            draft(_con, id, blob(id, "old"), |it| it.text = "new".into()).commit();
        "delete a draft", |_con, id| (), draft(_con, id, account(id, 1), |it| it.balance = 2).delete();
        "delete a draft of a record with a marker", |_con, id| (), draft(_con, id, hollow(id), |_| ()).delete();
        "delete a draft with a version", |_con, id| (), draft(_con, id, page(id, 0), |_| ()).delete();
        "delete a draft of a blob", |_con, id| (), draft(_con, id, blob(id, "old"), |_| ()).delete();
        "delete a draft of a blob with a version", |_con, id| (), draft(_con, id, event(id), |_| ()).delete();
    }
}

#[rustfmt::skip]
pub(super) fn refused() -> Vec<RefusedKind> {
    use Refusal::{Conflict, Error, Missing};
    refused! {
        "update finds none", Missing, None, |_con, id| (),
            Account::update(id).set(Account::FIELDS.note, "new");
        "update finds fields of another program", Missing, None,
            |con, id| raw(con, format!("HSET {} note x", Account::key(id))),
            Account::update(id).set(Account::FIELDS.note, "new");
        "update with a condition", Conflict, Some("balance"), |con, id| save(con, account(id, 1).save()),
            Account::update(id).incr(Account::FIELDS.balance, 1).only_if(Account::FIELDS.balance.at_least(2));
        "update above the type", Error("OutOfRange"), Some("balance"), |con, id| save(con, account(id, 200).save()),
            Account::update(id).incr(Account::FIELDS.balance, 100).set(Account::FIELDS.note, "new");
        "update below zero", Error("OutOfRange"), Some("balance"), |con, id| save(con, account(id, 1).save()),
            Account::update(id).set(Account::FIELDS.note, "new").incr(Account::FIELDS.balance, -2);
        "update of a text", Error("InvalidValue"), Some("balance"),
            |con, id| raw(con, format!("HSET {} balance x", Account::key(id))),
            Account::update(id).incr(Account::FIELDS.balance, 1);
        "update of another type", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("SET {} x", Account::key(id))),
            Account::update(id).incr(Account::FIELDS.balance, 1);
        "update creates a part", Error("MissingField"), None, |_con, id| (),
            Account::update(id).set(Account::FIELDS.note, "new").or_create();
        "update of a newer version", Error("NewerVersion"), None, |con, id| {
            save(con, page(id, 0).save());
            raw(con, format!("HSET {} _v 2", Page::key(id)));
        }, Page::update(id).set(Page::FIELDS.text, "new");
        "update of half a struct", Error("MissingField"), Some("place.y"), |con, id| save(con, hollow(id).save()),
            Hollow::update(id).set(Hollow::FIELDS.place.x, 1);
        "create finds one", Conflict, None, |con, id| save(con, account(id, 1).save()),
            leak(account(id, 2)).create();
        "create finds another type", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("SET {} x", Account::key(id))), leak(account(id, 2)).create();
        "create finds a blob", Conflict, None, |con, id| save(con, blob(id, "old").save()),
            leak(blob(id, "new")).create();
        "save over another type", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("RPUSH {} x", Account::key(id))), leak(account(id, 2)).save();
        "save over another type in one command", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("RPUSH {} x", Account::key(id))),
            leak(Account { note: Some("new".into()), ..account(id, 2) }).save();
        "save over a newer version", Error("NewerVersion"), None, |con, id| {
            save(con, page(id, 0).save());
            raw(con, format!("HSET {} _v 2", Page::key(id)));
        }, leak(page(id, 1)).save();
        "save a stale record", Error("Conflict"), None, |con, id| {
            save(con, page(id, 0).save());
            save(con, page(id, 1).save());
        }, leak(page(id, 1)).save();
        "save a blob over another type", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("RPUSH {} x", Blob::key(id))), leak(blob(id, "new")).save();
        "save a large blob over another type", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("RPUSH {} x", Blob::key(id))), leak(blob(id, &"new".repeat(1000))).save();
        "save a blob over a newer version", Error("NewerVersion"), None,
            |con, id| redis::cmd("SET").arg(&*Event::key(id)).arg(b"\xC1\xFE").exec(con).unwrap(),
            leak(event(id)).save();
        "delete finds none", Missing, None, |_con, id| (), Account::delete(id);
        "delete finds no blob", Missing, None, |_con, id| (), Blob::delete(id);
        "delete finds another type", Error("WRONGTYPE"), None,
            |con, id| raw(con, format!("SET {} x", Account::key(id))), Account::delete(id);
        "delete with a condition finds none", Missing, None, |_con, id| (),
            Account::delete(id).only_if(Account::FIELDS.balance.eq(1));
        "delete with a condition", Conflict, Some("balance"), |con, id| save(con, account(id, 2).save()),
            Account::delete(id).only_if(Account::FIELDS.balance.eq(1));
        "save with a condition", Conflict, Some("balance"), |con, id| save(con, account(id, 2).save()),
            leak(account(id, 3)).save().only_if(Account::FIELDS.balance.eq(1));
        "expire with a condition", Conflict, Some("balance"), |con, id| save(con, account(id, 2).save()),
            Account::expire(id, HOUR).only_if(Account::FIELDS.balance.eq(1));
        "commit finds none", Missing, None, |_con, id| (), {
            let draft = draft(_con, id, account(id, 1), |it| it.balance = 2);
            save(_con, Account::delete(id));
            draft.commit()
        };
        "commit finds a change", Conflict, Some("balance"), |_con, id| (), {
            let draft = draft(_con, id, account(id, 1), |it| it.balance = 2);
            save(_con, Account::update(id).set(Account::FIELDS.balance, 3));
            draft.commit()
        };
        "commit finds a write", Conflict, Some("revision"), |_con, id| (), {
            let draft = draft(_con, id, page(id, 0), |it| it.text = "new".into());
            save(_con, page(id, 1).save());
            draft.commit()
        };
        "commit finds another type", Error("WRONGTYPE"), None, |_con, id| (), {
            let draft = draft(_con, id, account(id, 1), |it| it.balance = 2);
            raw(_con, format!("SET {} x", Account::key(id)));
            draft.commit()
        };
        "commit finds no blob", Missing, None, |_con, id| (), {
            let draft = draft(_con, id, blob(id, "old"), |it| it.text = "new".into());
            save(_con, Blob::delete(id));
            draft.commit()
        };
        "commit finds another blob", Conflict, None, |_con, id| (), {
            let draft = draft(_con, id, blob(id, "old"), |it| it.text = "new".into());
            save(_con, blob(id, "other").save());
            draft.commit()
        };
        "a draft's delete finds none", Missing, None, |_con, id| (), {
            let draft = draft(_con, id, account(id, 1), |_| ());
            save(_con, Account::delete(id));
            draft.delete()
        };
        "a draft's delete finds a change", Conflict, None, |_con, id| (), {
            let draft = draft(_con, id, account(id, 1), |_| ());
            save(_con, Account::update(id).set(Account::FIELDS.note, "new"));
            draft.delete()
        };
        "a draft's delete finds another name", Conflict, None, |_con, id| (), {
            let draft = draft(_con, id, page(id, 0), |_| ());
            raw(_con, format!("HDEL {} text", Page::key(id)));
            raw(_con, format!("HSET {} body other", Page::key(id)));
            draft.delete()
        };
        "a draft's delete finds another version", Conflict, None, |_con, id| (), {
            let draft = draft(_con, id, page(id, 0), |_| ());
            raw(_con, format!("HSET {} _v 2", Page::key(id)));
            draft.delete()
        };
        "a draft's delete finds a part", Conflict, None, |_con, id| (), {
            let draft = draft(_con, id, Hollow { place: Some(Place { x: 1, y: 2 }), ..hollow(id) }, |_| ());
            save(_con, Hollow::update(id).incr(Hollow::FIELDS.place.y, 1));
            draft.delete()
        };
        "a draft's delete finds another type", Error("WRONGTYPE"), None, |_con, id| (), {
            let draft = draft(_con, id, account(id, 1), |_| ());
            raw(_con, format!("SET {} x", Account::key(id)));
            draft.delete()
        };
        "a draft's delete finds no blob", Missing, None, |_con, id| (), {
            let draft = draft(_con, id, blob(id, "old"), |_| ());
            save(_con, Blob::delete(id));
            draft.delete()
        };
        "a draft's delete finds another blob", Conflict, None, |_con, id| (), {
            let draft = draft(_con, id, blob(id, "old"), |_| ());
            save(_con, blob(id, "other").save());
            draft.delete()
        };
    }
}
