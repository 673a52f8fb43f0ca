//! Calls and signatures: between Flash functions, to the runtime and to C.

use super::function::{FunctionLowering, plain_param};
use super::names::Target;
use super::target::Machine;
use crate::ssa::{self, Aux, InstData, Op, Type};
use cranelift_codegen::ir::{self, AbiParam, ExtFuncData, ExternalName, InstBuilder, types};
use flash_abi::symbols::{AbiType, Rt};
use smallvec::SmallVec;

/// Of a Flash function.
pub fn flash_signature(machine: &Machine, signature: &ssa::Signature) -> ir::Signature {
    let mut made = ir::Signature::new(machine.flash_convention());
    made.params.extend(signature.params.iter().copied().map(plain_param));
    made.returns.extend(signature.results.iter().copied().map(plain_param));
    made
}

/// Of a C function.
pub fn c_signature(machine: &Machine, signature: &ssa::Signature) -> ir::Signature {
    let mut made = ir::Signature::new(machine.c_convention());
    made.params.extend(signature.params.iter().copied().map(extended_param));
    made.returns.extend(signature.results.iter().copied().map(extended_param));
    made
}

/// Of a runtime function. `has_context` unless it is one that finds the context by itself.
pub fn native_signature(machine: &Machine, rt: Rt, has_context: bool) -> ir::Signature {
    let symbol = rt.symbol();
    let mut made = ir::Signature::new(machine.native_convention());
    if has_context {
        made.params.push(AbiParam::new(types::I64));
    }
    made.params.extend(symbol.params.iter().map(|&ty| extended_param(ssa_type(ty))));
    made.returns.extend(symbol.results.iter().map(|&ty| plain_param(ssa_type(ty))));
    made
}

pub fn ssa_type(ty: AbiType) -> Type {
    match ty {
        AbiType::I8 => Type::I8,
        AbiType::I16 => Type::I16,
        AbiType::I32 => Type::I32,
        AbiType::I64 => Type::I64,
        AbiType::F32 => Type::F32,
        AbiType::F64 => Type::F64,
        AbiType::Ptr => Type::Ptr,
    }
}

/// Compilers of C and Rust expect a small argument extended to 32 bits. The SSA does not know
/// signs: an `i8` is taken for a `bool` or a byte, an `i16` for a `short`.
fn extended_param(ty: Type) -> AbiParam {
    match ty {
        Type::I8 => plain_param(ty).uext(),
        Type::I16 => plain_param(ty).sext(),
        _ => plain_param(ty),
    }
}

/// Whether calls of a runtime function pass the context. Those that checks make do not, wherever they are made:
/// a function has one signature.
pub fn takes_context(rt: Rt) -> bool {
    !matches!(rt, Rt::FailBounds | Rt::FailNull | Rt::FailDivision | Rt::FailOverflow)
}

impl FunctionLowering<'_, '_> {
    /// A Flash function as a callee.
    pub fn flash_callee(&mut self, id: ssa::FuncId) -> ir::FuncRef {
        let Some(callee) = self.env.module.functions.get(id.index()) else {
            bug!("lower: call of {id}, which does not exist")
        };
        let signature = flash_signature(self.env.machine, &callee.signature);
        self.import_function(Target::Function(id), |_| signature)
    }

    /// The signature of a call by address.
    pub fn flash_signature_ref(&mut self, signature: &ssa::Signature) -> ir::SigRef {
        if let Some(&found) = self.imports.signatures.get(signature) {
            return found;
        }
        let made = flash_signature(self.env.machine, signature);
        let made = self.builder.import_signature(made);
        self.imports.signatures.insert(signature.clone(), made);
        made
    }

    pub fn lower_call(&mut self, inst: &InstData) {
        let mut args = self.value_list(&inst.args);
        let results = match (inst.op, &inst.aux) {
            (Op::Call, &Aux::Function(id)) => {
                let function = self.flash_callee(id);
                self.call_function(function, &args)
            }
            (Op::CallExtern, &Aux::Extern(id)) => {
                let signature = c_signature(self.env.machine, &self.env.module.externs[id.index()].signature);
                let function = self.import_function(Target::Extern(id), |_| signature);
                self.call_function(function, &args)
            }
            (Op::CallRt, &Aux::Rt(rt)) => {
                let has_context = takes_context(rt);
                if has_context {
                    let context = self.context();
                    args.insert(0, context);
                }
                let native = |machine: &Machine| native_signature(machine, rt, has_context);
                let function = self.import_function(Target::Rt(rt), native);
                self.call_function(function, &args)
            }
            (Op::CallIndirect, Aux::Signature(signature)) => {
                let signature_ref = self.flash_signature_ref(signature);
                let call = self.builder.ins().call_indirect(signature_ref, args[0], &args[1..]);
                self.builder.inst_results(call).iter().copied().collect()
            }
            _ => bug!("lower: `{}` of nothing", inst.op.facts().name),
        };
        if results.len() != inst.results.len() {
            bug!("lower: {} results of a call that gives {}", inst.results.len(), results.len());
        }
        for (&result, value) in inst.results.iter().zip(results) {
            self.define(result, value);
        }
    }

    /// Calls a runtime function that takes no context (it finds it in the pinned register, or makes it).
    pub fn call_without_context(&mut self, rt: Rt, args: &[ir::Value]) -> SmallVec<[ir::Value; 8]> {
        let function = self.import_function(Target::Rt(rt), |machine| native_signature(machine, rt, false));
        self.call_function(function, args)
    }

    /// Calls a runtime function with the context as its first argument.
    pub fn call_native(&mut self, rt: Rt, args: &[ir::Value]) -> SmallVec<[ir::Value; 8]> {
        let context = self.context();
        let all: SmallVec<[ir::Value; 8]> = [context].iter().chain(args).copied().collect();
        let function = self.import_function(Target::Rt(rt), |machine| native_signature(machine, rt, true));
        self.call_function(function, &all)
    }

    fn call_function(&mut self, function: ir::FuncRef, args: &[ir::Value]) -> SmallVec<[ir::Value; 8]> {
        let call = self.builder.ins().call(function, args);
        self.builder.inst_results(call).iter().copied().collect()
    }

    fn import_function(&mut self, target: Target, signature: impl FnOnce(&Machine) -> ir::Signature) -> ir::FuncRef {
        if let Some(&found) = self.imports.functions.get(&target) {
            return found;
        }
        let made = import_function(self.builder.func, target, signature(self.env.machine));
        self.imports.functions.insert(target, made);
        made
    }
}

/// Declares a function that is called near: in this object, or by a stub of the linker's or loader's.
pub fn import_function(func: &mut ir::Function, target: Target, signature: ir::Signature) -> ir::FuncRef {
    let name = func.declare_imported_user_function(target.to_cranelift());
    let signature = func.import_signature(signature);
    func.import_function(ExtFuncData { name: ExternalName::user(name), signature, colocated: true, patchable: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flash_abi::symbols::SYMBOLS;

    /// Two results are a C structure to the native. Two whole words of one kind, or a small integer
    /// and a word, come in the same registers on every target; an integer and a float do not.
    #[test]
    fn natives_return_what_registers_hold() {
        for symbol in SYMBOLS {
            match symbol.results {
                [] | [_] => {}
                [first, second] => {
                    let (first, second) = (ssa_type(*first), ssa_type(*second));
                    assert!(second.bytes() == 8 && first.is_float() == second.is_float(), "{}", symbol.name);
                }
                _ => panic!("{}", symbol.name),
            }
        }
    }
}
