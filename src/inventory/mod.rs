//! Inventories: what agents say about a computer, and how it is kept.
//!
//! *Section*: an element of an inventory with fields (MEMORIES). *Row*: one element of a section.
//! *Cell*: the value of one field in one row, kept as it was sent. An *inventory* is what one message said;
//! a *computer* is what we keep: a hot record, a cold one and a list of software (ARCHITECTURE.md, "The store").

pub mod checksum;
pub mod codec;
pub mod columns;
pub mod computer;
pub mod convert;
pub mod cut;
pub mod mapping;
pub mod requested;
pub mod rows;
pub mod sections;
pub mod software;
pub mod store;
pub mod tags;
pub mod uuid;

pub use columns::{COLUMNS, ColumnId, Columns};
pub use computer::{Cold, Computer, Dictionaries, Hot};

/// Which program sent an inventory, as far as its reading depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// The OCS agent for Windows.
    OcsWindows,
    /// Another agent of OCS Inventory: Unix, Android and others.
    Ocs,
    /// FusionInventory or the GLPI agent.
    Fusion,
    /// A script, an import without a name, anything else.
    Other,
}

impl Family {
    /// Whether it is an agent of OCS Inventory itself.
    pub fn is_ocs(self) -> bool {
        matches!(self, Family::OcsWindows | Family::Ocs)
    }

    /// The family by the header User-Agent: `OCS-NG_WINDOWS_AGENT_v2.11.0.1`, `GLPI-Agent_v1.12`.
    ///
    /// Programs that send on what agents wrote (injectors, the console) are [`Family::Other`].
    pub fn of_user_agent(header: &str) -> Family {
        let header = header.to_ascii_lowercase();
        let named = |names: &[&str]| names.iter().any(|name| header.starts_with(name));
        if named(&["ocs-ng_windows_agent", "ocs-ng_windows_client"]) {
            Family::OcsWindows
        } else if named(&["fusioninventory", "glpi-agent"]) {
            Family::Fusion
        } else if named(&["ocs-ng_"]) && !named(&["ocs-ng_injector"]) {
            Family::Ocs
        } else {
            Family::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_their_user_agent() {
        for (header, family) in [
            ("OCS-NG_WINDOWS_AGENT_v2.11.0.1", Family::OcsWindows),
            ("OCS-NG_windows_client_v4031", Family::OcsWindows),
            ("OCS-NG_unified_unix_agent_v2.10.5", Family::Ocs),
            ("OCS-NG_Android_agent_v2.7", Family::Ocs),
            ("OCS-NG_linux_client_v13", Family::Ocs),
            ("FusionInventory-Agent_v2.6-3", Family::Fusion),
            ("GLPI-Agent_v1.12", Family::Fusion),
            ("OCS-NG_INJECTOR_PL_v3", Family::Other),
            ("OCS_local_7081", Family::Other),
            ("curl/8", Family::Other),
            ("", Family::Other),
        ] {
            assert_eq!(Family::of_user_agent(header), family, "{header}");
        }
    }
}
