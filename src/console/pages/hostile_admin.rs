//! The pages of the administrator with a text wherever a value can be handed in.

use std::sync::Arc;

use maud::Markup;

use super::dashboard::Chart;
use super::own_certificate::OwnPage;
use super::values::{Chosen, Counts, Shown};
use super::{
    account, agents, audit, blacklists, certificates, config, fields, group, grouping, groups, kit, label, logs,
    own_certificate, password, registry, sample, status, users, values, who,
};
use crate::accountinfo::fields::{BadValue, Field, Kind};
use crate::accountinfo::import::Line;
use crate::accountinfo::import::table::Sheet;
use crate::config::{Config, Effective, Origin};
use crate::console::form::Form;
use crate::console::lists::filters::Chip;
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::deployment::affectation::ActivationId;
use crate::deployment::package::PackageId;
use crate::duplicates::junk::{Entry, List};
use crate::groups::servers::Reached;
use crate::groups::{Group, Server};
use crate::history::Action;
use crate::history::Handshakes;
use crate::history::audit::{Actor, Change, Entry as AuditEntry};
use crate::id::ComputerId;
use crate::log::read::Line as LogLine;
use crate::options::{OPTIONS, Value};
use crate::registry::Query;
use crate::tls::request::Wish;
use crate::tls::{Failed, OwnShown, Shown as Certificate, State, Summary};
use crate::users::{Preferences, Role, User};

