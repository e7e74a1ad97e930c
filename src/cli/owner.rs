//! Whose the data folder is: root does not begin to work in the folder of another account.
//!
//! The server of that account could not open what root leaves there. Asking a running server is something else: root may.
//!
//! Source: SEC-61 (the service has an account of its own).

use std::path::Path;

#[cfg(unix)]
use super::exit::Code;
use super::exit::Failure;

/// Root.
#[cfg(unix)]
const ROOT: u32 = 0;

/// Refuses when root would work in a folder that is another account's. A folder that does not exist is nobody's.
///
/// # Errors
/// It would; the sentence names the account, and how the command is run with it.
#[cfg(unix)]
pub fn refuse_anothers(data: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;

    // Where there is no /proc, nothing is known about this process.
    let (Ok(own), Ok(folder)) = (std::fs::metadata("/proc/self"), std::fs::metadata(data)) else { return Ok(()) };
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    match refusal(own.uid(), folder.uid(), &accounts, data) {
        Some(sentence) => Err(Failure::new(Code::Folder, sentence)),
        None => Ok(()),
    }
}

/// Elsewhere an account that may everything leaves files that others can use.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn refuse_anothers(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// The sentence, from the numbers of both accounts and the text of /etc/passwd.
#[cfg(unix)]
fn refusal(own: u32, owner: u32, accounts: &str, data: &Path) -> Option<String> {
    if own != ROOT || owner == ROOT {
        return None;
    }
    // An account that only a directory service knows is named by its number; sudo takes both.
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(owner)).then(|| name.to_owned())
    });
    let name = name.unwrap_or_else(|| format!("'#{owner}'"));
    let data = data.display();
    Some(format!(
        "the data folder `{data}` belongs to the account `{name}`, and files that root makes there could not be used by it: \
         run the command as that account, `sudo -u {name} rollcall --data {data} …`, or while its server runs."
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "root:x:0:0:root:/root:/bin/bash\nrollcall:x:996:996::/var/lib/rollcall:/usr/sbin/nologin\n";

    fn told(own: u32, owner: u32) -> Option<String> {
        refusal(own, owner, ACCOUNTS, Path::new("/var/lib/rollcall"))
    }

    #[test]
    fn sec_61_root_leaves_no_files_in_the_folder_of_another_account() {
        let told = told(0, 996).unwrap();
        assert!(
            told.contains("`rollcall`") && told.contains("sudo -u rollcall rollcall --data /var/lib/rollcall"),
            "{told}"
        );
    }

    #[test]
    fn an_account_without_a_name_here_is_named_by_its_number() {
        assert!(told(0, 70_000).unwrap().contains("sudo -u '#70000' "));
    }

    #[test]
    fn everybody_works_in_their_own_folder_and_the_system_judges_the_rest() {
        assert_eq!((told(0, 0), told(996, 996), told(996, 0)), (None, None, None));
    }
}
