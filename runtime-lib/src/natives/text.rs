//! Natives of `str`: joining, comparing, searching, changing case.
//!
//! Joining is what programs build texts with, so `s = s + x` must not copy `s` every time. The
//! thread remembers the few buffers that concatenations made last, with the room they have left. When
//! the left text ends exactly where such a buffer's contents end, the right one is written behind it:
//! whoever holds the left text does not see more than its own length of it. A buffer is exact at
//! first and gets room to spare once something was appended to it.

use super::{NULL_TEXT, bytes, copy_short, empty_text, new_text, text};
use crate::fail::{self, Failure};
use crate::gc;
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// A buffer that a concatenation made: where its contents end, and where its room does.
#[derive(Clone, Copy)]
struct Tail {
    end: usize,
    limit: usize,
}

const NO_TAIL: Tail = Tail { end: 0, limit: 0 };

/// The buffers remembered, latest used first, and the number of collections when they were: a
/// collection may have freed them.
#[derive(Clone, Copy)]
struct Tails {
    entries: [Tail; 4],
    collections: usize,
}

thread_local! {
    static TAILS: Cell<Tails> = const { Cell::new(Tails { entries: [NO_TAIL; 4], collections: 0 }) };
}

/// Least room of a buffer that is being appended to.
const LEAST_ROOM: usize = 32;

