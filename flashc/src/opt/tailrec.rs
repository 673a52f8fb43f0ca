//! A function that returns what a call of itself gives jumps to its own start instead, so that such calls
//! do not grow the stack: the language promises it, so this runs at every level.
//! Needs no unreachable blocks and `branches` before it, so that a call and its return stand together.
//! Leaves functions alone that let others see their stack slots, which the next round would reuse.

use super::Context;
use crate::ssa::{Aux, Block, BlockCall, Function, Inst, Op, Terminator, Value};
use rustc_hash::FxHashSet;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, context: &Context<'_>) -> bool {
    let Some(sites) = find_tail_calls(function, context) else { return false };
    // Each call of a coroutine is one of its own.
    if function.is_coroutine || shows_slots(function) {
        return false;
    }
    let header = function.entry();
    let types = function.signature.params.clone();
    // The entry must have no predecessors: a new one before the old, which is the loop's header now.
    let entry = function.add_block();
    function.layout.pop();
    function.layout.insert(0, entry);
    let params: Vec<Value> = types.into_iter().map(|ty| function.add_param(entry, ty)).collect();
    function.block_mut(entry).terminator = Terminator::Jump(BlockCall::new(header, params));
    for (block, call) in sites {
        let args = function.inst(call).args.clone();
        let data = function.block_mut(block);
        data.insts.pop();
        data.terminator = Terminator::Jump(BlockCall::new(header, args));
    }
    true
}

/// Blocks that end in a call of the function itself and return its results.
fn find_tail_calls(function: &Function, context: &Context<'_>) -> Option<Vec<(Block, Inst)>> {
    let is_self = |inst: &Inst| match function.inst(*inst) {
        data if data.op == Op::Call => match data.aux {
            Aux::Function(id) => context.symbols[id.index()] == function.symbol,
            _ => false,
        },
        _ => false,
    };
    let mut sites = Vec::new();
    for &block in &function.layout {
        let data = function.block(block);
        if let Some(&last) = data.insts.last()
            && is_self(&last)
            && returns(function, &data.terminator, &function.inst(last).results)
        {
            sites.push((block, last));
        }
    }
    if sites.is_empty() { None } else { Some(sites) }
}

/// Whether a terminator returns just these values, maybe by a block that does nothing else.
fn returns(function: &Function, terminator: &Terminator, results: &[Value]) -> bool {
    match terminator {
        Terminator::Return(values) => values[..] == *results,
        Terminator::Jump(call) => {
            let next = function.block(call.block);
            let substitute = |value: &Value| match next.params.iter().position(|param| param == value) {
                Some(index) => call.args[index],
                None => *value,
            };
            match &next.terminator {
                Terminator::Return(values) if next.insts.is_empty() => {
                    values.iter().map(substitute).eq(results.iter().copied())
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether an address of a slot goes anywhere but to loads, stores and block operations here.
fn shows_slots(function: &Function) -> bool {
    if function.slots.is_empty() {
        return false;
    }
    let mut addresses: FxHashSet<Value> = FxHashSet::default();
    let mut shown = false;
    // Addresses are found before their uses except around loops, where they come as parameters.
    for &block in &function.layout {
        for &inst in &function.block(block).insts {
            if function.inst(inst).op == Op::SlotAddr {
                addresses.insert(function.inst(inst).results[0]);
            }
        }
    }
    let mut count = 0;
    while count != addresses.len() {
        count = addresses.len();
        for &block in &function.layout {
            for &inst in &function.block(block).insts {
                let data = function.inst(inst);
                for (operand, arg) in data.args.iter().enumerate() {
                    if !addresses.contains(arg) {
                        continue;
                    }
                    match data.op {
                        Op::Load | Op::Copy | Op::Zero | Op::NonNull | Op::Icmp => {}
                        Op::Store if operand == 0 => {}
                        Op::PtrAdd => addresses.extend(data.results.iter().copied()),
                        _ => shown = true,
                    }
                }
            }
            function.block(block).terminator.for_each_value(|value| shown |= addresses.contains(&value));
        }
    }
    shown
}
