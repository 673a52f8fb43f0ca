//! Tools that passes share to change a function: replacing values, changing parameters and the
//! arguments for them together, dropping unreachable blocks. Each keeps SSA; none decides anything.

use crate::ssa::analysis::Cfg;
use crate::ssa::{Aux, Block, BlockCall, Function, Inst, Loc, Op, Terminator, Type, Value, ValueDef};
use rustc_hash::FxHashMap;

/// Values to be replaced by others, applied to a whole function at once.
#[derive(Debug)]
pub struct Replacements {
    /// By value: what stands for it, itself when nothing does.
    target: Vec<Value>,
    changed: bool,
}

impl Replacements {
    pub fn new(function: &Function) -> Replacements {
        Replacements { target: (0..function.values.len() as u32).map(Value).collect(), changed: false }
    }

    /// From now on `value` stands for `old`.
    pub fn replace(&mut self, old: Value, value: Value) {
        let value = self.resolve(value);
        if self.resolve(old) != value {
            self.grow(old);
            self.target[old.index()] = value;
            self.changed = true;
        }
    }

    fn grow(&mut self, value: Value) {
        while self.target.len() <= value.index() {
            self.target.push(Value(self.target.len() as u32));
        }
    }

    /// What stands for the value in the end.
    pub fn resolve(&self, mut value: Value) -> Value {
        while let Some(&target) = self.target.get(value.index())
            && target != value
        {
            value = target;
        }
        value
    }

    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// Puts replacements in place of the values in every instruction and terminator.
    pub fn apply(&self, function: &mut Function) {
        if !self.changed {
            return;
        }
        for index in 0..function.layout.len() {
            let block = function.layout[index];
            let data = &mut function.blocks[block.index()];
            for inst in &data.insts {
                for arg in &mut function.insts[inst.index()].args {
                    *arg = self.resolve(*arg);
                }
            }
            data.terminator.for_each_value_mut(|value| *value = self.resolve(*value));
        }
    }
}

/// By value: how often instructions and terminators of the layout use it.
pub fn count_uses(function: &Function) -> Vec<u32> {
    let mut uses = vec![0; function.values.len()];
    for &block in &function.layout {
        let data = function.block(block);
        for &inst in &data.insts {
            for arg in &function.inst(inst).args {
                uses[arg.index()] += 1;
            }
        }
        data.terminator.for_each_value(|value| uses[value.index()] += 1);
    }
    uses
}

/// Takes blocks out of the layout that the entry does not reach. True when there were any.
pub fn remove_unreachable(function: &mut Function) -> bool {
    let cfg = Cfg::new(function);
    let before = function.layout.len();
    function.layout.retain(|&block| cfg.is_reachable(block));
    before != function.layout.len()
}

/// Adds a first parameter to a block; every jump there needs its argument next, by [`insert_args`].
pub fn insert_param(function: &mut Function, block: Block, ty: Type) -> Value {
    let value = function.add_value(ty, ValueDef::Param(block, 0));
    function.block_mut(block).params.insert(0, value);
    number_params(function, block);
    value
}

/// Adds the first argument to every jump from `from` to `to`.
pub fn insert_args(function: &mut Function, from: Block, to: Block, value: Value) {
    for target in function.block_mut(from).terminator.targets_mut() {
        if target.block == to {
            target.args.insert(0, value);
        }
    }
}

/// Writes the places of a block's parameters to their definitions.
pub fn number_params(function: &mut Function, block: Block) {
    for (index, param) in function.blocks[block.index()].params.iter().enumerate() {
        function.values[param.index()].def = ValueDef::Param(block, index as u32);
    }
}

/// Removes the parameters for which `remove` holds, with the arguments of every jump.
/// `remove[block]` has one entry a parameter, or is empty when all stay. Parameters that the
/// language of blocks fixes (the entry's, an unwind block's error) must not be named.
pub fn remove_params(function: &mut Function, remove: &[Vec<bool>]) {
    for index in 0..function.layout.len() {
        let block = function.layout[index];
        for target in function.blocks[block.index()].terminator.targets_mut() {
            retain(&mut target.args, &remove[target.block.index()]);
        }
        let flags = &remove[block.index()];
        if flags.contains(&true) {
            let mut flag = flags.iter();
            function.blocks[block.index()].params.retain(|_| !flag.next().copied().unwrap_or(false));
            number_params(function, block);
        }
    }
}

fn retain<const N: usize>(args: &mut smallvec::SmallVec<[Value; N]>, remove: &[bool]) {
    if remove.contains(&true) {
        let mut flag = remove.iter();
        args.retain(|_| !flag.next().copied().unwrap_or(false));
    }
}

