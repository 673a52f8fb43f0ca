//! Dependency files for `make`: the output needs every source file that was read, and a rule
//! without a recipe for each, so that a deleted module does not stop `make`.

use crate::source::SourceMap;
use std::fmt::Write as _;
use std::path::Path;

pub fn makefile(output: &Path, sources: &SourceMap) -> String {
    let files: Vec<String> =
        sources.files().filter(|(_, f)| !f.path.starts_with("std:")).map(|(_, f)| escaped(&f.path)).collect();
    let mut text = format!("{}:", escaped(&output.to_string_lossy()));
    for file in &files {
        let _ = write!(text, " \\\n  {file}");
    }
    text.push('\n');
    // The entry file is written in the user's own rule.
    for file in files.iter().skip(1) {
        let _ = write!(text, "\n{file}:\n");
    }
    text
}

/// As `make` reads it.
fn escaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '$' => text.push_str("$$"),
            ' ' | '#' | '\\' | '%' | ':' => {
                text.push('\\');
                text.push(c);
            }
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn std_is_left_out_and_spaces_are_escaped() {
        let mut sources = SourceMap::default();
        for path in ["main.fl", "std:prelude", "my lib/a$b.fl"] {
            sources.add(path.to_owned(), String::new());
        }
        let text = makefile(Path::new("out/main.o"), &sources);
        assert_eq!(text, "out/main.o: \\\n  main.fl \\\n  my\\ lib/a$$b.fl\n\nmy\\ lib/a$$b.fl:\n");
    }
}
