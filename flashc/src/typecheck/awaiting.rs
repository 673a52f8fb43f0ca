//! Async functions and `await`: what they give, where one may wait, and what can be waited for. `spawn` and `select`
//! are in `tasks`, `for await` is in `iterate`.

use super::Checker;
use super::body::{Body, error_expr};
use super::closure::Parts;
use super::entity::{Entity, FnId, ParamInfo};
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{Expr, ExprKind, Ty, TyKind};

/// Where `Promise` is, in programs that have it.
const PROMISES: &str = "std:promise";
/// Where `Task` is.
pub(super) const TASKS: &str = "std:task";

/// Whether the code of a frame may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// An async function, a test, or the top level of a module.
    Allowed,
    /// A function that is not async; where its `fn` stands.
    NotAsync(Span),
    /// What is here runs where it is used, or when the program is compiled.
    Never(&'static str),
}

impl Checker<'_> {
    /// From here on `Promise<T>` is what `await` takes.
    pub(super) fn find_promise(&mut self) {
        if let Some(Entity::Nominal(id)) = self.std_entity(PROMISES, "Promise") {
            self.types.set_promise(id);
        }
    }

    /// `Promise<T>`: what an async function gives whose body gives a `T`.
    pub(super) fn promise_of(&mut self, ty: Ty, span: Span) -> Ty {
        if ty == Ty::ERROR {
            return ty;
        }
        // Nobody can wait for what never comes, but for a failure.
        let ty = if ty == Ty::NEVER { Ty::VOID } else { ty };
        match self.types.promise(ty) {
            Some(promise) => promise,
            None => {
                self.not_built(span, "promises without the standard library");
                Ty::ERROR
            }
        }
    }

    /// Whether a function that gives `Promise<T>` takes a `T`, or a function that gives one. That may be a promise, which
    /// is flattened, so that what is asked of the result says nothing of the argument.
    pub(super) fn flattens(&self, result: Ty, params: &[ParamInfo]) -> bool {
        let Some(inner) = self.types.awaited(result) else { return false };
        matches!(self.types.kind(inner), TyKind::Param(..))
            && params.iter().any(|param| match self.types.kind(param.ty) {
                TyKind::Function(_, given) => *given == inner,
                _ => param.ty == inner,
            })
    }
}

