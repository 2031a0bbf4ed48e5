//! The steps of a round trip.

use std::fmt::Debug;

use redis::Connection;
use redis_model::field::IntoField;
use redis_model::{BlobModel, Field, HashModel, Operation, Outcome, RedisModel, Result};

/// Checks that a record's key is that of its id, and parses back to it.
pub fn keys<M: RedisModel>(record: &M, id: M::Id) -> Result<()> {
    let key = M::key(id);
    assert_eq!(record.redis_key(), key);
    assert_eq!(M::key(M::parse_key(key.as_str())?), key);
    assert_eq!(M::describe().key, M::SCHEMA.key);
    Ok(())
}

pub fn saved<M: RedisModel>(con: &mut Connection, record: &M) -> Result<()> {
    record.save().run(con)
}

/// Checks that the record is the one that the server has.
pub fn stored<M>(con: &mut Connection, id: M::Id, expected: &M) -> Result<()>
where
    M: RedisModel + Debug + PartialEq,
{
    assert_eq!(M::get(id).run(con)?.as_ref(), Some(expected));
    Ok(())
}

/// Updates a field, and checks that it can be selected.
pub fn updated<M, V, Enc, T>(
    con: &mut Connection,
    id: M::Id,
    field: Field<M, V, Enc>,
    value: T,
) -> Result<()>
where
    M: HashModel,
    T: IntoField<V, Enc>,
    Field<M, V, Enc>: redis_model::Selection<M>,
{
    assert_eq!(M::update(id.clone()).set(field, value).run(con)?, Outcome::Applied(()));
    assert!(M::select(id, field).run(con)?.is_some());
    Ok(())
}

/// Puts another record in the place of the stored one.
pub fn edited<M: RedisModel + Clone>(con: &mut Connection, id: M::Id, record: &M) -> Result<()> {
    let mut draft = M::edit(id).run(con)?.expect("it was saved");
    draft.clone_from(record);
    assert_eq!(draft.commit().run(con)?, Outcome::Applied(()));
    Ok(())
}

/// Checks that a blob's bytes are read as the same record.
#[allow(dead_code, reason = "few models may have no blob among them")]
pub fn bytes<M: BlobModel + Debug + PartialEq>(record: &M) -> Result<()> {
    assert_eq!(&M::from_bytes(&record.to_bytes()?)?, record);
    Ok(())
}

pub fn deleted<M: RedisModel>(con: &mut Connection, id: M::Id) -> Result<()> {
    assert!(M::delete(id.clone()).run(con)?);
    assert!(M::get(id).run(con)?.is_none());
    Ok(())
}
