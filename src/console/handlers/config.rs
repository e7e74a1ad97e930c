//! Configuration: options are read, judged and changed together (CON-CFG-1 to 4).

use actix_web::HttpResponse;

use super::{Access, Asked, Error, Page, Route};
use crate::app::PUBLIC_NAMES;
use crate::config::Config;
use crate::console::form::Form;
use crate::console::pages::CONFIG;
use crate::console::pages::config::{self, ConfigPage, OptionRow, filtered, was};
use crate::console::view::Locale;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::{FieldError, TYPED};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::options::store::{self as stored, StoredValue};
use crate::options::{
    BadValue, DEPLOY, DOWNLOAD, Declaration, FREQUENCY, Kind, OPTIONS, Options, REGISTRY, Reason, Value,
};
use crate::store::{self, Read as _, Txn};
use crate::users::Right;

const OPTION: Access = Access::Right(Right::Options);

/// The page.
pub static PAGE: Page = Page {
    path: CONFIG,
    menu: Some(Icon::Settings),
    title: config::TITLE,
    access: OPTION,
    routes: &[
        Route::get(CONFIG, OPTION, |asked| Box::pin(show(asked))),
        Route::post(CONFIG, OPTION, |asked| Box::pin(change(asked))),
    ],
};

/// Longest text that options are searched for.
const LONGEST_FILTER: usize = 100;

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let filter: String = asked.query.get("q").trim().chars().take(LONGEST_FILTER).collect();
    page(&asked, &filter, None, &[]).await
}

/// The page; with what was typed and what is wrong with it, when there is such.
async fn page(asked: &Asked, filter: &str, typed: Option<&Form>, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let kept = asked.read(|_, read| read.all(&stored::OPTIONS)).await?;
    let (visit, app) = (&asked.visit, &asked.visit.console.app);
    let locale = &visit.locale;
    let general = app.options.general();
    let matches = |option: &Declaration| {
        let text = format!("{} {}", option.name, locale.text(option.help)).to_lowercase();
        filter.to_lowercase().split_whitespace().all(|word| text.contains(word))
    };
    let row = |option: &'static Declaration| {
        let (name, now) = (option.name, general.value(option).to_string());
        let sent = typed.filter(|form| form.has(&was(name)));
        OptionRow {
            option,
            text: sent.map_or_else(|| now.clone(), |form| text_of(form, name, option.kind)),
            was: sent.map_or(now, |form| form.get(&was(name)).to_owned()),
            changed: kept.iter().find(|(known, _)| known == name).map(|(_, kept)| (kept.by.clone(), kept.at)),
        }
    };
    let rows: Vec<OptionRow> =
        OPTIONS.iter().copied().filter(|option| option.is_offered() && matches(option)).map(row).collect();
    let offered = |name: &str| OPTIONS.iter().any(|option| option.name == name && option.is_offered());
    let mut exported: Vec<(String, String)> =
        kept.iter().map(|(name, kept)| (name.clone(), kept.value.to_string())).collect();
    exported.retain(|(name, _)| !offered(name) && name != PUBLIC_NAMES);
    let settings = app.config.effective();
    let file = Config::file_in(&app.config.data).display().to_string();
    let body = config::body(
        locale,
        &ConfigPage {
            token: visit.token(),
            filter,
            rows: &rows,
            errors,
            kept: &exported,
            settings: &settings,
            file: &file,
        },
    );
    let title = locale.text(config::TITLE);
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    let saved: Option<u64> = asked.query.get("saved").parse().ok();
    let tone = if saved == Some(0) { Tone::Note } else { Tone::Success };
    let said = saved.map(|n| Message { tone, text: locale.count("config.saved", n), action: None });
    asked.page(title, &[], said.as_slice(), body)
}

/// What a form says about an option, as figures or text.
pub fn text_of(form: &Form, name: &str, kind: Kind) -> String {
    match kind {
        Kind::Bits(_) => form
            .chosen(name)
            .iter()
            .filter_map(|bit| bit.parse::<i64>().ok())
            .filter(|bit| *bit > 0)
            .fold(0, |sum, bit| sum | bit)
            .to_string(),
        Kind::Number { words: [_, ..], .. } => worded(form, name).0,
        _ => form.get(name).to_owned(),
    }
}

