//! The items of pages one by one: an iterator and a stream.

#[cfg(feature = "aio")]
use futures_util::stream::{self, Stream, StreamExt};
use std::vec;

use super::{Scan, ScanIds};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::model::RedisModel;

/// A flow that returns a page of items each time it is run, and then `None`.
struct Items<F, T> {
    flow: F,
    page: vec::IntoIter<T>,
    ended: bool,
}

impl<T, F: Flow<Output = Option<Vec<T>>>> Items<F, T> {
    fn new(flow: F) -> Self {
        Self { flow, page: Vec::new().into_iter(), ended: false }
    }

    /// Begins a page that the flow returned; an error ends the items.
    fn begin(&mut self, page: Result<Option<Vec<T>>>) -> Option<Result<T>> {
        match page {
            Ok(Some(page)) => {
                self.page = page.into_iter();
                self.page.next().map(Ok)
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }

    fn into_iter<C>(mut self, con: &mut C) -> impl Iterator<Item = Result<T>>
    where
        C: SyncConnection + ?Sized,
    {
        std::iter::from_fn(move || match self.page.next() {
            Some(item) => Some(Ok(item)),
            None if self.ended => None,
            None => {
                let page = self.flow.run(con);
                self.begin(page)
            }
        })
    }

    #[cfg(feature = "aio")]
    fn into_stream<'c, C>(self, con: &'c mut C) -> impl Stream<Item = Result<T>> + Send + Unpin + 'c
    where
        F: Send + 'c,
        T: Send + 'c,
        C: AsyncConnection + Send + ?Sized,
    {
        Box::pin(stream::unfold((self, con), |(mut items, con)| async move {
            let item = match items.page.next() {
                Some(item) => Some(Ok(item)),
                None if items.ended => None,
                None => {
                    let page = items.flow.run_async(con).await;
                    items.begin(page)
                }
            };
            item.map(|item| (item, (items, con)))
        }))
    }
}

impl<M: RedisModel> ScanIds<M> {
    /// Returns the ids one by one, on a sync connection.
    ///
    /// The first error ends the iterator, because a broken connection would
    /// return errors for ever. To go on after an error, run the scan itself,
    /// page by page: each [`run`](Self::run) repeats the page that failed.
    pub fn iter<C>(self, con: &mut C) -> impl Iterator<Item = Result<M::Id>>
    where
        C: SyncConnection + ?Sized,
    {
        Items::new(self).into_iter(con)
    }

    /// Returns the ids one by one, on an async connection.
    ///
    /// The first error ends the stream, because a broken connection would
    /// return errors for ever. To go on after an error, run the scan itself,
    /// page by page: each [`run_async`](Self::run_async) repeats the page that failed.
    #[cfg(feature = "aio")]
    pub fn stream<'c, C>(
        self,
        con: &'c mut C,
    ) -> impl Stream<Item = Result<M::Id>> + Send + Unpin + 'c
    where
        M: 'c,
        C: AsyncConnection + Send + ?Sized,
    {
        Items::new(self).into_stream(con)
    }
}

impl<M: RedisModel> Scan<M> {
    /// Returns the records one by one, on a sync connection.
    ///
    /// A record that cannot be read is an error and does not end the iterator.
    /// The first error of the scan ends it, because a broken connection would
    /// return errors for ever. To go on after it, run the scan itself, page by
    /// page: each [`run`](Self::run) repeats the page that failed.
    pub fn iter<C>(self, con: &mut C) -> impl Iterator<Item = Result<M>>
    where
        C: SyncConnection + ?Sized,
    {
        Items::new(self).into_iter(con).map(flat)
    }

    /// Returns the records one by one, on an async connection.
    ///
    /// A record that cannot be read is an error and does not end the stream. The
    /// first error of the scan ends it, because a broken connection would return
    /// errors for ever. To go on after it, run the scan itself, page by page:
    /// each [`run_async`](Self::run_async) repeats the page that failed.
    #[cfg(feature = "aio")]
    pub fn stream<'c, C>(self, con: &'c mut C) -> impl Stream<Item = Result<M>> + Send + Unpin + 'c
    where
        M: Send + 'c,
        C: AsyncConnection + Send + ?Sized,
    {
        Items::new(self).into_stream(con).map(flat)
    }
}

fn flat<T>(item: Result<Result<T, Error>>) -> Result<T> {
    item.and_then(|item| item)
}
