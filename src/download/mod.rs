//! `/download`: information files and fragments of packages, for agents.
//!
//! Information files are sent over HTTPS only: their digest is what proves the fragments (SEC-45). Memory does not grow
//! with the size of a fragment or the number of those who read it. Source: agent protocol page, sections 12.3, 12.4.

mod blocks;
mod range;
mod sites;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::SizedStream;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_core::Stream;

use blocks::{BLOCK, Blocks, block};
use range::{Wanted, wanted};

use crate::app::App;
use crate::deployment::fetches::File;
use crate::deployment::info::info;
use crate::deployment::package::{Package, PackageId};
use crate::net::Networks;
use crate::web::{client_address, header_text, is_secure};

/// Bytes that are handed on at once; what a connection holds while its reader is slow.
const PIECE: u64 = 64 << 10;

/// What the endpoint needs.
pub struct Downloads {
    app: Arc<App>,
    proxies: Arc<Networks>,
    blocks: Arc<Blocks>,
}

impl Downloads {
    /// For a running server.
    pub fn new(app: Arc<App>, proxies: Arc<Networks>) -> Downloads {
        let blocks = Arc::new(Blocks::new(app.config.limits.fragment_memory));
        Downloads { app, proxies, blocks }
    }

    fn package(&self, id: &str) -> Option<Arc<Package>> {
        let number: u32 = id.parse().ok()?;
        // `+1` and `01` are no names of folders.
        (number.to_string() == id).then(|| self.app.board.look().packages.get(&PackageId(number)).cloned())?
    }

    /// Notes for the pages what is sent to whom.
    fn note(&self, request: &HttpRequest, package: PackageId, file: File) {
        if let Some(address) = client_address(request, &self.proxies) {
            self.app.board.fetches.note(package, address, file, self.app.clock.now());
        }
    }
}

/// The routes below `/download`. The application data [`Downloads`] has to be there.
pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/download/sites").route(web::get().to(sites::list)).default_service(web::to(other)));
    config.service(
        web::resource("/download/{id}/{name}")
            .route(web::get().to(get))
            .route(web::head().to(get))
            .default_service(web::to(other)),
    );
}

async fn other() -> HttpResponse {
    said(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n")
}

async fn get(request: HttpRequest, path: web::Path<(String, String)>, downloads: web::Data<Downloads>) -> HttpResponse {
    let (id, name) = path.into_inner();
    let missing = || said(StatusCode::NOT_FOUND, "There is no such file.\n");
    let Some(package) = downloads.package(&id) else { return missing() };
    if name == "info" {
        if !is_secure(&request, &downloads.proxies) {
            return said(StatusCode::FORBIDDEN, "Information files are sent over HTTPS only.\n");
        }
        downloads.note(&request, package.id, File::Info);
        return begun(StatusCode::OK).body(info(&package));
    }
    let number = name.strip_prefix(&id).and_then(|rest| rest.strip_prefix('-'));
    let number = number.and_then(|text| text.parse::<u32>().ok().filter(|number| number.to_string() == text));
    let Some((number, length)) = number.and_then(|number| Some((number, package.fragment_length(number)?))) else {
        return missing();
    };
    // A condition that is not ours to judge: then the whole file is right.
    let range = header_text(&request, "range");
    let asked = Some(range).filter(|range| !range.is_empty() && !request.headers().contains_key(header::IF_RANGE));
    let (status, from, to) = match wanted(asked, length) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Wanted::Nothing => {
            let mut response = begun(StatusCode::RANGE_NOT_SATISFIABLE);
            return response.insert_header((header::CONTENT_RANGE, format!("bytes */{length}"))).finish();
        }
    };
    // Nobody reads what would follow the head.
    let at = if request.method() == Method::HEAD { to } else { from };
    let fragment = Fragment {
        blocks: downloads.blocks.clone(),
        path: Arc::new(downloads.app.packages.fragment(package.id, number)),
        package: package.id.0,
        number,
        length,
        at,
        to,
        part: Bytes::new(),
        reading: None,
    };
    let mut response = begun(status);
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        response.insert_header((header::CONTENT_RANGE, format!("bytes {from}-{}/{length}", to.saturating_sub(1))));
    }
    // The first part is looked at before the head is sent: a file that is gone is a failure that agents understand.
    match fragment.ready().await {
        Ok(fragment) if request.method() == Method::GET && from == 0 => {
            downloads.note(&request, package.id, File::Fragment);
            response.body(SizedStream::new(to - from, fragment))
        }
        Ok(fragment) => response.body(SizedStream::new(to - from, fragment)),
        Err(error) => {
            tracing::error!("fragment {number} of package {id} cannot be read: {error}");
            said(StatusCode::NOT_FOUND, "The fragment cannot be read.\n")
        }
    }
}

