//! The case that ends a recursion, by itself: a body that tests for it, gives its result, and else calls the
//! function. In place of a call it saves half the calls of a function that calls itself twice.

use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, BlockCall, BlockData, FuncId, Function, Inst, Loc, Op, Terminator, Value};
use smallvec::SmallVec;

/// Instructions of the test and of the result.
const MOST_INSTS: usize = 8;

/// The guard of a function: its entry's test, the side that returns at once, and a call of `id`, which is
/// the function itself, on the other side. `None` when the function does not begin like that.
pub(super) fn of(function: &Function, id: FuncId) -> Option<Function> {
    let entry = function.block(function.entry());
    let Terminator::Branch { then, otherwise, .. } = &entry.terminator else { return None };
    if !is_cheap(function, &entry.insts) {
        return None;
    }
    let (base, is_then) = match (returns_at_once(function, then), returns_at_once(function, otherwise)) {
        (true, false) => (then.block, true),
        (false, true) => (otherwise.block, false),
        _ => return None,
    };
    let mut guard = function.clone();
    let slow = Block(guard.blocks.len() as u32);
    let params: Vec<Value> = entry.params.clone();
    let loc = entry.insts.last().map_or(Loc(0), |&inst| function.inst(inst).loc);
    let results = function.signature.results.clone();
    let call = guard.make_inst(Op::Call, crate::ssa::Type::Ptr, params, Aux::Function(id), results, loc);
    let results: SmallVec<[Value; 2]> = guard.inst(call).results.clone();
    guard.blocks.push(BlockData { insts: vec![call], terminator: Terminator::Return(results), ..Default::default() });
    if let Terminator::Branch { then, otherwise, .. } = &mut guard.blocks[function.entry().index()].terminator {
        *(if is_then { otherwise } else { then }) = BlockCall::new(slow, []);
    }
    guard.layout = vec![function.entry(), base, slow];
    Some(guard)
}

fn is_cheap(function: &Function, insts: &[Inst]) -> bool {
    let is_quiet = |&inst: &Inst| matches!(function.inst(inst).op.facts().class, Class::Pure | Class::Read);
    insts.len() <= MOST_INSTS && insts.iter().all(is_quiet)
}

fn returns_at_once(function: &Function, call: &BlockCall) -> bool {
    let data = function.block(call.block);
    matches!(data.terminator, Terminator::Return(_)) && is_cheap(function, &data.insts)
}

/// Gives the guard's call, among the instructions from `first_new` on, the place of the call that it
/// stands for: it is that call, not one inside the function.
pub(super) fn set_call_location(function: &mut Function, first_new: usize, id: FuncId, loc: Loc) {
    for inst in &mut function.insts[first_new..] {
        if inst.op == Op::Call && inst.aux == Aux::Function(id) {
            inst.loc = loc;
        }
    }
}
