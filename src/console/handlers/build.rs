//! Building a package: the form of a task, the look at it, and the package (CON-DEP-1 to 6).

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::{Asked, Error, activate};
use crate::app::App;
use crate::console::assets;
use crate::console::form::Form;
use crate::console::pages::build::{
    self as page, ARCHIVE, BACK, BUILD, BuildForm, Check, FRAGMENT, STEP, SYSTEM, TASK, TITLE,
};
use crate::console::pages::package::{above, address};
use crate::console::pages::sending::{PARTS, Sending, UPLOAD};
use crate::console::view::form::FieldError;
use crate::console::view::{Action, Locale};
use crate::console::visit;
use crate::deployment::archive::{Refused, script};
use crate::deployment::building::{self, Content, Typed, Wrong, field, packed_name, with_shell};
use crate::deployment::drafts::{Draft, NotKept, Source};
use crate::deployment::making::{self, NotBuilt, Place};
use crate::deployment::pace::Pace;
use crate::deployment::package::{Package, System};
use crate::deployment::parts::{self, BadParts};
use crate::deployment::tasks::{Brings, Task, task};
use crate::history::Action as Done;
use crate::i18n;
use crate::limits::Limits;
use crate::options::{
    DOWNLOAD_ACTIVATE_FRAG, DOWNLOAD_CYCLE_LATENCY, DOWNLOAD_FRAG_LATENCY, DOWNLOAD_PERIOD_LATENCY,
    DOWNLOAD_PERIOD_LENGTH, DOWNLOAD_PROTOCOL, DOWNLOAD_RATIO_FRAG,
};
use crate::web::{Allowed, Upload, printable};

/// Bytes of a script that is typed: it travels with the form from step to step.
const LONGEST_SCRIPT: usize = 64 << 10;
/// The usual priority.
const PRIORITY: &str = "5";

/// What the form may bring.
pub fn allowed(limits: &Limits) -> Allowed {
    let (files, file) = (limits.package_files, limits.package_file);
    Allowed { files, file, whole: file, text: limits.form, memory: false }
}

/// The pauses of agents.
pub fn pace(app: &App) -> Pace {
    let options = app.options.general();
    let number = |option| u64::try_from(options.number(option)).unwrap_or(0);
    Pace {
        fragment: number(DOWNLOAD_FRAG_LATENCY),
        cycle: number(DOWNLOAD_CYCLE_LATENCY),
        period: number(DOWNLOAD_PERIOD_LATENCY),
        length: number(DOWNLOAD_PERIOD_LENGTH).max(1),
    }
}

/// Bytes of a fragment by the option.
fn usual_fragment(app: &App) -> u64 {
    let megabytes = u64::try_from(app.options.general().number(DOWNLOAD_RATIO_FRAG)).unwrap_or(1);
    megabytes.saturating_mul(1 << 20)
}

/// The tasks, or the form of one.
pub async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    if !asked.query.has(TASK) {
        return asked.page(locale.text(TITLE), &above(locale), &[], page::tasks(locale));
    }
    let (task, system) = chosen(&asked.query)?;
    let app = asked.visit.console.app.clone();
    let options = app.options.general();
    let first = Typed {
        protocol: options.text(DOWNLOAD_PROTOCOL),
        priority: PRIORITY,
        arguments: task.usual_arguments(),
        action: "LAUNCH",
        ..Typed::default()
    };
    show(&asked, task, system, &first, None, &[])
}

/// Which task for which system.
fn chosen(form: &Form) -> Result<(&'static Task, System), Error> {
    let system = System::of(form.get(SYSTEM)).ok_or(Error::NotFound)?;
    Ok((task(form.get(TASK), system).ok_or(Error::NotFound)?, system))
}

