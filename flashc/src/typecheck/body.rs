//! Bodies: the state while one is checked (scopes, locals, loops, facts), and the checking of
//! functions, defaults and top-level statements as a whole.

use super::Checker;
use super::attributes;
use super::awaiting::Waiting;
use super::collect::self_param;
use super::entity::{Entity, FnId, ItemScope, Job, SelfKind, State};
use super::flow::{self, Flow};
use super::infer::Infer;
use super::init::Needer;
use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::resolve::ModuleIndex;
use crate::source::{Span, Symbol};
use crate::tir::{self, Expr, ExprKind, FuncId, Local, LocalId, LoopId, Ty, TyKind};
use rustc_hash::FxHashSet;
use std::rc::Rc;
use std::sync::Arc;

/// The check of one body: a function with the closures inside it.
pub(super) struct Body<'c, 'a> {
    pub(super) cx: &'c mut Checker<'a>,
    pub(super) scope: Rc<ItemScope>,
    /// The function, then the closures around the point.
    pub(super) frames: Vec<Frame>,
    /// Visible names of all frames, innermost last.
    pub(super) names: Vec<(Symbol, Binding)>,
    pub(super) infer: Infer,
    /// Function ids of the closures checked, whose bodies wait for the variables to be solved.
    pub(super) closures: Vec<(FuncId, tir::Function)>,
    /// An error was reported in this body.
    pub(super) has_errors: bool,
    /// Whose reads and calls these are, for the order of initialisation.
    pub(super) needer: Option<Needer>,
    /// Variables that a literal argument will solve when nothing else does, and how.
    pub(super) literal_vars: Vec<(Ty, Ty)>,
    /// Variables for what closures give that never come back: nothing, unless something else tells.
    pub(super) never_vars: Vec<Ty>,
    /// Written type arguments of the type whose function is about to be called.
    pub(super) owner_args: Vec<Ty>,
    /// Labels of the `?.` chains around the point.
    pub(super) chains: Vec<LoopId>,
    /// Top-level variables whose type has variables in it that later statements solve.
    pub(super) pending_globals: Vec<(tir::GlobalId, Ty)>,
    /// Where the type stands that a `let` gives to the value being checked, to mend it.
    pub(super) written_type: Option<Span>,
    /// Bounds of what was used, which the types found must fulfil.
    pub(super) obligations: Vec<super::bound::Obligation>,
    /// The elements of the loop that is being made are promises, to be waited for.
    pub(super) waits_for_items: bool,
    /// What the error about a member of an optional field may add.
    pub(super) field_note: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Binding {
    Local { frame: usize, id: LocalId },
    Item(Entity),
}

/// One function or closure.
pub(super) struct Frame {
    pub(super) locals: Vec<Local>,
    pub(super) infos: Vec<LocalInfo>,
    /// Locals of the frame outside, and what they are called here.
    pub(super) captures: Vec<(LocalId, LocalId)>,
    /// Of an async function: what its promise is for.
    pub(super) result: FrameResult,
    /// It gives a promise.
    pub(super) is_async: bool,
    pub(super) waiting: Waiting,
    /// Something in it waits.
    pub(super) waits: bool,
    /// Fields that facts are about.
    pub(super) paths: Vec<super::narrow::FieldPath>,
    /// The address of `mut self`, for closures.
    pub(super) self_pointer: Option<LocalId>,
    /// While the result is not known: what was returned, and where.
    pub(super) returned: Vec<(Ty, Span)>,
    pub(super) loops: Vec<Loop>,
    /// What cannot be left by `break` and `continue`: `finally` or `defer`. The loops around it are not in `loops`.
    pub(super) unleavable: Option<&'static str>,
    pub(super) next_loop: u32,
    pub(super) flow: Flow,
    pub(super) unsafe_depth: u32,
    /// Names that closures assign to, or whose address is taken: never narrowed.
    pub(super) unstable: Rc<FxHashSet<Symbol>>,
    /// First local name of the frame in `Body::names`.
    pub(super) first_name: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LocalInfo {
    pub(super) used: bool,
    /// It is assigned to, or something else changes it.
    pub(super) changed: bool,
    /// Warn when it is not.
    pub(super) warn: bool,
    /// `let x: T;`, not `mut`: the number of loops around the declaration.
    pub(super) deferred: Option<u32>,
}

/// What `return` must give.
#[derive(Clone, Copy, Debug)]
pub(super) enum FrameResult {
    Known(Ty),
    /// Not written: what the `return`s and the end give tells.
    Unknown,
    /// Top-level statements have no `return`.
    TopLevel,
}

pub(super) struct Loop {
    pub(super) id: LoopId,
    pub(super) label: Option<Symbol>,
    /// Where the label stands, until something uses it.
    pub(super) unused_label: Option<Span>,
    /// `loop` takes values; `while` and `for` do not.
    pub(super) takes_value: bool,
    /// A labelled block, which only `break` with its label leaves.
    pub(super) is_block: bool,
    pub(super) hint: Option<Ty>,
    /// Type of the values of the `break`s so far.
    pub(super) value: Option<Ty>,
    /// What holds where the loop has been left.
    pub(super) exit: Flow,
    /// What holds where `continue` goes on with it.
    pub(super) again: Flow,
    /// Variables that take their only value in here, and where.
    pub(super) assigned: Vec<(LocalId, Span)>,
}

impl Frame {
    pub(super) fn new(
        result: FrameResult,
        unstable: Rc<FxHashSet<Symbol>>,
        first_name: usize,
        waiting: Waiting,
    ) -> Frame {
        Frame {
            locals: Vec::new(),
            infos: Vec::new(),
            captures: Vec::new(),
            result,
            is_async: false,
            waiting,
            waits: false,
            paths: Vec::new(),
            self_pointer: None,
            returned: Vec::new(),
            loops: Vec::new(),
            unleavable: None,
            next_loop: 0,
            flow: Flow::default(),
            unsafe_depth: 0,
            unstable,
            first_name,
        }
    }
}

impl<'a> Checker<'a> {
    /// Checks what waits, and what that makes wait.
    pub(super) fn drain_queue(&mut self) {
        while let Some(job) = self.queue.pop_front() {
            self.run_job(job);
        }
    }

