//! `as`: between numbers, chars, bools, C-like enums and raw addresses.

use super::function::FnBuilder;
use crate::ssa::{IntCc, Op, Type, Value};
use crate::tir::{Ty, TyKind};
use flash_abi::symbols::Rt;

/// What matters of a type for a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Int(Type, bool),
    Float(Type),
    Char,
    Address,
}

impl FnBuilder<'_, '_> {
    fn number(&mut self, ty: Ty) -> Number {
        let scalar = self.cx.scalars(ty).first().copied();
        match (self.cx.kind(ty), scalar) {
            (TyKind::Int(int), Some(scalar)) => Number::Int(scalar, int.is_signed()),
            (TyKind::Bool, _) => Number::Int(Type::I8, false),
            (TyKind::Float(_), Some(scalar)) => Number::Float(scalar),
            (TyKind::Char, _) => Number::Char,
            (TyKind::Pointer(_), _) => Number::Address,
            (TyKind::Nominal(..), Some(scalar)) if self.cx.is_enum(ty) => Number::Int(scalar, true),
            _ => bug!("build: conversion of `{}`", self.cx.type_name(ty)),
        }
    }

    pub fn convert(&mut self, value: Value, from: Ty, to: Ty) -> Value {
        if from == to || self.e.is_dead() {
            return value;
        }
        // Addresses of optional pointers and the like keep their bits.
        if self.cx.scalars(from) == [Type::Ptr] && self.cx.scalars(to) == [Type::Ptr] {
            return value;
        }
        match (self.number(from), self.number(to)) {
            (Number::Int(_, signed), Number::Int(to, _)) => self.e.resize(value, to, signed),
            (Number::Char, Number::Int(to, _)) => self.e.resize(value, to, false),
            (Number::Int(from, signed), Number::Float(to)) => {
                // Narrow integers go by `i32`, which holds all of their values.
                let is_narrow = from.bytes() < 4;
                let wide = if is_narrow { self.e.resize(value, Type::I32, signed) } else { value };
                let op = if signed || is_narrow { Op::SintToFloat } else { Op::UintToFloat };
                let from = self.e.type_of(wide);
                self.e.convert(op, from, to, wide)
            }
            (Number::Char, Number::Float(to)) => self.e.convert(Op::UintToFloat, Type::I32, to, value),
            (Number::Float(from), Number::Int(to, signed)) => self.float_to_int(value, from, to, signed),
            (Number::Float(Type::F32), Number::Float(Type::F64)) => {
                self.e.convert(Op::Fpromote, Type::F32, Type::F64, value)
            }
            (Number::Float(Type::F64), Number::Float(Type::F32)) => {
                self.e.convert(Op::Fdemote, Type::F64, Type::F32, value)
            }
            (Number::Float(_), Number::Float(_)) => value,
            (Number::Int(from, signed), Number::Char) => self.int_to_char(value, from, signed),
            (Number::Float(from), Number::Char) => {
                let value = self.float_to_int(value, from, Type::I64, true);
                self.int_to_char(value, Type::I64, true)
            }
            (Number::Address, Number::Int(to, _)) => {
                let bits = self.e.bitcast(value, Type::I64);
                self.e.resize(bits, to, false)
            }
            (Number::Int(_, signed), Number::Address) => {
                let bits = self.e.resize(value, Type::I64, signed);
                self.e.bitcast(bits, Type::Ptr)
            }
            (Number::Char, Number::Char) | (Number::Address, Number::Address) => value,
            (from, to) => bug!("build: conversion from {:?} to {:?}", from, to),
        }
    }

    /// Saturates; NaN gives 0.
    fn float_to_int(&mut self, value: Value, from: Type, to: Type, signed: bool) -> Value {
        let op = if signed { Op::FloatToSint } else { Op::FloatToUint };
        if to.bytes() >= 4 {
            return self.e.convert(op, from, to, value);
        }
        let wide = self.e.convert(op, from, Type::I32, value);
        let bits = to.bytes() * 8;
        let clamped = if signed {
            let least = self.e.iconst(Type::I32, -(1 << (bits - 1)));
            let most = self.e.iconst(Type::I32, (1 << (bits - 1)) - 1);
            let low = self.e.binary(Op::Smax, Type::I32, wide, least);
            self.e.binary(Op::Smin, Type::I32, low, most)
        } else {
            let most = self.e.iconst(Type::I32, (1 << bits) - 1);
            self.e.binary(Op::Umin, Type::I32, wide, most)
        };
        self.e.resize(clamped, to, signed)
    }

    /// Fails for what is no Unicode scalar value. A byte always is one.
    fn int_to_char(&mut self, value: Value, from: Type, signed: bool) -> Value {
        if from == Type::I8 && !signed {
            return self.e.resize(value, Type::I32, false);
        }
        let wide = self.e.resize(value, Type::I64, signed);
        // Surrogates: 0xd800..0xe000. Both tests are unsigned, so negative numbers fail the second.
        let start = self.e.iconst(Type::I64, 0xd800);
        let from_start = self.e.binary(Op::Isub, Type::I64, wide, start);
        let surrogates = self.e.iconst(Type::I64, 0x800);
        let is_surrogate = self.e.icmp(IntCc::Ult, Type::I64, from_start, surrogates);
        let end = self.e.iconst(Type::I64, 0x11_0000);
        let is_beyond = self.e.icmp(IntCc::Uge, Type::I64, wide, end);
        let fails = self.e.binary(Op::Or, Type::I8, is_surrogate, is_beyond);
        let (fail_block, goes_on) = (self.e.new_block(), self.e.new_block());
        self.e.branch(fails, fail_block, goes_on);
        self.e.in_cold_block(fail_block, |e| e.fail(Rt::FailConversion, wide, None));
        self.e.begin(goes_on);
        self.e.resize(wide, Type::I32, false)
    }
}
