//! The text of the systemd unit, and what systemd says about it. Rules without effects.
//!
//! Source: SEC-61 (own user, no capability beyond low ports, hardening), REL-20; systemd.exec(5), systemd.syntax(7).

use std::path::Path;

use super::{Plan, State};

/// Account and group of the service.
pub const ACCOUNT: &str = "rollcall";

/// What a service never needs; `systemd-analyze security` counts it. Drives with inventories stay visible and, where
/// the account may, writable.
const HARDENING: &str = "\
UMask=0077
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
# With ProtectProc, systemd 252 leaves this one out of `strict`.
ReadOnlyPaths=/run
ReadWritePaths=-/media -/mnt -/run/media
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
";

/// The unit with which systemd runs this plan. `usual` is the data folder that systemd makes by itself. `None` when a path
/// holds what no unit can say (a control character, or bytes that are no UTF-8).
pub fn text(plan: &Plan, usual: &Path) -> Option<String> {
    let executable = quoted(plan.executable.to_str()?)?;
    let mut words = vec![executable];
    for word in plan.arguments().iter().chain([&"serve".into()]).chain(&plan.flags()) {
        words.push(quoted(word.to_str()?)?);
    }
    let command = words.join(" ");
    let folder = if plan.data == usual {
        "StateDirectory=rollcall\nStateDirectoryMode=0700\n".to_owned()
    } else {
        format!("ReadWritePaths={}\n", quoted_path(plan.data.to_str()?)?)
    };
    Some(format!(
        "[Unit]
Description=Rollcall, an OCS Inventory server
Documentation=https://localhost/ocsreports/help
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command}
User={ACCOUNT}
Group={ACCOUNT}
{folder}RuntimeDirectory=rollcall
RuntimeDirectoryPreserve=restart
# The program itself waits longer before each start that follows a failure.
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2 4
# A database that has to be repaired takes its time.
TimeoutStartSec=15min
TimeoutStopSec=60
LimitNOFILE=65536
{HARDENING}
[Install]
WantedBy=multi-user.target
"
    ))
}

/// A word of a command line in a unit: nothing in it is a variable, a specifier or the end of the word.
fn quoted(word: &str) -> Option<String> {
    if word.chars().any(char::is_control) {
        return None;
    }
    let plain = |char: char| char.is_alphanumeric() || "/._-:[],+@=".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return Some(word.to_owned());
    }
    let word = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    Some(format!("\"{word}\""))
}

/// A path in a list of paths, where variables mean nothing.
fn quoted_path(path: &str) -> Option<String> {
    quoted(path).map(|path| path.replace("$$", "$"))
}

/// What `systemctl show` says: `LoadState=`, `ActiveState=` and so on, one a line.
pub fn state(shown: &str) -> State {
    match (property(shown, "LoadState"), property(shown, "ActiveState")) {
        (Some("not-found" | "masked") | None, Some("inactive") | None) => State::Missing,
        (_, Some("active" | "reloading")) => State::Running,
        (_, Some("activating" | "deactivating")) => State::Changing,
        _ => State::Stopped,
    }
}

