//! Processor time of processes and all that they started, as Linux counts it.
//!
//! The original is two families of processes (Apache, MariaDB) whose children come and go. What a child that is gone
//! has used is counted by its parent, so the sum over those alive, each with what it collected from its children that
//! are gone, misses nothing.

use std::collections::HashMap;
use std::time::Duration;

/// Processor time used up to a moment.
pub struct Processor {
    roots: Vec<u32>,
    before: Duration,
}

impl Processor {
    /// Begins to count for these processes and their descendants.
    pub fn of(roots: &[u32]) -> Processor {
        Processor { roots: roots.to_vec(), before: used(roots) }
    }

    /// Begins to count for this program.
    pub fn own() -> Processor {
        Processor::of(&[std::process::id()])
    }

    /// What they used since.
    pub fn spent(&self) -> Duration {
        used(&self.roots).saturating_sub(self.before)
    }
}

struct Process {
    parent: u32,
    ticks: u64,
}

fn used(roots: &[u32]) -> Duration {
    if roots.is_empty() {
        return Duration::ZERO;
    }
    let processes: HashMap<u32, Process> = std::fs::read_dir("/proc")
        .expect("/proc is there")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|id| Some((id, process(id)?)))
        .collect();
    let belongs = |mut id: u32| {
        while let Some(process) = processes.get(&id) {
            if roots.contains(&id) {
                return true;
            }
            id = process.parent;
        }
        false
    };
    let ticks: u64 = processes.iter().filter(|(id, _)| belongs(**id)).map(|(_, process)| process.ticks).sum();
    // USER_HZ is 100 on every platform of Linux that matters here.
    Duration::from_millis(ticks * 10)
}

fn process(id: u32) -> Option<Process> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold blanks and parentheses itself.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    // State, parent, …; user, system, user of children that are gone, system of those.
    Some(Process { parent: fields.get(1)?.parse().ok()?, ticks: number(11)? + number(12)? + number(13)? + number(14)? })
}
