//! ACCOUNTINFO: who decides about the TAG. Protocol page, section 8.

use rollcall::accountinfo::{Account, What, store as accounts};
use rollcall::agent::Imported;
use rollcall::history::Outcome;
use rollcall::id::ComputerId;

use crate::office::{Office, UNIX, inventory};

const PC: &str = "pc-2026-02-03-08-15-42";

fn content(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("<ACCOUNTINFO><KEYNAME>{name}</KEYNAME><KEYVALUE>{value}</KEYVALUE></ACCOUNTINFO>")
    };
    format!("<HARDWARE><NAME>pc</NAME></HARDWARE>{}", pairs.iter().map(pair).collect::<String>())
}

/// Pairs of an ACCOUNT_UPDATE; `None` for NO_ACCOUNT_UPDATE.
fn told(text: &str) -> Option<Vec<(String, String)>> {
    let message = rollcall::protocol::xml::read(text, &rollcall::limits::Limits::default(), &|| false).unwrap();
    let pairs = message.head.iter().filter(|element| element.tag == "ACCOUNTINFO").map(|pair| {
        let value = |name| pair.value(name).unwrap_or_default().to_owned();
        (value("KEYNAME"), value("KEYVALUE"))
    });
    match message.head_value("RESPONSE") {
        Some("ACCOUNT_UPDATE") => Some(pairs.collect()),
        Some("NO_ACCOUNT_UPDATE") => None,
        other => panic!("{other:?}"),
    }
}

fn tag(value: &str) -> Option<Vec<(String, String)>> {
    Some(vec![("TAG".to_owned(), value.to_owned())])
}

fn what(office: &Office) -> What {
    let Outcome::Stored(stored) = office.contacts(PC).pop().unwrap().outcome else { panic!("nothing stored") };
    stored.account
}

fn change(office: &Office, id: ComputerId, row: Option<&str>) {
    let tag = row.map(str::to_owned);
    office.blocking(move |app| {
        let stored = tag.clone().map(|tag| Account { values: [("TAG".to_owned(), tag)].into(), ..Account::default() });
        app.write(move |w| match &stored {
            Some(row) => accounts::keep(w, id, row),
            None => {
                use rollcall::store::Write;
                w.remove(&accounts::ACCOUNTINFO, id)
            }
        })
        .unwrap();
        app.fleet.change(|index| index.set_tag(id, &tag.unwrap_or_default()));
    });
}

#[actix_web::test]
async fn a_new_computer_brings_its_tag_and_is_told_nothing() {
    let office = Office::new();
    let text = office.inventory(PC, &content(&[("TAG", "COMPTA"), ("fields_99", "x")])).await;
    assert_eq!((told(&text), office.tag(PC).as_str(), what(&office)), (None, "COMPTA", What::Taken));
    let row = office.app.read(|store| accounts::account(store, office.id(PC).unwrap())).unwrap().unwrap();
    assert_eq!(row.values.len(), 1, "unknown keys are left out: {row:?}");
}

#[actix_web::test]
async fn pitfall_59_a_computer_without_a_tag_is_na() {
    for content in [content(&[]), content(&[("TAG", "")])] {
        let office = Office::new();
        assert_eq!(told(&office.inventory(PC, &content).await), None);
        assert!(["NA", ""].contains(&office.tag(PC).as_str()), "{}", office.tag(PC));
    }
}

