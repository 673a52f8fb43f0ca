//! One x86-64 instruction as NASM text that assembles to the very same bytes, or the word that there is
//! none. NASM chooses among encodings; `strict`, `near` and displacement sizes force its hand, and
//! what it never writes (a long immediate of `rax`, say) is left to `db`. Tests assemble all of it.

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, NasmFormatter, NumberBase, OpKind, Register};

/// Text for operands that name a place; the caller knows labels and relocations.
#[derive(Clone, Copy, Default)]
pub(super) struct Operands<'a> {
    /// Target of a near branch or call, or the memory at `[rel ...]`.
    pub place: Option<&'a str>,
    /// A 64-bit immediate that is an address.
    pub address: Option<&'a str>,
}

/// A formatter with NASM's syntax.
pub(super) struct InstructionText {
    formatter: NasmFormatter,
}

impl InstructionText {
    pub fn new() -> InstructionText {
        let mut formatter = NasmFormatter::new();
        let options = formatter.options_mut();
        options.set_hex_prefix("0x");
        options.set_hex_suffix("");
        options.set_uppercase_hex(false);
        options.set_leading_zeros(false);
        options.set_small_hex_numbers_in_decimal(true);
        options.set_space_after_operand_separator(true);
        options.set_branch_leading_zeros(false);
        options.set_displacement_leading_zeros(false);
        InstructionText { formatter }
    }

    /// What a reader would call it, for the comment beside a `db`.
    pub fn comment(&mut self, instruction: &Instruction) -> String {
        self.set_base(0);
        let mut text = String::new();
        self.formatter.format(instruction, &mut text);
        text
    }

    /// The text, or `None` when NASM would choose other bytes.
    pub fn spell(&mut self, instruction: &Instruction, bytes: &[u8], operands: Operands<'_>) -> Option<String> {
        let encoding = Encoding::parse(instruction, bytes)?;
        let mut text = String::with_capacity(32);
        self.formatter.format_mnemonic(instruction, &mut text);
        let count = self.formatter.operand_count(instruction);
        for operand in 0..count {
            text.push_str(if operand == 0 { " " } else { ", " });
            let source = self.formatter.get_instruction_operand(instruction, operand).ok().flatten();
            let kind = source.map_or(OpKind::Register, |index| instruction.op_kind(index));
            match kind {
                OpKind::NearBranch64 => {
                    text.push_str(if bytes[0] == 0xeb || bytes[0] & 0xf0 == 0x70 { "short " } else { "" });
                    text.push_str(if bytes[0] == 0xe9 || bytes[0] == 0x0f { "near " } else { "" });
                    text.push_str(operands.place?);
                }
                OpKind::Memory => self.memory(instruction, &encoding, operand, operands, &mut text)?,
                OpKind::Register => self.plain(instruction, operand, &mut text),
                _ => self.immediate(instruction, &encoding, operand, operands, &mut text),
            }
        }
        Some(text)
    }

    fn plain(&mut self, instruction: &Instruction, operand: u32, text: &mut String) {
        // Cannot fail: `operand` is below `operand_count`.
        let _ = self.formatter.format_operand(instruction, text, operand);
    }

    /// Small numbers are counts, large ones are masks.
    fn set_base(&mut self, number: i64) {
        let base = if number.unsigned_abs() < 4096 { NumberBase::Decimal } else { NumberBase::Hexadecimal };
        self.formatter.options_mut().set_number_base(base);
    }

    fn memory(
        &mut self,
        instruction: &Instruction,
        encoding: &Encoding,
        operand: u32,
        operands: Operands<'_>,
        text: &mut String,
    ) -> Option<()> {
        let mut memory = String::new();
        self.set_base(instruction.memory_displacement64() as i64);
        self.plain(instruction, operand, &mut memory);
        let open = memory.find('[')?;
        if instruction.is_ip_rel_memory_operand() {
            let close = memory.find(']')?;
            memory.replace_range(open + 1..close, &format!("rel {}", operands.place?));
        } else if let Some(size) = encoding.forced_displacement {
            // NASM would leave out a zero displacement, or make it shorter.
            if !memory[open..].contains(['+', '-']) || instruction.memory_displacement64() == 0 {
                let close = memory.find(']')?;
                memory.insert_str(close, "+0");
            }
            memory.insert_str(open + 1, size);
        }
        if encoding.nosplit {
            memory.insert_str(open + 1, "nosplit ");
        }
        text.push_str(&memory);
        Some(())
    }

    fn immediate(
        &mut self,
        instruction: &Instruction,
        encoding: &Encoding,
        operand: u32,
        operands: Operands<'_>,
        text: &mut String,
    ) {
        text.push_str(encoding.strict);
        match operands.address {
            Some(address) => text.push_str(address),
            None => {
                self.formatter.options_mut().set_signed_immediate_operands(encoding.signed);
                self.set_base(immediates(instruction).next().unwrap_or(0));
                self.plain(instruction, operand, text);
            }
        }
    }
}

