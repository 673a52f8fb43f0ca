//! Literals, unary and binary operators, comparisons, `??`, `is`.

use super::body::{Body, error_expr};
use super::convert::is_lossless;
use crate::ast::{self, BinaryOp, Literal, UnaryOp};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{self, CompareOp, Const, Expr, ExprKind, FloatTy, IntTy, Ty, TyKind};

/// Whether the expression is a number whose type its surroundings choose.
pub(super) fn is_literal(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ast::ExprKind::Literal(Literal::Int { suffix: None, .. } | Literal::Float { suffix: None, .. }) => true,
        ast::ExprKind::Paren(inner) => is_literal(inner),
        ast::ExprKind::Unary { op: UnaryOp::Neg | UnaryOp::BitNot, operand } => is_literal(operand),
        ast::ExprKind::Binary { op, left, right, .. } => {
            !is_comparison(*op)
                && !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce)
                && is_literal(left)
                && is_literal(right)
        }
        _ => false,
    }
}

/// The type of a literal that nothing asks to be of another.
pub(super) fn default_type(expr: &ast::Expr) -> Ty {
    let mut is_float = false;
    super::flow::visit(expr, &mut |e| {
        is_float |= matches!(e.kind, ast::ExprKind::Literal(Literal::Float { .. }));
        true
    });
    if is_float { Ty::F64 } else { Ty::I32 }
}

