//! `check`: is everything that is stored in order?

use serde_json::json;

use super::args::{Args, Check};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Request};

/// Checks, and prints the records of each table and a verdict.
pub fn run(args: &Args, check: &Check) -> Result<Code, Failure> {
    let answer = Place::find(args, Need::Data)?.demand(Request::Check { compact: check.compact })?;
    let Answer::Checked(found, compacted) = answer else { return Err(unexpected()) };
    let fine = found.fine();
    let wrong = found.wrong.len() as u64 + found.more;
    if check.json {
        let counts: serde_json::Map<_, _> =
            found.counts.iter().map(|(name, count)| (name.clone(), json!(count))).collect();
        super::json(
            &json!({ "fine": fine, "records": counts, "wrong": found.wrong, "more": found.more, "compacted": compacted }),
        );
    } else {
        let rows: Vec<_> = found.counts.iter().map(|(name, count)| vec![name.clone(), count.to_string()]).collect();
        super::print(&super::columns(&rows));
        found.wrong.iter().for_each(|sentence| super::line(sentence));
        if found.more > 0 {
            super::line(&format!("and {} more", found.more));
        }
        match compacted {
            Some(true) => super::line("The file is smaller now."),
            Some(false) => super::line("The file was as small as it can be."),
            None if check.compact => super::line("The file was left as it is."),
            None => {}
        }
        super::line(&if fine { "Everything is in order.".to_owned() } else { format!("Wrong: {wrong}") });
    }
    Ok(if fine { Code::Done } else { Code::Failed })
}
