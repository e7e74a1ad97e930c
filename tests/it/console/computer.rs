//! The page of one computer: its banner, its sections, and what can be done with it.

use rollcall::agent::Source;
use rollcall::history::Action;
use rollcall::history::store::DELETED;
use rollcall::id::ComputerId;
use rollcall::inventory::sections::SECTIONS;
use rollcall::store::{Read as _, Table, Write as _};
use rollcall::users::{Role, User};

use super::story::{DEVICE, inventory};
use super::{office, office_with};
use crate::browser::{Browser, Page, Served};
use crate::office::NOON;

const GUEST: &str = "4c4c4544-0058-4b10-8032-b7c04f514a33";
/// The same in the byte order of another agent.
const TURNED: &str = "44454C4C-5800-104B-8032-B7C04F514A33";

fn one(id: u32) -> String {
    format!("/ocsreports/computers/{id}")
}

fn report(served: &Served, name: &str, content: &str) -> u32 {
    let device = format!("{name}-2026-01-02-03-04-05");
    let content = format!("<HARDWARE><NAME>{name}</NAME></HARDWARE>{content}");
    served.run(served.office.inventory(&device, &content));
    served.office.id(&device).unwrap().0
}

/// An account that sees some TAGs only.
fn limited(served: &Served, name: &str, tag: &str) -> Browser {
    let mut browser = served.log_in(name, Role::Technician);
    let mut user = User::new(name.parse().unwrap(), Role::Technician, String::new(), NOON);
    user.tags = vec![tag.to_owned()];
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), NOON).unwrap();
    browser.cookies.insert("rollcall-local".into(), begun.token);
    browser.token = begun.session.csrf;
    browser
}

#[test]
fn con_pc_1_the_banner_names_all_that_is_known_of_the_computer() {
    let (served, _) = office();
    let hardware = [
        ("NAME", "PC-9"),
        ("USERID", "ada"),
        ("USERDOMAIN", "DOM-USER"),
        ("OSNAME", "Microsoft Windows 11 Pro"),
        ("OSVERSION", "10.0.22631"),
        ("OSCOMMENTS", "Service Pack 9"),
        ("ARCH", "64-bit"),
        ("DESCRIPTION", "by the window"),
        ("WINCOMPANY", "Example SA"),
        ("WINOWNER", "Owner of it"),
        ("WINPRODID", "00330-80000"),
        ("WINPRODKEY", "ABCDE-FGHIJ"),
        ("MEMORY", "16384"),
        ("SWAP", "2048"),
        ("UUID", GUEST),
        ("VMSYSTEM", "VMware"),
        ("WORKGROUP", "WG-9"),
        ("IPADDR", "10.1.2.3"),
    ];
    let cells: String = hardware.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    let device = "PC-9-2026-01-02-03-04-05";
    served.run(served.office.inventory(device, &format!("<HARDWARE>{cells}</HARDWARE>{}", tag("LAB"))));
    served.office.clock.forward(3 * 86_400);
    served.run(served.office.prolog(device));
    let id = served.office.id(device).unwrap().0;
    for role in Role::ALL {
        let page = served.log_in(role.code(), role).get(&one(id));
        page.is(200);
        for (name, value) in hardware.iter().filter(|(name, _)| !matches!(*name, "MEMORY" | "SWAP" | "WINPRODKEY")) {
            assert!(page.body.contains(value), "{name} as {role}");
        }
        page.shows(&["LAB", "16\u{A0}GB", "2\u{A0}GB", "OCS-NG_unified_unix_agent_v2.10.0", "3 days ago", "just now"]);
        page.shows(&["First inventory", "20\u{A0}Nov\u{A0}2026"]);
        assert_eq!(page.body.contains("ABCDE-FGHIJ"), role != Role::User, "{role}");
    }
}

fn tag(value: &str) -> String {
    format!("<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{value}</KEYVALUE></ACCOUNTINFO>")
}

