//! From text to tokens. Any text gives tokens, ending in `Eof`, and a diagnostic for each mistake.
//! Spaces and comments are dropped, except doc comments. Does not look at the order of tokens,
//! except that a number after `.` is the field of a tuple (`t.0.1`).

mod lookalike;
mod number;
mod outline;
mod string;
mod token;

pub use token::{Token, TokenKind};

use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span, Symbol};
use std::fmt::Write as _;

/// More mistakes than these are not told: the text is not Flash at all.
const MAX_DIAGNOSTICS: usize = 100;

/// All tokens of a text, the last being `Eof`.
pub fn lex(file: FileId, text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer = Lexer::new(file, text, Vec::with_capacity(text.len() / 4));
    lexer.run();
    (lexer.tokens, lexer.diagnostics)
}

/// The tokens of a module of std without those inside of functions, of which each is a `Body`, and without doc
/// comments.
pub fn lex_outline(file: FileId, text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer = Lexer::new(file, text, Vec::with_capacity(text.len() / 16));
    lexer.outline = Some(outline::Outline::default());
    lexer.run();
    (lexer.tokens, lexer.diagnostics)
}

/// The tokens of a part of a text, then `Eof`.
pub fn lex_part(span: Span, text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let text = text.get(..span.end as usize).unwrap_or(text);
    let mut lexer = Lexer::new(span.file, text, Vec::with_capacity((span.end - span.start) as usize / 4));
    lexer.position = span.start as usize;
    lexer.first_on_line = false;
    lexer.run();
    (lexer.tokens, lexer.diagnostics)
}

/// One token a line: place, kind, and value where it has one.
pub fn dump(text: &str, tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        let span = token.span;
        let _ = write!(out, "{}..{} ", span.start, span.end);
        let source = text.get(span.start as usize..span.end as usize).unwrap_or("");
        let _ = match token.kind {
            TokenKind::Ident(name) => writeln!(out, "Ident {name}"),
            TokenKind::Label(name) => writeln!(out, "Label {name}"),
            TokenKind::Int { value, suffix } => writeln!(out, "Int {value}{}", suffix_text(suffix)),
            TokenKind::Float { value, suffix } => writeln!(out, "Float {value:?}{}", suffix_text(suffix)),
            TokenKind::Char(value) => writeln!(out, "Char {value:?}"),
            TokenKind::Str(value) => writeln!(out, "Str {value:?}"),
            TokenKind::Bytes(value) => writeln!(out, "Bytes {value:?}"),
            TokenKind::TemplateText(value) => writeln!(out, "TemplateText {value:?}"),
            TokenKind::Doc(value) => writeln!(out, "Doc {value:?}"),
            TokenKind::Error => writeln!(out, "Error {source:?}"),
            kind @ (TokenKind::TemplateStart
            | TokenKind::ExprStart
            | TokenKind::ExprEnd
            | TokenKind::TemplateEnd
            | TokenKind::Eof) => writeln!(out, "{kind:?}"),
            kind => writeln!(out, "{kind:?} {}", kind.text().unwrap_or_default()),
        };
    }
    out
}

fn suffix_text(suffix: Option<Symbol>) -> String {
    suffix.map(|s| format!(" {s}")).unwrap_or_default()
}

/// A template that is open: where it began, and how many `{` are open in its current `${`.
struct OpenTemplate {
    start: usize,
    braces: u32,
}

struct Lexer<'t> {
    file: FileId,
    text: &'t str,
    position: usize,
    /// Where the current token began.
    start: usize,
    first_on_line: bool,
    templates: Vec<OpenTemplate>,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
    /// Bodies of functions and doc comments are skipped.
    outline: Option<outline::Outline>,
}

impl<'t> Lexer<'t> {
    fn new(file: FileId, text: &'t str, tokens: Vec<Token>) -> Lexer<'t> {
        Lexer {
            file,
            text,
            position: 0,
            start: 0,
            first_on_line: true,
            templates: Vec::new(),
            tokens,
            diagnostics: Vec::new(),
            outline: None,
        }
    }
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.position == 0 {
            self.eat_str("\u{feff}");
            if self.rest().starts_with("#!") && !self.rest().starts_with("#![") {
                self.skip_line();
            }
        }
        loop {
            self.skip_space();
            self.start = self.position;
            let Some(c) = self.peek() else { break };
            self.token(c);
            if self.outline.is_some() {
                self.skip_body();
            }
        }
        self.close_templates();
        self.start = self.text.len();
        self.push(TokenKind::Eof);
    }

