//! Bounds where generic things are used: which types implement which interfaces, found while a body
//! is checked, when the types may still be on their way; and the methods that interfaces give.

use super::body::Body;
use super::entity::FnId;
use super::json::Obstacle;
use crate::ast::Ident;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Expr, ExprKind, GenericParam, NominalId, Ty, TyKind};

/// An implementation that needs others, which need others: more deeply than this is a mistake.
const MAX_DEPTH: u32 = 32;

/// `subject` must implement `interface`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Obligation {
    pub(super) interface: Ty,
    pub(super) subject: Ty,
    pub(super) span: Span,
    /// The parameter that the bound belongs to, and what it is a parameter of.
    param: Symbol,
    pub(super) owner: Symbol,
    depth: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Holds,
    /// Too little is known yet.
    Unknown,
    Fails,
}

/// A method that an interface gives to a type.
pub(super) struct InterfaceMethod {
    pub(super) function: FnId,
    /// The interface's type arguments, then the type.
    pub(super) owner_args: Vec<Ty>,
    /// From a bound, or from the interface that the type itself is; not from an implementation.
    pub(super) is_own: bool,
}

impl Body<'_, '_> {
    /// The types must fulfil the bounds of these parameters, in the end.
    pub(super) fn require_bounds(&mut self, generics: &[GenericParam], types: &[Ty], owner: Symbol, span: Span) {
        for (generic, &subject) in generics.iter().zip(types) {
            for &bound in &generic.bounds {
                let interface = self.cx.types.substitute(bound, types);
                self.obligations.push(Obligation { interface, subject, span, param: generic.name, owner, depth: 0 });
            }
        }
    }

    /// A type must implement an interface for a reason of its own: as a value of it, say.
    pub(super) fn add_obligation(&mut self, interface: Ty, subject: Ty, owner: Symbol, span: Span) {
        let param = Symbol::new("Self");
        self.obligations.push(Obligation { interface, subject, span, param, owner, depth: 0 });
    }

    /// Looks at what is required; what an implementation says of types solves them. At last, what does
    /// not hold is reported.
    pub(super) fn solve_obligations(&mut self, last: bool) {
        loop {
            let pending = std::mem::take(&mut self.obligations);
            let mut progress = false;
            for obligation in pending {
                match self.try_obligation(&obligation) {
                    Outcome::Holds => progress = true,
                    Outcome::Unknown => self.obligations.push(obligation),
                    Outcome::Fails => {
                        progress = true;
                        self.report_unfulfilled(&obligation);
                    }
                }
            }
            if !progress || self.obligations.is_empty() {
                break;
            }
        }
        if last {
            // What is left has types that inference could not find, which it reports.
            self.obligations.clear();
        }
    }

    fn try_obligation(&mut self, obligation: &Obligation) -> Outcome {
        let subject = self.shallow(obligation.subject);
        if self.is_unsolved(subject) {
            return Outcome::Unknown;
        }
        if subject == Ty::ERROR || obligation.interface == Ty::ERROR {
            return Outcome::Holds;
        }
        if obligation.depth > MAX_DEPTH {
            return Outcome::Fails;
        }
        if self.is_dynamic(subject) && self.derives(obligation.interface, subject) == Outcome::Holds {
            return Outcome::Holds;
        }
        if self.is_json_data(obligation.interface) {
            return match self.json_obstacle(subject) {
                None => Outcome::Holds,
                Some(Obstacle::Unknown) => Outcome::Unknown,
                Some(Obstacle::Type(..)) => Outcome::Fails,
            };
        }
        for known in self.bounds_of(subject) {
            if self.unify(known, obligation.interface) {
                if self.is_dynamic(subject)
                    && let Some(reason) = self.not_dynamic(known)
                {
                    self.report_not_dynamic(obligation, reason);
                }
                return Outcome::Holds;
            }
        }
        let candidates = self.impls_for(obligation.interface, subject);
        match candidates.as_slice() {
            [] => self.derives(obligation.interface, subject),
            [only] => {
                self.use_impl(*only, obligation, true);
                Outcome::Holds
            }
            _ => Outcome::Unknown,
        }
    }

