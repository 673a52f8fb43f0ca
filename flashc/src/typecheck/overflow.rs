//! Warnings about arithmetic on numbers that stand there as literals: what wraps, or always fails.

use super::body::Body;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::eval::int_binary;
use crate::tir::{BinaryOp, Const, Expr, ExprKind, IntTy, Ty, UnaryOp, arith};

/// Operators inside each other that are looked at.
const MAX_DEPTH: u32 = 8;

impl Body<'_, '_> {
    pub(super) fn warn_overflow(&mut self, op: BinaryOp, left: &Expr, right: &Expr, ty: Ty, span: Span) {
        let Some(int) = self.cx.types.as_int(self.shallow(ty)) else { return };
        let Some(b) = known(right, int, 0) else { return };
        // A constant without a value is an error anyway.
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) && b == 0 {
            if self.needer.is_none() {
                return;
            }
            self.report(
                Diagnostic::warning("W0122", span, "this always fails: it divides by zero")
                    .label("throws when it runs"),
            );
            return;
        }
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr | BinaryOp::Ushr) {
            let bits = i128::from(int.bits());
            if !(0..bits).contains(&b) {
                let (name, count) = (int.name(), b.rem_euclid(bits));
                self.report(
                    Diagnostic::warning(
                        "W0121",
                        right.span,
                        format!("an `{name}` has {bits} bits: this shifts by {count}"),
                    )
                    .label(format!("taken modulo {bits}")),
                );
            }
            return;
        }
        let Some(a) = known(left, int, 0) else { return };
        let exact = match op {
            BinaryOp::Add => a.checked_add(b),
            BinaryOp::Sub => a.checked_sub(b),
            BinaryOp::Mul => a.checked_mul(b),
            _ => return,
        };
        let wrapped = int_binary(op, int, a, b);
        if let (Some(exact), Some(wrapped)) = (exact, wrapped)
            && exact != wrapped
        {
            let name = int.name();
            self.report(
                Diagnostic::warning("W0120", span, format!("{exact} does not fit in `{name}`: this gives {wrapped}"))
                    .label("wraps around")
                    .note("a suffix on one of the numbers, as in `1i64`, makes it another type"),
            );
        }
    }
}

/// The value of an integer that is made of literals.
fn known(value: &Expr, int: IntTy, depth: u32) -> Option<i128> {
    if depth > MAX_DEPTH {
        return None;
    }
    match &value.kind {
        ExprKind::Const(Const::Int(value)) => Some(*value),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => Some(arith::neg(int, known(operand, int, depth + 1)?)),
        ExprKind::Binary { op, left, right } => {
            int_binary(*op, int, known(left, int, depth + 1)?, known(right, int, depth + 1)?)
        }
        _ => None,
    }
}
