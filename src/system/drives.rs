//! Which file systems of local disks are mounted where: from the table that Linux keeps for this process.
//!
//! Only the table is read, nothing is asked of the disks themselves: one that does not answer stops nobody here.
//!
//! Source: proc(5), `/proc/[pid]/mountinfo`.

use std::path::PathBuf;

/// Kinds that lie on a disk of this machine; network shares and what the kernel makes up are none of them.
const LOCAL: [&str; 20] = [
    "vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "ext2", "ext3", "ext4", "btrfs", "xfs", "f2fs", "jfs",
    "reiserfs", "hfs", "hfsplus", "udf", "iso9660", "erofs", "tmpfs",
];

/// Where they are mounted now.
#[cfg(target_os = "linux")]
pub(super) fn mounted() -> Vec<PathBuf> {
    std::fs::read("/proc/self/mountinfo").map(|table| read(&table)).unwrap_or_default()
}

/// Reads the table: `36 35 98:0 / /mnt/usb rw,noatime shared:1 - vfat /dev/sdb1 rw`.
fn read(table: &[u8]) -> Vec<PathBuf> {
    let line = |line: &[u8]| {
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let end = words.iter().position(|word| *word == b"-")?;
        let kind = words.get(end + 1)?;
        let local = LOCAL.iter().any(|local| local.as_bytes() == *kind);
        local.then(|| path(words.get(4).copied().unwrap_or_default()))
    };
    table.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// A path without its escapes: `\040` stands for a blank.
fn path(word: &[u8]) -> PathBuf {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let number = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        out.push(number.unwrap_or(*first));
        rest = if number.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    #[cfg(unix)]
    return PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(out));
    #[cfg(not(unix))]
    return PathBuf::from(String::from_utf8_lossy(&out).into_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_imp_5_mounted_disks_are_known_by_their_kind_whatever_their_names_hold() {
        let table = b"22 28 0:20 / /proc rw,nosuid - proc proc rw\n\
            36 35 98:0 / /mnt/my\\040stick\\134\xc3\xa9 rw,noatime shared:1 master:2 - vfat /dev/sdb1 rw\n\
            37 35 0:41 / /mnt/share rw - nfs4 srv:/x rw\n\
            38 35 0:42 / /media/ram rw - tmpfs none rw\n\
            short line\n\
            39 35 0:43 / /media/odd\\04x rw - ext4 /dev/x rw";
        let found: Vec<String> = read(table).iter().map(|path| path.display().to_string()).collect();
        assert_eq!(found, ["/mnt/my stick\\é", "/media/ram", "/media/odd\\04x"]);
        assert!(read(b"").is_empty() && read(b" - \n-").is_empty());
    }
}
