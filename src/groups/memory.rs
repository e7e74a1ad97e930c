//! Groups in memory: who belongs to which, for every PROLOG and every list. It follows each commit.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use roaring::RoaringBitmap;

use super::store;
use super::{Group, Kind, Server};
use crate::id::{ComputerId, GroupId};
use crate::store::{Error, Read};

/// The copy in memory.
#[derive(Debug, Default)]
pub struct Groups {
    inner: RwLock<Inner>,
}

/// What is known.
#[derive(Debug, Default)]
pub struct Inner {
    /// Groups by their number.
    groups: BTreeMap<GroupId, Arc<Group>>,
    /// The groups of each computer that has any, ascending.
    of: HashMap<ComputerId, Box<[GroupId]>>,
    /// The numbers of the members of each group that has any.
    members: HashMap<GroupId, RoaringBitmap>,
    /// Where the servers of redistribution groups are reached.
    servers: BTreeMap<(GroupId, ComputerId), Server>,
}

impl Groups {
    /// Reads what is stored.
    ///
    /// # Errors
    /// Those of the store. What is damaged is left out.
    pub fn load(store: &impl Read) -> Result<Groups, Error> {
        let groups = Groups::default();
        groups.reload(store)?;
        Ok(groups)
    }

    /// Reads what is stored again, on the writer's thread.
    ///
    /// # Errors
    /// Those of the store.
    pub fn reload(&self, store: &impl Read) -> Result<(), Error> {
        let all = store::groups(store)?.into_iter().map(|(id, group)| (id, Arc::new(group))).collect();
        let mut inner = Inner { groups: all, ..Inner::default() };
        let mut of: Vec<(ComputerId, GroupId)> = Vec::new();
        store::members(store, &mut |id, group, member| {
            of.push((id, group));
            inner.members.entry(group).or_default().insert(id.0);
            inner.note_server(group, id, member.server);
            true
        })?;
        // They come in the order of computers and groups.
        inner.of = of.chunk_by(|a, b| a.0 == b.0).filter_map(|part| Some((part.first()?.0, numbers(part)))).collect();
        *self.write() = inner;
        Ok(())
    }

    /// Reads the groups of some computers again.
    ///
    /// # Errors
    /// Those of the store.
    pub fn follow(&self, store: &impl Read, ids: &[ComputerId]) -> Result<(), Error> {
        for id in ids {
            let stored = store::of_computer(store, *id)?;
            let mut inner = self.write();
            inner.forget(&[*id]);
            for (group, member) in stored {
                inner.add(group, *id, member.server);
            }
        }
        Ok(())
    }

