//! The agent endpoint over HTTP: what agents see of the transport.

use rollcall::deployment::launcher;
use rollcall::deployment::package::PackageId;
use rollcall::protocol::envelope::{Packing, seal};

use crate::agent::download::packaged;
use crate::browser::Served;
use crate::office::{NOON, prolog};

const DEVICE: &str = "pc-1-2026-02-03-08-15-42";

/// A raw exchange: status line and headers in lower case, then the body.
fn say(served: &Served, head: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let length = format!("Content-Length: {}\r\n", body.len());
    raw(served, format!("{head}Host: ocs\r\nConnection: close\r\n{length}\r\n").as_bytes(), body)
}

fn raw(served: &Served, head: &[u8], body: &[u8]) -> (u16, String, Vec<u8>) {
    let mut request = head.to_vec();
    request.extend_from_slice(body);
    let answer = served.browser().exchange(&request);
    // An interim answer comes first where it was asked for.
    let answer = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n".as_slice()).unwrap_or(&answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

fn asked() -> Vec<u8> {
    seal(&prolog(DEVICE), Packing::Zlib)
}

/// Windows agents turn a redirected POST into a GET, and save anything below 400 as what they asked for.
#[test]
fn pitfall_07_and_sec_09_nothing_redirects_and_failures_are_no_pages() {
    let served = Served::new();
    let ask = asked();
    let (status, head, _) = say(&served, "POST /ocsinventory HTTP/1.1\r\n", &ask);
    assert_eq!(status, 200);
    assert!(head.contains("content-length:") && !head.contains("transfer-encoding"), "{head}");
    for (line, body) in [
        ("POST /ocsinventory HTTP/1.1\r\n", &b"rubbish"[..]),
        ("POST /ocsinventory HTTP/1.1\r\n", &b""[..]),
        ("GET /ocsinventory HTTP/1.1\r\n", &b""[..]),
        ("GET /ocsinventory?action=getConfig HTTP/1.1\r\n", &b""[..]),
        ("GET /ocsinventory/ HTTP/1.1\r\n", &b""[..]),
        ("GET /ocsinventory/deploy/label HTTP/1.1\r\n", &b""[..]),
        ("GET /ocsinventory/deploy/../../store.redb HTTP/1.1\r\n", &b""[..]),
        ("GET /ocsinventory/update/WINDOWS/agent/4030 HTTP/1.1\r\n", &b""[..]),
        ("PUT /ocsinventory HTTP/1.1\r\n", &ask[..]),
        ("DELETE /ocsinventory HTTP/1.1\r\n", &b""[..]),
        ("GET /download/1700000001/info HTTP/1.1\r\n", &b""[..]),
        ("POST /download HTTP/1.1\r\n", &b""[..]),
    ] {
        let (status, head, body) = say(&served, line, body);
        assert!(status >= 400, "{line}{status}");
        assert!(!head.contains("location:") && !head.contains("text/html"), "{line}{head}");
        assert!(!body.starts_with(b"<"), "{line}");
    }
    assert_eq!(say(&served, "HEAD /ocsinventory HTTP/1.1\r\n", b"").0, 403);
    assert_eq!(say(&served, "PUT /ocsinventory HTTP/1.1\r\n", &ask).0, 403);
}

/// Some packagers configure the server's address without `/ocsinventory`.
#[test]
fn pitfall_08_a_post_to_the_front_door_is_answered() {
    let served = Served::new();
    for path in ["/", "/ocsinventory/", "/ocsinventory/foo/bar", "//ocsinventory", "/ocsinventory?x=1"] {
        let (status, _, body) = say(&served, &format!("POST {path} HTTP/1.1\r\n"), &asked());
        assert_eq!(status, 200, "{path}");
        assert_eq!(&body[..2], &[0x78, 0x9C], "{path}");
    }
}

#[test]
fn pitfall_09_expect_continue_and_old_http_are_served() {
    let served = Served::new();
    let ask = asked();
    assert_eq!(say(&served, "POST /ocsinventory HTTP/1.1\r\nExpect: 100-continue\r\n", &ask).0, 200);
    let old = format!("POST /ocsinventory HTTP/1.0\r\nContent-Length: {}\r\n\r\n", ask.len());
    assert_eq!(raw(&served, old.as_bytes(), &ask).0, 200);
    let bare = format!("POST /ocsinventory HTTP/1.1\nHost: x\nConnection: close\nContent-Length: {}\n\n", ask.len());
    assert_eq!(raw(&served, bare.as_bytes(), &ask).0, 200);
    let mut chunked = format!("{:x}\r\n", ask.len()).into_bytes();
    chunked.extend_from_slice(&ask);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let head = b"POST /ocsinventory HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(raw(&served, head, &chunked).0, 200);
}

/// Fragments come over HTTP as well; what proves them does not (SEC-45).
#[test]
fn fragments_are_served_in_whole_and_in_parts_and_information_files_over_https_only() {
    let served = Served::secure();
    packaged(&served.office, 1_700_000_001);
    let content: Vec<u8> = (0..150_000_u32).map(|at| (at * 31 % 251) as u8).collect();
    let get = |path: &str, headers: &str| say(&served, &format!("GET {path} HTTP/1.1\r\n{headers}"), b"");
    let folder = "/download/1700000001";

    let mut whole = Vec::new();
    for number in 1..=3 {
        // Agents of old write two slashes, and nothing but the path.
        let (status, head, body) = get(&format!("/{folder}/1700000001-{number}"), "");
        assert_eq!(status, 200);
        assert!(head.contains("content-type: application/octet-stream"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff") && head.contains("content-disposition: attachment"));
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        whole.extend(body);
    }
    assert!(whole == content);
    let old = format!("GET {folder}/1700000001-3 HTTP/1.0\n\n");
    assert!(raw(&served, old.as_bytes(), b"").2 == content[131_072..]);

    let (status, head, body) = get(&format!("{folder}/1700000001-2"), "Range: bytes=10-19\r\n");
    assert_eq!((status, &body[..]), (206, &content[65_546..65_556]));
    assert!(head.contains("content-range: bytes 10-19/65536"), "{head}");
    let (status, head, _) = get(&format!("{folder}/1700000001-2"), "Range: bytes=65536-\r\n");
    assert!(status == 416 && head.contains("content-range: bytes */65536"), "{head}");
    let asked = "Range: bytes=10-19\r\nIf-Range: \"x\"\r\n";
    assert_eq!(get(&format!("{folder}/1700000001-2"), asked).2.len(), 65_536);
    let (status, head, body) = say(&served, &format!("HEAD {folder}/1700000001-1 HTTP/1.1\r\n"), b"");
    assert!(status == 200 && head.contains("content-length: 65536") && body.is_empty(), "{head}");

    assert_eq!(get(&format!("{folder}/info"), "").0, 403);
    let over_tls = "X-Forwarded-Proto: https\r\n";
    let (status, head, body) = get(&format!("{folder}/info"), over_tls);
    assert!(status == 200 && head.contains("content-type: application/octet-stream"), "{head}");
    assert!(body.starts_with(b"<DOWNLOAD ID=\"1700000001\" PRI=\"5\" ACT=\"STORE\" DIGEST=\""));
    for missing in ["1700000001-0", "1700000001-4", "1700000001-01", "1700000002-1", "x", "..%2finfo", "1700000001-1.x"]
    {
        assert_eq!(get(&format!("{folder}/{missing}"), over_tls).0, 404, "{missing}");
    }
    for path in ["/download/1700000002/info", "/download/01700000001/info", "/download/+1700000001/info", "/download/"]
    {
        assert_eq!(get(path, over_tls).0, 404, "{path}");
    }
    assert_eq!(say(&served, &format!("POST {folder}/info HTTP/1.1\r\n"), b"").0, 405);
    // Only what was sent from its beginning counts, and what was asked for only with HEAD does not.
    let here = "127.0.0.1".parse().unwrap();
    let fetched = served.office.app.board.fetches.of(PackageId(1_700_000_001), here).unwrap();
    assert_eq!((fetched.info, fetched.fragments), (Some(NOON), 5));

    // A fragment that is gone is a failure, not an empty file that an agent keeps.
    let again = Served::secure();
    packaged(&again.office, 1_700_000_001);
    std::fs::remove_file(again.office.app.packages.fragment(PackageId(1_700_000_001), 2)).unwrap();
    assert_eq!(say(&again, &format!("GET {folder}/1700000001-2 HTTP/1.1\r\n"), b"").0, 404);
}

/// Agents with a user and a password in their settings send them whether asked or not.
#[test]
fn pitfall_11_an_unexpected_authorization_is_ignored() {
    let served = Served::new();
    assert_eq!(say(&served, "POST /ocsinventory HTTP/1.1\r\nAuthorization: Basic b2NzOm9jcw==\r\n", &asked()).0, 200);
}

/// Any answer below 400 pops up the TAG question on every new Windows machine.
#[test]
fn pitfall_13_the_label_is_there_only_when_it_was_set() {
    let served = Served::new();
    assert_eq!(say(&served, "GET /ocsinventory/deploy/label HTTP/1.1\r\n", b"").0, 400);
    served.office.blocking(|app| app.write(|w| launcher::set_label(w, " Which room? "))).unwrap();
    let (status, head, body) = say(&served, "GET /ocsinventory/deploy/label HTTP/1.1\r\n", b"");
    assert_eq!((status, body.as_slice()), (200, &b"Which room?"[..]));
    assert!(head.contains("content-type: application/octet-stream") && head.contains("cache-control: 3600"), "{head}");
    served.office.set("DEPLOY", "0");
    assert_eq!(say(&served, "GET /ocsinventory/deploy/label HTTP/1.1\r\n", b"").0, 403);
    served.office.set("DEPLOY", "1");
    served.office.blocking(|app| app.write(|w| launcher::set_label(w, "  "))).unwrap();
    assert_eq!(say(&served, "GET /ocsinventory/deploy/label HTTP/1.1\r\n", b"").0, 400);
}

#[test]
fn sec_01_a_body_that_claims_to_be_huge_is_refused_before_it_comes() {
    let served = Served::new();
    let head = b"POST /ocsinventory HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000000000\r\n\r\n";
    assert_eq!(raw(&served, head, b"x").0, 413);
}

/// The address is the peer's, whatever headers say.
#[test]
fn sec_14_a_forwarding_header_of_a_stranger_counts_for_nothing() {
    let served = Served::with(false, |config| config.trusted_proxies.clear());
    let content = "<HARDWARE><NAME>pc-1</NAME></HARDWARE>";
    let body = seal(&crate::office::inventory(DEVICE, content), Packing::Zlib);
    assert_eq!(say(&served, "POST /ocsinventory HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\n", &body).0, 200);
    let address = served.office.contacts(DEVICE).pop().unwrap().address;
    assert!(address.is_some_and(|address| address.is_loopback()), "{address:?}");
    assert_eq!(served.office.column(DEVICE, "ipsrc"), "127.0.0.1");
}

/// Neither the name that was asked for nor any other header changes what an agent is told.
#[test]
fn sec_16_no_header_changes_the_answer() {
    let served = Served::new();
    let ask = asked();
    let (status, _, plain) = say(&served, "POST /ocsinventory HTTP/1.1\r\n", &ask);
    assert_eq!(status, 200);
    for header in [
        "User-Agent: local",
        "X-Original-URL: /ocsreports/computers",
        "X-Rewrite-URL: /ocsreports/computers",
        "X-HTTP-Method-Override: DELETE",
        "X-Forwarded-Host: localhost",
        "X-Forwarded-Proto: https",
        "Forwarded: for=127.0.0.1;host=localhost;proto=https",
        "Referer: http://localhost/ocsreports/",
        "Cookie: session=admin",
        "Upgrade: h2c",
        "Accept: text/html",
    ] {
        let (status, _, body) = say(&served, &format!("POST /ocsinventory HTTP/1.1\r\n{header}\r\n"), &ask);
        assert_eq!((status, &body), (200, &plain), "{header}");
    }
    for host in ["localhost", "127.0.0.1:1", "evil.example", "<script>", "a b", "\u{e9}"] {
        let head = format!(
            "POST /ocsinventory HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            ask.len()
        );
        let (status, _, body) = raw(&served, head.as_bytes(), &ask);
        assert!(status == 400 || (status == 200 && body == plain), "{host}: {status}");
    }
}

#[test]
fn sec_15_only_exact_names_are_served_to_launchers() {
    let served = Served::new();
    served.office.blocking(|app| app.write(|w| launcher::set_label(w, "Which room?"))).unwrap();
    assert_eq!(say(&served, "GET /ocsinventory/deploy/label HTTP/1.1\r\n", b"").0, 200);
    for name in
        ["LABEL", "lab", "label.txt", "label%00", "label%2f..%2flabel", "x/label", "..%2fstore.redb", "%2e%2e", ""]
    {
        let (status, _, body) = say(&served, &format!("GET /ocsinventory/deploy/{name} HTTP/1.1\r\n"), b"");
        assert!(status >= 400 && !body.starts_with(b"Which"), "{name}: {status}");
    }
}
