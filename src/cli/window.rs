//! The window of a program that was started by a double-click: where the console is, the set-up code, how to stop.
//!
//! Source: issue "Installed in an office", double-click without installing; CON-SET-1.

use crate::i18n::{self, Lang};
use crate::system;

use super::serve::Places;

/// What stands in the window once the server answers.
pub fn text(places: &Places, lang: Lang) -> String {
    let row = |label: &str, value: &str| vec![i18n::text(lang, label).to_owned(), value.to_owned()];
    let mut rows = vec![row("window.console", &places.console)];
    if let Some(code) = &places.code {
        rows.push(row("window.code", code));
    }
    rows.push(row("window.agents", &places.agents));
    rows.push(row("window.data", &places.folder));
    let rows: String = super::columns(&rows).lines().map(|line| format!("    {line}\n")).collect();
    let rule = "=".repeat(78);
    let mut lines = vec![rule.clone(), format!("  Rollcall {}", env!("CARGO_PKG_VERSION")), String::new()];
    lines.push(rows);
    if places.local.is_some() {
        lines.push(format!("  {}", i18n::text(lang, "window.browser")));
    }
    if places.code.is_some() {
        lines.push(format!("  {}", i18n::text(lang, "window.code-use")));
    }
    lines.extend([String::new(), format!("  {}", i18n::text(lang, "window.stop")), rule, String::new()]);
    plain(&lines.join("\n"))
}

/// Shows the console in the browser, once.
pub fn browse(places: &Places) {
    if let Some(url) = &places.local
        && let Err(error) = system::open_browser(url)
    {
        tracing::warn!("the browser cannot be opened ({error}): open {url} in it");
    }
}

/// The language of the person in front of it.
pub fn language() -> Lang {
    if system::speaks_french() { Lang::Fr } else { Lang::En }
}

/// Waits until the person has read why the program ends: the window closes with it.
pub fn wait_for_reader(lang: Lang) {
    super::line(&plain(&format!("\n{}", i18n::text(lang, "window.enter"))));
    // A window without a keyboard has no reader.
    let _ = std::io::stdin().read_line(&mut String::new());
}

/// The fonts of windows have none of the narrow blanks.
fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places {
            folder: r"C:\Users\René\Inventaire été".to_owned(),
            agents: "http://pc-admin/ocsinventory".to_owned(),
            console: "https://pc-admin/ocsreports".to_owned(),
            code: Some("ABCD-EFGH".to_owned()),
            local: Some("http://localhost/ocsreports".to_owned()),
        }
    }

    #[test]
    fn a_double_click_shows_console_code_agents_and_how_to_stop() {
        for (lang, stop) in [(Lang::En, "Close this window to stop"), (Lang::Fr, "Fermez cette fenêtre pour arrêter")]
        {
            let text = text(&places(), lang);
            let wanted =
                ["https://pc-admin/ocsreports", "ABCD-EFGH", "http://pc-admin/ocsinventory", r"C:\Users\René", stop];
            for wanted in wanted {
                assert!(text.contains(wanted), "{wanted} is missing in:\n{text}");
            }
            assert!(text.lines().all(|line| line.chars().count() <= 80), "wider than a window:\n{text}");
            assert!(!text.contains(['\u{a0}', '\u{202f}']));
        }
    }

    #[test]
    fn after_the_set_up_no_code_is_shown() {
        let text = text(&Places { code: None, ..places() }, Lang::En);
        assert!(!text.contains("code"), "{text}");
    }
}
