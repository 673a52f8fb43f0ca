//! What other languages write, in expressions and statements: told in the words of Flash, with the fix, and
//! taken for what it means, so that one habit is one message. Declarations are in `foreign_item`.

use super::Parser;
use crate::ast::{BinaryOp, Block, Closure, Expr, ExprKind, Ident, Let, Param, Pattern, PatternKind, StmtKind};
use crate::diagnostics::{Diagnostic, nearest};
use crate::lexer::TokenKind;
use crate::source::{Span, Symbol};

/// What is called with `!` elsewhere.
const MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "eprintln",
    "format",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Words that declare variables elsewhere, and whether those may be assigned to.
const DECLARING: &[(&str, bool)] = &[
    ("auto", true),
    ("dim", true),
    ("final", false),
    ("local", true),
    ("my", true),
    ("readonly", false),
    ("static", true),
    ("val", false),
    ("var", true),
];

/// Brackets further apart than this are not looked through.
const MAX_LOOKAHEAD: usize = 200;

impl Parser<'_> {
    pub(super) fn foreign_error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("E0110", span, message)
    }

    /// The next token stands on the line of this one.
    fn goes_on(&self, ahead: usize) -> bool {
        !self.peek(ahead).first_on_line
    }

    /// No space between two tokens.
    fn touch(&self, ahead: usize) -> bool {
        self.peek(ahead).span.end == self.peek(ahead + 1).span.start
    }

    /// At an opening bracket at `ahead`: the distance to the token behind the closing one.
    pub(super) fn behind_brackets(&self, ahead: usize) -> Option<usize> {
        let mut depth = 0_u32;
        for at in ahead..ahead + MAX_LOOKAHEAD {
            match self.peek_kind(at) {
                TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::LeftBrace => depth += 1,
                TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                TokenKind::Eof => return None,
                _ => {}
            }
        }
        None
    }

    // Operators.

    /// `and`, `or`: what they mean and how tightly it binds.
    pub(super) fn word_operator(&self) -> Option<(BinaryOp, u8)> {
        let TokenKind::Ident(word) = self.kind() else { return None };
        let meant = match word.as_str() {
            "and" => (BinaryOp::And, 3),
            "or" => (BinaryOp::Or, 2),
            _ => return None,
        };
        (self.goes_on(0) && Parser::begins_expression(self.peek_kind(1))).then_some(meant)
    }

    /// Says how an operator in words is written.
    pub(super) fn tell_word_operator(&mut self, op: BinaryOp) {
        if let TokenKind::Ident(word) = self.kind() {
            let (span, text) = (self.span(), op.text());
            let diagnostic = self.foreign_error(span, format!("Flash spells `{word}` as `{text}`"));
            self.report(diagnostic.fix(span, format!("write `{text}`"), text));
        }
    }

    /// `not x`
    pub(super) fn at_word_not(&self) -> bool {
        self.at_word("not")
            && self.goes_on(1)
            && matches!(
                self.peek_kind(1),
                TokenKind::Ident(_) | TokenKind::True | TokenKind::False | TokenKind::SelfValue | TokenKind::Bang
            )
    }

    pub(super) fn tell_word_not(&mut self) {
        let span = self.span();
        let until = Span { end: self.peek(1).span.start, ..span };
        self.report(self.foreign_error(span, "Flash spells `not` as `!`").fix(until, "write `!`", "!"));
    }

    /// Behind an operand: `x in xs`, `x instanceof T`, `x is not T`. Says so, and takes it.
    pub(super) fn foreign_test(&mut self, left: &Expr) -> bool {
        let span = self.span();
        match self.kind() {
            TokenKind::In => {
                let mut diagnostic = self.foreign_error(span, "`in` stands in `for` only");
                diagnostic = diagnostic.note(format!(
                    "write `xs.includes({0})` for arrays and texts, `m.has({0})` for maps and sets",
                    self.first_line(left.span)
                ));
                self.report(diagnostic);
                self.bump();
                self.unary();
                true
            }
            TokenKind::Ident(word) if word.as_str() == "instanceof" && self.goes_on(0) => {
                self.report(self.foreign_error(span, "Flash spells it `is`").fix(span, "write `is`", "is"));
                self.bump();
                self.cast_type();
                true
            }
            _ => false,
        }
    }

    /// Behind `is`: `x is not T`.
    pub(super) fn foreign_is_not(&mut self, left: &Expr) {
        if !self.at_word("not") || !self.goes_on(0) {
            return;
        }
        let span = self.span();
        let text = self.first_line(left.span);
        let mut diagnostic = self.foreign_error(span, "Flash has no `is not`");
        diagnostic = match self.peek_kind(1) {
            TokenKind::Null => diagnostic.note(format!("write `{text} != null`")),
            _ => diagnostic.note(format!("write `!({text} is T)`")),
        };
        self.report(diagnostic);
        self.bump();
        self.last_error = Some(self.position);
    }

    fn first_line(&self, span: Span) -> &str {
        self.source(span).lines().next().unwrap_or_default()
    }

    // Values.

    /// `x => x + 1` and `(x) => x + 1`: a closure without `fn`.
    pub(super) fn at_arrow_closure(&self) -> bool {
        if self.no_arrow {
            return false;
        }
        match self.kind() {
            TokenKind::Ident(_) => self.peek_kind(1) == TokenKind::FatArrow,
            TokenKind::LeftParen => self.behind_brackets(0).is_some_and(|end| {
                self.peek_kind(end) == TokenKind::FatArrow
                    && matches!(self.peek_kind(1), TokenKind::RightParen | TokenKind::Ident(_) | TokenKind::Mut)
            }),
            _ => false,
        }
    }

    pub(super) fn arrow_closure(&mut self) -> Expr {
        let start = self.span();
        let diagnostic = self.foreign_error(start, "a closure begins with `fn`");
        let params = if let TokenKind::Ident(name) = self.kind() {
            self.report(diagnostic.fix(start, format!("write `fn({name})`"), format!("fn({name})")));
            self.bump();
            let pattern =
                Pattern { kind: PatternKind::Name { name: Ident { name, span: start }, is_mut: false }, span: start };
            vec![Param { pattern, ty: None, default: None, is_rest: false, span: start }]
        } else {
            self.report(diagnostic.fix(Span { end: start.start, ..start }, "write `fn` before it", "fn"));
            self.params()
        };
        self.eat(TokenKind::FatArrow);
        let body = self.expression();
        self.closure_of(params, body, start)
    }

    /// `|x| x + 1` of Rust and Ruby.
    pub(super) fn bar_closure(&mut self) -> Expr {
        let start = self.span();
        let opening = self.bump();
        let mut params = Vec::new();
        if opening.kind == TokenKind::Pipe {
            while !self.at(TokenKind::Pipe) && !self.at_end() {
                let before = self.position;
                let param_start = self.span();
                let pattern = self.bar_pattern();
                let ty = if self.eat(TokenKind::Colon) { Some(self.type_expr()) } else { None };
                params.push(Param { pattern, ty, default: None, is_rest: false, span: self.span_from(param_start) });
                if !self.eat(TokenKind::Comma) || self.position == before {
                    break;
                }
            }
            self.eat(TokenKind::Pipe);
        }
        let written = self.span_from(start);
        let inside = self.source(written).trim_matches('|');
        let text = if self.at(TokenKind::LeftBrace) { format!("fn({inside})") } else { format!("fn({inside}) =>") };
        self.report(self.foreign_error(written, "a closure begins with `fn`").fix(
            written,
            format!("write `{text}`"),
            text,
        ));
        let body = self.expression();
        self.closure_of(params, body, start)
    }

    /// A name or `_`: alternatives with `|` would take the closing bar.
    fn bar_pattern(&mut self) -> Pattern {
        let span = self.span();
        self.eat(TokenKind::Mut);
        if self.at_word("_") {
            self.bump();
            return Pattern { kind: PatternKind::Wildcard, span };
        }
        let name = self.ident("a parameter");
        Pattern { kind: PatternKind::Name { name, is_mut: false }, span }
    }

    fn closure_of(&mut self, params: Vec<Param>, body: Expr, start: Span) -> Expr {
        let span = self.span_from(start);
        let closure = Closure { params, result: None, body, is_async: false, span };
        Expr { kind: ExprKind::Closure(Box::new(closure)), span }
    }

    /// `function(x) { }`, `func(x) { }` or `lambda x: ...` as a value.
    pub(super) fn at_foreign_function_value(&self) -> bool {
        (self.at_word("function") || self.at_word("func"))
            && self.peek_kind(1) == TokenKind::LeftParen
            && self.behind_brackets(1).is_some_and(|end| {
                matches!(self.peek_kind(end), TokenKind::LeftBrace | TokenKind::FatArrow | TokenKind::Arrow)
            })
    }

    /// Behind a name: `println!(...)`, and `f"..."`, which is a value. Says so, and takes what is too much.
    pub(super) fn foreign_name(&mut self, name: Symbol, span: Span) -> Option<Expr> {
        let next = self.token();
        let touches = span.end == next.span.start;
        if self.at(TokenKind::Bang)
            && touches
            && matches!(self.peek_kind(1), TokenKind::LeftParen | TokenKind::LeftBracket)
            && MACROS.contains(&name.as_str())
        {
            self.report(
                self.foreign_error(next.span, "Flash has no macros")
                    .label(format!("`{name}` is called without `!`"))
                    .fix(next.span, "remove the `!`", ""),
            );
            self.bump();
        } else if touches && matches!(name.as_str(), "f" | "s" | "u") && matches!(self.kind(), TokenKind::Str(_)) {
            let whole = span.to(next.span);
            let inside = self.source(next.span).trim_matches('"');
            let text = format!("`{}`", inside.replace("${", "{").replace('{', "${").replace('`', "\\`"));
            self.report(self.foreign_error(whole, "values stand in a text between backticks").fix(
                whole,
                format!("write {text}"),
                text,
            ));
            return self.literal();
        }
        None
    }

    /// `"""text"""`: three texts without a space between.
    pub(super) fn foreign_text(&mut self, span: Span) {
        let mut end = span;
        while matches!(self.kind(), TokenKind::Str(_)) && self.span().start == end.end {
            end = self.bump().span;
        }
        if end != span {
            self.report(
                self.foreign_error(span.to(end), "a text of several lines stands between backticks")
                    .note("`` `...` `` may span lines, and so may r\"...\""),
            );
        }
    }

    /// Behind a name: `a::b` for `a.b`. Says so; the caller goes on as behind a `.`.
    pub(super) fn eat_double_colon(&mut self) -> bool {
        let touches_left = self.previous_span().end == self.span().start;
        let is_path = self.at(TokenKind::Colon)
            && self.peek_kind(1) == TokenKind::Colon
            && self.touch(0)
            && touches_left
            && matches!(self.peek_kind(2), TokenKind::Ident(_));
        if is_path {
            let whole = self.span().to(self.peek(1).span);
            self.report(self.foreign_error(whole, "Flash spells `::` as `.`").fix(whole, "write `.`", "."));
            self.bump();
            self.bump();
        }
        is_path
    }

    /// The same for `a->b`.
    pub(super) fn eat_arrow_member(&mut self) -> bool {
        let span = self.span();
        let is_member = self.at(TokenKind::Arrow)
            && matches!(self.peek_kind(1), TokenKind::Ident(_))
            && self.previous_span().end == span.start
            && self.touch(0);
        if is_member {
            self.report(self.foreign_error(span, "Flash spells `->` as `.`").fix(span, "write `.`", "."));
            self.bump();
        }
        is_member
    }

    /// `c ? a : b`; at the `?`.
    pub(super) fn at_ternary(&self) -> bool {
        self.at(TokenKind::Question) && Parser::begins_expression(self.peek_kind(1)) && self.goes_on(1)
    }

    pub(super) fn ternary(&mut self, condition: &Expr) -> Expr {
        let start = condition.span;
        let span = self.bump().span;
        let then = self.expression();
        if !self.at(TokenKind::Colon) {
            self.report(self.foreign_error(span, "Flash has no `?` behind a value"));
            return self.error_expr(start);
        }
        self.bump();
        let otherwise = self.expression();
        let whole = self.span_from(start);
        let text = format!(
            "if {} {{ {} }} else {{ {} }}",
            self.source(condition.span),
            self.source(then.span),
            self.source(otherwise.span)
        );
        self.report(self.foreign_error(span, "Flash has no `? :`").note("`if` gives a value").fix(
            whole,
            format!("write `{text}`"),
            text,
        ));
        self.error_expr(start)
    }

    // Statements.

    /// A statement that begins with a word of another language, as a whole.
    pub(super) fn foreign_statement(&mut self) -> Option<StmtKind> {
        let TokenKind::Ident(word) = self.kind() else { return None };
        let span = self.span();
        let next = self.peek_kind(1);
        if let Some((_, is_mut)) = DECLARING.iter().find(|(text, _)| *text == word.as_str())
            && self.names_follow()
        {
            return Some(self.foreign_let(span, *is_mut));
        }
        let is_block = next == TokenKind::LeftBrace && !self.is_struct_body(1);
        let goes_on = self.goes_on(1) && (Parser::begins_expression(next) && next != TokenKind::LeftBracket);
        match word.as_str() {
            "switch" if goes_on => {
                self.report(self.foreign_error(span, "Flash spells it `match`").fix(span, "write `match`", "match"));
                Some(StmtKind::Expr(self.match_at(span)))
            }
            "do" if is_block => {
                self.report(
                    self.foreign_error(span, "Flash has no `do`")
                        .note("write `loop { ...; if !condition { break; } }`"),
                );
                self.bump();
                self.block();
                if self.at(TokenKind::While) && self.goes_on(0) {
                    self.bump();
                    self.expression();
                }
                self.eat(TokenKind::Semicolon);
                Some(StmtKind::Empty)
            }
            "unless" | "until" if goes_on && next != TokenKind::LeftParen => {
                let meant = if word.as_str() == "unless" { "if" } else { "while" };
                self.report(
                    self.foreign_error(span, format!("Flash has no `{word}`"))
                        .note(format!("write `{meant} !(condition) {{ }}`")),
                );
                self.bump();
                self.head_expression();
                self.block();
                Some(StmtKind::Empty)
            }
            "foreach" if goes_on => {
                self.report(self.foreign_error(span, "Flash spells it `for`").fix(span, "write `for`", "for"));
                self.bump();
                self.last_error = Some(self.position);
                self.skip_statement();
                Some(StmtKind::Empty)
            }
            "use" | "require" | "include" | "from"
                if matches!(next, TokenKind::Ident(_) | TokenKind::Str(_)) && self.goes_on(1) =>
            {
                self.report(
                    self.foreign_error(span, "modules are imported with `import`")
                        .note("write `import fs from \"std:fs\";` or `import { name } from \"./file.fl\";`"),
                );
                self.skip_statement();
                Some(StmtKind::Empty)
            }
            "pass" if matches!(next, TokenKind::Semicolon | TokenKind::RightBrace) || !self.goes_on(1) => {
                self.report(self.foreign_error(span, "an empty block needs no `pass`").fix(span, "remove it", ""));
                self.bump();
                self.eat(TokenKind::Semicolon);
                Some(StmtKind::Empty)
            }
            "print" | "println" | "echo" | "puts" | "printf"
                if self.goes_on(1)
                    && matches!(
                        next,
                        TokenKind::Str(_) | TokenKind::TemplateStart | TokenKind::Ident(_) | TokenKind::Int { .. }
                    ) =>
            {
                Some(self.call_without_brackets(word, span))
            }
            _ if self.at_mistyped_keyword(word) => self.mistyped_keyword(word, span),
            // `int x = 5;` of C.
            _ if self.names_follow() && matches!(self.peek_kind(2), TokenKind::Equal) => Some(self.typed_let(span)),
            _ => None,
        }
    }

    fn foreign_let(&mut self, span: Span, is_mut: bool) -> StmtKind {
        let meant = if is_mut { "let mut" } else { "let" };
        self.report(
            self.foreign_error(span, "variables are declared with `let`")
                .note("`let` is immutable, `let mut` can be assigned to")
                .fix(span, format!("write `{meant}`"), meant),
        );
        let mut declared = self.let_statement();
        declared.is_mut |= is_mut;
        StmtKind::Let(declared)
    }

    /// `i32 x = 5;`: the type before the name.
    fn typed_let(&mut self, span: Span) -> StmtKind {
        let ty = self.type_expr();
        let name = self.ident("a variable");
        let whole = span.to(name.span);
        let text = format!("let {}: {}", name.name, self.source(ty.span));
        self.report(self.foreign_error(whole, "a variable is declared with `let`, its type behind a `:`").fix(
            whole,
            format!("write `{text}`"),
            text,
        ));
        self.eat(TokenKind::Equal);
        let value = Some(self.expression());
        self.semicolon();
        let pattern = Pattern { kind: PatternKind::Name { name, is_mut: true }, span: name.span };
        StmtKind::Let(Let { is_mut: true, pattern, ty: Some(ty), value, otherwise: None })
    }

    /// Behind a name: `x := 5` of Go.
    pub(super) fn walrus(&mut self, target: &Expr) -> Option<StmtKind> {
        let ExprKind::Name(name) = target.kind else { return None };
        if !self.at(TokenKind::Colon) || self.peek_kind(1) != TokenKind::Equal || !self.touch(0) {
            return None;
        }
        let whole = target.span.to(self.peek(1).span);
        let text = format!("let mut {name} =");
        self.report(self.foreign_error(whole, "variables are declared with `let`").fix(
            whole,
            format!("write `{text}`"),
            text,
        ));
        self.bump();
        self.bump();
        let value = Some(self.expression());
        self.semicolon();
        let name = Ident { name, span: target.span };
        let pattern = Pattern { kind: PatternKind::Name { name, is_mut: true }, span: target.span };
        Some(StmtKind::Let(Let { is_mut: true, pattern, ty: None, value, otherwise: None }))
    }

    /// `print "hello"`
    fn call_without_brackets(&mut self, word: Symbol, span: Span) -> StmtKind {
        self.bump();
        let value = self.expression();
        let whole = self.span_from(span);
        let name = if matches!(word.as_str(), "print" | "printf") { "print" } else { "println" };
        let text = format!("{name}({})", self.source(value.span));
        self.last_error = None;
        self.report(self.foreign_error(whole, "arguments stand in parentheses").fix(
            whole,
            format!("write `{}`", text.lines().next().unwrap_or_default()),
            text.clone(),
        ));
        self.last_error = Some(self.position);
        self.semicolon();
        StmtKind::Empty
    }

    /// A word that is nearly a keyword, followed by what could follow that.
    fn at_mistyped_keyword(&self, word: Symbol) -> bool {
        if !self.goes_on(1) {
            return false;
        }
        let next = self.peek_kind(1);
        let is_value = Parser::begins_expression(next)
            && !matches!(
                next,
                TokenKind::LeftParen
                    | TokenKind::LeftBracket
                    | TokenKind::LeftBrace
                    | TokenKind::Dot
                    | TokenKind::DotDot
                    | TokenKind::DotDotEqual
                    | TokenKind::Minus
                    | TokenKind::Star
                    | TokenKind::Amp
                    | TokenKind::Bang
            );
        // Nearly every statement that begins with a name ends here.
        let is_other = matches!(next, TokenKind::LeftBrace | TokenKind::Mut) || Parser::begins_statement(next);
        if !is_value && !is_other {
            return false;
        }
        let follows = match nearest(word.as_str(), TokenKind::KEYWORDS.iter().copied()) {
            Some("return" | "throw" | "await" | "spawn") => is_value,
            Some("let" | "const" | "fn" | "struct" | "class" | "enum" | "interface" | "impl" | "defer") => {
                matches!(next, TokenKind::Ident(_) | TokenKind::Mut)
            }
            Some("while" | "if" | "match" | "for") => matches!(next, TokenKind::Ident(_) | TokenKind::True),
            Some("import") => matches!(next, TokenKind::LeftBrace | TokenKind::Ident(_) | TokenKind::Str(_)),
            Some("export") => Parser::begins_statement(next),
            Some("else" | "loop" | "try" | "catch" | "finally" | "unsafe") => {
                next == TokenKind::LeftBrace && !self.is_struct_body(1)
            }
            _ => false,
        };
        follows && (self.peek_kind(2) != TokenKind::Equal || matches!(next, TokenKind::Ident(_)))
    }

    fn mistyped_keyword(&mut self, word: Symbol, span: Span) -> Option<StmtKind> {
        let meant = nearest(word.as_str(), TokenKind::KEYWORDS.iter().copied())?;
        self.report(Diagnostic::error("E0115", span, format!("`{word}` is no keyword")).fix(
            span,
            format!("did you mean `{meant}`?"),
            meant,
        ));
        // Taken for the keyword: what follows is read as it was meant.
        if let Some(kind) = TokenKind::keyword(meant) {
            self.tokens[self.position].kind = kind;
        }
        match self.statement() {
            super::statement::Parsed::Statement(stmt) => Some(stmt.kind),
            super::statement::Parsed::Value(value) => Some(StmtKind::Expr(value)),
        }
    }

    /// Takes tokens up to the end of the statement.
    pub(super) fn skip_statement(&mut self) {
        self.bump();
        while !matches!(self.kind(), TokenKind::Eof | TokenKind::Semicolon | TokenKind::RightBrace | TokenKind::ExprEnd)
            && !self.token().first_on_line
        {
            let was_block = self.at(TokenKind::LeftBrace);
            self.skip_tree();
            if was_block && self.token().first_on_line {
                return;
            }
        }
        self.eat(TokenKind::Semicolon);
    }

    // Blocks.

    /// Where a `{` is missing: `if c then`, `if c:`, `if c statement;`, `fn f() => e;`. What could be read.
    pub(super) fn foreign_block(&mut self) -> Option<Block> {
        let start = self.span();
        if self.at_word("then") || self.at_word("do") || self.at(TokenKind::Colon) {
            let text = self.source(start);
            self.report(
                self.foreign_error(start, "a body stands in braces")
                    .label(format!("`{text}` is not needed"))
                    .note("write `if condition { ... }`"),
            );
            self.bump();
            if self.at(TokenKind::LeftBrace) {
                return Some(self.block());
            }
            self.last_error = Some(self.position);
            return None;
        }
        if matches!(self.kind(), TokenKind::FatArrow | TokenKind::Equal) {
            self.bump();
            let value = self.expression();
            let ended = self.eat(TokenKind::Semicolon);
            let whole = self.span_from(start);
            let text = format!("{{ {} }}", self.source(value.span));
            self.last_error = None;
            self.report(
                self.foreign_error(start, "a body stands in braces")
                    .note("only closures have the short form: `fn(x) => x * 2`")
                    .fix(whole, format!("write `{}`", text.lines().next().unwrap_or_default()), text),
            );
            if !ended {
                self.last_error = Some(self.position);
            }
            return Some(Block { statements: Vec::new(), value: Some(Box::new(value)), span: whole });
        }
        None
    }

    /// The body of `if`, `else`, `while` or `for` without braces: one statement.
    pub(super) fn bare_body(&mut self) -> Option<Block> {
        let start = self.span();
        let begins = matches!(
            self.kind(),
            TokenKind::Ident(_)
                | TokenKind::Return
                | TokenKind::Break
                | TokenKind::Continue
                | TokenKind::Throw
                | TokenKind::SelfValue
        );
        if !begins || ["then", "do", "to", "until", "step"].iter().any(|word| self.at_word(word)) {
            return None;
        }
        let height = self.enter()?;
        let mut block = Block { statements: Vec::new(), value: None, span: start };
        match self.statement() {
            super::statement::Parsed::Statement(stmt) => block.statements.push(stmt),
            super::statement::Parsed::Value(value) => block.value = Some(Box::new(value)),
        }
        self.leave(height);
        block.span = self.span_from(start);
        let text = format!("{{ {} }}", self.source(block.span));
        self.last_error = None;
        self.report(self.foreign_error(start, "a body stands in braces").label("`{` is missing before this").fix(
            block.span,
            format!("write `{}`", text.lines().next().unwrap_or_default()),
            text,
        ));
        Some(block)
    }
}
