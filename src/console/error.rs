//! What keeps a page from being shown, and how that is answered.

use std::error::Error as _;

use actix_web::HttpResponse;
use actix_web::http::header;

use super::pages::error::{self as page, Fault};
use super::pages::{COMPUTERS, LOGIN, NEW_PASSWORD, SETUP};
use super::view::address::Address;
use super::visit::{Visit, html, redirect, see_other};
use crate::deployment::publishing::Unpublished;
use crate::users::{self, NotHashed, Right};
use crate::web::UploadError;
use crate::{store, web};

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such page or thing.
    #[error("there is no such page")]
    NotFound,
    /// The account lacks a right.
    #[error("the right `{}` is missing", .0.code())]
    Forbidden(Right),
    /// Nobody is logged in.
    #[error("nobody is logged in")]
    LogIn,
    /// The password has to be changed before anything else.
    #[error("a new password is asked for")]
    NewPassword,
    /// Nobody set the server up yet.
    #[error("the set-up is not done")]
    SetUpFirst,
    /// The form did not come from our page, or is too old.
    #[error("the form is not one of ours")]
    StaleForm,
    /// The name in the address is not ours.
    #[error("another name was asked for")]
    WrongName,
    /// Something was sent over plain HTTP from elsewhere.
    #[error("the connection is not safe")]
    Unsafe,
    /// What was sent cannot be taken, with this status.
    #[error("the request cannot be taken")]
    Body(u16),
    /// Too much is going on.
    #[error("too much is going on")]
    Busy,
    /// The disk is full, or would be too full for inventories.
    #[error("the disk is full")]
    NoRoom,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Accounts cannot be used.
    #[error(transparent)]
    Users(#[from] users::Error),
    /// Certificates or keys cannot be written.
    #[error(transparent)]
    Tls(#[from] crate::tls::Error),
    /// A fault of ours on a thread that waits for the disk.
    #[error("work beside the request was given up")]
    Lost,
}

impl From<NotHashed> for Error {
    fn from(error: NotHashed) -> Error {
        match error {
            NotHashed::Busy => Error::Busy,
            NotHashed::Failed => Error::Lost,
        }
    }
}

impl From<actix_web::error::BlockingError> for Error {
    fn from(_: actix_web::error::BlockingError) -> Error {
        Error::Lost
    }
}

impl From<Unpublished> for Error {
    fn from(error: Unpublished) -> Error {
        match error {
            Unpublished::Folder(error) => web::broken(&error).into(),
            Unpublished::Store(error) => error.into(),
        }
    }
}

impl From<UploadError> for Error {
    fn from(error: UploadError) -> Error {
        match error {
            UploadError::TooLarge => Error::Body(413),
            UploadError::TooSlow => Error::Body(408),
            UploadError::Truncated | UploadError::Malformed => Error::Body(400),
            UploadError::Denied => Error::StaleForm,
            UploadError::NoRoom => Error::NoRoom,
            UploadError::Broken => Error::Lost,
        }
    }
}

impl Error {
    /// The answer, in the reader's language and within the frame when somebody is logged in.
    pub(super) fn answer(self, visit: &Visit) -> HttpResponse {
        match self {
            Error::NotFound => fault(visit, &Fault::NotFound),
            Error::Forbidden(right) => {
                let right = visit.locale.text(&format!("right.{}", right.code()));
                fault(visit, &Fault::Forbidden { right })
            }
            Error::LogIn if visit.reading => redirect(&log_in(visit)),
            Error::LogIn => fault(visit, &Fault::StaleForm { back: LOGIN }),
            Error::NewPassword if visit.reading => redirect(NEW_PASSWORD),
            Error::NewPassword => see_other(NEW_PASSWORD),
            Error::SetUpFirst if visit.reading => redirect(SETUP),
            Error::SetUpFirst => fault(visit, &Fault::StaleForm { back: SETUP }),
            Error::StaleForm => {
                let path = visit.here.split('?').next().unwrap_or_default();
                let there = super::routes().any(|route| route.verb == super::Verb::Get && route.path == path);
                let below = path.starts_with(COMPUTERS);
                fault(visit, &Fault::StaleForm { back: if there || below { path } else { COMPUTERS } })
            }
            Error::WrongName => {
                let known = visit.known_addresses();
                let body =
                    page::body(&visit.locale, &Fault::WrongName { asked: &visit.authority, known: &known }, false);
                visit.outside(visit.locale.text("error.421-title"), false, &[], body, 421)
            }
            Error::Unsafe => fault(visit, &Fault::Unsafe),
            Error::Body(status) => fault(visit, &Fault::Refused { status }),
            Error::NoRoom => fault(visit, &Fault::NoRoom),
            Error::Busy | Error::Store(store::Error::Busy | store::Error::Unavailable(_)) => {
                let mut response = fault(visit, &Fault::Busy);
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("10"));
                response
            }
            error @ (Error::Store(_) | Error::Users(_) | Error::Tls(_) | Error::Lost) => {
                let reference = web::reference();
                let mut causes = error.to_string();
                let mut cause = error.source();
                while let Some(inner) = cause {
                    causes = format!("{causes}: {inner}");
                    cause = inner.source();
                }
                tracing::error!("a page cannot be made, reference {reference}: {causes}");
                fault(visit, &Fault::Internal { reference: &reference })
            }
        }
    }
}

/// The page of a fault.
pub(super) fn fault(visit: &Visit, fault: &Fault) -> HttpResponse {
    let body = page::body(&visit.locale, fault, visit.session.is_some());
    let title = visit.locale.text(fault.title());
    match &visit.session {
        Some(session) => html(fault.status(), visit.framed(session, title, &[], &[], body)),
        None => visit.outside(visit.locale.text(fault.title()), false, &[], body, fault.status()),
    }
}

/// The login, with the way back.
fn log_in(visit: &Visit) -> String {
    let mut address = Address::new(LOGIN);
    if let Some(back) = super::door::local_path(&visit.here).filter(|here| *here != "/ocsreports/") {
        address = address.with("back", back);
    }
    if visit.had_session {
        address = address.with("ended", 1);
    }
    address.to_string()
}
