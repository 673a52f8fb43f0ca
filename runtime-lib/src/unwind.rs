//! Throwing: finds the handler of an error by the tables of the programs and goes on there. Frames
//! are those of frame pointers; code that throws nothing does nothing for it.

use crate::fail::{self, Failure};
use crate::process;
use crate::program;
use crate::trace::{self, Start};
use flash_abi::context::Context;
use flash_abi::object::{DESCRIPTOR_SIZE, Descriptor, HEADER_ADDRESS_MASK};

/// A place to go on at.
#[derive(Clone, Copy, Debug)]
struct Landing {
    code: usize,
    frame: usize,
    stack: usize,
}

unsafe extern "C" {
    /// In `asm/`: sets the registers that a handler expects and jumps to it.
    fn flash_resume(landing: usize, frame: usize, stack: usize, error: usize, ctx: *mut Context) -> !;
}

/// The innermost handler around the code at `start`. No error passes code that is in no source: what is
/// beyond it is C, which knows nothing of errors.
fn find_handler(start: Start) -> Option<Landing> {
    let Start { mut pc, mut frame, mut low, high, .. } = start;
    loop {
        if let Some(code) = program::find(pc) {
            if let Some((target, frame_size)) = code.handler() {
                return Some(Landing { code: target, frame, stack: frame.checked_sub(frame_size)? });
            }
            if code.function_name().is_empty() {
                return None;
            }
        }
        let (caller, return_address) = trace::read_frame(frame, low, high)?;
        low = frame + 16;
        (pc, frame) = (return_address, caller);
    }
}

/// Throws the error whose address is in `fail_a`, from the place that the shim has stored.
///
/// # Safety
/// `ctx` is this thread's context, filled by the shim; `fail_a` is an object.
pub(crate) unsafe fn throw(ctx: *mut Context) -> ! {
    // SAFETY: promised by the caller.
    let (start, error) = unsafe { (fail::place(&*ctx), (*ctx).fail_a as usize) };
    if let Some(Landing { code, frame, stack }) = find_handler(start) {
        // SAFETY: the tables name the handler of the call that this frame is in; what lies below its stack
        // pointer is Flash code, which owns nothing, and runtime code that holds nothing.
        unsafe { flash_resume(code, frame, stack, error, ctx) }
    }
    // SAFETY: promised by the caller.
    fail::print(Failure::Uncaught(unsafe { type_name(error) }), start);
    process::exit(fail::EXIT_CODE)
}

/// The name of an object's type.
///
/// # Safety
/// `object` is the address of an object.
unsafe fn type_name(object: usize) -> &'static [u8] {
    // SAFETY: an object starts with its descriptor's address; descriptors are the program's own data, and
    // the name follows the slots.
    unsafe {
        let descriptor = ((object as *const u64).read() & HEADER_ADDRESS_MASK) as *const Descriptor;
        let name = descriptor.cast::<u8>().add(DESCRIPTOR_SIZE as usize + 4 * (*descriptor).pointer_count as usize);
        std::slice::from_raw_parts(name, (*descriptor).name_len as usize)
    }
}
