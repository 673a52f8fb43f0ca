//! Object files: ELF and COFF by `object::write`. One text section with all functions where the tables
//! say they are, read-only data in two sections, unwind tables, debug information if asked for.
//!
//! Calls between functions of the program are filled in here; what stays for the linker names
//! sections where the target is in this object (so nothing can come between), symbols where not.

use super::dwarf::{self, DebugInfo};
use super::normalize::code_ranges;
use super::section::{PatchKind, PatchTarget, Section};
use super::{link_name, unwind};
use crate::lower::machine::{DataSection, MachineProgram, Relocation, RelocationKind};
use object::write::{Object, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, SectionFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use rustc_hash::FxHashMap;
use target_lexicon::Architecture;

/// What an object holds beside code and data.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObjectOptions<'a> {
    /// `-g`: line tables and functions for debuggers.
    pub debug: Option<DebugInfo<'a>>,
    /// Name of the source file for the symbol table; none if empty.
    pub file: &'a str,
    /// Functions (by symbol) whose calls, also those in this object, are for the linker to direct elsewhere.
    pub interposable: &'a [String],
}

/// The object file of a program. Same input, same bytes.
pub fn write(program: &MachineProgram, options: &ObjectOptions<'_>) -> Vec<u8> {
    let mut writer = Writer::new(program, options);
    writer.text();
    writer.data();
    writer.relocations();
    let mut tables = unwind::sections(program);
    if let Some(debug) = options.debug {
        tables.extend(dwarf::sections(program, debug));
    }
    writer.tables(&tables);
    match writer.object.write() {
        Ok(bytes) => bytes,
        Err(error) => crate::bug!("emit: object: {error}"),
    }
}

/// Where a symbol of this object is.
#[derive(Clone, Copy)]
struct Home {
    section: SectionId,
    offset: u64,
}

struct Writer<'p> {
    program: &'p MachineProgram,
    object: Object<'p>,
    text: SectionId,
    homes: FxHashMap<&'p str, Home>,
    /// Symbols of other objects.
    foreign: FxHashMap<&'p str, SymbolId>,
    /// None until it is defined.
    interposable: FxHashMap<&'p str, Option<SymbolId>>,
    is_elf: bool,
}

