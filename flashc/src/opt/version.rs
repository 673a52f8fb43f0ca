//! Gives a small innermost loop a second form without index checks, and a test before both that chooses:
//! when the first and the last index are good, so are all between. Else the loop as it was runs, so that
//! a check fails in the round and at the place where it always did.
//! Needs no unreachable blocks; `rotate` and `licm` before it: loops test at the bottom, and what does not
//! change is outside. The passes behind it fold tests whose outcome is known. Doubles the loop.

use super::Context;
use super::reaching::repair;
use super::rewrite::{homes, make_iconst};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::eval::signed_range;
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, BlockCall, Function, Inst, IntCc, Loc, Op, Terminator, Type, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Loops with more instructions are not doubled.
const MOST_INSTS: usize = 80;
/// Checks that the test before a loop may stand for.
const MOST_CHECKS: usize = 8;
/// Loops of one function: each takes a look at the whole of it.
const MOST_LOOPS: usize = 24;
/// Functions with more instructions stay as they are.
const LARGE_FUNCTION: usize = 20_000;
const LONGEST_STEP: i64 = 1024;
/// Sums that an index is made of.
const DEEPEST: u32 = 4;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    if function.insts.len() > LARGE_FUNCTION {
        return false;
    }
    let mut done: FxHashSet<Block> = FxHashSet::default();
    for _ in 0..MOST_LOOPS {
        let cfg = Cfg::new(function);
        let loops = Loops::new(function, &cfg, &Dominators::new(function, &cfg));
        let home = homes(function, &cfg);
        let find = |index: usize| {
            let is_new = !done.contains(&loops.loops[index].header);
            is_new.then(|| Finder { function, cfg: &cfg, loops: &loops, home: &home, index }.plan()).flatten()
        };
        let Some(plan) = (0..loops.loops.len()).find_map(find) else { break };
        // Neither form is looked at again.
        done.insert(plan.header);
        done.insert(apply(function, &plan));
    }
    !done.is_empty()
}

/// A loop that counts, and what is to become of it.
struct Plan {
    header: Block,
    /// In reverse postorder, the header first.
    blocks: Vec<Block>,
    before: Block,
    counter: Value,
    ty: Type,
    step: i64,
    start: Value,
    limit: Value,
    /// The last round has the limit itself.
    is_inclusive: bool,
    checks: Vec<Check>,
}

struct Check {
    inst: Inst,
    index: Value,
    length: Value,
}

struct Finder<'a> {
    function: &'a Function,
    cfg: &'a Cfg,
    loops: &'a Loops,
    home: &'a [Option<Block>],
    index: usize,
}

