//! Debug information: DWARF 5 line tables and functions with what was inlined into them, so that
//! `gdb` stops at `file.fl:line` and shows Flash names. No variables and types yet.
//!
//! One unit holds the whole program, as one object does. Addresses are relocated once, at the
//! unit and the functions; all else is distances.

use super::link_name;
use super::section::{GimliSection, Section, TEXT_SYMBOL};
use crate::lower::machine::{MachineFunction, MachineProgram, SourceFrame};
use crate::source::{FileId, SourceFile, SourceMap};
use gimli::write::{
    Address, AttributeValue, DwarfUnit, Expression, LineProgram, LineString, Range, RangeList, Sections, UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, Register};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use target_lexicon::Architecture;

/// What debug information is made from, beside the program.
#[derive(Clone, Copy, Debug)]
pub struct DebugInfo<'a> {
    pub sources: &'a SourceMap,
    /// What relative paths of sources are relative to.
    pub directory: &'a str,
}

/// The `.debug_*` sections.
pub(crate) fn sections(program: &MachineProgram, debug: DebugInfo<'_>) -> Vec<Section> {
    let mut writer = Writer::new(program, debug);
    writer.unit_attributes();
    for function in &program.functions {
        writer.function(function);
    }
    writer.row(program.text_size, None, None);
    let mut sections = Sections::new(GimliSection::new());
    if let Err(error) = writer.dwarf.write(&mut sections) {
        crate::bug!("emit: DWARF: {error}");
    }
    let mut written = Vec::new();
    let _ = sections.for_each_mut(|id, section| -> Result<(), ()> {
        let section = std::mem::replace(section, GimliSection::new()).finish(id.name());
        if !section.bytes.is_empty() {
            written.push(section);
        }
        Ok(())
    });
    written
}

struct Writer<'p> {
    program: &'p MachineProgram,
    debug: DebugInfo<'p>,
    dwarf: DwarfUnit,
    /// Of the line program, by our number.
    files: Vec<gimli::write::FileId>,
    /// The abstract instance of each function that was inlined somewhere.
    abstracts: IndexMap<&'p str, UnitEntryId, FxBuildHasher>,
    frame_register: Register,
    /// Where in the text the open sequence of the line table begins.
    sequence: Option<u32>,
}

/// Where debuggers are told that std's modules lie: nowhere on the user's disk.
const STD_DIRECTORY: &str = "<flash std>";

/// A call that was inlined: what was called, where, and the code that came of it.
struct Inlined<'p> {
    callee: &'p SourceFrame,
    call: &'p SourceFrame,
    ranges: Vec<(u32, u32)>,
    children: Vec<Inlined<'p>>,
}

