//! SSA construction on the fly, after Braun et al. 2013: a variable's value is looked up in the
//! block, then in its predecessors; where several meet, a block parameter is made. A block whose
//! predecessors are not all known yet (a loop's header) gets its arguments when it is sealed.
//! Parameters that turn out to be one value are removed in [`Graph::finish`], so what is left is
//! minimal. No recursion: a long chain of blocks must not exhaust the compiler's stack.

use crate::ssa::{Aux, Block, Function, Inst, Loc, Op, Terminator, Type, Value, ValueDef};
use rustc_hash::FxHashMap;

/// A variable of the function that is being built: one scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Var(pub u32);

impl Var {
    /// The `index`-th of variables that were made together.
    pub fn part(self, index: usize) -> Var {
        Var(self.0 + index as u32)
    }
}

/// What is known of a block while its function grows.
#[derive(Debug, Default)]
struct BlockState {
    preds: Vec<Block>,
    sealed: bool,
    /// Parameters that wait for the block's remaining predecessors, as indices of `phis`.
    incomplete: Vec<usize>,
}

/// A block parameter and, once known, its argument from each predecessor, in their order.
#[derive(Debug)]
struct Phi {
    value: Value,
    block: Block,
    var: Var,
    args: Vec<Value>,
}

/// A function under construction: its blocks, and which value each variable has where.
#[derive(Debug)]
pub struct Graph {
    pub func: Function,
    states: Vec<BlockState>,
    vars: Vec<Type>,
    defs: FxHashMap<(Block, Var), Value>,
    phis: Vec<Phi>,
    /// Parameters whose arguments are still to be looked up.
    pending: Vec<usize>,
    /// Zeros that stand for variables read before any assignment; they go first into the entry.
    zeros: FxHashMap<Type, Value>,
    zero_insts: Vec<Inst>,
    /// Blocks that handle errors, with the error: their last parameter, so it is written last.
    landings: Vec<(Block, Value)>,
}

impl Graph {
    /// The function's entry block is there and sealed.
    pub fn new(func: Function) -> Graph {
        let states = vec![BlockState { sealed: true, ..BlockState::default() }];
        Graph {
            func,
            states,
            vars: Vec::new(),
            defs: FxHashMap::default(),
            phis: Vec::new(),
            pending: Vec::new(),
            zeros: FxHashMap::default(),
            zero_insts: Vec::new(),
            landings: Vec::new(),
        }
    }

    pub fn new_block(&mut self) -> Block {
        self.states.push(BlockState::default());
        self.func.add_block()
    }

    /// A new block that handles errors, and the error.
    pub fn new_landing(&mut self) -> (Block, Value) {
        let block = self.new_block();
        let error = self.func.add_value(Type::Ptr, ValueDef::Param(block, u32::MAX));
        self.landings.push((block, error));
        (block, error)
    }

    pub fn new_var(&mut self, ty: Type) -> Var {
        self.vars.push(ty);
        Var(self.vars.len() as u32 - 1)
    }

    /// Variables of these types, one after the other; the first of them.
    pub fn new_vars(&mut self, types: &[Type]) -> Var {
        let first = Var(self.vars.len() as u32);
        self.vars.extend_from_slice(types);
        first
    }

    pub fn has_preds(&self, block: Block) -> bool {
        !self.states[block.index()].preds.is_empty()
    }

    pub fn is_sealed(&self, block: Block) -> bool {
        self.states[block.index()].sealed
    }

    /// Ends a block. Its targets must not be sealed.
    pub fn terminate(&mut self, block: Block, terminator: Terminator, loc: Loc) {
        for target in terminator.targets() {
            let state = &mut self.states[target.block.index()];
            if state.sealed {
                bug!("ssa: jump to {} after it was sealed", target.block);
            }
            if !state.preds.contains(&block) {
                state.preds.push(block);
            }
        }
        let data = self.func.block_mut(block);
        data.terminator = terminator;
        data.loc = Some(loc);
    }

    /// All jumps to the block are there.
    pub fn seal(&mut self, block: Block) {
        let state = &mut self.states[block.index()];
        if state.sealed {
            bug!("ssa: {} sealed twice", block);
        }
        state.sealed = true;
        let incomplete = std::mem::take(&mut state.incomplete);
        self.pending.extend(incomplete);
        self.settle();
    }

    pub fn write_var(&mut self, block: Block, var: Var, value: Value) {
        self.defs.insert((block, var), value);
    }

    pub fn read_var(&mut self, block: Block, var: Var) -> Value {
        let value = self.lookup(block, var);
        self.settle();
        value
    }

