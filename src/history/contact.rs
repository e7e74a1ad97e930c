//! One contact, and how twenty of them become a record.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::accountinfo;
use crate::clock::Timestamp;
use crate::inventory::codec::{Input, put_number, put_text};
use crate::prolog::{Decision, Why};
use crate::store::{self, Damage};

use super::{KEPT, Trouble};

/// What was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// QUERY=PROLOG.
    Prolog,
    /// QUERY=INVENTORY.
    Inventory,
    /// QUERY=DOWNLOAD, the result of a package.
    Download,
    /// QUERY=NOTIFY, a change of address.
    Notify,
    /// QUERY=UPDATE.
    Update,
    /// QUERY=SNMP.
    Snmp,
    /// An inventory from a file.
    Import,
    /// The native contact of a GLPI agent.
    Native,
}

/// One contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// What was wanted.
    pub kind: Kind,
    /// From where; `None` for a file.
    pub address: Option<IpAddr>,
    /// Bytes of the message as it was sent.
    pub size: u32,
    /// What was decided.
    pub outcome: Outcome,
}

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The decision about a PROLOG.
    Decided(Decision),
    /// An inventory was stored.
    Stored(Stored),
    /// It was refused.
    Refused(Refusal),
    /// It was taken note of; with the word that the agent sent, such as SUCCESS.
    Noted(String),
}

/// How an inventory was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Sections that were written; 0 for one that said nothing new.
    pub sections: u32,
    /// What happened to administrative data.
    pub account: accountinfo::What,
    /// Number of the computer that was merged into this one; 0 for none.
    pub merged: u32,
    /// Bits of `text::Repairs`.
    pub repairs: u8,
    /// UUID, serial number and MAC addresses are all other ones than before: two machines may share the device id.
    pub conflict: bool,
}

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another inventory of the same computer was being stored.
    Locked,
    /// INVENTORY_SESSION_ONLY is on and no PROLOG asked for it.
    NoSession,
    /// It names no computer (HARDWARE/NAME is missing).
    Nameless,
    /// The disk is full or cannot be written.
    NoSpace,
    /// The file is older than what is stored.
    Older,
    /// More new computers from one address than allowed; it waits for an administrator.
    Held,
}

impl Refusal {
    /// The same among the reasons of an hour; nothing for what only happens to files.
    pub const fn trouble(self) -> Option<Trouble> {
        match self {
            Refusal::Locked => Some(Trouble::Locked),
            Refusal::NoSession => Some(Trouble::NoSession),
            Refusal::Nameless => Some(Trouble::Nameless),
            Refusal::NoSpace => Some(Trouble::NoSpace),
            Refusal::Held => Some(Trouble::Held),
            Refusal::Older => None,
        }
    }
}

/// What a contact changes of the error with which a computer's agent ended last: one that is refused leaves its reason,
/// an inventory that is stored ends it, and all others leave it as it is. Files say nothing of agents.
pub fn last_error(before: Option<Trouble>, contact: &Contact) -> Option<Trouble> {
    match (&contact.outcome, contact.kind) {
        (_, Kind::Import) => before,
        (Outcome::Refused(refusal), _) => refusal.trouble().or(before),
        (Outcome::Stored(_), _) => None,
        _ => before,
    }
}

impl Kind {
    const ALL: [Kind; 8] = [
        Kind::Prolog,
        Kind::Inventory,
        Kind::Download,
        Kind::Notify,
        Kind::Update,
        Kind::Snmp,
        Kind::Import,
        Kind::Native,
    ];
}

impl Refusal {
    const ALL: [Refusal; 6] =
        [Refusal::Locked, Refusal::NoSession, Refusal::Nameless, Refusal::NoSpace, Refusal::Older, Refusal::Held];
}

const ACCOUNTS: [accountinfo::What; 4] =
    [accountinfo::What::Taken, accountinfo::What::Same, accountinfo::What::Told, accountinfo::What::Lost];

fn position<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|other| other == one).unwrap_or(0) as u64
}

fn at<T: Copy>(all: &[T], position: u64) -> Result<T, Damage> {
    usize::try_from(position).ok().and_then(|position| all.get(position)).copied().ok_or(Damage::Shape)
}

/// The latest contacts of a computer, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts(pub Vec<Contact>);

impl Contacts {
    /// Adds newer ones and forgets the oldest.
    pub fn add(&mut self, newer: &[Contact]) {
        self.0.extend_from_slice(newer);
        self.0.drain(..self.0.len().saturating_sub(KEPT));
    }
}

