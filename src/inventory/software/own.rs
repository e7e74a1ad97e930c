//! A computer's own cells in its list of software: mostly identifiers that are different everywhere.

use super::super::codec::{Input, put_number, put_text};
use super::super::rows::FieldKey;
use crate::store::Damage;

/// `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}`: where its dashes are.
const DASHES: [usize; 4] = [9, 14, 19, 24];
const LENGTH: usize = 38;

/// Appends a cell. An identifier in the usual form takes 16 bytes and a mark instead of 38.
pub(super) fn put(out: &mut Vec<u8>, field: &FieldKey, value: &str) {
    match field {
        FieldKey::Known(number) => put_number(out, u64::from(*number) + 1),
        FieldKey::Named(name) => {
            put_number(out, 0);
            put_text(out, name);
        }
    }
    match identifier(value) {
        Some(identifier) => {
            put_number(out, 0);
            out.extend_from_slice(&identifier.to_be_bytes());
        }
        None => {
            put_number(out, value.len() as u64 + 1);
            out.extend_from_slice(value.as_bytes());
        }
    }
}

/// Reads what [`put`] wrote.
pub(super) fn read(input: &mut Input<'_>) -> Result<(FieldKey, String), Damage> {
    let field = match input.number()? {
        0 => FieldKey::Named(input.text()?.to_owned()),
        number => FieldKey::Known(u16::try_from(number - 1).map_err(|_| Damage::Shape)?),
    };
    let value = match input.count()? {
        0 => text(input.u128_be()?),
        length => std::str::from_utf8(input.take(length - 1)?).map_err(|_| Damage::Shape)?.to_owned(),
    };
    Ok((field, value))
}

/// The number of an identifier in braces and capitals; other spellings are kept as text.
fn identifier(value: &str) -> Option<u128> {
    let bytes = value.as_bytes();
    let framed = bytes.len() == LENGTH && bytes.first() == Some(&b'{') && bytes.last() == Some(&b'}');
    if !framed || DASHES.iter().any(|at| bytes.get(*at) != Some(&b'-')) {
        return None;
    }
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(LENGTH - 1).skip(1) {
        if DASHES.contains(&at) {
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        number = number << 4 | u128::from(digit);
    }
    Some(number)
}

fn text(number: u128) -> String {
    let part = |from: u32, digits: u32| (number >> (from * 4)) & ((1 << (digits * 4)) - 1);
    format!("{{{:08X}-{:04X}-{:04X}-{:04X}-{:012X}}}", part(24, 8), part(20, 4), part(16, 4), part(12, 4), part(0, 12))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_identifier_is_short_and_comes_back_letter_by_letter() {
        let value = "{22FE42A8-E0F5-F3FC-FDBB-26754C6833C3}";
        let mut bytes = Vec::new();
        put(&mut bytes, &FieldKey::Known(7), value);
        assert_eq!(bytes.len(), 18);
        assert_eq!(read(&mut Input::new(&bytes)), Ok((FieldKey::Known(7), value.to_owned())));
        for other in [value.to_lowercase(), value.replace('-', "_"), value.replace('{', "("), value.replace('2', "G")] {
            assert_eq!(identifier(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back(number in any::<u128>(), other in ".{0,40}", name in ".{0,8}") {
            for value in [text(number), other] {
                for field in [FieldKey::Known(3), FieldKey::Named(name.clone())] {
                    let mut bytes = Vec::new();
                    put(&mut bytes, &field, &value);
                    let mut input = Input::new(&bytes);
                    prop_assert_eq!(read(&mut input), Ok((field, value.clone())));
                    prop_assert!(input.is_empty());
                }
            }
        }
    }
}
