//! Packages are built by task, looked at, fetched by agents, and removed.

use std::io::{Cursor, Read, Write};

use rollcall::deployment::actions;
use rollcall::deployment::affectation::{Activation, ActivationId, Affectation, State};
use rollcall::deployment::package::PackageId;
use rollcall::history::Action;
use rollcall::id::ComputerId;
use rollcall::users::Role;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::mass::send;
use super::office_with;
use crate::agent::download::{entry, packaged};
use crate::browser::{Browser, Page, Served};
use crate::office::NOON;

const LIST: &str = "/ocsreports/deploy";
const NEW: &str = "/ocsreports/deploy/new";
const REMOVED: &str = "/ocsreports/deploy/removed";
/// The number of the first package of these tests: the second in which it is built.
const FIRST: u32 = NOON.0 as u32;

fn office() -> (Served, u32) {
    office_with(Served::with(true, |config| config.limits.free_space = 0))
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What a form of a task sends besides what a test is about.
pub fn with<'a>(task: &'a str, system: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("task", task), ("system", system), ("protocol", "HTTP"), ("priority", "5")];
    fields.extend_from_slice(more);
    fields
}

/// From the form to the package: what the information file says, and the address of its page.
fn built(served: &Served, browser: &mut Browser, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> (String, String) {
    let files: Vec<(&str, &str, &[u8])> = files.iter().map(|(name, bytes)| ("file", *name, *bytes)).collect();
    let check = browser.post_files(NEW, fields, &files);
    check.is(200).shows(&["Look once more"]);
    let done = send(browser, NEW, &check, &[]);
    done.is(303);
    let page = done.location().split('?').next().unwrap().to_owned();
    browser.get(done.location()).is(200).shows(&["The package is built"]);
    let id = page.rsplit('/').next().unwrap();
    (fetched(served, &format!("/download/{id}/info")).body, page)
}

/// A file as agents fetch it.
fn fetched(served: &Served, path: &str) -> Page {
    let page = served.secure_browser().get(path);
    page.is(200);
    page
}

fn attribute<'t>(info: &'t str, name: &str) -> &'t str {
    let (_, rest) = info.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name} is not in {info}"));
    rest.split('"').next().unwrap()
}

/// The files of an archive with what is in them.
fn unpacked(bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    if bytes.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        return (0..archive.len())
            .map(|at| {
                let mut file = archive.by_index(at).unwrap();
                let mut content = Vec::new();
                file.read_to_end(&mut content).unwrap();
                (file.name().unwrap().into_owned(), content)
            })
            .collect();
    }
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(Cursor::new(bytes)));
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(entry.header().mode().unwrap() & 0o111, 0o111, "it can be run");
        (entry.path().unwrap().display().to_string(), content)
    });
    files.collect()
}

#[test]
fn con_dep_1_the_page_offers_the_tasks_of_each_system() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let page = boss.get(LIST);
    page.is(200).shows(&["No package has been built yet", "Deployment is off", "Switch it on", NEW]);
    let tasks = boss.get(NEW);
    tasks.is(200).shows(&["Install an MSI", "PowerShell script", "Shell script", "Update the agent", "Custom"]);
    for (task, asks, not) in [
        (
            "msi&system=WINDOWS",
            vec!["name=\"file\"", "value=\"/qn /norestart\"", "4\u{a0}GB", "name=\"notify\""],
            "script",
        ),
        ("batch&system=WINDOWS", vec!["name=\"script\"", "name=\"file\"", "name=\"run\""], "command"),
        ("shell&system=LINUX", vec!["name=\"script\"", "as root"], "notify"),
        ("uninstall&system=WINDOWS", vec!["name=\"product\"", "name=\"command\""], "file"),
        ("command&system=MAC", vec!["name=\"command\""], "file"),
        ("custom&system=LINUX", vec!["name=\"action\"", "name=\"argument\"", "name=\"file\""], "notify"),
    ] {
        let form = boss.get(&format!("{NEW}?task={task}"));
        form.is(200).shows(&asks).hides(&[&format!("name=\"{not}\"")]);
        // CON-DEP-2: the usual values, the option's protocol among them.
        form.shows(&["value=\"HTTPS\" selected", "value=\"5\" selected"]);
    }
    for bad in ["?task=msi&system=LINUX", "?task=dance&system=WINDOWS", "?task=msi"] {
        boss.get(&format!("{NEW}{bad}")).is(404);
    }
}

