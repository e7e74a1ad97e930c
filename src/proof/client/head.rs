//! Heads of requests and answers. Rules without a connection.

use super::{Ask, Failure, Origin};

/// What the head of an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// How the end of the body is known.
    pub length: Length,
    /// Where a part begins in the file.
    pub from: Option<u64>,
    /// Where a redirection leads.
    pub location: Option<String>,
    /// The connection may be used again.
    pub keep: bool,
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// By its bytes.
    Known(u64),
    /// It comes in chunks.
    Chunks,
    /// By the end of the connection.
    ToTheEnd,
}

/// Most lines of a head.
const MOST_LINES: usize = 100;

/// The text of a request.
///
/// # Errors
/// [`Failure::NoHttp`] where a part of it cannot stand in a head.
pub fn request(origin: &Origin, ask: Ask<'_>) -> Result<String, Failure> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if !ask.path.starts_with('/') || ![ask.path, &origin.host, ask.bearer.unwrap_or_default()].into_iter().all(plain) {
        return Err(Failure::NoHttp("the address cannot be asked for"));
    }
    let usual = if origin.secure { 443 } else { 80 };
    let host = if origin.host.contains(':') { format!("[{}]", origin.host) } else { origin.host.clone() };
    let port = if origin.port == usual { String::new() } else { format!(":{}", origin.port) };
    let mut text = format!("GET {} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: Rollcall\r\n", ask.path);
    text.push_str("Accept-Encoding: identity\r\n");
    if let Some(bearer) = ask.bearer {
        text.push_str(&format!("Authorization: Bearer {bearer}\r\n"));
    }
    if ask.from > 0 {
        text.push_str(&format!("Range: bytes={}-\r\n", ask.from));
    }
    text.push_str("\r\n");
    Ok(text)
}

/// How many bytes a head has, with the empty line at its end.
pub fn end(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let text = bytes.get(line..at).unwrap_or_default();
        if at > 0 && matches!(text, b"" | b"\r") && line > 0 {
            return Some(at + 1);
        }
        line = at + 1;
    }
    None
}

/// Reads a head.
///
/// # Errors
/// [`Failure::NoHttp`]
pub fn read(bytes: &[u8]) -> Result<Head, Failure> {
    let bad = Failure::NoHttp;
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let mut words = first.splitn(3, ' ');
    let old = match words.next() {
        Some("HTTP/1.1") => false,
        Some("HTTP/1.0") => true,
        _ => return Err(bad("it does not begin like one")),
    };
    let status = words.next().filter(|word| word.len() == 3).and_then(|word| word.parse::<u16>().ok());
    let status = status.filter(|status| (100..600).contains(status)).ok_or(bad("it has no status"))?;
    let mut head = Head { status, length: Length::ToTheEnd, from: None, location: None, keep: !old };
    let mut chunks = false;
    for (at, line) in lines.take_while(|line| !line.is_empty()).enumerate() {
        if at >= MOST_LINES {
            return Err(bad("its head has too many lines"));
        }
        let (name, value) = line.split_once(':').ok_or(bad("a line of its head has no name"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let length = number(value).ok_or(bad("its length is no number"))?;
                if matches!(head.length, Length::Known(other) if other != length) {
                    return Err(bad("it has two lengths"));
                }
                head.length = Length::Known(length);
            }
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => chunks = true,
            "transfer-encoding" => return Err(bad("it is packed in a way that was not asked for")),
            "content-encoding" if !value.eq_ignore_ascii_case("identity") => {
                return Err(bad("it is packed in a way that was not asked for"));
            }
            "content-range" => {
                let begin = value.strip_prefix("bytes ").and_then(|range| range.split('-').next());
                head.from = begin.and_then(number);
            }
            "location" => head.location = Some(value.chars().take(500).collect()),
            "connection" => {
                let word = |word: &str| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(word));
                head.keep = !word("close") && (!old || word("keep-alive"));
            }
            _ => {}
        }
    }
    if chunks {
        // Both is how requests are smuggled: the connection is not used again.
        head.keep &= !matches!(head.length, Length::Known(_));
        head.length = Length::Chunks;
    }
    head.keep &= head.length != Length::ToTheEnd || matches!(status, 204 | 304);
    Ok(head)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Bytes of a chunk, by the line that begins it.
