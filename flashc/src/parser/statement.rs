//! Blocks and statements. `;` ends a statement; what ends in a block needs none; the last
//! expression of a block without `;` is its value.

use super::Parser;
use crate::ast::{Block, Expr, ExprKind, ItemKind, Let, Stmt, StmtKind};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

/// What a statement turned out to be.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(super) enum Parsed {
    Statement(Stmt),
    /// An expression without `;`, at the end of its block.
    Value(Expr),
}

impl Parser<'_> {
    pub(super) fn block(&mut self) -> Block {
        let opening = self.span();
        let empty = |span| Block { statements: Vec::new(), value: None, span };
        if !self.at(TokenKind::LeftBrace) {
            self.expect_block();
            return empty(self.nowhere());
        }
        let Some(height) = self.enter() else { return empty(opening) };
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        self.bump();
        let mut block = empty(opening);
        while !matches!(self.kind(), TokenKind::RightBrace | TokenKind::Eof | TokenKind::ExprEnd) {
            let before = self.position;
            match self.statement() {
                Parsed::Statement(stmt) => block.statements.push(stmt),
                Parsed::Value(value) => block.value = Some(Box::new(value)),
            }
            if self.position == before {
                self.skip_tree();
            }
        }
        self.close(TokenKind::RightBrace, opening);
        self.no_struct = no_struct;
        self.leave(height);
        block.span = self.span_from(opening);
        block
    }

    fn expect_block(&mut self) {
        self.unexpected("a block, `{ ... }`");
    }

    pub(super) fn statement(&mut self) -> Parsed {
        let start = self.span();
        if self.eat(TokenKind::Semicolon) {
            return Parsed::Statement(Stmt { kind: StmtKind::Empty, span: start });
        }
        if self.at_item() {
            let Some(height) = self.enter() else {
                return Parsed::Statement(Stmt { kind: StmtKind::Empty, span: start });
            };
            let item = Box::new(self.item());
            self.leave(height);
            if !self.is_kept(&item.attributes) {
                return Parsed::Statement(Stmt { kind: StmtKind::Empty, span: item.span });
            }
            // A statement that nothing but `#[cfg]` stands before is just that.
            let only_cfg = item.attributes.iter().all(|a| a.name.name.as_str() == "cfg");
            if only_cfg
                && item.export.is_none()
                && let ItemKind::Statement(stmt) = item.kind
            {
                return Parsed::Statement(stmt);
            }
            return Parsed::Statement(Stmt { span: item.span, kind: StmtKind::Item(item) });
        }
        // A doc comment before a statement is just a comment.
        self.docs.remove(&self.position);
        let kind = match self.kind() {
            TokenKind::Let => StmtKind::Let(self.let_statement()),
            TokenKind::Defer => {
                self.bump();
                self.defer_statement()
            }
            TokenKind::Ident(word) if word.as_str() == "using" && self.names_follow() => {
                self.bump();
                let name = self.ident("a variable");
                self.expect(TokenKind::Equal, "and the value");
                let value = self.expression();
                self.semicolon();
                StmtKind::Using(name, value)
            }
            _ => match self.foreign_statement() {
                Some(kind) => kind,
                None => return self.expression_statement(),
            },
        };
        Parsed::Statement(Stmt { kind, span: self.span_from(start) })
    }

    /// The next token is a name on the same line.
    pub(super) fn names_follow(&self) -> bool {
        matches!(self.peek(1).kind, TokenKind::Ident(_)) && !self.peek(1).first_on_line
    }

    /// At `let`.
    pub(super) fn let_statement(&mut self) -> Let {
        self.bump();
        let is_mut = self.eat(TokenKind::Mut);
        let pattern = self.pattern();
        let ty = if self.eat(TokenKind::Colon) { Some(self.type_expr()) } else { None };
        let value = if self.eat(TokenKind::Equal) { Some(self.expression()) } else { None };
        let otherwise = (value.is_some() && self.eat(TokenKind::Else)).then(|| self.block());
        if self.at(TokenKind::Comma) && !self.peek(1).first_on_line {
            let span = self.span();
            self.report(self.foreign_error(span, "each variable has a `let` of its own").fix(
                span,
                "write `; let`",
                "; let",
            ));
            self.skip_statement();
        } else {
            self.semicolon();
        }
        Let { is_mut, pattern, ty, value, otherwise }
    }

    fn defer_statement(&mut self) -> StmtKind {
        let start = self.span();
        let Some(height) = self.enter() else { return StmtKind::Empty };
        let inner = match self.statement() {
            Parsed::Statement(stmt) => stmt,
            Parsed::Value(value) => {
                self.semicolon();
                Stmt { kind: StmtKind::Expr(value), span: self.span_from(start) }
            }
        };
        self.leave(height);
        StmtKind::Defer(Box::new(inner))
    }

    fn expression_statement(&mut self) -> Parsed {
        let start = self.span();
        let mut needs_semicolon = true;
        let expr = if self.at_control() {
            let first = self.control();
            if matches!(self.kind(), TokenKind::Dot | TokenKind::QuestionDot | TokenKind::As) {
                let first = self.postfix_from(first);
                self.expression_from(first)
            } else {
                needs_semicolon = false;
                first
            }
        } else {
            self.expression()
        };
        if self.eat(TokenKind::Semicolon) {
            return Parsed::Statement(Stmt { kind: StmtKind::Expr(expr), span: self.span_from(start) });
        }
        if let Some(kind) = self.walrus(&expr) {
            return Parsed::Statement(Stmt { kind, span: self.span_from(start) });
        }
        if self.at(TokenKind::RightBrace) {
            return Parsed::Value(expr);
        }
        if needs_semicolon {
            self.hint_struct(&expr);
            self.semicolon();
        }
        Parsed::Statement(Stmt { kind: StmtKind::Expr(expr), span: self.span_from(start) })
    }

    /// `if p == P { x: 1 } {`: the `{` began the body, and `x:` makes no sense there.
    fn hint_struct(&mut self, expr: &Expr) {
        if self.at(TokenKind::Colon) && matches!(expr.kind, ExprKind::Name(_)) {
            self.report(
                Diagnostic::error("E0100", self.span(), "expected `;`, found `:`")
                    .note("a struct literal in the head of `if`, `while`, `for` or `match` needs parentheses"),
            );
        }
    }

    /// Takes the `;` that ends a statement, or says that it is missing and goes to the next one.
    pub(super) fn semicolon(&mut self) {
        if self.eat(TokenKind::Semicolon) || (self.options.repl && self.at_end()) {
            return;
        }
        let after: Span = self.previous_span().after();
        if !self.at(TokenKind::Error) && !self.after_open_text() {
            let found = self.kind().describe();
            let on_next_line = self.token().first_on_line || self.at_end() || self.at(TokenKind::RightBrace);
            let place = if on_next_line { after } else { self.span() };
            self.report(
                Diagnostic::error("E0101", place, format!("expected `;`, found {found}"))
                    .label("`;` is missing here")
                    .fix(after, "write `;`", ";"),
            );
        }
        while !self.token().first_on_line
            && !Parser::begins_statement(self.kind())
            && !matches!(
                self.kind(),
                TokenKind::Semicolon | TokenKind::RightBrace | TokenKind::Eof | TokenKind::ExprEnd
            )
        {
            self.skip_tree();
        }
        self.eat(TokenKind::Semicolon);
    }
}
