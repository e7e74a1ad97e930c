//! An answer that is a long file: made part by part while it is sent, so that memory stays flat however long it is.
//!
//! Each part is made on a thread that may wait, and only when the reader has taken the one before: a slow reader holds
//! no thread and no lock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::BlockingError;
use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use futures_core::Stream;
use rust_xlsxwriter::XlsxError;
use tokio::sync::Semaphore;

use super::{Asked, Error};
use crate::console::lists::{List, View};
use crate::console::pages::audit::LIST as AUDIT;
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::csv::Csv;
use crate::console::view::table::{Cell, Column};
use crate::console::view::xlsx::Xlsx;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::i18n::iso_date;

/// Makes the next part of a file; `None` at its end.
pub trait Parts: Send + Unpin + 'static {
    /// The next part.
    fn next(&mut self) -> Option<String>;
}

/// A short file in one part.
pub struct Whole(pub Option<String>);

impl Parts for Whole {
    fn next(&mut self) -> Option<String> {
        self.0.take()
    }
}

/// A part that is being made, and its maker back.
type Making<P> = Pin<Box<dyn Future<Output = Result<(P, Option<String>), BlockingError>>>>;

enum Written<P> {
    Waiting(P),
    Making(Making<P>),
    Over,
}

impl<P: Parts> Stream for Written<P> {
    type Item = Result<web::Bytes, BlockingError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut making = match std::mem::replace(&mut *self, Written::Over) {
            Written::Over => return Poll::Ready(None),
            Written::Making(making) => making,
            Written::Waiting(mut parts) => Box::pin(web::block(move || {
                let part = parts.next();
                (parts, part)
            })),
        };
        match making.as_mut().poll(context) {
            Poll::Pending => {
                *self = Written::Making(making);
                Poll::Pending
            }
            Poll::Ready(Ok((parts, Some(part)))) => {
                *self = Written::Waiting(parts);
                Poll::Ready(Some(Ok(web::Bytes::from(part))))
            }
            Poll::Ready(Ok((_, None))) => Poll::Ready(None),
            // The connection breaks off: the reader sees that the file is not whole.
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(error))),
        }
    }
}

/// A CSV file to be saved under this name, which is one of ours.
pub fn csv(name: &str, parts: impl Parts) -> HttpResponse {
    saved(name, "text/csv; charset=utf-8", parts)
}

/// A plain text to be saved under this name, which is one of ours.
pub fn plain(name: &str, parts: impl Parts) -> HttpResponse {
    saved(name, "text/plain; charset=utf-8", parts)
}

/// An inventory as XML to be saved under this name, which is one of ours.
pub fn xml(name: &str, parts: impl Parts) -> HttpResponse {
    saved(name, "application/xml; charset=utf-8", parts)
}

fn saved(name: &str, kind: &'static str, parts: impl Parts) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(Written::Waiting(parts))
}

/// The rows of a list for a file, handed on in portions.
pub trait Rows: Send + Unpin + 'static {
    /// How many there are, where that is known before they are written.
    fn count(&self) -> Option<u64> {
        None
    }

    /// Hands the next rows to `each`; `false` when there are no more.
    fn next(&mut self, each: &mut dyn FnMut(&[Cell<'_>])) -> bool;
}

/// Rows that are all at hand.
impl Rows for Vec<Vec<Cell<'static>>> {
    fn count(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    fn next(&mut self, each: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        std::mem::take(self).iter().for_each(|row| each(row));
        false
    }
}

/// A list as CSV while it is sent.
struct Lines<R> {
    csv: Csv,
    rows: R,
    over: bool,
}

impl<R: Rows> Parts for Lines<R> {
    fn next(&mut self) -> Option<String> {
        // A portion whose computers are all gone by now is no end.
        while !self.over {
            let csv = &mut self.csv;
            self.over = !self.rows.next(&mut |row| csv.row(row));
            let part = self.csv.take();
            if !part.is_empty() {
                return Some(part);
            }
        }
        Some(self.csv.take()).filter(|part| !part.is_empty())
    }
}

/// Kinds of files that a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text for every spreadsheet.
    Csv,
    /// A workbook.
    Xlsx,
}

impl Kind {
    /// The end of the file's name.
    fn end(self) -> &'static str {
        match self {
            Kind::Csv => "csv",
            Kind::Xlsx => "xlsx",
        }
    }
}

