//! POST: open, decode, read, hand to whoever answers, pack the answer as the request was packed.
//!
//! Short messages (a PROLOG has some hundred bytes) are answered at once; the others go to the parsing pool. An
//! inventory's commit is waited for without holding a place there.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::ingest::{Ingested, Offer, Parsed, Rejected, Started};
use super::locks::Guard;
use super::pool::{Memory, Taker, Yield};
use super::{Agents, Answer, Caller, Source};
use crate::deployment::actions;
use crate::history::{Contact, Kind, Outcome, Refusal, Trouble, handshakes, trust};
use crate::id::{ComputerId, DeviceId};
use crate::inventory::cut::{self, Class, Cut};
use crate::inventory::software::Recognised;
use crate::limits::Limits;
use crate::protocol::envelope::{self, EnvelopeError, Packing};
use crate::protocol::{self, Agent, Family, Message, Query, Reply, reply, scan, xml};
use crate::store::{self, Pending};
use crate::text::{self, Repairs};

/// A body up to this size, and a message up to [`SHORT_TEXT`], is answered without going to the pool.
const SHORT_BODY: usize = 2 << 10;
const SHORT_TEXT: usize = 64 << 10;

/// A body with the memory that is counted for it: as long as it waits in the queue, also when its agent has hung up.
struct Body {
    bytes: Vec<u8>,
    _memory: Memory,
}

/// What became of a message on the parsing thread.
pub(super) enum Work {
    /// It is answered.
    Done(Answer),
    /// It is answered when its change is on the disk.
    Stored(Storing, AnswerAs),
    /// An inventory waits for its commit.
    Waiting(Pending<Result<(), store::Error>>, Box<Waiting>),
    /// An inventory's commit is over, one way or the other.
    Over(Result<(), store::Error>, Box<Waiting>),
    /// Another inventory of the same computer is being worked on.
    Locked(String),
}

/// A small change on its way to the disk.
pub(super) enum Storing {
    /// The result of a package.
    Result(actions::Storing),
    /// The addresses of a NOTIFY.
    Addresses(Pending<Result<(), store::Error>>),
}

impl Storing {
    async fn done(self) -> Result<(), store::Error> {
        match self {
            Storing::Result(pending) => pending.done().await.map(drop),
            Storing::Addresses(pending) => pending.done().await,
        }
    }
}

/// What a message other than an inventory is answered.
enum Said {
    Now(Reply),
    /// Nothing, as soon as this is on the disk.
    Stored(Storing),
}

/// An inventory that waits for its commit, with what its answer needs.
pub(super) struct Waiting {
    ingested: Ingested,
    device: DeviceId,
    answer: AnswerAs,
    /// Body and text, where a copy is kept as a file.
    copy: Option<(Vec<u8>, String)>,
    _memory: Memory,
}

/// How an answer is packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerAs {
    pub(super) packing: Packing,
    pub(super) content_type: &'static str,
    /// Native JSON is answered in its own words, with the hours until the next contact.
    pub(super) native: Option<u32>,
}

/// Why a message is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// It cannot be opened.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// It cannot be read.
    #[error(transparent)]
    Protocol(#[from] protocol::Error),
    /// A rule refuses it.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// It cannot be stored now.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// All messages together take too much memory.
    #[error("too many messages at once")]
    Memory,
}

impl From<Rejected> for Fault {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Refused(refusal) => Fault::Refused(refusal),
            Rejected::Store(error) => Fault::Store(error),
        }
    }
}

impl Fault {
    /// The status. Android agents show "wrong version" on 400, and get the engine's 500 for what cannot be read.
    fn answer(&self, family: Family) -> Answer {
        let unreadable = if family == Family::Android { 500 } else { 400 };
        match self {
            Fault::Envelope(EnvelopeError::TooLarge { .. }) => Answer::failure(413),
            Fault::Envelope(EnvelopeError::Empty | EnvelopeError::Damaged { .. } | EnvelopeError::Unknown) => {
                Answer::failure(unreadable)
            }
            Fault::Protocol(error) if error.status() == 400 => Answer::failure(unreadable),
            Fault::Protocol(error) => Answer::failure(error.status()),
            Fault::Refused(Refusal::Locked | Refusal::NoSession | Refusal::Held) => Answer::failure(403),
            Fault::Refused(Refusal::Nameless) => Answer::failure(unreadable),
            Fault::Refused(Refusal::Older) => Answer::failure(409),
            Fault::Refused(Refusal::NoSpace) | Fault::Store(_) | Fault::Memory => Answer::busy(),
        }
    }

