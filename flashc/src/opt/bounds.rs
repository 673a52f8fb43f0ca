//! Removes checks and comparisons whose outcome follows from others: the test of a loop bounds its
//! counter, a check that passed bounds its index, lengths are not negative. Works with differences of
//! signed values (`a - b <= c`), found from definitions and from the branches that lead to a place.
//! Needs no unreachable blocks; `memory` and `gvn` before it, so that equal lengths are one value;
//! before `rotate`, which takes loops' tests from where they are read. Keeps blocks.

mod candidates;

use super::Context;
use super::facts::{invert, swap};
use super::rewrite::{Replacements, drop_unwind, make_iconst};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::eval::signed_range;
use crate::ssa::{Aux, Block, Function, Inst, IntCc, Op, Region, Terminator, Type, Value, ValueDef};
use candidates::{Candidate, Limit};
use rustc_hash::FxHashMap;

/// No array or text is longer.
const LONGEST: i64 = 1 << 47;
/// Steps of one proof.
const MOST_STEPS: u32 = 64;
/// Facts about one value that a proof looks at, the newest first.
const MOST_FACTS: usize = 64;
const DEEPEST: u32 = 8;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let loops = Loops::new(function, &cfg, &dominators);
    let counters = find_counters(function, &cfg, &dominators, &loops);
    let candidates = candidates::find(function, &cfg, &dominators, &loops);
    let mut pass = Bounds {
        function,
        cfg,
        candidates,
        facts: Facts { counters, below: FxHashMap::default(), above: FxHashMap::default() },
        undo: Vec::new(),
        changed: false,
    };
    let mut replacements = Replacements::new(pass.function);
    let mut stack = vec![(pass.function.entry(), None)];
    while let Some((block, mark)) = stack.pop() {
        if let Some(mark) = mark {
            pass.forget(mark);
            continue;
        }
        stack.push((block, Some(pass.undo.len())));
        pass.block(block, &mut replacements);
        stack.extend(dominators.children(block).iter().rev().map(|&child| (child, None)));
    }
    let Bounds { function, changed, .. } = pass;
    replacements.apply(function);
    changed
}

/// A value, or a number: what differences are between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Value(Value),
    Zero,
}

/// A loop's counter: never below (or never above) where it starts.
#[derive(Clone, Copy)]
struct Counter {
    start: Value,
    goes_up: bool,
}

#[derive(Default)]
struct Facts {
    counters: FxHashMap<Value, Counter>,
    /// `key <= other + number`
    below: FxHashMap<Node, Vec<(Node, i64)>>,
    /// `key >= other + number`
    above: FxHashMap<Node, Vec<(Node, i64)>>,
}

struct Bounds<'a> {
    function: &'a mut Function,
    cfg: Cfg,
    /// By header.
    candidates: FxHashMap<Block, Vec<Candidate>>,
    facts: Facts,
    /// Keys of the facts in the order they were learnt.
    undo: Vec<(Node, Node)>,
    changed: bool,
}

/// Parameters of headers that only go up by a constant while a test keeps them from wrapping round;
/// or only down.
fn find_counters(function: &Function, cfg: &Cfg, dominators: &Dominators, loops: &Loops) -> FxHashMap<Value, Counter> {
    let mut counters = FxHashMap::default();
    for (index, this) in loops.loops.iter().enumerate() {
        let Terminator::Branch { condition, then, otherwise } = &function.block(this.header).terminator else {
            continue;
        };
        let (body, holds) = match (loops.contains(index, then.block), loops.contains(index, otherwise.block)) {
            (true, false) => (then.block, true),
            (false, true) => (otherwise.block, false),
            _ => continue,
        };
        let Some((cc, a, b)) = comparison(function, *condition) else { continue };
        let cc = if holds { cc } else { invert(cc) };
        if cfg.predecessors(body).len() != 1 || !this.latches.iter().all(|&latch| dominators.dominates(body, latch)) {
            continue;
        }
        for (number, &param) in function.block(this.header).params.iter().enumerate() {
            // `param < limit` or `param > limit`, where one step more does not wrap.
            let is_below = (a == param && cc == IntCc::Slt) || (b == param && cc == IntCc::Sgt);
            let is_above = (a == param && cc == IntCc::Sgt) || (b == param && cc == IntCc::Slt);
            let limit = if a == param { b } else { a };
            let steps_to = |latch: &Block| steps(function, *latch, this.header, number, param);
            let Some(step) = this.latches.iter().map(steps_to).reduce(|x, y| if x == y { x } else { None }).flatten()
            else {
                continue;
            };
            let ty = function.value_type(param);
            let (least, greatest) = signed_range(ty);
            let small = match function.as_iconst(limit) {
                // `param <= limit - 1`, so that `param + step` fits.
                Some(limit) if step > 0 => limit.checked_add(step - 1).is_some_and(|last| last <= greatest),
                Some(limit) => limit.checked_add(step + 1).is_some_and(|last| last >= least),
                None => step.abs() == 1,
            };
            let goes_up = step > 0;
            if !small || (goes_up && !is_below) || (!goes_up && !is_above) {
                continue;
            }
            if let Some(start) = start_value(function, cfg, loops, index, number) {
                counters.insert(param, Counter { start, goes_up });
            }
        }
    }
    counters
}

