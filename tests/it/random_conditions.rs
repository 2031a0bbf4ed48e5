//! Random conditions on random records, compared with the same conditions in Rust.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis_model::{Condition, Json, Outcome, RedisModel};

use crate::support::{Con, fresh};

#[derive(Debug, RedisModel)]
#[redis(key = "conditions:random:{id}")]
struct Record {
    id: u64,
    count: i64,
    limit: Option<i64>,
    #[redis(default = "five")]
    rank: i64,
    weight: f64,
    paid: bool,
    #[redis(alias = "status")]
    state: String,
    nick: Option<String>,
    #[redis(codec = Json)]
    tags: Vec<i8>,
    #[redis(codec = Json)]
    maybe: Option<i8>,
    last: u8,
}

fn five() -> i64 {
    5
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Count,
    Limit,
    Rank,
    Weight,
    Paid,
    State,
    Nick,
    Tags,
    Maybe,
}

use Column::*;

const COLUMNS: [Column; 9] = [Count, Limit, Rank, Weight, Paid, State, Nick, Tags, Maybe];

impl Column {
    fn name(self) -> &'static str {
        match self {
            Count => "count",
            Limit => "limit",
            Rank => "rank",
            Weight => "weight",
            Paid => "paid",
            State => "state",
            Nick => "nick",
            Tags => "tags",
            Maybe => "maybe",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Count | Limit | Rank | Weight)
    }

    fn is_option(self) -> bool {
        matches!(self, Limit | Nick | Maybe)
    }

    /// Returns texts that the server may hold, of the type and not.
    fn texts(self) -> &'static [&'static str] {
        match self {
            Count | Limit | Rank => &[
                "0",
                "1",
                "2",
                "5",
                "-1",
                "007",
                "+1",
                "-0",
                "9223372036854775808",
                "x",
                "",
                "1.0",
            ],
            Weight => {
                &["0", "0.5", "1", "1e0", "0.50", "-0.0", "-0.5", "nan", "inf", "x", "1e400", "0x1"]
            }
            Paid => &["1", "0", "true", "False", "yes", ""],
            State | Nick => &["s0", "s1", "s2", "", "S1"],
            Tags => &["[]", "[1]", "[2]", "[ 1 ]", "x"],
            Maybe => &["1", "2", "null", "x"],
        }
    }

    /// Compares a stored text with the value of a number; `None` if it is not of the type.
    fn compare(self, stored: &str, asked: i8) -> Option<Ordering> {
        let other = |same: bool| Some(if same { Ordering::Equal } else { Ordering::Less });
        match self {
            Count | Limit | Rank => {
                let digits = stored.strip_prefix(['+', '-']).unwrap_or(stored);
                let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
                is_number.then(|| stored.parse::<i128>().unwrap().cmp(&asked.into()))
            }
            Weight => {
                let known = stored.bytes().all(|it| b"0123456789.eE+-".contains(&it));
                let number = known.then(|| stored.parse::<f64>().ok()).flatten()?;
                number.is_finite().then(|| number.partial_cmp(&(f64::from(asked) / 2.0)))?
            }
            Paid => {
                let stored = match stored {
                    "1" | "true" | "True" => true,
                    "0" | "false" | "False" => false,
                    _ => return None,
                };
                other(stored == (asked % 2 != 0))
            }
            State | Nick => other(stored == format!("s{asked}")),
            Tags => other(stored == format!("[{asked}]")),
            Maybe => other(stored == asked.to_string()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Test {
    Eq,
    Ne,
    OneOf,
    Ge,
    Le,
    Gt,
    Lt,
    Present,
    Absent,
}

#[derive(Debug, Clone)]
enum Tree {
    /// `None` among the values is the `None` of an `Option` field.
    Leaf(Column, Test, Vec<Option<i8>>),
    Any(Vec<Tree>),
    All(Vec<Tree>),
}

type Stored = BTreeMap<Column, &'static str>;

/// Returns the value of a field: `None` for none.
fn value(column: Column, stored: &Stored) -> Option<&'static str> {
    // JSON's null is no value of an `Option`.
    stored.get(&column).copied().filter(|text| column != Maybe || *text != "null")
}

fn leaf_holds(column: Column, test: Test, asked: &[Option<i8>], stored: &Stored) -> bool {
    let value = value(column, stored);
    let compared = value.or((column == Rank).then_some("5"));
    let compare = |asked: Option<i8>| {
        let asked = asked.expect("a value to compare with");
        compared.and_then(|stored| column.compare(stored, asked))
    };
    let equal = |asked: Option<i8>| match asked {
        None => value.is_none(),
        asked => compare(asked) == Some(Ordering::Equal),
    };
    match test {
        Test::Present => value.is_some(),
        Test::Absent => value.is_none(),
        Test::Eq => equal(asked[0]),
        Test::OneOf => asked.iter().any(|asked| equal(*asked)),
        Test::Ne if asked[0].is_none() => value.is_some(),
        Test::Ne if compared.is_none() => true,
        Test::Ne => compare(asked[0]).is_some_and(Ordering::is_ne),
        Test::Ge => compare(asked[0]).is_some_and(Ordering::is_ge),
        Test::Le => compare(asked[0]).is_some_and(Ordering::is_le),
        Test::Gt => compare(asked[0]).is_some_and(Ordering::is_gt),
        Test::Lt => compare(asked[0]).is_some_and(Ordering::is_lt),
    }
}

/// Evaluates a condition, and adds the fields that are in its way.
fn holds(tree: &Tree, stored: &Stored, names: &mut Vec<&'static str>) -> bool {
    let (any, members) = match tree {
        Tree::Leaf(column, test, asked) => {
            let held = leaf_holds(*column, *test, asked, stored);
            if !held {
                names.push(column.name());
            }
            return held;
        }
        Tree::Any(members) => (true, members),
        Tree::All(members) => (false, members),
    };
    let start = names.len();
    let held: Vec<_> = members.iter().map(|member| holds(member, stored, names)).collect();
    let held = if any { held.contains(&true) } else { !held.contains(&false) };
    if held {
        names.truncate(start);
    }
    held
}

fn condition(tree: &Tree) -> Condition<Record> {
    let (column, test, asked) = match tree {
        Tree::Any(members) => return Condition::any(members.iter().map(condition)),
        Tree::All(members) => return Condition::all(members.iter().map(condition)),
        Tree::Leaf(column, test, asked) => (*column, *test, asked),
    };
    let f = Record::FIELDS;
    macro_rules! leaf {
        ($field:expr, |$asked:ident| $value:expr) => {{
            let values: Vec<_> = asked.iter().map(|$asked: &Option<i8>| $value).collect();
            match (test, values.first().cloned()) {
                (Test::Present, _) => $field.is_present(),
                (Test::Absent, _) => $field.is_absent(),
                (Test::Eq, Some(first)) => $field.eq(first),
                (Test::Ne, Some(first)) => $field.ne(first),
                (Test::OneOf, _) => $field.one_of(values),
                _ => unreachable!("no number, or no value to compare with"),
            }
        }};
        (number $field:expr, |$asked:ident| $value:expr) => {{
            let value = |$asked: &Option<i8>| $value;
            match test {
                Test::Ge => $field.at_least(value(&asked[0])),
                Test::Le => $field.at_most(value(&asked[0])),
                Test::Gt => $field.gt(value(&asked[0])),
                Test::Lt => $field.lt(value(&asked[0])),
                _ => leaf!($field, |$asked| $value),
            }
        }};
    }
    match column {
        Count => leaf!(number f.count, |it| i64::from(it.unwrap())),
        Limit => leaf!(number f.limit, |it| it.map(i64::from)),
        Rank => leaf!(number f.rank, |it| i64::from(it.unwrap())),
        Weight => leaf!(number f.weight, |it| f64::from(it.unwrap()) / 2.0),
        Paid => leaf!(f.paid, |it| it.unwrap() % 2 != 0),
        State => leaf!(f.state, |it| format!("s{}", it.unwrap())),
        Nick => leaf!(f.nick, |it| it.map(|it| format!("s{it}"))),
        Tags => leaf!(f.tags, |it| vec![it.unwrap()]),
        Maybe => leaf!(f.maybe, |it| *it),
    }
}

fn leaves() -> impl Strategy<Value = Tree> {
    let tests = [
        Test::Eq,
        Test::Ne,
        Test::OneOf,
        Test::Present,
        Test::Absent,
        Test::Ge,
        Test::Le,
        Test::Gt,
        Test::Lt,
    ];
    let asked = prop::collection::vec(prop::option::weighted(0.8, -1..=5_i8), 1..4);
    let empty = prop::bool::weighted(0.1);
    (prop::sample::select(&COLUMNS[..]), 0..9_usize, asked, empty).prop_map(
        move |(column, test, asked, empty)| {
            let test = tests[if column.is_number() { test } else { test % 5 }];
            let takes_none =
                column.is_option() && matches!(test, Test::Eq | Test::Ne | Test::OneOf);
            let asked: Vec<_> =
                asked.into_iter().map(|it| it.or((!takes_none).then_some(1))).collect();
            Tree::Leaf(column, test, if empty && test == Test::OneOf { vec![] } else { asked })
        },
    )
}

fn trees() -> impl Strategy<Value = Tree> {
    leaves().prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::vec(inner, 0..4);
        prop_oneof![members.clone().prop_map(Tree::Any), members.prop_map(Tree::All)]
    })
}

