//! The layout of a coroutine's frame: what value is where, and which words the collector follows. Values that are
//! never needed behind the same `suspend` share a place, pointers with pointers only.

use super::{Live, STATE};
use crate::ssa::{Aux, Function, Op, Slot, Type, Value};
use flash_abi::object::{OBJECT_ALIGN, SLOT_AMBIGUOUS};
use rustc_hash::{FxHashMap, FxHashSet};

/// What the collector makes of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    /// Certainly an address as heap objects have them.
    Pointer,
    /// An address that was computed, or a word that may be one.
    Ambiguous,
    Plain,
}

struct Place {
    kind: Kind,
    bytes: u32,
    offset: u32,
    values: Vec<Value>,
}

pub struct Frame {
    pub size: u32,
    places: Vec<Place>,
    of_value: FxHashMap<Value, usize>,
    /// Places with pointers, by their number among themselves.
    pointers: Vec<usize>,
    pointer_of_place: Vec<Option<usize>>,
    /// Slots that live here: offset and size.
    moved: FxHashMap<Slot, (u32, u32)>,
    moved_order: Vec<Slot>,
}

impl Frame {
    /// `params` are stored by the start; `live` are the values needed behind each point.
    pub fn new(function: &Function, params: &[Value], live: &[Live], moved: &[Slot]) -> Frame {
        let kinds = Kinds::of(function);
        let together: Vec<&[Value]> =
            std::iter::once(params).chain(live.iter().map(|live| live.kept.as_slice())).collect();
        let mut values: Vec<Value> = together.iter().flat_map(|values| values.iter().copied()).collect();
        values.sort_unstable();
        values.dedup();
        let mut conflicts: FxHashMap<Value, FxHashSet<Value>> = FxHashMap::default();
        for &group in &together {
            for &value in group {
                conflicts.entry(value).or_default().extend(group);
            }
        }
        let mut frame = Frame {
            size: 0,
            places: Vec::new(),
            of_value: FxHashMap::default(),
            pointers: Vec::new(),
            pointer_of_place: Vec::new(),
            moved: FxHashMap::default(),
            moved_order: moved.to_vec(),
        };
        for value in values {
            let (kind, bytes) = (kinds.kind(function, value), function.value_type(value).bytes());
            let conflicts = &conflicts[&value];
            let fits = |place: &Place| {
                place.kind == kind
                    && place.bytes == bytes
                    && !place.values.iter().any(|other| conflicts.contains(other))
            };
            let index = frame.places.iter().position(fits).unwrap_or_else(|| {
                frame.places.push(Place { kind, bytes, offset: 0, values: Vec::new() });
                frame.places.len() - 1
            });
            frame.places[index].values.push(value);
            frame.of_value.insert(value, index);
        }
        frame.lay_out(function);
        frame
    }

    /// Small values fill the word of the state first; pointers stand together.
    fn lay_out(&mut self, function: &Function) {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_by_key(|&index| (self.places[index].kind, std::cmp::Reverse(self.places[index].bytes), index));
        let mut rest = STATE + 4..STATE + 8;
        let mut end = STATE + 8;
        for index in order {
            let place = &mut self.places[index];
            let in_rest = rest.start.next_multiple_of(place.bytes);
            if in_rest + place.bytes <= rest.end {
                place.offset = in_rest;
                rest.start = in_rest + place.bytes;
            } else {
                place.offset = end.next_multiple_of(place.bytes);
                end = place.offset + place.bytes;
            }
        }
        for &slot in &self.moved_order {
            let data = function.slots[slot.index()];
            if data.align > OBJECT_ALIGN {
                bug!("coroutine: {slot} of {} wants an alignment of {}", function.symbol, data.align);
            }
            // Whole words, each of which may be an address.
            let offset = end.next_multiple_of(OBJECT_ALIGN);
            let bytes = data.size.next_multiple_of(OBJECT_ALIGN);
            self.moved.insert(slot, (offset, bytes));
            end = offset + bytes;
        }
        self.size = end.next_multiple_of(OBJECT_ALIGN);
        self.pointer_of_place = vec![None; self.places.len()];
        for (index, place) in self.places.iter().enumerate() {
            if place.kind != Kind::Plain {
                self.pointer_of_place[index] = Some(self.pointers.len());
                self.pointers.push(index);
            }
        }
    }

    /// Where a value is, if it is ever here.
    pub fn offset(&self, value: Value) -> Option<u32> {
        self.of_value.get(&value).map(|&index| self.places[index].offset)
    }

    /// Number of places with pointers.
    pub fn pointer_count(&self) -> usize {
        self.pointers.len()
    }

    /// The pointer place of a value.
    pub fn pointer_slot(&self, value: Value) -> Option<usize> {
        self.of_value.get(&value).and_then(|&index| self.pointer_of_place[index])
    }

    pub fn pointer_offset(&self, slot: usize) -> u32 {
        self.places[self.pointers[slot]].offset
    }

    pub fn slot_offset(&self, slot: Slot) -> Option<u32> {
        self.moved.get(&slot).map(|(offset, _)| *offset)
    }

    /// Offset and size of the slots that live here.
    pub fn moved_ranges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.moved_order.iter().filter_map(|slot| self.moved.get(slot).copied())
    }

    /// Slots of the frame's descriptor.
    pub fn pointers(&self) -> Vec<u32> {
        let of_place = |place: &Place| match place.kind {
            Kind::Pointer => Some(place.offset),
            Kind::Ambiguous => Some(place.offset | SLOT_AMBIGUOUS),
            Kind::Plain => None,
        };
        let words = |(offset, bytes): (u32, u32)| {
            (offset..offset + bytes).step_by(OBJECT_ALIGN as usize).map(|offset| offset | SLOT_AMBIGUOUS)
        };
        let mut slots: Vec<u32> = self.places.iter().filter_map(of_place).collect();
        slots.extend(self.moved_ranges().flat_map(words));
        slots.sort_unstable();
        slots
    }
}

/// Which values are computed addresses, or integers made of addresses.
struct Kinds {
    /// By value.
    is_computed: Vec<bool>,
}

impl Kinds {
    fn of(function: &Function) -> Kinds {
        let mut is_computed = vec![false; function.values.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for &block in &function.layout {
                let data = function.block(block);
                for &inst in &data.insts {
                    let data = function.inst(inst);
                    let from_address = matches!(data.aux, Aux::From(Type::Ptr)) || data.op == Op::PtrAdd;
                    let is_pure = data.op.facts().class == crate::ssa::op::Class::Pure;
                    let is_made = is_pure && data.args.iter().any(|arg| is_computed[arg.index()]);
                    let to_address = data.op == Op::Bitcast && data.ty == Type::Ptr;
                    if from_address || is_made || to_address {
                        for result in &data.results {
                            changed |= !std::mem::replace(&mut is_computed[result.index()], true);
                        }
                    }
                }
                for target in data.terminator.targets() {
                    for (&arg, &param) in target.args.iter().zip(&function.block(target.block).params) {
                        if is_computed[arg.index()] {
                            changed |= !std::mem::replace(&mut is_computed[param.index()], true);
                        }
                    }
                }
            }
        }
        Kinds { is_computed }
    }

    fn kind(&self, function: &Function, value: Value) -> Kind {
        match (function.value_type(value), self.is_computed[value.index()]) {
            (Type::Ptr | Type::I64, true) => Kind::Ambiguous,
            (Type::Ptr, false) => Kind::Pointer,
            _ => Kind::Plain,
        }
    }
}
