//! A thread's heap: the two spaces, allocation, when to collect, and the collection itself.
//!
//! Invariants: see `blocks` and `large`. In addition, while Flash code runs, the context's cursor and limit
//! delimit the part of the current hole that is zero and not used; the objects between the hole's start and the cursor are a run that
//! nobody has been told of. The hole is retired (the run told) before anything asks the spaces about addresses.

use super::blocks::{self, Blocks, Hole};
use super::large::Large;
use super::mark::Marker;
use super::object::{Object, Word};
use super::verify;
use crate::memory::Mapping;
use flash_abi::context::Context;
use flash_abi::object::Descriptor;
use std::ptr::null_mut;
use std::time::Instant;

/// Address space of a heap: half for small objects, half for large ones. Less when the system refuses.
const RESERVATION: usize = 128 << 30;
const LEAST_RESERVATION: usize = 64 << 20;
/// A collection is due when more than this, and more than what survived the last one, has been allocated.
/// (Binary trees: 8 MB cost 1.1 times what malloc costs in C, 32 MB cost 0.6 times.)
pub(super) const LEAST_ALLOCATION: usize = 32 << 20;

/// How the heap checks itself: FLASH_GC, a list of words separated by commas.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// `stress`: collect at every allocation.
    pub stress: bool,
    /// `verify`: check the heap before and after each collection.
    pub verify: bool,
    /// `stats`: a line on standard error for each collection.
    pub stats: bool,
}

/// What a collection may start from besides globals and held objects.
#[derive(Clone, Copy, Debug)]
pub struct StackRange {
    pub low: usize,
    pub high: usize,
}

pub struct Heap {
    pub(super) spaces: Spaces,
    pub mode: Mode,
    globals: Vec<(*mut u8, *const Descriptor)>,
    held: Vec<*mut u8>,
    free_held: Vec<usize>,
    /// The current hole. The context's limit is where it is zero up to, or lower under stress.
    hole: Hole,
    /// A second one, always a whole block, for objects that do not fit the current one, and its cursor.
    overflow: Hole,
    overflow_cursor: usize,
    /// Bytes handed out since the last collection, and how many may be.
    allocated: usize,
    allowance: usize,
    /// Bytes the last collection left alive.
    live: usize,
    /// Bytes of memory the heap may have; FLASH_HEAP_MB.
    limit: usize,
    collections: usize,
    marker: Marker,
    /// An error is being made, which may take more than the limit.
    is_in_reserve: bool,
}

/// What an error may take beyond the limit.
const RESERVE: usize = 1 << 20;

/// Where objects are.
pub struct Spaces {
    _reservation: Mapping,
    pub base: usize,
    /// Bytes of the small objects' half, and of all.
    small_size: usize,
    size: usize,
    pub blocks: Blocks,
    pub large: Large,
}

impl Spaces {
    fn new() -> Option<Spaces> {
        let mut size = RESERVATION;
        while size >= LEAST_RESERVATION {
            if let Some(reservation) = Mapping::reserve_aligned(size, blocks::BLOCK) {
                let base = reservation.start() as usize;
                if let (Some(blocks), Some(large)) =
                    (Blocks::new(base, size / 2), Large::new(base + size / 2, size / 2))
                {
                    return Some(Spaces { _reservation: reservation, base, small_size: size / 2, size, blocks, large });
                }
            }
            size /= 2;
        }
        None
    }

    /// The object that a word points to or into, if it does.
    pub fn resolve(&mut self, value: usize) -> Option<Object> {
        if !self.contains(value) {
            return None;
        }
        if self.is_small(value) { self.blocks.resolve(value) } else { self.large.resolve(value) }
    }

    /// Whether an address is one of this heap's, used or not.
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base) < self.size
    }

    /// Whether an address of this heap is one of the small objects' half.
    pub fn is_small(&self, address: usize) -> bool {
        address - self.base < self.small_size
    }

    /// The object that a pointer slot leads to, if to any. Slots are believed: an exact one holds an object's start,
    /// another one an address inside an object, or one just behind, which may be taken for that of a neighbour. Only
    /// ambiguous ones are doubted.
    pub fn target(&mut self, word: Word) -> Option<Object> {
        if !self.contains(word.value) {
            return None;
        }
        if word.is_exact {
            return Some(Object(word.value));
        }
        if word.is_ambiguous {
            return self.resolve(word.value);
        }
        if self.is_small(word.value) { self.blocks.start_before(word.value) } else { self.large.resolve(word.value) }
    }

    /// Calls `visit` with every object and whether it is marked.
    pub fn for_each(&mut self, mut visit: impl FnMut(Object, bool)) {
        self.blocks.for_each(&mut visit);
        self.large.for_each(visit);
    }

    fn committed_bytes(&self) -> usize {
        self.blocks.committed_bytes() + self.large.committed_bytes()
    }
}

