//! Natives of `std:console` and of `print`: the standard streams.

use super::buffer::{self, TextBuffer};
use super::byte_array::{contents, extend};
use super::{NULL_TEXT, bytes, empty_text, new_text, text};
use crate::inspect::table::table;
use crate::inspect::{Node, Options, layout};
use crate::{environment, fail, native, stdin, stdio, unwind};
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Instant;

native! {
    fn flash_print(_ctx: *mut Context, data: *const u8, len: i64) {
        // SAFETY: a live text.
        stdio::write_out(unsafe { bytes(data, len) });
    }

    fn flash_print_line(_ctx: *mut Context, data: *const u8, len: i64) {
        // SAFETY: a live text.
        stdio::write_out(unsafe { bytes(data, len) });
        stdio::write_out(b"\n");
    }

    fn flash_print_error(_ctx: *mut Context, data: *const u8, len: i64) {
        // SAFETY: a live text.
        stdio::write_error(unsafe { bytes(data, len) });
    }

    /// In one piece, so that lines of several processes do not mix.
    fn flash_print_error_line(_ctx: *mut Context, data: *const u8, len: i64) {
        // SAFETY: a live text.
        let mut line = unsafe { bytes(data, len) }.to_vec();
        line.push(b'\n');
        stdio::write_error(&line);
    }

    /// (what a handler was given, a title): prints it as an error that nobody catches, and goes on.
    fn flash_report_thrown(ctx: *mut Context, thrown: *mut u8, title: *const u8, title_len: i64) {
        stdio::flush();
        // SAFETY: this thread's context, what a handler was given, and a live text.
        unsafe { unwind::tell(ctx, text(title, title_len), thrown as usize) }
    }

    /// (prompt) -> line without its end, or null at the end of input.
    fn flash_read_line(ctx: *mut Context, prompt: *const u8, prompt_len: i64) -> Str {
        // SAFETY: a live text.
        stdio::write_out(unsafe { bytes(prompt, prompt_len) });
        stdio::flush();
        let Some(line) = stdin::read_line() else { return NULL_TEXT };
        if stdio::is_terminal(0) {
            stdio::set_ends_line(true);
        }
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &String::from_utf8_lossy(without_end(&line))) }
    }

    /// (bytes): what was read of standard input and is not wanted comes again.
    fn flash_stdin_give_back(_ctx: *mut Context, held: *mut u8) {
        // SAFETY: a live array.
        stdin::give_back(unsafe { contents(held) });
    }

    /// (array): appends what was read of standard input and is not wanted yet.
    fn flash_stdin_take(ctx: *mut Context, to: *mut u8) {
        // SAFETY: this thread's context and a live array.
        unsafe { extend(ctx, to, &stdin::take_held()) };
    }

    /// (buffer, stream, depth, width): what is shown from here on is laid out for a stream (1, 2, or 0 for none).
    fn flash_console_inspect(_ctx: *mut Context, buffer: *mut TextBuffer, stream: i32, depth: i64, width: i64) {
        let options = Options {
            has_colours: stream > 0 && has_colours(stream),
            depth: usize::try_from(depth).unwrap_or(0),
            width: usize::try_from(width).unwrap_or(0),
            ..Options::DEFAULT
        };
        // SAFETY: a buffer in use.
        unsafe { (*buffer).record(options) };
    }

    /// The text; the buffer is given back.
    fn flash_console_inspected(ctx: *mut Context, buffer: *mut TextBuffer) -> Str {
        // SAFETY: a buffer in use, and nobody uses it after this; this thread's context.
        unsafe {
            let (nodes, options) = recorded(buffer);
            new_text(ctx, &layout::text(&nodes, &options, 0))
        }
    }

    /// (buffer, columns, each ended by NUL) -> the table; the buffer is given back.
    fn flash_console_table(ctx: *mut Context, buffer: *mut TextBuffer, columns: *const u8, columns_len: i64) -> Str {
        // SAFETY: as above; a live text.
        unsafe {
            let (nodes, options) = recorded(buffer);
            let columns: Vec<&str> = text(columns, columns_len).split_terminator('\0').collect();
            new_text(ctx, &table(&nodes, &columns, &options))
        }
    }

    /// (stream, text): a line, indented as the groups say.
    fn flash_console_line(_ctx: *mut Context, stream: i32, data: *const u8, len: i64) {
        // SAFETY: a live text.
        let line = unsafe { bytes(data, len) };
        match GROUPS.get() {
            0 if stream == 1 => {
                stdio::write_out(line);
                stdio::write_out(b"\n");
            }
            depth => {
                // In one piece, so that lines of several processes do not mix.
                let line = indented(line, depth);
                if stream == 1 { stdio::write_out(&line) } else { stdio::write_error(&line) }
            }
        }
    }

    /// (1 or -1): begins or ends a group.
    fn flash_console_group(_ctx: *mut Context, step: i32) {
        GROUPS.set(GROUPS.get().saturating_add_signed(step as isize));
    }

    /// (label, 0 start, 1 look, 2 end) -> milliseconds, -1 for no such timer, -2 for one that has been started already.
    fn flash_console_timer(_ctx: *mut Context, label: *const u8, label_len: i64, what: i32) -> f64 {
        // SAFETY: a live text.
        let label = unsafe { text(label, label_len) };
        TIMERS.with_borrow_mut(|timers| {
            if what == 0 {
                if timers.contains_key(label) {
                    return -2.0;
                }
                timers.insert(label.to_owned(), Instant::now());
                return 0.0;
            }
            let Some(start) = timers.get(label).copied() else { return -1.0 };
            if what == 2 {
                timers.remove(label);
            }
            start.elapsed().as_secs_f64() * 1000.0
        })
    }

    /// (label, reset) -> how many times.
    fn flash_console_count(_ctx: *mut Context, label: *const u8, label_len: i64, reset: u8) -> i64 {
        // SAFETY: a live text.
        let label = unsafe { text(label, label_len) };
        COUNTS.with_borrow_mut(|counts| {
            if reset & 1 == 1 {
                counts.remove(label);
                return 0;
            }
            let count = counts.entry(label.to_owned()).or_default();
            *count += 1;
            *count
        })
    }

    /// (text): to standard error, with the calls that led here.
    fn flash_console_trace(ctx: *mut Context, data: *const u8, len: i64) {
        // SAFETY: a live text, and this thread's context.
        unsafe { fail::print_calls(ctx, text(data, len)) }
    }

    fn flash_is_terminal(_ctx: *mut Context, stream: i32) -> u8 {
        u8::from(stdio::is_terminal(stream))
    }
}

