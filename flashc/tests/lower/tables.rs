//! Tables, source places and extents of code in the machine program.

use crate::harness::{compile, one_file};
use flashc::lower::LowerOptions;
use flashc::lower::machine::{DataSection, MachineData, MachineProgram};
use flashc::source::SourceMap;

fn x86() -> LowerOptions {
    LowerOptions::new("x86_64-unknown-linux-gnu".parse().unwrap())
}

fn data<'a>(program: &'a MachineProgram, symbol: &str) -> &'a MachineData {
    program.data.iter().find(|data| data.symbol == symbol).unwrap()
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn string<'a>(program: &'a MachineProgram, range: &[u32]) -> &'a str {
    let strings = &data(program, "flash$strings").bytes;
    std::str::from_utf8(&strings[range[0] as usize..(range[0] + range[1]) as usize]).unwrap()
}

/// `main` calls `get` (line 3), into which `at` was inlined (line 2 from line 3), which may fail (line 1).
const INLINED: &str = "
function @main() -> i64 as \"main\" {
    scope 1 \"at\" #0:22
b0:
    v0 = iconst.i64 5 #0:20
    v1 = call @get(v0) #0:20
    bounds.i64 v1, v0 #0:3/1
    return v1 #0:20
}
function @get(i64) -> i64 as \"get\" {
b0(v0: i64):
    return v0 #1:0
}
";

fn sources() -> SourceMap {
    let mut sources = SourceMap::default();
    sources.add("main.fl".to_owned(), "a b[i]\nsecond line\nthird\n".to_owned());
    sources.add("std:array".to_owned(), "text of std".to_owned());
    sources
}

#[test]
fn sites_lead_to_places_with_their_inlined_calls() {
    let program = compile(INLINED, &sources(), &x86());
    let main = &program.functions[0];
    assert_eq!((main.symbol.as_str(), main.name.as_str(), main.text_offset), ("main", "main", 0));
    let sites = words(&data(&program, "flash$sites").bytes);
    let locations = words(&data(&program, "flash$locations").bytes);
    let row = |index: u32| &locations[index as usize * 6..index as usize * 6 + 6];
    // Two sites: the call, and the failing check at the function's end.
    assert_eq!(sites.len(), 4);
    assert!(sites[0] < sites[2] && sites[2] < main.code.len() as u32);
    let call = row(sites[1]);
    assert_eq!((call[0], call[1], call[2], string(&program, &call[3..5]), call[5]), (0, 3, 2, "main", 0));
    let check = row(sites[3]);
    assert_eq!((check[1], check[2], string(&program, &check[3..5])), (1, 4, "at"));
    let caller = row(check[5] - 1);
    assert_eq!((caller[1], caller[2], string(&program, &caller[3..5]), caller[5]), (3, 4, "main", 0));

    let functions = words(&data(&program, "flash$functions").bytes);
    assert_eq!(functions[0..2], [0, main.code.len() as u32]);
    assert_eq!(string(&program, &functions[2..4]), "main");
    let get = &program.functions[1];
    assert_eq!(get.text_offset % 16, 0);
    assert_eq!(functions[5..7], [get.text_offset, get.text_offset + get.code.len() as u32]);

    let files = words(&data(&program, "flash$files").bytes);
    assert_eq!(files.len(), 4, "only files that sites name");
    assert_eq!(string(&program, &files[0..2]), "main.fl");
    assert_eq!(string(&program, &files[2..4]), "a b[i]\nsecond line\nthird\n");
}

#[test]
fn the_root_counts_its_tables() {
    let program = compile(INLINED, &sources(), &x86());
    let root = data(&program, "flash_program");
    assert!(root.is_public && root.section == DataSection::ReadOnlyRelocated);
    assert_eq!(root.bytes.len(), 176);
    assert_eq!(&root.bytes[0..8], b"FLASHPRG");
    let count = |offset: usize| u64::from_le_bytes(root.bytes[offset..offset + 8].try_into().unwrap());
    assert_eq!(count(48), u64::from(program.text_size));
    assert_eq!([count(64), count(80), count(96), count(112)], [2, 2, 3, 1]);
    let targets: Vec<_> = root.relocations.iter().map(|r| (r.offset, r.symbol.as_str())).collect();
    let expected = [
        (24, "flash$globals"),
        (40, "main"),
        (56, "flash$functions"),
        (72, "flash$sites"),
        (88, "flash$locations"),
        (104, "flash$files"),
        (120, "flash$strings"),
        (136, "flash$handlers"),
    ];
    assert_eq!(targets, expected);
}

#[test]
fn lines_cover_the_code_in_order() {
    let program = compile(INLINED, &sources(), &x86());
    let lines = &program.functions[0].lines;
    assert!(!lines.is_empty());
    assert!(lines.windows(2).all(|pair| pair[0].end <= pair[1].start), "{lines:?}");
    let places: Vec<u32> = lines.iter().map(|line| line.place.frames[0].line).collect();
    assert!(places.contains(&1) && places.contains(&3), "{places:?}");
}

#[test]
fn constants_and_jump_tables_are_told_from_code() {
    let cases = (0..8).map(|i| format!("{i}: b{}", i + 2)).collect::<Vec<_>>().join(", ");
    let blocks: String = (0..8)
        .map(|i| format!("b{}:\n    v{} = fconst.f64 {i}.25\n    jump b1(v{})\n", i + 2, i + 10, i + 10))
        .collect();
    let ssa = format!(
        "function @pick(i64, f64) -> f64 {{
b0(v0: i64, v1: f64):
    v2 = fneg.f64 v1
    switch v0, b1(v2) [{cases}]
b1(v3: f64):
    v4 = fabs.f64 v3
    v5 = fadd.f64 v4, v2
    return v5
{blocks}}}
"
    );
    for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] {
        let program = compile(&ssa, &one_file(), &LowerOptions::new(target.parse().unwrap()));
        let function = &program.functions[0];
        assert_eq!(function.block_starts.first(), Some(&0));
        assert!(function.block_starts.is_sorted() && function.data_ranges.is_sorted());
        let tables: u32 = function.data_ranges.iter().map(|(start, end)| end - start).sum();
        // Nine entries of the table; on x86-64 a constant, besides.
        let least = if target.starts_with("x86") { 36 + 8 } else { 36 };
        assert!(tables >= least, "{target}: {:?}", function.data_ranges);
        let inside = |offset: u32| function.data_ranges.iter().any(|&(start, end)| start <= offset && offset < end);
        assert!(!function.block_starts.iter().any(|&start| inside(start)));
    }
}

#[test]
fn every_function_has_unwind_information() {
    for target in ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64-unknown-linux-gnu"] {
        let program = compile(INLINED, &sources(), &LowerOptions::new(target.parse().unwrap()));
        assert!(program.functions.iter().all(|function| function.unwind.is_some()), "{target}");
    }
}