#[test]
fn con_dep_1_and_3_each_task_builds_what_its_agents_fetch() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let msi: &[(&str, &[u8])] = &[("My Tool.msi", b"MSI")];
    let archive = zipped(&[("sub/setup.exe", b"x"), ("Setup.exe", b"EXE"), ("data.cab", b"CAB")]);
    let brought: &[(&str, &[u8])] = &[("tool.zip", &archive)];
    let two: &[(&str, &[u8])] = &[("a b.txt", b"A"), ("c.txt", b"C")];
    type Case<'a> =
        (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [(&'a str, &'a [u8])], &'a str, &'a [(&'a str, &'a str)]);
    let table: &[Case] = &[
        (
            "msi",
            "WINDOWS",
            &[("arguments", "/qn")],
            msi,
            "EXECUTE COMMAND=msiexec.exe /i &quot;My_Tool.msi&quot; /qn",
            &[("My_Tool.msi", "MSI")],
        ),
        (
            "exe",
            "WINDOWS",
            &[("run", "setup.exe"), ("arguments", "/S")],
            brought,
            "LAUNCH NAME=setup.exe /S",
            &[("sub/setup.exe", "x"), ("Setup.exe", "EXE"), ("data.cab", "CAB")],
        ),
        (
            "batch",
            "WINDOWS",
            &[("script", "echo é\nexit /b 3")],
            &[],
            "EXECUTE COMMAND=cmd.exe /c call &quot;install.bat&quot;",
            &[("install.bat", "echo é\r\nexit /b 3\r\n")],
        ),
        (
            "powershell",
            "WINDOWS",
            &[("script", "Write-Output 'é'")],
            &[],
            "EXECUTE COMMAND=powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File &quot;install.ps1&quot;",
            &[("install.ps1", "\u{feff}Write-Output 'é'\r\n")],
        ),
        (
            "shell",
            "LINUX",
            &[("script", "echo a\r\necho b"), ("arguments", "-v")],
            &[],
            "EXECUTE COMMAND=./install.sh -v",
            &[("install.sh", "#!/bin/sh\necho a\necho b\n")],
        ),
        (
            "shell",
            "MAC",
            &[],
            &[("go on.sh", b"#!/bin/zsh\n")],
            "EXECUTE COMMAND=./go_on.sh",
            &[("go_on.sh", "#!/bin/zsh\n")],
        ),
        ("store", "LINUX", &[("path", "/opt/x")], two, "STORE PATH=/opt/x", &[("a b.txt", "A"), ("c.txt", "C")]),
        (
            "uninstall",
            "WINDOWS",
            &[("product", "90160000-008c-0000-0000-0000000ff1ce")],
            &[],
            "EXECUTE COMMAND=msiexec.exe /x {90160000-008C-0000-0000-0000000FF1CE} /qn /norestart",
            &[],
        ),
        (
            "agent",
            "WINDOWS",
            &[("arguments", "/S /UPGRADE")],
            &[("OCS-Agent.exe", b"A")],
            "LAUNCH NAME=OCS-Agent.exe /S /UPGRADE",
            &[("OCS-Agent.exe", "A")],
        ),
        ("command", "LINUX", &[("command", "systemctl restart x")], &[], "EXECUTE COMMAND=systemctl restart x", &[]),
        (
            "custom",
            "WINDOWS",
            &[("action", "LAUNCH"), ("argument", "\"Set up.exe\" /S")],
            &[("Set up.exe", b"E")],
            "LAUNCH NAME=&quot;Set up.exe&quot; /S",
            &[("Set up.exe", "E")],
        ),
    ];
    for (n, (task, system, more, files, order, content)) in (0..).zip(table) {
        let name = format!("Tool {n}");
        let mut fields = with(task, system, more);
        fields.push(("name", &name));
        let (info, page) = built(&served, &mut boss, &fields, files);
        let id = page.rsplit('/').next().unwrap();
        assert_eq!(id, (FIRST + n).to_string(), "the next second that is free");
        let argument = order.split([' ', '=']).nth(1).unwrap();
        assert_eq!(format!("{} {argument}={}", attribute(&info, "ACT"), attribute(&info, argument)), *order, "{task}");
        assert_eq!((attribute(&info, "ID"), attribute(&info, "PROTO"), attribute(&info, "PRI")), (id, "HTTP", "5"));
        assert_eq!(attribute(&info, "FRAGS"), if content.is_empty() { "0" } else { "1" });
        let shown = boss.get(&page);
        shown.is(200).shows(&["https://srv-ocs:", &format!("/download/{id}/info"), "not activated yet"]);
        if !content.is_empty() {
            let fragment = fetched(&served, &format!("/download/{id}/{id}-1")).bytes;
            let found = unpacked(fragment.clone());
            let found: Vec<_> =
                found.iter().map(|(name, bytes)| (name.as_str(), std::str::from_utf8(bytes).unwrap())).collect();
            assert_eq!(found, *content, "{task}");
            shown.shows(&[attribute(&info, "DIGEST"), content[0].0, "1 fragment"]);
            // SEC-24
            let file = boss.get(&format!("{page}/archive"));
            assert_eq!(file.bytes, fragment);
            let end = if *system == "WINDOWS" { "zip" } else { "tar.gz" };
            assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"package-{id}.{end}\""));
            assert_eq!(file.header("content-type"), "application/octet-stream");
            assert_eq!(file.header("x-content-type-options"), "nosniff");
        } else {
            boss.get(&format!("{page}/archive")).is(404);
        }
    }
    let made = served.audit().into_iter().filter(|entry| entry.action == Action::PackageBuilt).count();
    assert_eq!(made, table.len());
    boss.get(LIST).is(200).shows(&["11 packages", "Tool 10", "Tool 0"]);
    nothing_left(&served);
}

