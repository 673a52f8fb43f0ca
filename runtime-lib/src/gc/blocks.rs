//! The space of small objects: blocks of 32 KB, cut into lines of 128 bytes, allocated by bumping a cursor
//! through holes of free lines.
//!
//! Invariants between collections:
//! 1. No object crosses a block's end.
//! 2. A *run* is a range that was a hole and has been filled from its start: objects lie in it one behind the
//!    other without gaps. Compiled code bumps the cursor without telling anybody, so a run's objects have no
//!    start bits until somebody asks (`Blocks::index_runs` walks the run by the objects' sizes).
//! 3. Outside runs, the start bits are exactly those of the objects that survived the last collection, and the
//!    line bits exactly the lines these objects touch. All mark bits are zero.
//! 4. Of an object that died, neither start bit nor line bit is left: a stale word that looks like its address
//!    resolves to nothing or to an older survivor, never to the middle of newer data.
//! 5. Of a hole that is handed out, the part before `Hole::zeroed` is zero. It is cleared in steps just before it is
//!    used, so that it comes to the cache once.

use super::object::Object;
use crate::memory::{self, Mapping};

/// Bytes of a block and of a line.
pub const BLOCK: usize = 32 << 10;
pub const LINE: usize = 128;
/// Bytes by which the space grows.
const CHUNK: usize = 1 << 20;
/// Objects above this size are not for this space.
pub const MAX_SIZE: usize = BLOCK / 4;

const WORDS: usize = BLOCK / 8 / 64;
const LINES: usize = BLOCK / LINE;
const NO_RUN: u32 = u32::MAX;

/// Bits for 512 bytes, one for each eight. (Side by side: who asks for one asks for the other.)
#[derive(Clone, Copy)]
struct Bits {
    /// An object starts here.
    starts: u64,
    /// The object that starts here has been reached by the collection that is going on.
    marks: u64,
}

/// What is known of a block. Zero bytes are the state of a new one.
#[repr(C, align(64))]
struct Block {
    bits: [Bits; WORDS],
    /// A bit for each line: a survivor (during a collection: a marked object) touches it.
    lines: [u64; LINES / 64],
    /// Holds or may hold objects.
    is_used: bool,
    /// Nothing has been written to it since the system gave it.
    is_zero: bool,
}

#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    /// The next run of the same block.
    next: u32,
}

/// A range of free memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    pub start: usize,
    pub end: usize,
    /// Up to here it is zero.
    pub zeroed: usize,
}

/// Bytes of a hole that are cleared at a time.
const ZERO_STEP: usize = 4 << 10;

impl Hole {
    /// No memory.
    pub const NONE: Hole = Hole { start: 0, end: 0, zeroed: 0 };

    /// Clears at least up to `end`, which is not behind the hole's.
    pub fn zero_to(&mut self, end: usize) {
        if end > self.zeroed {
            let target = end.max(self.zeroed + ZERO_STEP).min(self.end);
            // SAFETY: a hole is committed memory; behind `zeroed` it holds no object yet.
            unsafe { (self.zeroed as *mut u8).write_bytes(0, target - self.zeroed) };
            self.zeroed = target;
        }
    }
}

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Swept {
    pub used_blocks: usize,
    pub free_blocks: usize,
}

pub struct Blocks {
    base: usize,
    /// Blocks there are addresses for, and blocks there is memory for.
    capacity: usize,
    committed: usize,
    metadata: Mapping,
    runs: Vec<Run>,
    /// Of each block the first of its runs, an index in `runs`, or `NO_RUN`.
    first_runs: Vec<u32>,
    /// Blocks with free lines beside survivors, the next one to use last.
    recyclable: Vec<u32>,
    /// Blocks without objects, the next one to use last.
    free: Vec<u32>,
    /// The recyclable block that holes are taken from, and the line to go on at.
    current: Option<(u32, usize)>,
    /// Overwrite what is freed, so that a use after it shows.
    pub poisons: bool,
}

impl Blocks {
    /// The space over `size` reserved bytes at `base` (a multiple of the block size).
    pub fn new(base: usize, size: usize) -> Option<Blocks> {
        let capacity = size / BLOCK;
        let metadata = Mapping::zeroed(capacity * size_of::<Block>())?;
        Some(Blocks {
            base,
            capacity,
            committed: 0,
            metadata,
            runs: Vec::new(),
            first_runs: Vec::new(),
            recyclable: Vec::new(),
            free: Vec::new(),
            current: None,
            poisons: false,
        })
    }

    fn block(&mut self, index: usize) -> &mut Block {
        debug_assert!(index < self.committed);
        // SAFETY: the mapping has room for `capacity` blocks, zero is a valid block, and `self` owns them all.
        unsafe { &mut *self.metadata.start().cast::<Block>().add(index) }
    }

