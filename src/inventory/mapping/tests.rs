//! Agents as they were met, and messages that were made up.

use proptest::prelude::*;

use super::*;
use crate::inventory::sections::section;

fn rows_of<'a>(tag: &'a str, rows: &[&[(&'a str, &'a str)]]) -> SectionRows<'a> {
    SectionRows { tag, rows: rows.iter().map(|row| row.to_vec()).collect() }
}

/// What GLPI 1.12 sends: no OSNAME, IPADDR, USERID or PROCESSORS (pitfall 88).
fn glpi() -> Vec<SectionRows<'static>> {
    vec![
        rows_of("HARDWARE", &[&[("NAME", "pc-1"), ("MEMORY", "24105"), ("LASTLOGGEDUSER", "carol")]]),
        rows_of(
            "OPERATINGSYSTEM",
            &[&[
                ("ARCH", "x86_64"),
                ("FULL_NAME", "Debian GNU/Linux 12 (bookworm)"),
                ("KERNEL_VERSION", "6.1.0-18"),
                ("NAME", "Debian GNU/Linux"),
                ("VERSION", "12.15"),
                ("SERVICE_PACK", "2"),
            ]],
        ),
        rows_of(
            "CPUS",
            &[
                &[("NAME", "AMD EPYC"), ("CORE", "4"), ("THREAD", "2"), ("SPEED", "3600"), ("ARCH", "i386")],
                &[("NAME", "Other"), ("SPEED", "100")],
            ],
        ),
        rows_of("USERS", &[&[("LOGIN", "alice")], &[("LOGIN", "bob"), ("DOMAIN", "x")], &[("LOGIN", "alice")]]),
        rows_of(
            "NETWORKS",
            &[
                &[("DESCRIPTION", "lo"), ("IPADDRESS", "127.0.0.1"), ("STATUS", "Up"), ("VIRTUALDEV", "1")],
                &[("DESCRIPTION", "docker0"), ("IPADDRESS", "172.17.0.1"), ("STATUS", "Up"), ("VIRTUALDEV", "1")],
                &[("DESCRIPTION", "eth1"), ("IPADDRESS", "10.0.0.9"), ("STATUS", "Down"), ("VIRTUALDEV", "0")],
                &[("DESCRIPTION", "eth0"), ("IPADDRESS6", "2001:db8::1"), ("STATUS", "Up"), ("VIRTUALDEV", "0")],
                &[("DESCRIPTION", "eth0"), ("IPADDRESS", "10.0.0.7"), ("STATUS", "Up"), ("VIRTUALDEV", "0")],
            ],
        ),
    ]
}

