//! Any bytes end in a program or diagnostics: lexer, parser, resolve, typecheck, SSA, optimiser.

#![no_main]

use flashc::diagnostics::render;
use flashc::driver::Failure;
use flashc::driver::load::MemoryReader;
use flashc::driver::pipeline::{CompileOptions, compile_with};
use libfuzzer_sys::fuzz_target;
use std::path::{Path, PathBuf};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let path = PathBuf::from("fuzz.fl");
    let reader = MemoryReader { files: [(path.clone(), text)].into_iter().collect() };
    let options = CompileOptions { threads: 1, ..CompileOptions::default() };
    if let Err(Failure::Program { diagnostics, sources }) = compile_with(Path::new("fuzz.fl"), &reader, &options) {
        let _ = render::human(&diagnostics, &sources, true);
    }
});
