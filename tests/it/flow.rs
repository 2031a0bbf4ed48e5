//! Flows: several round trips, pauses and errors, on every kind of connection.

use std::time::{Duration, Instant};

use redis_model::{Error, Flow, Moment, Operation, RedisModel, Result, Step};

use crate::support::{everywhere, fresh};

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
    moments: Vec<Moment>,
}

impl Flow for CountTo {
    type Output = u8;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        self.moments.push(*now);
        let f = Job::FIELDS;
        let once_more = Job::update(self.id).or_create().incr(f.tries, 1).returning(f.tries);
        Ok(Step::run(once_more, |flow: &mut Self, outcome, _| match outcome.applied() {
            Some(tries) if tries < flow.limit => Ok(Step::pause(flow.pause, Self::start)),
            tries => Ok(Step::done(tries.unwrap_or(0))),
        }))
    }
}

#[test]
fn a_flow_runs_its_operations_and_pauses_in_turn() {
    everywhere(|con| {
        let id = fresh();
        let pause = Duration::from_millis(3);
        let mut flow = CountTo { id, limit: 4, pause, moments: vec![] };
        let start = Instant::now();
        assert_eq!(con.run_flow(&mut flow).unwrap(), 4);
        assert!(start.elapsed() >= 3 * pause);
        assert_eq!(con.run(Job::get(id)).unwrap(), Some(Job { id, tries: 4 }));

        let elapsed: Vec<_> = flow.moments.iter().map(|moment| moment.elapsed()).collect();
        assert!(elapsed.windows(2).all(|pair| pair[1] >= pair[0] + pause), "{elapsed:?}");
        let random: std::collections::HashSet<_> =
            flow.moments.iter().map(|moment| moment.random()).collect();
        assert_eq!(random.len(), 4);

        // Run again it begins again, with what it knows by now.
        flow.limit = 6;
        assert_eq!(con.run_flow(&mut flow).unwrap(), 6);
    });
}

/// Reads a job, and goes on with the error if there is one.
struct Recover(u64);

impl Flow for Recover {
    type Output = std::result::Result<bool, String>;

    fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Ok(Step::attempt(Job::get(self.0), |_: &mut Self, job: Result<Option<Job>, Error>, _| {
            Ok(Step::done(match job {
                Ok(job) => Ok(job.is_some()),
                Err(error) => Err(error.field().unwrap_or("").to_owned()),
            }))
        }))
    }
}

/// Reads a job, whose error ends the flow.
struct GiveUp(u64);

impl Flow for GiveUp {
    type Output = ();

    fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Ok(Step::run(Job::get(self.0), |_: &mut Self, _, _| Ok(Step::done(()))))
    }
}

#[test]
fn a_flow_decides_what_an_error_means() {
    everywhere(|con| {
        let id = fresh();
        assert_eq!(con.run_flow(&mut Recover(id)).unwrap(), Ok(false));
        con.raw::<()>(&["HSET", &Job::key(id), "tries", "many"]);
        assert_eq!(con.run_flow(&mut Recover(id)).unwrap(), Err("tries".to_owned()));
        let error = con.run_flow(&mut GiveUp(id)).unwrap_err();
        assert!(error.is_invalid_value() && error.model() == Some("Job"), "{error}");
    });
}

#[test]
fn an_operation_borrows_what_outlives_the_flow() {
    struct SaveAll<'a>(std::slice::Iter<'a, Job>, usize);

    impl<'a> Flow for SaveAll<'a> {
        type Output = usize;

        fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>>
        where
            Self: 's,
        {
            let Some(job) = self.0.next() else { return Ok(Step::done(self.1)) };
            Ok(Step::run(job.save(), |flow: &mut Self, (), now| {
                flow.1 += 1;
                flow.start(now)
            }))
        }
    }

    everywhere(|con| {
        let jobs = [0, 1, 2].map(|tries| Job { id: fresh(), tries });
        assert_eq!(con.run_flow(&mut SaveAll(jobs.iter(), 0)).unwrap(), 3);
        for job in jobs {
            assert_eq!(con.run(Job::get(job.id)).unwrap(), Some(job));
        }
    });
}

#[test]
fn a_flow_pauses_on_smol_too() {
    let client = crate::support::server().client().unwrap();
    smol::block_on(async {
        let config = redis::AsyncConnectionConfig::new();
        let mut con = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
        let pause = Duration::from_millis(5);
        let mut flow = CountTo { id: fresh(), limit: 3, pause, moments: vec![] };
        let start = Instant::now();
        assert_eq!(flow.run_async(&mut con).await.unwrap(), 3);
        assert!(start.elapsed() >= 2 * pause);
        let _ = Job::delete(flow.id).run_async(&mut con).await.unwrap();
    });
}

#[test]
fn a_flow_can_be_spawned() {
    let client = crate::support::server().client().unwrap();
    let done = crate::support::runtime().block_on(async {
        let mut con = client.get_multiplexed_async_connection().await.unwrap();
        let mut flow =
            CountTo { id: fresh(), limit: 2, pause: Duration::from_millis(1), moments: vec![] };
        tokio::spawn(async move { flow.run_async(&mut con).await }).await.unwrap()
    });
    assert_eq!(done.unwrap(), 2);
}

/// Runs a flow again and again, as a part of this one.
struct Again {
    each: CountTo,
    limits: Vec<u8>,
    reached: Vec<u8>,
}

impl Flow for Again {
    type Output = Vec<u8>;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        let Some(limit) = self.limits.pop() else {
            return Ok(Step::done(std::mem::take(&mut self.reached)));
        };
        self.each.limit = limit;
        Step::part(
            self,
            |flow| &mut flow.each,
            now,
            |flow, tries, now| {
                flow.reached.push(tries);
                flow.start(now)
            },
        )
    }
}

#[test]
fn a_flow_can_be_a_part_of_another_with_its_operations_and_pauses() {
    everywhere(|con| {
        let (id, pause) = (fresh(), Duration::from_millis(1));
        let each = CountTo { id, limit: 0, pause, moments: vec![] };
        let mut flow = Again { each, limits: vec![7, 5, 2], reached: vec![] };
        assert_eq!(con.run_flow(&mut flow).unwrap(), [2, 5, 7]);
        assert_eq!(flow.each.moments.len(), 7);
        assert_eq!(con.run(Job::get(id)).unwrap().unwrap().tries, 7);
    });
}
