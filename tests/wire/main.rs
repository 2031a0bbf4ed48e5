//! What every operation sends, exactly, and that it reads as many replies as
//! it sends commands, whatever the replies are.

mod commands;
mod flows;
mod lengths;
mod mock;
mod models;
mod nested;
mod operations;
mod replies;
