//! The collector's interface: allocation, objects that natives hold, and collection on demand. Mark-region
//! (Immix) without generations so far; precise in the heap, conservative on stack and registers; nothing moves.
//!
//! A native may keep addresses of objects, or inside objects, in its locals: the stack it runs on is scanned. It
//! must not keep them where the scan does not look (Rust's own heap, statics) unless it holds them.

mod blocks;
mod heap;
mod large;
mod mark;
mod object;
mod parcel;
mod stats;
#[cfg(test)]
mod tests;
mod verify;

pub use heap::{Heap, Mode, StackRange};
pub use parcel::{Parcel, Refused, pack, unpack};

use crate::fail::{self, Failure};
use crate::thread;
use flash_abi::context::Context;
use flash_abi::object::{ARRAY_CAPACITY, ARRAY_DATA, ARRAY_LEN, BUFFER_COUNT, BUFFER_DATA, Descriptor, KIND_BUFFER};

/// A descriptor of the runtime's own, without pointer slots, its name behind it as the compiler lays it out.
#[repr(C, align(8))]
struct OwnType {
    head: Descriptor,
    name: [u8; 5],
}

/// Buffers of bytes: text, file contents.
static BYTES: OwnType = OwnType {
    head: Descriptor { size: 1, pointer_count: 0, name_len: 5, kind: KIND_BUFFER, reserved: [0; 3] },
    name: *b"bytes",
};

/// The least capacity that a growing array gets.
const LEAST_CAPACITY: usize = 4;

/// A new zeroed object of the descriptor's fixed size, header set. May collect.
///
/// # Safety
/// `ctx` is this thread's context and `descriptor` a valid `KIND_FIXED` descriptor that outlives the heap.
pub unsafe fn allocate(ctx: *mut Context, descriptor: *const Descriptor) -> *mut u8 {
    // SAFETY: promised by the caller.
    unsafe { take(ctx, object::aligned((*descriptor).size as usize), descriptor) }
}

/// A new buffer of `count` zeroed elements. The object's address; elements start at `BUFFER_DATA`. May collect.
///
/// # Safety
/// As [`allocate`], with a `KIND_BUFFER` descriptor.
pub unsafe fn allocate_buffer(ctx: *mut Context, descriptor: *const Descriptor, count: usize) -> *mut u8 {
    // SAFETY: promised by the caller; every buffer has room for its count.
    unsafe {
        let Some(size) = object::buffer_size(&*descriptor, count) else {
            fail::raise(ctx, Failure::OutOfMemory(count.saturating_mul((*descriptor).size as usize)))
        };
        let object = take(ctx, size, descriptor);
        object.add(BUFFER_COUNT as usize).cast::<u64>().write(count as u64);
        object
    }
}

/// The data address of a new buffer of `len` zeroed bytes without pointers. Whoever holds the
/// address, or one inside, on its stack, in a register or in a heap object keeps it alive. May collect.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn allocate_bytes(ctx: *mut Context, len: usize) -> *mut u8 {
    // SAFETY: `BYTES` is a buffer descriptor; data lies inside the object.
    unsafe { allocate_buffer(ctx, &raw const BYTES.head, len).add(BUFFER_DATA as usize) }
}

/// Makes room for at least `least` elements in a `[u8]`. May collect.
///
/// # Safety
/// `ctx` is this thread's context and `array` the object of an array of bytes.
pub unsafe fn reserve_bytes(ctx: *mut Context, array: *mut u8, least: usize) {
    // SAFETY: promised by the caller; buffers of bytes are all alike, whoever describes them.
    unsafe { flash_array_reserve(ctx, array, &raw const BYTES.head, i64::try_from(least).unwrap_or(i64::MAX)) }
}

/// Frees what cannot be reached any more; the bytes that are still alive.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn collect(ctx: *mut Context) -> usize {
    // SAFETY: promised by the caller; `collect_from` has the signature that is asked for.
    unsafe {
        flash_spill_registers(ctx, collect_from);
        thread::heap(ctx).live_bytes()
    }
}

/// Number of collections so far: what is remembered of the heap by address holds until it changes.
///
/// # Safety
/// `ctx` is this thread's context.
pub unsafe fn collections(ctx: *mut Context) -> usize {
    // SAFETY: promised by the caller.
    unsafe { thread::heap(ctx).collections() }
}

/// An object that a native keeps where the collector does not look; see [`hold`].
#[derive(Debug)]
pub struct Held(usize);

/// Keeps an object alive until [`release`].
///
/// # Safety
/// `ctx` is this thread's context and `object` an address of or in an object, or null.
pub unsafe fn hold(ctx: *mut Context, object: *mut u8) -> Held {
    // SAFETY: promised by the caller.
    Held(unsafe { thread::heap(ctx).hold(object) })
}

