//! The keys of a pattern, a page at a time, on a server or a whole cluster.
//!
//! The scan moves on only when the flow that uses it has finished with a page. So a
//! flow that failed or was dropped in the middle of a page gets that page again.
//!
//! A cursor means something only to the server process that returned it. Each
//! page names its process, and another process is scanned from the beginning.
//!
//! On a cluster SCAN returns the keys of one node, and a connection of redis-rs
//! cannot be told which. A script can: it goes to the node that owns its key's
//! slot. So the scan takes a slot that is not done and scans the node that
//! answers for it. Each page brings the node's own view of its slots, taken in
//! the same step. The slots that the node owned on every page, and that were
//! not being moved, are done then: their keys were on the node all the time.
//! Other slots are scanned again on the node that has them later.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

use super::node::ClusterSlots;
use super::page::{KeyPage, ReadPage};
use super::position::{ClusterProgress, NodeProgress, Progress, ScanPosition};
use super::slots::SlotSet;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Io;
use crate::key::Key;
use crate::op::{Topology, slot_of};

/// Another node may answer so many times in a row before the scan of a node is given up.
const MAX_MISSES: u32 = 4;

/// The scan pauses so many times, about five seconds, until slots have been moved.
const MAX_PAUSES: u32 = 50;
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A slot may be redirected from node to node so many times.
const MAX_REDIRECTIONS: u32 = 5;

/// A single server may turn into another one so many times.
const MAX_RESTARTS: u32 = 16;

/// The pages of keys.
#[derive(Debug, Clone)]
pub(super) struct KeyScan {
    model: &'static str,
    pattern: String,
    /// The beginning of the keys, if not all keys of the model are scanned.
    within: Option<Box<str>>,
    /// The same with the connection's prefix, which positions name.
    scope: Option<Box<str>>,
    redis_type: &'static str,
    pub(super) page_size: usize,
    /// The position behind the last page that was finished.
    position: ScanPosition,
    /// The position behind the page that is in use.
    next: Option<ScanPosition>,
    server: Server,
    /// Slots for which no node could answer; asked for again after the others.
    unsettled: SlotSet,
    misses: u32,
    pauses: u32,
    redirections: u32,
    restarts: u32,
}

#[derive(Debug, Clone, Copy)]
enum Server {
    Unknown,
    Single,
    Cluster,
}

/// The keys of a page, and the progress behind it.
type Page = (Vec<Key>, Progress);

impl KeyScan {
    pub(super) fn new(
        model: &'static str,
        pattern: String,
        redis_type: &'static str,
        page_size: usize,
    ) -> Self {
        Self {
            model,
            pattern,
            within: None,
            scope: None,
            redis_type,
            page_size,
            position: ScanPosition::START,
            next: None,
            server: Server::Unknown,
            unsettled: SlotSet::none(),
            misses: 0,
            pauses: 0,
            redirections: 0,
            restarts: 0,
        }
    }

    /// Scans only keys that match this pattern, and begin with this text.
    pub(super) fn within(&mut self, pattern: String, start: &str) {
        (self.pattern, self.within) = (pattern, Some(start.into()));
    }

    pub(super) fn position(&self) -> &ScanPosition {
        &self.position
    }

    pub(super) fn resume_from(&mut self, position: ScanPosition) {
        (self.position, self.next) = (position, None);
    }

    /// Moves on behind the page that was returned last.
    pub(super) fn finish_page(&mut self) {
        if let Some(next) = self.next.take() {
            self.position = next;
        }
    }

