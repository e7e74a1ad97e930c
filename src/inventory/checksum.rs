//! CHECKSUM: the bits that say which sections changed.
//!
//! Agents raise the bit of a section that changed since their last inventory; consumers such as GLPI's
//! OCS plugin look at the bits and clear them. Sections are always sent whole, whatever the bits say.
//!
//! Source: protocol sections 5 and 7.2; pitfalls 44 to 47.

use super::Family;
use super::sections::{Section, SectionId, section};

/// Bits of all sections that have one.
pub const KNOWN_BITS: u64 = (1 << 22) - 1;

/// What the original gives to a computer that it meets for the first time.
pub const OF_NEW_COMPUTERS: u64 = 262_143;

/// HARDWARE, which counts as changed in every inventory.
const ALWAYS: u64 = 1;

/// The bits an agent sent; `None` if it sent none or something else than digits.
pub fn sent(text: Option<&str>) -> Option<u64> {
    let text = text?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The bits after an inventory: those sent, those that nobody cleared yet, and HARDWARE.
///
/// An agent that says nothing changed everything; `stored` is `None` for NULL, which an import may bring and
/// which hides a computer from consumers: it stands for all bits as well.
pub fn combine(sent: Option<u64>, stored: Option<u64>) -> u64 {
    sent.unwrap_or(KNOWN_BITS) | stored.unwrap_or(KNOWN_BITS) | ALWAYS
}

/// Whether the bits name this section; never for sections without a bit.
pub fn names(bits: u64, section: &Section) -> bool {
    bits & u64::from(section.checksum) != 0
}

/// What an inventory says about the sections that are not in it.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Who sent it.
    pub agent: Family,
    /// Its CHECKSUM, as by [`sent`].
    pub checksum: Option<u64>,
    /// Names of the sections with at least one row in it.
    pub present: &'a [&'a str],
    /// Whether it says of itself that it holds only what changed.
    pub partial: bool,
}

impl Message<'_> {
    /// Of the stored sections, those of which the computer has none left.
    ///
    /// Absence means "none left" when an agent of OCS says that the section changed and sends others: the last
    /// printer is gone. From other agents, in partial inventories and without a CHECKSUM it means nothing.
    /// HARDWARE and SOFTWARES are never gone: agents run with the collection of software switched off.
    pub fn none_left(&self, stored: impl IntoIterator<Item = SectionId>) -> Vec<SectionId> {
        let gone = |id: &SectionId| super::sections::by_id(*id).is_some_and(|section| self.says_none_left(section));
        stored.into_iter().filter(gone).collect()
    }

    fn says_none_left(&self, section: &Section) -> bool {
        let bits = if self.agent.is_ocs() && !self.partial { self.checksum } else { None };
        bits.is_some_and(|bits| names(bits, section))
            && !["HARDWARE", "SOFTWARES"].contains(&section.tag)
            && !self.present.contains(&section.tag)
            && self.sends_others()
    }

    /// HARDWARE alone is a sign of life, not an inventory. Every OCS agent sends some other section with a bit.
    fn sends_others(&self) -> bool {
        let tells = |tag: &&str| *tag != "HARDWARE" && section(tag).is_some_and(|section| section.checksum != 0);
        self.present.iter().any(tells)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::sections::SECTIONS;

    fn id(tag: &str) -> SectionId {
        section(tag).unwrap().id
    }

    #[test]
    fn each_bit_belongs_to_one_section() {
        let mut bits = 0;
        for section in SECTIONS {
            assert!(section.checksum.count_ones() <= 1, "{}", section.tag);
            assert_eq!(bits & section.checksum, 0, "{}", section.tag);
            bits |= section.checksum;
        }
        assert_eq!(u64::from(bits), KNOWN_BITS);
    }

    /// Section 5: a fresh Unix 2.10.5 run sends 1572863 (bits 0-18 and 20), measured.
    #[test]
    fn bits_are_gathered_until_a_consumer_clears_them() {
        assert_eq!(combine(sent(Some("1572863")), Some(OF_NEW_COMPUTERS)), 1_572_863);
        assert_eq!(combine(sent(Some("513")), Some(0)), 513);
        assert_eq!(combine(sent(Some("512")), Some(8192)), 512 | 8192 | 1);
        assert_eq!(combine(sent(Some("0")), Some(0)), 1);
        assert_eq!(combine(sent(Some("4194304")), Some(0)), 4_194_305, "a bit of a later agent");
    }

    #[test]
    fn pitfall_44_a_missing_or_wrong_checksum_stands_for_all_bits() {
        for text in [None, Some(""), Some("x"), Some("-1"), Some("12.5"), Some("0x1f"), Some("99999999999999999999")] {
            assert_eq!(sent(text), None, "{text:?}");
            assert_eq!(combine(sent(text), Some(0)), KNOWN_BITS, "{text:?}");
        }
        assert_eq!(combine(Some(1), None), KNOWN_BITS, "NULL does not stay");
    }

    fn message<'a>(agent: Family, checksum: u64, present: &'a [&'a str]) -> Message<'a> {
        Message { agent, checksum: Some(checksum), present, partial: false }
    }

    #[test]
    fn pitfall_46_the_last_printer_goes_when_an_ocs_agent_says_that_printers_changed() {
        let stored = [id("PRINTERS"), id("MEMORIES"), id("SOFTWARES"), id("HARDWARE"), id("LOCAL_USERS"), id("USERS")];
        let present = ["HARDWARE", "BIOS", "MEMORIES"];
        let none = Vec::<SectionId>::new();
        for agent in [Family::Ocs, Family::OcsWindows] {
            assert_eq!(message(agent, KNOWN_BITS, &present).none_left(stored), [id("PRINTERS")]);
            assert_eq!(message(agent, 1 | 8192, &present).none_left(stored), [id("PRINTERS")]);
            assert_eq!(message(agent, 1 | 4, &present).none_left(stored), none, "printers did not change");
            assert_eq!(message(agent, KNOWN_BITS, &["HARDWARE"]).none_left(stored), none, "nothing else is sent");
            assert_eq!(message(agent, KNOWN_BITS, &["HARDWARE", "USERS"]).none_left(stored), none);
            let silent = Message { checksum: None, ..message(agent, 0, &present) };
            assert_eq!(silent.none_left(stored), none);
        }
        for agent in [Family::Fusion, Family::Other] {
            assert_eq!(message(agent, KNOWN_BITS, &present).none_left(stored), none);
        }
        assert_eq!(message(Family::Ocs, KNOWN_BITS, &present).none_left([SectionId(0), SectionId(255)]), none);
    }

    #[test]
    fn pitfall_47_a_partial_inventory_removes_nothing() {
        let partial = Message { partial: true, ..message(Family::Ocs, KNOWN_BITS, &["HARDWARE", "BIOS"]) };
        assert_eq!(partial.none_left([id("PRINTERS")]), []);
    }

    proptest! {
        #[test]
        fn bits_are_never_lost_and_gathering_twice_is_gathering_once(one: Option<u64>, other: Option<u64>) {
            let bits = combine(one, other);
            prop_assert_eq!(bits & 1, 1);
            prop_assert_eq!(bits & one.unwrap_or(0), one.unwrap_or(0));
            prop_assert_eq!(bits & other.unwrap_or(0), other.unwrap_or(0));
            prop_assert_eq!(combine(one, Some(bits)), bits);
        }

        #[test]
        fn any_text_is_bits_or_nothing(text in any::<String>()) {
            sent(Some(&text));
        }
    }
}
