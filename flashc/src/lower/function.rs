//! One SSA function to Cranelift's IR: blocks, values, terminators. Instructions are in `inst`,
//! `memory`, `calls`, `checks` and `handlers`, which add methods to [`FunctionLowering`].
//!
//! Blocks are visited in reverse post-order, so that a definition comes before its uses; blocks
//! that nothing reaches are left out. Needs verified SSA.

use super::inst::int_condition;
use super::names::{Names, Target};
use super::target::{Machine, clif_type};
use crate::ssa::analysis::{Cfg, Dominators, Loops};
use crate::ssa::{self, Aux, BlockCall, Loc, Op, Region, Terminator, Type};
use cranelift_codegen::ir::condcodes::CondCode;
use cranelift_codegen::ir::{
    self, AbiParam, BlockArg, ExternalName, GlobalValue, GlobalValueData, InstBuilder, MemFlagsData, StackSlotData,
    StackSlotKind, TrapCode, UserFuncName, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Switch};
use flash_abi::symbols::Rt;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What all functions of a module share.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    pub module: &'a ssa::Module,
    pub names: &'a Names,
    pub machine: &'a Machine,
}

/// Control never gets here.
pub const UNREACHABLE: TrapCode = TrapCode::unwrap_user(1);

pub struct FunctionLowering<'a, 'b> {
    pub env: Environment<'a>,
    pub function: &'a ssa::Function,
    pub builder: FunctionBuilder<'b>,
    pub imports: Imports,
    values: Vec<Option<ir::Value>>,
    blocks: Vec<Option<ir::Block>>,
    pub slots: Vec<ir::StackSlot>,
    uses_globals: bool,
    /// Address of the globals area; made in the entry block of a function that needs it.
    pub globals: Option<ir::Value>,
    loops: Loops,
    /// The block being translated is in a loop, and float constants are moved out of it; see `floats`.
    pub is_hoisting: bool,
    /// Some load reads memory of any region: then Cranelift must not be told of regions.
    pub mixes_regions: bool,
}

/// Functions, signatures and symbols that were declared to Cranelift, so that each is once.
#[derive(Default)]
pub struct Imports {
    pub functions: FxHashMap<Target, ir::FuncRef>,
    /// Runtime functions as they are called where they may throw; see `handlers`.
    pub throwing: FxHashMap<Rt, ir::FuncRef>,
    pub signatures: FxHashMap<ssa::Signature, ir::SigRef>,
    pub symbols: FxHashMap<Target, GlobalValue>,
}

/// Builds the Cranelift function; the number of SSA instructions in it tells how large it is.
pub fn build<'a>(
    env: Environment<'a>,
    id: ssa::FuncId,
    context: &mut FunctionBuilderContext,
    target: &mut ir::Function,
) -> usize {
    let function = &env.module.functions[id.index()];
    target.name = UserFuncName::User(Target::Function(id).to_cranelift());
    target.signature = super::calls::flash_signature(env.machine, &function.signature);
    // Cranelift keeps locations relative to the first one it sees, and takes -1 for none.
    target.params.ensure_base_srcloc(ir::SourceLoc::new(0));
    let cfg = Cfg::new(function);
    let loops = Loops::new(function, &cfg, &Dominators::new(function, &cfg));
    let order = cfg.order;
    let mut lowering = FunctionLowering {
        env,
        function,
        builder: FunctionBuilder::new(target, context),
        imports: Imports::default(),
        values: vec![None; function.values.len()],
        blocks: vec![None; function.blocks.len()],
        slots: Vec::new(),
        uses_globals: false,
        globals: None,
        loops,
        is_hoisting: false,
        mixes_regions: false,
    };
    lowering.declare(&order);
    let mut count = 0;
    for &block in &order {
        count += lowering.lower_block(block);
    }
    lowering.builder.seal_all_blocks();
    lowering.builder.finalize(env.machine.isa().frontend_config());
    count
}

