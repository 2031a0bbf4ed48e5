//! Instructions and allocations of the client, without a server and without redis-rs' parser:
//! encoding, packing and decoding.

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use redis::{Commands, Script};
use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel};

use crate::hand::tuned::{Part, get_bytes};
use crate::hand::{idiomatic, tuned};
use crate::models::{BincodeProfile, JsonProfile, PostcardProfile, User, user};
use crate::replay::{Replay, commands};
use crate::report::Row;
use crate::{Options, allocations, callgrind, output};

type Work<'a> = Box<dyn FnMut(&mut Replay) + 'a>;

/// The same work in several ways, the first of which is ours.
struct Line<'a> {
    name: &'static str,
    /// The records of a run, by which its figures are divided.
    records: usize,
    ways: Vec<(&'static str, Work<'a>)>,
}

const BATCH: u64 = 100;
/// Not a number that the arguments of a script contain for another reason.
const BY: u64 = 4_711;
const ID: u64 = 1_234_567;
const EMAIL: &str = "ada@new.example.com";

pub fn run(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = Replay::new(server.connection()?);
    let one = user(ID);
    let many: Vec<_> = (ID..ID + BATCH).map(user).collect();
    let ids: Vec<_> = many.iter().map(|user| user.id).collect();
    let mut lines = vec![save(&one), save_many(&many)];
    User::save_many(&many).run(con.server())?;
    lines.extend([get(&one), get_many(&many, &ids), update(&mut con)]);
    lines.extend(blobs(&mut con)?);
    lines.retain(|line| options.includes(line.name));

    let runs = if options.quick { 5 } else { 100 };
    let mut counts = Vec::new();
    for line in &mut lines {
        for (way, work) in &mut line.ways {
            // The first run may have to send a script's text, which later runs do not.
            con.record(&mut *work);
            con.record(&mut *work);
            con.prepare(runs);
            let name = format!("{}, {way}", line.name);
            let mut all = || (0..runs).for_each(|_| work(&mut con));
            if callgrind::is_child() {
                callgrind::measure(&name, all);
            } else {
                counts.push((name, allocations::count(&mut all)));
            }
        }
    }
    if callgrind::is_child() {
        return Ok(Vec::new());
    }
    let allocations: HashMap<_, _> =
        counts.into_iter().map(|(name, count)| (name, count as f64)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/profiles");
    let instructions = callgrind::run(&folder)?;

    if options.write {
        write_profiles(&folder, &lines)?;
    }
    let mut rows = Vec::new();
    for (unit, figures) in [("instructions", instructions), ("allocations", allocations)] {
        for line in &lines {
            let figure = |way| {
                let figure: Option<&f64> = figures.get(&format!("{}, {way}", line.name));
                let figure = figure.ok_or_else(|| format!("{}, {way}: not counted", line.name));
                figure.map(|figure| figure / (runs * line.records) as f64)
            };
            for (way, _) in &line.ways[1..] {
                let name = format!("{}, {way} ({unit})", line.name);
                rows.push(Row::new("cpu", name, figure("ours")?, figure(way)?));
            }
        }
    }
    Ok(rows)
}

/// Writes the functions that take the most instructions of ours.
fn write_profiles(folder: &Path, lines: &[Line<'_>]) -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    for Line { name, .. } in lines {
        text += &format!("**{name}**\n\n| % | function |\n|---:|---|\n");
        for (function, share) in callgrind::top(folder, &format!("{name}, ours"), 10)? {
            text += &format!("| {:.0} | `{function}` |\n", share * 100.0);
        }
        text += "\n";
    }
    output::replace_section("profile", text.trim_end())
}

fn line<'a>(
    name: &'static str,
    records: usize,
    ours: impl FnMut(&mut Replay) + 'a,
    tuned: impl FnMut(&mut Replay) + 'a,
    idiomatic: impl FnMut(&mut Replay) + 'a,
) -> Line<'a> {
    let ways: Vec<(_, Work<'a>)> = vec![
        ("ours", Box::new(ours)),
        ("tuned", Box::new(tuned)),
        ("idiomatic", Box::new(idiomatic)),
    ];
    Line { name, records, ways }
}

fn save(user: &User) -> Line<'_> {
    line(
        "save",
        1,
        move |con| user.save().run(con).unwrap(),
        move |con| tuned::save(con, user).unwrap(),
        move |con| idiomatic::save(con, user).unwrap(),
    )
}

fn get(user: &User) -> Line<'_> {
    line(
        "get",
        1,
        move |con| assert!(black_box(User::get(user.id).run(con).unwrap()).is_some()),
        move |con| assert!(black_box(tuned::get(con, user.id).unwrap()).is_some()),
        move |con| assert!(black_box(idiomatic::get(con, user.id).unwrap()).is_some()),
    )
}

fn save_many(users: &[User]) -> Line<'_> {
    line(
        "batch of 100 saves",
        users.len(),
        move |con| {
            let saved = User::save_many(users).run(con).unwrap();
            assert!(black_box(saved).iter().all(Result::is_ok));
        },
        move |con| tuned::save_many(con, users).unwrap(),
        move |con| idiomatic::save_many(con, users).unwrap(),
    )
}

