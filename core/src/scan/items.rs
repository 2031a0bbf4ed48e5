//! The items of pages one by one: an iterator and a stream.

#[cfg(feature = "aio")]
use futures_util::stream::{self, Stream, StreamExt};

use super::{Scan, ScanIds};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::Result;
use crate::flow::Flow;
use crate::model::RedisModel;

/// Returns the pages of a flow until it ends or fails.
pub(crate) fn pages<F, T, C>(mut flow: F, con: &mut C) -> impl Iterator<Item = Result<Vec<T>>>
where
    F: Flow<Output = Option<Vec<T>>>,
    C: SyncConnection + ?Sized,
{
    let mut failed = false;
    std::iter::from_fn(move || {
        let page = if failed { None } else { flow.run(con).transpose() };
        failed = matches!(page, Some(Err(_)));
        page
    })
    .fuse()
}

#[cfg(feature = "aio")]
pub(crate) fn page_stream<'c, F, T, C>(
    flow: F,
    con: &'c mut C,
) -> impl Stream<Item = Result<Vec<T>>> + Send + 'c
where
    F: Flow<Output = Option<Vec<T>>> + Send + 'c,
    T: Send + 'c,
    C: AsyncConnection + Send + ?Sized,
{
    stream::unfold((flow, con, false), async |(mut flow, con, failed)| {
        let page = if failed { None } else { flow.run_async(con).await.transpose() };
        let failed = matches!(page, Some(Err(_)));
        page.map(|page| (page, (flow, con, failed)))
    })
}

/// Returns each item of a page, or the error in its place.
fn items<T>(page: Result<Vec<T>>) -> Vec<Result<T>> {
    page.map_or_else(|error| vec![Err(error)], |items| items.into_iter().map(Ok).collect())
}

/// Returns each item of a page whose items have results of their own.
pub(crate) fn results<T>(page: Result<Vec<Result<T>>>) -> Vec<Result<T>> {
    page.unwrap_or_else(|error| vec![Err(error)])
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
        pages(self, con).flat_map(items)
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
        Box::pin(page_stream(self, con).map(items).flat_map(stream::iter))
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
        pages(self, con).flat_map(results)
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
        Box::pin(page_stream(self, con).map(results).flat_map(stream::iter))
    }
}
