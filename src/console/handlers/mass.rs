//! Administrative values and own options of many computers at once (CON-INV-7, CON-GEN-7): a form, then the
//! confirmation with the number of computers, then one transaction.

use actix_web::{HttpResponse, web};

use super::apply_values::Told;
use super::customization::offered;
use super::deeds::{self, Meant, Question};
use super::value_lines::account;
use super::values::{bad_value, sent};
use super::{Asked, Error, held};
use crate::accountinfo::fields::{Field, store as defined};
use crate::accountinfo::{self, Changed, TAG};
use crate::console::handlers::config::{worded, wrong};
use crate::console::pages::COMPUTERS;
use crate::console::pages::computer::{ValueRow, input_name, written};
use crate::console::pages::computers::{Deed, TITLE};
use crate::console::pages::fields::label;
use crate::console::pages::mass::{self, FILLED, GENERAL, MassPage, blank};
use crate::console::view::form::FieldError;
use crate::fleet::Sight;
use crate::history::Action as Done;
use crate::history::audit::{Change, Entry};
use crate::id::ComputerId;
use crate::options::store::{self as stored, StoredValue};
use crate::options::{Declaration, Kind, Own, Value};
use crate::store::{self, Txn};

/// What one form changes, and the lines of its confirmation.
struct Wanted<T> {
    changes: Vec<T>,
    lines: Vec<String>,
}

