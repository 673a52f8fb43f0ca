//! What stands behind a value: `.field`, `[index]`, `(arguments)`, `!`, and `?.`, which leaves the
//! whole chain with `null` when there is nothing to go on with.

use super::body::{Binding, Body, error_expr};
use super::entity::Entity;
use super::variant::Given;
use crate::ast::{self, ExprKind as AstKind, Ident};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Arm, Const, Expr, ExprKind, LocalId, LoopId, NominalId, Pattern, PatternKind, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    /// A chain as a whole. Its outermost part stands here; a `?.` inside leaves to here.
    pub(super) fn postfix(&mut self, e: &'a ast::Expr, hint: Option<Ty>) -> Expr {
        if !has_optional_link(e) {
            return self.link(e, hint);
        }
        let id = self.next_loop();
        self.chains.push(id);
        let value = self.link(e, None);
        self.chains.pop();
        let span = e.span;
        let ty = self.shallow(value.ty);
        match self.cx.types.kind(ty) {
            TyKind::Error => Expr { ty, ..value },
            TyKind::Void | TyKind::Never => {
                Expr { kind: ExprKind::Labelled { id, body: Box::new(value) }, ty: Ty::VOID, span }
            }
            TyKind::Optional(_) => self.finish_chain(id, value, ty, span),
            _ => {
                let optional = self.cx.types.optional(ty);
                let value = Expr { kind: ExprKind::Wrap(Box::new(value)), ty: optional, span };
                self.finish_chain(id, value, optional, span)
            }
        }
    }

    /// The chain's value; where it breaks off, `null` of the chain's type.
    fn finish_chain(&mut self, id: LoopId, mut value: Expr, ty: Ty, span: Span) -> Expr {
        fill_breaks(&mut value, id, ty);
        Expr { kind: ExprKind::Labelled { id, body: Box::new(value) }, ty, span }
    }

    fn link(&mut self, e: &'a ast::Expr, hint: Option<Ty>) -> Expr {
        let span = e.span;
        match &e.kind {
            AstKind::Field { base, name, optional } => self.field(base, *name, *optional, hint, span),
            AstKind::Index { base, index, optional } => {
                let base = self.chain_base(base, *optional);
                self.index(base, index, span)
            }
            AstKind::Call { callee, type_args, args } => self.call(callee, type_args, args, hint, span),
            AstKind::Unwrap(inner) => {
                let hint = hint.map(|h| self.cx.types.optional(h));
                let value = self.chain_part(inner, hint);
                self.unwrap(value, span)
            }
            _ => self.expr(e, hint),
        }
    }

    /// A part of the chain that is going on, or the value it starts with.
    fn chain_part(&mut self, e: &'a ast::Expr, hint: Option<Ty>) -> Expr {
        match &e.kind {
            AstKind::Call { .. } | AstKind::Field { .. } | AstKind::Index { .. } | AstKind::Unwrap(_) => {
                self.link(e, hint)
            }
            _ => self.expr(e, hint),
        }
    }

    /// What stands before `.`, `?.` or `[`; at `?.` the chain is left when it is null.
    pub(super) fn chain_base(&mut self, base: &'a ast::Expr, optional: bool) -> Expr {
        let value = self.chain_part(base, None);
        if !optional {
            return value;
        }
        let span = value.span;
        let ty = self.shallow(value.ty);
        let inner = match *self.cx.types.kind(ty) {
            TyKind::Optional(inner) => inner,
            TyKind::Error | TyKind::Never => return value,
            _ => {
                if !matches!(value.kind, ExprKind::Narrow(_)) {
                    let found = self.show(ty);
                    self.report(
                        Diagnostic::warning("W0104", span, format!("this is a `{found}`, which is never null"))
                            .label("`.` is enough here"),
                    );
                }
                return value;
            }
        };
        let Some(&id) = self.chains.last() else { crate::bug!("typecheck: `?.` outside a chain") };
        let local = self.temp("value", inner, span);
        let found = self.local(local, span);
        let leave = Expr { kind: ExprKind::Break { id, value: None }, ty: Ty::NEVER, span };
        self.match_optional(value, local, inner, found, leave, inner, span)
    }

    /// `match value { local => found, null => absent }`
    pub(super) fn match_optional(
        &mut self,
        value: Expr,
        local: LocalId,
        inner: Ty,
        found: Expr,
        absent: Expr,
        ty: Ty,
        span: Span,
    ) -> Expr {
        let optional = value.ty;
        let bind = Pattern { kind: PatternKind::Bind(local, None), ty: inner, span };
        let some = Pattern { kind: PatternKind::Some(Box::new(bind)), ty: optional, span };
        let rest = Pattern { kind: PatternKind::Wildcard, ty: optional, span };
        let arms =
            vec![Arm { pattern: some, guard: None, body: found }, Arm { pattern: rest, guard: None, body: absent }];
        Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty, span }
    }

    pub(super) fn unwrap(&mut self, value: Expr, span: Span) -> Expr {
        let ty = self.shallow(value.ty);
        match *self.cx.types.kind(ty) {
            TyKind::Optional(inner) => {
                let narrowed = self.narrowable(&value);
                self.flow().add_non_null(&narrowed);
                Expr { kind: ExprKind::Unwrap(Box::new(value)), ty: inner, span }
            }
            TyKind::Error | TyKind::Never => value,
            _ => {
                if !matches!(value.kind, ExprKind::Narrow(_)) {
                    let found = self.show(ty);
                    self.report(
                        Diagnostic::warning("W0104", span, format!("this is a `{found}`, which is never null"))
                            .label("the `!` does nothing"),
                    );
                }
                value
            }
        }
    }

    /// `base.name` that is not called.
    fn field(&mut self, base: &'a ast::Expr, name: Ident, optional: bool, hint: Option<Ty>, span: Span) -> Expr {
        if let Some(entity) = self.path_of(base) {
            return match entity {
                Entity::Module(module) => match self.cx.lookup_export(module, name.name) {
                    Some(entity) => self.entity_value(entity, name.name, hint, span),
                    None => self.unknown_export(module, name),
                },
                Entity::Nominal(id) => self.static_member(id, base, name, hint, span),
                _ => error_expr(span),
            };
        }
        if let AstKind::Name(written) = base.kind
            && self.lookup(written).is_none()
            && let Some(ty) = self.type_named(written).or_else(|| super::types::builtin(written))
        {
            if let Some(value) = self.limit(ty, name.name, span).or_else(|| self.method_value(ty, name, hint, span)) {
                return value;
            }
            if !self.is_param(ty) {
                return self.unknown_static(ty, name, span);
            }
        }
        let value = self.chain_base(base, optional);
        self.field_of(value, name, span)
    }

    /// Of a built-in type.
    fn unknown_static(&mut self, ty: Ty, name: Ident, span: Span) -> Expr {
        let found = self.show(ty);
        let mut names = self.member_names(ty);
        names.extend(self.limit_names(ty));
        let diagnostic = Diagnostic::error("E0336", name.span, format!("`{found}` has no `{}`", name.name));
        self.report(with_suggestion(diagnostic, name.span, nearest(name.name.as_str(), names)));
        error_expr(span)
    }

    /// `i32.abs`, `P.area`, `T.area`: a method, of the type or of an interface that it implements, as a function.
    fn method_value(&mut self, ty: Ty, name: Ident, hint: Option<Ty>, span: Span) -> Option<Expr> {
        if let Some(function) = self.method_of(ty, name.name) {
            return Some(self.function_value_of(function, hint, span));
        }
        match self.interface_method_of(ty, name) {
            Ok(Some(found)) => {
                self.owner_args = found.owner_args;
                Some(self.function_value_of(found.function, hint, span))
            }
            Ok(None) if name.name.as_str() == "to_str" => {
                let show = self.cx.known.get("Show")?;
                let function = *self.cx.nominals[show.index()].methods.get(&Symbol::new("show"))?;
                self.owner_args = vec![ty];
                Some(self.function_value_of(function, hint, span))
            }
            Ok(None) => None,
            Err(()) => Some(error_expr(span)),
        }
    }

    pub(super) fn unknown_export(&mut self, module: crate::resolve::ModuleIndex, name: Ident) -> Expr {
        let near = self.cx.nearest_export(module, name.name);
        let module_name = self.cx.graph.module(module).name;
        let diagnostic =
            Diagnostic::error("E0333", name.span, format!("the module `{module_name}` exports no `{}`", name.name))
                .label("not exported");
        self.report(with_suggestion(diagnostic, name.span, near));
        error_expr(name.span)
    }

    fn static_member(&mut self, id: NominalId, base: &'a ast::Expr, name: Ident, hint: Option<Ty>, span: Span) -> Expr {
        if let Some(index) = self.variant_index(id, name.name) {
            let written = self.owner_args(id, base);
            return self.variant(id, index, &written, Given::Nothing, hint, span);
        }
        let info = &self.cx.nominals[id.index()];
        match info.methods.get(&name.name).copied() {
            Some(function) => {
                if self.cx.functions[function.index()].is_private {
                    self.require_visible(id, name, "function");
                }
                self.owner_args = self.owner_args(id, base);
                self.function_value_of(function, hint, span)
            }
            None => {
                if !info.is_interface()
                    && let Some(ty) = self.type_of_path(id, base)
                    && let Some(value) = self.method_value(ty, name, hint, span)
                {
                    return value;
                }
                let info = &self.cx.nominals[id.index()];
                if info.is_enum() {
                    return self.unknown_variant(id, name);
                }
                let owner = info.name;
                let near = nearest(name.name.as_str(), info.methods.keys().map(|s| s.as_str()));
                let diagnostic =
                    Diagnostic::error("E0336", name.span, format!("`{owner}` has no function `{}`", name.name));
                self.report(with_suggestion(diagnostic, name.span, near));
                error_expr(span)
            }
        }
    }

    /// What the expression names, when it is a module or type rather than a value.
    pub(super) fn path_of(&mut self, e: &ast::Expr) -> Option<Entity> {
        match &e.kind {
            AstKind::Name(name) => match self.lookup(*name)? {
                Binding::Item(entity @ (Entity::Module(_) | Entity::Nominal(_))) => Some(entity),
                Binding::Item(Entity::Alias(id)) => {
                    let ty = self.cx.alias(id);
                    match self.cx.types.kind(ty) {
                        TyKind::Nominal(id, _) => Some(Entity::Nominal(*id)),
                        _ => None,
                    }
                }
                _ => None,
            },
            // The type's arguments are taken up where the function is called.
            AstKind::TypeArgs { base, .. } => match self.path_of(base)? {
                entity @ Entity::Nominal(_) => Some(entity),
                _ => None,
            },
            AstKind::Field { base, name, optional: false } => match self.path_of(base)? {
                Entity::Module(module) => match self.cx.lookup_export(module, name.name)? {
                    entity @ (Entity::Module(_) | Entity::Nominal(_)) => Some(entity),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// A field of a checked value.
    pub(super) fn field_of(&mut self, value: Expr, name: Ident, span: Span) -> Expr {
        let value = self.auto_deref(value);
        let ty = self.shallow(value.ty);
        match self.cx.types.kind(ty).clone() {
            TyKind::Error | TyKind::Never => Expr { ty, ..value },
            TyKind::Optional(_) if let Some(note) = self.changing_field(&value) => {
                self.field_note = Some(note);
                let found = self.unknown_member(ty, name, span);
                self.field_note = None;
                found
            }
            TyKind::Nominal(id, args) => {
                let fields = &self.cx.nominals[id.index()].fields;
                if let Some(index) = fields.iter().position(|f| f.name == name.name) {
                    let (field_ty, is_private) = (fields[index].ty, fields[index].is_private);
                    if is_private {
                        self.require_visible(id, name, "field");
                    }
                    let field_ty = self.cx.types.substitute(field_ty, &args);
                    let kind = ExprKind::Field { base: Box::new(value), index: index as u32 };
                    return self.narrowed_field(Expr { kind, ty: field_ty, span });
                }
                match self.json_member(&value, name, span) {
                    Some(member) => member,
                    None => self.unknown_member(ty, name, span),
                }
            }
            TyKind::Tuple(types) => {
                if let Some(index) = name.name.as_str().parse::<usize>().ok().filter(|&i| i < types.len()) {
                    let kind = ExprKind::Field { base: Box::new(value), index: index as u32 };
                    return self.narrowed_field(Expr { kind, ty: types[index], span });
                }
                let found = self.show(ty);
                let message = format!("a `{found}` has no `.{}`", name.name);
                self.error("E0336", name.span, message)
            }
            TyKind::Record(fields) => match fields.iter().position(|(n, _)| *n == name.name) {
                Some(index) => {
                    let kind = ExprKind::Field { base: Box::new(value), index: index as u32 };
                    self.narrowed_field(Expr { kind, ty: fields[index].1, span })
                }
                None => self.unknown_member(ty, name, span),
            },
            TyKind::Param(index, _) if index >= super::infer::INFER_BASE => self.unknown_type_yet(name.span),
            _ => self.unknown_member(ty, name, span),
        }
    }

    pub(super) fn unknown_type_yet(&mut self, span: Span) -> Expr {
        self.report(
            Diagnostic::error("E0311", span, "the type of what stands before is not known here")
                .label("write it, for example `let x: T = ...` or `fn(x: T)`"),
        );
        error_expr(span)
    }

    pub(super) fn require_visible(&mut self, id: NominalId, name: Ident, what: &str) {
        let info = &self.cx.nominals[id.index()];
        if !self.cx.is_home(info.module, self.module()) {
            let owner = info.name;
            self.report(
                Diagnostic::error("E0337", name.span, format!("the {what} `{}` of `{owner}` is private", name.name))
                    .label("only the module that defines the type may use it"),
            );
        }
    }

    /// Reports a member that is not there, with the nearest that is.
    pub(super) fn unknown_member(&mut self, ty: Ty, name: Ident, span: Span) -> Expr {
        let ty = self.deep(ty);
        let found = self.cx.show(ty);
        if let TyKind::Optional(inner) = *self.cx.types.kind(ty) {
            let names = self.member_names(inner);
            if names.contains(&name.name.as_str()) {
                let mut diagnostic =
                    Diagnostic::error("E0338", name.span, format!("this is a `{found}`, which may be null"))
                        .label(format!("`.{}` needs a value", name.name))
                        .note("test it with `if x != null`, or write `?.` or `!.`");
                if let Some(note) = self.field_note.take() {
                    diagnostic = diagnostic.note(note);
                }
                self.report(diagnostic);
                return error_expr(span);
            }
        }
        if let Some(inner) = self.awaited_type(ty)
            && self.member_names(inner).contains(&name.name.as_str())
        {
            let diagnostic = Diagnostic::error("E0336", name.span, format!("a promise has no `{}`", name.name))
                .label("its value has: write `(await ...)` around what is before the dot");
            let diagnostic = self.with_await(diagnostic, ty, None);
            self.report(diagnostic);
            return error_expr(span);
        }
        let names = self.member_names(ty);
        let mut is_method = self.method_of(ty, name.name).is_some();
        if !is_method {
            self.attempt(false, |this| {
                is_method = matches!(this.interface_method_of(ty, name), Ok(Some(_)));
                false
            });
        }
        if is_method {
            self.report(
                Diagnostic::error("E0339", name.span, format!("the method `{}` is not called", name.name))
                    .label("methods are no values")
                    .fix(name.span.after(), "call it", "()")
                    .note(format!(
                        "as a function, write `fn(...) => x.{}(...)`; `{found}.{}` takes `self` as well",
                        name.name, name.name
                    )),
            );
            return error_expr(span);
        }
        let mut diagnostic = Diagnostic::error("E0336", name.span, format!("a `{found}` has no `{}`", name.name));
        if let TyKind::Optional(_) = self.cx.types.kind(ty)
            && let Some(hint) = super::hints::foreign_optional_member(name.name.as_str())
        {
            self.report(diagnostic.note(hint));
            return error_expr(span);
        }
        let known = super::hints::foreign_members(name.name.as_str()).iter().find(|known| names.contains(known));
        let near = known.copied().or_else(|| nearest(name.name.as_str(), names));
        if near.is_none() {
            diagnostic = self.with_fields(diagnostic, ty);
        }
        self.report(with_suggestion(diagnostic, name.span, near));
        error_expr(span)
    }

    /// The fields of a small type, for a member that is nothing like them.
    fn with_fields(&self, diagnostic: Diagnostic, ty: Ty) -> Diagnostic {
        let names: Vec<String> = match self.cx.types.kind(ty) {
            TyKind::Nominal(id, _) => {
                self.cx.nominals[id.index()].fields.iter().map(|f| format!("`{}`", f.name)).collect()
            }
            TyKind::Record(fields) => fields.iter().map(|(name, _)| format!("`{name}`")).collect(),
            _ => Vec::new(),
        };
        match names.len() {
            0 => diagnostic,
            1 => diagnostic.note(format!("its field is {}", names[0])),
            2..=8 => diagnostic.note(format!("its fields are {}", names.join(", "))),
            _ => diagnostic,
        }
    }

    fn member_names(&self, ty: Ty) -> Vec<&'static str> {
        let mut names = Vec::new();
        let kind = self.cx.types.kind(ty);
        match kind {
            TyKind::Nominal(id, _) => {
                let info = &self.cx.nominals[id.index()];
                names.extend(info.fields.iter().map(|f| f.name.as_str()));
                names.extend(info.methods.keys().map(|s| s.as_str()));
            }
            TyKind::Record(fields) => names.extend(fields.iter().map(|(n, _)| n.as_str())),
            TyKind::Tuple(types) => names.extend((0..types.len()).map(|i| Symbol::new(&i.to_string()).as_str())),
            _ => {}
        }
        if let Some(head) = super::entity::Head::of(kind) {
            let methods = self.cx.builtin_methods.keys().filter(|(h, _)| *h == head);
            names.extend(methods.map(|(_, name)| name.as_str()));
        }
        names.push("to_str");
        names
    }

    fn not_indexed(&mut self, base: &Expr, span: Span) -> Expr {
        let ty = self.shallow(base.ty);
        let found = self.show(ty);
        let mut diagnostic = Diagnostic::error("E0335", base.span, format!("a `{found}` cannot be indexed"));
        if ty == Ty::STR {
            diagnostic = diagnostic.note("a `str` is UTF-8: see its methods `char_at`, `byte_at` and `slice`");
        } else if matches!(self.cx.types.kind(ty), TyKind::Optional(_)) {
            diagnostic = diagnostic.note("it may be null: test it, or write `?.[` or `!`");
        } else if matches!(self.cx.types.kind(ty), TyKind::Nominal(..)) {
            diagnostic = diagnostic.note(format!("`impl Index<Key, Value> for {found} {{ ... }}` makes it so"));
        }
        self.report(diagnostic);
        error_expr(span)
    }

    /// `base[index]`
    fn index(&mut self, base: Expr, index: &'a ast::Expr, span: Span) -> Expr {
        let base = self.auto_deref(base);
        let ty = self.shallow(base.ty);
        if let Some(slot) = self.keyed_slot(&base, ty, index, span) {
            return slot;
        }
        if matches!(self.cx.types.kind(ty), TyKind::Nominal(..) | TyKind::Param(..)) {
            return match self.overloaded_index(base, index, span) {
                Ok(call) => call,
                Err(base) => {
                    let index = self.expr(index, Some(Ty::I64));
                    match self.json_index(&base, index, span) {
                        Some(element) => element,
                        None => self.not_indexed(&base, span),
                    }
                }
            };
        }
        let index_span = index.span;
        let index = self.expr(index, Some(Ty::I64));
        let element = match *self.cx.types.kind(ty) {
            TyKind::Array(element) => element,
            TyKind::FixedArray(element, count) => {
                if let ExprKind::Const(Const::Int(n)) = index.kind
                    && !(0..i128::from(count)).contains(&n)
                {
                    self.report(
                        Diagnostic::error("E0342", index_span, format!("the index {n} is out of bounds"))
                            .label(format!("the array has {count} elements")),
                    );
                }
                element
            }
            TyKind::Error | TyKind::Never => return Expr { ty, ..base },
            _ => return self.not_indexed(&base, span),
        };
        let index = self.index_value(index);
        Expr { kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) }, ty: element, span }
    }
}

