//! What real agents do, one by one, where no other test here carries the name of the pitfall.

use std::io::Read;

use rollcall::agent::Caller;
use rollcall::history::Outcome;
use rollcall::protocol::envelope::{self, Packing};

use crate::office::{NOON, Office, UNIX, clear, inventory, prolog};

const PC: &str = "pc-2026-02-03-08-15-42";
const HARDWARE: &str = "<HARDWARE><NAME>pc</NAME></HARDWARE>";

fn described(text: &str) -> String {
    inventory(PC, &format!("<HARDWARE><NAME>pc</NAME><DESCRIPTION>{text}</DESCRIPTION></HARDWARE>"))
}

/// Android agents post gzip and want gzip back, whatever the headers say.
#[actix_web::test]
async fn pitfall_02_gzip_is_answered_with_gzip() {
    let office = Office::new();
    for text in [prolog(PC), inventory(PC, HARDWARE)] {
        let caller = Caller { content_type: Some("text/plain".into()), ..office.caller("OCS-NG_Android_agent_v2.7") };
        let answer = office.agents.post(envelope::seal(&text, Packing::Gzip), caller).await;
        assert_eq!((answer.status, &answer.body[..3]), (200, &[0x1f, 0x8b, 8][..]));
        let mut plain = String::new();
        flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut plain).unwrap();
        assert!(plain.contains("<RESPONSE>"), "{plain}");
    }
}

#[actix_web::test]
async fn pitfall_03_the_content_type_of_a_request_means_nothing() {
    let office = Office::new();
    for content_type in
        [None, Some(""), Some("application/x-compress"), Some("text/html"), Some("multipart/form-data"), Some("\u{1}")]
    {
        for packing in [Packing::Zlib, Packing::Gzip, Packing::Plain] {
            let caller = Caller { content_type: content_type.map(str::to_owned), ..office.caller(UNIX) };
            let answer = office.agents.post(envelope::seal(&inventory(PC, HARDWARE), packing), caller).await;
            assert_eq!(answer.status, 200, "{content_type:?} {packing:?}");
        }
    }
}

/// A program in another language that got each of these wrong received no inventory.
#[actix_web::test]
async fn pitfall_14_an_answer_is_a_whole_stream_with_one_root_and_exact_words() {
    let office = Office::new();
    for (text, word) in [(prolog(PC), "SEND"), (inventory(PC, HARDWARE), "NO_ACCOUNT_UPDATE")] {
        let answer = office.post(UNIX, &envelope::seal(&text, Packing::Zlib)).await;
        assert_eq!(&answer.body[..2], [0x78, 0x9c], "pitfall 5: FusionInventory looks at these two bytes");
        let (mut plain, mut decoder) = (String::new(), flate2::read::ZlibDecoder::new(answer.body.as_slice()));
        decoder.read_to_string(&mut plain).unwrap();
        assert_eq!(decoder.total_in(), answer.body.len() as u64, "nothing before or after it");
        assert!(plain.starts_with("<?xml version='1.0' encoding='UTF-8'?>\n<REPLY>\n"), "{plain}");
        assert!(plain.ends_with("</REPLY>\n") && plain.contains(&format!("<RESPONSE>{word}</RESPONSE>")), "{plain}");
        assert_eq!(plain, clear(&answer));
    }
}

#[actix_web::test]
async fn pitfall_16_control_characters_of_firmware_are_dropped() {
    for sent in ["KVM\0G5610", "KVM&#0;G5610", "KVM\u{ffff}G5610", "KVM&#xFFFF;\u{1b}G5610", "KVM&#xD800;G5610"] {
        let office = Office::new();
        assert_eq!(office.say(UNIX, &described(sent)).await.0, 200, "{sent:?}");
        assert_eq!(office.column(PC, "description"), "KVMG5610", "{sent:?}");
    }
}

#[actix_web::test]
async fn pitfall_18_an_ampersand_that_begins_nothing_is_an_ampersand() {
    for (sent, stored) in [("R&D", "R&D"), ("a & b", "a & b"), ("&nbsp;", "&nbsp;"), ("&amp;amp;", "&amp;"), ("&", "&")]
    {
        let office = Office::new();
        assert_eq!(office.say(UNIX, &described(sent)).await.0, 200, "{sent}");
        assert_eq!(office.column(PC, "description"), stored);
    }
}

#[actix_web::test]
async fn pitfall_19_declarations_come_in_every_shape() {
    let rest = prolog(PC).split_once("?>\n").unwrap().1.to_owned();
    for declaration in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>",
        "<?xml version =\"1.0\" encoding =\"UTF-8\"?>",
        "<?xml version='1.0' encoding='utf-8'?>",
        "<?xml version=\"1.0\" encoding=\"NONSENSE\"?>",
        "<?xml version=\"1.0\"?>\n<!-- made by hand -->",
        "",
        "\n\n  ",
    ] {
        let office = Office::new();
        assert_eq!(office.say(UNIX, &format!("{declaration}{rest}")).await.0, 200, "{declaration}");
    }
}

