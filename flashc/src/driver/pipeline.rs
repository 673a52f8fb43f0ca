//! The one road through all stages: from a path to the machine program, and what is asked for on
//! the way. Everything that makes an object goes through here: commands, the runner, tests.

use super::load::{self, FileReader, Reader};
use super::report::Reporter;
use super::stack::with_stack;
use super::timing::Stopwatch;
use crate::ast::{ItemKind, Literal};
use crate::diagnostics::Diagnostic;
use crate::emit::dwarf::DebugInfo;
use crate::emit::object::ObjectOptions;
use crate::lower::machine::MachineProgram;
use crate::lower::{Cpu, LowerError, LowerOptions, Optimize};
use crate::resolve::{LoadedModule, Trees};
use crate::source::SourceMap;
use crate::ssa::build::BuildOptions;
use crate::{emit, lower, opt, resolve, ssa, tir, typecheck};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use target_lexicon::Triple;

/// Spans are 32 bits wide.
const MAX_FILE_SIZE: u64 = 1 << 31;

/// How to compile.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    pub target: Triple,
    pub level: opt::Level,
    pub cpu: Cpu,
    /// Debug information.
    pub debug: bool,
    pub overflow_checks: bool,
    /// 0: as many as the machine has cores. The output does not depend on it.
    pub threads: usize,
    /// Says on standard error how long each stage took.
    pub time_passes: bool,
    /// Run one of the entry module's tests in the place of `main`; the runtime is told which.
    pub tests: bool,
    /// How many expressions a constant may take; `None` for what the compiler thinks is enough.
    pub const_steps: Option<u64>,
    /// The code holds the bytes that NASM would make of it, and can be printed for NASM. Who only runs it saves the time.
    pub printable: bool,
}

impl Default for CompileOptions {
    /// Optimised, for this machine's kind.
    fn default() -> CompileOptions {
        CompileOptions {
            target: Triple::host(),
            level: opt::Level::Full,
            cpu: Cpu::Baseline,
            debug: false,
            overflow_checks: false,
            threads: 0,
            time_passes: false,
            const_steps: None,
            tests: false,
            printable: true,
        }
    }
}

impl CompileOptions {
    pub(super) fn lower_options(&self) -> LowerOptions {
        let optimize = match self.level {
            opt::Level::None => Optimize::None,
            opt::Level::Full => Optimize::Speed,
        };
        let &CompileOptions { threads, printable, .. } = self;
        LowerOptions { target: self.target.clone(), optimize, cpu: self.cpu.clone(), threads, printable }
    }
}

/// Why there is no output.
#[derive(Debug)]
pub enum Failure {
    /// The entry file could not be read.
    Read { path: PathBuf, error: io::Error },
    /// The program has mistakes.
    Program { diagnostics: Vec<Diagnostic>, sources: SourceMap },
    /// The target cannot do it.
    Target(LowerError),
}

