//! Puts the solutions of inference variables into a finished tree.

use super::body::Body;
use crate::tir::walk::each_part_mut;
use crate::tir::{Body as TirBody, Callee, Const, Expr, ExprKind, Function, Pattern, PatternKind, StmtKind};

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
            ExprKind::IsType { ty, .. } => *ty = self.deep(*ty),
            ExprKind::FunctionValue { type_args, .. }
            | ExprKind::Call { callee: Callee::Function { type_args, .. }, .. } => {
                *type_args = self.deep_all(type_args)
            }
            ExprKind::Call { callee: Callee::Interface { interface, type_args, .. }, .. } => {
                *interface = self.deep(*interface);
                *type_args = self.deep_all(type_args);
            }
            ExprKind::Block { statements, .. } => {
                for stmt in statements {
                    if let StmtKind::Let { pattern, .. } = &mut stmt.kind {
                        self.zonk_pattern(pattern);
                    }
                }
            }
            ExprKind::Match { arms, .. } => arms.iter_mut().for_each(|arm| self.zonk_pattern(&mut arm.pattern)),
            _ => {}
        }
        each_part_mut(expr, &mut |part| self.zonk_expr(part));
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
