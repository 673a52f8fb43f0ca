//! The program as a whole: top-level statements, `main`, what is declared without a body, unused
//! imports, and the finished typed tree.

use super::Checker;
use super::attributes;
use super::awaiting::Waiting;
use super::body::{Body, Frame, FrameResult};
use super::entity::{Decl, Entity, FieldInfo, FnId, ItemScope, NominalInfo};
use super::flow;
use super::init::{Needer, Step};
use crate::ast::{self, Attribute, ItemKind, PatternKind as AstPattern, StmtKind as AstStmt};
use crate::diagnostics::{Diagnostic, Severity};
use crate::resolve::{ModuleIndex, bound_names};
use crate::source::{FileId, Span, Symbol};
use crate::tir::{
    self, Expr, ExprKind, Function, FunctionAttributes, GenericParam, GlobalId, Intrinsic, Local, LocalId, NominalId,
    Stmt, StmtKind, Ty, TyKind, Types,
};
use flash_abi::symbols::{AbiType, Rt};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;
use std::sync::Arc;

impl<'a> Checker<'a> {
    /// Top levels in the order in which they run, then everything else.
    pub(super) fn check_all(&mut self) {
        let mut steps = Vec::new();
        for index in self.new_modules() {
            self.check_top_level(ModuleIndex(index as u32), &mut steps);
        }
        self.need_lang_functions();
        self.drain_queue();
        for index in self.first.constant..self.consts.len() {
            let id = super::entity::ConstId(index as u32);
            if !self.is_std(self.consts[index].scope.module) || self.options.all_of_std {
                self.const_value(id);
            }
        }
        self.drain_queue();
        self.check_written_bounds();
        self.check_initialisation(&steps);
        self.warn_unused();
    }

    fn check_top_level(&mut self, module: ModuleIndex, steps: &mut Vec<Step>) {
        let ast = self.graph.module(module).ast;
        let items = || ast.items.iter();
        self.check_tests(module);
        let statements: Vec<&'a ast::Stmt> = items()
            .filter_map(|item| match &item.kind {
                ItemKind::Statement(stmt) => Some(stmt),
                _ => None,
            })
            .collect();
        let Some(first) = statements.first() else { return };
        let span = first.span;
        let mut unstable = FxHashSet::default();
        for stmt in &statements {
            if let AstStmt::Expr(e) = &stmt.kind {
                flow::unstable_names(e, &mut unstable);
            }
        }
        let scope = Rc::new(ItemScope { module, generics: Vec::new(), self_ty: None, nested: Vec::new() });
        let mut body = self.body(&scope, None);
        body.frames.push(Frame::new(FrameResult::TopLevel, Rc::new(unstable), 0, Waiting::Allowed));
        let mut checked = Vec::with_capacity(statements.len());
        let mut warned = false;
        for (index, stmt) in statements.iter().enumerate() {
            body.top_level_statement(stmt, index as u32, &mut checked, steps, &mut warned);
        }
        if body.cx.options.session && body.cx.graph.entry == Some(module) {
            body.show_result(statements.last().copied(), &mut checked);
        }
        let kind = ExprKind::Block { statements: checked, value: None };
        let mut value = Expr { kind, ty: Ty::VOID, span };
        body.finish(&mut value);
        body.publish_globals();
        let locals = std::mem::take(&mut body.frame().locals);
        let waits = body.frame().waits;
        body.publish_closures();
        let result = if waits { self.promise_of(Ty::VOID, span) } else { Ty::VOID };
        let id = self.reserve_function();
        self.initializers.push(id);
        self.output[id.index()] = Some(Arc::new(Function {
            name: "<top level>".to_owned(),
            module: self.module_id(module),
            generics: Vec::new(),
            params: Vec::new(),
            result,
            locals,
            captures: Vec::new(),
            body: tir::Body::Flash(value),
            attributes: FunctionAttributes { is_async: waits, ..FunctionAttributes::default() },
            span,
        }));
    }

