//! Queues: the order of jobs, leases, failures, dead letters, workers and their deaths.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};
use std::{env, thread};

use redis_model::connection::Dedicated;
use redis_model::embedded::Server;
use redis_model::patterns::Queue;
use redis_model::patterns::queue::{Failed, Job, Pushed};
use redis_model::structures::Stop;
use redis_model::{ErrorKind, Json, Operation, batch};

use crate::support::{Con, everywhere, fresh, on_one_server, runtime, server};

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(30);

fn queue() -> Queue<u64> {
    Queue::new(format!("queue:{}", fresh()))
}

fn take(con: &mut Con, queue: &Queue<u64>, most: usize) -> Vec<Job<u64>> {
    con.run(queue.take(most)).unwrap().into_iter().map(Result::unwrap).collect()
}

fn values(con: &mut Con, queue: &Queue<u64>, most: usize) -> Vec<u64> {
    take(con, queue, most).into_iter().map(|job| job.value).collect()
}

fn counts(con: &mut Con, queue: &Queue<u64>) -> [usize; 5] {
    let counts = con.run(queue.counts()).unwrap();
    [counts.ready, counts.scheduled, counts.leased, counts.dead, counts.done]
}

#[test]
fn jobs_are_taken_in_order_and_by_priority_and_done_once() {
    everywhere(|con| {
        let now = SystemTime::now();
        let queue = queue().at(now);
        // In one millisecond, so that only the ids order them.
        for value in 0..12 {
            assert!(con.run(queue.push(value)).unwrap().is_new());
        }
        con.run(queue.push(100).priority(1000)).unwrap();
        con.run(queue.push(101).priority(-1000)).unwrap();
        con.run(queue.push(102).priority(1)).unwrap();
        assert_eq!(values(con, &queue, 4), [100, 102, 0, 1]);
        let jobs = take(con, &queue, 20);
        let rest: Vec<u64> = jobs.iter().map(|job| job.value).collect();
        assert_eq!(rest, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 101]);
        assert_eq!(counts(con, &queue), [0, 0, 15, 0, 0]);
        for job in &jobs {
            assert_eq!(job.attempt, 1);
            assert!(con.run(queue.done(job.lease)).unwrap());
            assert!(!con.run(queue.done(job.lease)).unwrap());
        }
        assert_eq!(counts(con, &queue), [0, 0, 4, 0, 11]);
    });
}

#[test]
fn delays_keep_their_order() {
    everywhere(|con| {
        let now = SystemTime::now();
        let queue = queue();
        for (value, seconds) in [(3, 30), (1, 10), (2, 20)] {
            let push = queue.push(value).at(now).delay(seconds * SECOND);
            con.run(push).unwrap();
        }
        // A job that is added later than another became ready comes after it.
        con.run(queue.push(15).at(now + 15 * SECOND)).unwrap();
        let at = |seconds: u64| queue.clone().at(now + Duration::from_secs(seconds));
        assert_eq!(counts(con, &at(0)), [1, 3, 0, 0, 0]);
        assert_eq!(counts(con, &at(10)), [2, 2, 0, 0, 0]);
        assert_eq!(values(con, &at(25), 10), [1, 15, 2]);
        assert_eq!(values(con, &at(29), 10), [0; 0]);
        assert_eq!(values(con, &at(30), 10), [3]);
    });
}

#[test]
fn a_job_whose_worker_died_comes_back_after_its_lease() {
    everywhere(|con| {
        let now = SystemTime::now();
        let queue = queue().lease(LEASE);
        let at = |time: Duration| queue.clone().at(now + time);
        con.run(at(Duration::ZERO).push(7)).unwrap();
        let first = take(con, &at(Duration::ZERO), 1).remove(0);
        assert_eq!(values(con, &at(LEASE - Duration::from_millis(1)), 1), [0; 0]);
        let second = take(con, &at(LEASE), 1).remove(0);
        assert_eq!((second.id(), second.attempt), (first.id(), 2));
        // The first worker was only slow, and can change nothing any more.
        let late = at(LEASE);
        assert!(!con.run(late.done(first.lease)).unwrap());
        assert!(!con.run(late.extend(first.lease)).unwrap());
        for lost in
            [late.fail(first.lease, "no"), late.bury(first.lease, "no"), late.release(first.lease)]
        {
            assert_eq!(con.run(lost).unwrap(), Failed::Lost);
        }
        // The second one extends its lease.
        assert!(con.run(at(LEASE + SECOND).extend(second.lease)).unwrap());
        assert_eq!(values(con, &at(2 * LEASE), 1), [0; 0]);
        assert!(con.run(queue.done(second.lease)).unwrap());
        assert_eq!(counts(con, &at(2 * LEASE)), [0, 0, 0, 0, 1]);
    });
}