    /// The reason as the status page counts it.
    fn trouble(&self) -> Trouble {
        match self {
            Fault::Envelope(EnvelopeError::TooLarge { .. }) => Trouble::Large,
            Fault::Protocol(error) if error.status() == 413 => Trouble::Large,
            Fault::Protocol(protocol::Error::NoDeviceId) | Fault::Refused(Refusal::Nameless) => Trouble::Nameless,
            Fault::Envelope(_) | Fault::Protocol(_) => Trouble::Unreadable,
            Fault::Refused(Refusal::Locked) => Trouble::Locked,
            Fault::Refused(Refusal::NoSession) => Trouble::NoSession,
            Fault::Refused(Refusal::Held) => Trouble::Held,
            Fault::Refused(Refusal::NoSpace) => Trouble::NoSpace,
            Fault::Memory | Fault::Store(store::Error::Busy) => Trouble::Busy,
            // Only a file is older than what is stored.
            Fault::Refused(Refusal::Older) | Fault::Store(_) => Trouble::Store,
        }
    }
}

impl Agents {
    /// Answers a POST of an agent.
    pub async fn post(self: &Arc<Self>, body: Vec<u8>, caller: Caller) -> Answer {
        let answer = self.answered(body, caller).await;
        if answer.status == 200 {
            self.app.hours.answered(self.now());
        }
        answer
    }

    /// The answer when too much is going on at once.
    fn too_busy(&self) -> Answer {
        self.app.hours.refused(self.now(), Trouble::Busy);
        Answer::busy()
    }

    async fn answered(self: &Arc<Self>, body: Vec<u8>, caller: Caller) -> Answer {
        if body.len() <= SHORT_BODY
            && let Some(work) = self.short(&body, &caller)
        {
            return self.finish(work, &caller).await;
        }
        let Some(memory) = self.pool.reserve(body.len()) else { return self.too_busy() };
        let body = Arc::new(Body { bytes: body, _memory: memory });
        match self.on_pool(body.clone(), caller.clone(), None).await {
            Some(Work::Locked(folded)) => match self.locks.wait(&folded).await {
                Some(guard) => match self.on_pool(body, caller.clone(), Some(guard)).await {
                    Some(work) => self.finish(work, &caller).await,
                    None => self.too_busy(),
                },
                None => {
                    self.note_refusal(&folded, &caller, body.bytes.len(), Refusal::Locked);
                    self.app.hours.refused(self.now(), Trouble::Locked);
                    Fault::Refused(Refusal::Locked).answer(Agent::of(&caller.agent).family)
                }
            },
            Some(work) => self.finish(work, &caller).await,
            None => self.too_busy(),
        }
    }

    async fn on_pool(self: &Arc<Self>, body: Arc<Body>, caller: Caller, guard: Option<Guard>) -> Option<Work> {
        let agents = self.clone();
        let work = move || match agents.work(&body.bytes, &caller, guard) {
            Work::Waiting(pending, waiting) => Yield::Later(Box::new(|take: Taker<Work>| {
                pending.then(|outcome| take(Work::Over(outcome, waiting)));
            })),
            work => Yield::Now(work),
        };
        self.pool.run(work).await
    }

    async fn finish(self: &Arc<Self>, work: Work, caller: &Caller) -> Answer {
        match work {
            Work::Done(answer) => answer,
            Work::Stored(storing, answer) => match storing.done().await {
                Ok(()) => answer.pack(&Reply::Empty),
                Err(error) => self.failure(&error.into(), caller),
            },
            // Locked twice cannot happen: the guard was handed in.
            Work::Locked(_) => Answer::failure(403),
            Work::Waiting(pending, waiting) => {
                let outcome = pending.done().await;
                self.told(outcome, *waiting).await
            }
            Work::Over(outcome, waiting) => self.told(outcome, *waiting).await,
        }
    }

    /// Answers an inventory whose commit is over.
    async fn told(self: &Arc<Self>, outcome: Result<(), store::Error>, waiting: Waiting) -> Answer {
        if let Err(error) = outcome {
            let device = text::log_value(waiting.device.as_str());
            tracing::error!("an inventory of `{device}` was not stored: {error}");
            self.app.hours.refused(self.now(), Fault::from(error).trouble());
            return Answer::busy();
        }
        let (device, answer) = (waiting.device.clone(), waiting.answer);
        let ingested = self.stored(waiting).await;
        self.app.hours.inventory(self.now());
        tracing::info!(
            target: "rollcall::agent",
            computer = ingested.id.0, device = device.as_str(), new = ingested.new, sections = ingested.sections,
            "stored an inventory"
        );
        answer.pack(&ingested.reply)
    }