impl Finder<'_> {
    fn plan(&self) -> Option<Plan> {
        let function = self.function;
        let this = &self.loops.loops[self.index];
        let &[latch] = &this.latches[..] else { return None };
        let is_innermost = !self.loops.loops.iter().any(|other| other.parent == Some(self.index));
        if !is_innermost || !self.is_small(&this.blocks) {
            return None;
        }
        let outside = |&&block: &&Block| !self.loops.contains(self.index, block);
        let mut ways_in = self.cfg.predecessors(this.header).iter().filter(outside);
        let (&before, None) = (ways_in.next()?, ways_in.next()) else { return None };
        let Terminator::Jump(entry) = &function.block(before).terminator else { return None };

        let Terminator::Branch { condition, then, otherwise } = &function.block(latch).terminator else { return None };
        let (back, stays) = match (then.block == this.header, otherwise.block == this.header) {
            (true, false) => (then, true),
            (false, true) => (otherwise, false),
            _ => return None,
        };
        let test = function.inst(function.def_inst(*condition)?);
        let (Op::Icmp, Aux::IntCc(cc), &[a, b]) = (test.op, &test.aux, &test.args[..]) else { return None };
        let cc = if stays { *cc } else { super::facts::invert(*cc) };
        let (next, limit, is_inclusive) = match cc {
            IntCc::Slt => (a, b, false),
            IntCc::Sle => (a, b, true),
            IntCc::Sgt => (b, a, false),
            IntCc::Sge => (b, a, true),
            _ => return None,
        };
        let ty = test.ty;
        if !matches!(ty, Type::I32 | Type::I64) || !self.is_outside(limit) {
            return None;
        }
        let number = back.args.iter().position(|&arg| arg == next)?;
        let counter = function.block(this.header).params[number];
        let increment = function.inst(function.def_inst(next)?);
        let (Op::Iadd, &[from, by]) = (increment.op, &increment.args[..]) else { return None };
        let step = function.as_iconst(by).filter(|step| (1..=LONGEST_STEP).contains(step))?;
        if from != counter {
            return None;
        }
        let mut plan = Plan {
            header: this.header,
            blocks: this.blocks.clone(),
            before,
            counter,
            ty,
            step,
            start: entry.args[number],
            limit,
            is_inclusive,
            checks: Vec::new(),
        };
        for &block in &plan.blocks {
            for &inst in &function.block(block).insts {
                let data = function.inst(inst);
                if let (Op::Bounds, Type::I64, &[index, length]) = (data.op, data.ty, &data.args[..])
                    && self.is_outside(length)
                    && self.counts_along(&plan, index, DEEPEST)
                {
                    plan.checks.push(Check { inst, index, length });
                }
            }
        }
        (1..=MOST_CHECKS).contains(&plan.checks.len()).then_some(plan)
    }

    /// Few instructions, and none beside which a check is nothing.
    fn is_small(&self, blocks: &[Block]) -> bool {
        let mut count = 0;
        blocks.iter().all(|&block| {
            let data = self.function.block(block);
            count += data.insts.len();
            let is_quick =
                |&inst: &Inst| !matches!(self.function.inst(inst).op.facts().class, Class::Call | Class::Allocate);
            count <= MOST_INSTS && !matches!(data.terminator, Terminator::Try { .. }) && data.insts.iter().all(is_quick)
        })
    }

    fn is_outside(&self, value: Value) -> bool {
        self.home[value.index()].is_some_and(|home| !self.loops.contains(self.index, home))
    }

    /// Whether a value is the counter and something that does not change, added up.
    fn counts_along(&self, plan: &Plan, value: Value, depth: u32) -> bool {
        if value == plan.counter {
            return plan.ty == Type::I64;
        }
        let Some(inst) = self.function.def_inst(value).filter(|_| depth > 0) else { return false };
        let data = self.function.inst(inst);
        match (data.op, data.ty, &data.args[..]) {
            (Op::Sext, Type::I64, &[narrow]) => narrow == plan.counter,
            (Op::Iadd, Type::I64, &[a, b]) => {
                (self.is_outside(b) && self.counts_along(plan, a, depth - 1))
                    || (self.is_outside(a) && self.counts_along(plan, b, depth - 1))
            }
            (Op::Isub, Type::I64, &[a, b]) => self.is_outside(b) && self.counts_along(plan, a, depth - 1),
            _ => false,
        }
    }
}

/// Makes the form without checks and the test before both; gives the new form's header.
fn apply(function: &mut Function, plan: &Plan) -> Block {
    let test = test(function, plan);
    let mut copy = Copy { function, plan, values: FxHashMap::default(), blocks: FxHashMap::default() };
    copy.run();
    let Copy { values, blocks, .. } = copy;
    let header = blocks[&plan.header];
    let before = function.block_mut(plan.before);
    if let Terminator::Jump(entry) = std::mem::take(&mut before.terminator) {
        let then = BlockCall { block: header, args: entry.args.clone() };
        before.terminator = Terminator::Branch { condition: test, then, otherwise: entry };
    }
    let own: FxHashSet<Block> = blocks.iter().flat_map(|(&old, &new)| [old, new]).collect();
    repair(function, &values, |block| own.contains(&block));
    header
}

/// Emits in front of the loop whether all checks hold in all rounds.
///
/// The counter `i` goes from the start up to at most `last`, without wrapping: that is tested first. An index
/// is `i` plus something, modulo 2^64; when the index of `last` is not below that of the start, unsigned,
/// no index between has wrapped, and all are at most the one of `last`, which is below the length.
fn test(function: &mut Function, plan: &Plan) -> Value {
    let &Plan { ty, step, start, limit, is_inclusive, before, .. } = plan;
    let loc = super::location_of(function, before);
    let mut emit = Emitter { function, block: before, loc };
    let enters = emit.compare(ty, if is_inclusive { IntCc::Sle } else { IntCc::Slt }, start, limit);
    let mut all = enters;
    // One step from the last round does not wrap. Below a limit a step of 1 never does.
    let (_, greatest) = signed_range(ty);
    let reach = if is_inclusive { step } else { step - 1 };
    if reach > 0 {
        let most = emit.iconst(ty, greatest - reach);
        let ends = emit.compare(ty, IntCc::Sle, limit, most);
        all = emit.binary(Op::And, Type::I8, all, ends);
    }
    let last = if is_inclusive {
        limit
    } else {
        let one = emit.iconst(ty, 1);
        emit.binary(Op::Isub, ty, limit, one)
    };
    for check in &plan.checks {
        let first_index = emit.index(plan, check.index, start);
        let last_index = emit.index(plan, check.index, last);
        let in_order = emit.compare(Type::I64, IntCc::Ule, first_index, last_index);
        let in_range = emit.compare(Type::I64, IntCc::Ult, last_index, check.length);
        all = emit.binary(Op::And, Type::I8, all, in_order);
        all = emit.binary(Op::And, Type::I8, all, in_range);
    }
    all
}