    pub(super) fn run_job(&mut self, job: Job<'a>) {
        match job {
            Job::Function(id) => self.check_function(id),
            Job::Default { func, name, params, ty, expr, scope } => {
                self.check_default(func, name, &params, ty, expr, &scope);
            }
        }
    }

    pub(super) fn body(&mut self, scope: &Rc<ItemScope>, needer: Option<Needer>) -> Body<'_, 'a> {
        let names = scope.nested.iter().map(|&(name, entity)| (name, Binding::Item(entity))).collect();
        Body {
            cx: self,
            scope: scope.clone(),
            frames: Vec::new(),
            names,
            infer: Infer::default(),
            closures: Vec::new(),
            has_errors: false,
            needer,
            literal_vars: Vec::new(),
            never_vars: Vec::new(),
            owner_args: Vec::new(),
            chains: Vec::new(),
            pending_globals: Vec::new(),
            written_type: None,
            obligations: Vec::new(),
            waits_for_items: false,
            field_note: None,
        }
    }

    /// The result of a function; finds it from the body when it is not written.
    pub(super) fn result_of(&mut self, id: FnId, use_span: Span) -> Ty {
        let signature = self.signature(id);
        if let Some(result) = signature.result {
            return result;
        }
        let info = &self.functions[id.index()];
        match (info.inferred, info.state) {
            (Some(ty), _) => ty,
            (None, State::Checking) => {
                let name = info.ast.name;
                self.functions[id.index()].inferred = Some(Ty::ERROR);
                self.report(
                    Diagnostic::error(
                        "E0312",
                        name.span,
                        format!("the recursive function `{}` must write its result", name.name),
                    )
                    .label("write `-> T` after the parameters")
                    .secondary(use_span, "called here while its result is being inferred"),
                );
                Ty::ERROR
            }
            (None, _) => {
                self.func_id(id);
                self.check_function(id);
                self.functions[id.index()].inferred.unwrap_or(Ty::ERROR)
            }
        }
    }

    fn check_function(&mut self, id: FnId) {
        if self.functions[id.index()].state != State::Pending {
            return;
        }
        self.functions[id.index()].state = State::Checking;
        // Its mistakes are its own, whatever is being tried where it is called.
        let quiet = std::mem::take(&mut self.quiet);
        self.check_function_body(id);
        self.quiet = quiet;
    }

