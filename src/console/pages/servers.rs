//! Redistribution servers: a package is activated on those of a group, and each has an address (CON-DEP-8).

use maud::{Markup, html};

use super::COMPUTERS;
use super::activate::{ACTIVATE, INFO, ONLY, of};
use super::groups::{address, members};
use crate::console::view::Action;
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Message, empty, message};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::deployment::package::PackageId;
use crate::groups::GroupId;
use crate::groups::servers::{BadServer, FOLDER, IP, NAMED, Reached};

/// Where a package is activated on servers, below the package.
pub const ON_SERVERS: &str = "/ocsreports/deploy/{id}/servers";
/// Where the address of a server is kept, below its group.
pub const KEEP: &str = "/ocsreports/groups/{id}/servers";
/// Field: the group.
pub const GROUP: &str = "group";
/// Field: the address of servers that have none of their own.
pub const PATTERN: &str = "pattern";
/// Field: the server.
pub const SERVER: &str = "server";
/// Servers that a page shows.
pub const MOST: usize = 200;

/// The text key of what is wrong with an address.
pub fn bad(server: BadServer) -> &'static str {
    match server {
        BadServer::Host => "servers.error-host",
        BadServer::Local => "activate.error-local",
        BadServer::Port => "activate.error-port",
        BadServer::Folder => "activate.error-folder",
    }
}

/// What was typed about an activation on servers.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Number of the group.
    pub group: String,
    /// Address of the information file.
    pub info: String,
    /// Address of servers that have none of their own.
    pub pattern: String,
    /// Nothing is activated.
    pub only: bool,
}

/// What the form shows.
pub struct ServersPage<'a> {
    /// The package.
    pub package: PackageId,
    /// The redistribution groups: number and words.
    pub groups: &'a [(String, String)],
    /// What was typed.
    pub typed: &'a Typed,
    /// The servers of the group that was chosen, with the addresses that would count.
    pub servers: &'a [Reached],
    /// All of it is good: what stands for these servers with their addresses, to be confirmed.
    pub ready: Option<&'a str>,
    /// Something that keeps it from being done now.
    pub said: Option<&'a Message>,
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the form, and under it the servers that are meant.
pub fn body(locale: &Locale, page: &ServersPage) -> Markup {
    let text = |key: &str| locale.text(key);
    if page.groups.is_empty() {
        return empty(&Empty {
            icon: Icon::Groups,
            title: text("groups.none-redistribution"),
            why: text("groups.none-redistribution-why"),
            action: Some(Action {
                href: super::groups::of_kind(crate::groups::Kind::Redistribution).to_string(),
                label: text("groups.add").to_owned(),
            }),
        });
    }
    let action = of(ON_SERVERS, page.package);
    let choices: Vec<(&str, &str)> = page.groups.iter().map(|(id, words)| (id.as_str(), words.as_str())).collect();
    let line = |value| Control::Line { value, fills: "off", unit: "", code: true };
    let one = |name, label: &str, help: &str, control| {
        field(&Field { name, label: text(label), help: text(help), required: true, control }, page.errors)
    };
    let fields = html! {
        (one(GROUP, "servers.group", "servers.group-help",
            Control::Select { value: &page.typed.group, choices: &choices }))
        (one(INFO, "activate.info", "activate.info-help", line(&page.typed.info)))
        (one(PATTERN, "servers.pattern", "servers.pattern-help", line(&page.typed.pattern)))
        (field(&Field {
            name: ONLY, label: text("activate.only"), help: "", required: false,
            control: Control::Check { on: page.typed.only },
        }, page.errors))
    };
    let around = Form { action: &action, token: page.token, errors: page.errors, submit: text("servers.next") };
    let count = page.servers.len() as u64;
    html! {
        @if let Some(said) = page.said { (message(locale, said)) }
        p.lead { (text("servers.lead")) }
        (form(locale, &around, fields))
        @if let Some(confirmed) = page.ready {
            (list(locale, page.servers, Some((page.package, &page.typed.info))))
            @let more = page.servers.len().saturating_sub(MOST) as u64;
            @if more > 0 { p { (locale.count("servers.more", more)) } }
            form.form method="post" action=(action) {
                (token(page.token))
                (hidden(GROUP, &page.typed.group))
                (hidden(INFO, &page.typed.info))
                (hidden(PATTERN, &page.typed.pattern))
                @if page.typed.only { (hidden(ONLY, "1")) }
                (hidden("confirmed", confirmed))
                @let deed = if page.typed.only { "servers.do-only" } else { "servers.do" };
                div.actions { button.button.primary { (locale.count(deed, count)) } }
            }
        }
    }
}