#[test]
fn a_job_that_was_done_late_is_not_done_again() {
    let mut con = Con::sync();
    let now = SystemTime::now();
    let queue = queue().lease(LEASE).at(now);
    con.run(queue.push(7)).unwrap();
    let job = take(&mut con, &queue, 1).remove(0);
    // Its lease has ended, but no worker has taken it since.
    let late = queue.at(now + 2 * LEASE);
    assert_eq!(counts(&mut con, &late), [1, 0, 0, 0, 0]);
    assert!(con.run(late.done(job.lease)).unwrap());
    assert_eq!(counts(&mut con, &late), [0, 0, 0, 0, 1]);
    assert_eq!(values(&mut con, &late, 1), [0; 0]);
}

#[test]
fn a_failed_job_waits_twice_as_long_each_time_and_ends_as_a_dead_letter() {
    everywhere(|con| {
        let now = SystemTime::now();
        let queue = queue().retry_after(SECOND, 3 * SECOND).max_attempts(4);
        let at = |seconds: u64| queue.clone().at(now + Duration::from_secs(seconds));
        let Pushed::New(id) = con.run(at(0).push(7).unique("seven")).unwrap() else { panic!() };
        // After 1, 2 and 3 seconds.
        for (attempt, seconds) in [(1, 0), (2, 1), (3, 3), (4, 6)] {
            if seconds > 0 {
                assert_eq!(values(con, &at(seconds - 1), 1), [0; 0]);
            }
            let job = take(con, &at(seconds), 1).remove(0);
            assert_eq!((job.id(), job.attempt), (id, attempt));
            let failed = con.run(at(seconds).fail(job.lease, format!("no {attempt}"))).unwrap();
            assert_eq!(failed, if attempt < 4 { Failed::Retry } else { Failed::Dead });
        }
        let dead: Vec<_> =
            con.run(queue.dead(9)).unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].id, dead[0].value, dead[0].attempts), (id, 7, 4));
        assert_eq!(dead[0].reason, "no 4");
        let age = dead[0].time.duration_since(now).unwrap_or_default();
        assert!(age > 5 * SECOND && age <= 6 * SECOND, "{age:?}");
        // Its name is free.
        assert!(con.run(at(9).push(8).unique("seven")).unwrap().is_new());
        assert_eq!(values(con, &at(9), 9), [8]);

        assert!(con.run(at(10).requeue(id)).unwrap());
        assert!(!con.run(at(10).requeue(id)).unwrap());
        let job = take(con, &at(10), 9).remove(0);
        assert_eq!((job.id(), job.attempt), (id, 1));
    });
}

#[test]
fn a_job_that_kills_its_workers_ends_as_a_dead_letter() {
    let mut con = Con::sync();
    let now = SystemTime::now();
    let queue = queue().lease(LEASE).max_attempts(3);
    let at = |leases: u32| queue.clone().at(now + leases * LEASE);
    con.run(at(0).push(13)).unwrap();
    for attempt in 0..3 {
        assert_eq!(values(&mut con, &at(attempt), 1), [13]);
    }
    assert_eq!(values(&mut con, &at(3), 1), [0; 0]);
    assert_eq!(counts(&mut con, &at(3)), [0, 0, 0, 1, 0]);
    let dead = con.run(queue.dead(1)).unwrap().remove(0).unwrap();
    assert_eq!((dead.attempts, &*dead.reason), (3, "the lease ended"));
}

