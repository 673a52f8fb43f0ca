//! Instructions one by one: arithmetic, comparisons and conversions here; what touches memory,
//! calls or may fail is handed on.

use super::function::FunctionLowering;
use super::names::Target;
use super::target::clif_type;
use crate::ssa::{Aux, FloatCc, InstData, IntCc, Op, Type};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};

impl FunctionLowering<'_, '_> {
    pub fn lower_inst(&mut self, inst: &InstData) {
        match inst.op {
            Op::Load | Op::Store | Op::Copy | Op::Zero | Op::Alloc => self.lower_memory(inst),
            Op::Bounds | Op::NonNull | Op::NonZero | Op::NoOverflow => self.lower_check(inst),
            Op::Call | Op::CallIndirect | Op::CallRt | Op::CallExtern => self.lower_call(inst),
            Op::SaddOverflow
            | Op::SsubOverflow
            | Op::SmulOverflow
            | Op::UaddOverflow
            | Op::UsubOverflow
            | Op::UmulOverflow => self.lower_overflow(inst),
            _ => {
                let value = self.lower_simple(inst);
                self.define(inst.results[0], value);
            }
        }
    }

    /// Operations with one result that touch no memory.
    fn lower_simple(&mut self, inst: &InstData) -> ir::Value {
        let args = self.value_list(&inst.args);
        let arg = |index: usize| args[index];
        match inst.op {
            Op::Iconst => match inst.aux {
                Aux::Imm(value) => self.iconst(inst.ty, value),
                _ => bug!("lower: `iconst` without a number"),
            },
            Op::Fconst => match inst.aux {
                Aux::Imm(bits) => self.float_constant(inst.ty, bits as u64),
                _ => bug!("lower: `fconst` without a number"),
            },

            Op::Iadd | Op::PtrAdd => self.builder.ins().iadd(arg(0), arg(1)),
            Op::Isub => self.builder.ins().isub(arg(0), arg(1)),
            Op::Imul => self.builder.ins().imul(arg(0), arg(1)),
            Op::Sdiv => self.lower_sdiv(inst, arg(0), arg(1)),
            Op::Udiv => self.builder.ins().udiv(arg(0), arg(1)),
            Op::Srem => self.builder.ins().srem(arg(0), arg(1)),
            Op::Urem => self.builder.ins().urem(arg(0), arg(1)),
            Op::Ineg => self.builder.ins().ineg(arg(0)),
            Op::And => self.builder.ins().band(arg(0), arg(1)),
            Op::Or => self.builder.ins().bor(arg(0), arg(1)),
            Op::Xor => self.builder.ins().bxor(arg(0), arg(1)),
            Op::Not => self.builder.ins().bnot(arg(0)),
            Op::Shl => self.builder.ins().ishl(arg(0), arg(1)),
            Op::Sshr => self.builder.ins().sshr(arg(0), arg(1)),
            Op::Ushr => self.builder.ins().ushr(arg(0), arg(1)),
            Op::Rotl => self.builder.ins().rotl(arg(0), arg(1)),
            Op::Rotr => self.builder.ins().rotr(arg(0), arg(1)),
            Op::Clz => self.builder.ins().clz(arg(0)),
            Op::Ctz => self.builder.ins().ctz(arg(0)),
            Op::Popcnt => self.builder.ins().popcnt(arg(0)),
            Op::Smin => self.builder.ins().smin(arg(0), arg(1)),
            Op::Smax => self.builder.ins().smax(arg(0), arg(1)),
            Op::Umin => self.builder.ins().umin(arg(0), arg(1)),
            Op::Umax => self.builder.ins().umax(arg(0), arg(1)),

            Op::Fadd | Op::Fsub | Op::Fmul | Op::Fdiv | Op::Fmin | Op::Fmax | Op::Fcopysign | Op::Fcmp => {
                self.lower_float_pair(inst)
            }
            Op::Fneg | Op::Fabs => self.lower_sign(inst.op, inst.ty, arg(0)),
            Op::Sqrt => self.builder.ins().sqrt(arg(0)),
            Op::Floor | Op::Ceil | Op::Ftrunc | Op::Nearest => self.lower_rounding(inst.op, inst.ty, arg(0)),

            Op::Icmp => match inst.aux {
                Aux::IntCc(cc) => self.builder.ins().icmp(int_condition(cc), arg(0), arg(1)),
                _ => bug!("lower: `icmp` without a condition"),
            },
            Op::Select => self.builder.ins().select(arg(0), arg(1), arg(2)),

            Op::Sext
            | Op::Zext
            | Op::Itrunc
            | Op::SintToFloat
            | Op::UintToFloat
            | Op::FloatToSint
            | Op::FloatToUint
            | Op::Fpromote
            | Op::Fdemote
            | Op::Bitcast => self.lower_conversion(inst, arg(0)),

            Op::SlotAddr => match inst.aux {
                Aux::Slot(slot) => self.builder.ins().stack_addr(types::I64, self.slots[slot.index()], 0),
                _ => bug!("lower: `slot_addr` without a slot"),
            },
            Op::DataAddr | Op::DescriptorAddr | Op::FuncAddr => match inst.aux {
                Aux::Data(id) => self.symbol_address(Target::Data(id)),
                Aux::Descriptor(id) => self.symbol_address(Target::Descriptor(id)),
                Aux::Function(id) => self.symbol_address(Target::Function(id)),
                _ => bug!("lower: `{}` of nothing", inst.op.facts().name),
            },
            // Another object's address cannot be made in code without text relocations, so it
            // stands in data that the loader fills in.
            Op::ExternAddr => match inst.aux {
                Aux::Extern(id) => {
                    let cell = self.symbol_address(Target::ExternCell(id));
                    let flags = MemFlagsData::trusted().with_readonly().with_can_move();
                    self.builder.ins().load(types::I64, flags, cell, 0)
                }
                _ => bug!("lower: `extern_addr` of nothing"),
            },
            Op::GlobalAddr => match (&inst.aux, self.globals) {
                (Aux::Global(offset), Some(globals)) => self.builder.ins().iadd_imm_s(globals, i64::from(*offset)),
                _ => bug!("lower: `global_addr` of nothing"),
            },
            Op::Context => self.context(),

            _ => bug!("lower: `{}` is not a simple operation", inst.op.facts().name),
        }
    }

