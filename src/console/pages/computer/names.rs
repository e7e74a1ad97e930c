//! What sections and fields are called for people. Those that only an agent's plug-in knows keep the agent's words.

use std::borrow::Cow;
use std::fmt::Write;

use crate::console::view::Locale;
use crate::i18n::known;
use crate::inventory::sections::{Group, Kind, Unit, section};

/// Where sections stand in the list, in its order.
pub const GROUPS: [Group; 6] =
    [Group::Machine, Group::Devices, Group::Software, Group::Network, Group::Users, Group::Other];

/// How full a drive is: worked out, so that no agent sends it.
pub const USED: &str = "+used";
/// How many computers have a software.
pub const COMPUTERS_WITH: &str = "+computers";
/// The dictionary's category of a software.
pub const CATEGORY: &str = "+category";
/// The computer that a virtual machine is.
pub const GUEST: &str = "+guest";
/// How many processors the general data name.
pub const PROCESSORS: &str = "+processors";
/// What is worked out, with the keys of its titles.
const WORKED_OUT: [(&str, &str); 5] = [
    (USED, "section.used"),
    (COMPUTERS_WITH, "section.computers-with"),
    (CATEGORY, "section.dictionary"),
    (GUEST, "section.guest"),
    (PROCESSORS, "section.processors"),
];

/// The name of a section.
pub fn section_title<'a>(locale: &Locale, tag: &'a str) -> Cow<'a, str> {
    match section(tag).and_then(|section| known(locale.lang, &section.title())) {
        Some(title) => title.into(),
        None => tag.into(),
    }
}

/// The name of a field of a section.
pub fn field_title<'a>(locale: &Locale, tag: &str, field: &'a str) -> Cow<'a, str> {
    if let Some((_, key)) = WORKED_OUT.iter().find(|(known, _)| *known == field) {
        return locale.text(key).into();
    }
    let declared = section(tag).and_then(|section| {
        let at = section.field(field)?;
        known(locale.lang, &section.field_title(section.fields.get(usize::from(at))?))
    });
    declared.map_or(field.into(), Cow::from)
}

/// The unit of a field's figures; empty when it has none.
pub fn unit(locale: &Locale, tag: &str, field: &str) -> &'static str {
    let declared = section(tag).and_then(|section| section.fields.get(usize::from(section.field(field)?)));
    match declared.and_then(|field| field.unit) {
        Some(Unit::Mebibytes) => locale.text("unit.mb"),
        Some(Unit::Megahertz) => locale.text("unit.mhz"),
        Some(Unit::Bits) => locale.text("unit.bits"),
        Some(Unit::Percent) => "%",
        None => "",
    }
}

/// Whether a field holds figures.
pub fn is_number(tag: &str, field: &str) -> bool {
    let declared = section(tag).and_then(|section| section.fields.get(usize::from(section.field(field)?)));
    declared.is_some_and(|field| field.unit.is_some() || matches!(field.kind, Kind::Int(_) | Kind::Decimal { .. }))
}

/// Whether a computer has one row of a section at most.
pub fn is_single(tag: &str) -> bool {
    section(tag).is_some_and(|section| !section.many)
}

/// Where a section stands in the list.
pub fn group(tag: &str) -> Group {
    section(tag).map_or(Group::Other, |section| section.group)
}

/// A section's tag as one step of a path, in lower case.
pub fn in_path(tag: &str) -> String {
    let mut step = String::with_capacity(tag.len());
    for byte in tag.to_lowercase().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => step.push(byte as char),
            other => {
                let _ = write!(step, "%{other:02X}");
            }
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::inventory::sections::SECTIONS;

    #[test]
    fn every_declared_section_and_field_has_a_name_in_every_language() {
        for lang in Lang::ALL {
            for section in SECTIONS {
                assert!(known(lang, &section.title()).is_some(), "{}", section.title());
                for field in section.fields {
                    let key = section.field_title(field);
                    assert!(known(lang, &key).is_some(), "{key}");
                }
            }
        }
    }
}
