//! Where an HTTP answer ends and what its status is; the body itself is not looked at.

/// An answer while it arrives.
#[derive(Debug, Default)]
pub struct Answer {
    head: Option<Head>,
    /// Where the next chunk begins, for answers of unknown length.
    chunk: usize,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    status: u16,
    end: usize,
    length: Length,
    close: bool,
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Bytes(usize),
    Chunks,
    UntilClosed,
}

/// A whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Its status.
    pub status: u16,
    /// The server closes the connection.
    pub close: bool,
}

impl Answer {
    /// Looks at everything that has arrived; `closed` when nothing more will come.
    pub fn look(&mut self, bytes: &[u8], closed: bool) -> Option<Whole> {
        if self.head.is_none() {
            self.head = head(bytes);
            self.chunk = self.head.map_or(0, |head| head.end);
        }
        let head = self.head?;
        let whole = match head.length {
            Length::Bytes(length) => bytes.len() >= head.end + length,
            Length::Chunks => self.last_chunk(bytes),
            Length::UntilClosed => closed,
        };
        whole.then_some(Whole { status: head.status, close: head.close || closed })
    }

    fn last_chunk(&mut self, bytes: &[u8]) -> bool {
        loop {
            let rest = bytes.get(self.chunk..).unwrap_or_default();
            let Some(line) = find(rest, b"\r\n") else { return false };
            let size = std::str::from_utf8(&rest[..line]).ok();
            let size = size.and_then(|size| usize::from_str_radix(size.split(';').next()?.trim(), 16).ok());
            match size {
                Some(0) | None => return rest.len() >= line + 4,
                Some(size) if rest.len() >= line + 2 + size + 2 => self.chunk += line + 2 + size + 2,
                Some(_) => return false,
            }
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

fn head(bytes: &[u8]) -> Option<Head> {
    let end = find(bytes, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut close) = (Length::UntilClosed, false);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Bytes(value.parse().ok()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            length = Length::Chunks;
        } else if name.eq_ignore_ascii_case("connection") {
            close = value.eq_ignore_ascii_case("close");
        }
    }
    Some(Head { status, end, length, close })
}