#[actix_web::test]
async fn pitfall_23_text_where_fields_are_expected_and_fields_where_text_is_are_kept() {
    let office = Office::new();
    let content = format!(
        "{HARDWARE}<VERSIONCLIENT>GLPI-Agent_v1.12</VERSIONCLIENT><PRINTERS>just text</PRINTERS>\
         <DATABASES_SERVICES><NAME>m</NAME><DATABASES><TABLES><T><N>1</N></T></TABLES></DATABASES></DATABASES_SERVICES>"
    );
    office.inventory(PC, &content).await;
    assert_eq!(office.cell(PC, "VERSIONCLIENT", "VERSIONCLIENT").as_deref(), Some("GLPI-Agent_v1.12"));
    assert_eq!(office.cell(PC, "PRINTERS", "").as_deref(), Some("just text"));
    assert_eq!(office.cell(PC, "DATABASES_SERVICES", "DATABASES/TABLES/T/N").as_deref(), Some("1"));
}

#[actix_web::test]
async fn pitfall_24_line_breaks_at_the_ends_are_dropped_and_those_inside_stay() {
    let office = Office::new();
    let (status, _) = office.say(UNIX, &described("\n line 1\n line 2\n").replace(PC, &format!("\n{PC}\n"))).await;
    assert_eq!((status, office.column(PC, "description").as_str()), (200, "line 1\n line 2"));
}

#[actix_web::test]
async fn pitfall_25_text_beyond_the_16_bit_range_is_kept() {
    let office = Office::new();
    for sent in ["😀 𝒳", "&#x1F600; &#119987;"] {
        office.say(UNIX, &described(sent)).await;
        assert_eq!(office.column(PC, "description"), "😀 𝒳");
    }
}

#[actix_web::test]
async fn pitfall_26_values_that_look_like_attacks_are_stored_as_they_are() {
    for sent in ["Sleep (2.0)", "=(x)", "if(1,2,3)", "benchmark(1)", "' OR '1'='1", "${x}", "=1+1", "@SUM(A1)"] {
        let office = Office::new();
        office.inventory(PC, &format!("{HARDWARE}<SOFTWARES><NAME>{sent}</NAME></SOFTWARES>")).await;
        assert_eq!(office.cell(PC, "SOFTWARES", "NAME").as_deref(), Some(sent));
    }
}

#[actix_web::test]
async fn pitfall_30_identifiers_of_another_form_are_refused() {
    let office = Office::new();
    for device in ["0123456789ABCDEF_e0:2c:aa:bb:cc:dd", "pc", "pc-2026-02-03"] {
        assert_eq!(office.say(UNIX, &prolog(device)).await.0, 400);
        assert_eq!(office.say(UNIX, &inventory(device, HARDWARE)).await.0, 400);
    }
    assert_eq!(office.count(), 0);
}

/// A laptop whose agent makes itself a new identifier at each dock and undock.
#[actix_web::test]
async fn pitfall_31_one_laptop_stays_one_row_through_many_identifiers() {
    let office = Office::new();
    let content = "<HARDWARE><NAME>laptop</NAME></HARDWARE><BIOS><SSN>CZC1</SSN></BIOS>\
        <NETWORKS><MACADDR>02:00:5E:10:00:07</MACADDR></NETWORKS><ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>RH</KEYVALUE></ACCOUNTINFO>";
    for n in 0..12 {
        let device = format!("laptop-2026-02-{:02}-08-15-42", n + 1);
        office.prolog(&device).await;
        office.inventory(&device, content).await;
        assert_eq!((office.count(), office.tag(&device).as_str()), (1, "RH"));
        assert_eq!(office.computer(&device).first_seen, NOON);
        office.clock.forward(3600);
    }
    assert_eq!(office.differences(), Vec::<String>::new());
}

/// Cloned disks carry the same identifier: two machines overwrite each other in turn, and somebody must be told.
#[actix_web::test]
async fn pitfall_33_another_machine_under_the_same_identifier_is_marked() {
    let office = Office::new();
    let machine = |serial: &str, mac: &str| {
        format!(
            "<HARDWARE><NAME>pc-1</NAME><UUID>u-{serial}</UUID></HARDWARE><BIOS><SSN>{serial}</SSN></BIOS>\
             <NETWORKS><MACADDR>{mac}</MACADDR></NETWORKS>"
        )
    };
    let conflict = |office: &Office| match office.contacts(CLONE).last().map(|contact| contact.outcome.clone()) {
        Some(Outcome::Stored(stored)) => stored.conflict,
        other => panic!("{other:?}"),
    };
    office.inventory(CLONE, &machine("S1", "02:00:5E:10:00:01")).await;
    assert!(!conflict(&office));
    office.inventory(CLONE, &machine("S2", "02:00:5E:10:00:01")).await;
    assert!(!conflict(&office), "a new board keeps the card");
    office.inventory(CLONE, &machine("S3", "02:00:5E:10:00:03")).await;
    assert!(conflict(&office));
    assert_eq!(office.count(), 1);
}

const CLONE: &str = "clone-2026-02-03-08-15-42";
