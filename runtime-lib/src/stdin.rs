//! Standard input as all share it who read it, `console.readline` and `process.stdin`: what was read and is not wanted yet
//! lies here. Reading waits, and holds other threads that want to read up.

use std::io;
use std::sync::{Mutex, MutexGuard};

/// Bytes that are asked for at once.
const PIECE: usize = 64 * 1024;

/// What was read and is not wanted yet, from `start` on.
struct Input {
    bytes: Vec<u8>,
    start: usize,
}

static INPUT: Mutex<Input> = Mutex::new(Input { bytes: Vec::new(), start: 0 });

fn input() -> MutexGuard<'static, Input> {
    // Whoever failed in the middle of it has left it whole.
    INPUT.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Waits for a line; gives it with its end, or what there is at the end of the input. None when that is nothing.
pub fn read_line() -> Option<Vec<u8>> {
    let mut input = input();
    let mut searched = 0;
    loop {
        let held = input.held();
        if let Some(at) = held.iter().skip(searched).position(|&byte| byte == b'\n') {
            return Some(input.take(searched + at + 1));
        }
        searched = held.len();
        if !matches!(input.read_more(), Ok(1..)) {
            return (searched > 0).then(|| input.take(searched));
        }
    }
}

/// What was read and is not wanted yet, for somebody else who reads on.
pub fn take_held() -> Vec<u8> {
    let mut input = input();
    let count = input.held().len();
    input.take(count)
}

/// Gives back what somebody has read and does not want: it comes before everything else.
pub fn give_back(bytes: &[u8]) {
    let mut input = input();
    let rest = [bytes, input.held()].concat();
    *input = Input { bytes: rest, start: 0 };
}

impl Input {
    fn held(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or(&[])
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let taken = self.held().get(..count).unwrap_or(&[]).to_vec();
        self.start += taken.len();
        if self.start == self.bytes.len() {
            *self = Input { bytes: Vec::new(), start: 0 };
        }
        taken
    }

    /// Waits for more; how much it is, nothing at the end.
    fn read_more(&mut self) -> io::Result<usize> {
        self.bytes.drain(..std::mem::take(&mut self.start));
        let len = self.bytes.len();
        self.bytes.resize(len + PIECE, 0);
        let result = system::read(&mut self.bytes[len..]);
        self.bytes.truncate(len + result.as_ref().map_or(0, |&count| count));
        result
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    /// Reads from standard input, and waits if others have made it one that does not wait.
    pub fn read(to: &mut [u8]) -> io::Result<usize> {
        loop {
            // SAFETY: the range of a live slice.
            let count = unsafe { libc::read(0, to.as_mut_ptr().cast(), to.len()) };
            if let Ok(count) = usize::try_from(count) {
                return Ok(count);
            }
            let error = io::Error::last_os_error();
            match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => {
                    let mut entry = libc::pollfd { fd: 0, events: libc::POLLIN, revents: 0 };
                    // SAFETY: one entry.
                    unsafe { libc::poll(&mut entry, 1, -1) };
                }
                _ => return Err(error),
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io::{self, Read};

    pub fn read(to: &mut [u8]) -> io::Result<usize> {
        io::stdin().lock().read(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_comes_first() {
        give_back(b"second\nthird");
        give_back(b"first\n");
        assert_eq!(read_line().as_deref(), Some(&b"first\n"[..]));
        assert_eq!(read_line().as_deref(), Some(&b"second\n"[..]));
        assert_eq!(take_held(), b"third");
        assert_eq!(take_held(), b"");
    }
}
