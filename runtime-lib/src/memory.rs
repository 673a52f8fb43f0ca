//! Address space from the system: the platform contract of the heap, the stacks and the loader in one
//! place. Reserving costs nothing but addresses; memory becomes usable by `commit`, zeroed.

use std::ffi::c_void;

/// What the system can protect by itself: its page divides this or is equal. (Linux on aarch64 has pages of 4, 16
/// or 64 KB.)
pub const PAGE: usize = if cfg!(target_arch = "x86_64") { 4 << 10 } else { 64 << 10 };

/// A range of address space, given back when dropped.
#[derive(Debug)]
pub struct Mapping {
    start: *mut u8,
    size: usize,
}

impl Mapping {
    /// Addresses without memory: any access faults until a part is committed.
    pub fn reserve(size: usize) -> Option<Mapping> {
        Mapping::map(size, libc::PROT_NONE)
    }

    /// Zeroed memory that costs nothing until touched.
    pub fn zeroed(size: usize) -> Option<Mapping> {
        Mapping::map(size, libc::PROT_READ | libc::PROT_WRITE)
    }

    /// As [`Mapping::reserve`], at a multiple of `align` (a power of two).
    pub fn reserve_aligned(size: usize, align: usize) -> Option<Mapping> {
        let whole = Mapping::reserve(size.checked_add(align)?)?;
        let skip = whole.start.align_offset(align);
        let (start, rest) = (whole.start, align - skip);
        std::mem::forget(whole);
        // SAFETY: the three parts lie inside the mapping that was just made and forgotten: what is
        // before and behind goes back, the middle belongs to the result.
        unsafe {
            unmap(start, skip);
            unmap(start.add(skip + size), rest);
            Some(Mapping { start: start.add(skip), size })
        }
    }

    /// As [`Mapping::zeroed`], within reach of 32-bit relative addresses from `address` when there is room.
    pub fn zeroed_near(size: usize, address: usize) -> Option<Mapping> {
        const STEP: usize = 128 << 20;
        // Below: above a program's image lies its heap.
        let hints =
            (1..8).filter_map(|steps| (address & !(STEP - 1)).checked_sub(steps * STEP + size.next_multiple_of(STEP)));
        for hint in hints {
            let mapping = Mapping::map_at(hint, size, libc::PROT_READ | libc::PROT_WRITE)?;
            if mapping.start as usize == hint {
                return Some(mapping);
            }
        }
        Mapping::zeroed(size)
    }

    fn map(size: usize, protection: i32) -> Option<Mapping> {
        Mapping::map_at(0, size, protection)
    }

    /// A mapping at the address, if the system likes it, or anywhere.
    fn map_at(hint: usize, size: usize, protection: i32) -> Option<Mapping> {
        let size = size.checked_next_multiple_of(PAGE)?.max(PAGE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: an anonymous mapping that replaces nothing (no MAP_FIXED) touches nothing existing.
        let start = unsafe { libc::mmap(hint as *mut c_void, size, protection, flags, -1, 0) };
        (start != libc::MAP_FAILED).then(|| Mapping { start: start.cast(), size })
    }

    /// Lowest address.
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// First address after.
    pub fn end(&self) -> *mut u8 {
        self.start.wrapping_add(self.size)
    }

    /// Bytes.
    pub fn size(&self) -> usize {
        self.size
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is ours and nobody else's.
        unsafe { unmap(self.start, self.size) }
    }
}

/// Gives a part of a mapping back to the system.
///
/// # Safety
/// Nobody uses the range any more.
unsafe fn unmap(start: *mut u8, size: usize) {
    if size > 0 {
        // SAFETY: promised by the caller.
        unsafe { libc::munmap(start.cast(), size) };
    }
}

/// Makes a part of a reserved mapping usable; its memory is zero. False when the system has none left.
///
/// # Safety
/// The range is page-aligned, inside a mapping of the caller.
pub unsafe fn commit(start: *mut u8, size: usize) -> bool {
    // SAFETY: promised by the caller.
    unsafe { libc::mprotect(start.cast(), size, libc::PROT_READ | libc::PROT_WRITE) == 0 }
}

/// Makes a range inaccessible (a guard).
///
/// # Safety
/// As [`commit`], and nobody uses the range.
pub unsafe fn guard(start: *mut u8, size: usize) -> bool {
    // SAFETY: promised by the caller.
    unsafe { libc::mprotect(start.cast(), size, libc::PROT_NONE) == 0 }
}

/// Gives the memory of a committed range back; the range stays usable and reads as zero.
///
/// # Safety
/// The range is committed and part of a mapping of the caller, and what it holds is needed no more.
pub unsafe fn discard(start: *mut u8, size: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        if libc::madvise(start.cast(), size, libc::MADV_DONTNEED) != 0 {
            // Smaller than the system's pages: cleared, but not given back.
            start.write_bytes(0, size);
        }
    }
}
