//! How far a scan has come, as text that can be kept.

use std::fmt;
use std::str::FromStr;

use super::slots::SlotSet;
use crate::error::{Error, ErrorKind};

/// How far a scan has come, to go on from there in another process: text by
/// `Display` and `FromStr`.
///
/// On one server it is SCAN's cursor. On a cluster it is also which slots are
/// done, and which node the cursor is of.
///
/// ```
/// # use redis_model::{Operation, RedisModel, ScanPosition, embedded};
/// # #[derive(RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, name: String }
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// # let users: Vec<_> = (0..500).map(|id| User { id, name: "Ada".into() }).collect();
/// # for saved in User::save_many(&users).run(&mut con)? { saved?; }
/// let mut scan = User::scan_ids().page_size(100);
/// let first = scan.run(&mut con)?.unwrap();
/// let kept: String = scan.position().to_string();
///
/// let mut rest = User::scan_ids().from(kept.parse()?);
/// let mut seen = first.len();
/// while let Some(ids) = rest.run(&mut con)? {
///     seen += ids.len();
/// }
/// assert!(seen >= 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScanPosition {
    /// SCAN's cursor; zero at the start.
    pub(super) cursor: u64,
    pub(super) cluster: Option<ClusterPosition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ClusterPosition {
    /// Slots whose keys have all been seen.
    pub(super) done: SlotSet,
    pub(super) node: Option<Node>,
}

/// The node that a cursor is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) id: String,
    /// The slots that it had when its scan began.
    pub(super) slots: SlotSet,
}

impl ScanPosition {
    /// Where every scan begins.
    pub const START: Self = Self { cursor: 0, cluster: None };
}

impl Default for ScanPosition {
    fn default() -> Self {
        Self::START
    }
}

/// The cursor, and of a cluster `/done slots/node/its slots`.
impl fmt::Display for ScanPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cursor)?;
        match &self.cluster {
            None => Ok(()),
            Some(ClusterPosition { done, node: None }) => write!(f, "/{done}"),
            Some(ClusterPosition { done, node: Some(Node { id, slots }) }) => {
                write!(f, "/{done}/{id}/{slots}")
            }
        }
    }
}

impl FromStr for ScanPosition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::new(ErrorKind::InvalidOperation, "not the text of a scan's position");
        let mut words = text.split('/');
        let cursor = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
        let mut slots = || words.next().map(|word| (word, words.next(), words.next()));
        let Some((done, node, its)) = slots() else { return Ok(Self { cursor, cluster: None }) };
        let done = done.parse().map_err(|()| wrong())?;
        let node = match (node, its) {
            (Some(id), Some(slots)) if !id.is_empty() => {
                Some(Node { id: id.to_owned(), slots: slots.parse().map_err(|()| wrong())? })
            }
            (None, None) => None,
            _ => return Err(wrong()),
        };
        match words.next() {
            None => Ok(Self { cursor, cluster: Some(ClusterPosition { done, node }) }),
            Some(_) => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_from_its_text() {
        let mut done = SlotSet::none();
        done.insert(0..=5460);
        let node = Some(Node { id: "07c3".into(), slots: done.clone() });
        for position in [
            ScanPosition::START,
            ScanPosition { cursor: u64::MAX, cluster: None },
            ScanPosition {
                cursor: 0,
                cluster: Some(ClusterPosition { done: SlotSet::none(), node: None }),
            },
            ScanPosition { cursor: 7, cluster: Some(ClusterPosition { done, node }) },
        ] {
            assert_eq!(position.to_string().parse::<ScanPosition>().unwrap(), position);
        }
        for wrong in ["", "x", "-1", "1/2", "0/0-1/node", "0/0-1//0-1", "0/0-1/node/0-1/more"] {
            assert!(wrong.parse::<ScanPosition>().is_err(), "{wrong}");
        }
    }
}
