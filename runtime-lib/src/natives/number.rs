//! Numbers as text and back: `Show` of numbers, `to_fixed`, `to_radix`, parsing.
//!
//! Floats are shown as the shortest text that reads back, whole ones with `.0`, with an exponent
//! where JavaScript uses one: below 1e-6 and from 1e21 on.

use super::{new_text, push_short, text};
use crate::native;
use flash_abi::context::Context;
use flash_abi::object::Str;

/// A parsed number: whether the text was one (low bit), and its value or bits.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Parsed {
    is_number: u8,
    value: i64,
}

impl Parsed {
    fn new(value: Option<i64>) -> Parsed {
        Parsed { is_number: u8::from(value.is_some()), value: value.unwrap_or(0) }
    }
}

native! {
    fn flash_parse_i64(_ctx: *mut Context, data: *const u8, len: i64) -> Parsed {
        // SAFETY: a live text.
        Parsed::new(unsafe { text(data, len) }.parse::<i64>().ok())
    }

    fn flash_parse_u64(_ctx: *mut Context, data: *const u8, len: i64) -> Parsed {
        // SAFETY: a live text.
        Parsed::new(unsafe { text(data, len) }.parse::<u64>().ok().map(|value| value as i64))
    }

    /// The value's bits.
    fn flash_parse_f64(_ctx: *mut Context, data: *const u8, len: i64) -> Parsed {
        // SAFETY: a live text.
        Parsed::new(parse_float(unsafe { text(data, len) }).map(|value| value.to_bits() as i64))
    }

    /// `number.to_fixed(digits)`
    fn flash_format_fixed(ctx: *mut Context, value: f64, digits: i32) -> Str {
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &fixed(value, digits.clamp(0, 100) as usize)) }
    }

    /// (value, radix 2..=36) in lower case.
    fn flash_format_radix(ctx: *mut Context, value: i64, radix: i32) -> Str {
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &in_radix(value.unsigned_abs(), value < 0, radix)) }
    }

    fn flash_format_radix_unsigned(ctx: *mut Context, value: u64, radix: i32) -> Str {
        // SAFETY: this thread's context.
        unsafe { new_text(ctx, &in_radix(value, false, radix)) }
    }
}

/// All numbers from 00 to 99, two digits each.
const PAIRS: &[u8; 200] = b"\
    0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

/// Appends an integer in decimal.
pub fn push_u64(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    while value > u64::from(u32::MAX) {
        start -= 2;
        digits[start..start + 2].copy_from_slice(pair((value % 100) as u32));
        value /= 100;
    }
    // Most numbers are small, and dividing 32 bits is faster.
    let mut value = value as u32;
    while value >= 100 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(pair(value % 100));
        value /= 100;
    }
    if value >= 10 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(pair(value));
    } else {
        start -= 1;
        digits[start] = b'0' + value as u8;
    }
    push_short(out, &digits[start..]);
}

/// The two digits of a number below 100.
fn pair(value: u32) -> &'static [u8] {
    &PAIRS[value as usize * 2..value as usize * 2 + 2]
}

/// Appends a signed integer in decimal.
pub fn push_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_u64(out, value.unsigned_abs());
}

/// Appends a float as `Show` writes it.
pub fn push_f64(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        out.extend_from_slice(not_finite(value).as_bytes());
    } else {
        push_shortest(out, zmij::Buffer::new().format_finite(value));
    }
}

