//! The context: what a thread that runs Flash code keeps at hand. Compiled code holds its address
//! in the pinned register (r15 on x86-64, x21 on aarch64) and uses the fields below by offset.

/// The part of the context that compiled code and assembly know. The runtime's own state lies
/// behind `runtime`.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    /// Next free byte of the current allocation region. Memory from here to `alloc_limit` is zero.
    pub alloc_cursor: *mut u8,
    /// End of the current allocation region.
    pub alloc_limit: *mut u8,
    /// The program's globals area, `Program::globals_size` bytes, zero at start.
    pub globals: *mut u8,
    /// Lowest usable address of the Flash stack.
    pub stack_limit: *mut u8,
    /// Highest address of the Flash stack: where the collector's scan ends.
    pub stack_base: *mut u8,
    /// Operands of a check that is about to fail: index and length, or an address and a length.
    pub fail_a: u64,
    pub fail_b: u64,
    /// Where the failing code was: return address and frame pointer, stored by the assembly shims.
    pub fail_pc: *const u8,
    pub fail_frame: *const u8,
    /// The runtime's own state of this thread.
    pub runtime: *mut core::ffi::c_void,
    /// Further results of `Program::describe`.
    pub fail_c: u64,
    pub fail_d: u64,
}

macro_rules! offsets {
    ($($name:ident = $field:ident),* $(,)?) => {
        $(pub const $name: u32 = core::mem::offset_of!(Context, $field) as u32;)*
    };
}

offsets! {
    ALLOC_CURSOR = alloc_cursor,
    ALLOC_LIMIT = alloc_limit,
    GLOBALS = globals,
    STACK_LIMIT = stack_limit,
    STACK_BASE = stack_base,
    FAIL_A = fail_a,
    FAIL_B = fail_b,
    FAIL_PC = fail_pc,
    FAIL_FRAME = fail_frame,
    RUNTIME = runtime,
    FAIL_C = fail_c,
    FAIL_D = fail_d,
}
