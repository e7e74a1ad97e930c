//! How the server is.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use jiff::tz::TimeZone;

use super::Work;
use crate::clock::Timestamp;
use crate::control::{Status, time};

impl Work {
    pub(super) fn status(&self) -> Status {
        let app = self.app();
        let today = midnight(app.clock.now());
        let index = app.fleet.look();
        let called = |id| index.seen(id).is_some_and(|seen| seen.last_contact >= today);
        let trouble = app.store.trouble();
        // Asking for the certificates would make them where none are.
        let tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: app.clock.elapsed().saturating_sub(self.started).as_secs(),
            computers: index.len() as u64,
            software_rows: index.software_rows(),
            contacts_today: index.ids().filter(|id| called(*id)).count() as u64,
            store_bytes: app.store.file_size(),
            listening: app.listening.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            certificate_end: tls.and_then(|tls| tls.summary().leaf).map(|leaf| time(leaf.not_after)),
            accepting: trouble.is_none() && app.room.load(Ordering::SeqCst),
            trouble,
        }
    }
}

/// The last midnight of the office.
fn midnight(now: Timestamp) -> Timestamp {
    let start =
        jiff::Timestamp::from_second(now.0).ok().and_then(|now| now.to_zoned(TimeZone::system()).start_of_day().ok());
    start.map_or(now, |start| Timestamp(start.timestamp().as_second()))
}
