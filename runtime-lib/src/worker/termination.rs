//! Ending a worker from outside, whatever it is doing. Its thread is sent a signal; where that finds it in Flash code,
//! which holds nothing of the runtime's, it goes on at the outermost handler, which is that of `std:worker` and ends the
//! thread. Runtime code is never left like this: the signal is sent again until it is done, and a loop that waits asks
//! before it does (see [`end_if_asked`]).

use crate::trace::Start;
use crate::{fail, thread, unwind};
use flash_abi::context::Context;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sent to a thread that is to end. By default nobody minds it.
const SIGNAL: i32 = libc::SIGURG;
/// Time between signals: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// What a worker and those who may end it share.
#[derive(Default)]
struct Life {
    /// The system's thread while it runs.
    thread: Mutex<Option<libc::pthread_t>>,
    is_asked: AtomicBool,
}

static LIVES: Mutex<Option<HashMap<i64, Arc<Life>>>> = Mutex::new(None);

thread_local! {
    static OWN: RefCell<Option<Arc<Life>>> = const { RefCell::new(None) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nobody fails while holding one of these.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A worker of this number is about to start.
pub fn announce(id: i64) {
    install();
    lock(&LIVES).get_or_insert_default().insert(id, Arc::default());
}

/// This thread is the worker, until what is given is dropped.
pub fn begin(id: i64) -> Living {
    let life = lock(&LIVES).get_or_insert_default().entry(id).or_default().clone();
    // SAFETY: asks for this thread.
    *lock(&life.thread) = Some(unsafe { libc::pthread_self() });
    OWN.set(Some(life));
    Living(id)
}

/// Ends a worker's part in this when it is dropped.
pub struct Living(i64);

impl Drop for Living {
    fn drop(&mut self) {
        if let Some(life) = OWN.take() {
            *lock(&life.thread) = None;
        }
        if let Some(lives) = lock(&LIVES).as_mut() {
            lives.remove(&self.0);
        }
    }
}

/// Whether this thread is a worker that is to end.
pub fn is_asked() -> bool {
    // A signal may come while it is taken: then the thread is on its way already, or has just begun.
    OWN.try_with(|own| {
        own.try_borrow().is_ok_and(|own| own.as_ref().is_some_and(|life| life.is_asked.load(Ordering::Relaxed)))
    })
    .unwrap_or(false)
}

/// Ends a worker as soon as possible; does not wait for it.
pub fn terminate(id: i64) {
    let Some(life) = lock(&LIVES).as_ref().and_then(|lives| lives.get(&id).cloned()) else { return };
    if life.is_asked.swap(true, Ordering::Relaxed) {
        return;
    }
    // Without another thread there is one signal, which may come too early.
    signal(&life);
    let insist = move || {
        let mut pause = FIRST_PAUSE;
        // One that has not begun has no thread yet, and asks before it does anything.
        while Arc::strong_count(&life) > 1 {
            signal(&life);
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    };
    let _ = std::thread::Builder::new().name("flash-terminate".to_owned()).spawn(insist);
}

fn signal(life: &Life) {
    let thread = lock(&life.thread);
    if let Some(thread) = *thread {
        // SAFETY: the thread runs as long as it is named here, and it cannot end while this is locked.
        unsafe { libc::pthread_kill(thread, SIGNAL) };
    }
}

/// Ends this thread's Flash code, if somebody has asked for that. For natives that wait, before they do.
///
/// # Safety
/// `ctx` is this thread's context. As `fail::raise`, this leaves Rust code without dropping anything.
pub unsafe fn end_if_asked(ctx: *mut Context) {
    if !is_asked() {
        return;
    }
    let frame = fail::frame_pointer();
    // SAFETY: promised by the caller.
    unsafe {
        let high = (*ctx).stack_base as usize;
        if let Some(landing) = unwind::outermost_handler(Start { pc: 0, frame, low: frame, high, is_crash: false }) {
            unwind::resume(ctx, landing, unwind::nothing_thrown());
        }
    }
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: a zeroed sigaction is valid; the handler has the signature that SA_SIGINFO asks for. Calls of the
        // system are not begun again, so that a loop that waits looks around.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handle as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(SIGNAL, &action, std::ptr::null_mut());
        }
    });
}

extern "C" fn handle(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let ctx = thread::current();
    if ctx.is_null() || !is_asked() {
        return;
    }
    // SAFETY: the kernel's context, to which this thread returns; the thread's own context.
    unsafe { crate::signals::leave_flash_code(context.cast(), ctx) };
}
