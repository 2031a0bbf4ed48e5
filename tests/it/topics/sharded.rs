//! Sharded channels of a cluster: lost connections and slots that move.

use std::time::Duration;

use redis::cluster::ClusterClientBuilder;
use redis_model::Operation;
use redis_model::embedded::Cluster;
use redis_model::structures::{Event, ShardedSubscriber, Topic};

use crate::support::runtime;

const CHANNELS: [&str; 3] = ["a", "b", "c"];
const PATIENCE: Duration = Duration::from_secs(30);

async fn next(subscriber: &mut ShardedSubscriber<u32>) -> Event<u32> {
    let event = tokio::time::timeout(PATIENCE, subscriber.next()).await;
    event.expect("an event").expect("no end").unwrap()
}

/// Publishes a number to each channel until the subscriber gets the numbers of all channels.
async fn expect_all(cluster: &Cluster, subscriber: &mut ShardedSubscriber<u32>, first: u32) {
    let urls = cluster.urls();
    tokio::task::spawn_blocking(move || {
        let client = redis::cluster::ClusterClient::new(urls).unwrap();
        let mut con = client.get_connection().unwrap();
        for (number, channel) in (first..).zip(CHANNELS) {
            let topic = Topic::<u32>::at(channel);
            assert_eq!(topic.publish_sharded(number).run(&mut con).unwrap(), 1, "{channel}");
        }
    })
    .await
    .unwrap();
    let mut received = Vec::new();
    while received.len() < CHANNELS.len() {
        if let Event::Message { channel, value, .. } = next(subscriber).await {
            received.push((value, channel));
        }
    }
    received.sort();
    let expected: Vec<_> = (first..).zip(CHANNELS.map(str::to_owned)).collect();
    assert_eq!(received, expected);
}

async fn expect_resubscribed(subscriber: &mut ShardedSubscriber<u32>) {
    while next(subscriber).await != Event::Resubscribed {}
}

#[test]
fn sharded_messages_arrive_after_connections_were_killed_and_after_a_slot_moved() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let builder = ClusterClientBuilder::new(cluster.urls());
        let mut subscriber = ShardedSubscriber::<u32>::open(builder, CHANNELS).await.unwrap();
        expect_all(&cluster, &mut subscriber, 0).await;

        for node in cluster.nodes() {
            let mut con = node.connection().unwrap();
            let mut kill = redis::cmd("CLIENT");
            kill.arg("KILL").arg("TYPE").arg("pubsub").exec(&mut con).unwrap();
        }
        expect_resubscribed(&mut subscriber).await;
        settle(&mut subscriber).await;
        expect_all(&cluster, &mut subscriber, 10).await;

        move_slot_of(&cluster, CHANNELS[0]);
        expect_resubscribed(&mut subscriber).await;
        expect_all(&cluster, &mut subscriber, 20).await;
    });
}

/// Reads the events of further connections that were lost at the same time.
async fn settle(subscriber: &mut ShardedSubscriber<u32>) {
    let quiet = Duration::from_millis(500);
    while tokio::time::timeout(quiet, subscriber.next()).await.is_ok() {}
}

#[test]
fn an_undecodable_message_is_one_error_that_names_the_channel() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let builder = ClusterClientBuilder::new(cluster.urls());
        let mut subscriber = ShardedSubscriber::<u32>::open(builder, CHANNELS).await.unwrap();
        let urls = cluster.urls();
        tokio::task::spawn_blocking(move || {
            let client = redis::cluster::ClusterClient::new(urls).unwrap();
            let mut con = client.get_connection().unwrap();
            Topic::<String>::at("b").publish_sharded("garbage").run(&mut con).unwrap();
        })
        .await
        .unwrap();
        let error = subscriber.next().await.unwrap().unwrap_err();
        assert_eq!(error.key(), Some("b"));
        assert!(!error.to_string().contains("garbage"), "{error}");
        expect_all(&cluster, &mut subscriber, 0).await;
    });
}

/// Moves the slot of a channel to another node.
fn move_slot_of(cluster: &Cluster, channel: &str) {
    let is_primary = |con: &mut redis::Connection| {
        let role: Vec<redis::Value> = redis::cmd("ROLE").query(con).unwrap();
        role[0] == redis::Value::BulkString(b"master".into())
    };
    let nodes = cluster.nodes().iter().map(|node| node.connection().unwrap());
    let mut cons: Vec<_> =
        nodes.filter_map(|mut con| is_primary(&mut con).then_some(con)).collect();
    let ids: Vec<String> =
        cons.iter_mut().map(|con| redis::cmd("CLUSTER").arg("MYID").query(con).unwrap()).collect();
    let slot: u32 = redis::cmd("CLUSTER").arg("KEYSLOT").arg(channel).query(&mut cons[0]).unwrap();
    let count = |con: &mut redis::Connection| -> redis::RedisResult<u32> {
        redis::cmd("SPUBLISH").arg(channel).arg("0").query(con)
    };
    let source = (0..cons.len()).find(|at| count(&mut cons[*at]).is_ok()).unwrap();
    let target = (source + 1) % cons.len();
    for at in [target, source] {
        redis::cmd("CLUSTER")
            .arg("SETSLOT")
            .arg(slot)
            .arg("NODE")
            .arg(&ids[target])
            .exec(&mut cons[at])
            .unwrap();
    }
}
