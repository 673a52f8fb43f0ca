//! Expressions: the dispatch, and those that are little more than their parts.

use super::body::{Body, void_expr};
use super::spread::Part;
use super::variant::Given;
use crate::ast::{self, ExprKind as AstKind};
use crate::source::{Span, Symbol};
use crate::tir::{Expr, ExprKind, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    /// The expression with its type. The hint is what its surroundings would like it to be; the
    /// result need not be of that type.
    pub(super) fn expr(&mut self, e: &'a ast::Expr, hint: Option<Ty>) -> Expr {
        let span = e.span;
        match &e.kind {
            AstKind::Literal(literal) => self.literal(literal, hint, span),
            AstKind::Template(parts) => self.template(parts, span),
            AstKind::Name(name) => self.name(*name, hint, span),
            AstKind::SelfValue => self.name(Symbol::new("self"), hint, span),
            AstKind::Paren(inner) => self.expr(inner, hint),
            AstKind::Tuple(parts) => self.tuple(parts, hint, span),
            AstKind::Array(elements) => self.array(elements, hint, span),
            AstKind::ArrayRepeat { value, count } => self.array_repeat(value, count, hint, span),
            AstKind::Map(entries) => self.map_literal(entries, hint, span),
            AstKind::Struct { path, args, fields, base } => {
                self.struct_literal(path, args, fields, base.as_deref(), hint, span)
            }
            AstKind::ShortVariant(name) => self.short_variant(*name, Given::Nothing, hint, span),
            AstKind::Unary { op, operand } => self.unary(*op, operand, hint, span),
            AstKind::Binary { op, op_span, left, right } => {
                let value = self.binary(*op, *op_span, left, right, hint, span);
                self.warn_same_operands(*op, left, right, &value);
                value
            }
            AstKind::Assign { op, op_span, target, value } => self.assign(*op, *op_span, target, value, span),
            AstKind::Range { start, end, inclusive } => {
                self.range_value(start.as_deref(), end.as_deref(), *inclusive, hint, span)
            }
            AstKind::Cast { value, ty } => self.cast(value, ty, span),
            AstKind::Is { value, ty } => self.is_type(value, ty, span),
            AstKind::Call { .. } | AstKind::Field { .. } | AstKind::Index { .. } | AstKind::Unwrap(_) => {
                self.postfix(e, hint)
            }
            AstKind::Block(block) => self.block(block, hint),
            AstKind::Labelled { label, body } => self.labelled_block(*label, body, hint, span),
            AstKind::Spread(_) => self.error("E0354", span, "only an array literal and a rest parameter take `...xs`"),
            AstKind::Unsafe(block) => {
                self.frame().unsafe_depth += 1;
                let value = self.block(block, hint);
                self.frame().unsafe_depth -= 1;
                value
            }
            AstKind::If(i) => self.if_expr(i, hint, span),
            AstKind::Match { value, arms } => self.match_expr(value, arms, hint, span),
            AstKind::While { label, condition, body } => self.while_loop(*label, condition, body, span),
            AstKind::Loop { label, body } => self.loop_expr(*label, body, hint, span),
            AstKind::For { label, pattern, iterable, is_await, body } => {
                if *is_await {
                    return self.for_await(*label, pattern, iterable, body, span);
                }
                self.for_loop(*label, pattern, iterable, body, span)
            }
            AstKind::Break { label, value } => self.break_expr(*label, value.as_deref(), span),
            AstKind::Continue { label } => self.continue_expr(*label, span),
            AstKind::Return(value) => self.return_expr(value.as_deref(), span),
            AstKind::Throw(value) => self.throw_expr(value, span),
            AstKind::Try { body, catches, finally } => self.try_expr(body, catches, finally.as_ref(), hint, span),
            AstKind::TryOptional(inner) => self.try_optional(inner, hint, span),
            AstKind::Await(inner) => self.await_expr(inner, hint, span),
            AstKind::Spawn(body) => self.spawn_expr(body, hint, span),
            AstKind::Select(arms) => self.select_expr(arms, hint, span),
            AstKind::Import(_) => self.not_built(span, "dynamic imports"),
            AstKind::Closure(closure) => self.closure(closure, hint, span),
            AstKind::TypeArgs { base, args } => self.with_type_args(base, args, hint, span),
            AstKind::Error => {
                self.cx.errors_before = true;
                self.has_errors = true;
                super::body::error_expr(span)
            }
        }
    }

    /// An expression whose value nothing asks for.
    pub(super) fn effect(&mut self, e: &'a ast::Expr) -> Expr {
        let value = self.expr(e, Some(Ty::VOID));
        self.discard(value)
    }

    fn tuple(&mut self, parts: &'a [ast::Expr], hint: Option<Ty>, span: Span) -> Expr {
        if parts.is_empty() {
            return void_expr(span);
        }
        let hints = match hint.map(|h| self.kind(h).clone()) {
            Some(TyKind::Tuple(types)) if types.len() == parts.len() => types,
            Some(TyKind::Optional(inner)) => match self.kind(inner).clone() {
                TyKind::Tuple(types) if types.len() == parts.len() => types,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let mut values = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let hint = hints.get(index).copied();
            let mut value = self.expr(part, hint);
            if let Some(hint) = hint {
                value = match self.try_coerce(value, hint) {
                    Ok(value) | Err(value) => value,
                };
            }
            values.push(self.required(value));
        }
        let types = values.iter().map(|v| v.ty).collect();
        let ty = self.cx.types.intern(TyKind::Tuple(types));
        Expr { kind: ExprKind::Tuple(values), ty, span }
    }

    /// Reports a value that is none.
    pub(super) fn required(&mut self, value: Expr) -> Expr {
        if self.shallow(value.ty) == Ty::VOID {
            return self.error("E0328", value.span, "this gives no value");
        }
        value
    }

    fn array(&mut self, elements: &'a [ast::Expr], hint: Option<Ty>, span: Span) -> Expr {
        let (element_hint, fixed) = self.element_hint(hint);
        if elements.iter().any(|e| matches!(e.kind, AstKind::Spread(_))) {
            let parts: Vec<Part<'a>> = elements.iter().map(Part::of).collect();
            let array = self.spread_array(&parts, element_hint, span);
            return match fixed {
                Some(_) => {
                    self.error("E0354", span, "a fixed array is written without `...xs`: its length is not known")
                }
                None => array,
            };
        }
        if let Some(element) = element_hint {
            let values: Vec<Expr> = elements.iter().map(|e| self.check(e, element)).collect();
            return self.array_of(values, element, fixed, span);
        }
        if elements.is_empty() {
            let element = self.fresh(Symbol::new("element"), span);
            return self.array_of(Vec::new(), element, None, span);
        }
        let (values, element) = self.joined_elements(elements.iter().collect());
        self.array_of(values, element, fixed, span)
    }

    /// Values that are to have one type.
    pub(super) fn joined_elements(&mut self, elements: Vec<&'a ast::Expr>) -> (Vec<Expr>, Ty) {
        // The first element that is no literal tells what the literals are.
        let mut values: Vec<Option<Expr>> = elements.iter().map(|_| None).collect();
        let mut known = None;
        for literals in [false, true] {
            for (index, &element) in elements.iter().enumerate() {
                if super::operator::is_literal(element) == literals {
                    let value = self.expr(element, known);
                    let value = self.required(value);
                    let ty = self.shallow(value.ty);
                    if known.is_none() && ty != Ty::ERROR && ty != Ty::NEVER && !self.is_null_const(&value) {
                        known = Some(ty);
                    }
                    values[index] = Some(value);
                }
            }
        }
        let values: Vec<Expr> = values.into_iter().flatten().collect();
        self.join_branches(values, None)
    }

    fn is_null_const(&self, value: &Expr) -> bool {
        matches!(value.kind, ExprKind::Const(crate::tir::Const::Null))
    }

    /// Element type and, for a fixed array, the length that are asked for.
    fn element_hint(&self, hint: Option<Ty>) -> (Option<Ty>, Option<u64>) {
        let Some(hint) = hint else { return (None, None) };
        match self.kind(hint) {
            TyKind::Array(element) => (Some(*element).filter(|&e| !self.is_unsolved(e)), None),
            TyKind::FixedArray(element, count) => (Some(*element).filter(|&e| !self.is_unsolved(e)), Some(*count)),
            TyKind::Optional(inner) => self.element_hint(Some(*inner)),
            // What is looped over may be an array.
            TyKind::Nominal(id, args) if self.std_class("Iterable") == Some(*id) => {
                (args.first().copied().filter(|&e| !self.is_unsolved(e)), None)
            }
            _ => (None, None),
        }
    }

    fn array_of(&mut self, values: Vec<Expr>, element: Ty, fixed: Option<u64>, span: Span) -> Expr {
        let kind = match fixed {
            Some(count) if count == values.len() as u64 => TyKind::FixedArray(element, count),
            Some(count) => {
                let found = values.len();
                return self.error("E0334", span, format!("the array has {count} elements, but {found} are written"));
            }
            None => TyKind::Array(element),
        };
        let ty = self.cx.types.intern(kind);
        Expr { kind: ExprKind::Array(values), ty, span }
    }

    fn array_repeat(&mut self, value: &'a ast::Expr, count: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        let (element_hint, fixed) = self.element_hint(hint);
        let value = match element_hint {
            Some(element) => self.check(value, element),
            None => {
                let value = self.expr(value, None);
                self.required(value)
            }
        };
        let element = value.ty;
        let is_fixed = fixed.is_some() || hint.is_some_and(|h| matches!(self.kind(h), TyKind::FixedArray(..)));
        if is_fixed {
            let scope = self.visible_scope();
            let written = self.cx.constant_expr(&scope, count, Some(Ty::I64)).map(|(_, c)| c);
            let wanted = fixed.unwrap_or(0);
            return match written {
                Some(crate::tir::Const::Int(n)) if n == i128::from(wanted) => {
                    let ty = self.cx.types.intern(TyKind::FixedArray(element, wanted));
                    let count = Expr { kind: ExprKind::Const(crate::tir::Const::Int(n)), ty: Ty::I64, span };
                    Expr { kind: ExprKind::Repeat { value: Box::new(value), count: Box::new(count) }, ty, span }
                }
                Some(crate::tir::Const::Int(n)) => {
                    self.error("E0334", span, format!("the array has {wanted} elements, but {n} are written"))
                }
                _ => {
                    self.has_errors = true;
                    super::body::error_expr(span)
                }
            };
        }
        let count = self.expr(count, Some(Ty::I64));
        let count = self.index_value(count);
        let ty = self.cx.types.array(element);
        Expr { kind: ExprKind::Repeat { value: Box::new(value), count: Box::new(count) }, ty, span }
    }

    /// An index or count of any integer type, as an `i64`.
    pub(super) fn index_value(&mut self, value: Expr) -> Expr {
        let ty = self.shallow(value.ty);
        match self.cx.types.kind(ty) {
            TyKind::Error | TyKind::Never => value,
            TyKind::Int(_) if ty == Ty::I64 => value,
            TyKind::Int(int) if int.bits() < 64 => self.widen(value, Ty::I64),
            TyKind::Int(_) => {
                let span = value.span;
                Expr { kind: ExprKind::Convert(Box::new(value)), ty: Ty::I64, span }
            }
            _ if self.is_unsolved(ty) => {
                self.unify(ty, Ty::I64);
                value
            }
            _ => {
                let found = self.show(ty);
                self.error("E0335", value.span, format!("an integer is expected, not a `{found}`"))
            }
        }
    }
}
