//! Arithmetic on scalars: wraps unless overflow checks are on; division by zero always fails.

use super::function::FnBuilder;
use super::layout::{float_type, int_type};
use crate::ssa::{IntCc, Op, Type, Value};
use crate::tir::{BinaryOp, IntTy, Ty, TyKind, UnaryOp};
use flash_abi::symbols::Rt;

impl FnBuilder<'_, '_> {
    pub fn unary(&mut self, op: UnaryOp, ty: Ty, value: Value) -> Value {
        match (op, self.cx.kind(ty).clone()) {
            (UnaryOp::Not, _) => self.e.not_bool(value),
            (UnaryOp::Neg, TyKind::Float(float)) => self.e.unary(Op::Fneg, float_type(float), value),
            (UnaryOp::Neg, TyKind::Int(int)) if self.cx.options.overflow_checks => {
                let zero = self.e.iconst(int_type(int), 0);
                self.checked(BinaryOp::Sub, int, zero, value)
            }
            (UnaryOp::Neg, TyKind::Int(int)) => self.e.unary(Op::Ineg, int_type(int), value),
            (UnaryOp::BitNot, TyKind::Int(int)) => self.e.unary(Op::Not, int_type(int), value),
            _ if self.e.is_dead() => value,
            (op, _) => bug!("build: {:?} of `{}`", op, self.cx.type_name(ty)),
        }
    }

    pub fn binary(&mut self, op: BinaryOp, ty: Ty, a: Value, b: Value) -> Value {
        match self.cx.kind(ty).clone() {
            TyKind::Int(int) => self.int_binary(op, int, a, b),
            TyKind::Float(float) => self.float_binary(op, float_type(float), a, b),
            TyKind::Bool => {
                let op = match op {
                    BinaryOp::And => Op::And,
                    BinaryOp::Or => Op::Or,
                    BinaryOp::Xor => Op::Xor,
                    _ => bug!("build: {:?} of bools", op),
                };
                self.e.binary(op, Type::I8, a, b)
            }
            _ if self.e.is_dead() => a,
            _ => bug!("build: {:?} of `{}`", op, self.cx.type_name(ty)),
        }
    }

    fn int_binary(&mut self, op: BinaryOp, int: IntTy, a: Value, b: Value) -> Value {
        let ty = int_type(int);
        let signed = int.is_signed();
        let op = match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul if self.cx.options.overflow_checks => {
                return self.checked(op, int, a, b);
            }
            BinaryOp::Add => Op::Iadd,
            BinaryOp::Sub => Op::Isub,
            BinaryOp::Mul => Op::Imul,
            BinaryOp::Div | BinaryOp::Rem => {
                self.check_divisor(op, int, a, b);
                match (op, signed) {
                    (BinaryOp::Div, true) => Op::Sdiv,
                    (BinaryOp::Div, false) => Op::Udiv,
                    (_, true) => Op::Srem,
                    (_, false) => Op::Urem,
                }
            }
            BinaryOp::And => Op::And,
            BinaryOp::Or => Op::Or,
            BinaryOp::Xor => Op::Xor,
            BinaryOp::Shl => Op::Shl,
            BinaryOp::Shr if signed => Op::Sshr,
            BinaryOp::Shr | BinaryOp::Ushr => Op::Ushr,
        };
        self.e.binary(op, ty, a, b)
    }

    fn check_divisor(&mut self, op: BinaryOp, int: IntTy, dividend: Value, divisor: Value) {
        let constant = self.e.as_iconst(divisor);
        if constant.is_none_or(|divisor| divisor == 0) {
            self.e.check(Op::NonZero, divisor);
        }
        // The one quotient that does not fit.
        let may_overflow = int.is_signed() && op == BinaryOp::Div && constant.is_none_or(|divisor| divisor == -1);
        if self.cx.options.overflow_checks && may_overflow {
            let ty = int_type(int);
            let least = self.e.iconst(ty, int.min() as i64);
            let minus_one = self.e.iconst(ty, -1);
            let is_least = self.e.icmp(IntCc::Eq, ty, dividend, least);
            let is_minus_one = self.e.icmp(IntCc::Eq, ty, divisor, minus_one);
            let both = self.e.binary(Op::And, Type::I8, is_least, is_minus_one);
            self.e.check(Op::NoOverflow, both);
        }
    }

    /// `+`, `-` and `*` that fail when the result does not fit.
    fn checked(&mut self, op: BinaryOp, int: IntTy, a: Value, b: Value) -> Value {
        let (result, overflows) = self.e.overflow(overflow_op(op, int), int_type(int), a, b);
        self.e.check(Op::NoOverflow, overflows);
        result
    }

    fn float_binary(&mut self, op: BinaryOp, ty: Type, a: Value, b: Value) -> Value {
        let op = match op {
            BinaryOp::Add => Op::Fadd,
            BinaryOp::Sub => Op::Fsub,
            BinaryOp::Mul => Op::Fmul,
            BinaryOp::Div => Op::Fdiv,
            BinaryOp::Rem => {
                let rt = if ty == Type::F32 { Rt::Fmodf } else { Rt::Fmod };
                let vals = self.e.call_rt(rt, &[a, b]);
                return self.first(&vals);
            }
            _ => bug!("build: {:?} of floats", op),
        };
        self.e.binary(op, ty, a, b)
    }
}

/// The operation that also says whether the result fits.
pub fn overflow_op(op: BinaryOp, int: IntTy) -> Op {
    match (op, int.is_signed()) {
        (BinaryOp::Add, true) => Op::SaddOverflow,
        (BinaryOp::Add, false) => Op::UaddOverflow,
        (BinaryOp::Sub, true) => Op::SsubOverflow,
        (BinaryOp::Sub, false) => Op::UsubOverflow,
        (BinaryOp::Mul, true) => Op::SmulOverflow,
        (BinaryOp::Mul, false) => Op::UmulOverflow,
        _ => bug!("build: {:?} does not overflow", op),
    }
}
