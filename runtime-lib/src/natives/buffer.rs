//! The text buffer: what `Show`, templates and long concatenations write to.
//!
//! A buffer lives outside the collected heap and is used over and over: its memory is warm and grows
//! without garbage. `flash_buf_finish` copies the text into the heap, exactly as long as it is, and
//! gives the buffer back.

use super::entered::Entered;
use super::number::{push_f32, push_f64, push_i64, push_u64};
use super::text::concat;
use super::{bytes, new_text_of, push_short};
use crate::inspect::{Options, Recorder, Style};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::Cell;
use std::ptr::null_mut;

/// A text that is being written, and the objects that are being shown in it.
#[derive(Debug)]
pub struct TextBuffer {
    /// UTF-8.
    text: Vec<u8>,
    entered: Entered,
    /// Notes the parts of what is written, for `console`.
    recorder: Option<Box<Recorder>>,
    /// The next buffer that is free, when this one is.
    next: *mut TextBuffer,
}

/// Memory that a buffer keeps for its next use, in bytes.
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    /// The first of this thread's free buffers. A plain address, so that taking one is a few instructions.
    static FREE: Cell<*mut TextBuffer> = const { Cell::new(null_mut()) };
    /// Frees them when the thread ends; touched when a buffer is made.
    static OWNER: Owner = const { Owner };
}

struct Owner;

impl Drop for Owner {
    fn drop(&mut self) {
        let mut next = FREE.replace(null_mut());
        while !next.is_null() {
            // SAFETY: buffers in the list are boxes that nobody else has.
            next = unsafe { Box::from_raw(next) }.next;
        }
    }
}

native! {
    fn flash_buf_new(_ctx: *mut Context) -> *mut TextBuffer {
        let buffer = FREE.get();
        if buffer.is_null() {
            return make();
        }
        // SAFETY: buffers in the list are alive.
        FREE.set(unsafe { (*buffer).next });
        buffer
    }

    fn flash_buf_str(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        push_short(unsafe { &mut (*buffer).text }, unsafe { bytes(data, len) });
    }

    fn flash_buf_quoted(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe { (*buffer).push_quoted(super::text(data, len)) };
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Text) };
    }

    fn flash_buf_i64(_ctx: *mut Context, buffer: *mut TextBuffer, value: i64) {
        // SAFETY: a buffer in use.
        push_i64(unsafe { &mut (*buffer).text }, value);
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Number) };
    }

    fn flash_buf_u64(_ctx: *mut Context, buffer: *mut TextBuffer, value: u64) {
        // SAFETY: a buffer in use.
        push_u64(unsafe { &mut (*buffer).text }, value);
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Number) };
    }

    fn flash_buf_f64(_ctx: *mut Context, buffer: *mut TextBuffer, value: f64) {
        // SAFETY: a buffer in use.
        push_f64(unsafe { &mut (*buffer).text }, value);
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Number) };
    }

    fn flash_buf_f32(_ctx: *mut Context, buffer: *mut TextBuffer, value: f32) {
        // SAFETY: a buffer in use.
        push_f32(unsafe { &mut (*buffer).text }, value);
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Number) };
    }

    fn flash_buf_bool(_ctx: *mut Context, buffer: *mut TextBuffer, value: u8) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push(if value & 1 == 1 { "true" } else { "false" }) };
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Number) };
    }

    fn flash_buf_char(_ctx: *mut Context, buffer: *mut TextBuffer, value: u32) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push_char(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)) }
    }

    fn flash_buf_quoted_char(_ctx: *mut Context, buffer: *mut TextBuffer, value: u32) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push_quoted_char(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)) };
        // SAFETY: a buffer in use.
        unsafe { (*buffer).mark(Style::Text) };
    }

    fn flash_buf_ptr(_ctx: *mut Context, buffer: *mut TextBuffer, value: *const u8) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).push(&format!("{:#x}", value as usize)) }
    }

    /// A word of the language, such as `null`.
    fn flash_buf_word(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe {
            push_short(&mut (*buffer).text, bytes(data, len));
            (*buffer).mark(Style::Word);
        }
    }

    /// What begins a group of parts, up to the first part: `[`, `P { x: `.
    fn flash_buf_open(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe { (*buffer).structure(super::text(data, len), Recorder::open) }
    }

    /// What stands before the next part: `, `, `, y: `.
    fn flash_buf_next(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe { (*buffer).structure(super::text(data, len), Recorder::next) }
    }

    /// What ends a group: `]`, ` }`.
    fn flash_buf_close(_ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) {
        // SAFETY: a buffer in use, and a live text.
        unsafe { (*buffer).structure(super::text(data, len), Recorder::close) }
    }

    /// `: ` behind the key of a map.
    fn flash_buf_colon(_ctx: *mut Context, buffer: *mut TextBuffer) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).structure(": ", |recorder, text, _| recorder.colon(text)) }
    }

    /// 1 and remembers the object, or 0 and `[Circular]` has been written.
    fn flash_buf_enter(_ctx: *mut Context, buffer: *mut TextBuffer, object: *const u8) -> u8 {
        // SAFETY: a buffer in use.
        u8::from(unsafe { (*buffer).enter(object) })
    }

    fn flash_buf_leave(_ctx: *mut Context, buffer: *mut TextBuffer) {
        // SAFETY: a buffer in use.
        unsafe { (*buffer).entered.leave() };
    }

    /// The text so far; the buffer is given back.
    fn flash_buf_finish(ctx: *mut Context, buffer: *mut TextBuffer) -> Str {
        // SAFETY: `flash_buf_new` made the buffer, and nobody uses it after this.
        unsafe { finish(buffer, |text| new_text_of(ctx, text)) }
    }

    /// (buffer, text) -> the text and behind it the buffer's; the buffer is given back.
    fn flash_buf_finish_after(ctx: *mut Context, buffer: *mut TextBuffer, data: *const u8, len: i64) -> Str {
        // SAFETY: `flash_buf_new` made the buffer, and nobody uses it after this; a live text.
        unsafe { finish(buffer, |text| concat(ctx, bytes(data, len), text)) }
    }
}

