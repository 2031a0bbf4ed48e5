//! Scans of the members or fields of one key, a page at a time.

use std::fmt;

#[cfg(feature = "aio")]
use futures_util::stream::{self, Stream, StreamExt};

use super::command::Source;
use super::root::Root;
use crate::clone::clone_fields;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::{Error, Result};
use crate::flow::{Flow, Io, inherent_run};
use crate::op::Reply;
#[cfg(feature = "aio")]
use crate::scan::page_stream;
use crate::scan::{pages, results};

/// A page has about this many items by default.
const PAGE_SIZE: usize = 1000;

type DecodePage<T> = fn(Reply, &Source) -> Result<Vec<Result<T>>>;

/// The members of a set or a sorted set or the fields of a map, a page at a time: see
/// [`Set::scan`](super::Set::scan), [`SortedSet::scan`](super::SortedSet::scan) and
/// [`Map::scan`](super::Map::scan).
///
/// Items that are there for the whole scan are returned at least once, rarely twice. Items that
/// are added or removed during the scan may or may not be returned.
#[must_use = "a flow does nothing until it is run"]
pub struct ScanItems<T> {
    root: Root,
    command: &'static str,
    decode: DecodePage<T>,
    pattern: Option<String>,
    page_size: usize,
    /// The cursor of the next page; `None` after the last.
    cursor: Option<u64>,
}

impl<T> ScanItems<T> {
    pub(super) fn new(root: &Root, command: &'static str, decode: DecodePage<T>) -> Self {
        let (root, pattern, page_size) = (root.clone(), None, PAGE_SIZE);
        Self { root, command, decode, pattern, page_size, cursor: Some(0) }
    }

    /// Sets how many items the server looks at for a page: `COUNT`, 1000 by default. A small
    /// collection is one page.
    pub fn page_size(self, items: usize) -> Self {
        Self { page_size: items.max(1), ..self }
    }

    /// Returns only items whose bytes, or fields whose names, match a glob pattern: `MATCH`.
    pub fn matching(self, pattern: impl Into<String>) -> Self {
        Self { pattern: Some(pattern.into()), ..self }
    }

    /// Returns the items one by one, on a sync connection.
    ///
    /// An item that cannot be decoded is an error and does not end the iterator. The first
    /// error of the scan itself ends it.
    pub fn iter<C>(self, con: &mut C) -> impl Iterator<Item = Result<T>>
    where
        C: SyncConnection + ?Sized,
    {
        pages(self, con).flat_map(results)
    }

    /// Returns the items one by one, on an async connection.
    ///
    /// An item that cannot be decoded is an error and does not end the stream. The first
    /// error of the scan itself ends it.
    #[cfg(feature = "aio")]
    pub fn stream<'c, C>(self, con: &'c mut C) -> impl Stream<Item = Result<T>> + Send + Unpin + 'c
    where
        T: Send + 'c,
        C: AsyncConnection + Send + ?Sized,
    {
        Box::pin(page_stream(self, con).map(results).flat_map(stream::iter))
    }
}

impl<T> Flow for ScanItems<T> {
    /// The next page, which is not empty; `None` after the last. After an error the same
    /// page is read again.
    type Output = Option<Vec<Result<T>>>;

    async fn steps(&mut self, io: &Io) -> Result<Self::Output> {
        while let Some(cursor) = self.cursor {
            let mut command = self.root.command(self.command).int(cursor);
            if let Some(pattern) = &self.pattern {
                command = command.arg("MATCH").arg(pattern);
            }
            let page = command.arg("COUNT").size(self.page_size).returns(cursor_and_items);
            let (next, items) = io.run(page).await?;
            let items = (self.decode)(items, self.root.source())
                .map_err(|error| self.root.source().locate(error))?;
            self.cursor = Some(next).filter(|next| *next != 0);
            if !items.is_empty() {
                return Ok(Some(items));
            }
        }
        Ok(None)
    }
}

fn cursor_and_items(reply: Reply, _: &Source) -> Result<(u64, Reply)> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    let cursor = part()?.into_text()?.parse().map_err(|_| Error::unexpected_reply())?;
    Ok((cursor, part()?))
}

inherent_run! {
    impl[T] ScanItems<T>;
}

impl<T> fmt::Debug for ScanItems<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanItems")
            .field("of", &self.root)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

clone_fields! {
    impl[T] ScanItems<T> { root, command, decode, pattern, page_size, cursor }
}
