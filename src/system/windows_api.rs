//! The calls of Windows that Rust's library and the packages we use do not wrap.
//!
//! Every block says why it is sound. Nothing here decides anything: texts and rights come in ready-made.

use std::ffi::{OsStr, OsString, c_void};
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_FILE_NOT_FOUND, ERROR_SUCCESS, LocalFree};
use windows_sys::Win32::Globalization::GetUserDefaultUILanguage;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, TCP_TABLE_OWNER_PID_LISTENER,
};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR,
};
use windows_sys::Win32::Storage::FileSystem::{GetDriveTypeW, GetLogicalDrives};
use windows_sys::Win32::System::Console::GetConsoleProcessList;
use windows_sys::Win32::System::Diagnostics::Debug::{SEM_FAILCRITICALERRORS, SetErrorMode};
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE, RegisterEventSourceW, ReportEventW,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress, SetDllDirectoryW};
use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, REG_DWORD, REG_EXPAND_SZ, RegDeleteTreeW, RegSetKeyValueW,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};
use windows_sys::core::BOOL;

/// What [`interface_language`] answers for French, of any country.
pub const FRENCH: u16 = 0x0c;

/// Text as Windows takes it, with its end.
fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().filter(|unit| *unit != 0).chain([0]).collect()
}

fn outcome(code: u32) -> io::Result<()> {
    if code == ERROR_SUCCESS { Ok(()) } else { Err(io::Error::from_raw_os_error(code.cast_signed())) }
}

/// Whether no other program shares our console: it was made for us.
pub fn alone_in_console() -> bool {
    let mut numbers = [0_u32; 2];
    // SAFETY: the list is as long as we say.
    unsafe { GetConsoleProcessList(numbers.as_mut_ptr(), 2) == 1 }
}

/// The language of this account's windows, without its country.
pub fn interface_language() -> u16 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { GetUserDefaultUILanguage() & 0x3ff }
}

/// The roots of removable and fixed drives, `E:\`. The letters of floppy disks are left out: looking at them makes noise.
pub fn drives() -> Vec<PathBuf> {
    /// `DRIVE_REMOVABLE`, `DRIVE_FIXED`, `DRIVE_RAMDISK`
    const LOCAL: [u32; 3] = [2, 3, 6];
    // SAFETY: takes a number and cannot fail. A drive without a disk is an error then, not a window that asks for one.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS) };
    // SAFETY: takes nothing; zero when it fails.
    let letters = unsafe { GetLogicalDrives() };
    let roots = ('A'..='Z').enumerate().skip(2).filter(|(bit, _)| letters & (1_u32 << *bit) != 0);
    let roots = roots.map(|(_, letter)| format!("{letter}:\\"));
    // SAFETY: the text has its end.
    let local = |root: &String| LOCAL.contains(&unsafe { GetDriveTypeW(wide(root).as_ptr()) });
    roots.filter(local).map(PathBuf::from).collect()
}

/// Libraries that are loaded from now on come from the system's folder. Windows 7 without its update KB2533623 only
/// leaves out the current folder.
pub fn safe_libraries() {
    /// `LOAD_LIBRARY_SEARCH_SYSTEM32`
    const SYSTEM: u32 = 0x800;
    let (library, empty) = (wide("kernel32.dll"), wide(""));
    // SAFETY: both texts have their ends; kernel32 is part of every process; the function has had this one shape
    // since it came, and is only called where it is there.
    unsafe {
        SetDllDirectoryW(empty.as_ptr());
        let kernel = GetModuleHandleW(library.as_ptr());
        if let Some(function) = GetProcAddress(kernel, c"SetDefaultDllDirectories".as_ptr().cast()) {
            let function: unsafe extern "system" fn(u32) -> BOOL = std::mem::transmute(function);
            function(SYSTEM);
        }
    }
}

/// Gives a folder and what is in it these rights, and none from above it. The rights are in the language SDDL.
///
/// # Errors
/// The text is none, or this account may not change the folder.
pub fn set_rights(folder: &Path, rights: &str) -> io::Result<()> {
    let (name, text) = (wide(folder), wide(rights));
    let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
    // SAFETY: the text has its end; Windows makes the descriptor, which is freed below whatever happens.
    let made = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            null_mut(),
        )
    };
    if made == 0 {
        return Err(io::Error::last_os_error());
    }
    let (mut present, mut usual, mut list): (BOOL, BOOL, *mut ACL) = (0, 0, null_mut());
    // SAFETY: the descriptor is whole; the list points into it and is used before it is freed.
    let code = unsafe {
        GetSecurityDescriptorDacl(descriptor, &raw mut present, &raw mut list, &raw mut usual);
        let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        let code = SetNamedSecurityInfoW(name.as_ptr(), SE_FILE_OBJECT, what, null_mut(), null_mut(), list, null());
        LocalFree(descriptor);
        code
    };
    outcome(code)
}

/// How grave an entry of the event log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grave {
    /// Something needs care.
    Warning,
    /// The program does not run.
    Error,
}

/// Writes an entry into the event log of applications; its number is one of those that `EventCreate.exe` has a text for.
///
/// # Errors
/// The event log does not run, or is full.
pub fn log_event(source: &str, grave: Grave, number: u32, text: &str) -> io::Result<()> {
    let (source, text) = (wide(source), wide(text));
    let kind = if grave == Grave::Error { EVENTLOG_ERROR_TYPE } else { EVENTLOG_WARNING_TYPE };
    // SAFETY: texts have their ends; one text is handed over and one is said to be; the handle is closed.
    unsafe {
        let log = RegisterEventSourceW(null(), source.as_ptr());
        if log.is_null() {
            return Err(io::Error::last_os_error());
        }
        let texts = [text.as_ptr()];
        let done = ReportEventW(log, kind, 0, number, null_mut(), 1, 0, texts.as_ptr(), null());
        let error = io::Error::last_os_error();
        DeregisterEventSource(log);
        if done == 0 { Err(error) } else { Ok(()) }
    }
}

