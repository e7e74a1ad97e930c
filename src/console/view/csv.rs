//! A list as a CSV file for spreadsheets: the same columns and cells that a table shows.
//!
//! UTF-8 with a byte-order mark and CRLF, because spreadsheets want both. Every cell is quoted. A text that a
//! spreadsheet would take for a formula gets an apostrophe in front; numbers and times that we write ourselves do not
//! need it. Times are written as ISO, sizes in the MB that agents send, what is unknown is empty.
//!
//! Source: SEC-23, CON-GEN-13, CON-GEN-15.

use std::fmt::Write;

use super::Locale;
use super::table::{Cell, Column};
use crate::i18n::{Lang, iso_date_time};

/// A CSV file while it is written, part by part.
pub struct Csv {
    locale: Locale,
    separator: char,
    text: String,
}

impl Csv {
    /// An empty file. `separator` is the option EXPORT_SEP; empty chooses by language.
    pub fn new(locale: &Locale, separator: &str) -> Csv {
        let usual = match locale.lang {
            Lang::En => ',',
            Lang::Fr => ';',
        };
        Csv { locale: locale.clone(), separator: separator.chars().next().unwrap_or(usual), text: String::new() }
    }

    /// The first line: the titles as shown, with their units.
    pub fn titles(&mut self, columns: &[Column]) {
        self.text.push('\u{FEFF}');
        for (at, column) in columns.iter().enumerate() {
            self.separate(at);
            if column.unit.is_empty() {
                self.quoted(&column.title);
            } else {
                self.quoted(&format!("{} ({})", column.title, column.unit));
            }
        }
        self.text.push_str("\r\n");
    }

    /// One row.
    pub fn row(&mut self, cells: &[Cell]) {
        for (at, cell) in cells.iter().enumerate() {
            self.separate(at);
            match cell {
                Cell::Text(text) | Cell::Mono(text) | Cell::Link { text, .. } | Cell::State(_, text) => {
                    self.quoted(text);
                }
                Cell::Mark(text) => self.quoted(text),
                Cell::Lines(text) => self.quoted(&text.lines().collect::<Vec<_>>().join(", ")),
                Cell::Decimal(number) | Cell::Percent(number) | Cell::Filled(number) => {
                    let _ = write!(self.text, "\"{number:.2}\"");
                }
                Cell::Number(number) | Cell::Size(number) | Cell::Counted { count: number, .. } => {
                    // Writing to a string does not fail.
                    let _ = write!(self.text, "\"{number}\"");
                }
                Cell::Exact(_, text) => {
                    let _ = write!(self.text, "\"{text}\"");
                }
                Cell::Day(day) => {
                    let _ = write!(self.text, "\"{day}\"");
                }
                Cell::Date(at) | Cell::Since(at) => {
                    let time = iso_date_time(*at, &self.locale.zone);
                    let _ = write!(self.text, "\"{time}\"");
                }
                Cell::Flag(true) => self.quoted(self.locale.text("yes")),
                Cell::Flag(false) => self.quoted(self.locale.text("no")),
                Cell::Empty => self.text.push_str("\"\""),
            }
        }
        self.text.push_str("\r\n");
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.text.push(self.separator);
        }
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        if text.starts_with(begins_formula) {
            self.text.push('\'');
        }
        for (at, part) in text.split('"').enumerate() {
            if at > 0 {
                self.text.push_str("\"\"");
            }
            self.text.push_str(part);
        }
        self.text.push('"');
    }
}

/// What a spreadsheet may take for the beginning of a formula, full-width forms included.
fn begins_formula(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::console::view::message::Tone;

    fn csv(lang: Lang, separator: &str) -> Csv {
        Csv::new(&Locale { lang, now: Timestamp(0), zone: TimeZone::fixed(jiff::tz::offset(1)) }, separator)
    }

    /// Reads a file back as RFC 4180 says.
    fn read(text: &str, separator: char) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
                '"' => quoted = !quoted,
                character if quoted => cell.push(character),
                character if character == separator => row.push(std::mem::take(&mut cell)),
                '\r' if characters.next_if_eq(&'\n').is_some() => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => panic!("{other:?} outside of quotes"),
            }
        }
        assert!(!quoted && cell.is_empty() && row.is_empty(), "the file ends with its last line");
        rows
    }

    #[test]
    fn a_list_is_written_as_it_is_shown() {
        let mut csv = csv(Lang::En, "");
        csv.titles(&[
            Column { title: "Name".into(), ..Column::default() },
            Column { title: "Memory".into(), unit: "MB", ..Column::default() },
        ]);
        assert_eq!(csv.take(), "\u{FEFF}\"Name\",\"Memory (MB)\"\r\n");
        let link = Cell::Link { href: "/x".into(), text: "a \"b\"; c".into() };
        csv.row(&[link, Cell::Number(-5), Cell::Size(1536), Cell::Date(Timestamp(1_795_179_909)), Cell::Empty]);
        csv.row(&[Cell::Flag(true), Cell::State(Tone::Warning, "=late".into()), Cell::Since(Timestamp(i64::MAX))]);
        let rows = "\"a \"\"b\"\"; c\",\"-5\",\"1536\",\"2026-11-20 14:05:09\",\"\"\r\n\"Yes\",\"'=late\",\"\"\r\n";
        assert_eq!(csv.take().to_lowercase(), rows.to_lowercase());
    }

    #[test]
    fn the_separator_is_the_option_or_the_languages() {
        for (lang, option, expected) in
            [(Lang::En, "", ','), (Lang::Fr, "", ';'), (Lang::En, ";", ';'), (Lang::Fr, ",", ',')]
        {
            let mut csv = csv(lang, option);
            csv.row(&[Cell::Empty, Cell::Empty]);
            assert_eq!(csv.take(), format!("\"\"{expected}\"\"\r\n"));
        }
    }

    #[test]
    fn sec_23_what_looks_like_a_formula_is_text() {
        for first in ["=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"] {
            let mut csv = csv(Lang::En, "");
            csv.row(&[Cell::Text(format!("{first}1+1").into())]);
            assert_eq!(csv.take(), format!("\"'{first}1+1\"\r\n"));
        }
    }

    proptest! {
        #[test]
        fn sec_23_every_text_comes_back_and_none_is_a_formula(
            rows in proptest::collection::vec(proptest::collection::vec("[=+\\-@\t\r\n\"',;＝＋－＠a-z\\PC]{0,6}", 1..5), 0..6),
            semicolon: bool,
        ) {
            let separator = if semicolon { ';' } else { ',' };
            let mut csv = csv(Lang::En, &separator.to_string());
            for row in &rows {
                csv.row(&row.iter().map(|text| Cell::Text(text.into())).collect::<Vec<_>>());
            }
            let back = read(&csv.take(), separator);
            prop_assert_eq!(back.len(), rows.len());
            for (sent, back) in rows.iter().flatten().zip(back.iter().flatten()) {
                prop_assert!(!back.starts_with(begins_formula), "{:?}", back);
                let apostrophe = if sent.starts_with(begins_formula) { "'" } else { "" };
                prop_assert_eq!(back, &format!("{apostrophe}{sent}"));
            }
        }
    }
}
