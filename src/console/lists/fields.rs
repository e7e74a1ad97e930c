//! Administrative fields as columns of the list of computers (CON-INV-3): declared from their definitions.
//!
//! Their values are not in the index: who asks for such a column reads them from the file.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use super::computers::LIST;
use super::{List, ListColumn, View};
use crate::accountinfo::fields::{Field, Kind};
use crate::console::view::Locale;
use crate::console::view::table::{Cell, Kind as Stands};
use crate::id::ComputerId;

/// The list of computers with a column for each field. The TAG is a column of its own already; it takes its label.
pub fn list(fields: &[Field]) -> List {
    let mut list = LIST.clone();
    for field in fields {
        if !field.is_tag() {
            list.columns.push(column(field));
        } else if !field.label.is_empty()
            && let Some(tag) = list.columns.iter_mut().find(|column| column.key == "tag")
        {
            tag.label = Some(field.label.clone());
        }
    }
    list
}

fn column(field: &Field) -> ListColumn {
    let key = kept(field.key());
    let label = if field.label.is_empty() { &field.name } else { &field.label };
    let kind = match field.kind {
        Kind::Integer | Kind::Real => Stands::Figures,
        Kind::Date => Stands::Short,
        Kind::Text | Kind::Long | Kind::List | Kind::Checks | Kind::Radio => Stands::Words,
    };
    let words = ListColumn::words(key, "");
    ListColumn { label: Some(label.clone()), kind, shown: false, ..words }
}

/// The key for as long as the program runs. Numbers of fields are never given twice, so there are few.
fn kept(key: String) -> &'static str {
    static KEYS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    match keys.get(key.as_str()) {
        Some(known) => known,
        None => {
            let key: &'static str = Box::leak(key.into_boxed_str());
            keys.insert(key);
            key
        }
    }
}

/// The field of a column; `None` for every other column.
pub fn field_of<'a>(fields: &'a [Field], key: &str) -> Option<&'a Field> {
    fields.iter().find(|field| !field.is_tag() && field.key() == key)
}

/// The fields that the filter box looks at while these columns are shown.
pub fn searched<'a>(view: &View, fields: &'a [Field]) -> Vec<&'a Field> {
    view.columns.iter().filter_map(|key| field_of(fields, key)).collect()
}

/// The cell of a value.
pub fn cell(locale: &Locale, field: &Field, value: &str) -> Cell<'static> {
    if value.trim().is_empty() {
        return Cell::Empty;
    }
    let text = || crate::console::pages::computer::written(locale, field, value);
    // A value from before the field was of its kind stays as it is.
    let fits = || field.parse(&[value]).is_ok_and(|stored| stored == value);
    let typed = match field.kind {
        Kind::Integer if fits() => value.parse().ok().map(Cell::Number),
        Kind::Real if fits() => value.parse().ok().map(|number| Cell::Exact(number, text().into())),
        Kind::Date if fits() => value.parse().ok().map(Cell::Day),
        _ => None,
    };
    typed.unwrap_or_else(|| Cell::Text(text().into()))
}

/// Where a value stands among those of its field: numbers, then texts that are none.
struct Place {
    number: Option<f64>,
    text: String,
}

impl Place {
    /// `None` for a blank value.
    fn of(field: &Field, value: &str) -> Option<Place> {
        let numbers = matches!(field.kind, Kind::Integer | Kind::Real);
        let number = if numbers { value.parse().ok() } else { None };
        (!value.trim().is_empty()).then(|| Place { number, text: value.to_lowercase() })
    }

    fn compare(&self, other: &Place) -> Ordering {
        let numbers = match (self.number, other.number) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        numbers.then_with(|| self.text.cmp(&other.text))
    }
}