/// The value of a literal integer, with its sign.
fn literal_value(expr: &ast::Expr) -> Option<i128> {
    match &expr.kind {
        ast::ExprKind::Literal(Literal::Int { value, .. }) => i128::try_from(*value).ok(),
        ast::ExprKind::Paren(inner) => literal_value(inner),
        ast::ExprKind::Unary { op: UnaryOp::Neg, operand } => literal_value(operand).map(|v| -v),
        _ => None,
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    compare_op(op).is_some()
}

fn compare_op(op: BinaryOp) -> Option<CompareOp> {
    Some(match op {
        BinaryOp::Eq => CompareOp::Eq,
        BinaryOp::Ne => CompareOp::Ne,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::Le => CompareOp::Le,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::Ge => CompareOp::Ge,
        _ => return None,
    })
}

/// The operation on numbers, `None` for comparisons and what short-circuits.
pub(super) fn arithmetic_op(op: BinaryOp) -> Option<tir::BinaryOp> {
    Some(match op {
        BinaryOp::Add => tir::BinaryOp::Add,
        BinaryOp::Sub => tir::BinaryOp::Sub,
        BinaryOp::Mul => tir::BinaryOp::Mul,
        BinaryOp::Div => tir::BinaryOp::Div,
        BinaryOp::Rem => tir::BinaryOp::Rem,
        BinaryOp::BitAnd => tir::BinaryOp::And,
        BinaryOp::BitOr => tir::BinaryOp::Or,
        BinaryOp::BitXor => tir::BinaryOp::Xor,
        BinaryOp::Shl => tir::BinaryOp::Shl,
        BinaryOp::Shr => tir::BinaryOp::Shr,
        BinaryOp::Ushr => tir::BinaryOp::Ushr,
        _ => return None,
    })
}

impl<'a> Body<'_, 'a> {
    pub(super) fn literal(&mut self, literal: &'a Literal, hint: Option<Ty>, span: Span) -> Expr {
        let (constant, ty) = match literal {
            Literal::Int { value, suffix } => return self.int_literal(*value, false, *suffix, hint, span),
            Literal::Float { value, suffix } => return self.float_literal(*value, *suffix, hint, span),
            Literal::Bool(value) => (Const::Bool(*value), Ty::BOOL),
            Literal::Char(value) => (Const::Char(*value), Ty::CHAR),
            Literal::Str(value) => (Const::Str(*value), Ty::STR),
            Literal::Null => return self.null(span, hint),
            Literal::Bytes(bytes) => {
                let byte = |b: &u8| Expr { kind: ExprKind::Const(Const::Int(i128::from(*b))), ty: Ty::U8, span };
                let elements = bytes.iter().map(byte).collect();
                let ty = self.cx.types.array(Ty::U8);
                return Expr { kind: ExprKind::Array(elements), ty, span };
            }
        };
        Expr { kind: ExprKind::Const(constant), ty, span }
    }

    /// The number type that the surroundings ask a literal to take.
    fn literal_hint(&self, hint: Option<Ty>) -> Option<Ty> {
        let mut ty = self.shallow(hint?);
        if let TyKind::Optional(inner) = self.cx.types.kind(ty) {
            ty = self.shallow(*inner);
        }
        self.cx.types.is_numeric(ty).then_some(ty)
    }

    fn int_literal(
        &mut self,
        value: u128,
        negative: bool,
        suffix: Option<Symbol>,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let ty = match suffix {
            Some(suffix) => match super::types::builtin(suffix).filter(|&ty| self.cx.types.is_numeric(ty)) {
                Some(ty) => ty,
                None => {
                    return self.error("E0324", span, format!("`{suffix}` is no number type"));
                }
            },
            None => self.literal_hint(hint).unwrap_or(Ty::I32),
        };
        let Some(int) = self.cx.types.as_int(ty) else {
            let value = if negative { -(value as f64) } else { value as f64 };
            return self.float_const(value, ty, span);
        };
        let signed = i128::try_from(value).ok().map(|v| if negative { -v } else { v });
        match signed.filter(|v| (int.min()..=int.max()).contains(v)) {
            Some(value) => Expr { kind: ExprKind::Const(Const::Int(value)), ty, span },
            None => {
                let name = int.name();
                let mut diagnostic = Diagnostic::error("E0325", span, format!("the number does not fit in `{name}`"))
                    .label(format!("`{name}` holds {} to {}", int.min(), int.max()));
                let wider = [IntTy::I64, IntTy::U64]
                    .into_iter()
                    .find(|w| signed.is_some_and(|v| ((*w).min()..=(*w).max()).contains(&v)));
                if let (Some(wider), None, None) = (wider, suffix, self.literal_hint(hint)) {
                    let name = wider.name();
                    diagnostic =
                        diagnostic.fix(span.after(), format!("a suffix gives it another type: `{name}`"), name);
                }
                self.report(diagnostic);
                Expr { kind: ExprKind::Const(Const::Int(0)), ty, span }
            }
        }
    }

    fn float_literal(&mut self, value: f64, suffix: Option<Symbol>, hint: Option<Ty>, span: Span) -> Expr {
        let ty = match suffix.map(|s| s.as_str()) {
            Some("f32") => Ty::F32,
            Some("f64") => Ty::F64,
            Some(other) => {
                return self.error("E0324", span, format!("a number with a fraction cannot be of type `{other}`"));
            }
            None => self.literal_hint(hint).filter(|&ty| self.cx.types.is_float(ty)).unwrap_or(Ty::F64),
        };
        self.float_const(value, ty, span)
    }

    fn float_const(&mut self, value: f64, ty: Ty, span: Span) -> Expr {
        let value = if *self.kind(ty) == TyKind::Float(FloatTy::F32) { f64::from(value as f32) } else { value };
        Expr { kind: ExprKind::Const(Const::Float(value)), ty, span }
    }

    /// Whether a literal is out of this type's range, so that `as` must convert it.
    pub(super) fn literal_overflows(&self, expr: &ast::Expr, ty: Ty) -> bool {
        let Some(int) = self.cx.types.as_int(ty) else { return false };
        !literal_value(expr).is_some_and(|v| (int.min()..=int.max()).contains(&v))
    }

    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        match op {
            UnaryOp::Neg => {
                if let ast::ExprKind::Literal(Literal::Int { value, suffix }) = &super::flow::strip(operand).kind {
                    return self.int_literal(*value, true, *suffix, hint, span);
                }
                let operand = self.expr(operand, hint.filter(|_| takes_hint(operand)));
                self.numeric_unary(tir::UnaryOp::Neg, operand, span)
            }
            UnaryOp::BitNot => {
                let operand = self.expr(operand, hint.filter(|_| takes_hint(operand)));
                self.numeric_unary(tir::UnaryOp::BitNot, operand, span)
            }
            UnaryOp::Not => {
                let operand = self.check(operand, Ty::BOOL);
                let operand = Box::new(operand);
                Expr { kind: ExprKind::Unary { op: tir::UnaryOp::Not, operand }, ty: Ty::BOOL, span }
            }
            UnaryOp::Deref => {
                let pointer = self.expr(operand, None);
                self.deref(pointer, span)
            }
            UnaryOp::AddressOf => self.address_of(operand, span),
        }
    }

    fn numeric_unary(&mut self, op: tir::UnaryOp, operand: Expr, span: Span) -> Expr {
        let ty = self.settle(operand.ty);
        let fits = match op {
            tir::UnaryOp::Neg => self.cx.types.is_numeric(ty),
            _ => self.cx.types.as_int(ty).is_some(),
        };
        if !fits {
            let operand = match op {
                tir::UnaryOp::Neg => match self.overloaded_neg(operand, span) {
                    Ok(call) => return call,
                    Err(operand) => operand,
                },
                _ => operand,
            };
            if ty != Ty::ERROR && ty != Ty::NEVER {
                let (found, sign) = (self.show(ty), if op == tir::UnaryOp::Neg { "-" } else { "~" });
                return self.error("E0326", span, format!("`{sign}` does not apply to a `{found}`"));
            }
            return Expr { ty, ..operand };
        }
        if let (tir::UnaryOp::Neg, ExprKind::Const(Const::Float(value))) = (op, &operand.kind) {
            return Expr { kind: ExprKind::Const(Const::Float(-value)), ty, span };
        }
        Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, ty, span }
    }

    pub(super) fn deref(&mut self, pointer: Expr, span: Span) -> Expr {
        let ty = self.shallow(pointer.ty);
        match *self.cx.types.kind(ty) {
            TyKind::Pointer(target) if target != Ty::VOID => {
                Expr { kind: ExprKind::Deref(Box::new(pointer)), ty: target, span }
            }
            TyKind::Error | TyKind::Never => Expr { ty, ..pointer },
            _ => {
                let found = self.show(ty);
                self.error("E0326", span, format!("`*` reads through a pointer, and this is a `{found}`"))
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                return self.condition_value(op, left, right, span);
            }
            BinaryOp::Coalesce => return self.coalesce(left, right, hint, span),
            BinaryOp::Eq | BinaryOp::Ne => {
                if let Some(test) = self.null_test(op, left, right, span) {
                    return test;
                }
            }
            _ => {}
        }
        // What a value of a number type is asked to be says nothing of a comparison's operands.
        let hint = hint.filter(|_| !is_comparison(op));
        let (left, right) = self.operands(op, left, right, hint);
        self.apply_binary(op, op_span, left, right, span)
    }

    /// Both operands; a literal takes the type of the other one.
    fn operands(&mut self, op: BinaryOp, left: &'a ast::Expr, right: &'a ast::Expr, hint: Option<Ty>) -> (Expr, Expr) {
        match (is_literal(left), is_literal(right)) {
            (true, true) => {
                let l = self.expr(left, hint);
                let r = self.expr(right, hint);
                (l, r)
            }
            (true, false) => {
                let r = self.expr(right, None);
                let l = self.expr(left, Some(r.ty).filter(|_| !is_shift(op)).or(hint));
                (l, r)
            }
            (false, _) => {
                let l = self.expr(left, hint.filter(|_| takes_hint(left)));
                if is_literal(right) && self.awaits_literal(l.ty) {
                    // Both take the type that the rest of the body asks for.
                    let r = self.expr(right, None);
                    let ty = if self.cx.types.is_float(r.ty) { r.ty } else { l.ty };
                    return (l, Expr { ty, ..r });
                }
                let takes_it = !is_shift(op) && (op != BinaryOp::Add || self.takes_addend(l.ty, right));
                let r = self.expr(right, Some(l.ty).filter(|_| takes_it));
                (l, r)
            }
        }
    }

    /// Whether what is added to a `ty` should be one too. It need not: it may be a text.
    fn takes_addend(&mut self, ty: Ty, right: &ast::Expr) -> bool {
        let ty = self.shallow(ty);
        if !has_branches(right) {
            return ty != Ty::STR;
        }
        self.cx.types.is_numeric(ty) && any_branch(right, &is_literal)
    }

    /// The operation on checked operands.
    pub(super) fn apply_binary(&mut self, op: BinaryOp, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        let (l, r) = (self.shallow(left.ty), self.shallow(right.ty));
        if op == BinaryOp::Add && (l == Ty::STR || r == Ty::STR) {
            return self.concat(left, right, span);
        }
        if l == Ty::ERROR || r == Ty::ERROR {
            self.has_errors = true;
            return if is_comparison(op) { Expr { ty: Ty::BOOL, ..error_expr(span) } } else { error_expr(span) };
        }
        if l == Ty::NEVER || r == Ty::NEVER {
            return Expr { ty: Ty::NEVER, ..if l == Ty::NEVER { left } else { right } };
        }
        if let Some(compare) = compare_op(op) {
            return self.compare(compare, op_span, left, right, span);
        }
        let Some(tir_op) = arithmetic_op(op) else { crate::bug!("typecheck: {op:?} is not arithmetic") };
        if is_shift(op) {
            return self.shift(tir_op, op, op_span, left, right, span);
        }
        if matches!(self.cx.types.kind(l), TyKind::Pointer(_)) && matches!(op, BinaryOp::Add | BinaryOp::Sub) {
            return self.pointer_arithmetic(op, left, right, span);
        }
        let integers_only = matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor);
        if integers_only && l == Ty::BOOL && r == Ty::BOOL {
            let (left, right) = (Box::new(left), Box::new(right));
            return Expr { kind: ExprKind::Binary { op: tir_op, left, right }, ty: Ty::BOOL, span };
        }
        match self.common_number(left, right) {
            Numbers::Common(left, right, ty) => {
                if integers_only && self.cx.types.as_int(ty).is_none() {
                    return self.operator_mismatch(op, op_span, &left, &right);
                }
                self.warn_overflow(tir_op, &left, &right, ty, span);
                let (left, right) = (Box::new(left), Box::new(right));
                Expr { kind: ExprKind::Binary { op: tir_op, left, right }, ty, span }
            }
            Numbers::Apart(left, right) => match self.overloaded(op, left, right, span) {
                Ok(call) => call,
                Err(operands) => self.operator_mismatch(op, op_span, &operands.0, &operands.1),
            },
        }
    }

    /// Widens the narrower of two numbers.
    fn common_number(&mut self, left: Expr, right: Expr) -> Numbers {
        let (mut l, mut r) = (self.shallow(left.ty), self.shallow(right.ty));
        if self.is_unsolved(l) || self.is_unsolved(r) {
            self.unify(l, r);
            if self.awaits_literal(l) && self.shallow(l) == self.shallow(r) {
                return Numbers::Common(left, right, l);
            }
            (l, r) = (self.settle(l), self.settle(r));
        }
        if !self.cx.types.is_numeric(l) || !self.cx.types.is_numeric(r) {
            return Numbers::Apart(left, right);
        }
        if l == r {
            return Numbers::Common(left, right, l);
        }
        let (l_kind, r_kind) = (self.cx.types.kind(l), self.cx.types.kind(r));
        if is_lossless(l_kind, r_kind) {
            let left = self.widen(left, r);
            return Numbers::Common(left, right, r);
        }
        if is_lossless(r_kind, l_kind) {
            let right = self.widen(right, l);
            return Numbers::Common(left, right, l);
        }
        Numbers::Apart(left, right)
    }

    fn operator_mismatch(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) -> Expr {
        let (l, r) = (self.show(left.ty), self.show(right.ty));
        let span = left.span.to(right.span);
        let text = op.text();
        let mut diagnostic = Diagnostic::error("E0326", op_span, format!("`{text}` does not apply to `{l}` and `{r}`"))
            .secondary(left.span, format!("a `{l}`"))
            .secondary(right.span, format!("a `{r}`"));
        let (lt, rt) = (self.shallow(left.ty), self.shallow(right.ty));
        if self.cx.types.is_numeric(lt) && self.cx.types.is_numeric(rt) {
            diagnostic = diagnostic.note("neither type holds all values of the other: convert one with `as`");
        } else if matches!(self.cx.types.kind(lt), TyKind::Optional(_))
            || matches!(self.cx.types.kind(rt), TyKind::Optional(_))
        {
            diagnostic = diagnostic.note("an optional may be null: test it, use `??`, or write `!` behind it");
            let optional = if matches!(self.cx.types.kind(lt), TyKind::Optional(_)) { left } else { right };
            if let Some(note) = self.changing_field(optional) {
                diagnostic = diagnostic.note(note);
            }
        } else if let Some(promise) = [lt, rt].into_iter().find(|&ty| self.awaited_type(ty).is_some()) {
            diagnostic = self.with_await(diagnostic, promise, None);
        } else if let Some(note) = self.operator_note(op, left) {
            diagnostic = diagnostic.note(note);
        }
        self.report(diagnostic);
        error_expr(span)
    }

    fn shift(
        &mut self,
        tir_op: tir::BinaryOp,
        op: BinaryOp,
        op_span: Span,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Expr {
        let (l, r) = (self.shallow(left.ty), self.shallow(right.ty));
        if self.cx.types.as_int(l).is_none() || self.cx.types.as_int(r).is_none() {
            return self.operator_mismatch(op, op_span, &left, &right);
        }
        self.warn_overflow(tir_op, &left, &right, l, span);
        // The count is masked, so its low bits are all that matters.
        let right = if l == r {
            right
        } else {
            match (&right.kind, self.cx.types.as_int(l)) {
                (ExprKind::Const(Const::Int(n)), Some(int)) if (0..=int.max()).contains(n) => Expr { ty: l, ..right },
                _ => {
                    let span = right.span;
                    Expr { kind: ExprKind::Convert(Box::new(right)), ty: l, span }
                }
            }
        };
        Expr { kind: ExprKind::Binary { op: tir_op, left: Box::new(left), right: Box::new(right) }, ty: l, span }
    }

    fn pointer_arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        self.require_unsafe(span, "pointer arithmetic");
        let ty = self.shallow(left.ty);
        let TyKind::Pointer(target) = *self.cx.types.kind(ty) else { return error_expr(span) };
        let mut count = self.index_value(right);
        if op == BinaryOp::Sub {
            let count_span = count.span;
            let operand = Box::new(count);
            count = Expr { kind: ExprKind::Unary { op: tir::UnaryOp::Neg, operand }, ty: Ty::I64, span: count_span };
        }
        let function = self.cx.intrinsic(tir::Intrinsic::PointerOffset);
        let callee = tir::Callee::Function { function, type_args: vec![target] };
        Expr { kind: ExprKind::Call { callee, args: vec![left, count] }, ty, span }
    }

    pub(super) fn compare(&mut self, op: CompareOp, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        let done = |left: Expr, right: Expr| Expr {
            kind: ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) },
            ty: Ty::BOOL,
            span,
        };
        let (left, right) = match self.common_number(left, right) {
            Numbers::Common(left, right, _) => return done(left, right),
            Numbers::Apart(left, right) => (left, right),
        };
        let (l, r) = (left.ty, right.ty);
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let (left, right) = if self.unify(l, r) {
            (left, right)
        } else {
            match self.try_coerce(right, l) {
                Ok(right) => (left, right),
                Err(right) => match self.try_coerce(left, r) {
                    Ok(left) => (left, right),
                    Err(left) => {
                        let (l, r) = (self.show(left.ty), self.show(right.ty));
                        let mut diagnostic =
                            Diagnostic::error("E0327", op_span, format!("a `{l}` cannot be compared with a `{r}`"))
                                .secondary(left.span, format!("a `{l}`"))
                                .secondary(right.span, format!("a `{r}`"));
                        let (lt, rt) = (self.shallow(left.ty), self.shallow(right.ty));
                        if self.cx.types.is_numeric(lt) && self.cx.types.is_numeric(rt) {
                            diagnostic = diagnostic.note("convert one of them with `as`");
                        } else if let Some(promise) = [lt, rt].into_iter().find(|&ty| self.awaited_type(ty).is_some()) {
                            diagnostic = self.with_await(diagnostic, promise, None);
                        }
                        self.report(diagnostic);
                        return Expr { ty: Ty::BOOL, ..error_expr(span) };
                    }
                },
            }
        };
        let ty = self.shallow(left.ty);
        let comparable = if equality { self.has_equality(ty) } else { self.has_order(ty) };
        if !comparable {
            let found = self.show(ty);
            let text = if equality { "no equality" } else { "no order" };
            self.report(
                Diagnostic::error("E0327", op_span, format!("values of type `{found}` have {text}"))
                    .secondary(left.span, format!("a `{found}`")),
            );
        }
        done(left, right)
    }

    fn has_equality(&self, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        ty != Ty::VOID
    }

    /// `a ?? b`
    fn coalesce(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        let optional_hint = hint.map(|h| match self.kind(h) {
            TyKind::Optional(_) => h,
            _ => self.cx.types.optional(h),
        });
        let value = self.expr(left, optional_hint.filter(|&h| !self.is_unsolved(h) && takes_hint(left)));
        let before = self.flow().clone();
        let ty = self.shallow(value.ty);
        let inner = match *self.cx.types.kind(ty) {
            TyKind::Optional(inner) => inner,
            TyKind::Error | TyKind::Never => {
                self.expr(right, None);
                return Expr { ty, ..value };
            }
            _ => {
                if !matches!(value.kind, ExprKind::Narrow(_)) {
                    let found = self.show(ty);
                    self.report(
                        Diagnostic::warning("W0104", left.span, format!("this is a `{found}`, which is never null"))
                            .label("what stands behind `??` is never used"),
                    );
                }
                self.check(right, ty);
                return value;
            }
        };
        // Branches that are optionals themselves must not be held to be values.
        let is_told = has_branches(right) && !any_branch(right, &|e| !knows_its_type(e));
        let default = self.expr(right, Some(inner).filter(|_| !is_told));
        let after = std::mem::take(self.flow());
        *self.flow() = before.join(after);
        let default_ty = self.shallow(default.ty);
        // `a ?? b` with an optional `b` may still be null.
        let result = if default_ty == ty && !self.unifies_with_inner(default_ty, inner) {
            ty
        } else {
            match self.join(inner, default_ty) {
                Some(joined) => joined,
                None => {
                    self.mismatch(&default, inner);
                    return error_expr(span);
                }
            }
        };
        let default = self.coerce(default, result);
        let result = if default_ty == Ty::NEVER { inner } else { result };
        if self.deep(result) == self.deep(inner) || result == ty {
            let kind = ExprKind::Coalesce { value: Box::new(value), default: Box::new(default) };
            return Expr { kind, ty: result, span };
        }
        self.coalesce_widened(value, inner, default, result, span)
    }

    fn unifies_with_inner(&self, default: Ty, inner: Ty) -> bool {
        self.shallow(default) == self.shallow(inner)
    }

    /// `a ?? b` where `a`'s value has to be converted to the type of both.
    fn coalesce_widened(&mut self, value: Expr, inner: Ty, default: Expr, result: Ty, span: Span) -> Expr {
        let local = self.temp("value", inner, span);
        let found = self.local(local, span);
        let found = self.coerce(found, result);
        self.match_optional(value, local, inner, found, default, result, span)
    }

    /// `x is T`: known from the types, unless the value is of an interface or a type parameter.
    pub(super) fn is_type(&mut self, value: &'a ast::Expr, ty: &'a ast::TypeExpr, span: Span) -> Expr {
        if let Some(test) = self.is_variant(value, ty, span) {
            return test;
        }
        let wanted = self.value_type(ty);
        let value = self.expr(value, None);
        let found = self.deep(value.ty);
        let constant = |known: bool| Expr { kind: ExprKind::Const(Const::Bool(known)), ty: Ty::BOOL, span };
        if found == Ty::ERROR || wanted == Ty::ERROR {
            return constant(false);
        }
        if let TyKind::Optional(inner) = *self.cx.types.kind(found)
            && inner == wanted
        {
            let test = Expr { kind: ExprKind::IsNull(Box::new(value)), ty: Ty::BOOL, span };
            return not(test);
        }
        let inner = match *self.cx.types.kind(found) {
            TyKind::Optional(inner) => inner,
            _ => found,
        };
        let open = self.is_dynamic(inner) || self.is_param(inner) || self.is_dynamic(wanted) || self.is_param(wanted);
        if open && found != wanted {
            let value = super::assign::not_narrowed(value);
            return self.dynamic_test(value, wanted, span);
        }
        self.known_answer(value, found == wanted, span)
    }
}

