//! NASM text of a program: the same sections, bytes and symbols as the object file, for people to
//! read and for `nasm -f elf64` or `-f win64` to assemble. The text of `.text` is decoded from the
//! machine code, so the two cannot disagree.

mod data;
mod function;
mod instruction;
mod names;

use crate::emit::dwarf::{self, DebugInfo};
use crate::emit::section::{PatchKind, PatchTarget, Section};
use crate::emit::unwind;
use crate::lower::machine::{DataSection, MachineData, MachineProgram};
use crate::source::SourceMap;
use function::{FunctionPrinter, comment_text};
use names::Names;
use std::fmt::Write;
use target_lexicon::{Architecture, BinaryFormat, Triple};

/// Whether there is NASM text for a target: x86-64 with ELF or COFF.
pub fn supports(target: &Triple) -> bool {
    target.architecture == Architecture::X86_64
        && matches!(target.binary_format, BinaryFormat::Elf | BinaryFormat::Coff)
}

/// The text of a program that [`crate::emit::normalize`] has seen. The target must be [supported](supports).
pub fn print(program: &MachineProgram, sources: &SourceMap) -> String {
    print_tables(program, sources, unwind::sections(program))
}

/// As [`print()`], with debug information (`-g`): the same that goes into objects.
pub fn print_with_debug(program: &MachineProgram, debug: DebugInfo<'_>) -> String {
    let mut tables = unwind::sections(program);
    tables.extend(dwarf::sections(program, debug));
    print_tables(program, debug.sources, tables)
}

fn print_tables(program: &MachineProgram, sources: &SourceMap, tables: Vec<Section>) -> String {
    if !supports(&program.target) {
        crate::bug!("nasm: no text for {}", program.target);
    }
    let is_elf = program.target.binary_format == BinaryFormat::Elf;
    let mut names = Names::new(program);
    let mut printer = Printer { program, is_elf, body: String::new() };
    printer.text(sources, &mut names);
    for section in [DataSection::ReadOnly, DataSection::ReadOnlyRelocated] {
        printer.data(section, &mut names);
    }
    for section in &tables {
        printer.table(section, &mut names);
    }
    printer.finish(sources, &mut names)
}

/// What the comment above an unwind table says.
const UNWIND: &str = "How debuggers and profilers walk through the frames of the functions above.";

struct Printer<'a> {
    program: &'a MachineProgram,
    is_elf: bool,
    body: String,
}

