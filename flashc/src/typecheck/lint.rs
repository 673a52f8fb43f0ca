//! Warnings about what is right but not meant: names that nothing uses, `mut` that nothing needs, values that are
//! dropped, comparisons with itself, names that hide others. What is used is noted while checking; here is what
//! becomes of it. A name that begins with `_` is never warned about, nor is anything in a program with mistakes,
//! which may hide uses.

use super::Checker;
use super::body::{Binding, Body};
use super::entity::{Entity, FnId};
use super::flow::strip;
use crate::ast::{self, BinaryOp, ExprKind as AstKind, ImportNames, ItemKind};
use crate::diagnostics::{Diagnostic, Severity};
use crate::resolve::{DefKind, ModuleIndex};
use crate::source::{Span, Symbol};
use crate::tir::{Expr, ExprKind, GlobalId, LocalId, Ty, TyKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// What has been seen of names while checking.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    used: FxHashSet<Entity>,
    /// Whose body or members are being checked: a mention there does not count as a use of it.
    pub(super) current: Option<Entity>,
    changed_globals: FxHashSet<GlobalId>,
    /// Mistakes found while only the type of something was asked for; said when nothing else is.
    pub(super) unsaid: Vec<Diagnostic>,
    /// What carries `#[deprecated]`, with its text.
    deprecated: FxHashMap<Entity, Option<Symbol>>,
}

impl Usage {
    pub(super) fn note(&mut self, entity: Entity) {
        if self.current != Some(entity) {
            self.used.insert(entity);
        }
    }
}

/// Methods of arrays that give something and change nothing.
const PURE_ARRAY_METHODS: &[&str] = &[
    "all",
    "any",
    "concat",
    "copy",
    "count",
    "every",
    "filter",
    "find",
    "find_index",
    "first",
    "flat_map",
    "includes",
    "index_of",
    "is_empty",
    "join",
    "last",
    "last_index_of",
    "len",
    "map",
    "slice",
    "some",
    "sorted",
    "to_str",
    "zip",
    "enumerate",
    "reversed",
    "min",
    "max",
    "sum",
    "chunks",
    "windows",
    "take",
    "skip",
];

impl<'a> Checker<'a> {
    /// Finds what is deprecated, before any body is checked.
    pub(super) fn collect_deprecated(&mut self) {
        for index in self.new_modules() {
            let ast = self.graph.modules[index].ast;
            for item in &ast.items {
                let Some(attribute) = super::attributes::find(&item.attributes, "deprecated") else { continue };
                let name = match &item.kind {
                    ItemKind::Const(c) => c.name.name,
                    ItemKind::Record(decl) => decl.name.name,
                    ItemKind::Enum(decl) => decl.name.name,
                    ItemKind::Interface(decl) => decl.name.name,
                    ItemKind::Alias(alias) => alias.name.name,
                    // Functions carry their attributes with them.
                    _ => continue,
                };
                let text = super::attributes::text(std::slice::from_ref(attribute), "deprecated");
                if let Some(def) = self.resolved.modules[index].names.get(&name) {
                    self.usage.deprecated.insert(self.entities[def.index()], text);
                }
            }
        }
    }

    pub(super) fn warn_deprecated_entity(&mut self, entity: Entity, name: Symbol, span: Span) {
        if self.usage.current == Some(entity) {
            return;
        }
        if let Some(&text) = self.usage.deprecated.get(&entity) {
            self.deprecated(name, text, span);
        }
    }

    pub(super) fn deprecated(&mut self, name: Symbol, text: Option<Symbol>, span: Span) {
        let mut diagnostic = Diagnostic::warning("W0106", span, format!("`{name}` is deprecated"));
        if let Some(text) = text {
            diagnostic = diagnostic.label(text.as_str());
        }
        self.report(diagnostic);
    }

