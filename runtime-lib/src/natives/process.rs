//! Natives of `std:process` and `std:time`: the process around the program, and clocks.

use super::{NULL_TEXT, empty_text, new_text, static_text, text};
use crate::fail::{self, Failure};
use crate::{environment, io_error, native, process, testing};
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

native! {
    /// A test that ends its process has not come to its end.
    fn flash_exit(ctx: *mut Context, code: i32) {
        if testing::is_test() {
            let message = format!("the test ended its process with `exit({code})`");
            // SAFETY: this thread's context.
            unsafe { fail::end(ctx, Failure::Panic(&message)) }
        }
        process::exit(code)
    }

    fn flash_arg_count(_ctx: *mut Context) -> i64 {
        process::arguments().len() as i64
    }

    fn flash_arg(_ctx: *mut Context, index: i64) -> Str {
        usize::try_from(index).ok().and_then(|i| process::arguments().get(i)).map_or_else(empty_text, |a| static_text(a))
    }

    /// Value of an environment variable, or null.
    fn flash_env_get(ctx: *mut Context, name: *const u8, name_len: i64) -> Str {
        // SAFETY: a live text, and this thread's context.
        unsafe {
            match environment::get(text(name, name_len)) {
                Some(value) => new_text(ctx, &value.to_string_lossy()),
                None => NULL_TEXT,
            }
        }
    }

    /// (name, value) -> 1, or 0 when there can be no such variable.
    fn flash_env_set(_ctx: *mut Context, name: *const u8, name_len: i64, value: *const u8, value_len: i64) -> u8 {
        // SAFETY: live texts.
        let (name, value) = unsafe { (text(name, name_len), text(value, value_len)) };
        let is_possible = environment::is_name(name) && !value.contains('\0');
        if is_possible {
            environment::set(name, Some(value));
        }
        u8::from(is_possible)
    }

    fn flash_env_remove(_ctx: *mut Context, name: *const u8, name_len: i64) {
        // SAFETY: a live text.
        let name = unsafe { text(name, name_len) };
        if environment::is_name(name) {
            environment::set(name, None);
        }
    }

    /// All variables as `NAME=value`, each ended by NUL.
    fn flash_env_all(ctx: *mut Context) -> Str {
        let mut all = String::new();
        for (name, value) in environment::all() {
            all += &format!("{}={}\0", name.to_string_lossy(), value.to_string_lossy());
        }
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &all) }
    }

    /// (path) -> 1 or 0, and the error is in `flash_last_error`.
    fn flash_change_dir(_ctx: *mut Context, path: *const u8, path_len: i64) -> u8 {
        // SAFETY: a live text.
        let result = std::env::set_current_dir(unsafe { text(path, path_len) });
        if let Err(error) = &result {
            io_error::remember(error);
        }
        u8::from(result.is_ok())
    }

    /// The path of the running executable, or null.
    fn flash_executable(ctx: *mut Context) -> Str {
        match std::env::current_exe() {
            // SAFETY: this thread's context.
            Ok(path) => unsafe { new_text(ctx, &path.to_string_lossy()) },
            Err(_) => NULL_TEXT,
        }
    }

    /// What the process ends with when nothing else says so.
    fn flash_set_exit_code(_ctx: *mut Context, code: i32) {
        process::set_exit_code(code);
    }

    fn flash_exit_code(_ctx: *mut Context) -> i32 {
        process::exit_code()
    }

    /// Bytes of memory that the process takes, or -1.
    fn flash_resident_bytes(_ctx: *mut Context) -> i64 {
        resident_bytes().unwrap_or(-1)
    }

    /// Empty when it is gone.
    fn flash_current_dir(ctx: *mut Context) -> Str {
        let path = std::env::current_dir().unwrap_or_default();
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &path.to_string_lossy()) }
    }

    fn flash_process_id(_ctx: *mut Context) -> i32 {
        std::process::id() as i32
    }

    /// Nanoseconds since the first call.
    fn flash_clock_ns(_ctx: *mut Context) -> i64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as i64
    }

    /// Milliseconds since 1970 of the wall clock.
    fn flash_wall_clock_ms(_ctx: *mut Context) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| (since.as_micros() as f64 / 1000.0).floor())
    }
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<i64> {
    let report = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = report.split_whitespace().nth(1)?.parse().ok()?;
    // SAFETY: takes any number.
    Some(pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) })
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<i64> {
    None
}