    /// The type of a top-level variable; finds it from its value when it is needed early.
    pub(super) fn global_type(&mut self, id: GlobalId, span: Span) -> Ty {
        let info = &self.globals[id.index()];
        if let Some(ty) = info.ty {
            return ty;
        }
        let (declaration, module, name) = (info.declaration, info.module, info.name);
        if info.in_progress {
            let declared = info.span;
            self.globals[id.index()].ty = Some(Ty::ERROR);
            let diagnostic = Diagnostic::error("E0371", span, format!("the type of `{name}` needs itself"))
                .secondary(declared, format!("write it here: `{name}: T`"));
            if self.quiet > 0 {
                self.usage.unsaid.push(diagnostic);
            } else {
                self.report(diagnostic);
            }
            return Ty::ERROR;
        }
        self.globals[id.index()].in_progress = true;
        let scope = Rc::new(ItemScope { module, generics: Vec::new(), self_ty: None, nested: Vec::new() });
        // What is wrong with the value is reported when its statement is checked.
        self.quiet += 1;
        let mut body = self.body(&scope, None);
        let nothing = Rc::new(FxHashSet::default());
        body.frames.push(Frame::new(FrameResult::TopLevel, nothing, 0, Waiting::Allowed));
        let written = declaration.ty.as_ref().map(|ty| body.value_type(ty));
        let ty = match (written, &declaration.value) {
            (Some(ty), _) => ty,
            (None, Some(value)) => body.expr(value, None).ty,
            (None, None) => Ty::ERROR,
        };
        match (&declaration.otherwise, written) {
            (Some(_), None) => drop(body.let_condition_pattern(&declaration.pattern, ty, false)),
            _ => drop(body.binding_pattern(&declaration.pattern, ty, false)),
        }
        let mut nothing = super::body::void_expr(span);
        body.finish(&mut nothing);
        let found = body.frame().locals.iter().rev().find(|local| local.name == name).map(|local| local.ty);
        body.publish_closures();
        self.quiet -= 1;
        let ty = found.filter(|&ty| ty != Ty::VOID).unwrap_or(Ty::ERROR);
        let info = &mut self.globals[id.index()];
        info.in_progress = false;
        *info.ty.get_or_insert(ty)
    }

    /// The body of a function that has none: an intrinsic, a native of the runtime, a C function.
    pub(super) fn declared_body(
        &mut self,
        id: FnId,
        extern_block: Option<Symbol>,
        attributes: &'a [Attribute],
    ) -> tir::Body {
        let info = &self.functions[id.index()];
        if info.interface.is_some() {
            return tir::Body::Declared;
        }
        let (name, is_std) = (info.ast.name, self.is_std(info.scope.module));
        let broken = tir::Body::Flash(super::body::error_expr(name.span));
        if let Some(intrinsic) = attributes::text(attributes, "intrinsic").filter(|_| is_std) {
            return match attributes::intrinsic(intrinsic.as_str()) {
                Some(intrinsic) => tir::Body::Intrinsic(intrinsic),
                None => {
                    self.error("E0380", name.span, format!("there is no intrinsic `{intrinsic}`"));
                    broken
                }
            };
        }
        match extern_block.map(|abi| abi.as_str()) {
            Some("flash") if is_std => match Rt::from_name(name.name.as_str()) {
                Some(rt) => {
                    self.check_native(id, rt);
                    tir::Body::Native(rt)
                }
                None => {
                    self.error("E0380", name.span, format!("the runtime has no function `{}`", name.name));
                    broken
                }
            },
            Some("C") => {
                let symbol = attributes::text(attributes, "link_name").unwrap_or(name.name);
                tir::Body::ExternC { symbol }
            }
            Some(abi) => {
                self.report(
                    Diagnostic::error("E0381", name.span, format!("there is no ABI `{abi}`"))
                        .note("write `extern \"C\"`"),
                );
                broken
            }
            None => {
                self.report(
                    Diagnostic::error("E0382", name.span, format!("the function `{}` has no body", name.name))
                        .label("write `{ ... }` after its parameters"),
                );
                broken
            }
        }
    }

    /// The declaration must have the runtime's signature, flattened.
    fn check_native(&mut self, id: FnId, rt: Rt) {
        let signature = self.signature(id);
        let mut params = Vec::new();
        signature.params.iter().for_each(|p| self.flatten(p.ty, &mut params));
        let mut results = Vec::new();
        self.flatten(signature.result.unwrap_or(Ty::VOID), &mut results);
        let row = rt.symbol();
        if params != row.params || results != row.results {
            let name = self.functions[id.index()].ast.name;
            let message = format!("`{}` is declared otherwise than in the runtime", name.name);
            self.report(
                Diagnostic::error("E0380", name.span, message)
                    .note(format!("declared: {params:?} -> {results:?}"))
                    .note(format!("the runtime: {:?} -> {:?}", row.params, row.results)),
            );
        }
    }

