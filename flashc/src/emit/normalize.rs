//! Brings x86-64 code into the encodings that NASM chooses, where that needs no other length: a
//! register-to-register operation has two spellings (`33 /r` and `31 /r`), and NASM knows but one.
//! Runs before any file is written, so that the object and the text hold the same bytes.

use crate::lower::machine::{MachineFunction, MachineProgram};
use crate::parallel;
use iced_x86::{Decoder, DecoderOptions};
use target_lexicon::Architecture;

/// Rewrites all code in place. Lengths, offsets and meaning stay; doing it twice changes nothing.
pub fn normalize(program: &mut MachineProgram) {
    if program.target.architecture == Architecture::X86_64 {
        parallel::for_each(&mut program.functions, normalize_function);
    }
}

/// One function of x86-64 code; for `lower` to call where it compiles functions in parallel.
pub fn normalize_function(function: &mut MachineFunction) {
    for (start, end) in code_ranges(function) {
        let (start, end) = (start as usize, end as usize);
        let lengths: Vec<usize> = Decoder::with_ip(64, &function.code[start..end], 0, DecoderOptions::NONE)
            .iter()
            .map(|instruction| instruction.len())
            .collect();
        let mut at = start;
        for length in lengths {
            flip_direction(&mut function.code[at..at + length]);
            at += length;
        }
    }
}

/// The parts of a function's code that are instructions: all that is not in `data_ranges`.
pub(crate) fn code_ranges(function: &MachineFunction) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    let mut at = 0;
    for &(start, end) in &function.data_ranges {
        if at < start {
            ranges.push((at, start));
        }
        at = at.max(end);
    }
    let len = function.code.len() as u32;
    if at < len {
        ranges.push((at, len));
    }
    ranges
}

/// Turns `op reg, r/m` between two registers into `op r/m, reg`.
fn flip_direction(instruction: &mut [u8]) {
    let prefixes = instruction.iter().take_while(|b| matches!(b, 0x66 | 0xf0 | 0xf2 | 0xf3)).count();
    let rex = instruction.get(prefixes).is_some_and(|b| b & 0xf0 == 0x40);
    let at = prefixes + usize::from(rex);
    let (Some(&opcode), Some(&modrm)) = (instruction.get(at), instruction.get(at + 1)) else { return };
    // add or adc sbb and sub xor cmp, and mov: bit 1 of the opcode is the direction.
    let has_direction = (opcode < 0x40 && matches!(opcode & 7, 2 | 3)) || matches!(opcode, 0x8a | 0x8b);
    if !has_direction || modrm < 0xc0 {
        return;
    }
    instruction[at] = opcode ^ 2;
    instruction[at + 1] = 0xc0 | (modrm & 7) << 3 | (modrm >> 3) & 7;
    if rex {
        let byte = instruction[prefixes];
        instruction[prefixes] = byte & !0b101 | (byte & 1) << 2 | (byte >> 2) & 1;
    }
}

#[cfg(test)]
mod tests {
    use super::flip_direction;

    #[track_caller]
    fn check(from: &[u8], to: &[u8]) {
        let mut bytes = from.to_vec();
        flip_direction(&mut bytes);
        assert_eq!(bytes, to);
        flip_direction(&mut bytes);
        assert_eq!(bytes, to);
    }

    #[test]
    fn register_forms_turn_around() {
        check(&[0x33, 0xc1], &[0x31, 0xc8]); // xor eax, ecx
        check(&[0x4c, 0x03, 0xc1], &[0x49, 0x01, 0xc8]); // add r8, rcx
        check(&[0x40, 0x3a, 0xf7], &[0x40, 0x38, 0xfe]); // cmp sil, dil
    }

    #[test]
    fn memory_forms_and_others_stay() {
        check(&[0x48, 0x03, 0x01], &[0x48, 0x03, 0x01]); // add rax, [rcx]
        check(&[0x0f, 0xaf, 0xc1], &[0x0f, 0xaf, 0xc1]); // imul eax, ecx
        check(&[0xc3], &[0xc3]);
    }
}
