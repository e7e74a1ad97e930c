//! What needs an administrator's care, as rules over plain values (CON-NAV-3). Each page of an administrator shows what
//! the rules find; none of them looks anywhere itself.

use super::pages::certificates::CERTIFICATES;
use super::pages::{DEPLOY, IMPORTS, STATUS, USERS};
use super::view::Locale;
use super::view::card::Care;
use super::view::format;
use super::view::message::Tone;
use crate::app::Vitals;
use crate::clock::Timestamp;
use crate::i18n::size;

/// A certificate that ends sooner is told of, in days.
const CERTIFICATE: i64 = 30;
/// So many bytes must be free, and so many hundredths of the disk.
const FREE: u64 = 2 << 30;
const FREE_PARTS: u64 = 5;
/// A server that no agent has called for so long is told of.
const SILENCE: i64 = Timestamp::DAY;
/// A password from somebody else is told of when it is still there after so long.
const GIVEN: i64 = 7 * Timestamp::DAY;

/// What the rules look at.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// Now.
    pub now: Timestamp,
    /// The first end of a certificate in use; `None` without HTTPS.
    pub certificate: Option<Timestamp>,
    /// What a job has seen.
    pub vitals: &'a Vitals,
}

/// What a rule has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The certificate ends in so many days.
    CertificateEnds(u64),
    /// The certificate has ended.
    CertificateOver,
    /// So many bytes are left on the disk.
    DiskFull(u64),
    /// So many files were refused that nobody has looked at.
    RefusedFiles(u64),
    /// The files of so many packages are damaged.
    BrokenPackages(u64),
    /// No agent has called since.
    Silence(Timestamp),
    /// So many accounts have kept a password from somebody else.
    GivenPasswords(u64),
}

/// One rule: what it finds, and the page where that is mended.
pub struct Rule {
    judge: fn(&Situation<'_>) -> Option<Finding>,
    href: &'static str,
}

/// Every rule, the most urgent first.
pub static RULES: [Rule; 6] = [
    Rule { judge: certificate, href: CERTIFICATES },
    Rule { judge: disk, href: STATUS },
    Rule { judge: packages, href: DEPLOY },
    Rule { judge: files, href: IMPORTS },
    Rule { judge: silence, href: STATUS },
    Rule { judge: passwords, href: USERS },
];

fn certificate(situation: &Situation<'_>) -> Option<Finding> {
    let left = situation.certificate?.0 - situation.now.0;
    if left <= 0 {
        return Some(Finding::CertificateOver);
    }
    (left < CERTIFICATE * Timestamp::DAY).then(|| Finding::CertificateEnds((left / Timestamp::DAY).unsigned_abs()))
}

fn disk(situation: &Situation<'_>) -> Option<Finding> {
    let free = situation.vitals.free?;
    let part = situation.vitals.disk.is_some_and(|disk| free < disk / 100 * FREE_PARTS);
    (free < FREE || part).then_some(Finding::DiskFull(free))
}

fn packages(situation: &Situation<'_>) -> Option<Finding> {
    Some(situation.vitals.broken_packages).filter(|packages| *packages > 0).map(Finding::BrokenPackages)
}

fn files(situation: &Situation<'_>) -> Option<Finding> {
    Some(situation.vitals.refused_files).filter(|files| *files > 0).map(Finding::RefusedFiles)
}

/// A server that nobody has ever called is new, and says so elsewhere.
fn silence(situation: &Situation<'_>) -> Option<Finding> {
    let last = situation.vitals.last_contact?;
    (situation.now.0 - last.0 >= SILENCE).then_some(Finding::Silence(last))
}

fn passwords(situation: &Situation<'_>) -> Option<Finding> {
    let old = situation.vitals.given.iter().filter(|given| situation.now.0 - given.0 >= GIVEN).count() as u64;
    (old > 0).then_some(Finding::GivenPasswords(old))
}

/// Everything that needs care now, in the order of the rules, with where it is mended.
pub fn findings<'a>(situation: &'a Situation<'_>) -> impl Iterator<Item = (Finding, &'static str)> + 'a {
    RULES.iter().filter_map(|rule| Some(((rule.judge)(situation)?, rule.href)))
}

