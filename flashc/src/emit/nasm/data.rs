//! Data as NASM text: addresses as symbols, text as strings, the rest as numbers.

use super::names::Names;
use crate::lower::machine::{MachineData, Relocation, RelocationKind};
use std::fmt::Write;

/// Shortest run of printable bytes that is shown as text.
const SHORTEST_TEXT: usize = 4;
/// Bytes of text on a line.
const TEXT_WIDTH: usize = 72;

/// The bytes of a datum, without its label.
pub(super) fn print(data: &MachineData, names: &mut Names, out: &mut String) {
    let mut at = 0;
    for relocation in &data.relocations {
        let field = relocation.offset as usize;
        plain(&data.bytes[at..field], at, data.align, out);
        at = field + address(relocation, names, out);
    }
    plain(&data.bytes[at..], at, data.align, out);
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

/// Up to four 32-bit numbers on a line, stopping where text or many zeros begin; returns their bytes.
fn doublewords(bytes: &[u8], out: &mut String) -> usize {
    let mut list = Vec::new();
    for (index, chunk) in bytes.as_chunks::<4>().0.iter().take(4).enumerate() {
        let rest = &bytes[4 * index..];
        if index > 0 && (text_run(rest) >= SHORTEST_TEXT || rest.iter().take_while(|&&b| b == 0).count() > 32) {
            break;
        }
        list.push(u32::from_le_bytes(*chunk).to_string());
    }
    let _ = writeln!(out, "        dd {}", list.join(", "));
    4 * list.len()
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

/// `"text", 10`: NASM has no escapes in double quotes.
fn quoted(bytes: &[u8]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let is_special = |b: u8| b < b' ' || b == b'"' || b == 0x7f;
    for run in bytes.chunk_by(|&a, &b| !is_special(a) && !is_special(b)) {
        match run {
            [b'"'] => parts.push("'\"'".to_owned()),
            [b] if is_special(*b) => parts.push(b.to_string()),
            _ => parts.push(format!("\"{}\"", String::from_utf8_lossy(run))),
        }
    }
    parts.join(", ")
}
