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

/// A record of two texts and many numbers.
trait Wide: RedisModel<Id = u64> + Sync {
    const NAMES: &[&str];

    fn new(id: u64) -> Self;
}

const TEXT: &str = "twenty bytes of text";
const TEXTS: usize = 2;

// Few texts, because each number that cannot be parsed drops all texts before it, and that code
// would be most of this program.
macro_rules! wide {
    ($name:ident: $($number:ident)+) => {
        #[derive(RedisModel)]
        #[redis(key = "wide:{id}")]
        struct $name {
            id: u64,
            first: String,
            second: String,
            $($number: u64,)+
        }

        impl Wide for $name {
            const NAMES: &[&str] = &["first", "second", $(stringify!($number)),+];

            fn new(id: u64) -> Self {
                Self { id, first: TEXT.to_owned(), second: TEXT.to_owned(), $($number: id,)+ }
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
                let texts = vec![TEXT.to_owned(); TEXTS];
                let mut cmd = Cmd::with_capacity(2 + 2 * W::NAMES.len(), 80 + 12 * W::NAMES.len());
                cmd.write_arg(b"HSET");
                tuned::write_key(&mut cmd, b"wide:", id);
                for (name, text) in W::NAMES.iter().zip(&texts) {
                    cmd.write_arg(name.as_bytes());
                    cmd.write_arg(text.as_bytes());
                }
                for name in &W::NAMES[TEXTS..] {
                    cmd.write_arg(name.as_bytes());
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
                tuned::send(con, &pipeline).unwrap().into_iter().map(parse).collect();
            assert!(black_box(read).iter().all(|(_, it)| it.len() == W::NAMES.len() - TEXTS));
        },
    };
    [ours, by_hand]
}

/// Takes the texts and the numbers out of a reply.
fn parse(reply: Value) -> (Vec<String>, Vec<u64>) {
    let Value::Array(mut values) = reply else { panic!("a list") };
    let bytes = |value| match value {
        Value::BulkString(bytes) => bytes,
        _ => panic!("all fields are there"),
    };
    let number = |value| std::str::from_utf8(&bytes(value)).unwrap().parse().unwrap();
    let numbers = values.drain(TEXTS..).map(number).collect();
    let texts = values.into_iter().map(|value| String::from_utf8(bytes(value)).unwrap());
    (texts.collect(), numbers)
}

wide! {
    Wide4:
    n000 n001
}
wide! {
    Wide20:
    n000 n001 n002 n003 n004 n005 n006 n007 n008 n009 n010 n011 n012 n013 n014 n015 n016 n017
}
wide! {
    Wide60:
    n000 n001 n002 n003 n004 n005 n006 n007 n008 n009 n010 n011 n012 n013 n014 n015 n016 n017
    n018 n019 n020 n021 n022 n023 n024 n025 n026 n027 n028 n029 n030 n031 n032 n033 n034 n035
    n036 n037 n038 n039 n040 n041 n042 n043 n044 n045 n046 n047 n048 n049 n050 n051 n052 n053
    n054 n055 n056 n057
}
wide! {
    Wide200:
    n000 n001 n002 n003 n004 n005 n006 n007 n008 n009 n010 n011 n012 n013 n014 n015 n016 n017
    n018 n019 n020 n021 n022 n023 n024 n025 n026 n027 n028 n029 n030 n031 n032 n033 n034 n035
    n036 n037 n038 n039 n040 n041 n042 n043 n044 n045 n046 n047 n048 n049 n050 n051 n052 n053
    n054 n055 n056 n057 n058 n059 n060 n061 n062 n063 n064 n065 n066 n067 n068 n069 n070 n071
    n072 n073 n074 n075 n076 n077 n078 n079 n080 n081 n082 n083 n084 n085 n086 n087 n088 n089
    n090 n091 n092 n093 n094 n095 n096 n097 n098 n099 n100 n101 n102 n103 n104 n105 n106 n107
    n108 n109 n110 n111 n112 n113 n114 n115 n116 n117 n118 n119 n120 n121 n122 n123 n124 n125
    n126 n127 n128 n129 n130 n131 n132 n133 n134 n135 n136 n137 n138 n139 n140 n141 n142 n143
    n144 n145 n146 n147 n148 n149 n150 n151 n152 n153 n154 n155 n156 n157 n158 n159 n160 n161
    n162 n163 n164 n165 n166 n167 n168 n169 n170 n171 n172 n173 n174 n175 n176 n177 n178 n179
    n180 n181 n182 n183 n184 n185 n186 n187 n188 n189 n190 n191 n192 n193 n194 n195 n196 n197
}
