//! Records: `{ name: "x", n: 1 }`, and `{ ..r, n: 2 }` made from another one. Their type is their
//! fields, sorted by name; values are evaluated in the order of the text.

use super::body::Body;
use crate::ast::{self, FieldInit};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};
use crate::tir::{Expr, ExprKind, Ty, TyKind};

impl<'a> Body<'_, 'a> {
    pub(super) fn record_literal(
        &mut self,
        fields: &'a [FieldInit],
        base: Option<&'a ast::Expr>,
        hint: Option<Ty>,
        span: Span,
    ) -> Expr {
        let hints = self.record_fields(hint);
        let mut statements = Vec::new();
        // It may stand behind fields, which are evaluated before it then, but it tells their types.
        let base_at = base.map_or(0, |base| base.span.start);
        let mut made = Vec::new();
        let base = base.map(|base| self.record_base(base, hint, &mut made));
        let inherited = base.as_ref().map_or(Vec::new(), |base| self.record_fields(Some(base.ty)));
        let mut values: Vec<(Symbol, Expr)> = Vec::with_capacity(fields.len());
        for field in fields {
            let name = field.name.name;
            if values.iter().any(|(n, _)| *n == name) {
                self.error("E0346", field.name.span, format!("the field `{name}` is given twice"));
                continue;
            }
            let find = |all: &[(Symbol, Ty)]| all.iter().find(|(n, _)| *n == name).map(|(_, t)| *t);
            let wanted = find(&hints).or_else(|| find(&inherited)).filter(|&ty| !self.is_unsolved(ty));
            let value = match &field.value {
                Some(value) => self.expr(value, wanted),
                None => self.name(name, wanted, field.name.span),
            };
            let value = match wanted {
                Some(wanted) => self.coerce(value, wanted),
                None => self.required(value),
            };
            values.push((name, value));
        }
        for (_, value) in values.iter_mut().take_while(|(_, value)| value.span.start < base_at) {
            let written = std::mem::replace(value, super::body::error_expr(span));
            *value = self.keep(written, "field", &mut statements);
        }
        statements.append(&mut made);
        if let Some(base) = base {
            for (index, &(name, ty)) in inherited.iter().enumerate() {
                if values.iter().all(|(n, _)| *n != name) {
                    let kind = ExprKind::Field { base: Box::new(base.clone()), index: index as u32 };
                    let value = Expr { kind, ty, span: base.span };
                    let wanted = hints.iter().find(|(n, _)| *n == name).map(|(_, t)| *t);
                    let value = match wanted {
                        Some(wanted) => self.coerce(value, wanted),
                        None => value,
                    };
                    values.push((name, value));
                }
            }
        }
        let mut types: Vec<(Symbol, Ty)> = values.iter().map(|(n, v)| (*n, v.ty)).collect();
        types.sort_by_key(|(name, _)| name.as_str());
        let index_of = |name: Symbol| types.iter().position(|(n, _)| *n == name).unwrap_or(0) as u32;
        let values = values.into_iter().map(|(name, value)| (index_of(name), value)).collect();
        let ty = self.cx.types.intern(TyKind::Record(types.clone()));
        super::assign::in_block(statements, Expr { kind: ExprKind::New(values), ty, span })
    }

    /// The fields of a record type, also of an optional one.
    fn record_fields(&self, ty: Option<Ty>) -> Vec<(Symbol, Ty)> {
        match ty.map(|ty| self.kind(ty).clone()) {
            Some(TyKind::Record(fields)) => fields,
            Some(TyKind::Optional(inner)) => self.record_fields(Some(inner)),
            _ => Vec::new(),
        }
    }

    fn record_base(&mut self, base: &'a ast::Expr, hint: Option<Ty>, statements: &mut Vec<crate::tir::Stmt>) -> Expr {
        let base = self.expr(base, hint);
        let base = self.auto_deref(base);
        let ty = self.shallow(base.ty);
        if !matches!(self.cx.types.kind(ty), TyKind::Record(_) | TyKind::Error | TyKind::Never) {
            let found = self.show(ty);
            let mut diagnostic =
                Diagnostic::error("E0346", base.span, format!("a record is made from records, not from a `{found}`"))
                    .label("behind `..`");
            if let TyKind::Nominal(id, _) = self.cx.types.kind(ty) {
                let name = self.cx.nominals[id.index()].name;
                diagnostic = diagnostic.note(format!("`{name} {{ field: value, ..p }}` makes a `{name}` from another"));
            }
            self.report(diagnostic);
            return super::body::error_expr(base.span);
        }
        self.keep(base, "base", statements)
    }
}
