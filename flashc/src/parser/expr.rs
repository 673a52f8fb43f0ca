//! Values that begin with their own token: literals, names, brackets, closures, and the keywords
//! that give values. Control flow is in `control`.

use super::Parser;
use crate::ast::{Closure, Expr, ExprKind, Ident, Literal, TemplatePart};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Expr {
        let start = self.span();
        if let Some(literal) = self.literal() {
            if matches!(literal.kind, ExprKind::Literal(Literal::Str(_))) {
                self.foreign_text(start);
            }
            return literal;
        }
        if self.at_arrow_closure() {
            return self.arrow_closure();
        }
        let kind = match self.kind() {
            TokenKind::Pipe | TokenKind::PipePipe => return self.bar_closure(),
            TokenKind::Ident(_) if self.at_foreign_function_value() => {
                self.tell_function_word();
                return self.closure();
            }
            TokenKind::Ident(name) => {
                if self.at_select() {
                    return self.select();
                }
                self.bump();
                if let Some(text) = self.foreign_name(name, start) {
                    return text;
                }
                if name.as_str() == "new" && matches!(self.kind(), TokenKind::Ident(_)) && !self.token().first_on_line {
                    self.last_error = None;
                    self.report(
                        Diagnostic::error("E0110", start, "objects are made without `new`")
                            .note("`Point { x: 1.0, y: 2.0 }` makes one; `Map.new()` calls a function of the type")
                            .fix(start, "leave it out", ""),
                    );
                    return self.primary_after_foreign();
                }
                ExprKind::Name(name)
            }
            TokenKind::SelfValue => {
                self.bump();
                ExprKind::SelfValue
            }
            TokenKind::TemplateStart => self.template(),
            TokenKind::LeftParen => self.paren(),
            TokenKind::LeftBracket => self.array(),
            TokenKind::LeftBrace if self.at_record_literal() => self.struct_fields(Vec::new(), Vec::new()),
            TokenKind::LeftBrace => ExprKind::Block(self.block()),
            TokenKind::Dot => {
                self.bump();
                ExprKind::ShortVariant(self.ident("a variant"))
            }
            TokenKind::Fn => return self.closure(),
            TokenKind::Async if self.peek_kind(1) == TokenKind::Fn => return self.closure(),
            TokenKind::Import if self.peek_kind(1) == TokenKind::LeftParen => {
                self.bump();
                let opening = self.bump().span;
                let from = self.string("the module's name, as a string");
                self.close(TokenKind::RightParen, opening);
                ExprKind::Import(from)
            }
            TokenKind::Unsafe
            | TokenKind::If
            | TokenKind::Match
            | TokenKind::While
            | TokenKind::Loop
            | TokenKind::For
            | TokenKind::Label(_)
            | TokenKind::Try => return self.control(),
            TokenKind::Break => {
                self.bump();
                let label = self.label();
                let value = self.optional_value();
                ExprKind::Break { label, value }
            }
            TokenKind::Continue => {
                self.bump();
                ExprKind::Continue { label: self.label() }
            }
            TokenKind::Return => {
                self.bump();
                ExprKind::Return(self.optional_value())
            }
            TokenKind::Throw => {
                self.bump();
                ExprKind::Throw(Box::new(self.expression()))
            }
            _ => return self.no_expression(),
        };
        Expr { kind, span: self.span_from(start) }
    }

    fn primary_after_foreign(&mut self) -> Expr {
        let start = self.span();
        match self.kind() {
            TokenKind::Ident(name) => {
                self.bump();
                Expr { kind: ExprKind::Name(name), span: start }
            }
            _ => self.error_expr(start),
        }
    }

    fn no_expression(&mut self) -> Expr {
        let start = self.span();
        if self.at(TokenKind::AmpAmp) {
            self.report(
                Diagnostic::error("E0102", start, "expected an expression, found `&&`")
                    .note("the address of an address would point to a value that is gone at once"),
            );
        }
        self.unexpected("an expression");
        let ends = matches!(
            self.kind(),
            TokenKind::Semicolon
                | TokenKind::Comma
                | TokenKind::RightParen
                | TokenKind::RightBracket
                | TokenKind::RightBrace
                | TokenKind::ExprEnd
                | TokenKind::TemplateEnd
                | TokenKind::Eof
        );
        if !ends && !Parser::begins_statement(self.kind()) {
            self.bump();
            // What follows most likely makes no sense either.
            self.last_error = Some(self.position);
        }
        self.error_expr(start)
    }

    /// The value of `return` and `break`, when there is one.
    fn optional_value(&mut self) -> Option<Box<Expr>> {
        let is_body = self.no_struct && self.at(TokenKind::LeftBrace);
        // On the next line another statement begins, and `;` is missing.
        let is_next = self.token().first_on_line && Parser::begins_statement(self.kind());
        let has_value = Parser::begins_expression(self.kind()) && !is_body && !is_next;
        has_value.then(|| Box::new(self.expression()))
    }

    fn label(&mut self) -> Option<Ident> {
        let token = self.token();
        let TokenKind::Label(name) = token.kind else { return None };
        self.bump();
        Some(Ident { name, span: token.span })
    }

    /// A literal, if one stands here.
    pub(super) fn literal(&mut self) -> Option<Expr> {
        let token = self.token();
        let literal = literal_of(token.kind)?;
        self.bump();
        Some(Expr { kind: ExprKind::Literal(literal), span: token.span })
    }

    fn template(&mut self) -> ExprKind {
        self.bump();
        let mut parts = Vec::new();
        loop {
            match self.kind() {
                TokenKind::TemplateText(text) => {
                    self.bump();
                    parts.push(TemplatePart::Text(text));
                }
                TokenKind::ExprStart => {
                    self.bump();
                    if self.at(TokenKind::ExprEnd) {
                        self.unexpected("an expression between `${` and `}`");
                    } else {
                        parts.push(TemplatePart::Expr(self.bracketed()));
                    }
                    if !self.at(TokenKind::ExprEnd) {
                        self.unexpected("`}` behind the expression");
                    }
                    while !matches!(self.kind(), TokenKind::ExprEnd | TokenKind::TemplateEnd | TokenKind::Eof) {
                        self.skip_tree();
                    }
                    self.eat(TokenKind::ExprEnd);
                }
                TokenKind::TemplateEnd => {
                    self.bump();
                    return ExprKind::Template(parts);
                }
                // The lexer closes every template; a bracket inside of one may not be.
                _ => return ExprKind::Template(parts),
            }
        }
    }

    /// `(e)`, `(a, b)`, `()`
    fn paren(&mut self) -> ExprKind {
        let opening = self.bump().span;
        let mut parts = self.list(opening, TokenKind::RightParen, Parser::expression);
        let is_tuple = parts.len() != 1 || self.closed_after_comma();
        match parts.pop() {
            Some(inner) if !is_tuple => ExprKind::Paren(Box::new(inner)),
            Some(last) => {
                parts.push(last);
                ExprKind::Tuple(parts)
            }
            None => ExprKind::Tuple(parts),
        }
    }

    /// An element of an array: `...xs` gives all of its own.
    fn element(&mut self) -> Expr {
        let start = self.span();
        if !self.eat(TokenKind::Ellipsis) {
            return self.expression();
        }
        let inner = Box::new(self.expression());
        Expr { kind: ExprKind::Spread(inner), span: self.span_from(start) }
    }

    /// `[a, b]`, `[v; n]`, `[k: v]`, `[:]`
    fn array(&mut self) -> ExprKind {
        let opening = self.bump().span;
        if self.at(TokenKind::Colon) && self.peek_kind(1) == TokenKind::RightBracket {
            self.bump();
            self.bump();
            return ExprKind::Map(Vec::new());
        }
        if self.eat(TokenKind::RightBracket) {
            return ExprKind::Array(Vec::new());
        }
        let first = if self.at(TokenKind::Ellipsis) { self.element() } else { self.bracketed() };
        match self.kind() {
            TokenKind::Semicolon => {
                self.bump();
                let count = self.bracketed();
                self.close(TokenKind::RightBracket, opening);
                ExprKind::ArrayRepeat { value: Box::new(first), count: Box::new(count) }
            }
            TokenKind::Colon => {
                self.bump();
                let mut pairs = vec![(first, self.bracketed())];
                if self.next_element(TokenKind::RightBracket) {
                    pairs.extend(self.list(opening, TokenKind::RightBracket, |p| {
                        let key = p.expression();
                        p.expect(TokenKind::Colon, "and the key's value");
                        (key, p.expression())
                    }));
                } else {
                    self.close(TokenKind::RightBracket, opening);
                }
                ExprKind::Map(pairs)
            }
            _ => {
                let mut elements = vec![first];
                if self.next_element(TokenKind::RightBracket) {
                    elements.extend(self.list(opening, TokenKind::RightBracket, Parser::element));
                } else {
                    self.close(TokenKind::RightBracket, opening);
                }
                ExprKind::Array(elements)
            }
        }
    }

    /// Behind an element: takes the comma; says whether elements may follow.
    fn next_element(&mut self, close: TokenKind) -> bool {
        if self.eat(TokenKind::Comma) {
            return true;
        }
        if self.at(close) || !(Parser::begins_expression(self.kind()) || self.at(TokenKind::Ellipsis)) {
            return false;
        }
        self.missing_comma();
        true
    }

    /// `fn(x) { ... }`, `fn(x: T) -> R { ... }`, `fn(x) => e`, all also `async`.
    fn closure(&mut self) -> Expr {
        let start = self.span();
        let is_async = self.eat(TokenKind::Async);
        self.bump();
        if let TokenKind::Ident(_) = self.kind() {
            let name = self.span();
            self.report(
                Diagnostic::error("E0110", name, "a function inside an expression has no name")
                    .note("declare it before, as a statement, or leave the name out")
                    .fix(name, "leave it out", ""),
            );
            self.bump();
        }
        let params = self.params();
        let result = if self.eat(TokenKind::Arrow) { Some(self.type_expr()) } else { None };
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let body = if self.eat(TokenKind::FatArrow) {
            // `fn(x) => e` in a condition ends before the body of the condition's statement.
            self.no_struct = no_struct;
            self.expression()
        } else {
            let body_start = self.span();
            if !self.at(TokenKind::LeftBrace) {
                self.unexpected("the closure's body, `{ ... }` or `=> value`");
                self.error_expr(body_start)
            } else {
                let block = self.block();
                Expr { span: block.span, kind: ExprKind::Block(block) }
            }
        };
        self.no_struct = no_struct;
        let span: Span = self.span_from(start);
        Expr { kind: ExprKind::Closure(Box::new(Closure { params, result, body, is_async, span })), span }
    }
}

pub(super) fn literal_of(kind: TokenKind) -> Option<Literal> {
    Some(match kind {
        TokenKind::Int { value, suffix } => Literal::Int { value: u128::from(value), suffix },
        TokenKind::Float { value, suffix } => Literal::Float { value, suffix },
        TokenKind::Char(value) => Literal::Char(value),
        TokenKind::Str(value) => Literal::Str(value),
        TokenKind::Bytes(value) => Literal::Bytes(value.as_str().chars().map(|c| c as u32 as u8).collect()),
        TokenKind::True => Literal::Bool(true),
        TokenKind::False => Literal::Bool(false),
        TokenKind::Null => Literal::Null,
        _ => return None,
    })
}