#[test]
fn dead_letters_are_read_up_to_a_number() {
    let con = &mut Con::sync();
    let queue = queue();
    for value in 0..3 {
        con.run(queue.push(value)).unwrap();
    }
    for job in take(con, &queue, usize::MAX) {
        con.run(queue.bury(job.lease, "no")).unwrap();
    }
    for (most, expected) in [(0, 0), (2, 2), (usize::MAX, 3)] {
        assert_eq!(con.run(queue.dead(most)).unwrap().len(), expected);
    }
}

#[test]
fn a_worker_skips_jobs_of_its_batch_that_another_has_taken() {
    everywhere(|con| {
        let queue = queue();
        for value in 0..3 {
            con.run(queue.push(value)).unwrap();
        }
        let later = queue.clone().at(SystemTime::now() + 2 * LEASE);
        let (mut done, target) = (Vec::new(), con.target);
        let handle = |job: Job<u64>| {
            if done.is_empty() {
                let other = &mut Con::sync_to(target);
                assert_eq!(take(other, &later, 3).len(), 3);
            }
            done.push(job.value);
            Ok::<(), String>(())
        };
        let worked = con.run_flow(&mut queue.work(handle).batch(3).until_idle()).unwrap();
        assert_eq!((worked.done, worked.lost), (0, 3));
        assert_eq!(done, [0]);
    });
}

#[test]
fn a_job_that_kills_its_workers_does_not_condemn_its_neighbours() {
    let mut con = Con::sync();
    let now = SystemTime::now();
    let queue = queue().lease(LEASE).max_attempts(2);
    for value in [13, 1, 2] {
        con.run(queue.push(value)).unwrap();
    }
    let mut seen = Vec::new();
    for leases in 0..3 {
        let queue = queue.clone().at(now + leases * LEASE);
        let handle = |job: Job<u64>| {
            assert_ne!(job.value, 13, "the worker dies");
            seen.push((job.value, job.attempt));
            Ok::<(), String>(())
        };
        let mut worker = queue.work(handle).batch(3).until_idle();
        let run = std::panic::AssertUnwindSafe(|| con.run_flow(&mut worker));
        assert_eq!(std::panic::catch_unwind(run).is_ok(), leases == 2);
    }
    assert_eq!(seen, [(1, 1), (2, 1)]);
    assert_eq!(counts(&mut con, &queue), [0, 0, 0, 1, 2]);
}

#[test]
fn a_unique_job_is_added_once_until_it_is_done() {
    everywhere(|con| {
        let queue = queue();
        let first = con.run(queue.push(1).unique("a")).unwrap();
        assert_eq!(con.run(queue.push(2).unique("a")).unwrap(), Pushed::Exists(first.id()));
        assert!(con.run(queue.push(3).unique("b")).unwrap().is_new());
        let jobs = take(con, &queue, 9);
        assert!(!con.run(queue.push(4).unique("a")).unwrap().is_new());
        for job in jobs {
            assert!(con.run(queue.done(job.lease)).unwrap());
        }
        assert!(con.run(queue.push(5).unique("a")).unwrap().is_new());
        assert_eq!(values(con, &queue, 9), [5]);
    });
}

#[test]
fn a_job_can_be_released_buried_and_removed() {
    everywhere(|con| {
        let queue = queue();
        let ids = [1, 2, 3].map(|value| con.run(queue.push(value)).unwrap().id());
        let jobs = take(con, &queue, 2);
        // A released job is first again, and the attempt did not count.
        assert_eq!(con.run(queue.release(jobs[0].lease)).unwrap(), Failed::Retry);
        assert!(!con.run(queue.remove(ids[1])).unwrap());
        assert_eq!(con.run(queue.bury(jobs[1].lease, "no")).unwrap(), Failed::Dead);
        assert!(con.run(queue.remove(ids[1])).unwrap());
        assert!(con.run(queue.remove(ids[2])).unwrap());
        assert!(!con.run(queue.remove(ids[2])).unwrap());
    });
}

