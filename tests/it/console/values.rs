//! Fields of administrative data, values, notes and own options of a computer.

use rollcall::accountinfo::{self, Account};
use rollcall::clock::Timestamp;
use rollcall::history::Action;
use rollcall::id::ComputerId;
use rollcall::users::{Role, User};

use super::story::DEVICE;
use super::{inventory, office};
use crate::browser::{Browser, Served};

const FIELDS: &str = "/ocsreports/fields";

fn account(served: &Served, id: u32) -> Account {
    served.office.app.read(|read| accountinfo::store::account(read, ComputerId(id))).unwrap().unwrap()
}

/// Adds a field; its number is the next one.
fn add(browser: &mut Browser, name: &str, kind: &str, more: &[(&str, &str)]) {
    browser.get("/ocsreports/fields/new").is(200);
    let mut fields = vec![("name", name), ("label", name), ("kind", kind), ("order", "0")];
    fields.extend_from_slice(more);
    assert_eq!(browser.post("/ocsreports/fields/new", &fields).location(), "/ocsreports/fields?done=saved", "{name}");
}

#[test]
fn con_adm_2_a_field_stands_on_every_computers_page_in_its_type() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "real", &[("tab", "Purchase")]);
    add(&mut boss, "Bought", "date", &[("tab", "Purchase")]);
    add(&mut boss, "State", "list", &[("choices", "In use\r\nIn stock"), ("default", "In use")]);
    add(&mut boss, "Extras", "checks", &[("choices", "Mouse\r\nBag & <b>")]);
    boss.get(FIELDS).shows(&["Price", "Decimal number", "TAG"]);
    let page = format!("/ocsreports/computers/{id}/administrative");
    boss.get(&page).is(200).shows(&[
        "Purchase",
        "name=\"fields_1\"",
        "type=\"date\"",
        "In stock",
        "Bag &amp; &lt;b&gt;",
    ]);
    let typed = [
        ("tag", "COMPTA"),
        ("fields_1", "12,50"),
        ("fields_2", "2026-11-20"),
        ("fields_3", "in stock"),
        ("fields_4", ""),
        ("fields_4", "Mouse"),
        ("fields_4", "Bag & <b>"),
    ];
    boss.post(&page, &typed).is(303);
    let stored = account(&served, id);
    let values: Vec<&str> = ["TAG", "fields_1", "fields_2", "fields_3", "fields_4"].map(|key| stored.value(key)).into();
    assert_eq!(values, ["COMPTA", "12.5", "2026-11-20", "In stock", "Mouse; Bag & <b>"]);
    assert_eq!(stored.changed["fields_1"].by, "marie");
    assert!(!stored.changed.contains_key("TAG"), "it is what it was");
    boss.get(&page).shows(&["value=\"12.5\"", "Last changed by marie"]);
    boss.lang = "fr".into();
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::ValuesChanged).unwrap();
    assert_eq!(entry.changes.len(), 4);
    // A viewer reads, and has no form.
    let mut viewer = served.log_in("paul", Role::User);
    viewer.get(&page).is(200).shows(&["12.5", "In stock"]).hides(&["name=\"fields_1\""]);
    viewer.post(&page, &typed).is(403);
}

#[test]
fn con_pc_4_the_agent_learns_the_values_and_a_new_computer_has_the_defaults() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "State", "list", &[("choices", "In use\r\nIn stock"), ("default", "In use")]);
    boss.post(&format!("/ocsreports/computers/{id}/administrative"), &[("fields_1", "In stock")]).is(303);
    let told = served.run(served.office.inventory(DEVICE, &inventory("COMPTA")));
    assert!(told.contains("<KEYNAME>fields_1</KEYNAME>") && told.contains("In stock"), "{told}");
    let both = inventory("COMPTA").replace(
        "</ACCOUNTINFO>",
        "</ACCOUNTINFO><ACCOUNTINFO><KEYNAME>fields_1</KEYNAME><KEYVALUE>In stock</KEYVALUE></ACCOUNTINFO>",
    );
    let agreed = served.run(served.office.inventory(DEVICE, &both));
    assert!(agreed.contains("NO_ACCOUNT_UPDATE"), "{agreed}");
    served.run(served.office.inventory("NEW-2026-01-02-03-04-05", "<HARDWARE><NAME>NEW</NAME></HARDWARE>"));
    let new = served.office.id("NEW-2026-01-02-03-04-05").unwrap().0;
    assert_eq!(account(&served, new).value("fields_1"), "In use");
}

