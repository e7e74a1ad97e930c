//! What an office does while its disk is watched, and what must be there afterwards.
//!
//! The story is told to our own application: new computers, changed and unchanged inventories, several at once,
//! computers that take over another record, console writes, imports, contacts that wait in memory.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rollcall::control::{Answer, Request, Work};
use rollcall::protocol::envelope::{self, Packing};
use rollcall::store::{Settings, Store};
use serde::{Deserialize, Serialize};

use super::Dice;
use super::recorder::{Event, Recorder};
use crate::office::{Office, UNIX, inventory};

/// Names of what was claimed, each with what must be read back for each of its versions.
pub type Claims = BTreeMap<String, Vec<String>>;

/// The option that the administrator of the story cannot leave alone.
pub const OPTION: &str = "PROLOG_FREQ";

/// A finished story.
#[derive(Serialize, Deserialize)]
pub struct Story {
    pub events: Vec<Event>,
    pub claims: Claims,
}

pub fn device(n: usize) -> String {
    format!("pc{n}-2026-02-03-08-15-42")
}

/// What computer `n` has in its version `version`.
pub fn content(n: usize, version: usize) -> String {
    let mut text = format!(
        "<HARDWARE><NAME>pc{n}</NAME><OSNAME>Debian {version}</OSNAME><SWAP>{}</SWAP><MEMORY>{}</MEMORY></HARDWARE>\
         <BIOS><SSN>SN{n}-{version}</SSN><SMODEL>Tower</SMODEL></BIOS>\
         <NETWORKS><MACADDR>02:00:5E:10:{:02X}:{:02X}</MACADDR><IPADDRESS>10.0.{}.{}</IPADDRESS></NETWORKS>\
         <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>room-{}</KEYVALUE></ACCOUNTINFO>",
        n % 5,
        1024 + version,
        n / 256,
        n % 256,
        n / 250,
        n % 250,
        n % 7
    );
    for drive in 0..3 {
        text.push_str(&format!("<DRIVES><LETTER>{drive}</LETTER><FREE>{}</FREE></DRIVES>", n * 100 + version));
    }
    for printer in 0..n % 4 {
        text.push_str(&format!("<PRINTERS><NAME>Laser {printer} v{version}</NAME></PRINTERS>"));
    }
    for software in 0..12 + n % 9 {
        let number = (software * 7 + n * 3 + version * 5) % 90;
        text.push_str(&format!("<SOFTWARES><NAME>Program {number}</NAME><VERSION>{version}.0</VERSION></SOFTWARES>"));
    }
    text
}

/// All that is stored of a computer and must stay together, in a few characters; `gone` for who is not there.
pub fn seen(office: &Office, claim: &str) -> String {
    if claim == OPTION {
        return office.app.options.general().number(rollcall::options::PROLOG_FREQ).to_string();
    }
    let Some(id) = office.id(claim) else { return "gone".to_owned() };
    let computer = office.computer(claim);
    let mut hash = DefaultHasher::new();
    (&computer.device, computer.checksum, computer.last_inventory.0, computer.last_date.0).hash(&mut hash);
    (computer.stable, computer.software, computer.columns.iter().collect::<Vec<_>>()).hash(&mut hash);
    office.everything(claim).hash(&mut hash);
    let account = office.app.read(|store| rollcall::accountinfo::store::account(store, id)).unwrap();
    format!("{} {} {:016x} {:?}", id.0, office.tag(claim), hash.finish(), account.map(|account| account.values))
}

/// Tells the story to an office on a disk that is watched.
struct Teller {
    disk: Recorder,
    office: Office,
    work: Arc<Work>,
    runtime: tokio::runtime::Runtime,
    claims: Claims,
    versions: BTreeMap<usize, usize>,
}

pub fn tell(rounds: usize) -> Story {
    let disk = Recorder::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let copy = disk.clone();
    let store = Store::with_backend(move || copy.clone(), Settings::default()).unwrap();
    let office = Office::on(store);
    let work = Arc::new(Work::new(office.agents.clone(), runtime.handle().clone()));
    let claims = Claims::new();
    let mut teller = Teller { disk, office, work, runtime, claims, versions: BTreeMap::new() };
    teller.claims.insert(OPTION.to_owned(), vec![seen(&teller.office, OPTION)]);
    let mut dice = Dice::of(7);
    for round in 0..rounds {
        teller.office.clock.forward(61);
        match round % 9 {
            // A storm: several at once share a commit.
            0 | 3 | 6 => {
                let many = 2 + dice.below(6);
                teller.inventories(&mut dice, many);
            }
            1 | 4 => teller.inventories(&mut dice, 1),
            2 => teller.take_over(&mut dice),
            5 => teller.console(round),
            7 => {
                teller.office.blocking(|_| {
                    teller.office.agents.flush_visits().unwrap();
                    teller.office.agents.flush_contacts().unwrap();
                });
                teller.import(&mut dice);
            }
            _ => {
                let known: Vec<_> = teller.versions.keys().copied().collect();
                for n in known {
                    teller.runtime.block_on(teller.office.prolog(&device(n)));
                }
            }
        }
        if round == rounds / 2 {
            teller.office.blocking(|app| app.store.compact().unwrap());
        }
    }
    teller.office.app.store.close();
    Story { events: teller.disk.events(), claims: teller.claims }
}

