//! Keeps a place in memory that a loop reads and writes (a global, a field, a cell that is summed up in) in
//! a value from round to round, so that a round does not wait for the store of the one before. The
//! stores stay where they are: whoever looks, a failure's handler too, finds memory as it was.
//! Needs no unreachable blocks; `licm` before it, which takes out loads without stores. Makes a block
//! before each loop. Changes a place only if nothing else in the loop may write there.

use super::Context;
use super::effects::{self, Writes};
use super::reaching::{Frontiers, Variable};
use super::rewrite::{Replacements, homes, make_preheader};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, Function, Inst, InstData, Mem, Op, Region, Terminator, Type, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// Places that one loop may keep: each takes a register.
const MOST_PLACES: usize = 6;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let loops = Loops::new(function, &cfg, &Dominators::new(function, &cfg));
    if !loops.loops.iter().any(|this| has_candidates(function, &this.blocks)) {
        return false;
    }
    for this in &loops.loops {
        let index = loops.innermost(this.header);
        make_preheader(function, &cfg, this.header, |block| index.is_some_and(|index| loops.contains(index, block)));
    }
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let loops = Loops::new(function, &cfg, &dominators);
    let frontiers = Frontiers::new(function, &cfg, &dominators);
    let (home, replacements) = (homes(function, &cfg), Replacements::new(function));
    let mut pass =
        Accumulate { function, context, cfg, dominators, loops, frontiers, home, replacements, changed: false };
    // Inner loops first: the load before one is in the loop around it.
    for index in (0..pass.loops.loops.len()).rev() {
        pass.run_on(index);
    }
    let Accumulate { function, replacements, changed, .. } = pass;
    replacements.apply(function);
    changed
}

/// A place with the type that it is read and written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    base: Value,
    offset: i32,
    region: Region,
    ty: Type,
}

/// The place of a load or store that is not constant.
fn place_of(data: &InstData) -> Option<Place> {
    match &data.aux {
        Aux::Mem(Mem { offset, region, readonly: false }) => {
            Some(Place { base: data.args[0], offset: *offset, region: *region, ty: data.ty })
        }
        _ => None,
    }
}

/// Whether any place is both loaded and stored in these blocks.
fn has_candidates(function: &Function, blocks: &[Block]) -> bool {
    let mut stored: FxHashSet<Place> = FxHashSet::default();
    let mut loaded: FxHashSet<Place> = FxHashSet::default();
    for &block in blocks {
        for &inst in &function.block(block).insts {
            let data = function.inst(inst);
            if let Some(place) = place_of(data) {
                if data.op == Op::Store {
                    stored.insert(place)
                } else {
                    loaded.insert(place)
                };
            }
        }
    }
    stored.iter().any(|place| loaded.contains(place))
}

struct Accumulate<'a, 'b> {
    function: &'a mut Function,
    context: &'a Context<'b>,
    cfg: Cfg,
    dominators: Dominators,
    loops: Loops,
    frontiers: Frontiers,
    home: Vec<Option<Block>>,
    replacements: Replacements,
    changed: bool,
}

impl Accumulate<'_, '_> {
    fn run_on(&mut self, index: usize) {
        let header = self.loops.loops[index].header;
        let outside = |&&block: &&Block| !self.loops.contains(index, block);
        let Some(&preheader) = self.cfg.predecessors(header).iter().find(outside) else { return };
        if !matches!(self.function.block(preheader).terminator, Terminator::Jump(_)) {
            return;
        }
        let blocks = self.loops.loops[index].blocks.clone();
        for place in self.places(index, &blocks, preheader).into_iter().take(MOST_PLACES) {
            self.keep(&blocks, preheader, place);
        }
    }