native! {
    /// (a, b) -> a + b
    fn flash_str_concat(ctx: *mut Context, a: *const u8, a_len: i64, b: *const u8, b_len: i64) -> Str {
        if a_len == 0 {
            return Str { data: b, len: b_len };
        }
        // SAFETY: both are live texts, and this is the thread's context.
        unsafe { concat(ctx, bytes(a, a_len), bytes(b, b_len)) }
    }

    fn flash_str_eq(_ctx: *mut Context, a: *const u8, a_len: i64, b: *const u8, b_len: i64) -> u8 {
        // SAFETY: both are live texts.
        u8::from(a_len == b_len && (a == b || unsafe { bytes(a, a_len) == bytes(b, b_len) }))
    }

    /// -1, 0 or 1, by bytes.
    fn flash_str_compare(_ctx: *mut Context, a: *const u8, a_len: i64, b: *const u8, b_len: i64) -> i32 {
        // SAFETY: both are live texts.
        match unsafe { bytes(a, a_len).cmp(bytes(b, b_len)) } {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// (text, part, start) -> offset of the first `part` from `start` on, or -1.
    fn flash_str_index_of(
        _ctx: *mut Context, a: *const u8, a_len: i64, part: *const u8, part_len: i64, start: i64,
    ) -> i64 {
        // SAFETY: both are live texts.
        let (whole, part) = unsafe { (bytes(a, a_len), bytes(part, part_len)) };
        let start = start.max(0) as usize;
        let Some(rest) = whole.get(start..) else { return -1 };
        find(rest, part).map_or(-1, |at| (at + start) as i64)
    }

    /// (text, part) -> offset of the last `part`, or -1.
    fn flash_str_last_index_of(_ctx: *mut Context, a: *const u8, a_len: i64, part: *const u8, part_len: i64) -> i64 {
        // SAFETY: both are live texts.
        let (whole, part) = unsafe { (text(a, a_len), text(part, part_len)) };
        whole.rfind(part).map_or(-1, |at| at as i64)
    }

    fn flash_str_to_upper(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            let whole = text(a, a_len);
            if whole.is_ascii() && !whole.bytes().any(|b| b.is_ascii_lowercase()) {
                return Str { data: a, len: a_len };
            }
            new_text(ctx, &whole.to_uppercase())
        }
    }

    fn flash_str_to_lower(ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            let whole = text(a, a_len);
            if whole.is_ascii() && !whole.bytes().any(|b| b.is_ascii_uppercase()) {
                return Str { data: a, len: a_len };
            }
            new_text(ctx, &whole.to_lowercase())
        }
    }

    /// The part of the text behind leading white space.
    fn flash_str_trim_start(_ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text.
        part_of(unsafe { text(a, a_len) }.trim_start())
    }

    /// The part of the text before trailing white space.
    fn flash_str_trim_end(_ctx: *mut Context, a: *const u8, a_len: i64) -> Str {
        // SAFETY: a live text.
        part_of(unsafe { text(a, a_len) }.trim_end())
    }

    /// (text, count): a negative count is none.
    fn flash_str_repeat(ctx: *mut Context, a: *const u8, a_len: i64, count: i64) -> Str {
        if a_len == 0 || count <= 0 {
            return empty_text();
        }
        // SAFETY: a live text, this thread's context; the new buffer has room for all copies.
        unsafe {
            let Some(total) = a_len.checked_mul(count).and_then(|n| isize::try_from(n).ok()) else {
                fail::raise(ctx, Failure::OutOfMemory(usize::MAX))
            };
            let part = bytes(a, a_len);
            let data = gc::allocate_bytes(ctx, total as usize);
            for i in 0..count as usize {
                std::ptr::copy_nonoverlapping(part.as_ptr(), data.add(i * part.len()), part.len());
            }
            Str { data, len: total as i64 }
        }
    }

    /// (text, part, by)
    fn flash_str_replace_all(
        ctx: *mut Context, a: *const u8, a_len: i64, part: *const u8, part_len: i64, by: *const u8, by_len: i64,
    ) -> Str {
        // SAFETY: live texts, and this thread's context.
        unsafe {
            let (whole, part, by) = (text(a, a_len), text(part, part_len), text(by, by_len));
            if find(whole.as_bytes(), part.as_bytes()).is_none() {
                return Str { data: a, len: a_len };
            }
            new_text(ctx, &whole.replace(part, by))
        }
    }

    /// (address of bytes, count) -> text, or null when they are not UTF-8.
    fn flash_str_from_utf8(ctx: *mut Context, data: *const u8, count: i64) -> Str {
        // SAFETY: a live array's elements, and this thread's context.
        unsafe {
            match std::str::from_utf8(bytes(data, count)) {
                Ok(contents) => new_text(ctx, contents),
                Err(_) => NULL_TEXT,
            }
        }
    }

    /// (bytes) -> their text, with U+FFFD for what is not UTF-8.
    fn flash_str_lossy(ctx: *mut Context, data: *const u8, count: i64) -> Str {
        // SAFETY: a live array's elements, and this thread's context.
        unsafe { new_text(ctx, &String::from_utf8_lossy(bytes(data, count))) }
    }

    fn flash_str_hash(_ctx: *mut Context, a: *const u8, a_len: i64) -> i64 {
        // SAFETY: a live text.
        hash(unsafe { bytes(a, a_len) }) as i64
    }

    fn flash_hash_factor(_ctx: *mut Context) -> i64 {
        hash_factor() as i64
    }

    /// Address of a null-terminated copy.
    fn flash_str_to_c(ctx: *mut Context, a: *const u8, a_len: i64) -> *const u8 {
        // SAFETY: a live text, this thread's context; the zero behind the copy is the new buffer's own.
        unsafe {
            let data = gc::allocate_bytes(ctx, a_len as usize + 1);
            std::ptr::copy_nonoverlapping(a, data, a_len as usize);
            data
        }
    }

    /// Copy of the null-terminated text at an address.
    fn flash_str_from_c(ctx: *mut Context, data: *const u8) -> Str {
        // SAFETY: the (unsafe) caller promises a null-terminated text; this is the thread's context.
        unsafe { new_text(ctx, &std::ffi::CStr::from_ptr(data.cast()).to_string_lossy()) }
    }
}

/// Joins two texts, the second of which need not be in the heap.
///
/// # Safety
/// `a` is a live Flash text, both are UTF-8, `ctx` is this thread's context.
pub unsafe fn concat(ctx: *mut Context, a: &[u8], b: &[u8]) -> Str {
    if b.is_empty() {
        return Str { data: a.as_ptr(), len: a.len() as i64 };
    }
    let a_end = a.as_ptr() as usize + a.len();
    let total = a.len() + b.len();
    // SAFETY: this thread's context.
    let collections = unsafe { gc::collections(ctx) };
    let mut tails = TAILS.get();
    if tails.collections != collections {
        tails = Tails { entries: [NO_TAIL; 4], collections };
    }
    let found = tails.entries.iter().position(|tail| tail.end == a_end);
    if let Some(index) = found
        && tails.entries[index].limit - a_end >= b.len()
    {
        // SAFETY: the buffer is alive (its contents end where the live `a` ends, and nothing was
        // collected since it was made), and has this room, which no text covers yet.
        unsafe { copy_short(b.as_ptr(), a_end as *mut u8, b.len()) };
        let tail = Tail { end: a_end + b.len(), limit: tails.entries[index].limit };
        remember(&mut tails, index, tail);
        return Str { data: a.as_ptr(), len: total as i64 };
    }
    let room = if found.is_some() { (total * 2).max(LEAST_ROOM) } else { total };
    // SAFETY: the context is this thread's; the new buffer holds at least `total` bytes.
    let data = unsafe {
        let data = gc::allocate_bytes(ctx, room);
        copy_short(a.as_ptr(), data, a.len());
        copy_short(b.as_ptr(), data.add(a.len()), b.len());
        data
    };
    // SAFETY: as above. The allocation may have collected; then what was remembered is void.
    let now = unsafe { gc::collections(ctx) };
    if now != collections {
        tails = Tails { entries: [NO_TAIL; 4], collections: now };
    }
    let tail = Tail { end: data as usize + total, limit: data as usize + room };
    let index = found.unwrap_or(tails.entries.len() - 1);
    remember(&mut tails, index, tail);
    Str { data, len: total as i64 }
}

