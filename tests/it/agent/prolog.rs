//! PROLOG: the decision, its reasons, and what a visit leaves behind. Protocol page, section 3.

use proptest::prelude::*;
use rollcall::clock::Timestamp;
use rollcall::history::{Kind, Outcome};
use rollcall::prolog::{Decision, Why};

use super::recognition::run;
use crate::office::{NOON, Office, UNIX, inventory, prolog};

const PC: &str = "pc-2026-02-03-08-15-42";
const HARDWARE: &str = "<HARDWARE><NAME>pc</NAME></HARDWARE>";
const DAY: i64 = Timestamp::DAY;

/// What an answer says, in a word.
fn word(text: &str) -> &'static str {
    let options = text.contains("<OPTION>");
    match (text.contains("<RESPONSE>SEND</RESPONSE>"), text.contains("<RESPONSE>STOP</RESPONSE>")) {
        (true, false) if options => "send",
        (false, true) if options => "stop",
        (false, true) => "break",
        _ => panic!("{text}"),
    }
}

fn value(text: &str, tag: &str) -> String {
    let (_, rest) = text.split_once(&format!("<{tag}>")).expect(tag);
    rest.split_once("</").unwrap().0.to_owned()
}

async fn known(age: i64) -> Office {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    office.clock.forward(age);
    office
}

#[actix_web::test]
async fn the_decision_table_of_a_known_computer() {
    for (general, own, age, expected) in [
        ("0", None, 1, "send"),
        ("-1", None, 100 * DAY, "break"),
        ("7", None, 8 * DAY, "send"),
        ("7", None, 7 * DAY, "stop"),
        ("7", None, 7 * DAY + 1, "send"),
        ("1", None, 60, "stop"),
        ("7", Some("30"), 8 * DAY, "stop"),
        ("7", Some("0"), 1, "send"),
        ("7", Some("-1"), 100 * DAY, "break"),
        // Pitfall 39: the incumbent does not look at own values when the general one is 0 or -1.
        ("0", Some("30"), 8 * DAY, "stop"),
        ("-1", Some("7"), 8 * DAY, "send"),
    ] {
        let office = known(age).await;
        office.set("FREQUENCY", general);
        if let Some(own) = own {
            office.set_own(office.id(PC).unwrap(), "FREQUENCY", own);
        }
        assert_eq!(word(&office.prolog(PC).await), expected, "{general} {own:?} {age}");
    }
}

