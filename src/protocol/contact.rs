//! Who calls: agent family and version out of a User-Agent header.
//!
//! It is text like any other field: it unlocks nothing, and nobody is refused for it. The field's own gate
//! (an agent newer than its server gets 400) is one of the most frequent reasons why computers go missing.
//!
//! Source: agent protocol page, sections 1.3, 1.9 and 10.2; SEC-16.

use std::borrow::Cow;

/// What kind of program calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// OCS unified Unix agent 2.x, Linux and macOS.
    Unix,
    /// OCS Windows agent 2.x.
    Windows,
    /// OCS Windows agent 1.x (4027, 4061).
    Windows1,
    /// OCS Linux agent 1.x.
    Linux1,
    /// OCS Android agent.
    Android,
    /// OCS iOS agent.
    Ios,
    /// OCS Windows Mobile agent.
    WindowsMobile,
    /// FusionInventory agent.
    FusionInventory,
    /// GLPI agent.
    Glpi,
    /// The injector scripts.
    Injector,
    /// Local import of a console or a tool.
    LocalImport,
    /// Anything else, or no header.
    Other,
}

/// The names before `_v`, in lower case.
const NAMES: [(&str, Family); 11] = [
    ("ocs-ng_unified_unix_agent", Family::Unix),
    ("ocs-ng_windows_agent", Family::Windows),
    ("ocs-ng_windows_client", Family::Windows1),
    ("ocs-ng_linux_client", Family::Linux1),
    ("ocs-ng_android_agent", Family::Android),
    ("ocs-ng_ios_agent", Family::Ios),
    ("ocs-ng_windows_mobile_agent", Family::WindowsMobile),
    ("fusioninventory-agent", Family::FusionInventory),
    ("glpi-agent", Family::Glpi),
    ("ocs-ng_injector_pl", Family::Injector),
    ("ocs_powershell_injector", Family::Injector),
];

/// Characters of a User-Agent that are stored.
const STORED: usize = 50;

/// A User-Agent header, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent<'a> {
    /// What kind of program it says to be.
    pub family: Family,
    /// What follows the last `_v`, as in `2.10.0`, `4061`, `2.6-3`; empty when there is none.
    pub version: &'a str,
    header: &'a str,
}

impl<'a> Agent<'a> {
    /// Reads the header; an absent one is the empty text.
    pub fn of(header: &'a str) -> Agent<'a> {
        let header = header.trim();
        let split = header.rfind("_v").or_else(|| header.rfind("_V"));
        let (name, version) = match split {
            Some(at) => (header.get(..at).unwrap_or_default(), header.get(at + 2..).unwrap_or_default()),
            None => (header, ""),
        };
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, family)| *family);
        let family = match known {
            Some(family) => family,
            None if says_local(header) => Family::LocalImport,
            None => Family::Other,
        };
        Agent { family, version, header }
    }

    /// Whether it is a local import, for which IPDISCOVER is left out: "local" in any case, anywhere.
    pub fn is_local_import(&self) -> bool {
        says_local(self.header)
    }

    /// The header as it is stored: without control characters, cut at 50 characters.
    pub fn cleaned(&self) -> Cow<'a, str> {
        let clean = |character: char| !character.is_control();
        if self.header.len() <= STORED && self.header.chars().all(clean) {
            return Cow::Borrowed(self.header);
        }
        Cow::Owned(self.header.chars().filter(|character| clean(*character)).take(STORED).collect())
    }

    /// The version as a number, as the 1.x agents count: `4061` is 4061, `2.10.0` is `None`.
    pub fn build(&self) -> Option<u32> {
        self.version.parse().ok()
    }

    /// Whether the IPDISCOVER option must hold the bare subnet: Windows agents up to 4027 and Linux agents up
    /// to 13 know nothing else.
    pub fn wants_bare_subnet(&self) -> bool {
        match self.family {
            Family::Windows1 => self.build().is_some_and(|build| build <= 4027),
            Family::Linux1 => self.build().is_some_and(|build| build <= 13),
            _ => false,
        }
    }

    /// Whether this kind of agent may be elected to scan a subnet.
    pub fn can_scan(&self) -> bool {
        matches!(self.family, Family::Unix | Family::Windows | Family::Windows1)
    }
}

