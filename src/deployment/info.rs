//! The information file of a package: what agents fetch first.
//!
//! One element on one line, attributes in double quotes and in a fixed order, because Android agents search it by
//! position. Source: agent protocol page, section 12.3.

use super::package::Package;
use crate::protocol::reply::escape;

/// The text of the file.
pub fn info(package: &Package) -> String {
    let switch = |on: bool| if on { "1" } else { "0" }.to_owned();
    let archive = package.archive.as_ref();
    let algorithm = archive.map_or_else(|| package.system.algorithm(), |archive| archive.algorithm);
    let notify = package.notify.clone().unwrap_or_default();
    let countdown = package.notify.as_ref().map(|notify| notify.countdown.to_string()).unwrap_or_default();
    let attributes: [(&str, String); 17] = [
        ("ID", package.id.to_string()),
        ("PRI", package.priority.to_string()),
        ("ACT", package.action.word().to_owned()),
        ("DIGEST", archive.map(|archive| archive.digest.clone()).unwrap_or_default()),
        ("PROTO", package.protocol.word().to_owned()),
        ("FRAGS", package.fragments().to_string()),
        ("DIGEST_ALGO", algorithm.word().to_owned()),
        ("DIGEST_ENCODE", "Hexa".to_owned()),
        (package.action.attribute(), package.argument.clone()),
        ("NOTIFY_USER", switch(package.notify.is_some())),
        ("NOTIFY_TEXT", notify.text),
        ("NOTIFY_COUNTDOWN", countdown),
        ("NOTIFY_CAN_ABORT", switch(notify.can_abort)),
        ("NOTIFY_CAN_DELAY", switch(notify.can_delay)),
        ("NEED_DONE_ACTION", switch(package.done.is_some())),
        ("NEED_DONE_ACTION_TEXT", package.done.clone().unwrap_or_default()),
        // The last attribute that means something must not be the last one.
        ("GARDEFOU", "rien".to_owned()),
    ];
    let mut text = String::from("<DOWNLOAD");
    for (name, value) in &attributes {
        text.extend([" ", name, "=\""]);
        attribute(&mut text, value);
        text.push('"');
    }
    text.push_str(" />\n");
    text
}

/// What ends an attribute or a line is escaped: the file is one line whatever people typed.
fn attribute(into: &mut String, value: &str) {
    let mut escaped = String::with_capacity(value.len());
    escape(&mut escaped, value);
    into.push_str(&escaped.replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;"));
}

#[cfg(test)]
mod tests {
    use super::super::package::{Action, Algorithm, Archive, Notify, PackageId, Protocol, System};
    use super::*;
    use crate::clock::Timestamp;

    fn package() -> Package {
        Package {
            id: PackageId(1_700_000_001),
            name: "Tool".into(),
            description: String::new(),
            system: System::Windows,
            protocol: Protocol::Http,
            priority: 5,
            action: Action::Execute,
            argument: "setup.exe /S".into(),
            archive: Some(Archive {
                size: 10,
                fragments: 2,
                fragment: 5,
                algorithm: Algorithm::Sha256,
                digest: "a41f3a38".into(),
                sha256: "a41f3a38".into(),
            }),
            notify: None,
            done: None,
            made: Timestamp(1_700_000_001),
            by: "admin".into(),
        }
    }

    #[test]
    fn attributes_stand_in_the_order_that_android_agents_search() {
        assert_eq!(
            info(&package()),
            "<DOWNLOAD ID=\"1700000001\" PRI=\"5\" ACT=\"EXECUTE\" DIGEST=\"a41f3a38\" PROTO=\"HTTP\" FRAGS=\"2\" \
             DIGEST_ALGO=\"SHA256\" DIGEST_ENCODE=\"Hexa\" COMMAND=\"setup.exe /S\" NOTIFY_USER=\"0\" NOTIFY_TEXT=\"\" \
             NOTIFY_COUNTDOWN=\"\" NOTIFY_CAN_ABORT=\"0\" NOTIFY_CAN_DELAY=\"0\" NEED_DONE_ACTION=\"0\" \
             NEED_DONE_ACTION_TEXT=\"\" GARDEFOU=\"rien\" />\n"
        );
    }

    #[test]
    fn each_action_has_its_attribute_and_a_command_alone_no_fragments() {
        let command = Package { archive: None, system: System::Linux, ..package() };
        let text = info(&command);
        assert!(text.contains(" DIGEST=\"\" PROTO=\"HTTP\" FRAGS=\"0\" DIGEST_ALGO=\"MD5\" "), "{text}");
        for (action, attribute) in [(Action::Launch, " NAME=\""), (Action::Store, " PATH=\"")] {
            let text = info(&Package { action, ..package() });
            assert!(text.contains(attribute) && !text.contains("COMMAND"), "{text}");
        }
    }

    #[test]
    fn texts_of_people_cannot_leave_their_attribute() {
        let text = info(&Package {
            argument: "a \"b\" & <c>\r\n\0d".into(),
            notify: Some(Notify { text: "Now?\nYes".into(), countdown: 30, can_abort: true, can_delay: false }),
            done: Some("Restart \"it\"".into()),
            ..package()
        });
        assert_eq!(text.lines().count(), 1);
        let around = format!("<R><CONTENT>{text}</CONTENT></R>");
        let message =
            crate::protocol::xml::read(&around, &crate::limits::Limits::default(), &|| false).expect("it is good XML");
        let element = &message.content[0];
        assert_eq!(element.value("COMMAND"), Some("a \"b\" & <c>\r\nd"));
        assert_eq!(element.value("NOTIFY_TEXT"), Some("Now?\nYes"));
        assert_eq!(element.value("NOTIFY_COUNTDOWN"), Some("30"));
        assert_eq!(element.value("NEED_DONE_ACTION_TEXT"), Some("Restart \"it\""));
    }
}
