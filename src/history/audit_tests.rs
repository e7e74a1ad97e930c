use proptest::prelude::*;

use super::*;
use crate::store::Store;

const NOW: Timestamp = Timestamp(1_790_000_000);

fn entry(n: u64, at: Timestamp) -> Entry {
    let mut entry =
        Entry::new(at, Actor::Account("marie".into()), Some([192, 168, 1, 2].into()), Action::OptionChanged);
    entry.object = "FREQUENCY".into();
    entry.changes = vec![Change { what: "IVALUE".into(), before: "0".into(), after: n.to_string() }];
    entry
}

/// A log of entries 1 to `n`, a day apart.
fn log(n: u64) -> Store {
    let store = Store::in_memory().unwrap();
    store.write(move |w| (1..=n).try_for_each(|n| append(w, entry(n, day(n))).map(drop))).unwrap();
    store
}

fn day(n: u64) -> Timestamp {
    NOW.plus(n as i64 * Timestamp::DAY)
}

fn report(store: &Store) -> Report {
    verify(&store.read().unwrap()).unwrap()
}

fn change(store: &Store, number: u64, how: impl FnOnce(&mut Link) + Send + 'static) {
    let changed = store.write(move |w| -> Result<(), Error> {
        let mut link = w.get(&AUDIT, number)?.unwrap();
        how(&mut link);
        w.put(&AUDIT, number, &link)
    });
    changed.unwrap();
}

fn remove(store: &Store, number: u64) {
    store.write(move |w| w.remove(&AUDIT, number)).unwrap();
}

#[test]
fn con_aud_1_entries_come_back_as_they_were_the_newest_first() {
    let store = log(5);
    let read = store.read().unwrap();
    let all = entries(&read, None, 100, &|_| true).unwrap();
    assert_eq!(all.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert_eq!(all[0].1, Some(entry(5, day(5))));
    let page = entries(&read, Some(4), 2, &|_| true).unwrap();
    assert_eq!(page.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3, 2]);
    let filtered = entries(&read, None, 100, &|entry| entry.at == day(2)).unwrap();
    assert_eq!(filtered, [(2, Some(entry(2, day(2))))]);
    assert_eq!(report(&store), Report { entries: 5, faults: vec![] });
    assert_eq!(report(&Store::in_memory().unwrap()), Report::default());
}

#[test]
fn an_entry_is_stored_with_its_change_or_not_at_all() {
    let store = log(1);
    let failed: Result<(), Error> = store.write(|w| append(w, entry(2, day(2))).and(Err(Error::Busy)));
    assert!(failed.is_err());
    assert_eq!(report(&store), Report { entries: 1, faults: vec![] });
}

#[test]
fn sec_57_a_removed_entry_is_found_at_any_place() {
    for number in 1..=5 {
        let store = log(5);
        remove(&store, number);
        assert_eq!(report(&store).faults, [Fault::Missing(number, number)]);
        assert_eq!(entries(&store.read().unwrap(), None, 9, &|_| true).unwrap()[5 - number as usize], (number, None));
    }
    let store = log(5);
    [1, 3, 4, 5].into_iter().for_each(|number| remove(&store, number));
    assert_eq!(report(&store).faults, [Fault::Missing(1, 1), Fault::Missing(3, 5)]);
}

#[test]
fn sec_57_a_changed_entry_is_found_at_any_place() {
    for number in 1..=5 {
        let store = log(5);
        change(&store, number, |link| {
            let mut entry = link.entry().unwrap();
            entry.actor = Actor::Account("mallory".into());
            link.body = rmp_serde::to_vec_named(&entry).unwrap();
        });
        assert_eq!(report(&store).faults, [Fault::Changed(number)]);
        let store = log(5);
        change(&store, number, |link| link.previous[7] ^= 1);
        assert!(!report(&store).faults.is_empty(), "{number}");
    }
}

#[test]
fn sec_57_entries_put_in_and_a_lost_head_are_found() {
    let store = log(3);
    store.write(|w| w.put(&AUDIT, 9, &Link { previous: Digest::default(), body: vec![] })).unwrap();
    store.write(|w| w.put(&AUDIT, 0, &Link { previous: Digest::default(), body: vec![] })).unwrap();
    assert_eq!(report(&store).faults, [Fault::Stray(0), Fault::Stray(9)]);
    let store = log(3);
    store.write(|w| w.remove(&AUDIT_HEAD, 0)).unwrap();
    assert_eq!(report(&store).faults, [Fault::NoHead]);
}

#[test]
fn sec_57_two_years_are_kept_and_the_chain_goes_on_from_its_anchor() {
    let store = log(800);
    let now = day(800);
    assert_eq!(store.write(move |w| prune(w, now, 10)).unwrap(), 10);
    assert_eq!(store.write(move |w| prune(w, now, 1000)).unwrap(), 58);
    assert_eq!(store.write(move |w| prune(w, now, 1000)).unwrap(), 0);
    let read = store.read().unwrap();
    let all = entries(&read, None, 1000, &|_| true).unwrap();
    let last = all.last().unwrap().1.as_ref().unwrap();
    assert_eq!(last.at, now.plus(-KEPT));
    let newest = all[0].1.as_ref().unwrap();
    assert_eq!((newest.action, newest.count, &newest.actor), (Action::AuditPruned, Some(58), &Actor::Automatic));
    assert_eq!(report(&store), Report { entries: 800 - 68 + 2, faults: vec![] });
    remove(&store, 69);
    assert_eq!(report(&store).faults, [Fault::Missing(69, 69)], "the oldest that is kept cannot go unseen");
}

#[test]
fn rel_10_a_clock_set_forward_does_not_empty_the_log() {
    let store = log(10);
    let wrong = NOW.plus(20 * 365 * Timestamp::DAY);
    assert_eq!(store.write(move |w| prune(w, wrong, 1000)).unwrap(), 0);
}

#[test]
fn sec_57_pruning_hides_nothing() {
    let store = log(800);
    remove(&store, 5);
    change(&store, 3, |link| link.body[0] ^= 1);
    assert_eq!(store.write(|w| prune(w, day(800), 1000)).unwrap(), 2);
    assert!(report(&store).faults.contains(&Fault::Missing(5, 5)));
}

#[test]
fn endless_texts_are_cut() {
    let store = Store::in_memory().unwrap();
    let mut long = entry(1, NOW);
    long.object = "é".repeat(10_000);
    long.actor = Actor::Account("x".repeat(100_000));
    store.write(move |w| append(w, long)).unwrap();
    let read = store.read().unwrap();
    let stored = entries(&read, None, 1, &|_| true).unwrap().remove(0).1.unwrap();
    assert!(stored.object.len() < 5000 && stored.object.ends_with('…'));
    assert!(matches!(stored.actor, Actor::Account(account) if account.len() < 5000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// SEC-57: whichever bit of whichever entry is flipped behind the store's back.
    #[test]
    fn sec_57_any_flipped_bit_is_found(number in 1u64..=4, place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let store = log(4);
        change(&store, number, move |link| {
            let length = 32 + link.body.len();
            match place.index(length) {
                at @ 0..32 => link.previous[at] ^= 1 << bit,
                at => link.body[at - 32] ^= 1 << bit,
            }
        });
        prop_assert!(!report(&store).faults.is_empty());
    }
}
