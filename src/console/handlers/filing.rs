//! Names of software are moved into a category of the dictionary or back to NEW, and categories are deleted (CON-DIC-3,
//! CON-DIC-4, CON-GEN-7).
//!
//! The first POST shows what would be done and to how many names; the second carries that number. When it is no longer
//! the right one, nothing is done, and the new number is shown.

use actix_web::HttpResponse;

use super::dictionary::Wanted;
use super::{Asked, Error, above};
use crate::app::App;
use crate::console::form::Form;
use crate::console::pages::DICTIONARY;
use crate::console::pages::dictionary::{self as page, DELETE, MovePage, RESET, TITLE};
use crate::console::pages::software::CATEGORY;
use crate::console::view::address::Address;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::dictionary::store::{self as dictionary, Moved};
use crate::dictionary::{BadName, Category, Dictionary, LONGEST};
use crate::fleet::Folded;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::inventory::software::ItemId;
use crate::store::{self, Txn};

/// Names that a confirmation shows.
const NAMED: usize = 10;

/// The names that are meant, and how the reader came to them.
struct Meant {
    back: Address,
    names: Vec<String>,
    carried: Vec<(String, String)>,
}

/// Reads which names a form means: checked ones by one of their items each, or all that the list held.
async fn meant(asked: &Asked) -> Result<Meant, Error> {
    let (visit, form) = (asked.visit.clone(), asked.form.clone());
    let read = asked.read(move |app, read| {
        let query = form.get("where").split_once('?').map_or("", |(_, query)| query);
        let wanted = Wanted::read(app, read, &visit, &Form::read(query, 64).unwrap_or_default())?;
        let whole = form.get("scope") == "whole";
        let numbers = form.all("id").chain(form.get("ids").split(',')).filter_map(|id| id.parse().ok());
        let mut items: Vec<u32> = numbers.collect();
        items.sort_unstable();
        items.dedup();
        let names = if whole {
            app.fleet.program_names(&wanted.query)
        } else {
            let sight = visit.sight();
            let named = |item: &u32| {
                let (items, name) = app.fleet.software_of_item(ItemId(*item), Folded::ByName)?;
                app.fleet.look().any_has(&sight, &items).then_some(name)
            };
            let mut names: Vec<String> = items.iter().filter_map(named).collect();
            names.sort_unstable_by_key(|name| (name.to_lowercase(), name.clone()));
            names.dedup();
            names
        };
        let which = if whole {
            ("scope", "whole".to_owned())
        } else {
            ("ids", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        };
        let back = wanted.view.address;
        let carried = [("where", back.to_string()), ("confirmed", names.len().to_string()), which];
        let carried = carried.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(Meant { back, names, carried })
    });
    read.await
}

impl Meant {
    fn count(&self) -> u64 {
        self.names.len() as u64
    }

    fn some(&self) -> Vec<String> {
        self.names.iter().take(NAMED).cloned().collect()
    }

    /// The number that was shown is still the right one.
    fn is_confirmed(&self, asked: &Asked) -> bool {
        asked.form.get("confirmed") == self.count().to_string()
    }
}

/// Said when the number is no longer the one that was shown.
fn changed(asked: &Asked) -> Vec<Message> {
    let text = || asked.visit.locale.text("confirm.changed").to_owned();
    let message = || Message { tone: Tone::Warning, text: text(), action: None };
    asked.form.sent("confirmed").map(|_| message()).into_iter().collect()
}

/// Moves names into a category that is chosen or made on the way.
pub async fn move_names(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = meant(&asked).await?;
    if meant.names.is_empty() {
        return Ok(visit::see_other(&meant.back.with("done", "nothing").to_string()));
    }
    let known = asked.visit.console.app.definitions.dictionary.now();
    if !meant.is_confirmed(&asked) {
        return ask(&asked, &meant, &known, &[], &changed(&asked));
    }
    let category = match category(&asked, &known) {
        Ok(category) => category,
        Err(error) => return ask(&asked, &meant, &known, &[error], &[]),
    };
    let back = meant.back.clone();
    let moved = file(&asked, meant.names, category.clone()).await?;
    let back = back.with("done", "moved").with("n", moved).with("to", category.word());
    Ok(visit::see_other(&back.to_string()))
}

fn ask(
    asked: &Asked,
    meant: &Meant,
    known: &Dictionary,
    errors: &[FieldError],
    messages: &[Message],
) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let mut categories = known.categories();
    categories.retain(|category| *category != Category::New);
    let shown = MovePage {
        count: meant.count(),
        named: &meant.some(),
        categories: &categories,
        to: asked.form.get("to"),
        new: asked.form.get("name"),
        errors,
        carried: &meant.carried,
        back: &meant.back.to_string(),
        token: visit.token(),
    };
    let body = page::move_names(locale, &shown);
    let (title, trail) = (locale.text("dictionary.move-title"), above(locale, DICTIONARY, TITLE));
    if errors.is_empty() { asked.page(title, &trail, messages, body) } else { asked.again(title, &trail, body) }
}

