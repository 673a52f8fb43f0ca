//! The command line: what `flashc` and `flash` share. Exit status 0 for success, 1 for diagnostics
//! and other failures, 2 for wrong usage.

use super::load::FileReader;
use super::pipeline::{self, CompileOptions, Compiled, Failure, Optimised};
use super::report::{Color, Format, Reporter};
use super::stack::with_stack;
use super::{dependencies, link, output};
use crate::diagnostics::{Diagnostic, explain, nearest};
use crate::lower::Cpu;
use crate::source::SourceMap;
use crate::{ast, emit, lexer, lower, opt, parser, ssa, tir};
use clap::{Args, Subcommand, ValueEnum};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use target_lexicon::{BinaryFormat, Triple};

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Compile a program to an object, NASM text, or any stage in between
    Compile(CompileCommand),
    /// Compile a program to an executable
    Build(BuildCommand),
    /// Say what is wrong with a program
    Check(CheckCommand),
    /// Say what a code of a diagnostic means, such as E0320
    Explain(ExplainCommand),
    /// Link objects and the runtime library to an executable
    Link(LinkCommand),
}

#[derive(Clone, Debug, Args)]
pub struct CompileCommand {
    /// The program's entry module
    input: PathBuf,
    /// Where to write; `.asm`, `.o` and `.obj` decide what. `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which stage to write
    #[arg(long, value_name = "STAGE")]
    emit: Option<Emit>,
    /// Write the files that the output depends on, as a rule for `make`
    #[arg(long, value_name = "FILE")]
    emit_deps: Option<PathBuf>,
    /// What to compile for, such as x86_64-pc-windows-msvc [default: this machine]
    #[arg(long, value_name = "TRIPLE", value_parser = parse_triple)]
    target: Option<Triple>,
    #[command(flatten)]
    code: CodeOptions,
    #[command(flatten)]
    messages: MessageOptions,
}

#[derive(Clone, Debug, Args)]
pub struct BuildCommand {
    /// The program's entry module
    input: PathBuf,
    /// Where to write the executable [default: the input without `.fl`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the files that the executable depends on, as a rule for `make`
    #[arg(long, value_name = "FILE")]
    emit_deps: Option<PathBuf>,
    #[command(flatten)]
    code: CodeOptions,
    #[command(flatten)]
    messages: MessageOptions,
}

#[derive(Clone, Debug, Args)]
pub struct CheckCommand {
    /// The program's entry module
    input: PathBuf,
    /// How many steps the compiler may take for one constant
    #[arg(long, value_name = "N")]
    const_steps: Option<u64>,
    /// Say on standard error how long each stage took
    #[arg(long)]
    time_passes: bool,
    #[command(flatten)]
    messages: MessageOptions,
}

#[derive(Clone, Debug, Args)]
pub struct ExplainCommand {
    /// The code; without one, all codes in a line each
    code: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct LinkCommand {
    /// Objects, one of them with a whole program
    #[arg(required = true)]
    objects: Vec<PathBuf>,
    /// A C library that the program needs, as `#[link("NAME")]` names it
    #[arg(short = 'l', value_name = "NAME")]
    libraries: Vec<String>,
    /// Where to write the executable
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    messages: MessageOptions,
}

/// How code is generated.
#[derive(Clone, Debug, Args)]
pub struct CodeOptions {
    /// 0: do not optimise, 2: optimise
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = parse_level)]
    level: opt::Level,
    /// Debug information for gdb and the like
    #[arg(short = 'g')]
    debug: bool,
    /// Integer arithmetic that overflows throws
    #[arg(long)]
    overflow_checks: bool,
    /// Which processor to use the instructions of: `baseline`, `native`, or a name
    #[arg(long, value_name = "CPU", default_value = "baseline", value_parser = parse_cpu)]
    target_cpu: Cpu,
    /// How many threads compile [default: one for each core]; the output is the same
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// How many steps the compiler may take for one constant
    #[arg(long, value_name = "N")]
    const_steps: Option<u64>,
    /// Say on standard error how long each stage took
    #[arg(long)]
    time_passes: bool,
}

