//! For Linux and other Unix systems: settings of `ocsinventory-agent`, and a script that puts them into place.

use super::quote::{cfg, sh};
use super::{Kit, KitFile};

pub(super) fn files(kit: &Kit) -> Vec<KitFile> {
    vec![
        KitFile { path: "unix/ocsinventory-agent.cfg", bytes: settings(kit).into_bytes(), runs: false },
        KitFile { path: "unix/modules.conf", bytes: MODULES.into(), runs: false },
        KitFile { path: "unix/install.sh", bytes: install(kit).into_bytes(), runs: true },
    ]
}

/// Packages are fetched by this module; the file is read as a program and has to end so.
const MODULES: &str = "# Modules that the agent loads.\nuse Ocsinventory::Agent::Modules::Download;\n1;\n";

fn settings(kit: &Kit) -> String {
    let mut text = format!("server={}\n", cfg(&kit.url()));
    if !kit.tag.is_empty() {
        text.push_str(&format!("tag={}\n", cfg(&kit.tag)));
    }
    text.push_str(&format!("ssl={}\n", u8::from(kit.secure)));
    if kit.secure {
        text.push_str("ca=\"/etc/ocsinventory/cacert.pem\"\n");
    }
    text.push_str("basevardir=\"/var/lib/ocsinventory-agent\"\nlogfile=\"/var/log/ocsinventory-agent.log\"\n");
    text
}

fn install(kit: &Kit) -> String {
    let now = if kit.now { "ocsinventory-agent --force\n" } else { "" };
    format!(
        "#!/bin/sh
# Points an installed ocsinventory-agent at the server. Run as root.
set -eu
cd \"$(dirname \"$0\")\"
command -v ocsinventory-agent >/dev/null || {{
  echo \"Install the package ocsinventory-agent first.\" >&2
  exit 1
}}
mkdir -p /etc/ocsinventory /var/lib/ocsinventory-agent
[ ! -f ../cacert.pem ] || install -m 0644 ../cacert.pem /etc/ocsinventory/cacert.pem
install -m 0600 ocsinventory-agent.cfg /etc/ocsinventory/ocsinventory-agent.cfg
install -m 0644 modules.conf /etc/ocsinventory/modules.conf
{now}echo \"The agent reports to\" {} \"from now on.\"
",
        sh(&kit.url())
    )
}

/// One line for a shell, on a machine with Debian's or Ubuntu's packages.
pub(super) fn one_line(kit: &Kit) -> String {
    let tag = if kit.tag.is_empty() { String::new() } else { format!(" --tag={}", sh(&kit.tag)) };
    let ca = if kit.secure { " --ca=/etc/ocsinventory/cacert.pem" } else { "" };
    let fetch = match (kit.secure, kit.plain_url()) {
        (true, Some(plain)) => {
            let at = plain.trim_end_matches("/ocsinventory").to_owned();
            format!("mkdir -p /etc/ocsinventory && wget -qO /etc/ocsinventory/cacert.pem {at}/cacert.pem && ")
        }
        (true, None) => "cp cacert.pem /etc/ocsinventory/cacert.pem && ".to_owned(),
        (false, _) => String::new(),
    };
    format!(
        "apt-get install -y ocsinventory-agent && {fetch}ocsinventory-agent --force --server={} --ssl={}{ca}{tag}",
        kit.url(),
        u8::from(kit.secure)
    )
}
