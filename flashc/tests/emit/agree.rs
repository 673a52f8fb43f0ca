//! The object file and the NASM text of the same program hold the same bytes.

use crate::random::random_program;
use crate::{assemble, has_tool};
use flashc::emit::{nasm, normalize, object as emit_object};
use flashc::source::SourceMap;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};
use std::collections::BTreeMap;

/// What matters of an object file, in a form that does not depend on who wrote it.
#[derive(Debug, PartialEq)]
struct Contents {
    /// Bytes by section, with zeros where the linker writes.
    sections: BTreeMap<String, Vec<u8>>,
    /// (section, offset) to what is written there.
    relocations: BTreeMap<(String, u64), String>,
    /// Named symbols: section and offset, whether visible.
    symbols: BTreeMap<String, String>,
}

fn contents(bytes: &[u8]) -> Contents {
    let file = object::File::parse(bytes).unwrap();
    let is_coff = file.format() == object::BinaryFormat::Coff;
    let mut contents = Contents { sections: BTreeMap::new(), relocations: BTreeMap::new(), symbols: BTreeMap::new() };
    for section in file.sections() {
        let name = section.name().unwrap().to_owned();
        if [".symtab", ".strtab", ".shstrtab", ".note.GNU-stack"].contains(&name.as_str()) || name.starts_with(".rela")
        {
            continue;
        }
        let mut data = section.data().unwrap().to_vec();
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else { panic!("{relocation:?}") };
            let symbol = file.symbol_by_index(index).unwrap();
            let size = if relocation.size() == 64 { 8 } else { 4 };
            let field = &mut data[offset as usize..offset as usize + size];
            let mut addend = relocation.addend();
            if is_coff || relocation.has_implicit_addend() {
                let mut wide = [0; 8];
                wide[..size].copy_from_slice(field);
                let value = i64::from_le_bytes(wide);
                addend += if size == 4 { i64::from(value as i32) } else { value };
            }
            field.fill(0);
            let target = match symbol.section_index() {
                Some(section) => {
                    let section = file.section_by_index(section).unwrap();
                    let at = (symbol.address() - section.address()) as i64 + addend;
                    format!("{}{at:+}", section.name().unwrap())
                }
                None => format!("{}{addend:+}", symbol.name().unwrap()),
            };
            let kind = match relocation.flags() {
                object::RelocationFlags::Coff { .. } => format!("{:?} {:?}", relocation.kind(), relocation.size()),
                flags => format!("{flags:?}"),
            };
            contents.relocations.insert((name.clone(), offset), format!("{kind} {target}"));
        }
        contents.sections.insert(name, data);
    }
    for symbol in file.symbols() {
        let name = symbol.name().unwrap();
        let skip = matches!(symbol.kind(), object::SymbolKind::Section | object::SymbolKind::File);
        // Labels inside functions: NASM keeps them.
        let is_label = name.starts_with(".L") || name.starts_with("..@") || name == ".absolut";
        if skip || name.is_empty() || is_label {
            continue;
        }
        let section = symbol.section_index().map(|s| file.section_by_index(s).unwrap().name().unwrap().to_owned());
        let kind = if is_coff { String::new() } else { format!("{:?}", symbol.kind()) };
        let kind = if section.is_none() { String::new() } else { kind };
        let text =
            format!("{section:?}+{:#x} size {} global {} {kind}", symbol.address(), symbol.size(), symbol.is_global());
        contents.symbols.insert(name.to_owned(), text);
    }
    contents
}