/// Sets administrative values.
pub async fn values(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let locale = &asked.visit.locale;
    let fields = asked.visit.console.app.definitions.fields.now();
    let show = |errors: &[FieldError]| {
        let row = |field: &Field| ValueRow {
            field: field.clone(),
            typed: sent(&asked.form, field),
            was: String::new(),
            changed: None,
        };
        let rows: Vec<ValueRow> = fields.iter().map(row).collect();
        let blanks: Vec<String> = fields.iter().map(|field| blank(&input_name(field))).collect();
        let blanks: Vec<String> = blanks.into_iter().filter(|name| asked.form.get(name) == "1").collect();
        shown(&asked, Deed::Values, &meant, errors, |page| mass::values(locale, page, &rows, &blanks))
    };
    if !asked.form.has(FILLED) {
        return show(&[]);
    }
    let (mut wanted, mut errors) = (Wanted { changes: Vec::new(), lines: Vec::new() }, Vec::new());
    for field in fields.iter() {
        let (name, typed) = (input_name(field), sent(&asked.form, field));
        let empty = typed.iter().all(|one| one.trim().is_empty());
        match (empty, asked.form.get(&blank(&name)) == "1") {
            (true, false) => continue,
            (true, true) => {
                wanted.lines.push(locale.fill("mass.made-blank", &[("field", &label(locale, field))]));
                wanted.changes.push((field.clone(), String::new()));
            }
            (false, true) => errors.push(FieldError::new(name, locale.text("mass.error-both"))),
            (false, false) => match field.parse(&typed.iter().map(String::as_str).collect::<Vec<_>>()) {
                Ok(value) => {
                    let shown = written(locale, field, &value);
                    let words = [("field", &label(locale, field) as &dyn std::fmt::Display), ("value", &shown)];
                    wanted.lines.push(locale.fill("mass.set", &words));
                    wanted.changes.push((field.clone(), value));
                }
                Err(bad) => errors.push(FieldError::new(name, bad_value(locale, bad))),
            },
        }
    }
    if errors.is_empty() && wanted.changes.is_empty() {
        errors.push(FieldError::new("tag", locale.text("mass.error-nothing")));
    }
    if !errors.is_empty() {
        return show(&errors);
    }
    if asked.form.get("confirmed") != meant.ids.len().to_string() {
        return ask(&asked, Deed::Values, &meant, &wanted.lines);
    }
    let ids = meant.ids.clone();
    let held = held::all(&asked, &ids).await?;
    if !meant.is_still(&deeds::meant(&asked).await?) {
        return recounted(&asked, Deed::Values, &wanted.lines).await;
    }
    let set = SetValues {
        ids,
        sight: asked.visit.sight(),
        changes: wanted.changes,
        changed: Changed { by: asked.account(), at: locale.now },
        entry: asked.visit.entry(Done::ValuesChanged, String::new()),
    };
    let app = asked.visit.console.app.clone();
    let work = move || -> Result<Vec<Set>, Undone> {
        let fleet = app.fleet.clone();
        let after = move |set: &Vec<Set>| {
            let tagged = set.iter().filter_map(|(id, tag)| Some((*id, tag.as_ref()?)));
            fleet.change(|index| tagged.for_each(|(id, tag)| index.set_tag(id, tag)));
        };
        let done = app.store.queue(move |w: &mut Txn<'_>| set.store(w), after)?.wait();
        drop(held);
        done
    };
    match web::block(work).await? {
        Ok(changed) => Ok(deeds::done(&meant, Deed::Values, changed.len() as u64)),
        Err(Undone::Recounted) => recounted(&asked, Deed::Values, &wanted.lines).await,
        Err(Undone::Redefined) => show(&[FieldError::new("tag", locale.text("values.error-redefined"))]),
        Err(Undone::Store(error)) => Err(error.into()),
    }
}

/// Why nothing was stored.
#[derive(Debug)]
enum Undone {
    /// One of the computers is gone by now, or may not be seen any more.
    Recounted,
    /// A field reads values in another way by now.
    Redefined,
    /// The store cannot take it.
    Store(store::Error),
}

impl From<store::Error> for Undone {
    fn from(error: store::Error) -> Undone {
        Undone::Store(error)
    }
}

/// A computer that has other values now, and its TAG when that is another one.
type Set = (ComputerId, Option<String>);

/// Values for many computers.
struct SetValues {
    ids: Vec<ComputerId>,
    sight: Sight,
    changes: Vec<(Field, String)>,
    changed: Changed,
    entry: Entry,
}

impl SetValues {
    /// Stores them, of all computers or of none.
    fn store(self, w: &mut Txn<'_>) -> Result<Vec<Set>, Undone> {
        let now = defined::all(w)?;
        if !self.changes.iter().all(|(field, _)| now.iter().any(|other| other.reads_as(field))) {
            return Err(Undone::Redefined);
        }
        let (mut changed, mut told) = (Vec::new(), Told::new(self.entry, self.ids.len() as u64));
        for id in self.ids {
            let mut row = account(w, &self.sight, id)?.ok_or(Undone::Recounted)?;
            let mut differs = false;
            for (field, after) in &self.changes {
                let key = field.key();
                let old = row.value(&key).to_owned();
                if old != *after {
                    row.values.insert(key.clone(), after.clone());
                    row.changed.insert(key, self.changed.clone());
                    let what = format!("{id}: {}", field.name);
                    told.add(w, id, Change { what, before: old, after: after.clone() })?;
                    differs = true;
                }
            }
            if differs {
                accountinfo::store::keep(w, id, &row)?;
                let tag = self.changes.iter().any(|(field, _)| field.is_tag()).then(|| row.value(TAG).to_owned());
                changed.push((id, tag));
            }
        }
        told.end(w)?;
        Ok(changed)
    }
}

/// Sets own values of options.
pub async fn options(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let locale = &asked.visit.locale;
    let typed = |option: &Declaration, own: Own| match own.kind {
        Kind::Number { .. } => worded(&asked.form, option.name),
        _ => (asked.form.get(option.name).trim().to_owned(), false),
    };
    let show = |errors: &[FieldError]| {
        let rows: Vec<_> = offered().map(|(option, own)| (option, own, typed(option, own).0)).collect();
        shown(&asked, Deed::Options, &meant, errors, |page| mass::options(locale, page, &rows))
    };
    if !asked.form.has(FILLED) {
        return show(&[]);
    }
    let (mut wanted, mut errors) = (Wanted { changes: Vec::new(), lines: Vec::new() }, Vec::new());
    for (option, own) in offered() {
        match typed(option, own) {
            (text, false) if text.is_empty() => {}
            (text, false) if text == GENERAL => {
                wanted.lines.push(locale.fill("mass.general", &[("option", &option.name)]));
                wanted.changes.push((own.name, None));
            }
            (text, _) => match option.parse_own(&text) {
                Ok(value) => {
                    let words = [
                        ("field", &option.name as &dyn std::fmt::Display),
                        ("value", &option.shown(locale.lang, &value)),
                    ];
                    wanted.lines.push(locale.fill("mass.set", &words));
                    wanted.changes.push((own.name, Some(value)));
                }
                Err(bad) => errors.push(FieldError::new(option.name, wrong(locale, &bad))),
            },
        }
    }
    if errors.is_empty() && wanted.changes.is_empty() {
        let first = offered().next().map_or("", |(option, _)| option.name);
        errors.push(FieldError::new(first, locale.text("mass.error-nothing")));
    }
    if !errors.is_empty() {
        return show(&errors);
    }
    if asked.form.get("confirmed") != meant.ids.len().to_string() {
        return ask(&asked, Deed::Options, &meant, &wanted.lines);
    }
    let ids = meant.ids.clone();
    // An inventory that merges a computer takes along the values that it has read.
    let held = held::all(&asked, &ids).await?;
    if !meant.is_still(&deeds::meant(&asked).await?) {
        return recounted(&asked, Deed::Options, &wanted.lines).await;
    }
    let (sight, by, at) = (asked.visit.sight(), asked.account(), locale.now);
    let entry = asked.visit.entry(Done::ComputerCustomized, String::new());
    let (changes, app) = (wanted.changes, asked.visit.console.app.clone());
    let run = move |w: &mut Txn<'_>| {
        let stored = |value: &Option<Value>| value.clone().map(|value| StoredValue { value, by: by.clone(), at });
        let (mut changed, mut told) = (Vec::new(), Told::new(entry, ids.len() as u64));
        for id in ids {
            account(w, &sight, id)?.ok_or(Undone::Recounted)?;
            let (known, damaged) = stored::readable(w, id)?;
            for (name, value) in &changes {
                let old = known.get(*name).map(|kept| kept.value.clone());
                if old != *value || damaged {
                    let text = |value: &Option<Value>| value.as_ref().map_or_else(String::new, ToString::to_string);
                    let what = format!("{id}: {name}");
                    told.add(w, id, Change { what, before: text(&old), after: text(value) })?;
                    stored::set_own(w, id, name, stored(value).as_ref())?;
                    changed.push(id);
                }
            }
        }
        changed.dedup();
        told.end(w)?;
        Ok(changed)
    };
    let work = move || -> Result<Vec<ComputerId>, Undone> {
        let book = app.clone();
        let done = app.store.queue(run, move |changed: &Vec<ComputerId>| book.follow_own(changed))?.wait();
        drop(held);
        done
    };
    match web::block(work).await? {
        Ok(changed) => Ok(deeds::done(&meant, Deed::Options, changed.len() as u64)),
        Err(Undone::Recounted | Undone::Redefined) => recounted(&asked, Deed::Options, &wanted.lines).await,
        Err(Undone::Store(error)) => Err(error.into()),
    }
}

