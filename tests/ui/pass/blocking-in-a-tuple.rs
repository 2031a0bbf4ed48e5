//! In a tuple Redis would not wait.

use redis_model::atomic;
use redis_model::structures::List;

pub fn main() {
    let jobs = List::<String>::at("jobs");
    let _ = atomic((jobs.len(), jobs.pop_front()));
}