    /// What comes after an inventory is on the disk.
    pub(super) async fn stored(self: &Arc<Self>, waiting: Waiting) -> Ingested {
        let Waiting { ingested, device, copy, _memory, .. } = waiting;
        // Not before: an agent that is told to come again needs its session.
        self.sessions.end(&device.folded());
        if let Some((body, text)) = copy {
            let agents = self.clone();
            // A copy that cannot be written is logged there; the inventory itself is stored.
            let _ = tokio::task::spawn_blocking(move || agents.keep_file(&device, &body, &text)).await;
        }
        ingested
    }

    /// A message that is short packed and unpacked and no inventory: answered without a parsing thread.
    fn short(&self, body: &[u8], caller: &Caller) -> Option<Work> {
        let limits = Limits { inflated: SHORT_TEXT, ..self.app.config.limits.clone() };
        let opened = envelope::open(body, &limits).ok()?;
        if opened.is_json() {
            return None;
        }
        let decoded = text::decode_xml(&opened.bytes);
        let begun = Instant::now();
        let message = xml::read(&decoded.text, &limits, &|| begun.elapsed() > limits.parse_time).ok()?;
        let query = Query::of(&message).ok()?;
        if matches!(query, Query::Inventory | Query::Notify(_)) {
            return None;
        }
        // Its history of packages is read from the file.
        if matches!(query, Query::Prolog) && message.device_id().is_ok_and(|device| self.has_orders(&device)) {
            return None;
        }
        let answer = AnswerAs::of(caller, opened.packing);
        Some(match self.answer(&query, &message, caller, body.len()) {
            Ok(said) => answer.when(said),
            Err(fault) => Work::Done(self.failure(&fault, caller)),
        })
    }

    /// The whole way of a message, on a parsing thread.
    fn work(self: &Arc<Self>, body: &[u8], caller: &Caller, guard: Option<Guard>) -> Work {
        match self.attempt(body, caller, None, guard) {
            Ok(work) => work,
            Err(fault) => Work::Done(self.failure(&fault, caller)),
        }
    }

    /// As [`Agents::work`], with the reason of a failure; `source` is the file that it came from.
    pub(super) fn attempt(
        &self,
        body: &[u8],
        caller: &Caller,
        source: Option<&Source>,
        guard: Option<Guard>,
    ) -> Result<Work, Fault> {
        let opened = envelope::open(body, &self.app.config.limits)?;
        // The bytes of a file were not counted, those of a body were.
        let beside = if source.is_some() { 0 } else { body.len() };
        let memory = self.pool.reserve_beside(beside, opened.bytes.len().saturating_mul(2)).ok_or(Fault::Memory)?;
        if opened.is_json() {
            return self.native(&opened, body, caller, source, guard, memory);
        }
        let decoded = text::decode_xml(&opened.bytes);
        let mut repairs = decoded.repairs;
        let doubled = source.and_then(|_| text::undouble(&decoded.text));
        if doubled.is_some() {
            repairs.insert(text::Repair::DoubleEncoding);
        }
        let text = doubled.as_deref().unwrap_or(&decoded.text);
        let answer = AnswerAs::of(caller, opened.packing);
        let cut = cut::cut(text, self.app.seed, super::ingest::class);
        let message = match &cut {
            // Who it is and what it wants stand there.
            Some(cut) => self.parts(cut, &[Class::Kept])?.0,
            None => self.parse(text)?,
        };
        let query = Query::of(&message)?;
        if source.is_some() && !matches!(query, Query::Inventory) {
            return Err(protocol::Error::UnknownQuery(message.query().unwrap_or_default().to_owned()).into());
        }
        if !matches!(query, Query::Inventory) {
            // A cut message holds only part of CONTENT, which some queries read.
            let whole;
            let said = if cut.is_some() {
                whole = self.parse(text)?;
                self.answer(&Query::of(&whole)?, &whole, caller, body.len())?
            } else {
                self.answer(&query, &message, caller, body.len())?
            };
            return Ok(answer.when(said));
        }
        let device = message.device_id()?;
        let Some(guard) = guard.or_else(|| self.locks.attempt(&device.folded())) else {
            return Ok(Work::Locked(device.folded()));
        };
        let mail = Mail { device, cut: cut.as_ref(), repairs, size: body.len(), caller, source, partial: false };
        let started = self.read_and_ingest(&message, &mail, guard);
        self.settle(started, mail.device, body, text, caller, answer, memory)
    }

