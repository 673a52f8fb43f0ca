//! `Show` of constants, as the runtime writes it.

use super::{Evaluator, Exit};
use crate::source::Span;
use crate::tir::{Const, FloatTy, NominalKind, Ty, TyKind, arith};

impl Evaluator<'_> {
    /// `inside` of other values texts and characters are quoted.
    pub(super) fn show(&mut self, value: &Const, ty: Ty, inside: bool, span: Span) -> Result<String, Exit> {
        let kind = self.kind(ty);
        Ok(match (value, kind) {
            (Const::Void, _) => "void".to_owned(),
            (Const::Null, _) => "null".to_owned(),
            (Const::Bool(value), _) => value.to_string(),
            (Const::Int(value), TyKind::Int(_)) => value.to_string(),
            (Const::Float(value), TyKind::Float(float)) => arith::show_float(float, *value),
            (Const::Float(value), _) => arith::show_float(FloatTy::F64, *value),
            (Const::Char(value), _) if !inside => value.to_string(),
            (Const::Str(value), _) if !inside => value.to_string(),
            (Const::Some(inner), TyKind::Optional(ty)) => self.show(inner, ty, inside, span)?,
            (Const::Aggregate(parts), TyKind::Tuple(types)) => {
                let parts = self.show_all(parts, types.into_iter(), span)?;
                format!("({})", parts.join(", "))
            }
            (Const::Aggregate(parts), TyKind::FixedArray(element, _)) => {
                let parts = self.show_all(parts, std::iter::repeat_n(element, parts.len()), span)?;
                format!("[{}]", parts.join(", "))
            }
            (Const::Int(value), TyKind::Nominal(id, _)) if !self.view.own.contains(&id) => {
                let nominal = self.view.nominals.get(id.index());
                let variant = nominal.and_then(|nominal| match &nominal.kind {
                    NominalKind::Enum { variants } => variants.iter().find(|v| i128::from(v.value) == *value),
                    _ => None,
                });
                match (nominal, variant) {
                    (Some(nominal), Some(variant)) => format!("{}.{}", nominal.name, variant.name),
                    _ => return self.not_constant(span, "showing a value of this type"),
                }
            }
            // Structs may implement `Show` themselves, quoted texts are the runtime's to escape.
            _ => return self.not_constant(span, "showing a value of this type"),
        })
    }

    fn show_all(&mut self, parts: &[Const], types: impl Iterator<Item = Ty>, span: Span) -> Result<Vec<String>, Exit> {
        parts.iter().zip(types).map(|(part, ty)| self.show(part, ty, true, span)).collect()
    }
}