/// A new buffer.
#[cold]
fn make() -> *mut TextBuffer {
    OWNER.with(|_| ());
    let buffer = TextBuffer { text: Vec::new(), entered: Entered::default(), recorder: None, next: null_mut() };
    Box::into_raw(Box::new(buffer))
}

/// Hands out the buffer's text and keeps the buffer for its next use.
///
/// # Safety
/// `flash_buf_new` gave the buffer, and nobody uses it after this.
#[inline(always)]
pub unsafe fn finish(buffer: *mut TextBuffer, take: impl FnOnce(&[u8]) -> Str) -> Str {
    // SAFETY: promised by the caller.
    let free = unsafe { &mut *buffer };
    let text = take(&free.text);
    free.text.clear();
    free.entered.clear();
    free.recorder = None;
    if free.text.capacity() > KEPT_BYTES {
        free.text = Vec::new();
    }
    free.next = FREE.replace(buffer);
    text
}

impl TextBuffer {
    /// Notes the parts from here on.
    pub fn record(&mut self, options: Options) {
        self.recorder = Some(Box::new(Recorder::new(options)));
    }

    /// What was noted, and the buffer's text, which has what came since the last part.
    pub fn recorded(&mut self) -> (Option<Box<Recorder>>, &mut Vec<u8>) {
        (self.recorder.take(), &mut self.text)
    }

    /// What was written since the last mark is a word of this kind.
    #[inline(always)]
    fn mark(&mut self, style: Style) {
        if let Some(recorder) = &mut self.recorder {
            recorder.word(&mut self.text, style);
        }
    }

    #[inline(always)]
    fn structure(&mut self, text: &str, note: fn(&mut Recorder, &mut Vec<u8>, &str)) {
        match &mut self.recorder {
            None => push_short(&mut self.text, text.as_bytes()),
            Some(recorder) => note(recorder, &mut self.text, text),
        }
    }

    fn push(&mut self, text: &str) {
        push_short(&mut self.text, text.as_bytes());
    }

    fn push_char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]));
    }

    fn push_quoted(&mut self, text: &str) {
        self.text.reserve(text.len() + 2);
        self.text.push(b'"');
        let mut rest = text;
        // Most texts need no escapes: copy the stretches between them as they are.
        while let Some(at) = rest.find(|c: char| c == '"' || needs_escape(c)) {
            let (plain, special) = rest.split_at(at);
            self.push(plain);
            let mut chars = special.chars();
            match chars.next() {
                Some('"') => self.push("\\\""),
                Some(c) => self.push_escape(c),
                None => {}
            }
            rest = chars.as_str();
        }
        self.push(rest);
        self.text.push(b'"');
    }

    fn push_quoted_char(&mut self, c: char) {
        self.text.push(b'\'');
        match c {
            '\'' => self.push("\\'"),
            c if needs_escape(c) => self.push_escape(c),
            c => self.push_char(c),
        }
        self.text.push(b'\'');
    }

    fn push_escape(&mut self, c: char) {
        match c {
            '\n' => self.push("\\n"),
            '\t' => self.push("\\t"),
            '\r' => self.push("\\r"),
            '\0' => self.push("\\0"),
            '\\' => self.push("\\\\"),
            c => self.push(&format!("\\u{{{:x}}}", c as u32)),
        }
    }

    fn enter(&mut self, object: *const u8) -> bool {
        let is_new = self.entered.enter(object);
        if !is_new {
            self.mark(Style::Plain);
            self.push("[Circular]");
            self.mark(Style::Special);
        }
        is_new
    }
}

fn needs_escape(c: char) -> bool {
    c == '\\' || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut TextBuffer)) -> String {
        let mut buffer = TextBuffer { text: Vec::new(), entered: Entered::default(), recorder: None, next: null_mut() };
        write(&mut buffer);
        String::from_utf8(buffer.text).expect("UTF-8")
    }

    fn quoted(text: &str) -> String {
        written(|buffer| buffer.push_quoted(text))
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
            assert_eq!(written(|buffer| buffer.push_quoted_char(c)), expected);
        }
    }

    #[test]
    fn marks_cycles() {
        let objects = [0u8, 1];
        let text = written(|buffer| {
            assert!(buffer.enter(&raw const objects[0]));
            assert!(buffer.enter(&raw const objects[1]));
            assert!(!buffer.enter(&raw const objects[0]));
            buffer.entered.leave();
            assert!(buffer.enter(&raw const objects[1]));
        });
        assert_eq!(text, "[Circular]");
    }
}
