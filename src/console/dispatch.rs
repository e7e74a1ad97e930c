//! Between the route and its handler: everything that is looked at before anything is shown or done.
//!
//! In this order: the name in the address (421), the connection (doorway), whether the set-up is done, who is
//! logged in and what he may do, and for a POST where it came from and the token of its form.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::error::fault;
use super::form::Form;
use super::pages::doorway::{self, DoorwayPage};
use super::pages::error::Fault;
use super::pages::{LOGOUT, NEW_PASSWORD};
use super::state::UPLOADS;
use super::visit::{Asked, Visit, https_address};
use super::{Access, Brings, Console, Error, Route, door};
use crate::limits::Limits;
use crate::users::allowed;
use crate::web::{Allowed, Disk, Upload, caught, header_text, logged, read_body, read_upload};

/// Answers a request for a route.
pub async fn serve(
    route: &'static Route,
    request: HttpRequest,
    payload: Payload,
    console: Data<Console>,
) -> HttpResponse {
    let visit = Visit::of(&request, console, route.access != Access::Static);
    let work = answer(route, visit.clone(), request.clone(), payload);
    let mut response = match caught(work).await {
        Some(response) => response,
        None => fault(&visit, &Fault::Internal { reference: &logged(request.method(), request.path()) }),
    };
    finish(&mut response);
    response
}

async fn answer(route: &'static Route, visit: Visit, request: HttpRequest, payload: Payload) -> HttpResponse {
    if route.access == Access::Static {
        let asked = Asked {
            visit: visit.clone(),
            request,
            query: Form::default(),
            form: Form::default(),
            upload: None,
            piece: None,
        };
        return (route.handler)(asked).await.unwrap_or_else(|error| error.answer(&visit));
    }
    if !names_us(&visit) {
        return closing(&visit, Error::WrongName.answer(&visit));
    }
    if !visit.secure && !visit.is_local() {
        return if visit.reading { show_doorway(&visit) } else { closing(&visit, Error::Unsafe.answer(&visit)) };
    }
    if let Err(error) = admits(route, &visit).await {
        return closing(&visit, error.answer(&visit));
    }
    let Posted { form, upload, piece } = match posted(route, &visit, &request, payload).await {
        Ok(posted) => posted,
        Err(error) => return closing(&visit, error.answer(&visit)),
    };
    let query = Form::read(request.query_string(), 64).unwrap_or_default();
    let asked = Asked { visit: visit.clone(), request, query, form, upload, piece };
    (route.handler)(asked).await.unwrap_or_else(|error| error.answer(&visit))
}

/// SEC-55: a page that another site's name led to is not shown.
fn names_us(visit: &Visit) -> bool {
    let held = visit.console.tls.as_ref().map(|tls| tls.own_names()).unwrap_or_default();
    door::host_name(&visit.authority).is_some_and(|name| door::is_ours(&name, &held, &visit.console.app.public_names()))
}

/// What is open to who has to choose a new password first.
const OPEN: [&str; 2] = [NEW_PASSWORD, LOGOUT];

/// Whether the route is open to this reader.
async fn admits(route: &Route, visit: &Visit) -> Result<(), Error> {
    let mut ready = visit.console.is_ready();
    if !ready {
        let console = visit.console.clone();
        ready = actix_web::web::block(move || console.look_ready()).await??;
    }
    match route.access {
        Access::SetupOnly if ready && !visit.console.awaits_password() => Err(Error::NotFound),
        Access::SetupOnly | Access::Static | Access::Always => Ok(()),
        Access::Anonymous | Access::Right(_) if !ready => Err(Error::SetUpFirst),
        Access::Anonymous => Ok(()),
        Access::Right(right) => match &visit.session {
            None => Err(Error::LogIn),
            Some(session) if session.must_change && !OPEN.contains(&route.path) => Err(Error::NewPassword),
            Some(session) if !allowed(session.role, right) => Err(Error::Forbidden(right)),
            Some(_) => Ok(()),
        },
    }
}

