//! What a second site needs before it starts: the main server's address, its authority, the token.
//!
//! Address, authority and token are kept in the folder `replica`, so that later starts need the address only. That folder is
//! also what tells a second site from a server of its own: neither starts on the other's data.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use super::exit::{Code, Failure};
use crate::app::{App, private_folder};
use crate::clock::Clock;
use crate::config::{Config, MainAddress, Origin};
use crate::replica::MainServer;
use crate::replica::main_server::{Token, keep_changed};
use crate::service;
use crate::users::store as accounts;

/// Where the token may stand instead of a file.
const VARIABLE: &str = "ROLLCALL_REPLICA_TOKEN";
/// The file with the main server's address.
const MAIN: &str = "main";
/// Bytes of a file that are read.
const LONGEST: u64 = 1 << 20;

/// A second site before it starts.
pub struct Site {
    /// The main server.
    pub main: MainServer,
    /// Its address, for people.
    pub shown: String,
    /// The file that keeps its authorities.
    pub trusted: PathBuf,
}

/// The second site that the settings ask for; `None` for a server of its own.
///
/// # Errors
/// A sentence that says what is missing.
pub fn prepare(app: &App) -> Result<Option<Site>, Failure> {
    let folder = app.folder("replica");
    let Some(address) = &app.config.replica_of else { return own(&folder).map(|()| None) };
    if known_main(&folder).is_none() && !is_blank(app)? {
        return Err(Failure::new(
            Code::Settings,
            "this data folder has computers, accounts or packages of its own; a second site needs a folder of its own: \
             choose an empty one with --data.",
        ));
    }
    let shown = address.to_string();
    private_folder(&folder).map_err(|error| unwritable(&folder, &error))?;
    let main = main_server(&app.config, address, &folder, app.clock.clone())?;
    let trusted = folder.join("cacert.pem");
    let (token, pem) = (main.token.reveal(), main.trusted.as_str());
    for (path, text) in [(folder.join("token"), token), (trusted.clone(), pem), (folder.join(MAIN), &shown)] {
        keep_changed(&path, text).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(Some(Site { main, shown, trusted }))
}

/// What a service of these settings is given, so that it starts as a second site; `None` for a server of its own. Whether
/// the data are those of another server is seen when it starts. With `again` a second site stays one: a setup of the next
/// version does not say anew what the service is.
///
/// # Errors
/// A sentence that says what is missing, as [`prepare`] says it.
pub fn handed_over(config: &Config, data: &Path, again: bool) -> Result<Option<service::Site>, Failure> {
    let folder = data.join("replica");
    let known = known_main(&folder).filter(|_| again).and_then(|main| main.trim().parse().ok());
    let Some(address) = config.replica_of.as_ref().or(known.as_ref()) else { return own(&folder).map(|()| None) };
    let main = main_server(config, address, &folder, Clock::system())?;
    // The settings file is the service's as well.
    let told = !matches!(config.origin("replica.of"), Origin::File(..));
    Ok(Some(service::Site { main: told.then(|| address.to_string()), token: main.token, authorities: main.trusted }))
}

/// Refuses the data of a second site for a server of its own.
fn own(folder: &Path) -> Result<(), Failure> {
    match known_main(folder) {
        None => Ok(()),
        Some(main) => Err(Failure::new(
            Code::Settings,
            format!(
                "this data folder is a second site of {}: start it with --replica-of {0}, or choose another folder \
                 with --data.",
                main.trim()
            ),
        )),
    }
}

/// The address of the main server of earlier starts.
fn known_main(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join(MAIN)).ok()
}

/// The main server with what was given now, or is kept in the folder.
fn main_server(config: &Config, address: &MainAddress, folder: &Path, clock: Clock) -> Result<MainServer, Failure> {
    let shown = address.to_string();
    let pem = authorities(config, &folder.join("cacert.pem"), &shown)?;
    let token = token(config, &folder.join("token"), &shown)?;
    MainServer::new(address, token, pem, clock).map_err(|error| {
        Failure::new(Code::Settings, format!("the main server's cacert.pem holds no usable certificate: {error}."))
    })
}

/// Whether a server was never used for anything.
fn is_blank(app: &App) -> Result<bool, Failure> {
    let administrator = app.read(accounts::any_administrator);
    let administrator = administrator.map_err(|error| Failure::new(Code::Data, format!("{error}.")))?;
    Ok(!administrator && app.fleet.look().is_empty() && app.board.look().packages.is_empty())
}

/// The file that was given, and what the main server said about itself since.
fn authorities(config: &Config, kept: &Path, shown: &str) -> Result<String, Failure> {
    let known = read(kept).ok().unwrap_or_default();
    let given = &config.replica_ca;
    let pem = if given.as_os_str().is_empty() {
        known
    } else {
        let given = read(given)
            .map_err(|error| Failure::new(Code::Settings, format!("`{}` cannot be read: {error}.", given.display())))?;
        if known.contains(given.trim()) { known } else { format!("{}\n{known}", given.trim_end()) }
    };
    if pem.trim().is_empty() {
        return Err(Failure::new(
            Code::Settings,
            format!(
                "the first start of a second site needs --replica-ca with the cacert.pem of {shown}: its console shows it \
                 under Certificates."
            ),
        ));
    }
    Ok(pem)
}

/// The token from the environment, a file, an earlier start, or whoever sits at the terminal.
fn token(config: &Config, kept: &Path, shown: &str) -> Result<Token, Failure> {
    let file = &config.replica_token;
    let (text, from) = if let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        (text.to_string_lossy().into_owned(), VARIABLE.to_owned())
    } else if !file.as_os_str().is_empty() {
        let text = read(file)
            .map_err(|error| Failure::new(Code::Settings, format!("`{}` cannot be read: {error}.", file.display())))?;
        (text, format!("`{}`", file.display()))
    } else if let Ok(text) = read(kept) {
        (text, format!("`{}`", kept.display()))
    } else if std::io::stdin().is_terminal() {
        let failed = |error| Failure::new(Code::Failed, format!("the token cannot be read: {error}."));
        let text = rpassword::prompt_password(format!("Token of this site, from the console of {shown}: "));
        (text.map_err(failed)?, "what was typed".to_owned())
    } else {
        return Err(Failure::new(
            Code::Settings,
            format!(
                "the first start of a second site needs the token that the console of {shown} makes (Deployment, second \
                 sites): write it into a file and name it with --replica-token-file, or set {VARIABLE}."
            ),
        ));
    };
    Token::of(&text).ok_or_else(|| {
        Failure::new(
            Code::Settings,
            format!("{from} is no token of a second site: it begins with rollcall-site- and has 64 digits behind it."),
        )
    })
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Code::Folder, format!("`{}` cannot be written: {error}.", path.display()))
}
