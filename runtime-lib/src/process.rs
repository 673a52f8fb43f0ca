//! The process around the program: its arguments and its end.

use std::sync::OnceLock;

static ARGUMENTS: OnceLock<Vec<String>> = OnceLock::new();

/// Sets the program's arguments, once, before it starts (the program's own name is not among them).
pub fn set_arguments(arguments: Vec<String>) {
    let _ = ARGUMENTS.set(arguments);
}

/// The program's arguments, without its name.
pub fn arguments() -> &'static [String] {
    ARGUMENTS.get().map_or(&[], Vec::as_slice)
}

/// Ends the process: writes out what is buffered, then exits with the low byte of `code`.
pub fn exit(code: i32) -> ! {
    crate::stdio::flush();
    std::process::exit(code)
}
