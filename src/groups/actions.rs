//! What people do with groups: each one transaction with its entry of the audit log, and the memory follows.
//!
//! A group is deleted in `lifecycle`, because its options and packages go with it. Source: console page, CON-GRP-1, 2
//! and 5.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::memory::Groups;
use super::store::{self, GROUPS, MEMBERS};
use super::{Group, Kind, MOST, Member, Server};
use crate::history::audit::{self, Change, Entry};
use crate::id::{ComputerId, GroupId};
use crate::store::{Error, Read, Store, Txn, Write};

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another group has the name, in whatever case.
    #[error("a group has this name already")]
    Name,
    /// There are as many groups as there may be.
    #[error("there are {MOST} groups already")]
    TooMany,
    /// There is no such group any more.
    #[error("there is no such group")]
    Gone,
    /// One of the computers is not there any more, or may not be seen any more.
    #[error("other computers are meant by now")]
    Others,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What is done with computers and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// They come in.
    Add,
    /// They are taken out.
    Remove,
    /// They come in, and whoever else may be seen is taken out.
    Overwrite,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Computers that came in.
    pub added: u64,
    /// Computers that were taken out.
    pub removed: u64,
}

/// Whether a computer is there and may be seen by who asks, as the transaction sees it.
pub type Still = dyn Fn(&Txn<'_>, ComputerId) -> Result<bool, Error> + Send + Sync;

/// Who may be moved into and out of groups, and what else follows in the same transaction and then in memory.
pub trait Along: Send + Sync + 'static {
    /// What was done besides.
    type Done: Send + 'static;

    /// Whether a computer is there and may be seen by who asks, as the transaction sees it.
    ///
    /// # Errors
    /// Those of the store.
    fn still(&self, w: &Txn<'_>, id: ComputerId) -> Result<bool, Error>;

    /// Computers came into a group and were taken out.
    ///
    /// # Errors
    /// Those of the store; then nothing is stored.
    fn moved(
        &self,
        w: &mut Txn<'_>,
        group: GroupId,
        added: &[ComputerId],
        removed: &[ComputerId],
    ) -> Result<Self::Done, Error>;

    /// The same in memory, after the commit.
    fn follow(&self, done: &Self::Done);
}

/// Nothing else follows.
impl Along for Box<Still> {
    type Done = ();

    fn still(&self, w: &Txn<'_>, id: ComputerId) -> Result<bool, Error> {
        self(w, id)
    }

    fn moved(&self, _: &mut Txn<'_>, _: GroupId, _: &[ComputerId], _: &[ComputerId]) -> Result<(), Error> {
        Ok(())
    }

    fn follow(&self, (): &()) {}
}

/// Makes a group with its members, all or none; answers its number. `group.id` is replaced.
///
/// # Errors
/// [`Refusal`]
pub fn make(
    store: &Store,
    groups: &Arc<Groups>,
    group: Group,
    ids: Vec<ComputerId>,
    still: Box<Still>,
    mut entry: Entry,
) -> Result<GroupId, Refusal> {
    let groups = groups.clone();
    let run = move |w: &mut Txn<'_>| {
        let known = store::groups(w)?;
        if known.len() >= MOST {
            return Err(Refusal::TooMany);
        }
        free(known.values(), &group.name, None)?;
        let group = Group { id: store::next(w)?, ..group };
        w.put(&GROUPS, group.id.0, &group)?;
        for id in &ids {
            if !still(w, *id)? {
                return Err(Refusal::Others);
            }
            w.put(&MEMBERS, (*id, group.id.0), &Member::default())?;
        }
        entry.object = group.id.to_string();
        entry.count = Some(ids.len() as u64);
        entry.changes.push(Change { what: "name".into(), before: String::new(), after: group.name.clone() });
        entry.changes.push(Change { what: "kind".into(), before: String::new(), after: group.kind.word().into() });
        audit::append(w, entry)?;
        Ok((group, ids))
    };
    let follow = move |(group, ids): &(Group, Vec<ComputerId>)| {
        groups.change(|inner| {
            inner.put(group.clone());
            ids.iter().for_each(|id| inner.add(group.id, *id, Server::default()));
        });
    };
    let made: Result<(Group, Vec<ComputerId>), Refusal> = store.queue(run, follow)?.wait();
    made.map(|(group, _)| group.id)
}

/// Whether no other group has a name.
fn free<'a>(known: impl IntoIterator<Item = &'a Group>, name: &str, own: Option<GroupId>) -> Result<(), Refusal> {
    let name = name.to_lowercase();
    let taken = known.into_iter().any(|other| Some(other.id) != own && other.name.to_lowercase() == name);
    if taken { Err(Refusal::Name) } else { Ok(()) }
}

/// Words of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Also shown to who may not change groups.
    pub visible: bool,
}

