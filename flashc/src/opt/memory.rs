//! Knows what memory holds: a load of what was stored or loaded before, with no write between that
//! could touch it, is that value; a store of what is there already goes. Which writes could touch it is
//! said by regions, offsets from the same address, and objects that others cannot reach.
//! Needs no unreachable blocks; `gvn` before it, so that equal addresses are one value. Keeps blocks and
//! jumps. Moves nothing: see `licm`.

use super::Context;
use super::effects::{self, Writes};
use super::rewrite::Replacements;
use crate::ssa::analysis::{Cfg, Dominators};
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, Function, Inst, InstData, Mem, Op, Region, Type, Value};
use rustc_hash::FxHashSet;

/// Places that are remembered at once; the oldest is forgotten first.
const MOST_PLACES: usize = 48;
/// Blocks between a block and its dominator that are looked at for writes.
const MOST_BLOCKS_BETWEEN: usize = 128;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let private = effects::private_objects(function, &cfg, context.effects);
    let mut writes: Vec<Writes> = function.blocks.iter().map(|_| Writes::nothing()).collect();
    for &block in &cfg.order {
        for &inst in &function.block(block).insts {
            effects::add_writes(context.effects, function.inst(inst), &mut writes[block.index()]);
        }
    }
    let mut pass =
        Memory { context, private, writes, cfg, replacements: Replacements::new(function), changed: false, function };
    let mut at_end: Vec<Option<Places>> = pass.function.blocks.iter().map(|_| None).collect();
    for block in dominators.preorder() {
        let mut places = Places::default();
        if let Some(parent) = dominators.immediate(block) {
            places = at_end[parent.index()].clone().unwrap_or_default();
            pass.forget_between(&mut places, parent, block);
        }
        pass.block(block, &mut places);
        at_end[block.index()] = Some(places);
    }
    let Memory { function, replacements, changed, .. } = pass;
    replacements.apply(function);
    changed || replacements.is_changed()
}

/// A place in memory whose value is known.
#[derive(Clone, Copy)]
struct Place {
    base: Value,
    offset: i32,
    ty: Type,
    region: Region,
    value: Value,
}

#[derive(Clone, Default)]
struct Places(Vec<Place>);

struct Memory<'a, 'b> {
    function: &'a mut Function,
    context: &'a Context<'b>,
    /// Addresses of objects that only this function knows.
    private: FxHashSet<Value>,
    /// By block.
    writes: Vec<Writes>,
    cfg: Cfg,
    replacements: Replacements,
    changed: bool,
}

impl Memory<'_, '_> {
    /// Forgets what blocks on the ways from the dominator to the block may write.
    fn forget_between(&self, places: &mut Places, dominator: Block, block: Block) {
        if places.0.is_empty() || self.cfg.predecessors(block) == [dominator] {
            return;
        }
        let mut seen = FxHashSet::default();
        let mut work = self.cfg.predecessors(block).to_vec();
        while let Some(current) = work.pop() {
            if current == dominator || !seen.insert(current) {
                continue;
            }
            if seen.len() > MOST_BLOCKS_BETWEEN {
                places.0.clear();
                return;
            }
            let writes = &self.writes[current.index()];
            places.0.retain(|place| !writes.may_write(place.region));
            work.extend(self.cfg.predecessors(current));
        }
    }

    fn block(&mut self, block: Block, places: &mut Places) {
        let mut insts = std::mem::take(&mut self.function.block_mut(block).insts);
        insts.retain(|&inst| {
            for arg in &mut self.function.insts[inst.index()].args {
                *arg = self.replacements.resolve(*arg);
            }
            let is_needed = self.inst(inst, places);
            self.changed |= !is_needed;
            is_needed
        });
        self.function.block_mut(block).insts = insts;
    }

