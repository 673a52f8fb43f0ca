//! From tokens to the syntax tree, by recursive descent. Always gives a tree: where the text makes
//! no sense there is an `Error` node and a diagnostic, and parsing goes on at the next place that
//! makes sense. Every loop takes a token or ends, so the work is linear in the text.
//!
//! Two limits keep recursion (here, and of later stages over the tree) off the end of the stack:
//! [`MAX_NESTING`] for what stands inside of something else, [`MAX_HEIGHT`] for the tree, which also
//! grows by chains (`1 + 1 + 1 ...`) that do not nest in the text.

mod cfg;
mod control;
mod expr;
mod foreign;
mod foreign_item;
mod item;
mod lookahead;
mod operator;
mod pattern;
mod postfix;
mod record;
mod statement;
mod types;

pub use cfg::Target;

use crate::ast::{Block, Ident, Module, ParseBody, StrLiteral};
use crate::diagnostics::Diagnostic;
use crate::lexer::{self, Token, TokenKind};
use crate::source::{FileId, Span, Symbol};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How deep expressions, types, patterns and blocks may stand inside each other.
pub const MAX_NESTING: u32 = 150;
/// How high the tree of one statement may grow.
pub const MAX_HEIGHT: u32 = 500;
/// More mistakes of one file are not told.
const MAX_DIAGNOSTICS: usize = 100;

/// What the text is.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// The last statement may end without `;`.
    pub repl: bool,
    /// What `#[cfg]` leaves out is left out of the tree; without a target nothing is.
    pub target: Option<Target>,
}

/// The tree of a file.
pub fn parse(file: FileId, text: &str, tokens: Vec<Token>) -> (Module, Vec<Diagnostic>) {
    parse_with(file, text, tokens, ParseOptions::default())
}

/// The tree of a file or of a line of the REPL.
pub fn parse_with(file: FileId, text: &str, tokens: Vec<Token>, options: ParseOptions) -> (Module, Vec<Diagnostic>) {
    let mut parser = Parser::new(file, text, tokens, options);
    let items = parser.items();
    (Module { file, items }, parser.diagnostics)
}

/// The outline of a module of std (see `lexer::lex_outline`): its functions are parsed when somebody looks at them.
pub fn parse_outline(file: FileId, text: &'static str, options: ParseOptions) -> (Module, Vec<Diagnostic>) {
    let (tokens, mut diagnostics) = lexer::lex_outline(file, text);
    let mut parser = Parser::new(file, text, tokens, options);
    parser.parse_body = Some(Arc::new(move |span| body(span, text, options)));
    let items = parser.items();
    diagnostics.append(&mut parser.diagnostics);
    (Module { file, items }, diagnostics)
}

/// A function's body in a text without mistakes.
fn body(span: Span, text: &str, options: ParseOptions) -> Block {
    let (tokens, mut diagnostics) = lexer::lex_part(span, text);
    let mut parser = Parser::new(span.file, text, tokens, options);
    let block = parser.block();
    diagnostics.append(&mut parser.diagnostics);
    if !diagnostics.is_empty() || !parser.at_end() {
        let line = text[..span.start as usize].lines().count();
        let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
        crate::bug!("parser: std: the function at line {line} of its file: {}", messages.join("; "));
    }
    block
}

struct Parser<'t> {
    file: FileId,
    text: &'t str,
    /// Without doc comments; the last one is `Eof`.
    tokens: Vec<Token>,
    position: usize,
    /// Doc comments by the index of the token behind them.
    docs: FxHashMap<usize, Vec<Symbol>>,
    options: ParseOptions,
    diagnostics: Vec<Diagnostic>,
    /// Where the last mistake was told: one is enough for a place.
    last_error: Option<usize>,
    nesting: u32,
    /// Of what has been parsed inside the current construct: an upper bound.
    height: u32,
    told_depth: bool,
    /// In a condition, where `{` begins the body and no struct literal.
    no_struct: bool,
    /// Where `=>` belongs to what stands around: the guard of an arm.
    no_arrow: bool,
    /// Parses the bodies that the tokens only name.
    parse_body: Option<ParseBody>,
}

