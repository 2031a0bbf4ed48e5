//! Arguments as programs have them: each form of a value is stored as the owned value is.

use std::borrow::Cow;
use std::num::{NonZeroI64, NonZeroU64};
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use redis_model::codec::{MsgPack, Sealed};
use redis_model::field::IntoField;
use redis_model::structures::{List, Map, Set};
use redis_model::{
    ErrorKind, Field, Json, KeyPart, Operation, RedisFields, RedisKeys, RedisModel, RedisValue,
};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh, keys};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Profile {
    bio: String,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Address {
    street: String,
    zip: Option<u32>,
    #[redis(codec = Json)]
    tags: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "args:{id}")]
struct Record {
    id: u64,
    text: String,
    boxed: Box<str>,
    shared: Arc<str>,
    cow: Cow<'static, str>,
    nick: Option<String>,
    shared_nick: Option<Arc<str>>,
    #[redis(empty_as_none)]
    note: Option<String>,
    #[redis(codec = Json)]
    title: String,
    #[redis(codec = Json)]
    subtitle: Option<String>,
    bytes: Vec<u8>,
    boxed_bytes: Box<[u8]>,
    shared_bytes: Bytes,
    thumbnail: Option<Vec<u8>>,
    #[redis(codec = Json)]
    tags: Vec<String>,
    #[redis(codec = MsgPack)]
    numbers: Vec<u32>,
    #[redis(codec = Json)]
    more: Option<Vec<u32>>,
    #[redis(codec = Json)]
    profile: Option<Profile>,
    #[redis(codec = Json, default)]
    labels: Vec<String>,
    #[redis(default = "anonymous")]
    by: String,
    age: Option<u8>,
    #[redis(flatten)]
    home: Option<Address>,
}

fn anonymous() -> String {
    "anonymous".into()
}

/// Returns what an update with this value sends.
fn sent<V, Enc>(field: Field<Record, V, Enc>, value: impl IntoField<V, Enc>) -> String {
    format!("{:?}", commands(Record::update(7).set(field, value)))
}

fn commands(operation: impl Operation) -> Vec<Vec<Vec<u8>>> {
    let plan = operation.explain().unwrap();
    plan.commands().iter().map(|command| command.arguments().to_vec()).collect()
}

/// Compares what each form of a value sends with what the owned value sends.
macro_rules! same {
    ($field:expr, $owned:expr; $($form:expr),* $(,)?) => {{
        let expected = sent($field, $owned);
        $(assert_eq!(sent($field, $form), expected, "{}", stringify!($form));)*
    }};
}

macro_rules! same_text {
    ($text:ident: $($field:expr => $owned:expr;)*) => {$(
        same!(
            $field, $owned;
            &$owned, $text, &$text, &Cow::Borrowed($text),
            String::from($text), &String::from($text),
            Box::<str>::from($text), &Box::<str>::from($text),
            Arc::<str>::from($text), &Arc::<str>::from($text),
        );
    )*};
}

macro_rules! same_bytes {
    ($bytes:ident: $($field:expr => $owned:expr;)*) => {$(
        same!(
            $field, $owned;
            &$owned, $bytes, &$bytes, Cow::Borrowed($bytes), &Cow::Borrowed($bytes),
            $bytes.to_vec(), &$bytes.to_vec(),
            Box::<[u8]>::from($bytes), &Box::<[u8]>::from($bytes),
            Bytes::copy_from_slice($bytes), &Bytes::copy_from_slice($bytes),
        );
    )*};
}

