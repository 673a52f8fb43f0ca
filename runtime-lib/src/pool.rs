//! Threads for what the system cannot do without blocking: files, names of hosts. A native [`start`]s a job and gives
//! its number to Flash, which hands it to `event_loop.job`; when the job is done the loop calls back, and natives take
//! the [`Outcome`] by the number (`flash_job_*`).
//!
//! Threads are made when there is work and none is idle, up to [`most_threads`]. They hold nothing of any heap: a job
//! owns what it works on.

use crate::event_loop::{self, Remote};
use flash_abi::context::Context;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a job has given.
#[derive(Debug)]
pub enum Outcome {
    /// It is done, and there is nothing to say.
    Unit,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
    Failed {
        /// The name that systems have for it, such as `ENOENT`.
        code: &'static str,
        /// The same in words.
        reason: String,
    },
}

/// Something to do, and whom to tell.
struct Task {
    work: Box<dyn FnOnce() -> Outcome + Send>,
    job: usize,
    remote: Remote,
}

#[derive(Default)]
struct Pool {
    tasks: VecDeque<Task>,
    threads: usize,
    idle: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool { tasks: VecDeque::new(), threads: 0, idle: 0 });
static WORK: Condvar = Condvar::new();

/// Threads at most, unless FLASH_POOL_THREADS says otherwise.
const DEFAULT_THREADS: usize = 4;

fn most_threads() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let wanted = std::env::var("FLASH_POOL_THREADS").ok().and_then(|text| text.trim().parse().ok());
        wanted.filter(|count| (1..=1024).contains(count)).unwrap_or(DEFAULT_THREADS)
    })
}

fn pool() -> MutexGuard<'static, Pool> {
    // Nobody fails while holding it.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a job for the loop of this thread: its number, which the loop will say when it is done. -1 when the system
/// has no descriptors or memory for a loop.
pub fn start(_ctx: *mut Context, work: impl FnOnce() -> Outcome + Send + 'static) -> i64 {
    let Ok((job, remote)) = event_loop::start_job() else { return -1 };
    let task = Task { work: Box::new(work), job, remote };
    let mut pool = pool();
    pool.tasks.push_back(task);
    if pool.idle >= pool.tasks.len() || pool.threads >= most_threads() {
        WORK.notify_one();
    } else if std::thread::Builder::new().name("flash-pool".to_owned()).spawn(serve).is_ok() {
        pool.threads += 1;
    } else if pool.threads == 0
        && let Some(task) = pool.tasks.pop_back()
    {
        // No thread at all: better slowly than never.
        drop(pool);
        perform(task);
    }
    job as i64
}

/// A thread of the pool: waits for tasks as long as the process lives.
fn serve() {
    let mut pool = pool();
    loop {
        if let Some(task) = pool.tasks.pop_front() {
            drop(pool);
            perform(task);
            pool = self::pool();
        } else {
            pool.idle += 1;
            pool = WORK.wait(pool).unwrap_or_else(PoisonError::into_inner);
            pool.idle -= 1;
        }
    }
}

fn perform(Task { work, job, remote }: Task) {
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Outcome::Failed {
        code: "EIO",
        reason: "a bug of the Flash runtime: a job has failed".to_owned(),
    });
    remote.finish(job, outcome);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_loop::{JOB, drop_job, event, poll, with_outcome};

    /// Waits for so many jobs; their numbers.
    fn wait(count: usize) -> Vec<i64> {
        let mut done = Vec::new();
        while done.len() < count {
            let events = poll(None).expect("poll");
            for event in (0..events).filter_map(event) {
                assert_eq!(event.bits, JOB);
                done.push(event.token as i64);
            }
        }
        done
    }

    #[test]
    fn jobs_come_back() {
        let jobs: Vec<i64> = (0..100).map(|n| start(std::ptr::null_mut(), move || Outcome::Number(n))).collect();
        let mut done = wait(jobs.len());
        done.sort_unstable();
        assert_eq!(done, jobs);
        for (expected, &job) in jobs.iter().enumerate() {
            let number = with_outcome(job, |outcome| match outcome {
                Outcome::Number(n) => *n,
                _ => -1,
            });
            assert_eq!(number, Some(expected as i64));
            drop_job(job);
            assert!(with_outcome(job, |_| ()).is_none());
        }
        assert!(pool().threads <= most_threads());
    }

    #[test]
    fn a_job_that_panics_has_failed() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let job = start(std::ptr::null_mut(), || panic!("no"));
        assert_eq!(wait(1), [job]);
        std::panic::set_hook(hook);
        assert_eq!(with_outcome(job, |outcome| matches!(outcome, Outcome::Failed { .. })), Some(true));
    }
}
