//! Natives of `std:json`: writing JSON text piece by piece, and the escapes in texts that are read. What has a
//! structure is walked by code that the compiler makes for its type; here is only what that writes.
//!
//! A writer lives outside the collected heap. What cannot be written is remembered and told at the end, so no
//! error passes the code in between.

use super::entered::Entered;
use super::number::{push_f32, push_f64, push_i64, push_u64};
use super::{NULL_TEXT, bytes, new_text, new_text_of, push_short, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::Cell;

/// JSON text that is being written.
#[derive(Debug, Default)]
pub struct Writer {
    text: Vec<u8>,
    /// What a level is indented by; empty for text without spaces.
    indent: Vec<u8>,
    depth: usize,
    /// Nothing has been written in the innermost array or object.
    is_fresh: bool,
    /// The objects that are being written.
    entered: Entered,
    problem: u8,
}

/// Why a value cannot be written; `std/json.fl` has the words.
const CYCLE: u8 = 1;
const NOT_FINITE: u8 = 2;
const TOO_DEEP: u8 = 3;

/// Arrays and objects inside each other that are written at most.
const MAX_DEPTH: usize = 10_000;

thread_local! {
    /// What the last writer that finished has met.
    static PROBLEM: Cell<u8> = const { Cell::new(0) };
}

native! {
    /// (what a level is indented by) -> writer
    fn flash_json_new(_ctx: *mut Context, indent: *const u8, indent_len: i64) -> *mut Writer {
        // SAFETY: a live text.
        let indent = unsafe { bytes(indent, indent_len) }.to_vec();
        Box::into_raw(Box::new(Writer { indent, is_fresh: true, ..Writer::default() }))
    }

    /// Begins an array or object: `[` or `{`.
    fn flash_json_open(_ctx: *mut Context, writer: *mut Writer, bracket: u8) {
        // SAFETY: a writer in use.
        let writer = unsafe { &mut *writer };
        writer.text.push(bracket);
        writer.depth += 1;
        writer.is_fresh = true;
    }

    /// Ends an array or object: `]` or `}`.
    fn flash_json_close(_ctx: *mut Context, writer: *mut Writer, bracket: u8) {
        // SAFETY: a writer in use.
        let writer = unsafe { &mut *writer };
        writer.depth = writer.depth.saturating_sub(1);
        if !writer.is_fresh {
            writer.new_line();
        }
        writer.is_fresh = false;
        writer.text.push(bracket);
    }

    /// Before each element of an array.
    fn flash_json_item(_ctx: *mut Context, writer: *mut Writer) {
        // SAFETY: a writer in use.
        unsafe { (*writer).separate() }
    }

    /// Before a field's value: its name, in quotes already.
    fn flash_json_field(_ctx: *mut Context, writer: *mut Writer, name: *const u8, name_len: i64) {
        // SAFETY: a writer in use, and a live text.
        let (writer, name) = unsafe { (&mut *writer, bytes(name, name_len)) };
        writer.separate();
        push_short(&mut writer.text, name);
        writer.colon();
    }

    /// Before a value of an object: its key.
    fn flash_json_key(_ctx: *mut Context, writer: *mut Writer, key: *const u8, key_len: i64) {
        // SAFETY: a writer in use, and a live text.
        let (writer, key) = unsafe { (&mut *writer, bytes(key, key_len)) };
        writer.separate();
        push_quoted(&mut writer.text, key);
        writer.colon();
    }

    fn flash_json_i64(_ctx: *mut Context, writer: *mut Writer, value: i64) {
        // SAFETY: a writer in use.
        push_i64(unsafe { &mut (*writer).text }, value);
    }

    fn flash_json_u64(_ctx: *mut Context, writer: *mut Writer, value: u64) {
        // SAFETY: a writer in use.
        push_u64(unsafe { &mut (*writer).text }, value);
    }

    fn flash_json_f64(_ctx: *mut Context, writer: *mut Writer, value: f64) {
        // SAFETY: a writer in use.
        unsafe { (*writer).float(value.is_finite(), |text| push_f64(text, value)) }
    }

    fn flash_json_f32(_ctx: *mut Context, writer: *mut Writer, value: f32) {
        // SAFETY: a writer in use.
        unsafe { (*writer).float(value.is_finite(), |text| push_f32(text, value)) }
    }

    fn flash_json_bool(_ctx: *mut Context, writer: *mut Writer, value: u8) {
        let word: &[u8] = if value & 1 == 1 { b"true" } else { b"false" };
        // SAFETY: a writer in use.
        push_short(unsafe { &mut (*writer).text }, word);
    }

    fn flash_json_null(_ctx: *mut Context, writer: *mut Writer) {
        // SAFETY: a writer in use.
        push_short(unsafe { &mut (*writer).text }, b"null");
    }

    fn flash_json_str(_ctx: *mut Context, writer: *mut Writer, data: *const u8, len: i64) {
        // SAFETY: a writer in use, and a live text.
        push_quoted(unsafe { &mut (*writer).text }, unsafe { bytes(data, len) });
    }

    fn flash_json_char(_ctx: *mut Context, writer: *mut Writer, value: u32) {
        let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
        // SAFETY: a writer in use.
        push_quoted(unsafe { &mut (*writer).text }, c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// 1 and remembers the object, or 0 when it must not be walked: it is being written already.
    fn flash_json_enter(_ctx: *mut Context, writer: *mut Writer, object: *const u8) -> u8 {
        // SAFETY: a writer in use.
        let writer = unsafe { &mut *writer };
        if writer.depth >= MAX_DEPTH {
            writer.problem = TOO_DEEP;
        } else if writer.entered.enter(object) {
            return 1;
        } else {
            writer.problem = CYCLE;
        }
        0
    }

    fn flash_json_leave(_ctx: *mut Context, writer: *mut Writer) {
        // SAFETY: a writer in use.
        unsafe { (*writer).entered.leave() };
    }

    /// The text, or null when something could not be written. The writer is gone.
    fn flash_json_finish(ctx: *mut Context, writer: *mut Writer) -> Str {
        // SAFETY: `flash_json_new` made it, and nobody uses it after this.
        let writer = unsafe { Box::from_raw(writer) };
        PROBLEM.set(writer.problem);
        if writer.problem != 0 {
            return NULL_TEXT;
        }
        // SAFETY: this thread's context; only UTF-8 has been written.
        unsafe { new_text_of(ctx, &writer.text) }
    }

    /// Why the last text could not be written.
    fn flash_json_problem(_ctx: *mut Context) -> i32 {
        i32::from(PROBLEM.get())
    }

    /// The text that stands between quotes, its escapes replaced; null when one is wrong.
    fn flash_json_unescape(ctx: *mut Context, data: *const u8, len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match unescape(text(data, len)) {
                Ok(plain) => new_text(ctx, &plain),
                Err(_) => NULL_TEXT,
            }
        }
    }

    /// Where the first wrong escape stands, times 2, plus 1 if it is half of a surrogate pair.
    fn flash_json_wrong_escape(_ctx: *mut Context, data: *const u8, len: i64) -> i64 {
        // SAFETY: a live text.
        match unescape(unsafe { text(data, len) }) {
            Ok(_) => 0,
            Err(wrong) => wrong.at as i64 * 2 + i64::from(wrong.is_surrogate),
        }
    }
}

impl Writer {
    fn new_line(&mut self) {
        if !self.indent.is_empty() {
            self.text.push(b'\n');
            for _ in 0..self.depth {
                push_short(&mut self.text, &self.indent);
            }
        }
    }

    fn separate(&mut self) {
        if !self.is_fresh {
            self.text.push(b',');
        }
        self.is_fresh = false;
        self.new_line();
    }

    fn colon(&mut self) {
        self.text.push(b':');
        if !self.indent.is_empty() {
            self.text.push(b' ');
        }
    }

    /// As JavaScript writes it: a whole number has no point.
    fn float(&mut self, is_finite: bool, push: impl FnOnce(&mut Vec<u8>)) {
        if !is_finite {
            self.problem = NOT_FINITE;
            return;
        }
        push(&mut self.text);
        if self.text.ends_with(b".0") {
            self.text.truncate(self.text.len() - 2);
        }
    }
}

/// For each byte how it is escaped: 0 not at all, `u` by its number, else by this letter.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[b'\t' as usize] = b't';
    table[b'\n' as usize] = b'n';
    table[0x0c] = b'f';
    table[b'\r' as usize] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Appends a text in quotes, with the escapes that JSON asks for and no others.
fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text;
    // Most texts need no escapes: copy the stretches between them as they are.
    while let Some(at) = rest.iter().position(|&byte| ESCAPES[byte as usize] != 0) {
        let (plain, special) = rest.split_at(at);
        push_short(out, plain);
        if let Some((&byte, after)) = special.split_first() {
            match ESCAPES[byte as usize] {
                b'u' => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                letter => out.extend_from_slice(&[b'\\', letter]),
            }
            rest = after;
        }
    }
    push_short(out, rest);
    out.push(b'"');
}

/// An escape that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wrong {
    /// Byte offset of its backslash.
    at: usize,
    /// A half of a surrogate pair without the other one: no character.
    is_surrogate: bool,
}

