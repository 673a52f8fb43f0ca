//! Checking modules as they come: what a session (the REPL) needs, whose program grows by an entry at a time. All that
//! was checked before stays known by the same numbers. A copy made before an entry is what there is after a bad one.

use super::body::Body;
use super::entity::{Entity, FnId, Head};
use super::{Checker, First, Options, size};
use crate::ast;
use crate::diagnostics::{Diagnostic, Severity};
use crate::resolve::{DefId, ModuleGraph, Resolved};
use crate::source::{Span, Symbol};
use crate::tir::{self, Callee, Expr, ExprKind, FuncId, Stmt, StmtKind, Ty, TyKind, Types};
use std::rc::Rc;

/// The name of a variable for the value of an expression that is an entry. Nobody can write it.
pub const UNNAMED: &str = "<value>";

/// What has been checked so far.
#[derive(Clone)]
pub struct Session<'a> {
    checker: Checker<'a>,
}

impl Default for Session<'_> {
    fn default() -> Self {
        Session { checker: Checker::new(Options { session: true, ..Options::default() }) }
    }
}

impl<'a> Session<'a> {
    /// Checks the modules that have come to the graph since the last time. The program is all that is known, but its
    /// initializers are only those of the new modules; its types must come back by [`Session::set_types`]. After an
    /// error this session must not be used any more.
    pub fn extend(&mut self, graph: ModuleGraph<'a>, resolved: Rc<Resolved<'a>>) -> (tir::Program, Vec<Diagnostic>) {
        let checker = &mut self.checker;
        (checker.graph, checker.resolved) = (Rc::new(graph), resolved);
        checker.entries.extend(checker.graph.entry);
        let first_function = checker.output.len();
        // They were made for what there was.
        checker.finished_nominals.clear();
        checker.evaluated_impls.clear();
        checker.all_named = false;
        checker.collect();
        checker.check_all();
        let (mut program, mut diagnostics) = checker.finish();
        if diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
            diagnostics.append(&mut size::check(&mut program, first_function));
        }
        checker.first = First {
            module: checker.graph.modules.len(),
            def: checker.resolved.defs.len(),
            function: checker.functions.len(),
            constant: checker.consts.len(),
            alias: checker.aliases.len(),
            nominal: checker.nominals.len(),
            implementation: checker.impls.len(),
        };
        (program, diagnostics)
    }

    /// The types that [`Session::extend`] gave away, which may have become more.
    pub fn set_types(&mut self, types: Types) {
        self.checker.types = types;
    }

    /// The plain function that a name stands for, and its type: what calls of it rely on.
    pub fn function(&mut self, def: DefId) -> Option<(FuncId, Ty)> {
        let id = self.function_entity(def)?;
        let info = &self.checker.functions[id.index()];
        if !info.scope.generics.is_empty() || info.extern_block.is_some() {
            return None;
        }
        let (name, signature) = (info.ast.name, self.checker.signature(id));
        let result = self.checker.result_of(id, name.span);
        let params = signature.params.iter().map(|param| param.ty).collect();
        let ty = self.checker.types.intern(TyKind::Function(params, result));
        Some((self.checker.func_id(id), ty))
    }

    fn function_entity(&self, def: DefId) -> Option<FnId> {
        match self.checker.entities.get(def.index())? {
            Entity::Function(id) => Some(*id),
            _ => None,
        }
    }

    /// The type of a top-level variable, as its source would say it.
    pub fn variable_type(&self, def: DefId) -> Option<String> {
        match self.checker.entities.get(def.index())? {
            Entity::Global(id) => self.checker.globals[id.index()].ty.map(|ty| self.checker.show(ty)),
            _ => None,
        }
    }

    /// Whether a top-level variable holds nothing: the value of an expression that gives none.
    pub fn is_void(&self, def: DefId) -> bool {
        match self.checker.entities.get(def.index()) {
            Some(Entity::Global(id)) => self.checker.globals[id.index()].ty == Some(Ty::VOID),
            _ => false,
        }
    }

    /// A type that another one of its name has replaced: how it is called from now on. False of what is no struct,
    /// class, enum or interface.
    pub fn rename_type(&mut self, def: DefId, name: Symbol) -> bool {
        let Some(Entity::Nominal(id)) = self.checker.entities.get(def.index()) else { return false };
        self.checker.nominals[id.index()].name = name;
        true
    }

    /// Who calls `old` calls `new`.
    pub fn redirect(&mut self, old: FuncId, new: FuncId) {
        self.checker.output[old.index()] = self.checker.output[new.index()].clone();
    }

    /// Parameters and result of a function, as its source would say them.
    pub fn function_text(&self, def: DefId) -> Option<String> {
        Some(self.text_of(self.checker.functions[self.function_entity(def)?.index()].ast))
    }

    /// A function without its body, in one line.
    pub fn text_of(&self, function: &ast::Function) -> String {
        let span = function.body.as_ref().map_or(function.span, |body| Span { end: body.span.start, ..function.span });
        let text = self.checker.graph.sources.text(span);
        text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches([';', '{', ' ']).to_owned()
    }

    /// Members of a variable's value, and what they are.
    pub fn members(&self, def: DefId) -> Vec<(Symbol, String)> {
        let Some(Entity::Global(id)) = self.checker.entities.get(def.index()) else { return Vec::new() };
        let Some(ty) = self.checker.globals[id.index()].ty else { return Vec::new() };
        let methods = self
            .checker
            .methods_of(ty)
            .into_iter()
            .map(|(name, id)| (name, self.text_of(self.checker.functions[id.index()].ast)));
        self.checker.fields_of(ty).into_iter().chain(methods).collect()
    }

    /// Gives the types away: they must come back by [`Session::set_types`].
    pub fn take_types(&mut self) -> Types {
        std::mem::take(&mut self.checker.types)
    }
}

