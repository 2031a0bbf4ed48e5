//! Batches of any size, in bounded parts, each item with its own result.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use redis_model::{Operation, RedisModel, batch};

use redis_model::structures::Counter;

use crate::support::{everywhere, fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "batch:item:{id}")]
struct Item {
    id: u64,
    text: String,
}

fn items(count: usize) -> Vec<Item> {
    (0..count).map(|n| Item { id: fresh(), text: format!("text {n}") }).collect()
}

/// On a cluster, all keys are in one slot.
#[test]
fn one_command_that_fails_does_not_hide_the_results_of_the_others() {
    everywhere(|con| {
        let group = fresh();
        let counters = [0, 1, 2].map(|n| Counter::<u32>::at(format!("{{{group}}}:{n}")));
        con.raw::<()>(&["RPUSH", counters[1].key(), "another type"]);
        let results = con.run(batch(counters.iter().map(|counter| counter.incr(1)))).unwrap();
        assert!(matches!(results[..], [Ok(1), Err(_), Ok(1)]), "{results:?}");
        let error = results[1].as_ref().unwrap_err();
        assert!(error.is_wrong_type() && error.key() == Some(counters[1].key()), "{error}");
        let read = con.run(batch(counters.iter().map(Counter::get))).unwrap();
        assert!(matches!(read[..], [Ok(1), Err(_), Ok(1)]), "{read:?}");
    });
}

#[test]
fn records_are_saved_read_and_deleted_in_order() {
    on_one_server(|con| {
        let items = items(2345);
        let bad = &items[1234];
        con.raw::<()>(&["SET", &bad.redis_key(), "somebody's"]);
        let ids = || items.iter().map(|item| item.id);
        let saved = con.run(Item::save_many(&items)).unwrap();
        let read = con.run(Item::get_many(ids())).unwrap();
        let deleted = con.run(Item::delete_many(ids())).unwrap();
        for (at, item) in items.iter().enumerate() {
            if at == 1234 {
                for error in
                    [saved[at].as_ref().err(), read[at].as_ref().err(), deleted[at].as_ref().err()]
                {
                    let error = error.expect("each of them fails");
                    assert!(
                        error.is_wrong_type() && error.key() == Some(&*bad.redis_key()),
                        "{error}"
                    );
                }
            } else {
                assert!(saved[at].is_ok() && matches!(deleted[at], Ok(true)));
                assert_eq!(read[at].as_ref().unwrap().as_ref(), Some(item));
            }
        }
        assert_eq!(con.raw::<String>(&["GET", &bad.redis_key()]), "somebody's");
    });
}

#[test]
fn in_a_batch_each_item_has_its_own_result() {
    #[derive(RedisModel)]
    #[redis(key = "batch:float:{id}")]
    struct Float {
        id: u64,
        x: f64,
    }
    on_one_server(|con| {
        let records = [1.0, f64::NAN, 3.0, 4.0].map(|x| Float { id: fresh(), x });
        con.raw::<()>(&["SET", &records[2].redis_key(), "x"]);
        let saved = con.run((batch(records.iter().map(Float::save)), Item::exists(1))).unwrap().0;
        assert_eq!(saved.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(saved[1].as_ref().unwrap_err().field(), Some("x"));
        assert!(saved[2].as_ref().unwrap_err().is_wrong_type());
        // A batch without an item that can be sent, and a batch whose first item cannot be sent.
        let nan = || Float { id: 1, x: f64::NAN };
        assert!(con.run(batch([nan().save()])).unwrap()[0].is_err());
        let mixed = con.run(batch([nan().save(), records[0].save()])).unwrap();
        assert!(mixed[0].is_err() && mixed[1].is_ok());
    });
}

#[test]
fn a_batch_of_saves_sets_keeps_or_removes_the_ttl_as_requested() {
    use redis_model::Ttl;
    use std::time::Duration;
    on_one_server(|con| {
        let items = items(3);
        let hour = Duration::from_secs(3600);
        let ttl = |con: &mut crate::support::Con| con.run(Item::ttl(items[1].id)).unwrap();
        con.run(Item::save_many(items.clone()).ttl(hour)).unwrap();
        assert!(matches!(ttl(con), Ttl::Expires(left) if left > hour / 2));
        con.run(Item::save_many(&items).keep_ttl()).unwrap();
        assert!(matches!(ttl(con), Ttl::Expires(left) if left > hour / 2));
        con.run(Item::save_many(&items).persist()).unwrap();
        assert_eq!(ttl(con), Ttl::Persistent);
        let zero = con.run(Item::save_many(&items).ttl(Duration::ZERO)).unwrap();
        assert!(zero.iter().all(|saved| saved.is_err()));
    });
}

#[test]
fn round_trips_are_bounded_by_commands_and_by_bytes() {
    let get = |count| Item::get_many(0..count).explain().unwrap().round_trips();
    assert_eq!([0, 1, 1000, 1001, 2500].map(get), [0, 1, 1, 2, 3]);
    let large: Vec<_> = (0..8).map(|id| Item { id, text: "x".repeat(400_000) }).collect();
    assert_eq!(Item::save_many(&large).explain().unwrap().round_trips(), 3);
    assert_eq!(Item::save_many(&large[..1]).explain().unwrap().round_trips(), 1);
}

/// Passes bytes between a client and a server until `limit` bytes came from the client.
fn proxy(socket: String, limit: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = std::os::unix::net::UnixStream::connect(socket).unwrap();
        let (mut from_server, mut to_client) =
            (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
        let (mut seen, mut buffer) = (0, [0; 4096]);
        while seen < limit {
            let n = client.read(&mut buffer).unwrap_or(0);
            if n == 0 {
                return;
            }
            seen += n;
            server.write_all(&buffer[..n]).unwrap();
        }
        let _ = client.shutdown(std::net::Shutdown::Both);
    });
    port
}

#[test]
fn if_the_connection_breaks_each_item_reports_its_own_state() {
    let server = redis_model::embedded::Server::start().unwrap();
    let socket = server.url().trim_start_matches("redis+unix://").to_owned();
    let items = items(5000);
    let whole: usize = Item::save_many(&items).explain().unwrap().to_string().len();
    // Enough for the first parts, not for all.
    let port = proxy(socket, whole * 6 / 10);
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut con: redis::Connection = client.get_connection().unwrap();
    let saved = Item::save_many(&items).run(&mut con).unwrap();
    assert_eq!(saved.len(), items.len());
    let ok = saved.iter().take_while(|saved| saved.is_ok()).count();
    assert!((1000..5000).contains(&ok) && ok % 1000 == 0, "{ok}");
    let errors: Vec<_> = saved[ok..].iter().map(|saved| saved.as_ref().unwrap_err()).collect();
    assert!(errors.iter().all(|error| error.is_connection()));
    let not_sent = errors.iter().filter(|error| error.to_string().contains("not sent")).count();
    assert_eq!(not_sent, errors.len() - 1000);

    // Items reported as saved are saved; items reported as not sent are not.
    let mut direct = server.connection().unwrap();
    let there = batch(items.iter().map(|item| Item::exists(item.id))).run(&mut direct).unwrap();
    assert!(there[..ok].iter().all(|there| matches!(there, Ok(true))));
    assert!(there[ok + 1000..].iter().all(|there| matches!(there, Ok(false))));

    // If the server answers nothing, the batch itself fails.
    let error = Item::save_many(&items).run(&mut con).unwrap_err();
    assert!(error.is_connection(), "{error}");
    drop(TcpStream::connect(("127.0.0.1", port)));
}
