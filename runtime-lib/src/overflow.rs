//! A full stack: becomes an error that the program may catch.
//!
//! Flash code that runs into the guard is left at once: the fault's handler notes the calls, and goes on in
//! [`flash_stack_overflowed`] where the handler of the error has its frame, which frees all that is below.
//! Runtime or C code cannot be left in the middle: the upper part of the guard is opened for it, and when it returns to
//! Flash code, that returns into an error (`flash_overflow_return` in `asm/`). The guard is closed before anything
//! goes on at a handler. What runs into the rest of the guard, or has no handler, ends the program.
//!
//! Where such code has no frame pointers, nobody knows which of the words on the stack that look like return addresses
//! is the one, because older calls leave theirs. So all of them are replaced. Where none is returned to, nothing
//! comes of it; where a Flash function returns by one, the error is thrown a little further out. What is
//! left of them is put back before anything is thrown.

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

/// How far, and how many words, to look for the return address of the code that ran into the guard.
const REACH: usize = 64 << 10;
const MOST_PATCHES: usize = 256;

/// What is remembered of an overflow until it is thrown.
pub struct Overflow {
    is_open: bool,
    pending: Option<(Landing, Calls)>,
    patches: [Patch; MOST_PATCHES],
    patch_count: usize,
    /// The handler to go on at when the guard is closed.
    landing: Option<Landing>,
}

impl Overflow {
    pub fn new() -> Overflow {
        let patches = [Patch { slot: 0, frame: 0, pc: 0 }; MOST_PATCHES];
        Overflow { is_open: false, pending: None, patches, patch_count: 0, landing: None }
    }
}

/// A return address on the stack that was replaced.
#[derive(Clone, Copy)]
struct Patch {
    slot: usize,
    /// The frame pointer and the address that it returns to.
    frame: usize,
    pc: usize,
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
    /// In `asm/`: entered as a handler, see [`before`].
    fn flash_overflow_end();
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
    overflow.patch_count = 0;
    let mut add = |found: Start| {
        if let Some(patch) = overflow.patches.get_mut(overflow.patch_count) {
            *patch = Patch { slot: found.low - 8, frame: found.frame, pc: found.pc };
            overflow.patch_count += 1;
        }
        found
    };
    let caller = match program::find(start.pc) {
        None => Some(add(caller(start)?)),
        // Frame pointers could not be trusted: this is the lowest word that may be it.
        Some(_) => {
            let limit = start.low.saturating_add(REACH);
            let next = |found: &Start| trace::recover(found.low, start.high).filter(|found| found.low < limit);
            std::iter::successors(Some(start), next).map(&mut add).last()
        }
    };
    if unwind::find_handler(caller?).is_none() {
        overflow.patch_count = 0;
        return None;
    }
    // SAFETY: the words are return addresses of calls that Flash code made, and what takes their place ends in a throw
    // from there, or they are left over from old calls.
    unsafe {
        for patch in &overflow.patches[..overflow.patch_count] {
            (patch.slot as *mut usize).write(flash_overflow_return as *const () as usize);
        }
        open(ctx);
    }
    Some(None)
}

/// Puts the return addresses back that were replaced, from `low` on, below which is nothing alive.
///
/// # Safety
/// `ctx` is this thread's context.
pub(crate) unsafe fn put_back(ctx: *mut Context, low: usize) {
    // SAFETY: promised by the caller; the words are in the part of the stack that was in use then, and still is. One
    // that was written since is left alone.
    unsafe {
        let overflow = thread::overflow(ctx);
        for patch in overflow.patches.iter().take(std::mem::take(&mut overflow.patch_count)) {
            let slot = patch.slot as *mut usize;
            if patch.slot >= low && slot.read() == flash_overflow_return as *const () as usize {
                slot.write(patch.pc);
            }
        }
    }
}

crate::native! {
    /// Where `flash_overflow_return` goes on, with the stack and frame pointer of the Flash code that was returned to.
    fn flash_overflow_returned(ctx: *mut Context, stack: usize, frame: usize) {
        // SAFETY: the code in `asm/` passes this thread's context.
        unsafe {
            let overflow = thread::overflow(ctx);
            let mut patches = overflow.patches.iter().take(overflow.patch_count).rev();
            let fits = |patch: &&Patch| {
                patch.frame == frame && (cfg!(target_arch = "aarch64") || patch.slot + 8 == stack)
            };
            let pc = patches.find(fits).map_or(0, |patch| patch.pc);
            let start = Start { pc, frame, low: frame, high: (*ctx).stack_base as usize, is_crash: false };
            unwind::fail(ctx, Failure::StackOverflow, start)
        }
    }
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

/// Where to go on before a handler: code that closes the guard, for which the stack has to be left that was opened. Not
/// when the handler is close by: then it needs what is open as soon as it calls anything.
///
/// # Safety
/// `ctx` is this thread's context.
pub(crate) unsafe fn before(ctx: *mut Context, landing: Landing) -> Option<usize> {
    // SAFETY: promised by the caller.
    unsafe {
        let overflow = thread::overflow(ctx);
        let limit = (*ctx).stack_limit as usize + OPENED;
        if !overflow.is_open || landing.stack < limit + CLOSE_BY {
            return None;
        }
        overflow.landing = Some(landing);
        Some(flash_overflow_end as *const () as usize)
    }
}

crate::native! {
    /// Where `flash_overflow_end` goes on, on the stack of a handler: makes the guard whole again, then goes on there.
    fn flash_overflow_ended(ctx: *mut Context, thrown: usize) {
        // SAFETY: the code in `asm/` passes this thread's context, and nobody uses what lies far below its stack.
        unsafe {
            let overflow = thread::overflow(ctx);
            let start = (*ctx).stack_limit;
            overflow.is_open = false;
            (*ctx).stack_limit = start.add(OPENED);
            memory::guard(start, OPENED);
            let Some(landing) = overflow.landing.take() else { crate::process::exit_now(1) };
            unwind::resume(ctx, landing, thrown)
        }
    }
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