impl<'a> Body<'_, 'a> {
    /// Has the value shown that the last statement of an entry gives a name to.
    pub(super) fn show_result(&mut self, last: Option<&'a ast::Stmt>, checked: &mut Vec<Stmt>) {
        let Some(ast::StmtKind::Let(l)) = last.map(|stmt| &stmt.kind) else { return };
        let ast::PatternKind::Name { name, .. } = &l.pattern.kind else { return };
        let Some(&global) = self.cx.global_at.get(&name.span) else { return };
        let span = l.pattern.span;
        let ty = self.entry_type(global, span);
        let (show, type_args) = match self.shallow(ty) {
            Ty::VOID | Ty::NEVER | Ty::ERROR => return,
            Ty::STR => ("text_result", Vec::new()),
            Ty::CHAR => ("char_result", Vec::new()),
            _ => ("result", vec![ty]),
        };
        let Some(Entity::Function(show)) = self.cx.std_entity("std:session", show) else { return };
        let callee = Callee::Function { function: self.cx.func_id(show), type_args };
        let value = Expr { kind: ExprKind::Global(global), ty, span };
        let call = Expr { kind: ExprKind::Call { callee, args: vec![value] }, ty: Ty::VOID, span };
        checked.push(Stmt { kind: StmtKind::Expr(call), span });
    }

    /// A variable's type, which may not be known before the whole body has been checked.
    fn entry_type(&mut self, global: tir::GlobalId, span: crate::source::Span) -> Ty {
        let pending = self.pending_globals.iter().find(|(pending, _)| *pending == global);
        match pending {
            Some(&(_, ty)) => ty,
            None => self.cx.global_type(global, span),
        }
    }
}

impl Checker<'_> {
    /// The methods that are written for a type or its kind.
    fn methods_of(&self, ty: Ty) -> Vec<(Symbol, FnId)> {
        let kind = self.types.kind(ty);
        let mut methods = Vec::new();
        if let TyKind::Nominal(id, _) = kind {
            methods.extend(self.nominals[id.index()].methods.iter().map(|(name, id)| (*name, *id)));
        }
        if let Some(head) = Head::of(kind) {
            let of_head = self.builtin_methods.iter().filter(|((other, _), _)| *other == head);
            methods.extend(of_head.map(|((_, name), id)| (*name, *id)));
        }
        methods.retain(|(_, id)| !self.functions[id.index()].is_private);
        methods
    }

    fn fields_of(&self, ty: Ty) -> Vec<(Symbol, String)> {
        match self.types.kind(ty) {
            TyKind::Nominal(id, _) => {
                let fields = self.nominals[id.index()].fields.iter().filter(|field| !field.is_private);
                fields.map(|field| (field.name, self.show(field.ty))).collect()
            }
            TyKind::Record(fields) => fields.iter().map(|(name, ty)| (*name, self.show(*ty))).collect(),
            _ => Vec::new(),
        }
    }
}
