//! Affecting many computers at once: what becomes of each, decided before anything is stored. Rules without storage.
//!
//! Source: console page, CON-DEP-8 and 12; SEC-44.

use super::affectation::{ActivationId, Phase, State};
use super::orders::can_fetch;
use super::package::System;
use crate::id::ComputerId;
use crate::protocol::Agent;

/// What is known about a computer that may be affected.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Which.
    pub id: ComputerId,
    /// By which activation it would have it; `None` when none is meant for where it is.
    pub activation: Option<ActivationId>,
    /// Its system as its agent names it.
    pub system: &'a str,
    /// What its agent calls itself.
    pub agent: &'a str,
    /// What it has of the same package: by which activation, and how far each is.
    pub has: &'a [(ActivationId, State)],
    /// Its last inventory named the package as installed.
    pub installed: bool,
}

/// What is meant to be done.
#[derive(Debug, Clone, Copy)]
pub struct Intent {
    /// The package's system.
    pub system: System,
    /// Also where it is installed.
    pub force: bool,
    /// Also computers of another system.
    pub any_system: bool,
}

/// What becomes of a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is affected.
    Fresh,
    /// It had the package before, and begins anew.
    Again,
    /// It has the package already: nothing changes.
    Already,
    /// It has another system: nothing changes.
    OtherSystem,
    /// No redistribution server is near, and the package has no other address: nothing changes.
    NoServer,
}

/// Decides about one computer.
pub fn judge(intent: &Intent, candidate: &Candidate) -> Fate {
    if !intent.any_system && !intent.system.fits(candidate.system) {
        return Fate::OtherSystem;
    }
    let Some(by) = candidate.activation else { return Fate::NoServer };
    let own = candidate.has.iter().find(|(activation, _)| *activation == by).map(|(_, state)| state);
    let elsewhere = candidate.has.iter().any(|(id, state)| *id != by && state.is_open());
    match own {
        _ if !begins(own, elsewhere, intent.force) => Fate::Already,
        Some(_) => Fate::Again,
        None => Fate::Fresh,
    }
}

/// Whether an affectation begins, or begins anew. `own` is how far the computer is with this activation, `elsewhere`
/// says that it is still busy with the same package by another one.
///
/// What failed may always be tried again; what went well only when it is forced: the agent would refuse it else.
pub fn begins(own: Option<&State>, elsewhere: bool, force: bool) -> bool {
    match own.map(State::phase) {
        _ if elsewhere => false,
        None | Some(Phase::Error) => true,
        Some(Phase::Success) => force,
        Some(Phase::Waiting | Phase::Notified) => false,
    }
}

/// What would become of all computers that are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// Those that are affected or begin anew, each with the activation.
    pub begin: Vec<(ComputerId, ActivationId)>,
    /// How many of these begin anew.
    pub again: u64,
    /// Have it already.
    pub already: u64,
    /// Have another system, and are left out.
    pub other_system: u64,
    /// Have no server near, and are left out.
    pub no_server: u64,
    /// Begin, and their agents are too old to fetch packages: they wait for a newer one.
    pub inventory_only: u64,
    /// Begin, and have it installed: they will say so at once.
    pub installed: u64,
}

impl Preview {
    /// Counts one computer more.
    pub fn add(&mut self, intent: &Intent, candidate: &Candidate) {
        match judge(intent, candidate) {
            Fate::Already => self.already += 1,
            Fate::OtherSystem => self.other_system += 1,
            Fate::NoServer => self.no_server += 1,
            fate @ (Fate::Fresh | Fate::Again) => {
                self.begin.extend(candidate.activation.map(|activation| (candidate.id, activation)));
                self.again += u64::from(fate == Fate::Again);
                self.inventory_only += u64::from(!can_fetch(&Agent::of(candidate.agent)));
                self.installed += u64::from(candidate.installed && !intent.force);
            }
        }
    }

    /// How many are left as they are.
    pub fn left(&self) -> u64 {
        self.already + self.other_system + self.no_server
    }
}

/// What is wrong with a time that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSchedule {
    /// The day is none.
    Day,
    /// The time is none.
    Time,
    /// A time without a day.
    TimeAlone,
}

