//! What runs in a test's process: loads the compiled module, runs its top level and the one test.

use super::process::{FINISHED, REPORT_FD};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// The runner starts itself so; nobody writes this.
#[derive(Clone, Debug, Args)]
pub struct WorkerCommand {
    object: PathBuf,
    index: usize,
    /// C libraries that the module links.
    libraries: Vec<String>,
}

/// Runs the test. That it came to its end is told on the descriptor that failures are reported on, because a
/// status of 0 could also come from elsewhere.
pub fn run(command: &WorkerCommand) -> ExitCode {
    // SAFETY: changes a flag of a descriptor, which is the pipe to the runner, or fails. What the test starts
    // must not keep the pipe open.
    unsafe { libc::fcntl(REPORT_FD, libc::F_SETFD, libc::FD_CLOEXEC) };
    let object = match std::fs::read(&command.object) {
        Ok(object) => object,
        Err(error) => return refuse(&format!("cannot read {}: {error}", command.object.display())),
    };
    for library in &command.libraries {
        if let Err(problem) = crate::loader::load_library(library) {
            return refuse(&problem);
        }
    }
    flash_runtime::testing::choose(command.index, REPORT_FD);
    match crate::run(&object, Vec::new()) {
        Ok(_) => {
            flash_runtime::stdio::write_all(REPORT_FD, &[FINISHED]);
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&error.to_string()),
    }
}

fn refuse(problem: &str) -> ExitCode {
    flash_runtime::stdio::write_all(REPORT_FD, format!("error: {problem}\n").as_bytes());
    ExitCode::FAILURE
}
