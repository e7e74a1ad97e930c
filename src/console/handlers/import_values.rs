//! Administrative values from a CSV text, step by step; nothing is kept between the steps (CON-ADM-4).

use actix_web::HttpResponse;

use super::export::{self, Whole};
use super::value_lines::{account, follow_tags, known};
use super::values::bad_value;
use super::{Access, Asked, Error, Page, Route};
use crate::accountinfo::import::table::{self, BadSheet, MOST_COLUMNS, MOST_ROWS, Sheet};
use crate::accountinfo::import::{Key, Line, Mapping, plan};
use crate::accountinfo::{self, Changed, fields::Field};
use crate::console::pages::values::{self as page, Chosen, Counts, REPORT, Shown, VALUES, column_name};
use crate::console::view::csv::Csv;
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::view::table::Cell;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::i18n::iso_date;
use crate::options::EXPORT_SEP;
use crate::store::{self, Txn};
use crate::users::Right;

const MASS: Access = Access::Right(Right::ChangeTag);

/// The pages.
pub static PAGE: Page = Page {
    path: VALUES,
    menu: None,
    title: page::TITLE,
    access: MASS,
    routes: &[
        Route::get(VALUES, MASS, |asked| Box::pin(show(asked))),
        Route::post(VALUES, MASS, |asked| Box::pin(step(asked))),
        Route::post(REPORT, MASS, |asked| Box::pin(report(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    start(&asked, &[])
}

fn start(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let body = page::start(locale, visit.token(), asked.form.get("csv"), errors);
    let title = locale.text(page::TITLE);
    if errors.is_empty() { asked.page(title, &[], &[], body) } else { asked.again(title, &[], body) }
}

async fn step(asked: Asked) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let sheet = match table::read(asked.form.get("csv")) {
        Ok(sheet) => sheet,
        Err(bad) => {
            let text = match bad {
                BadSheet::Empty => locale.text("values.error-empty").to_owned(),
                BadSheet::Open => locale.text("values.error-open").to_owned(),
                BadSheet::Large => {
                    locale.fill("values.error-large", &[("rows", &MOST_ROWS), ("columns", &MOST_COLUMNS)])
                }
            };
            return start(&asked, &[FieldError::new("csv", text)]);
        }
    };
    let fields = asked.visit.console.app.definitions.fields.now();
    if asked.form.get("step") == "columns" {
        return choose(&asked, &sheet, &fields, &proposed(&asked, &sheet, &fields), &[]);
    }
    let mapping = match mapping(&asked, &sheet, &fields) {
        Ok(mapping) => mapping,
        Err(errors) => return choose(&asked, &sheet, &fields, &chosen(&asked, &sheet), &errors),
    };
    match asked.form.get("step") {
        "apply" => apply(&asked, sheet, mapping).await,
        _ => preview(&asked, sheet, mapping).await,
    }
}

fn choose(
    asked: &Asked,
    sheet: &Sheet,
    fields: &[Field],
    chosen: &Chosen,
    errors: &[FieldError],
) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let body = page::columns(locale, (visit.token(), asked.form.get("csv")), sheet, fields, chosen, errors);
    let (title, trail) = (locale.text("values.columns-title"), page::above(locale));
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// What was chosen.
fn chosen(asked: &Asked, sheet: &Sheet) -> Chosen {
    let text = |name: &str| asked.form.get(name).to_owned();
    let fields = (0..sheet.titles.len()).map(|at| text(&column_name(at))).collect();
    Chosen { key: text("key"), first: text("first"), second: text("second"), fields }
}

/// What the titles of the columns say.
fn proposed(asked: &Asked, sheet: &Sheet, fields: &[Field]) -> Chosen {
    let locale = &asked.visit.locale;
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    let field = |title: &String| {
        let named = |field: &&Field| {
            same(&field.name, title) || same(crate::console::pages::fields::label(locale, field), title)
        };
        fields.iter().find(named).map(Field::key).unwrap_or_default()
    };
    let word = |key: Key| locale.text(&format!("values.key-{}", key.code()));
    let titled = |key: Key| {
        sheet.titles.iter().position(|title| same(title, word(key)) || same(title, key.code())).map(|at| (key, at))
    };
    let found = [Key::Id, Key::Serial, Key::Mac, Key::AssetTag, Key::Name].into_iter().find_map(titled);
    let (key, first) = found.unwrap_or((Key::Name, 0));
    Chosen {
        key: key.code().to_owned(),
        first: first.to_string(),
        second: first.to_string(),
        fields: sheet.titles.iter().map(field).collect(),
    }
}

/// What the columns are, or what is wrong with what was chosen.
fn mapping(asked: &Asked, sheet: &Sheet, fields: &[Field]) -> Result<Mapping, Vec<FieldError>> {
    let locale = &asked.visit.locale;
    let column = |name: &str| asked.form.get(name).parse().ok().filter(|at: &usize| *at < sheet.titles.len());
    let key = Key::named(asked.form.get("key")).unwrap_or(Key::Name);
    let (first, second) = (column("first").unwrap_or(0), column("second").unwrap_or(0));
    let mut errors = Vec::new();
    if key == Key::TagAndName && first == second {
        errors.push(FieldError::new("second", locale.text("values.error-second")));
    }
    let mut mapped: Vec<(usize, Field)> = Vec::new();
    for at in 0..sheet.titles.len() {
        let wanted = asked.form.get(&column_name(at));
        let Some(field) = fields.iter().find(|field| !wanted.is_empty() && field.key() == wanted) else { continue };
        if mapped.iter().any(|(_, known)| known.id == field.id) {
            errors.push(FieldError::new(column_name(at), locale.text("values.error-twice")));
        }
        mapped.push((at, field.clone()));
    }
    if mapped.is_empty() {
        errors.push(FieldError::new(column_name(0), locale.text("values.error-none")));
    }
    if errors.is_empty() { Ok(Mapping { key, at: (first, second), fields: mapped }) } else { Err(errors) }
}

/// What is said about the lines that `wanted` names, as many as there is room for.
fn told<'a>(
    asked: &Asked,
    sheet: &Sheet,
    mapping: &Mapping,
    lines: &'a [Line],
    wanted: impl Fn(&Line) -> bool,
) -> Vec<Shown<'a>> {
    let locale = &asked.visit.locale;
    let detail = |line: &Line| match line {
        Line::Updated(_, changes) => {
            let words: Vec<String> = changes
                .iter()
                .map(|one| {
                    locale
                        .fill("values.change", &[("field", &one.name), ("before", &one.before), ("after", &one.after)])
                })
                .collect();
            words.join(" · ")
        }
        Line::Ambiguous(count) => locale.count("values.several", *count as u64),
        Line::Twice(id) => locale.fill("values.twice", &[("id", id)]),
        Line::Invalid(at, bad) => {
            let title = sheet.titles.get(*at).map_or("", String::as_str);
            locale.fill("values.wrong", &[("column", &title), ("what", &bad_value(locale, *bad))])
        }
        Line::Unchanged(_) | Line::NotFound => String::new(),
    };
    let all = lines.iter().zip(&sheet.rows).enumerate().filter(|(_, (line, _))| wanted(line));
    all.map(|(at, (line, row))| Shown { number: at + 2, key: page::key_of(row, mapping), line, detail: detail(line) })
        .collect()
}

async fn preview(asked: &Asked, sheet: Sheet, mapping: Mapping) -> Result<HttpResponse, Error> {
    let (rows, wanted) = (sheet.rows.clone(), mapping.clone());
    let lines = asked.read(move |app, read| {
        let known = known(&app.fleet.look(), wanted.key);
        plan(&rows, &wanted, &known, |id| account(read, id))
    });
    shown(asked, &sheet, &mapping, &lines.await?, &[])
}

fn shown(
    asked: &Asked,
    sheet: &Sheet,
    mapping: &Mapping,
    lines: &[Line],
    messages: &[Message],
) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let mut first = told(asked, sheet, mapping, lines, |_| true);
    first.truncate(page::SHOWN);
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| !matches!(name.as_str(), "step" | "computers"));
    let body = page::preview(locale, visit.token(), &carried, Counts::of(lines), &first);
    asked.page(locale.text("values.preview-title"), &page::above(locale), messages, body)
}

