//! Files that a browser sends: inventories, and tables of administrative values (CON-IMP-1, CON-IMP-2, CON-ADM-4).

use std::io::{Cursor, Write};

use rollcall::history::Action;
use rollcall::history::imports::latest;
use rollcall::protocol::envelope::{self, Packing};
use rollcall::users::Role;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::story::DEVICE;
use super::{office, office_with};
use crate::browser::{Browser, Page, Served, parts};
use crate::office::inventory;

const IMPORT: &str = "/ocsreports/import";

fn file(device: &str, name: &str, more: &str) -> Vec<u8> {
    inventory(device, &format!("<HARDWARE><NAME>{name}</NAME>{more}</HARDWARE>")).into_bytes()
}

fn packed(text: &[u8]) -> Vec<u8> {
    envelope::seal(std::str::from_utf8(text).unwrap(), Packing::Zlib)
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn send(browser: &mut Browser, files: &[(&str, &[u8])]) -> Page {
    let files: Vec<(&str, &str, &[u8])> = files.iter().map(|(name, bytes)| ("files", *name, *bytes)).collect();
    browser.post_files(IMPORT, &[], &files)
}

/// The row of a file on the page of results.
fn row<'p>(page: &'p Page, file: &str) -> &'p str {
    let rows = page.body.split("<tr").find(|row| row.contains(&format!(">{file}<")) || row.contains(file));
    rows.unwrap_or_else(|| panic!("{file} is not on the page: {}", page.body))
}

/// Nothing that was sent is left on the disk.
fn nothing_left(served: &Served) {
    let folder = served.office.app.folder("uploads");
    let left = std::fs::read_dir(&folder).map_or(0, |entries| entries.count());
    assert_eq!(left, 0, "{}", folder.display());
}

#[test]
fn con_imp_1_each_file_says_what_became_of_it() {
    let (served, id) = office();
    let before = served.office.computer(DEVICE);
    let mut anne = served.log_in("anne", Role::Technician);
    anne.get(IMPORT).is(200).shows(&[
        "enctype=\"multipart/form-data\"",
        "500 at most",
        "50\u{A0}MB",
        "1\u{A0}GB",
        "multiple",
    ]);
    let new = file("USB-1-2026-01-02-03-04-05", "USB-1", "");
    let changed = file(DEVICE, "ACC-PC-007", "<MEMORY>32768</MEMORY>");
    let cut = packed(&new);
    let no_device = b"<?xml version=\"1.0\"?><REQUEST><CONTENT><HARDWARE><NAME>X</NAME></HARDWARE></CONTENT><QUERY>INVENTORY</QUERY></REQUEST>";
    let twice = archive(&[
        ("folder/a.ocs", &packed(&file("USB-2-2026-01-02-03-04-05", "USB-2", ""))),
        ("../../evil.ocs", &packed(&file("EVIL-2026-01-02-03-04-05", "EVIL", ""))),
        ("C:\\evil.xml", &new),
        ("read-me.txt", b"hello"),
    ]);
    let sent: [(&str, &[u8]); 7] = [
        ("C:\\stick\\usb 1.ocs", &packed(&new)),
        ("changed.xml", &changed),
        ("again.xml", &changed),
        ("note<b>.ocs", b"Dear colleague"),
        ("cut.ocs", &cut[..cut.len() - 20]),
        ("nobody.xml", no_device),
        ("stick.zip", &twice),
    ];
    let page = send(&mut anne, &sent);
    page.is(200).shows(&["Result of the import", "dt>Refused"]);
    let usb = served.office.id("USB-1-2026-01-02-03-04-05").unwrap();
    for (name, words) in [
        ("usb 1.ocs", vec!["New".to_owned(), format!("/ocsreports/computers/{usb}\"")]),
        ("changed.xml", vec!["Updated".to_owned(), format!("/ocsreports/computers/{id}\"")]),
        ("again.xml", vec!["Unchanged".to_owned(), format!("/ocsreports/computers/{id}\"")]),
        ("note&lt;b&gt;.ocs", vec!["Refused".to_owned(), "not an inventory.".to_owned()]),
        ("cut.ocs", vec!["Refused".to_owned(), "cut off: it ends at byte".to_owned()]),
        ("nobody.xml", vec!["Refused".to_owned(), "DEVICEID".to_owned()]),
        ("stick.zip/folder/a.ocs", vec!["New".to_owned(), "USB-2".to_owned()]),
        ("stick.zip/../../evil.ocs", vec!["Refused".to_owned(), "leads outside".to_owned()]),
        ("evil.xml", vec!["Refused".to_owned(), "leads outside".to_owned()]),
    ] {
        let row = row(&page, name);
        for word in words {
            assert!(row.contains(&word), "{name}: {word} is not in {row}");
        }
    }
    page.hides(&["C:\\stick", "read-me"]);
    assert!(served.office.id("EVIL-2026-01-02-03-04-05").is_none());
    assert_eq!(served.office.count(), 3);
    assert_eq!(served.office.column(DEVICE, "memory"), "32768");
    // CON-IMP-2: neither fidelity nor quality.
    let after = served.office.app.fleet.look().seen(rollcall::id::ComputerId(id)).unwrap();
    assert_eq!((after.fidelity, before.first_seen), (1, served.office.computer(DEVICE).first_seen));
    anne.get(&format!("/ocsreports/computers/{id}/contacts")).is(200).shows(&["Came as a file"]);
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::Imported).unwrap();
    assert!(entry.count == Some(7) && entry.object.contains("usb 1.ocs, changed.xml"), "{entry:?}");
    let kept = latest(&served.office.app.store.read().unwrap()).unwrap();
    assert_eq!(kept.len(), 9);
    anne.get(IMPORT).is(200).shows(&["changed.xml", "stick.zip/folder/a.ocs"]);
    anne.lang = "fr".into();
    anne.get(IMPORT).is(200).shows(&["Ce n’est pas un inventaire.", "Son nom mène hors de l’archive."]);
    nothing_left(&served);
}

