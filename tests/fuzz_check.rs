//! Damaged programs through the checker: any text ends in a typed tree or in diagnostics, and what
//! has no errors becomes SSA that the verifier accepts. Bounded and deterministic;
//! `FLASH_FUZZ_ROUNDS` sets how many.

use flashc::driver::load::{MemoryReader, load_text};
use flashc::lexer;
use flashc::resolve::{Target, Trees, resolve};
use flashc::source::FileId;
use flashc::ssa::build::{BuildOptions, build};
use flashc::ssa::verify::verify;
use flashc::typecheck::{self, Options};
use std::path::Path;
use std::{env, fs, panic};

fn survive(text: &str, reader: &MemoryReader) {
    let trees = Trees::default();
    let (graph, mut diagnostics) = load_text(Path::new("fuzz.fl"), text.to_owned(), reader, Target::default(), &trees);
    let (resolved, more) = resolve(&graph);
    diagnostics.extend(more);
    let (program, more) = typecheck::check(graph.clone(), resolved, &Options::default());
    diagnostics.extend(more);
    for diagnostic in &diagnostics {
        let span = diagnostic.span;
        let size = graph.sources.file(span.file).text.len();
        assert!(span.start <= span.end && span.end as usize <= size, "bad place {span:?}: {diagnostic:?}");
    }
    if !diagnostics.iter().any(|d| d.is_error()) {
        let module = build(program, BuildOptions::default());
        if let Err(error) = verify(&module) {
            panic!("bad SSA: {error}");
        }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

/// The tokens of the program, some of them taken out, doubled, exchanged or from elsewhere.
fn damage(text: &str, random: &mut Random) -> String {
    let (tokens, _) = lexer::lex(FileId(0), text);
    let mut words: Vec<&str> =
        tokens.iter().map(|t| text.get(t.span.start as usize..t.span.end as usize).unwrap_or("")).collect();
    for _ in 0..1 + random.below(4) {
        let (a, b) = (random.below(words.len()), random.below(words.len()));
        match random.below(5) {
            0 => {
                words.remove(a);
            }
            1 => words.insert(a, words[b]),
            2 => words.swap(a, b),
            3 => words[a] = words[b],
            _ => {
                words[a] = ["null", "x", "1", "\"s\"", "i32", "fn", "&", "*", "?.", "!", "[]", "self"][random.below(12)]
            }
        }
    }
    words.join(" ")
}

fn programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let mut found = Vec::new();
    for directory in ["run/core", "tir", "diagnostics/check"] {
        let Ok(entries) = fs::read_dir(root.join(directory)) else { continue };
        let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        let files = paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "fl"));
        found.extend(files.filter_map(|p| fs::read_to_string(p).ok()));
    }
    found
}

#[test]
fn damaged_programs() {
    let rounds = env::var("FLASH_FUZZ_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(60);
    let mut random = Random(7);
    let programs = programs();
    let mut reader = MemoryReader::default();
    let parts = include_str!("run/programs/_parts.fl");
    reader.files.insert("_parts.fl".into(), parts.to_owned());
    for text in &programs {
        survive(text, &reader);
    }
    for _ in 0..rounds {
        let text = damage(&programs[random.below(programs.len())], &mut random);
        if let Err(cause) = panic::catch_unwind(|| survive(&text, &reader)) {
            eprintln!("does not survive:\n{text}");
            panic::resume_unwind(cause);
        }
    }
}
