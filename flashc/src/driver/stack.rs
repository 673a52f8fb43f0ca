//! Runs the compiler where recursion over trees has room, on as many threads as asked for.

use crate::parallel::STACK_SIZE;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Runs `work` on a large stack. With `threads` above 0, all parallel work inside of it uses that
/// many; otherwise as many as the machine has cores.
pub fn with_stack<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    if threads > 0
        && let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_SIZE).build()
    {
        return pool.install(work);
    }
    let work = Mutex::new(Some(work));
    let run = || match work.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(work) => work(),
        None => crate::bug!("driver: the work was done twice"),
    };
    thread::scope(|scope| match thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, run) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
        // Where a thread cannot be had, the stack at hand must do.
        Err(_) => run(),
    })
}
