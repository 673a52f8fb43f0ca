//! The collector against fake types: no Flash stack, roots are the objects a test holds.

use super::heap::{Heap, LEAST_ALLOCATION, Mode, StackRange};
use super::object;
use flash_abi::context::Context;
use flash_abi::object::{
    BUFFER_COUNT, BUFFER_DATA, Descriptor, HEADER_ADDRESS_MASK, KIND_BUFFER, KIND_FIXED, SLOT_AMBIGUOUS, SLOT_EXACT,
};
use std::ptr::null_mut;

/// A descriptor with its slots behind it, as the compiler lays them out.
#[repr(C, align(8))]
struct Type<const N: usize> {
    head: Descriptor,
    slots: [u32; N],
}

const fn described<const N: usize>(kind: u8, size: u32, slots: [u32; N]) -> Type<N> {
    Type { head: Descriptor { size, pointer_count: N as u32, name_len: 0, kind, reserved: [0; 3] }, slots }
}

/// header, exact left, inexact right, number
static NODE: Type<2> = described(KIND_FIXED, 32, [8 | SLOT_EXACT, 16]);
/// header, number
static LEAF: Type<0> = described(KIND_FIXED, 16, []);
/// More than a line, less than a large object.
static MEDIUM: Type<1> = described(KIND_FIXED, 1000, [992 | SLOT_EXACT]);
static POINTERS: Type<1> = described(KIND_BUFFER, 8, [0]);
/// Elements of three words, pointers in the second and third.
static TRIPLES: Type<2> = described(KIND_BUFFER, 24, [8 | SLOT_EXACT, 16]);
static BYTES: Type<0> = described(KIND_BUFFER, 1, []);

const VERIFY: Mode = Mode { stress: false, verify: true, stats: false };
const STRESS: Mode = Mode { stress: true, verify: true, stats: false };

/// A heap with its context.
struct Fixture {
    heap: Heap,
    context: Context,
}

impl Fixture {
    fn new(mode: Mode) -> Fixture {
        let null = null_mut();
        let context = Context {
            alloc_cursor: null,
            alloc_limit: null,
            globals: null,
            stack_limit: null,
            stack_base: null,
            fail_a: 0,
            fail_b: 0,
            fail_pc: null,
            fail_frame: null,
            runtime: null.cast(),
            fail_c: 0,
            fail_d: 0,
        };
        Fixture { heap: Heap::with_mode(mode, usize::MAX).expect("a heap"), context }
    }

    fn take(&mut self, size: usize, descriptor: &Descriptor) -> usize {
        if self.heap.is_due() {
            self.collect();
        }
        let address = self.heap.take(&mut self.context, object::aligned(size), true) as usize;
        assert_ne!(address, 0);
        for offset in (0..object::aligned(size)).step_by(8) {
            assert_eq!(word(address, offset), 0, "new memory is not zero");
        }
        set(address, 0, descriptor as *const Descriptor as usize);
        address
    }

    fn fixed<const N: usize>(&mut self, of: &'static Type<N>) -> usize {
        self.take(of.head.size as usize, &of.head)
    }

    fn buffer<const N: usize>(&mut self, of: &'static Type<N>, count: usize) -> usize {
        let address = self.take(BUFFER_DATA as usize + of.head.size as usize * count, &of.head);
        set(address, BUFFER_COUNT as usize, count);
        address
    }

    fn hold(&mut self, address: usize) -> usize {
        self.heap.hold(address as *mut u8)
    }

    fn collect(&mut self) -> usize {
        self.heap.collect(&mut self.context, None);
        self.heap.live_bytes()
    }

    /// Objects the heap knows, dead ones not collected yet included.
    fn known(&mut self) -> usize {
        let mut count = 0;
        self.heap.spaces.for_each(|_, _| count += 1);
        count
    }
}

fn word(address: usize, offset: usize) -> usize {
    // SAFETY: tests name words inside live objects.
    unsafe { ((address + offset) as *const usize).read() }
}

fn set(address: usize, offset: usize, value: usize) {
    // SAFETY: tests name words inside live objects.
    unsafe { ((address + offset) as *mut usize).write(value) }
}

fn data(buffer: usize) -> usize {
    buffer + BUFFER_DATA as usize
}

