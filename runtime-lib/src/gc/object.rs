//! Heap objects as the collector reads them: header, descriptor, size, pointer slots.

use flash_abi::object::{
    BUFFER_COUNT, BUFFER_DATA, DESCRIPTOR_SIZE, Descriptor, HEADER_ADDRESS_MASK, KIND_BUFFER, KIND_FIXED, OBJECT_ALIGN,
    SLOT_AMBIGUOUS, SLOT_EXACT, SLOT_FLAGS,
};

/// The address of an object's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object(pub usize);

/// Rounds a size to the alignment of objects.
pub const fn aligned(size: usize) -> usize {
    size.next_multiple_of(OBJECT_ALIGN as usize)
}

/// Bytes of a buffer of so many elements; none when no memory could hold it.
pub fn buffer_size(descriptor: &Descriptor, count: usize) -> Option<usize> {
    let size = count.checked_mul(descriptor.size as usize)?.checked_add(BUFFER_DATA as usize)?;
    // Far above any memory, far below where later sums could overflow.
    (size < 1 << 46).then(|| aligned(size))
}

/// A descriptor's pointer slots.
pub fn slots(descriptor: &Descriptor) -> &[u32] {
    let first = (descriptor as *const Descriptor).wrapping_byte_add(DESCRIPTOR_SIZE as usize).cast();
    // SAFETY: a descriptor is followed by that many slots.
    unsafe { std::slice::from_raw_parts(first, descriptor.pointer_count as usize) }
}

/// The offsets that they name.
pub fn offsets(descriptor: &Descriptor) -> impl Iterator<Item = usize> {
    slots(descriptor).iter().map(|slot| (slot & !SLOT_FLAGS) as usize)
}

/// A word of an object that may be a pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub value: usize,
    /// The word is an object's start if it points into the heap at all.
    pub is_exact: bool,
    /// The word may be anything.
    pub is_ambiguous: bool,
}

/// The words at a descriptor's slots, counted from `base`.
///
/// # Safety
/// All slots counted from `base` are readable.
pub unsafe fn words(descriptor: &Descriptor, base: usize) -> impl DoubleEndedIterator<Item = Word> {
    slots(descriptor).iter().map(move |&slot| {
        let address = base + (slot & !SLOT_FLAGS) as usize;
        Word {
            // SAFETY: promised by the caller.
            value: unsafe { (address as *const usize).read() },
            is_exact: slot & SLOT_EXACT != 0,
            is_ambiguous: slot & SLOT_AMBIGUOUS != 0,
        }
    })
}

impl Object {
    /// The header word.
    ///
    /// # Safety
    /// The address is that of an object.
    pub unsafe fn header(self) -> u64 {
        // SAFETY: promised by the caller.
        unsafe { (self.0 as *const u64).read() }
    }

    /// The object's descriptor.
    ///
    /// # Safety
    /// The address is that of an object, whose descriptor outlives the heap.
    pub unsafe fn descriptor(self) -> &'static Descriptor {
        // SAFETY: promised by the caller.
        unsafe { &*((self.header() & HEADER_ADDRESS_MASK) as *const Descriptor) }
    }

    /// Elements of a buffer.
    ///
    /// # Safety
    /// The address is that of a buffer.
    pub unsafe fn count(self) -> usize {
        // SAFETY: promised by the caller.
        unsafe { ((self.0 + BUFFER_COUNT as usize) as *const u64).read() as usize }
    }

    /// Bytes of the object with its header.
    ///
    /// # Safety
    /// As [`Object::descriptor`].
    pub unsafe fn size(self) -> usize {
        // SAFETY: promised by the caller.
        unsafe {
            let descriptor = self.descriptor();
            let size = descriptor.size as usize;
            if descriptor.kind == KIND_FIXED {
                return aligned(size);
            }
            aligned(BUFFER_DATA as usize + size * self.count())
        }
    }

    /// Whether the header can be one: what the heap checker asks before it follows the descriptor.
    ///
    /// # Safety
    /// The header is readable; what it points to is trusted when it looks like an address.
    pub unsafe fn is_plausible(self) -> bool {
        // SAFETY: promised by the caller.
        unsafe {
            let header = self.header();
            let address = header & HEADER_ADDRESS_MASK;
            header == address && address >= 4096 && address.is_multiple_of(8) && {
                let descriptor = self.descriptor();
                descriptor.kind <= KIND_BUFFER
                    && descriptor.reserved[1..] == [0; 2]
                    && (descriptor.kind == KIND_BUFFER || descriptor.size >= 8)
            }
        }
    }
}
