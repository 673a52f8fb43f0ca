//! Types without end: a struct that contains itself, and a generic type that needs itself with ever
//! larger type arguments. (An enum may contain itself: see `tir::contain`.)

use super::Checker;
use super::entity::Decl;
use crate::ast::RecordKind;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::contain::DEEPEST;
use crate::tir::{NominalId, Ty, TyKind};
use rustc_hash::FxHashSet;

impl Checker<'_> {
    pub(super) fn check_finite(&mut self, id: NominalId) {
        let info = &self.nominals[id.index()];
        let (is_generic, self_ty) = (!info.scope.generics.is_empty(), info.scope.self_ty.unwrap_or(Ty::ERROR));
        let is_struct = matches!(info.decl, Decl::Record(decl) if decl.kind == RecordKind::Struct);
        if is_struct {
            let mut path = Vec::new();
            if self.struct_contains(self_ty, id, &mut FxHashSet::default(), &mut path) {
                return self.endless_struct(id, path);
            }
        }
        if is_generic {
            self.check_growth(id, self_ty);
        }
    }

    /// Whether a struct's values have one of `target` inside; the way there is `path`.
    fn struct_contains(
        &mut self,
        ty: Ty,
        target: NominalId,
        seen: &mut FxHashSet<Ty>,
        path: &mut Vec<(NominalId, Span)>,
    ) -> bool {
        let TyKind::Nominal(id, args) = self.types.kind(ty).clone() else { return false };
        if !seen.insert(ty) || self.types.depth(ty) > DEEPEST {
            return false;
        }
        let fields: Vec<(Ty, Span)> = self.nominals[id.index()].fields.iter().map(|f| (f.ty, f.span)).collect();
        for (field, span) in fields {
            let field = self.types.substitute(field, &args);
            let mut inner = Vec::new();
            self.structs_inside(field, &mut inner);
            for (inner_id, inner) in inner {
                path.push((id, span));
                if inner_id == target || self.struct_contains(inner, target, seen, path) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }

    fn structs_inside(&self, ty: Ty, found: &mut Vec<(NominalId, Ty)>) {
        match self.types.kind(ty) {
            TyKind::Nominal(id, _) => {
                if matches!(self.nominals[id.index()].decl, Decl::Record(decl) if decl.kind == RecordKind::Struct) {
                    found.push((*id, ty));
                }
            }
            TyKind::FixedArray(inner, _) | TyKind::Optional(inner) => self.structs_inside(*inner, found),
            TyKind::Tuple(types) => types.iter().for_each(|&t| self.structs_inside(t, found)),
            TyKind::Record(fields) => fields.iter().for_each(|&(_, t)| self.structs_inside(t, found)),
            _ => {}
        }
    }

    fn endless_struct(&mut self, id: NominalId, path: Vec<(NominalId, Span)>) {
        let info = &self.nominals[id.index()];
        let (name, span) = (info.name, info.span);
        let mut diagnostic = Diagnostic::error("E0308", span, format!("the struct `{name}` contains itself"))
            .label("its size would be infinite");
        for (owner, span) in path {
            let words = match owner == id {
                true => "through this field".to_owned(),
                false => format!("through this field of `{}`", self.nominals[owner.index()].name),
            };
            diagnostic = diagnostic.secondary(span, words);
        }
        self.report(
            diagnostic
                .note("make it a `class`, which is a reference, or keep the inner one in an array `[T]`")
                .note("an `enum` may contain itself"),
        );
        // Later stages must not meet it.
        self.nominals[id.index()].fields.iter_mut().for_each(|field| field.ty = Ty::ERROR);
    }

    /// Every use of a type is compiled for its own type arguments, of which there must be an end.
    fn check_growth(&mut self, id: NominalId, self_ty: Ty) {
        let mut seen = FxHashSet::default();
        let mut stack = vec![self_ty];
        while let Some(ty) = stack.pop() {
            if !seen.insert(ty) {
                continue;
            }
            stack.extend(self.types.elements(ty));
            if let TyKind::Nominal(other, args) = self.types.kind(ty).clone() {
                if self.types.depth(ty) > DEEPEST {
                    return self.endless_type(id);
                }
                let fields: Vec<Ty> = self.nominals[other.index()].all_fields().map(|f| f.ty).collect();
                stack.extend(self.types.substitute_all(&fields, &args));
                stack.extend(args);
            }
        }
    }

    fn endless_type(&mut self, id: NominalId) {
        let info = &self.nominals[id.index()];
        let (name, span) = (info.name, info.span);
        self.report(
            Diagnostic::error("E0505", span, format!("`{name}` needs itself with ever larger types"))
                .label("through its fields")
                .note("it is compiled once for each list of type arguments, and there would be no end of them"),
        );
        let info = &mut self.nominals[id.index()];
        let in_variants = info.variants.iter_mut().flat_map(|v| &mut v.fields);
        info.fields.iter_mut().chain(in_variants).for_each(|field| field.ty = Ty::ERROR);
    }
}
