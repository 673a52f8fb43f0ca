//! Declarations with members: structs, classes, enums, interfaces, impls.

use super::Parser;
use crate::ast::{
    Attribute, Enum, FieldDecl, Impl, Interface, Method, RecordKind, TypeDecl, TypeExpr, TypeExprKind, Variant,
    VariantFields,
};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

/// What stands before a member.
struct MemberHead {
    attributes: Vec<Attribute>,
    doc: Option<String>,
    is_private: bool,
}

impl Parser<'_> {
    /// At `struct` or `class`.
    pub(super) fn type_decl(&mut self) -> TypeDecl {
        let kind = if self.bump().kind == TokenKind::Struct { RecordKind::Struct } else { RecordKind::Class };
        let name = self.ident("a type");
        let generics = self.generic_params();
        let mut decl = TypeDecl { kind, name, generics, fields: Vec::new(), methods: Vec::new() };
        let opening = self.span();
        if self.at(TokenKind::Colon) || self.at_word("extends") || self.at_word("implements") {
            self.report(
                Diagnostic::error("E0110", opening, "types do not inherit")
                    .note("an interface is implemented with `impl Show for P { }`"),
            );
            while !matches!(self.kind(), TokenKind::LeftBrace | TokenKind::Semicolon | TokenKind::Eof) {
                self.skip_tree();
            }
        }
        let opening = if self.at(TokenKind::LeftBrace) { self.span() } else { opening };
        if self.expect(TokenKind::LeftBrace, "and the fields") {
            self.members(opening, &mut decl);
        }
        decl
    }

    fn members(&mut self, opening: Span, decl: &mut TypeDecl) {
        while !self.at_body_end() {
            let before = self.position;
            let head = self.member_head();
            if self.at_function() {
                let function = self.function(None);
                let MemberHead { attributes, doc, is_private } = head;
                if self.is_kept(&attributes) {
                    decl.methods.push(Method { attributes, doc, is_private, function });
                }
                self.eat(TokenKind::Comma);
            } else if let Some(function) = self.foreign_method() {
                let MemberHead { attributes, doc, is_private } = head;
                decl.methods.push(Method { attributes, doc, is_private, function });
            } else {
                let field = self.field(head);
                if self.is_kept(&field.attributes) {
                    decl.fields.push(field);
                }
                self.end_member();
            }
            if self.position == before {
                self.skip_tree();
            }
        }
        self.close(TokenKind::RightBrace, opening);
    }

    fn at_body_end(&self) -> bool {
        matches!(self.kind(), TokenKind::RightBrace | TokenKind::Eof | TokenKind::ExprEnd)
    }

    fn member_head(&mut self) -> MemberHead {
        let doc = self.doc();
        let attributes = self.attributes();
        let doc = doc.or_else(|| self.doc());
        let mut is_private = false;
        while self.at_word("private") && self.peek_kind(1) != TokenKind::Colon {
            self.bump();
            is_private = true;
        }
        self.member_modifiers();
        MemberHead { attributes, doc, is_private }
    }

    fn at_function(&self) -> bool {
        match self.kind() {
            // A field may be called `fn`: `fn: i32`.
            TokenKind::Fn => self.peek_kind(1) != TokenKind::Colon,
            TokenKind::Async | TokenKind::Unsafe => {
                matches!(self.peek_kind(1), TokenKind::Fn | TokenKind::Async | TokenKind::Unsafe)
            }
            _ => false,
        }
    }

    fn field(&mut self, head: MemberHead) -> FieldDecl {
        let MemberHead { attributes, doc, is_private } = head;
        self.eat(TokenKind::Let);
        let name = self.member_name("a field");
        let ty = if self.eat(TokenKind::Colon) {
            self.type_expr()
        } else if let Some(ty) = self.type_without_colon() {
            ty
        } else {
            self.unexpected("`:` and the field's type");
            TypeExpr { kind: TypeExprKind::Error, span: self.nowhere() }
        };
        let default = if self.eat(TokenKind::Equal) { Some(self.expression()) } else { None };
        FieldDecl { attributes, doc, is_private, name, ty, default }
    }

    /// The comma behind a field or variant; the last one needs none.
    fn end_member(&mut self) {
        if self.eat(TokenKind::Comma) || self.at_body_end() {
            return;
        }
        if self.at(TokenKind::Semicolon) {
            let span = self.span();
            self.report(Diagnostic::error("E0106", span, "fields and variants are separated by `,`").fix(
                span,
                "write `,`",
                ",",
            ));
            self.bump();
            return;
        }
        self.missing_comma();
        while !self.token().first_on_line && !self.at_body_end() && !self.at(TokenKind::Comma) && !self.at_function() {
            self.skip_tree();
        }
        self.eat(TokenKind::Comma);
    }

    pub(super) fn enum_item(&mut self) -> Enum {
        self.bump();
        let name = self.ident("an enum");
        let generics = self.generic_params();
        let mut item = Enum { name, generics, variants: Vec::new(), methods: Vec::new() };
        let opening = self.span();
        if !self.expect(TokenKind::LeftBrace, "and the variants") {
            return item;
        }
        while !self.at_body_end() {
            let before = self.position;
            let head = self.member_head();
            if self.at_function() {
                let function = self.function(None);
                let MemberHead { attributes, doc, is_private } = head;
                if self.is_kept(&attributes) {
                    item.methods.push(Method { attributes, doc, is_private, function });
                }
                self.eat(TokenKind::Comma);
            } else {
                let variant = self.variant(head.doc);
                self.only_cfg(&head.attributes);
                if self.is_kept(&head.attributes) {
                    item.variants.push(variant);
                }
                self.end_member();
            }
            if self.position == before {
                self.skip_tree();
            }
        }
        self.close(TokenKind::RightBrace, opening);
        item
    }

    /// Variants have no other attributes.
    fn only_cfg(&mut self, attributes: &[Attribute]) {
        for attribute in attributes.iter().filter(|a| a.name.name.as_str() != "cfg") {
            let message = format!("`#[{}]` does not apply to a variant", attribute.name.name);
            self.diagnostics.push(Diagnostic::error("E0117", attribute.span, message));
        }
    }

    fn variant(&mut self, doc: Option<String>) -> Variant {
        let name = self.ident("a variant");
        let opening = self.span();
        let fields = match self.kind() {
            TokenKind::LeftParen => {
                self.bump();
                VariantFields::Positional(self.list(opening, TokenKind::RightParen, Parser::type_expr))
            }
            TokenKind::LeftBrace => {
                self.bump();
                VariantFields::Named(self.list(opening, TokenKind::RightBrace, |p| {
                    let head = p.member_head();
                    p.field(head)
                }))
            }
            _ => VariantFields::None,
        };
        let value = if self.eat(TokenKind::Equal) { Some(self.expression()) } else { None };
        Variant { doc, name, fields, value }
    }

    pub(super) fn interface(&mut self) -> Interface {
        self.bump();
        let name = self.ident("an interface");
        let generics = self.interface_params();
        let supers = if self.eat(TokenKind::Colon) { self.bounds() } else { Vec::new() };
        let opening = self.span();
        let mut methods = Vec::new();
        if self.expect(TokenKind::LeftBrace, "and the methods") {
            methods = self.methods(opening, "a method");
        }
        Interface { name, generics, supers, methods }
    }

    /// `impl<T> Show for P<T> { }` or `impl P { }`
    pub(super) fn impl_item(&mut self) -> Impl {
        self.bump();
        let generics = self.generic_params();
        let first = self.type_expr();
        let (interface, target) =
            if self.eat(TokenKind::For) { (Some(first), self.type_expr()) } else { (None, first) };
        let mut more_targets = Vec::new();
        while self.eat(TokenKind::Comma) {
            more_targets.push(self.type_expr());
        }
        let opening = self.span();
        let mut methods = Vec::new();
        if self.expect(TokenKind::LeftBrace, "and the methods") {
            methods = self.methods(opening, "a method");
        }
        Impl { generics, interface, target, more_targets, methods }
    }

    /// Functions up to `}`, which is taken.
    pub(super) fn methods(&mut self, opening: Span, what: &str) -> Vec<Method> {
        let mut methods = Vec::new();
        while !self.at_body_end() {
            let before = self.position;
            let MemberHead { attributes, doc, is_private } = self.member_head();
            if self.at_function() {
                let function = self.function(None);
                if self.is_kept(&attributes) {
                    methods.push(Method { attributes, doc, is_private, function });
                }
                self.eat(TokenKind::Comma);
            } else if let Some(function) = self.foreign_method() {
                methods.push(Method { attributes, doc, is_private, function });
            } else {
                self.unexpected(what);
                self.skip_to_member();
            }
            if self.position == before {
                self.skip_tree();
            }
        }
        self.close(TokenKind::RightBrace, opening);
        methods
    }

    fn skip_to_member(&mut self) {
        while !self.at_body_end() && !self.at_function() && !self.at(TokenKind::Hash) {
            self.skip_tree();
        }
    }
}
