//! Tokens of the text form. White space and line ends only separate; `;` starts a comment.

use crate::ssa::text::is_name_byte;
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A name, an operation, a keyword, or a number with its prefix (`v3`).
    Word(&'a str),
    /// Digits with what belongs to a number; not read yet.
    Number(&'a str),
    /// `@name` or `@"name"`
    Name(String),
    Str(Vec<u8>),
    Punct(char),
    Arrow,
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(text) | Token::Number(text) => write!(f, "`{text}`"),
            Token::Name(name) => write!(f, "`@{name}`"),
            Token::Str(_) => f.write_str("text in quotes"),
            Token::Punct(c) => write!(f, "`{c}`"),
            Token::Arrow => f.write_str("`->`"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// All tokens with their lines, and where the parser stands.
pub(super) struct Lexer<'a> {
    tokens: Vec<(Token<'a>, u32)>,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Result<Lexer<'a>, String> {
        let mut scanner = Scanner { text, offset: 0, line: 1 };
        let mut tokens = Vec::new();
        loop {
            let (token, line) = scanner.token()?;
            let is_end = token == Token::End;
            tokens.push((token, line));
            if is_end {
                return Ok(Lexer { tokens, position: 0 });
            }
        }
    }

    pub(super) fn rewind(&mut self) {
        self.position = 0;
    }

    pub(super) fn peek(&self) -> &Token<'a> {
        &self.tokens[self.position].0
    }

    /// The tokens that are still to come.
    pub(super) fn rest(&self) -> impl Iterator<Item = &Token<'a>> {
        self.tokens[self.position..].iter().map(|(token, _)| token)
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        let token = self.tokens[self.position].0.clone();
        self.position = (self.position + 1).min(self.tokens.len() - 1);
        token
    }

    /// Line of the token that was taken last.
    pub(super) fn line(&self) -> u32 {
        self.tokens[self.position.saturating_sub(1)].1
    }

    pub(super) fn error(&self, message: &str) -> String {
        format!("line {}: {message}", self.line())
    }

    pub(super) fn eat(&mut self, punct: char) -> bool {
        let found = self.peek() == &Token::Punct(punct);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek() == &Token::Word(word);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect(&mut self, punct: char) -> Result<(), String> {
        match self.next() {
            Token::Punct(found) if found == punct => Ok(()),
            other => Err(self.error(&format!("expected `{punct}`, found {other}"))),
        }
    }

    pub(super) fn name(&mut self) -> Result<String, String> {
        match self.next() {
            Token::Name(name) => Ok(name),
            other => Err(self.error(&format!("expected a name after `@`, found {other}"))),
        }
    }

    /// An integer, decimal or `0x` with the bits of an `i64`, that fits the type.
    pub(super) fn integer<T: TryFrom<i64>>(&mut self) -> Result<T, String> {
        let token = self.next();
        let value = match &token {
            Token::Number(text) => match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok().map(|bits| bits as i64),
                None => text.parse::<i64>().ok(),
            },
            _ => None,
        };
        value
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| self.error(&format!("expected a number in range, found {token}")))
    }
}

struct Scanner<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
}

impl<'a> Scanner<'a> {
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.offset + ahead).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.offset >= self.text.len()
    }

    fn token(&mut self) -> Result<(Token<'a>, u32), String> {
        self.skip_space();
        let line = self.line;
        if self.at_end() {
            return Ok((Token::End, line.max(1)));
        }
        let start = self.offset;
        let token = match self.byte(0) {
            b'-' if self.byte(1) == b'>' => {
                self.offset += 2;
                Token::Arrow
            }
            b'0'..=b'9' => self.number(start),
            b'-' if self.byte(1).is_ascii_digit() => {
                self.offset += 1;
                self.number(start)
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
                Token::Word(&self.text[start..self.offset])
            }
            b'"' => Token::Str(self.quoted()?),
            b'@' if self.byte(1) == b'"' => {
                self.offset += 1;
                let bytes = self.quoted()?;
                let name = String::from_utf8(bytes).map_err(|_| format!("line {line}: this name is not UTF-8"))?;
                Token::Name(name)
            }
            b'@' => {
                self.offset += 1;
                self.skip_while(is_name_byte);
                Token::Name(self.text[start + 1..self.offset].to_owned())
            }
            _ => {
                let c = self.text[start..].chars().next().unwrap_or('\0');
                self.offset += c.len_utf8();
                Token::Punct(c)
            }
        };
        Ok((token, line))
    }

    fn skip_space(&mut self) {
        while !self.at_end() {
            match self.byte(0) {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                b';' => {
                    self.skip_while(|b| b != b'\n');
                    continue;
                }
                _ => return,
            }
            self.offset += 1;
        }
    }

    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while !self.at_end() && accept(self.byte(0)) {
            self.offset += 1;
        }
    }

    /// The rest of a number: digits, a fraction, an exponent with its sign; or `0x` and digits.
    fn number(&mut self, start: usize) -> Token<'a> {
        self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'.');
        let is_hex = self.text[start..self.offset].starts_with("0x");
        if !is_hex && self.text[start..self.offset].ends_with(['e', 'E']) && matches!(self.byte(0), b'-' | b'+') {
            self.offset += 1;
            self.skip_while(|b| b.is_ascii_digit());
        }
        Token::Number(&self.text[start..self.offset])
    }

    fn quoted(&mut self) -> Result<Vec<u8>, String> {
        let line = self.line;
        let mut bytes = Vec::new();
        self.offset += 1;
        loop {
            if self.at_end() {
                return Err(format!("line {line}: the text in quotes does not end"));
            }
            let byte = self.byte(0);
            self.offset += 1;
            match byte {
                b'"' => return Ok(bytes),
                b'\\' => {
                    let escape = self.byte(0);
                    self.offset += 1;
                    bytes.push(match escape {
                        b'n' => b'\n',
                        b'"' | b'\\' => escape,
                        b'x' => {
                            let digits = self.text.get(self.offset..self.offset + 2).unwrap_or("");
                            self.offset += 2;
                            u8::from_str_radix(digits, 16)
                                .map_err(|_| format!("line {line}: `\\x` needs two hexadecimal digits"))?
                        }
                        _ => return Err(format!("line {line}: unknown escape in quotes")),
                    });
                }
                b'\n' => {
                    self.line += 1;
                    bytes.push(byte);
                }
                _ => bytes.push(byte),
            }
        }
    }
}
