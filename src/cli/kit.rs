//! `kit`: the agent kit as a folder.

use std::fs;
use std::path::Path;

use super::args::{Args, MakeKit};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Request};
use crate::i18n::Lang;
use crate::kit::{self, Kit, KitFile, stick};

/// Writes the kit into a folder that is not there yet, or is empty.
pub fn run(args: &Args, wanted: &MakeKit) -> Result<Code, Failure> {
    let secure = !wanted.plain;
    let host = kit::host(&wanted.server).ok_or_else(|| {
        Failure::refused(format!("`{}` is no name of a server: give a name or an address alone", wanted.server))
    })?;
    let tag = kit::tag(&wanted.tag).ok_or_else(|| {
        Failure::refused("the TAG holds a quotation mark or a control character, ends in a backslash, or is too long")
    })?;
    let lang = Lang::from_code(&wanted.lang)
        .ok_or_else(|| Failure::refused(format!("`{}` is no language: en or fr", wanted.lang)))?;
    let mut place = Place::find(args, Need::Anything)?;
    let Answer::Text(cacert) = place.demand(Request::Authority)? else { return Err(unexpected()) };
    let port = wanted.port.unwrap_or(if secure { 443 } else { 80 });
    let plain_port = if secure { wanted.plain_port } else { port };
    let (now, tray) = (wanted.now, wanted.tray);
    let kit = Kit { host, port, secure, plain_port, tag, now, tray, cacert, lang };
    let files = if wanted.usb { stick::files(&kit) } else { kit.files() };
    write(&wanted.folder, &files)?;
    super::line(&format!("wrote {}", wanted.folder.display()));
    Ok(Code::Done)
}

/// Nothing that is there already is replaced.
fn write(folder: &Path, files: &[KitFile]) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::refused(format!("`{}` cannot be written: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    if let Some(file) = files.iter().find(|file| folder.join(file.path).symlink_metadata().is_ok()) {
        let there = folder.join(file.path);
        return Err(Failure::refused(format!("`{}` is there already: choose an empty folder", there.display())));
    }
    for file in files {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        let put = fs::File::create_new(&path).and_then(|mut out| std::io::Write::write_all(&mut out, &file.bytes));
        put.map_err(|error| failed(&path, error))?;
        #[cfg(unix)]
        if file.runs {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&path, mode).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}