fn stored() -> impl Strategy<Value = Stored> {
    let texts =
        COLUMNS.map(|column| prop::option::weighted(0.75, prop::sample::select(column.texts())));
    texts.prop_map(|texts| {
        let fields = COLUMNS.into_iter().zip(texts);
        fields.filter_map(|(column, text)| Some((column, text?))).collect()
    })
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Update,
    Delete,
    Expire,
    Persist,
    Take,
}

#[test]
fn conditions_hold_as_they_do_in_rust() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6000) };
    let con = RefCell::new(Con::sync());
    let verbs = prop::sample::select(
        &[Verb::Update, Verb::Delete, Verb::Expire, Verb::Persist, Verb::Take][..],
    );
    let cases = (stored(), prop::collection::vec(trees(), 1..3), verbs, any::<bool>());
    let result = TestRunner::new(config).run(&cases, |(stored, trees, verb, aliased)| {
        check(&mut con.borrow_mut(), &stored, &trees, verb, aliased)
    });
    result.unwrap();
}

fn check(
    con: &mut Con,
    stored: &Stored,
    trees: &[Tree],
    verb: Verb,
    aliased: bool,
) -> Result<(), TestCaseError> {
    let id = fresh();
    let key = Record::key(id).to_string();
    let mut words = vec!["HSET", &key, "last", "1"];
    for (column, text) in stored {
        words.extend([if *column == State && aliased { "status" } else { column.name() }, text]);
    }
    con.raw::<i64>(&words);
    let before = con.hash(&key);

    let mut names = Vec::new();
    let held: Vec<_> = trees.iter().map(|tree| holds(tree, stored, &mut names)).collect();
    let held = !held.contains(&false);
    let mut fields: Vec<String> = Vec::new();
    for name in names {
        if !fields.iter().any(|field| field == name) {
            fields.push(name.into());
        }
    }

    let conditions: Vec<_> = trees.iter().map(condition).collect();
    let mut conditions = conditions.into_iter();
    let first = conditions.next().unwrap();
    let hour = Duration::from_secs(3600);
    let outcome = match verb {
        Verb::Update => {
            let update = Record::update(id).set(Record::FIELDS.last, 2).only_if(first);
            con.run(conditions.fold(update, |update, more| update.only_if(more)))
        }
        Verb::Take => {
            let take = Record::take(id).only_if(first);
            let mut take = conditions.fold(take, |take, more| take.only_if(more));
            match con.run_flow(&mut take) {
                // Many of the records cannot be decoded. They stay.
                Err(error) => {
                    prop_assert!(held && !error.is_conflict(), "{}", error);
                    prop_assert_eq!(con.hash(&key), before);
                    return Ok(());
                }
                taken => taken.map(|taken| taken.map(drop)),
            }
        }
        Verb::Delete | Verb::Expire | Verb::Persist => {
            let write = match verb {
                Verb::Delete => Record::delete(id).only_if(first),
                Verb::Expire => Record::expire(id, hour).only_if(first),
                _ => Record::persist(id).only_if(first),
            };
            con.run(conditions.fold(write, |write, more| write.only_if(more)))
        }
    };
    let after = con.hash(&key);
    match outcome.unwrap() {
        Outcome::Applied(()) => {
            prop_assert!(held);
            let ttl: i64 = con.raw(&["TTL", &key]);
            match verb {
                Verb::Delete | Verb::Take => prop_assert!(after.is_empty()),
                Verb::Update => prop_assert!(after.contains(&("last".into(), "2".into()))),
                Verb::Expire => prop_assert!(after == before && ttl > 3590),
                Verb::Persist => prop_assert!(after == before && ttl == -1),
            }
        }
        Outcome::Conflict(conflict) => {
            prop_assert!(!held, "{:?}", conflict);
            prop_assert_eq!(conflict.fields().collect::<Vec<_>>(), fields);
            prop_assert_eq!(after, before);
        }
        Outcome::Missing(missing) => prop_assert!(false, "{}", missing),
    }
    con.raw::<i64>(&["DEL", &key]);
    Ok(())
}
