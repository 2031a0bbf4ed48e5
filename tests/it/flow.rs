//! Flows: several round trips, pauses and errors, on every kind of connection.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use redis_model::flow::{Flow, Io};
use redis_model::{ErrorKind, Operation, RedisModel, Result};
use tokio::sync::oneshot;

use crate::support::{Con, fresh, on_one_server, runtime, server};

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "flow:job:{id}")]
struct Job {
    id: u64,
    tries: u8,
}

/// Increments until a number is reached, with a pause before each try.
struct CountTo {
    id: u64,
    limit: u8,
    pause: Duration,
    /// The time and the random number of each try.
    moments: Vec<(Duration, u64)>,
}

impl CountTo {
    fn new(limit: u8, pause: Duration) -> Self {
        Self { id: fresh(), limit, pause, moments: vec![] }
    }
}

impl Flow for CountTo {
    type Output = u8;

    async fn steps(&mut self, io: &Io) -> Result<u8> {
        let f = Job::FIELDS;
        loop {
            self.moments.push((io.elapsed(), io.random()));
            let once_more = Job::update(self.id).or_create().incr(f.tries, 1).returning(f.tries);
            match io.run(once_more).await?.applied() {
                Some(tries) if tries < self.limit => io.pause(self.pause).await?,
                tries => return Ok(tries.unwrap_or(0)),
            }
        }
    }
}

#[test]
fn a_flow_runs_its_operations_and_pauses_in_turn() {
    on_one_server(|con| {
        let pause = Duration::from_millis(3);
        let mut flow = CountTo::new(4, pause);
        let start = Instant::now();
        assert_eq!(con.run_flow(&mut flow).unwrap(), 4);
        assert!(start.elapsed() >= 3 * pause);
        assert_eq!(con.run(Job::get(flow.id)).unwrap(), Some(Job { id: flow.id, tries: 4 }));

        let elapsed: Vec<_> = flow.moments.iter().map(|(elapsed, _)| *elapsed).collect();
        assert!(elapsed.windows(2).all(|pair| pair[1] >= pair[0] + pause), "{elapsed:?}");
        let random: HashSet<_> = flow.moments.iter().map(|(_, random)| *random).collect();
        assert_eq!(random.len(), 4);

        // A second run starts again, with the state that the first one left.
        flow.limit = 6;
        assert_eq!(con.run_flow(&mut flow).unwrap(), 6);
    });
}

/// Reads a job, and handles the error.
struct Recover(u64);

impl Flow for Recover {
    type Output = std::result::Result<bool, String>;

    async fn steps(&mut self, io: &Io) -> Result<Self::Output> {
        Ok(match io.run(Job::get(self.0)).await {
            Ok(job) => Ok(job.is_some()),
            Err(error) => Err(error.field().unwrap_or("").to_owned()),
        })
    }
}

/// Reads a job, whose error ends the flow.
struct GiveUp(u64);

impl Flow for GiveUp {
    type Output = ();

    async fn steps(&mut self, io: &Io) -> Result<()> {
        io.run(Job::get(self.0)).await.map(drop)
    }
}

#[test]
fn a_flow_decides_how_to_handle_an_error() {
    on_one_server(|con| {
        let id = fresh();
        assert_eq!(con.run_flow(&mut Recover(id)).unwrap(), Ok(false));
        con.raw::<()>(&["HSET", &Job::key(id), "tries", "many"]);
        assert_eq!(con.run_flow(&mut Recover(id)).unwrap(), Err("tries".to_owned()));
        let error = con.run_flow(&mut GiveUp(id)).unwrap_err();
        assert!(error.is_invalid_value() && error.model() == Some("Job"), "{error}");
    });
}

#[test]
fn an_operation_borrows_from_the_flow_and_its_borrows() {
    struct SaveAll<'a> {
        borrowed: std::slice::Iter<'a, Job>,
        own: Job,
        saved: usize,
    }

    impl Flow for SaveAll<'_> {
        type Output = usize;

        async fn steps(&mut self, io: &Io) -> Result<usize> {
            io.run(self.own.save()).await?;
            for job in self.borrowed.by_ref() {
                io.run(job.save()).await?;
                self.saved += 1;
            }
            Ok(self.saved)
        }
    }

    on_one_server(|con| {
        let jobs = [0, 1, 2].map(|tries| Job { id: fresh(), tries });
        let own = Job { id: fresh(), tries: 3 };
        let mut flow = SaveAll { borrowed: jobs.iter(), own, saved: 0 };
        assert_eq!(con.run_flow(&mut flow).unwrap(), 3);
        let own = flow.own;
        for job in jobs.into_iter().chain([own]) {
            assert_eq!(con.run(Job::get(job.id)).unwrap(), Some(job));
        }
    });
}

