//! What a failing program prints: the failure, its place with an excerpt of the source, and the stack
//! trace. Neither allocates nor locks, because it also runs in signal handlers and without memory.

use crate::program::SourcePlace;
use crate::stdio;
use crate::trace::{Call, Entry};
use std::sync::atomic::{AtomicI32, Ordering};

/// Trace lines that are shown at the inner end, and at the outer end of a deep recursion.
const INNER: usize = 20;
const OUTER: usize = 10;
/// Columns of a source line that an excerpt shows at most.
const EXCERPT_WIDTH: usize = 120;
/// How the paths of std's sources begin.
const STD: &[u8] = b"std:";
/// Modules of std that make errors for others, and throw none of their own that matter.
const MAKING: &[&[u8]] = &[b"std:error", b"std:promise"];
/// Spaces that stand for a tab.
const TAB: usize = 4;

/// Text on its way to standard error.
pub struct Report {
    bytes: [u8; 1024],
    len: usize,
    fd: i32,
    is_coloured: bool,
}

/// The file descriptor that reports go to.
static TARGET: AtomicI32 = AtomicI32::new(2);

/// Sends reports to another file descriptor than standard error.
pub fn redirect(fd: i32) {
    TARGET.store(fd, Ordering::Relaxed);
}

const RED: &str = "\x1b[1;31m";
const BLUE: &str = "\x1b[1;34m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

impl Report {
    /// Starts a report: what standard output still holds is written before.
    pub fn new() -> Report {
        stdio::flush();
        let fd = TARGET.load(Ordering::Relaxed);
        Report { bytes: [0; 1024], len: 0, fd, is_coloured: stdio::is_terminal(fd) && !is_set(c"NO_COLOR") }
    }

    /// The `error:` that the failure's words follow.
    pub fn headline(&mut self) -> &mut Report {
        self.style(RED).text("error").style(RESET).style(BOLD).text(": ")
    }