    fn address(&self, index: usize) -> usize {
        self.base + index * BLOCK
    }

    /// Bytes of memory the space has from the system, free ones included.
    pub fn committed_bytes(&self) -> usize {
        self.committed * BLOCK
    }

    // Allocation.

    /// The next hole, of one line at least. None when the system has no memory, or growing is not allowed and
    /// there is none without.
    pub fn next_hole(&mut self, may_grow: bool) -> Option<Hole> {
        loop {
            if let Some((index, line)) = self.current {
                let block_start = self.address(index as usize);
                let block = self.block(index as usize);
                if let Some((first, end)) = free_lines(&block.lines, line) {
                    self.current = Some((index, end));
                    let start = block_start + first * LINE;
                    return Some(Hole { start, end: block_start + end * LINE, zeroed: start });
                }
            }
            self.current = self.recyclable.pop().map(|index| (index, 0));
            if self.current.is_none() {
                return self.free_block(may_grow);
            }
        }
    }

    /// A whole block without objects.
    pub fn free_block(&mut self, may_grow: bool) -> Option<Hole> {
        if self.free.is_empty() && !(may_grow && self.grow()) {
            return None;
        }
        let index = self.free.pop()? as usize;
        let start = self.address(index);
        let end = start + BLOCK;
        let block = self.block(index);
        block.is_used = true;
        let zeroed = if std::mem::take(&mut block.is_zero) { end } else { start };
        Some(Hole { start, end, zeroed })
    }

    fn grow(&mut self) -> bool {
        let count = (CHUNK / BLOCK).min(self.capacity - self.committed);
        let start = self.address(self.committed);
        // SAFETY: the chunk lies in the reservation that the heap made for this space.
        if count == 0 || !unsafe { memory::commit(start as *mut u8, count * BLOCK) } {
            return false;
        }
        let first = self.committed;
        self.committed += count;
        self.first_runs.resize(self.committed, NO_RUN);
        for index in (first..first + count).rev() {
            self.block(index).is_zero = true;
            self.free.push(index as u32);
        }
        true
    }

    /// Remembers that objects lie from `start` to `end`, the filled part of a hole.
    pub fn add_run(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        let run = self.runs.len() as u32;
        let next = std::mem::replace(&mut self.first_runs[(start - self.base) / BLOCK], run);
        self.runs.push(Run { start, end, next });
    }

    // Questions of the marker and the checker.

    /// Gives the objects of a block's runs their start bits.
    fn index_runs(&mut self, index: usize) {
        let block_start = self.address(index);
        let mut next = std::mem::replace(&mut self.first_runs[index], NO_RUN);
        while next != NO_RUN {
            let run = self.runs[next as usize];
            let block = self.block(index);
            let mut at = run.start;
            while at < run.end {
                let (word, bit) = bit_of(at - block_start);
                block.bits[word].starts |= bit;
                // SAFETY: invariant 2: an object starts here, and the next one behind it.
                at += unsafe { Object(at).size() };
            }
            next = run.next;
        }
    }

    /// The object that an address points to or into.
    pub fn resolve(&mut self, address: usize) -> Option<Object> {
        let object = self.start_before(address)?;
        // SAFETY: a start bit is that of an object.
        (address < object.0 + unsafe { object.size() }).then_some(object)
    }

    /// The nearest object of the block that starts at an address or before it. If it is known that the address is
    /// one inside an object, this is the object.
    pub fn start_before(&mut self, address: usize) -> Option<Object> {
        let index = (address - self.base) / BLOCK;
        if *self.first_runs.get(index)? != NO_RUN {
            self.index_runs(index);
        }
        let block_start = self.address(index);
        let bits = &self.block(index).bits;
        let position = (address - block_start) / 8;
        let mut word = position / 64;
        let mut starts = bits[word].starts & (u64::MAX >> (63 - position % 64));
        while starts == 0 {
            word = word.checked_sub(1)?;
            starts = bits[word].starts;
        }
        Some(Object(block_start + (word * 64 + 63 - starts.leading_zeros() as usize) * 8))
    }

    /// Where the bits for an address are, for a prefetch; any address will do.
    pub fn bits_address(&self, address: usize) -> usize {
        let offset = address - self.base;
        self.metadata.start() as usize + offset / BLOCK * size_of::<Block>() + offset % BLOCK / 512 * size_of::<Bits>()
    }

    /// Marks an object; false when it was marked already.
    pub fn mark(&mut self, object: Object) -> bool {
        let offset = object.0 - self.base;
        let (word, bit) = bit_of(offset % BLOCK);
        let marks = &mut self.block(offset / BLOCK).bits[word].marks;
        let is_new = *marks & bit == 0;
        *marks |= bit;
        is_new
    }

