//! Interfaces and who implements them: declarations, bounds of generic parameters, `impl I for T`
//! with what it must have, and that no type implements an interface twice.
//!
//! A method of an interface is a generic function: its parameters are the interface's, then `Self`
//! (bounded by the interface), then its own. That is all a default body needs to be checked like any other.

use super::Checker;
use super::collect::generic_types;
use super::entity::{Decl, Entity, FnId, ImplInfo, ItemScope, ParamInfo, SelfKind, Signature};
use super::init::Needer;
use super::types::PathEntity;
use crate::ast::{self, TypeExprKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::{FunctionDef, nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{self, Callee, FuncId, GenericParam, NominalId, Ty, TyKind};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// More parameters than an implementation has.
const OTHER_PARAMS: u32 = 64;

/// `Box<P>` in a written type: `P` must fulfil the bounds of `Box`'s parameter.
#[derive(Clone, Debug)]
pub(super) struct WrittenBound {
    nominal: NominalId,
    args: Vec<Ty>,
    scope: Rc<ItemScope>,
    span: Span,
}

impl<'a> Checker<'a> {
    pub(super) fn declare_interface(&mut self, decl: &'a ast::Interface, scope: &Rc<ItemScope>) -> Entity {
        self.declare_nominal(decl.name, &decl.generics, Decl::Interface(decl), scope)
    }

    /// The bounds of everything that is declared at top level, now that all names are known.
    pub(super) fn resolve_all_bounds(&mut self) {
        self.all_named = true;
        let first = self.first;
        for index in first.nominal..self.nominals.len() {
            let info = &self.nominals[index];
            let generics = match info.decl {
                Decl::Record(decl) => &decl.generics,
                Decl::Enum(decl) => &decl.generics,
                Decl::Interface(decl) => &decl.generics,
            };
            let scope = info.scope.clone();
            self.nominals[index].scope = self.with_bounds(&scope, generics);
        }
        for index in first.function..self.functions.len() {
            let (scope, ast) = (self.functions[index].scope.clone(), self.functions[index].ast);
            self.functions[index].scope = self.with_bounds(&scope, &ast.generics);
        }
        for index in first.alias..self.aliases.len() {
            let (scope, ast) = (self.aliases[index].scope.clone(), self.aliases[index].ast);
            self.aliases[index].scope = self.with_bounds(&scope, &ast.generics);
        }
    }

    /// The scope whose last generic parameters are these, with their bounds.
    pub(super) fn with_bounds(&mut self, scope: &Rc<ItemScope>, generics: &'a [ast::GenericParam]) -> Rc<ItemScope> {
        if generics.iter().all(|param| param.bounds.is_empty()) {
            return scope.clone();
        }
        let pending = self.written_bounds.len();
        let first = self.bounded(scope, generics);
        // Again, with the bounds in scope: they may themselves need one another.
        self.written_bounds.truncate(pending);
        self.quiet += 1;
        let second = self.bounded(&first, generics);
        self.quiet -= 1;
        second
    }

    fn bounded(&mut self, scope: &Rc<ItemScope>, generics: &'a [ast::GenericParam]) -> Rc<ItemScope> {
        let mut all = scope.generics.clone();
        let first = all.len() - generics.len();
        for (index, param) in generics.iter().enumerate() {
            let subject = self.types.intern(TyKind::Param((first + index) as u32, param.name.name));
            let bounds = param.bounds.iter().filter_map(|bound| self.interface_ref(scope, bound, Some(subject)));
            all[first + index].bounds = bounds.collect();
        }
        Rc::new(ItemScope { module: scope.module, generics: all, self_ty: scope.self_ty, nested: scope.nested.clone() })
    }

    /// The interface that is named as a bound, in an `impl` or behind an interface's `:`.
    /// `subject` is the type that implements it.
    pub(super) fn interface_ref(
        &mut self,
        scope: &ItemScope,
        expr: &'a ast::TypeExpr,
        subject: Option<Ty>,
    ) -> Option<Ty> {
        let TypeExprKind::Path { path, args } = &expr.kind else {
            self.error("E0394", expr.span, "an interface is expected here");
            return None;
        };
        let is_param = matches!(path.as_slice(), [name] if scope.generics.iter().any(|g| g.name == name.name));
        let entity = if is_param { None } else { Some(self.path_entity(scope, path)?) };
        match entity {
            Some(PathEntity::Entity(Entity::Nominal(id))) if self.nominals[id.index()].is_interface() => {
                let ty = self.nominal_type_for(scope, id, args, subject, expr.span);
                (ty != Ty::ERROR).then_some(ty)
            }
            Some(PathEntity::Entity(Entity::Error)) => None,
            _ => {
                let name = path.last().map_or("", |name| name.name.as_str());
                self.report(
                    Diagnostic::error("E0394", expr.span, format!("`{name}` is not an interface"))
                        .label("an interface is expected here"),
                );
                None
            }
        }
    }

    /// Remembers type arguments that bounds have to be checked for.
    pub(super) fn note_written(&mut self, nominal: NominalId, args: &[Ty], scope: &ItemScope, span: Span) {
        let generics = match self.nominals[nominal.index()].decl {
            Decl::Record(decl) => &decl.generics,
            Decl::Enum(decl) => &decl.generics,
            Decl::Interface(decl) => &decl.generics,
        };
        if generics.iter().all(|param| param.bounds.is_empty()) {
            return;
        }
        let scope = Rc::new(ItemScope {
            module: scope.module,
            generics: scope.generics.clone(),
            self_ty: scope.self_ty,
            nested: Vec::new(),
        });
        self.written_bounds.push(WrittenBound { nominal, args: args.to_vec(), scope, span });
    }

    pub(super) fn check_written_bounds(&mut self) {
        for written in std::mem::take(&mut self.written_bounds) {
            let info = &self.nominals[written.nominal.index()];
            let (generics, name) = (info.scope.generics.clone(), info.name);
            let mut body = self.body(&written.scope, None);
            body.require_bounds(&generics, &written.args, name, written.span);
            body.solve_obligations(true);
        }
    }

    /// Methods of an interface, and the interfaces it builds upon.
    pub(super) fn collect_interface(
        &mut self,
        id: NominalId,
        decl: &'a ast::Interface,
        scope: &Rc<ItemScope>,
        seen: &mut FxHashMap<Symbol, Span>,
    ) {
        let name = Symbol::new("Self");
        let own = scope.self_ty.unwrap_or(Ty::ERROR);
        let self_ty = self.types.intern(TyKind::Param(scope.generics.len() as u32, name));
        let mut generics = scope.generics.clone();
        generics.push(GenericParam { name, bounds: vec![own] });
        let inner = ItemScope { module: scope.module, generics, self_ty: Some(self_ty), nested: scope.nested.clone() };
        let inner = Rc::new(inner);
        let supers: Vec<Ty> = decl.supers.iter().filter_map(|s| self.interface_ref(&inner, s, Some(self_ty))).collect();
        self.nominals[id.index()].supers = supers;
        for method in &decl.methods {
            let name = method.function.name;
            if !self.is_new_member(decl.name.name.as_str(), name, seen) {
                continue;
            }
            let def = FunctionDef { function: &method.function, attributes: &method.attributes, extern_block: None };
            let method_scope = self.with_generics(&inner, &method.function.generics);
            let function = self.add_function(def, method_scope, Some(decl.name.name), false, false);
            let info = &mut self.nominals[id.index()];
            self.functions[function.index()].interface = Some((id, info.declared.len() as u32));
            info.declared.push(function);
            info.methods.insert(name.name, function);
            if let Some(param) = method.function.params.iter().find(|param| param.literals().is_some()) {
                self.report(
                    Diagnostic::error("E0316", param.span, "a method of an interface takes any value of a type")
                        .label("no literals")
                        .note("which function is meant is found by the interface's name and the receiver alone"),
                );
            }
            let yields = method.function.body.as_ref().is_some_and(super::flow::block_yields);
            if yields && method.function.result.is_none() {
                self.report(
                    Diagnostic::error(
                        "E0313",
                        name.span,
                        format!("the method `{}` of an interface must write its result", name.name),
                    )
                    .label("write `-> T` after the parameters"),
                );
            }
        }
    }

    /// `impl I for T { ... }`
    pub(super) fn collect_interface_impl(
        &mut self,
        block: &'a ast::Impl,
        interface: &'a ast::TypeExpr,
        written: &'a ast::TypeExpr,
        scope: &Rc<ItemScope>,
    ) {
        let generic = self.with_generics(scope, &block.generics);
        let target = self.value_type(&generic, written);
        let inner = Rc::new(ItemScope {
            module: generic.module,
            generics: generic.generics.clone(),
            self_ty: Some(target),
            nested: Vec::new(),
        });
        let Some(interface) = self.interface_ref(&inner, interface, Some(target)) else { return };
        let TyKind::Nominal(id, _) = *self.types.kind(interface) else { return };
        if target == Ty::ERROR || !self.is_determined(block, target, &inner) {
            return;
        }
        if self.refuses_impl(id, interface, target, written.span) {
            return;
        }
        self.check_coherence(id, interface, target, written.span);
        // Without type arguments, as traces show it.
        let owner = match self.types.kind(target) {
            TyKind::Nominal(id, _) => self.nominals[id.index()].name,
            _ => Symbol::new(&self.show(target)),
        };
        let declared = self.nominals[id.index()].declared.clone();
        let mut methods: Vec<Option<FnId>> = vec![None; declared.len()];
        let mut seen = FxHashMap::default();
        for method in &block.methods {
            let name = method.function.name;
            if !self.is_new_member(owner.as_str(), name, &mut seen) {
                continue;
            }
            let def = FunctionDef { function: &method.function, attributes: &method.attributes, extern_block: None };
            let method_scope = self.with_generics(&inner, &method.function.generics);
            let function = self.add_function(def, method_scope, Some(owner), false, method.is_private);
            let index = declared.iter().position(|d| self.functions[d.index()].ast.name.name == name.name);
            let Some(index) = index else {
                let names = declared.iter().map(|d| self.functions[d.index()].ast.name.name.as_str());
                let near = nearest(name.name.as_str(), names);
                let of = self.nominals[id.index()].name;
                let message = format!("the interface `{of}` has no method `{}`", name.name);
                let diagnostic = Diagnostic::error("E0395", name.span, message);
                self.report(with_suggestion(diagnostic, name.span, near));
                continue;
            };
            self.check_implementing(declared[index], function, interface, target);
            methods[index] = Some(function);
        }
        let mut missing = Vec::new();
        for (slot, &declaration) in methods.iter_mut().zip(&declared) {
            if slot.is_none() && self.functions[declaration.index()].ast.body.is_some() {
                *slot = Some(declaration);
            } else if slot.is_none() {
                missing.push(declaration);
            }
        }
        if !missing.is_empty() {
            self.missing_methods(&missing, interface, target, written.span);
        }
        self.impls.push(ImplInfo { generics: inner.generics.clone(), interface, target, methods, span: written.span });
    }

    /// Every parameter of an `impl` must follow from its target.
    fn is_determined(&mut self, block: &'a ast::Impl, target: Ty, scope: &ItemScope) -> bool {
        let params = generic_types(&mut self.types, scope.generics.len(), &scope.generics);
        for (param, written) in params.into_iter().zip(&block.generics) {
            if !self.mentions(target, param) {
                let name = written.name;
                self.report(
                    Diagnostic::error("E0396", name.span, format!("`{}` does not follow from the type", name.name))
                        .secondary(block.target.span, "it must stand in here"),
                );
                return false;
            }
        }
        true
    }

    fn mentions(&self, ty: Ty, param: Ty) -> bool {
        ty == param
            || match self.types.kind(ty) {
                TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => {
                    self.mentions(*t, param)
                }
                TyKind::Tuple(ts) | TyKind::Nominal(_, ts) => ts.iter().any(|&t| self.mentions(t, param)),
                TyKind::Record(fields) => fields.iter().any(|&(_, t)| self.mentions(t, param)),
                TyKind::Function(ts, r) => ts.iter().any(|&t| self.mentions(t, param)) || self.mentions(*r, param),
                _ => false,
            }
    }

    fn check_coherence(&mut self, id: NominalId, interface: Ty, target: Ty, span: Span) {
        let same = (0..self.impls.len()).find(|&index| {
            let known = &self.impls[index];
            let (known_interface, known_target) = (known.interface, known.target);
            matches!(self.types.kind(known_interface), TyKind::Nominal(other, _) if *other == id)
                && self.overlap(id, (known_interface, known_target), (interface, target))
        });
        if let Some(first) = same.map(|index| self.impls[index].span) {
            let (interface, target) = (self.show(interface), self.show(target));
            self.report(
                Diagnostic::error("E0397", span, format!("`{interface}` is implemented twice for `{target}`"))
                    .secondary(first, "the first implementation"),
            );
        }
    }

    /// Whether some choice of the parameters of both makes them implementations of one interface for one type.
    /// What an operator gives does not tell two of them apart.
    fn overlap(&mut self, id: NominalId, a: (Ty, Ty), b: (Ty, Ty)) -> bool {
        let count = self.known.deciding_args(id);
        let decisive = |checker: &Checker<'_>, ty: Ty| match checker.types.kind(ty) {
            TyKind::Nominal(_, args) => args.iter().take(count.unwrap_or(args.len())).copied().collect(),
            _ => Vec::new(),
        };
        let mut left: Vec<Ty> = decisive(self, a.0);
        let mut right: Vec<Ty> = decisive(self, b.0);
        left.push(a.1);
        right.push(b.1);
        // The parameters of one are not those of the other.
        let apart: Vec<Ty> = (0..OTHER_PARAMS)
            .map(|index| self.types.intern(TyKind::Param(OTHER_PARAMS + index, Symbol::new("_"))))
            .collect();
        let right = self.types.substitute_all(&right, &apart);
        let mut found = FxHashMap::default();
        left.iter().zip(&right).all(|(&a, &b)| self.may_be_one(a, b, &mut found))
    }

    /// Whether some choice of parameters, those found so far included, makes the two types the same.
    fn may_be_one(&self, a: Ty, b: Ty, found: &mut FxHashMap<u32, Ty>) -> bool {
        let (a, b) = (self.chosen(a, found), self.chosen(b, found));
        if a == b {
            return true;
        }
        let all = |a: &[Ty], b: &[Ty], found: &mut FxHashMap<u32, Ty>| {
            a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.may_be_one(a, b, found))
        };
        match (self.types.kind(a), self.types.kind(b)) {
            (TyKind::Param(index, _), _) => {
                // No type has itself inside.
                let fits = !self.is_inside(a, b, found);
                found.insert(*index, b);
                fits
            }
            (_, TyKind::Param(index, _)) => {
                let fits = !self.is_inside(b, a, found);
                found.insert(*index, a);
                fits
            }
            (TyKind::Array(a), TyKind::Array(b))
            | (TyKind::Optional(a), TyKind::Optional(b))
            | (TyKind::Pointer(a), TyKind::Pointer(b)) => self.may_be_one(*a, *b, found),
            (TyKind::FixedArray(a, n), TyKind::FixedArray(b, m)) => n == m && self.may_be_one(*a, *b, found),
            (TyKind::Tuple(a), TyKind::Tuple(b)) => all(a, b, found),
            (TyKind::Record(a), TyKind::Record(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((n, a), (m, b))| n == m && self.may_be_one(*a, *b, found))
            }
            (TyKind::Function(a, r), TyKind::Function(b, s)) => all(a, b, found) && self.may_be_one(*r, *s, found),
            (TyKind::Nominal(i, a), TyKind::Nominal(j, b)) => i == j && all(a, b, found),
            _ => false,
        }
    }

    fn is_inside(&self, param: Ty, ty: Ty, found: &FxHashMap<u32, Ty>) -> bool {
        let ty = self.chosen(ty, found);
        ty == param
            || match self.types.kind(ty) {
                TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => {
                    self.is_inside(param, *t, found)
                }
                TyKind::Tuple(ts) | TyKind::Nominal(_, ts) => ts.iter().any(|&t| self.is_inside(param, t, found)),
                TyKind::Record(fields) => fields.iter().any(|&(_, t)| self.is_inside(param, t, found)),
                TyKind::Function(ts, r) => {
                    ts.iter().any(|&t| self.is_inside(param, t, found)) || self.is_inside(param, *r, found)
                }
                _ => false,
            }
    }

    /// What a parameter has been found to be, if it is one.
    fn chosen(&self, mut ty: Ty, found: &FxHashMap<u32, Ty>) -> Ty {
        while let TyKind::Param(index, _) = self.types.kind(ty)
            && let Some(&next) = found.get(index)
        {
            ty = next;
        }
        ty
    }

    fn missing_methods(&mut self, missing: &[FnId], interface: Ty, target: Ty, span: Span) {
        let (of, name) = (self.show(interface), self.show(target));
        let names: Vec<String> =
            missing.iter().map(|m| format!("`{}`", self.functions[m.index()].ast.name.name)).collect();
        let mut diagnostic =
            Diagnostic::error("E0398", span, format!("`{name}` implements `{of}` without {}", names.join(" and ")));
        for &method in missing {
            let wanted = self.wanted_signature(method, interface, target, &[]);
            let text = self.signature_text(method, &wanted);
            diagnostic = diagnostic.note(format!("add `{text}`"));
        }
        self.report(diagnostic);
    }

    /// The signature that a method of an interface has for this target; `own` are the type parameters
    /// that stand for the method's own.
    fn wanted_signature(&mut self, declared: FnId, interface: Ty, target: Ty, own: &[Ty]) -> Signature {
        let signature = self.signature(declared);
        let mut args = match self.types.kind(interface) {
            TyKind::Nominal(_, args) => args.clone(),
            _ => Vec::new(),
        };
        args.push(target);
        args.extend(own);
        let params = signature.params.iter().map(|p| ParamInfo { ty: self.types.substitute(p.ty, &args), ..p.clone() });
        let params = params.collect();
        let by_reference = self.has_identity_by_address(target);
        let self_kind = match signature.self_kind {
            SelfKind::Reference if !by_reference => SelfKind::Value,
            kind => kind,
        };
        let result = signature.result.map(|result| self.types.substitute(result, &args));
        Signature { self_kind, params, result, is_unsafe: signature.is_unsafe }
    }

    fn signature_text(&mut self, declared: FnId, signature: &Signature) -> String {
        let is_mut = self.signature(declared).self_kind == SelfKind::Reference;
        let mut parts = Vec::new();
        if signature.self_kind != SelfKind::None {
            parts.push(if is_mut { "mut self".to_owned() } else { "self".to_owned() });
        }
        parts.extend(signature.params.iter().map(|p| format!("{}: {}", p.name, self.show(p.ty))));
        let result = match signature.result {
            None | Some(Ty::VOID) => String::new(),
            Some(ty) => format!(" -> {}", self.show(ty)),
        };
        let info = &self.functions[declared.index()];
        let own = info.scope.generics[info.scope.generics.len() - info.ast.generics.len()..].iter();
        let own = own.map(|generic| match generic.bounds.as_slice() {
            [] => generic.name.to_string(),
            bounds => {
                let bounds: Vec<String> = bounds.iter().map(|&bound| self.show(bound)).collect();
                format!("{}: {}", generic.name, bounds.join(" + "))
            }
        });
        let own = own.collect::<Vec<_>>().join(", ");
        let own = if own.is_empty() { own } else { format!("<{own}>") };
        format!("fn {}{own}({}){result}", info.ast.name.name, parts.join(", "))
    }

    /// An implementing method must have the signature that its interface declares.
    fn check_implementing(&mut self, declared: FnId, function: FnId, interface: Ty, target: Ty) {
        let (ast, scope) = (self.functions[function.index()].ast, self.functions[function.index()].scope.clone());
        let outer = scope.generics.len() - ast.generics.len();
        let own = generic_types(&mut self.types, scope.generics.len(), &scope.generics).split_off(outer);
        let wanted_own = self.functions[declared.index()].ast.generics.len();
        let wanted = self.wanted_signature(declared, interface, target, &own);
        let found = self.signature(function);
        let same = |a: Ty, b: Ty| a == b || a == Ty::ERROR || b == Ty::ERROR;
        let fits = wanted_own == own.len()
            && self.own_bounds_fit(declared, &scope, outer, interface, target, &own)
            && found.self_kind == wanted.self_kind
            && found.is_unsafe == wanted.is_unsafe
            && found.params.len() == wanted.params.len()
            && found.params.iter().zip(&wanted.params).all(|(f, w)| same(f.ty, w.ty) && f.is_rest == w.is_rest)
            && match (found.result, wanted.result) {
                (Some(found), Some(wanted)) => same(found, wanted),
                _ => true,
            };
        if found.result.is_none() {
            // What is not written is what the interface says.
            let signature = Signature { result: wanted.result, ..(*found).clone() };
            self.functions[function.index()].signature = Some(Rc::new(signature));
        }
        if !fits {
            let text = self.signature_text(declared, &wanted);
            let of = self.show(interface);
            let place = self.functions[declared.index()].ast.name.span;
            self.report(
                Diagnostic::error(
                    "E0399",
                    ast.name.span,
                    format!("`{}` is declared otherwise in the interface `{of}`", ast.name.name),
                )
                .secondary(place, "declared here")
                .note(format!("it must be `{text}`")),
            );
        }
    }

    /// The method's own type parameters must have the bounds that the interface gives them.
    fn own_bounds_fit(
        &mut self,
        declared: FnId,
        scope: &ItemScope,
        outer: usize,
        interface: Ty,
        target: Ty,
        own: &[Ty],
    ) -> bool {
        let theirs = self.functions[declared.index()].scope.clone();
        let mut args = match self.types.kind(interface) {
            TyKind::Nominal(_, args) => args.clone(),
            _ => Vec::new(),
        };
        args.push(target);
        let first = args.len();
        args.extend(own);
        theirs.generics[first..].iter().zip(&scope.generics[outer..]).all(|(wanted, found)| {
            let wanted = self.types.substitute_all(&wanted.bounds, &args);
            wanted.len() == found.bounds.len() && wanted.iter().all(|bound| found.bounds.contains(bound))
        })
    }

    /// What needs all implementations: those that others build upon must be there.
    pub(super) fn check_impls(&mut self) {
        for index in self.first.implementation..self.impls.len() {
            let known = &self.impls[index];
            let (interface, target, span) = (known.interface, known.target, known.span);
            let generics = known.generics.clone();
            let methods = known.methods.clone();
            let TyKind::Nominal(id, mut args) = self.types.kind(interface).clone() else { continue };
            args.push(target);
            let info = &self.nominals[id.index()];
            let (supers, module, name) = (info.supers.clone(), info.module, info.name);
            let declared = info.declared.clone();
            let bounds = self.types.substitute_all(&supers, &args);
            let scope = Rc::new(ItemScope { module, generics, self_ty: Some(target), nested: Vec::new() });
            let mut body = self.body(&scope, None);
            body.require_bounds(&[GenericParam { name: Symbol::new("Self"), bounds }], &[target], name, span);
            body.solve_obligations(true);
            // Who calls the interface's method may call any implementation.
            for (declared, method) in declared.into_iter().zip(methods) {
                let from = self.func_id(declared);
                if let Some(to) = method.map(|method| self.func_id(method)) {
                    self.needs.add(Needer::Function(from), Needer::Function(to), span);
                }
            }
        }
    }

    /// How a function is called: those that interfaces declare through their interface.
    pub(super) fn callee(&mut self, id: FnId, function: FuncId, mut types: Vec<Ty>) -> Callee {
        let Some((nominal, method)) = self.functions[id.index()].interface else {
            return Callee::Function { function, type_args: types };
        };
        let rest = types.split_off(self.nominals[nominal.index()].scope.generics.len());
        let interface = self.types.intern(TyKind::Nominal(nominal, types));
        Callee::Interface { interface, method, type_args: rest }
    }

    pub(super) fn interface_method(&self, id: FnId) -> tir::InterfaceMethod {
        let info = &self.functions[id.index()];
        tir::InterfaceMethod {
            name: info.ast.name.name,
            // Nothing calls what has no place in the tree.
            function: info.func.unwrap_or(FuncId(u32::MAX)),
            has_default: info.ast.body.is_some(),
        }
    }

    pub(super) fn finish_impls(&self) -> Vec<tir::Impl> {
        let place = |method: &Option<FnId>| method.and_then(|m| self.functions[m.index()].func);
        let finish = |known: &ImplInfo| {
            let methods: Option<Vec<FuncId>> = known.methods.iter().map(place).collect();
            Some(tir::Impl {
                generics: known.generics.clone(),
                interface: known.interface,
                target: known.target,
                methods: methods?,
            })
        };
        self.impls.iter().filter_map(finish).collect()
    }
}