/// The servers with their addresses; with a package, each can be tried out.
fn list(locale: &Locale, servers: &[Reached], package: Option<(PackageId, &str)>) -> Markup {
    let title = |key| locale.text(key).into();
    let mut columns = vec![
        Column { title: title("servers.server"), main: true, ..Column::default() },
        Column { title: title("servers.address"), card: true, ..Column::default() },
    ];
    if package.is_some() {
        columns.push(Column { title: title("servers.check"), card: true, ..Column::default() });
    }
    let row = |server: &Reached| {
        let name = if server.name.is_empty() { format!("#{}", server.computer) } else { server.name.clone() };
        let mut cells = vec![
            Cell::Link { href: format!("{COMPUTERS}/{}", server.computer).into(), text: name.into() },
            match &server.address {
                Some(address) => Cell::Mono(address.clone().into()),
                None => Cell::Text(locale.text("servers.no-address").into()),
            },
        ];
        if let Some((id, info)) = package {
            cells.push(match &server.address {
                Some(fragments) => Cell::Link {
                    href: Address::new(of(ACTIVATE, id))
                        .with(INFO, info)
                        .with(super::activate::FRAGMENTS, fragments)
                        .with(ONLY, 1)
                        .to_string()
                        .into(),
                    text: locale.text("servers.try").into(),
                },
                None => Cell::Empty,
            });
        }
        cells
    };
    let rows: Vec<Vec<Cell>> = servers.iter().take(MOST).map(row).collect();
    let caption = locale.text("servers.title");
    html! { (table(locale, &Table { caption, columns: &columns, rows: &rows, order: None })) }
}

/// The servers of a group, and the form that gives one an address of its own.
pub fn of_group(
    locale: &Locale,
    group: GroupId,
    servers: &[Reached],
    typed: Option<&[&str; 4]>,
    form_token: Option<&str>,
    errors: &[FieldError],
) -> Markup {
    if servers.is_empty() {
        return Markup::default();
    }
    let text = |key: &str| locale.text(key);
    let numbers: Vec<String> = servers.iter().take(MOST).map(|server| server.computer.to_string()).collect();
    let choices: Vec<(&str, &str)> =
        numbers.iter().map(String::as_str).zip(servers.iter().map(|server| server.name.as_str())).collect();
    let [server, host, port, folder] = typed.copied().unwrap_or_default();
    let line = |value| Control::Line { value, fills: "off", unit: "", code: true };
    let one = |name, label: &str, help: &str, control| {
        field(&Field { name, label: text(label), help: text(help), required: false, control }, errors)
    };
    let action = super::group::of(KEEP, group);
    html! {
        (list(locale, servers, None))
        @if servers.len() > MOST { p { a href=(members(group)) { (text("groups.computers")) } } }
        @if let Some(form_token) = form_token {
            (form(locale, &Form { action: &action, token: form_token, errors, submit: text("servers.keep") }, html! {
                (one(SERVER, "servers.server", "servers.server-help", Control::Select { value: server, choices: &choices }))
                (one("host", "servers.host", "servers.host-help", line(host)))
                (one("port", "servers.port", "servers.port-help", line(port)))
                (one("folder", "servers.folder", "servers.folder-help", line(folder)))
            }))
        }
    }
}

/// What is proposed for servers without an address of their own.
pub fn usual() -> String {
    format!("{IP}/{FOLDER}")
}

/// Whether an address says which server is meant.
pub fn names_server(pattern: &str) -> bool {
    pattern.contains(IP) || pattern.contains(NAMED)
}

/// Back to the group.
pub fn back(group: GroupId) -> String {
    format!("{}?done=server", address(group))
}
