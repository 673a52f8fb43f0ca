//! Running a program from the command line: what `flash-rt` and `flash` share.

use clap::Args;
use flashc::driver::cli::{CodeOptions, MessageOptions};
use flashc::driver::{Object, Reporter, compile_to_object};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A program and how to run it. Options stand before the script; all behind it is the program's.
#[derive(Clone, Debug, Args)]
pub struct RunCommand {
    #[command(flatten)]
    pub code: CodeOptions,
    #[command(flatten)]
    pub messages: MessageOptions,
    /// The program's entry module or compiled object (`.o`), and the program's arguments
    #[arg(trailing_var_arg = true, value_name = "SCRIPT [ARGS]")]
    pub script: Vec<OsString>,
}

/// Compiles a program, if it is not yet, and runs it to its end. With `verbose` it says what it does.
pub fn run(command: &RunCommand, verbose: bool) -> ExitCode {
    let reporter = command.messages.reporter();
    let Some((script, arguments)) = command.script.split_first() else {
        reporter.error("there is no script to run");
        return ExitCode::from(2);
    };
    let path = Path::new(script);
    // Arguments that are not UTF-8 cannot be a `str`; the program sees what is legible.
    let arguments = arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    if path.extension().is_some_and(|extension| extension == "o") {
        return match std::fs::read(path) {
            Ok(bytes) => execute(&bytes, arguments, reporter, verbose),
            Err(error) => {
                reporter.error(&format!("cannot read `{}`: {error}", path.display()));
                ExitCode::FAILURE
            }
        };
    }
    if verbose {
        say(&format!("Compiling {}...\n", path.display()));
    }
    let options = command.code.compile_options(target_lexicon::Triple::host());
    let object = match compile_to_object(path, &options) {
        Ok(object) => object,
        Err(failure) => {
            failure.report(reporter);
            return ExitCode::FAILURE;
        }
    };
    // At a terminal someone reads them; elsewhere a script's standard error is its own.
    let Object { bytes, sources, warnings, libraries } = object;
    let is_read = reporter.deny_warnings || std::io::stderr().is_terminal();
    if is_read && !reporter.warnings(&warnings, &sources) {
        return ExitCode::FAILURE;
    }
    for library in &libraries {
        if let Err(problem) = crate::loader::load_library(library) {
            reporter.error(&problem);
            return ExitCode::FAILURE;
        }
    }
    execute(&bytes, arguments, reporter, verbose)
}

fn execute(object: &[u8], arguments: Vec<String>, reporter: Reporter, verbose: bool) -> ExitCode {
    let started = Instant::now();
    match crate::run(object, arguments) {
        Ok(code) => {
            if verbose {
                say(&format!("Execution time: {}\n", shown(started.elapsed())));
            }
            // As the system does with an exit code.
            ExitCode::from(code as u8)
        }
        Err(error) => {
            reporter.error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn shown(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

/// Whoever closed standard output does not want to know.
fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}
