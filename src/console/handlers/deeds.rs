//! What is done with computers of the list: checked ones, or everything that was found (CON-GEN-7, CON-GEN-11,
//! CON-INV-7, CON-INV-8).
//!
//! The first POST shows what would be done and to how many; the second carries that number. When it is no longer the
//! right one, nothing is done, and the new number is shown.

use actix_web::HttpResponse;

use super::computers::{Saved, Wanted, blocking};
use super::export::{self, Kind};
use super::{Asked, Error, held};
use crate::console::form::Form;
use crate::console::pages::COMPUTERS;
use crate::console::pages::computers::{Deed, TITLE};
use crate::console::view::confirm::{self, Confirm};
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::history::Action as Done;
use crate::id::ComputerId;
use crate::inventory::columns::NAME;
use crate::lifecycle;

/// Names that a confirmation shows.
const NAMED: usize = 10;

/// The computers that are meant, and how the reader came to them.
pub struct Meant {
    /// What the list showed.
    pub wanted: Wanted,
    /// The computers.
    pub ids: Vec<ComputerId>,
    /// Names of the first of them.
    pub names: Vec<String>,
    whole: bool,
}

impl Meant {
    /// Whether the same computers are meant, in whatever order.
    pub fn is_still(&self, other: &Meant) -> bool {
        let sorted = |ids: &[ComputerId]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids
        };
        self.ids.len() == other.ids.len() && sorted(&self.ids) == sorted(&other.ids)
    }
}

/// Reads which computers a form means.
pub async fn meant(asked: &Asked) -> Result<Meant, Error> {
    let (visit, form) = (asked.visit.clone(), asked.form.clone());
    let read = asked.read(move |app, read| {
        // The address that the list had.
        let address = form.get("where");
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let wanted = Wanted::read(app, read, &visit, &Form::read(query, 64).unwrap_or_default())?;
        let whole = form.get("scope") == "whole";
        let mut ids = if whole { wanted.ids(app) } else { checked(&form) };
        let sight = visit.sight();
        let index = app.fleet.look();
        ids.retain(|id| index.sees(&sight, *id));
        let names = ids.iter().take(NAMED).map(|id| match index.text(*id, NAME) {
            "" => format!("#{id}"),
            name => name.to_owned(),
        });
        let names = names.collect();
        drop(index);
        Ok(Meant { wanted, ids, names, whole })
    });
    read.await
}

/// The boxes that are checked, or the numbers that a confirmation carries.
fn checked(form: &Form) -> Vec<ComputerId> {
    let carried = form.get("ids").split(',');
    let mut ids: Vec<ComputerId> =
        form.all("id").chain(carried).filter_map(|id| id.parse().ok()).map(ComputerId).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Back to the list: nothing was checked.
pub fn nothing(meant: &Meant) -> HttpResponse {
    visit::see_other(&meant.wanted.view.address.with("done", "nothing").to_string())
}

/// Back to the list, which says with how many computers something was done.
pub fn done(meant: &Meant, deed: Deed, n: u64) -> HttpResponse {
    visit::see_other(&meant.wanted.view.address.with("done", deed.word()).with("n", n).to_string())
}

/// Which computers are meant, to travel with a form.
pub fn carried(meant: &Meant) -> Vec<(String, String)> {
    let ids = || meant.ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let which = if meant.whole { ("scope", "whole".to_owned()) } else { ("ids", ids()) };
    let all = [("where", meant.wanted.view.address.to_string()), which];
    all.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Asks, and does it once it was confirmed.
pub async fn perform(asked: Asked, deed: Deed) -> Result<HttpResponse, Error> {
    let meant = meant(&asked).await?;
    let count = meant.ids.len() as u64;
    if count == 0 {
        return Ok(nothing(&meant));
    }
    if asked.form.get("confirmed") != count.to_string() {
        return confirm(&asked, deed, &meant);
    }
    if let Some(n) = act(&asked, deed, &meant).await? {
        return Ok(done(&meant, deed, n));
    }
    let meant = self::meant(&asked).await?;
    if meant.ids.is_empty() { Ok(nothing(&meant)) } else { confirm(&asked, deed, &meant) }
}

fn confirm(asked: &Asked, deed: Deed, meant: &Meant) -> Result<HttpResponse, Error> {
    let count = meant.ids.len() as u64;
    let question = Question {
        lines: &meant.names,
        more: count.saturating_sub(meant.names.len() as u64),
        count,
        carried: carried(meant),
        back: meant.wanted.view.address.to_string(),
    };
    ask(asked, deed, meant, question)
}

/// What a confirmation says besides the words of its deed.
pub struct Question<'a> {
    /// Line by line, what is about to be done.
    pub lines: &'a [String],
    /// How many lines are left out.
    pub more: u64,
    /// The number that has to be confirmed.
    pub count: u64,
    /// What travels along, without that number.
    pub carried: Vec<(String, String)>,
    /// Where who does not want it goes.
    pub back: String,
}

/// Which computers are meant, as it is now, with everything that was typed into a form.
pub fn typed(asked: &Asked, which: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| name != "confirmed" && name != "id" && which.iter().all(|(other, _)| other != name));
    carried.extend(which);
    carried
}

