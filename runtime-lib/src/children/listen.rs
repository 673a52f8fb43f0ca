//! Signals that the program wants to hear of: the handler writes a byte to a pipe, whose other end the loop watches.
//! When nobody listens any more, the signal does again what it did by default. (`signal-hook-registry` would leave it
//! without effect.)

use super::unix::signal_number;
use std::io;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicI32, Ordering};

/// More than there are signals.
const MOST: usize = 65;

/// Where the handler writes for each signal; -1 when nobody listens.
static PIPES: [AtomicI32; MOST] = [const { AtomicI32::new(-1) }; MOST];

extern "C" fn handle(signal: i32) {
    let fd = usize::try_from(signal).ok().and_then(|index| PIPES.get(index)).map_or(-1, |p| p.load(Ordering::Relaxed));
    // SAFETY: writes a byte; the errno of what was interrupted is put back. A full pipe has told already.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        libc::write(fd, [0_u8].as_ptr().cast(), 1);
        *errno = before;
    }
}

/// Listens to a signal: the descriptor that becomes readable when it comes. One listener a process for each.
pub fn listen(name: &str) -> io::Result<i32> {
    let refused = |words: &str| io::Error::new(io::ErrorKind::InvalidInput, words.to_owned());
    let number = signal_number(name).ok_or_else(|| refused("there is no such signal"))?;
    if matches!(number, libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE | libc::SIGKILL | libc::SIGSTOP) {
        return Err(refused("no program can listen to this signal"));
    }
    let slot = &PIPES[number as usize];
    let (reader, writer) = io::pipe()?;
    let (reader, writer) = (reader.into_raw_fd(), writer.into_raw_fd());
    for fd in [reader, writer] {
        // SAFETY: changes flags of a descriptor that is ours.
        unsafe { libc::fcntl(fd, libc::F_SETFL, libc::fcntl(fd, libc::F_GETFL) | libc::O_NONBLOCK) };
    }
    if slot.compare_exchange(-1, writer, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        close(&[reader, writer]);
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another thread listens to this signal"));
    }
    if let Err(error) = set(number, handle as *const () as usize) {
        slot.store(-1, Ordering::Relaxed);
        close(&[reader, writer]);
        return Err(error);
    }
    Ok(reader)
}

/// Ends it. The descriptor is closed by whoever watched it.
pub fn forget(name: &str) {
    let Some(number) = signal_number(name) else { return };
    let default = if number == libc::SIGPIPE { libc::SIG_IGN } else { libc::SIG_DFL };
    let _ = set(number, default);
    let writer = PIPES[number as usize].swap(-1, Ordering::Relaxed);
    if writer >= 0 {
        close(&[writer]);
    }
}

fn set(number: i32, handler: usize) -> io::Result<()> {
    // SAFETY: a zeroed sigaction is valid; the handler is one, or a constant of the system.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(number, &action, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn close(fds: &[i32]) {
    for &fd in fds {
        // SAFETY: ours, and forgotten here.
        unsafe { libc::close(fd) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_makes_the_pipe_readable() {
        let fd = listen("SIGUSR2").expect("a listener");
        assert!(listen("SIGUSR2").is_err());
        // SAFETY: sends this thread a signal that is handled; reads a byte.
        unsafe {
            libc::raise(libc::SIGUSR2);
            let mut byte = [0_u8];
            assert_eq!(libc::read(fd, byte.as_mut_ptr().cast(), 1), 1);
        }
        forget("SIGUSR2");
        close(&[fd]);
        assert!(listen("SIGKILL").is_err() && listen("SIGNONE").is_err());
    }
}
