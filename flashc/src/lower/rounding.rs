//! Rounding of floats to whole ones. Baseline x86-64 has no instruction for it, and Cranelift would
//! call libm, which costs every vector register that is live around the call; so it is done inline
//! there, by adding and subtracting the number from which on all floats are whole.

use super::function::FunctionLowering;
use super::target::clif_type;
use crate::ssa::{Op, Type};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};

impl FunctionLowering<'_, '_> {
    pub fn lower_rounding(&mut self, op: Op, ty: Type, x: ir::Value) -> ir::Value {
        if self.env.machine.has_rounding {
            return match op {
                Op::Floor => self.builder.ins().floor(x),
                Op::Ceil => self.builder.ins().ceil(x),
                Op::Ftrunc => self.builder.ins().trunc(x),
                _ => self.builder.ins().nearest(x),
            };
        }
        // |x| + 2^52 - 2^52 is |x| rounded to the nearest, ties to even, where |x| < 2^52. Larger
        // numbers, infinities and NaN are what they are.
        let whole_from = self.hoistable_float(ty, if ty == Type::F32 { 8_388_608.0 } else { 4_503_599_627_370_496.0 });
        let magnitude = self.lower_sign(Op::Fabs, ty, x);
        let sign = self.sign_bit(ty, x);
        let shifted = self.builder.ins().fadd(magnitude, whole_from);
        let nearest = self.builder.ins().fsub(shifted, whole_from);
        let rounded = match op {
            Op::Nearest => nearest,
            Op::Ftrunc => self.step_back(ty, nearest, magnitude, FloatCC::GreaterThan),
            _ => {
                let nearest = self.builder.ins().bor(nearest, sign);
                let wrong_side = if op == Op::Floor { FloatCC::GreaterThan } else { FloatCC::LessThan };
                self.step_back(ty, nearest, x, wrong_side)
            }
        };
        // The sign is kept even where the result is 0; elsewhere the result has it already, or none.
        let signed = self.builder.ins().bor(rounded, sign);
        let has_fraction = self.builder.ins().fcmp(FloatCC::LessThan, magnitude, whole_from);
        self.builder.ins().select(has_fraction, signed, x)
    }

    /// `rounded`, or the whole number next to it when `rounded cc exact`. Which one it is cannot be
    /// predicted, so the step is chosen among integers, where Cranelift needs no branch.
    fn step_back(&mut self, ty: Type, rounded: ir::Value, exact: ir::Value, cc: FloatCC) -> ir::Value {
        let is_wrong = self.builder.ins().fcmp(cc, rounded, exact);
        let step = if cc == FloatCC::GreaterThan { -1.0 } else { 1.0 };
        let (bits_ty, bits) = match ty {
            Type::F32 => (Type::I32, i64::from((step as f32).to_bits())),
            _ => (Type::I64, f64::to_bits(step) as i64),
        };
        let (step, zero) = (self.iconst(bits_ty, bits), self.iconst(bits_ty, 0));
        let chosen = self.builder.ins().select(is_wrong, step, zero);
        let chosen = self.builder.ins().bitcast(clif_type(ty), MemFlagsData::new(), chosen);
        self.builder.ins().fadd(rounded, chosen)
    }
}
