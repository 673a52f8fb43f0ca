//! Takes out of loops what gives the same every time round: computations, loads of memory that the
//! loop does not write, and checks that would be the first to fail anyway.
//! Needs no unreachable blocks; `rotate` before it, so that the body runs whenever the loop is
//! entered; `gvn` after it merges what met outside. Makes a block before each loop.
//!
//! A load is taken out only where its address is certainly good there: it would run before anything
//! in the loop that could end the program or that guards it, the object has been accessed before the
//! loop, or it is one that always exists. A check is taken out only if nothing visible stands before it.

use super::Context;
use super::effects::{self, Writes};
use super::facts::as_constant;
use super::rewrite::{homes, make_preheader};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, Function, Inst, Op, Terminator, Value, ValueDef};
use rustc_hash::FxHashMap;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let (cfg, loops) = loops_of(function);
    if loops.loops.is_empty() {
        return false;
    }
    for index in 0..loops.loops.len() {
        make_preheader(function, &cfg, loops.loops[index].header, |block| loops.contains(index, block));
    }
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let loops = Loops::new(function, &cfg, &dominators);
    let home = homes(function, &cfg);
    let accesses = accesses(function, &cfg);
    let mut pass = Licm { function, context, cfg, dominators, loops, home, accesses, changed: false };
    // Inner loops first: what they give up may go on outwards.
    for index in (0..pass.loops.loops.len()).rev() {
        pass.take_out(index);
    }
    pass.changed
}

fn loops_of(function: &Function) -> (Cfg, Loops) {
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let loops = Loops::new(function, &cfg, &dominators);
    (cfg, loops)
}

/// By address: blocks that load or store there, and how far from the address.
fn accesses(function: &Function, cfg: &Cfg) -> FxHashMap<Value, Vec<(Block, i64)>> {
    let mut accesses: FxHashMap<Value, Vec<(Block, i64)>> = FxHashMap::default();
    for &block in &cfg.order {
        for &inst in &function.block(block).insts {
            let data = function.inst(inst);
            if let Aux::Mem(mem) = &data.aux {
                let end = i64::from(mem.offset) + i64::from(data.ty.bytes());
                accesses.entry(data.args[0]).or_default().push((block, end));
            }
        }
    }
    accesses
}

struct Licm<'a, 'b> {
    function: &'a mut Function,
    context: &'a Context<'b>,
    cfg: Cfg,
    dominators: Dominators,
    loops: Loops,
    home: Vec<Option<Block>>,
    accesses: FxHashMap<Value, Vec<(Block, i64)>>,
    changed: bool,
}

/// What has been met on the way from the loop's start that runs whenever the loop is entered.
struct Way {
    /// Still on it: no branch yet.
    is_certain: bool,
    /// Something visible stays in the loop: no check may go before it.
    has_effect: bool,
    /// A check of something that does not change stays in the loop: it may guard loads behind it.
    has_guard: bool,
}

impl Licm<'_, '_> {
    fn take_out(&mut self, index: usize) {
        let header = self.loops.loops[index].header;
        let outside = |&&block: &&Block| !self.loops.contains(index, block);
        let Some(&preheader) = self.cfg.predecessors(header).iter().find(outside) else { return };
        if !matches!(self.function.block(preheader).terminator, Terminator::Jump(_)) {
            return;
        }
        let blocks = self.loops.loops[index].blocks.clone();
        let mut writes = Writes::nothing();
        for &block in &blocks {
            for &inst in &self.function.block(block).insts {
                effects::add_writes(self.context.effects, self.function.inst(inst), &mut writes);
            }
        }
        let mut way = Way { is_certain: true, has_effect: false, has_guard: false };
        let mut certain_next = header;
        for block in blocks {
            way.is_certain &= block == certain_next;
            self.block(index, block, preheader, &writes, &mut way);
            match &self.function.block(block).terminator {
                // Into a block that is reached no other way, or an inner loop's first round.
                Terminator::Jump(next) if way.is_certain && self.is_entered_from(next.block, block) => {
                    certain_next = next.block;
                }
                _ => way.is_certain = false,
            }
        }
    }

    fn block(&mut self, index: usize, block: Block, preheader: Block, writes: &Writes, way: &mut Way) {
        let insts = std::mem::take(&mut self.function.block_mut(block).insts);
        let guarded = match self.function.block(block).terminator {
            Terminator::Try { .. } => insts.last().copied(),
            _ => None,
        };
        let (mut kept, mut taken) = (Vec::with_capacity(insts.len()), Vec::new());
        for inst in insts {
            let data = self.function.inst(inst);
            let is_invariant = Some(inst) != guarded && data.args.iter().all(|&arg| self.is_outside(index, arg));
            if is_invariant && self.may_go(inst, preheader, writes, way) {
                for result in &self.function.insts[inst.index()].results {
                    self.home[result.index()] = Some(preheader);
                }
                if let Aux::Mem(mem) = &data.aux {
                    let end = i64::from(mem.offset) + i64::from(data.ty.bytes());
                    let (address, access) = (data.args[0], (preheader, end));
                    self.accesses.entry(address).or_default().push(access);
                }
                taken.push(inst);
                continue;
            }
            let class = data.op.facts().class;
            way.has_guard |= class == Class::Check && is_invariant;
            way.has_effect |= effects::is_visible(self.context, data);
            kept.push(inst);
        }
        self.changed |= !taken.is_empty();
        self.function.block_mut(block).insts = kept;
        self.function.block_mut(preheader).insts.extend(taken);
    }

    /// Whether a block is reached from this one only, but for jumps back from behind it.
    fn is_entered_from(&self, block: Block, from: Block) -> bool {
        let mut others = self.cfg.predecessors(block).iter().filter(|&&source| source != from);
        others.all(|&source| self.dominators.dominates(block, source))
    }

    fn is_outside(&self, index: usize, value: Value) -> bool {
        self.home[value.index()].is_some_and(|home| !self.loops.contains(index, home))
    }

    fn may_go(&self, inst: Inst, preheader: Block, writes: &Writes, way: &Way) -> bool {
        let data = self.function.inst(inst);
        match data.op.facts().class {
            // Whether its divisor is not zero is said by a check, as an address is good by one.
            Class::Pure if matches!(data.op, Op::Sdiv | Op::Udiv | Op::Srem | Op::Urem) => {
                let divisor = as_constant(self.function, data.args[1]);
                divisor.is_some_and(|divisor| divisor != 0) || (way.is_certain && !way.has_guard)
            }
            Class::Pure => true,
            Class::Read => {
                let Aux::Mem(mem) = &data.aux else { return false };
                let is_same = mem.readonly || !writes.may_write(mem.region);
                let end = i64::from(mem.offset) + i64::from(data.ty.bytes());
                let is_good = (way.is_certain && !way.has_guard) || self.is_good(data.args[0], end, preheader);
                is_same && is_good
            }
            Class::Check => way.is_certain && !way.has_effect,
            _ => false,
        }
    }

    /// Whether an address may be read up to `end` before the loop.
    fn is_good(&self, address: Value, end: i64, preheader: Block) -> bool {
        if let ValueDef::Result(inst, _) = self.function.values[address.index()].def
            && matches!(self.function.inst(inst).op, Op::GlobalAddr | Op::SlotAddr)
        {
            return true;
        }
        let known = self.accesses.get(&address);
        known.is_some_and(|known| {
            known.iter().any(|&(block, up_to)| end <= up_to && self.dominators.dominates(block, preheader))
        })
    }
}
