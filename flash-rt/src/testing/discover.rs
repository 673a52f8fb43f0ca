//! Which modules have tests, and which of these are asked for.

use flashc::driver::{TestBlock, tests_of};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A module and its tests.
#[derive(Clone, Debug)]
pub struct Suite {
    /// As it is shown.
    pub path: PathBuf,
    /// The chosen tests, each with the number by which the program knows it.
    pub tests: Vec<(usize, TestBlock)>,
}

/// Directories that hold what is made, not what is written.
const SKIPPED: &[&str] = &["target", "build", "node_modules"];

/// The modules below these paths that have tests the filter lets through. An error is about a path.
pub fn suites(paths: &[PathBuf], filter: Option<&str>) -> Result<Vec<Suite>, String> {
    let mut files = Vec::new();
    for path in paths {
        // A module of the standard library is no file.
        if path.to_string_lossy().starts_with("std:") {
            files.push((path.clone(), true));
            continue;
        }
        let problem = |error: io::Error| format!("cannot read `{}`: {}", path.display(), words(&error));
        if fs::metadata(path).map_err(problem)?.is_dir() {
            collect(path, &mut files, 0).map_err(problem)?;
        } else {
            files.push((path.clone(), true));
        }
    }
    let mut seen = HashSet::new();
    let mut suites = Vec::new();
    for (file, was_named) in files {
        if !seen.insert(fs::canonicalize(&file).unwrap_or_else(|_| file.clone())) {
            continue;
        }
        let path = shown(&file);
        let tests = match tests_of(&file) {
            Ok(tests) => tests,
            Err(error) if was_named => return Err(format!("cannot read `{}`: {}", path.display(), words(&error))),
            // Whatever lies in a directory under this name, it is no module.
            Err(_) => continue,
        };
        let chosen = |test: &TestBlock| filter.is_none_or(|text| full_name(&path, test).contains(text));
        let tests: Vec<_> = tests.into_iter().enumerate().filter(|(_, test)| chosen(test)).collect();
        if !tests.is_empty() {
            suites.push(Suite { path, tests });
        }
    }
    Ok(suites)
}

/// What `--filter` looks at.
pub fn full_name(path: &Path, test: &TestBlock) -> String {
    format!("{}: {}", path.display(), test.name)
}

/// Without the `./` that searching the current directory puts before every path.
fn shown(path: &Path) -> PathBuf {
    path.strip_prefix("./").map_or_else(|_| path.to_owned(), Path::to_owned)
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is nothing of that name".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// Modules in a directory and below, sorted by path. Links to directories are not followed: they may go in circles.
fn collect(directory: &Path, files: &mut Vec<(PathBuf, bool)>, depth: u32) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            if !SKIPPED.contains(&name.as_ref()) && depth < 64 {
                // A directory that may not be read has no tests for us.
                let _ = collect(&path, files, depth + 1);
            }
        } else if name.ends_with(".fl") {
            files.push((path, false));
        }
    }
    Ok(())
}
