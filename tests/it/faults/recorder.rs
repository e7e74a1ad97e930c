//! A disk that writes down what it was told, in order, so that afterwards any moment can be the one at which the power
//! went.

use std::io::Error;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use serde::{Deserialize, Serialize};

use super::Dice;

/// What happened, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    /// Bytes were handed over; they may or may not be on the disk.
    Write(u64, #[serde(with = "serde_bytes")] Vec<u8>),
    /// The file got another length.
    Length(u64),
    /// All before this is on the disk.
    Synced,
    /// Somebody asked for a change: what the claims are about, and their new versions. They come together or not at all.
    Asked(Vec<(String, usize)>),
    /// Somebody was told that the change is stored.
    Told(Vec<(String, usize)>),
}

#[derive(Debug, Clone)]
pub struct Recorder {
    bytes: Arc<InMemoryBackend>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Recorder {
    pub fn new() -> Recorder {
        Recorder { bytes: Arc::new(InMemoryBackend::new()), events: Arc::default() }
    }

    pub fn note(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }

    pub fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
}

impl StorageBackend for Recorder {
    fn len(&self) -> Result<u64, Error> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        self.note(Event::Length(length));
        self.bytes.set_len(length)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.note(Event::Synced);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.note(Event::Write(offset, data.to_vec()));
        self.bytes.write(offset, data)
    }
}

/// The file at moments that follow each other.
pub struct Timeline<'a> {
    events: &'a [Event],
    /// Everything before this event is in `disk`.
    synced: usize,
    disk: Vec<u8>,
}

impl<'a> Timeline<'a> {
    pub fn new(events: &'a [Event]) -> Timeline<'a> {
        Timeline { events, synced: 0, disk: Vec::new() }
    }

    /// An image of the file when the power goes before the event `at`: what was synced, and of the rest whatever the
    /// dice say. Of one place the later write wins if both are on the disk: a disk may lose and reorder writes, but
    /// the system hands it the newest content of a page.
    pub fn image(&mut self, at: usize, dice: &mut Dice) -> Vec<u8> {
        let last = self.events[..at].iter().rposition(|event| matches!(event, Event::Synced)).unwrap_or(0);
        assert!(last >= self.synced, "moments are asked for in their order");
        for event in &self.events[self.synced..last] {
            apply(&mut self.disk, event);
        }
        self.synced = last;
        let mut image = self.disk.clone();
        // Some disks lose nearly all, some nearly nothing; some write whole, some sector by sector.
        let kept = [0, 10, 50, 50, 90, 98, 100][dice.below(7)];
        let torn = [0, 30, 100][dice.below(3)];
        let sector = [512, 4096][dice.below(2)];
        for event in &self.events[last..at] {
            match event {
                Event::Write(offset, data) if dice.chance(torn) => {
                    let mut from = 0;
                    while from < data.len() {
                        let place = *offset as usize + from;
                        let to = data.len().min(from + sector - place % sector);
                        if dice.chance(kept) {
                            apply(&mut image, &Event::Write(place as u64, data[from..to].to_vec()));
                        }
                        from = to;
                    }
                }
                event if dice.chance(kept) => apply(&mut image, event),
                _ => {}
            }
        }
        image
    }
}

/// What a write does to a file; beyond the end of a file that did not get its length nothing arrives.
fn apply(file: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write(offset, data) => {
            let from = (*offset as usize).min(file.len());
            let to = (*offset as usize + data.len()).min(file.len());
            file[from..to].copy_from_slice(&data[..to - from]);
        }
        Event::Length(length) => file.resize(*length as usize, 0),
        Event::Synced | Event::Asked(..) | Event::Told(..) => {}
    }
}
