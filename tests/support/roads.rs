//! Compiles programs in this process, once for all roads, and says how to run them: `flash-rt` runs objects, which saves
//! compiling again, and executables are linked by the fastest linker at hand.

use super::{program, tool};
use flashc::diagnostics::render;
use flashc::driver::{self, Checked, CompileOptions, Failure};
use flashc::emit::dwarf::DebugInfo;
use flashc::emit::object::ObjectOptions;
use flashc::lower::machine::MachineProgram;
use flashc::source::SourceMap;
use flashc::{emit, opt, tir};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A program that has been checked.
pub struct Program {
    sources: SourceMap,
    tree: tir::Program,
}

/// What became of it.
pub struct Code {
    machine: MachineProgram,
}

/// A panic of the compiler is the program's failure, not the test's.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("the compiler panics: {}", words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")))
    })
}

/// Reads and checks a program; the error is its diagnostics.
pub fn check(source: &Path) -> Result<Program, String> {
    guarded(|| match driver::check(source, &CompileOptions::default()) {
        Ok(Checked { sources, program: Some(tree), .. }) => Ok(Program { sources, tree }),
        Ok(Checked { sources, diagnostics, .. }) | Err(Failure::Program { diagnostics, sources }) => {
            Err(render::human(&diagnostics, &sources, false))
        }
        Err(other) => Err(other.to_string()),
    })
}

/// The warnings of a program without mistakes.
pub fn warnings(source: &Path) -> Result<String, String> {
    guarded(|| match driver::check(source, &CompileOptions::default()) {
        Ok(Checked { sources, diagnostics, .. }) => Ok(render::human(&diagnostics, &sources, false)),
        Err(other) => Err(other.to_string()),
    })
}

impl Program {
    pub fn compile(&self, level: opt::Level) -> Result<Code, String> {
        let options = CompileOptions { level, ..CompileOptions::default() };
        guarded(|| {
            let machine = driver::generate(self.tree.clone(), &self.sources, &options);
            Ok(Code { machine: machine.map_err(|error| error.to_string())? })
        })
    }

    /// Writes an object, with debug information.
    pub fn write_object(&self, code: &Code, to: &Path) -> Result<(), String> {
        let debug = Some(DebugInfo { sources: &self.sources, directory: "/" });
        let bytes = guarded(|| {
            Ok(emit::object::write(
                &code.machine,
                &ObjectOptions { debug, file: "program.fl", ..ObjectOptions::default() },
            ))
        })?;
        fs::write(to, bytes).map_err(|error| error.to_string())
    }

    /// Writes NASM text and lets nasm make an object of it.
    pub fn assemble(&self, code: &Code, to: &Path) -> Result<(), String> {
        let text = guarded(|| Ok(emit::nasm::print(&code.machine, &self.sources)))?;
        let file = to.with_extension("asm");
        fs::write(&file, text).map_err(|error| error.to_string())?;
        tool(Command::new("nasm").args(["-f", "elf64", "-w+all"]).arg(&file).arg("-o").arg(to))
    }
}

/// The command that runs an object in the runner.
pub fn runner(object: &Path) -> Command {
    let mut command = Command::new(program("flash-rt"));
    command.arg("run").arg(object);
    command
}

/// What makes linking quick: the runtime library without debug information, and gold if it is there.
struct Linker {
    library: PathBuf,
    cc: Option<PathBuf>,
}

fn linker() -> &'static Linker {
    static LINKER: OnceLock<Linker> = OnceLock::new();
    LINKER.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let full = program("libflash_runtime.a");
        let stripped = directory.join("libflash_runtime.a");
        let is_stripped = install(&stripped, |new| {
            let strip = Command::new("objcopy").arg("--strip-debug").arg(&full).arg(new).output();
            strip.is_ok_and(|output| output.status.success())
        });
        let gold = directory.join("cc-with-gold");
        let has_gold = Command::new("ld.gold").arg("--version").output().is_ok()
            && install(&gold, |new| {
                let mode = PermissionsExt::from_mode(0o755);
                fs::write(new, "#!/bin/sh\nexec cc -fuse-ld=gold \"$@\"\n").is_ok()
                    && fs::set_permissions(new, mode).is_ok()
            });
        Linker { library: if is_stripped { stripped } else { full }, cc: has_gold.then_some(gold) }
    })
}

/// Makes a file that other tests may be using at the moment.
fn install(path: &Path, make: impl FnOnce(&Path) -> bool) -> bool {
    let new = path.with_extension(std::process::id().to_string());
    make(&new) && fs::rename(&new, path).is_ok()
}

/// Links an object to an executable.
pub fn link(object: &Path, executable: &Path) -> Result<(), String> {
    let linker = linker();
    let mut command = Command::new(program("flashc"));
    command.env("FLASH_RUNTIME_LIB", &linker.library);
    if let Some(cc) = &linker.cc {
        command.env("FLASH_CC", cc);
    }
    tool(command.arg("link").arg(object).arg("-o").arg(executable))
}