    /// Spaces and comments that carry nothing.
    fn skip_space(&mut self) {
        loop {
            match self.peek_byte(0) {
                b' ' => {
                    self.position += 1;
                    continue;
                }
                b'\n' => {
                    self.first_on_line = true;
                    self.position += 1;
                    continue;
                }
                b'\t'..=b'\r' | b'/' | 128.. => {}
                _ => return,
            }
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return };
            if c.is_whitespace() {
                self.position += c.len_utf8();
            } else if rest.starts_with("///") && !rest.starts_with("////") && self.outline.is_none() {
                return;
            } else if rest.starts_with("//") {
                self.skip_line();
            } else if rest.starts_with("/*") {
                self.block_comment();
            } else {
                return;
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.position += rest.find('\n').unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        self.start = self.position;
        self.position += 2;
        let mut depth = 1_u32;
        let bytes = self.text.as_bytes();
        while depth > 0 {
            match (bytes.get(self.position), bytes.get(self.position + 1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.position += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.position += 2;
                }
                (Some(b'\n'), _) => {
                    self.first_on_line = true;
                    self.position += 1;
                }
                (Some(_), _) => self.position += 1,
                (None, _) => {
                    let opening = Span::new(self.file, self.start, self.start + 2);
                    let end = Span::new(self.file, self.position, self.position);
                    self.report(
                        Diagnostic::error("E0002", opening, "this comment is never closed")
                            .label("opened here")
                            .note("comments nest: each `/*` needs its own `*/`")
                            .fix(end, "close it with `*/`", "*/".repeat(depth.min(8) as usize)),
                    );
                    return;
                }
            }
        }
    }

    fn token(&mut self, c: char) {
        match c {
            '0'..='9' => self.number(),
            '"' => self.string(),
            '\'' => self.quote(),
            '`' => self.template_start(),
            'r' | 'b' if self.prefixed_string() => {}
            '_' => self.word(),
            c if unicode_ident::is_xid_start(c) => self.word(),
            '/' if self.rest().starts_with("///") => self.doc(),
            '}' if self.templates.last().is_some_and(|t| t.braces == 0) => {
                self.position += 1;
                self.push(TokenKind::ExprEnd);
                self.template_text();
            }
            _ => self.punctuation(c),
        }
    }

    fn word(&mut self) {
        let rest = self.rest();
        let ascii = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let end = match rest.as_bytes().get(ascii) {
            Some(128..) => rest.find(|c| !unicode_ident::is_xid_continue(c)).unwrap_or(rest.len()),
            _ => ascii,
        };
        let word = &self.text[self.position..self.position + end];
        self.position += end;
        let kind = TokenKind::keyword(word).unwrap_or_else(|| TokenKind::Ident(Symbol::new(word)));
        self.push(kind);
    }

    fn doc(&mut self) {
        self.position += 3;
        let start = self.position;
        self.skip_line();
        let line = self.text[start..self.position].trim_end();
        self.push(TokenKind::Doc(Symbol::new(line.strip_prefix(' ').unwrap_or(line))));
    }

    fn punctuation(&mut self, c: char) {
        use TokenKind::*;
        let kind = match c {
            '(' => self.one(LeftParen),
            ')' => self.one(RightParen),
            '[' => self.one(LeftBracket),
            ']' => self.one(RightBracket),
            '{' => {
                self.open_brace();
                self.one(LeftBrace)
            }
            '}' => {
                self.close_brace();
                self.one(RightBrace)
            }
            ';' => self.one(Semicolon),
            ',' => self.one(Comma),
            ':' => self.one(Colon),
            '#' => self.one(Hash),
            '@' => self.one(At),
            '~' => self.one(Tilde),
            '.' => self.longest(&[("...", Ellipsis), ("..=", DotDotEqual), ("..", DotDot), (".", Dot)]),
            '?' if self.is_question_dot() => self.longest(&[("?.", QuestionDot)]),
            '?' => self.longest(&[("??=", QuestionQuestionEqual), ("??", QuestionQuestion), ("?", Question)]),
            '=' if self.rest().starts_with("===") => self.foreign("===", EqualEqual),
            '!' if self.rest().starts_with("!==") => self.foreign("!==", BangEqual),
            '=' => self.longest(&[("==", EqualEqual), ("=>", FatArrow), ("=", Equal)]),
            '!' => self.longest(&[("!=", BangEqual), ("!", Bang)]),
            '<' => self.longest(&[("<<=", ShiftLeftEqual), ("<<", ShiftLeft), ("<=", LessEqual), ("<", Less)]),
            '>' => self.longest(&[
                (">>>=", ShiftRightLogicalEqual),
                (">>>", ShiftRightLogical),
                (">>=", ShiftRightEqual),
                (">>", ShiftRight),
                (">=", GreaterEqual),
                (">", Greater),
            ]),
            '+' => self.longest(&[("+=", PlusEqual), ("+", Plus)]),
            '-' => self.longest(&[("-=", MinusEqual), ("->", Arrow), ("-", Minus)]),
            '*' => self.longest(&[("*=", StarEqual), ("*", Star)]),
            '/' => self.longest(&[("/=", SlashEqual), ("/", Slash)]),
            '%' => self.longest(&[("%=", PercentEqual), ("%", Percent)]),
            '&' => self.longest(&[("&&=", AmpAmpEqual), ("&&", AmpAmp), ("&=", AmpEqual), ("&", Amp)]),
            '|' => self.longest(&[("||=", PipePipeEqual), ("||", PipePipe), ("|=", PipeEqual), ("|", Pipe)]),
            '^' => self.longest(&[("^=", CaretEqual), ("^", Caret)]),
            _ => return self.unknown(c),
        };
        self.push(kind);
    }

    /// Braces inside `${` do not end it.
    fn open_brace(&mut self) {
        if let Some(template) = self.templates.last_mut() {
            template.braces += 1;
        }
    }

    fn close_brace(&mut self) {
        if let Some(template) = self.templates.last_mut() {
            template.braces = template.braces.saturating_sub(1);
        }
    }

    /// `?.` is one token, but `x?..y` is `?` and a range.
    fn is_question_dot(&self) -> bool {
        self.rest().starts_with("?.") && !self.rest().starts_with("?..")
    }

    fn one(&mut self, kind: TokenKind) -> TokenKind {
        self.position += 1;
        kind
    }

    /// The first of the texts that stands here; the last one always does.
    fn longest(&mut self, choices: &[(&str, TokenKind)]) -> TokenKind {
        for &(text, kind) in choices {
            if self.eat_str(text) {
                return kind;
            }
        }
        bug!("lexer: no operator at byte {}", self.position)
    }

    /// An operator of JavaScript that Flash spells shorter.
    fn foreign(&mut self, text: &str, kind: TokenKind) -> TokenKind {
        self.position += text.len();
        let right = kind.text().unwrap_or_default();
        let span = self.span();
        self.report(
            Diagnostic::error("E0010", span, format!("Flash has no `{text}`"))
                .note(format!("`{right}` never converts its operands"))
                .fix(span, format!("write `{right}`"), right),
        );
        kind
    }

    /// A run of characters that begin no token, told once.
    fn unknown(&mut self, first: char) {
        if self.lookalike(first) {
            return;
        }
        let known = |c: char| {
            c.is_ascii_graphic() || c.is_whitespace() || unicode_ident::is_xid_start(c) || lookalike::is_lookalike(c)
        };
        self.position += first.len_utf8();
        if !known(first) {
            let rest = self.rest();
            self.position += rest.find(known).unwrap_or(rest.len());
        }
        let span = self.span();
        let name = match first {
            '\0' => "a NUL byte".to_owned(),
            '\u{fffd}' => "a byte that is not UTF-8".to_owned(),
            c if c.is_control() => format!("the control character U+{:04X}", c as u32),
            c => format!("`{c}` (U+{:04X})", c as u32),
        };
        let mut diagnostic = Diagnostic::error("E0001", span, format!("{name} means nothing here"));
        if is_invisible(first) {
            diagnostic = diagnostic.label("an invisible character").fix(span, "remove it", "");
        } else if first == '\\' {
            diagnostic = diagnostic.note("escapes with `\\` are for strings and characters");
        } else if first == '$' {
            diagnostic = diagnostic.note("`${...}` works inside a template: `` `total: ${n}` ``");
        } else if first == '\u{fffd}' {
            diagnostic = diagnostic.note("Flash reads UTF-8; save the file in that encoding");
        }
        self.report(diagnostic);
        self.push(TokenKind::Error);
    }

    fn rest(&self) -> &str {
        self.text.get(self.position..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.position + ahead).copied().unwrap_or(0)
    }

    fn eat_str(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.position += text.len();
        }
        found
    }

    /// From the start of the token to here.
    fn span(&self) -> Span {
        Span::new(self.file, self.start, self.position)
    }

    fn push(&mut self, kind: TokenKind) {
        let span = Span::new(self.file, self.start, self.position.max(self.start));
        self.tokens.push(Token { kind, span, first_on_line: self.first_on_line });
        self.first_on_line = false;
        self.start = self.position;
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// Spaces of no width and marks of direction, which come in with copied text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}
