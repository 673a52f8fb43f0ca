//! Turns loops that test at the top into loops that test at the bottom, behind a copy of the test: one
//! jump less each round, and what stands in the body is known to run when the loop is entered, so
//! that `licm` may take it out.
//! Needs no unreachable blocks; `bounds` before it, which reads the test at the top. Copies small headers.

use super::Context;
use super::reaching::{Frontiers, Variable};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::op::Class;
use crate::ssa::{Block, Function, Inst, Terminator, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Headers with more instructions are not copied.
const MOST_INSTS: usize = 24;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let mut changed = false;
    let mut done: FxHashSet<Block> = FxHashSet::default();
    // One loop at a time: the copy changes the graph, and headers that are done stay so. Loops of a
    // function are few, but the bound keeps compile time in hand for huge ones.
    for _ in 0..200 {
        let cfg = Cfg::new(function);
        let dominators = Dominators::new(function, &cfg);
        let loops = Loops::new(function, &cfg, &dominators);
        let candidate = (0..loops.loops.len())
            .rev()
            .find(|&index| !done.contains(&loops.loops[index].header) && is_test_at_top(function, &loops, index));
        let Some(index) = candidate else { break };
        done.insert(loops.loops[index].header);
        rotate(function, &loops, index);
        changed = true;
    }
    changed
}

/// The header decides whether to leave, some latch does not, and the header may be copied.
fn is_test_at_top(function: &Function, loops: &Loops, index: usize) -> bool {
    let this = &loops.loops[index];
    let data = function.block(this.header);
    let Terminator::Branch { then, otherwise, .. } = &data.terminator else { return false };
    let (stays, leaves) = (loops.contains(index, then.block), loops.contains(index, otherwise.block));
    if stays == leaves || data.insts.len() > MOST_INSTS || this.header == function.entry() {
        return false;
    }
    let body = if stays { then.block } else { otherwise.block };
    if body == this.header {
        return false;
    }
    let has_call = data
        .insts
        .iter()
        .any(|&inst| matches!(function.inst(inst).op.facts().class, Class::Call | Class::Allocate | Class::Write));
    let ends_in_jump = |&latch: &Block| matches!(function.block(latch).terminator, Terminator::Jump(_));
    !has_call && this.latches.iter().all(ends_in_jump)
}

/// Copies the header for the ways into the loop; the old header stays for the back edges.
fn rotate(function: &mut Function, loops: &Loops, index: usize) {
    let header = loops.loops[index].header;
    let copy = function.add_block();
    function.layout.pop();
    let place = function.layout.iter().position(|&block| block == header).unwrap_or(0);
    function.layout.insert(place, copy);

    let mut map: FxHashMap<Value, Value> = FxHashMap::default();
    for param in function.block(header).params.clone() {
        let value = function.add_param(copy, function.value_type(param));
        map.insert(param, value);
    }
    for inst in function.block(header).insts.clone() {
        let copied = copy_inst(function, inst, &mut map);
        function.block_mut(copy).insts.push(copied);
    }
    let mut terminator = function.block(header).terminator.clone();
    terminator.for_each_value_mut(|value| *value = map.get(value).copied().unwrap_or(*value));
    let loc = function.block(header).loc;
    let data = function.block_mut(copy);
    (data.terminator, data.loc) = (terminator, loc);

    // Ways in lead to the copy.
    for index_in_layout in 0..function.layout.len() {
        let block = function.layout[index_in_layout];
        if block == copy || loops.contains(index, block) {
            continue;
        }
        for target in function.block_mut(block).terminator.targets_mut() {
            if target.block == header {
                target.block = copy;
            }
        }
    }
    // The old header is the end of the loop: behind the last block of it.
    if let Some(last) = function.layout.iter().rposition(|&block| loops.contains(index, block)) {
        let from = function.layout.iter().position(|&block| block == header).unwrap_or(last);
        function.layout.remove(from);
        function.layout.insert(last, header);
    }
    repair(function, header, copy, &map);
}

fn copy_inst(function: &mut Function, inst: Inst, map: &mut FxHashMap<Value, Value>) -> Inst {
    let data = function.inst(inst).clone();
    let args: Vec<Value> = data.args.iter().map(|arg| map.get(arg).copied().unwrap_or(*arg)).collect();
    let types: Vec<_> = data.results.iter().map(|&result| function.value_type(result)).collect();
    let copied = function.make_inst(data.op, data.ty, args, data.aux, types, data.loc);
    for (&result, &value) in data.results.iter().zip(&function.inst(copied).results.clone()) {
        map.insert(result, value);
    }
    copied
}

/// Each value of the header now has two definitions: uses elsewhere get whichever reaches them.
fn repair(function: &mut Function, header: Block, copy: Block, map: &FxHashMap<Value, Value>) {
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let frontiers = Frontiers::new(function, &cfg, &dominators);
    let mut originals: Vec<Value> = map.keys().copied().collect();
    originals.sort_unstable();
    // Uses outside the header and the copy, by value.
    let mut uses: FxHashMap<Value, Vec<Block>> = FxHashMap::default();
    for &block in &cfg.order {
        if block == header || block == copy {
            continue;
        }
        let mut note = |value: Value| {
            if map.contains_key(&value) {
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
    for original in originals {
        let Some(blocks) = uses.remove(&original) else { continue };
        let assigned = FxHashMap::from_iter([(header, original), (copy, map[&original])]);
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
