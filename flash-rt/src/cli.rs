//! Running a program from the command line: what `flash-rt` and `flash` share.

use clap::Args;
use flashc::driver::cli::{CodeOptions, MessageOptions};
use flashc::driver::{Object, Reporter, compile_text_to_object, compile_to_object};
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
    /// Run this text; all that follows is the program's
    #[arg(short = 'e', long = "eval", value_name = "CODE")]
    pub eval: Option<String>,
    /// The program's entry module or compiled object (`.o`), and the program's arguments; `-` reads the module from
    /// standard input
    #[arg(trailing_var_arg = true, value_name = "SCRIPT [ARGS]")]
    pub script: Vec<OsString>,
}

/// Compiles a program, if it is not yet, and runs it to its end. With `verbose` it says what it does.
pub fn run(command: &RunCommand, verbose: bool) -> ExitCode {
    let reporter = command.messages.reporter();
    let program = match program(command) {
        Ok(program) => program,
        Err(problem) => {
            reporter.error(&problem.message);
            return ExitCode::from(problem.status);
        }
    };
    let arguments = program.arguments;
    let path = program.path;
    if program.text.is_none() && path.extension().is_some_and(|extension| extension == "o") {
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
    let compiled = match &program.text {
        Some(text) => compile_text_to_object(path, text, &options),
        None => compile_to_object(path, &options),
    };
    let object = match compiled {
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

/// What to run.
struct Program<'a> {
    /// The file, or what the text is called.
    path: &'a Path,
    /// Of a program that is in no file.
    text: Option<String>,
    arguments: Vec<String>,
}

struct Problem {
    message: String,
    status: u8,
}

fn program(command: &RunCommand) -> Result<Program<'_>, Problem> {
    // Arguments that are not UTF-8 cannot be a `str`; the program sees what is legible.
    let texts = |arguments: &[OsString]| arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    if let Some(code) = &command.eval {
        let mut text = code.clone();
        // As in the REPL, the last `;` may be missing.
        if !text.trim_end().ends_with([';', '}']) {
            text.push(';');
        }
        return Ok(Program { path: Path::new("<eval>"), text: Some(text), arguments: texts(&command.script) });
    }
    let Some((script, arguments)) = command.script.split_first() else {
        return Err(Problem { message: "there is no script to run".to_owned(), status: 2 });
    };
    let arguments = texts(arguments);
    if script == "-" {
        let text = std::io::read_to_string(std::io::stdin())
            .map_err(|error| Problem { message: format!("cannot read standard input: {error}"), status: 1 })?;
        return Ok(Program { path: Path::new("<stdin>"), text: Some(text), arguments });
    }
    Ok(Program { path: Path::new(script), text: None, arguments })
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
