//! What other languages write in declarations: told in the words of Flash, and taken for what it means.

use super::Parser;
use crate::ast::{Function, ItemKind, TypeExpr};
use crate::diagnostics::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

/// What functions are declared with elsewhere.
const FUNCTION_WORDS: &[&str] = &["def", "fun", "func", "function", "proc", "procedure", "sub"];

/// Words before declarations that Flash has not.
const MODIFIERS: &[&str] = &[
    "abstract",
    "final",
    "inline",
    "internal",
    "override",
    "private",
    "protected",
    "pub",
    "public",
    "readonly",
    "static",
    "virtual",
];

impl Parser<'_> {
    /// A word that declares a function elsewhere, and a function behind it.
    pub(super) fn at_function_word(&self) -> bool {
        let TokenKind::Ident(word) = self.kind() else { return false };
        FUNCTION_WORDS.contains(&word.as_str())
            && matches!(self.peek_kind(1), TokenKind::Ident(_))
            && !self.peek(1).first_on_line
            && matches!(self.peek_kind(2), TokenKind::LeftParen | TokenKind::Less)
    }

    pub(super) fn tell_function_word(&mut self) {
        let span = self.span();
        let diagnostic = self.foreign_error(span, "functions are declared with `fn`");
        self.report(diagnostic.fix(span, "write `fn`", "fn"));
    }

    /// `add(a: i32) { }`: `fn` is missing. `ahead` is where the name stands.
    pub(super) fn at_nameless_function(&self, ahead: usize) -> bool {
        let is_name = matches!(self.peek_kind(ahead), TokenKind::Ident(_));
        if !is_name || self.peek_kind(ahead + 1) != TokenKind::LeftParen || self.peek(ahead + 1).first_on_line {
            return false;
        }
        let first = self.peek_kind(ahead + 2);
        let second = self.peek_kind(ahead + 3);
        let like_params = first == TokenKind::RightParen
            || (second == TokenKind::Colon && matches!(first, TokenKind::Ident(_)))
            || matches!(first, TokenKind::SelfValue);
        like_params
            && self.behind_brackets(ahead + 1).is_some_and(|end| {
                !self.peek(end).first_on_line && matches!(self.peek_kind(end), TokenKind::LeftBrace | TokenKind::Arrow)
            })
    }

    pub(super) fn tell_missing_fn(&mut self) {
        let span = self.span();
        let before = Span { end: span.start, ..span };
        self.report(
            self.foreign_error(span, "functions are declared with `fn`").label("`fn` is missing before this").fix(
                before,
                "write `fn` here",
                "fn ",
            ),
        );
    }

    /// At a method that is written without `fn`.
    pub(super) fn foreign_method(&mut self) -> Option<Function> {
        if self.at_word("constructor") && self.peek_kind(1) == TokenKind::LeftParen {
            let span = self.span();
            self.report(
                self.foreign_error(span, "types have no constructors")
                    .note("`P { x: 1.0 }` makes a value; fields may have defaults: `x: f64 = 0.0`")
                    .note("a function without `self` may make one: `fn new(x: f64) -> P { ... }`"),
            );
            return Some(self.function(None));
        }
        if self.at_function_word() {
            self.tell_function_word();
        } else if self.at_nameless_function(0) {
            self.tell_missing_fn();
        } else {
            return None;
        }
        Some(self.function(None))
    }

    /// The words before a declaration that Flash has not; whether one of them means `export`.
    pub(super) fn at_modifier(&self) -> bool {
        let TokenKind::Ident(word) = self.kind() else { return false };
        let next = self.peek_kind(1);
        let follows = matches!(
            next,
            TokenKind::Fn
                | TokenKind::Async
                | TokenKind::Struct
                | TokenKind::Class
                | TokenKind::Enum
                | TokenKind::Interface
                | TokenKind::Const
        ) || matches!(next, TokenKind::Let if word.as_str().starts_with("pub"))
            || matches!(next, TokenKind::Ident(second) if MODIFIERS.contains(&second.as_str()));
        MODIFIERS.contains(&word.as_str()) && follows && !self.peek(1).first_on_line
    }

    /// Takes such words. Gives the place of one that means `export`.
    pub(super) fn modifiers(&mut self) -> Option<Span> {
        let mut export = None;
        while self.at_modifier() {
            let span = self.span();
            let TokenKind::Ident(word) = self.bump().kind else { break };
            let until = Span { end: self.span().start, ..span };
            match word.as_str() {
                "pub" | "public" => {
                    let diagnostic = self.foreign_error(span, "Flash spells it `export`");
                    self.report(diagnostic.fix(span, "write `export`", "export"));
                    export = Some(span);
                }
                "private" | "internal" | "protected" => {
                    let diagnostic = self.foreign_error(span, format!("there is no `{word}` at the top level"));
                    self.report(diagnostic.note("what is not exported is private to its module").fix(
                        until,
                        "leave it out",
                        "",
                    ));
                }
                _ => {
                    let diagnostic = self.foreign_error(span, format!("Flash has no `{word}`"));
                    self.report(diagnostic.fix(until, "leave it out", ""));
                }
            }
            self.last_error = Some(self.position);
        }
        export
    }

    /// `static fn f()` inside a type, and words that mean nothing there.
    pub(super) fn member_modifiers(&mut self) {
        while let TokenKind::Ident(word) = self.kind() {
            let next = self.peek_kind(1);
            let is_name =
                matches!(next, TokenKind::Colon | TokenKind::Comma | TokenKind::LeftParen | TokenKind::LeftBrace)
                    || matches!(next, TokenKind::RightBrace | TokenKind::Equal);
            if is_name || word.as_str() == "private" || !MODIFIERS.contains(&word.as_str()) {
                return;
            }
            let span = self.bump().span;
            let until = Span { end: self.span().start, ..span };
            let diagnostic = match word.as_str() {
                "pub" | "public" => self.foreign_error(span, "members are public unless they say `private`"),
                "static" => self
                    .foreign_error(span, "Flash has no `static`")
                    .note("a function without `self` belongs to the type and is called `P.f()`"),
                _ => self.foreign_error(span, format!("Flash has no `{word}`")),
            };
            self.last_error = None;
            self.report(diagnostic.fix(until, "leave it out", ""));
        }
    }

    /// `export default x`
    pub(super) fn export_default(&mut self) {
        if self.at_word("default") {
            let span = self.bump().span;
            let until = Span { end: self.span().start, ..span };
            self.last_error = None;
            let diagnostic = self.foreign_error(span, "Flash has no default exports");
            self.report(diagnostic.note("what is exported has a name: `import { name } from \"./m.fl\";`").fix(
                until,
                "leave it out",
                "",
            ));
            self.last_error = Some(self.position);
        }
    }

    /// `trait T { }` and its like.
    pub(super) fn at_foreign_declaration(&self) -> bool {
        let TokenKind::Ident(word) = self.kind() else { return false };
        matches!(word.as_str(), "trait" | "protocol" | "record" | "union" | "namespace" | "module" | "package")
            && matches!(self.peek_kind(1), TokenKind::Ident(_))
            && !self.peek(1).first_on_line
    }

    pub(super) fn foreign_declaration(&mut self) -> ItemKind {
        let span = self.span();
        let TokenKind::Ident(word) = self.kind() else { return self.nothing() };
        let meant = match word.as_str() {
            "trait" | "protocol" => Some("interface"),
            "record" => Some("struct"),
            "union" => Some("enum"),
            _ => None,
        };
        match meant {
            Some(meant) => {
                let diagnostic = self.foreign_error(span, format!("Flash spells it `{meant}`"));
                self.report(diagnostic.fix(span, format!("write `{meant}`"), meant));
                match meant {
                    "interface" => ItemKind::Interface(self.interface()),
                    "enum" => ItemKind::Enum(self.enum_item()),
                    _ => ItemKind::Record(self.type_decl()),
                }
            }
            None => {
                let diagnostic = self.foreign_error(span, format!("Flash has no `{word}`"));
                self.report(diagnostic.note("a file is a module; its name is the file's"));
                self.skip_statement();
                self.nothing()
            }
        }
    }

    fn nothing(&self) -> ItemKind {
        let stmt = crate::ast::Stmt { kind: crate::ast::StmtKind::Empty, span: self.nowhere() };
        ItemKind::Statement(stmt)
    }

    /// At a type that stands right behind its name: `a i32`.
    pub(super) fn type_without_colon(&mut self) -> Option<TypeExpr> {
        let is_type = match self.kind() {
            TokenKind::Ident(_) => true,
            TokenKind::LeftBracket | TokenKind::Star => self.previous_span().end < self.span().start,
            _ => false,
        };
        if !is_type || self.token().first_on_line {
            return None;
        }
        let after = self.previous_span().after();
        let span = self.span();
        self.report(
            Diagnostic::error("E0100", span, format!("expected `:`, found {}", self.kind().describe()))
                .label("a `:` stands between a name and its type")
                .fix(after, "write `:` here", ":"),
        );
        Some(self.type_expr())
    }

    /// `# text`: a comment of other languages.
    pub(super) fn hash_comment(&mut self) -> bool {
        let span = self.span();
        if self.peek_kind(1) == TokenKind::LeftBracket {
            return false;
        }
        self.last_error = None;
        self.report(self.foreign_error(span, "comments begin with `//`").fix(span, "write `//`", "//"));
        self.bump();
        while !self.token().first_on_line && !self.at_end() {
            self.bump();
        }
        self.last_error = Some(self.position);
        true
    }
}
