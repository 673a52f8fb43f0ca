//! The parts of an expression, and walks over all expressions of a body: the one list of which variants
//! have which parts.

use super::{Callee, Expr, ExprKind, StmtKind};

/// Defines a function that calls `f` with each direct part of an expression, in the order of evaluation.
macro_rules! parts {
    ($(#[$doc:meta])* $name:ident, $iter:ident $(, $mut:tt)?) => {
        $(#[$doc])*
        pub fn $name<'a>(expr: &'a $($mut)? Expr, f: &mut impl FnMut(&'a $($mut)? Expr)) {
            match & $($mut)? expr.kind {
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
                | ExprKind::Await(e) => f(e),
                ExprKind::Index { base: a, index: b }
                | ExprKind::Assign { target: a, value: b, .. }
                | ExprKind::Binary { left: a, right: b, .. }
                | ExprKind::Compare { left: a, right: b, .. }
                | ExprKind::And(a, b)
                | ExprKind::Or(a, b)
                | ExprKind::Coalesce { value: a, default: b }
                | ExprKind::Repeat { value: a, count: b } => {
                    f(a);
                    f(b);
                }
                ExprKind::Concat(es)
                | ExprKind::Tuple(es)
                | ExprKind::Array(es)
                | ExprKind::Variant { fields: es, .. } => es.$iter().for_each(f),
                ExprKind::New(fields) => fields.$iter().for_each(|(_, e)| f(e)),
                ExprKind::Call { callee, args } => {
                    if let Callee::Value(value) = callee {
                        f(value);
                    }
                    args.$iter().for_each(f);
                }
                ExprKind::Block { statements, value } => {
                    for stmt in statements {
                        match & $($mut)? stmt.kind {
                            StmtKind::Let { value: e, .. } | StmtKind::Expr(e) | StmtKind::Defer(e) => f(e),
                            StmtKind::Declare(_) => {}
                        }
                    }
                    value.$iter().for_each(|e| f(e));
                }
                ExprKind::If { condition, then, otherwise } => {
                    f(condition);
                    f(then);
                    otherwise.$iter().for_each(|e| f(e));
                }
                ExprKind::Match { value, arms } => {
                    f(value);
                    for arm in arms {
                        arm.guard.$iter().for_each(|e| f(e));
                        f(& $($mut)? arm.body);
                    }
                }
                ExprKind::Loop { body, step, .. } => {
                    f(body);
                    step.$iter().for_each(|e| f(e));
                }
                ExprKind::Break { value, .. } | ExprKind::Return(value) => value.$iter().for_each(|e| f(e)),
                ExprKind::Try { body, catches, finally } => {
                    f(body);
                    catches.$iter().for_each(|catch| f(& $($mut)? catch.body));
                    finally.$iter().for_each(|e| f(e));
                }
            }
        }
    };
}

parts!(
    /// The direct parts of an expression.
    each_part,
    iter
);
parts!(
    /// The direct parts of an expression, for changing them.
    each_part_mut,
    iter_mut,
    mut
);

/// Calls `f` with the expression and all inside it, parents first.
pub fn each_expr<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(expr);
    each_part(expr, &mut |part| each_expr(part, f));
}

/// As [`each_expr`], for changing them, parts first.
pub fn each_expr_mut(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    each_part_mut(expr, &mut |part| each_expr_mut(part, f));
    f(expr);
}
