//! Data as NASM text: addresses as symbols, text as strings, the rest as numbers.

use super::declaration;
use super::names::Names;
use crate::lower::machine::{MachineData, Relocation, RelocationKind};
use flash_abi::program::PROGRAM_SYMBOL;
use std::fmt::Write;

/// Shortest run of printable bytes that is shown as text.
const SHORTEST_TEXT: usize = 4;
/// Bytes of text on a line.
const TEXT_WIDTH: usize = 72;

/// The tables of `flash_abi::program` that are rows of 32-bit numbers: symbol, numbers in a row, columns.
const TABLES: [(&str, usize, &str); 5] = [
    ("flash$functions", 4, "start, end, name: offset, length"),
    ("flash$sites", 2, "return address, location"),
    ("flash$handlers", 3, "return address, handler, frame size"),
    ("flash$locations", 6, "file, line, column, function: offset, length, inlined at"),
    ("flash$files", 4, "path: offset, length, text: offset, length"),
];

/// A datum with its label.
pub(super) fn print(data: &MachineData, names: &mut Names, is_elf: bool, out: &mut String) {
    let stem = names.local_stem(&data.symbol);
    let name = names.spell(&data.symbol);
    out.push_str(&declaration(data.is_public, name, "data", &format!(".{stem}end"), is_elf));
    let _ = writeln!(out, "{name}:");
    let table = TABLES.iter().find(|table| table.0 == data.symbol);
    match table {
        Some(&(_, columns, words)) if data.relocations.is_empty() && data.bytes.len().is_multiple_of(4) => {
            let _ = writeln!(out, "        ; {words}");
            for row in data.bytes.chunks(4 * columns) {
                numbers(row, out);
            }
        }
        _ if data.symbol == PROGRAM_SYMBOL && data.bytes.len() == 8 * ROOT.len() => root(data, names, out),
        _ => fields(data, names, out),
    }
    let _ = writeln!(out, ".{stem}end:");
}

fn fields(data: &MachineData, names: &mut Names, out: &mut String) {
    let mut relocations: Vec<&Relocation> = data.relocations.iter().collect();
    relocations.sort_by_key(|relocation| relocation.offset);
    let mut at = 0;
    for relocation in relocations {
        let field = relocation.offset as usize;
        plain(&data.bytes[at..field], at, data.align, out);
        at = field + address(relocation, names, out);
    }
    plain(&data.bytes[at..], at, data.align, out);
}

/// 32-bit numbers on one line.
fn numbers(bytes: &[u8], out: &mut String) {
    let list: Vec<String> = bytes.as_chunks::<4>().0.iter().map(|&word| u32::from_le_bytes(word).to_string()).collect();
    let _ = writeln!(out, "        dd {}", list.join(", "));
}

/// One address; returns its size.
fn address(relocation: &Relocation, names: &mut Names, out: &mut String) -> usize {
    let name = names.spell(&relocation.symbol);
    let addend = match relocation.addend {
        0 => String::new(),
        addend => format!("{addend:+}"),
    };
    match relocation.kind {
        RelocationKind::Abs64 => {
            let _ = writeln!(out, "        dq {name}{addend}");
            8
        }
        RelocationKind::Relative32 => {
            let _ = writeln!(out, "        dd {name}{addend} - $");
            4
        }
        kind => crate::bug!("nasm: {kind:?} in data"),
    }
}

/// Bytes without addresses, which start at `offset` of the datum.
fn plain(bytes: &[u8], offset: usize, align: u32, out: &mut String) {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let text = text_run(rest);
        let zeros = rest.iter().take_while(|&&b| b == 0).count();
        if text >= SHORTEST_TEXT || (text == rest.len() && text > 0) {
            strings(&rest[..text], out);
            at += text;
        } else if zeros > 32 {
            let zeros = zeros & !15;
            let _ = writeln!(out, "        times {zeros} db 0");
            at += zeros;
        } else if let Some(number) = small_quad(rest).filter(|_| align >= 8 && (offset + at).is_multiple_of(8)) {
            let _ = writeln!(out, "        dq {number}");
            at += 8;
        } else if align >= 4 && (offset + at).is_multiple_of(4) && rest.len() >= 4 {
            at += doublewords(rest, out);
        } else {
            let count = rest.len().min(4 - (offset + at) % 4);
            let list: Vec<String> = rest[..count].iter().map(|b| b.to_string()).collect();
            let _ = writeln!(out, "        db {}", list.join(", "));
            at += count;
        }
    }
}

