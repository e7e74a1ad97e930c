//! Notes about a computer: add, edit, delete (CON-PC-5).

use actix_web::HttpResponse;

use super::{Asked, Error, computer, held};
use crate::accountinfo::notes::{self, LONGEST, Note};
use crate::console::pages::computer::{NOTES, NotesPage, OneNote, part, trail};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::store::{self, Txn};
use crate::users::Right;

/// The notes as they are shown, newest first.
pub fn list<'a>(asked: &Asked, notes: &'a [(u32, Note)]) -> Vec<OneNote<'a>> {
    let account = asked.account();
    let one = |(number, note): &'a (u32, Note)| OneNote {
        number: *number,
        by: &note.by,
        at: note.at,
        edited: note.edited,
        text: &note.text,
        own: note.by.eq_ignore_ascii_case(&account),
    };
    notes.iter().rev().map(one).collect()
}

/// The part of the page: with what was typed, or with the note that is edited.
pub fn page<'a>(asked: &'a Asked, list: &'a [OneNote<'a>], errors: &'a [FieldError]) -> NotesPage<'a> {
    let visit = &asked.visit;
    let number = if asked.form.has("text") { asked.form.get("note") } else { asked.query.get("note") };
    let editing: Option<&OneNote> =
        number.parse().ok().and_then(|number: u32| list.iter().find(|note| note.number == number && note.own));
    let typed = if asked.form.has("text") { asked.form.get("text") } else { editing.map_or("", |note| note.text) };
    NotesPage {
        token: visit.token(),
        list,
        may_write: visit.may(Right::ChangeValues),
        may_delete: visit.may(Right::Delete),
        editing: editing.map(|note| note.number),
        typed,
        errors,
    }
}

/// Adds a note, or changes one of the writer's own.
pub async fn keep(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let text = asked.form.get("text").replace("\r\n", "\n").trim().to_owned();
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(odd) {
        let error = visit.locale.fill("notes.error", &[("n", &LONGEST)]);
        return computer::page(&asked, &[FieldError::new("text", error)]).await;
    }
    let number: Option<u32> = asked.form.get("note").parse().ok();
    // An inventory that merges the computer takes along the notes that it has read.
    let held = held::one(&asked, id).await?;
    let (by, at) = (asked.account(), visit.locale.now);
    let mut entry = visit.entry(Action::ValuesChanged, id.to_string());
    let run = move |w: &mut Txn<'_>| -> Result<Option<bool>, store::Error> {
        if computer::is_gone(w, id)? {
            return Ok(None);
        }
        let before = match number {
            Some(number) => match notes::edit(w, id, number, &text, (&by, at))? {
                Some(before) => before.text,
                None => return Ok(Some(false)),
            },
            None => match notes::add(w, id, &Note { by, at, text: text.clone(), edited: None })? {
                Some(_) => String::new(),
                None => return Ok(Some(false)),
            },
        };
        entry.changes.push(Change { what: "note".into(), before, after: text });
        audit::append(w, entry)?;
        Ok(Some(true))
    };
    let done = asked.change(run, move |_| {
        drop(held);
        Ok(())
    });
    match done.await? {
        None => Err(Error::NotFound),
        Some(false) => {
            let error = FieldError::new("text", visit.locale.text("notes.error-not-kept"));
            computer::page(&asked, &[error]).await
        }
        Some(true) => {
            let word = if number.is_some() { "edited" } else { "added" };
            Ok(visit::see_other(&format!("{}?done={word}", part(id, NOTES))))
        }
    }
}

/// Deletes a note, after a question.
pub async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let locale = &visit.locale;
    let number: u32 = asked.form.get("note").parse().map_err(|_| Error::NotFound)?;
    let all = asked.read(move |_, read| notes::of(read, id)).await?;
    let (_, note) = all.into_iter().find(|(known, _)| *known == number).ok_or(Error::NotFound)?;
    if asked.form.get("sure") != "1" {
        let carried = [("note".to_owned(), number.to_string()), ("sure".to_owned(), "1".to_owned())];
        let body = confirm(
            locale,
            &Confirm {
                action: &format!("{}/delete", part(id, NOTES)),
                token: visit.token(),
                text: locale.text("notes.sure"),
                lines: &[note.text.chars().take(200).collect()],
                carried: &carried,
                submit: &locale.count("notes.sure-submit", 1),
                back: &part(id, NOTES),
                ..Confirm::default()
            },
        );
        return asked.page(locale.text("notes.sure-title"), &trail(locale), &[], body);
    }
    let held = held::one(&asked, id).await?;
    let mut entry = visit.entry(Action::ValuesChanged, id.to_string());
    let run = move |w: &mut Txn<'_>| -> Result<(), store::Error> {
        if let Some(gone) = notes::delete(w, id, number)? {
            entry.changes.push(Change { what: "note".into(), before: gone.text, after: String::new() });
            audit::append(w, entry)?;
        }
        Ok(())
    };
    let done = asked.change(run, move |_| {
        drop(held);
        Ok(())
    });
    done.await?;
    Ok(visit::see_other(&format!("{}?done=deleted", part(id, NOTES))))
}
