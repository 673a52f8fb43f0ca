//! Numbers: `42 0xff 0o7 0b1 1_000 7u8 1.5 1e9 2.5e-3f32`. `1..2` is a range and `1.abs()` a call,
//! so a `.` belongs to the number only before a digit.

use super::{Lexer, TokenKind};
use crate::diagnostics::Diagnostic;
use crate::source::{Span, Symbol};

const INT_SUFFIXES: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];
const FLOAT_SUFFIXES: [&str; 2] = ["f32", "f64"];

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let after_dot = self.tokens.last().is_some_and(|t| matches!(t.kind, TokenKind::Dot | TokenKind::QuestionDot));
        if after_dot {
            return self.tuple_field();
        }
        let radix = match (self.peek_byte(0), self.peek_byte(1)) {
            (b'0', b'x') => 16,
            (b'0', b'o') => 8,
            (b'0', b'b') => 2,
            _ => return self.decimal(),
        };
        self.position += 2;
        let digits_start = self.position;
        // Wrong digits are taken too, so that `0b12` is one mistake and not two tokens.
        let is_digit = |b: u8| if radix == 16 { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
        while is_digit(self.peek_byte(0)) || self.peek_byte(0) == b'_' {
            self.position += 1;
        }
        let digits = self.text[digits_start..self.position].replace('_', "");
        let digits_span = Span::new(self.file, digits_start, self.position);
        if digits.is_empty() {
            let span = self.span();
            self.report(Diagnostic::error("E0006", span, "this number has no digits after its prefix"));
        } else if let Some(bad) = digits.chars().find(|c| !c.is_digit(radix)) {
            self.report(
                Diagnostic::error("E0006", digits_span, format!("`{bad}` is no digit of base {radix}"))
                    .label(format!("digits are 0 to {}", radix - 1)),
            );
            return self.finish_int(Some(0));
        }
        let value = if digits.is_empty() { Some(0) } else { u64::from_str_radix(&digits, radix).ok() };
        self.finish_int(value);
    }

    fn decimal(&mut self) {
        self.digits();
        let mut is_float = false;
        if self.peek_byte(0) == b'.' && self.peek_byte(1).is_ascii_digit() {
            is_float = true;
            self.position += 1;
            self.digits();
        }
        if matches!(self.peek_byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek_byte(1), b'+' | b'-'));
            if self.peek_byte(1 + sign).is_ascii_digit() {
                is_float = true;
                self.position += 1 + sign;
                self.digits();
            } else if sign == 1 || !self.is_word_byte(1) {
                self.position += 1 + sign;
                let span = self.span();
                self.report(
                    Diagnostic::error("E0006", span, "this exponent has no digits")
                        .note("an exponent looks like `1e9` or `2.5e-3`"),
                );
                return self.push(TokenKind::Float { value: 0.0, suffix: None });
            }
        }
        let digits = self.text[self.start..self.position].replace('_', "");
        if is_float || FLOAT_SUFFIXES.iter().any(|s| self.suffix_here() == *s) {
            return self.finish_float(&digits);
        }
        self.finish_int(digits.parse().ok());
    }

    fn digits(&mut self) {
        while self.peek_byte(0).is_ascii_digit() || self.peek_byte(0) == b'_' {
            self.position += 1;
        }
    }

    /// Digits after a `.`: never a float, so that `t.0.1` is two fields.
    fn tuple_field(&mut self) {
        while self.peek_byte(0).is_ascii_digit() {
            self.position += 1;
        }
        let value = self.text[self.start..self.position].parse().ok();
        self.finish_int(value);
    }

    fn is_word_byte(&self, ahead: usize) -> bool {
        let byte = self.peek_byte(ahead);
        byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
    }

    /// The word that is glued to the number.
    fn suffix_here(&self) -> &str {
        let rest = self.rest();
        let end = rest.find(|c| !unicode_ident::is_xid_continue(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    fn suffix(&mut self, allowed: &[&str]) -> Option<Symbol> {
        let suffix = self.suffix_here().to_owned();
        if suffix.is_empty() {
            return None;
        }
        let start = self.position;
        self.position += suffix.len();
        if allowed.contains(&suffix.as_str()) {
            return Some(Symbol::new(&suffix));
        }
        let span = Span::new(self.file, start, self.position);
        let mut diagnostic = Diagnostic::error("E0007", span, format!("`{suffix}` is no type of number"))
            .label("unknown suffix")
            .note(format!("a suffix here is one of {}", allowed.join(", ")));
        if suffix.starts_with(['x', 'X', 'o', 'O', 'b', 'B']) && &self.text[self.start..start] == "0" {
            diagnostic = diagnostic.note("prefixes are small: `0x`, `0o`, `0b`");
        }
        self.report(diagnostic);
        None
    }

    fn finish_int(&mut self, value: Option<u64>) {
        let number = self.span();
        let suffix = self.suffix(&INT_SUFFIXES);
        if value.is_none() {
            self.report(
                Diagnostic::error("E0008", number, "this number fits no integer type")
                    .note(format!("the largest one is u64's: {}", u64::MAX))
                    .note("write it as a float (`1e30`) where precision does not matter"),
            );
        }
        self.push(TokenKind::Int { value: value.unwrap_or(0), suffix });
    }

    fn finish_float(&mut self, digits: &str) {
        let suffix = self.suffix(&FLOAT_SUFFIXES);
        // An f32 is rounded once, from the decimal text.
        let value = match suffix {
            Some(s) if s.as_str() == "f32" => digits.parse::<f32>().map(f64::from).ok(),
            _ => digits.parse::<f64>().ok(),
        };
        let value = value.unwrap_or(0.0);
        if value.is_infinite() {
            let span = self.span();
            self.report(
                Diagnostic::error("E0008", span, "this number is too large for its type")
                    .note("the largest f64 is about 1.8e308, the largest f32 about 3.4e38"),
            );
        }
        self.push(TokenKind::Float { value, suffix });
    }
}