    /// Keeps the lines of an object that has just been marked.
    pub fn keep_lines(&mut self, object: Object, size: usize) {
        let offset = object.0 - self.base;
        let (first, last) = (offset % BLOCK / LINE, (offset % BLOCK + size - 1) / LINE);
        let lines = &mut self.block(offset / BLOCK).lines;
        for line in first..=last {
            lines[line / 64] |= 1 << (line % 64);
        }
    }

    // Collection.

    /// Before marking: forgets which lines are kept.
    pub fn start_marking(&mut self) {
        for index in 0..self.committed {
            self.block(index).lines = [0; LINES / 64];
        }
        self.current = None;
    }

    /// After marking: what is not marked is gone.
    pub fn sweep(&mut self) -> Swept {
        let mut swept = Swept::default();
        self.runs.clear();
        self.first_runs.fill(NO_RUN);
        self.recyclable.clear();
        self.free.clear();
        // From the top down: the lists are used from their ends, so low addresses come first.
        for index in (0..self.committed).rev() {
            let block = self.block(index);
            if block.is_used {
                for bits in &mut block.bits {
                    *bits = Bits { starts: bits.marks, marks: 0 };
                }
                block.is_used = block.lines != [0; LINES / 64];
            }
            if !self.block(index).is_used {
                self.free.push(index as u32);
                swept.free_blocks += 1;
            } else {
                if self.block(index).lines != [u64::MAX; LINES / 64] {
                    self.recyclable.push(index as u32);
                }
                swept.used_blocks += 1;
            }
            if self.poisons {
                self.poison(index);
            }
        }
        swept
    }

    fn poison(&mut self, index: usize) {
        let block_start = self.address(index);
        if self.block(index).is_zero {
            return;
        }
        let lines = self.block(index).lines;
        let mut line = 0;
        while let Some((first, end)) = free_lines(&lines, line) {
            // SAFETY: nothing live touches these lines of a committed block.
            unsafe { ((block_start + first * LINE) as *mut u8).write_bytes(0xdb, (end - first) * LINE) };
            line = end;
        }
    }

    /// Gives memory of free blocks back to the system, but for so many bytes that are about to be used again.
    pub fn release(&mut self, keep_bytes: usize) {
        let release = self.free.len().saturating_sub(keep_bytes / BLOCK);
        for position in 0..release {
            let index = self.free[position] as usize;
            if !self.block(index).is_zero {
                // SAFETY: the block is committed and holds nothing.
                unsafe { memory::discard(self.address(index) as *mut u8, BLOCK) };
                self.block(index).is_zero = true;
            }
        }
    }

    /// Calls `visit` with every object, and whether it is marked, by address.
    pub fn for_each(&mut self, mut visit: impl FnMut(Object, bool)) {
        for index in 0..self.committed {
            self.index_runs(index);
            for word in 0..WORDS {
                let Bits { mut starts, marks } = self.block(index).bits[word];
                while starts != 0 {
                    let bit = starts.trailing_zeros() as usize;
                    starts &= starts - 1;
                    visit(Object(self.address(index) + (word * 64 + bit) * 8), marks >> bit & 1 == 1);
                }
            }
        }
    }

    /// Whether any mark bit is set, for the checker.
    pub fn has_marks(&mut self) -> bool {
        (0..self.committed).any(|index| self.block(index).bits.iter().any(|bits| bits.marks != 0))
    }

    /// Whether all lines of a range inside one block are kept, for the checker.
    pub fn has_lines(&mut self, object: Object, size: usize) -> bool {
        let offset = object.0 - self.base;
        let lines = self.block(offset / BLOCK).lines;
        (offset % BLOCK / LINE..=(offset % BLOCK + size - 1) / LINE)
            .all(|line| lines[line / 64] >> (line % 64) & 1 == 1)
    }
}

/// Word and bit of an offset in a block.
fn bit_of(offset: usize) -> (usize, u64) {
    (offset / 8 / 64, 1 << (offset / 8 % 64))
}

/// The first range of clear bits at or after `line`.
fn free_lines(lines: &[u64; LINES / 64], line: usize) -> Option<(usize, usize)> {
    let first = next_line(lines, line, 0);
    (first < LINES).then(|| (first, next_line(lines, first, u64::MAX)))
}

/// The first line at or after `line` whose bit is clear in `lines ^ flip`.
fn next_line(lines: &[u64; LINES / 64], line: usize, flip: u64) -> usize {
    let mut at = line;
    while at < LINES {
        let left = 64 - at % 64;
        let run = ((lines[at / 64] ^ flip) >> (at % 64)).trailing_ones() as usize;
        at += run;
        if run < left {
            break;
        }
    }
    at
}
