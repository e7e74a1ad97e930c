//! Other computers from a template, and later inventories of the same computer.
//!
//! Everything depends only on the number of the computer and the day: asking again gives the same bytes.

use jiff::ToSpan;
use jiff::civil::DateTime;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::arguments::What;
use crate::template::{Kind, Template};

/// A computer: the template with this copy's identity. Copy 0 is the template itself.
#[derive(Clone, Copy)]
pub struct Identity {
    /// Its number.
    pub number: usize,
    /// Which copy of its template it is.
    pub copy: usize,
}

/// Bits of CHECKSUM: HARDWARE, and with a day later DRIVES and SOFTWARES.
const HARDWARE_ONLY: &str = "1";
const WITH_SOFTWARE: &str = "66049";

impl Identity {
    /// The DEVICEID.
    pub fn device(self, template: &Template) -> String {
        match template.device.strip_prefix(&template.name) {
            Some(date) => format!("{}{date}", self.name(&template.name)),
            None => self.exchanged(&template.device, any),
        }
    }

    fn name(self, name: &str) -> String {
        match name.rsplit_once('-') {
            _ if self.copy == 0 => name.to_owned(),
            // SITE-PC-00006: numbers are unique in all templates together.
            Some((site, number)) if number.len() == 5 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{site}-{:05}", self.number)
            }
            Some((first, rest)) => format!("{first}-{}", self.exchanged(rest, any)),
            None => self.exchanged(name, any),
        }
    }

    /// The inventory that its agent sends: the first one, or one `day` days later.
    pub fn inventory(self, template: &Template, what: What, day: u32) -> String {
        let mut text = String::with_capacity(template.xml.len() + 256);
        let mut at = 0;
        for place in &template.places {
            text.push_str(&template.xml[at..place.range.start]);
            let value = &template.xml[place.range.clone()];
            match place.kind {
                Kind::Device => text.push_str(&self.device(template)),
                Kind::Name => text.push_str(&self.name(value)),
                Kind::Serial => text.push_str(&self.exchanged(value, any)),
                Kind::Uuid => text.push_str(&self.exchanged(value, hexadecimal)),
                Kind::Mac => {
                    // The maker's half stays.
                    let (maker, own) = value.split_at(value.len().min(9));
                    text.push_str(maker);
                    text.push_str(&self.exchanged(own, hexadecimal));
                }
                Kind::Address => text.push_str(&self.address(value, true)),
                Kind::Network => text.push_str(&self.address(value, false)),
                Kind::Date => text.push_str(&date(value, what, day)),
                Kind::Free => text.push_str(&self.free(value, what, day)),
                Kind::Checksum => text.push_str(match what {
                    What::Unchanged => HARDWARE_ONLY,
                    What::Changed => WITH_SOFTWARE,
                    _ => value,
                }),
                Kind::Version(row) => {
                    text.push_str(value);
                    if what == What::Changed && self.is_updated(row, template.softwares, day) {
                        // The next version is the same on every computer that had this one.
                        text.push_str(&format!(".{day}"));
                    }
                }
            }
            at = place.range.end;
        }
        text.push_str(&template.xml[at..]);
        text
    }

    /// Every twentieth row of software, others on each computer and each day.
    fn is_updated(self, row: usize, rows: usize, day: u32) -> bool {
        let first = self.hash(format!("update {day}").as_bytes()) as usize % rows.clamp(1, 20);
        row % 20 == first
    }

    fn free(self, value: &str, what: What, day: u32) -> String {
        match value.parse::<u64>() {
            Ok(free) if what == What::Changed => (free + self.hash(&day.to_le_bytes()) % 500).to_string(),
            _ => value.to_owned(),
        }
    }

    /// The third number is moved together in all addresses of a computer, the fourth of its own one too.
    fn address(self, value: &str, own: bool) -> String {
        let parts: Option<Vec<u8>> = value.split('.').map(|part| part.parse::<u8>().ok()).collect();
        match parts.as_deref() {
            Some([a, b, c, d]) if self.copy > 0 => {
                let third = (u64::from(*c) + self.hash(&[*a, *b])) % 200;
                let fourth = if own { 2 + (u64::from(*d) + self.hash(b"host")) % 250 } else { u64::from(*d) };
                format!("{a}.{b}.{third}.{fourth}")
            }
            _ => value.to_owned(),
        }
    }

    /// Other letters and digits of the same kinds, the same for the same value of this copy.
    fn exchanged(self, value: &str, other: fn(u8, u8) -> u8) -> String {
        if self.copy == 0 {
            return value.to_owned();
        }
        let mut random = self.hash(value.as_bytes());
        let exchange = |character: char| {
            // splitmix64
            random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = random;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            match u8::try_from(character) {
                Ok(byte) if byte.is_ascii_alphanumeric() => char::from(other(byte, (bits >> 40) as u8)),
                _ => character,
            }
        };
        value.chars().map(exchange).collect()
    }

    fn hash(self, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, self.number as u64)
    }
}

fn any(byte: u8, random: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0' + random % 10,
        b'a'..=b'z' => b'a' + random % 26,
        _ => b'A' + random % 26,
    }
}

fn hexadecimal(byte: u8, random: u8) -> u8 {
    let digits = if byte.is_ascii_lowercase() { b"0123456789abcdef" } else { b"0123456789ABCDEF" };
    digits[usize::from(random % 16)]
}

/// `2024-06-07 22:02:00`, so many days later.
fn date(value: &str, what: What, day: u32) -> String {
    if what == What::New {
        return value.to_owned();
    }
    match DateTime::strptime("%Y-%m-%d %H:%M:%S", value) {
        Ok(date) => (date + i64::from(day).days()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => value.to_owned(),
    }
}
