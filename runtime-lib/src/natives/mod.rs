//! Natives of std: the thin functions below `std/*.fl`, by subject, and how they take and give text.
//! Every one is a row of `flash_abi::symbols`. Policy and checks of arguments are Flash's.

pub mod buffer;
pub mod chars;
pub mod console;
pub mod fs;
pub mod math;
pub mod memory;
pub mod number;
pub mod process;
pub mod text;

#[cfg(test)]
mod tests;

use crate::gc;
use flash_abi::context::Context;
use flash_abi::object::Str;

/// Where empty texts point: any address but null would do.
static NOTHING: [u8; 1] = [0];

/// The `str?` that is `null`.
pub const NULL_TEXT: Str = Str { data: std::ptr::null(), len: 0 };

/// The empty text.
pub fn empty_text() -> Str {
    Str { data: NOTHING.as_ptr(), len: 0 }
}

/// A text that lives as long as the process, such as an argument of the program.
pub fn static_text(text: &'static str) -> Str {
    Str { data: text.as_ptr(), len: text.len() as i64 }
}

/// A text of Flash's as bytes.
///
/// # Safety
/// `data` and `len` are those of a live Flash `str`; it stays alive for `'a` (natives' arguments do,
/// because the collector sees the caller's registers and stack).
pub unsafe fn bytes<'a>(data: *const u8, len: i64) -> &'a [u8] {
    // SAFETY: promised by the caller; texts are never null.
    unsafe { std::slice::from_raw_parts(data, len as usize) }
}

/// A text of Flash's as `&str`.
///
/// # Safety
/// As [`bytes`]; every Flash `str` is valid UTF-8.
pub unsafe fn text<'a>(data: *const u8, len: i64) -> &'a str {
    // SAFETY: promised by the caller.
    unsafe { std::str::from_utf8_unchecked(bytes(data, len)) }
}

/// A new Flash text with these contents. May collect.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn new_text(ctx: *mut Context, contents: &str) -> Str {
    if contents.is_empty() {
        return empty_text();
    }
    // SAFETY: promised by the caller; the new buffer holds `len` bytes and overlaps nothing.
    unsafe {
        let data = gc::allocate_bytes(ctx, contents.len());
        std::ptr::copy_nonoverlapping(contents.as_ptr(), data, contents.len());
        Str { data, len: contents.len() as i64 }
    }
}