proptest! {
    #[test]
    fn text_of_every_type_is_stored_as_the_fields_own(text in ".{0,20}") {
        let (f, text) = (Record::FIELDS, text.as_str());
        let owned = text.to_owned();
        same!(f.text, owned.clone(); text, &text, &owned, Cow::Borrowed(text), &Cow::Borrowed(text),
            Box::<str>::from(text), &Box::<str>::from(text), Arc::<str>::from(text), &Arc::<str>::from(text));
        same!(f.cow, Cow::<'static, str>::Owned(owned.clone()); text, &text, &owned, owned.clone(),
            Box::<str>::from(text), &Box::<str>::from(text), Arc::<str>::from(text), &Arc::<str>::from(text));
        same!(f.boxed, Box::<str>::from(text); text, &text, &owned, Cow::Borrowed(text), Arc::<str>::from(text));
        same!(f.shared, Arc::<str>::from(text); text, &text, &owned, Cow::Borrowed(text), Box::<str>::from(text));
        same_text! { text:
            f.nick => Some(owned.clone());
            f.note => Some(owned.clone());
            f.title => owned.clone();
            f.subtitle => Some(owned.clone());
            f.by => owned.clone();
        }
        same!(f.shared_nick, Some(Arc::<str>::from(text)); text, &text, owned.clone(), &owned, Cow::Borrowed(text));
        same!(f.home.street, owned.clone(); text, &text, &owned, Cow::Borrowed(text), Arc::<str>::from(text));
    }

    #[test]
    fn bytes_of_every_type_are_stored_as_the_fields_own(bytes in any::<[u8; 9]>(), len in 0..9usize) {
        let (f, array, bytes) = (Record::FIELDS, bytes, &bytes[..len]);
        same_bytes! { bytes:
            f.bytes => bytes.to_vec();
            f.boxed_bytes => Box::<[u8]>::from(bytes);
            f.shared_bytes => Bytes::copy_from_slice(bytes);
            f.thumbnail => Some(bytes.to_vec());
        }
        same!(f.bytes, array.to_vec(); array, &array);
        same!(f.boxed_bytes, Box::<[u8]>::from(array); array, &array);
        same!(f.shared_bytes, Bytes::copy_from_slice(&array); array, &array);
        same!(f.thumbnail, Some(array.to_vec()); array, &array);
    }

    #[test]
    fn lists_of_every_type_are_stored_as_the_fields_own(texts in any::<[String; 3]>(), numbers in any::<[u32; 3]>()) {
        let f = Record::FIELDS;
        let [a, b, c] = &texts;
        let borrowed = [a.as_str(), b.as_str(), c.as_str()];
        same!(f.tags, texts.to_vec(); &texts.to_vec(), texts.clone(), &texts, &texts[..],
            borrowed, &borrowed, &borrowed[..]);
        same!(f.labels, texts.to_vec(); &texts, &texts[..], borrowed, &borrowed[..]);
        same!(f.home.tags, texts.to_vec(); Some(texts.to_vec()), &texts, &texts[..], borrowed, &borrowed[..]);
        same!(f.numbers, numbers.to_vec(); &numbers.to_vec(), numbers, &numbers, &numbers[..]);
        same!(f.more, Some(numbers.to_vec()); &Some(numbers.to_vec()), numbers.to_vec(),
            &numbers.to_vec(), numbers, &numbers, &numbers[..]);
    }

    #[test]
    fn the_value_inside_an_option_is_stored_as_the_option(bio in ".{0,9}", age in any::<u8>()) {
        let (f, profile) = (Record::FIELDS, Profile { bio });
        same!(f.profile, Some(profile.clone()); &Some(profile.clone()), profile.clone(), &profile);
        same!(f.age, Some(age); age, &age, &Some(age));
    }

    #[test]
    fn a_condition_takes_the_same_forms(text in ".{0,9}") {
        let f = Record::FIELDS;
        let when = |condition| commands(Record::update(7).set(f.age, 1).only_if(condition));
        let shared: Arc<str> = text.as_str().into();
        let expected = when(f.title.eq(text.clone()));
        prop_assert_eq!(&when(f.title.eq(shared.clone())), &expected);
        prop_assert_eq!(when(f.title.eq(Cow::<'static, str>::Owned(text.clone()))), expected);
        prop_assert_eq!(when(f.nick.eq(shared)), when(f.nick.eq(Some(text.clone()))));
        let profile = Profile { bio: text };
        prop_assert_eq!(when(f.profile.eq(profile.clone())), when(f.profile.eq(Some(profile))));
        prop_assert_eq!(when(f.bytes.eq(b"GIF")), when(f.bytes.eq(b"GIF".to_vec())));
        prop_assert_eq!(when(f.tags.eq(["a", "b"])), when(f.tags.eq(vec!["a".into(), "b".into()])));
    }
}

#[test]
fn none_needs_no_annotation() {
    let f = Record::FIELDS;
    let update = Record::update(7)
        .set(f.nick, None)
        .set(f.note, None)
        .set(f.subtitle, None)
        .set(f.profile, None)
        .set(f.more, None)
        .set(f.thumbnail, None)
        .set(f.home.zip, None)
        .set(f.tags, vec![])
        .set(f.numbers, [])
        .set(f.labels, Vec::new());
    let sent = update.explain().unwrap().to_string();
    for name in ["nick", "note", "subtitle", "profile", "more", "thumbnail", "home.zip"] {
        assert!(sent.contains(&format!(" del {name}")), "{name}: {sent}");
    }
}

#[test]
fn set_some_leaves_a_field_unchanged_and_set_or_remove_removes_it() {
    everywhere(|con| {
        let (f, record) = (Record::FIELDS, record());
        con.run(record.save()).unwrap();
        let unchanged = Record::update(record.id)
            .set_some(f.text, None::<&str>)
            .set_some(f.nick, None::<String>)
            .set_some(f.profile, None::<Profile>)
            .set_some(f.age, None::<u8>);
        assert!(con.run(unchanged).unwrap().is_applied());
        assert_eq!(con.run(Record::get(record.id)).unwrap().as_ref(), Some(&record));

        let (nick, bio) = (String::from("ada"), Profile { bio: "B".into() });
        let patched = Record::update(record.id)
            .set_some(f.text, Some("new"))
            .set_some(f.profile, Some(&bio))
            .set_some(f.tags, Some(["a", "b"]))
            .set_or_remove(f.nick, Some(nick.as_str()))
            .set_or_remove(f.shared_nick, None::<&str>)
            .set_or_remove(f.more, None::<&[u32]>)
            .set_or_remove(f.home.zip, Some(7));
        assert!(con.run(patched).unwrap().is_applied());
        let read = con.run(Record::get(record.id)).unwrap().unwrap();
        assert_eq!((&*read.text, read.nick), ("new", Some(nick)));
        assert_eq!((read.profile, read.tags), (Some(bio), vec!["a".into(), "b".into()]));
        assert_eq!((read.shared_nick, read.more), (None, None));
        assert_eq!(read.home.unwrap().zip, Some(7));
        assert_eq!((read.age, read.bytes), (record.age, record.bytes));
        con.run(Record::delete(record.id)).unwrap();
    });
}

#[test]
fn set_or_remove_stores_none_where_the_default_is_another_value() {
    #[derive(RedisModel)]
    #[redis(key = "args:default:{id}")]
    struct Limit {
        id: u64,
        name: String,
        #[redis(codec = Json, default = "hundred")]
        most: Option<u32>,
    }

    fn hundred() -> Option<u32> {
        Some(100)
    }

    let f = Limit::FIELDS;
    let none = |update: redis_model::Update<Limit>| update.explain().unwrap();
    let set = none(Limit::update(1).set(f.most, None));
    assert_eq!(none(Limit::update(1).set_or_remove(f.most, None::<u32>)), set);
    assert!(set.to_string().contains("sets 2 most null"), "{set}");
}

keys! {
    Secrets: redis_model::codec::KeyRing::new(1, [7; 32]);
}

#[test]
fn a_value_that_cannot_be_stored_is_an_error_that_names_the_field() {
    #[derive(RedisModel)]
    #[redis(key = "args:refused:{id}")]
    struct Refused {
        id: u64,
        name: String,
        #[redis(codec = Json)]
        ratios: Option<Vec<f64>>,
        #[redis(codec = Sealed<Json, Secrets>)]
        token: Option<String>,
    }

    everywhere(|con| {
        let (f, id) = (Refused::FIELDS, fresh());
        con.run(Refused { id, name: "a".into(), ratios: None, token: None }.save()).unwrap();
        let update = Refused::update(id).set(f.name, "b").set(f.ratios, [f64::NAN]);
        let error = con.run(update).unwrap_err();
        assert_eq!((error.field(), error.kind()), (Some("ratios"), ErrorKind::Codec), "{error}");
        assert_eq!(&*con.run(Refused::get(id)).unwrap().unwrap().name, "a");

        // The location is bound, so the value must be sealed for this field of this key.
        con.run(Refused::update(id).set(f.token, "hush")).unwrap().expect("a record");
        assert_eq!(con.run(Refused::get(id)).unwrap().unwrap().token.as_deref(), Some("hush"));
        let compared = Refused::update(id).set(f.name, "c").only_if(f.token.eq("hush"));
        assert_eq!(con.run(compared).unwrap_err().kind(), ErrorKind::InvalidOperation);
    });
}

fn record() -> Record {
    Record {
        id: fresh(),
        text: "text".into(),
        boxed: "boxed".into(),
        shared: "shared".into(),
        cow: "cow".into(),
        nick: Some("nick".into()),
        shared_nick: Some("nick".into()),
        note: None,
        title: "title".into(),
        subtitle: None,
        bytes: vec![0, 255],
        boxed_bytes: [1].into(),
        shared_bytes: Bytes::from_static(b"x"),
        thumbnail: None,
        tags: vec![],
        numbers: vec![1],
        more: Some(vec![2]),
        profile: None,
        labels: vec![],
        by: "me".into(),
        age: Some(36),
        home: Some(Address { street: "High St".into(), zip: None, tags: None }),
    }
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "args:named:{name}")]
struct Named {
    name: String,
    count: u32,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "args:shared:{tenant}:{name}")]
struct Shared {
    tenant: Arc<str>,
    name: Cow<'static, str>,
    count: u32,
}

#[test]
fn ids_are_text_of_every_type() {
    let (owned, arc, boxed) =
        (String::from("a:b"), Arc::<str>::from("a:b"), Box::<str>::from("a:b"));
    let cow = Cow::Borrowed(owned.as_str());
    let keys = [
        Named::key("a:b"),
        Named::key(&"a:b"),
        Named::key(&owned),
        Named::key(owned.clone()),
        Named::key(&arc),
        Named::key(arc.clone()),
        Named::key(&boxed),
        Named::key(boxed.clone()),
        Named::key(&cow),
        Named::key(cow.clone()),
    ];
    assert!(keys.iter().all(|key| *key == "args:named:a%3Ab"), "{keys:?}");
    let keys = [
        Shared::key(("t", "n")),
        Shared::key(&("t", "n")),
        Shared::key((String::from("t"), Arc::<str>::from("n"))),
        Shared::key(&(String::from("t"), Box::<str>::from("n"))),
        Shared::key((Cow::Borrowed("t"), Cow::Borrowed("n"))),
    ];
    assert!(keys.iter().all(|key| *key == "args:shared:t:n"), "{keys:?}");
}

#[test]
fn lists_of_ids_are_taken_as_programs_have_them() {
    everywhere(|con| {
        let prefix = fresh();
        let names = [format!("{prefix}:a"), format!("{prefix}:b")];
        let records = names.clone().map(|name| Named { name, count: 1 });
        con.run(Named::save_many(&records)).unwrap().into_iter().for_each(|saved| saved.unwrap());
        let vec: Vec<String> = names.to_vec();
        let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
        let gets = [
            Named::get_many(&names),
            Named::get_many(&vec),
            Named::get_many(vec.clone()),
            Named::get_many(vec.iter()),
            Named::get_many(&borrowed),
            Named::get_many(borrowed.clone()),
            Named::get_many(borrowed.iter().map(|name| Cow::Borrowed(*name))),
        ];
        for get in gets {
            assert_eq!(con.run(get.found()).unwrap(), records);
        }
        let deleted = con.run(Named::delete_many(&borrowed)).unwrap();
        assert!(matches!(deleted[..], [Ok(true), Ok(true)]), "{deleted:?}");
    });
}

#[test]
fn groups_and_structures_take_text_of_every_type() {
    #[derive(RedisKeys)]
    #[redis(key = "args:group:{id}")]
    struct Keys {
        set: Set<String>,
    }

    everywhere(|con| {
        let id = fresh().to_string();
        let shared = Arc::<str>::from(id.as_str());
        let keys = Keys::of(&shared);
        assert_eq!(keys.set.key(), Keys::of(&id.as_str()).set.key());
        assert!(con.run(keys.set.add(Cow::Borrowed("a"))).unwrap());
        for text in &["a", "a"] {
            assert!(!con.run(keys.set.add(text)).unwrap());
        }
        assert!(!con.run(keys.set.add(Arc::<str>::from("a"))).unwrap());
        con.run(keys.delete_all()).unwrap();

        let list = List::<Vec<u8>>::at(format!("args:list:{id}"));
        con.run(list.push_back(b"GIF")).unwrap();
        con.run(list.push_back([1, 2])).unwrap();
        assert_eq!(con.run(list.range(..).strict()).unwrap(), [b"GIF".to_vec(), vec![1, 2]]);
        con.run(list.delete()).unwrap();

        let map = Map::<String, Vec<u32>, Json>::at(format!("args:map:{id}"));
        con.run(map.set("x", [1, 2])).unwrap();
        assert_eq!(con.run(map.get(Box::<str>::from("x"))).unwrap(), Some(vec![1, 2]));
        con.run(map.delete()).unwrap();
    });
}

#[derive(Debug, Clone, Copy, PartialEq, RedisValue, KeyPart)]
#[redis(rename_all = "kebab-case")]
enum Plan {
    Free,
    PaidYearly,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "args:day:{day}:{civil}:{date}:{account}:{plan}")]