#[test]
fn con_adm_5_what_does_not_fit_is_refused_and_nothing_is_stored() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "real", &[]);
    add(&mut boss, "Bought", "date", &[]);
    let page = format!("/ocsreports/computers/{id}/administrative");
    boss.get(&page);
    let typed = [("tag", "SIEGE"), ("fields_1", "cheap"), ("fields_2", "20/11/2026")];
    boss.post(&page, &typed).is(422).shows(&[
        "such as 12.50",
        "year-month-day",
        "value=\"cheap\"",
        "value=\"20/11/2026\"",
    ]);
    assert_eq!(served.office.tag(DEVICE), "COMPTA");
    // What was not touched since the form was made stays as somebody else made it.
    boss.post(&page, &[("tag", "COMPTA"), ("tag.was", "COMPTA"), ("fields_1", "7")]).is(303);
    assert_eq!(account(&served, id).value("fields_1"), "7");
}

#[test]
fn con_adm_5_what_an_agent_sends_for_a_field_fits_or_is_left_out() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "real", &[]);
    add(&mut boss, "Bought", "date", &[("default", "2026-01-01")]);
    let pair =
        |name, value| format!("<ACCOUNTINFO><KEYNAME>{name}</KEYNAME><KEYVALUE>{value}</KEYVALUE></ACCOUNTINFO>");
    let sent = [pair("TAG", "COMPTA"), pair("fields_1", "12,50"), pair("fields_2", "soon")].concat();
    let content = format!("<HARDWARE><NAME>NEW</NAME></HARDWARE>{sent}");
    served.run(served.office.inventory("NEW-2026-01-02-03-04-05", &content));
    let new = served.office.id("NEW-2026-01-02-03-04-05").unwrap().0;
    let values = account(&served, new).values;
    let values: Vec<&str> = ["TAG", "fields_1", "fields_2"].map(|key| values[key].as_str()).into();
    assert_eq!(values, ["COMPTA", "12.5", "2026-01-01"]);
    // The agent is told what counts.
    let told = served.run(served.office.inventory("NEW-2026-01-02-03-04-05", &content));
    assert!(told.contains("<KEYNAME>fields_2</KEYNAME>") && told.contains("2026-01-01"), "{told}");
}

#[test]
fn con_adm_3_a_change_of_kind_says_how_many_values_were_converted() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "text", &[]);
    boss.post(&format!("/ocsreports/computers/{id}/administrative"), &[("fields_1", "12,50")]).is(303);
    let number = [("field", "1"), ("name", "Price"), ("label", "Price"), ("kind", "real"), ("tab", "Purchase")];
    boss.post("/ocsreports/fields/edit", &number).is(303);
    assert_eq!(account(&served, id).value("fields_1"), "12.5");
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::FieldsChanged).unwrap();
    let changes: Vec<(&str, &str)> =
        entry.changes.iter().map(|change| (change.what.as_str(), change.after.as_str())).collect();
    assert_eq!((changes, entry.count), (vec![("kind", "real"), ("tab", "Purchase")], Some(1)));
}

#[test]
fn con_adm_1_and_3_the_tag_stays_and_a_deleted_field_takes_its_values_along() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/fields/edit?field=0").is(200).hides(&["Delete this field"]);
    boss.post("/ocsreports/fields/edit", &[("field", "0"), ("label", "Department"), ("name", "x")]).is(303);
    boss.get(&format!("/ocsreports/computers/{id}/administrative")).shows(&["Department"]);
    boss.post("/ocsreports/fields/delete", &[("field", "0"), ("computers", "1")]).is(404);
    add(&mut boss, "Room", "text", &[]);
    boss.post("/ocsreports/fields/new", &[("name", "ROOM"), ("label", "x"), ("kind", "text")])
        .is(422)
        .shows(&["Another field has this name"]);
    boss.post("/ocsreports/fields/new", &[("name", "a b"), ("label", ""), ("kind", "list")]).is(422).shows(&[
        "give the field a label",
        "letters without accents",
        "1 to 100 choices",
    ]);
    boss.post(&format!("/ocsreports/computers/{id}/administrative"), &[("fields_1", "12b")]).is(303);
    let number = [("field", "1"), ("name", "Room"), ("label", "Room"), ("kind", "integer")];
    boss.post("/ocsreports/fields/edit", &number).is(422).shows(&["1 values do not fit", &format!("{id}: 12b")]);
    boss.post("/ocsreports/fields/delete", &[("field", "1")]).is(200).shows(&["Delete the field and 1 value"]);
    boss.post("/ocsreports/fields/delete", &[("field", "1"), ("computers", "0")]).is(200);
    boss.post("/ocsreports/fields/delete", &[("field", "1"), ("computers", "1")]).is(303);
    assert_eq!(account(&served, id).value("fields_1"), "");
    assert!(served.audit().iter().any(|entry| entry.action == Action::FieldsChanged && entry.count == Some(1)));
}

