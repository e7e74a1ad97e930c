//! The packing of a body: zlib, gzip, raw deflate, or none. What it is, its first bytes say.
//!
//! Headers are not asked: Content-Type is arbitrary and Content-Encoding set by Android agents only. The
//! answer is packed as the question was.
//!
//! Source: agent protocol page, sections 1.4 and 1.8; SEC-1.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write;

use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Compression, Decompress, DecompressError, FlushDecompress, Status};

use crate::limits::Limits;

/// How a body is packed, and how its answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    /// zlib; also the answer to raw deflate.
    Zlib,
    /// gzip, as Android agents send.
    Gzip,
    /// Not packed.
    Plain,
}

/// A body without its packing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'a> {
    /// XML or JSON in an encoding that is not looked at here.
    pub bytes: Cow<'a, [u8]>,
    /// For the answer.
    pub packing: Packing,
}

impl Opened<'_> {
    /// Whether it is the native JSON of GLPI agents rather than XML.
    pub fn is_json(&self) -> bool {
        first_visible(&self.bytes) == Some(b'{')
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(bytes) = &mut self.bytes
            && bytes.capacity() <= MOST_ROOM
        {
            SPARE.with_borrow_mut(|spare| *spare = std::mem::take(bytes));
        }
    }
}

/// Why a body cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// There is no body.
    #[error("empty body")]
    Empty,
    /// Inflated, it would be larger than allowed.
    #[error("body of {packed} bytes inflates to more than {limit} bytes")]
    TooLarge {
        /// Size as sent.
        packed: usize,
        /// The bound for a body of that size.
        limit: usize,
    },
    /// The packing begins well but is damaged.
    #[error("damaged packing after {inflated} bytes")]
    Damaged {
        /// How much came out before.
        inflated: usize,
        /// What the decoder says, unless it just stopped.
        source: Option<DecompressError>,
    },
    /// Neither packed in a known way nor XML nor JSON.
    #[error("neither zlib, gzip, deflate, XML nor JSON")]
    Unknown,
}

/// Takes the packing off.
///
/// A stream may end without its final block and checksum (Windows agents flush instead), or be followed by
/// other bytes: both are accepted. Whether a text that was cut short is still complete, its parser will see.
/// At most `Limits::inflated` bytes come out, and beyond [`Limits::RATIO_FROM`] at most `Limits::ratio` times
/// the size of the body.
pub fn open<'a>(body: &'a [u8], limits: &Limits) -> Result<Opened<'a>, EnvelopeError> {
    let (packing, bytes) = match body {
        [] => return Err(EnvelopeError::Empty),
        [cmf, flags, ..] if is_zlib(*cmf, *flags) => (Packing::Zlib, inflate_zlib(body, limits)?),
        [0x1f, 0x8b, ..] => {
            let fresh = || Decompress::new_gzip(WINDOW_BITS);
            (Packing::Gzip, inflate(&mut fresh(), fresh, body, limits)?)
        }
        _ if is_text(body) => {
            if body.len() > limits.inflated {
                return Err(EnvelopeError::TooLarge { packed: body.len(), limit: limits.inflated });
            }
            return Ok(Opened { bytes: Cow::Borrowed(body), packing: Packing::Plain });
        }
        _ => match inflate(&mut Decompress::new(false), || Decompress::new(false), body, limits) {
            // Any bytes may pass for deflate, so its outcome has to look like something.
            Ok(bytes) if is_text(&bytes) => (Packing::Zlib, bytes),
            Err(error @ EnvelopeError::TooLarge { .. }) => return Err(error),
            _ => return Err(EnvelopeError::Unknown),
        },
    };
    Ok(Opened { bytes: Cow::Owned(bytes), packing })
}

/// Packs an answer. zlib is a complete stream at the default level: it begins 78 9C, by which FusionInventory
/// agents know it.
pub fn seal(text: &str, packing: Packing) -> Vec<u8> {
    if packing == Packing::Plain {
        return text.as_bytes().to_vec();
    }
    SEALED.with_borrow_mut(|sealed| {
        if let Some(at) = sealed.iter().position(|known| known.packing == packing && known.text == text) {
            // What is asked for often moves to the front, and what was asked for once is replaced first.
            sealed.swap(at, at.saturating_sub(1));
            return sealed.get(at.saturating_sub(1)).map(|known| known.bytes.clone()).unwrap_or_default();
        }
        let bytes = deflate(text, packing);
        if text.len() <= SHORT {
            sealed.truncate(SEVERAL - 1);
            sealed.push(Sealed { packing, text: text.to_owned(), bytes: bytes.clone() });
        }
        bytes
    })
}

