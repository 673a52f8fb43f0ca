//! The text buffer: what `Show`, templates and long concatenations write to.
//!
//! A buffer lives outside the collected heap and is used over and over: its memory is warm and grows
//! without garbage. `flash_buf_finish` copies the text into the heap, exactly as long as it is, and
//! gives the buffer back.

use super::number::{push_f32, push_f64, push_i64, push_u64};
use super::text::concat;
use super::{bytes, new_text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::RefCell;

/// A text that is being written, and the objects that are being shown in it.
#[derive(Debug, Default)]
pub struct TextBuffer {
    text: String,
    entered: Vec<*const u8>,
}

/// Buffers that are kept for their next use, and how much memory each may keep.
const KEPT: usize = 16;
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    /// Boxed because compiled code holds a buffer's address between its calls.
    #[expect(clippy::vec_box)]
    static FREE: RefCell<Vec<Box<TextBuffer>>> = const { RefCell::new(Vec::new()) };
}

native! {
    fn flash_buf_new(_ctx: *mut Context) -> *mut TextBuffer {
        let reused = FREE.with_borrow_mut(Vec::pop);
        Box::into_raw(reused.unwrap_or_default())
    }

    fn flash_buf_str(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe { (*buffer).push(super::text(data, len)) }
    }

    fn flash_buf_quoted(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe { (*buffer).push_quoted(super::text(data, len)) }
    }

    fn flash_buf_i64(_ctx: *mut Context, buffer: *mut TextBuffer, value: i64) {
        // SAFETY: a buffer in use.
        push_i64(unsafe { &mut (*buffer).text }, value);
    }

    fn flash_buf_u64(_ctx: *mut Context, buffer: *mut TextBuffer, value: u64) {
        // SAFETY: a buffer in use.
        push_u64(unsafe { &mut (*buffer).text }, value);
    }

    fn flash_buf_f64(_ctx: *mut Context, buffer: *mut TextBuffer, value: f64) {
        // SAFETY: a buffer in use.
        push_f64(unsafe { &mut (*buffer).text }, value);
    }

    fn flash_buf_f32(_ctx: *mut Context, buffer: *mut TextBuffer, value: f32) {
        // SAFETY: a buffer in use.
        push_f32(unsafe { &mut (*buffer).text }, value);
    }

    fn flash_buf_bool(_ctx: *mut Context, buffer: *mut TextBuffer, value: u8) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push(if value & 1 == 1 { "true" } else { "false" }) }
    }

    fn flash_buf_char(_ctx: *mut Context, buffer: *mut TextBuffer, value: u32) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).text.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)) }
    }

    fn flash_buf_quoted_char(_ctx: *mut Context, buffer: *mut TextBuffer, value: u32) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push_quoted_char(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)) }
    }

    fn flash_buf_ptr(_ctx: *mut Context, buffer: *mut TextBuffer, value: *const u8) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push(&format!("{:#x}", value as usize)) }
    }

    /// 1 and remembers the object, or 0 and `[Circular]` has been written.
    fn flash_buf_enter(_ctx: *mut Context, buffer: *mut TextBuffer, object: *const u8) -> u8 {
        // SAFETY: a buffer in use.
        u8::from(unsafe { (*buffer).enter(object) })
    }

    fn flash_buf_leave(_ctx: *mut Context, buffer: *mut TextBuffer) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).entered.pop() };
    }

    /// The text so far; the buffer is given back.
    fn flash_buf_finish(ctx: *mut Context, buffer: *mut TextBuffer) -> Str {
        // SAFETY: `flash_buf_new` made the buffer, and nobody uses it after this.
        unsafe { finish(buffer, |text| new_text(ctx, text)) }
    }

    /// (buffer, text) -> the text and behind it the buffer's; the buffer is given back.
    fn flash_buf_finish_after(ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) -> Str {
        // SAFETY: `flash_buf_new` made the buffer, and nobody uses it after this; a live text.
        unsafe { finish(buffer, |text| concat(ctx, bytes(data, len), text.as_bytes())) }
    }
}

/// Hands out the buffer's text and keeps the buffer for its next use.
///
/// # Safety
/// `flash_buf_new` made the buffer, and nobody uses it after this.
unsafe fn finish(buffer: *mut TextBuffer, take: impl FnOnce(&str) -> Str) -> Str {
    // SAFETY: `flash_buf_new` gave the box away with `Box::into_raw`.
    let mut buffer = unsafe { Box::from_raw(buffer) };
    let text = take(&buffer.text);
    buffer.text.clear();
    buffer.entered.clear();
    FREE.with_borrow_mut(|free| {
        if free.len() < KEPT && buffer.text.capacity() <= KEPT_BYTES {
            free.push(buffer);
        }
    });
    text
}

impl TextBuffer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn push_quoted(&mut self, text: &str) {
        self.text.reserve(text.len() + 2);
        self.text.push('"');
        let mut rest = text;
        // Most texts need no escapes: copy the stretches between them as they are.
        while let Some(at) = rest.find(|c: char| c == '"' || needs_escape(c)) {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            let mut chars = special.chars();
            match chars.next() {
                Some('"') => self.text.push_str("\\\""),
                Some(c) => self.push_escape(c),
                None => {}
            }
            rest = chars.as_str();
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    fn push_quoted_char(&mut self, c: char) {
        self.text.push('\'');
        match c {
            '\'' => self.text.push_str("\\'"),
            c if needs_escape(c) => self.push_escape(c),
            c => self.text.push(c),
        }
        self.text.push('\'');
    }

    fn push_escape(&mut self, c: char) {
        match c {
            '\n' => self.text.push_str("\\n"),
            '\t' => self.text.push_str("\\t"),
            '\r' => self.text.push_str("\\r"),
            '\0' => self.text.push_str("\\0"),
            '\\' => self.text.push_str("\\\\"),
            c => self.text.push_str(&format!("\\u{{{:x}}}", c as u32)),
        }
    }

    fn enter(&mut self, object: *const u8) -> bool {
        if self.entered.contains(&object) {
            self.push("[Circular]");
            return false;
        }
        self.entered.push(object);
        true
    }
}

fn needs_escape(c: char) -> bool {
    c == '\\' || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let mut buffer = TextBuffer::default();
        buffer.push_quoted(text);
        buffer.text
    }

    #[test]
    fn quotes_texts() {
        assert_eq!(quoted(""), r#""""#);
        assert_eq!(quoted("plain"), r#""plain""#);
        assert_eq!(quoted("a\"b\\c\n\t\r\0\u{1b}é'"), r#""a\"b\\c\n\t\r\0\u{1b}é'""#);
    }

    #[test]
    fn quotes_characters() {
        for (c, expected) in [('a', "'a'"), ('\'', r"'\''"), ('"', "'\"'"), ('\n', r"'\n'"), ('é', "'é'")] {
            let mut buffer = TextBuffer::default();
            buffer.push_quoted_char(c);
            assert_eq!(buffer.text, expected);
        }
    }

    #[test]
    fn marks_cycles() {
        let mut buffer = TextBuffer::default();
        let objects = [0u8, 1];
        assert!(buffer.enter(&raw const objects[0]));
        assert!(buffer.enter(&raw const objects[1]));
        assert!(!buffer.enter(&raw const objects[0]));
        assert_eq!(buffer.text, "[Circular]");
        buffer.entered.pop();
        assert!(buffer.enter(&raw const objects[1]));
    }
}
