//! Results that are not written: what all `return`s and the end of a body give, as one type.

use super::body::{Body, FrameResult};
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::walk::each_expr_mut;
use crate::tir::{Expr, ExprKind, Ty};

impl<'a> Body<'_, 'a> {
    /// A `return` where the result is being found: remembers what it gives.
    pub(super) fn note_return(&mut self, ty: Ty, span: Span) {
        let ty = self.result_type_of(ty);
        if ty != Ty::NEVER {
            self.frame().returned.push((ty, span));
        }
    }

    /// What later `return`s would like to be: what the earlier ones are.
    pub(super) fn return_hint(&mut self) -> Option<Ty> {
        let first = self.frame().returned.first()?.0;
        Some(first).filter(|&ty| ty != Ty::VOID && !self.is_unsolved(ty))
    }

    /// Finds the result from the `return`s in the body and what its end gives, and fits both to it.
    /// `expected` is used when the body never gives anything.
    pub(super) fn infer_result(&mut self, mut value: Expr, span: Span, expected: Option<Ty>) -> Expr {
        let returned = std::mem::take(&mut self.frame().returned);
        let end_ty = self.result_type_of(value.ty);
        if returned.is_empty() {
            let ty = match (end_ty, expected) {
                (Ty::NEVER, Some(expected)) => {
                    self.never_vars.push(expected);
                    expected
                }
                (ty, _) => ty,
            };
            self.frame().result = FrameResult::Known(ty);
            return value;
        }
        let gives_nothing = returned.iter().all(|&(ty, _)| ty == Ty::VOID);
        let result = if gives_nothing { Ty::VOID } else { self.join_returns(&returned, end_ty, value.span) };
        self.frame().result = FrameResult::Known(result);
        if result != Ty::VOID && result != Ty::ERROR {
            each_expr_mut(&mut value, &mut |expr| {
                if let ExprKind::Return(Some(inner)) = &mut expr.kind {
                    let placeholder = super::body::error_expr(inner.span);
                    let given = std::mem::replace(&mut **inner, placeholder);
                    **inner = self.coerce_result(given, result);
                }
            });
        }
        self.function_value(value, span)
    }

    fn join_returns(&mut self, returned: &[(Ty, Span)], end: Ty, end_span: Span) -> Ty {
        let mut joined = Ty::NEVER;
        let mut first = None;
        let end = Some((end, end_span)).filter(|&(ty, _)| ty != Ty::VOID && ty != Ty::NEVER);
        for (ty, span) in returned.iter().copied().chain(end) {
            if ty == Ty::VOID {
                let (_, value) = *returned.iter().find(|(ty, _)| *ty != Ty::VOID).unwrap_or(&(ty, span));
                self.report(
                    Diagnostic::error("E0320", span, "`return` needs a value")
                        .label("gives nothing")
                        .secondary(value, "this one gives a value"),
                );
                return Ty::ERROR;
            }
            match self.join(joined, ty) {
                Some(ty) => joined = ty,
                None => {
                    let (before, found) = (self.show(joined), self.show(ty));
                    let diagnostic =
                        Diagnostic::error("E0321", span, format!("this function gives `{before}` and `{found}`"))
                            .label(format!("this gives `{found}`"))
                            .note("write its result, `-> T`, or make all of them one type");
                    self.report(match first {
                        Some(first) => diagnostic.secondary(first, format!("this gives `{before}`")),
                        None => diagnostic,
                    });
                    return Ty::ERROR;
                }
            }
            first = first.or(Some(span));
        }
        self.shallow(joined)
    }
}
