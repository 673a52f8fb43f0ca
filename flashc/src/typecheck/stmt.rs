//! Blocks and statements: `let`, `defer`, items inside blocks.

use super::body::{Binding, Body};
use super::entity::{Entity, ItemScope};
use super::text::let_local;
use crate::ast::{self, ItemKind, Let, PatternKind as AstPattern, StmtKind as AstStmt};
use crate::diagnostics::Diagnostic;
use crate::resolve::{FunctionDef, check_item_attributes};
use crate::source::Span;
use crate::tir::{Expr, ExprKind, Stmt, StmtKind, Ty, TyKind};
use std::rc::Rc;

impl<'a> Body<'_, 'a> {
    /// A block with its own scope. Its type is that of its value, `never` when its end is not reached.
    pub(super) fn block(&mut self, block: &'a ast::Block, hint: Option<Ty>) -> Expr {
        let mark = self.names.len();
        self.declare_items(block);
        let mut statements = Vec::with_capacity(block.statements.len());
        let mut warned = self.flow().dead;
        let end = block.value.as_ref().map(|v| v.span).or(block.statements.last().map(|s| s.span));
        let end = end.unwrap_or(block.span);
        for stmt in &block.statements {
            self.warn_unreachable(stmt.span, end, &mut warned);
            self.stmt(stmt, &mut statements);
        }
        let mut value = None;
        let mut ty = Ty::VOID;
        if let Some(last) = &block.value {
            self.warn_unreachable(last.span, end, &mut warned);
            let last = self.expr(last, hint);
            ty = self.shallow(last.ty);
            // What gives nothing is a statement.
            if ty == Ty::VOID || ty == Ty::NEVER {
                let span = last.span;
                statements.push(Stmt { kind: StmtKind::Expr(last), span });
            } else {
                value = Some(Box::new(last));
            }
        }
        if self.flow().dead && value.is_none() {
            ty = Ty::NEVER;
        }
        self.leave_scope(mark);
        Expr { kind: ExprKind::Block { statements, value }, ty, span: block.span }
    }

    fn warn_unreachable(&mut self, span: Span, end: Span, warned: &mut bool) {
        if self.flow().dead && !std::mem::replace(warned, true) {
            self.report(
                Diagnostic::warning("W0103", span, "this is never reached").label("control never gets here").fix(
                    span.to(end),
                    "remove it",
                    "",
                ),
            );
        }
    }

    pub(super) fn stmt(&mut self, stmt: &'a ast::Stmt, statements: &mut Vec<Stmt>) {
        let span = stmt.span;
        match &stmt.kind {
            AstStmt::Let(l) => self.let_stmt(l, span, statements),
            AstStmt::Expr(e) => {
                let value = self.effect(e);
                self.warn_dropped(e, &value);
                if self.shallow(value.ty) == Ty::NEVER {
                    self.flow().dead = true;
                }
                statements.push(Stmt { kind: StmtKind::Expr(value), span });
            }
            AstStmt::Item(_) | AstStmt::Empty => {}
            AstStmt::Defer(inner) => self.defer_stmt(inner, span, statements),
            AstStmt::Using(name, value) => self.using_stmt(*name, value, span, statements),
        }
    }

    /// The deferred statement runs when the block is left: what it may not do is leave it itself.
    fn defer_stmt(&mut self, inner: &'a ast::Stmt, span: Span, statements: &mut Vec<Stmt>) {
        if let AstStmt::Expr(e) = &inner.kind {
            let mut names = rustc_hash::FxHashSet::default();
            super::flow::assigned_in(e, &mut names);
            self.never_narrow(names);
        }
        let before = self.flow().clone();
        let around = self.enter_unleavable("defer");
        let mut inside = Vec::new();
        let mark = self.names.len();
        self.stmt(inner, &mut inside);
        self.leave_scope(mark);
        self.leave_unleavable(around);
        *self.flow() = before;
        if let AstStmt::Expr(e) = &inner.kind {
            let mut leaves = None;
            super::flow::visit(e, &mut |e| {
                if matches!(e.kind, ast::ExprKind::Return(_)) {
                    leaves = Some(e.span);
                }
                !matches!(e.kind, ast::ExprKind::Closure(_) | ast::ExprKind::Spawn(_))
            });
            if let Some(place) = leaves {
                self.error("E0361", place, "a deferred statement cannot return: it runs while the block is left");
            }
        }
        let value = match (inside.len(), inside.pop()) {
            (1, Some(Stmt { kind: StmtKind::Expr(e), .. })) => e,
            (_, last) => {
                inside.extend(last);
                Expr { kind: ExprKind::Block { statements: inside, value: None }, ty: Ty::VOID, span }
            }
        };
        statements.push(Stmt { kind: StmtKind::Defer(value), span });
    }

    fn let_stmt(&mut self, l: &'a Let, span: Span, statements: &mut Vec<Stmt>) {
        let written = l.ty.as_ref().map(|ty| self.value_type(ty));
        let Some(value) = &l.value else {
            self.let_without_value(l, written, span, statements);
            return;
        };
        if let Some(otherwise) = &l.otherwise {
            return self.let_else(l, otherwise, span, statements);
        }
        let value = match written {
            Some(ty) => self.check_written(value, ty, l),
            None => {
                let value = self.expr(value, None);
                self.let_value(value)
            }
        };
        if self.shallow(value.ty) == Ty::NEVER {
            self.flow().dead = true;
        }
        let ty = written.unwrap_or(value.ty);
        let pattern = self.binding_pattern(&l.pattern, ty, l.is_mut);
        statements.push(Stmt { kind: StmtKind::Let { pattern, value }, span });
    }

    /// A value of a written type.
    pub(super) fn check_written(&mut self, value: &'a ast::Expr, ty: Ty, l: &Let) -> Expr {
        let outer = self.written_type.take();
        if matches!(value.kind, ast::ExprKind::Literal(ast::Literal::Null)) {
            self.written_type = l.ty.as_ref().map(|ty| ty.span);
        }
        let value = self.check(value, ty);
        self.written_type = outer;
        value
    }

    /// A variable has a value.
    fn let_value(&mut self, value: Expr) -> Expr {
        if self.shallow(value.ty) == Ty::VOID {
            self.report(
                Diagnostic::error("E0328", value.span, "this gives no value to bind").label("its type is `void`"),
            );
            return Expr { ty: Ty::ERROR, ..value };
        }
        value
    }

    fn let_without_value(&mut self, l: &'a Let, written: Option<Ty>, span: Span, statements: &mut Vec<Stmt>) {
        let AstPattern::Name { name, is_mut } = &l.pattern.kind else {
            self.error("E0362", l.pattern.span, "a pattern needs a value to take apart");
            self.binding_pattern(&l.pattern, Ty::ERROR, l.is_mut);
            return;
        };
        let is_mut = *is_mut || l.is_mut;
        let Some(ty) = written else {
            self.report(
                Diagnostic::error("E0362", name.span, format!("`{}` needs a type or a value", name.name))
                    .label(format!("write `{0}: T` or `{0} = value`", name.name)),
            );
            self.declare(name.name, Ty::ERROR, is_mut, name.span, true);
            return;
        };
        let id = self.declare(name.name, ty, is_mut, name.span, true);
        if self.is_zeroed(ty) {
            let zero = Expr { kind: ExprKind::Zero, ty, span };
            statements.push(let_local(id, zero));
            return;
        }
        let depth = self.frame().loops.len() as u32;
        if !is_mut {
            self.frame().infos[id.index()].deferred = Some(depth);
        }
        self.flow().set_unassigned(id);
        statements.push(Stmt { kind: StmtKind::Declare(id), span });
    }

    /// Fixed arrays of numbers start as zeros.
    pub(super) fn is_zeroed(&self, ty: Ty) -> bool {
        let TyKind::FixedArray(element, _) = *self.kind(ty) else { return false };
        match self.kind(element) {
            TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char => true,
            TyKind::FixedArray(..) => self.is_zeroed(element),
            _ => false,
        }
    }

    /// Functions, types and constants of the block are visible in all of it.
    fn declare_items(&mut self, block: &'a ast::Block) {
        let items = || {
            block.statements.iter().filter_map(|stmt| match &stmt.kind {
                AstStmt::Item(item) => Some(&**item),
                _ => None,
            })
        };
        if items().next().is_none() {
            return;
        }
        for item in items() {
            let mut found = Vec::new();
            check_item_attributes(item, self.is_std(), &mut found);
            found.into_iter().for_each(|diagnostic| self.report(diagnostic));
        }
        // First the names of types, which functions and constants name; then the rest.
        let first_nominal = self.cx.nominals.len();
        let scope = self.visible_scope();
        for item in items() {
            let (name, entity) = match &item.kind {
                ItemKind::Record(decl) => (decl.name, self.cx.declare_record(decl, &scope)),
                ItemKind::Enum(decl) => (decl.name, self.cx.declare_enum(decl, &scope)),
                ItemKind::Alias(alias) => (alias.name, self.cx.declare_alias(alias, &scope)),
                _ => continue,
            };
            self.names.push((name.name, Binding::Item(entity)));
        }
        let mut functions = Vec::new();
        let scope = self.visible_scope();
        for item in items() {
            match &item.kind {
                ItemKind::Function(function) => {
                    let def = FunctionDef { function, attributes: &item.attributes, extern_block: None };
                    let id = self.cx.declare_function(def, &scope, false);
                    functions.push(id);
                    self.names.push((function.name.name, Binding::Item(Entity::Function(id))));
                }
                ItemKind::Const(c) => {
                    let entity = self.cx.declare_const(c, &scope);
                    self.names.push((c.name.name, Binding::Item(entity)));
                }
                ItemKind::Record(_) | ItemKind::Enum(_) | ItemKind::Alias(_) => {}
                ItemKind::Interface(decl) => {
                    self.not_built(decl.name.span, "interfaces inside functions");
                    self.names.push((decl.name.name, Binding::Item(Entity::Error)));
                }
                _ => {
                    self.error("E0363", item.span, "this may stand at the top level of a module only");
                }
            }
        }
        // Now that all are named, all see each other.
        let nested = self.visible_scope().nested.clone();
        let widen = |scope: &Rc<ItemScope>| {
            Rc::new(ItemScope {
                module: scope.module,
                generics: scope.generics.clone(),
                self_ty: scope.self_ty,
                nested: nested.clone(),
            })
        };
        for &id in &functions {
            let info = &mut self.cx.functions[id.index()];
            info.scope = widen(&info.scope);
        }
        for (_, binding) in &self.names {
            match *binding {
                Binding::Item(Entity::Const(id)) => {
                    let info = &mut self.cx.consts[id.index()];
                    info.scope = widen(&info.scope);
                }
                Binding::Item(Entity::Alias(id)) => {
                    let info = &mut self.cx.aliases[id.index()];
                    info.scope = widen(&info.scope);
                }
                _ => {}
            }
        }
        for info in &mut self.cx.nominals[first_nominal..] {
            info.scope = widen(&info.scope);
        }
        let before = self.cx.diagnostics.len();
        self.cx.collect_members(first_nominal);
        self.has_errors |= self.cx.diagnostics.len() > before;
        for id in functions {
            self.cx.func_id(id);
        }
    }
}
