//! Models with a time to live.

use super::RedisModel;

/// A model with a `ttl`, for the methods that set it again, such as
/// [`Get::refresh`](crate::op::Get::refresh). The derive implements it.
///
/// ```
/// use redis_model::op::Get;
/// use redis_model::{HasTtl, IntoId, Operation, RedisModel};
///
/// /// Reads a record and keeps it alive.
/// fn touch<M: HasTtl>(id: impl IntoId<M::Id>) -> Get<M> {
///     M::get(id).refresh()
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "session:{token}", ttl = "2h")]
/// struct Session { token: String, user: u64 }
///
/// let sent = touch::<Session>("f00").explain()?.to_string();
/// assert!(sent.contains("session:f00 7200000"), "{sent}");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the model `{Self}` has no time to live",
    label = "needs a model with a `ttl`",
    note = "add a `ttl` to the model, such as `#[redis(key = \"…\", ttl = \"30d\")]`, or give the time: `refresh_for(…)`, `expire(…)`"
)]
pub trait HasTtl: RedisModel {}
