//! Whether what was typed so far goes on in the next line: a bracket, template or comment is open, or the parser came to
//! the end and wanted more. What is wrong where it stands is not asked about any further: the engine says what it is.

use flashc::diagnostics::Diagnostic;
use flashc::lexer;
use flashc::parser::{self, ParseOptions};
use flashc::source::FileId;

/// Whether more lines could make sense of the text.
pub fn is_incomplete(text: &str) -> bool {
    let file = FileId(0);
    let (tokens, mistakes) = lexer::lex(file, text);
    // Only the mistake of a text or comment that is never closed can be mended behind its end: it is the last one.
    let open = match mistakes.split_last() {
        Some((last, [])) if is_open(text, last) => Some(last.span.start as usize),
        Some(_) => return false,
        None => None,
    };
    let mut real = tokens.iter().rev().skip(1);
    let ends_in_doc = real.clone().next().is_some_and(|token| matches!(token.kind, lexer::TokenKind::Doc(_)));
    let end = open.or_else(|| {
        let last = real.find(|token| !matches!(token.kind, lexer::TokenKind::Doc(_)));
        last.map(|token| token.span.end as usize)
    });
    let Some(end) = end else { return ends_in_doc };
    let options = ParseOptions { repl: true, ..ParseOptions::default() };
    let (_, mistakes) = parser::parse_with(file, text, tokens, options);
    match mistakes.first() {
        Some(first) => first.span.start as usize >= end,
        None => open.is_some() || ends_in_doc,
    }
}

/// At the terminal: nobody who types two empty lines wants to go on.
pub fn is_given_up(text: &str) -> bool {
    let mut lines = text.rsplit('\n');
    text.contains('\n') && lines.by_ref().take(2).filter(|line| line.trim().is_empty()).count() == 2
}

/// The mistake is that something of several lines has no end yet.
fn is_open(text: &str, mistake: &Diagnostic) -> bool {
    let opening = text.get(mistake.span.start as usize..).unwrap_or("");
    match mistake.code {
        "E0002" => true,
        // A plain string ends on its line, unless `\` joins it with the next one.
        "E0003" if opening.starts_with('"') || opening.starts_with("b\"") => {
            mistake.fix.as_ref().is_some_and(|fix| fix.span.start as usize == text.len())
                && text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
        }
        "E0003" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_given_up, is_incomplete};

    #[test]
    fn what_is_open_goes_on() {
        for text in [
            "fn f() {",
            "fn f(a: i32,",
            "fn f() -> i32",
            "fn f",
            "[1, 2,",
            "f(1,",
            "f(",
            "let x =",
            "let x: ",
            "1 +",
            "x.",
            "a &&",
            "if x {",
            "if x { 1 } else",
            "match x {\n    1 => 2,",
            "struct P {\n    x: f64,",
            "/* a comment",
            "/* a /* nested */ comment",
            "let t = `a template",
            "let t = `a ${",
            "let t = `a ${ f(",
            "let t = r\"raw",
            "let t = r#\"raw\"",
            "let s = \"joined \\",
            "let s = \"joined \\\n  and joined \\",
            "import { a,",
            "import fs from",
            "/// what it does",
            "#[inline]",
            "fn f() {\n    // a comment",
            "let x = { a: 1,",
            "xs.map(fn(x) =>",
            "while true",
        ] {
            assert!(is_incomplete(text), "{text:?} is complete");
        }
    }

    #[test]
    fn what_makes_sense_is_complete() {
        for text in [
            "",
            "   ",
            "// only a comment",
            "/* closed */",
            "1 + 1",
            "let x = 42;",
            "let x = 42",
            "fn double(n: i32) -> i32 { return n * 2; }",
            "struct P { x: f64 }",
            "import fs from \"std:fs\"",
            "`a ${b} c`",
            "\"a\\\\\"",
            "x!",
            "if x { 1 } else { 2 }",
            "f(\n    1,\n    2\n)",
            "for x in [1, 2] {\n    println(x);\n}",
            "match x { 1 => 2, _ => 3 }",
            "/// what it does\nfn f() { }",
            "await f()",
            "'a'",
        ] {
            assert!(!is_incomplete(text), "{text:?} is incomplete");
        }
    }

    #[test]
    fn what_is_wrong_is_not_asked_about() {
        for text in [
            "let = 3 + (",
            "1 1 {",
            "}",
            ")",
            "f(1))",
            "[1, 2)",
            "let s = \"never closed",
            "let x = = {",
            "let = `open",
            "\u{1f600} {",
            "let x = \"a\\q\" + `",
            "fn 3() {",
        ] {
            assert!(!is_incomplete(text), "{text:?} is incomplete");
        }
    }

    #[test]
    fn two_empty_lines_give_up() {
        assert!(is_given_up("fn f() {\n\n"));
        assert!(is_given_up("fn f() {\n  \n "));
        assert!(!is_given_up("fn f() {\n"));
        assert!(!is_given_up("fn f() {\n\n}"));
        assert!(!is_given_up(""));
    }
}
