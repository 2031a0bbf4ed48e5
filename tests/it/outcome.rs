//! Outcomes: what was not applied, as a value and as an error.

use redis_model::{Error, ErrorKind, Json, Operation, Outcome, RedisModel, atomic};

use crate::support::{Con, everywhere, fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "outcome:{id}")]
struct Record {
    id: u64,
    count: u8,
    #[redis(rename = "Name")]
    name: String,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, RedisModel)]
#[redis(key = "outcome:blob:{id}", blob = Json)]
struct Blob {
    id: u64,
    text: String,
}

fn saved(con: &mut Con) -> u64 {
    let record = Record { id: fresh(), count: 1, name: "Ada".into() };
    con.run(record.save()).unwrap();
    record.id
}

fn key(id: u64) -> String {
    Record::key(id).to_string()
}

#[test]
fn a_missing_record_is_named_by_the_outcome_and_by_its_error() {
    everywhere(|con| {
        let id = fresh();
        let outcome = con.run(Record::update(id).incr(Record::FIELDS.count, 1)).unwrap();
        assert!(outcome.is_missing() && !outcome.is_conflict() && !outcome.is_applied());
        let missing = outcome.missing().unwrap();
        assert_eq!((missing.model(), missing.key()), ("Record", &*key(id)));
        assert_eq!(missing.member(), None);
        let text = format!("Record `{}`: there is no such record", key(id));
        assert_eq!(missing.to_string(), text);

        let error = outcome.ok().unwrap_err();
        assert!(error.is_not_found() && !error.is_conflict() && !error.is_connection());
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!((error.model(), error.key()), (Some("Record"), Some(&*key(id))));
        assert_eq!(error.to_string(), text);
    });
}

#[test]
fn a_conflict_names_its_fields_as_they_are_stored() {
    everywhere(|con| {
        let (id, f) = (saved(con), Record::FIELDS);
        let update = || Record::update(id).set(f.count, 2).only_if(f.name.eq("Bob"));
        let one = con.run(update()).unwrap();
        let two = con.run(update().only_if(f.count.eq(9))).unwrap();
        assert_eq!(one.conflict().unwrap().fields().collect::<Vec<_>>(), ["Name"]);
        assert_eq!(one.conflict().unwrap().key(), key(id));
        assert!(two.conflict().unwrap().contains(f.count));

        let error = one.ok().unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("Name")));
        let error = two.ok().unwrap_err();
        assert!(error.is_conflict() && error.field().is_none());
        let text = format!("Record `{}`: conflict in the fields `Name`, `count`", key(id));
        assert_eq!(error.to_string(), text);
        assert!(!format!("{error:?}").contains("Ada"), "no stored values");
    });
}

#[test]
fn every_write_that_is_not_applied_names_its_record() {
    on_one_server(|con| {
        let id = fresh();
        let blob = Blob { id, text: "one".into() };
        con.run(blob.save()).unwrap();
        let (mut late, mut later) =
            (con.run(Blob::edit(id)).unwrap().unwrap(), con.run(Blob::edit(id)).unwrap().unwrap());
        late.text.push('2');
        later.text.push('3');
        con.run(later.commit()).unwrap().expect("the blob");
        let outcome = con.run(late.commit()).unwrap();
        assert_eq!(outcome.conflict().unwrap().key(), Blob::key(id).to_string());
        assert!(outcome.ok().unwrap_err().to_string().contains("has changed since it was read"));
        con.run(Blob::delete(id)).unwrap();
        let outcome = con.run(late.commit()).unwrap();
        assert_eq!(outcome.missing().unwrap().key(), Blob::key(id).to_string());
        let mut modify = Record::modify(id, |record| record.count += 1);
        let outcome = con.run_flow(&mut modify).unwrap();
        assert_eq!(outcome.missing().unwrap().key(), key(id));
    });
}

#[test]
fn an_outcome_that_was_not_applied_works_with_the_question_mark() {
    fn ours(outcome: Outcome<u8>) -> redis_model::Result<u8> {
        Ok(outcome.ok()? + 1)
    }
    fn boxed(outcome: Outcome<u8>) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        Ok(outcome.ok()? + 1)
    }
    fn own(outcome: Outcome<u8>) -> Result<u8, &'static str> {
        Ok(outcome.ok_or("not there")? + 1)
    }
    on_one_server(|con| {
        let (count, there, absent) = (Record::FIELDS.count, saved(con), fresh());
        let mut update = |id| con.run(Record::update(id).incr(count, 1).returning(count)).unwrap();
        let (applied, missing) = (update(there), update(absent));
        assert_eq!(ours(applied.clone()).unwrap(), 3);
        assert!(ours(missing.clone()).unwrap_err().is_not_found());
        let error = boxed(missing.clone()).unwrap_err();
        assert!(error.downcast::<Error>().unwrap().is_not_found());
        assert_eq!((own(applied), own(missing.clone())), (Ok(3), Err("not there")));
        let Outcome::Missing(missing) = missing else { panic!("{missing:?}") };
        assert!(Error::from(missing).is_not_found());
    });
}

#[test]
fn a_required_write_is_an_error_for_its_own_member_only() {
    everywhere(|con| {
        let (count, there, absent) = (Record::FIELDS.count, saved(con), fresh());
        let visit = |id| Record::update(id).incr(count, 1).returning(count).required();
        assert_eq!(con.run(visit(there)).unwrap(), 2);
        assert_eq!(con.run((visit(there), visit(there))).unwrap(), (3, 4));
        assert!(con.run((visit(there), visit(absent))).unwrap_err().is_not_found());

        let results = con.run(vec![visit(absent), visit(there)]).unwrap();
        assert_eq!(results[0].as_ref().unwrap_err().key(), Some(&*key(absent)));
        assert_eq!(*results[1].as_ref().unwrap(), 6);
        let refused = Record::update(there).set(count, 0).only_if(count.eq(9)).required();
        let [of_count, _] =
            &con.run(vec![refused.boxed(), visit(there).map(drop).boxed()]).unwrap()[..]
        else {
            panic!("two results")
        };
        assert_eq!(of_count.as_ref().unwrap_err().field(), Some("count"));

        let mut draft = con.run(Record::edit(there)).unwrap().unwrap();
        draft.count = 1;
        con.run(visit(there)).unwrap();
        assert!(con.run(draft.commit().required()).unwrap_err().is_conflict());
    });
}

#[test]
fn a_required_member_of_an_atomic_step_tells_that_others_were_applied() {
    on_one_server(|con| {
        let (count, there, absent) = (Record::FIELDS.count, saved(con), fresh());
        let visit = |id| Record::update(id).incr(count, 1).required();
        let error = con.run(atomic((visit(there), visit(absent)))).unwrap_err();
        assert!(error.is_not_found() && error.is_partial(), "{error}");
        assert_eq!(con.run(Record::select(there, count)).unwrap(), Some(2));
    });
}
