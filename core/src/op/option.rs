use super::{Operation, Replies, Request};
use crate::error::Result;

/// An optional operation: `None` sends nothing and returns `None`.
///
/// ```
/// # use redis_model::{Operation, RedisModel};
/// # #[derive(RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, name: String }
/// let with_friend = |friend: Option<u64>| (User::get(1), friend.map(User::get));
/// assert_eq!(with_friend(Some(2)).explain()?.to_string(), "HMGET user:1 name\nHMGET user:2 name");
/// assert_eq!(with_friend(None).explain()?.to_string(), "HMGET user:1 name");
/// # Ok::<(), redis_model::Error>(())
/// ```
impl<O: Operation> Operation for Option<O> {
    type Output = Option<O::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.as_ref().map_or(Ok(()), |operation| operation.encode(request))
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        self.as_ref().map(|operation| operation.decode(replies)).transpose()
    }
}