/// What [`crate::console::view::form::Control::Worded`] says: the word or what was typed, and whether it was typed.
///
/// Who types into the box and overlooks the words means what he typed.
pub fn worded(form: &Form, name: &str) -> (String, bool) {
    let (word, typed) = (form.get(&format!("{name}.mode")), form.get(name).trim());
    let untouched = word == form.get(&was(name)) && form.has(&was(name));
    if word == TYPED || untouched && !typed.is_empty() { (typed.to_owned(), true) } else { (word.to_owned(), false) }
}

async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, form) = (&asked.visit, &asked.form);
    let locale = &visit.locale;
    let filter = form.get("q").to_owned();
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for option in OPTIONS.iter().copied().filter(|option| option.is_offered() && form.has(&was(option.name))) {
        let text = text_of(form, option.name, option.kind);
        if text.trim() == form.get(&was(option.name)) {
            continue;
        }
        match option.parse(&text) {
            Ok(value) => changes.push((option, value)),
            Err(bad) => errors.push(FieldError::new(option.name, wrong(locale, &bad))),
        }
    }
    if !errors.is_empty() {
        return page(&asked, &filter, Some(form), &errors).await;
    }
    let app = &visit.console.app;
    let silenced = silenced(&app.options.general(), &changes);
    let computers = app.fleet.look().len();
    if !silenced.is_empty() && form.get("computers") != computers.to_string() {
        return ask(&asked, &silenced, computers);
    }
    let (by, at) = (asked.account(), locale.now);
    let entries: Vec<_> =
        changes.iter().map(|(option, _)| visit.entry(Action::OptionChanged, option.name.to_owned())).collect();
    let run = move |w: &mut Txn<'_>| -> Result<u64, store::Error> {
        let mut done = 0;
        for ((option, value), mut entry) in changes.into_iter().zip(entries) {
            let before = stored::stored(w, option.name)?.map_or_else(|| option.default_value(), |kept| kept.value);
            if before == value {
                continue;
            }
            entry.changes.push(Change {
                what: option.name.into(),
                before: before.to_string(),
                after: value.to_string(),
            });
            stored::set(w, option.name, &StoredValue { value, by: by.clone(), at })?;
            audit::append(w, entry)?;
            done += 1;
        }
        Ok(done)
    };
    let done = asked.change(run, crate::app::App::reload_options).await?;
    Ok(visit::see_other(&filtered(&filter).with("saved", done).to_string()))
}

/// What is wrong with the value of an option, beside its field.
pub fn wrong(locale: &Locale, bad: &BadValue) -> String {
    match bad.reason {
        // The words stand beside the box here and are not typed.
        Reason::Number(least, most, words @ [_, ..]) => {
            let least = (least..most).find(|number| words.iter().all(|word| word.value != *number)).unwrap_or(least);
            locale.fill("config.error-number", &[("least", &least), ("most", &most)])
        }
        _ => bad.sentence(locale.lang),
    }
}

/// The changes after which agents are told less or nothing: they are asked about again (CON-GEN-7).
fn silenced(general: &Options, changes: &[(&'static Declaration, Value)]) -> Vec<&'static Declaration> {
    let off = [DEPLOY.0.name, DOWNLOAD.0.name, REGISTRY.0.name];
    let is_off = |option: &Declaration, value: &Value| match value {
        Value::Number(number) => {
            option.name == FREQUENCY.0.name && *number < 0 || off.contains(&option.name) && *number == 0
        }
        Value::Text(_) => false,
    };
    let new =
        |option: &'static Declaration, value: &Value| is_off(option, value) && !is_off(option, &general.value(option));
    changes.iter().filter(|(option, value)| new(option, value)).map(|(option, _)| *option).collect()
}

fn ask(asked: &Asked, silenced: &[&'static Declaration], computers: usize) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let line = |option: &&Declaration| {
        let key = match option.name {
            "FREQUENCY" => "config.sure-never",
            "DEPLOY" => "config.sure-deploy",
            "DOWNLOAD" => "config.sure-download",
            _ => "config.sure-registry",
        };
        locale.text(key).to_owned()
    };
    let lines: Vec<String> = silenced.iter().map(line).collect();
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| name != "computers");
    carried.push(("computers".to_owned(), computers.to_string()));
    let computers = computers as u64;
    let body = confirm(
        locale,
        &Confirm {
            action: CONFIG,
            token: visit.token(),
            text: &locale.count("config.sure", computers),
            lines: &lines,
            carried: &carried,
            submit: &locale.count("config.sure-submit", computers),
            back: &filtered(asked.form.get("q")).to_string(),
            ..Confirm::default()
        },
    );
    asked.page(locale.text("config.sure-title"), &super::above(locale, CONFIG, config::TITLE), &[], body)
}
