//! `flash-rt test`: finds the modules that have tests, compiles each once, runs every test in a process of its own,
//! several at a time, and says what came of them.
//!
//! `discover` finds modules, `schedule` hands out the work, `process` runs one test, `worker` is what runs in
//! its process, `failure` takes a report apart, `diff` compares two sides, `present` writes it all.

mod diff;
mod discover;
mod failure;
mod present;
mod process;
mod schedule;
mod worker;

pub use worker::{WorkerCommand, run as run_worker};

use clap::Args;
use discover::Suite;
use flashc::driver::cli::{CodeOptions, MessageOptions};
use present::Presenter;
use schedule::Plan;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Which tests to run, and how.
#[derive(Clone, Debug, Args)]
pub struct TestCommand {
    /// Modules, or directories whose modules (`*.fl`, also further down) are searched for tests [default: .]
    paths: Vec<PathBuf>,
    /// Only tests whose name (`file: name`) contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write a JSON object a line: one for each test, and a summary
    #[arg(long)]
    json: bool,
    /// List the tests, run none
    #[arg(long)]
    list: bool,
    /// Let tests write to standard output and error directly, one test at a time
    #[arg(long)]
    nocapture: bool,
    /// Run the tests that are marked `#[ignore]` too
    #[arg(long)]
    include_ignored: bool,
    /// A test that takes longer fails; 0 for no limit
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = parse_timeout)]
    timeout: f64,
    /// How many tests run at a time [default: one for each core]
    #[arg(long, short = 'j', value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    #[command(flatten)]
    code: CodeOptions,
    #[command(flatten)]
    messages: MessageOptions,
}

fn parse_timeout(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..1e9).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds".to_owned()),
    }
}

/// Runs tests: exit status 0 when all passed, 1 when not, 2 for wrong usage.
pub fn run(command: &TestCommand) -> ExitCode {
    let reporter = command.messages.reporter();
    let here = [PathBuf::from(".")];
    let paths = if command.paths.is_empty() { here.as_slice() } else { command.paths.as_slice() };
    let suites = match discover::suites(paths, command.filter.as_deref()) {
        Ok(suites) => suites,
        Err(problem) => {
            reporter.error(&problem);
            return ExitCode::from(2);
        }
    };
    let mut presenter = Presenter::new(command.json, command.messages.color(), reporter);
    if command.list {
        presenter.list(&suites);
        return ExitCode::SUCCESS;
    }
    let jobs = match command.jobs {
        _ if command.nocapture => 1,
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let mut options = command.code.compile_options(target_lexicon::Triple::host());
    options.tests = true;
    let plan = Plan {
        suites: &suites,
        options,
        jobs,
        timeout: (command.timeout > 0.0).then(|| Duration::from_secs_f64(command.timeout)),
        capture: !command.nocapture,
        include_ignored: command.include_ignored,
    };
    match schedule::run(&plan, &mut presenter) {
        Ok(()) => presenter.finish(),
        Err(error) => {
            reporter.error(&format!("cannot run the tests: {error}"));
            ExitCode::FAILURE
        }
    }
}