impl FunctionLowering<'_, '_> {
    /// Makes blocks, parameters and slots, and what the function needs at its start.
    fn declare(&mut self, order: &[ssa::Block]) {
        let function = self.function;
        for (index, &block) in order.iter().enumerate() {
            let made = self.builder.create_block();
            self.blocks[block.index()] = Some(made);
            let data = function.block(block);
            if index == 0 {
                self.builder.append_block_params_for_function_params(made);
                let params: SmallVec<[ir::Value; 8]> = self.builder.block_params(made).iter().copied().collect();
                for (&param, value) in data.params.iter().zip(params) {
                    self.define(param, value);
                }
            } else {
                for &param in &data.params {
                    let value = self.builder.append_block_param(made, clif_type(function.value_type(param)));
                    self.define(param, value);
                }
                if matches!(data.terminator, Terminator::Unreachable) {
                    self.builder.set_cold_block(made);
                }
            }
        }
        for slot in &function.slots {
            let shift = slot.align.max(1).trailing_zeros() as u8;
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, slot.size, shift);
            self.slots.push(self.builder.create_sized_stack_slot(data));
        }
        let insts = order.iter().flat_map(|&block| &function.block(block).insts).map(|&inst| function.inst(inst));
        let mut uses_globals = false;
        for inst in insts {
            uses_globals |= inst.op == Op::GlobalAddr;
            self.mixes_regions |= match (inst.op, &inst.aux) {
                (Op::Load, Aux::Mem(mem)) => mem.region == Region::ANY && !mem.readonly,
                (Op::Copy, Aux::Bytes(_, region)) => *region == Region::ANY,
                _ => false,
            };
        }
        self.uses_globals = uses_globals;
    }

    /// Translates a block and gives its number of instructions.
    fn lower_block(&mut self, block: ssa::Block) -> usize {
        let data = self.function.block(block);
        self.builder.switch_to_block(self.block(block));
        self.is_hoisting = self.env.machine.makes_floats_of_integers && self.loops.depth(block) > 0;
        if self.uses_globals && self.globals.is_none() {
            self.find_globals();
        }
        for &inst in &data.insts {
            let inst = self.function.inst(inst);
            self.set_location(Some(inst.loc));
            if let (Terminator::Try { normal, unwind }, Some(last)) = (&data.terminator, data.insts.last())
                && std::ptr::eq(inst, self.function.inst(*last))
            {
                self.lower_try(inst, normal, unwind);
                return data.insts.len() + 1;
            }
            self.lower_inst(inst);
        }
        self.set_location(data.loc);
        self.lower_terminator(block, &data.terminator);
        data.insts.len() + 1
    }

    /// At the start of the entry block, the first that is translated.
    fn find_globals(&mut self) {
        let context = self.context();
        let offset = flash_abi::context::GLOBALS as i32;
        // One load at most for all accesses, which Cranelift may put before a loop.
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.globals = Some(self.builder.ins().load(types::I64, flags, context, offset));
    }

    fn set_location(&mut self, loc: Option<Loc>) {
        let location = loc.map_or_else(ir::SourceLoc::default, |loc| ir::SourceLoc::new(loc.0 + 1));
        self.builder.set_srcloc(location);
    }

    fn lower_terminator(&mut self, block: ssa::Block, terminator: &Terminator) {
        match terminator {
            Terminator::Jump(target) => {
                let (block, args) = self.target(target);
                self.builder.ins().jump(block, &args);
            }
            Terminator::Branch { condition, then, otherwise } => {
                let inverse = self.inverse_for_exit(block, *condition, then.block, otherwise.block);
                let condition = inverse.unwrap_or_else(|| self.value(*condition));
                let (first, second) = if inverse.is_some() { (otherwise, then) } else { (then, otherwise) };
                let (first, first_args) = self.target(first);
                let (second, second_args) = self.target(second);
                self.builder.ins().brif(condition, first, &first_args, second, &second_args);
            }
            Terminator::Switch { value, cases, default } => self.lower_switch(*value, cases, default),
            Terminator::Return(values) => {
                let values = self.value_list(values);
                self.builder.ins().return_(&values);
            }
            Terminator::Unreachable => {
                self.builder.ins().trap(UNREACHABLE);
            }
            Terminator::Try { .. } => bug!("lower: `try` of nothing in {}", self.function.symbol),
        }
    }

    /// The opposite of a branch's condition, when the second target leaves a loop that the first
    /// stays in: the way out must stand first, as `checks` explains.
    fn inverse_for_exit(
        &mut self,
        block: ssa::Block,
        condition: ssa::Value,
        then: ssa::Block,
        otherwise: ssa::Block,
    ) -> Option<ir::Value> {
        let around = self.loops.innermost(block)?;
        let stays = |target| self.loops.contains(around, target);
        if !stays(then) || stays(otherwise) || then == self.loops.loops[around].header {
            return None;
        }
        let test = self.function.inst(self.function.def_inst(condition)?);
        match (test.op, &test.aux) {
            (Op::Icmp, Aux::IntCc(cc)) => {
                let (a, b) = (self.value(test.args[0]), self.value(test.args[1]));
                Some(self.builder.ins().icmp(int_condition(*cc).complement(), a, b))
            }
            _ => None,
        }
    }

    fn lower_switch(&mut self, value: ssa::Value, cases: &[(i64, BlockCall)], default: &BlockCall) {
        let bits = self.function.value_type(value).bytes() * 8;
        let value = self.value(value);
        let mut switch = Switch::new();
        // Cranelift's switch passes no arguments: a target that takes some gets a block before it.
        let mut bridges: Vec<(ir::Block, &BlockCall)> = Vec::new();
        let mut plain = |lowering: &mut Self, call| {
            let call: &BlockCall = call;
            if call.args.is_empty() {
                return lowering.block(call.block);
            }
            let bridge = lowering.builder.create_block();
            bridges.push((bridge, call));
            bridge
        };
        for (case, call) in cases {
            let target = plain(self, call);
            switch.set_entry(u128::from(*case as u64 & mask(bits)), target);
        }
        let default = plain(self, default);
        switch.emit(&mut self.builder, value, default);
        for (bridge, call) in bridges {
            self.builder.switch_to_block(bridge);
            let (block, args) = self.target(call);
            self.builder.ins().jump(block, &args);
        }
    }

    pub fn target(&self, call: &BlockCall) -> (ir::Block, SmallVec<[BlockArg; 4]>) {
        (self.block(call.block), call.args.iter().map(|&arg| self.value(arg).into()).collect())
    }

    pub fn block(&self, block: ssa::Block) -> ir::Block {
        match self.blocks[block.index()] {
            Some(block) => block,
            None => bug!("lower: {block} of {} is not reached", self.function.symbol),
        }
    }

    pub fn value(&self, value: ssa::Value) -> ir::Value {
        match self.values[value.index()] {
            Some(value) => value,
            None => bug!("lower: {value} of {} is used before it is defined", self.function.symbol),
        }
    }

    pub fn value_list(&self, values: &[ssa::Value]) -> SmallVec<[ir::Value; 8]> {
        values.iter().map(|&value| self.value(value)).collect()
    }

    pub fn define(&mut self, value: ssa::Value, is: ir::Value) {
        self.values[value.index()] = Some(is);
    }

    /// The context. Taken afresh at each use: a copy of the pinned register costs nothing, a value
    /// that lives long costs a register.
    pub fn context(&mut self) -> ir::Value {
        self.builder.ins().get_pinned_reg(types::I64)
    }

    pub fn iconst(&mut self, ty: Type, value: i64) -> ir::Value {
        let bits = ty.bytes() * 8;
        self.builder.ins().iconst(clif_type(ty), (value as u64 & mask(bits)) as i64)
    }

    /// Address of a symbol.
    pub fn symbol_address(&mut self, target: Target) -> ir::Value {
        let global = match self.imports.symbols.get(&target) {
            Some(&global) => global,
            None => {
                let name = self.builder.func.declare_imported_user_function(target.to_cranelift());
                let global = self.builder.create_global_value(GlobalValueData::Symbol {
                    name: ExternalName::user(name),
                    offset: 0.into(),
                    colocated: true,
                    tls: false,
                });
                self.imports.symbols.insert(target, global);
                global
            }
        };
        self.builder.ins().symbol_value(types::I64, global)
    }
}

/// The low `bits` bits.
pub fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// A parameter or result that needs no extension.
pub fn plain_param(ty: Type) -> AbiParam {
    AbiParam::new(clif_type(ty))
}
