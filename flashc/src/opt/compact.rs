//! The last pass: drops what is dead in the arenas (instructions, values, blocks, slots) and numbers the
//! rest in the order of the layout, so that the code generator's tables are small.
//! Needs dead code to be gone. Keeps everything that is in the layout.

use super::Context;
use crate::ssa::{Aux, Block, BlockData, Function, Inst, Slot, Value, ValueDef};

const GONE: u32 = u32::MAX;

/// Runs the pass. Says that nothing changed: the function is the same.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let mut blocks = vec![GONE; function.blocks.len()];
    for (number, block) in function.layout.iter().enumerate() {
        blocks[block.index()] = number as u32;
    }
    let old = std::mem::take(&mut function.blocks);
    let mut old: Vec<Option<BlockData>> = old.into_iter().map(Some).collect();
    let mut values = vec![GONE; function.values.len()];
    let mut slots = vec![GONE; function.slots.len()];
    let (mut new_values, mut new_insts, mut new_slots) = (Vec::new(), Vec::new(), Vec::new());
    let mut new_blocks = Vec::with_capacity(function.layout.len());
    for (number, block) in function.layout.iter().enumerate() {
        let Some(mut data) = old[block.index()].take() else { continue };
        let mut define = |value: &mut Value, def: ValueDef| {
            let ty = function.values[value.index()].ty;
            values[value.index()] = new_values.len() as u32;
            *value = Value(new_values.len() as u32);
            new_values.push(crate::ssa::ValueData { ty, def });
        };
        for (index, param) in data.params.iter_mut().enumerate() {
            define(param, ValueDef::Param(Block(number as u32), index as u32));
        }
        for inst in &mut data.insts {
            let mut copy = function.insts[inst.index()].clone();
            *inst = Inst(new_insts.len() as u32);
            for (index, result) in copy.results.iter_mut().enumerate() {
                define(result, ValueDef::Result(*inst, index as u32));
            }
            if let Aux::Slot(slot) = &mut copy.aux {
                let new = &mut slots[slot.index()];
                if *new == GONE {
                    *new = new_slots.len() as u32;
                    new_slots.push(function.slots[slot.index()]);
                }
                *slot = Slot(*new);
            }
            new_insts.push(copy);
        }
        new_blocks.push(data);
    }
    for inst in &mut new_insts {
        inst.args.iter_mut().for_each(|arg| arg.0 = values[arg.index()]);
    }
    for data in &mut new_blocks {
        data.terminator.for_each_value_mut(|value| value.0 = values[value.index()]);
        for target in data.terminator.targets_mut() {
            target.block.0 = blocks[target.block.index()];
        }
    }
    function.layout = (0..new_blocks.len() as u32).map(Block).collect();
    (function.blocks, function.insts) = (new_blocks, new_insts);
    (function.values, function.slots) = (new_values, new_slots);
    false
}
