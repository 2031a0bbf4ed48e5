//! Reading some fields of many records.

use std::fmt;
use std::sync::Arc;

use super::select::{SelectPlan, SelectedFields, finish};
use super::{HashModel, Mapping, Selection};
use crate::clone::clone_fields;
use crate::erased::RecordKey;
use crate::error::Result;
use crate::model::RedisModel;
use crate::op::{Found, Operation, Replies, Request, forward_to_list};

/// Reads some fields of many records; see [`RedisModel::select_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct SelectMany<M: RedisModel, S> {
    items: Vec<SelectOne<M, S>>,
}

/// A select that shares its fields with the others.
struct SelectOne<M: RedisModel, S> {
    record: RecordKey<M::Id>,
    shared: Arc<(SelectedFields, S)>,
}

impl<M: HashModel, S: Selection<M>> SelectMany<M, S> {
    pub(crate) fn new(ids: impl Iterator<Item = M::Id>, selection: S) -> Self {
        let fields = SelectedFields::new(Mapping::of::<M>(), selection.fields());
        let shared = Arc::new((fields, selection));
        let one = |id| SelectOne { record: RecordKey::new::<M>(id), shared: shared.clone() };
        Self { items: ids.map(one).collect() }
    }

    /// Returns the selected values of the records that exist, in the order of the ids, or the
    /// error of the first that cannot be read.
    pub fn found(self) -> Found<Self> {
        Found::new(self)
    }
}

impl<M: RedisModel, S> SelectOne<M, S> {
    fn plan(&self) -> SelectPlan<'_> {
        self.shared.0.of(&self.record.key)
    }
}

impl<M: HashModel, S: Selection<M>> Operation for SelectOne<M, S> {
    type Output = Option<S::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.plan().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let plan = self.plan();
        finish::<M, S>(&plan, &self.record, &self.shared.1, plan.decode(replies))
    }
}

forward_to_list!(items, impl[M: HashModel, S: Selection<M>] SelectMany<M, S>, Option<S::Output>);

impl<M: RedisModel, S> fmt::Debug for SelectMany<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectMany")
            .field("model", &M::SCHEMA.name)
            .field("records", &self.items.len())
            .finish()
    }
}

clone_fields! {
    impl[M: RedisModel, S] SelectMany<M, S> { items }
    impl[M: RedisModel, S] SelectOne<M, S> { record, shared }
}
