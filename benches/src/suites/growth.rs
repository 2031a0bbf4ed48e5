//! Time and memory of a record as records and fields become more.
//!
//! Each side fills a server of its own, in turns, so that neither's data slows the other.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use redis::{Cmd, Connection, Pipeline, RedisWrite, Value};
use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel};

use crate::Options;
use crate::hand::tuned;
use crate::models::{User, user};
use crate::report::Row;
use crate::rounds::{Compared, median};

/// The records of a pipeline.
const BATCH: u64 = 100;
/// The records of which the time is measured together, and the sides take turns.
const TURN: u64 = 1_000;

/// Writes or reads the records of a pipeline, from this id.
type Work = fn(&mut Connection, u64);

struct Side {
    save: Work,
    get: Work,
}

pub fn run(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for &records in options.quick_or(&[10_000, 100_000, 1_000_000][..], &[1_000][..]) {
        let ours = Side {
            save: |con, first| {
                let users: Vec<_> = (first..first + BATCH).map(user).collect();
                assert!(User::save_many(&users).run(con).unwrap().iter().all(Result::is_ok));
            },
            get: |con, first| {
                let read = User::get_many(first..first + BATCH).run(con).unwrap();
                assert!(read.iter().all(|user| user.as_ref().is_ok_and(Option::is_some)));
            },
        };
        let by_hand = Side {
            save: |con, first| {
                let users: Vec<_> = (first..first + BATCH).map(user).collect();
                tuned::save_many(con, &users).unwrap();
            },
            get: |con, first| {
                let ids: Vec<_> = (first..first + BATCH).collect();
                assert!(tuned::get_many(con, &ids).unwrap().iter().all(Option::is_some));
            },
        };
        let name = format!("{records} records of 10 fields, tuned");
        grow(options, &mut rows, &name, records, [&ours, &by_hand])?;
    }
    let records = options.quick_or(10_000, 1_000);
    for (fields, sides) in [
        (4, sides::<Wide4>()),
        (20, sides::<Wide20>()),
        (60, sides::<Wide60>()),
        (200, sides::<Wide200>()),
    ] {
        let name = format!("{records} records of {fields} fields, tuned");
        grow(options, &mut rows, &name, records, [&sides[0], &sides[1]])?;
    }
    Ok(rows)
}

fn grow(
    options: &Options,
    rows: &mut Vec<Row>,
    name: &str,
    records: u64,
    sides: [&Side; 2],
) -> Result<(), Box<dyn Error>> {
    if !options.includes(name) {
        return Ok(());
    }
    let servers = [Server::start()?, Server::start()?];
    let mut cons = [servers[0].connection()?, servers[1].connection()?];
    let before = [used_memory(&mut cons[0])?, used_memory(&mut cons[1])?];
    let mut measure = |work: fn(&Side) -> Work| {
        let (mut micros, mut ratios) = ([Vec::new(), Vec::new()], Vec::new());
        for turn in (0..records).step_by(TURN as usize) {
            let mut of_turn = [0.0; 2];
            for at in [0, 1] {
                // The order changes from turn to turn.
                let at = if (turn / TURN).is_multiple_of(2) { at } else { 1 - at };
                let start = Instant::now();
                for first in (turn..turn + TURN).step_by(BATCH as usize) {
                    work(sides[at])(&mut cons[at], first);
                }
                of_turn[at] = start.elapsed().as_secs_f64() * 1e6 / TURN as f64;
                micros[at].push(of_turn[at]);
            }
            ratios.push(of_turn[0] / of_turn[1]);
        }
        let [ours, other] = micros.map(median);
        Compared { ours, other, ratio: median(ratios) }
    };
    rows.push(Row::compared("growth", format!("save, {name} (µs)"), measure(|side| side.save)));
    rows.push(Row::compared("growth", format!("get, {name} (µs)"), measure(|side| side.get)));
    let mut memory = [0.0; 2];
    for at in [0, 1] {
        memory[at] = (used_memory(&mut cons[at])? - before[at]) / records as f64;
    }
    rows.push(Row::new("growth", format!("memory, {name} (bytes)"), memory[0], memory[1]));
    Ok(())
}

fn used_memory(con: &mut Connection) -> redis::RedisResult<f64> {
    let info: redis::InfoDict = redis::cmd("INFO").arg("memory").query(con)?;
    Ok(info.get("used_memory").unwrap_or_default())
}

/// A record of many fields, which alternate between texts and numbers.
trait Wide: RedisModel<Id = u64> + Sync {
    const NAMES: &[&str];

    fn new(id: u64) -> Self;
}

const TEXT: &str = "twenty bytes of text";

macro_rules! wide {
    ($name:ident: $($text:ident $number:ident)+) => {
        #[derive(RedisModel)]
        #[redis(key = "wide:{id}")]
        struct $name {
            id: u64,
            $($text: String, $number: u64,)+
        }

        impl Wide for $name {
            const NAMES: &[&str] = &[$(stringify!($text), stringify!($number)),+];

            fn new(id: u64) -> Self {
                Self { id, $($text: TEXT.to_owned(), $number: id,)+ }
            }
        }
    };
}

