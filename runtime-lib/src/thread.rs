//! A thread that runs Flash code: its context, heap, globals and stacks, from creation to the end.

use crate::fail::Failure;
use crate::gc::Heap;
use crate::memory::{self, Mapping};
use crate::overflow::Overflow;
use flash_abi::context::Context;
use flash_abi::object::Descriptor;
use flash_abi::program::Program;
use std::cell::Cell;
use std::ptr::null_mut;

/// Bytes of the Flash stack unless FLASH_STACK_MB says otherwise; only what is used costs memory.
const STACK_SIZE: usize = 64 << 20;
/// Bytes below the Flash stack that fault: more than a foreign function without probes skips at once.
pub(crate) const GUARD_SIZE: usize = 256 << 10;
/// Bytes of the stack that signal handlers run on.
const SIGNAL_STACK_SIZE: usize = 64 << 10;

/// Everything the runtime knows of a thread. The context is its first field; compiled code knows only that.
#[repr(C)]
pub struct Thread {
    context: Context,
    pub(crate) heap: Heap,
    _globals: Mapping,
    /// None for a thread whose Flash code runs on the stack that its C caller has.
    stack: Option<Mapping>,
    signal_stack: Mapping,
    overflow: Overflow,
}

thread_local! {
    static CURRENT: Cell<*mut Context> = const { Cell::new(null_mut()) };
}

/// This thread's context, or null.
pub fn current() -> *mut Context {
    CURRENT.with(Cell::get)
}

/// The heap behind a context. (Projected from raw addresses: the context itself is not borrowed.)
///
/// # Safety
/// `ctx` is a context that [`create`] made, of this thread; no other reference to the heap is alive.
pub unsafe fn heap<'a>(ctx: *mut Context) -> &'a mut Heap {
    // SAFETY: `runtime` points to the `Thread` around the context.
    unsafe { &mut (*(*ctx).runtime.cast::<Thread>()).heap }
}

/// What is known of a full stack.
///
/// # Safety
/// As for [`heap`].
pub(crate) unsafe fn overflow<'a>(ctx: *mut Context) -> &'a mut Overflow {
    // SAFETY: as in `heap`.
    unsafe { &mut (*(*ctx).runtime.cast::<Thread>()).overflow }
}

/// Address just after the Flash stack; null when the thread's own stack serves.
///
/// # Safety
/// `ctx` is a context that [`create`] made.
pub unsafe fn stack_top(ctx: *mut Context) -> *mut u8 {
    // SAFETY: as in `heap`; only read.
    let stack = unsafe { &(*(*ctx).runtime.cast::<Thread>()).stack };
    stack.as_ref().map_or(null_mut(), Mapping::end)
}

/// Whether an access to this address is one beyond the end of the stack.
///
/// # Safety
/// `ctx` is a context that [`create`] made.
pub unsafe fn is_stack_guard(ctx: *mut Context, address: usize) -> bool {
    // SAFETY: promised by the caller; only read.
    let (limit, is_own) = unsafe { ((*ctx).stack_limit as usize, !stack_top(ctx).is_null()) };
    // A thread's own stack ends in guard pages of the system, or in nothing at all.
    let above = if is_own { 0 } else { GUARD_SIZE };
    (limit.saturating_sub(GUARD_SIZE)..limit + above).contains(&address)
}

/// Which stack a thread's Flash code runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackKind {
    /// One of its own.
    Own,
    /// The thread's, because C code calls it.
    Callers,
}

/// Makes this thread's context for a program that has been registered, and makes it current. None when the
/// system has no memory.
///
/// # Safety
/// `program` is valid and stays so until [`destroy`]; the thread has no context.
pub unsafe fn create(program: *const Program, kind: StackKind) -> Option<*mut Context> {
    // SAFETY: promised by the caller.
    let program = unsafe { &*program };
    create_with(program.globals_size, program.globals_descriptor, kind)
}

