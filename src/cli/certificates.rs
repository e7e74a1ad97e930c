//! `cert`: certificates.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::args::{Args, CertCommand};
use super::exit::{Code, Failure};
use super::place::{Need, Place, unexpected};
use crate::control::{Answer, Request};
use crate::tls::brought;
use crate::tls::own::Refusal;
use crate::tls::request::Wish;

/// Writes a text into a file, or on the standard output.
fn written(text: &str, output: Option<&Path>) -> Result<Code, Failure> {
    match output {
        None => super::print(text),
        Some(path) => {
            fs::write(path, text)
                .map_err(|error| Failure::refused(format!("`{}` cannot be written: {error}", path.display())))?;
            super::line(&format!("wrote {}", path.display()));
        }
    }
    Ok(Code::Done)
}

/// Does what is asked.
pub fn run(args: &Args, command: &CertCommand) -> Result<Code, Failure> {
    let mut place = Place::find(args, Need::Anything)?;
    match command {
        CertCommand::Renew => place.order(Request::RenewCertificate),
        CertCommand::Builtin => place.order(Request::BuiltinCertificate),
        CertCommand::ExportCa { output } => {
            let Answer::Text(pem) = place.demand(Request::Authority)? else { return Err(unexpected()) };
            written(&pem, output.as_deref())
        }
        CertCommand::Csr { country, state, city, organization, unit, name, email, names, output } => {
            let wish = Wish {
                country: country.clone(),
                state: state.clone(),
                city: city.clone(),
                organization: organization.clone(),
                unit: unit.clone(),
                name: name.clone(),
                email: email.clone(),
            };
            let asked = Request::CertificateRequest { wish, names: names.clone() };
            let Answer::Text(pem) = place.demand(asked)? else { return Err(unexpected()) };
            written(&pem, output.as_deref())
        }
        CertCommand::Install { files } => {
            let mut all = Vec::new();
            for path in files {
                let failed = |why: String| Failure::refused(format!("`{}` cannot be used: {why}", path.display()));
                let size = fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
                if size > brought::LARGEST as u64 {
                    return Err(failed(Refusal::TooLarge.to_string()));
                }
                all.push(serde_bytes::ByteBuf::from(fs::read(path).map_err(|error| failed(error.to_string()))?));
            }
            place.order(Request::InstallCertificate { files: all })
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
