//! Removes what nobody needs: instructions without effect whose results are not used, and block
//! parameters that only feed themselves. Everything counts as dead until an effect needs it.
//! Needs no unreachable blocks. Keeps blocks and jumps.

use super::rewrite::{drop_unwind, remove_params, unwind_targets};
use super::{Context, effects};
use crate::ssa::{Block, Function, Terminator, Value, ValueDef};

/// Runs the pass. True when anything was removed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let live = live_values(function, context);
    let mut changed = false;
    for index in 0..function.layout.len() {
        let block = function.layout[index];
        changed |= remove_dead(function, context, block, &live);
    }
    let is_unwind = unwind_targets(function);
    let mut remove = vec![Vec::new(); function.blocks.len()];
    for &block in function.layout.iter().skip(1) {
        let params = &function.block(block).params;
        let mut flags: Vec<bool> = params.iter().map(|param| !live[param.index()]).collect();
        if is_unwind[block.index()] {
            flags.pop();
        }
        if flags.contains(&true) {
            remove[block.index()] = flags;
            changed = true;
        }
    }
    remove_params(function, &remove);
    changed
}

fn live_values(function: &Function, context: &Context<'_>) -> Vec<bool> {
    let mut live = vec![false; function.values.len()];
    let mut work: Vec<Value> = Vec::new();
    for &block in &function.layout {
        let data = function.block(block);
        for &inst in &data.insts {
            if !effects::is_removable(context, function.inst(inst)) {
                work.extend(&function.inst(inst).args);
            }
        }
        match &data.terminator {
            Terminator::Branch { condition, .. } => work.push(*condition),
            Terminator::Switch { value, .. } => work.push(*value),
            Terminator::Return(values) => work.extend(values),
            Terminator::Jump(_) | Terminator::Try { .. } | Terminator::Unreachable => {}
        }
    }
    // Arguments for each block, so that a parameter that becomes live finds them.
    let mut jumps: Vec<Vec<Block>> = vec![Vec::new(); function.blocks.len()];
    for &block in &function.layout {
        for target in function.block(block).terminator.targets() {
            if jumps[target.block.index()].last() != Some(&block) {
                jumps[target.block.index()].push(block);
            }
        }
    }
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut live[value.index()], true) {
            continue;
        }
        match function.values[value.index()].def {
            ValueDef::Result(inst, _) => work.extend(&function.inst(inst).args),
            ValueDef::Param(block, index) => {
                for &source in &jumps[block.index()] {
                    for target in function.block(source).terminator.targets() {
                        if target.block == block {
                            work.extend(target.args.get(index as usize));
                        }
                    }
                }
            }
        }
    }
    live
}

fn remove_dead(function: &mut Function, context: &Context<'_>, block: Block, live: &[bool]) -> bool {
    let mut insts = std::mem::take(&mut function.block_mut(block).insts);
    let (before, last) = (insts.len(), insts.last().copied());
    insts.retain(|&inst| {
        let data = function.inst(inst);
        !effects::is_removable(context, data) || data.results.iter().any(|result| live[result.index()])
    });
    let changed = insts.len() != before;
    let last_removed = insts.last().copied() != last;
    function.block_mut(block).insts = insts;
    if last_removed {
        drop_unwind(function, block);
    }
    changed
}
