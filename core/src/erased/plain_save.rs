//! Writing a record without a script.

use super::{AnyModel, Save};
use crate::error::{Error, Result};
use crate::op::{Operation, Replies, Request};
use crate::{blob, hash};

/// Writes a record in plain commands.
pub(crate) struct PlainSave<'a>(pub(crate) Save<'a>);

impl Operation for PlainSave<'_> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        let Save { model, record, write } = self.0;
        let key = self.0.key();
        let written = match model {
            AnyModel::Hash(mapping) => {
                hash::save_without_script(mapping.record(record, &key), write, request)
            }
            AnyModel::Blob(mapping) => {
                blob::save_without_script(mapping, record, &key, write, request)
            }
        };
        written.map_err(|error| model.locate(&key, error))
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        let AnyModel::Hash(mapping) = self.0.model else {
            return self.0.decode(replies).map(drop);
        };
        let key = self.0.key();
        let count = hash::count_plain_commands(mapping.record(self.0.record, &key), self.0.write);
        // The first error counts, but all replies are read.
        let mut result = Ok(());
        for _ in 0..count? {
            let reply = replies.next().and_then(|reply| reply.into_int());
            result = result.and(reply.map(drop));
        }
        result.map_err(|error: Error| self.0.model.locate(&key, error))
    }
}
