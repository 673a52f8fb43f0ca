//! Copies of objects on their way from one heap to another: everything that the roots lead to, with sharing and cycles
//! as they are. The sender packs, the receiver unpacks; a parcel in between holds nothing of either heap.
//!
//! What belongs to one thread cannot be packed: frames of coroutines, and objects whose descriptor says so.

use super::heap::{Heap, Spaces};
use super::object::{self, Object, Word};
use crate::fail::{self, Failure};
use crate::thread;
use flash_abi::context::Context;
use flash_abi::object::{BUFFER_DATA, DESCRIPTOR_LOCAL, DESCRIPTOR_SIZE, Descriptor, HEADER_ADDRESS_MASK, KIND_FIXED};
use std::collections::HashMap;
use std::ops::Range;

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// Itself: a number, null, an address outside the heap.
    Number,
    /// So many bytes behind the start of an object, by its number.
    Object(u32, usize),
    /// So many bytes behind the start of the globals area.
    Global(usize),
}

/// A word of an area or object that is not the same in the other heap.
#[derive(Debug)]
struct Link {
    /// Its offset in bytes.
    at: usize,
    target: Target,
}

#[derive(Debug)]
struct Packed {
    /// In `Parcel::bytes`.
    range: Range<usize>,
    links: Vec<Link>,
}

/// A copy of objects; see the head of the file.
#[derive(Debug)]
pub struct Parcel {
    bytes: Vec<u8>,
    objects: Vec<Packed>,
    /// Ranges of the globals area, with their contents.
    globals: Vec<(usize, Packed)>,
    root: Target,
}

/// Something that cannot leave its heap: the name of its type.
#[derive(Debug)]
pub struct Refused(pub String);

/// Packs what an address leads to, and ranges (offset and size) of the globals area: of those, only what can be packed.
///
/// # Safety
/// `ctx` is this thread's context; `root` is an address of or in an object of its heap; the ranges are in the globals
/// area.
pub unsafe fn pack(ctx: *mut Context, root: usize, globals: &[(u32, u32)]) -> Result<Parcel, Refused> {
    // SAFETY: promised by the caller.
    let (heap, area) = unsafe { (thread::heap(ctx), (*ctx).globals as usize) };
    let pointers = heap.global_pointers();
    // SAFETY: the context is this thread's, which is not running Flash code meanwhile.
    let spaces = unsafe { heap.told(&mut *ctx) };
    let size = globals.iter().map(|(offset, size)| (offset + size) as usize).max().unwrap_or(0);
    let mut packer = Packer {
        spaces,
        numbers: HashMap::new(),
        found: Vec::new(),
        globals: area..area + size,
        bytes: Vec::new(),
        objects: Vec::new(),
    };
    let root = packer.target(Word { value: root, is_exact: false, is_ambiguous: true });
    // SAFETY: what was found are objects.
    unsafe { packer.drain()? };
    let mut ranges = Vec::new();
    for &(offset, size) in globals {
        let range = offset as usize..(offset + size) as usize;
        let words = pointers.iter().map(|&at| at as usize).filter(|at| range.contains(at));
        let before = (packer.found.len(), packer.bytes.len());
        // SAFETY: promised by the caller; pointers of the area are whole words in it.
        let packed = unsafe { packer.area(area + range.start, range.len(), words.map(|at| at - range.start)) };
        // SAFETY: as above.
        match unsafe { packer.drain() } {
            Ok(()) => ranges.push((range.start, packed)),
            // Such a variable is not set there.
            Err(_) => packer.undo(before),
        }
    }
    Ok(Parcel { bytes: packer.bytes, objects: packer.objects, globals: ranges, root })
}

struct Packer<'a> {
    spaces: &'a mut Spaces,
    numbers: HashMap<usize, u32>,
    /// By number.
    found: Vec<Object>,
    globals: Range<usize>,
    bytes: Vec<u8>,
    /// Of those that were found, as many as have been looked into.
    objects: Vec<Packed>,
}

