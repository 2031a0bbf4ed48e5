//! `save` and `create`.

use std::time::Duration;

use super::debug_by_key;
use crate::connection::SyncConnection;
use crate::erased::{self, AnyModel, Write, key_of};
use crate::error::{Error, Result};
use crate::field::{Field, Revision, RevisionNumber};
use crate::hash::next_revision;
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::ttl::Expiry;

/// Writes a record; see [`RedisModel::save`].
#[must_use = "an operation does nothing until it is run"]
pub struct Save<'a, M> {
    pub(super) model: &'a M,
    pub(super) expiry: Expiry,
    pub(super) overwrite_newer: bool,
}

/// Writes a record that does not exist yet; see [`RedisModel::create`].
#[must_use = "an operation does nothing until it is run"]
pub struct Create<'a, M> {
    model: &'a M,
    expiry: Expiry,
}

macro_rules! expiry_methods {
    ($($operation:ident)*) => {$(
        impl<'a, M: RedisModel> $operation<'a, M> {
            /// Overrides the model's `ttl`. The time is rounded up to milliseconds; zero is
            /// an error.
            pub fn ttl(self, ttl: Duration) -> Self {
                Self { expiry: Expiry::after(ttl), ..self }
            }

            /// Leaves the key's time to live unchanged, whatever the model's `ttl`.
            pub fn keep_ttl(self) -> Self {
                Self { expiry: Expiry::Keep, ..self }
            }

            /// Removes the key's time to live, whatever the model's `ttl`.
            pub fn persist(self) -> Self {
                Self { expiry: Expiry::Persist, ..self }
            }
        }
    )*};
}

expiry_methods!(Save Create);

impl<'a, M: RedisModel> Save<'a, M> {
    #[inline(always)]
    pub(crate) fn new(model: &'a M) -> Self {
        Self { model, expiry: M::SCHEMA.expiry(), overwrite_newer: false }
    }

    pub(super) fn with(model: &'a M, expiry: Expiry, overwrite_newer: bool) -> Self {
        Self { model, expiry, overwrite_newer }
    }

    /// Returns the record's new revision, so that the program can save the same value
    /// again. The handle is that of the field with `#[redis(revision)]`. The client knows the
    /// revision, so nothing more is sent.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "page:{id}")]
    /// struct Page { id: u64, text: String, #[redis(revision)] revision: u64 }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let mut page = Page { id: 7, text: "first".into(), revision: 0 };
    /// page.revision = page.save().returning(Page::FIELDS.revision).run(&mut con)?;
    /// page.text = "second".into();
    /// page.revision = page.save().returning(Page::FIELDS.revision).run(&mut con)?;
    /// assert_eq!(page.revision, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn returning<V: RevisionNumber>(self, _: Field<M, V, Revision>) -> Returning<Self, V> {
        Returning { revision: next_revision(self.model), write: self }
    }

    /// Replaces a record of a newer version of the model, too, which is an error otherwise
    /// ([`NewerVersion`](crate::ErrorKind::NewerVersion)). The fields that only the newer
    /// version has are lost (blob), or no longer part of the record (hash). A model without
    /// a `version`, or with `on_mismatch = "miss"`, always replaces it.
    pub fn overwrite_newer(self) -> Self {
        Self { overwrite_newer: true, ..self }
    }
}

impl<'a, M: RedisModel> Create<'a, M> {
    #[inline(always)]
    pub(crate) fn new(model: &'a M) -> Self {
        Self { model, expiry: M::SCHEMA.expiry() }
    }

    /// Returns the revision of the record if it was created, and `None` if there
    /// was one; see [`Save::returning`].
    pub fn returning<V: RevisionNumber>(self, _: Field<M, V, Revision>) -> Returning<Self, V> {
        Returning { revision: next_revision(self.model), write: self }
    }
}

impl<M: RedisModel> Save<'_, M> {
    #[inline(always)]
    fn erased(&self) -> erased::Save<'_> {
        let Self { model: record, expiry, overwrite_newer } = *self;
        let write = Write { only_new: false, overwrite_newer, expiry };
        erased::Save { model: AnyModel::of::<M>(), record, write }
    }
}

impl<M: RedisModel> Create<'_, M> {
    pub(crate) fn record(&self) -> &M {
        self.model
    }

    #[inline(always)]
    fn erased(&self) -> erased::Save<'_> {
        let write = Write { only_new: true, overwrite_newer: false, expiry: self.expiry };
        erased::Save { model: AnyModel::of::<M>(), record: self.model, write }
    }
}

impl<M: RedisModel> Operation for Save<'_, M> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.erased().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        self.erased().decode(replies).map(drop)
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<()> {
        self.erased().run(con).map(drop)
    }
}

impl<M: RedisModel> Operation for Create<'_, M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.erased().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        self.erased().decode(replies)
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<bool> {
        self.erased().run(con)
    }
}

/// Writes a record and returns its new revision; see [`Save::returning`] and
/// [`Create::returning`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone)]
pub struct Returning<W, V> {
    write: W,
    /// `None` after the largest revision, which the write reports.
    revision: Option<V>,
}

impl<W, V> Returning<W, V> {
    pub(crate) fn write(&self) -> &W {
        &self.write
    }
}

impl<W, V: RevisionNumber> Returning<W, V> {
    fn revision(&self) -> Result<V> {
        self.revision.clone().ok_or_else(Error::unexpected_reply)
    }
}

impl<M: RedisModel, V: RevisionNumber> Operation for Returning<Save<'_, M>, V> {
    type Output = V;

    #[inline(always)]
    fn encode(&self, request: &mut Request) -> Result<()> {
        self.write.encode(request)
    }

    #[inline(always)]
    fn decode(&self, replies: &mut Replies) -> Result<V> {
        self.write.decode(replies).and_then(|()| self.revision())
    }
}

impl<M: RedisModel, V: RevisionNumber> Operation for Returning<Create<'_, M>, V> {
    type Output = Option<V>;

    #[inline(always)]
    fn encode(&self, request: &mut Request) -> Result<()> {
        self.write.encode(request)
    }

    #[inline(always)]
    fn decode(&self, replies: &mut Replies) -> Result<Option<V>> {
        let created = self.write.decode(replies)?;
        created.then(|| self.revision()).transpose()
    }
}

impl<M> Clone for Save<'_, M> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<M> Clone for Create<'_, M> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

debug_by_key! {
    Save<'_, M>: |save| key_of(save.model);
    Create<'_, M>: |create| key_of(create.model);
}
