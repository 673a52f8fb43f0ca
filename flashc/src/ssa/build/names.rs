//! Names for people and linkers: of types, as the source writes them, and of instances.

use super::module::ModuleBuilder;
use crate::tir::{Ty, TyKind};

impl ModuleBuilder<'_> {
    /// The type as its source would say it: `[i32]`, `Map<str, i32>`, `fn(i32) -> bool`.
    pub fn type_name(&self, ty: Ty) -> String {
        match self.kind(ty) {
            TyKind::Void => "void".into(),
            TyKind::Never => "never".into(),
            TyKind::Bool => "bool".into(),
            TyKind::Char => "char".into(),
            TyKind::Str => "str".into(),
            TyKind::Int(int) => int.name().into(),
            TyKind::Float(crate::tir::FloatTy::F32) => "f32".into(),
            TyKind::Float(crate::tir::FloatTy::F64) => "f64".into(),
            TyKind::Array(element) => format!("[{}]", self.type_name(*element)),
            TyKind::FixedArray(element, count) => format!("[{}; {count}]", self.type_name(*element)),
            TyKind::Tuple(types) => format!("({})", self.type_names(types)),
            TyKind::Record(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, ty)| format!("{name}: {}", self.type_name(*ty))).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            TyKind::Optional(inner) => format!("{}?", self.type_name(*inner)),
            TyKind::Pointer(target) => format!("*{}", self.type_name(*target)),
            TyKind::Function(params, result) => {
                format!("fn({}) -> {}", self.type_names(params), self.type_name(*result))
            }
            TyKind::Nominal(id, args) => {
                let name = self.tree.nominals[id.index()].name;
                if args.is_empty() { name.to_string() } else { format!("{name}<{}>", self.type_names(args)) }
            }
            TyKind::Param(_, name) => name.to_string(),
            TyKind::Error => "error".into(),
        }
    }

    pub fn type_names(&self, types: &[Ty]) -> String {
        types.iter().map(|&ty| self.type_name(ty)).collect::<Vec<_>>().join(", ")
    }

    /// The path of a type's `part`-th part, to be put behind the name of what holds it: `.next`,
    /// `.pos.x`; nothing for a scalar.
    pub fn part_name(&mut self, ty: Ty, part: u32) -> String {
        match *self.kind(ty) {
            TyKind::Str => [".data", ".len"][part as usize].to_string(),
            TyKind::FixedArray(..) => "[]".to_string(),
            TyKind::Optional(inner) => {
                let (first, _) = self.payload(inner);
                match part.checked_sub(first as u32) {
                    Some(part) => self.part_name(inner, part),
                    None => ".tag".to_string(),
                }
            }
            TyKind::Tuple(_) | TyKind::Record(_) => self.field_part_name(ty, part),
            TyKind::Nominal(..) if self.is_interface(ty) => [".object", ".table"][part as usize].to_string(),
            TyKind::Nominal(..) if self.is_enum(ty) => {
                if part == 0 {
                    ".tag".to_string()
                } else {
                    format!(".{}", part - 1)
                }
            }
            TyKind::Nominal(..) if !self.is_class(ty) => self.field_part_name(ty, part),
            _ => String::new(),
        }
    }

    /// As `part_name`, of what has fields; for a class, of its object.
    pub fn field_part_name(&mut self, ty: Ty, part: u32) -> String {
        let fields = self.fields(ty);
        let Some(index) = fields.fields.iter().rposition(|field| field.part <= part) else { return String::new() };
        let field = fields.fields[index];
        let name = self.field_names(ty).swap_remove(index);
        format!(".{name}{}", self.part_name(field.ty, part - field.part))
    }
}
