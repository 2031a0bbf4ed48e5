//! Random transactions, compared with a map that follows the documented rules.

use std::collections::BTreeMap;

use redis::Connection;
use redis_model::embedded::Server;
use redis_model::{Operation, Outcome, RedisModel, transaction};

use super::kinds::Member;
use super::{Account, contents};

const IDS: u64 = 6;
const TRANSACTIONS: u32 = 3000;

type State = BTreeMap<u64, Account>;

#[derive(Debug, Clone)]
enum Write {
    Incr { by: i64, at_least: Option<u8>, note: Option<String>, or_create: bool },
    Condition { note: Option<String> },
    Save(Account),
    Create(Account),
    Delete,
    Commit { balance: u8 },
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Missing,
    Conflict,
    OutOfRange,
}

#[test]
fn random_transactions_do_what_a_map_does() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let seed = std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64) | 1;
    let (mut random, mut state) = (Random(seed), State::new());
    let (mut applied, mut refused) = (0, 0);
    for round in 0..TRANSACTIONS {
        let writes = random.writes(&state);
        let members: Vec<Member> = writes.iter().map(|(id, it)| it.member(*id, &mut con)).collect();
        let about = format!("seed {seed}, transaction {round}: {writes:?} on {state:?}");
        let before = contents(&mut con);
        let result = transaction(members).run(&mut con);
        match expected(&writes, &state) {
            Ok(after) => {
                assert_eq!(
                    result.expect(&about),
                    Outcome::Applied(vec![(); writes.len()]),
                    "{about}"
                );
                assert_eq!(stored(&mut con), after, "{about}");
                (state, applied) = (after, applied + 1);
            }
            Err(refusal) => {
                assert_eq!(refusal_of(result, &about), refusal, "{about}");
                assert_eq!(contents(&mut con), before, "{about}");
                refused += 1;
            }
        }
    }
    assert!(applied > 500 && refused > 500, "{applied} applied, {refused} refused");
}

fn stored(con: &mut Connection) -> State {
    let ids = (0..IDS).collect::<Vec<_>>();
    let records = Account::get_many(ids.clone()).run(con).unwrap();
    ids.into_iter().zip(records).filter_map(|(id, record)| Some((id, record.unwrap()?))).collect()
}

fn refusal_of(result: redis_model::Result<Outcome<Vec<()>>>, about: &str) -> (usize, Refusal) {
    match result {
        Ok(Outcome::Missing(missing)) => (missing.member().unwrap(), Refusal::Missing),
        Ok(Outcome::Conflict(conflict)) => (conflict.member().unwrap(), Refusal::Conflict),
        Err(error) if error.is_out_of_range() => (error.member().unwrap(), Refusal::OutOfRange),
        result => panic!("{about}: {result:?}"),
    }
}

/// Returns the state after the writes, or the first that is refused.
fn expected(writes: &[(u64, Write)], state: &State) -> Result<State, (usize, Refusal)> {
    let mut after = state.clone();
    for (position, (id, write)) in writes.iter().enumerate() {
        write.apply(*id, &mut after).map_err(|refusal| (position, refusal))?;
    }
    Ok(after)
}

impl Write {
    fn member(&self, id: u64, con: &mut Connection) -> Member {
        let f = Account::FIELDS;
        match self.clone() {
            Self::Incr { by, at_least, note, or_create } => {
                let mut update = Account::update(id).incr(f.balance, by).set(f.note, note);
                if let Some(least) = at_least {
                    update = update.only_if(f.balance.at_least(least));
                }
                Box::new(if or_create { update.or_create() } else { update })
            }
            Self::Condition { note } => {
                let condition = match note {
                    Some(note) => f.note.eq(note),
                    None => f.note.is_absent(),
                };
                Box::new(Account::update(id).only_if(condition))
            }
            Self::Save(record) => Box::new(Box::leak(Box::new(record)).save()),
            Self::Create(record) => Box::new(Box::leak(Box::new(record)).create()),
            Self::Delete => Box::new(Account::delete(id)),
            Self::Commit { balance } => {
                let mut draft = Account::edit(id).run(con).unwrap().unwrap();
                draft.balance = balance;
                Box::new(draft.commit())
            }
        }
    }

    fn apply(&self, id: u64, state: &mut State) -> Result<(), Refusal> {
        match self {
            Self::Incr { by, at_least, note, or_create } => {
                let balance = match state.get(&id) {
                    Some(record) => record.balance,
                    None if *or_create => 0,
                    None => return Err(Refusal::Missing),
                };
                let known = state.contains_key(&id);
                if at_least.is_some_and(|least| !known || balance < least) {
                    return Err(Refusal::Conflict);
                }
                let sum = u8::try_from(i64::from(balance) + by).map_err(|_| Refusal::OutOfRange)?;
                state.insert(id, Account { id, balance: sum, note: note.clone() });
            }
            Self::Condition { note } => {
                let record = state.get(&id).ok_or(Refusal::Missing)?;
                if record.note != *note {
                    return Err(Refusal::Conflict);
                }
            }
            Self::Save(record) => {
                state.insert(id, record.clone());
            }
            Self::Create(_) if state.contains_key(&id) => return Err(Refusal::Conflict),
            Self::Create(record) => {
                state.insert(id, record.clone());
            }
            Self::Delete => {
                state.remove(&id).ok_or(Refusal::Missing)?;
            }
            Self::Commit { balance } => {
                state.get_mut(&id).ok_or(Refusal::Missing)?.balance = *balance;
            }
        }
        Ok(())
    }
}

/// A xorshift generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn writes(&mut self, state: &State) -> Vec<(u64, Write)> {
        let mut ids: Vec<u64> = (0..IDS).collect();
        let count = 1 + self.below(4);
        (0..count)
            .map(|_| {
                let id = ids.remove(self.below(ids.len() as u64) as usize);
                (id, self.write(id, state))
            })
            .collect()
    }

    fn write(&mut self, id: u64, state: &State) -> Write {
        let note = Some("note".to_owned()).filter(|_| self.below(2) == 0);
        let record = Account { id, balance: self.below(256) as u8, note: note.clone() };
        match self.below(10) {
            0..4 => Write::Incr {
                by: self.below(100) as i64 - 30,
                at_least: Some(self.below(60) as u8).filter(|_| self.below(3) == 0),
                note,
                or_create: self.below(2) == 0,
            },
            4 => Write::Condition { note },
            5 | 6 => Write::Save(record),
            7 => Write::Create(record),
            8 => Write::Delete,
            _ if state.contains_key(&id) => Write::Commit { balance: self.below(256) as u8 },
            _ => Write::Create(record),
        }
    }
}