    /// Indices of the implementations that fit as far as the types are known.
    pub(super) fn impls_for(&mut self, interface: Ty, subject: Ty) -> Vec<usize> {
        let unnamed = Symbol::new("_");
        let TyKind::Nominal(id, _) = *self.kind(interface) else { return Vec::new() };
        let span = Span { file: crate::source::FileId(0), start: 0, end: 0 };
        let obligation = Obligation { interface, subject, span, param: unnamed, owner: unnamed, depth: 0 };
        let all = self.cx.impls_of(id);
        let fitting: Vec<usize> =
            all.iter().copied().filter(|&index| self.use_impl(index, &obligation, false)).collect();
        fitting.iter().for_each(|&index| self.cx.need_impl(index));
        fitting
    }

    /// Makes the types those of the implementation, if they fit. To keep it is to need what it needs.
    fn use_impl(&mut self, index: usize, obligation: &Obligation, keep: bool) -> bool {
        let known = &self.cx.impls[index];
        let (generics, interface, target) = (known.generics.clone(), known.interface, known.target);
        let before = self.obligations.len();
        let fits = self.attempt(keep, |this| {
            let types: Vec<Ty> = generics.iter().map(|g| this.fresh(g.name, obligation.span)).collect();
            let target = this.cx.types.substitute(target, &types);
            let interface = this.cx.types.substitute(interface, &types);
            let fits = this.unify(target, obligation.subject) && this.unify(interface, obligation.interface);
            if fits && keep {
                for (generic, &subject) in generics.iter().zip(&types) {
                    for &bound in &generic.bounds {
                        let interface = this.cx.types.substitute(bound, &types);
                        let depth = obligation.depth + 1;
                        this.obligations.push(Obligation { interface, subject, depth, ..*obligation });
                    }
                }
            }
            fits
        });
        if !fits {
            self.obligations.truncate(before);
        }
        fits
    }

    /// The interfaces that a type parameter is known to implement, or that an interface as a type is, with
    /// those they build upon.
    pub(super) fn bounds_of(&mut self, ty: Ty) -> Vec<Ty> {
        let mut all = match *self.kind(ty) {
            TyKind::Param(index, _) => match self.scope.generics.get(index as usize) {
                Some(generic) => generic.bounds.clone(),
                None => return Vec::new(),
            },
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_interface() => vec![self.shallow(ty)],
            _ => return Vec::new(),
        };
        let mut next = 0;
        while let Some(&bound) = all.get(next) {
            next += 1;
            let TyKind::Nominal(id, mut args) = self.cx.types.kind(bound).clone() else { continue };
            args.push(ty);
            let supers = self.cx.nominals[id.index()].supers.clone();
            for more in self.cx.types.substitute_all(&supers, &args) {
                if !all.contains(&more) {
                    all.push(more);
                }
            }
        }
        all
    }

    fn report_unfulfilled(&mut self, obligation: &Obligation) {
        if self.is_json_data(obligation.interface) {
            return self.report_no_json(obligation);
        }
        let (subject, interface) = (self.show(obligation.subject), self.show(obligation.interface));
        let diagnostic =
            Diagnostic::error("E0316", obligation.span, format!("`{subject}` does not implement `{interface}`"));
        let label = match obligation.param.as_str() {
            "Self" => format!("`{}` needs it", obligation.owner),
            param => format!("`{}` needs it of its `{param}`", obligation.owner),
        };
        let mut diagnostic = diagnostic.label(label);
        if self.is_param(obligation.subject) {
            diagnostic = diagnostic.note(format!("write the bound `{subject}: {interface}`"));
        } else {
            diagnostic = diagnostic.note(format!("`impl {interface} for {subject} {{ ... }}` makes it do so"));
        }
        self.report(diagnostic);
    }

