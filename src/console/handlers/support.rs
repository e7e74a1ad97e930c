//! What goes into the support bundle, and how names are replaced in it (CON-STA-2). Plain values in, a file out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Names of computers and people, in lower case, with what stands for each.
#[derive(Debug, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// Notes that `name` is to be written as `other`. The first of two for the same name counts.
    pub fn hide(&mut self, name: &str, other: &str) {
        let name = name.trim().to_lowercase();
        if !name.is_empty() {
            self.0.entry(name).or_insert_with(|| other.to_owned());
        }
    }

    /// The text with every name replaced, however it is written in capitals.
    pub fn replaced(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let mut text = Cow::Borrowed(text);
        // Names of several words first: their parts may be names of others.
        let mut long: Vec<_> = self.0.iter().filter(|(name, _)| !name.chars().all(in_word)).collect();
        long.sort_by_key(|(name, _)| std::cmp::Reverse((name.len(), *name)));
        for (name, other) in long {
            if let Cow::Owned(changed) = replace_folded(&text, name, other) {
                text = Cow::Owned(changed);
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut rest: &str = &text;
        while !rest.is_empty() {
            let length = rest.find(|char| !in_word(char)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            self.word(word, &mut out);
            let gap = after.find(in_word).unwrap_or(after.len());
            let (gap, after) = after.split_at(gap);
            out.push_str(gap);
            rest = after;
        }
        out
    }

    /// A word as it stands, or the parts of `name.domain` and `name@domain`.
    fn word(&self, word: &str, out: &mut String) {
        if let Some(other) = self.0.get(&word.to_lowercase()) {
            out.push_str(other);
            return;
        }
        for part in word.split_inclusive(['.', '@']) {
            let bare = part.trim_end_matches(['.', '@']);
            out.push_str(self.0.get(&bare.to_lowercase()).map_or(bare, String::as_str));
            out.push_str(part.get(bare.len()..).unwrap_or_default());
        }
    }
}

fn in_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '@')
}

/// Replaces a name of several words. Where lower case has another length, only the same spelling is found.
fn replace_folded<'t>(text: &'t str, name: &str, other: &str) -> Cow<'t, str> {
    let folded = text.to_lowercase();
    let searched = if folded.len() == text.len() { folded.as_str() } else { text };
    let mut out = String::new();
    let mut from = 0;
    for (at, found) in searched.match_indices(name) {
        let Some(before) = text.get(from..at) else { continue };
        out.push_str(before);
        out.push_str(other);
        from = at + found.len();
    }
    match text.get(from..) {
        Some(rest) if from > 0 => Cow::Owned(out + rest),
        _ => Cow::Borrowed(text),
    }
}

/// The bundle: files by their names, with what is in them.
pub fn bundle(files: &[(&str, String)], names: &Names) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in files {
        writer.start_file(*name, options)?;
        writer.write_all(names.replaced(text).as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_sta_2_names_are_replaced_wherever_they_stand() {
        let mut names = Names::default();
        names.hide("PC-7", "computer-1");
        names.hide("PC-7-2026-01-02-03-04-05", "device-1");
        names.hide("Marie", "account-1");
        names.hide("Jean Dupont", "user-1");
        names.hide(" ", "nothing");
        let text = "INFO device=PC-7-2026-01-02-03-04-05 name=pc-7 PC-70 by \"marie\" marie@office.lan PC-7.office.lan.\n\
                    user=OFFICE\\marie \"JEAN DUPONT\" é marie.";
        let expected = "INFO device=device-1 name=computer-1 PC-70 by \"account-1\" account-1@office.lan \
                        computer-1.office.lan.\nuser=OFFICE\\account-1 \"user-1\" é account-1.";
        assert_eq!(names.replaced(text), expected);
        assert_eq!(Names::default().replaced(text), text);
    }
}