#[test]
fn con_imp_1_an_older_file_is_refused_or_taken_by_choice() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(IMPORT).is(200);
    let older = file(DEVICE, "ACC-PC-007", "<MEMORY>1</MEMORY><LASTDATE>2020-01-02 03:04:05</LASTDATE>");
    let page = send(&mut boss, &[("old.ocs", &older)]);
    assert!(row(&page, "old.ocs").contains("A newer inventory"));
    assert_eq!(served.office.column(DEVICE, "memory"), "16384");
    let page = boss.post_files(IMPORT, &[("older", "1")], &[("files", "old.ocs", &older)]);
    assert!(row(&page, "old.ocs").contains("Updated"));
    assert_eq!(served.office.column(DEVICE, "memory"), "1");
}

#[test]
fn con_imp_1_a_computer_known_under_another_device_id_is_merged_into() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let bios = "<BIOS><SSN>7XK2QJ3</SSN></BIOS>";
    let new =
        inventory("ACC-PC-007-2026-11-02-03-04-05", &format!("<HARDWARE><NAME>ACC-PC-007</NAME></HARDWARE>{bios}"));
    served.office.set("AUTO_DUPLICATE_LVL", "3");
    let page = send(&mut boss, &[("new.xml", new.as_bytes())]);
    assert!(row(&page, "new.xml").contains("Merged"), "{}", page.body);
    assert_eq!(served.office.count(), 1);
    boss.get(&format!("/ocsreports/computers/{id}")).is(302);
}

#[test]
fn con_imp_1_more_files_than_allowed_and_none_at_all_bring_nothing() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let bytes = file("USB-1-2026-01-02-03-04-05", "USB-1", "");
    let many: Vec<(&str, &[u8])> = vec![("a.ocs", &bytes); 501];
    send(&mut boss, &many).is(422).shows(&["501 files were sent; 500 at most", "Latest files"]);
    send(&mut boss, &[]).is(422).shows(&["Please choose at least one file"]);
    // A browser sends the field without a name when nothing was chosen.
    send(&mut boss, &[("", b"")]).is(422).shows(&["Please choose at least one file"]);
    boss.post(IMPORT, &[("files", "a.ocs")]).is(422).shows(&["Please choose at least one file"]);
    assert_eq!(served.office.count(), 1);
    assert!(served.audit().iter().all(|entry| entry.action != Action::Imported));
    nothing_left(&served);
}

