//! Frames: four bytes of length, the lowest last, then a value in MessagePack.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest frame, in bytes: a file with what is around it.
pub(super) const MOST: u32 = 128 << 20;
/// Largest frame of somebody who did not show the token yet.
pub(super) const FIRST: u32 = 4 << 10;

/// Why a frame was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The connection.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    /// Larger than allowed.
    #[error("a message of {0} bytes is larger than allowed")]
    TooLarge(u64),
    /// Not the language of this release.
    #[error("a message cannot be understood")]
    Unreadable,
}

/// Writes a value.
pub(super) fn write(out: &mut impl Write, value: &impl Serialize) -> Result<(), FrameError> {
    let bytes = rmp_serde::to_vec_named(value).map_err(|_| FrameError::Unreadable)?;
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MOST);
    let length = length.ok_or(FrameError::TooLarge(bytes.len() as u64))?;
    out.write_all(&length.to_be_bytes()).map_err(FrameError::Lost)?;
    out.write_all(&bytes).map_err(FrameError::Lost)?;
    out.flush().map_err(FrameError::Lost)
}

/// Reads a value of at most so many bytes. Memory is taken for what arrives, not for what is announced.
pub(super) fn read<T: DeserializeOwned>(input: &mut impl Read, most: u32) -> Result<T, FrameError> {
    let mut length = [0; 4];
    input.read_exact(&mut length).map_err(FrameError::Lost)?;
    let length = u32::from_be_bytes(length);
    if length > most {
        return Err(FrameError::TooLarge(u64::from(length)));
    }
    let mut bytes = Vec::new();
    input.take(u64::from(length)).read_to_end(&mut bytes).map_err(FrameError::Lost)?;
    if bytes.len() as u64 != u64::from(length) {
        return Err(FrameError::Lost(io::ErrorKind::UnexpectedEof.into()));
    }
    rmp_serde::from_slice(&bytes).map_err(|_| FrameError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Request};
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let request = Request::Import { name: "a.ocs".into(), made: None, accept_older: true, bytes: vec![0, 255, 7] };
        let mut bytes = Vec::new();
        write(&mut bytes, &request).unwrap();
        write(&mut bytes, &Answer::Done("fine".into())).unwrap();
        let mut input = bytes.as_slice();
        assert_eq!(read::<Request>(&mut input, MOST).unwrap(), request);
        assert_eq!(read::<Answer>(&mut input, MOST).unwrap(), Answer::Done("fine".into()));
        assert!(matches!(read::<Answer>(&mut input, MOST), Err(FrameError::Lost(_))));
    }

    #[test]
    fn a_huge_or_senseless_frame_is_refused() {
        let huge = u32::MAX.to_be_bytes();
        assert!(matches!(read::<Request>(&mut huge.as_slice(), MOST), Err(FrameError::TooLarge(_))));
        let cut = [0, 0, 0, 9, 1];
        assert!(matches!(read::<Request>(&mut cut.as_slice(), MOST), Err(FrameError::Lost(_))));
        let senseless = [0, 0, 0, 2, 0xC1, 0xC1];
        assert!(matches!(read::<Request>(&mut senseless.as_slice(), MOST), Err(FrameError::Unreadable)));
    }
}
