//! `option`: the options of the console, for scripts.

use serde_json::json;

use super::args::{Args, OptionCommand};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, OptionLine, Request};

/// Does what is asked.
pub fn run(args: &Args, command: &OptionCommand) -> Result<Code, Failure> {
    match command {
        OptionCommand::List { computer, json } => {
            let lines = lines(args, computer.clone(), None)?;
            if *json {
                super::json(&json!(lines));
                return Ok(Code::Done);
            }
            let by = |line: &OptionLine| match line.by.as_str() {
                "" => line.from.clone(),
                by => format!("{}, by {by}", line.from),
            };
            let rows: Vec<_> = lines.iter().map(|line| vec![line.name.clone(), line.value.clone(), by(line)]).collect();
            super::print(&super::columns(&rows));
            Ok(Code::Done)
        }
        OptionCommand::Get { name, computer, json } => {
            let lines = lines(args, computer.clone(), Some(name.clone()))?;
            let line = lines.first().ok_or_else(unexpected)?;
            if *json {
                super::json(&json!(line));
            } else {
                super::line(&line.value);
            }
            Ok(Code::Done)
        }
        OptionCommand::Set { name, value, default: _, computer } => {
            let (name, value, computer) = (name.clone(), value.clone(), computer.clone());
            Place::find(args, Need::Anything)?.order(Request::SetOption { name, value, computer })
        }
    }
}

fn lines(args: &Args, computer: Option<String>, name: Option<String>) -> Result<Vec<OptionLine>, Failure> {
    match Place::find(args, Need::Data)?.demand(Request::Options { computer, name })? {
        Answer::Options(lines) => Ok(lines),
        _ => Err(unexpected()),
    }
}
