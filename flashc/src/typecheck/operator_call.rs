//! Operators of types that implement them: `a + b`, `-a`, `a[i]` and `a[i] = b` as calls of an interface's method.

use super::body::{Body, error_expr};
use super::known::operator_interface;
use crate::ast::{self, BinaryOp};
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{Callee, Expr, ExprKind, NominalId, Stmt, Ty, TyKind};

/// How an indexed place is assigned to.
pub(super) struct Assigned {
    id: NominalId,
    interface: Ty,
    key: Ty,
    pub(super) value: Ty,
}

impl<'a> Body<'_, 'a> {
    /// `left op right`, when the left type has the operator for the right one. Gives the operands back when not.
    pub(super) fn overloaded(
        &mut self,
        op: BinaryOp,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Result<Expr, Box<(Expr, Expr)>> {
        let Some(id) = operator_interface(op).and_then(|name| self.cx.known.get(name)) else {
            return Err(Box::new((left, right)));
        };
        let mut left = left;
        let mut candidates = self.operator_types(id, left.ty, span);
        if matches!(left.kind, ExprKind::Const(_)) && !self.fits_any(&candidates, &right) {
            // `2 * v` where only `f64` has it.
            for wider in [Ty::I64, Ty::F64] {
                let from = self.kind(left.ty).clone();
                if super::convert::is_lossless(&from, self.cx.types.kind(wider)) {
                    candidates = self.operator_types(id, wider, span);
                    if self.fits_any(&candidates, &right) {
                        left = self.widen(left, wider);
                        break;
                    }
                    candidates.clear();
                }
            }
        }
        let Some(interface) = self.choose(&candidates, &right) else { return Err(Box::new((left, right))) };
        let TyKind::Nominal(_, args) = self.kind(interface).clone() else { return Err(Box::new((left, right))) };
        let right = self.coerce(right, args[0]);
        Ok(self.operator_call(id, interface, vec![left, right], span))
    }

    /// `-operand`
    pub(super) fn overloaded_neg(&mut self, operand: Expr, span: Span) -> Result<Expr, Expr> {
        let Some(id) = self.cx.known.get("Neg") else { return Err(operand) };
        match self.operator_types(id, operand.ty, span).first() {
            Some(&interface) => Ok(self.operator_call(id, interface, vec![operand], span)),
            None => Err(operand),
        }
    }

    /// `base[index]` of what is no array.
    pub(super) fn overloaded_index(&mut self, base: Expr, index: &'a ast::Expr, span: Span) -> Result<Expr, Expr> {
        let Some(id) = self.cx.known.get("Index") else { return Err(base) };
        let candidates = self.operator_types(id, base.ty, span);
        let Some((interface, index)) = self.choose_key(&candidates, index) else { return Err(base) };
        Ok(self.operator_call(id, interface, vec![base, index], span))
    }

    /// For a place that is `base[key]` of what is no array, the interface that assigns to it. The error has been
    /// reported when there is none.
    pub(super) fn assigned_index(&mut self, place: &Expr) -> Option<Result<Assigned, Expr>> {
        let ExprKind::Call { callee: Callee::Interface { interface, .. }, args } = &place.kind else { return None };
        let (Some(get), Some(set)) = (self.cx.known.get("Index"), self.cx.known.get("IndexSet")) else { return None };
        if !matches!(self.kind(*interface), TyKind::Nominal(id, _) if *id == get) {
            return None;
        }
        let [base, key] = args.as_slice() else { return None };
        let candidates = self.operator_types(set, base.ty, place.span);
        let Some(interface) = self.choose(&candidates, key) else {
            let found = self.show(base.ty);
            self.report(
                Diagnostic::error(
                    "E0341",
                    place.span,
                    format!("what a `{found}` has at an index cannot be assigned to"),
                )
                .note(format!("`impl IndexSet<Key, Value> for {found} {{ ... }}` lets it")),
            );
            return Some(Err(error_expr(place.span)));
        };
        let TyKind::Nominal(_, types) = self.kind(interface).clone() else { return None };
        Some(Ok(Assigned { interface, id: set, value: types[1], key: types[0] }))
    }

    /// `base[key] = value`
    pub(super) fn assign_index(&mut self, place: Expr, to: &Assigned, value: Expr, span: Span) -> Expr {
        let ExprKind::Call { mut args, .. } = place.kind else { return error_expr(span) };
        let value = self.coerce(value, to.value);
        if let Some(key) = args.pop() {
            let key = self.coerce(key, to.key);
            args.push(key);
        }
        args.push(value);
        self.operator_call(to.id, to.interface, args, span)
    }

    /// `base[key] op= value`: what the parts of the place give is kept.
    pub(super) fn stable_index(&mut self, place: Expr, statements: &mut Vec<Stmt>) -> Expr {
        let ExprKind::Call { callee, args } = place.kind else { return place };
        let mut kept = Vec::with_capacity(args.len());
        for (index, arg) in args.into_iter().enumerate() {
            let by_value = self.cx.is_copy_by_value(self.shallow(arg.ty));
            // What is in a variable is changed there.
            kept.push(if index == 0 && by_value {
                self.stable_place(arg, statements)
            } else {
                self.keep(arg, "index", statements)
            });
        }
        Expr { kind: ExprKind::Call { callee, args: kept }, ..place }
    }

    fn choose_key(&mut self, candidates: &[Ty], index: &'a ast::Expr) -> Option<(Ty, Expr)> {
        let &first = candidates.first()?;
        let hint = match (self.kind(first), candidates.len()) {
            (TyKind::Nominal(_, args), 1) => args.first().copied().filter(|&key| !self.has_unsolved(key)),
            _ => None,
        };
        let index = self.expr(index, hint);
        let interface = self.choose(candidates, &index).unwrap_or(first);
        let TyKind::Nominal(_, args) = self.kind(interface).clone() else { return None };
        let index = self.coerce(index, args[0]);
        Some((interface, index))
    }

    /// The interface, with its type arguments, as the type has it: once for each type on the right.
    fn operator_types(&mut self, id: NominalId, subject: Ty, span: Span) -> Vec<Ty> {
        let subject = self.shallow(subject);
        if self.is_unsolved(subject) || subject == Ty::ERROR {
            return Vec::new();
        }
        let is_it = |this: &Self, ty: Ty| matches!(this.kind(ty), TyKind::Nominal(found, _) if *found == id);
        let mut found: Vec<Ty> = self.bounds_of(subject).into_iter().filter(|&ty| is_it(self, ty)).collect();
        if !found.is_empty() {
            return found;
        }
        for &index in &*self.cx.impls_of(id) {
            let known = &self.cx.impls[index];
            let (generics, interface, target) = (known.generics.clone(), known.interface, known.target);
            // Of another type altogether: it must not leave type variables behind that nothing solves.
            if let (TyKind::Nominal(of, _), TyKind::Nominal(own, _)) = (self.kind(target), self.kind(subject))
                && of != own
            {
                continue;
            }
            let types: Vec<Ty> = generics.iter().map(|g| self.fresh(g.name, span)).collect();
            let target = self.cx.types.substitute(target, &types);
            if self.unify(target, subject) {
                self.cx.need_impl(index);
                found.push(self.cx.types.substitute(interface, &types));
            } else {
                // Nothing will solve them, and nothing needs to.
                for ty in types {
                    self.unify(ty, Ty::ERROR);
                }
            }
        }
        found
    }

    fn fits_any(&mut self, candidates: &[Ty], right: &Expr) -> bool {
        self.choose(candidates, right).is_some()
    }

    /// The one for the right type: the same type first, then one that it converts to.
    fn choose(&mut self, candidates: &[Ty], right: &Expr) -> Option<Ty> {
        let first_arg = |this: &Self, ty: Ty| match this.kind(ty) {
            TyKind::Nominal(_, args) => args.first().copied(),
            _ => None,
        };
        for &candidate in candidates {
            let wanted = first_arg(self, candidate)?;
            let found = self.shallow(right.ty);
            if self.shallow(wanted) == found {
                return Some(candidate);
            }
        }
        for &candidate in candidates {
            let wanted = first_arg(self, candidate)?;
            let found = right.ty;
            if self.attempt(false, |this| this.unify(wanted, found)) {
                return Some(candidate);
            }
        }
        for &candidate in candidates {
            let wanted = first_arg(self, candidate)?;
            let mark = self.obligations.len();
            let fits = self.try_coerce(right.clone(), wanted).is_ok();
            self.obligations.truncate(mark);
            if fits {
                return Some(candidate);
            }
        }
        None
    }

    /// A call of the one method of an operator's interface.
    fn operator_call(&mut self, id: NominalId, interface: Ty, mut args: Vec<Expr>, span: Span) -> Expr {
        let Some(&method) = self.cx.nominals[id.index()].declared.first() else { return error_expr(span) };
        let Some(receiver) = args.first() else { return error_expr(span) };
        let subject = self.shallow(receiver.ty);
        if self.is_dynamic(subject)
            && let Some(why) = self.cx.not_callable(method)
        {
            let name = self.cx.functions[method.index()].ast.name;
            return self.not_callable(subject, ast::Ident { span, ..name }, method, why);
        }
        let TyKind::Nominal(_, mut types) = self.kind(interface).clone() else { return error_expr(span) };
        types.push(subject);
        self.require_interface(subject, interface, span);
        let signature = self.cx.signature(method);
        if signature.self_kind == super::entity::SelfKind::Reference {
            let receiver = args.remove(0);
            let receiver = self.receiver(receiver, method, &signature, &types, span);
            args.insert(0, receiver);
        }
        let result = self.cx.types.substitute(signature.result.unwrap_or(Ty::VOID), &types);
        let function = self.cx.func_id(method);
        self.note_call(function, span);
        let callee = self.cx.callee(method, function, types);
        Expr { kind: ExprKind::Call { callee, args }, ty: result, span }
    }

    /// Which interface would give the type the operator, for a message.
    pub(super) fn operator_note(&mut self, op: BinaryOp, left: &Expr) -> Option<String> {
        let name = operator_interface(op)?;
        let ty = self.shallow(left.ty);
        let text = self.show(ty);
        match self.kind(ty) {
            TyKind::Param(..) => Some(format!("the bound `{text}: {name}` tells that it has one")),
            TyKind::Nominal(..) => Some(format!("`impl {name} for {text} {{ ... }}` gives it one")),
            _ => None,
        }
    }
}
