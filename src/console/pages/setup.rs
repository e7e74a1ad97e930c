//! The first set-up and the next steps after it (CON-SET-1, 2, 3, 5).

use maud::{Markup, html};

use super::{IMPORTS, SETUP};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form};
use crate::console::view::frame::own_name;
use crate::console::view::message::Tone;
use crate::console::view::table::{Cell, cell};
use crate::console::view::{Locale, data, lang_code, mono};
use crate::i18n::Lang;

/// Whether a port can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortState {
    /// We answer on it.
    Ours,
    /// Nobody uses it.
    Free,
    /// Another program uses it.
    Busy,
    /// The system does not let us use it.
    NotAllowed,
}

/// One port of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// HTTPS; otherwise HTTP.
    pub tls: bool,
    /// Whether it can be used.
    pub state: PortState,
}

/// What was typed into the set-up, or is filled in at first. Passwords are never shown again.
#[derive(Debug, Clone, Default)]
pub struct SetupForm<'a> {
    /// The one-time code.
    pub code: &'a str,
    /// Name of the administrator.
    pub account: &'a str,
    /// The question for the TAG.
    pub question: &'a str,
    /// Names and addresses of this server, one on a line.
    pub names: &'a str,
}

/// What the set-up shows.
#[derive(Debug, Clone)]
pub struct SetupPage<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// The reader is at another machine: ask for the one-time code.
    pub ask_code: bool,
    /// Shortest password that is accepted.
    pub password_min: u8,
    /// What was typed.
    pub typed: SetupForm<'a>,
    /// What is wrong with it.
    pub errors: &'a [FieldError],
    /// The ports of the server.
    pub ports: &'a [Port],
}

/// Title key of the set-up.
pub const TITLE: &str = "setup.title";

/// Writes the set-up. The form posts `code`, `account`, `password`, `again`, `lang`, `question`, `names`, `token`.
pub fn body(locale: &Locale, page: &SetupPage) -> Markup {
    let (typed, errors) = (&page.typed, page.errors);
    let languages = [Lang::En, Lang::Fr].map(|lang| (lang_code(lang), own_name(lang)));
    let password_help = locale.fill("setup.password-help", &[("n", &page.password_min)]);
    let line = |value, fills, code| Control::Line { value, fills, unit: "", code };
    let fields = html! {
        @if page.ask_code {
            fieldset {
                legend { (locale.text("setup.part-code")) }
                (field(&Field {
                    name: "code", label: locale.text("setup.code"), help: locale.text("setup.code-help"), required: true,
                    control: line(typed.code, "one-time-code", true),
                }, errors))
            }
        }
        fieldset {
            legend { (locale.text("setup.part-account")) }
            (field(&Field {
                name: "account", label: locale.text("setup.account"), help: "", required: true,
                control: line(typed.account, "username", false),
            }, errors))
            (field(&Field {
                name: "password", label: locale.text("setup.password"), help: &password_help, required: true,
                control: Control::Password { fills: "new-password" },
            }, errors))
            (field(&Field {
                name: "again", label: locale.text("setup.again"), help: "", required: true,
                control: Control::Password { fills: "new-password" },
            }, errors))
            (field(&Field {
                name: "lang", label: locale.text("setup.language"), help: "", required: false,
                control: Control::Select { value: lang_code(locale.lang), choices: &languages },
            }, errors))
        }
        fieldset {
            legend { (locale.text("setup.part-server")) }
            (field(&Field {
                name: "names", label: locale.text("setup.names"), help: locale.text("setup.names-help"), required: true,
                control: Control::Lines { value: typed.names, rows: 4 },
            }, errors))
            (ports(locale, page.ports))
        }
        fieldset {
            legend { (locale.text("setup.part-tag")) }
            (field(&Field {
                name: "question", label: locale.text("setup.question"), help: locale.text("setup.question-help"),
                required: false, control: line(typed.question, "off", false),
            }, errors))
        }
    };
    html! {
        p.lead { (locale.text("setup.lead")) }
        (form(locale, &Form { action: SETUP, token: page.token, errors, submit: locale.text("setup.submit") }, fields))
    }
}

fn ports(locale: &Locale, ports: &[Port]) -> Markup {
    html! {
        div.field {
            p.label #ports { (locale.text("setup.ports")) }
            ul.ports aria-labelledby="ports" {
                @for port in ports {
                    @let (tone, key) = match port.state {
                        PortState::Ours => (Tone::Success, "setup.port-ours"),
                        PortState::Free => (Tone::Note, "setup.port-free"),
                        PortState::Busy => (Tone::Warning, "setup.port-busy"),
                        PortState::NotAllowed => (Tone::Warning, "setup.port-not-allowed"),
                    };
                    li {
                        span.port { (if port.tls { "HTTPS" } else { "HTTP" }) " " (port.number) }
                        (cell(locale, &Cell::State(tone, locale.text(key).into())))
                    }
                }
            }
        }
    }
}

/// What the next steps show.
#[derive(Debug, Clone)]
pub struct NextSteps<'a> {
    /// What agents are given as their server: `http://ocs.office.lan/ocsinventory`.
    pub server: &'a str,
    /// The server's name alone, for agents of the first generation.
    pub host: &'a str,
    /// Its HTTP port, which those agents are told apart.
    pub port: u16,
    /// The folder that is watched for inventory files.
    pub folder: &'a str,
    /// No computer has reported yet.
    pub first: bool,
    /// The reader may see what became of the files.
    pub results: bool,
}

/// Title key of the next steps.
pub const NEXT_TITLE: &str = "next.title";

/// Writes the next steps: point agents here, drop inventory files there.
pub fn next_steps(locale: &Locale, page: &NextSteps) -> Markup {
    let commands = [
        ("next.windows", format!("OCS-Windows-Agent-Setup-x64.exe /S /NOW /SERVER={}", page.server)),
        ("next.unix", format!("ocsinventory-agent --server={}", page.server)),
        ("next.glpi", format!("glpi-agent --server={}", page.server)),
        ("next.windows-1", format!("OcsAgentSetup.exe /S /SERVER:{} /PNUM:{}", page.host, page.port)),
    ];
    html! {
        div.prose {
            p.lead { (locale.text(if page.first { "next.lead" } else { "next.lead-more" })) }
            section.step {
                h2 { (locale.text("next.agents")) }
                p { (locale.text("next.agents-why")) }
                p.address { (mono(page.server)) }
                p { (locale.text("next.commands")) }
                dl.commands {
                    @for (key, command) in &commands { dt { (locale.text(key)) } dd { pre.copy { (data(command)) } } }
                }
                p.help { (locale.text("next.when")) }
            }
            section.step {
                h2 { (locale.text("next.files")) }
                p { (locale.text("next.files-why")) }
                p.address { (mono(page.folder)) }
                @if page.results { p { a href=(IMPORTS) { (locale.text("next.files-results")) } } }
            }
        }
    }
}
