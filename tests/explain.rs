//! Every code of the compiler has an explanation, and the example in it gives that code.

use flashc::diagnostics::{Diagnostic, explain};
use flashc::driver::load::{MemoryReader, load_text};
use flashc::resolve::{Target, Trees};
use flashc::{resolve, typecheck};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The codes of an example's diagnostics.
fn codes(example: &str) -> Vec<&'static str> {
    let mut parts = example.split("// file: ");
    let main = parts.next().unwrap_or_default().to_owned();
    let mut reader = MemoryReader::default();
    for part in parts {
        let (name, text) = part.split_once('\n').expect("a file's text");
        reader.files.insert(PathBuf::from(name.trim()), text.to_owned());
    }
    let trees = Trees::default();
    let (graph, mut diagnostics) = load_text(Path::new("main.fl"), main, &reader, Target::default(), &trees);
    let (resolved, more) = resolve::resolve(&graph);
    diagnostics.extend(more);
    let (_, more) = typecheck::check(graph.clone(), resolved, &typecheck::Options::default());
    diagnostics.extend(more);
    diagnostics.iter().map(|diagnostic: &Diagnostic| diagnostic.code).collect()
}

#[test]
fn examples_give_their_codes() {
    let mut problems = Vec::new();
    for explanation in explain::all() {
        let Some(example) = explanation.example() else { continue };
        let given = codes(example);
        if !given.contains(&explanation.code) {
            problems.push(format!("{}: its example gives {given:?}", explanation.code));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_code_is_explained() {
    let mut used = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
    let explained: BTreeSet<String> = explain::all().map(|explanation| explanation.code.to_owned()).collect();
    let missing: Vec<&String> = used.difference(&explained).collect();
    let stale: Vec<&String> = explained.difference(&used).collect();
    assert!(missing.is_empty(), "docs/diagnostics.md does not explain {missing:?}");
    assert!(stale.is_empty(), "docs/diagnostics.md explains what is not used: {stale:?}");
}

/// `"E0123"` and `"W0123"` in all sources below.
fn collect(directory: &Path, used: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, used);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("a UTF-8 source");
            for part in text.split('"') {
                let is_code =
                    part.len() == 5 && part.starts_with(['E', 'W']) && part[1..].bytes().all(|b| b.is_ascii_digit());
                if is_code {
                    used.insert(part.to_owned());
                }
            }
        }
    }
}
