//! Whether an information file that was fetched is the right one. A rule without network.

use crate::deployment::info;
use crate::deployment::package::Package;
use crate::limits::Limits;
use crate::protocol::xml;

use super::Trouble;

/// Most bytes of an information file.
pub const LONGEST: usize = 64 << 10;

/// An attribute that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// Its value there; empty where it is missing.
    pub found: String,
    /// Its value in the record.
    pub wanted: String,
}

/// Compares what was fetched with the record. How it is spelled does not matter, what it says does.
///
/// # Errors
/// [`Trouble::NoInfo`], [`Trouble::OtherInfo`]
pub fn judge(package: &Package, fetched: &[u8]) -> Result<(), Trouble> {
    let wanted = info::info(package);
    if fetched == wanted.as_bytes() {
        return Ok(());
    }
    let text = std::str::from_utf8(fetched).map_err(|_| Trouble::NoInfo)?;
    let found = attributes(text).ok_or(Trouble::NoInfo)?;
    let wanted = attributes(&wanted).unwrap_or_default();
    let of = |list: &[(String, String)], name: &str| {
        list.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let names = wanted.iter().chain(found.iter().filter(|(name, _)| wanted.iter().all(|(known, _)| known != name)));
    let differences = names.filter_map(|(name, _)| {
        let (found, wanted) = (of(&found, name), of(&wanted, name));
        (found != wanted).then(|| Difference { name: name.clone(), found, wanted })
    });
    let differences: Vec<Difference> = differences.take(20).collect();
    if differences.is_empty() { Ok(()) } else { Err(Trouble::OtherInfo(differences)) }
}

/// The attributes of the one element `DOWNLOAD`.
fn attributes(text: &str) -> Option<Vec<(String, String)>> {
    let text = text.trim().strip_prefix('\u{feff}').unwrap_or(text.trim());
    if !text.starts_with("<DOWNLOAD") {
        return None;
    }
    let around = format!("<R><CONTENT>{text}</CONTENT></R>");
    let message = xml::read(&around, &Limits::default(), &|| false).ok()?;
    let [element] = message.content.as_slice() else { return None };
    let known = |name: &str| element.value(name).map(|value| (name.to_owned(), value.to_owned()));
    let names = [
        "ID",
        "PRI",
        "ACT",
        "DIGEST",
        "PROTO",
        "FRAGS",
        "DIGEST_ALGO",
        "DIGEST_ENCODE",
        "NAME",
        "COMMAND",
        "PATH",
        "NOTIFY_USER",
        "NOTIFY_TEXT",
        "NOTIFY_COUNTDOWN",
        "NOTIFY_CAN_ABORT",
        "NOTIFY_CAN_DELAY",
        "NEED_DONE_ACTION",
        "NEED_DONE_ACTION_TEXT",
    ];
    Some(names.into_iter().filter_map(known).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::package;
    use super::*;

    #[test]
    fn con_dep_9_what_an_information_file_says_counts_and_not_how_it_is_spelled() {
        let (package, _) = package();
        let text = info::info(&package);
        assert_eq!(judge(&package, text.as_bytes()), Ok(()));
        let spelled = text.trim_end().replace("\" ", "\"\r\n  ").replace(" />", "/>");
        assert_eq!(judge(&package, spelled.as_bytes()), Ok(()));
        let differing = |from: &str, to: &str| match judge(&package, text.replace(from, to).as_bytes()) {
            Err(Trouble::OtherInfo(found)) => {
                found.into_iter().map(|one| format!("{} {} {}", one.name, one.found, one.wanted)).collect()
            }
            other => vec![format!("{other:?}")],
        };
        assert_eq!(differing("PRI=\"5\"", "PRI=\"4\""), ["PRI 4 5"]);
        assert_eq!(differing("FRAGS=\"3\" ", ""), ["FRAGS  3"]);
        assert_eq!(differing(" PATH=", " COMMAND="), ["PATH  /opt/tool", "COMMAND /opt/tool "]);
        for other in [&b""[..], b"<html><body>Welcome</body></html>", b"\xFF\xFE", b"<DOWNLOAD", b"<DOWNLOADS/>"] {
            assert!(matches!(judge(&package, other), Err(Trouble::NoInfo | Trouble::OtherInfo(_))), "{other:?}");
        }
        assert_eq!(judge(&package, b"<html><body>Welcome</body></html>"), Err(Trouble::NoInfo));
        assert_eq!(judge(&package, format!("{text}{text}").as_bytes()), Err(Trouble::NoInfo));
    }
}