/// A 64-bit number that is no pair of 32-bit ones: its upper half is zero, or all ones.
fn small_quad(bytes: &[u8]) -> Option<i64> {
    let number = i64::from_le_bytes(*bytes.first_chunk()?);
    let is_one_number = i32::try_from(number).is_ok();
    is_one_number.then_some(number)
}

/// Up to four 32-bit numbers on a line, stopping where text or many zeros begin; returns their bytes.
fn doublewords(bytes: &[u8], out: &mut String) -> usize {
    let ends = |rest: &[u8]| text_run(rest) >= SHORTEST_TEXT || rest.iter().take_while(|&&b| b == 0).count() > 32;
    let whole = bytes.len() / 4;
    let count = (1..whole.min(4)).find(|&index| ends(&bytes[4 * index..])).unwrap_or(whole.min(4));
    numbers(&bytes[..4 * count], out);
    4 * count
}

/// Length of the text that the bytes start with: UTF-8 without control characters but line ends and tabs.
fn text_run(bytes: &[u8]) -> usize {
    let limit =
        bytes.iter().take(1 << 16).take_while(|&&b| b >= b' ' && b != 0x7f || matches!(b, b'\n' | b'\t' | b'\r'));
    let bytes = &bytes[..limit.count()];
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    // Text of unusual scalar values is more likely a number.
    let starts_with_text = bytes.first().is_some_and(|&b| b < 0x80 || valid == bytes.len());
    if starts_with_text { valid } else { 0 }
}

/// Text, a line of source on each line of the listing.
fn strings(bytes: &[u8], out: &mut String) {
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let mut rest = line;
        while !rest.is_empty() {
            let mut width = rest.len().min(TEXT_WIDTH);
            while width < rest.len() && rest[width] & 0xc0 == 0x80 {
                width += 1;
            }
            let _ = writeln!(out, "        db {}", quoted(&rest[..width]));
            rest = &rest[width..];
        }
    }
}

/// `"text", 10`: NASM has no escapes in single and double quotes, so a text is put into those that it
/// does not hold, or into pieces.
fn quoted(bytes: &[u8]) -> String {
    let is_control = |b: u8| b < b' ' || b == 0x7f;
    let mut parts: Vec<String> = Vec::new();
    for run in bytes.chunk_by(|&a, &b| !is_control(a) && !is_control(b)) {
        if is_control(run[0]) {
            parts.push(run[0].to_string());
            continue;
        }
        let mut rest = run;
        while !rest.is_empty() {
            let until = |quote: u8| rest.iter().position(|&b| b == quote).unwrap_or(rest.len());
            let (double, single) = (until(b'"'), until(b'\''));
            let (quote, length) = if double >= single { ('"', double) } else { ('\'', single) };
            parts.push(format!("{quote}{}{quote}", String::from_utf8_lossy(&rest[..length])));
            rest = &rest[length..];
        }
    }
    parts.join(", ")
}

/// The words of `flash_abi::program::Program`.
const ROOT: [&str; 22] = [
    "magic",
    "ABI version",
    "bytes of globals",
    "descriptor of globals",
    "entry",
    "text",
    "bytes of text",
    "functions",
    "how many",
    "sites",
    "how many",
    "locations",
    "how many",
    "files",
    "how many",
    "strings",
    "bytes of strings",
    "handlers",
    "how many",
    "errors",
    "how many",
    "code that describes an error",
];

fn root(data: &MachineData, names: &mut Names, out: &mut String) {
    for (index, (word, what)) in data.bytes.as_chunks::<8>().0.iter().zip(ROOT).enumerate() {
        let relocation = data.relocations.iter().find(|r| r.offset as usize == 8 * index);
        let value = match relocation {
            Some(relocation) if relocation.addend == 0 => names.spell(&relocation.symbol).to_owned(),
            Some(relocation) => format!("{}{:+}", names.spell(&relocation.symbol), relocation.addend),
            None if index == 0 && word.is_ascii() => quoted(word),
            None => u64::from_le_bytes(*word).to_string(),
        };
        let _ = writeln!(out, "        dq {value:<24} ; {what}");
    }
}
