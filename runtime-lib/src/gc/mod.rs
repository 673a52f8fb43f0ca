//! The collector's interface: allocation, roots that natives hold, and collection on demand.
//!
//! FIXME(rt): first version of this file, only the signatures are final; memory is never freed.

use flash_abi::context::Context;
use flash_abi::object::{BUFFER_COUNT, BUFFER_DATA, Descriptor, KIND_BUFFER};

/// The descriptor of buffers of bytes: text, file contents.
pub static BYTES: Descriptor =
    Descriptor { size: 1, pointer_count: 0, name_len: 0, kind: KIND_BUFFER, reserved: [0; 3] };

/// A new zeroed object of the descriptor's fixed size, header set. May collect.
///
/// # Safety
/// `ctx` is this thread's context and `descriptor` a valid `KIND_FIXED` descriptor that outlives the heap.
pub unsafe fn allocate(ctx: *mut Context, descriptor: *const Descriptor) -> *mut u8 {
    let _ = ctx;
    // SAFETY: promised by the caller.
    let size = unsafe { (*descriptor).size } as usize;
    take(descriptor, size)
}

/// A new buffer of `count` zeroed elements. The object's address; elements start at `BUFFER_DATA`. May collect.
///
/// # Safety
/// As [`allocate`], with a `KIND_BUFFER` descriptor.
pub unsafe fn allocate_buffer(ctx: *mut Context, descriptor: *const Descriptor, count: usize) -> *mut u8 {
    let _ = ctx;
    // SAFETY: promised by the caller.
    let size = unsafe { (*descriptor).size } as usize;
    let object = take(descriptor, BUFFER_DATA as usize + size * count);
    // SAFETY: every buffer has its count.
    unsafe { object.add(BUFFER_COUNT as usize).cast::<u64>().write(count as u64) };
    object
}

/// The data address of a new buffer of `len` zeroed bytes without pointers. Whoever holds the
/// address, or one inside, on its stack, in a register or in a heap object keeps it alive. May collect.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn allocate_bytes(ctx: *mut Context, len: usize) -> *mut u8 {
    // SAFETY: `BYTES` is a buffer descriptor; data lies inside the object.
    unsafe { allocate_buffer(ctx, &raw const BYTES, len).add(BUFFER_DATA as usize) }
}

fn take(descriptor: *const Descriptor, size: usize) -> *mut u8 {
    // SAFETY: calloc takes any sizes; the header is inside the object.
    unsafe {
        let object: *mut u8 = libc::calloc(1, (size + 15) & !7).cast();
        object.cast::<u64>().write(descriptor as u64);
        object
    }
}
