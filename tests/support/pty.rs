//! A program at a terminal that we are: a pseudo-terminal, and as much of a screen as line editors need.

#![allow(dead_code, reason = "every test binary uses a part")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longer no test waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    master: File,
    child: Child,
    pub screen: Screen,
}

/// What stands on a terminal.
pub struct Screen {
    /// All lines that there ever were; the last `rows` are on the screen.
    lines: Vec<Vec<char>>,
    rows: usize,
    columns: usize,
    /// Of the cursor, both from 0, the line counted from the top of the screen.
    row: usize,
    column: usize,
    saved: (usize, usize),
    /// Of an escape sequence or a character that is not complete yet.
    pending: Vec<u8>,
    /// What the program is to read as an answer.
    answers: Vec<u8>,
    /// Everything that came, as it came.
    pub bytes: Vec<u8>,
}

impl Terminal {
    pub fn start(command: &mut Command, rows: u16, columns: u16) -> Terminal {
        let (mut master, mut slave) = (-1, -1);
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: fills in two descriptors.
        let opened = unsafe { libc::openpty(&mut master, &mut slave, std::ptr::null_mut(), std::ptr::null(), &size) };
        assert_eq!(opened, 0, "no pseudo-terminal: {}", std::io::Error::last_os_error());
        // SAFETY: just made, and nobody else's.
        let (master, slave) = unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        // SAFETY: sets a flag of our own descriptor: the child must not keep the terminal open.
        unsafe { libc::fcntl(master.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
        let end = || Stdio::from(slave.try_clone().expect("a descriptor"));
        command.stdin(end()).stdout(end()).stderr(end()).env("TERM", "xterm-256color");
        // SAFETY: only calls of the system between fork and exec.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() == -1 || libc::ioctl(0, libc::TIOCSCTTY, 0) == -1 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        // Only the program has the terminal open: its end is the terminal's.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Terminal { master, child, screen: Screen::new(rows.into(), columns.into()) }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn types(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("a terminal that takes keys");
    }

    /// Waits until the screen satisfies.
    pub fn until(&mut self, what: &str, test: impl Fn(&Screen) -> bool) {
        let started = Instant::now();
        while !test(&self.screen) {
            assert!(started.elapsed() < PATIENCE, "no {what} on:\n{}", self.screen.text());
            if !self.look(Duration::from_millis(20)) {
                assert!(test(&self.screen), "the program ended without {what}:\n{}", self.screen.text());
                return;
            }
        }
    }

    /// Waits until this text stands on the screen.
    pub fn sees(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |screen| screen.text().contains(text));
    }

    /// Takes what comes for so long.
    pub fn rest(&mut self, time: Duration) {
        let started = Instant::now();
        while started.elapsed() < time && self.look(Duration::from_millis(5)) {}
    }

    /// Waits for the program's end.
    pub fn end(mut self) -> (ExitStatus, Screen) {
        let started = Instant::now();
        while self.look(Duration::from_millis(20)) {
            assert!(started.elapsed() < PATIENCE, "the program does not end:\n{}", self.screen.text());
        }
        let status = self.child.wait().expect("the program's end");
        let screen = std::mem::replace(&mut self.screen, Screen::new(1, 1));
        (status, screen)
    }

    /// Whether what is typed is echoed, and comes by lines: nobody edits.
    pub fn is_cooked(&self) -> bool {
        let mut state = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: fills in the state.
        let state = unsafe {
            assert_eq!(libc::tcgetattr(self.master.as_raw_fd(), state.as_mut_ptr()), 0);
            state.assume_init()
        };
        state.c_lflag & (libc::ECHO | libc::ICANON) == libc::ECHO | libc::ICANON
    }

    /// Takes what is there, or comes within a time; false when nobody has the terminal open any more.
    fn look(&mut self, time: Duration) -> bool {
        let mut entry = libc::pollfd { fd: self.master.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry.
        if unsafe { libc::poll(&mut entry, 1, time.as_millis() as i32) } <= 0 {
            return true;
        }
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(count) if count > 0 => {
                self.screen.take(&bytes[..count]);
                let answers = std::mem::take(&mut self.screen.answers);
                let _ = self.master.write_all(&answers);
                true
            }
            // Linux gives EIO when the other side is closed.
            _ => false,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Screen {
    fn new(rows: usize, columns: usize) -> Screen {
        Screen {
            lines: vec![Vec::new(); rows],
            rows,
            columns,
            row: 0,
            column: 0,
            saved: (0, 0),
            pending: Vec::new(),
            answers: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// All lines, also those that have left the screen, without spaces at their ends and empty lines at the end.
    pub fn text(&self) -> String {
        let lines: Vec<String> =
            self.lines.iter().map(|line| line.iter().collect::<String>().trim_end().to_owned()).collect();
        lines.join("\n").trim_end_matches('\n').to_owned()
    }

    /// The line of the cursor, as far as the cursor.
    pub fn before_cursor(&self) -> String {
        let line = &self.lines[self.top() + self.row];
        (0..self.column).map(|column| line.get(column).copied().unwrap_or(' ')).collect()
    }

    fn top(&self) -> usize {
        self.lines.len() - self.rows
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while let Some(&first) = rest.first() {
            let taken = match first {
                0x1b => self.escape(rest),
                0x20..=0x7e => {
                    self.put(first as char);
                    Some(1)
                }
                0x80.. => self.character(rest),
                _ => {
                    self.control(first);
                    Some(1)
                }
            };
            match taken {
                Some(length) => rest = &rest[length..],
                None => break,
            }
        }
        self.pending = rest.to_vec();
    }

    fn control(&mut self, byte: u8) {
        match byte {
            b'\r' => self.column = 0,
            b'\n' => self.line_feed(),
            8 => self.column = self.column.saturating_sub(1),
            b'\t' => self.column = (self.column / 8 + 1) * 8,
            _ => {}
        }
    }

    fn line_feed(&mut self) {
        if self.row + 1 < self.rows {
            self.row += 1;
        } else {
            self.lines.push(Vec::new());
        }
    }

    fn put(&mut self, c: char) {
        if self.column >= self.columns {
            self.column = 0;
            self.line_feed();
        }
        let index = self.top() + self.row;
        let line = &mut self.lines[index];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = c;
        self.column += 1;
    }

    fn character(&mut self, bytes: &[u8]) -> Option<usize> {
        let length = match bytes[0] {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
            _ => 1,
        };
        let c = std::str::from_utf8(bytes.get(..length)?).ok().and_then(|text| text.chars().next());
        self.put(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        Some(length)
    }

    /// The length of the sequence, when it is complete.
    fn escape(&mut self, bytes: &[u8]) -> Option<usize> {
        match *bytes.get(1)? {
            b'[' => {
                let end = bytes[2..].iter().position(|byte| (0x40..=0x7e).contains(byte))? + 2;
                let text = String::from_utf8_lossy(&bytes[2..end]).into_owned();
                self.sequence(bytes[end], &text);
                Some(end + 1)
            }
            b']' => {
                let end = bytes.iter().position(|byte| *byte == 7)?;
                Some(end + 1)
            }
            b'7' => {
                self.saved = (self.row, self.column);
                Some(2)
            }
            b'8' => {
                (self.row, self.column) = self.saved;
                Some(2)
            }
            _ => Some(2),
        }
    }

    fn sequence(&mut self, kind: u8, text: &str) {
        let numbers: Vec<usize> = text.split(';').map(|number| number.parse().unwrap_or(0)).collect();
        let number = |index: usize| numbers.get(index).copied().unwrap_or(0);
        let count = number(0).max(1);
        let (last_row, last_column) = (self.rows - 1, self.columns - 1);
        match kind {
            b'A' => self.row = self.row.saturating_sub(count),
            b'B' => self.row = (self.row + count).min(last_row),
            b'C' => self.column = (self.column + count).min(last_column),
            b'D' => self.column = self.column.saturating_sub(count),
            b'G' => self.column = (count - 1).min(last_column),
            b'H' => (self.row, self.column) = ((count - 1).min(last_row), (number(1).max(1) - 1).min(last_column)),
            b'J' => self.erase(number(0)),
            b'K' => self.erase_in_line(number(0)),
            b's' if text.is_empty() => self.saved = (self.row, self.column),
            b'u' if text.is_empty() => (self.row, self.column) = self.saved,
            b'n' if number(0) == 6 => {
                let column = self.column.min(last_column);
                self.answers.extend(format!("\x1b[{};{}R", self.row + 1, column + 1).bytes());
            }
            _ => {}
        }
    }

    fn erase(&mut self, what: usize) {
        let (top, here) = (self.top(), self.top() + self.row);
        let erased = match what {
            0 => here + 1..self.lines.len(),
            1 => top..here,
            _ => top..self.lines.len(),
        };
        self.lines[erased].iter_mut().for_each(Vec::clear);
        if what < 2 {
            self.erase_in_line(what);
        }
    }

    fn erase_in_line(&mut self, what: usize) {
        let index = self.top() + self.row;
        let line = &mut self.lines[index];
        match what {
            0 => line.truncate(self.column),
            1 => line.iter_mut().take(self.column + 1).for_each(|c| *c = ' '),
            _ => line.clear(),
        }
    }
}