/// Every page with `x` wherever a value can be handed in.
pub fn pages(locale: &Locale, x: &str) -> Vec<(&'static str, Markup)> {
    let own = |text: &str| text.to_owned();
    let errors = ["account", "label", "entries", "csv", "PROLOG_FREQ", "name"].map(|name| FieldError::new(name, x));
    let mut written = Vec::new();

    let row = |option: &&'static crate::options::Declaration| config::OptionRow {
        option,
        text: own(x),
        was: own(x),
        changed: Some((own(x), sample::NOW)),
    };
    let rows: Vec<_> = OPTIONS.iter().filter(|option| option.is_offered()).map(row).collect();
    let settings: Vec<Effective> = Config::default()
        .effective()
        .into_iter()
        .map(|line| Effective { value: own(x), origin: Origin::Environment(own(x)), ..line })
        .collect();
    let (kept, none) = ([(own(x), own(x))], []);
    for (filter, rows) in [("", &rows[..]), (x, &none[..])] {
        let page =
            config::ConfigPage { token: x, filter, rows, errors: &errors, kept: &kept, settings: &settings, file: x };
        written.push(("config", config::body(locale, &page)));
    }

    let account = "marie".parse().unwrap();
    let tags = vec![own(x)];
    let user = User { name: own(x), email: own(x), tags, ..User::new(account, Role::Admin, own(x), sample::NOW) };
    written.push(("users", users::list(locale, &[user])));
    let typed = users::Typed { account: own(x), name: own(x), email: own(x), tags: own(x), ..users::Typed::default() };
    for sessions in [None, Some(2)] {
        let page = users::UserPage {
            token: x,
            typed: &typed,
            errors: &errors,
            sessions,
            last_login: None,
            own: false,
            sees: Some((1, 2)),
        };
        written.push(("user", users::user(locale, &page)));
    }
    written.push(("given password", users::given(locale, x, x)));
    written.push(("new password", password::body(locale, x, 12, &errors)));
    written.push(("password again", password::again(locale, "/x", x, &[(own("x"), own(x))], &errors)));

    let entry = |built_in| Entry {
        list: List::Serials,
        value: own(x),
        built_in,
        on: true,
        changed: Some((own(x), sample::NOW)),
    };
    let entries = [entry(true), entry(false)];
    let page = blacklists::JunkPage { token: x, list: List::Serials, entries: &entries, typed: x, errors: &errors };
    written.push(("junk", blacklists::body(locale, &page)));
    let page = label::LabelPage { token: x, typed: x, stored: x, errors: &errors, deploy: false };
    written.push(("label", label::body(locale, &page)));
    let file = crate::deployment::agent_files::AgentFile {
        name: own(x),
        size: 7,
        sha256: "0".repeat(64),
        version: own(x),
        at: sample::NOW,
        by: own(x),
    };
    let files = [true, false].map(|whole| agents::Shown { file: file.clone(), address: own(x), whole });
    let wrong = [FieldError::new(agents::FILE, x)];
    let bring = Some(agents::Bring { token: x, errors: &wrong, most: 7, password: true });
    let page = agents::AgentsPage { files: &files, deploy: false, may_open: true, bring };
    written.push(("agent files", agents::body(locale, &page)));
    written.push(("agent file", agents::one(locale, &files[0], Some(x))));
    let shaken = Handshakes::default();
    for (n, kind) in Failed::ALL.iter().enumerate() {
        shaken.failed([10, 0, 0, n as u8].into(), *kind, sample::NOW);
    }
    shaken.worked([10, 0, 0, 0].into(), sample::NOW);
    let mut addresses = shaken.all();
    addresses.sort_unstable_by_key(|(address, _)| *address);
    let rows: Vec<who::Row> = addresses
        .into_iter()
        .zip(0..)
        .map(|((address, failure), n)| {
            let computers = (0..n % 3).map(ComputerId).collect();
            who::Row { address, failure, computers, name: own(x), proxy: n == 5 }
        })
        .collect();
    let view = sample::view(&who::LIST, "");
    let chart = || Chart { title: locale.text("who.agents"), bars: vec![who::bar(own(x), 7, &Address::new(x))] };
    for (which, rows) in [(who::Which::All, &rows[..]), (who::Which::Distrust, &[])] {
        let page = who::WhoPage {
            agents: chart(),
            errors: chart(),
            rows,
            which,
            view: &view,
            https: false,
            status: true,
            token: x,
        };
        written.push(("who is on what", who::body(locale, &page)));
    }
    let typed = kit::Typed { server: own(x), port: own(x), tag: own(x), ..kit::Typed::default() };
    written.push(("agent kit", kit::body(locale, x, &typed, &errors)));
    written.push(("agent kit made", kit::made(locale, x, &typed, &[("kit.windows", own(x))], &["cacert.pem"])));
    let query = Query { id: 3, name: own(x), hive: 2, key: own(x), value: own(x) };
    written.push(("registry query", registry::query(locale, x, &query, &errors)));
    written.push(("registry", registry::list(locale, &[(query, 1)], false)));

    let field = |kind| Field {
        id: 3,
        name: own(x),
        label: own(x),
        kind,
        choices: vec![own(x)],
        default: own(x),
        tab: own(x),
        ..Field::tag()
    };
    written.push(("field", fields::one(locale, x, &fields::Typed::of(&field(Kind::List)), &errors)));
    written.push(("fields", fields::list(locale, x, &[(field(Kind::Text), 1)])));

    written.push(("values", values::start(locale, x, x, &errors)));
    let sheet = Sheet { titles: vec![own(x), own(x)], rows: vec![vec![own(x), own(x)]], numbers: vec![2] };
    let chosen = Chosen { key: own("name"), first: own("0"), second: own("1"), fields: vec![own("fields_3"), own("")] };
    let defined = [field(Kind::Text)];
    written.push(("values columns", values::columns(locale, (x, x), &sheet, &defined, &chosen, &errors)));
    let lines = [Line::NotFound, Line::Invalid(0, BadValue::Date), Line::Twice(ComputerId(3))];
    let shown: Vec<Shown> = lines.iter().map(|line| Shown { number: 2, key: own(x), line, detail: own(x) }).collect();
    let counts = Counts { updated: 1, ..Counts::of(&lines) };
    written.push(("values preview", values::preview(locale, x, &[(own("csv"), own(x))], counts, &shown)));
    written.push(("values report", values::report(locale, x, counts, &shown, x)));

    let change = Change { what: own(x), before: own(x), after: own(x) };
    let mut entry = AuditEntry::new(sample::NOW, Actor::Account(own(x)), None, Action::ValuesChanged);
    (entry.object, entry.changes) = (own(x), vec![change]);
    let rows = [
        audit::AuditRow { entry: Some(entry), object: own(x), href: Some(own("/x")) },
        audit::AuditRow { entry: None, object: own(x), href: None },
    ];
    let view = audit::LIST.view(&Form::default(), None);
    let chips = [Chip { text: own(x), without: own("/x") }];
    for rows in [&rows[..], &[]] {
        let (account, action, accounts) = (x, x, [own(x)]);
        let page = audit::AuditPage {
            rows,
            older: true,
            view: &view,
            chips: &chips,
            account,
            action,
            accounts: &accounts,
            token: x,
        };
        written.push(("audit log", audit::body(locale, &page)));
    }
    let lines = [LogLine { at: own(x), level: None, text: own(x) }];
    let files = [logs::LogFile { name: own(x), size: 7, changed: None }];
    for lines in [&lines[..], &[]] {
        written.push(("logs", logs::body(locale, &logs::LogsPage { lines, level: x, part: x, files: &files })));
    }

    written.extend(groups_of(locale, x, &errors));
    written.extend(super::hostile_servers::pages(locale, x, &errors));

    let facts = status::Facts {
        version: own(x),
        system: own(x),
        data: own(x),
        listening: vec![own(x)],
        trouble: own(x),
        ..status::Facts::default()
    };
    let calls = [status::Call { at: sample::NOW, id: ComputerId(3), name: own(x), agent: own(x) }];
    let page = status::StatusPage { facts: &facts, jobs: &[], day: &[], calls: &calls, token: x };
    written.push(("status", status::body(locale, &page)));

    let place =
        |own_one| account::Place { name: own(x), since: sample::NOW, used: sample::NOW, address: own(x), own: own_one };
    let places = [place(true), place(false)];
    let preferences = Preferences { rows: 0, separator: x.to_owned() };
    let page =
        account::AccountPage { shortest: 12, errors: &errors, places: &places, preferences: &preferences, token: x };
    written.push(("own account", account::body(locale, &page)));
    let shown = Certificate {
        subject: own(x),
        names: vec![own(x)],
        addresses: Vec::new(),
        not_before: sample::NOW,
        not_after: sample::NOW,
        fingerprint: own(x),
        key_type: own(x),
        mark: 1,
    };
    let summary = Summary {
        authority: Some(shown.clone()),
        next: None,
        former: Some(shown.clone()),
        leaf: Some(shown.clone()),
        builtin: Some(shown.clone()),
        between: vec![shown.clone()],
        prepared: Some(OwnShown { leaf: shown.clone(), between: Vec::new(), root: shown.clone() }),
        beside: vec![shown],
        request: None,
        state: State::Ready,
    };
    let settings = [own(x)];
    let errors = [FieldError::new("names", x)];
    let (summary, settings) = (Some(&summary), &settings[..]);
    let missing = [own(x)];
    let seen = certificates::Seen {
        rows: vec![(own(x), 1, locale.now)],
        behind: vec![(crate::id::ComputerId(1), own(x))],
        ..certificates::Seen::default()
    };
    let page = certificates::CertificatesPage {
        summary,
        names: x,
        settings,
        missing: &missing,
        seen: &seen,
        errors: &errors,
        token: x,
    };
    written.push(("certificates", certificates::body(locale, &page)));
    let wish = Wish { state: own(x), name: own(x), ..Wish::default() };
    let page = OwnPage { wish, names: x, wrong: &errors, refused: &errors, token: x, ..OwnPage::default() };
    written.push(("own certificate", own_certificate::body(locale, &page)));

    let page = Confirm {
        action: "/x",
        token: x,
        text: x,
        lines: &[own(x)],
        carried: &[(own("x"), own(x))],
        submit: x,
        back: "/x",
        ..Confirm::default()
    };
    written.push(("confirmation", confirm(locale, &page)));
    written
}

