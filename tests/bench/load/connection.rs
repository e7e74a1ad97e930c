//! One connection to the server, plain or TLS, that carries one request at a time and never waits.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ClientConnection;

use crate::answer::{Answer, Whole};
use crate::arguments::Target;
use crate::sender;

/// A connection, open or not.
pub struct Connection {
    line: Option<Line>,
    /// The request under way.
    pub request: Option<Request>,
    answer: Answer,
    arrived: Vec<u8>,
    /// Requests answered on this line.
    used: usize,
}

/// A request under way.
#[derive(Clone, Copy)]
pub struct Request {
    /// Which one.
    pub number: usize,
    /// From when its latency counts.
    pub due: Instant,
    sent: usize,
    /// It was sent a second time, because the server had closed a kept connection.
    again: bool,
}

struct Line {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    closed: bool,
}

/// What became of a request.
pub enum Progress {
    /// Nothing yet.
    Waiting,
    /// It was answered.
    Answered(Whole),
    /// The connection broke.
    Broken(io::Error),
}

impl Connection {
    /// Not connected yet.
    pub fn new() -> Connection {
        Connection { line: None, request: None, answer: Answer::default(), arrived: Vec::new(), used: 0 }
    }

    /// Takes up a request; [`Connection::advance`] sends it.
    pub fn begin(&mut self, number: usize, due: Instant) {
        self.request = Some(Request { number, due, sent: 0, again: false });
        self.answer = Answer::default();
        self.arrived.clear();
    }

    /// Forgets the line: the next request opens another one.
    pub fn hang_up(&mut self) {
        self.line = None;
        self.used = 0;
    }

    /// Whether the line has been used so often that another sender should come.
    pub fn is_worn(&self) -> bool {
        self.used >= sender::REQUESTS_OF_ONE_ADDRESS
    }

    /// Whether a line is open.
    pub fn is_open(&self) -> bool {
        self.line.is_some()
    }

    /// Opens a line from the sender of that number.
    pub fn open(&mut self, target: &Target, sender: usize, registry: &Registry, token: Token) -> io::Result<()> {
        let mut stream = sender::connect(sender::address(sender), target.address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        let tls = match &target.tls {
            None => None,
            Some((config, name)) => Some(Box::new(
                ClientConnection::new(config.clone(), name.clone())
                    .map_err(|error| io::Error::other(error.to_string()))?,
            )),
        };
        self.line = Some(Line { stream, tls, closed: false });
        self.used = 0;
        Ok(())
    }

    /// Sends and receives as far as it goes without waiting.
    pub fn advance(&mut self, bytes: &[u8]) -> Progress {
        let (Some(line), Some(request)) = (&mut self.line, &mut self.request) else { return Progress::Waiting };
        let result = line.advance(bytes, &mut request.sent, &mut self.arrived);
        let closed = line.closed;
        if let Some(whole) = self.answer.look(&self.arrived, closed) {
            self.used += 1;
            self.request = None;
            return Progress::Answered(whole);
        }
        let cause = match result {
            Ok(()) if !closed => return Progress::Waiting,
            Ok(()) => ErrorKind::UnexpectedEof.into(),
            Err(error) => error,
        };
        Progress::Broken(cause)
    }

    /// A kept connection may be closed by the server just when the next request is on its way: that request goes out
    /// again, once, on another line, and its latency still counts from the first time.
    pub fn may_try_again(&mut self) -> bool {
        let kept = self.used > 0 && self.arrived.is_empty();
        let Some(request) = &mut self.request else { return false };
        if !kept || request.again {
            return false;
        }
        (request.sent, request.again) = (0, true);
        true
    }
}

impl Line {
    fn advance(&mut self, bytes: &[u8], sent: &mut usize, arrived: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.tls {
            None => {
                send(&mut self.stream, bytes, sent)?;
                if *sent == bytes.len() {
                    self.closed |= receive(&mut self.stream, arrived)?;
                }
            }
            Some(tls) => self.closed |= through_tls(&mut self.stream, tls, bytes, sent, arrived)?,
        }
        Ok(())
    }
}

fn send(to: &mut impl Write, bytes: &[u8], sent: &mut usize) -> io::Result<()> {
    while *sent < bytes.len() {
        match to.write(&bytes[*sent..]) {
            Ok(count) => *sent += count,
            Err(error) if is_not_yet(&error) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads what is there; true at the end of the stream.
fn receive(from: &mut impl Read, arrived: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0_u8; 16 << 10];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(true),
            Ok(count) => {
                arrived.extend_from_slice(&chunk[..count]);
                // What comes later wakes us again; asking once more for each small answer would cost a system call.
                if count < chunk.len() {
                    return Ok(false);
                }
            }
            Err(error) if is_not_yet(&error) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn through_tls(
    stream: &mut TcpStream,
    tls: &mut ClientConnection,
    bytes: &[u8],
    sent: &mut usize,
    arrived: &mut Vec<u8>,
) -> io::Result<bool> {
    let mut closed = false;
    loop {
        loop {
            // The library takes so much at once as its buffer holds.
            if *sent < bytes.len() && !tls.is_handshaking() {
                *sent += tls.writer().write(&bytes[*sent..])?;
            }
            if !tls.wants_write() {
                break;
            }
            match tls.write_tls(stream) {
                Ok(_) => {}
                Err(error) if is_not_yet(&error) => break,
                Err(error) => return Err(error),
            }
        }
        match tls.read_tls(stream) {
            Ok(0) => closed = true,
            Ok(_) => {}
            Err(error) if is_not_yet(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
        tls.process_new_packets().map_err(io::Error::other)?;
        match receive(&mut tls.reader(), arrived) {
            Ok(ended) => closed |= ended,
            // The server went without a farewell; what arrived before counts.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => closed = true,
            Err(error) => return Err(error),
        }
        if closed {
            return Ok(true);
        }
    }
}

/// Not connected yet, or nothing to read.
fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
