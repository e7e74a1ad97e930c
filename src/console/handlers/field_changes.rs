//! What of a field of administrative data was changed, as the audit log tells it.

use crate::accountinfo::fields::Field;
use crate::history::audit::Change;

/// The parts of a definition that can change, in words for the audit log.
fn parts(field: &Field) -> [(&'static str, String); 7] {
    [
        ("name", field.name.clone()),
        ("label", field.label.clone()),
        ("kind", field.kind.code().to_owned()),
        ("choices", field.choices.join("; ")),
        ("default", field.default.clone()),
        ("tab", field.tab.clone()),
        ("order", field.order.to_string()),
    ]
}

/// The parts that differ; all of a field that is new or deleted, as far as they say something.
pub fn changed(before: Option<&Field>, after: Option<&Field>) -> Vec<Change> {
    let Some(one) = after.or(before) else { return Vec::new() };
    let (before, after) = (before.map(parts), after.map(parts));
    let text = |parts: &Option<[(&'static str, String); 7]>, what: &str| {
        let part = parts.iter().flatten().find(|(name, _)| *name == what);
        part.map_or_else(String::new, |(_, value)| value.clone())
    };
    let change = |(what, _): (&'static str, String)| {
        let (before, after) = (text(&before, what), text(&after, what));
        (before != after).then(|| Change { what: what.into(), before, after })
    };
    parts(one).into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accountinfo::fields::Kind;

    #[test]
    fn con_gen_8_the_audit_log_names_every_part_of_a_field_that_changed() {
        let state = Field { name: "State".into(), label: "State".into(), kind: Kind::Text, ..Field::tag() };
        let list = Field {
            kind: Kind::List,
            choices: vec!["New".into(), "Old".into()],
            default: "New".into(),
            tab: "Care".into(),
            order: 5,
            ..state.clone()
        };
        let words = |before, after| -> Vec<String> {
            let all: Vec<Change> = changed(before, after);
            all.iter().map(|one| format!("{}: {} > {}", one.what, one.before, one.after)).collect()
        };
        assert_eq!(
            words(Some(&state), Some(&list)),
            ["kind: text > list", "choices:  > New; Old", "default:  > New", "tab:  > Care", "order: 0 > 5"]
        );
        assert_eq!(words(None, Some(&state)), ["name:  > State", "label:  > State", "kind:  > text", "order:  > 0"]);
        assert_eq!(words(Some(&state), Some(&state)), Vec::<String>::new());
        assert_eq!(words(Some(&state), None).len(), 4);
    }
}
