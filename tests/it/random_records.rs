//! Random records of a model with every attribute are read back equal by `get`, `select`,
//! `edit` and `take`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis_model::codec::MsgPack;
use redis_model::{Draft, Json, Operation, Outcome, RedisFields, RedisModel};

use crate::support::{Con, fresh, on_sync_connections};
use crate::value_types::{Level, Status, buffers, texts};

#[derive(Debug, Clone, PartialEq, RedisFields)]
#[redis(rename_all = "camelCase")]
struct Geo {
    latitude_in_degrees: f64,
    longitude: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Address {
    street: String,
    #[redis(alias = "postcode", default)]
    zip: u32,
    #[redis(flatten)]
    geo: Option<Geo>,
    #[redis(codec = Json)]
    lines: Vec<String>,
}

fn forty_two() -> i64 {
    42
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "records:{status}:{owner}:{id}", rename_all = "kebab-case", ttl = "1h")]
struct Record<T>
where
    T: Clone,
{
    id: u64,
    owner: String,
    status: Status,
    #[redis(rename = "n", alias = "name", alias = "old:name")]
    full_name: String,
    #[redis(empty_as_none)]
    nick_name: Option<String>,
    #[redis(default)]
    visits: u64,
    #[redis(default = "forty_two")]
    answer: i64,
    #[redis(codec = Json)]
    tags: BTreeMap<String, Option<i8>>,
    #[redis(codec = MsgPack, default)]
    packed: Vec<(bool, String)>,
    #[redis(codec = Json)]
    nothing: Option<Vec<u8>>,
    #[redis(display)]
    shown: IpAddr,
    #[redis(display)]
    maybe_shown: Option<i16>,
    generic: T,
    bytes: Option<Vec<u8>>,
    level: Option<Level>,
    #[redis(flatten)]
    home: Address,
    #[redis(flatten)]
    work: Option<Address>,
    #[redis(skip)]
    cached: u8,
    r#type: bool,
}

type Random = Record<i128>;

fn geo() -> impl Strategy<Value = Geo> {
    (-90.0..90.0, proptest::option::of(-180.0..180.0))
        .prop_map(|(latitude_in_degrees, longitude)| Geo { latitude_in_degrees, longitude })
}

fn address() -> impl Strategy<Value = Address> {
    (texts(), any::<u32>(), proptest::option::of(geo()), proptest::collection::vec(texts(), 0..3))
        .prop_map(|(street, zip, geo, lines)| Address { street, zip, geo, lines })
}

