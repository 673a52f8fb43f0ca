//! Natives of `std:worker`. Values travel as buffers of one element, by the address of the element.

use crate::gc::{self, Refused};
use crate::worker::{self, mailbox};
use crate::{event_loop, io_error, native};
use flash_abi::context::Context;
use flash_abi::object::CLOSURE_CODE;

/// What `flash_mailbox_send` and `flash_worker_start` say.
const DONE: i32 = 0;
const CLOSED: i32 = 1;
const REFUSED: i32 = 2;
const NO_THREAD: i32 = 3;

/// The ranges of the globals area that workers get a copy of: see `ssa::build`. A count, then pairs of offset and size.
///
/// # Safety
/// `data` is null, or has that form.
unsafe fn ranges<'a>(data: *const u8) -> &'a [(u32, u32)] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller; a pair of numbers lies in memory as they stand.
    unsafe { std::slice::from_raw_parts(data.add(8).cast(), data.cast::<u64>().read() as usize) }
}

fn refused(Refused(name): Refused) -> i32 {
    io_error::remember_parts("", name);
    REFUSED
}

native! {
    /// A mailbox's number.
    fn flash_mailbox_open(_ctx: *mut Context) -> i64 {
        mailbox::open()
    }

    /// (mailbox, token): this thread's loop is told of what is in it. False when the system has no descriptors for a loop.
    fn flash_mailbox_listen(_ctx: *mut Context, id: i64, token: i64) -> i8 {
        match event_loop::remote() {
            Ok(remote) => {
                mailbox::listen(id, remote, token);
                1
            }
            Err(_) => 0,
        }
    }

    /// (mailbox, value) -> one of the numbers above; of a value that is refused, `flash_last_error` names the type.
    fn flash_mailbox_send(ctx: *mut Context, id: i64, value: *const u8) -> i32 {
        // SAFETY: compiled code passes its context and an address in an object.
        match unsafe { gc::pack(ctx, value as usize, &[]) } {
            Ok(parcel) => if mailbox::send(id, parcel) { DONE } else { CLOSED },
            Err(what) => refused(what),
        }
    }

    /// (mailbox) -> address of a value, or null when there is none now.
    fn flash_mailbox_take(ctx: *mut Context, id: i64) -> *const u8 {
        let Some(parcel) = mailbox::take(id) else { return std::ptr::null() };
        // SAFETY: compiled code passes its context; all threads run one program.
        unsafe { gc::unpack(ctx, &parcel) as *const u8 }
    }

    fn flash_mailbox_close(_ctx: *mut Context, id: i64) {
        mailbox::close(id);
    }

    fn flash_mailbox_is_over(_ctx: *mut Context, id: i64) -> i8 {
        i8::from(mailbox::is_over(id))
    }

    /// (function value, its work, ranges of globals, two mailboxes that end with it) -> one of the numbers above. The
    /// function is called in a new thread and asks for its work by `flash_worker_begin`.
    fn flash_worker_start(
        ctx: *mut Context, main: *const u8, work: *const u8, globals: *const u8, first: i64, second: i64,
    ) -> i32 {
        // SAFETY: compiled code passes its context, addresses of elements, the first of which is a closure that uses
        // nothing of itself, and the data that the compiler made.
        unsafe {
            let parcel = match gc::pack(ctx, work as usize, ranges(globals)) {
                Ok(parcel) => parcel,
                Err(what) => return refused(what),
            };
            let closure = main.cast::<*const u8>().read();
            let code = closure.add(CLOSURE_CODE as usize).cast::<*const u8>().read();
            if worker::start(code, parcel, vec![first, second]) { DONE } else { NO_THREAD }
        }
    }

    /// (first mailbox): ends the worker, sooner or later, wherever it is.
    fn flash_worker_terminate(_ctx: *mut Context, id: i64) {
        worker::termination::terminate(id);
    }

    /// Whether this thread has been ended from outside.
    fn flash_worker_is_terminated(_ctx: *mut Context) -> i8 {
        i8::from(worker::termination::is_asked())
    }

    /// -> address of this thread's work, or null when it has begun already. Fills the globals.
    fn flash_worker_begin(ctx: *mut Context) -> *const u8 {
        // SAFETY: compiled code passes its context.
        unsafe { worker::begin(ctx) as *const u8 }
    }
}
