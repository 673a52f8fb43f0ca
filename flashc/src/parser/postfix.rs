//! What stands behind a value: calls, members, indexing, `!`, type arguments, struct literals.

use super::Parser;
use crate::ast::{Arg, Expr, ExprKind, FieldInit, Ident, TypeExpr};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::{Span, Symbol};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Expr {
        let first = self.primary();
        self.postfix_from(first)
    }

    pub(super) fn postfix_from(&mut self, first: Expr) -> Expr {
        let start = first.span;
        let mut expr = first;
        loop {
            let base = match self.kind() {
                TokenKind::LeftParen => {
                    let args = self.args();
                    self.call(expr, Vec::new(), args)
                }
                TokenKind::LeftBracket => self.index(expr, false),
                TokenKind::Dot => {
                    self.bump();
                    self.member(expr, false)
                }
                TokenKind::QuestionDot => {
                    self.bump();
                    if self.at(TokenKind::LeftBracket) { self.index(expr, true) } else { self.member(expr, true) }
                }
                TokenKind::Bang if !self.token().first_on_line => {
                    self.bump();
                    ExprKind::Unwrap(Box::new(expr))
                }
                TokenKind::Less if is_path(&expr) && self.at_type_args() => {
                    let type_args = self.type_args();
                    match self.kind() {
                        TokenKind::LeftParen => {
                            let args = self.args();
                            self.call(expr, type_args, args)
                        }
                        TokenKind::LeftBrace => match path_of(&expr) {
                            Some(path) => self.struct_fields(path, type_args),
                            None => ExprKind::TypeArgs { base: Box::new(expr), args: type_args },
                        },
                        _ => ExprKind::TypeArgs { base: Box::new(expr), args: type_args },
                    }
                }
                TokenKind::LeftBrace if !self.no_struct && self.is_struct_like() => match path_with_args(&expr) {
                    Some((path, type_args)) => self.struct_fields(path, type_args),
                    None => return expr,
                },
                TokenKind::Question if !self.at_ternary() => return self.question(expr),
                TokenKind::Colon | TokenKind::Arrow if self.eat_double_colon() || self.eat_arrow_member() => {
                    self.member(expr, false)
                }
                _ => return expr,
            };
            if !self.grow() {
                return self.error_expr(start);
            }
            expr = Expr { kind: base, span: self.span_from(start) };
        }
    }

    /// `{ x: 1 }`, or `{ x = 1 }` as in other languages.
    fn is_struct_like(&self) -> bool {
        let is_foreign = matches!(self.peek_kind(1), TokenKind::Ident(_)) && self.peek_kind(2) == TokenKind::Equal;
        self.is_struct_body(0) || is_foreign
    }

    fn call(&mut self, callee: Expr, type_args: Vec<TypeExpr>, args: Vec<Arg>) -> ExprKind {
        ExprKind::Call { callee: Box::new(callee), type_args, args }
    }

    /// `(a, name: b, ...rest)`
    fn args(&mut self) -> Vec<Arg> {
        let opening = self.bump().span;
        self.list(opening, TokenKind::RightParen, |p| {
            let spread = p.eat(TokenKind::Ellipsis);
            let mut name = None;
            if p.peek_kind(1) == TokenKind::Colon
                && let Some(word) = p.kind().word()
            {
                name = Some(Ident { name: word, span: p.bump().span });
                p.bump();
            }
            Arg { name, spread, value: p.expression() }
        })
    }

    fn index(&mut self, base: Expr, optional: bool) -> ExprKind {
        let opening = self.bump().span;
        let index = self.bracketed();
        self.close(TokenKind::RightBracket, opening);
        ExprKind::Index { base: Box::new(base), index: Box::new(index), optional }
    }

    /// An expression inside brackets, where a struct literal is fine again.
    pub(super) fn bracketed(&mut self) -> Expr {
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let expr = self.expression();
        self.no_struct = no_struct;
        expr
    }

    /// Behind `.` or `?.`.
    fn member(&mut self, base: Expr, optional: bool) -> ExprKind {
        let token = self.token();
        let name = match token.kind {
            TokenKind::Int { .. } => {
                self.bump();
                Ident { name: Symbol::new(self.source(token.span)), span: token.span }
            }
            TokenKind::Await if self.peek_kind(1) != TokenKind::LeftParen => {
                self.bump();
                let text = self.source(base.span);
                self.report(
                    Diagnostic::error("E0110", token.span, "`await` stands before its promise")
                        .note(format!("write `await {}`", text.lines().next().unwrap_or_default())),
                );
                return ExprKind::Await(Box::new(base));
            }
            // On the next line a keyword begins a statement: `x.` is unfinished.
            kind if kind.word().is_some() && !(token.first_on_line && Parser::begins_statement(kind)) => {
                self.member_name("a field or method")
            }
            _ => {
                self.unexpected("the name of a field or method");
                self.missing_name()
            }
        };
        ExprKind::Field { base: Box::new(base), name, optional }
    }

    /// At the `{` of `P { x: 1, y, ..base }`.
    pub(super) fn struct_fields(&mut self, path: Vec<Ident>, args: Vec<TypeExpr>) -> ExprKind {
        let opening = self.bump().span;
        let mut base = None;
        let fields = self.list(opening, TokenKind::RightBrace, |p| {
            if p.eat(TokenKind::DotDot) {
                base = Some(Box::new(p.expression()));
                return None;
            }
            let start = p.span();
            let name = p.member_name("a field");
            let is_foreign = p.at(TokenKind::Equal);
            if is_foreign {
                let span = p.span();
                p.report(Diagnostic::error("E0110", span, "a field's value stands behind `:`").fix(
                    span,
                    "write `:`",
                    ":",
                ));
            }
            if !p.eat(TokenKind::Colon) && !is_foreign {
                if name.span == start && !name.name.as_str().is_empty() {
                    return Some(FieldInit { name, value: None });
                }
                p.skip_expression();
                return None;
            }
            if is_foreign {
                p.bump();
            }
            Some(FieldInit { name, value: Some(p.expression()) })
        });
        ExprKind::Struct { path, args, fields: fields.into_iter().flatten().collect(), base }
    }

    /// `a?` of Rust. `a ? b : c` is taken where the whole of `a` is known.
    fn question(&mut self, value: Expr) -> Expr {
        let span = self.bump().span;
        self.last_error = None;
        self.report(
            Diagnostic::error("E0110", span, "Flash has no `?` behind a value")
                .note("errors leave a function by themselves; `try? e` turns one into `null`")
                .note("`x?.f` reads a field of an optional, `x!` throws when it is null")
                .fix(span, "leave it out", ""),
        );
        value
    }
}

