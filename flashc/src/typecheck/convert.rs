//! Conversions: implicit ones (widening, wrapping in an optional, `never` to anything), the common
//! type of branches, and `as`.

use super::body::Body;
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, ExprKind, FloatTy, Stmt, StmtKind, Ty, TyKind};

/// Whether every value of number type `from` is one of `to`, so that the conversion is implicit.
pub(super) fn is_lossless(from: &TyKind, to: &TyKind) -> bool {
    match (from, to) {
        (TyKind::Int(a), TyKind::Int(b)) => a != b && (*b).min() <= (*a).min() && (*a).max() <= (*b).max(),
        (TyKind::Int(a), TyKind::Float(FloatTy::F32)) => a.bits() <= 16,
        (TyKind::Int(a), TyKind::Float(FloatTy::F64)) => a.bits() <= 32,
        (TyKind::Float(FloatTy::F32), TyKind::Float(FloatTy::F64)) => true,
        _ => false,
    }
}

impl<'a> Body<'_, 'a> {
    /// The expression, as a value of this type.
    pub(super) fn check(&mut self, expr: &'a ast::Expr, ty: Ty) -> Expr {
        let value = self.expr(expr, Some(ty));
        self.coerce(value, ty)
    }

    /// Makes the value one of the type `to`, or reports that it is not.
    pub(super) fn coerce(&mut self, value: Expr, to: Ty) -> Expr {
        match self.try_coerce(value, to) {
            Ok(value) => value,
            Err(value) => {
                self.mismatch(&value, to);
                Expr { ty: Ty::ERROR, ..value }
            }
        }
    }

    /// As `coerce`, but gives the value back when it does not fit.
    pub(super) fn try_coerce(&mut self, value: Expr, to: Ty) -> Result<Expr, Expr> {
        let from = self.shallow(value.ty);
        let to = self.shallow(to);
        if from == to || from == Ty::ERROR || from == Ty::NEVER {
            return Ok(value);
        }
        if to == Ty::ERROR {
            return Ok(Expr { ty: Ty::ERROR, ..value });
        }
        if to == Ty::VOID {
            // A value that nothing asks for; closures passed as `fn(T)` may give one.
            return if from == Ty::VOID { Ok(value) } else { Err(value) };
        }
        if self.unify(from, to) {
            return Ok(value);
        }
        let (from_kind, to_kind) = (self.cx.types.kind(from), self.cx.types.kind(to));
        if is_lossless(from_kind, to_kind) {
            return Ok(self.widen(value, to));
        }
        if self.is_dynamic(to) {
            return self.interface_value(value, to);
        }
        if let TyKind::Optional(inner) = *to_kind {
            if matches!(from_kind, TyKind::Optional(_)) {
                return Err(value);
            }
            let value = self.try_coerce(value, inner)?;
            let span = value.span;
            return Ok(Expr { kind: ExprKind::Wrap(Box::new(value)), ty: to, span });
        }
        Err(value)
    }

    /// The numeric conversion, done at once for constants.
    pub(super) fn widen(&mut self, value: Expr, to: Ty) -> Expr {
        let span = value.span;
        if let ExprKind::Const(constant) = &value.kind {
            let to_float = matches!(self.kind(to), TyKind::Float(_));
            let folded = match constant {
                Const::Int(n) if to_float => Some(Const::Float(*n as f64)),
                Const::Int(n) => Some(Const::Int(*n)),
                Const::Float(x) if to_float => Some(Const::Float(*x)),
                _ => None,
            };
            if let Some(constant) = folded {
                return Expr { kind: ExprKind::Const(constant), ty: to, span };
            }
        }
        Expr { kind: ExprKind::Convert(Box::new(value)), ty: to, span }
    }

    pub(super) fn mismatch(&mut self, value: &Expr, to: Ty) {
        let from = self.deep(value.ty);
        let to = self.deep(to);
        if from == Ty::ERROR || to == Ty::ERROR {
            self.has_errors = true;
            return;
        }
        let (found, wanted) = (self.cx.show(from), self.cx.show(to));
        if matches!(value.kind, ExprKind::Const(Const::Null)) {
            let mut diagnostic = Diagnostic::error("E0320", value.span, format!("a `{wanted}` is never null"))
                .label(format!("a `{wanted}` is expected here"))
                .note(format!("one that may be missing has the type `{wanted}?`"));
            if let Some(place) = self.written_type.filter(|_| to != Ty::VOID) {
                diagnostic = diagnostic.fix(place.after(), format!("write `{wanted}?`"), "?");
            }
            return self.report(diagnostic);
        }
        let message = if from == Ty::VOID {
            format!("this gives no value, but a `{wanted}` is expected")
        } else if to == Ty::VOID {
            format!("no value is expected here, but this gives a `{found}`")
        } else {
            format!("expected `{wanted}`, found `{found}`")
        };
        let mut diagnostic =
            Diagnostic::error("E0320", value.span, message).label(format!("this is of type `{found}`"));
        let (from_kind, to_kind) = (self.cx.types.kind(from).clone(), self.cx.types.kind(to).clone());
        let from_number = self.cx.types.is_numeric(from);
        if self.awaited_type(from).is_some() && matches!(to_kind, TyKind::Function(..)) {
            diagnostic = diagnostic
                .note("a function is expected: name it without `()`, or write `fn() { ... }` around the call");
        } else if self.awaited_type(from).is_some() {
            diagnostic = self.with_await(diagnostic, from, Some((value.span, to)));
        } else if from_number && self.cx.types.is_numeric(to) {
            diagnostic = diagnostic.note(format!("a `{found}` may not fit: write `as {wanted}` to convert it"));
        } else if to == Ty::STR {
            diagnostic = diagnostic.note("`x.to_str()` and `` `${x}` `` give any value as text");
        } else if to == Ty::BOOL && from_number {
            diagnostic = diagnostic.note("compare it, for example with `!= 0`");
        } else if self.is_dynamic(to) {
            if matches!(from_kind, TyKind::Optional(_)) {
                diagnostic = diagnostic.note("it may be null: test it, use `??`, or write `!` behind it");
            } else {
                diagnostic = diagnostic.note(format!("`impl {wanted} for {found} {{ ... }}` makes it one"));
            }
        } else if let TyKind::Optional(inner) = from_kind {
            if inner == to {
                diagnostic = diagnostic.note("it may be null: test it, use `??`, or write `!` behind it");
                if let Some(note) = self.changing_field(value) {
                    diagnostic = diagnostic.note(note);
                }
            }
        } else if self.is_dynamic(from) && self.fits_interface(to, from) {
            diagnostic = diagnostic.note(format!("`if x is {wanted}` and `match` find out whether it is one"));
        } else if let (TyKind::Record(has), TyKind::Record(wants)) = (&from_kind, &to_kind)
            && let Some((name, _)) = wants.iter().find(|(name, _)| has.iter().all(|(n, _)| n != name))
        {
            diagnostic = diagnostic.note(format!("the field `{name}` is missing"));
        } else if let (TyKind::Record(has), TyKind::Record(wants)) = (&from_kind, &to_kind)
            && let Some((name, _)) = has.iter().find(|(name, _)| wants.iter().all(|(n, _)| n != name))
        {
            diagnostic = diagnostic.note(format!("it has a field `{name}` that is not expected"));
        } else if let TyKind::Pointer(target) = to_kind
            && target == from
        {
            diagnostic = diagnostic.note("write `&` before it to pass its address");
        } else if let TyKind::Pointer(target) = from_kind
            && target == to
        {
            diagnostic = diagnostic.note("write `*` before it to read what it points to");
        }
        self.report(diagnostic);
    }

    /// Drops a value where none is asked for.
    pub(super) fn discard(&mut self, value: Expr) -> Expr {
        let ty = self.shallow(value.ty);
        if ty == Ty::VOID || ty == Ty::NEVER || ty == Ty::ERROR {
            return value;
        }
        let span = value.span;
        // A block's own value is dropped inside it, so that no value of its type is made.
        if let ExprKind::Block { mut statements, value: Some(inner) } = value.kind {
            let inner_span = inner.span;
            statements.push(Stmt { kind: StmtKind::Expr(*inner), span: inner_span });
            return Expr { kind: ExprKind::Block { statements, value: None }, ty: Ty::VOID, span };
        }
        let statement = Stmt { kind: StmtKind::Expr(value), span };
        Expr { kind: ExprKind::Block { statements: vec![statement], value: None }, ty: Ty::VOID, span }
    }

    /// The type that values of both types have, if there is one.
    pub(super) fn join(&mut self, a: Ty, b: Ty) -> Option<Ty> {
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b || b == Ty::NEVER || b == Ty::ERROR {
            return Some(a);
        }
        if a == Ty::NEVER || a == Ty::ERROR {
            return Some(b);
        }
        if self.unify(a, b) {
            return Some(a);
        }
        let (a_kind, b_kind) = (self.cx.types.kind(a).clone(), self.cx.types.kind(b).clone());
        if is_lossless(&a_kind, &b_kind) {
            return Some(b);
        }
        if is_lossless(&b_kind, &a_kind) {
            return Some(a);
        }
        if self.is_dynamic(b) && self.fits_interface(a, b) {
            return Some(b);
        }
        if self.is_dynamic(a) && self.fits_interface(b, a) {
            return Some(a);
        }
        match (a_kind, b_kind) {
            (TyKind::Optional(_), TyKind::Optional(_)) => None,
            (TyKind::Optional(inner), _) if b != Ty::VOID => {
                let joined = self.join(inner, b)?;
                Some(self.cx.types.optional(joined))
            }
            (_, TyKind::Optional(inner)) if a != Ty::VOID => {
                let joined = self.join(a, inner)?;
                Some(self.cx.types.optional(joined))
            }
            _ => None,
        }
    }

    /// Gives all branches one type: the hint if they fit it, else the type they have in common.
    pub(super) fn join_branches(&mut self, branches: Vec<Expr>, hint: Option<Ty>) -> (Vec<Expr>, Ty) {
        if branches.iter().all(|b| self.shallow(b.ty) == Ty::NEVER) {
            return (branches, Ty::NEVER);
        }
        let hint = hint.filter(|&h| h != Ty::VOID && !self.is_unsolved(h));
        if let Some(hint) = hint {
            let void = branches.iter().any(|b| self.shallow(b.ty) == Ty::VOID);
            if !void {
                let coerced = branches.into_iter().map(|b| self.coerce(b, hint)).collect();
                return (coerced, hint);
            }
        }
        let mut joined = Ty::NEVER;
        for branch in &branches {
            match self.join(joined, branch.ty) {
                Some(ty) => joined = ty,
                None if self.shallow(joined) == Ty::VOID || self.shallow(branch.ty) == Ty::VOID => {
                    // One branch gives nothing, so the whole gives nothing.
                    let dropped = branches.into_iter().map(|b| self.discard(b)).collect();
                    return (dropped, Ty::VOID);
                }
                None => {
                    let (first, second) = (self.show(joined), self.show(branch.ty));
                    self.report(
                        Diagnostic::error("E0321", branch.span, format!("the branches give `{first}` and `{second}`"))
                            .label(format!("this gives `{second}`"))
                            .note("all branches must give one type"),
                    );
                    return (branches, Ty::ERROR);
                }
            }
        }
        if self.shallow(joined) == Ty::VOID {
            let dropped = branches.into_iter().map(|b| self.discard(b)).collect();
            return (dropped, Ty::VOID);
        }
        let coerced = branches.into_iter().map(|b| self.coerce(b, joined)).collect();
        (coerced, joined)
    }

    /// `value as T`
    pub(super) fn cast(&mut self, value: &'a ast::Expr, ty: &'a ast::TypeExpr, span: Span) -> Expr {
        let to = self.value_type(ty);
        let literal_hint =
            (super::operator::is_literal(value) && self.cx.types.is_numeric(to) && !self.literal_overflows(value, to))
                .then_some(to);
        // The elements of a literal are made what the array is to hold.
        let is_made = matches!(
            super::flow::strip(value).kind,
            ast::ExprKind::Array(_) | ast::ExprKind::ArrayRepeat { .. } | ast::ExprKind::Tuple(_)
        );
        let value = self.expr(value, literal_hint.or(is_made.then_some(to)));
        let from = self.deep(value.ty);
        if from == to || from == Ty::ERROR || to == Ty::ERROR || from == Ty::NEVER {
            return Expr { ty: to, span, ..value };
        }
        let (from_kind, to_kind) = (self.cx.types.kind(from).clone(), self.cx.types.kind(to).clone());
        let simple = |kind: &TyKind| matches!(kind, TyKind::Int(_) | TyKind::Char | TyKind::Bool);
        let allowed = match (&from_kind, &to_kind) {
            (TyKind::Int(_) | TyKind::Float(_), TyKind::Int(_) | TyKind::Float(_)) => true,
            (TyKind::Char | TyKind::Bool, TyKind::Int(_)) => true,
            (TyKind::Int(_), TyKind::Char) => true,
            (TyKind::Nominal(id, _), TyKind::Int(_)) => self.cx.nominals[id.index()].is_c_like(),
            (TyKind::Pointer(_), TyKind::Pointer(_) | TyKind::Int(_)) | (TyKind::Int(_), TyKind::Pointer(_)) => {
                let integer = |k: &TyKind| matches!(k, TyKind::Int(int) if int.bits() == 64);
                let whole = (!simple(&from_kind) || integer(&from_kind)) && (!simple(&to_kind) || integer(&to_kind));
                if whole {
                    self.require_unsafe(span, "casting between pointers");
                }
                whole
            }
            _ => false,
        };
        if allowed {
            return Expr { kind: ExprKind::Convert(Box::new(value)), ty: to, span };
        }
        // `x as i64?` and the like: what would be implicit may be written.
        match self.try_coerce(value, to) {
            Ok(value) => Expr { span, ..value },
            Err(value) => {
                let (found, wanted) = (self.show(from), self.cx.show(to));
                let mut diagnostic =
                    Diagnostic::error("E0322", span, format!("a `{found}` cannot be converted to `{wanted}`"))
                        .label("`as` converts between numbers, `char`, `bool` and pointers");
                if to == Ty::STR {
                    diagnostic = diagnostic.note("`x.to_str()` and `` `${x}` `` give any value as text");
                } else if from == Ty::STR && self.cx.types.is_numeric(to) {
                    let reads = if to == Ty::F32 { "f64" } else { &wanted };
                    diagnostic = diagnostic.note(format!("`text.to_{reads}()` reads a number, or gives `null`"));
                }
                self.report(diagnostic);
                Expr { ty: to, ..value }
            }
        }
    }

    pub(super) fn require_unsafe(&mut self, span: Span, what: &str) {
        if self.frames.iter().all(|f| f.unsafe_depth == 0) {
            self.report(
                Diagnostic::error("E0323", span, format!("{what} is unsafe"))
                    .label("needs an `unsafe { }` block or an `unsafe fn` around it"),
            );
        }
    }

    /// A `null` of an unknown optional type.
    pub(super) fn null(&mut self, span: Span, hint: Option<Ty>) -> Expr {
        let ty = match hint.map(|h| self.shallow(h)) {
            Some(h) if matches!(self.cx.types.kind(h), TyKind::Optional(_)) => h,
            _ => {
                let inner = self.fresh(Symbol::new("null"), span);
                self.cx.types.optional(inner)
            }
        };
        Expr { kind: ExprKind::Const(Const::Null), ty, span }
    }
}
