//! Natives of `std:mem`: memory that the collector does not know.

use crate::fail::{self, Failure};
use crate::native;
use flash_abi::context::Context;

native! {
    /// (bytes) -> zeroed memory, never null.
    fn flash_mem_alloc(ctx: *mut Context, bytes: i64) -> *mut u8 {
        let size = usize::try_from(bytes).unwrap_or(usize::MAX);
        // SAFETY: calloc takes any size; this is the thread's context.
        unsafe {
            let memory: *mut u8 = libc::calloc(1, size.max(1)).cast();
            if memory.is_null() {
                fail::raise(ctx, Failure::OutOfMemory(size));
            }
            memory
        }
    }

    fn flash_mem_move(_ctx: *mut Context, to: *mut u8, from: *const u8, bytes: i64) {
        if bytes > 0 {
            // SAFETY: compiled code gives areas of arrays' buffers that std has checked. `bytes` is 0
            // when an address is null (the buffer of an empty array).
            unsafe { core::ptr::copy(from, to, bytes as usize) };
        }
    }

    fn flash_mem_fill(_ctx: *mut Context, to: *mut u8, byte: u8, bytes: i64) {
        if bytes > 0 {
            // SAFETY: compiled code has the right to store to each byte; it did so one by one before.
            unsafe { core::ptr::write_bytes(to, byte, bytes as usize) };
        }
    }

    fn flash_mem_free(_ctx: *mut Context, memory: *mut u8) {
        // SAFETY: the (unsafe) caller got the address from `flash_mem_alloc`.
        unsafe { libc::free(memory.cast()) };
    }
}
