//! Strings, characters, labels and templates. A plain string ends on its line; raw strings and
//! templates may span lines. Escapes: `\n \t \r \\ \" \' \` \$ \0 \xNN \u{...}`, and `\` at the end of
//! a line joins it with the next one's first word.

use super::{Lexer, OpenTemplate, TokenKind};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};

/// What an escape stood for.
enum Escape {
    Char(char),
    /// A joined line, or a mistake that has been reported.
    Nothing,
}

impl Lexer<'_> {
    /// `"..."`
    pub(super) fn string(&mut self) {
        self.position += 1;
        let value = self.quoted(false);
        self.push(TokenKind::Str(Symbol::new(&value)));
    }

    /// `r"..."`, `r#"..."#`, `b"..."` and `b'x'`; false when this is just a name.
    pub(super) fn prefixed_string(&mut self) -> bool {
        if self.byte() {
            return true;
        }
        if self.eat_str("b\"") {
            let value = self.quoted(true);
            self.push(TokenKind::Bytes(Symbol::new(&value)));
            return true;
        }
        let rest = self.rest();
        let Some(after) = rest.strip_prefix('r') else { return false };
        let hashes = after.bytes().take_while(|&b| b == b'#').count();
        if after.as_bytes().get(hashes) != Some(&b'"') {
            return false;
        }
        let closing = format!("\"{}", "#".repeat(hashes));
        let body_start = self.position + hashes + 2;
        let body = &self.text[body_start..];
        let (length, end) = match body.find(&closing) {
            Some(length) => (length, body_start + length + closing.len()),
            None => {
                let opening = Span::new(self.file, self.start, body_start);
                self.report(unterminated(opening, &closing));
                (body.len(), self.text.len())
            }
        };
        let value = Symbol::new(&body[..length]);
        self.position = end;
        self.push(TokenKind::Str(value));
        true
    }

    /// `b'x'`: the number of an ASCII character, a `u8`.
    fn byte(&mut self) -> bool {
        let mut chars = self.rest().chars().skip(2);
        let is_byte = self.rest().starts_with("b'")
            && match (chars.next(), chars.next()) {
                (Some('\\'), Some(_)) => true,
                (Some(c), Some('\'')) => c != '\'' && c != '\n',
                _ => false,
            };
        if !is_byte {
            return false;
        }
        self.position += 2;
        let c = match self.peek() {
            Some('\\') => match self.escape() {
                Escape::Char(c) => c,
                Escape::Nothing => '\0',
            },
            c => {
                self.position += c.map_or(0, char::len_utf8);
                c.unwrap_or_default()
            }
        };
        if !self.eat_str("'") {
            self.bad_char();
            return true;
        }
        if !c.is_ascii() && self.text[self.start..self.position].chars().count() == 4 {
            let span = self.span();
            let length = c.len_utf8();
            self.report(Diagnostic::error("E0005", span, format!("`{c}` is not one byte, but {length} in UTF-8")));
        }
        let value = u64::from(c as u32 & 0xff);
        self.push(TokenKind::Int { value, suffix: Some(Symbol::new("u8")) });
        true
    }

    /// The rest of a string up to its quote or the end of its line. For bytes every character of
    /// the result is one byte.
    fn quoted(&mut self, bytes: bool) -> String {
        let mut value = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => {
                    let opening = Span::new(self.file, self.start, self.start + 1);
                    let end = Span::new(self.file, self.position, self.position);
                    self.report(
                        unterminated(opening, "\"")
                            .fix(end, "close it with `\"`", "\"")
                            .note("a text of several lines is written as a template: `...`"),
                    );
                    return value;
                }
                Some('"') => {
                    self.position += 1;
                    return value;
                }
                Some('\\') => match self.escape() {
                    Escape::Char(c) if bytes && c as u32 > 0xff => push_utf8(&mut value, c),
                    Escape::Char(c) => value.push(c),
                    Escape::Nothing => {}
                },
                Some(c) => {
                    self.position += c.len_utf8();
                    if bytes { push_utf8(&mut value, c) } else { value.push(c) }
                }
            }
        }
    }

    fn escape(&mut self) -> Escape {
        let start = self.position;
        self.position += 1;
        let Some(c) = self.peek() else { return Escape::Nothing };
        self.position += c.len_utf8();
        let value = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            '\\' | '"' | '\'' | '`' | '$' => c,
            'x' => return self.hex_escape(start),
            'u' => return self.unicode_escape(start),
            '\n' | '\r' => {
                let rest = self.rest();
                self.position += rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
                return Escape::Nothing;
            }
            _ => {
                let span = Span::new(self.file, start, self.position);
                self.report(
                    Diagnostic::error("E0004", span, format!("`\\{}` is no escape", c.escape_default()))
                        .note("escapes are \\n \\t \\r \\\\ \\\" \\' \\` \\$ \\0 \\xNN \\u{...}")
                        .fix(span, "write `\\\\` for a backslash", format!("\\\\{c}")),
                );
                c
            }
        };
        Escape::Char(value)
    }

    fn hex_escape(&mut self, start: usize) -> Escape {
        let digits: String = self.rest().chars().take(2).take_while(char::is_ascii_hexdigit).collect();
        self.position += digits.len();
        match u8::from_str_radix(&digits, 16) {
            Ok(value) if digits.len() == 2 => Escape::Char(char::from(value)),
            _ => {
                let span = Span::new(self.file, start, self.position);
                self.report(Diagnostic::error("E0004", span, "`\\x` needs two hexadecimal digits, as in `\\x1b`"));
                Escape::Nothing
            }
        }
    }

    fn unicode_escape(&mut self, start: usize) -> Escape {
        let digits: String = match self.rest().strip_prefix('{') {
            Some(rest) => rest.chars().take(9).take_while(|c| c.is_ascii_hexdigit() || *c == '_').collect(),
            None => String::new(),
        };
        if self.eat_str("{") {
            self.position += digits.len();
            if self.eat_str("}")
                && let Ok(value) = u32::from_str_radix(&digits.replace('_', ""), 16)
                && let Some(c) = char::from_u32(value)
            {
                return Escape::Char(c);
            }
        }
        let span = Span::new(self.file, start, self.position);
        self.report(
            Diagnostic::error("E0004", span, "`\\u` needs a Unicode scalar value in braces, as in `\\u{1f600}`")
                .note("values go up to 10ffff, without d800 to dfff"),
        );
        Escape::Nothing
    }

    /// `'a'` or `'outer`
    pub(super) fn quote(&mut self) {
        self.position += 1;
        let mut chars = self.rest().chars();
        let (first, second) = (chars.next(), chars.next());
        match (first, second) {
            (Some('\\'), _) => {
                let value = match self.escape() {
                    Escape::Char(c) => c,
                    Escape::Nothing => char::REPLACEMENT_CHARACTER,
                };
                if self.eat_str("'") {
                    self.push(TokenKind::Char(value));
                } else {
                    self.bad_char();
                }
            }
            (Some(c), Some('\'')) if c != '\'' && c != '\n' => {
                self.position += c.len_utf8() + 1;
                self.push(TokenKind::Char(c));
            }
            (Some(c), _) if c == '_' || unicode_ident::is_xid_start(c) => {
                let rest = self.rest();
                let end = rest.find(|c| !unicode_ident::is_xid_continue(c)).unwrap_or(rest.len());
                let name = Symbol::new(&rest[..end]);
                self.position += end;
                if self.peek() == Some('\'') || self.is_quoted_text() {
                    self.bad_char();
                } else {
                    self.push(TokenKind::Label(name));
                }
            }
            _ => self.bad_char(),
        }
    }

    /// Behind `'word`: no label, but the beginning of a text that another quote on the line ends.
    fn is_quoted_text(&self) -> bool {
        let uses_label = self.tokens.last().is_some_and(|t| matches!(t.kind, TokenKind::Break | TokenKind::Continue));
        let rest = self.rest();
        let line: usize = rest.chars().take_while(|c| *c != '\n').take(64).map(char::len_utf8).sum();
        let defines_label = rest.trim_start().starts_with(':');
        !uses_label && !defines_label && rest[..line].contains('\'')
    }

    /// Not exactly one character between quotes: takes what stands up to the quote on this line.
    fn bad_char(&mut self) {
        let rest = self.rest();
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        // Looking for the quote only nearby keeps a text full of quotes linear.
        let near: usize = line.chars().take(64).map(char::len_utf8).sum();
        let Some(end) = line[..near].find('\'') else {
            let span = self.span();
            self.report(Diagnostic::error("E0005", span, "this character is never closed").label("opened here"));
            return self.push(TokenKind::Error);
        };
        self.position += end + 1;
        let span = self.span();
        let inside = &self.text[self.start + 1..self.position - 1];
        let diagnostic = if inside.is_empty() {
            Diagnostic::error("E0005", span, "a character between quotes is missing")
                .note("the empty text is written `\"\"`")
        } else {
            Diagnostic::error("E0005", span, "a `char` is exactly one Unicode scalar value").fix(
                span,
                "write a string, with double quotes",
                format!("\"{}\"", inside.replace('"', "\\\"")),
            )
        };
        self.report(diagnostic);
        self.push(TokenKind::Char(char::REPLACEMENT_CHARACTER));
    }

    /// The opening quote of a template, and its first text.
    pub(super) fn template_start(&mut self) {
        self.templates.push(OpenTemplate { start: self.position, braces: 0 });
        self.position += 1;
        self.push(TokenKind::TemplateStart);
        self.template_text();
    }

    /// Text up to `${` or the closing quote, both included.
    pub(super) fn template_text(&mut self) {
        self.start = self.position;
        let mut value = String::new();
        loop {
            if self.rest().starts_with("${") {
                self.push_text(&value);
                self.position += 2;
                return self.push(TokenKind::ExprStart);
            }
            match self.peek() {
                // Reported by `close_templates`.
                None => return self.push_text(&value),
                Some('`') => {
                    self.push_text(&value);
                    self.position += 1;
                    self.templates.pop();
                    return self.push(TokenKind::TemplateEnd);
                }
                Some('\\') => {
                    if let Escape::Char(c) = self.escape() {
                        value.push(c);
                    }
                }
                // A line of a template ends in `\n` on every system.
                Some('\r') if self.rest().starts_with("\r\n") => self.position += 1,
                Some(c) => {
                    self.position += c.len_utf8();
                    value.push(c);
                }
            }
        }
    }

    fn push_text(&mut self, value: &str) {
        if !value.is_empty() {
            self.push(TokenKind::TemplateText(Symbol::new(value)));
        }
        self.start = self.position;
    }

    /// At the end of the text: open templates are a mistake, but the parser sees them closed.
    pub(super) fn close_templates(&mut self) {
        let Some(outermost) = self.templates.first() else { return };
        let opening = Span::new(self.file, outermost.start, outermost.start + 1);
        self.report(
            unterminated(opening, "`").note("a `${` inside of it needs its own `}`").label("the template begins here"),
        );
        self.start = self.position;
        let mut inside = !matches!(
            self.tokens.last().map(|t| t.kind),
            Some(TokenKind::TemplateStart | TokenKind::TemplateText(_) | TokenKind::ExprEnd)
        );
        while self.templates.pop().is_some() {
            if inside {
                self.push(TokenKind::ExprEnd);
            }
            self.push(TokenKind::TemplateEnd);
            inside = true;
        }
    }
}

fn push_utf8(value: &mut String, c: char) {
    value.extend(c.encode_utf8(&mut [0; 4]).bytes().map(char::from));
}

fn unterminated(opening: Span, closing: &str) -> Diagnostic {
    Diagnostic::error("E0003", opening, format!("this text is never closed by `{closing}`")).label("opened here")
}
