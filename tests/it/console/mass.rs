//! The list of all computers: further columns, administrative fields as columns, and values for many at once.

use rollcall::accountinfo;
use rollcall::history::Action;
use rollcall::history::audit::Entry;
use rollcall::id::ComputerId;
use rollcall::lifecycle;
use rollcall::store::{Table, Write as _};
use rollcall::users::{Role, User};

use super::office;
use crate::browser::{Browser, Page, Served};
use crate::office::NOON;

const LIST: &str = "/ocsreports/computers";

/// The device of a computer that these tests make.
pub fn device(n: u32) -> String {
    format!("pc-{n}-2026-01-02-03-04-05")
}

const GUEST: &str = "4c4c4544-0058-4b10-8032-b7c04f514a33";

/// Computers PC-0 to PC-5 with the TAGs LYON and SIEGE in turn, besides ACC-PC-007.
fn staffed() -> Served {
    let (served, _) = office();
    for n in 0..6 {
        let tag = ["LYON", "SIEGE"][n as usize % 2];
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE>\
             <DRIVES><LETTER>D:/</LETTER><FREE>1</FREE></DRIVES><DRIVES><LETTER>C:/</LETTER><FREE>{}</FREE></DRIVES>\
             <NETWORKS><IPADDRESS>10.0.0.{n}</IPADDRESS><IPMASK>255.255.255.{n}</IPMASK></NETWORKS>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>",
            2000 + n
        );
        served.run(served.office.inventory(&device(n), &content));
    }
    let mut boss = served.log_in("definer", Role::Admin);
    for (name, kind, choices) in [("Room", "text", ""), ("Price", "real", ""), ("State", "list", "In use\r\nIn stock")]
    {
        boss.get("/ocsreports/fields/new").is(200);
        let fields = [("name", name), ("label", name), ("kind", kind), ("order", "0"), ("choices", choices)];
        boss.post("/ocsreports/fields/new", &fields).is(303);
    }
    served
}

/// Its number.
pub fn id(served: &Served, n: u32) -> ComputerId {
    served.office.id(&device(n)).unwrap()
}

fn value(served: &Served, n: u32, key: &str) -> String {
    let id = id(served, n);
    let account = served.office.app.read(|read| accountinfo::store::account(read, id)).unwrap().unwrap();
    account.value(key).to_owned()
}

fn set(served: &Served, browser: &mut Browser, n: u32, values: &[(&str, &str)]) {
    let page = format!("{LIST}/{}/administrative", id(served, n));
    browser.get(&page).is(200);
    browser.post(&page, values).is(303);
}

/// The names of the computers of a page, in order.
fn names(page: &Page) -> Vec<String> {
    let cells = page.body.split("scope=\"row\"").skip(1);
    let name = |cell: &str| {
        cell.split("</th>").next().unwrap().trim_end_matches("</a>").rsplit('>').next().unwrap().to_owned()
    };
    cells.map(name).collect()
}

/// The unseen fields of the form on a page, without the token.
fn carried(page: &Page) -> Vec<(String, String)> {
    let main = page.body.split("class=\"form").nth(1).expect("a form");
    let inputs = main.split("<input type=\"hidden\" name=\"").skip(1);
    let field = |input: &str| {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        (name.to_owned(), plain(rest.split('"').next().unwrap()))
    };
    inputs.map(field).filter(|(name, _)| name != "token").collect()
}

fn plain(value: &str) -> String {
    value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Sends what a page carries and what is typed besides.
pub fn send(browser: &mut Browser, path: &str, page: &Page, typed: &[(&str, &str)]) -> Page {
    let carried = carried(page);
    let mut fields: Vec<(&str, &str)> = carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend_from_slice(typed);
    browser.post(path, &fields)
}

/// Asks for a form about these computers.
pub fn begin(served: &Served, browser: &mut Browser, path: &str, computers: &[u32]) -> Page {
    let ids: Vec<String> = computers.iter().map(|n| id(served, *n).to_string()).collect();
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
    fields.extend([("scope", "checked"), ("where", LIST)]);
    browser.get(LIST).is(200);
    browser.post(path, &fields)
}

/// An account that sees LYON only.
fn limited(served: &Served) -> Browser {
    let mut lyon = served.log_in("lyon", Role::Technician);
    let mut user = User::new("lyon".parse().unwrap(), Role::Technician, String::new(), NOON);
    user.tags = vec!["LYON".to_owned()];
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), NOON).unwrap();
    lyon.cookies.insert("rollcall-local".into(), begun.token);
    lyon.token = begun.session.csrf;
    lyon
}