/// Adds instructions at the end of a block.
struct Emitter<'a> {
    function: &'a mut Function,
    block: Block,
    loc: Loc,
}

impl Emitter<'_> {
    fn add(&mut self, op: Op, ty: Type, args: &[Value], aux: Aux, result: Type) -> Value {
        let inst = self.function.make_inst(op, ty, args.iter().copied(), aux, [result], self.loc);
        self.function.block_mut(self.block).insts.push(inst);
        self.function.inst(inst).results[0]
    }

    fn binary(&mut self, op: Op, ty: Type, a: Value, b: Value) -> Value {
        self.add(op, ty, &[a, b], Aux::None, ty)
    }

    fn compare(&mut self, ty: Type, cc: IntCc, a: Value, b: Value) -> Value {
        self.add(Op::Icmp, ty, &[a, b], Aux::IntCc(cc), Type::I8)
    }

    fn iconst(&mut self, ty: Type, value: i64) -> Value {
        let (inst, value) = make_iconst(self.function, ty, value, self.loc);
        self.function.block_mut(self.block).insts.push(inst);
        value
    }

    /// An index as it is when the counter has the value `at`.
    fn index(&mut self, plan: &Plan, index: Value, at: Value) -> Value {
        if index == plan.counter {
            return at;
        }
        let Some(inst) = self.function.def_inst(index).filter(|&inst| is_in(self.function, plan, inst)) else {
            return index;
        };
        let data = self.function.inst(inst).clone();
        let args: Vec<Value> = data.args.iter().map(|&arg| self.index(plan, arg, at)).collect();
        self.add(data.op, data.ty, &args, data.aux, data.ty)
    }
}

fn is_in(function: &Function, plan: &Plan, inst: Inst) -> bool {
    plan.blocks.iter().any(|&block| function.block(block).insts.contains(&inst))
}

struct Copy<'a> {
    function: &'a mut Function,
    plan: &'a Plan,
    values: FxHashMap<Value, Value>,
    blocks: FxHashMap<Block, Block>,
}

impl Copy<'_> {
    fn run(&mut self) {
        let plan = self.plan;
        for &block in &plan.blocks {
            let copy = self.function.add_block();
            self.function.layout.pop();
            self.blocks.insert(block, copy);
            for param in self.function.block(block).params.clone() {
                let value = self.function.add_param(copy, self.function.value_type(param));
                self.values.insert(param, value);
            }
        }
        // Definitions come before uses in reverse postorder, but for the header's parameters.
        for &block in &plan.blocks {
            let copy = self.blocks[&block];
            for inst in self.function.block(block).insts.clone() {
                if !plan.checks.iter().any(|check| check.inst == inst) {
                    let copied = self.inst(inst);
                    self.function.block_mut(copy).insts.push(copied);
                }
            }
            let mut terminator = self.function.block(block).terminator.clone();
            terminator.for_each_value_mut(|value| *value = self.value(*value));
            for target in terminator.targets_mut() {
                target.block = self.blocks.get(&target.block).copied().unwrap_or(target.block);
            }
            let loc = self.function.block(block).loc;
            let data = self.function.block_mut(copy);
            (data.terminator, data.loc) = (terminator, loc);
        }
        // In the layout in front of the loop, in its order.
        let is_own = |block: &&Block| self.blocks.contains_key(block);
        let copies: Vec<Block> = self.function.layout.iter().filter(is_own).map(|block| self.blocks[block]).collect();
        let place = self.function.layout.iter().position(|block| self.blocks.contains_key(block)).unwrap_or(0);
        self.function.layout.splice(place..place, copies);
    }

    fn value(&self, value: Value) -> Value {
        self.values.get(&value).copied().unwrap_or(value)
    }

    fn inst(&mut self, inst: Inst) -> Inst {
        let data = self.function.inst(inst).clone();
        let args: Vec<Value> = data.args.iter().map(|&arg| self.value(arg)).collect();
        let types: Vec<Type> = data.results.iter().map(|&result| self.function.value_type(result)).collect();
        let copied = self.function.make_inst(data.op, data.ty, args, data.aux, types, data.loc);
        for (&result, &value) in data.results.iter().zip(&self.function.insts[copied.index()].results) {
            self.values.insert(result, value);
        }
        copied
    }
}