/// The address of a held object.
///
/// # Safety
/// `ctx` is the context it was held by.
pub unsafe fn held(ctx: *mut Context, held: &Held) -> *mut u8 {
    // SAFETY: promised by the caller.
    unsafe { thread::heap(ctx).held(held.0) }
}

/// Lets go of a held object.
///
/// # Safety
/// `ctx` is the context it was held by.
pub unsafe fn release(ctx: *mut Context, held: Held) {
    // SAFETY: promised by the caller.
    unsafe { thread::heap(ctx).release(held.0) }
}

/// Zeroed memory with its header set.
///
/// # Safety
/// `ctx` is this thread's context; `size` is that of an object of the descriptor.
unsafe fn take(ctx: *mut Context, size: usize, descriptor: *const Descriptor) -> *mut u8 {
    // SAFETY: promised by the caller; what lies between cursor and limit is free and zero.
    unsafe {
        let cursor = (*ctx).alloc_cursor;
        let object = if size <= (*ctx).alloc_limit as usize - cursor as usize {
            (*ctx).alloc_cursor = cursor.add(size);
            cursor
        } else {
            take_slowly(ctx, size)
        };
        object.cast::<u64>().write(descriptor as u64);
        object
    }
}

/// As [`take`], without the header, when the current hole is not enough.
#[cold]
#[inline(never)]
unsafe fn take_slowly(ctx: *mut Context, size: usize) -> *mut u8 {
    // SAFETY: promised by the caller; no reference to the heap is alive across `collect`.
    unsafe {
        if thread::heap(ctx).is_due() {
            collect(ctx);
        }
        let object = thread::heap(ctx).take(&mut *ctx, size, true);
        if !object.is_null() {
            return object;
        }
        collect(ctx);
        let object = thread::heap(ctx).take(&mut *ctx, size, true);
        if object.is_null() {
            fail::raise(ctx, Failure::OutOfMemory(size));
        }
        object
    }
}

type Continue = unsafe extern "C" fn(*mut Context, *const u8);

unsafe extern "C" {
    /// See `asm/`: puts all registers on the stack and calls on with the lowest address of them.
    fn flash_spill_registers(ctx: *mut Context, then: Continue);
}

/// Collects, scanning the stack from `stack` on.
unsafe extern "C" fn collect_from(ctx: *mut Context, stack: *const u8) {
    // SAFETY: `collect` was promised that the context is this thread's.
    unsafe {
        let (low, high) = (stack as usize, (*ctx).stack_base as usize);
        // Called by the host while no Flash code is running: this is another stack, with nothing of ours.
        let is_flash_stack = ((*ctx).stack_limit as usize..high).contains(&low);
        let range = is_flash_stack.then_some(StackRange { low, high });
        thread::heap(ctx).collect(&mut *ctx, range);
    }
}

crate::native! {
    /// (descriptor) -> zeroed object of its fixed size, header set. The slow path of inline allocation.
    fn flash_alloc(ctx: *mut Context, descriptor: *const Descriptor) -> *mut u8 {
        // SAFETY: compiled code passes its context and its descriptors.
        unsafe { allocate(ctx, descriptor) }
    }

    /// (buffer descriptor, count) -> buffer with `count` zeroed elements.
    fn flash_alloc_buffer(ctx: *mut Context, descriptor: *const Descriptor, count: i64) -> *mut u8 {
        // SAFETY: compiled code passes its context and its descriptors.
        unsafe {
            let Ok(count) = usize::try_from(count) else {
                fail::raise(ctx, Failure::Panic("the length of an array cannot be negative"))
            };
            allocate_buffer(ctx, descriptor, count)
        }
    }

    /// (array, buffer descriptor, least capacity): grows the array's buffer to at least that.
    fn flash_array_reserve(ctx: *mut Context, array: *mut u8, descriptor: *const Descriptor, least: i64) {
        // SAFETY: compiled code passes its context, an array object and the descriptor of its buffers.
        unsafe {
            let field = |offset: u32| array.add(offset as usize).cast::<usize>();
            let capacity = field(ARRAY_CAPACITY).read();
            let Some(least) = usize::try_from(least).ok().filter(|&least| least > capacity) else { return };
            let capacity = least.max(capacity * 2).max(LEAST_CAPACITY);
            let buffer = allocate_buffer(ctx, descriptor, capacity).add(BUFFER_DATA as usize);
            let used = field(ARRAY_LEN).read() * (*descriptor).size as usize;
            if used > 0 {
                buffer.copy_from_nonoverlapping(field(ARRAY_DATA).read() as *const u8, used);
            }
            field(ARRAY_DATA).write(buffer as usize);
            field(ARRAY_CAPACITY).write(capacity);
        }
    }

    /// Bytes in use after forcing a collection.
    fn flash_collect(ctx: *mut Context) -> i64 {
        // SAFETY: compiled code passes its context.
        unsafe { collect(ctx) as i64 }
    }
}
