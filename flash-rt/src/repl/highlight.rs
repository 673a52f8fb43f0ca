//! Colours for what is being typed, by the lexer's tokens; what the lexer complains about is underlined, and so is the
//! bracket that belongs to the one at the cursor.

use super::commands;
use flashc::diagnostics::Diagnostic;
use flashc::lexer::{self, Token, TokenKind};
use flashc::source::FileId;
use reedline::{Color, Highlighter, StyledText};
use std::ops::Range;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Plain,
    Keyword,
    Type,
    Function,
    Number,
    Text,
    Comment,
    Command,
}

pub struct SyntaxColours;

impl Highlighter for SyntaxColours {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        let view = View::of(line);
        let mut styled = StyledText::new();
        for (range, class) in &view.pieces {
            let Some(text) = line.get(range.clone()) else { continue };
            let style = match class {
                Class::Plain => Default::default(),
                Class::Keyword => Color::Magenta.normal(),
                Class::Type => Color::Yellow.normal(),
                Class::Function => Color::Blue.normal(),
                Class::Number => Color::Cyan.normal(),
                Class::Text => Color::Green.normal(),
                Class::Comment => Color::DarkGray.normal(),
                Class::Command => Color::Magenta.bold(),
            };
            styled.push((style, text.to_owned()));
        }
        for range in &view.mistakes {
            styled.style_range(range.start, range.end, Color::Red.underline());
        }
        for place in view.matching_bracket(cursor).into_iter().flatten() {
            styled.style_range(place, place + 1, Color::Default.bold());
        }
        styled
    }
}

/// A text by what it consists of.
struct View {
    /// All of the text, in order.
    pieces: Vec<(Range<usize>, Class)>,
    mistakes: Vec<Range<usize>>,
    /// Opening and closing brackets, by their places.
    brackets: Vec<(usize, TokenKind)>,
}

impl View {
    fn of(text: &str) -> View {
        let mut view = View { pieces: Vec::new(), mistakes: Vec::new(), brackets: Vec::new() };
        let start = match commands::code_of(text) {
            Some((start, _)) => start,
            None if commands::is_command(text) => text.find(char::is_whitespace).unwrap_or(text.len()),
            None => 0,
        };
        if start > 0 {
            view.pieces.push((0..start, Class::Command));
        }
        if start > 0 && commands::code_of(text).is_none() {
            view.pieces.push((start..text.len(), Class::Plain));
        } else {
            view.read(text, start);
        }
        view
    }

    fn read(&mut self, text: &str, start: usize) {
        let code = text.get(start..).unwrap_or("");
        let (tokens, mistakes) = lexer::lex(FileId(0), code);
        let mut end = start;
        for (index, token) in tokens.iter().enumerate() {
            let range = token.span.start as usize + start..token.span.end as usize + start;
            // What the lexer passes over without a token: spaces and comments.
            if range.start > end {
                let between = text.get(end..range.start).unwrap_or("");
                let class = if between.trim().is_empty() { Class::Plain } else { Class::Comment };
                self.pieces.push((end..range.start, class));
            }
            if range.end > range.start.max(end) {
                self.pieces.push((range.start.max(end)..range.end, class_of(token, tokens.get(index + 1))));
                if is_bracket(token.kind) {
                    self.brackets.push((range.start, token.kind));
                }
            }
            end = end.max(range.end);
        }
        for mistake in mistakes.iter().filter(|mistake| !may_be_closed(code, mistake)) {
            let (from, to) = (mistake.span.start as usize + start, mistake.span.end as usize + start);
            self.mistakes.push(from..to.max(from + 1).min(text.len()));
        }
    }

    /// The bracket at the cursor (or before it) and the one that belongs to it.
    fn matching_bracket(&self, cursor: usize) -> Option<[usize; 2]> {
        let at = |place: usize| self.brackets.iter().position(|(bracket, _)| *bracket == place);
        let index = at(cursor).or_else(|| at(cursor.checked_sub(1)?))?;
        let (place, kind) = *self.brackets.get(index)?;
        let partner = if let Some(closing) = closing(kind) {
            let after = self.brackets.get(index + 1..)?;
            partner(after.iter().copied(), closing, |kind| self::closing(kind).is_some())
        } else {
            let before = self.brackets.get(..index)?;
            let opening = before.iter().rev().copied();
            let wanted = self.brackets.iter().find_map(|(_, open)| (closing(*open) == Some(kind)).then_some(*open))?;
            partner(opening, wanted, |kind| closing(kind).is_none())
        };
        Some([place, partner?])
    }
}

/// The first bracket that is on the level of where we began, if it is the wanted one.
fn partner(
    brackets: impl Iterator<Item = (usize, TokenKind)>,
    wanted: TokenKind,
    goes_deeper: impl Fn(TokenKind) -> bool,
) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, kind) in brackets {
        if goes_deeper(kind) {
            depth += 1;
        } else if depth == 0 {
            return (kind == wanted).then_some(place);
        } else {
            depth -= 1;
        }
    }
    None
}

fn closing(opening: TokenKind) -> Option<TokenKind> {
    match opening {
        TokenKind::LeftParen => Some(TokenKind::RightParen),
        TokenKind::LeftBracket => Some(TokenKind::RightBracket),
        TokenKind::LeftBrace => Some(TokenKind::RightBrace),
        _ => None,
    }
}

