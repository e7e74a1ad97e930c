//! An invented office, for looking at pages: used by tests only.

use std::path::PathBuf;

use super::computer::{AdministrativeForm, SectionCount, ValueRow};
use super::computer::{Banner, ComputerPage, Deeds, SectionRows, Shown};
use super::imports::{ImportRow, Outcome};
use crate::accountinfo::What;
use crate::accountinfo::fields::{Field as Defined, Kind as FieldKind};
use crate::app::sticks::{Seen, Stick, Trouble, Unwritten, Work};
use crate::clock::Timestamp;
use crate::console::form::Form;
use crate::console::lists::{List, View};
use crate::console::view::card::Care;
use crate::console::view::message::Tone;
use crate::console::view::table::Cell;
use crate::history::{Contact, Kind, Outcome as Decided, Refusal, Stored};
use crate::id::ComputerId;
use crate::prolog::{Decision, Why};

/// When the samples are looked at.
pub const NOW: Timestamp = Timestamp(1_795_196_122);

/// Computers of the office, a cell for each of the usual columns.
pub fn computers() -> Vec<Vec<Cell<'static>>> {
    let rows = [
        ("ACC-PC-007", "Accounting", "Camille Perrin", "Microsoft Windows 11 Pro", 16_384, 2_900),
        ("HR-LT-02", "Human resources", "afournier", "Microsoft Windows 11 Pro", 16_384, 1_800),
        ("srv-files01", "Servers & racks <R2>", "", "Debian GNU/Linux 12 (bookworm)", 65_536, 2_095),
        ("reception", "Front desk", "welcome", "Ubuntu 24.04.1 LTS", 8_192, 3_100),
        ("LAB-PC-00003", "Labo \"R&D\"", "tdupont", "Microsoft Windows 10 Professionnel", 32_768, 3_593),
        ("STOCK-02", "", "andersson", "Microsoft Windows XP Professional", 2_048, 2_400),
        ("MacBook-Air-de-Léa", "Marketing", "lea.martin", "macOS 15.1 Sequoia", 24_576, 0),
        ("ROOM-12-STUDENT-31", "Room 12", "student31", "Microsoft Windows 10 Education", 8_192, 2_400),
    ];
    let row = |n: u32| {
        let (name, tag, user, system, memory, speed) = rows[n as usize % rows.len()];
        let name = if n < 8 { name.to_owned() } else { format!("{name}-{n}") };
        vec![
            if n.is_multiple_of(5) { Cell::Mark("Own values: FREQUENCY".into()) } else { Cell::Empty },
            Cell::text(tag),
            Cell::Date(NOW.plus(-i64::from(n * n) * 7_000 - 900)),
            Cell::Link { href: format!("/ocsreports/computers/{}", n + 1).into(), text: name.into() },
            Cell::text(user),
            Cell::text(system),
            Cell::Number(memory),
            Cell::number((speed > 0).then_some(speed)),
        ]
    };
    (0..25).map(row).collect()
}

/// What is seen of a list that nothing was asked of.
pub fn view(list: &List, query: &str) -> View {
    list.view(&Form::read(query, 20).unwrap(), None)
}

/// One computer as a whole.
pub fn banner() -> Banner<'static> {
    Banner {
        tag: "Accounting",
        user: "Camille Perrin",
        user_domain: "OFFICE",
        model: "Dell Inc. OptiPlex 7090",
        serial: "7XK2QJ3",
        system: "Microsoft Windows 11 Pro",
        system_version: "10.0.22631",
        architecture: "x86 64 bit",
        company: "Example SA",
        owner: "Camille Perrin",
        product_id: "00330-80000-00000-AA729",
        memory: Some(16_384),
        swap: Some(18_841),
        processor: "Intel(R) Core(TM) i7-10700 CPU @ 2.90GHz",
        uuid: "4C4C4544-0058-4B10-8032-B7C04F514A33",
        workgroup: "office.example",
        address: "10.30.23.23",
        agent: "OCS-NG_WINDOWS_AGENT_v2.11.0.1",
        device_id: "ACC-PC-007-2024-03-11-09-14-02",
        last_inventory: Some(NOW.plus(-93_000)),
        last_contact: Some(NOW.plus(-7_300)),
        ..Banner::default()
    }
}