#[test]
fn con_adm_6_a_set_is_proposed_at_first() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(FIELDS).shows(&["Add the proposed fields"]);
    boss.post("/ocsreports/fields/proposed", &[]).is(303);
    boss.get(FIELDS).shows(&["Warranty end", "PurchaseDate"]).hides(&["Add the proposed fields"]);
}

#[test]
fn con_pc_5_notes_are_added_edited_by_their_writer_and_deleted_by_administrators() {
    let (served, id) = office();
    let page = format!("/ocsreports/computers/{id}/notes");
    let (mut marie, mut paul) = (served.log_in("marie", Role::Technician), served.log_in("paul", Role::Technician));
    marie.get(&page).is(200).shows(&["Nobody has written a note"]);
    paul.get(&page);
    marie.post(&page, &[("text", "  ")]).is(422);
    marie.post(&page, &[("text", "New <disk>\r\nin May")]).is(303);
    marie.get(&format!("{page}?note=1")).shows(&["New &lt;disk&gt;\nin May", "marie,", "name=\"note\" value=\"1\""]);
    paul.get(&format!("{page}?note=1")).hides(&["name=\"note\" value=\"1\""]);
    paul.post(&page, &[("note", "1"), ("text", "mine")]).is(422).shows(&["The note was not kept"]);
    marie.post(&page, &[("note", "1"), ("text", "New disk in June")]).is(303);
    marie.get(&page).shows(&["New disk in June", "Edited"]).hides(&["in May"]);
    let delete = format!("{page}/delete");
    marie.post(&delete, &[("note", "1")]).is(403);
    let mut boss = served.log_in("anne", Role::Admin);
    boss.get(&page).is(200);
    boss.post(&delete, &[("note", "1")]).is(200).shows(&["Delete 1 note"]);
    boss.post(&delete, &[("note", "1"), ("sure", "1")]).is(303);
    boss.get(&page).shows(&["Nobody has written a note"]);
    boss.post("/ocsreports/computers/999/notes", &[("text", "x")]).is(404);
    let mut viewer = served.log_in("vera", Role::User);
    viewer.get(&page).is(200).hides(&["textarea"]);
}

#[test]
fn con_pc_6_a_computer_has_values_of_its_own_and_goes_back_to_the_general_one() {
    let (served, id) = office();
    let page = format!("/ocsreports/computers/{id}/customization");
    let mut marie = served.log_in("marie", Role::Technician);
    marie.get(&page).is(200).shows(&["What counts now: 24 hours (general value)."]);
    let own = [("PROLOG_FREQ.was", ""), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "5")];
    let never = [("FREQUENCY.was", ""), ("FREQUENCY.mode", "-1"), ("FREQUENCY", "")];
    marie.post(&page, &[&own[..], &never].concat()).is(303);
    marie.get(&page).shows(&[
        "What counts now: 5 hours (own value).",
        "What counts now: never (own value).",
        "Changed by marie",
    ]);
    served.office.clock.forward(60);
    assert!(!served.run(served.office.prolog(DEVICE)).contains("SEND"));
    let wrong = [("PROLOG_FREQ.was", "5"), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "0")];
    let back = [("FREQUENCY.was", "-1"), ("FREQUENCY.mode", ""), ("FREQUENCY", "")];
    marie
        .post(&page, &[&wrong[..], &back].concat())
        .is(422)
        .shows(&["PROLOG_FREQ takes a whole number", "value=\"0\""]);
    marie.get(&page).shows(&["never (own value)"]);
    marie.post(&page, &back).is(303);
    marie.get(&page).shows(&["at each contact (general value)", "5 hours (own value)"]);
    let told = served.run(served.office.prolog(DEVICE));
    assert!(told.contains("SEND") && told.contains("<PROLOG_FREQ>5</PROLOG_FREQ>"), "{told}");
    assert!(served.audit().iter().any(|entry| entry.action == Action::ComputerCustomized));
}

const IMPORT: &str = "/ocsreports/fields/import";

