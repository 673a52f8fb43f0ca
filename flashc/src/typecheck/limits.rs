//! Constants of the types of numbers: `i32.MAX`, `f64.NAN`.

use super::body::Body;
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, ExprKind, FloatTy, Ty, TyKind};

/// What types of numbers have by name.
const OF_INTEGERS: &[&str] = &["MIN", "MAX", "BITS"];
const OF_FLOATS: &[&str] = &["MIN", "MAX", "MIN_POSITIVE", "EPSILON", "INFINITY", "NEG_INFINITY", "NAN"];

impl Body<'_, '_> {
    /// The constant of this name that a type of numbers has.
    pub(super) fn limit(&self, ty: Ty, name: Symbol, span: Span) -> Option<Expr> {
        let (value, ty) = match *self.kind(ty) {
            TyKind::Int(int) => match name.as_str() {
                "MIN" => (Const::Int(int.min()), ty),
                "MAX" => (Const::Int(int.max()), ty),
                "BITS" => (Const::Int(i128::from(int.bits())), Ty::I32),
                _ => return None,
            },
            TyKind::Float(float) => (Const::Float(float_limit(float, name.as_str())?), ty),
            _ => return None,
        };
        Some(Expr { kind: ExprKind::Const(value), ty, span })
    }

    /// The names of a type's constants.
    pub(super) fn limit_names(&self, ty: Ty) -> &'static [&'static str] {
        match self.kind(ty) {
            TyKind::Int(_) => OF_INTEGERS,
            TyKind::Float(_) => OF_FLOATS,
            _ => &[],
        }
    }
}

fn float_limit(float: FloatTy, name: &str) -> Option<f64> {
    let choose = |narrow: f32, wide: f64| match float {
        FloatTy::F32 => f64::from(narrow),
        FloatTy::F64 => wide,
    };
    Some(match name {
        "MIN" => choose(f32::MIN, f64::MIN),
        "MAX" => choose(f32::MAX, f64::MAX),
        "MIN_POSITIVE" => choose(f32::MIN_POSITIVE, f64::MIN_POSITIVE),
        "EPSILON" => choose(f32::EPSILON, f64::EPSILON),
        "INFINITY" => f64::INFINITY,
        "NEG_INFINITY" => f64::NEG_INFINITY,
        "NAN" => f64::NAN,
        _ => return None,
    })
}