/// Stores the values when as many computers change as were shown; else shows the new number.
async fn apply(asked: &Asked, sheet: Sheet, mapping: Mapping) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let confirmed: Option<u64> = asked.form.get("computers").parse().ok();
    let (rows, wanted, by, at) = (sheet.rows.clone(), mapping.clone(), asked.account(), locale.now);
    let key = mapping.key;
    let known = asked.read(move |app, _| Ok(known(&app.fleet.look(), key))).await?;
    let mut entry = visit.entry(Action::ValuesChanged, "csv".to_owned());
    let run = move |w: &mut Txn<'_>| -> Result<(Vec<Line>, bool), store::Error> {
        let lines = plan(&rows, &wanted, &known, |id| account(w, id))?;
        let updated = Counts::of(&lines).updated;
        if confirmed != Some(updated) {
            return Ok((lines, false));
        }
        for line in &lines {
            let Line::Updated(id, changes) = line else { continue };
            let mut row = account(w, *id)?;
            for change in changes {
                row.values.insert(change.key.clone(), change.after.clone());
                row.changed.insert(change.key.clone(), Changed { by: by.clone(), at });
            }
            accountinfo::store::keep(w, *id, &row)?;
        }
        entry.count = Some(updated);
        let names = wanted.fields.iter().map(|(_, field)| field.name.clone());
        entry.changes = names.map(|what| Change { what, before: String::new(), after: String::new() }).collect();
        audit::append(w, entry)?;
        Ok((lines, true))
    };
    let (lines, done) = asked.change(run, |_| Ok(())).await?;
    if !done {
        let text = locale.text("values.recounted").to_owned();
        let message = Message { tone: Tone::Warning, text, action: None };
        return shown(asked, &sheet, &mapping, &lines, &[message]);
    }
    follow_tags(asked, &lines).await?;
    let all = told(asked, &sheet, &mapping, &lines, |_| true);
    let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let file: Vec<String> = all
        .iter()
        .map(|one| {
            let detail = if matches!(one.line, Line::Updated(..)) { String::new() } else { clean(&one.detail) };
            format!("{}\t{}\t{}\t{detail}", one.number, clean(&one.key), page::outcome(locale, one.line).1)
        })
        .collect();
    let left = told(asked, &sheet, &mapping, &lines, |line| !matches!(line, Line::Updated(..) | Line::Unchanged(_)));
    let counts = Counts::of(&lines);
    let body = page::report(locale, visit.token(), counts, &left, &file.join("\n"));
    let text = locale.count("values.done", counts.updated);
    let message = Message { tone: Tone::Success, text, action: None };
    asked.page(locale.text("values.report-title"), &page::above(locale), &[message], body)
}

/// The report as a file: what the page carried, as cells.
async fn report(asked: Asked) -> Result<HttpResponse, Error> {
    let (locale, app) = (&asked.visit.locale, &asked.visit.console.app);
    let mut csv = Csv::new(locale, app.options.general().text(EXPORT_SEP));
    csv.titles(&page::report_columns(locale));
    for line in asked.form.get("report").lines() {
        let cells: Vec<Cell> = line.splitn(4, '\t').map(Cell::text).collect();
        csv.row(&cells);
    }
    let name = format!("values-{}.csv", iso_date(locale.now, &locale.zone));
    Ok(export::csv(&name, Whole(Some(csv.take()))))
}
