//! Turns branches that only choose between values into `select`: a side with at most a few cheap
//! computations is done always, and the choice takes no jump that could be predicted wrong.
//! Needs no unreachable blocks. Makes blocks that `branches` joins. Keeps effects: only pure computations
//! are done that were not before.

use super::Context;
use super::rewrite::remove_unreachable;
use crate::ssa::analysis::Cfg;
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, BlockCall, Function, Inst, Op, Terminator, Value};

/// Instructions that may be done in vain, both sides together.
const MOST_INSTS: usize = 4;
/// Values that may be chosen at once.
const MOST_VALUES: usize = 2;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let mut changed = false;
    // Inner choices first, so that one inside another is only a computation then.
    for &block in cfg.order.iter().rev() {
        changed |= convert(function, &cfg, block);
    }
    if changed {
        remove_unreachable(function);
    }
    changed
}

fn convert(function: &mut Function, cfg: &Cfg, block: Block) -> bool {
    let Terminator::Branch { condition, then, otherwise } = &function.block(block).terminator else { return false };
    let (condition, then, otherwise) = (*condition, then.clone(), otherwise.clone());
    let Some(ways) = meet(function, cfg, block, &then, &otherwise) else { return false };
    let Ways { join, then_args, otherwise_args, moved } = ways;
    let differing = then_args.iter().zip(&otherwise_args).filter(|(a, b)| a != b).count();
    if differing == 0 || differing > MOST_VALUES || join == block {
        return false;
    }
    let loc = super::location_of(function, block);
    function.block_mut(block).insts.extend(moved);
    let mut args = Vec::new();
    for (&a, &b) in then_args.iter().zip(&otherwise_args) {
        if a == b {
            args.push(a);
            continue;
        }
        let ty = function.value_type(a);
        let inst = function.make_inst(Op::Select, ty, [condition, a, b], Aux::None, [ty], loc);
        args.push(function.inst(inst).results[0]);
        function.block_mut(block).insts.push(inst);
    }
    function.block_mut(block).terminator = Terminator::Jump(BlockCall::new(join, args));
    true
}

struct Ways {
    join: Block,
    then_args: Vec<Value>,
    otherwise_args: Vec<Value>,
    moved: Vec<Inst>,
}

/// The block where both ways meet, with what each brings and what they compute before.
fn meet(function: &Function, cfg: &Cfg, block: Block, then: &BlockCall, otherwise: &BlockCall) -> Option<Ways> {
    let (then_side, otherwise_side) = (side(function, cfg, block, then), side(function, cfg, block, otherwise));
    let direct = |call: &BlockCall| (call.clone(), Vec::new());
    // Triangles either way, or a diamond.
    let candidates = [
        (then_side.clone(), Some(direct(otherwise))),
        (Some(direct(then)), otherwise_side.clone()),
        (then_side, otherwise_side),
        (Some(direct(then)), Some(direct(otherwise))),
    ];
    candidates.into_iter().find_map(|(then, otherwise)| {
        let ((then, then_insts), (otherwise, otherwise_insts)) = (then?, otherwise?);
        let count = then_insts.len() + otherwise_insts.len();
        (then.block == otherwise.block && count <= MOST_INSTS).then(|| Ways {
            join: then.block,
            then_args: then.args.to_vec(),
            otherwise_args: otherwise.args.to_vec(),
            moved: then_insts.into_iter().chain(otherwise_insts).collect(),
        })
    })
}

/// Where a side of the branch goes on, and what it computes, if that is little and only ever reached
/// from here.
fn side(function: &Function, cfg: &Cfg, block: Block, call: &BlockCall) -> Option<(BlockCall, Vec<Inst>)> {
    let data = function.block(call.block);
    let Terminator::Jump(next) = &data.terminator else { return None };
    let is_cheap = |&inst: &Inst| {
        let data = function.inst(inst);
        let is_slow = matches!(data.op, Op::Sdiv | Op::Udiv | Op::Srem | Op::Urem | Op::Fdiv | Op::Sqrt | Op::Imul);
        data.op.facts().class == Class::Pure && !is_slow
    };
    let is_small = data.insts.len() <= MOST_INSTS && data.insts.iter().all(is_cheap);
    let is_own = cfg.predecessors(call.block) == [block] && data.params.is_empty() && next.block != call.block;
    (is_small && is_own).then(|| (next.clone(), data.insts.clone()))
}