/// An answer that was packed.
struct Sealed {
    packing: Packing,
    text: String,
    bytes: Vec<u8>,
}

thread_local! {
    /// The latest answers of this thread. A day brings the same few thousands of times, and a compressor costs more than
    /// everything else in answering a PROLOG.
    static SEALED: RefCell<Vec<Sealed>> = const { RefCell::new(Vec::new()) };
}

/// Answers that are remembered, and the longest of them.
const SEVERAL: usize = 16;
const SHORT: usize = 4 << 10;

fn deflate(text: &str, packing: Packing) -> Vec<u8> {
    let room = Vec::with_capacity(text.len() / 2 + 64);
    let sealed = if packing == Packing::Gzip {
        let mut encoder = GzEncoder::new(room, Compression::default());
        encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish())
    } else {
        let mut encoder = ZlibEncoder::new(room, Compression::default());
        encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish())
    };
    sealed.expect("writing to a vector does not fail")
}

/// The largest window, which is what agents use.
const WINDOW_BITS: u8 = 15;

/// The two-byte header of RFC 1950: method 8, window of at most 32 KiB, checked by 31.
fn is_zlib(cmf: u8, flags: u8) -> bool {
    cmf & 0x0f == 8 && cmf >> 4 <= 7 && (u16::from(cmf) << 8 | u16::from(flags)).is_multiple_of(31)
}

/// XML or JSON, in UTF-8 and its relatives or in UTF-16.
fn is_text(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'<', ..])
        || matches!(first_visible(bytes), Some(b'<' | b'{'))
}

fn first_visible(bytes: &[u8]) -> Option<u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

