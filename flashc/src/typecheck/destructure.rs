//! Taking values apart into places and names: `(a, b) = (b, a)` and `let p = v else { ... }`.

use super::assign::in_block;
use super::body::{Body, error_expr};
use super::flow::{Flow, strip};
use crate::ast::{self, ExprKind as AstKind, PatternKind as AstPattern};
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{Arm, Expr, ExprKind, LocalId, Pattern, PatternKind, Stmt, StmtKind, Ty, TyKind};

/// What an assignment writes to.
enum Target {
    Place(Expr, Option<LocalId>),
    Parts(Vec<Target>, Span),
    /// `_`
    Nothing,
}

impl<'a> Body<'_, 'a> {
    /// `(a, b) = value`: all of the value is found before the first place is written.
    pub(super) fn destructure(&mut self, target: &'a ast::Expr, value: &'a ast::Expr, span: Span) -> Expr {
        let target = self.destructure_target(target);
        let mut statements = Vec::new();
        let mut writes = Vec::new();
        self.destructure_value(&target, value, &mut statements, &mut writes);
        let mut writes = writes.into_iter();
        self.write_targets(target, &mut writes, &mut statements, span);
        Expr { kind: ExprKind::Block { statements, value: None }, ty: Ty::VOID, span }
    }

    fn destructure_target(&mut self, target: &'a ast::Expr) -> Target {
        match &strip(target).kind {
            AstKind::Tuple(parts) => {
                Target::Parts(parts.iter().map(|part| self.destructure_target(part)).collect(), target.span)
            }
            AstKind::Name(name) if name.as_str() == "_" && self.lookup(*name).is_none() => Target::Nothing,
            _ if self.undeclared(target) => Target::Place(error_expr(target.span), None),
            _ => {
                let (place, local) = self.target(target);
                Target::Place(place, local)
            }
        }
    }

    /// Finds a value for each place, in the order of the text.
    fn destructure_value(
        &mut self,
        target: &Target,
        value: &'a ast::Expr,
        statements: &mut Vec<Stmt>,
        writes: &mut Vec<Expr>,
    ) {
        match (target, &strip(value).kind) {
            (Target::Parts(targets, _), AstKind::Tuple(values)) if targets.len() == values.len() => {
                for (target, value) in targets.iter().zip(values) {
                    self.destructure_value(target, value, statements, writes);
                }
            }
            (Target::Parts(targets, span), _) => {
                let value = self.expr(value, None);
                let value = self.keep(value, "value", statements);
                self.destructure_checked(targets, *span, value, writes);
            }
            (Target::Place(place, _), _) => {
                let ty = place.ty;
                let value = self.check(value, ty);
                writes.push(self.keep(value, "value", statements));
            }
            (Target::Nothing, _) => {
                let value = self.effect(value);
                let span = value.span;
                statements.push(Stmt { kind: StmtKind::Expr(value), span });
            }
        }
    }

    fn destructure_checked(&mut self, targets: &[Target], span: Span, value: Expr, writes: &mut Vec<Expr>) {
        let ty = self.shallow(value.ty);
        let types = match self.cx.types.kind(ty).clone() {
            TyKind::Tuple(types) if types.len() == targets.len() => types,
            TyKind::Error | TyKind::Never => vec![Ty::ERROR; targets.len()],
            _ => {
                let found = self.show(ty);
                let count = targets.len();
                self.report(
                    Diagnostic::error(
                        "E0320",
                        value.span,
                        format!("expected a tuple of {count} values, found `{found}`"),
                    )
                    .secondary(span, "to be taken apart here"),
                );
                vec![Ty::ERROR; targets.len()]
            }
        };
        for (index, (target, ty)) in targets.iter().zip(types).enumerate() {
            let kind = ExprKind::Field { base: Box::new(value.clone()), index: index as u32 };
            let part = Expr { kind, ty, span: value.span };
            match target {
                Target::Parts(inner, span) => self.destructure_checked(inner, *span, part, writes),
                Target::Place(place, _) => {
                    let part = self.coerce(part, place.ty);
                    writes.push(part);
                }
                Target::Nothing => {}
            }
        }
    }

    fn write_targets(
        &mut self,
        target: Target,
        writes: &mut impl Iterator<Item = Expr>,
        statements: &mut Vec<Stmt>,
        span: Span,
    ) {
        match target {
            Target::Parts(targets, _) => {
                targets.into_iter().for_each(|target| self.write_targets(target, writes, statements, span));
            }
            Target::Place(place, local) => {
                let Some(value) = writes.next() else { return };
                if self.shallow(place.ty) == Ty::ERROR || self.shallow(value.ty) == Ty::ERROR {
                    self.has_errors = true;
                    return;
                }
                let ty = value.ty;
                let write = self.store(place, local, value, ty, span);
                statements.push(Stmt { kind: StmtKind::Expr(write), span });
            }
            Target::Nothing => {}
        }
    }

    /// `let p = v else { ... };`: what the pattern binds is there behind it, as the block does not come back.
    pub(super) fn let_else(
        &mut self,
        l: &'a ast::Let,
        otherwise: &'a ast::Block,
        span: Span,
        statements: &mut Vec<Stmt>,
    ) {
        let written = l.ty.as_ref().map(|ty| self.value_type(ty));
        let value = match (&l.value, &l.pattern.kind) {
            // The type of a name is what is left when the value is not null.
            (Some(value), AstPattern::Name { .. }) => {
                let hint = written.map(|ty| self.cx.types.optional(ty));
                self.expr(value, hint)
            }
            (Some(value), _) => match written {
                Some(ty) => self.check(value, ty),
                None => self.expr(value, None),
            },
            (None, _) => return,
        };
        let value = super::assign::not_narrowed(value);
        let value = self.required(value);
        let value_ty = self.shallow(value.ty);
        let before = self.flow().clone();
        let otherwise = self.let_else_block(otherwise, &before);
        *self.flow() = before;
        let narrowed = self.narrowable(&value);
        let pattern = self.let_condition_pattern(&l.pattern, value_ty, l.is_mut);
        self.warn_always_matches(&pattern);
        if super::control::excludes_null(&pattern) {
            self.flow().add_non_null(&narrowed);
        }
        if let (Some(written), PatternKind::Some(inner)) = (written, &pattern.kind)
            && !self.unify(inner.ty, written)
        {
            let (found, wanted) = (self.show(inner.ty), self.show(written));
            self.error("E0320", value.span, format!("expected `{wanted}`, found `{found}`"));
        }
        let done = super::body::void_expr(span);
        let mut arms = vec![Arm { pattern, guard: None, body: done }];
        if !self.irrefutable(&arms[0].pattern) {
            let rest = Pattern { kind: PatternKind::Wildcard, ty: value_ty, span };
            arms.push(Arm { pattern: rest, guard: None, body: otherwise });
        }
        let matched = Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty: Ty::VOID, span };
        statements.push(Stmt { kind: StmtKind::Expr(matched), span });
    }

    /// The block behind `else`, which must leave.
    pub(super) fn let_else_block(&mut self, block: &'a ast::Block, before: &Flow) -> Expr {
        *self.flow() = before.clone();
        let otherwise = self.block(block, None);
        if !self.flow().dead && self.shallow(otherwise.ty) != Ty::NEVER && !before.dead {
            self.report(
                Diagnostic::error("E0364", block.span, "the `else` of a `let` must leave")
                    .label("its end can be reached, where the names have no value")
                    .note("end it with `return`, `break`, `continue`, `throw` or a call that does not come back"),
            );
        }
        let span = otherwise.span;
        match self.shallow(otherwise.ty) {
            Ty::NEVER | Ty::VOID => otherwise,
            _ => in_block(vec![Stmt { kind: StmtKind::Expr(otherwise), span }], super::body::void_expr(span)),
        }
    }
}
