//! Calls: arguments by position and by name, defaults, rest parameters, and the inference of type
//! arguments. Arguments are evaluated in the order they are written; they are *checked* in the order
//! that lets the earlier ones tell the types of the later: plain ones, then closures, then numbers whose type
//! nothing has told (a closure that needs it takes what such a number would be by itself).

use super::body::{Binding, Body, error_expr};
use super::entity::{Entity, FnId, SelfKind, Signature, Special};
use super::init::Needer;
use super::operator::is_literal;
use super::spread::Part;
use super::variant::Given;
use crate::ast::{self, ExprKind as AstKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::Span;
use crate::tir::{Callee, Expr, ExprKind, GlobalId, Ty, TyKind};
use std::rc::Rc;

/// Where the value of a parameter comes from.
enum Source<'a> {
    Given(&'a ast::Expr),
    Default,
    Rest(Vec<&'a ast::Arg>),
    /// Reported.
    Missing,
}

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

    fn format_call(&mut self, id: FnId, args: &'a [ast::Arg], span: Span) -> Expr {
        let text = self.format_args(args, span);
        let signature = self.cx.signature(id);
        let result = signature.result.unwrap_or(Ty::VOID);
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args: Vec::new() };
        Expr { kind: ExprKind::Call { callee, args: vec![text] }, ty: result, span }
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
        if info.ast.is_async {
            self.check_loose(args);
            return self.not_built(span, "async functions");
        }
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
        let result = self.cx.types.substitute(result, &types);
        let expected = hint.filter(|_| self.has_unsolved(result));
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
        self.check_ordered(id, &types, name_span);
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        self.solve_obligations(false);
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

    /// `#[ordered]`: the elements must be of a type that `<` compares.
    fn check_ordered(&mut self, id: FnId, types: &[Ty], span: Span) {
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
        let written: Vec<Ty> = type_args.iter().map(|t| self.value_type(t)).collect();
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
            let span = receiver.span;
            return self.address(receiver, span);
        }
        if let ExprKind::Narrow(_) = receiver.kind {
            self.require_mutable(&receiver, "change");
        }
        let (span, ty) = (receiver.span, self.cx.types.pointer(receiver.ty));
        Expr { kind: ExprKind::AddressOf(Box::new(receiver)), ty, span }
    }

    /// Values for all parameters in their order, and statements for what must be evaluated before,
    /// where the arguments are written in another order.
    fn arguments(
        &mut self,
        id: FnId,
        signature: &Rc<Signature>,
        types: &[Ty],
        args: &'a [ast::Arg],
        result: Ty,
        expected: Option<Ty>,
        span: Span,
    ) -> (Vec<crate::tir::Stmt>, Vec<Expr>) {
        let (sources, in_order) = self.match_arguments(id, signature, args, span);
        let params: Vec<Ty> = signature.params.iter().map(|p| self.cx.types.substitute(p.ty, types)).collect();
        let mut values: Vec<Option<Expr>> = sources.iter().map(|_| None).collect();
        // Fixed before the first is checked: what is checked tells types, and with them the turn.
        let phases: Vec<u32> = sources
            .iter()
            .zip(&params)
            .map(|(source, &ty)| match source {
                Source::Given(e) => self.phase(e, ty),
                _ => 0,
            })
            .collect();
        for phase in 0..4 {
            if phase == 1
                && let Some(expected) = expected
                && self.has_unsolved(result)
            {
                self.unify_hint(result, expected);
            }
            if phase == 1 {
                for (source, &ty) in sources.iter().zip(&params) {
                    if let Source::Given(e) = source
                        && is_literal(e)
                        && self.is_unsolved(ty)
                    {
                        self.literal_vars.push((ty, super::operator::default_type(e)));
                    }
                }
            }
            for (index, source) in sources.iter().enumerate() {
                let ty = params[index];
                match source {
                    Source::Given(e) if phases[index] == phase => values[index] = Some(self.check(e, ty)),
                    Source::Rest(rest) if phase == 1 => values[index] = Some(self.rest_argument(rest, ty, span)),
                    Source::Default if phase == 2 && signature.params[index].default_takes == 0 => {
                        values[index] = signature.params[index].default.map(|function| {
                            self.note_call(function, span);
                            let callee = Callee::Function { function, type_args: types.to_vec() };
                            Expr { kind: ExprKind::Call { callee, args: Vec::new() }, ty, span }
                        });
                    }
                    Source::Missing if phase == 0 => values[index] = Some(error_expr(span)),
                    _ => {}
                }
            }
        }
        let mut values: Vec<Expr> = values.into_iter().map(|v| v.unwrap_or_else(|| error_expr(span))).collect();
        let mut statements = Vec::new();
        let depends = signature
            .params
            .iter()
            .zip(&sources)
            .any(|(param, source)| matches!(source, Source::Default) && param.default_takes > 0);
        if !in_order || depends {
            // Named arguments in another order: evaluated as written, then passed. So are those that defaults see.
            let is_written = |i: &usize| matches!(sources[*i], Source::Given(_) | Source::Rest(_));
            let mut order: Vec<usize> = (0..values.len()).filter(is_written).collect();
            order.sort_by_key(|&i| values[i].span.start);
            for index in order {
                let value = std::mem::replace(&mut values[index], error_expr(span));
                values[index] = self.keep(value, "argument", &mut statements);
            }
        }
        if depends {
            self.dependent_defaults(signature, types, &params, &sources, &mut values, &mut statements, span);
        }
        (statements, values)
    }

    /// Defaults that see the parameters before them: calls with those as arguments.
    fn dependent_defaults(
        &mut self,
        signature: &Rc<Signature>,
        types: &[Ty],
        params: &[Ty],
        sources: &[Source<'a>],
        values: &mut [Expr],
        statements: &mut Vec<crate::tir::Stmt>,
        span: Span,
    ) {
        for (index, param) in signature.params.iter().enumerate() {
            if !matches!(sources[index], Source::Default) {
                continue;
            }
            if let (Some(function), takes @ 1..) = (param.default, param.default_takes as usize) {
                self.note_call(function, span);
                let callee = Callee::Function { function, type_args: types.to_vec() };
                let args = values[..takes].to_vec();
                values[index] = Expr { kind: ExprKind::Call { callee, args }, ty: params[index], span };
            }
            let value = std::mem::replace(&mut values[index], error_expr(span));
            values[index] = self.keep(value, "default", statements);
        }
    }

    /// The turn in which an argument is checked.
    fn phase(&self, e: &ast::Expr, ty: Ty) -> u32 {
        if !self.has_unsolved(ty) {
            return 0;
        }
        match &super::flow::strip(e).kind {
            AstKind::Closure(_) => 2,
            AstKind::Array(elements) if elements.iter().all(is_literal) => 1,
            AstKind::Literal(ast::Literal::Null) => 1,
            _ if is_literal(e) => 3,
            _ => 0,
        }
    }

    /// Lets the expected result tell type arguments; it need not.
    fn unify_hint(&mut self, result: Ty, expected: Ty) {
        if expected == Ty::VOID {
            return;
        }
        if let (TyKind::Optional(inner), false) =
            (self.kind(expected).clone(), matches!(self.kind(result), TyKind::Optional(_)))
        {
            self.unify(result, inner);
            return;
        }
        self.unify(result, expected);
    }

    fn rest_argument(&mut self, rest: &[&'a ast::Arg], ty: Ty, span: Span) -> Expr {
        let element = match *self.kind(ty) {
            TyKind::Array(element) => element,
            _ => Ty::ERROR,
        };
        if rest.iter().any(|arg| arg.spread) {
            let parts: Vec<Part<'a>> =
                rest.iter().map(|arg| Part { is_spread: arg.spread, value: &arg.value }).collect();
            let element = Some(element).filter(|&e| !self.is_unsolved(e));
            let array = self.spread_array(&parts, element, span);
            return self.coerce(array, ty);
        }
        let values = rest.iter().map(|arg| self.check(&arg.value, element)).collect();
        Expr { kind: ExprKind::Array(values), ty, span }
    }

    /// Which argument goes to which parameter, and whether they are written in that order.
    fn match_arguments(
        &mut self,
        id: FnId,
        signature: &Signature,
        args: &'a [ast::Arg],
        span: Span,
    ) -> (Vec<Source<'a>>, bool) {
        let count = signature.params.len();
        let mut sources: Vec<Option<Source<'a>>> = (0..count).map(|_| None).collect();
        let mut in_order = true;
        let mut next = 0;
        let mut last_named = None;
        let mut extra = 0;
        let mut unknown = false;
        for arg in args {
            if let Some(name) = arg.name {
                let Some(index) = signature.params.iter().position(|p| p.name == name.name) else {
                    let near = nearest(name.name.as_str(), signature.params.iter().map(|p| p.name.as_str()));
                    let function = self.cx.functions[id.index()].ast.name.name;
                    let message = format!("`{function}` has no parameter `{}`", name.name);
                    let diagnostic = Diagnostic::error("E0329", name.span, message);
                    let diagnostic = with_suggestion(diagnostic, name.span, near);
                    let signature = self.signature_text(id, signature);
                    self.report(diagnostic.note(signature));
                    self.expr(&arg.value, None);
                    unknown = true;
                    continue;
                };
                if sources[index].is_some() {
                    self.error("E0329", name.span, format!("`{}` is given twice", name.name));
                    continue;
                }
                in_order &= last_named.is_none_or(|last| index > last) && index >= next;
                last_named = Some(index);
                sources[index] = Some(Source::Given(&arg.value));
                continue;
            }
            if last_named.is_some() {
                self.error("E0329", arg.value.span, "arguments by position stand before those by name");
            }
            match signature.params.get(next) {
                Some(param) if param.is_rest => match &mut sources[next] {
                    Some(Source::Rest(rest)) => rest.push(arg),
                    slot => *slot = Some(Source::Rest(vec![arg])),
                },
                Some(_) => {
                    if arg.spread {
                        self.error("E0329", arg.value.span, "only a rest parameter takes a spread array");
                    }
                    sources[next] = Some(Source::Given(&arg.value));
                    next += 1;
                }
                None => {
                    extra += 1;
                    if !matches!(arg.value.kind, AstKind::Closure(_)) {
                        self.expr(&arg.value, None);
                    }
                }
            }
        }
        let mut missing = Vec::new();
        let sources = sources.into_iter().zip(&signature.params).map(|(source, param)| match source {
            Some(source) => source,
            None if param.is_rest => Source::Rest(Vec::new()),
            None if param.default.is_some() => Source::Default,
            None => {
                missing.push(param.name);
                Source::Missing
            }
        });
        let sources: Vec<Source<'a>> = sources.collect();
        // What is missing has most likely been given under the unknown name.
        if extra > 0 || (!missing.is_empty() && !unknown) {
            self.wrong_arguments(id, signature, args, &missing, span);
        }
        (sources, in_order)
    }

    fn wrong_arguments(
        &mut self,
        id: FnId,
        signature: &Signature,
        args: &'a [ast::Arg],
        missing: &[crate::source::Symbol],
        span: Span,
    ) {
        let info = &self.cx.functions[id.index()];
        let (name, declared, is_std) = (info.ast.name.name, info.ast.name.span, self.cx.is_std(info.scope.module));
        let given = args.len();
        let message = match missing {
            [] => {
                let most = signature.params.len();
                let plural = if most == 1 { "" } else { "s" };
                format!("`{name}` takes {most} argument{plural}, not {given}")
            }
            [one] => format!("`{name}` needs an argument for `{one}`"),
            more => {
                let names: Vec<String> = more.iter().map(|n| format!("`{n}`")).collect();
                format!("`{name}` needs arguments for {}", names.join(", "))
            }
        };
        let mut diagnostic = Diagnostic::error("E0329", span, message).note(self.signature_text(id, signature));
        // `xs.sort(f)`: there is `sort_by`.
        if missing.is_empty() && args.iter().any(|arg| matches!(arg.value.kind, AstKind::Closure(_))) {
            let by = crate::source::Symbol::new(&format!("{name}_by"));
            if let Some(self_ty) = self.cx.functions[id.index()].scope.self_ty
                && self.method_of(self_ty, by).is_some()
            {
                diagnostic = diagnostic.note(format!("`{by}` takes a function"));
            }
        }
        if !is_std {
            diagnostic = diagnostic.secondary(declared, "declared here");
        }
        self.report(diagnostic);
    }

    /// How a function is declared, in words for a note.
    fn signature_text(&self, id: FnId, signature: &Signature) -> String {
        let name = self.cx.functions[id.index()].ast.name.name;
        let params: Vec<String> = signature.params.iter().map(|p| self.cx.param_text(p)).collect();
        let result = match signature.result {
            Some(Ty::VOID) | None => String::new(),
            Some(result) => format!(" -> {}", self.cx.show(result)),
        };
        format!("it is declared as `fn {name}({}){result}`", params.join(", "))
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
        if params.len() != args.len() {
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
        let types: Vec<Ty> = args.iter().map(|t| self.value_type(t)).collect();
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
        if self.cx.functions[id.index()].interface.is_some() {
            return self.not_built(span, "methods of interfaces as values");
        }
        let types: Vec<Ty> = generics.iter().map(|g| self.fresh(g.name, span)).collect();
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
        let ty = self.cx.types.intern(TyKind::Function(params, result));
        if let Some(hint) = hint {
            self.unify(ty, hint);
        }
        let function = self.cx.func_id(id);
        Expr { kind: ExprKind::FunctionValue { function, type_args: types }, ty, span }
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
