//! Names inside bodies: locals, what closures take from the function around them, and items.

use super::body::{Binding, Body};
use super::condition::global_fact;
use super::entity::Entity;
use super::flow::Flow;
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Const, Expr, ExprKind, Local, LocalId, Ty, TyKind};

impl Body<'_, '_> {
    /// What a name means here.
    pub(super) fn lookup(&mut self, name: Symbol) -> Option<Binding> {
        if let Some(&(_, binding)) = self.names.iter().rev().find(|(n, _)| *n == name) {
            if let Binding::Item(entity) = binding {
                self.cx.usage.note(entity);
            }
            return Some(binding);
        }
        self.cx.lookup_module(self.scope.module, name).map(Binding::Item)
    }

    /// A local of this frame or one around it, as a value; narrowed when it is known not to be null.
    pub(super) fn local_value(&mut self, frame: usize, id: LocalId, span: Span) -> Expr {
        let (id, place) = self.local_place(frame, id, span);
        if self.flow().is_unassigned(id) {
            let name = place_name(&self.frames[self.frames.len() - 1].locals[id.index()]);
            let declared = self.frames[self.frames.len() - 1].locals[id.index()].span;
            self.report(
                Diagnostic::error("E0331", span, format!("`{name}` may not have a value yet"))
                    .label("read here")
                    .secondary(declared, "declared here without a value"),
            );
            // Once is enough.
            self.flow().set_assigned(id);
        }
        if let Some(known) = self.type_known_of(frame, id) {
            return Expr { kind: ExprKind::Downcast(Box::new(place)), ty: known, span };
        }
        let ty = self.shallow(place.ty);
        if let TyKind::Optional(inner) = *self.cx.types.kind(ty)
            && self.is_known_non_null(frame, id)
        {
            return Expr { kind: ExprKind::Narrow(Box::new(place)), ty: inner, span };
        }
        place
    }

    /// The local itself, in this frame; captured when it is an outer one's.
    pub(super) fn local_place(&mut self, frame: usize, id: LocalId, span: Span) -> (LocalId, Expr) {
        self.mark_used(frame, id);
        let is_reference = frame + 1 < self.frames.len() && self.frames[frame].locals[id.index()].is_reference;
        let mut current = if is_reference { self.self_pointer(frame, id) } else { id };
        for inner in frame + 1..self.frames.len() {
            current = self.capture(inner, current, span);
        }
        let value = self.local(current, span);
        if is_reference {
            // Of `mut self` a closure has the address: it sees and makes changes.
            let ty = self.frames[frame].locals[id.index()].ty;
            return (current, Expr { kind: ExprKind::Deref(Box::new(value)), ty, span });
        }
        (current, value)
    }

    fn is_known_non_null(&self, frame: usize, here: LocalId) -> bool {
        self.known_of(frame, here, |flow, id| flow.is_non_null(id).then_some(())).is_some()
    }

    /// The type that a value of an interface type is known to be of.
    fn type_known_of(&self, frame: usize, here: LocalId) -> Option<Ty> {
        self.known_of(frame, here, |flow, id| flow.known_type(id))
    }

    fn known_of<T>(&self, frame: usize, here: LocalId, ask: impl Fn(&Flow, LocalId) -> Option<T>) -> Option<T> {
        let last = self.frames.len() - 1;
        if let Some(known) = ask(&self.frames[last].flow, here) {
            return Some(known);
        }
        // An immutable variable stays what it was known to be where the closure was made.
        let mut id = here;
        for inner in (frame + 1..=last).rev() {
            if self.frames[inner].locals[id.index()].is_mut {
                return None;
            }
            id = self.frames[inner].captures.iter().find(|(_, i)| *i == id)?.0;
            if let Some(known) = ask(&self.frames[inner - 1].flow, id) {
                return Some(known);
            }
        }
        None
    }

    /// The local of frame `inner` for the local `outer` of the frame around it.
    fn capture(&mut self, inner: usize, outer: LocalId, span: Span) -> LocalId {
        if let Some(&(_, id)) = self.frames[inner].captures.iter().find(|(o, _)| *o == outer) {
            return id;
        }
        if self.frames[inner - 1].flow.is_unassigned(outer) {
            let local = &self.frames[inner - 1].locals[outer.index()];
            let (name, declared) = (place_name(local), local.span);
            self.report(
                Diagnostic::error("E0331", span, format!("`{name}` may not have a value yet"))
                    .label("captured by a closure here")
                    .secondary(declared, "declared here without a value"),
            );
        }
        let local = &mut self.frames[inner - 1].locals[outer.index()];
        local.is_shared |= local.is_mut;
        let copy = Local { is_addressed: false, ..local.clone() };
        self.add_captured(inner, outer, copy)
    }

    /// The variable with the address of `mut self` that closures of the frame capture.
    fn self_pointer(&mut self, frame: usize, id: LocalId) -> LocalId {
        if let Some(pointer) = self.frames[frame].self_pointer {
            return pointer;
        }
        let local = &mut self.frames[frame].locals[id.index()];
        local.is_addressed = true;
        let (ty, span) = (local.ty, local.span);
        let ty = self.cx.types.pointer(ty);
        let frame = &mut self.frames[frame];
        let pointer = LocalId(frame.locals.len() as u32);
        frame.locals.push(Local::plain(Symbol::new("self"), ty, span));
        frame.infos.push(super::body::LocalInfo { used: true, changed: false, warn: false, deferred: None });
        frame.self_pointer = Some(pointer);
        pointer
    }

