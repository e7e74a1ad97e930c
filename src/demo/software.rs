//! The software of the invented office: programs in the versions that an office has at the same time.

use super::Machine;
use super::dice::Dice;
use super::machine::Writer;
use super::words::Family;
use crate::clock::Timestamp;

/// Name, publisher, versions with the newest first, and on how many of a hundred computers.
type Program = (&'static str, &'static str, &'static [&'static str], u64);

const DESKTOP: &[Program] = &[
    ("Papyrus Office", "Papyrus Foundation", &["24.8.5", "24.2.7", "7.6.7", "7.3.2"], 86),
    ("Firefly Browser", "Firefly Project", &["136.0", "135.0.1", "128.8.0", "115.21.0"], 91),
    ("Harbour Mail", "Harbour Software", &["16.2", "16.1", "15.4"], 78),
    ("Pack & Go", "Quill Tools", &["23.01", "22.01", "19.00", "9.20"], 72),
    ("Paperview Reader", "Paperview Inc.", &["2025.1", "2024.4", "2023.8", "11.0.23"], 80),
    ("Meetwell", "Meetwell AG", &["6.4.1", "6.3.0", "5.17.11"], 64),
    ("Sentinel Endpoint", "Ironleaf Security", &["8.1.0", "8.0.4", "7.9.2"], 95),
    ("Remote Bridge", "Bridgeworks", &["15.62", "15.58", "14.2"], 40),
    ("Ledger Pro", "Abacus Systems", &["2025", "2024", "2021"], 14),
    ("Stockroom Client", "Abacus Systems", &["5.2", "5.1", "4.7"], 16),
    ("Pixelmason", "Pixelmason", &["3.1", "2.10.38", "2.8.22"], 12),
    ("Cadence Draw", "Northline", &["2025.0", "2023.2"], 9),
    ("Notebloom", "Notebloom", &["8.7.1", "8.6.9", "7.9"], 34),
    ("Song Player", "Tune Labs", &["3.0.21", "3.0.18", "2.2.8"], 28),
    ("Java Runtime 8", "Runtime Group", &["8.0.441", "8.0.361", "8.0.202"], 22),
    ("VPN Client", "Bridgeworks", &["5.1.8", "5.0.2", "4.10.7"], 57),
    ("Print Manager", "Inkwell", &["4.12", "4.11", "3.9"], 66),
    ("Backup Agent", "Ironleaf Security", &["12.3", "12.1", "11.0"], 48),
    ("Code Bench", "Openbench", &["1.98.2", "1.97.0", "1.85.1"], 13),
    ("Git for Desktops", "Openbench", &["2.49.0", "2.47.1", "2.39.2"], 11),
    ("Weather Bar", "Free Things", &["1.2"], 4),
    ("Coupon Finder", "Free Things", &["3.3", "3.1"], 3),
    ("Old Ledger", "Abacus Systems", &["6.0 (2009)"], 3),
];

const SERVER: &[Program] = &[
    ("Stockroom Server", "Abacus Systems", &["5.2", "5.1"], 30),
    ("Backup Server", "Ironleaf Security", &["12.3", "12.1"], 55),
    ("Sentinel Endpoint", "Ironleaf Security", &["8.1.0", "8.0.4"], 92),
    ("Web Gateway", "Bridgeworks", &["2.4.62", "2.4.57"], 40),
];

/// Packages of Linux.
const PACKAGES: &[&str] = &[
    "adduser",
    "apt",
    "base-files",
    "bash",
    "bsdutils",
    "ca-certificates",
    "coreutils",
    "cron",
    "curl",
    "dash",
    "dbus",
    "debianutils",
    "diffutils",
    "dpkg",
    "e2fsprogs",
    "findutils",
    "fdisk",
    "gawk",
    "git",
    "gpgv",
    "grep",
    "gzip",
    "hostname",
    "iproute2",
    "kmod",
    "less",
    "libc6",
    "libcurl4",
    "libssl3",
    "libxml2",
    "login",
    "logrotate",
    "lsof",
    "mount",
    "nano",
    "ncurses-base",
    "openssh-client",
    "openssl",
    "passwd",
    "perl-base",
    "procps",
    "python3",
    "rsync",
    "rsyslog",
    "sed",
    "sudo",
    "systemd",
    "tar",
    "tzdata",
    "udev",
    "unzip",
    "util-linux",
    "vim-tiny",
    "wget",
    "xz-utils",
    "zlib1g",
];

/// The rows of a computer.
pub(super) fn rows(out: &mut Writer, machine: &Machine, dice: &mut Dice, born: Timestamp) {
    let server = machine.department.short == "SRV";
    for (name, publisher, versions, percent) in if server { SERVER } else { DESKTOP } {
        if dice.chance(*percent) {
            let version = dice.newest(versions);
            row(out, machine, dice, (name, publisher, version), born);
        }
    }
    match machine.system.family {
        Family::Linux => {
            for name in PACKAGES {
                // The same release has the same packages, a few of them not updated yet.
                let weight = name.bytes().map(u64::from).sum::<u64>();
                let late = u64::from(dice.chance(15));
                let version = format!("{}.{}-{}", 1 + weight % 9, weight % 23, 4 - late);
                row(out, machine, dice, (name, "Distribution", &version), born);
            }
        }
        Family::Windows | Family::WindowsServer => {
            for name in
                ["Runtime Libraries 2015 x64", "Runtime Libraries 2015 x86", "System Health Tools", "Device Drivers"]
            {
                row(out, machine, dice, (name, "System", "14.42"), born);
            }
        }
        Family::Mac => {
            for name in ["Calendar", "Contacts", "Maps", "Photos", "Terminal"] {
                row(out, machine, dice, (name, "Orchard", machine.system.version), born);
            }
        }
    }
}

fn row(
    out: &mut Writer,
    machine: &Machine,
    dice: &mut Dice,
    (name, publisher, version): (&str, &str, &str),
    born: Timestamp,
) {
    let days = dice.below(machine.at.since(born).unsigned_abs() / Timestamp::DAY as u64);
    let at = jiff::Timestamp::from_second(born.plus(days as i64 * Timestamp::DAY).0).unwrap_or_default();
    let date = at.strftime("%Y/%m/%d").to_string();
    out.section(
        "SOFTWARES",
        &[("PUBLISHER", publisher), ("NAME", name), ("VERSION", version), ("INSTALLDATE", &date), ("FROM", "registry")],
    );
}
