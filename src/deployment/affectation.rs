//! What a computer is to install, where it gets it, and how far it is. Rules without storage.
//!
//! Source: agent protocol page, sections 12.1, 12.2 and 12.8; console page, CON-DEP-8 to 16.

use serde::{Deserialize, Serialize};

use super::package::PackageId;
use crate::clock::Timestamp;
use crate::id::{ComputerId, GroupId};
use crate::named_record;

/// Number of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ActivationId(pub u32);

/// A place from which a package is fetched. One package may have several, say one for each site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Activation {
    /// Its number; the key of its record.
    #[serde(skip)]
    pub id: ActivationId,
    /// What is fetched.
    pub package: PackageId,
    /// Address of the folder of the information file, without scheme: `host[:port]/folder`. Always fetched by HTTPS.
    pub info: String,
    /// The same of the fragments. For a redistribution server, `$IP$` and `$NAME$` stand for its address and name.
    pub fragments: String,
    /// The redistribution server that has the fragments; `None` where no computer stands for the place.
    #[serde(default)]
    pub server: Option<ServerOf>,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: String,
}

named_record!(Activation);

/// A server of a redistribution group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerOf {
    /// The group.
    pub group: GroupId,
    /// The computer.
    pub computer: ComputerId,
}

/// That a computer is to install a package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Affectation {
    /// How far it is.
    pub state: State,
    /// When that changed.
    pub at: Timestamp,
    /// When the agent was told first.
    #[serde(default)]
    pub told: Option<Timestamp>,
    /// Also where it is installed already.
    #[serde(default)]
    pub force: bool,
    /// Not before this local time of the computer, as agents read it: `2026/11/27 18:00`. Empty for at once.
    #[serde(default)]
    pub schedule: String,
    /// Afterwards: empty, `REBOOT` or `SHUTDOWN`.
    #[serde(default)]
    pub postcmd: String,
    /// The group through which it came; `None` for a computer's own.
    #[serde(default)]
    pub group: Option<GroupId>,
    /// Who affected it.
    pub by: String,
}

named_record!(Affectation);

impl Affectation {
    /// The same some way on.
    #[must_use]
    pub fn noted(self, state: State, at: Timestamp) -> Affectation {
        let told = self.told.or((state.as_str() == State::NOTIFIED).then_some(at));
        Affectation { state, at, told, ..self }
    }
}

/// How far an affectation is: the field's text. Agents send codes that nobody listed, so it stays a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct State(String);

/// What kind of state it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The agent was not told yet.
    Waiting,
    /// The agent was told, and has not answered yet.
    Notified,
    /// Done.
    Success,
    /// Not done.
    Error,
}

impl Phase {
    /// All of them, in the order in which a computer goes through them.
    pub const ALL: [Phase; 4] = [Phase::Waiting, Phase::Notified, Phase::Success, Phase::Error];

    /// Its word in forms, addresses and keys of texts.
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Waiting => "waiting",
            Phase::Notified => "notified",
            Phase::Success => "success",
            Phase::Error => "error",
        }
    }

    /// The reverse of [`Phase::word`].
    pub fn of(word: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.word() == word)
    }
}

/// States with an explanation of their own: the word, and the key of the sentence. The longest word that fits counts.
pub const EXPLAINED: [(&str, &str); 30] = [
    ("", "deploy.state.waiting"),
    ("NOTIFIED", "deploy.state.notified"),
    ("SUCCESS", "deploy.state.success"),
    ("SUCCESS_", "deploy.state.success_code"),
    ("SUCCESS_ALREADY_SETUP", "deploy.state.already_setup"),
    ("SUCCESS_ALREADY_IN_HISTORY", "deploy.state.already_in_history"),
    ("SUCCESS_REBOOT_INITIATED", "deploy.state.reboot_initiated"),
    ("SUCCESS_REBOOT_REQUIRED", "deploy.state.reboot_required"),
    ("SUCCESS_RESTART_REQUIRED", "deploy.state.restart_required"),
    ("EXIT_CODE_", "deploy.state.exit_code"),
    ("ERR_ALREADY_SETUP", "deploy.state.already_setup"),
    ("ERR_BAD_ID", "deploy.state.bad_id"),
    ("ERR_BAD_DIGEST", "deploy.state.bad_digest"),
    ("ERR_BAD_PARAM", "deploy.state.bad_param"),
    ("ERR_DOWNLOAD_INFO", "deploy.state.download_info"),
    ("ERR_DOWNLOAD_PACK", "deploy.state.download_pack"),
    ("ERR_BUILD", "deploy.state.build"),
    ("ERR_UNZIP", "deploy.state.unzip"),
    ("ERR_OUT_OF_SPACE", "deploy.state.out_of_space"),
    ("ERR_EXECUTE", "deploy.state.execute"),
    ("ERR_EXECUTE_PACK", "deploy.state.execute"),
    ("ERR_EXECUTE_NO_EXIT_CODE", "deploy.state.no_exit_code"),
    ("ERR_EXECUTE_TIMEOUT", "deploy.state.execute_timeout"),
    ("ERR_EXECUTE_TOO_MANY_TRY", "deploy.state.too_many_tries"),
    ("ERR_CLEAN", "deploy.state.clean"),
    ("ERR_TIMEOUT", "deploy.state.timeout"),
    ("ERR_ABORTED", "deploy.state.aborted"),
    ("ERR_DONE_FAILED", "deploy.state.done_failed"),
    ("UNKNOWN_CODE", "deploy.state.unknown_code"),
    ("ERR_", "deploy.state.other_error"),
];

