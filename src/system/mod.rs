//! What the system tells or does beyond Rust's own library: who has a port, which drives there are, the window we run
//! in, the browser.
//!
//! The calls of Windows that need `unsafe` are all in `windows_api`; each is wrapped so that nothing above it does.
//!
//! Source: REL-12, REL-20, SEC-60, SEC-62.

#[cfg(target_os = "linux")]
mod drives;
#[cfg(target_os = "linux")]
mod ports;
#[cfg(windows)]
#[expect(unsafe_code, reason = "Windows has these calls only for C; README of the decisions, number 15")]
pub mod windows_api;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program that listens on a port, in words: its name and number. `None` when the system does not tell it to this
/// account.
pub fn port_owner(address: SocketAddr) -> Option<String> {
    #[cfg(windows)]
    return windows_api::port_owner(address.port());
    #[cfg(target_os = "linux")]
    return ports::owner(address.port());
    #[cfg(not(any(windows, target_os = "linux")))]
    return Some(address).and(None);
}

/// The roots of drives of this machine: of removable and fixed ones, none of a network. Nothing is asked of the drives.
pub fn drives() -> Vec<PathBuf> {
    #[cfg(windows)]
    return windows_api::drives();
    #[cfg(target_os = "linux")]
    return drives::mounted();
    #[cfg(not(any(windows, target_os = "linux")))]
    return Vec::new();
}

/// Whether this program has a window of its own, which closes when it ends: somebody started it by a double-click.
pub fn own_window() -> bool {
    #[cfg(windows)]
    return windows_api::alone_in_console();
    #[cfg(not(windows))]
    return false;
}

/// Whether the person at this machine reads French.
pub fn speaks_french() -> bool {
    #[cfg(windows)]
    return windows_api::interface_language() == windows_api::FRENCH;
    #[cfg(not(windows))]
    return std::env::var("LANG").is_ok_and(|lang| lang.starts_with("fr"));
}

/// Lets libraries come from the system's folder only, as far as this release of Windows can.
pub fn safe_libraries() {
    #[cfg(windows)]
    windows_api::safe_libraries();
}

/// Shows an address in the person's browser. Only for addresses of this server.
///
/// # Errors
/// There is no such program.
#[expect(clippy::disallowed_methods, reason = "SEC-8 exempts opening the browser; the address is our own")]
pub fn open_browser(url: &str) -> io::Result<()> {
    let program = if cfg!(windows) {
        // By its whole path: a file of that name beside our own is not meant. It hands the address on without our rights.
        let system = std::env::var_os("SystemRoot").map_or_else(|| PathBuf::from(r"C:\Windows"), PathBuf::from);
        system.join("explorer.exe")
    } else {
        PathBuf::from("xdg-open")
    };
    Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}
