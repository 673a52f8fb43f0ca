//! Where a program begins: the entry that runs all top levels and `main`, and what C calls.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::module::{Instance, ModuleBuilder, Root};
use super::place::Place;
use crate::source::Symbol;
use crate::ssa::{Convention, Function, Signature, Type, Value};
use crate::tir::{self, Ty};
use flash_abi::symbols::Rt;

impl ModuleBuilder<'_> {
    /// Every initializer in order, then `main`, then the event loop until nothing is left to do; the exit code.
    pub fn build_entry(&mut self) -> Function {
        let signature = Signature { params: Vec::new(), results: vec![Type::I64] };
        let is_session = self.session.is_some();
        let mut entry = self.synthesize("flash.entry".to_string(), signature, |builder| {
            if is_session {
                return builder.run_session_entry();
            }
            if builder.entry_waits() {
                let promise = builder.call_lang("promise_pending", vec![Ty::I64], &[], None);
                let start = builder.cx.instance(Instance::Start);
                builder.e.call(start, &promise, &[]);
                builder.run_loop();
                let code = builder.call_lang("promise_exit", Vec::new(), &[promise], None);
                return builder.e.ret(&code);
            }
            let code = builder.run_all();
            builder.run_loop();
            builder.e.ret(&[code]);
        });
        // Nobody wrote it: stack traces and debuggers pass over what has no name.
        entry.scopes[0].function.clear();
        entry
    }

    /// The entry's work where some of it waits.
    pub fn build_start(&mut self) -> Function {
        let signature = Signature { params: vec![Type::Ptr], results: Vec::new() };
        let mut start = self.synthesize("flash.start".to_string(), signature, |builder| {
            builder.result = builder.cx.types.promise(Ty::I64).unwrap_or(Ty::VOID);
            builder.begin_coroutine();
            let code = builder.run_all();
            builder.return_settled(Vals::from_slice(&[code]), Ty::I64);
            builder.end_coroutine();
        });
        start.is_coroutine = true;
        start.scopes[0].function.clear();
        start
    }

    /// `export extern "C" fn`: passes everything on to the function.
    pub fn build_export(&mut self, id: tir::FuncId) -> Function {
        let function = &self.tree.functions[id.index()];
        let Some(symbol) = function.attributes.export_c else { bug!("build: `{}` is not exported", function.name) };
        let signature = self.function_signature(id, &[], &[]);
        let results = signature.results.clone();
        let mut func = Function::new(self.unique_symbol(symbol.to_string()), signature, function.name.clone());
        func.convention = Convention::ExportC;
        let mut builder = FnBuilder::new(self, func, function.span, function.result);
        let callee = builder.cx.instance(Instance::Function(id, Vec::new()));
        let args: Vec<Value> = builder.e.params().to_vec();
        let vals = builder.e.call(callee, &args, &results);
        if function.result == Ty::NEVER {
            builder.e.unreachable();
        }
        builder.e.ret(&vals);
        builder.e.finish()
    }
}

impl FnBuilder<'_, '_> {
    /// An entry of a session: what it does not catch is told to the runtime, and the session goes on.
    fn run_session_entry(&mut self) {
        let handler = self.e.new_handler();
        let outer = self.e.set_handler(Some(handler));
        let code = if self.entry_waits() {
            let promise = self.call_lang("promise_pending", vec![Ty::I64], &[], None);
            let start = self.cx.instance(Instance::Start);
            self.e.call(start, &promise, &[]);
            self.call_lang("session_wait", Vec::new(), &[promise], None)[0]
        } else {
            self.run_all()
        };
        self.e.set_handler(outer);
        self.e.ret(&[code]);
        if let Some(thrown) = self.e.begin_handler(handler) {
            self.e.call_rt(Rt::SessionFailed, &[thrown]);
            let code = self.e.iconst(Type::I64, 1);
            self.e.ret(&[code]);
        }
    }

    /// Whether something that the entry calls is async.
    fn entry_waits(&self) -> bool {
        let tree = self.cx.tree;
        let called = tree.initializers.iter().copied().chain(tree.main).chain(tree.tests.iter().map(|t| t.function));
        called.into_iter().any(|id| tree.functions[id.index()].attributes.is_async)
    }

    /// The event loop, in a program that has one.
    fn run_loop(&mut self) {
        if let Some(&run) = self.cx.tree.lang.get(&Symbol::new("event_loop")) {
            self.e.set_span(self.cx.tree.functions[run.index()].span);
            self.call_lang("event_loop", Vec::new(), &[], None);
        }
    }

    /// Initializers and `main`, or a test; the exit code.
    fn run_all(&mut self) -> Value {
        let tree = self.cx.tree;
        for &initializer in &tree.initializers {
            self.e.set_span(tree.functions[initializer.index()].span);
            self.call_waiting(initializer, &[]);
        }
        if !tree.tests.is_empty() {
            self.call_test();
        }
        match tree.main {
            Some(main) => self.call_main(main),
            None => self.e.iconst(Type::I64, 0),
        }
    }

    /// Calls a function, and waits for it when it is async.
    fn call_waiting(&mut self, id: tir::FuncId, args: &[Vals]) -> Vals {
        let function = &self.cx.tree.functions[id.index()];
        let vals = self.call_function(id, Vec::new(), args, function.result, None);
        match self.cx.types.awaited(function.result) {
            Some(awaited) if function.attributes.is_async => self.await_value(vals, function.result, awaited, None),
            _ => vals,
        }
    }

    /// The test that the runner asks for; none when it asks for another.
    fn call_test(&mut self) {
        let tree = self.cx.tree;
        let index = self.e.call_rt(Rt::TestIndex, &[])[0];
        let join = self.e.new_block();
        let blocks: Vec<_> = (0..tree.tests.len()).map(|number| (number as i64, self.e.new_block())).collect();
        self.e.switch(index, &blocks, join);
        for (test, (_, block)) in tree.tests.iter().zip(blocks) {
            self.e.begin(block);
            self.e.set_span(tree.functions[test.function.index()].span);
            self.call_waiting(test.function, &[]);
            self.e.jump(join);
        }
        self.e.begin(join);
    }

    fn call_main(&mut self, main: tir::FuncId) -> Value {
        let tree = self.cx.tree;
        let function = &tree.functions[main.index()];
        self.e.set_span(function.span);
        let args = match function.params[..] {
            [] => Vec::new(),
            _ => vec![Vals::from_slice(&[self.program_args()])],
        };
        let vals = self.call_waiting(main, &args);
        let result = self.cx.types.awaited(function.result).unwrap_or(function.result);
        match (self.cx.types.as_int(result), vals.first()) {
            (Some(int), Some(&code)) => self.e.resize(code, Type::I64, int.is_signed()),
            _ => self.e.iconst(Type::I64, 0),
        }
    }

    /// The program's arguments as a `[str]`.
    fn program_args(&mut self) -> Value {
        let count = self.e.call_rt(Rt::ArgCount, &[])[0];
        let data = self.new_buffer(Ty::STR, count);
        let area = self.cx.area(Root::Element(Ty::STR));
        let size = self.cx.layout(Ty::STR).size;
        self.count_loop(count, |this, index| {
            let arg = this.e.call_rt(Rt::Arg, &[index]);
            let address = this.e.element_addr(data, index, size);
            this.write(&Place::Memory { address, offset: 0, area, ty: Ty::STR, readonly: false }, &arg);
        });
        self.new_array(Ty::STR, Some((data, count)))
    }
}
