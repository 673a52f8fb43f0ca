//! Natives of `std:process` for other processes: starting, waiting, signals. See `children`.

use super::{NULL_TEXT, bytes, static_text, text};
use crate::children::{self, Finished, Plan, Started};
use crate::{io_error, native};
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::cell::RefCell;
use std::time::Duration;

thread_local! {
    /// The child that was started last.
    static STARTED: RefCell<Started> = const { RefCell::new(Started { process: -1, pipes: [-1; 3], end: -1 }) };
    /// The child that was run last.
    static FINISHED: RefCell<Finished> = RefCell::new(Finished::default());
}

native! {
    /// (program and arguments, environment, directory, flags) -> process or -1. Texts in a list end with NUL.
    fn flash_child_start(
        _ctx: *mut Context, command: *const u8, command_len: i64, environment: *const u8, environment_len: i64,
        directory: *const u8, directory_len: i64, flags: i64,
    ) -> i32 {
        // SAFETY: live texts.
        let plan = unsafe {
            Plan {
                command: text(command, command_len),
                environment: text(environment, environment_len),
                directory: text(directory, directory_len),
                flags,
            }
        };
        match children::start(&plan) {
            Ok(started) => {
                let process = started.process;
                STARTED.set(started);
                process
            }
            Err(error) => {
                io_error::remember(&error);
                -1
            }
        }
    }

    /// (0 input, 1 output, 2 errors, 3 end) -> descriptor of the child that was started last, or -1.
    fn flash_child_descriptor(_ctx: *mut Context, which: i32) -> i32 {
        STARTED.with_borrow(|started| match usize::try_from(which).ok().and_then(|i| started.pipes.get(i)) {
            Some(pipe) => *pipe,
            None => started.end,
        })
    }

    /// (process) -> how it ended (its code, or 256 + the signal), or -1 while it runs.
    fn flash_child_reap(_ctx: *mut Context, process: i32) -> i32 {
        children::reap(process).unwrap_or(-1)
    }

    /// (program and arguments, environment, directory, flags, input, time-out in ms) -> 1 or 0. Waits for the end.
    fn flash_child_run(
        _ctx: *mut Context, command: *const u8, command_len: i64, environment: *const u8, environment_len: i64,
        directory: *const u8, directory_len: i64, flags: i64, input: *const u8, input_len: i64, timeout_ms: i64,
    ) -> u8 {
        // SAFETY: live texts and bytes.
        let (plan, input) = unsafe {
            let plan = Plan {
                command: text(command, command_len),
                environment: text(environment, environment_len),
                directory: text(directory, directory_len),
                flags,
            };
            (plan, bytes(input, input_len))
        };
        let timeout = u64::try_from(timeout_ms).ok().filter(|ms| *ms > 0).map(Duration::from_millis);
        match children::run(&plan, input, timeout) {
            Ok(finished) => {
                FINISHED.set(finished);
                1
            }
            Err(error) => {
                io_error::remember(&error);
                0
            }
        }
    }

    /// (0 status, 1 bytes of output, 2 bytes of errors, 3 whether the time was over) of the last run.
    fn flash_child_result(_ctx: *mut Context, which: i32) -> i64 {
        FINISHED.with_borrow(|finished| match which {
            0 => finished.status.into(),
            1 => finished.output.len() as i64,
            2 => finished.errors.len() as i64,
            _ => finished.is_late.into(),
        })
    }

    /// (1 output, 2 errors; to): copies the bytes, of which `flash_child_result` told how many there are.
    fn flash_child_take(_ctx: *mut Context, which: i32, to: *mut u8) {
        let taken = FINISHED.with_borrow_mut(|finished| {
            std::mem::take(if which == 1 { &mut finished.output } else { &mut finished.errors })
        });
        // SAFETY: Flash made room for as many bytes as it was told.
        unsafe { std::ptr::copy_nonoverlapping(taken.as_ptr(), to, taken.len()) };
    }

    /// (process, signal's name) -> 1 or 0.
    fn flash_process_kill(_ctx: *mut Context, process: i32, signal: *const u8, signal_len: i64) -> u8 {
        // SAFETY: a live text.
        let result = children::kill(process, unsafe { text(signal, signal_len) });
        if let Err(error) = &result {
            io_error::remember(error);
        }
        u8::from(result.is_ok())
    }

    /// (signal's name) -> the descriptor that becomes readable when it comes, or -1.
    fn flash_signal_listen(_ctx: *mut Context, signal: *const u8, signal_len: i64) -> i32 {
        // SAFETY: a live text.
        match children::listen(unsafe { text(signal, signal_len) }) {
            Ok(fd) => fd,
            Err(error) => {
                io_error::remember(&error);
                -1
            }
        }
    }

    /// (signal's name): it does again what it does by default.
    fn flash_signal_forget(_ctx: *mut Context, signal: *const u8, signal_len: i64) {
        // SAFETY: a live text.
        children::forget(unsafe { text(signal, signal_len) });
    }

    /// (status) -> the name of the signal that ended a child, or null.
    fn flash_signal_name(_ctx: *mut Context, status: i32) -> Str {
        children::signal_name(status).map_or(NULL_TEXT, static_text)
    }
}