#[actix_web::test]
async fn pitfall_58_the_servers_tag_wins_and_the_agent_is_told_until_it_says_the_same() {
    let office = Office::new();
    office.inventory(PC, &content(&[("TAG", "COMPTA")])).await;
    assert_eq!(told(&office.inventory(PC, &content(&[("TAG", "COMPTA")])).await), None);
    assert_eq!(what(&office), What::Same);
    for sent in [&[("TAG", "OTHER")][..], &[], &[("TAG", "COMPTA"), ("fields_3", "x")], &[("TAG", "compta")]] {
        assert_eq!(told(&office.inventory(PC, &content(sent)).await), tag("COMPTA"), "{sent:?}");
        assert_eq!((office.tag(PC).as_str(), what(&office)), ("COMPTA", What::Told));
    }
    change(&office, office.id(PC).unwrap(), Some("SI\"<&>ÈGE"));
    assert_eq!(told(&office.inventory(PC, &content(&[("TAG", "COMPTA")])).await), tag("SI\"<&>ÈGE"));
    assert_eq!(told(&office.inventory(PC, &content(&[("TAG", "SI\"&lt;&amp;>ÈGE")])).await), None);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_59_a_lost_row_is_made_again_as_lost() {
    let office = Office::new();
    office.inventory(PC, &content(&[("TAG", "COMPTA")])).await;
    change(&office, office.id(PC).unwrap(), None);
    let pairs = [("TAG", "COMPTA"), ("fields_3", "2nd floor")];
    let echoed = told(&office.inventory(PC, &content(&pairs)).await).unwrap();
    assert!(
        echoed.contains(&("TAG".into(), "LOST".into())) && echoed.contains(&("fields_3".into(), "2nd floor".into()))
    );
    assert_eq!((office.tag(PC).as_str(), what(&office)), ("LOST", What::Lost));
    assert_eq!(told(&office.inventory(PC, &content(&[("TAG", "LOST")])).await), None);
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_merged_computer_keeps_the_tag_of_the_older_record_and_is_told() {
    let office = Office::new();
    let old = "old-2020-02-03-08-15-42";
    office.inventory(old, &content(&[("TAG", "SIEGE")])).await;
    let moved = format!("{}<OLD_DEVICEID>{old}</OLD_DEVICEID>", content(&[("TAG", "COMPTA")]));
    assert_eq!(told(&office.inventory(PC, &moved).await), tag("SIEGE"));
    assert_eq!((office.count(), office.tag(PC).as_str()), (1, "SIEGE"));
    // Without a row on the other side, the agent's own counts.
    let office = Office::new();
    office.inventory(old, &content(&[("TAG", "SIEGE")])).await;
    change(&office, office.id(old).unwrap(), None);
    assert_eq!(told(&office.inventory(PC, &moved).await), None);
    assert_eq!((office.tag(PC).as_str(), office.differences()), ("COMPTA", Vec::new()));
}

#[actix_web::test]
async fn with_the_option_the_agents_tag_is_taken_but_never_that_of_a_file() {
    let office = Office::new();
    office.inventory(PC, &content(&[("TAG", "COMPTA")])).await;
    office.set("ACCEPT_TAG_UPDATE_FROM_CLIENT", "1");
    assert_eq!(told(&office.inventory(PC, &content(&[("TAG", "SIEGE")])).await), None);
    assert_eq!((office.tag(PC).as_str(), what(&office)), ("SIEGE", What::Taken));
    assert_eq!(told(&office.inventory(PC, &content(&[])).await), tag("SIEGE"));
    let file = office.import(inventory(PC, &content(&[("TAG", "OLD")])).as_bytes()).await;
    assert!(matches!(file, Imported::Unchanged(_) | Imported::Updated(_)), "{file:?}");
    assert_eq!(office.tag(PC), "SIEGE");
    assert_eq!(office.differences(), Vec::<String>::new());
}

/// Administrative data are not part of what is recognised: a changed TAG in an unchanged inventory is seen.
#[actix_web::test]
async fn a_changed_tag_in_an_unchanged_inventory_is_noticed() {
    let office = Office::new();
    office.inventory(PC, &content(&[("TAG", "A")])).await;
    let (status, text) = office.say(UNIX, &inventory(PC, &content(&[("TAG", "B")]))).await;
    assert_eq!((status, told(&text), office.written(PC)), (200, tag("A"), 0));
}