    /// Places that are loaded and stored in the loop, that nothing else there writes, and that may be
    /// read before it.
    fn places(&self, index: usize, blocks: &[Block], preheader: Block) -> Vec<Place> {
        let mut seen: BTreeMap<Place, (bool, bool)> = BTreeMap::new();
        let mut others = Writes::nothing();
        let mut stores: Vec<Place> = Vec::new();
        for &block in blocks {
            for &inst in &self.function.block(block).insts {
                let data = self.function.inst(inst);
                match (data.op, place_of(data)) {
                    (Op::Load, Some(place)) => seen.entry(place).or_default().0 = true,
                    (Op::Store, Some(place)) => {
                        seen.entry(place).or_default().1 = true;
                        stores.push(place);
                    }
                    _ => effects::add_writes(self.context.effects, data, &mut others),
                }
            }
        }
        stores.sort_unstable();
        stores.dedup();
        let is_safe = |place: &Place| {
            let is_outside = self.home[place.base.index()].is_some_and(|home| !self.loops.contains(index, home));
            is_outside
                && !others.may_write(place.region)
                && stores.iter().all(|store| store == place || !may_touch(store, place))
                && self.is_good(blocks, preheader, place)
        };
        let candidates = seen.into_iter().filter(|(_, (loaded, stored))| *loaded && *stored);
        candidates.map(|(place, _)| place).filter(is_safe).collect()
    }

    /// Whether the address is good before the loop: it always is, something before the loop accesses
    /// it, or the loop does so first of all.
    fn is_good(&self, blocks: &[Block], preheader: Block, place: &Place) -> bool {
        let is_access = |&inst: &Inst| place_of(self.function.inst(inst)).as_ref() == Some(place);
        let always = self
            .function
            .def_inst(place.base)
            .is_some_and(|inst| matches!(self.function.inst(inst).op, Op::GlobalAddr | Op::SlotAddr | Op::Alloc));
        if always {
            return true;
        }
        // From the header on, as long as every instruction runs and none ends the program.
        let certain = self.function.block(blocks[0]).insts.iter().take_while(|&&inst| {
            let class = self.function.inst(inst).op.facts().class;
            !matches!(class, Class::Check | Class::Call)
        });
        let mut before = Some(preheader);
        let mut found = certain.clone().any(is_access);
        while let Some(block) = before.filter(|_| !found) {
            found = self.function.block(block).insts.iter().any(is_access);
            before = self.dominators.immediate(block);
        }
        found
    }

    /// Loads the place before the loop and makes it a variable in it.
    fn keep(&mut self, blocks: &[Block], preheader: Block, place: Place) {
        let loc = super::location_of(self.function, preheader);
        let mem = Mem { offset: place.offset, region: place.region, readonly: false };
        let base = self.replacements.resolve(place.base);
        let load = self.function.make_inst(Op::Load, place.ty, [base], Aux::Mem(mem), [place.ty], loc);
        self.function.block_mut(preheader).insts.push(load);
        let first = self.function.inst(load).results[0];
        let mut assigned: FxHashMap<Block, Value> = FxHashMap::from_iter([(preheader, first)]);
        let mut exposed: Vec<(Block, Inst)> = Vec::new();
        for &block in blocks {
            let mut current = None;
            for &inst in &self.function.blocks[block.index()].insts {
                let data = &self.function.insts[inst.index()];
                if place_of(data) != Some(place) {
                    continue;
                }
                match (data.op, current) {
                    (Op::Store, _) => current = Some(data.args[1]),
                    (_, Some(value)) => self.replacements.replace(data.results[0], value),
                    (_, None) => exposed.push((block, inst)),
                }
            }
            if let Some(value) = current {
                assigned.insert(block, value);
            }
        }
        let mut variable = Variable::new(&self.cfg, &self.dominators, &self.frontiers, place.ty, assigned);
        for (block, inst) in exposed {
            let value = variable.at_start(self.function, block);
            let result = self.function.inst(inst).results[0];
            self.replacements.replace(result, value);
        }
        variable.finish(self.function);
        // The loads are not used any more; without them the loop around sees this one's only.
        for &block in blocks {
            let insts = std::mem::take(&mut self.function.block_mut(block).insts);
            let is_load = |inst: &Inst| {
                let data = self.function.inst(*inst);
                data.op == Op::Load && place_of(data) == Some(place)
            };
            let kept = insts.into_iter().filter(|inst| !is_load(inst)).collect();
            self.function.block_mut(block).insts = kept;
        }
        self.changed = true;
    }
}

/// Whether a store to one place may change another.
fn may_touch(store: &Place, other: &Place) -> bool {
    if store.base == other.base {
        let end = |place: &Place| i64::from(place.offset) + i64::from(place.ty.bytes());
        return i64::from(store.offset) < end(other) && i64::from(other.offset) < end(store);
    }
    store.region == other.region || store.region == Region::ANY || other.region == Region::ANY
}