    fn check_function_body(&mut self, id: FnId) {
        let signature = self.signature(id);
        let func = self.func_id(id);
        let outer = self.usage.current.replace(super::entity::Entity::Function(id));
        let info = &self.functions[id.index()];
        let (ast, scope, attributes) = (info.ast, info.scope.clone(), info.attributes);
        let (owner, extern_block, exported) = (info.owner, info.extern_block, info.exported);
        let waiting = if ast.is_async { Waiting::Allowed } else { Waiting::NotAsync(ast.span) };
        let awaited = signature.result.map(|ty| self.types.awaited(ty).filter(|_| ast.is_async).unwrap_or(ty));
        let mut body = self.body(&scope, Some(Needer::Function(func)));
        let frame = Frame::new(
            awaited.map_or(FrameResult::Unknown, FrameResult::Known),
            unstable_of(ast),
            body.names.len(),
            waiting,
        );
        body.frames.push(Frame { is_async: ast.is_async, ..frame });
        let (params, prologue) = body.declare_params(ast, &signature);
        let flash = match &ast.body {
            Some(block) => {
                if ast.is_unsafe {
                    body.frame().unsafe_depth += 1;
                }
                let value = body.function_body(block);
                let mut value = super::assign::in_block(prologue, value);
                body.leave_scope(0);
                body.finish(&mut value);
                Some(value)
            }
            None => None,
        };
        let result = match body.frame().result {
            FrameResult::Known(ty) => body.deep(ty),
            FrameResult::Unknown | FrameResult::TopLevel => Ty::VOID,
        };
        let locals = std::mem::take(&mut body.frame().locals);
        let has_errors = body.has_errors;
        body.publish_closures();
        if exported && signature.result.is_none() {
            self.unwritten_result(ast, result);
        }
        let result = match signature.result {
            Some(written) if ast.is_async => written,
            None if ast.is_async && !(has_errors && result == Ty::VOID) => self.promise_of(result, ast.name.span),
            _ => result,
        };
        let name = match owner {
            Some(owner) => format!("{owner}.{}", ast.name.name),
            None => ast.name.name.as_str().to_owned(),
        };
        let tir_body = match flash {
            Some(value) => tir::Body::Flash(value),
            None => self.declared_body(id, extern_block, attributes),
        };
        let export_c =
            ast.extern_abi.as_ref().map(|_| attributes::text(attributes, "link_name").unwrap_or(ast.name.name));
        if extern_block.map(|b| b.as_str()) == Some("C") || export_c.is_some() {
            self.check_c_types(id);
        }
        self.functions[id.index()].inferred =
            Some(if has_errors && signature.result.is_none() && result == Ty::VOID { Ty::ERROR } else { result });
        self.functions[id.index()].state = State::Done;
        let function = tir::Function {
            name,
            module: self.module_id(scope.module),
            generics: scope.generics.clone(),
            params,
            result,
            locals,
            captures: Vec::new(),
            body: tir_body,
            attributes: tir::FunctionAttributes {
                inline: attributes::inline(attributes),
                export_c,
                is_async: ast.is_async,
                flattens: attributes::find(attributes, "flattens").is_some(),
                cold: attributes::find(attributes, "cold").is_some() || result == Ty::NEVER,
            },
            span: ast.name.span,
        };
        self.publish(func, function, has_errors);
        self.usage.current = outer;
    }

    /// Other modules rely on the type of what is exported.
    fn unwritten_result(&mut self, ast: &ast::Function, result: Ty) {
        let message = format!("the exported function `{}` must write its result", ast.name.name);
        let diagnostic = Diagnostic::error("E0313", ast.name.span, message)
            .label("it gives a value, and other modules rely on its type");
        let Some(body) = &ast.body else { return };
        let place = Span { end: body.span.start, ..body.span };
        self.report(match result {
            Ty::ERROR | Ty::VOID => diagnostic.secondary(place, "write `-> T` here"),
            _ => {
                let text = self.show(result);
                diagnostic.fix(place, format!("write `-> {text}`"), format!("-> {text} "))
            }
        });
    }

