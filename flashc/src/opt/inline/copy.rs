//! Copies a function's body to the place of a call: blocks, slots, and locations with their scopes.

use crate::ssa::{
    Aux, Block, BlockCall, Function, Inst, InstData, Loc, Location, Scope, ScopeId, Slot, Terminator, Value, ValueDef,
};
use rustc_hash::FxHashMap;

/// Replaces a call by the callee's body. The call's results become parameters of the block behind it. Where a `try`
/// guards the call, it guards all of the body that may throw and is not guarded there.
pub(super) fn inline_call(caller: &mut Function, block: Block, call: Inst, callee: &Function) {
    let place = caller.block(block).insts.iter().position(|&inst| inst == call);
    let Some(place) = place else { bug!("inline: {call} is not in {block}") };
    let after = split_behind(caller, block, place, call);
    let handler = match std::mem::take(&mut caller.block_mut(after).terminator) {
        Terminator::Try { normal, unwind } if caller.block(after).insts.is_empty() => {
            caller.block_mut(after).terminator = Terminator::Jump(normal);
            Some(unwind)
        }
        other => {
            caller.block_mut(after).terminator = other;
            None
        }
    };
    let call_data = caller.inst(call).clone();

    let mut copy = Copy {
        values: vec![Value(u32::MAX); callee.values.len()],
        blocks: vec![Block(u32::MAX); callee.blocks.len()],
        first_slot: caller.slots.len() as u32,
        locations: FxHashMap::default(),
        scopes: FxHashMap::default(),
        call_loc: call_data.loc,
        after,
        caller,
        callee,
    };
    copy.caller.slots.extend(&callee.slots);
    for (&param, &arg) in callee.block(callee.entry()).params.iter().zip(&call_data.args) {
        copy.values[param.index()] = arg;
    }
    copy.run(block);
    if let Some(handler) = handler {
        let copied: Vec<Block> = copy.blocks.iter().copied().filter(|b| b.0 != u32::MAX).collect();
        for &copied in &copied {
            guard(caller, copied, if copied == block { place } else { 0 }, &handler);
        }
    }
}

/// Ends the block, and what is split off, behind each instruction from that place on that may throw, with the handler.
fn guard(caller: &mut Function, mut block: Block, mut from: usize, handler: &BlockCall) {
    loop {
        let data = caller.block(block);
        let own = matches!(data.terminator, Terminator::Try { .. }).then(|| data.insts.len() - 1);
        let throwing = (from..data.insts.len()).find(|&at| Some(at) != own && caller.inst(data.insts[at]).may_throw());
        let Some(at) = throwing else { return };
        let next = Block(caller.blocks.len() as u32);
        caller.blocks.push(Default::default());
        let data = caller.block_mut(block);
        let rest = data.insts.split_off(at + 1);
        let guarded = Terminator::Try { normal: BlockCall::new(next, []), unwind: handler.clone() };
        let terminator = std::mem::replace(&mut data.terminator, guarded);
        let loc = data.loc.take();
        let data = caller.block_mut(next);
        (data.insts, data.terminator, data.loc) = (rest, terminator, loc);
        let place = caller.layout.iter().position(|&known| known == block).map_or(0, |place| place + 1);
        caller.layout.insert(place, next);
        (block, from) = (next, 0);
    }
}

/// Ends `block` before the call; what follows the call goes to a new block that takes its results.
fn split_behind(caller: &mut Function, block: Block, place: usize, call: Inst) -> Block {
    let after = Block(caller.blocks.len() as u32);
    caller.blocks.push(Default::default());
    let data = caller.block_mut(block);
    let rest = data.insts.split_off(place + 1);
    data.insts.pop();
    let (terminator, loc) = (std::mem::take(&mut data.terminator), data.loc.take());
    let results = caller.inst(call).results.to_vec();
    for (index, result) in results.iter().enumerate() {
        caller.values[result.index()].def = ValueDef::Param(after, index as u32);
    }
    let data = caller.block_mut(after);
    (data.params, data.insts, data.terminator, data.loc) = (results, rest, terminator, loc);
    after
}

struct Copy<'a> {
    caller: &'a mut Function,
    callee: &'a Function,
    /// By the callee's value and block: the caller's.
    values: Vec<Value>,
    blocks: Vec<Block>,
    first_slot: u32,
    locations: FxHashMap<Loc, Loc>,
    scopes: FxHashMap<ScopeId, ScopeId>,
    call_loc: Loc,
    after: Block,
}