    /// Once all has been checked: what nothing uses.
    pub(super) fn warn_unused(&mut self) {
        // In a session the uses come later.
        if self.options.session {
            self.usage.unsaid.clear();
            return;
        }
        self.warn_unused_imports();
        if !self.errors_before && self.diagnostics.iter().all(|d| d.severity != Severity::Error) {
            let unsaid = std::mem::take(&mut self.usage.unsaid);
            self.diagnostics.extend(unsaid);
        }
        if self.errors_before || self.diagnostics.iter().any(|d| d.severity == Severity::Error) {
            return;
        }
        self.warn_unused_items();
        self.warn_unused_members();
        self.warn_unchanged_globals();
    }

    fn warn_unused_imports(&mut self) {
        let resolved = self.resolved.clone();
        for index in self.new_modules() {
            let (module, scope) = (ModuleIndex(index as u32), &resolved.modules[index]);
            if self.is_std(module) {
                continue;
            }
            for (name, def) in &scope.imports {
                let exported = scope.exports.values().any(|d| d == def);
                let known = self.entities[def.index()] != Entity::Error;
                let silent = name.name.as_str().starts_with('_');
                if known && !silent && !exported && !self.used_imports.contains(&(module, name.name)) {
                    let message = format!("the import `{}` is never used", name.name);
                    let mut diagnostic = Diagnostic::warning("W0102", name.span, message);
                    if let Some(span) = self.import_removal(module, name.span) {
                        diagnostic = diagnostic.fix(span, "remove it", "");
                    }
                    self.report(diagnostic);
                }
            }
        }
    }

    /// The text that must go with an imported name: the whole import, or the name with its comma.
    fn import_removal(&self, module: ModuleIndex, name: Span) -> Option<Span> {
        for item in &self.graph.module(module).ast.items {
            let ItemKind::Import(import) = &item.kind else { continue };
            match &import.names {
                ImportNames::Namespace(namespace) if namespace.span == name => return Some(item.span),
                ImportNames::Names(names) => {
                    let Some(at) = names.iter().position(|n| n.local().span == name) else { continue };
                    let own = names[at].name.span.to(name);
                    return Some(match (at.checked_sub(1).and_then(|at| names.get(at)), names.get(at + 1)) {
                        (_, Some(next)) => Span { end: next.name.span.start, ..own },
                        (Some(before), None) => Span { start: before.local().span.end, ..own },
                        (None, None) => item.span,
                    });
                }
                _ => {}
            }
        }
        None
    }

    fn warn_unused_items(&mut self) {
        let resolved = self.resolved.clone();
        for (def, &entity) in resolved.defs.iter().zip(&self.entities.clone()) {
            let exports = &resolved.modules[def.module.index()].exports;
            let exported = def.exported || exports.values().any(|id| self.entities[id.index()] == entity);
            if exported || self.usage.used.contains(&entity) || self.is_std(def.module) {
                continue;
            }
            let what = match def.kind {
                DefKind::Function(f) if f.extern_block.is_some() || f.function.extern_abi.is_some() => continue,
                DefKind::Function(_) => "function",
                DefKind::Const(_) => "constant",
                DefKind::Record(decl) if decl.kind == ast::RecordKind::Struct => "struct",
                DefKind::Record(_) => "class",
                DefKind::Enum(_) => "enum",
                DefKind::Interface(_) => "interface",
                DefKind::Alias(_) => "type",
                // What makes its value may be all that is wanted of it.
                DefKind::Global(l, _) if l.value.as_ref().is_none_or(is_plain) => "variable",
                DefKind::Global(..) | DefKind::Namespace(_) | DefKind::Missing => continue,
            };
            self.unused(what, def.name, def.span);
        }
    }

    fn unused(&mut self, what: &str, name: Symbol, span: Span) {
        if name.as_str().starts_with('_') || name.as_str() == "main" {
            return;
        }
        self.report(
            Diagnostic::warning("W0109", span, format!("the {what} `{name}` is never used"))
                .label("remove it, or begin its name with `_`"),
        );
    }

