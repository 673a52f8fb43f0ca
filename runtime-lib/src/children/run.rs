//! A child that is run to its end while the thread waits: its input is written, what it writes is collected, and it is
//! killed when its time is over.

use super::unix::{kill, start, status_of};
use super::{Finished, Plan};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// Starts a child and waits for its end.
pub fn run(plan: &Plan, input: &[u8], timeout: Option<Duration>) -> io::Result<Finished> {
    let started = start(plan)?;
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    // SAFETY: the descriptors are ours from here on.
    let own = |fd: i32| (fd >= 0).then(|| unsafe { File::from_raw_fd(fd) });
    let mut exchange = Exchange {
        input: own(started.pipes[0]),
        left: input,
        output: own(started.pipes[1]),
        errors: own(started.pipes[2]),
        // SAFETY: as above.
        end: unsafe { OwnedFd::from_raw_fd(started.end) },
        finished: Finished::default(),
    };
    if input.is_empty() {
        exchange.input = None;
    }
    let result = exchange.until(deadline);
    if !matches!(result, Ok(true)) {
        exchange.finished.is_late = result.is_ok();
        let _ = kill(started.process, "SIGKILL");
    }
    let status = wait(started.process);
    result?;
    // What it wrote last. (A child of its own may still hold the pipes; nobody waits for that.)
    exchange.read_rest()?;
    Ok(Finished { status: status?, ..exchange.finished })
}

fn wait(process: i32) -> io::Result<i32> {
    let mut status = 0;
    loop {
        // SAFETY: writes the status.
        if unsafe { libc::waitpid(process, &mut status, 0) } == process {
            return Ok(status_of(status));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

struct Exchange<'a> {
    input: Option<File>,
    left: &'a [u8],
    output: Option<File>,
    errors: Option<File>,
    end: OwnedFd,
    finished: Finished,
}

impl Exchange<'_> {
    /// Writes and reads until the child has ended, or its time is over: false.
    fn until(&mut self, deadline: Option<Instant>) -> io::Result<bool> {
        loop {
            let wait_ms = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return Ok(false),
                // Rounded up, so that it does not spin in the last millisecond.
                Some(left) => i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX),
                None => -1,
            };
            let entry = |file: &Option<File>, events| libc::pollfd {
                // A negative one is passed over.
                fd: file.as_ref().map_or(-1, AsRawFd::as_raw_fd),
                events,
                revents: 0,
            };
            let mut polled = [
                entry(&self.input, libc::POLLOUT),
                entry(&self.output, libc::POLLIN),
                entry(&self.errors, libc::POLLIN),
                libc::pollfd { fd: self.end.as_raw_fd(), events: libc::POLLIN, revents: 0 },
            ];
            // SAFETY: as many entries as are told.
            if unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, wait_ms) } < 0 {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
                continue;
            }
            if polled[0].revents != 0 {
                self.write()?;
            }
            if polled[1].revents != 0 {
                read(&mut self.output, &mut self.finished.output)?;
            }
            if polled[2].revents != 0 {
                read(&mut self.errors, &mut self.finished.errors)?;
            }
            if polled[3].revents != 0 {
                return Ok(true);
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.input else { return Ok(()) };
        match pipe.write(self.left) {
            Ok(count) => {
                self.left = self.left.get(count..).unwrap_or(&[]);
                if self.left.is_empty() {
                    self.input = None;
                }
            }
            // It does not want to know more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.input = None,
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn read_rest(&mut self) -> io::Result<()> {
        read(&mut self.output, &mut self.finished.output)?;
        read(&mut self.errors, &mut self.finished.errors)
    }
}

/// Reads what there is; closes the pipe at its end.
fn read(pipe: &mut Option<File>, to: &mut Vec<u8>) -> io::Result<()> {
    let Some(file) = pipe else { return Ok(()) };
    match file.read_to_end(to) {
        Ok(_) => *pipe = None,
        Err(error) if is_passing(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(command: &str) -> Plan<'_> {
        Plan { command, environment: "", directory: "", flags: 1 | 4 | 16 }
    }

    #[test]
    fn input_goes_through() {
        let input = vec![b'x'; 1 << 20];
        let finished = run(&plan("cat\0"), &input, None).expect("a run");
        assert_eq!((finished.status, finished.output == input), (0, true));
    }

    #[test]
    fn late_ones_are_killed() {
        let finished = run(&plan("sleep\x0010\0"), b"", Some(Duration::from_millis(50))).expect("a run");
        assert!(finished.is_late);
        assert_eq!(finished.status, 256 + libc::SIGKILL);
    }

    #[test]
    fn missing_programs_are_told() {
        assert!(run(&plan("surely-no-such-program\0"), b"", None).is_err());
        assert!(run(&plan(""), b"", None).is_err());
    }
}