fn says_local(header: &str) -> bool {
    header.as_bytes().windows(5).any(|word| word.eq_ignore_ascii_case(b"local"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pitfall_12_every_agent_has_a_family_and_a_version_and_none_is_refused() {
        for (header, family, version) in [
            ("OCS-NG_unified_unix_agent_v2.10.5", Family::Unix, "2.10.5"),
            ("OCS-NG_WINDOWS_AGENT_v2.11.0.1", Family::Windows, "2.11.0.1"),
            ("OCS-NG_WINDOWS_AGENT_v99.0", Family::Windows, "99.0"),
            ("OCS-NG_windows_client_v4061", Family::Windows1, "4061"),
            ("OCS-NG_linux_client_v13", Family::Linux1, "13"),
            ("OCS-NG_Android_agent_v2.7", Family::Android, "2.7"),
            ("OCS-NG_iOS_agent_v1.0", Family::Ios, "1.0"),
            ("OCS-NG_windows_mobile_agent_v1", Family::WindowsMobile, "1"),
            ("FusionInventory-Agent_v2.6-3", Family::FusionInventory, "2.6-3"),
            ("GLPI-Agent_v1.12", Family::Glpi, "1.12"),
            ("OCS-NG_INJECTOR_PL_v3", Family::Injector, "3"),
            ("OCS_POWERSHELL_INJECTOR_V2.8", Family::Injector, "2.8"),
            ("OCS_local_7081", Family::LocalImport, ""),
            ("Ocsinventory_Local.pl", Family::LocalImport, ""),
            ("curl/8.5.0", Family::Other, ""),
            ("some_agent_v1_v2", Family::Other, "2"),
            ("", Family::Other, ""),
            ("_v", Family::Other, ""),
        ] {
            let agent = Agent::of(header);
            assert_eq!((agent.family, agent.version), (family, version), "{header}");
        }
    }

    #[test]
    fn pitfall_85_local_in_any_case_marks_an_import() {
        assert!(Agent::of("OCS_local_7081").is_local_import());
        assert!(Agent::of("my LOCAL tool").is_local_import());
        assert!(!Agent::of("OCS-NG_unified_unix_agent_v2.10.5").is_local_import());
    }

    #[test]
    fn a_stored_header_is_short_and_without_controls() {
        assert_eq!(Agent::of(" FusionInventory-Agent_v2.6-3 ").cleaned(), "FusionInventory-Agent_v2.6-3");
        assert_eq!(Agent::of("a\r\nb\0c").cleaned(), "abc");
        assert_eq!(Agent::of(&"é".repeat(80)).cleaned().chars().count(), 50);
        assert_eq!(Agent::of(&"é".repeat(50)).cleaned().chars().count(), 50);
        assert_eq!(Agent::of("<script>").cleaned(), "<script>");
    }

    #[test]
    fn old_agents_get_the_bare_subnet() {
        assert!(Agent::of("OCS-NG_windows_client_v4027").wants_bare_subnet());
        assert!(!Agent::of("OCS-NG_windows_client_v4028").wants_bare_subnet());
        assert!(Agent::of("OCS-NG_linux_client_v13").wants_bare_subnet());
        assert!(!Agent::of("OCS-NG_linux_client_v14").wants_bare_subnet());
        assert!(!Agent::of("OCS-NG_unified_unix_agent_v2.0").wants_bare_subnet());
        assert!(Agent::of("OCS-NG_unified_unix_agent_v2.0").can_scan());
        assert!(!Agent::of("GLPI-Agent_v1.12").can_scan());
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "\\PC{0,80}") {
            let agent = Agent::of(&header);
            prop_assert!(agent.cleaned().chars().count() <= STORED);
        }
    }
}
