//! Calls: of Flash functions, natives, `extern "C"` functions, intrinsics and function values; and
//! function values and closures themselves.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::known::KnownInterface;
use super::module::{Area, Instance, ModuleBuilder};
use super::place::Place;
use crate::ssa::{Function, Mem, Region, Signature, Type, Value};
use crate::tir::{self, Body, Callee, Expr, LocalId, Ty, TyKind};
use flash_abi::object::CLOSURE_CODE;
use flash_abi::symbols::Rt;

impl<'a> FnBuilder<'_, 'a> {
    /// A call. A result of the memory class goes to `into`, or else to a temporary.
    pub fn call(&mut self, callee: &'a Callee, args: &'a [Expr], ty: Ty, into: Option<Value>) -> Vals {
        match callee {
            Callee::Function { function, type_args } => {
                let type_args: Vec<Ty> = type_args.iter().map(|&ty| self.ty(ty)).collect();
                let args: Vec<Vals> = args.iter().map(|arg| self.owned(arg)).collect();
                if self.e.is_dead() {
                    return self.dummy(ty);
                }
                self.call_function(*function, type_args, &args, ty, into)
            }
            Callee::Value(value) => {
                let value_ty = self.ty(value.ty);
                let closure = self.one(value);
                let args: Vec<Vals> = args.iter().map(|arg| self.owned(arg)).collect();
                if self.e.is_dead() {
                    return self.dummy(ty);
                }
                self.call_value(closure, value_ty, &args, into)
            }
            Callee::Interface { interface, method, type_args } => {
                let interface = self.ty(*interface);
                let type_args: Vec<Ty> = type_args.iter().map(|&ty| self.ty(ty)).collect();
                let mut args: Vec<Vals> = args.iter().map(|arg| self.owned(arg)).collect();
                if self.e.is_dead() {
                    return self.dummy(ty);
                }
                if let Some(&own) = type_args.first()
                    && self.cx.is_interface(own)
                    && self
                        .cx
                        .known_interface(interface)
                        .is_none_or(|which| which == KnownInterface::Show && own == interface)
                    && self.cx.super_path(own, interface).is_some()
                {
                    return self.call_dynamic(interface, *method, own, &args, ty, into);
                }
                let found = self.cx.implementation(interface, *method, type_args);
                self.adapt_receiver(&found, &mut args);
                self.call_function(found.function, found.type_args, &args, ty, into)
            }
        }
    }

    pub fn call_function(
        &mut self,
        id: tir::FuncId,
        mut type_args: Vec<Ty>,
        args: &[Vals],
        ty: Ty,
        into: Option<Value>,
    ) -> Vals {
        let tree = self.cx.tree;
        let function = &tree.functions[id.index()];
        if function.attributes.flattens {
            type_args.iter_mut().for_each(|arg| *arg = self.cx.types.awaited(*arg).unwrap_or(*arg));
        }
        let result = self.cx.types.substitute(function.result, &type_args);
        let vals = match &function.body {
            Body::Intrinsic(intrinsic) => return self.intrinsic(*intrinsic, &type_args, args, result, into),
            Body::Native(rt) => self.call_native(*rt, args, result),
            Body::ExternC { symbol } => {
                let signature = self.cx.function_signature(id, &type_args, &[]);
                let results = signature.results.clone();
                let callee = self.cx.external(*symbol, signature);
                let args: Vec<Value> = args.iter().flatten().copied().collect();
                self.e.call_extern(callee, &args, &results)
            }
            Body::Declared => bug!("build: `{}` is only declared", function.name),
            Body::Flash(_) => {
                let callee = self.cx.instance(Instance::Function(id, type_args));
                let (values, results, address) = self.call_values(None, args, result, into);
                let vals = self.e.call(callee, &values, &results);
                self.call_result(vals, address)
            }
        };
        if result == Ty::NEVER || ty == Ty::NEVER {
            self.e.unreachable();
        }
        vals
    }

    /// All machine-level arguments and results of a call, and where a result of the memory class goes.
    pub fn call_values(
        &mut self,
        closure: Option<Value>,
        args: &[Vals],
        result: Ty,
        into: Option<Value>,
    ) -> (Vec<Value>, Vec<Type>, Option<Value>) {
        let mut values: Vec<Value> = closure.into_iter().collect();
        let is_memory = self.cx.is_memory(result);
        let address = is_memory.then(|| match into {
            Some(address) => address,
            None => {
                let temp = self.temp(result);
                self.address(&temp)
            }
        });
        values.extend(address);
        values.extend(args.iter().flatten());
        let results = if is_memory { Vec::new() } else { self.cx.scalars(result) };
        (values, results, address)
    }

    pub fn call_result(&mut self, vals: Vals, address: Option<Value>) -> Vals {
        match address {
            Some(address) => Vals::from_slice(&[address]),
            None => vals,
        }
    }

    fn call_native(&mut self, rt: Rt, args: &[Vals], result: Ty) -> Vals {
        let args: Vec<Value> = args.iter().flatten().copied().collect();
        let types: Vec<Type> = args.iter().map(|&arg| self.e.type_of(arg)).collect();
        let expected: Vec<Type> = rt.symbol().params.iter().map(|&ty| Type::from_abi(ty)).collect();
        let results: Vec<Type> = rt.symbol().results.iter().map(|&ty| Type::from_abi(ty)).collect();
        let declared = self.cx.scalars(result);
        if types != expected || (declared != results && result != Ty::NEVER) {
            bug!("build: std declares {} as {:?} -> {:?}", rt.symbol().name, types, declared);
        }
        self.e.call_rt(rt, &args)
    }

    pub fn call_value(&mut self, closure: Value, ty: Ty, args: &[Vals], into: Option<Value>) -> Vals {
        let TyKind::Function(params, result) = self.cx.kind(ty).clone() else {
            bug!("build: a call of `{}`", self.cx.type_name(ty));
        };
        let signature = self.cx.signature(&[Type::Ptr], &params, result);
        let mem = Mem { offset: CLOSURE_CODE as i32, region: Region::CLOSURE, readonly: true };
        let code = self.e.load(Type::Ptr, closure, mem);
        let (values, _, address) = self.call_values(Some(closure), args, result, into);
        let vals = self.e.call_indirect(code, &values, signature);
        if result == Ty::NEVER {
            self.e.unreachable();
        }
        self.call_result(vals, address)
    }

    // Function values.

    /// A named function as a closure object in read-only data.
    pub fn function_value(&mut self, id: tir::FuncId, type_args: &[Ty]) -> Value {
        let type_args: Vec<Ty> = type_args.iter().map(|&ty| self.ty(ty)).collect();
        let name = self.cx.function_name(id, &type_args);
        let code = self.cx.instance(Instance::Thunk(id, type_args));
        let data = self.cx.static_closure(code, &name);
        self.e.data_addr(data)
    }

    pub fn closure(&mut self, id: tir::FuncId, captures: &'a [LocalId]) -> Value {
        let type_args = self.type_args.clone();
        let name = self.cx.function_name(id, &type_args);
        let code = self.cx.instance(Instance::Closure(id, type_args.clone()));
        if captures.is_empty() {
            let data = self.cx.static_closure(code, &name);
            return self.e.data_addr(data);
        }
        let tree = self.cx.tree;
        let inside = &tree.functions[id.index()];
        let layout = self.cx.captures(id, &type_args);
        let descriptor = self.cx.closure_descriptor(&name, layout.size, layout.slots);
        let object = self.e.alloc(descriptor);
        let mem = Mem { offset: CLOSURE_CODE as i32, region: Region::CLOSURE, readonly: false };
        let code = self.e.func_addr(code);
        self.e.store(Type::Ptr, code, object, mem);
        for ((&local, &captured), &offset) in captures.iter().zip(&inside.captures).zip(&layout.offsets) {
            let captured = &inside.locals[captured.index()];
            let offset = offset as i32;
            if captured.is_shared || captured.is_reference {
                let address = self.local_address(local);
                self.e.store(Type::Ptr, address, object, Mem { offset, ..mem });
                continue;
            }
            let place = self.local(local);
            let ty = place.ty();
            let vals = self.read(&place);
            let area = Area::One(Region::CLOSURE);
            self.write(&Place::Memory { address: object, offset, area, ty, readonly: false }, &vals);
        }
        object
    }
}

