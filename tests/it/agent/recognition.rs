//! An inventory that is recognised by its bytes is stored as if it had been parsed whole.
//!
//! The same messages go to two offices; in one of them a comment inside makes the cut give up, so that
//! everything is parsed each time. A plain model of the rules says what both must hold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::office::{Office, Rows, UNIX, WINDOWS, inventory};

const PC: &str = "pc-2026-02-03-08-15-42";
const FUSION: &str = "FusionInventory-Agent_v2.6-3";
const SCRIPT: &str = "curl/8.5.0";

/// A section of the generated inventories: name, CHECKSUM bit, and the rows that it may have.
struct Kind {
    tag: &'static str,
    bit: u32,
    rows: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        tag: "HARDWARE",
        bit: 1,
        rows: &[
            "<NAME>pc</NAME>",
            "<NAME>pc</NAME><OSNAME>Debian</OSNAME><USERID>alice</USERID><IPADDR>10.0.0.7</IPADDR>",
            "<NAME>pc</NAME><USERID>SYSTEM</USERID><PROCESSORT>EPYC</PROCESSORT>",
            "<NAME>pc</NAME><OSVERSION>12</OSVERSION><LASTLOGGEDUSER>bob</LASTLOGGEDUSER>",
            "<NAME>renamed</NAME><IPADDR>10.0.0.8</IPADDR><PROCESSORN>2</PROCESSORN><ODD>x</ODD>",
        ],
    },
    Kind {
        tag: "BIOS",
        bit: 2,
        rows: &["<SSN>S1</SSN><SMODEL>M</SMODEL>", "<SSN>S2</SSN>", "<SSN>S1</SSN><SSN>S3</SSN><ASSETTAG>A</ASSETTAG>"],
    },
    Kind {
        tag: "NETWORKS",
        bit: 4096,
        rows: &[
            "<MACADDR>02:00:00:00:00:01</MACADDR><IPADDRESS>192.168.50.7</IPADDRESS><STATUS>Up</STATUS>",
            "<MACADDR>02:00:00:00:00:02</MACADDR><IPADDRESS>10.0.0.9</IPADDRESS><STATUS>Up</STATUS>",
            "<MACADDR>02:00:00:00:00:02</MACADDR><IPADDRESS6>2001:db8::7</IPADDRESS6><STATUS>Up</STATUS>",
            "<MACADDR>02:00:00:00:00:03</MACADDR><IPADDRESS>127.0.0.1</IPADDRESS><VIRTUALDEV>1</VIRTUALDEV>",
        ],
    },
    Kind {
        tag: "OPERATINGSYSTEM",
        bit: 0,
        rows: &["<FULL_NAME>Debian 12</FULL_NAME><ARCH>x86_64</ARCH>", "<NAME>Ubuntu</NAME><VERSION>24</VERSION>"],
    },
    Kind { tag: "CPUS", bit: 262_144, rows: &["<NAME>Ryzen</NAME><SPEED>3200</SPEED>", "<TYPE>Xeon</TYPE>"] },
    Kind { tag: "USERS", bit: 0, rows: &["<LOGIN>alice</LOGIN>", "<LOGIN>system</LOGIN>", "<LOGIN>carl</LOGIN>"] },
    Kind { tag: "VIDEOS", bit: 32768, rows: &["<NAME>UHD</NAME>", "<CHIPSET>only</CHIPSET>"] },
    Kind { tag: "DRIVES", bit: 512, rows: &["<LETTER>C:</LETTER><FREE>1</FREE>", "<LETTER>C:</LETTER><FREE>2</FREE>"] },
    Kind { tag: "PRINTERS", bit: 8192, rows: &["<NAME>Laser</NAME>", "<NAME>Ink</NAME>", "<NAME>a&amp;b</NAME>"] },
    Kind { tag: "LOCAL_GROUPS", bit: 0, rows: &["<NAME>wheel</NAME><MEMBER>a</MEMBER><MEMBER>b</MEMBER>"] },
    Kind { tag: "SOFTWARES", bit: 65536, rows: &["<NAME>Zoom</NAME>", "<NAME>Zoom</NAME><VERSION>1</VERSION>"] },
    Kind { tag: "PLUGIN", bit: 0, rows: &["<A>1</A><B><C>2</C></B>", "<A>1</A><A>2</A>"] },
    Kind { tag: "VERSIONCLIENT", bit: 0, rows: &["agent 1", "agent 2"] },
    Kind { tag: "DOWNLOAD", bit: 0, rows: &["<HISTORY><PACKAGE ID=\"17\"/></HISTORY>"] },
];

