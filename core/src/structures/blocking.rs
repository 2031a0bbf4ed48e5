//! Operations that wait on the server until there is something to return.

use std::fmt;
use std::time::Duration;

use super::command::Command;
use crate::clone::clone_fields;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Flow, Io, inherent_run};
use crate::ttl::millis;

/// A command for which the server lets the client wait.
///
/// It is a [flow](crate::flow), not an operation: in a tuple, a batch or an
/// [`atomic`](crate::atomic) step Redis would not wait, so there it does not compile. A
/// connection that waits serves nobody else, so an async one must be
/// [`Dedicated`](crate::connection::Dedicated). On a sync connection no read timeout may be
/// shorter than the wait.
///
/// ```
/// # use std::time::Duration;
/// use redis_model::Operation;
/// use redis_model::structures::List;
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let jobs = List::<String>::at("jobs");
/// jobs.push_back("mail").run(&mut con)?;
/// let wait = Duration::from_millis(10);
/// assert_eq!(jobs.pop_front_blocking(wait).run(&mut con)?.as_deref(), Some("mail"));
/// assert_eq!(jobs.pop_front_blocking(wait).run(&mut con)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a flow does nothing until it is run"]
pub struct Blocking<T> {
    command: Command<T>,
}

impl<T> Blocking<T> {
    pub(super) fn new(command: Command<T>) -> Self {
        Self { command }
    }
}

impl<T> Flow for Blocking<T> {
    type Output = T;

    async fn steps(&mut self, io: &Io) -> Result<T> {
        if !io.may_block() {
            return Err(Error::new(ErrorKind::InvalidOperation, SHARED));
        }
        io.run(&self.command).await.map_err(explain_timeout)
    }
}

const SHARED: &str = "an operation that waits needs an async connection of its own, because others \
                      on the same connection would wait, too, and a response timeout could lose \
                      its reply: use `connection::Dedicated`";

/// Explains the error of a connection whose timeout was shorter than the wait.
fn explain_timeout(error: Error) -> Error {
    if !error.is_timeout() {
        return error;
    }
    let note = "; the connection's timeout is shorter than the wait: set a longer one or none, \
                because an item that the server returns later is lost";
    error.with_note(note.to_owned())
}

/// The longest time to wait, as the blocking commands take it: in seconds, 0 for no limit.
pub(super) fn wait_argument(wait: Option<Duration>) -> String {
    let millis = wait_millis(wait);
    if millis == 0 { "0".to_owned() } else { format!("{}.{:03}", millis / 1000, millis % 1000) }
}

/// The longest time to wait in milliseconds, as the commands of streams take it, 0 for no limit.
pub(super) fn wait_millis(wait: Option<Duration>) -> u64 {
    // Rounded up: zero would be no limit.
    wait.map_or(0, |wait| millis(wait).max(1))
}

inherent_run! {
    impl[T] Blocking<T>;
}

impl<T> fmt::Debug for Blocking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blocking").field(&self.command).finish()
    }
}

clone_fields! {
    impl[T] Blocking<T> { command }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_and_never_without_limit() {
        let wait = |nanos| wait_argument(Some(Duration::from_nanos(nanos)));
        assert_eq!(wait(0), "0.001");
        assert_eq!(wait(1), "0.001");
        assert_eq!(wait(1_500_000_001), "1.501");
        assert_eq!(wait_argument(None), "0");
    }
}
