//! Notes about a computer: read by all, written by technicians, each edited by its writer (CON-PC-5).

use maud::{Markup, html};

use super::{NOTES, part};
use crate::clock::Timestamp;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::{Locale, data, format};
use crate::id::ComputerId;

/// A note.
#[derive(Debug, Clone)]
pub struct OneNote<'a> {
    /// Its number.
    pub number: u32,
    /// Who wrote it.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// When it was changed last.
    pub edited: Option<Timestamp>,
    /// Its text.
    pub text: &'a str,
    /// The reader wrote it.
    pub own: bool,
}

/// The notes of a computer.
#[derive(Debug, Clone)]
pub struct NotesPage<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// The notes, newest first.
    pub list: &'a [OneNote<'a>],
    /// The reader may write.
    pub may_write: bool,
    /// The reader may delete.
    pub may_delete: bool,
    /// The note that is edited.
    pub editing: Option<u32>,
    /// The text that was typed.
    pub typed: &'a str,
    /// What is wrong with it.
    pub errors: &'a [FieldError],
}

/// Writes the notes.
pub fn notes(locale: &Locale, id: ComputerId, page: &NotesPage) -> Markup {
    let action = part(id, NOTES);
    let submit = locale.text(if page.editing.is_some() { "notes.submit" } else { "notes.add" });
    let control = Control::Lines { value: page.typed, rows: 4 };
    let fields = html! {
        @if let Some(number) = page.editing { (hidden("note", &number.to_string())) }
        (field(&Field { name: "text", label: locale.text("notes.text"), help: "", required: true, control }, page.errors))
    };
    html! {
        @if page.may_write {
            (form(locale, &Form { action: &action, token: page.token, errors: page.errors, submit }, fields))
        }
        @if page.list.is_empty() { p.help { (locale.text("notes.none")) } }
        @for note in page.list { (one(locale, page, &action, note)) }
    }
}

fn one(locale: &Locale, page: &NotesPage, action: &str, note: &OneNote) -> Markup {
    let said = locale.fill("notes.by", &[("who", &note.by), ("when", &format::moment(locale, note.at))]);
    let delete = format!("{action}/delete");
    html! {
        section.card.note-card {
            p.meta {
                span { (data(&said)) }
                @if let Some(at) = note.edited {
                    span { (locale.fill("notes.edited", &[("when", &format::moment(locale, at))])) }
                }
            }
            p.preview { (data(note.text)) }
            @if note.own && page.may_write || page.may_delete {
                div.row-actions {
                    @if note.own && page.may_write {
                        a href={ (action) "?note=" (note.number) } { (locale.text("notes.edit")) }
                    }
                    @if page.may_delete {
                        form method="post" action=(delete) {
                            (token(page.token))
                            (hidden("note", &note.number.to_string()))
                            button.link-button { (locale.text("notes.delete")) }
                        }
                    }
                }
            }
        }
    }
}