struct Day {
    day: chrono::NaiveDate,
    civil: jiff::civil::Date,
    date: time::Date,
    account: NonZeroU64,
    plan: Plan,
    before: Option<NonZeroI64>,
}

#[test]
fn dates_nonzero_integers_and_enums_are_key_parts() {
    everywhere(|con| {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 11, 20).unwrap();
        let civil = jiff::civil::date(2025, 11, 20);
        let date = time::Date::from_calendar_date(2025, time::Month::November, 20).unwrap();
        let account = NonZeroU64::new(fresh()).unwrap();
        let id = (day, civil, date, account, Plan::PaidYearly);
        let key = Day::key(id);
        assert_eq!(
            key,
            format!("args:day:2025-11-20:2025-11-20:2025-11-20:{account}:paid-yearly").as_str()
        );
        assert_eq!(Day::parse_key(&key).unwrap(), id);
        let before = NonZeroI64::new(-3);
        let record = Day { day, civil, date, account, plan: Plan::PaidYearly, before };
        con.run(record.save()).unwrap();
        let f = Day::FIELDS;
        let update = Day::update(id).set(f.before, NonZeroI64::MAX).only_if(f.before.eq(before));
        con.run(update).unwrap().expect("the field has this value");
        let read = con.run(Day::get(id)).unwrap().unwrap();
        assert_eq!(read, Day { before: Some(NonZeroI64::MAX), ..record });
        con.raw::<()>(&["HSET", &key, "before", "0"]);
        let error = con.run(Day::get(id)).unwrap_err();
        assert!(error.is_invalid_value() && error.field() == Some("before"), "{error}");
        con.run(Day::delete(id)).unwrap();
    });
}

