//! Where messages are parsed: as many at once as there are processors, a bounded number waiting, and a bound on
//! the memory that all of them take. Who finds it full is told to come again.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::limits::Limits;

/// The parsing pool: threads of its own, which keep their buffers, decoders and compressors from message to message.
pub(super) struct Pool {
    queue: Arc<Queue>,
    memory: Arc<AtomicUsize>,
    most_memory: usize,
}

type Job = Box<dyn FnOnce() + Send>;

/// What a job comes to.
pub(super) enum Yield<T> {
    /// A value, at once.
    Now(T),
    /// A value that somebody else has later: called with what takes it.
    Later(Box<dyn FnOnce(Taker<T>) + Send>),
}

/// Takes the value of a job that had it later.
pub(super) type Taker<T> = Box<dyn FnOnce(T) + Send>;

struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    most_waiting: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Threads that have nothing to do.
    idle: usize,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false` when too many wait already.
    fn push(&self, job: Job) -> bool {
        let mut state = self.state();
        if state.jobs.len() >= self.most_waiting + state.idle {
            return false;
        }
        state.jobs.push_back(job);
        // A busy thread comes by itself: waking it would be a system call for each job.
        let idle = state.idle > 0;
        drop(state);
        if idle {
            self.arrived.notify_one();
        }
        true
    }

    /// The next job; `None` at the end of the pool.
    fn take(&self) -> Option<Job> {
        let mut state = self.state();
        state.idle += 1;
        let waited = self.arrived.wait_while(state, |state| state.jobs.is_empty() && !state.closed);
        state = waited.unwrap_or_else(PoisonError::into_inner);
        state.idle -= 1;
        state.jobs.pop_front()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.state().closed = true;
        self.queue.arrived.notify_all();
    }
}

/// Memory that a message takes, given back when dropped.
pub struct Memory {
    used: Arc<AtomicUsize>,
    bytes: usize,
    /// What is counted elsewhere for the same message.
    beside: usize,
    most: usize,
}

impl Memory {
    /// Takes more for the same message; `false` when all messages together would take too much.
    pub fn grow(&mut self, more: usize) -> bool {
        let before = self.used.fetch_add(more, Ordering::SeqCst);
        let alone = before == self.bytes.saturating_add(self.beside);
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
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let queue =
            Arc::new(Queue { state: Mutex::default(), arrived: Condvar::new(), most_waiting: limits.parse_waiting });
        for number in 1..=threads {
            let queue = queue.clone();
            let work = move || {
                while let Some(job) = queue.take() {
                    job();
                }
            };
            let started = std::thread::Builder::new().name(format!("parse-{number}")).spawn(work);
            if let Err(error) = started {
                tracing::error!("a thread that reads messages of agents does not start: {error}");
            }
        }
        Pool { queue, memory: Arc::default(), most_memory: limits.message_memory }
    }

    /// Runs `work` on a thread of the pool; `None` when too many wait already. The task that asks is woken once, when
    /// there is a value.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Yield<T> + Send + 'static) -> Option<T> {
        let (answer, outcome) = oneshot::channel();
        let job = move || {
            // An agent that hung up while it waited needs no answer.
            if answer.is_closed() {
                return;
            }
            match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Yield::Now(value)) => drop(answer.send(Ok(value))),
                Ok(Yield::Later(begin)) => begin(Box::new(|value| drop(answer.send(Ok(value))))),
                Err(panic) => drop(answer.send(Err(panic))),
            }
        };
        if !self.queue.push(Box::new(job)) {
            return None;
        }
        match outcome.await.ok()? {
            Ok(value) => Some(value),
            // The server turns it into a 500 for this request alone.
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Reserves memory for a message; `None` when all messages together would take too much.
    pub(super) fn reserve(&self, bytes: usize) -> Option<Memory> {
        let mut memory = self.none();
        memory.grow(bytes).then_some(memory)
    }

    /// The same for more of a message that has so many bytes reserved.
    pub(super) fn reserve_beside(&self, beside: usize, bytes: usize) -> Option<Memory> {
        let mut memory = self.none();
        memory.beside = beside;
        memory.grow(bytes).then_some(memory)
    }

    /// For a message of which nothing has arrived.
    pub(super) fn none(&self) -> Memory {
        Memory { used: self.memory.clone(), bytes: 0, beside: 0, most: self.most_memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_the_pool_full_is_told_so() {
        let limits = Limits { parse_waiting: 1, ..Limits::default() };
        let pool = Arc::new(Pool::new(&limits));
        let until = async |idle: usize, jobs: usize| {
            let there = |state: &State| state.idle == idle && state.jobs.len() == jobs;
            while !there(&pool.queue.state()) {
                tokio::task::yield_now().await;
            }
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        until(threads, 0).await;
        let gate = Arc::new(std::sync::Barrier::new(threads + 1));
        let run = |work: Box<dyn FnOnce() -> Yield<()> + Send>| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(work).await })
        };
        let mut busy = Vec::new();
        for left in (0..threads).rev() {
            let gate = gate.clone();
            busy.push(run(Box::new(move || {
                gate.wait();
                Yield::Now(())
            })));
            until(left, 0).await;
        }
        let waiter = run(Box::new(|| Yield::Now(())));
        until(0, 1).await;
        assert_eq!(pool.run(|| Yield::Now(())).await, None);
        gate.wait();
        assert_eq!(waiter.await.unwrap(), Some(()));
        for task in busy {
            assert_eq!(task.await.unwrap(), Some(()));
        }
    }

    #[tokio::test]
    async fn a_panic_is_that_of_one_message() {
        let pool = Arc::new(Pool::new(&Limits::default()));
        for _ in 0..20 {
            let pool = pool.clone();
            let panicked = tokio::spawn(async move { pool.run(|| -> Yield<()> { panic!("on purpose") }).await });
            assert!(panicked.await.unwrap_err().is_panic());
        }
        assert_eq!(pool.run(|| Yield::Now(7)).await, Some(7));
    }

    #[tokio::test]
    async fn a_value_may_come_later_or_never() {
        let pool = Pool::new(&Limits::default());
        let later = |value: Option<u32>| {
            move || {
                Yield::Later(Box::new(move |take: Taker<u32>| {
                    std::thread::spawn(move || value.map(take));
                }))
            }
        };
        assert_eq!(pool.run(later(Some(7))).await, Some(7));
        assert_eq!(pool.run(later(None)).await, None);
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
