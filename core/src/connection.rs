//! What operations run on: redis-rs' connections, by names that tell a sync one
//! from an async one where they were mixed up.

/// Any sync connection of redis-rs: a connection, a client, a cluster
/// connection, the guard of a pool, or a `dyn` one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sync connection",
    label = "not a sync connection of redis-rs",
    note = "on an async connection use `.run_async(&mut con).await`, which needs the feature `tokio` or `smol`"
)]
pub trait SyncConnection: redis::ConnectionLike {}

#[diagnostic::do_not_recommend]
impl<C: redis::ConnectionLike + ?Sized> SyncConnection for C {}

/// Any async connection of redis-rs: a multiplexed one, a connection manager,
/// a cluster connection, the guard of a pool, or a `dyn` one. They are cheap to
/// clone: give each task a clone of its own.
#[cfg(any(feature = "tokio", feature = "smol"))]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an async connection",
    label = "not an async connection of redis-rs",
    note = "on a sync connection use `.run(&mut con)`; an async one comes from `client.get_multiplexed_async_connection()`"
)]
pub trait AsyncConnection: redis::aio::ConnectionLike {}

#[cfg(any(feature = "tokio", feature = "smol"))]
#[diagnostic::do_not_recommend]
impl<C: redis::aio::ConnectionLike + ?Sized> AsyncConnection for C {}
