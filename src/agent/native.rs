//! The native JSON of GLPI agents: contact, inventory, and nothing that would make an agent believe that this is
//! a GLPI server when it did not ask in JSON. Source: agent protocol page, section 20.3.

use super::ingest::Parsed;
use super::locks::Guard;
use super::pool::Memory;
use super::post::{AnswerAs, Fault, Mail, Work};
use super::{Agents, Answer, Caller, Source};
use crate::history::Kind;
use crate::inventory::software::Recognised;
use crate::options::PROLOG_FREQ;
use crate::protocol::envelope::Opened;
use crate::protocol::json::{self, Native};
use crate::protocol::{self, Packing};
use crate::text::Repairs;

impl Agents {
    /// Answers a body of JSON.
    pub(super) fn native(
        &self,
        opened: &Opened<'_>,
        body: &[u8],
        caller: &Caller,
        source: Option<&Source>,
        guard: Option<Guard>,
        memory: Memory,
    ) -> Result<Work, Fault> {
        let limits = &self.app.config.limits;
        let begun = std::time::Instant::now();
        let native = json::read(&opened.bytes, limits, &|| begun.elapsed() > limits.parse_time)?;
        // Only agents that name themselves are answered in JSON; a file needs no name.
        if source.is_none() && !caller.glpi {
            return Err(protocol::Error::UnknownQuery("JSON without GLPI-Agent-ID".to_owned()).into());
        }
        match native {
            Native::Inventory(report) => {
                let device = report.message.device_id()?;
                let Some(guard) = guard.or_else(|| self.locks.attempt(&device.folded())) else {
                    return Ok(Work::Locked(device.folded()));
                };
                let mut message = report.message;
                // The TAG stands beside the content here.
                if let Some(tag) = report.tag
                    && message.sections("ACCOUNTINFO").next().is_none()
                {
                    message.content.push(account(&tag));
                }
                let mail = Mail {
                    device,
                    cut: None,
                    repairs: Repairs::default(),
                    size: body.len(),
                    caller,
                    source,
                    partial: report.partial,
                };
                let started = self
                    .ingest(&mail.offer(&message, Parsed::WHOLE, &Recognised::default()), guard)
                    .map_err(Fault::from);
                let native = Some(self.hours());
                let answer = AnswerAs { packing: Packing::Plain, content_type: json::CONTENT_TYPE, native };
                let text = String::from_utf8_lossy(&opened.bytes);
                let device = mail.device;
                self.settle(started, device, body, &text, caller, answer, memory)
            }
            _ if source.is_some() => Err(protocol::Error::NoQuery.into()),
            Native::Contact(contact) => {
                self.note(&contact.device_id, caller, body.len(), Kind::Native, "contact");
                Ok(Work::Done(said(json::contact_answer(self.hours()))))
            }
            Native::GetParams => Ok(Work::Done(said(json::ok(self.hours())))),
            Native::Other(action) => Err(protocol::Error::UnknownQuery(action).into()),
        }
    }

    fn hours(&self) -> u32 {
        u32::try_from(self.app.options.general().number(PROLOG_FREQ)).unwrap_or(24).max(1)
    }
}

fn said(text: String) -> Answer {
    Answer { status: 200, content_type: json::CONTENT_TYPE, body: text.into_bytes(), retry_after: None }
}

fn account(tag: &str) -> protocol::Element<'static> {
    let cell = |name: &'static str, value: &str| protocol::Cell { name: name.into(), value: value.to_owned().into() };
    protocol::Element { tag: "ACCOUNTINFO".into(), cells: vec![cell("KEYNAME", "TAG"), cell("KEYVALUE", tag)] }
}
