//! Children on Unix. The end of one is a descriptor: a pidfd on Linux, elsewhere (and on kernels without it) a pipe that
//! a thread closes.

use super::{OWN_GROUP, Plan, Started, command};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::CommandExt;

/// Starts a child.
pub fn start(plan: &Plan) -> io::Result<Started> {
    let mut command = command(plan)?;
    if plan.flags & OWN_GROUP != 0 {
        command.process_group(0);
    }
    crate::stdio::ignore_closed_pipes();
    let mut child = command.spawn()?;
    let process = child.id() as i32;
    let pipe = |fd: Option<OwnedFd>| fd.map(OwnedFd::into_raw_fd).map_or(-1, without_blocking);
    let pipes = [
        pipe(child.stdin.take().map(Into::into)),
        pipe(child.stdout.take().map(Into::into)),
        pipe(child.stderr.take().map(Into::into)),
    ];
    // `child` holds nothing any more: it is reaped by its number.
    match end(process) {
        Ok(end) => Ok(Started { process, pipes, end: end.into_raw_fd() }),
        Err(error) => {
            for fd in pipes.into_iter().filter(|fd| *fd >= 0) {
                // SAFETY: ours, and forgotten here.
                drop(unsafe { OwnedFd::from_raw_fd(fd) });
            }
            let _ = kill(process, "SIGKILL");
            let _ = child.wait();
            Err(error)
        }
    }
}

fn without_blocking(fd: i32) -> i32 {
    // SAFETY: changes flags of a descriptor that is ours.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK);
    }
    fd
}

/// A descriptor that becomes readable when the child has ended.
fn end(process: i32) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes a number of a process and gives a descriptor, which is ours, or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
        if fd >= 0 {
            // SAFETY: just made.
            return Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) });
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::ENOSYS) {
            return Err(error);
        }
    }
    end_by_thread(process)
}

/// The same without the kernel's help: a thread waits, and closes its end of a pipe.
fn end_by_thread(process: i32) -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
        // SAFETY: the child stays a zombie, for `reap`.
        unsafe {
            let mut info = std::mem::zeroed::<libc::siginfo_t>();
            while libc::waitid(libc::P_PID, process as libc::id_t, &mut info, libc::WEXITED | libc::WNOWAIT) != 0
                && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
            {}
        }
        drop(writer);
    })?;
    without_blocking(reader.as_raw_fd());
    Ok(reader.into())
}

/// How a child ended: its code, or 256 + the signal; none while it runs. Once only.
pub fn reap(process: i32) -> Option<i32> {
    let mut status = 0;
    // SAFETY: writes the status.
    match unsafe { libc::waitpid(process, &mut status, libc::WNOHANG) } {
        0 => None,
        id if id == process => Some(status_of(status)),
        // Somebody else has waited for it.
        _ => Some(255),
    }
}

pub(super) fn status_of(status: i32) -> i32 {
    if libc::WIFSIGNALED(status) { 256 + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) }
}

macro_rules! signals {
    ($($name:ident)*) => { &[$((libc::$name, stringify!($name))),*] };
}

/// The signals that programs deal with.
const SIGNALS: &[(i32, &str)] = signals! {
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM
    SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGSYS
};

/// The number of a signal by its name.
pub fn signal_number(name: &str) -> Option<i32> {
    SIGNALS.iter().find(|(_, n)| *n == name).map(|(number, _)| *number)
}

/// The name of the signal that ended a child, of its status.
pub fn signal_name(status: i32) -> Option<&'static str> {
    SIGNALS.iter().find(|(number, _)| *number == status - 256).map(|(_, name)| *name)
}

/// Sends a signal; an empty name only asks whether the process is there.
pub fn kill(process: i32, signal: &str) -> io::Result<()> {
    let number = if signal.is_empty() { Some(0) } else { signal_number(signal) };
    let number = number.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "there is no such signal"))?;
    if process <= 0 {
        // To the system these are groups, ours among them.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no process has this number"));
    }
    // SAFETY: sends a signal.
    if unsafe { libc::kill(process, number) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_seen_without_the_kernels_help() {
        let mut child = std::process::Command::new("true").spawn().expect("a child");
        let end = end_by_thread(child.id() as i32).expect("a pipe");
        let mut poll = libc::pollfd { fd: end.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry.
        assert_eq!(unsafe { libc::poll(&mut poll, 1, 10_000) }, 1);
        assert_eq!(reap(child.id() as i32), Some(0));
        assert!(child.wait().is_err());
    }

    #[test]
    fn signals_have_names() {
        assert_eq!(signal_number("SIGTERM"), Some(libc::SIGTERM));
        assert_eq!(signal_name(256 + libc::SIGKILL), Some("SIGKILL"));
        assert_eq!(signal_name(9), None);
        assert!(kill(0, "").is_err() && kill(-1, "").is_err());
    }
}
