//! One meaning for what agents say in different words.
//!
//! FusionInventory and the GLPI agent name fields in their own way and leave out values of HARDWARE that
//! follow from other sections; Windows and Android agents have quirks. What was sent stays stored as it
//! was sent: these functions say what it means.
//!
//! Source: protocol sections 5 and 20.2; pitfalls 52, 53, 55 and 85.

use std::borrow::Cow;
use std::net::IpAddr;

use super::Family;

/// The rows of one section, as names and values in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub struct SectionRows<'a> {
    /// Name of the section.
    pub tag: &'a str,
    /// One list of cells for each row. A name may stand there more than once (MEMBER of LOCAL_GROUPS).
    pub rows: Vec<Vec<(&'a str, &'a str)>>,
}

/// Values of HARDWARE: sent, or derived from other sections. `None` where neither is possible.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective<'a> {
    /// OSNAME.
    pub osname: Option<Cow<'a, str>>,
    /// OSVERSION.
    pub osversion: Option<Cow<'a, str>>,
    /// OSCOMMENTS.
    pub oscomments: Option<Cow<'a, str>>,
    /// ARCH.
    pub arch: Option<Cow<'a, str>>,
    /// PROCESSORT: name of the first processor.
    pub processort: Option<Cow<'a, str>>,
    /// PROCESSORS: speed of the first processor in MHz.
    pub processors: Option<Cow<'a, str>>,
    /// PROCESSORN: number of processors.
    pub processorn: Option<Cow<'a, str>>,
    /// USERID, before the rule for the system's own users (`convert::user`).
    pub userid: Option<Cow<'a, str>>,
    /// IPADDR, before the rule for the peer's address ([`ip_address`]).
    pub ipaddr: Option<Cow<'a, str>>,
}

/// Free space of the drive that the system is on, in MB; `None` when no row says so.
///
/// GLPI agents mark the drive (SYSTEMDRIVE), Windows is on C:, and other agents write the mount point into TYPE.
pub fn free_space(drives: &SectionRows<'_>) -> Option<u32> {
    let said = |row: &[(&str, &str)], name: &str| {
        row.iter().find(|(known, _)| *known == name).map_or(String::new(), |(_, value)| value.trim().to_lowercase())
    };
    type Mark<'m> = &'m dyn Fn(&[(&str, &str)]) -> bool;
    let marks: [Mark<'_>; 3] = [
        &|row| matches!(said(row, "SYSTEMDRIVE").as_str(), "1" | "true" | "yes"),
        &|row| said(row, "LETTER").trim_end_matches(['/', '\\']) == "c:",
        &|row| said(row, "TYPE") == "/" || said(row, "LETTER") == "/",
    ];
    let system = marks.into_iter().find_map(|mark| drives.rows.iter().find(|row| mark(row)))?;
    let free: f64 = said(system, "FREE").parse().ok()?;
    (0.0..=f64::from(u32::MAX)).contains(&free).then_some(free.round() as u32)
}

/// The values of HARDWARE that this inventory gives.
///
/// OCS agents send what they know: nothing is derived for them.
pub fn effective<'a>(agent: Family, sections: &[SectionRows<'a>]) -> Effective<'a> {
    let hardware = |name| value(sections, "HARDWARE", name).map(Cow::Borrowed);
    let sent = Effective {
        osname: hardware("OSNAME"),
        osversion: hardware("OSVERSION"),
        oscomments: hardware("OSCOMMENTS"),
        arch: hardware("ARCH"),
        processort: hardware("PROCESSORT"),
        processors: hardware("PROCESSORS"),
        processorn: hardware("PROCESSORN"),
        userid: hardware("USERID"),
        ipaddr: hardware("IPADDR"),
    };
    if agent.is_ocs() {
        return sent;
    }
    let system = |name| value(sections, "OPERATINGSYSTEM", name).map(Cow::Borrowed);
    let cpus = rows(sections, "CPUS");
    let cpu = |name| cpus.first().and_then(|row| cell(agent, "CPUS", row, name));
    Effective {
        osname: sent.osname.or_else(|| system("FULL_NAME")).or_else(|| system("NAME")),
        osversion: sent.osversion.or_else(|| system("KERNEL_VERSION")).or_else(|| system("VERSION")),
        oscomments: sent.oscomments.or_else(|| system("SERVICE_PACK")),
        arch: sent.arch.or_else(|| system("ARCH")),
        processort: sent.processort.or_else(|| cpu("TYPE")),
        processors: sent.processors.or_else(|| cpu("SPEED")),
        processorn: sent.processorn.or_else(|| (!cpus.is_empty()).then(|| Cow::Owned(cpus.len().to_string()))),
        userid: sent.userid.or_else(|| logins(sections)).or_else(|| hardware("LASTLOGGEDUSER")),
        ipaddr: sent.ipaddr.or_else(|| first_address(sections).map(Cow::Borrowed)),
    }
}