/// Nothing of a form is left on the disk.
fn nothing_left(served: &Served) {
    let folder = served.office.app.folder("uploads");
    let left = std::fs::read_dir(&folder).map_or(0, |entries| entries.count());
    assert_eq!(left, 0, "{}", folder.display());
}

#[test]
fn con_dep_4_fragments_are_chosen_with_their_number_and_time() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    // What no compressor makes smaller.
    let mut dice = 7_u32;
    let noise: Vec<u8> = (0..300_000)
        .map(|_| {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (dice >> 24) as u8
        })
        .collect();
    let fields = with("exe", "WINDOWS", &[("name", "Noise")]);
    let check = boss.post_files(NEW, &fields, &[("file", "noise.exe", &noise)]);
    // 6 turns at priority 5: two in each period of 10 cycles of 60 s, 10 s after each fragment.
    check.is(200).shows(&["64\u{a0}KB: 5 fragments, about 32 minutes", "128\u{a0}KB: 3 fragments, about 21 minutes"]);
    check.shows(&["1 fragment, about 11 minutes", "data-slider"]);
    let done = send(&mut boss, NEW, &check, &[("fragment", "65536")]);
    let page = done.location().split('?').next().unwrap().to_owned();
    boss.get(&page).is(200).shows(&["5 fragments, about 32 minutes"]);
    let id = FIRST;
    let whole: Vec<u8> = (1..=5).flat_map(|n| fetched(&served, &format!("/download/{id}/{id}-{n}")).bytes).collect();
    assert_eq!(unpacked(whole), [("noise.exe".to_owned(), noise)]);
    // Where the option says so nobody is asked.
    served.office.set("DOWNLOAD_ACTIVATE_FRAG", "1");
    served.office.set("DOWNLOAD_RATIO_FRAG", "1");
    let check = boss.post_files(NEW, &with("exe", "WINDOWS", &[("name", "Auto")]), &[("file", "a.exe", b"MZ")]);
    check.is(200).shows(&["as the option DOWNLOAD_ACTIVATE_FRAG says", "1 fragment"]).hides(&["data-slider"]);
    send(&mut boss, NEW, &check, &[]).is(303);
    // The usual size is that of the option.
    served.office.set("DOWNLOAD_PROTOCOL", "HTTP");
    boss.get(&format!("{NEW}?task=exe&system=WINDOWS")).shows(&["value=\"HTTP\" selected"]);
}

