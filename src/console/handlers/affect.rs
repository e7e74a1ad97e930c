//! Affecting a package to computers, and taking it back: a form, then the confirmation with the numbers, then one
//! transaction (CON-DEP-12, CON-DEP-14, CON-GEN-7).

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::computers::blocking;
use super::deeds::{self, Meant, Question, object};
use super::value_lines::account;
use super::{Asked, Error};
use crate::app::App;
use crate::console::form::Form;
use crate::console::pages::COMPUTERS;
use crate::console::pages::affect::{
    self, ACTIVATION, AFTERWARDS, ANY_SYSTEM, AffectPage, Choice, DAY, FORCE, FROM, ONE, PHASES, POSTCMDS, TIME, Typed,
    postcmd_word,
};
use crate::console::pages::computer::{PACKAGES, part};
use crate::console::pages::computers::{Deed, TITLE};
use crate::console::pages::mass::FILLED;
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::deployment::actions::{self, Affected, Refusal, Unaffect};
use crate::deployment::affectation::{Activation, ActivationId, Affectation, Phase, State};
use crate::deployment::affecting::{self, BadSchedule, Candidate, Intent, Preview};
use crate::deployment::board::Inner;
use crate::deployment::nearest::{Nearby, place};
use crate::deployment::package::{Package, PackageId, System};
use crate::deployment::{self, Board};
use crate::fleet::{Fact, Value};
use crate::history::Action as Done;
use crate::id::{ComputerId, GroupId};
use crate::inventory::columns::{OSNAME, USERAGENT};
use crate::inventory::store as computers;
use crate::store;
use crate::users::Right;

/// The activations that can be chosen, the latest first; those on redistribution servers come with their group only.
fn choices(locale: &Locale, board: &Board) -> Vec<Choice> {
    let inner = board.look();
    let all = inner.activations.values().rev().filter(|one| one.server.is_none());
    let choice = |one: &Arc<Activation>| {
        let package = inner.packages.get(&one.package)?;
        let system = locale.text(system(package.system));
        let words: [(&str, &dyn Display); 3] = [("name", &package.name), ("system", &system), ("address", &one.info)];
        Some(Choice { value: one.id.0.to_string(), words: locale.fill("affect.choice", &words) })
    };
    all.filter_map(choice).collect()
}

/// The same with the groups of redistribution servers on which a package is activated.
pub fn choices_with_servers(locale: &Locale, app: &App) -> Vec<Choice> {
    let (names, board) = (app.groups.look(), app.board.look());
    let served = board.activations.values().filter_map(|one| Some((one.package, one.server?.group)));
    let choice = |(package, group): (PackageId, GroupId)| {
        let package = board.packages.get(&package)?;
        let system = locale.text(system(package.system));
        let words: [(&str, &dyn Display); 3] =
            [("name", &package.name), ("system", &system), ("group", &names.group(group)?.name)];
        let value = Target::Servers(group).value(package.id);
        Some(Choice { value, words: locale.fill("affect.choice-servers", &words) })
    };
    let served: BTreeSet<(PackageId, GroupId)> = served.collect();
    let served: Vec<Choice> = served.into_iter().rev().filter_map(choice).collect();
    drop((names, board));
    let mut all = choices(locale, &app.board);
    all.extend(served);
    all
}

/// By which activation a package is affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// By this one.
    One(ActivationId),
    /// By the one on the nearest server of this redistribution group, else by one without a server.
    Servers(GroupId),
}

impl Target {
    /// How forms spell it.
    pub fn value(self, package: PackageId) -> String {
        match self {
            Target::One(id) => id.0.to_string(),
            Target::Servers(group) => format!("{group}-{package}"),
        }
    }

    /// What a form names, with its package; `None` for what is not there.
    fn of(inner: &Inner, value: &str) -> Option<(Target, Arc<Package>)> {
        let (target, package) = match value.split_once('-') {
            None => {
                let known = inner.activations.get(&ActivationId(value.parse().ok()?))?;
                (Target::One(known.id), known.package)
            }
            Some((group, package)) => {
                let target = Target::Servers(GroupId(group.parse().ok()?));
                (target, PackageId(package.parse().ok()?))
            }
        };
        let there = !target.activations(inner, package).is_empty();
        inner.packages.get(&package).filter(|_| there).map(|package| (target, package.clone()))
    }

    /// The activations that are meant.
    pub fn activations(self, inner: &Inner, package: PackageId) -> BTreeSet<ActivationId> {
        let meant = |one: &&Arc<Activation>| match self {
            Target::One(id) => one.id == id,
            Target::Servers(group) => one.package == package && one.server.is_some_and(|server| server.group == group),
        };
        inner.activations.values().filter(meant).map(|one| one.id).collect()
    }
}

