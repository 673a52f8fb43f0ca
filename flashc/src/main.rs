//! `flashc`, the compiler's command.

use clap::Parser;
use flashc::driver::cli::{self, Command};
use std::process::ExitCode;

/// The Flash compiler
#[derive(Parser)]
#[command(name = "flashc", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    cli::execute(Cli::parse().command)
}
