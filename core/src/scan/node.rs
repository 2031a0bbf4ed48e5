//! The slots of a cluster's nodes.

use std::sync::LazyLock;

use super::slots::{SLOTS, SlotSet};
use crate::error::{Error, Result};
use crate::op::{Operation, Replies, Request, slot_of};

/// `CLUSTER SLOTS`: `true` if the server is part of a cluster.
#[derive(Debug)]
pub(super) struct ClusterSlots;

impl Operation for ClusterSlots {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.command("CLUSTER", 1, 8).keys(0..0).arg("SLOTS");
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        match replies.next() {
            Ok(reply) => reply.into_items().map(|_| true),
            Err(error) if is_no_cluster(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn is_no_cluster(error: &Error) -> bool {
    let text = error.to_string();
    error.code() == Some("ERR")
        && (text.contains("cluster support disabled") || text.contains("unknown command"))
}

/// Reads the slots of a node from its own line of
/// [CLUSTER NODES](https://redis.io/commands/cluster-nodes): `0-5460 7000 [93->-07c3…]`.
/// A slot in brackets is being moved, to this node or away from it. Its keys may
/// be on two nodes, so it is left out.
pub(super) fn settled_slots(text: &str) -> Result<SlotSet> {
    let (mut owned, mut moving) = (SlotSet::none(), SlotSet::none());
    for word in text.split_whitespace() {
        let slot = |text: &str| match text.parse() {
            Ok(slot) if slot < SLOTS => Ok(slot),
            _ => Err(Error::unexpected_reply()),
        };
        match (word.strip_prefix('['), word.split_once('-')) {
            (Some(word), _) => {
                let slot = slot(word.split('-').next().unwrap_or_default())?;
                moving.insert(slot..=slot);
            }
            (None, Some((first, last))) => owned.insert(slot(first)?..=slot(last)?),
            (None, None) => owned.insert(slot(word)?..=slot(word)?),
        }
    }
    Ok(owned.difference(&moving))
}

/// Returns a key in this slot that is not the key of a record.
pub(super) fn routing_key(slot: u16) -> String {
    format!("{{{}}}", NUMBERS[usize::from(slot)])
}

/// For each slot a number whose text is in it.
static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut numbers = vec![None; usize::from(SLOTS)];
    let (mut text, mut missing) = (itoa::Buffer::new(), numbers.len());
    for number in 0_u32.. {
        let slot = usize::from(slot_of(text.format(number).as_bytes()));
        if numbers[slot].is_none() {
            numbers[slot] = Some(number);
            missing -= 1;
        }
        if missing == 0 {
            break;
        }
    }
    numbers.into_iter().flatten().collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_a_routing_key() {
        for slot in 0..SLOTS {
            assert_eq!(slot_of(routing_key(slot).as_bytes()), slot);
        }
    }

    #[test]
    fn slots_that_are_being_moved_are_not_settled() {
        let slots = settled_slots("0-5 7 9-16383 [3->-07c3] [8-<-0f]").unwrap();
        assert_eq!(slots.to_string(), "0-2,4-5,7-7,9-16383");
        assert!(settled_slots("").unwrap().is_empty());
        for wrong in ["x", "0-16384", "1-x", "[x->-07c3]", "-"] {
            assert!(settled_slots(wrong).is_err(), "{wrong}");
        }
    }
}