fn typed(form: &Form) -> Typed<'_> {
    let on = |name| form.get(name) == "1";
    Typed {
        name: form.get(field::NAME),
        description: form.get(field::DESCRIPTION),
        protocol: form.get(field::PROTOCOL),
        priority: form.get(field::PRIORITY),
        run: form.get(field::RUN),
        arguments: form.get(field::ARGUMENTS),
        command: form.get(field::COMMAND),
        path: form.get(field::PATH),
        product: form.get(field::PRODUCT),
        action: form.get(field::ACTION),
        argument: form.get(field::ARGUMENT),
        notify: on(field::NOTIFY),
        notify_text: form.get(field::NOTIFY_TEXT),
        notify_countdown: form.get(field::NOTIFY_COUNTDOWN),
        notify_abort: on(field::NOTIFY_ABORT),
        notify_delay: on(field::NOTIFY_DELAY),
        done: on(field::DONE),
        done_text: form.get(field::DONE_TEXT),
    }
}

/// Reads a form: shows it again, shows what would be built, or builds it.
pub async fn send(mut asked: Asked) -> Result<HttpResponse, Error> {
    let (task, system) = chosen(&asked.form)?;
    let upload = asked.upload.take();
    let draft = match draft(&asked, task, system, upload).await? {
        Ok(draft) => draft,
        Err(error) => return show(&asked, task, system, &typed(&asked.form), None, &[error]),
    };
    let typed = typed(&asked.form);
    let known = draft.as_deref();
    if asked.form.has(BACK) {
        return show(&asked, task, system, &typed, known, &[]);
    }
    let content = match known {
        None => Content::Nothing,
        Some(Draft { bare: Some(name), .. }) => Content::Bare(name),
        Some(draft) => Content::Archive(&draft.listing),
    };
    let (locale, app) = (&asked.visit.locale, &asked.visit.console.app);
    let name_taken = || FieldError::new(field::NAME, locale.text("build.error-name-taken"));
    let mut package = match building::plan(task, system, &typed, content) {
        Ok(package) => package,
        Err(wrong) => return show(&asked, task, system, &typed, known, &errors(locale, &wrong)),
    };
    if app.board.look().packages.values().any(|other| other.has_name(&package.name)) {
        return show(&asked, task, system, &typed, known, &[name_taken()]);
    }
    if asked.form.get(STEP) != BUILD {
        return check(&asked, &package, known);
    }
    (package.made, package.by) = (locale.now, asked.account());
    let built = build(&asked, package, draft.clone()).await?;
    let error = match built {
        Ok(id) => {
            if let Some(draft) = &draft {
                app.drafts.forget(&draft.token);
            }
            let built = || format!("{}?done=built", address(id));
            return Ok(visit::see_other(&activate::automatically(&asked, id).await.unwrap_or_else(built)));
        }
        Err(NotBuilt::Name) => name_taken(),
        Err(NotBuilt::NoRoom) => FieldError::new(field::FILE, locale.text("build.error-room")),
        Err(NotBuilt::Broken(error)) => {
            tracing::error!("a package cannot be built: {error}");
            FieldError::new(field::FILE, locale.text("build.error-broken"))
        }
        Err(NotBuilt::Store(error)) => return Err(error.into()),
    };
    show(&asked, task, system, &typed, known, &[error])
}

async fn build(
    asked: &Asked,
    package: Package,
    draft: Option<Arc<Draft>>,
) -> Result<Result<crate::deployment::package::PackageId, NotBuilt>, Error> {
    let (app, now) = (asked.visit.console.app.clone(), asked.visit.locale.now);
    let entry = asked.visit.entry(Done::PackageBuilt, String::new());
    let wanted = asked.form.get(FRAGMENT).parse().unwrap_or_else(|_| usual_fragment(&app));
    let work = move || {
        let free = app.stays_free();
        let place = Place { store: &app.store, board: &app.board, files: &app.packages, free };
        making::make(&place, package, draft.as_deref(), wanted, now, &entry)
    };
    Ok(web::block(work).await?)
}

fn errors(locale: &Locale, wrong: &[Wrong]) -> Vec<FieldError> {
    wrong.iter().map(|one| FieldError::new(one.field, locale.text(one.key))).collect()
}