    /// What an inventory's decision leads to, with a copy as a file where that is wanted.
    #[expect(clippy::too_many_arguments, reason = "the pieces of one answer")]
    pub(super) fn settle(
        &self,
        started: Result<Started, Fault>,
        device: DeviceId,
        body: &[u8],
        text: &str,
        caller: &Caller,
        answer: AnswerAs,
        memory: Memory,
    ) -> Result<Work, Fault> {
        match started {
            Ok(started) => {
                let copy = self.keeps_files().then(|| (body.to_vec(), text.to_owned()));
                let Started { pending, ingested } = started;
                Ok(Work::Waiting(pending, Box::new(Waiting { ingested, device, answer, copy, _memory: memory })))
            }
            Err(fault) => {
                if let Fault::Refused(refusal) = &fault {
                    self.note_refusal(&device.folded(), caller, body.len(), *refusal);
                }
                Err(fault)
            }
        }
    }

    /// Parses what is needed of an inventory beyond what was parsed to know whose it is, and ingests it.
    fn read_and_ingest(&self, first: &Message<'_>, mail: &Mail<'_>, lock: Guard) -> Result<Started, Fault> {
        let Some(cut) = mail.cut else {
            return Ok(self.ingest(&mail.offer(first, Parsed::WHOLE, &Recognised::default()), lock)?);
        };
        let known = self.app.fleet.look().device(&mail.device.folded());
        let parsed = Parsed::needed(cut, known.as_ref());
        let (message, recognised) = self.parts(cut, &parsed.classes())?;
        Ok(self.ingest(&mail.offer(&message, parsed, &recognised), lock)?)
    }

