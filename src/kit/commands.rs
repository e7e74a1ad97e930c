//! Ready command lines of a kit, for the page and for a file of it.

use super::quote::sh;
use super::windows::{old_switches, switches, tagged};
use super::{Kit, unix};
use crate::i18n::text;

/// Keys of their titles, and the lines.
pub fn commands(kit: &Kit) -> Vec<(&'static str, String)> {
    // For somebody who types it: in a batch file the percent sign would stand twice.
    let typed = |line: String| line.replace("%%", "%");
    let tag = if kit.tag.is_empty() { String::new() } else { format!(" --tag={}", sh(&kit.tag)) };
    let ca = if kit.secure { " --ca-cert-file=cacert.pem" } else { "" };
    let mut all = vec![
        ("kit.windows", typed(format!("OCS-Windows-Agent-Setup-x64.exe {}{}", switches(kit), tagged(kit, "/TAG=")))),
        ("kit.linux", unix::one_line(kit)),
        ("kit.glpi", format!("glpi-agent --server={}{ca}{tag}", kit.url())),
        ("kit.fusion", format!("fusioninventory-agent --server={}{ca}{tag}", kit.url())),
    ];
    if kit.plain_port > 0 && !kit.host.contains(':') {
        let old = typed(format!("OcsAgentSetup.exe {}{}", old_switches(kit), tagged(kit, "/TAG:")));
        all.insert(1, ("kit.windows-1", old));
    }
    all
}

/// The same as a text.
pub(super) fn listed(kit: &Kit) -> String {
    let line = |(key, line): (&str, String)| format!("{}\n\n    {line}\n\n", text(kit.lang, key));
    commands(kit).into_iter().map(line).collect()
}
