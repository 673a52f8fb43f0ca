//! Constants: `const` items, array sizes and patterns, evaluated while compiling.

use super::Checker;
use super::body::{Frame, FrameResult};
use super::entity::{ConstId, ItemScope, Job, State};
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::eval::{self, EvalError, EvalErrorKind, KnownImpl, View};
use crate::tir::{self, Const, Expr, FuncId, NominalId, Ty};
use rustc_hash::FxHashSet;
use std::rc::Rc;

impl<'a> Checker<'a> {
    /// Type and value of a `const`. `None` when it has none, which has been reported.
    pub(super) fn const_value(&mut self, id: ConstId) -> Option<(Ty, Const)> {
        let info = &mut self.consts[id.index()];
        match info.state {
            State::Done => info.value.clone(),
            State::Checking => {
                let name = info.ast.name;
                info.state = State::Done;
                self.error("E0501", name.span, format!("the constant `{}` needs its own value", name.name));
                None
            }
            State::Pending => {
                info.state = State::Checking;
                let (ast, scope) = (info.ast, info.scope.clone());
                let ty = ast.ty.as_ref().map(|ty| self.value_type(&scope, ty));
                let value = if ty == Some(Ty::ERROR) { None } else { self.evaluate(&scope, &ast.value, ty, true) };
                let info = &mut self.consts[id.index()];
                info.state = State::Done;
                info.value = value;
                info.value.clone()
            }
        }
    }

    /// The value of an expression that must be known when compiling.
    pub(super) fn constant_expr(
        &mut self,
        scope: &ItemScope,
        expr: &'a ast::Expr,
        hint: Option<Ty>,
    ) -> Option<(Ty, Const)> {
        let scope = Rc::new(ItemScope {
            module: scope.module,
            generics: scope.generics.clone(),
            self_ty: scope.self_ty,
            nested: scope.nested.clone(),
        });
        self.evaluate(&scope, expr, hint, false)
    }

    fn evaluate(
        &mut self,
        scope: &Rc<ItemScope>,
        expr: &'a ast::Expr,
        ty: Option<Ty>,
        coerce: bool,
    ) -> Option<(Ty, Const)> {
        let mut body = self.body(scope, None);
        let waiting = super::awaiting::Waiting::Never("a constant");
        body.frames.push(Frame::new(FrameResult::TopLevel, Rc::new(FxHashSet::default()), body.names.len(), waiting));
        let mut value = match ty {
            Some(ty) if coerce => body.check(expr, ty),
            hint => body.expr(expr, hint),
        };
        body.finish(&mut value);
        let has_errors = body.has_errors;
        body.publish_closures();
        if has_errors || value.ty == Ty::ERROR {
            return None;
        }
        if value.ty == Ty::VOID {
            self.error("E0328", expr.span, "a constant needs a value");
            return None;
        }
        match self.fold(&value) {
            Ok(constant) => Some((value.ty, constant)),
            Err(error) => {
                if let Some(error) = error {
                    self.report_eval(&error, expr.span);
                }
                None
            }
        }
    }

    fn report_eval(&mut self, error: &EvalError, span: Span) {
        let mut diagnostic = Diagnostic::error("E0502", error.span, error.message());
        if error.span != span {
            diagnostic = diagnostic.secondary(span, "this must be known when compiling");
        }
        if let EvalErrorKind::TooLong(_) = error.kind {
            diagnostic = diagnostic
                .note("`let` computes it when the program runs; `--const-steps N` lets the compiler take more");
        }
        if let EvalErrorKind::NotConstant(what) = &error.kind {
            let note = match what.as_str() {
                "a growable array" => "a fixed array can be constant: write its type, `[T; N]`",
                "an object of a class" => {
                    "a `struct` can be constant; objects are made when the program runs, by `let`"
                }
                "a function as a value" => "a function with a name can be called in a constant, but be no part of one",
                "a variable of a module" => "only other constants are known when compiling",
                _ => "",
            };
            if !note.is_empty() {
                diagnostic = diagnostic.note(note);
            }
        }
        for (name, place) in error.calls.iter().take(4) {
            diagnostic = diagnostic.secondary(*place, format!("in this call of `{name}`"));
        }
        self.report(diagnostic);
    }

    /// Evaluates a checked expression. Functions that it calls are checked first; when one of them has
    /// mistakes, there is no value and nothing more to report.
    pub(super) fn fold(&mut self, value: &Expr) -> Result<Const, Option<Box<EvalError>>> {
        if let tir::ExprKind::Const(constant) = &value.kind {
            return Ok(constant.clone());
        }
        let max_steps = self.options.const_steps.unwrap_or(eval::MAX_STEPS);
        loop {
            if self.finished_nominals.len() != self.nominals.len() {
                self.finished_nominals =
                    (0..self.nominals.len()).map(|i| self.finish_nominal(NominalId(i as u32))).collect();
            }
            if self.evaluated_impls.len() != self.impls.len() {
                self.evaluated_impls = self.impls.iter().map(|known| self.known_impl(known)).collect();
            }
            let known = self.known.ids();
            let (types, functions, nominals) = (&self.types, &self.output, &self.finished_nominals);
            let view = View { types, functions, nominals, impls: &self.evaluated_impls, known, max_steps };
            match eval::evaluate(view, value) {
                Ok(constant) => return Ok(constant),
                Err(EvalError { kind: EvalErrorKind::Unchecked(function), .. }) if self.check_now(function) => {}
                Err(EvalError { kind: EvalErrorKind::Unchecked(function), .. }) if self.broken.contains(&function) => {
                    return Err(None);
                }
                // The implementation's method has been asked for now, and is checked in the next round.
                Err(EvalError { kind: EvalErrorKind::Unplaced(index, method), .. }) => {
                    let Some(id) = self.impls[index].methods.get(method as usize).copied().flatten() else {
                        return Err(None);
                    };
                    self.need_impl(index);
                    let function = self.func_id(id);
                    self.evaluated_impls[index].methods[method as usize] = Some(function);
                }
                Err(error) => return Err(Some(Box::new(error))),
            }
        }
    }

    fn known_impl(&self, known: &super::entity::ImplInfo) -> KnownImpl {
        let place = |method: &Option<super::entity::FnId>| method.and_then(|m| self.functions[m.index()].func);
        KnownImpl {
            generics: known.generics.len(),
            interface: known.interface,
            target: known.target,
            methods: known.methods.iter().map(place).collect(),
        }
    }

    /// Checks a function that waits for it. False when it does not wait.
    fn check_now(&mut self, function: FuncId) -> bool {
        let waiting = self.queue.iter().position(|job| match job {
            Job::Function(id) => self.written.get(&function) == Some(id),
            Job::Default { func, .. } => *func == function,
        });
        let Some(job) = waiting.and_then(|index| self.queue.remove(index)) else { return false };
        self.run_job(job);
        self.output[function.index()].is_some()
    }
}