    /// Private members can only be used in their module.
    fn warn_unused_members(&mut self) {
        let mut unused = Vec::new();
        for info in &self.nominals {
            if self.is_std(info.module) {
                continue;
            }
            for &id in info.methods.values() {
                let method = &self.functions[id.index()];
                if method.is_private && !self.usage.used.contains(&Entity::Function(id)) {
                    unused.push(("method", method.ast.name.name, info.name, method.ast.name.span));
                }
            }
            for field in info.fields.iter().filter(|f| f.is_private) {
                if self.word_count(info.module, field.name) < 2 {
                    unused.push(("field", field.name, info.name, field.span));
                }
            }
        }
        for (what, name, owner, span) in unused {
            if !name.as_str().starts_with('_') {
                let message = format!("the private {what} `{name}` of `{owner}` is never used");
                self.report(Diagnostic::warning("W0110", span, message));
            }
        }
    }

    /// How often a word stands in a module.
    fn word_count(&self, module: ModuleIndex, name: Symbol) -> usize {
        let text = &self.graph.sources.file(self.graph.module(module).file).text;
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        let alone = |&(at, word): &(usize, &str)| {
            !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word)
        };
        text.match_indices(name.as_str()).filter(alone).count()
    }

    fn warn_unchanged_globals(&mut self) {
        let mut unchanged = Vec::new();
        for (index, global) in self.globals.iter().enumerate() {
            let changed = self.usage.changed_globals.contains(&GlobalId(index as u32));
            // What nothing uses is told as that.
            let used = self.usage.used.contains(&Entity::Global(GlobalId(index as u32)));
            if global.is_mut && used && !changed && !self.is_std(global.module) && global.declaration.value.is_some() {
                unchanged.push((global.name, global.span));
            }
        }
        for (name, span) in unchanged {
            self.unchanged(name, span);
        }
    }

    /// A `mut` right before the name that nothing needs.
    fn unchanged(&mut self, name: Symbol, span: Span) {
        let Some(word) = self.mut_before(span) else { return };
        if name.as_str().starts_with('_') {
            return;
        }
        self.report(
            Diagnostic::warning("W0112", span, format!("`{name}` is never changed")).label("it need not be `mut`").fix(
                word,
                "remove `mut`",
                "",
            ),
        );
    }

    /// Where `mut ` stands before a name.
    fn mut_before(&self, name: Span) -> Option<Span> {
        let text = self.graph.sources.file(name.file).text.get(..name.start as usize)?;
        let before = text.trim_end().strip_suffix("mut")?;
        (before.len() < text.len() && !before.ends_with(|c: char| c == '_' || c.is_alphanumeric())).then_some(Span {
            start: before.len() as u32,
            end: name.start,
            ..name
        })
    }
}

