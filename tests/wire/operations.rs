//! Every operation of the crate, in each of its forms.

use std::time::Duration;

use redis_model::op::BoxedOperation;
use redis_model::{Condition, Operation, Record, RedisModel, atomic, batch, command, transaction};

use crate::mock::draft;
use crate::models::*;

pub(crate) fn unit<'a, O: Operation + Send + Sync + 'a>(operation: O) -> BoxedOperation<'a, ()> {
    operation.map(drop).boxed()
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

macro_rules! operations {
    ($($operation:expr;)*) => {
        /// Returns each operation with its source text.
        pub(crate) fn all() -> Vec<(&'static str, BoxedOperation<'static, ()>)> {
            vec![$((stringify!($operation), unit($operation))),*]
        }
    };
}
pub(crate) use operations;

operations! {
    USER.save();
    NAMELESS.save();
    USER.save().ttl(HOUR);
    USER.save().keep_ttl();
    USER.save().persist();
    USER.save().without_script();
    NAMELESS.save().without_script();
    NAMELESS.save().ttl(HOUR).without_script();
    USER.save().persist().without_script();
    LARGE.save().ttl(HOUR).without_script();
    PLACE.save().overwrite_newer().without_script();
    EVENT.save().overwrite_newer().without_script();
    USER.create();
    NAMELESS.create().ttl(HOUR);
    FULL.save();
    FULL.save().keep_ttl();
    FULL.create();
    FULL.save().returning(Full::FIELDS.version);
    FULL.create().returning(Full::FIELDS.version);
    LOGIN.save();
    LOGIN.create().ttl(HOUR);
    HOLLOW.save();
    BLOB.save();
    BLOB.create();
    LARGE.save();
    LARGE.save().ttl(HOUR);
    SESSION.save();
    SESSION.save().keep_ttl();
    SESSION.save().persist();
    SESSION.create();
    User::get(1);
    User::get(1).refresh_for(HOUR);
    Session::get("tok").refresh();
    Full::get(("acme", 7));
    Full::get(("acme", 7)).refresh_for(HOUR);
    Hollow::get(());
    Blob::get(1);
    Session::get("tok").refresh_for(HOUR);
    PLACE.save();
    PLACE.save().overwrite_newer();
    EVENT.save();
    EVENT.save().ttl(HOUR).overwrite_newer();
    EVENT.create();
    PLACE.create();
    Place::get(1);
    Place::get(1).refresh_for(HOUR);
    Place::select(1, (Place::FIELDS.y, Place::FIELDS.x));
    Place::edit(1);
    Place::update(1).incr(Place::FIELDS.x, 1);
    Place::update(1).set(Place::FIELDS.x, 1).or_create();
    User::delete(1);
    User::delete(1).without_script();
    Blob::delete(1);
    User::exists(1);
    Blob::exists(1);
    User::ttl(1);
    User::expire(1, HOUR);
    User::expire(1, HOUR).without_script();
    Session::expire("tok", Duration::from_micros(1500));
    User::persist(1);
    User::persist(1).without_script();
    User::select(1, User::FIELDS.visits);
    User::select(1, (User::FIELDS.name, (User::FIELDS.visits, User::FIELDS.score)));
    User::select(1, User::FIELDS.name);
    User::select(1, ());
    Full::select(("acme", 7), (Full::FIELDS.email, Full::FIELDS.home.zip));
    Hollow::select((), Hollow::FIELDS.note);
    Login::field_ttl(1, Login::FIELDS.name);
    Login::field_ttl(1, Login::FIELDS.code);
    User::update(1).set(User::FIELDS.name, "Bob");
    User::update(1).set(User::FIELDS.name, None);
    User::update(1).remove(User::FIELDS.name);
    User::update(1).set_if_absent(User::FIELDS.name, "Bob");
    User::update(1).incr(User::FIELDS.visits, -2).returning(User::FIELDS.visits);
    User::update(1).incr(User::FIELDS.score, 0.25);
    User::update(1).set(User::FIELDS.visits, 1).only_if(User::FIELDS.visits.eq(0));
    User::update(1).set(User::FIELDS.visits, 1).only_if(User::FIELDS.name.eq("Ada"));
    User::update(1).set(User::FIELDS.visits, 1).only_if(User::FIELDS.name.is_absent());
    User::update(1).set(User::FIELDS.visits, 1).only_if(User::FIELDS.name.is_present());
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.visits.at_least(2));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.score.at_most(2.5));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.visits.ne(2));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.name.ne(None));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.visits.gt(2));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.score.lt(2.5));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.visits.one_of([1, 2]));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(User::FIELDS.name.one_of([Some("Ada".to_owned()), None]));
    User::update(1).incr(User::FIELDS.visits, 1).only_if(Condition::any([
        User::FIELDS.name.eq("Ada"),
        Condition::all([User::FIELDS.visits.gt(2), User::FIELDS.visits.lt(5)]),
    ]));
    User::update(1).incr(User::FIELDS.visits, 1).required();
    User::delete(1).only_if(User::FIELDS.name.eq("Ada"));
    Full::delete(("acme", 7)).only_if(Full::FIELDS.email.eq("x"));
    User::expire(1, HOUR).only_if(User::FIELDS.name.eq("Ada"));
    Full::expire(("acme", 7), HOUR).only_if(Full::FIELDS.email.is_absent());
    User::persist(1).only_if(User::FIELDS.name.eq("Ada"));
    USER.save().only_if(User::FIELDS.visits.lt(3));
    NAMELESS.save().ttl(HOUR).only_if(User::FIELDS.visits.lt(3));
    FULL.save().only_if(Full::FIELDS.email.eq("x"));
    User::update(1).incr(User::FIELDS.visits, 1).or_insert(&USER);
    User::update(1).incr(User::FIELDS.visits, 1).or_insert(&NAMELESS).returning(User::FIELDS.visits);
    Full::update(("acme", 7)).set(Full::FIELDS.email, "x").or_insert(&FULL);
    Hollow::update(()).set(Hollow::FIELDS.note, "x").or_insert(&HOLLOW);
    User::update(1).set(User::FIELDS.visits, 1).expire(HOUR);
    User::update(1).set(User::FIELDS.visits, 1).persist();
    User::update(1).set(User::FIELDS.visits, 1).expire_field(User::FIELDS.name, HOUR);
    User::update(1).persist_field(User::FIELDS.name);
    User::update(1).or_create().set(User::FIELDS.name, "Bob").set(User::FIELDS.visits, 1);
    User::update(1).or_create().set(User::FIELDS.score, 0.5).set(User::FIELDS.visits, 1);
    Page::update(1).or_create().incr(Page::FIELDS.views, 1).returning(Page::FIELDS.views);
    Page::exists(1);
    User::update(1).or_create().incr(User::FIELDS.visits, 1).returning(User::FIELDS.visits);
    User::update(1).or_create().incr(User::FIELDS.score, 1.5);
    User::update(1).or_create().incr(User::FIELDS.visits, 1).expire(HOUR);
    User::update(1).returning((User::FIELDS.name, User::FIELDS.visits));
    User::update(1).incr(User::FIELDS.visits, 1).returning(Record);
    Full::update(("acme", 7)).set(Full::FIELDS.email, "x").returning((Full::FIELDS.email, Record));
    Place::select(1, Record);
    Hollow::select((), Record);
    User::update(1).set_some(User::FIELDS.name, None::<&str>).set_some(User::FIELDS.visits, Some(2));
    User::update(1).set_or_remove(User::FIELDS.name, None::<&str>);
    User::update(1).set_or_remove(User::FIELDS.name, Some("Bob"));
    Full::update(("acme", 7)).set(Full::FIELDS.email, "x").refresh();
    Full::update(("acme", 7)).set(Full::FIELDS.home.street, "High St");
    Login::update(1).set(Login::FIELDS.code, 5);
    Login::update(1).set(Login::FIELDS.name, "Bob").or_create();
    Full::update(("acme", 7)).or_create().set(Full::FIELDS.email, "x");
    ACCOUNT.save();
    CLOSED.save();
    Account::update(1).set(Account::FIELDS.active, false).only_if(Account::FIELDS.active.eq(true));
    Account::update(1).incr(Account::FIELDS.created, 60).incr(Account::FIELDS.seen, 0.5);
    Account::update(1).remove(Account::FIELDS.note).only_if(Account::FIELDS.note.is_present());
    Account::update(1).remove(Account::FIELDS.closed).only_if(Account::FIELDS.seen.eq(None));
    draft(&*ACCOUNT, |it| it.active = false).commit();
    User::edit(1);
    Full::edit(("acme", 7));
    Blob::edit(1);
    draft(&*USER, |_| ()).commit();
    draft(&*USER, |it| it.visits += 1).commit();
    draft(&*USER, |it| it.name = None).commit();
    draft(&*NAMELESS, |it| it.name = Some("Ada".into())).commit().expire(HOUR);
    draft(&*USER, |it| it.score = 1.0).commit().persist();
    draft(&*FULL, |it| it.home.as_mut().unwrap().zip = Some(1)).commit();
    draft(&*SESSION, |it| it.user = 2).commit().refresh();
    draft(&*BLOB, |_| ()).commit();
    draft(&*BLOB, |it| it.text = "new".into()).commit();
    draft(&*SESSION, |it| it.user = 2).commit().expire(HOUR);
    User::get_many([1, 2]);
    User::get_many([0; 0]);
    User::get_many([1, 2]).found();
    User::select_many([1, 2], (User::FIELDS.visits, User::FIELDS.name));
    User::select_many([1, 2], User::FIELDS.name).found();
    Place::select_many([1, 2], Place::FIELDS.y);
    User::save_many([&*USER, &*NAMELESS]);
    User::save_many([USER.clone()]).ttl(HOUR);
    User::delete_many([1, 2]);
    User::delete_many([1, 2]).without_script();
    User::save_many([&*USER, &*NAMELESS]).without_script();
    Blob::get_many([1, 2]);
    Session::save_many([&*SESSION]).persist();
    (User::get(1), (User::exists(2), Blob::get(3)));
    [User::exists(1), User::exists(2)];
    vec![User::exists(1), User::exists(2)];
    (Some(User::exists(1)), None::<redis_model::op::Get<User>>);
    User::exists(1).map(|known| !known).boxed();
    batch([User::ttl(1), User::ttl(2)]);
    draft(&*USER, |_| ()).delete();
    draft(&*FULL, |_| ()).delete();
    draft(&*NAMELESS, |_| ()).delete();
    draft(&*BLOB, |_| ()).delete();
    transaction(User::delete(1));
    transaction((Page::update(1).incr(Page::FIELDS.views, 1), USER.save()));
    transaction([BLOB.save()]);
    transaction((vec![BLOB.create()], Some(LARGE.save()), SESSION.save(), EVENT.save(), PLACE.save()));
    transaction((FULL.create().returning(Full::FIELDS.version), Blob::delete(1)));
    transaction((draft(&*USER, |it| it.visits += 1).commit(), draft(&*BLOB, |it| it.text = "new".into()).commit()));
    transaction((draft(&*USER, |_| ()).delete(), draft(&*BLOB, |_| ()).delete()));
    transaction(draft(&*USER, |_| ()).commit());
    atomic((User::get(1), User::exists(1)));
    atomic(User::exists(1));
    atomic([NAMELESS.save(), NAMELESS.save()]);
    vec![atomic((User::get(1), Blob::get(1))), atomic((User::get(2), Blob::get(2)))];
    (User::get(1), atomic((User::exists(2), atomic((User::ttl(3), User::exists(4))))));
    command::<String>(redis::cmd("OBJECT").arg("ENCODING").arg("user:1"));
    command::<Vec<String>>(redis::cmd("LCS").arg("{a}1").arg("{a}2").arg("IDX"));
    (command::<()>(redis::cmd("PING")), User::exists(1));
    atomic((command::<u64>(redis::cmd("HINCRBY").arg("user:1").arg("visits").arg(1)), User::get(1)));
}
