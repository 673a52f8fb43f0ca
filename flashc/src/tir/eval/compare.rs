//! Equality and order of constants: by their parts, and by what the program implements for their types.

use super::own::Own;
use super::{Evaluator, Exit, Value, order};
use crate::source::Span;
use crate::tir::{CompareOp, Const, Expr, NominalKind, Ty, TyKind};
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

impl Evaluator<'_> {
    pub(super) fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Value {
        let a = self.eval(left)?;
        let b = self.eval(right)?;
        let (ty, span) = (left.ty, left.span);
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let same = self.equal(&a, &b, ty, span)?;
            return Ok(Const::Bool(same == (op == CompareOp::Eq)));
        }
        let order = self.order_of(&a, &b, ty, span)?;
        Ok(Const::Bool(match op {
            CompareOp::Lt => order == Some(Ordering::Less),
            CompareOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            CompareOp::Gt => order == Some(Ordering::Greater),
            _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }))
    }

    /// `a == b`
    pub(super) fn equal(&mut self, a: &Const, b: &Const, ty: Ty, span: Span) -> Result<bool, Exit> {
        if !self.has_own(Own::Eq, ty) {
            return Ok(order(a, b) == Some(Ordering::Equal));
        }
        if let Some(method) = self.own_method(Own::Eq, ty, span)? {
            return match self.call_values(method, vec![a.clone(), b.clone()], span)? {
                Const::Bool(same) => Ok(same),
                other => bug!("eval: `equals` gives {other:?}"),
            };
        }
        match (a, b) {
            (Const::Null, Const::Null) => Ok(true),
            (Const::Null, _) | (_, Const::Null) => Ok(false),
            (Const::Variant(i, _), Const::Variant(j, _)) if i != j => Ok(false),
            _ => {
                for (ty, a, b) in self.pairs(a, b, ty) {
                    if !self.equal(&a, &b, ty, span)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// Which one comes first; `None` where a NaN is met.
    pub(super) fn order_of(&mut self, a: &Const, b: &Const, ty: Ty, span: Span) -> Result<Option<Ordering>, Exit> {
        if !self.has_own(Own::Ord, ty) {
            return Ok(order(a, b));
        }
        if let Some(method) = self.own_method(Own::Ord, ty, span)? {
            return match self.call_values(method, vec![a.clone(), b.clone()], span)? {
                Const::Int(number) => Ok(Some(number.cmp(&0))),
                other => bug!("eval: `compare` gives {other:?}"),
            };
        }
        match (a, b) {
            (Const::Null, Const::Null) => Ok(Some(Ordering::Equal)),
            (Const::Null, _) => Ok(Some(Ordering::Less)),
            (_, Const::Null) => Ok(Some(Ordering::Greater)),
            (Const::Variant(i, _), Const::Variant(j, _)) if i != j => Ok(Some(i.cmp(j))),
            _ => {
                for (ty, a, b) in self.pairs(a, b, ty) {
                    match self.order_of(&a, &b, ty, span)? {
                        Some(Ordering::Equal) => {}
                        decided => return Ok(decided),
                    }
                }
                Ok(Some(Ordering::Equal))
            }
        }
    }

    /// The parts of two values of one type, with their types.
    fn pairs(&mut self, a: &Const, b: &Const, ty: Ty) -> Vec<(Ty, Const, Const)> {
        let (a_parts, b_parts) = match (a, b) {
            (Const::Aggregate(a), Const::Aggregate(b)) | (Const::Variant(_, a), Const::Variant(_, b)) => (a, b),
            (Const::Some(a), Const::Some(b)) => {
                let TyKind::Optional(inner) = self.kind(ty) else { bug!("eval: an optional of another type") };
                return vec![(inner, (**a).clone(), (**b).clone())];
            }
            _ => bug!("eval: comparing {a:?} with {b:?}"),
        };
        let types = self.part_types(a, ty);
        types
            .into_iter()
            .zip(a_parts.iter().cloned().zip(b_parts.iter().cloned()))
            .map(|(t, (a, b))| (t, a, b))
            .collect()
    }

    /// The types of the parts of a composed value.
    pub(super) fn part_types(&mut self, value: &Const, ty: Ty) -> Vec<Ty> {
        match self.kind(ty) {
            TyKind::Tuple(types) => types,
            TyKind::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
            TyKind::FixedArray(element, count) => vec![element; count as usize],
            TyKind::Nominal(id, args) => {
                let Some(nominal) = self.view.nominals.get(id.index()) else { return Vec::new() };
                let fields = match (&nominal.kind, value) {
                    (NominalKind::Record { fields, .. }, _) => fields,
                    (NominalKind::Enum { variants }, Const::Variant(index, _)) => match variants.get(*index as usize) {
                        Some(variant) => &variant.fields,
                        None => return Vec::new(),
                    },
                    _ => return Vec::new(),
                };
                let types: Vec<Ty> = fields.iter().map(|field| field.ty).collect();
                if args.is_empty() { types } else { self.types.to_mut().substitute_all(&types, &args) }
            }
            _ => Vec::new(),
        }
    }

    /// Whether values of the type, or of its parts, are treated as the program says.
    fn has_own(&mut self, which: Own, ty: Ty) -> bool {
        self.view.impls.iter().any(|known| self.is_interface(known.interface, which))
            && self.has_own_part(which, ty, &mut FxHashSet::default())
    }

    fn has_own_part(&mut self, which: Own, ty: Ty, seen: &mut FxHashSet<Ty>) -> bool {
        let ty = self.resolve(ty);
        if !seen.insert(ty) {
            return false;
        }
        let parts = match self.kind(ty) {
            TyKind::Optional(inner) | TyKind::FixedArray(inner, _) => vec![inner],
            TyKind::Tuple(types) => types,
            TyKind::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
            TyKind::Nominal(id, args) => {
                if self.find_own(which, ty).is_some() {
                    return true;
                }
                let Some(nominal) = self.view.nominals.get(id.index()) else { return false };
                let types: Vec<Ty> = match &nominal.kind {
                    NominalKind::Record { fields, .. } => fields.iter().map(|field| field.ty).collect(),
                    NominalKind::Enum { variants } => {
                        variants.iter().flat_map(|variant| &variant.fields).map(|field| field.ty).collect()
                    }
                    NominalKind::Interface { .. } => Vec::new(),
                };
                if args.is_empty() { types } else { self.types.to_mut().substitute_all(&types, &args) }
            }
            _ => Vec::new(),
        };
        parts.into_iter().any(|part| self.has_own_part(which, part, seen))
    }
}
