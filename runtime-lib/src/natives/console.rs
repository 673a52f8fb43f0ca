//! Natives of `std:console` and of `print`: the standard streams.

use super::{NULL_TEXT, bytes, new_text, text};
use crate::native;
use crate::stdio;
use crate::unwind;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::io::BufRead;

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
        let mut line = Vec::new();
        match std::io::stdin().lock().read_until(b'\n', &mut line) {
            Ok(count) if count > 0 => {}
            _ => return NULL_TEXT,
        }
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &String::from_utf8_lossy(without_end(&line))) }
    }
}

/// A line without the `\n` or `\r\n` at its end.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::without_end;

    #[test]
    fn line_ends_are_taken_off() {
        assert_eq!(without_end(b"a\n"), b"a");
        assert_eq!(without_end(b"a\r\n"), b"a");
        assert_eq!(without_end(b"a"), b"a");
        assert_eq!(without_end(b"\n"), b"");
    }
}