#[test]
fn con_pc_1_and_3_a_virtual_machine_and_its_host_lead_to_each_other() {
    let (served, other) = office();
    let guest = report(&served, "GUEST-1", &format!("<HARDWARE><UUID>{TURNED}</UUID></HARDWARE>{}", tag("LAB")));
    let machine = |uuid: &str| format!("<VIRTUALMACHINES><NAME>vm</NAME><UUID>{uuid}</UUID></VIRTUALMACHINES>");
    let zeros = machine("00000000-0000-0000-0000-000000000000");
    let host = report(&served, "HOST-1", &format!("{}{zeros}{}", machine(GUEST), tag("RACK")));
    let mut browser = served.log_in("marie", Role::User);
    browser.get(&one(guest)).is(200).shows(&["Runs on", &format!("href=\"{}\">HOST-1", one(host))]);
    let machines = format!("{}/virtualmachines", one(host));
    browser.get(&machines).is(200).shows(&["Inventoried as", &format!("href=\"{}\">GUEST-1", one(guest))]);
    browser.get(&one(other)).hides(&["Runs on"]);
    // Whoever does not see the other one is not told of it.
    limited(&served, "lab", "LAB").get(&one(guest)).is(200).hides(&["HOST-1", "Runs on"]);
    limited(&served, "rack", "RACK").get(&machines).is(200).hides(&["GUEST-1", "Inventoried as"]);
    // By the serial number that the agent names, unless many boards have it.
    let serial = |serial: &str| format!("<HARDWARE><VMHOSTSERIAL>{serial}</VMHOSTSERIAL></HARDWARE>");
    report(&served, "HOST-2", "<BIOS><SSN>RACK-77</SSN></BIOS>");
    report(&served, "HOST-3", "<BIOS><SSN>0123456789</SSN></BIOS>");
    let named = report(&served, "GUEST-2", &serial("RACK-77"));
    browser.get(&one(named)).is(200).shows(&["Runs on", ">HOST-2<"]);
    let junk = report(&served, "GUEST-3", &serial("0123456789"));
    browser.get(&one(junk)).is(200).hides(&["Runs on"]);
    // Two computers with one UUID: nobody knows which is meant.
    report(&served, "COPY-1", &format!("<HARDWARE><UUID>{GUEST}</UUID></HARDWARE>"));
    browser.get(&machines).is(200).hides(&["Inventoried as"]);
}

#[test]
fn con_pc_3_sections_show_sums_bars_and_links() {
    let (served, id) = office();
    let content = "<MEMORIES><CAPTION>DIMM 1</CAPTION><CAPACITY>8192</CAPACITY></MEMORIES>\
                   <MEMORIES><CAPTION>DIMM 2</CAPTION><CAPACITY>4096</CAPACITY></MEMORIES>\
                   <MEMORIES><CAPTION>DIMM 3</CAPTION><CAPACITY>none</CAPACITY></MEMORIES>\
                   <DRIVES><LETTER>C:/</LETTER><FREE>4000</FREE><TOTAL>100000</TOTAL></DRIVES>\
                   <DRIVES><LETTER>D:/</LETTER><FREE>0</FREE><TOTAL>0</TOTAL></DRIVES>\
                   <NETWORKS><DESCRIPTION>eth0</DESCRIPTION><IPADDRESS6>2001:db8::7</IPADDRESS6></NETWORKS>\
                   <SOFTWARES><NAME>firefox</NAME><VERSION>133.0</VERSION></SOFTWARES>\
                   <SOFTWARES><NAME>vim</NAME><VERSION>9</VERSION><COMMENTS>text &lt;editor&gt;</COMMENTS></SOFTWARES>\
                   <OWNPLUGIN><FIELD>some value</FIELD></OWNPLUGIN>";
    let other = report(&served, "PC-2", content);
    let mut browser = served.log_in("marie", Role::Admin);
    let part = |name: &str| format!("{}/{name}", one(other));
    browser.get(&part("memories")).is(200).shows(&["12\u{A0}GB in all"]);
    let drives = browser.get(&part("drives"));
    drives.is(200).shows(&["Used", "96\u{A0}%", "class=\"bar-drawn nearly\""]);
    assert_eq!(drives.body.matches("bar-drawn").count(), 1, "a drive without a size has no bar");
    drives.shows(&["Drive C:/ has 4\u{A0}% left"]);
    browser.get(&part("networks")).is(200).shows(&["2001:db8::7"]);
    browser.get(&part("ownplugin")).is(200).shows(&["OWNPLUGIN", "FIELD", "some value"]);
    // The number leads to a list of that length.
    let software = browser.get(&part("softwares"));
    software.is(200).shows(&["Computers with it", "firefox", "vim"]);
    let links: Vec<(String, usize)> = counted(&software);
    assert_eq!(links.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 1]);
    for (link, count) in links {
        assert_eq!(browser.get(&link).is(200).body.matches("scope=\"row\"").count(), count, "{link}");
    }
    // The box looks into what is shown.
    browser.get(&part("softwares?q=EDITOR")).is(200).shows(&["1 of 2", "vim"]).hides(&[">firefox<"]);
    browser.get(&part("softwares?q=nothing+at+all")).is(200).shows(&["0 of 2", "nothing at all"]).hides(&[">vim<"]);
    // Without a section of processors the general data say what is known.
    let cpus = browser.get(&format!("{}/cpus", one(id)));
    cpus.is(200).shows(&["Processors", "2900"]);
    let named = report(&served, "PC-3", "<HARDWARE><PROCESSORT>Xeon</PROCESSORT><PROCESSORN>2</PROCESSORN></HARDWARE>");
    browser.get(&format!("{}/cpus", one(named))).is(200).shows(&["Xeon", "Number of processors"]);
    let sent =
        report(&served, "PC-4", "<HARDWARE><PROCESSORT>Xeon</PROCESSORT></HARDWARE><CPUS><TYPE>EPYC</TYPE></CPUS>");
    browser.get(&format!("{}/cpus", one(sent))).is(200).shows(&["EPYC"]).hides(&["Number of processors"]);
}

