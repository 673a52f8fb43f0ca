//! Arguments of a call: which parameter each is for, in which turn it is checked, what is left out.
//! They are evaluated in the order they are written; they are *checked* in the order that lets the
//! earlier ones tell the types of the later: plain ones, then closures, then numbers whose type nothing
//! has told (a closure that needs it takes what such a number would be by itself).

use super::body::{Body, error_expr};
use super::entity::{FnId, Signature};
use super::flow;
use super::operator::is_literal;
use super::spread::Part;
use crate::ast::{self, ExprKind as AstKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::Span;
use crate::tir::{Callee, Expr, ExprKind, Ty, TyKind};
use std::rc::Rc;

/// Where the value of a parameter comes from.
enum Source<'a> {
    Given(&'a ast::Expr),
    Default,
    Rest(Vec<&'a ast::Arg>),
    /// Left out, because it is `void`.
    Nothing,
    /// Reported.
    Missing,
}

impl<'a> Body<'_, 'a> {
    /// Values for all parameters in their order, and statements for what must be evaluated before,
    /// where the arguments are written in another order.
    pub(super) fn arguments(
        &mut self,
        id: FnId,
        signature: &Rc<Signature>,
        types: &[Ty],
        args: &'a [ast::Arg],
        result: Ty,
        expected: Option<Ty>,
        span: Span,
    ) -> (Vec<crate::tir::Stmt>, Vec<Expr>) {
        let params: Vec<Ty> = signature.params.iter().map(|p| self.cx.types.substitute(p.ty, types)).collect();
        let (sources, in_order) = self.match_arguments(id, signature, &params, args, span);
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
            if (phase == 1 || phase == 3)
                && let Some(expected) = expected
                && self.has_unsolved(result)
            {
                match self.closure_tells(result, expected, &sources, &params) {
                    Some(flow::Gives::Typed) if phase == 1 => {}
                    _ if phase == 1 && self.parameters_tell(result, &sources, &params) => {}
                    Some(flow::Gives::Null) => {
                        self.unify(result, expected);
                    }
                    _ => self.unify_hint(result, expected),
                }
            }
            if phase == 1 && !self.obligations.is_empty() {
                // What the types so far implement tells more of them.
                self.solve_obligations(false);
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
                    Source::Nothing if phase == 0 => values[index] = Some(super::body::void_expr(span)),
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
        match &flow::strip(e).kind {
            AstKind::Closure(_) => 2,
            AstKind::Array(elements) if elements.iter().all(is_literal) => 1,
            AstKind::Literal(ast::Literal::Null) => 1,
            _ if is_literal(e) => 3,
            _ => 0,
        }
    }

    /// Where a `T?` is expected of `fn f<B>(make: fn(A) -> B) -> B`, the closure tells whether `B` is the `T?` or the
    /// `T`, unless what it gives must be told its type.
    fn closure_tells(&self, result: Ty, expected: Ty, sources: &[Source<'a>], params: &[Ty]) -> Option<flow::Gives> {
        if !matches!(self.kind(expected), TyKind::Optional(_)) || !self.is_unsolved(result) {
            return None;
        }
        let result = self.shallow(result);
        sources.iter().zip(params).find_map(|(source, &param)| {
            let (Source::Given(e), TyKind::Function(takes, gives)) = (source, self.kind(param)) else { return None };
            let AstKind::Closure(closure) = &flow::strip(e).kind else { return None };
            // What it takes is told by the closure as well, when that is written.
            let tells = closure.params.len() == takes.len() && closure.params.iter().all(|param| param.ty.is_some());
            let alone = self.shallow(*gives) == result && (tells || takes.iter().all(|&ty| self.shallow(ty) != result));
            let written = closure.result.is_some();
            alone.then(|| if written { flow::Gives::Typed } else { flow::gives(&closure.body) })
        })
    }

    /// Whether a closure has a parameter whose type is written and tells what the result is.
    fn parameters_tell(&self, result: Ty, sources: &[Source<'a>], params: &[Ty]) -> bool {
        sources.iter().zip(params).any(|(source, &param)| {
            let (Source::Given(e), TyKind::Function(takes, _)) = (source, self.kind(param)) else { return false };
            let AstKind::Closure(closure) = &flow::strip(e).kind else { return false };
            let written = closure.params.iter().zip(takes).filter(|(param, _)| param.ty.is_some());
            written.into_iter().any(|(_, &ty)| self.has_all_unsolved_of(result, ty))
        })
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
        types: &[Ty],
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
        let is_std = self.cx.is_std(self.cx.functions[id.index()].scope.module);
        let sources =
            sources.into_iter().zip(&signature.params).zip(types).map(|((source, param), &ty)| match source {
                Some(source) => source,
                None if param.is_rest => Source::Rest(Vec::new()),
                None if param.default.is_some() => Source::Default,
                None if self.shallow(ty) == Ty::VOID => Source::Nothing,
                // `Promise.resolve()`
                None if is_std && self.is_unsolved(ty) && self.unify(ty, Ty::VOID) => Source::Nothing,
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
}