    /// Returns the next page of keys, which is not empty, or `None` after the last.
    pub(super) async fn next_page(&mut self, io: &Io) -> Result<Option<Vec<Key>>> {
        self.next = None;
        self.scope = match io.prefix() {
            None => self.within.clone(),
            Some(prefix) => Some(prefix.key(self.within.as_deref().unwrap_or_default()).into()),
        };
        if !self.position.is_of(self.scope.as_deref()) {
            let message = "the position is of a scan `within` other parts of the keys, of all \
                           keys, or on a connection with another prefix: resume it where it began";
            return Err(self.error(ErrorKind::InvalidOperation, message));
        }
        while self.position.progress != Progress::End {
            let page = match self.server {
                Server::Unknown => {
                    let is_cluster = io.run(ClusterSlots).await;
                    self.set_server(is_cluster)?;
                    continue;
                }
                Server::Single => self.read_server(io).await?,
                Server::Cluster => self.read_node(io).await?,
            };
            // Without a page the state has changed, and another page is read.
            let Some((keys, next)) = page else { continue };
            self.next = Some(self.behind(next));
            // SCAN may return a key twice.
            let mut seen = HashSet::with_capacity(keys.len());
            let keys: Vec<Key> = keys.into_iter().filter(|key| seen.insert(key.clone())).collect();
            if !keys.is_empty() {
                return Ok(Some(keys));
            }
            self.finish_page();
        }
        Ok(None)
    }

    fn behind(&self, progress: Progress) -> ScanPosition {
        ScanPosition { progress, within: self.scope.clone() }
    }

    fn set_server(&mut self, is_cluster: Result<bool>) -> Result<()> {
        let message = match (self.checked(is_cluster)?, &self.position.progress) {
            (false, Progress::Cluster(_)) => {
                "the position is of a scan of a cluster, and this server is not part of one"
            }
            (true, Progress::Server(_)) => {
                "the position is of a scan of a single server, and this one is part of a cluster"
            }
            (false, _) => {
                self.server = Server::Single;
                return Ok(());
            }
            (true, progress) => {
                if *progress == Progress::Start {
                    self.position = self.behind(Progress::Cluster(ClusterProgress::default()));
                }
                self.server = Server::Cluster;
                return Ok(());
            }
        };
        Err(self.error(ErrorKind::InvalidOperation, message))
    }

    async fn read_server(&mut self, io: &Io) -> Result<Option<Page>> {
        let cursor =
            if let Progress::Server(cursor) = &self.position.progress { cursor.next } else { 0 };
        let page = io.run(self.page(None, cursor, io)).await;
        let KeyPage { cursor, keys, .. } = self.checked(page)?;
        if let Progress::Server(before) = &self.position.progress
            && before.server != cursor.server
        {
            return self.restart().map(|()| None);
        }
        let next = if cursor.next == 0 { Progress::End } else { Progress::Server(cursor) };
        Ok(Some((keys, next)))
    }

    /// Begins again, because the connection reaches another server by now, or a restarted one.
    fn restart(&mut self) -> Result<()> {
        self.restarts += 1;
        if self.restarts > MAX_RESTARTS {
            self.restarts = 0;
            let message = "the connection keeps changing between servers, each of which must be \
                           scanned from the beginning; scan with a connection to one server";
            return Err(self.error(ErrorKind::InvalidOperation, message));
        }
        self.position = ScanPosition::START;
        Ok(())
    }

    fn cluster(&mut self) -> Result<&mut ClusterProgress> {
        match &mut self.position.progress {
            Progress::Cluster(progress) => Ok(progress),
            _ => Err(Error::unexpected_reply()),
        }
    }

    /// Reads the next page of the node in turn, or the first page of the next node.
    async fn read_node(&mut self, io: &Io) -> Result<Option<Page>> {
        let unsettled = self.unsettled.clone();
        let progress = self.cluster()?;
        let (slots, cursor) = match &progress.node {
            Some(node) => (node.slots.clone(), node.cursor.next),
            None => (progress.done.missing().difference(&unsettled), 0),
        };
        // Any one of a node's slots, because a certain one may just have been moved.
        let skip = if cursor == 0 { 0 } else { io.random() as usize % slots.len().max(1) };
        let Some(slot) = slots.iter().nth(skip) else { return self.wait_for_slots(io).await };
        let page = match io.run(self.page(Some(slot), cursor, io)).await {
            Err(error) if is_redirection(&error) => return self.redirected(slot, error, io).await,
            page => self.checked(page)?,
        };
        self.redirections = 0;
        self.accept_node_page(slot, page, io).await
    }