/// Links with a number to the list of computers, with the number.
fn counted(page: &Page) -> Vec<(String, usize)> {
    let links = page.body.split("<a href=\"/ocsreports/computers?item=").skip(1);
    let link = |link: &str| {
        let (query, rest) = link.split_once("\" data-count=\"").unwrap();
        let count = rest.split('"').next().unwrap().parse().unwrap();
        (format!("/ocsreports/computers?item={}", query.replace("&amp;", "&")), count)
    };
    links.map(link).collect()
}

#[test]
fn con_pc_3_every_section_and_field_that_agents_send_is_shown() {
    let (served, _) = office();
    let (mut content, mut expected) = (String::new(), Vec::new());
    for section in SECTIONS.iter().filter(|section| section.tag != "HARDWARE" && section.tag != "VERSIONCLIENT") {
        let fields = section.fields.iter().enumerate().map(|(at, field)| {
            let value = format!("v.{}.{at}.", section.tag);
            expected.push((section.tag, field.name, value.clone()));
            format!("<{0}>{value}</{0}>", field.name)
        });
        let fields: String = fields.collect();
        content += &format!("<{0}>{fields}</{0}>", section.tag);
    }
    content += "<VERSIONCLIENT>OCS client 9</VERSIONCLIENT>";
    let id = report(&served, "FULL", &content);
    let mut browser = served.log_in("marie", Role::Technician);
    let everything = browser.get(&format!("{}/everything", one(id)));
    everything.is(200).shows(&["OCS client 9"]);
    assert_eq!(everything.body.matches("class=\"one-of-all\"").count(), SECTIONS.len());
    for (tag, field, value) in expected {
        // Days and numbers of software are kept in another spelling.
        let converted = tag == "SOFTWARES" && field == "INSTALLDATE";
        assert!(converted || everything.body.contains(&value), "{tag}/{field}");
    }
    for section in SECTIONS {
        let path = format!("{}/{}", one(id), section.tag.to_lowercase());
        browser.get(&path).is(200).hides(&["Nothing here"]);
    }
}

#[test]
fn con_pc_2_sections_have_counts_and_those_that_are_chosen_stand_on_one_page() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Technician);
    let page = browser.get(&one(id));
    page.shows(&["/memories\"><span>Memory</span><span class=\"count\">2</span>"]);
    page.shows(&[&format!("href=\"{}/modems\" class=\"none\"", one(id))]);
    let everything = format!("{}/everything", one(id));
    let page = browser.get(&everything);
    page.is(200).shows(&["<details class=\"more\" open", "value=\"BIOS\" checked", "DIMM 2", "OptiPlex", "/bin/bash"]);
    let chosen = browser.get(&format!("{everything}?s=MEMORIES&s=officeplugin"));
    chosen.is(200).shows(&["DIMM 2", "Office 2016", "value=\"MEMORIES\" checked"]).hides(&["/bin/bash"]);
    chosen.hides(&["value=\"BIOS\" checked"]);
    browser.get(&format!("{everything}?s=NOTHING")).is(200).shows(&["Nothing here"]);
}