/// The instruction whose bytes start here, at `ip`.
pub(super) fn decode_all(code: &[u8], ip: u64) -> Vec<Instruction> {
    Decoder::with_ip(64, code, ip, DecoderOptions::NONE).iter().collect()
}

/// The bytes of an instruction, told apart.
struct Parts {
    operand_size_prefix: bool,
    rex: Option<u8>,
    /// 0 for one-byte opcodes; all others (`0f`, VEX, EVEX) are 1.
    map: u8,
    opcode: u8,
    /// Meaningful where the instruction has one; 0 otherwise.
    modrm: u8,
}

impl Parts {
    fn of(bytes: &[u8]) -> Option<Parts> {
        let is_prefix = |b: &&u8| matches!(**b, 0x66 | 0xf0 | 0xf2 | 0xf3 | 0x2e | 0x3e | 0x64 | 0x65);
        let prefixes = bytes.iter().take_while(is_prefix).count();
        let rex = bytes.get(prefixes).copied().filter(|b| b & 0xf0 == 0x40);
        let rest = &bytes[prefixes + usize::from(rex.is_some())..];
        let &first = rest.first()?;
        let opcode_at = match first {
            0x0f if matches!(rest.get(1), Some(0x38 | 0x3a)) => 2,
            0x0f => 1,
            0xc5 => 2,
            0xc4 => 3,
            0x62 => 4,
            _ => 0,
        };
        Some(Parts {
            operand_size_prefix: bytes[..prefixes].contains(&0x66),
            rex,
            map: u8::from(opcode_at > 0),
            opcode: *rest.get(opcode_at)?,
            modrm: rest.get(opcode_at + 1).copied().unwrap_or(0),
        })
    }
}

/// How the bytes say what they say, as far as NASM needs to be told.
struct Encoding {
    /// Before an immediate.
    strict: &'static str,
    /// Immediates are printed with a sign.
    signed: bool,
    /// Inside the brackets, when NASM would take another size of displacement.
    forced_displacement: Option<&'static str>,
    nosplit: bool,
}

impl Encoding {
    /// `None`: no NASM text gives these bytes.
    fn parse(instruction: &Instruction, bytes: &[u8]) -> Option<Encoding> {
        if instruction.is_invalid() {
            return None;
        }
        let parts = Parts::of(bytes)?;
        let mut encoding = Encoding { strict: "", signed: true, forced_displacement: None, nosplit: false };
        if parts.rex == Some(0x40) && !uses_new_byte_register(instruction) {
            return None;
        }
        if is_nop_or_hint(instruction) && bytes.len() > 1 {
            return None;
        }
        // Bits that extend a register where there is none.
        let extends = parts.rex.unwrap_or(0);
        let has_sib = parts.modrm < 0xc0 && parts.modrm & 7 == 4;
        if (extends & 2 != 0 && !has_sib) || (extends & 1 != 0 && instruction.is_ip_rel_memory_operand()) {
            return None;
        }
        encoding.immediate(instruction, bytes, &parts)?;
        encoding.memory(instruction, &parts)?;
        Some(encoding)
    }

    fn immediate(&mut self, instruction: &Instruction, bytes: &[u8], parts: &Parts) -> Option<()> {
        if parts.map != 0 {
            // Shuffles, rounding modes, comparisons: plain bytes.
            self.signed = false;
            return Some(());
        }
        let register_form = parts.modrm >= 0xc0;
        // Register number 0 without REX.B: al, ax, eax, rax, whose short forms NASM prefers.
        let accumulator = register_form && parts.modrm & 7 == 0 && parts.rex.unwrap_or(0) & 1 == 0;
        let wide = parts.rex.unwrap_or(0) & 8 != 0;
        let sized = match (parts.operand_size_prefix, wide) {
            (_, true) => "strict ",
            (true, false) => "strict word ",
            (false, false) => "strict dword ",
        };
        match parts.opcode {
            0x80 | 0x81 if accumulator => return None,
            0x81 | 0x69 | 0x68 if fits_i8(instruction) => self.strict = sized,
            0xf6 | 0xf7 if accumulator && parts.modrm & 0x38 == 0 => return None,
            0xc7 if register_form && wide => self.strict = "strict dword ",
            0xc6 | 0xc7 if register_form => return None,
            0xb8..=0xbf if wide => {
                self.strict = "strict qword ";
                self.signed = false;
            }
            // A shift by one has a form of its own.
            0xc0 | 0xc1 if bytes.last() == Some(&1) => self.strict = "strict byte ",
            // The accumulator's long form where the short immediate would do.
            0x05 | 0x0d | 0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d if fits_i8(instruction) => self.strict = sized,
            0xc2 | 0xc8 | 0xcd => self.signed = false,
            _ => {}
        }
        Some(())
    }

