//! Natives of `std:descriptor`: reading and writing descriptors that the loop watches, without waiting.

use super::bytes;
use crate::{io_error, native, stdio};
use flash_abi::context::Context;
use std::io;

/// Nothing can be read or written now.
const BLOCKED: i64 = -2;
/// The reason is in `flash_last_error`.
const FAILED: i64 = -1;

native! {
    /// (descriptor, to, count) -> bytes read, 0 at the end, -1 for an error, -2 when there is nothing yet.
    fn flash_fd_read(_ctx: *mut Context, fd: i32, to: *mut u8, count: i64) -> i64 {
        // SAFETY: Flash made room for as many bytes.
        told(unsafe { system::read(fd, to, count.max(0) as usize) })
    }

    /// (descriptor, data) -> bytes written, -1 for an error, -2 when there is no room now.
    fn flash_fd_write(_ctx: *mut Context, fd: i32, data: *const u8, len: i64) -> i64 {
        // SAFETY: live bytes.
        told(system::write(fd, unsafe { bytes(data, len) }))
    }

    /// 1 or 0, and then the reason is in `flash_last_error`; the descriptor is gone in any case.
    fn flash_fd_close(_ctx: *mut Context, fd: i32) -> u8 {
        match system::close(fd) {
            Ok(()) => 1,
            Err(error) => {
                io_error::remember(&error);
                0
            }
        }
    }

    /// Whether the loop can watch the descriptor: pipes, sockets and terminals, but not files.
    fn flash_fd_is_watchable(_ctx: *mut Context, fd: i32) -> u8 {
        u8::from(system::is_watchable(fd))
    }

    /// (1 or 2, data): to a standard stream.
    fn flash_write_stream(_ctx: *mut Context, stream: i32, data: *const u8, len: i64) {
        // SAFETY: live bytes.
        let data = unsafe { bytes(data, len) };
        if stream == 1 { stdio::write_out(data) } else { stdio::write_error(data) }
    }

    /// Writes out what standard output holds back.
    fn flash_flush(_ctx: *mut Context) {
        stdio::flush();
    }
}

fn told(result: io::Result<usize>) -> i64 {
    match result {
        Ok(count) => count as i64,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => BLOCKED,
        Err(error) => {
            io_error::remember(&error);
            FAILED
        }
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    /// Reads what is there. A descriptor that would block (standard input, which other processes have, too) is asked first.
    ///
    /// # Safety
    /// There is room for `count` bytes.
    pub unsafe fn read(fd: i32, to: *mut u8, count: usize) -> io::Result<usize> {
        if blocks(fd) {
            let mut entry = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
            // SAFETY: one entry.
            if unsafe { libc::poll(&mut entry, 1, 0) } == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        // SAFETY: promised by the caller.
        repeated(|| unsafe { libc::read(fd, to.cast(), count) })
    }

    pub fn write(fd: i32, data: &[u8]) -> io::Result<usize> {
        // SAFETY: the range of a live slice.
        repeated(|| unsafe { libc::write(fd, data.as_ptr().cast(), data.len()) })
    }

    fn repeated(call: impl Fn() -> isize) -> io::Result<usize> {
        loop {
            if let Ok(count) = usize::try_from(call()) {
                return Ok(count);
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }

    pub fn close(fd: i32) -> io::Result<()> {
        // SAFETY: the descriptor is the caller's, who forgets it.
        if unsafe { libc::close(fd) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    fn blocks(fd: i32) -> bool {
        // SAFETY: asks for the flags of a number.
        unsafe { libc::fcntl(fd, libc::F_GETFL) & libc::O_NONBLOCK == 0 }
    }

    pub fn is_watchable(fd: i32) -> bool {
        let mut info = std::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: fills the value when it succeeds.
        let kind = unsafe {
            if libc::fstat(fd, info.as_mut_ptr()) != 0 {
                return false;
            }
            info.assume_init().st_mode & libc::S_IFMT
        };
        match kind {
            libc::S_IFIFO | libc::S_IFSOCK => true,
            // `/dev/null` and others are never waited for.
            // SAFETY: isatty takes any number.
            libc::S_IFCHR => unsafe { libc::isatty(fd) == 1 },
            _ => false,
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    fn unsupported<T>() -> io::Result<T> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this is not built for this system yet"))
    }

    pub unsafe fn read(_fd: i32, _to: *mut u8, _count: usize) -> io::Result<usize> {
        unsupported()
    }

    pub fn write(_fd: i32, _data: &[u8]) -> io::Result<usize> {
        unsupported()
    }

    pub fn close(_fd: i32) -> io::Result<()> {
        unsupported()
    }

    pub fn is_watchable(_fd: i32) -> bool {
        false
    }
}
