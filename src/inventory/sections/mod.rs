//! Every section of an inventory and every field, declared once.
//!
//! Read by the XML reader and writer, the store, the computer's page, search, exports and the SQL dump.
//! Sections and fields that are not declared are not lost: they are stored by name.
//!
//! [`SectionId`] and the position of a field in [`Section::fields`] are the storage format: append,
//! never reorder, never remove, never use again. The order of [`SECTIONS`] is the order on the
//! computer's page and may change.
//!
//! Source: map of server 2.12.5 and schema 7069; what agents send that the map does not know.

mod known;
mod unknown;

use std::fmt;
use std::sync::OnceLock;

/// Number of a section in storage keys. Given once, never used again; 0 is no section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub u8);

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// In which record of a computer a section is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Changes at each contact: written by every inventory.
    Hot,
    /// Seldom changes: written when one of these sections changed.
    Cold,
    /// Rows that many computers have in common: kept in the catalogue of software.
    Software,
}

/// Under which heading of the computer's page a section stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// The computer itself.
    Machine,
    /// Interfaces and access from outside.
    Network,
    /// What is plugged in.
    Devices,
    /// What is installed.
    Software,
    /// Who works with it.
    Users,
    /// The rest.
    Other,
}

impl Group {
    /// Key of the heading's text: `group.machine`.
    pub fn title(self) -> &'static str {
        match self {
            Group::Machine => "group.machine",
            Group::Network => "group.network",
            Group::Devices => "group.devices",
            Group::Software => "group.software",
            Group::Users => "group.users",
            Group::Other => "group.other",
        }
    }
}

/// Unit of a field's number. The stored text carries no unit, unless an agent wrote one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 2^20 bytes, the field's "MB".
    Mebibytes,
    /// Millions of cycles a second.
    Megahertz,
    /// Width in bits.
    Bits,
    /// Hundredths.
    Percent,
}

/// Whole numbers by the size of the column in the original's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whole {
    /// `tinyint`: -128 to 127.
    Tiny,
    /// `smallint`: -32,768 to 32,767.
    Small,
    /// `int`: -2,147,483,648 to 2,147,483,647.
    Normal,
    /// `bigint`.
    Big,
    /// `bigint unsigned`.
    BigUnsigned,
}

/// What a field holds. Stored is the text as it was sent; the kind is for sorting, comparing and export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text of at most `width` characters in the original's column.
    Text {
        /// Characters, not bytes.
        width: u16,
    },
    /// A whole number.
    Int(Whole),
    /// A number with `places` digits after the point and `digits` in all.
    Decimal {
        /// Digits before and after the point.
        digits: u8,
        /// Digits after the point.
        places: u8,
    },
    /// A day.
    Date,
    /// A day and a time of day, local to who sent it.
    DateTime,
    /// Text without a width that matters.
    LongText,
}

/// What the original's column holds when an agent does not send the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Absent {
    /// NULL.
    Null,
    /// The empty text, which is 0000-00-00 for a date.
    Blank,
    /// The number 0.
    Zero,
    /// This text.
    Text(&'static str),
}