    /// What is known now. Not to be kept for long: the writer waits for it.
    pub fn look(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, after a commit said so.
    pub fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.write());
    }

    /// The groups of a computer, ascending.
    pub fn of(&self, id: ComputerId) -> Box<[GroupId]> {
        self.look().of(id).into()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn numbers(part: &[(ComputerId, GroupId)]) -> Box<[GroupId]> {
    part.iter().map(|(_, group)| *group).collect()
}

impl Inner {
    /// Every group, in the order of their making.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values()
    }

    /// A group.
    pub fn group(&self, id: GroupId) -> Option<&Arc<Group>> {
        self.groups.get(&id)
    }

    /// The group of a name, in whatever case.
    pub fn named(&self, name: &str) -> Option<&Arc<Group>> {
        let name = name.trim().to_lowercase();
        self.groups.values().find(|group| group.name.to_lowercase() == name)
    }

    /// The groups of a computer, ascending.
    pub fn of(&self, id: ComputerId) -> &[GroupId] {
        self.of.get(&id).map_or(&[], |groups| groups)
    }

    /// Whether a computer belongs to a group.
    pub fn holds(&self, group: GroupId, id: ComputerId) -> bool {
        self.members.get(&group).is_some_and(|members| members.contains(id.0))
    }

    /// How many computers a group has.
    pub fn count(&self, group: GroupId) -> u64 {
        self.members.get(&group).map_or(0, RoaringBitmap::len)
    }

    /// The computers of a group, ascending.
    pub fn members(&self, group: GroupId) -> impl Iterator<Item = ComputerId> {
        self.members.get(&group).into_iter().flatten().map(ComputerId)
    }

    /// Where a server of a redistribution group is reached.
    pub fn server(&self, group: GroupId, id: ComputerId) -> Server {
        self.servers.get(&(group, id)).cloned().unwrap_or_default()
    }

    /// Puts a group in the place of the one with its number.
    pub fn put(&mut self, group: Group) {
        self.groups.insert(group.id, Arc::new(group));
    }

    /// Puts a computer into a group.
    pub fn add(&mut self, group: GroupId, id: ComputerId, server: Server) {
        if self.members.entry(group).or_default().insert(id.0) {
            let mut of = self.of(id).to_vec();
            let at = of.partition_point(|other| *other < group);
            of.insert(at, group);
            self.of.insert(id, of.into());
        }
        self.note_server(group, id, server);
    }

    /// Takes a computer out of a group.
    pub fn take(&mut self, group: GroupId, id: ComputerId) {
        self.servers.remove(&(group, id));
        let Some(members) = self.members.get_mut(&group) else { return };
        if !members.remove(id.0) {
            return;
        }
        if members.is_empty() {
            self.members.remove(&group);
        }
        self.leave(group, id);
    }

    /// Forgets a group.
    pub fn remove(&mut self, group: GroupId) {
        self.groups.remove(&group);
        for id in self.members.remove(&group).into_iter().flatten().map(ComputerId) {
            self.servers.remove(&(group, id));
            self.leave(group, id);
        }
    }

    /// Forgets computers.
    pub fn forget(&mut self, ids: &[ComputerId]) {
        for id in ids {
            for group in self.of.remove(id).into_iter().flatten() {
                self.servers.remove(&(group, *id));
                if let Some(members) = self.members.get_mut(&group) {
                    members.remove(id.0);
                    if members.is_empty() {
                        self.members.remove(&group);
                    }
                }
            }
        }
    }

    fn leave(&mut self, group: GroupId, id: ComputerId) {
        let left: Box<[GroupId]> = self.of(id).iter().copied().filter(|other| *other != group).collect();
        if left.is_empty() {
            self.of.remove(&id);
        } else {
            self.of.insert(id, left);
        }
    }

    fn note_server(&mut self, group: GroupId, id: ComputerId, server: Server) {
        if self.groups.get(&group).is_some_and(|group| group.kind == Kind::Redistribution) {
            self.servers.insert((group, id), server);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Add(u32, u32),
        Take(u32, u32),
        Remove(u32),
        Forget(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (1..5u32, 1..9u32).prop_map(|(group, id)| Step::Add(group, id)),
            2 => (1..5u32, 1..9u32).prop_map(|(group, id)| Step::Take(group, id)),
            1 => (1..5u32).prop_map(Step::Remove),
            1 => (1..9u32).prop_map(Step::Forget),
        ]
    }

    proptest! {
        #[test]
        fn both_directions_say_the_same(steps in proptest::collection::vec(step(), 0..60)) {
            let (mut inner, mut pairs) = (Inner::default(), std::collections::BTreeSet::new());
            for step in steps {
                match step {
                    Step::Add(group, id) => {
                        inner.add(GroupId(group), ComputerId(id), Server::default());
                        pairs.insert((group, id));
                    }
                    Step::Take(group, id) => {
                        inner.take(GroupId(group), ComputerId(id));
                        pairs.remove(&(group, id));
                    }
                    Step::Remove(group) => {
                        inner.remove(GroupId(group));
                        pairs.retain(|(other, _)| *other != group);
                    }
                    Step::Forget(id) => {
                        inner.forget(&[ComputerId(id)]);
                        pairs.retain(|(_, other)| *other != id);
                    }
                }
            }
            for group in 1..5 {
                let members: Vec<u32> = inner.members(GroupId(group)).map(|id| id.0).collect();
                let expected: Vec<u32> = pairs.iter().filter(|(other, _)| *other == group).map(|(_, id)| *id).collect();
                prop_assert_eq!(&members, &expected);
                prop_assert_eq!(inner.count(GroupId(group)), expected.len() as u64);
            }
            for id in 1..9 {
                let groups: Vec<u32> = inner.of(ComputerId(id)).iter().map(|group| group.0).collect();
                let expected: Vec<u32> = pairs.iter().filter(|(_, other)| *other == id).map(|(group, _)| *group).collect();
                prop_assert_eq!(groups, expected);
            }
        }
    }
}
