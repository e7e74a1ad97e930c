//! A CSV text as lines of cells.
//!
//! The separator is the one of `;`, `,` and tab that stands most often in the first line. Cells may be quoted; an
//! apostrophe in front of what looks like a formula is the one that our own exports put there.

/// Most lines, the titles left out.
pub const MOST_ROWS: usize = 5000;
/// Most columns.
pub const MOST_COLUMNS: usize = 50;

/// The lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The first line.
    pub titles: Vec<String>,
    /// The other lines, without empty ones.
    pub rows: Vec<Vec<String>>,
    /// For each of them the line of the file on which it begins, from 1.
    pub numbers: Vec<usize>,
}

/// Why a text is no sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSheet {
    /// It has no line below the titles.
    Empty,
    /// It has too many lines or columns.
    Large,
    /// A quoted cell does not end.
    Open,
}

/// Reads a text.
///
/// # Errors
/// [`BadSheet`]
pub fn read(text: &str) -> Result<Sheet, BadSheet> {
    let text = text.trim_start_matches('\u{FEFF}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: char| first.chars().filter(|c| *c == separator).count();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',');
    let filled = |(_, line): &(usize, Vec<String>)| line.iter().any(|cell| !cell.trim().is_empty());
    let mut lines = lines(text, separator)?.into_iter().filter(filled);
    let (_, titles) = lines.next().ok_or(BadSheet::Empty)?;
    let titles: Vec<String> = titles.iter().map(|title| title.trim().to_owned()).collect();
    let (numbers, rows): (Vec<usize>, Vec<Vec<String>>) = lines.unzip();
    match (rows.len(), titles.len()) {
        (0, _) => Err(BadSheet::Empty),
        (rows, columns) if rows > MOST_ROWS || columns > MOST_COLUMNS => Err(BadSheet::Large),
        _ => Ok(Sheet { titles, rows, numbers }),
    }
}

/// Lines of cells, each with the line of the text on which it begins.
fn lines(text: &str, separator: char) -> Result<Vec<(usize, Vec<String>)>, BadSheet> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut begins, mut number) = (1, 1);
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        number += usize::from(c == '\n' || c == '\r' && chars.peek() != Some(&'\n'));
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() && !was_quoted => {
                cell.clear();
                (quoted, was_quoted) = (true, true);
            }
            c if quoted => cell.push(c),
            c if c == separator => {
                line.push(plain(std::mem::take(&mut cell)));
                was_quoted = false;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => {
                line.push(plain(std::mem::take(&mut cell)));
                lines.push((begins, std::mem::take(&mut line)));
                (begins, was_quoted) = (number, false);
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(BadSheet::Open);
    }
    line.push(plain(cell));
    lines.push((begins, line));
    Ok(lines)
}

/// Without the apostrophe of an export.
fn plain(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest.to_owned(),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn con_adm_4_files_of_spreadsheets_are_read() {
        let sheet =
            read("\u{FEFF}Name; \"Price;EUR\" ;Note\r\n PC-1;12,50;\"a \"\"b\"\"\r\nc\"\r\n;;\r\nPC-2;'-3;\n").unwrap();
        assert_eq!(sheet.titles, ["Name", "Price;EUR", "Note"]);
        let rows: Vec<Vec<&str>> = sheet.rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        assert_eq!(rows, [vec![" PC-1", "12,50", "a \"b\"\r\nc"], vec!["PC-2", "-3", ""]]);
        assert_eq!(read("a\tb\n1\t2").unwrap().rows, [["1", "2"]]);
    }

    #[test]
    fn con_adm_4_lines_are_counted_as_an_editor_counts_them() {
        let numbers = |text: &str| read(text).unwrap().numbers;
        assert_eq!(numbers("a;b\n1;2\n3;4"), [2, 3]);
        assert_eq!(numbers("\r\na;b\r\n\r\n1;\"x\r\ny\"\r\n;\r\n3;4\r\n"), [4, 7]);
        assert_eq!(numbers("a\r1\r\r2"), [2, 4]);
        assert_eq!(read("\n\na;b\n1;2").unwrap().titles, ["a", "b"]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(read(" \n\n"), Err(BadSheet::Empty));
        assert_eq!(read("a,b\n"), Err(BadSheet::Empty));
        assert_eq!(read("a,b\n\"x"), Err(BadSheet::Open));
        assert_eq!(read(&format!("a\n{}", "x\n".repeat(MOST_ROWS + 1))), Err(BadSheet::Large));
        assert_eq!(read(&format!("{}\nx", "a,".repeat(MOST_COLUMNS))), Err(BadSheet::Large));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a\",;\t\r\n' =é]{0,60}") {
            if let Ok(sheet) = read(&text) {
                prop_assert!(!sheet.rows.is_empty());
                prop_assert_eq!(sheet.rows.len(), sheet.numbers.len());
            }
        }
    }
}
