//! What pure operations compute: the one evaluator that folding and the interpreter of tests share.
//! Integers are sign-extended from their type, floats are their bits, as in [`Aux::Imm`].

use super::{Aux, FloatCc, InstData, IntCc, Op, Type};
use smallvec::{SmallVec, smallvec};

/// Sign-extends the low bits of an integer type.
pub fn wrap(ty: Type, value: i64) -> i64 {
    match ty {
        Type::I8 => i64::from(value as i8),
        Type::I16 => i64::from(value as i16),
        Type::I32 => i64::from(value as i32),
        _ => value,
    }
}

/// The value with the bits above its type cleared.
pub fn unsigned(ty: Type, value: i64) -> u64 {
    match ty {
        Type::I8 => u64::from(value as u8),
        Type::I16 => u64::from(value as u16),
        Type::I32 | Type::F32 => u64::from(value as u32),
        _ => value as u64,
    }
}

/// The least and the greatest signed value of an integer type.
pub fn signed_range(ty: Type) -> (i64, i64) {
    let shift = 64 - ty.bytes() * 8;
    (i64::MIN >> shift, i64::MAX >> shift)
}

pub fn compare_ints(cc: IntCc, ty: Type, a: i64, b: i64) -> bool {
    let (ua, ub) = (unsigned(ty, a), unsigned(ty, b));
    match cc {
        IntCc::Eq => a == b,
        IntCc::Ne => a != b,
        IntCc::Slt => a < b,
        IntCc::Sle => a <= b,
        IntCc::Sgt => a > b,
        IntCc::Sge => a >= b,
        IntCc::Ult => ua < ub,
        IntCc::Ule => ua <= ub,
        IntCc::Ugt => ua > ub,
        IntCc::Uge => ua >= ub,
    }
}

/// The results of a pure operation on constants; `None` where it needs more than its operands
/// (addresses), divides by zero, or gives a NaN (whose bits are the machine's business).
pub fn evaluate(data: &InstData, args: &[i64]) -> Option<SmallVec<[i64; 2]>> {
    let ty = data.ty;
    if ty.is_float() && !matches!(data.op, Op::Fcmp) {
        return float_results(data, args).map(|bits| smallvec![bits]);
    }
    Some(match (data.op, &data.aux, args) {
        (Op::Iconst, Aux::Imm(imm), _) => smallvec![*imm],
        (Op::Icmp, Aux::IntCc(cc), [a, b]) => smallvec![i64::from(compare_ints(*cc, ty, *a, *b))],
        (Op::Fcmp, Aux::FloatCc(cc), [a, b]) => smallvec![i64::from(compare_floats(*cc, ty, *a, *b))],
        (Op::Select, _, [condition, a, b]) => smallvec![if *condition != 0 { *a } else { *b }],
        (_, Aux::From(from), [a]) => smallvec![convert_to_int(data.op, *from, ty, *a)?],
        (Op::SaddOverflow | Op::SsubOverflow | Op::SmulOverflow, _, [a, b]) => {
            let (a, b) = (i128::from(*a), i128::from(*b));
            let exact = match data.op {
                Op::SaddOverflow => a + b,
                Op::SsubOverflow => a - b,
                _ => a * b,
            };
            let wrapped = wrap(ty, exact as i64);
            smallvec![wrapped, i64::from(i128::from(wrapped) != exact)]
        }
        (Op::UaddOverflow | Op::UsubOverflow | Op::UmulOverflow, _, [a, b]) => {
            let (a, b) = (u128::from(unsigned(ty, *a)), u128::from(unsigned(ty, *b)));
            // Below zero counts as too big: the difference of two u64 wraps in u128.
            let exact = match data.op {
                Op::UaddOverflow => a + b,
                Op::UsubOverflow => a.wrapping_sub(b),
                _ => a * b,
            };
            let wrapped = wrap(ty, exact as i64);
            let overflows = u128::from(unsigned(ty, wrapped)) != exact;
            smallvec![wrapped, i64::from(overflows)]
        }
        (op, _, [a]) => smallvec![wrap(ty, unary(op, ty, *a)?)],
        (op, _, [a, b]) => smallvec![wrap(ty, binary(op, ty, *a, *b)?)],
        _ => return None,
    })
}

fn unary(op: Op, ty: Type, a: i64) -> Option<i64> {
    let bits = ty.bytes() * 8;
    Some(match op {
        Op::Ineg => a.wrapping_neg(),
        Op::Not => !a,
        Op::Clz => i64::from(unsigned(ty, a).leading_zeros() - (64 - bits)),
        Op::Ctz => i64::from(unsigned(ty, a).trailing_zeros().min(bits)),
        Op::Popcnt => i64::from(unsigned(ty, a).count_ones()),
        _ => return None,
    })
}

fn binary(op: Op, ty: Type, a: i64, b: i64) -> Option<i64> {
    let (ua, ub) = (unsigned(ty, a), unsigned(ty, b));
    let bits = u64::from(ty.bytes()) * 8;
    let count = ub % bits;
    let rotate = |left: u64| {
        if left == 0 { a } else { ((ua << left) | (ua >> (bits - left))) as i64 }
    };
    Some(match op {
        Op::Iadd | Op::PtrAdd => a.wrapping_add(b),
        Op::Isub => a.wrapping_sub(b),
        Op::Imul => a.wrapping_mul(b),
        Op::Sdiv if b != 0 => a.wrapping_div(b),
        Op::Udiv if b != 0 => (ua / ub) as i64,
        Op::Srem if b != 0 => a.wrapping_rem(b),
        Op::Urem if b != 0 => (ua % ub) as i64,
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl => a << count,
        Op::Sshr => a >> count,
        Op::Ushr => (ua >> count) as i64,
        Op::Rotl => rotate(count),
        Op::Rotr => rotate((bits - count) % bits),
        Op::Smin => a.min(b),
        Op::Smax => a.max(b),
        Op::Umin => ua.min(ub) as i64,
        Op::Umax => ua.max(ub) as i64,
        _ => return None,
    })
}

