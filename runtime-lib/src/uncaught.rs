//! Errors that nobody catches: asks them for their message and causes, by code of the program, and prints the report.

use crate::program::CodePlace;
use crate::report::Report;
use crate::trace::Call;
use flash_abi::context::Context;
use flash_abi::object::{DESCRIPTOR_SIZE, Descriptor, HEADER_ADDRESS_MASK};
use flash_abi::program::ERROR_CLASSES;
use std::cell::Cell;

/// Causes that are shown. (One that is its own cause is shown once.)
const MOST_CAUSES: usize = 16;

/// The title of an error that ends the program.
pub(crate) const UNCAUGHT: &str = "uncaught ";

/// A value of `Error`: its object and its dispatch table.
type Value = (usize, usize);

unsafe extern "C" {
    /// See `asm/`.
    fn flash_enter(ctx: *mut Context, code: *const u8, stack_top: *mut u8) -> i64;
}

thread_local! {
    /// An error is being asked for its message, so what goes wrong now has to do with that.
    static IS_ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Prints an error, behind a title, with its trace and its causes.
///
/// # Safety
/// `ctx` is this thread's context; `error` is an object that belongs to the dispatch table.
pub(crate) unsafe fn report(
    ctx: *mut Context,
    title: &str,
    error: usize,
    table: usize,
    calls: impl Iterator<Item = Call>,
) {
    let mut calls = calls.peekable();
    let place = calls.peek().map(|call| call.code());
    let mut report = Report::new();
    // SAFETY: promised by the caller; a cause is a value of `Error` too.
    unsafe {
        let mut shown = vec![error];
        let mut cause = head(ctx, place, (error, table), report.headline(), Some(title));
        report.end_headline();
        report.trace(calls);
        while let Some(next) = cause.filter(|next| !shown.contains(&next.0) && shown.len() <= MOST_CAUSES) {
            shown.push(next.0);
            cause = head(ctx, place, next, report.text("caused by: "), None);
            report.text("\n");
        }
    }
}

/// Appends an error's kind and message; gives its cause.
///
/// # Safety
/// As [`report`].
unsafe fn head(
    ctx: *mut Context,
    place: Option<CodePlace>,
    (error, table): Value,
    report: &mut Report,
    title: Option<&str>,
) -> Option<Value> {
    // SAFETY: promised by the caller.
    unsafe {
        // Those of failing checks say by themselves what they are, and are printed as when nobody could catch them.
        let kind = kind(error);
        let is_check = ERROR_CLASSES.iter().any(|name| name.as_bytes() == kind);
        let is_plain = is_check && title.is_none_or(|title| title == UNCAUGHT);
        if !is_plain {
            report.text(title.unwrap_or("")).text(kind);
        }
        // Its own code may fail, and then what is known is said already.
        report.flush();
        let (message, cause) = ask(ctx, place?, error, table)?;
        if !is_plain && !message.is_empty() {
            report.text(": ");
        }
        report.text(message);
        cause
    }
}

/// The error's message and cause, by `Program::describe`.
///
/// # Safety
/// As [`report`].
unsafe fn ask<'a>(
    ctx: *mut Context,
    place: CodePlace,
    error: usize,
    table: usize,
) -> Option<(&'a [u8], Option<Value>)> {
    let code = place.describe();
    if code.is_null() || IS_ASKING.replace(true) {
        return None;
    }
    // SAFETY: promised by the caller; the code has the convention of a program's entry, and nothing is freed between
    // its end and the use of what it says.
    unsafe {
        ((*ctx).fail_a, (*ctx).fail_b) = (error as u64, table as u64);
        flash_enter(ctx, code, std::ptr::null_mut());
        IS_ASKING.set(false);
        let message = std::slice::from_raw_parts((*ctx).fail_a as *const u8, (*ctx).fail_b as usize);
        let cause = ((*ctx).fail_c as usize, (*ctx).fail_d as usize);
        Some((message, (cause.0 != 0).then_some(cause)))
    }
}

/// The name of an object's type.
///
/// # Safety
/// `object` is the address of an object.
unsafe fn kind(object: usize) -> &'static [u8] {
    // SAFETY: an object starts with its descriptor's address; descriptors are the program's own data, and
    // the name follows the slots.
    let name = unsafe {
        let descriptor = ((object as *const u64).read() & HEADER_ADDRESS_MASK) as *const Descriptor;
        let name = descriptor.cast::<u8>().add(DESCRIPTOR_SIZE as usize + 4 * (*descriptor).pointer_count as usize);
        std::slice::from_raw_parts(name, (*descriptor).name_len as usize)
    };
    // What `Error("text")` makes.
    if name == b"PlainError" { b"Error" } else { name }
}
