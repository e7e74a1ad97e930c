//! The last contacts of a computer and why each was answered as it was (CON-PC-9), as whole sentences.

use std::net::IpAddr;

use maud::{Markup, html};

use super::course::course;
use super::packages::PackageRow;
use crate::accountinfo::What;
use crate::console::view::Locale;
use crate::console::view::format;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Tone, empty};
use crate::console::view::table::{Cell, Column, Kind as Stands, Table, table};
use crate::history::{Contact, Kind, Outcome, Refusal, Stored};
use crate::prolog::{Decision, Why};
use crate::text::{Repair, Repairs};

/// What the part shows.
#[derive(Debug, Clone, Copy)]
pub struct ContactsPage<'a> {
    /// The contacts, the newest first.
    pub list: &'a [Contact],
    /// The packages that the computer is affected to.
    pub packages: &'a [PackageRow],
    /// Where the computer was heard from last.
    pub heard_from: Option<IpAddr>,
}

/// Writes the contacts, and below them the way of each package.
pub fn contacts(locale: &Locale, page: &ContactsPage) -> Markup {
    html! {
        (list(locale, page.list))
        @if !page.packages.is_empty() { (course(locale, page.packages, page.heard_from)) }
    }
}

fn list(locale: &Locale, list: &[Contact]) -> Markup {
    if list.is_empty() {
        let (title, why) = (locale.text("contacts.none"), locale.text("contacts.none-why"));
        return empty(&Empty { icon: Icon::Note, title, why, action: None });
    }
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("contacts.at"), kind: Stands::Short, main: true, ..Column::default() },
        Column { title: title("contacts.kind"), card: true, ..Column::default() },
        Column { title: title("contacts.answer"), card: true, ..Column::default() },
        Column { title: title("contacts.reason"), card: true, ..Column::default() },
        Column { title: title("contacts.from"), kind: Stands::Short, card: true, ..Column::default() },
        Column {
            title: title("contacts.size"),
            unit: locale.text("unit.kb"),
            kind: Stands::Figures,
            ..Column::default()
        },
    ];
    let rows: Vec<_> = list.iter().map(|contact| cells(locale, contact)).collect();
    html! {
        (table(locale, &Table { caption: locale.text("contacts.title"), columns: &columns, rows: &rows, order: None }))
    }
}

fn cells(locale: &Locale, contact: &Contact) -> Vec<Cell<'static>> {
    let (tone, answer) = match &contact.outcome {
        Outcome::Decided(Decision::Send(_)) => (Tone::Success, "contacts.asked"),
        Outcome::Decided(Decision::Stop(_) | Decision::Break) => (Tone::Note, "contacts.not-asked"),
        Outcome::Stored(_) => (Tone::Success, "contacts.stored"),
        Outcome::Noted(_) => (Tone::Success, "contacts.noted"),
        Outcome::Refused(Refusal::Held) => (Tone::Warning, "contacts.held"),
        Outcome::Refused(_) => (Tone::Error, "contacts.refused"),
    };
    let from = match contact.address {
        Some(address) => Cell::Mono(address.to_string().into()),
        None => Cell::Empty,
    };
    let kib = i64::from(contact.size.div_ceil(1024));
    vec![
        Cell::Date(contact.at),
        Cell::Text(locale.text(kind(contact.kind)).into()),
        Cell::State(tone, locale.text(answer).into()),
        Cell::Text(reason(locale, contact).into()),
        from,
        if contact.size == 0 { Cell::Empty } else { Cell::Number(kib) },
    ]
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Prolog => "contacts.prolog",
        Kind::Inventory => "contacts.inventory",
        Kind::Download => "contacts.download",
        Kind::Notify => "contacts.network",
        Kind::Update => "contacts.update",
        Kind::Snmp => "contacts.snmp",
        Kind::Import => "contacts.import",
        Kind::Native => "contacts.native",
    }
}