impl<'a> Body<'_, 'a> {
    /// `T` of a `Promise<T>`, if it is one.
    pub(super) fn awaited_type(&self, ty: Ty) -> Option<Ty> {
        let mut inner = self.cx.types.awaited(self.shallow(ty))?;
        // A variable may have turned out to be a promise, and promises do not nest.
        while let Some(deeper) = self.cx.types.awaited(self.shallow(inner)) {
            inner = deeper;
        }
        Some(inner)
    }

    /// An async method that changes its `self` goes on with the value when others have run: it must still be where it was.
    /// A variable and a field are, for as long as somebody knows their address; an element moves when others are added.
    pub(super) fn require_stays(&mut self, receiver: &Expr, id: FnId) {
        let info = &self.cx.functions[id.index()];
        let (is_async, is_declared) = (info.ast.is_async, info.interface.is_some());
        // What implements a method of an interface may be async where that only says that it gives a promise.
        let result = self.cx.signature(id).result.filter(|_| is_declared);
        if !is_async && result.is_none_or(|ty| self.cx.types.awaited(ty).is_none()) {
            return;
        }
        let mut place = receiver;
        loop {
            place = match &place.kind {
                ExprKind::Field { base, .. } | ExprKind::Index { base, .. }
                    if self.cx.is_copy_by_value(self.shallow(base.ty)) =>
                {
                    base
                }
                // `m[k]` is what a call of std's points to.
                ExprKind::Deref(pointer) if !matches!(pointer.kind, ExprKind::Call { .. }) => return,
                ExprKind::Index { .. } | ExprKind::Deref(_) => break,
                _ => return,
            };
        }
        let name = self.cx.functions[id.index()].ast.name.name;
        self.report(
            Diagnostic::error(
                "E0422",
                receiver.span,
                format!("`{name}` waits, and would then change a value that may have moved"),
            )
            .label("an element moves when others are added")
            .note("copy it into a `let mut`, and assign it back; or make the type a class"),
        );
    }

    pub(super) fn is_async(&mut self) -> bool {
        self.frame().is_async
    }

    pub(super) fn await_expr(&mut self, inner: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        let is_dropped = hint.is_some_and(|hint| self.shallow(hint) == Ty::VOID);
        let hint = hint.filter(|&hint| !matches!(self.shallow(hint), Ty::NEVER | Ty::ERROR));
        let hint = hint.and_then(|hint| self.cx.types.promise(hint));
        self.require_waiting(span);
        let value = self.expr(inner, hint);
        let value = self.auto_deref(value);
        match self.promise(value, "await") {
            Ok(promise) => {
                let awaited = self.await_promise(promise, span);
                // `await Promise.reject(e);`: of what does not matter.
                if is_dropped && self.is_unsolved(awaited.ty) {
                    self.unify(awaited.ty, Ty::VOID);
                }
                awaited
            }
            Err(other) => other,
        }
    }

    /// Waits for a value that is a promise.
    pub(super) fn await_promise(&mut self, promise: Expr, span: Span) -> Expr {
        let ty = self.awaited_type(promise.ty).unwrap_or(Ty::ERROR);
        Expr { kind: ExprKind::Await(Box::new(promise)), ty, span }
    }

    /// The promise that a value is, or that a task's end settles. Reports what is none.
    pub(super) fn promise(&mut self, value: Expr, what: &str) -> Result<Expr, Expr> {
        let ty = self.settle(value.ty);
        if self.awaited_type(ty).is_some() {
            return Ok(value);
        }
        if let Some(promise) = self.task_promise(&value, ty) {
            return Ok(promise);
        }
        if ty == Ty::ERROR || ty == Ty::NEVER {
            return Err(Expr { ty, ..value });
        }
        if self.is_unsolved(ty) {
            return Err(self.unknown_type_yet(value.span));
        }
        let found = self.show(ty);
        let message = match ty {
            Ty::VOID => "there is nothing to wait for: this gives no value".to_owned(),
            _ => format!("a `{found}` is not a promise: there is nothing to wait for"),
        };
        let diagnostic = Diagnostic::error("E0421", value.span, message);
        self.report(match self.kind(ty).clone() {
            TyKind::Optional(inner) if self.awaited_type(inner).is_some() => {
                diagnostic.label("it may be null").note("test it first, or write `!` behind it")
            }
            TyKind::Array(inner) if self.awaited_type(inner).is_some() => {
                diagnostic.label("many promises").note("`await Promise.all(promises)` waits for all of them")
            }
            TyKind::Function(_, result) if self.awaited_type(result).is_some() => {
                diagnostic.label("a function that gives one").note("call it: write `()` behind it")
            }
            _ => diagnostic.label(format!("`{what}` takes a `Promise` or a `Task`")),
        });
        Err(error_expr(value.span))
    }

    /// The field `promise` of a task.
    fn task_promise(&mut self, value: &Expr, ty: Ty) -> Option<Expr> {
        let TyKind::Nominal(id, args) = self.kind(ty).clone() else { return None };
        if self.cx.std_entity(TASKS, "Task") != Some(Entity::Nominal(id)) {
            return None;
        }
        let fields = &self.cx.nominals[id.index()].fields;
        let index = fields.iter().position(|field| field.name.as_str() == "promise")?;
        let field_ty = fields[index].ty;
        let ty = self.cx.types.substitute(field_ty, &args);
        let kind = ExprKind::Field { base: Box::new(value.clone()), index: index as u32 };
        Some(Expr { kind, ty, span: value.span })
    }

    /// Says of a promise that stands where something else is expected how to get at its value. With the place, and what
    /// is expected there, also how to write it.
    pub(super) fn with_await(&mut self, diagnostic: Diagnostic, ty: Ty, place: Option<(Span, Ty)>) -> Diagnostic {
        let Some(inner) = self.awaited_type(ty) else { return diagnostic };
        match place {
            Some((span, wanted)) if self.frame().waiting == Waiting::Allowed && self.unify(inner, wanted) => {
                let before = Span { end: span.start, ..span };
                diagnostic.fix(before, "wait for the promise", "await ")
            }
            _ => diagnostic.note("it is a promise: `await` gives its value, in an async function"),
        }
    }

    /// Reports that there is no waiting here.
    pub(super) fn require_waiting(&mut self, span: Span) {
        match self.frame().waiting {
            Waiting::Allowed => self.frame().waits = true,
            Waiting::NotAsync(place) => {
                let before = Span { end: place.start, ..place };
                self.report(
                    Diagnostic::error("E0420", span, "only async functions can wait")
                        .label("waits here")
                        .fix(before, "make the function async", "async ")
                        .note("who calls it gets a promise then"),
                );
            }
            Waiting::Never(what) => {
                self.report(Diagnostic::error("E0420", span, format!("{what} cannot wait")).label("waits here"));
            }
        }
    }

    /// What a `return` or the end of an async function gives: a value, or a promise whose value it will be.
    pub(super) fn coerce_result(&mut self, value: Expr, ty: Ty) -> Expr {
        if !self.is_async() {
            return self.coerce(value, ty);
        }
        let Some(inner) = self.awaited_type(value.ty) else { return self.coerce(value, ty) };
        if self.unify(inner, ty) {
            return value;
        }
        let span = value.span;
        let value = self.await_promise(value, span);
        self.coerce(value, ty)
    }

    /// What the end of a function gives that has no value. A promise is waited for.
    pub(super) fn discard_result(&mut self, value: Expr) -> Expr {
        match self.awaited_type(value.ty) {
            Some(Ty::VOID) if self.is_async() => value,
            Some(_) if self.is_async() => {
                let span = value.span;
                let value = self.await_promise(value, span);
                self.discard(value)
            }
            _ => self.discard(value),
        }
    }

    /// The type of what is returned: in an async function a promise stands for its value.
    pub(super) fn result_type_of(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        match self.awaited_type(ty) {
            Some(inner) if self.is_async() => self.shallow(inner),
            _ => ty,
        }
    }

    /// A promise that an async function drops: what becomes of it nobody sees.
    pub(super) fn warn_unawaited(&mut self, e: &ast::Expr, value: &Expr) -> bool {
        if !self.is_async() || self.awaited_type(value.ty).is_none() {
            return false;
        }
        let ast::ExprKind::Call { callee, .. } = &super::flow::strip(e).kind else { return false };
        // Whoever adds callbacks has thought of it.
        let is_chain = |name: &str| matches!(name, "then" | "catch" | "finally");
        if matches!(&callee.kind, ast::ExprKind::Field { name, .. } if is_chain(name.name.as_str())) {
            return false;
        }
        let before = Span { end: e.span.start, ..e.span };
        self.report(
            Diagnostic::warning("W0116", e.span, "nobody waits for this promise")
                .label("this goes on while the function does")
                .fix(before, "wait for it", "await ")
                .note("`spawn` starts a task that may be left alone; `let _ = ...` says that it is meant"),
        );
        true
    }

    /// The result that is asked of a closure, as what its body gives: of an async one, what the promise is for.
    pub(super) fn closure_result(&mut self, expected: Option<Ty>, is_async: bool) -> Option<Ty> {
        let expected = expected?;
        if !is_async || self.shallow(expected) == Ty::VOID {
            return Some(expected);
        }
        self.awaited_type(expected)
    }

    /// What an async closure gives: a promise, or nothing where what it gives is dropped.
    pub(super) fn async_result(&mut self, result: Ty, expected: Option<Ty>, span: Span) -> Ty {
        if expected.is_some_and(|expected| self.shallow(expected) == Ty::VOID) {
            return Ty::VOID;
        }
        let result = self.shallow(result);
        let promise = self.cx.promise_of(result, span);
        self.has_errors |= promise == Ty::ERROR;
        promise
    }

    /// An expression as the body of an async closure without parameters.
    pub(super) fn async_block(&mut self, body: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        let promise = hint.and_then(|hint| self.cx.types.promise(hint));
        let hint = promise.map(|promise| self.cx.types.intern(TyKind::Function(Vec::new(), promise)));
        let parts = Parts { params: &[], result: None, body, is_async: true, span };
        self.closure_of(parts, hint, span)
    }
}
