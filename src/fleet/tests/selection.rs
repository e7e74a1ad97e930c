//! What lists are made from: selections, how they spread, and the programs that they have.

use super::*;
use crate::fleet::programs::initial;

fn tagged(office: &mut Office, id: u32, tag: &str, programs: &[u8]) {
    office.report(id, computer(&format!("pc-{id}"), &format!("S{id}"), ""), programs);
    office.fleet.change(|index| index.set_tag(ComputerId(id), tag));
}

fn ids(fleet: &Fleet, query: &Query) -> Vec<u32> {
    let index = fleet.look();
    let mut ids: Vec<u32> = index.select(query).ids().map(|id| id.0).collect();
    ids.sort_unstable();
    ids
}

fn all_programs(folded: Folded, order: ProgramOrder, among: Query) -> ProgramQuery {
    ProgramQuery { among, folded, order, descending: order == ProgramOrder::Computers, ..ProgramQuery::default() }
}

#[test]
fn con_gen_4_what_a_reader_may_not_see_is_in_no_selection() {
    let mut office = Office::new();
    tagged(&mut office, 1, "PARIS-1", &[1]);
    tagged(&mut office, 2, "LYON", &[1, 2]);
    tagged(&mut office, 3, "", &[2]);
    let sight = Sight::of(&["paris-*".to_owned()]);
    assert_eq!(ids(&office.fleet, &Query { sight: sight.clone(), ..Query::default() }), [1]);
    assert_eq!(ids(&office.fleet, &Query::default()), [1, 2, 3]);
    let index = office.fleet.look();
    assert!(index.sees(&sight, ComputerId(1)) && !index.sees(&sight, ComputerId(3)));
    assert!(!index.sees(&Sight::everything(), ComputerId(9)), "what is not there, nobody sees");
    drop(index);
    let query = all_programs(Folded::ByName, ProgramOrder::Name, Query { sight, ..Query::default() });
    let found = office.fleet.programs(&query, 0, 10);
    let rows: Vec<(&str, u64)> = found.rows.iter().map(|row| (row.name.as_str(), row.computers)).collect();
    assert_eq!((found.total, rows), (1, vec![("program 1", 1)]));
}

#[test]
fn con_inv_1_the_archive_is_read_back_from_the_file_and_left_by_who_is_removed() {
    let mut office = Office::new();
    (1..=3).for_each(|id| tagged(&mut office, id, "", &[]));
    let archived = computers::Archived { at: Timestamp(77) };
    office.store.write(move |w| w.put(&computers::ARCHIVED, ComputerId(2), &archived)).unwrap();
    office.fleet.rebuild(&office.store.read().unwrap(), &Dictionaries::default(), &|_| String::new()).unwrap();
    let on = |shelf| Query { shelf, ..Query::default() };
    assert_eq!(ids(&office.fleet, &on(Shelf::Active)), [1, 3]);
    assert_eq!(ids(&office.fleet, &on(Shelf::Archived)), [2]);
    assert_eq!(office.fleet.look().value(ComputerId(2), Fact::Archived), Value::Time(Some(Timestamp(77))));
    // Its slot is used again by another computer, which is not in the archive.
    office.remove(2);
    tagged(&mut office, 4, "", &[]);
    assert_eq!(ids(&office.fleet, &on(Shelf::Archived)), [0_u32; 0]);
    assert_eq!(ids(&office.fleet, &on(Shelf::Active)), [1, 3, 4]);
    assert!(office.differences().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// CON-SOF-1, CON-ACC-5: pages join to the whole, counts are those of a slow look, and each row's item leads to
    /// exactly its computers.
    #[test]
    fn software_is_counted_as_a_slow_look_counts(
        has in proptest::collection::vec(proptest::collection::vec(0..12_u8, 0..6), 1..9),
        archived in proptest::collection::vec(1..9_u32, 0..4),
        order in 0..4_usize, by_version: bool, size in 1..5_usize,
    ) {
        let mut office = Office::new();
        for (at, programs) in has.iter().enumerate() {
            tagged(&mut office, at as u32 + 1, "", programs);
        }
        let archived: Vec<ComputerId> = archived.into_iter().map(ComputerId).collect();
        office.fleet.change(|index| index.set_archived(&archived, Some(Timestamp(5))));
        let order = [ProgramOrder::Name, ProgramOrder::Publisher, ProgramOrder::Version, ProgramOrder::Computers][order];
        let folded = if by_version { Folded::ByVersion } else { Folded::ByName };
        let query = all_programs(folded, order, Query::default());
        let whole = office.fleet.programs(&query, 0, usize::MAX);
        let mut expected = std::collections::BTreeMap::new();
        for (at, programs) in has.iter().enumerate() {
            let distinct: std::collections::BTreeSet<_> = programs.iter().collect();
            let counts = !archived.contains(&ComputerId(at as u32 + 1));
            distinct.into_iter().filter(|_| counts).for_each(|program| *expected.entry(format!("program {program}")).or_insert(0) += 1);
        }
        let rows: std::collections::BTreeMap<_, _> = whole.rows.iter().map(|row| (row.name.clone(), row.computers)).collect();
        prop_assert_eq!(&rows, &expected);
        prop_assert_eq!((whole.total, whole.rows.len()), (expected.len(), expected.len()));
        let pages = (0..whole.total).step_by(size).flat_map(|offset| office.fleet.programs(&query, offset, size).rows);
        prop_assert_eq!(pages.collect::<Vec<_>>(), whole.rows.clone());
        let mut file = office.fleet.programs_to_save(query.clone());
        let written: Vec<Program> = std::iter::from_fn(|| file.next(&office.fleet)).flatten().collect();
        prop_assert_eq!(written, whole.rows.clone());
        for row in &whole.rows {
            let (items, words) = office.fleet.software_of_item(row.item, folded).unwrap();
            prop_assert_eq!(&words, &row.name);
            let conditions = vec![Condition::Has(items)];
            prop_assert_eq!(ids(&office.fleet, &Query { conditions, ..Query::default() }).len() as u64, row.computers);
            prop_assert_eq!(initial(&row.name), 'P');
        }
    }
}

/// A file is made while inventories come in: a row is as it is when its turn comes.
#[test]
fn con_gen_15_a_file_of_software_holds_what_is_there_when_a_row_is_written() {
    let mut office = Office::new();
    tagged(&mut office, 1, "", &[1, 2, 3]);
    tagged(&mut office, 2, "", &[1]);
    let query = all_programs(Folded::ByName, ProgramOrder::Computers, Query::default());
    let mut rows = office.fleet.programs_to_save(query.clone());
    // Between the beginning and the first rows: one program goes, one comes to a second computer, one is new.
    tagged(&mut office, 1, "", &[1, 2, 4]);
    tagged(&mut office, 2, "", &[2]);
    let written = rows.next(&office.fleet).unwrap();
    let told: Vec<(&str, u64)> = written.iter().map(|row| (row.name.as_str(), row.computers)).collect();
    assert_eq!(told, [("program 1", 1), ("program 2", 2)], "in the order of the beginning, with the numbers of now");
    assert!(rows.next(&office.fleet).is_none());
    assert_eq!(office.fleet.programs(&query, 0, 9).total, 3, "the next file has the new one");
}