/// The category that a form names: one that there is, or a new one.
fn category(asked: &Asked, known: &Dictionary) -> Result<Category, FieldError> {
    let (locale, to, name) = (&asked.visit.locale, asked.form.get("to"), asked.form.get("name"));
    if !to.is_empty() {
        if !name.trim().is_empty() {
            return Err(FieldError::new("name", locale.text("dictionary.error-both")));
        }
        let gone = || FieldError::new("to", locale.text("dictionary.error-gone"));
        return known.named(to).filter(|category| *category != Category::New).ok_or_else(gone);
    }
    known.new_category(name).map_err(|why| {
        let text = match why {
            BadName::Empty => locale.text("dictionary.error-empty").to_owned(),
            BadName::Long => locale.fill("dictionary.error-long", &[("n", &LONGEST)]),
            BadName::Line => locale.text("dictionary.error-line").to_owned(),
            BadName::Fixed => locale.text("dictionary.error-fixed").to_owned(),
            BadName::Taken => locale.text("dictionary.error-taken").to_owned(),
        };
        FieldError::new("name", text)
    })
}

/// Puts names into a category; answers how many were not in it.
async fn file(asked: &Asked, names: Vec<String>, category: Category) -> Result<u64, Error> {
    let (by, at) = (asked.account(), asked.visit.locale.now);
    let mut entry = asked.visit.entry(Action::DictionaryChanged, category.word().to_owned());
    let run = move |w: &mut Txn<'_>| -> Result<u64, store::Error> {
        let moved = dictionary::put(w, &names, &category, &by, at)?;
        let count = moved.len() as u64;
        if count > 0 {
            let after = category.word();
            let change = |moved: Moved| Change { what: moved.name, before: moved.before, after: after.to_owned() };
            entry.count = Some(count);
            entry.changes = moved.into_iter().take(audit::CHANGES).map(change).collect();
            audit::append(w, entry)?;
        }
        Ok(count)
    };
    asked.change(run, follow).await
}

fn follow(app: &App) -> Result<(), store::Error> {
    app.definitions.renew_dictionary(&app.store)
}

/// Puts names back to NEW.
pub async fn reset(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = meant(&asked).await?;
    let (visit, locale, count) = (&asked.visit, &asked.visit.locale, meant.count());
    if count == 0 {
        return Ok(visit::see_other(&meant.back.with("done", "nothing").to_string()));
    }
    if meant.is_confirmed(&asked) {
        let back = meant.back.clone();
        let moved = file(&asked, meant.names, Category::New).await?;
        return Ok(visit::see_other(&back.with("done", "reset").with("n", moved).to_string()));
    }
    let named = meant.some();
    let shown = Confirm {
        action: RESET,
        token: visit.token(),
        text: locale.text("dictionary.reset-what"),
        lines: &named,
        more: count.saturating_sub(named.len() as u64),
        carried: &meant.carried,
        submit: &locale.count("dictionary.reset-do", count),
        back: &meant.back.to_string(),
        harmless: true,
    };
    let title = locale.text("dictionary.reset-title");
    asked.page(title, &above(locale, DICTIONARY, TITLE), &changed(&asked), confirm(locale, &shown))
}

/// Deletes an own category: its names go back to NEW, also those of software that nobody has at the moment.
pub async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let known = asked.visit.console.app.definitions.dictionary.now();
    let category = known.named(asked.form.get(CATEGORY)).filter(Category::is_own).ok_or(Error::NotFound)?;
    let wanted = asked.form.get("confirmed").parse::<u64>().ok();
    if let Some(wanted) = wanted {
        let by_name = category.clone();
        let mut entry = asked.visit.entry(Action::DictionaryChanged, category.word().to_owned());
        let run = move |w: &mut Txn<'_>| -> Result<bool, store::Error> {
            let (there, names) = dictionary::dissolve(w, &by_name, wanted)?;
            if there == wanted {
                let before = by_name.word();
                let change =
                    |name| Change { what: name, before: before.to_owned(), after: Category::New.word().to_owned() };
                entry.count = Some(there);
                entry.changes = names.into_iter().take(audit::CHANGES).map(change).collect();
                audit::append(w, entry)?;
            }
            Ok(there == wanted)
        };
        if asked.change(run, follow).await? {
            let back = Address::new(DICTIONARY).with("done", "deleted").with("n", wanted);
            return Ok(visit::see_other(&back.to_string()));
        }
    }
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let count = visit.console.app.definitions.dictionary.now().names_in(&category);
    let carried = [(CATEGORY, category.word().to_owned()), ("confirmed", count.to_string())];
    let shown = Confirm {
        action: DELETE,
        token: visit.token(),
        text: &locale.fill("dictionary.delete-what", &[("category", &category.word())]),
        carried: &carried.map(|(name, value)| (name.to_owned(), value)),
        submit: &locale.count("dictionary.delete-do", count),
        back: &page::names_in(&category).to_string(),
        ..Confirm::default()
    };
    let title = locale.text("dictionary.delete");
    asked.page(title, &above(locale, DICTIONARY, TITLE), &changed(&asked), confirm(locale, &shown))
}