impl<'a> Body<'_, 'a> {
    /// A place is about to be changed: its variable needs to be `mut`.
    pub(super) fn note_changed(&mut self, id: LocalId) {
        let mut id = id;
        for frame in (0..self.frames.len()).rev() {
            self.frames[frame].infos[id.index()].changed = true;
            match self.frames[frame].captures.iter().find(|(_, inner)| *inner == id) {
                Some(&(outer, _)) => id = outer,
                None => return,
            }
        }
    }

    pub(super) fn note_changed_global(&mut self, id: GlobalId) {
        self.cx.usage.changed_globals.insert(id);
    }

    /// A scope ends: what of its names nothing used.
    pub(super) fn warn_unused_name(&mut self, name: Symbol, binding: Binding) {
        // A mistake may have hidden the use.
        if self.has_errors {
            return;
        }
        match binding {
            Binding::Local { frame, id } => {
                let (info, local) = (self.frames[frame].infos[id.index()], &self.frames[frame].locals[id.index()]);
                let (span, is_mut, is_reference) = (local.span, local.is_mut, local.is_reference);
                if info.warn && !info.used {
                    self.report(
                        Diagnostic::warning("W0101", span, format!("the variable `{name}` is never used")).fix(
                            span,
                            format!("write `_{name}` if that is meant"),
                            format!("_{name}"),
                        ),
                    );
                } else if is_mut && !info.changed && !is_reference && name.as_str() != "self" && self.cx.quiet == 0 {
                    self.cx.unchanged(name, span);
                }
            }
            Binding::Item(entity) => {
                let (what, span) = match entity {
                    Entity::Function(id) => ("function", self.cx.functions[id.index()].ast.name.span),
                    Entity::Const(id) => ("constant", self.cx.consts[id.index()].ast.name.span),
                    Entity::Nominal(id) => ("type", self.cx.nominals[id.index()].span),
                    Entity::Alias(id) => ("type", self.cx.aliases[id.index()].ast.name.span),
                    _ => return,
                };
                if !self.cx.usage.used.contains(&entity) {
                    self.cx.unused(what, name, span);
                }
            }
        }
    }

    /// A local that hides what was imported, or what every module sees.
    pub(super) fn warn_hidden(&mut self, name: Symbol, span: Span) {
        if self.is_std() || name.as_str() == "self" {
            return;
        }
        let resolved = self.cx.resolved.clone();
        let module = self.module();
        let own = resolved.modules[module.index()].names.get(&name);
        let is_import = resolved.modules[module.index()].imports.iter().any(|(ident, _)| ident.name == name);
        if is_import || (own.is_none() && resolved.prelude.contains_key(&name)) {
            self.cx.hidden(name, span, is_import);
        }
    }

    /// A statement whose value nobody asks for, and which does nothing else.
    pub(super) fn warn_dropped(&mut self, e: &'a ast::Expr, value: &Expr) {
        // `discard` puts what is dropped into a block.
        let value = match &value.kind {
            ExprKind::Block { statements, value: None } => match statements.as_slice() {
                [crate::tir::Stmt { kind: crate::tir::StmtKind::Expr(inner), .. }] => inner,
                _ => value,
            },
            _ => value,
        };
        let ty = self.shallow(value.ty);
        if matches!(ty, Ty::VOID | Ty::NEVER | Ty::ERROR) || self.has_errors {
            return;
        }
        if self.warn_unawaited(e, value) {
            return;
        }
        if is_comparison(e) {
            let mut diagnostic = Diagnostic::warning("W0113", e.span, "the result of this comparison is not used");
            if let AstKind::Binary { op: BinaryOp::Eq, op_span, .. } = strip(e).kind {
                diagnostic = diagnostic.fix(op_span, "to assign, write `=`", "=");
            }
            self.report(diagnostic);
        } else if does_nothing(e) {
            self.report(Diagnostic::warning("W0113", e.span, "this value is not used").label("it does nothing"));
        } else if let Some((method, receiver)) = self.pure_call(value) {
            let receiver = self.show(receiver);
            self.report(
                Diagnostic::warning("W0113", e.span, format!("the result of `{method}` is not used"))
                    .label(format!("this does not change the `{receiver}`, and does nothing else")),
            );
        }
    }

    /// A call of a method of std that only gives a value: its name, and the type that it is called on.
    fn pure_call(&mut self, value: &Expr) -> Option<(Symbol, Ty)> {
        let ExprKind::Call { callee: crate::tir::Callee::Function { function, .. }, args } = &value.kind else {
            return None;
        };
        let id: FnId = *self.cx.written.get(function)?;
        let info = &self.cx.functions[id.index()];
        let (name, module, is_method) = (info.ast.name.name, info.scope.module, info.scope.self_ty.is_some());
        let result = self.shallow(value.ty);
        if !is_method || !self.cx.is_std(module) || matches!(result, Ty::VOID | Ty::NEVER | Ty::ERROR) {
            return None;
        }
        let receiver = self.shallow(args.first()?.ty);
        let pure = match self.cx.types.kind(receiver) {
            TyKind::Str | TyKind::Int(_) | TyKind::Float(_) | TyKind::Char | TyKind::Bool => true,
            TyKind::Array(_) => PURE_ARRAY_METHODS.contains(&name.as_str()),
            _ => false,
        };
        pure.then_some((name, receiver))
    }

    /// `x == x` and the like.
    pub(super) fn warn_same_operands(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, value: &Expr) {
        let is_compared =
            matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
        if !is_compared || !same_place(left, right) {
            return;
        }
        // `x != x` is the test for NaN.
        if let ExprKind::Binary { left, .. } | ExprKind::Compare { left, .. } = &value.kind
            && matches!(self.kind(left.ty), TyKind::Float(_))
        {
            return;
        }
        let always = matches!(op, BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge);
        self.report(
            Diagnostic::warning("W0114", value.span, "this compares a value with itself")
                .label(format!("always {always}")),
        );
    }

    /// `x = x`
    pub(super) fn warn_same_assigned(&mut self, target: &ast::Expr, value: &ast::Expr, span: Span) {
        if same_place(target, value) {
            self.report(
                Diagnostic::warning("W0114", span, "this assigns a variable to itself").label("it does nothing"),
            );
        }
    }
}

