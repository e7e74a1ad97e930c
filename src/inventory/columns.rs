//! What lists show and sort by: the columns of a computer, declared once.
//!
//! Their values are effective ones (a user that is no service account, a system named by whichever
//! section names it), worked out when an inventory arrives and kept beside the rows as sent. The position
//! of a column is its place in the hot record: append, never reorder, never remove.

/// How a column is compared and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text with few distinct values in an office (operating systems, models).
    Shared,
    /// Text that differs from computer to computer (names, serials).
    Own,
    /// A whole number.
    Number,
    /// Several texts, one a line.
    Several,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name in addresses and files, and the end of its text key: `column.name`.
    pub key: &'static str,
    /// How it is compared.
    pub kind: ColumnKind,
    /// Section and field that it repeats; the server's own columns have none.
    pub source: Option<(&'static str, &'static str)>,
}

/// Position of a column in [`COLUMNS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u8);

macro_rules! columns {
    ($($id:ident = $at:literal, $key:literal, $kind:ident, $source:expr;)*) => {
        /// Every column, in the order of storage.
        pub static COLUMNS: &[Column] = &[$(Column { key: $key, kind: ColumnKind::$kind, source: $source }),*];
        $(
            #[doc = concat!("The column `", $key, "`.")]
            pub const $id: ColumnId = ColumnId($at);
        )*
        #[cfg(test)]
        const POSITIONS: &[(ColumnId, &str)] = &[$(($id, $key)),*];
    };
}

columns! {
    NAME = 0, "name", Own, Some(("HARDWARE", "NAME"));
    WORKGROUP = 1, "workgroup", Shared, Some(("HARDWARE", "WORKGROUP"));
    USERDOMAIN = 2, "userdomain", Shared, Some(("HARDWARE", "USERDOMAIN"));
    OSNAME = 3, "osname", Shared, Some(("HARDWARE", "OSNAME"));
    OSVERSION = 4, "osversion", Shared, Some(("HARDWARE", "OSVERSION"));
    OSCOMMENTS = 5, "oscomments", Shared, Some(("HARDWARE", "OSCOMMENTS"));
    PROCESSORT = 6, "processort", Shared, Some(("HARDWARE", "PROCESSORT"));
    PROCESSORS = 7, "processors", Number, Some(("HARDWARE", "PROCESSORS"));
    PROCESSORN = 8, "processorn", Number, Some(("HARDWARE", "PROCESSORN"));
    MEMORY = 9, "memory", Number, Some(("HARDWARE", "MEMORY"));
    SWAP = 10, "swap", Number, Some(("HARDWARE", "SWAP"));
    IPADDR = 11, "ipaddr", Own, Some(("HARDWARE", "IPADDR"));
    IPSRC = 12, "ipsrc", Own, None;
    DNS = 13, "dns", Shared, Some(("HARDWARE", "DNS"));
    DEFAULTGATEWAY = 14, "defaultgateway", Shared, Some(("HARDWARE", "DEFAULTGATEWAY"));
    USERID = 15, "userid", Own, Some(("HARDWARE", "USERID"));
    DESCRIPTION = 16, "description", Own, Some(("HARDWARE", "DESCRIPTION"));
    WINCOMPANY = 17, "wincompany", Shared, Some(("HARDWARE", "WINCOMPANY"));
    WINOWNER = 18, "winowner", Shared, Some(("HARDWARE", "WINOWNER"));
    WINPRODID = 19, "winprodid", Own, Some(("HARDWARE", "WINPRODID"));
    WINPRODKEY = 20, "winprodkey", Own, Some(("HARDWARE", "WINPRODKEY"));
    UUID = 21, "uuid", Own, Some(("HARDWARE", "UUID"));
    ARCH = 22, "arch", Shared, Some(("HARDWARE", "ARCH"));
    SMANUFACTURER = 23, "smanufacturer", Shared, Some(("BIOS", "SMANUFACTURER"));
    SMODEL = 24, "smodel", Shared, Some(("BIOS", "SMODEL"));
    SSN = 25, "ssn", Own, Some(("BIOS", "SSN"));
    CHASSIS = 26, "chassis", Shared, Some(("BIOS", "TYPE"));
    ASSETTAG = 27, "assettag", Own, Some(("BIOS", "ASSETTAG"));
    MSN = 28, "msn", Own, Some(("BIOS", "MSN"));
    BMANUFACTURER = 29, "bmanufacturer", Shared, Some(("BIOS", "BMANUFACTURER"));
    BVERSION = 30, "bversion", Shared, Some(("BIOS", "BVERSION"));
    BDATE = 31, "bdate", Shared, Some(("BIOS", "BDATE"));
    MACADDR = 32, "macaddr", Several, Some(("NETWORKS", "MACADDR"));
    IPADDRESS = 33, "ipaddress", Several, Some(("NETWORKS", "IPADDRESS"));
    IPSUBNET = 34, "ipsubnet", Several, Some(("NETWORKS", "IPSUBNET"));
    VIDEO = 35, "video", Shared, Some(("VIDEOS", "NAME"));
    USERAGENT = 36, "useragent", Shared, None;
    IPMASK = 37, "ipmask", Several, Some(("NETWORKS", "IPMASK"));
    FREESPACE = 38, "freespace", Number, Some(("DRIVES", "FREE"));
    GUESTS = 39, "guests", Several, Some(("VIRTUALMACHINES", "UUID"));
}

/// The values of a computer's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<String>);

impl Default for Columns {
    fn default() -> Self {
        Columns(vec![String::new(); COLUMNS.len()])
    }
}

impl Columns {
    /// The value of a column; empty when there is none.
    pub fn get(&self, column: ColumnId) -> &str {
        self.0.get(usize::from(column.0)).map_or("", String::as_str)
    }

    /// Replaces a value.
    pub fn set(&mut self, column: ColumnId, value: impl Into<String>) {
        if let Some(place) = self.0.get_mut(usize::from(column.0)) {
            *place = value.into();
        }
    }

    /// Values in the order of [`COLUMNS`].
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Values as read from a record: older ones have fewer.
    pub fn of(mut values: Vec<String>) -> Columns {
        values.resize(COLUMNS.len(), String::new());
        Columns(values)
    }
}

/// The column with this key.
pub fn by_key(key: &str) -> Option<ColumnId> {
    COLUMNS.iter().position(|column| column.key == key).map(|at| ColumnId(at as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_point_at_their_columns() {
        for (at, (id, key)) in POSITIONS.iter().enumerate() {
            assert_eq!((usize::from(id.0), COLUMNS[at].key), (at, *key));
            assert_eq!(by_key(key), Some(*id));
        }
    }

    #[test]
    fn sources_are_declared_fields() {
        for column in COLUMNS {
            if let Some((section, field)) = column.source {
                let section = crate::inventory::sections::section(section).expect(section);
                assert!(section.field(field).is_some(), "{}", column.key);
            }
        }
    }
}
