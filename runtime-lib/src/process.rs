//! The process around the program: its arguments and its end.

use std::sync::RwLock;

static ARGUMENTS: RwLock<&'static [String]> = RwLock::new(&[]);

/// Sets the program's arguments before it starts (the program's own name is not among them).
pub fn set_arguments(arguments: Vec<String>) {
    if let Ok(mut current) = ARGUMENTS.write() {
        // Never freed: once or a few times a process, and others may still look at them.
        *current = arguments.leak();
    }
}

/// The program's arguments, without its name.
pub fn arguments() -> &'static [String] {
    ARGUMENTS.read().map_or(&[], |arguments| *arguments)
}

/// Ends the process: writes out what is buffered, then exits with the low byte of `code`.
pub fn exit(code: i32) -> ! {
    crate::stdio::flush();
    std::process::exit(code)
}

/// As [`exit`], for signal handlers: nothing of the C library's own end runs.
pub fn exit_now(code: i32) -> ! {
    crate::stdio::flush();
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}