fn entries(served: &Served, action: Action) -> Vec<Entry> {
    served.audit().into_iter().filter(|entry| entry.action == action).collect()
}

#[test]
fn con_inv_3_every_further_column_can_be_shown() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let page = browser.get(&format!("{LIST}?cols=name,ipmask,freespace&sort=-freespace"));
    page.is(200).shows(&["Network masks", "255.255.255.4", "Free on the system drive", "2,005"]).hides(&[">1<"]);
    assert_eq!(names(&page)[..2], ["PC-5", "PC-4"]);
    assert_eq!(names(&page).last().unwrap(), "ACC-PC-007", "who reports no drive comes last");
    // Free space follows each inventory.
    let content = "<HARDWARE><NAME>PC-0</NAME></HARDWARE><DRIVES><LETTER>C:</LETTER><FREE>9000</FREE></DRIVES>";
    served.run(served.office.inventory(&device(0), content));
    assert_eq!(names(&browser.get(&format!("{LIST}?cols=name,freespace&sort=-freespace")))[0], "PC-0");
    assert!(served.office.differences().is_empty());
    let named = [
        "id",
        "lastcome",
        "ipaddr",
        "macaddr",
        "ipmask",
        "ipsubnet",
        "defaultgateway",
        "dns",
        "workgroup",
        "userdomain",
        "osversion",
        "oscomments",
        "arch",
        "processort",
        "processorn",
        "swap",
        "description",
        "wincompany",
        "winowner",
        "winprodid",
        "useragent",
        "quality",
        "fidelity",
        "smanufacturer",
        "smodel",
        "ssn",
        "assettag",
        "msn",
        "bmanufacturer",
        "bversion",
        "bdate",
        "chassis",
        "video",
        "uuid",
        "archived",
        "softwares",
        "freespace",
        "fields_1",
        "fields_2",
        "fields_3",
    ];
    let page = browser.get(&format!("{LIST}?cols={}", named.join(",")));
    assert_eq!(page.is(200).body.matches("scope=\"col\"").count(), named.len() + 1);
    let file = browser.get(&format!("{LIST}.csv?cols={}", named.join(",")));
    assert_eq!(file.is(200).body.lines().next().unwrap().split("\",\"").count(), named.len() + 1);
    // Neither a product key nor what serves to find hosts is a column.
    let host = format!(
        "<HARDWARE><NAME>PC-0</NAME><WINPRODKEY>KEY-KEY</WINPRODKEY></HARDWARE>\
         <VIRTUALMACHINES><NAME>guest</NAME><UUID>{GUEST}</UUID></VIRTUALMACHINES>"
    );
    served.run(served.office.inventory(&device(0), &host));
    assert!(served.office.column(&device(0), "guests").to_lowercase().contains(&GUEST[..8]), "it is known");
    let page = browser.get(&format!("{LIST}?cols=name,winprodkey,guests"));
    assert_eq!((names(&page).len(), page.body.matches("scope=\"col\"").count()), (7, 1));
    page.hides(&["KEY-KEY", &GUEST[..8], &GUEST[..8].to_uppercase()]);
}