fn sides<W: Wide>() -> [Side; 2] {
    let ours = Side {
        save: |con, first| {
            let records: Vec<_> = (first..first + BATCH).map(W::new).collect();
            assert!(W::save_many(&records).run(con).unwrap().iter().all(Result::is_ok));
        },
        get: |con, first| {
            let read = W::get_many(first..first + BATCH).run(con).unwrap();
            assert!(read.iter().all(|record| record.as_ref().is_ok_and(Option::is_some)));
        },
    };
    let by_hand = Side {
        save: |con, first| {
            let mut pipeline = Pipeline::with_capacity(BATCH as usize);
            for id in first..first + BATCH {
                let texts = vec![TEXT.to_owned(); W::NAMES.len() / 2];
                let mut cmd = Cmd::with_capacity(2 + 2 * W::NAMES.len(), 24 + 20 * W::NAMES.len());
                cmd.write_arg(b"HSET");
                tuned::write_key(&mut cmd, b"wide:", id);
                for (names, text) in W::NAMES.chunks(2).zip(&texts) {
                    cmd.write_arg(names[0].as_bytes());
                    cmd.write_arg(text.as_bytes());
                    cmd.write_arg(names[1].as_bytes());
                    cmd.write_arg(itoa::Buffer::new().format(id).as_bytes());
                }
                pipeline.add_command(cmd);
            }
            tuned::send(con, &pipeline).unwrap();
        },
        get: |con, first| {
            let mut pipeline = Pipeline::with_capacity(BATCH as usize);
            for id in first..first + BATCH {
                let mut cmd = Cmd::with_capacity(2 + W::NAMES.len(), 24 + 4 * W::NAMES.len());
                cmd.write_arg(b"HMGET");
                tuned::write_key(&mut cmd, b"wide:", id);
                W::NAMES.iter().for_each(|name| cmd.write_arg(name.as_bytes()));
                pipeline.add_command(cmd);
            }
            let read: Vec<_> =
                tuned::send(con, &pipeline).unwrap().into_iter().map(pairs).collect();
            assert!(black_box(read).iter().all(|pairs| pairs.len() == W::NAMES.len() / 2));
        },
    };
    [ours, by_hand]
}

/// Takes the texts and the numbers out of a reply.
fn pairs(reply: Value) -> Vec<(String, u64)> {
    let Value::Array(values) = reply else { panic!("a list") };
    let mut pairs = Vec::with_capacity(values.len() / 2);
    let mut values = values.into_iter();
    while let (Some(Value::BulkString(text)), Some(Value::BulkString(digits))) =
        (values.next(), values.next())
    {
        let number = std::str::from_utf8(&digits).unwrap().parse().unwrap();
        pairs.push((String::from_utf8(text).unwrap(), number));
    }
    pairs
}

wide! {
    Wide4:
    t00 n00 t01 n01
}
wide! {
    Wide20:
    t00 n00 t01 n01 t02 n02 t03 n03 t04 n04 t05 n05 t06 n06 t07 n07 t08 n08 t09 n09
}
wide! {
    Wide60:
    t00 n00 t01 n01 t02 n02 t03 n03 t04 n04 t05 n05 t06 n06 t07 n07 t08 n08 t09 n09 t10 n10 t11
    n11 t12 n12 t13 n13 t14 n14 t15 n15 t16 n16 t17 n17 t18 n18 t19 n19 t20 n20 t21 n21 t22 n22
    t23 n23 t24 n24 t25 n25 t26 n26 t27 n27 t28 n28 t29 n29
}
wide! {
    Wide200:
    t00 n00 t01 n01 t02 n02 t03 n03 t04 n04 t05 n05 t06 n06 t07 n07 t08 n08 t09 n09 t10 n10 t11
    n11 t12 n12 t13 n13 t14 n14 t15 n15 t16 n16 t17 n17 t18 n18 t19 n19 t20 n20 t21 n21 t22 n22
    t23 n23 t24 n24 t25 n25 t26 n26 t27 n27 t28 n28 t29 n29 t30 n30 t31 n31 t32 n32 t33 n33 t34
    n34 t35 n35 t36 n36 t37 n37 t38 n38 t39 n39 t40 n40 t41 n41 t42 n42 t43 n43 t44 n44 t45 n45
    t46 n46 t47 n47 t48 n48 t49 n49 t50 n50 t51 n51 t52 n52 t53 n53 t54 n54 t55 n55 t56 n56 t57
    n57 t58 n58 t59 n59 t60 n60 t61 n61 t62 n62 t63 n63 t64 n64 t65 n65 t66 n66 t67 n67 t68 n68
    t69 n69 t70 n70 t71 n71 t72 n72 t73 n73 t74 n74 t75 n75 t76 n76 t77 n77 t78 n78 t79 n79 t80
    n80 t81 n81 t82 n82 t83 n83 t84 n84 t85 n85 t86 n86 t87 n87 t88 n88 t89 n89 t90 n90 t91 n91
    t92 n92 t93 n93 t94 n94 t95 n95 t96 n96 t97 n97 t98 n98 t99 n99
}
