//! Standard output and error of the running program. Output is buffered: by lines on a terminal, in
//! blocks otherwise, and written out before anything goes to standard error, before a line is read
//! and at exit, so that the two streams keep their order. When standard output cannot be written (the
//! disk is full), that is told once on standard error, and a process that would end with 0 ends with 1;
//! a closed pipe ends the process by SIGPIPE.

use crate::io_error;
use crate::report::Report;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

/// Bytes that are kept back before they are written out.
const CAPACITY: usize = 16 * 1024;

struct Output {
    bytes: [u8; CAPACITY],
    len: usize,
    /// Whether standard output is a terminal: 0 not asked yet, 1 no, 2 yes. (All zero, so that this lies in `.bss`.)
    terminal: u8,
}

static OUTPUT: Mutex<Output> = Mutex::new(Output { bytes: [0; CAPACITY], len: 0, terminal: 0 });

/// Whether something of standard output was lost.
static HAS_LOST: AtomicBool = AtomicBool::new(false);

/// What a process ends with that would end with `code`.
pub fn exit_code(code: i32) -> i32 {
    if code == 0 && HAS_LOST.load(Ordering::Relaxed) { 1 } else { code }
}

/// Appends to standard output.
pub fn write_out(bytes: &[u8]) {
    let Ok(mut output) = OUTPUT.lock() else { return };
    output.append(bytes);
}

/// Writes to standard error at once, after what standard output still holds.
pub fn write_error(bytes: &[u8]) {
    flush();
    write_all(2, bytes);
}

/// Writes out what standard output holds. Does nothing while another thread is writing (or this
/// one, when it failed in the middle of it).
pub fn flush() {
    if let Ok(mut output) = OUTPUT.try_lock() {
        output.flush();
    }
}

/// Writes out what is left when the process ends by C's `exit`: for C programs that call Flash.
pub fn flush_at_exit() {
    extern "C" fn at_exit() {
        flush();
    }
    static REGISTERED: std::sync::Once = std::sync::Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: registers a function that lives as long as the process.
        unsafe { libc::atexit(at_exit) };
    });
}

/// Whether the file descriptor is a terminal.
pub fn is_terminal(fd: i32) -> bool {
    // SAFETY: isatty takes any number.
    unsafe { libc::isatty(fd) == 1 }
}

/// Takes what is written to a standard stream, if it likes: whether it did. It must not write to one itself.
pub type Taker = fn(fd: i32, bytes: &[u8]) -> bool;

static TAKER: OnceLock<Taker> = OnceLock::new();
/// Whether what was written to standard output last ends a line.
static ENDS_LINE: AtomicBool = AtomicBool::new(true);

/// Has what goes to the standard streams offered to a function first, once a process: for hosts that edit lines on the
/// terminal.
pub fn set_taker(taker: Taker) {
    let _ = TAKER.set(taker);
}

/// Whether the next byte of standard output begins a line. (What its buffer holds does not count.)
pub fn ends_line() -> bool {
    ENDS_LINE.load(Ordering::Relaxed)
}

/// Somebody else has written to the terminal: what was typed is echoed there.
pub fn set_ends_line(ends_line: bool) {
    ENDS_LINE.store(ends_line, Ordering::Relaxed);
}

/// Writes all bytes to a file descriptor, without a buffer and without allocating.
pub fn write_all(fd: i32, mut bytes: &[u8]) {
    if fd == 1
        && let Some(last) = bytes.last()
    {
        ENDS_LINE.store(*last == b'\n', Ordering::Relaxed);
    }
    if (fd == 1 || fd == 2)
        && let Some(taker) = TAKER.get()
        && taker(fd, bytes)
    {
        return;
    }
    while !bytes.is_empty() {
        // SAFETY: the range is that of a live slice.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        if written > 0 {
            bytes = bytes.get(written as usize..).unwrap_or(&[]);
            continue;
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            // Somebody who shares the terminal or pipe with us made it so; we wait.
            io::ErrorKind::WouldBlock => {
                let mut entry = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
                // SAFETY: one entry.
                unsafe { libc::poll(&mut entry, 1, -1) };
            }
            io::ErrorKind::BrokenPipe => return end_by_closed_pipe(),
            _ => return lost(fd, &error),
        }
    }
}

/// Says, the first time, that standard output cannot be written. One that was closed before the start has no reader who
/// would miss something.
#[cold]
fn lost(fd: i32, error: &io::Error) {
    if fd == 1 && error.raw_os_error() != Some(libc::EBADF) && !HAS_LOST.swap(true, Ordering::Relaxed) {
        let mut report = Report::new();
        report.headline().text("cannot write standard output: ").text(io_error::reason(error)).text("\n");
    }
}

/// From here on a pipe that nobody reads is an error of writing, not the end of the process: for whoever writes to
/// children and sockets. A standard stream that nobody reads still ends the process, by [`write_all`].
pub fn ignore_closed_pipes() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: ignores a signal.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    });
}

#[cold]
fn end_by_closed_pipe() {
    // SAFETY: the default action ends the process.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::raise(libc::SIGPIPE);
    }
}

impl Output {
    fn append(&mut self, bytes: &[u8]) {
        if bytes.len() > CAPACITY - self.len {
            self.flush();
            if bytes.len() >= CAPACITY {
                write_all(1, bytes);
                return;
            }
        }
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
        if self.terminal == 0 {
            self.terminal = 1 + u8::from(is_terminal(1));
        }
        if self.terminal == 2 && bytes.contains(&b'\n') {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let len = std::mem::take(&mut self.len);
        write_all(1, &self.bytes[..len]);
    }
}
