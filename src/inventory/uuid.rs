//! UUIDs of machines as different programs spell them.

/// Length of a UUID with its dashes.
const LENGTH: usize = 36;

/// The spellings under which other agents may report a UUID, in lower case: as it is, and with the bytes of its first
/// three parts turned round, as firmware and Windows differ. Empty for what is no UUID or has no digits of its own,
/// such as all zeros.
pub fn spellings(uuid: &str) -> Vec<String> {
    let uuid = uuid.trim().to_ascii_lowercase();
    let parts: Vec<&str> = uuid.split('-').collect();
    let [a, b, c, d, e] = parts.as_slice() else { return Vec::new() };
    let lengths = [a, b, c, d, e].map(|part| part.len());
    let mut digits = uuid.bytes().filter(|byte| *byte != b'-');
    let first = digits.next().unwrap_or(b'0');
    let fine = uuid.len() == LENGTH && lengths == [8, 4, 4, 4, 12];
    if !fine || !uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()) || digits.all(|byte| byte == first) {
        return Vec::new();
    }
    let turned = format!("{}-{}-{}-{d}-{e}", turned(a), turned(b), turned(c));
    if turned == uuid { vec![uuid] } else { vec![uuid, turned] }
}

/// Pairs of digits in the other order.
fn turned(part: &str) -> String {
    let digits: Vec<char> = part.chars().collect();
    digits.chunks(2).rev().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn con_pc_3_a_guest_is_known_in_both_byte_orders() {
        let both = ["00112233-4455-6677-8899-aabbccddeeff", "33221100-5544-7766-8899-aabbccddeeff"];
        assert_eq!(spellings(" 00112233-4455-6677-8899-AABBCCDDEEFF"), both);
        assert_eq!(spellings(both[1]), [both[1], both[0]]);
        let none = ["", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "pc-1", "é"];
        assert!(none.iter().all(|junk| spellings(junk).is_empty()));
        assert!(spellings("0011223-34455-6677-8899-aabbccddeeff").is_empty());
    }
}
