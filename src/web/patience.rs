//! How long bytes of a file are waited for.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::UploadError;
use crate::limits::Limits;

/// The time grows with what has arrived; a line that falls silent is not waited for as long as that.
#[derive(Debug, Clone)]
pub struct Patience {
    begun: Instant,
    first: Duration,
    /// Bytes a second.
    rate: u64,
    most: Duration,
    silence: Option<Duration>,
}

impl Patience {
    /// From now on.
    pub fn new(limits: &Limits) -> Patience {
        Patience {
            begun: Instant::now(),
            first: limits.body_time,
            rate: limits.upload_rate,
            most: limits.upload_time_most,
            silence: None,
        }
    }

    /// The same for a sender that begins again by itself: silence of so long ends it.
    pub fn with_silence(self, silence: Duration) -> Patience {
        Patience { silence: Some(silence), ..self }
    }

    /// Waits for more when so many bytes have arrived.
    ///
    /// # Errors
    /// [`UploadError::TooSlow`]
    pub async fn wait<T>(&self, arrived: u64, what: impl Future<Output = T>) -> Result<T, UploadError> {
        let earned = Duration::from_secs(arrived.checked_div(self.rate).unwrap_or(0));
        let mut until = self.begun + (self.first + earned).min(self.most);
        if let Some(silence) = self.silence {
            until = until.min(Instant::now() + silence);
        }
        timeout_at(until, what).await.map_err(|_| UploadError::TooSlow)
    }
}