impl<'p> Writer<'p> {
    fn new(program: &'p MachineProgram, options: &ObjectOptions<'p>) -> Writer<'p> {
        let format = match program.target.binary_format {
            target_lexicon::BinaryFormat::Elf => BinaryFormat::Elf,
            target_lexicon::BinaryFormat::Coff => BinaryFormat::Coff,
            other => crate::bug!("emit: no objects of format {other}"),
        };
        let architecture = match program.target.architecture {
            Architecture::X86_64 => object::Architecture::X86_64,
            Architecture::Aarch64(_) => object::Architecture::Aarch64,
            other => crate::bug!("emit: no objects for {other}"),
        };
        let mut object = Object::new(format, architecture, Endianness::Little);
        if !options.file.is_empty() {
            object.add_file_symbol(options.file.as_bytes().to_vec());
        }
        let text = object.section_id(object::write::StandardSection::Text);
        let is_elf = format == BinaryFormat::Elf;
        if is_elf {
            // Without it the linker takes the stack for executable.
            let note = object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
            object.section_mut(note).flags = SectionFlags::Elf { sh_flags: 0 };
        }
        let (homes, foreign) = (FxHashMap::default(), FxHashMap::default());
        let interposable = options.interposable.iter().map(|symbol| (symbol.as_str(), None)).collect();
        Writer { program, object, text, homes, foreign, interposable, is_elf }
    }

    fn define(&mut self, symbol: &'p str, home: Home, size: usize, kind: SymbolKind, is_public: bool) {
        self.homes.insert(symbol, home);
        let id = self.object.add_symbol(Symbol {
            name: link_name(symbol).into_bytes(),
            value: home.offset,
            size: size as u64,
            kind,
            scope: if is_public { SymbolScope::Dynamic } else { SymbolScope::Compilation },
            weak: false,
            section: SymbolSection::Section(home.section),
            flags: SymbolFlags::None,
        });
        if let Some(interposable) = self.interposable.get_mut(symbol) {
            *interposable = Some(id);
        }
    }

    fn text(&mut self) {
        let program = self.program;
        let is_x86 = program.target.architecture == Architecture::X86_64;
        let filler = if is_x86 { 0xcc } else { 0 };
        let mut code = vec![filler; program.text_size as usize];
        for function in &program.functions {
            let start = function.text_offset as usize;
            code[start..start + function.code.len()].copy_from_slice(&function.code);
            let home = Home { section: self.text, offset: start as u64 };
            self.define(&function.symbol, home, function.code.len(), SymbolKind::Text, function.is_public);
        }
        let align = program.functions.iter().map(|f| f.align).max().unwrap_or(16).max(16);
        self.object.set_section_data(self.text, code, u64::from(align));
        if self.is_elf && !is_x86 {
            self.mapping_symbols();
        }
    }

    /// aarch64 ELF: `$x` where code begins, `$d` where data does.
    fn mapping_symbols(&mut self) {
        for function in &self.program.functions {
            let mut marks: Vec<(u32, &str)> = function.data_ranges.iter().map(|range| (range.0, "$d")).collect();
            marks.extend(code_ranges(function).iter().map(|range| (range.0, "$x")));
            marks.sort_unstable();
            for (offset, name) in marks {
                self.object.add_symbol(Symbol {
                    name: name.as_bytes().to_vec(),
                    value: u64::from(function.text_offset + offset),
                    size: 0,
                    kind: SymbolKind::Label,
                    scope: SymbolScope::Compilation,
                    weak: false,
                    section: SymbolSection::Section(self.text),
                    flags: SymbolFlags::Elf { st_info: elf::STT_NOTYPE, st_other: 0 },
                });
            }
        }
    }

    fn data(&mut self) {
        use object::write::StandardSection;
        let program = self.program;
        let sections = [
            (DataSection::ReadOnly, StandardSection::ReadOnlyData),
            (DataSection::ReadOnlyRelocated, StandardSection::ReadOnlyDataWithRel),
        ];
        for (wanted, standard) in sections {
            let all = || program.data.iter().filter(move |d| d.section == wanted);
            let Some(align) = all().map(|d| d.align).max() else { continue };
            // In COFF both are `.rdata`.
            let section = match (self.is_elf, standard) {
                (false, _) => self.object.section_id(StandardSection::ReadOnlyData),
                (true, standard) => self.object.section_id(standard),
            };
            // What follows in the same section needs no more than the alignment of its data, as in the text.
            if self.is_elf || wanted == DataSection::ReadOnly {
                self.object.append_section_data(section, &[], u64::from(align.max(16)));
            }
            for data in all() {
                let offset = self.object.append_section_data(section, &data.bytes, u64::from(data.align.max(1)));
                self.define(&data.symbol, Home { section, offset }, data.bytes.len(), SymbolKind::Data, data.is_public);
            }
        }
        for import in &program.imports {
            if !self.homes.contains_key(import.as_str()) {
                self.foreign(import);
            }
        }
    }

    fn relocations(&mut self) {
        let program = self.program;
        for function in &program.functions {
            for relocation in &function.relocations {
                self.relocate(Home { section: self.text, offset: u64::from(function.text_offset) }, relocation);
            }
        }
        for data in &program.data {
            let home = self.homes[data.symbol.as_str()];
            for relocation in &data.relocations {
                self.relocate(home, relocation);
            }
        }
    }

    fn foreign(&mut self, symbol: &'p str) -> SymbolId {
        let object = &mut self.object;
        *self.foreign.entry(symbol).or_insert_with(|| {
            object.add_symbol(Symbol {
                name: link_name(symbol).into_bytes(),
                value: 0,
                size: 0,
                kind: SymbolKind::Unknown,
                scope: SymbolScope::Unknown,
                weak: false,
                section: SymbolSection::Undefined,
                flags: SymbolFlags::None,
            })
        })
    }

    /// `base` is where the function or datum of the relocation starts.
    fn relocate(&mut self, base: Home, relocation: &'p Relocation) {
        let place = base.offset + u64::from(relocation.offset);
        let home = self.homes.get(relocation.symbol.as_str()).copied();
        let interposable = self.interposable.get(relocation.symbol.as_str()).copied().flatten();
        if let Some(home) = home.filter(|home| home.section == base.section && interposable.is_none())
            && fill_distance(
                self.object.section_mut(base.section).data_mut(),
                place as usize,
                relocation.kind,
                home.offset as i64 + relocation.addend - place as i64,
            )
        {
            return;
        }
        let (symbol, addend) = match (interposable, home) {
            (Some(symbol), _) => (symbol, relocation.addend),
            (None, Some(home)) => (self.object.section_symbol(home.section), relocation.addend + home.offset as i64),
            (None, None) => (self.foreign(&relocation.symbol), relocation.addend),
        };
        let flags = if self.is_elf { elf_flags(relocation.kind, self.program) } else { coff_flags(relocation.kind) };
        self.add_relocation(base.section, place, symbol, addend, flags);
    }

    fn add_relocation(
        &mut self,
        section: SectionId,
        offset: u64,
        symbol: SymbolId,
        addend: i64,
        flags: RelocationFlags,
    ) {
        let relocation = object::write::Relocation { offset, symbol, addend, flags };
        if let Err(error) = self.object.add_relocation(section, relocation) {
            crate::bug!("emit: relocation: {error}");
        }
    }

    fn tables(&mut self, tables: &[Section]) {
        let ids: Vec<SectionId> = tables.iter().map(|table| self.table(table)).collect();
        for (table, &id) in tables.iter().zip(&ids) {
            for patch in &table.patches {
                let target = match patch.target {
                    PatchTarget::Text => self.text,
                    PatchTarget::Section(name) => match tables.iter().position(|t| t.name == name) {
                        Some(index) => ids[index],
                        None => crate::bug!("emit: {} names {name}, which is not there", table.name),
                    },
                };
                let symbol = self.object.section_symbol(target);
                let flags =
                    if self.is_elf { elf_patch_flags(patch.kind, self.program) } else { coff_patch_flags(patch.kind) };
                self.add_relocation(id, u64::from(patch.offset), symbol, patch.addend, flags);
            }
        }
    }

    fn table(&mut self, table: &Section) -> SectionId {
        let (kind, align) = match table.name {
            ".eh_frame" => (SectionKind::ReadOnlyData, 8),
            ".xdata" => (SectionKind::ReadOnlyData, 8),
            ".pdata" => (SectionKind::ReadOnlyData, 4),
            ".debug_str" | ".debug_line_str" => (SectionKind::DebugString, 1),
            _ => (SectionKind::Debug, 1),
        };
        let id = self.object.add_section(Vec::new(), table.name.as_bytes().to_vec(), kind);
        self.object.set_section_data(id, table.bytes.clone(), align);
        id
    }
}

