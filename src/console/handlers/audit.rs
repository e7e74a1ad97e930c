//! The audit log (CON-AUD-1). Nothing here changes it.

use actix_web::HttpResponse;

use super::export::{self, Kind, Rows};
use super::{Access, Asked, Error, Page, Route, again};
use crate::app::App;
use crate::console::form::Form;
use crate::console::lists::filters::Chip;
use crate::console::lists::{View, arrange};
use crate::console::pages::audit::{self, ACCOUNT, ACTION, AuditPage, AuditRow, LIST, action_text, code, who};
use crate::console::pages::password::OWN;
use crate::console::pages::users::EDIT;
use crate::console::pages::{AUDIT, BLACKLISTS, COMPUTERS, CONFIG, FIELDS, LABEL, REGISTRY};
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::icon::Icon;
use crate::console::view::table::Cell;
use crate::console::visit::{self, Visit};
use crate::fleet::Sight;
use crate::history::Action;
use crate::history::audit::{Entry, entries};
use crate::id::ComputerId;
use crate::inventory::columns::NAME;
use crate::options;
use crate::store::{self, Read};
use crate::users::{self, Right, User};

const OPEN: Access = Access::Right(Right::Audit);
const CSV: &str = "/ocsreports/log.csv";
const XLSX: &str = "/ocsreports/log.xlsx";

/// Entries that a page sorts and searches; older ones are found by filters and in the file.
const LISTED: usize = 10_000;

/// The page.
pub static PAGE: Page = Page {
    path: AUDIT,
    menu: Some(Icon::Log),
    title: audit::TITLE,
    access: OPEN,
    routes: &[
        Route::get(AUDIT, OPEN, |asked| Box::pin(show(asked))),
        Route::get(CSV, OPEN, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::post(CSV, OPEN, |asked| Box::pin(confirmed(asked, CSV))),
        Route::get(XLSX, OPEN, |asked| Box::pin(save(asked, Kind::Xlsx))),
        Route::post(XLSX, OPEN, |asked| Box::pin(confirmed(asked, XLSX))),
    ],
};

/// Which entries are meant.
#[derive(Clone)]
struct Wanted {
    account: String,
    action: String,
}

impl Wanted {
    fn read(form: &Form) -> Wanted {
        Wanted { account: form.get(ACCOUNT).to_owned(), action: form.get(ACTION).to_owned() }
    }

    fn takes(&self, entry: &Entry) -> bool {
        let account = self.account.is_empty() || code(&entry.actor).eq_ignore_ascii_case(&self.account);
        account && (self.action.is_empty() || entry.action.word() == self.action)
    }

    fn chips(&self, locale: &Locale, view: &View) -> Vec<Chip> {
        let mut chips = Vec::new();
        let mut chip = |text: String, name| chips.push(Chip { text, without: view.address.without(name).to_string() });
        if !self.account.is_empty() {
            chip(locale.fill("audit.chip-account", &[("account", &who(locale, &self.account))]), ACCOUNT);
        }
        if let Some(action) = Action::ALL.iter().find(|action| action.word() == self.action) {
            chip(locale.fill("audit.chip-action", &[("action", &action_text(locale, *action))]), ACTION);
        } else if !self.action.is_empty() {
            chip(locale.fill("audit.chip-action", &[("action", &self.action)]), ACTION);
        }
        chips
    }
}

/// Brings entries into the form that people read.
struct Reader {
    sight: Sight,
    users: Vec<User>,
}

impl Reader {
    fn new(store: &impl Read, sight: Sight) -> Result<Reader, store::Error> {
        Ok(Reader { sight, users: users::store::list(store)? })
    }

    fn rows(&self, app: &App, entries: Vec<Option<Entry>>) -> Vec<AuditRow> {
        let row = |entry: Option<Entry>| {
            let (object, href) = entry.as_ref().map(|entry| self.object(app, entry)).unwrap_or_default();
            AuditRow { entry, object, href }
        };
        entries.into_iter().map(row).collect()
    }

    /// What an entry is about, and where it is found while it is there.
    fn object(&self, app: &App, entry: &Entry) -> (String, Option<String>) {
        let object = entry.object.clone();
        let href = match entry.action {
            Action::ValuesChanged
            | Action::TagRenamed
            | Action::ComputerCustomized
            | Action::ComputerArchived
            | Action::ComputerRestored
            | Action::ComputerMerged
            | Action::InventoryRequested
            | Action::ComputerDeleted => return self.computer(app, object),
            Action::LogIn
            | Action::LogOut
            | Action::Confirmed
            | Action::PasswordSet
            | Action::SessionsEnded
            | Action::SetUp
            | Action::CodeMade
            | Action::UserAdded
            | Action::UserChanged
            | Action::UserDeleted => self
                .users
                .iter()
                .find(|user| user.account.as_str().eq_ignore_ascii_case(&object))
                .map(|user| Address::new(EDIT).with("account", &user.account).to_string()),
            Action::OptionChanged => {
                options::declared(&object).map(|option| Address::new(CONFIG).with("q", option.name).to_string())
            }
            Action::LabelChanged => Some(LABEL.to_owned()),
            Action::FieldsChanged => Some(FIELDS.to_owned()),
            Action::RegistryChanged => Some(REGISTRY.to_owned()),
            Action::JunkChanged => Some(BLACKLISTS.to_owned()),
            _ => None,
        };
        let href = href.filter(|_| !object.trim().is_empty());
        (object, href)
    }

    fn computer(&self, app: &App, object: String) -> (String, Option<String>) {
        let Ok(id) = object.parse().map(ComputerId) else { return (object, None) };
        let index = app.fleet.look();
        if !index.sees(&self.sight, id) {
            return (object, None);
        }
        let name = index.text(id, NAME);
        let name = if name.trim().is_empty() { format!("#{id}") } else { name.to_owned() };
        (name, Some(format!("{COMPUTERS}/{id}")))
    }
}

struct Found {
    view: View,
    rows: Vec<AuditRow>,
    older: bool,
    accounts: Vec<String>,
}

fn look(app: &App, read: &store::Reader, visit: &Visit, query: &Form) -> Result<Found, store::Error> {
    let (view, wanted) = (visit.view(read, &LIST, query)?, Wanted::read(query));
    let reader = Reader::new(read, visit.sight())?;
    let mut found = entries(read, None, LISTED + 1, &|entry| wanted.takes(entry))?;
    let older = found.len() > LISTED;
    found.truncate(LISTED);
    let mut accounts: Vec<String> = reader.users.iter().map(|user| user.account.to_string()).collect();
    accounts.sort_unstable_by_key(|account| account.to_lowercase());
    accounts.extend([":automatic", ":command-line"].map(str::to_owned));
    if !wanted.account.is_empty() && !accounts.contains(&wanted.account) {
        accounts.push(wanted.account);
    }
    let rows = reader.rows(app, found.into_iter().map(|(_, entry)| entry).collect());
    Ok(Found { view, rows, older, accounts })
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.without_blanks());
    let wanted = Wanted::read(&query);
    let found = asked.read(move |app, read| look(app, read, &visit, &query)).await?;
    let locale = &asked.visit.locale;
    let page = AuditPage {
        rows: &found.rows,
        older: found.older,
        view: &found.view,
        chips: &wanted.chips(locale, &found.view),
        account: &wanted.account,
        action: &wanted.action,
        accounts: &found.accounts,
        token: asked.visit.token(),
    };
    asked.page(locale.text(audit::TITLE), &[], &[], audit::body(locale, &page))
}

