//! The field of a form for a large file, or several (CON-DEP-6). With scripting they are sent in pieces while the rest of
//! the form is filled in, several as if they were one, and the form carries the token; without, the form brings the files
//! itself.

use maud::{Markup, html};

use crate::console::view::form::{self, Field, FieldError, hidden};
use crate::console::view::{Locale, data};
use crate::deployment::uploads::Progress;
use crate::i18n::size;

/// Where a file begins.
pub const SENDING: &str = "/ocsreports/deploy/upload";
/// A file that is on its way: what is here, and where its pieces go.
pub const ONE: &str = "/ocsreports/deploy/upload/{id}";
/// Where a file is given up.
pub const CANCEL: &str = "/ocsreports/deploy/upload/{id}/cancel";
/// The field that carries the token of a file that is here already.
pub const UPLOAD: &str = "upload";
/// The field that says which files came as one, see `deployment::parts`; empty for a single file.
pub const PARTS: &str = "parts";

/// What is known about files that are on their way.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// Address of the script.
    pub script: &'a str,
    /// Bytes of the largest file, and of all together.
    pub most: u64,
    /// Files at most.
    pub files: usize,
    /// Files of this account that are not whole.
    pub unfinished: &'a [Progress],
}

/// Words that the script shows; it replaces `{name}`, `{percent}`, `{done}` and `{all}`.
const WORDS: [&str; 12] =
    ["going", "done", "cut", "busy", "waiting", "full", "large", "too-many", "several", "ended", "failed", "cancelled"];

/// Writes the field around its box, a [`form::Control::Files`].
pub fn field(locale: &Locale, field: &Field, sending: &Sending, errors: &[FieldError]) -> Markup {
    let bytes = |bytes: u64| size(locale.lang, bytes);
    let most = bytes(sending.most);
    let words = |key: &str| match key {
        "large" => locale.fill("sending.large", &[("most", &most)]),
        "too-many" => locale.fill("sending.too-many", &[("most", &sending.files)]),
        key => locale.text(&format!("sending.{key}")).to_owned(),
    };
    let came = |key, one: &Progress| {
        let values = [("name", one.file.name.as_str()), ("done", &bytes(one.at)), ("all", &bytes(one.file.size))];
        locale.fill(key, &values.each_ref().map(|(name, value)| (*name, value as &dyn std::fmt::Display)))
    };
    html! {
        div.sending data-sending=(SENDING) data-most=(sending.most) data-files=(sending.files) {
            (form::field(field, errors))
            (hidden(UPLOAD, ""))
            (hidden(PARTS, ""))
            @for one in sending.unfinished { p.help data-unfinished { (data(&came("sending.unfinished", one))) } }
            div.sending-now hidden data-now {
                progress max="100" value="0" aria-label=(locale.text("sending.progress")) {}
                p role="status" {}
                button.button type="button" { (locale.text("sending.cancel")) }
            }
            @for key in WORDS { span hidden data-words=(key) { (words(key)) } }
            script src=(sending.script) defer {}
        }
    }
}
