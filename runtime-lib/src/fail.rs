//! Failing checks: what went wrong, in words, and how the program ends when no handler takes it (see `unwind`).
//! Every failure prints the same way (see `report`) and ends the process with exit code 1.

use crate::process;
use crate::report::Report;
use crate::trace::{self, Start};
use crate::unwind;
use flash_abi::context::Context;

/// The exit code of a program that failed.
pub(crate) const EXIT_CODE: i32 = 1;

/// A check that failed, with its operands.
#[derive(Clone, Copy, Debug)]
pub enum Failure<'a> {
    /// Index and length.
    Bounds(i64, i64),
    /// A value that must be there is null.
    Null,
    Division,
    Overflow,
    /// A failed `assert` with the text that the compiler or the program gave.
    Assert(&'a [u8]),
    /// `panic(message)`, and failures that natives word themselves.
    Panic(&'a str),
    /// Start and end of a range that does not fit what it is a range of.
    Slice(i64, i64),
    Unreachable,
    /// The number that does not fit the type it is converted to.
    Conversion(i64),
    StackOverflow,
    /// A module's variable that holds a reference was read before its `let` had run.
    Unset,
    /// No memory for this many bytes.
    OutOfMemory(usize),
    /// A signal of the processor or system: its name, and the address it names.
    Crash(&'a str, usize),
}

impl Failure<'_> {
    fn words(self, report: &mut Report) {
        match self {
            Failure::Bounds(index, length) => report
                .text("index out of bounds: the length is ")
                .signed(length)
                .text(" but the index is ")
                .signed(index),
            Failure::Null => report.text("unexpected null: there is no value here"),
            Failure::Division => report.text("division by zero"),
            Failure::Overflow => report.text("arithmetic overflow: the result does not fit the type"),
            Failure::Assert([]) => report.text("assertion failed"),
            Failure::Assert(text) => report.text("assertion failed: ").text(text),
            Failure::Panic(message) => report.text(message),
            Failure::Slice(start, end) => report
                .text("range out of bounds: ")
                .signed(start)
                .text("..")
                .signed(end)
                .text(" is not inside the value or splits a character"),
            Failure::Unreachable => {
                report.text("code that cannot be reached was reached; this is a bug of the Flash compiler")
            }
            Failure::Conversion(value) => report.text("conversion failed: the type has no value for ").signed(value),
            Failure::Unset => report.text("a top-level variable is used before its `let` has run"),
            Failure::StackOverflow => report.text("stack overflow: the calls are nested too deeply"),
            // More than any system has: a size that was not even computed to the end.
            Failure::OutOfMemory(bytes) if bytes >> 48 != 0 => {
                report.text("out of memory: the size is beyond all bounds")
            }
            Failure::OutOfMemory(bytes) => {
                report.text("out of memory: the system has no ").number(bytes as u64).text(" bytes left")
            }
            Failure::Crash(signal, address) => {
                report.text("the program crashed (").text(signal).text(" at ").address(address).text(")")
            }
        };
    }
}

/// Prints a failure with its trace. The caller ends the process.
pub fn print(failure: Failure<'_>, start: Start) {
    let mut report = Report::new();
    failure.words(report.headline());
    report.end_headline();
    report.trace(trace::calls(start));
}

/// Prints a text and the calls that led to the function of std whose native calls this. Nothing fails.
///
/// # Safety
/// `ctx` is this thread's context.
#[inline(never)]
pub unsafe fn print_calls(ctx: *mut Context, text: &str) {
    let frame = frame_pointer();
    // SAFETY: promised by the caller.
    let high = unsafe { (*ctx).stack_base } as usize;
    let mut report = Report::new();
    report.text("Trace").text(if text.is_empty() { "" } else { ": " }).text(text).text("\n");
    report.trace(trace::calls(Start { pc: 0, frame, low: frame, high, is_crash: false }).skip(1));
}

/// As [`print`], with the calls that were noted.
pub(crate) fn print_saved(failure: Failure<'_>, addresses: &[usize]) {
    let mut report = Report::new();
    failure.words(report.headline());
    report.end_headline();
    report.trace(trace::saved(addresses));
}

/// Throws the failure out of a native, or ends the program with its report. Whatever Rust code is between here and
/// the Flash code that called the native is left without being dropped: it owns nothing and borrows nothing.
///
/// # Safety
/// `ctx` is this thread's context.
#[inline(never)]
pub unsafe fn raise(ctx: *mut Context, failure: Failure<'_>) -> ! {
    let frame = frame_pointer();
    // SAFETY: promised by the caller.
    unsafe {
        let high = (*ctx).stack_base as usize;
        unwind::fail(ctx, failure, Start { pc: 0, frame, low: frame, high, is_crash: false })
    }
}

/// As [`raise`], but nothing can catch it.
///
/// # Safety
/// `ctx` is this thread's context.
#[inline(never)]
pub unsafe fn end(ctx: *mut Context, failure: Failure<'_>) -> ! {
    let frame = frame_pointer();
    // SAFETY: promised by the caller.
    let high = unsafe { (*ctx).stack_base } as usize;
    print(failure, Start { pc: 0, frame, low: frame, high, is_crash: false });
    process::exit(EXIT_CODE)
}

/// The numbers that the shims in `asm/` give; see [`Failure`].
fn failure_of<'a>(check: u32, ctx: &Context) -> Failure<'a> {
    let (a, b) = (ctx.fail_a as i64, ctx.fail_b as i64);
    match check {
        0 => Failure::Bounds(a, b),
        1 => Failure::Null,
        2 => Failure::Division,
        3 => Failure::Overflow,
        4 => Failure::Assert(message(ctx)),
        5 => Failure::Panic(std::str::from_utf8(message(ctx)).unwrap_or("panic")),
        6 => Failure::Slice(a, b),
        8 => Failure::Conversion(a),
        _ => Failure::Unreachable,
    }
}

impl Failure<'_> {
    /// Its number among `flash_abi::program::ERROR_CLASSES`, and the fields of an instance. None for what cannot be
    /// caught.
    pub(crate) fn class(self) -> Option<(usize, [usize; 2])> {
        let text = |text: &[u8]| [text.as_ptr() as usize, text.len()];
        Some(match self {
            Failure::Bounds(index, length) => (0, [index as usize, length as usize]),
            Failure::Null => (1, [0; 2]),
            Failure::Division => (2, [0; 2]),
            Failure::Overflow => (3, [0; 2]),
            Failure::Assert(message) => (4, text(message)),
            Failure::Panic(message) => (5, text(message.as_bytes())),
            Failure::Slice(start, end) => (6, [start as usize, end as usize]),
            Failure::Conversion(value) => (7, [value as usize, 0]),
            Failure::StackOverflow => (8, [0; 2]),
            Failure::OutOfMemory(bytes) => (9, [bytes, 0]),
            Failure::Unreachable | Failure::Unset | Failure::Crash(..) => return None,
        })
    }
}

