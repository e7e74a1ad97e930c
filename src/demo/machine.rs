//! One computer of the invented office as its agent reports it.

use super::Machine;
use super::dice::Dice;
use super::software;
use super::words::{DISKS, Family, MACS, MEMORY, MODELS, PEOPLE, PROCESSORS, SERVERS};
use crate::clock::Timestamp;

/// An inventory while it is written.
pub(super) struct Writer(String);

impl Writer {
    /// A section with its fields; blank ones are left out.
    pub(super) fn section(&mut self, tag: &str, fields: &[(&str, &str)]) {
        self.0.push_str(&format!("    <{tag}>\n"));
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            self.0.push_str(&format!("      <{name}>{}</{name}>\n", escaped(value)));
        }
        self.0.push_str(&format!("    </{tag}>\n"));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A time as agents write it, between the two texts that part its numbers.
fn written(at: Timestamp, format: &str) -> String {
    jiff::Timestamp::from_second(at.0).unwrap_or_default().strftime(format).to_string()
}

/// The inventory of a computer.
pub(super) fn inventory(machine: &Machine, dice: &mut Dice) -> String {
    let mut out = Writer(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST>\n  <CONTENT>\n"));
    let born = Timestamp(machine.at.0 - 400 * Timestamp::DAY - dice.below(90_000_000) as i64);
    out.section("ACCESSLOG", &[("LOGDATE", &written(machine.at, "%Y-%m-%d %H:%M:%S")), ("USERID", "N/A")]);
    if !machine.department.tag.is_empty() {
        out.section("ACCOUNTINFO", &[("KEYNAME", "TAG"), ("KEYVALUE", machine.department.tag)]);
    }
    bios(&mut out, machine, dice, born);
    hardware(&mut out, machine, dice);
    disks(&mut out, machine, dice);
    let (address, gateway) = (machine.address.to_string(), machine.gateway.to_string());
    let subnet = gateway.trim_end_matches('1').to_owned() + "0";
    out.section(
        "NETWORKS",
        &[
            ("DESCRIPTION", if *machine.system.family == Family::Linux { "enp3s0" } else { "Gigabit Ethernet" }),
            ("TYPE", "Ethernet"),
            ("SPEED", "1 Gb/s"),
            ("MACADDR", &machine.mac),
            ("STATUS", "Up"),
            ("IPADDRESS", &address),
            ("IPMASK", "255.255.255.0"),
            ("IPGATEWAY", &gateway),
            ("IPSUBNET", &subnet),
        ],
    );
    devices(&mut out, machine, dice);
    software::rows(&mut out, machine, dice, born);
    let device = format!("{}-{}", machine.name, written(born, "%Y-%m-%d-%H-%M-%S"));
    out.0.push_str(&format!("  </CONTENT>\n  <DEVICEID>{device}</DEVICEID>\n  <QUERY>INVENTORY</QUERY>\n</REQUEST>\n"));
    out.0
}

fn is_server(machine: &Machine) -> bool {
    machine.department.short == "SRV"
}

fn bios(out: &mut Writer, machine: &Machine, dice: &mut Dice, born: Timestamp) {
    let models = match machine.system.family {
        Family::Mac => MACS,
        _ if is_server(machine) => SERVERS,
        _ => MODELS,
    };
    let (maker, model, chassis) = dice.one(models);
    let serial = match machine.number % 31 {
        // What some makers leave there.
        17 => "To be filled by O.E.M.".to_owned(),
        _ => format!("{}{:05X}", maker.get(..2).unwrap_or("XX").to_uppercase(), dice.below(0x10_0000)),
    };
    out.section(
        "BIOS",
        &[
            ("SMANUFACTURER", maker),
            ("SMODEL", model),
            ("SSN", &serial),
            ("TYPE", chassis),
            ("BMANUFACTURER", maker),
            ("BVERSION", &format!("{}.{:02}", 1 + dice.below(3), dice.below(30))),
            ("BDATE", &written(born, "%m/%d/%Y")),
            ("ASSETTAG", &format!("A-{:05}", 10_000 + machine.number)),
        ],
    );
}

fn hardware(out: &mut Writer, machine: &Machine, dice: &mut Dice) {
    let (system, windows) = (machine.system, matches!(machine.system.family, Family::Windows | Family::WindowsServer));
    let (processor, mhz, cores) = dice.one(PROCESSORS);
    let memory = dice.newest(MEMORY);
    let initial = char::from(b'a' + (dice.below(26) as u8));
    let user = format!("{}.{initial}", dice.one(PEOPLE));
    let user = if is_server(machine) { "" } else { user.as_str() };
    let uuid = format!(
        "4c4f434b-{:04x}-4{:03x}-8{:03x}-{:012x}",
        dice.below(1 << 16),
        dice.below(1 << 12),
        dice.below(1 << 12),
        dice.below(1 << 48)
    );
    let place = format!("{}, room {}", machine.department.tag, 100 + machine.number % 40);
    let place = if machine.department.tag.is_empty() { "" } else { place.as_str() };
    let (address, gateway) = (machine.address.to_string(), machine.gateway.to_string());
    let (memory_mb, mhz, cores_text) = (memory.to_string(), mhz.to_string(), cores.to_string());
    out.section(
        "HARDWARE",
        &[
            ("NAME", &machine.name),
            ("WORKGROUP", if windows { "OFFICE" } else { "office.example" }),
            ("USERDOMAIN", if windows { "OFFICE" } else { "" }),
            ("OSNAME", system.name),
            ("OSVERSION", system.version),
            ("OSCOMMENTS", system.comments),
            ("PROCESSORT", processor),
            ("PROCESSORS", &mhz),
            ("PROCESSORN", "1"),
            ("MEMORY", &memory_mb),
            ("SWAP", &(memory / 4).to_string()),
            ("IPADDR", &address),
            ("DEFAULTGATEWAY", &gateway),
            ("DNS", "10.26.0.2"),
            ("USERID", user),
            ("DESCRIPTION", place),
            ("UUID", &uuid),
            ("ARCH", "x86_64"),
            ("CHECKSUM", "262143"),
        ],
    );
    out.section("CPUS", &[("TYPE", processor), ("SPEED", &mhz), ("CORES", &cores_text), ("CPUARCH", "x86_64")]);
    let half = (memory / 2).to_string();
    for slot in ["DIMM 1", "DIMM 2"] {
        out.section("MEMORIES", &[("CAPTION", slot), ("CAPACITY", &half), ("TYPE", "DDR4"), ("SPEED", "3200")]);
    }
}

fn disks(out: &mut Writer, machine: &Machine, dice: &mut Dice) {
    let size = dice.newest(DISKS);
    // A few are nearly full.
    let free = if machine.number % 13 == 4 { size / 50 } else { size / 100 * (15 + dice.below(65)) };
    let (size, free) = (size.to_string(), free.to_string());
    let serial = format!("S{:08X}", dice.below(1 << 32));
    let disk =
        [("NAME", "disk0"), ("MODEL", "Basalt SSD"), ("TYPE", "SSD"), ("DISKSIZE", &*size), ("SERIALNUMBER", &*serial)];
    out.section("STORAGES", &disk);
    let drive = match machine.system.family {
        Family::Windows | Family::WindowsServer => {
            [("LETTER", "C:/"), ("TYPE", "Hard Drive"), ("VOLUMN", "System"), ("FILESYSTEM", "NTFS")]
        }
        Family::Linux => [("LETTER", ""), ("TYPE", "/"), ("VOLUMN", "/dev/nvme0n1p2"), ("FILESYSTEM", "ext4")],
        Family::Mac => [("LETTER", ""), ("TYPE", "/"), ("VOLUMN", "/dev/disk3s1"), ("FILESYSTEM", "apfs")],
    };
    let room = [("TOTAL", &*size), ("FREE", &*free)];
    out.section("DRIVES", &[drive.as_slice(), room.as_slice()].concat());
}

fn devices(out: &mut Writer, machine: &Machine, dice: &mut Dice) {
    if is_server(machine) {
        return;
    }
    out.section("VIDEOS", &[("NAME", "Tarn Graphics 630"), ("CHIPSET", "Tarn"), ("MEMORY", "1024")]);
    for _ in 0..1 + dice.below(2) {
        let serial = format!("M{:07X}", dice.below(1 << 28));
        out.section("MONITORS", &[("MANUFACTURER", "Lumen"), ("CAPTION", "Lumen 24"), ("SERIAL", &serial)]);
    }
    let printer = format!("PR-{}-{}", machine.department.short, 1 + machine.number % 2);
    out.section(
        "PRINTERS",
        &[
            ("NAME", &printer),
            ("DRIVER", "Inkwell Universal"),
            ("PORT", &format!("IP_10.{}.0.9", machine.department.net)),
        ],
    );
    if dice.chance(8) {
        out.section("PRINTERS", &[("NAME", "Inkwell Desk 12"), ("DRIVER", "Inkwell Desk 12"), ("PORT", "USB001")]);
    }
}
