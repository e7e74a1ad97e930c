//! Kits of files. The agent kit is what somebody needs who puts agents onto computers (CON-AGT-2): the authority's
//! certificate, settings, scripts and ready command lines for this server. [`stick`]: for computers without a network.
//!
//! Plain values in, files out; nothing here looks at the disk or the network. Every value that a person typed goes
//! through [`quote`] on its way into a file. A kit holds no agent and no device id: two computers with one id would be
//! one computer.
//!
//! Source: manuals of the agents (Windows 1.x and 2.x, Unix 2.x); agent protocol page, sections 12 and 17.

mod commands;
pub mod quote;
pub mod stick;
mod unix;
mod windows;

use std::io::{self, Cursor, Write as _};
use std::net::IpAddr;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, System, ZipWriter};

use crate::i18n::Lang;

pub use commands::commands;

/// Longest TAG of a kit, in characters.
pub const LONGEST_TAG: usize = 255;
/// Longest name of a server, in characters.
const LONGEST_NAME: usize = 253;

/// What a kit is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kit {
    /// Name or address of the server, as [`host`] gave it.
    pub host: String,
    /// Its port for the protocol.
    pub port: u16,
    /// Over HTTPS.
    pub secure: bool,
    /// Its port for plain HTTP, for agents of the first generation and launchers; 0 where there is none.
    pub plain_port: u16,
    /// The TAG of the computers, as [`tag`] gave it; empty for none.
    pub tag: String,
    /// A first inventory at once, when an agent is installed.
    pub now: bool,
    /// Agents for Windows show an icon beside the clock.
    pub tray: bool,
    /// Certificates of the authority.
    pub cacert: String,
    /// The language of the read-me.
    pub lang: Lang,
}

/// A file of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitFile {
    /// Its path inside of the kit, with `/`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// A script that is started.
    pub runs: bool,
}

/// A name or address of a server as it was typed; `None` for what cannot be one. Only letters, digits, `.`, `-` and
/// `:` are in it, so it needs no escape in any file.
pub fn host(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let bare = typed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(typed);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let good = typed.len() <= LONGEST_NAME && typed.split('.').all(label);
    good.then(|| typed.to_owned())
}

/// A TAG as it was typed, without blanks around; `None` for one that cannot stand in every file of a kit.
pub fn tag(typed: &str) -> Option<String> {
    let tag = typed.trim();
    let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let good =
        tag.chars().count() <= LONGEST_TAG && !tag.chars().any(|c| c == '"' || hidden(c)) && !tag.ends_with('\\');
    good.then(|| tag.to_owned())
}

impl Kit {
    /// What agents are given as their server: `https://ocs.office.lan/ocsinventory`.
    pub fn url(&self) -> String {
        url(&self.host, self.port, self.secure)
    }

    /// The same over plain HTTP; `None` where there is none.
    pub fn plain_url(&self) -> Option<String> {
        (self.plain_port > 0).then(|| url(&self.host, self.plain_port, false))
    }

    /// Every file, sorted by its path.
    pub fn files(&self) -> Vec<KitFile> {
        let mut files = vec![
            KitFile { path: "READ-ME.txt", bytes: windows_text(&self.read_me()), runs: false },
            KitFile { path: "cacert.pem", bytes: self.cacert.clone().into_bytes(), runs: false },
            KitFile { path: "COMMANDS.txt", bytes: windows_text(&commands::listed(self)), runs: false },
        ];
        files.extend(windows::files(self));
        files.extend(unix::files(self));
        files.retain(|file| !file.bytes.is_empty());
        files.sort_by_key(|file| file.path);
        files
    }

    fn read_me(&self) -> String {
        let text = match self.lang {
            Lang::En => include_str!("../../assets/kit/read-me.en.txt"),
            Lang::Fr => include_str!("../../assets/kit/read-me.fr.txt"),
        };
        filled(text, &[("url", &self.url()), ("tag", if self.tag.is_empty() { "-" } else { &self.tag })])
    }
}

fn url(host: &str, port: u16, secure: bool) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let (scheme, usual) = if secure { ("https", 443) } else { ("http", 80) };
    let port = if port == usual { String::new() } else { format!(":{port}") };
    format!("{scheme}://{host}{port}/ocsinventory")
}

