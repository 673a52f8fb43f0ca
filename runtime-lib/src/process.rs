//! The process around the program: its arguments and its end.

use std::sync::RwLock;
use std::sync::atomic::{AtomicI32, Ordering};

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

static EXIT_CODE: AtomicI32 = AtomicI32::new(0);

/// Sets what the process ends with when its program comes to its end and does not say otherwise.
pub fn set_exit_code(code: i32) {
    EXIT_CODE.store(code, Ordering::Relaxed);
}

/// What [`set_exit_code`] set, 0 at first.
pub fn exit_code() -> i32 {
    EXIT_CODE.load(Ordering::Relaxed)
}

/// Ends the process: writes out what is buffered, then exits with the low byte of `code`.
pub fn exit(code: i32) -> ! {
    crate::stdio::flush();
    std::process::exit(crate::stdio::exit_code(code))
}

/// As [`exit`], for signal handlers: nothing of the C library's own end runs.
pub fn exit_now(code: i32) -> ! {
    crate::stdio::flush();
    // SAFETY: ends the process.
    unsafe { libc::_exit(crate::stdio::exit_code(code)) }
}
