//! The last lines of the product's log, and its files (CON-AUD-2).

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::time::UNIX_EPOCH;

use actix_web::{HttpResponse, web};

use super::export::{self, Parts};
use super::{Access, Asked, Error, Page, Route};
use crate::clock::Timestamp;
use crate::console::pages::logs::{self, FILE, LEVELS, LogFile, LogsPage, SHOWN};
use crate::console::pages::{AUDIT, LOGS, audit};
use crate::i18n::iso_date;
use crate::log::read::{self, Kept, Line};
use crate::users::Right;

const OPEN: Access = Access::Right(Right::Logs);

/// The page. The audit log is its place in the menu.
pub static PAGE: Page = Page {
    path: LOGS,
    menu: None,
    title: logs::TITLE,
    access: OPEN,
    routes: &[
        Route::get(LOGS, OPEN, |asked| Box::pin(show(asked))),
        Route::get(FILE, OPEN, |asked| Box::pin(fetch(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let folder = asked.visit.console.app.config.log_folder();
    let (level, part) = (asked.query.get("level").to_owned(), asked.query.get("q").trim().to_owned());
    let most = LEVELS.iter().find(|(value, ..)| *value == level).map(|(_, most, _)| *most);
    let searched = part.to_lowercase();
    let work = move || {
        let wanted = |line: &Line| {
            let grave = most.is_none_or(|most| line.level.is_some_and(|level| level <= most));
            grave && (searched.is_empty() || line.text.to_lowercase().contains(&searched))
        };
        read::last(&folder, SHOWN, &wanted).map(|lines| (lines, read::kept(&folder)))
    };
    let (lines, kept) = web::block(work).await?.map_err(|error| {
        tracing::error!("the log cannot be read: {error}");
        Error::Lost
    })?;
    let files: Vec<LogFile> = kept.into_iter().map(file).collect();
    let locale = &asked.visit.locale;
    let page = LogsPage { lines: &lines, level: &level, part: &part, files: &files };
    let trail = super::above(locale, AUDIT, audit::TITLE);
    asked.page(locale.text(logs::TITLE), &trail, &[], logs::body(locale, &page))
}

fn file(kept: Kept) -> LogFile {
    let since = kept.changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    let changed = since.and_then(|since| i64::try_from(since.as_secs()).ok()).map(Timestamp);
    LogFile { name: kept.name, size: kept.size, changed }
}

/// A file of the log while it is sent: whole lines, so that no letter is cut.
struct Lines(BufReader<std::io::Take<File>>);

impl Parts for Lines {
    fn next(&mut self) -> Option<String> {
        const PART: usize = 64 << 10;
        let mut part = Vec::new();
        while part.len() < PART {
            match self.0.read_until(b'\n', &mut part) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!("the log cannot be read: {error}");
                    break;
                }
            }
        }
        (!part.is_empty()).then(|| String::from_utf8_lossy(&part).into_owned())
    }
}

async fn fetch(asked: Asked) -> Result<HttpResponse, Error> {
    let app = &asked.visit.console.app;
    let name = asked.query.get("name").to_owned();
    let place = read::place(&app.config.log_folder(), &name).ok_or(Error::NotFound)?;
    // What is written meanwhile is not a part of it: sending it would never end.
    let open = move || File::open(place).and_then(|file| file.metadata().map(|about| file.take(about.len())));
    let file = web::block(open).await?.map_err(|_| Error::NotFound)?;
    let locale = &asked.visit.locale;
    let number = name.strip_prefix("rollcall.log").unwrap_or_default().replace('.', "-");
    let saved = format!("rollcall-{}{number}.log", iso_date(locale.now, &locale.zone));
    Ok(export::plain(&saved, Lines(BufReader::new(file))))
}
