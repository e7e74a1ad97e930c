//! GENERATE_OCS_FILES: a copy of each stored inventory as a file, as the incumbent writes it.
//!
//! The name is made of the device id with everything but ASCII letters, digits, dot, dash and underscore
//! replaced, so that it cannot leave the folder.

use std::io::Write;
use std::path::Path;

use super::Agents;
use crate::id::DeviceId;
use crate::options::{GENERATE_OCS_FILES, OCS_FILES_FORMAT, OCS_FILES_OVERWRITE, OCS_FILES_PATH};

impl Agents {
    /// Whether copies are kept at all.
    pub(super) fn keeps_files(&self) -> bool {
        self.app.options.general().switch(GENERATE_OCS_FILES)
    }

    /// Writes a copy. `packed` is the body as received, `text` the same decoded. A failure is logged: the
    /// inventory itself is stored already.
    pub(super) fn keep_file(&self, device: &DeviceId, packed: &[u8], text: &str) {
        let options = self.app.options.general();
        let bytes = if options.text(OCS_FILES_FORMAT) == "XML" { text.as_bytes() } else { packed };
        let folder = Path::new(options.text(OCS_FILES_PATH));
        if let Err(error) = write(folder, &file_name(device), bytes, options.switch(OCS_FILES_OVERWRITE)) {
            tracing::warn!("cannot keep a copy of an inventory in `{}`: {error}", folder.display());
        }
    }
}

fn file_name(device: &DeviceId) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    device.as_str().chars().map(plain).collect()
}

/// `NAME.ocs`; without overwriting, an existing file leads to `NAME-1.ocs`, `NAME-2.ocs`, ...
fn write(folder: &Path, name: &str, bytes: &[u8], overwrite: bool) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut number = 0_u32;
    loop {
        let file = if number == 0 { format!("{name}.ocs") } else { format!("{name}-{number}.ocs") };
        let mut options = std::fs::OpenOptions::new();
        options.write(true);
        let opened = if overwrite { options.create(true).truncate(true) } else { options.create_new(true) };
        match opened.open(folder.join(file)) {
            Ok(mut file) => return file.write_all(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 9_999 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_13_a_device_id_cannot_leave_the_folder() {
        let device: DeviceId = "../../é a/b\\c:d-2026-02-03-08-15-42".parse().unwrap();
        assert_eq!(file_name(&device), ".._..___a_b_c_d-2026-02-03-08-15-42");
    }

    #[test]
    fn copies_are_numbered_unless_they_may_be_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [b"1", b"2"] {
            write(folder.path(), "pc", bytes, false).unwrap();
        }
        assert_eq!(std::fs::read(folder.path().join("pc.ocs")).unwrap(), b"1");
        assert_eq!(std::fs::read(folder.path().join("pc-1.ocs")).unwrap(), b"2");
        write(folder.path(), "pc", b"3", true).unwrap();
        assert_eq!(std::fs::read(folder.path().join("pc.ocs")).unwrap(), b"3");
    }
}
