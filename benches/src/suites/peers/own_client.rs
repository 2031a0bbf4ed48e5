//! Async clients of their own: rustis and fred.

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;

use fred::prelude::{ClientLike, HashesInterface, KeysInterface};
use redis_model::{Operation, RedisModel};
use rustis::client::BatchPreparedCommand;
use rustis::commands::{HashCommands, StringCommands};
use tokio::runtime::Builder;

use super::{BATCH, ID, SerdeUser, users};
use crate::lines::Lines;
use crate::models::{JsonProfile, User};
use crate::suites::server::Servers;

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let ours = &runtime.block_on(servers.tcp.get_multiplexed_async_connection())?;
    let address = servers.tcp.get_connection_info().addr().to_string();
    let fred = fred::types::config::Config::from_url(&format!("redis://{address}"))?;
    let rustis = &runtime.block_on(rustis::client::Client::connect(address))?;
    let fred = &fred::types::Builder::from_config(fred).build()?;
    runtime.block_on(fred.init())?;

    let (records, profiles) = (users(), (ID..ID + BATCH).map(JsonProfile::new).collect::<Vec<_>>());
    let users: Vec<_> = records.iter().cloned().map(SerdeUser::from).collect();
    let keyed = || (ID..).zip(&users);
    let save = || {
        let saved = runtime.block_on(User::save_many(&records).run_on(ours)).unwrap();
        assert!(saved.iter().all(Result::is_ok));
    };
    lines.micros("batch of 100 hash saves, rustis", users.len(), save, || {
        runtime.block_on(async {
            let mut pipeline = rustis.create_pipeline();
            for (id, user) in keyed() {
                pipeline.hset(format!("rustis:{id}"), user).queue();
            }
            black_box(pipeline.execute::<Vec<usize>>().await.unwrap());
        });
    });
    lines.micros("batch of 100 hash saves, fred", users.len(), save, || {
        runtime.block_on(async {
            let pipeline = fred.pipeline();
            for (id, user) in keyed() {
                let () = pipeline.hset(format!("fred:{id}"), pairs(user)).await.unwrap();
            }
            black_box(pipeline.all::<Vec<usize>>().await.unwrap());
        });
    });
    let get = || {
        let read = runtime.block_on(User::get_many(ID..ID + BATCH).run_on(ours)).unwrap();
        assert!(black_box(read).iter().all(Result::is_ok));
    };
    lines.micros("batch of 100 hash gets, rustis", users.len(), get, || {
        runtime.block_on(async {
            let mut pipeline = rustis.create_pipeline();
            for id in ID..ID + BATCH {
                pipeline.hgetall::<SerdeUser>(format!("rustis:{id}")).queue();
            }
            drop(black_box(pipeline.execute::<Vec<SerdeUser>>().await.unwrap()));
        });
    });
    lines.micros("batch of 100 hash gets, fred", users.len(), get, || {
        runtime.block_on(async {
            let pipeline = fred.pipeline();
            for id in ID..ID + BATCH {
                let () = pipeline.hgetall(format!("fred:{id}")).await.unwrap();
            }
            let maps: Vec<HashMap<String, String>> = pipeline.all().await.unwrap();
            let users = maps.into_iter().map(|map| parse(map).expect("all fields"));
            drop(black_box(users.collect::<Vec<_>>()));
        });
    });
    let set = || {
        let saved = runtime.block_on(JsonProfile::save_many(&profiles).run_on(ours)).unwrap();
        assert!(saved.iter().all(Result::is_ok));
    };
    let text = |profile: &JsonProfile| serde_json::to_string(profile).unwrap();
    lines.micros("batch of 100 JSON sets, rustis and serde_json", users.len(), set, || {
        runtime.block_on(async {
            let mut pipeline = rustis.create_pipeline();
            for profile in &profiles {
                pipeline.set(format!("rustis-json:{}", profile.id), text(profile)).queue();
            }
            pipeline.execute::<Vec<()>>().await.unwrap();
        });
    });
    lines.micros("batch of 100 JSON sets, fred and serde_json", users.len(), set, || {
        runtime.block_on(async {
            let pipeline = fred.pipeline();
            for profile in &profiles {
                let key = format!("fred-json:{}", profile.id);
                let () = pipeline.set(key, text(profile), None, None, false).await.unwrap();
            }
            pipeline.all::<Vec<()>>().await.unwrap();
        });
    });
    let get = || {
        let read = runtime.block_on(JsonProfile::get_many(ID..ID + BATCH).run_on(ours)).unwrap();
        assert!(black_box(read).iter().all(Result::is_ok));
    };
    let parse = |texts: Vec<String>| {
        let read = texts.iter().map(|text| serde_json::from_str::<JsonProfile>(text).unwrap());
        drop(black_box(read.collect::<Vec<_>>()));
    };
    lines.micros("batch of 100 JSON gets, rustis and serde_json", users.len(), get, || {
        runtime.block_on(async {
            let mut pipeline = rustis.create_pipeline();
            for id in ID..ID + BATCH {
                pipeline.get::<String>(format!("rustis-json:{id}")).queue();
            }
            parse(pipeline.execute().await.unwrap());
        });
    });
    lines.micros("batch of 100 JSON gets, fred and serde_json", users.len(), get, || {
        runtime.block_on(async {
            let pipeline = fred.pipeline();
            for id in ID..ID + BATCH {
                let () = pipeline.get(format!("fred-json:{id}")).await.unwrap();
            }
            parse(pipeline.all().await.unwrap());
        });
    });
    Ok(())
}

/// Fred maps no structs, so a program converts their fields.
fn pairs(user: &SerdeUser) -> Vec<(&'static str, String)> {
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

fn parse(mut map: HashMap<String, String>) -> Option<SerdeUser> {
    Some(SerdeUser {
        visits: map.get("visits")?.parse().ok()?,
        score: map.get("score")?.parse().ok()?,
        active: map.get("active")? == "1",
        level: map.get("level")?.parse().ok()?,
        created: map.get("created")?.parse().ok()?,
        name: map.remove("name")?,
        email: map.remove("email")?,
        bio: map.remove("bio"),
        country: map.remove("country")?,
        city: map.remove("city"),
    })
}
