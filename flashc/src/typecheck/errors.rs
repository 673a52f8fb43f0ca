//! `throw`, `try` with `catch` and `finally`, `try?`, and `using`: what may be thrown and caught, and what is known of
//! variables where an error may have come from anywhere inside.

use super::Checker;
use super::body::{Body, Loop, error_expr};
use super::entity::Entity;
use super::flow::{Flow, assigned_in, assigned_names};
use super::text::let_local;
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{self, Callee, Catch, Const, Expr, ExprKind, LocalId, NominalId, Stmt, StmtKind, Ty, TyKind};
use flash_abi::program::ERROR_CLASSES;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Where `Error` and its classes are.
const ERRORS: &str = "std:error";
/// Where the function is that `Error("text")` calls; it has that name.
const PLAIN_ERRORS: &str = "std:plain_error";
/// Where `Disposable` is.
const DISPOSABLE: &str = "std:disposable";

impl Checker<'_> {
    /// What a module of std exports under this name.
    pub(super) fn std_entity(&self, module: &str, name: &str) -> Option<Entity> {
        let index = self.graph.modules.iter().position(|m| m.is_std && m.name.as_str() == module)?;
        let def = self.resolved.modules[index].exports.get(&Symbol::new(name))?;
        Some(self.entities[def.index()])
    }

    fn std_type(&mut self, module: &str, name: &str) -> Option<Ty> {
        let Some(Entity::Nominal(id)) = self.std_entity(module, name) else { return None };
        Some(self.types.intern(TyKind::Nominal(id, Vec::new())))
    }

    /// The interface `Error`.
    pub(super) fn error_interface(&mut self) -> Option<Ty> {
        self.std_type(ERRORS, "Error")
    }

    /// What `ssa::build` needs for errors.
    pub(super) fn known_errors(&mut self) -> Option<tir::Errors> {
        let interface = self.error_interface()?;
        let classes = ERROR_CLASSES.iter().map(|name| self.std_type(ERRORS, name)).collect::<Option<Vec<Ty>>>()?;
        let thrown = self.std_type(ERRORS, "Thrown")?;
        // The runtime makes objects of them, and asks them for their message and cause.
        classes.iter().chain([&interface, &thrown]).for_each(|&ty| self.note_type(ty));
        if let TyKind::Nominal(id, _) = *self.types.kind(interface) {
            self.need_declared(id);
        }
        Some(tir::Errors { interface, classes, thrown })
    }

    /// Whether a type that is called is the interface `Error`, and the function that makes one.
    pub(super) fn plain_error(&mut self, id: NominalId) -> Option<super::entity::FnId> {
        let is_error = self.std_entity(ERRORS, "Error") == Some(Entity::Nominal(id));
        match self.std_entity(PLAIN_ERRORS, "Error") {
            Some(Entity::Function(function)) if is_error => Some(function),
            _ => None,
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// The interface `Error`; without std there is none.
    fn error_type(&mut self, span: Span) -> Ty {
        match self.cx.error_interface() {
            Some(ty) => ty,
            None => {
                self.not_built(span, "errors without the standard library");
                Ty::ERROR
            }
        }
    }

    pub(super) fn throw_expr(&mut self, value: &'a ast::Expr, span: Span) -> Expr {
        let value = self.expr(value, None);
        let error = self.thrown(value);
        self.flow().dead = true;
        Expr { kind: ExprKind::Throw(Box::new(error)), ty: Ty::NEVER, span }
    }

    /// What is thrown, as an `Error`.
    fn thrown(&mut self, value: Expr) -> Expr {
        let error = self.error_type(value.span);
        let ty = self.shallow(value.ty);
        if ty == Ty::STR {
            return self.text_error(value, error);
        }
        if self.is_thrown(ty) {
            return value;
        }
        let value = match self.try_coerce(value, error) {
            Ok(value) => return value,
            Err(value) => value,
        };
        if self.is_unsolved(ty) {
            return self.unknown_type_yet(value.span);
        }
        let found = self.show(ty);
        let diagnostic = Diagnostic::error("E0410", value.span, format!("a `{found}` cannot be thrown"));
        let diagnostic = match self.kind(ty).clone() {
            TyKind::Void => diagnostic.label("this gives no value"),
            TyKind::Optional(inner) if self.fits_interface(inner, error) => {
                diagnostic.label("it may be null").note("test it first, or write `!` behind it")
            }
            _ => diagnostic
                .label("this is no error")
                .note("an error is a text, `Error(\"text\")`, or a value of a type that implements `Error`"),
        };
        self.report(diagnostic);
        error_expr(value.span)
    }

    /// Whether it is the class of errors on their way.
    fn is_thrown(&mut self, ty: Ty) -> bool {
        self.cx.std_type(ERRORS, "Thrown") == Some(ty)
    }

    /// `throw "text"` is `throw Error("text")`.
    fn text_error(&mut self, text: Expr, error: Ty) -> Expr {
        let span = text.span;
        let Some(Entity::Function(id)) = self.cx.std_entity(PLAIN_ERRORS, "Error") else {
            return self.not_built(span, "errors without the standard library");
        };
        let ty = self.cx.types.optional(error);
        let cause = Expr { kind: ExprKind::Const(Const::Null), ty, span };
        let function = self.cx.func_id(id);
        self.note_call(function, span);
        let callee = Callee::Function { function, type_args: Vec::new() };
        Expr { kind: ExprKind::Call { callee, args: vec![text, cause] }, ty: error, span }
    }

    pub(super) fn try_expr(
        &mut self,
        body: &'a ast::Block,
        catches: &'a [ast::Catch],
        finally: Option<&'a ast::Block>,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        if let Some(finally) = finally {
            let mut names = FxHashSet::default();
            assigned_names(finally, &mut names);
            self.never_narrow(names);
        }
        let mut names = FxHashSet::default();
        assigned_names(body, &mut names);
        let before = self.flow().clone();
        let mut branches = vec![self.block(body, hint)];
        let mut after = std::mem::take(self.flow());
        let mut inside = before;
        self.forget_names(&mut inside, &names);

        let mut clauses: Vec<(Option<LocalId>, Option<Ty>)> = Vec::with_capacity(catches.len());
        for clause in catches {
            let ty = self.clause_type(clause, &clauses);
            *self.flow() = inside.clone();
            let mark = self.names.len();
            let error = self.error_type(span);
            // Which error it is need not matter, so an unused name is no mistake.
            let local = clause.name.filter(|name| name.name.as_str() != "_");
            let local = local.map(|name| self.declare(name.name, ty.unwrap_or(error), false, name.span, false));
            branches.push(self.block(&clause.body, hint));
            self.leave_scope(mark);
            after = after.join(std::mem::take(self.flow()));
            clauses.push((local, ty));
        }
        let mut names = FxHashSet::default();
        catches.iter().for_each(|clause| assigned_names(&clause.body, &mut names));
        self.forget_names(&mut inside, &names);
        let finally = finally.map(|block| {
            *self.flow() = inside;
            let value = self.finally_block(block);
            let end = std::mem::take(self.flow());
            after.dead |= end.dead;
            after.unassigned.retain(|&id| end.dead || end.unassigned.binary_search(&id).is_ok());
            Box::new(value)
        });
        *self.flow() = after;

        let (branches, ty) = self.join_branches(branches, hint);
        let ty = if hint.is_some_and(|h| self.shallow(h) == Ty::VOID) && ty != Ty::NEVER { Ty::VOID } else { ty };
        let mut branches = branches.into_iter().map(|b| if ty == Ty::VOID { self.discard(b) } else { b });
        let body = match branches.next() {
            Some(body) => Box::new(body),
            None => crate::bug!("typecheck: `try` without a body"),
        };
        let bodies: Vec<Expr> = branches.collect();
        let catches =
            clauses.into_iter().zip(bodies).map(|((local, ty), body)| Catch { local, ty, body }).collect::<Vec<_>>();
        let ty = if finally.is_some() && self.flow().dead { Ty::NEVER } else { ty };
        Expr { kind: ExprKind::Try { body, catches, finally }, ty, span }
    }

    /// The type that a clause takes; none when it takes everything.
    fn clause_type(&mut self, clause: &'a ast::Catch, before: &[(Option<LocalId>, Option<Ty>)]) -> Option<Ty> {
        let span = clause.ty.as_ref().map_or(clause.body.span, |ty| ty.span);
        let error = self.error_type(span);
        let ty = clause.ty.as_ref().map(|written| {
            let ty = self.value_type(written);
            if ty == Ty::ERROR || ty == error || self.is_thrown(ty) || self.fits_interface(ty, error) {
                return ty;
            }
            let found = self.show(ty);
            self.report(
                Diagnostic::error("E0411", written.span, format!("a `{found}` is never thrown"))
                    .label("it does not implement `Error`")
                    .note(format!(
                        "`impl Error for {found} {{ fn message(self) -> str {{ ... }} }}` makes it an error"
                    )),
            );
            Ty::ERROR
        });
        let ty = ty.filter(|&ty| ty != error);
        let mut is_taken = false;
        for &(_, known) in before {
            let takes_all = known.is_none_or(|known| self.is_thrown(known));
            is_taken |= takes_all || (known == ty && known != Some(Ty::ERROR));
        }
        if is_taken {
            let place = clause.ty.as_ref().map(|ty| ty.span).or(clause.name.map(|name| name.span));
            self.report(
                Diagnostic::warning("W0103", place.unwrap_or(span), "this clause is never reached")
                    .label("the clauses before take all that it would"),
            );
        }
        ty
    }

    /// The block behind `finally` runs whenever what is before it is left: it cannot go elsewhere itself.
    fn finally_block(&mut self, block: &'a ast::Block) -> Expr {
        let around = self.enter_unleavable("finally");
        let value = self.block(block, Some(Ty::VOID));
        let value = self.discard(value);
        self.leave_unleavable(around);
        let mut leaves = None;
        super::flow::visit_block(block, &mut |e| {
            if matches!(e.kind, ast::ExprKind::Return(_)) {
                leaves = Some(e.span);
            }
            !matches!(e.kind, ast::ExprKind::Closure(_) | ast::ExprKind::Spawn(_))
        });
        if let Some(place) = leaves {
            self.error("E0361", place, "a `finally` block cannot return: it runs while the `try` is left");
        }
        value
    }

    /// From here on the loops around cannot be left or continued; gives what [`Body::leave_unleavable`] puts back.
    pub(super) fn enter_unleavable(&mut self, what: &'static str) -> (Vec<Loop>, Option<&'static str>) {
        let frame = self.frame();
        let unleavable = frame.unleavable.or(if frame.loops.is_empty() { None } else { Some(what) });
        (std::mem::take(&mut frame.loops), std::mem::replace(&mut frame.unleavable, unleavable))
    }

    pub(super) fn leave_unleavable(&mut self, around: (Vec<Loop>, Option<&'static str>)) {
        let frame = self.frame();
        (frame.loops, frame.unleavable) = around;
    }

    /// `try? e`: what `e` gives, or null when it throws.
    pub(super) fn try_optional(&mut self, inner: &'a ast::Expr, hint: Option<Ty>, span: Span) -> Expr {
        let hint = hint.map(|hint| match *self.kind(hint) {
            TyKind::Optional(inner) => inner,
            _ => hint,
        });
        let mut names = FxHashSet::default();
        assigned_in(inner, &mut names);
        let mut caught = self.flow().clone();
        self.forget_names(&mut caught, &names);
        let value = self.expr(inner, hint);
        let after = std::mem::take(self.flow());
        *self.flow() = after.join(caught);
        let found = self.shallow(value.ty);
        let (value, ty) = match *self.kind(found) {
            TyKind::Void | TyKind::Never | TyKind::Error => (value, Ty::VOID),
            TyKind::Optional(_) => (value, found),
            _ => {
                let ty = self.cx.types.optional(found);
                (Expr { kind: ExprKind::Wrap(Box::new(value)), ty, span }, ty)
            }
        };
        let nothing = if ty == Ty::VOID { Const::Void } else { Const::Null };
        let catch = Catch { local: None, ty: None, body: Expr { kind: ExprKind::Const(nothing), ty, span } };
        let ty = if found == Ty::ERROR { Ty::ERROR } else { ty };
        Expr { kind: ExprKind::Try { body: Box::new(value), catches: vec![catch], finally: None }, ty, span }
    }

    /// `using x = e;`: a variable whose value is disposed of when the block is left.
    pub(super) fn using_stmt(
        &mut self,
        name: ast::Ident,
        value: &'a ast::Expr,
        span: Span,
        statements: &mut Vec<Stmt>,
    ) {
        let value = self.expr(value, None);
        let value = self.required(value);
        let ty = self.shallow(value.ty);
        let id = self.declare(name.name, ty, false, name.span, false);
        let place = self.local(id, name.span);
        statements.push(let_local(id, value));
        let (subject, subject_ty) = match *self.kind(ty) {
            TyKind::Optional(inner) => {
                (Expr { kind: ExprKind::Narrow(Box::new(place.clone())), ty: inner, span: name.span }, inner)
            }
            _ => (place.clone(), ty),
        };
        let Some(interface) = self.cx.std_type(DISPOSABLE, "Disposable") else {
            self.not_built(span, "`using` without the standard library");
            return;
        };
        if subject_ty == Ty::ERROR {
            return;
        }
        if self.is_unsolved(subject_ty) {
            self.unknown_type_yet(place.span);
            return;
        }
        if !self.fits_interface(subject_ty, interface) {
            let found = self.show(subject_ty);
            self.report(
                Diagnostic::error("E0412", place.span, format!("a `{found}` cannot be disposed of"))
                    .label("`using` needs a type that implements `Disposable`")
                    .note(format!("`impl Disposable for {found} {{ fn dispose(self) {{ ... }} }}` makes it so")),
            );
            return;
        }
        self.require_interface(subject_ty, interface, name.span);
        let callee = Callee::Interface { interface, method: 0, type_args: vec![subject_ty] };
        let call = ExprKind::Call { callee, args: vec![subject] };
        let call = Expr { kind: call, ty: Ty::VOID, span };
        let call = if subject_ty == ty {
            call
        } else {
            let test = Expr { kind: ExprKind::IsNull(Box::new(place)), ty: Ty::BOOL, span };
            let condition = Box::new(super::operator::not(test));
            Expr { kind: ExprKind::If { condition, then: Box::new(call), otherwise: None }, ty: Ty::VOID, span }
        };
        statements.push(Stmt { kind: StmtKind::Defer(call), span });
    }

    /// Variables of these names change at places that the order of the text does not show: from here on nothing is
    /// known of them.
    pub(super) fn never_narrow(&mut self, names: FxHashSet<Symbol>) {
        if names.is_empty() {
            return;
        }
        let mut flow = std::mem::take(self.flow());
        self.forget_names(&mut flow, &names);
        *self.flow() = flow;
        Rc::make_mut(&mut self.frame().unstable).extend(names);
    }

    /// Forgets what is known of variables of these names.
    pub(super) fn forget_names(&mut self, flow: &mut Flow, names: &FxHashSet<Symbol>) {
        let mut facts = std::mem::take(&mut flow.non_null);
        facts.retain(|&id| !names.contains(&self.fact_name(id)));
        flow.non_null = facts;
    }

    fn fact_name(&mut self, id: LocalId) -> Symbol {
        match super::condition::fact_global(id) {
            Some(global) => self.cx.globals[global.index()].name,
            None => self.frame().locals[id.index()].name,
        }
    }
}