/// The pages of groups.
fn groups_of(locale: &Locale, x: &str, errors: &[FieldError]) -> Vec<(&'static str, Markup)> {
    let own = |text: &str| text.to_owned();
    let group = Group { name: own(x), description: own(x), by: own(x), created: sample::NOW, ..Group::default() };
    let typed = groups::Typed { name: own(x), description: own(x), kind: own(x), visible: true };
    let view = groups::LIST.view(&Form::default(), None);
    let rows = [groups::GroupRow { group: Arc::new(group.clone()), computers: 1 }];
    let list = groups::GroupsPage {
        view: &view,
        kind: group.kind,
        counts: [1, 0],
        rows: &rows,
        may_change: true,
        all: false,
        token: x,
    };
    let option = |option: &&'static crate::options::Declaration| {
        Some(group::OptionRow {
            option,
            own: option.own?,
            text: own(x),
            was: own(x),
            value: Some(Value::Text(own(x))),
            general: Value::Text(own(x)),
            changed: Some((own(x), sample::NOW)),
        })
    };
    let options: Vec<_> = OPTIONS.iter().filter_map(option).collect();
    let some = [(ComputerId(1), own(x))];
    let server = |address| Reached { computer: ComputerId(1), name: own(x), server: Server::default(), address };
    let servers = [server(Some(own(x))), server(None)];
    let typed_server = [x, x, x, x];
    let packages = [true, false].map(|nearest| group::GroupPackage {
        activation: ActivationId(1),
        package: PackageId(1),
        name: own(x),
        address: own(x),
        nearest,
        at: sample::NOW,
        by: own(x),
        phases: [1, 0, 2, 3],
    });
    let one = |may_change, computers| group::GroupPage {
        group: &group,
        computers,
        some: &some,
        options: &options,
        packages: &packages,
        servers: &servers,
        server: Some(&typed_server),
        may_affect: may_change,
        typed: &typed,
        may_change,
        errors,
        token: x,
    };
    let (names, carried, known) = ([own(x)], [(own("x"), own(x))], [(own("1"), own(x))]);
    let form = grouping::GroupingPage {
        token: x,
        names: &names,
        more: 1,
        carried: &carried,
        groups: &known,
        how: x,
        into: x,
        typed: &typed,
        errors,
    };
    vec![
        ("groups", groups::body(locale, &list)),
        ("new group", groups::new(locale, x, &typed, errors)),
        ("group", group::body(locale, &one(true, 1))),
        ("group of a reader", group::body(locale, &one(false, 1))),
        ("empty group", group::body(locale, &one(true, 0))),
        ("grouping", grouping::body(locale, &form)),
    ]
}
