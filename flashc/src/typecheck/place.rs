//! Places: what may be assigned to, and addresses of places.

use super::body::{Body, error_expr};
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{Expr, ExprKind, LocalId, Stmt, Ty, TyKind};

/// Why a place may not be changed.
enum Fixed {
    No,
    Local(LocalId),
    Global(crate::tir::GlobalId),
    /// Another module's.
    Foreign(crate::tir::GlobalId),
    NoPlace,
    Narrowed,
    /// What was made into an interface is read only.
    Boxed,
}

impl<'a> Body<'_, 'a> {
    /// Reports unless the place may be written. `what` says what is about to happen.
    pub(super) fn require_mutable(&mut self, place: &Expr, what: &str) {
        let span = place.span;
        match self.fixed(place) {
            Fixed::No => {}
            Fixed::Local(id) => {
                let local = self.frame().locals[id.index()].clone();
                if local.ty == Ty::ERROR {
                    return;
                }
                let name = local.name;
                let is_self = name.as_str() == "self";
                let start = Span { end: local.span.start, ..local.span };
                let mut diagnostic =
                    Diagnostic::error("E0340", span, format!("cannot {what} `{name}`, which is not `mut`"));
                diagnostic = if is_self {
                    diagnostic.fix(local.span, "write `mut self`", "mut self")
                } else {
                    let is_let = self.cx.graph.sources.file(local.span.file).text[..local.span.start as usize]
                        .trim_end()
                        .ends_with("let");
                    let words = if is_let { "write `let mut`" } else { "write `mut`" };
                    diagnostic.fix(start, words, "mut ")
                };
                self.report(diagnostic.secondary(local.span, "declared here, without `mut`"));
            }
            Fixed::Global(id) => {
                let global = &self.cx.globals[id.index()];
                let (name, declared, same) = (global.name, global.span, self.cx.is_home(global.module, self.module()));
                let mut diagnostic =
                    Diagnostic::error("E0340", span, format!("cannot {what} `{name}`, which is not `mut`"))
                        .secondary(declared, "declared here, without `mut`");
                if same {
                    let start = Span { end: declared.start, ..declared };
                    diagnostic = diagnostic.fix(start, "write `let mut`", "mut ");
                }
                self.report(diagnostic);
            }
            Fixed::Foreign(id) => {
                let global = &self.cx.globals[id.index()];
                let (name, declared) = (global.name, global.span);
                self.report(
                    Diagnostic::error(
                        "E0340",
                        span,
                        format!("cannot {what} `{name}`, which belongs to another module"),
                    )
                    .secondary(declared, "declared here")
                    .note("export a function that does it"),
                );
            }
            Fixed::NoPlace => {
                self.report(
                    Diagnostic::error("E0341", span, format!("cannot {what} this: it is a value, not a place"))
                        .label("a variable, field, element or `*p` is expected"),
                );
            }
            Fixed::Boxed => {
                self.report(
                    Diagnostic::error("E0341", span, format!("cannot {what} a part of a value of an interface type"))
                        .label("copy the value into a `let mut`, change it, and assign it back"),
                );
            }
            Fixed::Narrowed => {
                self.report(
                    Diagnostic::error("E0341", span, format!("cannot {what} a part of an optional value"))
                        .label("copy the value into a `let mut`, change it, and assign it back"),
                );
            }
        }
    }

    fn fixed(&mut self, place: &Expr) -> Fixed {
        if self.shallow(place.ty) == Ty::ERROR {
            return Fixed::No;
        }
        match &place.kind {
            ExprKind::Local(id) => {
                self.note_changed(*id);
                let local = &self.frame().locals[id.index()];
                if local.is_mut || local.is_reference { Fixed::No } else { Fixed::Local(*id) }
            }
            ExprKind::Global(id) => {
                self.note_changed_global(*id);
                let global = &self.cx.globals[id.index()];
                if !self.cx.is_home(global.module, self.scope.module) {
                    Fixed::Foreign(*id)
                } else if global.is_mut {
                    Fixed::No
                } else {
                    Fixed::Global(*id)
                }
            }
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => {
                let ty = self.shallow(base.ty);
                if self.cx.is_copy_by_value(ty) { self.fixed(base) } else { Fixed::No }
            }
            ExprKind::Deref(_) => Fixed::No,
            ExprKind::Narrow(_) => Fixed::Narrowed,
            ExprKind::Downcast(_) => Fixed::Boxed,
            _ => Fixed::NoPlace,
        }
    }

    /// `&place`
    pub(super) fn address_of(&mut self, operand: &'a ast::Expr, span: Span) -> Expr {
        let place = match &super::flow::strip(operand).kind {
            ast::ExprKind::Name(name) => self.raw_name(*name, operand.span),
            _ => self.expr(operand, None),
        };
        if self.shallow(place.ty) == Ty::ERROR {
            return error_expr(span);
        }
        if self.shallow(place.ty) == Ty::VOID {
            return self.error("E0328", span, "this gives no value");
        }
        if !is_place(&place) {
            self.report(
                Diagnostic::error("E0341", place.span, "`&` takes the address of a variable, a field or an element")
                    .label("this is a value")
                    .note("bind it first: `let mut x = ...; f(&x)`"),
            );
            return error_expr(span);
        }
        self.require_mutable(&place, "take the address of");
        self.address(place, span)
    }

    /// The address of a place, which is marked as having it taken.
    pub(super) fn address(&mut self, place: Expr, span: Span) -> Expr {
        self.mark_addressed(&place);
        let ty = self.cx.types.pointer(place.ty);
        match place.kind {
            // `&*p` is `p`.
            ExprKind::Deref(pointer) => Expr { span, ..*pointer },
            _ => Expr { kind: ExprKind::AddressOf(Box::new(place)), ty, span },
        }
    }

    fn mark_addressed(&mut self, place: &Expr) {
        match &place.kind {
            ExprKind::Local(id) => self.frame().locals[id.index()].is_addressed = true,
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => {
                let ty = self.shallow(base.ty);
                if self.cx.is_copy_by_value(ty) {
                    self.mark_addressed(base);
                }
            }
            _ => {}
        }
    }

    /// The place with everything inside it evaluated once, so that it can be written twice.
    pub(super) fn stable_place(&mut self, place: Expr, statements: &mut Vec<Stmt>) -> Expr {
        let (ty, span) = (place.ty, place.span);
        let kind = match place.kind {
            ExprKind::Field { base, index } => {
                let base = Box::new(self.stable_base(*base, statements));
                ExprKind::Field { base, index }
            }
            ExprKind::Index { base, index } => {
                let base = Box::new(self.stable_base(*base, statements));
                let index = Box::new(self.keep(*index, "index", statements));
                ExprKind::Index { base, index }
            }
            ExprKind::Deref(pointer) => ExprKind::Deref(Box::new(self.keep(*pointer, "pointer", statements))),
            other => other,
        };
        Expr { kind, ty, span }
    }

    fn stable_base(&mut self, base: Expr, statements: &mut Vec<Stmt>) -> Expr {
        let ty = self.shallow(base.ty);
        if self.cx.is_copy_by_value(ty) {
            self.stable_place(base, statements)
        } else {
            self.keep(base, "base", statements)
        }
    }

    /// `let x: T;` without `mut`.
    pub(super) fn is_deferred(&mut self, id: LocalId) -> bool {
        self.frame().infos[id.index()].deferred.is_some()
    }

    /// The pointers in front of a value followed: `p.x` and `p[i]` work through pointers.
    pub(super) fn auto_deref(&mut self, mut value: Expr) -> Expr {
        loop {
            let ty = self.shallow(value.ty);
            match *self.cx.types.kind(ty) {
                TyKind::Pointer(target) if target != Ty::VOID => {
                    let span = value.span;
                    value = Expr { kind: ExprKind::Deref(Box::new(value)), ty: target, span };
                }
                _ => return value,
            }
        }
    }
}

pub(super) fn is_place(e: &Expr) -> bool {
    matches!(
        &e.kind,
        ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Index { .. } | ExprKind::Deref(_) | ExprKind::Field { .. }
    )
}