#[test]
fn con_pc_2_an_exported_inventory_is_imported_again_and_shows_the_same() {
    let (served, id) = office();
    let hostile = "<HARDWARE><NAME>ACC-PC-007</NAME><DESCRIPTION>&lt;b&gt; &amp; \"é\" ]]&gt; =1+1</DESCRIPTION></HARDWARE>\
                   <STORAGES><NAME>sda</NAME><SERIALNUMBER>S&#13;1</SERIALNUMBER></STORAGES>";
    served.run(served.office.inventory(DEVICE, &inventory("R&amp;D")));
    served.run(served.office.inventory(DEVICE, &inventory("R&amp;D").replace("<BIOS>", &format!("{hostile}<BIOS>"))));
    let mut browser = served.log_in("marie", Role::Technician);
    let file = browser.get(&format!("{}/inventory.xml", one(id)));
    assert_eq!(
        file.is(200).header("content-disposition"),
        format!("attachment; filename=\"computer-{id}-2026-11-20.xml\"")
    );
    file.shows(&["KEY-KEY", "Camille Perrin"]);

    let (second, _) = office_with(Served::new());
    let mut reader = second.log_in("boss2", Role::Admin);
    let gone = second.office.id(DEVICE).unwrap().0;
    reader.get(&one(gone));
    reader.post(&format!("{}/delete", one(gone)), &[("confirmed", "1")]).is(303);
    let source = Source { name: "a.xml".into(), made: None, accept_older: false };
    second.run(second.office.agents.import(file.body.clone().into_bytes(), source));
    assert_eq!(second.office.tag(DEVICE), served.office.tag(DEVICE));
    assert_eq!(second.office.everything(DEVICE), served.office.everything(DEVICE));
    let there = second.office.id(DEVICE).unwrap().0;
    let sections = |page: Page| page.body.split("class=\"section-content\"").nth(1).unwrap().to_owned();
    let here = sections(browser.get(&format!("{}/everything", one(id)))).replace(&one(id), "");
    assert_eq!(sections(reader.get(&format!("{}/everything", one(there)))).replace(&one(there), ""), here);

    // What a role may not see is in no file either.
    let mut user = served.log_in("paul", Role::User);
    let file = user.get(&format!("{}/inventory.xml", one(id)));
    file.is(200).shows(&["7XK2QJ3", "/bin/bash"]).hides(&["KEY-KEY", "Camille Perrin"]);
    user.get("/ocsreports/computers/999/inventory.xml").is(404);
}

/// A file without the identifier could not be imported.
#[test]
fn con_pc_2_a_computer_whose_identifier_cannot_be_read_is_no_file() {
    static HOT: Table<ComputerId, Vec<u8>> = Table::new("hot");
    static COLD: Table<ComputerId, Vec<u8>> = Table::new("cold");
    for table in [&HOT, &COLD] {
        let (served, id) = office();
        let spoil =
            move |app: &rollcall::app::App| app.write(move |w| w.put(table, ComputerId(id), &vec![7; 9])).unwrap();
        served.office.blocking(spoil);
        let mut browser = served.log_in("marie", Role::Admin);
        browser.get(&one(id)).is(200).shows(&["cannot be read"]);
        let file = browser.get(&format!("{}/inventory.xml", one(id)));
        file.is(409).shows(&["cannot be read"]).hides(&["<REQUEST>"]);
        assert!(served.audit().iter().all(|entry| entry.action != Action::Exported));
    }
}

#[test]
fn con_pc_8_an_inventory_is_requested_at_the_next_contact() {
    let (served, id) = office();
    served.office.set("FREQUENCY", "7");
    assert!(served.run(served.office.prolog(DEVICE)).contains("STOP"));
    let mut browser = served.log_in("marie", Role::Technician);
    browser.get(&one(id)).is(200).shows(&["Request an inventory"]);
    let done = browser.post(&format!("{}/request", one(id)), &[]);
    assert_eq!(done.location(), format!("{}?done=requested", one(id)));
    browser.get(done.location()).shows(&[
        "at its next contact",
        "marie requested an inventory",
        "Take the request back",
    ]);
    assert!(served.run(served.office.prolog(DEVICE)).contains("SEND"));
    browser.get(&format!("{}/contacts", one(id))).shows(&["was requested in the console"]);
    // It is asked until it answers, and not after that.
    assert!(served.run(served.office.prolog(DEVICE)).contains("SEND"));
    served.run(served.office.inventory(DEVICE, &inventory("COMPTA")));
    assert!(served.run(served.office.prolog(DEVICE)).contains("STOP"));
    browser.get(&one(id)).hides(&["requested an inventory"]);
    let entry = served.audit().remove(0);
    assert_eq!((entry.action, entry.object.as_str()), (Action::InventoryRequested, id.to_string().as_str()));
    let audit = served.log_in("boss2", Role::Admin).get("/ocsreports/log");
    audit.is(200).shows(&["Requested an inventory", &format!("href=\"{}\">ACC-PC-007", one(id))]);
    // It wins over "never", can be taken back, and outlives the program.
    served.office.set("FREQUENCY", "-1");
    browser.post(&format!("{}/request", one(id)), &[]).is(303);
    let again = rollcall::inventory::requested::Requested::load(&served.office.app.store.read().unwrap()).unwrap();
    assert!(again.holds(ComputerId(id)));
    assert!(served.run(served.office.prolog(DEVICE)).contains("SEND"));
    browser.post(&format!("{}/request", one(id)), &[("take-back", "1")]).is(303);
    assert!(served.run(served.office.prolog(DEVICE)).contains("STOP"));
    browser.post("/ocsreports/computers/999/request", &[]).is(404);
    let mut user = served.log_in("paul", Role::User);
    user.get(&one(id)).hides(&["Request an inventory"]).shows(&["Export XML"]);
    user.post(&format!("{}/request", one(id)), &[]).is(403);
}

