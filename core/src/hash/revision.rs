//! The revision of a record: the count of its writes, in the field with
//! `#[redis(revision)]`.

use crate::codec::Location;
use crate::erased::AnyRecord;
use crate::error::{ErrorKind, ValueError};
use crate::field::{RevisionNumber, Slot};
use crate::model::RedisModel;

/// Returns the revision as it is stored.
pub(super) fn text(slot: &dyn Slot) -> Result<String, ValueError> {
    let bytes = slot.encode(&Location::NOWHERE)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| ValueError::new("not a number"))
}

/// Returns the revision after a write of a record with this revision.
pub(super) fn after(slot: &dyn Slot) -> Result<String, ValueError> {
    let number = |text: &str| text.parse::<u64>().ok();
    let next = number(&text(slot)?).and_then(|revision| revision.checked_add(1));
    // A larger number could not be read into the field's type any more.
    let next = next.filter(|next| number(slot.info().max_revision).is_some_and(|max| *next <= max));
    next.map(|next| next.to_string()).ok_or(ValueError::of_kind(
        ErrorKind::OutOfRange,
        "the revision is the largest of the field's type",
    ))
}

/// Returns the revision after a save of this record; `None` if there is none.
pub(crate) fn next<M: RedisModel, V: RevisionNumber>(model: &M) -> Option<V> {
    let (mut at, mut next) = (0, None);
    let record: &dyn AnyRecord = model;
    record.each_field(&mut |slot| {
        if M::SCHEMA.revision_field() == Some(at) {
            next = after(slot).ok();
        }
        at += 1;
    });
    next.and_then(|next| V::read(next.into_bytes()).ok())
}
