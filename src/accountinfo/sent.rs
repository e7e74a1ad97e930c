//! Values that an agent sends for the fields that an administrator defined (CON-ADM-5).

use super::Account;
use super::fields::Field;

/// What an agent sent, in the spelling that is stored, and how many values were left out because they do not fit their
/// fields.
///
/// The TAG, names that no field has, and what is stored already stay as they are.
pub fn fitting(
    sent: Vec<(String, String)>,
    stored: Option<&Account>,
    fields: &[Field],
) -> (Vec<(String, String)>, usize) {
    let before = sent.len();
    let fit = |(name, value): (String, String)| {
        let is_stored = stored.is_some_and(|row| row.value(&name) == value);
        match fields.iter().find(|field| !field.is_tag() && !is_stored && field.key() == name) {
            Some(field) => field.parse(&[&value]).ok().map(|value| (name, value)),
            None => Some((name, value)),
        }
    };
    let kept: Vec<(String, String)> = sent.into_iter().filter_map(fit).collect();
    let left_out = before - kept.len();
    (kept, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accountinfo::TAG;
    use crate::accountinfo::fields::Kind;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn con_adm_5_an_agents_value_fits_its_field_or_is_left_out() {
        let field = |id, kind| Field { id, kind, ..Field::tag() };
        let fields = [Field::tag(), field(1, Kind::Real), field(2, Kind::Date), field(3, Kind::Integer)];
        let long = "x".repeat(300);
        let sent = pairs(&[
            (TAG, &long),
            ("fields_1", "12,50"),
            ("fields_2", "20/11/2026"),
            ("fields_3", ""),
            ("OTHER", " free "),
        ]);
        let kept = pairs(&[(TAG, &long), ("fields_1", "12.5"), ("fields_3", ""), ("OTHER", " free ")]);
        assert_eq!(fitting(sent, None, &fields), (kept, 1));
        // What the office has is no reason to tell it again, be it from before the field had its kind.
        let mut row = Account::default();
        row.values.insert("fields_2".into(), "soon".into());
        let sent = pairs(&[("fields_2", "soon")]);
        assert_eq!(fitting(sent.clone(), Some(&row), &fields), (sent, 0));
    }
}