/// What needs care at that computer.
pub fn care() -> Vec<Care> {
    vec![
        Care { tone: Tone::Warning, text: "Drive C: has 4 % left".to_owned(), href: Some("?drives".to_owned()) },
        Care { tone: Tone::Error, text: "Package Firefox 133 did not arrive".to_owned(), href: None },
    ]
}

/// Its sections.
pub const SECTIONS: [SectionCount<'static>; 16] = [
    SectionCount { tag: "BIOS", rows: 1 },
    SectionCount { tag: "CPUS", rows: 1 },
    SectionCount { tag: "MEMORIES", rows: 4 },
    SectionCount { tag: "STORAGES", rows: 2 },
    SectionCount { tag: "DRIVES", rows: 3 },
    SectionCount { tag: "VIDEOS", rows: 1 },
    SectionCount { tag: "SLOTS", rows: 0 },
    SectionCount { tag: "BATTERIES", rows: 0 },
    SectionCount { tag: "MONITORS", rows: 2 },
    SectionCount { tag: "PRINTERS", rows: 5 },
    SectionCount { tag: "USBDEVICES", rows: 0 },
    SectionCount { tag: "SOFTWARES", rows: 1_284 },
    SectionCount { tag: "REGISTRY", rows: 0 },
    SectionCount { tag: "NETWORKS", rows: 3 },
    SectionCount { tag: "MODEMS", rows: 0 },
    SectionCount { tag: "OFFICEPACK", rows: 1 },
];

/// The fields of its memory.
pub const MEMORY_FIELDS: [&str; 8] =
    ["CAPTION", "DESCRIPTION", "CAPACITY", "PURPOSE", "TYPE", "SPEED", "NUMSLOTS", "SERIALNUMBER"];

/// Its memory.
pub fn memory() -> Vec<Vec<Cell<'static>>> {
    let module = |slot: i64, size: i64, serial: &'static str| {
        let filled = size > 0;
        vec![
            Cell::text("Physical memory"),
            Cell::text(if filled { "DDR4 Unbuffered (no ECC)" } else { "Empty slot" }),
            Cell::size(filled.then_some(size)),
            Cell::text("System memory"),
            Cell::text(if filled { "DDR4" } else { "" }),
            Cell::number(filled.then_some(3_200)),
            Cell::Number(slot),
            Cell::mono(serial),
        ]
    };
    vec![module(1, 8_192, "2F6B01C3"), module(2, 0, ""), module(3, 8_192, "2F6B01D8"), module(4, 0, "")]
}

/// Its last contacts.
pub fn contacts() -> Vec<Contact> {
    let address = Some([10, 30, 23, 23].into());
    let contact = |ago: i64, kind, size, outcome| Contact { at: NOW.plus(-ago), address, kind, size, outcome };
    let age = |seconds| Why::Age { seconds, days: 1 };
    let stored = |sections, account, merged, repairs| {
        Decided::Stored(Stored { sections, account, merged, repairs, conflict: false })
    };
    vec![
        contact(7_300, Kind::Prolog, 412, Decided::Decided(Decision::Stop(age(85_700)))),
        contact(93_000, Kind::Inventory, 58_112, stored(3, What::Told, 12, 0)),
        contact(93_010, Kind::Prolog, 412, Decided::Decided(Decision::Send(age(97_000)))),
        contact(120_000, Kind::Download, 530, Decided::Noted("SUCCESS".to_owned())),
        contact(190_000, Kind::Inventory, 57_930, stored(0, What::Same, 0, 32)),
        contact(190_020, Kind::Prolog, 412, Decided::Decided(Decision::Send(Why::Always))),
        contact(260_000, Kind::Inventory, 3_000, Decided::Refused(Refusal::Nameless)),
        contact(900_000, Kind::Prolog, 412, Decided::Refused(Refusal::Held)),
    ]
}