/// All entries while they are written to a file, so that memory stays flat.
struct Saved {
    visit: Visit,
    view: View,
    wanted: Wanted,
    /// Entries below this number are not written yet.
    below: Option<u64>,
    /// A log that does not fit one portion has the newest first, whatever the page is sorted by.
    first: bool,
}

impl Saved {
    fn part(&mut self) -> Result<(Vec<Vec<Cell<'static>>>, bool), store::Error> {
        let app = self.visit.console.app.clone();
        app.read(|read| {
            let found = entries(read, self.below, LISTED, &|entry| self.wanted.takes(entry))?;
            self.below = found.last().map(|(number, _)| *number);
            let more = found.len() == LISTED;
            if more || !self.first {
                self.view.sort = LIST.view(&Form::default(), None).sort;
            }
            self.first = false;
            let found = found.into_iter().map(|(_, entry)| entry).collect();
            let rows = Reader::new(read, self.visit.sight())?.rows(&app, found);
            let cells = audit::cells(&self.visit.locale, &rows);
            Ok((arrange(&LIST, &self.view, cells, true).rows, more))
        })
    }
}

impl Rows for Saved {
    fn next(&mut self, each: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        match self.part() {
            Ok((rows, more)) => {
                rows.iter().for_each(|row| each(row));
                more
            }
            Err(error) => {
                tracing::error!("the audit log cannot be read to its end: {error}");
                false
            }
        }
    }
}

/// The password was typed for a file: it is fetched now.
async fn confirmed(asked: Asked, path: &'static str) -> Result<HttpResponse, Error> {
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let carried = asked.form.carried().into_iter().filter(|(name, _)| name != OWN);
    let address = carried.fold(Address::new(path), |address, (name, value)| address.with(&name, value));
    Ok(visit::see_other(&address.to_string()))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let session = asked.visit.session.as_ref().ok_or(Error::LogIn)?;
    if !session.is_confirmed(asked.visit.console.app.clock.elapsed()) {
        return again::page(&asked, &asked.query, &[]);
    }
    let (visit, query) = (asked.visit.clone(), asked.query.without_blanks());
    let wanted = Wanted::read(&query);
    let view = asked.read(move |_, read| visit.view(read, &LIST, &query)).await?;
    let rows = Saved { visit: asked.visit.clone(), view: view.clone(), wanted, below: None, first: true };
    export::file(&asked, &LIST, &view, kind, rows).await
}
