//! Closures: parameter types from where they are passed, results from their bodies.

use super::awaiting::Waiting;
use super::body::{Body, Frame, FrameResult};
use super::flow;
use super::init::Needer;
use crate::ast::{self, Closure, PatternKind};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{self, Callee, Expr, ExprKind, FuncId, LocalId, Stmt, StmtKind, Ty, TyKind};
use std::rc::Rc;

/// What a closure is written with.
pub(super) struct Parts<'a> {
    pub(super) params: &'a [ast::Param],
    pub(super) result: Option<&'a ast::TypeExpr>,
    pub(super) body: &'a ast::Expr,
    pub(super) is_async: bool,
    pub(super) span: Span,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn closure(&mut self, closure: &'a Closure, hint: Option<Ty>, span: Span) -> Expr {
        let Closure { params, result, body, is_async, span: place } = closure;
        let parts = Parts { params, result: result.as_ref(), body, is_async: *is_async, span: *place };
        self.closure_of(parts, hint, span)
    }

    pub(super) fn closure_of(&mut self, closure: Parts<'a>, hint: Option<Ty>, span: Span) -> Expr {
        let expected = self.expected_function(hint);
        let (mut param_types, wanted) = match expected {
            Some((params, result)) => (params, Some(result)),
            None => (Vec::new(), None),
        };
        let expected_result = self.closure_result(wanted, closure.is_async);
        let written = closure.params.len();
        let mut is_wrong = false;
        if wanted.is_some() && written > param_types.len() {
            let (wanted, plural) = (param_types.len(), if param_types.len() == 1 { "" } else { "s" });
            self.report(
                Diagnostic::error(
                    "E0348",
                    closure.span,
                    format!("a function of {wanted} parameter{plural} is expected"),
                )
                .label(format!("this one has {written}")),
            );
            is_wrong = true;
        }
        let result = match (&closure.result, expected_result) {
            (Some(written), _) => {
                let ty = self.type_expr(written);
                FrameResult::Known(if closure.is_async { self.awaited_type(ty).unwrap_or(ty) } else { ty })
            }
            // Where any function will do, what it gives is dropped.
            (None, Some(result)) if self.shallow(result) == Ty::VOID => FrameResult::Known(Ty::VOID),
            (None, Some(result)) if !self.is_unsolved(result) => FrameResult::Known(result),
            _ => FrameResult::Unknown,
        };
        let mark = self.names.len();
        let mut unstable = self.frame().unstable.as_ref().clone();
        flow::unstable_names(closure.body, &mut unstable);
        let waiting = if closure.is_async { Waiting::Allowed } else { Waiting::NotAsync(closure.span) };
        let frame = Frame::new(result, Rc::new(unstable), mark, waiting);
        self.frames.push(Frame { is_async: closure.is_async, ..frame });
        let mut params = Vec::new();
        let mut prologue = Vec::new();
        for (index, param) in closure.params.iter().enumerate() {
            let hint = param_types.get(index).copied();
            let ty = self.closure_param_type(param, hint, &mut is_wrong);
            match param_types.get_mut(index) {
                Some(slot) => *slot = ty,
                None => param_types.push(ty),
            }
            params.push(self.closure_param(&param.pattern, ty, &mut prologue));
        }
        // As in JavaScript, what a closure does not name it does not get.
        for &ty in &param_types[written.min(param_types.len())..] {
            params.push(self.temp("_", ty, closure.span));
        }
        let value = self.closure_body(closure.body, result, expected_result);
        let value = super::assign::in_block(prologue, value);
        self.leave_scope(mark);
        let Some(frame) = self.frames.pop() else { crate::bug!("typecheck: a closure without a frame") };
        let result = match frame.result {
            FrameResult::Known(ty) => ty,
            FrameResult::Unknown | FrameResult::TopLevel => Ty::VOID,
        };
        let result = if closure.is_async { self.async_result(result, wanted, closure.span) } else { result };
        let ty = self.cx.types.intern(TyKind::Function(param_types, result));
        let ty = if is_wrong { Ty::ERROR } else { ty };
        let (outer, inner): (Vec<LocalId>, Vec<LocalId>) = frame.captures.iter().copied().unzip();
        let attributes = tir::FunctionAttributes { is_async: closure.is_async, ..Default::default() };
        let function = self.closure_function(tir::Function {
            name: self.closure_name(),
            module: self.cx.module_id(self.module()),
            generics: self.scope.generics.clone(),
            params,
            result,
            locals: frame.locals,
            captures: inner,
            body: tir::Body::Flash(value),
            attributes,
            span: closure.span,
        });
        let captured = outer.clone();
        let value = Expr { kind: ExprKind::Closure { function, captures: outer }, ty, span };
        self.with_self_pointer(value, &captured)
    }

    fn expected_function(&self, hint: Option<Ty>) -> Option<(Vec<Ty>, Ty)> {
        match self.kind(hint?) {
            TyKind::Function(params, result) => Some((params.clone(), *result)),
            TyKind::Optional(inner) => self.expected_function(Some(*inner)),
            _ => None,
        }
    }

    fn closure_param_type(&mut self, param: &'a ast::Param, hint: Option<Ty>, is_wrong: &mut bool) -> Ty {
        if param.default.is_some() || param.is_rest {
            let what = if param.is_rest { "rest parameters" } else { "defaults" };
            self.report(
                Diagnostic::error("E0319", param.span, format!("closures have no {what}"))
                    .label("the type `fn(...)` of a value says all that it is called with")
                    .note("a named function can have them"),
            );
        }
        match (&param.ty, hint) {
            (Some(written), hint) => {
                let ty = self.value_type(written);
                if let Some(hint) = hint
                    && !self.unify(ty, hint)
                {
                    *is_wrong = true;
                    let (found, wanted) = (self.show(ty), self.show(hint));
                    self.report(Diagnostic::error(
                        "E0348",
                        param.span,
                        format!("the parameter is a `{wanted}`, not a `{found}`"),
                    ));
                }
                ty
            }
            (None, Some(hint)) => self.shallow(hint),
            (None, None) => {
                let name = match &param.pattern.kind {
                    PatternKind::Name { name, .. } => name.name,
                    _ => Symbol::new("_"),
                };
                self.fresh(name, param.span)
            }
        }
    }

    /// A parameter, which may be a pattern: it is taken apart before the body.
    pub(super) fn closure_param(&mut self, pattern: &'a ast::Pattern, ty: Ty, prologue: &mut Vec<Stmt>) -> LocalId {
        match &pattern.kind {
            PatternKind::Name { .. } | PatternKind::Wildcard => self.declare_param(pattern, ty),
            _ => {
                let local = self.temp("parameter", ty, pattern.span);
                let value = self.local(local, pattern.span);
                let checked = self.binding_pattern(pattern, ty, false);
                let kind = StmtKind::Let { pattern: checked, value };
                prologue.push(Stmt { kind, span: pattern.span });
                local
            }
        }
    }

    fn closure_body(&mut self, body: &'a ast::Expr, result: FrameResult, expected: Option<Ty>) -> Expr {
        let hint = match result {
            FrameResult::Known(ty) => Some(ty),
            _ => None,
        };
        let value = self.expr(body, hint);
        let span = body.span;
        match (result, expected) {
            // The result is a variable: the body tells it.
            (FrameResult::Unknown, Some(_)) => self.infer_result(value, span, expected),
            _ => self.function_value(value, span),
        }
    }

    fn closure_function(&mut self, function: tir::Function) -> FuncId {
        let id = self.cx.reserve_function();
        self.closures.push((id, function));
        id
    }

    /// A closure of type `ty` that passes all its parameters on; what the call gives is dropped where `ty` gives nothing.
    pub(super) fn calling_closure(&mut self, callee: Callee, params: Vec<Ty>, result: Ty, ty: Ty, span: Span) -> Expr {
        let locals: Vec<_> = params.iter().map(|&ty| tir::Local::plain(Symbol::new("_"), ty, span)).collect();
        let ids: Vec<LocalId> = (0..params.len() as u32).map(LocalId).collect();
        let args = ids.iter().zip(&params).map(|(&id, &ty)| Expr { kind: ExprKind::Local(id), ty, span }).collect();
        let mut call = Expr { kind: ExprKind::Call { callee, args }, ty: result, span };
        let mut result = result;
        if matches!(self.kind(ty), TyKind::Function(_, Ty::VOID)) {
            call = self.discard(call);
            result = Ty::VOID;
        }
        let function = self.closure_function(tir::Function {
            name: self.closure_name(),
            module: self.cx.module_id(self.module()),
            generics: self.scope.generics.clone(),
            params: ids,
            result,
            locals,
            captures: Vec::new(),
            body: tir::Body::Flash(call),
            attributes: tir::FunctionAttributes::default(),
            span,
        });
        Expr { kind: ExprKind::Closure { function, captures: Vec::new() }, ty, span }
    }

    fn closure_name(&self) -> String {
        let owner = match self.needer {
            Some(Needer::Function(func)) => self.cx.written.get(&func).map(|id| &self.cx.functions[id.index()]),
            Some(Needer::Statement(..) | Needer::Global(_)) => return "<closure in <top level>>".to_owned(),
            None => None,
        };
        match owner.map(|f| (f.owner, f.ast.name.name)) {
            Some((Some(owner), name)) => format!("<closure in {owner}.{name}>"),
            Some((None, name)) => format!("<closure in {name}>"),
            None => "<closure>".to_owned(),
        }
    }
}
