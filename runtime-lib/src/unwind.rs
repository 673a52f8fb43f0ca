//! Throwing: makes the object that carries an error, finds the handler by the tables of the programs and goes on
//! there. Frames are those of frame pointers; code that throws nothing does nothing for it.
//!
//! Without a handler nothing is made: the report is printed from the stack as it is.

use crate::fail::{self, Failure};
use crate::program::CodePlace;
use crate::trace::{self, Finder, Start};
use crate::{gc, overflow, process, thread, uncaught};
use flash_abi::context::Context;
use flash_abi::object::{Descriptor, HEADER_SIZE, KIND_FIXED, SLOT_EXACT, THROWN_ERROR, THROWN_TABLE};
use std::mem::offset_of;

/// Calls that an error remembers.
const MOST_CALLS: usize = 64;
/// The same with coroutines that waited for it.
const MOST_CALLS_AWAITED: usize = 192;

/// What handlers are given: an error with its trace. An object of the heap.
#[repr(C)]
struct Thrown {
    header: u64,
    error: usize,
    /// The error's dispatch table for `Error`.
    table: usize,
    /// Addresses of the calls on the stack where it was thrown, in a buffer of bytes.
    trace: *const usize,
    count: usize,
}

const _: () = assert!(offset_of!(Thrown, error) == THROWN_ERROR as usize);
const _: () = assert!(offset_of!(Thrown, table) == THROWN_TABLE as usize);

#[repr(C, align(8))]
struct ThrownType {
    head: Descriptor,
    slots: [u32; 2],
    name: [u8; 6],
}

static THROWN: ThrownType = ThrownType {
    head: Descriptor {
        size: size_of::<Thrown>() as u32,
        pointer_count: 2,
        name_len: 6,
        kind: KIND_FIXED,
        reserved: [0; 3],
    },
    slots: [THROWN_ERROR | SLOT_EXACT, offset_of!(Thrown, trace) as u32],
    name: *b"thrown",
};

/// What a handler is given that nothing was thrown to: no error, no trace. It lies in no heap.
pub(crate) fn nothing_thrown() -> usize {
    struct Nothing(Thrown);
    // SAFETY: it is never written, and its addresses are null.
    unsafe impl Sync for Nothing {}
    static NOTHING: Nothing = Nothing(Thrown { header: 0, error: 0, table: 0, trace: std::ptr::null(), count: 0 });
    &raw const NOTHING.0 as usize
}

/// The addresses of the innermost calls of a stack.
pub(crate) struct Calls {
    addresses: [usize; MOST_CALLS],
    count: usize,
}

impl Calls {
    pub fn of(calls: impl Iterator<Item = trace::Call>) -> Calls {
        let mut all = Calls { addresses: [0; MOST_CALLS], count: 0 };
        for (slot, call) in all.addresses.iter_mut().zip(calls) {
            *slot = call.address();
            all.count += 1;
        }
        all
    }

    pub fn addresses(&self) -> &[usize] {
        &self.addresses[..self.count]
    }
}

unsafe extern "C" {
    /// In `asm/`: sets the registers that a handler expects and jumps to it.
    fn flash_resume(landing: usize, frame: usize, stack: usize, error: usize, ctx: *mut Context) -> !;
}

/// A place to go on at.
#[derive(Clone, Copy)]
pub(crate) struct Landing {
    pub code: usize,
    pub frame: usize,
    pub stack: usize,
    /// The call that has this handler.
    pub call: CodePlace,
}

/// The innermost handler around the code at `start`. No error passes code that is in no source: what is
/// beyond it is C, which knows nothing of errors.
pub(crate) fn find_handler(start: Start) -> Option<Landing> {
    let mut at = start;
    let mut finder = Finder::new();
    loop {
        if let Some(call) = finder.find(at.pc) {
            if let Some((code, frame_size)) = call.handler() {
                return Some(Landing { code, frame: at.frame, stack: at.frame.checked_sub(frame_size)?, call });
            }
            if call.is_barrier() {
                return None;
            }
        }
        at = trace::step(at)?;
    }
}

/// The handler around all others, which the code at `start` would come to last.
pub(crate) fn outermost_handler(start: Start) -> Option<Landing> {
    let (mut at, mut found, mut finder) = (start, None, Finder::new());
    loop {
        if let Some(call) = finder.find(at.pc)
            && let Some((code, frame_size)) = call.handler()
        {
            found = at.frame.checked_sub(frame_size).map(|stack| Landing { code, frame: at.frame, stack, call });
        }
        match trace::step(at) {
            Some(next) => at = next,
            None => return found,
        }
    }
}

/// Throws a value of `Error`, from the place `start`.
///
/// # Safety
/// `ctx` is this thread's context; `error` is an object that belongs to the dispatch table.
pub(crate) unsafe fn throw(ctx: *mut Context, error: usize, table: usize, start: Start) -> ! {
    // SAFETY: promised by the caller.
    unsafe {
        overflow::put_back(ctx, start.low);
        match find_handler(start) {
            Some(landing) => {
                let thrown = carry(ctx, error, table, Calls::of(trace::calls(start)).addresses());
                resume(ctx, landing, thrown)
            }
            None => {
                uncaught::report(ctx, uncaught::UNCAUGHT, error, table, trace::calls(start));
                process::exit(fail::EXIT_CODE)
            }
        }
    }
}

