//! Which node of a cluster has which slots.

use super::slots::{SLOTS, SlotSet};
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Operation, Replies, Reply, Request, slot_of};

/// The primaries and their slots.
#[derive(Debug)]
pub(super) struct Topology {
    nodes: Vec<(String, SlotSet)>,
}

/// Asks for the topology; `None` from a server that is no cluster.
#[derive(Debug)]
pub(super) struct AskTopology;

impl Topology {
    pub(super) fn slots_of(&self, node: &str) -> Option<&SlotSet> {
        self.nodes.iter().find(|(id, _)| id == node).map(|(_, slots)| slots)
    }

    pub(super) fn owner(&self, slot: u16) -> Result<(&str, &SlotSet)> {
        let owner = self.nodes.iter().find(|(_, slots)| slots.contains(slot));
        owner.map(|(id, slots)| (id.as_str(), slots)).ok_or_else(|| {
            let message =
                format!("no node of the cluster has slot {slot}, so its records cannot be found");
            Error::new(ErrorKind::Connection, message)
        })
    }

    /// From the reply of [CLUSTER SLOTS](https://redis.io/commands/cluster-slots):
    /// of each range the first slot, the last, the primary and the replicas.
    fn read(reply: Reply) -> Result<Self> {
        let mut topology = Self { nodes: Vec::new() };
        for range in reply.into_items()? {
            let mut range = range.into_items()?;
            let mut slot = || match range.next().map(Reply::into_int) {
                Some(Ok(slot)) => u16::try_from(slot).map_err(|_| Error::unexpected_reply()),
                _ => Err(Error::unexpected_reply()),
            };
            let slots = slot()?..=slot()?;
            let primary = range.next().ok_or_else(Error::unexpected_reply)?;
            // Its address, its port, then its id.
            let id =
                primary.into_items()?.nth(2).ok_or_else(Error::unexpected_reply)?.into_text()?;
            match topology.nodes.iter_mut().find(|(known, _)| *known == id) {
                Some((_, known)) => known.insert(slots),
                None => {
                    let mut set = SlotSet::none();
                    set.insert(slots);
                    topology.nodes.push((id, set));
                }
            }
        }
        Ok(topology)
    }
}

impl Operation for AskTopology {
    type Output = Option<Topology>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.command("CLUSTER", 1, 8).keys(0..0).arg("SLOTS");
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        match replies.next() {
            Ok(reply) => Topology::read(reply).map(Some),
            Err(error) if is_no_cluster(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_no_cluster(error: &Error) -> bool {
    let text = error.to_string();
    error.code() == Some("ERR")
        && (text.contains("cluster support disabled") || text.contains("unknown command"))
}

/// A key in this slot, that no record has.
pub(super) fn key_in(slot: u16) -> String {
    let mut name = itoa::Buffer::new();
    let number = (0_u32..).find(|number| slot_of(name.format(*number).as_bytes()) == slot % SLOTS);
    format!("{{{}}}", number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_key_in_every_slot() {
        for slot in (0..SLOTS).step_by(97).chain([SLOTS - 1]) {
            assert_eq!(slot_of(key_in(slot).as_bytes()), slot);
        }
    }
}
