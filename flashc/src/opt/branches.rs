//! Cleans up the flow of control: branches on constants, blocks that only pass control on, blocks
//! that can be joined with their one predecessor, parameters that always have the same value.
//! Needs nothing. Keeps SSA; removes unreachable blocks. Does not copy instructions: see `rotate`.

use super::Context;
use super::facts;
use super::rewrite::{Replacements, count_uses, remove_params, remove_unreachable, unwind_targets};
use crate::ssa::analysis::Cfg;
use crate::ssa::{Aux, Block, BlockCall, Function, InstData, IntCc, Op, Terminator, Type, Value, ValueDef};
use smallvec::SmallVec;

/// Runs the pass until nothing changes any more. True when anything changed.
pub fn run(function: &mut Function, _: &Context<'_>) -> bool {
    let mut changed = remove_unreachable(function);
    // Each round removes an edge, a block or a parameter; the bound is for compile time.
    for _ in 0..8 {
        let mut again = fold_terminators(function);
        again |= thread_jumps(function);
        again |= remove_unreachable(function);
        again |= redundant_params(function);
        again |= join_blocks(function);
        changed |= again;
        if !again {
            break;
        }
    }
    changed
}

/// Terminators whose way is known, or that can be simpler.
fn fold_terminators(function: &mut Function) -> bool {
    let mut changed = false;
    for index in 0..function.layout.len() {
        let block = function.layout[index];
        while let Some(terminator) = fold_terminator(function, block) {
            function.block_mut(block).terminator = terminator;
            changed = true;
        }
    }
    changed
}

fn fold_terminator(function: &mut Function, block: Block) -> Option<Terminator> {
    match &function.block(block).terminator {
        Terminator::Branch { then, otherwise, .. } if then == otherwise => Some(Terminator::Jump(then.clone())),
        Terminator::Branch { condition, then, otherwise } => {
            if let Some(constant) = function.as_iconst(*condition) {
                return Some(Terminator::Jump(if constant != 0 { then.clone() } else { otherwise.clone() }));
            }
            // On `x == 0` or `x != 0` of an i8: on x itself.
            let data = function.inst(function.def_inst(*condition)?);
            let (InstData { op: Op::Icmp, ty: Type::I8, aux: Aux::IntCc(cc), .. }, [x, zero]) = (data, &data.args[..])
            else {
                return None;
            };
            if function.as_iconst(*zero) != Some(0) {
                return None;
            }
            match cc {
                IntCc::Ne => {
                    Some(Terminator::Branch { condition: *x, then: then.clone(), otherwise: otherwise.clone() })
                }
                IntCc::Eq => {
                    Some(Terminator::Branch { condition: *x, then: otherwise.clone(), otherwise: then.clone() })
                }
                _ => None,
            }
        }
        Terminator::Switch { value, cases, default } => {
            if let Some(constant) = function.as_iconst(*value) {
                let case = cases.iter().find(|(case, _)| *case == constant);
                return Some(Terminator::Jump(case.map_or(default, |(_, target)| target).clone()));
            }
            if cases.iter().all(|(_, target)| target == default) {
                return Some(Terminator::Jump(default.clone()));
            }
            if cases.iter().any(|(_, target)| target == default) {
                let cases = cases.iter().filter(|(_, target)| target != default).cloned().collect();
                return Some(Terminator::Switch { value: *value, cases, default: default.clone() });
            }
            let [(case, target)] = &cases[..] else { return None };
            let (value, case, then, otherwise) = (*value, *case, target.clone(), default.clone());
            let ty = function.value_type(value);
            let loc = super::location_of(function, block);
            let (inst, constant) = super::rewrite::make_iconst(function, ty, case, loc);
            let test = function.make_inst(Op::Icmp, ty, [value, constant], Aux::IntCc(IntCc::Eq), [Type::I8], loc);
            function.block_mut(block).insts.extend([inst, test]);
            let condition = function.inst(test).results[0];
            Some(Terminator::Branch { condition, then, otherwise })
        }
        _ => None,
    }
}

