//! `spawn`, which runs an expression as a task, and `select`, which waits for the first of several promises.

use super::Checker;
use super::body::{Body, error_expr};
use super::entity::FnId;
use super::text::let_local;
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Arm, Callee, Const, Expr, ExprKind, Pattern, PatternKind, Stmt, StmtKind, Ty, TyKind};

impl Checker<'_> {
    /// The function of std that has this `#[lang]` name, in programs that have its module.
    pub(super) fn lang_function(&mut self, name: &str) -> Option<FnId> {
        let name = Symbol::new(name);
        let index = self.functions.iter().position(|function| {
            super::attributes::text(function.attributes, "lang") == Some(name) && self.is_std(function.scope.module)
        })?;
        Some(FnId(index as u32))
    }
}

impl<'a> Body<'_, 'a> {
    /// A call of a function of std by its `#[lang]` name; `what` needs it.
    fn call_lang(&mut self, name: &str, type_args: Vec<Ty>, args: Vec<Expr>, what: &str, span: Span) -> Expr {
        let Some(id) = self.cx.lang_function(name) else {
            return self.not_built(span, &format!("{what} without the standard library"));
        };
        let result = self.cx.result_of(id, span);
        let ty = self.cx.types.substitute(result, &type_args);
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args };
        Expr { kind: ExprKind::Call { callee, args }, ty, span }
    }

    /// `spawn e`: an async closure of `e`, which a new task runs at once, up to where it first waits.
    pub(super) fn spawn_expr(&mut self, body: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        let hint = hint.and_then(|hint| match self.kind(hint) {
            TyKind::Nominal(_, args) if args.len() == 1 => args.first().copied(),
            _ => None,
        });
        let closure = self.async_block(body, hint.filter(|&hint| !self.has_unsolved(hint)), span);
        let TyKind::Function(_, promise) = *self.kind(closure.ty) else {
            self.has_errors = true;
            return error_expr(span);
        };
        let result = self.awaited_type(promise).unwrap_or(Ty::ERROR);
        let is_name = matches!(body.kind, ast::ExprKind::Name(_));
        if let (true, TyKind::Function(params, _)) = (is_name, self.kind(result)) {
            let call = if params.is_empty() { "spawn f()" } else { "spawn f(...)" };
            self.report(
                Diagnostic::warning("W0113", body.span, "this function is not called")
                    .label(format!("the task does nothing; write `{call}`")),
            );
        }
        self.call_lang("task_spawn", vec![result], vec![closure], "tasks", span)
    }

    /// ```text
    /// let p = <first promise>; let q = <second>;
    /// let all = select_new(); select_add(all, p); select_add(all, q);
    /// match await select_first(all) { 0 => { let pattern = outcome(p); body } ... }
    /// ```
    pub(super) fn select_expr(&mut self, arms: &'a [ast::SelectArm], hint: Option<Ty>, span: Span) -> Expr {
        self.require_waiting(span);
        if arms.is_empty() {
            self.report(
                Diagnostic::error("E0423", span, "a `select` without arms waits for ever")
                    .label("write `pattern = promise => body,`"),
            );
            return error_expr(span);
        }
        let mut statements = Vec::new();
        let promises: Vec<Expr> = arms.iter().map(|arm| self.selected(arm, &mut statements)).collect();
        let all = self.call_lang("select_new", Vec::new(), Vec::new(), "`select`", span);
        let selector = self.temp("select", all.ty, span);
        statements.push(let_local(selector, all));
        for promise in &promises {
            let ty = self.awaited_type(promise.ty).unwrap_or(Ty::ERROR);
            let all = self.local(selector, span);
            let add = self.call_lang("select_add", vec![ty], vec![all, promise.clone()], "`select`", promise.span);
            statements.push(Stmt { kind: StmtKind::Expr(add), span: promise.span });
        }
        let all = self.local(selector, span);
        let first = self.call_lang("select_first", Vec::new(), vec![all], "`select`", span);
        let first = self.await_promise(first, span);

        let before = self.flow().clone();
        let mut after = None;
        let mut bodies = Vec::with_capacity(arms.len());
        for (arm, promise) in arms.iter().zip(promises) {
            *self.flow() = before.clone();
            bodies.push(self.select_arm(arm, promise, hint));
            let end = std::mem::take(self.flow());
            after = Some(match after {
                Some(known) => super::flow::Flow::join(known, end),
                None => end,
            });
        }
        *self.flow() = after.unwrap_or(before);
        let (bodies, ty) = self.join_branches(bodies, hint);
        let ty = if hint.is_some_and(|h| self.shallow(h) == Ty::VOID) && ty != Ty::NEVER { Ty::VOID } else { ty };
        let last = bodies.len() - 1;
        let arms = bodies.into_iter().enumerate().map(|(number, body)| {
            let body = if ty == Ty::VOID { self.discard(body) } else { body };
            let kind = match number {
                number if number == last => PatternKind::Wildcard,
                number => PatternKind::Const(Const::Int(number as i128)),
            };
            Arm { pattern: Pattern { kind, ty: Ty::I64, span }, guard: None, body }
        });
        let kind = ExprKind::Match { value: Box::new(first), arms: arms.collect() };
        super::assign::in_block(statements, Expr { kind, ty, span })
    }

    /// What an arm waits for.
    fn selected(&mut self, arm: &'a ast::SelectArm, statements: &mut Vec<Stmt>) -> Expr {
        let value = self.expr(&arm.value, None);
        let value = self.auto_deref(value);
        match self.promise(value, "select") {
            Ok(promise) => {
                if let Some(inner) = self.awaited_type(promise.ty).filter(|&inner| self.is_unsolved(inner))
                    && arm.pattern.as_ref().is_none_or(|p| matches!(p.kind, ast::PatternKind::Wildcard))
                {
                    self.unify(inner, Ty::VOID);
                }
                self.keep(promise, "promise", statements)
            }
            Err(_) => error_expr(arm.value.span),
        }
    }

    /// The value of the promise that was first, bound, and the arm's body.
    fn select_arm(&mut self, arm: &'a ast::SelectArm, promise: Expr, hint: Option<Ty>) -> Expr {
        let span = arm.value.span;
        let ty = self.awaited_type(promise.ty).unwrap_or(Ty::ERROR);
        let value = self.call_lang("promise_outcome", vec![ty], vec![promise], "`select`", span);
        let mark = self.names.len();
        let is_plain = matches!(arm.pattern.as_ref().map(|p| &p.kind), None | Some(ast::PatternKind::Wildcard));
        let statement = match &arm.pattern {
            Some(pattern) if !is_plain => {
                let value = self.required(value);
                let pattern = self.binding_pattern(pattern, value.ty, false);
                Stmt { kind: StmtKind::Let { pattern, value }, span }
            }
            _ => {
                let value = self.discard(value);
                Stmt { kind: StmtKind::Expr(value), span }
            }
        };
        let body = self.expr(&arm.body, hint);
        self.leave_scope(mark);
        super::assign::in_block(vec![statement], body)
    }
}
