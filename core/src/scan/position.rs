//! The progress of a scan, as text that can be kept.

use std::fmt;
use std::str::FromStr;

use super::slots::SlotSet;
use crate::error::{Error, ErrorKind};

/// The progress of a scan, which `Display` writes as text and `FromStr` reads, to
/// resume the scan in another process.
///
/// A position is always behind a whole page. On one server it is SCAN's cursor; on a
/// cluster it also holds the slots that are done. A cursor means something only
/// to the server process that returned it, so that process is part of the
/// position: resumed on another server, after a fail-over for example, the scan
/// begins again there. A position of a scan `within` some parts of the keys, or with a
/// [prefix](crate::connection::Prefixed), names both, and only a scan with the same ones resumes
/// there. A scan that is resumed behind its last page has ended.
///
/// ```
/// # use redis_model::{Operation, RedisModel, embedded};
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
/// let mut rest = User::scan_ids().resume_from(kept.parse()?);
/// let mut seen = first.len();
/// while let Some(ids) = rest.run(&mut con)? {
///     seen += ids.len();
/// }
/// assert!(seen >= 500);
///
/// let mut ended = User::scan_ids().resume_from(rest.position().to_string().parse()?);
/// assert!(ended.run(&mut con)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScanPosition {
    pub(super) progress: Progress,
    /// The beginning of the keys of a scan that is not of all keys.
    pub(super) within: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Progress {
    Start,
    Server(Cursor),
    Cluster(ClusterProgress),
    End,
}

/// SCAN's cursor on one server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cursor {
    pub(super) next: u64,
    /// The server process that returned it; empty if the server does not say.
    pub(super) server: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ClusterProgress {
    /// Slots whose keys have all been returned.
    pub(super) done: SlotSet,
    pub(super) node: Option<NodeProgress>,
}

/// The node that is being scanned.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NodeProgress {
    pub(super) cursor: Cursor,
    /// The slots whose keys have all been on this node on each page so far.
    pub(super) slots: SlotSet,
}

impl ScanPosition {
    /// The position at which every scan begins.
    pub const START: Self = Self { progress: Progress::Start, within: None };

    /// Returns `true` if a scan of keys with this beginning can resume here.
    pub(super) fn is_of(&self, within: Option<&str>) -> bool {
        self.progress == Progress::Start || self.within.as_deref() == within
    }
}

impl Default for ScanPosition {
    fn default() -> Self {
        Self::START
    }
}

impl Default for ClusterProgress {
    fn default() -> Self {
        Self { done: SlotSet::none(), node: None }
    }
}

/// `start`, `end`, `server/cursor`, `cluster/done slots` or
/// `cluster/done slots/cursor/its slots`; a cursor is a number, a dot and the
/// server process. A scan `within` some parts appends `@` and the beginning of the keys.
impl fmt::Display for ScanPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.progress {
            Progress::Start => f.write_str("start"),
            Progress::End => f.write_str("end"),
            Progress::Server(cursor) => write!(f, "server/{cursor}"),
            Progress::Cluster(ClusterProgress { done, node: None }) => write!(f, "cluster/{done}"),
            Progress::Cluster(ClusterProgress { done, node: Some(node) }) => {
                write!(f, "cluster/{done}/{}/{}", node.cursor, node.slots)
            }
        }?;
        self.within.as_ref().map_or(Ok(()), |within| write!(f, "@{within}"))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.next, self.server)
    }
}

impl FromStr for ScanPosition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (text, within) = match text.split_once('@') {
            Some((text, within)) => (text, Some(within.into())),
            None => (text, None),
        };
        let progress = match *text.split('/').collect::<Vec<_>>() {
            ["start"] => Some(Progress::Start),
            ["end"] => Some(Progress::End),
            ["server", cursor] => cursor.parse().ok().map(Progress::Server),
            ["cluster", done] => cluster(done, None),
            ["cluster", done, cursor, slots] => cluster(done, Some((cursor, slots))),
            _ => None,
        };
        let wrong = || Error::new(ErrorKind::InvalidOperation, "not the text of a `ScanPosition`");
        progress.map(|progress| Self { progress, within }).ok_or_else(wrong)
    }
}

fn cluster(done: &str, node: Option<(&str, &str)>) -> Option<Progress> {
    let node = match node {
        None => None,
        Some((cursor, slots)) => {
            Some(NodeProgress { cursor: cursor.parse().ok()?, slots: slots.parse().ok()? })
        }
    };
    Some(Progress::Cluster(ClusterProgress { done: done.parse().ok()?, node }))
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (next, server) = text.split_once('.').ok_or(())?;
        Ok(Self { next: next.parse().map_err(drop)?, server: server.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_from_its_text() {
        let mut done = SlotSet::none();
        done.insert(0..=5460);
        let cursor = Cursor { next: u64::MAX, server: "07c3.0f".into() };
        let node = Some(NodeProgress { cursor: cursor.clone(), slots: done.clone() });
        for progress in [
            Progress::Start,
            Progress::End,
            Progress::Server(Cursor { next: 7, server: String::new() }),
            Progress::Server(cursor),
            Progress::Cluster(ClusterProgress::default()),
            Progress::Cluster(ClusterProgress { done, node }),
        ] {
            for within in [None, Some("score:@/ch\u{e9}ss".into())] {
                let position = ScanPosition { progress: progress.clone(), within };
                assert_eq!(position.to_string().parse::<ScanPosition>().unwrap(), position);
            }
        }
        for wrong in [
            "",
            "0",
            "start/0",
            "server/x.07c3",
            "server/-1.07c3",
            "server/1",
            "cluster/2",
            "cluster/0-1/7.07c3",
            "cluster/0-1/7/0-1",
            "cluster/0-1/7.07c3/0-1/more",
        ] {
            assert!(wrong.parse::<ScanPosition>().is_err(), "{wrong}");
        }
    }
}
