//! What the original server stored, read from the rows that were captured beside the exchanges.

use std::collections::BTreeMap;
use std::path::Path;

/// Rows by table, as column and value; NULL is `None`.
pub type Tables = BTreeMap<String, Vec<BTreeMap<String, Option<String>>>>;

/// The rows of a scenario. `None`, with a word on the screen, when they are not beside the sources.
pub fn tables(label: &str) -> Option<Tables> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/agents");
    match std::fs::read_to_string(folder.join(format!("{label}.rows.sql"))) {
        Ok(sql) => Some(read(&sql)),
        Err(error) => {
            eprintln!("SKIPPED: the rows of {label} are not there ({error}); nothing was compared with the original");
            None
        }
    }
}

/// Rows of ``INSERT INTO `t` (`A`, `B`) VALUES (1,'x');`` lines.
fn read(sql: &str) -> Tables {
    let mut tables = Tables::new();
    for line in sql.lines() {
        let Some(rest) = line.strip_prefix("INSERT INTO `") else { continue };
        let (table, rest) = rest.split_once("` (").unwrap();
        let (columns, values) = rest.split_once(") VALUES (").unwrap();
        let columns = columns.split(", ").map(|column| column.trim_matches('`').to_owned());
        tables.entry(table.to_owned()).or_default().push(columns.zip(values_of(values)).collect());
    }
    tables
}

fn values_of(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let (mut value, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quoted => value.extend(characters.next().map(|c| if c == 'n' { '\n' } else { c })),
            '\'' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' | ')' if !quoted => {
                let null = !was_quoted && value == "NULL";
                values.push((!null).then(|| std::mem::take(&mut value)));
                (value, was_quoted) = (String::new(), false);
                if c == ')' {
                    break;
                }
            }
            c => value.push(c),
        }
    }
    values
}
