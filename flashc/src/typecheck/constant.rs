//! Constants: `const` items, array sizes and patterns, evaluated while compiling.

use super::Checker;
use super::body::{Frame, FrameResult};
use super::entity::{ConstId, ItemScope, State};
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{self, Const, Expr, Ty};
use rustc_hash::FxHashSet;
use std::rc::Rc;

impl<'a> Checker<'a> {
    /// Type and value of a `const`. `None` when it has none, which has been reported.
    pub(super) fn const_value(&mut self, id: ConstId) -> Option<(Ty, Const)> {
        let info = &mut self.consts[id.index()];
        match info.state {
            State::Done => info.value.clone(),
            State::Checking => {
                let name = info.ast.name;
                info.state = State::Done;
                self.error("E0501", name.span, format!("the constant `{}` needs its own value", name.name));
                None
            }
            State::Pending => {
                info.state = State::Checking;
                let (ast, scope) = (info.ast, info.scope.clone());
                let ty = ast.ty.as_ref().map(|ty| self.value_type(&scope, ty));
                let value = if ty == Some(Ty::ERROR) { None } else { self.evaluate(&scope, &ast.value, ty, true) };
                let info = &mut self.consts[id.index()];
                info.state = State::Done;
                info.value = value;
                info.value.clone()
            }
        }
    }

    /// The value of an expression that must be known when compiling.
    pub(super) fn constant_expr(
        &mut self,
        scope: &ItemScope,
        expr: &'a ast::Expr,
        hint: Option<Ty>,
    ) -> Option<(Ty, Const)> {
        let scope = Rc::new(ItemScope {
            module: scope.module,
            generics: scope.generics.clone(),
            self_ty: scope.self_ty,
            nested: scope.nested.clone(),
        });
        self.evaluate(&scope, expr, hint, false)
    }

    fn evaluate(
        &mut self,
        scope: &Rc<ItemScope>,
        expr: &'a ast::Expr,
        ty: Option<Ty>,
        coerce: bool,
    ) -> Option<(Ty, Const)> {
        let mut body = self.body(scope, None);
        body.frames.push(Frame::new(FrameResult::TopLevel, Rc::new(FxHashSet::default()), body.names.len()));
        let mut value = match ty {
            Some(ty) if coerce => body.check(expr, ty),
            hint => body.expr(expr, hint),
        };
        body.finish(&mut value);
        let has_errors = body.has_errors;
        body.publish_closures();
        if has_errors || value.ty == Ty::ERROR {
            return None;
        }
        if value.ty == Ty::VOID {
            self.error("E0328", expr.span, "a constant needs a value");
            return None;
        }
        match self.fold(&value) {
            Ok(constant) => Some((value.ty, constant)),
            Err(error) => {
                let (span, words) = *error;
                self.report(Diagnostic::error("E0502", span, words).label("not known when compiling"));
                None
            }
        }
    }

    /// Evaluates a checked expression.
    pub(super) fn fold(&mut self, value: &Expr) -> Result<Const, Box<(Span, String)>> {
        fold_simple(self, value)
    }
}

