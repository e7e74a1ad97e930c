mod selection;

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::inventory::columns;
use crate::inventory::software::{self, List, Recognised};
use crate::inventory::{Dictionaries, sections};
use crate::store::{Store, Write as _};

fn computer(name: &str, serial: &str, mac: &str) -> Computer {
    let mut computer = Computer {
        device: format!("{name}-2026-01-01-00-00-00"),
        stable: 1,
        software: 2,
        first_seen: Timestamp(10),
        last_inventory: Timestamp(20),
        last_date: Timestamp(20),
        checksum: 0,
        carried: false,
        columns: Default::default(),
        volatile: Vec::new(),
    };
    computer.columns.set(columns::NAME, name);
    computer.columns.set(columns::SSN, serial);
    computer.columns.set(columns::MACADDR, mac);
    computer.columns.set(columns::MEMORY, (name.len() * 1024).to_string());
    computer
}

struct Office {
    store: Store,
    fleet: Fleet,
    lists: HashMap<u32, List>,
}

impl Office {
    fn new() -> Office {
        let store = Store::in_memory().unwrap();
        let fleet = Fleet::load(&store.read().unwrap(), 42, &Dictionaries::default(), &|_| String::new()).unwrap();
        Office { store, fleet, lists: HashMap::new() }
    }

    /// Stores an inventory as ingest does: packed, written with its new items, then followed by the index.
    fn report(&mut self, id: u32, computer: Computer, programs: &[u8]) {
        let section = sections::section("SOFTWARES").unwrap();
        let names: Vec<String> = programs.iter().map(|program| format!("program {program}")).collect();
        let rows = names.iter().map(|name| std::iter::once(("NAME", name.as_str())));
        let list = software::pack(section, &Recognised::default(), rows, 1 << 16, &mut self.fleet.numbering());
        let items =
            |list: &List| list.entries.iter().map(|entry| entry.item).collect::<std::collections::BTreeSet<_>>();
        let before = self.lists.get(&id).map(items).unwrap_or_default();
        let after = items(&list);
        let change = SoftwareChange {
            added: after.difference(&before).copied().collect(),
            removed: before.difference(&after).copied().collect(),
            count: list.entries.len() as u32,
        };
        let id = ComputerId(id);
        let seen = first_seen(Timestamp(30), "agent");
        let mut changes = Changes::new();
        computers::keep(&mut changes, id, &computer, &Dictionaries::default()).unwrap();
        changes.put(&computers::SOFTWARE_OF, id, &list).unwrap();
        changes.put(&computers::SEEN, id, &seen).unwrap();
        self.fleet.before_commit(&mut changes);
        self.store.submit(changes, || {}).unwrap().wait().unwrap();
        self.fleet.committed();
        self.lists.insert(id.0, list);
        self.fleet.change(|index| {
            index.apply(&Update { id, computer, tag: String::new(), seen, software: Some(change), gone: Vec::new() });
        });
    }

    fn remove(&mut self, id: u32) {
        let mut changes = Changes::new();
        computers::remove(&mut changes, ComputerId(id), "").unwrap();
        self.store.submit(changes, || {}).unwrap().wait().unwrap();
        self.lists.remove(&id);
        self.fleet.change(|index| index.remove(ComputerId(id)));
    }

    fn differences(&self) -> Vec<String> {
        self.fleet.differences(&self.store.read().unwrap(), &Dictionaries::default(), &|_| String::new()).unwrap()
    }
}

