//! Names of modules: what every module defines, imports and exports. Reports names defined twice
//! and imports of what is not there. Names inside function bodies are found by typecheck, which
//! knows the scopes.

mod attributes;
mod graph;

pub use crate::diagnostics::{nearest, with_suggestion};
pub use crate::parser::Target;
pub use attributes::check_item_attributes;
pub use graph::{LoadedModule, ModuleGraph, ModuleIndex, Trees};

use crate::ast::{self, Attribute, ImportNames, ItemKind, PatternKind, StmtKind};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use rustc_hash::FxHashMap;

/// Index in [`Resolved::defs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefId(pub u32);

impl DefId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Something with a name at module level.
#[derive(Clone, Copy, Debug)]
pub struct Def<'a> {
    pub name: Symbol,
    pub module: ModuleIndex,
    pub kind: DefKind<'a>,
    pub exported: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum DefKind<'a> {
    Function(FunctionDef<'a>),
    Const(&'a ast::Const),
    /// A name that a top-level `let` binds.
    Global(&'a ast::Let, bool),
    Record(&'a ast::TypeDecl),
    Enum(&'a ast::Enum),
    Interface(&'a ast::Interface),
    Alias(&'a ast::Alias),
    /// `import fs from "std:fs"`; `None` when the module is not there.
    Namespace(Option<ModuleIndex>),
    /// An import that failed, which has been reported.
    Missing,
}

/// A function with what stands around it.
#[derive(Clone, Copy, Debug)]
pub struct FunctionDef<'a> {
    pub function: &'a ast::Function,
    pub attributes: &'a [Attribute],
    /// ABI of the `extern` block it is declared in.
    pub extern_block: Option<Symbol>,
}

/// Names that a module sees, without the prelude.
#[derive(Clone, Debug, Default)]
pub struct ModuleScope {
    pub names: FxHashMap<Symbol, DefId>,
    pub exports: FxHashMap<Symbol, DefId>,
    /// Functions of one name that literals tell apart: the first, and each other.
    pub overloads: Vec<(DefId, DefId)>,
    /// Names bound by `import`, for the warning about those never used.
    pub imports: Vec<(ast::Ident, DefId)>,
}

/// What the modules define and see.
#[derive(Clone, Debug, Default)]
pub struct Resolved<'a> {
    pub defs: Vec<Def<'a>>,
    /// One for each module of the graph.
    pub modules: Vec<ModuleScope>,
    /// Exports of `std:prelude`.
    pub prelude: FxHashMap<Symbol, DefId>,
}

impl<'a> Resolved<'a> {
    pub fn def(&self, id: DefId) -> &Def<'a> {
        &self.defs[id.index()]
    }

    /// A name at module level: the module's own names, then the prelude's.
    pub fn lookup(&self, module: ModuleIndex, name: Symbol) -> Option<DefId> {
        self.modules[module.index()].names.get(&name).or_else(|| self.prelude.get(&name)).copied()
    }
}

/// Finds all names of all modules.
pub fn resolve<'a>(graph: &ModuleGraph<'a>) -> (Resolved<'a>, Vec<Diagnostic>) {
    let mut resolved = Resolved::default();
    let diagnostics = resolved.extend(graph, &FxHashMap::default());
    (resolved, diagnostics)
}

impl<'a> Resolved<'a> {
    /// Finds the names of the modules that have come to the graph. Its entry module also sees what is `visible`,
    /// unless it defines or imports the name itself.
    pub fn extend(&mut self, graph: &ModuleGraph<'a>, visible: &FxHashMap<Symbol, DefId>) -> Vec<Diagnostic> {
        let (defs, modules) = (std::mem::take(&mut self.defs), std::mem::take(&mut self.modules));
        let first = modules.len();
        let mut resolver = Resolver { graph, first, defs, modules, diagnostics: Vec::new() };
        for index in first..graph.modules.len() {
            let scope = resolver.define(ModuleIndex(index as u32));
            resolver.modules.push(scope);
        }
        resolver.link();
        if let Some(entry) = graph.entry {
            let names = &mut resolver.modules[entry.index()].names;
            for (&name, &def) in visible {
                names.entry(name).or_insert(def);
            }
        }
        self.prelude = graph.prelude.map(|p| resolver.modules[p.index()].exports.clone()).unwrap_or_default();
        (self.defs, self.modules) = (resolver.defs, resolver.modules);
        resolver.diagnostics
    }
}

struct Resolver<'g, 'a> {
    graph: &'g ModuleGraph<'a>,
    /// The first module whose names are to be found.
    first: usize,
    defs: Vec<Def<'a>>,
    modules: Vec<ModuleScope>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Resolver<'_, 'a> {
    /// Definitions of one module's own items.
    fn define(&mut self, module: ModuleIndex) -> ModuleScope {
        let mut scope = ModuleScope::default();
        let ast = self.graph.module(module).ast;
        for item in &ast.items {
            check_item_attributes(item, self.graph.module(module).is_std, &mut self.diagnostics);
            let exported = item.export.is_some();
            let attributes = item.attributes.as_slice();
            let mut add = |name: ast::Ident, kind: DefKind<'a>| {
                self.add(&mut scope, name, Def { name: name.name, module, kind, exported, span: name.span });
            };
            match &item.kind {
                ItemKind::Function(function) => {
                    let def = FunctionDef { function, attributes, extern_block: None };
                    add(function.name, DefKind::Function(def));
                }
                ItemKind::Extern(block) => {
                    for method in &block.functions {
                        let def = FunctionDef {
                            function: &method.function,
                            attributes: &method.attributes,
                            extern_block: Some(block.abi.value),
                        };
                        add(method.function.name, DefKind::Function(def));
                    }
                }
                ItemKind::Const(c) => add(c.name, DefKind::Const(c)),
                ItemKind::Record(decl) => add(decl.name, DefKind::Record(decl)),
                ItemKind::Enum(decl) => add(decl.name, DefKind::Enum(decl)),
                ItemKind::Interface(decl) => add(decl.name, DefKind::Interface(decl)),
                ItemKind::Alias(alias) => add(alias.name, DefKind::Alias(alias)),
                ItemKind::Statement(stmt) => match &stmt.kind {
                    StmtKind::Let(l) => {
                        let mut names = Vec::new();
                        bound_names(&l.pattern, &mut names);
                        for (name, is_mut) in names {
                            add(name, DefKind::Global(l, is_mut || l.is_mut));
                        }
                    }
                    StmtKind::Using(name, _) => {
                        add(*name, DefKind::Missing);
                    }
                    _ => {}
                },
                ItemKind::Import(_) | ItemKind::Export { .. } | ItemKind::Impl(_) | ItemKind::Test(_) => {}
            }
        }
        scope
    }

    fn add(&mut self, scope: &mut ModuleScope, name: ast::Ident, def: Def<'a>) {
        let id = DefId(self.defs.len() as u32);
        if let Some(&first) = scope.names.get(&name.name) {
            if let (DefKind::Function(a), DefKind::Function(b)) = (self.defs[first.index()].kind, def.kind)
                && a.function.is_overload_of(b.function)
            {
                self.defs.push(def);
                scope.overloads.push((first, id));
                return;
            }
            let first = self.defs[first.index()].span;
            self.diagnostics.push(
                Diagnostic::error("E0201", name.span, format!("`{}` is defined twice in this module", name.name))
                    .label("defined again here")
                    .secondary(first, "first defined here"),
            );
            // The later one keeps a definition, so that its body is checked too.
            self.defs.push(def);
            return;
        }
        self.defs.push(def);
        scope.names.insert(name.name, id);
        if def.exported {
            scope.exports.insert(name.name, id);
        }
    }

    /// Imports and re-exports, repeated while chains of re-exports give new names.
    fn link(&mut self) {
        let mut pending = Vec::new();
        // What the prelude exports on demand may only be there now.
        let prelude = self.graph.prelude.map(ModuleIndex::index).filter(|&prelude| prelude < self.first);
        for index in prelude.into_iter().chain(self.first..self.graph.modules.len()) {
            let module = ModuleIndex(index as u32);
            let ast = self.graph.module(module).ast;
            for item in &ast.items {
                match &item.kind {
                    ItemKind::Import(_) if index < self.first => {}
                    ItemKind::Import(import) => {
                        let from = self.imported(module, import.from.value);
                        match &import.names {
                            ImportNames::None => {}
                            ImportNames::Namespace(name)
                                if from.is_some_and(|from| self.graph.module(from).is_document) =>
                            {
                                let def = from.and_then(|f| self.modules[f.index()].exports.values().next().copied());
                                // A document with mistakes has no value; they have been reported.
                                let def = def.unwrap_or_else(|| self.import_def(module, *name, DefKind::Missing));
                                self.bind(module, *name, def, item.export.is_some());
                            }
                            ImportNames::Namespace(name) => {
                                let id = self.import_def(module, *name, DefKind::Namespace(from));
                                self.bind(module, *name, id, item.export.is_some());
                            }
                            ImportNames::Names(names) => {
                                pending.extend(names.iter().map(|n| Link {
                                    module,
                                    name: *n,
                                    from,
                                    kind: LinkKind::Import,
                                    source: Some(import.from.value),
                                }));
                            }
                        }
                    }
                    ItemKind::Export { names, from } => {
                        let source = from.as_ref().map(|f| f.value);
                        // What the prelude exports on demand is there when something asks for it.
                        let is_absent = source.is_some_and(|s| !self.graph.module(module).imports.contains_key(&s));
                        if is_absent && self.graph.prelude == Some(module) {
                            continue;
                        }
                        let target = source.and_then(|s| self.imported(module, s));
                        let kind = if from.is_some() { LinkKind::ReExport } else { LinkKind::Export };
                        let exported =
                            |name: &ast::ImportName| self.modules[index].exports.contains_key(&name.local().name);
                        if index < self.first && names.iter().all(exported) {
                            continue;
                        }
                        pending.extend(names.iter().map(|n| Link { module, name: *n, from: target, kind, source }));
                    }
                    _ => {}
                }
            }
        }
        loop {
            let before = pending.len();
            pending.retain(|link| !self.try_link(link));
            if pending.len() == before {
                break;
            }
        }
        let circles = self.report_circles(&pending);
        for (link, is_told) in pending.iter().zip(circles) {
            if is_told {
                let missing = self.import_def(link.module, link.name.name, DefKind::Missing);
                self.finish_link(link, missing);
            } else {
                self.report_missing(link);
            }
        }
    }

    /// Names that modules pass on to each other in a circle, so that none defines them. Says for each link
    /// whether a circle has been told for it: those in one, and those that wait for one.
    fn report_circles(&mut self, pending: &[Link]) -> Vec<bool> {
        let next = |link: &Link| {
            let from = link.from?;
            pending.iter().position(|other| {
                other.kind == LinkKind::ReExport
                    && other.module == from
                    && other.name.local().name == link.name.name.name
            })
        };
        let following: Vec<Option<usize>> = pending.iter().map(next).collect();
        let mut told = vec![false; pending.len()];
        let mut in_circle = vec![false; pending.len()];
        for start in 0..pending.len() {
            let mut path = vec![start];
            while let Some(at) = path.last().and_then(|&last| following[last]) {
                if let Some(first) = path.iter().position(|&p| p == at) {
                    let circle = &path[first..];
                    if !in_circle[at] {
                        self.report_circle(pending, circle);
                    }
                    circle.iter().for_each(|&link| in_circle[link] = true);
                    path.iter().for_each(|&link| told[link] = true);
                    break;
                }
                path.push(at);
            }
        }
        told
    }

    fn report_circle(&mut self, pending: &[Link], circle: &[usize]) {
        let Some(first) = circle.iter().map(|&link| &pending[link]).min_by_key(|link| link.name.name.span) else {
            return;
        };
        let name = first.name.name;
        let message = format!("`{}` is passed on in a circle: no module defines it", name.name);
        let mut diagnostic = Diagnostic::error("E0206", name.span, message);
        for link in circle.iter().map(|&link| &pending[link]).filter(|link| link.name.name.span != name.span) {
            diagnostic = diagnostic.secondary(link.name.name.span, "and from here");
        }
        self.diagnostics.push(diagnostic.label("passed on from here"));
    }

    fn imported(&self, module: ModuleIndex, specifier: Symbol) -> Option<ModuleIndex> {
        self.graph.module(module).imports.get(&specifier).copied().flatten()
    }

    fn import_def(&mut self, module: ModuleIndex, name: ast::Ident, kind: DefKind<'a>) -> DefId {
        self.defs.push(Def { name: name.name, module, kind, exported: false, span: name.span });
        DefId(self.defs.len() as u32 - 1)
    }

    fn try_link(&mut self, link: &Link) -> bool {
        let found = match (link.kind, link.from) {
            (LinkKind::Export, _) => self.modules[link.module.index()].names.get(&link.name.name.name).copied(),
            (_, Some(from)) => self.modules[from.index()].exports.get(&link.name.name.name).copied(),
            (_, None) => None,
        };
        let Some(def) = found else { return false };
        self.finish_link(link, def);
        true
    }

    fn finish_link(&mut self, link: &Link, def: DefId) {
        let local = link.name.local();
        match link.kind {
            LinkKind::Import => self.bind(link.module, local, def, false),
            LinkKind::Export | LinkKind::ReExport => {
                self.export(link.module, local, def);
            }
        }
    }

    /// Two things cannot be exported under one name; the same one twice is no harm.
    fn export(&mut self, module: ModuleIndex, name: ast::Ident, def: DefId) {
        let exports = &mut self.modules[module.index()].exports;
        let Some(&first) = exports.get(&name.name) else {
            exports.insert(name.name, def);
            return;
        };
        if first == def || matches!(self.defs[def.index()].kind, DefKind::Missing) {
            return;
        }
        let first = self.defs[first.index()];
        let message = format!("`{}` is exported twice from this module", name.name);
        let mut diagnostic = Diagnostic::error("E0207", name.span, message).label("another one is exported here");
        diagnostic = diagnostic.secondary(first.span, "this is exported already");
        self.diagnostics.push(diagnostic.note(format!("write `export {{ {0} as other_{0} }}`", name.name)));
    }

    fn bind(&mut self, module: ModuleIndex, name: ast::Ident, def: DefId, exported: bool) {
        let scope = &mut self.modules[module.index()];
        if let Some(&first) = scope.names.get(&name.name) {
            let first = self.defs[first.index()];
            let mut diagnostic =
                Diagnostic::error("E0201", name.span, format!("`{}` is defined twice in this module", name.name))
                    .label("imported here");
            if first.module == module {
                diagnostic = diagnostic.secondary(first.span, "also defined here");
            }
            self.diagnostics.push(diagnostic.note(format!("write `import {{ {0} as other_{0} }}`", name.name)));
            return;
        }
        scope.names.insert(name.name, def);
        scope.imports.push((name, def));
        if exported {
            scope.exports.insert(name.name, def);
        }
    }

    /// Where `export` would stand at the item that defines the name there.
    fn export_place(&self, module: ModuleIndex, name: Span) -> Option<Span> {
        let ast = self.graph.module(module).ast;
        let item = ast.items.iter().find(|item| item.span.start <= name.start && name.end <= item.span.end)?;
        let from = item.attributes.last().map_or(item.span.start, |attribute| attribute.span.end);
        let text = self.graph.sources.text(Span { start: from, ..item.span });
        let start = from + (text.len() - text.trim_start().len()) as u32;
        Some(Span { start, end: start, ..item.span })
    }

    fn report_missing(&mut self, link: &Link) {
        let name = link.name.name;
        let missing = self.import_def(link.module, name, DefKind::Missing);
        match (link.kind, link.from) {
            (LinkKind::Export, _) => {
                let near =
                    nearest(name.name.as_str(), self.modules[link.module.index()].names.keys().map(|s| s.as_str()));
                let diagnostic =
                    Diagnostic::error("E0203", name.span, format!("this module defines no `{}`", name.name))
                        .label("nothing to export");
                self.diagnostics.push(with_suggestion(diagnostic, name.span, near));
            }
            (_, Some(from)) => {
                let source = link.source.map_or("", |s| s.as_str());
                let hidden = self.modules[from.index()].names.get(&name.name).copied();
                let message = format!("`{source}` exports no `{}`", name.name);
                let mut diagnostic = Diagnostic::error("E0202", name.span, message).label("not exported");
                if self.graph.module(from).is_document {
                    diagnostic =
                        diagnostic.note("a document is imported as a whole: `import data from \"./data.json\";`");
                }
                match hidden.map(|h| self.defs[h.index()]) {
                    Some(def) if def.module == from => {
                        diagnostic = diagnostic.secondary(def.span, "defined here, without `export`");
                        if let Some(place) = self.export_place(from, def.span)
                            && !self.graph.module(from).is_std
                        {
                            diagnostic = diagnostic.fix(place, "write `export` before its definition", "export ");
                        }
                    }
                    _ => {
                        let names = self.modules[from.index()].exports.keys().map(|s| s.as_str());
                        let near = nearest(name.name.as_str(), names);
                        diagnostic = with_suggestion(diagnostic, name.span, near);
                    }
                }
                self.diagnostics.push(diagnostic);
            }
            // The module itself was not found, which is reported at its specifier.
            (_, None) => {}
        }
        self.finish_link(link, missing);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkKind {
    Import,
    Export,
    ReExport,
}

struct Link {
    module: ModuleIndex,
    name: ast::ImportName,
    from: Option<ModuleIndex>,
    kind: LinkKind,
    source: Option<Symbol>,
}

/// The names that a pattern binds, and whether `mut` stands before each.
pub fn bound_names(pattern: &ast::Pattern, names: &mut Vec<(ast::Ident, bool)>) {
    match &pattern.kind {
        PatternKind::Name { name, is_mut } => names.push((*name, *is_mut)),
        PatternKind::Typed { name, is_mut, .. } => {
            if name.name.as_str() != "_" {
                names.push((*name, *is_mut));
            }
        }
        PatternKind::Binding { name, is_mut, pattern } => {
            names.push((*name, *is_mut));
            bound_names(pattern, names);
        }
        PatternKind::Tuple(patterns) => patterns.iter().for_each(|p| bound_names(p, names)),
        // All alternatives bind the same names.
        PatternKind::Or(patterns) => {
            if let Some(first) = patterns.first() {
                bound_names(first, names);
            }
        }
        PatternKind::Struct { fields, .. } => {
            for field in fields {
                match &field.pattern {
                    Some(pattern) => bound_names(pattern, names),
                    None => names.push((field.name, false)),
                }
            }
        }
        PatternKind::Variant { args, .. } => args.iter().flatten().for_each(|p| bound_names(p, names)),
        PatternKind::Wildcard | PatternKind::Literal(_) | PatternKind::Range { .. } | PatternKind::Error => {}
    }
}