    fn flatten(&self, ty: Ty, out: &mut Vec<AbiType>) {
        match self.types.kind(ty) {
            TyKind::Void | TyKind::Never | TyKind::Error | TyKind::Param(..) => {}
            TyKind::Bool => out.push(AbiType::I8),
            TyKind::Char => out.push(AbiType::I32),
            TyKind::Int(int) => out.push(match int.bits() {
                8 => AbiType::I8,
                16 => AbiType::I16,
                32 => AbiType::I32,
                _ => AbiType::I64,
            }),
            TyKind::Float(tir::FloatTy::F32) => out.push(AbiType::F32),
            TyKind::Float(tir::FloatTy::F64) => out.push(AbiType::F64),
            TyKind::Str => out.extend([AbiType::Ptr, AbiType::I64]),
            TyKind::Array(_) | TyKind::Pointer(_) | TyKind::Function(..) => out.push(AbiType::Ptr),
            TyKind::FixedArray(..) => out.push(AbiType::Ptr),
            TyKind::Tuple(types) => types.iter().for_each(|&t| self.flatten(t, out)),
            TyKind::Record(fields) => fields.iter().for_each(|&(_, t)| self.flatten(t, out)),
            TyKind::Nominal(id, _) => {
                let info = &self.nominals[id.index()];
                if info.is_class() {
                    out.push(AbiType::Ptr);
                } else if info.is_interface() {
                    out.extend([AbiType::Ptr, AbiType::Ptr]);
                } else {
                    info.fields.iter().for_each(|f| self.flatten(f.ty, out));
                }
            }
            TyKind::Optional(inner) => {
                let nullable = match self.types.kind(*inner) {
                    TyKind::Str | TyKind::Array(_) | TyKind::Pointer(_) | TyKind::Function(..) => true,
                    TyKind::Nominal(id, _) => self.nominals[id.index()].is_reference(),
                    _ => false,
                };
                if !nullable {
                    out.push(AbiType::I8);
                }
                self.flatten(*inner, out);
            }
        }
    }

    /// Only what C has crosses to it.
    pub(super) fn check_c_types(&mut self, id: FnId) {
        let signature = self.signature(id);
        let ast = self.functions[id.index()].ast;
        let result = self.result_of(id, ast.name.span);
        let params = signature.params.iter().map(|p| p.ty).zip(ast.params.iter().map(|p| p.span));
        let result_span = ast.result.as_ref().map_or(ast.name.span, |r| r.span);
        let all: Vec<(Ty, Span)> = params.chain([(result, result_span)]).collect();
        for (ty, span) in all {
            let ok = match self.types.kind(ty) {
                TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char | TyKind::Pointer(_) => true,
                TyKind::Void | TyKind::Never | TyKind::Error => true,
                TyKind::Optional(inner) => matches!(self.types.kind(*inner), TyKind::Pointer(_)),
                _ => false,
            };
            if !ok {
                let found = self.show(ty);
                self.report(
                    Diagnostic::error("E0383", span, format!("a `{found}` cannot be passed to or from C"))
                        .label("numbers, `bool`, `char` and pointers can"),
                );
            }
        }
    }

    fn find_main(&mut self) -> Option<tir::FuncId> {
        let entry = self.graph.entry?;
        let def = *self.resolved.modules[entry.index()].names.get(&Symbol::new("main"))?;
        if self.resolved.def(def).module != entry {
            return None;
        }
        let Entity::Function(id) = self.entities[def.index()] else { return None };
        let info = &self.functions[id.index()];
        if info.extern_block.is_some() || info.ast.extern_abi.is_some() {
            return None;
        }
        let (ast, generics) = (info.ast, info.scope.generics.len());
        let signature = self.signature(id);
        let args = self.types.array(Ty::STR);
        let params_ok = match signature.params.as_slice() {
            [] => true,
            [one] => one.ty == args || one.ty == Ty::ERROR,
            _ => false,
        };
        let result = self.result_of(id, ast.name.span);
        let result = self.types.awaited(result).unwrap_or(result);
        let result_ok =
            matches!(self.types.kind(result), TyKind::Void | TyKind::Never | TyKind::Error | TyKind::Int(_));
        if generics > 0 || !params_ok || !result_ok {
            self.report(
                Diagnostic::error(
                    "E0384",
                    ast.name.span,
                    "`main` takes nothing or the arguments, and gives nothing or an integer",
                )
                .label("write `fn main()`, `fn main(args: [str])`, `fn main() -> i32`"),
            );
        }
        Some(self.func_id(id))
    }

