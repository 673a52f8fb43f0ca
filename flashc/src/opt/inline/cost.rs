//! When a call is worth its callee's body.

use crate::ssa::op::Class;
use crate::ssa::{Convention, Function, Hint, InstData, Op, Value};

/// Bodies of at most this size are no longer than the call.
const TINY: u32 = 14;
/// What an ordinary call may cost.
const ORDINARY: u32 = 40;
const IN_LOOP: u32 = 40;
const CONSTANT_ARGUMENT: u32 = 10;
/// The callee calls it: that call becomes direct, and may be taken in as well.
const CLOSURE_ARGUMENT: u32 = 120;
/// The function is gone afterwards.
const ONLY_CALL: u32 = 300;

pub(super) struct Callee<'a> {
    pub function: &'a Function,
    pub is_only_call: bool,
}

pub(super) struct Site<'a> {
    pub caller: &'a Function,
    pub call: &'a InstData,
    /// Of loops around the call.
    pub depth: u32,
    /// In a block that ends in a failure.
    pub is_cold: bool,
}

/// About the number of machine instructions.
pub(super) fn size(function: &Function) -> u32 {
    let mut size = 0;
    for &block in &function.layout {
        size += 1;
        for &inst in &function.block(block).insts {
            let data = function.inst(inst);
            size += match data.op.facts().class {
                Class::Pure if data.args.is_empty() => 0,
                Class::Call => 4 + data.args.len() as u32 / 2,
                Class::Allocate => 5,
                _ => 1,
            };
        }
    }
    size
}

/// Whether the body may stand anywhere but in its function.
pub(super) fn may_copy(function: &Function) -> bool {
    let is_plain = function.convention == Convention::Flash && !function.is_coroutine;
    is_plain && !matches!(function.hint, Hint::InlineNever | Hint::Cold)
}

pub(super) fn is_worth_it(callee: &Callee<'_>, site: &Site<'_>, size: u32) -> bool {
    if !may_copy(callee.function) {
        return false;
    }
    if callee.function.hint == Hint::InlineAlways || size <= TINY {
        return true;
    }
    if site.is_cold {
        return false;
    }
    let mut limit = if callee.is_only_call { ONLY_CALL } else { ORDINARY };
    if site.depth > 0 {
        limit += IN_LOOP;
    }
    let calls_closures = has_indirect_call(callee.function);
    for &arg in &site.call.args {
        limit += match made_by(site.caller, arg) {
            Some(Op::Iconst | Op::Fconst) => CONSTANT_ARGUMENT,
            Some(Op::Alloc | Op::DataAddr) if calls_closures => CLOSURE_ARGUMENT,
            Some(Op::Alloc | Op::SlotAddr) => CONSTANT_ARGUMENT,
            _ => 0,
        };
    }
    size <= limit
}

fn made_by(function: &Function, value: Value) -> Option<Op> {
    function.def_inst(value).map(|inst| function.inst(inst).op)
}

fn has_indirect_call(function: &Function) -> bool {
    let of_block = |block: &crate::ssa::Block| function.block(*block).insts.iter();
    function.layout.iter().flat_map(of_block).any(|&inst| function.inst(inst).op == Op::CallIndirect)
}
