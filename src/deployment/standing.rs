//! Affectations of groups for which the activation on one server stands for those on all servers of its group. Rules
//! without storage.

use std::collections::{BTreeMap, BTreeSet};

use super::affectation::{Activation, ActivationId};
use super::package::PackageId;
use super::through::GroupAffectation;
use crate::id::GroupId;

/// Activations as the rules here look at them: which package, on the servers of which group.
pub type Places = BTreeMap<ActivationId, (PackageId, Option<GroupId>)>;

/// Those that there are.
pub fn places<'a>(activations: impl IntoIterator<Item = &'a Activation>) -> Places {
    let place = |one: &Activation| (one.id, (one.package, one.server.map(|server| server.group)));
    activations.into_iter().map(place).collect()
}

/// What becomes of affectations of groups when activations go: each that goes, or stands for other servers from now on.
pub fn without<'a>(
    orders: impl IntoIterator<Item = (&'a (GroupId, ActivationId), &'a GroupAffectation)>,
    places: &Places,
    gone: &BTreeSet<ActivationId>,
) -> Vec<((GroupId, ActivationId), Option<ActivationId>)> {
    let other = |id: &ActivationId| {
        let known = places.get(id).filter(|(_, servers)| servers.is_some())?;
        places.iter().find(|(id, place)| *place == known && !gone.contains(id)).map(|(id, _)| *id)
    };
    let touched = orders.into_iter().filter(|((_, id), _)| gone.contains(id));
    touched.map(|(key, order)| (*key, other(&key.1).filter(|_| order.nearest))).collect()
}

/// The activations by which computers have what is affected to their group by one of `orders`.
pub fn meant(
    orders: &BTreeMap<(GroupId, ActivationId), GroupAffectation>,
    places: &Places,
    by: (GroupId, ActivationId),
) -> BTreeSet<ActivationId> {
    let mut all = BTreeSet::from([by.1]);
    if orders.get(&by).is_some_and(|order| order.nearest)
        && let Some((package, servers)) = places.get(&by.1)
    {
        let alike =
            |place: &(PackageId, Option<GroupId>)| place.0 == *package && (place.1 == *servers || place.1.is_none());
        let alone = |id: &ActivationId| orders.get(&(by.0, *id)).is_some_and(|order| !order.nearest);
        all.extend(places.iter().filter(|(id, place)| alike(place) && !alone(id)).map(|(id, _)| *id));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: GroupId = GroupId(9);

    fn known(orders: &[(u32, bool)]) -> BTreeMap<(GroupId, ActivationId), GroupAffectation> {
        let order = |nearest| GroupAffectation { nearest, ..GroupAffectation::default() };
        orders.iter().map(|(id, nearest)| ((GROUP, ActivationId(*id)), order(*nearest))).collect()
    }

    /// Package 1 at two plain addresses and on two servers, and on one of another group; package 2 on a server.
    fn all() -> Places {
        let (one, two, here, there) = (PackageId(1), PackageId(2), Some(GroupId(3)), Some(GroupId(4)));
        let places = [(one, None), (one, None), (one, here), (one, here), (one, there), (two, here)];
        (1..).map(ActivationId).zip(places).collect()
    }

    fn ids(numbers: &[u32]) -> BTreeSet<ActivationId> {
        numbers.iter().copied().map(ActivationId).collect()
    }

    #[test]
    fn con_dep_13_another_server_stands_for_all_when_the_first_goes() {
        let gone = |orders: &[(u32, bool)], numbers: &[u32]| {
            let found = without(&known(orders), &all(), &ids(numbers));
            found.into_iter().map(|((_, id), other)| (id.0, other.map(|other| other.0))).collect::<Vec<_>>()
        };
        assert_eq!(gone(&[(3, true)], &[3]), [(3, Some(4))]);
        assert_eq!(gone(&[(3, true)], &[3, 4]), [(3, None)], "none of the group is left");
        assert_eq!(gone(&[(3, true)], &[4, 5, 6]), []);
        assert_eq!(gone(&[(3, false), (1, true)], &[1, 3]), [(1, None), (3, None)], "each stands for itself");
    }

    #[test]
    fn con_dep_14_what_is_taken_back_is_what_came_by_any_of_the_servers() {
        let by = |orders: &[(u32, bool)], id| meant(&known(orders), &all(), (GROUP, ActivationId(id)));
        assert_eq!(by(&[(3, true)], 3), ids(&[1, 2, 3, 4]));
        assert_eq!(by(&[(3, true), (1, false)], 3), ids(&[2, 3, 4]), "the group has that one by itself as well");
        assert_eq!(by(&[(3, false)], 3), ids(&[3]));
        assert_eq!(by(&[], 7), ids(&[7]), "it is gone by now");
    }
}
