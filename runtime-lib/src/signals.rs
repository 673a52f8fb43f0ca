//! Crashes: turns the signals of a full stack or a wild address into a report with a stack trace. A signal
//! that has nothing to do with Flash code goes to whoever handled it before.

use crate::fail::{self, Failure};
use crate::overflow::Detour;
use crate::thread;
use crate::trace::{self, Start};
use crate::{overflow, process, program, unwind};
use flash_abi::context::Context;
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Once;

const SIGNALS: [(i32, &str); 4] =
    [(libc::SIGSEGV, "SIGSEGV"), (libc::SIGBUS, "SIGBUS"), (libc::SIGILL, "SIGILL"), (libc::SIGFPE, "SIGFPE")];

/// The handlers that were there before ours.
struct Previous(UnsafeCell<[MaybeUninit<libc::sigaction>; SIGNALS.len()]>);

// SAFETY: written once, under `INSTALLED`, each slot before the handler that reads it is in place.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous(UnsafeCell::new([const { MaybeUninit::zeroed() }; SIGNALS.len()]));
static INSTALLED: Once = Once::new();

/// Installs the handlers, once a process.
pub fn install() {
    INSTALLED.call_once(|| {
        for (index, (signal, _)) in SIGNALS.iter().enumerate() {
            // SAFETY: a zeroed sigaction is valid; the handler has the signature that SA_SIGINFO asks for.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = handle as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&mut action.sa_mask);
                let previous = PREVIOUS.0.get().cast::<libc::sigaction>().add(index);
                libc::sigaction(*signal, null_mut(), previous);
                libc::sigaction(*signal, &action, null_mut());
            }
        }
    });
}

