//! A social feed: posts as a model, and for each user followers, a capped timeline, recently
//! viewed posts and counters, whose keys belong together. 200 tasks share one server.
//!
//! `cargo run --example feed`

use std::time::{SystemTime, UNIX_EPOCH};

use redis::aio::MultiplexedConnection;
use redis_model::embedded::Server;
use redis_model::structures::{Counter, List, Set, SortedRange, SortedSet};
use redis_model::{Operation, RedisKeys, RedisModel, Result, batch};

const USERS: u64 = 40;
const TASKS: u64 = 200;
const POSTS_PER_TASK: u64 = 5;
const TIMELINE: usize = 20;
const VIEWED: isize = 3;

#[derive(Debug, Clone, RedisModel)]
#[redis(key = "feed:post:{id}", ttl = "30d")]
struct Post {
    id: u64,
    author: u64,
    text: String,
    likes: u32,
}

#[derive(Debug, Clone, RedisKeys)]
#[redis(key = "feed:user:{id}", id = u64)]
struct UserKeys {
    followers: Set<u64>,
    timeline: List<u64>,
    #[redis(ttl = "7d")]
    viewed: SortedSet<u64>,
    posts: Counter<u64>,
    received: Counter<u64>,
}

/// The next id of a post.
fn post_ids() -> Counter<u64> {
    Counter::at("feed:post-ids")
}

/// Saves a post, and adds it to the timelines of all followers in one round trip.
async fn publish(con: &MultiplexedConnection, author: u64, text: String) -> Result<Post> {
    let id = post_ids().incr(1).run_on(con).await?;
    let post = Post { id, author, text, likes: 0 };
    let keys = UserKeys::of(author);
    let (_, _, followers) =
        (post.save(), keys.posts.incr(1), keys.followers.members().strict()).run_on(con).await?;
    let deliver = |follower| {
        let keys = UserKeys::of(follower);
        (keys.timeline.push_front_capped(id, TIMELINE), keys.received.incr(1))
    };
    for delivered in batch(followers.into_iter().map(deliver)).run_on(con).await? {
        delivered?;
    }
    Ok(post)
}

/// Reads the newest posts of a user's timeline, likes the first and notes it as viewed.
async fn read_feed(con: &MultiplexedConnection, user: u64) -> Result<bool> {
    let keys = UserKeys::of(user);
    let ids = keys.timeline.range(..10).strict().run_on(con).await?;
    let posts = Post::get_many(ids).found().run_on(con).await?;
    let Some(newest) = posts.first() else { return Ok(false) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let like = Post::update(newest.id).incr(Post::FIELDS.likes, 1);
    let oldest = SortedRange::ranks(..-VIEWED);
    let steps = (like, keys.viewed.add(newest.id, now), keys.viewed.remove_range(oldest));
    let (liked, ..) = steps.run_on(con).await?;
    Ok(liked.is_applied())
}

/// Follows users, publishes posts and reads a feed. Returns the number of likes.
async fn session(con: MultiplexedConnection, task: u64) -> Result<u64> {
    let user = task % USERS;
    let mut likes = 0;
    for post in 0..POSTS_PER_TASK {
        publish(&con, user, format!("post {post} of task {task}")).await?;
        likes += u64::from(read_feed(&con, (user + post) % USERS).await?);
    }
    Ok(likes)
}

/// Deletes everything that the example stores. Returns the number of keys of users.
async fn clean(con: &MultiplexedConnection) -> Result<usize> {
    post_ids().delete().run_on(con).await?;
    Post::delete_many(1..=TASKS * POSTS_PER_TASK).run_on(con).await?;
    let groups = (0..USERS).map(|user| UserKeys::of(user).delete_all());
    batch(groups).run_on(con).await?.into_iter().sum()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::named_or_private()?;
    let con = server.client()?.get_multiplexed_async_connection().await?;
    clean(&con).await?;

    // Each user has the three next ones as followers.
    let follow = |user| UserKeys::of(user).followers.add_all((1..=3).map(|n| (user + n) % USERS));
    for added in batch((0..USERS).map(follow)).run_on(&con).await? {
        assert_eq!(added?, 3);
    }

    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(session(con.clone(), task))).collect();
    let mut likes = 0;
    for task in tasks {
        likes += task.await??;
    }

    let published = TASKS * POSTS_PER_TASK;
    let (mut posts, mut received, mut longest, mut viewed) = (0, 0, 0, 0);
    for user in 0..USERS {
        let keys = UserKeys::of(user);
        let counts = (keys.posts.get(), keys.received.get());
        let lengths = (keys.timeline.len(), keys.viewed.len());
        let ((own, others), (timeline, seen)) = (counts, lengths).run_on(&con).await?;
        (posts, received) = (posts + own, received + others);
        (longest, viewed) = (timeline.max(longest), seen.max(viewed));
    }
    assert_eq!(posts, published);
    assert_eq!(received, 3 * published);
    assert_eq!(longest, TIMELINE);
    assert!(viewed as isize <= VIEWED);
    let stored = Post::get_many(1..=published).found().run_on(&con).await?;
    assert_eq!(stored.len() as u64, published);
    assert_eq!(stored.iter().map(|post| u64::from(post.likes)).sum::<u64>(), likes);
    println!("{published} posts in {received} timelines of at most {longest}, {likes} likes");

    let deleted = clean(&con).await?;
    println!("{deleted} keys of {USERS} users deleted");
    Ok(())
}