/// So many users are named; nobody reads more.
const LOGINS: usize = 100;

/// USERS/LOGIN joined by `/`, each once.
fn logins<'a>(sections: &[SectionRows<'a>]) -> Option<Cow<'a, str>> {
    let mut logins: Vec<&str> = Vec::new();
    for login in rows(sections, "USERS").iter().filter_map(|row| get(row, "LOGIN")) {
        if logins.len() < LOGINS && !logins.contains(&login) {
            logins.push(login);
        }
    }
    match logins.as_slice() {
        [] => None,
        [login] => Some(Cow::Borrowed(login)),
        logins => Some(Cow::Owned(logins.join("/"))),
    }
}

/// Address of the first interface that is up and not virtual; IPv4 before IPv6.
fn first_address<'a>(sections: &[SectionRows<'a>]) -> Option<&'a str> {
    let networks = rows(sections, "NETWORKS");
    let usable = |name| {
        let rows = networks.iter().filter(|row| is_up(row) && !is_virtual(row));
        rows.filter_map(move |row| get(row, name)).find(|text| text.parse().is_ok_and(names_a_computer))
    };
    usable("IPADDRESS").or_else(|| usable("IPADDRESS6"))
}

fn is_up(row: &[(&str, &str)]) -> bool {
    get(row, "STATUS").is_some_and(|status| status.to_ascii_lowercase().contains("up"))
}

fn is_virtual(row: &[(&str, &str)]) -> bool {
    get(row, "VIRTUALDEV").is_some_and(|sent| sent == "1" || sent.eq_ignore_ascii_case("true"))
}

/// Not an address that every computer, or none, has.
fn names_a_computer(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !link_local
}

/// HARDWARE/IPADDR after an inventory.
///
/// The address that the message came from, if the computer has an interface with it (loopback never counts:
/// it is the address of an import); else what the inventory says (`effective`, of [`Effective::ipaddr`]).
/// Without a NETWORKS section and without a word of the inventory, the `stored` address stays.
pub fn ip_address<'a>(
    peer: Option<IpAddr>,
    networks: Option<&SectionRows<'_>>,
    effective: Option<&'a str>,
    stored: Option<&'a str>,
) -> Option<Cow<'a, str>> {
    let effective = effective.filter(|text| !text.trim().is_empty());
    let Some(networks) = networks.filter(|networks| !networks.rows.is_empty()) else {
        return effective.or(stored).map(Cow::Borrowed);
    };
    let peer = peer.map(|peer| peer.to_canonical()).filter(|peer| !peer.is_loopback());
    let has = |peer: &IpAddr| {
        let addresses = networks.rows.iter().flatten().filter(|(name, _)| ["IPADDRESS", "IPADDRESS6"].contains(name));
        addresses.filter_map(|(_, text)| text.trim().parse::<IpAddr>().ok()).any(|found| found == *peer)
    };
    match peer.filter(has) {
        Some(peer) => Some(Cow::Owned(peer.to_string())),
        None => effective.map(Cow::Borrowed),
    }
}

