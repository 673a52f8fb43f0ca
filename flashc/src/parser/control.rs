//! Control flow that gives values: blocks, `if`, `match`, loops, `try`, `select`, `unsafe`.

use super::Parser;
use crate::ast::{Arm, BinaryOp, Block, Catch, Condition, Expr, ExprKind, Ident, If, Pattern, PatternKind, SelectArm};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

impl Parser<'_> {
    /// An expression that ends in a block begins here: it needs no `;` as a statement.
    pub(super) fn at_control(&self) -> bool {
        match self.kind() {
            TokenKind::LeftBrace => !self.at_record_literal(),
            TokenKind::If
            | TokenKind::Match
            | TokenKind::While
            | TokenKind::Loop
            | TokenKind::For
            | TokenKind::Label(_)
            | TokenKind::Unsafe => true,
            TokenKind::Try => self.peek_kind(1) != TokenKind::Question,
            TokenKind::Ident(_) => self.at_select(),
            _ => false,
        }
    }

    pub(super) fn at_select(&self) -> bool {
        self.at_word("select")
            && !self.no_struct
            && self.peek_kind(1) == TokenKind::LeftBrace
            && !(self.is_struct_body(1) && self.peek_kind(2) != TokenKind::RightBrace)
    }

    /// At one of the tokens of `at_control`.
    pub(super) fn control(&mut self) -> Expr {
        let start = self.span();
        let Some(height) = self.enter() else { return self.error_expr(start) };
        let label = self.loop_label();
        let kind = match self.kind() {
            TokenKind::LeftBrace => {
                let body = self.block();
                match label {
                    Some(label) => ExprKind::Labelled { label, body },
                    None => ExprKind::Block(body),
                }
            }
            TokenKind::Unsafe => {
                self.bump();
                ExprKind::Unsafe(self.block())
            }
            TokenKind::If => self.if_chain(),
            TokenKind::Match => self.match_expr(),
            TokenKind::While => {
                self.bump();
                let condition = Box::new(self.condition());
                ExprKind::While { label, condition, body: self.body() }
            }
            TokenKind::Loop => {
                self.bump();
                ExprKind::Loop { label, body: self.block() }
            }
            TokenKind::For => self.for_loop(label),
            TokenKind::Try => self.try_expr(),
            TokenKind::Ident(_) if self.at_select() => {
                let select = self.select();
                self.leave(height);
                return select;
            }
            _ => {
                self.unexpected("a loop behind the label");
                ExprKind::Error
            }
        };
        self.leave(height);
        Expr { kind, span: self.span_from(start) }
    }

    fn loop_label(&mut self) -> Option<Ident> {
        let token = self.token();
        let TokenKind::Label(name) = token.kind else { return None };
        self.bump();
        self.expect(TokenKind::Colon, "behind the label");
        if !matches!(self.kind(), TokenKind::While | TokenKind::Loop | TokenKind::For | TokenKind::LeftBrace) {
            self.report(
                Diagnostic::error("E0100", self.span(), "a label stands before `for`, `while`, `loop` or a block")
                    .secondary(token.span, "this label"),
            );
        }
        Some(Ident { name, span: token.span })
    }

    /// `if a { } else if b { } else { }`, without recursion over the chain.
    fn if_chain(&mut self) -> ExprKind {
        let mut links = Vec::new();
        let mut otherwise = None;
        loop {
            let start = self.bump().span;
            let condition = self.condition();
            let then = self.body();
            links.push((start, condition, then));
            let is_elif = self.at_word("elif") || self.at_word("elsif");
            if is_elif {
                let span = self.span();
                self.report(Diagnostic::error("E0110", span, "Flash spells it `else if`").fix(
                    span,
                    "write `else if`",
                    "else if",
                ));
                continue;
            }
            if !self.eat(TokenKind::Else) {
                break;
            }
            if self.at(TokenKind::If) {
                continue;
            }
            let block = self.body();
            otherwise = Some(Expr { span: block.span, kind: ExprKind::Block(block) });
            break;
        }
        let end = self.previous_span();
        while let Some((start, condition, then)) = links.pop() {
            if !self.grow() {
                return ExprKind::Error;
            }
            let kind = ExprKind::If(Box::new(If { condition, then, otherwise: otherwise.take() }));
            otherwise = Some(Expr { kind, span: start.to(end) });
        }
        otherwise.map_or(ExprKind::Error, |e| e.kind)
    }

    /// `e`, `let p = e`, joined by `&&`.
    fn condition(&mut self) -> Condition {
        if self.at(TokenKind::LeftBrace) && !self.at_record_literal() {
            self.unexpected("a condition");
            return Condition::Expr(self.error_expr(self.span().after()));
        }
        let mut condition =
            if self.at(TokenKind::Let) { self.let_condition() } else { Condition::Expr(self.head_expression()) };
        while self.at(TokenKind::AmpAmp) {
            self.bump();
            let right =
                if self.at(TokenKind::Let) { self.let_condition() } else { Condition::Expr(self.condition_operand()) };
            if !self.grow() {
                return Condition::Expr(self.error_expr(self.previous_span()));
            }
            condition = Condition::And(Box::new(condition), Box::new(right));
        }
        if self.at(TokenKind::PipePipe) {
            self.report(
                Diagnostic::error("E0100", self.span(), "`let` in a condition can be joined with `&&` only")
                    .note("what it binds would not be there on the other side of `||`"),
            );
            self.bump();
            self.head_expression();
        }
        match condition {
            Condition::Expr(Expr { kind: ExprKind::Assign { op: None, op_span, target, value }, span }) => {
                self.last_error = None;
                self.report(Diagnostic::error("E0109", op_span, "this assigns, where a condition is expected").fix(
                    op_span,
                    "write `==` to compare",
                    "==",
                ));
                let kind = ExprKind::Binary { op: BinaryOp::Eq, op_span, left: target, right: value };
                Condition::Expr(Expr { kind, span })
            }
            condition => condition,
        }
    }

    /// The block of a condition or loop; braces that are missing are told.
    fn body(&mut self) -> Block {
        if !self.at(TokenKind::LeftBrace) {
            let found = match self.foreign_block() {
                Some(block) => Some(block),
                None => self.bare_body(),
            };
            if let Some(block) = found {
                return block;
            }
        }
        self.block()
    }

    /// `switch`, taken for `match`.
    pub(super) fn match_at(&mut self, start: Span) -> Expr {
        let kind = self.match_expr();
        Expr { kind, span: self.span_from(start) }
    }

    fn let_condition(&mut self) -> Condition {
        self.bump();
        let pattern = self.typed_pattern();
        self.expect(TokenKind::Equal, "and the value to match");
        let value = self.condition_operand();
        Condition::Let { pattern, value }
    }

    fn match_expr(&mut self) -> ExprKind {
        self.bump();
        let value = Box::new(self.head_expression());
        let opening = self.span();
        let mut arms = Vec::new();
        if !self.expect(TokenKind::LeftBrace, "and the arms") {
            return ExprKind::Match { value, arms };
        }
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        while !matches!(self.kind(), TokenKind::RightBrace | TokenKind::Eof | TokenKind::ExprEnd) {
            let before = self.position;
            arms.push(self.arm());
            self.end_arm();
            if self.position == before {
                self.skip_tree();
            }
        }
        self.no_struct = no_struct;
        self.close(TokenKind::RightBrace, opening);
        ExprKind::Match { value, arms }
    }

    fn arm(&mut self) -> Arm {
        let start = self.span();
        let pattern = self.foreign_arm().unwrap_or_else(|| self.typed_pattern());
        let guard = if self.eat(TokenKind::If) { Some(self.guard()) } else { None };
        let body = self.arm_body();
        Arm { pattern, guard, body, span: self.span_from(start) }
    }

    /// An expression that `=>` ends.
    fn guard(&mut self) -> Expr {
        let no_arrow = std::mem::replace(&mut self.no_arrow, true);
        let guard = self.expression();
        self.no_arrow = no_arrow;
        guard
    }

    /// `case x:` and `default:`; the pattern, where that is all there is to it.
    fn foreign_arm(&mut self) -> Option<Pattern> {
        let start = self.span();
        let next = self.peek_kind(1);
        let ends = matches!(next, TokenKind::FatArrow | TokenKind::Colon | TokenKind::Arrow);
        if ends && (self.at_word("default") || self.at(TokenKind::Else)) {
            self.report(Diagnostic::error("E0110", start, "the arm for everything else is `_`").fix(
                start,
                "write `_`",
                "_",
            ));
            self.bump();
            return Some(Pattern { kind: PatternKind::Wildcard, span: start });
        }
        let is_pattern = matches!(next, TokenKind::Ident(_) | TokenKind::Dot | TokenKind::Minus)
            || super::expr::literal_of(next).is_some();
        if is_pattern && (self.at_word("case") || self.at_word("when")) {
            let until = Span { end: self.peek(1).span.start, ..start };
            self.report(Diagnostic::error("E0110", start, "an arm begins with its pattern").fix(
                until,
                "leave it out",
                "",
            ));
            self.bump();
            self.last_error = Some(self.position);
        }
        None
    }

    fn arm_body(&mut self) -> Expr {
        let start = self.span();
        if matches!(self.kind(), TokenKind::Arrow | TokenKind::Colon) {
            self.report(Diagnostic::error("E0110", start, "an arm's value stands behind `=>`").fix(
                start,
                "write `=>`",
                "=>",
            ));
            self.bump();
        } else if !self.expect(TokenKind::FatArrow, "and the arm's value") {
            while !self.at(TokenKind::FatArrow) {
                if matches!(
                    self.kind(),
                    TokenKind::Comma
                        | TokenKind::RightBrace
                        | TokenKind::Eof
                        | TokenKind::Semicolon
                        | TokenKind::ExprEnd
                ) {
                    return self.error_expr(start);
                }
                self.skip_tree();
            }
            self.bump();
        }
        if self.at_control() {
            let block = self.control();
            if self.ends_arm() {
                return block;
            }
            let first = self.postfix_from(block);
            return self.expression_from(first);
        }
        self.expression()
    }

    /// Behind a block nothing is needed before the next arm.
    fn ends_arm(&self) -> bool {
        if self.at_variant_arm() {
            return true;
        }
        self.token().first_on_line && !matches!(self.kind(), TokenKind::Dot | TokenKind::QuestionDot)
            || matches!(self.kind(), TokenKind::Comma | TokenKind::RightBrace | TokenKind::Eof)
            || matches!(self.kind(), TokenKind::Ident(_) | TokenKind::LeftParen | TokenKind::Minus)
            || super::expr::literal_of(self.kind()).is_some()
    }

    /// `.Variant` with what makes an arm of it behind it, rather than a method of the block's value.
    fn at_variant_arm(&self) -> bool {
        if !self.at(TokenKind::Dot) || !matches!(self.peek_kind(1), TokenKind::Ident(_)) {
            return false;
        }
        let end = match self.peek_kind(2) {
            TokenKind::LeftParen | TokenKind::LeftBrace => self.behind_brackets(2),
            _ => Some(2),
        };
        end.is_some_and(|end| {
            matches!(self.peek_kind(end), TokenKind::FatArrow | TokenKind::Pipe | TokenKind::If | TokenKind::At)
        })
    }

    /// The comma behind an arm, which a block may do without.
    fn end_arm(&mut self) {
        if self.eat(TokenKind::Comma) || self.at(TokenKind::RightBrace) || self.at_end() {
            return;
        }
        let after_block = self.tokens[self.position.saturating_sub(1)].kind == TokenKind::RightBrace;
        if after_block {
            return;
        }
        if self.at(TokenKind::Semicolon) {
            let span = self.span();
            self.report(Diagnostic::error("E0106", span, "arms are separated by `,`").fix(span, "write `,`", ","));
            self.bump();
            return;
        }
        self.missing_comma();
    }

    fn for_loop(&mut self, label: Option<Ident>) -> ExprKind {
        self.bump();
        let is_await = self.eat(TokenKind::Await);
        if self.at(TokenKind::LeftParen) && self.is_c_for() {
            return self.c_for();
        }
        let pattern = self.pattern();
        if self.at_word("of") {
            let span = self.span();
            self.report(Diagnostic::error("E0110", span, "Flash spells it `in`").fix(span, "write `in`", "in"));
            self.bump();
        } else {
            self.expect(TokenKind::In, "and what to loop over");
        }
        let iterable = Box::new(self.head_expression());
        ExprKind::For { label, pattern, iterable, is_await, body: self.body() }
    }

    fn is_c_for(&self) -> bool {
        matches!(self.peek_kind(1), TokenKind::Let | TokenKind::Semicolon)
            || matches!(self.peek_kind(1), TokenKind::Ident(name) if name.as_str() == "var")
    }

    /// `for (let i = 0; i < n; i++) { }`: told, and taken.
    fn c_for(&mut self) -> ExprKind {
        let span = self.span();
        self.report(
            Diagnostic::error("E0110", span, "Flash has no `for` with three parts")
                .note("`for i in 0..n { }` counts; `for x in xs { }` goes through a collection")
                .note("anything else is a `while` loop"),
        );
        self.skip_tree();
        self.last_error = Some(self.position);
        if self.at(TokenKind::LeftBrace) {
            self.block();
        }
        ExprKind::Error
    }

    fn try_expr(&mut self) -> ExprKind {
        let start = self.bump().span;
        let body = self.block();
        let mut catches = Vec::new();
        while self.eat(TokenKind::Catch) {
            let paren = self.at(TokenKind::LeftParen);
            if paren {
                let span = self.span();
                self.report(
                    Diagnostic::error("E0110", span, "the name of a caught error stands without parentheses")
                        .note("write `catch e { }` or `catch e: IoError { }`"),
                );
                self.bump();
            }
            let has_name = matches!(self.kind(), TokenKind::Ident(_));
            let name = has_name.then(|| self.ident("the error"));
            let ty = if self.eat(TokenKind::Colon) { Some(self.type_expr()) } else { None };
            if paren {
                self.eat(TokenKind::RightParen);
            }
            catches.push(Catch { name, ty, body: self.block() });
        }
        let finally = if self.eat(TokenKind::Finally) { Some(self.block()) } else { None };
        if catches.is_empty() && finally.is_none() {
            self.last_error = None;
            self.report(
                Diagnostic::error("E0100", start, "`try` needs `catch` or `finally`")
                    .note("`try? e` gives `null` where `e` throws"),
            );
        }
        ExprKind::Try { body, catches, finally }
    }

    /// `select { v = channel.receive() => { }, timeout(100) => { } }`
    pub(super) fn select(&mut self) -> Expr {
        let start = self.bump().span;
        let opening = self.span();
        let mut arms = Vec::new();
        let Some(height) = self.enter() else { return self.error_expr(start) };
        self.expect(TokenKind::LeftBrace, "and the arms");
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        while !matches!(self.kind(), TokenKind::RightBrace | TokenKind::Eof | TokenKind::ExprEnd) {
            let before = self.position;
            arms.push(self.select_arm());
            self.end_arm();
            if self.position == before {
                self.skip_tree();
            }
        }
        self.no_struct = no_struct;
        self.leave(height);
        self.close(TokenKind::RightBrace, opening);
        Expr { kind: ExprKind::Select(arms), span: self.span_from(start) }
    }

    fn select_arm(&mut self) -> SelectArm {
        let named = matches!(self.kind(), TokenKind::Ident(_)) && self.peek_kind(1) == TokenKind::Equal;
        let has_pattern = self.eat(TokenKind::Let) || named;
        let pattern = has_pattern.then(|| {
            let pattern = self.pattern();
            self.expect(TokenKind::Equal, "and what to wait for");
            pattern
        });
        let pattern = pattern.filter(|p| !matches!(p.kind, PatternKind::Error));
        let value = self.guard();
        let body = self.arm_body();
        SelectArm { pattern, value, body }
    }

    /// The empty place behind a span, for blocks that are not there.
    pub(super) fn nowhere(&self) -> Span {
        self.previous_span().after()
    }
}