/// What one section is in one message: absent, an empty element, or some of its rows.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Nothing,
    Empty,
    Rows(Vec<usize>),
}

/// One message: the sections that are different from the message before, and what surrounds them.
#[derive(Debug, Clone)]
struct Step {
    changes: Vec<(usize, Said)>,
    agent: &'static str,
    checksum: Option<u32>,
    turned: bool,
}

fn said(at: usize) -> impl Strategy<Value = Said> {
    let single = matches!(KINDS[at].tag, "HARDWARE" | "BIOS" | "OPERATINGSYSTEM" | "VERSIONCLIENT");
    let most = if single { 1 } else { 3 };
    prop_oneof![
        1 => Just(Said::Nothing),
        1 => Just(Said::Empty),
        5 => proptest::collection::vec(0..KINDS[at].rows.len(), 1..=most).prop_map(Said::Rows),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let change = (0..KINDS.len()).prop_flat_map(|at| (Just(at), said(at)));
    let agent = prop_oneof![3 => Just(UNIX), 1 => Just(WINDOWS), 3 => Just(FUSION), 1 => Just(SCRIPT)];
    let checksum = prop_oneof![1 => Just(None), 2 => Just(Some((1 << 22) - 1)), 2 => Just(Some(1)), 2 => (0_u32..1 << 22).prop_map(Some)];
    (proptest::collection::vec(change, 0..4), agent, checksum, proptest::bool::weighted(0.1))
        .prop_map(|(changes, agent, checksum, turned)| Step { changes, agent, checksum, turned })
}

fn first() -> impl Strategy<Value = Vec<Said>> {
    let one =
        |at: usize| if KINDS[at].tag == "HARDWARE" { Just(Said::Rows(vec![1])).boxed() } else { said(at).boxed() };
    (0..KINDS.len()).map(one).collect::<Vec<_>>()
}

fn content(state: &[Said], step: &Step) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (kind, said) in KINDS.iter().zip(state) {
        let sum = step.checksum.filter(|_| kind.tag == "HARDWARE").map(|sum| format!("<CHECKSUM>{sum}</CHECKSUM>"));
        match said {
            Said::Nothing => {}
            Said::Empty => parts.push(format!("<{}></{}>\n", kind.tag, kind.tag)),
            Said::Rows(rows) => {
                let row = |at: &usize| {
                    format!("<{}>{}{}</{}>\n", kind.tag, kind.rows[*at], sum.as_deref().unwrap_or_default(), kind.tag)
                };
                parts.push(rows.iter().map(row).collect());
            }
        }
    }
    if step.turned {
        parts.reverse();
    }
    parts.concat()
}

/// A row of the model: its cells by the rules for what repeats.
fn cells(tag: &str, row: &str) -> Vec<(String, String)> {
    let own: &[(&str, &str)] = match (tag, row) {
        ("VERSIONCLIENT", text) => &[("VERSIONCLIENT", text)],
        ("PLUGIN", "<A>1</A><A>2</A>") => &[("A", "1"), ("A[2]", "2")],
        ("PLUGIN", _) => &[("A", "1"), ("B/C", "2")],
        ("LOCAL_GROUPS", _) => &[("MEMBER", "a,b"), ("NAME", "wheel")],
        ("DOWNLOAD", _) => &[("HISTORY/PACKAGE/ID", "17")],
        _ => &[],
    };
    if !own.is_empty() {
        return own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    }
    let mut cells = BTreeMap::new();
    for part in row.split("</").flat_map(|part| part.rsplit_once('<')) {
        let (name, value) = part.1.split_once('>').unwrap();
        cells.insert(name.to_owned(), value.replace("&amp;", "&"));
    }
    cells.into_iter().collect()
}

