//! The agent kit: the form, and the command lines with the archive (CON-AGT-2).

use maud::{Markup, html};

use super::agents;
use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::{Action, Locale, data};

/// Title key of the page.
pub const TITLE: &str = "kit.title";
/// The form.
pub const KIT: &str = "/ocsreports/agents/kit";
/// The archive.
pub const ARCHIVE: &str = "/ocsreports/agents/kit.zip";

/// The archive for a USB stick.
pub const STICK: &str = "/ocsreports/agents/stick.zip";

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Name of the server.
    pub server: String,
    /// `https` or `http`.
    pub protocol: String,
    /// Its port.
    pub port: String,
    /// TAG of the computers.
    pub tag: String,
    /// A first inventory at once.
    pub now: bool,
    /// An icon beside the clock.
    pub tray: bool,
}

impl Typed {
    /// Everything, to be sent again.
    fn carried(&self) -> Vec<(&'static str, &str)> {
        let mut all: Vec<(&'static str, &str)> =
            vec![("server", &self.server), ("protocol", &self.protocol), ("port", &self.port), ("tag", &self.tag)];
        all.extend(self.now.then_some(("now", "1")));
        all.extend(self.tray.then_some(("tray", "1")));
        all
    }
}

/// Writes the form.
pub fn body(locale: &Locale, form_token: &str, typed: &Typed, errors: &[FieldError]) -> Markup {
    let text = |key| locale.text(key);
    let ask = |name, label, help, required, control| {
        field(&Field { name, label: text(label), help: text(help), required, control }, errors)
    };
    let line = |value, code| Control::Line { value, fills: "off", unit: "", code };
    let protocols = [("https", text("kit.https")), ("http", text("kit.http"))];
    let fields = html! {
        (ask("server", "kit.server", "kit.server-help", true, line(&typed.server, true)))
        (ask("protocol", "kit.protocol", "kit.protocol-help", true,
            Control::Radio { value: &typed.protocol, choices: &protocols }))
        (ask("port", "kit.port", "kit.port-help", false, line(&typed.port, true)))
        (ask("tag", "kit.tag", "kit.tag-help", false, line(&typed.tag, false)))
        (ask("now", "kit.now", "kit.now-help", false, Control::Check { on: typed.now }))
        (ask("tray", "kit.tray", "kit.tray-help", false, Control::Check { on: typed.tray }))
    };
    html! {
        p.lead { (text("kit.lead")) }
        (form(locale, &Form { action: KIT, token: form_token, errors, submit: text("kit.submit") }, fields))
    }
}

/// Writes the command lines, and the button for the archive. `names` are the files of the kit.
pub fn made(
    locale: &Locale,
    form_token: &str,
    typed: &Typed,
    commands: &[(&'static str, String)],
    names: &[&str],
) -> Markup {
    html! {
        (card(Some(locale.text("kit.archive")), html! {
            p { (locale.text("kit.archive-what")) }
            ul.named { @for name in names { li { code { (name) } } } }
            form method="post" action=(ARCHIVE) {
                (token(form_token))
                @for (name, value) in typed.carried() { (hidden(name, value)) }
                div.actions {
                    button.button.primary { (locale.text("kit.fetch")) }
                    a.button href=(KIT) { (locale.text("kit.other")) }
                }
            }
        }))
        (card(Some(locale.text("kit.stick")), html! {
            p { (locale.text("kit.stick-what")) }
            form method="post" action=(STICK) {
                (token(form_token))
                @for (name, value) in typed.carried() { (hidden(name, value)) }
                div.actions { button.button { (locale.text("kit.stick-fetch")) } }
            }
        }))
        (card(Some(locale.text("kit.commands")), html! {
            dl.commands {
                @for (key, line) in commands { dt { (locale.text(key)) } dd { pre.copy { (data(line)) } } }
            }
        }))
    }
}

/// The pages above.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: agents::AGENTS.to_owned(), label: locale.text(agents::TITLE).to_owned() }]
}