/// Gives a group other words.
///
/// # Errors
/// [`Refusal`]
pub fn rename(store: &Store, groups: &Arc<Groups>, id: GroupId, words: Words, mut entry: Entry) -> Result<(), Refusal> {
    let groups = groups.clone();
    let run = move |w: &mut Txn<'_>| {
        let known = store::groups(w)?;
        let Some(before) = known.get(&id) else { return Err(Refusal::Gone) };
        free(known.values(), &words.name, Some(id))?;
        let Words { name, description, visible } = words;
        let after = Group { name, description, visible, ..before.clone() };
        let visible = |group: &Group| if group.visible { "1" } else { "0" }.to_owned();
        let pairs = [
            ("name", before.name.clone(), after.name.clone()),
            ("description", before.description.clone(), after.description.clone()),
            ("visible", visible(before), visible(&after)),
        ];
        let changes = pairs.into_iter().filter(|(_, before, after)| before != after);
        entry.changes.extend(changes.map(|(what, before, after)| Change { what: what.into(), before, after }));
        if !entry.changes.is_empty() {
            w.put(&GROUPS, id.0, &after)?;
            audit::append(w, entry)?;
        }
        Ok(after)
    };
    let follow = move |after: &Group| {
        let after = after.clone();
        groups.change(|inner| inner.put(after));
    };
    store.queue(run, follow)?.wait().map(|_: Group| ())
}

/// Who came into a group, who was taken out, and what else followed.
type Moves<D> = (Vec<ComputerId>, Vec<ComputerId>, D);

/// Changes the members of a group: all of what is asked for, or nothing. Members that `along` does not see stay.
///
/// # Errors
/// [`Refusal`]
pub fn set_members<A: Along>(
    store: &Store,
    groups: &Arc<Groups>,
    group: GroupId,
    how: How,
    ids: Vec<ComputerId>,
    along: A,
    mut entry: Entry,
) -> Result<Changed, Refusal> {
    let groups = groups.clone();
    let along = Arc::new(along);
    let then = along.clone();
    let run = move |w: &mut Txn<'_>| {
        let known = w.get(&GROUPS, group.0)?.ok_or(Refusal::Gone)?;
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        let wanted: BTreeSet<ComputerId> = ids.into_iter().collect();
        for id in &wanted {
            if !along.still(w, *id)? {
                return Err(Refusal::Others);
            }
            let member = match w.get(&MEMBERS, (*id, group.0)) {
                Err(Error::Damaged { .. }) => None,
                other => other?,
            };
            match (how, member) {
                (How::Add | How::Overwrite, None) => added.push(*id),
                (How::Remove, Some(_)) => removed.push(*id),
                _ => {}
            }
        }
        if how == How::Overwrite {
            for id in store::of_group(w, group)? {
                if !wanted.contains(&id) && along.still(w, id)? {
                    removed.push(id);
                }
            }
        }
        for id in &added {
            w.put(&MEMBERS, (*id, group.0), &Member::default())?;
        }
        for id in &removed {
            w.remove(&MEMBERS, (*id, group.0))?;
        }
        let done = along.moved(w, group, &added, &removed)?;
        if !added.is_empty() || !removed.is_empty() {
            entry.count = Some((added.len() + removed.len()) as u64);
            let told = [("added", added.len()), ("removed", removed.len())].into_iter().filter(|(_, n)| *n > 0);
            entry.changes.push(Change { what: "group".into(), before: String::new(), after: known.name });
            let change = |(what, n): (&str, usize)| Change {
                what: what.to_owned(),
                before: String::new(),
                after: n.to_string(),
            };
            entry.changes.extend(told.map(change));
            audit::append(w, entry)?;
        }
        Ok((added, removed, done))
    };
    let follow = move |(added, removed, done): &Moves<A::Done>| {
        groups.change(|inner| {
            added.iter().for_each(|id| inner.add(group, *id, Server::default()));
            removed.iter().for_each(|id| inner.take(group, *id));
        });
        then.follow(done);
    };
    let moves: Result<Moves<A::Done>, Refusal> = store.queue(run, follow)?.wait();
    moves.map(|(added, removed, _)| Changed { added: added.len() as u64, removed: removed.len() as u64 })
}

