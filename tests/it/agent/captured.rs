//! Captured exchanges of real agents with the real server, replayed: our answers must mean the same.

use std::collections::BTreeSet;

use rollcall::agent::Caller;
use rollcall::limits::Limits;
use rollcall::protocol::{Message, xml};

use crate::office::{Office, clear, fixture};

/// A captured request: path, headers in lower case, body.
struct Request {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn request(name: &str) -> Request {
    let bytes = fixture(&format!("{name}.request.http"));
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "{name} is chunked");
    Request { headers, body: bytes[end + 4..].to_vec() }
}

impl Request {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }
}

/// What an answer means: every path of elements and attributes with its text, as a set.
fn meaning(text: &str) -> BTreeSet<(String, String)> {
    let never = || false;
    let message: Message<'_> = xml::read(text, &Limits::default(), &never).unwrap();
    let cells = message.head.iter().flat_map(|element| {
        element.cells.iter().map(move |cell| (format!("{}/{}", element.tag, cell.name), cell.value.to_string()))
    });
    cells.collect()
}

async fn replay(office: &Office, name: &str) -> (u16, String) {
    let request = request(name);
    let caller = Caller {
        address: Some([192, 168, 50, 7].into()),
        agent: request.header("user-agent").unwrap_or_default(),
        content_type: request.header("content-type"),
        glpi: false,
        secure: false,
    };
    let answer = office.agents.post(request.body, caller).await;
    (answer.status, clear(&answer))
}

async fn same_meaning(office: &Office, name: &str) {
    let (status, text) = replay(office, name).await;
    assert_eq!(status, 200, "{name}");
    let expected = String::from_utf8(fixture(&format!("{name}.response.xml"))).unwrap();
    assert_eq!(meaning(&text), meaning(&expected), "{name}");
}

/// The latencies that the captured server had been set to.
fn office() -> Office {
    let office = Office::new();
    office.set("DOWNLOAD_CYCLE_LATENCY", "1");
    office.set("DOWNLOAD_FRAG_LATENCY", "1");
    office
}

#[actix_web::test]
async fn a_unix_agent_through_its_life() {
    let office = office();
    same_meaning(&office, "ocs2100-first-contact-01-prolog").await;
    same_meaning(&office, "ocs2100-first-contact-02-inventory").await;
    office.clock.forward(60);
    same_meaning(&office, "ocs2100-unchanged-freq0-01-prolog").await;
    same_meaning(&office, "ocs2100-unchanged-freq0-02-inventory").await;
    office.set("FREQUENCY", "1");
    same_meaning(&office, "ocs2100-stop-freq1-01-prolog").await;
    office.set("FREQUENCY", "-1");
    same_meaning(&office, "ocs2100-stop-freq-minus1-01-prolog").await;
    office.set("FREQUENCY", "1");
    same_meaning(&office, "ocs2100-force-freq1-01-inventory").await;
    assert_eq!(office.count(), 1);
    assert_eq!(office.differences(), Vec::<String>::new());
}
