//! What is fuzzed (SEC-67): one function for each reader of bytes that come from outside.
//!
//! Both the fuzzer (`program.rs`) and an ordinary test (`tests/it/fuzz.rs`, which replays `corpus/`) call them. A
//! function takes any bytes; it must neither panic nor take long, and where two ways must agree it says so.
//! Still to come with their features: the SQL dump, backups, CSV.

use std::fs::File;
use std::io::{Seek, Write};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use futures_core::Stream;
use rollcall::config::{Config, Sources};
use rollcall::console::cookies::{self, Kind};
use rollcall::console::form::Form;
use rollcall::console::pages::computer::{Banner, ComputerPage, Deeds, Found, SectionCount, SectionRows, Shown, body};
use rollcall::console::view::Locale;
use rollcall::console::view::address::Address;
use rollcall::console::view::table::Cell;
use rollcall::i18n::Lang;
use rollcall::id::{ComputerId, DeviceId};
use rollcall::import::{Bounds, archive};
use rollcall::inventory::convert::{self, date, fold, number, software};
use rollcall::inventory::cut::{Class, cut};
use rollcall::inventory::rows;
use rollcall::inventory::sections::Whole;
use rollcall::limits::Limits;
use rollcall::net::{self, Mac, Networks};
use rollcall::protocol::{Agent, Error, Message, Query, envelope, json, scan, xml};
use rollcall::schema::TABLES;
use rollcall::text;
use rollcall::web::{Allowed, Disk, read_parts};

/// The name, which is the one of the corpus, and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 16] = [
    ("agent_body", agent_body),
    ("archive", archive_file),
    ("config_file", config_file),
    ("convert_values", convert_values),
    ("cookies", cookie_header),
    ("cut_against_whole", cut_against_whole),
    ("forms", forms),
    ("headers", headers),
    ("html_out", html_out),
    ("inflated_message", inflated_message),
    ("native_json", native_json),
    ("records", records),
    ("rows", row_blocks),
    ("scanner", scanner),
    ("text_decoding", text_decoding),
    ("uploads", uploads),
];

static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

fn read(text: &str) -> Result<Message<'_>, Error> {
    xml::read(text, &LIMITS, &|| false)
}

/// All that is asked of a message before anything is looked up.
fn ask(message: &Message<'_>) {
    let _ = (message.device_id().map(|device| device.folded()), message.old_device_id());
    let _ = Query::of(message).map(|query| query.is_anonymous());
}

/// A body as it comes from the network.
pub fn agent_body(bytes: &[u8]) {
    let Ok(opened) = envelope::open(bytes, &LIMITS) else { return };
    if opened.is_json() {
        native_json(&opened.bytes);
    } else {
        inflated_message(&opened.bytes);
    }
}

/// The same behind the envelope, where the fuzzer would rarely get to.
pub fn inflated_message(bytes: &[u8]) {
    let decoded = text::decode_xml(bytes);
    if let Ok(message) = read(&decoded.text) {
        ask(&message);
        // What was read can be kept and read back.
        let again = message.clone().into_owned();
        assert_eq!(again, message);
    }
    cut_against_whole(decoded.text.as_bytes());
}

fn class(tag: &str) -> Class {
    match tag {
        "SOFTWARES" => Class::Software,
        "HARDWARE" | "DRIVES" | "ACCESSLOG" => Class::Kept,
        "BIOS" | "NETWORKS" | "ACCOUNTINFO" => Class::Watched,
        _ => Class::Stable,
    }
}

/// Where the cut trusts itself, its parts say what the whole says.
pub fn cut_against_whole(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (Some(cut), Ok(whole)) = (cut(text, 7, class), read(text)) else { return };
    let all = cut.reduced(&[Class::Kept, Class::Watched, Class::Stable, Class::Software]);
    let all = read(&all).expect("what can be read whole can be read in parts");
    assert_eq!(all.content, whole.content);
    assert_eq!(all.head, whole.head);
    for wanted in [&Class::ALWAYS[..], &[Class::Software], &[Class::Stable, Class::Watched]] {
        let reduced = cut.reduced(wanted);
        let part = read(&reduced).expect("what can be read whole can be read in parts");
        let expected: Vec<_> =
            whole.content.iter().filter(|element| wanted.contains(&class(&element.tag))).cloned().collect();
        assert_eq!(part.content, expected);
    }
}

