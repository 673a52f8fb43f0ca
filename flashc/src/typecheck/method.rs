//! Methods: finding them by the receiver's type, static functions of types, and `to_str`.

use super::body::{Body, error_expr};
use super::entity::{FnId, Head, SelfKind};
use super::variant::Given;
use crate::ast::{self, Ident};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, ExprKind, NominalId, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    /// The method of this name that values of the type have.
    pub(super) fn method_of(&self, ty: Ty, name: Symbol) -> Option<FnId> {
        let kind = self.kind(ty);
        if let TyKind::Nominal(id, _) = kind {
            if self.cx.nominals[id.index()].is_interface() {
                // Found with the interfaces that it builds upon.
                return None;
            }
            return self.cx.nominals[id.index()].methods.get(&name).copied();
        }
        self.cx.builtin_methods.get(&(Head::of(kind)?, name)).copied()
    }

    /// `receiver.name(args)`
    pub(super) fn method_call(
        &mut self,
        receiver: Expr,
        name: Ident,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        self.settle(receiver.ty);
        // Methods of pointers themselves come first, then those of what they point to.
        let receiver =
            if self.method_of(receiver.ty, name.name).is_some() { receiver } else { self.auto_deref(receiver) };
        let ty = self.shallow(receiver.ty);
        if ty == Ty::ERROR || ty == Ty::NEVER {
            self.check_loose(args);
            return Expr { ty, ..receiver };
        }
        if self.is_unsolved(ty) {
            self.check_loose(args);
            return self.unknown_type_yet(receiver.span);
        }
        if let Some(id) = self.method_of(ty, name.name) {
            if self.cx.signature(id).self_kind == SelfKind::None {
                self.check_loose(args);
                return self.static_through_value(ty, name, span);
            }
            if self.cx.functions[id.index()].is_private {
                self.require_private(id, name, ty);
            }
            if self.cx.functions[id.index()].special == super::entity::Special::FormatArgs {
                return self.not_built(span, "methods that print");
            }
            return self.call_function(id, Some(receiver), type_args, args, hint, name.span, span);
        }
        match self.interface_method_of(ty, name) {
            Ok(Some(found)) => {
                if self.is_dynamic(ty)
                    && let Some(why) = self.cx.not_callable(found.function)
                    && found.is_own
                {
                    self.check_loose(args);
                    return self.not_callable(ty, name, found.function, why);
                }
                self.owner_args = found.owner_args;
                return self.call_function(found.function, Some(receiver), type_args, args, hint, name.span, span);
            }
            Ok(None) => {}
            Err(()) => {
                self.check_loose(args);
                return error_expr(span);
            }
        }
        if let Some(value) = self.callable_field(&receiver, name, span) {
            self.no_type_args(type_args);
            return self.call_value(value, args, span);
        }
        if name.name.as_str() == "to_str" && args.is_empty() && ty != Ty::VOID {
            let text = self.shown(receiver);
            return Expr { span, ..text };
        }
        if let TyKind::FixedArray(_, count) = *self.cx.types.kind(ty)
            && name.name.as_str() == "len"
            && args.is_empty()
        {
            return Expr { kind: ExprKind::Const(Const::Int(i128::from(count))), ty: Ty::I64, span };
        }
        if let Some(call) = self.fixed_array_call(&receiver, name, type_args, args, hint, span) {
            return call;
        }
        self.check_loose(args);
        self.unknown_method(ty, name)
    }

    fn callable_field(&mut self, receiver: &Expr, name: Ident, span: Span) -> Option<Expr> {
        let ty = self.shallow(receiver.ty);
        let has_field = match self.cx.types.kind(ty) {
            TyKind::Nominal(id, _) => self.cx.nominals[id.index()].fields.iter().any(|f| f.name == name.name),
            TyKind::Record(fields) => fields.iter().any(|(n, _)| *n == name.name),
            TyKind::Tuple(types) => name.name.as_str().parse::<usize>().is_ok_and(|i| i < types.len()),
            _ => false,
        };
        has_field.then(|| self.field_of(receiver.clone(), name, span))
    }

    fn unknown_method(&mut self, ty: Ty, name: Ident) -> Expr {
        let found = self.show(ty);
        let fixed = match *self.cx.types.kind(self.shallow(ty)) {
            TyKind::FixedArray(element, _) => Some(element),
            _ => None,
        };
        if let Some(element) = fixed {
            let array = self.cx.types.array(element);
            if self.method_of(array, name.name).is_some() {
                let growable = self.show(array);
                self.report(
                    Diagnostic::error(
                        "E0336",
                        name.span,
                        format!("a fixed array `{found}` has no method `{}`", name.name),
                    )
                    .label(format!("a growable `{growable}` has it")),
                );
                return error_expr(name.span);
            }
        }
        if self.is_param(ty) {
            self.report(
                Diagnostic::error(
                    "E0336",
                    name.span,
                    format!("nothing is known of `{found}` that has a method `{}`", name.name),
                )
                .label(format!("a bound `{found}: ...` names interfaces whose methods it has")),
            );
            return error_expr(name.span);
        }
        self.unknown_member(ty, name, name.span)
    }

    fn static_through_value(&mut self, ty: Ty, name: Ident, span: Span) -> Expr {
        let owner = self.show(ty);
        self.report(
            Diagnostic::error(
                "E0345",
                name.span,
                format!("`{}` is a function of the type, not of its values", name.name),
            )
            .label(format!("write `{owner}.{}(...)`", name.name)),
        );
        error_expr(span)
    }

    fn require_private(&mut self, id: FnId, name: Ident, ty: Ty) {
        let home = self.cx.functions[id.index()].scope.module;
        if home != self.module() {
            let owner = self.show(ty);
            self.report(
                Diagnostic::error("E0337", name.span, format!("the method `{}` of `{owner}` is private", name.name))
                    .label("only the module that defines it may call it"),
            );
        }
    }

    /// `Type.name(args)`
    pub(super) fn static_call(
        &mut self,
        id: NominalId,
        base: &'a ast::Expr,
        name: Ident,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        if let Some(index) = self.variant_index(id, name.name) {
            self.no_type_args(type_args);
            let written = self.owner_args(id, base);
            return self.variant(id, index, &written, Given::Positional(args), hint, span);
        }
        let info = &self.cx.nominals[id.index()];
        let Some(function) = info.methods.get(&name.name).copied() else {
            if !info.is_interface()
                && let Some(ty) = self.type_of_path(id, base)
                && let Some(call) = self.interface_static(ty, name, type_args, args, hint, span)
            {
                return call;
            }
            self.check_loose(args);
            if self.cx.nominals[id.index()].is_enum() {
                return self.unknown_variant(id, name);
            }
            let info = &self.cx.nominals[id.index()];
            let owner = info.name;
            let near = nearest(name.name.as_str(), info.methods.keys().map(|s| s.as_str()));
            let diagnostic =
                Diagnostic::error("E0336", name.span, format!("`{owner}` has no function `{}`", name.name));
            self.report(with_suggestion(diagnostic, name.span, near));
            return error_expr(span);
        };
        if self.cx.functions[function.index()].is_private {
            self.require_visible(id, name, "function");
        }
        let owner_args = self.owner_args(id, base);
        self.static_or_method(function, base.span, name, owner_args, type_args, args, hint, span)
    }

    /// The type parameter of this name, or `Self`.
    pub(super) fn type_named(&mut self, name: Symbol) -> Option<Ty> {
        if self.lookup(name).is_some() {
            return None;
        }
        if name.as_str() == "Self" {
            return self.scope.self_ty;
        }
        let index = self.scope.generics.iter().rposition(|generic| generic.name == name)?;
        Some(self.cx.types.intern(TyKind::Param(index as u32, name)))
    }

    /// `T.zero()`: a function of an interface that the type is known to implement, or a function of the type.
    pub(super) fn param_static_call(
        &mut self,
        ty: Ty,
        name: Ident,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        if let TyKind::Nominal(id, owner_args) = self.kind(ty).clone()
            && !self.is_dynamic(ty)
        {
            let own = self.cx.nominals[id.index()].methods.get(&name.name).copied();
            if let Some(function) = own {
                return self.static_or_method(function, name.span, name, owner_args, type_args, args, hint, span);
            }
            if let Some(index) = self.variant_index(id, name.name) {
                self.no_type_args(type_args);
                return self.variant(id, index, &[], Given::Positional(args), Some(ty), span);
            }
        } else if let Some(function) = self.method_of(ty, name.name) {
            return self.static_or_method(function, name.span, name, Vec::new(), type_args, args, hint, span);
        }
        match self.interface_method_of(ty, name) {
            Ok(Some(found)) => {
                self.static_or_method(found.function, name.span, name, found.owner_args, type_args, args, hint, span)
            }
            Ok(None) => {
                self.check_loose(args);
                let found = self.show(ty);
                let diagnostic =
                    Diagnostic::error("E0336", name.span, format!("`{found}` has no function `{}`", name.name));
                let diagnostic = if self.is_param(ty) {
                    diagnostic.label(format!("a bound `{found}: ...` names interfaces whose functions it has"))
                } else {
                    diagnostic
                };
                self.report(diagnostic);
                error_expr(span)
            }
            Err(()) => {
                self.check_loose(args);
                error_expr(span)
            }
        }
    }

    /// A function that an interface gives to a type: `P.zero()` where `P` implements `Zero`.
    fn interface_static(
        &mut self,
        ty: Ty,
        name: Ident,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Option<Expr> {
        match self.interface_method_of(ty, name) {
            Ok(Some(found)) => Some(self.static_or_method(
                found.function,
                name.span,
                name,
                found.owner_args,
                type_args,
                args,
                hint,
                span,
            )),
            _ => None,
        }
    }

    /// The type that a path names, with type arguments to be inferred where none stand.
    pub(super) fn type_of_path(&mut self, id: NominalId, base: &'a ast::Expr) -> Option<Ty> {
        let written = self.owner_args(id, base);
        let info = &self.cx.nominals[id.index()];
        let (generics, self_ty) = (info.scope.generics.clone(), info.scope.self_ty?);
        let types = if written.len() == generics.len() {
            written
        } else {
            generics.iter().map(|g| self.fresh(g.name, base.span)).collect()
        };
        Some(self.cx.types.substitute(self_ty, &types))
    }

    /// The type arguments in `Stack<i32>.new()`.
    pub(super) fn owner_args(&mut self, id: NominalId, base: &'a ast::Expr) -> Vec<Ty> {
        match &base.kind {
            ast::ExprKind::TypeArgs { args, .. } => self.written_owner_args(id, args, base.span),
            _ => Vec::new(),
        }
    }

    /// Type arguments behind a type's name; nothing where none stand.
    pub(super) fn written_owner_args(&mut self, id: NominalId, args: &'a [ast::TypeExpr], span: Span) -> Vec<Ty> {
        if args.is_empty() {
            return Vec::new();
        }
        let types: Vec<Ty> = args.iter().map(|t| self.argument_type(t)).collect();
        let info = &self.cx.nominals[id.index()];
        let (name, wanted) = (info.name, info.scope.generics.len());
        if types.len() != wanted {
            self.has_errors = true;
            self.cx.wrong_type_args(span, name, wanted, types.len());
            return Vec::new();
        }
        types
    }

    /// `i32.parse(text)` and the like.
    pub(super) fn builtin_static_call(
        &mut self,
        ty: Ty,
        name: Ident,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        match self.method_of(ty, name.name) {
            Some(function) => self.static_or_method(function, name.span, name, Vec::new(), type_args, args, hint, span),
            None => match self.interface_static(ty, name, type_args, args, hint, span) {
                Some(call) => call,
                None => {
                    self.check_loose(args);
                    self.unknown_member(ty, name, span)
                }
            },
        }
    }

    /// A static function, or a method with its `self` written as the first argument.
    fn static_or_method(
        &mut self,
        function: FnId,
        base_span: Span,
        name: Ident,
        owner_args: Vec<Ty>,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        self.owner_args = owner_args;
        if self.cx.signature(function).self_kind == SelfKind::None {
            return self.call_function(function, None, type_args, args, hint, name.span, span);
        }
        match args.split_first() {
            Some((first, rest)) if first.name.is_none() && !first.spread => {
                let receiver = self.expr(&first.value, None);
                let receiver = self.auto_deref(receiver);
                if self.shallow(receiver.ty) == Ty::ERROR {
                    self.check_loose(rest);
                    return error_expr(span);
                }
                self.call_function(function, Some(receiver), type_args, rest, hint, name.span, span)
            }
            _ => {
                self.check_loose(args);
                self.report(
                    Diagnostic::error("E0345", name.span, format!("`{}` is a method: it needs a value", name.name))
                        .secondary(base_span, "this is the type")
                        .label(format!("write `value.{}(...)`", name.name)),
                );
                error_expr(span)
            }
        }
    }
}
