//! Takes objects and stack slots apart that nobody else can see: their fields become values. An
//! object counts as unseen when its address is only loaded from, stored to, compared and checked, at
//! constant offsets, every byte always with the same size. This removes cells of captured variables and
//! closures once the code that uses them is inlined.
//! Needs no unreachable blocks. Keeps blocks; adds parameters that `branches` may find redundant.
//! Objects that are passed on stay: see `escape`.

use super::Context;
use super::reaching::{Frontiers, Variable};
use super::rewrite::{Replacements, make_iconst, make_zero};
use crate::ssa::analysis::{Cfg, Dominators};
use crate::ssa::{Aux, Block, Function, Inst, InstData, IntCc, Loc, Op, Type, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Objects with more fields than this stay in memory.
const MOST_FIELDS: usize = 32;
/// `copy` and `zero` of more bytes than this are not taken apart.
const MOST_BYTES: u32 = 256;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let mut changed = false;
    // An object whose address was only kept in another one is found when that one is gone.
    for _ in 0..4 {
        let objects = find_objects(function);
        if objects.is_empty() {
            break;
        }
        changed = true;
        let cfg = Cfg::new(function);
        let dominators = Dominators::new(function, &cfg);
        let frontiers = Frontiers::new(function, &cfg, &dominators);
        Promote { function, cfg: &cfg, dominators: &dominators, frontiers: &frontiers }.objects(&objects);
    }
    changed
}

/// What memory is taken apart: each `alloc` is an object, each slot with all its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Origin {
    Alloc(Inst),
    Slot(u32),
}

#[derive(Default)]
struct Object {
    /// Byte offset to the type of the first access there.
    fields: BTreeMap<i64, Type>,
    /// Ranges of `zero`, offset and size.
    zeroed: Vec<(i64, u32)>,
    is_seen: bool,
}

struct Objects {
    /// By value: the object that it is an address in, and the offset.
    addresses: FxHashMap<Value, (Origin, i64)>,
    found: BTreeMap<Origin, Object>,
}

impl Objects {
    fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn address(&self, value: Value) -> Option<(Origin, i64)> {
        self.addresses.get(&value).copied().filter(|(origin, _)| self.found.contains_key(origin))
    }
}

fn find_objects(function: &Function) -> Objects {
    let mut objects = Objects { addresses: FxHashMap::default(), found: BTreeMap::new() };
    let cfg = Cfg::new(function);
    // Definitions come before uses in reverse postorder, so one walk finds all addresses.
    for &block in &cfg.order {
        let data = function.block(block);
        for &inst in &data.insts {
            scan(function, &mut objects, inst);
        }
        data.terminator.for_each_value(|value| see(&mut objects, value));
    }
    objects.found.retain(|_, object| !object.is_seen && object.fields.len() <= MOST_FIELDS && !overlaps(object));
    objects
}

fn see(objects: &mut Objects, value: Value) {
    if let Some((origin, _)) = objects.addresses.get(&value) {
        objects.found.entry(*origin).or_default().is_seen = true;
    }
}

fn scan(function: &Function, objects: &mut Objects, inst: Inst) {
    let data = function.inst(inst);
    match (data.op, &data.aux) {
        (Op::Alloc, _) => {
            objects.addresses.insert(data.results[0], (Origin::Alloc(inst), 0));
            objects.found.insert(Origin::Alloc(inst), Object::default());
        }
        (Op::SlotAddr, Aux::Slot(slot)) => {
            objects.addresses.insert(data.results[0], (Origin::Slot(slot.0), 0));
            objects.found.entry(Origin::Slot(slot.0)).or_default();
        }
        (Op::PtrAdd, _) => match (objects.addresses.get(&data.args[0]), function.as_iconst(data.args[1])) {
            (Some(&(origin, offset)), Some(constant)) => {
                objects.addresses.insert(data.results[0], (origin, offset.wrapping_add(constant)));
            }
            _ => see(objects, data.args[0]),
        },
        (Op::Load | Op::Store, Aux::Mem(mem)) => {
            if let Some(&(origin, offset)) = objects.addresses.get(&data.args[0]) {
                let offset = offset.wrapping_add(i64::from(mem.offset));
                let object = objects.found.entry(origin).or_default();
                let first = *object.fields.entry(offset).or_insert(data.ty);
                // The header is not a field.
                let is_header = matches!(origin, Origin::Alloc(_)) && offset < 8;
                object.is_seen |= first.bytes() != data.ty.bytes() || offset < 0 || is_header;
                object.is_seen |= cast(first, data.ty).is_none();
            }
            if data.op == Op::Store {
                see(objects, data.args[1]);
            }
        }
        (Op::Zero, Aux::Bytes(bytes, _)) => {
            if let Some(&(origin, offset)) = objects.addresses.get(&data.args[0]) {
                let object = objects.found.entry(origin).or_default();
                object.zeroed.push((offset, *bytes));
                object.is_seen |= *bytes > MOST_BYTES;
            }
        }
        (Op::NonNull, _) => {}
        (Op::Icmp, _) if is_null_test(function, data) => {}
        _ => data.args.iter().for_each(|&arg| see(objects, arg)),
    }
}

