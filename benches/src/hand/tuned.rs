//! As fast as redis-rs lets it be: commands of the right size, written without
//! intermediate texts, and replies taken apart without copies.

use redis::{Cmd, ConnectionLike, ErrorKind, Pipeline, RedisError, RedisResult, RedisWrite, Value};

use crate::models::User;

fn unexpected() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "unexpected reply").into()
}

pub fn write_key(cmd: &mut Cmd, prefix: &[u8], id: u64) {
    let (mut bytes, mut buffer) = ([0; 40], itoa::Buffer::new());
    let digits = buffer.format(id).as_bytes();
    let length = prefix.len() + digits.len();
    bytes[..prefix.len()].copy_from_slice(prefix);
    bytes[prefix.len()..length].copy_from_slice(digits);
    cmd.write_arg(&bytes[..length]);
}

fn write_int(cmd: &mut Cmd, number: impl itoa::Integer) {
    cmd.write_arg(itoa::Buffer::new().format(number).as_bytes());
}

pub fn save_cmd(user: &User) -> Cmd {
    let texts = user.name.len() + user.email.len() + user.country.len();
    let options = [&user.bio, &user.city].map(|it| it.as_ref().map_or(0, String::len));
    let mut cmd = Cmd::with_capacity(22, 180 + texts + options[0] + options[1]);
    cmd.write_arg(b"HSET");
    write_key(&mut cmd, b"user:", user.id);
    cmd.write_arg(b"name");
    cmd.write_arg(user.name.as_bytes());
    cmd.write_arg(b"email");
    cmd.write_arg(user.email.as_bytes());
    if let Some(bio) = &user.bio {
        cmd.write_arg(b"bio");
        cmd.write_arg(bio.as_bytes());
    }
    cmd.write_arg(b"visits");
    write_int(&mut cmd, user.visits);
    cmd.write_arg(b"score");
    cmd.write_arg(ryu::Buffer::new().format(user.score).as_bytes());
    cmd.write_arg(b"active");
    cmd.write_arg(if user.active { b"1" } else { b"0" });
    cmd.write_arg(b"country");
    cmd.write_arg(user.country.as_bytes());
    cmd.write_arg(b"level");
    write_int(&mut cmd, user.level);
    if let Some(city) = &user.city {
        cmd.write_arg(b"city");
        cmd.write_arg(city.as_bytes());
    }
    cmd.write_arg(b"created");
    write_int(&mut cmd, user.created);
    cmd
}

pub fn get_cmd(id: u64) -> Cmd {
    let mut cmd = Cmd::with_capacity(12, 120);
    cmd.write_arg(b"HMGET");
    write_key(&mut cmd, b"user:", id);
    for name in
        ["name", "email", "bio", "visits", "score", "active", "country", "level", "city", "created"]
    {
        cmd.write_arg(name.as_bytes());
    }
    cmd
}

fn text(value: Value) -> RedisResult<Option<String>> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| unexpected()),
        Value::Nil => Ok(None),
        _ => Err(unexpected()),
    }
}

fn number<N: std::str::FromStr>(value: Value) -> RedisResult<Option<N>> {
    match value {
        Value::BulkString(bytes) => {
            let text = std::str::from_utf8(&bytes).map_err(|_| unexpected())?;
            text.parse().map(Some).map_err(|_| unexpected())
        }
        Value::Nil => Ok(None),
        _ => Err(unexpected()),
    }
}

pub fn read(id: u64, reply: Value) -> RedisResult<Option<User>> {
    let Value::Array(values) = reply else { return Err(unexpected()) };
    let values: [Value; 10] = values.try_into().map_err(|_| unexpected())?;
    let [name, email, bio, visits, score, active, country, level, city, created] = values;
    let Some(name) = text(name)? else { return Ok(None) };
    Ok(Some(User {
        id,
        name,
        email: text(email)?.ok_or_else(unexpected)?,
        bio: text(bio)?,
        visits: number(visits)?.ok_or_else(unexpected)?,
        score: number(score)?.ok_or_else(unexpected)?,
        active: number::<u8>(active)?.ok_or_else(unexpected)? == 1,
        country: text(country)?.ok_or_else(unexpected)?,
        level: number(level)?.ok_or_else(unexpected)?,
        city: text(city)?,
        created: number(created)?.ok_or_else(unexpected)?,
    }))
}

pub fn done(reply: &Value) -> RedisResult<()> {
    if let Value::Int(_) = reply { Ok(()) } else { Err(unexpected()) }
}

pub fn send(con: &mut impl ConnectionLike, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
    let count = pipeline.len();
    let replies = con.req_packed_commands(&pipeline.get_packed_pipeline(), 0, count)?;
    if replies.len() == count { Ok(replies) } else { Err(unexpected()) }
}

pub fn save(con: &mut impl ConnectionLike, user: &User) -> RedisResult<()> {
    done(&con.req_command(&save_cmd(user))?)
}

pub fn get(con: &mut impl ConnectionLike, id: u64) -> RedisResult<Option<User>> {
    read(id, con.req_command(&get_cmd(id))?)
}

pub fn save_many(con: &mut impl ConnectionLike, users: &[User]) -> RedisResult<()> {
    let mut pipeline = Pipeline::with_capacity(users.len());
    for user in users {
        pipeline.add_command(save_cmd(user));
    }
    send(con, &pipeline)?.iter().try_for_each(done)
}

pub fn get_many(con: &mut impl ConnectionLike, ids: &[u64]) -> RedisResult<Vec<Option<User>>> {
    let mut pipeline = Pipeline::with_capacity(ids.len());
    for id in ids {
        pipeline.add_command(get_cmd(*id));
    }
    ids.iter().zip(send(con, &pipeline)?).map(|(id, reply)| read(*id, reply)).collect()
}

/// One argument of a call whose form is known before the measurement.
pub enum Part {
    Fixed(Vec<u8>),
    /// The id after the prefix of the key.
    Key,
    Text,
    Number,
}

/// Sends commands of a known form, as a pipeline if there are several.
pub fn update(
    con: &mut impl ConnectionLike,
    form: &[Vec<Part>],
    id: u64,
    text: &str,
    by: u64,
) -> RedisResult<()> {
    let build = |parts: &Vec<Part>| {
        let mut cmd = Cmd::with_capacity(parts.len(), 320);
        for part in parts {
            match part {
                Part::Fixed(bytes) => cmd.write_arg(bytes),
                Part::Key => write_key(&mut cmd, b"user:", id),
                Part::Text => cmd.write_arg(text.as_bytes()),
                Part::Number => write_int(&mut cmd, by),
            }
        }
        cmd
    };
    if let [single] = form {
        std::hint::black_box(con.req_command(&build(single))?);
        return Ok(());
    }
    let mut pipeline = Pipeline::with_capacity(form.len());
    for parts in form {
        pipeline.add_command(build(parts));
    }
    std::hint::black_box(send(con, &pipeline)?);
    Ok(())
}

/// Returns a string value as it is stored.
pub fn get_bytes(con: &mut impl ConnectionLike, prefix: &[u8], id: u64) -> RedisResult<Vec<u8>> {
    let mut cmd = Cmd::with_capacity(2, 40);
    cmd.write_arg(b"GET");
    write_key(&mut cmd, prefix, id);
    match con.req_command(&cmd)? {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(unexpected()),
    }
}
