//! Marking: from the roots to everything they lead to, with a stack of its own instead of recursion.

use super::heap::Spaces;
use super::object::{self, Object, Word};
use flash_abi::object::{BUFFER_DATA, Descriptor, KIND_FIXED};

/// Elements of a buffer that are looked at in one go, so that a big one does not fill the stack at once.
const STRIDE: usize = 1024;

/// Objects that are marked and have not been looked into yet.
#[derive(Default)]
pub struct Marker {
    pending: Vec<Object>,
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
        for word in unsafe { object::words(descriptor, start) } {
            self.word(spaces, word);
        }
    }

    /// Follows everything pending.
    pub fn drain(&mut self, spaces: &mut Spaces) {
        loop {
            if let Some(object) = self.pending.pop() {
                // SAFETY: only objects are pending.
                let descriptor = unsafe { object.descriptor() };
                if descriptor.kind == KIND_FIXED {
                    self.area(spaces, object.0, descriptor);
                } else {
                    self.elements(spaces, object, descriptor, 0);
                }
            } else if let Some((object, next)) = self.partial.pop() {
                // SAFETY: only objects are pending.
                let descriptor = unsafe { object.descriptor() };
                self.elements(spaces, object, descriptor, next);
            } else {
                return;
            }
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
        if !is_new {
            return;
        }
        // SAFETY: resolved, or an exact slot, which holds an object's start.
        let (descriptor, size) = unsafe { (object.descriptor(), object.size()) };
        self.live_bytes += size;
        if is_small {
            spaces.blocks.keep_lines(object, size);
        }
        if descriptor.pointer_count > 0 {
            self.pending.push(object);
        }
    }
}
