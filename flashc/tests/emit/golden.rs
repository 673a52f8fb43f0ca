//! The listing of `tests/asm/*.ssa` is the `.asm` beside it. `FLASH_BLESS=1` writes it.

use crate::{assemble, has_tool};
use flashc::emit::{nasm, normalize};
use flashc::lower::{LowerOptions, lower};
use flashc::source::SourceMap;
use flashc::ssa::parse::parse_module;
use std::path::Path;

/// The source that the locations in the SSA texts point into: the `.fl` beside them.
fn sources(fl: &Path) -> SourceMap {
    let mut sources = SourceMap::default();
    let name = fl.file_name().unwrap().to_str().unwrap();
    sources.add(name.to_owned(), std::fs::read_to_string(fl).unwrap());
    sources
}

#[test]
fn listings_read_as_written() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/asm");
    let mut texts: Vec<_> = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    texts.retain(|path| path.extension().is_some_and(|e| e == "ssa"));
    texts.sort();
    assert!(!texts.is_empty());
    for ssa in texts {
        let sources = sources(&ssa.with_extension("fl"));
        let module = parse_module(&std::fs::read_to_string(&ssa).unwrap()).unwrap();
        for (triple, format) in [("x86_64-unknown-linux-gnu", "elf64"), ("x86_64-pc-windows-msvc", "win64")] {
            let mut program = lower(&module, &sources, &LowerOptions::new(triple.parse().unwrap())).unwrap();
            normalize(&mut program);
            let text = nasm::print(&program, &sources);
            let golden = ssa.with_extension(format!("{format}.asm"));
            if std::env::var("FLASH_BLESS").is_ok() {
                std::fs::write(&golden, &text).unwrap();
            }
            let expected = std::fs::read_to_string(&golden).unwrap_or_default();
            assert!(text == expected, "{} differs; FLASH_BLESS=1 writes it:\n{text}", golden.display());
            if has_tool("nasm") {
                assemble(tempfile::tempdir().unwrap().path(), "golden", format, &text);
            }
        }
    }
}