#[test]
fn invalid_jobs_are_errors_and_nothing_is_added() {
    let mut con = Con::sync();
    let queue = queue();
    for priority in [-1001, 1001] {
        let error = con.run(queue.push(1).priority(priority)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
        assert_eq!(error.model(), Some("Queue"));
    }
    assert_eq!(counts(&mut con, &queue), [0; 5]);
}

#[test]
fn a_key_of_another_type_is_an_error_and_nothing_changes() {
    everywhere(|con| {
        for suffix in ["jobs", "info", "ready", "scheduled", "leased", "dead", "unique", "wake"] {
            let name = format!("queue:{}", fresh());
            let queue = Queue::<u64>::new(&name);
            let key = format!("{{{name}}}:{suffix}");
            con.raw::<()>(&["SET", &key, "secret"]);
            let id = 1.into();
            let errors = [
                con.run(queue.push(1).unique("a")).unwrap_err(),
                con.run(queue.push(1).delay(SECOND)).unwrap_err(),
                con.run(queue.take(1)).unwrap_err(),
                con.run(queue.counts()).unwrap_err(),
                con.run(queue.dead(1)).unwrap_err(),
                con.run(queue.requeue(id)).unwrap_err(),
                con.run(queue.remove(id)).unwrap_err(),
            ];
            for error in errors {
                assert!(error.is_wrong_type(), "{error}");
                assert_eq!(error.key(), Some(&*format!("{{{name}}}:jobs")));
            }
            assert_eq!(con.raw::<String>(&["GET", &key]), "secret");
            for other in ["jobs", "info", "ready", "scheduled"] {
                if other != suffix {
                    let key = format!("{{{name}}}:{other}");
                    assert_eq!(con.raw::<u32>(&["EXISTS", &key]), 0, "{key}");
                }
            }
        }
    });
}

#[test]
fn a_user_who_may_not_do_a_part_of_a_step_changes_nothing() {
    let server = Server::start().unwrap();
    let mut admin = server.connection().unwrap();
    let mut without = |command: &str| {
        let user = ["SETUSER", "app", "reset", "on", ">pass", "~*", "+@all"];
        redis::cmd("ACL").arg(&user).arg(format!("-{command}")).exec(&mut admin).unwrap();
        let mut con = server.connection().unwrap();
        redis::cmd("AUTH").arg("app").arg("pass").exec(&mut con).unwrap();
        con
    };
    let queue = queue();
    for command in ["zadd", "hset", "hincrby"] {
        let mut con = without(command);
        let error = queue.push(1).run(&mut con).unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
        assert_eq!(redis::cmd("DBSIZE").query::<u32>(&mut con).unwrap(), 0, "{command}");
    }
    // A user who only adds jobs needs no permission to take them.
    assert!(queue.push(1).run(&mut without("zpopmin")).unwrap().is_new());
    for command in ["zpopmin", "zrem", "zadd", "hset", "hdel"] {
        let mut con = without(command);
        let error = queue.take(1).run(&mut con).unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
        let counts = queue.counts().run(&mut con).unwrap();
        assert_eq!((counts.ready, counts.leased), (1, 0), "{command}");
    }
}

#[test]
fn a_job_that_cannot_be_decoded_hides_no_other_and_ends_as_a_dead_letter() {
    let mut con = Con::sync();
    let name = format!("queue:{}", fresh());
    let (old, new) = (Queue::<String, Json>::new(&name), Queue::<u64, Json>::new(&name));
    con.run(old.push("hunter2")).unwrap();
    con.run(new.push(7)).unwrap();
    let none = Duration::ZERO;
    let mut seen = Vec::new();
    let handle = |job: Job<u64>| {
        seen.push(job.value);
        Ok::<(), String>(())
    };
    let new = new.retry_after(none, none).max_attempts(3);
    let worked = con.run_flow(&mut new.work(handle).until_idle()).unwrap();
    assert_eq!((worked.done, worked.failed, worked.dead), (1, 2, 1));
    assert_eq!(seen, [7]);
    let dead = con.run(old.dead(1)).unwrap().remove(0).unwrap();
    assert_eq!(dead.value, "hunter2");
    assert!(dead.reason.contains("Queue") && !dead.reason.contains("hunter2"), "{}", dead.reason);
}

#[test]
fn a_worker_does_jobs_until_it_is_stopped_and_gives_the_others_back() {
    everywhere(|con| {
        let queue = queue();
        for value in 0..10 {
            con.run(queue.push(value)).unwrap();
        }
        let mut done = Vec::new();
        let stop = OnceLock::<Stop>::new();
        let mut worker = queue
            .work(|job: Job<u64>| {
                done.push(job.value);
                if done.len() == 3 {
                    stop.get().unwrap().stop();
                }
                Ok::<(), String>(())
            })
            .batch(7);
        stop.set(worker.stop_handle()).unwrap();
        let worked = con.run_flow(&mut worker).unwrap();
        drop(worker);
        assert_eq!((worked.done, worked.failed, worked.lost), (3, 0, 0));
        assert_eq!(done, [0, 1, 2]);
        assert_eq!(counts(con, &queue), [7, 0, 0, 0, 3]);
        let next = take(con, &queue, 1).remove(0);
        assert_eq!((next.value, next.attempt), (3, 1));
    });
}

#[test]
fn an_idle_worker_takes_a_new_job_at_once_and_reports_a_lost_connection() {
    // A server of its own, because all its clients are killed.
    let server = Server::start().unwrap();
    let (mut con, mut own) = (server.connection().unwrap(), server.connection().unwrap());
    let queue = queue();
    let waiting = queue.clone();
    let handle = |job: Job<u64>| Err::<(), _>(job.value.to_string());
    let worker = thread::spawn(move || waiting.work(handle).run(&mut own));
    let blocked = |con: &mut redis::Connection| {
        let info: String = redis::cmd("INFO").arg("clients").query(con).unwrap();
        info.contains("blocked_clients:1")
    };
    while !blocked(&mut con) {
        thread::yield_now();
    }
    let _ = queue.push(1).run(&mut con).unwrap();
    while queue.counts().run(&mut con).unwrap().scheduled == 0 {
        thread::yield_now();
    }
    let kill = ["KILL", "TYPE", "normal", "SKIPME", "yes"];
    redis::cmd("CLIENT").arg(&kill).exec(&mut con).unwrap();
    let error = worker.join().unwrap().unwrap_err();
    assert!(error.is_connection(), "{error}");
}

#[test]
fn an_async_worker_extends_the_lease_of_a_slow_job() {
    let client = server().client().unwrap();
    runtime().block_on(async {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let queue = queue().lease(Duration::from_millis(150));
        let _ = queue.push(1).run_on(&con).await.unwrap();
        let handle = |_: Job<u64>| async {
            // Others look for jobs all the time, for longer than the lease.
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(10)).await;
                assert_eq!(queue.take(1).run_on(&con).await.unwrap().len(), 0);
            }
            Ok::<(), String>(())
        };
        let worked = queue.work_async(handle).until_idle().run_on(&con).await.unwrap();
        assert_eq!((worked.done, worked.lost), (1, 0));

        // A lease that is lost ends the handler.
        let _ = queue.push(2).run_on(&con).await.unwrap();
        let taker = queue.clone().at(SystemTime::now() + LEASE);
        let handle = |_: Job<u64>| async {
            assert_eq!(taker.take(1).run_on(&con).await.unwrap().len(), 1);
            std::future::pending::<Result<(), String>>().await
        };
        let mut dedicated = Dedicated::open(&client).await.unwrap();
        let worked = queue.work_async(handle).until_idle().run_async(&mut dedicated).await.unwrap();
        assert_eq!((worked.done, worked.lost), (0, 1));
    });
}

