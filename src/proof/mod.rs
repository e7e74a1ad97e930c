//! Trying an activation out before computers are told of it: the server fetches the package as an agent would, through
//! the address that agents get, trusting what agents trust (CON-DEP-9, SEC-42).
//!
//! - [`client`]: a small HTTP client, for this and for replicas
//! - [`information`]: whether an information file is the right one
//! - [`run`]: the steps one after the other; [`runs`]: those that are under way, and what they found
//! - [`series`]: the servers of a group, one after the other; [`short`]: what is kept of what each of them said
//!
//! An administrator typed the addresses and asked for it: nothing else makes the server connect anywhere (SEC-8).

pub mod client;
pub mod information;
pub mod run;
pub mod runs;
pub mod series;
mod short;
#[cfg(test)]
pub mod testing;

use client::Failure;
use information::Difference;

/// What is tried, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The files on this server are as they were built (SEC-45).
    Own,
    /// Somebody answers where the information file is to be.
    Reached,
    /// With a certificate that agents trust.
    Certificate,
    /// And there it is.
    Info,
    /// Somebody answers where the fragments are to be.
    FragmentsReached,
    /// Every fragment is there.
    Fragments,
    /// Together they are the archive.
    Digest,
    /// It can be unpacked, and holds what is launched.
    Archive,
}

impl Step {
    /// All, in their order.
    pub const ALL: [Step; 8] = [
        Step::Own,
        Step::Reached,
        Step::Certificate,
        Step::Info,
        Step::FragmentsReached,
        Step::Fragments,
        Step::Digest,
        Step::Archive,
    ];

    /// Its word in keys of texts.
    pub fn word(self) -> &'static str {
        match self {
            Step::Own => "own",
            Step::Reached => "reached",
            Step::Certificate => "certificate",
            Step::Info => "info",
            Step::FragmentsReached => "fragments-reached",
            Step::Fragments => "fragments",
            Step::Digest => "digest",
            Step::Archive => "archive",
        }
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Good,
    /// There is nothing to try: the package is a command alone.
    NotNeeded,
    /// Something before it is missing.
    NotTried,
    /// It is not as it should be.
    Bad(Trouble),
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The connection or what came over it.
    Line(Failure),
    /// The file is not sent.
    Status(Status),
    /// What is sent is no information file.
    NoInfo,
    /// The information file is of another package, or of an older state of this one.
    OtherInfo(Vec<Difference>),
    /// Fragments are missing or other ones.
    Fragments {
        /// The first of them.
        first: u32,
        /// What is wrong with it.
        how: BadFragment,
        /// How many there are; no more are looked for after [`run::MOST_BAD`].
        bad: u32,
    },
    /// The fragments together are not the archive.
    Digest,
    /// Not everything was there within so many minutes.
    Late(u64),
    /// A file on this server, with what is wrong with it.
    Own(String),
    /// The archive cannot be unpacked safely.
    Archive(crate::deployment::archive::Refused),
    /// The archive does not hold the file that is launched.
    NotThere(String),
}

/// An answer that brings no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The status.
    pub status: u16,
    /// Where it redirects to.
    pub location: Option<String>,
}

/// What is wrong with a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadFragment {
    /// It is not sent.
    Status(Status),
    /// It has another length.
    Length {
        /// Bytes that it should have.
        wanted: u64,
        /// Bytes that it has, as far as they were looked at.
        found: u64,
    },
    /// It has other bytes.
    Other,
    /// The connection or what came over it.
    Line(Failure),
}

/// What a proof found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// The steps with their outcomes.
    pub steps: Vec<(Step, Outcome)>,
}

impl Findings {
    /// Agents would get the package.
    pub fn is_good(&self) -> bool {
        !self.steps.is_empty()
            && self.steps.iter().all(|(_, outcome)| matches!(outcome, Outcome::Good | Outcome::NotNeeded))
    }

    /// Whether the package may be activated in spite of what is not as it should be: unless there is another information
    /// file, which would have agents do something else. What could not be reached from here may be from elsewhere.
    pub fn may_activate(&self) -> bool {
        let wrong = |outcome: &Outcome| matches!(outcome, Outcome::Bad(Trouble::NoInfo | Trouble::OtherInfo(_)));
        !self.steps.is_empty() && !self.steps.iter().any(|(_, outcome)| wrong(outcome))
    }

    /// The first step that is not as it should be.
    pub fn first_bad(&self) -> Option<(Step, &Trouble)> {
        self.steps.iter().find_map(|(step, outcome)| match outcome {
            Outcome::Bad(trouble) => Some((*step, trouble)),
            _ => None,
        })
    }

    /// The outcome of a step.
    pub fn of(&self, step: Step) -> Option<&Outcome> {
        self.steps.iter().find(|(known, _)| *known == step).map(|(_, outcome)| outcome)
    }

    fn note(&mut self, step: Step, outcome: Outcome) {
        self.steps.push((step, outcome));
    }
}
