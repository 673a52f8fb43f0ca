//! A function as NASM text: labels put back at branch targets, constants and jump tables, symbols at
//! relocations, the source line above the instructions that came from it.

use super::declaration;
use super::instruction::{InstructionText, Operands, decode_all};
use super::names::Names;
use crate::emit::normalize::code_ranges;
use crate::lower::machine::{LineRange, MachineFunction, Relocation, RelocationKind, SourceFrame, SourcePlace};
use crate::source::SourceMap;
use iced_x86::{FlowControl, Instruction, OpKind};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Widest source text in a comment.
const SOURCE_WIDTH: usize = 100;

/// Prints one function after another.
pub(super) struct FunctionPrinter<'a> {
    sources: &'a SourceMap,
    /// How many lines each file has.
    line_counts: Vec<u32>,
    names: &'a mut Names,
    /// The object format has `wrt ..plt` and `wrt ..got`.
    is_elf: bool,
    text: InstructionText,
}

/// What is being printed.
struct Body<'f> {
    function: &'f MachineFunction,
    instructions: Vec<Instruction>,
    /// Sorted by offset.
    relocations: Vec<&'f Relocation>,
    /// Local labels by offset, with the leading dot.
    labels: BTreeMap<u32, String>,
    /// Jump tables: start, and the offsets of the targets of its entries.
    tables: BTreeMap<u32, Vec<u32>>,
}

impl<'a> FunctionPrinter<'a> {
    pub fn new(sources: &'a SourceMap, names: &'a mut Names, is_elf: bool) -> FunctionPrinter<'a> {
        let line_counts = sources.files().map(|(_, file)| file.text.lines().count() as u32).collect();
        FunctionPrinter { sources, line_counts, names, is_elf, text: InstructionText::new() }
    }

    /// Label, instructions and data of the function, and `.end` after them.
    pub fn print(&mut self, function: &MachineFunction, out: &mut String) {
        let stem = self.names.local_stem(&function.symbol);
        let body = Body::new(function, &stem);
        self.header(function, out);
        let name = self.names.spell(&function.symbol);
        out.push_str(&declaration(function.is_public, name, "function", &format!(".{stem}end"), self.is_elf));
        let _ = writeln!(out, "{name}:");
        let mut shown: Option<&SourcePlace> = None;
        let mut data = function.data_ranges.iter().copied().peekable();
        for instruction in &body.instructions {
            let at = instruction.ip() as u32;
            while let Some(range) = data.next_if(|range| range.0 < at) {
                body.print_data(range, out);
            }
            if let Some(label) = body.labels.get(&at) {
                let _ = writeln!(out, "{label}:");
            }
            if let Some(place) = place_at(&function.lines, at)
                && !shown.is_some_and(|shown| same_line(shown, place))
            {
                self.source_comment(place, out);
                shown = Some(place);
            }
            self.instruction(&body, instruction, out);
        }
        for range in data {
            body.print_data(range, out);
        }
        let _ = writeln!(out, ".{stem}end:");
    }

    fn header(&self, function: &MachineFunction, out: &mut String) {
        out.push_str("; ----------------------------------------------------------------------\n");
        let name = if function.name.is_empty() { &function.symbol } else { &function.name };
        let _ = write!(out, "; {}", comment_text(name));
        if let Some(frame) = function.lines.first().and_then(|line| line.place.frames.last()) {
            let _ = write!(out, "  ({}:{})", self.path(frame), frame.line);
        }
        out.push('\n');
    }

    fn path(&self, frame: &SourceFrame) -> String {
        comment_text(&self.sources.file(frame.file).path)
    }

    fn source_comment(&self, place: &SourcePlace, out: &mut String) {
        let Some(frame) = place.frames.first() else { return };
        let file = self.sources.file(frame.file);
        let has_line = (1..=self.line_counts[frame.file.0 as usize]).contains(&frame.line);
        let text = if has_line { comment_text(file.line(frame.line).trim()) } else { String::new() };
        let _ = write!(out, "        ; {}:{}: {text}", self.path(frame), frame.line);
        for outer in place.frames.iter().skip(1) {
            let _ = write!(out, "  [inlined at {}:{}]", self.path(outer), outer.line);
        }
        out.push('\n');
    }

    fn instruction(&mut self, body: &Body<'_>, instruction: &Instruction, out: &mut String) {
        let function = body.function;
        let start = instruction.ip() as u32;
        let end = instruction.next_ip() as u32;
        let bytes = &function.code[start as usize..end as usize];
        let relocations = body.relocations_in(start, end);
        let mut place = None;
        let mut address = None;
        match *relocations {
            [] => place = body.local_target(instruction).and_then(|target| body.labels.get(&target).cloned()),
            [relocation] if relocation.kind == RelocationKind::Abs64 => {
                address = Some(self.expression(&relocation.symbol, relocation.addend, ""));
            }
            [relocation] => {
                let addend = relocation.addend + i64::from(end - relocation.offset);
                place = Some(self.expression(&relocation.symbol, addend, self.via(relocation)));
            }
            _ => {}
        }
        let operands = Operands { place: place.as_deref(), address: address.as_deref() };
        match self.text.spell(instruction, bytes, operands) {
            Some(text) if relocations.len() < 2 => {
                let _ = writeln!(out, "        {text}");
            }
            _ => self.bytes(instruction, bytes, start, relocations, out),
        }
    }

    /// The instruction as `db`, with `dd` for what needs an address.
    fn bytes(
        &mut self,
        instruction: &Instruction,
        bytes: &[u8],
        start: u32,
        relocations: &[&Relocation],
        out: &mut String,
    ) {
        let comment = self.text.comment(instruction);
        let mut at = 0;
        for relocation in relocations {
            let field = (relocation.offset - start) as usize;
            let _ = writeln!(out, "        db {}", byte_list(&bytes[at..field]));
            let (line, size) = self.address_field(relocation);
            let _ = writeln!(out, "        {line}");
            at = field + size;
        }
        let _ = match &bytes[at..] {
            [] => writeln!(out, "        ; {comment}"),
            rest => writeln!(out, "        db {:<40} ; {comment}", byte_list(rest)),
        };
    }

    fn address_field(&mut self, relocation: &Relocation) -> (String, usize) {
        match relocation.kind {
            RelocationKind::Abs64 => (format!("dq {}", self.expression(&relocation.symbol, relocation.addend, "")), 8),
            RelocationKind::Relative32 => {
                (format!("dd {} - $", self.expression(&relocation.symbol, relocation.addend, "")), 4)
            }
            kind => crate::bug!("nasm: {kind:?} in an instruction that has no text"),
        }
    }

    /// `symbol + addend wrt ..plt`
    fn expression(&mut self, symbol: &str, addend: i64, via: &str) -> String {
        let name = self.names.spell(symbol);
        match addend {
            0 => format!("{name}{via}"),
            _ => format!("{name}{addend:+}{via}"),
        }
    }

    fn via(&self, relocation: &Relocation) -> &'static str {
        match relocation.kind {
            RelocationKind::Relative32 => "",
            _ if !self.is_elf => "",
            RelocationKind::Plt32 if self.names.is_defined(&relocation.symbol) => "",
            RelocationKind::Plt32 => " wrt ..plt",
            RelocationKind::Got32 => " wrt ..got",
            kind => crate::bug!("nasm: {kind:?} in x86-64 code"),
        }
    }
}