impl Copy<'_> {
    fn run(&mut self, into: Block) {
        let callee = self.callee;
        // The entry, which has no predecessors, continues the block of the call.
        self.blocks[callee.entry().index()] = into;
        for &block in callee.layout.iter().skip(1) {
            let copy = Block(self.caller.blocks.len() as u32);
            self.caller.blocks.push(Default::default());
            self.blocks[block.index()] = copy;
            for &param in &callee.block(block).params {
                let value = self.caller.add_param(copy, callee.value_type(param));
                self.values[param.index()] = value;
            }
        }
        // All results first: a use may stand before its definition in the layout.
        let mut insts = Vec::new();
        for &block in &callee.layout {
            for &inst in &callee.block(block).insts {
                insts.push((block, inst, self.inst(inst)));
            }
        }
        for (block, inst, copy) in insts {
            let args = callee.inst(inst).args.iter().map(|&arg| self.value(arg)).collect();
            self.caller.inst_mut(copy).args = args;
            let to = self.blocks[block.index()];
            self.caller.block_mut(to).insts.push(copy);
        }
        for &block in &callee.layout {
            let terminator = self.terminator(&callee.block(block).terminator);
            let loc = callee.block(block).loc.map(|loc| self.location(loc));
            let data = self.caller.block_mut(self.blocks[block.index()]);
            (data.terminator, data.loc) = (terminator, loc);
        }
        let place = self.caller.layout.iter().position(|&block| block == into).map_or(0, |place| place + 1);
        let new = callee.layout.iter().skip(1).map(|block| self.blocks[block.index()]).chain([self.after]);
        self.caller.layout.splice(place..place, new);
    }

    fn value(&self, value: Value) -> Value {
        self.values[value.index()]
    }

    fn inst(&mut self, inst: Inst) -> Inst {
        let InstData { op, ty, results, aux, loc, .. } = self.callee.inst(inst);
        let aux = match aux {
            Aux::Slot(slot) => Aux::Slot(Slot(slot.0 + self.first_slot)),
            other => other.clone(),
        };
        let loc = self.location(*loc);
        let types: Vec<_> = results.iter().map(|&result| self.callee.value_type(result)).collect();
        let copy = self.caller.make_inst(*op, *ty, [], aux, types, loc);
        for (&result, &value) in results.iter().zip(&self.caller.inst(copy).results) {
            self.values[result.index()] = value;
        }
        copy
    }

    fn target(&self, call: &BlockCall) -> BlockCall {
        BlockCall::new(self.blocks[call.block.index()], call.args.iter().map(|&arg| self.value(arg)))
    }

    fn terminator(&self, terminator: &Terminator) -> Terminator {
        match terminator {
            Terminator::Jump(target) => Terminator::Jump(self.target(target)),
            Terminator::Branch { condition, then, otherwise } => Terminator::Branch {
                condition: self.value(*condition),
                then: self.target(then),
                otherwise: self.target(otherwise),
            },
            Terminator::Switch { value, cases, default } => Terminator::Switch {
                value: self.value(*value),
                cases: cases.iter().map(|(case, target)| (*case, self.target(target))).collect(),
                default: self.target(default),
            },
            Terminator::Return(values) => {
                Terminator::Jump(BlockCall::new(self.after, values.iter().map(|&value| self.value(value))))
            }
            Terminator::Try { normal, unwind } => {
                Terminator::Try { normal: self.target(normal), unwind: self.target(unwind) }
            }
            Terminator::Unreachable => Terminator::Unreachable,
        }
    }

    fn location(&mut self, loc: Loc) -> Loc {
        if let Some(&known) = self.locations.get(&loc) {
            return known;
        }
        let Location { file, offset, scope } = self.callee.locations[loc.index()];
        let scope = self.scope(scope);
        let new = Loc(self.caller.locations.len() as u32);
        self.caller.locations.push(Location { file, offset, scope });
        self.locations.insert(loc, new);
        new
    }

    /// The callee's own scope becomes one that was inlined at the call; its inlined ones stay below it.
    fn scope(&mut self, scope: ScopeId) -> ScopeId {
        if let Some(&known) = self.scopes.get(&scope) {
            return known;
        }
        let Scope { function, inlined_at } = &self.callee.scopes[scope.0 as usize];
        let inlined_at = match inlined_at {
            Some(loc) => self.location(*loc),
            None => self.call_loc,
        };
        let new = ScopeId(self.caller.scopes.len() as u32);
        self.caller.scopes.push(Scope { function: function.clone(), inlined_at: Some(inlined_at) });
        self.scopes.insert(scope, new);
        new
    }
}