    fn memory(&mut self, instruction: &Instruction, parts: &Parts) -> Option<()> {
        let has_memory = (0..instruction.op_count()).any(|i| instruction.op_kind(i) == OpKind::Memory);
        if !has_memory || instruction.is_ip_rel_memory_operand() {
            return Some(());
        }
        let (base, index) = (instruction.memory_base(), instruction.memory_index());
        if base == Register::None {
            // Only a scaled index: NASM likes to make a base of it.
            self.nosplit = instruction.memory_index_scale() <= 2;
            return (index != Register::None && instruction.memory_index_scale() > 1).then_some(());
        }
        let displacement = instruction.memory_displacement64() as i64;
        let needs_displacement = matches!(base, Register::RBP | Register::R13);
        let natural = match displacement {
            0 if !needs_displacement => 0,
            -128..=127 => 1,
            _ => 4,
        };
        let size = match instruction.memory_displ_size() {
            0 => 0,
            1 => 1,
            _ => 4,
        };
        if size != natural {
            self.forced_displacement = Some(if size == 1 { "byte " } else { "dword " });
        }
        // An empty SIB byte beside a base that needs none.
        if index == Register::None && !matches!(base, Register::RSP | Register::R12) && parts.modrm & 7 == 4 {
            return None;
        }
        Some(())
    }
}

/// Whether any immediate is one that NASM would put into a byte.
fn fits_i8(instruction: &Instruction) -> bool {
    immediates(instruction).any(|value| i8::try_from(value).is_ok())
}

/// The immediates with the sign that the operation gives them.
fn immediates(instruction: &Instruction) -> impl Iterator<Item = i64> {
    (0..instruction.op_count()).filter_map(|i| {
        let value = match instruction.op_kind(i) {
            OpKind::Register | OpKind::Memory | OpKind::NearBranch64 => return None,
            _ => instruction.immediate(i),
        };
        Some(match instruction.op_kind(i) {
            OpKind::Immediate8 => i64::from(value as i8),
            OpKind::Immediate16 => i64::from(value as i16),
            OpKind::Immediate32 => i64::from(value as i32),
            _ => value as i64,
        })
    })
}

/// `spl`, `bpl`, `sil` and `dil` need a REX prefix that says nothing else.
fn uses_new_byte_register(instruction: &Instruction) -> bool {
    (0..instruction.op_count()).any(|i| {
        instruction.op_kind(i) == OpKind::Register
            && matches!(instruction.op_register(i), Register::SPL | Register::BPL | Register::SIL | Register::DIL)
    })
}

/// Padding: NASM has no text for each of its lengths.
fn is_nop_or_hint(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), iced_x86::Mnemonic::Nop | iced_x86::Mnemonic::Fnop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(bytes: &[u8]) -> Option<String> {
        let instruction = Decoder::new(64, bytes, DecoderOptions::NONE).decode();
        assert_eq!(instruction.len(), bytes.len());
        let operands = Operands { place: Some(".b1"), address: None };
        InstructionText::new().spell(&instruction, bytes, operands)
    }

    #[test]
    fn nasm_is_told_what_it_would_choose_otherwise() {
        for (bytes, text) in [
            (&[0x48, 0x81, 0xc1, 5, 0, 0, 0][..], "add rcx, strict 5"),
            (&[0x81, 0xc1, 5, 0, 0, 0], "add ecx, strict dword 5"),
            (&[0x66, 0x81, 0xc1, 5, 0], "add cx, strict word 5"),
            (&[0x48, 0x83, 0xc1, 0xfb], "add rcx, -5"),
            (&[0x48, 0xc7, 0xc1, 5, 0, 0, 0], "mov rcx, strict dword 5"),
            (&[0x48, 0xb9, 5, 0, 0, 0, 0, 0, 0, 0], "mov rcx, strict qword 5"),
            (&[0xc1, 0xe1, 1], "shl ecx, strict byte 1"),
            (&[0xd1, 0xe1], "shl ecx, 1"),
            (&[0x0f, 0x84, 0, 0, 0, 0], "je near .b1"),
            (&[0x74, 0], "je short .b1"),
            (&[0xe9, 0, 0, 0, 0], "jmp near .b1"),
            (&[0xe8, 0, 0, 0, 0], "call .b1"),
            (&[0x48, 0x8d, 0x05, 0, 0, 0, 0], "lea rax, [rel .b1]"),
            (&[0x8b, 0x80, 8, 0, 0, 0], "mov eax, [dword rax+8]"),
            (&[0x8b, 0x40, 0], "mov eax, [byte rax+0]"),
            (&[0x48, 0x8d, 0x04, 0x4d, 0, 0, 0, 0], "lea rax, [nosplit rcx*2]"),
        ] {
            assert_eq!(spell(bytes).as_deref(), Some(text), "{bytes:02x?}");
        }
    }

    #[test]
    fn what_nasm_never_writes_has_no_text() {
        for bytes in [
            &[0x48, 0x81, 0xc0, 5, 0, 1, 0][..], // add rax, 65541 in the long form
            &[0x40, 0x80, 0xf9, 5],              // cmp cl, 5 with an empty REX
            &[0x8b, 0x44, 0x20, 8],              // mov eax, [rax+8] with an empty SIB
            &[0x0f, 0x1f, 0x00],                 // a long nop
        ] {
            assert_eq!(spell(bytes), None, "{bytes:02x?}");
        }
    }
}