fn unescape(text: &str) -> Result<String, Wrong> {
    let mut plain = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let start = at + found;
        plain.push_str(&text[at..start]);
        let wrong = Wrong { at: start, is_surrogate: false };
        let letter = text.as_bytes().get(start + 1).ok_or(wrong)?;
        at = start + 2;
        plain.push(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = hex4(text, at).ok_or(wrong)?;
                at += 4;
                if (0xd800..0xdc00).contains(&first) && text[at..].starts_with("\\u") {
                    let second = hex4(text, at + 2).ok_or(Wrong { at, is_surrogate: false })?;
                    let low = second.wrapping_sub(0xdc00);
                    at += 6;
                    let scalar = if low < 0x400 { 0x10000 + ((first - 0xd800) << 10) + low } else { first };
                    char::from_u32(scalar)
                } else {
                    char::from_u32(first)
                }
                .ok_or(Wrong { is_surrogate: true, ..wrong })?
            }
            _ => return Err(wrong),
        });
    }
    plain.push_str(&text[at..]);
    Ok(plain)
}

/// The four hexadecimal digits at an offset.
fn hex4(text: &str, at: usize) -> Option<u32> {
    let digits = text.as_bytes().get(at..at + 4)?;
    digits.iter().try_fold(0, |value, &digit| Some(value * 16 + char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = Vec::new();
        push_quoted(&mut out, text.as_bytes());
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted(""), r#""""#);
        assert_eq!(quoted("é/\u{7f}\u{2028}"), "\"é/\u{7f}\u{2028}\"");
        assert_eq!(quoted("a\"b\\c\n\t\r\u{8}\u{c}\0\u{1f}"), r#""a\"b\\c\n\t\r\b\f\u0000\u001f""#);
    }

    #[test]
    fn escapes_are_replaced() {
        assert_eq!(unescape(r#"a\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00z"#).as_deref(), Ok("a\"\\/\u{8}\u{c}\n\r\té😀z"));
        assert_eq!(unescape("\\u0000").as_deref(), Ok("\0"));
    }

    #[test]
    fn wrong_escapes_are_found() {
        let wrong = |text: &str| unescape(text).map_err(|wrong| (wrong.at, wrong.is_surrogate));
        assert_eq!(wrong(r"ab\x"), Err((2, false)));
        assert_eq!(wrong(r"\u12g4"), Err((0, false)));
        assert_eq!(wrong(r"\u12"), Err((0, false)));
        assert_eq!(wrong(r"a\ud800"), Err((1, true)));
        assert_eq!(wrong(r"\udc00"), Err((0, true)));
        assert_eq!(wrong(r"\ud800\u0041"), Err((0, true)));
        assert_eq!(wrong(r"\ud800\uzzzz"), Err((6, false)));
        assert_eq!(wrong("\\"), Err((0, false)));
    }

    #[test]
    fn floats_are_written_as_in_javascript() {
        let written = |value: f64| {
            let mut writer = Writer::default();
            writer.float(true, |text| push_f64(text, value));
            String::from_utf8(writer.text).expect("UTF-8")
        };
        assert_eq!(written(1.0), "1");
        assert_eq!(written(-0.0), "-0");
        assert_eq!(written(0.1), "0.1");
        assert_eq!(written(1e21), "1e21");
        assert_eq!(written(100.0), "100");
    }
}