/// Other names of fields: section, field, what some agents call it.
const ALIASES: &[(&str, &str, &str)] = &[
    ("BATTERIES", "DESIGNCAPACITY", "CAPACITY"),
    ("BATTERIES", "DESIGNVOLTAGE", "VOLTAGE"),
    ("BATTERIES", "SERIALNUMBER", "SERIAL"),
    ("CPUS", "CORES", "CORE"),
    ("CPUS", "CPUARCH", "ARCH"),
    ("CPUS", "SERIALNUMBER", "SERIAL"),
    ("CPUS", "TYPE", "NAME"),
    ("LOCAL_GROUPS", "ID_GROUP", "ID"),
    ("LOCAL_USERS", "ID_USER", "ID"),
    // Windows agents.
    ("SLOTS", "PSHARE", "SHARED"),
    ("SOFTWARES", "ARCHITECTURE", "ARCH"),
    ("STORAGES", "SERIALNUMBER", "SERIAL"),
];

/// The section that a name stands for: Android sends JAVAINFOS where JAVAINFO is meant.
pub fn section_name(tag: &str) -> &str {
    if tag == "JAVAINFOS" { "JAVAINFO" } else { tag }
}

/// What a row says about a field, whatever the agent calls it; `None` if it says nothing.
pub fn cell<'a>(agent: Family, tag: &str, row: &[(&'a str, &'a str)], field: &str) -> Option<Cow<'a, str>> {
    let windows = agent == Family::OcsWindows;
    let text = match (tag, field) {
        // The Windows agent sends the model as NAME and the name as MODEL.
        ("STORAGES", "NAME") if windows => get(row, "MODEL"),
        ("STORAGES", "MODEL") if windows => get(row, "NAME"),
        // It sends the state of the processor as SERIALNUMBER.
        ("CPUS", "SERIALNUMBER") if windows => None,
        ("CPUS", "CPUSTATUS") if windows => get(row, field).or_else(|| get(row, "SERIALNUMBER")),
        ("CPUS", "LOGICAL_CPUS") => return get(row, field).map(Cow::Borrowed).or_else(|| threads(row)),
        ("LOCAL_GROUPS", "MEMBER") => return members(row),
        _ => get(row, field).or_else(|| get(row, alias(tag, field)?)),
    };
    text.map(Cow::Borrowed)
}

fn alias(tag: &str, field: &str) -> Option<&'static str> {
    let found = ALIASES.iter().find(|(section, meant, _)| *section == tag && *meant == field);
    found.map(|(_, _, called)| *called)
}

/// CPUS: THREAD, the threads of one core, times CORE.
fn threads(row: &[(&str, &str)]) -> Option<Cow<'static, str>> {
    let number = |name| get(row, name).and_then(|text| text.parse::<u32>().ok()).filter(|number| *number > 0);
    let product = number("THREAD")?.checked_mul(number("CORE")?)?;
    Some(Cow::Owned(product.to_string()))
}

/// LOCAL_GROUPS: MEMBER may stand there for each member.
fn members<'a>(row: &[(&'a str, &'a str)]) -> Option<Cow<'a, str>> {
    let mut members = row.iter().filter(|(name, text)| *name == "MEMBER" && !text.trim().is_empty()).map(|cell| cell.1);
    let first = members.next()?;
    match members.next() {
        None => Some(Cow::Borrowed(first)),
        Some(second) => Some(Cow::Owned([first, second].into_iter().chain(members).collect::<Vec<_>>().join(","))),
    }
}

/// Rows of a section.
fn rows<'s, 'a>(sections: &'s [SectionRows<'a>], tag: &str) -> &'s [Vec<(&'a str, &'a str)>] {
    sections.iter().find(|section| section.tag == tag).map_or(&[], |section| &section.rows)
}

/// A cell of a section with one row.
fn value<'a>(sections: &[SectionRows<'a>], tag: &str, name: &str) -> Option<&'a str> {
    rows(sections, tag).iter().find_map(|row| get(row, name))
}

/// The cell of this name that is not blank.
fn get<'a>(row: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    row.iter().find(|(of, text)| *of == name && !text.trim().is_empty()).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests;
