//! Natives of `std:process` and `std:time`: the process around the program, and clocks.

use super::{NULL_TEXT, empty_text, new_text, static_text, text};
use crate::fail::{self, Failure};
use crate::{native, process, testing};
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
            let name = text(name, name_len);
            // The system's function fails the process on names that cannot be.
            if name.is_empty() || name.contains(['=', '\0']) {
                return NULL_TEXT;
            }
            match std::env::var_os(name) {
                Some(value) => new_text(ctx, &value.to_string_lossy()),
                None => NULL_TEXT,
            }
        }
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