impl Checker<'_> {
    /// Items that hide what every module sees.
    pub(super) fn warn_hidden_items(&mut self) {
        let resolved = self.resolved.clone();
        for def in &resolved.defs[self.first.def..] {
            let hides = resolved.prelude.contains_key(&def.name) && !self.is_std(def.module);
            // A program's own `Range` or `Set` is meant; there are more such names than anyone knows.
            let is_type =
                matches!(def.kind, DefKind::Record(_) | DefKind::Enum(_) | DefKind::Interface(_) | DefKind::Alias(_));
            if hides && !is_type && !matches!(def.kind, DefKind::Missing | DefKind::Namespace(_)) {
                self.hidden(def.name, def.span, false);
            }
        }
    }

    fn hidden(&mut self, name: Symbol, span: Span, is_import: bool) {
        let what = if is_import { "an import of this module" } else { "a name that every module knows" };
        self.report(
            Diagnostic::warning("W0115", span, format!("`{name}` hides {what}")).label("another name keeps both").fix(
                span,
                format!("write `{name}_`"),
                format!("{name}_"),
            ),
        );
    }
}

/// The value has no effect but being made.
fn is_plain(e: &ast::Expr) -> bool {
    let mut plain = true;
    super::flow::visit(e, &mut |e| {
        plain &= !matches!(
            e.kind,
            AstKind::Call { .. }
                | AstKind::Assign { .. }
                | AstKind::Await(_)
                | AstKind::Spawn(_)
                | AstKind::Throw(_)
                | AstKind::Import(_)
        );
        plain && !matches!(e.kind, AstKind::Closure(_))
    });
    plain
}

/// An expression that is no statement: whatever its parts do, its own value is lost.
fn does_nothing(e: &ast::Expr) -> bool {
    match &strip(e).kind {
        AstKind::Binary { op, .. } => !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce),
        AstKind::Unary { .. }
        | AstKind::Literal(_)
        | AstKind::Template(_)
        | AstKind::Name(_)
        | AstKind::SelfValue
        | AstKind::Array(_)
        | AstKind::ArrayRepeat { .. }
        | AstKind::Map(_)
        | AstKind::Struct { .. }
        | AstKind::ShortVariant(_)
        | AstKind::Range { .. }
        | AstKind::Cast { .. }
        | AstKind::Is { .. }
        | AstKind::Field { .. }
        | AstKind::Closure(_)
        | AstKind::TypeArgs { .. } => true,
        AstKind::Tuple(parts) => !parts.is_empty(),
        _ => false,
    }
}

fn is_comparison(e: &ast::Expr) -> bool {
    matches!(
        strip(e).kind,
        AstKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge,
            ..
        }
    )
}

/// The same variable, field or element, without a call in between.
fn same_place(a: &ast::Expr, b: &ast::Expr) -> bool {
    match (&strip(a).kind, &strip(b).kind) {
        (AstKind::Name(a), AstKind::Name(b)) => a == b,
        (AstKind::SelfValue, AstKind::SelfValue) => true,
        (
            AstKind::Field { base: a, name: x, optional: false },
            AstKind::Field { base: b, name: y, optional: false },
        ) => x.name == y.name && same_place(a, b),
        (AstKind::Index { base: a, index: x, .. }, AstKind::Index { base: b, index: y, .. }) => {
            same_place(a, b) && same_index(x, y)
        }
        _ => false,
    }
}

fn same_index(a: &ast::Expr, b: &ast::Expr) -> bool {
    match (&strip(a).kind, &strip(b).kind) {
        (
            AstKind::Literal(ast::Literal::Int { value: a, .. }),
            AstKind::Literal(ast::Literal::Int { value: b, .. }),
        ) => a == b,
        _ => same_place(a, b),
    }
}
