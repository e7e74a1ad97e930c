//! `config`: the settings that apply.

use serde_json::json;

use super::args::{Args, Config};
use super::exit::{Code, Failure};
use crate::config::sample;

/// Prints them, or a sample file.
pub fn run(args: &Args, config: &Config) -> Result<Code, Failure> {
    if config.sample {
        super::print(&sample());
        return Ok(Code::Done);
    }
    let settings = super::place::settings(args, &[])?;
    if config.json {
        let lines: Vec<_> = settings
            .effective()
            .into_iter()
            .map(|line| json!({ "name": line.setting.name, "value": line.value, "origin": line.origin.to_string() }))
            .collect();
        super::json(&json!(lines));
    } else {
        super::print(&settings.report());
    }
    Ok(Code::Done)
}
