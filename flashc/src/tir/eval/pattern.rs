//! Matching values against patterns, binding names on the way.

use super::{Evaluator, order};
use crate::tir::{Const, Pattern, PatternKind};
use std::cmp::Ordering;

impl Evaluator<'_> {
    /// Whether the value matches. Names may be bound even when it does not: they are not in scope then.
    pub(super) fn matches(&mut self, pattern: &Pattern, value: &Const) -> bool {
        match &pattern.kind {
            PatternKind::Wildcard => true,
            PatternKind::Bind(local, inner) => {
                let matched = inner.as_ref().is_none_or(|inner| self.matches(inner, value));
                if matched {
                    self.set_local(*local, Some(value.clone()));
                }
                matched
            }
            PatternKind::Const(Const::Null) => matches!(value, Const::Null),
            PatternKind::Const(wanted) => order(wanted, value) == Some(Ordering::Equal),
            PatternKind::Range(low, high) => {
                let above = low.as_ref().is_none_or(|low| is_at_most(low, value));
                above && high.as_ref().is_none_or(|high| is_at_most(value, high))
            }
            // No constant is of an interface type.
            PatternKind::Type(_) => false,
            PatternKind::Some(inner) => match value {
                Const::Some(value) => self.matches(inner, value),
                _ => false,
            },
            PatternKind::Tuple(parts) => match value {
                Const::Aggregate(values) => parts.iter().zip(values).all(|(part, value)| self.matches(part, value)),
                _ => false,
            },
            PatternKind::Fields(fields) => match value {
                Const::Aggregate(values) => fields
                    .iter()
                    .all(|(index, part)| values.get(*index as usize).is_some_and(|value| self.matches(part, value))),
                _ => false,
            },
            PatternKind::Variant { index, fields } => match value {
                Const::Variant(of, values) => {
                    of == index && fields.iter().zip(values).all(|(part, value)| self.matches(part, value))
                }
                _ => self.is_variant(pattern, *index, value),
            },
            PatternKind::Or(choices) => choices.iter().any(|choice| self.matches(choice, value)),
        }
    }

    /// Of a C-like enum.
    fn is_variant(&mut self, pattern: &Pattern, index: u32, value: &Const) -> bool {
        let crate::tir::TyKind::Nominal(id, _) = self.kind(pattern.ty) else { return false };
        let Some(nominal) = self.view.nominals.get(id.index()) else { return false };
        let crate::tir::NominalKind::Enum { variants } = &nominal.kind else { return false };
        let wanted = variants.get(index as usize).map(|variant| i128::from(variant.value));
        matches!(value, Const::Int(value) if Some(*value) == wanted)
    }
}

fn is_at_most(a: &Const, b: &Const) -> bool {
    matches!(order(a, b), Some(Ordering::Less | Ordering::Equal))
}
