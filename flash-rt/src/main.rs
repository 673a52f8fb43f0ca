//! `flash-rt`, the runner: `flash-rt run script.fl [args]`, `flash-rt script.fl [args]`,
//! `flash-rt --compile-and-run script.fl`; without a script, the REPL.

use clap::{Parser, Subcommand};
use flash_rt::cli::{self, CacheCommand, RunCommand};
use flash_rt::testing::{self, TestCommand, WorkerCommand};
use std::process::ExitCode;

/// Runs Flash programs; without one, the REPL
#[derive(Parser)]
#[command(name = "flash-rt", version)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Say what is compiled and how long the program runs
    #[arg(long)]
    compile_and_run: bool,
    #[command(flatten)]
    run: RunCommand,
}

#[derive(Subcommand)]
enum Command {
    /// Compile a program in memory and run it
    Run(RunCommand),
    /// Run the tests of modules
    Test(TestCommand),
    /// The compiled programs that are kept for their next start
    Cache {
        #[command(subcommand)]
        command: Option<CacheCommand>,
    },
    #[command(hide = true)]
    TestWorker(WorkerCommand),
}

fn main() -> ExitCode {
    let Cli { command, compile_and_run, mut run } = Cli::parse();
    run.interactive |= command.is_none() && run.script.is_empty() && run.eval.is_none();
    match command {
        Some(Command::Run(command)) => cli::run(&command, false),
        Some(Command::Test(command)) => testing::run(&command),
        Some(Command::Cache { command }) => cli::cache(command.unwrap_or(CacheCommand::Info)),
        Some(Command::TestWorker(command)) => testing::run_worker(&command),
        None => cli::run(&run, compile_and_run),
    }
}
