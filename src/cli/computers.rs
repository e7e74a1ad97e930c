//! `show` and `computer`: one computer.

use super::args::{Args, ComputerCommand, Show};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Form, Request};

/// Prints everything about a computer. With `--json` and `--xml` nothing else is on the standard output.
pub fn show(args: &Args, show: &Show) -> Result<Code, Failure> {
    let form = match (show.json, show.xml) {
        (true, _) => Form::Json,
        (_, true) => Form::Xml,
        _ => Form::Text,
    };
    let request = Request::Show { computer: show.computer.clone(), form };
    let Answer::Text(text) = Place::find(args, Need::Data)?.demand(request)? else { return Err(unexpected()) };
    super::print(&text);
    Ok(Code::Done)
}

/// Changes a computer.
pub fn change(args: &Args, command: &ComputerCommand) -> Result<Code, Failure> {
    let ComputerCommand::Tag { computer, tag } = command;
    Place::find(args, Need::Data)?.order(Request::Tag { computer: computer.clone(), tag: tag.clone() })
}
