//! Children on Windows: they are run to their end. Pipes that a loop watches are not there yet, and say so.

use super::{Finished, Plan, Started, command};
use std::io::{self, Write};
use std::time::Duration;

fn unsupported<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this is not built for Windows yet"))
}

/// Not built yet.
pub fn start(_plan: &Plan) -> io::Result<Started> {
    unsupported()
}

/// Starts a child and waits for its end.
pub fn run(plan: &Plan, input: &[u8], timeout: Option<Duration>) -> io::Result<Finished> {
    if timeout.is_some() {
        return unsupported();
    }
    let mut child = command(plan)?.spawn()?;
    let pipe = child.stdin.take();
    std::thread::scope(|scope| {
        scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(input)));
        let output = child.wait_with_output()?;
        let status = output.status.code().unwrap_or(255);
        Ok(Finished { status, output: output.stdout, errors: output.stderr, is_late: false })
    })
}

/// Not built yet.
pub fn reap(_process: i32) -> Option<i32> {
    Some(255)
}

/// Not built yet.
pub fn kill(_process: i32, _signal: &str) -> io::Result<()> {
    unsupported()
}

/// There are no signals.
pub fn signal_name(_status: i32) -> Option<&'static str> {
    None
}

/// Not built yet.
pub fn listen(_name: &str) -> io::Result<i32> {
    unsupported()
}

/// Nobody listens.
pub fn forget(_name: &str) {}
