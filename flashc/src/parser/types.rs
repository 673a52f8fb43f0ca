//! Types, and the generic parameters of declarations.

use super::Parser;
use crate::ast::{GenericParam, Ident, Literal, TypeExpr, TypeExprKind};
use crate::diagnostics::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::source::{Span, Symbol};

/// Where a type stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Declaration,
    /// Behind `as` or `is`: `<` may be a comparison, and `??` is an operator.
    Cast,
}

impl Parser<'_> {
    pub(super) fn type_expr(&mut self) -> TypeExpr {
        self.type_in(Place::Declaration)
    }

    pub(super) fn cast_type(&mut self) -> TypeExpr {
        self.type_in(Place::Cast)
    }

    fn type_in(&mut self, place: Place) -> TypeExpr {
        let start = self.span();
        let Some(height) = self.enter() else { return error_type(start) };
        let mut ty = self.type_core(place);
        while self.at(TokenKind::Question) || (place == Place::Declaration && self.at(TokenKind::QuestionQuestion)) {
            if !self.grow() {
                ty = error_type(start);
                break;
            }
            let twice = self.bump().kind == TokenKind::QuestionQuestion;
            ty = self.optional_of(ty, start);
            if twice {
                ty = self.optional_of(ty, start);
            }
        }
        self.leave(height);
        ty
    }

    fn optional_of(&mut self, ty: TypeExpr, start: Span) -> TypeExpr {
        TypeExpr { kind: TypeExprKind::Optional(Box::new(ty)), span: self.span_from(start) }
    }

    fn type_core(&mut self, place: Place) -> TypeExpr {
        let start = self.span();
        let kind = match self.kind() {
            TokenKind::Ident(_) => self.path_type(place, Vec::new()),
            TokenKind::Dot if place == Place::Cast => {
                let known = Ident { name: Symbol::new(""), span: start };
                self.bump();
                self.path_type(place, vec![known])
            }
            TokenKind::LeftBracket => self.array_type(),
            TokenKind::LeftParen => {
                self.bump();
                let mut types = self.list(start, TokenKind::RightParen, Parser::type_expr);
                let is_tuple = types.len() != 1 || self.closed_after_comma();
                match types.pop() {
                    Some(inner) if !is_tuple => return TypeExpr { span: self.span_from(start), ..inner },
                    Some(last) => {
                        types.push(last);
                        TypeExprKind::Tuple(types)
                    }
                    None => TypeExprKind::Tuple(types),
                }
            }
            TokenKind::Star => {
                self.bump();
                TypeExprKind::Pointer(Box::new(self.type_in(place)))
            }
            TokenKind::Amp => {
                self.report(Diagnostic::error("E0110", start, "a pointer type is written `*T`").fix(
                    start,
                    "write `*`",
                    "*",
                ));
                self.bump();
                TypeExprKind::Pointer(Box::new(self.type_in(place)))
            }
            TokenKind::Fn => self.function_type(place),
            TokenKind::LeftBrace => {
                self.bump();
                TypeExprKind::Record(self.list(start, TokenKind::RightBrace, |p| {
                    let name = p.member_name("a field");
                    p.expect(TokenKind::Colon, "and the field's type");
                    (name, p.type_expr())
                }))
            }
            TokenKind::Str(_) | TokenKind::Int { .. } | TokenKind::Minus | TokenKind::True | TokenKind::False => {
                self.literal_types()
            }
            _ => {
                self.unexpected("a type");
                if self.at(TokenKind::Error) {
                    self.bump();
                }
                TypeExprKind::Error
            }
        };
        TypeExpr { kind, span: self.span_from(start) }
    }

    fn path_type(&mut self, place: Place, mut path: Vec<Ident>) -> TypeExprKind {
        path.push(self.ident("a type"));
        while self.eat(TokenKind::Dot) || self.eat_double_colon() {
            path.push(self.ident("a type"));
        }
        let has_args = self.at(TokenKind::Less) && (place == Place::Declaration || self.at_type_args_of_cast());
        let args = if has_args { self.type_args() } else { Vec::new() };
        TypeExprKind::Path { path, args }
    }

    /// `<A, B>`
    pub(super) fn type_args(&mut self) -> Vec<TypeExpr> {
        self.angle_list(Parser::type_expr)
    }

    /// `<T: A + B, U>`, when it stands here.
    pub(super) fn generic_params(&mut self) -> Vec<GenericParam> {
        self.params_with(|_| None)
    }

    /// As `generic_params`, perhaps with defaults: `<T = Self>`.
    pub(super) fn interface_params(&mut self) -> Vec<GenericParam> {
        self.params_with(|p| p.eat(TokenKind::Equal).then(|| p.type_expr()))
    }

    fn params_with(&mut self, mut default: impl FnMut(&mut Self) -> Option<TypeExpr>) -> Vec<GenericParam> {
        if !self.at(TokenKind::Less) {
            return Vec::new();
        }
        self.angle_list(|p| {
            let name = p.ident("a type parameter");
            let bounds = if p.eat(TokenKind::Colon) { p.bounds() } else { Vec::new() };
            let default = default(p);
            GenericParam { name, bounds, default }
        })
    }

    /// `A + B`
    pub(super) fn bounds(&mut self) -> Vec<TypeExpr> {
        let mut bounds = vec![self.type_expr()];
        while self.eat(TokenKind::Plus) {
            bounds.push(self.type_expr());
        }
        bounds
    }

    fn angle_list<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let opening = self.bump().span;
        let mut elements = Vec::new();
        while !self.at_closing_angle() && !self.at_end() {
            let before = self.position;
            elements.push(element(self));
            if !self.eat(TokenKind::Comma) || self.position == before {
                break;
            }
        }
        self.close_angle(opening);
        elements
    }

    fn at_closing_angle(&self) -> bool {
        self.kind().text().is_some_and(|text| text.starts_with('>'))
    }

    /// Takes one `>`, also the first of `>>`, `>=` and the like.
    fn close_angle(&mut self, opening: Span) {
        use TokenKind::*;
        let rest = match self.kind() {
            ShiftRight => Greater,
            ShiftRightLogical => ShiftRight,
            GreaterEqual => Equal,
            ShiftRightEqual => GreaterEqual,
            ShiftRightLogicalEqual => ShiftRightEqual,
            _ => return self.close(Greater, opening),
        };
        let token = &mut self.tokens[self.position];
        *token = Token { kind: rest, span: Span { start: token.span.start + 1, ..token.span }, first_on_line: false };
    }

    /// `"read" | "write"`, `1`, `-1`, `true`
    fn literal_types(&mut self) -> TypeExprKind {
        let mut literals = Vec::new();
        loop {
            let is_negative = self.eat(TokenKind::Minus);
            match super::expr::literal_of(self.kind()) {
                Some(Literal::Int { value, .. }) if is_negative => {
                    // Two's complement, as a literal has no sign of its own.
                    literals.push(Literal::Int { value: value.wrapping_neg(), suffix: None });
                }
                Some(literal @ (Literal::Str(_) | Literal::Int { .. } | Literal::Bool(_))) if !is_negative => {
                    literals.push(literal);
                }
                _ => {
                    self.unexpected("a literal");
                    return TypeExprKind::Error;
                }
            }
            self.bump();
            if !self.eat(TokenKind::Pipe) {
                return TypeExprKind::Literals(literals);
            }
        }
    }

    /// `[T]` or `[T; N]`
    fn array_type(&mut self) -> TypeExprKind {
        let opening = self.bump().span;
        let element = Box::new(self.type_expr());
        let kind = if self.eat(TokenKind::Semicolon) {
            let no_struct = std::mem::replace(&mut self.no_struct, false);
            let count = self.expression();
            self.no_struct = no_struct;
            TypeExprKind::FixedArray(element, Box::new(count))
        } else {
            TypeExprKind::Array(element)
        };
        self.close(TokenKind::RightBracket, opening);
        kind
    }

    /// `fn(A, name: B) -> C`
    fn function_type(&mut self, place: Place) -> TypeExprKind {
        self.bump();
        let opening = self.span();
        let mut params = Vec::new();
        if self.expect(TokenKind::LeftParen, "and the types of the parameters") {
            params = self.list(opening, TokenKind::RightParen, |p| {
                let is_named = p.peek_kind(1) == TokenKind::Colon && p.kind().word().is_some();
                if is_named {
                    p.bump();
                    p.bump();
                }
                p.type_expr()
            });
        }
        let result = if self.eat(TokenKind::Arrow) { Some(Box::new(self.type_in(place))) } else { None };
        TypeExprKind::Function { params, result }
    }
}

fn error_type(span: Span) -> TypeExpr {
    TypeExpr { kind: TypeExprKind::Error, span }
}
