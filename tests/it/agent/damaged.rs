//! Records that cannot be read: the next inventory of the computer mends them, and nobody else notices.

use rollcall::accountinfo::What;
use rollcall::history::Outcome;
use rollcall::id::ComputerId;
use rollcall::store::{Table, Write};

use crate::office::{Office, inventory};

const PC: &str = "pc-2026-02-03-08-15-42";
const CONTENT: &str = "<HARDWARE><NAME>pc</NAME><CHECKSUM>1</CHECKSUM></HARDWARE><BIOS><SSN>CZC1</SSN></BIOS>\
    <NETWORKS><MACADDR>02:00:5E:10:00:07</MACADDR></NETWORKS><PRINTERS><NAME>Laser</NAME></PRINTERS>\
    <SOFTWARES><NAME>Zoom</NAME></SOFTWARES><ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>A</KEYVALUE></ACCOUNTINFO>";

static HOT: Table<ComputerId, Vec<u8>> = Table::new("hot");
static COLD: Table<ComputerId, Vec<u8>> = Table::new("cold");
static SOFTWARE_OF: Table<ComputerId, Vec<u8>> = Table::new("software_of");
static SEEN: Table<ComputerId, Vec<u8>> = Table::new("seen");
static ACCOUNTINFO: Table<ComputerId, Vec<u8>> = Table::new("accountinfo");
static CONTACTS: Table<ComputerId, Vec<u8>> = Table::new("contacts");
static TABLES: [&Table<ComputerId, Vec<u8>>; 6] = [&HOT, &COLD, &SOFTWARE_OF, &SEEN, &ACCOUNTINFO, &CONTACTS];

/// Replaces a record by bytes that mean nothing.
fn damage(office: &Office, table: &'static Table<ComputerId, Vec<u8>>, device: &str) {
    let id = office.id(device).unwrap();
    office.blocking(move |app| app.write(move |w| w.put(table, id, &vec![0xff; 30])).unwrap());
}

#[actix_web::test]
async fn rel_05_a_whole_inventory_mends_a_computer_whose_records_are_damaged() {
    for table in TABLES {
        let office = Office::new();
        office.inventory(PC, CONTENT).await;
        let sections = office.everything(PC);
        damage(&office, table, PC);
        // Every section is different, so that every record is written.
        let changed = CONTENT.replace("CZC1", "CZC2").replace("Zoom", "Ledger");
        office.inventory(PC, &changed).await;
        office.inventory(PC, CONTENT).await;
        assert_eq!(office.everything(PC), sections, "{}", table.name());
        assert_eq!(office.count(), 1);
        assert_eq!(office.differences(), Vec::<String>::new(), "{}", table.name());
    }
}

#[actix_web::test]
async fn rel_05_a_damaged_row_of_administrative_data_counts_as_lost() {
    let office = Office::new();
    office.inventory(PC, CONTENT).await;
    damage(&office, &ACCOUNTINFO, PC);
    let reply = office.inventory(PC, CONTENT).await;
    assert!(reply.contains("<KEYVALUE>LOST</KEYVALUE>"), "{reply}");
    let Outcome::Stored(stored) = office.contacts(PC).pop().unwrap().outcome else { panic!("not stored") };
    assert_eq!((stored.account, office.tag(PC).as_str()), (What::Lost, "LOST"));
}

/// The older record of a computer was damaged: its inventories were refused for ever.
#[actix_web::test]
async fn rel_05_a_damaged_older_record_does_not_stop_the_inventories_of_the_newer_one() {
    for table in TABLES {
        let office = Office::new();
        let old = "old-2020-02-03-08-15-42";
        office.inventory(old, CONTENT).await;
        damage(&office, table, old);
        let (status, text) = office.say(crate::office::UNIX, &inventory(PC, CONTENT)).await;
        assert_eq!(status, 200, "{}: {text}", table.name());
        assert!(office.id(PC).is_some());
    }
}

#[actix_web::test]
async fn rel_05_prologs_and_notifications_of_a_damaged_computer_are_answered() {
    for table in TABLES {
        let office = Office::new();
        office.inventory(PC, CONTENT).await;
        damage(&office, table, PC);
        assert!(office.prolog(PC).await.contains("SEND"));
        let notify = format!(
            "<REQUEST><DEVICEID>{PC}</DEVICEID><QUERY>NOTIFY</QUERY><TYPE>IP</TYPE><IFACE><MAC>02:00:5E:10:00:07</MAC><IP>1.2.3.4</IP><MASK>m</MASK></IFACE></REQUEST>"
        );
        let (status, _) = office.say(crate::office::WINDOWS, &notify).await;
        assert_eq!(status, 200, "pitfall 6: {}", table.name());
    }
}

/// After a restart a computer whose record cannot be read was a new one, with another number and without its TAG.
#[actix_web::test]
async fn rel_05_a_computer_with_a_damaged_record_keeps_its_number_and_tag_over_a_restart() {
    let office = Office::new();
    office.inventory(PC, CONTENT).await;
    let (id, sections) = (office.id(PC).unwrap(), office.everything(PC));
    damage(&office, &HOT, PC);
    office.blocking(|app| {
        let read = app.store.read().unwrap();
        let tags = rollcall::accountinfo::store::tags(&read).unwrap();
        app.fleet.rebuild(&read, &app.dictionaries, &|id| tags.get(&id).cloned().unwrap_or_default()).unwrap();
    });
    assert_eq!((office.id(PC), office.tag(PC).as_str()), (Some(id), "A"));
    office.inventory(PC, CONTENT).await;
    assert_eq!((office.id(PC), office.count()), (Some(id), 1));
    assert_eq!(office.everything(PC), sections);
    assert_eq!(office.differences(), Vec::<String>::new());
}
