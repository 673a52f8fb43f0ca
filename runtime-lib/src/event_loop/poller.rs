//! Readiness of descriptors, by mio: the platform's contract of the loop. Events are edges: a descriptor is told once
//! when it becomes ready, so whoever is told reads or writes until it would block.

use super::{CLOSED, Event, READABLE, WRITABLE};
use mio::{Events, Poll, Token};
use std::io;
use std::time::Duration;

/// Events taken from the system at once; what is left comes with the next call.
const CAPACITY: usize = 1024;
/// Of the waker, which is no descriptor of the program's.
const WAKER: Token = Token(usize::MAX);

pub(super) struct Poller {
    poll: Poll,
    events: Events,
}

impl Poller {
    pub(super) fn new() -> io::Result<Poller> {
        Ok(Poller { poll: Poll::new()?, events: Events::with_capacity(CAPACITY) })
    }

    pub(super) fn waker(&self) -> io::Result<mio::Waker> {
        mio::Waker::new(self.poll.registry(), WAKER)
    }

    /// Waits and appends what is ready; whether somebody has used the waker. Less time may pass than was asked for.
    pub(super) fn poll(&mut self, timeout: Option<Duration>, ready: &mut Vec<Event>) -> io::Result<bool> {
        let timeout = self.sleep(timeout);
        match self.poll.poll(&mut self.events, timeout) {
            // A signal has come in between; the loop looks again by itself.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            result => result?,
        }
        let mut is_woken = false;
        for event in &self.events {
            if event.token() == WAKER {
                is_woken = true;
                continue;
            }
            let mut bits = 0;
            if event.is_readable() {
                bits |= READABLE;
            }
            if event.is_writable() {
                bits |= WRITABLE;
            }
            if event.is_read_closed() || event.is_write_closed() || event.is_error() {
                bits |= CLOSED;
            }
            ready.push(Event { token: event.token().0 as u64, bits });
        }
        Ok(is_woken)
    }

    /// Short times are waited for here, to the microsecond, as the poll below rounds up to milliseconds; what is then
    /// left of the time.
    #[cfg(target_os = "linux")]
    fn sleep(&self, timeout: Option<Duration>) -> Option<Duration> {
        use std::os::fd::AsRawFd;
        /// From here on a millisecond more does not matter.
        const LONG: Duration = Duration::from_millis(100);
        match timeout {
            Some(time) if !time.is_zero() && time < LONG => {
                let mut poll = libc::pollfd { fd: self.poll.as_raw_fd(), events: libc::POLLIN, revents: 0 };
                let time = libc::timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
                // SAFETY: one descriptor, which is open, and a time; both are only read but for `revents`.
                unsafe { libc::ppoll(&raw mut poll, 1, &raw const time, std::ptr::null()) };
                Some(Duration::ZERO)
            }
            other => other,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn sleep(&self, timeout: Option<Duration>) -> Option<Duration> {
        timeout
    }

    /// From now on changes of the descriptor are told, and what it is ready for already.
    #[cfg(unix)]
    pub(super) fn add(&self, fd: i32, token: u64) -> io::Result<()> {
        use mio::Interest;
        use mio::unix::SourceFd;
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut SourceFd(&fd), Token(token as usize), interests)
    }

    #[cfg(unix)]
    pub(super) fn remove(&self, fd: i32) -> io::Result<()> {
        self.poll.registry().deregister(&mut mio::unix::SourceFd(&fd))
    }

    /// Completion ports know sockets by other means than numbers; nothing of std makes any there yet.
    #[cfg(not(unix))]
    pub(super) fn add(&self, _fd: i32, _token: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(not(unix))]
    pub(super) fn remove(&self, _fd: i32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
