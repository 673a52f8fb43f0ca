//! Items: imports, exports, functions, constants, types, tests; and the module as their list.

use super::Parser;
use super::statement::Parsed;
use crate::ast::{
    Alias, Attribute, AttributeArg, Body, Const, ExternBlock, Function, Ident, Import, ImportName, ImportNames, Item,
    ItemKind, Param, Pattern, PatternKind, Stmt, StmtKind, StrLiteral, Test,
};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::{Span, Symbol};

/// Words before `fn`.
#[derive(Clone, Copy, Default)]
pub(super) struct Modifiers {
    is_async: bool,
    is_unsafe: bool,
}

impl Parser<'_> {
    pub(super) fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while !self.at_end() {
            let before = self.position;
            self.height = 0;
            self.told_depth = false;
            let item = self.item_or_statement();
            if self.is_kept(&item.attributes) {
                items.push(item);
            }
            if matches!(self.kind(), TokenKind::RightBrace | TokenKind::ExprEnd | TokenKind::TemplateEnd) {
                let span = self.span();
                self.report(Diagnostic::error("E0114", span, "this `}` closes nothing").fix(span, "remove it", ""));
                self.bump();
            }
            if self.position == before {
                self.skip_tree();
            }
        }
        items
    }

    fn item_or_statement(&mut self) -> Item {
        if self.at_item() {
            return self.item();
        }
        let stmt = match self.statement() {
            Parsed::Statement(stmt) => stmt,
            Parsed::Value(value) => Stmt { span: value.span, kind: StmtKind::Expr(value) },
        };
        let span = stmt.span;
        Item { attributes: Vec::new(), doc: None, export: None, kind: ItemKind::Statement(stmt), span }
    }

    /// Does an item begin here (and no statement)?
    pub(super) fn at_item(&self) -> bool {
        let is_name = |kind: TokenKind| matches!(kind, TokenKind::Ident(_));
        let next = self.peek_kind(1);
        match self.kind() {
            TokenKind::Hash
            | TokenKind::Export
            | TokenKind::Const
            | TokenKind::Struct
            | TokenKind::Class
            | TokenKind::Enum
            | TokenKind::Interface
            | TokenKind::Impl
            | TokenKind::Extern => true,
            TokenKind::Import => next != TokenKind::LeftParen,
            TokenKind::Fn => next != TokenKind::LeftParen,
            TokenKind::Async | TokenKind::Unsafe => match next {
                TokenKind::Fn => self.peek_kind(2) != TokenKind::LeftParen,
                TokenKind::Async | TokenKind::Unsafe => true,
                _ => false,
            },
            TokenKind::Ident(word) => match word.as_str() {
                "type" => is_name(next) && !self.peek(1).first_on_line,
                "test" => matches!(next, TokenKind::Str(_)) && self.peek_kind(2) == TokenKind::LeftBrace,
                _ => {
                    self.at_function_word()
                        || self.at_modifier()
                        || self.at_foreign_declaration()
                        || self.at_nameless_function(0)
                }
            },
            _ => false,
        }
    }

    pub(super) fn item(&mut self) -> Item {
        let doc = self.doc();
        let start = self.span();
        let attributes = self.attributes();
        // A doc comment may stand behind the attributes too.
        let doc = doc.or_else(|| self.doc());
        let mut export = None;
        if self.at(TokenKind::Export) {
            export = Some(self.bump().span);
            self.export_default();
        }
        export = export.or(self.modifiers());
        let kind = self.item_kind(export.is_some(), &attributes);
        Item { attributes, doc, export, kind, span: self.span_from(start) }
    }

    fn item_kind(&mut self, exported: bool, attributes: &[Attribute]) -> ItemKind {
        match self.kind() {
            TokenKind::Import if self.peek_kind(1) != TokenKind::LeftParen => self.import(),
            TokenKind::LeftBrace if exported => self.export_names(),
            TokenKind::Const => ItemKind::Const(self.const_item()),
            TokenKind::Struct | TokenKind::Class => ItemKind::Record(self.type_decl()),
            TokenKind::Enum => ItemKind::Enum(self.enum_item()),
            TokenKind::Interface => ItemKind::Interface(self.interface()),
            TokenKind::Impl => ItemKind::Impl(self.impl_item()),
            TokenKind::Extern => self.extern_item(),
            TokenKind::Fn | TokenKind::Async | TokenKind::Unsafe if self.at_item() => {
                let function = self.function(None);
                self.check_body(&function, attributes);
                ItemKind::Function(function)
            }
            TokenKind::Ident(word) => match word.as_str() {
                "type" if self.names_follow() => ItemKind::Alias(self.alias()),
                "test" if matches!(self.peek_kind(1), TokenKind::Str(_)) => self.test(),
                _ if self.at_function_word() => {
                    self.tell_function_word();
                    ItemKind::Function(self.function(None))
                }
                _ if self.at_nameless_function(0) => {
                    self.tell_missing_fn();
                    ItemKind::Function(self.function(None))
                }
                _ if self.at_foreign_declaration() => self.foreign_declaration(),
                _ => self.item_statement(exported),
            },
            _ => self.item_statement(exported),
        }
    }

    /// A statement behind `export` or an attribute.
    fn item_statement(&mut self, exported: bool) -> ItemKind {
        if exported && !self.at(TokenKind::Let) {
            self.unexpected("a declaration behind `export`");
        }
        let start = self.span();
        let Some(height) = self.enter() else {
            return ItemKind::Statement(Stmt { kind: StmtKind::Empty, span: start });
        };
        let stmt = match self.statement() {
            Parsed::Statement(stmt) => stmt,
            Parsed::Value(value) => Stmt { span: value.span, kind: StmtKind::Expr(value) },
        };
        self.leave(height);
        ItemKind::Statement(stmt)
    }

    /// `#[name]`, `#[name("text")]`, `#[name(key = "value")]`
    pub(super) fn attributes(&mut self) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        while self.at(TokenKind::Hash) {
            if self.hash_comment() {
                continue;
            }
            let start = self.bump().span;
            let opening = self.span();
            if !self.expect(TokenKind::LeftBracket, "and the attribute's name") {
                continue;
            }
            let name = self.member_name("an attribute");
            let paren = self.span();
            let mut args = Vec::new();
            if self.eat(TokenKind::LeftParen) {
                args = self.list(paren, TokenKind::RightParen, Parser::attribute_arg);
            }
            self.close(TokenKind::RightBracket, opening);
            let attribute = Attribute { name, args, span: self.span_from(start) };
            self.check_cfg(&attribute);
            attributes.push(attribute);
        }
        attributes
    }

    fn attribute_arg(&mut self) -> AttributeArg {
        let start = self.span();
        if let Some(value) = self.attribute_value() {
            return AttributeArg { name: None, value: Some(value), args: None, span: start };
        }
        let name = self.member_name("the argument");
        let value = if self.eat(TokenKind::Equal) {
            let value = self.attribute_value();
            if value.is_none() {
                self.unexpected("a literal");
            }
            value
        } else {
            None
        };
        let opening = self.span();
        let mut args = None;
        if value.is_none()
            && self.at(TokenKind::LeftParen)
            && let Some(height) = self.enter()
        {
            self.bump();
            args = Some(self.list(opening, TokenKind::RightParen, Parser::attribute_arg));
            self.leave(height);
        }
        AttributeArg { name: Some(name), value, args, span: self.span_from(start) }
    }

    fn attribute_value(&mut self) -> Option<crate::ast::Literal> {
        let literal = super::expr::literal_of(self.kind())?;
        self.bump();
        Some(literal)
    }

    /// At `import`.
    fn import(&mut self) -> ItemKind {
        self.bump();
        let names = match self.kind() {
            TokenKind::Str(_) => {
                let from = self.string("a module");
                self.semicolon();
                return ItemKind::Import(Import { names: ImportNames::None, from });
            }
            TokenKind::LeftBrace => ImportNames::Names(self.import_names(false)),
            TokenKind::Star => {
                let star = self.bump().span;
                let is_as = self.eat(TokenKind::As);
                let name = self.ident("the module");
                let span = star.to(name.span);
                if is_as {
                    self.last_error = None;
                    self.report(
                        Diagnostic::error("E0110", span, "a module's namespace is imported by its name alone").fix(
                            span,
                            format!("write `{}`", name.name),
                            name.name.as_str(),
                        ),
                    );
                }
                ImportNames::Namespace(name)
            }
            _ => ImportNames::Namespace(self.ident("the module")),
        };
        if self.at_word("from") {
            self.bump();
        } else {
            self.unexpected("`from` and the module's name");
        }
        let from = self.string("the module's name, as a string");
        self.semicolon();
        ItemKind::Import(Import { names, from })
    }

    /// `{ a, b as c }`. What others call a thing may be a keyword: they write it behind a dot, or give it another name.
    fn import_names(&mut self, is_export: bool) -> Vec<ImportName> {
        let opening = self.bump().span;
        self.list(opening, TokenKind::RightBrace, |p| {
            let is_renamed = p.peek_kind(1) == TokenKind::As;
            let name = if is_renamed { p.member_name("what to import") } else { p.ident("what to import") };
            let alias = match p.eat(TokenKind::As) {
                true if is_export => Some(p.member_name("it elsewhere")),
                true => Some(p.ident("it here")),
                false => None,
            };
            ImportName { name, alias }
        })
    }

    fn export_names(&mut self) -> ItemKind {
        let names = self.import_names(true);
        let from = if self.at_word("from") {
            self.bump();
            Some(self.string("the module's name, as a string"))
        } else {
            None
        };
        self.semicolon();
        ItemKind::Export { names, from }
    }

    fn const_item(&mut self) -> Const {
        self.bump();
        let name = self.ident("a constant");
        let ty = if self.eat(TokenKind::Colon) { Some(self.type_expr()) } else { None };
        self.expect(TokenKind::Equal, "and the constant's value");
        let value = self.expression();
        self.semicolon();
        Const { name, ty, value }
    }

    fn alias(&mut self) -> Alias {
        self.bump();
        let name = self.ident("a type");
        let generics = self.generic_params();
        self.expect(TokenKind::Equal, "and the type that it names");
        let ty = self.type_expr();
        self.semicolon();
        Alias { name, generics, ty }
    }

    fn test(&mut self) -> ItemKind {
        self.bump();
        let name = self.string("the test's name");
        ItemKind::Test(Test { name, body: self.block() })
    }

    /// `extern "C" { fn ...; }` or `extern "C" fn`.
    fn extern_item(&mut self) -> ItemKind {
        self.bump();
        let abi = self.string("the ABI, as in `extern \"C\"`");
        let opening = self.span();
        if !self.eat(TokenKind::LeftBrace) {
            return ItemKind::Function(self.function(Some(abi)));
        }
        let functions = self.methods(opening, "a function");
        ItemKind::Extern(ExternBlock { abi, functions })
    }

    /// From the words before `fn` on.
    pub(super) fn function(&mut self, extern_abi: Option<StrLiteral>) -> Function {
        let start = self.span();
        let mut modifiers = Modifiers::default();
        loop {
            match self.kind() {
                TokenKind::Async => modifiers.is_async = true,
                TokenKind::Unsafe => modifiers.is_unsafe = true,
                _ => break,
            }
            self.bump();
        }
        if self.at_function_word() {
            self.bump();
        } else if !self.at_nameless_function(0) && !self.at_word("constructor") {
            self.expect(TokenKind::Fn, "and a function");
        }
        let name = self.function_name();
        let generics = self.generic_params();
        let params = self.params();
        let result = self.result_type();
        let body = if self.at(TokenKind::Semicolon) {
            self.bump();
            None
        } else {
            Some(self.function_body())
        };
        let Modifiers { is_async, is_unsafe } = modifiers;
        let span = self.span_from(start);
        Function { name, generics, params, result, body, is_async, is_unsafe, extern_abi, span }
    }

    fn function_body(&mut self) -> Body {
        if let (TokenKind::Body, Some(parse)) = (self.kind(), &self.parse_body) {
            let parse = parse.clone();
            return Body::later(self.bump().span, parse);
        }
        let short = matches!(self.kind(), TokenKind::FatArrow | TokenKind::Equal);
        let short = if short { self.foreign_block() } else { None };
        short.unwrap_or_else(|| self.block()).into()
    }

    /// Methods may be called like keywords (`promise.catch(f)`); the resolver has no trouble with
    /// functions of that name either, since they could not be called.
    fn function_name(&mut self) -> Ident {
        self.member_name("the function")
    }

    fn result_type(&mut self) -> Option<crate::ast::TypeExpr> {
        if self.at(TokenKind::Colon) {
            let span = self.span();
            self.report(Diagnostic::error("E0110", span, "a result type stands behind `->`").fix(
                span,
                "write `->`",
                " ->",
            ));
            self.bump();
            return Some(self.type_expr());
        }
        if self.eat(TokenKind::Arrow) { Some(self.type_expr()) } else { None }
    }

    /// `(a: T, mut b: U = v, rest: ...[T])`
    pub(super) fn params(&mut self) -> Vec<Param> {
        let opening = self.span();
        if !self.expect(TokenKind::LeftParen, "and the parameters") {
            return Vec::new();
        }
        self.list(opening, TokenKind::RightParen, Parser::param)
    }

    fn param(&mut self) -> Param {
        let start = self.span();
        let pattern = self.param_pattern();
        let mut is_rest = false;
        let ty = if self.eat(TokenKind::Colon) {
            is_rest = self.eat(TokenKind::Ellipsis);
            Some(self.type_expr())
        } else {
            self.type_without_colon()
        };
        let default = if self.eat(TokenKind::Equal) { Some(self.expression()) } else { None };
        Param { pattern, ty, default, is_rest, span: self.span_from(start) }
    }

    fn param_pattern(&mut self) -> Pattern {
        let start = self.span();
        if self.at(TokenKind::Mut) && self.peek_kind(1) == TokenKind::SelfValue {
            self.bump();
            let name = Ident { name: Symbol::new("self"), span: self.bump().span };
            return Pattern { kind: PatternKind::Name { name, is_mut: true }, span: self.span_from(start) };
        }
        if self.at(TokenKind::Amp) {
            let span: Span = start;
            let after = self.peek_kind(if self.peek_kind(1) == TokenKind::Mut { 2 } else { 1 });
            if after == TokenKind::SelfValue {
                self.report(
                    Diagnostic::error("E0110", span, "`self` is written without `&`")
                        .note("`mut self` may change the value, `self` only reads it")
                        .fix(span, "leave it out", ""),
                );
                self.bump();
                return self.param_pattern();
            }
        }
        self.pattern()
    }

    /// Functions without a body exist in std and for C only.
    fn check_body(&mut self, function: &Function, attributes: &[Attribute]) {
        let is_intrinsic = attributes.iter().any(|a| a.name.name.as_str() == "intrinsic");
        if function.body.is_some() || is_intrinsic {
            return;
        }
        let span = function.name.span;
        self.last_error = None;
        self.report(
            Diagnostic::error("E0112", span, format!("the function `{}` has no body", function.name.name))
                .note("functions of C are declared in `extern \"C\" { }`"),
        );
    }
}
