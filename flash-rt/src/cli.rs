//! Running a program from the command line: what `flash-rt` and `flash` share.

use crate::cache::{Directory, Entry, Key, Recorder};
use crate::repl::{self, engine::Engine, session::Session};
use clap::{Args, Subcommand};
use flashc::driver::cli::{CodeOptions, MessageOptions};
use flashc::driver::load::{FileReader, Reader, TextReader};
use flashc::driver::{CompileOptions, Failure, Object, Reporter, compile_to_object_with};
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
    /// Compile anew, and keep nothing for the next time
    #[arg(long)]
    pub no_cache: bool,
    /// Run this text; all that follows is the program's
    #[arg(short = 'e', long = "eval", value_name = "CODE", conflicts_with = "interactive")]
    pub eval: Option<String>,
    /// Read, evaluate and print what is typed; a script is evaluated first
    #[arg(short, long)]
    pub interactive: bool,
    /// The program's entry module or compiled object (`.o`), and the program's arguments; `-` reads the module from
    /// standard input
    #[arg(trailing_var_arg = true, value_name = "SCRIPT [ARGS]")]
    pub script: Vec<OsString>,
}

/// Compiles a program, if it is not yet, and runs it to its end. With `verbose` it says what it does.
pub fn run(command: &RunCommand, verbose: bool) -> ExitCode {
    let reporter = command.messages.reporter();
    if command.interactive {
        return interactive(command);
    }
    let program = match program(command) {
        Ok(program) => program,
        Err(problem) => {
            reporter.error(&problem.message);
            return ExitCode::from(problem.status);
        }
    };
    let Program { path, text, arguments } = program;
    if text.is_none() && path.extension().is_some_and(|extension| extension == "o") {
        return match std::fs::read(path) {
            Ok(bytes) => execute(&bytes, arguments, reporter, verbose),
            Err(error) => {
                reporter.error(&format!("cannot read `{}`: {error}", path.display()));
                ExitCode::FAILURE
            }
        };
    }
    let options = command.code.compile_options(target_lexicon::Triple::host());
    // At a terminal someone reads warnings; elsewhere a script's standard error is its own.
    let warnings_matter = reporter.deny_warnings || std::io::stderr().is_terminal();
    // Who asks how long passes take wants them to run.
    let directory = if command.no_cache || options.time_passes { None } else { Directory::open().ok() };
    let cache = directory.map(|directory| (directory, Key::new(path, text.as_deref(), &options)));
    let kept = cache.as_ref().and_then(|(directory, key)| directory.find(*key));
    let (object, libraries) = match kept.filter(|entry| !(entry.has_warnings && warnings_matter)) {
        Some(entry) => (entry.object, entry.libraries),
        None => {
            if verbose {
                say(&format!("Compiling {}...\n", path.display()));
            }
            let (entry, object) = match compile(path, text.as_deref(), &options) {
                Ok(compiled) => compiled,
                Err(failure) => {
                    failure.report(reporter);
                    return ExitCode::FAILURE;
                }
            };
            if warnings_matter && !reporter.warnings(&object.warnings, &object.sources) {
                return ExitCode::FAILURE;
            }
            if let Some((directory, key)) = &cache {
                // A full or read-only disk makes the next start slower, not wrong.
                let _ = directory.store(*key, &entry);
            }
            (entry.object, entry.libraries)
        }
    };
    for library in &libraries {
        if let Err(problem) = crate::loader::load_library(library) {
            reporter.error(&problem);
            return ExitCode::FAILURE;
        }
    }
    execute(&object, arguments, reporter, verbose)
}

/// The REPL.
fn interactive(command: &RunCommand) -> ExitCode {
    let reporter = command.messages.reporter();
    let first = match command.script.as_slice() {
        [] => None,
        [script] => Some(script.into()),
        _ => {
            reporter.error("the REPL passes no arguments to the script that it evaluates first");
            return ExitCode::from(2);
        }
    };
    let options = repl::Options { first, has_colours: reporter.color.is_on_for(&std::io::stdout()) };
    let has_colours = options.has_colours;
    let compile_options = command.code.compile_options(target_lexicon::Triple::host());
    let engine = || Ok(Box::new(Session::start(compile_options, has_colours)?) as Box<dyn Engine>);
    match repl::run(engine, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            reporter.error(&problem);
            ExitCode::FAILURE
        }
    }
}

/// Compiles, and notes what the cache must know. The object's bytes are in the entry.
fn compile(path: &Path, text: Option<&str>, options: &CompileOptions) -> Result<(Entry, Object), Failure> {
    let from_text = text.map(|text| TextReader { path, text });
    let reader: &(dyn Reader + Sync) = from_text.as_ref().map_or(&FileReader, |reader| reader);
    let recorder = Recorder::new(reader, text.map(|_| path));
    let mut object = compile_to_object_with(path, &recorder, options)?;
    let entry = Entry {
        inputs: recorder.into_inputs(),
        has_warnings: !object.warnings.is_empty(),
        libraries: std::mem::take(&mut object.libraries),
        object: std::mem::take(&mut object.bytes),
    };
    Ok((entry, object))
}

/// The compiled programs that are kept for their next start.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum CacheCommand {
    /// Say where they are and what they take
    Info,
    /// Remove them
    Clear,
}

/// Says what the cache holds, or empties it.
pub fn cache(command: CacheCommand) -> ExitCode {
    let done = Directory::open().and_then(|directory| {
        let failed = |error| format!("cannot read the cache directory `{}`: {error}", directory.path().display());
        Ok(match command {
            CacheCommand::Info => {
                let usage = directory.usage().map_err(failed)?;
                format!(
                    "directory: {}\nprograms:  {}\nsize:      {} of at most {}\n",
                    directory.path().display(),
                    usage.entries,
                    megabytes(usage.bytes),
                    megabytes(usage.limit)
                )
            }
            CacheCommand::Clear => format!("removed {} programs\n", directory.clear().map_err(failed)?),
        })
    });
    match done {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            Reporter::default().error(&problem);
            ExitCode::FAILURE
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
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
