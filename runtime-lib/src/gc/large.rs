//! The space of large objects: each has pages of its own. A table says for every page whose it is, so that an
//! address inside an object finds its start.
//!
//! Invariants between collections: every page below `top` belongs to one object (`owners` holds its number plus
//! one) or to nobody (0), and then to exactly one free run. No mark is set. Pages at and above `top` have no memory.

use super::object::Object;
use crate::memory::{self, Mapping};

/// Bytes that objects are rounded to.
const PAGE: usize = 4096;
/// Bytes by which the space grows at least, a multiple of what the system can protect.
const GROWTH: usize = 1 << 20;
/// Up to this size, memory that was in use is cleared by writing; above, the system gives new pages.
const CLEAR_BY_HAND: usize = 1 << 20;
const BINS: usize = 32;

#[derive(Clone, Copy)]
struct LargeObject {
    page: u32,
    /// 0 when the entry is unused.
    pages: u32,
    is_marked: bool,
}

/// Free pages one behind the other.
#[derive(Clone, Copy)]
struct FreeRun {
    page: u32,
    pages: u32,
    is_zero: bool,
}

pub struct Large {
    base: usize,
    capacity: u32,
    top: u32,
    committed: u32,
    owners: Mapping,
    objects: Vec<LargeObject>,
    unused: Vec<u32>,
    /// Free runs by the logarithm of their size.
    bins: [Vec<FreeRun>; BINS],
    used_pages: usize,
    /// Overwrite what is freed, so that a use after it shows.
    pub poisons: bool,
}

impl Large {
    /// The space over `size` reserved bytes at `base`, page-aligned.
    pub fn new(base: usize, size: usize) -> Option<Large> {
        let capacity = u32::try_from(size / PAGE).ok()?;
        let owners = Mapping::zeroed(capacity as usize * 4)?;
        let bins = [const { Vec::new() }; BINS];
        Some(Large {
            base,
            capacity,
            top: 0,
            committed: 0,
            owners,
            objects: Vec::new(),
            unused: Vec::new(),
            bins,
            used_pages: 0,
            poisons: false,
        })
    }

    fn owners(&mut self) -> &mut [u32] {
        // SAFETY: the table has an entry for each page of the space, zero is valid, and `self` owns it.
        unsafe { std::slice::from_raw_parts_mut(self.owners.start().cast(), self.capacity as usize) }
    }

    fn address(&self, page: u32) -> usize {
        self.base + page as usize * PAGE
    }

    /// Bytes of the pages that objects have.
    pub fn used_bytes(&self) -> usize {
        self.used_pages * PAGE
    }

    /// Bytes of memory the space has from the system, free ones included.
    pub fn committed_bytes(&self) -> usize {
        self.committed as usize * PAGE
    }

    /// Zeroed pages for an object of `size` bytes; none when there is no memory.
    pub fn allocate(&mut self, size: usize) -> Option<Object> {
        let pages = u32::try_from(size.div_ceil(PAGE)).ok()?;
        let page = match self.take_run(pages) {
            Some(page) => page,
            None => self.extend(pages)?,
        };
        let object = LargeObject { page, pages, is_marked: false };
        let index = match self.unused.pop() {
            Some(index) => {
                self.objects[index as usize] = object;
                index
            }
            None => {
                self.objects.push(object);
                self.objects.len() as u32 - 1
            }
        };
        self.owners()[page as usize..(page + pages) as usize].fill(index + 1);
        self.used_pages += pages as usize;
        Some(Object(self.address(page)))
    }

    /// The start of a fitting free run, cleared; what is left of it goes back.
    fn take_run(&mut self, pages: u32) -> Option<u32> {
        let exact = bin_of(pages);
        // In the size's own bin some runs are too short; in the ones above all fit.
        let found = self.bins[exact].iter().rposition(|run| run.pages >= pages).map(|position| (exact, position));
        let (bin, position) =
            found.or_else(|| (exact + 1..BINS).find_map(|bin| Some((bin, self.bins[bin].len().checked_sub(1)?))))?;
        let run = self.bins[bin].swap_remove(position);
        if run.pages > pages {
            self.put_run(FreeRun { page: run.page + pages, pages: run.pages - pages, is_zero: run.is_zero });
        }
        if !run.is_zero {
            let (start, size) = (self.address(run.page) as *mut u8, pages as usize * PAGE);
            // SAFETY: the pages are committed and nobody's.
            unsafe {
                if size <= CLEAR_BY_HAND {
                    start.write_bytes(0, size);
                } else {
                    memory::discard(start, size);
                }
            }
        }
        Some(run.page)
    }