    /// Functions that `ssa::build` calls are needed when their module is there.
    fn need_lang_functions(&mut self) {
        for index in 0..self.functions.len() {
            if attributes::find(self.functions[index].attributes, "lang").is_some()
                && self.is_std(self.functions[index].scope.module)
            {
                self.func_id(FnId(index as u32));
            }
        }
    }

    fn lang_functions(&self) -> FxHashMap<Symbol, tir::FuncId> {
        let named = self.functions.iter().filter(|f| self.is_std(f.scope.module));
        named.filter_map(|f| Some((attributes::text(f.attributes, "lang")?, f.func?))).collect()
    }

    /// The typed tree of everything.
    pub(super) fn finish(&mut self) -> (tir::Program, Vec<Diagnostic>) {
        let main = if self.options.tests || self.options.session { None } else { self.find_main() };
        let known = self.known_interfaces();
        self.drain_queue();
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        diagnostics.sort_by_key(|d| (d.span.file, d.span.start, d.code));
        diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
        let has_errors = diagnostics.iter().any(|d| d.severity == Severity::Error);
        let nowhere = Span { file: FileId(0), start: 0, end: 0 };
        if !has_errors && !self.errors_before && self.output.iter().any(Option::is_none) {
            // Something was not understood, and nobody said so: better this than a wrong program.
            let place = self.functions.iter().find(|f| f.func.is_some_and(|id| self.broken.contains(&id)));
            let span = place.map_or(nowhere, |f| f.ast.name.span);
            let message = "the compiler could not check this function; please report it";
            diagnostics.push(Diagnostic::error("E0999", span, message));
        }
        let missing = std::cell::OnceCell::new();
        let placeholder = || missing.get_or_init(|| Arc::new(placeholder(nowhere))).clone();
        let functions = self.output.iter().map(|function| function.clone().unwrap_or_else(placeholder)).collect();
        let lang = self.lang_functions();
        let nominals = (0..self.nominals.len()).map(|i| self.finish_nominal(NominalId(i as u32))).collect();
        let impls = self.finish_impls();
        let globals = self.globals.iter().map(|g| tir::Global {
            name: g.name,
            module: tir::ModuleId(g.module.0),
            ty: g.ty.unwrap_or(Ty::ERROR),
            is_mut: g.is_mut,
            span: g.span,
        });
        let globals = globals.collect();
        let modules = self.graph.modules.iter().map(|m| tir::Module { file: m.file, name: m.name }).collect();
        let errors = self.known_errors();
        let program = tir::Program {
            types: std::mem::take(&mut self.types),
            modules,
            functions,
            globals,
            nominals,
            impls,
            known,
            initializers: std::mem::take(&mut self.initializers),
            main,
            tests: std::mem::take(&mut self.tests),
            lang,
            errors,
        };
        (program, diagnostics)
    }

    pub(super) fn finish_nominal(&self, id: NominalId) -> tir::Nominal {
        let info = &self.nominals[id.index()];
        let field = |f: &FieldInfo<'_>| tir::Field {
            name: f.name,
            ty: f.ty,
            default: f.default.map(|(_, function)| function),
            is_private: f.is_private,
        };
        let kind = match info.decl {
            Decl::Record(decl) => {
                tir::NominalKind::Record { kind: decl.kind, fields: info.fields.iter().map(field).collect() }
            }
            Decl::Interface(_) => {
                let methods = info.declared.iter().map(|&id| self.interface_method(id)).collect();
                tir::NominalKind::Interface { methods, supers: info.supers.clone() }
            }
            Decl::Enum(_) => {
                let variants = info.variants.iter().map(|v| tir::Variant {
                    name: v.name,
                    fields: v.fields.iter().map(field).collect(),
                    value: v.value,
                });
                tir::NominalKind::Enum { variants: variants.collect() }
            }
        };
        let mut methods: Vec<(Symbol, tir::FuncId)> =
            info.methods.iter().filter_map(|(name, id)| Some((*name, self.functions[id.index()].func?))).collect();
        methods.sort_by_key(|(_, function)| *function);
        tir::Nominal {
            name: info.name,
            module: tir::ModuleId(info.module.0),
            generics: info.scope.generics.clone(),
            kind,
            methods,
            is_local: self.is_local(info),
            span: info.span,
        }
    }

    /// Whether std says `#[local]` of the type.
    fn is_local(&self, info: &NominalInfo<'_>) -> bool {
        let Decl::Record(decl) = info.decl else { return false };
        let is_decl = |item: &&ast::Item| matches!(&item.kind, ast::ItemKind::Record(own) if std::ptr::eq(own, decl));
        self.is_std(info.module)
            && self
                .graph
                .module(info.module)
                .ast
                .items
                .iter()
                .find(is_decl)
                .is_some_and(|item| attributes::find(&item.attributes, "local").is_some())
    }
}

