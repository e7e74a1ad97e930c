//! A certificate of one's own authority: the request, and what comes back (CON-CRT-3).
//!
//! The password is asked for before the form is shown: what is sent to it may hold a private key, which no page carries
//! along, and which never lies on the disk in the clear (SEC-49).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::certificates::page as certificates_page;
use super::{Access, Asked, Error, Page, Route, above, again, setup};
use crate::console::form::Form;
use crate::console::pages::certificates::{self, CERTIFICATES};
use crate::console::pages::own_certificate::{
    self as page, CHOSEN, NAMES, OWN, OwnPage, PASTED, REQUEST, REQUEST_FILE,
};
use crate::console::pages::password;
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::history::{Action, audit};
use crate::limits::Limits;
use crate::store::Txn;
use crate::tls::brought;
use crate::tls::names::sorted;
use crate::tls::own::Refusal;
use crate::tls::request::{BadWish, Wish};
use crate::users::Right;
use crate::web::Allowed;

const OPEN: Access = Access::Right(Right::Certificates);
/// Files of one form.
const FILES: usize = 8;

/// The page.
pub static PAGE: Page = Page {
    path: OWN,
    menu: None,
    title: page::TITLE,
    access: OPEN,
    routes: &[
        Route::get(OWN, OPEN, |asked| Box::pin(blank(asked))),
        Route::upload(OWN, OPEN, allowed, |asked| Box::pin(bring(asked))),
        Route::post(REQUEST, OPEN, |asked| Box::pin(request(asked))),
        Route::get(REQUEST_FILE, OPEN, |asked| Box::pin(file(asked))),
    ],
};

/// What the form may bring; it stays in memory.
fn allowed(_limits: &Limits) -> Allowed {
    let most = brought::LARGEST;
    Allowed { files: FILES, file: most as u64, whole: 4 * most as u64, text: most, memory: true }
}

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    if asked.visit.console.tls.is_none() {
        return certificates_page(&asked, "", &[]);
    }
    if !again::is_fresh(&asked) {
        return again::page(&asked, &Form::default(), &[]);
    }
    shown(&asked, Wish::default(), None, &[], &[])
}

fn shown(
    asked: &Asked,
    wish: Wish,
    names: Option<&str>,
    wrong: &[FieldError],
    refused: &[FieldError],
) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let tls = visit.console.tls.as_ref().ok_or(Error::NotFound)?;
    let (request, known) = (tls.summary().request, visit.console.app.public_names().join("\n"));
    let page = OwnPage {
        wish,
        names: names.unwrap_or(&known),
        request: request.as_ref(),
        files: FILES,
        wrong,
        refused,
        token: visit.token(),
    };
    let (title, trail) = (locale.text(page::TITLE), above(locale, CERTIFICATES, certificates::TITLE));
    let body = page::body(locale, &page);
    if wrong.is_empty() && refused.is_empty() {
        return asked.page(title, &trail, &asked.said(&["certificates.done-request"]), body);
    }
    asked.again(title, &trail, body)
}

async fn request(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale, form) = (&asked.visit, &asked.visit.locale, &asked.form);
    let tls = visit.console.tls.clone().ok_or(Error::NotFound)?;
    let part = |name: &str| form.get(name).to_owned();
    let wish = Wish {
        country: part("country"),
        state: part("state"),
        city: part("city"),
        organization: part("organization"),
        unit: part("unit"),
        name: part("name"),
        email: part("email"),
    };
    let (wish, typed) = (wish.trimmed(), form.get(NAMES));
    let mut wrong = Vec::new();
    if let Err(bad) = wish.check() {
        let text = match bad {
            BadWish::Country => locale.text("certificates.wrong-country").to_owned(),
            BadWish::Email => locale.text("certificates.wrong-email").to_owned(),
            BadWish::Text(_, most) => locale.fill("certificates.wrong-text", &[("n", &most)]),
        };
        wrong.push(FieldError::new(bad.part(), text));
    }
    let names = setup::server_names(locale, typed).map_err(|text| wrong.push(FieldError::new(NAMES, text)));
    let (Ok(names), true) = (names, wrong.is_empty()) else {
        return shown(&asked, wish, Some(typed), &wrong, &[]);
    };
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let entry = visit.entry(Action::CertificateChanged, "request".to_owned());
    asked.change(move |w: &mut Txn<'_>| audit::append(w, entry), |_| Ok(())).await?;
    web::block(move || tls.make_request(&wish, &sorted(&names))).await??;
    Ok(visit::see_other(&format!("{OWN}?done=request")))
}

async fn file(asked: Asked) -> Result<HttpResponse, Error> {
    let pem = asked.visit.console.tls.as_ref().and_then(|tls| tls.request_pem()).ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/pkcs10"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"rollcall.csr\""))
        .body(pem))
}

/// Takes what was brought. It is served once that is asked for on the page of certificates.
async fn bring(mut asked: Asked) -> Result<HttpResponse, Error> {
    let tls = asked.visit.console.tls.clone().ok_or(Error::NotFound)?;
    let upload = asked.upload.take();
    if !again::is_fresh(&asked) {
        // Nothing else of what was sent is carried along: it may hold a key.
        let typed = asked.form.sent(password::OWN).map(str::to_owned);
        asked.form = typed.map_or_else(Form::default, |typed| Form::default().with(password::OWN, typed));
        if let Some(page) = again::asks(&asked).await? {
            return Ok(page);
        }
        return Ok(visit::see_other(OWN));
    }
    let (files, beyond) = upload.map(|upload| (upload.files, upload.beyond)).unwrap_or_default();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut large = beyond > 0;
    for file in files {
        match file.bytes {
            Some(bytes) => parts.push(bytes),
            None => large = true,
        }
    }
    let from_files = !parts.is_empty();
    parts.push(asked.form.get(PASTED).as_bytes().to_vec());
    let (visit, now) = (&asked.visit, asked.visit.locale.now);
    let names = sorted(&visit.console.app.public_names());
    let refused = |asked: &Asked, why: &Refusal| {
        let at = if from_files || large { CHOSEN } else { PASTED };
        let text = page::refused(&asked.visit.locale, why);
        shown(asked, Wish::default(), None, &[], &[FieldError::new(at, text)])
    };
    if large {
        return refused(&asked, &Refusal::TooLarge);
    }
    let judge = tls.clone();
    let judged = web::block(move || {
        let brought = brought::read(parts.iter().map(Vec::as_slice))?;
        Ok::<_, Refusal>((judge.judge(&brought, &names, now)?, brought.key))
    });
    let (own, key) = match judged.await? {
        Ok(found) => found,
        Err(why) => return refused(&asked, &why),
    };
    let entry = visit.entry(Action::CertificateChanged, own.leaf().shown().subject);
    asked.change(move |w: &mut Txn<'_>| audit::append(w, entry), |_| Ok(())).await?;
    web::block(move || tls.prepare_own(own, key.as_ref(), now)).await??;
    Ok(visit::see_other(&format!("{CERTIFICATES}?done=brought")))
}
