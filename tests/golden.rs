//! Goldens: what each stage makes of an input, compared with the text beside it.
//! `FLASH_BLESS=1 cargo test --test golden` (`make bless`) writes the expectations anew.
//!
//! A stage is a row of [`STAGES`]: every `tests/DIRECTORY/**/NAME.INPUT` has its expectation in
//! `NAME.EXPECTATION`. An expectation without an input is an error too.

use flashc::diagnostics::{Diagnostic, render};
use flashc::driver::load::MemoryReader;
use flashc::resolve::{Target, Trees};
use flashc::source::{FileId, SourceMap};
use flashc::{ast, driver, lexer, opt, parser, resolve, ssa, tir, typecheck};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

struct Stage {
    /// Below `tests/`.
    directory: &'static str,
    input: &'static str,
    expectation: &'static str,
    /// From the name and text of the input to the text expected.
    run: fn(&str, &str) -> String,
}

const STAGES: &[Stage] = &[
    Stage { directory: "tokens", input: "fl", expectation: "tokens", run: tokens },
    Stage { directory: "ast", input: "fl", expectation: "ast", run: tree },
    Stage { directory: "diagnostics/syntax", input: "fl", expectation: "txt", run: syntax_diagnostics },
    Stage { directory: "diagnostics/check", input: "fl", expectation: "txt", run: check_diagnostics },
    Stage { directory: "tir", input: "fl", expectation: "tir", run: typed_tree },
    Stage { directory: "ssa", input: "fl", expectation: "ssa", run: ssa_text },
    Stage { directory: "opt", input: "ssa", expectation: "after", run: passes },
];

/// What passes make of SSA. The first line names them: `; passes: gvn dce`.
fn passes(_: &str, text: &str) -> String {
    let Some(names) = text.lines().next().and_then(|line| line.strip_prefix("; passes:")) else {
        return "the first line must be `; passes: ...`\n".to_owned();
    };
    let mut module = match ssa::parse::parse_module(text) {
        Ok(module) => module,
        Err(message) => return message + "\n",
    };
    if let Err(message) = ssa::verify::verify(&module) {
        return message + "\n";
    }
    for name in names.split_whitespace() {
        if name == "all" {
            opt::optimize(&mut module, opt::Level::Full);
        } else if !opt::run_by_name(&mut module, name) {
            return format!("there is no pass {name}\n");
        }
    }
    ssa::text::print(&module)
}

/// Tokens, then what was wrong with them.
fn tokens(name: &str, text: &str) -> String {
    let (sources, file) = source(name, text);
    let (tokens, diagnostics) = lexer::lex(file, text);
    lexer::dump(text, &tokens) + &render::human(&diagnostics, &sources, false)
}

/// The tree, then what was wrong with it.
fn tree(name: &str, text: &str) -> String {
    let (sources, file) = source(name, text);
    let (module, diagnostics) = parse(file, text);
    ast::dump(&module) + &render::human(&diagnostics, &sources, false)
}

fn syntax_diagnostics(name: &str, text: &str) -> String {
    let (sources, file) = source(name, text);
    render::human(&parse(file, text).1, &sources, false)
}

/// The module's own functions as SSA before optimisation, of a module that the verifier accepts. Those
/// of std are left out: goldens of programs should not change with it.
fn ssa_text(name: &str, text: &str) -> String {
    let reader = MemoryReader::default();
    let trees = Trees::default();
    let (graph, mut diagnostics) =
        driver::load::load_text(Path::new(name), text.to_owned(), &reader, Target::default(), &trees);
    let (resolved, more) = resolve::resolve(&graph);
    diagnostics.extend(more);
    let (program, more) = typecheck::check(graph.clone(), resolved, &typecheck::Options::default());
    diagnostics.extend(more);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return render::human(&diagnostics, &graph.sources, false);
    }
    let module = ssa::build::build(program, ssa::build::BuildOptions::default());
    if let Err(message) = ssa::verify::verify(&module) {
        panic!("{name}: {message}\n{}", ssa::text::print(&module));
    }
    let own = module.functions.iter().filter(|function| !function.symbol.contains("std:"));
    own.map(|function| ssa::text::print_function(&module, function)).collect::<Vec<_>>().join("\n")
}

/// What the checker says of a program, which may import the modules in `tests/diagnostics/check/modules`.
fn check_diagnostics(name: &str, text: &str) -> String {
    let (sources, _, diagnostics) = check_program(name, text);
    render::human(&diagnostics, &sources, false)
}