#[test]
fn con_inv_3_administrative_fields_are_columns_that_sort_filter_and_export() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    set(&served, &mut browser, 0, &[("fields_1", "B12 <b>"), ("fields_2", "9")]);
    set(&served, &mut browser, 1, &[("fields_1", "a7"), ("fields_2", "10,5")]);
    set(&served, &mut browser, 2, &[("fields_2", "-1")]);
    let page = browser.get(&format!("{LIST}?cols=name,fields_1,fields_2&sort=fields_2"));
    page.is(200).shows(&["Room", "Price", "B12 &lt;b&gt;", "10.5", "sort=-fields_2"]);
    assert_eq!(names(&page)[..3], ["PC-2", "PC-0", "PC-1"]);
    assert_eq!(names(&browser.get(&format!("{LIST}?cols=name&sort=-fields_2&size=10")))[..3], ["PC-1", "PC-0", "PC-2"]);
    assert_eq!(names(&browser.get(&format!("{LIST}?cols=name&sort=fields_1")))[..2], ["PC-1", "PC-0"]);
    // The filter box looks at what is shown.
    assert_eq!(names(&browser.get(&format!("{LIST}?cols=name,fields_1&q=b12"))), ["PC-0"]);
    assert_eq!(names(&browser.get(&format!("{LIST}?cols=name,fields_1&q=pc-&sort=fields_1")))[0], "PC-1");
    assert!(names(&browser.get(&format!("{LIST}?cols=name&q=b12"))).is_empty());
    let file = browser.get(&format!("{LIST}.csv?cols=name,fields_1,fields_2&sort=-fields_2"));
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(
        lines[..3],
        ["\u{FEFF}\"Computer\",\"Room\",\"Price\"", "\"PC-1\",\"a7\",\"10.5\"", "\"PC-0\",\"B12 <b>\",\"9\""]
    );
    assert_eq!(lines.len(), 8);
    // The layout is kept with them, and outlives the field.
    let layout = [("c", "name"), ("c", "fields_1"), ("sort", "fields_1"), ("size", "50"), ("back", LIST)];
    browser.post("/ocsreports/layouts/computers", &layout).is(303);
    let page = browser.get(LIST);
    page.shows(&["Room"]);
    assert_eq!(names(&page)[0], "PC-1");
    let mut boss = served.log_in("boss2", Role::Admin);
    boss.get("/ocsreports/fields");
    boss.post("/ocsreports/fields/delete", &[("field", "1"), ("computers", "2")]).is(303);
    browser.get(LIST).is(200).hides(&["Room"]);
    assert_eq!(names(&browser.get(LIST)).len(), 7);
}

#[test]
fn con_inv_7_administrative_values_are_set_on_checked_computers() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    set(&served, &mut browser, 0, &[("fields_1", "old"), ("fields_2", "3")]);
    let path = format!("{LIST}/values");
    let form = begin(&served, &mut browser, &path, &[0, 1]);
    form.is(200).shows(&[
        "Set administrative values on 2 computers",
        "PC-0",
        "PC-1",
        "(leave as it is)",
        "Make it blank",
    ]);
    // Nothing typed, nonsense, and both at once are told of at the field.
    send(&mut browser, &path, &form, &[]).is(422).shows(&["Nothing is filled in yet"]);
    send(&mut browser, &path, &form, &[("fields_2", "cheap")]).is(422).shows(&["such as 12.50", "value=\"cheap\""]);
    send(&mut browser, &path, &form, &[("fields_1", "x"), ("blank.fields_1", "1")]).is(422).shows(&["not both"]);
    let typed = [("tag", "HALL & <b>"), ("fields_1", ""), ("blank.fields_1", "1"), ("fields_3", "in stock")];
    let asked = send(&mut browser, &path, &form, &typed);
    asked.is(200).shows(&["Set it on 2 computers", "TAG: HALL &amp; &lt;b&gt;", "Room: made blank", "State: In stock"]);
    assert_eq!(value(&served, 1, "TAG"), "SIEGE", "nothing is done before it is confirmed");
    let done = send(&mut browser, &path, &asked, &[]);
    assert_eq!((done.status, done.location()), (303, "/ocsreports/computers?done=values&n=2"), "{}", done.body);
    browser.get(done.location()).is(200).shows(&["2 computers have other values now."]);
    for n in [0, 1] {
        assert_eq!(["TAG", "fields_1", "fields_3"].map(|key| value(&served, n, key)), ["HALL & <b>", "", "In stock"]);
    }
    assert_eq!((value(&served, 0, "fields_2"), value(&served, 2, "TAG")), ("3".into(), "LYON".into()));
    assert!(served.office.differences().is_empty(), "the TAG is the one of the index too");
    let entry = entries(&served, Action::ValuesChanged).remove(0);
    assert_eq!((entry.count, entry.changes.len()), (Some(2), 5));
    assert!(
        entry.changes.iter().any(|change| change.what == format!("{}: Room", id(&served, 0)) && change.before == "old")
    );
    // A number is asked about as the reader writes it.
    browser.post("/ocsreports/language", &[("lang", "fr"), ("back", LIST)]).is(303);
    let form = begin(&served, &mut browser, &path, &[0]);
    send(&mut browser, &path, &form, &[("fields_2", "12.50")]).is(200).shows(&["12,5<"]);
    // The agent learns it.
    let told = served.run(served.office.inventory(&device(0), "<HARDWARE><NAME>PC-0</NAME></HARDWARE>"));
    assert!(told.contains("HALL &amp;"), "{told}");
    served.log_in("paul", Role::User).get(LIST).is(200).hides(&["/computers/values", "/computers/options"]);
    let mut user = served.log_in("pia", Role::User);
    user.get(LIST);
    user.post(&path, &[("scope", "whole"), ("where", LIST)]).is(403);
}