/// By block: whether it is the unwind target of a `try`, so that its last parameter is the error.
pub fn unwind_targets(function: &Function) -> Vec<bool> {
    let mut is_target = vec![false; function.blocks.len()];
    for &block in &function.layout {
        if let Terminator::Try { unwind, .. } = &function.block(block).terminator {
            is_target[unwind.block.index()] = true;
        }
    }
    is_target
}

/// After the last instruction of a `try` block was removed or can no longer throw.
pub fn drop_unwind(function: &mut Function, block: Block) {
    if let Terminator::Try { normal, .. } = &function.block(block).terminator {
        let normal = normal.clone();
        function.block_mut(block).terminator = Terminator::Jump(normal);
    }
}

/// Makes an `iconst`; the caller puts it in a block.
pub fn make_iconst(function: &mut Function, ty: Type, value: i64, loc: Loc) -> (Inst, Value) {
    let inst = function.make_inst(Op::Iconst, ty, [], Aux::Imm(value), [ty], loc);
    (inst, function.inst(inst).results[0])
}

/// Makes the constant with all bits zero of any type; the caller puts it in a block.
pub fn make_zero(function: &mut Function, ty: Type, loc: Loc) -> (Inst, Value) {
    if ty.is_float() {
        let inst = function.make_inst(Op::Fconst, ty, [], Aux::Imm(0), [ty], loc);
        return (inst, function.inst(inst).results[0]);
    }
    make_iconst(function, ty, 0, loc)
}

/// A block on the way into a loop's header from outside: the one predecessor from outside when it
/// only jumps here, else a new block. `is_inside` says which predecessors are in the loop.
pub fn make_preheader(function: &mut Function, cfg: &Cfg, header: Block, is_inside: impl Fn(Block) -> bool) -> Block {
    let mut outside: Vec<Block> = cfg.predecessors(header).iter().copied().filter(|&b| !is_inside(b)).collect();
    outside.dedup();
    if let [single] = outside[..]
        && matches!(function.block(single).terminator, Terminator::Jump(_))
    {
        return single;
    }
    let params = function.block(header).params.clone();
    let preheader = function.add_block();
    let args: Vec<Value> = params
        .iter()
        .map(|&param| {
            let ty = function.value_type(param);
            function.add_param(preheader, ty)
        })
        .collect();
    function.block_mut(preheader).terminator = Terminator::Jump(BlockCall::new(header, args));
    function.layout.pop();
    let place = function.layout.iter().position(|&block| block == header).unwrap_or(function.layout.len());
    function.layout.insert(place, preheader);
    for block in outside {
        for target in function.block_mut(block).terminator.targets_mut() {
            if target.block == header {
                target.block = preheader;
            }
        }
    }
    preheader
}

/// By value: the block that defines it.
pub fn homes(function: &Function, cfg: &Cfg) -> Vec<Option<Block>> {
    let mut home = vec![None; function.values.len()];
    for &block in &cfg.order {
        let data = function.block(block);
        data.params.iter().for_each(|param| home[param.index()] = Some(block));
        for &inst in &data.insts {
            function.inst(inst).results.iter().for_each(|result| home[result.index()] = Some(block));
        }
    }
    home
}

/// A copy of a block's parameters and instructions, placed before it in the layout, without a terminator; and what each
/// value of the block is in the copy.
pub fn copy_block(function: &mut Function, block: Block) -> (Block, FxHashMap<Value, Value>) {
    let copy = function.add_block();
    function.layout.pop();
    let place = function.layout.iter().position(|&other| other == block).unwrap_or(0);
    function.layout.insert(place, copy);
    let mut map = FxHashMap::default();
    for param in function.block(block).params.clone() {
        let copied = function.add_param(copy, function.value_type(param));
        map.insert(param, copied);
    }
    for inst in function.block(block).insts.clone() {
        let copied = copy_inst(function, inst, &mut map);
        function.block_mut(copy).insts.push(copied);
    }
    (copy, map)
}

fn copy_inst(function: &mut Function, inst: Inst, map: &mut FxHashMap<Value, Value>) -> Inst {
    let data = function.inst(inst).clone();
    let args: Vec<Value> = data.args.iter().map(|arg| map.get(arg).copied().unwrap_or(*arg)).collect();
    let types: Vec<_> = data.results.iter().map(|&result| function.value_type(result)).collect();
    let copied = function.make_inst(data.op, data.ty, args, data.aux, types, data.loc);
    for (&result, &value) in data.results.iter().zip(&function.inst(copied).results.clone()) {
        map.insert(result, value);
    }
    copied
}