/// Characters of a code that are kept.
const LONGEST: usize = 255;

impl State {
    /// The agent was told.
    pub const NOTIFIED: &'static str = "NOTIFIED";
    /// The agent has it in its history, so it was not told.
    pub const IN_HISTORY: &'static str = "SUCCESS_ALREADY_IN_HISTORY";

    /// A state as it was sent, cut, without control characters.
    pub fn of(code: &str) -> State {
        State(code.trim().chars().filter(|character| !character.is_control()).take(LONGEST).collect())
    }

    /// The text; empty while the agent was not told.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its kind.
    pub fn phase(&self) -> Phase {
        match self.0.as_str() {
            "" => Phase::Waiting,
            Self::NOTIFIED => Phase::Notified,
            code if code.starts_with("SUCCESS") => Phase::Success,
            _ => Phase::Error,
        }
    }

    /// Whether the agent is still told about it.
    pub fn is_open(&self) -> bool {
        matches!(self.phase(), Phase::Waiting | Phase::Notified)
    }

    /// Key of the sentence that explains it.
    pub fn explanation(&self) -> &'static str {
        let fits = |word: &str| self.0 == word || (word.ends_with('_') && self.0.starts_with(word));
        let found = EXPLAINED.iter().filter(|(word, _)| fits(word)).max_by_key(|(word, _)| word.len());
        found.map_or("deploy.state.other", |(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_16_every_code_of_the_field_has_its_kind_and_its_sentence() {
        let table = [
            ("", Phase::Waiting, "waiting"),
            ("NOTIFIED", Phase::Notified, "notified"),
            ("SUCCESS", Phase::Success, "success"),
            ("SUCCESS_0", Phase::Success, "success_code"),
            ("SUCCESS_3", Phase::Success, "success_code"),
            ("SUCCESS_ALREADY_SETUP", Phase::Success, "already_setup"),
            ("SUCCESS_ALREADY_IN_HISTORY", Phase::Success, "already_in_history"),
            ("SUCCESS_REBOOT_INITIATED", Phase::Success, "reboot_initiated"),
            ("SUCCESS_REBOOT_REQUIRED", Phase::Success, "reboot_required"),
            ("SUCCESS_RESTART_REQUIRED", Phase::Success, "restart_required"),
            ("EXIT_CODE_1603", Phase::Error, "exit_code"),
            ("ERR_ALREADY_SETUP", Phase::Error, "already_setup"),
            ("ERR_BAD_ID", Phase::Error, "bad_id"),
            ("ERR_BAD_DIGEST", Phase::Error, "bad_digest"),
            ("ERR_DOWNLOAD_INFO", Phase::Error, "download_info"),
            ("ERR_DOWNLOAD_PACK", Phase::Error, "download_pack"),
            ("ERR_BUILD", Phase::Error, "build"),
            ("ERR_EXECUTE", Phase::Error, "execute"),
            ("ERR_EXECUTE_PACK", Phase::Error, "execute"),
            ("ERR_EXECUTE_TIMEOUT", Phase::Error, "execute_timeout"),
            ("ERR_CLEAN", Phase::Error, "clean"),
            ("ERR_TIMEOUT", Phase::Error, "timeout"),
            ("ERR_ABORTED", Phase::Error, "aborted"),
            ("ERR_SOMETHING_NEW", Phase::Error, "other_error"),
            ("UNKNOWN_CODE", Phase::Error, "unknown_code"),
            ("whatever", Phase::Error, "other"),
        ];
        for (code, phase, sentence) in table {
            let state = State::of(code);
            assert_eq!(state.phase(), phase, "{code}");
            assert_eq!(state.explanation(), format!("deploy.state.{sentence}"), "{code}");
        }
    }

    #[test]
    fn a_hostile_code_is_cut_and_cleaned() {
        let state = State::of(&format!(" ERR\n{}", "é".repeat(1000)));
        assert!(state.as_str().starts_with("ERRé") && state.as_str().chars().count() == 255);
    }
}
