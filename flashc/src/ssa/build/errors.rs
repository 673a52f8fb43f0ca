//! `throw`, `try`, `catch` and `finally`. Calls and checks in a body go on at a handler when they throw; it looks for
//! the clause that takes the error's type and throws on what none of them takes. What a handler is given is an object
//! of the runtime with the error (a value of `Error`) and its trace, so that the trace stays with what is thrown on.
//!
//! Also what the runtime must know of errors: the classes that failing checks become, and how to ask an error
//! about itself. A program gets these only when it has handlers, or throws.

use super::control::Sink;
use super::emitter::Vals;
use super::function::FnBuilder;
use super::module::{Instance, ModuleBuilder};
use super::place::Place;
use super::ssa_vars::Var;
use crate::ssa::{Block, Data, DataTarget, Function, Mem, Region, Signature, Terminator, Type, Value};
use crate::tir::{Catch, Expr, ExprKind, Ty};
use flash_abi::context::{FAIL_A, FAIL_B, FAIL_C, FAIL_D};
use flash_abi::object::{THROWN_ERROR, THROWN_TABLE};
use flash_abi::program::{ERROR_CLASSES, ErrorClass};
use flash_abi::symbols::Rt;

/// What a module knows of errors.
#[derive(Default)]
pub struct Errors {
    /// Something has a handler; something throws.
    catches: bool,
    throws: bool,
    is_written: bool,
}

impl ModuleBuilder<'_> {
    pub fn note_handlers(&mut self, function: &Function) {
        let mut blocks = function.layout.iter().map(|&block| function.block(block));
        self.errors.catches |= blocks.any(|block| matches!(block.terminator, Terminator::Try { .. }));
    }

    /// Adds what the runtime needs for the errors that there are. True when that asks for more functions.
    pub fn complete_errors(&mut self) -> bool {
        let Some(known) = self.tree.errors.clone() else { return false };
        let mut added = false;
        if (self.errors.catches || self.errors.throws) && self.described().is_none() {
            let describe = self.instance(Instance::Describe);
            self.set_describe(describe);
            added = true;
        }
        if self.errors.catches && !std::mem::replace(&mut self.errors.is_written, true) {
            let row = size_of::<ErrorClass>() as u32;
            let mut relocations = Vec::new();
            for (number, &class) in known.classes.iter().enumerate() {
                let at = number as u32 * row;
                relocations.push((at, DataTarget::Descriptor(self.class_descriptor(class))));
                relocations.push((at + 8, DataTarget::Data(self.table(known.interface, class))));
            }
            let bytes = vec![0; ERROR_CLASSES.len() * row as usize];
            let data =
                self.add_data(Data { name: "flash.errors".to_owned(), bytes, align: 8, relocations, is_import: false });
            self.set_errors(data);
            added = true;
        }
        added
    }

    /// `Program::describe`: takes a value of `Error` in the context, and puts its message and cause there.
    pub fn build_describe(&mut self) -> Function {
        let Some(known) = self.tree.errors.clone() else { bug!("build: no `Error` to describe") };
        let error = known.interface;
        let signature = Signature { params: Vec::new(), results: vec![Type::I64] };
        let mut function = self.synthesize("flash.describe".to_owned(), signature, |builder| {
            let context = builder.e.context();
            let mem = |offset: u32| Mem { offset: offset as i32, region: Region::ANY, readonly: false };
            let object = builder.e.load(Type::Ptr, context, mem(FAIL_A));
            let table = builder.e.load(Type::Ptr, context, mem(FAIL_B));
            let receiver = [Vals::from_slice(&[object, table])];
            let message = builder.call_dynamic(error, MESSAGE, error, &receiver, Ty::STR, None);
            let optional = builder.cx.types.optional(error);
            let cause = builder.call_dynamic(error, CAUSE, error, &receiver, optional, None);
            for (&value, offset) in message.iter().chain(&cause).zip([FAIL_A, FAIL_B, FAIL_C, FAIL_D]) {
                let ty = builder.e.type_of(value);
                builder.e.store(ty, value, context, mem(offset));
            }
            let done = builder.e.iconst(Type::I64, 0);
            builder.e.ret(&[done]);
        });
        // As the entry: nobody wrote it.
        function.scopes[0].function.clear();
        function
    }
}