    fn check_default(
        &mut self,
        func: FuncId,
        name: String,
        params: &[(Symbol, Ty)],
        ty: Ty,
        expr: &'a ast::Expr,
        scope: &Rc<ItemScope>,
    ) {
        let mut unstable = FxHashSet::default();
        flow::unstable_names(expr, &mut unstable);
        let mut body = self.body(scope, Some(Needer::Function(func)));
        let waiting = Waiting::Never("a default");
        body.frames.push(Frame::new(FrameResult::TopLevel, Rc::new(unstable), body.names.len(), waiting));
        let params = params.iter().map(|&(name, ty)| body.declare(name, ty, false, expr.span, false)).collect();
        let mut value = body.check(expr, ty);
        body.finish(&mut value);
        let has_errors = body.has_errors;
        let locals = std::mem::take(&mut body.frame().locals);
        body.publish_closures();
        let function = tir::Function {
            name,
            module: self.module_id(scope.module),
            generics: scope.generics.clone(),
            params,
            result: ty,
            locals,
            captures: Vec::new(),
            body: tir::Body::Flash(value),
            attributes: tir::FunctionAttributes::default(),
            span: expr.span,
        };
        self.publish(func, function, has_errors);
    }
}

impl Checker<'_> {
    /// The function is done. One with mistakes in it is kept from the evaluator of constants.
    pub(super) fn publish(&mut self, id: FuncId, function: tir::Function, has_errors: bool) {
        let unknown = function.result == Ty::ERROR || function.locals.iter().any(|local| local.ty == Ty::ERROR);
        if has_errors || unknown {
            self.broken.insert(id);
        } else {
            self.output[id.index()] = Some(Arc::new(function));
        }
    }
}

fn unstable_of(ast: &ast::Function) -> Rc<FxHashSet<Symbol>> {
    let mut names = FxHashSet::default();
    if let Some(body) = &ast.body {
        flow::unstable_names_in(body, &mut names);
    }
    Rc::new(names)
}

impl<'a> Body<'_, 'a> {
    pub(super) fn frame(&mut self) -> &mut Frame {
        match self.frames.last_mut() {
            Some(frame) => frame,
            None => crate::bug!("typecheck: a body without a frame"),
        }
    }

    pub(super) fn flow(&mut self) -> &mut Flow {
        &mut self.frame().flow
    }

    pub(super) fn module(&self) -> ModuleIndex {
        self.scope.module
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.has_errors |= diagnostic.is_error();
        self.cx.report(diagnostic);
    }

    pub(super) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> Expr {
        self.report(Diagnostic::error(code, span, message));
        error_expr(span)
    }

    pub(super) fn not_built(&mut self, span: Span, what: &str) -> Expr {
        self.has_errors = true;
        self.cx.not_built(span, what);
        error_expr(span)
    }

    pub(super) fn show(&mut self, ty: Ty) -> String {
        let ty = self.deep(ty);
        self.cx.show(ty)
    }

    /// A written type, inside this body.
    pub(super) fn type_expr(&mut self, ty: &'a ast::TypeExpr) -> Ty {
        let scope = self.visible_scope();
        let before = self.cx.diagnostics.len();
        let ty = self.cx.type_expr(&scope, ty);
        self.has_errors |= self.cx.diagnostics.len() > before;
        ty
    }

    pub(super) fn value_type(&mut self, ty: &'a ast::TypeExpr) -> Ty {
        let scope = self.visible_scope();
        let before = self.cx.diagnostics.len();
        let ty = self.cx.value_type(&scope, ty);
        self.has_errors |= self.cx.diagnostics.len() > before;
        ty
    }

    /// A written type argument, which may be `void`.
    pub(super) fn argument_type(&mut self, ty: &'a ast::TypeExpr) -> Ty {
        let scope = self.visible_scope();
        let before = self.cx.diagnostics.len();
        let ty = self.cx.argument_type(&scope, ty);
        self.has_errors |= self.cx.diagnostics.len() > before;
        ty
    }

    /// The item scope with the items of the blocks around the point.
    pub(super) fn visible_scope(&self) -> Rc<ItemScope> {
        let items = self.names.iter().filter_map(|&(name, binding)| match binding {
            Binding::Item(entity) => Some((name, entity)),
            Binding::Local { .. } => None,
        });
        let nested: Vec<(Symbol, Entity)> = items.collect();
        if nested.len() == self.scope.nested.len() {
            return self.scope.clone();
        }
        Rc::new(ItemScope {
            module: self.scope.module,
            generics: self.scope.generics.clone(),
            self_ty: self.scope.self_ty,
            nested,
        })
    }

