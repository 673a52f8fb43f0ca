//! Decisions that need more than one token: is this `<` a list of types, is this `{` a record.
//! All of them look at a bounded number of tokens and take none.

use super::Parser;
use crate::lexer::TokenKind;

/// A list of type arguments longer than this is taken for comparisons.
const MAX_TYPE_ARGS: usize = 256;

impl Parser<'_> {
    /// At `<`: the distance to the token behind the matching `>`, when everything between could
    /// be types.
    fn type_args_end(&self) -> Option<usize> {
        let mut angles = 0_u32;
        let mut brackets = 0_u32;
        for ahead in 0..MAX_TYPE_ARGS {
            let closed = match self.peek_kind(ahead) {
                TokenKind::Less => {
                    angles += 1;
                    0
                }
                TokenKind::Greater => 1,
                TokenKind::ShiftRight => 2,
                TokenKind::ShiftRightLogical => 3,
                TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::LeftBrace => {
                    brackets += 1;
                    0
                }
                TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace => {
                    brackets = brackets.checked_sub(1)?;
                    0
                }
                TokenKind::Ident(_)
                | TokenKind::Comma
                | TokenKind::Dot
                | TokenKind::Colon
                | TokenKind::Question
                | TokenKind::QuestionQuestion
                | TokenKind::Star
                | TokenKind::Fn
                | TokenKind::Arrow
                | TokenKind::Str(_) => 0,
                // The count of a fixed array: `[i32; 4]`.
                TokenKind::Semicolon | TokenKind::Int { .. } if brackets > 0 => 0,
                _ => return None,
            };
            if closed > 0 && brackets == 0 {
                angles = angles.checked_sub(closed)?;
                if angles == 0 {
                    return Some(ahead + 1);
                }
            } else if closed > 0 && brackets > 0 {
                angles = angles.checked_sub(closed)?;
            }
        }
        None
    }

    /// At `<` behind a value: do type arguments begin here? They do when a call, a member, or a
    /// struct literal follows, or nothing that could be an operand.
    pub(super) fn at_type_args(&self) -> bool {
        if !self.at(TokenKind::Less) {
            return false;
        }
        let Some(end) = self.type_args_end() else { return false };
        match self.peek_kind(end) {
            TokenKind::LeftParen | TokenKind::Dot => true,
            TokenKind::LeftBrace => !self.no_struct && self.is_struct_body(end),
            TokenKind::Semicolon
            | TokenKind::Comma
            | TokenKind::RightParen
            | TokenKind::RightBracket
            | TokenKind::RightBrace => true,
            _ => false,
        }
    }

    /// At `<` behind the type of `as` or `is`, where a comparison could follow too.
    pub(super) fn at_type_args_of_cast(&self) -> bool {
        let Some(end) = self.type_args_end() else { return false };
        !matches!(
            self.peek_kind(end),
            TokenKind::Ident(_) | TokenKind::Int { .. } | TokenKind::Float { .. } | TokenKind::LeftParen
        )
    }

    /// Does the `{` at `ahead` begin the fields of a struct?
    pub(super) fn is_struct_body(&self, ahead: usize) -> bool {
        match self.peek_kind(ahead + 1) {
            TokenKind::RightBrace | TokenKind::DotDot => true,
            kind if kind.word().is_some() => {
                let next = self.peek_kind(ahead + 2);
                let shorthand =
                    matches!(kind, TokenKind::Ident(_)) && matches!(next, TokenKind::Comma | TokenKind::RightBrace);
                next == TokenKind::Colon || shorthand
            }
            _ => false,
        }
    }

    /// Is the `{` here a record literal: `{ name: value`, `{ x, y`, `{ ..r`? (`{ x }` is a block.)
    pub(super) fn at_record_literal(&self) -> bool {
        if !self.at(TokenKind::LeftBrace) {
            return false;
        }
        match self.peek_kind(1) {
            TokenKind::DotDot => true,
            kind if kind.word().is_some() => match self.peek_kind(2) {
                TokenKind::Colon => true,
                TokenKind::Comma => matches!(kind, TokenKind::Ident(_)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Can an expression begin with this token?
    pub(super) fn begins_expression(kind: TokenKind) -> bool {
        use TokenKind::*;
        matches!(
            kind,
            Ident(_)
                | Label(_)
                | Int { .. }
                | Float { .. }
                | Char(_)
                | Str(_)
                | Bytes(_)
                | TemplateStart
                | LeftParen
                | LeftBracket
                | LeftBrace
                | Dot
                | DotDot
                | DotDotEqual
                | Bang
                | Minus
                | Star
                | Amp
                | Tilde
                | Async
                | Await
                | Break
                | Continue
                | False
                | Fn
                | For
                | If
                | Import
                | Loop
                | Match
                | Null
                | Return
                | SelfValue
                | Spawn
                | Throw
                | True
                | Try
                | Unsafe
                | While
        )
    }

    /// Does a statement or item surely begin with this token, and nothing else?
    pub(super) fn begins_statement(kind: TokenKind) -> bool {
        use TokenKind::*;
        matches!(
            kind,
            Let | Const
                | Fn
                | Struct
                | Class
                | Enum
                | Interface
                | Impl
                | Import
                | Export
                | Extern
                | For
                | While
                | Loop
                | If
                | Match
                | Return
                | Break
                | Continue
                | Throw
                | Defer
                | Hash
        )
    }
}
