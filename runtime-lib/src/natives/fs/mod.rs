//! Natives of `std:fs`. An operation has a name (see [`operations`]), which Flash calls now or has done by the pool of
//! threads; either way its result lies in a slot of the thread until Flash takes it. A failing one leaves the reason
//! for `flash_last_error`.

mod operations;
mod paths;
mod temporary;
mod watch;

use super::{bytes, empty_text, new_text, text};
use crate::pool::{self, Outcome};
use crate::{io_error, native};
use flash_abi::context::Context;
use flash_abi::object::Str;
use operations::Request;
use std::cell::RefCell;
use std::io;

thread_local! {
    /// What the last operation that succeeded gave.
    static RESULT: RefCell<Outcome> = const { RefCell::new(Outcome::Unit) };
}

native! {
    /// (operation, path, data, a, b) -> 1 or 0. What `data`, `a` and `b` mean is up to the operation.
    fn flash_fs_do(
        _ctx: *mut Context, name: *const u8, name_len: i64, path: *const u8, path_len: i64, data: *const u8,
        data_len: i64, a: i64, b: i64,
    ) -> u8 {
        // SAFETY: live texts, and `data_len` bytes behind an address that is not null.
        let (name, path, data) = unsafe { (text(name, name_len), text(path, path_len), bytes(data, data_len)) };
        keep(operations::perform(name, &Request { path, data, a, b }))
    }

    /// The same on a thread of the pool: the number of the job.
    fn flash_fs_start(
        ctx: *mut Context, name: *const u8, name_len: i64, path: *const u8, path_len: i64, data: *const u8,
        data_len: i64, a: i64, b: i64,
    ) -> i64 {
        // SAFETY: live texts, and `data_len` bytes behind an address that is not null.
        let (name, path, data) = unsafe { (text(name, name_len), text(path, path_len), bytes(data, data_len)) };
        let (name, path, data) = (name.to_owned(), path.to_owned(), data.to_vec());
        pool::start(ctx, move || {
            match operations::perform(&name, &Request { path: &path, data: &data, a, b }) {
                Ok(outcome) => outcome,
                Err(error) => Outcome::Failed { code: io_error::code(&error), reason: io_error::reason(&error) },
            }
        })
    }

    /// Whether something is there, links followed: 0 nothing, 1 a file, 2 a directory, 3 anything else.
    fn flash_fs_kind(_ctx: *mut Context, path: *const u8, path_len: i64) -> i32 {
        // SAFETY: a live text.
        match std::fs::metadata(unsafe { text(path, path_len) }) {
            Ok(metadata) if metadata.is_file() => 1,
            Ok(metadata) if metadata.is_dir() => 2,
            Ok(_) => 3,
            Err(_) => 0,
        }
    }

    /// The result of the last operation, a text.
    fn flash_fs_text(ctx: *mut Context) -> Str {
        match RESULT.replace(Outcome::Unit) {
            // SAFETY: this thread's context.
            Outcome::Text(contents) => unsafe { new_text(ctx, &contents) },
            _ => empty_text(),
        }
    }

    /// The result of the last operation: a number, or how many bytes there are to take.
    fn flash_fs_number(_ctx: *mut Context) -> i64 {
        RESULT.with_borrow(|result| match result {
            Outcome::Number(number) => *number,
            Outcome::Bytes(bytes) => bytes.len() as i64,
            _ => 0,
        })
    }

    /// (to): copies the bytes that the last operation gave.
    fn flash_fs_bytes(_ctx: *mut Context, to: *mut u8) {
        if let Outcome::Bytes(bytes) = RESULT.replace(Outcome::Unit) {
            // SAFETY: Flash made room for as many bytes as `flash_fs_number` told.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        }
    }

    /// (file, to, count) -> bytes read into `to`, 0 at the end, -1 for an error. Without a copy on the way.
    fn flash_file_read(_ctx: *mut Context, file: i64, to: *mut u8, count: i64) -> i64 {
        // SAFETY: Flash made room for `count` bytes, all of which have been written (with zeros at least).
        let room = unsafe { std::slice::from_raw_parts_mut(to, count.max(0) as usize) };
        match operations::read_file(file, room) {
            Ok(count) => count as i64,
            Err(error) => {
                io_error::remember(&error);
                -1
            }
        }
    }

    /// (file, data) -> bytes written or -1. Writes all of them, unless it fails.
    fn flash_file_write(_ctx: *mut Context, file: i64, data: *const u8, data_len: i64) -> i64 {
        // SAFETY: live bytes.
        match operations::write_file(file, unsafe { bytes(data, data_len) }) {
            Ok(()) => data_len,
            Err(error) => {
                io_error::remember(&error);
                -1
            }
        }
    }

    /// (bytes, start, count, byte) -> where the byte is first, or -1.
    fn flash_bytes_index_of(_ctx: *mut Context, data: *const u8, start: i64, count: i64, byte: u8) -> i64 {
        // SAFETY: Flash passes a range that lies in its array.
        let range = unsafe { std::slice::from_raw_parts(data.add(start as usize), (count - start) as usize) };
        range.iter().position(|b| *b == byte).map_or(-1, |at| at as i64 + start)
    }
}

/// Keeps what an operation gave for Flash to take: 1, or 0 for an error.
fn keep(result: io::Result<Outcome>) -> u8 {
    match result {
        Ok(outcome) => {
            RESULT.set(outcome);
            1
        }
        Err(error) => {
            io_error::remember(&error);
            0
        }
    }
}
