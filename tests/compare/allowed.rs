//! What may differ from the original, each once, with its reason. One that does not occur is a failure.

use std::collections::BTreeMap;

use rollcall::inventory::Family;

use super::contact::Contact;
use super::memory::Sent;
use super::original::NULL;
use super::software;

/// A difference in what is stored.
pub struct Difference<'a> {
    pub table: &'a str,
    pub field: &'a str,
    pub theirs: &'a str,
    pub ours: &'a str,
    pub sent: &'a Sent,
}

/// A difference between answers to one contact.
pub struct Answers<'a> {
    pub contact: &'a Contact,
    pub part: &'a str,
    pub theirs: &'a str,
    pub ours: &'a str,
    pub sent: &'a Sent,
    /// The general FREQUENCY.
    pub frequency: i64,
}

/// Where an allowance applies.
pub enum Rule {
    /// To the status of contacts that name it: theirs, ours.
    Status(u16, u16),
    /// To another part of answers.
    Answer(fn(&Answers<'_>) -> bool),
    /// To what is stored.
    Stored(fn(&Difference<'_>) -> bool),
}

pub struct Allowance {
    pub name: &'static str,
    /// The `[R]` of the agent protocol page by its section, or the decision by its number.
    pub reason: &'static str,
    pub rule: Rule,
}

const fn status(name: &'static str, theirs: u16, ours: u16, reason: &'static str) -> Allowance {
    Allowance { name, reason, rule: Rule::Status(theirs, ours) }
}

const fn stored(name: &'static str, rule: fn(&Difference<'_>) -> bool, reason: &'static str) -> Allowance {
    Allowance { name, reason, rule: Rule::Stored(rule) }
}

pub static ALLOWANCES: &[Allowance] = &[
    status("bad body", 500, 400, "[R 1.2] what cannot be read is answered 400, not 500"),
    status("in pieces", 500, 200, "[R 1.2] a body may come in pieces"),
    status("raw deflate", 500, 200, "[R 1.4] deflate without a header is understood"),
    status("plain beginnings", 500, 200, "[R 1.4] plain XML may begin with line feeds or without a declaration"),
    status("unreadable characters", 500, 200, "[R 1.5] what XML forbids is taken out before it is read"),
    status("document type", 200, 400, "[R 1.6] a message with a DOCTYPE is refused"),
    status("HARDWARE twice", 500, 200, "[R 1.6] the last one counts, instead of a failure and a lock"),
    status("agents", 400, 200, "[R 1.9] no agent is refused for its name or version (decision 3)"),
    status("SYSTEM", 500, 400, "[R 2] a query without a handler is answered 400"),
    status("nameless", 500, 400, "[R 4.1] a new computer needs HARDWARE with a name"),
    status("no content", 500, 400, "[R 4.1] a new computer needs HARDWARE with a name"),
    status("no HARDWARE", 500, 200, "[R 4.1] a known computer may leave HARDWARE out"),
    status("numbers of HARDWARE", 500, 200, "[M 5] 2.12.5 takes 0 for what is no number; 2.8.1 fails"),
    status("no CHECKSUM", 500, 200, "[R 5] a missing or wrong CHECKSUM stands for all bits"),
    Allowance {
        name: "Content-Type of the answer",
        reason: "[R 1.8] the answer's Content-Type follows the request's",
        rule: Rule::Answer(|d| {
            let kept = ["application/x-compress-zlib", "application/x-compress-gzip", "application/xml"];
            d.part == "content type"
                && d.theirs == "application/x-compressed"
                && d.ours == d.contact.request.content_type
                && kept.contains(&d.ours)
        }),
    },
    Allowance {
        name: "own FREQUENCY",
        reason: "decision 3: a computer's own FREQUENCY counts also when the general one is 0 or -1",
        rule: Rule::Answer(|d| d.part == "meaning" && d.sent.own_frequency && matches!(d.frequency, -1 | 0)),
    },
    stored("blanks", |d| d.theirs.trim() == d.ours && d.theirs != d.ours, "[R 1.6] values lose blanks at their ends"),
    stored(
        "beyond 16 bits",
        |d| d.ours != d.theirs && software::narrow(d.ours) == d.theirs,
        "[1.5] characters beyond 16 bits are kept",
    ),
    stored(
        "twice",
        |d| d.theirs.starts_with("ARRAY(0x") && !d.ours.is_empty() || d.theirs.starts_with("HASH(0x"),
        "[R 1.6] of a repeated value the last one counts, never the text of a Perl reference",
    ),
    stored("scrubbed", |d| d.theirs == "1" && d.ours.contains("=("), "[R 1.6] values that look like SQL are kept"),
    stored(
        "UTF-8 that is none",
        |d| d.sent.odd == Some("Latin-1 declared as UTF-8") && d.theirs.contains('\u{fffd}') && d.ours.contains('é'),
        "[R 1.5] bytes that are no UTF-8 are read as windows-1252",
    ),
    stored(
        "LASTDATE",
        |d| {
            let near = |text: &str, time: i64| text.parse::<i64>().is_ok_and(|found| (found - time).abs() <= 10);
            d.field == "LASTDATE" && near(d.ours, d.sent.at) && d.sent.date.is_some_and(|date| near(d.theirs, date))
        },
        "[R 5] LASTDATE over the network counts if it is of the last 30 days",
    ),
    stored(
        "IPADDR",
        |d| d.field == "IPADDR" && d.theirs == NULL && !d.sent.present.contains("NETWORKS"),
        "[R 5] without NETWORKS, HARDWARE/IPADDR counts",
    ),
    stored(
        "bits of no CHECKSUM",
        |d| {
            let without = |odd: &str| odd.starts_with("CHECKSUM ") || odd == "HARDWARE missing, known";
            d.field == "CHECKSUM" && d.sent.odd.is_some_and(without)
        },
        "[R 5] a missing CHECKSUM raises all bits",
    ),
    stored(
        "none left",
        |d| d.field == "rows" && d.ours == "0" && d.sent.gone.iter().any(|tag| tag.eq_ignore_ascii_case(d.table)),
        "[R 7.2] a section whose bit is set and that is not sent has no rows left",
    ),
    stored(
        "changed, bit clear",
        |d| d.sent.stale.iter().any(|tag| tag.eq_ignore_ascii_case(d.table)),
        "decision 12: a section whose bytes changed is stored although its bit is clear",
    ),
    stored(
        "dates of installation",
        |d| d.field == "INSTALLDATE" && d.theirs == "unknown" && d.ours.ends_with(", read"),
        "[R 6.3] more ways to write a date of installation are understood",
    ),
    stored(
        "long title",
        |d| d.field == "rows" && d.table == "software" && d.sent.odd == Some("a long title"),
        "[R 6.1] titles are cut before they are looked up; 2.8.1 drops the row",
    ),
    stored(
        "software without a name",
        |d| d.table == "software" && d.field == "rows" && d.sent.odd == Some("a program without a name"),
        "[R 6.1] software without a name is not stored under the first name ever seen",
    ),
    stored(
        "software not sent",
        |d| {
            d.table == "software"
                && d.field == "rows"
                && d.theirs == "0 with []"
                && !d.sent.present.contains("SOFTWARES")
        },
        "[M 6.2] without SOFTWARES 2.12.5 keeps what is stored, 2.8.1 does not",
    ),
    stored(
        "numbers with a point",
        |d| {
            let fields = ["PROCESSORS", "PROCESSORN", "MEMORY", "SWAP", "TYPE"];
            d.table == "hardware" && fields.contains(&d.field) && d.ours == "0" && d.theirs.parse::<i64>().is_ok()
        },
        "[M 5] 2.12.5 takes digits and nothing else for a number of HARDWARE, 2.8.1 what MySQL reads",
    ),
    stored(
        "no answer",
        |d| ["", "0"].contains(&d.theirs) && ["N/A", "NA", "??"].contains(&d.ours),
        "[M 7.2] 2.12.5 stores N/A, NA and ?? as they are sent, 2.8.1 drops them",
    ),
    stored(
        "later sections",
        |d| ["local_users", "local_groups"].contains(&d.table) && d.field == "rows" && d.theirs == "0",
        "[7.1] sections that 2.12.5 knows and 2.8.1 does not",
    ),
    stored(
        "FusionInventory's words",
        |d| d.sent.family == Family::Fusion && d.table == "hardware" && d.theirs == NULL,
        "[20.2] HARDWARE of FusionInventory is completed from its other sections",
    ),
];

/// How often each was needed.
#[derive(Default)]
pub struct Ledger(BTreeMap<&'static str, u64>);

impl Ledger {
    pub fn count(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    fn note(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    pub fn status(&mut self, contact: &Contact, theirs: u16, ours: u16) -> bool {
        let named = ALLOWANCES.iter().find(|allowance| Some(allowance.name) == contact.allowed);
        match named {
            Some(Allowance { name, rule: Rule::Status(their, our), .. }) if (*their, *our) == (theirs, ours) => {
                self.note(name);
                true
            }
            _ => false,
        }
    }

    pub fn answer(&mut self, difference: &Answers<'_>) -> bool {
        let fits = |allowance: &&Allowance| matches!(allowance.rule, Rule::Answer(rule) if rule(difference));
        let found = ALLOWANCES.iter().find(fits);
        found.inspect(|allowance| self.note(allowance.name)).is_some()
    }

    pub fn stored(&mut self, difference: &Difference<'_>) -> bool {
        let fits = |allowance: &&Allowance| matches!(allowance.rule, Rule::Stored(rule) if rule(difference));
        let found = ALLOWANCES.iter().find(fits);
        found.inspect(|allowance| self.note(allowance.name)).is_some()
    }
}