    /// A closure that captures the address of `mut self` needs it taken before.
    pub(super) fn with_self_pointer(&mut self, closure: Expr, captured: &[LocalId]) -> Expr {
        let Some(pointer) = self.frame().self_pointer.filter(|pointer| captured.contains(pointer)) else {
            return closure;
        };
        let span = closure.span;
        let found = self.frame().locals.iter().position(|local| local.is_reference);
        let Some(index) = found else { crate::bug!("typecheck: the address of no `mut self`") };
        let place = self.local(LocalId(index as u32), span);
        let ty = self.frame().locals[pointer.index()].ty;
        let address = Expr { kind: ExprKind::AddressOf(Box::new(place)), ty, span };
        super::assign::in_block(vec![super::text::let_local(pointer, address)], closure)
    }

    fn add_captured(&mut self, inner: usize, outer: LocalId, local: Local) -> LocalId {
        let frame = &mut self.frames[inner];
        let id = LocalId(frame.locals.len() as u32);
        frame.locals.push(local);
        frame.infos.push(super::body::LocalInfo { used: true, changed: false, warn: false, deferred: None });
        frame.captures.push((outer, id));
        id
    }

    /// A name as a value.
    pub(super) fn name(&mut self, name: Symbol, hint: Option<Ty>, span: Span) -> Expr {
        match self.lookup(name) {
            Some(Binding::Local { frame, id }) => self.local_value(frame, id, span),
            Some(Binding::Item(entity)) => self.entity_value(entity, name, hint, span),
            None => self.unknown_name(name, span),
        }
    }

    pub(super) fn entity_value(&mut self, entity: Entity, name: Symbol, hint: Option<Ty>, span: Span) -> Expr {
        self.cx.warn_deprecated_entity(entity, name, span);
        match entity {
            Entity::Function(id) => {
                self.warn_deprecated(id, span);
                self.function_value_of(id, hint, span)
            }
            Entity::Const(id) => match self.cx.const_value(id) {
                Some((ty, value)) => Expr { kind: ExprKind::Const(value), ty, span },
                None => {
                    self.has_errors = true;
                    super::body::error_expr(span)
                }
            },
            Entity::Global(id) => {
                let pending = self.pending_globals.iter().find(|(global, _)| *global == id).map(|(_, ty)| *ty);
                let ty = match pending {
                    Some(ty) => ty,
                    None => self.cx.global_type(id, span),
                };
                self.note_global(id, span);
                self.has_errors |= ty == Ty::ERROR;
                let place = Expr { kind: ExprKind::Global(id), ty, span };
                let place = self.as_known_type(place, global_fact(id));
                if matches!(place.kind, ExprKind::Downcast(_)) {
                    return place;
                }
                if let TyKind::Optional(inner) = *self.kind(ty)
                    && self.flow().is_non_null(global_fact(id))
                {
                    return Expr { kind: ExprKind::Narrow(Box::new(place)), ty: inner, span };
                }
                place
            }
            Entity::Nominal(_) | Entity::Alias(_) => {
                self.report(
                    Diagnostic::error("E0332", span, format!("`{name}` is a type, not a value"))
                        .label("a value is expected here")
                        .note(format!("`{name} {{ ... }}` makes a value, `{name}.f()` calls its function")),
                );
                super::body::error_expr(span)
            }
            Entity::Module(_) => {
                self.report(
                    Diagnostic::error("E0332", span, format!("`{name}` is a module, not a value"))
                        .label(format!("write `{name}.x` for what it exports")),
                );
                super::body::error_expr(span)
            }
            Entity::Error => {
                self.has_errors = true;
                super::body::error_expr(span)
            }
        }
    }

    fn unknown_name(&mut self, name: Symbol, span: Span) -> Expr {
        if super::types::builtin(name).is_some() {
            return self.error("E0332", span, format!("`{name}` is a type, not a value"));
        }
        if name.as_str() == "self" {
            return self.error("E0333", span, "there is no `self` here: it is the first parameter of methods");
        }
        if let Some(what) = later(name) {
            return self.not_built(span, what);
        }
        let diagnostic =
            Diagnostic::error("E0333", span, format!("there is no `{name}` here")).label("not found in this scope");
        let diagnostic = match super::hints::foreign_name(name, diagnostic.clone(), span) {
            Some(hinted) => hinted,
            None => {
                let locals = self.names.iter().map(|(n, _)| n.as_str());
                let near = nearest(name.as_str(), locals)
                    .or_else(|| self.cx.nearest_item(self.scope.module, name, false))
                    .or_else(|| nearest(name.as_str(), super::hints::LONE_KEYWORDS.iter().copied()));
                with_suggestion(diagnostic, span, near)
            }
        };
        self.report(diagnostic);
        Expr { kind: ExprKind::Const(Const::Void), ty: Ty::ERROR, span }
    }
}

/// Names that the language has and this compiler does not have yet.
fn later(name: Symbol) -> Option<&'static str> {
    Some(match name.as_str() {
        "Error" => "errors",
        "Promise" => "promises",
        "Map" => "maps",
        "Set" => "sets",
        "setTimeout" | "setInterval" | "clearTimeout" | "clearInterval" | "queueMicrotask" => "timers",
        _ => return None,
    })
}

fn place_name(local: &Local) -> Symbol {
    local.name
}
