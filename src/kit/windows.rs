//! For Windows: settings and scripts of agents 2.x, and of the first generation (1.x, 4.x), which speaks plain HTTP.

use super::quote::{batch, powershell};
use super::{Kit, KitFile, batch_text, windows_text};

/// Switches of the installer of agents 2.x, its TAG apart.
pub(super) fn switches(kit: &Kit) -> String {
    let mut switches = format!("/S /NOSPLASH /SERVER={} /SSL={}", kit.url(), u8::from(kit.secure));
    if kit.secure {
        switches.push_str(" /CA=cacert.pem");
    }
    if kit.now {
        switches.push_str(" /NOW");
    }
    if !kit.tray {
        switches.push_str(" /NO_SYSTRAY");
    }
    switches
}

/// Switches of the first generation, its TAG apart.
pub(super) fn old_switches(kit: &Kit) -> String {
    let now = if kit.now { " /NOW" } else { "" };
    format!("/S /NP /SERVER:{} /PNUM:{}{now}", kit.host, kit.plain_port)
}

/// The TAG behind a switch, blank in front; nothing without a TAG.
pub(super) fn tagged(kit: &Kit, switch: &str) -> String {
    if kit.tag.is_empty() { String::new() } else { format!(" {switch}{}", batch(&kit.tag)) }
}

pub(super) fn files(kit: &Kit) -> Vec<KitFile> {
    let mut files = vec![
        KitFile { path: "windows/install.cmd", bytes: batch_text(&install(kit)), runs: false },
        KitFile { path: "windows/ocsinventory.ini", bytes: windows_text(&ini(kit)), runs: false },
        KitFile { path: "windows/gpo-startup.ps1", bytes: windows_text(&startup(kit)), runs: false },
    ];
    // An address of six groups has no place in the settings of the first generation.
    if kit.plain_port > 0 && !kit.host.contains(':') {
        files.push(KitFile { path: "windows-1.x/install.cmd", bytes: batch_text(&old_install(kit)), runs: false });
        files.push(KitFile { path: "windows-1.x/login.cmd", bytes: batch_text(&login(kit)), runs: false });
        files.push(KitFile { path: "windows-1.x/service.ini", bytes: windows_text(&service(kit)), runs: false });
    }
    files
}

fn install(kit: &Kit) -> String {
    format!(
        "@echo off
rem Installs the agent 2.x without questions. Run as administrator; the installer lies beside this file.
setlocal
cd /d \"%~dp0\"
set DATA=%ProgramData%\\OCS Inventory NG\\Agent
if not exist \"%DATA%\" mkdir \"%DATA%\"
copy /y \"..\\cacert.pem\" \"%DATA%\\cacert.pem\" >nul
set SETUP=
for %%f in (OCS-*Agent*.exe) do set SETUP=%%f
if \"%SETUP%\"==\"\" (
  echo Put the installer of the agent, such as OCS-Windows-Agent-Setup-x64.exe, beside this file.
  exit /b 1
)
\"%SETUP%\" {}{}
exit /b %errorlevel%
",
        switches(kit),
        tagged(kit, "/TAG="),
    )
}

/// Where it goes: `%ProgramData%\OCS Inventory NG\Agent\ocsinventory.ini`.
fn ini(kit: &Kit) -> String {
    format!(
        "[OCS Inventory Agent]
ComProvider=ComHTTP.dll
Debug=0
Local=
NoSoftware=0
HKCU=0
NoTAG=0

[HTTP]
Server={}
SSL={}
CaBundle=cacert.pem
AuthRequired=0
ProxyType=0
",
        kit.url(),
        u8::from(kit.secure)
    )
}

fn startup(kit: &Kit) -> String {
    let tag = if kit.tag.is_empty() {
        String::new()
    } else {
        // The quotation marks are for the installer, the rest is one text of PowerShell.
        format!(" + ' /TAG=\"' + {} + '\"'", powershell(&kit.tag))
    };
    format!(
        "# Start-up script for a group policy: installs the agent 2.x where it is not yet.
# Put the installer and cacert.pem into the folder of this script, on a share that computers can read.
$ErrorActionPreference = 'Stop'
$service = Get-Service -Name 'OCS Inventory Service' -ErrorAction SilentlyContinue
if ($service) {{ exit 0 }}
$here = Split-Path -Parent $MyInvocation.MyCommand.Path
$setup = Get-ChildItem -Path $here -Filter 'OCS-*Agent*.exe' | Select-Object -First 1
if (-not $setup) {{ Write-Output 'There is no installer beside this script.'; exit 1 }}
$data = Join-Path $env:ProgramData 'OCS Inventory NG\\Agent'
New-Item -ItemType Directory -Force -Path $data | Out-Null
foreach ($folder in @($here, (Split-Path -Parent $here))) {{
  $ca = Join-Path $folder 'cacert.pem'
  if (Test-Path $ca) {{ Copy-Item $ca (Join-Path $data 'cacert.pem') -Force }}
}}
$switches = {}{tag}
$run = Start-Process -FilePath $setup.FullName -ArgumentList $switches -Wait -PassThru
exit $run.ExitCode
",
        powershell(&switches(kit))
    )
}

fn old_install(kit: &Kit) -> String {
    format!(
        "@echo off
rem Installs the agent of the first generation without questions. OcsAgentSetup.exe lies beside this file.
cd /d \"%~dp0\"
if not exist OcsAgentSetup.exe (
  echo Put OcsAgentSetup.exe beside this file.
  exit /b 1
)
OcsAgentSetup.exe {}{}
exit /b %errorlevel%
",
        old_switches(kit),
        tagged(kit, "/TAG:"),
    )
}

/// The launcher fetches `ocsagent.exe` from the server by itself; its own name tells it the server's.
fn login(kit: &Kit) -> String {
    let now = if kit.now { " /FORCE" } else { "" };
    format!(
        "@echo off
rem Login script with the launcher OcsLogon.exe, which lies beside this file.
rem The server delivers ocsagent.exe or ocspackage.exe: bring it on the page \"Agent files\".
copy /y \"%~dp0OcsLogon.exe\" \"%TEMP%\\{}.exe\" >nul
\"%TEMP%\\{}.exe\" /PNUM:{} /NP{now}{}
",
        kit.host,
        kit.host,
        kit.plain_port,
        tagged(kit, "/TAG:"),
    )
}

/// Where it goes: `service.ini` in the agent's own folder.
fn service(kit: &Kit) -> String {
    format!("[OCS_SERVICE]\nNoProxy=1\nServer={}\nPnum={}\n", kit.host, kit.plain_port)
}