    fn report_no_json(&mut self, obligation: &Obligation) {
        let subject = self.show(obligation.subject);
        let mut diagnostic =
            Diagnostic::error("E0318", obligation.span, format!("values of type `{subject}` have no form in JSON"));
        if let Some(Obstacle::Type(ty, path)) = self.json_obstacle(obligation.subject) {
            let found = self.show(ty);
            let path: Vec<&str> = path.iter().map(|name| name.as_str()).collect();
            if !path.is_empty() {
                diagnostic = diagnostic.label(format!("its `{}` is of type `{found}`", path.join(".")));
            }
            diagnostic = match self.kind(ty) {
                TyKind::Param(..) => diagnostic.note(format!("write the bound `{found}: Data`, from std:json")),
                TyKind::Nominal(id, _) if !self.cx.nominals[id.index()].is_interface() => diagnostic.note(
                    "keys of objects are texts: so can be `str`, integers, `bool`, `char` and enums without values",
                ),
                _ => diagnostic.note("functions, pointers and values behind an interface have none"),
            };
        }
        self.report(diagnostic);
    }

    /// The method of this name that an interface gives to the type. Two are reported.
    pub(super) fn interface_method_of(&mut self, ty: Ty, name: Ident) -> Result<Option<InterfaceMethod>, ()> {
        let mut found: Vec<(NominalId, InterfaceMethod)> = Vec::new();
        for bound in self.bounds_of(ty) {
            let TyKind::Nominal(id, mut owner_args) = self.cx.types.kind(bound).clone() else { continue };
            if let Some(&function) = self.cx.nominals[id.index()].methods.get(&name.name) {
                owner_args.push(ty);
                if found.iter().all(|(known, _)| *known != id) {
                    found.push((id, InterfaceMethod { function, owner_args, is_own: true }));
                }
            }
        }
        if found.is_empty() {
            for index in 0..self.cx.nominals.len() {
                let info = &self.cx.nominals[index];
                let Some(&function) = info.methods.get(&name.name).filter(|_| info.is_interface()) else { continue };
                let (id, generics) = (NominalId(index as u32), info.scope.generics.clone());
                let is_implemented = {
                    let mut any = false;
                    self.attempt(false, |this| {
                        let args = generics.iter().map(|g| this.fresh(g.name, name.span)).collect();
                        let interface = this.cx.types.intern(TyKind::Nominal(id, args));
                        any = !this.impls_for(interface, ty).is_empty();
                        false
                    });
                    any
                };
                if is_implemented {
                    found.push((id, InterfaceMethod { function, owner_args: Vec::new(), is_own: false }));
                }
            }
        }
        if found.len() > 1 {
            // Names of the compiler's interfaces stand back behind those of the program.
            let of_program = found.iter().any(|(id, _)| !self.cx.known.is_known(*id));
            found.retain(|(id, _)| !of_program || !self.cx.known.is_known(*id));
        }
        if let [(first, _), (second, _), ..] = found.as_slice() {
            let (first, second) = (self.cx.nominals[first.index()].name, self.cx.nominals[second.index()].name);
            let text = self.show(ty);
            let message = format!("`{text}` has two methods `{}`: of `{first}` and of `{second}`", name.name);
            self.report(
                Diagnostic::error("E0317", name.span, message)
                    .label(format!("write `{first}.{}(value)` or `{second}.{}(value)`", name.name, name.name)),
            );
            return Err(());
        }
        let Some((id, mut method)) = found.pop() else { return Ok(None) };
        if !method.is_own {
            let generics = self.cx.nominals[id.index()].scope.generics.clone();
            method.owner_args = generics.iter().map(|g| self.fresh(g.name, name.span)).collect();
            method.owner_args.push(ty);
        }
        Ok(Some(method))
    }

    /// A reference: what `mut self` changes is behind it.
    pub(super) fn is_reference_type(&self, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Nominal(id, _) => self.cx.nominals[id.index()].is_reference(),
            TyKind::Array(_) | TyKind::Pointer(_) => true,
            _ => false,
        }
    }

    /// The address of a copy of the value, even where it stands in a variable.
    pub(super) fn address_of_copy(&mut self, value: Expr) -> Expr {
        let (span, ty) = (value.span, value.ty);
        let kind = ExprKind::Block { statements: Vec::new(), value: Some(Box::new(value)) };
        let copy = Expr { kind, ty, span };
        let ty = self.cx.types.pointer(ty);
        Expr { kind: ExprKind::AddressOf(Box::new(copy)), ty, span }
    }
}