impl<'t> Parser<'t> {
    fn new(file: FileId, text: &'t str, all: Vec<Token>, options: ParseOptions) -> Parser<'t> {
        let mut docs: FxHashMap<usize, Vec<Symbol>> = FxHashMap::default();
        let mut tokens = Vec::with_capacity(all.len() + 1);
        for token in all {
            match token.kind {
                TokenKind::Doc(line) => docs.entry(tokens.len()).or_default().push(line),
                _ => tokens.push(token),
            }
        }
        if !matches!(tokens.last(), Some(Token { kind: TokenKind::Eof, .. })) {
            let span = Span::new(file, text.len(), text.len());
            tokens.push(Token { kind: TokenKind::Eof, span, first_on_line: true });
        }
        Parser {
            file,
            text,
            tokens,
            position: 0,
            docs,
            options,
            diagnostics: Vec::new(),
            last_error: None,
            nesting: 0,
            height: 0,
            told_depth: false,
            no_struct: false,
            no_arrow: false,
            parse_body: None,
        }
    }

    // Looking at tokens.

    fn token(&self) -> Token {
        self.tokens[self.position]
    }

    fn kind(&self) -> TokenKind {
        self.tokens[self.position].kind
    }

    /// The token `ahead` of the current one; `Eof` behind the end.
    fn peek(&self, ahead: usize) -> Token {
        self.tokens[(self.position + ahead).min(self.tokens.len() - 1)]
    }

    fn peek_kind(&self, ahead: usize) -> TokenKind {
        self.peek(ahead).kind
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn at_end(&self) -> bool {
        self.at(TokenKind::Eof)
    }

    /// The current token is this word, which is a keyword only here.
    fn at_word(&self, word: &str) -> bool {
        matches!(self.kind(), TokenKind::Ident(name) if name.as_str() == word)
    }

    fn span(&self) -> Span {
        self.token().span
    }

    /// Of the token before the current one.
    fn previous_span(&self) -> Span {
        match self.position.checked_sub(1) {
            Some(index) => self.tokens[index].span,
            None => Span::new(self.file, 0, 0),
        }
    }

    /// From a start to the end of the last token taken.
    fn span_from(&self, start: Span) -> Span {
        let end = self.previous_span().end.max(start.start);
        Span { file: self.file, start: start.start, end }
    }

    fn source(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    // Taking tokens.

    fn bump(&mut self) -> Token {
        let token = self.token();
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        token
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    /// Takes `kind`, or says that it is missing.
    fn expect(&mut self, kind: TokenKind, place: &str) -> bool {
        if self.eat(kind) {
            return true;
        }
        let wanted = kind.describe();
        self.unexpected(&format!("{wanted} {place}"));
        false
    }

    /// Takes a closing bracket, or says which opening one misses it.
    fn close(&mut self, kind: TokenKind, opening: Span) {
        if self.eat(kind) {
            return;
        }
        if self.after_open_text() {
            self.last_error = Some(self.position);
        }
        let closing = kind.describe();
        let found = self.kind().describe();
        let here = self.span();
        let after = self.previous_span().after();
        self.report(
            Diagnostic::error("E0107", here, format!("expected {closing}, found {found}"))
                .label(format!("{closing} is missing before this"))
                .secondary(opening, "to close this")
                .fix(after, format!("write {closing} here"), kind.text().unwrap_or_default()),
        );
    }

    /// The token before is a text that is never closed, which has been told: it took what is missing.
    fn after_open_text(&self) -> bool {
        let Some(token) = self.position.checked_sub(1).map(|index| self.tokens[index]) else { return false };
        let text = self.source(token.span);
        matches!(token.kind, TokenKind::Str(_) | TokenKind::Bytes(_))
            && (text.len() < 2 || !text.ends_with(['"', '#', '\u{201d}', '\'']))
    }

    /// The last two tokens taken are `,` and `)`.
    fn closed_after_comma(&self) -> bool {
        match self.tokens[..self.position] {
            [.., comma, close] => comma.kind == TokenKind::Comma && close.kind == TokenKind::RightParen,
            _ => false,
        }
    }

    fn ident(&mut self, what: &str) -> Ident {
        let token = self.token();
        if let TokenKind::Ident(name) = token.kind {
            self.bump();
            return Ident { name, span: token.span };
        }
        if let Some(word) = token.kind.word() {
            self.report(
                Diagnostic::error("E0113", token.span, format!("`{word}` is a keyword and cannot name {what}")).fix(
                    token.span,
                    "use another name",
                    format!("{word}_"),
                ),
            );
            self.bump();
            return Ident { name: word, span: token.span };
        }
        self.unexpected(&format!("the name of {what}"));
        self.missing_name()
    }

    /// A name of a member, where keywords are fine too.
    fn member_name(&mut self, what: &str) -> Ident {
        let token = self.token();
        if let Some(name) = token.kind.word() {
            self.bump();
            return Ident { name, span: token.span };
        }
        self.unexpected(&format!("the name of {what}"));
        self.missing_name()
    }

    fn missing_name(&self) -> Ident {
        Ident { name: Symbol::new(""), span: self.previous_span().after() }
    }

    fn string(&mut self, what: &str) -> StrLiteral {
        let token = self.token();
        if let TokenKind::Str(value) = token.kind {
            self.bump();
            return StrLiteral { value, span: token.span };
        }
        self.unexpected(what);
        StrLiteral { value: Symbol::new(""), span: token.span }
    }

    /// The doc comment before the current token.
    fn doc(&mut self) -> Option<String> {
        let lines = self.docs.remove(&self.position)?;
        Some(lines.iter().map(|l| l.as_str()).collect::<Vec<_>>().join("\n"))
    }

    // Telling mistakes.

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.last_error == Some(self.position) {
            return;
        }
        self.last_error = Some(self.position);
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn unexpected(&mut self, wanted: &str) {
        let code = "E0100";
        let found = self.kind().describe();
        // The lexer has told what is wrong with it.
        if self.at(TokenKind::Error) {
            self.last_error = Some(self.position);
            return;
        }
        self.report(
            Diagnostic::error(code, self.span(), format!("expected {wanted}, found {found}"))
                .label(format!("expected {wanted}")),
        );
    }

    /// A comma between elements is missing.
    fn missing_comma(&mut self) {
        let after = self.previous_span().after();
        let found = self.kind().describe();
        self.report(
            Diagnostic::error("E0106", self.span(), format!("expected `,`, found {found}"))
                .label("a comma is missing before this")
                .fix(after, "write `,` here", ","),
        );
    }

    // Nesting.

    /// Goes one level down; false (with a diagnostic) where that is too deep. Every `true` needs a
    /// `leave` with the value of `height` that `enter` replaced.
    fn enter(&mut self) -> Option<u32> {
        if self.nesting >= MAX_NESTING {
            self.too_deep();
            self.skip_expression();
            return None;
        }
        self.nesting += 1;
        Some(std::mem::take(&mut self.height))
    }

    fn leave(&mut self, height: u32) {
        self.nesting -= 1;
        self.height = height.max(self.height + 1);
    }

    /// The tree gets one higher around what has just been parsed. False (with a diagnostic) when
    /// it must not; the caller then gives an `Error` node instead.
    fn grow(&mut self) -> bool {
        if self.height >= MAX_HEIGHT {
            self.too_deep();
            self.skip_expression();
            return false;
        }
        self.height += 1;
        true
    }

    fn too_deep(&mut self) {
        if std::mem::replace(&mut self.told_depth, true) {
            return;
        }
        let span = self.span();
        self.report(
            Diagnostic::error("E0105", span, "this is nested too deeply")
                .label("the compiler stops here")
                .note(format!(
                    "at most {MAX_NESTING} levels may stand inside each other, and {MAX_HEIGHT} operators in a row"
                ))
                .note("give a part of it a name with `let`"),
        );
    }

    // Going on after a mistake.

    /// Takes tokens up to a `;`, `,` or closing bracket that belongs to what stands around.
    fn skip_expression(&mut self) {
        while !matches!(
            self.kind(),
            TokenKind::Eof
                | TokenKind::Semicolon
                | TokenKind::Comma
                | TokenKind::RightParen
                | TokenKind::RightBracket
                | TokenKind::RightBrace
                | TokenKind::ExprEnd
        ) {
            self.skip_tree();
        }
    }

    /// Takes one token, or a bracket and everything up to the one that closes it.
    fn skip_tree(&mut self) {
        let mut depth = 0_u32;
        loop {
            match self.kind() {
                TokenKind::Eof => return,
                TokenKind::LeftParen
                | TokenKind::LeftBracket
                | TokenKind::LeftBrace
                | TokenKind::TemplateStart
                | TokenKind::ExprStart => depth += 1,
                TokenKind::RightParen
                | TokenKind::RightBracket
                | TokenKind::RightBrace
                | TokenKind::TemplateEnd
                | TokenKind::ExprEnd => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    /// Elements separated by commas, up to `close`, which is taken. `opening` has been taken.
    fn list<T>(&mut self, opening: Span, close: TokenKind, mut element: impl FnMut(&mut Parser<'t>) -> T) -> Vec<T> {
        let mut elements = Vec::new();
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        while !self.at(close) && !self.at_end() {
            let before = self.position;
            elements.push(element(self));
            if self.eat(TokenKind::Comma) {
                continue;
            }
            if self.at(close) {
                break;
            }
            let ends_outside = matches!(
                self.kind(),
                TokenKind::Semicolon
                    | TokenKind::RightParen
                    | TokenKind::RightBracket
                    | TokenKind::RightBrace
                    | TokenKind::ExprEnd
                    | TokenKind::Eof
            );
            // A bracket that is never closed must not swallow what follows.
            let next_statement = self.token().first_on_line && Parser::begins_statement(self.kind());
            if ends_outside || next_statement || (self.token().first_on_line && self.after_open_text()) {
                break;
            }
            self.missing_comma();
            if self.position == before {
                self.skip_tree();
            }
        }
        self.no_struct = no_struct;
        self.close(close, opening);
        elements
    }
}