#[test]
fn unreachable_objects_go_and_reachable_ones_stay() {
    let mut f = Fixture::new(VERIFY);
    let root = f.fixed(&NODE);
    let held = f.hold(root);
    let child = f.fixed(&LEAF);
    set(root, 8, child);
    set(child, 8, 42);
    for _ in 0..100 {
        f.fixed(&NODE);
    }
    assert_eq!(f.collect(), 32 + 16);
    assert_eq!(f.known(), 2);
    assert_eq!((word(root, 8), word(child, 8)), (child, 42));
    f.heap.release(held);
    assert_eq!(f.collect(), 0);
    assert_eq!(f.known(), 0);
}

#[test]
fn cycles_are_collected() {
    let mut f = Fixture::new(VERIFY);
    let (a, b) = (f.fixed(&NODE), f.fixed(&NODE));
    set(a, 8, b);
    set(b, 8, a);
    set(b, 16, b);
    let held = f.hold(a);
    assert_eq!(f.collect(), 64);
    f.heap.release(held);
    assert_eq!(f.collect(), 0);
}

#[test]
fn addresses_inside_objects_keep_them() {
    let mut f = Fixture::new(VERIFY);
    let text = f.buffer(&BYTES, 100);
    let big = f.buffer(&BYTES, 100_000);
    let node = f.fixed(&NODE);
    set(node, 16, data(text) + 99);
    f.hold(node + 31);
    let held = f.hold(big + 100_015);
    assert_eq!(f.collect(), 120 + 100_016 + 32);
    f.heap.release(held);
    assert_eq!(f.collect(), 120 + 32);
    set(node, 16, text);
    assert_eq!(f.collect(), 120 + 32);
    // Just behind the object and outside the heap: neither keeps anything, neither is an error.
    set(node, 16, text + 120);
    assert!(f.collect() <= 32 + 120);
    set(node, 16, 0x10);
    assert_eq!(f.collect(), 32);
}

#[test]
fn stale_addresses_find_nothing() {
    let mut f = Fixture::new(VERIFY);
    let keep = f.fixed(&NODE);
    f.hold(keep);
    let dead = f.fixed(&NODE);
    f.collect();
    // The same line as a survivor, so the memory has not been used again.
    assert_eq!(dead, keep + 32);
    let held = f.hold(dead + 8);
    assert_eq!(f.collect(), 32);
    f.heap.release(held);
    for stray in [1, 7, 4096, usize::MAX, keep + (1 << 20), keep + (64 << 30)] {
        f.hold(stray);
    }
    assert_eq!(f.collect(), 32);
}

#[test]
fn all_slots_of_all_elements_are_followed() {
    let mut f = Fixture::new(VERIFY);
    // More elements than are looked at in one go, as a large object.
    let count = 5000;
    let triples = f.buffer(&TRIPLES, count);
    f.hold(triples);
    for index in 0..count {
        let leaf = f.fixed(&LEAF);
        set(leaf, 8, index);
        set(data(triples), index * 24 + 8, leaf);
        let leaf = f.fixed(&LEAF);
        set(leaf, 8, index);
        set(data(triples), index * 24 + 16, leaf + 8);
        set(data(triples), index * 24, leaf);
    }
    assert_eq!(f.collect(), 16 + count * 24 + count * 32);
    for index in 0..count {
        assert_eq!(word(word(data(triples), index * 24 + 8), 8), index);
        assert_eq!(word(word(data(triples), index * 24 + 16), 0), index);
    }
}

#[test]
fn long_lists_need_no_recursion() {
    let mut f = Fixture::new(Mode::default());
    let count = 1_000_000;
    let head = f.hold(0);
    for _ in 0..count {
        let node = f.fixed(&NODE);
        set(node, 8, f.heap.held(head) as usize);
        f.heap.release(head);
        assert_eq!(f.hold(node), head);
    }
    assert_eq!(f.collect(), count * 32);
}