    // Locals.

    /// A local without a name that the user could write.
    pub(super) fn temp(&mut self, name: &str, ty: Ty, span: Span) -> LocalId {
        self.add_local(Symbol::new(name), ty, false, span, false)
    }

    pub(super) fn add_local(&mut self, name: Symbol, ty: Ty, is_mut: bool, span: Span, warn: bool) -> LocalId {
        let frame = self.frame();
        let id = LocalId(frame.locals.len() as u32);
        frame.locals.push(Local { is_mut, ..Local::plain(name, ty, span) });
        frame.infos.push(LocalInfo {
            used: false,
            changed: false,
            warn: warn && !name.as_str().starts_with('_'),
            deferred: None,
        });
        id
    }

    /// A local that is visible from now on.
    pub(super) fn declare(&mut self, name: Symbol, ty: Ty, is_mut: bool, span: Span, warn: bool) -> LocalId {
        self.warn_hidden(name, span);
        let id = self.add_local(name, ty, is_mut, span, warn);
        let frame = self.frames.len() - 1;
        self.names.push((name, Binding::Local { frame, id }));
        id
    }

    pub(super) fn local(&self, id: LocalId, span: Span) -> Expr {
        let frame = &self.frames[self.frames.len() - 1];
        Expr { kind: ExprKind::Local(id), ty: frame.locals[id.index()].ty, span }
    }

    pub(super) fn mark_used(&mut self, frame: usize, id: LocalId) {
        self.frames[frame].infos[id.index()].used = true;
    }

    /// Ends a scope: the names since `mark` are gone, and warned about when nothing used them.
    pub(super) fn leave_scope(&mut self, mark: usize) {
        let ended: Vec<(Symbol, Binding)> = self.names.drain(mark..).collect();
        for (name, binding) in ended {
            self.warn_unused_name(name, binding);
        }
    }

    fn declare_params(
        &mut self,
        ast: &'a ast::Function,
        signature: &super::entity::Signature,
    ) -> (Vec<LocalId>, Vec<tir::Stmt>) {
        let mut params = Vec::new();
        let mut prologue = Vec::new();
        let mut infos = signature.params.iter();
        for (index, param) in ast.params.iter().enumerate() {
            let is_self = index == 0 && signature.self_kind != SelfKind::None && self_param(param).is_some();
            if is_self {
                let ty = self.scope.self_ty.unwrap_or(Ty::ERROR);
                let is_mut = self_param(param) == Some(true);
                let id = self.declare(Symbol::new("self"), ty, is_mut, param.span, false);
                self.frame().locals[id.index()].is_reference = signature.self_kind == SelfKind::Reference;
                params.push(id);
                continue;
            }
            let ty = infos.next().map_or(Ty::ERROR, |info| info.ty);
            params.push(self.closure_param(&param.pattern, ty, &mut prologue));
        }
        (params, prologue)
    }

    /// A parameter that is a name or `_`; see `closure_param` for patterns.
    pub(super) fn declare_param(&mut self, pattern: &'a ast::Pattern, ty: Ty) -> LocalId {
        match &pattern.kind {
            ast::PatternKind::Name { name, is_mut } => {
                if self.names[self.frame_first_name()..].iter().any(|(n, _)| *n == name.name)
                    && name.name.as_str() != "_"
                {
                    self.error("E0314", name.span, format!("two parameters are called `{}`", name.name));
                }
                self.declare(name.name, ty, *is_mut, name.span, false)
            }
            ast::PatternKind::Wildcard => self.temp("_", ty, pattern.span),
            _ => {
                self.has_errors = true;
                self.temp("_", ty, pattern.span)
            }
        }
    }

    fn frame_first_name(&self) -> usize {
        self.frames.last().map_or(0, |f| f.first_name)
    }

    /// The block of a function; its value becomes the result.
    pub(super) fn function_body(&mut self, block: &'a ast::Block) -> Expr {
        let mark = self.names.len();
        let hint = match self.frame().result {
            FrameResult::Known(ty) => Some(ty),
            FrameResult::Unknown | FrameResult::TopLevel => None,
        };
        let value = self.block(block, hint);
        let value = self.function_value(value, block.span);
        self.leave_scope(mark);
        value
    }