impl Printer<'_> {
    fn finish(self, sources: &SourceMap, names: &mut Names) -> String {
        let format = if self.is_elf { "elf64" } else { "win64" };
        let mut out = String::with_capacity(self.body.len() + 1024);
        let _ = writeln!(out, "; Made by flashc {} for {}.", env!("CARGO_PKG_VERSION"), self.program.target);
        if let Some(file) = sources.entry() {
            let _ = writeln!(out, "; Source: {}", comment_text(&file.path));
        }
        let _ = writeln!(out, "; Assemble with: nasm -f {format}\n");
        out.push_str("        bits 64\n        default rel\n");
        // Labels inside functions get names that linkers and debuggers pass over.
        out.push_str("%pragma output lprefix .L\n\n");
        for import in &self.program.imports {
            if !names.is_defined(import) {
                let _ = writeln!(out, "        extern {}", names.spell(import));
            }
        }
        out.push_str(&self.body);
        if self.is_elf {
            out.push_str("\n        section .note.GNU-stack noalloc noexec nowrite progbits\n");
        }
        out
    }

    fn text(&mut self, sources: &SourceMap, names: &mut Names) {
        let program = self.program;
        let align = program.functions.iter().map(|f| f.align).max().unwrap_or(16).max(16);
        let _ = writeln!(self.body, "\n        section .text align={align}");
        let mut printer = FunctionPrinter::new(sources, names, self.is_elf);
        let mut at = 0;
        for function in &program.functions {
            self.body.push('\n');
            let padding = function.text_offset - at;
            if padding > 0 && (at.next_multiple_of(function.align) == function.text_offset) {
                let _ = writeln!(self.body, "        align {}, db 0xcc", function.align);
            } else if padding > 0 {
                let _ = writeln!(self.body, "        times {padding} db 0xcc");
            }
            printer.print(function, &mut self.body);
            at = function.text_offset + function.code.len() as u32;
        }
        if program.text_size > at {
            let _ = writeln!(self.body, "        times {} db 0xcc", program.text_size - at);
        }
    }

    fn data(&mut self, section: DataSection, names: &mut Names) {
        let program = self.program;
        let all: Vec<&MachineData> = program.data.iter().filter(|d| d.section == section).collect();
        if all.is_empty() {
            return;
        }
        let align = all.iter().map(|d| d.align).max().unwrap_or(1).max(16);
        let line = match (section, self.is_elf) {
            (DataSection::ReadOnly, true) => format!("section .rodata align={align}"),
            (DataSection::ReadOnlyRelocated, true) => {
                format!("section .data.rel.ro progbits alloc noexec write align={align}")
            }
            (_, false) => format!("section .rdata rdata align={align}"),
        };
        let _ = writeln!(self.body, "\n        {line}");
        for data in all {
            self.body.push('\n');
            if data.align > 1 {
                let _ = writeln!(self.body, "        align {}, db 0", data.align);
            }
            data::print(data, names, self.is_elf, &mut self.body);
        }
    }

    /// An unwind table.
    fn table(&mut self, section: &Section, names: &mut Names) {
        let (attributes, comment) = match section.name {
            ".eh_frame" => (" progbits alloc noexec nowrite align=8", UNWIND),
            ".pdata" => (" rdata align=4", UNWIND),
            ".xdata" => (" rdata align=8", UNWIND),
            _ if self.is_elf => (" progbits noalloc noexec nowrite align=1", "For debuggers."),
            _ => (" info align=1", "For debuggers."),
        };
        let _ = writeln!(self.body, "\n; {comment}");
        let _ = writeln!(self.body, "        section {}{attributes}", section.name);
        let _ = writeln!(self.body, "{}:", section_start(section.name));
        let mut at = 0;
        for patch in &section.patches {
            raw(&section.bytes[at..patch.offset as usize], &mut self.body);
            let target = match patch.target {
                PatchTarget::Text => self.text_address(patch.addend, names),
                PatchTarget::Section(name) if patch.addend == 0 => section_start(name),
                PatchTarget::Section(name) => format!("{}{:+}", section_start(name), patch.addend),
            };
            let (line, size) = match patch.kind {
                PatchKind::Relative32 => (format!("dd {target} - $"), 4),
                PatchKind::Abs64 => (format!("dq {target}"), 8),
                PatchKind::ImageRelative32 => (format!("dd {target} wrt ..imagebase"), 4),
                PatchKind::SectionOffset32 => (format!("dd {target}"), 4),
            };
            let _ = writeln!(self.body, "        {line}");
            at = patch.offset as usize + size;
        }
        raw(&section.bytes[at..], &mut self.body);
    }

    /// An offset in the text section as function and distance.
    fn text_address(&self, offset: i64, names: &mut Names) -> String {
        let functions = &self.program.functions;
        let index = functions.partition_point(|f| i64::from(f.text_offset) <= offset);
        let Some(function) = index.checked_sub(1).map(|index| &functions[index]) else {
            crate::bug!("nasm: no function at text offset {offset}")
        };
        let name = names.spell(&function.symbol);
        match offset - i64::from(function.text_offset) {
            0 => name.to_owned(),
            distance => format!("{name}{distance:+}"),
        }
    }
}

/// The line that makes a label a symbol with a type and a size, where the format has those.
fn declaration(is_public: bool, name: &str, kind: &str, end: &str, is_elf: bool) -> String {
    let word = if is_public { "global" } else { "static" };
    match is_elf {
        true => format!("        {word} {name}:{kind} ({name}{end} - {name})\n"),
        false => format!("        {word} {name}\n"),
    }
}

/// A label at the start of an unwind section that another one names.
fn section_start(section: &str) -> String {
    format!("..@start{}", section.replace('.', "_"))
}

/// Bytes of a table, sixteen a line.
fn raw(bytes: &[u8], out: &mut String) {
    for line in bytes.chunks(16) {
        let list: Vec<String> = line.iter().map(|b| format!("{b:#04x}")).collect();
        let _ = writeln!(out, "        db {}", list.join(", "));
    }
}
