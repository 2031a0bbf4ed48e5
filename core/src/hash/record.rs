//! The selection of a whole record.

use super::{HashModel, Row, Selection};
use crate::error::Result;

/// All fields of a hash model, as a selection that returns the record.
///
/// ```
/// # use redis_model::{Operation, Record, RedisModel, embedded};
/// #[derive(Debug, PartialEq, RedisModel)]
/// #[redis(key = "account:{id}")]
/// struct Account { id: u64, owner: String, balance: i64 }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// # let f = Account::FIELDS;
/// Account { id: 7, owner: "Ada".into(), balance: 100 }.save().run(&mut con)?;
/// let paid = Account::update(7).incr(f.balance, -60).returning(Record).run(&mut con)?;
/// assert_eq!(paid.applied(), Some(Account { id: 7, owner: "Ada".into(), balance: 40 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An [`Update`](crate::Update) returns the record as it is after the update, read in the same
/// step. In a tuple it stands beside other selections: `(Record, f.balance)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Record;

impl<M: HashModel> Selection<M> for Record {
    type Output = M;

    fn add_fields(&self, fields: &mut Vec<u16>) {
        // The handles count the fields in `u16`, too.
        fields.extend((0..M::SCHEMA.fields.len()).filter_map(|at| u16::try_from(at).ok()));
    }

    fn read(&self, row: &mut Row<'_>) -> Result<M> {
        row.read_record()
    }
}
