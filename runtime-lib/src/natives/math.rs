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
}
