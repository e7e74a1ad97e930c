//! A gate in front of work that takes much memory and time: hashing passwords.
//!
//! So many at once, so many waiting, and no more: a flood of log-ins costs a bounded amount (SEC-52).

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::limits::Limits;

/// The gate. One for the whole program; clones share it.
#[derive(Debug, Clone)]
pub struct Hashing {
    /// Those at work and those waiting.
    all: Arc<Semaphore>,
    at_work: Arc<Semaphore>,
}

/// Why nothing was worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotHashed {
    /// Too many wait already: 503 with Retry-After.
    #[error("too many log-ins at once")]
    Busy,
    /// The work was given up because of a fault in the program: 500.
    #[error("the password could not be worked on because of a fault in the program")]
    Failed,
}

impl Hashing {
    /// `limits.hashing` at once, `limits.hashing_waiting` waiting.
    pub fn new(limits: &Limits) -> Hashing {
        let at_work = limits.hashing.max(1);
        Hashing {
            all: Arc::new(Semaphore::new(at_work.saturating_add(limits.hashing_waiting))),
            at_work: Arc::new(Semaphore::new(at_work)),
        }
    }

    /// Runs `work` on a thread where blocking is allowed, when it is its turn.
    ///
    /// Work that has begun keeps its place to its end, even when the caller is gone.
    ///
    /// # Errors
    /// [`NotHashed::Busy`] at once when the waiting room is full.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotHashed> {
        let waiting = self.all.clone().try_acquire_owned().map_err(|_| NotHashed::Busy)?;
        let place = self.at_work.clone().acquire_owned().await.map_err(|_| NotHashed::Failed)?;
        let run = move || {
            let result = work();
            drop((place, waiting));
            result
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| NotHashed::Failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn sec_52_a_flood_of_log_ins_is_refused_at_the_door() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let hashing = Hashing::new(&Limits { hashing: 2, hashing_waiting: 3, ..Limits::default() });
        let (begun, begins) = mpsc::channel();
        let mut doors = Vec::new();
        let mut running = Vec::new();
        for n in 0..5 {
            let (door, opened) = mpsc::channel::<()>();
            doors.push(door);
            let (hashing, begun) = (hashing.clone(), begun.clone());
            let (asked, asks) = mpsc::channel();
            running.push(runtime.spawn(async move {
                asked.send(()).unwrap();
                let work = move || {
                    begun.send(n).unwrap();
                    let _ = opened.recv();
                    n
                };
                hashing.run(work).await
            }));
            asks.recv().unwrap();
        }
        begins.recv().unwrap();
        begins.recv().unwrap();
        // The last task may not have come to the gate yet: it has when the gate is full.
        while hashing.all.available_permits() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(begins.try_recv(), Err(mpsc::TryRecvError::Empty), "no more than two at work");
        assert_eq!(runtime.block_on(hashing.run(|| ())), Err(NotHashed::Busy));
        drop(doors);
        for (n, task) in running.into_iter().enumerate() {
            assert_eq!(runtime.block_on(task).unwrap(), Ok(n));
        }
        assert_eq!(runtime.block_on(hashing.run(|| 7)), Ok(7));
    }

    #[test]
    fn a_fault_gives_its_place_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let hashing = Hashing::new(&Limits { hashing: 1, hashing_waiting: 0, ..Limits::default() });
        let fault = || -> u32 { panic!("on purpose") };
        assert_eq!(runtime.block_on(hashing.run(fault)), Err(NotHashed::Failed));
        assert_eq!(runtime.block_on(hashing.run(|| 7)), Ok(7));
    }
}
