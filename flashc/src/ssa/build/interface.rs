//! Calls through interfaces whose receiver has a known type: which function it is.

use super::emitter::Vals;
use super::function::FnBuilder;
use super::module::{Area, ModuleBuilder};
use super::place::Place;
use crate::tir::implementation::matches;
use crate::tir::{self, NominalKind, Ty, TyKind};

/// An implementation that needs others, which need others: as `typecheck` allows.
const MAX_DEPTH: u32 = 32;

/// The function that a type has for a method of an interface.
pub struct Implementation {
    pub function: tir::FuncId,
    pub type_args: Vec<Ty>,
    self_ty: Ty,
    /// The interface passes the receiver's address, this function takes the value: a reference.
    takes_value: bool,
}

impl ModuleBuilder<'_> {
    /// The `method`-th of the interface for a type, which is the first of the type arguments.
    pub fn implementation(&mut self, interface: Ty, method: u32, type_args: Vec<Ty>) -> Implementation {
        let tree = self.tree;
        let (TyKind::Nominal(id, interface_args), Some(&self_ty)) = (self.kind(interface).clone(), type_args.first())
        else {
            bug!("build: a call of no interface")
        };
        let NominalKind::Interface { methods, .. } = &tree.nominals[id.index()].kind else {
            bug!("build: `{}` is no interface", tree.nominals[id.index()].name)
        };
        let declared = methods[method as usize].function;
        let by_address = |id: tir::FuncId| {
            let function = &tree.functions[id.index()];
            function.params.first().is_some_and(|param| function.locals[param.index()].is_reference)
        };
        if let Some((known, found)) = self.find_impl(interface, self_ty) {
            let function = tree.impls[known].methods[method as usize];
            if function == tir::FuncId::UNCHECKED {
                let (ty, interface) = (self.type_name(self_ty), self.type_name(interface));
                bug!("build: method {method} of `{interface}` for `{ty}` has not been checked");
            }
            let type_args = if function == declared {
                interface_args.into_iter().chain(type_args).collect()
            } else {
                found.into_iter().chain(type_args.into_iter().skip(1)).collect()
            };
            let takes_value = by_address(declared) && !by_address(function);
            return Implementation { function, type_args, self_ty, takes_value };
        }
        if let Some(function) = self.derived_method(interface) {
            return Implementation { function, type_args: vec![self_ty], self_ty, takes_value: false };
        }
        bug!("build: `{}` does not implement `{}`", self.type_name(self_ty), self.type_name(interface))
    }

    /// Whether a type implements an interface, or is one that builds upon it.
    pub fn implements(&mut self, ty: Ty, interface: Ty) -> bool {
        self.implements_within(ty, interface, MAX_DEPTH)
    }

    fn implements_within(&mut self, ty: Ty, interface: Ty, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if self.is_interface(ty) && self.super_path(ty, interface).is_some() {
            return true;
        }
        self.find_impl_within(interface, ty, depth).is_some() || self.derives(ty, interface)
    }

    /// The implementation of an interface for a type, with its type arguments.
    pub fn find_impl(&mut self, interface: Ty, ty: Ty) -> Option<(usize, Vec<Ty>)> {
        self.find_impl_within(interface, ty, MAX_DEPTH)
    }

    fn find_impl_within(&mut self, interface: Ty, ty: Ty, depth: u32) -> Option<(usize, Vec<Ty>)> {
        let tree = self.tree;
        for (index, known) in tree.impls.iter().enumerate() {
            let mut found = vec![None; known.generics.len()];
            if !matches(&self.types, known.interface, interface, &mut found)
                || !matches(&self.types, known.target, ty, &mut found)
            {
                continue;
            }
            let found: Vec<Ty> = found.into_iter().map(|ty| ty.unwrap_or(Ty::ERROR)).collect();
            let fits = known.generics.iter().zip(&found).all(|(generic, &argument)| {
                generic.bounds.iter().all(|&bound| {
                    let bound = self.types.substitute(bound, &found);
                    self.implements_within(argument, bound, depth)
                })
            });
            if fits {
                return Some((index, found));
            }
        }
        None
    }
}

impl FnBuilder<'_, '_> {
    /// `mut self` of a reference type is the reference, not the address that the interface's callers pass.
    pub fn adapt_receiver(&mut self, found: &Implementation, args: &mut [Vals]) {
        if let (true, Some(receiver)) = (found.takes_value, args.first_mut()) {
            let address = self.first(receiver);
            let place = Place::Memory { address, offset: 0, area: Area::ANY, ty: found.self_ty, readonly: false };
            *receiver = self.read(&place);
        }
    }
}