/// The archive: of what the form brings now, or the one that came before.
async fn draft(
    asked: &Asked,
    task: &'static Task,
    system: System,
    upload: Option<Upload>,
) -> Result<Result<Option<Arc<Draft>>, FieldError>, Error> {
    let (locale, app) = (&asked.visit.locale, asked.visit.console.app.clone());
    let wrong = |field: &'static str, key| Ok(Err(FieldError::new(field, locale.text(key))));
    if !task.takes_files() {
        return Ok(Ok(None));
    }
    let text = match task.brings {
        Brings::Script(_) if asked.form.get(STEP) != BUILD => asked.form.get(field::SCRIPT),
        _ => "",
    };
    let limits = &app.config.limits;
    let many = task.brings == Brings::Files;
    let files = upload.as_ref().map(|upload| upload.files.as_slice()).unwrap_or_default();
    // What came in pieces before the form.
    let came = match asked.form.get(UPLOAD) {
        token if token.is_empty() || !files.is_empty() => None,
        token => match app.uploads.taken(&super::sending::account(asked)?, token) {
            Ok(taken) => Some(taken),
            Err(_) => return wrong(field::FILE, "build.error-gone"),
        },
    };
    let beyond = upload.as_ref().is_some_and(|upload| upload.beyond > 0);
    let most = if many { limits.package_files } else { 1 };
    let too_many = || {
        let text = locale.fill("build.error-many", &[("most", &most)]);
        Ok(Err(FieldError::new(field::FILE, text)))
    };
    if beyond || files.len() > most {
        return too_many();
    }
    let packed = |name: &str, bare: bool| if bare { packed_name(name, task) } else { name.to_owned() };
    let source = match (task.brings, files) {
        (_, []) if came.is_some() && !text.trim().is_empty() => {
            return wrong(field::SCRIPT, "build.error-script-and-file");
        }
        (_, []) if let Some(came) = came.as_ref().filter(|_| !asked.form.get(PARTS).is_empty()) => {
            match parts::read(asked.form.get(PARTS), came.size, most) {
                Ok(mut found) => {
                    found.iter_mut().for_each(|one| one.name = packed(&printable(&one.name), true));
                    Some(Source::Parts(came.path.clone(), found))
                }
                Err(BadParts::TooMany) => return too_many(),
                Err(BadParts::Other) => return wrong(field::FILE, "build.error-gone"),
            }
        }
        (_, []) if let Some(came) = &came => {
            let bare = !building::is_archive_name(&came.name, system);
            Some(Source::Files(vec![(packed(&came.name, bare), came.path.clone())]))
        }
        (_, []) if text.trim().is_empty() => None,
        (Brings::Script(name), []) => {
            if text.len() > LONGEST_SCRIPT {
                return wrong(field::SCRIPT, "build.error-script-long");
            }
            let text = with_shell(text, system);
            Some(Source::Script(name.to_owned(), script(&text, system, task.key == "powershell")))
        }
        (_, _) if !text.trim().is_empty() => return wrong(field::SCRIPT, "build.error-script-and-file"),
        (_, files) => {
            let mut given = Vec::new();
            for file in files {
                let Some(path) = file.path.clone() else {
                    let most = i18n::size(locale.lang, limits.package_file);
                    let text = locale.fill("build.error-large", &[("most", &most)]);
                    return Ok(Err(FieldError::new(field::FILE, text)));
                };
                let bare = !building::is_archive_name(&file.name, system) || files.len() > 1;
                given.push((packed(&file.name, bare), path));
            }
            Some(Source::Files(given))
        }
    };
    let Some(source) = source else {
        let token = asked.form.get(ARCHIVE);
        let known = app.drafts.get(&asked.account(), token).filter(|draft| draft.system == system);
        return if known.is_none() && !token.is_empty() {
            wrong(field::FILE, "build.error-gone")
        } else {
            Ok(Ok(known))
        };
    };
    if let Some(name) = source.twice() {
        return Ok(Err(FieldError::new(field::FILE, locale.fill("build.error-twice", &[("name", &name)]))));
    }
    let (account, now) = (asked.account(), locale.now);
    let work = move || {
        // The files go with the upload.
        let kept = app.drafts.keep(&account, now, source, system, app.stays_free());
        drop(upload);
        // What came in pieces has served, or never will; without room for it the form may be sent again.
        if let Some(came) = came.filter(|came| !matches!(kept, Err(NotKept::NoRoom)) || !came.path.exists()) {
            came.used();
        }
        kept
    };
    match web::block(work).await? {
        Ok(draft) => Ok(Ok(Some(draft))),
        Err(NotKept::Refused(why)) => Ok(Err(FieldError::new(field::FILE, refused(locale, &why)))),
        Err(NotKept::NoRoom) => wrong(field::FILE, "build.error-room"),
        Err(NotKept::Broken(error)) => {
            tracing::error!("an archive cannot be made: {error}");
            wrong(field::FILE, "build.error-broken")
        }
    }
}