fn get_many<'a>(users: &'a [User], ids: &'a [u64]) -> Line<'a> {
    line(
        "get_many of 100",
        users.len(),
        move |con| {
            let read = User::get_many(ids.iter().copied()).run(con).unwrap();
            assert!(black_box(read).iter().all(|user| user.as_ref().is_ok_and(Option::is_some)));
        },
        move |con| {
            let read = tuned::get_many(con, ids).unwrap();
            assert!(black_box(read).iter().all(Option::is_some));
        },
        move |con| {
            let read = idiomatic::get_many(con, ids).unwrap();
            assert!(black_box(read).iter().all(Option::is_some));
        },
    )
}

fn our_update(con: &mut Replay) {
    let f = User::FIELDS;
    let outcome = User::update(ID).set(f.email, EMAIL).incr(f.visits, BY).run(con).unwrap();
    assert!(black_box(outcome).is_applied());
}

/// By hand the same commands are sent, with the same scripts.
fn update<'a>(con: &mut Replay) -> Line<'a> {
    let script = script_of(con);
    let sent = sent(con);
    let key = format!("user:{ID}").into_bytes();
    let part = |argument: &Vec<u8>| match argument {
        it if *it == key => Part::Key,
        it if *it == EMAIL.as_bytes() => Part::Text,
        it if *it == BY.to_string().as_bytes() => Part::Number,
        it => Part::Fixed(it.clone()),
    };
    let form: Vec<Vec<_>> = sent.iter().map(|command| command.iter().map(part).collect()).collect();
    let tuned = move |con: &mut Replay| tuned::update(con, &form, ID, EMAIL, BY).unwrap();
    let mut ways: Vec<(_, Work<'a>)> =
        vec![("ours", Box::new(our_update)), ("tuned", Box::new(tuned))];
    if let (Some(script), [call]) = (script, sent.as_slice()) {
        let arguments = call[4..].to_vec();
        let idiomatic = move |con: &mut Replay| {
            idiomatic::update(con, &script, ID, &arguments).unwrap();
        };
        ways.push(("idiomatic", Box::new(idiomatic)));
    }
    Line { name: "update", records: 1, ways }
}

/// Returns the commands of our update.
fn sent(con: &mut Replay) -> Vec<Vec<Vec<u8>>> {
    con.record(our_update).iter().flat_map(|it| commands(&it.packed)).collect()
}

/// Returns the script of our update, whose text is sent to a server that does not know it.
fn script_of(con: &mut Replay) -> Option<Script> {
    redis::cmd("SCRIPT").arg("FLUSH").exec(con.server()).unwrap();
    let eval = sent(con).into_iter().find(|command| command[0] == b"EVAL")?;
    Some(Script::new(std::str::from_utf8(&eval[1]).expect("a script in UTF-8")))
}

/// The hand-written program stores the bytes alone.
fn blob<'a, M>(
    name: &'static str,
    bytes: &[u8],
    con: &mut Replay,
    decode: fn(&[u8]) -> M,
) -> Line<'a>
where
    M: RedisModel<Id = u64> + 'a,
{
    redis::cmd("SET").arg(format!("{name}:{ID}")).arg(bytes).exec(con.server()).unwrap();
    let prefix = format!("{name}:");
    line(
        name,
        1,
        |con| assert!(black_box(M::get(ID).run(con).unwrap()).is_some()),
        move |con| {
            black_box(decode(&get_bytes(con, prefix.as_bytes(), ID).unwrap()));
        },
        move |con| {
            let bytes: Vec<u8> = con.get(format!("{name}:{ID}")).unwrap();
            black_box(decode(&bytes));
        },
    )
}

fn blobs<'a>(con: &mut Replay) -> Result<[Line<'a>; 3], Box<dyn Error>> {
    let (json, postcard, bincode) =
        (JsonProfile::new(ID), PostcardProfile::new(ID), BincodeProfile::new(ID));
    (json.save(), postcard.save(), bincode.save()).run(con.server())?;
    let bytes = serde_json::to_vec(&json)?;
    let json = blob("get Json", &bytes, con, |bytes| {
        serde_json::from_slice::<JsonProfile>(bytes).unwrap()
    });
    let bytes = postcard::to_stdvec(&postcard)?;
    let postcard = blob("get Postcard", &bytes, con, |bytes| {
        postcard::from_bytes::<PostcardProfile>(bytes).unwrap()
    });
    let config = bincode::config::standard().with_limit::<{ 16 << 20 }>();
    let bytes = bincode::serde::encode_to_vec(&bincode, config)?;
    let bincode = blob("get Bincode", &bytes, con, |bytes| {
        let config = bincode::config::standard().with_limit::<{ 16 << 20 }>();
        bincode::serde::decode_from_slice::<BincodeProfile, _>(bytes, config).unwrap().0
    });
    Ok([json, postcard, bincode])
}