/// What came with a POST.
#[derive(Default)]
struct Posted {
    form: Form,
    upload: Option<Upload>,
    piece: Option<Payload>,
}

/// The header with the token of the form, for what is no form.
const TOKEN: &str = "x-form-token";

/// SEC-54: reads the form of a POST that came from our own page with its token. Nothing for GET.
async fn posted(route: &Route, visit: &Visit, request: &HttpRequest, payload: Payload) -> Result<Posted, Error> {
    if visit.reading {
        return Ok(Posted::default());
    }
    let header = |name: &str| Some(header_text(request, name)).filter(|_| request.headers().contains_key(name));
    if !door::from_own_page(header("sec-fetch-site"), header("origin"), &visit.authority, visit.secure) {
        return Err(Error::StaleForm);
    }
    let kind = header_text(request, "content-type").split(';').next().unwrap_or_default().trim();
    match route.brings {
        Brings::Files(files) if kind.eq_ignore_ascii_case("multipart/form-data") => {
            let (form, upload) = brought(files, visit, request, payload).await?;
            Ok(Posted { form, upload: Some(upload), piece: None })
        }
        Brings::Piece if kind.eq_ignore_ascii_case("application/octet-stream") => {
            if !visit.fits(header_text(request, TOKEN)) {
                return Err(Error::StaleForm);
            }
            Ok(Posted { piece: Some(payload), ..Posted::default() })
        }
        _ if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Err(Error::Body(415)),
        _ => Ok(Posted { form: typed(visit, request, payload).await?, ..Posted::default() }),
    }
}

async fn typed(visit: &Visit, request: &HttpRequest, payload: Payload) -> Result<Form, Error> {
    let limits = &visit.console.app.config.limits;
    let body = read_body(request, payload, limits.form, limits, |_| true)
        .await
        .map_err(|error| Error::Body(error.status()))?;
    let text = String::from_utf8(body).map_err(|_| Error::Body(400))?;
    let form = Form::read(&text, limits.form_fields).ok_or(Error::Body(413))?;
    if visit.fits(form.get("token")) { Ok(form) } else { Err(Error::StaleForm) }
}

/// A form with files. The token stands in front of the first file, or nothing of it is kept.
async fn brought(
    files: fn(&Limits) -> Allowed,
    visit: &Visit,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Form, Upload), Error> {
    let account = visit.session.as_ref().map_or_else(String::new, |session| session.account.folded());
    let place = visit.console.uploads.take(&account).ok_or(Error::Busy)?;
    let app = &visit.console.app;
    let limits = &app.config.limits;
    let admits = |fields: &[(String, String)]| {
        fields.iter().find(|(name, _)| name == "token").is_some_and(|(_, token)| visit.fits(token))
    };
    let folder = app.folder(UPLOADS);
    let disk = Disk { folder: &folder, stays_free: app.stays_free() };
    let mut upload = read_upload(request, payload, &files(limits), limits, disk, admits).await?;
    upload.place = Some(place);
    let form = Form::of(std::mem::take(&mut upload.fields));
    Ok((form, upload))
}

/// What somebody meets who comes over plain HTTP from another machine: why, and the way to HTTPS.
fn show_doorway(visit: &Visit) -> HttpResponse {
    let name = door::host_name(&visit.authority).unwrap_or_default();
    let tls = visit.console.tls.as_ref();
    let https =
        tls.and(visit.console.port(true)).map(|port| https_address(&name, port, &visit.here)).unwrap_or_default();
    let fingerprint = tls.and_then(|tls| tls.summary().authority).map(|shown| shown.fingerprint).unwrap_or_default();
    let body = doorway::body(&visit.locale, &DoorwayPage { https: &https, fingerprint: &fingerprint });
    visit.outside(visit.locale.text(doorway::TITLE), false, &[], body, 200)
}

/// What is left of a body is not read: the connection ends.
fn closing(visit: &Visit, mut response: HttpResponse) -> HttpResponse {
    if !visit.reading {
        response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    response
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The headers of every answer (SEC-21).
fn finish(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    let always = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