    /// Operations and comparison of two floats.
    fn lower_float_pair(&mut self, inst: &InstData) -> ir::Value {
        let [a, b] = self.float_operands(inst);
        match (inst.op, &inst.aux) {
            (Op::Fadd, _) => self.builder.ins().fadd(a, b),
            (Op::Fsub, _) => self.builder.ins().fsub(a, b),
            (Op::Fmul, _) => self.builder.ins().fmul(a, b),
            (Op::Fdiv, _) => self.builder.ins().fdiv(a, b),
            (Op::Fmin, _) => self.builder.ins().fmin(a, b),
            (Op::Fmax, _) => self.builder.ins().fmax(a, b),
            (Op::Fcopysign, _) => self.lower_copysign(inst.ty, a, b),
            (Op::Fcmp, Aux::FloatCc(cc)) => self.builder.ins().fcmp(float_condition(*cc), a, b),
            _ => bug!("lower: `{}` is not of two floats", inst.op.facts().name),
        }
    }

    /// Division that wraps. Cranelift's stops the program for the least value by -1, as the
    /// processor does, so -1 goes its own way; other constants need no care.
    fn lower_sdiv(&mut self, inst: &InstData, a: ir::Value, b: ir::Value) -> ir::Value {
        match self.function.as_iconst(inst.args[1]) {
            Some(-1) => return self.builder.ins().ineg(a),
            Some(_) => return self.builder.ins().sdiv(a, b),
            None => {}
        }
        let negate = self.builder.create_block();
        let divide = self.builder.create_block();
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, clif_type(inst.ty));
        self.builder.set_cold_block(negate);
        let minus_one = self.iconst(inst.ty, -1);
        let is_minus_one = self.builder.ins().icmp(IntCC::Equal, b, minus_one);
        self.builder.ins().brif(is_minus_one, negate, &[], divide, &[]);

        self.builder.switch_to_block(negate);
        let negated = self.builder.ins().ineg(a);
        self.builder.ins().jump(done, &[negated.into()]);

        self.builder.switch_to_block(divide);
        let quotient = self.builder.ins().sdiv(a, b);
        self.builder.ins().jump(done, &[quotient.into()]);

