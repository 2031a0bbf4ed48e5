//! One call of SCAN.

use super::node::{routing_key, settled_slots};
use super::position::Cursor;
use super::slots::SlotSet;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::{Operation, Prefix, Replies, Reply, Request, Script};
use crate::redis_rs;

static SCAN: Script = Script::reading("scan", include_str!("scan.lua"));

/// One call of SCAN, on the server or on the node that owns a slot.
#[derive(Debug)]
pub(super) struct ReadPage {
    pub(super) slot: Option<u16>,
    pub(super) cursor: u64,
    pub(super) pattern: String,
    /// The prefix of all keys, which is not in the pattern.
    pub(super) prefix: Option<Prefix>,
    /// Redis' name of the type that the keys must have.
    pub(super) redis_type: &'static str,
    pub(super) count: usize,
}

pub(super) struct KeyPage {
    /// The next cursor, which is zero after the last page.
    pub(super) cursor: Cursor,
    /// The slots whose keys are all on the node; empty without a cluster.
    pub(super) slots: SlotSet,
    pub(super) keys: Vec<Key>,
}

impl Operation for ReadPage {
    type Output = KeyPage;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let prefixed = self.prefix.as_ref().map(|prefix| prefix.pattern(&self.pattern));
        let pattern = prefixed.as_ref().unwrap_or(&self.pattern);
        let bytes = pattern.len() + 80;
        let mut command = match self.slot {
            None => {
                // In the same pipeline, so that the same server answers both.
                request.command("INFO", 1, 6).keys(0..0).arg("server");
                request.command("SCAN", 7, bytes)
            }
            Some(slot) => {
                let key = routing_key(slot);
                // A user may have rights for keys with the prefix only.
                let prefixed = self.prefix.as_ref().map(|prefix| prefix.key(&key));
                request.script(&SCAN, &prefixed.unwrap_or(key), 7, bytes)
            }
        };
        command.prefixes_itself();
        if self.slot.is_none() {
            command.keys(0..0);
        }
        command.int(self.cursor).arg("MATCH").arg(pattern);
        command.arg("COUNT").int(self.count).arg("TYPE").arg(self.redis_type);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<KeyPage> {
        if self.slot.is_none() {
            let server = replies.next();
            let page = replies.next()?.into_items()?;
            // A user who may not call INFO scans without the check for another server.
            let server = if let Ok(info) = server { process_of(&info) } else { String::new() };
            return self.key_page(server, SlotSet::none(), page);
        }
        let mut page = replies.next()?.into_items()?;
        let mut text = || page.next().ok_or_else(Error::unexpected_reply)?.into_text();
        let (node, slots) = (text()?, text()?);
        self.key_page(node, settled_slots(&slots)?, page)
    }
}

impl ReadPage {
    fn key_page(
        &self,
        server: String,
        slots: SlotSet,
        mut page: impl Iterator<Item = Reply>,
    ) -> Result<KeyPage> {
        let mut next = || page.next().ok_or_else(Error::unexpected_reply);
        let cursor = next()?.into_text()?.parse().map_err(|_| Error::unexpected_reply())?;
        // A model writes no key that is not UTF-8.
        let key = |key: Reply| {
            let key = Key::new(String::from_utf8(key.into_bytes().ok()??).ok()?);
            match &self.prefix {
                None => Some(key),
                Some(prefix) => prefix.strip(key),
            }
        };
        let keys = next()?.into_items()?.filter_map(key).collect();
        Ok(KeyPage { cursor: Cursor { next: cursor, server }, slots, keys })
    }
}

/// Returns the id of the server process from its [INFO](https://redis.io/commands/info):
/// each start has another `run_id`.
fn process_of(info: &Reply) -> String {
    let info = String::from_utf8_lossy(redis_rs::bytes_of(&info.0).unwrap_or_default());
    let id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default();
    id.chars().take_while(char::is_ascii_hexdigit).collect()
}
