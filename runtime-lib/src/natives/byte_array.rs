//! A `[u8]` of Flash's as natives see it: its bytes, and room for more behind them. The natives of `net`, `http` and
//! `tls` read into such arrays and write from them.

use crate::gc;
use flash_abi::context::Context;
use flash_abi::object::{ARRAY_CAPACITY, ARRAY_DATA, ARRAY_LEN, Str};

/// A field of an array's object.
///
/// # Safety
/// `array` is the object of a live array.
unsafe fn field(array: *mut u8, offset: u32) -> *mut usize {
    // SAFETY: promised by the caller; the offsets are those of the layout.
    unsafe { array.add(offset as usize).cast() }
}

/// The bytes of an array.
///
/// # Safety
/// `array` is the object of a live `[u8]`, which nobody changes during `'a`.
pub unsafe fn contents<'a>(array: *mut u8) -> &'a [u8] {
    // SAFETY: promised by the caller; the first `len` elements are written.
    unsafe { elements(array) }
}

/// The elements of an array of numbers or texts.
///
/// # Safety
/// As [`contents`], of an array whose elements are laid out as a `T`.
pub unsafe fn elements<'a, T>(array: *mut u8) -> &'a [T] {
    // SAFETY: promised by the caller; an array without a buffer has the length 0.
    unsafe {
        match field(array, ARRAY_LEN).read() {
            0 => &[],
            len => std::slice::from_raw_parts(field(array, ARRAY_DATA).read() as *const T, len),
        }
    }
}

/// The elements of an array of numbers, to be written.
///
/// # Safety
/// As [`elements`], and nobody else reads them during `'a`.
pub unsafe fn elements_mut<'a, T>(array: *mut u8) -> &'a mut [T] {
    // SAFETY: promised by the caller.
    unsafe {
        match field(array, ARRAY_LEN).read() {
            0 => &mut [],
            len => std::slice::from_raw_parts_mut(field(array, ARRAY_DATA).read() as *mut T, len),
        }
    }
}

/// The bytes from `from` to `to`, as far as the array has them.
///
/// # Safety
/// As [`contents`].
pub unsafe fn range<'a>(array: *mut u8, from: i64, to: i64) -> &'a [u8] {
    // SAFETY: promised by the caller.
    let bytes = unsafe { contents(array) };
    let end = usize::try_from(to).unwrap_or(0).min(bytes.len());
    bytes.get(usize::try_from(from).unwrap_or(0)..end).unwrap_or(&[])
}

/// The texts of a `[str]`.
///
/// # Safety
/// As [`contents`], of an array of texts.
pub unsafe fn texts<'a>(array: *mut u8) -> &'a [Str] {
    // SAFETY: promised by the caller; a text lies in memory as address and length.
    unsafe { elements(array) }
}

/// Where `count` more bytes can be written behind the array's last; [`add_len`] makes them part of it. May collect.
///
/// # Safety
/// `ctx` is this thread's context and `array` the object of a live `[u8]`.
pub unsafe fn reserve(ctx: *mut Context, array: *mut u8, count: usize) -> *mut u8 {
    // SAFETY: promised by the caller.
    unsafe {
        let len = field(array, ARRAY_LEN).read();
        if field(array, ARRAY_CAPACITY).read() - len < count {
            gc::reserve_bytes(ctx, array, len.saturating_add(count));
        }
        (field(array, ARRAY_DATA).read() as *mut u8).wrapping_add(len)
    }
}

/// Makes `count` bytes part of the array that have been written behind its last.
///
/// # Safety
/// [`reserve`] made room for as many, and they are written.
pub unsafe fn add_len(array: *mut u8, count: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        let len = field(array, ARRAY_LEN);
        len.write(len.read() + count);
    }
}

/// Appends bytes, which must not be the array's own. May collect.
///
/// # Safety
/// As [`reserve`].
pub unsafe fn extend(ctx: *mut Context, array: *mut u8, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    // SAFETY: promised by the caller; there is room for the bytes, and they come from elsewhere.
    unsafe {
        let to = reserve(ctx, array, bytes.len());
        super::copy_short(bytes.as_ptr(), to, bytes.len());
        add_len(array, bytes.len());
    }
}