impl Failure {
    pub fn report(&self, reporter: Reporter) {
        match self {
            Failure::Program { diagnostics, sources } => reporter.diagnostics(diagnostics, sources),
            other => reporter.error(&other.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    /// In one line; [`Failure::report`] says it all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Read { path, error } => {
                let reason = match error.kind() {
                    io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
                    io::ErrorKind::NotFound => "there is no such file".to_owned(),
                    io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
                    _ => error.to_string(),
                };
                write!(f, "cannot read `{}`: {reason}", path.display())
            }
            Failure::Program { diagnostics, .. } => {
                let first = diagnostics.iter().find(|d| d.is_error());
                f.write_str(first.map_or("the program has errors", |d| d.message.as_str()))
            }
            Failure::Target(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

/// A program that typecheck has seen. `program` is there when there are no errors.
#[derive(Debug)]
pub struct Checked {
    pub sources: SourceMap,
    pub diagnostics: Vec<Diagnostic>,
    pub program: Option<tir::Program>,
    /// C libraries that `#[link]` names.
    pub libraries: Vec<String>,
}

/// A compiled program, before any file is made of it.
#[derive(Debug)]
pub struct Compiled {
    pub machine: MachineProgram,
    pub sources: SourceMap,
    pub warnings: Vec<Diagnostic>,
    /// C libraries to link.
    pub libraries: Vec<String>,
}

/// An object file's bytes, and what there is to say.
#[derive(Debug)]
pub struct Object {
    pub bytes: Vec<u8>,
    pub sources: SourceMap,
    pub warnings: Vec<Diagnostic>,
    /// C libraries to link.
    pub libraries: Vec<String>,
}

/// Reads and checks a program.
pub fn check(path: &Path, options: &CompileOptions) -> Result<Checked, Failure> {
    check_with(path, &FileReader, options)
}

/// As [`check`], with files from anywhere.
pub fn check_with(path: &Path, reader: &(dyn Reader + Sync), options: &CompileOptions) -> Result<Checked, Failure> {
    with_stack(options.threads, || check_here(path, reader, options))
}

fn check_here(path: &Path, reader: &dyn Reader, options: &CompileOptions) -> Result<Checked, Failure> {
    let unreadable = |error| Failure::Read { path: path.to_owned(), error };
    if std::fs::metadata(path).is_ok_and(|file| file.len() > MAX_FILE_SIZE) {
        return Err(unreadable(io::Error::other("it is larger than 2 GB")));
    }
    let mut watch = Stopwatch::start(options.time_passes);
    let target = cfg_target(&options.target, options.tests);
    let trees = Trees::default();
    let (graph, mut diagnostics) = load::load(path, reader, target, &trees).map_err(unreadable)?;
    watch.stage("parse");
    let (resolved, more) = resolve::resolve(&graph);
    diagnostics.extend(more);
    watch.stage("resolve");
    let typecheck_options =
        typecheck::Options { tests: options.tests, const_steps: options.const_steps, ..typecheck::Options::default() };
    let (program, more) = typecheck::check(graph.clone(), resolved, &typecheck_options);
    diagnostics.extend(more);
    watch.stage("typecheck");
    let is_right = !diagnostics.iter().any(Diagnostic::is_error);
    let libraries = linked_libraries(&graph.modules);
    Ok(Checked { sources: graph.sources, diagnostics, program: is_right.then_some(program), libraries })
}

/// The C libraries of all `#[link("name")]`, each once, in the order of the modules.
pub(super) fn linked_libraries(modules: &[Rc<LoadedModule<'_>>]) -> Vec<String> {
    let mut libraries: Vec<String> = Vec::new();
    for item in modules.iter().flat_map(|module| &module.ast.items) {
        let ItemKind::Extern(_) = &item.kind else { continue };
        for attribute in item.attributes.iter().filter(|a| a.name.name.as_str() == "link") {
            let names = attribute.args.iter().filter_map(|arg| match &arg.value {
                Some(Literal::Str(name)) => Some(name.as_str().to_owned()),
                _ => None,
            });
            for name in names {
                if !libraries.contains(&name) {
                    libraries.push(name);
                }
            }
        }
    }
    libraries
}

/// What `#[cfg(...)]` sees.
pub(super) fn cfg_target(target: &Triple, test: bool) -> resolve::Target {
    use target_lexicon::{Architecture, OperatingSystem};
    let os = match target.operating_system {
        OperatingSystem::Linux => "linux",
        OperatingSystem::Windows => "windows",
        OperatingSystem::Darwin(_) | OperatingSystem::MacOSX(_) => "macos",
        _ => "unknown",
    };
    let arch = match target.architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64(_) => "aarch64",
        _ => "unknown",
    };
    resolve::Target { os, arch, test }
}

/// A program without mistakes, as optimised SSA.
pub(super) struct Optimised {
    pub module: ssa::Module,
    pub sources: SourceMap,
    pub warnings: Vec<Diagnostic>,
    /// C libraries to link.
    pub libraries: Vec<String>,
}

pub(super) fn optimised(path: &Path, reader: &dyn Reader, options: &CompileOptions) -> Result<Optimised, Failure> {
    let Checked { sources, diagnostics, program, libraries } = check_here(path, reader, options)?;
    let Some(program) = program else { return Err(Failure::Program { diagnostics, sources }) };
    let module = to_ssa(program, options);
    Ok(Optimised { module, sources, warnings: diagnostics, libraries })
}

fn to_ssa(program: tir::Program, options: &CompileOptions) -> ssa::Module {
    let build_options = BuildOptions { overflow_checks: options.overflow_checks };
    let mut watch = Stopwatch::start(options.time_passes);
    let mut module = ssa::build::build(program, build_options);
    watch.stage("build");
    opt::optimize(&mut module, options.level);
    watch.stage("optimize");
    module
}

fn to_machine(
    module: &ssa::Module,
    sources: &SourceMap,
    options: &CompileOptions,
) -> Result<MachineProgram, LowerError> {
    let mut watch = Stopwatch::start(options.time_passes);
    let mut machine = lower::lower(module, sources, &options.lower_options())?;
    watch.stage("lower");
    if options.printable {
        emit::normalize(&mut machine);
    }
    watch.stage("normalize");
    Ok(machine)
}

/// Machine code for a checked program: for who needs it at several levels, and need not check it again.
pub fn generate(
    program: tir::Program,
    sources: &SourceMap,
    options: &CompileOptions,
) -> Result<MachineProgram, LowerError> {
    lower::check_options(&options.lower_options())?;
    with_stack(options.threads, || to_machine(&to_ssa(program, options), sources, options))
}

/// Compiles the program whose entry module is the file at `path`.
pub fn compile(path: &Path, options: &CompileOptions) -> Result<Compiled, Failure> {
    compile_with(path, &FileReader, options)
}

/// As [`compile`], with files from anywhere.
pub fn compile_with(path: &Path, reader: &(dyn Reader + Sync), options: &CompileOptions) -> Result<Compiled, Failure> {
    lower::check_options(&options.lower_options()).map_err(Failure::Target)?;
    with_stack(options.threads, || {
        let Optimised { module, sources, warnings, libraries } = optimised(path, reader, options)?;
        let machine = to_machine(&module, &sources, options).map_err(Failure::Target)?;
        Ok(Compiled { machine, sources, warnings, libraries })
    })
}

/// Compiles a program to the bytes of an object file.
pub fn compile_to_object(path: &Path, options: &CompileOptions) -> Result<Object, Failure> {
    object_of(compile(path, options)?, path, options)
}

/// As [`compile_to_object`], with files from anywhere.
pub fn compile_to_object_with(
    path: &Path,
    reader: &(dyn Reader + Sync),
    options: &CompileOptions,
) -> Result<Object, Failure> {
    object_of(compile_with(path, reader, options)?, path, options)
}

// A `Result`, as its callers give.
#[allow(clippy::unnecessary_wraps)]
fn object_of(compiled: Compiled, path: &Path, options: &CompileOptions) -> Result<Object, Failure> {
    let bytes = object_bytes(&compiled, path, options);
    let Compiled { sources, warnings, libraries, .. } = compiled;
    Ok(Object { bytes, sources, warnings, libraries })
}

/// What relative paths in debug information are relative to.
fn directory() -> String {
    std::env::current_dir().map(|d| d.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(super) fn nasm_text(compiled: &Compiled, options: &CompileOptions) -> String {
    let sources = &compiled.sources;
    if options.debug {
        emit::nasm::print_with_debug(&compiled.machine, DebugInfo { sources, directory: &directory() })
    } else {
        emit::nasm::print(&compiled.machine, sources)
    }
}

pub(super) fn object_bytes(compiled: &Compiled, path: &Path, options: &CompileOptions) -> Vec<u8> {
    let directory = directory();
    let debug = options.debug.then_some(DebugInfo { sources: &compiled.sources, directory: &directory });
    let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    let mut watch = Stopwatch::start(options.time_passes);
    let bytes =
        emit::object::write(&compiled.machine, &ObjectOptions { debug, file: &file, ..ObjectOptions::default() });
    watch.stage("object");
    bytes
}
