//! What the program prints while somebody types: whole lines go to the line editor, which writes them above the line that
//! is being edited; the rest waits until the line is done.

use flash_runtime::stdio;
use std::sync::Mutex;
use std::sync::mpsc::{SyncSender, TrySendError};

struct Screen {
    /// Of the line editor, while it is at work.
    printer: Option<SyncSender<String>>,
    /// What has not been handed to it.
    held: Vec<u8>,
}

static SCREEN: Mutex<Screen> = Mutex::new(Screen { printer: None, held: Vec::new() });

/// From here on what is written to the standard streams goes through here.
pub fn install() {
    stdio::set_taker(take);
}

/// Somebody begins to type.
pub fn begin(printer: &SyncSender<String>) {
    if let Ok(mut screen) = SCREEN.lock() {
        screen.printer = Some(printer.clone());
    }
}

/// The line is done.
pub fn end() {
    let Ok(mut screen) = SCREEN.lock() else { return };
    screen.printer = None;
    let held = std::mem::take(&mut screen.held);
    // Whoever writes has the lock of the stream before it asks for this one.
    drop(screen);
    if !held.is_empty() {
        stdio::write_all(1, &held);
    }
}

fn take(_fd: i32, bytes: &[u8]) -> bool {
    let Ok(mut guard) = SCREEN.lock() else { return false };
    let screen = &mut *guard;
    let Some(printer) = &screen.printer else { return false };
    screen.held.extend_from_slice(bytes);
    let Some(last) = screen.held.iter().rposition(|byte| *byte == b'\n') else { return true };
    let rest = screen.held.split_off(last + 1);
    let lines = std::mem::replace(&mut screen.held, rest);
    // Never waits: the editor may wait for us. What it has no room for goes with what comes next.
    let refused = match printer.try_send(String::from_utf8_lossy(&lines).into_owned()) {
        Ok(()) => return true,
        Err(TrySendError::Full(lines) | TrySendError::Disconnected(lines)) => lines,
    };
    screen.held.splice(0..0, refused.into_bytes());
    true
}