/// `address == null` or `!=`: known.
fn is_null_test(function: &Function, data: &InstData) -> bool {
    let is_equality = matches!(data.aux, Aux::IntCc(IntCc::Eq | IntCc::Ne));
    is_equality && data.args.iter().any(|&arg| function.as_iconst(arg) == Some(0))
}

/// Whether fields overlap each other or stick out of a zeroed range.
fn overlaps(object: &Object) -> bool {
    let ranges: Vec<(i64, i64)> =
        object.fields.iter().map(|(&offset, ty)| (offset, offset + i64::from(ty.bytes()))).collect();
    ranges.windows(2).any(|pair| pair[0].1 > pair[1].0)
        || object.zeroed.iter().any(|&(start, size)| {
            let end = start + i64::from(size);
            ranges.iter().any(|&(from, to)| from < end && start < to && !(start <= from && to <= end))
        })
}

/// The conversion between the types with which a field is accessed; `None` when there is no single one.
fn cast(from: Type, to: Type) -> Option<Option<Op>> {
    match (from, to) {
        _ if from == to => Some(None),
        // A float and an address: over an integer, which nobody does.
        (Type::F64, Type::Ptr) | (Type::Ptr, Type::F64) => None,
        _ if from.bytes() == to.bytes() => Some(Some(Op::Bitcast)),
        _ => None,
    }
}

struct Promote<'a> {
    function: &'a mut Function,
    cfg: &'a Cfg,
    dominators: &'a Dominators,
    frontiers: &'a Frontiers,
}

/// A field: the variable that it becomes.
type Field = (Origin, i64);

/// What a block does with fields: the value of each at its end, and loads before any store.
#[derive(Default)]
struct BlockState {
    current: FxHashMap<Field, Value>,
    exposed: Vec<(Field, Value, Type)>,
}

