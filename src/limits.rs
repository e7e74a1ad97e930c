//! Every bound of the program, in one place.
//!
//! The figures are defaults; `Limits` is a part of the settings (`config`), and the functions that
//! enforce a bound are handed the value. Source: the requirements page "Limits" in SECURITY.md.

use std::time::Duration;

/// Bytes in one mebibyte.
pub const MIB: usize = 1 << 20;

/// The bounds on what comes from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest body of an agent's request as it was sent.
    pub packed: usize,
    /// Largest body of an agent's request after inflating.
    pub inflated: usize,
    /// Beyond [`Limits::RATIO_FROM`] bytes, an inflated body may be at most this many times its packed size.
    pub ratio: usize,
    /// Deepest nesting of elements.
    pub xml_depth: usize,
    /// Elements in one message.
    pub xml_elements: usize,
    /// Attributes of one element.
    pub xml_attributes: usize,
    /// Bytes in the name of an element or attribute.
    pub xml_name: usize,
    /// Bytes kept of one value; longer ones are cut and marked.
    pub text: usize,
    /// Longest time to parse one message.
    pub parse_time: Duration,
    /// Messages waiting for a place on the parsing pool.
    pub parse_waiting: usize,
    /// Memory for messages that are being worked on.
    pub message_memory: usize,
    /// Memory for parts of fragments that many agents fetch.
    pub fragment_memory: usize,
    /// Time for the head of a request, and for a TLS handshake.
    pub head_time: Duration,
    /// Time for a body: `body_time`, plus its size at one KiB a second, at most `body_time_most`.
    pub body_time: Duration,
    /// See `body_time`.
    pub body_time_most: Duration,
    /// Open connections from one address.
    pub connections_per_address: usize,
    /// Open connections in all.
    pub connections: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// New devices from one address within an hour.
    pub new_devices_per_hour: u32,
    /// New devices that wait for an administrator.
    pub held_devices: usize,
    /// Computers in all.
    pub devices: u32,
    /// Largest form sent by a browser.
    pub form: usize,
    /// Fields in one form: a page of a list may have 1,000 boxes.
    pub form_fields: usize,
    /// Log-in attempts from one address at once; afterwards one every `login_every`.
    pub login_burst: u32,
    /// See `login_burst`.
    pub login_every: Duration,
    /// Password hashes worked out at the same time.
    pub hashing: usize,
    /// Log-ins that wait for a place to hash.
    pub hashing_waiting: usize,
    /// A console session ends when it was not used for so long.
    pub session_idle: Duration,
    /// A console session ends after so long in any case.
    pub session_whole: Duration,
    /// Bytes of one imported file, be it an archive.
    pub import_file: u64,
    /// Files of one form.
    pub upload_files: usize,
    /// Bytes of all files of one form.
    pub upload_whole: u64,
    /// Bytes of the file and of the text of a form that brings a table.
    pub upload_table: usize,
    /// Bytes of an agent's own file.
    pub agent_file: u64,
    /// Bytes of the file of a package.
    pub package_file: u64,
    /// Files of one package, when they are not in an archive.
    pub package_files: usize,
    /// Bytes a second below which files come too slowly.
    pub upload_rate: u64,
    /// Longest time for the files of one form.
    pub upload_time_most: Duration,
    /// Entries in one imported archive.
    pub archive_entries: usize,
    /// Bytes of one unpacked entry of an imported archive.
    pub archive_entry: u64,
    /// Bytes of all unpacked entries of an imported archive.
    pub archive_whole: u64,
    /// Jobs that wait for the writer.
    pub write_queue: usize,
    /// Bytes that wait for the writer.
    pub write_queue_bytes: usize,
    /// Free space below which inventories are no longer accepted, in bytes.
    pub free_space: u64,
}

impl Limits {
    /// The ratio between packed and inflated size is not looked at below this size.
    pub const RATIO_FROM: usize = MIB;

    /// Bytes of the disk that stay free, whatever is sent, beside a database of so many bytes: the setting, or a tenth
    /// of the database, whichever is more. Source: REL-8.
    pub fn stays_free(&self, database: u64) -> u64 {
        self.free_space.max(database / 10)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            packed: 8 * MIB,
            inflated: 64 * MIB,
            ratio: 200,
            xml_depth: 32,
            xml_elements: 1_000_000,
            xml_attributes: 64,
            xml_name: 256,
            text: 64 << 10,
            parse_time: Duration::from_secs(5),
            parse_waiting: 64,
            message_memory: 256 * MIB,
            fragment_memory: 64 * MIB,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            body_time_most: Duration::from_secs(120),
            connections_per_address: 32,
            connections: 1024,
            keep_alive: Duration::from_secs(15),
            new_devices_per_hour: 1000,
            held_devices: 1000,
            devices: 200_000,
            form: 256 << 10,
            form_fields: 1050,
            login_burst: 10,
            login_every: Duration::from_secs(6),
            hashing: 2,
            hashing_waiting: 16,
            session_idle: Duration::from_secs(8 * 3600),
            session_whole: Duration::from_secs(12 * 3600),
            import_file: 50 * MIB as u64,
            upload_files: 500,
            upload_whole: 1 << 30,
            upload_table: MIB,
            agent_file: 256 * MIB as u64,
            package_file: 4 << 30,
            package_files: 50,
            upload_rate: 16 << 10,
            upload_time_most: Duration::from_secs(3600),
            archive_entries: 50_000,
            archive_entry: 64 * MIB as u64,
            archive_whole: 4 << 30,
            write_queue: 4096,
            write_queue_bytes: 64 * MIB,
            free_space: 256 * MIB as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_8_a_tenth_of_the_database_or_the_setting_stays_free() {
        const GIB: u64 = 1 << 30;
        let wanted = |free_space, database| Limits { free_space, ..Limits::default() }.stays_free(database);
        assert_eq!(wanted(GIB / 4, 0), GIB / 4);
        assert_eq!(wanted(GIB / 4, GIB), GIB / 4);
        assert_eq!(wanted(GIB / 4, 10 * GIB), GIB);
        assert_eq!(wanted(0, 0), 0);
    }
}
