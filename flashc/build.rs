//! Embeds the standard library: writes a table of every `std/*.fl` for `driver::stdlib`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../std");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("std_files.rs");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    if root.is_dir() {
        for entry in fs::read_dir(&root)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "fl") {
                files.push(path);
            }
        }
    }
    files.sort();
    fs::write(out, table(&files))
}

fn table(files: &[PathBuf]) -> String {
    let mut text = String::from("&[\n");
    for path in files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let full: &Path = path;
        text.push_str(&format!("    ({name:?}, include_str!({:?})),\n", full.display().to_string()));
    }
    text.push(']');
    text
}
