//! Operations that wait on the server, and consumers of queues.

use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use redis_model::connection::Dedicated;
use redis_model::flow::Flow;
use redis_model::structures::stream::{Encoded, GroupStart};
use redis_model::structures::{End, List, SortedSet, Stream, StreamId};
use redis_model::{ErrorKind, Json, Operation};

use crate::support::{fresh, runtime, server};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(5);

fn list() -> List<u32> {
    List::at(format!("blocking:{}", fresh()))
}

/// Waits until the server has a client that waits.
fn await_blocked_client() {
    let mut con = server().connection().unwrap();
    loop {
        let info: String = redis::cmd("INFO").arg("clients").query(&mut con).unwrap();
        if !info.contains("blocked_clients:0") {
            return;
        }
        thread::yield_now();
    }
}

#[test]
fn a_client_that_waits_gets_the_item_that_another_pushes() {
    let list = list();
    let waiting = list.clone();
    let thread = thread::spawn(move || {
        waiting.pop_front_blocking(LONG).run(&mut server().connection().unwrap())
    });
    await_blocked_client();
    list.push_back(7).run(&mut server().connection().unwrap()).unwrap();
    assert_eq!(thread.join().unwrap().unwrap(), Some(7));
}

#[test]
fn a_wait_ends_without_an_item() {
    let mut con = server().connection().unwrap();
    let list = list();
    assert_eq!(list.pop_back_blocking(SHORT).run(&mut con).unwrap(), None);
    let other = self::list();
    let moved = list.move_item_blocking(End::Back, &other, End::Front, SHORT).run(&mut con);
    assert_eq!(moved.unwrap(), None);
    let scores = SortedSet::<u32>::at(list.key().as_str());
    assert_eq!(scores.pop_min_blocking(SHORT).run(&mut con).unwrap(), None);
}

#[test]
fn the_first_list_with_an_item_is_named() {
    let mut con = server().connection().unwrap();
    let (empty, full) = (list(), list());
    full.push_back(1).run(&mut con).unwrap();
    let (key, item) = empty.pop_front_blocking_of([&full], SHORT).run(&mut con).unwrap().unwrap();
    assert_eq!((&key, item), (full.key(), 1));
    full.push_back(2).run(&mut con).unwrap();
    redis::cmd("RPUSH").arg(empty.key()).arg("garbage").exec(&mut con).unwrap();
    let error = full.pop_front_blocking_of([&empty], SHORT).run(&mut con).unwrap();
    assert_eq!(error.unwrap().1, 2);
    let error = full.pop_front_blocking_of([&empty], SHORT).run(&mut con).unwrap_err();
    assert_eq!(error.key(), Some(empty.key().as_str()));
    assert!(error.is_applied() && !error.to_string().contains("garbage"));
}

#[test]
fn scores_come_with_the_members_that_are_waited_for() {
    for url in [server().url().to_owned(), server().url_resp3()] {
        let mut con = redis::Client::open(url).unwrap().get_connection().unwrap();
        let scores = SortedSet::<String>::at(format!("blocking:{}", fresh()));
        scores.add_all([("a", 1.5), ("b", 2.5)]).run(&mut con).unwrap();
        let lowest = scores.pop_min_blocking(SHORT).run(&mut con).unwrap();
        assert_eq!(lowest, Some(("a".to_owned(), 1.5)));
        let highest = scores.pop_max_blocking(SHORT).run(&mut con).unwrap();
        assert_eq!(highest, Some(("b".to_owned(), 2.5)));
    }
}

#[test]
fn a_reader_of_a_stream_waits_for_an_entry() {
    let log = Stream::<u32, Encoded<Json>>::at(format!("blocking:{}", fresh()));
    let workers = log.group("workers");
    let mut con = server().connection().unwrap();
    workers.create(GroupStart::Beginning).run(&mut con).unwrap();
    let read = log.read_after_blocking(StreamId::MIN, 10, SHORT).run(&mut con).unwrap();
    assert!(read.is_empty());
    assert!(workers.read_new_blocking("ada", 10, SHORT).run(&mut con).unwrap().is_empty());
    let thread = thread::spawn(move || {
        let mut con = server().connection().unwrap();
        workers.read_new_blocking("ada", 10, LONG).run(&mut con)
    });
    await_blocked_client();
    let id = log.append(7).run(&mut con).unwrap();
    let read = thread.join().unwrap().unwrap();
    let entry = read[0].as_ref().unwrap();
    assert_eq!((read.len(), entry.id, entry.value), (1, id, 7));
    let read = log.read_after_blocking(StreamId::MIN, 10, LONG).run(&mut con).unwrap();
    assert_eq!(read.len(), 1);
}