fn pcs(served: &Served) {
    for (n, serial) in [(1, "A1"), (2, "B2"), (3, "TWIN"), (4, "TWIN")] {
        let text = format!("<HARDWARE><NAME>PC-{n}</NAME></HARDWARE><BIOS><SSN>{serial}</SSN></BIOS>");
        served.run(served.office.inventory(&format!("PC-{n}-2026-01-02-03-04-05"), &text));
    }
}

#[test]
fn con_adm_4_values_are_imported_after_a_preview() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "real", &[]);
    served.office.set("AUTO_DUPLICATE_LVL", "0");
    pcs(&served);
    let id = |n: u32| served.office.id(&format!("PC-{n}-2026-01-02-03-04-05")).unwrap().0;
    let mut paul = served.log_in("paul", Role::Technician);
    paul.get("/ocsreports/import").shows(&[IMPORT]);
    paul.get(IMPORT).is(200);
    let csv = "Serial number;Price;TAG\r\na1;12,50;PARIS\r\nB2;cheap;\r\ntwin;1;\r\nnone;1;\r\nA1;9;\r\n";
    let page = paul.post(IMPORT, &[("step", "columns"), ("csv", csv)]);
    page.is(200).shows(&["5 lines below the titles", "For example: 12,50", "<option value=\"serial\" selected"]);
    page.shows(&["<option value=\"fields_1\" selected", "<option value=\"TAG\" selected"]);
    let chosen = [
        ("csv", csv),
        ("key", "serial"),
        ("first", "0"),
        ("second", "0"),
        ("column-1", "fields_1"),
        ("column-2", "TAG"),
    ];
    let page = paul.post(IMPORT, &[&[("step", "preview")][..], &chosen].concat());
    page.is(200).shows(&[
        "Change 1 computer",
        "Price: “” becomes “12.5”",
        "2 computers have this key",
        "such as 12.50",
    ]);
    page.shows(&["A line before is about the same computer"]);
    assert_eq!(account(&served, id(1)).value("fields_1"), "", "a preview stores nothing");
    let sure = |n| [&[("step", "apply"), ("computers", n)][..], &chosen].concat();
    paul.post(IMPORT, &sure("2")).is(200).shows(&["The number changed meanwhile", "Change 1 computer"]);
    let done = paul.post(IMPORT, &sure("1"));
    done.is(200).shows(&["Values of 1 computer were changed", "Not found", "Save the report as CSV"]);
    assert_eq!((account(&served, id(1)).value("fields_1"), account(&served, id(1)).tag()), ("12.5", "PARIS"));
    assert_eq!(served.office.app.fleet.look().tag(ComputerId(id(1))), "PARIS");
    assert!(served.office.differences().is_empty());
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::ValuesChanged).unwrap();
    assert_eq!((entry.object, entry.count), (id(1).to_string(), Some(1)));
    let changes: Vec<(&str, &str)> =
        entry.changes.iter().map(|change| (change.what.as_str(), change.after.as_str())).collect();
    assert_eq!(changes, [(&*format!("{}: Price", id(1)), "12.5"), (&*format!("{}: TAG", id(1)), "PARIS")]);
    done.shows(&[&format!("name=\"report\" value=\"2.u{} 3.i1r 4.a2 5.n 6.t{}\"", id(1), id(1))]);
    let report = format!("2.u{} 3.i1r 4.a2 5.n x 9", id(1));
    let file = paul.post("/ocsreports/fields/import/report", &[("report", &report)]);
    file.is(200).shows(&[
        "\"2\",\"PC-1\",\"Updated\",\"\"",
        "\"5\",\"\",\"Not found\"",
        "Column 2: Please give a number",
    ]);
    assert!(file.header("content-disposition").contains("attachment; filename=\"values-"));
}

#[test]
fn con_adm_4_what_cannot_be_imported_is_said_at_each_step() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Technician);
    boss.get(IMPORT);
    boss.post(IMPORT, &[("step", "columns"), ("csv", "only titles")])
        .is(422)
        .shows(&["at least one line below it", "only titles"]);
    boss.post(IMPORT, &[("step", "columns"), ("csv", "a\n\"x")]).is(422).shows(&["quotation mark is not closed"]);
    let none = [("step", "preview"), ("csv", "a,b\n1,2"), ("key", "tag-and-name"), ("first", "0"), ("second", "0")];
    boss.post(IMPORT, &none).is(422).shows(&["Please choose two columns", "which field it brings"]);
    let mut viewer = served.log_in("vera", Role::User);
    viewer.get(IMPORT).is(403);
}

