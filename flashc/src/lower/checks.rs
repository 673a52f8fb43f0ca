//! Checks: a compare, a branch that is never taken, and at the function's end a cold block that
//! stores the operands in the context and calls the runtime. Each check has a block of its own, so
//! that the return address tells the place. The operands do not travel as arguments: that would
//! tie them to argument registers all through the hot code.

use super::function::{FunctionLowering, UNREACHABLE};
use crate::ssa::{InstData, Op, Type};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use flash_abi::context::{FAIL_A, FAIL_B};
use flash_abi::symbols::Rt;

impl FunctionLowering<'_, '_> {
    pub fn lower_check(&mut self, inst: &InstData) {
        let (handler, fine) = self.start_failing(inst);
        self.call_without_context(handler, &[]);
        self.builder.ins().trap(UNREACHABLE);
        self.builder.switch_to_block(fine);
    }

    /// The compare, and the cold block up to the call of the runtime function returned, which the caller adds.
    /// Also the block where the check holds.
    pub fn start_failing(&mut self, inst: &InstData) -> (Rt, ir::Block) {
        let value = self.value(inst.args[0]);
        let fine = self.builder.create_block();
        let fails = self.builder.create_block();
        self.builder.set_cold_block(fails);
        // The failing side stands first: Cranelift then visits what follows the check before it, and
        // does not forget that it is in a loop when it places invariant code.
        let has_failed = match inst.op {
            Op::NoOverflow => value,
            Op::Bounds => {
                let length = self.value(inst.args[1]);
                self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, value, length)
            }
            _ => {
                let zero = self.iconst(inst.ty, 0);
                self.builder.ins().icmp(IntCC::Equal, value, zero)
            }
        };
        self.builder.ins().brif(has_failed, fails, &[], fine, &[]);

        self.builder.switch_to_block(fails);
        let context = self.context();
        let handler = match inst.op {
            Op::Bounds => {
                let length = self.value(inst.args[1]);
                for (operand, field) in [(value, FAIL_A), (length, FAIL_B)] {
                    let wide = self.sign_extended(operand, inst.ty);
                    self.builder.ins().store(MemFlagsData::trusted(), wide, context, field as i32);
                }
                Rt::FailBounds
            }
            Op::NonNull => Rt::FailNull,
            Op::NonZero => Rt::FailDivision,
            Op::NoOverflow => Rt::FailOverflow,
            _ => bug!("lower: `{}` is no check", inst.op.facts().name),
        };
        (handler, fine)
    }

    fn sign_extended(&mut self, value: ir::Value, ty: Type) -> ir::Value {
        match ty {
            Type::I8 | Type::I16 | Type::I32 => self.builder.ins().sextend(types::I64, value),
            _ => value,
        }
    }
}
