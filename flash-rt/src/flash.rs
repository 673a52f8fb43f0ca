//! `flash`, the one command in front of compiler and runner: `flash run|compile|build|check|link`,
//! `flash script.fl [args]`, and `flash -i`, the REPL.

use clap::{Parser, Subcommand};
use flash_rt::cli::{self, CacheCommand, RunCommand};
use flash_rt::testing::{self, TestCommand, WorkerCommand};
use flashc::driver::cli as compiler;
use std::process::ExitCode;

/// The Flash language: runs, compiles and checks programs
#[derive(Parser)]
#[command(name = "flash", version, arg_required_else_help = true)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
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
    #[command(flatten)]
    Compiler(compiler::Command),
}

fn main() -> ExitCode {
    let Cli { command, run } = Cli::parse();
    match command {
        Some(Command::Run(command)) => cli::run(&command, false),
        Some(Command::Test(command)) => testing::run(&command),
        Some(Command::Cache { command }) => cli::cache(command.unwrap_or(CacheCommand::Info)),
        Some(Command::TestWorker(command)) => testing::run_worker(&command),
        Some(Command::Compiler(command)) => compiler::execute(command),
        None => cli::run(&run, false),
    }
}
