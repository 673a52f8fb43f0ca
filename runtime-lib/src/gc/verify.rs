//! The heap checker (FLASH_GC=verify): walks every object and ends the process when an invariant of the heap
//! does not hold, naming the object.

use super::heap::Spaces;
use super::object::{self, Object, Word};
use crate::report::Report;
use flash_abi::object::{BUFFER_DATA, Descriptor, HEADER_ADDRESS_MASK, KIND_FIXED};

/// Headers are headers, objects do not overlap, slots lead to objects, nothing is marked.
pub fn between_collections(spaces: &mut Spaces, moment: &str) {
    let objects = all(spaces);
    let mut end = 0;
    for &(object, is_marked) in &objects {
        // SAFETY: the spaces say that an object starts here, so its header is readable; its size is asked for only
        // after the header was found plausible.
        unsafe {
            check(object.is_plausible(), moment, object, "has no valid header");
            check(!is_marked, moment, object, "is marked outside a collection");
            check(object.0 >= end, moment, object, "overlaps the object before it");
            end = object.0 + object.size();
        }
        check(is_inside(spaces, object, end), moment, object, "crosses the end of its block");
    }
    for &(object, _) in &objects {
        for_each_word(object, |word| {
            check(leads_to_object(spaces, word), moment, object, "has a slot that points to no object");
        });
    }
    if spaces.blocks.has_marks() {
        broken(moment, Object(0), "marks are left outside a collection");
    }
}

/// What a marked object leads to is marked, and its lines are kept.
pub fn after_marking(spaces: &mut Spaces) {
    let marked: Vec<Object> = all(spaces).into_iter().filter(|(_, is_marked)| *is_marked).map(|(o, _)| o).collect();
    for &object in &marked {
        if spaces.is_small(object.0) {
            // SAFETY: a marked object is one.
            let size = unsafe { object.size() };
            check(spaces.blocks.has_lines(object, size), "after marking", object, "is marked but its lines are not");
        }
        for_each_word(object, |word| {
            let is_kept =
                spaces.target(word).is_none_or(|target| marked.binary_search_by_key(&target.0, |o| o.0).is_ok());
            check(is_kept, "after marking", object, "leads to an object that is not marked");
        });
    }
}

/// All objects with their marks, by address.
fn all(spaces: &mut Spaces) -> Vec<(Object, bool)> {
    let mut objects = Vec::new();
    spaces.for_each(|object, is_marked| objects.push((object, is_marked)));
    objects.sort_unstable_by_key(|(object, _)| object.0);
    objects
}

fn is_inside(spaces: &Spaces, object: Object, end: usize) -> bool {
    !spaces.is_small(object.0)
        || (object.0 - spaces.base) / super::blocks::BLOCK == (end - 1 - spaces.base) / super::blocks::BLOCK
}

/// A slot may hold an address outside the heap, an object's start, and unless exact an address in or just
/// behind an object; an ambiguous one anything.
fn leads_to_object(spaces: &mut Spaces, word: Word) -> bool {
    if !spaces.contains(word.value) || word.is_ambiguous {
        return true;
    }
    let found = spaces.resolve(word.value);
    if word.is_exact {
        found == Some(Object(word.value))
    } else {
        found.is_some() || spaces.resolve(word.value - 1).is_some()
    }
}

fn for_each_word(object: Object, mut visit: impl FnMut(Word)) {
    // SAFETY: the object was found plausible, so its words at the descriptor's slots are readable.
    unsafe {
        let descriptor = object.descriptor();
        if descriptor.kind == KIND_FIXED {
            object::words(descriptor, object.0).for_each(&mut visit);
            return;
        }
        let data = object.0 + BUFFER_DATA as usize;
        for index in 0..if descriptor.pointer_count > 0 { object.count() } else { 0 } {
            object::words(descriptor, data + index * descriptor.size as usize).for_each(&mut visit);
        }
    }
}

fn check(holds: bool, moment: &str, object: Object, problem: &str) {
    if !holds {
        broken(moment, object, problem);
    }
}

#[cold]
fn broken(moment: &str, object: Object, problem: &str) -> ! {
    let mut report = Report::new();
    report.text("flash: the heap is broken (").text(moment).text(" a collection): the object at ");
    report.address(object.0).text(" ").text(problem).text("\n");
    if object.0 != 0 {
        // SAFETY: the address lies in the heap; the header is only printed.
        let header = unsafe { object.header() };
        report.text("  header ").address(header as usize).text("\n");
        // SAFETY: a plausible header leads to a descriptor.
        if unsafe { object.is_plausible() } {
            report.text("  type ").text(name((header & HEADER_ADDRESS_MASK) as *const Descriptor)).text("\n");
        }
    }
    drop(report);
    std::process::abort()
}

/// The name behind a descriptor.
fn name(descriptor: *const Descriptor) -> &'static [u8] {
    // SAFETY: the caller found the descriptor plausible; its slots and name follow it.
    unsafe {
        let slots = object::slots(&*descriptor);
        std::slice::from_raw_parts(slots.as_ptr_range().end.cast(), (*descriptor).name_len as usize)
    }
}