#[test]
fn a_flow_pauses_on_smol_too() {
    let client = server().client().unwrap();
    smol::block_on(async {
        let config = redis::AsyncConnectionConfig::new();
        let mut con = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
        let pause = Duration::from_millis(5);
        let mut flow = CountTo::new(3, pause);
        let start = Instant::now();
        assert_eq!(flow.run_async(&mut con).await.unwrap(), 3);
        assert!(start.elapsed() >= 2 * pause);
        let _ = Job::delete(flow.id).run_on(&con).await.unwrap();
    });
}

#[test]
fn a_flow_can_be_spawned_on_a_connection_or_a_reference_to_one() {
    let client = server().client().unwrap();
    runtime().block_on(async {
        let mut con = client.get_multiplexed_async_connection().await.unwrap();
        let shared = con.clone();
        let mut flow = CountTo::new(2, Duration::from_millis(1));
        let spawned = tokio::spawn(async move { flow.run_async(&mut con).await });
        assert_eq!(spawned.await.unwrap().unwrap(), 2);
        let mut flow = CountTo::new(2, Duration::from_millis(1));
        let spawned = tokio::spawn(async move { flow.run_on(&shared).await });
        assert_eq!(spawned.await.unwrap().unwrap(), 2);
    });
}

/// Runs a flow again and again, as a part of this one.
struct Repeat {
    each: CountTo,
    limits: Vec<u8>,
}

impl Flow for Repeat {
    type Output = Vec<u8>;

    async fn steps(&mut self, io: &Io) -> Result<Vec<u8>> {
        let mut reached = Vec::new();
        while let Some(limit) = self.limits.pop() {
            self.each.limit = limit;
            reached.push(self.each.steps(io).await?);
        }
        Ok(reached)
    }
}

#[test]
fn a_flow_can_run_another_flow_with_its_operations_and_pauses() {
    on_one_server(|con| {
        let each = CountTo::new(0, Duration::from_millis(1));
        let mut flow = Repeat { each, limits: vec![7, 5, 2] };
        assert_eq!(con.run_flow(&mut flow).unwrap(), [2, 5, 7]);
        assert_eq!(flow.each.moments.len(), 7);
        assert_eq!(con.run(Job::get(flow.each.id)).unwrap().unwrap().tries, 7);
    });
}

/// A small cache: loads a job if the server does not have it, and saves it.
struct Load(u64);

impl Flow for Load {
    type Output = Job;

    async fn steps(&mut self, io: &Io) -> Result<Job> {
        if let Some(job) = io.run(Job::get(self.0)).await? {
            return Ok(job);
        }
        let (sender, loaded) = oneshot::channel();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            // The flow that would receive the value may have failed.
            let _ = sender.send(9);
        });
        let job = Job { id: self.0, tries: loaded.await.expect("the thread sends") };
        io.run(job.save()).await?;
        Ok(job)
    }
}

#[test]
fn a_flow_awaits_another_future_on_an_async_connection_only() {
    let mut direct = Con::sync();
    let client = server().client().unwrap();
    runtime().block_on(async {
        let mut con = client.get_multiplexed_async_connection().await.unwrap();
        let id = fresh();
        assert_eq!(Load(id).run_async(&mut con).await.unwrap(), Job { id, tries: 9 });
        assert_eq!(Job::get(id).run_on(&con).await.unwrap(), Some(Job { id, tries: 9 }));
    });
    let id = fresh();
    let error = direct.run_flow(&mut Load(id)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    assert!(error.to_string().contains("`run_async`"), "{error}");
    // A flow that awaits only its `Io` runs on a sync connection, too.
    direct.run(Job { id, tries: 1 }.save()).unwrap();
    assert_eq!(direct.run_flow(&mut Load(id)).unwrap(), Job { id, tries: 1 });
}

/// Pauses for an hour, unless something else ends the pause, and then writes.
struct Impatient(u64);

impl Flow for Impatient {
    type Output = ();

    async fn steps(&mut self, io: &Io) -> Result<()> {
        let hour = Duration::from_secs(3600);
        let waited = tokio::time::timeout(Duration::from_millis(5), io.pause(hour)).await;
        assert!(waited.is_err());
        io.run(Job { id: self.0, tries: 1 }.save()).await
    }
}

#[test]
fn a_pause_can_race_another_future_and_is_dropped_with_it() {
    let client = server().client().unwrap();
    runtime().block_on(async {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let id = fresh();
        Impatient(id).run_on(&con).await.unwrap();
        assert!(Job::exists(id).run_on(&con).await.unwrap());
    });
}
