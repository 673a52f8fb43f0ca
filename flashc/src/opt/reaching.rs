//! Puts a variable that is assigned in several blocks into SSA: says which value reaches a block,
//! with new block parameters where ways from different assignments meet. For passes that take a
//! variable out of memory (`promote`) or copy blocks, so that a value has several definitions (`rotate`).

use super::rewrite::{homes, insert_args, insert_param, make_zero};
use crate::ssa::analysis::{Cfg, Dominators};
use crate::ssa::{Block, Function, Type, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Where ways meet: by block, the blocks of its dominance frontier.
#[derive(Debug)]
pub struct Frontiers(Vec<Vec<Block>>);

impl Frontiers {
    pub fn new(function: &Function, cfg: &Cfg, dominators: &Dominators) -> Frontiers {
        let mut frontiers = vec![Vec::new(); function.blocks.len()];
        for &block in &cfg.order {
            if cfg.predecessors(block).len() < 2 {
                continue;
            }
            for &predecessor in cfg.predecessors(block) {
                let mut runner = predecessor;
                while Some(runner) != dominators.immediate(block) {
                    let frontier: &mut Vec<Block> = &mut frontiers[runner.index()];
                    // Another predecessor has been this way, and up from here.
                    if frontier.last() == Some(&block) {
                        break;
                    }
                    frontier.push(block);
                    match dominators.immediate(runner) {
                        Some(next) => runner = next,
                        None => break,
                    }
                }
            }
        }
        Frontiers(frontiers)
    }

    /// The blocks where several assignments from these blocks may meet.
    fn closure(&self, blocks: impl IntoIterator<Item = Block>) -> FxHashSet<Block> {
        let mut found = FxHashSet::default();
        let mut work: Vec<Block> = blocks.into_iter().collect();
        while let Some(block) = work.pop() {
            for &next in &self.0[block.index()] {
                if found.insert(next) {
                    work.push(next);
                }
            }
        }
        found
    }
}

/// One variable. Its blocks must be reachable, and the graph must not change while it exists.
pub struct Variable<'a> {
    cfg: &'a Cfg,
    dominators: &'a Dominators,
    ty: Type,
    /// Value at the end of a block that assigns, and what was found for others.
    at_end: FxHashMap<Block, Value>,
    at_start: FxHashMap<Block, Value>,
    meets: FxHashSet<Block>,
    /// Blocks whose new parameter needs its arguments.
    pending: Vec<Block>,
}

impl<'a> Variable<'a> {
    /// `assigned`: the value at the end of each block that assigns the variable.
    pub fn new(
        cfg: &'a Cfg,
        dominators: &'a Dominators,
        frontiers: &Frontiers,
        ty: Type,
        assigned: FxHashMap<Block, Value>,
    ) -> Variable<'a> {
        let meets = frontiers.closure(assigned.keys().copied());
        Variable { cfg, dominators, ty, at_end: assigned, at_start: FxHashMap::default(), meets, pending: Vec::new() }
    }

    /// The value when a block begins.
    pub fn at_start(&mut self, function: &mut Function, block: Block) -> Value {
        // Up the dominator tree to a block that knows; all blocks on the way know then.
        let mut path = vec![block];
        let value = loop {
            let current = path[path.len() - 1];
            if let Some(&value) = self.at_start.get(&current) {
                break value;
            }
            if self.meets.contains(&current) {
                self.pending.push(current);
                break insert_param(function, current, self.ty);
            }
            match self.dominators.immediate(current) {
                None => break self.unassigned(function, current),
                Some(parent) => match self.at_end.get(&parent) {
                    Some(&value) => break value,
                    None => path.push(parent),
                },
            }
        };
        for block in path {
            self.at_start.insert(block, value);
        }
        value
    }

    /// The value when a block ends.
    pub fn at_end(&mut self, function: &mut Function, block: Block) -> Value {
        match self.at_end.get(&block) {
            Some(&value) => value,
            None => self.at_start(function, block),
        }
    }

    /// Read before any assignment: any value will do, so it is zero.
    fn unassigned(&mut self, function: &mut Function, entry: Block) -> Value {
        let loc = super::location_of(function, entry);
        let (inst, value) = make_zero(function, self.ty, loc);
        function.block_mut(entry).insts.insert(0, inst);
        value
    }

    /// Gives the new parameters their arguments.
    pub fn finish(mut self, function: &mut Function) {
        while let Some(block) = self.pending.pop() {
            let mut sources = self.cfg.predecessors(block).to_vec();
            sources.dedup();
            for source in sources {
                let value = self.at_end(function, source);
                insert_args(function, source, block, value);
            }
        }
    }
}

/// The blocks that use each value, in the order of the graph, of those uses that are asked for.
pub fn using_blocks(
    function: &Function,
    cfg: &Cfg,
    is_wanted: impl Fn(Value, Block) -> bool,
) -> FxHashMap<Value, Vec<Block>> {
    let mut uses: FxHashMap<Value, Vec<Block>> = FxHashMap::default();
    for &block in &cfg.order {
        let mut note = |value: Value| {
            if is_wanted(value, block) {
                let blocks = uses.entry(value).or_default();
                if blocks.last() != Some(&block) {
                    blocks.push(block);
                }
            }
        };
        let data = function.block(block);
        data.insts.iter().for_each(|&inst| function.inst(inst).args.iter().for_each(|&arg| note(arg)));
        data.terminator.for_each_value(note);
    }
    uses
}

/// After blocks were copied: each value of `copies` has a second definition, and uses elsewhere get
/// whichever reaches them. `is_part` says which blocks are originals or copies.
pub fn repair(function: &mut Function, copies: &FxHashMap<Value, Value>, is_part: impl Fn(Block) -> bool) {
    let cfg = Cfg::new(function);
    let mut originals: Vec<Value> = copies.keys().copied().collect();
    originals.sort_unstable();
    let mut uses = using_blocks(function, &cfg, |value, block| copies.contains_key(&value) && !is_part(block));
    if uses.is_empty() {
        return;
    }
    let dominators = Dominators::new(function, &cfg);
    let frontiers = Frontiers::new(function, &cfg, &dominators);
    let home = homes(function, &cfg);
    for original in originals {
        let Some(blocks) = uses.remove(&original) else { continue };
        let both = [original, copies[&original]];
        let assigned = both.into_iter().filter_map(|value| Some((home[value.index()]?, value))).collect();
        let ty = function.value_type(original);
        let mut variable = Variable::new(&cfg, &dominators, &frontiers, ty, assigned);
        for block in blocks {
            let value = variable.at_start(function, block);
            for position in 0..function.block(block).insts.len() {
                let inst = function.block(block).insts[position];
                for arg in &mut function.inst_mut(inst).args {
                    if *arg == original {
                        *arg = value;
                    }
                }
            }
            function.block_mut(block).terminator.for_each_value_mut(|used| {
                if *used == original {
                    *used = value;
                }
            });
        }
        variable.finish(function);
    }
}