#[test]
fn con_imp_1_sizes_are_bounded_file_by_file_and_in_all() {
    let (served, _) = office_with(Served::with(false, |config| {
        config.limits.import_file = 20_000;
        config.limits.upload_whole = 100_000;
        config.limits.archive_entry = 100_000;
        config.limits.archive_whole = 200_000;
        config.limits.archive_entries = 100;
    }));
    let mut boss = served.log_in("marie", Role::Admin);
    let good = file("USB-1-2026-01-02-03-04-05", "USB-1", "");
    let bomb = archive(&[("bomb.xml", &[b' '; 200_000]), ("one.xml", &[b' '; 90_000]), ("two.xml", &[b' '; 90_000])]);
    assert!(bomb.len() < 2000, "it is a bomb");
    let crowd: Vec<(String, &[u8])> = (0..150).map(|n| (format!("{n}.xml"), &b"x"[..])).collect();
    let crowd: Vec<(&str, &[u8])> = crowd.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let crowd = archive(&crowd);
    let sent: [(&str, &[u8]); 4] =
        [("large.ocs", &[b'x'; 20_001]), ("bomb.zip", &bomb), ("crowd.zip", &crowd), ("good.ocs", &good)];
    let page = send(&mut boss, &sent);
    page.is(200);
    assert!(row(&page, "large.ocs").contains("larger than 20,000 bytes"));
    assert!(row(&page, "bomb.zip/bomb.xml").contains("larger than 100,000 bytes when it is unpacked"));
    assert!(row(&page, "main\">bomb.zip<").contains("more than 200,000 bytes"), "{}", page.body);
    assert!(row(&page, "crowd.zip").contains("more than 100 files"));
    assert!(row(&page, "good.ocs").contains("New"));
    let four: Vec<(&str, &[u8])> = vec![("a.ocs", &[b'x'; 19_000]); 20];
    send(&mut boss, &four).is(413).shows(&["larger than this form takes"]);
    nothing_left(&served);
}

#[test]
fn sec_31_archives_of_one_form_share_their_bounds() {
    let (served, _) = office_with(Served::with(false, |config| {
        config.limits.archive_entries = 100;
        config.limits.archive_whole = 100_000;
    }));
    let mut boss = served.log_in("marie", Role::Admin);
    let crowd = |count: usize, size: usize| {
        let bytes = vec![b'x'; size];
        let names: Vec<String> = (0..count).map(|n| format!("{n}.xml")).collect();
        archive(&names.iter().map(|name| (name.as_str(), &bytes[..])).collect::<Vec<_>>())
    };
    let (some, more, few, large) = (crowd(60, 1), crowd(41, 1), crowd(40, 1), crowd(1, 99_970));
    let sent: [(&str, &[u8]); 3] = [("some.zip", &some), ("more.zip", &more), ("few.zip", &few)];
    let page = send(&mut boss, &sent);
    assert!(row(&page, "main\">more.zip<").contains("sent together may hold 100 files in all"), "{}", page.body);
    page.shows(&["some.zip/59.xml", "few.zip/39.xml"]).hides(&["more.zip/0.xml"]);
    let page = send(&mut boss, &[("few.zip", &few), ("large.zip", &large), ("last.zip", &few)]);
    assert!(row(&page, "main\">large.zip<").contains("sent together may hold 100,000 bytes in all"), "{}", page.body);
    page.shows(&["few.zip/39.xml"]).hides(&["large.zip/0.xml"]);
    // By itself it is taken.
    send(&mut boss, &[("large.zip", &large)]).is(200).shows(&["large.zip/0.xml"]);
    nothing_left(&served);
}

#[test]
fn rel_8_a_full_disk_is_told_as_such_and_nothing_is_left() {
    let (served, _) = office_with(Served::with(false, |config| config.limits.free_space = 1 << 60));
    let mut boss = served.log_in("marie", Role::Admin);
    let bytes = file("USB-1-2026-01-02-03-04-05", "USB-1", "");
    let page = send(&mut boss, &[("a.ocs", &bytes)]);
    page.is(507).shows(&["The disk is full", "Nothing of what you sent was kept"]);
    assert_eq!(served.office.count(), 1);
    nothing_left(&served);
    boss.lang = "fr".into();
    send(&mut boss, &[("a.ocs", &bytes)]).is(507).shows(&["Le disque est plein"]);
}

#[test]
fn sec_54_files_are_taken_from_our_own_form_only() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let (token, bytes) = (boss.token.clone(), file("USB-1-2026-01-02-03-04-05", "USB-1", ""));
    let files: [(&str, &str, &[u8]); 1] = [("files", "a.ocs", &bytes)];
    boss.post_parts(IMPORT, parts(&[("token", &"0".repeat(64))], &files)).is(403);
    boss.post_parts(IMPORT, parts(&[], &files)).is(403);
    // The token behind the file: it was refused by then.
    let late = parts(&[], &files);
    let end = parts(&[("token", &token)], &[]);
    let late = [&late[..late.len() - crate::browser::BOUNDARY.len() - 6], &end].concat();
    boss.post_parts(IMPORT, late).is(403);
    // Another form than those for files takes none.
    boss.post_parts("/ocsreports/label", parts(&[("token", &token)], &files)).is(415);
    let mut user = served.log_in("paul", Role::User);
    user.post_files(IMPORT, &[], &files).is(403).shows(&["importing inventories"]);
    user.get(IMPORT).is(403);
    assert_eq!(served.office.count(), 1);
    nothing_left(&served);
}

