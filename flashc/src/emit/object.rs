//! Writes a program as a relocatable object. One text section in the order and at the offsets that
//! `lower` chose; calls inside it are resolved here, all else is left to the linker.

use crate::lower::machine::{DataSection, MachineFunction, MachineProgram, Relocation, RelocationKind};
use object::write::{Object, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf,
};
use rustc_hash::FxHashMap;
use target_lexicon::Architecture as TargetArchitecture;

/// What goes into the object besides the program.
#[derive(Clone, Debug, Default)]
pub struct ObjectOptions {}

/// The object's bytes.
pub fn write(program: &MachineProgram, _options: &ObjectOptions) -> Vec<u8> {
    let mut writer = Writer::new(program);
    writer.add_text();
    writer.add_data();
    writer.add_imports();
    writer.add_relocations();
    writer.finish()
}

/// An object that is being put together.
struct Writer<'a> {
    program: &'a MachineProgram,
    object: Object<'a>,
    text: SectionId,
    symbols: FxHashMap<&'a str, SymbolId>,
    /// Text offsets of our own functions.
    functions: FxHashMap<&'a str, u32>,
    /// What is left to the linker: the section, where the relocation's function or data starts in
    /// it, and the relocation.
    pending: Vec<(SectionId, u64, &'a Relocation)>,
}