/// A closed pipe ends the process, as it does an ordinary program. For hosts whose `main` is Rust's, which ignores
/// the signal.
pub fn default_pipe() {
    // SAFETY: sets a default action.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// Nothing is ever mapped below (`vm.mmap_min_addr`): compiled code reaches into an object without a test for null,
/// because there is none in a checked program but for a module's variable before its `let` has run. Objects that are
/// larger are tested (see `ssa::build`).
const NULL_PAGES: usize = 64 << 10;

extern "C" fn handle(signal: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(index) = SIGNALS.iter().position(|(number, _)| *number == signal) else { return };
    // SAFETY: the kernel passes valid addresses to a handler with SA_SIGINFO.
    let (is_sent, address, registers) =
        unsafe { ((*info).si_code <= 0, (*info).si_addr() as usize, registers(context.cast())) };
    if is_sent {
        // Somebody's `kill`, not a crash: no instruction would repeat it.
        forward(signal, index);
        // SAFETY: sends a signal to this thread, which gets it when the handler returns.
        unsafe { libc::raise(signal) };
        return;
    }
    match flash_place(&registers, address) {
        Some((start, true)) => {
            let in_flash = program::find(registers.pc).is_some();
            // SAFETY: the context is that of this thread, whose Flash stack is full.
            match unsafe { overflow::handle(thread::current(), start, in_flash) } {
                // SAFETY: the kernel's context, to which this thread returns.
                Some(Some(detour)) => return unsafe { go_to(context.cast(), &detour) },
                // The instruction is repeated, with more stack.
                Some(None) => return,
                None => {}
            }
            fail::print(Failure::StackOverflow, start);
            process::exit_now(1)
        }
        Some((start, false)) if signal == libc::SIGSEGV && address < NULL_PAGES => {
            fail::print(Failure::Unset, start);
            // SAFETY: as below.
            if unsafe { recover(context.cast(), start) } {
                return;
            }
            process::exit_now(1)
        }
        Some((start, false)) => {
            fail::print(Failure::Crash(SIGNALS[index].1, address), start);
            // SAFETY: the kernel's context, to which this thread returns.
            if unsafe { recover(context.cast(), start) } {
                return;
            }
            // SAFETY: returning repeats the instruction, which now has the default action.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        None => forward(signal, index),
    }
}

thread_local! {
    /// A crash ends only what is running, not the process: see `session`.
    static RECOVERS: Cell<bool> = const { Cell::new(false) };
}

/// From now on a crash of this thread in Flash code goes on at its outermost handler.
pub(crate) fn recover_on_this_thread() {
    RECOVERS.set(true);
}

/// Goes on at the handler around everything, with nothing thrown, if this thread does that.
///
/// # Safety
/// The kernel's context of a thread that has crashed, to which it is about to return.
unsafe fn recover(crashed: *mut libc::ucontext_t, start: Start) -> bool {
    if !RECOVERS.get() || program::find(start.pc).is_none() {
        return false;
    }
    let Some(landing) = unwind::outermost_handler(start) else { return false };
    // SAFETY: promised by the caller.
    unsafe {
        go_to(crashed, &Detour { pc: landing.code, stack: landing.stack, frame: landing.frame });
        set_error(crashed, unwind::nothing_thrown());
    }
    true
}

/// If the interrupted code is Flash's, goes on at the handler around everything instead, with nothing thrown.
///
/// # Safety
/// The kernel's context of an interrupted thread, to which it is about to return, and its own context.
pub(crate) unsafe fn leave_flash_code(interrupted: *mut libc::ucontext_t, ctx: *mut Context) {
    // SAFETY: promised by the caller.
    unsafe {
        let Registers { pc, frame, stack, .. } = registers(interrupted);
        if program::find(pc).is_none() {
            return;
        }
        // A function's first and last instructions have its caller's frame; what matters is further out.
        let start = Start { pc, frame, low: stack, high: (*ctx).stack_base as usize, is_crash: true };
        if let Some(landing) = unwind::outermost_handler(start) {
            go_to(interrupted, &Detour { pc: landing.code, stack: landing.stack, frame: landing.frame });
            set_error(interrupted, unwind::nothing_thrown());
        }
    }
}

/// Puts the handler back that was there before ours.
fn forward(signal: i32, index: usize) {
    // SAFETY: `install` stored this slot before it set our handler.
    unsafe { libc::sigaction(signal, PREVIOUS.0.get().cast::<libc::sigaction>().add(index), null_mut()) };
}

/// What matters of the interrupted registers.
struct Registers {
    pc: usize,
    frame: usize,
    stack: usize,
    /// Where the current function returns to when its frame has not been made yet.
    link: usize,
}

/// Where the trace of this fault starts and whether the stack was full; none when it is not Flash's fault.
fn flash_place(registers: &Registers, address: usize) -> Option<(Start, bool)> {
    let ctx = thread::current();
    if ctx.is_null() {
        return None;
    }
    // SAFETY: the context is this thread's; the handler only reads.
    let (low, high, is_overflow, is_own) = unsafe {
        let is_own = !thread::stack_top(ctx).is_null();
        ((*ctx).stack_limit as usize, (*ctx).stack_base as usize, thread::is_stack_guard(ctx, address), is_own)
    };
    let code = program::find(registers.pc);
    let is_on_stack = (low..high).contains(&registers.stack) && is_own;
    if !is_overflow && !is_on_stack && code.is_none() {
        return None;
    }
    let stack = registers.stack.max(low);
    let behind = if is_overflow { overflow::behind_call(registers.pc) } else { None };
    if let Some(pc) = behind {
        // The call could not even store where it returns to.
        let start = Start { pc, frame: registers.frame, low: stack, high, is_crash: false };
        return Some((start, is_overflow));
    }
    let here = Start { pc: registers.pc, frame: registers.frame, low: stack, high, is_crash: true };
    let start = match code {
        Some(code) if code.is_function_start() => Start { pc: registers.link, is_crash: false, ..here },
        Some(_) => here,
        None if trace::calls(here).next().is_some() => here,
        None => trace::recover(stack, high).unwrap_or(here),
    };
    Some((start, is_overflow))
}

#[cfg(target_arch = "x86_64")]
unsafe fn go_to(context: *mut libc::ucontext_t, detour: &Detour) {
    // SAFETY: the caller passes the kernel's context.
    let registers = unsafe { &mut (*context).uc_mcontext.gregs };
    registers[libc::REG_RIP as usize] = detour.pc as i64;
    registers[libc::REG_RSP as usize] = detour.stack as i64;
    registers[libc::REG_RBP as usize] = detour.frame as i64;
}

#[cfg(target_arch = "aarch64")]
unsafe fn go_to(context: *mut libc::ucontext_t, detour: &Detour) {
    // SAFETY: the caller passes the kernel's context.
    let machine = unsafe { &mut (*context).uc_mcontext };
    machine.pc = detour.pc as u64;
    machine.sp = detour.stack as u64;
    machine.regs[29] = detour.frame as u64;
}

/// Sets the register in which handlers expect what was thrown.
unsafe fn set_error(context: *mut libc::ucontext_t, thrown: usize) {
    // SAFETY: the caller passes the kernel's context.
    let machine = unsafe { &mut (*context).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    (machine.gregs[libc::REG_RAX as usize] = thrown as i64);
    #[cfg(target_arch = "aarch64")]
    (machine.regs[0] = thrown as u64);
}

#[cfg(target_arch = "x86_64")]
unsafe fn registers(context: *const libc::ucontext_t) -> Registers {
    // SAFETY: the caller passes the kernel's context; the stack's top word is read only at a function's start,
    // where it is the return address, and the stack pointer of a running thread is readable there.
    unsafe {
        let registers = &(*context).uc_mcontext.gregs;
        let stack = registers[libc::REG_RSP as usize] as usize;
        let pc = registers[libc::REG_RIP as usize] as usize;
        let is_start = program::find(pc).is_some_and(|code| code.is_function_start());
        let link = if is_start { (stack as *const usize).read() } else { 0 };
        Registers { pc, frame: registers[libc::REG_RBP as usize] as usize, stack, link }
    }
}

#[cfg(target_arch = "aarch64")]
unsafe fn registers(context: *const libc::ucontext_t) -> Registers {
    // SAFETY: the caller passes the kernel's context.
    unsafe {
        let machine = &(*context).uc_mcontext;
        Registers {
            pc: machine.pc as usize,
            frame: machine.regs[29] as usize,
            stack: machine.sp as usize,
            link: machine.regs[30] as usize,
        }
    }
}
