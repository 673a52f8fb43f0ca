//! The outline of a module: its declarations, with each body of a function as one token, so that only the bodies that
//! somebody looks at are ever read. For texts that are known to be right and laid out as std is: a body whose `{` ends
//! its line ends at the first `}` that stands below the beginning of the function's line. Other bodies are read as
//! they are. That this finds the same bodies as reading everything is tested for all of std.

use super::{Lexer, Token, TokenKind};

/// Where the lexer is in the declaration of a function.
#[derive(Default)]
pub(super) struct Outline {
    place: Place,
    /// Brackets that are open in the declaration.
    depth: u32,
    /// What the function's line begins with, behind the line end before it.
    indentation: String,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Elsewhere,
    /// Behind `fn`; a type or a closure goes on with `(`.
    BehindFn,
    Declaration,
}

impl Lexer<'_> {
    /// After a token: skips the body of a function if one follows.
    pub(super) fn skip_body(&mut self) {
        let Some(Token { kind, span, .. }) = self.tokens.last().copied() else { return };
        let Some(outline) = &mut self.outline else { return };
        match (outline.place, kind) {
            (Place::Elsewhere, TokenKind::Fn) => {
                let before = &self.text[..span.start as usize];
                let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
                let spaces = line.len() - line.trim_start_matches(' ').len();
                outline.indentation = format!("\n{}}}", &line[..spaces]);
                outline.place = Place::BehindFn;
                outline.depth = 0;
                return;
            }
            (Place::BehindFn, TokenKind::LeftParen) => outline.place = Place::Elsewhere,
            (Place::BehindFn, _) => outline.place = Place::Declaration,
            _ => {}
        }
        if outline.place != Place::Declaration {
            return;
        }
        match kind {
            TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::LeftBrace => outline.depth += 1,
            TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace => {
                outline.depth = outline.depth.saturating_sub(1);
            }
            _ if outline.depth > 0 => return,
            TokenKind::Semicolon => outline.place = Place::Elsewhere,
            // What follows is part of a type.
            TokenKind::Arrow | TokenKind::Less | TokenKind::Comma | TokenKind::Pipe => return,
            _ => {}
        }
        if outline.depth > 0 || outline.place == Place::Elsewhere || !self.text[self.position..].starts_with(" {") {
            return;
        }
        outline.place = Place::Elsewhere;
        let start = self.position + 1;
        let body = &self.text[start..];
        if !body.starts_with("{\n") {
            return;
        }
        let Some(end) = body.find(&outline.indentation) else { return };
        self.start = start;
        self.position = start + end + outline.indentation.len();
        self.push(TokenKind::Body);
    }
}