impl Teller {
    /// Some computers report at the same time: new ones, changed ones, and such that say nothing new.
    fn inventories(&mut self, dice: &mut Dice, many: usize) {
        let mut chosen: Vec<usize> = (0..many).map(|_| dice.below(30)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let mut asked = Vec::new();
        for n in chosen {
            let version = self.versions.entry(n).or_default();
            *version += usize::from(dice.chance(60));
            asked.push((n, *version));
        }
        let posts: Vec<_> = asked
            .iter()
            .map(|(n, version)| {
                let claims = self.ask(&[&device(*n)]);
                let (agents, caller) = (self.office.agents.clone(), self.office.caller(UNIX));
                let body = envelope::seal(&inventory(&device(*n), &content(*n, *version)), Packing::Zlib);
                let disk = self.disk.clone();
                self.runtime.spawn(async move {
                    let answer = agents.post(body, caller).await;
                    assert_eq!(answer.status, 200);
                    disk.note(Event::Told(claims.clone()));
                    claims
                })
            })
            .collect();
        for post in posts {
            let claims = self.runtime.block_on(post).unwrap();
            self.found(&claims);
        }
    }

    /// A computer was installed anew: its new name takes over the record of the old one.
    fn take_over(&mut self, dice: &mut Dice) {
        let Some((&old, &version)) = self.versions.iter().nth(dice.below(self.versions.len())) else { return };
        let new = 100 + self.claims.len();
        let claims = self.ask(&[&device(old), &device(new)]);
        let text = format!("{}<OLD_DEVICEID>{}</OLD_DEVICEID>", content(new, version), device(old));
        self.runtime.block_on(self.office.inventory(&device(new), &text));
        self.told(claims);
        assert_eq!(self.office.id(&device(old)), None, "it was taken over");
        self.versions.remove(&old);
    }

    /// Somebody changes an option and a TAG.
    fn console(&mut self, round: usize) {
        let claims = self.ask(&[OPTION]);
        let value = Some((1 + round % 20).to_string());
        self.order(Request::SetOption { name: OPTION.into(), value, computer: None });
        self.told(claims);
        let Some((&n, _)) = self.versions.iter().next() else { return };
        let claims = self.ask(&[&device(n)]);
        self.order(Request::Tag { computer: device(n), tag: format!("moved-{round}") });
        self.told(claims);
    }

    fn order(&self, request: Request) {
        let answer = std::thread::scope(|scope| scope.spawn(|| self.work.answer(request)).join().unwrap());
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }

    /// A file from a stick.
    fn import(&mut self, dice: &mut Dice) {
        let n = 50 + dice.below(10);
        let version = self.versions.entry(n).or_default();
        *version += 1;
        let text = inventory(&device(n), &content(n, *version));
        let claims = self.ask(&[&device(n)]);
        let outcome = self.runtime.block_on(self.office.import(text.as_bytes()));
        assert!(!matches!(outcome, rollcall::agent::Imported::Refused(_)), "{outcome:?}");
        self.told(claims);
    }

    /// Writes down that something is asked for; version 0 is how it was before anybody asked.
    fn ask(&mut self, about: &[&str]) -> Vec<(String, usize)> {
        let office = &self.office;
        let next = about.iter().map(|claim| {
            let versions = self.claims.entry((*claim).to_owned()).or_insert_with(|| vec![seen(office, claim)]);
            ((*claim).to_owned(), versions.len())
        });
        let claims: Vec<_> = next.collect();
        self.disk.note(Event::Asked(claims.clone()));
        claims
    }

    fn told(&mut self, claims: Vec<(String, usize)>) {
        self.disk.note(Event::Told(claims.clone()));
        self.found(&claims);
    }

    /// Writes down what must be found from now on.
    fn found(&mut self, claims: &[(String, usize)]) {
        for (claim, _) in claims {
            let now = seen(&self.office, claim);
            self.claims.get_mut(claim).unwrap().push(now);
        }
    }
}