/// Workbooks that are made at the same time: each takes a thread and some memory.
static WORKBOOKS: Semaphore = Semaphore::const_new(2);

/// Writes into the audit log who takes a list out of the house, before any of it is sent (CON-AUD-3). HEAD sends none.
///
/// The files of lists are links, so that an address gives the same file each time (CON-GEN-9), and links are GET. "GET
/// changes nothing" (SEC-54) is about what pages show and rules read: this entry is neither, and it is true whoever led
/// the browser here. A file whose entry cannot be stored is not given.
pub async fn note(
    asked: &Asked,
    action: Action,
    object: String,
    count: Option<u64>,
    narrowed: &Address,
) -> Result<(), Error> {
    if asked.request.method() == Method::HEAD {
        return Ok(());
    }
    let mut entry = asked.visit.entry(action, object);
    entry.count = count;
    let by = narrowed.to_string();
    if let Some((_, by)) = by.split_once('?') {
        entry.changes.push(Change { what: "filter".into(), before: String::new(), after: by.to_owned() });
    }
    asked.change(move |w| audit::append(w, entry).map(drop), |_| Ok(())).await
}

/// The whole of a list as a file, its columns as they are shown.
pub async fn file(asked: &Asked, list: &List, view: &View, kind: Kind, rows: impl Rows) -> Result<HttpResponse, Error> {
    let action = if list.key == AUDIT.key { Action::AuditExported } else { Action::Exported };
    note(asked, action, format!("{}.{}", list.key, kind.end()), rows.count(), &view.plain_address()).await?;
    let locale = asked.visit.locale.clone();
    let columns = view.table_columns(&locale, list);
    let name = format!("{}-{}", list.key, iso_date(locale.now, &locale.zone));
    match kind {
        Kind::Csv => {
            let mut csv = Csv::new(&locale, &asked.visit.separator());
            csv.titles(&columns);
            Ok(self::csv(&format!("{name}.csv"), Lines { csv, rows, over: false }))
        }
        Kind::Xlsx => {
            let _place = WORKBOOKS.acquire().await.map_err(|_| Error::Busy)?;
            let title = locale.text(list.title);
            let made = web::block(move || workbook(&locale, title, &columns, rows)).await?;
            let bytes = made.map_err(|error| {
                tracing::error!("a workbook cannot be written: {error}");
                Error::Lost
            })?;
            Ok(HttpResponse::Ok()
                .insert_header((
                    header::CONTENT_TYPE,
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ))
                .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.xlsx\"")))
                .body(bytes))
        }
    }
}

fn workbook(locale: &Locale, title: &str, columns: &[Column], mut rows: impl Rows) -> Result<Vec<u8>, XlsxError> {
    let mut book = Xlsx::new(locale, title, columns)?;
    let mut written = Ok(());
    loop {
        let more = rows.next(&mut |row| {
            if written.is_ok() {
                written = book.row(row);
            }
        });
        if !more || written.is_err() {
            break;
        }
    }
    written?;
    book.finish()
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    struct Counted(u32);

    impl Parts for Counted {
        fn next(&mut self) -> Option<String> {
            assert!(self.0 != 9, "on purpose");
            self.0 += 1;
            (self.0 <= 3).then(|| format!("part {}\r\n", self.0))
        }
    }

    #[actix_web::test]
    async fn all_parts_arrive_in_order_and_a_fault_breaks_it_off() {
        let whole = csv("list.csv", Counted(0));
        assert_eq!(whole.headers().get("content-disposition").unwrap(), "attachment; filename=\"list.csv\"");
        assert_eq!(to_bytes(whole.into_body()).await.unwrap(), "part 1\r\npart 2\r\npart 3\r\n");
        assert!(to_bytes(csv("list.csv", Counted(9)).into_body()).await.is_err());
    }
}
