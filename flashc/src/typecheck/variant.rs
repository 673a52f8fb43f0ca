//! Enums: values of variants, by their full name or as `.Name` where the type is known, and the
//! patterns that match them.

use super::body::{Body, error_expr};
use super::entity::Entity;
use super::types::PathEntity;
use crate::ast::{self, Arg, FieldInit, FieldPattern, Ident};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Arm, Callee, Const, Expr, ExprKind, NominalId, Pattern, PatternKind, Ty, TyKind};

/// What stands behind a variant's name.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    Nothing,
    Positional(&'a [Arg]),
    Named(&'a [FieldInit]),
}

impl<'a> Body<'_, 'a> {
    pub(super) fn variant_index(&self, id: NominalId, name: Symbol) -> Option<usize> {
        self.cx.nominals[id.index()].variants.iter().position(|v| v.name == name)
    }

    /// The enum that a value is expected to be.
    fn expected_enum(&self, hint: Option<Ty>) -> Option<NominalId> {
        match self.kind(hint?) {
            TyKind::Nominal(id, _) if self.cx.nominals[id.index()].is_enum() => Some(*id),
            TyKind::Optional(inner) => self.expected_enum(Some(*inner)),
            _ => None,
        }
    }

    /// `.Name`, `.Name(...)`, `.Name { ... }`
    pub(super) fn short_variant(&mut self, name: Ident, given: Given<'a>, hint: Option<Ty>, span: Span) -> Expr {
        let Some(id) = self.expected_enum(hint) else {
            self.check_given(given);
            if hint.is_some_and(|h| self.shallow(h) == Ty::ERROR) {
                self.has_errors = true;
                return error_expr(span);
            }
            self.report(
                Diagnostic::error("E0390", span, format!("the enum of `.{}` is not known here", name.name))
                    .label(format!("write `Name.{}`", name.name)),
            );
            return error_expr(span);
        };
        match self.variant_index(id, name.name) {
            Some(index) => self.variant(id, index, &[], given, hint, span),
            None => {
                self.check_given(given);
                self.unknown_variant(id, name)
            }
        }
    }

    pub(super) fn unknown_variant(&mut self, id: NominalId, name: Ident) -> Expr {
        let info = &self.cx.nominals[id.index()];
        let (owner, declared) = (info.name, info.span);
        let near = nearest(name.name.as_str(), info.variants.iter().map(|v| v.name.as_str()));
        let diagnostic = Diagnostic::error("E0391", name.span, format!("`{owner}` has no variant `{}`", name.name))
            .secondary(declared, "declared here");
        let names: Vec<String> = info.variants.iter().map(|v| format!("`{}`", v.name)).collect();
        let diagnostic = match near {
            None if names.len() <= 12 => diagnostic.note(format!("its variants are {}", names.join(", "))),
            _ => with_suggestion(diagnostic, name.span, near),
        };
        self.report(diagnostic);
        error_expr(name.span)
    }

    fn check_given(&mut self, given: Given<'a>) {
        match given {
            Given::Nothing => {}
            Given::Positional(args) => self.check_loose(args),
            Given::Named(fields) => {
                for value in fields.iter().filter_map(|f| f.value.as_ref()) {
                    self.expr(value, None);
                }
            }
        }
    }

    /// A value of a variant. `written` are the type arguments behind the enum's name, if any stand there.
    pub(super) fn variant(
        &mut self,
        id: NominalId,
        index: usize,
        written: &[Ty],
        given: Given<'a>,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let generics = self.cx.nominals[id.index()].scope.generics.clone();
        let types: Vec<Ty> = generics.iter().map(|g| self.fresh(g.name, span)).collect();
        let ty = self.cx.types.intern(TyKind::Nominal(id, types.clone()));
        let owner = self.cx.nominals[id.index()].name;
        self.require_bounds(&generics, &types, owner, span);
        for (&var, &written) in types.iter().zip(written) {
            self.unify(var, written);
        }
        if let Some(hint) = hint {
            let hint = match *self.kind(hint) {
                TyKind::Optional(inner) => inner,
                _ => hint,
            };
            self.unify(ty, hint);
        }
        let sources = match self.variant_sources(id, index, given, span) {
            Ok(sources) => sources,
            Err(()) => {
                self.check_given(given);
                return Expr { ty, ..error_expr(span) };
            }
        };
        let mut values: Vec<Option<Expr>> = sources.iter().map(|_| None).collect();
        let field_types: Vec<Ty> = {
            let fields: Vec<Ty> = self.cx.nominals[id.index()].variants[index].fields.iter().map(|f| f.ty).collect();
            self.cx.types.substitute_all(&fields, &types)
        };
        let waits: Vec<bool> = sources
            .iter()
            .zip(&field_types)
            .map(|(source, &ty)| match source {
                FieldSource::Given(e) => {
                    self.has_unsolved(ty)
                        && (super::operator::is_literal(e) || matches!(e.kind, ast::ExprKind::Closure(_)))
                }
                _ => false,
            })
            .collect();
        for late in [false, true] {
            for (at, source) in sources.iter().enumerate() {
                if waits[at] != late {
                    continue;
                }
                let field_ty = field_types[at];
                values[at] = Some(match source {
                    FieldSource::Given(e) => self.check(e, field_ty),
                    FieldSource::Shorthand(name) => {
                        let value = self.name(name.name, Some(field_ty), name.span);
                        self.coerce(value, field_ty)
                    }
                    FieldSource::Default(function) => {
                        self.note_call(*function, span);
                        let callee = Callee::Function { function: *function, type_args: types.clone() };
                        Expr { kind: ExprKind::Call { callee, args: Vec::new() }, ty: field_ty, span }
                    }
                });
            }
        }
        let fields = values.into_iter().flatten().collect();
        Expr { kind: ExprKind::Variant { index: index as u32, fields }, ty, span }
    }

    /// Where the value of each field comes from; mistakes are reported.
    fn variant_sources(
        &mut self,
        id: NominalId,
        index: usize,
        given: Given<'a>,
        span: Span,
    ) -> Result<Vec<FieldSource<'a>>, ()> {
        let info = &self.cx.nominals[id.index()];
        let variant = &info.variants[index];
        let full = format!("{}.{}", info.name, variant.name);
        let names: Vec<Symbol> = variant.fields.iter().map(|f| f.name).collect();
        let defaults: Vec<_> = variant.fields.iter().map(|f| f.default.map(|(_, function)| function)).collect();
        let (is_named, declared) = (variant.is_named, variant.span);
        let wrong = |body: &mut Self, message: String, note: String| {
            body.report(Diagnostic::error("E0392", span, message).secondary(declared, "declared here").note(note));
            Err(())
        };
        let shape = if names.is_empty() {
            format!("write `{full}`")
        } else if is_named {
            let fields: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
            format!("write `{full} {{ {}: ... }}`", fields.join(": ..., "))
        } else {
            format!("write `{full}({})`", vec!["..."; names.len()].join(", "))
        };
        match given {
            Given::Nothing if names.is_empty() => Ok(Vec::new()),
            Given::Nothing => wrong(self, format!("`{full}` needs its values"), shape),
            Given::Positional(args) => {
                if is_named || names.is_empty() || args.len() != names.len() {
                    let message = format!("`{full}` has {} values, not {}", names.len(), args.len());
                    let message = if is_named { format!("the values of `{full}` have names") } else { message };
                    return wrong(self, message, shape);
                }
                if let Some(arg) = args.iter().find(|a| a.name.is_some() || a.spread) {
                    return wrong(self, format!("the values of `{full}` go by position"), {
                        let _ = arg;
                        shape
                    });
                }
                Ok(args.iter().map(|a| FieldSource::Given(&a.value)).collect())
            }
            Given::Named(fields) => {
                if !is_named {
                    return wrong(self, format!("the values of `{full}` have no names"), shape);
                }
                for field in fields {
                    if !names.contains(&field.name.name) {
                        let near = nearest(field.name.name.as_str(), names.iter().map(|n| n.as_str()));
                        let message = format!("`{full}` has no field `{}`", field.name.name);
                        let diagnostic = Diagnostic::error("E0336", field.name.span, message);
                        self.report(with_suggestion(diagnostic, field.name.span, near));
                        return Err(());
                    }
                }
                let mut sources = Vec::with_capacity(names.len());
                for (name, default) in names.iter().zip(defaults) {
                    let mut written = fields.iter().filter(|f| f.name.name == *name);
                    let source = match (written.next(), default) {
                        (Some(FieldInit { value: Some(value), .. }), _) => FieldSource::Given(value),
                        (Some(field), _) => FieldSource::Shorthand(field.name),
                        (None, Some(function)) => FieldSource::Default(function),
                        (None, None) => return wrong(self, format!("`{full}` needs the field `{name}`"), shape),
                    };
                    if written.next().is_some() {
                        return wrong(self, format!("the field `{name}` is given twice"), shape);
                    }
                    sources.push(source);
                }
                Ok(sources)
            }
        }
    }

    /// `Shape.Rect { w: 1.0 }` and `.Rect { w: 1.0 }`: the enum's part of a literal's path, if it is one.
    pub(super) fn variant_literal(
        &mut self,
        path: &'a [Ident],
        args: &'a [ast::TypeExpr],
        fields: &'a [FieldInit],
        hint: Option<Ty>,
        span: Span,
    ) -> Option<Expr> {
        let (name, owner) = path.split_last()?;
        let first = owner.first()?;
        if first.name.as_str().is_empty() {
            return Some(self.short_variant(*name, Given::Named(fields), hint, span));
        }
        let id = self.enum_path(owner)?;
        let written = self.written_owner_args(id, args, span);
        Some(match self.variant_index(id, name.name) {
            Some(index) => self.variant(id, index, &written, Given::Named(fields), hint, span),
            None => {
                self.check_given(Given::Named(fields));
                self.unknown_variant(id, *name)
            }
        })
    }

    /// The enum that a path names; nothing is reported when it names something else.
    fn enum_path(&mut self, path: &[Ident]) -> Option<NominalId> {
        let scope = self.visible_scope();
        if let ([name], Some(self_ty)) = (path, scope.self_ty)
            && name.name.as_str() == "Self"
        {
            return self.expected_enum(Some(self_ty));
        }
        self.cx.quiet += 1;
        let entity = self.cx.path_entity(&scope, path);
        self.cx.quiet -= 1;
        let id = match entity? {
            PathEntity::Entity(Entity::Nominal(id)) => id,
            PathEntity::Entity(Entity::Alias(id)) => {
                let ty = self.cx.alias(id);
                return self.expected_enum(Some(ty));
            }
            _ => return None,
        };
        self.cx.nominals[id.index()].is_enum().then_some(id)
    }

    // Patterns.

    /// `Shape.Circle(r)`, `.Circle(r)`, `.Empty`; also a constant of another module.
    pub(super) fn variant_pattern(
        &mut self,
        path: &'a [Ident],
        name: Ident,
        args: Option<&'a [ast::Pattern]>,
        ty: Ty,
        is_mut: bool,
        span: Span,
    ) -> Pattern {
        if !path.is_empty() && args.is_none() && self.enum_path(path).is_none() {
            if let [first] = path
                && self.lookup(first.name).is_none()
                && let Some(number) = super::types::builtin(first.name)
                && let Some(Expr { kind: ExprKind::Const(value), ty: of, .. }) = self.limit(number, name.name, span)
            {
                return self.known_pattern(of, value, name, ty, span);
            }
            let mut full = path.to_vec();
            full.push(name);
            let scope = self.visible_scope();
            if let Some(PathEntity::Entity(Entity::Const(id))) = self.cx.path_entity(&scope, &full) {
                return self.constant_pattern(id, name, ty, span);
            }
            self.has_errors = true;
            return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
        }
        self.through_optional(ty, |body, ty| {
            let Some((index, types)) = body.pattern_variant(path, name, ty, span) else {
                for arg in args.into_iter().flatten() {
                    body.pattern(arg, Ty::ERROR, is_mut);
                }
                return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
            };
            let args = args.unwrap_or(&[]);
            if args.len() != types.len() {
                let message = format!("`{}` has {} values, but {} are matched", name.name, types.len(), args.len());
                body.error("E0392", span, message);
            }
            let mut fields: Vec<Pattern> =
                args.iter().zip(&types).map(|(arg, &ty)| body.pattern(arg, ty, is_mut)).collect();
            for &ty in types.iter().skip(fields.len()) {
                fields.push(Pattern { kind: PatternKind::Wildcard, ty, span });
            }
            for arg in args.iter().skip(types.len()) {
                body.pattern(arg, Ty::ERROR, is_mut);
            }
            Pattern { kind: PatternKind::Variant { index: index as u32, fields }, ty, span }
        })
    }

    /// `Shape.Rect { w, .. }`; `None` when the path names no enum.
    pub(super) fn variant_struct_pattern(
        &mut self,
        path: &'a [Ident],
        fields: &'a [FieldPattern],
        has_rest: bool,
        ty: Ty,
        is_mut: bool,
        span: Span,
    ) -> Option<Pattern> {
        let (name, owner) = path.split_last()?;
        let first = owner.first()?;
        let owner = if first.name.as_str().is_empty() { &[] } else { owner };
        if !owner.is_empty() {
            self.enum_path(owner)?;
        }
        Some(self.through_optional(ty, |body, ty| {
            let Some((index, types)) = body.pattern_variant(owner, *name, ty, span) else {
                for pattern in fields.iter().filter_map(|f| f.pattern.as_ref()) {
                    body.pattern(pattern, Ty::ERROR, is_mut);
                }
                return Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span };
            };
            let names: Vec<Symbol> = match body.kind(ty) {
                TyKind::Nominal(id, _) => {
                    body.cx.nominals[id.index()].variants[index].fields.iter().map(|f| f.name).collect()
                }
                _ => Vec::new(),
            };
            let mut parts: Vec<Pattern> =
                types.iter().map(|&ty| Pattern { kind: PatternKind::Wildcard, ty, span }).collect();
            let mut told = vec![false; names.len()];
            for field in fields {
                let at = names.iter().position(|n| *n == field.name.name);
                let field_ty = at.map_or(Ty::ERROR, |at| types[at]);
                if at.is_none() {
                    let near = nearest(field.name.name.as_str(), names.iter().map(|n| n.as_str()));
                    let message = format!("`{}` has no field `{}`", name.name, field.name.name);
                    let diagnostic = Diagnostic::error("E0336", field.name.span, message);
                    body.report(with_suggestion(diagnostic, field.name.span, near));
                }
                let inner = body.field_pattern(field, field_ty, is_mut);
                if let Some(at) = at {
                    told[at] = true;
                    parts[at] = inner;
                }
            }
            let left_out: Vec<String> =
                names.iter().zip(&told).filter(|(_, told)| !**told).map(|(n, _)| format!("`{n}`")).collect();
            if !has_rest && !left_out.is_empty() {
                body.report(
                    Diagnostic::error("E0358", span, format!("the pattern leaves out {}", left_out.join(", ")))
                        .label("write `..` at its end if that is meant"),
                );
            }
            Pattern { kind: PatternKind::Variant { index: index as u32, fields: parts }, ty, span }
        }))
    }

    /// The variant that a pattern names, and the types of its fields in what is matched.
    fn pattern_variant(&mut self, path: &[Ident], name: Ident, ty: Ty, span: Span) -> Option<(usize, Vec<Ty>)> {
        if self.shallow(ty) == Ty::ERROR {
            self.has_errors = true;
            return None;
        }
        let wanted = if path.is_empty() { None } else { self.enum_path(path) };
        if let Some(wanted) = wanted
            && self.is_unsolved(ty)
        {
            let generics = self.cx.nominals[wanted.index()].scope.generics.clone();
            let types: Vec<Ty> = generics.iter().map(|g| self.fresh(g.name, span)).collect();
            let known = self.cx.types.intern(TyKind::Nominal(wanted, types));
            self.unify(ty, known);
        }
        let TyKind::Nominal(id, types) = self.kind(ty).clone() else {
            let found = self.show(ty);
            self.error("E0356", span, format!("a variant cannot match a `{found}`"));
            return None;
        };
        if wanted.is_some_and(|wanted| wanted != id) || !self.cx.nominals[id.index()].is_enum() {
            let found = self.show(ty);
            self.error("E0356", span, format!("`{}` cannot match a `{found}`", name.name));
            return None;
        }
        let Some(index) = self.variant_index(id, name.name) else {
            self.unknown_variant(id, name);
            return None;
        };
        let fields: Vec<Ty> = self.cx.nominals[id.index()].variants[index].fields.iter().map(|f| f.ty).collect();
        Some((index, self.cx.types.substitute_all(&fields, &types)))
    }

    /// `x is Shape.Circle`: `None` when the path names no variant.
    pub(super) fn is_variant(&mut self, value: &'a ast::Expr, ty: &'a ast::TypeExpr, span: Span) -> Option<Expr> {
        let ast::TypeExprKind::Path { path, args } = &ty.kind else { return None };
        let (name, owner) = path.split_last()?;
        if owner.is_empty() || !args.is_empty() {
            return None;
        }
        // `.Circle` is of the value's own type.
        let owner = if matches!(owner, [only] if only.name.as_str().is_empty()) { &[] } else { owner };
        if !owner.is_empty() {
            self.enum_path(owner)?;
        }
        let value = self.expr(value, None);
        let value_ty = value.ty;
        let constant = |known: bool| Expr { kind: ExprKind::Const(Const::Bool(known)), ty: Ty::BOOL, span };
        let pattern = self.through_optional(value_ty, |body, ty| match body.pattern_variant(owner, *name, ty, span) {
            Some((index, types)) => {
                let any = |ty: Ty| Pattern { kind: PatternKind::Wildcard, ty, span };
                let fields = types.into_iter().map(any).collect();
                Pattern { kind: PatternKind::Variant { index: index as u32, fields }, ty, span }
            }
            None => Pattern { kind: PatternKind::Wildcard, ty: Ty::ERROR, span },
        });
        let rest = Pattern { kind: PatternKind::Wildcard, ty: value_ty, span };
        let arms = vec![
            Arm { pattern, guard: None, body: constant(true) },
            Arm { pattern: rest, guard: None, body: constant(false) },
        ];
        Some(Expr { kind: ExprKind::Match { value: Box::new(value), arms }, ty: Ty::BOOL, span })
    }
}

enum FieldSource<'a> {
    Given(&'a ast::Expr),
    Shorthand(Ident),
    Default(crate::tir::FuncId),
}
