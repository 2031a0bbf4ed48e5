//! Typed messages to several subscribers: a thread and an async task.
//!
//! `cargo run --example pubsub`

use std::thread;

use redis_model::embedded::Server;
use redis_model::structures::{Event, Subscription, Topic};
use redis_model::{Json, Operation};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
enum Order {
    Placed { id: u64, items: Vec<String> },
    Shipped { id: u64 },
}

type Orders = Topic<Order, Json>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The server that REDIS_URL names, or a private one that ends with this program.
    let server = Server::named_or_private()?;
    let client = server.client()?;

    // A thread listens to one channel, and ends when its handle is closed.
    let subscriber = Orders::at("example:orders:berlin").subscription().subscribe(&client)?;
    let handle = subscriber.handle();
    let thread = thread::spawn(move || {
        for event in subscriber {
            match event {
                Ok(Event::Message { value, .. }) => println!("berlin: {value:?}"),
                Ok(Event::Resubscribed) => println!("berlin: messages may be missing"),
                Ok(event) => println!("berlin: {event:?}"),
                Err(error) => println!("berlin: {error}"),
            }
        }
    });

    // A task listens to all cities, by a pattern.
    let all = Subscription::<Order, Json>::to_patterns(["example:orders:*"]);
    let mut subscriber = all.subscribe_async(&client).await?;
    let task = tokio::spawn(async move {
        let (mut placed, mut shipped) = (0, 0);
        while let Some(event) = subscriber.next().await {
            // A message of another program is an error and does not end the subscription.
            match event.map(Event::into_value) {
                Ok(Some(Order::Placed { .. })) => placed += 1,
                Ok(Some(Order::Shipped { .. })) => shipped += 1,
                Ok(None) => println!("all: messages may be missing"),
                Err(error) => println!("all: {error}"),
            }
            if shipped == 2 {
                break;
            }
        }
        (placed, shipped)
    });

    // Publishing is an operation like any other.
    let mut con = client.get_multiplexed_async_connection().await?;
    let [rome, berlin] = ["rome", "berlin"].map(|city| {
        let channel = format!("example:orders:{city}");
        Orders::at(channel)
    });
    let items = vec!["tea".to_owned(), "cups".to_owned()];
    let receivers = berlin.publish(Order::Placed { id: 1, items }).run_async(&mut con).await?;
    println!("{receivers} receivers");
    redis::cmd("PUBLISH").arg(&["example:orders:rome", "?"]).exec_async(&mut con).await?;
    rome.publish(Order::Shipped { id: 2 }).run_async(&mut con).await?;
    berlin.publish(Order::Shipped { id: 1 }).run_async(&mut con).await?;

    let (placed, shipped) = task.await?;
    println!("all: {placed} placed, {shipped} shipped");
    handle.close();
    thread.join().map_err(|_| "the thread panicked")?;
    Ok(())
}
