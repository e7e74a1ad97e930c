//! The sample of the settings file.

use super::{Config, SETTINGS};

const HEAD: &str = "\
# Settings of Rollcall. Copy this file to config.toml in the data folder.
#
# Every setting stands here with its default: take the # in front of its name away to change it.
# The same can be said by the environment (web.http is ROLLCALL_WEB_HTTP) and, for some, by a flag; a flag wins over
# the environment, and this over the file. `rollcall config` shows which values apply and where each comes from.
# What is set in the console (Configuration) does not stand here.
";

/// Every setting with its meaning, what is allowed and its default; what `config --sample` prints.
pub fn sample() -> String {
    let mut out = HEAD.to_owned();
    let mut table = "";
    for setting in SETTINGS {
        let (section, name) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if section != table {
            table = section;
            out.push_str(&format!("\n[{section}]\n"));
        }
        out.push('\n');
        for line in wrapped(&format!("{} Allowed: {}.", setting.doc, setting.kind.allowed())) {
            out.push_str(&format!("# {line}\n"));
        }
        out.push_str(&format!("#{name} = {}\n", setting.toml(&Config::default())));
    }
    out
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 110 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn the_committed_sample_is_the_generated_one() {
        let committed = include_str!("../../assets/sample-config.toml").replace("\r\n", "\n");
        assert_eq!(committed, sample(), "write the output of `rollcall config --sample` to assets/sample-config.toml");
    }

    #[test]
    fn the_sample_without_its_marks_is_a_settings_file_that_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("all.toml");
        let sample = sample();
        let lines = sample.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') && !setting.is_empty() => format!("{setting}\n"),
            _ => format!("{line}\n"),
        });
        std::fs::write(&file, lines.collect::<String>()).unwrap();
        let config = Config::load(&Sources { file: Some(file), ..Sources::default() }).unwrap();
        for (line, default) in config.effective().iter().zip(Config::default().effective()) {
            assert_eq!(line.value, default.value, "{}", line.setting.name);
            assert!(matches!(line.origin, crate::config::Origin::File(..)), "{}", line.setting.name);
        }
    }
}
