//! How Flash code is entered: by `main` of an executable, by `flash-rt`, or by a C program that calls an
//! exported function.

use crate::program::{self, Refused};
use crate::report::Report;
use crate::thread::{self, StackKind};
use crate::{process, signals, stdio};
use flash_abi::context::Context;
use flash_abi::program::Program;
use std::cell::RefCell;
use std::ffi::{CStr, c_char};

unsafe extern "C" {
    /// See `asm/`.
    fn flash_enter(ctx: *mut Context, code: *const u8, stack_top: *mut u8) -> i64;
    /// See `asm/`: the program this executable was linked with, or null.
    fn flash_linked_program() -> *const Program;
}

/// Runs a program on this thread to its end: top levels, then `main`. The exit code; what the program wrote has
/// been written out. A program that fails or calls `exit` ends the process.
///
/// # Safety
/// `program` is what [`program::register`] asks for, its code is mapped, and no Flash code is running on this thread.
pub unsafe fn run_program(program: *const Program, arguments: Vec<String>) -> Result<i32, Refused> {
    // SAFETY: promised by the caller; the program was checked when the context is made.
    unsafe {
        program::register(program)?;
        process::set_arguments(arguments);
        signals::install();
        let Some(ctx) = thread::create(program, StackKind::Own) else { thread::no_memory() };
        let code = match enter(ctx, program) {
            0 => process::exit_code(),
            code => code,
        };
        stdio::flush();
        thread::destroy(ctx);
        Ok(stdio::exit_code(code))
    }
}

/// Calls the program's entry, if it has one.
///
/// # Safety
/// The context was made for this program.
pub(crate) unsafe fn enter(ctx: *mut Context, program: *const Program) -> i32 {
    // SAFETY: promised by the caller; the entry has the convention that `flash_enter` calls.
    unsafe {
        if (*program).entry.is_null() {
            return 0;
        }
        // A process's exit code is the low part of it.
        flash_enter(ctx, (*program).entry, thread::stack_top(ctx)) as i32
    }
}

/// `main` of an executable; see `asm/`.
///
/// # Safety
/// Called by the C runtime with the process's arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flash_main(count: i32, values: *const *const c_char) -> i32 {
    std::panic::set_hook(Box::new(|panic| {
        let mut report = Report::new();
        report.headline().text("a bug of the Flash runtime");
        if let Some(place) = panic.location() {
            report.text(" (").text(place.file()).text(":").number(place.line().into()).text(")");
        }
        report.text("\n");
    }));
    let argument = |index: i32| {
        // SAFETY: the C runtime passes `count` null-terminated strings.
        unsafe { CStr::from_ptr(*values.add(index as usize)) }.to_string_lossy().into_owned()
    };
    let arguments = (1..count).map(argument).collect();
    // SAFETY: the linker put the program there.
    match unsafe { run_program(flash_linked_program(), arguments) } {
        Ok(code) => process::exit(code),
        Err(refused) => {
            Report::new().headline().text(refused.message()).text("\n");
            process::exit(1)
        }
    }
}

/// Ends the context that [`flash_attach`] made, when its thread ends.
struct Attached(*mut Context);

impl Drop for Attached {
    fn drop(&mut self) {
        stdio::flush();
        // SAFETY: made by `attach` on this thread, which calls no Flash code any more.
        unsafe { thread::destroy(self.0) };
    }
}

thread_local! {
    static ATTACHED: RefCell<Option<Attached>> = const { RefCell::new(None) };
}

/// Makes a context for a thread of a C program. Its Flash code runs on the thread's own stack. The entry of the
/// linked program runs here, once a thread: the module's top level has happened before any exported function does
/// its work. (A module written for C has no `fn main`; one that has gets it called here too.)
fn attach() -> *mut Context {
    // SAFETY: asks the linker's symbol; if it is null, C calls a program of `flash-rt`, which is registered.
    let program = match unsafe { flash_linked_program() } {
        linked if linked.is_null() => program::latest(),
        linked => linked,
    };
    // SAFETY: the program is linked in or registered; the thread has no context.
    unsafe {
        if let Err(refused) = program::register(program) {
            Report::new().headline().text(refused.message()).text("\n");
            process::exit(1);
        }
        signals::install();
        stdio::flush_at_exit();
        let Some(ctx) = thread::create(program, StackKind::Callers) else { thread::no_memory() };
        ATTACHED.with(|attached| *attached.borrow_mut() = Some(Attached(ctx)));
        enter(ctx, program);
        ctx
    }
}

crate::native! {
    /// Called by an exported C function: this thread's context, made on first use. (Its own argument means nothing.)
    fn flash_attach(_ctx: *mut Context) -> *mut Context {
        match thread::current() {
            ctx if ctx.is_null() => attach(),
            ctx => ctx,
        }
    }
}