/// Writes a distance inside one section, which needs no linker. `false` when the field is no distance
/// or cannot hold it.
fn fill_distance(bytes: &mut [u8], place: usize, kind: RelocationKind, distance: i64) -> bool {
    let Some(field) = bytes.get_mut(place..).and_then(|rest| rest.first_chunk_mut::<4>()) else { return false };
    let word = match kind {
        RelocationKind::Relative32 | RelocationKind::Plt32 if i32::try_from(distance).is_ok() => distance as u32,
        RelocationKind::Aarch64Call if (-(1 << 27)..1 << 27).contains(&distance) => {
            u32::from_le_bytes(*field) & 0xfc00_0000 | (distance >> 2) as u32 & 0x03ff_ffff
        }
        _ => return false,
    };
    *field = word.to_le_bytes();
    true
}

fn elf_flags(kind: RelocationKind, program: &MachineProgram) -> RelocationFlags {
    let is_x86 = program.target.architecture == Architecture::X86_64;
    let r_type = match (kind, is_x86) {
        (RelocationKind::Abs64, true) => elf::R_X86_64_64,
        (RelocationKind::Relative32, true) => elf::R_X86_64_PC32,
        (RelocationKind::Plt32, true) => elf::R_X86_64_PLT32,
        (RelocationKind::Got32, true) => elf::R_X86_64_GOTPCREL,
        (RelocationKind::Abs64, false) => elf::R_AARCH64_ABS64,
        (RelocationKind::Relative32, false) => elf::R_AARCH64_PREL32,
        (RelocationKind::Aarch64Call, false) => elf::R_AARCH64_CALL26,
        (RelocationKind::Aarch64AdrPage, false) => elf::R_AARCH64_ADR_PREL_PG_HI21,
        (RelocationKind::Aarch64AddLo12, false) => elf::R_AARCH64_ADD_ABS_LO12_NC,
        (RelocationKind::Aarch64GotPage, false) => elf::R_AARCH64_ADR_GOT_PAGE,
        (RelocationKind::Aarch64GotLo12, false) => elf::R_AARCH64_LD64_GOT_LO12_NC,
        (kind, _) => crate::bug!("emit: {kind:?} for {}", program.target),
    };
    RelocationFlags::Elf { r_type }
}

fn coff_flags(kind: RelocationKind) -> RelocationFlags {
    match kind {
        RelocationKind::Abs64 => generic(object::RelocationKind::Absolute, 64),
        RelocationKind::Relative32 | RelocationKind::Plt32 => generic(object::RelocationKind::Relative, 32),
        kind => crate::bug!("emit: {kind:?} in COFF"),
    }
}

fn elf_patch_flags(kind: PatchKind, program: &MachineProgram) -> RelocationFlags {
    let is_x86 = program.target.architecture == Architecture::X86_64;
    let r_type = match (kind, is_x86) {
        (PatchKind::Abs64, true) => elf::R_X86_64_64,
        (PatchKind::Relative32, true) => elf::R_X86_64_PC32,
        (PatchKind::SectionOffset32, true) => elf::R_X86_64_32,
        (PatchKind::Abs64, false) => elf::R_AARCH64_ABS64,
        (PatchKind::Relative32, false) => elf::R_AARCH64_PREL32,
        (PatchKind::SectionOffset32, false) => elf::R_AARCH64_ABS32,
        (PatchKind::ImageRelative32, _) => crate::bug!("emit: image-relative address in ELF"),
    };
    RelocationFlags::Elf { r_type }
}

fn coff_patch_flags(kind: PatchKind) -> RelocationFlags {
    match kind {
        PatchKind::Abs64 => generic(object::RelocationKind::Absolute, 64),
        PatchKind::Relative32 => generic(object::RelocationKind::Relative, 32),
        PatchKind::SectionOffset32 => generic(object::RelocationKind::SectionOffset, 32),
        PatchKind::ImageRelative32 => generic(object::RelocationKind::ImageOffset, 32),
    }
}

fn generic(kind: object::RelocationKind, size: u8) -> RelocationFlags {
    RelocationFlags::Generic { kind, encoding: RelocationEncoding::Generic, size }
}