        self.builder.switch_to_block(done);
        result
    }

    fn lower_overflow(&mut self, inst: &InstData) {
        let (a, b) = (self.value(inst.args[0]), self.value(inst.args[1]));
        let (value, overflow) = match inst.op {
            Op::SaddOverflow => self.builder.ins().sadd_overflow(a, b),
            Op::SsubOverflow => self.builder.ins().ssub_overflow(a, b),
            Op::SmulOverflow => self.builder.ins().smul_overflow(a, b),
            Op::UaddOverflow => self.builder.ins().uadd_overflow(a, b),
            Op::UsubOverflow => self.builder.ins().usub_overflow(a, b),
            Op::UmulOverflow => self.builder.ins().umul_overflow(a, b),
            _ => bug!("lower: `{}` tells no overflow", inst.op.facts().name),
        };
        self.define(inst.results[0], value);
        self.define(inst.results[1], overflow);
    }

    fn lower_conversion(&mut self, inst: &InstData, value: ir::Value) -> ir::Value {
        let Aux::From(from) = inst.aux else {
            bug!("lower: `{}` without the type it converts from", inst.op.facts().name)
        };
        let to = clif_type(inst.ty);
        // `i64` and `ptr` are one type to Cranelift.
        if to == clif_type(from) {
            return value;
        }
        match inst.op {
            Op::Sext => self.builder.ins().sextend(to, value),
            Op::Zext => self.builder.ins().uextend(to, value),
            Op::Itrunc => self.builder.ins().ireduce(to, value),
            Op::SintToFloat => {
                let wide = self.at_least_i32(value, from, true);
                self.builder.ins().fcvt_from_sint(to, wide)
            }
            Op::UintToFloat => {
                let wide = self.at_least_i32(value, from, false);
                self.builder.ins().fcvt_from_uint(to, wide)
            }
            Op::FloatToSint => self.lower_float_to_int(value, inst.ty, true),
            Op::FloatToUint => self.lower_float_to_int(value, inst.ty, false),
            Op::Fpromote => self.builder.ins().fpromote(to, value),
            Op::Fdemote => self.builder.ins().fdemote(to, value),
            Op::Bitcast => self.builder.ins().bitcast(to, MemFlagsData::new(), value),
            _ => bug!("lower: `{}` is no conversion", inst.op.facts().name),
        }
    }

    fn at_least_i32(&mut self, value: ir::Value, from: Type, signed: bool) -> ir::Value {
        match (from, signed) {
            (Type::I8 | Type::I16, true) => self.builder.ins().sextend(types::I32, value),
            (Type::I8 | Type::I16, false) => self.builder.ins().uextend(types::I32, value),
            _ => value,
        }
    }

    /// Saturating. Small integers saturate in 32 bits first and are clamped there.
    fn lower_float_to_int(&mut self, value: ir::Value, to: Type, signed: bool) -> ir::Value {
        let wide = if to == Type::I64 { types::I64 } else { types::I32 };
        let converted = if signed {
            self.builder.ins().fcvt_to_sint_sat(wide, value)
        } else {
            self.builder.ins().fcvt_to_uint_sat(wide, value)
        };
        let bits = match to {
            Type::I8 => 8,
            Type::I16 => 16,
            _ => return converted,
        };
        let clamped = if signed {
            let most = self.iconst(Type::I32, (1 << (bits - 1)) - 1);
            let least = self.iconst(Type::I32, -(1 << (bits - 1)));
            let below = self.builder.ins().smin(converted, most);
            self.builder.ins().smax(below, least)
        } else {
            let most = self.iconst(Type::I32, (1 << bits) - 1);
            self.builder.ins().umin(converted, most)
        };
        self.builder.ins().ireduce(clif_type(to), clamped)
    }
}

pub fn int_condition(cc: IntCc) -> IntCC {
    match cc {
        IntCc::Eq => IntCC::Equal,
        IntCc::Ne => IntCC::NotEqual,
        IntCc::Slt => IntCC::SignedLessThan,
        IntCc::Sle => IntCC::SignedLessThanOrEqual,
        IntCc::Sgt => IntCC::SignedGreaterThan,
        IntCc::Sge => IntCC::SignedGreaterThanOrEqual,
        IntCc::Ult => IntCC::UnsignedLessThan,
        IntCc::Ule => IntCC::UnsignedLessThanOrEqual,
        IntCc::Ugt => IntCC::UnsignedGreaterThan,
        IntCc::Uge => IntCC::UnsignedGreaterThanOrEqual,
    }
}

fn float_condition(cc: FloatCc) -> FloatCC {
    match cc {
        FloatCc::Eq => FloatCC::Equal,
        FloatCc::Ne => FloatCC::NotEqual,
        FloatCc::Lt => FloatCC::LessThan,
        FloatCc::Le => FloatCC::LessThanOrEqual,
        FloatCc::Gt => FloatCC::GreaterThan,
        FloatCc::Ge => FloatCC::GreaterThanOrEqual,
    }
}