#[test]
fn pitfall_55_values_of_hardware_follow_from_other_sections() {
    let sections = glpi();
    let found = effective(Family::Fusion, &sections);
    assert_eq!(found.osname.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
    assert_eq!(found.osversion.as_deref(), Some("6.1.0-18"));
    assert_eq!(found.oscomments.as_deref(), Some("2"));
    assert_eq!(found.arch.as_deref(), Some("x86_64"));
    assert_eq!(found.processort.as_deref(), Some("AMD EPYC"));
    assert_eq!(found.processors.as_deref(), Some("3600"));
    assert_eq!(found.processorn.as_deref(), Some("2"));
    assert_eq!(found.userid.as_deref(), Some("alice/bob"));
    assert_eq!(found.ipaddr.as_deref(), Some("10.0.0.7"));
}

#[test]
fn what_hardware_says_is_never_derived() {
    let mut sections = glpi();
    sections[0].rows[0].extend([
        ("OSNAME", "Debian"),
        ("OSVERSION", "12"),
        ("OSCOMMENTS", "c"),
        ("ARCH", "amd64"),
        ("PROCESSORT", "EPYC"),
        ("PROCESSORS", "1"),
        ("PROCESSORN", "1"),
        ("USERID", "dave"),
        ("IPADDR", "192.0.2.1"),
    ]);
    for agent in [Family::Fusion, Family::Other, Family::Ocs] {
        let found = effective(agent, &sections);
        let values = [found.osname, found.osversion, found.oscomments, found.arch, found.processort];
        assert_eq!(values.map(|v| v.unwrap()), ["Debian", "12", "c", "amd64", "EPYC"]);
        let values = [found.processors, found.processorn, found.userid, found.ipaddr];
        assert_eq!(values.map(|v| v.unwrap()), ["1", "1", "dave", "192.0.2.1"]);
    }
}

#[test]
fn nothing_is_derived_from_nothing_or_for_ocs_agents() {
    assert_eq!(effective(Family::Fusion, &[]), Effective::default());
    assert_eq!(effective(Family::Ocs, &glpi()), Effective::default());
    let mut sections = glpi();
    sections[1].rows[0].retain(|(name, _)| *name == "NAME" || *name == "VERSION");
    sections.retain(|section| section.tag != "USERS");
    sections[3].rows.pop();
    let found = effective(Family::Other, &sections);
    assert_eq!(found.osname.as_deref(), Some("Debian GNU/Linux"));
    assert_eq!(found.osversion.as_deref(), Some("12.15"));
    assert_eq!(found.userid.as_deref(), Some("carol"), "the last user, when nobody is logged in");
    assert_eq!(found.ipaddr.as_deref(), Some("2001:db8::1"));
}

fn address(peer: &str, networks: Option<&SectionRows<'_>>, sent: Option<&str>, stored: Option<&str>) -> Option<String> {
    ip_address(Some(peer.parse().unwrap()), networks, sent, stored).map(Cow::into_owned)
}

#[test]
fn pitfall_52_the_peer_address_counts_only_when_the_computer_has_it() {
    let networks = rows_of(
        "NETWORKS",
        &[
            &[("IPADDRESS", "10.0.0.7"), ("MACADDR", "a")],
            &[("IPADDRESS", "192.168.1.5"), ("MACADDR", "a")],
            &[("IPADDRESS", "fe80::1"), ("IPMASK", "ffff:ffff:ffff:ffff::")],
            &[("IPADDRESS6", "2001:DB8:0::1")],
        ],
    );
    let with = |peer| address(peer, Some(&networks), Some("10.0.0.7"), Some("old")).unwrap();
    assert_eq!(with("192.168.1.5"), "192.168.1.5");
    assert_eq!(with("::ffff:192.168.1.5"), "192.168.1.5", "a mapped address is read as IPv4");
    assert_eq!(with("2001:db8::1"), "2001:db8::1");
    assert_eq!(with("203.0.113.4"), "10.0.0.7", "behind a router or a proxy");
    assert_eq!(address("203.0.113.4", Some(&networks), None, Some("old")), None, "as in the original");
    assert_eq!(ip_address(None, Some(&networks), Some("10.0.0.7"), None).as_deref(), Some("10.0.0.7"));
}

#[test]
fn pitfall_53_without_interfaces_the_address_stays() {
    let empty = rows_of("NETWORKS", &[]);
    for networks in [None, Some(&empty)] {
        assert_eq!(address("10.0.0.1", networks, Some("10.0.0.7"), Some("10.0.0.8")).as_deref(), Some("10.0.0.7"));
        assert_eq!(address("10.0.0.1", networks, None, Some("10.0.0.8")).as_deref(), Some("10.0.0.8"));
        assert_eq!(address("10.0.0.1", networks, Some(" "), Some("10.0.0.8")).as_deref(), Some("10.0.0.8"));
        assert_eq!(address("10.0.0.1", networks, None, None), None);
    }
}

/// GLPI lists loopback: an import from the server itself gave every computer the address 127.0.0.1.
#[test]
fn pitfall_85_loopback_never_matches() {
    let networks = rows_of("NETWORKS", &[&[("IPADDRESS", "127.0.0.1")], &[("IPADDRESS6", "::1")]]);
    for peer in ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(address(peer, Some(&networks), Some("10.0.0.7"), None).as_deref(), Some("10.0.0.7"), "{peer}");
        assert_eq!(address(peer, Some(&networks), None, None), None, "{peer}");
    }
}

#[test]
fn pitfall_55_fields_are_known_by_their_other_names() {
    let said = |agent, tag, row: &[(&'static str, &'static str)], field| cell(agent, tag, row, field);
    let cpu = [("NAME", "EPYC"), ("CORE", "4"), ("THREAD", "2"), ("ARCH", "i386"), ("SERIAL", "s"), ("SPEED", "1")];
    for (field, text) in [
        ("TYPE", Some("EPYC")),
        ("CORES", Some("4")),
        ("LOGICAL_CPUS", Some("8")),
        ("CPUARCH", Some("i386")),
        ("SERIALNUMBER", Some("s")),
        ("SPEED", Some("1")),
        ("SOCKET", None),
    ] {
        assert_eq!(said(Family::Fusion, "CPUS", &cpu, field).as_deref(), text, "{field}");
    }
    assert_eq!(said(Family::Ocs, "CPUS", &[("LOGICAL_CPUS", "2"), ("CORE", "9")], "LOGICAL_CPUS").unwrap(), "2");
    assert_eq!(said(Family::Fusion, "CPUS", &[("CORE", "9"), ("THREAD", "x")], "LOGICAL_CPUS"), None);

    let battery = [("SERIAL", "s"), ("CAPACITY", "23200"), ("VOLTAGE", "11400")];
    for (field, text) in [("SERIALNUMBER", "s"), ("DESIGNCAPACITY", "23200"), ("DESIGNVOLTAGE", "11400")] {
        assert_eq!(said(Family::Fusion, "BATTERIES", &battery, field).unwrap(), text);
    }
    assert_eq!(said(Family::Fusion, "STORAGES", &[("SERIAL", "s")], "SERIALNUMBER").unwrap(), "s");
    assert_eq!(
        said(Family::Fusion, "STORAGES", &[("SERIAL", "s"), ("SERIALNUMBER", "n")], "SERIALNUMBER").unwrap(),
        "n"
    );
    assert_eq!(said(Family::Fusion, "SOFTWARES", &[("ARCH", "i586")], "ARCHITECTURE").unwrap(), "i586");
    assert_eq!(said(Family::Fusion, "LOCAL_USERS", &[("ID", "0")], "ID_USER").unwrap(), "0");
    let group = [("ID", "27"), ("MEMBER", "a"), ("MEMBER", "b"), ("MEMBER", " ")];
    assert_eq!(said(Family::Fusion, "LOCAL_GROUPS", &group, "ID_GROUP").unwrap(), "27");
    assert_eq!(said(Family::Fusion, "LOCAL_GROUPS", &group, "MEMBER").unwrap(), "a,b");
    assert_eq!(said(Family::Ocs, "LOCAL_GROUPS", &[("MEMBER", "a,b")], "MEMBER").unwrap(), "a,b");
}

