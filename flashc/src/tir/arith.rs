//! Arithmetic on scalars as a running program does it: what the evaluator of constants and the
//! optimiser's folding share. Integers are `i128`s within the range of their type.

use super::{FloatTy, IntTy};

pub fn add(int: IntTy, a: i128, b: i128) -> i128 {
    int.wrap(a + b)
}

pub fn sub(int: IntTy, a: i128, b: i128) -> i128 {
    int.wrap(a - b)
}

pub fn mul(int: IntTy, a: i128, b: i128) -> i128 {
    // Two u64s can leave an i128; the low bits are right all the same.
    int.wrap(a.wrapping_mul(b))
}

/// Truncates; `None` for division by zero. The least value by -1 wraps.
pub fn div(int: IntTy, a: i128, b: i128) -> Option<i128> {
    Some(int.wrap(a.checked_div(b)?))
}

/// Has the sign of `a`; `None` for division by zero.
pub fn rem(int: IntTy, a: i128, b: i128) -> Option<i128> {
    Some(int.wrap(a.checked_rem(b)?))
}

pub fn neg(int: IntTy, a: i128) -> i128 {
    int.wrap(-a)
}

pub fn bit_not(int: IntTy, a: i128) -> i128 {
    int.wrap(!a)
}

/// Shift counts are taken modulo the number of bits.
fn count(int: IntTy, b: i128) -> u32 {
    (b & i128::from(int.bits() - 1)) as u32
}

pub fn shl(int: IntTy, a: i128, b: i128) -> i128 {
    int.wrap(a << count(int, b))
}

/// `>>`: keeps the sign of signed types.
pub fn shr(int: IntTy, a: i128, b: i128) -> i128 {
    a >> count(int, b)
}

/// `>>>`: fills with zeros.
pub fn ushr(int: IntTy, a: i128, b: i128) -> i128 {
    let mask = (1_i128 << int.bits()) - 1;
    int.wrap((a & mask) >> count(int, b))
}

/// Rounds to what a type holds, given as `f64` always.
pub fn round(float: FloatTy, value: f64) -> f64 {
    match float {
        FloatTy::F32 => f64::from(value as f32),
        FloatTy::F64 => value,
    }
}

// In f32, rounding the f64 result of one of these once more gives the same as computing in f32:
// f64 has more than twice the digits.

pub fn float_add(float: FloatTy, a: f64, b: f64) -> f64 {
    round(float, a + b)
}

pub fn float_sub(float: FloatTy, a: f64, b: f64) -> f64 {
    round(float, a - b)
}

pub fn float_mul(float: FloatTy, a: f64, b: f64) -> f64 {
    round(float, a * b)
}

/// Division by zero gives infinity or NaN.
pub fn float_div(float: FloatTy, a: f64, b: f64) -> f64 {
    round(float, a / b)
}

/// C's `fmod`, which is exact.
pub fn float_rem(float: FloatTy, a: f64, b: f64) -> f64 {
    round(float, a % b)
}

/// Truncates; saturates; NaN is 0.
pub fn float_to_int(int: IntTy, value: f64) -> i128 {
    // `as` saturates at the bounds of i128 and turns NaN into 0.
    (value as i128).clamp(int.min(), int.max())
}

/// Rounds to the nearest, once.
pub fn int_to_float(float: FloatTy, value: i128) -> f64 {
    match float {
        FloatTy::F32 => f64::from(value as f32),
        FloatTy::F64 => value as f64,
    }
}

/// The wrapped result, and whether it is not the true one.
pub fn overflowing(int: IntTy, exact: Option<i128>, wrapped: i128) -> (i128, bool) {
    (wrapped, exact.is_none_or(|exact| exact < int.min() || exact > int.max()))
}

/// A float as `Show` writes it: the shortest digits that read back, `.0` behind whole ones, an
/// exponent below 1e-6 and from 1e21 on.
pub fn show_float(float: FloatTy, value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Rust's formatting gives the shortest digits too.
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return match float {
            FloatTy::F32 => format!("{:e}", value as f32),
            FloatTy::F64 => format!("{value:e}"),
        };
    }
    let text = match float {
        FloatTy::F32 => format!("{}", value as f32),
        FloatTy::F64 => format!("{value}"),
    };
    if text.contains('.') { text } else { text + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_in_their_type() {
        assert_eq!(add(IntTy::I32, i128::from(i32::MAX), 1), i128::from(i32::MIN));
        assert_eq!(sub(IntTy::U8, 0, 1), 255);
        assert_eq!(mul(IntTy::U64, i128::from(u64::MAX), i128::from(u64::MAX)), 1);
        assert_eq!(neg(IntTy::I8, -128), -128);
        assert_eq!(bit_not(IntTy::U16, 0), 0xffff);
        assert_eq!(div(IntTy::I64, i128::from(i64::MIN), -1), Some(i128::from(i64::MIN)));
        assert_eq!((div(IntTy::I32, -7, 2), rem(IntTy::I32, -7, 2)), (Some(-3), Some(-1)));
        assert_eq!((div(IntTy::I32, 1, 0), rem(IntTy::I32, 1, 0)), (None, None));
    }

    #[test]
    fn shift_counts_are_masked() {
        assert_eq!(shl(IntTy::I32, 1, 33), 2);
        assert_eq!(shl(IntTy::U8, 0xff, 4), 0xf0);
        assert_eq!(shr(IntTy::I32, -8, 1), -4);
        assert_eq!(ushr(IntTy::I32, -1, 28), 15);
        assert_eq!(ushr(IntTy::I32, -1, 32), -1);
        assert_eq!(shr(IntTy::I8, -1, -1), -1);
    }

    #[test]
    fn floats_saturate_and_round() {
        assert_eq!(float_to_int(IntTy::U8, 300.7), 255);
        assert_eq!(float_to_int(IntTy::I32, f64::NAN), 0);
        assert_eq!(float_to_int(IntTy::I64, f64::NEG_INFINITY), i128::from(i64::MIN));
        assert_eq!(float_to_int(IntTy::I32, -1.9), -1);
        assert_eq!(float_add(FloatTy::F32, 16_777_216.0, 1.0), 16_777_216.0);
        assert_eq!(int_to_float(FloatTy::F32, 16_777_217), 16_777_216.0);
    }

    #[test]
    fn floats_are_shown_shortest() {
        let shown: Vec<String> = [1.0, -0.0, 0.1, 1e21, 1e20, 1e-6, 1.5e-7, f64::NAN]
            .iter()
            .map(|&value| show_float(FloatTy::F64, value))
            .collect();
        assert_eq!(shown, ["1.0", "-0.0", "0.1", "1e21", "100000000000000000000.0", "0.000001", "1.5e-7", "NaN"]);
        assert_eq!(show_float(FloatTy::F32, f64::from(0.1_f32)), "0.1");
    }
}