/// The text key of a system.
pub fn system(system: System) -> &'static str {
    match system {
        System::Windows => "affect.windows",
        System::Linux => "affect.linux",
        System::MacOs => "affect.macos",
    }
}

/// What a form asks for.
#[derive(Debug, Clone)]
pub struct Order {
    /// By which activation.
    pub target: Target,
    /// The package.
    pub package: PackageId,
    /// The package's system.
    pub system: System,
    /// How; without state, time and author.
    pub how: Affectation,
    /// Also computers of another system.
    pub any_system: bool,
}

/// What was typed into the fields of `pages::affect`.
pub fn typed(form: &Form) -> Typed<'_> {
    Typed {
        activation: form.get(ACTIVATION),
        day: form.get(DAY),
        time: form.get(TIME),
        force: form.get(FORCE) == "1",
        afterwards: form.get(AFTERWARDS),
        any_system: form.get(ANY_SYSTEM) == "1",
    }
}

/// Reads what was typed, or says what is wrong with it.
pub fn order(locale: &Locale, board: &Board, typed: &Typed) -> Result<Order, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field: &'static str, key: &str| errors.push(FieldError::new(field, locale.text(key)));
    let known = Target::of(&board.look(), typed.activation);
    if known.is_none() {
        wrong(ACTIVATION, "affect.error-activation");
    }
    let schedule = affecting::schedule(typed.day, typed.time);
    match schedule {
        Err(BadSchedule::Day) => wrong(DAY, "affect.error-day"),
        Err(BadSchedule::Time) => wrong(TIME, "affect.error-time"),
        Err(BadSchedule::TimeAlone) => wrong(DAY, "affect.error-time-alone"),
        Ok(_) => {}
    }
    let postcmd = POSTCMDS.iter().map(|(known, _)| *known).find(|known| *known == typed.afterwards);
    if postcmd.is_none() {
        wrong(AFTERWARDS, "affect.error-afterwards");
    }
    match (known, schedule, postcmd) {
        (Some((target, package)), Ok(schedule), Some(postcmd)) => Ok(Order {
            target,
            package: package.id,
            system: package.system,
            how: Affectation { force: typed.force, schedule, postcmd: postcmd.to_owned(), ..Affectation::default() },
            any_system: typed.any_system,
        }),
        _ => Err(errors),
    }
}

/// Affects.
pub async fn affect(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let (locale, app) = (&asked.visit.locale, asked.visit.console.app.clone());
    let choices = choices_with_servers(locale, &app);
    let title = locale.count("computers.affect-title", meant.ids.len() as u64);
    let trail = super::above(locale, COMPUTERS, TITLE);
    if choices.is_empty() {
        return asked.page(&title, &trail, &[], affect::none(locale, asked.visit.may(Right::Packages)));
    }
    let typed = typed(&asked.form);
    let show = |errors: &[FieldError]| {
        let carried = carried(&asked, &meant);
        let body = affect::affect(locale, &page(&asked, &meant, &carried, &choices, errors), &typed);
        if errors.is_empty() { asked.page(&title, &trail, &[], body) } else { asked.again(&title, &trail, body) }
    };
    if !asked.form.has(FILLED) {
        return show(&[]);
    }
    let order = match order(locale, &app.board, &typed) {
        Err(errors) => return show(&errors),
        Ok(order) => order,
    };
    let preview = preview(&asked, &meant.ids, &order).await?;
    let (begin, left) = (preview.begin.len() as u64, preview.left());
    let lines = told(locale, &choices, &order, &preview);
    if begin == 0 {
        return asked.page(&title, &trail, &[], affect::nobody(locale, &lines, &back(&asked, &meant).to_string()));
    }
    if asked.form.get("confirmed") != begin.to_string() {
        return ask(&asked, Deed::Affect, &meant, &lines, begin);
    }
    let new = Affectation { by: asked.account(), at: locale.now, ..order.how.clone() };
    let entry = asked.visit.entry(Done::Affected, affected_object(&order, &preview.begin));
    let sight = asked.visit.sight();
    let wanted = preview.begin;
    let work = move || {
        let still = move |w: &store::Txn<'_>, id: ComputerId| Ok(account(w, &sight, id)?.is_some());
        actions::affect_each(&app.store, &app.board, wanted, new, still, entry)
    };
    match web::block(work).await? {
        Ok(Affected { affected, already }) => Ok(done(&asked, &meant, Deed::Affect, affected, left + already)),
        Err(Refusal::Store(error)) => Err(error.into()),
        // The activation went meanwhile.
        Err(_) => show(&[FieldError::new(ACTIVATION, locale.text("affect.error-activation"))]),
    }
}