#[test]
fn globals_and_the_stack_are_roots() {
    static GLOBALS: Type<2> = described(KIND_FIXED, 32, [SLOT_EXACT, 24]);
    let mut f = Fixture::new(VERIFY);
    let mut area = [0usize; 4];
    f.heap.add_globals(area.as_mut_ptr().cast(), &raw const GLOBALS.head);
    let (a, b, c) = (f.fixed(&NODE), f.fixed(&LEAF), f.fixed(&LEAF));
    // SAFETY: the area outlives the heap's use of it; written by address, as compiled code does.
    unsafe {
        area.as_mut_ptr().write_volatile(a);
        area.as_mut_ptr().add(1).write_volatile(c);
        area.as_mut_ptr().add(3).write_volatile(b + 8);
    }
    assert_eq!(f.collect(), 32 + 16);
    let d = f.fixed(&LEAF);
    let stack = [0usize, d, 1, 2];
    let low = stack.as_ptr() as usize;
    f.heap.collect(&mut f.context, Some(StackRange { low, high: low + 32 }));
    assert_eq!(f.heap.live_bytes(), 32 + 16 + 16);
    assert_eq!(area[0], a);
}

#[test]
fn ambiguous_words_keep_alive_what_they_look_like() {
    static FRAME: Type<2> = described(KIND_FIXED, 40, [24 | SLOT_AMBIGUOUS, 32 | SLOT_AMBIGUOUS]);
    let mut f = Fixture::new(VERIFY);
    let (frame, leaf, medium) = (f.fixed(&FRAME), f.fixed(&LEAF), f.fixed(&MEDIUM));
    let held = f.hold(frame);
    set(frame, 24, leaf);
    set(frame, 32, medium + 990);
    assert_eq!(f.collect(), 40 + 16 + 1000);
    // Numbers, one of which is an address where no object is any more.
    set(frame, 24, leaf + 1);
    set(frame, 32, 7);
    assert_eq!(f.collect(), 40 + 16);
    set(frame, 24, medium);
    assert_eq!(f.collect(), 40);
    assert_eq!(f.collect(), 40);
    f.heap.release(held);
}

#[test]
fn freed_memory_is_used_again() {
    let mut f = Fixture::new(Mode::default());
    for round in 0..400 {
        for _ in 0..1000 {
            f.fixed(&MEDIUM);
            f.fixed(&LEAF);
        }
        f.buffer(&BYTES, 300_000 + round * 1000);
    }
    // 400 rounds make 600 MB; at most twice the least allowance may be in use at a time.
    let committed = f.heap.spaces.blocks.committed_bytes() + f.heap.spaces.large.committed_bytes();
    assert!(committed < 2 * LEAST_ALLOCATION + (8 << 20), "{committed}");
}

#[test]
fn holes_between_survivors_are_filled() {
    let mut f = Fixture::new(VERIFY);
    let mut kept = Vec::new();
    for index in 0..20_000 {
        let node = f.fixed(&NODE);
        set(node, 24, index);
        if index % 16 == 0 {
            f.hold(node);
            kept.push((node, index));
        }
    }
    f.collect();
    let committed = f.heap.spaces.blocks.committed_bytes();
    for index in 0..9_000 {
        let object = if index % 50 == 0 { f.fixed(&MEDIUM) } else { f.fixed(&NODE) };
        assert_eq!(word(object, 24), 0);
    }
    assert_eq!(f.heap.spaces.blocks.committed_bytes(), committed);
    assert!(kept.iter().all(|&(node, index)| word(node, 24) == index));
    f.collect();
    assert!(kept.iter().all(|&(node, index)| word(node, 24) == index));
}

#[test]
fn large_objects_share_and_return_pages() {
    let mut f = Fixture::new(VERIFY);
    let mut held = Vec::new();
    for index in 0..200 {
        let buffer = f.buffer(&BYTES, 9_000 + index * 500);
        held.push(f.hold(buffer));
    }
    let used = f.heap.spaces.large.committed_bytes();
    for index in held.iter().step_by(2) {
        f.heap.release(*index);
    }
    f.collect();
    for index in 0..80 {
        let buffer = f.buffer(&BYTES, 9_000 + index * 500);
        f.hold(buffer);
    }
    assert_eq!(f.heap.spaces.large.committed_bytes(), used);
    f.collect();
}

