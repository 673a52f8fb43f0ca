//! Calls: of functions, methods and values of function type, and the inference of type arguments.
//! What their arguments are is `arguments`' to find.

use super::attributes;
use super::body::{Binding, Body, error_expr};
use super::entity::{Entity, FnId, SelfKind, Signature, Special};
use super::init::Needer;
use super::variant::Given;
use crate::ast::{self, ExprKind as AstKind};
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::tir::{Callee, Expr, ExprKind, GlobalId, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    pub(super) fn call(
        &mut self,
        callee: &'a ast::Expr,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        match &callee.kind {
            AstKind::Name(name) => {
                if let Some(Binding::Item(entity)) = self.lookup(*name) {
                    return self.call_entity(entity, callee, type_args, args, hint, span);
                }
            }
            AstKind::Field { base, name, optional } => {
                match if *optional { None } else { self.path_of(base) } {
                    Some(Entity::Module(module)) => {
                        return match self.cx.lookup_export(module, name.name) {
                            Some(entity) => self.call_entity(entity, callee, type_args, args, hint, span),
                            None => {
                                self.check_loose(args);
                                self.unknown_export(module, *name)
                            }
                        };
                    }
                    Some(Entity::Nominal(id)) => {
                        return self.static_call(id, base, *name, type_args, args, hint, span);
                    }
                    _ => {}
                }
                if let AstKind::Name(builtin) = &base.kind
                    && let Some(ty) = super::types::builtin(*builtin)
                    && self.lookup(*builtin).is_none()
                {
                    return self.builtin_static_call(ty, *name, type_args, args, hint, span);
                }
                if let AstKind::Name(param) = &base.kind
                    && let Some(ty) = self.type_named(*param)
                {
                    return self.param_static_call(ty, *name, type_args, args, hint, span);
                }
                let receiver = self.chain_base(base, *optional);
                return self.method_call(receiver, *name, type_args, args, hint, span);
            }
            _ => {}
        }
        if let AstKind::ShortVariant(name) = callee.kind {
            return self.short_variant(name, Given::Positional(args), hint, span);
        }
        let value = self.call_target(callee);
        self.no_type_args(type_args);
        self.call_value(value, args, span)
    }

    /// A function value that is called; a chain goes on in it.
    fn call_target(&mut self, callee: &'a ast::Expr) -> Expr {
        self.chain_base(callee, false)
    }

    pub(super) fn no_type_args(&mut self, type_args: &[ast::TypeExpr]) {
        if let Some(first) = type_args.first() {
            self.error("E0305", first.span, "only named functions take type arguments");
        }
    }

    fn call_entity(
        &mut self,
        entity: Entity,
        callee: &'a ast::Expr,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        match entity {
            Entity::Function(id) => match self.cx.functions[id.index()].special {
                Special::FormatArgs => self.format_call(id, args, span),
                Special::Assert => self.assert_call(args, span),
                Special::None => self.call_function(id, None, type_args, args, hint, callee.span, span),
            },
            Entity::Nominal(id) if let Some(function) = self.cx.plain_error(id) => {
                self.call_function(function, None, type_args, args, hint, callee.span, span)
            }
            Entity::Nominal(id) => {
                self.check_loose(args);
                self.type_called(id, args, span)
            }
            _ => {
                let value = self.expr(callee, None);
                self.no_type_args(type_args);
                self.call_value(value, args, span)
            }
        }
    }

    /// `P(1, 2)`: types are not called.
    fn type_called(&mut self, id: crate::tir::NominalId, args: &'a [ast::Arg], span: Span) -> Expr {
        let info = &self.cx.nominals[id.index()];
        let name = info.name;
        let mut diagnostic = Diagnostic::error("E0343", span, format!("the type `{name}` is not called"));
        let texts: Vec<String> = info
            .fields
            .iter()
            .zip(args)
            .map(|(field, arg)| {
                let value = self.cx.graph.sources.text(arg.value.span);
                if value == field.name.as_str() { value.to_owned() } else { format!("{}: {value}", field.name) }
            })
            .collect();
        let by_position = args.iter().all(|arg| arg.name.is_none() && !arg.spread);
        if by_position && !args.is_empty() && texts.len() == args.len() {
            let text = format!("{name} {{ {} }}", texts.join(", "));
            diagnostic = diagnostic.label("its fields have names").fix(span, format!("write `{text}`"), text);
        } else if info.is_enum() {
            diagnostic = diagnostic.label(format!("write `{name}.Variant`"));
        } else {
            diagnostic = diagnostic.label(format!("write `{name} {{ field: value }}`"));
        }
        self.report(diagnostic);
        error_expr(span)
    }

    /// A call of a `#[format_args]` function: all arguments from its last parameter on are one text. `#[format_args("f")]`
    /// names the function of its module that makes text of one.
    fn format_call(&mut self, id: FnId, args: &'a [ast::Arg], span: Span) -> Expr {
        let signature = self.cx.signature(id);
        let lead = signature.params.len().saturating_sub(1);
        let (first, rest) = args.split_at(lead.min(args.len()));
        if first.len() < lead {
            let name = signature.params[first.len()].name;
            self.check_loose(args);
            return self.error("E0329", span, format!("the argument `{name}` is missing"));
        }
        let mut values = Vec::with_capacity(lead + 1);
        for (arg, param) in first.iter().zip(&signature.params) {
            let value = self.expr(&arg.value, Some(param.ty));
            values.push(self.coerce(value, param.ty));
        }
        let info = &self.cx.functions[id.index()];
        let module = self.cx.graph.modules[info.scope.module.index()].name;
        let by = attributes::text(info.attributes, "format_args").and_then(|name| {
            match self.cx.std_entity(module.as_str(), name.as_str()) {
                Some(Entity::Function(by)) => Some(by),
                _ => None,
            }
        });
        values.push(self.format_args(rest, by, span));
        let result = signature.result.unwrap_or(Ty::VOID);
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args: Vec::new() };
        Expr { kind: ExprKind::Call { callee, args: values }, ty: result, span }
    }

    /// Checks arguments of a call that makes no sense, for the mistakes inside them.
    pub(super) fn check_loose(&mut self, args: &'a [ast::Arg]) {
        self.has_errors = true;
        for arg in args {
            if !matches!(arg.value.kind, AstKind::Closure(_)) {
                self.expr(&arg.value, None);
            }
        }
    }

    /// A call of a written function or method; `receiver` is what `self` gets.
    pub(super) fn call_function(
        &mut self,
        id: FnId,
        receiver: Option<Expr>,
        type_args: &'a [ast::TypeExpr],
        args: &'a [ast::Arg],
        hint: Option<Ty>,
        name_span: Span,
        span: Span,
    ) -> Expr {
        let Some(id) = self.overload(id, args, span) else {
            self.check_loose(args);
            return error_expr(span);
        };
        let signature = self.cx.signature(id);
        let info = &self.cx.functions[id.index()];
        let generics = info.scope.generics.clone();
        let (is_c, name) = (info.extern_block.is_some_and(|b| b.as_str() == "C"), info.ast.name.name);
        if is_c {
            self.require_unsafe(span, "calling a C function");
        } else if signature.is_unsafe {
            self.require_unsafe(span, &format!("calling `{name}`"));
        }
        self.warn_deprecated(id, name_span);
        self.cx.usage.note(Entity::Function(id));
        let written = self.written_type_args(id, type_args, generics.len(), span);
        let types: Vec<Ty> = match written {
            Some(types) => types,
            None => generics.iter().map(|g| self.fresh(g.name, name_span)).collect(),
        };
        for (&var, written) in types.iter().zip(std::mem::take(&mut self.owner_args)) {
            self.unify(var, written);
        }
        if type_args.is_empty() {
            self.default_type(id, &types, hint);
        }
        match receiver.as_ref().and_then(|receiver| self.dynamic_self(id, receiver)) {
            // The interface as a type has its own methods, those that can be called.
            Some(own) => {
                self.require_bounds(&generics[..own], &types, name, name_span);
                self.require_bounds(&generics[own + 1..], &types[own + 1..], name, name_span);
            }
            None => self.require_bounds(&generics, &types, name, name_span),
        }
        let mut values = Vec::new();
        if let Some(receiver) = receiver {
            values.push(self.receiver(receiver, id, &signature, &types, span));
        }
        let result = self.cx.result_of(id, span);
        let flattens = self.cx.flattens(result, &signature.params);
        let result = self.cx.types.substitute(result, &types);
        let expected = hint.filter(|_| self.has_unsolved(result) && !flattens);
        let (mut statements, mut rest) = self.arguments(id, &signature, &types, args, result, expected, span);
        if !statements.is_empty()
            && let Some(receiver) = values.pop()
        {
            // It stands before the arguments, and so it is evaluated before them.
            let mut before = Vec::new();
            values.push(self.keep(receiver, "self", &mut before));
            before.append(&mut statements);
            statements = before;
        }
        values.append(&mut rest);
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        self.solve_obligations(false);
        self.check_ordered(id, &types, name_span);
        let callee = self.cx.callee(id, function, types);
        let ty = result;
        let call = Expr { kind: ExprKind::Call { callee, args: values }, ty, span };
        if ty == Ty::NEVER {
            self.flow().dead = true;
        }
        super::assign::in_block(statements, call)
    }

    pub(super) fn warn_deprecated(&mut self, id: FnId, span: Span) {
        if self.cx.usage.current == Some(Entity::Function(id)) {
            return;
        }
        let info = &self.cx.functions[id.index()];
        let Some(attribute) = super::attributes::find(info.attributes, "deprecated") else { return };
        let name = info.ast.name.name;
        let text = super::attributes::text(std::slice::from_ref(attribute), "deprecated");
        self.cx.deprecated(name, text, span);
    }

    /// `#[ordered]`: the elements must be of a type that `<` compares; `#[numeric]`: they must be numbers.
    fn check_ordered(&mut self, id: FnId, types: &[Ty], span: Span) {
        if super::collect::has_attribute(self.cx.functions[id.index()].attributes, "numeric")
            && let Some(element) = types.first().map(|&ty| self.settle(ty))
            && !matches!(self.kind(element), TyKind::Int(_) | TyKind::Float(_) | TyKind::Error)
        {
            let found = self.show(element);
            self.report(
                Diagnostic::error("E0327", span, format!("values of type `{found}` are no numbers"))
                    .label("this needs numbers")
                    .note("`reduce(f, initial)` folds values of any type"),
            );
        }
        if !super::collect::has_attribute(self.cx.functions[id.index()].attributes, "ordered") {
            return;
        }
        if let Some(&element) = types.first()
            && !self.is_unsolved(element)
            && !self.has_order(element)
        {
            let found = self.show(element);
            self.report(
                Diagnostic::error("E0327", span, format!("values of type `{found}` have no order"))
                    .label("this needs one")
                    .note("`sort_by(fn(a, b) => ...)` takes the order as a function"),
            );
        }
    }

    /// The written type arguments; for a method they are those of the method itself.
    fn written_type_args(
        &mut self,
        id: FnId,
        type_args: &'a [ast::TypeExpr],
        count: usize,
        span: Span,
    ) -> Option<Vec<Ty>> {
        if type_args.is_empty() {
            return None;
        }
        let info = &self.cx.functions[id.index()];
        let (own, name) = (info.ast.generics.len(), info.ast.name.name);
        let generics = info.scope.generics.clone();
        let written: Vec<Ty> = type_args.iter().map(|t| self.argument_type(t)).collect();
        if written.len() != own {
            self.has_errors = true;
            self.cx.wrong_type_args(span, name, own, written.len());
            return None;
        }
        let mut types: Vec<Ty> = generics[..count - own].iter().map(|g| self.fresh(g.name, span)).collect();
        types.extend(written);
        Some(types)
    }

    /// What `self` gets: the value, or for `mut self` its address.
    pub(super) fn receiver(
        &mut self,
        receiver: Expr,
        id: FnId,
        signature: &Signature,
        types: &[Ty],
        span: Span,
    ) -> Expr {
        let self_ty = self.cx.functions[id.index()].scope.self_ty.unwrap_or(Ty::ERROR);
        let self_ty = self.cx.types.substitute(self_ty, types);
        if !self.unify(receiver.ty, self_ty) {
            self.mismatch(&receiver, self_ty);
            return error_expr(span);
        }
        if signature.self_kind != SelfKind::Reference {
            return receiver;
        }
        if self.is_reference_type(receiver.ty) {
            // What is behind it changes, not the variable.
            return self.address_of_copy(receiver);
        }
        if super::place::is_place(&receiver) {
            let name = self.cx.functions[id.index()].ast.name.name;
            self.require_mutable(&receiver, &format!("call `{name}`, which changes"));
            self.require_stays(&receiver, id);
            let span = receiver.span;
            return self.address(receiver, span);
        }
        if let ExprKind::Narrow(_) = receiver.kind {
            self.require_mutable(&receiver, "change");
        }
        let (span, ty) = (receiver.span, self.cx.types.pointer(receiver.ty));
        Expr { kind: ExprKind::AddressOf(Box::new(receiver)), ty, span }
    }

    /// A call of a function value.
    pub(super) fn call_value(&mut self, value: Expr, args: &'a [ast::Arg], span: Span) -> Expr {
        let ty = self.shallow(value.ty);
        let (params, result) = match self.cx.types.kind(ty).clone() {
            TyKind::Function(params, result) => (params, result),
            TyKind::Error | TyKind::Never => {
                self.check_loose(args);
                return Expr { ty, ..value };
            }
            TyKind::Param(index, _) if index >= super::infer::INFER_BASE => {
                self.check_loose(args);
                return self.unknown_type_yet(value.span);
            }
            _ => {
                self.check_loose(args);
                let found = self.show(ty);
                let mut diagnostic = Diagnostic::error("E0343", value.span, format!("a `{found}` cannot be called"))
                    .label("not a function");
                if matches!(self.cx.types.kind(ty), TyKind::Optional(_)) {
                    diagnostic = diagnostic.note("it may be null: test it, or write `!` behind it");
                }
                self.report(diagnostic);
                return error_expr(span);
            }
        };
        // What is left out and could be anything is nothing.
        let may_be_nothing = |&ty: &Ty| self.is_unsolved(ty) || self.shallow(ty) == Ty::VOID;
        let is_left_out = args.len() < params.len() && params[args.len()..].iter().all(may_be_nothing);
        if is_left_out {
            for &param in &params[args.len()..] {
                self.unify(param, Ty::VOID);
            }
        } else if params.len() != args.len() {
            self.check_loose(args);
            let plural = if params.len() == 1 { "" } else { "s" };
            let message = format!("this function takes {} argument{plural}, not {}", params.len(), args.len());
            return self.error("E0329", span, message);
        }
        let mut values = Vec::with_capacity(args.len());
        for (arg, &param) in args.iter().zip(&params) {
            if let Some(name) = arg.name {
                self.error("E0329", name.span, "arguments of function values have no names");
            }
            if arg.spread {
                self.error("E0329", arg.value.span, "only a rest parameter takes a spread array");
            }
            values.push(self.check(&arg.value, param));
        }
        if result == Ty::NEVER {
            self.flow().dead = true;
        }
        let callee = Callee::Value(Box::new(value));
        Expr { kind: ExprKind::Call { callee, args: values }, ty: result, span }
    }

    /// `max<i32>` as a value.
    pub(super) fn with_type_args(
        &mut self,
        base: &'a ast::Expr,
        args: &'a [ast::TypeExpr],
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let value = self.expr(base, hint);
        let types: Vec<Ty> = args.iter().map(|t| self.argument_type(t)).collect();
        match &value.kind {
            ExprKind::FunctionValue { type_args, .. } if type_args.len() == types.len() => {
                let known = type_args.clone();
                for (known, written) in known.into_iter().zip(types) {
                    self.unify(known, written);
                }
                value
            }
            _ if self.shallow(value.ty) == Ty::ERROR => value,
            _ => self.error("E0305", span, "these type arguments fit nothing here"),
        }
    }

    /// A named function that is not called.
    pub(super) fn function_value_of(&mut self, id: FnId, hint: Option<Ty>, span: Span) -> Expr {
        self.cx.usage.note(Entity::Function(id));
        let info = &self.cx.functions[id.index()];
        let (name, special, is_c) = (info.ast.name.name, info.special, info.extern_block.is_some());
        let generics = info.scope.generics.clone();
        let signature = self.cx.signature(id);
        if self.cx.overloads.contains_key(&id) || signature.params.iter().any(|p| !p.literals.is_empty()) {
            self.report(
                Diagnostic::error("E0344", span, format!("`{name}` can only be called: a literal tells what it takes"))
                    .note(format!("write a closure that calls it: `fn(x) => {name}(...)`")),
            );
            return error_expr(span);
        }
        if special != Special::None || is_c || signature.is_unsafe {
            self.report(
                Diagnostic::error("E0344", span, format!("`{name}` can only be called, not used as a value"))
                    .note(format!("write a closure: `fn(x) => {name}(x)`")),
            );
            return error_expr(span);
        }
        if signature.self_kind == SelfKind::Reference {
            return self.error("E0344", span, format!("`{name}` changes its `self` and can only be called"));
        }
        let types: Vec<Ty> = generics.iter().map(|g| self.fresh(g.name, span)).collect();
        for (&var, known) in types.iter().zip(std::mem::take(&mut self.owner_args)) {
            self.unify(var, known);
        }
        self.require_bounds(&generics, &types, name, span);
        let result = self.cx.result_of(id, span);
        let mut params = Vec::new();
        if signature.self_kind == SelfKind::Value {
            let self_ty = self.cx.functions[id.index()].scope.self_ty.unwrap_or(Ty::ERROR);
            params.push(self.cx.types.substitute(self_ty, &types));
        }
        for param in &signature.params {
            params.push(self.cx.types.substitute(param.ty, &types));
        }
        let result = self.cx.types.substitute(result, &types);
        let ty = self.cx.types.intern(TyKind::Function(params.clone(), result));
        let function = self.cx.func_id(id);
        if let Some(dropping) = hint.and_then(|hint| self.dropping_type(&params, result, hint)) {
            // As with a closure, what it gives is dropped.
            let callee = self.cx.callee(id, function, types);
            return self.calling_closure(callee, params, result, dropping, span);
        }
        if let Some(hint) = hint {
            self.unify(ty, hint);
        }
        if self.cx.functions[id.index()].interface.is_some() {
            // Which function it is depends on the type, and perhaps on the value: a closure calls it.
            let callee = self.cx.callee(id, function, types);
            return self.calling_closure(callee, params, result, ty, span);
        }
        Expr { kind: ExprKind::FunctionValue { function, type_args: types }, ty, span }
    }

    /// The type `fn(params)`, where a function is expected that gives nothing and this one gives something.
    fn dropping_type(&mut self, params: &[Ty], result: Ty, hint: Ty) -> Option<Ty> {
        let wanted = match *self.kind(hint) {
            TyKind::Optional(inner) => inner,
            _ => hint,
        };
        let TyKind::Function(_, Ty::VOID) = *self.kind(wanted) else { return None };
        if matches!(self.shallow(result), Ty::VOID | Ty::NEVER | Ty::ERROR) {
            return None;
        }
        let ty = self.cx.types.intern(TyKind::Function(params.to_vec(), Ty::VOID));
        self.unify(ty, wanted).then_some(ty)
    }

    /// Remembers a call that happens when this body runs.
    pub(super) fn note_call(&mut self, function: crate::tir::FuncId, span: Span) {
        if let (Some(needer), 1) = (self.needer, self.frames.len()) {
            self.cx.needs.add(needer, Needer::Function(function), span);
        }
    }

    /// Remembers a global that is read or written when this body runs.
    pub(super) fn note_global(&mut self, global: GlobalId, span: Span) {
        if let (Some(needer), 1) = (self.needer, self.frames.len()) {
            self.cx.needs.add(needer, Needer::Global(global), span);
        }
    }
}
