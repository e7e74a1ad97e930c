//! "Who is on what" (CON-AGT-3): agents, last errors, and addresses that do not get through over HTTPS.

use std::net::IpAddr;

use rollcall::clock::Timestamp;
use rollcall::tls::Failed;
use rollcall::users::Role;

use super::{office, office_with};
use crate::browser::{Page, Served};
use crate::office::{NOON, inventory};

const WHO: &str = "/ocsreports/agents/who";
const OLD: &str = "OCS-NG_WINDOWS_AGENT_v1.4.0.6";

fn fails(served: &Served, address: &str, kind: Failed, at: Timestamp) {
    served.office.app.handshakes.failed(address.parse::<IpAddr>().unwrap(), kind, at);
}

/// A computer with an address of its own and a TAG.
fn computer(served: &Served, name: &str, address: &str, tag: &str) -> u32 {
    let content = format!(
        "<HARDWARE><NAME>{name}</NAME><IPADDR>{address}</IPADDR></HARDWARE>\
         <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
    );
    let device = format!("{name}-2026-01-02-03-04-05");
    assert_eq!(served.run(served.office.say(OLD, &inventory(&device, &content))).0, 200);
    served.office.id(&device).unwrap().0
}

/// What a link says that leads to an address.
fn number(page: &Page, href: &str) -> Option<String> {
    let at = page.body.find(&format!("href=\"{}\"", href.replace('&', "&amp;")))?;
    let rest = &page.body[at..];
    let count = rest.split("data-count=\"").nth(1)?;
    (rest.find("data-count")? < 200).then(|| count.split('"').next().unwrap().to_owned())
}

#[test]
fn con_agt_3_the_page_counts_agents_and_last_errors_and_each_number_leads_to_its_computers() {
    let (served, id) = office();
    let other = computer(&served, "STOCK-02", "10.0.0.8", "STOCK");
    let mut anne = served.log_in("anne", Role::Technician);
    let page = anne.get(WHO);
    page.is(200).shows(&[
        "OCS-NG_unified_unix_agent_v2.10.0",
        OLD,
        "No agent ended with an error",
        "HTTPS is not served",
    ]);
    anne.get(&format!("/ocsreports/computers?agent={OLD}")).is(200).shows(&["STOCK-02"]).hides(&["ACC-PC-007"]);

    // Nobody asked for this one.
    served.office.set("INVENTORY_SESSION_ONLY", "1");
    let again = inventory(super::DEVICE, &super::inventory("COMPTA"));
    assert_eq!(served.run(served.office.say(crate::office::UNIX, &again)).0, 403);
    fails(&served, "10.0.0.8", Failed::Authority, NOON);
    let page = anne.get(WHO);
    page.is(200).shows(&["INVENTORY_SESSION_ONLY", "Could not verify the certificate"]);
    let (session, certificate) = ("/ocsreports/computers?error=no-session", "/ocsreports/computers?error=certificate");
    assert_eq!((number(&page, session), number(&page, certificate)), (Some("1".into()), Some("1".into())));
    anne.get(session).is(200).shows(&["ACC-PC-007", "Last error of the agent"]).hides(&["STOCK-02"]);
    anne.get(certificate).is(200).shows(&["STOCK-02", "could not verify"]).hides(&["ACC-PC-007"]);
    // The computer says so itself.
    anne.get(&format!("/ocsreports/computers/{other}")).is(200).shows(&["At 10.0.0.8 an agent could not verify"]);
    anne.get(&format!("/ocsreports/computers/{id}")).is(200).hides(&["could not verify"]);

    // After a PROLOG the same is stored, and the error is over.
    served.run(served.office.prolog(super::DEVICE));
    assert_eq!(served.run(served.office.say(crate::office::UNIX, &again)).0, 200);
    let page = anne.get(WHO);
    assert_eq!(number(&page, session), None);
    anne.get(session).is(200).hides(&["ACC-PC-007"]);
    served.log_in("paul", Role::User).get(WHO).is(403);
}