/// What the audit log names.
fn affected_object(order: &Order, begin: &[(ComputerId, ActivationId)]) -> String {
    let ids: Vec<ComputerId> = begin.iter().map(|(id, _)| *id).collect();
    format!("{} ({}): {}", order.package, order.target.value(order.package), object(&ids))
}

/// What becomes of each computer.
pub async fn preview(asked: &Asked, ids: &[ComputerId], order: &Order) -> Result<Preview, Error> {
    let (ids, order) = (ids.to_vec(), order.clone());
    let work = move |app: &App| {
        let intent = Intent { system: order.system, force: order.how.force, any_system: order.any_system };
        let mut preview = Preview::default();
        // Agents wait for neither the index nor the board for long.
        for some in ids.chunks(1000) {
            let installed = installed(app, some, order.package)?;
            let (index, board) = (app.fleet.look(), app.board.look());
            let by = match order.target {
                Target::One(id) => Nearby::always(id),
                Target::Servers(group) => Nearby::of(&index, &board, order.package, group),
            };
            for id in some {
                let system = index.text(*id, OSNAME);
                let agent = match index.value(*id, Fact::Column(USERAGENT)) {
                    Value::Text(agent) => agent,
                    _ => "",
                };
                let has = of_package(&board, *id, order.package);
                let installed = installed.contains(id);
                let activation = by.activation(*id, &place(&index, *id));
                preview.add(&intent, &Candidate { id: *id, activation, system, agent, has: &has, installed });
            }
        }
        Ok(preview)
    };
    blocking(asked, work).await
}

/// The activations of a package that a computer is affected to, and how far it is with each.
fn of_package(board: &Inner, id: ComputerId, package: PackageId) -> Vec<(ActivationId, State)> {
    let Some(rows) = board.affectations.get(&id) else { return Vec::new() };
    let of = |activation: &ActivationId| board.activations.get(activation).is_some_and(|one| one.package == package);
    rows.iter().filter(|(activation, _)| of(activation)).map(|(id, row)| (*id, row.state.clone())).collect()
}

