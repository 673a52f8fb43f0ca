//! Conditions: what is known of optionals where they are true and where they are false.

use super::Checker;
use super::body::Body;
use super::flow::{Flow, assigned_names, strip, unstable_in_stmt};
use super::operator::not;
use crate::ast::{self, BinaryOp, ExprKind as AstKind, Literal, UnaryOp};
use crate::resolve::ModuleIndex;
use crate::source::{Span, Symbol};
use crate::tir::{Expr, ExprKind, GlobalId, LocalId, Ty, TyKind};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// A checked condition, with what holds behind it either way.
pub(super) struct Test {
    pub(super) value: Expr,
    pub(super) when_true: Flow,
    pub(super) when_false: Flow,
}

impl<'a> Body<'_, 'a> {
    /// A bool. The caller decides which of the two flows goes on.
    pub(super) fn test(&mut self, expr: &'a ast::Expr) -> Test {
        match &expr.kind {
            AstKind::Paren(inner) => self.test(inner),
            AstKind::Literal(Literal::Bool(known)) => {
                let flow = self.flow().clone();
                let value = self.expr(expr, None);
                // What is known stays known where control does not get.
                let never = Flow { dead: true, ..flow.clone() };
                if *known {
                    Test { value, when_true: flow, when_false: never }
                } else {
                    Test { value, when_true: never, when_false: flow }
                }
            }
            AstKind::Unary { op: UnaryOp::Not, operand } => {
                let inner = self.test(operand);
                let span = expr.span;
                let value = Expr { span, ..not(inner.value) };
                Test { value, when_true: inner.when_false, when_false: inner.when_true }
            }
            AstKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let left = self.test(left);
                let is_and = *op == BinaryOp::And;
                let (on, skip) =
                    if is_and { (left.when_true, left.when_false) } else { (left.when_false, left.when_true) };
                *self.flow() = on;
                let right = self.test(right);
                let (l, r) = (Box::new(left.value), Box::new(right.value));
                let kind = if is_and { ExprKind::And(l, r) } else { ExprKind::Or(l, r) };
                let value = Expr { kind, ty: Ty::BOOL, span: expr.span };
                if is_and {
                    Test { value, when_true: right.when_true, when_false: skip.join(right.when_false) }
                } else {
                    Test { value, when_true: skip.join(right.when_true), when_false: right.when_false }
                }
            }
            _ => {
                let value = self.check(expr, Ty::BOOL);
                let flow = self.flow().clone();
                let (mut when_true, mut when_false) = (flow.clone(), flow);
                match &value.kind {
                    ExprKind::IsType { value, ty } => {
                        let ids = self.narrowable(value);
                        when_true.add_non_null(&ids);
                        when_true.set_known_type(&ids, *ty);
                    }
                    ExprKind::IsNull(inner) => when_false.add_non_null(&self.narrowable(inner)),
                    ExprKind::Unary { operand, .. } => {
                        if let ExprKind::IsNull(inner) = &operand.kind {
                            when_true.add_non_null(&self.narrowable(inner));
                        }
                    }
                    _ => {}
                }
                Test { value, when_true, when_false }
            }
        }
    }

    /// The local that a test for null says something about.
    pub(super) fn narrowable(&mut self, value: &Expr) -> Vec<LocalId> {
        match value.kind {
            ExprKind::Local(id) if self.can_narrow(id) => vec![id],
            ExprKind::Global(id) if self.cx.can_narrow_global(id, self.scope.module) => vec![global_fact(id)],
            ExprKind::Field { .. } => self.path_fact(value).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether facts about the local stay true until it is assigned to in the text.
    pub(super) fn can_narrow(&self, id: LocalId) -> bool {
        let Some(frame) = self.frames.last() else { return false };
        let local = &frame.locals[id.index()];
        if !local.is_mut {
            return true;
        }
        let from_outside = frame.captures.iter().any(|&(_, inner)| inner == id);
        !from_outside && !frame.unstable.contains(&local.name)
    }

    /// `&&` and `||` as values.
    pub(super) fn condition_value(
        &mut self,
        op: BinaryOp,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
    ) -> Expr {
        let is_and = op == BinaryOp::And;
        let left = self.test(left);
        let (on, skip) = if is_and { (left.when_true, left.when_false) } else { (left.when_false, left.when_true) };
        *self.flow() = on;
        let right = self.test(right);
        *self.flow() = skip.join(right.when_true.join(right.when_false));
        let (l, r) = (Box::new(left.value), Box::new(right.value));
        Expr { kind: if is_and { ExprKind::And(l, r) } else { ExprKind::Or(l, r) }, ty: Ty::BOOL, span }
    }

    /// `x == null` and `x != null`.
    pub(super) fn null_test(
        &mut self,
        op: BinaryOp,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let is_null = |e: &ast::Expr| matches!(strip(e).kind, AstKind::Literal(Literal::Null));
        let other = if is_null(right) {
            left
        } else if is_null(left) {
            right
        } else {
            return None;
        };
        let value = self.expr(other, None);
        let value = match value.kind {
            // Known not to be null, but the question is allowed.
            ExprKind::Narrow(inner) => *inner,
            _ => value,
        };
        let ty = self.shallow(value.ty);
        if !matches!(self.cx.types.kind(ty), TyKind::Optional(_) | TyKind::Error | TyKind::Never) {
            if self.is_unsolved(ty) {
                let inner = self.fresh(Symbol::new("null"), span);
                let optional = self.cx.types.optional(inner);
                self.unify(ty, optional);
            } else {
                let found = self.show(ty);
                let text = if op == BinaryOp::Eq { "never" } else { "always" };
                let name = if op == BinaryOp::Eq { "equal to" } else { "different from" };
                return Some(self.error("E0330", span, format!("a `{found}` is {text} {name} `null`")))
                    .map(|e| Expr { ty: Ty::BOOL, ..e });
            }
        }
        let test = Expr { kind: ExprKind::IsNull(Box::new(value)), ty: Ty::BOOL, span };
        Some(if op == BinaryOp::Eq { test } else { not(test) })
    }
}

impl Checker<'_> {
    /// Whether facts about the global stay true until it is assigned to in the text: it is not `mut`, or
    /// only the top level of its module assigns to it.
    pub(super) fn can_narrow_global(&mut self, id: GlobalId, from: ModuleIndex) -> bool {
        let (module, is_mut, name) = {
            let info = &self.globals[id.index()];
            (info.module, info.is_mut, info.name)
        };
        if !is_mut {
            return true;
        }
        module == from && !self.unstable_globals(module).contains(&name)
    }

    /// Names that functions and closures of the module assign to.
    fn unstable_globals(&mut self, module: ModuleIndex) -> Rc<FxHashSet<Symbol>> {
        if let Some(known) = self.unstable_globals.get(&module) {
            return known.clone();
        }
        let mut names = FxHashSet::default();
        for function in self.functions.iter().filter(|f| f.scope.module == module) {
            if let Some(body) = &function.ast.body {
                assigned_names(body, &mut names);
            }
        }
        for item in &self.graph.module(module).ast.items {
            match &item.kind {
                ast::ItemKind::Statement(stmt) => unstable_in_stmt(stmt, &mut names),
                ast::ItemKind::Test(test) => assigned_names(&test.body, &mut names),
                _ => {}
            }
        }
        let names = Rc::new(names);
        self.unstable_globals.insert(module, names.clone());
        names
    }
}

/// A global among the facts about locals.
pub(super) fn global_fact(id: GlobalId) -> LocalId {
    LocalId((1 << 31) + id.0)
}

/// The global of such a fact.
pub(super) fn fact_global(id: LocalId) -> Option<GlobalId> {
    id.0.checked_sub(1 << 31).map(GlobalId)
}