/// As [`push_f64`], with as many digits as an `f32` needs.
pub fn push_f32(out: &mut Vec<u8>, value: f32) {
    if !value.is_finite() {
        out.extend_from_slice(not_finite(f64::from(value)).as_bytes());
    } else {
        push_shortest(out, zmij::Buffer::new().format_finite(value));
    }
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Appends the shortest digits, as `zmij` writes them, with the exponent where JavaScript has one.
fn push_shortest(out: &mut Vec<u8>, shortest: &str) {
    let Some((mantissa, exponent)) = shortest.split_once('e') else {
        push_short(out, shortest.as_bytes());
        return;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let unsigned = mantissa.trim_start_matches('-');
    if unsigned.len() < mantissa.len() {
        out.push(b'-');
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    if !(-6..21).contains(&exponent) {
        out.extend_from_slice(whole.as_bytes());
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
        out.push(b'e');
        push_i64(out, i64::from(exponent));
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', (-exponent - 1) as usize));
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(fraction.as_bytes());
    } else {
        // The point moves behind `exponent` more digits.
        let moved = (exponent as usize).min(fraction.len());
        let (before, behind) = fraction.split_at(moved);
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(before.as_bytes());
        out.extend(std::iter::repeat_n(b'0', exponent as usize - moved));
        out.push(b'.');
        out.extend_from_slice(if behind.is_empty() { b"0" } else { behind.as_bytes() });
    }
}

/// `value` with so many digits behind the point; of two equally near ones the one further from zero.
fn fixed(value: f64, digits: usize) -> String {
    // Minus zero has no sign, and what is too large for digits is shown as usual: both as in JavaScript.
    if !value.is_finite() || value.abs() >= 1e21 {
        let mut out = Vec::new();
        push_f64(&mut out, value);
        return String::from_utf8_lossy(&out).into_owned();
    }
    let value = if value == 0.0 { 0.0 } else { value };
    // Rust rounds an exact half to even. It is one when one more digit is exact and a 5; the digits
    // are exact when as many binary ones are.
    let scaled = value * 2f64.powi(digits as i32 + 1);
    if scaled.fract() == 0.0 {
        let exact = format!("{value:.*}", digits + 1);
        if let Some(kept) = exact.strip_suffix('5') {
            return away_from_zero(kept.trim_end_matches('.'));
        }
    }
    format!("{value:.digits$}")
}

/// The decimal text with one added in its last place, sign aside.
fn away_from_zero(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for byte in bytes.iter_mut().rev() {
        match byte {
            b'9' => *byte = b'0',
            b'0'..=b'8' => {
                *byte += 1;
                return String::from_utf8_lossy(&bytes).into_owned();
            }
            _ => {}
        }
    }
    let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
    format!("{sign}1{}", digits.replace('9', "0"))
}

fn in_radix(mut value: u64, negative: bool, radix: i32) -> String {
    let radix = radix.clamp(2, 36) as u64;
    let mut digits = Vec::with_capacity(65);
    loop {
        digits.push(char::from_digit((value % radix) as u32, 36).unwrap_or('0'));
        value /= radix;
        if value == 0 {
            break;
        }
    }
    if negative {
        digits.push('-');
    }
    digits.into_iter().rev().collect()
}

/// Decimal numbers with an optional sign and exponent, `Infinity` and `NaN`: not Rust's other spellings.
fn parse_float(text: &str) -> Option<f64> {
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "Infinity" | "NaN" => text.parse().ok(),
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("digits")
    }

    fn shown(value: f64) -> String {
        written(|out| push_f64(out, value))
    }

    #[test]
    fn shows_floats_as_javascript_but_for_whole_ones() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (100.0, "100.0"),
            (123456789.125, "123456789.125"),
            (1e15, "1000000000000000.0"),
            (1e16, "10000000000000000.0"),
            (1.5e17, "150000000000000000.0"),
            (1e20, "100000000000000000000.0"),
            (123456789012345680000.0, "123456789012345680000.0"),
            (1e21, "1e21"),
            (1.5e21, "1.5e21"),
            (-1.25e300, "-1.25e300"),
            (1e-5, "0.00001"),
            (1e-6, "0.000001"),
            (1.5e-6, "0.0000015"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(shown(value), expected);
        }
        let mut out = Vec::new();
        for value in [0.1f32, 3.25125, 1e13, 1.5e-6, 1e21, f32::MAX] {
            push_f32(&mut out, value);
            out.push(b' ');
        }
        assert_eq!(String::from_utf8_lossy(&out), "0.1 3.25125 10000000000000.0 0.0000015 1e21 3.4028235e38 ");
    }

    #[test]
    fn floats_read_back() {
        let mut bits = 0x0123_4567_89ab_cdefu64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let value = f64::from_bits(bits ^ bits >> 29);
            if value.is_finite() {
                assert_eq!(parse_float(&shown(value)), Some(value), "{}", shown(value));
            }
        }
    }

    #[test]
    fn shows_integers() {
        for value in [0, 7, 10, 99, 100, 101, 12345, i64::MAX, i64::MIN, -1, -100] {
            assert_eq!(written(|out| push_i64(out, value)), value.to_string());
        }
        assert_eq!(written(|out| push_u64(out, u64::MAX)), "18446744073709551615");
    }

    #[test]
    fn fixes_digits() {
        for (value, digits, expected) in [
            (3.25125, 2, "3.25"),
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (1.5, 0, "2"),
            (0.5, 0, "1"),
            (1.005, 2, "1.00"),
            (1.45, 1, "1.4"),
            (0.125, 2, "0.13"),
            (9.5, 0, "10"),
            (-99.5, 0, "-100"),
            (9.875, 2, "9.88"),
            (0.0, 2, "0.00"),
            (-0.0, 2, "0.00"),
            (-0.0001, 2, "-0.00"),
            (1e21, 2, "1e21"),
            (12.0, 3, "12.000"),
            (f64::NAN, 1, "NaN"),
        ] {
            assert_eq!(fixed(value, digits), expected, "{value} {digits}");
        }
    }

    #[test]
    fn writes_in_any_radix() {
        assert_eq!(in_radix(255, false, 16), "ff");
        assert_eq!(in_radix(255, true, 2), "-11111111");
        assert_eq!(in_radix(0, false, 36), "0");
        assert_eq!(in_radix(i64::MIN.unsigned_abs(), true, 10), i64::MIN.to_string());
    }

    #[test]
    fn parses_floats() {
        assert_eq!(parse_float("2.5"), Some(2.5));
        assert_eq!(parse_float("-1e3"), Some(-1000.0));
        assert_eq!(parse_float(".5"), Some(0.5));
        assert_eq!(parse_float("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_float("NaN").is_some_and(f64::is_nan));
        for wrong in ["", "abc", "inf", "nan", "infinity", "1x", " 1", "--1", "."] {
            assert_eq!(parse_float(wrong), None, "{wrong:?}");
        }
    }
}