    /// Appends text.
    pub fn text(&mut self, text: impl AsRef<[u8]>) -> &mut Report {
        for &byte in text.as_ref() {
            if self.len == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        self
    }

    /// Appends a number in decimal digits.
    pub fn number(&mut self, number: u64) -> &mut Report {
        self.digits(number, 10)
    }

    /// Appends a signed number in decimal digits.
    pub fn signed(&mut self, number: i64) -> &mut Report {
        if number < 0 {
            self.text("-");
        }
        self.number(number.unsigned_abs())
    }

    /// Appends an address as `0x...`.
    pub fn address(&mut self, address: usize) -> &mut Report {
        self.text("0x").digits(address as u64, 16)
    }

    fn digits(&mut self, mut number: u64, radix: u64) -> &mut Report {
        let mut digits = [0; 20];
        let mut start = digits.len();
        while start == digits.len() || number > 0 {
            start -= 1;
            digits[start] = b"0123456789abcdef"[(number % radix) as usize];
            number /= radix;
        }
        self.text(&digits[start..])
    }

    fn style(&mut self, style: &str) -> &mut Report {
        if self.is_coloured { self.text(style) } else { self }
    }

    /// Ends the headline.
    pub fn end_headline(&mut self) -> &mut Report {
        self.style(RESET).text("\n")
    }

    /// Appends the place and the trace of a failure. The excerpt is of the innermost place in the program's own sources: what
    /// fails inside of std does so because of who called it.
    pub fn trace(&mut self, mut calls: impl Iterator<Item = Call>) {
        let mut inner: [Option<Call>; INNER] = [None; INNER];
        let mut shown = 0;
        for place in &mut inner {
            if shown >= INNER {
                break;
            }
            *place = calls.next();
            shown += place.iter().flat_map(|call| call.entries()).count();
        }
        let entries = || inner.iter().flatten().flat_map(|call| call.entries());
        let places = || entries().filter_map(|entry| entry.place);
        if let Some(place) = places().find(|place| !place.path().starts_with(STD)).or_else(|| places().next()) {
            self.excerpt(place);
        }
        // An error that somebody has made for a promise begins where they have.
        let making = entries().take_while(makes_errors).count();
        let skipped = if making < entries().count() { making } else { 0 };
        entries().skip(skipped).for_each(|entry| self.entry(entry));
        // A stack may be millions of calls deep: only those that are shown are looked at closely.
        let mut last: [Option<Call>; OUTER] = [None; OUTER];
        let mut count = 0;
        for call in calls {
            last[count % OUTER] = Some(call);
            count += 1;
        }
        if count > OUTER {
            self.text("  ... ").number((count - OUTER) as u64).text(" more calls ...\n");
        }
        for index in count.saturating_sub(OUTER)..count {
            last[index % OUTER].iter().flat_map(|call| call.entries()).for_each(|entry| self.entry(entry));
        }
    }

    fn entry(&mut self, entry: Entry) {
        self.text(if entry.is_awaiting { "  at async " } else { "  at " }).text(entry.function);
        if let Some(place) = entry.place {
            self.text(" (").position(place).text(")");
        }
        self.text("\n");
    }

    fn position(&mut self, place: SourcePlace) -> &mut Report {
        self.text(place.path()).text(":").number(place.line().into()).text(":").number(place.column().into())
    }

    /// `--> file:line:column` and the source line with a caret below the column.
    fn excerpt(&mut self, place: SourcePlace) {
        let indent = decimal_width(place.line());
        self.spaces(indent).style(BLUE).text("--> ").style(RESET).position(place).text("\n");
        let Some(line) = place.text() else { return };
        let column = (place.column() as usize).saturating_sub(1);
        let first = column.saturating_sub(EXCERPT_WIDTH / 2);
        self.spaces(indent).style(BLUE).text(" |\n").number(place.line().into()).text(" | ").style(RESET);
        let mut before_caret = 0;
        for (index, scalar) in scalars(line).enumerate().skip(first).take(EXCERPT_WIDTH) {
            let width = self.scalar(scalar);
            if index < column {
                before_caret += width;
            }
        }
        self.text("\n").spaces(indent).style(BLUE).text(" | ");
        self.spaces(before_caret).style(RED).text("^").style(RESET).text("\n");
    }

    /// Appends one scalar of a source line so that it cannot disturb a terminal; its width in columns.
    fn scalar(&mut self, scalar: char) -> usize {
        if scalar == '\t' {
            self.spaces(TAB);
            return TAB;
        }
        let shown = if scalar.is_control() { char::REPLACEMENT_CHARACTER } else { scalar };
        self.text(shown.encode_utf8(&mut [0; 4]));
        width(shown)
    }

    fn spaces(&mut self, count: usize) -> &mut Report {
        for _ in 0..count {
            self.text(" ");
        }
        self
    }

    /// Writes what has been collected.
    pub fn flush(&mut self) {
        stdio::write_all(self.fd, &self.bytes[..self.len]);
        self.len = 0;
    }
}

/// Whether a call is one of those of std by which promises are rejected.
fn makes_errors(entry: &Entry) -> bool {
    entry.place.is_some_and(|place| MAKING.contains(&place.path()) && !entry.is_awaiting)
}

impl Default for Report {
    fn default() -> Report {
        Report::new()
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.flush();
    }
}

fn is_set(name: &core::ffi::CStr) -> bool {
    // SAFETY: the name is null-terminated; the value is read before anybody could change the environment.
    unsafe { libc::getenv(name.as_ptr()).as_ref() }.is_some_and(|&first| first != 0)
}

fn decimal_width(number: u32) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// The scalars of a line; a byte that is not UTF-8 counts as one.
fn scalars(line: &[u8]) -> impl Iterator<Item = char> {
    line.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain(chunk.invalid().iter().take(1).map(|_| char::REPLACEMENT_CHARACTER))
    })
}

/// Columns that a terminal gives a scalar: none for marks that combine, two for wide scripts and emoji.
fn width(scalar: char) -> usize {
    match u32::from(scalar) {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
