//! Structures beside pipelines of the same commands.

use std::error::Error;
use std::hint::black_box;

use redis::Commands;
use redis_model::structures::{Counter, List, Map, Set, SortedSet};
use redis_model::{Operation, batch};

use super::Servers;
use crate::lines::Lines;

const BATCH: usize = 100;

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (a, b) = &mut servers.pair()?;
    let counter = Counter::<i64>::at("counter");
    lines.micros(
        "batch of 100 Counter<i64>::incr, INCRBY",
        BATCH,
        || drop(black_box(batch((0..BATCH).map(|_| counter.incr(1))).run(a).unwrap())),
        || {
            let mut pipe = redis::pipe();
            for _ in 0..BATCH {
                pipe.incr("by-hand:counter", 1);
            }
            black_box(pipe.query::<Vec<i64>>(b).unwrap());
        },
    );
    let small = Counter::<u32>::at("small");
    lines.micros(
        "batch of 100 Counter<u32>::incr, INCRBY unguarded",
        BATCH,
        || drop(black_box(batch((0..BATCH).map(|_| small.incr(1))).run(a).unwrap())),
        || {
            let mut pipe = redis::pipe();
            for _ in 0..BATCH {
                pipe.incr("by-hand:small", 1);
            }
            black_box(pipe.query::<Vec<u32>>(b).unwrap());
        },
    );
    let map = Map::<u32, String>::at("map");
    lines.micros(
        "batch of 100 Map::set, HSET",
        BATCH,
        || drop(black_box(batch((0..100).map(|at| map.set(at, "value"))).run(a).unwrap())),
        || {
            let mut pipe = redis::pipe();
            for at in 0..100 {
                pipe.hset("by-hand:map", at, "value");
            }
            black_box(pipe.query::<Vec<bool>>(b).unwrap());
        },
    );
    let set = Set::<u32>::at("set");
    lines.micros(
        "batch of 100 Set::add, SADD",
        BATCH,
        || drop(black_box(batch((0..100).map(|at| set.add(at))).run(a).unwrap())),
        || {
            let mut pipe = redis::pipe();
            for at in 0..100 {
                pipe.sadd("by-hand:set", at);
            }
            black_box(pipe.query::<Vec<bool>>(b).unwrap());
        },
    );
    let scores = SortedSet::<u32>::at("scores");
    lines.micros(
        "batch of 100 SortedSet::incr, ZINCRBY",
        BATCH,
        || drop(black_box(batch((0..100).map(|at| scores.incr(at, 1.0))).run(a).unwrap())),
        || {
            let mut pipe = redis::pipe();
            for at in 0..100 {
                pipe.zincr("by-hand:scores", at, 1.0);
            }
            black_box(pipe.query::<Vec<f64>>(b).unwrap());
        },
    );
    let list = List::<String>::at("list");
    list.push_back_all((0..100).map(|at| format!("item {at}"))).run(a)?;
    lines.micros(
        "List::range of 100, LRANGE",
        BATCH,
        || assert_eq!(list.range(..).strict().run(a).unwrap().len(), BATCH),
        || assert_eq!(b.lrange::<_, Vec<String>>("list", 0, -1).unwrap().len(), BATCH),
    );
    Ok(())
}