/// The page that asks. When a number was confirmed already, it is not the right one any more, and the page says so.
pub fn ask(asked: &Asked, deed: Deed, meant: &Meant, question: Question) -> Result<HttpResponse, Error> {
    let (locale, key) = (&asked.visit.locale, deed.word());
    let Question { lines, more, count, mut carried, back } = question;
    carried.push(("confirmed".to_owned(), count.to_string()));
    let page = Confirm {
        action: deed.path(),
        token: asked.visit.token(),
        text: locale.text(&format!("computers.{key}-what")),
        lines,
        more,
        carried: &carried,
        submit: &locale.count(&format!("computers.{key}-do"), count),
        back: &back,
        harmless: !matches!(deed, Deed::Delete | Deed::Unaffect),
    };
    let mut messages = Vec::new();
    if asked.form.has("confirmed") {
        messages.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    let title = locale.count(&format!("computers.{key}-title"), meant.ids.len() as u64);
    asked.page(&title, &super::above(locale, COMPUTERS, TITLE), &messages, confirm::confirm(locale, &page))
}

/// Does it; answers to how many. `None` when others are meant by now, and nothing was done.
async fn act(asked: &Asked, deed: Deed, before: &Meant) -> Result<Option<u64>, Error> {
    let (visit, now, ids) = (&asked.visit, asked.visit.locale.now, before.ids.clone());
    let entry = |action| visit.entry(action, object(&ids));
    match deed {
        Deed::Archive => {
            let entry = entry(Done::ComputerArchived);
            blocking(asked, move |app| lifecycle::archive(app, ids, Some(now), entry)).await
        }
        Deed::Restore => {
            let entry = entry(Done::ComputerRestored);
            blocking(asked, move |app| lifecycle::archive(app, ids, None, entry)).await
        }
        Deed::Delete => {
            let entry = entry(Done::ComputerDeleted);
            let held = held::all(asked, &ids).await?;
            if !before.is_still(&meant(asked).await?) {
                return Ok(None);
            }
            // Held as long as the work lasts, also when the browser has hung up.
            let delete = move |app: &crate::app::App| {
                let done = lifecycle::delete(app, ids, now, entry);
                drop(held);
                done
            };
            blocking(asked, delete).await
        }
        // These have ways of their own.
        Deed::Export | Deed::Values | Deed::Options | Deed::Group | Deed::Affect | Deed::Unaffect => {
            Err(Error::NotFound)
        }
    }
}

/// What the audit log names: the number of one computer; of many, some.
pub fn object(ids: &[ComputerId]) -> String {
    /// More would make entries that nobody reads.
    const TOLD: usize = 100;
    let told: Vec<String> = ids.iter().take(TOLD).map(ToString::to_string).collect();
    if ids.len() > TOLD { format!("{}, …", told.join(", ")) } else { told.join(", ") }
}

/// The computers that are meant as a file.
pub async fn export(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(nothing(&meant));
    }
    let rows = Saved::new(&asked.visit, &meant.wanted, meant.ids);
    export::file(&asked, &meant.wanted.list, &meant.wanted.view, Kind::Csv, rows).await
}