impl store::Stored for Contacts {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        let mut before: Option<&Contact> = None;
        for contact in &self.0 {
            put_contact(out, contact, before);
            before = Some(contact);
        }
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if format != 1 {
            return Err(Damage::Format(format));
        }
        let mut input = Input::new(bytes);
        let mut contacts: Vec<Contact> = Vec::new();
        while !input.is_empty() {
            contacts.push(contact(&mut input, contacts.last())?);
        }
        Ok(Contacts(contacts))
    }
}

/// Times are differences (with their sign in the lowest bit), an address equal to the one before is left out.
fn put_contact(out: &mut Vec<u8>, contact: &Contact, before: Option<&Contact>) {
    let step = contact.at.since(before.map_or(Timestamp(0), |before| before.at));
    put_number(out, step.unsigned_abs() << 1 | u64::from(step < 0));
    let same = before.is_some_and(|before| before.address == contact.address);
    let address = match (same, contact.address) {
        (true, _) => 3,
        (false, None) => 0,
        (false, Some(IpAddr::V4(_))) => 1,
        (false, Some(IpAddr::V6(_))) => 2,
    };
    out.push(address << 4 | position(&Kind::ALL, &contact.kind) as u8);
    match (same, contact.address) {
        (false, Some(IpAddr::V4(address))) => out.extend_from_slice(&address.octets()),
        (false, Some(IpAddr::V6(address))) => out.extend_from_slice(&address.octets()),
        _ => {}
    }
    put_number(out, u64::from(contact.size));
    put_outcome(out, &contact.outcome);
}

fn put_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
    match outcome {
        Outcome::Decided(Decision::Break) => out.push(0),
        Outcome::Decided(Decision::Send(why)) => put_why(out, 1, *why),
        Outcome::Decided(Decision::Stop(why)) => put_why(out, 5, *why),
        Outcome::Stored(stored) => {
            out.push(9);
            put_number(out, u64::from(stored.sections));
            out.push(
                (position(&ACCOUNTS, &stored.account) as u8)
                    | u8::from(stored.merged > 0) << 4
                    | u8::from(stored.repairs > 0) << 5
                    | u8::from(stored.conflict) << 6,
            );
            if stored.merged > 0 {
                put_number(out, u64::from(stored.merged));
            }
            if stored.repairs > 0 {
                out.push(stored.repairs);
            }
        }
        Outcome::Refused(refusal) => {
            out.push(10);
            put_number(out, position(&Refusal::ALL, refusal));
        }
        Outcome::Noted(word) => {
            out.push(11);
            put_text(out, word);
        }
    }
}

fn put_why(out: &mut Vec<u8>, base: u8, why: Why) {
    match why {
        Why::Unknown => out.push(base),
        Why::Always => out.push(base + 1),
        // Only ever a reason to send.
        Why::Requested => out.push(12),
        Why::NoInventory => out.push(base + 2),
        Why::Age { seconds, days } => {
            out.push(base + 3);
            put_number(out, seconds.unsigned_abs());
            put_number(out, u64::from(days));
        }
    }
}

fn contact(input: &mut Input<'_>, before: Option<&Contact>) -> Result<Contact, Damage> {
    let step = input.number()?;
    let distance = i64::try_from(step >> 1).map_err(|_| Damage::Shape)?;
    let start = before.map_or(Timestamp(0), |before| before.at);
    let at_time = start.plus(if step & 1 == 1 { -distance } else { distance });
    let head = input.byte()?;
    let kind = at(&Kind::ALL, u64::from(head & 0x0F))?;
    let address = match head >> 4 {
        0 => None,
        1 => Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(input.take(4)?).map_err(|_| Damage::Short)?))),
        2 => Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(input.take(16)?).map_err(|_| Damage::Short)?))),
        3 => before.ok_or(Damage::Shape)?.address,
        _ => return Err(Damage::Shape),
    };
    let size = input.small()?;
    Ok(Contact { at: at_time, kind, address, size, outcome: outcome(input)? })
}

fn outcome(input: &mut Input<'_>) -> Result<Outcome, Damage> {
    Ok(match input.byte()? {
        0 => Outcome::Decided(Decision::Break),
        code @ 1..=4 => Outcome::Decided(Decision::Send(why(input, code - 1)?)),
        code @ 5..=8 => Outcome::Decided(Decision::Stop(why(input, code - 5)?)),
        9 => {
            let sections = input.small()?;
            let flags = input.byte()?;
            let account = at(&ACCOUNTS, u64::from(flags & 0x0F))?;
            let merged = if flags & 0x10 != 0 { input.small()? } else { 0 };
            let repairs = if flags & 0x20 != 0 { input.byte()? } else { 0 };
            Outcome::Stored(Stored { sections, account, merged, repairs, conflict: flags & 0x40 != 0 })
        }
        10 => Outcome::Refused(at(&Refusal::ALL, input.number()?)?),
        11 => Outcome::Noted(input.text()?.to_owned()),
        12 => Outcome::Decided(Decision::Send(Why::Requested)),
        _ => return Err(Damage::Shape),
    })
}

