//! A bank whose connections keep breaking: 32 tasks move money between 10 accounts, while
//! another client of the server kills all connections again and again.
//!
//! A transfer is a `transaction` of three members: a record of the transfer, the account that
//! pays, if it has the money, and the account that is paid. If the connection breaks, the task
//! does not know if the transfer was applied. It repeats the same transaction: if the
//! first attempt was applied, the second finds the transfer's record, and changes nothing.
//!
//! `cargo run --example bank`

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use redis::Client;
use redis::aio::MultiplexedConnection;
use redis_model::embedded::Server;
use redis_model::{Operation, Outcome, RedisModel, atomic, transaction};
use tokio::task::JoinSet;
use tokio::time::sleep;

const TASKS: u64 = 32;
const TRANSFERS: u64 = 1000;
const ACCOUNTS: u64 = 10;
const AT_FIRST: u64 = 100;

/// `{bank}` keeps all keys in one slot of a cluster, which a transaction needs.
#[derive(Debug, RedisModel)]
#[redis(key = "{{bank}}:account:{id}")]
struct Account {
    id: u64,
    balance: u64,
}

#[derive(Debug, RedisModel)]
#[redis(key = "{{bank}}:transfer:{id}")]
struct Transfer {
    id: u64,
    from: u64,
    to: u64,
    amount: u64,
}

#[derive(Debug, Default)]
struct Counts {
    applied: AtomicU32,
    without_money: AtomicU32,
    connections: AtomicU32,
    /// Transfers that were applied although the connection broke before the reply.
    found_applied: AtomicU32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A server of its own: it is not nice to kill the connections of others.
    let server = Server::start()?;
    let client = server.client()?;
    let mut con = client.get_multiplexed_async_connection().await?;
    for id in 0..ACCOUNTS {
        Account { id, balance: AT_FIRST }.save().run_async(&mut con).await?;
    }

    let counts = Arc::new(Counts::default());
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(work(task, client.clone(), counts.clone()));
    }
    let killer = tokio::spawn(kill_connections(client.clone()));
    let auditor = tokio::spawn(audit(client.clone()));
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    killer.abort();
    auditor.abort();
    // It panics if the money is not all there.
    auditor.await.err().filter(|error| error.is_panic()).map_or(Ok(()), Err)?;

    let applied = counts.applied.load(Relaxed);
    println!("{TRANSFERS} transfers by {TASKS} tasks between {ACCOUNTS} accounts:");
    println!("{applied} applied");
    println!(
        "{} refused, because the account had not enough money",
        counts.without_money.load(Relaxed)
    );
    println!("{} connections broke", counts.connections.load(Relaxed));
    println!(
        "{} transfers had been applied when they were repeated",
        counts.found_applied.load(Relaxed)
    );
    check_books(&client, applied).await
}

/// Makes the transfers of one task.
async fn work(task: u64, client: Client, counts: Arc<Counts>) {
    let mut con = connect(&client).await;
    let mut random = task.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |limit: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % limit
    };
    for id in (task..TRANSFERS).step_by(TASKS as usize) {
        let from = below(ACCOUNTS);
        let to = (from + 1 + below(ACCOUNTS - 1)) % ACCOUNTS;
        let transfer = Transfer { id, from, to, amount: 1 + below(60) };
        while let Err(error) = make(&transfer, &mut con, &counts).await {
            assert!(error.is_connection(), "{error}");
            counts.connections.fetch_add(1, Relaxed);
            con = connect(&client).await;
        }
    }
}

async fn make(
    transfer: &Transfer,
    con: &mut MultiplexedConnection,
    counts: &Counts,
) -> redis_model::Result<()> {
    let (balance, amount) = (Account::FIELDS.balance, transfer.amount);
    let outcome = transaction((
        transfer.create(),
        Account::update(transfer.from)
            .only_if(balance.at_least(amount))
            .incr(balance, -i128::from(amount)),
        Account::update(transfer.to).incr(balance, amount),
    ))
    .run_async(con)
    .await?;
    let counted = match outcome {
        Outcome::Applied(_) => &counts.applied,
        // The record of the transfer is the first member: an earlier attempt was applied.
        Outcome::Conflict(conflict) if conflict.member() == Some(0) => {
            counts.found_applied.fetch_add(1, Relaxed);
            &counts.applied
        }
        Outcome::Conflict(_) => &counts.without_money,
        Outcome::Missing(missing) => panic!("{missing}"),
    };
    counted.fetch_add(1, Relaxed);
    Ok(())
}

async fn connect(client: &Client) -> MultiplexedConnection {
    loop {
        // The new connection may be killed before it is ready.
        if let Ok(con) = client.get_multiplexed_async_connection().await {
            return con;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

async fn kill_connections(client: Client) {
    let mut con = connect(&client).await;
    loop {
        sleep(Duration::from_millis(2)).await;
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes");
        if kill.exec_async(&mut con).await.is_err() {
            con = connect(&client).await;
        }
    }
}

/// Reads all accounts as they are at one time, and adds them up.
async fn audit(client: Client) {
    let mut con = connect(&client).await;
    loop {
        match balances(&mut con).await {
            Ok(balances) => assert_eq!(balances.values().sum::<u64>(), ACCOUNTS * AT_FIRST),
            Err(error) if error.is_connection() => con = connect(&client).await,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn balances(con: &mut MultiplexedConnection) -> redis_model::Result<BTreeMap<u64, u64>> {
    let accounts = atomic(Account::get_many(0..ACCOUNTS)).run_async(con).await?;
    let balance = |account: redis_model::Result<Option<Account>>| {
        account.map(|account| account.map_or((u64::MAX, 0), |it| (it.id, it.balance)))
    };
    accounts.into_iter().map(balance).collect()
}

/// Compares the accounts with the records of the transfers.
async fn check_books(client: &Client, applied: u32) -> Result<(), Box<dyn Error>> {
    let mut con = connect(client).await;
    let mut expected: BTreeMap<u64, i128> = (0..ACCOUNTS).map(|id| (id, AT_FIRST.into())).collect();
    let mut transfers = 0;
    for transfer in Transfer::get_many(0..TRANSFERS).run_async(&mut con).await? {
        let Some(transfer) = transfer? else { continue };
        *expected.entry(transfer.from).or_default() -= i128::from(transfer.amount);
        *expected.entry(transfer.to).or_default() += i128::from(transfer.amount);
        transfers += 1;
    }
    assert_eq!(transfers, applied, "each transfer that was applied has a record");
    let balances = balances(&mut con).await?;
    let found: BTreeMap<u64, i128> = balances.into_iter().map(|(id, it)| (id, it.into())).collect();
    assert_eq!(found, expected, "each account has what the transfers left it");
    assert!(found.values().all(|balance| *balance >= 0));
    println!("the accounts hold {} together, as at first: {found:?}", found.values().sum::<i128>());
    Ok(())
}
