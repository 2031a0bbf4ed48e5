//! The keys of a pattern, a page at a time, on a server or a whole cluster.
//!
//! On a cluster SCAN tells of one node, and a connection of redis-rs cannot be
//! told which. A script can: it goes to the node that has its key's slot. So
//! the walk takes the lowest slot that is not done, scans all of the node that
//! has it, and then counts as done the slots which that node had all the time.
//! Slots that moved meanwhile are not, so their new node is scanned too, and a
//! node that answers in another's place is noticed by its id, as a cursor means
//! nothing to any other.

use std::collections::HashSet;
use std::time::Duration;

use super::position::{ClusterPosition, Node, ScanPosition};
use super::slots::SlotSet;
use super::topology::{AskTopology, Topology, key_in};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Flow, Moment, Operation, Replies, Reply, Request, Script, Step};

static SCAN: Script = Script::reading("scan", include_str!("scan.lua"));

/// How often in a row another node may answer before that is an error.
const MAX_MISSES: usize = 100;

/// A flow whose output is the next page of keys, `None` after the last.
#[derive(Debug)]
pub(super) struct Walk {
    pattern: String,
    /// Redis' name of the type that the keys must have.
    kind: &'static str,
    pub(super) page_size: usize,
    pub(super) at: ScanPosition,
    server: Server,
    ended: bool,
    misses: usize,
}

#[derive(Debug)]
enum Server {
    Unknown,
    One,
    Cluster(Topology),
}

impl Walk {
    pub(super) fn new(pattern: String, kind: &'static str, page_size: usize) -> Self {
        let (at, server) = (ScanPosition::START, Server::Unknown);
        Self { pattern, kind, page_size, at, server, ended: false, misses: 0 }
    }

    fn learned<'s>(&mut self, topology: Option<Topology>, now: &Moment) -> Result<Step<'s, Self>> {
        match (topology, &mut self.at.cluster) {
            (None, None) => self.server = Server::One,
            (None, Some(_)) => {
                let message = "the position is of a scan of a cluster, and this server is none";
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            (Some(topology), cluster) => {
                let at = cluster
                    .get_or_insert_with(|| ClusterPosition { done: SlotSet::none(), node: None });
                let now = at.node.as_ref().map(|node| topology.slots_of(&node.id));
                match (&at.node, now) {
                    // All pages of it were read: what it has had all the time is done.
                    (Some(node), Some(Some(slots))) if self.at.cursor == 0 => {
                        at.done.add_common(&node.slots, slots);
                        at.node = None;
                    }
                    (_, Some(None)) => at.node = None,
                    _ => {}
                }
                self.server = Server::Cluster(topology);
            }
        }
        self.start(now)
    }

    /// Reads the next page of the node in turn.
    fn read_node<'s>(&mut self) -> Result<Step<'s, Self>> {
        let (Server::Cluster(topology), Some(at)) = (&self.server, &self.at.cluster) else {
            return Err(Error::unexpected_reply());
        };
        let (node, cursor, first) = match (&at.node, at.done.first_missing()) {
            (Some(node), _) => (node.clone(), self.at.cursor, 0),
            (None, Some(slot)) => {
                let (id, slots) = topology.owner(slot)?;
                (Node { id: id.to_owned(), slots: slots.clone() }, 0, slot)
            }
            (None, None) => {
                self.ended = true;
                return Ok(Step::done(None));
            }
        };
        // A slot in the middle of a move may answer elsewhere: another one each time.
        let slots = topology.slots_of(&node.id).unwrap_or(&node.slots);
        let via = slots.iter().filter(|slot| *slot >= first).chain(slots.iter()).nth(self.misses);
        let page = self.page(Some(key_in(via.unwrap_or(first))), cursor);
        Ok(Step::attempt(page, move |walk: &mut Self, page, now| walk.read(Some(node), page, now)))
    }

    fn page(&self, via: Option<String>, cursor: u64) -> ReadPage {
        let Self { pattern, kind, page_size, .. } = self;
        ReadPage { via, cursor, pattern: pattern.clone(), kind, count: *page_size }
    }

    fn read<'s>(
        &mut self,
        node: Option<Node>,
        page: Result<Page>,
        now: &Moment,
    ) -> Result<Step<'s, Self>> {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                // Where it stands is kept: run again, the walk goes on from there.
                self.server = Server::Unknown;
                return Err(one_node_of_many(error));
            }
        };
        if page.node.as_ref() != node.as_ref().map(|node| &node.id) {
            self.misses += 1;
            self.server = Server::Unknown;
            if self.misses > MAX_MISSES {
                let message =
                    "the cluster's nodes keep answering in each other's place; try again later";
                return Err(Error::new(ErrorKind::Connection, message));
            }
            return Ok(Step::pause(Duration::from_millis(20), Self::start));
        }
        self.misses = 0;
        self.at.cursor = page.cursor;
        match &mut self.at.cluster {
            Some(at) => {
                at.node = node;
                if page.cursor == 0 {
                    self.server = Server::Unknown;
                }
            }
            None => self.ended = page.cursor == 0,
        }
        // SCAN may name a key twice; within a page that is easily mended.
        let mut seen = HashSet::with_capacity(page.keys.len());
        let keys: Vec<Key> = page.keys.into_iter().filter(|key| seen.insert(key.clone())).collect();
        if keys.is_empty() { self.start(now) } else { Ok(Step::done(Some(keys))) }
    }
}

impl Flow for Walk {
    type Output = Option<Vec<Key>>;

    fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        if self.ended {
            return Ok(Step::done(None));
        }
        match self.server {
            Server::Unknown => Ok(Step::run(AskTopology, Self::learned)),
            Server::One => {
                let page = self.page(None, self.at.cursor);
                Ok(Step::attempt(page, |walk: &mut Self, page, now| walk.read(None, page, now)))
            }
            Server::Cluster(_) => self.read_node(),
        }
    }
}

fn one_node_of_many(error: Error) -> Error {
    match error.code() {
        Some("MOVED" | "ASK") => {
            let message =
                "this connection reaches one node of a cluster; scan with a cluster connection";
            Error::new(ErrorKind::InvalidOperation, message).with_source(error)
        }
        _ => error,
    }
}

/// One call of SCAN, on the server or on the node that has the key `via`.
#[derive(Debug)]
struct ReadPage {
    via: Option<String>,
    cursor: u64,
    pattern: String,
    kind: &'static str,
    count: usize,
}

struct Page {
    node: Option<String>,
    cursor: u64,
    keys: Vec<Key>,
}

impl Operation for ReadPage {
    type Output = Page;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let bytes = self.pattern.len() + 80;
        let mut command = match &self.via {
            None => request.command("SCAN", 7, bytes),
            Some(via) => request.script(&SCAN, &Key::new(via.as_str()), 7, bytes),
        };
        if self.via.is_none() {
            command.keys(0..0);
        }
        command.int(self.cursor).arg("MATCH").arg(&self.pattern);
        command.arg("COUNT").int(self.count).arg("TYPE").arg(self.kind);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Page> {
        let mut words = replies.next()?.into_items()?;
        let mut next = || words.next().ok_or_else(Error::unexpected_reply);
        let node = self.via.is_some().then(|| next()?.into_text()).transpose()?;
        let cursor = next()?.into_text()?.parse().map_err(|_| Error::unexpected_reply())?;
        // A key that is no text is not one that a model wrote.
        let text = |key: Reply| {
            key.into_bytes().ok().flatten().and_then(|key| String::from_utf8(key).ok())
        };
        let keys = next()?.into_items()?.filter_map(text).map(Key::new).collect();
        Ok(Page { node, cursor, keys })
    }
}
