//! Other crates, in what they can do: hashes, and JSON in a string.
//!
//! Those on redis-rs and sync run on a unix socket. The async clients have connections of
//! their own; they and ours run on TCP, in one runtime.

mod derived;
mod on_redis_rs;
mod own_client;
mod python;

use std::error::Error;

use serde::{Deserialize, Serialize};

use crate::Options;
use crate::lines::Lines;
use crate::models::{User, user};
use crate::report::Row;
use crate::suites::server::Servers;

const ID: u64 = 1_234_567;
const BATCH: u64 = 100;

pub fn run(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let servers = Servers::start()?;
    let mut lines = Lines::new("peers", options);
    on_redis_rs::run(&servers, &mut lines)?;
    derived::run(&servers, &mut lines)?;
    own_client::run(&servers, &mut lines)?;
    python::run(&servers, &mut lines)?;
    Ok(lines.rows)
}

/// Returns the users of a batch.
fn users() -> Vec<User> {
    (ID..ID + BATCH).map(user).collect()
}

/// Declares a struct with the stored fields of [`User`], and makes one of it.
macro_rules! stored_user {
    ($(#[$attribute:meta])* $name:ident { $($(#[$of:meta])* $extra:ident: $ty:ty = $value:expr)? }) => {
        $(#[$attribute])*
        pub struct $name {
            $($(#[$of])* pub $extra: $ty,)?
            pub name: String,
            pub email: String,
            pub bio: Option<String>,
            pub visits: u64,
            pub score: f64,
            pub active: bool,
            pub country: String,
            pub level: i32,
            pub city: Option<String>,
            pub created: u64,
        }

        impl From<crate::models::User> for $name {
            fn from(user: crate::models::User) -> Self {
                let crate::models::User {
                    name, email, bio, visits, score, active, country, level, city, created, ..
                } = user;
                Self {
                    $($extra: ($value)(user.id),)?
                    name, email, bio, visits, score, active, country, level, city, created,
                }
            }
        }
    };
}
use stored_user;

stored_user! {
    #[derive(Debug, Clone, Serialize, Deserialize)]
    SerdeUser {}
}
