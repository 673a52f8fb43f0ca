//! Struct, class and record literals: fields by name, shorthand, defaults, `..base`.

use super::body::{Body, error_expr};
use super::entity::Entity;
use super::types::PathEntity;
use crate::ast::{self, FieldInit, Ident};
use crate::diagnostics::Diagnostic;
use crate::resolve::{nearest, with_suggestion};
use crate::source::{Span, Symbol};
use crate::tir::{Callee, Expr, ExprKind, NominalId, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    pub(super) fn struct_literal(
        &mut self,
        path: &'a [Ident],
        args: &'a [ast::TypeExpr],
        fields: &'a [FieldInit],
        base: Option<&'a ast::Expr>,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        if path.is_empty() {
            return self.record_literal(fields, base, hint, span);
        }
        if let Some(variant) = self.variant_literal(path, args, fields, hint, span) {
            return variant;
        }
        let Some(ty) = self.literal_type(path, args, span) else {
            self.check_fields_loose(fields, base);
            return error_expr(span);
        };
        let TyKind::Nominal(id, types) = self.kind(ty).clone() else {
            self.check_fields_loose(fields, base);
            let found = self.show(ty);
            if ty == Ty::ERROR {
                return error_expr(span);
            }
            return self.error("E0346", span, format!("`{found}` is neither a struct nor a class"));
        };
        if self.cx.nominals[id.index()].is_interface() {
            self.check_fields_loose(fields, base);
            let found = self.show(ty);
            return self.error("E0346", span, format!("`{found}` is an interface: name a type that implements it"));
        }
        if self.cx.nominals[id.index()].is_enum() {
            self.check_fields_loose(fields, base);
            let found = self.show(ty);
            return self.error("E0346", span, format!("`{found}` is an enum: name one of its variants"));
        }
        if let Some(hint) = hint {
            // Tells the type arguments, when nothing else does.
            let hint = match *self.kind(hint) {
                TyKind::Optional(inner) => inner,
                _ => hint,
            };
            if self.has_unsolved(ty) && !self.has_unsolved(hint) {
                self.unify(ty, hint);
            }
        }
        self.fill_fields(id, &types, ty, fields, base, span)
    }

    /// The type that a literal's path names, with type arguments to be inferred where none stand.
    pub(super) fn literal_type(&mut self, path: &'a [Ident], args: &'a [ast::TypeExpr], span: Span) -> Option<Ty> {
        let scope = self.visible_scope();
        if let ([name], Some(self_ty)) = (path, scope.self_ty)
            && name.name.as_str() == "Self"
        {
            return Some(self_ty);
        }
        let before = self.cx.diagnostics.len();
        let entity = self.cx.path_entity(&scope, path);
        self.has_errors |= self.cx.diagnostics.len() > before;
        let name = path.last().map_or(Symbol::new("_"), |p| p.name);
        let (generics, ty) = match entity? {
            PathEntity::Entity(Entity::Nominal(id)) => {
                let generics = self.cx.nominals[id.index()].scope.generics.clone();
                let self_ty = self.cx.nominals[id.index()].scope.self_ty?;
                (generics, self_ty)
            }
            PathEntity::Entity(Entity::Alias(id)) => {
                let ty = self.cx.alias(id);
                (self.cx.aliases[id.index()].scope.generics.clone(), ty)
            }
            PathEntity::Builtin(ty) => (Vec::new(), ty),
            PathEntity::Entity(Entity::Error) => {
                self.has_errors = true;
                return None;
            }
            PathEntity::Entity(other) => {
                let what = super::types::entity_noun(other);
                self.error("E0346", span, format!("`{name}` is {what}, not a struct or class"));
                return None;
            }
        };
        let types = if args.is_empty() {
            let types: Vec<Ty> = generics.iter().map(|g| self.fresh(g.name, span)).collect();
            self.require_bounds(&generics, &types, name, span);
            types
        } else {
            let types: Vec<Ty> = args.iter().map(|a| self.value_type(a)).collect();
            if types.len() != generics.len() {
                self.has_errors = true;
                self.cx.wrong_type_args(span, name, generics.len(), types.len());
                return None;
            }
            types
        };
        Some(self.cx.types.substitute(ty, &types))
    }

    fn check_fields_loose(&mut self, fields: &'a [FieldInit], base: Option<&'a ast::Expr>) {
        self.has_errors = true;
        for value in fields.iter().filter_map(|f| f.value.as_ref()).chain(base) {
            self.expr(value, None);
        }
    }

    fn fill_fields(
        &mut self,
        id: NominalId,
        types: &[Ty],
        ty: Ty,
        fields: &'a [FieldInit],
        base: Option<&'a ast::Expr>,
        span: Span,
    ) -> Expr {
        let owner = self.cx.nominals[id.index()].name;
        let count = self.cx.nominals[id.index()].fields.len();
        let mut given = vec![false; count];
        let mut values: Vec<(u32, Expr)> = Vec::with_capacity(count);
        let mut waiting = Vec::new();
        // Fields that other names are taken for.
        let mut meant: Vec<Symbol> = Vec::new();
        for phase in 0..2 {
            for field in fields {
                let infos = &self.cx.nominals[id.index()].fields;
                let Some(index) = infos.iter().position(|f| f.name == field.name.name) else {
                    if phase == 0 {
                        let near = nearest(field.name.name.as_str(), infos.iter().map(|f| f.name.as_str()));
                        meant.extend(near.map(Symbol::new));
                        let message = format!("`{owner}` has no field `{}`", field.name.name);
                        let diagnostic = Diagnostic::error("E0336", field.name.span, message);
                        self.report(with_suggestion(diagnostic, field.name.span, near));
                        if let Some(value) = &field.value {
                            self.expr(value, None);
                        }
                    }
                    continue;
                };
                let field_ty = self.cx.types.substitute(infos[index].ty, types);
                // Literals and closures wait until the others have told the type arguments.
                let waits = self.has_unsolved(field_ty)
                    && field
                        .value
                        .as_ref()
                        .is_some_and(|v| super::operator::is_literal(v) || matches!(v.kind, ast::ExprKind::Closure(_)));
                // What waited in the first round comes in the second, even if its type is known now.
                if phase == 0 && waits {
                    waiting.push(field.name.span);
                    continue;
                }
                if phase == 1 && !waiting.contains(&field.name.span) {
                    continue;
                }
                if std::mem::replace(&mut given[index], true) {
                    self.error("E0346", field.name.span, format!("the field `{}` is given twice", field.name.name));
                    continue;
                }
                if self.cx.nominals[id.index()].fields[index].is_private {
                    self.require_visible(id, field.name, "field");
                }
                let value = match &field.value {
                    Some(value) => self.check(value, field_ty),
                    None => {
                        let value = self.name(field.name.name, Some(field_ty), field.name.span);
                        self.coerce(value, field_ty)
                    }
                };
                values.push((index as u32, value));
            }
        }
        values.sort_by_key(|(_, value)| value.span.start);
        let mut statements = Vec::new();
        if let Some(base) = base {
            let place = base.span.start;
            let base = self.check(base, ty);
            // What stands before the base is evaluated before it.
            for (_, value) in values.iter_mut().take_while(|(_, value)| value.span.start < place) {
                let written = std::mem::replace(value, error_expr(span));
                *value = self.keep(written, "field", &mut statements);
            }
            let base = self.keep(base, "base", &mut statements);
            for (index, given) in given.iter_mut().enumerate() {
                if !std::mem::replace(given, true) {
                    let field = &self.cx.nominals[id.index()].fields[index];
                    let (field_ty, is_private, name) = (field.ty, field.is_private, field.name);
                    if is_private {
                        self.require_visible(id, Ident { name, span }, "field");
                    }
                    let field_ty = self.cx.types.substitute(field_ty, types);
                    let kind = ExprKind::Field { base: Box::new(base.clone()), index: index as u32 };
                    values.push((index as u32, Expr { kind, ty: field_ty, span: base.span }));
                }
            }
        }
        let mut missing = Vec::new();
        for (index, given) in given.iter().enumerate() {
            if *given {
                continue;
            }
            let field = &self.cx.nominals[id.index()].fields[index];
            let (field_ty, name) = (field.ty, field.name);
            match field.default {
                Some((literal, function)) => {
                    let field_ty = self.cx.types.substitute(field_ty, types);
                    let value = match plain_constant(&literal.kind) {
                        // No call is needed for what is written there.
                        true if !self.has_unsolved(field_ty) => self.check(literal, field_ty),
                        _ => {
                            self.note_call(function, span);
                            let callee = Callee::Function { function, type_args: types.to_vec() };
                            Expr { kind: ExprKind::Call { callee, args: Vec::new() }, ty: field_ty, span }
                        }
                    };
                    values.push((index as u32, value));
                }
                None => missing.push(name),
            }
        }
        let all_missing = missing.len();
        missing.retain(|name| !meant.contains(name));
        if missing.is_empty() && all_missing > 0 {
            return Expr { ty, ..error_expr(span) };
        }
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
            let plural = if missing.len() == 1 { "field" } else { "fields" };
            let message = format!("`{owner}` needs the {plural} {}", names.join(", "));
            let declared = self.cx.nominals[id.index()].span;
            self.report(
                Diagnostic::error("E0347", span, message)
                    .label("not given here, and without a default")
                    .secondary(declared, "declared here"),
            );
            return Expr { ty, ..error_expr(span) };
        }
        let made = Expr { kind: ExprKind::New(values), ty, span };
        super::assign::in_block(statements, made)
    }
}

/// A default that can stand at every use: a literal.
fn plain_constant(kind: &ast::ExprKind) -> bool {
    match kind {
        ast::ExprKind::Literal(literal) => !matches!(literal, ast::Literal::Bytes(_)),
        ast::ExprKind::Unary { op: ast::UnaryOp::Neg, operand } => plain_constant(&operand.kind),
        _ => false,
    }
}
