//! Which implementation a type has, by the shapes of types: no bounds are looked at.

use super::{Ty, TyKind, Types};

/// Whether a pattern is a type for some choice of its parameters, which are put where `found` has none yet.
pub fn matches(types: &Types, pattern: Ty, ty: Ty, found: &mut [Option<Ty>]) -> bool {
    let all = |a: &[Ty], b: &[Ty], found: &mut [Option<Ty>]| {
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| matches(types, a, b, found))
    };
    match (types.kind(pattern), types.kind(ty)) {
        (TyKind::Param(index, _), _) => match found.get_mut(*index as usize) {
            Some(slot) => *slot.get_or_insert(ty) == ty,
            None => false,
        },
        (TyKind::Array(a), TyKind::Array(b))
        | (TyKind::Optional(a), TyKind::Optional(b))
        | (TyKind::Pointer(a), TyKind::Pointer(b)) => matches(types, *a, *b, found),
        (TyKind::FixedArray(a, n), TyKind::FixedArray(b, m)) => n == m && matches(types, *a, *b, found),
        (TyKind::Tuple(a), TyKind::Tuple(b)) => all(a, b, found),
        (TyKind::Record(a), TyKind::Record(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((n, a), (m, b))| n == m && matches(types, *a, *b, found))
        }
        (TyKind::Function(a, r), TyKind::Function(b, s)) => all(a, b, found) && matches(types, *r, *s, found),
        (TyKind::Nominal(i, a), TyKind::Nominal(j, b)) => i == j && all(a, b, found),
        _ => pattern == ty,
    }
}
