//! What the program implements: methods of interfaces for the types of constants, found by the shapes of types.

use super::{EvalErrorKind, Evaluator, Exit, Value};
use crate::source::Span;
use crate::tir::implementation::matches;
use crate::tir::{Const, Expr, FuncId, Ty, TyKind};
use std::cmp::Ordering;

/// An implementation, as far as it is known while checking.
#[derive(Clone, Debug)]
pub struct KnownImpl {
    pub generics: usize,
    pub interface: Ty,
    pub target: Ty,
    /// By the interface's methods; `None` when nothing has asked for it yet.
    pub methods: Vec<Option<FuncId>>,
}

/// Interfaces that decide what the language does with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Show,
    Eq,
    Ord,
}

/// A function with its type arguments.
pub(super) type Method = (FuncId, Vec<Ty>);

impl Evaluator<'_> {
    pub(super) fn is_interface(&self, interface: Ty, which: Own) -> bool {
        let known = &self.view.known;
        let id = match which {
            Own::Show => known.show,
            Own::Eq => known.eq,
            Own::Ord => known.ord,
        };
        matches!((self.types.kind(interface), id), (TyKind::Nominal(found, _), Some(id)) if *found == id)
    }

    /// The implementation of one of these for a type, and its type arguments.
    pub(super) fn find_own(&mut self, which: Own, ty: Ty) -> Option<(usize, Vec<Ty>)> {
        let ty = self.resolve(ty);
        let view = self.view;
        view.impls.iter().enumerate().find_map(|(index, known)| {
            if !self.is_interface(known.interface, which) {
                return None;
            }
            let mut found = vec![None; known.generics];
            matches(&self.types, known.target, ty, &mut found)
                .then(|| (index, found.into_iter().map(|ty| ty.unwrap_or(Ty::ERROR)).collect()))
        })
    }

    /// The method by which a type implements one of these itself.
    pub(super) fn own_method(&mut self, which: Own, ty: Ty, span: Span) -> Result<Option<Method>, Exit> {
        match self.find_own(which, ty) {
            Some((index, found)) => Ok(Some((self.impl_method(index, 0, span)?, found))),
            None => Ok(None),
        }
    }

    fn impl_method(&mut self, index: usize, method: u32, span: Span) -> Result<FuncId, Exit> {
        match self.view.impls[index].methods.get(method as usize) {
            Some(Some(function)) => Ok(*function),
            _ => self.fail(span, EvalErrorKind::Unplaced(index, method)),
        }
    }

    /// A call of an interface's method for a type, which is the first of the type arguments.
    pub(super) fn call_interface(
        &mut self,
        interface: Ty,
        method: u32,
        type_args: &[Ty],
        args: &[Expr],
        span: Span,
    ) -> Value {
        let interface = self.resolve(interface);
        let type_args: Vec<Ty> = type_args.iter().map(|&ty| self.resolve(ty)).collect();
        let Some(&own) = type_args.first() else { bug!("eval: a call of no interface") };
        let view = self.view;
        let found = view.impls.iter().enumerate().find_map(|(index, known)| {
            let mut found = vec![None; known.generics];
            let fits = matches(&self.types, known.interface, interface, &mut found)
                && matches(&self.types, known.target, own, &mut found);
            fits.then(|| (index, found.into_iter().map(|ty| ty.unwrap_or(Ty::ERROR)).collect::<Vec<Ty>>()))
        });
        if let Some((index, found)) = found {
            let function = self.impl_method(index, method, span)?;
            // A default method has the interface's parameters and `Self` before its own.
            let declared = matches!(self.types.kind(interface), TyKind::Nominal(id, _)
                if view.nominals.get(id.index()).is_some_and(|nominal| matches!(&nominal.kind,
                    crate::tir::NominalKind::Interface { methods, .. }
                        if methods.get(method as usize).is_some_and(|m| m.function == function))));
            let all = match (declared, self.types.kind(interface).clone()) {
                (true, TyKind::Nominal(_, args)) => args.into_iter().chain(type_args).collect(),
                _ => found.into_iter().chain(type_args.into_iter().skip(1)).collect(),
            };
            return self.call_function(function, all, args, span);
        }
        let values: Result<Vec<Const>, Exit> = args.iter().map(|arg| self.eval(arg)).collect();
        match values?.as_slice() {
            [value] if self.is_interface(interface, Own::Show) => {
                let text = self.show(value, own, false, span)?;
                Ok(Const::Str(crate::source::Symbol::new(&text)))
            }
            [a, b] if self.is_interface(interface, Own::Eq) => Ok(Const::Bool(self.equal(a, b, own, span)?)),
            [a, b] if self.is_interface(interface, Own::Ord) => {
                Ok(Const::Int(match self.order_of(a, b, own, span)? {
                    Some(Ordering::Less) => -1,
                    Some(Ordering::Greater) => 1,
                    _ => 0,
                }))
            }
            _ => self.not_constant(span, "calling a method of an interface"),
        }
    }
}