#[test]
fn a_worker_of_the_usual_calls_loses_the_job_that_it_had() {
    // BRPOP, and the worker dies.
    let mut con = Con::sync();
    let key = format!("queue:{}", fresh());
    con.raw::<()>(&["LPUSH", &key, "job"]);
    con.raw::<()>(&["RPOP", &key]);
    assert_eq!(con.raw::<u32>(&["LLEN", &key]), 0);

    let queue = queue();
    con.run(queue.push(1)).unwrap();
    let handle = |_: Job<u64>| -> Result<(), String> { panic!("the worker dies") };
    let worker = queue.clone();
    let died = thread::spawn(move || worker.work(handle).run(&mut server().connection().unwrap()));
    assert!(died.join().is_err());
    let later = queue.at(SystemTime::now() + LEASE);
    assert_eq!(values(&mut con, &later, 1), [1]);
}

const NAME: &str = "QUEUE_TEST_NAME";
const URL: &str = "QUEUE_TEST_URL";
const JOBS: u64 = 10_000;
/// Short, so that the jobs of killed workers come back during the test.
const SHORT_LEASE: Duration = Duration::from_millis(300);

fn shared(name: &str) -> Queue<u64> {
    let pause = Duration::from_millis(20);
    Queue::new(name).lease(SHORT_LEASE).max_attempts(1000).retry_after(pause, pause)
}

