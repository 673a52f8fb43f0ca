//! Async functions: what calls one gets a promise, and the body is a coroutine that settles it. Also `await`, and what
//! the intrinsics of `std:promise` become. `opt::coroutine` takes coroutines apart.

use super::control::Sink;
use super::emitter::Vals;
use super::function::{FnBuilder, Pending};
use super::module::{Instance, ModuleBuilder};
use crate::source::Symbol;
use crate::ssa::{Function, Type, Value};
use crate::tir::{self, Body, Expr, Ty};

impl ModuleBuilder<'_> {
    /// An async function, as others call it: makes the promise, starts the coroutine and gives the promise.
    pub fn build_async(&mut self, id: tir::FuncId, type_args: Vec<Ty>, is_closure: bool) -> Function {
        let source = &self.tree.functions[id.index()];
        let (func, result) = self.declare(id, &type_args, is_closure);
        let mut builder = FnBuilder::new(self, func, source.span, result);
        let awaited = builder.cx.types.awaited(result).unwrap_or(Ty::VOID);
        let promise = builder.call_lang("promise_pending", vec![awaited], &[], None);
        let body = builder.cx.instance(Instance::Coroutine(id, type_args, is_closure));
        let args: Vec<Value> = promise.iter().chain(builder.e.params()).copied().collect();
        builder.e.call(body, &args, &[]);
        // Where nobody waits, nobody is given a promise.
        builder.e.ret(if result == Ty::VOID { &[] } else { &promise });
        let mut function = builder.e.finish();
        // Stack traces and debuggers show the coroutine, and not this as well.
        function.scopes[0].function.clear();
        function
    }

    /// The body of an async function. Whatever leaves it settles the promise, which is its first parameter.
    pub fn build_coroutine(&mut self, id: tir::FuncId, type_args: Vec<Ty>, is_closure: bool) -> Function {
        let source = &self.tree.functions[id.index()];
        let Body::Flash(body) = &source.body else { bug!("build: `{}` has no body", source.name) };
        let first: &[Type] = if is_closure { &[Type::Ptr, Type::Ptr] } else { &[Type::Ptr] };
        let mut signature = self.function_signature(id, &type_args, first);
        signature.results.clear();
        let name = format!("{}#body", self.function_name(id, &type_args));
        let mut func = Function::new(self.unique_symbol(name), signature, source.name.clone());
        func.is_coroutine = true;
        let result = self.types.substitute(source.result, &type_args);
        let mut builder = FnBuilder::new(self, func, source.span, result);
        builder.set_source(id, type_args);
        builder.begin_coroutine();
        let mut next = 1;
        if is_closure {
            let closure = builder.e.param(1);
            next = 2;
            builder.load_captures(id, closure);
        }
        for &param in &source.params {
            builder.bind_param(param, &mut next);
        }
        builder.put(body, &Sink::Return);
        builder.e.set_span(source.span.after());
        builder.end_coroutine();
        builder.e.finish()
    }
}