/// Whether a `?.` of this chain, not of one inside its arguments, is in it.
fn has_optional_link(e: &ast::Expr) -> bool {
    match &e.kind {
        AstKind::Field { base, optional, .. } | AstKind::Index { base, optional, .. } => {
            *optional || has_optional_link(base)
        }
        AstKind::Call { callee, .. } => has_optional_link(callee),
        AstKind::Unwrap(inner) => has_optional_link(inner),
        _ => false,
    }
}

/// Gives the breaks to `id`, which stand in the spine of the chain, their `null`.
fn fill_breaks(e: &mut Expr, id: LoopId, ty: Ty) {
    match &mut e.kind {
        ExprKind::Break { id: to, value } if *to == id => {
            let null = Expr { kind: ExprKind::Const(Const::Null), ty, span: e.span };
            *value = Some(Box::new(null));
        }
        ExprKind::Field { base: e, .. }
        | ExprKind::Index { base: e, .. }
        | ExprKind::Deref(e)
        | ExprKind::AddressOf(e)
        | ExprKind::Unwrap(e)
        | ExprKind::Narrow(e)
        | ExprKind::ToInterface(e)
        | ExprKind::Downcast(e)
        | ExprKind::Wrap(e)
        | ExprKind::Show(e)
        | ExprKind::Convert(e) => fill_breaks(e, id, ty),
        ExprKind::Match { value, arms } => {
            fill_breaks(value, id, ty);
            arms.iter_mut().for_each(|arm| fill_breaks(&mut arm.body, id, ty));
        }
        ExprKind::Call { callee, args } => {
            if let crate::tir::Callee::Value(value) = callee {
                fill_breaks(value, id, ty);
            }
            if let Some(receiver) = args.first_mut() {
                fill_breaks(receiver, id, ty);
            }
        }
        ExprKind::Block { statements, value } => {
            for stmt in statements {
                match &mut stmt.kind {
                    crate::tir::StmtKind::Let { value, .. }
                    | crate::tir::StmtKind::Expr(value)
                    | crate::tir::StmtKind::Defer(value) => fill_breaks(value, id, ty),
                    crate::tir::StmtKind::Declare(_) => {}
                }
            }
            if let Some(value) = value {
                fill_breaks(value, id, ty);
            }
        }
        _ => {}
    }
}
