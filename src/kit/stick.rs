//! The kit for a USB stick: scripts that write an inventory of a computer without a network onto it (CON-IMP-5).
//!
//! The scripts run the agent that is installed, or one that was put into the folder `agent`; they replace nothing and
//! say plainly whether it is done. The server runs nothing that is on a stick (SEC-30).
//!
//! Source: manuals of the agents on `--local` and `/LOCAL`; console page, CON-IMP-5.

use super::quote::{batch, sh};
use super::{Kit, KitFile, batch_text, filled, windows_text};

/// Where the scripts put inventories.
pub const INVENTORIES: &str = "inventories";
/// The scripts; a folder with both of them is a kit.
pub const SCRIPTS: [&str; 2] = ["collect.cmd", "collect.sh"];

/// Every file of the stick, sorted by its path. Both read-mes are there: nobody knows who will hold the stick.
pub fn files(kit: &Kit) -> Vec<KitFile> {
    let shown = if kit.tag.is_empty() { "-" } else { &kit.tag };
    let url = kit.url();
    let read_me = |text| windows_text(&filled(text, &[("url", &url), ("tag", shown)]));
    let (once, twice, shell) = match kit.tag.as_str() {
        "" => (String::new(), String::new(), "''".to_owned()),
        // What `call` runs is read twice, and doubles a caret that stands there the first time.
        tag if tag.contains('^') => (batch(tag), "%%TAG%%".to_owned(), sh(tag)),
        tag => (batch(tag), batch(&tag.replace('%', "%%")), sh(tag)),
    };
    let windows = filled(include_str!("../../assets/kit/collect.cmd"), &[("tag", &once), ("tag-again", &twice)]);
    let unix = filled(include_str!("../../assets/kit/collect.sh"), &[("tag", &shell)]);
    let mut files = vec![
        KitFile { path: "READ-ME.txt", bytes: read_me(include_str!("../../assets/kit/stick.en.txt")), runs: false },
        KitFile { path: "LISEZ-MOI.txt", bytes: read_me(include_str!("../../assets/kit/stick.fr.txt")), runs: false },
        KitFile { path: "cacert.pem", bytes: kit.cacert.clone().into_bytes(), runs: false },
        KitFile { path: "collect.cmd", bytes: batch_text(&windows), runs: false },
        KitFile { path: "collect.sh", bytes: unix.into_bytes(), runs: true },
    ];
    let settings = kit.files().into_iter().filter(|file| file.path.ends_with(".ini") || file.path.ends_with(".cfg"));
    files.extend(settings);
    files.retain(|file| !file.bytes.is_empty());
    files.sort_by_key(|file| file.path);
    files
}

#[cfg(test)]
mod tests {
    use super::super::tests::kit;
    use super::*;

    fn text(tag: &str, path: &str) -> String {
        let file = files(&kit(tag)).into_iter().find(|file| file.path == path).expect(path);
        String::from_utf8(file.bytes).unwrap()
    }

    #[test]
    fn con_imp_5_a_stick_has_both_read_mes_the_certificate_settings_and_both_scripts() {
        let paths: Vec<&str> = files(&kit("x")).iter().map(|file| file.path).collect();
        assert_eq!(
            paths,
            [
                "LISEZ-MOI.txt",
                "READ-ME.txt",
                "cacert.pem",
                "collect.cmd",
                "collect.sh",
                "unix/ocsinventory-agent.cfg",
                "windows-1.x/service.ini",
                "windows/ocsinventory.ini",
            ]
        );
        assert!(text("", "collect.sh").contains("\nTAG=''\n"));
        assert!(text("", "collect.cmd").contains("\r\nset TAG=\r\n"));
        for lines in [text("a", "collect.cmd"), text("a", "READ-ME.txt")] {
            assert!(!lines.replace("\r\n", "").contains('\n'), "Windows ends its lines by two signs");
        }
        let script = text("100% & calc", "collect.cmd");
        assert!(
            script.contains("set TAG=\"100%% & calc\"\r\n") && script.contains("set TAG_AGAIN=\"100%%%% & calc\"\r\n")
        );
        let script = text("a^b", "collect.cmd");
        assert!(script.contains("set TAG=\"a^b\"\r\n") && script.contains("set TAG_AGAIN=%%TAG%%\r\n"));
    }

    /// A stand-in for an agent, put onto the stick; what it is called with, and what becomes of its file.
    #[cfg(unix)]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a shell is asked how it reads the script")]
    fn con_imp_5_the_script_for_unix_keeps_an_inventory_and_never_replaces_one() {
        use std::fs;
        use std::os::unix::fs::PermissionsExt as _;
        use std::process::Command;

        let tag = "it's $(touch evil) 100%";
        let folder = tempfile::tempdir().unwrap();
        let stick = folder.path().join("my stick é");
        fs::create_dir_all(stick.join("agent")).unwrap();
        fs::write(stick.join("collect.sh"), text(tag, "collect.sh")).unwrap();
        let collect = |language: &str| {
            let mut command = Command::new("sh");
            command.arg(stick.join("collect.sh")).current_dir(folder.path()).env("LC_ALL", language);
            let out = command.output().unwrap();
            (out.status.code(), String::from_utf8(out.stdout).unwrap())
        };
        let agent = stick.join("agent/glpi-agent");
        let put = |script: &str| {
            fs::write(&agent, script).unwrap();
            fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
        };
        put("#!/bin/sh\nfor a; do case $a in --local=*) echo \"$@\" >\"${a#--local=}/pc.ocs\";; esac; done\n");
        for _ in 0..3 {
            let (code, said) = collect("C");
            assert_eq!(code, Some(0), "{said}");
            assert!(said.contains("Done. The inventory") && said.contains("You can unplug the stick now."), "{said}");
        }
        let kept: Vec<_> = fs::read_dir(stick.join(INVENTORIES)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(kept.len(), 3, "{kept:?}");
        for path in kept {
            let content = fs::read_to_string(path).unwrap();
            assert!(content.contains(&format!("--tag={tag}")) && content.contains("--tasks=inventory"), "{content}");
        }
        assert!(!folder.path().join("evil").exists());
        put("#!/bin/sh\necho broken agent\nexit 1\n");
        let (code, said) = collect("fr_FR.UTF-8");
        assert_eq!(code, Some(4));
        assert!(said.contains("L'agent n'a écrit aucun inventaire") && said.contains("broken agent"), "{said}");
        assert_eq!(fs::read_dir(stick.join(INVENTORIES)).unwrap().count(), 3);
    }
}
