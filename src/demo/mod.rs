//! An invented office: computers with departments, systems, software and a few problems to find.
//!
//! Values in, messages out: nothing is stored here, and nothing is special about what comes out. It is what agents
//! would send, and takes their road. People, vendors and models are invented. The same seed gives the same office;
//! a larger one begins with the computers of a smaller one.

mod dice;
mod machine;
mod software;
mod words;

use std::net::{IpAddr, Ipv4Addr};

use crate::clock::Timestamp;
use dice::Dice;
use words::{DEPARTMENTS, Department, SYSTEMS, System};

/// An office.
#[derive(Debug, Clone, Copy)]
pub struct Office {
    seed: u64,
    now: Timestamp,
}

/// What one computer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: IpAddr,
    /// As which agent: the header User-Agent.
    pub agent: &'static str,
    /// The inventory as XML.
    pub xml: String,
}

/// What is decided about a computer before anything else.
struct Machine {
    number: u64,
    name: String,
    department: &'static Department,
    system: &'static System,
    agent: &'static str,
    address: Ipv4Addr,
    gateway: Ipv4Addr,
    mac: String,
    at: Timestamp,
}

impl Office {
    /// The office of a seed, as it is now.
    pub fn new(seed: u64, now: Timestamp) -> Office {
        Office { seed, now }
    }

    /// So many computers, those that were silent for longest first.
    pub fn reports(self, computers: u64) -> impl Iterator<Item = Report> {
        let mut order: Vec<(i64, u64)> = (0..computers).map(|number| (self.silence(number), number)).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        order.into_iter().map(move |(_, number)| self.report(number))
    }

    /// How many seconds ago a computer called: most within a day, some are long gone.
    fn silence(self, number: u64) -> i64 {
        let mut dice = Dice::new(self.seed ^ 0x51, number);
        let (hour, day) = (3600, Timestamp::DAY as u64);
        let silence = match dice.below(100) {
            0..70 => dice.below(20 * hour),
            70..84 => day + dice.below(4 * day),
            84..92 => 5 * day + dice.below(20 * day),
            _ => 30 * day + dice.below(300 * day),
        };
        i64::try_from(silence).unwrap_or(0)
    }

    fn report(self, number: u64) -> Report {
        let mut dice = Dice::new(self.seed, number);
        let machine = self.machine(number, &mut dice);
        let xml = machine::inventory(&machine, &mut dice);
        Report { at: machine.at, address: IpAddr::V4(machine.address), agent: machine.agent, xml }
    }

    fn machine(self, number: u64, dice: &mut Dice) -> Machine {
        let department = dice.weighted(DEPARTMENTS, |department| department.weight);
        let fits = |system: &&&System| department.systems.contains(system.family);
        let fitting: Vec<&'static System> = SYSTEMS.iter().filter(fits).copied().collect();
        let system = dice.weighted(&fitting, |system| system.weight);
        let byte = |value: u64| u8::try_from(value % 256).unwrap_or(0);
        let (net, floor) = (department.net, byte(number / 200));
        let mac =
            format!("02:4C:{:02X}:{:02X}:{:02X}:{:02X}", net, byte(dice.below(256)), byte(number / 256), byte(number));
        Machine {
            number,
            name: format!("{}-{}-{:03}", department.short, system.kind, number + 1),
            department,
            system,
            agent: dice.newest(system.agents),
            address: Ipv4Addr::new(10, net, floor, byte(number % 200 + 20)),
            gateway: Ipv4Addr::new(10, net, floor, 1),
            mac,
            at: self.now.plus(-self.silence(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::protocol;

    const NOW: Timestamp = Timestamp(1_795_176_000);

    #[test]
    fn the_same_seed_gives_the_same_office_and_another_one_does_not() {
        let texts = |seed, n| Office::new(seed, NOW).reports(n).map(|report| report.xml).collect::<HashSet<_>>();
        assert_eq!(texts(1, 40), texts(1, 40));
        assert!(texts(1, 40).is_superset(&texts(1, 10)));
        assert!(texts(1, 40).is_disjoint(&texts(2, 40)));
    }

    #[test]
    fn reports_come_in_the_order_of_time_and_are_inventories() {
        let mut last = Timestamp(0);
        let mut devices = HashSet::new();
        for report in Office::new(7, NOW).reports(120) {
            assert!(report.at >= last && report.at <= NOW);
            last = report.at;
            let limits = crate::limits::Limits::default();
            let message = protocol::xml::read(&report.xml, &limits, &|| false).unwrap();
            assert!(devices.insert(message.device_id().unwrap().to_string()));
        }
        assert_eq!(devices.len(), 120);
    }
}