impl Promote<'_> {
    fn objects(&mut self, objects: &Objects) {
        let mut replacements = Replacements::new(self.function);
        let mut assigned: BTreeMap<Field, FxHashMap<Block, Value>> = BTreeMap::new();
        let mut exposed: Vec<(Block, Field, Value, Type)> = Vec::new();
        for &block in &self.cfg.order {
            let state = self.block(objects, &mut replacements, block);
            for (field, value) in state.current {
                assigned.entry(field).or_default().insert(block, value);
            }
            exposed.extend(state.exposed.into_iter().map(|(field, value, ty)| (block, field, value, ty)));
        }
        let mut by_field: BTreeMap<Field, Vec<(Block, Value, Type)>> = BTreeMap::new();
        for (block, field, value, ty) in exposed {
            by_field.entry(field).or_default().push((block, value, ty));
        }
        for (field, loads) in by_field {
            let ty = objects.found[&field.0].fields[&field.1];
            let values = assigned.remove(&field).unwrap_or_default();
            let mut variable = Variable::new(self.cfg, self.dominators, self.frontiers, ty, values);
            for (block, load, load_type) in loads {
                let value = variable.at_start(self.function, block);
                let value = self.cast_at_start(block, value, ty, load_type);
                replacements.replace(load, value);
            }
            variable.finish(self.function);
        }
        replacements.apply(self.function);
    }

    /// Removes the accesses of a block; loads behind a store take its value.
    fn block(&mut self, objects: &Objects, replacements: &mut Replacements, block: Block) -> BlockState {
        let mut state = BlockState::default();
        let mut out = Vec::new();
        for inst in std::mem::take(&mut self.function.block_mut(block).insts) {
            let data = self.function.inst(inst).clone();
            let place = data.args.first().and_then(|&address| objects.address(address));
            match (data.op, &data.aux) {
                (Op::Alloc, _) if objects.found.contains_key(&Origin::Alloc(inst)) => {
                    self.zero(objects, &mut state, &mut out, Origin::Alloc(inst), (0, u32::MAX), data.loc);
                }
                (Op::Load, Aux::Mem(mem)) if let Some((origin, offset)) = place => {
                    let field = (origin, offset + i64::from(mem.offset));
                    let ty = objects.found[&origin].fields[&field.1];
                    match state.current.get(&field) {
                        Some(&value) => {
                            let value = self.cast(&mut out, value, ty, data.ty, data.loc);
                            replacements.replace(data.results[0], value);
                        }
                        None => state.exposed.push((field, data.results[0], data.ty)),
                    }
                }
                (Op::Store, Aux::Mem(mem)) if let Some((origin, offset)) = place => {
                    let field = (origin, offset + i64::from(mem.offset));
                    let ty = objects.found[&origin].fields[&field.1];
                    let value = self.cast(&mut out, data.args[1], data.ty, ty, data.loc);
                    state.current.insert(field, value);
                }
                (Op::Zero, Aux::Bytes(bytes, _)) if let Some((origin, offset)) = place => {
                    self.zero(objects, &mut state, &mut out, origin, (offset, *bytes), data.loc);
                }
                (Op::NonNull, _) if place.is_some() => {
                    let is_last = matches!(self.function.block(block).terminator, crate::ssa::Terminator::Try { .. });
                    // A `try` whose check is this one needs it: `simplify` removes both.
                    if is_last {
                        out.push(inst);
                        self.keep_address(&mut out, inst);
                    }
                }
                (Op::Icmp, Aux::IntCc(cc)) if data.args.iter().any(|&arg| objects.address(arg).is_some()) => {
                    let (made, value) = make_iconst(self.function, Type::I8, i64::from(*cc == IntCc::Ne), data.loc);
                    out.push(made);
                    replacements.replace(data.results[0], value);
                }
                // Addresses in it: nobody uses them any more.
                (Op::PtrAdd, _) if place.is_some() => {}
                (Op::SlotAddr, Aux::Slot(slot)) if objects.found.contains_key(&Origin::Slot(slot.0)) => {}
                _ => out.push(inst),
            }
        }
        self.function.block_mut(block).insts = out;
        state
    }

    /// The check of an address that is never null: of a constant instead of the object that is gone.
    fn keep_address(&mut self, out: &mut Vec<Inst>, check: Inst) {
        let loc = self.function.inst(check).loc;
        let (made, value) = make_iconst(self.function, Type::Ptr, 1, loc);
        out.insert(out.len() - 1, made);
        self.function.inst_mut(check).args[0] = value;
    }

    fn zero(
        &mut self,
        objects: &Objects,
        state: &mut BlockState,
        out: &mut Vec<Inst>,
        origin: Origin,
        (start, size): (i64, u32),
        loc: Loc,
    ) {
        for (&offset, &ty) in objects.found[&origin].fields.range(start..start + i64::from(size)) {
            let (inst, value) = make_zero(self.function, ty, loc);
            out.push(inst);
            state.current.insert((origin, offset), value);
        }
    }

    fn cast(&mut self, out: &mut Vec<Inst>, value: Value, from: Type, to: Type, loc: Loc) -> Value {
        let Some(Some(op)) = cast(from, to) else { return value };
        let inst = self.function.make_inst(op, to, [value], Aux::From(from), [to], loc);
        out.push(inst);
        self.function.inst(inst).results[0]
    }

    fn cast_at_start(&mut self, block: Block, value: Value, from: Type, to: Type) -> Value {
        if from == to {
            return value;
        }
        let loc = super::location_of(self.function, block);
        let (mut out, from_value) = (Vec::new(), value);
        let value = self.cast(&mut out, value, from, to, loc);
        // Behind the value, which may be the zero that the entry begins with.
        let insts = &mut self.function.blocks[block.index()].insts;
        let is_defining = |&&inst: &&Inst| self.function.insts[inst.index()].results.contains(&from_value);
        let place = insts.iter().take(1).position(|inst| is_defining(&inst)).map_or(0, |place| place + 1);
        insts.splice(place..place, out);
        value
    }
}
