//! What of std's implementations is checked: those that the program may come to use, and of these the methods that
//! something calls. All others stay unchecked and have no place in the typed tree.
//!
//! An implementation is needed when a body relies on it (a bound, a conversion, a call), or when its type is in use and
//! its interface is one that `ssa::build` asks every value about: `Show`, `Eq`, `Ord`, `Hash`, and interfaces that are
//! themselves types of values. A type is in use when some expression is of it, or a field of a type that is in use.

use super::Checker;
use super::entity::{FieldInfo, FnId, ItemScope};
use super::init::Needer;
use crate::source::Symbol;
use crate::tir::walk::each_part;
use crate::tir::{
    Body, Callee, Expr, ExprKind, Function, GenericParam, NominalId, Pattern, PatternKind, StmtKind, Ty, TyKind,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

#[derive(Clone, Debug, Default)]
pub(super) struct Demand {
    /// By implementation: it is needed.
    needed: Vec<bool>,
    /// Implementations of an interface, and for a nominal type, in the order in which they were found.
    by_interface: FxHashMap<NominalId, Vec<usize>>,
    by_target: FxHashMap<NominalId, Vec<usize>>,
    /// Types that have been looked at, by their numbers.
    seen: Vec<bool>,
    used: FxHashSet<NominalId>,
    /// Interfaces of which every type that is in use needs its implementation.
    asked: FxHashSet<NominalId>,
}

impl<'a> Checker<'a> {
    /// The implementations of an interface.
    pub(super) fn impls_of(&self, interface: NominalId) -> Rc<[usize]> {
        self.demand.by_interface.get(&interface).map(|all| all.as_slice().into()).unwrap_or_default()
    }

    /// An implementation has been found.
    pub(super) fn enter_impl(&mut self, index: usize) {
        let (interface, target) = (self.impls[index].interface, self.impls[index].target);
        self.demand.needed.push(false);
        if let TyKind::Nominal(id, _) = self.types.kind(interface) {
            self.demand.by_interface.entry(*id).or_default().push(index);
        }
        if let TyKind::Nominal(id, _) = self.types.kind(target) {
            self.demand.by_target.entry(*id).or_default().push(index);
        }
    }

    /// What the new implementations need, now that all of them are known.
    pub(super) fn check_impls(&mut self) {
        for id in self.known.derivable() {
            if self.demand.asked.insert(id) {
                self.need_declared(id);
            }
        }
        for index in self.first.implementation..self.impls.len() {
            let is_asked = self.is_asked(index);
            if !self.impls[index].is_std || self.options.all_of_std {
                self.need_impl(index);
                // Also those that nothing calls: they may be wrong.
                let methods = self.impls[index].methods.clone();
                for method in methods.into_iter().flatten() {
                    if !self.is_std(self.functions[method.index()].scope.module) || self.options.all_of_std {
                        self.func_id(method);
                    }
                }
            } else if is_asked {
                self.need_impl(index);
            }
        }
    }

    /// All methods of an interface may be called.
    pub(super) fn need_declared(&mut self, interface: NominalId) {
        for method in self.nominals[interface.index()].declared.clone() {
            self.func_id(method);
        }
    }

    /// Whether its type is in use and its interface asks for such types.
    fn is_asked(&self, index: usize) -> bool {
        let is_used = match self.types.kind(self.impls[index].target) {
            TyKind::Nominal(id, _) => self.demand.used.contains(id),
            _ => true,
        };
        let asks = match self.types.kind(self.impls[index].interface) {
            TyKind::Nominal(id, _) => self.demand.asked.contains(id),
            _ => false,
        };
        is_used && asks
    }

    /// Something relies on this implementation.
    pub(super) fn need_impl(&mut self, index: usize) {
        if std::mem::replace(&mut self.demand.needed[index], true) {
            return;
        }
        let known = &self.impls[index];
        let (interface, target, span) = (known.interface, known.target, known.span);
        let (generics, methods, is_checked) = (known.generics.clone(), known.methods.clone(), known.is_checked);
        let TyKind::Nominal(id, mut args) = self.types.kind(interface).clone() else { return };
        let declared = self.nominals[id.index()].declared.clone();
        if !is_checked {
            self.impls[index].is_checked = true;
            for (&declared, &method) in declared.iter().zip(&methods) {
                if let Some(method) = method.filter(|&method| method != declared) {
                    self.check_implementing(declared, method, interface, target);
                }
            }
        }
        // Those that it builds upon must be there.
        args.push(target);
        let info = &self.nominals[id.index()];
        let (supers, module, name) = (info.supers.clone(), info.module, info.name);
        if !supers.is_empty() {
            let bounds = self.types.substitute_all(&supers, &args);
            let scope = Rc::new(ItemScope { module, generics, self_ty: Some(target), nested: Vec::new() });
            let mut body = self.body(&scope, None);
            body.require_bounds(&[GenericParam { name: Symbol::new("Self"), bounds }], &[target], name, span);
            body.solve_obligations(true);
        }
        for (number, declared) in declared.into_iter().enumerate() {
            if self.functions[declared.index()].func.is_some() {
                self.need_method(index, number, declared);
            }
        }
    }

    /// A method that an interface declares is called: whoever calls it may call any implementation.
    pub(super) fn need_implementations(&mut self, interface: NominalId, number: usize, declared: FnId) {
        for &index in &*self.impls_of(interface) {
            if self.demand.needed[index] {
                self.need_method(index, number, declared);
            }
        }
    }

    fn need_method(&mut self, index: usize, number: usize, declared: FnId) {
        let known = &self.impls[index];
        let (span, method) = (known.span, known.methods.get(number).copied().flatten());
        let from = self.func_id(declared);
        if let Some(to) = method.map(|method| self.func_id(method)) {
            self.needs.add(Needer::Function(from), Needer::Function(to), span);
        }
    }

    /// The types in a finished function are in use.
    pub(super) fn note_function(&mut self, function: &Function) {
        self.note_type(function.result);
        function.locals.iter().for_each(|local| self.note_type(local.ty));
        if let Body::Flash(value) = &function.body {
            self.note_expr(value);
        }
    }

    fn note_expr(&mut self, expr: &Expr) {
        self.note_type(expr.ty);
        match &expr.kind {
            ExprKind::IsType { ty, .. } => self.note_type(*ty),
            ExprKind::FunctionValue { type_args, .. }
            | ExprKind::Call { callee: Callee::Function { type_args, .. }, .. } => {
                type_args.iter().for_each(|&ty| self.note_type(ty));
            }
            ExprKind::Call { callee: Callee::Interface { interface, method, type_args }, .. } => {
                type_args.iter().for_each(|&ty| self.note_type(ty));
                if let TyKind::Nominal(id, _) = self.types.kind(*interface) {
                    let declared = self.nominals[id.index()].declared.get(*method as usize).copied();
                    declared.map(|declared| self.func_id(declared));
                }
            }
            ExprKind::Block { statements, .. } => {
                for stmt in statements {
                    if let StmtKind::Let { pattern, .. } = &stmt.kind {
                        self.note_pattern(pattern);
                    }
                }
            }
            ExprKind::Match { arms, .. } => arms.iter().for_each(|arm| self.note_pattern(&arm.pattern)),
            ExprKind::Try { catches, .. } => {
                catches.iter().filter_map(|clause| clause.ty).for_each(|ty| self.note_type(ty));
            }
            _ => {}
        }
        each_part(expr, &mut |part| self.note_expr(part));
    }

    fn note_pattern(&mut self, pattern: &Pattern) {
        self.note_type(pattern.ty);
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Const(_) | PatternKind::Range(..) | PatternKind::Bind(_, None) => {}
            PatternKind::Bind(_, Some(inner)) | PatternKind::Some(inner) | PatternKind::Type(inner) => {
                self.note_pattern(inner);
            }
            PatternKind::Tuple(parts) | PatternKind::Or(parts) | PatternKind::Variant { fields: parts, .. } => {
                parts.iter().for_each(|part| self.note_pattern(part));
            }
            PatternKind::Fields(fields) => fields.iter().for_each(|(_, part)| self.note_pattern(part)),
        }
    }

    /// A type is in use, and all that it is made of.
    pub(super) fn note_type(&mut self, ty: Ty) {
        let mut pending = vec![ty];
        while let Some(ty) = pending.pop() {
            let number = ty.0 as usize;
            if self.demand.seen.len() <= number {
                self.demand.seen.resize(number + 64, false);
            }
            if std::mem::replace(&mut self.demand.seen[number], true) {
                continue;
            }
            pending.extend(self.types.elements(ty));
            match self.types.kind(ty).clone() {
                TyKind::Function(params, result) => {
                    pending.extend(params);
                    pending.push(result);
                }
                TyKind::Nominal(id, args) => {
                    pending.extend(args);
                    self.note_nominal(id, &mut pending);
                }
                _ => {}
            }
        }
    }

    fn note_nominal(&mut self, id: NominalId, pending: &mut Vec<Ty>) {
        if !self.demand.used.insert(id) {
            return;
        }
        let info = &self.nominals[id.index()];
        let in_variants = info.variants.iter().flat_map(|variant| &variant.fields);
        pending.extend(info.fields.iter().chain(in_variants).map(|field: &FieldInfo<'_>| field.ty));
        let mut affected: Vec<usize> = self.demand.by_target.get(&id).cloned().unwrap_or_default();
        if info.is_interface() && self.demand.asked.insert(id) {
            affected.extend(&*self.impls_of(id));
        }
        for index in affected {
            if self.is_asked(index) {
                self.need_impl(index);
            }
        }
    }
}