#[test]
fn con_dep_2_a_priority_that_blocks_or_is_never_reached_is_said() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let command = |priority| {
        vec![
            ("task", "command"),
            ("system", "LINUX"),
            ("name", "X"),
            ("protocol", "HTTPS"),
            ("command", "true"),
            ("priority", priority),
        ]
    };
    boss.post(NEW, &command("0")).is(200).shows(&["stops all other packages"]);
    served.office.set("DOWNLOAD_PERIOD_LENGTH", "5");
    boss.post(NEW, &command("5")).is(200).hides(&["never fetch it", "stops all other"]);
    let check = boss.post(NEW, &command("6"));
    check.is(200).shows(&["Agents would never fetch it", "5 cycles"]);
    // Back to the form with everything that was typed.
    send(&mut boss, NEW, &check, &[("change", "1")]).is(200).shows(&["value=\"true\"", "value=\"6\" selected"]);
    let done = send(&mut boss, NEW, &check, &[]);
    boss.get(done.location()).is(200).shows(&["Agents would never fetch it"]);
}

#[test]
fn con_dep_2_and_3_what_cannot_be_built_says_why_and_keeps_what_was_typed() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let bad = zipped(&[("../evil.exe", b"x")]);
    let good = zipped(&[("sub/tool.exe", b"x")]);
    let one = |name: &'static str, bytes: &'static [u8]| vec![("file", name, bytes)];
    type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, Vec<(&'a str, &'a str, &'a [u8])>, &'a str);
    let table: [Case; 9] = [
        ("exe", vec![("name", "T")], vec![], "Choose a file."),
        ("exe", vec![("name", "")], one("a.exe", b"x"), "Give a name"),
        (
            "exe",
            vec![("name", "T"), ("run", "tool.exe")],
            vec![("file", "a.zip", &good)],
            "The archive holds no such file",
        ),
        (
            "exe",
            vec![("name", "T"), ("run", "sub/tool.exe")],
            vec![("file", "a.zip", &good)],
            "must not lie in a folder",
        ),
        ("exe", vec![("name", "T"), ("run", "evil.exe")], vec![("file", "a.zip", &bad)], "leads out of the folder"),
        ("exe", vec![("name", "T")], one("a.zip", b"no archive"), "cannot be read as zip"),
        ("exe", vec![("name", "T")], vec![("file", "a.exe", b"x"), ("file", "b.exe", b"y")], "choose 1 at most"),
        ("batch", vec![("name", "T"), ("script", "x")], one("a.bat", b"x"), "not both"),
        (
            "custom",
            vec![("name", "T"), ("action", "LAUNCH"), ("argument", "b.exe")],
            one("a.exe", b"x"),
            "LAUNCH needs a file",
        ),
    ];
    for (task, more, files, said) in table {
        let page = boss.post_files(NEW, &with(task, "WINDOWS", &more), &files);
        page.is(422).shows(&[said]);
    }
    assert!(served.office.app.board.look().packages.is_empty());
    // A file that came with a wrong form is there for the next try.
    let again = boss.post_files(NEW, &with("exe", "WINDOWS", &[("name", " ")]), &[("file", "kept.exe", b"KEPT")]);
    again.is(422).shows(&["kept.exe", "is here already"]);
    let check = send(&mut boss, NEW, &again, &[("name", "Kept"), ("protocol", "HTTP"), ("priority", "5")]);
    check.is(200).shows(&["Look once more", "kept.exe"]);
    // Nobody else's.
    let mut other = served.log_in("paul", Role::Admin);
    other.get(LIST).is(200);
    send(&mut other, NEW, &check, &[]).is(422).shows(&["not on the server any more"]);
    let done = send(&mut boss, NEW, &check, &[]);
    done.is(303);
    // Sent twice, it is built once.
    send(&mut boss, NEW, &check, &[]).is(422).shows(&["not on the server any more"]);
    let taken = boss.post_files(NEW, &with("exe", "WINDOWS", &[("name", "kEPT")]), &[("file", "x.exe", b"x")]);
    taken.is(422).shows(&["Another package has this name"]);
}

