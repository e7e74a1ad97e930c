//! Administrative values from a CSV text or file, step by step; nothing is kept between the steps (CON-ADM-4).

use actix_web::{HttpResponse, web};

use super::apply_values::{self, Applied, Import};
use super::export::{self, Whole};
use super::held;
use super::value_lines::{account, known};
use super::values::bad_value;
use super::{Access, Asked, Error, Page, Route};
use crate::accountinfo::Changed;
use crate::accountinfo::fields::Field;
use crate::accountinfo::import::table::{self, BadSheet, MOST_COLUMNS, MOST_ROWS, Sheet};
use crate::accountinfo::import::{Key, Known, Line, Mapping, plan, report as told};
use crate::console::pages::values::{self as page, Chosen, Counts, REPORT, Shown, VALUES, column_name};
use crate::console::view::Locale;
use crate::console::view::csv::Csv;
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::view::table::Cell;
use crate::history::Action;
use crate::i18n::iso_date;
use crate::id::ComputerId;
use crate::inventory::columns;
use crate::limits::{Limits, MIB};
use crate::store::Txn;
use crate::text;
use crate::users::Right;
use crate::web::Allowed;

const MASS: Access = Access::Right(Right::ChangeTag);

/// The pages.
pub static PAGE: Page = Page {
    path: VALUES,
    menu: None,
    title: page::TITLE,
    access: MASS,
    routes: &[
        Route::get(VALUES, MASS, |asked| Box::pin(show(asked))),
        Route::upload(VALUES, MASS, allowed, |asked| Box::pin(step(asked))),
        Route::post(REPORT, MASS, |asked| Box::pin(report(asked))),
    ],
};

/// One file, and the text that the forms of the steps carry on.
fn allowed(limits: &Limits) -> Allowed {
    let table = limits.upload_table;
    Allowed {
        files: 1,
        file: table as u64,
        whole: table as u64,
        text: table.saturating_add(limits.form),
        memory: false,
    }
}

/// The text of the file that was sent, as if it had been pasted; `Err` when there is more than can be taken.
async fn with_file(mut asked: Asked) -> Result<Result<Asked, Asked>, Error> {
    let Some(upload) = asked.upload.take().filter(|upload| !upload.files.is_empty()) else { return Ok(Ok(asked)) };
    let read = web::block(move || {
        let one = upload.files.first().filter(|_| upload.beyond == 0).and_then(|file| file.path.as_ref());
        one.map(|path| std::fs::read(path).map(|bytes| text::decode(&bytes).text.into_owned())).transpose()
    });
    match read.await? {
        Ok(Some(text)) => {
            asked.form = std::mem::take(&mut asked.form).with("csv", text);
            Ok(Ok(asked))
        }
        Ok(None) => Ok(Err(asked)),
        Err(error) => {
            tracing::error!("a file that was sent cannot be read: {error}");
            Err(Error::Lost)
        }
    }
}

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
    let asked = match with_file(asked).await? {
        Ok(asked) => asked,
        Err(asked) => {
            let most = asked.visit.console.app.config.limits.upload_table / MIB;
            let text = asked.visit.locale.fill("values.error-file", &[("n", &most)]);
            return start(&asked, &[FieldError::new(page::FILE, text)]);
        }
    };
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

/// What changes, or what is wrong, in words. `column` names a column.
fn detail(locale: &Locale, line: &Line, column: &dyn Fn(usize) -> String) -> String {
    match line {
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
            locale.fill("values.wrong", &[("column", &column(*at)), ("what", &bad_value(locale, *bad))])
        }
        Line::Busy(_) => locale.text("values.busy-detail").to_owned(),
        Line::Unchanged(_) | Line::NotFound => String::new(),
    }
}

/// What is said about the lines that `wanted` names.
fn lines_shown<'a>(
    asked: &Asked,
    sheet: &Sheet,
    mapping: &Mapping,
    lines: &'a [Line],
    wanted: impl Fn(&Line) -> bool,
) -> Vec<Shown<'a>> {
    let title = |at: usize| sheet.titles.get(at).cloned().unwrap_or_default();
    let all = lines.iter().zip(&sheet.rows).zip(&sheet.numbers).filter(|((line, _), _)| wanted(line));
    all.map(|((line, row), number)| {
        let detail = detail(&asked.visit.locale, line, &title);
        Shown { number: *number, key: page::key_of(row, mapping), line, detail }
    })
    .collect()
}

/// The computers by their key, and what would become of each line.
async fn planned(asked: &Asked, sheet: &Sheet, mapping: &Mapping) -> Result<(Known, Vec<Line>), Error> {
    let (rows, wanted, sight) = (sheet.rows.clone(), mapping.clone(), asked.visit.sight());
    let lines = asked.read(move |app, read| {
        let known = known(&app.fleet.look(), &sight, wanted.key);
        let lines = plan(&rows, &wanted, &known, |id| account(read, &sight, id))?;
        Ok((known, lines))
    });
    lines.await
}