/// The quick reader against the reference reader: whatever it takes, both read the same.
pub fn scanner(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(cut) = cut(text, 7, class) else { return };
    let all = [Class::Kept, Class::Watched, Class::Stable, Class::Software];
    for wanted in [&all[..], &[Class::Kept], &[Class::Kept, Class::Watched, Class::Software]] {
        let Some(quick) = scan::read(&cut, wanted, &LIMITS, &mut |_| false) else { continue };
        assert_eq!(quick, read(&cut.reduced(wanted)).expect("what the quick reader takes is good XML"));
    }
    if let Some(quick) = scan::read(&cut, &all, &LIMITS, &mut |_| false) {
        assert_eq!(quick, read(text).expect("what the quick reader takes is good XML"));
    }
}

/// The JSON of GLPI agents.
pub fn native_json(bytes: &[u8]) {
    if let Ok(json::Native::Inventory(report)) = json::read(bytes, &LIMITS, &|| false) {
        ask(&report.message);
    }
}

/// Records of every table as they may lie on a damaged disk: the first byte picks the table, the second is the format.
pub fn records(bytes: &[u8]) {
    let [table, format, rest @ ..] = bytes else { return };
    let again = TABLES[usize::from(*table) % TABLES.len()].again;
    if let Ok(encoded) = again(*format, rest) {
        let twice = again(encoded[0], &encoded[1..]).expect("what we write we can read");
        assert_eq!(twice, encoded);
    }
}

/// Blocks of sections.
pub fn row_blocks(bytes: &[u8]) {
    let unpacked = rows::unpack(bytes);
    let sections = rows::sections_of(bytes).flatten().count();
    if let Ok(unpacked) = unpacked {
        assert_eq!(unpacked.len(), sections);
        if let Ok(merged) = rows::merged(bytes, bytes, &[]) {
            assert!(rows::unpack(&merged).is_ok());
        }
    }
}

/// A ZIP archive with inventories.
pub fn archive_file(bytes: &[u8]) {
    let bounds = Bounds { file: 1 << 20, entries: 100, entry: 1 << 20, whole: 4 << 20 };
    let mut left = bounds.whole;
    archive::read(written(bytes), "x.zip", None, &bounds, &mut (&bounds).into(), &mut |entry| {
        if let Ok(read) = entry {
            assert!(read.bytes.len() as u64 <= bounds.entry && read.bytes.len() as u64 <= left);
            left -= read.bytes.len() as u64;
        }
        true
    });
}

fn written(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file can be made");
    file.write_all(bytes).and_then(|()| file.rewind()).expect("a file can be written");
    file
}

/// The settings file.
pub fn config_file(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    file.write_all(bytes).expect("a file can be written");
    let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
    match Config::load(&sources) {
        Ok(config) => drop((config.report(), config.trusted_proxies())),
        Err(errors) => drop(errors.to_string()),
    }
}

/// Cookies of the console.
pub fn cookie_header(bytes: &[u8]) {
    let Ok(value) = actix_web::http::header::HeaderValue::from_bytes(bytes) else { return };
    let request = TestRequest::default().insert_header((actix_web::http::header::COOKIE, value)).to_http_request();
    for kind in [Kind::Session, Kind::Form, Kind::Language] {
        for secure in [false, true] {
            assert_ne!(cookies::sent(&request, kind, secure).as_deref(), Some(""));
        }
    }
}

/// Bodies of forms and what stands behind the question mark; and back into an address.
pub fn forms(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(form) = Form::read(&text, 50) else { return };
    let value = form.get("sort");
    let address = Address::new("/list").with("sort", value).with("q", &text).to_string();
    let (_, query) = address.split_once('?').expect("there are values");
    let again = Form::read(query, 50).expect("what we write can be read");
    assert_eq!((again.get("sort"), again.get("q")), (value, text.as_ref()));
}

/// Bytes as they come from the network, a few at once.
struct Chunks(Vec<Bytes>);

impl Stream for Chunks {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop().map(Ok))
    }
}