/// Computers in the order of their values in a field; those without one come last in either direction.
pub fn sorted(
    ids: Vec<ComputerId>,
    values: &HashMap<ComputerId, String>,
    field: &Field,
    down: bool,
) -> Vec<ComputerId> {
    let place = |id: ComputerId| (values.get(&id).and_then(|value| Place::of(field, value)), id);
    let mut placed: Vec<(Option<Place>, ComputerId)> = ids.into_iter().map(place).collect();
    placed.sort_unstable_by(|(a, left), (b, right)| {
        let order = match (a, b) {
            (Some(a), Some(b)) => turned(a.compare(b), down),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        order.then_with(|| left.cmp(right))
    });
    placed.into_iter().map(|(_, id)| id).collect()
}

fn turned(order: Ordering, down: bool) -> Ordering {
    if down { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(kind: Kind) -> Field {
        Field { id: 3, name: "Price".into(), label: "Price & tax".into(), kind, ..Field::tag() }
    }

    #[test]
    fn con_inv_3_a_field_is_a_column_with_its_label() {
        let fields = [Field { label: "Room".into(), ..Field::tag() }, field(Kind::Real)];
        let list = list(&fields);
        let price = list.column("fields_3").unwrap();
        assert_eq!((price.label.as_deref(), price.kind, price.shown), (Some("Price & tax"), Stands::Figures, false));
        assert_eq!(list.column("tag").unwrap().label.as_deref(), Some("Room"));
        assert_eq!(list.columns.len(), LIST.columns.len() + 1);
        assert!(field_of(&fields, "fields_3").is_some() && field_of(&fields, "TAG").is_none());
    }

    #[test]
    fn con_gen_16_numbers_and_days_of_fields_are_no_texts() {
        let zone = jiff::tz::TimeZone::UTC;
        let locale = Locale { lang: crate::i18n::Lang::Fr, now: crate::clock::Timestamp(0), zone };
        let cell = |kind, value| super::cell(&locale, &field(kind), value);
        assert_eq!(cell(Kind::Real, "-1234567.125"), Cell::Exact(-1_234_567.125, "-1234567,125".into()));
        assert_eq!(cell(Kind::Date, "2026-11-20"), Cell::Day(jiff::civil::date(2026, 11, 20)));
        assert_eq!(cell(Kind::Integer, "-7"), Cell::Number(-7));
        for (kind, old) in [(Kind::Real, "NaN"), (Kind::Real, "1e5"), (Kind::Date, "soon"), (Kind::Integer, "+7")] {
            assert_eq!(cell(kind, old), Cell::Text(old.into()), "{old} is from before");
        }
    }

    #[test]
    fn con_inv_3_values_are_sorted_as_their_field_means_them_and_blanks_come_last() {
        let values: HashMap<ComputerId, String> =
            [(1, "9"), (2, "10"), (3, "-1"), (4, "")].map(|(id, value)| (ComputerId(id), value.to_owned())).into();
        let sorted = |kind, down| {
            let ids = super::sorted((1..=5).map(ComputerId).collect(), &values, &field(kind), down);
            ids.iter().map(|id| id.0).collect::<Vec<_>>()
        };
        assert_eq!(sorted(Kind::Integer, false), [3, 1, 2, 4, 5]);
        assert_eq!(sorted(Kind::Integer, true), [2, 1, 3, 4, 5]);
        assert_eq!(sorted(Kind::Text, false), [3, 2, 1, 4, 5]);
    }

    proptest! {
        /// Values from before the field was one of numbers stand among numbers.
        #[test]
        fn con_inv_3_any_values_have_one_order(texts in prop::collection::vec("-?[0-9]{1,2}|[0-9][a-z]|NaN|[A-c]?| ", 50), down: bool) {
            let values: HashMap<ComputerId, String> = (1..).map(ComputerId).zip(texts).collect();
            let ids: Vec<ComputerId> = (1..=50).map(ComputerId).collect();
            let field = field(Kind::Integer);
            let order = super::sorted(ids.clone(), &values, &field, down);
            // Wherever it began, the same comes out, and each pair is in order.
            prop_assert_eq!(&super::sorted(ids.into_iter().rev().collect(), &values, &field, down), &order);
            for (at, first) in order.iter().enumerate() {
                for second in &order[at..] {
                    let pair = super::sorted(vec![*second, *first], &values, &field, down);
                    prop_assert_eq!(pair.first(), Some(first));
                }
            }
        }
    }
}
