//! Lists whose rows are all at hand: filtered, sorted and cut into pages here.

use std::cmp::Ordering;

use super::{List, View};
use crate::console::view::table::Cell;

/// The rows of a page.
pub struct Arranged<'a> {
    /// Rows on all pages.
    pub total: u64,
    /// The page that there is: the last one when a later one was asked for.
    pub page: u64,
    /// The rows of the page, their cells in the order of the view.
    pub rows: Vec<Vec<Cell<'a>>>,
}

/// Arranges rows that have a cell for each column of the list, in the order of its declaration. `whole` is for
/// files: all pages.
pub fn arrange<'a>(list: &List, view: &View, mut rows: Vec<Vec<Cell<'a>>>, whole: bool) -> Arranged<'a> {
    if !view.part.is_empty() {
        let part = view.part.to_lowercase();
        let searched: Vec<usize> = view.searched(list).filter_map(|column| list.position(column.key)).collect();
        rows.retain(|row| {
            let mut cells = searched.iter().filter_map(|at| row.get(*at));
            cells.any(|cell| words(cell).to_lowercase().contains(&part))
        });
    }
    if let Some(at) = list.position(&view.sort.by) {
        rows.sort_by(|a, b| match (a.get(at), b.get(at)) {
            (Some(a), Some(b)) => compare(a, b, view.sort.down),
            _ => Ordering::Equal,
        });
    }
    let total = rows.len() as u64;
    let size = u64::from(view.size.max(1));
    let page = if whole { 1 } else { view.page.min(total.div_ceil(size).max(1)) };
    let from = usize::try_from((page - 1) * size).unwrap_or(usize::MAX);
    let count = if whole { usize::MAX } else { size as usize };
    let places: Vec<usize> = view.columns.iter().filter_map(|key| list.position(key)).collect();
    let shown = |row: Vec<Cell<'a>>| places.iter().filter_map(|at| row.get(*at).cloned()).collect();
    Arranged { total, page, rows: rows.into_iter().skip(from).take(count).map(shown).collect() }
}

/// The words of a cell; empty for figures and times.
fn words<'a>(cell: &'a Cell<'_>) -> &'a str {
    match cell {
        Cell::Text(text) | Cell::Mono(text) | Cell::Lines(text) | Cell::Link { text, .. } => text,
        Cell::State(_, text) | Cell::Mark(text) => text,
        Cell::Number(_) | Cell::Size(_) | Cell::Counted { .. } | Cell::Decimal(_) | Cell::Percent(_) => "",
        Cell::Filled(_) | Cell::Exact(..) | Cell::Day(_) => "",
        Cell::Date(_) | Cell::Since(_) | Cell::Flag(_) | Cell::Empty => "",
    }
}

/// As people sort: what is unknown comes last in either direction.
fn compare(a: &Cell<'_>, b: &Cell<'_>, down: bool) -> Ordering {
    let missing = (*a == Cell::Empty).cmp(&(*b == Cell::Empty));
    let number = |cell: &Cell<'_>| match cell {
        Cell::Number(number) | Cell::Size(number) | Cell::Counted { count: number, .. } => Some(*number as f64),
        Cell::Date(at) | Cell::Since(at) => Some(at.0 as f64),
        Cell::Decimal(number) | Cell::Percent(number) | Cell::Filled(number) => Some(f64::from(*number)),
        Cell::Exact(number, _) => Some(*number),
        Cell::Day(day) => {
            Some(f64::from(i32::from(day.year()) * 372 + i32::from(day.month()) * 31 + i32::from(day.day())))
        }
        Cell::Flag(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    };
    let values = match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => {
            let (a, b) = (words(a), words(b));
            a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b))
        }
    };
    missing.then(if down { values.reverse() } else { values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::console::form::Form;
    use crate::console::pages::imports::LIST;

    fn rows() -> Vec<Vec<Cell<'static>>> {
        let row = |at, file: &str, computer: Option<&'static str>| {
            let computer = computer.map_or(Cell::Empty, |name| Cell::Link { href: "/x".into(), text: name.into() });
            vec![Cell::Date(Timestamp(at)), Cell::Text(file.to_owned().into()), Cell::Empty, computer, Cell::Empty]
        };
        vec![row(1, "b.ocs", None), row(3, "A.ocs", Some("pc-2")), row(2, "c.ocs", Some("PC-10"))]
    }

    fn shown(query: &str) -> (u64, u64, String) {
        let view = LIST.view(&Form::read(query, 20).unwrap(), None);
        let arranged = arrange(&LIST, &view, rows(), false);
        let files = arranged.rows.iter().map(|row| row.iter().map(words).collect::<Vec<_>>().join("|"));
        (arranged.total, arranged.page, files.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn con_gen_9_rows_are_filtered_sorted_and_cut() {
        assert_eq!(shown("cols=file"), (3, 1, "A.ocs c.ocs b.ocs".into()), "the newest first");
        assert_eq!(shown("cols=file,at&sort=file"), (3, 1, "A.ocs| b.ocs| c.ocs|".into()));
        assert_eq!(shown("cols=file&sort=computer").2, "c.ocs A.ocs b.ocs", "blanks last");
        assert_eq!(shown("cols=file&sort=-computer").2, "A.ocs c.ocs b.ocs", "blanks last");
        assert_eq!(shown("q=pc-").0, 2);
        assert_eq!(shown("q=pc-&cols=file"), (0, 1, String::new()), "only what is shown is searched");
        assert_eq!(shown("page=9&size=10&cols=file").1, 1);
    }
}