impl<'a> Body<'_, 'a> {
    fn top_level_statement(
        &mut self,
        stmt: &'a ast::Stmt,
        index: u32,
        checked: &mut Vec<Stmt>,
        steps: &mut Vec<Step>,
        warned: &mut bool,
    ) {
        if self.frame().flow.dead && !std::mem::replace(warned, true) {
            self.report(
                Diagnostic::warning("W0103", stmt.span, "this is never reached").label("control never gets here"),
            );
        }
        let own = Needer::Statement(self.module().0, index);
        self.needer = Some(own);
        let mut gives = Vec::new();
        match &stmt.kind {
            AstStmt::Let(l) => {
                gives = self.globals_of(l);
                for global in &gives {
                    // Who needs the variable needs what its statement needs.
                    self.cx.needs.add(Needer::Global(*global), own, stmt.span);
                }
                self.top_level_let(l, &gives, stmt.span, checked);
            }
            _ => self.stmt(stmt, checked),
        }
        steps.push(Step { needer: own, gives, span: stmt.span });
    }

    fn globals_of(&mut self, l: &'a ast::Let) -> Vec<GlobalId> {
        let mut names = Vec::new();
        bound_names(&l.pattern, &mut names);
        names.into_iter().filter_map(|(name, _)| self.cx.global_at.get(&name.span).copied()).collect()
    }

    /// A `let` at top level: assigns to globals.
    fn top_level_let(&mut self, l: &'a ast::Let, globals: &[GlobalId], span: Span, checked: &mut Vec<Stmt>) {
        if let Some(otherwise) = &l.otherwise {
            return self.top_level_let_else(l, otherwise, globals, span, checked);
        }
        let written = l.ty.as_ref().map(|ty| self.value_type(ty));
        let known = match (&l.pattern.kind, globals) {
            (AstPattern::Name { .. }, [only]) => self.cx.globals[only.index()].ty.filter(|&ty| ty != Ty::ERROR),
            _ => None,
        };
        let wanted = written.or(known);
        if let (Some(ty), (AstPattern::Name { .. }, [only])) = (written, (&l.pattern.kind, globals)) {
            self.cx.globals[only.index()].ty = Some(ty);
        }
        let value = match (&l.value, wanted) {
            (Some(value), Some(ty)) => self.check_written(value, ty, l),
            (Some(value), None) => {
                let value = self.expr(value, None);
                if self.shallow(value.ty) == Ty::VOID && !is_unnamed(&l.pattern) {
                    self.error("E0328", value.span, "this gives no value to bind")
                } else {
                    value
                }
            }
            (None, Some(ty)) if self.is_zeroed(ty) => Expr { kind: ExprKind::Zero, ty, span },
            (None, _) => {
                self.report(
                    Diagnostic::error("E0362", l.pattern.span, "a top-level variable needs a value")
                        .label("write `= value` behind it"),
                );
                super::body::error_expr(span)
            }
        };
        if self.shallow(value.ty) == Ty::NEVER {
            self.flow().dead = true;
        }
        let ty = wanted.unwrap_or(value.ty);
        if let (Ty::VOID | Ty::NEVER, true, [only]) = (self.shallow(ty), is_unnamed(&l.pattern), globals) {
            // There is nothing to keep.
            self.set_global_type(*only, Ty::VOID);
            checked.push(Stmt { kind: StmtKind::Expr(value), span });
            return;
        }
        if let (AstPattern::Name { .. }, [only]) = (&l.pattern.kind, globals) {
            self.set_global_type(*only, ty);
            let place = Expr { kind: ExprKind::Global(*only), ty, span: l.pattern.span };
            checked.push(assign_stmt(place, value, span));
            return;
        }
        let mark = self.names.len();
        let pattern = self.binding_pattern(&l.pattern, ty, l.is_mut);
        checked.push(Stmt { kind: StmtKind::Let { pattern, value }, span });
        self.bind_globals(mark, globals, span, checked);
    }

    fn top_level_let_else(
        &mut self,
        l: &'a ast::Let,
        otherwise: &'a ast::Block,
        globals: &[GlobalId],
        span: Span,
        checked: &mut Vec<Stmt>,
    ) {
        let mark = self.names.len();
        self.let_else(l, otherwise, span, checked);
        self.bind_globals(mark, globals, span, checked);
    }

    /// Gives the globals the values of the locals of their names, which were bound since `mark`.
    fn bind_globals(&mut self, mark: usize, globals: &[GlobalId], span: Span, checked: &mut Vec<Stmt>) {
        let bound: Vec<(Symbol, LocalId)> = self.names[mark..]
            .iter()
            .filter_map(|&(name, binding)| match binding {
                super::body::Binding::Local { id, .. } => Some((name, id)),
                super::body::Binding::Item(_) => None,
            })
            .collect();
        self.names.truncate(mark);
        for (name, local) in bound {
            let Some(&global) = globals.iter().find(|g| self.cx.globals[g.index()].name == name) else { continue };
            let value = self.local(local, span);
            self.set_global_type(global, value.ty);
            let place = Expr { kind: ExprKind::Global(global), ty: value.ty, span };
            checked.push(assign_stmt(place, value, span));
        }
    }

    /// The type is final, or waits for the variables in it to be solved.
    fn set_global_type(&mut self, global: GlobalId, ty: Ty) {
        let ty = self.deep(ty);
        if self.has_unsolved(ty) {
            self.pending_globals.push((global, ty));
        } else {
            self.cx.globals[global.index()].ty = Some(ty);
        }
    }

    fn publish_globals(&mut self) {
        for (global, ty) in std::mem::take(&mut self.pending_globals) {
            let ty = self.deep(ty);
            self.cx.globals[global.index()].ty = Some(ty);
        }
    }
}