#[test]
fn con_agt_3_addresses_are_listed_with_the_reason_their_computers_and_what_to_do() {
    let (served, _) = office_with(Served::secure());
    let stock = computer(&served, "STOCK-02", "10.0.0.8", "STOCK");
    computer(&served, "STOCK-03", "10.0.0.9", "STOCK");
    computer(&served, "STOCK-04", "10.0.0.9", "STOCK");
    let mut anne = served.log_in("anne", Role::Technician);
    anne.get(WHO).is(200).shows(&["Nobody turns away"]);
    for (address, kind) in [
        ("10.0.0.8", Failed::Authority),
        ("::ffff:10.0.0.8", Failed::Authority),
        ("10.0.0.9", Failed::Closed),
        ("10.7.7.7", Failed::Left),
        ("10.7.7.8", Failed::Old),
        ("10.7.7.9", Failed::Plain),
    ] {
        fails(&served, address, kind, NOON);
    }
    let rows = |page: &Page| page.is(200).body.matches("scope=\"row\"").count();
    let only = |page: &Page| page.body.split("id=\"addresses\"").nth(1).unwrap().to_owned();
    let page = anne.get(WHO);
    page.shows(&["10.0.0.8", "STOCK-02", "Does not know the authority", "cacert.pem of the agent kit"]);
    page.shows(&["10.7.7.7", "No known computer", "/ocsreports/agents/kit", "/ocsreports/help/certificates"]);
    page.shows(&[&format!("href=\"/ocsreports/computers/{stock}\"")]).hides(&["10.7.7.8", "10.7.7.9"]);
    assert!(only(&page).contains("STOCK-02") && !only(&page).contains("STOCK-03"), "several are a number");
    let several = "/ocsreports/computers?address=10.0.0.9&show=all";
    assert_eq!(number(&page, several), Some("2".into()));
    anne.get(several).shows(&["STOCK-03", "STOCK-04", "Known under 10.0.0.9"]).hides(&["STOCK-02"]);
    assert_eq!(number(&page, &format!("{WHO}?kind=old")), Some("1".into()));
    anne.get(&format!("{WHO}?kind=old")).shows(&["10.7.7.8"]).hides(&["10.7.7.7", "10.0.0.8"]);
    assert_eq!(
        rows(&anne.get(&format!("{WHO}?kind=all&q=10.7"))) - rows(&anne.get(&format!("{WHO}?kind=all&q=nothing"))),
        3
    );

    // It works again: off the list, with its time among those that do.
    served.office.app.handshakes.worked("10.0.0.8".parse().unwrap(), NOON.plus(60));
    assert!(!only(&anne.get(WHO)).contains("10.0.0.8"));
    anne.get(&format!("{WHO}?kind=settled")).shows(&["10.0.0.8", "STOCK-02"]).hides(&["10.7.7.7"]);
    anne.get(&format!("/ocsreports/computers/{stock}")).is(200).hides(&["could not verify"]);
    let csv = anne.get("/ocsreports/agents/who.csv?kind=all&sort=address");
    csv.is(200).shows(&["10.0.0.8", "10.7.7.9", "Plain HTTP on the HTTPS port"]);
    anne.lang = "fr".into();
    anne.get(WHO).is(200).shows(&["Qui en est où", "Parti sans un mot"]);
}

#[test]
fn con_agt_3_who_sees_some_tags_sees_neither_other_computers_nor_their_addresses() {
    let (served, _) = office();
    computer(&served, "STOCK-02", "10.0.0.8", "STOCK");
    computer(&served, "LAB-01", "10.0.0.9", "LAB");
    computer(&served, "STOCK-03", "10.0.0.9", "STOCK");
    for address in ["10.0.0.8", "10.0.0.9", "10.7.7.7"] {
        fails(&served, address, Failed::Authority, NOON);
    }
    let mut limited = served.limited("lea", Role::Technician, &["LAB"]);
    let page = limited.get(WHO);
    page.is(200).shows(&["10.0.0.9", "LAB-01"]).hides(&["10.0.0.8", "10.7.7.7", "STOCK", "unified_unix"]);
    assert_eq!(number(&page, "/ocsreports/computers?error=certificate"), Some("1".into()));
    limited.get("/ocsreports/computers?error=certificate").shows(&["LAB-01"]).hides(&["STOCK"]);
    limited.get("/ocsreports/computers?address=10.0.0.9").shows(&["LAB-01"]).hides(&["STOCK"]);
    limited.get("/ocsreports/agents/who.csv?kind=all").is(200).shows(&["LAB-01"]).hides(&["10.0.0.8", "10.7.7.7"]);
}