#[actix_web::test]
async fn a_stranger_is_asked_and_nothing_is_created() {
    for (frequency, expected) in [("0", "send"), ("7", "send"), ("-1", "break")] {
        let office = Office::new();
        office.set("FREQUENCY", frequency);
        for _ in 0..3 {
            assert_eq!(word(&office.prolog(PC).await), expected, "{frequency}");
        }
        assert_eq!((office.count(), office.id(PC)), (0, None));
        assert_eq!(office.differences(), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn pitfall_40_break_has_no_option_and_every_other_answer_has_download() {
    let office = known(60).await;
    for (frequency, download) in [("0", true), ("7", true), ("-1", false)] {
        office.set("FREQUENCY", frequency);
        let text = office.prolog(PC).await;
        assert_eq!(text.contains("<NAME>DOWNLOAD</NAME>"), download, "{text}");
        assert_eq!(text.contains("TYPE=\"CONF\" ON=\"0\""), download, "{text}");
        assert!(!value(&text, "PROLOG_FREQ").is_empty());
    }
}

#[actix_web::test]
async fn pitfall_41_prolog_freq_is_the_own_value_else_the_general_one_and_never_0() {
    let office = known(60).await;
    let id = office.id(PC).unwrap();
    assert_eq!(value(&office.prolog(PC).await, "PROLOG_FREQ"), "24");
    office.set("PROLOG_FREQ", "6");
    assert_eq!(value(&office.prolog(PC).await, "PROLOG_FREQ"), "6");
    office.set_own(id, "PROLOG_FREQ", "2");
    assert_eq!(value(&office.prolog(PC).await, "PROLOG_FREQ"), "2");
    assert_eq!(value(&office.prolog("other-2026-02-03-08-15-42").await, "PROLOG_FREQ"), "6");
    // A database that was imported may hold 0.
    let zero = rollcall::options::store::StoredValue {
        value: rollcall::options::Value::Number(0),
        by: String::new(),
        at: NOON,
    };
    office.blocking(move |app| {
        app.write(move |w| {
            rollcall::options::store::set_own(w, id, "PROLOG_FREQ", Some(&zero))?;
            rollcall::options::store::set(w, "PROLOG_FREQ", &zero)
        })
        .unwrap();
        app.options.reload(&app.store.read().unwrap()).unwrap();
    });
    let sent: u32 = value(&office.prolog(PC).await, "PROLOG_FREQ").parse().unwrap();
    assert!(sent >= 1);
}

#[actix_web::test]
async fn inventory_on_startup_follows_the_own_value_also_when_it_is_0() {
    let office = known(60).await;
    assert_eq!(value(&office.prolog(PC).await, "INVENTORY_ON_STARTUP"), "1");
    office.set_own(office.id(PC).unwrap(), "INVENTORY_ON_STARTUP", "0");
    assert_eq!(value(&office.prolog(PC).await, "INVENTORY_ON_STARTUP"), "0");
    office.set("INVENTORY_ON_STARTUP", "0");
    assert_eq!(value(&office.prolog("other-2026-02-03-08-15-42").await, "INVENTORY_ON_STARTUP"), "0");
}

#[actix_web::test]
async fn quality_and_fidelity_are_worked_out_from_the_row_as_it_was() {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    let seen = || office.app.fleet.look().seen(office.id(PC).unwrap()).unwrap();
    assert_eq!((seen().quality, seen().fidelity), (None, 1), "an inventory counts no visit");
    office.clock.forward(2 * DAY);
    office.prolog(PC).await;
    assert_eq!((seen().quality, seen().fidelity, seen().last_contact), (Some(2.0), 2, NOON.plus(2 * DAY)));
    office.clock.forward(DAY);
    office.inventory(PC, HARDWARE).await;
    assert_eq!((seen().quality, seen().fidelity), (Some(2.0), 2), "an inventory leaves both");
    assert_eq!(seen().last_contact, NOON.plus(3 * DAY), "and counts as a contact");
    office.clock.forward(5 * DAY);
    let (status, _) = office.say("OCS-NG_WINDOWS_AGENT_v99.0", &prolog(PC)).await;
    assert_eq!((status, seen().quality, seen().fidelity), (200, Some(3.0), 3));
    assert_eq!(seen().agent, "OCS-NG_WINDOWS_AGENT_v99.0");
}

#[actix_web::test]
async fn pitfall_43_quality_of_a_long_sleeper_fits_its_column() {
    let office = known(27 * 365 * DAY).await;
    office.prolog(PC).await;
    let seen = office.app.fleet.look().seen(office.id(PC).unwrap()).unwrap();
    assert!(seen.quality.is_some_and(|quality| quality < 1000.0), "{:?}", seen.quality);
}

#[actix_web::test]
async fn visits_are_written_with_the_next_flush() {
    use rollcall::store::Read;
    let office = known(DAY).await;
    office.prolog(PC).await;
    let id = office.id(PC).unwrap();
    let stored = || office.app.read(|store| store.get(&rollcall::inventory::store::SEEN, id)).unwrap().unwrap();
    assert_eq!(stored().fidelity, 1);
    office.blocking(|_| office.agents.flush_visits()).unwrap();
    office.blocking(|_| office.agents.flush_contacts()).unwrap();
    assert_eq!((stored().fidelity, stored().last_contact), (2, NOON.plus(DAY)));
    let contacts = office.app.read(|store| rollcall::history::store::contacts(store, id)).unwrap();
    assert_eq!(contacts.len(), 2);
}

#[actix_web::test]
async fn contacts_say_what_was_decided_and_why() {
    let office = Office::new();
    office.prolog(PC).await;
    office.inventory(PC, HARDWARE).await;
    office.prolog(PC).await;
    office.set("FREQUENCY", "7");
    office.clock.forward(3600);
    office.prolog(PC).await;
    office.clock.forward(8 * DAY);
    office.prolog(PC).await;
    office.set("FREQUENCY", "-1");
    office.prolog(PC).await;
    let contacts = office.contacts(PC);
    let decided: Vec<Decision> = contacts
        .iter()
        .filter_map(|contact| match &contact.outcome {
            Outcome::Decided(decision) => Some(*decision),
            _ => None,
        })
        .collect();
    let age = |seconds| Why::Age { seconds, days: 7 };
    assert_eq!(
        decided,
        [
            Decision::Send(Why::Unknown),
            Decision::Send(Why::Always),
            Decision::Stop(age(3600)),
            Decision::Send(age(8 * DAY + 3600)),
            Decision::Break,
        ]
    );
    assert_eq!(contacts[0].kind, Kind::Prolog, "the visit before the first inventory is kept");
    assert_eq!(contacts[1].kind, Kind::Inventory);
    assert_eq!(contacts[0].address, Some([192, 168, 50, 7].into()));
}

/// A computer whose LASTDATE lies in the future was silent for years.
#[actix_web::test]
async fn rel_10_a_clock_that_was_set_back_silences_nobody() {
    for back in [3600, 2 * DAY, 10 * 365 * DAY] {
        let office = Office::new();
        office.set("FREQUENCY", "7");
        office.inventory(PC, HARDWARE).await;
        office.clock.forward(-back);
        let expected = if back > DAY { "send" } else { "stop" };
        assert_eq!(word(&office.prolog(PC).await), expected, "{back}");
        office.inventory(PC, HARDWARE).await;
        assert_eq!(office.computer(PC).last_date, NOON.plus(-back));
        assert_eq!(word(&office.prolog(PC).await), "stop", "{back}");
        assert_eq!(office.differences(), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rel_10_no_jump_of_the_clock_disturbs_anything(jumps in proptest::collection::vec(prop_oneof![
        Just(-3600_i64), Just(3600), Just(-10 * 365 * DAY), Just(20 * 365 * DAY), -DAY..DAY], 1..8))
    {
        run(async {
            let office = Office::new();
            office.set("FREQUENCY", "1");
            office.set("INVENTORY_SESSION_ONLY", "1");
            for jump in jumps {
                // Records hold times from 1970 to 2106.
                let to = office.clock.now().0 + jump;
                if !(10 * 365 * DAY..130 * 365 * DAY).contains(&to) {
                    continue;
                }
                office.clock.forward(jump);
                let text = office.prolog(PC).await;
                if word(&text) == "send" {
                    let (status, _) = office.say(UNIX, &inventory(PC, HARDWARE)).await;
                    assert_eq!(status, 200, "the session holds");
                    assert_eq!(word(&office.prolog(PC).await), "stop");
                }
            }
            let device = inventory("new-2026-02-03-08-15-42", HARDWARE);
            office.set("INVENTORY_SESSION_ONLY", "0");
            assert_eq!(office.say(UNIX, &device).await.0, 200, "newcomers are let in");
            assert_eq!(office.differences(), Vec::<String>::new());
        });
    }
}