///
/// # Errors
/// [`Failure::NoHttp`]
pub fn chunk(line: &[u8]) -> Result<u64, Failure> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default().trim();
    let good = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let size = good.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
    size.ok_or(Failure::NoHttp("a chunk of it has no length"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(secure: bool, host: &str, port: u16) -> Origin {
        Origin { secure, host: host.to_owned(), port }
    }

    #[test]
    fn a_request_says_whom_and_what_it_asks() {
        let asked = |origin: &Origin, ask| request(origin, ask).unwrap();
        let text = asked(&origin(true, "ocs.example.net", 443), Ask { path: "/download/1/info", ..Ask::default() });
        assert_eq!(
            text,
            "GET /download/1/info HTTP/1.1\r\nHost: ocs.example.net\r\nUser-Agent: Rollcall\r\n\
             Accept-Encoding: identity\r\n\r\n"
        );
        let ask = Ask { path: "/x", from: 100, bearer: Some("abc") };
        let text = asked(&origin(false, "fd00::1", 8080), ask);
        assert!(text.contains("\r\nHost: [fd00::1]:8080\r\n"), "{text}");
        assert!(text.contains("\r\nAuthorization: Bearer abc\r\n") && text.contains("\r\nRange: bytes=100-\r\n"));
        for path in ["x", "", "/a b", "/a\r\nX: y", "/é"] {
            assert!(request(&origin(false, "h", 80), Ask { path, ..Ask::default() }).is_err(), "{path:?}");
        }
    }

    #[test]
    fn heads_are_read() {
        let head = |text: &str| read(text.as_bytes()).unwrap();
        let length = |text| head(text).length;
        assert_eq!(length("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), Length::Known(12));
        assert_eq!(length("HTTP/1.1 200\r\ntransfer-encoding: Chunked\r\n\r\n"), Length::Chunks);
        assert_eq!(length("HTTP/1.0 200 OK\n\n"), Length::ToTheEnd);
        let keeps = |text| head(text).keep;
        assert!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        assert!(!keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n"));
        assert!(!keeps("HTTP/1.1 200 OK\r\n\r\n") && !keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
        assert!(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
        assert!(!keeps("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"));
        let part = head("HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n");
        assert_eq!((part.status, part.from), (206, Some(5)));
        let moved = head("HTTP/1.1 302 Found\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(moved.location.as_deref(), Some("https://other/"));
        for bad in [
            "",
            "SSH-2.0-x\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n",
            "HTTP/1.1 999 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nwhatever\r\n\r\n",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(read(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101)).as_bytes()).is_err());
    }

    #[test]
    fn the_end_of_a_head_is_found_in_both_spellings() {
        assert_eq!(end(b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody"), Some(25));
        assert_eq!(end(b"HTTP/1.1 200 OK\na: b\n\nbody"), Some(22));
        assert_eq!(end(b"HTTP/1.1 200 OK\r\na: b\r\n"), None);
        assert_eq!(end(b""), None);
    }

    #[test]
    fn chunks_have_lengths() {
        assert_eq!(chunk(b"1a"), Ok(26));
        assert_eq!(chunk(b"0;name=value"), Ok(0));
        for bad in [&b""[..], b"-1", b"x", b"+1", b"ffffffffffffffff1", b";"] {
            assert!(chunk(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), tail in "[ -~\r\n]{0,200}") {
            let _ = (read(&bytes), end(&bytes), chunk(&bytes));
            let _ = read(format!("HTTP/1.1 200 OK\r\n{tail}").as_bytes());
        }
    }
}
