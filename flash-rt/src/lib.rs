//! Runs Flash programs: compile, link in process, map, call.

mod allocator;
pub mod cache;
pub mod cli;
pub mod loader;
pub mod repl;
pub mod testing;

use loader::LoadError;

/// Links an object that holds a whole program into this process and runs it to its end: the exit code. A program
/// that fails, crashes or calls `exit` ends the process, as an executable would.
pub fn run(object: &[u8], arguments: Vec<String>) -> Result<i32, LoadError> {
    let loaded = loader::load(object, &loader::find_symbol)?;
    let program = loaded.program()?;
    flash_runtime::signals::default_pipe();
    // SAFETY: the tables lie in the mapping, which stays; the object came from our
    // compiler or its cache, and the runtime checks magic and version before it believes the rest.
    let code = unsafe { flash_runtime::run_program(program, arguments) };
    // Threads of workers may still be on their way out: the code stays as long as the process.
    std::mem::forget(loaded);
    code.map_err(|refused| LoadError::NoProgram(refused.message()))
}
