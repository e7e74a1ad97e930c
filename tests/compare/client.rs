//! One request over one connection, and what its answer means.

use std::collections::BTreeSet;
use std::io::{Error, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rollcall::limits::Limits;
use rollcall::protocol::envelope::{self, Packing};
use rollcall::protocol::xml;
use socket2::{Domain, Socket, Type};

/// A request as it goes out.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: &'static str,
    pub agent: String,
    pub content_type: String,
    pub body: Vec<u8>,
    /// In pieces, without a length.
    pub chunked: bool,
}

impl Request {
    pub fn post(agent: &str, content_type: &str, body: Vec<u8>) -> Request {
        let (agent, content_type) = (agent.to_owned(), content_type.to_owned());
        Request { method: "POST", path: "/ocsinventory", agent, content_type, body, chunked: false }
    }
}

/// An answer; what it says only if it is a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    /// `zlib`, `gzip`, `plain`, or `empty`.
    pub packing: &'static str,
    /// Every path of elements and attributes with its text, as a set: their order means nothing.
    pub meaning: BTreeSet<(String, String)>,
}

/// Sends the request to a port of this machine.
pub fn ask(port: u16, request: &Request) -> std::io::Result<Answer> {
    // Not the address that every computer has: both servers would compare it with the computer's interfaces.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 2], 0)).into())?;
    socket.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into())?;
    let mut stream: TcpStream = socket.into();
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut head = format!("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n", request.method, request.path);
    for (name, value) in [("User-Agent", &request.agent), ("Content-Type", &request.content_type)] {
        if !value.is_empty() {
            head += &format!("{name}: {value}\r\n");
        }
    }
    let mut out;
    if request.chunked {
        out = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for piece in request.body.chunks(1000) {
            out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            out.extend_from_slice(piece);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"0\r\n\r\n");
    } else {
        out = format!("{head}Content-Length: {}\r\n\r\n", request.body.len()).into_bytes();
        out.extend_from_slice(&request.body);
    }
    stream.write_all(&out)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    read(&bytes, request.method == "HEAD").ok_or_else(|| Error::other(format!("no answer: {} bytes", bytes.len())))
}

fn read(bytes: &[u8], no_body: bool) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let header = |name: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let body = &bytes[end + 4..];
    let mut answer = Answer { status, content_type: String::new(), packing: "empty", meaning: BTreeSet::new() };
    if status != 200 || no_body || body.is_empty() {
        return Some(answer);
    }
    answer.content_type = header("content-type").unwrap_or_default();
    let opened = envelope::open(body, &Limits::default()).ok()?;
    answer.packing = match opened.packing {
        Packing::Zlib => "zlib",
        Packing::Gzip => "gzip",
        Packing::Plain => "plain",
    };
    let text = String::from_utf8(opened.bytes.to_vec()).ok()?;
    let message = xml::read(&text, &Limits::default(), &|| false).ok()?;
    for element in &message.head {
        for cell in &element.cells {
            answer.meaning.insert((format!("{}/{}", element.tag, cell.name), cell.value.to_string()));
        }
    }
    Some(answer)
}
