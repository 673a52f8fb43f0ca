//! Methods of fixed arrays `[T; N]`: those of `FixedArray<T>` in `std:fixed_array`, which is made of the address of the first
//! element and the length. Those that change the array (`mut self`) need a place that may be changed. Keeps the array where it
//! is; a value that has no place gets one.

use super::body::Body;
use super::entity::{Entity, FnId, SelfKind};
use super::text::let_local;
use crate::ast::{self, Ident};
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, ExprKind, NominalId, Ty, TyKind};

/// The module that declares them, and the type.
const HOME: &str = "std:fixed_array";
const TYPE: &str = "FixedArray";

impl<'a> Body<'_, 'a> {
    /// `array.name(args)`, if fixed arrays have such a method.
    pub(super) fn fixed_array_call(
        &mut self,
        array: &Expr,
        name: Ident,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Option<Expr> {
        let ty = self.shallow(array.ty);
        let TyKind::FixedArray(element, count) = *self.cx.types.kind(ty) else { return None };
        let (class, method) = self.fixed_array_method(name.name)?;
        let signature = self.cx.signature(method);
        if signature.self_kind == SelfKind::None || self.cx.functions[method.index()].is_private {
            return None;
        }
        let mut statements = Vec::new();
        let is_place = super::place::is_place(array);
        if signature.self_kind == SelfKind::Reference && is_place {
            self.require_mutable(array, &format!("call `{}`, which changes", name.name));
        }
        let place = if is_place {
            array.clone()
        } else {
            let local = self.temp("array", ty, array.span);
            statements.push(let_local(local, array.clone()));
            self.local(local, array.span)
        };
        let view = self.view_of(class, place, element, count)?;
        // The view is a value of its own: what changes is what it shows.
        let view_ty = view.ty;
        let local = self.add_local(Symbol::new("view"), view_ty, true, array.span, false);
        statements.push(let_local(local, view));
        let view = self.local(local, array.span);
        let call = self.call_function(method, Some(view), type_args, args, hint, name.span, span);
        Some(super::assign::in_block(statements, call))
    }

    fn fixed_array_method(&self, name: Symbol) -> Option<(NominalId, FnId)> {
        let home = self.cx.graph.modules.iter().position(|module| module.name.as_str() == HOME)?;
        let def = self.cx.resolved.modules[home].exports.get(&Symbol::new(TYPE))?;
        let Entity::Nominal(class) = self.cx.entities[def.index()] else { return None };
        Some((class, *self.cx.nominals[class.index()].methods.get(&name)?))
    }

    /// `FixedArray.of(&place[0], count)`
    fn view_of(&mut self, class: NominalId, place: Expr, element: Ty, count: u64) -> Option<Expr> {
        let span = place.span;
        let methods = &self.cx.nominals[class.index()].methods;
        if count == 0 {
            let none = methods.get(&Symbol::new("none")).copied()?;
            return Some(self.std_call(none, &[element], Vec::new(), span));
        }
        let of = methods.get(&Symbol::new("of")).copied()?;
        let number = |value: u64| Expr { kind: ExprKind::Const(Const::Int(i128::from(value))), ty: Ty::I64, span };
        let kind = ExprKind::Index { base: Box::new(place), index: Box::new(number(0)) };
        let first = self.address(Expr { kind, ty: element, span }, span);
        Some(self.std_call(of, &[element], vec![first, number(count)], span))
    }
}