impl<'a> Writer<'a> {
    fn new(program: &'a MachineProgram) -> Writer<'a> {
        let architecture = match program.target.architecture {
            TargetArchitecture::X86_64 => Architecture::X86_64,
            TargetArchitecture::Aarch64(_) => Architecture::Aarch64,
            other => bug!("emit: no objects for {other}"),
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        let text = object.section_id(StandardSection::Text);
        // Without this section linkers make the stack executable.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        let functions = program.functions.iter().map(|f| (&*f.symbol, f.text_offset)).collect();
        Writer { program, object, text, symbols: FxHashMap::default(), functions, pending: Vec::new() }
    }

    fn add_text(&mut self) {
        let program = self.program;
        let mut text = self.padding(program.text_size as usize);
        let mut align = 1;
        for function in &program.functions {
            let start = function.text_offset as usize;
            text[start..start + function.code.len()].copy_from_slice(&function.code);
            align = align.max(function.align);
            for relocation in &function.relocations {
                if !self.resolve_inside_text(&mut text, function, relocation) {
                    self.pending.push((self.text, u64::from(function.text_offset), relocation));
                }
            }
        }
        self.object.append_section_data(self.text, &text, u64::from(align));
        for function in &program.functions {
            let symbol = self.object.add_symbol(Symbol {
                name: function.symbol.clone().into_bytes(),
                value: u64::from(function.text_offset),
                size: function.code.len() as u64,
                kind: SymbolKind::Text,
                scope: scope(function.is_public),
                weak: false,
                section: SymbolSection::Section(self.text),
                flags: SymbolFlags::None,
            });
            self.symbols.insert(&function.symbol, symbol);
        }
    }

    /// What lies between functions: never reached, and traps if it is.
    fn padding(&self, size: usize) -> Vec<u8> {
        match self.program.target.architecture {
            TargetArchitecture::X86_64 => vec![0xcc; size],
            _ => vec![0; size],
        }
    }

    /// Fills in a branch to, or an address of, a function of ours, which needs no linker: both are
    /// in one section. Tells whether it was one.
    fn resolve_inside_text(&self, text: &mut [u8], function: &MachineFunction, relocation: &Relocation) -> bool {
        let Some(&target) = self.functions.get(&*relocation.symbol) else { return false };
        let place = function.text_offset + relocation.offset;
        let distance = i64::from(target) + relocation.addend - i64::from(place);
        let field = &mut text[place as usize..place as usize + 4];
        match relocation.kind {
            RelocationKind::Relative32 | RelocationKind::Plt32 => {
                let Ok(distance) = i32::try_from(distance) else { return false };
                field.copy_from_slice(&distance.to_le_bytes());
            }
            RelocationKind::Aarch64Call => {
                if !(-(1 << 27)..1 << 27).contains(&distance) {
                    return false;
                }
                let opcode = u32::from_le_bytes([field[0], field[1], field[2], field[3]]);
                let word = opcode & 0xfc00_0000 | (distance >> 2) as u32 & 0x03ff_ffff;
                field.copy_from_slice(&word.to_le_bytes());
            }
            _ => return false,
        }
        true
    }

    fn add_data(&mut self) {
        let program = self.program;
        for data in &program.data {
            let section = self.object.section_id(match data.section {
                DataSection::ReadOnly => StandardSection::ReadOnlyData,
                DataSection::ReadOnlyRelocated => StandardSection::ReadOnlyDataWithRel,
            });
            let offset = self.object.append_section_data(section, &data.bytes, u64::from(data.align));
            let symbol = self.object.add_symbol(Symbol {
                name: data.symbol.clone().into_bytes(),
                value: offset,
                size: data.bytes.len() as u64,
                kind: SymbolKind::Data,
                scope: scope(data.is_public),
                weak: false,
                section: SymbolSection::Section(section),
                flags: SymbolFlags::None,
            });
            self.symbols.insert(&data.symbol, symbol);
            self.pending.extend(data.relocations.iter().map(|relocation| (section, offset, relocation)));
        }
    }

    fn add_imports(&mut self) {
        let program = self.program;
        for name in &program.imports {
            let symbol = self.object.add_symbol(Symbol {
                name: name.clone().into_bytes(),
                value: 0,
                size: 0,
                kind: SymbolKind::Unknown,
                scope: SymbolScope::Unknown,
                weak: false,
                section: SymbolSection::Undefined,
                flags: SymbolFlags::None,
            });
            self.symbols.insert(name, symbol);
        }
    }

    fn add_relocations(&mut self) {
        for (section, base, relocation) in std::mem::take(&mut self.pending) {
            self.add_relocation(section, base, relocation);
        }
    }

    fn add_relocation(&mut self, section: SectionId, base: u64, relocation: &Relocation) {
        let Some(&symbol) = self.symbols.get(&*relocation.symbol) else {
            bug!("emit: nothing defines or imports `{}`", relocation.symbol)
        };
        let added = self.object.add_relocation(
            section,
            object::write::Relocation {
                offset: base + u64::from(relocation.offset),
                symbol,
                addend: relocation.addend,
                flags: RelocationFlags::Elf { r_type: elf_type(relocation.kind, self.object.architecture()) },
            },
        );
        if let Err(error) = added {
            bug!("emit: relocation of `{}`: {error}", relocation.symbol);
        }
    }

    fn finish(self) -> Vec<u8> {
        match self.object.write() {
            Ok(bytes) => bytes,
            Err(error) => bug!("emit: {error}"),
        }
    }
}

fn scope(is_public: bool) -> SymbolScope {
    if is_public { SymbolScope::Dynamic } else { SymbolScope::Compilation }
}

fn elf_type(kind: RelocationKind, architecture: Architecture) -> u32 {
    match kind {
        RelocationKind::Abs64 if architecture == Architecture::Aarch64 => elf::R_AARCH64_ABS64,
        RelocationKind::Abs64 => elf::R_X86_64_64,
        RelocationKind::Relative32 => elf::R_X86_64_PC32,
        RelocationKind::Plt32 => elf::R_X86_64_PLT32,
        RelocationKind::Got32 => elf::R_X86_64_GOTPCREL,
        RelocationKind::Aarch64Call => elf::R_AARCH64_CALL26,
        RelocationKind::Aarch64AdrPage => elf::R_AARCH64_ADR_PREL_PG_HI21,
        RelocationKind::Aarch64AddLo12 => elf::R_AARCH64_ADD_ABS_LO12_NC,
        RelocationKind::Aarch64GotPage => elf::R_AARCH64_ADR_GOT_PAGE,
        RelocationKind::Aarch64GotLo12 => elf::R_AARCH64_LD64_GOT_LO12_NC,
    }
}
