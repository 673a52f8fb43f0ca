//! Constants of floats inside loops. Cranelift makes a float constant anew at each use, from an
//! integer, and does so for the masks of `fneg` and `fabs` as well. In a loop it is better kept in
//! a register or loaded; Cranelift moves vector constants out of loops, so they are made as such.
//! Where an instruction takes the constant from memory by itself, it stays as it is.

use super::function::FunctionLowering;
use crate::ssa::{self, Aux, InstData, Op, Type};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{self, InstBuilder, types};

impl FunctionLowering<'_, '_> {
    /// A constant as x86-64 instructions have it in their second operand.
    pub fn float_constant(&mut self, ty: Type, bits: u64) -> ir::Value {
        match ty {
            Type::F32 => self.builder.ins().f32const(Ieee32::with_bits(bits as u32)),
            _ => self.builder.ins().f64const(Ieee64::with_bits(bits)),
        }
    }

    /// A constant that must be in a register: before the loop, where there is one.
    fn hoistable_constant(&mut self, ty: Type, bits: u64) -> ir::Value {
        if !self.is_hoisting || bits == 0 {
            return self.float_constant(ty, bits);
        }
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&bits.to_le_bytes());
        let constant = self.builder.func.dfg.constants.insert(bytes.as_slice().into());
        let vector = if ty == Type::F32 { types::F32X4 } else { types::F64X2 };
        let vector = self.builder.ins().vconst(vector, constant);
        self.builder.ins().extractlane(vector, 0)
    }

    pub fn hoistable_float(&mut self, ty: Type, value: f64) -> ir::Value {
        let bits = if ty == Type::F32 { u64::from((value as f32).to_bits()) } else { value.to_bits() };
        self.hoistable_constant(ty, bits)
    }

    /// Operands of a float operation, constants in the form that suits it.
    pub fn float_operands(&mut self, inst: &InstData) -> [ir::Value; 2] {
        let [a, b] = [inst.args[0], inst.args[1]];
        match inst.op {
            // The second operand may be in memory.
            Op::Fadd | Op::Fmul if self.as_fconst(a).is_some() => [self.value(b), self.value(a)],
            Op::Fadd | Op::Fmul => [self.value(a), self.value(b)],
            Op::Fsub | Op::Fdiv => [self.in_register(a), self.value(b)],
            _ => [self.in_register(a), self.in_register(b)],
        }
    }

    /// `fneg` and `fabs`.
    pub fn lower_sign(&mut self, op: Op, ty: Type, x: ir::Value) -> ir::Value {
        if !self.is_hoisting {
            return if op == Op::Fneg { self.builder.ins().fneg(x) } else { self.builder.ins().fabs(x) };
        }
        let sign = 1 << (ty.bytes() * 8 - 1);
        if op == Op::Fneg {
            let mask = self.hoistable_constant(ty, sign);
            self.builder.ins().bxor(x, mask)
        } else {
            let mask = self.hoistable_constant(ty, sign - 1);
            self.builder.ins().band(x, mask)
        }
    }

    /// The magnitude of one and the sign of another.
    pub fn lower_copysign(&mut self, ty: Type, magnitude: ir::Value, sign: ir::Value) -> ir::Value {
        if !self.is_hoisting {
            return self.builder.ins().fcopysign(magnitude, sign);
        }
        let magnitude = self.lower_sign(Op::Fabs, ty, magnitude);
        let sign = self.sign_bit(ty, sign);
        self.builder.ins().bor(magnitude, sign)
    }

    /// Zero with the sign of a float.
    pub fn sign_bit(&mut self, ty: Type, x: ir::Value) -> ir::Value {
        let mask = self.hoistable_constant(ty, 1 << (ty.bytes() * 8 - 1));
        self.builder.ins().band(x, mask)
    }

    fn in_register(&mut self, value: ssa::Value) -> ir::Value {
        match self.as_fconst(value) {
            Some(bits) => self.hoistable_constant(self.function.value_type(value), bits),
            None => self.value(value),
        }
    }

    fn as_fconst(&self, value: ssa::Value) -> Option<u64> {
        match self.function.inst(self.function.def_inst(value)?) {
            InstData { op: Op::Fconst, aux: Aux::Imm(bits), .. } => Some(*bits as u64),
            _ => None,
        }
    }
}