/// Says where a server of a redistribution group is reached.
///
/// # Errors
/// [`Refusal`]; [`Refusal::Gone`] also for a computer that is no member, or a group of another kind.
pub fn set_server(
    store: &Store,
    groups: &Arc<Groups>,
    group: GroupId,
    id: ComputerId,
    server: Server,
    mut entry: Entry,
) -> Result<(), Refusal> {
    let groups = groups.clone();
    let run = move |w: &mut Txn<'_>| {
        let known = w.get(&GROUPS, group.0)?.filter(|group| group.kind == Kind::Redistribution);
        let before = w.get(&MEMBERS, (id, group.0))?;
        let (Some(_), Some(before)) = (known, before) else { return Err(Refusal::Gone) };
        if before.server != server {
            let (before, after) = (before.server.pattern(), server.pattern());
            entry.changes.push(Change { what: format!("server {id}"), before, after });
            w.put(&MEMBERS, (id, group.0), &Member { server: server.clone() })?;
            audit::append(w, entry)?;
        }
        Ok(server)
    };
    let follow = move |server: &Server| {
        let server = server.clone();
        groups.change(|inner| inner.add(group, id, server));
    };
    store.queue(run, follow)?.wait().map(|_: Server| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::history::Action;
    use crate::history::audit::Actor;

    fn entry() -> Entry {
        Entry::new(Timestamp(5), Actor::Account("marie".into()), None, Action::GroupChanged)
    }

    fn ids(numbers: &[u32]) -> Vec<ComputerId> {
        numbers.iter().copied().map(ComputerId).collect()
    }

    /// Computers above 100 are not there; those above 50 may not be seen.
    fn still() -> Box<Still> {
        Box::new(|_, id| Ok(id.0 <= 50))
    }

    struct Office {
        store: Store,
        groups: Arc<Groups>,
    }

    impl Office {
        fn new() -> Office {
            let store = Store::in_memory().unwrap();
            let groups = Arc::new(Groups::load(&store.read().unwrap()).unwrap());
            Office { store, groups }
        }

        fn make(&self, name: &str, members: &[u32]) -> Result<GroupId, Refusal> {
            let group = Group { name: name.into(), created: Timestamp(1), ..Group::default() };
            make(&self.store, &self.groups, group, ids(members), Box::new(|_, id| Ok(id.0 <= 100)), entry())
        }

        fn set(&self, group: GroupId, how: How, members: &[u32]) -> Result<(u64, u64), Refusal> {
            let done = set_members(&self.store, &self.groups, group, how, ids(members), still(), entry());
            done.map(|changed| (changed.added, changed.removed))
        }

        /// The members as memory says; the file says the same.
        fn members(&self, group: GroupId) -> Vec<u32> {
            let now: Vec<u32> = self.groups.look().members(group).map(|id| id.0).collect();
            let stored = Groups::load(&self.store.read().unwrap()).unwrap();
            assert_eq!(now, stored.look().members(group).map(|id| id.0).collect::<Vec<_>>());
            now
        }
    }

    #[test]
    fn con_grp_2_computers_are_added_removed_and_overwritten() {
        let office = Office::new();
        let group = office.make("Lyon", &[1, 2]).unwrap();
        assert_eq!(office.set(group, How::Add, &[2, 3, 4]).unwrap(), (2, 0));
        assert_eq!(office.set(group, How::Remove, &[1, 9]).unwrap(), (0, 1));
        assert_eq!(office.members(group), [2, 3, 4]);
        assert_eq!(office.set(group, How::Overwrite, &[4, 5]).unwrap(), (1, 2));
        assert_eq!(office.members(group), [4, 5]);
        assert!(matches!(office.set(GroupId(9), How::Add, &[1]), Err(Refusal::Gone)));
        assert_eq!(office.groups.of(ComputerId(5)).to_vec(), [group]);
    }

    #[test]
    fn con_gen_4_members_that_somebody_may_not_see_stay_where_they_are() {
        let office = Office::new();
        let group = office.make("Lyon", &[1, 60]).unwrap();
        assert_eq!(office.set(group, How::Overwrite, &[2]).unwrap(), (1, 1));
        assert_eq!(office.members(group), [2, 60]);
        assert!(matches!(office.set(group, How::Remove, &[2, 60]), Err(Refusal::Others)));
        assert_eq!(office.members(group), [2, 60], "all or nothing");
    }

    #[test]
    fn con_grp_5_a_name_is_given_once_in_whatever_case_and_a_number_never_again() {
        let office = Office::new();
        let first = office.make("Lyon", &[]).unwrap();
        assert!(matches!(office.make("LYON", &[]), Err(Refusal::Name)));
        let second = office.make("Paris", &[]).unwrap();
        let words = |name: &str| Words { name: name.into(), description: String::new(), visible: true };
        let rename = |id, name| rename(&office.store, &office.groups, id, words(name), entry());
        assert!(matches!(rename(second, "lyon"), Err(Refusal::Name)));
        rename(second, "PARIS").unwrap();
        assert_eq!(office.groups.look().named(" paris ").map(|group| group.id), Some(second));
        office.store.write(move |w| store::remove(w, second)).unwrap().unwrap();
        office.groups.reload(&office.store.read().unwrap()).unwrap();
        assert!(office.make("Paris", &[]).unwrap() > second && second > first);
    }

    #[test]
    fn con_grp_2_a_merged_computer_takes_the_place_of_the_one_that_is_gone() {
        let office = Office::new();
        let (lyon, paris) = (office.make("Lyon", &[1, 2]).unwrap(), office.make("Paris", &[1]).unwrap());
        let mut changes = crate::store::Changes::new();
        store::merged(&mut changes, ComputerId(1), ComputerId(2));
        let (groups, store) = (office.groups.clone(), office.store.clone());
        let follow = move || groups.follow(&store.read().unwrap(), &ids(&[1, 2])).unwrap();
        office.store.submit(changes, follow).unwrap().wait().unwrap();
        assert_eq!((office.members(lyon), office.members(paris)), (vec![2], vec![2]));
        assert_eq!(office.groups.of(ComputerId(2)).to_vec(), [lyon, paris]);
        assert!(office.groups.of(ComputerId(1)).is_empty());
    }
}