#[derive(Debug, RedisModel)]
#[redis(key = "args:date:{date}")]
struct TimeDate {
    date: time::Date,
}

#[derive(Debug, RedisModel)]
#[redis(key = "args:date:{date}")]
struct ChronoDate {
    date: chrono::NaiveDate,
}

#[derive(Debug, RedisModel)]
#[redis(key = "args:nonzero:{number}")]
struct Number {
    number: NonZeroI64,
}

proptest! {
    #[test]
    fn every_date_parses_back_from_its_key(
        time in (time::Date::MIN.to_julian_day()..=time::Date::MAX.to_julian_day())
            .prop_map(|day| time::Date::from_julian_day(day).unwrap()),
        days in any::<i32>(),
    ) {
        prop_assert_eq!(TimeDate::parse_key(&TimeDate::key(time)).unwrap(), time);
        if let Some(day) = chrono::NaiveDate::from_num_days_from_ce_opt(days) {
            prop_assert_eq!(ChronoDate::parse_key(&ChronoDate::key(day)).unwrap(), day);
        }
    }
}

#[test]
fn a_key_part_of_another_form_is_refused() {
    for date in ["2025-1-20", "2025-13-01", "2025-02-30", "20251120", "", "-", "--", "+2025-01-01"]
    {
        assert!(TimeDate::parse_key(&format!("args:date:{date}")).is_err(), "{date}");
        assert!(ChronoDate::parse_key(&format!("args:date:{date}")).is_err(), "{date}");
    }
    for number in ["0", "+1", "01", "", "x"] {
        assert!(Number::parse_key(&format!("args:nonzero:{number}")).is_err(), "{number}");
    }
    assert_eq!(Number::parse_key("args:nonzero:-1").unwrap().get(), -1);
}
