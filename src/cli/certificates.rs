//! `cert`: certificates.

use std::fs;

use serde_json::json;

use super::args::{Args, CertCommand};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Request};

/// Does what is asked.
pub fn run(args: &Args, command: &CertCommand) -> Result<Code, Failure> {
    let mut place = Place::find(args, Need::Anything)?;
    match command {
        CertCommand::Renew => place.order(Request::RenewCertificate),
        CertCommand::ExportCa { output } => {
            let Answer::Text(pem) = place.demand(Request::Authority)? else { return Err(unexpected()) };
            match output {
                None => super::print(&pem),
                Some(path) => {
                    fs::write(path, &pem).map_err(|error| {
                        Failure::refused(format!("`{}` cannot be written: {error}", path.display()))
                    })?;
                    super::line(&format!("wrote {}", path.display()));
                }
            }
            Ok(Code::Done)
        }
        CertCommand::Show { json } => {
            let Answer::Certificates(lines) = place.demand(Request::Certificates)? else { return Err(unexpected()) };
            if *json {
                super::json(&json!(lines));
                return Ok(Code::Done);
            }
            for line in lines {
                super::line(&line.what);
                let row = |name: &str, value: &str| vec![format!("  {name}"), value.to_owned()];
                super::print(&super::columns(&[
                    row("subject", &line.subject),
                    row("names", &line.names.join(", ")),
                    row("from", &line.from),
                    row("until", &line.until),
                    row("key", &line.key),
                    row("SHA-256", &line.fingerprint),
                ]));
            }
            Ok(Code::Done)
        }
    }
}
