//! INVENTORY: what was sent is stored, by the rules of the protocol page, sections 4 to 7.

use std::collections::BTreeMap;
use std::net::IpAddr;

use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use rollcall::agent::{Answer, Caller};
use rollcall::history::{Kind, Outcome, Refusal};
use rollcall::inventory::checksum::KNOWN_BITS;
use rollcall::protocol::envelope::{self, Packing};
use rollcall::text::CUT_MARK;

use super::recognition::run;
use crate::office::{NOON, Office, UNIX, WINDOWS, clear, inventory};

const PC: &str = "pc-2026-02-03-08-15-42";
const GLPI: &str = "GLPI-Agent_v1.12";
const HARDWARE: &str = "<HARDWARE><NAME>pc</NAME><CHECKSUM>1</CHECKSUM></HARDWARE>";

fn hardware(cells: &str) -> String {
    format!("<HARDWARE><NAME>pc</NAME>{cells}</HARDWARE>")
}

fn row(cells: &[(&str, &str)]) -> Vec<(String, String)> {
    cells.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Office {
    async fn sent(&self, agent: &str, content: &str) -> (u16, String) {
        self.say(agent, &inventory(PC, content)).await
    }

    async fn accepts(&self, agent: &str, content: &str) {
        let (status, text) = self.sent(agent, content).await;
        assert_eq!(status, 200, "{text}");
    }

    async fn from(&self, address: &str, content: &str) -> Answer {
        let caller = Caller { address: Some(address.parse().unwrap()), ..self.caller(UNIX) };
        let body = envelope::seal(&inventory(PC, content), Packing::Zlib);
        self.agents.post(body, caller).await
    }

    async fn json(&self, body: &str) -> Answer {
        let caller = Caller { glpi: true, ..self.caller(GLPI) };
        self.agents.post(envelope::seal(body, Packing::Zlib), caller).await
    }
}

const FULL: &str = "<BIOS><SSN>S1</SSN><SMODEL>M1</SMODEL></BIOS>\
    <DRIVES><LETTER>C:</LETTER><FREE>100</FREE></DRIVES>\
    <MEMORIES><CAPACITY>8192</CAPACITY></MEMORIES><MEMORIES><CAPACITY>8192</CAPACITY></MEMORIES>\
    <NETWORKS><MACADDR>02:00:5E:10:00:07</MACADDR><IPADDRESS>192.168.10.7</IPADDRESS></NETWORKS>\
    <PRINTERS><NAME>Laser</NAME></PRINTERS>\
    <SOFTWARES><NAME>Ledger</NAME><VERSION>4.2</VERSION></SOFTWARES><SOFTWARES><NAME>Zoom</NAME></SOFTWARES>";

#[actix_web::test]
async fn a_first_inventory_makes_the_computer() {
    let office = Office::new();
    let reply = office.inventory(PC, &format!("{}{FULL}", hardware("<MEMORY>16384</MEMORY>"))).await;

    assert!(reply.contains("<RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>"), "{reply}");
    assert_eq!(
        (office.count(), office.column(PC, "name").as_str(), office.column(PC, "ssn").as_str()),
        (1, "pc", "S1")
    );
    assert_eq!(office.rows(PC, "MEMORIES").len(), 2);
    assert_eq!(
        office.rows(PC, "SOFTWARES"),
        [row(&[("NAME", "Ledger"), ("VERSION", "4.2")]), row(&[("NAME", "Zoom")])]
    );
    let computer = office.computer(PC);
    assert_eq!((computer.first_seen, computer.last_inventory, computer.last_date), (NOON, NOON, NOON));
    assert_eq!((office.tag(PC).as_str(), office.column(PC, "ipsrc").as_str()), ("NA", "192.168.50.7"));
    assert_eq!(office.column(PC, "useragent"), UNIX);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_37_the_same_inventory_again_says_nothing_new_and_counts_all_the_same() {
    let office = Office::new();
    let content = format!("{}{FULL}", hardware("<CHECKSUM>131071</CHECKSUM>"));
    office.inventory(PC, &content).await;
    let (before, everything) = (office.computer(PC), office.everything(PC));
    office.clock.forward(3600);

    office.inventory(PC, &content).await;

    let after = office.computer(PC);
    assert_eq!((office.written(PC), office.count()), (0, 1));
    assert_eq!(office.everything(PC), everything);
    assert_eq!((after.last_inventory, after.last_date), (NOON.plus(3600), NOON.plus(3600)));
    assert_eq!((after.first_seen, after.checksum, after.stable), (NOON, before.checksum, before.stable));
    assert_eq!(office.app.fleet.look().seen(office.id(PC).unwrap()).unwrap().last_contact, NOON.plus(3600));
    assert_eq!(office.contacts(PC).len(), 2);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn each_section_changed_alone_is_the_only_one_written() {
    let office = Office::new();
    let content = format!("{HARDWARE}{FULL}<PLUGIN><A>1</A></PLUGIN><VIDEOS><NAME>UHD</NAME></VIDEOS>");
    office.inventory(PC, &content).await;
    for (tag, from, to) in [
        ("BIOS", "S1", "S2"),
        ("DRIVES", "100", "99"),
        ("MEMORIES", "<CAPACITY>8192</CAPACITY></MEMORIES><N", "<CAPACITY>4096</CAPACITY></MEMORIES><N"),
        ("NETWORKS", "192.168.10.7", "192.168.10.8"),
        ("PRINTERS", "Laser", "Ink"),
        ("SOFTWARES", "4.2", "4.3"),
        ("PLUGIN", "<A>1", "<A>2"),
        ("VIDEOS", "UHD", "Arc"),
        ("HARDWARE", "<NAME>pc<", "<NAME>pc2<"),
    ] {
        let changed = content.replacen(from, to, 1);
        assert_ne!(changed, content, "{tag}");
        let before = office.everything(PC);
        office.inventory(PC, &changed).await;
        let after = office.everything(PC);
        let differing: Vec<&str> =
            before.keys().filter(|tag| before.get(*tag) != after.get(*tag)).map(String::as_str).collect();
        assert_eq!((differing, office.written(PC)), (vec![tag], 1));
        office.inventory(PC, &content).await;
        assert_eq!(office.everything(PC), before, "{tag}");
    }
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_45_a_section_that_changed_is_stored_though_its_bit_is_clear() {
    let office = Office::new();
    let content = format!("{}{FULL}", hardware("<CHECKSUM>1</CHECKSUM>"));
    office.inventory(PC, &content).await;
    office.inventory(PC, &content.replace("Laser", "Ink")).await;
    assert_eq!(office.cell(PC, "PRINTERS", "NAME").as_deref(), Some("Ink"));
}

#[actix_web::test]
async fn pitfall_46_absence_means_none_left_only_when_an_ocs_agent_says_so_with_the_bit() {
    let printers = 8192;
    let cases = [
        (UNIX, printers | 1, "", true),
        (WINDOWS, printers | 1, "<PRINTERS></PRINTERS>", true),
        (UNIX, printers | 1, "<PRINTERS>\n <NAME/>\n</PRINTERS>", true),
        (UNIX, 1, "", false),
        (GLPI, printers | 1, "", false),
        ("OCS-NG_INJECTOR_PL_v3", printers | 1, "", false),
        ("curl/8", printers | 1, "<PRINTERS/>", false),
    ];
    for (agent, bits, printer, gone) in cases {
        let office = Office::new();
        let bios = "<BIOS><SSN>S1</SSN></BIOS>";
        office.accepts(agent, &format!("{HARDWARE}{bios}<PRINTERS><NAME>Laser</NAME></PRINTERS>")).await;
        let sum = format!("<CHECKSUM>{bits}</CHECKSUM>");
        office.accepts(agent, &format!("{}{bios}{printer}", hardware(&sum))).await;
        assert_eq!(office.rows(PC, "PRINTERS").is_empty(), gone, "{agent} {bits} {printer}");
        // Once more: recognised this time.
        office.accepts(agent, &format!("{}{bios}{printer}", hardware(&sum))).await;
        assert_eq!(office.rows(PC, "PRINTERS").is_empty(), gone, "{agent} {bits} {printer}, again");
    }
}

/// A section was not there, with its bit clear, and stayed; then the bit is raised in the same inventory.
#[actix_web::test]
async fn a_bit_that_is_raised_later_removes_what_was_carried_over() {
    for absent in ["", "<PRINTERS/>"] {
        let office = Office::new();
        let bios = "<BIOS><SSN>S1</SSN></BIOS>";
        office.inventory(PC, &format!("{HARDWARE}{bios}<PRINTERS><NAME>Laser</NAME></PRINTERS>")).await;
        office.inventory(PC, &format!("{HARDWARE}{bios}{absent}")).await;
        assert_eq!(office.rows(PC, "PRINTERS").len(), 1);
        office.inventory(PC, &format!("{}{bios}{absent}", hardware("<CHECKSUM>8193</CHECKSUM>"))).await;
        assert_eq!(office.rows(PC, "PRINTERS").len(), 0, "{absent}");
        assert!(!office.computer(PC).carried);
    }
}

#[actix_web::test]
async fn software_stays_when_its_collection_is_switched_off() {
    let office = Office::new();
    office.inventory(PC, &format!("{HARDWARE}{FULL}")).await;
    for off in ["", "<SOFTWARES/>", "<SOFTWARES><NAME> </NAME></SOFTWARES>"] {
        let content = format!("{}<BIOS><SSN>S1</SSN></BIOS>{off}", hardware("<CHECKSUM>131071</CHECKSUM>"));
        office.inventory(PC, &content).await;
        assert_eq!(office.rows(PC, "SOFTWARES").len(), 2, "{off}");
    }
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_20_empty_elements_are_no_rows() {
    let office = Office::new();
    let content = format!(
        "{}<BIOS>\n</BIOS><STORAGES></STORAGES><STORAGES><NAME>sda</NAME><MODEL/></STORAGES>\
         <DRIVES><LETTER/></DRIVES><ACCOUNTINFO><KEYVALUE/></ACCOUNTINFO>",
        hardware("<WORKGROUP/>")
    );
    office.inventory(PC, &content).await;
    assert_eq!(office.rows(PC, "STORAGES"), [row(&[("NAME", "sda")])]);
    let sections: Vec<String> = office.everything(PC).into_keys().collect();
    assert_eq!(sections, ["HARDWARE", "STORAGES"]);
}

#[actix_web::test]
async fn pitfall_21_a_single_section_twice_is_one_and_the_last_value_counts() {
    let office = Office::new();
    let content = "<HARDWARE><NAME>old</NAME><OSNAME>Debian</OSNAME><USERID>alice</USERID></HARDWARE>\
        <BIOS><SSN>S1</SSN><SMODEL>M</SMODEL></BIOS><BIOS><SSN>S2</SSN></BIOS>\
        <HARDWARE><NAME>pc</NAME><USERID>bob</USERID><CHECKSUM>3</CHECKSUM></HARDWARE>\
        <VERSIONCLIENT>1</VERSIONCLIENT><VERSIONCLIENT>2</VERSIONCLIENT>";
    office.inventory(PC, content).await;

    let all = [("CHECKSUM", "3"), ("NAME", "pc"), ("OSNAME", "Debian"), ("USERID", "bob")];
    assert_eq!(office.rows(PC, "HARDWARE"), [row(&all)]);
    assert_eq!(office.rows(PC, "BIOS"), [row(&[("SMODEL", "M"), ("SSN", "S2")])]);
    assert_eq!(office.cell(PC, "VERSIONCLIENT", "VERSIONCLIENT").as_deref(), Some("2"));
    for (column, value) in [("name", "pc"), ("osname", "Debian"), ("userid", "bob"), ("ssn", "S2"), ("smodel", "M")] {
        assert_eq!(office.column(PC, column), value, "{column}");
    }
    // No lock is left.
    office.inventory(PC, content).await;
}

#[actix_web::test]
async fn pitfall_22_of_a_repeated_leaf_the_last_counts_and_members_are_joined() {
    let office = Office::new();
    let content = "<HARDWARE><NAME>pc</NAME><WINOWNER>a</WINOWNER><WINOWNER>b</WINOWNER><WINOWNER/></HARDWARE>\
        <LOCAL_GROUPS><NAME>wheel</NAME><MEMBER>root</MEMBER><MEMBER>alice</MEMBER></LOCAL_GROUPS>\
        <PLUGIN><X>1</X><X>2</X></PLUGIN>";
    office.inventory(PC, content).await;
    assert_eq!(
        (office.cell(PC, "HARDWARE", "WINOWNER").as_deref(), office.column(PC, "winowner").as_str()),
        (Some("b"), "b")
    );
    assert_eq!(office.cell(PC, "LOCAL_GROUPS", "MEMBER").as_deref(), Some("root,alice"));
    assert_eq!(office.rows(PC, "PLUGIN"), [row(&[("X", "1"), ("X[2]", "2")])]);
}

#[actix_web::test]
async fn attributes_and_elements_are_the_same() {
    let office = Office::new();
    office.inventory(PC, "<HARDWARE NAME=\"pc\" MEMORY='8'/><PRINTERS NAME=\"a\"><PORT>1</PORT></PRINTERS>").await;
    assert_eq!(office.rows(PC, "HARDWARE"), [row(&[("MEMORY", "8"), ("NAME", "pc")])]);
    assert_eq!(office.rows(PC, "PRINTERS"), [row(&[("NAME", "a"), ("PORT", "1")])]);
    assert_eq!(office.column(PC, "name"), "pc");
}

#[actix_web::test]
async fn an_inventory_that_names_no_computer_is_refused_when_it_is_new_and_keeps_a_known_one() {
    let nameless = ["<BIOS><SSN>S1</SSN></BIOS>", "<HARDWARE><MEMORY>8</MEMORY></HARDWARE>", "<HARDWARE NAME=''/>", ""];
    let office = Office::new();
    for content in nameless {
        assert_eq!(office.sent(UNIX, content).await.0, 400, "{content}");
    }
    let (status, _) =
        office.say(UNIX, &format!("<REQUEST><DEVICEID>{PC}</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>")).await;
    assert_eq!((status, office.count()), (400, 0));

    let known =
        "<HARDWARE><NAME>pc</NAME><OSNAME>Debian</OSNAME><USERID>alice</USERID><IPADDR>10.0.0.7</IPADDR></HARDWARE>";
    let networks = "<NETWORKS><IPADDRESS>10.0.0.7</IPADDRESS></NETWORKS>";
    office.inventory(PC, &format!("{known}{networks}")).await;
    let contacts = office.contacts(PC);
    assert!(contacts.iter().any(|contact| contact.outcome == Outcome::Refused(Refusal::Nameless)), "{contacts:?}");
    for content in ["", "<BIOS><SSN>S1</SSN></BIOS>", networks] {
        office.inventory(PC, content).await;
        for (column, value) in [("name", "pc"), ("osname", "Debian"), ("userid", "alice"), ("ipaddr", "10.0.0.7")] {
            assert_eq!(office.column(PC, column), value, "{column} after {content}");
        }
        assert_eq!(office.rows(PC, "HARDWARE").len(), 1);
    }
    assert_eq!(office.cell(PC, "BIOS", "SSN").as_deref(), Some("S1"));
}

#[actix_web::test]
async fn checksum_bits_are_gathered_until_a_consumer_clears_them() {
    let office = Office::new();
    office.inventory(PC, &hardware("<CHECKSUM>513</CHECKSUM>")).await;
    assert_eq!(office.computer(PC).checksum, 262_143, "what new computers have");
    let clear = || {
        let mut computer = office.computer(PC);
        computer.checksum = 0;
        let id = office.id(PC).unwrap();
        office.blocking(move |app| {
            use rollcall::store::Write;
            let hot = app.dictionaries.pack_hot(&computer).unwrap();
            app.write(move |w| w.put(&rollcall::inventory::store::HOT, id, &hot)).unwrap();
        });
    };
    clear();
    office.inventory(PC, &hardware("<CHECKSUM>512</CHECKSUM>")).await;
    assert_eq!(office.computer(PC).checksum, 513);
    office.inventory(PC, &hardware("<CHECKSUM>4</CHECKSUM>")).await;
    assert_eq!(office.computer(PC).checksum, 517);
    for invalid in ["<CHECKSUM>x</CHECKSUM>", "<CHECKSUM>12.5</CHECKSUM>", "<CHECKSUM>-1</CHECKSUM>", ""] {
        clear();
        office.inventory(PC, &hardware(invalid)).await;
        assert_eq!(office.computer(PC).checksum, KNOWN_BITS, "pitfall 44: {invalid}");
    }
}

#[actix_web::test]
async fn pitfall_51_the_systems_own_users_do_not_replace_the_last_person() {
    let office = Office::new();
    for (sent, user) in [
        ("SYSTEM", ""),
        ("alice", "alice"),
        ("AUTORITE NT\\SYSTEM", "alice"),
        ("LocalSystem", "alice"),
        ("ecosystem", "alice"),
        ("bob", "bob"),
        ("", ""),
    ] {
        office.inventory(PC, &hardware(&format!("<USERID>{sent}</USERID>"))).await;
        assert_eq!(office.column(PC, "userid"), user, "{sent}");
    }
}

#[actix_web::test]
async fn what_an_agent_stops_sending_in_hardware_is_blank() {
    let office = Office::new();
    office.inventory(PC, &hardware("<OSNAME>Debian</OSNAME><DESCRIPTION>x</DESCRIPTION>")).await;
    office.inventory(PC, &hardware("")).await;
    assert_eq!((office.column(PC, "osname"), office.column(PC, "description")), (String::new(), String::new()));
    assert_eq!(office.rows(PC, "HARDWARE"), [row(&[("NAME", "pc")])]);
}

#[actix_web::test]
async fn pitfall_42_lastdate_of_agents_is_believed_for_a_month_and_no_longer() {
    let zone = jiff::tz::TimeZone::system();
    let local = |text: &str| {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        rollcall::clock::Timestamp(zone.to_timestamp(civil).unwrap().as_second())
    };
    for (sent, expected) in [
        ("2026-11-19 07:08:09", local("2026-11-19 07:08:09")),
        ("2026-10-25 07:08:09", local("2026-10-25 07:08:09")),
        ("2026-10-01 07:08:09", NOON),
        ("2020-05-06 07:08:09", NOON),
        ("1970-01-01", NOON),
        ("1970-01-01 00:00:00", NOON),
        ("2031-01-01 00:00:00", NOON),
        ("2026-11-20 23:59:59", NOON),
        ("yesterday", NOON),
        ("", NOON),
    ] {
        let office = Office::new();
        office.inventory(PC, &hardware(&format!("<LASTDATE>{sent}</LASTDATE>"))).await;
        assert_eq!(office.computer(PC).last_date, expected, "{sent}");
        assert_eq!(office.computer(PC).last_inventory, NOON);
    }
}

#[actix_web::test]
async fn pitfall_52_the_address_is_the_peers_if_the_computer_has_it_and_else_its_own_word() {
    let networks = "<NETWORKS><IPADDRESS>10.0.0.9</IPADDRESS></NETWORKS>\
        <NETWORKS><IPADDRESS6>2001:db8::7</IPADDRESS6></NETWORKS><NETWORKS><IPADDRESS>127.0.0.1</IPADDRESS></NETWORKS>";
    for (peer, sent, networks, expected) in [
        ("10.0.0.9", "10.0.0.7", networks, "10.0.0.9"),
        ("::ffff:10.0.0.9", "10.0.0.7", networks, "10.0.0.9"),
        ("2001:db8::7", "10.0.0.7", networks, "2001:db8::7"),
        ("203.0.113.5", "10.0.0.7", networks, "10.0.0.7"),
        ("127.0.0.1", "10.0.0.7", networks, "10.0.0.7"),
        ("10.0.0.9", "10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.9", "", networks, "10.0.0.9"),
        ("203.0.113.5", "", "", ""),
    ] {
        let office = Office::new();
        let content = format!("{}{networks}", hardware(&format!("<IPADDR>{sent}</IPADDR>")));
        for time in ["first", "recognised"] {
            assert_eq!(office.from(peer, &content).await.status, 200);
            assert_eq!(office.column(PC, "ipaddr"), expected, "{peer} {sent} {networks} {time}");
        }
        let source = peer.parse::<IpAddr>().unwrap().to_string();
        assert_eq!(office.column(PC, "ipsrc"), source);
    }
}

#[actix_web::test]
async fn pitfall_53_without_networks_and_without_a_word_the_address_stays() {
    let office = Office::new();
    office.inventory(PC, &hardware("<IPADDR>10.0.0.7</IPADDR>")).await;
    office.inventory(PC, &hardware("")).await;
    assert_eq!(office.column(PC, "ipaddr"), "10.0.0.7");
}

/// GLPI agents name the system, the processor, the user and the address outside HARDWARE.
#[actix_web::test]
async fn pitfall_55_columns_of_fusion_agents_stay_when_nothing_changed() {
    let office = Office::new();
    let content = "<HARDWARE><NAME>pc</NAME><CHECKSUM>1</CHECKSUM></HARDWARE>\
        <OPERATINGSYSTEM><FULL_NAME>Debian 12</FULL_NAME><KERNEL_VERSION>6.1</KERNEL_VERSION><ARCH>x86_64</ARCH></OPERATINGSYSTEM>\
        <CPUS><NAME>Ryzen</NAME><SPEED>3200</SPEED><CORE>4</CORE><THREAD>2</THREAD></CPUS><USERS><LOGIN>alice</LOGIN></USERS>\
        <NETWORKS><IPADDRESS>10.0.0.9</IPADDRESS><STATUS>Up</STATUS><VIRTUALDEV>0</VIRTUALDEV></NETWORKS>";
    for time in ["first", "recognised"] {
        office.accepts(GLPI, content).await;
        for (column, value) in [
            ("osname", "Debian 12"),
            ("osversion", "6.1"),
            ("arch", "x86_64"),
            ("processort", "Ryzen"),
            ("processors", "3200"),
            ("processorn", "1"),
            ("userid", "alice"),
            ("ipaddr", "10.0.0.9"),
        ] {
            assert_eq!(office.column(PC, column), value, "{column}, {time}");
        }
    }
    assert_eq!(office.written(PC), 0);
}

#[actix_web::test]
async fn pitfall_57_unknown_sections_and_fields_are_kept_with_attributes_text_and_nesting() {
    let office = Office::new();
    let content = format!(
        "{HARDWARE}<PRINTERS><NAME>a</NAME><TONER LEVEL=\"7\">black</TONER></PRINTERS>\
         <WARRANTY END=\"2027\"><VENDOR><NAME>ACME</NAME><PHONE>1</PHONE></VENDOR><VENDOR><NAME>B</NAME></VENDOR>text</WARRANTY>\
         <WARRANTY END=\"2028\"/><NOTE>only text</NOTE><VERSIONCLIENT>GLPI-Agent_v1.12</VERSIONCLIENT>\
         <DATABASES_SERVICES><NAME>MariaDB</NAME><DATABASES><NAME>shop</NAME></DATABASES><DATABASES><NAME>mail</NAME></DATABASES></DATABASES_SERVICES>"
    );
    for _ in 0..2 {
        office.inventory(PC, &content).await;
        assert_eq!(office.rows(PC, "PRINTERS"), [row(&[("NAME", "a"), ("TONER", "black"), ("TONER/LEVEL", "7")])]);
        let first =
            [("", "text"), ("END", "2027"), ("VENDOR/NAME", "ACME"), ("VENDOR/PHONE", "1"), ("VENDOR[2]/NAME", "B")];
        assert_eq!(office.rows(PC, "WARRANTY"), [row(&first), row(&[("END", "2028")])]);
        assert_eq!(office.rows(PC, "NOTE"), [row(&[("", "only text")])]);
        assert_eq!(office.cell(PC, "VERSIONCLIENT", "VERSIONCLIENT").as_deref(), Some("GLPI-Agent_v1.12"));
        let base = [("DATABASES/NAME", "shop"), ("DATABASES[2]/NAME", "mail"), ("NAME", "MariaDB")];
        assert_eq!(office.rows(PC, "DATABASES_SERVICES"), [row(&base)]);
    }
}

#[actix_web::test]
async fn pitfall_48_odd_software_is_kept_and_equal_rows_too() {
    let office = Office::new();
    let long = "n".repeat(300);
    let software = |cells: &str| format!("<SOFTWARES>{cells}</SOFTWARES>");
    let content = [
        software(&format!("<NAME>{long}</NAME>")),
        software("<VERSION>1.0</VERSION>"),
        software("<NAME>Zoom</NAME>"),
        software("<NAME>Zoom</NAME>"),
        software("<NAME>ZOOM</NAME>"),
        software("<NAME>Sleep (2.0)</NAME>"),
        software("<NAME>x</NAME><FOLDER>C:\\Users\\anna\\x</FOLDER><ODD>1</ODD>"),
    ];
    office.inventory(PC, &format!("{HARDWARE}{}", content.concat())).await;
    let rows = office.rows(PC, "SOFTWARES");
    let names: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.iter().find(|(name, _)| name == "NAME"))
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(names, ["x", "Sleep (2.0)", "ZOOM", "Zoom", "Zoom", long.as_str()]);
    assert_eq!(rows.len(), 7, "the nameless one too");
    assert!(rows.contains(&row(&[("FOLDER", "C:\\Users\\anna\\x"), ("NAME", "x"), ("ODD", "1")])));
    assert_eq!(office.app.fleet.look().software_rows(), 7);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_49_install_dates_are_kept_as_they_were_sent() {
    let office = Office::new();
    let dates = [
        "2021/03/04",
        "20210304",
        "03/04/2021",
        "01/09/2020",
        "0000//0/0/00",
        "2021/0304",
        "2021-03-04T05:06:07",
        "2021-03-04",
        "2026/10/20 16:19:51",
        "2023/02/29",
        "soon",
    ];
    let software = |(at, date): (usize, &&str)| {
        format!("<SOFTWARES><NAME>p{at:02}</NAME><INSTALLDATE>{date}</INSTALLDATE></SOFTWARES>")
    };
    office.inventory(PC, &format!("{HARDWARE}{}", dates.iter().enumerate().map(software).collect::<String>())).await;
    let rows = office.rows(PC, "SOFTWARES");
    let mut kept: Vec<(String, String)> = rows.into_iter().map(|row| (row[1].1.clone(), row[0].1.clone())).collect();
    kept.sort();
    assert_eq!(kept.iter().map(|(_, date)| date.as_str()).collect::<Vec<_>>(), dates);
}

#[actix_web::test]
async fn pitfall_48_five_thousand_rows_of_software_stay_five_thousand() {
    let office = Office::new();
    let software = |n: usize| format!("<SOFTWARES><NAME>package-{n}</NAME><VERSION>1.{}</VERSION></SOFTWARES>", n % 7);
    let content: String = (0..5000).map(software).collect();
    office.inventory(PC, &format!("{HARDWARE}{content}")).await;
    assert_eq!(office.rows(PC, "SOFTWARES").len(), 5000);
    let without = content.replacen(&software(17), "", 1);
    office.inventory(PC, &format!("{HARDWARE}{without}")).await;
    assert_eq!(office.app.fleet.look().software_rows(), 4999);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn an_item_that_many_computers_have_is_in_the_catalogue_once() {
    let office = Office::new();
    for n in 0..4 {
        let device = format!("pc{n}-2026-02-03-08-15-42");
        let content = format!(
            "<HARDWARE><NAME>pc{n}</NAME></HARDWARE><SOFTWARES><NAME>Zoom</NAME><VERSION>1</VERSION><INSTALLDATE>2021/03/0{}</INSTALLDATE></SOFTWARES>",
            n + 1
        );
        office.inventory(&device, &content).await;
    }
    let items = office.app.read(|store| {
        use rollcall::store::Read;
        store.all(&rollcall::inventory::store::SOFTWARE)
    });
    let items = items.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(office.app.fleet.look().computers_with(items[0].0), 4);
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[actix_web::test]
async fn pitfall_17_text_arrives_in_any_encoding_declared_or_not() {
    let body = |declaration: &str, text: &[u8]| {
        let plain = inventory(PC, "<HARDWARE><NAME>pc</NAME><DESCRIPTION>@@</DESCRIPTION></HARDWARE>");
        let plain = plain.replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", declaration);
        let at = plain.find("@@").unwrap();
        [&plain.as_bytes()[..at], text, &plain.as_bytes()[at + 2..]].concat()
    };
    let utf16 = |plain: &str, little: bool| -> Vec<u8> {
        let units = plain.encode_utf16();
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let declared = |label: &str| format!("<?xml version='1.0' encoding='{label}' ?>");
    let sixteen = String::from_utf8(body(&declared("UTF-16"), "é€".as_bytes())).unwrap();
    for (name, bytes, expected) in [
        ("UTF-8", body(&declared("UTF-8"), "é€😀".as_bytes()), "é€😀"),
        ("UTF-8 with a mark", [b"\xef\xbb\xbf".as_slice(), &body(&declared("utf-8"), "é".as_bytes())].concat(), "é"),
        ("nothing declared", body("", "é".as_bytes()), "é"),
        ("Latin-1 declared", body(&declared("ISO-8859-1"), b"caf\xe9 \x80"), "café €"),
        ("windows-1252 declared", body(&declared("windows-1252"), b"\x93caf\xe9\x94"), "“café”"),
        ("Latin-1 undeclared", body("", b"caf\xe9"), "café"),
        ("Latin-1 declared as UTF-8", body(&declared("UTF-8"), b"caf\xe9 \xc3\xa9"), "café é"),
        ("UTF-16", [vec![0xff, 0xfe], utf16(&sixteen, true)].concat(), "é€"),
        ("UTF-16, big end first", [vec![0xfe, 0xff], utf16(&sixteen, false)].concat(), "é€"),
        ("UTF-16 without a mark", utf16(&sixteen, true), "é€"),
        ("pitfall 18: bare ampersands", body("", b"R&D &amp; x &foo; &#65;"), "R&D & x &foo; A"),
        ("pitfall 16: controls", body("", b"KVM\0G5610\x01 &#0; &#x1F;\xef\xbf\xbf"), "KVMG5610"),
        ("pitfall 19: line feeds first", [b"\n\n".as_slice(), &body(&declared("UTF-8"), b"x")].concat(), "x"),
        ("pitfall 19: a blank before the sign", body("<?xml version =\"1.0\" encoding = \"UTF-8\" ?>", b"x"), "x"),
        ("pitfall 24: lines inside", body("", b"\n a\n b \n"), "a\n b"),
        ("CDATA", body("", b"<![CDATA[a<b>&c]]>"), "a<b>&c"),
        ("pitfall 26: no scrubbing", body("", b"=(x) sleep(5) if(1)"), "=(x) sleep(5) if(1)"),
    ] {
        let office = Office::new();
        let answer = office.post(UNIX, &zlib(&bytes)).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(office.column(PC, "description"), expected, "{name}");
        assert_eq!(office.cell(PC, "HARDWARE", "DESCRIPTION").as_deref(), Some(expected), "{name}");
        let plain = office.post(UNIX, &bytes).await;
        assert_eq!(plain.status, 200, "{name}, not packed");
    }
}

#[actix_web::test]
async fn pitfall_17_repairs_stand_among_the_contacts() {
    let office = Office::new();
    office.accepts(UNIX, "<HARDWARE><NAME>R&D</NAME></HARDWARE>").await;
    let Outcome::Stored(stored) = office.contacts(PC).pop().unwrap().outcome else { panic!("not stored") };
    let repairs = rollcall::text::Repairs::from_bits(stored.repairs);
    assert!(repairs.contains(rollcall::text::Repair::AmpersandsEscaped));
}

#[actix_web::test]
async fn values_beyond_64_kib_are_cut_with_a_mark_wherever_they_stand() {
    let office = Office::new();
    let long = "é".repeat(40_000);
    let content = format!(
        "<HARDWARE><NAME>pc</NAME><DESCRIPTION>{long}</DESCRIPTION></HARDWARE><BIOS><SMODEL>{long}</SMODEL></BIOS>\
         <SOFTWARES><NAME>x</NAME><COMMENTS>{long}</COMMENTS></SOFTWARES><PLUGIN>{long}</PLUGIN>\
         <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{long}</KEYVALUE></ACCOUNTINFO>"
    );
    office.inventory(PC, &content).await;
    let cut = |text: &str, what: &str| {
        assert!(text.len() <= 64 << 10 && text.ends_with(CUT_MARK) && text.len() > 60_000, "{what}: {}", text.len());
    };
    cut(&office.cell(PC, "HARDWARE", "DESCRIPTION").unwrap(), "HARDWARE");
    cut(&office.cell(PC, "BIOS", "SMODEL").unwrap(), "BIOS");
    cut(&office.cell(PC, "SOFTWARES", "COMMENTS").unwrap(), "SOFTWARES");
    cut(&office.cell(PC, "PLUGIN", "").unwrap(), "PLUGIN");
    cut(&office.column(PC, "description"), "column");
    cut(&office.column(PC, "smodel"), "column of BIOS");
    cut(&office.tag(PC), "TAG");
    let exact = "x".repeat(64 << 10);
    office.inventory(PC, &hardware(&format!("<DESCRIPTION>{exact}</DESCRIPTION>"))).await;
    assert_eq!(office.column(PC, "description"), exact);
}

const REPORT: &str = r#"{"action":"inventory","deviceid":"pc-2026-02-03-08-15-42","itemtype":"Computer","tag":"ACC","content":{
    "hardware":{"name":"pc","memory":16384,"uuid":"U1"},"bios":{"ssn":"S1"},
    "operatingsystem":{"full_name":"Debian 12","kernel_version":"6.1"},"users":[{"login":"alice"}],
    "networks":[{"mac":"02:00:5e:10:00:07","virtualdev":false,"ipaddress":"10.0.0.9","status":"up"}],
    "softwares":[{"name":"Zoom","install_date":"01/09/2020"},{"name":"Ledger"}],
    "local_groups":[{"name":"wheel","members":["root","alice"]}],"versionclient":"GLPI-Agent_v1.12"}}"#;

#[actix_web::test]
async fn a_report_in_json_is_stored_like_one_in_xml() {
    let office = Office::new();
    let answer = office.json(REPORT).await;
    assert_eq!((answer.status, answer.content_type), (200, "application/json"));
    let said: serde_json::Value = serde_json::from_str(&clear(&answer)).unwrap();
    assert_eq!((&said["status"], &said["expiration"]), (&"ok".into(), &24.into()));
    assert_eq!(
        office.rows(PC, "NETWORKS"),
        [row(&[("IPADDRESS", "10.0.0.9"), ("MACADDR", "02:00:5e:10:00:07"), ("STATUS", "up"), ("VIRTUALDEV", "0")])]
    );
    assert_eq!(office.cell(PC, "LOCAL_GROUPS", "MEMBER").as_deref(), Some("root,alice"));
    assert_eq!(office.rows(PC, "SOFTWARES")[0], row(&[("INSTALLDATE", "01/09/2020"), ("NAME", "Zoom")]));
    for (column, value) in [
        ("osname", "Debian 12"),
        ("osversion", "6.1"),
        ("userid", "alice"),
        ("ipaddr", "10.0.0.9"),
        ("memory", "16384"),
    ] {
        assert_eq!(office.column(PC, column), value, "{column}");
    }
    assert_eq!(office.tag(PC), "ACC");
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_47_a_partial_report_removes_nothing_and_blanks_no_column() {
    let office = Office::new();
    office.json(REPORT).await;
    let (sections, columns) = (office.everything(PC), office.columns(PC));
    let partial = r#"{"action":"inventory","deviceid":"pc-2026-02-03-08-15-42","partial":true,"content":{
        "hardware":{"name":"pc","memory":16384,"uuid":"U1"},"bios":{"ssn":"S1"},"versionclient":"GLPI-Agent_v1.12"}}"#;
    assert_eq!(office.json(partial).await.status, 200);
    assert_eq!((office.everything(PC), office.columns(PC)), (sections.clone(), columns.clone()));
    assert_eq!(office.written(PC), 0);
    let changed =
        partial.replace("\"bios\":{\"ssn\":\"S1\"}", "\"bios\":{\"ssn\":\"S2\"},\"softwares\":[{\"name\":\"Zoom\"}]");
    assert_eq!(office.json(&changed).await.status, 200);
    assert_eq!(office.rows(PC, "SOFTWARES"), [row(&[("NAME", "Zoom")])]);
    assert_eq!(office.column(PC, "ssn"), "S2");
    assert_eq!(office.rows(PC, "LOCAL_GROUPS"), sections["LOCAL_GROUPS"]);
    // A whole one afterwards is never taken for known.
    office.json(REPORT).await;
    assert_eq!((office.everything(PC), office.columns(PC)), (sections, columns));
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_36_sessions_are_advisory_unless_they_are_asked_for() {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    office.set("INVENTORY_SESSION_ONLY", "1");
    assert_eq!(office.sent(UNIX, HARDWARE).await.0, 403);
    assert_eq!(office.contacts(PC).pop().unwrap().outcome, Outcome::Refused(Refusal::NoSession));
    assert_eq!(office.from("127.0.0.1", HARDWARE).await.status, 200, "the machine itself is trusted");
    office.prolog(PC).await;
    office.inventory(PC, HARDWARE).await;
    assert_eq!(office.sent(UNIX, HARDWARE).await.0, 403, "the inventory ended the session");
    office.prolog(PC).await;
    office.clock.forward(100_000);
    assert_eq!(office.sent(UNIX, HARDWARE).await.0, 403, "too late");
    let imported = office.import(inventory(PC, HARDWARE).as_bytes()).await;
    assert!(!matches!(imported, rollcall::agent::Imported::Refused(_)), "files have no session: {imported:?}");
}

#[actix_web::test]
async fn pitfall_29_host_names_are_anything_and_case_of_the_identifier_does_not_count() {
    let office = Office::new();
    for (at, host) in ["srv.office.lan", "Poste de René", "a&amp;b", "x_y", "-", "pc-1"].iter().enumerate() {
        let device = format!("{host}-2026-02-03-08-15-42");
        office.inventory(&device, &format!("<HARDWARE><NAME>n{at}</NAME></HARDWARE>")).await;
    }
    assert_eq!(office.count(), 6);
    office.inventory("PC-1-2026-02-03-08-15-42", "<HARDWARE><NAME>n5</NAME></HARDWARE>").await;
    office.inventory("pc-1-2026-02-03-08-15-42\n", "<HARDWARE><NAME>n5</NAME></HARDWARE>").await;
    assert_eq!(office.count(), 6);
    assert_eq!(office.column("a&b-2026-02-03-08-15-42", "name"), "n2");
}

#[actix_web::test]
async fn an_import_leaves_contact_source_and_agent_as_they_were() {
    let office = Office::new();
    office.inventory(PC, &format!("{HARDWARE}{FULL}")).await;
    office.clock.forward(60);
    let imported = office.import(inventory(PC, &format!("{HARDWARE}{FULL}")).as_bytes()).await;
    assert!(matches!(imported, rollcall::agent::Imported::Unchanged(_)), "{imported:?}");
    let seen = office.app.fleet.look().seen(office.id(PC).unwrap()).unwrap();
    assert_eq!((seen.last_contact, seen.agent.as_str()), (NOON, UNIX));
    assert_eq!((office.column(PC, "ipsrc").as_str(), office.column(PC, "useragent").as_str()), ("192.168.50.7", UNIX));
    assert_eq!(office.contacts(PC).pop().unwrap().kind, Kind::Import);
}

#[actix_web::test]
async fn no_more_new_computers_than_allowed_come_from_one_address() {
    let office = Office::new();
    office.set("INVENTORY_FILTER_FLOOD_IP", "1");
    office.inventory(PC, HARDWARE).await;
    let other = inventory("other-2026-02-03-08-15-42", HARDWARE);
    let (status, _) = office.say(UNIX, &other).await;
    assert_eq!((status, office.count()), (403, 1), "a second new one within the time");
    office.inventory(PC, HARDWARE).await;
    office.clock.forward(301);
    assert_eq!(office.say(UNIX, &other).await.0, 200);
}

/// An inventory by name of its sections: rows of cells.
type Inventory = BTreeMap<String, Vec<BTreeMap<String, String>>>;

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let declared: Vec<&'static rollcall::inventory::sections::Section> =
        rollcall::inventory::sections::SECTIONS.iter().filter(|section| section.tag != "HARDWARE").collect();
    let value = "\\PC{0,12}[a-z0-9<>&'\"/\\\\.é😀-]".prop_map(|text| text.trim_ascii().to_owned());
    let odd = "[A-Z][A-Z0-9_.-]{0,8}";
    let known = proptest::sample::select(declared).prop_flat_map({
        let value = value.clone();
        move |section| {
            let names: Vec<&'static str> = section.fields.iter().map(|field| field.name).collect();
            let name = prop_oneof![4 => proptest::sample::select(names).prop_map(str::to_owned), 1 => odd];
            let row = proptest::collection::btree_map(name, value.clone(), 1..6);
            let rows = proptest::collection::vec(row, 1..=if section.many { 5 } else { 1 });
            (Just(section.tag.to_owned()), rows)
        }
    });
    let row = proptest::collection::btree_map(odd, value, 1..4);
    let unknown = ("X_[A-Z]{1,6}", proptest::collection::vec(row, 1..4));
    let one = prop_oneof![4 => known, 1 => unknown];
    proptest::collection::vec(one, 1..8).prop_map(|sections| sections.into_iter().collect())
}

/// The same as XML: cells as elements, or as attributes where `attributes` says so.
fn written(inventory: &Inventory, attributes: bool) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let mut text = HARDWARE.to_owned();
    for (tag, rows) in inventory {
        for row in rows {
            let cells = row.iter();
            text += &if attributes {
                let cells: String = cells.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
                format!("<{tag}{cells}/>")
            } else {
                let cells = cells.map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value)));
                format!("<{tag}>{}</{tag}>", cells.collect::<String>())
            };
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_sent_is_stored_and_stays_until_something_replaces_it(
        inventories in proptest::collection::vec((any_inventory(), any::<bool>()), 1..4),
    ) {
        run(async {
            let office = Office::new();
            let mut expected: BTreeMap<String, crate::office::Rows> = BTreeMap::new();
            for (inventory, attributes) in &inventories {
                // Without CHECKSUM nothing is said about sections that are absent.
                let text = written(inventory, *attributes).replace("<CHECKSUM>1</CHECKSUM>", "");
                office.accepts(UNIX, &text).await;
                for (tag, rows) in inventory {
                    let mut rows: Vec<_> = rows.iter().map(|row| row.clone().into_iter().collect::<Vec<_>>()).collect();
                    rows.sort();
                    expected.insert(tag.clone(), rows);
                }
                let mut stored = office.everything(PC);
                assert_eq!(stored.remove("HARDWARE"), Some(vec![row(&[("NAME", "pc")])]));
                assert_eq!(stored, expected);
                // Once more the same: recognised.
                office.accepts(UNIX, &text).await;
                assert_eq!(office.written(PC), 0);
            }
            assert_eq!(office.differences(), Vec::<String>::new());
        });
    }
}

#[actix_web::test]
async fn con_pc_8_a_part_of_an_inventory_does_not_answer_a_request() {
    let office = Office::new();
    office.json(REPORT).await;
    let id = office.id(PC).unwrap();
    office.request(id);
    let partial = REPORT.replacen("\"content\"", "\"partial\":true,\"content\"", 1);
    assert_eq!(office.json(&partial).await.status, 200);
    let waits = || office.app.read(|read| rollcall::inventory::requested::of(read, id)).unwrap().is_some();
    assert!(waits() && office.app.requested.holds(id));
    office.json(REPORT).await;
    assert!(!waits() && !office.app.requested.holds(id));
}
