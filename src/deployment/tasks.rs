//! What a package can be for: each task with what it asks and what agents are told, declared once.
//!
//! Source: console page, CON-DEP-1; agent protocol page, sections 12.3 and 12.4.

use super::package::{Action, System};

/// Something that a package does.
#[derive(Debug)]
pub struct Task {
    /// Its name in addresses and keys of texts.
    pub key: &'static str,
    /// The systems that it is for.
    pub systems: &'static [System],
    /// Whether it brings files.
    pub brings: Brings,
    /// What it asks besides, in the order of the form.
    pub asks: &'static [Ask],
    /// What becomes of it.
    pub does: Does,
}

/// The files of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brings {
    /// None.
    Nothing,
    /// A file or an archive.
    File,
    /// A file or an archive, or none.
    Maybe,
    /// Some files, or an archive.
    Files,
    /// A script as a file, in an archive, or typed; a typed one gets this name.
    Script(&'static str),
}

/// A question of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Which file of an archive is meant.
    Run,
    /// What stands behind the file; this unless something else is typed.
    Arguments(&'static str),
    /// A command line.
    Command,
    /// The folder for the files.
    Path,
    /// The product code of an MSI, instead of a command line.
    Product,
    /// LAUNCH, EXECUTE or STORE, and its argument.
    Action,
}

/// How the order for agents is made out of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// LAUNCH of the file, which lies beside the root of the archive.
    Launch,
    /// EXECUTE of this, in which `{file}` and `{arguments}` are filled.
    Run(&'static str),
    /// STORE into the folder.
    Store,
    /// EXECUTE of the command that was typed.
    Command,
    /// EXECUTE of this with the product code as `{file}`, or of the command that was typed.
    Uninstall(&'static str),
    /// As it was typed.
    AsTyped,
}

use Ask::{Action as AskAction, Arguments, Command, Path, Product, Run};
use System::{Linux, MacOs, Windows};

const UNIX: &[System] = &[Linux, MacOs];

/// Every task, in the order of the page that offers them.
pub static TASKS: [Task; 10] = [
    Task {
        key: "msi",
        systems: &[Windows],
        brings: Brings::File,
        asks: &[Run, Arguments("/qn /norestart")],
        does: Does::Run("msiexec.exe /i {file} {arguments}"),
    },
    Task { key: "exe", systems: &[Windows], brings: Brings::File, asks: &[Run, Arguments("")], does: Does::Launch },
    Task {
        key: "batch",
        systems: &[Windows],
        brings: Brings::Script("install.bat"),
        asks: &[Run, Arguments("")],
        // Without `call`, a quotation mark behind /c would be taken for the command's own.
        does: Does::Run("cmd.exe /c call {file} {arguments}"),
    },
    Task {
        key: "powershell",
        systems: &[Windows],
        brings: Brings::Script("install.ps1"),
        asks: &[Run, Arguments("")],
        does: Does::Run("powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File {file} {arguments}"),
    },
    Task {
        key: "shell",
        systems: UNIX,
        brings: Brings::Script("install.sh"),
        asks: &[Run, Arguments("")],
        does: Does::Run("{file} {arguments}"),
    },
    Task { key: "store", systems: &System::ALL, brings: Brings::Files, asks: &[Path], does: Does::Store },
    Task {
        key: "uninstall",
        systems: &[Windows],
        brings: Brings::Nothing,
        asks: &[Product, Command],
        does: Does::Uninstall("msiexec.exe /x {file} /qn /norestart"),
    },
    Task {
        key: "agent",
        systems: &[Windows],
        brings: Brings::File,
        asks: &[Run, Arguments("/S /UPGRADE")],
        does: Does::Launch,
    },
    Task { key: "command", systems: &System::ALL, brings: Brings::Nothing, asks: &[Command], does: Does::Command },
    Task { key: "custom", systems: &System::ALL, brings: Brings::Maybe, asks: &[AskAction], does: Does::AsTyped },
];

/// The task of this name for a system.
pub fn task(key: &str, system: System) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.key == key && task.systems.contains(&system))
}

impl Task {
    /// What stands behind the file when nothing was typed yet.
    pub fn usual_arguments(&self) -> &'static str {
        let found = self.asks.iter().find_map(|ask| match ask {
            Arguments(usual) => Some(*usual),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// What its action is, unless that is asked for.
    pub fn action(&self) -> Option<Action> {
        match self.does {
            Does::Launch => Some(Action::Launch),
            Does::Run(_) | Does::Command | Does::Uninstall(_) => Some(Action::Execute),
            Does::Store => Some(Action::Store),
            Does::AsTyped => None,
        }
    }

    /// Whether it may bring a file.
    pub fn takes_files(&self) -> bool {
        self.brings != Brings::Nothing
    }
}
