//! Any text ends in output or diagnostics, never in a panic, an overflown stack or an endless loop.
//! Bounded and deterministic: random bytes, soups of tokens, damaged programs, deep nesting.

use flashc::diagnostics::render;
use flashc::lexer::TokenKind;
use flashc::source::SourceMap;
use flashc::{ast, lexer, parser};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, panic};

/// What every text goes through.
fn survive(text: &str) {
    let mut sources = SourceMap::default();
    let file = sources.add("fuzz.fl".to_owned(), text.to_owned());
    let (tokens, mut diagnostics) = lexer::lex(file, text);
    assert_eq!(tokens.last().map(|t| t.kind), Some(TokenKind::Eof));
    let repl = parser::ParseOptions { repl: text.len().is_multiple_of(2), ..parser::ParseOptions::default() };
    let (module, more) = parser::parse_with(file, text, tokens, repl);
    diagnostics.extend(more);
    for diagnostic in &diagnostics {
        let span = diagnostic.span;
        assert!(span.start <= span.end && span.end as usize <= text.len(), "bad place {span:?}: {diagnostic:?}");
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    }
    let _ = ast::dump(&module);
    let _ = render::human(&diagnostics, &sources, true);
    let _ = render::json(&diagnostics, &sources);
}

/// Says which text it was before going down.
fn check(text: &str, what: &str) {
    if let Err(cause) = panic::catch_unwind(|| survive(text)) {
        let shown: String = text.chars().take(2000).collect();
        eprintln!("{what} does not survive:\n{shown:?}");
        panic::resume_unwind(cause);
    }
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// All programs of the repository.
fn programs() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pending: Vec<PathBuf> = ["tests", "examples", "std", "benches"].iter().map(|d| root.join(d)).collect();
    let mut found = Vec::new();
    while let Some(directory) = pending.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "fl")
                && let Ok(bytes) = fs::read(&path)
            {
                found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn random_bytes() {
    let mut random = Random(1);
    for round in 0..1500 {
        let length = random.below(if round % 50 == 0 { 4000 } else { 120 });
        let bytes: Vec<u8> = match round % 3 {
            0 => (0..length).map(|_| random.next() as u8).collect(),
            // Printable, with line ends.
            1 => (0..length).map(|_| b' ' + random.below(96) as u8 % 95).collect(),
            _ => {
                let alphabet = b"'\"`${}\\/*\n0x1e.b_r#u8\xc3\xa9\xef\xbb\xbf\0";
                (0..length).map(|_| alphabet[random.below(alphabet.len())]).collect()
            }
        };
        check(&String::from_utf8_lossy(&bytes), "random bytes");
    }
}

#[test]
fn token_soup() {
    const OTHERS: &[&str] = &[
        "x",
        "y",
        "P",
        "self",
        "type",
        "from",
        "test",
        "using",
        "select",
        "private",
        "1",
        "2.5",
        "0xff",
        "7u8",
        "'a'",
        "'l",
        "\"s\"",
        "`a ${",
        "} b`",
        "`",
        "b\"x\"",
        "r\"y\"",
        "/// doc\n",
        "// c\n",
        "\n",
        "/*",
        "*/",
        "i32",
        "Map",
        "_",
        "++",
        "===",
        "$",
        "\u{201c}",
    ];
    let mut random = Random(2);
    for round in 0..2500 {
        let mut text = String::new();
        for _ in 0..random.below(if round % 100 == 0 { 1500 } else { 60 }) {
            text.push_str(match random.below(3) {
                0 => TokenKind::PUNCTUATION[random.below(TokenKind::PUNCTUATION.len())],
                1 => TokenKind::KEYWORDS[random.below(TokenKind::KEYWORDS.len())],
                _ => OTHERS[random.below(OTHERS.len())],
            });
            if random.below(4) > 0 {
                text.push(' ');
            }
        }
        check(&text, "a soup of tokens");
    }
}

#[test]
fn damaged_programs() {
    let programs = programs();
    assert!(programs.len() > 5, "no programs found");
    let mut random = Random(3);
    let started = Instant::now();
    for round in 0..3000 {
        let (path, original) = &programs[round % programs.len()];
        let mut chars: Vec<char> = original.chars().take(20_000).collect();
        let (_, other) = &programs[random.below(programs.len())];
        for _ in 0..=random.below(4) {
            if chars.is_empty() {
                break;
            }
            let at = random.below(chars.len());
            let length = random.below(30).min(chars.len() - at);
            match random.below(5) {
                0 => drop(chars.drain(at..at + length)),
                1 => chars.truncate(at),
                2 => {
                    let piece: Vec<char> = chars[at..at + length].to_vec();
                    let to = random.below(chars.len());
                    drop(chars.splice(to..to, piece));
                }
                3 => {
                    let piece: Vec<char> = other.chars().skip(random.below(500)).take(length).collect();
                    drop(chars.splice(at..at, piece));
                }
                _ => {
                    let strange = ['{', '}', '(', ')', '<', '>', ';', '"', '`', '\'', '\0', 'é', '\\', '\n', '$', '='];
                    chars[at] = strange[random.below(strange.len())];
                }
            }
        }
        check(&chars.into_iter().collect::<String>(), &path.display().to_string());
        if started.elapsed() > Duration::from_secs(10) {
            break;
        }
    }
}

/// Each text 10,000 times in a row, before and behind others: neither a stack overflow nor
/// quadratic time. Tests run on a small stack (2 MB), programs on a large one.
#[test]
fn deep_nesting_and_long_chains() {
    const PIECES: &[&str] = &[
        "(",
        "[",
        "{",
        "-",
        "!",
        "&",
        "*",
        "~",
        "fn() => ",
        "fn(x) {",
        "if a {",
        "if a {} else ",
        "if ",
        "match x { _ => ",
        "match ",
        "`${",
        "a(",
        "a(b: ",
        "a[",
        "P { x: ",
        "{ x: ",
        "[1, ",
        "[a: ",
        "let x: [",
        "let x: *",
        "let x: fn(",
        "let x: Map<",
        "let (",
        "let .A(",
        "let x @ ",
        "match x { x @ ",
        "return ",
        "await ",
        "spawn ",
        "throw ",
        "try? ",
        "defer ",
        "a ?? ",
        "x = ",
        "x += ",
        "1 + ",
        "1 + (",
        "a || (b && (c | (d ^ (e & (f == (g << (h + (i * (",
        "a.b.",
        "a?.",
        "a!",
        "a?",
        "a as T? ",
        "x is T ",
        "T?",
        "let x: T????????",
        "p | ",
        "&& let x = y ",
        "#[",
        "#[a] ",
        "export ",
        "unsafe {",
        "try {",
        "try {} catch e {",
        "loop {",
        "'a: loop {",
        "'a ",
        "for x in ",
        "for x in y {",
        "while ",
        "while a {",
        "select { x => ",
        "struct A { fn f() {",
        "struct A { x: i32 = ",
        "enum E { A(",
        "interface I { ",
        "impl<",
        "fn f<T: ",
        "fn f(a: i32 = ",
        "/*",
        "1..",
        "..",
        "a.b<",
        "a<",
        "a<b,",
        "<",
        ">",
        ">>",
        ")",
        "]",
        "}",
        ";",
        ",",
        "import ",
        "import {",
        "a => ",
        "'",
        "\"",
        "\\",
        "0",
        "1.",
        "_",
        "\0",
        "é",
        "::",
        "@",
        "/// d\n",
        "a\n",
        "(a, ",
        "a ? b : ",
        "new ",
        "x.await ",
        "fn f() { fn g() { ",
        "test \"a\" {",
        "x++ ",
        "let x = ",
        "const a: [T; ",
        "1 as [T; ",
        "`a",
        "${",
        "b\"",
        "r#",
    ];
    for piece in PIECES {
        for (before, after) in [("", ""), ("fn main() { let x = ", ";"), ("let x: ", " = 1;")] {
            let started = Instant::now();
            let text = format!("{before}{}{after}", piece.repeat(10_000));
            check(&text, piece);
            let taken = started.elapsed();
            assert!(taken < Duration::from_secs(10), "{piece:?} took {taken:?}");
        }
    }
}
