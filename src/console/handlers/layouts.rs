//! How an account wants to see a list is kept, or forgotten (CON-GEN-10).

use std::borrow::Cow;

use actix_web::HttpResponse;

use super::computers::blocking;
use super::{Access, Asked, Error, Page, Route};
use crate::console::lists::computers::LIST;
use crate::console::lists::{List, fields, lists};
use crate::console::view::list::LAYOUTS;
use crate::console::{door, visit};
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::store;
use crate::users::Right;
use crate::users::layouts::{self, Layout};

const ONE: &str = "/ocsreports/layouts/{list}";

/// The form that every list has.
pub static PAGE: Page = Page {
    path: LAYOUTS,
    menu: None,
    title: "list.columns",
    access: Access::Right(Right::OwnAccount),
    routes: &[Route::post(ONE, Access::Right(Right::OwnAccount), |asked| Box::pin(keep(asked)))],
};

async fn keep(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let key = asked.request.match_info().query("list");
    let list = lists().into_iter().find(|list| list.key == key).ok_or(Error::NotFound)?;
    let list: Cow<'static, List> = if list.key == LIST.key {
        Cow::Owned(fields::list(&visit.console.app.definitions.fields.now()))
    } else {
        Cow::Borrowed(list)
    };
    let (key, path_of_list) = (list.key, list.path);
    let account = visit.session.as_ref().ok_or(Error::LogIn)?.account.clone();
    let layout = asked.form.sent("reset").is_none().then(|| list.layout(&asked.form));
    let mut entry = visit.entry(Action::UserChanged, account.to_string());
    let change = move |app: &crate::app::App| {
        app.write(move |w| {
            let before = layouts::layout(w, &account, key)?;
            if before != layout {
                layouts::keep(w, &account, key, layout.as_ref())?;
                let what = format!("layout of {key}");
                entry.changes.push(Change { what, before: words(before.as_ref()), after: words(layout.as_ref()) });
                audit::append(w, entry)?;
            }
            Ok::<_, store::Error>(())
        })
    };
    blocking(&asked, change).await?;
    let back = door::local_path(asked.form.get("back")).filter(|back| {
        let path = back.split('?').next().unwrap_or_default();
        path == path_of_list
    });
    Ok(visit::see_other(back.unwrap_or(path_of_list)))
}

fn words(layout: Option<&Layout>) -> String {
    layout.map_or_else(String::new, |layout| format!("{} {} {}", layout.columns.join(","), layout.sort, layout.size))
}