fn source_key(source: &str) -> Vec<u16> {
    wide(format!(r"SYSTEM\CurrentControlSet\Services\EventLog\Application\{source}"))
}

/// Makes the event log show the texts of a source as they are: the messages of `EventCreate.exe`, which every Windows
/// has, are nothing but what is handed over.
///
/// # Errors
/// This account may not write there.
pub fn make_event_source(source: &str) -> io::Result<()> {
    let key = source_key(source);
    let file = wide(r"%SystemRoot%\System32\EventCreate.exe");
    let (file_name, types_name, types) = (wide("EventMessageFile"), wide("TypesSupported"), 7_u32);
    let bytes = |length: usize| u32::try_from(length).unwrap_or(0);
    // SAFETY: names have their ends; both values live and are as long as is said.
    unsafe {
        let value = file.as_ptr().cast::<c_void>();
        let length = bytes(file.len() * 2);
        let root = HKEY_LOCAL_MACHINE;
        outcome(RegSetKeyValueW(root, key.as_ptr(), file_name.as_ptr(), REG_EXPAND_SZ, value, length))?;
        outcome(RegSetKeyValueW(root, key.as_ptr(), types_name.as_ptr(), REG_DWORD, (&raw const types).cast(), 4))
    }
}

/// Takes away what [`make_event_source`] made.
///
/// # Errors
/// This account may not.
pub fn remove_event_source(source: &str) -> io::Result<()> {
    let key = source_key(source);
    // SAFETY: the name has its end.
    match unsafe { RegDeleteTreeW(HKEY_LOCAL_MACHINE, key.as_ptr()) } {
        ERROR_FILE_NOT_FOUND => Ok(()),
        code => outcome(code),
    }
}

/// The program that listens on a port.
pub fn port_owner(port: u16) -> Option<String> {
    let place = std::mem::offset_of!(MIB_TCPROW_OWNER_PID, dwLocalPort);
    let process = std::mem::offset_of!(MIB_TCPROW_OWNER_PID, dwOwningPid);
    let four = listener(AF_INET, size_of::<MIB_TCPROW_OWNER_PID>(), place, process, port);
    let place = std::mem::offset_of!(MIB_TCP6ROW_OWNER_PID, dwLocalPort);
    let process = std::mem::offset_of!(MIB_TCP6ROW_OWNER_PID, dwOwningPid);
    let number = four.or_else(|| listener(AF_INET6, size_of::<MIB_TCP6ROW_OWNER_PID>(), place, process, port))?;
    let name = program(number).unwrap_or_else(|| if number == 4 { "System" } else { "a program" }.to_owned());
    Some(format!("{name} (process {number})"))
}

/// The number of the process whose row of the table of listeners has the port. Rows are read as bytes.
fn listener(family: u16, row: usize, place: usize, process: usize, port: u16) -> Option<u32> {
    let table = table(family)?;
    let number = |at: usize| Some(u32::from_ne_bytes(*table.get(at..)?.first_chunk()?));
    let rows = usize::try_from(number(0)?).ok()?;
    // The port stands in the order of the network in the first two bytes of its field.
    (0..rows).map(|at| 4 + at * row).find_map(|at| {
        let there = u16::from_be_bytes(*table.get(at + place..)?.first_chunk()?);
        (there == port).then(|| number(at + process)).flatten().filter(|process| *process != 0)
    })
}

fn table(family: u16) -> Option<Vec<u8>> {
    // It may grow between the two calls.
    let mut length = 64 * 1024_u32;
    for _ in 0..4 {
        let mut bytes = vec![0_u8; usize::try_from(length).ok()?];
        // SAFETY: the buffer is as long as is said; what is written there are plain numbers.
        let code = unsafe {
            let to = bytes.as_mut_ptr().cast::<c_void>();
            GetExtendedTcpTable(to, &raw mut length, 0, u32::from(family), TCP_TABLE_OWNER_PID_LISTENER, 0)
        };
        if code == ERROR_SUCCESS {
            return Some(bytes);
        }
        length = length.saturating_add(16 * 1024).min(16 * 1024 * 1024);
    }
    None
}

/// The file name of a process.
fn program(number: u32) -> Option<String> {
    let mut name = vec![0_u16; 1024];
    let mut length = 1024_u32;
    // SAFETY: the buffer is as long as is said; the handle is closed.
    let told = unsafe {
        let process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, number);
        if process.is_null() {
            return None;
        }
        let told = QueryFullProcessImageNameW(process, 0, name.as_mut_ptr(), &raw mut length);
        CloseHandle(process);
        told
    };
    let name = OsString::from_wide(name.get(..usize::try_from(length).ok()?)?);
    let file = Path::new(&name).file_name()?.to_string_lossy().into_owned();
    (told != 0).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_12_the_owner_of_a_busy_port_is_named() {
        let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        // Wine does not tell.
        if let Some(owner) = port_owner(busy.local_addr().unwrap().port()) {
            assert!(owner.contains(&std::process::id().to_string()), "{owner}");
        }
    }

    #[test]
    fn sec_60_rights_of_a_folder_are_taken_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(set_rights(folder.path(), "no rights").is_err());
        set_rights(folder.path(), "D:P(A;OICI;FA;;;WD)").unwrap();
        std::fs::write(folder.path().join("é à.txt"), b"1").unwrap();
    }

    #[test]
    fn sec_62_the_program_goes_on_with_libraries_of_the_system_only() {
        safe_libraries();
        assert!(std::net::TcpListener::bind("127.0.0.1:0").is_ok());
    }
}