/// Browsers must not show what is in a package (SEC-24).
fn begun(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response
}

fn said(status: StatusCode, text: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(text)
}

/// A fragment while it is sent.
struct Fragment {
    blocks: Arc<Blocks>,
    path: Arc<PathBuf>,
    package: u32,
    number: u32,
    /// Bytes of the file.
    length: u64,
    /// What is sent next, and where that ends.
    at: u64,
    to: u64,
    /// The block in work from the next byte on; only between a look at the block and the piece that is handed on.
    part: Bytes,
    reading: Option<Pin<Box<dyn Future<Output = io::Result<Bytes>>>>>,
}

impl Fragment {
    /// With its first block at hand.
    async fn ready(mut self) -> io::Result<Fragment> {
        if self.at < self.to {
            self.part = match self.next_block() {
                Ok(block) => block,
                Err(reading) => self.cut(reading.await?),
            };
        }
        Ok(self)
    }

    /// The block that holds the next byte, from that byte on: at hand, or to be waited for.
    fn next_block(&self) -> Result<Bytes, Pin<Box<dyn Future<Output = io::Result<Bytes>>>>> {
        let index = self.at / BLOCK;
        let from = index * BLOCK;
        let cell = self.blocks.cell((self.package, self.number, index));
        match cell.get() {
            Some(block) => Ok(self.cut(block.clone())),
            None => Err(Box::pin(block(cell, self.path.clone(), from, BLOCK.min(self.length - from)))),
        }
    }

    /// What is wanted of a block, from the next byte on.
    fn cut(&self, block: Bytes) -> Bytes {
        let from = self.at / BLOCK * BLOCK;
        let first = usize::try_from(self.at - from).unwrap_or(usize::MAX).min(block.len());
        let last = usize::try_from(self.to - from).unwrap_or(usize::MAX).min(block.len());
        block.slice(first..last.max(first))
    }
}

impl Stream for Fragment {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.part.is_empty() {
            if self.at >= self.to {
                return Poll::Ready(None);
            }
            let mut reading = match self.reading.take() {
                Some(reading) => reading,
                None => match self.next_block() {
                    Ok(part) => {
                        self.part = part;
                        return self.hand_on();
                    }
                    Err(reading) => reading,
                },
            };
            match reading.as_mut().poll(context) {
                Poll::Pending => {
                    self.reading = Some(reading);
                    return Poll::Pending;
                }
                // The connection breaks off: the agent sees that the fragment is not whole.
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Ok(block)) => self.part = self.cut(block),
            }
        }
        self.hand_on()
    }
}

impl Fragment {
    fn hand_on(&mut self) -> Poll<Option<Result<Bytes, io::Error>>> {
        let length = self.part.len().min(PIECE as usize);
        if length == 0 {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        // No copy: the connection copies it into its buffer before it asks for more, so that a reader, slow as it may
        // be, keeps no block in memory.
        let piece = std::mem::take(&mut self.part).split_to(length);
        self.at += length as u64;
        Poll::Ready(Some(Ok(piece)))
    }
}