#[test]
fn con_dep_6_limit_and_free_disk_are_said_and_kept() {
    let change = |config: &mut rollcall::config::Config| {
        config.limits.free_space = 0;
        config.limits.package_file = 1000;
    };
    let (served, _) = office_with(Served::with(true, change));
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(&format!("{NEW}?task=exe&system=WINDOWS"))
        .is(200)
        .shows(&["At most 1,000\u{a0}bytes", "free on the server"]);
    let large = boss.post_files(NEW, &with("exe", "WINDOWS", &[("name", "T")]), &[("file", "a.exe", &[7; 1001])]);
    large.is(422).shows(&["larger than 1,000\u{a0}bytes"]);
    let much = boss.post_files(NEW, &with("exe", "WINDOWS", &[("name", "T")]), &[("file", "a.exe", &[7; 600_000])]);
    much.is(413);
    nothing_left(&served);
}

/// A package with an activation and this many affected computers, the first of which is done.
fn affected(served: &Served, package: u32, ids: &[u32]) -> ActivationId {
    let activation = packaged(&served.office, package);
    let ids: Vec<ComputerId> = ids.iter().copied().map(ComputerId).collect();
    served.office.blocking(|app| {
        let new = Affectation { at: NOON, by: "marie".into(), ..Affectation::default() };
        actions::affect(&app.store, &app.board, ids.clone(), activation, new, |_, _| Ok(true), entry()).unwrap();
        let first = State::of("SUCCESS");
        let stored = actions::result(&app.store, &app.board, ids[0], PackageId(package), first, NOON).unwrap();
        stored.wait().unwrap();
    });
    activation
}

/// Computers with the TAGs LYON and SIEGE in turn; their numbers.
fn staffed(served: &Served) -> Vec<u32> {
    let device = |n| format!("pc-{n}-2026-01-02-03-04-05");
    for n in 0..4 {
        let tag = ["LYON", "SIEGE"][n % 2];
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
        );
        served.run(served.office.inventory(&device(n), &content));
    }
    (0..4).map(|n| served.office.id(&device(n)).unwrap().0).collect()
}

#[test]
fn con_dep_7_the_list_counts_what_the_reader_sees() {
    let (served, _) = office();
    let ids = staffed(&served);
    affected(&served, 1_700_000_001, &ids);
    let mut boss = served.log_in("marie", Role::Admin);
    let row = |page: &Page| {
        let row = page.body.split("<tr").find(|row| row.contains("Tool 1700000001")).expect("its row").to_owned();
        let cells: Vec<String> = row
            .split("</td>")
            .map(|cell| cell.trim_end_matches("</a>").rsplit('>').next().unwrap().to_owned())
            .collect();
        cells
    };
    let cols = "?cols=name,id,system,priority,fragments,size,activations,waiting,notified,success,error";
    let cells = row(&boss.get(&format!("{LIST}{cols}")));
    assert_eq!(cells[1..10], ["Linux", "5", "3", "147", "1", "3", "0", "1", "0"]);
    let mut lyon = served.limited("lyon", Role::User, &["LYON"]);
    let page = lyon.get(&format!("{LIST}{cols}"));
    page.is(200).hides(&["Build a package", "Switch it on"]);
    assert_eq!(row(&page)[6..10], ["1", "0", "1", "0"]);
    let page = lyon.get("/ocsreports/deploy/1700000001");
    page.is(200).shows(&["2 computers are affected", "ocs.example.net/download"]).hides(&["Delete", "/archive"]);
    let csv = boss.get(&format!("{LIST}.csv{cols}"));
    csv.is(200).shows(&[
        "\"Size (KB)\"",
        "\"Tool 1700000001\",\"1700000001\",\"Linux\",\"5\",\"3\",\"147\",\"1\",\"3\",\"0\",\"1\",\"0\"",
    ]);
}

