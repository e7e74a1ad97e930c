//! Tells the program when it was built, and gives the Windows program its icon, its version and its manifest. Nothing
//! else is decided at build time.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

/// 2025-01-01: no build is older. For builds that say nothing themselves; releases say the time of their source.
const FIRST_DAY: &str = "1735689600";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rerun-if-changed=appliance/windows");
    println!("cargo:rerun-if-changed=appliance/build.rs");
    let given = env::var("SOURCE_DATE_EPOCH").ok().filter(|text| text.parse::<i64>().is_ok());
    println!("cargo:rustc-env=BUILT_AT={}", given.as_deref().unwrap_or(FIRST_DAY));
    // Without the compiler of resources the program is the same, but for what Windows shows of it.
    if let (Ok("windows"), Some(tool)) = (env::var("CARGO_CFG_TARGET_OS").as_deref(), env::var_os("WINDRES")) {
        resources(&PathBuf::from(tool))?;
    }
    Ok(())
}

/// What the system reads in a program: 24 is the number of manifests, 1 is ours.
#[expect(clippy::disallowed_methods, reason = "no server runs here; the tool is named by who builds")]
fn resources(tool: &PathBuf) -> io::Result<()> {
    let variable = |name: &str| env::var(name).map_err(io::Error::other);
    let (out, version) = (PathBuf::from(variable("OUT_DIR")?), variable("CARGO_PKG_VERSION")?);
    let numbers = ["MAJOR", "MINOR", "PATCH"].map(|part| variable(&format!("CARGO_PKG_VERSION_{part}")));
    let [major, minor, patch] = numbers;
    let (major, minor, patch) = (major?, minor?, patch?);
    let text = format!(
        "1 ICON \"rollcall.ico\"
1 24 \"app.manifest\"
1 VERSIONINFO
FILEVERSION {major},{minor},{patch},0
PRODUCTVERSION {major},{minor},{patch},0
FILEOS 0x40004
FILETYPE 1
BEGIN
  BLOCK \"StringFileInfo\"
  BEGIN
    BLOCK \"040904b0\"
    BEGIN
      VALUE \"CompanyName\", \"Rollcall\"
      VALUE \"FileDescription\", \"Rollcall, an OCS Inventory server\"
      VALUE \"FileVersion\", \"{version}\"
      VALUE \"InternalName\", \"rollcall\"
      VALUE \"OriginalFilename\", \"rollcall.exe\"
      VALUE \"ProductName\", \"Rollcall\"
      VALUE \"ProductVersion\", \"{version}\"
    END
  END
  BLOCK \"VarFileInfo\"
  BEGIN
    VALUE \"Translation\", 0x409, 1200
  END
END
"
    );
    let (source, object) = (out.join("rollcall.rc"), out.join("rollcall-resources.o"));
    fs::write(&source, text)?;
    let done = Command::new(tool)
        .args(["--include-dir", "appliance/windows", "--output-format", "coff", "--input"])
        .arg(&source)
        .arg("--output")
        .arg(&object)
        .status()?;
    if !done.success() {
        return Err(io::Error::other(format!("{} ended with {done}", tool.display())));
    }
    println!("cargo:rustc-link-arg-bins={}", object.display());
    Ok(())
}