/// After a full disk the index is read anew, and prologs went on meanwhile.
#[test]
fn visits_that_are_not_written_yet_outlive_reading_the_index_anew() {
    let mut office = Office::new();
    office.report(1, computer("a", "", ""), &[]);
    office.report(2, computer("b", "", ""), &[]);
    office.fleet.change(|index| index.visit(ComputerId(1), Timestamp(500), "newer"));
    let generation = office.fleet.look().generation();
    office.fleet.rebuild(&office.store.read().unwrap(), &Dictionaries::default(), &|_| String::new()).unwrap();
    assert!(office.fleet.look().generation() > generation, "caches must notice");
    let seen = |id| office.fleet.look().seen(ComputerId(id)).unwrap();
    assert_eq!((seen(1).last_contact, seen(1).fidelity, seen(1).agent.as_str()), (Timestamp(500), 2, "newer"));
    assert_eq!(seen(2).last_contact, Timestamp(30));
    let (changes, ids) = office.fleet.visits_to_write().unwrap();
    assert_eq!((changes.is_empty(), ids), (false, vec![ComputerId(1)]));
}

#[test]
fn a_prolog_while_an_inventory_is_being_stored_is_not_lost() {
    let mut office = Office::new();
    office.report(1, computer("a", "", ""), &[]);
    let seen = office.fleet.look().seen(ComputerId(1)).unwrap();
    office.fleet.change(|index| index.visit(ComputerId(1), Timestamp(500), "agent"));
    let update = Update {
        id: ComputerId(1),
        computer: computer("a", "", ""),
        tag: String::new(),
        seen: Seen { last_contact: Timestamp(499), ..seen },
        software: None,
        gone: Vec::new(),
    };
    office.fleet.change(|index| index.apply(&update));
    let seen = office.fleet.look().seen(ComputerId(1)).unwrap();
    assert_eq!((seen.last_contact, seen.fidelity), (Timestamp(500), 2));
    assert_eq!(office.fleet.visits_to_write().unwrap().1, [ComputerId(1)]);
}

