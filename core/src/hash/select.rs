//! Reading some fields of a record.

use std::{fmt, vec};

use super::{HashModel, KeyOf, MARKER, Reader, required};
use crate::error::{Error, Result};
use crate::field::{Field, Stored};
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::redis_rs::{ReplyValue, is_nil, value_of};

/// Fields to read: a handle, or a tuple of selections, nested as you like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select fields of `{M}`",
    label = "not a field handle of `{M}`",
    note = "give handles such as `{M}::FIELDS.name`, or a tuple of them"
)]
pub trait Selection<M> {
    /// The values, in the selection's shape.
    type Output;

    #[doc(hidden)]
    fn each(&self, visit: &mut dyn FnMut(&'static str));

    /// Whether every record has one of the fields.
    #[doc(hidden)]
    fn proves_record(&self) -> bool;

    #[doc(hidden)]
    fn read(&self, row: &mut Reader<'_>) -> Result<Self::Output>;
}

impl<M: RedisModel, As, V: Stored<As>> Selection<M> for Field<M, V, As> {
    type Output = V;

    fn each(&self, visit: &mut dyn FnMut(&'static str)) {
        visit(self.name());
        self.aliases().iter().for_each(|alias| visit(alias));
    }

    fn proves_record(&self) -> bool {
        V::absent().is_none()
    }

    fn read(&self, row: &mut Reader<'_>) -> Result<V> {
        row.read_at::<As, V>(self.index.into())
    }
}

macro_rules! tuples {
    ($(($($selection:ident $at:tt),*))*) => {$(
        impl<Model, $($selection: Selection<Model>),*> Selection<Model> for ($($selection,)*) {
            type Output = ($($selection::Output,)*);

            fn each(&self, _visit: &mut dyn FnMut(&'static str)) {
                $(self.$at.each(_visit);)*
            }

            fn proves_record(&self) -> bool {
                false $(|| self.$at.proves_record())*
            }

            fn read(&self, _row: &mut Reader<'_>) -> Result<Self::Output> {
                Ok(($(self.$at.read(_row)?,)*))
            }
        }
    )*};
}

tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// Reads some fields of a record; see [`RedisModel::select`].
#[must_use = "an operation does nothing until it is run"]
pub struct Select<M: RedisModel, S> {
    id: M::Id,
    selection: S,
}

impl<M: HashModel, S: Selection<M>> Select<M, S> {
    pub(crate) fn new(id: M::Id, selection: S) -> Self {
        Self { id, selection }
    }
}

impl<M: RedisModel, S> Select<M, S> {
    fn key(&self) -> Key {
        key::write(M::SPEC.template(), &self.id)
    }
}

impl<M: HashModel, S: Selection<M>> Operation for Select<M, S> {
    type Output = Option<S::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = self.key();
        let mut command = request.command("HMGET", M::SPEC.fields.len() + 3, key.len() + 128);
        command.arg(key);
        self.each_name(&mut |name| {
            command.arg(name);
        });
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let mut read = || {
            let mut names = 0;
            self.each_name(&mut |_| names += 1);
            let mut values = replies.next()?.into_row(names)?;
            if values.as_slice().iter().all(is_nil) {
                return Ok(None);
            }
            let key = KeyOf::<M>(&self.id);
            let history = M::HISTORY;
            if history.kept().is_some() {
                match history.age_of(values.as_slice()) {
                    Ok((0, _)) => drop(values.next()),
                    Ok(_) => return self.migrated(values),
                    Err(error) if history.is_miss && error.is_mismatch() => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
            self.selection.read(&mut Reader::new(values, &M::SPEC, &key)).map(Some)
        };
        read().map_err(|error: Error| error.with_model(M::SPEC.name).with_key(&self.key()))
    }
}

impl<M: HashModel, S: Selection<M>> Select<M, S> {
    /// Visits the names to read, in order.
    fn each_name(&self, visit: &mut dyn FnMut(&'static str)) {
        if let Some((field, _)) = M::HISTORY.kept() {
            visit(field);
        }
        self.selection.each(visit);
        // Where all that is selected may be absent, a field that every record
        // has tells an empty record from none.
        if !self.selection.proves_record() {
            match required::<M>().next() {
                Some(at) => {
                    visit(M::SPEC.fields[at]);
                    M::SPEC.extra(at).aliases.iter().for_each(|alias| visit(alias));
                }
                None => visit(MARKER),
            }
        }
        // A record of an older version is read whole, and migrated.
        if M::HISTORY.has_past() {
            M::HISTORY.each_name(visit);
        }
    }

    /// Selects from what a record of an older version is now.
    fn migrated(&self, values: vec::IntoIter<ReplyValue>) -> Result<Option<S::Output>> {
        // The whole record begins with its version, once more.
        let whole = values.len().checked_sub(M::HISTORY.count_names());
        let whole = whole.ok_or_else(Error::unexpected_reply)?;
        let whole: Vec<_> = values.skip(whole).collect();
        let Some(record) = super::history::record::<M>(&self.id, whole.into_iter())? else {
            return Ok(None);
        };
        let key = KeyOf::<M>(&self.id);
        let fields = super::draft::fields(&record, &key)?;
        let mut selected = Vec::new();
        self.selection.each(&mut |name| {
            let at = M::SPEC.fields.iter().position(|field| *field == name);
            selected.push(value_of(at.and_then(|at| fields[at].clone())));
        });
        let mut row = Reader::new(selected.into_iter(), &M::SPEC, &key);
        self.selection.read(&mut row).map(Some)
    }
}

impl<M: RedisModel, S> fmt::Debug for Select<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("model", &M::SPEC.name)
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}
