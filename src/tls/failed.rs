//! Why a connection to the HTTPS listener came to nothing, told from what the other side said or did (CON-AGT-3).
//!
//! Nobody says which computer it is: a handshake that fails has an address and nothing else. Clients that are built on
//! OpenSSL tell why they leave; Windows' own TLS mostly just leaves.

use std::io::{self, ErrorKind};

use rustls::{AlertDescription as Alert, Error};

/// Bytes that the server sends only with its certificate among them.
const CERTIFICATE: usize = 512;

macro_rules! failures {
    ($($(#[$doc:meta])* $code:literal $name:ident $word:literal;)*) => {
        /// Why a connection came to nothing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Failed {
            $($(#[$doc])* $name,)*
        }

        impl Failed {
            /// All of them, those about trust first.
            pub const ALL: &'static [Failed] = &[$(Failed::$name),*];

            /// Its word in addresses and in keys of texts.
            pub const fn word(self) -> &'static str {
                match self { $(Failed::$name => $word,)* }
            }

            /// A part of the file: never used for something else.
            pub const fn code(self) -> u8 {
                match self { $(Failed::$name => $code,)* }
            }
        }
    };
}

failures! {
    /// It does not know the authority.
    1 Authority "authority";
    /// It refuses the certificate, and does not say for which fault: another name, another key of the same authority.
    2 Certificate "certificate";
    /// The certificate is over by its clock, or not yet begun.
    3 Expired "expired";
    /// It closed the connection as soon as it had the certificate.
    4 Closed "closed";
    /// It finished the handshake and closed without a word, as who looks at the name afterwards does.
    5 Left "left";
    /// It speaks nothing as new as TLS 1.2.
    6 Old "old";
    /// It spoke plain HTTP.
    7 Plain "plain";
    /// It got the certificate, and then there was silence.
    8 Stalled "stalled";
    /// What it sent is no TLS, or it gave up for another reason.
    9 Other "other";
}

impl Failed {
    /// The one with this word.
    pub fn of(word: &str) -> Option<Failed> {
        Failed::ALL.iter().copied().find(|one| one.word() == word)
    }

    /// The one with this code.
    pub fn coded(code: u8) -> Option<Failed> {
        Failed::ALL.iter().copied().find(|one| one.code() == code)
    }

    /// The certificate could not be verified, by what was said or by how it looks.
    pub const fn distrusts(self) -> bool {
        matches!(self, Failed::Authority | Failed::Certificate | Failed::Expired | Failed::Closed | Failed::Left)
    }
}

/// How far a handshake went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes that came.
    pub read: usize,
    /// The first of them.
    pub first: [u8; 5],
    /// Bytes that were sent.
    pub written: usize,
}

impl Progress {
    /// Takes note of bytes that came.
    pub fn came(&mut self, bytes: &[u8]) {
        for (place, byte) in self.first.iter_mut().skip(self.read).zip(bytes) {
            *place = *byte;
        }
        self.read = self.read.saturating_add(bytes.len());
    }

    /// Takes note of bytes that were sent.
    pub fn went(&mut self, bytes: usize) {
        self.written = self.written.saturating_add(bytes);
    }

    fn has_certificate(&self) -> bool {
        self.written >= CERTIFICATE
    }
}

/// Why a handshake failed; `None` where that says nothing about the other side: it only tried whether the port is
/// open, or this server has no certificate.
pub fn of_error(error: &io::Error, progress: &Progress) -> Option<Failed> {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(alert)) => Some(of_alert(*alert, progress)),
        Some(Error::PeerIncompatible(_)) => Some(Failed::Old),
        // The words of a server without a certificate.
        Some(Error::General(_) | Error::NoCertificatesPresented) => None,
        Some(_) => Some(of_bytes(&progress.first)),
        None => match error.kind() {
            _ if progress.read == 0 => None,
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => progress.has_certificate().then_some(Failed::Closed),
            _ => None,
        },
    }
}

/// What it means that a handshake did not end in time.
pub fn of_silence(progress: &Progress) -> Option<Failed> {
    progress.has_certificate().then_some(Failed::Stalled)
}

fn of_alert(alert: Alert, progress: &Progress) -> Failed {
    match alert {
        Alert::UnknownCA => Failed::Authority,
        Alert::CertificateExpired => Failed::Expired,
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateUnknown
        | Alert::NoCertificate
        | Alert::AccessDenied
        | Alert::UnrecognisedName
        | Alert::BadCertificateStatusResponse
        | Alert::BadCertificateHashValue => Failed::Certificate,
        // Of who has the certificate: it was not signed with the key of the authority that has this name here, or a
        // program above the library refused it.
        Alert::DecryptError | Alert::HandshakeFailure if progress.has_certificate() => Failed::Certificate,
        Alert::HandshakeFailure | Alert::ProtocolVersion | Alert::InsufficientSecurity => Failed::Old,
        Alert::UserCanceled | Alert::CloseNotify if progress.has_certificate() => Failed::Closed,
        _ => Failed::Other,
    }
}

