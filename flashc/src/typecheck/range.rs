//! Ranges: the type of their ends, and what they are as values: structs of `std:range`.

use super::body::{Body, error_expr};
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Expr, Ty, TyKind};

const CLASSES: [&str; 3] = ["Range", "RangeInclusive", "RangeFrom"];

impl<'a> Body<'_, 'a> {
    /// `a..b` where it is not looped over at once.
    pub(super) fn range_value(
        &mut self,
        start: Option<&'a ast::Expr>,
        end: Option<&'a ast::Expr>,
        inclusive: bool,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let Some(start) = start else {
            if let Some(end) = end {
                self.expr(end, None);
            }
            return self.error("E0353", span, "a range that is a value needs a start");
        };
        let hint = self.range_hint(hint);
        match self.range_ends(start, end, hint) {
            Some((first, last, ty)) => self.range_value_of(first, last, inclusive, ty, span),
            None => {
                self.has_errors = true;
                error_expr(span)
            }
        }
    }

    fn range_hint(&self, hint: Option<Ty>) -> Option<Ty> {
        match self.kind(hint?) {
            TyKind::Nominal(id, args) if CLASSES.iter().any(|name| self.std_class(name) == Some(*id)) => {
                args.first().copied().filter(|&ty| !self.is_unsolved(ty))
            }
            TyKind::Optional(inner) => self.range_hint(Some(*inner)),
            _ => None,
        }
    }

    /// The struct that a range is.
    pub(super) fn range_value_of(
        &mut self,
        first: Expr,
        last: Option<Expr>,
        inclusive: bool,
        ty: Ty,
        span: Span,
    ) -> Expr {
        let name = match (&last, inclusive) {
            (None, _) => CLASSES[2],
            (_, true) => CLASSES[1],
            _ => CLASSES[0],
        };
        let Some(class) = self.std_class(name) else {
            return self.not_built(span, "ranges as values without the prelude");
        };
        let Some(make) = self.cx.nominals[class.index()].methods.get(&Symbol::new("new")).copied() else {
            return error_expr(span);
        };
        let args = std::iter::once(first).chain(last).collect();
        self.std_call(make, &[ty], args, span)
    }

    /// Both ends of a range as one type, which can be gone over. Reports what is wrong.
    pub(super) fn range_ends(
        &mut self,
        start: &'a ast::Expr,
        end: Option<&'a ast::Expr>,
        hint: Option<Ty>,
    ) -> Option<(Expr, Option<Expr>, Ty)> {
        // A literal end takes the type of the other.
        let (first, last) = match end {
            Some(end) if super::operator::is_literal(start) && !super::operator::is_literal(end) => {
                let last = self.expr(end, hint);
                let first = self.expr(start, Some(last.ty));
                (first, Some(last))
            }
            Some(end) => {
                let first = self.expr(start, hint);
                let last = self.expr(end, Some(first.ty));
                (first, Some(last))
            }
            None => (self.expr(start, hint), None),
        };
        let last_ty = last.as_ref().map_or(first.ty, |l| l.ty);
        let joined = self.join(first.ty, last_ty);
        let Some(ty) = joined.filter(|&ty| {
            let kind = self.kind(ty);
            matches!(kind, TyKind::Int(_) | TyKind::Char | TyKind::Error)
        }) else {
            let (a, b) = (self.show(first.ty), self.show(last_ty));
            let message = if a == b {
                format!("a range of `{a}` cannot be looped over")
            } else {
                format!("a range from `{a}` to `{b}` cannot be looped over")
            };
            self.report(Diagnostic::error("E0353", first.span, message).label("only ranges of integers and of `char`"));
            return None;
        };
        let ty = self.shallow(ty);
        if ty == Ty::ERROR {
            return None;
        }
        let first = self.coerce(first, ty);
        let last = last.map(|l| self.coerce(l, ty));
        Some((first, last, ty))
    }
}