impl<'a> FnBuilder<'_, 'a> {
    /// From here on this is a coroutine; its promise is the first parameter.
    pub fn begin_coroutine(&mut self) {
        let (promise, handler) = (self.e.param(0), self.e.new_handler());
        self.promise = Some(Pending { promise, handler });
        self.e.set_handler(Some(handler));
    }

    /// Its end: settles the promise without a value, and rejects it with what was thrown.
    pub fn end_coroutine(&mut self) {
        self.return_settled(Vals::new(), Ty::VOID);
        let Some(Pending { promise, handler }) = self.promise else { bug!("build: the end of no coroutine") };
        self.e.set_handler(None);
        if let Some(thrown) = self.e.begin_handler(handler) {
            let awaited = self.awaited_result();
            let args = [Vals::from_slice(&[promise]), Vals::from_slice(&[thrown])];
            self.call_lang("promise_fail", vec![awaited], &args, None);
            self.e.ret(&[]);
        }
    }

    /// What the promise of this coroutine is for.
    fn awaited_result(&self) -> Ty {
        self.cx.types.awaited(self.result).unwrap_or(Ty::VOID)
    }

    /// Leaves the coroutine with a value, or a promise of one.
    pub fn return_settled(&mut self, vals: Vals, ty: Ty) {
        if self.e.is_dead() {
            return;
        }
        let Some(Pending { promise, handler }) = self.promise else { bug!("build: a result of no coroutine") };
        self.run_deferred(0);
        let awaited = self.awaited_result();
        if ty == Ty::VOID && awaited != Ty::VOID {
            // Only behind something that does not come back, which the tree did not say.
            return self.e.unreachable();
        }
        let around = self.e.set_handler(Some(handler));
        self.settle(promise, ty, vals);
        self.e.set_handler(around);
        self.e.ret(&[]);
    }

    /// `await p`: has the promise resume this coroutine, and goes on when it does.
    pub fn await_(&mut self, promise: &'a Expr, ty: Ty, into: Option<Value>) -> Vals {
        let promise_ty = self.ty(promise.ty);
        let promise = self.expr(promise);
        if self.e.is_dead() {
            return self.dummy(ty);
        }
        self.await_value(promise, promise_ty, ty, into)
    }

    /// As `await_`, of a promise that is there; gives a value of type `ty`.
    pub fn await_value(&mut self, promise: Vals, promise_ty: Ty, ty: Ty, into: Option<Value>) -> Vals {
        let Some(inner) = self.cx.types.awaited(promise_ty) else {
            bug!("build: `await` of a `{}`", self.cx.type_name(promise_ty));
        };
        let resume = Vals::from_slice(&[self.e.coroutine_self()]);
        self.call_lang("promise_subscribe", vec![inner], &[promise.clone(), resume], None);
        self.e.suspend();
        // What a generic function takes for the value may be a promise itself, which no promise holds.
        let is_promise = self.cx.types.awaited(ty).is_some();
        let into = into.filter(|_| !is_promise);
        let vals = self.call_lang("promise_outcome", vec![inner], std::slice::from_ref(&promise), into);
        if is_promise { promise } else { vals }
    }

    /// Calls a function of std by its `#[lang]` name.
    pub fn call_lang(&mut self, name: &str, type_args: Vec<Ty>, args: &[Vals], into: Option<Value>) -> Vals {
        let function = self.lang_function(name);
        let result = self.cx.tree.functions[function.index()].result;
        let result = self.cx.types.substitute(result, &type_args);
        self.call_function(function, type_args, args, result, into)
    }

    fn lang_function(&self, name: &str) -> tir::FuncId {
        match self.cx.tree.lang.get(&Symbol::new(name)) {
            Some(&function) => function,
            None => bug!("build: std has no function for `{}`", name),
        }
    }

    /// Settles a promise with a value, or has it follow the promise that the value is.
    pub fn settle(&mut self, promise: Value, ty: Ty, value: Vals) {
        let promise = Vals::from_slice(&[promise]);
        match self.cx.types.awaited(ty) {
            Some(inner) => self.call_lang("promise_adopt", vec![inner], &[promise, value], None),
            None => self.call_lang("promise_fulfil", vec![ty], &[promise, value], None),
        };
    }

    /// A promise of a value; the value itself, if it is one.
    pub fn promise_of(&mut self, ty: Ty, value: Vals) -> Vals {
        match self.cx.types.awaited(ty) {
            Some(_) => value,
            None => self.call_lang("promise_fulfilled", vec![ty], &[value], None),
        }
    }

    /// The value of a fulfilled promise, as one of type `ty`: where that is a promise itself, which no promise holds, it
    /// is this promise.
    pub fn promise_value(&mut self, promise: Value, ty: Ty, into: Option<Value>) -> Vals {
        let promise = Vals::from_slice(&[promise]);
        match self.cx.types.awaited(ty) {
            Some(_) => promise,
            None => self.call_lang("promise_value", vec![ty], &[promise], into),
        }
    }
}
