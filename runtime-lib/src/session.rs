//! Programs that come in pieces, one after the other, on one thread with one heap: what the REPL runs. What fails in a
//! piece ends that piece; the variables of all of them share one area.

use crate::program::{self, Refused};
use crate::thread::{self, StackKind};
use crate::worker::termination;
use crate::{event_loop, process, signals, stdio, unwind};
use flash_abi::context::Context;
use flash_abi::program::Program;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Address space for variables: what a program may have at most. Only what is used costs memory.
const GLOBALS_SIZE: u64 = 1 << 30;
/// The number by which evaluations are ended from outside. (Workers count from 1.)
const EVALUATION: i64 = 0;

thread_local! {
    static ASKED: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
    static RESULT: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_INTERRUPTED: Cell<bool> = const { Cell::new(false) };
}

/// How a piece ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the text of its value, if it has one.
    Done(Option<String>),
    /// It threw, and that has been reported.
    Failed,
    Interrupted,
}

/// A thread's session.
#[derive(Debug)]
pub struct Session {
    ctx: *mut Context,
    /// Bytes of the variables there are.
    globals_size: usize,
    /// Somebody wants the thread for something else than the event loop.
    asked: Arc<AtomicBool>,
}

impl Session {
    /// Makes this thread one that runs a session. None when the system has no memory.
    pub fn start() -> Option<Session> {
        signals::install();
        let ctx = thread::create_with(GLOBALS_SIZE, std::ptr::null(), StackKind::Own)?;
        let asked = Arc::new(AtomicBool::new(false));
        ASKED.set(Some(asked.clone()));
        termination::announce(EVALUATION);
        signals::recover_on_this_thread();
        process::set_arguments(Vec::new());
        Some(Session { ctx, globals_size: 0, asked })
    }

    /// Runs the entry of a piece.
    ///
    /// # Safety
    /// As `run_program`; the piece's variables lie behind those of the pieces before it, whose code is still there.
    pub unsafe fn run(&mut self, piece: *const Program) -> Result<Outcome, Refused> {
        // SAFETY: promised by the caller; the context is of this thread.
        unsafe {
            program::register(piece)?;
            thread::set_globals(self.ctx, (*piece).globals_descriptor);
            self.globals_size = self.globals_size.max((*piece).globals_size as usize);
            IS_INTERRUPTED.set(false);
            RESULT.set(None);
            let living = termination::begin(EVALUATION);
            let code = crate::entry::enter(self.ctx, piece);
            drop(living);
            stdio::flush();
            Ok(match (IS_INTERRUPTED.get(), code) {
                (true, _) => Outcome::Interrupted,
                (false, 0) => Outcome::Done(RESULT.take()),
                (false, _) => Outcome::Failed,
            })
        }
    }

    /// Forgets the variables of all pieces: what is run next begins with none. Nothing of the earlier pieces runs any more.
    pub fn clear(&mut self) {
        // SAFETY: the context is of this thread, on which no Flash code runs; the area is as large as the last piece said.
        unsafe { std::ptr::write_bytes((*self.ctx).globals, 0, self.globals_size) };
        self.globals_size = 0;
    }

    /// What `flash_session_is_asked` answers from now on.
    pub fn ask(&self, is_asked: bool) {
        self.asked.store(is_asked, Ordering::Release);
    }

    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// Ends, from any thread, what the session is waiting for in its event loop, which then asks whether to go on.
    pub fn waker(&self) -> Option<impl Fn() + Send + Sync + use<>> {
        let (remote, asked) = (event_loop::remote().ok()?, self.asked.clone());
        Some(move || {
            asked.store(true, Ordering::Release);
            remote.wake();
        })
    }

    /// Ends, from any thread, the piece that is running.
    pub fn interrupter(&self) -> impl Fn() + Send + Sync + use<> {
        || termination::terminate(EVALUATION)
    }
}

crate::native! {
    /// A piece did not catch this.
    fn flash_session_failed(ctx: *mut Context, thrown: *mut u8) {
        stdio::flush();
        if thrown as usize == unwind::nothing_thrown() {
            // Or it has crashed.
            IS_INTERRUPTED.set(termination::is_asked());
            return;
        }
        // SAFETY: compiled code passes its context, and what its handler was given.
        unsafe { unwind::tell(ctx, crate::uncaught::UNCAUGHT, thrown as usize) };
    }

    /// The text of what a piece gives.
    fn flash_session_result(_ctx: *mut Context, data: *const u8, size: i64) {
        // SAFETY: compiled code passes a text.
        let bytes = unsafe { std::slice::from_raw_parts(data, size as usize) };
        RESULT.set(Some(String::from_utf8_lossy(bytes).into_owned()));
    }

    /// Whether somebody wants the thread for something else than the event loop.
    fn flash_session_is_asked(_ctx: *mut Context) -> i8 {
        ASKED.with_borrow(|asked| i8::from(asked.as_ref().is_some_and(|asked| asked.load(Ordering::Acquire))))
    }
}