/// The same in words.
pub fn cares(locale: &Locale, situation: &Situation<'_>) -> Vec<Care> {
    let care = |(finding, href): (Finding, &str)| {
        let (tone, text) = match finding {
            Finding::CertificateEnds(days) => (Tone::Warning, locale.count("care.certificate", days)),
            Finding::CertificateOver => (Tone::Error, locale.text("care.certificate-over").to_owned()),
            Finding::DiskFull(free) => (Tone::Error, locale.fill("care.disk", &[("free", &size(locale.lang, free))])),
            Finding::BrokenPackages(packages) => (Tone::Error, locale.count("care.packages", packages)),
            Finding::RefusedFiles(files) => (Tone::Warning, locale.count("care.files", files)),
            Finding::Silence(last) => {
                (Tone::Warning, locale.fill("care.silence", &[("ago", &format::ago(locale, last))]))
            }
            Finding::GivenPasswords(accounts) => (Tone::Warning, locale.count("care.passwords", accounts)),
        };
        Care { tone, text, href: Some(href.to_owned()) }
    };
    findings(situation).map(care).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_176_000);
    const DAY: i64 = Timestamp::DAY;
    const GIB: u64 = 1 << 30;

    fn found(certificate: Option<i64>, vitals: &Vitals) -> Vec<Finding> {
        let certificate = certificate.map(|left| NOW.plus(left));
        findings(&Situation { now: NOW, certificate, vitals }).map(|(finding, _)| finding).collect()
    }

    #[test]
    fn con_nav_3_a_server_without_anything_odd_needs_no_care() {
        let well = Vitals {
            free: Some(3 * GIB),
            disk: Some(50 * GIB),
            refused_files: 0,
            broken_packages: 0,
            last_contact: Some(NOW.plus(-3600)),
            given: vec![NOW.plus(-DAY)],
        };
        assert_eq!(found(Some(30 * DAY), &well), []);
        assert_eq!(found(None, &Vitals::default()), [], "nothing is known yet");
    }

    #[test]
    fn con_nav_3_a_certificate_is_told_of_in_its_last_thirty_days() {
        let told = |left| found(Some(left), &Vitals::default());
        assert_eq!(told(30 * DAY - 1), [Finding::CertificateEnds(29)]);
        assert_eq!(told(3600), [Finding::CertificateEnds(0)]);
        assert_eq!((told(0), told(-DAY)), (vec![Finding::CertificateOver], vec![Finding::CertificateOver]));
    }

    #[test]
    fn con_nav_3_less_than_2_gb_or_5_hundredths_of_the_disk_is_too_little() {
        let told = |free: u64, disk: Option<u64>| found(None, &Vitals { free: Some(free), disk, ..Vitals::default() });
        assert_eq!(told(2 * GIB - 1, Some(20 * GIB)), [Finding::DiskFull(2 * GIB - 1)]);
        assert_eq!(told(2 * GIB, Some(20 * GIB)), []);
        assert_eq!(told(4 * GIB, Some(100 * GIB)), [Finding::DiskFull(4 * GIB)]);
        assert_eq!((told(6 * GIB, Some(100 * GIB)), told(4 * GIB, None)), (vec![], vec![]));
    }

    #[test]
    fn con_nav_3_silence_is_told_of_after_a_day_when_there_was_a_contact() {
        let told = |last: Option<i64>| {
            let last_contact = last.map(|ago| NOW.plus(-ago));
            found(None, &Vitals { last_contact, ..Vitals::default() })
        };
        assert_eq!(told(Some(DAY)), [Finding::Silence(NOW.plus(-DAY))]);
        assert_eq!((told(Some(DAY - 1)), told(None)), (vec![], vec![]));
    }

    #[test]
    fn sec_45_damaged_packages_are_told_of() {
        let vitals = Vitals { broken_packages: 2, ..Vitals::default() };
        assert_eq!(found(None, &vitals), [Finding::BrokenPackages(2)]);
    }

    #[test]
    fn con_nav_3_refused_files_and_given_passwords_are_counted() {
        let given = vec![NOW.plus(-7 * DAY), NOW.plus(-6 * DAY), Timestamp(0)];
        let vitals = Vitals { refused_files: 3, given, ..Vitals::default() };
        assert_eq!(found(None, &vitals), [Finding::RefusedFiles(3), Finding::GivenPasswords(2)]);
    }
}
