//! What the audit log tells of: a code in the file, a word for the console to put into a sentence.

use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($(#[$doc:meta])* $code:literal $name:ident $word:literal;)*) => {
        /// Something that was done, or tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "u16", into = "u16")]
        pub enum Action {
            $($(#[$doc])* $name,)*
            /// One that a later release wrote.
            Other(u16),
        }

        impl Action {
            /// All that this release knows.
            pub const ALL: &'static [Action] = &[$(Action::$name),*];

            /// The word of filters, exports and keys of texts.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Action::$name => $word,)*
                    Action::Other(_) => "other",
                }
            }
        }

        impl From<u16> for Action {
            fn from(code: u16) -> Action {
                match code {
                    $($code => Action::$name,)*
                    other => Action::Other(other),
                }
            }
        }

        impl From<Action> for u16 {
            fn from(action: Action) -> u16 {
                match action {
                    $(Action::$name => $code,)*
                    Action::Other(code) => code,
                }
            }
        }
    };
}

// A code is a part of the file: it is never used for something else.
actions! {
    /// Somebody logged in, or failed to.
    1 LogIn "log-in";
    /// Somebody logged out.
    2 LogOut "log-out";
    /// A log-in was refused without a look at the password.
    3 LogInRefused "log-in-refused";
    /// The password was asked for again.
    4 Confirmed "confirmed";
    /// A password was set.
    5 PasswordSet "password-set";
    /// Sessions were ended.
    6 SessionsEnded "sessions-ended";
    /// The first administrator was made.
    7 SetUp "set-up";
    /// The local command made a code for a lost password.
    8 CodeMade "code-made";
    /// An account was made.
    10 UserAdded "user-added";
    /// An account was changed.
    11 UserChanged "user-changed";
    /// An account was deleted.
    12 UserDeleted "user-deleted";
    /// A token of the API was made.
    13 TokenAdded "token-added";
    /// A token of the API was deleted.
    14 TokenDeleted "token-deleted";
    /// An option was changed, in general or for a computer or group.
    20 OptionChanged "option-changed";
    /// The label was changed.
    21 LabelChanged "label-changed";
    /// A certificate was made, brought or renewed by hand.
    22 CertificateChanged "certificate-changed";
    /// Agent files were changed.
    23 AgentFileChanged "agent-file-changed";
    /// Field definitions were changed.
    24 FieldsChanged "fields-changed";
    /// Dictionary or categories were changed.
    25 DictionaryChanged "dictionary-changed";
    /// Registry queries were changed.
    26 RegistryChanged "registry-changed";
    /// Junk lists were changed.
    27 JunkChanged "junk-changed";
    /// A saved search was changed.
    28 SearchChanged "search-changed";
    /// Administrative values of one computer or of many were changed.
    30 ValuesChanged "values-changed";
    /// A TAG was renamed.
    31 TagRenamed "tag-renamed";
    /// A computer was customized.
    32 ComputerCustomized "computer-customized";
    /// Computers were archived.
    33 ComputerArchived "computer-archived";
    /// Computers came back from the archive.
    34 ComputerRestored "computer-restored";
    /// Computers were merged.
    35 ComputerMerged "computer-merged";
    /// Computers were deleted.
    36 ComputerDeleted "computer-deleted";
    /// Held devices were accepted.
    37 HeldAccepted "held-accepted";
    /// Held devices were dropped.
    38 HeldDropped "held-dropped";
    /// An inventory of a computer was asked for.
    39 InventoryRequested "inventory-requested";
    /// A group was made, changed or deleted.
    40 GroupChanged "group-changed";
    /// Subnets, devices or their types were changed.
    41 NetworkChanged "network-changed";
    /// A subnet was analysed.
    42 NetworkAnalysed "network-analysed";
    /// A package was built.
    50 PackageBuilt "package-built";
    /// A package was activated, or an activation changed.
    51 PackageActivated "package-activated";
    /// A package or an activation was deleted.
    52 PackageDeleted "package-deleted";
    /// An activation was affected.
    53 Affected "affected";
    /// An affectation was taken back.
    54 Unaffected "unaffected";
    /// Inventories were imported from files.
    60 Imported "imported";
    /// A dump was imported.
    61 DumpImported "dump-imported";
    /// A dump was written.
    62 DumpExported "dump-exported";
    /// A whole list was exported.
    63 Exported "exported";
    /// A backup was made or fetched.
    64 BackupMade "backup-made";
    /// A backup was restored.
    65 Restored "restored";
    /// The program was updated.
    66 Updated "updated";
    /// Refused files were marked as read.
    67 FilesRead "files-read";
    /// The API changed something.
    70 ApiWritten "api-written";
    /// The audit log was exported.
    80 AuditExported "audit-exported";
    /// Old entries of the audit log were removed.
    81 AuditPruned "audit-pruned";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn actions_keep_codes_and_words_of_their_own() {
        let codes: HashSet<u16> = Action::ALL.iter().map(|action| u16::from(*action)).collect();
        let words: HashSet<&str> = Action::ALL.iter().map(|action| action.word()).collect();
        assert_eq!((codes.len(), words.len()), (Action::ALL.len(), Action::ALL.len()));
        for code in 0..1000 {
            assert_eq!(u16::from(Action::from(code)), code);
        }
    }
}
