//! `user`: accounts, and the way back in for who lost the password.

use std::io::{BufRead, IsTerminal, Read as _};

use serde_json::json;

use super::args::{Args, UserCommand};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Request};

/// A longer line is no password.
const LONGEST: u64 = 4096;

/// Does what is asked.
pub fn run(args: &Args, command: &UserCommand) -> Result<Code, Failure> {
    match command {
        UserCommand::List { json } => list(args, *json),
        UserCommand::Add { name, role, password_stdin } => {
            let (account, role) = (name.clone(), role.clone());
            let password = password(name, *password_stdin)?;
            Place::find(args, Need::Anything)?.order(Request::AddUser { account, role, password })
        }
        UserCommand::Password { name, password_stdin, code } => {
            let password = if *code { None } else { Some(password(name, *password_stdin)?) };
            Place::find(args, Need::Data)?.order(Request::SetPassword { account: name.clone(), password })
        }
        UserCommand::Role { name, role } => {
            Place::find(args, Need::Data)?.order(Request::SetRole { account: name.clone(), role: role.clone() })
        }
        UserCommand::Delete { name } => {
            Place::find(args, Need::Data)?.order(Request::DeleteUser { account: name.clone() })
        }
    }
}

fn list(args: &Args, as_json: bool) -> Result<Code, Failure> {
    let Answer::Users(users) = Place::find(args, Need::Data)?.demand(Request::Users)? else {
        return Err(unexpected());
    };
    if as_json {
        super::json(&json!(users));
        return Ok(Code::Done);
    }
    let mut rows = vec![["account", "role", "last log-in", ""].map(str::to_owned).to_vec()];
    for user in users {
        let locked = if user.locked { "locked" } else { "" };
        rows.push(vec![user.account, user.role, user.last_login.unwrap_or("never".to_owned()), locked.to_owned()]);
    }
    super::print(&super::columns(&rows));
    Ok(Code::Done)
}

/// Asked for twice on a terminal, without showing it; otherwise the first line of the standard input.
fn password(account: &str, stdin: bool) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::new(Code::Failed, format!("the password cannot be read: {error}"));
    if stdin || !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().take(LONGEST).read_line(&mut line).map_err(failed)?;
        let password = line.trim_end_matches(['\n', '\r']);
        if password.is_empty() {
            return Err(Failure::new(Code::Usage, "no password on the standard input."));
        }
        return Ok(password.to_owned());
    }
    let first = rpassword::prompt_password(format!("New password of {account}: ")).map_err(failed)?;
    let second = rpassword::prompt_password("The same again: ").map_err(failed)?;
    if first == second { Ok(first) } else { Err(Failure::refused("the two passwords differ; nothing was changed.")) }
}