    /// False when the instruction goes.
    fn inst(&mut self, inst: Inst, places: &mut Places) -> bool {
        let data = self.function.inst(inst);
        match (data.op, &data.aux) {
            (Op::Load, Aux::Mem(mem)) => {
                let (base, ty) = (data.args[0], data.ty);
                let known = places.0.iter().find(|p| p.base == base && p.offset == mem.offset && p.ty == ty);
                if let Some(place) = known {
                    self.replacements.replace(data.results[0], place.value);
                    return false;
                }
                places.add(Place { base, offset: mem.offset, ty, region: mem.region, value: data.results[0] });
                true
            }
            (Op::Store, Aux::Mem(mem)) => {
                let place = Place {
                    base: data.args[0],
                    offset: mem.offset,
                    ty: data.ty,
                    region: mem.region,
                    value: data.args[1],
                };
                let is_there = |p: &Place| {
                    p.base == place.base && p.offset == place.offset && p.ty == place.ty && p.value == place.value
                };
                if places.0.iter().any(is_there) {
                    return false;
                }
                places.0.retain(|other| !self.may_touch(&place, *mem, other));
                places.add(place);
                true
            }
            _ => {
                self.forget(data, places);
                true
            }
        }
    }

    fn forget(&self, data: &InstData, places: &mut Places) {
        let class = data.op.facts().class;
        if !matches!(class, Class::Write | Class::Call) {
            return;
        }
        let mut writes = Writes::nothing();
        effects::add_writes(self.context.effects, data, &mut writes);
        if writes.is_nothing() {
            return;
        }
        let is_call = class == Class::Call;
        // A call cannot reach private objects, unless it is given one and forgets it again.
        let reaches = |place: &Place| {
            !is_call || !self.private.contains(&place.base) || data.args.iter().any(|arg| self.private.contains(arg))
        };
        places.0.retain(|place| !(writes.may_write(place.region) && reaches(place)));
    }

    /// Whether a store may change another place.
    fn may_touch(&self, store: &Place, mem: Mem, other: &Place) -> bool {
        let same_region = mem.region == other.region || mem.region == Region::ANY || other.region == Region::ANY;
        if store.base == other.base {
            // Regions say nothing about one address read in two ways.
            let (from, to) = (i64::from(store.offset), i64::from(store.offset) + i64::from(store.ty.bytes()));
            let (other_from, other_to) =
                (i64::from(other.offset), i64::from(other.offset) + i64::from(other.ty.bytes()));
            return from < other_to && other_from < to;
        }
        same_region && !self.are_distinct(store.base, other.base)
    }

    /// Whether two addresses are certainly in different objects.
    fn are_distinct(&self, a: Value, b: Value) -> bool {
        let object = |value: Value| {
            let inst = self.function.def_inst(value)?;
            let data = self.function.inst(inst);
            match data.op {
                Op::Alloc | Op::SlotAddr | Op::GlobalAddr | Op::DataAddr => Some((data.op, data.aux.clone(), inst)),
                _ => None,
            }
        };
        match (object(a), object(b)) {
            (Some((Op::Alloc, _, first)), Some((Op::Alloc, _, second))) => first != second,
            // Offsets in one slot or area are in the addresses; different ones are not compared here.
            (Some((op, _, _)), Some((other, _, _))) if op != other => true,
            (Some((Op::SlotAddr, first, _)), Some((Op::SlotAddr, second, _))) => first != second,
            (Some(_), None) => self.private.contains(&a) && !self.is_derived(b),
            (None, Some(_)) => self.private.contains(&b) && !self.is_derived(a),
            _ => false,
        }
    }

    /// Whether an address may lie in a private object although it is not one of the known ones. Such
    /// objects are never stored, passed on, or given to a block.
    fn is_derived(&self, mut value: Value) -> bool {
        while let Some(inst) = self.function.def_inst(value) {
            let data = self.function.inst(inst);
            match data.op {
                Op::PtrAdd => value = data.args[0],
                Op::Load | Op::Call | Op::CallRt | Op::CallIndirect | Op::CallExtern => return false,
                _ => return true,
            }
        }
        false
    }
}

impl Places {
    fn add(&mut self, place: Place) {
        if self.0.len() == MOST_PLACES {
            self.0.remove(0);
        }
        self.0.push(place);
    }
}
