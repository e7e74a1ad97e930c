//! Building a package: the tasks to choose from, the form of one, and the look at it before it is built (CON-DEP-1 to 4,
//! CON-DEP-6).

use maud::{Markup, html};

use super::packages::system as system_word;
use super::sending::{self, Sending};
use crate::console::view::address::Address;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form_with, hidden, upload_form};
use crate::console::view::message::{Message, Tone, message};
use crate::console::view::table::Cell;
use crate::console::view::{Locale, format};
use crate::deployment::building::{Typed, field as name};
use crate::deployment::drafts::Draft;
use crate::deployment::files::cut;
use crate::deployment::pace::{Pace, sizes, usual};
use crate::deployment::package::{Action, Package, Protocol, System};
use crate::deployment::tasks::{Ask, Brings, TASKS, Task};
use crate::i18n;

/// Where a package is built.
pub const NEW: &str = "/ocsreports/deploy/new";
/// Title key of the page that offers the tasks.
pub const TITLE: &str = "build.title";
/// Which task, in the address and the form.
pub const TASK: &str = "task";
/// For which system, in the address and the form.
pub const SYSTEM: &str = "system";
/// The archive that is there already.
pub const ARCHIVE: &str = "archive";
/// Bytes of a fragment.
pub const FRAGMENT: &str = "fragment";
/// The form was looked at: build it.
pub const STEP: &str = "step";
/// The value of [`STEP`].
pub const BUILD: &str = "build";
/// Back to the form.
pub const BACK: &str = "change";

/// The form of a task.
pub fn form_of(task: &Task, system: System) -> String {
    Address::new(NEW).with(TASK, task.key).with(SYSTEM, system.word()).to_string()
}

/// The title of a task.
pub fn title(locale: &Locale, task: &Task) -> &'static str {
    locale.text(&format!("build.task-{}", task.key))
}

/// Writes the tasks of each system.
pub fn tasks(locale: &Locale) -> Markup {
    html! {
        p.lead { (locale.text("build.lead")) }
        @for system in System::ALL {
            (card(Some(locale.text(system_word(system))), html! {
                ul.tasks {
                    @for task in TASKS.iter().filter(|task| task.systems.contains(&system)) {
                        li {
                            a href=(form_of(task, system)) { (title(locale, task)) }
                            p.help { (locale.text(&format!("build.task-{}-what", task.key))) }
                        }
                    }
                }
            }))
        }
    }
}

/// The form of a task.
pub struct BuildForm<'a> {
    /// The task.
    pub task: &'a Task,
    /// The system.
    pub system: System,
    /// What was typed.
    pub typed: &'a Typed<'a>,
    /// A script that was typed.
    pub script: &'a str,
    /// The archive that came before.
    pub draft: Option<&'a Draft>,
    /// What is wrong.
    pub errors: &'a [FieldError],
    /// Bytes of a file at most.
    pub most: u64,
    /// Bytes that are free on the disk.
    pub free: u64,
    /// Files at most.
    pub files: usize,
    /// Files that come in pieces.
    pub sending: Sending<'a>,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the form.
pub fn form(locale: &Locale, page: &BuildForm) -> Markup {
    let (typed, text) = (page.typed, |key: &str| locale.text(key));
    let ask = |name, label, help: &str, required, control| {
        field(&Field { name, label: text(label), help, required, control }, page.errors)
    };
    let line = |value| Control::Line { value, fills: "off", unit: "", code: false };
    let protocols = [Protocol::Https, Protocol::Http].map(|one| (one.word(), text(protocol(one))));
    let windows = page.system == System::Windows;
    let fields = html! {
        (hidden(TASK, page.task.key))
        (hidden(SYSTEM, page.system.word()))
        @if let Some(draft) = page.draft { (hidden(ARCHIVE, &draft.token)) }
        (ask(name::NAME, "build.name", text("build.name-help"), true, line(typed.name)))
        (files(locale, page))
        @for asked in page.task.asks { (question(locale, page, asked)) }
        (ask(name::DESCRIPTION, "build.description", "", false, Control::Lines { value: typed.description, rows: 2 }))
        fieldset {
            legend { (text("build.fetching")) }
            (ask(name::PROTOCOL, "build.protocol", text("build.protocol-help"), false,
                Control::Select { value: typed.protocol, choices: &protocols }))
            (ask(name::PRIORITY, "build.priority", text("build.priority-help"), true,
                Control::Select { value: typed.priority, choices: &PRIORITIES }))
        }
        @if windows {
            fieldset {
                legend { (text("build.user")) }
                (ask(name::NOTIFY, "build.notify", "", false, Control::Check { on: typed.notify }))
                (ask(name::NOTIFY_TEXT, "build.notify-text", "", false, Control::Lines { value: typed.notify_text, rows: 2 }))
                (ask(name::NOTIFY_COUNTDOWN, "build.countdown", text("build.countdown-help"), false, Control::Line {
                    value: typed.notify_countdown, fills: "off", unit: text("build.seconds"), code: true,
                }))
                (ask(name::NOTIFY_ABORT, "build.abort", "", false, Control::Check { on: typed.notify_abort }))
                (ask(name::NOTIFY_DELAY, "build.delay", "", false, Control::Check { on: typed.notify_delay }))
                (ask(name::DONE, "build.done", text("build.done-help"), false, Control::Check { on: typed.done }))
                (ask(name::DONE_TEXT, "build.done-text", "", false, Control::Lines { value: typed.done_text, rows: 2 }))
            }
        }
    };
    html! {
        p.lead { (text(&format!("build.task-{}-what", page.task.key))) }
        (upload_form(locale, &Form { action: NEW, token: page.token, errors: page.errors, submit: text("build.next") }, fields))
    }
}

