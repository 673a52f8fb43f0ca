//! Arrays written with `...xs` among their elements, and rest arguments with them: a new array that is
//! filled part by part, in the order of the text.

use super::body::{Body, error_expr};
use super::entity::Head;
use super::text::let_local;
use crate::ast::{self, ExprKind as AstKind};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Callee, Const, Expr, ExprKind, Stmt, StmtKind, Ty, TyKind};

/// An element, or the elements of `...xs`.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) is_spread: bool,
    pub(super) value: &'a ast::Expr,
}

impl<'a> Part<'a> {
    pub(super) fn of(element: &'a ast::Expr) -> Part<'a> {
        match &element.kind {
            AstKind::Spread(inner) => Part { is_spread: true, value: inner },
            _ => Part { is_spread: false, value: element },
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// The array of these parts; `element` is what its surroundings ask for.
    pub(super) fn spread_array(&mut self, parts: &[Part<'a>], element: Option<Ty>, span: Span) -> Expr {
        let hint = element.map(|e| self.cx.types.array(e));
        let mut known = element;
        let mut values: Vec<Option<Expr>> = parts.iter().map(|_| None).collect();
        // What is no literal tells what the literals are.
        for literals in [false, true] {
            for (index, part) in parts.iter().enumerate() {
                if (!part.is_spread && super::operator::is_literal(part.value)) != literals {
                    continue;
                }
                let (value, ty) = if part.is_spread {
                    self.spread_value(part.value, hint)
                } else {
                    let value = self.expr(part.value, known);
                    let value = self.required(value);
                    let ty = value.ty;
                    (value, ty)
                };
                known = match known {
                    Some(known) if element.is_none() => Some(self.join(known, ty).unwrap_or(known)),
                    known => known.or(Some(ty).filter(|&ty| ty != Ty::ERROR)),
                };
                values[index] = Some(value);
            }
        }
        let element = match known {
            Some(known) => known,
            None => self.fresh(Symbol::new("element"), span),
        };
        let array = self.cx.types.array(element);
        let result = self.temp("array", array, span);
        let mut statements = Vec::new();
        let mut first = Vec::new();
        let mut is_made = false;
        for (part, value) in parts.iter().zip(values.into_iter().flatten()) {
            let item =
                if part.is_spread { self.coerce_spread(value, array, element) } else { self.coerce(value, element) };
            if !part.is_spread && !is_made {
                first.push(item);
                continue;
            }
            if !std::mem::replace(&mut is_made, true) {
                let made = Expr { kind: ExprKind::Array(std::mem::take(&mut first)), ty: array, span };
                statements.push(let_local(result, made));
            }
            let target = self.local(result, span);
            let call = self.add_to_array(target, item, part.is_spread, element);
            statements.push(Stmt { kind: StmtKind::Expr(call), span });
        }
        let value = self.local(result, span);
        super::assign::in_block(statements, value)
    }

    /// What is spread, and the type of its elements.
    fn spread_value(&mut self, value: &'a ast::Expr, hint: Option<Ty>) -> (Expr, Ty) {
        let value = self.expr(value, hint);
        let value = self.auto_deref(value);
        let ty = self.shallow(value.ty);
        match *self.cx.types.kind(ty) {
            TyKind::Array(element) | TyKind::FixedArray(element, _) => (value, element),
            TyKind::Error | TyKind::Never => (value, Ty::ERROR),
            _ => {
                let found = self.show(ty);
                let mut diagnostic =
                    Diagnostic::error("E0354", value.span, format!("`...` spreads arrays, not a `{found}`"))
                        .label("this is no array");
                if self.method_of(ty, Symbol::new("collect")).is_some() {
                    diagnostic =
                        diagnostic.fix(value.span.after(), "`collect()` gives its elements as an array", ".collect()");
                } else if matches!(self.cx.types.kind(ty), TyKind::Optional(_)) {
                    diagnostic = diagnostic.note("it may be null: `...(xs ?? [])` spreads nothing then");
                }
                self.report(diagnostic);
                (error_expr(value.span), Ty::ERROR)
            }
        }
    }

    fn coerce_spread(&mut self, value: Expr, array: Ty, element: Ty) -> Expr {
        match *self.kind(value.ty) {
            TyKind::FixedArray(of, count) => {
                let wanted = self.cx.types.intern(TyKind::FixedArray(element, count));
                if self.unify(of, element) { value } else { self.coerce(value, wanted) }
            }
            _ => self.coerce(value, array),
        }
    }

    /// `target.push(item)`, or the same for all elements of `item`.
    fn add_to_array(&mut self, target: Expr, item: Expr, is_spread: bool, element: Ty) -> Expr {
        let span = item.span;
        let count = match *self.kind(item.ty) {
            TyKind::FixedArray(_, count) if is_spread => count,
            _ => {
                let name = if is_spread { "extend" } else { "push" };
                return self.array_method(name, vec![target, item], element, span);
            }
        };
        let mut statements = Vec::new();
        let item = self.keep(item, "elements", &mut statements);
        let counter = self.add_local(Symbol::new("counter"), Ty::I64, true, span, false);
        statements.push(let_local(counter, Expr { kind: ExprKind::Const(Const::Int(0)), ty: Ty::I64, span }));
        let current = self.local(counter, span);
        let kind = ExprKind::Index { base: Box::new(item), index: Box::new(current) };
        let one = Expr { kind, ty: element, span };
        let push = self.array_method("push", vec![target, one], element, span);
        let id = self.next_loop();
        let last = Expr { kind: ExprKind::Const(Const::Int(i128::from(count))), ty: Ty::I64, span };
        let looped = self.counted_loop(id, counter, last, push, span);
        super::assign::in_block(statements, looped)
    }

    /// A method of std's `[T]`, called.
    fn array_method(&mut self, name: &str, args: Vec<Expr>, element: Ty, span: Span) -> Expr {
        let Some(&id) = self.cx.builtin_methods.get(&(Head::Array, Symbol::new(name))) else {
            return self.not_built(span, "spread elements without std");
        };
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args: vec![element] };
        Expr { kind: ExprKind::Call { callee, args }, ty: Ty::VOID, span }
    }
}
