//! A full stack: becomes an error that the program may catch.
//!
//! Flash code that runs into the guard is left at once: the fault's handler notes the calls, and goes on in
//! [`flash_stack_overflowed`] where the handler of the error has its frame, which frees all that is below.
//! Runtime or C code cannot be left in the middle: the upper part of the guard is opened for it, and when it returns to
//! Flash code, that returns into an error (`flash_overflow_return` in `asm/`). The guard is closed before anything
//! goes on at a handler. What runs into the rest of the guard, or has no handler, ends the program.

use crate::fail::Failure;
use crate::memory;
use crate::program;
use crate::thread::{self, GUARD_SIZE};
use crate::trace::{self, Start};
use crate::unwind::{self, Calls, Landing};
use flash_abi::context::Context;

/// The part of the guard that is opened.
const OPENED: usize = GUARD_SIZE / 4 * 3;

/// How far from the guard a handler needs it open: what runtime code that makes an error may take, and more.
const CLOSE_BY: usize = 64 << 10;

/// What is remembered of an overflow until it is thrown.
#[derive(Default)]
pub struct Overflow {
    is_open: bool,
    pending: Option<(Landing, Calls)>,
    /// Where the code goes on that was called when the stack ran full.
    return_pc: usize,
}

/// Where to go on instead of the instruction that faulted.
pub(crate) struct Detour {
    pub pc: usize,
    pub stack: usize,
    pub frame: usize,
}

unsafe extern "C" {
    /// In `asm/`: where runtime code returns to after an overflow inside of it.
    fn flash_overflow_return();
}

/// What to do about a full stack. None: end the program.
///
/// # Safety
/// `ctx` is this thread's context, whose own stack is full, found by a fault in the code at `start`; `in_flash` says
/// that this is Flash code.
pub(crate) unsafe fn handle(ctx: *mut Context, start: Start, in_flash: bool) -> Option<Option<Detour>> {
    // SAFETY: promised by the caller.
    let overflow = unsafe { thread::overflow(ctx) };
    if in_flash {
        let landing = unwind::find_handler(start)?;
        overflow.pending = Some((landing, Calls::of(trace::calls(start))));
        // SAFETY: promised by the caller.
        unsafe { open(ctx) };
        // As behind a call, which the code there expects.
        let call = if cfg!(target_arch = "x86_64") { 8 } else { 0 };
        let stack = (landing.stack & !15) - call;
        let pc = flash_stack_overflowed as *const () as usize;
        return Some(Some(Detour { pc, stack, frame: landing.frame }));
    }
    if overflow.is_open {
        return None;
    }
    // Found already, where frame pointers could not be trusted.
    let caller = if program::find(start.pc).is_some() { start } else { caller(start)? };
    unwind::find_handler(caller)?;
    overflow.return_pc = caller.pc;
    // SAFETY: the word is the return address of a call that Flash code made, and what takes its place ends in a
    // throw from there. Were it an old one that nobody returns to, nothing would come of it.
    unsafe {
        ((caller.low - 8) as *mut usize).write(flash_overflow_return as *const () as usize);
        open(ctx);
    }
    Some(None)
}

/// The innermost Flash code that frame pointers lead to. What else looks like a return address may be left over from
/// calls that are long done.
fn caller(start: Start) -> Option<Start> {
    let mut at = trace::step(start)?;
    while program::find(at.pc).is_none() {
        at = trace::step(at)?;
    }
    Some(at)
}

/// Makes a part of the guard usable.
///
/// # Safety
/// `ctx` is this thread's context, with a stack of its own.
unsafe fn open(ctx: *mut Context) {
    // SAFETY: promised by the caller; the guard lies just below the stack's limit.
    unsafe {
        let overflow = thread::overflow(ctx);
        if !overflow.is_open {
            let start = (*ctx).stack_limit.sub(OPENED);
            if memory::commit(start, OPENED) {
                overflow.is_open = true;
                // The collector scans from here on.
                (*ctx).stack_limit = start;
            }
        }
    }
}

/// Makes the guard whole again, before code goes on with this stack pointer. Not when that is close by: then this code
/// runs in what was opened, and a handler that calls anything needs it.
///
/// # Safety
/// `ctx` is this thread's context, and nobody uses what lies far below the stack pointer.
pub(crate) unsafe fn close(ctx: *mut Context, stack: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        let overflow = thread::overflow(ctx);
        if overflow.is_open {
            let start = (*ctx).stack_limit;
            let limit = start.add(OPENED);
            if stack > limit as usize + CLOSE_BY {
                overflow.is_open = false;
                (*ctx).stack_limit = limit;
                memory::guard(start, OPENED);
            }
        }
    }
}

/// Where the code goes on that was called when the stack ran full.
///
/// # Safety
/// `ctx` is this thread's context.
pub(crate) unsafe fn return_pc(ctx: *mut Context) -> usize {
    // SAFETY: promised by the caller.
    unsafe { thread::overflow(ctx).return_pc }
}

/// Throws what [`handle`] noted, on the stack of the error's handler.
unsafe extern "C" fn flash_stack_overflowed() -> ! {
    let ctx = thread::current();
    // SAFETY: `handle` has put this thread here; nothing refers to what it noted.
    unsafe {
        let Some((landing, calls)) = thread::overflow(ctx).pending.take() else { crate::process::exit_now(1) };
        match unwind::make(ctx, landing.call, Failure::StackOverflow, &calls) {
            Some(thrown) => unwind::resume(ctx, landing, thrown),
            None => {
                crate::fail::print_saved(Failure::StackOverflow, calls.addresses());
                crate::process::exit(crate::fail::EXIT_CODE)
            }
        }
    }
}

/// Where a call instruction returns to that could not even store its return address.
#[cfg(target_arch = "x86_64")]
pub(crate) fn behind_call(pc: usize) -> Option<usize> {
    program::find(pc)?;
    // SAFETY: the address is one of Flash code, which ends in more than three bytes of tables or padding.
    let code = unsafe { (pc as *const [u8; 3]).read_unaligned() };
    let length = match code {
        [0xe8, ..] => 5,
        [0xff, operand, _] if operand & 0xf8 == 0xd0 => 2,
        [0x41, 0xff, operand] if operand & 0xf8 == 0xd0 => 3,
        _ => return None,
    };
    Some(pc + length)
}

/// Calls store nothing.
#[cfg(target_arch = "aarch64")]
pub(crate) fn behind_call(_pc: usize) -> Option<usize> {
    None
}