#[test]
fn computers_are_found_by_what_identifies_them_whatever_the_case() {
    let mut office = Office::new();
    office.report(1, computer("PC-1", "S1", "02:00:5E:10:00:01\n02:00:5E:10:00:02"), &[]);
    office.report(2, computer("pc-1", "S2", ""), &[]);
    let index = office.fleet.look();
    let sharing = |column, value| {
        let mut ids: Vec<u32> = index.sharing(column, value).into_iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(sharing(columns::NAME, "Pc-1"), [1, 2]);
    assert_eq!(sharing(columns::SSN, "s1 "), [1]);
    assert_eq!(sharing(columns::MACADDR, "02:00:5e:10:00:02"), [1]);
    assert_eq!(sharing(columns::MACADDR, ""), [0_u32; 0]);
    assert_eq!(index.device("pc-1-2026-01-01-00-00-00").map(|known| known.id), Some(ComputerId(2)));
}

#[test]
fn a_page_is_a_stretch_of_the_sorted_list_and_blanks_come_last() {
    let mut office = Office::new();
    for (id, name) in [(1, "b"), (2, ""), (3, "C"), (4, "a"), (5, "é")] {
        office.report(id, computer(name, "", ""), &[]);
    }
    let page = |descending, offset, count| {
        let order = Order { by: Fact::Column(columns::NAME), descending };
        office.fleet.look().page(order, offset, count).ids.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(false, 0, 10), [4, 1, 3, 5, 2]);
    assert_eq!(page(true, 0, 10), [5, 3, 1, 4, 2]);
    assert_eq!(page(false, 1, 2), [1, 3]);
    assert_eq!(page(false, 9, 2), [0_u32; 0]);
    assert_eq!(office.fleet.look().page(Order { by: Fact::Id, descending: false }, 0, 2).total, 5);
}

#[derive(Debug, Clone)]
enum Step {
    Report { id: u32, name: String, serial: String, programs: Vec<u8> },
    Remove { id: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u32..8, "[a-c]{0,2}", "[A-C]?", proptest::collection::vec(0_u8..6, 0..5))
            .prop_map(|(id, name, serial, programs)| Step::Report { id, name: format!("{name}{id}"), serial, programs }),
        1 => (1_u32..8).prop_map(|id| Step::Remove { id }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// The index that followed each commit is the one that a start would build.
    #[test]
    fn the_index_after_random_work_is_the_one_built_from_the_file(steps in proptest::collection::vec(step(), 1..25)) {
        let mut office = Office::new();
        for step in steps {
            match step {
                Step::Report { id, name, serial, programs } => office.report(id, computer(&name, &serial, ""), &programs),
                Step::Remove { id } => office.remove(id),
            }
        }
        prop_assert_eq!(office.differences(), Vec::<String>::new());
    }

    #[test]
    fn every_page_size_shows_every_computer_once(
        names in proptest::collection::vec("[a-zA-ZéÉ]{0,3}", 0..30), size in 1_usize..9, by in 0_usize..6, descending in any::<bool>(),
    ) {
        let mut office = Office::new();
        for (at, name) in names.iter().enumerate() {
            office.report(at as u32 + 1, computer(name, "", ""), &[]);
        }
        let facts =
            [Fact::Column(columns::NAME), Fact::Column(columns::MEMORY), Fact::Id, Fact::Tag, Fact::Quality, Fact::LastInventory];
        let order = Order { by: facts[by], descending };
        let index = office.fleet.look();
        let whole = index.page(order, 0, usize::MAX).ids;
        let pages: Vec<_> = (0..whole.len().div_ceil(size)).flat_map(|page| index.page(order, page * size, size).ids).collect();
        prop_assert_eq!(whole.len(), office.lists.len());
        prop_assert_eq!(&pages, &whole);
        let distinct: std::collections::HashSet<_> = whole.iter().collect();
        prop_assert_eq!(distinct.len(), whole.len());
        // Who has no value comes last in either direction, and the rest turns round.
        let blank = |id: &ComputerId| matches!(index.value(*id, order.by), Value::Text(""));
        let first_blank = whole.iter().position(blank).unwrap_or(whole.len());
        prop_assert!(whole[first_blank..].iter().all(blank));
        let texts = |ids: &[ComputerId]| ids.iter().map(|id| format!("{:?}", index.value(*id, order.by))).collect::<Vec<_>>();
        let other = index.page(Order { descending: !descending, ..order }, 0, usize::MAX).ids;
        let mut turned = texts(&other[..first_blank]);
        turned.reverse();
        prop_assert_eq!(turned, texts(&whole[..first_blank]));
    }
}

/// A difference between index and file is found, not smoothed over.
#[test]
fn check_names_what_differs() {
    let mut office = Office::new();
    office.report(1, computer("a", "", ""), &[1]);
    office.report(2, computer("b", "", ""), &[1]);
    assert!(office.differences().is_empty());
    office.fleet.change(|index| index.remove(ComputerId(2)));
    let found = office.differences();
    assert!(found.iter().any(|line| line.contains("computer 2")), "{found:?}");
    assert!(found.iter().any(|line| line.contains("software row 1")), "{found:?}");
}

/// An item goes in two steps, so that an inventory that was packed before the first still finds it.
#[test]
fn an_item_that_nobody_has_gets_another_number_and_is_kept_while_somebody_may_name_it() {
    let mut office = Office::new();
    office.report(1, computer("PC-1", "S1", "M1"), &[1, 2]);
    office.report(1, computer("PC-1", "S1", "M1"), &[2]);
    let retired = office.fleet.retire_items();
    assert_eq!(retired.len(), 1);
    assert!(office.fleet.retire_items().is_empty());
    assert_eq!(office.fleet.still_unused(retired.clone()), retired);
    office.report(2, computer("PC-2", "S2", "M2"), &[1]);
    assert_eq!(office.fleet.look().computers_with(retired[0]), 0);
    assert_eq!(office.fleet.still_unused(retired.clone()), retired);
}

fn named(name: &str, system: &str, memory: &str) -> Computer {
    let mut computer = computer(name, "", "");
    computer.columns.set(columns::OSNAME, system);
    computer.columns.set(columns::MEMORY, memory);
    computer
}

#[test]
fn computers_are_found_by_two_programs_their_system_and_their_memory() {
    let mut office = Office::new();
    office.report(1, named("a", "Windows 11 Pro", "16384"), &[1, 2]);
    office.report(2, named("b", "Windows 11 Pro", "8192"), &[1, 2]);
    office.report(3, named("c", "Debian 12", "16384"), &[1, 2]);
    office.report(4, named("d", "Windows 10 Pro", "16384"), &[1]);
    office.report(5, named("e", "Windows 11 Pro", ""), &[1, 2, 3]);
    let fleet = &office.fleet;
    let (one, two) = (fleet.items_named("PROGRAM 1"), fleet.items_named("ram 2"));
    let index = fleet.look();
    let both = [Criterion::Software(&one), Criterion::Software(&two)];
    let ids = |criteria: &[Criterion<'_>]| index.matching(criteria).ids().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(ids(&both), [1, 2, 3, 5]);
    let windows = Criterion::Holds(columns::OSNAME, "windows");
    assert_eq!(ids(&[both[0], both[1], windows, Criterion::Above(columns::MEMORY, 8192)]), [1]);
    assert_eq!(ids(&[Criterion::Above(columns::MEMORY, 8191), windows]), [1, 2, 4]);
    assert_eq!(ids(&[Criterion::Holds(columns::NAME, "D")]), [4]);
    assert_eq!(ids(&[]), [1, 2, 3, 4, 5]);
    assert!(index.matching(&[Criterion::Software(&fleet.items_named("nothing"))]).is_empty());
    let order = Order { by: Fact::Column(columns::MEMORY), descending: true };
    let page = index.matching(&[windows]).page(order, 1, 2);
    assert_eq!((page.total, page.ids), (4, vec![ComputerId(4), ComputerId(2)]));
}

#[test]
fn names_of_software_are_counted_while_computers_come_and_go() {
    let mut office = Office::new();
    office.report(1, computer("a", "", ""), &[7, 70]);
    office.report(2, computer("b", "", ""), &[7]);
    let found = |office: &Office, part: &str| {
        let found = office.fleet.software_named(part).into_iter();
        found.map(|installed| (installed.name, installed.computers)).collect::<Vec<_>>()
    };
    assert_eq!(found(&office, "GRAM 7"), [("program 7".to_owned(), 2), ("program 70".to_owned(), 1)]);
    assert_eq!(found(&office, "70"), [("program 70".to_owned(), 1)]);
    assert_eq!(found(&office, "7\nprogram"), [], "no match runs from one name into the next");
    office.report(1, computer("a", "", ""), &[8]);
    office.remove(2);
    assert_eq!(found(&office, ""), [("program 8".to_owned(), 1)]);
    let store = office.store.read().unwrap();
    office.fleet.rebuild(&store, &Dictionaries::default(), &|_| String::new()).unwrap();
    assert_eq!(found(&office, "program"), [("program 8".to_owned(), 1)]);
    let restarted = Fleet::load(&store, 42, &Dictionaries::default(), &|_| String::new()).unwrap();
    assert_eq!(restarted.software_named("PROGRAM"), office.fleet.software_named("program"));
}

proptest! {
    /// What the text in memory finds is what looking at every name would find.
    #[test]
    fn a_part_of_a_name_is_found_wherever_it_is(
        programs in proptest::collection::vec(any::<u8>(), 0..20),
        part in "(pro|gram )?[0-9 ]{0,3}",
    ) {
        let mut office = Office::new();
        office.report(1, computer("a", "", ""), &programs);
        let mut expected: Vec<String> = programs.iter().map(|program| format!("program {program}")).collect();
        expected.sort();
        expected.dedup();
        expected.retain(|name| name.contains(&part));
        let names = |found: Vec<Installed>| found.into_iter().map(|found| found.name).collect::<Vec<_>>();
        prop_assert_eq!(&names(office.fleet.software_named(&part)), &expected);
        let (total, page) = office.fleet.software_page(&part, 1, 3);
        prop_assert_eq!(total, expected.len());
        prop_assert_eq!(names(page), expected.into_iter().skip(1).take(3).collect::<Vec<_>>());
    }
}
