//! Puts the solutions of inference variables into a finished tree.

use super::body::Body;
use crate::tir::{Body as TirBody, Callee, Const, Expr, ExprKind, Function, Pattern, PatternKind, Stmt, StmtKind};

impl Body<'_, '_> {
    pub(super) fn zonk_function(&mut self, function: &mut Function) {
        function.result = self.deep(function.result);
        for local in &mut function.locals {
            local.ty = self.deep(local.ty);
        }
        if let TirBody::Flash(value) = &mut function.body {
            self.zonk_expr(value);
        }
    }

    pub(super) fn zonk_expr(&mut self, expr: &mut Expr) {
        expr.ty = self.deep(expr.ty);
        match &mut expr.kind {
            ExprKind::Const(Const::Int(n)) if self.cx.types.is_float(expr.ty) => {
                // An integer literal whose type was told later.
                expr.kind = ExprKind::Const(Const::Float(*n as f64));
            }
            ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::Global(_)
            | ExprKind::Zero
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
            | ExprKind::Downcast(e)
            | ExprKind::IsNull(e)
            | ExprKind::Labelled { body: e, .. }
            | ExprKind::Throw(e)
            | ExprKind::Await(e) => self.zonk_expr(e),
            ExprKind::IsType { value, ty } => {
                *ty = self.deep(*ty);
                self.zonk_expr(value);
            }
            ExprKind::Index { base: a, index: b }
            | ExprKind::Assign { target: a, value: b, .. }
            | ExprKind::Binary { left: a, right: b, .. }
            | ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::Coalesce { value: a, default: b }
            | ExprKind::Repeat { value: a, count: b } => {
                self.zonk_expr(a);
                self.zonk_expr(b);
            }
            ExprKind::Concat(es) | ExprKind::Tuple(es) | ExprKind::Array(es) | ExprKind::Variant { fields: es, .. } => {
                es.iter_mut().for_each(|e| self.zonk_expr(e));
            }
            ExprKind::New(fields) => fields.iter_mut().for_each(|(_, e)| self.zonk_expr(e)),
            ExprKind::Call { callee, args } => {
                match callee {
                    Callee::Function { type_args, .. } => *type_args = self.deep_all(type_args),
                    Callee::Value(value) => self.zonk_expr(value),
                    Callee::Interface { interface, type_args, .. } => {
                        *interface = self.deep(*interface);
                        *type_args = self.deep_all(type_args);
                    }
                }
                args.iter_mut().for_each(|e| self.zonk_expr(e));
            }
            ExprKind::FunctionValue { type_args, .. } => *type_args = self.deep_all(type_args),
            ExprKind::Block { statements, value } => {
                statements.iter_mut().for_each(|s| self.zonk_stmt(s));
                if let Some(value) = value {
                    self.zonk_expr(value);
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                self.zonk_expr(condition);
                self.zonk_expr(then);
                if let Some(otherwise) = otherwise {
                    self.zonk_expr(otherwise);
                }
            }
            ExprKind::Match { value, arms } => {
                self.zonk_expr(value);
                for arm in arms {
                    self.zonk_pattern(&mut arm.pattern);
                    if let Some(guard) = &mut arm.guard {
                        self.zonk_expr(guard);
                    }
                    self.zonk_expr(&mut arm.body);
                }
            }
            ExprKind::Loop { body, step, .. } => {
                self.zonk_expr(body);
                if let Some(step) = step {
                    self.zonk_expr(step);
                }
            }
            ExprKind::Break { value, .. } | ExprKind::Return(value) => {
                if let Some(value) = value {
                    self.zonk_expr(value);
                }
            }
            ExprKind::Try { body, catches, finally } => {
                self.zonk_expr(body);
                for catch in catches {
                    self.zonk_expr(&mut catch.body);
                }
                if let Some(finally) = finally {
                    self.zonk_expr(finally);
                }
            }
        }
    }

    fn zonk_stmt(&mut self, stmt: &mut Stmt) {
        match &mut stmt.kind {
            StmtKind::Let { pattern, value } => {
                self.zonk_pattern(pattern);
                self.zonk_expr(value);
            }
            StmtKind::Declare(_) => {}
            StmtKind::Expr(e) | StmtKind::Defer(e) => self.zonk_expr(e),
        }
    }

    fn zonk_pattern(&mut self, pattern: &mut Pattern) {
        pattern.ty = self.deep(pattern.ty);
        match &mut pattern.kind {
            PatternKind::Wildcard | PatternKind::Const(_) | PatternKind::Range(..) | PatternKind::Bind(_, None) => {}
            PatternKind::Bind(_, Some(inner)) | PatternKind::Some(inner) | PatternKind::Type(inner) => {
                self.zonk_pattern(inner)
            }
            PatternKind::Tuple(parts) | PatternKind::Or(parts) | PatternKind::Variant { fields: parts, .. } => {
                parts.iter_mut().for_each(|p| self.zonk_pattern(p));
            }
            PatternKind::Fields(fields) => fields.iter_mut().for_each(|(_, p)| self.zonk_pattern(p)),
        }
    }
}
