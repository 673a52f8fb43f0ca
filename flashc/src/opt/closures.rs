//! Sees through closures made in the same function: a load of a closure's code or of a captured value
//! gives what was stored when it was made, since closures never change once made. Then `simplify`
//! makes the call direct, and `inline` may take it in.
//! Needs no unreachable blocks. Keeps blocks and jumps. Works on closures that escape, too.

use super::Context;
use super::facts::base_and_offset;
use super::rewrite::Replacements;
use crate::ssa::analysis::{Cfg, Dominators};
use crate::ssa::{Aux, Block, Function, Op, Region, Value};
use rustc_hash::FxHashMap;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let stores = find_stores(function, &cfg);
    if stores.is_empty() {
        return false;
    }
    let dominators = Dominators::new(function, &cfg);
    let mut replacements = Replacements::new(function);
    for &block in &cfg.order {
        for (index, &inst) in function.block(block).insts.iter().enumerate() {
            let data = function.inst(inst);
            let Aux::Mem(mem) = &data.aux else { continue };
            if data.op != Op::Load || mem.region != Region::CLOSURE {
                continue;
            }
            let (base, offset) = base_and_offset(function, data.args[0]);
            let key = (base, offset.wrapping_add(i64::from(mem.offset)));
            let Some(Some(store)) = stores.get(&key) else { continue };
            let is_before =
                if store.block == block { store.index < index } else { dominators.dominates(store.block, block) };
            if is_before && function.value_type(store.value) == data.ty {
                replacements.replace(data.results[0], store.value);
            }
        }
    }
    replacements.apply(function);
    replacements.is_changed()
}

struct Store {
    block: Block,
    index: usize,
    value: Value,
}

/// The one store to each field of the closures made here; `None` where there are several.
fn find_stores(function: &Function, cfg: &Cfg) -> FxHashMap<(Value, i64), Option<Store>> {
    let mut stores = FxHashMap::default();
    for &block in &cfg.order {
        for (index, &inst) in function.block(block).insts.iter().enumerate() {
            let data = function.inst(inst);
            let Aux::Mem(mem) = &data.aux else { continue };
            if data.op != Op::Store || mem.region != Region::CLOSURE {
                continue;
            }
            let (base, offset) = base_and_offset(function, data.args[0]);
            let is_alloc = function.def_inst(base).is_some_and(|inst| function.inst(inst).op == Op::Alloc);
            if !is_alloc {
                continue;
            }
            let store = Store { block, index, value: data.args[1] };
            stores
                .entry((base, offset.wrapping_add(i64::from(mem.offset))))
                .and_modify(|known| *known = None)
                .or_insert(Some(store));
        }
    }
    stores
}
