//! Failing checks: what went wrong in words, and how the program ends.
//!
//! FIXME(rt): first version, only the signatures are final.

use flash_abi::context::Context;

/// A check that failed, with its operands.
#[derive(Clone, Copy, Debug)]
pub enum Failure<'a> {
    /// `panic(message)`, and failures that natives word themselves.
    Panic(&'a str),
    /// No memory for this many bytes.
    OutOfMemory(usize),
}

/// Prints the failure with its place and the stack trace of the Flash code that called the native, and ends
/// the process with exit code 1. For natives.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn raise(ctx: *mut Context, failure: Failure<'_>) -> ! {
    let _ = ctx;
    let text = match failure {
        Failure::Panic(message) => format!("error: {message}\n"),
        Failure::OutOfMemory(bytes) => format!("error: out of memory: no {bytes} bytes left\n"),
    };
    crate::stdio::write_error(text.as_bytes());
    crate::process::exit(1)
}