/// What somebody spoke whose first bytes are no TLS that can be read.
fn of_bytes(first: &[u8; 5]) -> Failed {
    match first {
        [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z' | b' ', _] => Failed::Plain,
        // A hello in the form of SSL 2, as old libraries send it.
        [0x80..=0xFF, _, 1, 0 | 2 | 3, _] => Failed::Old,
        _ => Failed::Other,
    }
}

#[cfg(test)]
mod tests {
    use rustls::{InvalidMessage, PeerIncompatible};

    use super::*;

    const HELLO: [u8; 5] = [22, 3, 1, 2, 0];

    fn progress(first: &[u8], written: usize) -> Progress {
        let mut progress = Progress::default();
        progress.came(first);
        progress.went(written);
        progress
    }

    fn of(error: Error, progress: &Progress) -> Option<Failed> {
        of_error(&io::Error::new(ErrorKind::InvalidData, error), progress)
    }

    #[test]
    fn con_agt_3_every_alert_says_why() {
        let told = |alert| of(Error::AlertReceived(alert), &progress(&HELLO, 2000)).unwrap();
        for number in 0..=255 {
            let alert = Alert::from(number);
            let expected = match number {
                48 => Failed::Authority,
                45 => Failed::Expired,
                40 | 41 | 42 | 43 | 44 | 46 | 49 | 51 | 112 | 113 | 114 => Failed::Certificate,
                70 | 71 => Failed::Old,
                0 | 90 => Failed::Closed,
                _ => Failed::Other,
            };
            assert_eq!(told(alert), expected, "{alert:?}");
        }
        // Who gives up before the certificate came knows nothing of it.
        let early = |alert| of(Error::AlertReceived(alert), &progress(&HELLO, 0)).unwrap();
        assert_eq!(early(Alert::HandshakeFailure), Failed::Old);
        assert_eq!(early(Alert::DecryptError), Failed::Other);
        assert_eq!(early(Alert::CloseNotify), Failed::Other);
    }

    #[test]
    fn con_agt_3_what_is_no_modern_tls_is_told_apart() {
        let (early, late) = (progress(&HELLO, 0), progress(&HELLO, 2000));
        assert_eq!(of(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered), &early), Some(Failed::Old));
        let odd = || Error::InvalidMessage(InvalidMessage::InvalidContentType);
        for (first, expected) in [
            (&b"GET / HTTP/1.1"[..], Failed::Plain),
            (b"POST /ocsinventory", Failed::Plain),
            (b"PROPFIND /", Failed::Plain),
            (&[0x80, 0x2E, 1, 3, 1], Failed::Old),
            (&[0x80, 0x2E, 1, 0, 2], Failed::Old),
            (b"SSH-2.0-x", Failed::Other),
            (&[0; 5], Failed::Other),
            (b"\xFF", Failed::Other),
        ] {
            assert_eq!(of(odd(), &progress(first, 0)), Some(expected), "{first:?}");
        }
        let gone = |kind: ErrorKind, progress| of_error(&io::Error::from(kind), progress);
        assert_eq!(gone(ErrorKind::UnexpectedEof, &late), Some(Failed::Closed));
        assert_eq!(gone(ErrorKind::ConnectionReset, &late), Some(Failed::Closed));
        assert_eq!(gone(ErrorKind::UnexpectedEof, &early), None);
        assert_eq!(gone(ErrorKind::UnexpectedEof, &Progress::default()), None, "whether the port is open");
        assert_eq!(of(Error::General("no server certificate chain resolved".into()), &early), None, "our own fault");
        assert_eq!((of_silence(&late), of_silence(&early)), (Some(Failed::Stalled), None));
    }

    #[test]
    fn the_first_bytes_are_kept_however_they_come() {
        let mut progress = Progress::default();
        for byte in b"POST /" {
            progress.came(&[*byte]);
        }
        assert_eq!((progress.read, &progress.first), (6, b"POST "));
    }

    #[test]
    fn words_and_codes_lead_back() {
        for one in Failed::ALL {
            assert_eq!((Failed::of(one.word()), Failed::coded(one.code())), (Some(*one), Some(*one)));
        }
        assert_eq!((Failed::of(""), Failed::coded(0)), (None, None));
    }
}
