//! `Show` of constants, as the runtime writes it.

use super::own::Own;
use super::{Evaluator, Exit};
use crate::source::{Span, Symbol};
use crate::tir::{Const, FloatTy, NominalId, NominalKind, Ty, TyKind, arith};

impl Evaluator<'_> {
    /// `inside` of other values texts and characters are quoted.
    pub(super) fn show(&mut self, value: &Const, ty: Ty, inside: bool, span: Span) -> Result<String, Exit> {
        let kind = self.kind(ty);
        if matches!(kind, TyKind::Nominal(..))
            && let Some(method) = self.own_method(Own::Show, ty, span)?
        {
            return match self.call_values(method, vec![value.clone()], span)? {
                Const::Str(text) => Ok(text.as_str().to_owned()),
                other => bug!("eval: `show` gives {other:?}"),
            };
        }
        self.grow(span, 1)?;
        Ok(match (value, kind) {
            (Const::Void, _) => "void".to_owned(),
            (Const::Null, _) => "null".to_owned(),
            (Const::Bool(value), _) => value.to_string(),
            (Const::Int(value), TyKind::Int(_)) => value.to_string(),
            (Const::Float(value), TyKind::Float(float)) => arith::show_float(float, *value),
            (Const::Float(value), _) => arith::show_float(FloatTy::F64, *value),
            (Const::Char(value), _) if !inside => value.to_string(),
            (Const::Char(value), _) => quoted(&value.to_string(), '\''),
            (Const::Str(value), _) if !inside => value.to_string(),
            (Const::Str(value), _) => quoted(value.as_str(), '"'),
            (Const::Some(inner), TyKind::Optional(ty)) => self.show(inner, ty, inside, span)?,
            (Const::Aggregate(parts), TyKind::Tuple(_)) => {
                let one = parts.len() == 1;
                format!("({}{})", self.show_all(value, parts, ty, span)?.join(", "), if one { "," } else { "" })
            }
            (Const::Aggregate(parts), TyKind::FixedArray(..)) => {
                format!("[{}]", self.show_all(value, parts, ty, span)?.join(", "))
            }
            (Const::Aggregate(parts), TyKind::Record(fields)) => {
                let names: Vec<Symbol> = fields.into_iter().map(|(name, _)| name).collect();
                let parts = self.show_all(value, parts, ty, span)?;
                named("", &names, &parts)
            }
            (Const::Aggregate(parts), TyKind::Nominal(id, _)) => {
                let view = self.view;
                let Some(NominalKind::Record { fields, .. }) = view.nominals.get(id.index()).map(|n| &n.kind) else {
                    return self.not_constant(span, "showing a value of this type");
                };
                let names: Vec<Symbol> = fields.iter().map(|field| field.name).collect();
                let parts = self.show_all(value, parts, ty, span)?;
                named(view.nominals[id.index()].name.as_str(), &names, &parts)
            }
            (Const::Variant(index, parts), TyKind::Nominal(id, _)) => {
                let Some((full, names)) = self.variant_names(id, |at, _| at == *index as usize) else {
                    return self.not_constant(span, "showing a value of this type");
                };
                let parts = self.show_all(value, parts, ty, span)?;
                match names.first().map(|name| name.as_str()) {
                    None => full,
                    Some("0") => format!("{full}({})", parts.join(", ")),
                    Some(_) => named(&full, &names, &parts),
                }
            }
            (Const::Int(value), TyKind::Nominal(id, _)) => {
                match self.variant_names(id, |_, number| i128::from(number) == *value) {
                    Some((full, _)) => full,
                    // An integer that is no variant's, by a conversion.
                    None => match self.view.nominals.get(id.index()) {
                        Some(nominal) => nominal.name.to_string(),
                        None => return self.not_constant(span, "showing a value of this type"),
                    },
                }
            }
            _ => return self.not_constant(span, "showing a value of this type"),
        })
    }

    fn show_all(&mut self, value: &Const, parts: &[Const], ty: Ty, span: Span) -> Result<Vec<String>, Exit> {
        let types = self.part_types(value, ty);
        parts.iter().zip(types).map(|(part, ty)| self.show(part, ty, true, span)).collect()
    }

    /// The full name of the first variant that is meant, by position and number, and the names of its fields.
    fn variant_names(&self, id: NominalId, is_meant: impl Fn(usize, i64) -> bool) -> Option<(String, Vec<Symbol>)> {
        let nominal = self.view.nominals.get(id.index())?;
        let NominalKind::Enum { variants } = &nominal.kind else { return None };
        let (_, variant) = variants.iter().enumerate().find(|(at, variant)| is_meant(*at, variant.value))?;
        let names = variant.fields.iter().map(|field| field.name).collect();
        Some((format!("{}.{}", nominal.name, variant.name), names))
    }
}

/// `P { x: 1, y: 2 }`
fn named(name: &str, fields: &[Symbol], values: &[String]) -> String {
    let space = if name.is_empty() { "" } else { " " };
    if fields.is_empty() {
        return format!("{name}{space}{{}}");
    }
    let fields: Vec<String> = fields.iter().zip(values).map(|(field, value)| format!("{field}: {value}")).collect();
    format!("{name}{space}{{ {} }}", fields.join(", "))
}

/// In quotes, with the escapes that the runtime's text buffer writes.
fn quoted(text: &str, quote: char) -> String {
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