/// What a latch adds to the parameter, if it is a constant other than 0 and the same by each of its jumps.
fn steps(function: &Function, latch: Block, header: Block, number: usize, param: Value) -> Option<i64> {
    let targets = function.block(latch).terminator.targets();
    let mut jumps = targets.iter().filter(|target| target.block == header);
    let first = step_of(function, *jumps.next()?.args.get(number)?, param)?;
    jumps
        .all(|target| target.args.get(number).and_then(|&next| step_of(function, next, param)) == Some(first))
        .then_some(first)
}

fn step_of(function: &Function, next: Value, param: Value) -> Option<i64> {
    let next = function.inst(function.def_inst(next)?);
    let step = match (next.op, &next.args[..]) {
        (Op::Iadd, &[a, b]) if a == param => function.as_iconst(b),
        (Op::Isub, &[a, b]) if a == param => function.as_iconst(b).and_then(i64::checked_neg),
        _ => None,
    };
    step.filter(|&step| step != 0 && step != i64::MIN)
}

/// The one value that a header's parameter has when the loop is entered.
fn start_value(function: &Function, cfg: &Cfg, loops: &Loops, index: usize, number: usize) -> Option<Value> {
    let header = loops.loops[index].header;
    let mut start = None;
    for &source in cfg.predecessors(header) {
        if loops.contains(index, source) {
            continue;
        }
        for target in function.block(source).terminator.targets() {
            if target.block == header {
                let value = *target.args.get(number)?;
                if start.is_some_and(|start| start != value) {
                    return None;
                }
                start = Some(value);
            }
        }
    }
    start
}

fn comparison(function: &Function, condition: Value) -> Option<(IntCc, Value, Value)> {
    let data = function.inst(function.def_inst(condition)?);
    match (&data.aux, &data.args[..]) {
        (Aux::IntCc(cc), &[a, b]) if data.op == Op::Icmp && data.ty.is_int() => Some((*cc, a, b)),
        _ => None,
    }
}

