//! Who may what in the folders of the service on Windows, as text. Rules without effects.
//!
//! The service runs under an account of its own that Windows makes from its name, `NT SERVICE\Rollcall`. The account's
//! number can be worked out from the name, so that folders are ready before there is a service.
//!
//! Source: SEC-60; MS-DTYP 2.5.1 (SDDL), "SERVICE_SID_INFO" (S-1-5-80).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// Everything.
const FULL: &str = "FA";
/// Read, write and delete, but not give rights: what Windows calls "modify".
const MODIFY: &str = "0x1301bf";
/// Read and run.
const READ: &str = "0x1200a9";

/// The number (SID) of the account that Windows makes for a service: SHA-1 over its name in capitals.
pub fn account_number(service: &str) -> String {
    let name: Vec<u8> = service.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &name);
    let parts = hash.as_ref().chunks_exact(4).filter_map(|part| part.first_chunk());
    parts.fold("S-1-5-80".to_owned(), |number, part| format!("{number}-{}", u32::from_le_bytes(*part)))
}

/// Rights of the data folder: the system and administrators everything, the service what it needs, nobody else.
pub fn data_folder(service: &str) -> String {
    list(&[("SY", FULL), ("BA", FULL), (&account_number(service), MODIFY)])
}

/// Rights of the program's folder: the service and everybody at this machine may run it and not change it.
pub fn program_folder(service: &str) -> String {
    list(&[("SY", FULL), ("BA", FULL), ("BU", READ), (&account_number(service), READ)])
}

/// `P`: nothing comes from the folders above. `OICI`: files and folders in it are meant as well.
fn list(entries: &[(&str, &str)]) -> String {
    entries.iter().fold("D:P".to_owned(), |text, (who, what)| format!("{text}(A;OICI;{what};;;{who})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first one is in every list of well-known numbers; `sc showsid` tells the others.
    #[test]
    fn sec_60_numbers_of_service_accounts_are_those_of_windows() {
        let known = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
        assert_eq!(account_number("TrustedInstaller"), known);
        assert_eq!(account_number("trustedinstaller"), known, "capitals do not matter");
    }

    #[test]
    fn sec_60_nobody_but_system_administrators_and_service_reads_the_data() {
        let number = account_number("Rollcall");
        let rights = data_folder("Rollcall");
        assert_eq!(rights, format!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;{number})"));
    }

    #[test]
    fn sec_60_the_service_may_not_change_its_program() {
        let number = account_number("Rollcall");
        let rights = program_folder("Rollcall");
        assert!(rights.starts_with("D:P("), "{rights}");
        assert!(rights.ends_with(&format!("(A;OICI;0x1200a9;;;{number})")), "{rights}");
        assert!(rights.contains("(A;OICI;0x1200a9;;;BU)"), "{rights}");
    }
}
