//! Code around Flash functions that C or the runtime calls: the program's entry, and one wrapper
//! for each exported C function, which sets the pinned register up and puts it back.

use super::calls::{c_signature, flash_signature, import_function, native_signature};
use super::function::Environment;
use super::names::{DESCRIBE, ENTRY, Target};
use crate::ssa::{Aux, Convention, FuncId, Function, Signature, Terminator, Type};
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use flash_abi::symbols::{AbiType, Rt};
use smallvec::SmallVec;

/// What a wrapper is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// `Program::entry`: the runtime has set the pinned register.
    Entry(FuncId),
    /// `Program::describe`: likewise.
    Describe(FuncId),
    /// `export extern "C"`.
    ExportC(FuncId),
    /// A runtime function that may throw, for calls that have a handler (see `handlers`).
    Thunk(Rt),
}

impl Wrapper {
    /// All that a module needs, in the order they are emitted.
    pub fn all(env: Environment<'_>) -> Vec<Wrapper> {
        let exports = env.module.functions.iter().enumerate().filter(|(_, f)| f.convention == Convention::ExportC);
        let exports = exports.map(|(index, _)| Wrapper::ExportC(FuncId(index as u32)));
        let entry = env.module.entry.map(Wrapper::Entry);
        let describe = env.module.describe.map(Wrapper::Describe);
        let mut thunks: Vec<Rt> = env.module.functions.iter().flat_map(guarded_natives).collect();
        thunks.sort_unstable();
        thunks.dedup();
        entry.into_iter().chain(describe).chain(exports).chain(thunks.into_iter().map(Wrapper::Thunk)).collect()
    }

    pub fn symbol(self, env: Environment<'_>) -> String {
        match self {
            Wrapper::Entry(_) => ENTRY.to_owned(),
            Wrapper::Describe(_) => DESCRIBE.to_owned(),
            Wrapper::ExportC(id) => env.module.functions[id.index()].symbol.clone(),
            Wrapper::Thunk(rt) => env.names.symbol(Target::Thunk(rt)).to_owned(),
        }
    }

    /// As a debugger shows it; empty for what no source names.
    pub fn name(self, env: Environment<'_>) -> String {
        match self {
            Wrapper::Entry(_) | Wrapper::Describe(_) | Wrapper::Thunk(_) => String::new(),
            Wrapper::ExportC(id) => format!("<extern \"C\" {}>", env.module.functions[id.index()].symbol),
        }
    }

    pub fn is_public(self) -> bool {
        matches!(self, Wrapper::ExportC(_))
    }

    pub fn build(self, env: Environment<'_>, context: &mut FunctionBuilderContext, target: &mut ir::Function) {
        match self {
            Wrapper::Entry(id) | Wrapper::Describe(id) => {
                target.signature = ir::Signature::new(env.machine.native_convention());
                target.signature.returns.push(AbiParam::new(types::I64));
                call_through(env, id, false, context, target);
            }
            Wrapper::ExportC(id) => {
                target.signature = c_signature(env.machine, &env.module.functions[id.index()].signature);
                call_through(env, id, true, context, target);
            }
            Wrapper::Thunk(rt) => {
                target.signature = flash_signature(env.machine, &thunk_signature(rt));
                call_native(env, rt, context, target);
            }
        }
    }
}

/// Runtime functions that are called with a handler, and come back.
fn guarded_natives(function: &Function) -> impl Iterator<Item = Rt> {
    function.layout.iter().filter_map(|&block| {
        let data = function.block(block);
        match (&data.terminator, &function.inst(*data.insts.last()?).aux) {
            (Terminator::Try { .. }, Aux::Rt(rt)) if rt.may_throw() => Some(*rt),
            _ => None,
        }
    })
}

/// What a thunk takes and gives: what the runtime function does, but for the context.
pub fn thunk_signature(rt: Rt) -> Signature {
    let symbol = rt.symbol();
    let types = |types: &[AbiType]| types.iter().map(|&ty| Type::from_abi(ty)).collect();
    Signature { params: types(symbol.params), results: types(symbol.results) }
}

/// A body that passes its parameters and the context on to a runtime function and returns its results.
fn call_native(env: Environment<'_>, rt: Rt, context: &mut FunctionBuilderContext, target: &mut ir::Function) {
    let callee = import_function(target, Target::Rt(rt), native_signature(env.machine, rt, true));
    let mut builder = FunctionBuilder::new(target, context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let mut args: SmallVec<[ir::Value; 8]> = SmallVec::new();
    args.push(builder.ins().get_pinned_reg(types::I64));
    args.extend_from_slice(builder.block_params(block));
    let call = builder.ins().call(callee, &args);
    let results: SmallVec<[ir::Value; 8]> = builder.inst_results(call).iter().copied().collect();
    builder.ins().return_(&results);
    builder.seal_all_blocks();
    builder.finalize(env.machine.isa().frontend_config());
}

/// A body that passes its parameters on to a Flash function and returns its results.
fn call_through(
    env: Environment<'_>,
    id: FuncId,
    attaches: bool,
    context: &mut FunctionBuilderContext,
    target: &mut ir::Function,
) {
    let signature = flash_signature(env.machine, &env.module.functions[id.index()].signature);
    let callee = import_function(target, Target::Function(id), signature);
    let attach = attaches
        .then(|| import_function(target, Target::Rt(Rt::Attach), native_signature(env.machine, Rt::Attach, false)));
    let mut builder = FunctionBuilder::new(target, context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let params: SmallVec<[ir::Value; 8]> = builder.block_params(block).iter().copied().collect();
    // The register is the caller's: C may keep anything in it, and Cranelift does not save it.
    let saved = attach.map(|attach| {
        let saved = builder.ins().get_pinned_reg(types::I64);
        let call = builder.ins().call(attach, &[]);
        let context = builder.inst_results(call)[0];
        builder.ins().set_pinned_reg(context);
        saved
    });
    let call = builder.ins().call(callee, &params);
    let results: SmallVec<[ir::Value; 8]> = builder.inst_results(call).iter().copied().collect();
    if let Some(saved) = saved {
        builder.ins().set_pinned_reg(saved);
    }
    builder.ins().return_(&results);
    builder.seal_all_blocks();
    builder.finalize(env.machine.isa().frontend_config());
}
