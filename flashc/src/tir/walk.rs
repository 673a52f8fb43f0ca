//! Visits every expression of a body.

use super::{Callee, Expr, ExprKind, StmtKind};

/// Calls `f` with the expression and all inside it, parents first.
pub fn each_expr<'a>(expr: &'a Expr, f: &mut impl FnMut(&'a Expr)) {
    f(expr);
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::Zero
        | ExprKind::FunctionValue { .. }
        | ExprKind::Closure { .. }
        | ExprKind::Continue { .. } => {}
        ExprKind::Field { base: e, .. }
        | ExprKind::Deref(e)
        | ExprKind::AddressOf(e)
        | ExprKind::Unary { operand: e, .. }
        | ExprKind::Show(e)
        | ExprKind::Convert(e)
        | ExprKind::Wrap(e)
        | ExprKind::Unwrap(e)
        | ExprKind::Narrow(e)
        | ExprKind::ToInterface(e)
        | ExprKind::IsType { value: e, .. }
        | ExprKind::Downcast(e)
        | ExprKind::IsNull(e)
        | ExprKind::Labelled { body: e, .. }
        | ExprKind::Throw(e)
        | ExprKind::Await(e) => each_expr(e, f),
        ExprKind::Index { base: a, index: b }
        | ExprKind::Assign { target: a, value: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::Compare { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce { value: a, default: b }
        | ExprKind::Repeat { value: a, count: b } => {
            each_expr(a, f);
            each_expr(b, f);
        }
        ExprKind::Concat(es) | ExprKind::Tuple(es) | ExprKind::Array(es) | ExprKind::Variant { fields: es, .. } => {
            es.iter().for_each(|e| each_expr(e, f));
        }
        ExprKind::New(fields) => fields.iter().for_each(|(_, e)| each_expr(e, f)),
        ExprKind::Call { callee, args } => {
            if let Callee::Value(value) = callee {
                each_expr(value, f);
            }
            args.iter().for_each(|e| each_expr(e, f));
        }
        ExprKind::Block { statements, value } => {
            for stmt in statements {
                match &stmt.kind {
                    StmtKind::Let { value: e, .. } | StmtKind::Expr(e) | StmtKind::Defer(e) => each_expr(e, f),
                    StmtKind::Declare(_) => {}
                }
            }
            value.iter().for_each(|e| each_expr(e, f));
        }
        ExprKind::If { condition, then, otherwise } => {
            each_expr(condition, f);
            each_expr(then, f);
            otherwise.iter().for_each(|e| each_expr(e, f));
        }
        ExprKind::Match { value, arms } => {
            each_expr(value, f);
            for arm in arms {
                arm.guard.iter().for_each(|e| each_expr(e, f));
                each_expr(&arm.body, f);
            }
        }
        ExprKind::Loop { body, step, .. } => {
            each_expr(body, f);
            step.iter().for_each(|e| each_expr(e, f));
        }
        ExprKind::Break { value, .. } | ExprKind::Return(value) => value.iter().for_each(|e| each_expr(e, f)),
        ExprKind::Try { body, catches, finally } => {
            each_expr(body, f);
            catches.iter().for_each(|catch| each_expr(&catch.body, f));
            finally.iter().for_each(|e| each_expr(e, f));
        }
    }
}
