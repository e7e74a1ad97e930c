//! The report of an import, short enough to travel in a form: of each line its number and what became of it.
//!
//! `2.u7 3.n 5.i2r`: line 2 updated computer 7, line 3 found none, in line 5 column 2 holds no decimal number. Whoever
//! sends it can write what he likes into it; so it says nothing that its reader may not know anyway.

use std::fmt::Write as _;

use super::Line;
use super::table::MOST_ROWS;
use crate::accountinfo::fields::BadValue;
use crate::id::ComputerId;

/// Writes lines with their numbers. What an updated line changed is left out.
pub fn write<'a>(lines: impl Iterator<Item = (usize, &'a Line)>) -> String {
    let mut text = String::new();
    for (number, line) in lines {
        let before = if text.is_empty() { "" } else { " " };
        // Writing into a text does not fail.
        let _ = write!(text, "{before}{number}.{}", code(line));
    }
    text
}

/// Reads what [`write`] wrote, as far as it is that.
pub fn read(text: &str) -> Vec<(usize, Line)> {
    let one = |word: &str| {
        let (number, code) = word.split_once('.')?;
        Some((number.parse().ok()?, line(code)?))
    };
    text.split_whitespace().take(MOST_ROWS).filter_map(one).collect()
}

fn code(line: &Line) -> String {
    match line {
        Line::Updated(id, _) => format!("u{id}"),
        Line::Unchanged(id) => format!("s{id}"),
        Line::NotFound => "n".to_owned(),
        Line::Ambiguous(count) => format!("a{count}"),
        Line::Twice(id) => format!("t{id}"),
        Line::Busy(id) => format!("b{id}"),
        Line::Invalid(column, bad) => {
            let bad = match bad {
                BadValue::Long(most) => format!("m{most}"),
                BadValue::Line => "l".to_owned(),
                BadValue::Integer => "i".to_owned(),
                BadValue::Real => "r".to_owned(),
                BadValue::Date => "d".to_owned(),
                BadValue::Choice => "c".to_owned(),
            };
            format!("i{column}{bad}")
        }
    }
}

fn line(code: &str) -> Option<Line> {
    let mut letters = code.chars();
    let (kind, rest) = (letters.next()?, letters.as_str());
    let id = || rest.parse().ok().map(ComputerId);
    Some(match kind {
        'u' => Line::Updated(id()?, Vec::new()),
        's' => Line::Unchanged(id()?),
        'n' => Line::NotFound,
        'a' => Line::Ambiguous(rest.parse().ok()?),
        't' => Line::Twice(id()?),
        'b' => Line::Busy(id()?),
        'i' => {
            let (column, bad) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
            let bad = match bad {
                "l" => BadValue::Line,
                "i" => BadValue::Integer,
                "r" => BadValue::Real,
                "d" => BadValue::Date,
                "c" => BadValue::Choice,
                long => BadValue::Long(long.strip_prefix('m')?.parse().ok()?),
            };
            Line::Invalid(column.parse().ok()?, bad)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn con_adm_4_a_report_is_read_as_it_was_written() {
        let id = ComputerId(7);
        let lines = [
            Line::Updated(id, Vec::new()),
            Line::Unchanged(id),
            Line::NotFound,
            Line::Ambiguous(3),
            Line::Twice(id),
            Line::Busy(id),
            Line::Invalid(12, BadValue::Long(255)),
            Line::Invalid(0, BadValue::Line),
            Line::Invalid(1, BadValue::Integer),
            Line::Invalid(2, BadValue::Real),
            Line::Invalid(3, BadValue::Date),
            Line::Invalid(4, BadValue::Choice),
        ];
        let text = write(lines.iter().enumerate().map(|(at, line)| (at + 2, line)));
        assert!(text.starts_with("2.u7 3.s7 4.n 5.a3 "), "{text}");
        let read: Vec<Line> = read(&text).into_iter().map(|(_, line)| line).collect();
        assert_eq!(read, lines);
    }

    #[test]
    fn con_adm_4_the_longest_report_fits_into_a_form() {
        let line = Line::Updated(ComputerId(u32::MAX), Vec::new());
        let text = write((0..MOST_ROWS).map(|at| (at + 100_000, &line)));
        assert!(text.len() < 128 * 1024, "{}", text.len());
        assert_eq!(read(&text).len(), MOST_ROWS);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[0-9. aubistnmlé]{0,40}") {
            prop_assert!(read(&text).len() <= 40);
        }
    }
}