impl Heap {
    /// An empty heap with the mode that the environment asks for.
    pub fn new() -> Option<Heap> {
        let words = std::env::var("FLASH_GC").unwrap_or_default();
        let has = |word| words.split(',').any(|given| given.trim() == word);
        let mode = Mode { stress: has("stress"), verify: has("verify"), stats: has("stats") };
        let limit = std::env::var("FLASH_HEAP_MB").ok().and_then(|text| text.trim().parse::<usize>().ok());
        Heap::with_mode(mode, limit.map_or(usize::MAX, |mb| mb.saturating_mul(1 << 20)))
    }

    /// An empty heap that has at most `limit` bytes of memory.
    pub fn with_mode(mode: Mode, limit: usize) -> Option<Heap> {
        let mut spaces = Spaces::new()?;
        spaces.blocks.poisons = mode.stress || mode.verify;
        spaces.large.poisons = spaces.blocks.poisons;
        Some(Heap {
            spaces,
            mode,
            globals: Vec::new(),
            held: Vec::new(),
            free_held: Vec::new(),
            hole: Hole::NONE,
            overflow: Hole::NONE,
            overflow_cursor: 0,
            allocated: 0,
            allowance: LEAST_ALLOCATION.min(limit / 2),
            live: 0,
            limit,
            collections: 0,
            marker: Marker::default(),
            is_in_reserve: false,
        })
    }

    /// Adds an area of roots outside the heap, described like an object of its own.
    pub fn add_globals(&mut self, area: *mut u8, descriptor: *const Descriptor) {
        self.globals.push((area, descriptor));
    }

    /// The only such area is this one from now on.
    pub fn set_globals(&mut self, area: *mut u8, descriptor: *const Descriptor) {
        self.globals.clear();
        self.add_globals(area, descriptor);
    }

    /// Keeps an object alive until it is released; the number to release it by.
    pub fn hold(&mut self, pointer: *mut u8) -> usize {
        if let Some(index) = self.free_held.pop() {
            self.held[index] = pointer;
            return index;
        }
        self.held.push(pointer);
        self.held.len() - 1
    }

    /// The object held by this number.
    pub fn held(&self, index: usize) -> *mut u8 {
        self.held.get(index).copied().unwrap_or(null_mut())
    }

    /// Ends a [`Heap::hold`].
    pub fn release(&mut self, index: usize) {
        if let Some(held) = self.held.get_mut(index) {
            *held = null_mut();
            self.free_held.push(index);
        }
    }

    /// Bytes that survived the last collection.
    pub fn live_bytes(&self) -> usize {
        self.live
    }

    /// Number of collections so far.
    pub fn collections(&self) -> usize {
        self.collections
    }

    /// Whether a collection is due before the next hole or large object.
    pub fn is_due(&self) -> bool {
        self.mode.stress || self.allocated >= self.allowance
    }

    /// Memory for an object of `size` bytes, zeroed; null when there is none without a collection, or at all
    /// when `may_grow`.
    pub fn take(&mut self, context: &mut Context, size: usize, may_grow: bool) -> *mut u8 {
        if size > blocks::MAX_SIZE {
            return self.take_large(size, may_grow);
        }
        loop {
            let cursor = context.alloc_cursor as usize;
            let rest = self.hole.end - cursor;
            if size <= rest {
                self.hole.zero_to(cursor + size);
                self.set_cursor(context, cursor + size);
                return cursor as *mut u8;
            }
            if size > blocks::LINE && rest >= blocks::LINE {
                return self.take_overflow(size, may_grow);
            }
            self.retire_hole(context);
            let may_grow = may_grow && self.may_grow(blocks::BLOCK);
            let Some(hole) = self.spaces.blocks.next_hole(may_grow) else { return null_mut() };
            self.allocated += hole.end - hole.start;
            self.hole = hole;
            self.set_cursor(context, hole.start);
        }
    }

    /// Sets the cursor, and the limit that compiled code may bump it to.
    fn set_cursor(&self, context: &mut Context, cursor: usize) {
        context.alloc_cursor = cursor as *mut u8;
        context.alloc_limit = if self.mode.stress { cursor } else { self.hole.zeroed } as *mut u8;
    }

