//! An inventory as lines of text, to be changed the way a computer changes.
//!
//! The generator writes one element a line, so that a section is a run of lines.

use std::ops::Range;

/// The text of one inventory.
#[derive(Clone)]
pub struct Document(Vec<String>);

impl Document {
    pub fn of(text: &str) -> Document {
        Document(text.lines().map(str::to_owned).collect())
    }

    pub fn text(&self) -> String {
        self.0.join("\n") + "\n"
    }

    /// Lines of each occurrence of a section, its own tags included.
    pub fn sections(&self, tag: &str) -> Vec<Range<usize>> {
        let (begin, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = (at..self.0.len()).find(|line| self.0[*line].trim() == begin) {
            let Some(stop) = (start..self.0.len()).find(|line| self.0[*line].trim() == end) else { break };
            found.push(start..stop + 1);
            at = stop + 1;
        }
        found
    }

    /// Lines that are one element with nothing but text, as line and name.
    pub fn leaves(&self, section: Range<usize>) -> Vec<(usize, String)> {
        let inner = section.start + 1..section.end.saturating_sub(1);
        inner.filter_map(|line| Some((line, name(self.0[line].trim())?.to_owned()))).collect()
    }

    pub fn replace(&mut self, line: usize, name: &str, value: &str) {
        self.0[line] = if value.is_empty() { format!("<{name} />") } else { format!("<{name}>{value}</{name}>") };
    }

    /// Sets a field in the first occurrence of a section; adds it where it is missing.
    pub fn set(&mut self, tag: &str, field: &str, value: &str) {
        let Some(section) = self.sections(tag).into_iter().next() else { return };
        match self.leaves(section.clone()).into_iter().find(|(_, name)| name == field) {
            Some((line, _)) => self.replace(line, field, value),
            None => self.0.insert(section.start + 1, format!("<{field}>{value}</{field}>")),
        }
    }

    /// What stands in a field of the first occurrence of a section, as it is written.
    pub fn get(&self, tag: &str, field: &str) -> Option<&str> {
        let section = self.sections(tag).into_iter().next()?;
        let (line, _) = self.leaves(section).into_iter().find(|(_, name)| name == field)?;
        let (_, rest) = self.0[line].split_once('>')?;
        rest.split_once("</").map(|(value, _)| value)
    }

    /// Takes a field away from the first occurrence of a section.
    pub fn unset(&mut self, tag: &str, field: &str) {
        let section = self.sections(tag).into_iter().next();
        let leaves = section.map(|section| self.leaves(section)).unwrap_or_default();
        if let Some((line, _)) = leaves.into_iter().find(|(_, name)| name == field) {
            self.0.remove(line);
        }
    }

    /// Takes every occurrence of a section away; says how many there were.
    pub fn remove(&mut self, tag: &str) -> usize {
        let sections = self.sections(tag);
        for section in sections.iter().rev() {
            self.0.drain(section.clone());
        }
        sections.len()
    }

    /// Lines into CONTENT, at its beginning.
    pub fn insert(&mut self, text: &str) {
        let at = self.0.iter().position(|line| line.trim() == "<CONTENT>").map_or(0, |at| at + 1);
        self.0.splice(at..at, text.lines().map(str::to_owned));
    }

    /// A row once more, after itself.
    pub fn double(&mut self, section: Range<usize>) {
        let lines: Vec<String> = self.0[section.clone()].to_vec();
        self.0.splice(section.end..section.end, lines);
    }

    pub fn cut(&mut self, section: Range<usize>) {
        self.0.drain(section);
    }

    /// Takes an element away that stands alone on its line, wherever it is.
    pub fn remove_line(&mut self, field: &str) {
        self.0.retain(|line| name(line.trim()) != Some(field));
    }

    /// The identifier beside CONTENT.
    pub fn device(&self) -> String {
        let line = self.0.iter().rev().chain(&self.0).find(|line| line.trim().starts_with("<DEVICEID>"));
        let value = line.and_then(|line| line.split_once('>')?.1.split_once('<').map(|(value, _)| value.to_owned()));
        value.unwrap_or_default()
    }

    pub fn set_device(&mut self, device: &str) {
        let old = format!("<DEVICEID>{}</DEVICEID>", self.device());
        for line in &mut self.0 {
            if line.trim() == old {
                *line = format!("<DEVICEID>{device}</DEVICEID>");
            }
        }
    }
}

/// The name of an element that stands alone on its line.
fn name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('<')?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, tail) = rest.split_at(end);
    let whole = tail.trim() == "/>" || tail.ends_with(&format!("</{name}>"));
    (whole && !name.is_empty()).then_some(name)
}
