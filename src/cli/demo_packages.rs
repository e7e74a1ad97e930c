//! The packages of the invented office: one that is nearly everywhere, one that is on its way, one that nobody has yet.

use crate::app::App;
use crate::clock::Timestamp;
use crate::deployment::actions;
use crate::deployment::affectation::{Activation, Affectation, State};
use crate::deployment::archive::script;
use crate::deployment::building::{Content, Typed, plan, with_shell};
use crate::deployment::drafts::Source;
use crate::deployment::making::{Place, make};
use crate::deployment::package::{PackageId, System};
use crate::deployment::tasks::{Brings, task};
use crate::history::Action;
use crate::history::audit::{Actor, Entry};
use crate::id::ComputerId;
use crate::inventory::columns::OSNAME;
use crate::options::store::{StoredValue, set};
use crate::options::{DOWNLOAD, Value};
use crate::store::Txn;

/// A package: task, system, name, description, script or command, and how far its computers are, in turn; `None` where it
/// is not activated.
type Invented = (&'static str, System, &'static str, &'static str, &'static str, Option<&'static [&'static str]>);

const PACKAGES: [Invented; 3] = [
    (
        "batch",
        System::Windows,
        "Ledger 9.4",
        "For accounting and sales",
        "\"%~dp0ledger-setup.exe\" /S\nexit /b %errorlevel%",
        Some(&[
            "SUCCESS",
            "SUCCESS",
            "SUCCESS",
            "NOTIFIED",
            "SUCCESS",
            "EXIT_CODE_1603",
            "",
            "SUCCESS_REBOOT_REQUIRED",
        ]),
    ),
    (
        "shell",
        System::Linux,
        "Printers of the second floor",
        "",
        "lpadmin -p floor-2 -E -v ipp://printer-2.example.net/ipp/print -m everywhere",
        Some(&["", "NOTIFIED", "", "ERR_EXECUTE"]),
    ),
    (
        "command",
        System::Windows,
        "Restart the spooler",
        "When printing hangs",
        "net stop spooler & net start spooler",
        None,
    ),
];

/// Builds them, activates and affects some, and notes results.
pub fn fill(app: &App, account: &str, now: Timestamp) -> Result<(), String> {
    let by = account.to_owned();
    let on = StoredValue { value: Value::Number(1), by: by.clone(), at: now };
    let switched = app.write(move |w: &mut Txn<'_>| set(w, DOWNLOAD.0.name, &on));
    switched.and_then(|()| app.reload_options()).map_err(|error| error.to_string())?;
    for (n, invented) in (0..).zip(&PACKAGES) {
        one(app, invented, &by, now.plus(-(20 - 7 * n) * Timestamp::DAY))?;
    }
    Ok(())
}

fn one(app: &App, invented: &Invented, by: &str, at: Timestamp) -> Result<(), String> {
    let (key, system, name, description, text, states) = *invented;
    let task = task(key, system).ok_or("there is no such task")?;
    let entry = |action| Entry::new(at, Actor::Account(by.to_owned()), None, action);
    let typed = Typed { name, description, protocol: "HTTPS", priority: "5", command: text, ..Typed::default() };
    let draft = match task.brings {
        Brings::Script(file) => {
            let source = Source::Script(file.to_owned(), script(&with_shell(text, system), system, false));
            Some(app.drafts.keep(by, at, source, system, app.stays_free()).map_err(|error| error.to_string())?)
        }
        _ => None,
    };
    let bare = draft.as_ref().and_then(|draft| draft.bare.as_deref());
    let content = bare.map_or(Content::Nothing, Content::Bare);
    let mut package = plan(task, system, &typed, content).map_err(|_| "the package is not whole".to_owned())?;
    (package.made, package.by) = (at, by.to_owned());
    let place = Place { store: &app.store, board: &app.board, files: &app.packages, free: 0 };
    let made = make(&place, package, draft.as_deref(), 1 << 20, at, &entry(Action::PackageBuilt));
    let id = made.map_err(|error| error.to_string())?;
    if let Some(draft) = &draft {
        app.drafts.forget(&draft.token);
    }
    let Some(states) = states else { return Ok(()) };
    affect(app, id, system, states, by, at).map_err(|error| error.to_string())
}

fn affect(
    app: &App,
    package: PackageId,
    system: System,
    states: &[&str],
    by: &str,
    at: Timestamp,
) -> Result<(), actions::Refusal> {
    let entry = |action| Entry::new(at, Actor::Account(by.to_owned()), None, action);
    let place = "ocs.example.net/download".to_owned();
    let activation =
        Activation { package, info: place.clone(), fragments: place, at, by: by.to_owned(), ..Activation::default() };
    let activation = actions::activate(&app.store, &app.board, activation, entry(Action::PackageActivated))?;
    let ids: Vec<ComputerId> = {
        let index = app.fleet.look();
        index.ids().filter(|id| system.fits(index.text(*id, OSNAME))).collect()
    };
    let new = Affectation { at, by: by.to_owned(), ..Affectation::default() };
    let every = |_: &Txn<'_>, _| Ok(true);
    actions::affect(&app.store, &app.board, ids.clone(), activation, new, every, entry(Action::Affected))?;
    for (id, state) in ids.into_iter().zip(states.iter().cycle()).filter(|(_, state)| !state.is_empty()) {
        actions::result(&app.store, &app.board, id, package, State::of(state), at.plus(Timestamp::DAY))?.wait()?;
    }
    Ok(())
}
