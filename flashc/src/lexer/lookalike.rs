//! Characters that look like Flash's: from word processors, web pages and keyboards of other scripts. Told once,
//! and taken for what they look like.

use super::{Lexer, TokenKind};
use crate::diagnostics::Diagnostic;
use crate::source::Symbol;

/// What a character looks like.
fn meant(c: char) -> Option<(&'static str, TokenKind)> {
    use TokenKind::*;
    Some(match c {
        '；' | '\u{37e}' => (";", Semicolon),
        '，' | '、' | '\u{201a}' => (",", Comma),
        '：' | '\u{2236}' => (":", Colon),
        '．' | '。' => (".", Dot),
        '（' => ("(", LeftParen),
        '）' => (")", RightParen),
        '［' | '【' => ("[", LeftBracket),
        '］' | '】' => ("]", RightBracket),
        '｛' => ("{", LeftBrace),
        '｝' => ("}", RightBrace),
        '＝' => ("=", Equal),
        '＋' => ("+", Plus),
        '－' | '\u{2212}' | '\u{2013}' | '\u{2014}' | '\u{2010}' => ("-", Minus),
        '＊' | '\u{d7}' | '\u{2217}' | '\u{22c5}' => ("*", Star),
        '／' | '\u{f7}' | '\u{2215}' => ("/", Slash),
        '％' => ("%", Percent),
        '＜' => ("<", Less),
        '＞' => (">", Greater),
        '！' => ("!", Bang),
        '？' => ("?", Question),
        '＆' => ("&", Amp),
        '｜' => ("|", Pipe),
        '～' => ("~", Tilde),
        '\u{2260}' => ("!=", BangEqual),
        '\u{2264}' => ("<=", LessEqual),
        '\u{2265}' => (">=", GreaterEqual),
        '\u{2192}' => ("->", Arrow),
        '\u{21d2}' => ("=>", FatArrow),
        '\u{2026}' => ("...", Ellipsis),
        _ => return None,
    })
}

fn is_double_quote(c: char) -> bool {
    matches!(c, '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ff02}' | '\u{ab}' | '\u{bb}')
}

fn is_single_quote(c: char) -> bool {
    matches!(c, '\u{2018}' | '\u{2019}' | '\u{ff07}')
}

/// Whether it is one of those that are taken for others.
pub(super) fn is_lookalike(c: char) -> bool {
    is_double_quote(c) || is_single_quote(c) || meant(c).is_some()
}

impl Lexer<'_> {
    /// Takes a character that looks like one of Flash's. False when it does not.
    pub(super) fn lookalike(&mut self, c: char) -> bool {
        if is_double_quote(c) || is_single_quote(c) {
            self.curly_text(c);
            return true;
        }
        let Some((text, kind)) = meant(c) else { return false };
        self.position += c.len_utf8();
        let span = self.span();
        self.report(
            Diagnostic::error("E0009", span, format!("`{c}` (U+{:04X}) only looks like `{text}`", c as u32)).fix(
                span,
                format!("write `{text}`"),
                text,
            ),
        );
        match kind {
            TokenKind::LeftBrace => self.open_brace(),
            TokenKind::RightBrace => self.close_brace(),
            _ => {}
        }
        self.push(kind);
        true
    }

    /// A text between quotes that are not straight: up to the next quote on the line.
    fn curly_text(&mut self, c: char) {
        let is_quote = |q: char| {
            if is_double_quote(c) { is_double_quote(q) || q == '"' } else { is_single_quote(q) || q == '\'' }
        };
        self.position += c.len_utf8();
        let rest = self.rest();
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        let Some(end) = line.find(is_quote) else {
            let span = self.span();
            self.report(
                Diagnostic::error("E0009", span, format!("`{c}` (U+{:04X}) only looks like a quote", c as u32)).fix(
                    span,
                    "write `\"`",
                    "\"",
                ),
            );
            return self.push(TokenKind::Error);
        };
        let value = Symbol::new(&line[..end]);
        let closing = line[end..].chars().next().map_or(1, char::len_utf8);
        self.position += end + closing;
        let span = self.span();
        self.report(
            Diagnostic::error("E0009", span, format!("`{c}` (U+{:04X}) only looks like a quote", c as u32))
                .label("texts stand between straight quotes")
                .fix(span, "write straight quotes", format!("\"{}\"", value.as_str().replace('"', "\\\""))),
        );
        self.push(TokenKind::Str(value));
    }
}