fn is_path(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name(_) | ExprKind::Field { optional: false, .. })
}

/// The names of a path, with the type arguments of the enum in `Choice<i32, str>.Both`.
fn path_with_args(expr: &Expr) -> Option<(Vec<Ident>, Vec<TypeExpr>)> {
    if let ExprKind::Field { base, name, optional: false } = &expr.kind
        && let ExprKind::TypeArgs { base, args } = &base.kind
    {
        let mut path = path_of(base)?;
        path.push(*name);
        return Some((path, args.clone()));
    }
    Some((path_of(expr)?, Vec::new()))
}

/// The names of `a.b.C`, or `["", "C"]` for `.C`.
fn path_of(expr: &Expr) -> Option<Vec<Ident>> {
    let mut path = Vec::new();
    let mut expr = expr;
    loop {
        match &expr.kind {
            ExprKind::Field { base, name, optional: false } => {
                path.push(*name);
                expr = base;
            }
            ExprKind::Name(name) => {
                path.push(Ident { name: *name, span: expr.span });
                break;
            }
            ExprKind::ShortVariant(name) => {
                path.push(*name);
                path.push(Ident { name: Symbol::new(""), span: Span { end: expr.span.start, ..expr.span } });
                break;
            }
            _ => return None,
        }
    }
    path.reverse();
    Some(path)
}
