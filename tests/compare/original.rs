//! The original server: its agents' address and its database, through the client of MariaDB.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// Shown for NULL on both sides.
pub const NULL: &str = "(NULL)";

/// Rows of a table by computer: fields in the order that was asked for.
pub type RowsOf = BTreeMap<u64, Vec<Vec<String>>>;

pub struct Original {
    pub port: u16,
    pub socket: String,
}

impl Original {
    fn client(&self, sql: &str) -> Result<String, String> {
        let mut child = Command::new("mariadb")
            .args(["--no-defaults", "-u", "root", "--batch", "--skip-column-names"])
            .args(["--default-character-set=utf8mb4", "-S", &self.socket, "ocsweb"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("mariadb cannot be started: {error}"))?;
        let mut pipe = child.stdin.take().ok_or("no pipe")?;
        let text = sql.to_owned();
        let writing = std::thread::spawn(move || std::io::Write::write_all(&mut pipe, text.as_bytes()));
        let done = child.wait_with_output().map_err(|error| error.to_string())?;
        writing.join().map_err(|_| "writing failed")?.map_err(|error| error.to_string())?;
        if !done.status.success() {
            return Err(format!("{}: {sql:.300}", String::from_utf8_lossy(&done.stderr)));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    pub fn execute(&self, sql: &str) {
        self.client(sql).expect("the original's database takes the statement");
    }

    /// Rows of a query whose values are wrapped by [`wrapped`].
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let text = self.client(sql).expect("the original's database answers");
        text.lines().map(|line| line.split('\t').map(unwrapped).collect()).collect()
    }

    /// Columns of a table, in its own order.
    pub fn columns(&self, table: &str) -> Vec<String> {
        let sql = format!(
            "SELECT CONCAT('=', column_name) FROM information_schema.columns WHERE table_schema='ocsweb' AND \
             table_name='{table}' ORDER BY ordinal_position;"
        );
        self.query(&sql).into_iter().flatten().collect()
    }

    /// Tables that say something about computers.
    pub fn tables(&self) -> Vec<String> {
        let sql = "SELECT CONCAT('=', table_name) FROM information_schema.columns WHERE table_schema='ocsweb' AND \
                   column_name='HARDWARE_ID' ORDER BY table_name;";
        self.query(sql).into_iter().flatten().collect()
    }

    pub fn count(&self, table: &str) -> u64 {
        let rows = self.query(&format!("SELECT CONCAT('=', COUNT(*)) FROM `{table}`;"));
        rows[0][0].parse().expect("a number")
    }

    /// These columns of a table, by computer, in the order in which they were stored.
    pub fn rows(&self, table: &str, fields: &[&str], numbered: bool) -> RowsOf {
        let order = if numbered { ", ID" } else { "" };
        let columns = fields.iter().map(|field| wrapped(&format!("`{field}`"))).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT CONCAT('=', HARDWARE_ID), {columns} FROM `{table}` ORDER BY HARDWARE_ID{order};");
        let mut found = RowsOf::new();
        for mut row in self.query(&sql) {
            let id = row.remove(0).parse().expect("a number");
            found.entry(id).or_default().push(row);
        }
        found
    }
}

/// An expression so that NULL differs from any text.
pub fn wrapped(expression: &str) -> String {
    format!("IFNULL(CONCAT('=', {expression}), '-')")
}

/// The client escapes what would break its lines.
fn unwrapped(value: &str) -> String {
    let Some(text) = value.strip_prefix('=') else { return NULL.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => out.push(match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('0') => '\0',
                Some(other) => other,
                None => '\\',
            }),
            (c, false) => out.push(c),
        }
    }
    out
}
