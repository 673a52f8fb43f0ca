//! Standard output and error of the running program. Output is buffered: by lines on a terminal, in
//! blocks otherwise, and written out before anything goes to standard error, before a line is read
//! and at exit, so that the two streams keep their order. Errors of writing are dropped, as C's
//! stdio does when nobody asks; a closed pipe ends the process by SIGPIPE.

use std::sync::Mutex;

/// Bytes that are kept back before they are written out.
const CAPACITY: usize = 16 * 1024;

struct Output {
    bytes: [u8; CAPACITY],
    len: usize,
    /// Whether standard output is a terminal: 0 not asked yet, 1 no, 2 yes. (All zero, so that this lies in `.bss`.)
    terminal: u8,
}

static OUTPUT: Mutex<Output> = Mutex::new(Output { bytes: [0; CAPACITY], len: 0, terminal: 0 });

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

/// Writes all bytes to a file descriptor, without a buffer and without allocating.
pub fn write_all(fd: i32, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the range is that of a live slice.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        if written > 0 {
            bytes = bytes.get(written as usize..).unwrap_or(&[]);
        } else if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
            return;
        }
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