/// Asks once more: other computers are meant by now, and nothing was done.
async fn recounted(asked: &Asked, deed: Deed, lines: &[String]) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(asked).await?;
    if meant.ids.is_empty() { Ok(deeds::nothing(&meant)) } else { ask(asked, deed, &meant, lines) }
}

/// The form; with status 422 when something is wrong with it.
fn shown(
    asked: &Asked,
    deed: Deed,
    meant: &Meant,
    errors: &[FieldError],
    write: impl Fn(&MassPage) -> maud::Markup,
) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let (count, carried) = (meant.ids.len() as u64, deeds::carried(meant));
    let page = MassPage {
        token: asked.visit.token(),
        deed,
        names: &meant.names,
        more: count.saturating_sub(meant.names.len() as u64),
        carried: &carried,
        errors,
    };
    let title = locale.count(&format!("computers.{}-title", deed.word()), count);
    let trail = super::above(locale, COMPUTERS, TITLE);
    if errors.is_empty() {
        asked.page(&title, &trail, &[], write(&page))
    } else {
        asked.again(&title, &trail, write(&page))
    }
}

/// The confirmation, with everything that was typed.
fn ask(asked: &Asked, deed: Deed, meant: &Meant, lines: &[String]) -> Result<HttpResponse, Error> {
    let question = Question {
        lines,
        more: 0,
        count: meant.ids.len() as u64,
        carried: deeds::typed(asked, deeds::carried(meant)),
        back: meant.wanted.view.address.to_string(),
    };
    deeds::ask(asked, deed, meant, question)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::history::audit::{self, Actor};
    use crate::inventory::store::HOT;
    use crate::store::{Store, Table, Write as _};

    #[test]
    fn con_gen_7_values_are_stored_for_all_computers_or_for_none() {
        static RAW: Table<ComputerId, Vec<u8>> = Table::new(HOT.name());
        let store = Store::in_memory().unwrap();
        let there = ComputerId(1);
        store.write(move |w| w.put(&RAW, there, &vec![7; 9])).unwrap();
        let set = |ids: &[u32]| SetValues {
            ids: ids.iter().copied().map(ComputerId).collect(),
            sight: Sight::everything(),
            changes: vec![(Field::tag(), "LYON".to_owned())],
            changed: Changed { by: "marie".into(), at: Timestamp(5) },
            entry: Entry::new(Timestamp(5), Actor::Account("marie".into()), None, Done::ValuesChanged),
        };
        let all = set(&[1, 2]);
        assert!(matches!(store.write(move |w| all.store(w)), Err(Undone::Recounted)), "2 is gone");
        let read = store.read().unwrap();
        assert!(accountinfo::store::account(&read, there).unwrap().is_none());
        assert!(audit::entries(&read, None, 9, &|_| true).unwrap().is_empty());
        let one = set(&[1]);
        assert_eq!(store.write(move |w| one.store(w)).unwrap(), [(there, Some("LYON".to_owned()))]);
    }
}
