//! Style sheet, script and icon: embedded in the executable; debug builds read the folder at each request, so that a
//! reload of the page shows a change.
//!
//! The address holds a digest of the content, so that browsers keep a file for ever and a new release is seen at once.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header;
use aws_lc_rs::digest::{SHA256, digest};

use super::view::frame::Assets;

/// Where the files lie; the name is `console.DIGEST.css`.
pub const PATH: &str = "/ocsreports/assets/{name}";

/// A file of the folder `assets`.
struct File {
    stem: &'static str,
    kind: &'static str,
    content_type: &'static str,
    #[cfg(debug_assertions)]
    path: &'static str,
    embedded: &'static [u8],
}

macro_rules! file {
    ($stem:literal, $kind:literal, $path:literal, $content_type:literal) => {
        File {
            stem: $stem,
            kind: $kind,
            content_type: $content_type,
            #[cfg(debug_assertions)]
            path: concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $path),
            embedded: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $path)),
        }
    };
}

static STYLE: File = file!("console", "css", "css/console.css", "text/css; charset=utf-8");
static SCRIPT: File = file!("console", "js", "js/console.js", "text/javascript; charset=utf-8");
static SENDING: File = file!("sending", "js", "js/sending.js", "text/javascript; charset=utf-8");
static ICON: File = file!("favicon", "svg", "img/favicon.svg", "image/svg+xml");

impl File {
    fn content(&self) -> Cow<'static, [u8]> {
        #[cfg(debug_assertions)]
        if let Ok(fresh) = std::fs::read(self.path) {
            return Cow::Owned(fresh);
        }
        Cow::Borrowed(self.embedded)
    }

    fn name(&self, content: &[u8]) -> String {
        let digest = digest(&SHA256, content);
        let digest: String = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}.{digest}.{}", self.stem, self.kind)
    }

    fn address(&self) -> String {
        PATH.replace("{name}", &self.name(&self.content()))
    }
}

/// The addresses of this release.
pub fn addresses() -> Assets {
    let made = || Assets { css: STYLE.address(), js: SCRIPT.address(), icon: ICON.address() };
    if cfg!(debug_assertions) {
        return made();
    }
    static MADE: std::sync::OnceLock<Assets> = std::sync::OnceLock::new();
    MADE.get_or_init(made).clone()
}

/// The address of the script of forms with a large file.
pub fn sending() -> String {
    SENDING.address()
}

/// A file by its name in the address; `None` for another name or another release's digest.
pub fn file(name: &str) -> Option<HttpResponse> {
    let (stem, kind) = (name.split('.').next()?, name.rsplit('.').next()?);
    let mut files = [&STYLE, &SCRIPT, &SENDING, &ICON].into_iter();
    let file = files.find(|file| file.stem == stem && file.kind == kind)?;
    let content = file.content();
    if file.name(&content) != name {
        return None;
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, file.content_type));
    response.insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    Some(match content {
        Cow::Borrowed(bytes) => response.body(bytes),
        Cow::Owned(bytes) => response.body(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_under_the_addresses_that_pages_name() {
        let Assets { css, js, icon } = addresses();
        for address in [css, js, icon, sending()] {
            let name = address.strip_prefix("/ocsreports/assets/").unwrap();
            assert!(file(name).is_some(), "{name}");
            assert!(file(&name.replacen('.', ".0", 1)).is_none());
        }
        for name in ["", "css", "../Cargo.toml", "console.css", "sample-config.toml"] {
            assert!(file(name).is_none(), "{name}");
        }
    }
}
