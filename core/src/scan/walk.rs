//! The keys of a pattern, a page at a time, on a server or a whole cluster.
//!
//! A walk moves on only when the flow that uses it says that it has finished
//! with a page. So a flow that failed or was dropped in the middle of a page
//! gets that page again.
//!
//! A cursor means something only to the server process that returned it. Each
//! page names its process, and another process is scanned from the beginning.
//!
//! On a cluster SCAN returns the keys of one node, and a connection of redis-rs
//! cannot be told which. A script can: it goes to the node that owns its key's
//! slot. So the walk takes a slot that is not done and scans the node that
//! answers for it. Each page brings the node's own view of its slots, taken in
//! the same step. The slots that the node owned on every page, and that were
//! not being moved, are done then: their keys were on the node all the time.
//! Other slots are scanned again on the node that has them later.

use std::collections::HashSet;
use std::time::Duration;

use super::page::{KeyPage, ReadPage};
use super::position::{ClusterProgress, NodeProgress, Progress, ScanPosition};
use super::slots::SlotSet;
use super::topology::AskCluster;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Flow, Moment, Step, Topology, slot_of};

/// How often in a row another node may answer before a node is given up.
const MISSES: u32 = 4;

/// How often the walk pauses until slots have been moved: about five seconds.
const PAUSES: u32 = 50;
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How often a slot may be redirected from node to node.
const REDIRECTIONS: u32 = 5;

/// How often a single server may turn into another one.
const RESTARTS: u32 = 16;

/// A flow whose output is the next page of keys, `None` after the last.
#[derive(Debug)]
pub(super) struct Walk {
    model: &'static str,
    pattern: String,
    kind: &'static str,
    pub(super) page_size: usize,
    /// Behind the last page that was finished.
    at: ScanPosition,
    /// Behind the page that is being worked on.
    behind: Option<ScanPosition>,
    server: Server,
    /// Slots for which no node could answer; asked for again after the others.
    unsettled: SlotSet,
    misses: u32,
    pauses: u32,
    redirections: u32,
    restarts: u32,
}

#[derive(Debug)]
enum Server {
    Unknown,
    Single,
    Cluster,
}

impl Walk {
    pub(super) fn new(
        model: &'static str,
        pattern: String,
        kind: &'static str,
        page_size: usize,
    ) -> Self {
        Self {
            model,
            pattern,
            kind,
            page_size,
            at: ScanPosition::START,
            behind: None,
            server: Server::Unknown,
            unsettled: SlotSet::none(),
            misses: 0,
            pauses: 0,
            redirections: 0,
            restarts: 0,
        }
    }

    pub(super) fn position(&self) -> &ScanPosition {
        &self.at
    }

    pub(super) fn resume(&mut self, position: ScanPosition) {
        (self.at, self.behind) = (position, None);
    }

    /// Moves on behind the page that was returned last.
    pub(super) fn finish_page(&mut self) {
        if let Some(behind) = self.behind.take() {
            self.at = behind;
        }
    }

    fn learned<'s>(&mut self, is_cluster: Result<bool>, now: &Moment) -> Result<Step<'s, Self>> {
        let message = match (self.checked(is_cluster)?, &self.at.0) {
            (false, Progress::Cluster(_)) => {
                "the position is of a scan of a cluster, and this server is not part of one"
            }
            (true, Progress::Server(_)) => {
                "the position is of a scan of a single server, and this one is part of a cluster"
            }
            (false, _) => {
                self.server = Server::Single;
                return self.start(now);
            }
            (true, at) => {
                if *at == Progress::Start {
                    self.at = ScanPosition(Progress::Cluster(ClusterProgress::default()));
                }
                self.server = Server::Cluster;
                return self.start(now);
            }
        };
        Err(self.error(ErrorKind::InvalidOperation, message))
    }

    fn read_server<'s>(&mut self) -> Step<'s, Self> {
        let cursor = if let Progress::Server(cursor) = &self.at.0 { cursor.next } else { 0 };
        Step::attempt(self.page(None, cursor), Self::received_from_server)
    }

