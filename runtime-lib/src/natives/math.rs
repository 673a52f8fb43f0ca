//! Natives of `std:math`: the functions that no instruction computes.

use crate::native;
use flash_abi::context::Context;

native! {
    /// Remainder with the dividend's sign, as C's fmod.
    fn flash_fmod(_ctx: *mut Context, x: f64, y: f64) -> f64 {
        x % y
    }

    fn flash_fmodf(_ctx: *mut Context, x: f32, y: f32) -> f32 {
        x % y
    }

    fn flash_math_sin(_ctx: *mut Context, x: f64) -> f64 {
        x.sin()
    }

    fn flash_math_cos(_ctx: *mut Context, x: f64) -> f64 {
        x.cos()
    }

    fn flash_math_tan(_ctx: *mut Context, x: f64) -> f64 {
        x.tan()
    }

    fn flash_math_asin(_ctx: *mut Context, x: f64) -> f64 {
        x.asin()
    }

    fn flash_math_acos(_ctx: *mut Context, x: f64) -> f64 {
        x.acos()
    }

    fn flash_math_atan(_ctx: *mut Context, x: f64) -> f64 {
        x.atan()
    }

    fn flash_math_atan2(_ctx: *mut Context, y: f64, x: f64) -> f64 {
        y.atan2(x)
    }

    fn flash_math_exp(_ctx: *mut Context, x: f64) -> f64 {
        x.exp()
    }

    fn flash_math_log(_ctx: *mut Context, x: f64) -> f64 {
        x.ln()
    }

    fn flash_math_log2(_ctx: *mut Context, x: f64) -> f64 {
        x.log2()
    }

    fn flash_math_log10(_ctx: *mut Context, x: f64) -> f64 {
        x.log10()
    }

    fn flash_math_pow(_ctx: *mut Context, base: f64, exponent: f64) -> f64 {
        base.powf(exponent)
    }

    fn flash_math_cbrt(_ctx: *mut Context, x: f64) -> f64 {
        x.cbrt()
    }

    fn flash_math_sinh(_ctx: *mut Context, x: f64) -> f64 {
        x.sinh()
    }

    fn flash_math_cosh(_ctx: *mut Context, x: f64) -> f64 {
        x.cosh()
    }

    fn flash_math_tanh(_ctx: *mut Context, x: f64) -> f64 {
        x.tanh()
    }

    fn flash_math_asinh(_ctx: *mut Context, x: f64) -> f64 {
        x.asinh()
    }

    fn flash_math_acosh(_ctx: *mut Context, x: f64) -> f64 {
        x.acosh()
    }

    fn flash_math_atanh(_ctx: *mut Context, x: f64) -> f64 {
        x.atanh()
    }

    fn flash_math_exp2(_ctx: *mut Context, x: f64) -> f64 {
        x.exp2()
    }

    fn flash_math_expm1(_ctx: *mut Context, x: f64) -> f64 {
        x.exp_m1()
    }

    fn flash_math_log1p(_ctx: *mut Context, x: f64) -> f64 {
        x.ln_1p()
    }

    fn flash_math_erf(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::erf(x) }
    }

    fn flash_math_erfc(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::erfc(x) }
    }

    fn flash_math_gamma(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::tgamma(x) }
    }

    fn flash_math_lgamma(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::lgamma(x) }
    }

    fn flash_math_j0(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::j0(x) }
    }

    fn flash_math_j1(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::j1(x) }
    }

    fn flash_math_y0(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::y0(x) }
    }

    fn flash_math_y1(_ctx: *mut Context, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::y1(x) }
    }

    fn flash_math_jn(_ctx: *mut Context, order: i32, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::jn(order, x) }
    }

    fn flash_math_yn(_ctx: *mut Context, order: i32, x: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::yn(order, x) }
    }

    fn flash_math_remainder(_ctx: *mut Context, x: f64, y: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::remainder(x, y) }
    }

    fn flash_math_next_after(_ctx: *mut Context, x: f64, toward: f64) -> f64 {
        // SAFETY: a function of numbers.
        unsafe { c::nextafter(x, toward) }
    }

    fn flash_math_fma(_ctx: *mut Context, x: f64, y: f64, z: f64) -> f64 {
        x.mul_add(y, z)
    }
}

/// What C's library of mathematics has and Rust's has not (yet).
mod c {
    unsafe extern "C" {
        pub fn erf(x: f64) -> f64;
        pub fn erfc(x: f64) -> f64;
        pub fn tgamma(x: f64) -> f64;
        pub fn lgamma(x: f64) -> f64;
        #[cfg_attr(windows, link_name = "_j0")]
        pub fn j0(x: f64) -> f64;
        #[cfg_attr(windows, link_name = "_j1")]
        pub fn j1(x: f64) -> f64;
        #[cfg_attr(windows, link_name = "_jn")]
        pub fn jn(order: i32, x: f64) -> f64;
        #[cfg_attr(windows, link_name = "_y0")]
        pub fn y0(x: f64) -> f64;
        #[cfg_attr(windows, link_name = "_y1")]
        pub fn y1(x: f64) -> f64;
        #[cfg_attr(windows, link_name = "_yn")]
        pub fn yn(order: i32, x: f64) -> f64;
        pub fn remainder(x: f64, y: f64) -> f64;
        pub fn nextafter(x: f64, toward: f64) -> f64;
    }
}