/// Throws on what a handler was given, with the trace that it has.
///
/// # Safety
/// `ctx` is this thread's context; `thrown` is what a handler was given.
pub(crate) unsafe fn rethrow(ctx: *mut Context, thrown: usize, start: Start) -> ! {
    // SAFETY: promised by the caller.
    unsafe {
        overflow::put_back(ctx, start.low);
        if let Some(landing) = find_handler(start) {
            resume(ctx, landing, thrown)
        }
        tell(ctx, uncaught::UNCAUGHT, thrown);
        process::exit(fail::EXIT_CODE)
    }
}

/// What carries the same error to whoever waited for it: its trace goes on with the coroutine that waits at `start`.
/// Others may wait for the same error, so that what was given stays as it is.
///
/// # Safety
/// `ctx` is this thread's context; `thrown` is what a handler was given.
unsafe fn awaited(ctx: *mut Context, thrown: usize, start: Start) -> usize {
    let Some(call) = trace::coroutine(start) else { return thrown };
    // SAFETY: promised by the caller.
    unsafe {
        let Thrown { error, table, trace, count, .. } = *(thrown as *const Thrown);
        if count + 2 > MOST_CALLS_AWAITED {
            return thrown;
        }
        let mut addresses = Vec::with_capacity(count + 2);
        addresses.extend_from_slice(std::slice::from_raw_parts(trace, count));
        addresses.extend([trace::AWAITED, call.address()]);
        carry(ctx, error, table, &addresses)
    }
}

crate::native! {
    /// (what carries an error) -> what carries it to the coroutine that this is called in the name of.
    fn flash_trace_awaited(ctx: *mut Context, thrown: *mut u8) -> *mut u8 {
        let frame = fail::frame_pointer();
        // SAFETY: compiled code passes its context, and a `Thrown`.
        unsafe {
            let high = (*ctx).stack_base as usize;
            awaited(ctx, thrown as usize, Start { pc: 0, frame, low: frame, high, is_crash: false }) as *mut u8
        }
    }
}

/// Prints what a handler was given, behind a title, with the trace that it has.
///
/// # Safety
/// As [`rethrow`].
pub(crate) unsafe fn tell(ctx: *mut Context, title: &str, thrown: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        let Thrown { error, table, trace, count, .. } = *(thrown as *const Thrown);
        let trace: &[usize] = if count == 0 { &[] } else { std::slice::from_raw_parts(trace, count) };
        uncaught::report(ctx, title, error, table, trace::saved(trace));
    }
}

/// Throws an instance of the failure's class, or ends the program with its report.
///
/// # Safety
/// `ctx` is this thread's context.
pub(crate) unsafe fn fail(ctx: *mut Context, failure: Failure<'_>, start: Start) -> ! {
    // SAFETY: promised by the caller.
    unsafe {
        overflow::put_back(ctx, start.low);
        if let Some(landing) = find_handler(start)
            && let Some(thrown) = make(ctx, landing.call, failure, &Calls::of(trace::calls(start)))
        {
            resume(ctx, landing, thrown)
        }
    }
    fail::print(failure, start);
    process::exit(fail::EXIT_CODE)
}

/// What carries an instance of the failure's class. None when the program has no class for it, or when there is no
/// memory even for the error that says so.
///
/// # Safety
/// `ctx` is this thread's context.
pub(crate) unsafe fn make(ctx: *mut Context, call: CodePlace, failure: Failure<'_>, calls: &Calls) -> Option<usize> {
    let (number, fields) = failure.class()?;
    let class = call.error_classes().get(number)?;
    // SAFETY: promised by the caller; the class's instances have as many fields as fit their size.
    unsafe {
        if thread::heap(ctx).set_reserve(true) {
            return None;
        }
        let size = (*class.descriptor).size;
        let object = gc::allocate(ctx, class.descriptor);
        let room = (size - HEADER_SIZE) as usize / size_of::<usize>();
        for (index, field) in fields.into_iter().take(room).enumerate() {
            object.add(HEADER_SIZE as usize).cast::<usize>().add(index).write(field);
        }
        let thrown = carry(ctx, object as usize, class.table as usize, calls.addresses());
        thread::heap(ctx).set_reserve(false);
        Some(thrown)
    }
}

/// Makes what carries an error to its handler.
///
/// # Safety
/// As [`throw`].
unsafe fn carry(ctx: *mut Context, error: usize, table: usize, addresses: &[usize]) -> usize {
    // SAFETY: promised by the caller; the buffer has room for the addresses, and everything is reached from this
    // stack until it is stored.
    unsafe {
        let trace = gc::allocate_bytes(ctx, size_of_val(addresses)).cast::<usize>();
        trace.copy_from_nonoverlapping(addresses.as_ptr(), addresses.len());
        let thrown = gc::allocate(ctx, &raw const THROWN.head).cast::<Thrown>();
        (*thrown).error = error;
        (*thrown).table = table;
        (*thrown).trace = trace;
        (*thrown).count = addresses.len();
        thrown as usize
    }
}

/// Goes on at a handler.
///
/// # Safety
/// The landing is of a call on this thread's stack.
pub(crate) unsafe fn resume(ctx: *mut Context, landing: Landing, thrown: usize) -> ! {
    let Landing { code, frame, stack, .. } = landing;
    // SAFETY: promised by the caller.
    let code = unsafe { overflow::before(ctx, landing) }.unwrap_or(code);
    // SAFETY: the tables name the handler of the call that this frame is in; what lies below its stack
    // pointer is Flash code, which owns nothing, and runtime code that holds nothing.
    unsafe { flash_resume(code, frame, stack, thrown, ctx) }
}
