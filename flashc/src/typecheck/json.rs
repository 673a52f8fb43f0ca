//! What the checker knows of `std:json`: which types have a form in JSON (its interface `Data`), and the members of
//! a `Json`, which are fields of the document.

use super::body::Body;
use super::entity::Entity;
use crate::ast::Ident;
use crate::source::{Span, Symbol};
use crate::tir::{Callee, Expr, ExprKind, NominalId, Ty, TyKind};

/// Why a type has no form in JSON.
#[derive(Clone, Debug)]
pub(super) enum Obstacle {
    /// Too little is known yet.
    Unknown,
    /// This type has none; and the path of fields to it, if it is inside.
    Type(Ty, Vec<Symbol>),
}

impl Body<'_, '_> {
    fn is_of_json(&self, id: NominalId, name: &str) -> bool {
        let info = &self.cx.nominals[id.index()];
        info.name.as_str() == name && self.cx.graph.module(info.module).name.as_str() == "std:json"
    }

    /// `Data` of std:json.
    pub(super) fn is_json_data(&self, interface: Ty) -> bool {
        matches!(*self.kind(interface), TyKind::Nominal(id, _) if self.is_of_json(id, "Data"))
    }

    /// `Json` of std:json.
    fn is_json_document(&self, ty: Ty) -> bool {
        matches!(*self.kind(ty), TyKind::Nominal(id, _) if self.is_of_json(id, "Json"))
    }

    /// Why the type has no form in JSON; `None` when it has one.
    pub(super) fn json_obstacle(&mut self, ty: Ty) -> Option<Obstacle> {
        self.json_obstacle_in(ty, &mut Vec::new(), &mut Vec::new())
    }

    fn json_obstacle_in(&mut self, ty: Ty, around: &mut Vec<Ty>, path: &mut Vec<Symbol>) -> Option<Obstacle> {
        let ty = self.shallow(ty);
        if self.is_unsolved(ty) {
            return Some(Obstacle::Unknown);
        }
        // A type that contains itself is asked about already.
        if around.contains(&ty) {
            return None;
        }
        match self.kind(ty).clone() {
            TyKind::Bool | TyKind::Char | TyKind::Int(_) | TyKind::Float(_) | TyKind::Str | TyKind::Error => None,
            TyKind::Array(inner) | TyKind::FixedArray(inner, _) | TyKind::Optional(inner) => {
                self.json_obstacle_in(inner, around, path)
            }
            TyKind::Tuple(types) => types.into_iter().find_map(|ty| self.json_obstacle_in(ty, around, path)),
            TyKind::Record(fields) => {
                fields.into_iter().find_map(|(name, ty)| self.json_field_obstacle(name, ty, around, path))
            }
            TyKind::Nominal(id, args) => {
                let info = &self.cx.nominals[id.index()];
                let module = self.cx.graph.module(info.module).name;
                if info.is_interface() {
                    return Some(Obstacle::Type(ty, path.clone()));
                }
                if self.is_json_document(ty) {
                    return None;
                }
                match (module.as_str(), info.name.as_str()) {
                    ("std:map", "Map") => {
                        if let Some(&key) = args.first()
                            && !self.is_json_key(key)
                        {
                            return Some(Obstacle::Type(ty, path.clone()));
                        }
                        return args.get(1).and_then(|&value| self.json_obstacle_in(value, around, path));
                    }
                    ("std:set", "Set") => return args.first().and_then(|&e| self.json_obstacle_in(e, around, path)),
                    _ => {}
                }
                let fields: Vec<(Symbol, Ty)> = info.all_fields().map(|field| (field.name, field.ty)).collect();
                around.push(ty);
                let found = fields.into_iter().find_map(|(name, field)| {
                    let field = self.cx.types.substitute(field, &args);
                    self.json_field_obstacle(name, field, around, path)
                });
                around.pop();
                found
            }
            TyKind::Param(..) if self.bounds_of(ty).into_iter().any(|bound| self.is_json_data(bound)) => None,
            TyKind::Param(..) | TyKind::Void | TyKind::Never | TyKind::Pointer(_) | TyKind::Function(..) => {
                Some(Obstacle::Type(ty, path.clone()))
            }
        }
    }

    fn json_field_obstacle(
        &mut self,
        name: Symbol,
        ty: Ty,
        around: &mut Vec<Ty>,
        path: &mut Vec<Symbol>,
    ) -> Option<Obstacle> {
        path.push(name);
        let found = self.json_obstacle_in(ty, around, path);
        path.pop();
        found
    }

    /// Keys of objects are texts; these types have one for each value.
    fn is_json_key(&mut self, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        match *self.kind(ty) {
            TyKind::Str | TyKind::Bool | TyKind::Char | TyKind::Int(_) | TyKind::Error => true,
            TyKind::Nominal(id, _) => self.cx.nominals[id.index()].is_c_like(),
            TyKind::Param(..) => self.is_unsolved(ty),
            _ => false,
        }
    }

    /// `value.name` of a `Json`: the field of that name.
    pub(super) fn json_member(&mut self, value: &Expr, name: Ident, span: Span) -> Option<Expr> {
        let text = super::text::text_const(name.name, name.span);
        self.json_access(value, "member", text, span)
    }

    /// `value["name"]` and `value[0]` of a `Json`. The index has been checked for nothing yet.
    pub(super) fn json_index(&mut self, value: &Expr, index: Expr, span: Span) -> Option<Expr> {
        if !self.is_json_document(self.shallow(value.ty)) {
            return None;
        }
        if self.shallow(index.ty) == Ty::STR {
            return self.json_access(value, "member", index, span);
        }
        let index = self.index_value(index);
        self.json_access(value, "element", index, span)
    }

    fn json_access(&mut self, value: &Expr, method: &str, argument: Expr, span: Span) -> Option<Expr> {
        let ty = self.shallow(value.ty);
        if !self.is_json_document(ty) {
            return None;
        }
        let method = self.method_of(ty, Symbol::new(method))?;
        let function = self.cx.func_id(method);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args: Vec::new() };
        Some(Expr { kind: ExprKind::Call { callee, args: vec![value.clone(), argument] }, ty, span })
    }

    /// `#[default_type("Name")]`: the last type argument where neither the call nor its context tells it.
    pub(super) fn default_type(&mut self, id: super::entity::FnId, types: &[Ty], hint: Option<Ty>) {
        let info = &self.cx.functions[id.index()];
        let Some(name) = super::attributes::text(info.attributes, "default_type") else { return };
        if hint.is_some_and(|hint| !self.is_unsolved(hint) && self.shallow(hint) != Ty::VOID) {
            return;
        }
        let module = info.scope.module;
        let Some(def) = self.cx.resolved.lookup(module, name) else { return };
        if let (Entity::Nominal(nominal), Some(&last)) = (self.cx.entities[def.index()], types.last()) {
            let ty = self.cx.types.intern(TyKind::Nominal(nominal, Vec::new()));
            self.unify(last, ty);
        }
    }
}