#[track_caller]
fn check(triple: &str, flags: &[&str], seed: u64, functions: usize) {
    if !has_tool("nasm") {
        return;
    }
    let mut program = random_program(triple, flags, seed, functions);
    normalize(&mut program);
    let mut sources = SourceMap::default();
    // Lines that a listing must not trip over.
    sources
        .add("dir/main.fl".into(), "fn f() {\n  let s = \"\\\\\n%macro x \\\n\tx = `a`; \u{7}\u{df}\n\n}\n".to_owned());
    let text = nasm::print(&program, &sources);
    assert_eq!(text, nasm::print(&program, &sources));
    let object = emit_object::write(&program, &emit_object::ObjectOptions::default());
    assert_eq!(object, emit_object::write(&program, &emit_object::ObjectOptions::default()));
    let directory = tempfile::tempdir().unwrap();
    let format = if triple.contains("windows") { "win64" } else { "elf64" };
    if let Ok(keep) = std::env::var("FLASH_KEEP") {
        std::fs::write(format!("{keep}/agree-{format}-{seed}.asm"), &text).unwrap();
        std::fs::write(format!("{keep}/agree-{format}-{seed}.o"), &object).unwrap();
    }
    let assembled = std::fs::read(assemble(directory.path(), "agree", format, &text)).unwrap();
    let (ours, theirs) = (contents(&object), contents(&assembled));
    let [ours_text, theirs_text] = [&ours, &theirs].map(|c| &c.sections[".text"]);
    if let Some(at) = ours_text.iter().zip(theirs_text).position(|(a, b)| a != b) {
        let function = program.functions.iter().rfind(|f| f.text_offset as usize <= at).unwrap();
        let listing = text.split(&format!("\n{}:", function.symbol)).nth(1).unwrap_or("");
        let near = |bytes: &[u8]| format!("{:02x?}", &bytes[at.saturating_sub(8)..bytes.len().min(at + 12)]);
        let instruction = spelled_at(listing, function, at - function.text_offset as usize);
        panic!(
            "{} at {:#x}: {} instead of {}\n{instruction}",
            function.symbol,
            at - function.text_offset as usize,
            near(theirs_text),
            near(ours_text)
        );
    }
    for (name, bytes) in &ours.sections {
        assert_eq!(Some(bytes), theirs.sections.get(name), "section {name}");
    }
    for (place, what) in &ours.relocations {
        assert_eq!(Some(what), theirs.relocations.get(place), "{place:?}");
    }
    for (name, symbol) in &ours.symbols {
        assert_eq!(Some(symbol), theirs.symbols.get(name), "{name}");
    }
    assert_eq!(ours.relocations.len(), theirs.relocations.len());
    assert_eq!(ours.symbols.len(), theirs.symbols.len(), "{:?}", theirs.symbols.keys());
}

/// The line of the listing whose instruction holds an offset.
fn spelled_at(listing: &str, function: &flashc::lower::machine::MachineFunction, offset: usize) -> String {
    let decoded = iced_x86::Decoder::with_ip(64, &function.code, 0, iced_x86::DecoderOptions::NONE);
    let Some(index) = decoded.into_iter().position(|i| i.next_ip() as usize > offset) else { return String::new() };
    let is_instruction = |line: &&str| line.starts_with("        ") && !line.trim().starts_with(';');
    let lines: Vec<&str> = listing.lines().filter(is_instruction).skip(index.saturating_sub(1)).take(3).collect();
    lines.join("\n")
}

const MODERN: [&str; 12] = [
    "pic",
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
];

/// What Cranelift knows of AVX-512, besides.
const NEWEST: [&str; 5] = ["has_avx512bitalg", "has_avx512dq", "has_avx512f", "has_avx512vbmi", "has_avx512vl"];

/// How many programs each test makes; more with `FLASH_ROUNDS=n`.
fn rounds() -> u64 {
    std::env::var("FLASH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

#[test]
fn elf_objects_and_text_agree_on_random_code() {
    for seed in 1..=rounds() {
        check("x86_64-unknown-linux-gnu", &["has_sse41"], seed, 60);
    }
}

#[test]
fn elf_objects_and_text_agree_with_modern_instructions() {
    for seed in 1..=rounds() {
        check("x86_64-unknown-linux-gnu", &MODERN, 1000 + seed, 60);
        check("x86_64-unknown-linux-gnu", &[&MODERN[1..], &NEWEST].concat(), 4000 + seed, 30);
    }
}

#[test]
fn coff_objects_and_text_agree_on_random_code() {
    for seed in 1..=rounds() {
        check("x86_64-pc-windows-msvc", &["has_sse41"], 2000 + seed, 60);
        check("x86_64-pc-windows-gnu", &MODERN[1..], 3000 + seed, 30);
    }
}

/// C functions may be called what they like.
#[test]
fn words_of_nasm_are_names_all_the_same() {
    if !has_tool("nasm") {
        return;
    }
    let words = "add loop wait times div abs rax r8b R8 r31d st0 k1 xmm0 cr0 byte Section strict rel bits osabi \
        align struc equ db resb seg wrt short extern static common org use32 rep lock bnd in out test a$b _";
    let directory = tempfile::tempdir().unwrap();
    for (index, word) in words.split_whitespace().enumerate() {
        let mut program = super::debugger::demo_program("x86_64-unknown-linux-gnu");
        let foreign = words.split_whitespace().nth(index + 1).unwrap_or("ptr");
        program.functions[0].symbol = word.to_owned();
        program.imports = vec![foreign.to_owned()];
        for relocation in program.functions.iter_mut().flat_map(|f| &mut f.relocations) {
            if relocation.symbol == "report" {
                relocation.symbol = foreign.to_owned();
            }
        }
        let text = nasm::print(&program, &super::debugger::demo_sources());
        let assembled = std::fs::read(assemble(directory.path(), "word", "elf64", &text)).unwrap();
        let object = emit_object::write(&program, &emit_object::ObjectOptions::default());
        assert_eq!(contents(&object).symbols, contents(&assembled).symbols);
    }
}