fn fold_simple(cx: &Checker<'_>, value: &Expr) -> Result<Const, Box<(Span, String)>> {
    use crate::tir::{BinaryOp, ExprKind, UnaryOp};
    let no = |span: Span| Box::new((span, "this cannot be evaluated when compiling".to_owned()));
    match &value.kind {
        ExprKind::Const(c) => Ok(c.clone()),
        ExprKind::Wrap(inner) => Ok(Const::Some(Box::new(fold_simple(cx, inner)?))),
        ExprKind::Tuple(parts) => {
            Ok(Const::Aggregate(parts.iter().map(|p| fold_simple(cx, p)).collect::<Result<_, _>>()?))
        }
        ExprKind::Array(parts) if matches!(cx.types.kind(value.ty), tir::TyKind::FixedArray(..)) => {
            Ok(Const::Aggregate(parts.iter().map(|p| fold_simple(cx, p)).collect::<Result<_, _>>()?))
        }
        ExprKind::New(fields) => {
            let mut parts = vec![Const::Void; fields.len()];
            for (index, field) in fields {
                if let Some(part) = parts.get_mut(*index as usize) {
                    *part = fold_simple(cx, field)?;
                }
            }
            Ok(Const::Aggregate(parts))
        }
        ExprKind::Convert(inner) => {
            let from = fold_simple(cx, inner)?;
            match (from, cx.types.kind(value.ty)) {
                (Const::Int(n), tir::TyKind::Int(int)) => Ok(Const::Int(int.wrap(n))),
                (Const::Int(n), tir::TyKind::Float(tir::FloatTy::F64)) => Ok(Const::Float(n as f64)),
                (Const::Int(n), tir::TyKind::Float(tir::FloatTy::F32)) => Ok(Const::Float(f64::from(n as f32))),
                (Const::Float(x), tir::TyKind::Float(tir::FloatTy::F64)) => Ok(Const::Float(x)),
                (Const::Float(x), tir::TyKind::Float(tir::FloatTy::F32)) => Ok(Const::Float(f64::from(x as f32))),
                (Const::Float(x), tir::TyKind::Int(int)) => {
                    Ok(Const::Int((x as i128).clamp((*int).min(), (*int).max())))
                }
                (Const::Char(c), tir::TyKind::Int(int)) => Ok(Const::Int(int.wrap(i128::from(u32::from(c))))),
                (Const::Bool(b), tir::TyKind::Int(_)) => Ok(Const::Int(i128::from(b))),
                _ => Err(no(value.span)),
            }
        }
        ExprKind::Unary { op, operand } => match (op, fold_simple(cx, operand)?, cx.types.as_int(value.ty)) {
            (UnaryOp::Neg, Const::Int(n), Some(int)) => Ok(Const::Int(int.wrap(-n))),
            (UnaryOp::BitNot, Const::Int(n), Some(int)) => Ok(Const::Int(int.wrap(!n))),
            (UnaryOp::Neg, Const::Float(x), _) => Ok(Const::Float(-x)),
            (UnaryOp::Not, Const::Bool(b), _) => Ok(Const::Bool(!b)),
            _ => Err(no(value.span)),
        },
        ExprKind::Binary { op, left, right } => {
            let (l, r) = (fold_simple(cx, left)?, fold_simple(cx, right)?);
            match (l, r, cx.types.as_int(value.ty)) {
                (Const::Int(a), Const::Int(b), Some(int)) => {
                    let count = (b as u32) & (int.bits() - 1);
                    let n = match op {
                        BinaryOp::Add => a + b,
                        BinaryOp::Sub => a - b,
                        BinaryOp::Mul => a.wrapping_mul(b),
                        BinaryOp::Div | BinaryOp::Rem if b == 0 => {
                            return Err(Box::new((value.span, "division by zero".to_owned())));
                        }
                        BinaryOp::Div => a / b,
                        BinaryOp::Rem => a % b,
                        BinaryOp::And => a & b,
                        BinaryOp::Or => a | b,
                        BinaryOp::Xor => a ^ b,
                        BinaryOp::Shl => a << count,
                        BinaryOp::Shr => a >> count,
                        BinaryOp::Ushr => (a & ((1 << int.bits()) - 1)) >> count,
                    };
                    Ok(Const::Int(int.wrap(n)))
                }
                (Const::Float(a), Const::Float(b), None) => {
                    let x = match op {
                        BinaryOp::Add => a + b,
                        BinaryOp::Sub => a - b,
                        BinaryOp::Mul => a * b,
                        BinaryOp::Div => a / b,
                        BinaryOp::Rem => a % b,
                        _ => return Err(no(value.span)),
                    };
                    let single = matches!(cx.types.kind(value.ty), tir::TyKind::Float(tir::FloatTy::F32));
                    Ok(Const::Float(if single { f64::from(x as f32) } else { x }))
                }
                _ => Err(no(value.span)),
            }
        }
        _ => Err(no(value.span)),
    }
}
