//! The exact commands of every operation, and that each operation reads one reply per
//! command, for any replies.

mod commands;
mod flows;
mod lengths;
mod mock;
mod models;
mod nested;
mod operations;
mod permissions;
mod prefixed;
mod replies;
mod structures;