/// A text with its places `{name}` filled. What is put in is not read again.
pub(crate) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        }) {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A text as Windows writes it: its lines ended by CR and LF, and a mark in front where letters beyond ASCII need one.
pub(crate) fn windows_text(text: &str) -> Vec<u8> {
    let mark = if text.is_ascii() { "" } else { "\u{FEFF}" };
    format!("{mark}{}", text.replace('\n', "\r\n")).into_bytes()
}

/// A batch file: without a mark, which would be read as a command; letters beyond ASCII need another code page.
pub(crate) fn batch_text(text: &str) -> Vec<u8> {
    let text = if text.is_ascii() { text.to_owned() } else { text.replacen('\n', "\nchcp 65001 >nul\n", 1) };
    text.replace('\n', "\r\n").into_bytes()
}

/// The files in an archive.
///
/// # Errors
/// The archive cannot be written.
pub fn zip(files: &[KitFile]) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let mode = if file.runs { 0o755 } else { 0o644 };
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(mode);
        // Wherever the server runs: what Windows writes has no scripts that may be started.
        let options = options.system(System::Unix);
        zip.start_file(file.path, options)?;
        zip.write_all(&file.bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    pub(super) fn kit(tag: &str) -> Kit {
        Kit {
            host: "ocs.office.lan".into(),
            port: 443,
            secure: true,
            plain_port: 8080,
            tag: tag.into(),
            now: true,
            tray: false,
            cacert: "-----BEGIN CERTIFICATE-----\n".into(),
            lang: Lang::En,
        }
    }

    fn text(kit: &Kit, path: &str) -> String {
        let file = kit.files().into_iter().find(|file| file.path == path).expect(path);
        String::from_utf8(file.bytes).unwrap()
    }

    #[test]
    fn con_agt_2_names_of_servers_hold_nothing_that_any_file_would_misread() {
        for (typed, good) in [
            (" ocs.office.lan ", "ocs.office.lan"),
            ("192.168.1.7", "192.168.1.7"),
            ("[fd00::1]", "fd00::1"),
            ("fd00::1", "fd00::1"),
            ("SRV_1", "SRV_1"),
        ] {
            assert_eq!(host(typed).as_deref(), Some(good));
        }
        for bad in ["", "a b", "a\"b", "a%PATH%", "http://x", "x/y", "a..b", "-x", "a\nb", "é.lan", "x:80", "$(id)"] {
            assert_eq!(host(bad), None, "{bad}");
        }
        assert_eq!(tag(" R&D 100% l'été "), Some("R&D 100% l'été".into()));
        for bad in ["a\"b", "a\nb", "a\u{0}", "a\u{2028}b", "a\\", &"x".repeat(256)] {
            assert_eq!(tag(bad), None, "{bad}");
        }
    }

    #[test]
    fn con_agt_2_a_kit_has_settings_scripts_and_a_read_me_in_either_language() {
        let mut kit = kit("Accounting");
        let paths: Vec<&str> = kit.files().iter().map(|file| file.path).collect();
        assert_eq!(
            paths,
            [
                "COMMANDS.txt",
                "READ-ME.txt",
                "cacert.pem",
                "unix/install.sh",
                "unix/modules.conf",
                "unix/ocsinventory-agent.cfg",
                "windows-1.x/install.cmd",
                "windows-1.x/login.cmd",
                "windows-1.x/service.ini",
                "windows/gpo-startup.ps1",
                "windows/install.cmd",
                "windows/ocsinventory.ini",
            ]
        );
        let ini = text(&kit, "windows/ocsinventory.ini");
        assert!(
            ini.contains("Server=https://ocs.office.lan/ocsinventory\r\nSSL=1\r\nCaBundle=cacert.pem\r\n"),
            "{ini}"
        );
        assert!(text(&kit, "windows-1.x/service.ini").contains("Server=ocs.office.lan\r\nPnum=8080\r\n"));
        let cfg = text(&kit, "unix/ocsinventory-agent.cfg");
        assert!(cfg.contains("server=\"https://ocs.office.lan/ocsinventory\"\ntag=\"Accounting\"\nssl=1\n"), "{cfg}");
        assert!(text(&kit, "READ-ME.txt").contains("https://ocs.office.lan/ocsinventory"));
        kit.lang = Lang::Fr;
        assert!(text(&kit, "READ-ME.txt").starts_with("\u{FEFF}Kit"));
        // Without plain HTTP there is nothing for the first generation.
        kit.plain_port = 0;
        assert!(!kit.files().iter().any(|file| file.path.starts_with("windows-1.x")));
        kit.secure = false;
        kit.port = 8000;
        assert!(
            text(&kit, "windows/ocsinventory.ini").contains("Server=http://ocs.office.lan:8000/ocsinventory\r\nSSL=0")
        );
    }

    #[test]
    fn con_agt_2_a_hostile_tag_stays_a_tag_in_every_file() {
        let evil = "{url} it's 100% & calc | $(id) `id` ^ ! #;\u{2019}";
        let kit = kit(evil);
        for file in kit.files() {
            let text = String::from_utf8(file.bytes).unwrap();
            let lines = text.lines().filter(|line| line.contains("$(id)"));
            for line in lines {
                let quoted = [quote::sh(evil), quote::batch(evil), quote::powershell(evil), quote::cfg(evil)];
                let bare = ["READ-ME.txt"].contains(&file.path);
                assert!(bare || quoted.iter().any(|quoted| line.contains(quoted)), "{}: {line}", file.path);
            }
        }
        assert!(text(&kit, "READ-ME.txt").contains(evil), "what is put in is not filled again");
        assert!(text(&kit, "windows/install.cmd").contains("chcp 65001"));
    }

    #[cfg(unix)]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a shell is asked how it reads the script")]
    fn con_agt_2_shell_scripts_are_read_by_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        for file in kit("it's $(touch evil) `id`").files().into_iter().filter(|file| file.path.ends_with(".sh")) {
            let path = folder.path().join("script");
            std::fs::write(&path, &file.bytes).unwrap();
            let status = std::process::Command::new("sh").arg("-n").arg(&path).status().unwrap();
            assert!(status.success(), "{}", file.path);
        }
    }

    #[test]
    fn con_agt_2_the_archive_holds_the_files() {
        let kit = kit("x");
        let bytes = zip(&kit.files()).unwrap();
        let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), kit.files().len());
        for file in kit.files() {
            let mut read = Vec::new();
            let mut entry = archive.by_name(file.path).unwrap();
            assert_eq!(entry.unix_mode().map(|mode| mode & 0o111 != 0), Some(file.runs));
            entry.read_to_end(&mut read).unwrap();
            assert_eq!(read, file.bytes);
        }
    }
}