async fn preview(asked: &Asked, sheet: Sheet, mapping: Mapping) -> Result<HttpResponse, Error> {
    let (_, lines) = planned(asked, &sheet, &mapping).await?;
    shown(asked, &sheet, &mapping, &lines, &[])
}

fn shown(
    asked: &Asked,
    sheet: &Sheet,
    mapping: &Mapping,
    lines: &[Line],
    messages: &[Message],
) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let (some, _) = lines.split_at(lines.len().min(page::SHOWN));
    let first = lines_shown(asked, sheet, mapping, some, |_| true);
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| !matches!(name.as_str(), "step" | "computers"));
    let body = page::preview(locale, visit.token(), &carried, Counts::of(lines), &first);
    asked.page(locale.text("values.preview-title"), &page::above(locale), messages, body)
}

/// Stores the values when as many computers change as were shown; else shows the new number.
async fn apply(asked: &Asked, sheet: Sheet, mapping: Mapping) -> Result<HttpResponse, Error> {
    let (known, lines) = planned(asked, &sheet, &mapping).await?;
    let updated = Counts::of(&lines).updated;
    if asked.form.get("computers") != updated.to_string() {
        return recounted(asked, &sheet, &mapping, &lines);
    }
    let ids: Vec<ComputerId> =
        lines.iter().filter(|line| matches!(line, Line::Updated(..))).filter_map(Line::computer).collect();
    let held = held::free(asked, ids).await?;
    let import = Import {
        rows: sheet.rows.clone(),
        mapping: mapping.clone(),
        known,
        sight: asked.visit.sight(),
        held: held.free.clone(),
        confirmed: updated,
        changed: Changed { by: asked.account(), at: asked.visit.locale.now },
        entry: asked.visit.entry(Action::ValuesChanged, String::new()),
    };
    let app = asked.visit.console.app.clone();
    let work = move || {
        let fleet = app.fleet.clone();
        let after = move |applied: &Applied| fleet.change(|index| apply_values::follow(index, applied));
        let run = move |w: &mut Txn<'_>| import.store(w);
        let applied = app.store.queue(run, after).and_then(|pending| pending.wait());
        drop(held);
        applied
    };
    match web::block(work).await?? {
        Applied::Done(lines) => done(asked, &sheet, &mapping, &lines),
        Applied::Recounted(lines) => recounted(asked, &sheet, &mapping, &lines),
        Applied::Redefined(fields) => redefined(asked, &sheet, &mapping, &fields),
    }
}

fn recounted(asked: &Asked, sheet: &Sheet, mapping: &Mapping, lines: &[Line]) -> Result<HttpResponse, Error> {
    let text = asked.visit.locale.text("values.recounted").to_owned();
    shown(asked, sheet, mapping, lines, &[Message { tone: Tone::Warning, text, action: None }])
}

/// The columns again: a field is no longer what it was.
fn redefined(asked: &Asked, sheet: &Sheet, mapping: &Mapping, fields: &[Field]) -> Result<HttpResponse, Error> {
    let text = asked.visit.locale.text("values.error-redefined");
    let other = mapping.fields.iter().filter(|(_, field)| !fields.iter().any(|now| now.reads_as(field)));
    let errors: Vec<FieldError> = other.map(|(at, _)| FieldError::new(column_name(*at), text)).collect();
    choose(asked, sheet, fields, &chosen(asked, sheet), &errors)
}

fn done(asked: &Asked, sheet: &Sheet, mapping: &Mapping, lines: &[Line]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let file = told::write(sheet.numbers.iter().copied().zip(lines));
    let left =
        lines_shown(asked, sheet, mapping, lines, |line| !matches!(line, Line::Updated(..) | Line::Unchanged(_)));
    let counts = Counts::of(lines);
    let body = page::report(locale, visit.token(), counts, &left, &file);
    let text = locale.count("values.done", counts.updated);
    let message = Message { tone: Tone::Success, text, action: None };
    asked.page(locale.text("values.report-title"), &page::above(locale), &[message], body)
}

/// The report as a file: what the page carried, in words again. Computers have their names of now.
async fn report(asked: Asked) -> Result<HttpResponse, Error> {
    let (locale, app) = (&asked.visit.locale, &asked.visit.console.app);
    let mut csv = Csv::new(locale, &asked.visit.separator());
    csv.titles(&page::report_columns(locale));
    let (sight, index) = (asked.visit.sight(), app.fleet.look());
    let column = |at: usize| locale.fill("values.column", &[("n", &at.saturating_add(1))]);
    for (number, line) in told::read(asked.form.get("report")) {
        let seen = line.computer().filter(|id| index.sees(&sight, *id));
        let name = seen.map_or("", |id| index.text(id, columns::NAME));
        let (_, outcome) = page::outcome(locale, &line);
        let (number, detail) = (number.to_string(), detail(locale, &line, &column));
        csv.row(&[Cell::text(&number), Cell::text(name), Cell::text(outcome), Cell::text(&detail)]);
    }
    drop(index);
    let name = format!("values-{}.csv", iso_date(locale.now, &locale.zone));
    Ok(export::csv(&name, Whole(Some(csv.take()))))
}