/// Why an archive is not taken, in the reader's language.
fn refused(locale: &Locale, why: &Refused) -> String {
    let about = |key: &str, name: &String| locale.fill(key, &[("name", name)]);
    match why {
        Refused::Unreadable { kind, why } => {
            tracing::info!("an archive cannot be read as {kind}: {why}");
            locale.fill("build.archive-unreadable", &[("kind", kind)])
        }
        Refused::Outside(name) => about("build.archive-outside", name),
        Refused::Reserved(name) => about("build.archive-reserved", name),
        Refused::Twice(name) => about("build.archive-twice", name),
        Refused::Link(name) => about("build.archive-link", name),
        Refused::NoFile(name) => about("build.archive-no-file", name),
        Refused::Encrypted(name) => about("build.archive-encrypted", name),
        Refused::TooMany => locale.text("build.archive-many").to_owned(),
        Refused::LongNames => locale.text("build.archive-names").to_owned(),
        Refused::TooLarge => locale.text("build.archive-large").to_owned(),
        Refused::Empty => locale.text("build.archive-empty").to_owned(),
    }
}

/// The form, with what is wrong.
fn show(
    asked: &Asked,
    task: &Task,
    system: System,
    typed: &Typed,
    draft: Option<&Draft>,
    errors: &[FieldError],
) -> Result<HttpResponse, Error> {
    let (locale, app) = (&asked.visit.locale, &asked.visit.console.app);
    let limits = &app.config.limits;
    let free = fs4::available_space(&app.config.data).unwrap_or(0).saturating_sub(app.stays_free());
    let unfinished = app.uploads.unfinished(&super::sending::account(asked)?);
    let script = assets::sending();
    let form = BuildForm {
        sending: Sending {
            script: &script,
            most: limits.package_file,
            files: if task.brings == Brings::Files { limits.package_files } else { 1 },
            unfinished: &unfinished,
        },
        task,
        system,
        typed,
        script: asked.form.get(field::SCRIPT),
        draft,
        errors,
        most: limits.package_file,
        free,
        files: limits.package_files,
        token: asked.visit.token(),
    };
    let body = page::form(locale, &form);
    let (title, trail) = (page::title(locale, task), trail(locale));
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// The pages above a form.
fn trail(locale: &Locale) -> Vec<Action> {
    let tasks = Action { href: page::NEW.to_owned(), label: locale.text(TITLE).to_owned() };
    above(locale).into_iter().chain([tasks]).collect()
}

/// The look at what would be built.
fn check(asked: &Asked, package: &Package, draft: Option<&Draft>) -> Result<HttpResponse, Error> {
    let (locale, app) = (&asked.visit.locale, &asked.visit.console.app);
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| ![ARCHIVE, STEP, BACK, FRAGMENT, UPLOAD, PARTS].contains(&name.as_str()));
    let check = Check {
        package,
        draft,
        pace: pace(app),
        fragment: usual_fragment(app),
        asks: !app.options.general().switch(DOWNLOAD_ACTIVATE_FRAG),
        carried: &carried,
        token: asked.visit.token(),
    };
    asked.page(locale.text("build.check-title"), &trail(locale), &[], page::check(locale, &check))
}