#[test]
fn con_pc_8_a_computer_is_archived_restored_and_deleted_from_its_page() {
    let (served, id) = office();
    served.office.set("TRACE_DELETED", "1");
    let mut technician = served.log_in("marie", Role::Technician);
    technician.get(&one(id)).is(200).hides(&["/delete\""]);
    let done = technician.post(&format!("{}/archive", one(id)), &[]);
    technician.get(done.location()).is(200).shows(&[
        "is in the archive",
        "In the archive since 20\u{A0}Nov\u{A0}2026",
        "Restore",
    ]);
    technician.get("/ocsreports/computers").hides(&["ACC-PC-007"]);
    technician.post(&format!("{}/restore", one(id)), &[]).is(303);
    technician.get("/ocsreports/computers").shows(&["ACC-PC-007"]);
    technician.post(&format!("{}/delete", one(id)), &[("confirmed", "1")]).is(403);

    let mut browser = served.log_in("boss2", Role::Admin);
    browser.post(&format!("{}/request", one(id)), &[]).is(303);
    let asked = browser.post(&format!("{}/delete", one(id)), &[]);
    asked.is(200).shows(&["Delete 1 computer?", "ACC-PC-007", "cannot be brought back"]);
    assert_eq!(served.office.count(), 1, "nothing is done before it is confirmed");
    let done = browser.post(&format!("{}/delete", one(id)), &[("confirmed", "1")]);
    assert_eq!(done.location(), "/ocsreports/computers?done=delete&n=1");
    browser.get(done.location()).is(200).shows(&["1 computer was deleted."]);
    browser.get(&one(id)).is(404);
    browser.post(&format!("{}/delete", one(id)), &[("confirmed", "1")]).is(404);
    let read = served.office.app.store.read().unwrap();
    assert!(read.get(&DELETED, ComputerId(id)).unwrap().unwrap().trace);
    assert!(read.all(&rollcall::inventory::requested::REQUESTED).unwrap().is_empty(), "the request went with it");
    let actions: Vec<Action> = served.audit().iter().map(|entry| entry.action).collect();
    assert_eq!(actions[0], Action::ComputerDeleted);
    assert!(actions.contains(&Action::ComputerArchived) && actions.contains(&Action::ComputerRestored));
    assert!(served.office.differences().is_empty());
    // A limited account reaches none of it.
    let other = report(&served, "PC-2", &tag("LAB"));
    let mut lyon = limited(&served, "lyon", "LYON");
    for path in ["request", "archive", "restore"] {
        lyon.post(&format!("{}/{path}", one(other)), &[]).is(404);
    }
    lyon.get(&format!("{}/inventory.xml", one(other))).is(404);
}

#[test]
fn con_pc_9_the_last_contacts_are_told_with_decision_and_result() {
    let (served, id) = office();
    served.office.set("FREQUENCY", "1");
    served.office.clock.forward(3 * 3600);
    served.run(served.office.prolog(DEVICE));
    let mut browser = served.log_in("marie", Role::User);
    let path = format!("{}/contacts", one(id));
    browser.get(&path).is(200).shows(&[
        "Asked what to do",
        "No inventory wanted",
        "Not due: the last inventory was 3 hours ago, FREQUENCY is 1 day.",
        "192.168.50.7",
        "Brought an inventory",
        "Stored",
        "KB",
    ]);
    for _ in 0..30 {
        served.office.clock.forward(60);
        served.run(served.office.prolog(DEVICE));
    }
    let page = browser.get(&path);
    assert_eq!(page.body.matches("scope=\"row\"").count(), 20);
    page.hides(&["Brought an inventory"]);
}
