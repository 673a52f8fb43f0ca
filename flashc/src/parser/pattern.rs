//! Patterns: names, `_`, literals, ranges, tuples, struct fields, variants, `a | b`, `x @ p`.

use super::Parser;
use crate::ast::{Expr, ExprKind, FieldPattern, Ident, Pattern, PatternKind, UnaryOp};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::{Span, Symbol};

impl Parser<'_> {
    /// With alternatives: `a | b`.
    pub(super) fn pattern(&mut self) -> Pattern {
        let start = self.span();
        self.eat(TokenKind::Pipe);
        let first = self.simple_pattern();
        if !self.at(TokenKind::Pipe) {
            return first;
        }
        let mut choices = vec![first];
        while self.eat(TokenKind::Pipe) {
            choices.push(self.simple_pattern());
        }
        Pattern { kind: PatternKind::Or(choices), span: self.span_from(start) }
    }

    /// As `pattern`, where `x: T` asks for a value of that type.
    pub(super) fn typed_pattern(&mut self) -> Pattern {
        let start = self.span();
        self.eat(TokenKind::Pipe);
        let first = self.simple_typed_pattern();
        if !self.at(TokenKind::Pipe) {
            return first;
        }
        let mut choices = vec![first];
        while self.eat(TokenKind::Pipe) {
            choices.push(self.simple_typed_pattern());
        }
        Pattern { kind: PatternKind::Or(choices), span: self.span_from(start) }
    }

    fn simple_typed_pattern(&mut self) -> Pattern {
        let start = self.span();
        let pattern = self.simple_pattern();
        let (name, is_mut) = match pattern.kind {
            PatternKind::Name { name, is_mut } if self.at(TokenKind::Colon) => (name, is_mut),
            PatternKind::Wildcard if self.at(TokenKind::Colon) => {
                (Ident { name: Symbol::new("_"), span: start }, false)
            }
            _ => return pattern,
        };
        self.bump();
        let ty = Box::new(self.type_expr());
        Pattern { kind: PatternKind::Typed { name, is_mut, ty }, span: self.span_from(start) }
    }

    fn simple_pattern(&mut self) -> Pattern {
        let start = self.span();
        let Some(height) = self.enter() else {
            return Pattern { kind: PatternKind::Error, span: start };
        };
        let kind = self.pattern_kind(start);
        self.leave(height);
        Pattern { kind, span: self.span_from(start) }
    }

    fn pattern_kind(&mut self, start: Span) -> PatternKind {
        match self.kind() {
            TokenKind::Ident(name) if name.as_str() == "_" => {
                self.bump();
                PatternKind::Wildcard
            }
            TokenKind::Mut => {
                self.bump();
                let name = self.ident("a variable");
                self.binding(name, true)
            }
            TokenKind::SelfValue => {
                self.bump();
                PatternKind::Name { name: Ident { name: Symbol::new("self"), span: start }, is_mut: false }
            }
            TokenKind::Ident(_) => self.path_pattern(),
            TokenKind::LeftBracket => {
                self.report(
                    Diagnostic::error("E0110", start, "patterns do not take arrays apart")
                        .note("a tuple can be: `let (a, b) = pair;`; elements are read by index, `xs[0]`, or `xs.at(0)`, which may be null"),
                );
                self.skip_tree();
                PatternKind::Error
            }
            TokenKind::Dot => {
                self.bump();
                let name = self.ident("a variant");
                if self.at(TokenKind::LeftBrace) && self.is_struct_body(0) {
                    let known = Ident { name: Symbol::new(""), span: start };
                    return self.struct_pattern(vec![known, name]);
                }
                let args = self.pattern_args();
                PatternKind::Variant { path: Vec::new(), name, args }
            }
            TokenKind::LeftParen => {
                self.bump();
                let mut parts = self.list(start, TokenKind::RightParen, Parser::typed_pattern);
                let is_tuple = parts.len() != 1 || self.closed_after_comma();
                match parts.pop() {
                    Some(inner) if !is_tuple => inner.kind,
                    Some(last) => {
                        parts.push(last);
                        PatternKind::Tuple(parts)
                    }
                    None => PatternKind::Tuple(parts),
                }
            }
            // `{ a, b }` takes a record apart.
            TokenKind::LeftBrace => self.struct_pattern(Vec::new()),
            TokenKind::DotDot | TokenKind::DotDotEqual => {
                let inclusive = self.bump().kind == TokenKind::DotDotEqual;
                let end = self.pattern_range_end();
                if end.is_none() {
                    self.unexpected("the end of the range");
                }
                PatternKind::Range { start: None, end, inclusive }
            }
            _ => match self.pattern_literal() {
                Some(literal) => self.maybe_range(literal),
                None if self.at_keyword_as_name() => {
                    let name = self.ident("a variable");
                    PatternKind::Name { name, is_mut: false }
                }
                None => {
                    self.unexpected("a pattern");
                    if self.at(TokenKind::Error) {
                        self.bump();
                    }
                    PatternKind::Error
                }
            },
        }
    }

    /// A keyword, where what follows says that a name was meant.
    fn at_keyword_as_name(&self) -> bool {
        self.kind().word().is_some()
            && matches!(
                self.peek_kind(1),
                TokenKind::Equal | TokenKind::Colon | TokenKind::Comma | TokenKind::RightParen | TokenKind::In
            )
    }

    /// A literal, or one behind `-`.
    fn pattern_literal(&mut self) -> Option<Expr> {
        let start = self.span();
        if self.at(TokenKind::Minus) && matches!(self.peek_kind(1), TokenKind::Int { .. } | TokenKind::Float { .. }) {
            self.bump();
            let operand = Box::new(self.literal()?);
            let kind = ExprKind::Unary { op: UnaryOp::Neg, operand };
            return Some(Expr { kind, span: self.span_from(start) });
        }
        self.literal()
    }

    fn maybe_range(&mut self, start: Expr) -> PatternKind {
        let inclusive = match self.kind() {
            TokenKind::DotDot => false,
            TokenKind::DotDotEqual => true,
            _ => return PatternKind::Literal(Box::new(start)),
        };
        self.bump();
        let end = self.pattern_range_end();
        if inclusive && end.is_none() {
            self.unexpected("the end of the range");
        }
        PatternKind::Range { start: Some(Box::new(start)), end, inclusive }
    }

    /// A literal or a constant's name.
    fn pattern_range_end(&mut self) -> Option<Box<Expr>> {
        if let Some(literal) = self.pattern_literal() {
            return Some(Box::new(literal));
        }
        let TokenKind::Ident(name) = self.kind() else { return None };
        let span = self.bump().span;
        Some(Box::new(Expr { kind: ExprKind::Name(name), span }))
    }

    fn path_pattern(&mut self) -> PatternKind {
        let mut path = vec![self.ident("a variable")];
        while self.eat(TokenKind::Dot) || self.eat_double_colon() {
            path.push(self.ident("a variant"));
        }
        match self.kind() {
            TokenKind::LeftBrace if self.is_struct_body(0) => return self.struct_pattern(path),
            TokenKind::DotDot | TokenKind::DotDotEqual if path.len() == 1 => {
                let start = Expr { kind: ExprKind::Name(path[0].name), span: path[0].span };
                return self.maybe_range(start);
            }
            _ => {}
        }
        let args = self.pattern_args();
        match (path.pop(), args) {
            (Some(name), None) if path.is_empty() => self.binding(name, false),
            (Some(name), args) => PatternKind::Variant { path, name, args },
            (None, _) => PatternKind::Error,
        }
    }

    /// `(p, q)` behind a variant's name.
    fn pattern_args(&mut self) -> Option<Vec<Pattern>> {
        let opening = self.span();
        if !self.eat(TokenKind::LeftParen) {
            return None;
        }
        Some(self.list(opening, TokenKind::RightParen, Parser::typed_pattern))
    }

    fn binding(&mut self, name: Ident, is_mut: bool) -> PatternKind {
        if !self.eat(TokenKind::At) {
            return PatternKind::Name { name, is_mut };
        }
        PatternKind::Binding { name, is_mut, pattern: Box::new(self.simple_pattern()) }
    }

    /// At `{`.
    fn struct_pattern(&mut self, path: Vec<Ident>) -> PatternKind {
        let opening = self.bump().span;
        let mut has_rest = false;
        let fields = self.list(opening, TokenKind::RightBrace, |p| {
            if p.eat(TokenKind::DotDot) {
                has_rest = true;
                return None;
            }
            let name = p.member_name("a field");
            let pattern = p.eat(TokenKind::Colon).then(|| p.typed_pattern());
            Some(FieldPattern { name, pattern })
        });
        PatternKind::Struct { path, fields: fields.into_iter().flatten().collect(), has_rest }
    }
}