/// Somebody with the rights of a role, for computers with these TAGs only.
fn limited(served: &Served, account: &str, tags: &[&str]) -> Browser {
    let mut browser = served.log_in(account, Role::Technician);
    let mut user = User::new(account.parse().unwrap(), Role::Technician, String::new(), Timestamp(0));
    user.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), Timestamp(0)).unwrap();
    browser.cookies.insert("rollcall-local".into(), begun.token);
    browser.token = begun.session.csrf;
    browser
}

/// An import by number with a column of TAGs and one of the first field.
fn by_id<'a>(step: &'a str, csv: &'a str, computers: &'a str) -> [(&'a str, &'a str); 8] {
    [
        ("step", step),
        ("computers", computers),
        ("csv", csv),
        ("key", "id"),
        ("first", "0"),
        ("second", "0"),
        ("column-1", "TAG"),
        ("column-2", "fields_1"),
    ]
}

#[test]
fn con_gen_4_an_import_finds_only_what_its_writer_sees() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "real", &[]);
    pcs(&served);
    let paris = served.office.id("PC-1-2026-01-02-03-04-05").unwrap();
    boss.post(&format!("/ocsreports/computers/{paris}/administrative"), &[("tag", "PARIS-1")]).is(303);
    boss.post(&format!("/ocsreports/computers/{id}/administrative"), &[("tag", "LYON"), ("fields_1", "7700.0077")])
        .is(303);
    let mut paul = limited(&served, "paul", &["PARIS-*"]);
    let csv = format!("id;TAG;Price\n{id};PARIS-9;1\n{paris};LYON-3;2");
    let page = paul.post(IMPORT, &by_id("preview", &csv, ""));
    page.is(200).shows(&["Change 1 computer", "Not found"]).hides(&["7700.0077"]);
    paul.post(IMPORT, &by_id("apply", &csv, "1")).is(200).shows(&["Values of 1 computer were changed"]);
    assert_eq!((account(&served, id).tag(), account(&served, id).value("fields_1")), ("LYON", "7700.0077"));
    assert_eq!(account(&served, paris.0).tag(), "LYON-3");
    paul.get(&format!("/ocsreports/computers/{paris}")).is(404);
    let file = paul.post("/ocsreports/fields/import/report", &[("report", &format!("2.u{id}"))]);
    file.is(200).shows(&["\"2\",\"\",\"Updated\""]);
}

#[test]
fn con_adm_4_a_computer_that_is_worked_on_is_left_out_and_lines_are_those_of_the_file() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "Price", "real", &[]);
    pcs(&served);
    let other = served.office.id("PC-1-2026-01-02-03-04-05").unwrap();
    let csv = format!("id;TAG;Price\r\n\r\n{id};ONE;1\r\n{other};TWO;2\r\n");
    let held = served.run(served.office.agents.hold("pc-1-2026-01-02-03-04-05")).unwrap();
    let page = boss.post(IMPORT, &by_id("apply", &csv, "2"));
    page.is(200).shows(&["Values of 1 computer were changed", "Not done", "Please import the line again"]);
    page.shows(&[&format!("value=\"3.u{id} 4.b{other}\"")]);
    drop(held);
    assert_eq!(account(&served, id).tag(), "ONE");
    assert_ne!(account(&served, other.0).tag(), "TWO");
    assert!(served.office.differences().is_empty());
    let entries = served.audit().into_iter().filter(|entry| entry.action == Action::ValuesChanged).count();
    assert_eq!(entries, 1);
    // Once more: nothing changes for the first, and it is no entry.
    let unchanged = format!("id;TAG;Price\n{id};ONE;1");
    boss.post(IMPORT, &by_id("apply", &unchanged, "0")).is(200);
    assert_eq!(served.audit().into_iter().filter(|entry| entry.action == Action::ValuesChanged).count(), 1);
}

#[test]
fn con_pc_5_and_6_notes_and_own_options_wait_for_an_inventory() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let page = format!("/ocsreports/computers/{id}");
    let folded = DEVICE.to_ascii_lowercase();
    let held = served.run(served.office.agents.hold(&folded)).unwrap();
    boss.post(&format!("{page}/notes"), &[("text", "x")]).is(503);
    let own = [("PROLOG_FREQ.was", ""), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "5")];
    boss.post(&format!("{page}/customization"), &own).is(503);
    drop(held);
    boss.post(&format!("{page}/notes"), &[("text", "x")]).is(303);
    boss.post(&format!("{page}/customization"), &own).is(303);
}