#[test]
fn a_limit_holds() {
    let mut f = Fixture::new(VERIFY);
    f.heap = Heap::with_mode(VERIFY, 4 << 20).expect("a heap");
    let mut count = 0;
    loop {
        let object = f.heap.take(&mut f.context, 1024, true);
        if object.is_null() {
            break;
        }
        set(object as usize, 0, &raw const BYTES.head as usize);
        set(object as usize, 8, 1008);
        f.hold(object as usize);
        count += 1;
    }
    assert!((3 << 10..=4 << 10).contains(&count), "{count}");
    assert!(f.heap.take(&mut f.context, 5 << 20, true).is_null());
}

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

/// An object as the model sees it: its address, its number, and where its pointers lead.
struct Modelled {
    address: usize,
    slots: Vec<(usize, usize)>,
}

/// Builds and changes a random graph; the model knows which objects must live, by the numbers they carry.
fn random_graph(mode: Mode, steps: usize, seed: u64) {
    let mut f = Fixture::new(mode);
    let mut random = Random(seed);
    let mut roots: Vec<(usize, usize)> = Vec::new();
    let mut objects: std::collections::HashMap<usize, Modelled> = Default::default();
    for step in 1..=steps {
        let (address, slots) = match random.below(20) {
            0 => (f.fixed(&MEDIUM), vec![992]),
            1 => (f.fixed(&LEAF), vec![]),
            2 => {
                let count = random.below(2000);
                (f.buffer(&POINTERS, count), (0..count.min(10)).map(|i| 16 + 8 * (count - 1 - i)).collect())
            }
            3 => (f.buffer(&BYTES, 16 + random.below(20_000)), vec![]),
            _ => (f.fixed(&NODE), vec![8, 16]),
        };
        objects.insert(step, Modelled { address, slots: slots.iter().map(|&slot| (slot, 0)).collect() });
        roots.push((f.hold(address), step));
        // Connect the new object and some others.
        for from in [step, roots[random.below(roots.len())].1] {
            let to = roots[random.below(roots.len())].1;
            let target = objects[&to].address;
            let Some(object) = objects.get_mut(&from) else { continue };
            if let Some(count) = object.slots.len().checked_sub(1) {
                let slot = random.below(count + 1);
                let is_exact = object.slots[slot].0 % 16 == 8 && object.slots.len() == 2 || object.slots[slot].0 == 992;
                set(object.address, object.slots[slot].0, target + if is_exact { 0 } else { random.below(16) });
                object.slots[slot].1 = to;
            }
        }
        while roots.len() > 60 {
            let (held, _) = roots.swap_remove(random.below(roots.len()));
            f.heap.release(held);
        }
        if step % 500 == 0 {
            f.collect();
        }
        if step % 50 == 0 {
            retain_reachable(&mut objects, &roots);
            check(&objects);
        }
    }
    f.collect();
    retain_reachable(&mut objects, &roots);
    check(&objects);
    assert_eq!(f.known(), objects.len());
}

/// Forgets what no root leads to.
fn retain_reachable(objects: &mut std::collections::HashMap<usize, Modelled>, roots: &[(usize, usize)]) {
    let mut reached = std::collections::HashSet::new();
    let mut pending: Vec<usize> = roots.iter().map(|&(_, number)| number).collect();
    while let Some(number) = pending.pop() {
        if number != 0 && reached.insert(number) {
            pending.extend(objects[&number].slots.iter().map(|&(_, to)| to));
        }
    }
    objects.retain(|number, _| reached.contains(number));
}

/// Every object of the model is still itself: a header in place, its pointers as they were set.
fn check(objects: &std::collections::HashMap<usize, Modelled>) {
    for object in objects.values() {
        assert_ne!(word(object.address, 0) as u64 & HEADER_ADDRESS_MASK, 0);
        for &(slot, to) in &object.slots {
            let value = word(object.address, slot);
            let target = objects.get(&to).map_or(0, |target| target.address);
            assert!(value.wrapping_sub(target) < 16, "a slot changed");
        }
    }
}

#[test]
fn random_graphs_agree_with_a_model() {
    for seed in 0..4 {
        random_graph(VERIFY, 8_000, seed);
    }
}

#[test]
fn random_graphs_survive_a_collection_at_every_allocation() {
    random_graph(STRESS, 1_000, 99);
}
