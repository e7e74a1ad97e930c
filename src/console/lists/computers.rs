//! The list of computers: its columns, and the cells of a computer from the index (CON-INV-2, CON-INV-3, CON-INV-6).

use std::borrow::Cow;
use std::sync::LazyLock;

use super::filters::{FIELD, FILTERS, SHELF, VALUE};
use super::{List, ListColumn};
use crate::console::pages::COMPUTERS;
use crate::console::view::table::Cell;
use crate::fleet::{self, Fact, Index, Value};
use crate::id::ComputerId;
use crate::inventory::columns::{COLUMNS, ColumnKind, FREESPACE, NAME};

/// Those that are shown by default, in their order.
const USUAL: [&str; 8] = ["mark", "tag", "lastdate", "name", "userid", "osname", "memory", "processors"];
/// Those that a phone shows besides the name.
const ON_CARD: [&str; 4] = ["tag", "lastdate", "userid", "osname"];
/// Codes that people compare and copy.
const CODES: [&str; 16] = [
    "id",
    "osversion",
    "ipaddr",
    "ipsrc",
    "dns",
    "defaultgateway",
    "winprodid",
    "uuid",
    "ssn",
    "assettag",
    "msn",
    "bversion",
    "macaddr",
    "ipaddress",
    "ipmask",
    "ipsubnet",
];
/// Not in lists: what only some roles may see, since a layout must not depend on who looks, and what serves to find
/// other computers.
const LEFT_OUT: [&str; 2] = ["winprodkey", "guests"];

/// The key of the mark.
pub const MARK: &str = "mark";
/// The key of the groups.
pub const GROUPS: &str = "groups";
/// The value of an address that narrows the list to the members of a group.
pub const GROUP: &str = "group";

/// The list without what an administrator defined; see [`super::fields::list`].
pub static LIST: LazyLock<List> = LazyLock::new(|| {
    let mark = ListColumn { sorts: false, searched: false, ..ListColumn::words(MARK, "column.mark") };
    let facts = fleet::LIST
        .iter()
        .filter(|column| !LEFT_OUT.contains(&column.key))
        .map(|column| declared(column.key, column.fact));
    let groups =
        ListColumn { sorts: false, searched: false, shown: false, ..ListColumn::words(GROUPS, "column.groups") };
    let mut columns: Vec<ListColumn> = std::iter::once(mark).chain(facts).chain([groups]).collect();
    // The usual ones stand in their usual order, in front.
    columns.sort_by_key(|column| USUAL.iter().position(|key| *key == column.key).unwrap_or(USUAL.len()));
    List {
        key: "computers",
        path: COMPUTERS,
        title: "computers.title",
        total: "computers.total",
        columns,
        usual: "-lastdate",
        filters: FILTERS.iter().map(|filter| filter.key).chain([SHELF, FIELD, VALUE, GROUP]).collect(),
    }
});

fn declared(key: &'static str, fact: Fact) -> ListColumn {
    let title = format!("column.{key}");
    let unit = match key {
        "memory" | "swap" | "freespace" => "unit.mb",
        "processors" => "unit.mhz",
        "quality" => "unit.days",
        _ => "",
    };
    let column = match fact {
        Fact::LastInventory | Fact::LastContact | Fact::Archived | Fact::FirstSeen => ListColumn::times(key, &title),
        Fact::Id | Fact::Quality | Fact::Fidelity | Fact::Softwares => ListColumn::figures(key, &title),
        Fact::Tag => ListColumn::words(key, &title),
        Fact::Column(column) => match COLUMNS.get(usize::from(column.0)).map(|column| column.kind) {
            Some(ColumnKind::Number) => ListColumn::figures(key, &title),
            _ => ListColumn::words(key, &title),
        },
    };
    let shown = USUAL.contains(&key);
    ListColumn { unit, main: key == "name", card: ON_CARD.contains(&key), shown, ..column }
}

/// The fact that a column shows; `None` for the mark and for groups.
pub fn fact(key: &str) -> Option<Fact> {
    fleet::LIST.iter().find(|column| column.key == key).map(|column| column.fact)
}

/// What is known of a computer besides the index.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    /// What its mark says; empty for none.
    pub mark: String,
    /// The names of its groups that the reader sees.
    pub groups: String,
}

/// The cell of a computer in a column.
pub fn cell<'a>(index: &'a Index, id: ComputerId, key: &str, aside: &'a Aside) -> Cell<'a> {
    match key {
        MARK if aside.mark.is_empty() => return Cell::Empty,
        MARK => return Cell::Mark(aside.mark.as_str().into()),
        GROUPS => return Cell::text(&aside.groups),
        _ => {}
    }
    let Some(fact) = fact(key) else { return Cell::Empty };
    if fact == Fact::Column(NAME) {
        let name = index.text(id, NAME);
        // Without a name it must still be found.
        let text = if name.trim().is_empty() { Cow::Owned(format!("#{id}")) } else { Cow::Borrowed(name) };
        return Cell::Link { href: format!("{COMPUTERS}/{id}").into(), text };
    }
    let code = CODES.contains(&key);
    match index.value(id, fact) {
        Value::Text(text) if code => Cell::mono(text),
        Value::Text(text) => Cell::text(text),
        Value::Several(text) if text.trim().is_empty() => Cell::Empty,
        Value::Several(text) => Cell::Lines(text.into()),
        Value::Number(number) => {
            let number = number.and_then(|number| i64::try_from(number).ok());
            // What nobody measured is sent as 0.
            let counts = [Fact::Softwares, Fact::Fidelity, Fact::Column(FREESPACE)].contains(&fact);
            let measured = |number: &i64| *number > 0 || counts;
            Cell::number(number.filter(measured))
        }
        Value::Fraction(number) => number.map_or(Cell::Empty, Cell::Decimal),
        Value::Time(time) => Cell::date(time),
    }
}

/// The facts that the filter box looks at while these columns are shown.
pub fn searched(view: &super::View, list: &List) -> Vec<Fact> {
    view.searched(list).filter_map(|column| fact(column.key)).collect()
}