/// The typed tree, or what was wrong.
fn typed_tree(name: &str, text: &str) -> String {
    let (sources, program, diagnostics) = check_program(name, text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return render::human(&diagnostics, &sources, false);
    }
    tir::dump(&program)
}

fn check_program(name: &str, text: &str) -> (SourceMap, tir::Program, Vec<Diagnostic>) {
    let mut reader = MemoryReader::default();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/diagnostics/check/modules");
    for entry in fs::read_dir(modules).into_iter().flatten().flatten() {
        if let Ok(text) = fs::read_to_string(entry.path()) {
            reader.files.insert(Path::new("modules").join(entry.file_name()), text);
        }
    }
    let file = Path::new(name).file_name().unwrap_or_default();
    let trees = Trees::default();
    let (graph, mut diagnostics) =
        driver::load::load_text(Path::new(file), text.to_owned(), &reader, Target::default(), &trees);
    let (resolved, more) = resolve::resolve(&graph);
    diagnostics.extend(more);
    let (program, more) = typecheck::check(graph.clone(), resolved, &typecheck::Options::default());
    diagnostics.extend(more);
    (graph.sources, program, diagnostics)
}

fn parse(file: FileId, text: &str) -> (ast::Module, Vec<Diagnostic>) {
    let (tokens, mut diagnostics) = lexer::lex(file, text);
    let (module, more) = parser::parse(file, text, tokens);
    diagnostics.extend(more);
    (module, diagnostics)
}

fn source(name: &str, text: &str) -> (SourceMap, FileId) {
    let mut sources = SourceMap::default();
    let file = sources.add(name.to_owned(), text.to_owned());
    (sources, file)
}

#[test]
fn every_stage_gives_what_is_expected() {
    let bless = env::var_os("FLASH_BLESS").is_some_and(|v| v == "1");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let mut problems = Vec::new();
    let mut inputs_seen = 0;
    for stage in STAGES {
        let directory = tests.join(stage.directory);
        let mut wanted = BTreeSet::new();
        for input in files_with(&directory, stage.input) {
            inputs_seen += 1;
            let expectation = input.with_extension(stage.expectation);
            if let Err(problem) = check(stage, &input, &expectation, bless) {
                problems.push(problem);
            }
            wanted.insert(expectation);
        }
        for stray in files_with(&directory, stage.expectation).into_iter().filter(|f| !wanted.contains(f)) {
            if bless {
                fs::remove_file(&stray).unwrap_or_else(|e| panic!("{}: {e}", stray.display()));
            } else {
                problems.push(format!("{}: its input is gone; FLASH_BLESS=1 removes it", stray.display()));
            }
        }
    }
    assert!(inputs_seen > 0, "no inputs below {}", tests.display());
    assert!(problems.is_empty(), "\n{}\n{} goldens differ", problems.join("\n"), problems.len());
}

fn check(stage: &Stage, input: &Path, expectation: &Path, bless: bool) -> Result<(), String> {
    // Inputs that are not UTF-8 are read as the driver reads them.
    let bytes = fs::read(input).map_err(|e| format!("{}: {e}", input.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let name = input.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    let actual = (stage.run)(&name, &text);
    if bless {
        if fs::read_to_string(expectation).ok().as_deref() != Some(&actual) {
            fs::write(expectation, &actual).map_err(|e| format!("{}: {e}", expectation.display()))?;
        }
        return Ok(());
    }
    let expected = fs::read_to_string(expectation)
        .map_err(|e| format!("{}: {e}; FLASH_BLESS=1 writes it", expectation.display()))?;
    if expected == actual {
        return Ok(());
    }
    Err(format!("--- {}\n{}", expectation.display(), difference(&expected, &actual)))
}

/// All files below a directory with this extension, sorted.
fn files_with(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Lines that differ, with two of context: `-` expected, `+` actual.
fn difference(expected: &str, actual: &str) -> String {
    let old: Vec<&str> = expected.lines().collect();
    let new: Vec<&str> = actual.lines().collect();
    let prefix = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - prefix;
    let suffix = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut out = String::new();
    let mut show = |mark: &str, lines: &[&str]| {
        for line in lines.iter().take(40) {
            out.push_str(&format!("{mark}{line}\n"));
        }
        if lines.len() > 40 {
            out.push_str(&format!("{mark}... {} lines more\n", lines.len() - 40));
        }
    };
    show("  ", &old[prefix.saturating_sub(2)..prefix]);
    show("- ", &old[prefix..old.len() - suffix]);
    show("+ ", &new[prefix..new.len() - suffix]);
    show("  ", &old[old.len() - suffix..(old.len() - suffix + 2).min(old.len())]);
    out
}