/// A page of that computer.
pub fn computer<'a>(care: &'a [Care], shown: Shown<'a>) -> ComputerPage<'a> {
    ComputerPage {
        id: ComputerId(7),
        banner: banner(),
        groups: &[],
        care,
        sections: &SECTIONS,
        notes: Some(2),
        customized: None,
        packages: None,
        junk: &[],
        deeds: Deeds { may_ask: true, may_archive: true, may_delete: true, may_export: true, ..Deeds::default() },
        searched: None,
        shown,
    }
}

/// Its memory as a part of the page.
pub fn memory_rows<'a>(rows: &'a [Vec<Cell<'a>>]) -> SectionRows<'a> {
    SectionRows { tag: "MEMORIES", fields: &MEMORY_FIELDS, rows, total: "" }
}

/// Its administrative data.
pub fn values() -> Vec<ValueRow> {
    let tag = ValueRow {
        field: Defined::tag(),
        typed: vec!["Accounting".to_owned()],
        was: "Accounting".to_owned(),
        changed: Some(("admin".to_owned(), NOW.plus(-400_000))),
    };
    let row = |id: u32, kind: FieldKind, typed: &str| ValueRow {
        field: Defined {
            id,
            label: "Status".to_owned(),
            kind,
            tab: if id > 4 { "Purchase" } else { "" }.to_owned(),
            choices: vec!["In use".to_owned(), "In stock".to_owned()],
            ..Defined::tag()
        },
        typed: vec![typed.to_owned()],
        was: String::new(),
        changed: None,
    };
    let more = FieldKind::ALL
        .into_iter()
        .zip(1..)
        .map(|(kind, id)| row(id, kind, if kind.chooses() { "In use" } else { "12" }));
    std::iter::once(tag).chain(more).collect()
}

/// The form with them.
pub fn values_form(rows: &[ValueRow]) -> AdministrativeForm<'_> {
    AdministrativeForm { token: "sample", rows, errors: &[], may_change: true }
}

/// Files of the watched folder.
pub fn imports() -> Vec<ImportRow> {
    let row = |ago: i64, file: &str, computer: &str, outcome| ImportRow {
        at: NOW.plus(-ago),
        file: file.to_owned(),
        computer: computer.to_owned(),
        outcome,
    };
    vec![
        row(40, "STOCK-02-2019-05-06-11-40-02.ocs", "STOCK-02", Outcome::Updated(ComputerId(6))),
        row(41, "cnc-mill-2.ocs", "CNC-MILL-2", Outcome::New(ComputerId(31))),
        row(41, "holiday-photos.xml", "", Outcome::Refused("This is not an inventory: it has no REQUEST.".into())),
        row(90_000, "STOCK-02-2019-05-06-11-40-02.ocs", "STOCK-02", Outcome::Unchanged(ComputerId(6))),
        row(95_000, "poste-accueil (copie).ocs", "reception", Outcome::Merged(ComputerId(4))),
        row(95_400, "truncated.ocs", "", Outcome::Refused("The file ends too early, at byte 18,432.".into())),
    ]
}

/// Sticks with everything that can be told of one; `name` is that of their folders.
pub fn sticks_named(name: &str) -> Vec<Stick> {
    let seen = Seen { new: 12, known: 3, refused: 2, unreadable: 1, unsettled: 1, more: true, foreign: true };
    let stick = |number: u32, work, trouble, unwritten| Stick {
        number,
        place: PathBuf::from(name),
        since: NOW.plus(-240),
        seen,
        work,
        results: Vec::new(),
        trouble,
        unwritten,
        gone: None,
    };
    let gone = Stick { gone: Some(NOW), ..stick(4, Work::Nothing, Some(Trouble::Pulled), None) };
    vec![
        stick(1, Work::Nothing, Some(Trouble::NoRoom), Some(Unwritten::ReadOnly)),
        stick(2, Work::Import { done: 4, of: 12 }, None, Some(Unwritten::InTheWay)),
        stick(3, Work::Wanted, Some(Trouble::Fault), None),
        Stick { seen: Seen::default(), ..stick(5, Work::Nothing, None, None) },
        gone,
    ]
}

/// The same by a usual name.
pub fn sticks() -> Vec<Stick> {
    sticks_named("/media/camille/CLÉ USB")
}