/// Forms with files; the boundary is the letter b. The first byte says in how large pieces it comes.
pub fn uploads(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut chunks: Vec<Bytes> = rest.chunks(usize::from(*first) + 1).map(Bytes::copy_from_slice).collect();
    chunks.reverse();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=b"));
    let allowed = Allowed { files: 3, file: 1000, whole: 5000, text: 500, memory: false };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = Disk { folder: folder.path(), stays_free: 0 };
    let limits = Limits::default();
    let read = read_parts(&headers, Chunks(chunks), &allowed, &limits, disk, |_| true);
    if let Ok(upload) = actix_web::rt::System::new().block_on(read) {
        assert!(upload.files.len() <= 3 && upload.fields.iter().map(|(_, value)| value.len()).sum::<usize>() <= 500);
        for file in &upload.files {
            assert!(!file.name.is_empty() && !file.name.contains(['/', '\\']));
            let kept = file.path.as_ref().map(|path| std::fs::metadata(path).expect("it is there").len());
            assert_eq!(kept, Some(file.size).filter(|size| *size <= 1000));
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder is there").count(), 0);
}

/// Headers, addresses and identifiers.
pub fn headers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let agent = Agent::of(&text);
    drop((agent.cleaned(), agent.build(), agent.is_local_import(), agent.wants_bare_subnet(), agent.can_scan()));
    let peer = std::net::IpAddr::from([127, 0, 0, 1]);
    let _ = net::client(peer, Some(&text), &Networks::office());
    let _ = (net::dotted_quad(&text), net::mask_length(&text));
    if let Ok(mac) = text.parse::<Mac>() {
        assert_eq!(mac.to_string().parse::<Mac>().ok(), Some(mac));
    }
    if let Ok(device) = text.parse::<DeviceId>() {
        assert_eq!(device.as_str().parse::<DeviceId>().map(|again| again.folded()).ok(), Some(device.folded()));
    }
}

/// What the original would have made of a value.
pub fn convert_values(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for size in [Whole::Tiny, Whole::Normal, Whole::BigUnsigned] {
        let (least, most) = size.range();
        for value in [number::whole(&text, size), number::digits_only(&text, size)] {
            assert!((least..=most).contains(&value), "{value}");
        }
    }
    let _ = (number::decimal(&text, 10, 2), date::moment(&text), date::day(&text), convert::mac(&text));
    let folded = fold::fold(&text);
    assert_eq!(fold::fold(&folded), folded);
    let _ = software::Version::of(&text);
    assert!(convert::cut(&text, 20).chars().count() <= 20);
}

/// Any bytes become text; what is shown and logged of it stays in its place.
pub fn text_decoding(bytes: &[u8]) {
    let xml = text::decode_xml(bytes);
    let control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}');
    assert!(!xml.text.contains(control), "{:?}", xml.text);
    for decoded in [text::decode(bytes), xml] {
        let text = decoded.text.as_ref();
        let _ = text::undouble(text);
        let shown = text::visible(text);
        assert!(!shown.contains(['\u{202E}', '\u{2066}', '\u{200F}']));
        let logged = text::log_value(text);
        assert!(!logged.contains(['\n', '\r', '\u{1b}']), "{logged:?}");
        assert!(text::cut(text, 100).len() <= 100 + 8);
    }
}

/// A value goes through the page of a computer as text: the markup keeps its shape.
pub fn html_out(bytes: &[u8]) {
    let value = String::from_utf8_lossy(bytes);
    let shape = |text: &str| {
        let html = page(text);
        html.bytes().filter(|byte| matches!(byte, b'<' | b'"')).count()
    };
    // A letter in front, so that no value is blank, which has a shape of its own.
    assert_eq!(shape(&format!("a{value}")), shape("ab"), "{value:?}");
}

fn page(text: &str) -> String {
    let locale =
        Locale { lang: Lang::En, now: rollcall::clock::Timestamp(1_795_176_000), zone: jiff::tz::TimeZone::UTC };
    let banner = Banner { tag: text, user: text, system: text, description: text, agent: text, ..Banner::default() };
    let cells = [vec![Cell::text(text), Cell::mono(text)]];
    let shown = Shown::Section(SectionRows { tag: "MEMORIES", fields: &["CAPTION", text], rows: &cells, total: text });
    let sections = [SectionCount { tag: text, rows: 1 }];
    body(
        &locale,
        &ComputerPage {
            id: ComputerId(1),
            banner,
            groups: &[],
            care: &[],
            sections: &sections,
            notes: None,
            customized: None,
            packages: None,
            junk: &[],
            deeds: Deeds::default(),
            searched: Some(Found { part: text, found: 1, whole: 2 }),
            shown,
        },
    )
    .into_string()
}