impl Packer<'_> {
    /// Copies everything that was found.
    ///
    /// # Safety
    /// What was found are objects.
    unsafe fn drain(&mut self) -> Result<(), Refused> {
        while let Some(&object) = self.found.get(self.objects.len()) {
            // SAFETY: promised by the caller.
            let packed = unsafe { self.object(object)? };
            self.objects.push(packed);
        }
        Ok(())
    }

    /// Forgets what was found since, when so many objects and bytes were there.
    fn undo(&mut self, (objects, bytes): (usize, usize)) {
        for object in self.found.drain(objects..) {
            self.numbers.remove(&object.0);
        }
        self.objects.truncate(objects);
        self.bytes.truncate(bytes);
    }

    fn target(&mut self, word: Word) -> Target {
        let value = word.value;
        if self.globals.contains(&value) {
            return Target::Global(value - self.globals.start);
        }
        if !self.spaces.contains(value) {
            return Target::Number;
        }
        let object = match word.is_exact {
            true => Some(Object(value)),
            // One just behind an object is that of the object, if nothing begins there.
            false => self.spaces.resolve(value).or_else(|| self.spaces.resolve(value - 1)),
        };
        let Some(object) = object else { return Target::Number };
        let found = &mut self.found;
        let number = *self.numbers.entry(object.0).or_insert_with(|| {
            found.push(object);
            found.len() as u32 - 1
        });
        Target::Object(number, value - object.0)
    }

    /// Copies memory, with the pointers that stand at offsets in it.
    ///
    /// # Safety
    /// The memory is readable, and so are the words at the offsets.
    unsafe fn area(&mut self, start: usize, size: usize, pointers: impl Iterator<Item = usize>) -> Packed {
        let mut links = Vec::new();
        for at in pointers {
            // SAFETY: promised by the caller.
            let value = unsafe { ((start + at) as *const usize).read() };
            self.link(&mut links, at, Word { value, is_exact: false, is_ambiguous: false });
        }
        // SAFETY: promised by the caller.
        let bytes = unsafe { std::slice::from_raw_parts(start as *const u8, size) };
        Packed { range: self.copy(bytes), links }
    }

    fn link(&mut self, links: &mut Vec<Link>, at: usize, word: Word) {
        match self.target(word) {
            Target::Number => {}
            target => links.push(Link { at, target }),
        }
    }

    fn copy(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// # Safety
    /// The object is one.
    unsafe fn object(&mut self, object: Object) -> Result<Packed, Refused> {
        // SAFETY: promised by the caller; descriptors say where the pointers are.
        unsafe {
            let (descriptor, size) = (object.descriptor(), object.size());
            let mut links = Vec::new();
            let elements = match descriptor.kind {
                KIND_FIXED => 0..1,
                _ if descriptor.pointer_count == 0 => 0..0,
                _ => 0..object.count(),
            };
            let first = if descriptor.kind == KIND_FIXED { 0 } else { BUFFER_DATA as usize };
            if descriptor.reserved[0] & DESCRIPTOR_LOCAL != 0 {
                return Err(Refused(name(descriptor)));
            }
            for element in elements {
                let base = first + element * descriptor.size as usize;
                for (word, offset) in object::words(descriptor, object.0 + base).zip(object::offsets(descriptor)) {
                    if word.is_ambiguous {
                        return Err(Refused(name(descriptor)));
                    }
                    self.link(&mut links, base + offset, word);
                }
            }
            let bytes = std::slice::from_raw_parts(object.0 as *const u8, size);
            let range = self.copy(bytes);
            // The collector's part of the header stays here.
            let header = object.header() & HEADER_ADDRESS_MASK;
            self.bytes[range.start..range.start + 8].copy_from_slice(&header.to_le_bytes());
            Ok(Packed { range, links })
        }
    }
}

/// The name behind a descriptor.
fn name(descriptor: &Descriptor) -> String {
    let start = (descriptor as *const Descriptor).cast::<u8>();
    // SAFETY: a descriptor is followed by its slots, and these by its name.
    let name = unsafe {
        let name = start.add(DESCRIPTOR_SIZE as usize + 4 * descriptor.pointer_count as usize);
        std::slice::from_raw_parts(name, descriptor.name_len as usize)
    };
    String::from_utf8_lossy(name).into_owned()
}

/// Makes the objects anew in this thread's heap, fills its globals, and gives the root's address. Ends the program, or
/// throws, when there is no memory.
///
/// # Safety
/// `ctx` is this thread's context, of the same program as the one the parcel was packed in.
pub unsafe fn unpack(ctx: *mut Context, parcel: &Parcel) -> usize {
    // SAFETY: promised by the caller; nothing collects before everything is linked.
    unsafe {
        let area = (*ctx).globals as usize;
        let mut addresses = Vec::with_capacity(parcel.objects.len());
        for packed in &parcel.objects {
            let object = thread::heap(ctx).take(&mut *ctx, packed.range.len(), true);
            if object.is_null() {
                drop(addresses);
                fail::raise(ctx, Failure::OutOfMemory(packed.range.len()));
            }
            addresses.push(object as usize);
        }
        let address = |target: Target, old: usize| match target {
            Target::Number => old,
            Target::Object(number, offset) => addresses.get(number as usize).map_or(0, |start| start + offset),
            Target::Global(offset) => area + offset,
        };
        let globals = parcel.globals.iter().map(|(offset, packed)| (area + offset, packed));
        for (to, packed) in addresses.iter().copied().zip(&parcel.objects).chain(globals) {
            let bytes = &parcel.bytes[packed.range.clone()];
            (to as *mut u8).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            for link in &packed.links {
                let place = (to + link.at) as *mut usize;
                place.write(address(link.target, place.read()));
            }
        }
        address(parcel.root, 0)
    }
}

impl Heap {
    /// The spaces, when every object that there is has been told of.
    fn told(&mut self, context: &mut Context) -> &mut Spaces {
        self.tell(context);
        &mut self.spaces
    }
}
