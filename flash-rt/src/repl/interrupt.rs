//! Signals at a terminal: Ctrl-C stops what runs, and whatever ends the process while a line is edited leaves the
//! terminal as it was.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Where the handler of SIGINT writes.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// How the terminal was when we came.
static TERMINAL: OnceLock<libc::termios> = OnceLock::new();
/// The line editor has changed the terminal.
static IS_EDITING: AtomicBool = AtomicBool::new(false);

/// Has a function called at each SIGINT, on a thread of its own.
pub fn on_interrupt(call: impl Fn() + Send + 'static) -> io::Result<()> {
    extern "C" fn handle(_signal: i32) {
        // SAFETY: writes a byte to a pipe that is never closed; a full one has a byte in it already. `errno` is kept.
        unsafe {
            let errno = *libc::__errno_location();
            libc::write(PIPE.load(Ordering::Relaxed), [0_u8].as_ptr().cast(), 1);
            *libc::__errno_location() = errno;
        }
    }
    let mut ends: [RawFd; 2] = [-1; 2];
    // SAFETY: fills in two descriptors; the writing end never blocks.
    unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0
            || libc::fcntl(ends[1], libc::F_SETFL, libc::O_NONBLOCK) != 0
        {
            return Err(io::Error::last_os_error());
        }
    }
    PIPE.store(ends[1], Ordering::Relaxed);
    std::thread::Builder::new().name("interrupt".to_owned()).stack_size(256 * 1024).spawn(move || {
        loop {
            let mut byte = 0_u8;
            // SAFETY: reads one byte from our own pipe.
            match unsafe { libc::read(ends[0], (&raw mut byte).cast(), 1) } {
                1 => call(),
                _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                _ => return,
            }
        }
    })?;
    handle_signal(libc::SIGINT, handle)
}

/// Has the terminal put back when the process ends while a line is edited.
pub fn guard_terminal() {
    extern "C" fn at_exit() {
        restore();
    }
    extern "C" fn end(signal: i32) {
        restore();
        // SAFETY: the default action ends the process, when this handler returns.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
    let mut state = MaybeUninit::<libc::termios>::uninit();
    // SAFETY: fills in the state, or fails.
    if unsafe { libc::tcgetattr(0, state.as_mut_ptr()) } != 0 {
        return;
    }
    // SAFETY: just filled in.
    let _ = TERMINAL.set(unsafe { state.assume_init() });
    // SAFETY: registers a function that lives as long as the process.
    unsafe { libc::atexit(at_exit) };
    for signal in [libc::SIGTERM, libc::SIGHUP] {
        let _ = handle_signal(signal, end);
    }
}

/// A line is being edited from here on, or no more.
pub fn set_editing(is_editing: bool) {
    IS_EDITING.store(is_editing, Ordering::SeqCst);
}

/// Also called by handlers of signals.
fn restore() {
    if !IS_EDITING.swap(false, Ordering::SeqCst) {
        return;
    }
    let Some(state) = TERMINAL.get() else { return };
    // The end of bracketed paste, and a line for what comes next.
    let text = b"\x1b[?2004l\r\n";
    // SAFETY: writes a live text, and sets the state that was.
    unsafe {
        libc::write(1, text.as_ptr().cast(), text.len());
        libc::tcsetattr(0, libc::TCSANOW, state);
    }
}

fn handle_signal(signal: i32, handler: extern "C" fn(i32)) -> io::Result<()> {
    // SAFETY: a zeroed sigaction is valid; the handler does only what a handler may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        if libc::sigaction(signal, &action, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
