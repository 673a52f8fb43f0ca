//! Natives of `std:event_loop`: waiting, descriptors, and what jobs of the pool have given.

use super::{empty_text, new_text, static_text};
use crate::event_loop;
use crate::fail::{self, Failure};
use crate::io_error::remember;
use crate::pool::Outcome;
use crate::{native, stdio};
use crate::worker::termination;
use flash_abi::context::Context;
use flash_abi::object::Str;
use std::time::Duration;

native! {
    /// Waits until something is ready: at most so many nanoseconds, or, when the number is negative, as long as it takes.
    /// The number of events.
    fn flash_loop_poll(ctx: *mut Context, timeout_ns: i64) -> i64 {
        // SAFETY: this thread's context; nothing is held here.
        unsafe { termination::end_if_asked(ctx) };
        let timeout = u64::try_from(timeout_ns).ok().map(Duration::from_nanos);
        if timeout != Some(Duration::ZERO) {
            // Nobody should wait for what was printed until something happens.
            stdio::flush();
        }
        match event_loop::poll(timeout) {
            Ok(count) => count as i64,
            Err(error) => {
                let message = format!("the event loop cannot wait: {error}");
                // SAFETY: this thread's context. The process ends: the text stays.
                unsafe { fail::end(ctx, Failure::Panic(&message)) }
            }
        }
    }

    /// An event that the last poll found: its token times 16, plus its bits.
    fn flash_loop_event(_ctx: *mut Context, index: i64) -> i64 {
        let event = usize::try_from(index).ok().and_then(event_loop::event);
        event.map_or(0, |event| ((event.token << 4) | u64::from(event.bits)) as i64)
    }

    /// (descriptor, token) -> 1 or 0.
    fn flash_loop_add(_ctx: *mut Context, fd: i32, token: i64) -> u8 {
        succeeded(event_loop::add(fd, token))
    }

    /// (descriptor) -> 1 or 0.
    fn flash_loop_remove(_ctx: *mut Context, fd: i32) -> u8 {
        succeeded(event_loop::remove(fd))
    }

    /// How often this thread has waited or looked.
    fn flash_loop_polls(_ctx: *mut Context) -> i64 {
        event_loop::polls() as i64
    }

    /// Whether a job that is done has failed.
    fn flash_job_failed(_ctx: *mut Context, job: i64) -> u8 {
        let failed = event_loop::with_outcome(job, |outcome| matches!(outcome, Outcome::Failed { .. }));
        // One whose number is of no job did not do anything either.
        u8::from(failed.unwrap_or(true))
    }

    /// The code of a job that has failed.
    fn flash_job_code(_ctx: *mut Context, job: i64) -> Str {
        let code = event_loop::with_outcome(job, |outcome| match outcome {
            Outcome::Failed { code, .. } => *code,
            _ => "",
        });
        static_text(code.unwrap_or("EIO"))
    }

    /// The reason of a job that has failed.
    fn flash_job_reason(ctx: *mut Context, job: i64) -> Str {
        let reason = event_loop::with_outcome(job, |outcome| match outcome {
            Outcome::Failed { reason, .. } => std::mem::take(reason),
            _ => String::new(),
        });
        let reason = reason.unwrap_or_else(|| "the system has no resources left for it".to_owned());
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &reason) }
    }

    /// The number that a job has given, or 0.
    fn flash_job_number(_ctx: *mut Context, job: i64) -> i64 {
        let number = event_loop::with_outcome(job, |outcome| match outcome {
            Outcome::Number(number) => *number,
            _ => 0,
        });
        number.unwrap_or(0)
    }

    /// The text that a job has given, once; else the empty one.
    fn flash_job_text(ctx: *mut Context, job: i64) -> Str {
        let text = event_loop::with_outcome(job, |outcome| match outcome {
            Outcome::Text(text) => Some(std::mem::take(text)),
            _ => None,
        });
        match text.flatten() {
            // SAFETY: this thread's context.
            Some(text) => unsafe { new_text(ctx, &text) },
            None => empty_text(),
        }
    }

    /// How many bytes a job has given.
    fn flash_job_size(_ctx: *mut Context, job: i64) -> i64 {
        let size = event_loop::with_outcome(job, |outcome| match outcome {
            Outcome::Bytes(bytes) => bytes.len(),
            _ => 0,
        });
        size.unwrap_or(0) as i64
    }

    /// (job, address, size): the bytes that a job has given, once, to where there is room for so many.
    fn flash_job_bytes(_ctx: *mut Context, job: i64, to: *mut u8, size: i64) {
        let bytes = event_loop::with_outcome(job, |outcome| match outcome {
            Outcome::Bytes(bytes) => std::mem::take(bytes),
            _ => Vec::new(),
        });
        let bytes = bytes.unwrap_or_default();
        let count = bytes.len().min(usize::try_from(size).unwrap_or(0));
        // SAFETY: the caller has room for `size` bytes there, which nobody else has.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), count) };
    }

    /// Forgets a job that is done.
    fn flash_job_drop(_ctx: *mut Context, job: i64) {
        event_loop::drop_job(job);
    }
}

fn succeeded(result: std::io::Result<()>) -> u8 {
    if let Err(error) = &result {
        remember(error);
    }
    u8::from(result.is_ok())
}
