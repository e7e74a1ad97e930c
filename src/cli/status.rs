//! `status`: how the running server is.

use serde_json::json;

use super::args::{Args, Status};
use super::exit::{Code, Failure};
use super::place::{settings, unexpected};
use crate::config::show_duration;
use crate::control::{Answer, Client, Request};

/// Asks the running server. There is nothing to ask when none runs.
pub fn run(args: &Args, status: &Status) -> Result<Code, Failure> {
    let data = settings(args, &[])?.data;
    let Some(mut client) = Client::find(&data)? else {
        return Err(Failure::refused(format!("no server is running on the data folder `{}`.", data.display())));
    };
    let answer = match client.ask(&Request::Status)? {
        Answer::Status(answer) => *answer,
        Answer::Refused(why) => return Err(Failure::refused(why)),
        _ => return Err(unexpected()),
    };
    if status.json {
        super::json(&json!(answer));
        return Ok(Code::Done);
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let listening = if answer.listening.is_empty() { "nowhere".to_owned() } else { answer.listening.join(", ") };
    let state = match (&answer.trouble, answer.accepting) {
        (Some(why), _) => format!("refused: {why}"),
        (None, false) => "refused: the disk is nearly full".to_owned(),
        (None, true) => "accepted".to_owned(),
    };
    super::print(&super::columns(&[
        row("version", answer.version),
        row("running for", show_duration(std::time::Duration::from_secs(answer.uptime_seconds))),
        row("listening on", listening),
        row("inventories", state),
        row("computers", answer.computers.to_string()),
        row("rows of software", answer.software_rows.to_string()),
        row("contacts today", answer.contacts_today.to_string()),
        row("database", format!("{:.1} MiB", answer.store_bytes as f64 / f64::from(1 << 20))),
        row("certificate until", answer.certificate_end.unwrap_or_else(|| "no certificate".to_owned())),
    ]));
    Ok(Code::Done)
}
