//! Marking: from the roots to everything they lead to, with a stack of its own instead of recursion.

use super::heap::Spaces;
use super::object::{self, Object, Word};
use flash_abi::object::{BUFFER_DATA, Descriptor, KIND_FIXED};

/// Elements of a buffer that are looked at in one go, so that a big one does not fill the stack at once.
const STRIDE: usize = 1024;

/// Objects that are on their way from memory to the cache, and words whose bits are; a power of two.
const AHEAD: usize = 8;
const WORDS_AHEAD: usize = 16;

/// What is marked and has not been looked into yet. Every step asks for the memory of a later one before its turn
/// comes: most of a collection is waiting for memory.
#[derive(Default)]
pub struct Marker {
    /// Slots' words that lead into the heap, whose bits have been prefetched: a queue, the oldest at `first_word`.
    words: [Word; WORDS_AHEAD],
    first_word: usize,
    word_count: usize,
    /// Objects that are marked.
    pending: Vec<Object>,
    /// Taken from `pending` and prefetched, the oldest at `oldest`; 0 where there is none.
    ahead: [usize; AHEAD],
    oldest: usize,
    /// Buffers that have been looked into up to an element.
    partial: Vec<(Object, usize)>,
    live_bytes: usize,
}

impl Marker {
    /// A word that may be anything: if it looks like an address in an object, the object lives.
    pub fn root(&mut self, spaces: &mut Spaces, value: usize) {
        if let Some(object) = spaces.resolve(value) {
            self.object(spaces, object);
        }
    }

    /// The pointer slots of an area that is not itself an object.
    pub fn area(&mut self, spaces: &mut Spaces, start: usize, descriptor: &Descriptor) {
        // SAFETY: an area added to the heap fits its descriptor.
        for word in unsafe { object::words(descriptor, start) }.rev() {
            self.word(spaces, word);
        }
    }

    /// Follows everything pending.
    pub fn drain(&mut self, spaces: &mut Spaces) {
        loop {
            if self.pending.is_empty() && self.word_count > 0 {
                self.settle_word(spaces);
            } else if let Some(object) = self.next() {
                self.scan(spaces, object);
            } else if let Some((object, next)) = self.partial.pop() {
                // SAFETY: only objects are pending.
                let descriptor = unsafe { object.descriptor() };
                self.elements(spaces, object, descriptor, next);
            } else {
                return;
            }
        }
    }

    /// The next object to look into; the one behind it in line is prefetched.
    fn next(&mut self) -> Option<Object> {
        while let Some(object) = self.pending.pop() {
            prefetch(object.0);
            let oldest = std::mem::replace(&mut self.ahead[self.oldest], object.0);
            self.oldest = (self.oldest + 1) % AHEAD;
            if oldest != 0 {
                return Some(Object(oldest));
            }
        }
        for _ in 0..AHEAD {
            let oldest = std::mem::take(&mut self.ahead[self.oldest]);
            self.oldest = (self.oldest + 1) % AHEAD;
            if oldest != 0 {
                return Some(Object(oldest));
            }
        }
        None
    }

    /// Keeps a marked object's lines and marks what it leads to.
    fn scan(&mut self, spaces: &mut Spaces, object: Object) {
        // SAFETY: only objects are pending.
        let (descriptor, size) = unsafe { (object.descriptor(), object.size()) };
        self.live_bytes += size;
        if spaces.is_small(object.0) {
            spaces.blocks.keep_lines(object, size);
        }
        if descriptor.kind == KIND_FIXED {
            self.area(spaces, object.0, descriptor);
        } else if descriptor.pointer_count > 0 {
            self.elements(spaces, object, descriptor, 0);
        }
    }

    /// Bytes of all objects marked since the last call.
    pub fn take_live_bytes(&mut self) -> usize {
        std::mem::take(&mut self.live_bytes)
    }

    fn elements(&mut self, spaces: &mut Spaces, object: Object, descriptor: &'static Descriptor, first: usize) {
        // SAFETY: the object is a buffer, so its elements are readable at the descriptor's slots.
        unsafe {
            let count = object.count();
            let end = count.min(first + STRIDE);
            for index in first..end {
                let element = object.0 + BUFFER_DATA as usize + index * descriptor.size as usize;
                for word in object::words(descriptor, element) {
                    self.word(spaces, word);
                }
            }
            if end < count {
                self.partial.push((object, end));
            }
        }
    }

    /// Queues a slot's word; the oldest one of a full queue has its turn.
    fn word(&mut self, spaces: &mut Spaces, word: Word) {
        if !spaces.contains(word.value) {
            return;
        }
        if spaces.is_small(word.value) {
            prefetch(spaces.blocks.bits_address(word.value));
        }
        if self.word_count == WORDS_AHEAD {
            self.settle_word(spaces);
        }
        self.words[(self.first_word + self.word_count) % WORDS_AHEAD] = word;
        self.word_count += 1;
    }

    /// Marks what the oldest word of the queue leads to.
    fn settle_word(&mut self, spaces: &mut Spaces) {
        let word = self.words[self.first_word];
        self.first_word = (self.first_word + 1) % WORDS_AHEAD;
        self.word_count -= 1;
        if let Some(object) = spaces.target(word) {
            self.object(spaces, object);
        }
    }

    fn object(&mut self, spaces: &mut Spaces, object: Object) {
        let is_new = if spaces.is_small(object.0) { spaces.blocks.mark(object) } else { spaces.large.mark(object) };
        if is_new {
            self.pending.push(object);
        }
    }
}

/// Asks for memory before it is needed.
fn prefetch(address: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address does nothing visible.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(address as *const i8);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
}