    fn received_from_server<'s>(
        &mut self,
        page: Result<KeyPage>,
        now: &Moment,
    ) -> Result<Step<'s, Self>> {
        let KeyPage { cursor, keys, .. } = self.checked(page)?;
        if let Progress::Server(before) = &self.at.0
            && before.server != cursor.server
        {
            return self.restart(now);
        }
        let behind = if cursor.next == 0 { Progress::End } else { Progress::Server(cursor) };
        self.turn(keys, behind, now)
    }

    /// The connection leads to another server by now, or to a restarted one.
    fn restart<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>> {
        self.restarts += 1;
        if self.restarts > RESTARTS {
            self.restarts = 0;
            let message = "the connection keeps changing between servers, each of which must be \
                           scanned from the beginning; scan with a connection to one server";
            return Err(self.error(ErrorKind::InvalidOperation, message));
        }
        self.at = ScanPosition::START;
        self.start(now)
    }

    fn cluster(&mut self) -> Result<&mut ClusterProgress> {
        match &mut self.at.0 {
            Progress::Cluster(at) => Ok(at),
            _ => Err(Error::unexpected_reply()),
        }
    }

    /// Reads the next page of the node in turn, or the first page of the next node.
    fn read_cluster<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>> {
        let unsettled = self.unsettled.clone();
        let at = self.cluster()?;
        let (slots, cursor) = match &at.node {
            Some(node) => (node.slots.clone(), node.cursor.next),
            None => (at.done.missing().difference(&unsettled), 0),
        };
        // Of a node's slots any one, as a certain one may just have been moved.
        let skip = if cursor == 0 { 0 } else { now.random() as usize % slots.len().max(1) };
        let Some(slot) = slots.iter().nth(skip) else { return self.wait(now) };
        Ok(Step::attempt(self.page(Some(slot), cursor), move |walk: &mut Self, page, now| {
            walk.received_from_node(slot, page, now)
        }))
    }

    fn received_from_node<'s>(
        &mut self,
        slot: u16,
        page: Result<KeyPage>,
        now: &Moment,
    ) -> Result<Step<'s, Self>> {
        let KeyPage { cursor, slots, keys } = match page {
            Err(error) if is_redirection(&error) => return self.redirected(slot, error, now),
            page => self.checked(page)?,
        };
        self.redirections = 0;
        let at = self.cluster()?;
        let slots = match &at.node {
            Some(node) if node.cursor.server != cursor.server => return self.missed(now),
            Some(node) => node.slots.intersection(&slots),
            None => slots,
        };
        self.misses = 0;
        let at = self.cluster()?;
        if slots.difference(&at.done).is_empty() {
            // A scan of this node would get no slot done.
            let began = at.node.take().is_some();
            self.unsettled.insert(slot..=slot);
            return if began { self.wait(now) } else { self.start(now) };
        }
        // A node that is scanned again has records that were returned before.
        let keys = keys.into_iter().filter(|key| !at.done.contains(slot_of(key.as_bytes())));
        let keys = keys.collect();
        let behind = if cursor.next == 0 {
            let done = at.done.union(&slots);
            self.pauses = 0;
            ClusterProgress { done, node: None }
        } else {
            ClusterProgress { done: at.done.clone(), node: Some(NodeProgress { cursor, slots }) }
        };
        let is_end = behind.done.is_all();
        self.turn(keys, if is_end { Progress::End } else { Progress::Cluster(behind) }, now)
    }

    /// Another node or process answered than the one that is being scanned.
    fn missed<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>> {
        self.misses += 1;
        if self.misses >= MISSES {
            self.misses = 0;
            self.cluster()?.node = None;
        }
        self.wait(now)
    }

    /// Waits until slots have been moved, or gives up.
    fn wait<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>> {
        self.unsettled = SlotSet::none();
        if self.pauses < PAUSES {
            return Ok(self.pause(now));
        }
        self.pauses = 0;
        let missing = self.cluster()?.done.missing();
        let message = format!(
            "slots are being moved between nodes of the cluster, so records in {missing} may be \
             missing; run it again when they have been moved"
        );
        Err(self.error(ErrorKind::Server, message).with_code("TRYAGAIN"))
    }

    /// A node said that another one owns the slot, and the connection did not get there.
    fn redirected<'s>(&mut self, slot: u16, error: Error, now: &Moment) -> Result<Step<'s, Self>> {
        if now.topology() == Topology::SingleServer {
            let message =
                "this connection reaches one node of a cluster; scan with a cluster connection";
            return Err(self.error(ErrorKind::InvalidOperation, message).with_source(error));
        }
        self.redirections += 1;
        if self.redirections < REDIRECTIONS {
            return Ok(self.pause(now));
        }
        self.redirections = 0;
        let message = match now.topology() {
            Topology::Cluster => format!(
                "the nodes of the cluster do not agree yet which of them owns slot {slot}; \
                 try again later"
            ),
            _ => format!(
                "slot {slot} was not reached: the nodes of the cluster do not agree yet which of \
                 them owns it, or this connection does not follow redirections; try again later, \
                 with a cluster connection"
            ),
        };
        let error = self.error(ErrorKind::Server, message).with_source(error);
        Err(error.with_code("TRYAGAIN"))
    }

    fn pause<'s>(&mut self, now: &Moment) -> Step<'s, Self> {
        let longest = Duration::from_millis(10) * (1 << self.pauses.min(6));
        self.pauses += 1;
        Step::pause(now.jitter(longest.min(LONGEST_PAUSE)), Self::start)
    }

    fn page(&self, slot: Option<u16>, cursor: u64) -> ReadPage {
        let Self { pattern, kind, page_size, .. } = self;
        ReadPage { slot, cursor, pattern: pattern.clone(), kind, count: *page_size }
    }

    /// After an error the connection may be another one.
    fn checked<T>(&mut self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            self.server = Server::Unknown;
            error.with_model(self.model)
        })
    }

    fn error(&self, kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(kind, message).with_model(self.model)
    }

    fn turn<'s>(
        &mut self,
        keys: Vec<Key>,
        behind: Progress,
        now: &Moment,
    ) -> Result<Step<'s, Self>> {
        self.behind = Some(ScanPosition(behind));
        // SCAN may return a key twice.
        let mut seen = HashSet::with_capacity(keys.len());
        let keys: Vec<Key> = keys.into_iter().filter(|key| seen.insert(key.clone())).collect();
        if keys.is_empty() {
            self.finish_page();
            return self.start(now);
        }
        Ok(Step::done(Some(keys)))
    }
}

impl Flow for Walk {
    type Output = Option<Vec<Key>>;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        self.behind = None;
        match (&self.server, &self.at.0) {
            (_, Progress::End) => Ok(Step::done(None)),
            (Server::Unknown, _) => Ok(Step::attempt(AskCluster, Self::learned)),
            (Server::Single, _) => Ok(self.read_server()),
            (Server::Cluster, _) => self.read_cluster(now),
        }
    }
}

fn is_redirection(error: &Error) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK"))
}