/// A block without instructions: jumps to it go where it goes. Also where it branches on one of its
/// parameters for which the jump gives a constant, and where the jump is unconditional.
fn thread_jumps(function: &mut Function) -> bool {
    let uses = count_uses(function);
    let is_unwind = unwind_targets(function);
    let mut changed = false;
    for index in 0..function.layout.len() {
        let block = function.layout[index];
        let mut terminator = std::mem::take(&mut function.blocks[block.index()].terminator);
        let is_jump = matches!(terminator, Terminator::Jump(_));
        // A chain is followed link by link; the bound ends cycles of empty blocks.
        for _ in 0..16 {
            let mut moved = false;
            if is_jump
                && let Terminator::Jump(call) = &terminator
                && let Some(copied) = branch_of_empty(function, &uses, call, block)
            {
                terminator = copied;
                changed = true;
                break;
            }
            let is_try = matches!(terminator, Terminator::Try { .. });
            for (number, target) in terminator.targets_mut().into_iter().enumerate() {
                if target.block == block || (is_try && number == 1) || is_unwind[target.block.index()] {
                    continue;
                }
                if let Some(next) = through(function, &uses, target) {
                    moved |= next != *target;
                    *target = next;
                }
            }
            changed |= moved;
            if !moved {
                break;
            }
        }
        function.blocks[block.index()].terminator = terminator;
    }
    changed
}

/// Whether a block has no instructions and its parameters are used by its terminator only.
fn is_empty_passage(function: &Function, uses: &[u32], block: Block) -> bool {
    let data = function.block(block);
    if !data.insts.is_empty() || block == function.entry() {
        return false;
    }
    let mut own_uses: SmallVec<[u32; 4]> = data.params.iter().map(|_| 0).collect();
    data.terminator.for_each_value(|value| {
        if let ValueDef::Param(of, index) = function.values[value.index()].def
            && of == block
        {
            own_uses[index as usize] += 1;
        }
    });
    data.params.iter().zip(own_uses).all(|(param, own)| uses[param.index()] == own)
}

/// Where a jump to an empty block ends up.
fn through(function: &Function, uses: &[u32], call: &BlockCall) -> Option<BlockCall> {
    let data = function.block(call.block);
    let next = match &data.terminator {
        Terminator::Jump(next) => next,
        Terminator::Branch { condition, then, otherwise } => {
            let condition = substituted(function, call, *condition);
            if function.as_iconst(condition)? != 0 { then } else { otherwise }
        }
        Terminator::Switch { value, cases, default } => {
            let constant = function.as_iconst(substituted(function, call, *value))?;
            cases.iter().find(|(case, _)| *case == constant).map_or(default, |(_, target)| target)
        }
        _ => return None,
    };
    if next.block == call.block || !is_empty_passage(function, uses, call.block) {
        return None;
    }
    let args = next.args.iter().map(|&arg| substituted(function, call, arg));
    Some(BlockCall::new(next.block, args))
}

/// The value in terms of the jump: the argument where it is a parameter of the block.
fn substituted(function: &Function, call: &BlockCall, value: Value) -> Value {
    match function.values[value.index()].def {
        ValueDef::Param(block, index) if block == call.block => call.args[index as usize],
        _ => value,
    }
}

/// The branch of an empty block on its own parameter, for a block that only jumps there. Loop
/// headers stay: their copies would be new ways into the loop.
fn branch_of_empty(function: &Function, uses: &[u32], call: &BlockCall, from: Block) -> Option<Terminator> {
    let data = function.block(call.block);
    let Terminator::Branch { condition, then, otherwise } = &data.terminator else { return None };
    let is_param = data.params.contains(condition);
    let leaves = ![then.block, otherwise.block].iter().any(|&block| block == call.block || block == from);
    if !is_param || !leaves || call.block == from || !is_empty_passage(function, uses, call.block) {
        return None;
    }
    let substitute = |target: &BlockCall| {
        BlockCall::new(target.block, target.args.iter().map(|&arg| substituted(function, call, arg)))
    };
    Some(Terminator::Branch {
        condition: substituted(function, call, *condition),
        then: substitute(then),
        otherwise: substitute(otherwise),
    })
}

/// What a parameter was found to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// No jump seen yet.
    Unknown,
    Value(Value),
}

