//! Which values lie inside of others. A value of an enum that would contain itself has a box instead: the
//! fields of the variant that leads back to the enum are in an object of their own.
//!
//! Types are those of a checked program, with no parameters left. Classes and arrays are references and
//! contain nothing.

use super::{Nominal, NominalKind, Ty, TyKind, Types};
use crate::ast::RecordKind;
use rustc_hash::FxHashSet;

/// Nesting of type arguments that no sensible program has.
pub const DEEPEST: u32 = 64;

/// Whether a value of type `ty` has one of type `target` inside, or is one, when nothing is boxed.
pub fn contains(types: &mut Types, nominals: &[Nominal], ty: Ty, target: Ty) -> bool {
    let mut seen = FxHashSet::default();
    let mut stack = vec![ty];
    while let Some(ty) = stack.pop() {
        if ty == target {
            return true;
        }
        if seen.insert(ty) {
            // Types that grow for ever have been reported; this must only end.
            if types.depth(ty) > DEEPEST {
                return true;
            }
            parts(types, nominals, ty, &mut stack);
        }
    }
    false
}

/// Whether the variant's fields lead back to its enum, and so are in a box.
pub fn is_recursive(types: &mut Types, nominals: &[Nominal], enum_ty: Ty, variant: usize) -> bool {
    let TyKind::Nominal(id, args) = types.kind(enum_ty).clone() else { return false };
    let NominalKind::Enum { variants } = &nominals[id.index()].kind else { return false };
    let Some(variant) = variants.get(variant) else { return false };
    variant.fields.iter().any(|field| {
        let ty = types.substitute(field.ty, &args);
        contains(types, nominals, ty, enum_ty)
    })
}

/// Appends the types of the values that lie directly inside one of this type.
fn parts(types: &mut Types, nominals: &[Nominal], ty: Ty, out: &mut Vec<Ty>) {
    match types.kind(ty).clone() {
        TyKind::FixedArray(inner, _) | TyKind::Optional(inner) => out.push(inner),
        TyKind::Tuple(types) => out.extend(types),
        TyKind::Record(fields) => out.extend(fields.into_iter().map(|(_, ty)| ty)),
        TyKind::Nominal(id, args) => match &nominals[id.index()].kind {
            NominalKind::Record { kind: RecordKind::Struct, fields } => {
                out.extend(fields.iter().map(|field| types.substitute(field.ty, &args)));
            }
            NominalKind::Enum { variants } => {
                let fields = variants.iter().flat_map(|variant| &variant.fields);
                out.extend(fields.map(|field| types.substitute(field.ty, &args)));
            }
            NominalKind::Record { .. } | NominalKind::Interface { .. } => {}
        },
        _ => {}
    }
}