/// One property of what `systemctl show` says.
pub fn property<'a>(shown: &'a str, name: &str) -> Option<&'a str> {
    shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{Site, Token};
    use super::*;

    fn plan(executable: &str, data: &str) -> Plan {
        let (http, https) = (Some("[::]:80".to_owned()), None);
        let (executable, data) = (executable.into(), data.into());
        Plan { executable, data, config: None, http, https, site: None, in_place: false }
    }

    const USUAL: &str = "/var/lib/rollcall";

    fn line(text: &str, key: &str) -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned).collect()
    }

    #[test]
    fn sec_61_the_unit_has_an_own_account_and_one_capability() {
        let text = text(&plan("/usr/bin/rollcall", USUAL), Path::new(USUAL)).unwrap();
        assert_eq!(line(&text, "User"), ["rollcall"]);
        assert_eq!(line(&text, "CapabilityBoundingSet"), ["CAP_NET_BIND_SERVICE"]);
        assert_eq!(line(&text, "AmbientCapabilities"), ["CAP_NET_BIND_SERVICE"]);
        assert_eq!(line(&text, "StateDirectoryMode"), ["0700"]);
        assert_eq!(line(&text, "UMask"), ["0077"]);
        assert_eq!(line(&text, "ExecStart"), ["/usr/bin/rollcall --data /var/lib/rollcall serve --http [::]:80"]);
    }

    #[test]
    fn rel_20_settings_that_cannot_be_used_are_no_reason_to_start_again() {
        let text = text(&plan("/usr/bin/rollcall", USUAL), Path::new(USUAL)).unwrap();
        assert_eq!(line(&text, "Restart"), ["on-failure"]);
        assert_eq!(line(&text, "RestartPreventExitStatus"), ["2 4"]);
        // systemd's own limit would leave the server down after five failures.
        assert_eq!(line(&text, "StartLimitIntervalSec"), ["0"]);
    }

    #[test]
    fn paths_with_blanks_and_signs_are_one_word_and_mean_themselves() {
        let data = "/srv/Inventaire été/100 % \"$HOME\"\\x";
        let text = text(&plan("/opt/roll call/rollcall", data), Path::new(USUAL)).unwrap();
        let command =
            r#""/opt/roll call/rollcall" --data "/srv/Inventaire été/100 %% \"$$HOME\"\\x" serve --http [::]:80"#;
        assert_eq!(line(&text, "ExecStart"), [command]);
        let paths = line(&text, "ReadWritePaths");
        assert!(paths.contains(&r#""/srv/Inventaire été/100 %% \"$HOME\"\\x""#.to_owned()), "{paths:?}");
        assert_eq!(line(&text, "StateDirectory"), Vec::<String>::new());
    }

    #[test]
    fn con_dep_19_a_second_site_starts_again_as_one_and_the_unit_has_no_secret() {
        let token = crate::deployment::replicas::token().unwrap();
        let main = Some("https://ocs.example.net".to_owned());
        let site = Site { main, token: Token::of(&token).unwrap(), authorities: "-----BEGIN".to_owned() };
        let plan = Plan { site: Some(site), ..plan("/usr/bin/rollcall", USUAL) };
        let text = text(&plan, Path::new(USUAL)).unwrap();
        let command =
            "/usr/bin/rollcall --data /var/lib/rollcall serve --http [::]:80 --replica-of https://ocs.example.net";
        assert_eq!(line(&text, "ExecStart"), [command]);
        assert!(!text.contains(&token["rollcall-site-".len()..]) && !text.contains("BEGIN"));
    }

    #[test]
    fn a_path_cannot_bring_lines_of_its_own() {
        assert_eq!(text(&plan("/usr/bin/rollcall", "/srv/a\nUser=root"), Path::new(USUAL)), None);
    }

    /// The package brings the unit as a file.
    #[test]
    fn sec_61_the_unit_of_the_debian_package_is_this_one() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("appliance/debian/rollcall.service");
        let shipped = std::fs::read_to_string(file).unwrap();
        let plan = Plan {
            executable: PathBuf::from("/usr/bin/rollcall"),
            data: PathBuf::from(USUAL),
            config: None,
            http: None,
            https: None,
            site: None,
            in_place: false,
        };
        assert_eq!(shipped, text(&plan, Path::new(USUAL)).unwrap());
    }

    #[test]
    fn what_systemd_says_is_understood() {
        let state = |load: &str, active: &str| state(&format!("LoadState={load}\nActiveState={active}\n"));
        assert_eq!(state("not-found", "inactive"), State::Missing);
        assert_eq!(state("loaded", "inactive"), State::Stopped);
        assert_eq!(state("loaded", "failed"), State::Stopped);
        assert_eq!(state("loaded", "activating"), State::Changing);
        assert_eq!(state("loaded", "active"), State::Running);
        // The unit is gone and the program still runs.
        assert_eq!(state("not-found", "active"), State::Running);
        assert_eq!(property("MainPID=7\nResult=exit-code\n", "Result"), Some("exit-code"));
    }
}
