//! The standard library's sources, embedded when the compiler is built.

/// Name without `std:` and text of every module of std, sorted by name.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/std_files.rs"));

/// The text of `std:NAME`.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.binary_search_by_key(&name, |(n, _)| n).ok().map(|index| FILES[index].1)
}

#[cfg(test)]
mod tests {
    use super::FILES;
    use crate::lexer::{self, TokenKind};
    use crate::parser::{self, ParseOptions};
    use crate::source::FileId;

    #[test]
    fn outlines_say_what_the_texts_say() {
        let mut skipped = 0;
        for &(name, text) in FILES {
            let file = FileId(7);
            let (mut tokens, mistakes) = lexer::lex(file, text);
            assert!(mistakes.is_empty(), "std:{name}: {mistakes:?}");
            tokens.retain(|token| !matches!(token.kind, TokenKind::Doc(_)));
            let (whole, mistakes) = parser::parse_with(file, text, tokens, ParseOptions::default());
            assert!(mistakes.is_empty(), "std:{name}: {mistakes:?}");
            let (outline, mistakes) = parser::parse_outline(file, text, ParseOptions::default());
            assert!(mistakes.is_empty(), "std:{name}: {mistakes:?}");
            // Debug output has the places too.
            for (a, b) in whole.items.iter().zip(&outline.items) {
                assert!(format!("{a:?}") == format!("{b:?}"), "std:{name}: {}", &text[a.span.start as usize..][..80]);
            }
            assert_eq!(whole.items.len(), outline.items.len(), "std:{name}");
            skipped += lexer::lex_outline(file, text).0.iter().filter(|token| token.kind == TokenKind::Body).count();
        }
        assert!(FILES.is_empty() || skipped > 1000, "bodies are skipped: {skipped}");
    }
}
