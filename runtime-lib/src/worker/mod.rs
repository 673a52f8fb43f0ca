//! Threads that run Flash code beside the main one, each with a heap, globals and a loop of its own: `std:worker`. They
//! share nothing but `mailbox`es. A thread begins in `std:worker` by a parcel of what it is to do, which has with it the
//! program's variables as they are then.

pub mod mailbox;
pub mod termination;

use crate::gc::{self, Parcel};
use crate::thread::{self, StackKind};
use crate::{program, stdio};
use flash_abi::context::Context;
use flash_abi::program::Program;
use std::cell::RefCell;

unsafe extern "C" {
    /// See `asm/`.
    fn flash_enter(ctx: *mut Context, code: *const u8, stack_top: *mut u8) -> i64;
}

/// What a new thread needs.
struct Start {
    program: *const Program,
    /// Flash code that takes nothing and gives nothing.
    code: *const u8,
    work: Parcel,
    /// Closed when the thread ends, however it does.
    mailboxes: Vec<i64>,
}

// SAFETY: program and code are the process's, never written and never freed while threads run.
unsafe impl Send for Start {}

thread_local! {
    /// What this thread is to do, until it has begun.
    static WORK: RefCell<Option<Parcel>> = const { RefCell::new(None) };
}

/// Closes mailboxes when it goes.
struct Closing(Vec<i64>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.iter().for_each(|&id| mailbox::close(id));
    }
}

/// Starts a thread that calls `code` with work to do. Its number is that of the first mailbox. False when the system has no more threads.
///
/// # Safety
/// `code` is of a registered program, has the convention of Flash, and takes and gives nothing.
pub unsafe fn start(code: *const u8, work: Parcel, mailboxes: Vec<i64>) -> bool {
    let Some(place) = program::find(code as usize) else { return false };
    mailboxes.first().copied().into_iter().for_each(termination::announce);
    let start = Start { program: place.program(), code, work, mailboxes };
    std::thread::Builder::new().name("flash-worker".to_owned()).spawn(move || run(start)).is_ok()
}

fn run(start: Start) {
    let Start { program, code, work, mailboxes } = start;
    let _living = mailboxes.first().copied().map(termination::begin);
    let _closing = Closing(mailboxes);
    // SAFETY: the program is registered; this is a new thread.
    let Some(ctx) = (unsafe { thread::create(program, StackKind::Own) }) else { return };
    WORK.set(if termination::is_asked() { None } else { Some(work) });
    // SAFETY: promised to `start`; the context is this thread's.
    unsafe {
        flash_enter(ctx, code, thread::stack_top(ctx));
        stdio::flush();
        thread::destroy(ctx);
    }
}

/// Unpacks what this thread is to do: the address of it. Null in a thread that has begun, or is no worker.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn begin(ctx: *mut Context) -> usize {
    let Some(work) = WORK.take() else { return 0 };
    // SAFETY: promised by the caller; the thread was made for the program that packed it.
    unsafe { gc::unpack(ctx, &work) }
}
