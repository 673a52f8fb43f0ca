//! Interfaces as types of values: what is made into one where it is expected, which methods can be
//! called on one, and the tests for what a value is.

use super::Checker;
use super::body::{Body, error_expr};
use super::bound::Obligation;
use super::entity::{FnId, SelfKind};
use crate::ast::{self, Ident};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, ExprKind, LocalId, Pattern, PatternKind, Ty, TyKind};

/// Why a method of an interface cannot be called on a value whose type is the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotCallable {
    NoSelf,
    Generic,
    /// `Self` stands elsewhere than in the receiver.
    NamesSelf,
}

impl NotCallable {
    fn words(self) -> &'static str {
        match self {
            NotCallable::NoSelf => "it has no `self` whose type would tell which one is meant",
            NotCallable::Generic => "it has type parameters, and is compiled for each use",
            NotCallable::NamesSelf => "its parameters or result are of the type `Self`, which is not known",
        }
    }
}

impl Checker<'_> {
    pub(super) fn is_interface_type(&self, ty: Ty) -> bool {
        matches!(self.types.kind(ty), TyKind::Nominal(id, _) if self.nominals[id.index()].is_interface())
    }

    /// Why a method that an interface declares cannot be called without knowing the type.
    pub(super) fn not_callable(&mut self, id: FnId) -> Option<NotCallable> {
        let signature = self.signature(id);
        let info = &self.functions[id.index()];
        let (nominal, _) = info.interface?;
        if signature.self_kind == SelfKind::None {
            return Some(NotCallable::NoSelf);
        }
        if !info.ast.generics.is_empty() {
            return Some(NotCallable::Generic);
        }
        let own = self.nominals[nominal.index()].scope.generics.len() as u32;
        let result = signature.result.unwrap_or(Ty::VOID);
        let mut types = signature.params.iter().map(|param| param.ty).chain([result]);
        types.any(|ty| self.mentions_param(ty, own)).then_some(NotCallable::NamesSelf)
    }

    fn mentions_param(&self, ty: Ty, index: u32) -> bool {
        match self.types.kind(ty) {
            TyKind::Param(found, _) => *found == index,
            TyKind::Array(t) | TyKind::FixedArray(t, _) | TyKind::Optional(t) | TyKind::Pointer(t) => {
                self.mentions_param(*t, index)
            }
            TyKind::Tuple(types) | TyKind::Nominal(_, types) => types.iter().any(|&t| self.mentions_param(t, index)),
            TyKind::Record(fields) => fields.iter().any(|&(_, t)| self.mentions_param(t, index)),
            TyKind::Function(params, result) => {
                params.iter().any(|&t| self.mentions_param(t, index)) || self.mentions_param(*result, index)
            }
            _ => false,
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// An interface as the type of a value.
    pub(super) fn is_dynamic(&self, ty: Ty) -> bool {
        self.cx.is_interface_type(self.shallow(ty))
    }

    /// For a method of an interface that is called on a value whose type is an interface with that method
    /// itself: which of the type parameters is `Self`.
    pub(super) fn dynamic_self(&mut self, id: FnId, receiver: &Expr) -> Option<usize> {
        let (nominal, _) = self.cx.functions[id.index()].interface?;
        if !self.is_dynamic(receiver.ty) {
            return None;
        }
        let own = self.bounds_of(receiver.ty).into_iter().any(|known| match self.kind(known) {
            TyKind::Nominal(id, _) => *id == nominal,
            _ => false,
        });
        own.then(|| self.cx.nominals[nominal.index()].scope.generics.len())
    }

    pub(super) fn not_callable(&mut self, ty: Ty, name: Ident, function: FnId, why: NotCallable) -> Expr {
        let found = self.show(ty);
        let declared = self.cx.functions[function.index()].ast.name.span;
        let message = format!("`{}` cannot be called on a value whose type is the interface `{found}`", name.name);
        self.report(
            Diagnostic::error("E0318", name.span, message)
                .label(why.words())
                .secondary(declared, "declared here")
                .note(format!("a generic function, `fn f<T: {found}>(x: T)`, knows the type and can call it")),
        );
        error_expr(name.span)
    }

    /// A method for which the interface, as a type, does not implement itself.
    pub(super) fn not_dynamic(&mut self, interface: Ty) -> Option<(FnId, NotCallable)> {
        let mut pending = vec![interface];
        let mut next = 0;
        while let Some(&interface) = pending.get(next) {
            next += 1;
            let TyKind::Nominal(id, _) = *self.kind(interface) else { continue };
            if self.cx.known.is_derivable(id) {
                continue;
            }
            let declared = self.cx.nominals[id.index()].declared.clone();
            for method in declared {
                if let Some(why) = self.cx.not_callable(method) {
                    return Some((method, why));
                }
            }
            for &more in &self.cx.nominals[id.index()].supers {
                if !pending.contains(&more) {
                    pending.push(more);
                }
            }
        }
        None
    }

    pub(super) fn report_not_dynamic(&mut self, obligation: &Obligation, (method, why): (FnId, NotCallable)) {
        let (subject, interface) = (self.show(obligation.subject), self.show(obligation.interface));
        let info = self.cx.functions[method.index()].ast.name;
        let message = format!("the type `{subject}` does not implement `{interface}` itself");
        self.report(
            Diagnostic::error("E0316", obligation.span, message)
                .label(format!("`{}` needs a type of which all methods can be called", obligation.owner))
                .secondary(info.span, format!("`{}` cannot: {}", info.name, why.words())),
        );
    }

    // Conversions.

    /// Whether values of a type can be made into an interface: it implements it, as far as is known now.
    pub(super) fn fits_interface(&mut self, from: Ty, interface: Ty) -> bool {
        let from = self.shallow(from);
        if self.is_unsolved(from) || from == Ty::VOID || from == Ty::NEVER {
            return false;
        }
        for known in self.bounds_of(from) {
            if self.attempt(false, |this| this.unify(known, interface)) {
                return true;
            }
        }
        !self.impls_for(interface, from).is_empty() || self.derives(interface, from) == super::bound::Outcome::Holds
    }

    /// The value as one of an interface type, if it fits.
    pub(super) fn interface_value(&mut self, value: Expr, interface: Ty) -> Result<Expr, Expr> {
        if !self.fits_interface(value.ty, interface) {
            return Err(value);
        }
        let span = value.span;
        let upcast =
            self.is_dynamic(value.ty) && self.bounds_of(value.ty).into_iter().any(|known| self.unify(known, interface));
        if !upcast {
            self.require_interface(value.ty, interface, span);
        }
        Ok(Expr { kind: ExprKind::ToInterface(Box::new(value)), ty: interface, span })
    }

    // Tests.

    /// `x is T` where the answer is known only when the program runs, or when a generic function is compiled.
    pub(super) fn dynamic_test(&mut self, value: Expr, wanted: Ty, span: Span) -> Expr {
        let found = self.deep(value.ty);
        let inner = match *self.cx.types.kind(found) {
            TyKind::Optional(inner) => inner,
            _ => found,
        };
        if self.is_dynamic(inner) && !self.is_dynamic(wanted) && !self.is_param(wanted) {
            self.require_possible(wanted, inner, span);
        }
        let ty = wanted;
        Expr { kind: ExprKind::IsType { value: Box::new(value), ty }, ty: Ty::BOOL, span }
    }

    /// A type that a value of the interface may have.
    fn require_possible(&mut self, wanted: Ty, interface: Ty, span: Span) {
        if wanted == Ty::ERROR || self.fits_interface(wanted, interface) {
            return;
        }
        let (wanted, interface) = (self.show(wanted), self.show(interface));
        let message = format!("a value of type `{interface}` is never a `{wanted}`");
        self.report(
            Diagnostic::error("E0319", span, message)
                .label(format!("`{wanted}` does not implement `{interface}`"))
                .note(format!("`impl {interface} for {wanted} {{ ... }}` makes it do so")),
        );
    }

    /// What a local is known to be, read as that.
    pub(super) fn as_known_type(&mut self, place: Expr, id: LocalId) -> Expr {
        let Some(ty) = self.flow().known_type(id) else { return place };
        let span = place.span;
        Expr { kind: ExprKind::Downcast(Box::new(place)), ty, span }
    }

    /// A pattern for a value that is of a type: `name: T`, or a struct's name where an interface is matched.
    pub(super) fn type_pattern(
        &mut self,
        wanted: Ty,
        ty: Ty,
        span: Span,
        inner: impl FnOnce(&mut Self, Ty) -> Pattern,
    ) -> Pattern {
        let ty = self.shallow(ty);
        let of = match *self.kind(ty) {
            TyKind::Optional(inner) => self.shallow(inner),
            _ => ty,
        };
        if wanted == Ty::ERROR || ty == Ty::ERROR {
            inner(self, Ty::ERROR);
            return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
        }
        if ty == wanted {
            return inner(self, ty);
        }
        if of == wanted {
            let inside = inner(self, of);
            return Pattern { kind: PatternKind::Some(Box::new(inside)), ty, span };
        }
        if !self.is_dynamic(of) && !self.is_param(of) {
            let (found, wanted) = (self.show(ty), self.show(wanted));
            self.report(
                Diagnostic::error("E0356", span, format!("a `{wanted}` cannot match a `{found}`"))
                    .label("only values of interface types may be of several types"),
            );
            inner(self, Ty::ERROR);
            return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
        }
        if self.is_dynamic(of) && !self.is_dynamic(wanted) && !self.is_param(wanted) {
            self.require_possible(wanted, of, span);
        }
        let inside = inner(self, wanted);
        Pattern { kind: PatternKind::Type(Box::new(inside)), ty, span }
    }

    /// The type that a pattern's path names, where what is matched may be of several types.
    pub(super) fn pattern_type(&mut self, path: &'a [Ident], ty: Ty, span: Span) -> Option<Ty> {
        let of = match *self.kind(ty) {
            TyKind::Optional(inner) => inner,
            _ => ty,
        };
        if path.is_empty() || path.iter().any(|name| name.name.as_str().is_empty()) {
            return None;
        }
        (self.is_dynamic(of) || self.is_param(of)).then(|| self.literal_type(path, &[], span)).flatten()
    }

    /// The type that a bare name in a pattern stands for, as `pattern_type`.
    pub(super) fn named_type(&mut self, name: Ident, ty: Ty) -> Option<Ty> {
        use super::body::Binding;
        use super::entity::Entity;
        let of = match *self.kind(ty) {
            TyKind::Optional(inner) => inner,
            _ => ty,
        };
        if !self.is_dynamic(of) && !self.is_param(of) {
            return None;
        }
        match self.lookup(name.name) {
            Some(Binding::Item(Entity::Nominal(id))) => {
                let info = &self.cx.nominals[id.index()];
                let (scope, span) = (info.scope.clone(), name.span);
                if !scope.generics.is_empty() {
                    let message = format!("write the type arguments of `{}`: `_: {}<...>`", name.name, name.name);
                    self.error("E0356", span, message);
                    return Some(Ty::ERROR);
                }
                scope.self_ty
            }
            None => super::types::builtin(name.name),
            _ => None,
        }
    }

    /// A constant answer, with the value evaluated.
    pub(super) fn known_answer(&mut self, value: Expr, known: bool, span: Span) -> Expr {
        let constant = Expr { kind: ExprKind::Const(Const::Bool(known)), ty: Ty::BOOL, span };
        let effect = self.discard(value);
        let statement = crate::tir::Stmt { kind: crate::tir::StmtKind::Expr(effect), span };
        let kind = ExprKind::Block { statements: vec![statement], value: Some(Box::new(constant)) };
        Expr { kind, ty: Ty::BOOL, span }
    }

    /// The type in a pattern `name: T`.
    pub(super) fn written_pattern(
        &mut self,
        name: Option<(Ident, bool)>,
        written: &'a ast::TypeExpr,
        ty: Ty,
        is_mut: bool,
        span: Span,
    ) -> Pattern {
        let wanted = self.value_type(written);
        self.type_pattern(wanted, ty, span, |body, ty| match name {
            Some((name, own)) => {
                let id = body.bind(name, ty, is_mut || own);
                Pattern { kind: PatternKind::Bind(id, None), ty, span }
            }
            None => Pattern { kind: PatternKind::Wildcard, ty, span },
        })
    }

    /// A type must implement an interface, in the end.
    pub(super) fn require_interface(&mut self, subject: Ty, interface: Ty, span: Span) {
        let owner = match self.kind(interface) {
            TyKind::Nominal(id, _) => self.cx.nominals[id.index()].name,
            _ => Symbol::new("_"),
        };
        self.add_obligation(interface, subject, owner, span);
        self.solve_obligations(false);
    }
}