#[test]
fn con_gen_7_values_for_the_whole_result_are_counted_again() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let path = format!("{LIST}/values");
    browser.get(LIST);
    let form = browser.post(&path, &[("scope", "whole"), ("where", "/ocsreports/computers?tag=LYON")]);
    let asked = send(&mut browser, &path, &form, &[("fields_1", "B1")]);
    asked.is(200).shows(&["Set it on 3 computers"]);
    let more = "<HARDWARE><NAME>PC-9</NAME></HARDWARE><ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>LYON</KEYVALUE></ACCOUNTINFO>";
    served.run(served.office.inventory(&device(9), more));
    let again = send(&mut browser, &path, &asked, &[]);
    again.is(200).shows(&["Set it on 4 computers", "nothing was done", "Room: B1"]);
    assert_eq!(value(&served, 0, "fields_1"), "");
    send(&mut browser, &path, &again, &[]).is(303);
    assert_eq!([0, 2, 4, 9, 1].map(|n| value(&served, n, "fields_1")), ["B1", "B1", "B1", "B1", ""]);
    // Whoever is limited to TAGs changes nothing else, whatever is sent.
    let mut lyon = limited(&served);
    let ids = format!("{},{}", id(&served, 0), id(&served, 1));
    let fields = [("ids", ids.as_str()), ("where", LIST), ("filled", "1"), ("fields_1", "MINE"), ("confirmed", "1")];
    lyon.post(&path, &fields).is(303);
    assert_eq!([0, 1].map(|n| value(&served, n, "fields_1")), ["MINE", ""]);
}