fn records() -> impl Strategy<Value = Random> {
    let some = proptest::option::of::<proptest::strategy::BoxedStrategy<String>>;
    let text = || texts().boxed();
    let names =
        (text(), texts(), some(texts().prop_filter("read as None", |it| !it.is_empty()).boxed()));
    let numbers = (any::<u64>(), any::<i64>(), any::<i128>(), any::<Option<i16>>(), any::<bool>());
    let coded = (
        proptest::collection::btree_map(text(), any::<Option<i8>>(), 0..3),
        proptest::collection::vec((any::<bool>(), text()), 0..3),
        any::<Option<Vec<u8>>>(),
    );
    let others = (
        any::<IpAddr>(),
        proptest::option::of(buffers()),
        proptest::option::of(prop_oneof![Just(Level::Low), Just(Level::Other(77))]),
        prop_oneof![Just(Status::New), Just(Status::Gone)],
    );
    let places = (address(), proptest::option::of(address()));
    (names, numbers, coded, others, places).prop_map(|(names, numbers, coded, others, places)| {
        let (owner, full_name, nick_name) = names;
        let (visits, answer, generic, maybe_shown, r#type) = numbers;
        let (tags, packed, nothing) = coded;
        let (shown, bytes, level, status) = others;
        let ((home, work), id, cached) = (places, fresh(), 0);
        Record {
            id,
            owner,
            status,
            full_name,
            nick_name,
            visits,
            answer,
            tags,
            packed,
            nothing,
            shown,
            maybe_shown,
            generic,
            bytes,
            level,
            home,
            work,
            cached,
            r#type,
        }
    })
}

fn id(record: &Random) -> <Random as RedisModel>::Id {
    Random::parse_key(&record.redis_key()).unwrap()
}

/// Changes the field with this number.
fn change(record: &mut Random, which: usize) {
    match which {
        0 => record.full_name.push('x'),
        1 => record.nick_name = record.nick_name.is_none().then(|| "nick".into()),
        2 => record.visits ^= 1,
        3 => record.answer ^= 1,
        4 => record.tags = BTreeMap::from([("changed".into(), None)]),
        5 => record.packed.push((true, "changed".into())),
        6 => record.nothing = record.nothing.is_none().then(Vec::new),
        7 => record.shown = [127, 0, 0, if record.shown.is_loopback() { 2 } else { 1 }].into(),
        8 => record.generic ^= 1,
        9 => record.bytes = record.bytes.is_none().then(Vec::new),
        10 => record.level = record.level.is_none().then_some(Level::High),
        11 => record.home.zip ^= 1,
        12 => {
            record.home.geo = record
                .home
                .geo
                .is_none()
                .then_some(Geo { latitude_in_degrees: 1.0, longitude: None })
        }
        13 => record.work = record.work.is_none().then(|| record.home.clone()),
        _ => record.r#type ^= true,
    }
}

#[test]
fn a_record_is_read_back_equal_by_every_verb() {
    on_sync_connections(|con| {
        let config =
            ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) };
        let con = RefCell::new(con);
        let cases = (records(), 0..15_usize);
        let result = TestRunner::new(config).run(&cases, |(record, which)| {
            pass_through_everything(&mut con.borrow_mut(), &record, which)
        });
        result.unwrap();
    });
}

/// Saves, reads, selects, edits and takes a record, with one field changed.
fn pass_through_everything(
    con: &mut Con,
    record: &Random,
    which: usize,
) -> Result<(), TestCaseError> {
    let f = Random::FIELDS;
    let fields = (
        (f.full_name, f.nick_name, f.visits, f.answer, f.tags, f.packed, f.nothing, f.shown),
        (f.maybe_shown, f.generic, f.bytes, f.level, f.r#type),
        (
            f.home.street,
            f.home.zip,
            f.home.lines,
            f.home.geo.longitude,
            f.work.street,
            f.work.lines,
        ),
    );
    let ((), read, selected, draft) = con
        .run((
            record.save(),
            Random::get(id(record)),
            Random::select(id(record), fields),
            Random::edit(id(record)),
        ))
        .unwrap();
    prop_assert_eq!(read.as_ref(), Some(record));

    let it = record.clone();
    let (home, work) = (it.home, it.work);
    let longitude = home.geo.and_then(|geo| geo.longitude.map(Some));
    prop_assert_eq!(
        selected.unwrap(),
        (
            (
                it.full_name,
                it.nick_name,
                it.visits,
                it.answer,
                it.tags,
                it.packed,
                it.nothing,
                it.shown
            ),
            (it.maybe_shown, it.generic, it.bytes, it.level, it.r#type),
            (
                home.street,
                home.zip,
                home.lines,
                longitude,
                work.as_ref().map(|at| at.street.clone()),
                work.map(|at| at.lines)
            ),
        )
    );

    // A draft writes nothing if it is unchanged, and otherwise only its changes.
    let mut draft: Draft<Random> = draft.unwrap();
    prop_assert_eq!(&*draft, record);
    prop_assert_eq!(draft.commit().explain().unwrap().commands().len(), 0);
    let mut expected = record.clone();
    change(&mut draft, which);
    change(&mut expected, which);
    prop_assert!(!draft.commit().is_empty());
    prop_assert_eq!(con.run(draft.commit()).unwrap(), Outcome::Applied(()));
    prop_assert_eq!(con.run_flow(&mut Random::take(id(record))).unwrap(), Some(expected));
    prop_assert!(!con.run(Random::exists(id(record))).unwrap());
    Ok(())
}