/// One field of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Element name as agents spell it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What the original stores when it is not sent.
    pub absent: Absent,
    /// Unit of a number.
    pub unit: Option<Unit>,
    /// A column of the computer's page unless the reader chose otherwise.
    pub shown: bool,
    /// Offered by the search with various criteria.
    pub searchable: bool,
    /// A column of the original's table in the dumped schema (7069).
    pub sql: bool,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, absent: Absent) -> Field {
        Field { name, kind, absent, unit: None, shown: true, searchable: true, sql: true }
    }

    /// `varchar(width)`; `''` when absent.
    const fn text(name: &'static str, width: u16) -> Field {
        Field::new(name, Kind::Text { width }, Absent::Blank)
    }

    /// `text` or `longtext`; `''` when absent.
    const fn long_text(name: &'static str) -> Field {
        Field::new(name, Kind::LongText, Absent::Blank)
    }

    /// `int`; 0 when absent.
    const fn int(name: &'static str) -> Field {
        Field::new(name, Kind::Int(Whole::Normal), Absent::Zero)
    }

    /// `smallint`; 0 when absent.
    const fn smallint(name: &'static str) -> Field {
        Field::new(name, Kind::Int(Whole::Small), Absent::Zero)
    }

    /// `tinyint`; 0 when absent.
    const fn tinyint(name: &'static str) -> Field {
        Field::new(name, Kind::Int(Whole::Tiny), Absent::Zero)
    }

    /// `bigint unsigned`; 0 when absent.
    const fn big_unsigned(name: &'static str) -> Field {
        Field::new(name, Kind::Int(Whole::BigUnsigned), Absent::Zero)
    }

    /// `date`; 0000-00-00 when absent.
    const fn date(name: &'static str) -> Field {
        Field::new(name, Kind::Date, Absent::Blank)
    }

    /// `datetime`; 0000-00-00 00:00:00 when absent.
    const fn date_time(name: &'static str) -> Field {
        Field::new(name, Kind::DateTime, Absent::Blank)
    }

    /// Sent by agents and unknown to the original: text without a column.
    const fn sent(name: &'static str) -> Field {
        Field::new(name, Kind::LongText, Absent::Null).not_in_sql()
    }

    /// Sorted and compared as a whole number.
    const fn number(mut self) -> Field {
        self.kind = Kind::Int(Whole::Big);
        self
    }

    /// Sorted and compared as a time.
    const fn moment(mut self) -> Field {
        self.kind = Kind::DateTime;
        self
    }

    /// What stands there when the field is not sent.
    const fn or(mut self, text: &'static str) -> Field {
        self.absent = Absent::Text(text);
        self
    }

    /// NULL when the field is not sent.
    const fn or_null(mut self) -> Field {
        self.absent = Absent::Null;
        self
    }

    const fn unit(mut self, unit: Unit) -> Field {
        self.unit = Some(unit);
        self
    }

    const fn hidden(mut self) -> Field {
        self.shown = false;
        self
    }

    const fn not_searched(mut self) -> Field {
        self.searchable = false;
        self
    }

    const fn not_in_sql(mut self) -> Field {
        self.sql = false;
        self
    }
}

/// One section of an inventory.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Number in storage keys.
    pub id: SectionId,
    /// Element name as agents spell it.
    pub tag: &'static str,
    /// Table of the original; `None` where the original ignores the section.
    pub table: Option<&'static str>,
    /// Bit in CHECKSUM that agents raise when the section changed; 0 for sections without one.
    pub checksum: u32,
    /// Whether a computer may have several rows.
    pub many: bool,
    /// Field that rows are sorted by where nobody asked for another order; empty for none.
    pub sort: &'static str,
    /// Record that holds it.
    pub place: Place,
    /// Heading of the page.
    pub group: Group,
    /// Fields; the position is the number in storage.
    pub fields: &'static [Field],
}

impl Section {
    /// Key of the title's text: `section.memories`.
    pub fn title(&self) -> String {
        format!("section.{}", self.tag.to_ascii_lowercase())
    }

    /// Key of a field's title: `field.memories.caption`.
    pub fn field_title(&self, field: &Field) -> String {
        format!("field.{}.{}", self.tag.to_ascii_lowercase(), field.name.to_ascii_lowercase())
    }

    /// Position of a field; names are compared as agents spell them, in capitals.
    pub fn field(&self, name: &str) -> Option<u16> {
        let names = index().fields.get(usize::from(self.id.0))?;
        names.find(name, |at| self.fields.get(usize::from(at)).is_some_and(|field| field.name == name))
    }

    /// As [`Section::field`], quicker when the field declared right after `previous` is the one.
    pub fn field_after(&self, previous: u16, name: &str) -> Option<u16> {
        let next = previous.saturating_add(1);
        match self.fields.get(usize::from(next)) {
            Some(field) if field.name == name => Some(next),
            _ => self.field(name),
        }
    }
}

/// The section with this element name, in capitals as agents spell it.
pub fn section(tag: &str) -> Option<&'static Section> {
    let is = |at: u16| SECTIONS.get(usize::from(at)).is_some_and(|section| section.tag == tag);
    index().tags.find(tag, is).and_then(|at| SECTIONS.get(usize::from(at)))
}