    fn put_run(&mut self, run: FreeRun) {
        self.bins[bin_of(run.pages)].push(run);
    }

    /// Pages never used before.
    fn extend(&mut self, pages: u32) -> Option<u32> {
        let page = self.top;
        let top = page.checked_add(pages).filter(|&top| top <= self.capacity)?;
        if top > self.committed {
            let wanted = top.next_multiple_of((GROWTH / PAGE) as u32).min(self.capacity);
            let (start, size) = (self.address(self.committed), (wanted - self.committed) as usize * PAGE);
            // SAFETY: the range lies in the reservation that the heap made for this space.
            if !unsafe { memory::commit(start as *mut u8, size) } {
                return None;
            }
            self.committed = wanted;
        }
        self.top = top;
        Some(page)
    }

    /// The object that an address inside this space points to or into.
    pub fn resolve(&mut self, address: usize) -> Option<Object> {
        let page = (address - self.base) / PAGE;
        let owner = *self.owners().get(page)?;
        let object = self.objects.get((owner as usize).checked_sub(1)?)?;
        Some(Object(self.address(object.page)))
    }

    /// Marks an object; false when it was marked already.
    pub fn mark(&mut self, object: Object) -> bool {
        let page = (object.0 - self.base) / PAGE;
        let owner = self.owners()[page];
        let object = &mut self.objects[owner as usize - 1];
        !std::mem::replace(&mut object.is_marked, true)
    }

    /// Frees what is not marked and gives back to the system what is free beyond `keep_bytes`.
    pub fn sweep(&mut self, keep_bytes: usize) {
        let mut was_zero = self.free_zero_runs();
        for bin in &mut self.bins {
            bin.clear();
        }
        let mut budget = keep_bytes / PAGE;
        let mut page = 0;
        while page < self.top {
            let start = page;
            let mut is_zero = true;
            while page < self.top {
                let owner = self.owners()[page as usize];
                if owner == 0 {
                    // A free run that was here before, of which the start is known.
                    let known = was_zero.next_if(|run| run.page == page);
                    let pages = known.map_or(1, |run| run.pages);
                    is_zero &= known.is_some();
                    page += pages;
                } else if self.objects[owner as usize - 1].is_marked {
                    break;
                } else {
                    is_zero = false;
                    page += self.free(owner - 1);
                }
            }
            if page > start {
                self.keep_or_release(FreeRun { page: start, pages: page - start, is_zero }, &mut budget);
            }
            if page < self.top {
                let owner = self.owners()[page as usize];
                let object = &mut self.objects[owner as usize - 1];
                object.is_marked = false;
                page += object.pages;
            }
        }
    }

    /// The free runs without old data, by address.
    fn free_zero_runs(&self) -> std::iter::Peekable<std::vec::IntoIter<FreeRun>> {
        let mut runs: Vec<FreeRun> = self.bins.iter().flatten().copied().filter(|run| run.is_zero).collect();
        runs.sort_unstable_by_key(|run| run.page);
        runs.into_iter().peekable()
    }

    /// Takes an object's pages from it; how many.
    fn free(&mut self, index: u32) -> u32 {
        let LargeObject { page, pages, .. } =
            std::mem::replace(&mut self.objects[index as usize], LargeObject { page: 0, pages: 0, is_marked: false });
        self.unused.push(index);
        self.owners()[page as usize..(page + pages) as usize].fill(0);
        self.used_pages -= pages as usize;
        if self.poisons {
            // SAFETY: the pages are committed and were the object's.
            unsafe { (self.address(page) as *mut u8).write_bytes(0xdb, pages as usize * PAGE) };
        }
        pages
    }

    fn keep_or_release(&mut self, mut run: FreeRun, budget: &mut usize) {
        if !run.is_zero {
            if run.pages as usize <= *budget {
                *budget -= run.pages as usize;
            } else {
                // SAFETY: the pages are committed and nobody's.
                unsafe { memory::discard(self.address(run.page) as *mut u8, run.pages as usize * PAGE) };
                run.is_zero = true;
            }
        }
        self.put_run(run);
    }

    /// Calls `visit` with every object, and whether it is marked.
    pub fn for_each(&self, mut visit: impl FnMut(Object, bool)) {
        for object in self.objects.iter().filter(|object| object.pages > 0) {
            visit(Object(self.address(object.page)), object.is_marked);
        }
    }
}

/// The bin of a run of so many pages: all runs of the bins above are longer.
fn bin_of(pages: u32) -> usize {
    pages.max(1).ilog2() as usize
}