/// From a day as forms send it (`2026-11-27`) and a time (`18:00`, empty for midnight) to what agents read:
/// `2026/11/27 18:00`. Nothing typed is an empty text: at once.
///
/// # Errors
/// [`BadSchedule`]
pub fn schedule(day: &str, time: &str) -> Result<String, BadSchedule> {
    let (day, time) = (day.trim(), time.trim());
    if day.is_empty() {
        return if time.is_empty() { Ok(String::new()) } else { Err(BadSchedule::TimeAlone) };
    }
    let date: jiff::civil::Date = day.parse().map_err(|_| BadSchedule::Day)?;
    if day.len() != 10 || !(1970..=9999).contains(&date.year()) {
        return Err(BadSchedule::Day);
    }
    let (hours, minutes) = match time.split_once([':', 'h']) {
        None if time.is_empty() => ("0", "0"),
        None => return Err(BadSchedule::Time),
        Some(parts) => parts,
    };
    let part = |text: &str, most: u8| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u8>().ok().filter(|number| digits && *number <= most).ok_or(BadSchedule::Time)
    };
    let (hours, minutes) = (part(hours, 23)?, part(minutes, 59)?);
    Ok(format!("{:04}/{:02}/{:02} {hours:02}:{minutes:02}", date.year(), date.month(), date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "OCS-NG_WINDOWS_AGENT_v2.11.0.1";
    const OLD: &str = "OCS-NG_WINDOWS_AGENT_v2.1.1.1";

    fn intent(force: bool, any_system: bool) -> Intent {
        Intent { system: System::Windows, force, any_system }
    }

    fn fate(force: bool, has: &[(u32, &str)]) -> Fate {
        let has: Vec<_> = has.iter().map(|(id, state)| (ActivationId(*id), State::of(state))).collect();
        let activation = Some(ActivationId(1));
        let candidate =
            Candidate { id: ComputerId(1), activation, system: "Windows 11", agent: NEW, has: &has, installed: false };
        judge(&intent(force, false), &candidate)
    }

    #[test]
    fn con_dep_12_what_failed_begins_anew_and_what_went_well_only_when_it_is_forced() {
        assert_eq!(fate(false, &[]), Fate::Fresh);
        for open in ["", "NOTIFIED"] {
            assert_eq!((fate(false, &[(1, open)]), fate(true, &[(1, open)])), (Fate::Already, Fate::Already));
            assert_eq!(fate(true, &[(2, open)]), Fate::Already, "busy with it by another activation");
        }
        assert_eq!((fate(false, &[(1, "SUCCESS")]), fate(true, &[(1, "SUCCESS_0")])), (Fate::Already, Fate::Again));
        assert_eq!((fate(false, &[(1, "ERR_BUILD")]), fate(false, &[(1, "EXIT_CODE_5")])), (Fate::Again, Fate::Again));
        assert_eq!(fate(false, &[(2, "SUCCESS")]), Fate::Fresh);
    }

    #[test]
    fn con_dep_12_a_preview_counts_every_computer_once() {
        let failed = [(ActivationId(1), State::of("ERR_BUILD"))];
        let open = [(ActivationId(1), State::of(""))];
        type Row<'a> = (&'a str, &'a str, &'a [(ActivationId, State)], bool);
        let table: [Row; 5] = [
            ("Microsoft Windows 11", NEW, &[], true),
            ("Windows 7", OLD, &failed, false),
            ("Windows 10", NEW, &open, true),
            ("Debian GNU/Linux 12", "OCS-NG_unified_unix_agent_v2.10.0", &[], false),
            ("", "", &[], false),
        ];
        let counted = |intent: &Intent| {
            let mut preview = Preview::default();
            for (at, (system, agent, has, installed)) in (0..).zip(table) {
                let (id, activation) = (ComputerId(at), (at != 3).then_some(ActivationId(1)));
                preview.add(intent, &Candidate { id, activation, system, agent, has, installed });
            }
            preview
        };
        let ids = |ids: &[u32]| ids.iter().map(|id| (ComputerId(*id), ActivationId(1))).collect::<Vec<_>>();
        assert_eq!(
            counted(&intent(false, false)),
            Preview {
                begin: ids(&[0, 1, 4]),
                again: 1,
                already: 1,
                other_system: 1,
                no_server: 0,
                inventory_only: 1,
                installed: 1
            }
        );
        let all = counted(&intent(true, true));
        assert_eq!((all.begin.len(), all.other_system, all.installed, all.left()), (3, 0, 0, 2));
        assert_eq!(all.no_server, 1, "the Debian computer has no server near");
    }

    #[test]
    fn con_dep_12_a_time_is_written_as_agents_read_it() {
        let good = [
            ("", "", ""),
            ("2026-11-27", "18:00", "2026/11/27 18:00"),
            (" 2026-01-02 ", "", "2026/01/02 00:00"),
            ("2026-01-02", "7h5", "2026/01/02 07:05"),
        ];
        for (day, time, written) in good {
            assert_eq!(schedule(day, time).as_deref(), Ok(written), "{day} {time}");
        }
        let bad = [
            ("2026-02-30", "", BadSchedule::Day),
            ("27.11.2026", "", BadSchedule::Day),
            ("2026-11-27T10:00", "", BadSchedule::Day),
            ("0001-01-01", "", BadSchedule::Day),
            ("2026-11-27", "24:00", BadSchedule::Time),
            ("2026-11-27", "noon", BadSchedule::Time),
            ("2026-11-27", "+1:00", BadSchedule::Time),
            ("2026-11-27", "1:234", BadSchedule::Time),
            ("", "18:00", BadSchedule::TimeAlone),
        ];
        for (day, time, why) in bad {
            assert_eq!(schedule(day, time), Err(why), "{day} {time}");
        }
    }
}