#[test]
fn a_connection_that_others_use_is_refused() {
    runtime().block_on(async {
        let mut con = server().client().unwrap().get_multiplexed_async_connection().await.unwrap();
        let list = list();
        let refusals = [
            list.pop_front_blocking(LONG).run_async(&mut con).await,
            list.pop_front_blocking(LONG).run_on(&con).await,
        ];
        for refused in refusals {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOperation);
            assert!(error.to_string().contains("Dedicated"), "{error}");
        }
    });
}

#[test]
fn a_dedicated_connection_waits_longer_than_the_default_response_timeout() {
    runtime().block_on(async {
        let client = server().client().unwrap();
        let mut con = Dedicated::open(&client).await.unwrap();
        let list = list();
        let pushed = list.clone();
        // Longer than the 500 ms of redis-rs.
        let mut pop = list.pop_front_blocking(LONG);
        let wait = pop.run_async(&mut con);
        let push = async {
            tokio::task::spawn_blocking(await_blocked_client).await.unwrap();
            tokio::time::sleep(Duration::from_millis(600)).await;
            let mut con = client.get_multiplexed_async_connection().await.unwrap();
            pushed.push_back(7).run_async(&mut con).await.unwrap();
        };
        let (popped, ()) = tokio::join!(wait, push);
        assert_eq!(popped.unwrap(), Some(7));
    });
}

#[test]
fn a_read_timeout_shorter_than_the_wait_is_named() {
    let mut con = server().connection().unwrap();
    con.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let error = list().pop_front_blocking(LONG).run(&mut con).unwrap_err();
    assert!(error.is_connection());
    assert!(error.to_string().contains("timeout is shorter than the wait"), "{error}");
}

#[test]
fn two_consumers_take_every_item_once_and_stop_on_request() {
    let list = list();
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            let consume = list.consume(End::Front);
            let stop = consume.stop_handle();
            let thread = thread::spawn(move || {
                consume.iter(&mut server().connection().unwrap()).collect::<Vec<_>>()
            });
            (stop, thread)
        })
        .collect();
    let mut con = server().connection().unwrap();
    list.push_back_all(0..500).run(&mut con).unwrap();
    redis::cmd("RPUSH").arg(list.key()).arg("garbage").exec(&mut con).unwrap();
    list.push_back_all(500..1000).run(&mut con).unwrap();
    while list.len().run(&mut con).unwrap() > 0 {
        thread::yield_now();
    }
    let (mut taken, mut errors) = (Vec::new(), 0);
    for (stop, thread) in consumers {
        stop.stop();
        for item in thread.join().unwrap() {
            match item {
                Ok(item) => taken.push(item),
                Err(error) => {
                    assert!(error.is_applied());
                    errors += 1;
                }
            }
        }
    }
    taken.sort_unstable();
    assert_eq!(taken, (0..1000).collect::<Vec<_>>());
    assert_eq!(errors, 1);
}

#[test]
fn a_stream_of_items_ends_on_request() {
    runtime().block_on(async {
        let mut con = Dedicated::open(&server().client().unwrap()).await.unwrap();
        let list = list();
        list.push_back_all([1, 2, 3]).run_async(&mut con).await.unwrap();
        let consume = list.consume(End::Back);
        let stop = consume.stop_handle();
        let mut items = consume.stream(&mut con);
        let mut taken = Vec::new();
        while let Some(item) = items.next().await {
            taken.push(item.unwrap());
            if taken.len() == 3 {
                stop.stop();
            }
        }
        assert_eq!(taken, [3, 2, 1]);
    });
}

#[test]
fn a_flow_can_wait_within_a_flow() {
    struct Twice(List<u32>);

    impl Flow for Twice {
        type Output = (Option<u32>, Option<u32>);

        async fn steps(&mut self, io: &redis_model::flow::Io) -> redis_model::Result<Self::Output> {
            let first = self.0.pop_front_blocking(SHORT).steps(io).await?;
            Ok((first, self.0.pop_front_blocking(SHORT).steps(io).await?))
        }
    }

    let mut con = server().connection().unwrap();
    let list = list();
    list.push_back(1).run(&mut con).unwrap();
    assert_eq!(Twice(list).run(&mut con).unwrap(), (Some(1), None));
}
