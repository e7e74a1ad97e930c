//! Deployment of packages, as far as agents must always be told about it.
//!
//! The option DOWNLOAD stands in every answer to a PROLOG, also while deployment is off: its ON="0" is what
//! makes agents stop a download that they began. Source: agent protocol page, sections 3.4 and 12.2.

pub mod launcher;

use crate::capacity::{Capacity, Known};
use crate::options::{
    DOWNLOAD, DOWNLOAD_CYCLE_LATENCY, DOWNLOAD_EXECUTION_TIMEOUT, DOWNLOAD_FRAG_LATENCY, DOWNLOAD_PERIOD_LATENCY,
    DOWNLOAD_PERIOD_LENGTH, DOWNLOAD_TIMEOUT,
};
use crate::protocol::reply::{Opt, Param};

/// The part of deployment that talks to agents.
pub struct Download;

impl Capacity for Download {
    fn name(&self) -> &'static str {
        "DOWNLOAD"
    }

    fn prolog(&self, known: &Known<'_>) -> Option<Opt> {
        let number = |option| known.option(option).number().to_string();
        let on = if known.option(DOWNLOAD).switch() { "1" } else { "0" };
        let attributes = vec![
            ("TYPE", "CONF".to_owned()),
            ("ON", on.to_owned()),
            ("CYCLE_LATENCY", number(DOWNLOAD_CYCLE_LATENCY)),
            ("FRAG_LATENCY", number(DOWNLOAD_FRAG_LATENCY)),
            ("PERIOD_LATENCY", number(DOWNLOAD_PERIOD_LATENCY)),
            ("PERIOD_LENGTH", number(DOWNLOAD_PERIOD_LENGTH)),
            ("TIMEOUT", number(DOWNLOAD_TIMEOUT)),
            ("EXECUTION_TIMEOUT", number(DOWNLOAD_EXECUTION_TIMEOUT)),
        ];
        Some(Opt { name: "DOWNLOAD", params: vec![Param { attributes, text: String::new() }] })
    }
}