/// Puts an entry in front, in place of the one at `index`.
fn remember(tails: &mut Tails, index: usize, tail: Tail) {
    tails.entries.copy_within(0..index, 1);
    tails.entries[0] = tail;
    TAILS.set(*tails);
}

/// Offset of the first `part`; 0 for an empty one.
fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    match part {
        [] => Some(0),
        [byte] => {
            // SAFETY: the range is that of a live slice.
            let found = unsafe { libc::memchr(whole.as_ptr().cast(), i32::from(*byte), whole.len()) };
            (!found.is_null()).then(|| found as usize - whole.as_ptr() as usize)
        }
        _ => {
            // SAFETY: both ranges are those of live slices.
            let found = unsafe { libc::memmem(whole.as_ptr().cast(), whole.len(), part.as_ptr().cast(), part.len()) };
            (!found.is_null()).then(|| found as usize - whole.as_ptr() as usize)
        }
    }
}

/// A part of a Flash text as a text of its own.
fn part_of(part: &str) -> Str {
    Str { data: part.as_ptr(), len: part.len() as i64 }
}

/// Differs from process to process, so that nobody can prepare texts that collide.
fn hash(bytes: &[u8]) -> u64 {
    static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    let mut hasher = STATE.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Near the golden ratio of 2^64, so that numbers in a row are spread over all places; odd; the rest is
/// random.
fn hash_factor() -> u64 {
    static FACTOR: LazyLock<u64> = LazyLock::new(|| {
        let random = hash(b"factor");
        0x9e << 56 | random >> 8 | 1
    });
    *FACTOR
}

/// An error's words without the number that Rust adds.
pub fn without_number(words: &str) -> Cow<'_, str> {
    match words.rfind(" (os error ") {
        Some(at) => Cow::Borrowed(&words[..at]),
        None => Cow::Borrowed(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_parts() {
        assert_eq!(find(b"banana", b"an"), Some(1));
        assert_eq!(find(b"banana", b"b"), Some(0));
        assert_eq!(find(b"banana", b"x"), None);
        assert_eq!(find(b"banana", b""), Some(0));
        assert_eq!(find(b"", b"a"), None);
        assert_eq!(find("naïve café".as_bytes(), "fé".as_bytes()), Some(9));
    }

    #[test]
    fn hashes_differ_by_content_and_length() {
        let texts = ["", "\0", "\0\0", "a", "b", "ab", "ba", "12345678", "123456789", "12345678\0"];
        for (i, a) in texts.iter().enumerate() {
            for (j, b) in texts.iter().enumerate() {
                assert_eq!(hash(a.as_bytes()) == hash(b.as_bytes()), i == j, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn remembers_the_latest_first() {
        let mut tails = Tails { entries: [NO_TAIL; 4], collections: 0 };
        for end in 1..=5 {
            remember(&mut tails, 3, Tail { end, limit: end });
        }
        assert_eq!(tails.entries.map(|t| t.end), [5, 4, 3, 2]);
        remember(&mut tails, 2, Tail { end: 9, limit: 9 });
        assert_eq!(tails.entries.map(|t| t.end), [9, 5, 4, 2]);
    }

    #[test]
    fn error_words_lose_their_number() {
        assert_eq!(without_number("No such file or directory (os error 2)"), "No such file or directory");
        assert_eq!(without_number("other"), "other");
    }
}
