//! Stack traces: walks the chain of frame pointers and says which Flash calls are on it. Believes
//! nothing it reads from the stack: every frame must lie inside the stack and above the one before.

use crate::program::{self, CodePlace, SourcePlace};
use flash_abi::program::{ROLE_RESUME, ROLE_START};

/// Stands in saved addresses before that of a coroutine that waited for what is before it.
pub const AWAITED: usize = 1;

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

/// A place in Flash code that a stack leads through.
#[derive(Clone, Copy)]
pub struct Call {
    code: CodePlace,
    pc: usize,
    /// Not a return address, but where something crashed.
    is_crash: bool,
    /// Not on the stack: the coroutine waited here.
    is_awaiting: bool,
}

/// One line of a trace.
#[derive(Clone, Copy)]
pub struct Entry {
    pub function: &'static [u8],
    /// Unknown for code without a table entry.
    pub place: Option<SourcePlace>,
    pub is_awaiting: bool,
}

impl Call {
    /// Where it is.
    pub fn code(self) -> CodePlace {
        self.code
    }

    /// The address, for [`saved`].
    pub fn address(self) -> usize {
        self.pc
    }

    /// The lines of a trace that it is: calls that were inlined here are lines of their own, and what has no
    /// name is the compiler's (wrappers, and the entry, into which `main` may have been inlined).
    pub fn entries(self) -> impl Iterator<Item = Entry> {
        let place = if self.is_crash { self.code.next_site() } else { self.code.call_site() };
        let is_awaiting = self.is_awaiting;
        let unknown = place.is_none().then(|| Entry { function: self.code.function_name(), place: None, is_awaiting });
        let known = std::iter::successors(place, |place| place.caller())
            // What std does to wait is of no interest.
            .filter(move |place| !is_awaiting || !place.is_std() || place.caller().is_none())
            .map(move |place| Entry { function: place.function(), place: Some(place), is_awaiting });
        unknown.into_iter().chain(known).filter(|entry| !entry.function.is_empty())
    }
}

/// Finds the code at addresses, and remembers the latest: a deep stack is full of the same few.
pub(crate) struct Finder {
    latest: [(usize, Option<CodePlace>); RECENT],
}

const RECENT: usize = 16;

impl Finder {
    pub fn new() -> Finder {
        Finder { latest: [(0, None); RECENT] }
    }

    pub fn find(&mut self, pc: usize) -> Option<CodePlace> {
        let slot = &mut self.latest[(pc ^ (pc >> 4)) % RECENT];
        if slot.0 != pc {
            *slot = (pc, program::find(pc));
        }
        slot.1
    }
}

/// The Flash code of a stack, innermost first, up to a coroutine that was resumed: who resumed it has nothing to do
/// with it.
pub struct Calls {
    at: Start,
    is_done: bool,
    is_in_resumed: bool,
    finder: Finder,
}

/// The calls from `start` outwards.
pub fn calls(start: Start) -> Calls {
    Calls { at: start, is_done: false, is_in_resumed: false, finder: Finder::new() }
}

impl Iterator for Calls {
    type Item = Call;

    fn next(&mut self) -> Option<Call> {
        while !self.is_done {
            let Start { pc, is_crash, .. } = self.at;
            match step(self.at) {
                Some(caller) => self.at = caller,
                None => self.is_done = true,
            }
            if let Some(code) = self.finder.find(pc) {
                let role = code.role();
                if self.is_in_resumed && role != ROLE_START {
                    self.is_done = true;
                    return None;
                }
                self.is_in_resumed = role == ROLE_RESUME;
                return Some(Call { code, pc, is_crash, is_awaiting: false });
            }
        }
        None
    }
}

/// The calls whose addresses were kept, of programs that are still there.
pub fn saved(addresses: &[usize]) -> impl Iterator<Item = Call> {
    let mut is_awaiting = false;
    addresses.iter().filter_map(move |&pc| {
        if pc == AWAITED {
            is_awaiting = true;
            return None;
        }
        let code = program::find(pc)?;
        let is_awaiting = std::mem::take(&mut is_awaiting);
        Some(Call { code, pc, is_crash: code.call_site().is_none(), is_awaiting })
    })
}

/// The coroutine that the code at `start` belongs to: where in its body it is. None outside of coroutines.
pub fn coroutine(start: Start) -> Option<Call> {
    calls(start).find(|call| call.code.role() == ROLE_RESUME)
}

/// The caller of a frame.
pub(crate) fn step(at: Start) -> Option<Start> {
    let (frame, pc) = read_frame(at.frame, at.low, at.high)?;
    Some(Start { pc, frame, low: at.frame + 16, high: at.high, is_crash: false })
}

/// The saved frame pointer and return address of a frame, when it can be one.
fn read_frame(frame: usize, low: usize, high: usize) -> Option<(usize, usize)> {
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