impl Bounds<'_> {
    fn forget(&mut self, mark: usize) {
        for (low, high) in self.undo.drain(mark..).rev() {
            self.facts.below.get_mut(&low).map(Vec::pop);
            self.facts.above.get_mut(&high).map(Vec::pop);
        }
    }

    /// `low <= high + number`
    fn learn(&mut self, low: Value, high: Value, number: i64) {
        let (low, low_number) = self.node(low);
        let (high, high_number) = self.node(high);
        let Some(number) = high_number.checked_sub(low_number).and_then(|n| n.checked_add(number)) else { return };
        self.facts.below.entry(low).or_default().push((high, number));
        // high >= low - number
        self.facts.above.entry(high).or_default().push((low, number.saturating_neg()));
        self.undo.push((low, high));
    }

    fn learn_comparison(&mut self, cc: IntCc, a: Value, b: Value) {
        match cc {
            IntCc::Slt => self.learn(a, b, -1),
            IntCc::Sle => self.learn(a, b, 0),
            IntCc::Sgt => self.learn(b, a, -1),
            IntCc::Sge => self.learn(b, a, 0),
            IntCc::Eq => {
                self.learn(a, b, 0);
                self.learn(b, a, 0);
            }
            // Unsigned below something that is not negative: not negative itself.
            IntCc::Ult | IntCc::Ule if self.is_at_least(b, 0) => {
                self.learn(a, b, if cc == IntCc::Ult { -1 } else { 0 });
                self.learn_not_negative(a);
            }
            IntCc::Ugt | IntCc::Uge => self.learn_comparison(swap(cc), b, a),
            _ => {}
        }
    }

    fn learn_not_negative(&mut self, value: Value) {
        let (node, number) = self.node(value);
        // zero <= value
        self.facts.below.entry(Node::Zero).or_default().push((node, number));
        self.facts.above.entry(node).or_default().push((Node::Zero, number.saturating_neg()));
        self.undo.push((Node::Zero, node));
    }

    /// Makes those of a header's parameters counters that what is known at the loop's entry allows.
    fn learn_counters(&mut self, header: Block) {
        let Some(candidates) = self.candidates.remove(&header) else { return };
        for candidate in candidates {
            // What the branch into the loop says holds for the start, not for what comes round.
            let mark = self.undo.len();
            self.learn_branch(candidate.entry, header);
            let holds = self.holds_at_entry(&candidate);
            self.forget(mark);
            if !holds {
                continue;
            }
            let Candidate { param, start, limit, .. } = candidate;
            if let Limit::Last(last) = limit {
                // It goes on only from below it.
                self.learn(param, last, 0);
            }
            self.facts.counters.insert(param, Counter { start, goes_up: true });
        }
    }

    fn holds_at_entry(&self, candidate: &Candidate) -> bool {
        match candidate.limit {
            Limit::Last(last) => self.is_below(candidate.start, last, 0),
            Limit::Below { limit, step } => {
                let (_, greatest) = signed_range(self.function.value_type(candidate.param));
                let most = self.function.as_iconst(limit).unwrap_or(LONGEST);
                self.is_at_least(step, 1)
                    && self.is_at_most(limit, most)
                    && greatest.checked_sub(most).is_some_and(|room| self.is_at_most(step, room))
            }
        }
    }

    /// What the branch at the end of `source` says where it goes to `block`, and only by one of its sides.
    fn learn_branch(&mut self, source: Block, block: Block) {
        let Terminator::Branch { condition, then, otherwise } = &self.function.block(source).terminator else { return };
        if (then.block == block) == (otherwise.block == block) {
            return;
        }
        let (condition, is_then) = (*condition, then.block == block);
        if let Some((cc, a, b)) = comparison(self.function, condition) {
            self.learn_comparison(if is_then { cc } else { invert(cc) }, a, b);
        }
    }

    fn block(&mut self, block: Block, replacements: &mut Replacements) {
        if let [source] = *self.cfg.predecessors(block)
            && let Terminator::Branch { condition, then, .. } = &self.function.block(source).terminator
            && let (condition, is_then) = (replacements.resolve(*condition), then.block == block)
            && let Some((cc, a, b)) = comparison(self.function, condition)
        {
            self.learn_comparison(if is_then { cc } else { invert(cc) }, a, b);
        }
        self.learn_counters(block);
        let insts = std::mem::take(&mut self.function.block_mut(block).insts);
        let count = insts.len();
        let mut out = Vec::with_capacity(count);
        for (index, inst) in insts.into_iter().enumerate() {
            let is_last = index + 1 == count;
            let is_guarded = is_last && matches!(self.function.block(block).terminator, Terminator::Try { .. });
            match self.function.inst(inst).op {
                Op::Bounds | Op::NonZero => {
                    if self.check_holds(inst) {
                        self.changed = true;
                        if is_guarded {
                            drop_unwind(self.function, block);
                        }
                        continue;
                    }
                    if !is_guarded {
                        self.learn_from_check(inst);
                    }
                }
                Op::Icmp => {
                    if let Some(known) = self.outcome(inst) {
                        let loc = self.function.inst(inst).loc;
                        let (made, value) = make_iconst(self.function, Type::I8, i64::from(known), loc);
                        replacements.replace(self.function.inst(inst).results[0], value);
                        out.push(made);
                        self.changed = true;
                        continue;
                    }
                }
                _ => {}
            }
            out.push(inst);
        }
        self.function.block_mut(block).insts = out;
    }

    fn check_holds(&self, inst: Inst) -> bool {
        let data = self.function.inst(inst);
        match (data.op, &data.args[..]) {
            (Op::Bounds, &[index, length]) => self.is_at_least(index, 0) && self.is_below(index, length, -1),
            (Op::NonZero, &[divisor]) => self.is_at_least(divisor, 1) || self.is_at_most(divisor, -1),
            _ => false,
        }
    }

    fn learn_from_check(&mut self, inst: Inst) {
        let data = self.function.inst(inst);
        if let (Op::Bounds, &[index, length]) = (data.op, &data.args[..]) {
            self.learn_comparison(IntCc::Ult, index, length);
        }
    }

    fn outcome(&self, inst: Inst) -> Option<bool> {
        let data = self.function.inst(inst);
        let (Aux::IntCc(cc), &[a, b]) = (&data.aux, &data.args[..]) else { return None };
        if !data.ty.is_int() {
            return None;
        }
        let (low, high, number, meaning) = match cc {
            IntCc::Slt => (a, b, -1, true),
            IntCc::Sle => (a, b, 0, true),
            IntCc::Sgt => (b, a, -1, true),
            IntCc::Sge => (b, a, 0, true),
            IntCc::Ult if self.is_at_least(a, 0) && self.is_at_least(b, 0) => (a, b, -1, true),
            IntCc::Uge if self.is_at_least(a, 0) && self.is_at_least(b, 0) => (a, b, -1, false),
            _ => return None,
        };
        if self.is_below(low, high, number) {
            return Some(meaning);
        }
        // not (low <= high + number): high <= low - number - 1
        if self.is_below(high, low, -number - 1) { Some(!meaning) } else { None }
    }

    fn is_at_least(&self, value: Value, number: i64) -> bool {
        self.proves((Node::Zero, 0), self.node(value), number.saturating_neg())
    }

    fn is_at_most(&self, value: Value, number: i64) -> bool {
        self.proves(self.node(value), (Node::Zero, 0), number)
    }

    /// Whether `low <= high + number` is certain.
    fn is_below(&self, low: Value, high: Value, number: i64) -> bool {
        self.proves(self.node(low), self.node(high), number)
    }

    /// The same with what each is above its node.
    fn proves(&self, low: (Node, i64), high: (Node, i64), number: i64) -> bool {
        let Some(number) = high.1.checked_sub(low.1).and_then(|n| n.checked_add(number)) else { return false };
        let proof = Proof { function: self.function, facts: &self.facts };
        let mut steps = MOST_STEPS;
        proof.go_up(low.0, high.0, number, DEEPEST, &mut steps) || {
            let mut steps = MOST_STEPS;
            proof.go_down(high.0, low.0, number, DEEPEST, &mut steps)
        }
    }

    fn node(&self, value: Value) -> (Node, i64) {
        node(self.function, value)
    }
}