/// As [`create`], with so many bytes for variables. Without a descriptor none of them refers to anything yet: see
/// [`set_globals`].
pub(crate) fn create_with(size: u64, descriptor: *const Descriptor, kind: StackKind) -> Option<*mut Context> {
    let globals = Mapping::zeroed(usize::try_from(size).ok()?)?;
    let signal_stack = Mapping::zeroed(SIGNAL_STACK_SIZE)?;
    let stack = match kind {
        StackKind::Own => Some(flash_stack()?),
        StackKind::Callers => None,
    };
    let (stack_limit, stack_base) = match &stack {
        Some(stack) => (stack.start().wrapping_add(GUARD_SIZE), stack.end()),
        None => callers_stack(),
    };
    let mut heap = Heap::new()?;
    if !descriptor.is_null() {
        heap.add_globals(globals.start(), descriptor);
    }
    let context = Context {
        alloc_cursor: null_mut(),
        alloc_limit: null_mut(),
        globals: globals.start(),
        stack_limit,
        stack_base,
        fail_a: 0,
        fail_b: 0,
        fail_pc: std::ptr::null(),
        fail_frame: std::ptr::null(),
        runtime: null_mut(),
        fail_c: 0,
        fail_d: 0,
    };
    let thread = Box::into_raw(Box::new(Thread {
        context,
        heap,
        _globals: globals,
        stack,
        signal_stack,
        overflow: Overflow::new(),
    }));
    // SAFETY: the thread was just made; its signal stack lives as long.
    unsafe {
        (*thread).context.runtime = thread.cast();
        use_signal_stack(&(*thread).signal_stack);
        let ctx = &raw mut (*thread).context;
        CURRENT.with(|current| current.set(ctx));
        Some(ctx)
    }
}

/// The variables are described by this from now on.
///
/// # Safety
/// `ctx` is this thread's context; the descriptor stays as long as it.
pub(crate) unsafe fn set_globals(ctx: *mut Context, descriptor: *const Descriptor) {
    // SAFETY: promised by the caller.
    unsafe { heap(ctx).set_globals((*ctx).globals, descriptor) }
}

/// Ends this thread's context; its objects are gone.
///
/// # Safety
/// `ctx` came from [`create`] on this thread, and no Flash code is running on it.
pub unsafe fn destroy(ctx: *mut Context) {
    CURRENT.with(|current| current.set(null_mut()));
    let disable = libc::stack_t { ss_sp: null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: nothing runs on the signal stack, and `runtime` is the box that `create` made.
    unsafe {
        libc::sigaltstack(&disable, null_mut());
        drop(Box::from_raw((*ctx).runtime.cast::<Thread>()));
    }
}

/// A stack with its guard at the low end.
fn flash_stack() -> Option<Mapping> {
    let wanted = std::env::var("FLASH_STACK_MB").ok().and_then(|text| text.trim().parse::<usize>().ok());
    let size = wanted.filter(|mb| (1..1 << 20).contains(mb)).map_or(STACK_SIZE, |mb| mb << 20);
    let stack = Mapping::zeroed(size + GUARD_SIZE)?;
    // SAFETY: the lowest part of a mapping nobody uses yet.
    unsafe { memory::guard(stack.start(), GUARD_SIZE) }.then_some(stack)
}

/// Lowest and highest address of the stack that this thread has from the system.
fn callers_stack() -> (*mut u8, *mut u8) {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut start, mut size, mut guard) = (null_mut(), 0, 0);
    // SAFETY: the attributes are initialised by the first call when it succeeds, and destroyed after use.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) == 0 {
            libc::pthread_attr_getstack(attributes.as_ptr(), &mut start, &mut size);
            libc::pthread_attr_getguardsize(attributes.as_ptr(), &mut guard);
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
        }
    }
    let start: *mut u8 = start.cast();
    (start.wrapping_add(guard), start.wrapping_add(size))
}

/// Lets signal handlers of this thread run on this stack, so that they work when the other one is full.
fn use_signal_stack(stack: &Mapping) {
    let stack = libc::stack_t { ss_sp: stack.start().cast(), ss_flags: 0, ss_size: stack.size() };
    // SAFETY: the mapping stays until `destroy` disables it.
    unsafe { libc::sigaltstack(&stack, null_mut()) };
}

/// Ends the process when memory for the thread itself is missing.
pub fn no_memory() -> ! {
    let start = crate::trace::Start { pc: 0, frame: 0, low: 0, high: 0, is_crash: false };
    crate::fail::print(Failure::OutOfMemory(STACK_SIZE), start);
    crate::process::exit(1)
}
