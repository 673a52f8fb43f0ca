//! Stack traces: walks the chain of frame pointers and says which Flash calls are on it. Believes
//! nothing it reads from the stack: every frame must lie inside the stack and above the one before.

use crate::program::{self, CodePlace, SourcePlace};

/// The part of a stack that may be read, and where a walk starts.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Address of the code; a return address unless `is_crash`.
    pub pc: usize,
    /// The frame pointer that belongs to it.
    pub frame: usize,
    /// No frame lies below.
    pub low: usize,
    /// Nor at or above.
    pub high: usize,
    /// `pc` is the instruction that crashed rather than a return address.
    pub is_crash: bool,
}

/// One line of a trace.
#[derive(Clone, Copy)]
pub struct Entry {
    pub function: &'static [u8],
    /// Unknown for code without a table entry.
    pub place: Option<SourcePlace>,
}

/// The Flash calls of a stack, innermost first; inlined ones are entries of their own.
pub struct Entries {
    pc: usize,
    frame: usize,
    low: usize,
    high: usize,
    is_crash: bool,
    /// The call around the entry given last that was inlined.
    inlined: Option<SourcePlace>,
    is_done: bool,
}

/// The trace from `start` outwards.
pub fn entries(start: Start) -> Entries {
    let Start { pc, frame, low, high, is_crash } = start;
    Entries { pc, frame, low, high, is_crash, inlined: None, is_done: false }
}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            let entry = self.step()?;
            // What has no name is the compiler's: wrappers, and the entry, into which `main` may have been inlined.
            if !entry.function.is_empty() {
                return Some(entry);
            }
        }
    }
}

impl Entries {
    fn step(&mut self) -> Option<Entry> {
        if let Some(place) = self.inlined {
            self.inlined = place.caller();
            return Some(Entry { function: place.function(), place: Some(place) });
        }
        while !self.is_done {
            let here = program::find(self.pc);
            let was_crash = std::mem::take(&mut self.is_crash);
            self.advance();
            let Some(code) = here else { continue };
            return Some(self.entry(code, was_crash));
        }
        None
    }

    fn entry(&mut self, code: CodePlace, is_crash: bool) -> Entry {
        let place = if is_crash { code.next_site() } else { code.call_site() };
        match place {
            Some(place) => {
                self.inlined = place.caller();
                Entry { function: place.function(), place: Some(place) }
            }
            None => Entry { function: code.function_name(), place: None },
        }
    }

    /// Steps to the caller of the current frame.
    fn advance(&mut self) {
        match read_frame(self.frame, self.low, self.high) {
            Some((caller, pc)) => {
                self.low = self.frame + 16;
                self.frame = caller;
                self.pc = pc;
            }
            None => self.is_done = true,
        }
    }
}

/// The saved frame pointer and return address of a frame, when it can be one.
pub(crate) fn read_frame(frame: usize, low: usize, high: usize) -> Option<(usize, usize)> {
    let is_inside = frame >= low && high >= 16 && frame <= high - 16 && frame.is_multiple_of(8);
    // SAFETY: the caller's bounds are those of a mapped stack, and both words lie inside.
    is_inside.then(|| unsafe { ((frame as *const usize).read(), (frame as *const usize).add(1).read()) })
}

/// Looks for the innermost Flash frame in a stack whose frame pointer cannot be trusted (a crash in
/// foreign code without frame pointers): the lowest return address to a known call whose caller's frame
/// chain holds together.
pub fn recover(stack: usize, high: usize) -> Option<Start> {
    let mut at = stack.checked_next_multiple_of(8)?;
    while let Some((frame, pc)) = read_frame(at, stack, high) {
        let is_call = program::find(pc).is_some_and(|code| code.call_site().is_some());
        if is_call && frame > at && read_frame(frame, at + 16, high).is_some() {
            return Some(Start { pc, frame, low: at + 16, high, is_crash: false });
        }
        at += 8;
    }
    None
}