fn convert_to_int(op: Op, from: Type, ty: Type, a: i64) -> Option<i64> {
    let float = || if from == Type::F32 { f64::from(f32::from_bits(a as u32)) } else { f64::from_bits(a as u64) };
    Some(match op {
        Op::Sext => a,
        Op::Zext => unsigned(from, a) as i64,
        Op::Itrunc => wrap(ty, a),
        Op::Bitcast if from == Type::F32 => i64::from(a as i32),
        Op::Bitcast => a,
        Op::FloatToSint => {
            let (least, greatest) = signed_range(ty);
            (float() as i64).clamp(least, greatest)
        }
        Op::FloatToUint => wrap(ty, (float() as u64).min(unsigned(ty, -1)) as i64),
        _ => return None,
    })
}

pub fn compare_floats(cc: FloatCc, ty: Type, a: i64, b: i64) -> bool {
    let read =
        |bits: i64| if ty == Type::F32 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits as u64) };
    let (a, b) = (read(a), read(b));
    match cc {
        FloatCc::Eq => a == b,
        FloatCc::Ne => a != b,
        FloatCc::Lt => a < b,
        FloatCc::Le => a <= b,
        FloatCc::Gt => a > b,
        FloatCc::Ge => a >= b,
    }
}

/// Operations that give a float.
fn float_results(data: &InstData, args: &[i64]) -> Option<i64> {
    match (data.op, &data.aux, args) {
        (Op::Fconst, Aux::Imm(bits), _) => return Some(*bits),
        // These move bits and keep any NaN.
        (Op::Select, _, [condition, a, b]) => return Some(if *condition != 0 { *a } else { *b }),
        (Op::Bitcast, Aux::From(from), [a]) => return Some(unsigned(*from, *a) as i64),
        _ => {}
    }
    if data.ty == Type::F32 {
        let a = || args.first().map(|&bits| f32::from_bits(bits as u32));
        let b = || args.get(1).map(|&bits| f32::from_bits(bits as u32));
        let result = match (data.op, &data.aux) {
            (Op::Fadd, _) => a()? + b()?,
            (Op::Fsub, _) => a()? - b()?,
            (Op::Fmul, _) => a()? * b()?,
            (Op::Fdiv, _) => a()? / b()?,
            (Op::Fneg, _) => -a()?,
            (Op::Fabs, _) => a()?.abs(),
            (Op::Sqrt, _) => a()?.sqrt(),
            (Op::Floor, _) => a()?.floor(),
            (Op::Ceil, _) => a()?.ceil(),
            (Op::Ftrunc, _) => a()?.trunc(),
            (Op::Nearest, _) => a()?.round_ties_even(),
            (Op::Fmin, _) => minimum(f64::from(a()?), f64::from(b()?)) as f32,
            (Op::Fmax, _) => -minimum(-f64::from(a()?), -f64::from(b()?)) as f32,
            (Op::Fcopysign, _) => a()?.copysign(b()?),
            (Op::SintToFloat, _) => *args.first()? as f32,
            (Op::UintToFloat, Aux::From(from)) => unsigned(*from, *args.first()?) as f32,
            (Op::Fdemote, _) => f64::from_bits(*args.first()? as u64) as f32,
            _ => return None,
        };
        return if result.is_nan() { None } else { Some(i64::from(result.to_bits())) };
    }
    let a = || args.first().map(|&bits| f64::from_bits(bits as u64));
    let b = || args.get(1).map(|&bits| f64::from_bits(bits as u64));
    let result = match (data.op, &data.aux) {
        (Op::Fadd, _) => a()? + b()?,
        (Op::Fsub, _) => a()? - b()?,
        (Op::Fmul, _) => a()? * b()?,
        (Op::Fdiv, _) => a()? / b()?,
        (Op::Fneg, _) => -a()?,
        (Op::Fabs, _) => a()?.abs(),
        (Op::Sqrt, _) => a()?.sqrt(),
        (Op::Floor, _) => a()?.floor(),
        (Op::Ceil, _) => a()?.ceil(),
        (Op::Ftrunc, _) => a()?.trunc(),
        (Op::Nearest, _) => a()?.round_ties_even(),
        (Op::Fmin, _) => minimum(a()?, b()?),
        (Op::Fmax, _) => -minimum(-a()?, -b()?),
        (Op::Fcopysign, _) => a()?.copysign(b()?),
        (Op::SintToFloat, _) => *args.first()? as f64,
        (Op::UintToFloat, Aux::From(from)) => unsigned(*from, *args.first()?) as f64,
        (Op::Fpromote, _) => f64::from(f32::from_bits(*args.first()? as u32)),
        _ => return None,
    };
    if result.is_nan() { None } else { Some(result.to_bits() as i64) }
}

/// IEEE 754-2019 minimum: NaN if either is, -0 below +0.
fn minimum(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b {
        if a.is_sign_negative() { a } else { b }
    } else {
        a.min(b)
    }
}
