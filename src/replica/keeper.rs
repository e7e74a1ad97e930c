//! The thread that keeps a second site as its main server is.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{Failure, Round};
use crate::app::App;

/// Pause between two rounds.
const EVERY: Duration = Duration::from_secs(60);
/// Pause after the line was cut.
const SOON: Duration = Duration::from_secs(10);

/// The running thread; it ends with this value, in the middle of a package if need be.
pub struct Keeper {
    ending: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts it. `trusted` is the file that keeps the main server's authorities.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(app: Arc<App>, round: Round, trusted: PathBuf, runtime: Handle) -> io::Result<Keeper> {
        let (ending, ended) = watch::channel(false);
        let run = move || runtime.block_on(keep(&app, round, &trusted, ended));
        let thread = std::thread::Builder::new().name("second site".to_owned()).spawn(run)?;
        Ok(Keeper { ending, thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.ending.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the thread of the second site did not come to its end by itself");
        }
    }
}

async fn keep(app: &App, mut round: Round, trusted: &std::path::Path, mut ended: watch::Receiver<bool>) {
    // Told once: an office whose line is down for a weekend has other worries than its log.
    let mut told = String::new();
    loop {
        let outcome = tokio::select! {
            outcome = round.run(app) => outcome,
            _ = ended.wait_for(|ended| *ended) => return,
        };
        let pause = match &outcome {
            Err(Failure::Line(_)) => SOON,
            _ => EVERY,
        };
        let mut sentences = Vec::new();
        match outcome {
            Ok(outcome) => {
                if outcome.trust_changed {
                    info!("the main server has another authority for its certificates; both are known now");
                    if let Err(error) = super::main_server::keep(trusted, &round.main.trusted) {
                        warn!("`{}` cannot be written: {error}", trusted.display());
                    }
                }
                sentences.extend(outcome.failures.iter().map(ToString::to_string));
            }
            Err(failure) => sentences.push(failure.to_string()),
        }
        let now = sentences.join("; ");
        if now != told {
            if now.is_empty() {
                info!("this site has every package of the main server");
            } else {
                warn!("{now}");
            }
            told = now;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = ended.wait_for(|ended| *ended) => return,
        }
    }
}