/// The text in the operands.
fn message<'a>(ctx: &Context) -> &'a [u8] {
    if ctx.fail_a == 0 {
        return &[];
    }
    // SAFETY: checks that carry text store the address and length of a `str`, which whoever holds the failure keeps
    // alive.
    unsafe { std::slice::from_raw_parts(ctx.fail_a as *const u8, ctx.fail_b as usize) }
}

crate::native! {
    /// Where the shims of `asm/` jump to, with the number of the check.
    fn flash_check_failed(ctx: *mut Context, check: u32) {
        // SAFETY: the shims pass the pinned register, which holds this thread's context; the operands are those
        // that the check's number says.
        unsafe {
            let context = &*ctx;
            let (start, a, b) = (place(context), context.fail_a as usize, context.fail_b as usize);
            match check {
                THROW => unwind::throw(ctx, a, b, start),
                RETHROW => unwind::rethrow(ctx, a, start),
                _ => unwind::fail(ctx, failure_of(check, context), start),
            }
        }
    }
}

/// The numbers of `flash_throw` and `flash_rethrow` among the shims.
const THROW: u32 = 9;
const RETHROW: u32 = 10;

/// Where the code was that called a shim.
fn place(context: &Context) -> Start {
    let frame = context.fail_frame as usize;
    let (pc, high) = (context.fail_pc as usize, context.stack_base as usize);
    Start { pc, frame, low: frame, high, is_crash: false }
}

/// The frame pointer of the function this is inlined into.
#[inline(always)]
pub(crate) fn frame_pointer() -> usize {
    let frame: usize;
    // SAFETY: reads a register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("mov {}, x29", out(reg) frame, options(nomem, nostack, preserves_flags));
    }
    frame
}
