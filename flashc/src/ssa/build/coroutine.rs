//! Async functions: what calls one gets a promise, and the body is a coroutine that settles it. Also `await`, and what
//! the intrinsics of `std:promise` become. `opt::coroutine` takes coroutines apart.

use super::emitter::Vals;
use super::function::FnBuilder;
use crate::source::Symbol;
use crate::ssa::Value;
use crate::tir::{self, Ty};

impl FnBuilder<'_, '_> {
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
