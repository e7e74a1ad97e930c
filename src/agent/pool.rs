//! Where messages are parsed: as many at once as there are processors, a bounded number waiting, and a bound on
//! the memory that all of them take. Who finds it full is told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::limits::Limits;

/// The parsing pool.
pub(super) struct Pool {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    memory: Arc<AtomicUsize>,
    most_memory: usize,
}

/// Memory that a message takes, given back when dropped.
pub struct Memory {
    used: Arc<AtomicUsize>,
    bytes: usize,
    most: usize,
}

impl Memory {
    /// Takes more for the same message; `false` when all messages together would take too much.
    pub fn grow(&mut self, more: usize) -> bool {
        let before = self.used.fetch_add(more, Ordering::SeqCst);
        let alone = before == self.bytes;
        self.bytes += more;
        // A message alone is always let in: its own bounds hold it.
        alone || before.saturating_add(more) <= self.most
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

impl Pool {
    pub(super) fn new(limits: &Limits) -> Pool {
        let cores = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        Pool {
            places: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            most_waiting: limits.parse_waiting,
            memory: Arc::default(),
            most_memory: limits.message_memory,
        }
    }

    /// Runs `work` on a thread of its own; `None` when too many wait already.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                let _waiting = Waiting::enter(&self.waiting, self.most_waiting)?;
                self.places.clone().acquire_owned().await.ok()?
            }
        };
        let task = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        match task.await {
            Ok(value) => Some(value),
            Err(error) => match error.try_into_panic() {
                // The server turns it into a 500 for this request alone.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => None,
            },
        }
    }

    /// Reserves memory for a message; `None` when all messages together would take too much.
    pub(super) fn reserve(&self, bytes: usize) -> Option<Memory> {
        let mut memory = self.none();
        memory.grow(bytes).then_some(memory)
    }

    /// For a message of which nothing has arrived.
    pub(super) fn none(&self) -> Memory {
        Memory { used: self.memory.clone(), bytes: 0, most: self.most_memory }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize, most: usize) -> Option<Waiting<'a>> {
        let before = count.fetch_add(1, Ordering::SeqCst);
        let entered = Waiting(count);
        (before < most).then_some(entered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_the_pool_full_is_told_so() {
        let limits = Limits { parse_waiting: 1, ..Limits::default() };
        let pool = Arc::new(Pool::new(&limits));
        let cores = pool.places.available_permits();
        let gate = Arc::new(std::sync::Barrier::new(cores + 1));
        let mut busy = Vec::new();
        for _ in 0..cores {
            let (pool, gate) = (pool.clone(), gate.clone());
            let wait = move || {
                gate.wait();
            };
            busy.push(tokio::spawn(async move { pool.run(wait).await }));
        }
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waiter = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| ()).await }
        });
        while pool.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| ()).await, None);
        gate.wait();
        assert_eq!(waiter.await.unwrap(), Some(()));
        for task in busy {
            assert_eq!(task.await.unwrap(), Some(()));
        }
    }

    #[test]
    fn memory_is_given_back() {
        let pool = Pool::new(&Limits { message_memory: 100, ..Limits::default() });
        let first = pool.reserve(90).unwrap();
        assert!(pool.reserve(20).is_none());
        drop(first);
        assert!(pool.reserve(500).is_some(), "a message alone is bounded by its own limits");
        assert_eq!(pool.memory.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn rel_16_bodies_that_arrive_piece_by_piece_are_counted() {
        let pool = Pool::new(&Limits { message_memory: 100, ..Limits::default() });
        let (mut first, mut second) = (pool.none(), pool.none());
        assert!(first.grow(60) && second.grow(30) && first.grow(10));
        assert!(!second.grow(1), "more than all may take");
        assert!(pool.reserve(1).is_none());
        drop(second);
        assert!(first.grow(400), "a message alone is bounded by its own limits");
        drop(first);
        assert!(pool.reserve(100).is_some());
    }
}