#[test]
fn con_inv_7_own_options_are_set_on_many_computers_and_taken_back() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let path = format!("{LIST}/options");
    let form = begin(&served, &mut browser, &path, &[0, 1, 2]);
    form.is(200).shows(&["Customize 3 computers", "PROLOG_FREQ", "FREQUENCY", "(leave as it is)"]);
    send(&mut browser, &path, &form, &[]).is(422).shows(&["Nothing is filled in yet"]);
    send(&mut browser, &path, &form, &[("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "0")])
        .is(422)
        .shows(&["value=\"0\""]);
    let asked = send(
        &mut browser,
        &path,
        &form,
        &[("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "3"), ("FREQUENCY.mode", "-1")],
    );
    asked.is(200).shows(&["Customize 3 computers", "PROLOG_FREQ: 3", "FREQUENCY: "]);
    assert!(served.office.app.options.all_own(id(&served, 0)).is_empty(), "nothing is done before it is confirmed");
    let done = send(&mut browser, &path, &asked, &[]);
    assert_eq!(done.location(), "/ocsreports/computers?done=options&n=3", "{}", done.body);
    browser.get(done.location()).shows(&["3 computers were customized.", "Own values: FREQUENCY, PROLOG_FREQ"]);
    assert!(served.run(served.office.prolog(&device(1))).contains("<PROLOG_FREQ>3</PROLOG_FREQ>"));
    let form = begin(&served, &mut browser, &path, &[0, 5]);
    let asked = send(&mut browser, &path, &form, &[("FREQUENCY.mode", "general")]);
    asked.shows(&["FREQUENCY: back to the general value"]);
    send(&mut browser, &path, &asked, &[]).is(303);
    let own = |n| served.office.app.options.all_own(id(&served, n)).into_keys().collect::<Vec<_>>();
    assert_eq!(
        [own(0), own(1), own(5)],
        [vec!["PROLOG_FREQ".to_owned()], vec!["FREQUENCY".into(), "PROLOG_FREQ".into()], vec![]]
    );
    let entry = entries(&served, Action::ComputerCustomized).remove(0);
    assert_eq!((entry.count, entry.changes[0].after.as_str()), (Some(1), ""), "only one had it");
}

#[test]
fn con_gen_7_own_options_for_the_whole_result_are_counted_again() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let path = format!("{LIST}/options");
    let own = |n| served.office.app.options.all_own(id(&served, n)).len();
    browser.get(LIST);
    let form = browser.post(&path, &[("scope", "whole"), ("where", "/ocsreports/computers?tag=LYON")]);
    let asked = send(&mut browser, &path, &form, &[("FREQUENCY.mode", "-1")]);
    asked.is(200).shows(&["Customize 3 computers"]);
    let more = "<HARDWARE><NAME>PC-9</NAME></HARDWARE><ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>LYON</KEYVALUE></ACCOUNTINFO>";
    served.run(served.office.inventory(&device(9), more));
    let again = send(&mut browser, &path, &asked, &[]);
    again.is(200).shows(&["Customize 4 computers", "nothing was done", "FREQUENCY: "]);
    assert_eq!([own(0), own(9)], [0, 0]);
    send(&mut browser, &path, &again, &[]).is(303);
    assert_eq!([own(0), own(1), own(2), own(9)], [1, 0, 1, 1]);
    // Whoever is limited to TAGs customizes nothing else, whatever is sent.
    let mut lyon = limited(&served);
    let ids = format!("{},{}", id(&served, 0), id(&served, 1));
    let fields =
        [("ids", ids.as_str()), ("where", LIST), ("filled", "1"), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "3")];
    let asked = lyon.post(&path, &fields);
    asked.is(200).shows(&["Customize 1 computer"]);
    send(&mut lyon, &path, &asked, &[]).is(303);
    assert_eq!([own(0), own(1)], [2, 0]);
}

/// One row that cannot be read kept all values of all computers from counting.
#[test]
fn con_inv_7_a_damaged_own_value_stops_nothing_and_is_replaced() {
    static RAW: Table<(u8, (u32, String)), Vec<u8>> = Table::new("overrides");
    let served = staffed();
    let ids = [id(&served, 0), id(&served, 1), id(&served, 2)];
    let spoil = move |app: &rollcall::app::App| {
        let key = |id: ComputerId, name: &str| (1, (id.0, name.to_owned()));
        let run = move |w: &mut rollcall::store::Txn<'_>| {
            w.put(&RAW, key(ids[0], "PROLOG_FREQ"), &vec![7; 9])?;
            w.put(&RAW, key(ids[1], "FREQUENCY"), &vec![7; 9])?;
            w.put(&RAW, key(ids[2], "FREQUENCY"), &vec![7; 9])
        };
        app.write(run).unwrap();
    };
    served.office.blocking(spoil);
    let mut browser = served.log_in("marie", Role::Technician);
    let path = format!("{LIST}/options");
    let form = begin(&served, &mut browser, &path, &[0, 1]);
    let typed = [("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "3"), ("FREQUENCY.mode", "general")];
    let asked = send(&mut browser, &path, &form, &typed);
    let done = send(&mut browser, &path, &asked, &[]);
    assert_eq!(done.location(), "/ocsreports/computers?done=options&n=2", "{}", done.body);
    for n in [0, 1] {
        assert!(served.run(served.office.prolog(&device(n))).contains("<PROLOG_FREQ>3</PROLOG_FREQ>"), "{n}");
        let read = |read: &rollcall::store::Reader| rollcall::options::store::own_values(read, ids[n as usize]);
        assert_eq!(served.office.app.read(read).unwrap().len(), 1, "what was damaged is gone");
    }
    // From the page of one computer too; what is damaged elsewhere changes nothing.
    let page = format!("{LIST}/{}/customization", ids[2]);
    browser.get(&page).is(200);
    browser.post(&page, &[("PROLOG_FREQ.was", ""), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "5")]).is(303);
    assert!(served.run(served.office.prolog(&device(2))).contains("<PROLOG_FREQ>5</PROLOG_FREQ>"));
    let restarted = rollcall::options::store::Book::load(&served.office.app.store.read().unwrap()).unwrap();
    assert_eq!(restarted.all_own(ids[2]).len(), 1);
}

#[test]
fn con_gen_7_nothing_is_done_when_one_of_the_computers_is_gone() {
    let served = staffed();
    let (there, gone) = (id(&served, 0), ComputerId(900));
    let act = move |app: &rollcall::app::App| {
        let entry = || Entry::new(NOON, rollcall::history::audit::Actor::CommandLine, None, Action::ComputerArchived);
        let archived = lifecycle::archive(app, vec![there, gone], Some(NOON), entry()).unwrap();
        (archived, lifecycle::delete(app, vec![there, gone], NOON, entry()).unwrap())
    };
    assert_eq!(served.office.blocking(act), (None, None));
    served.log_in("marie", Role::User).get(LIST).is(200).shows(&["PC-0"]);
    assert!(entries(&served, Action::ComputerArchived).is_empty() && served.office.differences().is_empty());
}
