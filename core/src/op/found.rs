//! The records that many reads found, without a result for each.

use std::ops::Range;

use super::batch::{List, Parts, SendRequest};
use super::{Operation, Replies, Request};
use crate::error::Result;

/// Many reads, as one operation that returns what they found; see
/// [`GetMany::found`](super::GetMany::found) and
/// [`SelectMany::found`](super::SelectMany::found).
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone)]
pub struct Found<L>(L);

impl<L> Found<L> {
    pub(crate) fn new(reads: L) -> Self {
        Self(reads)
    }
}

/// The results of single reads.
type Results<T> = Vec<Result<Option<T>>>;

fn found<T>(results: Results<T>, so_far: Option<Vec<T>>) -> Result<Vec<T>> {
    let mut found = so_far.unwrap_or_default();
    for result in results {
        found.extend(result?);
    }
    Ok(found)
}

impl<T, L: Operation<Output = Results<T>>> Operation for Found<L> {
    type Output = Vec<T>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.0.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Vec<T>> {
        found(self.0.decode(replies)?, None)
    }

    fn as_list(&self) -> Option<&dyn List<Vec<T>>> {
        self.0.as_list().map(|_| self as _)
    }
}

/// Sent in parts, as the reads themselves are. After an error no further part is sent.
impl<T, L: Operation<Output = Results<T>>> List<Vec<T>> for Found<L> {
    fn count(&self) -> usize {
        self.0.as_list().map_or(0, List::count)
    }

    fn encode_from(&self, first: usize, request: &mut Request) -> usize {
        self.0.as_list().map_or(first, |reads| reads.encode_from(first, request))
    }

    fn decode_items(
        &self,
        items: Range<usize>,
        replies: Result<Replies>,
        so_far: Option<Vec<T>>,
    ) -> Result<Vec<T>> {
        let (replies, results) = (replies?, Some(Vec::with_capacity(items.len())));
        match self.0.as_list() {
            Some(reads) => found(reads.decode_items(items, Ok(replies), results)?, so_far),
            None => Ok(so_far.unwrap_or_default()),
        }
    }

    fn run(&self, con: &mut dyn SendRequest) -> Result<Vec<T>> {
        let mut parts = Parts::default();
        loop {
            let replies = con.send(parts.encode(self));
            if let Some(output) = parts.decode(self, replies)? {
                return Ok(output);
            }
        }
    }
}