#[test]
fn pitfall_55_windows_and_android_have_quirks() {
    let disk = [("NAME", "Samsung SSD 980"), ("MODEL", r"\\.\PHYSICALDRIVE0")];
    assert_eq!(cell(Family::OcsWindows, "STORAGES", &disk, "NAME").unwrap(), r"\\.\PHYSICALDRIVE0");
    assert_eq!(cell(Family::OcsWindows, "STORAGES", &disk, "MODEL").unwrap(), "Samsung SSD 980");
    assert_eq!(cell(Family::Ocs, "STORAGES", &disk, "NAME").unwrap(), "Samsung SSD 980");
    let cpu = [("SERIALNUMBER", "Enabled"), ("TYPE", "Core i5")];
    assert_eq!(cell(Family::OcsWindows, "CPUS", &cpu, "SERIALNUMBER"), None);
    assert_eq!(cell(Family::OcsWindows, "CPUS", &cpu, "CPUSTATUS").unwrap(), "Enabled");
    assert_eq!(cell(Family::Ocs, "CPUS", &cpu, "SERIALNUMBER").unwrap(), "Enabled");
    assert_eq!(cell(Family::OcsWindows, "SLOTS", &[("SHARED", "1")], "PSHARE").unwrap(), "1");
    assert_eq!(section_name("JAVAINFOS"), "JAVAINFO");
    assert_eq!(section_name("MEMORIES"), "MEMORIES");
}

#[test]
fn other_names_belong_to_declared_fields() {
    for (tag, field, called) in ALIASES {
        let section = section(tag).unwrap();
        assert!(section.field(field).is_some() && section.field(called).is_some(), "{tag}/{field}/{called}");
    }
}

proptest! {
    #[test]
    fn any_message_has_an_effect_and_none_stops_the_reading(
        cells in proptest::collection::vec(
            ("(HARDWARE|CPUS|USERS|NETWORKS|OPERATINGSYSTEM)", "(NAME|CORE|THREAD|LOGIN|STATUS|IPADDRESS)", any::<String>()),
            0..12,
        ),
        peer: [u8; 16],
    ) {
        let sections: Vec<SectionRows<'_>> =
            cells.iter().map(|(tag, name, text)| rows_of(tag, &[&[(name.as_str(), text.as_str())]])).collect();
        for agent in [Family::Fusion, Family::OcsWindows] {
            let found = effective(agent, &sections);
            let networks = sections.iter().find(|section| section.tag == "NETWORKS");
            ip_address(Some(IpAddr::from(peer)), networks, found.ipaddr.as_deref(), None);
            for (tag, name, text) in &cells {
                cell(agent, tag, &[(name, text)], "LOGICAL_CPUS");
            }
        }
    }
}

#[test]
fn con_inv_3_the_system_drive_is_the_marked_one_c_or_the_root() {
    let windows: [&[(&str, &str)]; 2] = [&[("LETTER", "D:/"), ("FREE", "9")], &[("LETTER", "C:/"), ("FREE", "1.7")]];
    assert_eq!(free_space(&rows_of("DRIVES", &windows)), Some(2));
    let unix: [&[(&str, &str)]; 2] = [&[("TYPE", "/boot"), ("FREE", "9")], &[("TYPE", "/"), ("FREE", "7")]];
    assert_eq!(free_space(&rows_of("DRIVES", &unix)), Some(7));
    let glpi: [&[(&str, &str)]; 2] =
        [&[("LETTER", "C:"), ("FREE", "9")], &[("LETTER", "E:"), ("SYSTEMDRIVE", "1"), ("FREE", "5")]];
    assert_eq!(free_space(&rows_of("DRIVES", &glpi)), Some(5));
    let odd = |free| free_space(&rows_of("DRIVES", &[&[("LETTER", "C:"), ("FREE", free)]]));
    assert_eq!(
        [odd("0"), odd("N/A"), odd("-1"), odd("NaN"), odd("1e99"), odd("")],
        [Some(0), None, None, None, None, None]
    );
    assert_eq!(free_space(&rows_of("DRIVES", &[&[("LETTER", "D:"), ("FREE", "3")]])), None);
}
