//! As redis-rs' documentation shows it, with its own conversions.

use std::collections::HashMap;
use std::str::FromStr;

use redis::{Commands, ConnectionLike, RedisResult, Script};

use crate::models::User;

fn key(id: u64) -> String {
    format!("user:{id}")
}

fn pairs(user: &User) -> Vec<(&'static str, String)> {
    let mut pairs = vec![
        ("name", user.name.clone()),
        ("email", user.email.clone()),
        ("visits", user.visits.to_string()),
        ("score", user.score.to_string()),
        ("active", u8::from(user.active).to_string()),
        ("country", user.country.clone()),
        ("level", user.level.to_string()),
        ("created", user.created.to_string()),
    ];
    pairs.extend(user.bio.clone().map(|bio| ("bio", bio)));
    pairs.extend(user.city.clone().map(|city| ("city", city)));
    pairs
}

fn parse(id: u64, mut map: HashMap<String, String>) -> Option<User> {
    fn number<N: FromStr>(map: &HashMap<String, String>, name: &str) -> Option<N> {
        map.get(name)?.parse().ok()
    }
    Some(User {
        id,
        visits: number(&map, "visits")?,
        score: number(&map, "score")?,
        active: map.get("active")? == "1",
        level: number(&map, "level")?,
        created: number(&map, "created")?,
        name: map.remove("name")?,
        email: map.remove("email")?,
        bio: map.remove("bio"),
        country: map.remove("country")?,
        city: map.remove("city"),
    })
}

pub fn save(con: &mut impl ConnectionLike, user: &User) -> RedisResult<()> {
    con.hset_multiple(key(user.id), &pairs(user))
}

pub fn get(con: &mut impl ConnectionLike, id: u64) -> RedisResult<Option<User>> {
    Ok(parse(id, con.hgetall(key(id))?))
}

pub fn save_many(con: &mut impl ConnectionLike, users: &[User]) -> RedisResult<()> {
    let mut pipe = redis::pipe();
    for user in users {
        pipe.hset_multiple(key(user.id), &pairs(user)).ignore();
    }
    pipe.query(con)
}

pub fn get_many(con: &mut impl ConnectionLike, ids: &[u64]) -> RedisResult<Vec<Option<User>>> {
    let mut pipe = redis::pipe();
    for id in ids {
        pipe.hgetall(key(*id));
    }
    let maps: Vec<HashMap<String, String>> = pipe.query(con)?;
    Ok(ids.iter().zip(maps).map(|(id, map)| parse(*id, map)).collect())
}

/// Calls a script with the arguments that ours is called with.
pub fn update(
    con: &mut impl ConnectionLike,
    script: &Script,
    id: u64,
    arguments: &[Vec<u8>],
) -> RedisResult<()> {
    let mut call = script.key(key(id));
    for argument in arguments {
        call.arg(argument.as_slice());
    }
    call.invoke(con)
}