/// Two operands: as numbers of one type, or as they were.
enum Numbers {
    Common(Expr, Expr, Ty),
    Apart(Expr, Expr),
}

/// `!e`
pub(super) fn not(e: Expr) -> Expr {
    let span = e.span;
    Expr { kind: ExprKind::Unary { op: tir::UnaryOp::Not, operand: Box::new(e) }, ty: Ty::BOOL, span }
}

fn is_shift(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Shl | BinaryOp::Shr | BinaryOp::Ushr)
}

/// Whether the value is that of a block, a branch or an arm.
fn has_branches(expr: &ast::Expr) -> bool {
    matches!(
        super::flow::strip(expr).kind,
        ast::ExprKind::If(_) | ast::ExprKind::Match { .. } | ast::ExprKind::Block(_)
    )
}

/// Whether the test holds for one of the expressions whose value this one may have.
fn any_branch(expr: &ast::Expr, test: &dyn Fn(&ast::Expr) -> bool) -> bool {
    let of_block = |block: &ast::Block| block.value.as_ref().is_some_and(|value| any_branch(value, test));
    match &super::flow::strip(expr).kind {
        ast::ExprKind::If(i) => of_block(&i.then) || i.otherwise.as_ref().is_some_and(|o| any_branch(o, test)),
        ast::ExprKind::Match { arms, .. } => arms.iter().any(|arm| any_branch(&arm.body, test)),
        ast::ExprKind::Block(block) => of_block(block),
        _ => test(expr),
    }
}

/// Whether the expression is what it is by itself, whatever is expected.
fn knows_its_type(expr: &ast::Expr) -> bool {
    use ast::ExprKind as E;
    match &super::flow::strip(expr).kind {
        E::Name(_) | E::SelfValue | E::Field { .. } | E::Index { .. } | E::Call { .. } | E::Cast { .. } => true,
        E::Literal(literal) => matches!(literal, Literal::Str(_) | Literal::Bool(_) | Literal::Char(_)),
        _ => false,
    }
}

/// Expressions that do something with what they are expected to be; for others a hint on an operand
/// would be wrong (`a + b` may be asked for `f64` and have an `i32` in it).
fn takes_hint(expr: &ast::Expr) -> bool {
    matches!(
        super::flow::strip(expr).kind,
        ast::ExprKind::Binary { .. }
            | ast::ExprKind::Unary { .. }
            | ast::ExprKind::Literal(_)
            | ast::ExprKind::Array(_)
    )
}
