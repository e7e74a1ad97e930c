//! One computer under a new identifier: the record that just reported survives. Protocol page, section 11.

use rollcall::history::{Outcome, store as history};
use rollcall::inventory::requested;
use rollcall::inventory::software::ItemId;

use crate::office::{Office, UNIX, inventory};

const OLD: &str = "old-2020-02-03-08-15-42";
const NEW: &str = "new-2026-02-03-08-15-42";

/// What tells computers apart, in the order of the bits of AUTO_DUPLICATE_LVL.
#[derive(Clone, Copy)]
struct Identity([&'static str; 6]);

const BASE: Identity = Identity(["pc", "CZC0418F2K", "02:00:5E:10:00:07", "EliteDesk", "0B0C-1", "A-7"]);
const OTHER: Identity = Identity(["laptop", "XYZ999", "02:00:5E:10:00:99", "ThinkPad", "FFFF-2", "B-9"]);

impl Identity {
    /// Equal to the base in these bits, and different in all others.
    fn sharing(bits: u32) -> Identity {
        let pick = |bit: usize| if bits >> bit & 1 == 1 { BASE.0[bit] } else { OTHER.0[bit] };
        Identity(std::array::from_fn(pick))
    }

    fn content(self) -> String {
        let [name, serial, mac, model, uuid, asset] = self.0;
        format!(
            "<HARDWARE><NAME>{name}</NAME><UUID>{uuid}</UUID><CHECKSUM>1</CHECKSUM></HARDWARE>\
             <BIOS><SSN>{serial}</SSN><SMODEL>{model}</SMODEL><ASSETTAG>{asset}</ASSETTAG></BIOS>\
             <NETWORKS><MACADDR>{mac}</MACADDR></NETWORKS>"
        )
    }
}

async fn merges(level: &str, old: Identity, new: Identity, wait: i64) -> bool {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", level);
    office.inventory(OLD, &old.content()).await;
    office.clock.forward(wait);
    office.inventory(NEW, &new.content()).await;
    assert_eq!(office.differences(), Vec::<String>::new(), "{level}");
    assert!(office.id(NEW).is_some(), "the record that reported survives");
    assert_eq!(office.count(), 2 - usize::from(office.id(OLD).is_none()));
    office.id(OLD).is_none()
}

#[actix_web::test]
async fn each_level_of_one_bit_merges_what_shares_just_that() {
    for bit in 0..6 {
        let level = (1 << bit).to_string();
        assert!(merges(&level, BASE, Identity::sharing(1 << bit), 3600).await, "{level}");
        assert!(!merges(&level, BASE, Identity::sharing(63 & !(1 << bit)), 3600).await, "{level}, all but that");
    }
    assert!(!merges("0", BASE, BASE, 3600).await, "never");
}

#[actix_web::test]
async fn pitfall_34_all_bits_of_the_level_must_be_met() {
    assert!(merges("7", BASE, Identity::sharing(7), 0).await);
    assert!(merges("63", BASE, BASE, 0).await);
    for missing in 0..3 {
        assert!(!merges("7", BASE, Identity::sharing(63 & !(1 << missing)), 0).await, "{missing}");
    }
}

#[actix_web::test]
async fn spelling_of_names_serials_and_addresses_does_not_count() {
    let spelled = Identity(["PC", " czc0418f2k ", "02-00-5e-10-00-07", "x", "x", "x"]);
    for level in ["1", "2", "4", "7"] {
        assert!(merges(level, BASE, spelled, 3600).await, "{level}");
    }
}

#[actix_web::test]
async fn pitfall_34_placeholders_prove_nothing() {
    for (bit, junk) in [
        (1, "To be filled by O.E.M."),
        (1, "N/A"),
        (1, "0000000"),
        (1, "none"),
        (1, ""),
        (2, "00:00:00:00:00:00"),
        (2, "FF:FF:FF:FF:FF:FF"),
        (2, "44:45:53:54:61:6f"),
        (2, "44-45-53-54-00-00"),
        (2, ""),
        (0, ""),
        (3, ""),
        (4, ""),
        (5, ""),
    ] {
        let (mut one, mut other) = (BASE, OTHER);
        (one.0[bit], other.0[bit]) = (junk, junk);
        // A nameless computer cannot be new.
        if bit == 0 {
            continue;
        }
        assert!(!merges(&(1 << bit).to_string(), one, other, 3600).await, "{bit} {junk}");
    }
}

#[actix_web::test]
async fn one_common_address_among_many_is_enough() {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", "4");
    let networks = |macs: &[&str]| -> String {
        let rows = macs.iter().map(|mac| format!("<NETWORKS><MACADDR>{mac}</MACADDR></NETWORKS>"));
        format!("<HARDWARE><NAME>pc</NAME></HARDWARE>{}", rows.collect::<String>())
    };
    office.inventory(OLD, &networks(&["00:00:00:00:00:00", "02:00:00:00:00:01", "02:00:00:00:00:02"])).await;
    office.clock.forward(3600);
    office.inventory(NEW, &networks(&["00:00:00:00:00:00", "02:00:00:00:00:02"])).await;
    assert_eq!((office.count(), office.differences()), (1, Vec::new()));
}

/// Two machines in use with one name, or behind one docking station.
#[actix_web::test]
async fn weak_evidence_does_not_merge_two_that_are_both_alive() {
    for (level, alone) in [("1", true), ("4", true), ("2", false), ("16", false), ("5", false)] {
        assert_eq!(merges(level, BASE, BASE, 60).await, !alone, "{level}");
        assert!(merges(level, BASE, BASE, 3600).await, "{level}, later");
    }
}

#[actix_web::test]
async fn pitfall_32_the_former_identifier_is_honoured_at_both_places_without_other_evidence() {
    for place in [
        format!("<OLD_DEVICEID>{OLD}</OLD_DEVICEID>"),
        format!("<DOWNLOAD><HISTORY><PACKAGE ID=\"1\"/><OLD_DEVICEID>{OLD}</OLD_DEVICEID></HISTORY></DOWNLOAD>"),
        format!("<OLD_DEVICEID>{}</OLD_DEVICEID>", OLD.to_uppercase()),
    ] {
        let office = Office::new();
        office.set("AUTO_DUPLICATE_LVL", "0");
        office.inventory(OLD, &BASE.content()).await;
        office.inventory(NEW, &format!("{}{place}", OTHER.content())).await;
        assert_eq!((office.count(), office.id(OLD)), (1, None), "{place}");
        assert!(office.rows(NEW, "OLD_DEVICEID").is_empty());
    }
}

#[actix_web::test]
async fn a_former_identifier_that_is_the_own_one_or_unknown_means_nothing() {
    let office = Office::new();
    for old in [NEW, "nobody-2020-02-03-08-15-42", "junk", ""] {
        office.inventory(NEW, &format!("{}<OLD_DEVICEID>{old}</OLD_DEVICEID>", BASE.content())).await;
        assert_eq!(office.count(), 1, "{old}");
    }
}

#[actix_web::test]
async fn the_survivor_takes_over_what_the_office_knows_of_the_older_record() {
    let office = Office::new();
    let more = "<SOFTWARES><NAME>Ledger</NAME></SOFTWARES><PRINTERS><NAME>Laser</NAME></PRINTERS>\
        <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>SIEGE</KEYVALUE></ACCOUNTINFO>";
    let user = |user: &str| BASE.content().replace("<CHECKSUM>", &format!("<USERID>{user}</USERID><CHECKSUM>"));
    office.inventory(OLD, &format!("{}{more}", user("alice"))).await;
    let old = office.id(OLD).unwrap();
    for _ in 0..3 {
        office.clock.forward(2 * 86_400);
        office.prolog(OLD).await;
    }
    let before = office.app.fleet.look().seen(old).unwrap();
    office.set_own(old, "FREQUENCY", "30");
    let mut computer = office.computer(OLD);
    computer.checksum = 4096;
    office.blocking(|app| {
        use rollcall::store::Write;
        let hot = app.dictionaries.pack_hot(&computer).unwrap();
        app.write(move |w| w.put(&rollcall::inventory::store::HOT, old, &hot)).unwrap();
    });
    office.set("TRACE_DELETED", "1");
    office.clock.forward(86_400);

    office.inventory(NEW, &format!("{}<SOFTWARES><NAME>Zoom</NAME></SOFTWARES>", user("SYSTEM"))).await;

    let new = office.id(NEW).unwrap();
    assert_ne!(new, old);
    let seen = office.app.fleet.look().seen(new).unwrap();
    assert_eq!((seen.quality, seen.fidelity), (before.quality, before.fidelity));
    assert_eq!(seen.last_contact, office.clock.now());
    assert_eq!((office.column(NEW, "userid").as_str(), office.tag(NEW).as_str()), ("alice", "SIEGE"));
    assert_eq!(office.computer(NEW).checksum, 4097, "what either of them had");
    assert_eq!(office.computer(NEW).first_seen, crate::office::NOON);
    // Its sections and its software are gone, those of the report are there.
    assert!(office.rows(NEW, "PRINTERS").is_empty());
    assert_eq!(office.app.fleet.look().software_rows(), 1);
    let with = |item| office.app.fleet.look().computers_with(ItemId(item));
    assert_eq!((with(1), with(2)), (0, 1));
    // Own values moved, in memory and in the file.
    assert_eq!(office.app.options.own(new, "FREQUENCY").map(|value| value.to_string()), Some("30".to_owned()));
    assert!(office.app.options.all_own(old).is_empty());
    // Reading them again, in whatever order, changes nothing.
    office.app.options.reload(&office.app.store.read().unwrap()).unwrap();
    office.app.options.follow(&office.app.store.read().unwrap(), &[old, new]).unwrap();
    assert_eq!(office.app.options.own(new, "FREQUENCY").map(|value| value.to_string()), Some("30".to_owned()));
    assert!(office.app.options.all_own(old).is_empty());
    // The old number says where it went.
    let fate = office.app.read(|store| history::fate(store, old)).unwrap().unwrap();
    assert_eq!((fate.into, fate.trace, fate.at), (Some(new), true, office.clock.now()));
    assert!(office.app.read(|store| history::contacts(store, old)).unwrap().is_empty());
    let Outcome::Stored(stored) = office.contacts(NEW).pop().unwrap().outcome else { panic!("not stored") };
    assert_eq!(stored.merged, old.0);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_person_who_reports_wins_over_the_one_before() {
    let office = Office::new();
    let user = |user: &str| BASE.content().replace("<CHECKSUM>", &format!("<USERID>{user}</USERID><CHECKSUM>"));
    office.inventory(OLD, &user("alice")).await;
    office.inventory(NEW, &user("bob")).await;
    assert_eq!((office.count(), office.column(NEW, "userid").as_str()), (1, "bob"));
}

#[actix_web::test]
async fn without_the_trace_option_the_fate_is_known_and_not_exported() {
    let office = Office::new();
    office.inventory(OLD, &BASE.content()).await;
    let old = office.id(OLD).unwrap();
    office.inventory(NEW, &BASE.content()).await;
    let fate = office.app.read(|store| history::fate(store, old)).unwrap().unwrap();
    assert_eq!((fate.into, fate.trace), (office.id(NEW), false));
}

/// A known computer meets an older record of itself: not only newcomers merge.
#[actix_web::test]
async fn a_computer_that_is_known_merges_too_and_numbers_are_never_used_again() {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", "0");
    office.inventory(OLD, &BASE.content()).await;
    office.inventory(NEW, &BASE.content()).await;
    let (old, new) = (office.id(OLD).unwrap(), office.id(NEW).unwrap());
    office.set("AUTO_DUPLICATE_LVL", "7");
    office.inventory(NEW, &BASE.content()).await;
    assert_eq!((office.count(), office.id(NEW)), (1, Some(new)));
    // The old identifier reports again: a new record, which takes over in its turn.
    office.inventory(OLD, &BASE.content()).await;
    let again = office.id(OLD).unwrap();
    assert!(again > new && again > old && office.count() == 1);
    assert_eq!(office.differences(), Vec::<String>::new());
}

/// QUALITY and CHECKSUM after a merge, as the original's database holds them.
#[actix_web::test]
async fn the_older_record_hands_on_its_counters_and_bits() {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", "0");
    office.inventory(NEW, &BASE.content()).await;
    office.inventory(OLD, &BASE.content()).await;
    for (device, bits) in [(NEW, 512), (OLD, 8192)] {
        let id = office.id(device).unwrap();
        let mut computer = office.computer(device);
        computer.checksum = bits;
        office.blocking(|app| {
            let kept = app.dictionaries.pack_hot(&computer).unwrap();
            let put = move |w: &mut rollcall::store::Txn<'_>| {
                rollcall::store::Write::put(w, &rollcall::inventory::store::HOT, id, &kept)
            };
            app.write(put).unwrap();
            app.fleet.change(|index| index.refresh(id, &computer));
        });
    }
    office.set("AUTO_DUPLICATE_LVL", "7");
    office.inventory(NEW, &BASE.content()).await;
    assert_eq!((office.count(), office.computer(NEW).checksum), (1, 8192 | 1), "its own bits are not among them");
    let seen = office.app.fleet.look().seen(office.id(NEW).unwrap()).unwrap();
    assert_eq!((seen.quality, seen.fidelity), (Some(0.0), 1), "a quality that was not there is 0");
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn several_older_records_become_one_and_the_tag_of_the_latest_counts() {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", "0");
    for n in 0..5 {
        let tag = format!("<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>T{n}</KEYVALUE></ACCOUNTINFO>");
        office.inventory(&format!("pc{n}-2020-02-03-08-15-42"), &format!("{}{tag}", BASE.content())).await;
        office.clock.forward(60);
    }
    office.set("AUTO_DUPLICATE_LVL", "7");
    let reply = office.inventory(NEW, &BASE.content()).await;
    assert!(reply.contains("<KEYVALUE>T4</KEYVALUE>"), "{reply}");
    assert_eq!((office.count(), office.tag(NEW).as_str()), (1, "T4"));
    assert_eq!(office.differences(), Vec::<String>::new());
}

/// Forty laptops with one placeholder serial and a docking station were merged into one.
#[actix_web::test]
async fn pitfall_34_forty_laptops_with_one_placeholder_stay_forty() {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", "6");
    for n in 0..40 {
        let content = format!(
            "<HARDWARE><NAME>l{n}</NAME></HARDWARE><BIOS><SSN>To be filled by O.E.M.</SSN></BIOS><NETWORKS><MACADDR>44:45:53:54:00:00</MACADDR></NETWORKS>"
        );
        let (status, _) = office.say(UNIX, &inventory(&format!("l{n}-2026-02-03-08-15-42"), &content)).await;
        assert_eq!(status, 200);
        office.clock.forward(3600);
    }
    assert_eq!(office.count(), 40);
}

/// Somebody waits for an inventory of the computer; a file that joins two records is none.
#[actix_web::test]
async fn con_pc_8_a_request_stays_with_a_computer_that_a_file_merges() {
    let office = Office::new();
    office.inventory(OLD, &BASE.content()).await;
    let old = office.id(OLD).unwrap();
    office.request(old);
    office.import(inventory(NEW, &format!("{}<OLD_DEVICEID>{OLD}</OLD_DEVICEID>", OTHER.content())).as_bytes()).await;
    assert_eq!((office.count(), office.id(OLD)), (1, None));
    let id = office.id(NEW).unwrap();
    let waits = |id| office.app.read(|read| requested::of(read, id)).unwrap().map(|request| request.by);
    assert_eq!((waits(old), waits(id)), (None, Some("marie".into())));
    assert!(!office.app.requested.holds(old) && office.app.requested.holds(id));
    // An inventory of the agent answers it, and so does one that merges the record.
    office.inventory(NEW, &format!("{}<OLD_DEVICEID>{OLD}</OLD_DEVICEID>", OTHER.content())).await;
    assert_eq!((waits(id), office.app.requested.holds(id)), (None, false));
}

/// A request that is stored while the inventory is on its way is in the file, and not in memory yet.
#[actix_web::test]
async fn con_pc_8_a_request_that_nobody_knew_of_goes_with_a_merged_computer() {
    let office = Office::new();
    office.inventory(OLD, &BASE.content()).await;
    let old = office.id(OLD).unwrap();
    office.request(old);
    office.app.requested.remove(&[old]);
    office.inventory(NEW, &format!("{}<OLD_DEVICEID>{OLD}</OLD_DEVICEID>", OTHER.content())).await;
    assert_eq!(office.id(OLD), None);
    assert_eq!(office.app.read(|read| requested::of(read, old)).unwrap(), None);
}
