//! Parameters of headers that are counters if something holds when their loop is entered: those of loops
//! that end when the counter equals its last value (`for i in a..=b`), and those that go up by a value
//! which is not a constant (the multiples of a prime). Who asks proves the rest.

use super::{comparison, invert, start_value};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::{Block, BlockCall, Function, IntCc, Op, Terminator, Value, ValueDef};
use rustc_hash::FxHashMap;

pub(super) struct Candidate {
    pub param: Value,
    pub start: Value,
    pub limit: Limit,
    /// The one block from which the loop is entered.
    pub entry: Block,
}

pub(super) enum Limit {
    /// It goes up by one from anything but this value.
    Last(Value),
    /// It goes up by `step` from values below `limit` only.
    Below { limit: Value, step: Value },
}

pub(super) fn find(
    function: &Function,
    cfg: &Cfg,
    dominators: &Dominators,
    loops: &Loops,
) -> FxHashMap<Block, Vec<Candidate>> {
    let mut found: FxHashMap<Block, Vec<Candidate>> = FxHashMap::default();
    for (index, this) in loops.loops.iter().enumerate() {
        let [latch] = this.latches[..] else { continue };
        let is_entry = |block: &&Block| !loops.contains(index, **block);
        let mut entries = cfg.predecessors(this.header).iter().filter(is_entry);
        let (Some(&entry), None) = (entries.next(), entries.next()) else { continue };
        let is_outside = |value: Value| {
            function.as_iconst(value).is_some() || !loops.contains(index, block_of(function, cfg, value))
        };
        for (number, &param) in function.block(this.header).params.iter().enumerate() {
            if !function.value_type(param).is_int() {
                continue;
            }
            let Some(step) = step(function, latch, this.header, number, param) else { continue };
            let limit = if function.as_iconst(step) == Some(1) {
                last_value(function, cfg, latch, this.header, param).map(Limit::Last)
            } else if function.as_iconst(step).is_none() && is_outside(step) {
                upper_limit(function, cfg, dominators, loops, index, param).map(|limit| Limit::Below { limit, step })
            } else {
                None
            };
            let Some(limit) = limit else { continue };
            let (Limit::Last(end) | Limit::Below { limit: end, .. }) = limit;
            if function.value_type(end) != function.value_type(param) || !is_outside(end) {
                continue;
            }
            if let Some(start) = start_value(function, cfg, loops, index, number) {
                found.entry(this.header).or_default().push(Candidate { param, start, limit, entry });
            }
        }
    }
    found
}

/// Where a value is made.
fn block_of(function: &Function, cfg: &Cfg, value: Value) -> Block {
    match function.values[value.index()].def {
        ValueDef::Param(block, _) => block,
        ValueDef::Result(inst, _) => {
            let has = |block: &&Block| function.block(**block).insts.contains(&inst);
            cfg.order.iter().find(has).copied().unwrap_or(function.entry())
        }
    }
}

/// What the latch's only jump to the header adds to the parameter.
fn step(function: &Function, latch: Block, header: Block, number: usize, param: Value) -> Option<Value> {
    let targets = function.block(latch).terminator.targets();
    let mut jumps = targets.iter().filter(|target| target.block == header);
    let next = *jumps.next()?.args.get(number)?;
    if jumps.next().is_some() {
        return None;
    }
    let data = function.inst(function.def_inst(next)?);
    match (data.op, &data.args[..]) {
        (Op::Iadd, &[a, b]) if a == param => Some(b),
        (Op::Iadd, &[a, b]) if b == param => Some(a),
        _ => None,
    }
}

/// The value that the parameter is tested against, and not equal to, before it goes up.
fn last_value(function: &Function, cfg: &Cfg, latch: Block, header: Block, param: Value) -> Option<Value> {
    let of_branch = |block: Block, goes_on: &dyn Fn(&BlockCall) -> bool| {
        let Terminator::Branch { condition, then, otherwise } = &function.block(block).terminator else { return None };
        let holds = match (goes_on(then), goes_on(otherwise)) {
            (true, false) => true,
            (false, true) => false,
            _ => return None,
        };
        let (cc, a, b) = comparison(function, *condition)?;
        let cc = if holds { cc } else { invert(cc) };
        match cc {
            IntCc::Ne if a == param => Some(b),
            IntCc::Ne if b == param => Some(a),
            _ => None,
        }
    };
    if let Some(last) = of_branch(latch, &|target| target.block == header) {
        return Some(last);
    }
    match cfg.predecessors(latch) {
        &[source] if latch != header => of_branch(source, &|target| target.block == latch),
        _ => None,
    }
}

/// What the parameter is below in the whole body, by the test at the loop's top.
fn upper_limit(
    function: &Function,
    cfg: &Cfg,
    dominators: &Dominators,
    loops: &Loops,
    index: usize,
    param: Value,
) -> Option<Value> {
    let this = &loops.loops[index];
    let Terminator::Branch { condition, then, otherwise } = &function.block(this.header).terminator else {
        return None;
    };
    let (body, holds) = match (loops.contains(index, then.block), loops.contains(index, otherwise.block)) {
        (true, false) => (then.block, true),
        (false, true) => (otherwise.block, false),
        _ => return None,
    };
    if cfg.predecessors(body).len() != 1 || !this.latches.iter().all(|&latch| dominators.dominates(body, latch)) {
        return None;
    }
    let (cc, a, b) = comparison(function, *condition)?;
    match if holds { cc } else { invert(cc) } {
        IntCc::Slt | IntCc::Sle if a == param => Some(b),
        IntCc::Sgt | IntCc::Sge if b == param => Some(a),
        _ => None,
    }
}
