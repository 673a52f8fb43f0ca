//! Takes ways that are already decided past the branch that decides them: where blocks with different
//! constants for a parameter meet in a block that branches on it, each goes where its constant says. That is what
//! an inlined `next` leaves behind: "there is a value" and "there is none" meet, and are told apart again at once; once
//! they do not meet, a chain of iterators is a loop.
//! Also joins a loop that begins with another loop, and hands it its own variables, with that one: what a filter inside
//! of a loop is.
//! Needs no unreachable blocks. Copies blocks of few instructions; `branches` cleans up.

use super::Context;
use super::reaching::repair;
use super::rewrite::{copy_block, count_uses, unwind_targets};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::op::Class;
use crate::ssa::{Block, Function, Terminator, Value};
use rustc_hash::FxHashMap;

/// Blocks with more instructions are not copied.
const MOST_INSTS: usize = 6;
/// Copies for one function, so that compile time stays in hand.
const MOST_COPIES: usize = 100;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let mut changed = false;
    for _ in 0..MOST_COPIES {
        if !separate_one(function) {
            break;
        }
        changed = true;
    }
    if changed {
        super::branches::run(function, context);
    }
    while join_one(function) {
        changed = true;
        super::branches::run(function, context);
    }
    changed
}

/// A block that branches on its own parameter, and a constant that some jump to it gives.
fn candidates(function: &Function) -> Vec<(Block, usize, i64)> {
    let mut branching: FxHashMap<Block, usize> = FxHashMap::default();
    for &block in &function.layout {
        let data = function.block(block);
        if let Terminator::Branch { condition, then, otherwise } = &data.terminator
            && let Some(param) = data.params.iter().position(|param| param == condition)
            && then.block != block
            && otherwise.block != block
            && block != function.entry()
            && may_be_copied(function, block)
        {
            branching.insert(block, param);
        }
    }
    if branching.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(Block, usize, i64)> = Vec::new();
    for &from in &function.layout {
        for target in function.block(from).terminator.targets() {
            if let Some(&param) = branching.get(&target.block)
                && let Some(constant) = target.args.get(param).and_then(|&arg| function.as_iconst(arg))
                && found.iter().all(|&(block, ..)| block != target.block)
            {
                found.push((target.block, param, constant));
            }
        }
    }
    found
}

fn may_be_copied(function: &Function, block: Block) -> bool {
    let insts = &function.block(block).insts;
    insts.len() <= MOST_INSTS
        && insts.iter().all(|&inst| matches!(function.inst(inst).op.facts().class, Class::Pure | Class::Read))
}

/// Gives the ways that bring one constant a copy of the block, without its branch.
fn separate_one(function: &mut Function) -> bool {
    let found = candidates(function);
    if found.is_empty() {
        return false;
    }
    let is_unwind = unwind_targets(function);
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    // The copy of a header would be another way into the loop.
    let is_header = |block: Block| cfg.predecessors(block).iter().any(|&from| dominators.dominates(block, from));
    let chosen = found.into_iter().find(|&(block, ..)| !is_unwind[block.index()] && !is_header(block));
    let Some((block, param, constant)) = chosen else { return false };
    separate(function, block, param, constant);
    true
}

fn separate(function: &mut Function, block: Block, param: usize, constant: i64) {
    let (copy, map) = copy_block(function, block);
    let Terminator::Branch { then, otherwise, .. } = &function.block(block).terminator else { return };
    let mut target = if constant != 0 { then.clone() } else { otherwise.clone() };
    for arg in &mut target.args {
        *arg = map.get(arg).copied().unwrap_or(*arg);
    }
    let loc = function.block(block).loc;
    let data = function.block_mut(copy);
    (data.terminator, data.loc) = (Terminator::Jump(target), loc);
    for index in 0..function.layout.len() {
        let from = function.layout[index];
        let mut terminator = std::mem::take(&mut function.block_mut(from).terminator);
        for target in terminator.targets_mut() {
            if target.block == block
                && target.args.get(param).and_then(|&arg| function.as_iconst(arg)) == Some(constant)
            {
                target.block = copy;
            }
        }
        function.block_mut(from).terminator = terminator;
    }
    super::rewrite::remove_unreachable(function);
    repair(function, &map, |other| other == block || other == copy);
}

/// A header that only jumps to the header of a loop inside, with nothing but its own parameters: the other one
/// gets all of them as its own, so that nothing needs the first.
fn join_one(function: &mut Function) -> bool {
    let is_candidate = |function: &Function, block: Block| {
        let data = function.block(block);
        match &data.terminator {
            Terminator::Jump(call) if data.insts.is_empty() && block != function.entry() => {
                call.block != block && !call.args.is_empty() && call.args.iter().all(|arg| data.params.contains(arg))
            }
            _ => false,
        }
    };
    if !function.layout.iter().any(|&block| is_candidate(function, block)) {
        return false;
    }
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let loops = Loops::new(function, &cfg, &dominators);
    let uses = count_uses(function);
    let find = |header: Block| {
        if !is_candidate(function, header) {
            return None;
        }
        let Terminator::Jump(call) = &function.block(header).terminator else { return None };
        let inner = loops.loops.iter().find(|inner| inner.header == call.block)?;
        let is_inside = inner.parent.is_some_and(|parent| loops.loops[parent].header == header);
        let kept: Vec<usize> = (0..function.block(header).params.len())
            .filter(|&index| {
                let param = function.block(header).params[index];
                uses[param.index()] > call.args.iter().filter(|&&arg| arg == param).count() as u32
            })
            .collect();
        (is_inside && !kept.is_empty()).then_some((header, call.block, kept))
    };
    let Some((header, inner, kept)) = function.layout.iter().find_map(|&block| find(block)) else { return false };
    let mut map: FxHashMap<Value, Value> = FxHashMap::default();
    for index in kept {
        let param = function.block(header).params[index];
        let own = function.add_param(inner, function.value_type(param));
        map.insert(param, own);
        for position in 0..function.layout.len() {
            let from = function.layout[position];
            let given = if from == header { param } else { own };
            for target in function.block_mut(from).terminator.targets_mut() {
                if target.block == inner {
                    target.args.push(given);
                }
            }
        }
    }
    replace_uses(function, header, &map);
    true
}

/// Everywhere but in the block that has them as parameters.
fn replace_uses(function: &mut Function, except: Block, map: &FxHashMap<Value, Value>) {
    for index in 0..function.layout.len() {
        let block = function.layout[index];
        if block == except {
            continue;
        }
        for position in 0..function.block(block).insts.len() {
            let inst = function.block(block).insts[position];
            for arg in &mut function.inst_mut(inst).args {
                *arg = map.get(arg).copied().unwrap_or(*arg);
            }
        }
        function.block_mut(block).terminator.for_each_value_mut(|used| {
            *used = map.get(used).copied().unwrap_or(*used);
        });
    }
}