    async fn accept_node_page(
        &mut self,
        slot: u16,
        page: KeyPage,
        io: &Io,
    ) -> Result<Option<Page>> {
        let KeyPage { cursor, slots, keys } = page;
        let progress = self.cluster()?;
        let slots = match &progress.node {
            Some(node) if node.cursor.server != cursor.server => return self.missed(io).await,
            Some(node) => node.slots.intersection(&slots),
            None => slots,
        };
        if slots.difference(&progress.done).is_empty() {
            // A scan of this node would get no slot done.
            let began = progress.node.take().is_some();
            self.misses = 0;
            self.unsettled.insert(slot..=slot);
            return if began { self.wait_for_slots(io).await } else { Ok(None) };
        }
        // A node that is scanned again has records that were returned before.
        let is_new = |key: &Key| {
            let slot =
                io.prefix().map_or_else(|| slot_of(key.as_bytes()), |prefix| prefix.slot_of(key));
            !progress.done.contains(slot)
        };
        let keys = keys.into_iter().filter(is_new).collect();
        let is_last = cursor.next == 0;
        let next = if is_last {
            ClusterProgress { done: progress.done.union(&slots), node: None }
        } else {
            let node = Some(NodeProgress { cursor, slots });
            ClusterProgress { done: progress.done.clone(), node }
        };
        self.misses = 0;
        self.pauses = if is_last { 0 } else { self.pauses };
        let is_end = next.done.is_all();
        Ok(Some((keys, if is_end { Progress::End } else { Progress::Cluster(next) })))
    }

    /// Waits after another node or process answered than the one that is being scanned.
    async fn missed(&mut self, io: &Io) -> Result<Option<Page>> {
        self.misses += 1;
        if self.misses >= MAX_MISSES {
            self.misses = 0;
            self.cluster()?.node = None;
        }
        self.wait_for_slots(io).await
    }

    /// Waits until slots have been moved, or gives up.
    async fn wait_for_slots(&mut self, io: &Io) -> Result<Option<Page>> {
        self.unsettled = SlotSet::none();
        if self.pauses < MAX_PAUSES {
            return self.pause(io).await;
        }
        self.pauses = 0;
        let missing = self.cluster()?.done.missing();
        let message = format!(
            "slots are being moved between nodes of the cluster, so records in {missing} may be \
             missing; run it again when they have been moved"
        );
        Err(self.error(ErrorKind::Server, message).with_code("TRYAGAIN"))
    }

    /// Waits after a node reported that another one owns the slot, which the connection did
    /// not reach.
    async fn redirected(&mut self, slot: u16, error: Error, io: &Io) -> Result<Option<Page>> {
        if io.topology() == Topology::SingleServer {
            let message =
                "this connection reaches one node of a cluster; scan with a cluster connection";
            return Err(self.error(ErrorKind::InvalidOperation, message).with_source(error));
        }
        self.redirections += 1;
        if self.redirections < MAX_REDIRECTIONS {
            return self.pause(io).await;
        }
        self.redirections = 0;
        let message = match io.topology() {
            Topology::Cluster | Topology::SyncCluster => format!(
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

    async fn pause(&mut self, io: &Io) -> Result<Option<Page>> {
        let longest = Duration::from_millis(10) * (1 << self.pauses.min(6));
        self.pauses += 1;
        io.pause(io.jitter(longest.min(LONGEST_PAUSE))).await?;
        Ok(None)
    }

    fn page(&self, slot: Option<u16>, cursor: u64, io: &Io) -> ReadPage {
        let Self { redis_type, page_size: count, .. } = *self;
        let (pattern, prefix) = (self.pattern.clone(), io.prefix().cloned());
        ReadPage { slot, cursor, pattern, prefix, redis_type, count }
    }

    /// Notes that after an error the connection may be another one.
    fn checked<T>(&mut self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            self.server = Server::Unknown;
            error.with_model(self.model)
        })
    }

    fn error(&self, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(kind, message).with_model(self.model)
    }
}

fn is_redirection(error: &Error) -> bool {
    matches!(error.code(), Some("MOVED" | "ASK"))
}