/// What the rules say is stored after a message.
fn model(stored: &mut BTreeMap<String, Rows>, state: &[Said], step: &Step) {
    let present: Vec<&Kind> =
        KINDS.iter().zip(state).filter(|(_, said)| matches!(said, Said::Rows(_))).map(|(kind, _)| kind).collect();
    let hardware = present.iter().any(|kind| kind.tag == "HARDWARE");
    let others = present.iter().any(|kind| kind.tag != "HARDWARE" && kind.bit != 0);
    let bits = step.checksum.filter(|_| hardware && others && [UNIX, WINDOWS].contains(&step.agent)).unwrap_or(0);
    stored.remove("DOWNLOAD");
    for (kind, said) in KINDS.iter().zip(state) {
        match said {
            Said::Rows(rows) => {
                let mut all: Rows = rows.iter().map(|at| cells(kind.tag, kind.rows[*at])).collect();
                if let ("HARDWARE", Some(sum)) = (kind.tag, step.checksum) {
                    all[0].push(("CHECKSUM".to_owned(), sum.to_string()));
                    all[0].sort();
                }
                all.sort();
                stored.insert(kind.tag.to_owned(), all);
            }
            Said::Nothing | Said::Empty => {
                if bits & kind.bit != 0 && !["HARDWARE", "SOFTWARES"].contains(&kind.tag) {
                    stored.remove(kind.tag);
                }
            }
        }
    }
}

async fn play(first: Vec<Said>, steps: Vec<Step>) {
    let (fast, slow) = (Office::new(), Office::new());
    let mut state = first;
    let mut expected = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        if at > 0 {
            step.changes.iter().for_each(|(at, said)| state[*at] = said.clone());
        }
        let content = content(&state, step);
        let (one, _) = fast.say(step.agent, &inventory(PC, &content)).await;
        let (other, _) = slow.say(step.agent, &inventory(PC, &format!("<!-- whole -->{content}"))).await;
        assert_eq!((one, other), (200, 200), "message {at}");
        model(&mut expected, &state, step);
        assert_eq!(slow.everything(PC), expected, "parsed whole, after message {at}:\n{content}");
        assert_eq!(fast.everything(PC), expected, "recognised, after message {at}:\n{content}");
        assert_eq!(fast.columns(PC), slow.columns(PC), "columns after message {at}:\n{content}");
        for (tag, column) in [("VIDEOS", "video"), ("BIOS", "ssn"), ("NETWORKS", "macaddr")] {
            assert!(expected.contains_key(tag) || !fast.columns(PC).contains_key(column), "{column} of no {tag}");
        }
        let facts = |office: &Office| {
            let computer = office.computer(PC);
            (computer.checksum, computer.carried, computer.last_inventory, computer.last_date)
        };
        assert_eq!(facts(&fast), facts(&slow), "after message {at}");
        assert_eq!(fast.written(PC), slow.written(PC), "sections written by message {at}:\n{content}");
        fast.clock.forward(60);
        slow.clock.forward(60);
    }
    assert_eq!((fast.differences(), slow.differences()), (Vec::new(), Vec::new()));
}

pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn recognised_or_parsed_whole_the_same_is_stored(first in first(), steps in proptest::collection::vec(step(), 2..8)) {
        run(play(first, steps));
    }
}

