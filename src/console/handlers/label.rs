//! The label: shown and changed (CON-LBL-1, 2).

use actix_web::HttpResponse;

use super::{Access, Asked, Error, Page, Route};
use crate::console::pages::LABEL;
use crate::console::pages::label::{self as page, LabelPage};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::visit;
use crate::deployment::launcher;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::options::DEPLOY;
use crate::store::{self, Read, Txn};
use crate::users::Right;

const ADMIN: Access = Access::Right(Right::Definitions);

/// The page.
pub static PAGE: Page = Page {
    path: LABEL,
    menu: Some(Icon::Label),
    title: page::TITLE,
    access: ADMIN,
    routes: &[
        Route::get(LABEL, ADMIN, |asked| Box::pin(show(asked))),
        Route::post(LABEL, ADMIN, |asked| Box::pin(change(asked))),
    ],
};

/// Longest label, in characters.
const LONGEST: usize = 255;

fn stored(read: &impl Read) -> Result<String, store::Error> {
    let file = launcher::file(read, launcher::LABEL)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&file).into_owned())
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    shown(&asked, None, &[]).await
}

async fn shown(asked: &Asked, typed: Option<&str>, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let label = asked.read(|_, read| stored(read)).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let deploy = visit.console.app.options.general().switch(DEPLOY);
    let page = LabelPage { token: visit.token(), typed: typed.unwrap_or(&label), stored: &label, errors, deploy };
    let (title, body) = (locale.text(page::TITLE), page::body(locale, &page));
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    asked.page(title, &[], &asked.said(&["label.done-saved", "label.done-deleted"]), body)
}

async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let typed = asked.form.get("label").to_owned();
    let label = typed.replace("\r\n", "\n").trim().to_owned();
    if label.chars().count() > LONGEST || label.chars().any(|c| c.is_control() && c != '\n') {
        let error = FieldError::new("label", locale.fill("label.error-long", &[("n", &LONGEST)]));
        return shown(&asked, Some(&typed), &[error]).await;
    }
    let mut entry = visit.entry(Action::LabelChanged, launcher::LABEL.to_owned());
    let word = if label.is_empty() { "deleted" } else { "saved" };
    let run = move |w: &mut Txn<'_>| -> Result<(), store::Error> {
        let before = stored(w)?;
        if before != label {
            launcher::set_label(w, &label)?;
            entry.changes.push(Change { what: "label".into(), before, after: label });
            audit::append(w, entry)?;
        }
        Ok(())
    };
    asked.change(run, |_| Ok(())).await?;
    Ok(visit::see_other(&format!("{LABEL}?done={word}")))
}