    fn take_overflow(&mut self, size: usize, may_grow: bool) -> *mut u8 {
        if size > self.overflow.end - self.overflow_cursor {
            self.retire_overflow();
            let may_grow = may_grow && self.may_grow(blocks::BLOCK);
            let Some(hole) = self.spaces.blocks.free_block(may_grow) else { return null_mut() };
            self.allocated += hole.end - hole.start;
            (self.overflow, self.overflow_cursor) = (hole, hole.start);
        }
        let object = self.overflow_cursor;
        self.overflow_cursor += size;
        self.overflow.zero_to(self.overflow_cursor);
        object as *mut u8
    }

    fn take_large(&mut self, size: usize, may_grow: bool) -> *mut u8 {
        if !may_grow || !self.may_grow_large(size) {
            return null_mut();
        }
        self.allocated += size;
        self.spaces.large.allocate(size).map_or(null_mut(), |object| object.0 as *mut u8)
    }

    /// Lets allocations take a little more than the limit, or ends that; whether they might before.
    pub fn set_reserve(&mut self, is_open: bool) -> bool {
        std::mem::replace(&mut self.is_in_reserve, is_open)
    }

    fn limit(&self) -> usize {
        if self.is_in_reserve { self.limit.saturating_add(RESERVE) } else { self.limit }
    }

    fn may_grow(&self, bytes: usize) -> bool {
        self.spaces.committed_bytes().saturating_add(bytes) <= self.limit()
    }

    /// Large objects leave and take pages as a whole, so what counts is what is in use.
    fn may_grow_large(&self, bytes: usize) -> bool {
        let used = self.spaces.blocks.committed_bytes() + self.spaces.large.used_bytes();
        used.saturating_add(bytes) <= self.limit()
    }

    /// Tells the blocks about the objects of the current hole and leaves it.
    fn retire_hole(&mut self, context: &mut Context) {
        self.spaces.blocks.add_run(self.hole.start, context.alloc_cursor as usize);
        self.hole = Hole::NONE;
        self.set_cursor(context, 0);
    }

    /// Tells the blocks about all objects, and stays in the holes.
    pub(super) fn tell(&mut self, context: &mut Context) {
        let cursor = context.alloc_cursor as usize;
        self.spaces.blocks.add_run(self.hole.start, cursor);
        self.hole.start = cursor;
        self.spaces.blocks.add_run(self.overflow.start, self.overflow_cursor);
        self.overflow.start = self.overflow_cursor;
    }

    /// Offsets of the pointers in the globals area.
    pub(super) fn global_pointers(&self) -> Vec<u32> {
        // SAFETY: whoever added the area promised that its descriptor is one.
        let of_area = |&(_, descriptor): &(*mut u8, *const Descriptor)| unsafe { super::object::offsets(&*descriptor) };
        self.globals.iter().flat_map(of_area).map(|offset| offset as u32).collect()
    }

    fn retire_overflow(&mut self) {
        self.spaces.blocks.add_run(self.overflow.start, self.overflow_cursor);
        (self.overflow, self.overflow_cursor) = (Hole::NONE, 0);
    }

    /// Frees every object that neither the stack range, globals nor held objects lead to.
    pub fn collect(&mut self, context: &mut Context, stack: Option<StackRange>) {
        let started = self.mode.stats.then(Instant::now);
        self.retire_hole(context);
        self.retire_overflow();
        if self.mode.verify {
            verify::between_collections(&mut self.spaces, "before");
        }
        self.spaces.blocks.start_marking();
        self.mark(stack);
        if self.mode.verify {
            verify::after_marking(&mut self.spaces);
        }
        let live = self.marker.take_live_bytes();
        let allowance = live.max(LEAST_ALLOCATION).min((self.limit - live.min(self.limit)) / 2);
        self.spaces.large.sweep(allowance);
        let swept = self.spaces.blocks.sweep();
        self.spaces.blocks.release(allowance);
        if self.mode.verify {
            verify::between_collections(&mut self.spaces, "after");
        }
        if let Some(started) = started {
            super::stats::print(self.collections, self.allocated, live, started.elapsed(), swept);
        }
        self.collections += 1;
        (self.live, self.allocated, self.allowance) = (live, 0, allowance);
    }

    fn mark(&mut self, stack: Option<StackRange>) {
        let Heap { spaces, marker, .. } = self;
        if let Some(StackRange { low, high }) = stack {
            let mut at = low.next_multiple_of(8);
            while at + 8 <= high {
                // SAFETY: the range is that of a mapped stack; its words may be read whatever they are.
                marker.root(spaces, unsafe { (at as *const usize).read_volatile() });
                at += 8;
            }
        }
        for &pointer in &self.held {
            marker.root(spaces, pointer as usize);
        }
        for &(area, descriptor) in &self.globals {
            // SAFETY: whoever added the area promised that the descriptor fits it.
            marker.area(spaces, area as usize, unsafe { &*descriptor });
        }
        marker.drain(spaces);
    }
}