thread_local! {
    /// The decoder of this thread: nearly all bodies are zlib, and its memory is larger than most of them.
    static DECODER: RefCell<Decompress> = RefCell::new(Decompress::new(true));
    /// The memory of the text before this one.
    static SPARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn inflate_zlib(body: &[u8], limits: &Limits) -> Result<Vec<u8>, EnvelopeError> {
    DECODER.with_borrow_mut(|decoder| {
        decoder.reset(true);
        inflate(decoder, || Decompress::new(true), body, limits)
    })
}

/// Inflates a body with a decoder that read nothing yet; `fresh` makes another one like it.
fn inflate(
    decoder: &mut Decompress,
    fresh: fn() -> Decompress,
    body: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, EnvelopeError> {
    let mut counted = false;
    let limit = limits.inflated.min(body.len().saturating_mul(limits.ratio).max(Limits::RATIO_FROM));
    // One byte more than allowed, to notice that there is more.
    let most = limit.saturating_add(1);
    let mut bytes = SPARE.take();
    bytes.clear();
    // Not beyond the limit, whatever room there is.
    let room = body.len().saturating_mul(USUAL_RATIO).clamp(4 << 10, MOST_ROOM).min(most);
    if bytes.capacity() < room || bytes.capacity() > most {
        bytes = Vec::with_capacity(room);
    }
    let mut rest = body;
    loop {
        if bytes.len() == bytes.capacity() {
            let more = bytes.len().min(most - bytes.len());
            bytes.reserve_exact(more);
        }
        let (read, inflated) = (decoder.total_in(), bytes.len());
        // With "finish" a stream that ends here is not copied into the decoder's window.
        let status = decoder.decompress_vec(rest, &mut bytes, FlushDecompress::Finish);
        let status = status.map_err(|source| EnvelopeError::Damaged { inflated, source: Some(source) })?;
        if bytes.len() > limit {
            return Err(EnvelopeError::TooLarge { packed: body.len(), limit });
        }
        if !counted && bytes.len() >= SUSPICIOUS && bytes.len() / SUSPICIOUS_RATIO > decoder.total_in() as usize {
            // No inventory is that repetitive: its size is counted before memory is spent on it.
            counted = true;
            if grows_beyond(fresh(), body, limit) {
                return Err(EnvelopeError::TooLarge { packed: body.len(), limit });
            }
        }
        let read = usize::try_from(decoder.total_in() - read).unwrap_or(usize::MAX);
        rest = rest.get(read..).unwrap_or_default();
        let full = bytes.len() == bytes.capacity();
        match status {
            Status::StreamEnd => return Ok(bytes),
            // With room left in the output, everything that the input holds has come out.
            _ if rest.is_empty() && !full => return Ok(bytes),
            _ if read == 0 && bytes.len() == inflated && !full => {
                return Err(EnvelopeError::Damaged { inflated, source: None });
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// Room that is made before anything is inflated, and that is kept for the next text, at most.
const MOST_ROOM: usize = 1 << 20;
/// Room for this many times the size of a body is made before it is inflated.
const USUAL_RATIO: usize = 11;
/// Above this size a text that inflated more than [`SUSPICIOUS_RATIO`] times is counted first.
const SUSPICIOUS: usize = 2 << 20;
/// Inventories inflate 7 to 15 times.
const SUSPICIOUS_RATIO: usize = 60;

/// Whether a body inflates to more than `limit` bytes; its text is thrown away piece by piece.
fn grows_beyond(mut decoder: Decompress, mut rest: &[u8], limit: usize) -> bool {
    let mut piece = vec![0; 64 << 10];
    loop {
        let (read, inflated) = (decoder.total_in(), decoder.total_out());
        let Ok(status) = decoder.decompress(rest, &mut piece, FlushDecompress::None) else { return false };
        rest = rest.get((decoder.total_in() - read) as usize..).unwrap_or_default();
        if decoder.total_out() > limit as u64 {
            return true;
        }
        let stuck = decoder.total_in() == read && decoder.total_out() == inflated;
        if status == Status::StreamEnd || stuck {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::FlushCompress;
    use proptest::prelude::*;

    use super::super::fixtures;
    use super::*;

    fn opened(body: &[u8]) -> Result<Opened<'_>, EnvelopeError> {
        open(body, &Limits::default())
    }

    fn deflated(text: &[u8], zlib: bool, flush: FlushCompress) -> Vec<u8> {
        let mut packed = Vec::with_capacity(text.len() + 4096);
        flate2::Compress::new(Compression::default(), zlib).compress_vec(text, &mut packed, flush).unwrap();
        packed
    }

    fn inventory() -> Vec<u8> {
        fixtures::file("ocs2100-first-contact-02-inventory.request.xml")
    }

    /// Windows agents flush and post: no final block, no Adler-32. GLPI's own server tripped on it.
    #[test]
    fn pitfall_01_streams_without_an_end_are_whole() {
        let text = inventory();
        for zlib in [true, false] {
            let packed = deflated(&text, zlib, FlushCompress::Sync);
            assert_eq!(opened(&packed).unwrap().bytes, text);
            let packed = deflated(&text, zlib, FlushCompress::Finish);
            assert_eq!(opened(&packed).unwrap().bytes, text);
        }
        // Without its last bytes even an ordinary stream gives nearly everything.
        let packed = deflated(&text, true, FlushCompress::Finish);
        assert_eq!(opened(&packed[..packed.len() - 4]).unwrap().bytes, text);
        let cut = opened(&packed[..packed.len() / 2]).unwrap().bytes.to_vec();
        assert!(cut.len() > text.len() / 4 && text.starts_with(&cut));
        let (_, body) = fixtures::request("probe-truncated-zlib");
        assert!(opened(&body).unwrap().bytes.starts_with(b"<?xml"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Streams that do not fit into the first buffer, ended, flushed or with bytes behind them.
        #[test]
        fn long_streams_come_out_whole(rows in 0..20_000_usize, step in 1..400_usize, tail in 0..3_usize, zlib in any::<bool>()) {
            let text: String = (0..rows).map(|row| format!("<A>{}</A>", row / step)).collect();
            let text = format!("<R>{text}</R>").into_bytes();
            let flush = if tail == 0 { FlushCompress::Sync } else { FlushCompress::Finish };
            let mut packed = deflated(&text, zlib, flush);
            if tail == 2 {
                packed.extend_from_slice(b"\r\ngarbage");
            }
            prop_assert_eq!(&*opened(&packed).unwrap().bytes, &text);
            let mut gzip = seal(std::str::from_utf8(&text).unwrap(), Packing::Gzip);
            gzip.extend_from_slice(&packed[..tail]);
            prop_assert_eq!(&*opened(&gzip).unwrap().bytes, &text);
        }
    }

    #[test]
    fn trailing_bytes_are_ignored() {
        for packing in [Packing::Zlib, Packing::Gzip] {
            let mut packed = seal("<REQUEST/>", packing);
            packed.extend_from_slice(b"\r\ngarbage");
            assert_eq!(*opened(&packed).unwrap().bytes, *b"<REQUEST/>");
        }
    }

    #[test]
    fn pitfall_02_gzip_is_known_by_its_bytes_and_answered_in_gzip() {
        let (_, body) = fixtures::request("probe-gzip-prolog");
        let opened = opened(&body).unwrap();
        assert_eq!(opened.packing, Packing::Gzip);
        assert_eq!(&seal("<REPLY/>", opened.packing)[..3], [0x1f, 0x8b, 8]);
    }

    #[test]
    fn pitfall_05_zlib_answers_begin_78_9c() {
        for text in ["", "<REPLY/>", &"<REPLY/>".repeat(5000)] {
            assert_eq!(&seal(text, Packing::Zlib)[..2], [0x78, 0x9c]);
        }
    }

    #[test]
    fn pitfall_14_zlib_answers_are_complete_streams() {
        let mut decoder = Decompress::new(true);
        let mut text = Vec::with_capacity(100);
        let status = decoder.decompress_vec(&seal("<REPLY/>", Packing::Zlib), &mut text, FlushDecompress::Finish);
        assert_eq!((status.unwrap(), text.as_slice()), (Status::StreamEnd, b"<REPLY/>".as_slice()));
    }

    #[test]
    fn pitfall_82_every_kind_of_file_is_known_by_its_content() {
        for (bytes, packing) in [
            (b"<?xml version='1.0'?><REQUEST/>".to_vec(), Packing::Plain),
            (b"<?XML version='1.0'?><REQUEST/>".to_vec(), Packing::Plain),
            (b"<REQUEST/>".to_vec(), Packing::Plain),
            (b"\xef\xbb\xbf\r\n <?xml version='1.0'?><REQUEST/>".to_vec(), Packing::Plain),
            (b"\n\n<REQUEST/>".to_vec(), Packing::Plain),
            (b"\xff\xfe<\0R\0/\0>\0".to_vec(), Packing::Plain),
            (b"\0<\0R\0/\0>".to_vec(), Packing::Plain),
            (b" {\"action\":\"contact\"}".to_vec(), Packing::Plain),
            (deflated(b"<REQUEST/>", false, FlushCompress::Finish), Packing::Zlib),
            (seal("<REQUEST/>", Packing::Zlib), Packing::Zlib),
            (seal("{}", Packing::Gzip), Packing::Gzip),
            (fixtures::file("ocs2100-local.ocs"), Packing::Plain),
            (fixtures::request("probe-raw-deflate").1, Packing::Zlib),
            (fixtures::request("probe-plain-prolog-no-declaration").1, Packing::Plain),
        ] {
            assert_eq!(opened(&bytes).unwrap().packing, packing, "{bytes:?}");
        }
        assert!(opened(b"\xef\xbb\xbf {}").unwrap().is_json());
        assert!(opened(&seal("{}", Packing::Gzip)).unwrap().is_json());
        assert!(!opened(b"<a>{}</a>").unwrap().is_json());
    }

    #[test]
    fn what_is_nothing_known_is_refused() {
        assert!(matches!(opened(b""), Err(EnvelopeError::Empty)));
        assert!(matches!(opened(b"PROLOG"), Err(EnvelopeError::Unknown)));
        assert!(matches!(opened(b"\x78"), Err(EnvelopeError::Unknown)));
        assert!(matches!(opened(b" \n"), Err(EnvelopeError::Unknown)));
        assert!(opened(b"\x78\x9c").unwrap().bytes.is_empty());
        assert!(matches!(opened(b"\x78\x9c\xff\xff\xff"), Err(EnvelopeError::Damaged { .. })));
        assert!(matches!(opened(b"\x1f\x8b\xff\xff\xff"), Err(EnvelopeError::Damaged { .. })));
        // A preset dictionary, which nobody has.
        assert!(matches!(opened(b"\x78\xbb\x01\x02\x03\x04\x05"), Err(EnvelopeError::Damaged { .. })));
        assert!(matches!(opened(&fixtures::request("probe-not-zlib").1), Err(EnvelopeError::Unknown)));
    }

    #[test]
    fn a_wrong_checksum_is_damage() {
        let mut packed = seal("<REQUEST/>", Packing::Zlib);
        *packed.last_mut().unwrap() ^= 1;
        assert!(matches!(opened(&packed), Err(EnvelopeError::Damaged { .. })));
    }

    /// 1 MiB of zeros and blanks that inflates to 1 GiB.
    #[test]
    fn sec_01_a_bomb_stops_at_the_bound() {
        let zeros = vec![b' '; 1 << 20];
        let mut whole = Vec::new();
        let mut encoder = flate2::Compress::new(Compression::best(), true);
        for round in 0..1024 {
            whole.reserve(1 << 16);
            let flush = if round == 1023 { FlushCompress::Finish } else { FlushCompress::None };
            encoder.compress_vec(&zeros, &mut whole, flush).unwrap();
        }
        assert!(encoder.total_in() == 1 << 30 && whole.len() < 2 << 20, "{}", whole.len());
        assert!(matches!(opened(&whole), Err(EnvelopeError::TooLarge { limit, .. }) if limit == 64 << 20));

        // Small bodies are held to the ratio, once past 1 MiB.
        let packed = deflated(&vec![b' '; 3 << 20], true, FlushCompress::Finish);
        assert!(matches!(opened(&packed), Err(EnvelopeError::TooLarge { limit, .. }) if limit == 1 << 20));
        let packed = deflated(&vec![b' '; 1 << 20], true, FlushCompress::Finish);
        assert_eq!(opened(&packed).unwrap().bytes.len(), 1 << 20);
        let raw = deflated(&vec![b' '; 3 << 20], false, FlushCompress::Finish);
        assert!(matches!(opened(&raw), Err(EnvelopeError::TooLarge { .. })));

        let limits = Limits { inflated: 10, ..Limits::default() };
        assert!(matches!(open(b"<REQUEST/> ", &limits), Err(EnvelopeError::TooLarge { .. })));
        assert!(matches!(open(&seal("<REQUEST/> ", Packing::Gzip), &limits), Err(EnvelopeError::TooLarge { .. })));
        assert_eq!(open(&seal("<REQUEST/>", Packing::Gzip), &limits).unwrap().bytes.len(), 10);
    }

    #[test]
    fn captured_bodies_open_to_their_clear_text() {
        let mut seen = 0;
        for name in fixtures::posts() {
            let (_, body) = fixtures::request(&name);
            let Ok(clear) = std::fs::read(fixtures::folder().join(format!("{name}.request.xml"))) else { continue };
            assert_eq!(opened(&body).unwrap().bytes, clear, "{name}");
            seen += 1;
        }
        assert!(seen > 50, "{seen}");
    }

    fn packing() -> impl Strategy<Value = Packing> {
        prop_oneof![Just(Packing::Zlib), Just(Packing::Gzip), Just(Packing::Plain)]
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(text in "<\\PC{0,300}", repeat in 1usize..200, packing in packing()) {
            let text = text.repeat(repeat);
            let sealed = seal(&text, packing);
            let opened = opened(&sealed).unwrap();
            prop_assert_eq!(opened.packing, packing);
            prop_assert_eq!(opened.bytes.as_ref(), text.as_bytes());
        }

        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0usize..4) {
            let _ = opened(&bytes);
            let start: &[u8] = [&[0x78, 0x9c][..], &[0x1f, 0x8b, 8], &[0x1f, 0x8b, 8, 0xff], &[0xed]][start];
            bytes.splice(0..0, start.iter().copied());
            let _ = opened(&bytes);
        }

        #[test]
        fn no_cut_and_no_damage_makes_it_panic(cut in 0usize..16000, at in 0usize..16000, byte in any::<u8>()) {
            let mut body = fixtures::request("ocs2100-first-contact-02-inventory").1;
            let _ = opened(body.get(..cut).unwrap_or_default());
            if let Some(old) = body.get_mut(at) {
                *old = byte;
            }
            let _ = opened(&body);
        }
    }
}