    /// The parts of some classes of a message that was cut, without the rows of software that are known by their text.
    fn parts<'t>(&self, cut: &Cut<'t>, wanted: &[Class]) -> Result<(Message<'t>, Recognised<'t>), protocol::Error> {
        let mut recognised = Recognised::default();
        let known = self.app.fleet.known_rows();
        let mut is_known = |row| recognised.take(known.text(row), |hash| known.item(hash));
        let message = scan::read(cut, wanted, &self.app.config.limits, &mut is_known);
        drop(known);
        match message {
            Some(message) => Ok((message, recognised)),
            None => Ok((self.parse(&cut.reduced(wanted))?.into_owned(), Recognised::default())),
        }
    }

    fn parse<'t>(&self, text: &'t str) -> Result<Message<'t>, protocol::Error> {
        let limits = &self.app.config.limits;
        let begun = Instant::now();
        xml::read(text, limits, &|| begun.elapsed() > limits.parse_time)
    }

    /// Answers everything but inventories.
    fn answer(&self, query: &Query<'_>, message: &Message<'_>, caller: &Caller, size: usize) -> Result<Said, Fault> {
        if query.is_anonymous() {
            return Ok(Said::Now(Reply::NoUpdate));
        }
        let device = message.device_id()?;
        let storing = match query {
            Query::Download(result) => self.result(&device, caller, size, result)?.map(Storing::Result),
            Query::Notify(change) => self.notify(&device, caller, size, change)?.map(Storing::Addresses),
            _ => None,
        };
        if let Some(storing) = storing {
            return Ok(Said::Stored(storing));
        }
        Ok(Said::Now(match query {
            Query::Prolog => self.visit(&device, caller, size),
            Query::Download(_) | Query::Notify(_) => Reply::Empty,
            Query::Snmp => {
                self.note(&device, caller, size, Kind::Snmp, "");
                Reply::Empty
            }
            Query::Update(_) => Reply::NoUpdate,
            // Inventories went another way.
            Query::Inventory => return Err(protocol::Error::NoQuery.into()),
        }))
    }

    /// Notes a contact of a computer that exists, with the word that its agent sent.
    pub(super) fn note(
        &self,
        device: &DeviceId,
        caller: &Caller,
        size: usize,
        kind: Kind,
        word: &str,
    ) -> Option<ComputerId> {
        let known = self.app.fleet.look().device(&device.folded())?;
        let outcome = Outcome::Noted(text::cut(word, 64).into_owned());
        self.app.contacts.note(known.id, self.contact(caller, size, kind, outcome));
        self.trusts(known.id, caller);
        Some(known.id)
    }

    /// Notes under which authority a computer's agent was served.
    pub(super) fn trusts(&self, id: ComputerId, caller: &Caller) {
        if let Some(mark) = caller.served {
            self.app.trust.note(id, mark, self.now());
        }
    }

    /// Writes down under which authorities agents were served.
    ///
    /// # Errors
    /// Those of the store; it is tried again by the next call.
    pub fn flush_trust(&self) -> Result<(), store::Error> {
        let index = self.app.fleet.look();
        let taken = self.app.trust.take(|id| !index.contains(id));
        drop(index);
        if taken.is_empty() {
            return Ok(());
        }
        let ids: Vec<ComputerId> = taken.iter().map(|(id, _)| *id).collect();
        let written = self.app.write(move |w: &mut store::Txn<'_>| trust::write(w, &taken));
        written.inspect_err(|_| self.app.trust.give_back(ids))
    }

    /// Writes down at which addresses handshakes fail.
    ///
    /// # Errors
    /// Those of the store; it is tried again by the next call.
    pub fn flush_handshakes(&self) -> Result<(), store::Error> {
        let taken = self.app.handshakes.take(self.now());
        if taken.is_empty() {
            return Ok(());
        }
        let addresses: Vec<IpAddr> = taken.iter().map(|(address, _)| *address).collect();
        let written = self.app.write(move |w: &mut store::Txn<'_>| handshakes::write(w, &taken));
        written.inspect_err(|_| self.app.handshakes.give_back(addresses))
    }

    fn note_refusal(&self, folded: &str, caller: &Caller, size: usize, refusal: Refusal) {
        let contact = self.contact(caller, size, Kind::Inventory, Outcome::Refused(refusal));
        match self.app.fleet.look().device(folded).map(|known| known.id) {
            Some(id) => self.app.contacts.note(id, contact),
            None => self.app.contacts.note_stranger(folded, contact),
        }
    }

    pub(super) fn contact(&self, caller: &Caller, size: usize, kind: Kind, outcome: Outcome) -> Contact {
        Contact {
            at: self.now(),
            kind,
            address: caller.address,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            outcome,
        }
    }

    pub(super) fn failure(&self, fault: &Fault, caller: &Caller) -> Answer {
        let address = caller.address.map(|address| address.to_string()).unwrap_or_default();
        self.app.hours.refused(self.now(), fault.trouble());
        tracing::warn!(
            target: "rollcall::agent",
            address = address.as_str(), agent = text::log_value(&caller.agent).as_str(),
            "refused a message: {}", text::log_value(&reasons(fault))
        );
        fault.answer(Agent::of(&caller.agent).family)
    }
}

/// What is known about a message whatever is parsed of it.
pub(super) struct Mail<'a> {
    pub(super) device: DeviceId,
    pub(super) cut: Option<&'a Cut<'a>>,
    pub(super) repairs: Repairs,
    pub(super) size: usize,
    pub(super) caller: &'a Caller,
    pub(super) source: Option<&'a Source>,
    pub(super) partial: bool,
}

impl<'a> Mail<'a> {
    pub(super) fn offer(&self, message: &'a Message<'a>, parsed: Parsed, recognised: &'a Recognised<'a>) -> Offer<'a> {
        Offer {
            device: self.device.clone(),
            message,
            cut: self.cut,
            parsed,
            recognised,
            partial: self.partial,
            repairs: self.repairs,
            size: self.size,
            caller: self.caller,
            source: self.source,
        }
    }
}

impl AnswerAs {
    pub(super) fn of(caller: &Caller, packing: Packing) -> AnswerAs {
        AnswerAs { packing, content_type: reply::content_type(caller.content_type.as_deref(), packing), native: None }
    }

    /// The answer of a message, now or when its change is stored.
    fn when(self, said: Said) -> Work {
        match said {
            Said::Now(reply) => Work::Done(self.pack(&reply)),
            Said::Stored(storing) => Work::Stored(storing, self),
        }
    }

    pub(super) fn pack(self, reply: &Reply) -> Answer {
        let (body, content_type) = match self.native {
            Some(hours) => (protocol::json::ok(hours).into_bytes(), protocol::json::CONTENT_TYPE),
            None => (reply::body(&reply.xml(), self.packing), self.content_type),
        };
        Answer { status: 200, content_type, body, retry_after: None }
    }
}

/// An error and its causes in one line.
pub(super) fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