/// Why the contact was answered as it was.
fn reason(locale: &Locale, contact: &Contact) -> String {
    match &contact.outcome {
        Outcome::Decided(Decision::Send(why)) => match *why {
            Why::Age { seconds, days } => aged(locale, contact, "reason.due", seconds, days),
            Why::Unknown => locale.text("reason.first").to_owned(),
            Why::Always => locale.text("reason.always").to_owned(),
            Why::Requested => locale.text("reason.requested").to_owned(),
            Why::NoInventory => locale.text("reason.no-inventory").to_owned(),
        },
        Outcome::Decided(Decision::Stop(why)) => match *why {
            Why::Age { seconds, days } => aged(locale, contact, "reason.not-due", seconds, days),
            Why::Unknown | Why::Always | Why::Requested | Why::NoInventory => String::new(),
        },
        Outcome::Decided(Decision::Break) => locale.text("reason.never").to_owned(),
        Outcome::Stored(stored) => sentences(locale, stored).join(" "),
        Outcome::Refused(refusal) => locale.text(refused(*refusal)).to_owned(),
        Outcome::Noted(word) if word.is_empty() => String::new(),
        Outcome::Noted(word) => locale.fill("reason.noted", &[("word", word)]),
    }
}

/// A sentence with the age that the last inventory had at the contact: it must stay true when it is read later.
fn aged(locale: &Locale, contact: &Contact, key: &str, seconds: i64, days: u32) -> String {
    let then = Locale { now: contact.at, ..locale.clone() };
    let last = format::ago(&then, contact.at.plus(seconds.saturating_neg()));
    locale.fill(key, &[("last", &last), ("days", &locale.count("days", u64::from(days)))])
}

fn sentences(locale: &Locale, stored: &Stored) -> Vec<String> {
    let mut all = vec![match stored.sections {
        0 => locale.text("reason.unchanged").to_owned(),
        changed => locale.count("reason.changed", u64::from(changed)),
    }];
    if stored.merged > 0 {
        all.push(locale.fill("reason.merged", &[("id", &stored.merged)]));
    }
    if stored.conflict {
        all.push(locale.text("reason.conflict").to_owned());
    }
    let account = match stored.account {
        What::Same => None,
        What::Taken => Some("reason.tag-taken"),
        What::Told => Some("reason.tag-told"),
        What::Lost => Some("reason.tag-lost"),
    };
    all.extend(account.map(|key| locale.text(key).to_owned()));
    all.extend(Repairs::from_bits(stored.repairs).iter().map(|repair| locale.text(repaired(repair)).to_owned()));
    all
}

fn repaired(repair: Repair) -> &'static str {
    match repair {
        Repair::CharsetGuessed => "reason.repair-charset",
        Repair::CharsetMixed => "reason.repair-mixed",
        Repair::BytesUnreadable => "reason.repair-bytes",
        Repair::ControlsRemoved => "reason.repair-controls",
        Repair::AmpersandsEscaped => "reason.repair-ampersands",
        Repair::DoubleEncoding => "reason.repair-double",
        Repair::Cut => "reason.repair-cut",
    }
}

fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Locked => "reason.locked",
        Refusal::NoSession => "reason.no-session",
        Refusal::Nameless => "reason.nameless",
        Refusal::NoSpace => "reason.no-space",
        Refusal::Older => "reason.older",
        Refusal::Held => "reason.held",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::i18n::Lang;

    fn said(lang: Lang, outcome: Outcome) -> String {
        let locale = Locale { lang, now: Timestamp(1_795_196_122), zone: jiff::tz::TimeZone::UTC };
        let at = locale.now.plus(-Timestamp::DAY);
        reason(&locale, &Contact { at, kind: Kind::Prolog, address: None, size: 1, outcome }).replace('\u{A0}', " ")
    }

    #[test]
    fn con_pc_9_a_decision_is_told_with_its_numbers() {
        let not_due = || Outcome::Decided(Decision::Stop(Why::Age { seconds: 3 * 3600, days: 1 }));
        assert_eq!(said(Lang::En, not_due()), "Not due: the last inventory was 3 hours ago, FREQUENCY is 1 day.");
        assert!(said(Lang::Fr, not_due()).contains("il y a 3 heures"));
        let mut repairs = Repairs::from(Repair::Cut);
        repairs.insert(Repair::DoubleEncoding);
        let stored = Stored { sections: 3, account: What::Told, merged: 12, conflict: true, repairs: repairs.bits() };
        let words = said(Lang::En, Outcome::Stored(stored));
        assert_eq!(words.matches('.').count(), 6, "{words}");
        assert!(words.contains("3 sections") && words.contains("12"), "{words}");
    }
}
