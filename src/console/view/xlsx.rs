//! A list as a workbook: the same columns and rows that a table shows, as typed cells below a frozen header
//! (CON-GEN-16). Texts are written as texts, so that none is a formula (SEC-23).
//!
//! Rows go to a temporary file one by one, so that memory does not grow with the list.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::Locale;
use super::table::{Cell, Column};

/// Rows that a sheet can hold, besides the header.
const MOST_ROWS: u32 = 1_048_575;
/// Characters that a cell can hold.
const MOST_TEXT: usize = 32_767;

/// A workbook while it is written.
pub struct Xlsx {
    locale: Locale,
    workbook: Workbook,
    rows: u32,
    bold: Format,
    date: Format,
    day: Format,
    percent: Format,
}

impl Xlsx {
    /// A workbook with one sheet of this name and its header.
    pub fn new(locale: &Locale, title: &str, columns: &[Column]) -> Result<Xlsx, XlsxError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(sheet_name(title))?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (at, column) in (0_u16..).zip(columns) {
            sheet.set_column_width(at, if column.main { 28 } else { 20 })?;
            let title = if column.unit.is_empty() {
                column.title.to_string()
            } else {
                format!("{} ({})", column.title, column.unit)
            };
            sheet.write_string_with_format(0, at, title, &bold)?;
        }
        Ok(Xlsx {
            locale: locale.clone(),
            workbook,
            rows: 0,
            bold,
            date: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            percent: Format::new().set_num_format("0.0"),
        })
    }

    /// One row. What a sheet cannot hold is said in its last row.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        if self.rows >= MOST_ROWS {
            return Ok(());
        }
        self.rows += 1;
        let row = self.rows;
        let (locale, date, percent) = (&self.locale, &self.date, &self.percent);
        let sheet = self.workbook.worksheet_from_index(0)?;
        if row == MOST_ROWS {
            sheet.write_string_with_format(row, 0, "…", &self.bold)?;
            return Ok(());
        }
        for (at, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Text(text)
                | Cell::Mono(text)
                | Cell::Link { text, .. }
                | Cell::State(_, text)
                | Cell::Mark(text) => {
                    sheet.write_string(row, at, cut(text))?;
                }
                Cell::Lines(text) => {
                    sheet.write_string(row, at, cut(&text.lines().collect::<Vec<_>>().join(", ")))?;
                }
                Cell::Number(number) | Cell::Size(number) | Cell::Counted { count: number, .. } => {
                    sheet.write_number(row, at, *number as f64)?;
                }
                Cell::Decimal(number) => drop(sheet.write_number(row, at, f64::from(*number))?),
                Cell::Exact(number, _) => drop(sheet.write_number(row, at, *number)?),
                Cell::Day(day) => {
                    if let Some(days) = whole_days(*day) {
                        sheet.write_number_with_format(row, at, days, &self.day)?;
                    }
                }
                Cell::Percent(number) | Cell::Filled(number) => {
                    sheet.write_number_with_format(row, at, f64::from(*number), percent)?;
                }
                Cell::Date(moment) | Cell::Since(moment) => {
                    if let Some(days) = days(locale, moment.0) {
                        sheet.write_number_with_format(row, at, days, date)?;
                    }
                }
                Cell::Flag(flag) => drop(sheet.write_boolean(row, at, *flag)?),
                Cell::Empty => {}
            }
        }
        Ok(())
    }

    /// The whole file.
    pub fn finish(mut self) -> Result<Vec<u8>, XlsxError> {
        self.workbook.save_to_buffer()
    }
}

/// Days from the end of 1899 to 1970.
const BEFORE_1970: i64 = 25_569;

/// A day in the same count. That count is off by one before March 1900; such a day is left out.
fn whole_days(day: jiff::civil::Date) -> Option<f64> {
    /// The 1st of March 1900.
    const FIRST: i64 = 61;
    let seconds = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(seconds.div_euclid(86_400) + BEFORE_1970).filter(|days| *days >= FIRST).map(|days| days as f64)
}

/// Local time as spreadsheets count it: days since the end of 1899.
fn days(locale: &Locale, seconds: i64) -> Option<f64> {
    let at = jiff::Timestamp::from_second(seconds).ok()?;
    let local = seconds + i64::from(locale.zone.to_offset(at).seconds());
    Some(local as f64 / 86_400.0 + BEFORE_1970 as f64).filter(|days| *days >= 0.0)
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST_TEXT / 2).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// A name that a sheet may have: 31 characters, none of those that formulas use.
fn sheet_name(title: &str) -> String {
    let name: String = title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect();
    if name.trim().is_empty() { "1".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use jiff::tz::{TimeZone, offset};

    use super::*;
    use crate::clock::Timestamp;
    use crate::i18n::Lang;

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn con_gen_16_cells_have_their_types_and_the_header_stays() {
        let locale = Locale { lang: Lang::En, now: Timestamp(0), zone: TimeZone::fixed(offset(1)) };
        let columns = [
            Column { title: "Name".into(), main: true, ..Column::default() },
            Column { title: "Memory".into(), unit: "MB", ..Column::default() },
            Column { title: "Seen".into(), ..Column::default() },
            Column { title: "Price".into(), ..Column::default() },
            Column { title: "Bought".into(), ..Column::default() },
        ];
        let mut book = Xlsx::new(&locale, "Computers: [all]?", &columns).unwrap();
        let row = [
            Cell::Text("=1+1 <b>".into()),
            Cell::Number(16_384),
            Cell::Date(Timestamp(1_795_179_600)),
            Cell::Exact(-1_234_567.125, "-1234567,125".into()),
            Cell::Day(jiff::civil::date(2026, 11, 20)),
        ];
        book.row(&row).unwrap();
        book.row(&[Cell::Empty, Cell::Empty, Cell::Empty]).unwrap();
        let bytes = book.finish().unwrap();
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        for expected in [
            "Memory (MB)",
            "=1+1 &lt;b&gt;",
            "<v>16384</v>",
            "state=\"frozen\"",
            "<v>46346.5833333",
            "<v>-1234567.125</v>",
            "<v>46346</v>",
        ] {
            assert!(sheet.contains(expected), "{expected} is not in {sheet}");
        }
        assert!(!sheet.contains("<f>"), "no formula");
        assert!(part(&bytes, "xl/workbook.xml").contains("name=\"Computers all\""));
    }
}
