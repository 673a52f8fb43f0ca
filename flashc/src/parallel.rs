//! Work on many things at once, where there are enough of them: to start threads takes longer than to compile a small
//! program. Results do not depend on the number of threads.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::OnceLock;

/// With fewer things, threads cost more than they save.
const ENOUGH: usize = 24;
/// The parser bounds the height of trees; this is enough for every stage on the highest one, also in a debug build.
/// Memory is taken only as deep as it goes.
pub const STACK_SIZE: usize = 256 << 20;

/// Does something with each.
pub fn for_each<T: Send>(items: &mut [T], work: impl Fn(&mut T) + Send + Sync) {
    for_each_if(items.len() >= ENOUGH, items, work);
}

/// As [`for_each`], where the caller knows whether there is enough to do.
pub fn for_each_if<T: Send>(is_enough: bool, items: &mut [T], work: impl Fn(&mut T) + Send + Sync) {
    if is_enough {
        in_pool(|| items.par_iter_mut().for_each(work));
    } else {
        items.iter_mut().for_each(work);
    }
}

/// What `work` makes of each, in their order. What `init` makes serves one thread for several of them.
pub fn map_with<T: Sync, W, R: Send>(
    items: &[T],
    init: impl Fn() -> W + Send + Sync,
    work: impl Fn(&mut W, &T) -> R + Send + Sync,
) -> Vec<R> {
    if items.len() < ENOUGH {
        let mut state = init();
        items.iter().map(|item| work(&mut state, item)).collect()
    } else {
        in_pool(|| items.par_iter().map_init(init, work).collect())
    }
}

/// Runs parallel work where the caller's threads are, or else in those of this process.
fn in_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    if rayon::current_thread_index().is_some() {
        return work();
    }
    match POOL.get_or_init(|| ThreadPoolBuilder::new().stack_size(STACK_SIZE).build().ok()) {
        Some(pool) => pool.install(work),
        // The system gives no more threads: rayon makes do with this one.
        None => work(),
    }
}
