//! The sources are tested too: the order of the compiler's rooms, where IO may happen, file sizes,
//! opening comments, a `SAFETY` line at every `unsafe`, and no `unwrap` on what a user may write.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of flashc, each of which may name only those before it.
const ROOMS: &[&str] = &[
    "source",
    "diagnostics",
    "lexer",
    "ast",
    "parser",
    "resolve",
    "tir",
    "typecheck",
    "ssa",
    "opt",
    "lower",
    "emit",
    "driver",
];

/// Rooms that read what a user wrote: nothing may be unwrapped there.
const USER_FACING: &[&str] = &["source", "diagnostics", "lexer", "ast", "parser", "resolve", "typecheck", "driver"];

const MAX_LINES: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace's root")
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("a directory entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

/// Every Rust source with its path relative to the root.
fn rust_sources() -> Vec<(String, String)> {
    let root = root();
    let mut paths = Vec::new();
    for dir in ["flash-abi", "runtime-lib", "flashc", "flash-rt", "tests"] {
        files(&root.join(dir), "rs", &mut paths);
    }
    let read = |path: PathBuf| (relative(&root, &path), fs::read_to_string(&path).expect("a UTF-8 source"));
    paths.into_iter().map(read).collect()
}

/// Files of flashc that are compiled for tests only: `#[cfg(test)] mod name;` in the file above them.
fn is_test_only(path: &str, sources: &[(String, String)]) -> bool {
    let Some((dir, file)) = path.rsplit_once('/') else { return false };
    let declaration = format!("mod {};", file.trim_end_matches(".rs"));
    sources.iter().filter(|(above, _)| *above == format!("{dir}/mod.rs")).any(|(_, text)| {
        let lines: Vec<&str> = text.lines().collect();
        lines.windows(2).any(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with(&declaration))
    })
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned()
}

/// The room of a file in flashc/src, if it is in one.
fn room(path: &str) -> Option<&'static str> {
    let inside = path.strip_prefix("flashc/src/")?;
    let name = inside.split('/').next()?.trim_end_matches(".rs");
    ROOMS.iter().copied().find(|room| *room == name)
}

/// The lines before the file's unit tests, with their numbers.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]").map(|(i, line)| (i + 1, line))
}

/// The line without what stands in string literals on it.
fn without_strings(line: &str) -> String {
    line.split('"').step_by(2).collect()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn check(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn rooms_name_only_earlier_rooms() {
    let mut problems = Vec::new();
    for (path, text) in rust_sources() {
        let Some(own) = room(&path) else { continue };
        let position = |name: &str| ROOMS.iter().position(|room| *room == name);
        for (number, line) in code_lines(&text).filter(|(_, line)| !is_comment(line)) {
            for (at, _) in line.match_indices("crate::") {
                let name: String =
                    line[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if position(&name) > position(own) {
                    problems.push(format!("{path}:{number}: room `{own}` names the later room `{name}`"));
                }
            }
        }
    }
    check(problems);
}

#[test]
fn io_happens_in_the_driver_only() {
    let mut problems = Vec::new();
    let sources = rust_sources();
    for (path, text) in &sources {
        let Some(own) = room(path).filter(|own| *own != "driver" && !is_test_only(path, &sources)) else { continue };
        for (number, line) in code_lines(text).filter(|(_, line)| !is_comment(line)) {
            for name in ["std::fs", "std::process", "std::env", "std::net", "println!", "eprintln!", "std::io"] {
                if line.contains(name) {
                    problems.push(format!("{path}:{number}: room `{own}` uses {name}"));
                }
            }
        }
    }
    check(problems);
}

#[test]
fn files_are_not_too_long() {
    let root = root();
    let mut paths = Vec::new();
    files(&root.join("std"), "fl", &mut paths);
    let std_sources = paths.iter().map(|path| (relative(&root, path), fs::read_to_string(path).expect("a source")));
    let problems = rust_sources()
        .into_iter()
        .chain(std_sources)
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines, more than {MAX_LINES}: it is two rooms"))
        .collect();
    check(problems);
}

#[test]
fn files_say_their_job_first() {
    let problems = rust_sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! ") && !text.starts_with("#![") && !text.starts_with("#!["))
        .map(|(path, _)| format!("{path}: does not open with `//!` and its job"))
        .collect();
    check(problems);
}

#[test]
fn unsafe_has_its_reason() {
    let mut problems = Vec::new();
    for (path, text) in rust_sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let code = without_strings(line.split("//").next().unwrap_or(""));
            let is_word = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let mut uses = code.match_indices("unsafe {").chain(code.match_indices("unsafe impl"));
            let needs_reason = uses.any(|(at, _)| is_word(at));
            if !needs_reason {
                continue;
            }
            // The reason stands on the line, or in the comment that ends right above the statement.
            let above = lines[..index].iter().rev().take(8).take_while(|l| !l.trim().is_empty());
            if !line.contains("SAFETY:") && !above.into_iter().any(|l| l.contains("SAFETY:")) {
                problems.push(format!("{path}:{}: `unsafe` without a `// SAFETY:` line", index + 1));
            }
        }
    }
    check(problems);
}

#[test]
fn user_input_is_never_unwrapped() {
    let mut problems = Vec::new();
    for (path, text) in rust_sources() {
        if !room(&path).is_some_and(|own| USER_FACING.contains(&own)) {
            continue;
        }
        for (number, line) in code_lines(&text).filter(|(_, line)| !is_comment(line)) {
            for call in [".unwrap()", ".expect(", "todo!(", "unimplemented!("] {
                // The parser's own `expect(token)` takes no string and reports a diagnostic.
                if line.contains(call) && !line.contains("self.expect(") && !line.contains("p.expect(") {
                    problems.push(format!("{path}:{number}: `{call}` where a user's text is read"));
                }
            }
        }
    }
    check(problems);
}