/// Rows of software as agents write them, and as nobody should.
const ROWS: &[&str] = &[
    "<SOFTWARES><NAME>a</NAME></SOFTWARES>",
    "<SOFTWARES><NAME>b</NAME><INSTALLDATE>2024/02/29</INSTALLDATE><VERSION>1</VERSION></SOFTWARES>",
    "<SOFTWARES><NAME>b</NAME><INSTALLDATE>2025/01/01 10:00:00</INSTALLDATE><VERSION>1</VERSION></SOFTWARES>",
    "<SOFTWARES><NAME>b</NAME><INSTALLDATE> 2024/02/29 </INSTALLDATE><VERSION>1</VERSION></SOFTWARES>",
    "<SOFTWARES><NAME>b</NAME><INSTALLDATE>29/02/2024</INSTALLDATE><VERSION>1</VERSION></SOFTWARES>",
    "<SOFTWARES><NAME>b</NAME><INSTALLDATE>2024/02/29</INSTALLDATE><INSTALLDATE>2025/01/01</INSTALLDATE></SOFTWARES>",
    "<SOFTWARES><NAME>b</NAME><INSTALLDATE >2024/02/29</INSTALLDATE><INSTALLDATE>2025/01/01</INSTALLDATE></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE >2024/02/29</INSTALLDATE><X><INSTALLDATE>2024/02/29</INSTALLDATE></X></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE >2024/02/29</INSTALLDATE><X><INSTALLDATE>2025/01/01</INSTALLDATE></X></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE>2024/02/29<B/></INSTALLDATE><NAME>c</NAME></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE>2025/01/01<B/></INSTALLDATE><NAME>c</NAME></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE>2024/02/29<B>1</B></INSTALLDATE><NAME>c</NAME></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE>2025/01/01<B>1</B></INSTALLDATE><NAME>c</NAME></SOFTWARES>",
    "<SOFTWARES><INSTALLDATE>2024/02/29<B/> 10:00:00</INSTALLDATE></SOFTWARES>",
    "<SOFTWARES><X A=\"<INSTALLDATE>2024/02/29</\"/><INSTALLDATE >2024/02/29</INSTALLDATE></SOFTWARES>",
    "<SOFTWARES><X INSTALLDATE='2024/02/29'>y</X><NAME>d</NAME></SOFTWARES>",
    "<SOFTWARES A='1'><NAME>e</NAME></SOFTWARES>",
    "<SOFTWARES ><NAME>f</NAME></SOFTWARES>",
    "<SOFTWARES></SOFTWARES>",
    "<SOFTWARES/>",
    "<SOFTWARES>\n </SOFTWARES>",
    "<SOFTWARES>text</SOFTWARES>",
    "<SOFTWARES>2024/02/29</SOFTWARES>",
    "<SOFTWARES><NAME><![CDATA[a</SOFTWARES>]]></NAME></SOFTWARES>",
    "<SOFTWARES><NAME>a</NAME><!-- <INSTALLDATE>2024/02/29</INSTALLDATE> --></SOFTWARES>",
    "<SOFTWARES><SOFTWARES><NAME>a</NAME></SOFTWARES></SOFTWARES>",
    "<SOFTWARES><NAME>a &amp; b</NAME><FOLDER>C:\\Users\\bob\\x</FOLDER></SOFTWARES>",
    "<SOFTWARES><NAME>a</NAME><NAME>z</NAME></SOFTWARES>",
    "<SOFTWARES><NAME>a</NAME><OWN>1</OWN><OWN>2</OWN></SOFTWARES>",
    "<SOFTWARES><NAME>a</NAME><INSTALLDATE>2024/02/29&#32;</INSTALLDATE></SOFTWARES>",
    "<SOFTWARES><NAME>a</NAME><GUID>{1}</GUID></SOFTWARES>",
    "<SOFTWARES><NAME>a</NAME><GUID>{2}</GUID></SOFTWARES>",
];

/// Several computers report some of these rows; in one office a comment has every message read whole.
async fn taught(reports: Vec<(usize, Vec<usize>, bool)>) {
    let (fast, slow) = (Office::new(), Office::new());
    let hardware = "<HARDWARE><NAME>pc</NAME></HARDWARE>";
    for (computer, picks, retire) in reports {
        let device = format!("pc{computer}-2026-02-03-08-15-42");
        let rows: String = picks.iter().map(|at| ROWS[*at]).collect();
        let (one, _) = fast.say(UNIX, &inventory(&device, &format!("{hardware}{rows}"))).await;
        let (other, _) = slow.say(UNIX, &inventory(&device, &format!("<!-- whole -->{hardware}{rows}"))).await;
        assert_eq!(one, other, "{rows}");
        if one == 200 {
            assert_eq!(fast.everything(&device), slow.everything(&device), "{rows}");
        }
        if retire {
            fast.app.fleet.retire_items();
        }
    }
    assert_eq!((fast.differences(), slow.differences()), (Vec::new(), Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_rows_come_what_was_learnt_of_them_is_right(reports in proptest::collection::vec(
        (0..4_usize, proptest::collection::vec(0..ROWS.len(), 0..6), proptest::bool::weighted(0.1)), 2..10))
    {
        run(taught(reports));
    }
}

/// Rows are remembered by their text. A message in which some rows are no plain ones must not teach a wrong one: what
/// everybody else has installed would be read from it.
#[actix_web::test]
async fn no_message_teaches_a_wrong_text() {
    let office = Office::new();
    let hardware = "<HARDWARE><NAME>pc</NAME></HARDWARE>";
    let ledger = "<SOFTWARES><NAME>Ledger</NAME></SOFTWARES>";
    let other = "<SOFTWARES PLACE='x'><NAME>Other</NAME></SOFTWARES>";
    let empty = "<SOFTWARES></SOFTWARES>";
    for (at, rows) in [[empty, other, ledger], [other, ledger, empty], [ledger, empty, other]].iter().enumerate() {
        office.inventory(&format!("first-{at}-2026-02-03-08-15-42"), &format!("{hardware}{}", rows.concat())).await;
    }
    office.inventory(PC, &format!("{hardware}{empty}{ledger}")).await;
    assert_eq!(office.rows(PC, "SOFTWARES"), [[("NAME".to_owned(), "Ledger".to_owned())]]);
    assert_eq!(office.differences(), Vec::<String>::new());
}