fn why(input: &mut Input<'_>, code: u8) -> Result<Why, Damage> {
    Ok(match code {
        0 => Why::Unknown,
        1 => Why::Always,
        2 => Why::NoInventory,
        _ => Why::Age { seconds: i64::try_from(input.number()?).map_err(|_| Damage::Shape)?, days: input.small()? },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::Stored as _;

    fn contact() -> impl Strategy<Value = Contact> {
        let why = prop_oneof![
            Just(Why::Unknown),
            Just(Why::Always),
            Just(Why::NoInventory),
            (0_i64..1 << 40, any::<u32>()).prop_map(|(seconds, days)| Why::Age { seconds, days }),
        ];
        let stored =
            (any::<u32>(), 0_usize..4, any::<u32>(), any::<u8>()).prop_map(|(sections, account, merged, repairs)| {
                Outcome::Stored(Stored {
                    sections,
                    account: ACCOUNTS[account],
                    merged,
                    repairs,
                    conflict: repairs & 2 != 0,
                })
            });
        let outcome = prop_oneof![
            Just(Outcome::Decided(Decision::Break)),
            why.clone().prop_map(|why| Outcome::Decided(Decision::Send(why))),
            Just(Outcome::Decided(Decision::Send(Why::Requested))),
            why.prop_map(|why| Outcome::Decided(Decision::Stop(why))),
            stored,
            (0_usize..6).prop_map(|at| Outcome::Refused(Refusal::ALL[at])),
            ".{0,12}".prop_map(Outcome::Noted),
        ];
        let address = prop_oneof![
            Just(None),
            any::<u32>().prop_map(|bits| Some(IpAddr::V4(Ipv4Addr::from(bits)))),
            any::<u128>().prop_map(|bits| Some(IpAddr::V6(Ipv6Addr::from(bits)))),
        ];
        (0_i64..1 << 32, 0_usize..8, address, any::<u32>(), outcome).prop_map(|(at, kind, address, size, outcome)| {
            Contact { at: Timestamp(at), kind: Kind::ALL[kind], address, size, outcome }
        })
    }

    proptest! {
        #[test]
        fn contacts_are_read_as_they_were_written(list in proptest::collection::vec(contact(), 0..30)) {
            let mut contacts = Contacts::default();
            contacts.add(&list);
            let mut bytes = Vec::new();
            contacts.encode(&mut bytes);
            prop_assert_eq!(Contacts::decode(1, &bytes), Ok(contacts.clone()));
            prop_assert_eq!(&contacts.0[..], &list[list.len().saturating_sub(KEPT)..]);
        }

        #[test]
        fn any_bytes_are_an_answer_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Contacts::decode(1, &bytes);
        }
    }

    #[test]
    fn con_agt_3_the_last_error_is_the_latest_refusal_that_no_inventory_followed() {
        let after = |outcomes: &[(Kind, Outcome)]| {
            outcomes.iter().fold(None, |before, (kind, outcome)| {
                let contact =
                    Contact { at: Timestamp(0), kind: *kind, address: None, size: 0, outcome: outcome.clone() };
                last_error(before, &contact)
            })
        };
        let refused = |refusal| (Kind::Inventory, Outcome::Refused(refusal));
        let account = accountinfo::What::Same;
        let stored = Outcome::Stored(Stored { sections: 1, account, merged: 0, repairs: 0, conflict: false });
        let asked = (Kind::Prolog, Outcome::Decided(Decision::Send(Why::Always)));
        assert_eq!(after(std::slice::from_ref(&asked)), None);
        assert_eq!(after(&[refused(Refusal::Locked), refused(Refusal::NoSpace), asked]), Some(Trouble::NoSpace));
        assert_eq!(after(&[refused(Refusal::Locked), (Kind::Inventory, stored.clone())]), None);
        assert_eq!(after(&[refused(Refusal::Locked), (Kind::Import, stored)]), Some(Trouble::Locked));
        assert_eq!(after(&[(Kind::Import, Outcome::Refused(Refusal::Older))]), None);
    }

    #[test]
    fn twenty_usual_contacts_take_little_room() {
        let usual = |n: i64| Contact {
            at: Timestamp(1_800_000_000 + n * 3600),
            kind: if n % 2 == 0 { Kind::Prolog } else { Kind::Inventory },
            address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7))),
            size: 125,
            outcome: Outcome::Decided(Decision::Stop(Why::Age { seconds: 3 * 3600, days: 1 })),
        };
        let mut bytes = Vec::new();
        Contacts((0..20).map(usual).collect()).encode(&mut bytes);
        assert!(bytes.len() < 250, "{}", bytes.len());
    }
}