impl<'a> ModuleBuilder<'a> {
    /// The code of a function value: drops the closure object and calls the function.
    pub fn build_thunk(&mut self, id: tir::FuncId, type_args: Vec<Ty>) -> Function {
        let tree = self.tree;
        let function = &tree.functions[id.index()];
        let signature = self.function_signature(id, &type_args, &[Type::Ptr]);
        let name = format!("{}#value", self.function_name(id, &type_args));
        let result = self.types.substitute(function.result, &type_args);
        let params: Vec<(Ty, bool)> = function
            .params
            .iter()
            .map(|param| (function.locals[param.index()].ty, function.locals[param.index()].is_reference))
            .collect();
        let mut func = self.synthesize_signature(name, signature, function.name.clone());
        func.hint = crate::ssa::Hint::None;
        let mut builder = FnBuilder::new(self, func, function.span, result);
        builder.type_args = type_args.clone();
        let mut next = 1;
        if builder.cx.is_memory(result) {
            builder.result_ptr = Some(builder.e.param(1));
            next = 2;
        }
        let mut args = Vec::new();
        for (ty, is_reference) in params {
            let ty = builder.ty(ty);
            let count = if is_reference { 1 } else { builder.cx.scalars(ty).len() };
            args.push(builder.take_params(&mut next, count));
        }
        let into = builder.result_ptr;
        let vals = builder.call_function(id, type_args, &args, result, into);
        // The result is where it belongs already.
        builder.result_ptr = None;
        let results = if into.is_some() { Vals::new() } else { vals };
        builder.e.ret(&results);
        builder.e.finish()
    }

    /// An empty function under a name that is made unique.
    pub fn synthesize_signature(&mut self, name: String, signature: Signature, scope: String) -> Function {
        Function::new(self.unique_symbol(name), signature, scope)
    }
}