    /// Fits what the body's end gives to the result.
    pub(super) fn function_value(&mut self, value: Expr, span: Span) -> Expr {
        let end = Span { start: span.end.saturating_sub(1), ..span };
        match self.frame().result {
            FrameResult::Known(ty) if ty == Ty::VOID => self.discard_result(value),
            FrameResult::Known(ty) => {
                let found = self.shallow(value.ty);
                let expected = self.shallow(ty);
                if found == Ty::VOID && expected != Ty::VOID && !self.is_unsolved(ty) && !block_has_value(&value) {
                    if ty != Ty::ERROR {
                        let text = self.show(ty);
                        let message = if ty == Ty::NEVER {
                            "this function gives `never`, but its end can be reached".to_owned()
                        } else {
                            format!("this function gives `{text}`, but its end can be reached without a value")
                        };
                        let diagnostic =
                            Diagnostic::error("E0315", end, message).label("a `return` is missing before this");
                        let diagnostic = self.with_dropped_value(diagnostic, &value, ty);
                        self.report(diagnostic);
                    }
                    return Expr { ty: Ty::ERROR, ..value };
                }
                self.coerce_result(value, ty)
            }
            FrameResult::Unknown => self.infer_result(value, span, None),
            FrameResult::TopLevel => value,
        }
    }

    /// The last statement gives what the function should: its `;` is too much, or its `else` is missing.
    fn with_dropped_value(&mut self, diagnostic: Diagnostic, body: &Expr, wanted: Ty) -> Diagnostic {
        let ExprKind::Block { statements, .. } = &body.kind else { return diagnostic };
        let Some(tir::Stmt { kind: tir::StmtKind::Expr(last), span }) = statements.last() else { return diagnostic };
        if let ExprKind::If { otherwise: None, .. } = &last.kind {
            return diagnostic.secondary(*span, "this `if` has no `else`: it may give nothing");
        }
        if let ExprKind::Loop { .. } = &last.kind {
            return diagnostic.secondary(*span, "a loop may end without a `return`");
        }
        // `discard` puts what is dropped into a block of its own.
        let dropped = match &last.kind {
            ExprKind::Block { statements, value: None } => match statements.as_slice() {
                [tir::Stmt { kind: tir::StmtKind::Expr(inner), .. }] => inner,
                _ => last,
            },
            _ => last,
        };
        let text = self.cx.graph.sources.text(*span);
        if !text.ends_with(';') || self.try_coerce(dropped.clone(), wanted).is_err() {
            return diagnostic;
        }
        let semicolon = Span { start: span.end - 1, ..*span };
        diagnostic.fix(semicolon, "remove the last `;`: then the value is the function's", "")
    }

    /// Solves what is left, and puts the solutions into the tree.
    pub(super) fn finish(&mut self, value: &mut Expr) {
        for var in std::mem::take(&mut self.never_vars) {
            if self.is_unsolved(var) {
                self.unify(var, Ty::VOID);
            }
        }
        self.solve_obligations(true);
        self.finish_inference();
        if self.infer.is_empty() {
            return;
        }
        self.zonk_expr(value);
        for frame in 0..self.frames.len() {
            for index in 0..self.frames[frame].locals.len() {
                let ty = self.deep(self.frames[frame].locals[index].ty);
                self.frames[frame].locals[index].ty = ty;
            }
        }
        let mut closures = std::mem::take(&mut self.closures);
        for (_, closure) in &mut closures {
            self.zonk_function(closure);
        }
        self.closures = closures;
    }

    pub(super) fn publish_closures(&mut self) {
        let has_errors = self.has_errors;
        for (id, function) in std::mem::take(&mut self.closures) {
            self.cx.publish(id, function, has_errors);
        }
    }

    pub(super) fn is_std(&self) -> bool {
        self.cx.is_std(self.module())
    }

    pub(super) fn is_param(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Param(index, _) if *index < super::infer::INFER_BASE)
    }
}

fn block_has_value(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Block { value, .. } => value.is_some(),
        _ => true,
    }
}

pub(super) fn error_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Const(tir::Const::Void), ty: Ty::ERROR, span }
}

pub(super) fn void_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Const(tir::Const::Void), ty: Ty::VOID, span }
}