/// Priorities as the form offers them.
const PRIORITIES: [(&str, &str); 11] = [
    ("0", "0"),
    ("1", "1"),
    ("2", "2"),
    ("3", "3"),
    ("4", "4"),
    ("5", "5"),
    ("6", "6"),
    ("7", "7"),
    ("8", "8"),
    ("9", "9"),
    ("10", "10"),
];

/// The fields for files and scripts, with what came before.
fn files(locale: &Locale, page: &BuildForm) -> Markup {
    let size = |bytes| i18n::size(locale.lang, bytes);
    let (most, free) = (size(page.most), size(page.free));
    let kind = if page.system == System::Windows { "zip" } else { "tar" };
    let many = page.task.brings == Brings::Files;
    let help = locale.fill(&format!("build.file-{kind}"), &[("most", &most), ("free", &free)]);
    let script = matches!(page.task.brings, Brings::Script(_));
    let label = match page.task.brings {
        Brings::Files => "build.files",
        Brings::Script(_) => "build.script-file",
        Brings::Maybe => "build.file-maybe",
        Brings::File | Brings::Nothing => "build.file",
    };
    let lines = Control::Lines { value: page.script, rows: 10 };
    let most = if many { page.files } else { 1 };
    let control = Control::Files { kinds: "", most };
    let required = page.draft.is_none() && !script;
    let file = Field { name: name::FILE, label: locale.text(label), help: &help, required, control };
    html! {
        @if page.task.takes_files() {
            @if script {
                (field(&Field {
                    name: name::SCRIPT, label: locale.text("build.script"), help: locale.text("build.script-help"),
                    required: false, control: lines,
                }, page.errors))
            }
            @if let Some(draft) = page.draft.filter(|_| page.script.is_empty()) {
                p.help { (locale.fill("build.kept", &[("name", &draft.label), ("size", &size(draft.size))])) }
            }
            (sending::field(locale, &file, &page.sending, page.errors))
        }
    }
}

fn question(locale: &Locale, page: &BuildForm, asked: &Ask) -> Markup {
    let (typed, text) = (page.typed, |key: &str| locale.text(key));
    let windows = page.system == System::Windows;
    let code = |value| Control::Line { value, fills: "off", unit: "", code: true };
    let ask = |name, label: &str, help: &str, required, control| {
        field(&Field { name, label: text(label), help: text(help), required, control }, page.errors)
    };
    match asked {
        Ask::Run => ask(name::RUN, "build.run", "build.run-help", false, code(typed.run)),
        Ask::Arguments(_) => {
            ask(name::ARGUMENTS, "build.arguments", "build.arguments-help", false, code(typed.arguments))
        }
        Ask::Command => {
            let help = if windows { "build.command-help" } else { "build.command-help-unix" };
            ask(name::COMMAND, "build.command", help, page.task.asks.len() == 1, code(typed.command))
        }
        Ask::Path => {
            let help = if windows { "build.path-help" } else { "build.path-help-unix" };
            ask(name::PATH, "build.path", help, true, code(typed.path))
        }
        Ask::Product => ask(name::PRODUCT, "build.product", "build.product-help", false, code(typed.product)),
        Ask::Action => {
            let actions = Action::ALL.map(|one| (one.word(), text(action(one))));
            html! {
                (ask(name::ACTION, "build.action", "build.action-help", false,
                    Control::Radio { value: typed.action, choices: &actions }))
                (ask(name::ARGUMENT, "build.argument", "build.argument-help", true, code(typed.argument)))
            }
        }
    }
}

/// The key of the sentence about an action.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::Launch => "build.launch",
        Action::Execute => "build.execute",
        Action::Store => "build.store",
    }
}

/// The key of the sentence about a protocol.
pub fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "build.http",
        Protocol::Https => "build.https",
    }
}

