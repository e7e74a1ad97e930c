//! What each role may do. A pure table; who asks is `console` and `api`.
//!
//! Source: console page, section 32.

use super::Role;

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $least:ident;)*) => {
        /// Something that a page or an action asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Right {
            $($(#[$doc])* $name,)*
        }

        impl Right {
            /// All of them, in the order of the matrix.
            pub const ALL: &'static [Right] = &[$(Right::$name),*];

            /// A word for the page that names the missing right.
            pub const fn code(self) -> &'static str {
                match self { $(Right::$name => $code,)* }
            }

            /// The least role that has it.
            pub const fn least(self) -> Role {
                match self { $(Right::$name => Role::$least,)* }
            }
        }
    };
}

rights! {
    /// Dashboard, lists, computer page, search, software, TAGs, groups, network lists, package statistics.
    Read, "read", User;
    /// CSV, XLSX, XML of one computer.
    Export, "export", User;
    /// Own account, own layouts, own saved searches.
    OwnAccount, "own-account", User;
    /// Saved searches for all.
    ShareSearches, "share-searches", Technician;
    /// Administrative values, notes and customization of one computer.
    ChangeValues, "change-values", Technician;
    /// Administrative values of many computers, renaming a TAG.
    ChangeTag, "change-tag", Technician;
    /// Archiving a computer and back.
    Archive, "archive", Technician;
    /// Merging computers.
    Merge, "merge", Technician;
    /// Deleting computers.
    Delete, "delete", Admin;
    /// Affecting existing activations, and taking them back.
    Affect, "affect", Technician;
    /// Building, activating and deleting packages.
    Packages, "packages", Admin;
    /// Making and changing groups.
    Groups, "groups", Technician;
    /// Registering what is on the network, device types, names of subnets.
    Network, "network", Technician;
    /// Analysing a subnet, asking an address.
    Analyse, "analyse", Technician;
    /// Dictionary, categories, registry queries, field definitions, label, junk lists.
    Definitions, "definitions", Admin;
    /// Importing .ocs files.
    Import, "import", Technician;
    /// Fetching the agent kit.
    AgentKit, "agent-kit", Technician;
    /// Changing the agent files.
    AgentFiles, "agent-files", Admin;
    /// Options.
    Options, "options", Admin;
    /// Certificates.
    Certificates, "certificates", Admin;
    /// Backup, restore, migration.
    Data, "data", Admin;
    /// Accounts.
    Users, "users", Admin;
    /// Tokens of the API.
    Tokens, "tokens", Admin;
    /// The audit log.
    Audit, "audit", Admin;
    /// The product's log.
    Logs, "logs", Admin;
    /// Details of the status page.
    Status, "status", Admin;
    /// Seeing product keys and the names of local users.
    Private, "private", Technician;
}

/// Whether a role has a right.
pub fn allowed(role: Role, right: Right) -> bool {
    role >= right.least()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All pairs, which is better than some: who may more may all that who may less may.
    #[test]
    fn no_role_may_less_than_a_smaller_one() {
        let roles = [Role::User, Role::Technician, Role::Admin];
        for right in Right::ALL {
            for pair in roles.windows(2) {
                assert!(pair[0] < pair[1]);
                assert!(!allowed(pair[0], *right) || allowed(pair[1], *right), "{right:?}");
            }
            assert!(allowed(Role::Admin, *right), "{right:?}");
        }
    }

    /// Section 32 as it is written there.
    const MATRIX: &str = "
| dashboard, lists, computer page, search, software, TAGs, groups, network lists, package statistics | R | R | R |
| exports (CSV, XLSX, XML of one computer) | yes | yes | yes |
| own account, own layouts, own saved searches | W | W | W |
| saved searches for all | R | W | W |
| administrative values, notes, customization of one computer | R | W | W |
| mass administrative values, TAG rename | - | W | W |
| archive, restore computer | - | W | W |
| delete computer, merge | - | merge | W |
| affect / unaffect existing activations | - | W | W |
| build, activate, delete packages | - | - | W |
| group create / change | - | W | W |
| network registration, device types, subnet names | R | W | W |
| analyse, IP query | - | W | W |
| dictionary, categories, registry queries, field definitions, label, junk lists | - | - | W |
| import of .ocs files | - | W | W |
| agent files and kit | - | kit | W |
| options, certificates, data, users, tokens, audit log, logs, status details | - | - | W |
| product key, local users' names | - | R | R |
";

    /// For each line: what its smaller cell (`R`, `merge`, `kit`) gives, and what `W` and `yes` give besides.
    const MEANING: &[(&[Right], &[Right])] = &[
        (&[Right::Read], &[]),
        (&[], &[Right::Export]),
        (&[], &[Right::OwnAccount]),
        (&[Right::Read], &[Right::ShareSearches]),
        (&[Right::Read], &[Right::ChangeValues]),
        (&[], &[Right::ChangeTag]),
        (&[], &[Right::Archive]),
        (&[Right::Merge], &[Right::Delete]),
        (&[], &[Right::Affect]),
        (&[], &[Right::Packages]),
        (&[], &[Right::Groups]),
        (&[Right::Read], &[Right::Network]),
        (&[], &[Right::Analyse]),
        (&[], &[Right::Definitions]),
        (&[], &[Right::Import]),
        (&[Right::AgentKit], &[Right::AgentFiles]),
        (
            &[],
            &[
                Right::Options,
                Right::Certificates,
                Right::Data,
                Right::Users,
                Right::Tokens,
                Right::Audit,
                Right::Logs,
                Right::Status,
            ],
        ),
        (&[Right::Private], &[]),
    ];

    #[test]
    fn con_gen_1_rights_are_those_of_the_matrix() {
        let lines: Vec<&str> = MATRIX.trim().lines().collect();
        assert_eq!(lines.len(), MEANING.len());
        let mut met = std::collections::HashSet::new();
        for (line, (less, more)) in lines.iter().zip(MEANING) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            for (role, cell) in Role::ALL.into_iter().zip(&cells[1..]) {
                let (has_less, has_more) = match *cell {
                    "-" => (false, false),
                    "R" | "merge" | "kit" => (true, false),
                    "W" | "yes" => (true, true),
                    other => panic!("`{other}`"),
                };
                let check = |rights: &[Right], expected| {
                    rights.iter().for_each(|right| assert_eq!(allowed(role, *right), expected, "{role}: {right:?}"));
                };
                check(less, has_less);
                check(more, has_more);
            }
            met.extend(less.iter().chain(*more).copied());
        }
        assert_eq!(met.len(), Right::ALL.len(), "a right is in no line of the matrix");
    }

    #[test]
    fn rights_have_words_of_their_own() {
        let words: std::collections::HashSet<_> = Right::ALL.iter().map(|right| right.code()).collect();
        assert_eq!(words.len(), Right::ALL.len());
    }
}
