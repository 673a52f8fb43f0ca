//! Assignment, simple and compound.

use super::body::{Binding, Body};
use super::condition::global_fact;
use super::entity::Entity;
use super::flow::strip;
use super::operator::arithmetic_op;
use crate::ast::{self, BinaryOp, ExprKind as AstKind};
use crate::diagnostics::{Diagnostic, nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Expr, ExprKind, LocalId, Stmt, StmtKind, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    pub(super) fn assign(
        &mut self,
        op: Option<BinaryOp>,
        op_span: Span,
        target: &'a ast::Expr,
        value: &'a ast::Expr,
        span: Span,
    ) -> Expr {
        if let (None, AstKind::Name(name)) = (op, &strip(target).kind)
            && name.as_str() == "_"
            && self.lookup(*name).is_none()
        {
            return self.effect(value);
        }
        match op {
            None => self.simple_assign(target, value, span),
            Some(op) => self.compound_assign(op, op_span, target, value, span),
        }
    }

    /// A name as a place: not narrowed, and perhaps without a value yet.
    pub(super) fn raw_name(&mut self, name: Symbol, span: Span) -> Expr {
        match self.lookup(name) {
            Some(Binding::Local { frame, id }) => self.local_place(frame, id, span).1,
            _ => not_narrowed(self.name(name, None, span)),
        }
    }

    /// The place that is assigned to; a local is not used by that.
    pub(super) fn target(&mut self, target: &'a ast::Expr) -> (Expr, Option<LocalId>) {
        let stripped = strip(target);
        let AstKind::Name(name) = stripped.kind else {
            return (self.expr(target, None), None);
        };
        match self.lookup(name) {
            Some(Binding::Local { frame, id }) => {
                let was_used = self.frames[frame].infos[id.index()].used;
                let (here, place) = self.local_place(frame, id, target.span);
                self.frames[frame].infos[id.index()].used = was_used;
                (place, Some(here))
            }
            Some(Binding::Item(Entity::Const(_))) => {
                self.report(
                    Diagnostic::error("E0340", target.span, format!("cannot assign to the constant `{name}`"))
                        .label("its value is fixed when compiling"),
                );
                (super::body::error_expr(target.span), None)
            }
            _ => (not_narrowed(self.name(name, None, target.span)), None),
        }
    }

    /// `x = 5` where there is no `x`: most likely its declaration.
    pub(super) fn undeclared(&mut self, target: &'a ast::Expr) -> bool {
        let AstKind::Name(name) = target.kind else { return false };
        if self.lookup(name).is_some() || super::types::builtin(name).is_some() {
            return false;
        }
        let names = self.names.iter().map(|(n, _)| n.as_str());
        let near = nearest(name.as_str(), names).or_else(|| self.cx.nearest_item(self.scope.module, name, false));
        let diagnostic = Diagnostic::error("E0333", target.span, format!("there is no `{name}` here"));
        let diagnostic = match near {
            Some(_) => with_suggestion(diagnostic, target.span, near),
            None => {
                let before = Span { end: target.span.start, ..target.span };
                diagnostic.label("assigned to, but never declared").fix(
                    before,
                    format!("to declare it, write `let mut {name}`"),
                    "let mut ",
                )
            }
        };
        self.report(diagnostic);
        true
    }

    fn simple_assign(&mut self, target: &'a ast::Expr, value: &'a ast::Expr, span: Span) -> Expr {
        if let AstKind::Tuple(_) = strip(target).kind {
            return self.destructure(target, value, span);
        }
        if self.undeclared(target) {
            self.expr(value, None);
            return super::body::error_expr(span);
        }
        self.warn_same_assigned(target, value, span);
        let (place, local) = self.target(target);
        let place_ty = place.ty;
        if self.shallow(place_ty) == Ty::ERROR {
            self.expr(value, None);
            return super::body::error_expr(span);
        }
        match self.assigned_index(&place) {
            Some(Ok(to)) => {
                let value = self.expr(value, Some(to.value));
                return self.assign_index(place, &to, value, span);
            }
            Some(Err(broken)) => {
                self.expr(value, None);
                return broken;
            }
            None => {}
        }
        let value = self.expr(value, Some(place_ty));
        let value_ty = self.shallow(value.ty);
        let value = self.coerce(value, place_ty);
        self.store(place, local, value, value_ty, span)
    }

    /// Writes a value, which was of type `value_ty` before it was fitted to the place.
    pub(super) fn store(&mut self, place: Expr, local: Option<LocalId>, value: Expr, value_ty: Ty, span: Span) -> Expr {
        let place_ty = place.ty;
        if let Some(set) = self.set_for(&place) {
            return self.keyed_assign(set, place, value, span);
        }
        self.check_target(&place, local);
        let fact = match place.kind {
            ExprKind::Global(id) => Some(global_fact(id)),
            _ => local,
        };
        if let Some(fact) = fact {
            self.flow().forget(fact);
            let optional = matches!(self.kind(place_ty), TyKind::Optional(_));
            if optional && !matches!(self.cx.types.kind(value_ty), TyKind::Optional(_) | TyKind::Error) {
                let facts = self.narrowable(&place);
                self.flow().add_non_null(&facts);
            }
        }
        let diverges = value_ty == Ty::NEVER;
        let kind = ExprKind::Assign { op: None, target: Box::new(place), value: Box::new(value) };
        Expr { kind, ty: if diverges { Ty::NEVER } else { Ty::VOID }, span }
    }

    /// The place may be written: it is mutable, or a variable that gets its first value.
    fn check_target(&mut self, place: &Expr, local: Option<LocalId>) {
        if let Some(id) = local {
            let declared_empty = self.frame().locals[id.index()].is_mut || !self.is_deferred(id);
            self.flow().set_assigned(id);
            if !declared_empty {
                // `let x: T;` takes its value once: what the loops around do is known at their ends.
                if self.flow().settle(id) {
                    self.already_assigned(id, place.span);
                } else {
                    self.note_assigned(id, place.span);
                }
                return;
            }
        }
        self.require_mutable(place, "assign to");
    }

    /// A variable takes its only value inside of the loops that stand between its declaration and here.
    fn note_assigned(&mut self, id: LocalId, span: Span) {
        let frame = self.frame();
        if frame.flow.dead {
            return;
        }
        let outside = frame.infos[id.index()].deferred.unwrap_or(0) as usize;
        for l in frame.loops.iter_mut().skip(outside) {
            l.assigned.push((id, span));
        }
    }

    pub(super) fn already_assigned(&mut self, id: LocalId, span: Span) {
        let local = &self.frame().locals[id.index()];
        let (name, declared) = (local.name, local.span);
        let start = Span { end: declared.start, ..declared };
        self.report(
            Diagnostic::error("E0340", span, format!("`{name}` may already have its value, and is not `mut`"))
                .fix(start, "write `let mut`", "mut ")
                .secondary(declared, "declared here, without `mut`"),
        );
    }

    fn compound_assign(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        target: &'a ast::Expr,
        value: &'a ast::Expr,
        span: Span,
    ) -> Expr {
        let (place, local) = self.target(target);
        let place_ty = self.shallow(place.ty);
        if place_ty == Ty::ERROR {
            self.expr(value, None);
            return super::body::error_expr(span);
        }
        if let Some(id) = local
            && self.flow().is_unassigned(id)
        {
            let name = self.frame().locals[id.index()].name;
            self.report(
                Diagnostic::error("E0331", place.span, format!("`{name}` may not have a value yet")).label("read here"),
            );
            self.flow().set_assigned(id);
        }
        match self.assigned_index(&place) {
            Some(Ok(to)) if !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce) => {
                let mut statements = Vec::new();
                let place = self.stable_index(place, &mut statements);
                let value = self.expr(value, Some(place_ty));
                let value = self.apply_binary(op, op_span, place.clone(), value, span);
                let call = self.assign_index(place, &to, value, span);
                return in_block(statements, call);
            }
            Some(Err(broken)) => {
                self.expr(value, None);
                return broken;
            }
            _ => {}
        }
        self.require_mutable(&place, "assign to");
        if matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce) {
            return self.logical_assign(op, op_span, place, value, span);
        }
        let is_shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr | BinaryOp::Ushr);
        // Anything can be added to a text.
        let hint = Some(place_ty).filter(|&ty| !is_shift && ty != Ty::STR);
        let value = self.expr(value, hint);
        if place_ty == Ty::STR && op == BinaryOp::Add {
            return self.twice(place, span, |body, read| body.concat(read, value, span));
        }
        let number = self.cx.types.is_numeric(place_ty);
        let tir_op = arithmetic_op(op).filter(|_| number);
        let Some(tir_op) = tir_op else {
            return self.twice(place, span, |body, read| body.apply_binary(op, op_span, read, value, span));
        };
        // Bits and shifts are the integers' alone.
        let integers_only = is_shift || matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor);
        if integers_only && self.cx.types.as_int(place_ty).is_none() {
            let (l, r, text) = (self.show(place_ty), self.show(value.ty), op.text());
            return self.error("E0326", op_span, format!("`{text}=` does not apply to `{l}` and `{r}`"));
        }
        let value = if is_shift { self.shift_count(value, place_ty) } else { self.coerce(value, place_ty) };
        let kind = ExprKind::Assign { op: Some(tir_op), target: Box::new(place), value: Box::new(value) };
        Expr { kind, ty: Ty::VOID, span }
    }

    fn shift_count(&mut self, value: Expr, ty: Ty) -> Expr {
        let found = self.shallow(value.ty);
        if found == ty {
            return value;
        }
        if self.cx.types.as_int(found).is_none() {
            return self.coerce(value, ty);
        }
        let span = value.span;
        Expr { kind: ExprKind::Convert(Box::new(value)), ty, span }
    }

    /// `place = f(place)`, with what is inside the place evaluated once.
    fn twice(&mut self, place: Expr, span: Span, f: impl FnOnce(&mut Self, Expr) -> Expr) -> Expr {
        let mut statements = Vec::new();
        let place = self.stable_place(place, &mut statements);
        let value = f(self, place.clone());
        let value = self.coerce(value, place.ty);
        let kind = ExprKind::Assign { op: None, target: Box::new(place), value: Box::new(value) };
        let assign = Expr { kind, ty: Ty::VOID, span };
        in_block(statements, assign)
    }

    /// `a ??= b`, `a &&= b`, `a ||= b`
    fn logical_assign(&mut self, op: BinaryOp, op_span: Span, place: Expr, value: &'a ast::Expr, span: Span) -> Expr {
        let mut statements = Vec::new();
        let place = self.stable_place(place, &mut statements);
        let ty = self.shallow(place.ty);
        let inner = match (op, self.cx.types.kind(ty)) {
            (BinaryOp::Coalesce, TyKind::Optional(inner)) => *inner,
            (BinaryOp::And | BinaryOp::Or, TyKind::Bool) => Ty::BOOL,
            _ => {
                let (found, text) = (self.show(ty), op.text());
                self.expr(value, None);
                return self.error("E0326", op_span, format!("`{text}=` does not apply to a `{found}`"));
            }
        };
        let before = self.flow().clone();
        let value = self.expr(value, Some(inner));
        let found = self.shallow(value.ty);
        let value = self.coerce(value, ty);
        let after = std::mem::take(self.flow());
        *self.flow() = before.join(after);
        let test = match op {
            BinaryOp::Coalesce => Expr { kind: ExprKind::IsNull(Box::new(place.clone())), ty: Ty::BOOL, span },
            BinaryOp::And => place.clone(),
            _ => super::operator::not(place.clone()),
        };
        if op == BinaryOp::Coalesce && !matches!(self.cx.types.kind(found), TyKind::Optional(_)) {
            let facts = self.narrowable(&place);
            self.flow().add_non_null(&facts);
        }
        let assign = ExprKind::Assign { op: None, target: Box::new(place), value: Box::new(value) };
        let then = Box::new(Expr { kind: assign, ty: Ty::VOID, span });
        let kind = ExprKind::If { condition: Box::new(test), then, otherwise: None };
        in_block(statements, Expr { kind, ty: Ty::VOID, span })
    }
}

/// The place behind what is known of it.
pub(super) fn not_narrowed(value: Expr) -> Expr {
    match value.kind {
        ExprKind::Narrow(inner) | ExprKind::Downcast(inner) => not_narrowed(*inner),
        _ => value,
    }
}

/// The statements, then the expression.
pub(super) fn in_block(mut statements: Vec<Stmt>, last: Expr) -> Expr {
    if statements.is_empty() {
        return last;
    }
    let (ty, span) = (last.ty, last.span);
    if ty == Ty::VOID || ty == Ty::NEVER {
        statements.push(Stmt { kind: StmtKind::Expr(last), span });
        return Expr { kind: ExprKind::Block { statements, value: None }, ty, span };
    }
    Expr { kind: ExprKind::Block { statements, value: Some(Box::new(last)) }, ty, span }
}