thread_local! {
    /// How many groups are open.
    static GROUPS: Cell<usize> = const { Cell::new(0) };
    static TIMERS: RefCell<BTreeMap<String, Instant>> = const { RefCell::new(BTreeMap::new()) };
    static COUNTS: RefCell<BTreeMap<String, i64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Whether a stream is a terminal that takes colours, and nobody asked for none.
fn has_colours(stream: i32) -> bool {
    let is =
        |name: &str, test: fn(&str) -> bool| environment::get(name).is_some_and(|value| test(&value.to_string_lossy()));
    stdio::is_terminal(stream) && !is("NO_COLOR", |value| !value.is_empty()) && !is("TERM", |value| value == "dumb")
}

/// What was noted while a value was shown; the buffer is given back.
///
/// # Safety
/// `flash_buf_new` gave the buffer, and nobody uses it after this.
unsafe fn recorded(buffer: *mut TextBuffer) -> (Vec<Node>, Options) {
    // SAFETY: promised by the caller.
    unsafe {
        let (recorder, rest) = (*buffer).recorded();
        let noted = recorder.map_or((Vec::new(), Options::DEFAULT), |recorder| recorder.finish(rest));
        buffer::finish(buffer, |_| empty_text());
        noted
    }
}

/// The line with its end, each of its lines indented by the groups.
fn indented(line: &[u8], depth: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len() + 2 * depth + 1);
    for (index, line) in line.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(b' ', 2 * depth));
        }
        out.extend_from_slice(line);
    }
    out.push(b'\n');
    out
}

/// A line without the `\n` or `\r\n` at its end.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::{indented, without_end};

    #[test]
    fn groups_indent_all_lines() {
        assert_eq!(indented(b"a\n\nb", 1), b"  a\n\n  b\n");
        assert_eq!(indented(b"", 2), b"\n");
    }

    #[test]
    fn line_ends_are_taken_off() {
        assert_eq!(without_end(b"a\n"), b"a");
        assert_eq!(without_end(b"a\r\n"), b"a");
        assert_eq!(without_end(b"a"), b"a");
        assert_eq!(without_end(b"\n"), b"");
    }
}
