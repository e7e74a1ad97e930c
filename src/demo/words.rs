//! What the invented office is made of. Vendors, models and people are invented.

/// A department: its computers carry its name as TAG.
#[derive(Debug)]
pub struct Department {
    /// The TAG.
    pub tag: &'static str,
    /// How its computers' names begin.
    pub short: &'static str,
    /// Second number of its addresses.
    pub net: u8,
    /// How many computers it has, against the others.
    pub weight: u64,
    /// Families of systems that it uses.
    pub systems: &'static [Family],
}

/// A family of systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Desktops and notebooks with Windows.
    Windows,
    /// Servers with Windows.
    WindowsServer,
    /// Linux.
    Linux,
    /// macOS.
    Mac,
}

/// A system in one version.
#[derive(Debug)]
pub struct System {
    /// Its family.
    pub family: &'static Family,
    /// Its name as agents send it.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its service pack or kernel.
    pub comments: &'static str,
    /// The middle of the computers' names.
    pub kind: &'static str,
    /// How frequent it is.
    pub weight: u64,
    /// Its agents, the newest first.
    pub agents: &'static [&'static str],
}

use Family::{Linux, Mac, Windows, WindowsServer};

/// The departments.
pub const DEPARTMENTS: &[&Department] = &[
    &Department { tag: "Sales", short: "SAL", net: 20, weight: 26, systems: &[Windows, Mac] },
    &Department { tag: "Accounting", short: "ACC", net: 21, weight: 16, systems: &[Windows] },
    &Department { tag: "Production", short: "PRO", net: 22, weight: 24, systems: &[Windows] },
    &Department { tag: "Warehouse", short: "WHS", net: 23, weight: 10, systems: &[Windows] },
    &Department { tag: "Design", short: "DES", net: 24, weight: 8, systems: &[Mac] },
    &Department { tag: "Development", short: "DEV", net: 25, weight: 10, systems: &[Linux, Mac, Windows] },
    &Department { tag: "Servers", short: "SRV", net: 26, weight: 6, systems: &[Linux, WindowsServer] },
    &Department { tag: "", short: "NEW", net: 27, weight: 3, systems: &[Windows, Linux] },
];

impl Default for &Department {
    fn default() -> Self {
        &Department { tag: "", short: "NEW", net: 27, weight: 1, systems: &[Windows] }
    }
}

const WINDOWS_AGENTS: &[&str] =
    &["OCS-NG_WINDOWS_AGENT_v2.11.0.1", "OCS-NG_WINDOWS_AGENT_v2.10.1.0", "OCS-NG_WINDOWS_AGENT_v2.9.2.0"];
const UNIX_AGENTS: &[&str] =
    &["OCS-NG_unified_unix_agent_v2.10.2", "OCS-NG_unified_unix_agent_v2.10.0", "OCS-NG_unified_unix_agent_v2.8.1"];

const fn windows(name: &'static str, version: &'static str, comments: &'static str, weight: u64) -> System {
    System { family: &Windows, name, version, comments, kind: "PC", weight, agents: WINDOWS_AGENTS }
}

const fn unix(family: &'static Family, name: &'static str, version: &'static str, kind: &'static str) -> System {
    System { family, name, version, comments: "", kind, weight: 10, agents: UNIX_AGENTS }
}

/// The systems.
pub const SYSTEMS: &[&System] = &[
    &windows("Microsoft Windows 11 Pro", "10.0.26100", "24H2", 50),
    &windows("Microsoft Windows 11 Pro", "10.0.22631", "23H2", 22),
    &windows("Microsoft Windows 10 Pro", "10.0.19045", "22H2", 20),
    &windows("Microsoft Windows 10 Enterprise LTSC", "10.0.17763", "1809", 3),
    &windows("Microsoft Windows 7 Professional", "6.1.7601", "Service Pack 1", 2),
    &System {
        kind: "WIN",
        family: &WindowsServer,
        ..windows("Microsoft Windows Server 2022 Standard", "10.0.20348", "21H2", 10)
    },
    &System {
        kind: "WIN",
        family: &WindowsServer,
        ..windows("Microsoft Windows Server 2019 Standard", "10.0.17763", "1809", 6)
    },
    &unix(&Linux, "Ubuntu 24.04.2 LTS", "6.8.0-57-generic", "LX"),
    &unix(&Linux, "Ubuntu 22.04.5 LTS", "5.15.0-136-generic", "LX"),
    &unix(&Linux, "Debian GNU/Linux 12 (bookworm)", "6.1.0-32-amd64", "LX"),
    &unix(&Mac, "macOS Sequoia", "15.4", "MAC"),
    &unix(&Mac, "macOS Sonoma", "14.7.5", "MAC"),
];

impl Default for &System {
    fn default() -> Self {
        const USUAL: &System = &windows("Microsoft Windows 11 Pro", "10.0.26100", "24H2", 1);
        USUAL
    }
}

/// Vendor, model and chassis of computers on and under desks.
pub const MODELS: &[(&str, &str, &str)] = &[
    ("Halden", "Halden Desk 400", "Desktop"),
    ("Halden", "Halden Desk 400 Mini", "Mini Tower"),
    ("Halden", "Halden Fold 14", "Notebook"),
    ("Brightwell", "Brightwell B55", "Desktop"),
    ("Brightwell", "Brightwell Slate 13", "Notebook"),
    ("Corvus Computer", "Corvus C7", "Mini Tower"),
    ("Corvus Computer", "Corvus Wing 15", "Laptop"),
    ("Ostara Systems", "Ostara AiO 24", "All in One"),
    ("White Box", "Custom", ""),
];
/// The same of servers.
pub const SERVERS: &[(&str, &str, &str)] =
    &[("Halden", "Halden Rack R2", "Rack Mount Chassis"), ("Brightwell", "Brightwell Tower S1", "Tower")];
/// The same of those with macOS.
pub const MACS: &[(&str, &str, &str)] = &[
    ("Orchard", "Orchard Book 13", "Notebook"),
    ("Orchard", "Orchard Book 16", "Notebook"),
    ("Orchard", "Orchard Cube", "Desktop"),
];

/// First names.
pub const PEOPLE: &[&str] = &[
    "lena", "tom", "marie", "yusuf", "ana", "pavel", "chloe", "nils", "ines", "omar", "greta", "hugo", "mila", "jonas",
    "sara", "leo", "nora", "emil", "zoe", "ravi", "ida", "luca", "elif", "noah", "maud", "theo", "lina", "oscar",
];
/// Processors with their MHz and cores.
pub const PROCESSORS: &[(&str, u64, u64)] = &[
    ("Tarn T5-1240 3.30GHz", 3300, 6),
    ("Tarn T7-1370 2.10GHz", 2100, 16),
    ("Kestrel K5 5600 3.50GHz", 3500, 6),
    ("Tarn T3-8100 3.60GHz", 3600, 4),
];
/// Memory in MB, the usual size first.
pub const MEMORY: &[u64] = &[16_384, 8192, 32_768, 65_536, 4096];
/// Sizes of disks in MB.
pub const DISKS: &[u64] = &[488_386, 244_198, 976_762, 122_104];