fn is_bracket(kind: TokenKind) -> bool {
    closing(kind).is_some() || matches!(kind, TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace)
}

fn class_of(token: &Token, next: Option<&Token>) -> Class {
    match token.kind {
        TokenKind::Int { .. } | TokenKind::Float { .. } => Class::Number,
        TokenKind::True | TokenKind::False | TokenKind::Null => Class::Number,
        TokenKind::Char(_)
        | TokenKind::Str(_)
        | TokenKind::Bytes(_)
        | TokenKind::TemplateStart
        | TokenKind::TemplateText(_)
        | TokenKind::TemplateEnd => Class::Text,
        TokenKind::Doc(_) => Class::Comment,
        TokenKind::Label(_) | TokenKind::ExprStart | TokenKind::ExprEnd => Class::Keyword,
        TokenKind::Ident(name) => {
            if is_type(name.as_str()) {
                Class::Type
            } else if next.is_some_and(|next| next.kind == TokenKind::LeftParen) {
                Class::Function
            } else {
                Class::Plain
            }
        }
        kind => match kind.text() {
            Some(text) if text.starts_with(|c: char| c.is_ascii_alphabetic()) => Class::Keyword,
            _ => Class::Plain,
        },
    }
}

fn is_type(name: &str) -> bool {
    let built_in =
        ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "char", "str", "void", "never"];
    built_in.contains(&name) || name.starts_with(char::is_uppercase)
}

/// A text or comment without an end, which may still come: nobody has gone on to the next line yet, or it may have
/// several.
fn may_be_closed(text: &str, mistake: &Diagnostic) -> bool {
    let open = text.get(mistake.span.start as usize..).unwrap_or("");
    match mistake.code {
        "E0002" => true,
        "E0003" | "E0005" => !open.contains('\n') || open.starts_with(['`', 'r']),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, SyntaxColours, View};
    use reedline::Highlighter;

    fn classes(text: &str) -> Vec<(&str, Class)> {
        let view = View::of(text);
        let pieces = view.pieces.iter().map(|(range, class)| (&text[range.clone()], *class));
        pieces.filter(|(piece, _)| !piece.trim().is_empty()).collect()
    }

    #[test]
    fn tokens_have_classes() {
        assert_eq!(
            classes("let x: i32 = f(1, \"a\"); // why"),
            [
                ("let", Class::Keyword),
                ("x", Class::Plain),
                (":", Class::Plain),
                ("i32", Class::Type),
                ("=", Class::Plain),
                ("f", Class::Function),
                ("(", Class::Plain),
                ("1", Class::Number),
                (",", Class::Plain),
                ("\"a\"", Class::Text),
                (")", Class::Plain),
                (";", Class::Plain),
                (" // why", Class::Comment),
            ]
        );
        assert_eq!(
            classes("`a ${x} b`"),
            [
                ("`", Class::Text),
                ("a ", Class::Text),
                ("${", Class::Keyword),
                ("x", Class::Plain),
                ("}", Class::Keyword),
                (" b", Class::Text),
                ("`", Class::Text),
            ]
        );
        assert_eq!(classes(":type 1"), [(":type", Class::Command), ("1", Class::Number)]);
        assert_eq!(classes(":load if.fl"), [(":load", Class::Command), (" if.fl", Class::Plain)]);
    }

    /// Whatever is typed: the line is painted from the pieces.
    #[test]
    fn pieces_are_the_whole_text() {
        for text in
            ["", " ", "let x = `a ${ \"b", "/* a", "f(\u{1f600}) é", "\"a\\", ":", " :type x(", "'a", "a\n\nb", "r#\"x"]
        {
            let styled = SyntaxColours.highlight(text, text.len());
            let whole: String = styled.buffer.iter().map(|(_, piece)| piece.as_str()).collect();
            assert_eq!(whole, text);
        }
    }

    #[test]
    fn lexical_mistakes_are_marked_unless_they_may_be_mended() {
        let mistakes = |text: &str| View::of(text).mistakes.iter().map(|at| (at.start, at.end)).collect::<Vec<_>>();
        assert_eq!(mistakes("a === b"), [(2, 5)]);
        assert_eq!(mistakes(":type a === b"), [(8, 11)]);
        assert_eq!(mistakes("\"a\\qb\""), [(2, 4)]);
        assert!(mistakes("\"open").is_empty());
        assert_eq!(mistakes("\"open\nlet x"), [(0, 1)]);
        assert!(mistakes("`open\nlet x").is_empty());
        assert!(mistakes("/* open").is_empty());
    }

    #[test]
    fn brackets_know_their_partners() {
        let view = View::of("f(a[0], { x: (1) })");
        assert_eq!(view.matching_bracket(1), Some([1, 18]));
        assert_eq!(view.matching_bracket(19), Some([18, 1]));
        assert_eq!(view.matching_bracket(3), Some([3, 5]));
        assert_eq!(view.matching_bracket(17), Some([17, 8]));
        assert_eq!(View::of("(]").matching_bracket(0), None);
        assert_eq!(View::of("a").matching_bracket(1), None);
        assert_eq!(View::of("\"(\" )").matching_bracket(5), None);
    }
}