/// The methods of `Error`, by their order in `std:error`.
const MESSAGE: u32 = 0;
const CAUSE: u32 = 1;

impl<'a> FnBuilder<'_, 'a> {
    pub fn throw(&mut self, error: &'a Expr) {
        if let Some(thrown) = self.caught(error) {
            let thrown = self.e.read_var(thrown);
            return self.e.throw_on(thrown);
        }
        let ty = self.ty(error.ty);
        let vals = self.expr(error);
        if self.e.is_dead() {
            return;
        }
        if self.is_thrown(ty) {
            self.cx.errors.throws = true;
            let thrown = self.first(&vals);
            return self.e.throw_on(thrown);
        }
        let &[object, table] = vals.as_slice() else { bug!("build: what is thrown is no value of `Error`") };
        self.cx.errors.throws = true;
        self.e.fail(Rt::Throw, object, Some(table));
    }

    fn is_thrown(&self, ty: Ty) -> bool {
        self.cx.tree.errors.as_ref().is_some_and(|known| known.thrown == ty)
    }

    /// What the handler was given, when the expression is the error that a clause around caught.
    fn caught(&self, error: &Expr) -> Option<Var> {
        let error = match &error.kind {
            ExprKind::ToInterface(inner) => inner,
            _ => error,
        };
        let ExprKind::Local(id) = error.kind else { return None };
        self.caught.iter().rfind(|(local, _)| *local == id).map(|&(_, thrown)| thrown)
    }

    pub fn try_(&mut self, body: &'a Expr, catches: &'a [Catch], finally: Option<&'a Expr>, sink: &Sink) {
        let Some(finally) = finally else { return self.try_catch(body, catches, sink) };
        self.in_scope(|this| {
            this.defer(finally);
            this.try_catch(body, catches, sink);
        });
    }

    fn try_catch(&mut self, body: &'a Expr, catches: &'a [Catch], sink: &Sink) {
        if catches.is_empty() {
            return self.put(body, sink);
        }
        let (handler, join) = (self.e.new_handler(), self.e.new_block());
        let outer = self.e.set_handler(Some(handler));
        self.put(body, sink);
        self.e.set_handler(outer);
        self.e.jump(join);
        if let Some(thrown) = self.e.begin_handler(handler) {
            self.clauses(thrown, catches, sink, join);
        }
        self.e.begin(join);
    }
    /// The clauses in order, from the place where one of them has to be chosen.
    fn clauses(&mut self, given: Value, catches: &'a [Catch], sink: &Sink, join: Block) {
        let Some(known) = &self.cx.tree.errors else { bug!("build: `catch` without `Error`") };
        let interface = known.interface;
        // Never changed once it is made.
        let mem = |offset: u32| Mem { offset: offset as i32, region: Region::ANY, readonly: true };
        let object = self.e.load(Type::Ptr, given, mem(THROWN_ERROR));
        let table = self.e.load(Type::Ptr, given, mem(THROWN_TABLE));
        let error = Place::Value { vals: Vals::from_slice(&[object, table]), ty: interface };
        let thrown = self.e.new_var(Type::Ptr);
        self.e.write_var(thrown, given);
        for clause in catches {
            let next = self.e.new_block();
            let ty = clause.ty.map_or(interface, |ty| self.ty(ty));
            let takes_thrown = self.is_thrown(ty);
            if ty != interface && !takes_thrown {
                let fits = self.is_type(&error, ty);
                let taken = self.e.new_block();
                self.e.branch(fits, taken, next);
                self.e.begin(taken);
            }
            let caught = self.caught.len();
            if let Some(local) = clause.local {
                let vals = if takes_thrown {
                    Vals::from_slice(&[given])
                } else {
                    let found = self.downcast(&error, ty);
                    self.read(&found)
                };
                self.declare(local);
                let home = self.local(local);
                self.write(&home, &vals);
                if !takes_thrown {
                    self.caught.push((local, thrown));
                }
            }
            self.put(&clause.body, sink);
            self.caught.truncate(caught);
            self.e.jump(join);
            // Nothing gets there behind a clause that takes everything.
            self.e.begin(next);
            if self.e.is_dead() {
                return;
            }
        }
        let given = self.e.read_var(thrown);
        self.e.throw_on(given);
    }
}