impl CodeOptions {
    pub fn compile_options(&self, target: Triple) -> CompileOptions {
        let &CodeOptions { level, debug, overflow_checks, threads, const_steps, time_passes, .. } = self;
        CompileOptions {
            target,
            level,
            cpu: self.target_cpu.clone(),
            debug,
            overflow_checks,
            threads,
            time_passes,
            tests: false,
            printable: true,
            const_steps,
        }
    }
}

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Args)]
pub struct MessageOptions {
    /// How to write diagnostics
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    message_format: Format,
    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    color: Color,
    /// No warnings
    #[arg(short = 'w', conflicts_with_all = ["deny", "deny_warnings"])]
    no_warnings: bool,
    /// `-D warnings`: warnings are errors
    #[arg(short = 'D', value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
    /// Warnings are errors
    #[arg(long)]
    deny_warnings: bool,
    /// Show so many errors and warnings, and count the others; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 100)]
    error_limit: usize,
}

/// What `-D` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

impl MessageOptions {
    pub fn color(self) -> Color {
        self.color
    }

    pub fn reporter(self) -> Reporter {
        Reporter {
            format: self.message_format,
            color: self.color,
            no_warnings: self.no_warnings,
            deny_warnings: self.deny_warnings || self.deny.is_some(),
            limit: self.error_limit,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// Tokens of the entry module
    Tokens,
    /// Its syntax tree
    Ast,
    /// The typed tree
    Tir,
    /// Optimised SSA
    Ssa,
    /// What Cranelift is given
    Clif,
    /// NASM text
    Asm,
    /// An object file
    Obj,
}

fn parse_level(text: &str) -> Result<opt::Level, String> {
    match text {
        "0" => Ok(opt::Level::None),
        "2" => Ok(opt::Level::Full),
        _ => Err("there are -O0 and -O2".to_owned()),
    }
}

// The value parser of clap wants a `Result`.
#[allow(clippy::unnecessary_wraps)]
fn parse_cpu(text: &str) -> Result<Cpu, String> {
    Ok(match text {
        "baseline" => Cpu::Baseline,
        "native" => Cpu::Native,
        name => Cpu::Named(name.to_owned()),
    })
}

fn parse_triple(text: &str) -> Result<Triple, String> {
    Triple::from_str(text).map_err(|error| error.to_string())
}

/// Does what the command says.
pub fn execute(command: Command) -> ExitCode {
    let (reporter, result) = match command {
        Command::Compile(command) => (command.messages.reporter(), run_compile(&command)),
        Command::Build(command) => (command.messages.reporter(), run_build(&command)),
        Command::Explain(command) => (Reporter::default(), run_explain(&command)),
        Command::Check(command) => (command.messages.reporter(), run_check(&command)),
        Command::Link(command) => (
            command.messages.reporter(),
            link::link(&command.objects, &command.libraries, &command.output).map_err(Problem::Other),
        ),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            problem.report(reporter);
            ExitCode::from(problem.status())
        }
    }
}

/// Why a command failed.
enum Problem {
    Failure(Failure),
    Write {
        path: PathBuf,
        error: io::Error,
    },
    Usage(String),
    Other(String),
    /// It has been said: warnings that are errors.
    Told,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        Problem::Failure(failure)
    }
}

impl Problem {
    fn report(&self, reporter: Reporter) {
        match self {
            Problem::Failure(failure) => failure.report(reporter),
            Problem::Write { path, error } => reporter.error(&format!("cannot write `{}`: {error}", path.display())),
            Problem::Usage(message) | Problem::Other(message) => reporter.error(message),
            Problem::Told => {}
        }
    }

