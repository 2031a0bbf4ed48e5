//! Flattened `Option`s, whose fields are there together or not at all.
//!
//! A struct that is `None` has none of its fields in the hash, one that is
//! `Some` has all that it needs. An update names single fields, so it could
//! leave a part of one, and nothing could read the record any more.

use crate::field::Stored;
use crate::model::{RedisModel, Visit};
use crate::op::CommandWriter;

/// The positions of a flattened `Option`'s fields.
#[derive(Debug, Default)]
struct Group {
    /// Those that it needs where it has any.
    needed: Vec<usize>,
    members: Vec<usize>,
}

/// The groups of a model that an update concerns.
#[derive(Debug)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    pub(super) fn concerned<M: RedisModel>(changes: impl Fn(&str) -> bool) -> Self {
        #[derive(Default)]
        struct Collect {
            at: usize,
            open: Vec<Group>,
            groups: Vec<Group>,
        }

        impl<M: RedisModel> Visit<M> for Collect {
            fn field<As, V: Stored<As>>(&mut self, _: bool, _: impl Fn(&M) -> Option<&V>) {
                let at = self.at;
                self.open.iter_mut().for_each(|group| group.members.push(at));
                if let Some(group) = self.open.last_mut()
                    && V::absent().is_none()
                {
                    group.needed.push(at);
                }
                self.at += 1;
            }

            fn begin_option(&mut self, _: impl Fn(&M) -> bool) {
                self.open.push(Group::default());
            }

            fn end_option(&mut self) {
                self.groups.extend(self.open.pop());
            }
        }

        let mut collect = Collect::default();
        M::visit(&mut collect);
        let mut groups = collect.groups;
        let name = |at: &usize| M::SPEC.fields[*at];
        groups.retain(|group| {
            !group.needed.is_empty() && group.members.iter().any(|at| changes(name(at)))
        });
        Self(groups)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many arguments they are.
    pub(super) fn arguments(&self) -> usize {
        self.0.iter().map(|group| 3 + group.needed.len() + group.members.len()).sum()
    }

    pub(super) fn write<M: RedisModel>(&self, command: &mut CommandWriter<'_>) {
        for Group { needed, members } in &self.0 {
            command.arg("together").int(needed.len()).int(members.len());
            for at in needed.iter().chain(members) {
                command.arg(M::SPEC.fields[*at]);
            }
        }
    }
}