/// A value in terms of a node: constants are above zero, sign extensions are what they extend.
fn node(function: &Function, mut value: Value) -> (Node, i64) {
    while let Some(inst) = function.def_inst(value) {
        let data = function.inst(inst);
        match (data.op, &data.aux) {
            (Op::Iconst, Aux::Imm(constant)) => return (Node::Zero, *constant),
            (Op::Sext, _) => value = data.args[0],
            _ => break,
        }
    }
    (Node::Value(value), 0)
}

/// What is left to prove with: `number + plus`. Less than there is proves less, so too much is the most.
fn room(number: i64, plus: Option<i64>) -> Option<i64> {
    let plus = plus?;
    number.checked_add(plus).or_else(|| (plus > 0).then_some(i64::MAX))
}

struct Proof<'a> {
    function: &'a Function,
    facts: &'a Facts,
}

impl Proof<'_> {
    /// Whether `from <= to + number`, going from `from` to what it is known to be below.
    fn go_up(&self, from: Node, to: Node, number: i64, depth: u32, steps: &mut u32) -> bool {
        if from == to {
            return number >= 0;
        }
        if depth == 0 || *steps == 0 {
            return false;
        }
        *steps -= 1;
        let step = |next: Node, plus: i64, steps: &mut u32| {
            room(number, plus.checked_neg()).is_some_and(|rest| self.go_up(next, to, rest, depth - 1, steps))
        };
        if let Some(known) = self.facts.below.get(&from)
            && known.iter().rev().take(MOST_FACTS).any(|&(next, plus)| step(next, plus, steps))
        {
            return true;
        }
        let Node::Value(value) = from else { return false };
        if let Some(counter) = self.facts.counters.get(&value).filter(|counter| !counter.goes_up) {
            let (next, plus) = node(self.function, counter.start);
            if step(next, plus, steps) {
                return true;
            }
        }
        let (_, most) = self.range(value, depth);
        if to == Node::Zero && most <= number {
            return true;
        }
        let ValueDef::Result(inst, _) = self.function.values[value.index()].def else { return false };
        let data = self.function.inst(inst);
        match (data.op, &data.args[..]) {
            (Op::Iadd, &[a, b]) => match self.function.as_iconst(b) {
                Some(constant) if self.sum_fits(a, constant, data.ty, depth, steps) => {
                    let (next, plus) = node(self.function, a);
                    constant.checked_add(plus).is_some_and(|plus| step(next, plus, steps))
                }
                _ => false,
            },
            (Op::Smin, &[a, b]) => [a, b].into_iter().any(|side| {
                let (next, plus) = node(self.function, side);
                step(next, plus, steps)
            }),
            // The remainder is not above a dividend that is not negative; a shift to the right neither.
            (Op::Srem | Op::Sshr | Op::Sdiv, &[a, b]) => {
                let is_positive = data.op == Op::Sshr || self.function.as_iconst(b).is_some_and(|b| b > 0);
                let (next, plus) = node(self.function, a);
                is_positive && self.go_up(Node::Zero, next, plus, depth - 1, steps) && step(next, plus, steps)
            }
            _ => false,
        }
    }

    /// Whether `to <= from + number`, going from `from` to what it is known to be above.
    fn go_down(&self, from: Node, to: Node, number: i64, depth: u32, steps: &mut u32) -> bool {
        if from == to {
            return number >= 0;
        }
        if depth == 0 || *steps == 0 {
            return false;
        }
        *steps -= 1;
        // from >= next + plus: to <= next + plus + number is enough.
        let step = |next: Node, plus: i64, steps: &mut u32| {
            room(number, Some(plus)).is_some_and(|rest| self.go_down(next, to, rest, depth - 1, steps))
        };
        if let Some(known) = self.facts.above.get(&from)
            && known.iter().rev().take(MOST_FACTS).any(|&(next, plus)| step(next, plus, steps))
        {
            return true;
        }
        let Node::Value(value) = from else { return false };
        if let Some(counter) = self.facts.counters.get(&value).filter(|counter| counter.goes_up) {
            let (next, plus) = node(self.function, counter.start);
            if step(next, plus, steps) {
                return true;
            }
        }
        let (least, _) = self.range(value, depth);
        if to == Node::Zero && least.saturating_add(number) >= 0 {
            return true;
        }
        let ValueDef::Result(inst, _) = self.function.values[value.index()].def else { return false };
        let data = self.function.inst(inst);
        match (data.op, &data.args[..]) {
            (Op::Iadd, &[a, b]) => match self.function.as_iconst(b) {
                Some(constant) if self.sum_fits(a, constant, data.ty, depth, steps) => {
                    let (next, plus) = node(self.function, a);
                    constant.checked_add(plus).is_some_and(|plus| step(next, plus, steps))
                }
                None => {
                    self.halves_fit(a, b, data.ty, depth, steps) && {
                        let (next, plus) = node(self.function, a);
                        step(next, plus, steps)
                    }
                }
                _ => false,
            },
            (Op::Smax, &[a, b]) => [a, b].into_iter().any(|side| {
                let (next, plus) = node(self.function, side);
                step(next, plus, steps)
            }),
            // Of a dividend that is not negative neither is the remainder or quotient.
            (Op::Srem | Op::Sshr | Op::Sdiv, &[a, b]) if to == Node::Zero && number >= 0 => {
                let is_positive = data.op != Op::Sdiv || self.function.as_iconst(b).is_some_and(|b| b > 0);
                let (next, plus) = node(self.function, a);
                is_positive && self.go_down(next, Node::Zero, plus, depth - 1, steps)
            }
            _ => false,
        }
    }

    /// Whether `a + b` is at least `a`: `b` is not negative, and neither is above half the greatest value.
    fn halves_fit(&self, a: Value, b: Value, ty: Type, depth: u32, steps: &mut u32) -> bool {
        let half = signed_range(ty).1 / 2;
        let mut is_small = |value: Value| {
            let (from, plus) = node(self.function, value);
            half.checked_sub(plus).is_some_and(|most| self.go_up(from, Node::Zero, most, depth - 1, steps))
        };
        is_small(a) && is_small(b) && {
            let (from, plus) = node(self.function, b);
            self.go_down(from, Node::Zero, plus, depth - 1, steps)
        }
    }

    /// Whether `a + constant` does not wrap round.
    fn sum_fits(&self, a: Value, constant: i64, ty: Type, depth: u32, steps: &mut u32) -> bool {
        let (least, greatest) = signed_range(ty);
        let (from, plus) = node(self.function, a);
        if constant >= 0 {
            let Some(limit) = (greatest - constant).checked_sub(plus) else { return false };
            // Below anything of its own type by more than the constant: `a < b` for a step of 1.
            self.go_up(from, Node::Zero, limit, depth - 1, steps) || self.is_less_than_something(from, constant)
        } else {
            let Some(limit) = least.checked_sub(constant).and_then(|l| l.checked_sub(plus)) else { return false };
            limit != i64::MIN && self.go_down(from, Node::Zero, -limit, depth - 1, steps)
                || self.is_more_than_something(from, constant)
        }
    }

    fn is_less_than_something(&self, node: Node, constant: i64) -> bool {
        let Node::Value(value) = node else { return false };
        let known = self.facts.below.get(&node);
        known.is_some_and(|known| {
            known.iter().rev().take(MOST_FACTS).any(|&(other, plus)| {
                plus <= -constant
                    && matches!(other, Node::Value(o) if self.function.value_type(o) == self.function.value_type(value))
            })
        })
    }

    fn is_more_than_something(&self, node: Node, constant: i64) -> bool {
        let Node::Value(value) = node else { return false };
        let known = self.facts.above.get(&node);
        known.is_some_and(|known| {
            known.iter().rev().take(MOST_FACTS).any(|&(other, plus)| {
                plus >= -constant
                    && matches!(other, Node::Value(o) if self.function.value_type(o) == self.function.value_type(value))
            })
        })
    }

    /// The range that a value's own definition says.
    fn range(&self, value: Value, depth: u32) -> (i64, i64) {
        let whole = match self.function.value_type(value) {
            ty if ty.is_int() => signed_range(ty),
            _ => (i64::MIN, i64::MAX),
        };
        let ValueDef::Result(inst, _) = self.function.values[value.index()].def else { return whole };
        let data = self.function.inst(inst);
        let constant = |value: Value| self.function.as_iconst(value);
        match (data.op, &data.aux, &data.args[..]) {
            (Op::Load, Aux::Mem(mem), _) if mem.region == Region::ARRAY_LEN => (0, LONGEST),
            (Op::Load, Aux::Mem(mem), _) if mem.region == Region::ARRAY_CAPACITY => (0, LONGEST),
            (Op::Zext, Aux::From(from), _) if from.bytes() < 8 => (0, (1 << (from.bytes() * 8)) - 1),
            (Op::And, _, &[_, b]) => match constant(b) {
                Some(mask) if mask >= 0 => (0, mask),
                _ => whole,
            },
            (Op::Urem, _, &[_, b]) => match constant(b) {
                Some(divisor) if divisor > 0 => (0, divisor - 1),
                _ => whole,
            },
            (Op::Srem, _, &[_, b]) => match constant(b) {
                Some(divisor) if divisor != 0 && divisor != i64::MIN => (1 - divisor.abs(), divisor.abs() - 1),
                _ => whole,
            },
            (Op::Ushr, _, &[_, b]) => match constant(b) {
                Some(count) if count > 0 && count < i64::from(data.ty.bytes() * 8) => {
                    (0, (crate::ssa::eval::unsigned(data.ty, -1) >> count) as i64)
                }
                _ => whole,
            },
            (Op::Icmp | Op::Fcmp, ..) => (0, 1),
            (Op::Clz | Op::Ctz | Op::Popcnt, ..) => (0, i64::from(data.ty.bytes() * 8)),
            (Op::Select, _, &[_, a, b]) if depth > 1 => {
                let of = |side: Value| constant(side).map_or_else(|| self.range(side, depth - 1), |c| (c, c));
                let (a, b) = (of(a), of(b));
                (a.0.min(b.0), a.1.max(b.1))
            }
            _ => whole,
        }
    }
}