/// The section with this storage number.
pub fn by_id(id: SectionId) -> Option<&'static Section> {
    let at = *index().ids.get(usize::from(id.0))?;
    SECTIONS.get(usize::from(at))
}

/// All sections in the order of the computer's page.
pub static SECTIONS: &[Section] = &[
    known::HARDWARE,
    known::BIOS,
    known::CPUS,
    known::MEMORIES,
    known::STORAGES,
    known::DRIVES,
    known::VIDEOS,
    known::SOUNDS,
    known::CONTROLLERS,
    known::SLOTS,
    known::PORTS,
    known::MODEMS,
    known::BATTERIES,
    known::NETWORKS,
    known::MONITORS,
    known::PRINTERS,
    known::INPUTS,
    known::USBDEVICES,
    known::SIM,
    known::SOFTWARES,
    known::REGISTRY,
    known::VIRTUALMACHINES,
    known::REPOSITORY,
    known::LOCAL_USERS,
    known::LOCAL_GROUPS,
    known::JAVAINFO,
    known::JOURNALLOG,
    unknown::ACCESSLOG,
    unknown::OPERATINGSYSTEM,
    unknown::POWERSUPPLIES,
    unknown::PHYSICAL_VOLUMES,
    unknown::VOLUME_GROUPS,
    unknown::LOGICAL_VOLUMES,
    unknown::CAMERAS,
    unknown::FIREWALL,
    unknown::REMOTE_MGMT,
    unknown::ANTIVIRUS,
    unknown::LICENSEINFOS,
    unknown::DATABASES_SERVICES,
    unknown::SAAS,
    unknown::JAVAINFOS,
    unknown::USERS,
    unknown::TIMEZONE,
    unknown::ENVS,
    unknown::PROCESSES,
    unknown::RUNNING_PROCESSES,
    unknown::RUDDER,
    unknown::VERSIONPROVIDER,
    unknown::VERSIONCLIENT,
];

/// Look-ups of [`SECTIONS`], made at the first one.
struct Index {
    tags: Names,
    /// By storage number.
    fields: Vec<Names>,
    /// Position in `SECTIONS` by storage number; `Names::FREE` for none.
    ids: Vec<u16>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut fields = Vec::new();
        fields.resize_with(1 << 8, || Names(Vec::new()));
        let mut ids = vec![Names::FREE; 1 << 8];
        for (at, section) in SECTIONS.iter().enumerate() {
            let id = usize::from(section.id.0);
            fields[id] = Names::new(section.fields.iter().map(|field| field.name));
            ids[id] = at as u16;
        }
        Index { tags: Names::new(SECTIONS.iter().map(|section| section.tag)), fields, ids }
    })
}

/// Positions of names, found by a hash of the name. At least half of the places are free, so that a
/// search, also for a name that is not there, ends after a step or two.
struct Names(Vec<u16>);

impl Names {
    const FREE: u16 = u16::MAX;

    fn new(names: impl ExactSizeIterator<Item = &'static str>) -> Names {
        let mut places = vec![Names::FREE; (names.len() * 2).next_power_of_two().max(2)];
        let mask = places.len() - 1;
        for (position, name) in names.enumerate() {
            let mut at = Names::hash(name) & mask;
            while places[at] != Names::FREE {
                at = (at + 1) & mask;
            }
            places[at] = position as u16;
        }
        Names(places)
    }

    /// The position under which `name` was put in, among those that `is` confirms.
    fn find(&self, name: &str, is: impl Fn(u16) -> bool) -> Option<u16> {
        let mask = self.0.len().checked_sub(1)?;
        let mut at = Names::hash(name) & mask;
        loop {
            match self.0[at] {
                Names::FREE => return None,
                position if is(position) => return Some(position),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// FNV-1a over at most 32 bytes: names of agents are shorter, and a longer one is found nowhere.
    fn hash(name: &str) -> usize {
        let hash = name
            .bytes()
            .take(32)
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        (hash ^ (hash >> 32)) as usize
    }
}

#[cfg(test)]
mod tests;
