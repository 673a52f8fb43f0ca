//! Facts about fields: after `if p.next != null` the field is known not to be null, as long as nothing
//! can change it. So only fields of values (structs, tuples, records) in variables that are not `mut`
//! count; the field of a class's instance may be changed by anyone who has the instance.

use super::body::Body;
use super::condition::global_fact;
use crate::tir::{Expr, ExprKind, LocalId, Ty, TyKind};

/// A field, of a field, ... of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath {
    /// A local or, as in other facts, a global.
    root: LocalId,
    fields: Vec<u32>,
}

/// Facts about fields are numbered among those about locals from here on (globals: from twice that).
const FIRST_PATH: u32 = 1 << 30;

/// Whether a fact is about a field, which no assignment in the text can end.
pub(super) fn is_path_fact(id: LocalId) -> bool {
    (FIRST_PATH..FIRST_PATH << 1).contains(&id.0)
}

impl Body<'_, '_> {
    /// The fact about a field of an immutable value.
    pub(super) fn path_fact(&mut self, value: &Expr) -> Option<LocalId> {
        let path = self.field_path(value)?;
        let paths = &mut self.frame().paths;
        let index = paths.iter().position(|known| *known == path).unwrap_or_else(|| {
            paths.push(path);
            paths.len() - 1
        });
        Some(LocalId(FIRST_PATH + index as u32))
    }

    /// The field's value, when it is known not to be null.
    pub(super) fn narrowed_field(&mut self, field: Expr) -> Expr {
        let TyKind::Optional(inner) = *self.kind(field.ty) else { return field };
        match self.field_path(&field) {
            Some(path) if self.is_known_path(path.clone()) => {
                let span = field.span;
                Expr { kind: ExprKind::Narrow(Box::new(field)), ty: inner, span }
            }
            _ => field,
        }
    }

    /// Why a test for null says nothing about a field later, for a note.
    pub(super) fn changing_field(&self, value: &Expr) -> Option<String> {
        let ExprKind::Field { base, .. } = &value.kind else { return None };
        let TyKind::Optional(_) = self.kind(value.ty) else { return None };
        if self.field_path(value).is_some() {
            return None;
        }
        let whose = match self.kind(base.ty) {
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_class() => "an object's field",
            _ => "a field of what is `mut`",
        };
        Some(format!("{whose} may change behind a test: bind it with `if let x = ...`"))
    }

    /// In this frame, or where the closure was made: its variables cannot change since.
    fn is_known_path(&self, mut path: FieldPath) -> bool {
        for frame in self.frames.iter().rev() {
            if let Some(index) = frame.paths.iter().position(|known| *known == path)
                && frame.flow.is_non_null(LocalId(FIRST_PATH + index as u32))
            {
                return true;
            }
            if super::condition::fact_global(path.root).is_some() {
                continue;
            }
            match frame.captures.iter().find(|(_, inner)| *inner == path.root) {
                Some(&(outer, _)) => path.root = outer,
                None => return false,
            }
        }
        false
    }

    fn field_path(&self, value: &Expr) -> Option<FieldPath> {
        match &value.kind {
            ExprKind::Field { base, index } => {
                let mut path = self.value_path(base)?;
                path.fields.push(*index);
                Some(path)
            }
            _ => None,
        }
    }

    /// A variable that is not `mut`, or a field inside its value.
    fn value_path(&self, base: &Expr) -> Option<FieldPath> {
        let ty: Ty = self.shallow(base.ty);
        let is_inside = match self.cx.types.kind(ty) {
            TyKind::FixedArray(..) => false,
            TyKind::Optional(_) => true,
            _ => self.cx.is_copy_by_value(ty),
        };
        if !is_inside {
            return None;
        }
        match &base.kind {
            ExprKind::Local(id) => {
                let local = &self.frames.last()?.locals[id.index()];
                (!local.is_mut && !local.is_reference).then(|| FieldPath { root: *id, fields: Vec::new() })
            }
            ExprKind::Global(id) => {
                let is_fixed = !self.cx.globals[id.index()].is_mut;
                is_fixed.then(|| FieldPath { root: global_fact(*id), fields: Vec::new() })
            }
            ExprKind::Narrow(inner) => self.value_path(inner),
            ExprKind::Field { .. } => self.field_path(base),
            _ => None,
        }
    }
}