impl<'p> Writer<'p> {
    fn new(program: &'p MachineProgram, debug: DebugInfo<'p>) -> Writer<'p> {
        let encoding = Encoding { format: Format::Dwarf32, version: 5, address_size: 8 };
        let is_x86 = program.target.architecture == Architecture::X86_64;
        let line_encoding =
            LineEncoding { minimum_instruction_length: if is_x86 { 1 } else { 4 }, ..LineEncoding::default() };
        let mut dwarf = DwarfUnit::new(encoding);
        let mut string = |text: &str| {
            // A line table cannot hold NUL, and no path has one.
            let text = if text.is_empty() { "." } else { text };
            LineString::new(text.replace('\0', "?"), encoding, &mut dwarf.line_strings)
        };
        let entry = string(debug.sources.entry().map_or("?", |file| &file.path));
        let mut lines = LineProgram::new(encoding, line_encoding, string(debug.directory), None, entry, None);
        let directory = lines.default_directory();
        let std_directory = lines.add_directory(string(STD_DIRECTORY));
        let add = |(_, file): (FileId, &SourceFile)| {
            let is_std = file.path.starts_with("std:");
            lines.add_file(string(&file.path), if is_std { std_directory } else { directory }, None)
        };
        let files = debug.sources.files().map(add).collect();
        dwarf.unit.line_program = lines;
        Writer {
            program,
            debug,
            dwarf,
            files,
            abstracts: IndexMap::default(),
            frame_register: Register(if is_x86 { 6 } else { 29 }),
            sequence: None,
        }
    }

    fn string(&mut self, text: &str) -> AttributeValue {
        AttributeValue::StringRef(self.dwarf.strings.add(text.replace('\0', "?")))
    }

    fn set(&mut self, entry: UnitEntryId, name: gimli::DwAt, value: AttributeValue) {
        self.dwarf.unit.get_mut(entry).set(name, value);
    }

    fn unit_attributes(&mut self) {
        let root = self.dwarf.unit.root();
        let producer = self.string(concat!("flashc ", env!("CARGO_PKG_VERSION")));
        let path = self.debug.sources.entry().map_or(String::new(), |file| file.path.clone());
        let (name, directory) = (self.string(&path), self.string(self.debug.directory));
        self.set(root, gimli::DW_AT_producer, producer);
        // Flash has no number. Rust is the one whose names debuggers take from DW_AT_name and leave alone.
        self.set(root, gimli::DW_AT_language, AttributeValue::Language(gimli::DW_LANG_Rust));
        self.set(root, gimli::DW_AT_name, name);
        self.set(root, gimli::DW_AT_comp_dir, directory);
        self.set(root, gimli::DW_AT_stmt_list, AttributeValue::LineProgramRef);
        self.set(root, gimli::DW_AT_low_pc, AttributeValue::Address(text_address(0)));
        self.set(root, gimli::DW_AT_high_pc, AttributeValue::Udata(u64::from(self.program.text_size)));
    }

    fn function(&mut self, function: &'p MachineFunction) {
        let root = self.dwarf.unit.root();
        let entry = self.dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        let name = if function.name.is_empty() { &function.symbol } else { &function.name };
        let (name, linkage) = (self.string(name), self.string(&link_name(&function.symbol)));
        self.set(entry, gimli::DW_AT_name, name);
        self.set(entry, gimli::DW_AT_linkage_name, linkage);
        self.set(entry, gimli::DW_AT_low_pc, AttributeValue::Address(text_address(function.text_offset)));
        self.set(entry, gimli::DW_AT_high_pc, AttributeValue::Udata(function.code.len() as u64));
        let mut frame = Expression::new();
        frame.op_reg(self.frame_register);
        self.set(entry, gimli::DW_AT_frame_base, AttributeValue::Exprloc(frame));
        if function.is_public {
            self.set(entry, gimli::DW_AT_external, AttributeValue::FlagPresent);
        }
        if let Some(place) = function.lines.first().and_then(|line| written(line.place.frames.last())) {
            let file = self.file(place.file);
            self.set(entry, gimli::DW_AT_decl_file, AttributeValue::FileIndex(file));
            self.set(entry, gimli::DW_AT_decl_line, AttributeValue::Udata(u64::from(place.line)));
        }
        self.line_rows(function);
        for inlined in inlined_calls(function) {
            self.inlined(entry, &inlined, function.text_offset);
        }
    }

    fn file(&self, file: FileId) -> Option<gimli::write::FileId> {
        self.files.get(file.0 as usize).copied()
    }

    /// Rows of the line table: one wherever the innermost source position changes. Code that nobody wrote has
    /// none: sequences end before it, because gdb takes a row of line 0 for more of the line before.
    fn line_rows(&mut self, function: &'p MachineFunction) {
        let first = function.lines.first();
        if first.is_none_or(|line| line.start > 0) {
            // The prologue belongs to the function's own first line; code without source to none.
            let place = first.and_then(|line| written(line.place.frames.last()));
            self.row(function.text_offset, place, None);
        }
        let mut previous: Option<&SourceFrame> = None;
        for line in &function.lines {
            let Some(frame) = line.place.frames.first() else { continue };
            let frame = written(Some(frame));
            let place = |frame: &SourceFrame| (frame.file, frame.line, frame.column);
            if previous.map(place) != frame.map(place) || frame.is_none() {
                self.row(function.text_offset + line.start, frame, previous);
                previous = frame;
            }
        }
    }

    fn row(&mut self, text_offset: u32, frame: Option<&SourceFrame>, previous: Option<&SourceFrame>) {
        let file = frame.and_then(|frame| self.file(frame.file));
        let lines = &mut self.dwarf.unit.line_program;
        let (Some(frame), Some(file)) = (frame, file) else {
            if let Some(start) = self.sequence.take() {
                lines.end_sequence(u64::from(text_offset - start));
            }
            return;
        };
        let start = *self.sequence.get_or_insert_with(|| {
            lines.begin_sequence(Some(text_address(text_offset)));
            text_offset
        });
        let row = lines.row();
        row.address_offset = u64::from(text_offset - start);
        row.line = u64::from(frame.line);
        row.column = u64::from(frame.column);
        row.file = file;
        // Another column of the same line is no place to stop.
        row.is_statement = previous.is_none_or(|p| (frame.file, frame.line) != (p.file, p.line));
        lines.generate_row();
    }

    fn inlined(&mut self, parent: UnitEntryId, inlined: &Inlined<'p>, text_offset: u32) {
        let origin = self.abstract_instance(inlined.callee);
        let entry = self.dwarf.unit.add(parent, gimli::DW_TAG_inlined_subroutine);
        self.set(entry, gimli::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
        match inlined.ranges.as_slice() {
            &[(start, end)] => {
                self.set(entry, gimli::DW_AT_low_pc, AttributeValue::Address(text_address(text_offset + start)));
                self.set(entry, gimli::DW_AT_high_pc, AttributeValue::Udata(u64::from(end - start)));
            }
            ranges => {
                let list = ranges.iter().map(|&(start, end)| Range::OffsetPair {
                    begin: u64::from(text_offset + start),
                    end: u64::from(text_offset + end),
                });
                let list = self.dwarf.unit.ranges.add(RangeList(list.collect()));
                self.set(entry, gimli::DW_AT_ranges, AttributeValue::RangeListRef(list));
            }
        }
        let file = self.file(inlined.call.file);
        self.set(entry, gimli::DW_AT_call_file, AttributeValue::FileIndex(file));
        // Line 0 is no place. Without a line, gdb would not show what was inlined.
        let (line, column) = written(Some(inlined.call)).map_or((0, 0), |call| (call.line, call.column));
        self.set(entry, gimli::DW_AT_call_line, AttributeValue::Udata(u64::from(line)));
        self.set(entry, gimli::DW_AT_call_column, AttributeValue::Udata(u64::from(column)));
        for child in &inlined.children {
            self.inlined(entry, child, text_offset);
        }
    }

    fn abstract_instance(&mut self, callee: &'p SourceFrame) -> UnitEntryId {
        if let Some(&entry) = self.abstracts.get(callee.function.as_str()) {
            return entry;
        }
        let root = self.dwarf.unit.root();
        let entry = self.dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        let name = self.string(&callee.function);
        let file = self.file(callee.file);
        self.set(entry, gimli::DW_AT_name, name);
        self.set(entry, gimli::DW_AT_decl_file, AttributeValue::FileIndex(file));
        self.set(entry, gimli::DW_AT_inline, AttributeValue::Inline(gimli::DW_INL_inlined));
        self.abstracts.insert(&callee.function, entry);
        entry
    }
}

