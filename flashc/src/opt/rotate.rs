//! Turns loops that test at the top into loops that test at the bottom, behind a copy of the test: one
//! jump less each round, and what stands in the body is known to run when the loop is entered, so
//! that `licm` may take it out.
//! Needs no unreachable blocks; `bounds` before it, which reads the test at the top. Copies small headers.

use super::Context;
use super::reaching::repair;
use super::rewrite::copy_block;
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::op::Class;
use crate::ssa::{Block, Function, Terminator};
use rustc_hash::FxHashSet;

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
        // The body's first block is the loop's header from now on: what it tests is not the loop's test.
        done.insert(loops.loops[index].header);
        done.extend(body_of(function, &loops, index));
        rotate(function, &loops, index);
        changed = true;
    }
    changed
}

/// The header decides whether to leave, and may be copied.
fn is_test_at_top(function: &Function, loops: &Loops, index: usize) -> bool {
    let this = &loops.loops[index];
    let data = function.block(this.header);
    if data.insts.len() > MOST_INSTS || this.header == function.entry() {
        return false;
    }
    let has_call = data
        .insts
        .iter()
        .any(|&inst| matches!(function.inst(inst).op.facts().class, Class::Call | Class::Allocate | Class::Write));
    !has_call && body_of(function, loops, index).is_some_and(|body| body != this.header)
}

/// Where the header's branch goes when it stays in the loop; none when it does not decide that.
fn body_of(function: &Function, loops: &Loops, index: usize) -> Option<Block> {
    let Terminator::Branch { then, otherwise, .. } = &function.block(loops.loops[index].header).terminator else {
        return None;
    };
    match (loops.contains(index, then.block), loops.contains(index, otherwise.block)) {
        (true, false) => Some(then.block),
        (false, true) => Some(otherwise.block),
        _ => None,
    }
}

/// Copies the header for the ways into the loop; the old header stays for the back edges.
fn rotate(function: &mut Function, loops: &Loops, index: usize) {
    let header = loops.loops[index].header;
    let (copy, map) = copy_block(function, header);
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
    repair(function, &map, |block| block == header || block == copy);
}
