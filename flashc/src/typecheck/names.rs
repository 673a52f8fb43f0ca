//! Types and their like in words, and the module-level meaning of names.

use super::Checker;
use super::entity::{Entity, ItemScope};
use super::infer::INFER_BASE;
use crate::diagnostics::Diagnostic;
use crate::resolve::{ModuleIndex, nearest};
use crate::source::Symbol;
use crate::tir::{FloatTy, Ty, TyKind};
use std::fmt::Write;

impl Checker<'_> {
    /// The type as the user writes it.
    pub(super) fn show(&self, ty: Ty) -> String {
        let mut text = String::new();
        self.write_type(ty, &mut text);
        text
    }

    fn write_type(&self, ty: Ty, out: &mut String) {
        match self.types.kind(ty) {
            TyKind::Void => out.push_str("void"),
            TyKind::Never => out.push_str("never"),
            TyKind::Bool => out.push_str("bool"),
            TyKind::Char => out.push_str("char"),
            TyKind::Int(int) => out.push_str(int.name()),
            TyKind::Float(FloatTy::F32) => out.push_str("f32"),
            TyKind::Float(FloatTy::F64) => out.push_str("f64"),
            TyKind::Str => out.push_str("str"),
            TyKind::Array(element) => {
                out.push('[');
                self.write_type(*element, out);
                out.push(']');
            }
            TyKind::FixedArray(element, count) => {
                out.push('[');
                self.write_type(*element, out);
                let _ = write!(out, "; {count}]");
            }
            TyKind::Tuple(types) => {
                out.push('(');
                self.write_types(types, out);
                out.push(')');
            }
            TyKind::Record(fields) => {
                out.push_str("{ ");
                for (i, (name, ty)) in fields.iter().enumerate() {
                    let _ = write!(out, "{}{name}: ", if i > 0 { ", " } else { "" });
                    self.write_type(*ty, out);
                }
                out.push_str(" }");
            }
            TyKind::Optional(inner) => {
                let parens = matches!(self.types.kind(*inner), TyKind::Function(..) | TyKind::Pointer(_));
                if parens {
                    out.push('(');
                }
                self.write_type(*inner, out);
                out.push_str(if parens { ")?" } else { "?" });
            }
            TyKind::Pointer(target) => {
                out.push('*');
                self.write_type(*target, out);
            }
            TyKind::Function(params, result) => {
                out.push_str("fn(");
                self.write_types(params, out);
                out.push(')');
                if *result != Ty::VOID {
                    out.push_str(" -> ");
                    self.write_type(*result, out);
                }
            }
            TyKind::Nominal(id, args) => {
                out.push_str(self.nominals[id.index()].name.as_str());
                if !args.is_empty() {
                    out.push('<');
                    self.write_types(args, out);
                    out.push('>');
                }
            }
            TyKind::Param(index, _) if *index >= INFER_BASE => out.push('_'),
            TyKind::Param(_, name) => out.push_str(name.as_str()),
            TyKind::Error => out.push_str("{error}"),
        }
    }

    fn write_types(&self, types: &[Ty], out: &mut String) {
        for (i, ty) in types.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_type(*ty, out);
        }
    }

    /// What a name means at module level, from inside an item.
    pub(super) fn lookup_item(&mut self, scope: &ItemScope, name: Symbol) -> Option<Entity> {
        if let Some(&(_, entity)) = scope.nested.iter().rev().find(|(n, _)| *n == name) {
            self.usage.note(entity);
            return Some(entity);
        }
        self.lookup_module(scope.module, name)
    }

    pub(super) fn lookup_module(&mut self, module: ModuleIndex, name: Symbol) -> Option<Entity> {
        let def = self.resolved.lookup(module, name)?;
        if self.resolved.def(def).module != module || matches!(self.entities[def.index()], Entity::Module(_)) {
            self.used_imports.insert((module, name));
        }
        let entity = self.entities[def.index()];
        self.usage.note(entity);
        Some(entity)
    }

    /// A name that a module exports.
    pub(super) fn lookup_export(&self, module: ModuleIndex, name: Symbol) -> Option<Entity> {
        let def = self.resolved.modules[module.index()].exports.get(&name)?;
        Some(self.entities[def.index()])
    }

    pub(super) fn nearest_export(&self, module: ModuleIndex, name: Symbol) -> Option<&'static str> {
        let exports = &self.resolved.modules[module.index()].exports;
        nearest(name.as_str(), exports.keys().map(|s| s.as_str()))
    }

    /// Names at module level like this one, also those of built-in types.
    pub(super) fn nearest_item(&self, module: ModuleIndex, name: Symbol, types: bool) -> Option<&'static str> {
        let own = self.resolved.modules[module.index()].names.keys();
        let names = own.chain(self.resolved.prelude.keys()).map(|s| s.as_str());
        let builtin: &[&'static str] = if types { super::types::BUILTIN_NAMES } else { &[] };
        nearest(name.as_str(), names.chain(builtin.iter().copied()))
    }
}

/// "a `i32`" becomes "an `i32`", so that whoever words a message need not think of it.
pub(super) fn mend_articles(diagnostic: &mut Diagnostic) {
    let mend = |text: &mut String| {
        for vowel in ["`f3", "`f6", "`i", "`a", "`e", "`o", "`I", "`A", "`E", "`O"] {
            let (wrong, right) = (format!("a {vowel}"), format!("an {vowel}"));
            if let Some(rest) = text.strip_prefix(&wrong) {
                *text = format!("{right}{rest}");
            }
            let (wrong, right) = (format!(" {wrong}"), format!(" {right}"));
            if text.contains(&wrong) {
                *text = text.replace(&wrong, &right);
            }
        }
    };
    mend(&mut diagnostic.message);
    mend(&mut diagnostic.label);
    diagnostic.secondary.iter_mut().for_each(|(_, text)| mend(text));
    diagnostic.notes.iter_mut().for_each(mend);
}
