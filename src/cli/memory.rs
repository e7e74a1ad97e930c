//! How much memory the system lets this program have, and bounds that fit into it (REL-16).
//!
//! Containers and services are given a limit by a control group; who takes more is killed, not refused. The usual
//! bounds are made for a machine of its own, so they are lowered here, unless they were set. The shares are small
//! because the system's allocator keeps much of what large messages gave back: under a siege with the largest messages
//! three to four times the bound on them was measured.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::limits::Limits;

/// Bytes that the element of a message takes at most while it is read.
const ELEMENT: usize = 128;

/// The smallest limit of the control groups that this process is in; `None` when there is none.
pub(super) fn limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = files(&groups).into_iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.min()
}

/// Where limits may stand, of a group and of those around it.
fn files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(kinds), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match kinds {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if kinds.split(',').any(|kind| kind == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        let path = Path::new(path.trim_start_matches('/'));
        files.extend(path.ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    files
}

/// Lowers bounds that were not set to what fits into so many bytes; whether it lowered any.
pub(super) fn fit(config: &mut Config, memory: u64) -> bool {
    let usual = (Config::default().cache, Limits::default());
    let part = |share: u64| usize::try_from(memory / share).unwrap_or(usize::MAX);
    let before = (config.cache, config.limits.clone());
    let lower = |value: &mut usize, usual: usize, fits: usize| {
        if *value == usual {
            *value = usual.min(fits);
        }
    };
    let limits = &mut config.limits;
    lower(&mut limits.message_memory, usual.1.message_memory, part(8));
    lower(&mut limits.fragment_memory, usual.1.fragment_memory, part(16));
    lower(&mut limits.inflated, usual.1.inflated, part(16));
    lower(&mut limits.xml_elements, usual.1.xml_elements, part(16) / ELEMENT);
    lower(&mut limits.write_queue_bytes, usual.1.write_queue_bytes, part(16));
    if config.cache == usual.0 {
        config.cache = usual.0.min(memory / 8);
    }
    before != (config.cache, config.limits.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_16_limits_are_looked_for_in_the_group_and_around_it() {
        let shown = |groups: &str| -> Vec<String> {
            let shown = |file: &PathBuf| file.display().to_string().replace('\\', "/");
            files(groups).iter().map(|file| shown(file).trim_end_matches('/').to_owned()).collect()
        };
        assert_eq!(
            shown("0::/system.slice/rollcall.service\n"),
            [
                "/sys/fs/cgroup/system.slice/rollcall.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(shown("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
        assert_eq!(
            shown("9:cpu:/a\n4:hugetlb,memory:/b\nnonsense\n"),
            ["/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        );
    }

    #[test]
    fn rel_16_bounds_fit_into_little_memory_unless_they_were_set() {
        const MIB: usize = 1 << 20;
        let mut config = Config::default();
        assert!(!fit(&mut config, 8 << 30), "a large machine has the usual bounds");
        assert_eq!(config.limits, Limits::default());
        config.limits.inflated = 48 * MIB;
        assert!(fit(&mut config, 128 << 20));
        let limits = &config.limits;
        assert_eq!((limits.message_memory, limits.inflated, config.cache), (16 * MIB, 48 * MIB, 16 << 20));
        assert_eq!(limits.fragment_memory, 8 * MIB);
        assert_eq!((limits.xml_elements, limits.write_queue_bytes), (8 * MIB / ELEMENT, 8 * MIB));
    }
}
