//! Which values are needed later: by block, those that are defined before it and used in it or behind it.

use super::bits::Bits;
use crate::ssa::analysis::Cfg;
use crate::ssa::{Block, Function, Value};

/// By block: the values that live into it; its own parameters are not among them.
pub fn live_in(function: &Function, cfg: &Cfg) -> Vec<Bits> {
    let mut live = vec![Bits::empty(function.values.len()); function.blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for &block in cfg.order.iter().rev() {
            let bits = at_start(function, block, live_out(function, &live, block));
            if bits != live[block.index()] {
                live[block.index()] = bits;
                changed = true;
            }
        }
    }
    live
}

fn live_out(function: &Function, live: &[Bits], block: Block) -> Bits {
    let mut bits = Bits::empty(function.values.len());
    for target in function.block(block).terminator.targets() {
        bits.unite(&live[target.block.index()]);
    }
    bits
}

fn at_start(function: &Function, block: Block, mut bits: Bits) -> Bits {
    let data = function.block(block);
    data.terminator.for_each_value(|value| bits.insert(value.index()));
    for &inst in data.insts.iter().rev() {
        let data = function.inst(inst);
        data.results.iter().for_each(|result: &Value| bits.remove(result.index()));
        data.args.iter().for_each(|arg| bits.insert(arg.index()));
    }
    data.params.iter().for_each(|param| bits.remove(param.index()));
    bits
}
