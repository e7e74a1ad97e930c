//! The file of a package, sent by a script piece by piece while the rest of its form is filled in (CON-DEP-6). Answers
//! are for the script: JSON with what is here, or a status.
//!
//! A form that brings its file in one piece needs none of this.

use std::pin::{Pin, pin};
use std::time::Duration;

use actix_web::web::{self, Bytes, Payload};
use actix_web::{HttpResponse, dev};
use futures_core::Stream;
use serde_json::json;

use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::pages::sending::{CANCEL, ONE, SENDING};
use crate::deployment::uploads::{Bounds, Described, Piece, Progress, Refused};
use crate::users::Right;
use crate::web::{PORTION, Patience, UploadError, broken, printable};

/// Addresses without a page of their own.
pub static PAGE: Page = Page {
    path: SENDING,
    menu: None,
    title: "sending.title",
    access: Access::Right(Right::Packages),
    routes: &[
        Route::post(SENDING, Access::Right(Right::Packages), |asked| Box::pin(begin(asked))),
        Route::get(ONE, Access::Right(Right::Packages), |asked| Box::pin(progress(asked))),
        Route::piece(ONE, Access::Right(Right::Packages), |asked| Box::pin(piece(asked))),
        Route::post(CANCEL, Access::Right(Right::Packages), |asked| Box::pin(cancel(asked))),
    ],
};

/// A line that is silent for so long is taken for cut: the script begins again where it stopped.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes of a refused piece that are read all the same, so that its sender gets the answer and not a broken line.
const READ_OVER: u64 = 32 << 20;

/// What bounds the file of a package.
fn bounds(app: &App) -> Bounds {
    Bounds { file: app.config.limits.package_file, stays_free: app.stays_free() }
}

async fn begin(asked: Asked) -> Result<HttpResponse, Error> {
    let number = |field: &str| asked.form.get(field).parse::<u64>().map_err(|_| Error::Body(400));
    let file = Described {
        name: printable(asked.form.get("name")),
        size: number("size")?,
        changed: i64::try_from(number("changed")?).map_err(|_| Error::Body(400))?,
    };
    let (app, account) = (asked.visit.console.app.clone(), account(&asked)?);
    let begun = web::block(move || app.uploads.begin(&account, file, bounds(&app), app.clock.elapsed())).await?;
    begun.map_or_else(refused, |progress| Ok(told(&progress)))
}

async fn progress(asked: Asked) -> Result<HttpResponse, Error> {
    let progress = asked.visit.console.app.uploads.progress(&account(&asked)?, token(&asked));
    progress.map_or_else(refused, |progress| Ok(told(&progress)))
}

async fn cancel(asked: Asked) -> Result<HttpResponse, Error> {
    let (app, account, token) = (asked.visit.console.app.clone(), account(&asked)?, token(&asked).to_owned());
    web::block(move || app.uploads.cancel(&account, &token)).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn piece(mut asked: Asked) -> Result<HttpResponse, Error> {
    let payload = asked.piece.take().map(Payload::into_inner).ok_or(Error::Body(400))?;
    let limits = &asked.visit.console.app.config.limits;
    let patience = Patience::new(limits).with_silence(SILENCE);
    let mut body = Body { payload: pin!(payload), patience, arrived: 0 };
    let outcome = write(&asked, &mut body).await;
    if outcome.is_err() {
        // However that ends: the answer is about what came first.
        while body.arrived < READ_OVER && matches!(body.next().await, Ok(Some(_))) {}
    }
    match outcome {
        Ok(at) => Ok(json(json!({ "at": at }))),
        Err(Stopped::Refused(why)) => refused(why),
        Err(Stopped::Error(error)) => Err(error),
    }
}

/// Why a piece was not taken whole.
enum Stopped {
    Refused(Refused),
    Error(Error),
}

impl From<Refused> for Stopped {
    fn from(why: Refused) -> Stopped {
        Stopped::Refused(why)
    }
}

impl<E: Into<Error>> From<E> for Stopped {
    fn from(error: E) -> Stopped {
        Stopped::Error(error.into())
    }
}

/// Writes a piece as it comes; answers how many bytes of the file are here.
async fn write(asked: &Asked, body: &mut Body<'_>) -> Result<u64, Stopped> {
    let at = asked.query.get("at").parse::<u64>().map_err(|_| Error::Body(400))?;
    let (app, account, token) = (&asked.visit.console.app, account(asked)?, token(asked).to_owned());
    let uploads = app.uploads.clone();
    let mut piece = web::block(move || uploads.piece(&account, &token, at)).await??;
    let stays_free = app.stays_free();
    let (mut here, mut waiting) = (at, Vec::new());
    loop {
        let next = body.next().await;
        // What came before a line was cut is kept.
        let ends = !matches!(next, Ok(Some(_)));
        if let Ok(Some(bytes)) = &next {
            waiting.extend_from_slice(bytes);
        }
        if waiting.len() >= PORTION || (ends && !waiting.is_empty()) {
            let (portion, now) = (std::mem::take(&mut waiting), app.clock.elapsed());
            let work = move || -> (Piece, Result<u64, Refused>) {
                let written = piece.write(&portion, stays_free, now);
                (piece, written)
            };
            let (given_back, written) = web::block(work).await?;
            (piece, here) = (given_back, written?);
        }
        if ends {
            return next.map(|_| here).map_err(Into::into);
        }
    }
}

/// A body that is read as it comes.
struct Body<'a> {
    payload: Pin<&'a mut dev::Payload>,
    patience: Patience,
    arrived: u64,
}

impl Body<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        let next = std::future::poll_fn(|context| self.payload.as_mut().poll_next(context));
        let next = self.patience.wait(self.arrived, next).await?;
        let bytes = next.transpose().map_err(|_| UploadError::Truncated)?;
        self.arrived += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(bytes)
    }
}

/// Whose files are meant.
pub(super) fn account(asked: &Asked) -> Result<String, Error> {
    Ok(asked.visit.session.as_ref().ok_or(Error::LogIn)?.account.folded())
}

fn token(asked: &Asked) -> &str {
    asked.request.match_info().query("id")
}

fn told(progress: &Progress) -> HttpResponse {
    json(json!({ "upload": progress.token, "at": progress.at, "size": progress.file.size }))
}

fn json(value: serde_json::Value) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(value.to_string())
}

/// What the script is told.
fn refused(why: Refused) -> Result<HttpResponse, Error> {
    let conflict = |value: serde_json::Value| {
        Ok(HttpResponse::Conflict().content_type("application/json").body(value.to_string()))
    };
    match why {
        Refused::TooLarge(_) => Err(Error::Body(413)),
        Refused::TooMany => Err(Error::Busy),
        Refused::NoRoom => Err(Error::NoRoom),
        Refused::Gone => Err(Error::NotFound),
        Refused::TooLong => Err(Error::Body(400)),
        Refused::InUse => conflict(json!({ "busy": true })),
        Refused::Elsewhere(at) | Refused::Unfinished(at) => conflict(json!({ "at": at })),
        Refused::Disk(error) => Err(broken(&error).into()),
    }
}
