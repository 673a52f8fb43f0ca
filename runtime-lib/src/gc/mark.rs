//! Marking: from the roots to everything they lead to, with a stack of its own instead of recursion.

use super::heap::Spaces;
use super::object::{self, Object, Word};
use flash_abi::object::{BUFFER_DATA, Descriptor, KIND_FIXED};

/// Elements of a buffer that are looked at in one go, so that a big one does not fill the stack at once.
const STRIDE: usize = 1024;

/// Objects that are on their way from memory to the cache; a power of two.
const AHEAD: usize = 8;

/// Objects that are marked and have not been looked into yet.
#[derive(Default)]
pub struct Marker {
    pending: Vec<Object>,
    /// Taken from `pending` and prefetched, the oldest at `oldest`; 0 where there is none. The delay gives the
    /// memory time to arrive.
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
            if let Some(object) = self.next() {
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
            prefetch(object);
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
        if object.0 - spaces.base < spaces.small_size {
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

    fn word(&mut self, spaces: &mut Spaces, word: Word) {
        if let Some(object) = spaces.target(word) {
            self.object(spaces, object);
        }
    }

    fn object(&mut self, spaces: &mut Spaces, object: Object) {
        let is_small = object.0 - spaces.base < spaces.small_size;
        let is_new = if is_small { spaces.blocks.mark(object) } else { spaces.large.mark(object) };
        if is_new {
            self.pending.push(object);
        }
    }
}

/// Asks for an object's header before it is needed.
fn prefetch(object: Object) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address does nothing visible.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(object.0 as *const i8);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) object.0, options(nostack, preserves_flags, readonly));
    }
}
