//! The field of a form for a large file (CON-DEP-6). With scripting the file is sent in pieces while the rest of the form is
//! filled in, and the form carries its token; without, the form brings the file itself.

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

/// What is known about files that are on their way.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// Address of the script.
    pub script: &'a str,
    /// Bytes of the largest file.
    pub most: u64,
    /// Files of this account that are not whole.
    pub unfinished: &'a [Progress],
}

/// Words that the script shows; it replaces `{name}`, `{percent}`, `{done}` and `{all}`.
const WORDS: [&str; 10] = ["going", "done", "cut", "busy", "waiting", "full", "large", "ended", "failed", "cancelled"];

/// Writes the field around its box, a [`form::Control::Files`].
pub fn field(locale: &Locale, field: &Field, sending: &Sending, errors: &[FieldError]) -> Markup {
    let bytes = |bytes: u64| size(locale.lang, bytes);
    let most = bytes(sending.most);
    let words = |key: &str| match key {
        "large" => locale.fill("sending.large", &[("most", &most)]),
        key => locale.text(&format!("sending.{key}")).to_owned(),
    };
    let came = |key, one: &Progress| {
        let values = [("name", one.file.name.as_str()), ("done", &bytes(one.at)), ("all", &bytes(one.file.size))];
        locale.fill(key, &values.each_ref().map(|(name, value)| (*name, value as &dyn std::fmt::Display)))
    };
    html! {
        div.sending data-sending=(SENDING) data-most=(sending.most) {
            (form::field(field, errors))
            (hidden(UPLOAD, ""))
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