/// The place, unless it is in a function that the compiler made up, as the entry is.
fn written(frame: Option<&SourceFrame>) -> Option<&SourceFrame> {
    frame.filter(|frame| !frame.function.is_empty())
}

fn text_address(offset: u32) -> Address {
    Address::Symbol { symbol: TEXT_SYMBOL, addend: i64::from(offset) }
}

/// The tree of inlined calls of a function, from the chains of its line ranges.
fn inlined_calls(function: &MachineFunction) -> Vec<Inlined<'_>> {
    let mut roots: Vec<Inlined<'_>> = Vec::new();
    for line in &function.lines {
        let mut level = &mut roots;
        // Outermost call first.
        for pair in line.place.frames.windows(2).rev() {
            let [callee, call] = pair else { continue };
            let is_same = |known: &Inlined<'_>| {
                known.callee.function == callee.function
                    && (known.call.file, known.call.line, known.call.column) == (call.file, call.line, call.column)
            };
            let index = match level.iter().position(is_same) {
                Some(index) => index,
                None => {
                    level.push(Inlined { callee, call, ranges: Vec::new(), children: Vec::new() });
                    level.len() - 1
                }
            };
            let inlined = &mut level[index];
            match inlined.ranges.last_mut() {
                Some(last) if last.1 == line.start => last.1 = line.end,
                _ => inlined.ranges.push((line.start, line.end)),
            }
            level = &mut inlined.children;
        }
    }
    roots
}