/// A package before it is built.
pub struct Check<'a> {
    /// What it will be.
    pub package: &'a Package,
    /// Its archive.
    pub draft: Option<&'a Draft>,
    /// The pauses of agents.
    pub pace: Pace,
    /// Bytes of a fragment by the option.
    pub fragment: u64,
    /// The size of fragments is asked for; else the archive is cut by the option.
    pub asks: bool,
    /// What was typed.
    pub carried: &'a [(String, String)],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the look at it.
pub fn check(locale: &Locale, page: &Check) -> Markup {
    let package = page.package;
    let text = |key: &str| locale.text(key);
    let mut known = vec![
        Definition { label: text("packages.name"), value: Cell::text(&package.name) },
        Definition { label: text("packages.system"), value: Cell::text(text(system_word(package.system))) },
        Definition { label: text(action(package.action)), value: Cell::mono(&package.argument) },
    ];
    if let Some(draft) = page.draft {
        let (size, n) = (i18n::size(locale.lang, draft.size), number(draft.listing.entries.len() as u64));
        known.push(Definition { label: text("build.archive"), value: Cell::text(&draft.label) });
        known.push(Definition { label: text("packages.size"), value: Cell::Text(size.into()) });
        known.push(Definition { label: text("package.entries"), value: Cell::Number(n) });
        if !page.asks {
            let (fragment, n) = cut(draft.size, page.fragment);
            let size = i18n::size(locale.lang, fragment.min(draft.size));
            let pieces = fragmented(locale, package, &page.pace, &size, n);
            known.push(Definition { label: text("build.fragment-auto"), value: Cell::Text(pieces.into()) });
        }
    }
    let fields = html! {
        @for (name, value) in page.carried { (hidden(name, value)) }
        (hidden(STEP, BUILD))
        @if let Some(draft) = page.draft {
            (hidden(ARCHIVE, &draft.token))
            @if page.asks { div data-slider { (fragments(locale, page, draft)) } }
        }
    };
    let back = html! { button.button name=(BACK) value="1" { (text("build.change")) } };
    let submit = text("build.submit");
    html! {
        (warnings(locale, package, &page.pace))
        (card(None, definitions(locale, &known)))
        (form_with(locale, &Form { action: NEW, token: page.token, errors: &[], submit }, fields, back))
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What is said about a priority that holds others up, or that is never reached.
pub fn warnings(locale: &Locale, package: &Package, pace: &Pace) -> Markup {
    let mut said = Vec::new();
    if package.priority == 0 {
        said.push(locale.text("build.warning-first").to_owned());
    }
    if pace.never(package.priority) {
        said.push(locale.fill("build.warning-never", &[("length", &pace.length)]));
    }
    html! {
        @for text in said { (message(locale, &Message { tone: Tone::Warning, text, action: None })) }
    }
}

/// The sizes of fragments, each with how many there are and how long that takes.
fn fragments(locale: &Locale, page: &Check, draft: &Draft) -> Markup {
    let chosen = usual(draft.size, page.fragment).to_string();
    let words: Vec<(String, String)> = sizes(draft.size, page.fragment)
        .into_iter()
        .map(|wanted| {
            let (fragment, n) = cut(draft.size, wanted);
            let size = i18n::size(locale.lang, fragment.min(draft.size));
            (wanted.to_string(), fragmented(locale, page.package, &page.pace, &size, n))
        })
        .collect();
    let choices: Vec<(&str, &str)> = words.iter().map(|(value, words)| (value.as_str(), words.as_str())).collect();
    field(
        &Field {
            name: FRAGMENT,
            label: locale.text("build.fragment"),
            help: locale.text("build.fragment-help"),
            required: false,
            control: Control::Select { value: &chosen, choices: &choices },
        },
        &[],
    )
}

/// So many fragments of a size, and how long agents take.
pub fn fragmented(locale: &Locale, package: &Package, pace: &Pace, size: &str, n: u32) -> String {
    let count = format::number(locale.lang, i64::from(n));
    let form = if n == 1 { "one" } else { "many" };
    match pace.seconds(package.system, package.priority, n) {
        Some(seconds) => {
            let time = time(locale, seconds);
            locale.fill(&format!("build.pieces.{form}"), &[("size", &size), ("n", &count), ("time", &time)])
        }
        None => locale.fill(&format!("build.pieces-never.{form}"), &[("size", &size), ("n", &count)]),
    }
}

/// A time in words, rounded up in its unit.
pub fn time(locale: &Locale, seconds: u64) -> String {
    match seconds {
        0..5_400 => format::waiting(locale, seconds),
        5_400..172_800 => locale.count("build.hours", seconds.div_ceil(3_600)),
        _ => locale.count("build.days", seconds.div_ceil(86_400)),
    }
}