#[test]
fn con_dep_11_a_package_goes_with_everything_after_its_numbers() {
    let (served, _) = office();
    let ids = staffed(&served);
    affected(&served, FIRST, &ids);
    served.office.blocking(|app| {
        let activation = Activation {
            id: ActivationId::default(),
            package: PackageId(FIRST),
            info: "other.example.net/download".into(),
            fragments: "other.example.net/download".into(),
            at: NOON,
            by: "marie".into(),
            ..Activation::default()
        };
        actions::activate(&app.store, &app.board, activation, entry()).unwrap();
    });
    let mut boss = served.log_in("marie", Role::Admin);
    let page = format!("{LIST}/{FIRST}");
    let delete = format!("{page}/delete");
    boss.get(&page).is(200).shows(&["Delete the package"]);
    let asked = boss.post(&delete, &[]);
    asked.is(200).shows(&["2 activations", "4 computers are affected", "take it back from 4 computers"]);
    boss.get(&page).is(200);
    // Meanwhile it is taken back from one: the number is asked for again.
    served.office.blocking(|app| {
        let what = actions::Unaffect {
            activations: app.board.look().activations_of(PackageId(FIRST)),
            phases: rollcall::deployment::affectation::Phase::ALL.into(),
            computers: Some(vec![ComputerId(ids[3])]),
        };
        actions::unaffect(&app.store, &app.board, what, entry()).unwrap();
    });
    let asked = send(&mut boss, &delete, &asked, &[]);
    asked.is(200).shows(&["3 computers are affected"]);
    // Who does not see all of its computers cannot take it from them.
    let mut lyon = served.limited("lyon", Role::Admin, &["LYON"]);
    lyon.get(&page).is(200);
    lyon.post(&delete, &[("confirmed", "2.2")]).is(200).shows(&["computers that your account does not show"]);
    assert!(served.office.app.board.look().packages.contains_key(&PackageId(FIRST)));
    let done = send(&mut boss, &delete, &asked, &[]);
    assert_eq!((done.status, done.location()), (303, "/ocsreports/deploy?done=removed"));
    boss.get(done.location()).is(200).shows(&["The package is removed", "No package has been built yet"]);
    boss.get(&page).is(404);
    served.secure_browser().get(&format!("/download/{FIRST}/{FIRST}-1")).is(404);
    assert!(!served.office.app.packages.root().join(FIRST.to_string()).exists());
    let inner = served.office.app.board.look();
    assert!(inner.packages.is_empty() && inner.activations.is_empty() && inner.affectations.is_empty());
    drop(inner);
    boss.get(REMOVED).is(200).shows(&[&format!("Tool {FIRST}"), "1 package"]);
    let gone = served.audit().into_iter().find(|entry| entry.action == Action::PackageDeleted).unwrap();
    assert_eq!(gone.count, Some(3));
    // Its number is in the history of agents, and is not given again.
    let fields = with("command", "LINUX", &[("name", "Next"), ("command", "true")]);
    let check = boss.post(NEW, &fields);
    let done = send(&mut boss, NEW, &check, &[]);
    assert_eq!(done.location(), format!("{LIST}/{}?done=built", FIRST + 1));
}

#[test]
fn section_32_packages_are_built_and_removed_by_administrators() {
    let (served, _) = office();
    packaged(&served.office, 1_700_000_001);
    for role in [Role::User, Role::Technician] {
        let mut reader = served.log_in(role.code(), role);
        reader.get(LIST).is(200).shows(&["Tool 1700000001"]).hides(&["Build a package"]);
        for path in [NEW, "/ocsreports/deploy/1700000001/archive"] {
            reader.get(path).is(403);
        }
        reader.post(NEW, &with("command", "LINUX", &[("name", "X"), ("command", "true")])).is(403);
        reader.post_files(NEW, &[], &[("file", "a.exe", b"x")]).is(403);
        reader.post("/ocsreports/deploy/1700000001/delete", &[("confirmed", "1.0")]).is(403);
    }
    assert_eq!(served.office.app.board.look().packages.len(), 1);
    nothing_left(&served);
}