    /// The variable's value at the end of the block as far as it is known, making a parameter where
    /// several values may meet.
    fn lookup(&mut self, block: Block, var: Var) -> Value {
        let mut path = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(&value) = self.defs.get(&(at, var)) {
                break value;
            }
            path.push(at);
            let state = &self.states[at.index()];
            if state.sealed && state.preds.is_empty() {
                break self.zero(self.vars[var.0 as usize]);
            }
            if state.sealed && state.preds.len() == 1 {
                at = state.preds[0];
                continue;
            }
            break self.make_phi(at, var);
        };
        for block in path {
            self.defs.insert((block, var), value);
        }
        value
    }

    fn make_phi(&mut self, block: Block, var: Var) -> Value {
        let value = self.func.add_value(self.vars[var.0 as usize], ValueDef::Param(block, u32::MAX));
        let index = self.phis.len();
        self.phis.push(Phi { value, block, var, args: Vec::new() });
        let state = &mut self.states[block.index()];
        if state.sealed {
            self.pending.push(index);
        } else {
            state.incomplete.push(index);
        }
        value
    }

    /// Looks the arguments of all pending parameters up.
    fn settle(&mut self) {
        while let Some(index) = self.pending.pop() {
            let (block, var) = (self.phis[index].block, self.phis[index].var);
            let preds = self.states[block.index()].preds.clone();
            let args = preds.iter().map(|&pred| self.lookup(pred, var)).collect();
            self.phis[index].args = args;
        }
    }

    /// The zero of a type, defined in the entry.
    pub fn zero(&mut self, ty: Type) -> Value {
        if let Some(&value) = self.zeros.get(&ty) {
            return value;
        }
        let op = if ty.is_float() { Op::Fconst } else { Op::Iconst };
        let inst = self.func.make_inst(op, ty, [], Aux::Imm(0), [ty], Loc(0));
        let value = self.func.inst(inst).results[0];
        self.zeros.insert(ty, value);
        self.zero_insts.push(inst);
        value
    }

    /// Removes parameters that are one value, writes the others into blocks and jumps, and keeps the
    /// blocks of `order` that control can reach.
    pub fn finish(mut self, order: &[Block]) -> Function {
        if let Some(open) = self.states.iter().position(|state| !state.sealed && !state.preds.is_empty()) {
            bug!("ssa: b{} was never sealed", open);
        }
        let mut replaced = self.trivial_phis();
        self.write_params(&mut replaced);
        for (block, error) in std::mem::take(&mut self.landings) {
            let params = &mut self.func.blocks[block.index()].params;
            self.func.values[error.index()].def = ValueDef::Param(block, params.len() as u32);
            params.push(error);
        }
        self.rewrite(&mut replaced);
        let zeros = std::mem::take(&mut self.zero_insts);
        let entry = self.func.entry();
        self.func.block_mut(entry).insts.splice(0..0, zeros);
        self.keep_reachable(order);
        self.func
    }

    /// Which parameters are equal to another value.
    fn trivial_phis(&self) -> Replacements {
        let mut users: FxHashMap<Value, Vec<usize>> = FxHashMap::default();
        for (index, phi) in self.phis.iter().enumerate() {
            for &arg in &phi.args {
                users.entry(arg).or_default().push(index);
            }
        }
        let mut replaced = Replacements::new(self.func.values.len());
        let mut work: Vec<usize> = (0..self.phis.len()).rev().collect();
        while let Some(index) = work.pop() {
            let phi = &self.phis[index];
            if replaced.contains(phi.value) {
                continue;
            }
            let mut same = None;
            let mut is_trivial = true;
            for &arg in &phi.args {
                let arg = replaced.resolve(arg);
                if arg == phi.value || same == Some(arg) {
                    continue;
                }
                is_trivial = same.is_none();
                if !is_trivial {
                    break;
                }
                same = Some(arg);
            }
            let (true, Some(same)) = (is_trivial, same) else { continue };
            replaced.replace(phi.value, same);
            // Users of this one may be trivial now; they are also users of what stands for it.
            if let Some(indices) = users.remove(&phi.value) {
                work.extend(&indices);
                users.entry(same).or_default().extend(indices);
            }
        }
        replaced
    }

    fn write_params(&mut self, replaced: &mut Replacements) {
        for phi in std::mem::take(&mut self.phis) {
            if replaced.contains(phi.value) {
                continue;
            }
            let params = &mut self.func.blocks[phi.block.index()].params;
            let position = params.len() as u32;
            params.push(phi.value);
            self.func.values[phi.value.index()].def = ValueDef::Param(phi.block, position);
            let preds = &self.states[phi.block.index()].preds;
            for (&pred, &arg) in preds.iter().zip(&phi.args) {
                for target in self.func.blocks[pred.index()].terminator.targets_mut() {
                    if target.block == phi.block {
                        target.args.push(arg);
                    }
                }
            }
        }
    }

    fn rewrite(&mut self, replaced: &mut Replacements) {
        for inst in &mut self.func.insts {
            for arg in &mut inst.args {
                *arg = replaced.resolve(*arg);
            }
        }
        for block in &mut self.func.blocks {
            block.terminator.for_each_value_mut(|value| *value = replaced.resolve(*value));
        }
    }

    fn keep_reachable(&mut self, order: &[Block]) {
        let mut reached = vec![false; self.func.blocks.len()];
        let mut work = vec![self.func.entry()];
        while let Some(block) = work.pop() {
            if !std::mem::replace(&mut reached[block.index()], true) {
                work.extend(self.func.block(block).terminator.targets().iter().map(|target| target.block));
            }
        }
        let layout: Vec<Block> = order.iter().copied().filter(|block| reached[block.index()]).collect();
        if layout.len() != reached.iter().filter(|&&reached| reached).count() {
            bug!("ssa: {}: a block that is jumped to was never filled", self.func.symbol);
        }
        self.func.layout = layout;
    }
}

/// For each value what stands for it: itself unless it was replaced.
struct Replacements(Vec<Value>);

impl Replacements {
    fn new(values: usize) -> Replacements {
        Replacements((0..values as u32).map(Value).collect())
    }

    fn contains(&self, value: Value) -> bool {
        self.0[value.index()] != value
    }

    fn replace(&mut self, value: Value, by: Value) {
        self.0[value.index()] = by;
    }

    /// The value after all replacements. Shortens the way for the next who asks: a variable that is
    /// read far behind its definition makes long chains.
    fn resolve(&mut self, mut value: Value) -> Value {
        while self.0[value.index()] != value {
            let next = self.0[value.index()];
            self.0[value.index()] = self.0[next.index()];
            value = next;
        }
        value
    }
}
