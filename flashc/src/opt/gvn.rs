//! Global value numbering: replaces a computation by an equal one that dominates it, a check by an
//! equal check before it, and a condition by what the branch that leads here says of it.
//! Needs no unreachable blocks. Keeps blocks and jumps. Does not move code: see `licm`. Loads of
//! memory that may change are for `memory`.

use super::Context;
use super::rewrite::{Replacements, make_iconst};
use crate::ssa::analysis::{Cfg, Dominators};
use crate::ssa::op::Class;
use crate::ssa::{Aux, Block, Function, Inst, InstData, Mem, Op, Terminator, Type, Value};
use flash_abi::symbols::Effect;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Runs the pass. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let cfg = Cfg::new(function);
    let dominators = Dominators::new(function, &cfg);
    let replacements = Replacements::new(function);
    let mut pass =
        Numbering { function, cfg, replacements, known: FxHashMap::default(), undo: Vec::new(), changed: false };
    // A walk of the dominator tree: what a block adds to the table is undone when its subtree is done.
    let mut stack = vec![Step::Enter(pass.function.entry())];
    while let Some(step) = stack.pop() {
        match step {
            Step::Enter(block) => {
                stack.push(Step::Leave(pass.undo.len()));
                pass.block(block);
                stack.extend(dominators.children(block).iter().rev().map(|&child| Step::Enter(child)));
            }
            Step::Leave(mark) => pass.forget(mark),
        }
    }
    let Numbering { function, replacements, changed, .. } = pass;
    replacements.apply(function);
    changed || replacements.is_changed()
}

enum Step {
    Enter(Block),
    Leave(usize),
}

/// What makes two computations equal: a load's offset and readonly memory are in `Aux`.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    ty: Type,
    args: SmallVec<[Value; 3]>,
    aux: Aux,
}

struct Numbering<'a> {
    function: &'a mut Function,
    cfg: Cfg,
    replacements: Replacements,
    /// Results of the computations that dominate this place; none for a check.
    known: FxHashMap<Key, SmallVec<[Value; 2]>>,
    undo: Vec<(Key, Option<SmallVec<[Value; 2]>>)>,
    changed: bool,
}

impl Numbering<'_> {
    fn forget(&mut self, mark: usize) {
        for (key, before) in self.undo.drain(mark..).rev() {
            match before {
                Some(values) => self.known.insert(key, values),
                None => self.known.remove(&key),
            };
        }
    }

    fn learn(&mut self, key: Key, values: SmallVec<[Value; 2]>) {
        let before = self.known.insert(key.clone(), values);
        self.undo.push((key, before));
    }

    fn block(&mut self, block: Block) {
        self.learn_from_branch(block);
        let mut insts = std::mem::take(&mut self.function.block_mut(block).insts);
        let is_try = matches!(self.function.block(block).terminator, Terminator::Try { .. });
        let (count, mut index) = (insts.len(), 0);
        insts.retain(|&inst| {
            index += 1;
            for arg in &mut self.function.insts[inst.index()].args {
                *arg = self.replacements.resolve(*arg);
            }
            // What the last instruction of a `try` establishes does not hold where it throws.
            (is_try && index == count) || !self.number(inst)
        });
        self.function.block_mut(block).insts = insts;
        self.fold_branch(block);
    }

    /// True when the instruction is known and goes.
    fn number(&mut self, inst: Inst) -> bool {
        let data = self.function.inst(inst);
        if !has_number(data) {
            return false;
        }
        let mut args = data.args.clone();
        if data.op.facts().commutative {
            args.sort_unstable();
        }
        let key = Key { op: data.op, ty: data.ty, args, aux: data.aux.clone() };
        let results = data.results.clone();
        match self.known.get(&key) {
            Some(known) => {
                for (&result, &value) in results.iter().zip(known) {
                    self.replacements.replace(result, value);
                }
                self.changed = true;
                true
            }
            None => {
                self.learn(key, results);
                false
            }
        }
    }

    /// In a block that only the one side of a branch leads to, the condition is known.
    fn learn_from_branch(&mut self, block: Block) {
        let [source] = *self.cfg.predecessors(block) else { return };
        let Terminator::Branch { condition, then, .. } = &self.function.block(source).terminator else { return };
        let (condition, is_then) = (self.replacements.resolve(*condition), then.block == block);
        self.learn(decided(condition), SmallVec::from_slice(&[Value(u32::from(is_then))]));
    }

    /// A branch whose condition an earlier branch has decided.
    fn fold_branch(&mut self, block: Block) {
        let Terminator::Branch { condition, .. } = &self.function.block(block).terminator else { return };
        let condition = self.replacements.resolve(*condition);
        let Some(known) = self.known.get(&decided(condition)) else { return };
        let value = i64::from(known[0].0);
        let loc = super::location_of(self.function, block);
        let (inst, constant) = make_iconst(self.function, Type::I8, value, loc);
        let data = self.function.block_mut(block);
        data.insts.push(inst);
        if let Terminator::Branch { condition, .. } = &mut data.terminator {
            *condition = constant;
        }
        self.changed = true;
    }
}

/// The key under which a branch's outcome is remembered; no instruction has it.
fn decided(condition: Value) -> Key {
    Key { op: Op::Iconst, ty: Type::I8, args: SmallVec::from_slice(&[condition]), aux: Aux::None }
}

fn has_number(data: &InstData) -> bool {
    match data.op.facts().class {
        Class::Pure | Class::Check => true,
        Class::Read => matches!(data.aux, Aux::Mem(Mem { readonly: true, .. })),
        Class::Call => matches!(data.aux, Aux::Rt(rt) if rt.symbol().effect == Effect::Pure),
        Class::Write | Class::Allocate => false,
    }
}
