//! Questions about a value that are answered from its definition alone, for all passes.

use crate::ssa::{Aux, Function, InstData, IntCc, Op, Value};
use flash_abi::symbols::Rt;

/// The bits of a constant of any type.
pub fn as_constant(function: &Function, value: Value) -> Option<i64> {
    match function.inst(function.def_inst(value)?) {
        InstData { op: Op::Iconst | Op::Fconst, aux: Aux::Imm(bits), .. } => Some(*bits),
        _ => None,
    }
}

pub fn is_constant(function: &Function, value: Value) -> bool {
    as_constant(function, value).is_some()
}

/// Whether the value, an address, is certainly not null.
pub fn is_nonnull(function: &Function, value: Value) -> bool {
    let (base, _) = base_and_offset(function, value);
    match function.def_inst(base).map(|inst| function.inst(inst)) {
        Some(InstData { op, aux, .. }) => match op {
            Op::Alloc | Op::SlotAddr | Op::DataAddr | Op::DescriptorAddr | Op::FuncAddr => true,
            Op::GlobalAddr | Op::Context => true,
            Op::CallRt => matches!(aux, Aux::Rt(Rt::Alloc | Rt::AllocBuffer | Rt::BufNew)),
            _ => false,
        },
        None => false,
    }
}

/// Takes constant `ptr_add`s apart.
pub fn base_and_offset(function: &Function, mut value: Value) -> (Value, i64) {
    let mut offset = 0i64;
    while let Some(inst) = function.def_inst(value)
        && let InstData { op: Op::PtrAdd, args, .. } = function.inst(inst)
        && let Some(constant) = function.as_iconst(args[1])
    {
        offset = offset.wrapping_add(constant);
        value = args[0];
    }
    (value, offset)
}

/// Whether the value, an `i8`, is certainly 0 or 1.
pub fn is_bool(function: &Function, value: Value) -> bool {
    is_bool_within(function, value, 4)
}

fn is_bool_within(function: &Function, value: Value, depth: u32) -> bool {
    let crate::ssa::ValueDef::Result(inst, index) = function.values[value.index()].def else { return false };
    let data = function.inst(inst);
    let operands = |args: &[Value]| depth > 0 && args.iter().all(|&arg| is_bool_within(function, arg, depth - 1));
    match data.op {
        Op::Icmp | Op::Fcmp => true,
        Op::Iconst => matches!(data.aux, Aux::Imm(0 | 1)),
        Op::And | Op::Or | Op::Xor => operands(&data.args),
        Op::Select => operands(&data.args[1..]),
        Op::SaddOverflow | Op::SsubOverflow | Op::SmulOverflow => index == 1,
        Op::UaddOverflow | Op::UsubOverflow | Op::UmulOverflow => index == 1,
        _ => false,
    }
}

/// The condition for exchanged operands.
pub fn swap(cc: IntCc) -> IntCc {
    match cc {
        IntCc::Eq | IntCc::Ne => cc,
        IntCc::Slt => IntCc::Sgt,
        IntCc::Sle => IntCc::Sge,
        IntCc::Sgt => IntCc::Slt,
        IntCc::Sge => IntCc::Sle,
        IntCc::Ult => IntCc::Ugt,
        IntCc::Ule => IntCc::Uge,
        IntCc::Ugt => IntCc::Ult,
        IntCc::Uge => IntCc::Ule,
    }
}

/// The condition that holds exactly when the other does not.
pub fn invert(cc: IntCc) -> IntCc {
    match cc {
        IntCc::Eq => IntCc::Ne,
        IntCc::Ne => IntCc::Eq,
        IntCc::Slt => IntCc::Sge,
        IntCc::Sle => IntCc::Sgt,
        IntCc::Sgt => IntCc::Sle,
        IntCc::Sge => IntCc::Slt,
        IntCc::Ult => IntCc::Uge,
        IntCc::Ule => IntCc::Ugt,
        IntCc::Ugt => IntCc::Ule,
        IntCc::Uge => IntCc::Ult,
    }
}
