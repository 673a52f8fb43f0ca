//! `FLASH_BUILD`: a number that differs whenever what the compiler makes of a program may differ. The cache of compiled
//! programs is keyed by it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

/// Everything that decides about an object: the compiler, std, and what it agrees on with the runtime.
const PARTS: &[&str] = &["Cargo.lock", "flashc/src", "flashc/Cargo.toml", "flash-abi/src", "flash-rt/src", "std"];

fn main() {
    let root = Path::new("..");
    let mut hasher = DefaultHasher::new();
    for part in PARTS {
        let path = root.join(part);
        println!("cargo:rerun-if-changed={}", path.display());
        add(&path, &mut hasher);
    }
    for name in ["PROFILE", "TARGET"] {
        hasher.write(std::env::var(name).unwrap_or_default().as_bytes());
    }
    println!("cargo:rustc-env=FLASH_BUILD={:016x}", hasher.finish());
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ARCH") == "x86_64" {
        // At a fixed address nothing has to be relocated at the start: 25,000 places on 160 pages.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

/// A file, or all files below a directory, in the order of their names.
fn add(path: &Path, hasher: &mut DefaultHasher) {
    if let Ok(entries) = fs::read_dir(path) {
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.sort();
        inside.iter().for_each(|path| add(path, hasher));
    } else {
        let contents = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        hasher.write(path.to_string_lossy().as_bytes());
        hasher.write_usize(contents.len());
        hasher.write(&contents);
    }
}
