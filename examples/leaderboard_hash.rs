//! A leaderboard in a hash: scores that many players change at once, sorted by the reader.
//!
//! A sorted set keeps thousands of players in order on the server. For a few of them a hash
//! does, and every program can read it.
//!
//! `cargo run --example leaderboard_hash`

use std::thread;

use redis_model::Operation;
use redis_model::embedded::Server;
use redis_model::structures::Map;

const PLAYERS: [&str; 3] = ["ada", "bob", "eve"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The server that REDIS_URL names, or a private one that ends with this program.
    let server = Server::named_or_private()?;
    let mut con = server.connection()?;
    let scores = Map::<String, i64>::at("example:leaderboard");
    scores.delete().run(&mut con)?;

    // Each player scores a hundred times, in a thread and a connection of its own.
    let threads: Vec<_> = PLAYERS
        .iter()
        .zip([3, 1, 2])
        .map(|(player, points)| {
            let (scores, mut con) = (scores.clone(), server.connection()?);
            Ok(thread::spawn(move || -> redis_model::Result<()> {
                (0..100).try_for_each(|_| scores.incr(*player, points).run(&mut con).map(drop))
            }))
        })
        .collect::<redis_model::Result<_>>()?;
    for thread in threads {
        thread.join().map_err(|_| "a player panicked")??;
    }

    let mut ranking = scores.get_all().strict().run(&mut con)?;
    ranking.sort_by_key(|(_, score)| -score);
    for (rank, (player, score)) in (1..).zip(&ranking) {
        println!("{rank}. {player} {score}");
    }
    assert_eq!(ranking, [("ada".into(), 300), ("eve".into(), 200), ("bob".into(), 100)]);

    // Redis checks the bounds of the Rust type before it writes.
    let lives = Map::<String, u8>::at("example:lives");
    lives.delete().run(&mut con)?;
    lives.set("ada", 2).run(&mut con)?;
    let error = lives.incr("ada", -3).run(&mut con).expect_err("lives below zero");
    println!("{error}");
    assert_eq!(lives.get("ada").run(&mut con)?, Some(2));
    Ok(())
}