impl<'f> Body<'f> {
    fn new(function: &'f MachineFunction, stem: &str) -> Body<'f> {
        let ranges = code_ranges(function);
        let instructions: Vec<Instruction> = ranges
            .iter()
            .flat_map(|&(start, end)| decode_all(&function.code[start as usize..end as usize], u64::from(start)))
            .collect();
        let mut relocations: Vec<&Relocation> = function.relocations.iter().collect();
        relocations.sort_by_key(|relocation| relocation.offset);
        let mut body = Body { function, instructions, relocations, labels: BTreeMap::new(), tables: BTreeMap::new() };
        let starts: Vec<u32> = body.instructions.iter().map(|i| i.ip() as u32).collect();
        let is_start = |offset: u32| starts.binary_search(&offset).is_ok();
        let mut targets: Vec<u32> = Vec::new();
        for instruction in &body.instructions {
            let Some(target) = body.local_target(instruction) else { continue };
            if is_start(target) || body.data_end(target).is_some() {
                targets.push(target);
            }
        }
        targets.sort_unstable();
        targets.dedup();
        for (index, &target) in targets.iter().enumerate() {
            let Some(data_end) = body.data_end(target) else { continue };
            let next_label = targets.get(index + 1).copied().unwrap_or(u32::MAX);
            let entries = body.table_entries(target, data_end.min(next_label), &is_start);
            if !entries.is_empty() {
                body.tables.insert(target, entries);
            }
        }
        let mut offsets = targets;
        offsets.extend(body.tables.values().flatten());
        offsets.sort_unstable();
        offsets.dedup();
        let (mut blocks, mut tables, mut constants) = (0, 0, 0);
        for offset in offsets {
            let (kind, count) = match body.data_end(offset) {
                None => ("b", &mut blocks),
                Some(_) if body.tables.contains_key(&offset) => ("table", &mut tables),
                Some(_) => ("const", &mut constants),
            };
            *count += 1;
            body.labels.insert(offset, format!(".{stem}{kind}{count}"));
        }
        body
    }

    /// The offset in this function that an instruction names by its distance, unless a relocation says it.
    fn local_target(&self, instruction: &Instruction) -> Option<u32> {
        let target = if instruction.op_count() > 0 && instruction.op0_kind() == OpKind::NearBranch64 {
            instruction.near_branch64()
        } else if instruction.is_ip_rel_memory_operand() {
            instruction.ip_rel_memory_address()
        } else {
            return None;
        };
        let is_relocated = !self.relocations_in(instruction.ip() as u32, instruction.next_ip() as u32).is_empty();
        (!is_relocated && target < self.function.code.len() as u64).then_some(target as u32)
    }

    /// Relocations whose field lies in a range of the code.
    fn relocations_in(&self, start: u32, end: u32) -> &[&'f Relocation] {
        let first = self.relocations.partition_point(|r| r.offset < start);
        let last = self.relocations.partition_point(|r| r.offset < end);
        &self.relocations[first..last]
    }

    /// The end of the data range that holds the offset.
    fn data_end(&self, offset: u32) -> Option<u32> {
        let ranges = &self.function.data_ranges;
        let before = ranges.partition_point(|range| range.0 <= offset);
        ranges[..before].last().filter(|range| offset < range.1).map(|range| range.1)
    }

    /// Targets of the distances that start at `table`, as far as they are a jump table: directly
    /// behind an indirect jump, each an instruction of this function.
    fn table_entries(&self, table: u32, limit: u32, is_start: &dyn Fn(u32) -> bool) -> Vec<u32> {
        let after = self.instructions.partition_point(|i| (i.ip() as u32) < table);
        let follows_jump = after > 0
            && self.instructions[after - 1].next_ip() as u32 == table
            && self.instructions[after - 1].flow_control() == FlowControl::IndirectBranch;
        if !follows_jump {
            return Vec::new();
        }
        let code = &self.function.code;
        (table..limit)
            .step_by(4)
            .map_while(|at| {
                let field = code.get(at as usize..at as usize + 4).filter(|_| at + 4 <= limit)?;
                let distance = i32::from_le_bytes([field[0], field[1], field[2], field[3]]);
                table.checked_add_signed(distance).filter(|&target| is_start(target))
            })
            .collect()
    }

    fn print_data(&self, (start, end): (u32, u32), out: &mut String) {
        let mut at = start;
        while at < end {
            if let Some(label) = self.labels.get(&at) {
                let _ = writeln!(out, "{label}:");
            }
            if let Some(entries) = self.tables.get(&at) {
                for target in entries {
                    let _ = writeln!(out, "        dd {} - {}", self.labels[target], self.labels[&at]);
                }
                at += 4 * entries.len() as u32;
                continue;
            }
            let next = self.labels.range(at + 1..).next().map_or(end, |(&offset, _)| offset.min(end));
            print_constant(&self.function.code[at as usize..next as usize], out);
            at = next;
        }
    }
}

/// Constants of a pool, in the widest numbers that fit.
fn print_constant(bytes: &[u8], out: &mut String) {
    let (quads, rest) = bytes.as_chunks::<8>();
    for quad in quads {
        let bits = u64::from_le_bytes(*quad);
        let value = f64::from_bits(bits);
        let is_plain_float = value.is_normal() && (1e-9..1e15).contains(&value.abs());
        let _ = match is_plain_float {
            true => writeln!(out, "        dq {bits:#018x} ; {value:?}"),
            false => writeln!(out, "        dq {bits:#018x}"),
        };
    }
    if let Some((four, rest)) = rest.split_first_chunk::<4>() {
        let bits = u32::from_le_bytes(*four);
        let value = f32::from_bits(bits);
        let is_plain_float = value.is_normal() && (1e-9..1e15).contains(&value.abs());
        let _ = match is_plain_float {
            true => writeln!(out, "        dd {bits:#010x} ; {value:?}"),
            false => writeln!(out, "        dd {bits:#010x}"),
        };
        if !rest.is_empty() {
            let _ = writeln!(out, "        db {}", byte_list(rest));
        }
    } else if !rest.is_empty() {
        let _ = writeln!(out, "        db {}", byte_list(rest));
    }
}

fn byte_list(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:#04x}")).collect::<Vec<_>>().join(", ")
}

fn place_at(lines: &[LineRange], offset: u32) -> Option<&SourcePlace> {
    let index = lines.partition_point(|range| range.start <= offset).checked_sub(1)?;
    lines.get(index).filter(|range| offset < range.end).map(|range| &range.place)
}

/// Whether two places would get the same comment.
fn same_line(a: &SourcePlace, b: &SourcePlace) -> bool {
    let key = |frame: &SourceFrame| (frame.file, frame.line);
    a.frames.len() == b.frames.len() && a.frames.iter().zip(&b.frames).all(|(a, b)| key(a) == key(b))
}

/// Text that is safe behind `;`: one line, no control characters, not too long, and no `\` at the
/// end, which would make the next line part of the comment.
pub(super) fn comment_text(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = clean.clone().take(SOURCE_WIDTH).collect();
    if clean.count() > SOURCE_WIDTH {
        short.push_str(" ...");
    }
    if short.trim_end().ends_with('\\') {
        short.push_str(" .");
    }
    short
}
