//! Other processes: how they are started with pipes, run to their end, waited for and sent signals. Whoever waits for
//! several things watches descriptors: those of the pipes, and one that becomes readable when the child has ended.

#[cfg(unix)]
mod listen;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use listen::{forget, listen};
#[cfg(unix)]
pub use run::run;
#[cfg(unix)]
pub use unix::{kill, reap, signal_name, start};
#[cfg(windows)]
pub use windows::{forget, kill, listen, reap, run, signal_name, start};

use crate::environment;
use std::io;
use std::process::{Command, Stdio};

/// What to start. Lists are texts that each end with NUL.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The program, then its arguments.
    pub command: &'a str,
    /// `NAME=value`; what it has instead of ours, or beside it.
    pub environment: &'a str,
    /// Where it works; empty: where we do.
    pub directory: &'a str,
    /// Two bits each for input, output and errors: 0 ours, 1 a pipe, 2 nothing. Then [`OWN_ENVIRONMENT`] and
    /// [`OWN_GROUP`].
    pub flags: i64,
}

/// Only the variables of the plan.
pub const OWN_ENVIRONMENT: i64 = 64;
/// A group of its own: what is typed at the terminal (`^C`) does not end it.
pub const OWN_GROUP: i64 = 128;

/// A child that runs.
#[derive(Debug)]
pub struct Started {
    pub process: i32,
    /// Our ends of its pipes, which do not block; -1 where there is none.
    pub pipes: [i32; 3],
    /// Becomes readable when the child has ended.
    pub end: i32,
}

/// A child that has ended.
#[derive(Debug, Default)]
pub struct Finished {
    /// Its code, or 256 + the signal that ended it.
    pub status: i32,
    pub output: Vec<u8>,
    pub errors: Vec<u8>,
    /// It was killed because its time was over.
    pub is_late: bool,
}

/// The plan as a command, but for its group.
fn command(plan: &Plan) -> io::Result<Command> {
    let mut words = plan.command.split_terminator('\0');
    let program = words.next().filter(|program| !program.is_empty());
    let program = program.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the program has no name"))?;
    let mut command = Command::new(program);
    command.args(words).env_clear();
    if plan.flags & OWN_ENVIRONMENT == 0 {
        command.envs(environment::all());
    }
    command.envs(plan.environment.split_terminator('\0').filter_map(|variable| variable.split_once('=')));
    if !plan.directory.is_empty() {
        command.current_dir(plan.directory);
    }
    let stdio = |index: i64| match (plan.flags >> (2 * index)) & 3 {
        1 => Stdio::piped(),
        2 => Stdio::null(),
        _ => Stdio::inherit(),
    };
    command.stdin(stdio(0)).stdout(stdio(1)).stderr(stdio(2));
    // What we wrote so far comes before what the child writes.
    crate::stdio::flush();
    Ok(command)
}