/// Replaces parameters that get the same value by every jump, also around cycles: each is assumed to
/// have one value until a jump brings another.
fn redundant_params(function: &mut Function) -> bool {
    let cfg = Cfg::new(function);
    let mut meaning = vec![Meaning::Unknown; function.values.len()];
    for &param in &function.block(function.entry()).params {
        meaning[param.index()] = Meaning::Value(param);
    }
    for (index, is_target) in unwind_targets(function).into_iter().enumerate() {
        if is_target && let Some(&error) = function.blocks[index].params.last() {
            meaning[error.index()] = Meaning::Value(error);
        }
    }
    let is_param = |value: Value| matches!(function.values[value.index()].def, ValueDef::Param(..));
    let mut again = true;
    while again {
        again = false;
        for &block in &cfg.order {
            for target in function.block(block).terminator.targets() {
                for (&param, &arg) in function.block(target.block).params.iter().zip(&target.args) {
                    let current = meaning[param.index()];
                    if current == Meaning::Value(param) {
                        continue;
                    }
                    let incoming = if is_param(arg) { meaning[arg.index()] } else { Meaning::Value(arg) };
                    let next = match (current, incoming) {
                        (_, Meaning::Unknown) => current,
                        (Meaning::Unknown, known) => known,
                        (Meaning::Value(a), Meaning::Value(b)) if a == b => current,
                        _ => Meaning::Value(param),
                    };
                    if next != current {
                        meaning[param.index()] = next;
                        again = true;
                    }
                }
            }
        }
    }
    let mut replacements = Replacements::new(function);
    let mut remove = vec![Vec::new(); function.blocks.len()];
    for &block in &cfg.order {
        let params = &function.block(block).params;
        let mut flags = vec![false; params.len()];
        for (flag, &param) in flags.iter_mut().zip(params) {
            if let Meaning::Value(value) = meaning[param.index()]
                && value != param
            {
                replacements.replace(param, value);
                *flag = true;
            }
        }
        if flags.contains(&true) {
            remove[block.index()] = flags;
        }
    }
    if replacements.is_changed() {
        remove_params(function, &remove);
        replacements.apply(function);
    }
    replacements.is_changed() | constant_params(function)
}

/// Parameters that get equal constants by every jump, from different instructions.
fn constant_params(function: &mut Function) -> bool {
    let cfg = Cfg::new(function);
    let is_unwind = unwind_targets(function);
    let mut remove = vec![Vec::new(); function.blocks.len()];
    let mut replacements = Replacements::new(function);
    for &block in cfg.order.iter().skip(1) {
        if is_unwind[block.index()] {
            continue;
        }
        let count = function.block(block).params.len();
        let mut constants: Vec<Option<Option<i64>>> = vec![None; count];
        let mut sources = cfg.predecessors(block).to_vec();
        sources.dedup();
        for source in sources {
            for target in function.block(source).terminator.targets() {
                if target.block != block {
                    continue;
                }
                for (slot, &arg) in constants.iter_mut().zip(&target.args) {
                    let constant = facts::as_constant(function, arg);
                    *slot = match slot {
                        None => Some(constant),
                        Some(known) => Some(known.filter(|_| *known == constant)),
                    };
                }
            }
        }
        let mut flags = vec![false; count];
        for index in 0..count {
            let Some(Some(bits)) = constants[index] else { continue };
            let param = function.block(block).params[index];
            let ty = function.value_type(param);
            let loc = super::location_of(function, block);
            let op = if ty.is_float() { Op::Fconst } else { Op::Iconst };
            let inst = function.make_inst(op, ty, [], Aux::Imm(bits), [ty], loc);
            function.block_mut(block).insts.insert(0, inst);
            replacements.replace(param, function.inst(inst).results[0]);
            flags[index] = true;
        }
        if flags.contains(&true) {
            remove[block.index()] = flags;
        }
    }
    if replacements.is_changed() {
        remove_params(function, &remove);
        replacements.apply(function);
    }
    replacements.is_changed()
}

/// A block that only jumps to another which nobody else jumps to: both become one.
fn join_blocks(function: &mut Function) -> bool {
    let cfg = Cfg::new(function);
    let mut replacements = Replacements::new(function);
    let mut gone = vec![false; function.blocks.len()];
    for index in 0..function.layout.len() {
        let block = function.layout[index];
        if gone[block.index()] {
            continue;
        }
        while let Terminator::Jump(call) = &function.block(block).terminator
            && let call = call.clone()
            && call.block != block
            && cfg.predecessors(call.block).len() == 1
        {
            let next = std::mem::take(&mut function.blocks[call.block.index()]);
            gone[call.block.index()] = true;
            for (&param, &arg) in next.params.iter().zip(&call.args) {
                replacements.replace(param, arg);
            }
            let data = function.block_mut(block);
            data.insts.extend(next.insts);
            data.terminator = next.terminator;
            data.loc = next.loc;
        }
    }
    if !gone.contains(&true) {
        return false;
    }
    function.layout.retain(|block| !gone[block.index()]);
    replacements.apply(function);
    true
}