#[test]
fn con_imp_1_a_form_that_ends_too_early_says_so_and_brings_nothing() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let bytes = file("USB-1-2026-01-02-03-04-05", "USB-1", "");
    let whole = parts(&[("token", &boss.token)], &[("files", "a.ocs", &bytes), ("files", "b.ocs", &bytes)]);
    for length in [whole.len() - 8, whole.len() / 2, whole.len() - bytes.len(), 300] {
        let page = boss.post_parts(IMPORT, whole[..length].to_vec());
        page.is(400).shows(&["ends too early or is damaged", "Nothing was changed"]);
    }
    // Headers without an end.
    let endless = format!("--{}\r\nX: {}", crate::browser::BOUNDARY, "y".repeat(300_000));
    assert!(matches!(boss.post_parts(IMPORT, endless.into_bytes()).status, 400 | 413));
    let text = "x".repeat(300_000);
    boss.post_parts(IMPORT, parts(&[("token", &boss.token), ("older", &text)], &[])).is(413);
    assert_eq!(served.office.count(), 1);
    nothing_left(&served);
}

#[test]
fn con_gen_4_who_sees_some_tags_only_does_not_learn_about_other_computers() {
    let (served, id) = office();
    let mut limited = served.limited("anne", Role::Technician, &["LYON*"]);
    limited.get(IMPORT).is(200);
    let other = file(DEVICE, "ACC-PC-007", "<MEMORY>2</MEMORY>");
    let page = send(&mut limited, &[("a.ocs", &other)]);
    page.is(200).shows(&["outside of your TAGs"]).hides(&["ACC-PC-007", &format!("/ocsreports/computers/{id}\"")]);
    limited.get(IMPORT).is(200).hides(&["ACC-PC-007", ">a.ocs<"]);
}

#[test]
fn con_adm_4_a_table_comes_as_a_file_and_goes_the_same_way_as_a_pasted_one() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let values = "/ocsreports/fields/import";
    boss.get(values).is(200).shows(&["type=\"file\"", "enctype=\"multipart/form-data\""]);
    // As spreadsheets of a French office save it.
    let mut bytes = b"Nom;Service\r\nACC-PC-007;Comptabilit\xE9\r\n".to_vec();
    let columns = boss.post_files(values, &[("step", "columns"), ("csv", "")], &[("file", "values.csv", &bytes)]);
    columns.is(200).shows(&["Service", "Comptabilité", "multipart/form-data"]);
    let csv = "Nom;Service\r\nACC-PC-007;Comptabilité\r\n";
    let chosen = [("csv", csv), ("key", "name"), ("first", "0"), ("second", "0"), ("column-1", "TAG")];
    let step = |step| [&[("step", step)], &chosen[..]].concat();
    boss.post_files(values, &step("preview"), &[]).is(200).shows(&["COMPTA", "Comptabilité", "Change 1 computer"]);
    assert_eq!(served.office.tag(DEVICE), "COMPTA");
    boss.post_files(values, &[&step("apply")[..], &[("computers", "1")]].concat(), &[]).is(200);
    assert_eq!(served.office.tag(DEVICE), "Comptabilité");
    boss.get(&format!("/ocsreports/computers/{id}")).shows(&["Comptabilité"]);
    // Larger than other forms may be; and too large.
    bytes.extend("x".repeat(300_000).into_bytes());
    boss.post_files(values, &[("step", "columns")], &[("file", "values.csv", &bytes)]).is(200).shows(&["Service"]);
    bytes.extend(vec![b'x'; 1 << 20]);
    boss.post_files(values, &[("step", "columns")], &[("file", "a.csv", &bytes)]).is(422).shows(&["at most 1 MB"]);
    let two: [(&str, &str, &[u8]); 2] = [("file", "a.csv", b"a;b\r\n1;2"), ("file", "b.csv", b"a;b\r\n1;2")];
    boss.post_files(values, &[("step", "columns")], &two).is(422).shows(&["one file"]);
    boss.post_files(values, &[("step", "columns")], &[("file", "none.csv", b"")]).is(422);
    let mut user = served.log_in("paul", Role::User);
    user.post_files(values, &[("step", "columns")], &two).is(403);
    nothing_left(&served);
}
