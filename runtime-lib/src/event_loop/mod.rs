//! What the loop of a thread asks of the system: waiting until something is ready, a job is done, or time is up.
//! The loop itself, its order and its timers are Flash (`std/event_loop.fl`); here is what it stands on.
//!
//! A thread has one [`Loop`], made on first use. What is ready arrives as [`Event`]s: those of descriptors by
//! `poller`, those of other threads (jobs of `pool`, and whoever has a [`Remote`]) through [`Shared`], which wakes
//! the poller.

mod poller;

use crate::pool::Outcome;
use poller::Poller;
use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bits of an event: what a descriptor is ready for.
pub const READABLE: u8 = 1;
pub const WRITABLE: u8 = 2;
/// The other side is gone, or the descriptor has failed.
pub const CLOSED: u8 = 4;
/// Not of a descriptor: the token is the number of a job that is done.
pub const JOB: u8 = 8;

/// Something that the loop has to tell: the token that it was registered with, and bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub token: u64,
    pub bits: u8,
}

/// What other threads have to tell a loop.
struct Shared {
    inbox: Mutex<Inbox>,
    waker: mio::Waker,
}

#[derive(Default)]
struct Inbox {
    events: Vec<Event>,
    outcomes: Vec<(usize, Outcome)>,
    /// Somebody has woken the loop, and it has not looked yet.
    is_woken: bool,
}

/// A way to tell a loop something from any thread, as long as one likes: when the loop is gone, nothing happens.
#[derive(Clone)]
pub struct Remote(Arc<Shared>);

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remote")
    }
}

impl Remote {
    /// Calls what was registered for the token (by `event_loop.source` in Flash) with these bits.
    pub fn post(&self, token: i64, bits: u8) {
        self.tell(|inbox| inbox.events.push(Event { token: token as u64, bits }));
    }

    /// Says that a job is done.
    pub(crate) fn finish(&self, job: usize, outcome: Outcome) {
        self.tell(|inbox| {
            inbox.events.push(Event { token: job as u64, bits: JOB });
            inbox.outcomes.push((job, outcome));
        });
    }

    /// Ends the poll that the loop is in, or the next one.
    pub fn wake(&self) {
        self.tell(|_| ());
    }

    fn tell(&self, add: impl FnOnce(&mut Inbox)) {
        let mut inbox = self.0.inbox();
        add(&mut inbox);
        if !std::mem::replace(&mut inbox.is_woken, true) {
            // It fails only when the system has no memory for a counter that it has already.
            let _ = self.0.waker.wake();
        }
    }
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // Nobody fails while holding it; what is in it is whole in any case.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The system's side of a thread's loop.
struct Loop {
    poller: Poller,
    shared: Arc<Shared>,
    /// What the last [`poll`] found.
    events: Vec<Event>,
    jobs: Vec<Job>,
    /// Numbers of jobs that are free.
    free: Vec<usize>,
    polls: u64,
}

/// The state of a job's number.
#[derive(Debug)]
enum Job {
    Free,
    Started,
    Done(Outcome),
}

thread_local! {
    static LOOP: RefCell<Option<Loop>> = const { RefCell::new(None) };
}

/// Gives this thread's loop, made on first use.
fn with<R>(work: impl FnOnce(&mut Loop) -> R) -> io::Result<R> {
    LOOP.with_borrow_mut(|own| {
        let own = match own {
            Some(own) => own,
            None => own.insert(Loop::new()?),
        };
        Ok(work(own))
    })
}

impl Loop {
    fn new() -> io::Result<Loop> {
        let poller = Poller::new()?;
        let shared = Shared { inbox: Mutex::default(), waker: poller.waker()? };
        let shared = Arc::new(shared);
        Ok(Loop { poller, shared, events: Vec::new(), jobs: Vec::new(), free: Vec::new(), polls: 0 })
    }

    /// Waits, and moves what has happened into `events` and `jobs`.
    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        self.polls += 1;
        self.events.clear();
        let is_woken = self.poller.poll(timeout, &mut self.events)?;
        if is_woken {
            let mut inbox = self.shared.inbox();
            inbox.is_woken = false;
            self.events.append(&mut inbox.events);
            for (number, outcome) in inbox.outcomes.drain(..) {
                if let Some(job) = self.jobs.get_mut(number) {
                    *job = Job::Done(outcome);
                }
            }
        }
        Ok(self.events.len())
    }

    fn start_job(&mut self) -> usize {
        if let Some(number) = self.free.pop() {
            self.jobs[number] = Job::Started;
            return number;
        }
        self.jobs.push(Job::Started);
        self.jobs.len() - 1
    }
}

/// A handle of this thread's loop for other threads.
pub fn remote() -> io::Result<Remote> {
    with(|own| Remote(own.shared.clone()))
}

/// A number for a job that is about to start.
pub(crate) fn start_job() -> io::Result<(usize, Remote)> {
    with(|own| (own.start_job(), Remote(own.shared.clone())))
}

/// Registers a descriptor: from now on, every change of what it is ready for is an event with this token.
pub fn add(fd: i32, token: i64) -> io::Result<()> {
    with(|own| own.poller.add(fd, token as u64))?
}

/// No more events of this descriptor.
pub fn remove(fd: i32) -> io::Result<()> {
    with(|own| own.poller.remove(fd))?
}

/// Waits until something has happened: at most so long, or as long as it takes. The number of events.
pub fn poll(timeout: Option<Duration>) -> io::Result<usize> {
    with(|own| own.poll(timeout))?
}

/// An event that the last [`poll`] found.
pub fn event(index: usize) -> Option<Event> {
    with(|own| own.events.get(index).copied()).ok().flatten()
}

/// How often this thread has asked the system so far.
pub fn polls() -> u64 {
    LOOP.with_borrow(|own| own.as_ref().map_or(0, |own| own.polls))
}

/// What a job that is done has given; `None` when it is not done, or was dropped. Until [`drop_job`] its number
/// means no other job.
pub fn with_outcome<R>(job: i64, look: impl FnOnce(&mut Outcome) -> R) -> Option<R> {
    let number = usize::try_from(job).ok()?;
    with(|own| match own.jobs.get_mut(number) {
        Some(Job::Done(outcome)) => Some(look(outcome)),
        _ => None,
    })
    .ok()
    .flatten()
}

/// Forgets a job that is done; its number may mean another one from now on.
pub fn drop_job(job: i64) {
    let Ok(number) = usize::try_from(job) else { return };
    let dropped = with(|own| {
        let job = own.jobs.get_mut(number).filter(|job| matches!(job, Job::Done(_)))?;
        own.free.push(number);
        Some(std::mem::replace(job, Job::Free))
    });
    drop(dropped);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_wake_the_loop() {
        let remote = remote().expect("a loop");
        let thread = std::thread::spawn(move || remote.post(7, READABLE));
        assert_eq!(poll(None).expect("poll"), 1);
        assert_eq!(event(0), Some(Event { token: 7, bits: READABLE }));
        assert_eq!(event(1), None);
        thread.join().expect("the thread");
        assert_eq!(poll(Some(Duration::ZERO)).expect("poll"), 0);
    }

    #[test]
    fn time_is_kept() {
        let start = std::time::Instant::now();
        assert_eq!(poll(Some(Duration::from_micros(1500))).expect("poll"), 0);
        assert!(start.elapsed() >= Duration::from_micros(1500));
    }
}