/// Whether a pattern is only there to keep the value of an entry.
fn is_unnamed(pattern: &ast::Pattern) -> bool {
    matches!(&pattern.kind, AstPattern::Name { name, .. } if name.name.as_str() == super::session::UNNAMED)
}

fn assign_stmt(target: Expr, value: Expr, span: Span) -> Stmt {
    let diverges = value.ty == Ty::NEVER;
    let kind = ExprKind::Assign { op: None, target: Box::new(target), value: Box::new(value) };
    let ty = if diverges { Ty::NEVER } else { Ty::VOID };
    Stmt { kind: StmtKind::Expr(Expr { kind, ty, span }), span }
}

fn placeholder(span: Span) -> Function {
    Function {
        name: "<unknown>".to_owned(),
        module: tir::ModuleId(0),
        generics: Vec::new(),
        params: Vec::new(),
        result: Ty::ERROR,
        locals: Vec::new(),
        captures: Vec::new(),
        body: tir::Body::Flash(super::body::error_expr(span)),
        attributes: FunctionAttributes::default(),
        span,
    }
}

/// The declaration of an intrinsic that the desugaring calls.
pub(super) fn intrinsic_function(types: &mut Types, intrinsic: Intrinsic) -> Function {
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let name = Symbol::new("T");
    let param = types.intern(TyKind::Param(0, name));
    let array = types.array(param);
    let pointer = types.pointer(param);
    let (generic, params, result): (bool, Vec<Ty>, Ty) = match intrinsic {
        Intrinsic::ArrayLen => (true, vec![array], Ty::I64),
        Intrinsic::ArrayGet => (true, vec![array, Ty::I64], param),
        Intrinsic::PointerOffset => (true, vec![pointer, Ty::I64], pointer),
        Intrinsic::AssertFailed | Intrinsic::Panic => (false, vec![Ty::STR], Ty::NEVER),
        other => crate::bug!("typecheck: the desugaring does not use {other:?}"),
    };
    let locals: Vec<Local> = params.iter().map(|&ty| Local::plain(Symbol::new("_"), ty, span)).collect();
    Function {
        name: format!("<{intrinsic:?}>"),
        module: tir::ModuleId(0),
        generics: if generic { vec![GenericParam { name, bounds: Vec::new() }] } else { Vec::new() },
        params: (0..locals.len() as u32).map(LocalId).collect(),
        result,
        locals,
        captures: Vec::new(),
        body: tir::Body::Intrinsic(intrinsic),
        attributes: FunctionAttributes { cold: result == Ty::NEVER, ..FunctionAttributes::default() },
        span,
    }
}
