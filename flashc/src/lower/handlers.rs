//! Calls and checks that have a handler: `Terminator::Try` to Cranelift's `try_call`.
//!
//! Under the Tail convention nothing lives in registers across a `try_call`, so a handler needs the
//! stack and frame pointers only, and the runtime need not know where functions saved registers.
//! Runtime functions are SysV, which promises registers that nobody could restore; those that throw are
//! shims without arguments and results, which both conventions call alike, so they are called as Tail. Those that
//! usually come back are called through a thunk of ours.
//! All other runtime functions and C come back or end the program: they need no handler.

use super::calls::{flash_signature, import_function};
use super::function::{FunctionLowering, UNREACHABLE};
use super::names::Target;
use super::wrappers::thunk_signature;
use crate::ssa::op::Class;
use crate::ssa::{Aux, BlockCall, InstData, Op};
use cranelift_codegen::ir::{
    self, BlockArg, ExceptionTable, ExceptionTableData, ExceptionTableItem, InstBuilder, SigRef, Signature,
};
use flash_abi::symbols::{Effect, Rt};
use smallvec::SmallVec;

impl FunctionLowering<'_, '_> {
    /// The last instruction of a block, and where control goes from it.
    pub fn lower_try(&mut self, inst: &InstData, normal: &BlockCall, unwind: &BlockCall) {
        match (inst.op, &inst.aux) {
            (Op::Call, &Aux::Function(id)) => {
                let callee = self.flash_callee(id);
                let args = self.value_list(&inst.args);
                let signature = self.builder.func.dfg.ext_funcs[callee].signature;
                let (table, after) = self.exception_table(signature, inst, unwind);
                self.builder.ins().try_call(callee, &args, table);
                self.finish_try(after, normal);
            }
            (Op::CallIndirect, Aux::Signature(signature)) => {
                let signature = self.flash_signature_ref(signature);
                let args = self.value_list(&inst.args);
                let (table, after) = self.exception_table(signature, inst, unwind);
                self.builder.ins().try_call_indirect(args[0], &args[1..], table);
                self.finish_try(after, normal);
            }
            (Op::CallRt, &Aux::Rt(rt)) if is_throwing(rt) => self.throw(rt, inst, unwind),
            (Op::CallRt, &Aux::Rt(rt)) if rt.may_throw() => {
                let signature = flash_signature(self.env.machine, &thunk_signature(rt));
                let callee = import_function(self.builder.func, Target::Thunk(rt), signature);
                let args = self.value_list(&inst.args);
                let signature = self.builder.func.dfg.ext_funcs[callee].signature;
                let (table, after) = self.exception_table(signature, inst, unwind);
                self.builder.ins().try_call(callee, &args, table);
                self.finish_try(after, normal);
            }
            _ if inst.op.facts().class == Class::Check => {
                let (rt, fine) = self.start_failing(inst);
                self.throw(rt, inst, unwind);
                self.finish_try(fine, normal);
            }
            _ => {
                self.lower_inst(inst);
                let (block, args) = self.target(normal);
                self.builder.ins().jump(block, &args);
            }
        }
    }

    /// Calls a shim that does not come back, but perhaps to the handler.
    fn throw(&mut self, rt: Rt, inst: &InstData, unwind: &BlockCall) {
        let callee = match self.imports.throwing.get(&rt) {
            Some(&known) => known,
            None => {
                let signature = Signature::new(self.env.machine.flash_convention());
                let made = import_function(self.builder.func, Target::Rt(rt), signature);
                self.imports.throwing.insert(rt, made);
                made
            }
        };
        let signature = self.builder.func.dfg.ext_funcs[callee].signature;
        let (table, after) = self.exception_table(signature, inst, unwind);
        self.builder.ins().try_call(callee, &[], table);
        self.builder.set_cold_block(after);
        self.builder.switch_to_block(after);
        self.builder.ins().trap(UNREACHABLE);
    }

    /// Also the block that the call returns to; the call's results are its parameters.
    fn exception_table(
        &mut self,
        signature: SigRef,
        inst: &InstData,
        unwind: &BlockCall,
    ) -> (ExceptionTable, ir::Block) {
        let after = self.builder.create_block();
        let returns: SmallVec<[ir::Type; 4]> =
            self.builder.func.dfg.signatures[signature].returns.iter().map(|result| result.value_type).collect();
        let mut results: SmallVec<[BlockArg; 4]> = SmallVec::new();
        for (index, ty) in returns.into_iter().enumerate() {
            let value = self.builder.append_block_param(after, ty);
            results.push(BlockArg::TryCallRet(index as u32));
            if let Some(&result) = inst.results.get(index) {
                self.define(result, value);
            }
        }
        if results.len() != inst.results.len() {
            bug!("lower: {} results of a call that gives {}", inst.results.len(), results.len());
        }
        let (handler, mut args) = self.target(unwind);
        args.push(BlockArg::TryCallExn(0));
        let dfg = &mut self.builder.func.dfg;
        let normal = dfg.block_call(after, &results);
        let handler = dfg.block_call(handler, &args);
        let data = ExceptionTableData::new(signature, normal, [ExceptionTableItem::Default(handler)]);
        (dfg.exception_tables.push(data), after)
    }

    /// From the block where nothing was thrown on to the target of the SSA.
    fn finish_try(&mut self, after: ir::Block, normal: &BlockCall) {
        self.builder.switch_to_block(after);
        let (block, args) = self.target(normal);
        self.builder.ins().jump(block, &args);
    }
}

/// Whether a runtime function may throw; see the head of the file.
fn is_throwing(rt: Rt) -> bool {
    let symbol = rt.symbol();
    symbol.effect == Effect::Never && symbol.params.is_empty() && symbol.results.is_empty()
}