    fn status(&self) -> u8 {
        if matches!(self, Problem::Usage(_)) { 2 } else { 1 }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    output::write(path, bytes).map_err(|error| Problem::Write { path: path.to_owned(), error })
}

fn write_dependencies(file: Option<&Path>, output: &Path, sources: &SourceMap) -> Result<(), Problem> {
    match file {
        Some(file) => write(file, dependencies::makefile(output, sources).as_bytes()),
        None => Ok(()),
    }
}

/// What to write, where, and for what: from `--emit`, `-o` and `--target` together.
struct Plan {
    emit: Emit,
    output: PathBuf,
    target: Triple,
}

impl CompileCommand {
    fn plan(&self) -> Result<Plan, Problem> {
        let extension = self.output.as_deref().and_then(Path::extension).map(|e| e.to_string_lossy().to_lowercase());
        let by_extension = match extension.as_deref() {
            Some("asm" | "s" | "nasm") => Some(Emit::Asm),
            Some("o" | "obj") => Some(Emit::Obj),
            Some("clif") => Some(Emit::Clif),
            Some("ssa") => Some(Emit::Ssa),
            _ => None,
        };
        let Some(emit) = self.emit.or(by_extension).or(self.output.is_none().then_some(Emit::Obj)) else {
            return Err(Problem::Usage(
                "the output's extension does not say what to write: use `.o`, `.obj` or `.asm`, or --emit".to_owned(),
            ));
        };
        let target = match &self.target {
            Some(target) => target.clone(),
            None if extension.as_deref() == Some("obj") => windows(),
            None => Triple::host(),
        };
        if emit == Emit::Asm && !emit::nasm::supports(&target) {
            return Err(Problem::Usage(format!(
                "there is no NASM text for {target}, only for x86-64 with ELF or COFF"
            )));
        }
        let output = self.output.clone().unwrap_or_else(|| match emit {
            Emit::Obj => {
                let is_coff = target.binary_format == BinaryFormat::Coff;
                in_current_directory(&self.input, if is_coff { "obj" } else { "o" })
            }
            _ => PathBuf::from("-"),
        });
        Ok(Plan { emit, output, target })
    }
}

fn windows() -> Triple {
    Triple::from_str("x86_64-pc-windows-msvc").unwrap_or_else(|_| crate::bug!("driver: the triple of Windows"))
}

/// `dir/name.fl` gives `name.EXTENSION`, as C compilers do.
fn in_current_directory(input: &Path, extension: &str) -> PathBuf {
    let name = input.file_name().map(PathBuf::from).unwrap_or_else(|| PathBuf::from("out"));
    name.with_extension(extension)
}

fn run_compile(command: &CompileCommand) -> Result<(), Problem> {
    let plan = command.plan()?;
    let options = command.code.compile_options(plan.target.clone());
    let reporter = command.messages.reporter();
    let dependencies = command.emit_deps.as_deref();
    let input = command.input.as_path();
    if matches!(plan.emit, Emit::Tokens | Emit::Ast) {
        return emit_syntax(input, &plan, reporter);
    }
    let (bytes, sources) = match plan.emit {
        Emit::Tir => {
            let checked = pipeline::check(input, &options)?;
            let Some(program) = &checked.program else {
                let pipeline::Checked { diagnostics, sources, .. } = checked;
                return Err(Failure::Program { diagnostics, sources }.into());
            };
            let text = with_stack(0, || tir::dump(program));
            warn(reporter, &checked.diagnostics, &checked.sources)?;
            (text.into_bytes(), checked.sources)
        }
        Emit::Ssa | Emit::Clif => with_stack(options.threads, || -> Result<_, Problem> {
            let Optimised { module, sources, warnings, .. } = pipeline::optimised(input, &FileReader, &options)?;
            warn(reporter, &warnings, &sources)?;
            let text = match plan.emit {
                Emit::Ssa => ssa::text::print(&module),
                _ => lower::clif_text(&module, &options.lower_options()).map_err(Failure::Target)?,
            };
            Ok((text.into_bytes(), sources))
        })?,
        _ => {
            let compiled = pipeline::compile(input, &options)?;
            warn(reporter, &compiled.warnings, &compiled.sources)?;
            let bytes = match plan.emit {
                Emit::Asm => pipeline::nasm_text(&compiled, &options).into_bytes(),
                _ => pipeline::object_bytes(&compiled, input, &options),
            };
            let Compiled { sources, .. } = compiled;
            (bytes, sources)
        }
    };
    write(&plan.output, &bytes)?;
    write_dependencies(dependencies, &plan.output, &sources)
}

fn warn(reporter: Reporter, warnings: &[Diagnostic], sources: &SourceMap) -> Result<(), Problem> {
    if reporter.warnings(warnings, sources) { Ok(()) } else { Err(Problem::Told) }
}

/// Tokens and trees are written also when there are mistakes.
fn emit_syntax(input: &Path, plan: &Plan, reporter: Reporter) -> Result<(), Problem> {
    let bytes = std::fs::read(input).map_err(|error| Failure::Read { path: input.to_owned(), error })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut sources = SourceMap::default();
    let file = sources.add(input.to_string_lossy().into_owned(), text);
    let text = &sources.file(file).text;
    let (dump, diagnostics) = with_stack(0, || {
        let (tokens, mut diagnostics) = lexer::lex(file, text);
        if plan.emit == Emit::Tokens {
            return (lexer::dump(text, &tokens), diagnostics);
        }
        let (module, more) = parser::parse(file, text, tokens);
        diagnostics.extend(more);
        (ast::dump(&module), diagnostics)
    });
    write(&plan.output, dump.as_bytes())?;
    if diagnostics.iter().any(|d| d.is_error()) {
        return Err(Failure::Program { diagnostics, sources }.into());
    }
    warn(reporter, &diagnostics, &sources)
}

fn run_build(command: &BuildCommand) -> Result<(), Problem> {
    let input = command.input.as_path();
    let program = command.output.clone().unwrap_or_else(|| {
        let name = in_current_directory(input, "");
        // A source without extension must not be overwritten.
        if name.as_path() == input { name.with_extension("out") } else { name }
    });
    let options = command.code.compile_options(Triple::host());
    let object = pipeline::compile_to_object(input, &options)?;
    warn(command.messages.reporter(), &object.warnings, &object.sources)?;
    let temporary = output::temporary_beside(&program).with_extension("o");
    write(&temporary, &object.bytes)?;
    let linked = link::link(std::slice::from_ref(&temporary), &object.libraries, &program);
    // It has served; a failure to remove it changes nothing.
    let _ = std::fs::remove_file(&temporary);
    linked.map_err(Problem::Other)?;
    write_dependencies(command.emit_deps.as_deref(), &program, &object.sources)
}

fn run_explain(command: &ExplainCommand) -> Result<(), Problem> {
    let text = match &command.code {
        Some(code) => {
            let Some(found) = explain::find(code) else {
                let near = nearest(&code.to_uppercase(), explain::all().map(|e| e.code));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                return Err(Problem::Usage(format!("there is no code `{code}`{near}")));
            };
            format!("{}: {}\n\n{}\n", found.code, found.title, found.text)
        }
        None => explain::all().map(|e| format!("{}  {}\n", e.code, e.title)).collect(),
    };
    write(Path::new("-"), text.as_bytes())
}

fn run_check(command: &CheckCommand) -> Result<(), Problem> {
    let checked = pipeline::check(
        &command.input,
        &CompileOptions { time_passes: command.time_passes, ..CompileOptions::default() },
    )?;
    let pipeline::Checked { sources, diagnostics, program, .. } = checked;
    if program.is_none() {
        return Err(Failure::Program { diagnostics, sources }.into());
    }
    warn(command.messages.reporter(), &diagnostics, &sources)
}
