//! Maps: literals `["a": 1]` and `[:]`, and what `m[k]` is. Maps are a class of std, `Map` of the prelude;
//! here they become calls of its methods.

use super::body::{Body, error_expr};
use super::entity::{Entity, FnId};
use super::text::let_local;
use crate::ast;
use crate::source::{Span, Symbol};
use crate::tir::{Callee, Const, Expr, ExprKind, NominalId, Stmt, StmtKind, Ty, TyKind};

/// `index_pointer(self, key) -> *V` is what `m[key]` reads and changes, `set(self, key, value)` what an assignment calls.
const SLOT: &str = "index_pointer";
const SET: &str = "set";

impl<'a> Body<'_, 'a> {
    /// The class of std of this name, whatever else the name means here.
    pub(super) fn std_class(&self, name: &str) -> Option<NominalId> {
        let def = self.cx.resolved.prelude.get(&Symbol::new(name))?;
        match self.cx.entities[def.index()] {
            Entity::Nominal(id) => Some(id),
            _ => None,
        }
    }

    fn own_method(&self, id: NominalId, name: &str) -> Option<FnId> {
        self.cx.nominals[id.index()].methods.get(&Symbol::new(name)).copied()
    }

    /// A call of a method of std whose type parameters are its type's.
    pub(super) fn std_call(&mut self, function: FnId, type_args: &[Ty], args: Vec<Expr>, span: Span) -> Expr {
        let result = self.cx.result_of(function, span);
        let ty = self.cx.types.substitute(result, type_args);
        let function = self.cx.func_id(function);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args: type_args.to_vec() };
        Expr { kind: ExprKind::Call { callee, args }, ty, span }
    }

    /// `{ let map = Map.with_capacity(n); map.set(k, v); ...; map }`
    pub(super) fn map_literal(&mut self, entries: &'a [(ast::Expr, ast::Expr)], hint: Option<Ty>, span: Span) -> Expr {
        let Some(id) = self.std_class("Map") else { return self.not_built(span, "maps without the prelude") };
        let (key_hint, value_hint) = self.map_hint(id, hint);
        let (keys, key) = self.elements(entries.iter().map(|(key, _)| key).collect(), key_hint, "K", span);
        let (values, value) = self.elements(entries.iter().map(|(_, value)| value).collect(), value_hint, "V", span);
        let types = [key, value];
        let (Some(make), Some(set)) = (self.own_method(id, "with_capacity"), self.own_method(id, SET)) else {
            return error_expr(span);
        };
        let count = Expr { kind: ExprKind::Const(Const::Int(entries.len() as i128)), ty: Ty::I64, span };
        let made = self.std_call(make, &types, vec![count], span);
        if entries.is_empty() {
            return made;
        }
        let ty = made.ty;
        let map = self.temp("map", ty, span);
        let mut statements = vec![let_local(map, made)];
        for (key, value) in keys.into_iter().zip(values) {
            let span = key.span;
            let receiver = self.local(map, span);
            let call = self.std_call(set, &types, vec![receiver, key, value], span);
            statements.push(Stmt { kind: StmtKind::Expr(call), span });
        }
        let map = self.local(map, span);
        super::assign::in_block(statements, map)
    }

    /// Key and value that the surroundings ask for.
    fn map_hint(&self, id: NominalId, hint: Option<Ty>) -> (Option<Ty>, Option<Ty>) {
        match hint.map(|hint| self.kind(hint)) {
            Some(TyKind::Nominal(found, args)) if *found == id => {
                let known = |ty: Option<&Ty>| ty.copied().filter(|&ty| !self.is_unsolved(ty));
                (known(args.first()), known(args.get(1)))
            }
            Some(TyKind::Optional(inner)) => self.map_hint(id, Some(*inner)),
            _ => (None, None),
        }
    }

    /// Values that must be of one type.
    fn elements(&mut self, elements: Vec<&'a ast::Expr>, hint: Option<Ty>, name: &str, span: Span) -> (Vec<Expr>, Ty) {
        match hint {
            Some(ty) => (elements.into_iter().map(|e| self.check(e, ty)).collect(), ty),
            None if elements.is_empty() => (Vec::new(), self.fresh(Symbol::new(name), span)),
            None => self.joined_elements(elements),
        }
    }

    /// `base[key]` of a type that has places by key, as the place. `None`: it is indexed otherwise.
    pub(super) fn keyed_slot(&mut self, base: &Expr, ty: Ty, key: &'a ast::Expr, span: Span) -> Option<Expr> {
        let TyKind::Nominal(id, args) = self.cx.types.kind(ty).clone() else { return None };
        let slot = self.own_method(id, SLOT).filter(|_| self.cx.is_std(self.cx.nominals[id.index()].module))?;
        let param = self.cx.signature(slot).params.first()?.ty;
        let key_ty = self.cx.types.substitute(param, &args);
        let key = self.check(key, key_ty);
        let pointer = self.std_call(slot, &args, vec![base.clone(), key], span);
        let TyKind::Pointer(target) = *self.kind(pointer.ty) else { return None };
        Some(Expr { kind: ExprKind::Deref(Box::new(pointer)), ty: target, span })
    }

    /// `base[key] = value`, which makes a place where there is none.
    pub(super) fn keyed_assign(&mut self, set: FnId, place: Expr, value: Expr, span: Span) -> Expr {
        let ExprKind::Deref(pointer) = place.kind else { return error_expr(span) };
        let ExprKind::Call { callee: Callee::Function { type_args, .. }, mut args } = pointer.kind else {
            return error_expr(span);
        };
        args.push(value);
        let call = self.std_call(set, &type_args, args, span);
        super::assign::in_block(vec![Stmt { kind: StmtKind::Expr(call), span }], super::body::void_expr(span))
    }

    /// The method that assigns to a place that `keyed_slot` has made.
    pub(super) fn set_for(&self, place: &Expr) -> Option<FnId> {
        let ExprKind::Deref(pointer) = &place.kind else { return None };
        let ExprKind::Call { callee: Callee::Function { function, .. }, args } = &pointer.kind else { return None };
        let TyKind::Nominal(id, _) = self.kind(args.first()?.ty) else { return None };
        let slot = self.own_method(*id, SLOT)?;
        let is_slot = self.cx.functions[slot.index()].func == Some(*function);
        self.own_method(*id, SET).filter(|_| is_slot)
    }
}
