//! Who has a port on Linux: `/proc/net/tcp` says which socket listens, `/proc/PID/fd` whose it is.
//!
//! Source: proc(5).

use std::fs;
use std::path::Path;

/// The state `LISTEN` as the tables write it.
const LISTENS: &str = "0A";

/// The program that listens on the port.
pub fn owner(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let wanted: Vec<String> = tables
        .iter()
        .flat_map(|table| table.lines())
        .filter_map(|line| listening(line, port))
        .map(|socket| format!("socket:[{socket}]"))
        .collect();
    let numbers = fs::read_dir("/proc").ok()?.flatten().filter(|entry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    });
    numbers.into_iter().find_map(|process| {
        let path = process.path();
        // Other accounts' processes are closed to us.
        let files = fs::read_dir(path.join("fd")).ok()?;
        let has = files
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|to| wanted.iter().any(|socket| to == Path::new(socket))));
        let name = has.then(|| fs::read_to_string(path.join("comm")).ok())??;
        Some(format!("{} (process {})", name.trim(), process.file_name().to_string_lossy()))
    })
}

/// The number of the socket, when this line of a table is one that listens on the port.
fn listening(line: &str, port: u16) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (local, state, socket) = (words.get(1)?, words.get(3)?, words.get(9)?);
    let (_, number) = local.rsplit_once(':')?;
    (*state == LISTENS && u16::from_str_radix(number, 16) == Ok(port)).then_some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_12_a_line_of_the_table_tells_the_socket_that_listens() {
        let line = "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 48213 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listening(line, 8080), Some("48213"));
        assert_eq!(listening(line, 8081), None);
        assert_eq!(listening(&line.replace(" 0A ", " 01 "), 8080), None, "a connection that goes to the port");
        assert_eq!(listening("  sl  local_address rem_address   st tx_queue", 8080), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn rel_12_the_owner_of_a_busy_port_is_named() {
        let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = owner(busy.local_addr().unwrap().port()).unwrap();
        assert!(owner.contains(&format!("(process {})", std::process::id())), "{owner}");
    }
}