/// Those whose last inventory named the package as installed. One that cannot be read counts as one that did not.
fn installed(app: &App, ids: &[ComputerId], package: PackageId) -> Result<BTreeSet<ComputerId>, store::Error> {
    app.read(|read| {
        let mut found = BTreeSet::new();
        for id in ids {
            match computers::computer(read, *id, &app.dictionaries) {
                Ok(Some(computer)) if deployment::history(&computer.volatile).contains(&package) => {
                    found.insert(*id);
                }
                Ok(_) | Err(store::Error::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    })
}

/// The words of the activation that was chosen; nothing when it is none or any.
fn chosen_words(choices: &[Choice], chosen: &str) -> Vec<String> {
    choices.iter().filter(|one| one.value == chosen).map(|one| one.words.clone()).collect()
}

/// What a confirmation says, line by line.
pub fn told(locale: &Locale, choices: &[Choice], order: &Order, preview: &Preview) -> Vec<String> {
    let mut lines = chosen_words(choices, &order.target.value(order.package));
    if !order.how.schedule.is_empty() {
        lines.push(locale.fill("affect.line-schedule", &[("time", &order.how.schedule)]));
    }
    if order.how.force {
        lines.push(locale.text("affect.line-force").to_owned());
    }
    if let Some(word) = postcmd_word(&order.how.postcmd) {
        lines.push(locale.text(&format!("affect.line-{word}")).to_owned());
    }
    let counts = [
        ("affect.count-begin", preview.begin.len() as u64),
        ("affect.count-again", preview.again),
        ("affect.count-already", preview.already),
        ("affect.count-other", preview.other_system),
        ("affect.count-no-server", preview.no_server),
        ("affect.count-inventory-only", preview.inventory_only),
        ("affect.count-installed", preview.installed),
    ];
    lines.extend(counts.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| locale.count(key, n)));
    lines
}

/// Takes affectations back.
pub async fn unaffect(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let (locale, app) = (&asked.visit.locale, asked.visit.console.app.clone());
    let choices = choices_with_servers(locale, &app);
    let title = locale.count("computers.unaffect-title", meant.ids.len() as u64);
    let trail = super::above(locale, COMPUTERS, TITLE);
    let filled = asked.form.has(FILLED);
    let words: Vec<&str> = if filled {
        asked.form.all(PHASES).filter(|word| !word.is_empty()).collect()
    } else {
        Phase::ALL.map(Phase::word).into()
    };
    let show = |errors: &[FieldError]| {
        let carried = carried(&asked, &meant);
        let page = page(&asked, &meant, &carried, &choices, errors);
        let body = affect::unaffect(locale, &page, asked.form.get(ACTIVATION), &words);
        if errors.is_empty() { asked.page(&title, &trail, &[], body) } else { asked.again(&title, &trail, body) }
    };
    if !filled {
        return show(&[]);
    }
    let chosen = asked.form.get(ACTIVATION);
    let phases: Vec<Phase> = words.iter().filter_map(|word| Phase::of(word)).collect();
    if phases.is_empty() {
        return show(&[FieldError::new(PHASES, locale.text("affect.error-phases"))]);
    }
    let activations: BTreeSet<ActivationId> = {
        let inner = app.board.look();
        if chosen.is_empty() {
            inner.activations.keys().copied().collect()
        } else {
            let known = Target::of(&inner, chosen);
            known.map(|(target, package)| target.activations(&inner, package.id)).unwrap_or_default()
        }
    };
    if activations.is_empty() && !chosen.is_empty() {
        return show(&[FieldError::new(ACTIVATION, locale.text("affect.error-activation"))]);
    }
    let what = Unaffect { activations, phases, computers: Some(meant.ids.clone()) };
    let count = count(&app.board.look(), &meant.ids, &what);
    let mut lines = chosen_words(&choices, chosen);
    lines.push(locale.count("affect.count-unaffect", count));
    if count == 0 {
        return asked.page(&title, &trail, &[], affect::nobody(locale, &lines, &back(&asked, &meant).to_string()));
    }
    if asked.form.get("confirmed") != count.to_string() {
        return ask(&asked, Deed::Unaffect, &meant, &lines, count);
    }
    let entry = asked.visit.entry(Done::Unaffected, object(&meant.ids));
    let gone = blocking(&asked, move |app| actions::unaffect(&app.store, &app.board, what, entry)).await?;
    Ok(done(&asked, &meant, Deed::Unaffect, gone, 0))
}

/// How many affectations of these computers are meant.
fn count(inner: &Inner, ids: &[ComputerId], what: &Unaffect) -> u64 {
    let fits = |activation: &ActivationId, row: &Affectation| {
        what.activations.contains(activation) && what.phases.contains(&row.state.phase())
    };
    let rows = ids.iter().filter_map(|id| inner.affectations.get(id)).flatten();
    rows.filter(|(activation, row)| fits(activation, row)).count() as u64
}

fn page<'a>(
    asked: &'a Asked,
    meant: &'a Meant,
    carried: &'a [(String, String)],
    choices: &'a [Choice],
    errors: &'a [FieldError],
) -> AffectPage<'a> {
    let more = (meant.ids.len() as u64).saturating_sub(meant.names.len() as u64);
    AffectPage { token: asked.visit.token(), names: &meant.names, more, carried, choices, errors }
}

/// Which computers are meant, and where the form was begun.
fn carried(asked: &Asked, meant: &Meant) -> Vec<(String, String)> {
    let mut carried = deeds::carried(meant);
    if asked.form.get(FROM) == ONE {
        carried.push((FROM.to_owned(), ONE.to_owned()));
    }
    carried
}

/// Where the form was begun: the page of a computer, or the list.
fn back(asked: &Asked, meant: &Meant) -> Address {
    match (asked.form.get(FROM), meant.ids.as_slice()) {
        (ONE, [id]) => Address::new(part(*id, PACKAGES)),
        _ => meant.wanted.view.address.clone(),
    }
}

fn done(asked: &Asked, meant: &Meant, deed: Deed, n: u64, left: u64) -> HttpResponse {
    let from = back(asked, meant);
    visit::see_other(&from.with("done", deed.word()).with("n", n).with("left", left).to_string())
}

/// The confirmation, with everything that was typed.
fn ask(asked: &Asked, deed: Deed, meant: &Meant, lines: &[String], count: u64) -> Result<HttpResponse, Error> {
    let carried = deeds::typed(asked, carried(asked, meant));
    deeds::ask(asked, deed, meant, Question { lines, more: 0, count, carried, back: back(asked, meant).to_string() })
}

/// How many computers were left as they are, after some were affected.
pub fn left(asked: &Asked) -> Option<Message> {
    let n = asked.query.get("left").parse().ok().filter(|n| *n > 0)?;
    let text = asked.visit.locale.count("affect.left", n);
    (asked.query.get("done") == Deed::Affect.word()).then_some(Message { tone: Tone::Note, text, action: None })
}
