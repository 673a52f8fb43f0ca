//! Patterns: what they match and the locals that they bind.

use super::body::{Binding, Body};
use super::entity::Entity;
use crate::ast::{self, FieldPattern, Ident, PatternKind as AstKind};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Const, LocalId, Pattern, PatternKind, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    /// A pattern that must match every value: of `let`, `for` and parameters.
    pub(super) fn binding_pattern(&mut self, pattern: &'a ast::Pattern, ty: Ty, is_mut: bool) -> Pattern {
        let checked = self.pattern(pattern, ty, is_mut);
        if self.shallow(ty) != Ty::ERROR && !super::exhaustive::is_broken(&checked) && !self.irrefutable(&checked) {
            let missing = self.uncovered(std::slice::from_ref(&checked), ty);
            let mut diagnostic = Diagnostic::error("E0355", pattern.span, "this pattern does not match every value")
                .label("may not match");
            if let Some(missing) = missing {
                diagnostic = diagnostic.note(format!("`{missing}` is not matched"));
            }
            self.report(diagnostic.note("use `match` or `if let`"));
        }
        checked
    }

    /// The pattern of `if let p = v`: a name stands for the value of an optional that is not null.
    pub(super) fn let_condition_pattern(&mut self, pattern: &'a ast::Pattern, ty: Ty, is_mut: bool) -> Pattern {
        let ty = self.shallow(ty);
        if let TyKind::Optional(inner) = *self.cx.types.kind(ty)
            && matches!(pattern.kind, AstKind::Name { .. } | AstKind::Wildcard)
            && !self.names_constant(pattern)
        {
            let inside = self.pattern(pattern, inner, is_mut);
            return Pattern { kind: PatternKind::Some(Box::new(inside)), ty, span: pattern.span };
        }
        self.pattern(pattern, ty, is_mut)
    }

    /// Whether a pattern in a condition fits every value, so that it tests nothing.
    pub(super) fn always_matches(&self, pattern: &Pattern) -> bool {
        self.shallow(pattern.ty) != Ty::ERROR && !super::exhaustive::is_broken(pattern) && self.irrefutable(pattern)
    }

    /// Warns of a pattern in a condition that tests nothing.
    pub(super) fn warn_always_matches(&mut self, pattern: &Pattern) {
        if self.always_matches(pattern) {
            self.report(
                Diagnostic::warning("W0108", pattern.span, "this pattern always matches")
                    .label("a plain `let` would do"),
            );
        }
    }

    /// The pattern of a match arm. Once null has been matched, a name is the value inside.
    pub(super) fn arm_pattern(&mut self, pattern: &'a ast::Pattern, ty: Ty, null_is_done: bool) -> Pattern {
        if let TyKind::Optional(inner) = *self.kind(ty)
            && null_is_done
            && matches!(pattern.kind, AstKind::Name { .. })
            && !self.names_constant(pattern)
        {
            let inside = self.pattern(pattern, inner, false);
            return Pattern { kind: PatternKind::Some(Box::new(inside)), ty, span: pattern.span };
        }
        self.pattern(pattern, ty, false)
    }

    fn names_constant(&mut self, pattern: &ast::Pattern) -> bool {
        match &pattern.kind {
            AstKind::Name { name, is_mut: false } => {
                matches!(self.lookup(name.name), Some(Binding::Item(Entity::Const(_))))
            }
            _ => false,
        }
    }

    pub(super) fn pattern(&mut self, pattern: &'a ast::Pattern, ty: Ty, is_mut: bool) -> Pattern {
        let span = pattern.span;
        let ty = self.shallow(ty);
        let plain = |kind: PatternKind| Pattern { kind, ty, span };
        match &pattern.kind {
            AstKind::Wildcard => plain(PatternKind::Wildcard),
            AstKind::Name { name, is_mut: own } => {
                if !own && let Some(Binding::Item(Entity::Const(id))) = self.lookup(name.name) {
                    return self.constant_pattern(id, *name, ty, span);
                }
                if !own && let Some(wanted) = self.named_type(*name, ty) {
                    return self.type_pattern(wanted, ty, span, |_, ty| Pattern {
                        kind: PatternKind::Wildcard,
                        ty,
                        span,
                    });
                }
                let id = self.bind(*name, ty, is_mut || *own);
                plain(PatternKind::Bind(id, None))
            }
            AstKind::Typed { name, is_mut: own, ty: written } => {
                let name = (name.name.as_str() != "_").then_some((*name, *own));
                self.written_pattern(name, written, ty, is_mut, span)
            }
            AstKind::Binding { name, is_mut: own, pattern } => {
                let inner = self.pattern(pattern, ty, is_mut);
                let id = self.bind(*name, ty, is_mut || *own);
                plain(PatternKind::Bind(id, Some(Box::new(inner))))
            }
            AstKind::Literal(literal) => self.literal_pattern(literal, ty, span),
            AstKind::Range { start, end, inclusive } => {
                self.range_pattern(start.as_deref(), end.as_deref(), *inclusive, ty, span)
            }
            AstKind::Tuple(parts) => self.tuple_pattern(parts, ty, is_mut, span),
            AstKind::Struct { path, fields, has_rest } => {
                match self.variant_struct_pattern(path, fields, *has_rest, ty, is_mut, span) {
                    Some(variant) => variant,
                    None => self.struct_pattern(path, fields, *has_rest, ty, is_mut, span),
                }
            }
            AstKind::Variant { path, name, args } => {
                self.variant_pattern(path, *name, args.as_deref(), ty, is_mut, span)
            }
            AstKind::Or(parts) => self.or_pattern(parts, ty, is_mut, span),
            AstKind::Error => {
                self.cx.errors_before = true;
                self.has_errors = true;
                plain(PatternKind::Wildcard)
            }
        }
    }

    pub(super) fn bind(&mut self, name: Ident, ty: Ty, is_mut: bool) -> LocalId {
        let ty = if ty == Ty::NEVER || ty == Ty::VOID { Ty::ERROR } else { ty };
        self.declare(name.name, ty, is_mut, name.span, true)
    }

    /// The value inside, where a pattern that is about it stands for an optional.
    pub(super) fn through_optional(&mut self, ty: Ty, f: impl FnOnce(&mut Self, Ty) -> Pattern) -> Pattern {
        match *self.kind(ty) {
            TyKind::Optional(inner) => {
                let inside = f(self, inner);
                let span = inside.span;
                Pattern { kind: PatternKind::Some(Box::new(inside)), ty, span }
            }
            _ => f(self, ty),
        }
    }

    pub(super) fn constant_pattern(&mut self, id: super::entity::ConstId, name: Ident, ty: Ty, span: Span) -> Pattern {
        let Some((const_ty, value)) = self.cx.const_value(id) else {
            self.has_errors = true;
            return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
        };
        self.known_pattern(const_ty, value, name, ty, span)
    }

    /// The name of a constant of type `const_ty`.
    pub(super) fn known_pattern(&mut self, const_ty: Ty, value: Const, name: Ident, ty: Ty, span: Span) -> Pattern {
        self.through_optional(ty, |body, ty| {
            let fits = body.shallow(ty) == const_ty || ty == Ty::ERROR;
            if !fits || matches!(value, Const::Aggregate(_) | Const::Variant(..) | Const::Some(_)) {
                let (found, wanted) = (body.show(const_ty), body.show(ty));
                body.report(
                    Diagnostic::error("E0356", span, format!("the constant `{}` cannot match a `{wanted}`", name.name))
                        .label(format!("it is a `{found}`")),
                );
                return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
            }
            Pattern { kind: PatternKind::Const(value), ty, span }
        })
    }

    fn literal_pattern(&mut self, literal: &'a ast::Expr, ty: Ty, span: Span) -> Pattern {
        if matches!(super::flow::strip(literal).kind, ast::ExprKind::Literal(ast::Literal::Null)) {
            if !matches!(self.kind(ty), TyKind::Optional(_) | TyKind::Error) {
                let found = self.show(ty);
                self.error("E0356", span, format!("a `{found}` is never `null`"));
                return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
            }
            return Pattern { kind: PatternKind::Const(Const::Null), ty, span };
        }
        self.through_optional(ty, |body, ty| match body.pattern_const(literal, ty) {
            Some(value) => Pattern { kind: PatternKind::Const(value), ty, span },
            None => Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span },
        })
    }

    /// The value of a literal in a pattern, which is of the type of what is matched.
    fn pattern_const(&mut self, literal: &'a ast::Expr, ty: Ty) -> Option<Const> {
        let value = self.expr(literal, Some(ty));
        if self.shallow(ty) == Ty::ERROR {
            return None;
        }
        let span = value.span;
        let value = match self.try_coerce(value, ty) {
            Ok(value) => value,
            Err(value) => {
                let (found, wanted) = (self.show(value.ty), self.show(ty));
                self.report(
                    Diagnostic::error("E0356", span, format!("a `{found}` cannot match a `{wanted}`"))
                        .label(format!("what is matched is a `{wanted}`")),
                );
                return None;
            }
        };
        match value.kind {
            crate::tir::ExprKind::Const(value) => Some(value),
            _ => self.cx.fold(&value).ok(),
        }
    }

    fn range_pattern(
        &mut self,
        start: Option<&'a ast::Expr>,
        end: Option<&'a ast::Expr>,
        inclusive: bool,
        ty: Ty,
        span: Span,
    ) -> Pattern {
        self.through_optional(ty, |body, ty| {
            let wildcard = Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
            if !matches!(body.kind(ty), TyKind::Int(_) | TyKind::Float(_) | TyKind::Char | TyKind::Error) {
                let found = body.show(ty);
                body.error("E0356", span, format!("a range cannot match a `{found}`"));
                return wildcard;
            }
            let first = start.map(|e| body.pattern_const(e, ty));
            let last = end.map(|e| body.pattern_const(e, ty));
            if matches!(first, Some(None)) || matches!(last, Some(None)) {
                return wildcard;
            }
            let (first, last) = (first.flatten(), last.flatten());
            let last = match (last, inclusive) {
                (Some(Const::Int(n)), false) => Some(Const::Int(n - 1)),
                (Some(Const::Char(c)), false) => match super::exhaustive::char_before(c) {
                    Some(c) => Some(Const::Char(c)),
                    None => {
                        body.error("E0357", span, "this range is empty");
                        return wildcard;
                    }
                },
                (Some(Const::Float(_)), false) => {
                    body.not_built(span, "ranges of floats without their end as patterns");
                    return wildcard;
                }
                (last, _) => last,
            };
            let empty = match (&first, &last) {
                (Some(Const::Int(a)), Some(Const::Int(b))) => a > b,
                (Some(Const::Char(a)), Some(Const::Char(b))) => a > b,
                (Some(Const::Float(a)), Some(Const::Float(b))) => a > b,
                (None, Some(Const::Int(b))) => body.cx.types.as_int(ty).is_some_and(|int| *b < int.min()),
                _ => false,
            };
            if empty {
                body.error("E0357", span, "this range is empty");
                return wildcard;
            }
            Pattern { kind: PatternKind::Range(first, last), ty, span }
        })
    }

    fn tuple_pattern(&mut self, parts: &'a [ast::Pattern], ty: Ty, is_mut: bool, span: Span) -> Pattern {
        self.through_optional(ty, |body, ty| {
            let types = match body.kind(ty).clone() {
                TyKind::Tuple(types) if types.len() == parts.len() => types,
                other => {
                    if body.is_unsolved(ty) {
                        let types: Vec<Ty> = parts.iter().map(|p| body.fresh(Symbol::new("_"), p.span)).collect();
                        let tuple = body.cx.types.intern(TyKind::Tuple(types.clone()));
                        body.unify(ty, tuple);
                        types
                    } else {
                        if other != TyKind::Error {
                            let found = body.show(ty);
                            let message = format!("a tuple of {} cannot match a `{found}`", parts.len());
                            body.error("E0356", span, message);
                        }
                        vec![Ty::ERROR; parts.len()]
                    }
                }
            };
            let parts = parts.iter().zip(types).map(|(p, t)| body.pattern(p, t, is_mut)).collect();
            Pattern { kind: PatternKind::Tuple(parts), ty, span }
        })
    }

    fn struct_pattern(
        &mut self,
        path: &'a [Ident],
        fields: &'a [FieldPattern],
        has_rest: bool,
        ty: Ty,
        is_mut: bool,
        span: Span,
    ) -> Pattern {
        if let Some(wanted) = self.pattern_type(path, ty, span) {
            return self.type_pattern(wanted, ty, span, |body, ty| {
                body.struct_pattern(path, fields, has_rest, ty, is_mut, span)
            });
        }
        self.through_optional(ty, |body, ty| {
            let named = if path.is_empty() { Some(ty) } else { body.literal_type(path, &[], span) };
            if let Some(named) = named
                && !body.unify(named, ty)
            {
                let (found, wanted) = (body.show(named), body.show(ty));
                body.error("E0356", span, format!("a `{found}` cannot match a `{wanted}`"));
            }
            let known: Vec<(Symbol, Ty, bool)> = match body.kind(ty).clone() {
                TyKind::Nominal(id, types) => {
                    let infos: Vec<_> =
                        body.cx.nominals[id.index()].fields.iter().map(|f| (f.name, f.ty, f.is_private)).collect();
                    infos.into_iter().map(|(n, t, p)| (n, body.cx.types.substitute(t, &types), p)).collect()
                }
                TyKind::Record(fields) => fields.into_iter().map(|(n, t)| (n, t, false)).collect(),
                _ => Vec::new(),
            };
            let mut checked: Vec<(u32, Pattern)> = Vec::new();
            for field in fields {
                let index = known.iter().position(|(n, _, _)| *n == field.name.name);
                let field_ty = index.map_or(Ty::ERROR, |i| known[i].1);
                match index {
                    None if !known.is_empty() || body.shallow(ty) != Ty::ERROR => {
                        let owner = body.show(ty);
                        let near = nearest(field.name.name.as_str(), known.iter().map(|(n, _, _)| n.as_str()));
                        let message = format!("`{owner}` has no field `{}`", field.name.name);
                        let diagnostic = Diagnostic::error("E0336", field.name.span, message);
                        body.report(with_suggestion(diagnostic, field.name.span, near));
                    }
                    Some(i) if known[i].2 => {
                        if let TyKind::Nominal(id, _) = *body.kind(ty) {
                            body.require_visible(id, field.name, "field");
                        }
                    }
                    _ => {}
                }
                let inner = body.field_pattern(field, field_ty, is_mut);
                if let Some(index) = index {
                    checked.push((index as u32, inner));
                }
            }
            let left_out: Vec<String> = known
                .iter()
                .enumerate()
                .filter(|(i, _)| !checked.iter().any(|(j, _)| *j == *i as u32))
                .map(|(_, (n, _, _))| format!("`{n}`"))
                .collect();
            if !has_rest && !left_out.is_empty() {
                body.report(
                    Diagnostic::error("E0358", span, format!("the pattern leaves out {}", left_out.join(", ")))
                        .label("write `..` at its end if that is meant"),
                );
            }
            Pattern { kind: PatternKind::Fields(checked), ty, span }
        })
    }

    /// `x` or `x: pattern` in a struct pattern.
    pub(super) fn field_pattern(&mut self, field: &'a FieldPattern, ty: Ty, is_mut: bool) -> Pattern {
        match &field.pattern {
            Some(pattern) => self.pattern(pattern, ty, is_mut),
            None => {
                let id = self.bind(field.name, ty, is_mut);
                Pattern { kind: PatternKind::Bind(id, None), ty, span: field.name.span }
            }
        }
    }

    /// All alternatives bind the same names to the same types; each name is one local.
    fn or_pattern(&mut self, parts: &'a [ast::Pattern], ty: Ty, is_mut: bool, span: Span) -> Pattern {
        let mark = self.names.len();
        let mut checked: Vec<Pattern> = Vec::with_capacity(parts.len());
        let mut first: Vec<(Symbol, LocalId)> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let pattern = self.pattern(part, ty, is_mut);
            if index == 0 {
                first = self.locals_since(mark);
                checked.push(pattern);
                continue;
            }
            let here = self.locals_since(mark + first.len());
            self.names.truncate(mark + first.len());
            let mut map = Vec::new();
            for &(name, id) in &here {
                match first.iter().find(|(n, _)| *n == name) {
                    Some(&(_, other)) => {
                        let (a, b) = {
                            let locals = &self.frame().locals;
                            (locals[other.index()].ty, locals[id.index()].ty)
                        };
                        if !self.unify(a, b) {
                            let (a, b) = (self.show(a), self.show(b));
                            self.error(
                                "E0359",
                                part.span,
                                format!("`{name}` is a `{a}` in one alternative and a `{b}` in another"),
                            );
                        }
                        map.push((id, other));
                    }
                    None => {
                        self.error("E0359", part.span, format!("`{name}` is bound in this alternative only"));
                    }
                }
            }
            for (name, _) in &first {
                if !here.iter().any(|(n, _)| n == name) {
                    self.error("E0359", part.span, format!("`{name}` is not bound in this alternative"));
                }
            }
            let mut pattern = pattern;
            rename(&mut pattern, &map);
            checked.push(pattern);
        }
        Pattern { kind: PatternKind::Or(checked), ty, span }
    }

    fn locals_since(&self, mark: usize) -> Vec<(Symbol, LocalId)> {
        let locals = self.names[mark..].iter().filter_map(|&(name, binding)| match binding {
            Binding::Local { id, .. } => Some((name, id)),
            Binding::Item(_) => None,
        });
        locals.collect()
    }
}

/// Puts the locals of the first alternative in place of another's.
fn rename(pattern: &mut Pattern, map: &[(LocalId, LocalId)]) {
    match &mut pattern.kind {
        PatternKind::Bind(id, inner) => {
            if let Some(&(_, to)) = map.iter().find(|(from, _)| from == id) {
                *id = to;
            }
            if let Some(inner) = inner {
                rename(inner, map);
            }
        }
        PatternKind::Some(inner) | PatternKind::Type(inner) => rename(inner, map),
        PatternKind::Tuple(parts) | PatternKind::Or(parts) | PatternKind::Variant { fields: parts, .. } => {
            parts.iter_mut().for_each(|p| rename(p, map));
        }
        PatternKind::Fields(fields) => fields.iter_mut().for_each(|(_, p)| rename(p, map)),
        PatternKind::Wildcard | PatternKind::Const(_) | PatternKind::Range(..) => {}
    }
}
