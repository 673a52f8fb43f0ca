//! Natives of std: the thin functions below `std/*.fl`, by subject, and how they take and give text.
//! Every one is a row of `flash_abi::symbols`. Policy and checks of arguments are Flash's.

pub mod buffer;
pub mod byte_array;
pub mod cache;
pub mod chars;
pub mod child;
pub mod console;
pub mod crypto;
pub mod date;
pub mod descriptor;
pub mod dns;
pub mod encoding;
mod entered;
pub mod event_loop;
pub mod fs;
pub mod http;
mod http_chunks;
pub mod http_write;
pub mod json;
pub mod math;
pub mod memory;
pub mod net;
pub mod number;
pub mod os;
pub mod problem;
pub mod process;
pub mod regex;
pub mod text;
pub mod tls;
pub mod udp;
pub mod unicode;
pub mod url;
pub mod worker;

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
    // SAFETY: promised by the caller; a `&str` is UTF-8.
    unsafe { new_text_of(ctx, contents.as_bytes()) }
}

/// As [`new_text`], of bytes that are known to be UTF-8.
///
/// # Safety
/// `ctx` is this thread's context, and the contents are UTF-8.
pub unsafe fn new_text_of(ctx: *mut Context, contents: &[u8]) -> Str {
    if contents.is_empty() {
        return empty_text();
    }
    // SAFETY: promised by the caller; the new buffer holds `len` bytes and overlaps nothing.
    unsafe {
        let data = gc::allocate_bytes(ctx, contents.len());
        copy_short(contents.as_ptr(), data, contents.len());
        Str { data, len: contents.len() as i64 }
    }
}

/// Copies bytes. Most texts are a few bytes long, for which a call of `memcpy` takes longer than the copy:
/// up to 32 are moved by two loads and stores that may overlap.
///
/// # Safety
/// Both ranges of `len` bytes are valid and do not overlap.
#[inline(always)]
pub unsafe fn copy_short(from: *const u8, to: *mut u8, len: usize) {
    /// Copies `len` bytes, from one to two times the size of a `T`.
    ///
    /// # Safety
    /// As the function around.
    #[inline(always)]
    unsafe fn ends<T: Copy>(from: *const u8, to: *mut u8, len: usize) {
        let second = len - size_of::<T>();
        // SAFETY: both stretches lie in the ranges; everything is read before it is written.
        unsafe {
            let (a, b) = (from.cast::<T>().read_unaligned(), from.add(second).cast::<T>().read_unaligned());
            to.cast::<T>().write_unaligned(a);
            to.add(second).cast::<T>().write_unaligned(b);
        }
    }
    // SAFETY: promised by the caller; each arm has a fitting length.
    unsafe {
        match len {
            0 => {}
            1 => *to = *from,
            2..=3 => ends::<u16>(from, to, len),
            4..=7 => ends::<u32>(from, to, len),
            8..=15 => ends::<u64>(from, to, len),
            16..=32 => ends::<u128>(from, to, len),
            _ => std::ptr::copy_nonoverlapping(from, to, len),
        }
    }
}

/// Appends bytes, by [`copy_short`].
#[inline(always)]
pub fn push_short(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len());
    let len = out.len();
    // SAFETY: there is room for the bytes, which are another's, and they are written before they count.
    unsafe {
        copy_short(bytes.as_ptr(), out.as_mut_ptr().add(len), bytes.len());
        out.set_len(len + bytes.len());
    }
}
