//! Runs one test in a process of its own and waits for its end, or until its time is over. What it writes is
//! collected; its failure arrives by a pipe of its own.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The descriptor on which the test's process reports.
pub const REPORT_FD: RawFd = 3;
/// What it writes there when the test has come to its end: ACK.
pub const FINISHED: u8 = 6;
/// Bytes of output that are kept of a test.
const KEPT_OUTPUT: usize = 1 << 20;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// What its process reported.
    Failed(String),
    TimedOut,
}

/// What came of a test's process.
#[derive(Clone, Debug)]
pub struct Run {
    pub outcome: Outcome,
    /// Standard output and error, in the order of writing.
    pub output: String,
    pub time: Duration,
}

/// Runs the test of this number of a compiled module, which links these C libraries.
pub fn run(
    object: &Path,
    index: usize,
    libraries: &[String],
    capture: bool,
    timeout: Option<Duration>,
) -> io::Result<Run> {
    let started = Instant::now();
    let (report, report_end) = io::pipe()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("test-worker").arg(object).arg(index.to_string()).args(libraries).stdin(Stdio::null());
    let mut output = None;
    if capture {
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        output = Some(reader);
    }
    let fd = report_end.as_raw_fd();
    // SAFETY: `dup2` and `fcntl` may be called between fork and exec. The copy stays open in the new process; when it
    // has the right number already, it must be told to.
    unsafe {
        command.pre_exec(move || {
            let kept = if fd == REPORT_FD { libc::fcntl(fd, libc::F_SETFD, 0) } else { libc::dup2(fd, REPORT_FD) };
            if kept < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
        });
    }
    let child = command.spawn()?;
    // Our own ends of what is the child's: reading would never come to an end.
    drop((command, report_end));
    let mut running = Running { child, streams: [Stream::new(Some(report)), Stream::new(output)] };
    let in_time = running.collect(timeout.map(|timeout| started + timeout))?;
    let status = running.child.wait()?;
    let time = started.elapsed();
    let [report, output] = running.streams;
    let outcome = if in_time { outcome(&report.bytes, status) } else { Outcome::TimedOut };
    Ok(Run { outcome, output: output.text(), time })
}

fn outcome(report: &[u8], status: ExitStatus) -> Outcome {
    match report.split_last() {
        Some((&FINISHED, [])) if status.success() => Outcome::Passed,
        Some(_) if report != [FINISHED] => Outcome::Failed(String::from_utf8_lossy(report).into_owned()),
        _ => Outcome::Failed(match (status.code(), status.signal()) {
            (Some(code), _) => format!("error: the test's process ended with exit code {code}"),
            (None, Some(signal)) => format!("error: the test's process was ended by signal {signal}"),
            (None, None) => "error: the test's process ended".to_owned(),
        }),
    }
}

struct Running {
    child: Child,
    /// The report, then the output.
    streams: [Stream; 2],
}

impl Running {
    /// Reads until the process has ended: then nobody holds the report's pipe any more. Says whether that was in time.
    fn collect(&mut self, deadline: Option<Instant>) -> io::Result<bool> {
        while self.streams[0].pipe.is_some() {
            let wait = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if wait == Some(Duration::ZERO) {
                self.child.kill()?;
                self.drain()?;
                return Ok(false);
            }
            self.read_ready(wait)?;
        }
        self.drain()?;
        Ok(true)
    }

    /// Reads what has been written and nobody has read. A process that the test has left behind may go on writing.
    fn drain(&mut self) -> io::Result<()> {
        while self.read_ready(Some(Duration::ZERO))? {}
        Ok(())
    }

    /// Waits for something to read and reads it; `false` when there was nothing.
    fn read_ready(&mut self, wait: Option<Duration>) -> io::Result<bool> {
        let mut polled = self.streams.each_ref().map(|stream| libc::pollfd {
            // A negative descriptor is passed over.
            fd: stream.pipe.as_ref().map_or(-1, AsRawFd::as_raw_fd),
            events: libc::POLLIN,
            revents: 0,
        });
        // Rounded up, so that the end of the time is reached.
        let wait_ms = wait.map_or(-1, |wait| wait.as_nanos().div_ceil(1_000_000).min(1 << 30) as i32);
        // SAFETY: the array is live and of that length.
        let count = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, wait_ms) };
        if count < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(true) } else { Err(error) };
        }
        let mut any = false;
        for (stream, polled) in self.streams.iter_mut().zip(polled) {
            if polled.revents != 0 && stream.pipe.is_some() {
                stream.read()?;
                any = true;
            }
        }
        Ok(any)
    }
}

/// What arrives by a pipe; `None` when it is at its end.
struct Stream {
    pipe: Option<PipeReader>,
    bytes: Vec<u8>,
    dropped: usize,
}

impl Stream {
    fn new(pipe: Option<PipeReader>) -> Stream {
        Stream { pipe, bytes: Vec::new(), dropped: 0 }
    }

    fn read(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let mut buffer = [0; 16 * 1024];
        match pipe.read(&mut buffer) {
            Ok(0) => self.pipe = None,
            Ok(count) => {
                let kept = count.min(KEPT_OUTPUT - self.bytes.len());
                self.bytes.extend_from_slice(&buffer[..kept]);
                self.dropped += count - kept;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.dropped > 0 {
            text += &format!("\n... and {} more bytes\n", self.dropped);
        }
        text
    }
}