/// Part of the next test: a worker in a process of its own, which is killed.
#[test]
fn worker_of_one_process() {
    let (Ok(name), Ok(url)) = (env::var(NAME), env::var(URL)) else { return };
    let client = redis::Client::open(url).unwrap();
    let mut record = client.get_connection().unwrap();
    let handle = |job: Job<u64>| {
        let mut cmd = redis::cmd("HINCRBY");
        let recorded = cmd.arg(format!("{name}:done")).arg(job.value).arg(1).exec(&mut record);
        if recorded.is_err() {
            record = client.get_connection()?;
        }
        recorded
    };
    let mut worker = shared(&name).work(handle).batch(4);
    loop {
        // A killed connection ends a run; the process goes on with a new one.
        if let Ok(mut con) = client.get_connection() {
            let _ = worker.run(&mut con);
        } else {
            return;
        }
    }
}

fn start_worker(name: &str, url: &str) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["queue::worker_of_one_process", "--exact", "--nocapture"]);
    command.env(NAME, name).env(URL, url).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn no_job_is_lost_while_workers_are_killed_at_random() {
    // A server of its own, because clients are killed.
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let name = "killed";
    let queue = shared(name);
    let pushed = batch((0..JOBS).map(|value| queue.push(value))).run(&mut con).unwrap();
    assert!(pushed.into_iter().all(|pushed| pushed.unwrap().is_new()));

    let mut workers: Vec<_> = (0..8).map(|_| start_worker(name, server.url())).collect();
    let mut seed = fresh();
    let mut random = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize
    };
    let (start, mut kills) = (Instant::now(), 0);
    while queue.counts().run(&mut con).unwrap().done < JOBS as usize {
        assert!(start.elapsed() < 120 * SECOND, "{:?}", queue.counts().run(&mut con));
        thread::sleep(Duration::from_millis(5 + random() as u64 % 20));
        kills += 1;
        if random() % 2 == 0 {
            let at = random() % workers.len();
            workers[at].kill().unwrap();
            workers[at].wait().unwrap();
            workers[at] = start_worker(name, server.url());
            continue;
        }
        let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut con).unwrap();
        let ids = clients.lines().filter(|line| !line.contains("cmd=client"));
        let ids: Vec<&str> = ids.filter_map(|line| line.split([' ', '=']).nth(1)).collect();
        if !ids.is_empty() {
            let id = ids[random() % ids.len()];
            let _: u32 = redis::cmd("CLIENT").arg(&["KILL", "ID", id]).query(&mut con).unwrap();
        }
    }
    for worker in &mut workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let done: HashMap<u64, u64> =
        redis::cmd("HGETALL").arg(format!("{name}:done")).query(&mut con).unwrap();
    let lost = (0..JOBS).filter(|value| !done.contains_key(value)).count();
    let twice = done.values().filter(|times| **times > 1).count();
    println!(
        "{JOBS} jobs, 8 workers, {kills} kills in {:?}: {lost} lost, {twice} done more than once",
        start.elapsed()
    );
    assert_eq!(lost, 0);
    let counts = queue.counts().run(&mut con).unwrap();
    assert_eq!((counts.ready, counts.scheduled, counts.leased, counts.dead), (0, 0, 0, 0));
    assert_eq!(counts.done, JOBS as usize);
}

#[test]
fn all_operations_of_a_queue_run_in_one_atomic_step() {
    on_one_server(|con| {
        let queue = queue();
        let (first, _, taken) = con
            .run(redis_model::atomic((queue.push(1), queue.push(2).priority(5), queue.take(1))))
            .unwrap();
        assert!(first.is_new());
        assert_eq!(taken[0].as_ref().unwrap().value, 2);
    });
}
