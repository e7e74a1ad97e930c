//! `audit`: is the audit log as it was written?

use serde_json::json;

use super::args::{Args, AuditCommand};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Request};

/// Follows the chain of the log (SEC-57), and prints what is wrong and a verdict.
pub fn run(args: &Args, command: &AuditCommand) -> Result<Code, Failure> {
    let AuditCommand::Verify { json } = command;
    let Answer::Audited(entries, wrong) = Place::find(args, Need::Data)?.demand(Request::Audit)? else {
        return Err(unexpected());
    };
    if *json {
        super::json(&json!({ "fine": wrong.is_empty(), "entries": entries, "wrong": wrong }));
    } else {
        wrong.iter().for_each(|sentence| super::line(sentence));
        let verdict =
            if wrong.is_empty() { "all are as they were written" } else { "the log is not as it was written" };
        super::line(&format!("Entries of the audit log: {entries}; {verdict}."));
    }
    Ok(if wrong.is_empty() { Code::Done } else { Code::Failed })
}
